"""Two models with the same random numbers: differences are right, and sharp."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.estimate import Estimate, Unknown
from andon.queueing._kernels import columns as c
from andon.queueing.erlang import erlang_a
from andon.queueing.laws import Never
from andon.queueing.simulator.comparison import compare
from andon.queueing.simulator.figures import CONTACTS, STAFF
from andon.queueing.simulator.runs import simulate
from simulated import LOOP, day, skills, team


def test_a_change_is_the_difference_of_both_figures() -> None:
    found = compare(team(5), team(6), replications=8)
    for figure in (*CONTACTS, *STAFF):
        of = found.differences("contacts") | found.differences("staff")
        each = of[figure.name]
        if isinstance(each.base, Estimate) and isinstance(each.other, Estimate):
            assert isinstance(each.change, Estimate), figure.name
            scale = 100 if figure.unit == "share" else 1
            gap = scale * (each.other.value - each.base.value)
            assert each.change.value == pytest.approx(gap, abs=1e-9)
            assert each.change.unit == ("points" if figure.unit == "share" else figure.unit)


def test_the_same_customers_come_to_both() -> None:
    """The arrivals are alike to the last, and so is every patience and handle time."""
    found = compare(team(5), team(9), replications=4)
    base, other = (each.counts.queues[..., c.FRESH] for each in (found.base, found.other))
    assert np.array_equal(base, other)
    offered = found.overall.offered.change
    assert isinstance(offered, Estimate)
    assert offered.value == offered.low == offered.high == 0


def test_differences_are_sharper_than_those_of_independent_runs() -> None:
    """A third of the variance at most, for each of the figures that people compare."""
    found = compare(day(), day(agents=7), replications=30)
    for difference in (
        found.overall.service_level.of_offered,
        found.overall.abandoned,
        found.overall.mean_wait_s,
        found.staff.occupancy,
    ):
        change = difference.change
        assert isinstance(change, Estimate)
        assert difference.sharper > math.sqrt(3)
        paired = change.high - change.low
        assert isinstance(difference.base, Estimate)
        assert isinstance(difference.other, Estimate)
        scale = 100 if change.unit == "points" else 1
        apart = scale * math.hypot(
            difference.base.high - difference.base.low, difference.other.high - difference.other.low
        )
        assert paired < 0.65 * apart


@given(seed=st.integers(0, 500), agents=st.integers(2, 9))
@settings(deadline=None, max_examples=15)
def test_one_more_agent_never_lengthens_a_wait(seed: int, agents: int) -> None:
    """Without patience, run by run: every wait is as long or shorter, so all together are."""
    found = compare(
        team(agents, patience=Never()),
        team(agents + 1, patience=Never()),
        seed=seed,
        replications=2,
        warm_up=0.0,
    )
    waited = [
        each.counts.queues[..., [c.WAITED_ANSWERED, c.WAITED_OTHER]].sum(axis=(1, 2, 3))
        for each in (found.base, found.other)
    ]
    assert (waited[1] <= waited[0]).all()


def test_a_model_beside_itself_does_not_change() -> None:
    found = compare(team(loop=LOOP), team(loop=LOOP), replications=3)
    for each in found.differences("contacts").values():
        if isinstance(each.change, Estimate):
            assert each.change.value == each.change.low == each.change.high == 0


def test_both_are_cut_alike_by_the_longer_warm_up() -> None:
    slow = replace(LOOP, recontact_after=LOOP.recontact_after.scaled(12))
    found = compare(team(9, per_h=100, days=10), team(9, per_h=100, loop=slow, days=10))
    assert found.base.warm_up == found.other.warm_up
    alone = simulate(team(9, per_h=100, days=10)).warm_up
    assert found.base.warm_up.cut_s > alone.cut_s


def test_what_only_one_model_has_is_a_change_all_the_same() -> None:
    found = compare(team(4, patience=Never()), team(4), replications=6)
    gave_up = found.overall.abandoned
    assert isinstance(gave_up.base, Estimate)
    assert (gave_up.base.value, gave_up.base.level) == (0, 1.0)
    assert isinstance(gave_up.change, Estimate)
    assert gave_up.change.low > 0
    resolved = compare(team(), team(loop=LOOP), replications=3).overall.resolved
    assert isinstance(resolved.change, Unknown)
    assert resolved.change.unit == "points"


def test_queues_and_pools_are_compared_by_name() -> None:
    base = skills()
    more = replace(
        base,
        pools=(
            dataclasses.replace(base.pools[0], schedule=base.pools[0].schedule.level(5)),
            base.pools[1],
        ),
    )
    found = compare(base, more, replications=6, warm_up=0.0)
    first = found.of_queue("first").service_level.of_offered.change
    assert isinstance(first, Estimate)
    assert first.low > 0
    on_duty = found.of_pool("front").on_duty.change
    assert isinstance(on_duty, Estimate)
    assert (on_duty.value, on_duty.level) == (1, 1.0)
    assert isinstance(found.customers.lost.change, Estimate)


@pytest.mark.parametrize(
    ("other", "said", "match"),
    [
        (team(days=0.5), {}, "interval by interval"),
        (team(interval_s=900), {}, "interval by interval"),
        (team(6), {"replications": 1}, "replications"),
    ],
)
def test_what_cannot_be_compared_is_told(other: object, said: dict[str, int], match: str) -> None:
    with pytest.raises(QueueingError, match=match):
        compare(team(), other, **said)  # type: ignore[arg-type]


@pytest.mark.slow
def test_intervals_of_changes_hold_the_truth_as_often_as_they_say() -> None:
    """11 against 12 agents at 10 erlangs, 300 times; the truth is that of both formulas."""
    one, other = (
        erlang_a(load_erlangs=10, handle_s=180, patience_s=120, agents=agents)
        for agents in (11, 12)
    )
    truth = 100 * (float(other.service_level.of_offered) - float(one.service_level.of_offered))
    held = 0
    for seed in range(300):
        found = compare(
            team(11, per_h=200, handle_s=180),
            team(12, per_h=200, handle_s=180),
            seed=seed,
            replications=10,
            warm_up=3600.0,
        )
        change = found.overall.service_level.of_offered.change
        assert isinstance(change, Estimate)
        held += change.low <= truth <= change.high
    assert 0.90 <= held / 300 <= 0.99
