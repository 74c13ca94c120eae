"""The trap curve: break-even in closed form, and the optimum of operations whose curve is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.capacity.balance import Curves
from andon.capacity.full_cost import Rates
from andon.capacity.levers import Levers
from andon.capacity.pace import Pace, Slope, measured_pace
from andon.capacity.situation import Situation
from andon.capacity.trap import TrapCurve, break_even, trap_curve, work_per_matter_s
from andon.errors import PlanError
from andon.estimate import Estimate, Unknown
from one_queue import pace_of, queue, told

Floats = npt.NDArray[np.float64]


def _exact(share: float, points_per_s: float, *, handle_s: float = 300.0, curves: int = 8) -> Pace:
    return measured_pace(
        slope=Slope(points_per_s=points_per_s, low=points_per_s, high=points_per_s),
        handle_s=handle_s,
        today=told(share),
        curves=curves,
        rng=np.random.default_rng(1),
    )


@given(share=st.floats(0.02, 0.8), handle_s=st.floats(30, 2000))
def test_at_the_break_even_slope_a_small_cut_changes_no_work(share: float, handle_s: float) -> None:
    slope = -100 * (1 - share) / handle_s
    pace = _exact(share, slope, handle_s=handle_s)
    found = break_even(pace).points_per_s.value
    assert found == pytest.approx(slope, rel=1e-9)
    step = 1e-4 * handle_s
    below, at, above = work_per_matter_s(pace, handle_s + step * np.array([-1.0, 0.0, 1.0]))
    # The numeric derivative of h / (1 - r(h)), beside that of no effect at all, 1 / (1 - r).
    assert np.abs((above - below) / (2 * step)) * (1 - share) == pytest.approx(
        np.zeros(8), abs=2e-3
    )
    assert at == pytest.approx(np.full(8, handle_s / (1 - share)))


@given(share=st.floats(0.05, 0.8), beyond=st.floats(0.05, 0.5))
def test_beyond_break_even_a_small_cut_makes_work_and_before_it_saves(
    share: float, beyond: float
) -> None:
    even = -100 * (1 - share) / 300
    for slope, sign in ((even * (1 + beyond), 1), (even * (1 - beyond), -1)):
        today, cut = work_per_matter_s(_exact(share, slope), np.array([300.0, 299.0]))
        assert np.all(sign * (cut - today) > 0)
        verdict = break_even(_exact(share, slope)).verdict
        assert verdict == ("backfires" if sign > 0 else "saves")


def test_a_cut_breaks_even_where_so_many_come_back() -> None:
    found = break_even(_exact(0.2, -0.1), handle_s=225)
    assert found.share_after is not None
    assert found.share_after.value == pytest.approx(0.4)
    # 300 s x 1.25 contacts are 225 s x 1.667 contacts.
    assert pytest.approx(300 / (1 - 0.2)) == 225 / (1 - 0.4)


def test_an_effect_that_cannot_be_told_from_break_even_is_said_to_be_so() -> None:
    situation = queue()
    assert break_even(pace_of(situation, -0.25, -0.45, -0.05)).verdict == "cannot tell"
    assert break_even(pace_of(situation, -0.05, -0.1, 0.0)).verdict == "saves"
    assert break_even(pace_of(situation, -0.5, -0.6, -0.4)).verdict == "backfires"


def _trap(situation: Situation, pace: Pace, **options: Any) -> TrapCurve:
    return trap_curve(situation, Curves.of(situation, pace, np.random.default_rng(2)), **options)


def test_without_an_effect_work_is_least_where_contacts_are_shortest() -> None:
    situation = queue()
    pace = pace_of(situation, 0.0, 0.0, 0.0)
    found = trap_curve(situation, Curves.of(situation, pace, np.random.default_rng(2)))
    assert found.least_work.at_low_end == 1.0
    assert isinstance(found.least_work.at_s, Unknown)
    assert "shorter" in found.least_work.at_s.why
    assert np.all(np.diff(found.work_h, axis=0) > 0)


def test_today_and_the_level_asked_for_are_on_the_curve() -> None:
    situation = queue(rates=Rates(per_hour=30.0))
    pace = pace_of(situation)
    curves = Curves.of(situation, pace, np.random.default_rng(2))
    found = trap_curve(situation, curves, levers=Levers.said(handle_time="-25%"))
    assert len(found.handle_s) == 25
    assert 300.0 in found.handle_s
    assert 225.0 in found.handle_s
    assert np.all(np.diff(found.handle_s) > 0)
    today = int(np.argmin(np.abs(found.handle_s - 300)))
    # Everybody answered: somewhat more than what is done today, when some give up for good.
    work = found.band("work_h")[today]
    assert isinstance(work, Estimate)
    assert situation.work_h * 0.95 < work.value < situation.work_h * 1.05
    for of in ("work_h", "customers_h", "staff_h", "money", "lost"):
        assert len(found.band(of)) == 25


def test_no_money_without_the_cost_of_an_hour() -> None:
    situation = queue()
    pace = pace_of(situation, curves=10)
    found = trap_curve(situation, Curves.of(situation, pace, np.random.default_rng(2)), levels=5)
    assert found.money is None
    assert found.least_money is None
    with pytest.raises(PlanError, match="money"):
        found.band("money")


@pytest.mark.parametrize("options", [{"levels": 2}, {"least": 1.2}, {"most": 0.9}, {"least": 0.01}])
def test_a_range_without_today_is_refused(options: dict[str, float]) -> None:
    situation = queue()
    with pytest.raises(PlanError, match="both sides"):
        _trap(situation, pace_of(situation, curves=4), **options)


# --- operations whose curve is known -------------------------------------------------------------


def _true_curve(kind: int, rng: np.random.Generator) -> Callable[[Floats], Floats]:
    """Who comes back by handle time: three kinds, none drawn as the curves of a pace are."""
    if kind == 0:
        floor, scale_s, room = rng.uniform(0.05, 0.25), rng.uniform(60, 140), rng.uniform(0.8, 2.2)
        return lambda h: floor + room * np.exp(-h / scale_s)
    today = rng.uniform(0.1, 0.5)
    if kind == 1:
        power = rng.uniform(0.5, 3)
        return lambda h: np.minimum(today * (h / 300) ** -power, 0.99)
    odds, per_s = (1 - today) / today, rng.uniform(0, 0.02)
    return lambda h: 1 / (1 + odds * np.exp(per_s * (h - 300)))


def test_the_optimum_of_known_operations_lies_in_its_interval() -> None:
    """150 operations with a curve of their own, each measured with noise, as a ledger would."""
    rng = np.random.default_rng(7)
    at = np.linspace(150, 600, 3001)
    right = inside = interior = 0
    rounds = 150
    for i in range(rounds):
        curve = _true_curve(i % 3, rng)
        truth = float(at[np.argmin(at / (1 - curve(at)))])
        below, share, above = curve(np.array([299.0, 300.0, 301.0]))
        slope = 100 * float(above - below) / 2
        noise = rng.uniform(0.1, 0.5) * abs(slope) + 0.01
        seen = slope + noise * rng.standard_normal()
        counted = float(share) + 0.005 * rng.standard_normal()
        situation = queue(returns=told(counted, counted - 0.01, counted + 0.01))
        pace = pace_of(situation, seen, seen - 1.96 * noise, seen + 1.96 * noise, seed=i)
        curves = Curves.of(situation, pace, np.random.default_rng(i))
        least = trap_curve(situation, curves, levels=3).least_work
        if isinstance(least.at_s, Unknown):  # said to be at an end: so it must be
            right += truth in {150.0, 600.0}
            continue
        holds = least.at_s.low - 1e-9 <= truth <= least.at_s.high + 1e-9
        right += holds
        if 160 < truth < 590:
            interior += 1
            inside += holds
    # 95 in 100 are stated; less two standard errors of so many rounds.
    assert right / rounds >= 0.915
    assert interior > 30
    assert inside / interior >= 0.88


def test_no_effect_is_hardly_ever_called_a_backfire() -> None:
    """200 operations without an effect, each measured with noise."""
    rng = np.random.default_rng(11)
    alarms = 0
    for i in range(200):
        noise = rng.uniform(0.02, 0.3)
        seen = noise * rng.standard_normal()
        pace = pace_of(queue(), seen, seen - 1.96 * noise, seen + 1.96 * noise, curves=400, seed=i)
        alarms += break_even(pace).verdict == "backfires"
    assert alarms <= 5  # stated: 2.5 in 100
