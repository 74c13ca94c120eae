"""The check of a plan: ordinary days, bad days, a spike, and where it fails."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from andon.capacity.channels import PlannedQueue
from andon.capacity.check import PlanCheck, Spike, check_plan
from andon.capacity.promise import Promise
from andon.capacity.rehearsal import Agents
from andon.capacity.teams import Team
from andon.capacity.together import plan_together
from andon.errors import PlanError
from andon.estimate import Estimate, Unknown
from andon.queueing.laws import Exponential
from andon.verdict import Ruling
from planned import HORIZON, drawn

PATIENCE = Exponential(mean_s=180.0)
TEAMS = [Team.of("A", "a"), Team.of("B", "b", "mail")]


def queues(courses: int = 60) -> list[PlannedQueue]:
    promise = Promise(service_level=0.8)
    return [
        PlannedQueue(courses=drawn("a", courses=courses), patience=PATIENCE, promise=promise),
        PlannedQueue(
            courses=drawn("b", a_day=400.0, courses=courses),
            patience=PATIENCE,
            promise=Promise(service_level=0.8, occupancy=0.9),
        ),
        PlannedQueue(
            courses=drawn("mail", a_day=50.0, handle_s=300.0, all_hours=True, courses=courses),
            channel="email",
            deadline_s=86_400.0,
        ),
    ]


@pytest.fixture(scope="module")
def agents() -> Agents:
    return plan_together(queues(), TEAMS).agents


@pytest.fixture(scope="module")
def good(agents: Agents) -> PlanCheck:
    return check_plan(queues(), TEAMS, agents)


def value(figure: Estimate | Unknown) -> float:
    assert isinstance(figure, Estimate), figure
    return figure.value


def test_a_good_plan_keeps_its_promises_and_says_so(good: PlanCheck) -> None:
    for name in ("a", "b", "mail"):
        assert value(good.ordinary.of_queue(name).days_kept) > 0.85
    assert good.ordinary.days == 60 * 7
    assert good.verdict.ruling is not Ruling.STOP
    assert value(good.ordinary.of_team("B").occupancy) < 0.9
    assert value(good.ordinary.of_team("B").days_kept) > 0.85
    assert isinstance(good.ordinary.of_team("A").days_kept, Unknown)


def test_every_figure_has_its_interval(good: PlanCheck) -> None:
    for trial in (good.ordinary, good.bad, good.spike):
        for met in trial.queues:
            for field in dataclasses.fields(met)[1:]:
                figure = getattr(met, field.name)
                if isinstance(figure, Estimate):
                    assert figure.low <= figure.value <= figure.high
                    assert figure.n > 0
                    assert "courses" in figure.method
                else:
                    assert figure.why
                    assert figure.needs


def test_bad_days_are_worse_than_ordinary_ones_and_a_spike_is_worse_still(good: PlanCheck) -> None:
    assert good.bad.days == 6 * 7
    for name in ("a", "b"):
        levels = [
            value(trial.of_queue(name).service_level)
            for trial in (good.ordinary, good.bad, good.spike)
        ]
        assert levels[0] > levels[1] > levels[2]
        queue = [value(trial.of_queue(name).most_waiting) for trial in (good.ordinary, good.spike)]
        assert queue[1] > queue[0]


def test_after_a_spike_it_takes_a_while_until_the_queue_is_as_usual(good: PlanCheck) -> None:
    for name in ("a", "b"):
        met = good.spike.of_queue(name)
        assert 0 <= value(met.recovery_s) < 3600
        assert value(met.recovered) > 0.9
    assert isinstance(good.spike.of_queue("mail").recovery_s, Unknown)
    assert isinstance(good.ordinary.of_queue("a").recovery_s, Unknown)


def test_a_longer_and_higher_spike_takes_longer(agents: Agents, good: PlanCheck) -> None:
    worse = check_plan(
        queues(), TEAMS, agents, spike=Spike(factor=2.5, lasts_s=10_800.0, queues=("a",))
    )
    assert value(worse.spike.of_queue("a").recovery_s) > value(good.spike.of_queue("a").recovery_s)
    assert value(worse.spike.of_queue("b").service_level) > value(
        good.spike.of_queue("b").service_level
    )


def test_a_plan_that_fails_says_where(agents: Agents) -> None:
    """Two are taken away on Tuesdays from 11 to 13: there it fails, and nowhere else more."""
    tuesday = (HORIZON.weekday == 1) & (HORIZON.slot >= 22) & (HORIZON.slot < 26)
    fewer = dict(agents)
    fewer["A"] = np.where(tuesday, agents["A"] - 3, agents["A"])
    found = check_plan(queues(), TEAMS, fewer)
    first = found.shortfalls[0]
    assert (first.queue, first.weekday) == ("a", 1)
    assert 21 <= first.from_slot <= first.to_slot <= 26
    assert first.served < 0.6
    assert first.promised == 0.8
    assert first.missed_a_day > 20
    assert first.says.startswith("a: Tuesdays from 11:00 to 13:")
    assert value(found.ordinary.of_queue("a").days_kept) < 0.9
    assert found.verdict.ruling is not Ruling.GO


def test_a_plan_for_the_mean_day_is_stopped(agents: Agents) -> None:
    lean = {name: np.maximum(row - 2, 1 * (row > 0)) for name, row in agents.items()}
    found = check_plan(queues(), TEAMS, lean)
    assert found.verdict.ruling is Ruling.STOP
    stopped = [each.says for each in found.verdict.reasons if each.ruling is Ruling.STOP]
    assert any(says.startswith("a: the promise holds on ") for says in stopped)
    assert {each.queue for each in found.shortfalls} >= {"a"}


def test_bad_days_can_be_days_that_were_seen(agents: Agents, good: PlanCheck) -> None:
    worst = [
        dataclasses.replace(
            each,
            courses=dataclasses.replace(
                each.courses,
                contacts=each.courses.contacts[:9] * 1.5,
                handle_s=each.courses.handle_s[:9],
            ),
        )
        for each in queues()
    ]
    found = check_plan(queues(), TEAMS, agents, bad=worst)
    assert found.bad.days == 9 * 7
    assert value(found.bad.of_queue("a").service_level) < value(
        good.bad.of_queue("a").service_level
    )
    assert found.ordinary == good.ordinary


def test_people_who_are_away_on_some_courses_are_missed(agents: Agents, good: PlanCheck) -> None:
    by_course = {name: np.tile(row, (60, 1)) for name, row in agents.items()}
    assert check_plan(queues(), TEAMS, by_course).ordinary == good.ordinary
    by_course["A"][::2] = np.maximum(by_course["A"][::2] - 2, 0)
    found = check_plan(queues(), TEAMS, by_course).ordinary.of_queue("a")
    assert value(found.days_kept) < value(good.ordinary.of_queue("a").days_kept) - 0.1


def test_what_cannot_be_checked_is_refused(agents: Agents) -> None:
    with pytest.raises(PlanError, match="One course"):
        check_plan(queues(courses=1), TEAMS, agents)
    with pytest.raises(PlanError, match="more customers for some time"):
        Spike(factor=1.0)
    with pytest.raises(PlanError, match="spike comes to a queue that is not planned"):
        check_plan(queues(), TEAMS, agents, spike=Spike(queues=("x",)))
    with pytest.raises(PlanError, match="not said how many of team 'B'"):
        check_plan(queues(), TEAMS, {"A": agents["A"]})
