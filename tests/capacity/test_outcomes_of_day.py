from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.capacity.outcomes_of_day import OutcomesOfDay
from andon.capacity.promise import Promise
from andon.capacity.redials import Redials
from andon.errors import PlanError
from andon.estimate import Estimate
from made_courses import made_courses
from oracles.outcomes_of_day import course_of_day

ALL = Promise(service_level=0.8, abandoned=0.05, mean_wait_s=20.0, occupancy=0.85)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 1000),
    per_h=st.floats(3, 200),
    cv=st.sampled_from([0.5, 1.0, 1.4]),
    more=st.integers(-3, 6),
    share=st.sampled_from([0.0, 0.5]),
)
def test_each_course_of_each_day_is_that_of_the_plain_twin(
    seed: int, per_h: float, cv: float, more: int, share: float
) -> None:
    courses = made_courses(seed, count=3, days=2, per_h=per_h, handle_cv=cv, handle_sd=0.1)
    load = np.where(courses.open, courses.load_erlangs.mean(axis=0), 0)
    agents = np.where(courses.open, np.maximum(np.round(load) + more, 1), 0).astype(int)
    redials = Redials(share=share, after_s=900) if share else None
    days = OutcomesOfDay(courses, ALL, patience_s=150, redials=redials)
    sums = days.sums(agents)
    for row in range(3):
        twin = course_of_day(
            np.where(courses.open, courses.contacts[row], 0)[:24].tolist(),
            courses.handle_s[row, :24].tolist(),
            agents[:24].tolist(),
            interval_s=3600,
            handle_cv=cv,
            patience_s=150,
            answer_within_s=20,
            short_abandon_s=5,
            redial_share=share,
            redial_after_s=900,
        )
        for name, value in twin.items():
            found = getattr(sums, name)[row, 0]
            near = 150 if name == "waited_s" else 3600 if name == "busy_s" else 1
            assert found == pytest.approx(
                value, rel=2e-3, abs=2e-3 * near * twin["contacts"] + 1e-9
            )
    assert sums.staffed_s == pytest.approx(agents.reshape(2, 24).sum(axis=1) * 3600)


@given(seed=st.integers(0, 1000), per_h=st.floats(2, 150))
def test_more_agents_never_keep_the_promise_less_often(seed: int, per_h: float) -> None:
    courses = made_courses(seed, count=20, per_h=per_h)
    days = OutcomesOfDay(courses, ALL, patience_s=120)
    load = courses.load_erlangs.mean(axis=0)
    fewer = np.where(courses.open, np.maximum(np.ceil(load), 1), 0)
    few, many = days.sums(fewer), days.sums(fewer + np.where(courses.open, 3, 0))
    assert np.all(many.in_time >= few.in_time - 1e-3)
    assert np.all(many.gone <= few.gone + 1e-3)
    assert np.all(many.shortfall <= few.shortfall + 1e-3)
    assert many.kept.mean() >= few.kept.mean() - 1e-3


def test_a_day_without_contacts_keeps_its_promise() -> None:
    courses = made_courses(per_h=0.0, count=5)
    sums = OutcomesOfDay(courses, Promise(service_level=0.8), patience_s=100).sums(
        courses.open.astype(int)
    )
    assert np.all(sums.kept == 1)
    assert np.all(sums.shortfall == 0)


def test_the_worst_of_what_is_promised_decides() -> None:
    courses = made_courses(count=30)
    load = np.where(courses.open, courses.load_erlangs.mean(axis=0), 0)
    agents = np.where(courses.open, np.ceil(load) + 2, 0)
    parts = [
        Promise(service_level=0.8),
        Promise(abandoned=0.05),
        Promise(mean_wait_s=20.0),
        Promise(occupancy=0.85),
    ]
    each = [OutcomesOfDay(courses, part, patience_s=120).sums(agents) for part in parts]
    both = OutcomesOfDay(courses, ALL, patience_s=120).sums(agents)
    assert both.kept == pytest.approx(np.min([one.kept for one in each], axis=0))
    assert both.shortfall == pytest.approx(np.max([one.shortfall for one in each], axis=0))


def test_outcomes_carry_their_doubt() -> None:
    courses = made_courses(count=80, days=3)
    days = OutcomesOfDay(courses, Promise(service_level=0.8), patience_s=120)
    agents = np.where(courses.open, 6, 0)
    found = days.outcomes(agents)
    for each in dataclasses.fields(found):
        figure = getattr(found, each.name)
        if each.name != "agent_h":
            assert isinstance(figure, Estimate)
            assert figure.low < figure.value < figure.high
    assert found.agent_h == 6 * 5 * 3
    sums = days.sums(agents)
    assert isinstance(found.kept, Estimate)
    assert found.kept.value == pytest.approx(sums.kept.mean())
    assert isinstance(found.service_level_worst, Estimate)
    assert isinstance(found.service_level, Estimate)
    assert found.service_level_worst.value < found.service_level.low


def test_days_of_the_clock_change_have_their_own_hours() -> None:
    courses = made_courses(
        days=3, opens=0, closes=24, first=dt.date(2024, 10, 26), zone="Europe/Berlin", count=5
    )
    days = OutcomesOfDay(courses, Promise(service_level=0.8), patience_s=120)
    sums = days.sums(np.full(len(courses.open), 7))
    assert (sums.staffed_s / 7 / 3600).tolist() == [24, 25, 24]
    assert sums.contacts[:, 1] == pytest.approx(courses.contacts[:, 24:49].sum(axis=1))


def test_plans_that_cannot_be_tried_are_refused() -> None:
    courses = made_courses(count=5)
    days = OutcomesOfDay(courses, ALL, patience_s=120)
    with pytest.raises(PlanError, match="somebody must be there"):
        days.sums(np.zeros(24))
    with pytest.raises(PlanError, match="somebody must be there"):
        days.sums(np.full(24, 2.5))
    with pytest.raises(PlanError, match="one number of agents for each interval"):
        days.sums(np.ones(23))


def test_courses_that_cannot_be_are_refused() -> None:
    courses = made_courses(count=5)
    with pytest.raises(PlanError, match="closed on all these days"):
        OutcomesOfDay(
            dataclasses.replace(courses, open=np.zeros(24, dtype=bool)), ALL, patience_s=9
        )
    with pytest.raises(PlanError, match="handle_s that cannot be"):
        OutcomesOfDay(
            dataclasses.replace(courses, handle_s=0 * courses.handle_s), ALL, patience_s=9
        )
    with pytest.raises(PlanError, match="contacts that cannot be"):
        OutcomesOfDay(dataclasses.replace(courses, contacts=-courses.contacts), ALL, patience_s=9)
    with pytest.raises(PlanError, match="do not fit their horizon"):
        OutcomesOfDay(
            dataclasses.replace(courses, handle_s=courses.handle_s[1:]), ALL, patience_s=9
        )
    with pytest.raises(PlanError, match="patience"):
        OutcomesOfDay(courses, ALL, patience_s=0)
