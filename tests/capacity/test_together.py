"""Teams sized together: against formulas where there are any, and against adding up queues."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from andon.capacity.channels import PlannedQueue
from andon.capacity.horizon import Horizon
from andon.capacity.kept import judge_queue, judge_team
from andon.capacity.promise import Promise
from andon.capacity.rehearsal import Rehearsal
from andon.capacity.teams import Team, groups
from andon.capacity.together import TogetherPlan, plan_together
from andon.errors import PlanError
from andon.queueing.concurrency import Slowdown
from andon.queueing.laws import Exponential
from andon.queueing.simulator.model import Callback, Route
from andon.queueing.simulator.results import Simulation
from andon.queueing.staffing import agents_needed
from planned import HORIZON, drawn

DAY = Horizon.of(dt.date(2024, 6, 3), days=1, zone="Europe/Berlin")
PROMISE = Promise(service_level=0.8)
PATIENCE = Exponential(mean_s=180.0)


def level(name: str, per_h: float) -> PlannedQueue:
    """A queue with the same rate day and night, on days that are all alike."""
    courses = drawn(
        name, horizon=DAY, a_day=24 * per_h, day_cv=0.0, peak=0.0, from_h=0, to_h=24, courses=120
    )
    promise = Promise(service_level=0.8, short_abandon_s=0.0)
    return PlannedQueue(courses=courses, patience=PATIENCE, promise=promise)


def calls(name: str, **given: object) -> PlannedQueue:
    return PlannedQueue(
        courses=drawn(name, **given),  # type: ignore[arg-type]
        patience=PATIENCE,
        promise=PROMISE,
    )


def mails(a_day: float, *, deadline_s: float = 86_400.0, **given: object) -> PlannedQueue:
    return PlannedQueue(
        courses=drawn("mail", a_day=a_day, handle_s=300.0, all_hours=True, **given),  # type: ignore[arg-type]
        channel="email",
        deadline_s=deadline_s,
    )


def run(plan: TogetherPlan) -> Simulation:
    """The plan's only group, with luck that it was not made from."""
    group = groups(plan.queues, plan.teams)[0]
    return Rehearsal.of(group, range(plan.queues[0].courses.count)).run(plan.agents, seed=99)


@pytest.mark.parametrize("per_h", [60.0, 400.0])
def test_two_like_queues_of_one_team_need_what_erlang_a_says_of_them_joined(per_h: float) -> None:
    """On half the days the service level is above its mean: so many days are asked for."""
    plan = plan_together(
        [level("a", per_h), level("b", per_h)], [Team.of("all", "a", "b")], days=0.5
    )
    joined = agents_needed(
        load_erlangs=2 * per_h * 240 / 3600, handle_s=240, patience_s=180, service_level=0.8
    )
    assert abs(float(plan.agents["all"].mean()) - int(joined.agents)) <= 1


@pytest.mark.slow
def test_people_who_can_do_both_are_fewer_and_some_of_them_are_nearly_as_good() -> None:
    queues = [calls("a"), calls("b")]
    apart = plan_together(queues, [Team.of("A", "a"), Team.of("B", "b")])
    pooled = plan_together(queues, [Team.of("all", "a", "b")])
    teams = [Team.of("A", "a"), Team.of("B", "b"), Team.of("AB", "a", "b", cost=1.2)]
    some = plan_together(queues, teams)
    assert pooled.agent_h < 0.96 * apart.agent_h
    assert some.cost <= apart.cost
    assert some.agents["AB"].sum() > 0
    assert some.agents["A"].sum() > 0


def test_somebody_with_two_skills_is_counted_once() -> None:
    """Adding up what each queue would need alone counts such people twice."""
    queues = [calls(name, a_day=250.0, courses=30) for name in "abc"]
    together = plan_together(queues, [Team.of("all", "a", "b", "c")])
    added_up = sum(plan_together([each], [Team.of("own", each.name)]).agent_h for each in queues)
    assert together.agent_h < 0.85 * added_up
    for queue in queues:
        judged = judge_queue(queue, run(together))
        assert judged.kept.mean() > 0.85


