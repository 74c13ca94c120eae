"""Today's situation from the ledger's answers: made-up weeks whose truth is known."""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir
import numpy as np
import pytest

from andon.capacity.balance import Curves, balance
from andon.capacity.levers import Levers
from andon.capacity.measured_situation import (
    agents_implied,
    handle_cv,
    situation_from,
    typical_week,
)
from andon.capacity.situation import Situation
from andon.demand.recontact import repeat_work
from andon.errors import PlanError
from andon.estimate import Unknown
from andon.metrics.handling import handling
from andon.metrics.patience import patience
from andon.metrics.reach import reach
from andon.metrics.volatility import volatility
from andon.units import DAY_S
from ledgers import contacts_table
from one_queue import pace_of, queue

WEEKS = 6
RETURNS = 0.3


@pytest.fixture(scope="module")
def contacts() -> ir.Table:
    """Twelve calls every half-hour from 8 to 18, Monday to Friday; three in ten come back next day.

    Waits are exponential with mean 60 s, patience with mean 180 s: a quarter give up. Handle times
    are gamma with mean 240 s and standard deviation 120 s.
    """
    rng = np.random.default_rng(1)
    rows: list[dict[str, Any]] = []
    customer = 0
    for day in range(7 * WEEKS):
        if day % 7 >= 5:
            continue
        for slot in range(20):
            for _ in range(rng.poisson(12 if day % 7 else 18)):
                at = day * DAY_S + (16 + slot) * 1800 + rng.uniform(0, 1800)
                customer += 1
                _call(rows, at, customer, rng)
    return contacts_table(rows)


def _call(rows: list[dict[str, Any]], at: float, customer: int, rng: np.random.Generator) -> None:
    wait, patient = rng.exponential(60), rng.exponential(180)
    row: dict[str, Any] = {
        "arrived_at": at,
        "queued_at": at,
        "customer": customer,
        "queue": "calls",
    }
    if patient < wait:
        rows.append(row | {"outcome": "abandoned", "ended_at": at + patient})
        return
    handle = max(rng.gamma(4, 60), 1.0)
    rows.append(
        row
        | {
            "outcome": "handled",
            "answered_at": at + wait,
            "ended_at": at + wait + handle,
            "talk_s": handle,
            "advisor_id": f"a{int(rng.integers(8))}",
        }
    )
    friday = at // DAY_S % 7 == 4
    if rng.random() < RETURNS:
        _call(rows, at + (3 if friday else 1) * DAY_S, customer, rng)


@pytest.fixture(scope="module")
def situation(contacts: ir.Table) -> Situation:
    return situation_from(
        queue="calls",
        volatility=volatility(contacts).overall,
        handling=handling(contacts).overall,
        patience=patience(contacts).overall,
        repeats=repeat_work(contacts).overall,
        gives_up=reach(contacts).overall.abandonment.of_offered.share,
    )


def test_what_was_made_up_is_found_again(situation: Situation) -> None:
    assert situation.handle_s == pytest.approx(240, rel=0.03)
    assert situation.handle_cv == pytest.approx(0.5, abs=0.07)
    assert situation.patience_s == pytest.approx(180, rel=0.1)
    assert situation.returns.value == pytest.approx(RETURNS, abs=0.03)
    assert situation.returns.source == "ledger"
    assert situation.redials.value == pytest.approx(0.0, abs=0.02)
    assert situation.days_to_return[1] > 0.6


def test_a_typical_week_has_its_days_and_its_hours(situation: Situation) -> None:
    week = situation.contacts.reshape(7, 48)
    assert week[5:].sum() == 0
    assert week[:, :16].sum() == 0
    assert week[:, 36:].sum() == 0
    assert week[0].sum() > 1.2 * week[3].sum()


def test_agents_that_nobody_recorded_explain_who_gave_up(situation: Situation) -> None:
    pace = pace_of(situation, -0.05, -0.1, 0.0, curves=20)
    curves = Curves.of(situation, pace, np.random.default_rng(1))
    today = Levers().set_on(situation)
    found = balance(situation, curves, today, today)
    assert found.gives_up == pytest.approx(np.full(20, 0.25), abs=0.02)
    # With exponential patience who waits 180 s on average gives up one in 180 s.
    assert found.mean_wait_s == pytest.approx(found.gives_up * situation.patience_s, rel=1e-6)


def test_agents_that_are_known_are_taken(contacts: ir.Table) -> None:
    given = np.full(336, 7.0)
    found = situation_from(
        queue="calls",
        volatility=volatility(contacts).overall,
        handling=handling(contacts).overall,
        patience=patience(contacts).overall,
        repeats=repeat_work(contacts).overall,
        gives_up=Unknown(unit="share", why="x", needs="y"),
        agents=given,
    )
    assert np.array_equal(found.agents, given)


@pytest.mark.parametrize("gives_up", [0.002, 0.05, 0.4])
def test_implied_agents_lose_as_many_as_were_lost(gives_up: float) -> None:
    week = queue()
    agents = agents_implied(
        week.contacts, interval_s=1800, handle_s=300, patience_s=150, gives_up=gives_up
    )
    found = queue(agents=agents)
    pace = pace_of(found, curves=2)
    curves = Curves.of(found, pace, np.random.default_rng(1))
    today = Levers().set_on(found)
    rest = balance(found, curves, today, today)
    assert rest.gives_up == pytest.approx(np.full(2, gives_up), rel=1e-3)
    assert np.all(agents[week.contacts == 0] == 0)


@pytest.mark.parametrize(("gives_up", "patience_s"), [(0.0, 150.0), (0.1, float("inf"))])
def test_where_nobody_gives_up_no_agents_are_implied(gives_up: float, patience_s: float) -> None:
    with pytest.raises(PlanError, match="cannot be told"):
        agents_implied(
            queue().contacts,
            interval_s=1800,
            handle_s=300,
            patience_s=patience_s,
            gives_up=gives_up,
        )


def test_an_empty_ledger_has_no_week() -> None:
    nothing = contacts_table([{"arrived_at": 0.0, "queue": "calls"}])
    with pytest.raises(PlanError, match="too few ordinary days"):
        typical_week(volatility(nothing.filter(nothing.queue == "other")).overall)
    assert handle_cv(handling(nothing.filter(nothing.queue == "other")).overall) == 1.0
