"""Drawn days as the simulator runs them: what comes is what was forecast, returns and all."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from andon.capacity.channels import PlannedQueue
from andon.capacity.horizon import Horizon
from andon.capacity.kept import by_day
from andon.capacity.promise import Promise
from andon.capacity.rehearsal import Rehearsal, fresh
from andon.capacity.teams import Team, groups
from andon.errors import PlanError
from andon.queueing.laws import Exponential, Lognormal
from andon.queueing.simulator.model import Curve, Loop
from planned import HORIZON, drawn

PROMISE = Promise(service_level=0.8)
LOOP = Loop(
    resolves=Curve.flat(0.7),
    comes_back=0.6,
    recontact_after=Lognormal.from_mean(mean_s=2 * 86_400.0, cv=1.0),
)
FORTNIGHT = Horizon.of(dt.date(2024, 6, 3), days=14, zone="Europe/Berlin")


def queue(**given: object) -> PlannedQueue:
    return PlannedQueue(
        courses=drawn("calls", horizon=FORTNIGHT, courses=30),
        promise=PROMISE,
        patience=Exponential(mean_s=300.0),
        **given,  # type: ignore[arg-type]
    )


def rehearse(one: PlannedQueue) -> Rehearsal:
    return Rehearsal.of(groups([one], [Team.of("team", one.name)])[0], range(30))


def plenty(one: PlannedQueue) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    return {"team": np.where(one.courses.open, 30, 0).astype(np.int64)}


def test_with_returns_as_many_come_each_day_as_were_forecast() -> None:
    """Where all goes as in the past, the forecast is met although part of it is returns."""
    one = queue(loop=LOOP)
    seen = rehearse(one).run(plenty(one)).contacts_by_run()
    forecast = by_day(one.comes, FORTNIGHT).mean(axis=0)
    came = by_day(seen.arrived, FORTNIGHT).mean(axis=0)
    assert came == pytest.approx(forecast, rel=0.05)
    returns = by_day(seen.recontacts, FORTNIGHT).mean(axis=0)
    # Of those served 18 in 100 come back; in the second week nearly all of these are seen.
    assert returns[7:].sum() / came[7:].sum() == pytest.approx(0.18, abs=0.02)
    assert returns[0] < returns[1] < returns[2]


def test_nobody_comes_back_while_it_is_closed() -> None:
    one = queue(loop=LOOP)
    seen = rehearse(one).run(plenty(one)).contacts_by_run()
    assert seen.recontacts.sum() > 1000
    assert seen.recontacts[:, ~one.courses.open].sum() == 0


def test_redials_of_the_past_are_taken_out_too() -> None:
    loop = Loop(resolves=Curve.flat(1.0), redials=0.5, redial_after=Exponential(mean_s=600.0))
    one = queue(loop=loop, past_abandoned=0.2)
    left = fresh(one).sum() / one.comes.sum()
    assert left == pytest.approx(0.9, abs=0.005)
    assert np.array_equal(fresh(queue()), queue().comes)


def test_course_i_has_the_contacts_and_handle_times_of_course_i() -> None:
    courses = drawn("calls", courses=4, day_cv=0.3, a_day=3000.0)
    slower = courses.handle_s * np.array([1.0, 1.5, 1.0, 0.5])[:, None]
    one = PlannedQueue(
        courses=dataclasses.replace(courses, handle_s=slower, handle_cv=0.5), promise=PROMISE
    )
    group = groups([one], [Team.of("team", "calls")])[0]
    agents = {"team": np.full(len(HORIZON.slot), 90)}
    seen = Rehearsal.of(group, [1, 3]).run(agents).contacts_by_run()
    expected = one.courses.contacts[[1, 3]].sum(axis=1)
    assert seen.arrived.sum(axis=1) == pytest.approx(expected, rel=0.03)
    handle = seen.handled_s.sum(axis=1) / seen.answered.sum(axis=1)
    assert handle == pytest.approx([360, 120], rel=0.03)


def test_people_who_are_away_on_a_course_are_away() -> None:
    one = PlannedQueue(courses=drawn("calls", courses=3), promise=PROMISE)
    group = groups([one], [Team.of("team", "calls")])[0]
    agents = np.full((2, len(HORIZON.slot)), 10)
    agents[1] = 5
    found = Rehearsal.of(group, [0, 2]).run({"team": agents})
    there = found.staff_by_run("team").staffed_s.mean(axis=1) / 1800
    assert there.tolist() == [10, 5]


@pytest.mark.parametrize("agents", [{}, {"team": np.ones(7, dtype=np.int64)}])
def test_agents_that_do_not_fit_the_days_are_refused(
    agents: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.int64]]],
) -> None:
    with pytest.raises(PlanError, match="not said how many of team 'team'"):
        rehearse(queue()).run(agents)
