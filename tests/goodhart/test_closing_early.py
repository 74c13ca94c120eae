"""Closing early and splitting: found with their size, and nothing found where there is nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pytest

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown, difference
from andon.goodhart.closing_early import ClosingEarly, closing_early
from andon.goodhart.near_limit import band_of, grouped, near_limit
from ledgers import contacts_table

HOUR_S, DAY_S = 3_600.0, 86_400.0
LIMIT_S, NEAR_S = 8 * HOUR_S, 0.5 * HOUR_S
INCIDENTS = Path(__file__).parents[2] / "../shared/data/uci_incident_log/incident_event_log.parquet"


def operation(
    seed: int,
    *,
    early: float = 0.0,
    split: float = 0.0,
    closers: tuple[int, ...] = tuple(range(6)),
    n: int = 5000,
    days: int = 90,
    sticky: float = 0.0,
) -> ir.Table:
    """Matters over three months; some come back by themselves, oftener after short work.

    Of matters that would take up to two hours longer than the limit, closers close ``early`` within
    it and open the rest again hours later. Of all matters, they ``split`` some into a second
    contact within minutes. ``sticky`` is the share of contacts routed to the customer's own
    advisor.
    """
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []

    def add(at: float, lasts: float, who: int, customer: int, reason: str, *, ok: bool) -> None:
        rows.append(
            {
                "arrived_at": at,
                "answered_at": at,
                "ended_at": at + lasts,
                "customer": customer,
                "queue": "Desk",
                "reason": reason,
                "handled_by": "advisor",
                "advisor_id": f"a{who}",
                "talk_s": lasts / 20,
                "resolved": ok,
            }
        )

    for _ in range(n):
        customer, reason = int(rng.integers(n // 2)), f"r{rng.integers(3)}"
        at = float(rng.integers(days)) * DAY_S + rng.uniform(0, 30_000)
        who, second = (
            customer % 6 if rng.random() < sticky else int(rng.integers(6)) for _ in range(2)
        )
        lasts = float(rng.gamma(4, 2)) * HOUR_S
        bends = who in closers
        if bends and LIMIT_S < lasts < LIMIT_S + 2 * HOUR_S and rng.random() < early:
            closed = LIMIT_S - NEAR_S * rng.random()
            add(at, closed, who, customer, reason, ok=True)
            add(
                at + closed + rng.uniform(1, 20) * HOUR_S,
                lasts - closed,
                second,
                customer,
                reason,
                ok=True,
            )
            continue
        add(at, lasts, who, customer, reason, ok=True)
        if rng.random() < 0.1 + 0.1 * np.exp(-lasts / LIMIT_S):
            gap = rng.exponential(2) * DAY_S
            add(at + lasts + gap, 2 * HOUR_S, second, customer, reason, ok=True)
        if bends and rng.random() < split:
            add(at + rng.uniform(30, 500), lasts / 2, who, customer, reason, ok=True)
        elif rng.random() < 0.02:
            add(at + rng.uniform(30, 500), lasts / 2, second, customer, reason, ok=True)
    return contacts_table(rows)


def asked(*args: Any, **kwargs: Any) -> ClosingEarly:
    return closing_early(operation(*args, **kwargs), limit_s=LIMIT_S, near_s=NEAR_S)


def test_where_nobody_bends_anything_nothing_is_found_and_nobody_is_named() -> None:
    found = [asked(seed, n=4000) for seed in range(3)]
    assert sum(each.again.p_value < 0.05 for each in found) <= 1
    assert sum(each.beyond_habit.p_value < 0.05 for each in found) <= 1
    assert sum(each.split.p_value < 0.05 for each in found) <= 1
    assert all(each.split.pairs > 60 for each in found)
    assert all(each.for_roles.found == () for each in found)


def test_a_habit_that_was_not_seen_is_told_apart_from_the_contacts_at_the_limit() -> None:
    found = asked(1, n=3000, days=30)  # too short to see the weeks before and after as well
    assert found.again.n_near > 0
    unknown = found.beyond_habit.excess
    assert isinstance(unknown, Unknown)
    assert unknown.why.startswith("only 0 near the limit and 0 around it that were seen for long")
    assert unknown.why.endswith("to know the customers' habit")


def test_pairs_too_few_are_said_with_their_time_in_words() -> None:
    found = closing_early(operation(1, n=400), limit_s=LIMIT_S, near_s=NEAR_S, split_s=30)
    assert isinstance(found.split.same_hand, Unknown)
    assert "within 30 s whose advisors" in found.split.same_hand.why


@pytest.mark.slow
def test_at_most_one_in_twenty_is_flagged_where_nobody_bends_anything() -> None:
    found = [asked(seed, n=3000) for seed in range(500, 512)]
    # 5 % of 12 are 0.6; 3 and more have a chance of 2 in 100.
    assert sum(each.again.p_value < 0.05 for each in found) <= 2
    assert sum(each.beyond_habit.p_value < 0.05 for each in found) <= 2
    assert sum(each.split.p_value < 0.05 for each in found) <= 2
    assert sum(bool(each.for_roles.found) for each in found) <= 2


def test_closing_early_is_found_with_its_size_and_the_limit_is_named_first() -> None:
    found = asked(1, early=0.5)
    assert found.again.p_value < 1e-4
    assert found.beyond_habit.p_value < 1e-3
    near, expected = found.again.near, found.again.expected
    assert isinstance(near, Estimate)
    assert isinstance(expected, Estimate)
    honest = asked(1).again.expected
    assert isinstance(honest, Estimate)
    assert expected.value == pytest.approx(honest.value, abs=0.05)
    # Half of what would take up to two hours longer is closed in the band, and all of it is back.
    lengths = np.random.default_rng(0).gamma(4, 2, 400_000)
    moved = 0.5 * np.mean((lengths > 8) & (lengths < 10))
    back = (moved + honest.value * np.mean((lengths > 7.5) & (lengths <= 8))) / (
        moved + np.mean((lengths > 7.5) & (lengths <= 8))
    )
    assert near.low <= back <= near.high
    assert found.for_roles.above == found.for_roles.tested > 3


def test_those_who_close_early_stand_out_from_their_own_others_and_nobody_else() -> None:
    found = asked(2, early=0.8, closers=(1, 4), n=8000)
    assert [each.advisor_id for each in found.for_roles.found] == ["a1", "a4"]
    assert all(each.excess.low > 0 for each in found.for_roles.found)


def test_splitting_is_found_with_its_size() -> None:
    """Of 10 % of matters split by their own hand, and 1.8 % come again within minutes by chance."""
    found = asked(3, split=0.1)
    assert found.split.p_value < 1e-4
    assert isinstance(found.split.excess, Estimate)
    # One hand opens all of the splits, where chance alone would have it be the same in one of six.
    part = 0.1 / (0.1 + 0.9 * 0.02)
    assert found.split.excess.low <= part * (1 - 1 / 6) <= found.split.excess.high
    assert isinstance(found.split.by_chance, Estimate)
    assert found.split.by_chance.value == pytest.approx(1 / 6, abs=0.05)
    assert found.again.p_value > 0.01


def test_customers_kept_with_one_advisor_are_no_splitting() -> None:
    found = asked(4, sticky=0.7)
    assert isinstance(found.split.same_hand, Estimate)
    assert found.split.same_hand.value > 0.5
    assert found.split.p_value > 0.01


def test_matters_are_longer_and_settled_less_often_than_contacts_seem() -> None:
    honest, bent = asked(5).matters, asked(5, early=0.8, split=0.2).matters
    for each in (honest, bent):
        assert isinstance(each.handle_per_contact_s, Estimate)
        assert isinstance(each.handle_per_matter_s, Estimate)
        assert isinstance(each.resolved_contacts, Estimate)
        assert isinstance(each.settled_matters, Estimate)
        assert each.handle_per_matter_s.value > each.handle_per_contact_s.value
        assert each.resolved_contacts.value == 1
    # The measure gets better, and what customers go through does not.
    shorter = difference(bent.handle_per_contact_s, honest.handle_per_contact_s)
    settled = difference(bent.settled_matters, honest.settled_matters)
    assert isinstance(shorter, Estimate)
    assert isinstance(settled, Estimate)
    assert shorter.high < -30
    assert settled.high < -0.05


def test_a_link_that_the_source_declares_is_a_return_whatever_the_reason() -> None:
    rows: list[dict[str, Any]] = []
    for i in range(700):
        at, lasts = i * 3_000.0, LIMIT_S + (i % 7 - 3.5) * NEAR_S
        near = i % 7 == 3
        rows.append(
            {"contact_id": f"c{i}", "arrived_at": at, "ended_at": at + lasts, "reason": "a"}
        )
        rows[-1]["customer"] = i
        if near or i % 70 == 0:
            rows.append(
                {
                    "contact_id": f"d{i}",
                    "arrived_at": at + lasts + 60,
                    "ended_at": at + lasts + 90,
                    "reason": "b",
                    "customer": i,
                    "previous_contact_id": f"c{i}",
                }
            )
    found = closing_early(contacts_table(rows), limit_s=LIMIT_S, near_s=NEAR_S, again_s=DAY_S)
    assert [band.rate for band in found.again.bands][3] == 1
    assert max(band.rate for band in (*found.again.bands[:3], *found.again.bands[4:])) < 0.2


def test_what_cannot_be_told_is_refused_in_words() -> None:
    table = operation(6, n=400)

    def refused(match: str, what: ir.Table = table, **asked: Any) -> None:
        with pytest.raises(QuestionError, match=match) as told:
            closing_early(what, **{"limit_s": LIMIT_S, **asked})
        assert told.value.found
        assert told.value.todo

    refused("one side of the limit", limit_s=90 * HOUR_S)
    refused("one side", table.mutate(ended_us=table.arrived_us + int(7.9 * HOUR_S * 1e6)))
    refused("recognised", table.mutate(customer_key=ibis.null("int64")))
    refused("no handled|No handled", table.mutate(ended_us=ibis.null("int64")))
    refused("no clock", closed_on="steps")
    refused("Split must", split_s=0.0)
    refused("above 0", limit_s=-1.0)
    few = closing_early(table, limit_s=LIMIT_S, near_s=NEAR_S)
    assert isinstance(few.again.excess, Unknown)
    assert isinstance(few.split.excess, Unknown)
    assert few.for_roles.tested == 0
    nameless = closing_early(
        operation(6, n=2500).mutate(advisor_id=ibis.null("string")), limit_s=LIMIT_S, near_s=NEAR_S
    )
    assert nameless.for_roles.tested == 0
    assert nameless.split.pairs == 0
    assert isinstance(nameless.again.excess, Estimate)


def incidents() -> dict[str, Any]:
    """Hours from opening to resolving, whether it was reopened, and whose it was."""
    import duckdb

    told: dict[str, Any] = duckdb.sql(
        f"""
        SELECT number, any_value(caller_id) AS caller, max(reopen_count) > 0 AS reopened,
            epoch(strptime(any_value(resolved_at), '%d/%m/%Y %H:%M'))
            - epoch(strptime(any_value(opened_at), '%d/%m/%Y %H:%M')) AS open_s
        FROM '{INCIDENTS.resolve()}'
        WHERE resolved_at != '?' AND priority = '3 - Moderate' GROUP BY number ORDER BY number
        """
    ).fetchnumpy()
    return told


@pytest.mark.skipif(not INCIDENTS.exists(), reason="the log is not here")
def test_the_incident_log_answers_with_its_doubt() -> None:
    """Reopening is rare there and no limit is told, so nothing is claimed but that it is said."""
    told = incidents()
    open_s = np.asarray(told["open_s"], dtype=float)
    band = band_of(open_s, limit_s=5 * DAY_S, near_s=0.5 * DAY_S)
    whose = np.unique(np.asarray(told["caller"], dtype=str), return_inverse=True)[1]
    y = grouped(whose, band, np.asarray(told["reopened"], dtype=float))
    x = grouped(whose, band, 1.0)
    found = near_limit(y, x, x.sum(axis=0), limit_s=5 * DAY_S, near_s=0.5 * DAY_S)
    assert len(open_s) > 15_000
    assert found.n_near > 100
    assert isinstance(found.near, Estimate | Unknown)
    assert found.near.why if isinstance(found.near, Unknown) else found.near.high < 0.2
