"""Running a model: the same integers wherever it runs, and everything is checked first."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.estimate import Estimate, Unknown
from andon.queueing._kernels import columns as c
from andon.queueing.erlang import erlang_a
from andon.queueing.simulator import memory
from andon.queueing.simulator.model import Model
from andon.queueing.simulator.precision import Precision
from andon.queueing.simulator.results import Simulation
from andon.queueing.simulator.runs import simulate, simulate_each
from simulated import LOOP, day, skills, team

TABLES = ("queues", "pools", "waits", "fates")


def same(one: Simulation, other: Simulation) -> bool:
    """Whether every count of both is the same whole number."""
    return all(
        np.array_equal(getattr(one.counts, name), getattr(other.counts, name)) for name in TABLES
    ) and np.array_equal(one.trace, other.trace)


@pytest.fixture(scope="module")
def alone() -> Simulation:
    """Six runs, one after the other."""
    return simulate(team(loop=LOOP), seed=7, replications=6, workers=1, trace=True)


def test_two_threads_count_what_one_counts(alone: Simulation) -> None:
    assert same(alone, simulate(team(loop=LOOP), seed=7, replications=6, workers=2, trace=True))


@pytest.mark.slow
def test_processes_count_what_threads_count(alone: Simulation) -> None:
    with joblib.parallel_config(backend="loky"):
        assert same(alone, simulate(team(loop=LOOP), seed=7, replications=6, workers=2, trace=True))


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A Dask cluster on this machine, with two processes."""
    distributed = pytest.importorskip("distributed")
    with (
        warnings.catch_warnings(),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.slow
def test_a_dask_cluster_is_a_setting(alone: Simulation, cluster: Any) -> None:
    """The call is the same; two processes of a local cluster count the same whole numbers."""
    with joblib.parallel_config(backend="dask"):
        far = simulate(team(loop=LOOP), seed=7, replications=6, trace=True)
    assert same(alone, far)
    engine = "andon.queueing.simulator.first_come"
    assert any(cluster.run(lambda: engine in __import__("sys").modules).values())


def test_the_seed_tells_the_figures_and_another_tells_others(alone: Simulation) -> None:
    assert same(alone, simulate(team(loop=LOOP), seed=7, replications=6, trace=True))
    other = simulate(team(loop=LOOP), seed=8, replications=6, trace=True)
    assert not np.array_equal(alone.counts.queues, other.counts.queues)


@given(first=st.integers(2, 5), more=st.integers(1, 4))
@settings(deadline=None, max_examples=8)
def test_more_replications_add_to_those_there_were(first: int, more: int) -> None:
    few = simulate(team(), seed=2, replications=first, warm_up=0.0)
    many = simulate(team(), seed=2, replications=first + more, warm_up=0.0)
    assert np.array_equal(many.counts.queues[:first], few.counts.queues)


def test_replications_differ_from_one_another(alone: Simulation) -> None:
    offered = alone.counts.queues[..., c.FRESH].sum(axis=(1, 2))
    assert len(set(offered.tolist())) > 1


def test_both_engines_find_the_same_figures() -> None:
    model = day(day_cv=0.3)
    fast = simulate(model, seed=5, replications=3, engine="fast")
    general = simulate(model, seed=5, replications=3, engine="general")
    assert (fast.engine, general.engine) == ("fast", "general")
    assert fast.overall == general.overall
    assert fast.customers == general.customers
    assert fast.staff == general.staff


def test_the_engine_is_chosen_by_what_the_model_needs() -> None:
    assert simulate(team(), replications=1).engine == "fast"
    found = simulate(skills(), replications=3)
    assert found.engine == "general"
    assert found.fates.passed_on > 0
    with pytest.raises(QueueingError, match="one queue and one pool") as caught:
        simulate(skills(), replications=1, engine="fast")
    assert "3 queues, 2 pools" in caught.value.found


def test_in_several_queues_who_moves_on_counts_once() -> None:
    """Over all queues a contact that overflowed counts where it ended; in its queues twice."""
    found = simulate(skills(), replications=4, warm_up=0.0)
    totals = found.counts.queues.sum(axis=(0, 2))
    left = [c.ANSWERED, c.GAVE_UP, c.STILL, c.MISSED]
    assert isinstance(found.overall.offered, Estimate)
    assert found.overall.offered.value == pytest.approx(totals[:, left].sum() / 4)
    parts = [found.of_queue(name).offered for name in ("first", "second", "mail")]
    whole = sum(each.value for each in parts if isinstance(each, Estimate))
    assert whole == pytest.approx(totals[:, [*left, c.PASSED_ON]].sum() / 4)
    late = found.overall.late
    assert isinstance(late, Estimate)
    assert late == found.of_queue("mail").late or late.value == pytest.approx(
        totals[2, c.LATE] / totals[2, c.ANSWERED]
    )
    assert isinstance(found.of_queue("second").late, Unknown)


# Progress ----------------------------------------------------------------------------------------


def test_progress_tells_what_is_done_and_how_much_there_is() -> None:
    told: list[tuple[str, int, int]] = []
    simulate(day(), replications=5)  # compiles, if nothing did before
    simulate(day(), replications=5, progress=lambda *said: told.append(said))
    assert told == [("Simulating", i, 5) for i in range(6)]


def test_progress_goes_on_through_the_search_for_the_warm_up_and_the_rounds() -> None:
    told: list[tuple[str, int, int]] = []
    found = simulate(
        team(),
        replications=12,
        precision=Precision(absolute=0.02, most_replications=60),
        progress=lambda *said: told.append(said),
    )
    assert told[0] == ("Looking for the warm-up", 0, 10)
    assert told[-1] == ("Simulating", found.replications, found.replications)
    assert all(done <= total for _, done, total in told)


@pytest.mark.slow
def test_compiling_an_engine_is_told_once(tmp_path: Path) -> None:
    program = """
from andon.queueing.simulator.runs import simulate, simulate_each
from simulated import day
simulate(day(), replications=2, workers=1, progress=lambda *said: print(*said, sep="|"))
"""
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    settled = {"NUMBA_CACHE_DIR": str(tmp_path), "NUMBA_DISABLE_JIT": "0", "PYTHONPATH": path}
    first, again = (
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, **settled},
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        ).stdout.splitlines()
        for _ in range(2)
    )
    told = [f"Simulating|{i}|2" for i in range(3)]
    assert first == [told[0], "Preparing the simulator, once: up to half a minute|0|0", *told[1:]]
    assert again == told


