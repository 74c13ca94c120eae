"""Pasts: what is known of each queue, found in a ledger whose truth is known."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pytest

from andon.capacity.pasts import pasts_of
from andon.errors import PlanError
from andon.proving.build import make
from ledgers import contacts_table
from made_up import model, scenario


@pytest.mark.slow
def test_what_customers_do_is_found_as_it_is() -> None:
    made = make(scenario(days=84.0, base=model(agents=9, per_h=100)))
    contacts: ir.Table = ibis.duckdb.connect(threads=1).create_table(
        "contacts", made.ledger("contacts"), temp=True
    )
    (found,) = pasts_of(contacts, zone="UTC")
    truth = made.truth["as_it_was"]
    asked = contacts.filter(contacts.outcome.isin(("handled", "abandoned", "open")))
    assert found.history.counts.sum() == asked.count().to_pyarrow().as_py()
    assert found.channel == "voice"
    assert found.patience_s == pytest.approx(180, rel=0.03)
    handle_s = found.history.handle_total_s.sum() / found.history.handled.sum()
    assert handle_s == pytest.approx(truth["handle_mean_s"], rel=0.01)
    assert found.redials is not None
    assert found.redials.after_s == pytest.approx(600, rel=0.2)
    gone = asked.filter(asked.outcome == "abandoned").count().to_pyarrow().as_py()
    assert found.gave_up == pytest.approx(gone / found.history.counts.sum())
    assert found.returns == pytest.approx(truth["comes_back_share"], abs=0.02)
    assert 86_400 < found.returns_after_s < 3 * 86_400


def calls(*, queue: str | None, channel: str = "voice", days: int = 28) -> list[dict[str, object]]:
    return [
        {
            "arrived_at": day * 86_400.0 + 36_000 + 300 * i,
            "queued_at": day * 86_400.0 + 36_000 + 300 * i,
            "answered_at": day * 86_400.0 + 36_000 + 300 * i + 10,
            "ended_at": day * 86_400.0 + 36_000 + 300 * i + 130,
            "talk_s": 120.0,
            "queue": queue,
            "channel": channel,
        }
        for day in range(days)
        for i in range(10)
    ]


def test_each_queue_has_a_past_and_contacts_without_one_are_left_out() -> None:
    rows = calls(queue="a") + calls(queue="b", channel="email") + calls(queue=None)
    found = pasts_of(contacts_table(rows), zone="UTC", interval_s=3600)
    assert {each.queue: each.channel for each in found} == {"a": "voice", "b": "email"}
    assert all(each.history.counts.sum() == 280 for each in found)
    assert all(each.gave_up == 0 and each.redials is None for each in found)


def test_where_no_contact_has_a_queue_all_are_one() -> None:
    (found,) = pasts_of(contacts_table(calls(queue=None)), zone="UTC")
    assert found.queue == "all"
    assert found.history.counts.sum() == 280


def test_without_contacts_that_anybody_served_there_is_nothing_to_plan() -> None:
    rows = [
        {**each, "outcome": "left_self_service", "answered_at": None} for each in calls(queue="a")
    ]
    with pytest.raises(PlanError, match="nothing to plan for"):
        pasts_of(contacts_table(rows), zone="UTC")
