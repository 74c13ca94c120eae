"""What happens in a scenario: first come first served, by people, with habits."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from andon.errors import QueueingError
from andon.proving import _loop as k
from andon.proving.scenario import (
    Advisors,
    Bunching,
    ClosingEarly,
    Customers,
    Difficulty,
    FailureDemand,
    LateCases,
    Lever,
    MixShift,
    Parking,
    PassingOn,
    Reason,
    RiskyPromises,
    Scenario,
    Shedding,
    ShortContacts,
    SilentTarget,
    Target,
)
from andon.proving.world import Run, World, world_of
from andon.queueing.laws import Exponential, Gamma
from andon.queueing.simulator.model import Arrivals, Curve, Loop, Model, Pool, Queue, Route
from andon.queueing.simulator.runs import simulate
from andon.queueing.simulator.schedule import Schedule
from andon.units import DAY_S, US
from made_up import model, scenario
from oracles.made_up import served_by_who_was_free_first

Bools = npt.NDArray[np.bool_]

ALL: tuple[Lever, ...] = (
    ShortContacts(name="short", by=0.2, share=0.1),
    Bunching(name="bunch", at_s=240.0, by=0.3),
    Parking(name="park", by=0.2, share=0.2),
    PassingOn(name="pass", by=0.2, share=0.1),
    Shedding(name="shed", by=0.2),
    ClosingEarly(name="close", by=0.2, share=0.1),
    RiskyPromises(name="promise", by=0.2, share=0.1),
    SilentTarget(name="away", share=0.5),
    Target(name="target", handle=0.9, from_day=1),
    MixShift(name="mix", reason="problem"),
    FailureDemand(name="failure"),
)


def both(said: Scenario) -> tuple[World, Run]:
    world = world_of(said)
    return world, world.run()


def served(run: Run) -> Bools:
    return np.asarray(run[k.OUTCOME] == k.SERVED_)


def handle_s(run: Run) -> npt.NDArray[np.float64]:
    return np.asarray((run[k.TALK] + run[k.HOLD] + run[k.WRAPUP]) / US)


def bent(world: World, run: Run, name: str) -> Bools:
    number = [lever.name for lever in world.scenario.levers].index(name)
    return np.asarray(run[k.BENT] >> number & 1 == 1)


@pytest.fixture(scope="module")
def calm() -> tuple[World, Run]:
    return both(scenario(days=28))


@pytest.fixture(scope="module")
def troubled() -> tuple[World, Run]:
    return both(scenario(*ALL, days=14))


def test_who_is_free_first_serves(calm: tuple[World, Run]) -> None:
    world, run = both(scenario(days=3, customers=Customers(when_open=False)))
    assert served_by_who_was_free_first(world, run) > 1000


def test_who_is_free_first_serves_also_with_habits() -> None:
    levers = tuple(each for each in ALL if each.kind not in {"shedding", "silent_target"})
    world, run = both(scenario(*levers, days=3))
    assert served_by_who_was_free_first(world, run) > 1000


def test_nobody_serves_two_at_once_and_only_on_duty(troubled: tuple[World, Run]) -> None:
    world, run = troubled
    for who in range(world.duty.people):
        own = run.rows[run[k.ADVISOR] == who]
        begins = own[:, k.ANSWERED]
        ends = begins + own[:, k.TALK] + own[:, k.HOLD] + own[:, k.WRAPUP]
        order = np.argsort(begins)
        assert np.all(begins[order][1:] >= ends[order][:-1])
        first, last = world.duty.first[who], world.duty.first[who + 1]
        at = np.searchsorted(world.duty.begins[first:last], begins, side="right") - 1
        assert np.all(at >= 0)
        assert np.all(begins < world.duty.ends[first:last][at])


def test_nobody_is_made_or_lost(troubled: tuple[World, Run]) -> None:
    """Every return has a contact before it that says when; every such contact has its return."""
    world, run = troubled
    horizon = world.plan.horizon
    assert (run[k.KIND] == k.FRESH).sum() == len(world.matters)
    order = np.lexsort((run[k.ATTEMPT], run[k.MATTER]))
    rows = run.rows[order]
    again = rows[1:, k.MATTER] == rows[:-1, k.MATTER]
    assert np.all(rows[1:, k.ATTEMPT][again] == rows[:-1, k.ATTEMPT][again] + 1)
    before, after = rows[:-1][again], rows[1:][again]
    passed = before[:, k.PASSED_ON] == 1
    when = np.where(passed, before[:, k.LEFT], before[:, k.BACK_AT])
    assert np.array_equal(when, after[:, k.ARRIVED])
    lasts = np.append(~again, True)
    ends = rows[lasts]
    goes_on = np.where(ends[:, k.PASSED_ON] == 1, ends[:, k.LEFT], ends[:, k.BACK_AT])
    expected = (ends[:, k.PASSED_ON] == 1) | (ends[:, k.COMES_BACK] == 1)
    assert np.all(goes_on[expected] >= horizon)


def test_links_lead_to_the_same_matter(troubled: tuple[World, Run]) -> None:
    _, run = troubled
    linked = np.flatnonzero(run[k.PREVIOUS] >= 0)
    assert len(linked) > 50
    assert np.array_equal(run[k.MATTER][run[k.PREVIOUS][linked]], run[k.MATTER][linked])
    kinds = set(run[k.KIND][linked].tolist())
    assert kinds == {k.PASSED_IN, k.REOPENED}


def test_the_same_seed_is_the_same_and_another_is_another() -> None:
    first, again = (world_of(scenario(*ALL, days=3)).run() for _ in range(2))
    other = world_of(scenario(*ALL, days=3, seed=2)).run()
    assert np.array_equal(first.rows, again.rows)
    assert not np.array_equal(first.rows[:100], other.rows[:100])


def test_without_bending_the_same_matters_meet_the_same_luck(troubled: tuple[World, Run]) -> None:
    world, run = troubled
    honest = world.run(bent=False)
    calm = world_of(world.scenario.without_bending()).run()
    assert np.array_equal(honest.rows, calm.rows)
    assert not honest[k.BENT].any()
    fresh = [each.rows[each[k.KIND] == k.FRESH] for each in (run, honest)]
    assert np.array_equal(fresh[0][:, k.ARRIVED], fresh[1][:, k.ARRIVED])


def test_without_levers_waits_are_the_simulators() -> None:
    """One shift a day, no difference between people: as many give up as the simulator finds."""
    base = dataclasses.replace(model(agents=8), days=14)
    found = simulate(base, replications=20, warm_up=0.0).overall.abandoned
    plain: dict[str, Any] = {
        "base": base,
        "advisors": Advisors(pace_cv=0.0),
        "difficulty": Difficulty(handle=0.0, resolution=0.0),
        "customers": Customers(when_open=False),
    }
    shares = [
        float((world_of(scenario(**plain, seed=seed)).run()[k.OUTCOME] == k.GAVE_UP).mean())
        for seed in range(101, 121)
    ]
    ours, error = np.mean(shares), np.std(shares, ddof=1) / np.sqrt(len(shares))
    theirs = found.value  # type: ignore[union-attr]
    half = (found.high - found.low) / 2  # type: ignore[union-attr]
    assert abs(ours - theirs) < 2 * np.hypot(2 * error, half)
    assert 0.05 < theirs < 0.5


def test_people_differ_in_pace_as_was_said(calm: tuple[World, Run]) -> None:
    world, run = calm
    assert world.pace.mean() == pytest.approx(1.0)
    done = served(run)
    total_s = np.bincount(run[k.ADVISOR][done], weights=handle_s(run)[done])
    mean_s = total_s / np.bincount(run[k.ADVISOR][done])
    assert np.corrcoef(mean_s, world.pace)[0, 1] > 0.95


def test_contacts_reach_advisors_whatever_their_difficulty(calm: tuple[World, Run]) -> None:
    world, run = calm
    done = served(run) & (run[k.KIND] == k.FRESH)
    hard, pace = world.matters.hard[run[k.MATTER][done]], world.pace[run[k.ADVISOR][done]]
    assert abs(np.corrcoef(hard, pace)[0, 1]) < 4 / np.sqrt(done.sum())


def test_with_steering_hard_ones_go_to_the_slow() -> None:
    world, run = both(scenario(days=14, advisors=Advisors(steering=0.8)))
    done = served(run) & (run[k.KIND] == k.FRESH)
    hard, pace = world.matters.hard[run[k.MATTER][done]], world.pace[run[k.ADVISOR][done]]
    assert np.corrcoef(hard, pace)[0, 1] > 0.1


def test_habitual_callers_call_so_many_times_as_often() -> None:
    many = Customers(number=2000, habitual=0.05, times=12.0)
    world = world_of(scenario(days=28, customers=many))
    calls = np.bincount(world.matters.customer, minlength=2000)
    assert calls[:100].mean() / calls[100:].mean() == pytest.approx(12, rel=0.05)


def test_short_contacts_are_as_often_as_said_and_bring_customers_back_at_once() -> None:
    lever = ShortContacts(
        name="short", by=0.2, share=0.15, lasts_s=6, calls_back=0.45, from_day=7, to_day=21
    )
    world, run = both(scenario(lever, days=28))
    cut = bent(world, run, "short")
    assert np.all(handle_s(run)[cut] <= 9.0)
    assert np.all(world.has[0][run[k.ADVISOR][cut]])
    own = served(run) & world.has[0][run[k.ADVISOR]]
    within = (run[k.ANSWERED] >= 7 * DAY_S * US) & (run[k.ANSWERED] < 21 * DAY_S * US)
    assert not cut[own & ~within].any()
    assert cut[own & within].mean() == pytest.approx(0.15, abs=0.02)
    soon = (run[k.BACK_AT] - run[k.LEFT] < 600 * US) & (run[k.BACK_AT] >= 0)
    others = served(run) & ~cut
    back = 0.45 * (1 - np.exp(-600 / 180))
    assert soon[cut].mean() == pytest.approx(back, abs=0.06)
    assert soon[others].mean() < 0.01
    assert not run[k.SETTLED][cut].any()


@pytest.mark.parametrize("side", ["under", "over"])
def test_bunching_moves_contacts_to_the_good_side_of_the_limit(side: str) -> None:
    lever = Bunching(name="b", at_s=240, reach_s=60, spread_s=15, share=0.7, side=side)  # type: ignore[arg-type]
    world, run = both(scenario(lever, days=14))
    honest = world.run(bent=False)

    def counted(each: Run, low: float, high: float) -> int:
        of = handle_s(each)[served(each)]
        return int(((of > low) & (of <= high)).sum())

    good, bad = ((225, 240), (240, 300)) if side == "under" else ((240, 255), (180, 239.99))
    assert counted(run, *good) > 1.5 * counted(honest, *good)
    assert counted(run, *bad) / counted(honest, *bad) == pytest.approx(0.3, abs=0.08)


def test_what_is_parked_takes_time_and_settles_nothing() -> None:
    for state, column in (("wrapup", k.WRAPUP), ("hold", k.HOLD)):
        lever = Parking(name="p", share=0.3, extra_s=100, state=state)  # type: ignore[arg-type]
        world, run = both(scenario(lever, days=7))
        parked = bent(world, run, "p")
        longer = run[column][parked].mean() - run[column][served(run) & ~parked].mean()
        assert longer / US == pytest.approx(100, abs=8)
        likely = run.facts[:, k.LIKELY]
        assert likely[parked].mean() == pytest.approx(
            likely[served(run) & ~parked].mean(), abs=0.02
        )


def test_who_is_passed_on_is_served_anew() -> None:
    world, run = both(scenario(PassingOn(name="p", by=0.3, share=0.3), days=7))
    passed = bent(world, run, "p")
    assert passed.sum() > 100
    assert np.all(run[k.PASSED_ON][passed] == 1)
    assert (run[k.KIND] == k.PASSED_IN).sum() >= passed.sum() - 5


def test_shed_matters_reach_others() -> None:
    lever = Shedding(name="s", by=0.3, share=0.8, harder_than=0.5)
    world, run = both(scenario(lever, days=14))
    hard = world.matters.hard[run[k.MATTER]] > 0.5
    done = served(run)
    own = world.has[0][run[k.ADVISOR]]
    assert hard[done & own].mean() < 0.6 * hard[done & ~own].mean()
    assert run.dodged[0][world.has[0]].min() > 0
    assert run.dodged[0][~world.has[0]].max() == 0


def test_promises_are_recorded_as_resolved_and_come_back_as_complaints() -> None:
    lever = RiskyPromises(name="r", by=0.5, share=0.2, complains=0.4)
    world, run = both(scenario(lever, days=14))
    promised = bent(world, run, "r")
    assert run[k.CLAIMED][promised].all()
    assert not run[k.SETTLED][promised].any()
    assert run[k.COMPLAINS][promised].mean() == pytest.approx(0.4, abs=0.06)


def test_what_is_closed_early_is_opened_again_with_a_link() -> None:
    lever = ClosingEarly(name="c", by=0.5, share=0.2, reopened=0.7)
    world, run = both(scenario(lever, days=14))
    closed = bent(world, run, "c")
    unsettled = closed & (run[k.SETTLED] == 0)
    reopened = run[k.KIND] == k.REOPENED
    assert set(run[k.PREVIOUS][reopened].tolist()) <= set(np.flatnonzero(unsettled).tolist())
    assert reopened.sum() / unsettled.sum() == pytest.approx(0.7, abs=0.08)


def test_cases_are_closed_before_their_deadline_and_opened_after_it() -> None:
    cases = Queue(
        name="cases",
        channel="case",
        handle=Gamma(mean_s=600, cv=0.7),
        arrivals=Arrivals.steady(per_h=12),
        loop=Loop(resolves=Curve.flat(0.8), comes_back=0.5),
    )
    desk = Pool(name="desk", schedule=Schedule.level(2), routes=(Route(queue="cases"),))
    base = Model(queues=(cases,), pools=(desk,))
    lever = LateCases(name="l", within_s=1800, spread_s=300)
    world, run = both(scenario(lever, base=base, days=14))
    closed = bent(world, run, "l")
    age_s = (run[k.LEFT] - run[k.ARRIVED]) / US
    assert closed.sum() > 100
    assert np.all((age_s[closed] <= 1800) & (age_s[closed] >= 1500))
    done = served(run) & ~closed
    assert age_s[done].max() < 1800 + 1800  # its own handle time at most
    opened = run[k.KIND] == k.REOPENED
    late_s = (run[k.ARRIVED][opened] - run[k.LEFT][run[k.PREVIOUS][opened]]) / US
    assert np.all((late_s >= 0) & (late_s <= 600))


def test_a_target_shortens_contacts_and_unsettles_matters() -> None:
    lever = Target(name="t", handle=0.7, from_day=14)
    _, run = both(scenario(lever, days=28, resolves_per_minute=0.05))
    done = served(run)
    later = run[k.ANSWERED] >= 14 * DAY_S * US
    assert handle_s(run)[done & later].mean() / handle_s(run)[
        done & ~later
    ].mean() == pytest.approx(0.7, abs=0.02)
    fewer = run[k.SETTLED][done & ~later].mean() - run[k.SETTLED][done & later].mean()
    assert fewer == pytest.approx(0.05 * 4 * 0.3, abs=0.02)


def test_who_is_turned_away_is_not_counted_as_giving_up() -> None:
    base = model(agents=7)
    lever = SilentTarget(name="s", over_s=30, share=0.9, redials=0.7, from_day=7)
    _, run = both(scenario(lever, base=base, days=14))
    later = run[k.ARRIVED] >= 7 * DAY_S * US
    gave_up, away = run[k.OUTCOME] == k.GAVE_UP, run[k.OUTCOME] == k.TURNED_AWAY
    assert not away[~later].any()
    assert gave_up[later].mean() < 0.5 * gave_up[~later].mean()
    assert run[k.COMES_BACK][away].mean() == pytest.approx(0.7, abs=0.05)


def test_those_named_pull_a_lever_and_nobody_else() -> None:
    lever = ShortContacts(name="s", share=0.2, who=(2, 5))
    world, run = both(scenario(lever, days=7))
    assert np.flatnonzero(world.has[0]).tolist() == [1, 4]
    assert set(run[k.ADVISOR][bent(world, run, "s")].tolist()) == {1, 4}
    with pytest.raises(QueueingError, match="does not exist"):
        world_of(scenario(ShortContacts(name="s", who=(99,)), days=2))


def test_quick_matters_are_short_and_settled_as_often() -> None:
    reasons = (Reason(name="usual", share=0.9), Reason(name="quick", share=0.1, handle=0.05))
    said = scenario(days=14, reasons=reasons, resolves_per_minute=0.04)
    world, run = both(said)
    done = served(run) & (run[k.KIND] == k.FRESH)
    quick = done & (world.matters.reason[run[k.MATTER]] == 1)
    usual = done & ~quick
    ratio = handle_s(run)[quick].mean() / handle_s(run)[usual].mean()
    assert ratio == pytest.approx(0.05, rel=0.1)
    assert run[k.SETTLED][quick].mean() == pytest.approx(run[k.SETTLED][usual].mean(), abs=0.05)
    assert not run[k.BENT].any()


def test_a_shift_of_mix_and_failure_demand_change_who_comes_and_bend_nothing() -> None:
    mix = MixShift(name="m", reason="problem", times=2.5, from_day=7)
    failure = FailureDemand(name="f", more=0.3, from_day=7, reason="a new form")
    world = world_of(scenario(mix, failure, days=14))
    later = world.matters.arrived >= 7 * DAY_S * US
    reason = world.matters.reason
    problem, form = (world.matters.reasons.index(each) for each in ("problem", "a new form"))
    rates = [(reason[each] == problem).sum() for each in (later, ~later)]
    assert rates[0] / rates[1] == pytest.approx(2.5, abs=0.25)
    others = later & ~world.matters.failure
    assert world.matters.failure.sum() / others.sum() == pytest.approx(0.3, abs=0.03)
    assert np.array_equal(reason == form, world.matters.failure)
    assert not world.run()[k.BENT].any()


def test_who_would_return_at_night_comes_in_the_morning(calm: tuple[World, Run]) -> None:
    _, run = calm
    hour = run[k.ARRIVED] % (DAY_S * US) / (3600 * US)
    assert hour.min() >= 8
    assert hour.max() < 16
    _, other = both(scenario(days=7, customers=Customers(when_open=False)))
    assert (other[k.ARRIVED] % (DAY_S * US) < 8 * 3600 * US).any()


def test_contacts_that_breed_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("andon.proving.world._MOST_TRIES", 1)
    endless = dataclasses.replace(
        model().queues[0],
        loop=Loop(
            resolves=Curve.flat(0.0), most_attempts=1000, recontact_after=Exponential(mean_s=60)
        ),
    )
    base = dataclasses.replace(model(), queues=(endless,))
    with pytest.raises(QueueingError, match="without end"):
        world_of(scenario(base=base, days=7)).run()


def test_a_run_that_needs_more_room_is_the_same_run(monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of(scenario(*ALL, days=3))
    whole = world.run()
    tries: list[int] = []
    inner = k.run_operation

    def small_first(*given: object) -> int:
        tries.append(1)
        found = inner(*given)  # type: ignore[arg-type]
        return -1 if len(tries) == 1 else int(found)

    monkeypatch.setattr(k, "run_operation", small_first)
    assert np.array_equal(world.run().rows, whole.rows)
    assert len(tries) == 2