# The trace ---------------------------------------------------------------------------------------


def test_the_trace_is_that_of_the_first_run(alone: Simulation) -> None:
    counted = alone.counts.queues[0]
    came = [c.FRESH, c.REDIAL, c.RECONTACT, c.PASSED_IN]
    assert len(alone.trace) == counted[..., came].sum()
    assert len(simulate(team(), replications=2).trace) == 0


# Bad input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ({"replications": 0}, "replications"),
        ({"replications": 1.5}, "replications"),
        ({"replications": 1 << 24}, "not so many replications"),
        ({"seed": -1}, "seed"),
        ({"level": 95}, "level"),
        ({"workers": 0}, "workers"),
        ({"engine": "quick"}, "no such engine"),
        ({"warm_up": "guess"}, "warm-up"),
        ({"warm_up": -5.0}, "warm_up"),
        ({"warm_up": 21_600.0}, "Nothing is left"),
    ],
)
def test_what_cannot_be_run_is_told_before_anything_starts(
    said: dict[str, Any], match: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: None)
    told: list[object] = []
    with pytest.raises(QueueingError, match=match) as caught:
        simulate(team(), **said, progress=lambda *each: told.append(each))
    assert told == []
    assert caught.value.found
    assert caught.value.todo


def test_what_would_not_fit_is_told_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 200_000_000)
    told: list[object] = []
    with pytest.raises(QueueingError, match="would not fit") as caught:
        simulate(team(), replications=10_000, progress=lambda *each: told.append(each))
    assert told == []
    assert "replications = 10,000" in caught.value.found
    with pytest.raises(QueueingError, match="would not fit"):
        simulate(team(), precision=Precision(relative=0.01, most_replications=10_000))


def test_a_run_of_ages_is_refused_at_once() -> None:
    ages = dataclasses.replace(team(per_h=0.001, interval_s=60), days=1e6)
    with pytest.raises(QueueingError, match="One run would not fit") as caught:
        simulate(ages)
    assert "days = 1e+06" in caught.value.found
    assert "fewer days" in caught.value.todo


