"""Ratios over replications: the jackknife against its slow twin, and how often intervals hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from andon.errors import QueueingError
from andon.estimate import Estimate, Unknown
from andon.queueing.erlang import erlang_a
from andon.queueing.simulator.replications import along, difference, estimate
from andon.queueing.simulator.runs import simulate
from oracles import simulated as oracle
from simulated import team

pairs = st.lists(
    st.tuples(st.integers(0, 50), st.integers(1, 60)).map(lambda p: (min(p), p[1])),
    min_size=2,
    max_size=30,
)


def arrays(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    return (
        np.array([float(y) for y, _ in rows]),
        np.array([float(x) for _, x in rows]),
    )


@given(rows=pairs)
@settings(deadline=None)
def test_an_amount_agrees_with_its_definition(rows: list[tuple[int, int]]) -> None:
    y, x = arrays(rows)
    found = estimate(y, x, unit="s", kind="amount", n=1)
    value, error = oracle.jackknife(list(y), list(x))
    if isinstance(found, Unknown):
        assert error < 1e-9
        return
    half = stats.t.ppf(0.975, len(rows) - 1) * error
    assert found.value == pytest.approx(value)
    assert found.high == pytest.approx(value + half)
    assert found.low == pytest.approx(max(0.0, value - half), abs=1e-12)


@given(rows=pairs, level=st.sampled_from([0.8, 0.95, 0.99]))
@settings(deadline=None)
def test_a_share_of_contacts_is_wilsons_at_the_n_that_leaves_the_same_spread(
    rows: list[tuple[int, int]], level: float
) -> None:
    y, x = arrays(rows)
    found = estimate(y, x, unit="share", kind="contacts", n=1, level=level)
    assert isinstance(found, Estimate)
    p, error = oracle.jackknife(list(y), list(x))
    n = min(p * (1 - p) / error**2 if error > 1e-12 else math.inf, x.sum())
    quantile = stats.t.ppf(0.5 + level / 2, len(rows) - 1)
    # Wilson's ends are where a normal test with that n would just not reject.
    for end in (found.low, found.high):
        if 0 < end < 1:
            assert abs(p - end) == pytest.approx(
                quantile * math.sqrt(end * (1 - end) / n), rel=1e-6, abs=1e-9
            )
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(rows=pairs)
@settings(deadline=None)
def test_a_difference_with_itself_is_nothing_and_its_parts_need_not_be(
    rows: list[tuple[int, int]],
) -> None:
    found, sharper = difference(arrays(rows), arrays(rows), unit="share", n=1)
    assert isinstance(found, Estimate)
    assert found.value == found.low == found.high == 0
    assert found.unit == "points"
    assert math.isnan(sharper)


@given(first=pairs, seed=st.integers(0, 99))
@settings(deadline=None)
def test_a_difference_agrees_with_its_definition(first: list[tuple[int, int]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, x = arrays(first)
    z = y + rng.integers(0, 5, len(y)).astype(np.float64)
    found, _ = difference((y, x), (z, x), unit="s", n=1)
    assert isinstance(found, Estimate)
    gaps = [
        (z.sum() - z[i]) / (x.sum() - x[i]) - (y.sum() - y[i]) / (x.sum() - x[i])
        for i in range(len(y))
    ]
    error = math.sqrt((len(y) - 1) / len(y) * sum((g - np.mean(gaps)) ** 2 for g in gaps))
    half = stats.t.ppf(0.975, len(y) - 1) * error
    assert found.value == pytest.approx(z.sum() / x.sum() - y.sum() / x.sum())
    assert found.high - found.value == pytest.approx(half, abs=1e-9)


def test_a_series_is_the_estimate_of_every_interval() -> None:
    rng = np.random.default_rng(3)
    x = rng.integers(5, 40, (12, 7)).astype(float)
    y = np.floor(x * rng.random((12, 7)))
    found = along(
        y, x, unit="share", kind="contacts", from_s=np.linspace(0, 5400, 7), interval_s=900.0
    )
    for i in range(7):
        alone = estimate(y[:, i], x[:, i], unit="share", kind="contacts", n=1)
        assert isinstance(alone, Estimate)
        assert found.value[i] == pytest.approx(alone.value)
        assert found.low[i] == pytest.approx(alone.low)
        assert found.high[i] == pytest.approx(alone.high)


def test_an_interval_in_which_nobody_came_is_not_known_and_not_zero() -> None:
    y, x = np.zeros((4, 2)), np.array([[0.0, 3.0]] * 4)
    found = along(y, x, unit="share", kind="contacts", from_s=np.zeros(2), interval_s=1.0)
    assert np.isnan(found.value[0])
    assert np.isnan(found.high[0])
    assert found.value[1] == 0
    assert found.high[1] > 0


def test_what_was_never_seen_may_still_happen() -> None:
    """None of 300 gave up: the interval is Wilson's, as if contacts were independent."""
    nobody = estimate(np.zeros(3), np.full(3, 100.0), unit="share", kind="contacts", n=300)
    assert isinstance(nobody, Estimate)
    assert nobody.low == 0
    assert 0.01 < nobody.high < 0.1
    count = estimate(np.zeros(3), np.ones(3), unit="count", kind="amount", n=300)
    assert isinstance(count, Estimate)
    assert (count.value, count.low) == (0, 0)
    assert count.high == pytest.approx(-math.log(0.025) / 3)


@pytest.mark.parametrize(
    ("y", "x", "why"),
    [
        ([0.0, 0.0], [0.0, 0.0], "nothing happened"),
        ([5.0], [9.0], "one run alone"),
        ([2.0, 4.0], [1.0, 2.0], "every replication gave the same"),
    ],
)
def test_what_cannot_be_told_says_why(y: list[float], x: list[float], why: str) -> None:
    found = estimate(np.array(y), np.array(x), unit="s", kind="amount", n=1)
    assert isinstance(found, Unknown)
    assert why in found.why


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, math.nan])
def test_a_level_that_is_none_is_an_error(level: float) -> None:
    y = np.array([1.0, 2.0])
    with pytest.raises(QueueingError, match="level"):
        estimate(y, y + 1, unit="s", kind="amount", n=1, level=level)


@pytest.mark.slow
@pytest.mark.parametrize(("agents", "replications"), [(11, 5), (11, 20), (16, 10)])
def test_intervals_from_few_replications_hold_the_truth_as_often_as_they_say(
    agents: int, replications: int
) -> None:
    """M/M/n+M at 10 erlangs, whose truth is known: 300 simulations of short runs each."""
    truth = erlang_a(load_erlangs=10, handle_s=180, patience_s=120, agents=agents)
    model = team(agents, per_h=200, handle_s=180)
    wanted = {
        "service_level.of_offered": float(truth.service_level.of_offered),
        "abandoned": float(truth.p_abandon),
        "mean_wait_s": float(truth.mean_wait_s),
        "occupancy": float(truth.occupancy),
    }
    held = dict.fromkeys(wanted, 0)
    for seed in range(300):
        found = simulate(model, seed=seed, replications=replications, warm_up=3600.0)
        figures = {**found.figures("contacts"), **found.figures("staff")}
        for name, value in wanted.items():
            figure = figures[name]
            assert isinstance(figure, Estimate)
            held[name] += figure.low <= value <= figure.high
    for name, count in held.items():
        assert 0.90 <= count / 300 <= 0.99, (name, count)
