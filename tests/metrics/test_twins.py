"""Twins: said to part when they do, and not when they do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pytest

from andon.demand.followed import follow
from andon.demand.recontact import repeat_work
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.ledger.coverage import observed
from andon.metrics.twins import Pair, Twins, twins
from ledgers import contacts_table

DAY = 86_400
START = 1_704_067_200  # Monday 1 January 2024


def value(found: Estimate | Unknown) -> float:
    assert isinstance(found, Estimate), found
    return found.value


def operation(
    rng: np.random.Generator,
    *,
    days: int = 182,
    a_day: int = 60,
    talk_s: Sequence[float] = (200.0, 200.0),
    returns: Sequence[float] = (0.1, 0.1),
    gives_up: Sequence[float] = (0.2, 0.2),
    tries_again: Sequence[float] = (0.3, 0.3),
    known: Sequence[float] = (1.0, 1.0),
    queue: str = "Cards",
) -> pa.Table:
    """Contacts whose ways drift evenly from the first number to the second."""
    at, keys, fates, talks = [], [], [], []
    number = int(rng.integers(1, 2**40))
    for day in range(days):
        part = day / (days - 1)
        drift = {
            name: first + (last - first) * part
            for name, (first, last) in {
                "talk_s": talk_s,
                "returns": returns,
                "gives_up": gives_up,
                "tries_again": tries_again,
                "known": known,
            }.items()
        }
        for _ in range(a_day):
            number += 1
            when = START + day * DAY + rng.uniform(8, 18) * 3_600
            key = number if rng.random() < drift["known"] else None
            given_up = rng.random() < drift["gives_up"]
            again = rng.random() < (drift["tries_again"] if given_up else drift["returns"])
            for moment, up in ((when, given_up), (when + 300, False))[: 1 + again]:
                at.append(moment)
                keys.append(key)
                fates.append("abandoned" if up else "handled")
                talks.append(None if up else rng.gamma(2.0, drift["talk_s"] / 2))
    at_us = (np.array(at) * 1e6).astype(np.int64)
    n = len(at)
    return pa.table(
        {
            "contact_key": rng.integers(-(2**62), 2**62, n),
            "customer_key": pa.array(keys, type=pa.int64()),
            "arrived_us": at_us,
            "local_arrived_us": at_us,
            "local_arrived_at": pa.array(at_us, type=pa.timestamp("us")),
            "outcome": fates,
            "talk_s": pa.array(talks, type=pa.float64()),
            "hold_s": pa.nulls(n, pa.float64()),
            "wrapup_s": pa.nulls(n, pa.float64()),
            "queued_us": at_us,
            "queue": [queue] * n,
        }
    )


def table_of(contacts: pa.Table) -> ir.Table:
    return ibis.duckdb.connect(threads=2).create_table("contacts", contacts, temp=True)


def asked(contacts: pa.Table, **options: Any) -> Twins:
    return twins(table_of(contacts), **options).overall


def test_shorter_contacts_that_bring_customers_back_have_parted() -> None:
    rng = np.random.default_rng(1)
    found = asked(operation(rng, talk_s=(240, 160), returns=(0.05, 0.2))).handle_time
    assert found.parting == "parted"
    assert value(found.first_change) < -30
    assert value(found.second_change) > 5
    assert "contacts got shorter" in found.says
    assert "more customers came back" in found.says
    assert "One got better while the other got worse." in found.says


def test_fewer_who_give_up_and_more_who_try_again_have_parted() -> None:
    rng = np.random.default_rng(2)
    found = asked(operation(rng, gives_up=(0.4, 0.2), tries_again=(0.1, 0.5))).abandonment
    assert found.parting == "parted"
    assert "fewer gave up" in found.says


def test_twins_that_move_the_same_way_are_together() -> None:
    rng = np.random.default_rng(3)
    found = asked(operation(rng, talk_s=(240, 160), returns=(0.3, 0.1))).handle_time
    assert found.parting == "together"
    assert "One got better" not in found.says


def test_where_nothing_changes_nothing_is_said_to_part() -> None:
    found = asked(operation(np.random.default_rng(4)))
    for pair in found.pairs:
        assert pair.parting == "cannot tell"
        assert "hardly changed, or not beyond doubt" in pair.says


@pytest.mark.slow
def test_twins_that_stay_as_they_are_are_seldom_said_to_have_moved() -> None:
    """At most 5 in 100 of 95 % intervals miss; on so few contacts they are wide, and fewer do."""
    rng = np.random.default_rng(5)
    runs, moved, parted = 250, 0, 0
    contacts = pa.concat_tables(
        operation(rng, days=126, a_day=12, queue=f"q{run}") for run in range(runs)
    )
    answer = twins(table_of(contacts), by=("queue",))
    assert len(answer.groups) == runs
    for group in answer.groups:
        for pair in group.result.pairs:
            for change in (pair.first_change, pair.second_change):
                assert isinstance(change, Estimate)
                moved += not change.low <= 0 <= change.high
            parted += pair.parting == "parted"
    assert 0.01 <= moved / (4 * runs) <= 0.06
    assert parted / (2 * runs) < 0.01


def test_a_change_in_who_is_recognised_is_named_as_another_cause() -> None:
    rng = np.random.default_rng(6)
    found = asked(operation(rng, known=(0.9, 0.4)))
    for pair in found.pairs:
        assert any("Who can be recognised changes" in caveat for caveat in pair.caveats)
        assert value(pair.identified_change) < -20
    steady = asked(operation(rng, known=(0.5, 0.5)))
    assert not any("recognised" in caveat for caveat in steady.handle_time.caveats)


def test_a_month_seen_in_part_is_shown_and_not_compared() -> None:
    contacts = operation(np.random.default_rng(7), days=182 - 16)
    pair = asked(contacts).handle_time
    assert [point.whole for point in pair.points] == [True] * 5 + [False]
    assert pair.points[-1].period == "2024-06"
    assert any("2024-06" in caveat for caveat in pair.caveats)


def test_two_months_are_too_few_to_compare() -> None:
    pair = asked(operation(np.random.default_rng(8), days=60)).handle_time
    assert pair.parting == "cannot tell"
    assert isinstance(pair.first_change, Unknown)
    assert pair.says.startswith("We cannot tell")


def test_weeks_and_days_are_periods_too() -> None:
    contacts = operation(np.random.default_rng(9), days=28, a_day=20)
    weeks = asked(contacts, period="week").handle_time.points
    assert [point.period for point in weeks] == [f"2024-01-{day:02d}" for day in (1, 8, 15, 22)]
    assert all(point.whole for point in weeks)
    assert len(asked(contacts, period="day").handle_time.points) == 28


def test_contacts_followed_without_what_twins_need_are_refused() -> None:
    table = table_of(operation(np.random.default_rng(14), days=3))
    with (
        follow(table, windows_s=(600,)) as followed,
        pytest.raises(QuestionError, match="without a column or a window"),
    ):
        twins(table, followed=followed)


@pytest.mark.parametrize("period", ["hour", "weekday", "year"])
def test_periods_that_do_not_run_on_are_refused(period: str) -> None:
    with pytest.raises(QuestionError, match="by month, week or day"):
        asked(operation(np.random.default_rng(10), days=2), period=period)


def test_an_empty_ledger_is_answered() -> None:
    found = twins(contacts_table([])).overall
    assert found.handle_time.points == ()
    assert found.abandonment.parting == "cannot tell"


def test_without_ids_the_second_twin_is_unknown() -> None:
    found = asked(operation(np.random.default_rng(11), days=100, known=(0.0, 0.0)))
    for pair in found.pairs:
        assert all(isinstance(point.second, Unknown) for point in pair.points)
        assert all(isinstance(point.first, Estimate) for point in pair.points)
        assert pair.parting == "cannot tell"


def test_the_second_twins_are_those_of_repeat_work() -> None:
    table = table_of(operation(np.random.default_rng(12), days=91))
    seen = observed(table)
    with follow(table, by=("month",), observed=seen) as followed:
        monthly = repeat_work(table, by=("month",), followed=followed)
        found = twins(table, followed=followed).overall
    for i, group in enumerate(monthly.groups):
        recontact = group.result.recontacts.within(DAY).excess
        retrial = group.result.retrials.within(600).rate
        assert value(found.handle_time.points[i].second) == pytest.approx(value(recontact))
        assert value(found.abandonment.points[i].second) == pytest.approx(value(retrial))
    for pair, again in zip(found.pairs, twins(table).overall.pairs, strict=True):
        assert value(pair.first_change) == pytest.approx(value(again.first_change))
        assert value(pair.second_change) == pytest.approx(value(again.second_change))


def test_groups_carry_their_own_twins() -> None:
    rng = np.random.default_rng(13)
    contacts = pa.concat_tables(
        [
            operation(rng, talk_s=(240, 160), returns=(0.05, 0.2), queue="Cards"),
            operation(rng, talk_s=(100, 100), queue="Loans"),
        ]
    )
    answer = twins(table_of(contacts), by=("queue", "month"), period="month")
    assert {group.scope[0][1] for group in answer.groups} == {"Cards", "Loans"}
    by_queue = {
        str(group.scope[0][1]): group.result.handle_time
        for group in twins(table_of(contacts), by=("queue",)).groups
    }
    assert by_queue["Cards"].parting == "parted"
    assert by_queue["Loans"].parting == "cannot tell"


def test_the_bank_has_eight_whole_months_and_a_caveat(bank: ir.Table) -> None:
    found: Pair = twins(bank).overall.abandonment
    assert len(found.points) == 8
    assert all(point.whole for point in found.points)
    assert any("33 to 60 in 100" in caveat for caveat in found.caveats)
