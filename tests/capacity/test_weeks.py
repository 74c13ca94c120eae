"""The first weeks: they end where the balance is, begin where today is, and turn in between."""

from __future__ import annotations

import numpy as np
import pytest

from andon.capacity.balance import Curves, balance
from andon.capacity.levers import Levers
from andon.capacity.pace import Pace
from andon.capacity.situation import Situation
from andon.capacity.weeks import FirstWeeks, first_weeks
from andon.errors import PlanError
from one_queue import WEEK, pace_of, queue, told
from oracles import what_if as oracle


def _played(
    situation: Situation, pace: Pace, *, weeks: int = 8, **levers: str
) -> tuple[FirstWeeks, Curves]:
    curves = Curves.of(situation, pace, np.random.default_rng(3))
    today = Levers().set_on(situation)
    setting = Levers.said(**levers).set_on(situation)
    return first_weeks(situation, curves, setting, today, weeks=weeks), curves


def test_no_change_changes_nothing_to_the_last_digit() -> None:
    situation = queue()
    found, _ = _played(situation, pace_of(situation, curves=50), weeks=2)
    assert np.array_equal(found.contacts, found.contacts_today)
    assert np.all(found.change("work_h") == 0)
    assert np.all(found.change("customers_h") == 0)
    assert np.isinf(found.turn("work_h").worse_from_day).all()


def test_without_a_change_every_day_is_as_it_was_counted() -> None:
    situation = queue()
    found, _ = _played(situation, pace_of(situation, curves=20), weeks=3)
    by_day = WEEK.reshape(7, -1).sum(axis=1)
    assert found.contacts_today == pytest.approx(
        np.tile(by_day, 3)[:, None] * np.ones(20), rel=1e-9, abs=1e-9
    )


@pytest.mark.parametrize(
    "levers",
    [{"handle_time": "-25%"}, {"handle_time": "-25%", "agents": "follow"}, {"volume": "+10%"}],
)
def test_the_last_week_is_the_balance(levers: dict[str, str]) -> None:
    situation = queue()
    pace = pace_of(situation, curves=100)
    found, curves = _played(situation, pace, weeks=12, **levers)
    rest = balance(
        situation, curves, Levers.said(**levers).set_on(situation), Levers().set_on(situation)
    )
    assert found.contacts[-7:].sum(axis=0) == pytest.approx(rest.contacts, rel=0.01)
    assert found.after.work_h[-7:].sum(axis=0) == pytest.approx(rest.cost.work_h, rel=0.01)
    assert found.after.customers_h[-7:].sum(axis=0) == pytest.approx(
        rest.cost.customers_h, rel=0.02
    )


def test_days_follow_each_other_as_by_hand() -> None:
    day = np.full(48, 50.0)
    situation = queue(
        contacts=day,
        agents=np.full(48, 60.0),  # nobody waits
        returns=told(0.3),
        days_to_return=(0.0, 1.0),
    )
    pace = pace_of(situation, curves=4)
    found, _ = _played(situation, pace, weeks=3, handle_time="-25%")
    for i in range(4):
        by_hand = oracle.days_ahead(
            day.sum(),
            again_today=float(pace.share[i]),
            again=float(pace.at(225.0)[i]),
            days=21,
        )
        assert found.contacts[:, i] == pytest.approx(by_hand, rel=1e-6)


def test_the_first_days_look_good_and_then_it_turns() -> None:
    situation = queue()
    pace = pace_of(situation, -0.45, -0.46, -0.44)
    found, _ = _played(situation, pace, handle_time="-10%")
    change = found.change("work_h")
    assert np.all(change[0] < 0)
    turn = found.turn("work_h")
    assert np.all(turn.worse_from_day > 1)
    assert np.isfinite(turn.worse_from_day).mean() > 0.95
    assert np.all(turn.lost_by_day >= turn.worse_from_day)


def test_a_turn_is_the_first_day_from_which_it_stays_worse() -> None:
    situation = queue()
    found, _ = _played(situation, pace_of(situation, curves=60), handle_time="-25%")
    turn = found.turn("customers_h")
    sums = np.cumsum(found.change("customers_h"), axis=0)
    for i in range(60):
        day = turn.lost_by_day[i]
        if np.isfinite(day):
            assert np.all(sums[int(day) - 1 :, i] > 0)
            assert day == 1 or sums[int(day) - 2, i] <= 1e-6 * abs(sums).max()
        else:
            assert sums[-1, i] <= 1e-6 * abs(sums).max()


def test_contacts_are_neither_made_nor_lost() -> None:
    situation = queue(agents=queue().agents * 0.7, redials=told(0.5))
    found, _ = _played(situation, pace_of(situation, curves=10), agents="-10%", weeks=4)
    ended = found.after
    # What came in all the weeks was answered, given up, or waits still.
    answered = ended.work_h.sum(axis=0) * 12
    gave_up = found.lost.sum(axis=0) / 0.5
    came = found.contacts.sum(axis=0)
    assert answered + gave_up + found.left_over[-1] == pytest.approx(came, rel=1e-6)


def test_backlog_is_carried_where_nobody_gives_up() -> None:
    situation = queue(patience_s=float("inf"), channel="email")
    pace = pace_of(situation, 0.0, 0.0, 0.0, curves=4)
    found, _ = _played(situation, pace, agents="-40%", weeks=4)
    left = found.left_over[6::7]
    assert np.all(np.diff(left, axis=0) > 0)  # it grows from week to week
    now, _ = _played(situation, pace, weeks=4)
    assert np.all(now.left_over < 1e-6)


def test_a_spike_passes_and_waits_recover() -> None:
    situation = queue()
    found, _ = _played(situation, pace_of(situation, curves=20), weeks=2, spike="1.6x2h")
    extra = (found.contacts - found.contacts_today).sum(axis=0)
    in_spike = WEEK[found.spike_at : found.spike_at + 4].sum() * 0.6 if found.spike_at else 0.0
    # More than half of who came more are new matters, the others come back of them.
    assert np.all(extra > 0.6 * in_spike)
    assert np.all(found.lost.sum(axis=0) > found.lost_today.sum(axis=0))
    hours = found.recovery_h()
    assert np.all((hours >= 2) & (hours < 24))


def test_money_that_nobody_told_is_not_asked_for() -> None:
    situation = queue()
    found, _ = _played(situation, pace_of(situation, curves=4), weeks=1)
    with pytest.raises(PlanError, match="money"):
        found.change("money")


@pytest.mark.parametrize("weeks", [0, 53])
def test_weeks_that_cannot_be_played_are_refused(weeks: int) -> None:
    with pytest.raises(PlanError, match="1 to 52"):
        _played(queue(), pace_of(queue(), curves=4), weeks=weeks)
