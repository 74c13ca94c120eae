"""Effort: the customers' own hours, all attempts counted, for each matter that was settled."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import ibis.expr.types as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.demand.effort import Effort, effort
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.ledger.coverage import observed
from ledgers import contacts_table
from oracles import effort as plain

DAY = 86_400


def asked(rows: Sequence[dict[str, Any]], **options: Any) -> Effort:
    return effort(contacts_table(rows), **options).overall


def value(found: Estimate | Unknown) -> float:
    assert isinstance(found, Estimate), found
    return found.value


def edges(days: int = 60) -> list[dict[str, Any]]:
    """Contacts without an id or times, so that every day was watched."""
    return [{"arrived_at": day * DAY, "outcome": "failed"} for day in range(days)]


def call(at: float, customer: object, *, wait: float, talk: float | None) -> dict[str, Any]:
    """Someone who waits, and then talks or gives up."""
    answered = None if talk is None else at + wait
    return {
        "arrived_at": at,
        "customer": customer,
        "outcome": "abandoned" if talk is None else "handled",
        "answered_at": answered,
        "ended_at": at + wait + (talk or 0.0),
        "talk_s": talk,
    }


def test_giving_up_and_coming_back_count_towards_the_matter() -> None:
    rows = [*edges()]
    for customer in ("ann", "bob"):
        rows += [
            call(30 * DAY, customer, wait=600, talk=None),
            call(30 * DAY + 3_600, customer, wait=300, talk=900),
        ]
    found = asked(rows)
    assert value(found.waiting_per_matter_h) == pytest.approx(0.25)
    assert value(found.served_per_matter_h) == pytest.approx(0.25)
    assert value(found.per_matter_h) == pytest.approx(0.5)
    assert value(found.returns_per_matter) == 1.0
    assert value(found.resolved) == 1.0
    assert value(found.in_vain) == pytest.approx(600 / 1_800)
    assert value(found.total_h) == pytest.approx(1.0)
    assert found.untimed == 60


def test_a_matter_that_ends_in_giving_up_is_not_resolved_but_its_time_counts() -> None:
    rows = [
        *edges(),
        call(30 * DAY, "ann", wait=3_600, talk=None),
        call(30 * DAY, "bob", wait=0, talk=1_800),
        call(31 * DAY, "cem", wait=0, talk=1_800),
    ]
    found = asked(rows)
    assert found.matters == 3
    assert value(found.resolved) == pytest.approx(2 / 3)
    assert value(found.per_matter_h) == pytest.approx(2 / 2)


def test_what_the_source_says_of_resolution_comes_before_silence() -> None:
    rows = [
        *edges(),
        {**call(30 * DAY, "ann", wait=0, talk=60), "resolved": False},
        {**call(30 * DAY, "bob", wait=60, talk=None), "resolved": True},
    ]
    assert value(asked(rows).resolved) == 0.5


def test_a_matter_near_the_end_is_left_out_until_silence_was_seen() -> None:
    rows = [*edges(), call(58 * DAY, "ann", wait=0, talk=60)]
    found = asked(rows)
    assert found.matters == 0
    assert isinstance(found.per_matter_h, Unknown)
    assert "seen" in found.per_matter_h.why


def test_without_ids_the_total_is_known_and_the_rest_is_not() -> None:
    found = asked([call(day * DAY, None, wait=60, talk=60) for day in range(60)])
    assert value(found.total_h) == pytest.approx(2.0)
    assert isinstance(found.per_matter_h, Unknown)
    assert "customer id" in found.per_matter_h.why


def test_time_until_an_email_is_answered_is_not_the_customers_own() -> None:
    mail = {**call(30 * DAY, "ann", wait=2 * DAY, talk=600), "channel": "email"}
    back = {**call(30 * DAY, "bob", wait=DAY, talk=600), "channel": "callback"}
    found = asked([*edges(), mail, back, call(30 * DAY, "cem", wait=300, talk=600)])
    assert value(found.waiting_h) == pytest.approx(300 / 3_600)
    assert value(found.served_h) == pytest.approx(1_200 / 3_600)
    assert value(found.per_matter_h) == pytest.approx(1_500 / 3_600 / 3)
    assert found.away == 2
    assert any("2 contacts" in each and "not counted" in each for each in found.caveats)


def test_where_nobody_stays_to_wait_effort_is_not_known() -> None:
    rows = [{**call(day * DAY, "ann", wait=DAY, talk=60), "channel": "case"} for day in range(60)]
    found = asked([*rows, {**call(30 * DAY, "bob", wait=60, talk=60), "channel": "email"}])
    for each in (found.waiting_h, found.total_h, found.per_matter_h, found.in_vain):
        assert isinstance(each, Unknown), each
    assert isinstance(found.waiting_h, Unknown)
    assert "nobody stays" in found.waiting_h.why
    assert found.away == found.contacts == 61


def test_an_empty_ledger_is_unknown() -> None:
    found = asked([])
    assert found.contacts == 0
    assert isinstance(found.total_h, Unknown)
    assert isinstance(found.in_vain, Unknown)


def test_a_clock_that_runs_backwards_adds_no_negative_time() -> None:
    row = {"arrived_at": 100, "answered_at": 50, "ended_at": 40, "outcome": "handled"}
    found = asked([row])
    assert value(found.total_h) == 0.0


def test_a_window_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(QuestionError, match="window"):
        asked([], window_s=0)


def test_groups_add_up() -> None:
    rows = _random_rows(random.Random(9), 80)
    answer = effort(contacts_table(rows), by=("queue",), window_s=DAY)
    assert sum(group.result.matters for group in answer.groups) == answer.overall.matters
    hours = [group.result.total_h for group in answer.groups]
    assert sum(map(value, hours)) == pytest.approx(value(answer.overall.total_h))


def _random_rows(rng: random.Random, n: int) -> list[dict[str, Any]]:
    rows = []
    for i in range(n):
        at = rng.randrange(0, 40 * 24) * 3_600.0
        answered = rng.choice([None, at + rng.randrange(600)])
        rows.append(
            {
                "contact_id": f"c{i}",
                "arrived_at": at,
                "answered_at": answered,
                "ended_at": rng.choice([None, (answered or at) + rng.randrange(-5, 900)]),
                "customer": rng.choice([None, *range(5)]),
                "outcome": rng.choice(["handled", "self_served", "abandoned", "failed", "open"]),
                "talk_s": rng.choice([None, 60.25, 600.5]) if answered else None,
                "hold_s": rng.choice([None, 30.0]) if answered else None,
                "resolved": rng.choice([None, None, True, False]),
                "queue": rng.choice(["Cards", "Loans"]),
                "channel": rng.choice(["voice", "voice", "chat", "callback", "email", "case"]),
                "previous_contact_id": rng.choice([None, None, f"c{rng.randrange(n)}"]),
            }
        )
    return rows


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 50), links=st.booleans())
def test_it_agrees_with_its_definition(seed: int, n: int, links: bool) -> None:
    rows = _random_rows(random.Random(seed), n)
    if not links:
        rows = [{**row, "previous_contact_id": None} for row in rows]
    table = contacts_table(rows)
    full = table.to_pyarrow().to_pylist()
    found = effort(table, window_s=DAY).overall
    expected = plain.spent(full, observed(table).stretches, window_s=DAY)
    assert found.matters == expected.ended
    if isinstance(found.resolved, Estimate):
        assert found.resolved.value == pytest.approx(expected.resolved / expected.ended)
    if isinstance(found.per_matter_h, Estimate):
        hours = (expected.waiting_s + expected.served_s) / 3_600
        assert found.per_matter_h.value == pytest.approx(hours / expected.resolved)
        assert found.per_matter_h.n == expected.contacts
    if isinstance(found.returns_per_matter, Estimate):
        assert found.returns_per_matter.value == pytest.approx(expected.returns / expected.resolved)
    if isinstance(found.in_vain, Estimate):
        time = expected.waiting_s + expected.served_s
        assert found.in_vain.value == pytest.approx(expected.vain_s / time)
    if isinstance(found.total_h, Estimate):
        all_s = sum((plain.waited_s(row) or 0.0) + plain.served_s(row) for row in full)
        assert found.total_h.value == pytest.approx(all_s / 3_600)


def test_on_the_bank_customers_hours_are_added_up(bank: ir.Table) -> None:
    found = effort(bank).overall
    assert 17_000 < value(found.total_h) < 17_500
    assert isinstance(found.per_matter_h, Estimate)
    assert 0.2 < found.per_matter_h.low < found.per_matter_h.high < 0.35
