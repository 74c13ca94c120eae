"""The capacity that deadlines take: against every stretch, linear programming, and the backlog."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from andon.errors import QueueingError
from andon.queueing.deadline_capacity import capacity_needed, extra_hours_needed
from andon.queueing.deferrable import Backlog, backlog
from oracles import deadline_capacity as oracle

STEP = 3600.0
HANDLE_S = 400.0
streams = st.lists(st.integers(0, 40).map(float), min_size=2, max_size=7)
teams = st.lists(st.integers(0, 20).map(lambda tenths: tenths / 4), min_size=7, max_size=7)
batches = st.lists(
    st.tuples(st.integers(1, 20).map(float), st.integers(0, 20_000).map(float)), max_size=3
)
deadlines = st.integers(600, 15_000).map(float)


def _went(
    arrivals: list[float], agents: list[float], deadline: float, start: list[tuple[float, float]]
) -> Backlog:
    return backlog(
        arrivals=arrivals,
        handle_s=HANDLE_S,
        capacity_agents=agents[: len(arrivals)],
        interval_s=STEP,
        deadline_s=deadline,
        start_items=[items for items, _ in start],
        start_ages_s=[age for _, age in start],
    )


@given(
    arrivals=streams,
    closed=st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=7, max_size=7),
    deadline=deadlines,
    start=batches,
    catch_up=st.integers(600, 9000).map(float),
)
@settings(deadline=None, max_examples=120)
def test_the_level_agrees_with_every_stretch_looked_at_in_turn(
    arrivals: list[float],
    closed: list[float],
    deadline: float,
    start: list[tuple[float, float]],
    catch_up: float,
) -> None:
    opened = closed[: len(arrivals)]
    expected = oracle.level(
        arrivals, opened, step=STEP, deadline=deadline, start=start, catch_up=catch_up
    )
    asked: dict[str, Any] = {
        "arrivals": arrivals,
        "handle_s": HANDLE_S,
        "interval_s": STEP,
        "deadline_s": deadline,
        "open_share": opened,
        "start_items": [items for items, _ in start],
        "start_ages_s": [age for _, age in start],
        "catch_up_s": catch_up,
    }
    if math.isinf(expected):
        with pytest.raises(QueueingError, match="nobody is there"):
            capacity_needed(**asked)
        return
    found = capacity_needed(**asked)
    assert found.agents == pytest.approx(expected * HANDLE_S, rel=1e-9, abs=1e-9)
    assert found.whole_agents - 1 < found.agents <= found.whole_agents + 1e-9
    if found.items > 0:
        time = np.interp(
            [found.from_s, found.until_s],
            np.arange(len(opened) + 1) * STEP,
            np.concatenate(([0], np.cumsum(opened) * STEP)),
        )
        assert found.items * HANDLE_S / np.diff(time)[0] == pytest.approx(found.agents, rel=1e-9)


@given(
    arrivals=streams,
    closed=st.lists(st.sampled_from([0.5, 1.0]), min_size=7, max_size=7),
    deadline=deadlines,
    start=batches,
)
@settings(deadline=None, max_examples=80)
def test_with_the_level_nothing_is_late_and_with_a_hair_less_something_is(
    arrivals: list[float],
    closed: list[float],
    deadline: float,
    start: list[tuple[float, float]],
) -> None:
    start = [(items, min(age, 0.9 * deadline)) for items, age in start]
    opened = np.array(closed[: len(arrivals)])
    needed = capacity_needed(
        arrivals=arrivals,
        handle_s=HANDLE_S,
        interval_s=STEP,
        deadline_s=deadline,
        open_share=opened,
        start_items=[items for items, _ in start],
        start_ages_s=[age for _, age in start],
    )
    enough, less = (
        _went(arrivals, (needed.agents * by * opened).tolist(), deadline, start)
        for by in (1 + 1e-9, 0.999)
    )
    # What falls due after the end is not asked for.
    assert enough.late.sum() + enough.start_late == pytest.approx(0, abs=1e-4)
    assert enough.overdue == pytest.approx(np.zeros(len(arrivals) + 1), abs=1e-4)
    if needed.items > 1:
        assert less.late.sum() + less.start_late > 1e-4


@given(arrivals=streams, agents=teams, deadline=deadlines, start=batches)
@settings(deadline=None, max_examples=60)
def test_no_other_extra_hours_that_keep_all_deadlines_come_to_less(
    arrivals: list[float],
    agents: list[float],
    deadline: float,
    start: list[tuple[float, float]],
) -> None:
    k = len(arrivals)
    capacity = np.array(agents[:k]) * STEP / HANDLE_S
    found = extra_hours_needed(
        arrivals=arrivals,
        handle_s=HANDLE_S,
        capacity_agents=agents[:k],
        interval_s=STEP,
        deadline_s=deadline,
        start_items=[items for items, _ in start],
        start_ages_s=[age for _, age in start],
    )
    assert found.agent_h.shape == (k,)
    assert found.total_agent_h == pytest.approx(found.agent_h.sum())
    # By linear programming: work done and extra work between bends, within what came and is due.
    dues = [STEP if age >= deadline else deadline - age for _, age in start]
    bends = np.unique([*np.arange(k + 1) * STEP, *(np.arange(k + 1) * STEP + deadline), *dues])
    bends = bends[bends <= k * STEP]
    m = len(bends) - 1
    marks = np.arange(k + 1) * STEP
    held = sum(items for items, _ in start)
    total = held + np.concatenate(([0.0], np.cumsum(arrivals)))
    came = np.interp(bends[1:], marks, total)
    flow_due = np.where(bends[1:] > deadline, np.interp(bends[1:] - deadline, marks, total), 0.0)
    upto, due = 0.0, flow_due
    for items, age in sorted(start, key=lambda each: -each[1]):
        upto += items
        when = STEP if age >= deadline else deadline - age
        due = np.maximum(due, np.where(bends[1:] >= when, upto, 0.0))
    could = np.diff(np.interp(bends, marks, np.concatenate(([0.0], np.cumsum(capacity)))))
    below = np.tril(np.ones((m, m)))
    solved = linprog(
        np.concatenate((np.zeros(m), np.ones(m))),
        A_ub=np.block([[below, below], [-below, -below]]),
        b_ub=np.concatenate((came, -due)),
        bounds=[(0, each) for each in could] + [(0, None)] * m,
    )
    assert found.total_agent_h == pytest.approx(solved.fun * HANDLE_S / 3600, abs=1e-6)


def test_the_extra_hours_are_enough_where_they_are_spread_over_the_interval() -> None:
    # Level intervals, a deadline of whole ones: spending them evenly within is early enough.
    arrivals, agents = [40.0, 10.0, 0.0, 50.0, 0.0, 0.0], [2.0] * 6
    extra = extra_hours_needed(
        arrivals=arrivals,
        handle_s=HANDLE_S,
        capacity_agents=agents,
        interval_s=STEP,
        deadline_s=STEP,
    )
    assert extra.total_agent_h > 0
    with_them = (np.array(agents) + extra.agent_h).tolist()
    assert _went(arrivals, with_them, STEP, []).late.sum() == pytest.approx(0, abs=1e-6)
    assert _went(arrivals, agents, STEP, []).late.sum() > 1


def test_a_year_of_half_hours_is_followed_and_staffed() -> None:
    rng = np.random.default_rng(10)
    arrivals = rng.poisson(30, 17_520).astype(float)
    opened = np.tile(np.repeat([0.0, 1.0, 0.0], [16, 20, 12]), 365)
    needed = capacity_needed(
        arrivals=arrivals, handle_s=300, interval_s=1800, deadline_s=86_400, open_share=opened
    )
    went = backlog(
        arrivals=arrivals,
        handle_s=300,
        capacity_agents=needed.agents * opened,
        interval_s=1800,
        deadline_s=86_400,
    )
    assert went.late.sum() == pytest.approx(0, abs=1e-3)
    assert went.done.sum() + went.backlog[-1] == pytest.approx(arrivals.sum(), rel=1e-12)


def test_nothing_due_needs_nobody() -> None:
    needed = capacity_needed(arrivals=[0, 0], handle_s=60, interval_s=3600, deadline_s=60)
    assert (needed.agents, needed.whole_agents) == (0, 0)
    assert needed.says == "Nothing falls due: nobody is needed."
    later = capacity_needed(arrivals=[50, 50], handle_s=60, interval_s=3600, deadline_s=7200)
    assert later.agents == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"arrivals": [[1.0]]}, "arrivals"),
        ({"arrivals": [-1.0, 1.0]}, "arrivals"),
        ({"open_share": [1.0]}, "open_share"),
        ({"open_share": [1.0, -1.0]}, "open_share"),
        ({"handle_s": 0}, "handle_s"),
        ({"interval_s": -60}, "interval_s"),
        ({"deadline_s": 0}, "deadline_s"),
        ({"start_items": [1.0]}, "start_ages_s"),
        ({"catch_up_s": 0}, "catch_up_s"),
    ],
)
def test_input_that_cannot_be_is_refused_by_its_name(wrong: dict[str, Any], field: str) -> None:
    asked: dict[str, Any] = {
        "arrivals": [10.0, 20.0],
        "handle_s": 600,
        "interval_s": 3600,
        "deadline_s": 3600,
    }
    with pytest.raises(QueueingError) as caught:
        capacity_needed(**(asked | wrong))
    assert field in str(caught.value)
    if "open_share" not in wrong:
        with pytest.raises(QueueingError, match=field):
            extra_hours_needed(**(asked | {"capacity_agents": [1.0, 1.0]} | wrong))
