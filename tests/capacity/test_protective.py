from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.capacity.promise import Promise
from andon.capacity.protective import protective_capacity
from andon.capacity.requirement import Requirement, requirement
from andon.errors import PlanError
from andon.estimate import Estimate
from made_courses import made_courses


def plan(seed: int = 1, *, days: int = 1, per_h: float = 120.0) -> Requirement:
    courses = made_courses(seed, count=80, days=days, per_h=per_h, day_sd=0.25)
    return requirement(courses, Promise(service_level=0.8), patience_s=150)


def value(figure: object) -> float:
    assert isinstance(figure, Estimate)
    return figure.value


def test_the_buffer_is_what_the_plan_has_beyond_the_mean_day() -> None:
    needed = plan(days=2)
    found = protective_capacity(needed, cost_per_h=25)
    assert np.array_equal(found.agents, needed.agents - needed.floor)
    assert found.agent_h == found.agents.sum()
    assert found.cost == 25 * found.agent_h
    assert found.share == pytest.approx(found.agents.sum() / needed.agents.sum())
    assert np.array_equal(found.with_it.agents, needed.agents)
    assert np.array_equal(found.without_it.agents, needed.floor)
    assert found.with_it.outcomes == needed.outcomes


@settings(max_examples=15)
@given(seed=st.integers(0, 1000), per_h=st.floats(5, 200))
def test_along_the_curve_more_hours_keep_more_days(seed: int, per_h: float) -> None:
    found = protective_capacity(plan(seed, per_h=per_h))
    assert [each.share for each in found.curve] == [0, 0.25, 0.5, 0.75, 1]
    for less, more in zip(found.curve, found.curve[1:], strict=False):
        assert np.all(less.agents <= more.agents)
        assert less.agent_h <= more.agent_h
        assert value(less.outcomes.kept) <= value(more.outcomes.kept) + 1e-3
        assert value(less.bought.lost_a_day) <= value(more.bought.lost_a_day) + 1e-3


def test_what_it_buys_is_the_difference_of_what_both_plans_do() -> None:
    found = protective_capacity(plan())
    with_it, without_it = found.with_it.outcomes, found.without_it.outcomes
    bought = found.with_it.bought
    assert value(bought.days_kept_points) == pytest.approx(
        100 * (value(with_it.kept) - value(without_it.kept))
    )
    assert value(bought.lost_a_day) == pytest.approx(
        value(without_it.lost_a_day) - value(with_it.lost_a_day)
    )
    assert value(bought.waiting_h_a_day) == pytest.approx(
        value(without_it.waiting_h_a_day) - value(with_it.waiting_h_a_day)
    )
    # The same courses on both sides: the difference is surer than either.
    assert isinstance(bought.days_kept_points, Estimate)
    assert bought.days_kept_points.low > 0
    assert value(bought.service_level_worst_points) > 0
    nothing = found.without_it.bought
    assert value(nothing.lost_a_day) == 0
    assert value(nothing.days_kept_points) == 0


def test_a_cut_goes_back_on_the_path() -> None:
    found = protective_capacity(plan(), shares=[0.9])
    assert found.cut_by(1.0) is found.without_it
    assert found.cut_by(0.0) is found.with_it
    assert found.without_it.agent_h < found.cut_by(0.1).agent_h <= found.with_it.agent_h
    with pytest.raises(PlanError, match="no point for this cut"):
        found.cut_by(0.5)


def test_without_a_cost_none_is_made_up() -> None:
    found = protective_capacity(plan())
    assert found.cost is None
    assert all(each.cost is None for each in found.curve)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(PlanError, match="share of 0 to 1"):
        protective_capacity(plan(), shares=[25])
    with pytest.raises(PlanError, match="less than nothing"):
        protective_capacity(plan(), cost_per_h=-1)
