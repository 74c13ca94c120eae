"""Batches of one run: long enough to be independent, and never fewer than ten."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.estimate import Estimate
from andon.queueing.erlang import erlang_a
from andon.queueing.simulator.batches import LEAST, batches, joined
from andon.queueing.simulator.runs import simulate
from simulated import team

Floats = npt.NDArray[np.float64]


def chain(n: int, memory: float, seed: int) -> Floats:
    """Each value keeps a share of the one before: an autoregressive series."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=n) * np.sqrt(1 - memory**2)
    out = np.empty(n)
    out[0] = rng.normal()
    for i in range(1, n):
        out[i] = memory * out[i - 1] + noise[i]
    return out


@given(n=st.integers(0, 3000), seed=st.integers(0, 20))
@settings(deadline=None, max_examples=40)
def test_there_are_ten_to_forty_batches_or_none(n: int, seed: int) -> None:
    y = np.random.default_rng(seed).normal(5, 1, n)
    size = batches(y, np.ones(n))
    if n < 100:
        assert size == 0
    if size:
        assert LEAST <= n // size <= 40


@pytest.mark.parametrize(("memory", "least"), [(0.0, 10), (0.8, 30), (0.95, 100)])
def test_the_longer_the_memory_the_longer_the_batches(memory: float, least: int) -> None:
    """What is left hangs together with the next by less than a tenth."""
    y = 100 + chain(40_000, memory, seed=4)
    size = batches(y, np.ones(len(y)))
    assert size >= least
    means = joined(y, size)
    away = means - means.mean()
    assert abs((away[1:] * away[:-1]).sum() / (away * away).sum()) < 0.4


def test_a_run_that_never_forgets_is_too_short() -> None:
    walk = np.cumsum(np.random.default_rng(1).normal(size=1000))
    assert batches(walk, np.ones(1000)) == 0


def test_where_nothing_happened_there_are_no_batches() -> None:
    assert batches(np.zeros(500), np.zeros(500)) == 0


def test_joining_leaves_out_the_beginning() -> None:
    assert joined(np.arange(7.0), 3).tolist() == [6.0, 15.0]


@pytest.mark.slow
def test_intervals_from_one_run_hold_the_truth_as_often_as_they_say() -> None:
    """M/M/11+M at 10 erlangs: 200 simulations of one run of five days each."""
    truth = erlang_a(load_erlangs=10, handle_s=180, patience_s=120, agents=11)
    model = team(11, per_h=200, handle_s=180, days=5)
    held = {"service_level.of_offered": 0, "mean_wait_s": 0, "abandoned": 0}
    wanted = (truth.service_level.of_offered, truth.mean_wait_s, truth.p_abandon)
    for seed in range(200):
        figures = simulate(model, seed=seed, replications=1, warm_up=7200.0).figures("contacts")
        for name, value in zip(held, wanted, strict=True):
            figure = figures[name]
            assert isinstance(figure, Estimate)
            assert "batches of one run" in figure.method
            held[name] += figure.low <= float(value) <= figure.high
    for name, count in held.items():
        assert 0.88 <= count / 200 <= 0.99, (name, count)
