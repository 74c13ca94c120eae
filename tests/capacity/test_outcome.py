"""Outcomes: every figure has its place, and what the naive plan promises."""

from __future__ import annotations

import numpy as np
import pytest

from andon.capacity.balance import Balance, Curves, balance
from andon.capacity.full_cost import Rates
from andon.capacity.levers import Levers
from andon.capacity.outcome import FIGURES, Change, Promise, Rest, change_of, promised, rest_of
from andon.capacity.situation import Situation
from andon.estimate import Estimate, Unknown
from one_queue import pace_of, queue


def _rests(situation: Situation, **levers: str) -> tuple[Balance, Balance, Promise]:
    curves = Curves.of(situation, pace_of(situation, curves=60), np.random.default_rng(1))
    today, setting = Levers().set_on(situation), Levers.said(**levers).set_on(situation)
    now = balance(situation, curves, today, today)
    then = balance(situation, curves, setting, today)
    return now, then, promised(situation, now, setting)


def test_every_figure_has_its_place() -> None:
    assert set(FIGURES) == set(Rest.__slots__) == set(Change.__slots__)


def test_a_change_is_taken_curve_by_curve() -> None:
    now, then, _ = _rests(queue(), handle_time="-25%")
    change, rest = change_of(then, now, level=0.9), rest_of(then, level=0.9)
    assert isinstance(change.work_h, Estimate)
    assert change.work_h.level == 0.9
    by_hand = np.median(then.cost.work_h - now.cost.work_h)
    assert change.work_h.value == pytest.approx(by_hand)
    assert isinstance(change.gives_up, Estimate)
    assert change.gives_up.unit == "points"
    assert isinstance(rest.gives_up, Estimate)
    assert rest.gives_up.unit == "share"


def test_the_naive_plan_takes_the_same_customers() -> None:
    _, _, found = _rests(queue(), handle_time="-25%")
    assert found.work_h == pytest.approx(0.75 * found.work_today_h)
    assert found.duty_h == pytest.approx(found.duty_today_h)
    assert isinstance(found.money, Unknown)


def test_agents_that_go_are_what_is_saved() -> None:
    situation = queue(rates=Rates(per_hour=30.0))
    now, then, found = _rests(situation, agents="-10%")
    assert found.saves_h == 0
    assert isinstance(found.money, Estimate)
    assert found.money.value == pytest.approx(0.1 * 30 * found.work_today_h)
    change = change_of(then, now, level=0.95).money
    assert isinstance(change, Estimate)
    # A little less is saved: those who are lost complain.
    assert -found.money.value <= change.low <= change.value < -0.5 * found.money.value
