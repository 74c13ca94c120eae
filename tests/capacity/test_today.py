from __future__ import annotations

from functools import cache

import ibis
import ibis.expr.types as ir
import numpy as np
import pytest

from andon.capacity.today import Today, today
from andon.errors import PlanError
from andon.operation import Costs, Standards
from andon.proving.build import Made, make
from ledgers import contacts_table
from made_up import model, scenario

AGENTS = 9
OPEN = slice(16, 32)
"""From 8:00 to 16:00."""


@cache
def made() -> Made:
    """Twelve weeks in which 24 in 100 come back, and half of those who give up redial."""
    return make(scenario(days=84.0, base=model(agents=AGENTS, per_h=100)))


def table(name: str) -> ir.Table:
    found: ir.Table = ibis.duckdb.connect(threads=1).create_table(
        name, made().ledger(name), temp=True
    )
    return found


@cache
def found(*, staffed: bool) -> Today:
    return today(
        table("contacts"),
        staffing=table("staffing") if staffed else None,
        standards=Standards(answer_within_s=30),
        costs=Costs(per_hour=40, per_lost_customer=500, currency="EUR"),
    )


@pytest.mark.slow
def test_what_customers_do_is_found_as_it_is() -> None:
    now, truth = found(staffed=True).situation, made().truth["as_it_was"]
    assert now.handle_s == pytest.approx(truth["handle_mean_s"], rel=0.01)
    assert now.patience_s == pytest.approx(180, rel=0.03)
    assert now.returns.source == "ledger"
    assert now.returns.low - 0.005 <= truth["comes_back_share"] <= now.returns.high + 0.005
    assert now.redials.value == pytest.approx(0.5, abs=0.03)
    assert now.redial_after_s == pytest.approx(600, rel=0.2)
    mean_days = sum(i * share for i, share in enumerate(now.days_to_return))
    assert mean_days == pytest.approx(1.5, abs=0.5)
    assert now.contacts_in_all * 12 == pytest.approx(truth["contacts"], rel=0.03)
    assert (now.channel, now.answer_within_s) == ("voice", 30)
    assert (now.rates.per_hour, now.rates.customer_worth) == (40, 500)


@pytest.mark.slow
def test_agents_are_those_recorded_and_else_those_implied() -> None:
    recorded, implied = (
        found(staffed=staffed).situation.agents.reshape(7, 48)[:, OPEN] for staffed in (True, False)
    )
    assert recorded == pytest.approx(np.full((7, 16), AGENTS), abs=0.2)
    assert float(np.median(implied)) == pytest.approx(AGENTS, rel=0.04)
    assert found(staffed=True).notes == ()
    assert "Nobody recorded who was on duty" in found(staffed=False).notes[0]


@pytest.mark.slow
def test_agents_that_are_told_take_the_place_of_those_recorded() -> None:
    told = today(table("contacts"), agents=[12.0] * 336).situation
    assert set(told.agents) == {12.0}


def test_what_cannot_be_counted_is_an_assumption_and_said() -> None:
    rows = [
        {
            "arrived_at": day * 86_400 + 9 * 3600 + 60 * i,
            "queued_at": day * 86_400 + 9 * 3600 + 60 * i,
            "answered_at": None if i == 0 else day * 86_400 + 9 * 3600 + 60 * i + 20,
            "ended_at": day * 86_400 + 9 * 3600 + 60 * i + (90 if i == 0 else 200),
            "outcome": "abandoned" if i == 0 else "handled",
            "talk_s": None if i == 0 else 180.0,
        }
        for day in range(28)
        for i in range(12)
    ]
    now = today(contacts_table(rows))
    assert now.situation.returns.source == "assumed"
    assert now.situation.redials.source == "assumed"
    assert any("come back is not known" in each for each in now.notes)
    assert any("call again" in each for each in now.notes)


def test_without_handle_times_it_says_what_is_missing() -> None:
    rows = [{"arrived_at": day * 86_400.0 + 36_000 + i} for day in range(28) for i in range(9)]
    with pytest.raises(PlanError, match="No handle times are recorded"):
        today(contacts_table(rows))
