"""The backlog: against parcels moved in small steps, a day done by hand, and conservation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.queueing.deferrable import Backlog, backlog
from oracles import backlog as oracle

STEP = 3600.0
streams = st.lists(st.integers(0, 40).map(float), min_size=2, max_size=7)
teams = st.lists(st.integers(0, 20).map(lambda tenths: tenths / 4), min_size=7, max_size=7)
batches = st.lists(
    st.tuples(st.integers(1, 20).map(float), st.integers(0, 20_000).map(float)), max_size=3
)
deadlines = st.integers(600, 15_000).map(float)
HANDLE_S = 400.0


def _went(
    arrivals: list[float],
    agents: list[float],
    deadline: float,
    start: list[tuple[float, float]],
    **more: float,
) -> Backlog:
    return backlog(
        arrivals=arrivals,
        handle_s=HANDLE_S,
        capacity_agents=agents[: len(arrivals)],
        interval_s=STEP,
        deadline_s=deadline,
        start_items=[items for items, _ in start],
        start_ages_s=[age for _, age in start],
        **more,
    )


@given(
    arrivals=streams,
    agents=teams,
    deadline=deadlines,
    start=batches,
    back=st.sampled_from([0.0, 0.3, 1.0]),
    after=st.integers(1000, 9000).map(float),
)
@settings(deadline=None, max_examples=40)
def test_it_agrees_with_parcels_that_are_moved_in_small_steps(
    arrivals: list[float],
    agents: list[float],
    deadline: float,
    start: list[tuple[float, float]],
    back: float,
    after: float,
) -> None:
    found = _went(arrivals, agents, deadline, start, return_share=back, return_after_s=after)
    capacity = [each * STEP / HANDLE_S for each in agents[: len(arrivals)]]
    slow = oracle.followed(
        arrivals,
        capacity,
        step=STEP,
        deadline=deadline,
        start=start,
        back=back,
        after=after,
        parts=60,
    )
    # A parcel is a 60th of an interval; at a bend a few of them may fall either way.
    parcel = (max([*arrivals, 0.0]) + max(capacity) * (1 + back)) / 60
    few = 6 * parcel + 1e-9
    assert found.backlog == pytest.approx(np.array(slow.backlog), abs=few)
    for done_late, slow_late in (
        (found.on_time.sum(), sum(slow.on_time)),
        (found.late.sum(), sum(slow.late)),
        (found.start_on_time, slow.start_on_time[0]),
        (found.start_late, slow.start_late[0]),
    ):
        assert done_late == pytest.approx(slow_late, abs=len(arrivals) * few)
    limits = np.array([900.0, 5000.0, 15_000.0])
    whole = sum(much for _, much in slow.ages)
    if whole > 1:
        shares = [sum(much for age, much in slow.ages if age <= limit) / whole for limit in limits]
        assert found.done_within(limits) == pytest.approx(
            np.array(shares), abs=(len(arrivals) + len(start)) * few / whole + 0.02
        )


@given(
    arrivals=streams,
    agents=teams,
    deadline=deadlines,
    start=batches,
    back=st.sampled_from([0.0, 0.25]),
)
@settings(deadline=None, max_examples=80)
def test_items_are_conserved(
    arrivals: list[float],
    agents: list[float],
    deadline: float,
    start: list[tuple[float, float]],
    back: float,
) -> None:
    found = _went(arrivals, agents, deadline, start, return_share=back, return_after_s=2500)
    held = sum(items for items, _ in start)
    assert found.backlog[0] == pytest.approx(held)
    assert np.diff(found.backlog) == pytest.approx(found.arrived - found.done, abs=1e-8)
    assert found.arrived - found.returned == pytest.approx(np.array(arrivals), abs=1e-8)
    fates = found.on_time + found.late + found.not_yet_due
    assert fates == pytest.approx(found.arrived, abs=1e-8)
    fates_of_start = found.start_on_time + found.start_late + found.start_not_yet_due
    assert fates_of_start == pytest.approx(held, abs=1e-8)
    assert np.all(found.done <= np.array(agents[: len(arrivals)]) * STEP / HANDLE_S + 1e-8)
    # What is not done at the end is overdue, or not yet due.
    waiting = found.not_yet_due.sum() + found.start_not_yet_due + found.overdue[-1]
    # What comes within a part in 10^9 of the deadline counts as in time: rounding makes none late.
    assert waiting == pytest.approx(found.backlog[-1], abs=1e-6)
    busy = found.busy[~np.isnan(found.busy)]
    assert np.all((busy >= -1e-12) & (busy <= 1 + 1e-12))


@given(arrivals=streams, agents=teams, start=batches, at=st.floats(0, 1))
@settings(deadline=None, max_examples=50)
def test_ages_at_any_moment_add_up_to_the_backlog(
    arrivals: list[float], agents: list[float], start: list[tuple[float, float]], at: float
) -> None:
    found = _went(arrivals, agents, 5000, start)
    now = at * len(arrivals) * STEP
    bins = found.ageing(at_s=now, ages_s=[0, 900, 5000, 20_000])
    assert np.all(bins >= 0)
    assert bins.sum() == pytest.approx(
        np.interp(now, found._curves.a_at, found._curves.a)
        - np.interp(now, found._curves.d_at, found._curves.d),
        abs=1e-8,
    )
    for i, edge in enumerate(found.at_s):
        oldest = float(found.oldest_s[i])
        older = found.ageing(at_s=float(edge), ages_s=[0, oldest + 1])[1]
        assert older == pytest.approx(0, abs=1e-6)
        if oldest > 1:
            younger = found.ageing(at_s=float(edge), ages_s=[0, oldest - 1])[1]
            assert younger > 0


def test_the_twin_agrees_on_ages_and_overdue_work_at_the_edges() -> None:
    arrivals, agents = [30.0, 0.0, 10.0, 25.0], [2.0, 0.0, 2.0, 3.0]
    start = [(5.0, 9000.0), (4.0, 1500.0)]
    found = _went(arrivals, agents, 5400, start)
    slow = oracle.followed(
        arrivals,
        [each * STEP / HANDLE_S for each in agents],
        step=STEP,
        deadline=5400,
        start=start,
        parts=2000,
    )
    assert found.oldest_s == pytest.approx(np.array(slow.oldest), abs=20)
    assert found.overdue == pytest.approx(np.array(slow.overdue), abs=0.1)
    assert found.late == pytest.approx(np.array(slow.late), abs=0.1)
    assert found.start_late == 5
    for part in (0.1, 0.5, 0.9):
        age = found.age_quantile_s(part)
        assert found.done_within(age) == pytest.approx(part, abs=1e-6)


def test_a_fluid_that_anyone_can_follow_by_hand() -> None:
    # 60 an hour for 2 hours, 30 an hour done: 60 wait, then 2 hours more clear them.
    found = backlog(
        arrivals=[60, 60, 0, 0, 0],
        handle_s=120,
        capacity_agents=[1] * 5,
        interval_s=3600,
        deadline_s=3600,
    )
    assert found.backlog.tolist() == pytest.approx([0, 30, 60, 30, 0, 0])
    # Who comes at t is done at 2 t: late after the first hour.
    assert found.on_time.tolist() == pytest.approx([60, 0, 0, 0, 0])
    assert found.late.tolist() == pytest.approx([0, 60, 0, 0, 0])
    assert found.oldest_s.tolist() == pytest.approx([0, 1800, 3600, 5400, 0, 0])
    assert found.overdue.tolist() == pytest.approx([0, 0, 0, 30, 0, 0])
    assert found.late_share == pytest.approx(0.5)
    assert found.done_within([1800, 3600, 5400, 7200]).tolist() == pytest.approx(
        [0.25, 0.5, 0.75, 1]
    )
    assert found.age_quantile_s(0.75) == pytest.approx(5400)
    assert found.busy.tolist() == pytest.approx([1, 1, 1, 1, 0])
    assert found.says == (
        "At most 60 items wait, 2 h after the start; the oldest gets 1 h 30 min old; "
        "50.0 % are late."
    )


def test_returns_come_back_as_new_items() -> None:
    found = backlog(
        arrivals=[30, 0, 0],
        handle_s=60,
        capacity_agents=[1, 1, 1],
        interval_s=3600,
        deadline_s=600,
        return_share=0.5,
        return_after_s=3600,
    )
    assert found.returned.tolist() == pytest.approx([0, 15, 7.5])
    assert found.arrived.tolist() == pytest.approx([30, 15, 7.5])
    assert found.late.sum() == pytest.approx(0)


def test_one_more_agent_never_makes_more_late() -> None:
    rng = np.random.default_rng(9)
    for _ in range(50):
        arrivals = rng.integers(0, 40, 6).astype(float).tolist()
        agents = (rng.integers(0, 12, 6) / 4).tolist()
        more = list(agents)
        more[int(rng.integers(6))] += 0.5
        few, many = (_went(arrivals, each, 6000, [(3.0, 2000.0)]) for each in (agents, more))
        late = [each.late.sum() + each.start_late for each in (few, many)]
        assert late[1] <= late[0] + 1e-9
        assert np.all(many.backlog <= few.backlog + 1e-9)


def test_without_items_there_is_nothing_to_tell() -> None:
    found = backlog(
        arrivals=[0, 0], handle_s=60, capacity_agents=[1, 0], interval_s=3600, deadline_s=60
    )
    assert found.says == "At most 0 items wait."
    assert math.isnan(found.late_share)
    assert math.isnan(found.age_quantile_s(0.5))
    assert math.isnan(float(found.done_within(5)))
    assert np.isnan(found.busy[1])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"arrivals": [[1.0]]}, "arrivals"),
        ({"arrivals": [-1.0, 1.0]}, "arrivals"),
        ({"capacity_agents": [1.0]}, "capacity_agents"),
        ({"capacity_agents": [1.0, math.nan]}, "capacity_agents"),
        ({"handle_s": 0}, "handle_s"),
        ({"interval_s": -60}, "interval_s"),
        ({"deadline_s": 0}, "deadline_s"),
        ({"start_items": [1.0]}, "start_ages_s"),
        ({"start_items": [-1.0], "start_ages_s": [5.0]}, "start_items"),
        ({"return_share": 1.5}, "return_share"),
        ({"return_after_s": 0}, "return_after_s"),
    ],
)
def test_input_that_cannot_be_is_refused_by_its_name(wrong: dict[str, Any], field: str) -> None:
    asked: dict[str, Any] = {
        "arrivals": [10.0, 20.0],
        "handle_s": 600,
        "capacity_agents": [3.0, 3.0],
        "interval_s": 3600,
        "deadline_s": 7200,
    }
    with pytest.raises(QueueingError) as caught:
        backlog(**(asked | wrong))
    assert field in str(caught.value)


def test_ages_that_do_not_ascend_and_moments_outside_are_refused() -> None:
    found = _went([5.0], [1.0], 600, [])
    for ages in ([5.0, 9.0], [0.0, 0.0], []):
        with pytest.raises(QueueingError, match="ages_s"):
            found.ageing(at_s=0, ages_s=ages)
    with pytest.raises(QueueingError, match="at_s"):
        found.ageing(at_s=3601, ages_s=[0])


def test_returns_too_soon_to_follow_each_bend_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("andon.queueing.deferrable._MOST_EVENTS", 1000)
    with pytest.raises(QueueingError, match="return_after_s"):
        _went([1.0], [1e6], 600, [], return_share=1, return_after_s=0.5)