@pytest.mark.parametrize("shared", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_safer_plan_never_has_fewer_people_in_any_interval(shared: bool) -> None:
    queues = [calls("a", day_cv=0.15, courses=30), calls("b", a_day=200.0, courses=30)]
    teams = [Team.of("A", "a"), Team.of("B", "b", helps=["a"])]
    if shared:
        queues.append(mails(150.0, courses=30))
        teams.append(Team.of("C", "a", "mail"))
    before: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.int64]]] = {}
    hours = []
    for days in (0.5, 0.8, 0.9, 0.95):
        plan = plan_together(queues, teams, days=days)
        hours.append(plan.agent_h)
        for name, agents in plan.agents.items():
            assert np.all(agents >= before.get(name, 0))
        before = dict(plan.agents)
    assert hours[0] < hours[-1]


def test_the_promise_holds_on_the_share_of_days_that_was_asked_for() -> None:
    """On days and with luck that the plan was not made from."""
    queue = calls("a", a_day=900.0, courses=400)
    plan = plan_together([queue], [Team.of("A", "a")], days=0.9)
    assert plan.courses == 120
    group = groups([queue], [Team.of("A", "a")])[0]
    found = Rehearsal.of(group, range(120, 400)).run(plan.agents, seed=5)
    assert judge_queue(queue, found).kept.mean() == pytest.approx(0.9, abs=0.03)


@pytest.mark.slow
def test_mails_fill_the_valleys_of_people_who_are_there_for_calls() -> None:
    """Seventy hours of mail a week are done in time by the people whom calls need on busy days.

    It is not for nothing: who writes is not there for the next caller. But the calls are still
    answered as promised in the mean, and a plan for both needs far fewer hours than both apart.
    """
    phone, queue = calls("a", a_day=1500.0), mails(150.0)
    without = plan_together([phone], [Team.of("A", "a")])
    team = Team.of("A", "a", "mail")
    found = Rehearsal.of(groups([phone, queue], [team])[0], range(60)).run(without.agents, seed=9)
    called, wrote = judge_queue(phone, found), judge_queue(queue, found)
    assert wrote.kept.mean() > 0.95
    assert called.not_in_time.sum() < 0.2 * called.offered.sum()
    work_h = float(queue.comes.sum(axis=1).mean()) * 300 / 3600
    assert work_h > 70
    planned = plan_together([phone, queue], [team])
    assert planned.agent_h < without.agent_h + 0.8 * work_h


def test_people_are_kept_free_for_callers_and_not_for_those_who_write() -> None:
    chat = chats(3)
    queues = [calls("a", a_day=1500.0), mails(150.0), chat]
    team = Team.of("all", "a", "mail", "chat")
    kept = {route.queue: route.keep_free for route in team.routes(queues)}
    assert kept == {"a": 0, "mail": 3, "chat": 0}
    asked = dataclasses.replace(team, serves=(Route(queue="mail", keep_free=5),))
    assert asked.routes(queues)[0].keep_free == 5
    assert Team.of("W", "chat", "mail").routes(queues)[1].keep_free == 0


@pytest.mark.slow
def test_mails_that_the_valleys_do_not_hold_get_people_and_are_in_time() -> None:
    queue = mails(900.0)
    plan = plan_together([calls("a"), queue], [Team.of("A", "a", "mail")])
    without = plan_together([calls("a")], [Team.of("A", "a")])
    work_h = float(queue.comes.sum(axis=1).mean()) * 300 / 3600
    assert without.agent_h < plan.agent_h < without.agent_h + 1.05 * work_h
    assert plan.agent_h > work_h + 600 * 240 / 3600 * 5.8
    assert judge_queue(queue, run(plan)).kept.mean() > 0.88


def test_mails_alone_have_their_hours_in_whole() -> None:
    queue = mails(200.0, deadline_s=3 * 86_400.0)
    plan = plan_together([queue], [Team.of("M", "mail")])
    work_h = float(queue.comes.sum(axis=1).mean()) * 300 / 3600
    assert work_h <= plan.agent_h < 1.2 * work_h
    assert judge_queue(queue, run(plan)).kept.mean() > 0.9