@pytest.mark.slow
def test_going_on_until_it_is_sharp_keeps_the_intervals_honest() -> None:
    """To 2 in 100 of the service level: 200 times, and the truth is inside as often as it says."""
    truth = erlang_a(load_erlangs=10, handle_s=180, patience_s=120, agents=11)
    exact = float(truth.service_level.of_offered)
    model = team(11, per_h=200, handle_s=180)
    held = near = 0
    for seed in range(200):
        found = simulate(
            model,
            seed=seed,
            replications=12,
            warm_up=3600.0,
            precision=Precision(relative=0.02, most_replications=500),
        )
        level = found.overall.service_level.of_offered
        assert isinstance(level, Estimate)
        assert found.precision is not None
        assert found.precision.reached
        held += level.low <= exact <= level.high
        near += abs(level.value / exact - 1) <= 0.02
    assert held / 200 >= 0.90
    assert near / 200 >= 0.90


# Courses -----------------------------------------------------------------------------------------


def course(per_h: float, agents: int = 5, factors: tuple[float, ...] = ()) -> Model:
    model = team(agents, per_h=per_h)
    queue = dataclasses.replace(model.queues[0], handle_factors=factors)
    return dataclasses.replace(model, queues=(queue,))


def test_each_course_is_the_replication_of_its_own_number() -> None:
    """Course i alone, as replication i of its own model, counts the same whole numbers."""
    models = [course(40, 5), course(80, 6, (0.5, 2.0)), course(60, 4)]
    found = simulate_each(models, seed=5)
    for i, model in enumerate(models):
        alone = simulate(model, seed=5, replications=3, warm_up=0.0)
        for name in TABLES:
            assert np.array_equal(getattr(found.counts, name)[i], getattr(alone.counts, name)[i])


def test_alike_models_are_replications() -> None:
    each = simulate_each([team()] * 4, seed=5, warm_up=1800.0)
    assert same(each, simulate(team(), seed=5, replications=4, warm_up=1800.0))


def test_agents_on_duty_are_as_doubtful_as_the_courses_are_different() -> None:
    duty = simulate_each([course(60, agents) for agents in (4, 5, 6)], seed=5).staff.on_duty
    assert isinstance(duty, Estimate)
    assert duty.value == pytest.approx(5)
    assert duty.low < 5 < duty.high
    alike = simulate_each([course(per_h, 5) for per_h in (40, 60, 80)], seed=5).staff.on_duty
    assert isinstance(alike, Estimate)
    assert (alike.low, alike.value, alike.high) == (5, 5, 5)


def test_longer_handle_times_are_served_for_longer() -> None:
    usual, longer = (
        simulate_each([course(20, 9, factors)] * 3, seed=5).contacts_by_run()
        for factors in ((), (1.0, 1.5))
    )
    assert np.array_equal(longer.fresh, usual.fresh)
    assert longer.handled_s[:, 1::2] == pytest.approx(1.5 * usual.handled_s[:, 1::2], abs=1e-4)
    assert longer.handled_s[:, ::2] == pytest.approx(usual.handled_s[:, ::2])


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (team(days=0.5), "days"),
        (team(answer_within_s=30), "answer_within_s of queue 'calls'"),
        (day(), "days"),
        (skills(), "names of each queue"),
    ],
)
def test_models_of_another_operation_are_no_courses(other: Model, what: str) -> None:
    with pytest.raises(QueueingError, match="not of one operation") as caught:
        simulate_each([team(), team(per_h=80), other])
    assert caught.value.found.startswith("models[0] and models[2] differ in ")
    assert what in caught.value.found


def test_no_course_is_nothing_to_run() -> None:
    with pytest.raises(QueueingError, match="nothing to run"):
        simulate_each([])


@pytest.mark.parametrize("engine", ["fast", "general"])
def test_customers_come_back_when_the_clock_of_recontacts_goes(engine: str) -> None:
    """With a clock that goes in the first half hour of two only, nobody comes in the second."""
    loop = dataclasses.replace(LOOP, redials=0.0, recontact_clock=(2.0, 0.0))
    found = simulate(
        team(9, loop=loop, days=2.0),
        seed=5,
        replications=2,
        engine="fast" if engine == "fast" else "general",
        warm_up=0.0,
    ).contacts_by_run()
    assert found.recontacts[:, ::2].sum() > 500
    assert found.recontacts[:, 1::2].sum() == 0
