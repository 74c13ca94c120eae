"""Curves from handle time to coming back: what they agree on today, and where they part."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.capacity import pace as pace_module
from andon.capacity.pace import FAMILIES, Slope, SlopeStep, assumed_pace, measured_pace
from andon.capacity.trap import break_even, work_per_matter_s
from andon.errors import PlanError
from one_queue import pace_of, queue, told


@given(
    share=st.floats(0.02, 0.7),
    elasticity=st.floats(-4, 4),
    handle_s=st.floats(30, 3000),
)
def test_all_curves_agree_today_in_value_and_in_slope(
    share: float, elasticity: float, handle_s: float
) -> None:
    slope = elasticity * share / handle_s
    pace = measured_pace(
        slope=Slope(points_per_s=100 * slope, low=100 * slope, high=100 * slope),
        handle_s=handle_s,
        today=told(share),
        curves=40,
        rng=np.random.default_rng(1),
    )
    step = 1e-4 * handle_s
    below, at, above = pace.at(np.array([handle_s - step, handle_s, handle_s + step]))
    assert at == pytest.approx(np.full(40, share), abs=1e-9)
    assert (above - below) / (2 * step) == pytest.approx(np.full(40, slope), rel=1e-3, abs=1e-9)


@given(
    share=st.floats(0.02, 0.7),
    elasticity=st.floats(-6, 6),
    times=st.lists(st.floats(0.1, 10), min_size=2, max_size=8),
)
def test_curves_stay_shares_and_never_turn(
    share: float, elasticity: float, times: list[float]
) -> None:
    slope = 100 * elasticity * share / 300
    pace = measured_pace(
        slope=Slope(points_per_s=slope, low=slope, high=slope),
        handle_s=300.0,
        today=told(share),
        curves=40,
        rng=np.random.default_rng(2),
    )
    found = pace.at(300 * np.sort(times))
    assert found.min() >= 0
    assert found.max() <= 0.99
    assert np.all(np.sign(elasticity) * np.diff(found, axis=0) >= -1e-12)


def test_the_slope_s_uneven_interval_is_carried_through() -> None:
    pace = pace_of(queue(), -0.10, -0.30, -0.02, curves=4000)
    found = 100 * np.quantile(pace.slope_per_s, [0.025, 0.5, 0.975])
    assert found == pytest.approx([-0.30, -0.10, -0.02], abs=0.003)


def test_slopes_of_the_unexpected_sign_are_kept() -> None:
    pace = pace_of(queue(), -0.02, -0.08, 0.04, curves=2000)
    assert 0.15 < np.mean(pace.slope_per_s > 0) < 0.35


def test_far_cuts_carry_more_doubt_than_near_ones() -> None:
    pace = pace_of(queue(), curves=2000)
    widths = [float(np.ptp(np.quantile(pace.at(each), [0.025, 0.975]))) for each in (285, 225, 165)]
    assert widths[0] < widths[1] < widths[2]
    # More than in proportion to the way: the shapes part, too.
    assert widths[2] > 2 * widths[1]


def test_as_many_curves_are_drawn_of_each_shape() -> None:
    pace = pace_of(queue(), curves=400)
    assert pace.shapes == FAMILIES[:4]
    assert np.bincount(pace.family).tolist() == [100] * 4
    pace = assumed_pace(handle_s=300, today=told(0.25), curves=300, rng=np.random.default_rng(1))
    assert pace.shapes == ("straight", "steady", "settled")
    assert np.unique(pace.family, return_counts=True)[1].tolist() == [100] * 3


def test_steps_that_bend_choose_curves_that_bend() -> None:
    slope = Slope(points_per_s=-0.12, low=-0.16, high=-0.08)
    today = told(0.25)
    steep = SlopeStep(from_s=240, to_s=300, slope=Slope(points_per_s=-0.2, low=-0.21, high=-0.19))
    flat = SlopeStep(from_s=300, to_s=360, slope=Slope(points_per_s=-0.04, low=-0.05, high=-0.03))
    plain, bent = (
        measured_pace(
            slope=slope, handle_s=300.0, today=today, steps=steps, rng=np.random.default_rng(1)
        )
        for steps in ([], [flat, steep])
    )
    assert bent.curves == plain.curves

    def bend(pace: pace_module.Pace) -> float:
        low, middle, high = pace.at(np.array([240.0, 300.0, 360.0]))
        return float(np.median(low - 2 * middle + high))

    assert bend(bent) > 2 * bend(plain) > 0


def test_how_far_paces_were_seen_is_kept() -> None:
    slope = Slope(points_per_s=-0.12, low=-0.16, high=-0.08)
    rng = np.random.default_rng(1)
    made = measured_pace(slope=slope, handle_s=300.0, today=told(0.25), reach_s=40.0, rng=rng)
    assert made.reach_s == 40.0
    assert made.first(10).reach_s == 40.0
    with pytest.raises(PlanError, match="some way around"):
        measured_pace(slope=slope, handle_s=300.0, today=told(0.25), reach_s=0.0, rng=rng)


def test_there_is_no_way_in_for_the_naive_slope() -> None:
    for make in (measured_pace, assumed_pace):
        assert not [name for name in inspect.signature(make).parameters if "naive" in name]


def test_an_assumption_says_so_and_rules_out_neither_side() -> None:
    found = assumed_pace(handle_s=300, today=told(0.25), rng=np.random.default_rng(1))
    assert found.basis == "assumed"
    assert "assumption" in found.says
    assert (
        "anything from none of the time that is cut to one and a half times of it may come back "
        "as later work" in found.says
    )
    assert str(found.slope.high) == "0.0"  # and not -0
    even = break_even(found)
    assert even.verdict == "cannot tell"
    assert 0.1 < even.backfires.value < 0.25


@given(
    share=st.floats(0.005, 0.7),
    handle_s=st.floats(30, 3000),
    comes_back=st.floats(-0.5, 2.5),
)
def test_assumed_curves_agree_today_in_value_and_in_slope(
    share: float, handle_s: float, comes_back: float
) -> None:
    pace = assumed_pace(
        handle_s=handle_s,
        today=told(share),
        comes_back=(comes_back, comes_back, comes_back),
        curves=30,
        rng=np.random.default_rng(1),
    )
    step = 1e-4 * handle_s
    below, at = pace.at(np.array([handle_s - step, handle_s]))
    assert at == pytest.approx(np.full(30, share), abs=1e-9)
    slope = -comes_back * (1 - share) / handle_s
    assert (at - below) / step == pytest.approx(np.full(30, slope), rel=2e-3, abs=1e-9)


def test_time_that_is_added_spares_no_more_than_comes_back() -> None:
    pace = assumed_pace(handle_s=300, today=told(0.07), rng=np.random.default_rng(1))
    assert pace.spares == pytest.approx((1.0, 0.0, 3.0))
    low, middle, high = np.quantile(pace.at(330), [0.025, 0.5, 0.975])
    assert middle == pytest.approx(0.07 / 1.1, rel=0.01)
    assert high == pytest.approx(0.07, rel=0.01)
    assert low == pytest.approx(0.07 / 1.1**3, rel=0.01)


@given(share=st.floats(0.01, 0.5), times=st.floats(0.4, 0.95), spare=st.floats(0.02, 1.0))
def test_what_comes_back_decides_at_every_handle_time(
    share: float, times: float, spare: float
) -> None:
    """As much as was cut: the work stays. Less: it falls. More: it rises. Wherever one looks."""
    for comes_back, sign in ((1.0, 0), (1.0 - spare, -1), (1.0 + spare, 1)):
        pace = assumed_pace(
            handle_s=300,
            today=told(share),
            comes_back=(comes_back, comes_back, comes_back),
            curves=30,
            rng=np.random.default_rng(1),
        )
        change = work_per_matter_s(pace, 300 * times) / work_per_matter_s(pace, 300) - 1
        assert np.all(np.sign(np.where(np.abs(change) < 1e-9, 0, change)) == sign)


def test_a_measured_slope_says_so() -> None:
    assert "measured" in pace_of(queue()).says


def test_an_interval_without_end_is_not_measured() -> None:
    with pytest.raises(PlanError, match="without end"):
        Slope(points_per_s=-0.1, low=float("-inf"), high=0.2)


@pytest.mark.parametrize("wrong", [0.0, -300.0, float("nan")])
def test_a_handle_time_is_above_nothing(wrong: float) -> None:
    with pytest.raises(PlanError, match="above 0"):
        pace_of(queue()).at(wrong)
    with pytest.raises(PlanError, match="above 0"):
        assumed_pace(handle_s=wrong, today=told(0.2), rng=np.random.default_rng(1))


def test_a_share_as_25_is_refused() -> None:
    with pytest.raises(PlanError, match=r"between 0 and 0\.95"):
        assumed_pace(handle_s=300, today=told(25.0), rng=np.random.default_rng(1))