def chats(at_once: int | None, occupancy: float | None = None) -> PlannedQueue:
    return PlannedQueue(
        courses=drawn("chat", handle_s=600.0),
        channel="chat",
        patience=PATIENCE,
        promise=Promise(service_level=0.8, answer_within_s=30.0, occupancy=occupancy),
        slowdown=Slowdown.per_chat(extra=0.4, most=6),
        settled=(0.8, 0.79, 0.77, 0.6, 0.5, 0.4),
        at_once=at_once,
    )


def test_nobody_ever_has_more_chats_than_the_cap() -> None:
    queue = chats(None)
    assert queue.chats == 3
    plan = plan_together([queue], [Team.of("C", "chat")])
    pool = run(plan).model.pools[0]
    assert (pool.chats, len(pool.speed)) == (3, 3)
    seen = run(plan).staff_by_run("C")
    busy = seen.busy_s > 0
    assert float((seen.in_hand_s[busy] / seen.busy_s[busy]).max()) <= 3.0
    alone = plan_together([chats(1)], [Team.of("C", "chat")])
    assert plan.agent_h < 0.75 * alone.agent_h


@pytest.mark.slow
def test_a_ceiling_on_occupancy_brings_people_until_it_holds() -> None:
    lax, strict = (plan_together([chats(3, each)], [Team.of("C", "chat")]) for each in (None, 0.8))
    assert strict.agent_h > lax.agent_h
    group = groups(strict.queues, strict.teams)[0]
    days = judge_team(group.teams[0], group, run(strict))
    assert days.ceiling == 0.8
    assert days.kept.mean() > 0.85


def test_callbacks_begin_within_the_window_that_was_promised() -> None:
    """A hasty promise: who accepts is called within ten minutes, although few wait so long."""
    callback = Callback(offer_over_s=30.0, accepts=0.6, window_s=600.0)
    lax = Promise(service_level=0.2, answer_within_s=10.0)
    base = dataclasses.replace(calls("a"), promise=lax)
    queue = dataclasses.replace(base, callback=callback)
    plan = plan_together([queue], [Team.of("A", "a")])
    judged = judge_queue(queue, run(plan))
    assert judged.callbacks.sum() > 1000
    on_time = judged.callbacks_late <= 0.05 * judged.callbacks
    assert on_time.mean() > 0.85


def test_one_queue_of_one_team_is_left_to_who_needs_no_simulation() -> None:
    asked = []

    def alone(queue: PlannedQueue, team: Team) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        asked.append((queue.name, team.name))
        return np.full(len(HORIZON.slot), 7)

    queues = [calls("a"), calls("b"), calls("c", a_day=200.0)]
    teams = [Team.of("A", "a"), Team.of("BC", "b", "c")]
    plan = plan_together(queues, teams, alone=alone)
    assert asked == [("a", "A")]
    assert set(plan.agents["A"].tolist()) == {7}
    assert len(plan.paths) == 1
    assert plan.agents["BC"].max() > 4


def test_a_team_has_no_more_people_than_there_are() -> None:
    queues = [calls("a"), calls("b")]
    few = dataclasses.replace(Team.of("A", "a"), most=3)
    plan = plan_together(queues, [few, Team.of("AB", "a", "b")])
    assert plan.agents["A"].max() <= 3
    with pytest.raises(PlanError, match="No number of people") as caught:
        plan_together(queues, [few, Team.of("B", "b")])
    assert "'a'" in caught.value.wrong
    assert "more people" in caught.value.todo


def test_a_promise_that_no_number_of_people_keeps_is_refused() -> None:
    """One in five hangs up before anybody can answer."""
    hasty = PlannedQueue(
        courses=drawn("a", a_day=300.0, courses=24),
        patience=Exponential(mean_s=60.0),
        promise=Promise(service_level=0.8),
        callback=None,
    )
    courses = dataclasses.replace(hasty.courses, open=HORIZON.slot < 30)
    away = dataclasses.replace(Team.of("A", "a"), open=HORIZON.slot < 30)
    assert plan_together([dataclasses.replace(hasty, courses=courses)], [away]).agent_h > 0
    with pytest.raises(PlanError, match="must lie between 0 and 1"):
        plan_together([hasty], [Team.of("A", "a")], days=1.0)
