from __future__ import annotations

import numpy as np
import pytest

from andon.capacity.on_the_mean import on_the_mean
from andon.capacity.outcomes_of_day import OutcomesOfDay
from andon.capacity.promise import Promise
from andon.capacity.requirement import requirement
from andon.estimate import Estimate
from andon.queueing.erlang import erlang_c
from made_courses import made_courses


def test_it_is_erlang_c_on_the_mean_and_one_agent_less_is_too_few() -> None:
    courses = made_courses(per_h=[20.0, 60.0, 90.0, 40.0, 10.0])
    days = OutcomesOfDay(courses, Promise(service_level=0.8), patience_s=120)
    plan = on_the_mean(days)
    opened = courses.open
    assert plan.model == "erlang_c"
    assert np.all(plan.agents[~opened] == 0)
    load, agents = plan.load_erlangs[opened], plan.agents[opened]
    assert load == pytest.approx(courses.load_erlangs.mean(axis=0)[opened])
    enough = erlang_c(load_erlangs=load, handle_s=240, agents=agents).service_level.of_offered
    assert np.all(np.asarray(enough) >= 0.8)
    fewer = agents - 1
    stable = fewer > load
    less = erlang_c(load_erlangs=load[stable], handle_s=240, agents=fewer[stable])
    assert np.all(np.asarray(less.service_level.of_offered) < 0.8)


def test_where_days_differ_it_keeps_its_promise_on_too_few_of_them() -> None:
    courses = made_courses(per_h=250.0, count=200, day_sd=0.3)
    promise = Promise(service_level=0.8)
    needed = requirement(courses, promise, patience_s=300)
    plan = on_the_mean(needed.days)
    assert isinstance(plan.outcomes.kept, Estimate)
    assert plan.outcomes.kept.high < 0.8
    assert plan.agents.sum() < needed.agents.sum()


def test_where_days_are_alike_and_people_hang_up_it_asks_for_too_many() -> None:
    courses = made_courses(per_h=250.0, count=200, day_sd=0.02, hour_sd=0.02)
    needed = requirement(courses, Promise(service_level=0.8), patience_s=60)
    plan = on_the_mean(needed.days)
    assert isinstance(plan.outcomes.kept, Estimate)
    assert plan.outcomes.kept.low > 0.95
    assert plan.agents.sum() > needed.agents.sum()


def test_of_abandonment_erlang_c_knows_nothing_and_that_is_said() -> None:
    courses = made_courses()
    both = OutcomesOfDay(courses, Promise(service_level=0.8, abandoned=0.01), patience_s=120)
    level = OutcomesOfDay(courses, Promise(service_level=0.8), patience_s=120)
    assert on_the_mean(both).left_out == ("abandoned",)
    assert on_the_mean(level).left_out == ()
    assert np.array_equal(on_the_mean(both).agents, on_the_mean(level).agents)
    alone = on_the_mean(OutcomesOfDay(courses, Promise(abandoned=0.05), patience_s=120))
    assert alone.model == "erlang_a"
    assert alone.left_out == ()
    assert np.all(alone.agents[courses.open] >= 1)
