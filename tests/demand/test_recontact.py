"""Coming back: counted as the definition says, censored where it was not seen, never invented."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.demand.recontact import KINDS, WINDOWS_S, After, RepeatWork, repeat_work
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.ledger.coverage import Gap, Observed, observed
from ledgers import contacts_table
from oracles import recontact as plain

DAY = 86_400
SERVED = {kind.key for kind in KINDS if kind.group == "served"}


def asked(rows: Sequence[dict[str, Any]], **options: Any) -> RepeatWork:
    return repeat_work(contacts_table(rows), **options).overall


def value(found: Estimate | Unknown) -> float:
    assert isinstance(found, Estimate), found
    return found.value


def background(days: int = 90, *, every_s: int = 7_200) -> list[dict[str, Any]]:
    """Contacts without an id, so that every day was watched."""
    return [{"arrived_at": at} for at in range(0, days * DAY, every_s)]


# --- by hand ----------------------------------------------------------------------------------


def test_a_return_counts_from_the_window_that_holds_it() -> None:
    found = asked(
        [
            *background(),
            {"arrived_at": 40 * DAY, "customer": "a", "outcome": "abandoned"},
            {"arrived_at": 40 * DAY + 1_800, "customer": "a", "talk_s": 120.0},
        ]
    )
    assert [window.came_back for window in found.retrials.windows] == [0, 1, 1, 1, 1, 1]
    assert [window.came_back for window in found.recontacts.windows] == [0] * 6
    assert found.after("served_60_to_299s").contacts == 1


def test_the_edge_of_a_window_is_in_it() -> None:
    rows = [
        *background(),
        {"arrived_at": 40 * DAY, "customer": "a"},
        {"arrived_at": 40 * DAY + 600, "customer": "a"},
    ]
    assert asked(rows).recontacts.within(600).came_back == 1
    rows[-1]["arrived_at"] = 40 * DAY + 600.000001
    assert asked(rows).recontacts.within(600).came_back == 0


def test_a_contact_near_the_end_is_censored_and_not_silent() -> None:
    rows = [*background(30), {"arrived_at": 29 * DAY, "customer": "a", "outcome": "abandoned"}]
    day, week = (asked(rows).retrials.within(window) for window in (3_600, 7 * DAY))
    assert (day.contacts, day.censored) == (1, 0)
    assert (week.contacts, week.censored) == (0, 1)
    assert isinstance(week.rate, Unknown)


def test_a_contact_before_a_gap_is_censored_for_windows_that_reach_into_it() -> None:
    rows = [row for row in background(60) if not 30 * DAY <= row["arrived_at"] < 33 * DAY]
    rows += [
        {"arrived_at": 29 * DAY, "customer": "a"},
        {"arrived_at": 34 * DAY, "customer": "a"},
    ]
    found = asked(rows)
    assert len(found.observed.gaps) == 1
    assert found.recontacts.within(3_600).censored == 0
    assert found.recontacts.within(7 * DAY).contacts == 1
    assert found.recontacts.within(7 * DAY).came_back == 0


def test_what_the_system_lost_stands_apart_and_still_counts_as_an_attempt() -> None:
    found = asked(
        [
            *background(),
            {"arrived_at": 40 * DAY, "customer": "a", "outcome": "abandoned"},
            {"arrived_at": 40 * DAY + 60, "customer": "a", "outcome": "failed"},
            {"arrived_at": 40 * DAY + 120, "customer": "a"},
        ]
    )
    assert found.retrials.within(600).came_back == 1
    assert found.after_failed.within(600).came_back == 1
    assert found.recontacts.within(600).contacts == 1


def test_a_contact_that_is_still_open_counts_as_an_attempt_and_starts_no_window() -> None:
    found = asked(
        [
            *background(),
            {"arrived_at": 40 * DAY, "customer": "a", "outcome": "open"},
            {"arrived_at": 40 * DAY + 60, "customer": "a"},
        ]
    )
    assert sum(each.contacts for each in found.by_first) == 1
    assert found.repeats_within(600).repeats == 1


def test_without_any_customer_id_nothing_is_claimed() -> None:
    found = asked(background())
    for after in (found.retrials, found.recontacts):
        assert all(isinstance(window.rate, Unknown) for window in after.windows)
        assert all(isinstance(window.excess, Unknown) for window in after.windows)
    assert isinstance(found.repeats[0].share, Unknown)
    assert found.caveats == (
        "No contact carries a customer id: nobody can be recognised when they return.",
    )


@pytest.mark.parametrize("rows", [[], [{"arrived_at": 0, "customer": "a"}]], ids=["empty", "one"])
def test_an_empty_ledger_and_one_row_are_answered(rows: list[dict[str, Any]]) -> None:
    found = asked(rows)
    assert found.contacts == len(rows)
    assert isinstance(found.recontacts.within(600).rate, Unknown)
    assert isinstance(found.repeats[0].erlangs, Unknown)


def test_ten_years_of_silence_are_one_gap() -> None:
    found = asked(
        [
            {"arrived_at": 0, "customer": "a"},
            {"arrived_at": 60, "customer": "b"},
            {"arrived_at": 3_653 * DAY, "customer": "a"},
        ]
    )
    (gap,) = found.observed.gaps
    assert gap.days > 3_600
    assert found.recontacts.within(600).contacts == 2
    assert found.recontacts.within(30 * DAY).contacts == 0


def test_work_is_hours_erlangs_and_money() -> None:
    rows = [
        *background(),
        {"arrived_at": 40 * DAY, "customer": "a", "talk_s": 1_800.0},
        {"arrived_at": 40 * DAY + 60, "customer": "a", "talk_s": 600.0, "wrapup_s": 600.0},
        {"arrived_at": 41 * DAY, "customer": "b", "talk_s": 1_800.0},
    ]
    repeats = asked(rows, cost_per_h=30.0).repeats_within(600)
    assert value(repeats.share) == pytest.approx(1 / 3)
    assert value(repeats.share_of_work) == pytest.approx(1_200 / 4_800)
    assert value(repeats.hours) == pytest.approx(1 / 3)
    assert value(repeats.money) == pytest.approx(10.0)
    last_s = max(row["arrived_at"] for row in rows)
    assert value(repeats.erlangs) == pytest.approx(1_200 / last_s)


def test_without_a_cost_there_is_no_money() -> None:
    repeats = asked([*background(), {"arrived_at": 40 * DAY, "customer": "a"}]).repeats[0]
    assert isinstance(repeats.money, Unknown)
    assert "cost" in repeats.money.needs


def test_bounds_close_as_ids_become_complete() -> None:
    rows = [
        {"arrived_at": day * DAY + 60 * i, "customer": i, "outcome": "abandoned"}
        for day in range(60)
        for i in range(20)
    ]
    complete = asked(rows).retrials.within(3_600).bounds
    assert isinstance(complete, Estimate)
    assert complete.low == complete.high
    few = asked([*rows, {"arrived_at": 30 * DAY, "outcome": "abandoned"}])
    bounds = few.retrials.within(3_600).bounds
    assert isinstance(bounds, Estimate)
    assert bounds.level == 1.0
    assert bounds.low < bounds.high < bounds.low + 0.01


def test_the_window_of_another_length_is_refused() -> None:
    found = asked([{"arrived_at": 0, "customer": "a"}], windows_s=(600,))
    with pytest.raises(QuestionError, match="3600"):
        found.recontacts.within(3_600)


@pytest.mark.parametrize("windows", [(), (0,), (-5,), (1.5,)])
def test_windows_that_make_no_sense_are_refused(windows: tuple[float, ...]) -> None:
    with pytest.raises(QuestionError, match="window"):
        asked([], windows_s=windows)


def test_groups_add_up_to_the_whole() -> None:
    rows = random_rows(random.Random(5), 120)
    table = contacts_table(rows)
    answer = repeat_work(table, by=("queue", "weekday"))
    for window in WINDOWS_S:
        parts = [group.result.recontacts.within(window) for group in answer.groups]
        whole = answer.overall.recontacts.within(window)
        assert sum(part.contacts for part in parts) == whole.contacts
        assert sum(part.came_back for part in parts) == whole.came_back
    assert sum(group.result.contacts for group in answer.groups) == answer.overall.contacts


# --- against the definition -------------------------------------------------------------------


def random_rows(rng: random.Random, n: int, *, days: int = 100) -> list[dict[str, Any]]:
    outcomes = ["handled"] * 5 + ["abandoned", "left_self_service", "failed", "self_served", "open"]
    rows: list[dict[str, Any]] = []
    for _ in range(n):
        at = rng.randrange(days * 24) * 3_600 + rng.choice([0, 0, rng.randrange(3_600)])
        outcome = rng.choice(outcomes)
        talk = rng.choice([None, 0.0, 9.9995, 30.0, 60.0, 299.5, 700.25])
        rows.append(
            {
                "arrived_at": at,
                "customer": rng.choice([None, *range(6)]),
                "outcome": outcome,
                "talk_s": talk if outcome == "handled" else None,
                "queue": rng.choice(["Cards", "Loans", None]),
                "queued_at": rng.choice([None, at]),
            }
        )
    return rows


def _stretches(rng: random.Random, rows: Sequence[dict[str, Any]]) -> Observed:
    """What was seen, with gaps put anywhere, and no contact inside them."""
    table = contacts_table(rows)
    found = observed(table)
    assert found.first_us is not None
    assert found.last_us is not None
    arrived = sorted(row["arrived_us"] for row in table.to_pyarrow().to_pylist())
    gaps = []
    for left, right in pairwise(arrived):
        if right - left > 2 and rng.random() < 0.05:
            gaps.append((rng.randrange(left + 1, right), right))
    day = found.first_day
    assert day is not None
    return Observed(
        contacts=found.contacts,
        first_us=found.first_us,
        last_us=found.last_us,
        first_day=found.first_day,
        last_day=found.last_day,
        days=found.days,
        gaps=tuple(
            Gap(first_day=day, last_day=day, from_us=start, to_us=end, expected=20.0)
            for start, end in gaps
        ),
    )


@settings(deadline=None, max_examples=12)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 60), gaps=st.booleans())
def test_it_agrees_with_its_definition(seed: int, n: int, gaps: bool) -> None:
    rng = random.Random(seed)
    rows = random_rows(rng, n)
    table = contacts_table(rows)
    seen = _stretches(rng, rows) if gaps else observed(table)
    found = repeat_work(table, observed=seen).overall
    full = table.to_pyarrow().to_pylist()
    control_us = found.control_days * DAY * plain.US
    groups: list[tuple[After, set[str]]] = [
        (found.retrials, {"gave_up"}),
        (found.recontacts, SERVED),
        (found.after_failed, {"failed"}),
        *((after, {after.key}) for after in found.by_first),
    ]
    for after, kinds in groups:
        for window in after.windows:
            expected = plain.followed(
                full,
                seen.stretches,
                window_s=window.window_s,
                control_us=control_us,
                kinds=kinds,
            )
            assert (window.contacts, window.came_back) == (expected.seen, expected.came_back)
            assert window.contacts + window.censored == after.contacts
            if isinstance(window.excess, Estimate):
                assert window.excess.n == expected.controlled
                assert window.excess.value * expected.controlled == pytest.approx(expected.excess)
    for repeats in found.repeats:
        again = plain.repeated(full, seen.stretches, window_s=repeats.window_s)
        assert (repeats.contacts, repeats.repeats) == (again.seen, again.repeats)
        if isinstance(repeats.share_of_work, Estimate):
            assert repeats.share_of_work.value == pytest.approx(again.repeat_s / again.seen_s)


@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 2**32))
def test_the_curve_agrees_with_its_definition(seed: int) -> None:
    rng = random.Random(seed)
    rows = random_rows(rng, 40, days=50)
    table = contacts_table(rows)
    seen = _stretches(rng, rows)
    curve = repeat_work(table, observed=seen).overall.recontacts.curve
    expected = plain.curve(
        table.to_pyarrow().to_pylist(),
        seen.stretches,
        edges_s=[point.time_s for point in curve],
        kinds=SERVED,
    )
    assert [point.share for point in curve] == pytest.approx(expected)
    assert all(point.low <= point.share <= point.high for point in curve)


@settings(deadline=None, max_examples=5)
@given(seed=st.integers(0, 2**32))
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    rng = random.Random(seed)
    rows = [{**row, "contact_id": f"c:{i}"} for i, row in enumerate(random_rows(rng, 40))]
    shuffled = rows[:]
    rng.shuffle(shuffled)
    assert asked(rows) == asked(shuffled)


# --- known truth ------------------------------------------------------------------------------


def _table(runs: Any, keys: Any, at_s: Any) -> ir.Table:
    """Contacts handled in two minutes, one queue for each simulated operation."""
    n = len(at_s)
    at_us = (np.asarray(at_s) * 1e6).astype(np.int64)
    columns = {
        "customer_key": np.asarray(keys, dtype=np.int64) * 104_729,
        "contact_key": np.arange(n, dtype=np.int64),
        "arrived_us": at_us,
        "local_arrived_us": at_us,
        "queued_us": at_us,
        "queue": np.asarray(runs).astype(str),
        "outcome": np.full(n, "handled"),
        "talk_s": np.full(n, 120.0),
        "hold_s": np.zeros(n),
        "wrapup_s": np.zeros(n),
    }
    connection = ibis.duckdb.connect(threads=2)
    return connection.create_table("contacts", pa.table(columns), temp=True)


def _habits(
    rng: np.random.Generator, *, customers: int, days: int, fails: float, clockwork: bool = False
) -> tuple[list[int], list[float]]:
    """Simulate habits and failure demand: whose contact, and when.

    Occasional customers contact us at random times about every 20 days. Each contact of theirs
    fails with chance ``fails`` and then brings another after 20 minutes on average. Every
    twentieth customer is a trader who contacts us daily whatever happens: at random times, or
    once a day between nine and five.
    """
    keys: list[int] = []
    times: list[float] = []
    for customer in range(customers):
        trader = rng.random() < 1 / 20
        if trader and clockwork:
            own = [day * DAY + rng.uniform(9, 17) * 3_600 for day in range(days)]
        else:
            own = list(rng.uniform(0, days * DAY, rng.poisson(days if trader else days / 20)))
        waiting = [] if trader else own[:]
        while waiting:
            back = waiting.pop() + rng.exponential(1_200)
            if rng.random() < fails and back < days * DAY:
                own.append(back)
                waiting.append(back)
        keys += [customer] * len(own)
        times += own
    return keys, times


def _whole(days: int) -> Observed:
    return Observed(contacts=1, first_us=0, last_us=days * DAY * plain.US)


def test_traders_who_call_every_day_are_no_failure_demand() -> None:
    keys, times = _habits(np.random.default_rng(11), customers=200, days=200, fails=0.0)
    table = _table(np.zeros(len(keys), dtype=int), keys, times)
    found = repeat_work(table, observed=_whole(200)).overall.recontacts
    assert value(found.within(DAY).rate) > 0.3
    for window in found.windows:
        assert isinstance(window.excess, Estimate)
        assert window.excess.low <= 0.005
        assert abs(window.excess.value) < 0.02


def test_callers_like_clockwork_are_never_taken_for_failure_demand() -> None:
    keys, times = _habits(
        np.random.default_rng(12), customers=100, days=200, fails=0.0, clockwork=True
    )
    table = _table(np.zeros(len(keys), dtype=int), keys, times)
    found = repeat_work(table, observed=_whole(200)).overall.recontacts
    assert all(value(window.excess) < 0.01 for window in found.windows)
    assert abs(value(found.within(600).excess)) < 0.03
    assert abs(value(found.within(7 * DAY).excess)) < 0.03


RUNS = 500


@pytest.mark.slow
def test_the_interval_of_the_excess_holds_the_truth_95_times_in_100() -> None:
    rng = np.random.default_rng(1999)
    days, customers, fails = 100, 600, 0.15
    runs, keys, times = [], [], []
    for run in range(RUNS):
        own, at = _habits(rng, customers=customers, days=days, fails=fails)
        runs += [run] * len(own)
        keys += [run * customers + key for key in own]
        times += at
    # An occasional customer returns within the hour, and would not have come within it anyway.
    returns = fails * (1 - np.exp(-3.0)) * np.exp(-1 / (20 * 24))
    occasional, traders = 19 / 20 * days / 20 / (1 - fails), 1 / 20 * days
    true = returns * occasional / (occasional + traders)
    answer = repeat_work(
        _table(runs, keys, times), by=("queue",), observed=_whole(days), windows_s=(3_600,)
    )
    held = 0
    for group in answer.groups:
        excess = group.result.recontacts.within(3_600).excess
        assert isinstance(excess, Estimate)
        held += excess.low <= true <= excess.high
    assert len(answer.groups) == RUNS
    assert 0.93 <= held / RUNS <= 0.97


@pytest.mark.slow
def test_the_interval_of_coming_back_holds_the_truth_95_times_in_100() -> None:
    """Customers differ in how likely they come back, so their contacts resemble one another."""
    rng = np.random.default_rng(2000)
    runs, keys, hours = [], [], []
    customers = 250
    for run in range(RUNS):
        chance = rng.beta(1.0, 3.0, customers)
        contacts = rng.geometric(0.12, customers)
        for customer in range(customers):
            at = np.arange(contacts[customer]) * 100 + rng.uniform(0, 50, contacts[customer])
            back = at[rng.random(contacts[customer]) < chance[customer]] + 0.1
            hours += [*at, *back]
            runs += [run] * (len(at) + len(back))
            keys += [run * customers + customer] * (len(at) + len(back))
    times = np.array(hours) * 3_600
    seen = Observed(contacts=1, first_us=-1, last_us=int(times.max() + 10_000) * plain.US)
    answer = repeat_work(_table(runs, keys, times), by=("queue",), observed=seen, windows_s=(600,))
    # A quarter of first calls is followed by a return, and no return by another.
    true = 0.25 / 1.25
    held = 0
    for group in answer.groups:
        rate = group.result.recontacts.within(600).rate
        assert isinstance(rate, Estimate)
        held += rate.low <= true <= rate.high
    assert len(answer.groups) == RUNS
    assert 0.93 <= held / RUNS <= 0.97


# --- the bank ---------------------------------------------------------------------------------

# From the data's README: this call, n, and the share that calls again within 10 minutes, 1 hour.
# It leaves out 25 to 31 July, whose seven days ahead were not seen (August is missing).
README = {
    "served_under_10s": (8_113, 0.440, 0.535),
    "gave_up": (24_044, 0.210, 0.434),
    "served_10_to_59s": (17_451, 0.061, 0.150),
    "served_60_to_299s": (63_012, 0.025, 0.117),
    "served_300s_or_more": (21_012, 0.017, 0.148),
}


def test_the_bank_agrees_with_its_readme(bank: ir.Table) -> None:
    answer = repeat_work(bank, by=("day",), windows_s=(600, 3_600))
    days = [each for each in answer.groups if not "1999-07-25" <= each.label <= "1999-07-31"]
    assert len(days) == 240 - 7
    for key, (n, *shares) in README.items():
        found = [after for day in days for after in day.result.by_first if after.key == key]
        assert sum(after.contacts for after in found) == pytest.approx(n, abs=5)
        for i, share in enumerate(shares):
            windows = [after.windows[i] for after in found]
            came_back = sum(window.came_back for window in windows)
            rate = came_back / sum(window.contacts for window in windows)
            assert rate == pytest.approx(share, abs=0.0006)


def test_over_the_whole_bank_the_rates_are_the_same_but_for_the_last_days(bank: ir.Table) -> None:
    found = repeat_work(bank).overall
    for key, (_, *shares) in README.items():
        for window, share in zip(found.after(key).windows, shares, strict=False):
            assert isinstance(window.rate, Estimate)
            assert window.rate.value == pytest.approx(share, abs=0.006)
            assert window.rate.low <= share <= window.rate.high
    assert isinstance(found.identified_queued, Estimate)
    assert isinstance(found.identified_not_queued, Estimate)
    assert found.identified_queued.value == pytest.approx(0.78, abs=0.01)
    assert found.identified_not_queued.value < 0.05
    assert any("not missing by chance" in caveat for caveat in found.caveats)
