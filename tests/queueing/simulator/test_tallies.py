"""Counts by run and interval: they add up, and the backlog is who waits when an interval ends."""

from __future__ import annotations

import numpy as np
import pytest

from andon.queueing._kernels import columns as c
from andon.queueing._kernels.laws import TICKS
from andon.queueing.simulator.runs import simulate
from simulated import LOOP, day, skills, team


def test_all_who_came_are_accounted_for_in_every_interval() -> None:
    found = simulate(skills(), replications=3, warm_up=0.0)
    for name in ("first", "second", "mail", None):
        seen = found.contacts_by_run(name)
        came = seen.fresh + seen.redials + seen.recontacts + seen.passed_in
        left = seen.answered + seen.abandoned + seen.still_waiting + seen.missed + seen.passed_on
        assert np.array_equal(seen.arrived, came)
        assert np.array_equal(seen.arrived, left)
        assert seen.arrived.shape == (3, found.model.intervals)
        assert np.array_equal(seen.backlog[:, -1], seen.still_waiting.sum(axis=1))


@pytest.mark.parametrize("engine", ["fast", "general"])
@pytest.mark.parametrize("first", [0, 3])
def test_the_backlog_is_who_waits_when_the_interval_ends(engine: str, first: int) -> None:
    model = team(4, per_h=75, loop=LOOP)
    found = simulate(
        model,
        seed=3,
        replications=1,
        engine="fast" if engine == "fast" else "general",
        warm_up=first * 1800.0,
        trace=True,
    )
    ends = (np.arange(first, model.intervals) + 1) * 1800 * TICKS
    trace = found.trace
    left = np.where(trace[:, c.LEFT_QUEUE] < 0, ends[-1], trace[:, c.LEFT_QUEUE])
    there = (trace[:, c.ARRIVED] < ends[:, None]) & (left >= ends[:, None])
    seen = found.contacts_by_run()
    assert seen.backlog[0].tolist() == there.sum(axis=1).tolist()
    assert seen.backlog.max() > 3


def test_short_abandons_are_those_within_the_queues_own_limit() -> None:
    found = simulate(team(3, per_h=75), seed=3, replications=1, warm_up=0.0, trace=True)
    gave_up = found.trace[found.trace[:, c.OUTCOME] == c.GAVE_UP]
    waits_s = (gave_up[:, c.LEFT_QUEUE] - gave_up[:, c.ARRIVED]) / TICKS
    assert 0 < (waits_s <= 5).sum() < len(waits_s)
    assert found.contacts_by_run().abandoned_short.sum() == (waits_s <= 5).sum()


def test_seconds_are_those_of_the_figures() -> None:
    found = simulate(day(), replications=4)
    seen, staff = found.contacts_by_run("calls"), found.staff_by_run("agents")
    figures, duty = found.figures("contacts"), found.figures("staff")
    for name, value in (
        ("mean_wait_s", seen.waited_s.sum() / seen.arrived.sum()),
        ("mean_wait_of_answered_s", seen.waited_of_answered_s.sum() / seen.answered.sum()),
        ("mean_handle_s", seen.handled_s.sum() / seen.answered.sum()),
        ("queue_length", seen.waiting_s.sum() / 4 / 86_400),
    ):
        assert getattr(figures[name], "value", None) == pytest.approx(value), name
    share = staff.busy_s.sum() / (staff.staffed_s + staff.overtime_s).sum()
    assert getattr(duty["occupancy"], "value", None) == pytest.approx(share)
    assert staff.in_hand_s.sum() == pytest.approx(staff.busy_s.sum())
