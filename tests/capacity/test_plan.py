"""A plan from end to end, small: its laws, its parts, and what it refuses."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace

import numpy as np
import pytest

from andon.capacity.calendar import Calendar, Event
from andon.capacity.plan import Plan, make_plan
from andon.capacity.plan_rows import duties_of
from andon.capacity.planning import Planning, QueueRules
from andon.capacity.promise import Promise
from andon.errors import PlanError
from andon.estimate import Estimate
from small_plans import FIRST, PROMISE, past, plain_plan, shift_plan, small_plan, team, week


def agents(plan: Plan) -> np.ndarray:
    return np.array([each.agents for each in plan.teams])


def test_the_same_seed_gives_the_same_plan() -> None:
    plain_plan.cache_clear()
    one = plain_plan()
    plain_plan.cache_clear()
    again = plain_plan()
    assert one is not again
    assert np.array_equal(agents(one), agents(again))
    assert one.check.ordinary == again.check.ordinary
    other = plain_plan(seed=2)
    assert not np.array_equal(one.lines[0].search.contacts, other.lines[0].search.contacts)


@pytest.mark.slow
def test_two_queues_and_the_same_seed_give_the_same_plan() -> None:
    one = small_plan()
    small_plan.cache_clear()
    assert np.array_equal(agents(one), agents(small_plan()))


def test_a_safer_plan_never_has_fewer_agents_in_any_interval() -> None:
    plans = [agents(plain_plan(days=days)) for days in (0.5, 0.8, 0.9, 0.97)]
    for safe, safer in itertools.pairwise(plans):
        assert (safer >= safe).all()
    assert plans[-1].sum() > plans[0].sum()


@pytest.mark.slow
def test_a_safer_plan_never_has_fewer_where_teams_share_a_queue() -> None:
    plans = [agents(small_plan(days=days)) for days in (0.8, 0.95)]
    assert (plans[1] >= plans[0]).all()
    assert plans[1].sum() > plans[0].sum()


def test_a_plan_is_not_checked_on_the_courses_it_was_made_from() -> None:
    plan = plain_plan()
    (line,) = plan.lines
    assert len(line.search.contacts) == plan.courses == 60
    assert len(line.judge.contacts) == plan.check.courses == 30
    made_from = {row.tobytes() for row in line.search.contacts}
    assert not made_from & {row.tobytes() for row in line.judge.contacts}
    assert plan.check.seed != plan.seed


def test_nobody_is_planned_where_the_queue_is_closed() -> None:
    plan = plain_plan()
    shut = (plan.horizon.slot < 8) | (plan.horizon.slot >= 16) | (plan.horizon.weekday >= 5)
    assert not agents(plan)[:, shut].any()
    assert agents(plan)[:, ~shut].all()


def test_a_plan_holds_and_the_mean_does_not() -> None:
    (own,) = plain_plan().teams
    assert own.on_the_mean is not None
    assert own.protective is not None
    kept = plain_plan().check.ordinary.of_queue("calls").days_kept
    mean = own.on_the_mean.outcomes.kept
    assert isinstance(kept, Estimate)
    assert isinstance(mean, Estimate)
    assert kept.high >= 0.9 > mean.value
    assert own.agents.sum() > own.on_the_mean.agents.sum()
    assert own.protective.cost == pytest.approx(30 * own.protective.agent_h)


def test_a_plan_is_judged_by_what_came() -> None:
    judged = plain_plan(judged=True).judged
    assert judged is not None
    assert judged.trial.of_queue("calls").days_kept is not None
    assert set(judged.scores) == {"calls"}
    assert judged.a_day("calls").sum() == judged.came["calls"].counts.sum()
    assert np.array_equal(agents(plain_plan()), agents(plain_plan(judged=True)))


@pytest.mark.slow
def test_lines_that_share_people_are_drawn_together_and_others_are_not() -> None:
    (hang,) = small_plan().busy_days
    assert hang.lines == ("calls", "orders")
    assert plain_plan().busy_days == ()


def test_people_are_rostered_beside_the_agents_who_are_needed_at_work() -> None:
    (own,) = shift_plan().teams
    assert own.people is not None
    assert np.array_equal(own.agents, plain_plan().teams[0].agents)
    open_ = own.agents > 0
    assert (own.people[open_] > own.agents[open_] / 0.7).all()
    assert not own.people[~open_].any()
    assert own.cover is not None
    assert (own.scheduled >= own.people).all()
    assert own.cover.under_h == 0


def test_in_the_check_some_people_are_away_and_not_the_same_on_every_course() -> None:
    plan = shift_plan()
    (own,) = plan.teams
    there = own.at_work(plan.shrinkage, plan.horizon, courses=400, rng=np.random.default_rng(1))
    open_ = own.agents > 0
    assert there.shape == (400, len(plan.horizon.slot))
    assert (there <= own.scheduled).all()
    share = there[:, open_].sum() / (400 * own.scheduled[open_].sum())
    assert share == pytest.approx(0.7, abs=0.01)
    enough = (there >= own.agents)[:, open_].mean()
    assert enough > 0.85
    assert own.at_work(None, plan.horizon, courses=4, rng=np.random.default_rng(1)).ndim == 1
    kept = plan.check.ordinary.of_queue("calls").days_kept
    assert isinstance(kept, Estimate)
    assert kept.high >= 0.9


def test_everybody_in_the_shifts_is_a_person_with_a_line() -> None:
    plan = shift_plan()
    (own,) = plan.teams
    assert own.roster is not None
    duties = duties_of(plan, own)
    assert sum(each.paid_h for each in duties) == pytest.approx(own.roster.cover.paid_h)
    by_day = {day: sum(each.day == day for each in duties) for day in plan.horizon.dates}
    noon = [i for i, slot in enumerate(plan.horizon.slot) if slot == 12]
    assert [by_day[day] for day in plan.horizon.dates] == own.scheduled[noon].tolist()
    assert {(each.from_s, each.to_s) for each in duties} == {(8 * 3600, 16 * 3600)}
    assert len({(each.person, each.day) for each in duties}) == len(duties)
    assert duties_of(plain_plan(), plain_plan().teams[0]) == ()


def test_shift_rules_that_cannot_be_met_are_named() -> None:
    with pytest.raises(PlanError) as refused:
        shift_plan(most_people=1)
    said = str(refused.value).splitlines()
    assert len(said) >= 3
    assert "full" in str(refused.value)
    assert "people" in str(refused.value)


def test_less_than_three_weeks_of_history_is_refused() -> None:
    with pytest.raises(PlanError) as refused:
        make_plan(
            [past("calls", weeks=2)], Planning(promise=PROMISE), week(FIRST + dt.timedelta(weeks=2))
        )
    assert len(str(refused.value).splitlines()) == 3
    assert "14" in str(refused.value)


def test_a_promise_that_no_number_of_people_keeps_is_refused() -> None:
    never = Promise(service_level=None, mean_wait_s=60.0, occupancy=0.01, days=0.9)
    with pytest.raises(PlanError) as refused:
        make_plan([past("calls")], Planning(promise=never), week(), courses=50)
    assert len(str(refused.value).splitlines()) == 3


def test_a_closed_day_needs_nobody() -> None:
    closed = week().dates[2]
    planning = Planning(
        promise=PROMISE,
        calendar=Calendar(events={closed: (Event(name="Outing", kind="closed"),)}),
    )
    plan = make_plan([past("calls")], planning, week(), courses=50)
    by_day = np.bincount(plan.horizon.day_index, agents(plan)[0])
    assert by_day[2] == 0
    assert (by_day[[0, 1, 3, 4]] > 0).all()


def test_days_with_gaps_are_left_out_and_told() -> None:
    some = past("calls")
    seen = some.history.seen.copy()
    seen[[3, 8, 9, 30]] = False
    counts = np.where(seen[:, None], some.history.counts, 0.0)
    holed = replace(
        some,
        history=replace(
            some.history,
            counts=counts,
            seen=seen,
            exposure=np.where(seen[:, None], some.history.exposure, 0.0),
            handled=counts,
            handle_total_s=240 * counts,
        ),
    )
    plan = make_plan([holed], Planning(promise=PROMISE), week(), courses=60)
    assert any("4 days of the past are missing" in each for each in plan.notes)
    assert plan.agent_h == pytest.approx(plain_plan().agent_h, rel=0.1)


def test_a_queue_with_four_calls_a_day_is_planned() -> None:
    plan = make_plan([past("rare", a_day=4.0)], Planning(promise=PROMISE), week(), courses=60)
    kept = plan.check.ordinary.of_queue("rare").days_kept
    assert 0 < plan.teams[0].agents.max() <= 3
    assert isinstance(kept, Estimate)
    assert kept.high >= 0.85


def test_a_queue_that_ended_before_the_plan_needs_nobody_and_is_told() -> None:
    some = past("gone")
    counts = some.history.counts.copy()
    counts[35:] = 0.0
    gone = replace(
        some,
        history=replace(some.history, counts=counts, handled=counts, handle_total_s=240 * counts),
    )
    plan = make_plan(
        [past("calls"), gone],
        Planning(promise=PROMISE),
        week(),
        courses=60,
    )
    assert np.array_equal(plan.teams[0].agents, plain_plan().teams[0].agents)
    assert [each.team.name for each in plan.teams] == ["calls"]
    assert any("gone" in each and "2024-02-02" in each for each in plan.notes)


def test_a_queue_whose_only_words_are_the_planners_is_planned_by_them() -> None:
    chats = make_plan(
        [past("chat")],
        Planning(
            promise=Promise(service_level=0.8, answer_within_s=60),
            queues={"chat": QueueRules(channel="chat")},
            teams=(team("chat", "chat", chats=3, speed=(1.0, 0.8, 0.6)),),
        ),
        week(days=1),
        courses=50,
    )
    alone = make_plan(
        [past("chat")],
        Planning(
            promise=Promise(service_level=0.8, answer_within_s=60),
            queues={"chat": QueueRules(channel="chat")},
            teams=(team("chat", "chat"),),
        ),
        week(days=1),
        courses=50,
    )
    assert chats.agent_h < 0.8 * alone.agent_h
