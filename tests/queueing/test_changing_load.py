"""Offered load: against its definition, the closed form of sinusoids, and what must always hold."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.queueing.changing_load import agents_following, load_lag_s, offered_load
from andon.queueing.intervals import Before
from andon.queueing.laws import (
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    Law,
    Lognormal,
    Never,
    Weibull,
)
from oracles import offered_load as oracle

STEP = 900.0
BEFORES: tuple[Before, ...] = ("nobody", "steady", "periodic")

laws = st.one_of(
    st.builds(Exponential, mean_s=st.floats(5, 6000)),
    st.builds(Fixed, value_s=st.floats(5, 6000)),
    st.builds(Weibull, scale_s=st.floats(5, 4000), shape=st.floats(0.6, 4)),
    st.builds(Lognormal, median_s=st.floats(5, 2000), sigma=st.floats(0.1, 1.2)),
    st.builds(Gamma, mean_s=st.floats(5, 4000), cv=st.floats(0.2, 1.5)),
    st.builds(
        Empirical.of_values, st.lists(st.integers(1, 5000).map(float), min_size=1, max_size=20)
    ),
)
days = st.lists(st.floats(0, 200), min_size=2, max_size=8)


def _survival(law: Exponential | Fixed) -> tuple[Callable[[float], float], float, list[float]]:
    if isinstance(law, Exponential):
        mean = law.mean_s
        return (lambda v: math.exp(-float(v) / mean)), 45 * mean, [mean / 4, mean, 4 * mean]
    value = law.value_s
    return (lambda v: float(v < value)), value, [value]


@given(
    law=st.one_of(
        st.builds(Exponential, mean_s=st.floats(60, 2500)),
        st.builds(Fixed, value_s=st.floats(60, 4000)),
    ),
    day=st.lists(st.floats(0, 200), min_size=3, max_size=5),
    when=st.integers(0, 50_000).map(lambda tenths: tenths / 10),
    line=st.booleans(),
    before=st.sampled_from(BEFORES),
)
@settings(deadline=None, max_examples=40)
def test_the_load_agrees_with_its_definition(
    law: Exponential | Fixed, day: list[float], when: float, line: bool, before: Before
) -> None:
    survival, longest, kinks = _survival(law)
    found = offered_load(
        arrivals_per_h=day,
        interval_s=STEP,
        handle=law,
        at_s=when,
        before=before,
        rates="line" if line else "steps",
    )
    expected = oracle.load(
        [rate / 3600 for rate in day],
        STEP,
        survival,
        when,
        longest=longest,
        kinks=kinks,
        line=line,
        before=before,
    )
    assert found.load_erlangs[0] == pytest.approx(expected, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("law", [Exponential(mean_s=5000), Fixed(value_s=7000)])
@pytest.mark.parametrize("period", [3600.0, 21_600.0, 86_400.0])
def test_a_sinusoid_gives_the_closed_form(law: Exponential | Fixed, period: float) -> None:
    k, mean, share = 2048, 120.0, 0.7
    at = np.linspace(0, period, 17)
    edges = np.arange(k + 1) * period / k
    found = offered_load(
        arrivals_per_h=mean * (1 + share * np.sin(2 * np.pi * edges / period)),
        interval_s=period / k,
        handle=law,
        at_s=at,
        before="periodic",
        rates="line",
    )
    omega = 2 * math.pi / period
    if isinstance(law, Exponential):
        response = oracle.exponential_response(law.mean_s, omega)
    else:
        response = oracle.fixed_response(law.value_s, omega)
    expected = [
        mean / 3600 * law.mean_s + oracle.sinusoid(mean / 3600, share, period, response, t)
        for t in at
    ]
    # Straight lines between 2,048 points leave the sine by 8 in 10^7.
    assert found.load_erlangs == pytest.approx(np.array(expected), rel=2e-6)


@given(law=laws, day=days, before=st.sampled_from(BEFORES), line=st.booleans())
@settings(deadline=None, max_examples=60)
def test_edges_and_any_instants_are_told_alike(
    law: Law, day: list[float], before: Before, line: bool
) -> None:
    rates: str = "line" if line else "steps"
    k = len(day) - line
    whole = offered_load(
        arrivals_per_h=day,
        interval_s=STEP,
        handle=law,
        before=before,
        rates=rates,  # type: ignore[arg-type]
    )
    single = offered_load(
        arrivals_per_h=day,
        interval_s=STEP,
        handle=law,
        at_s=np.arange(k + 1) * STEP,
        before=before,
        rates=rates,  # type: ignore[arg-type]
    )
    # Older than 300,000 intervals nobody is looked at one by one: there the tails are thin.
    scale = max(1.0, max(day) * law.mean_s / 3600)
    assert whole.load_erlangs == pytest.approx(single.load_erlangs, rel=1e-9, abs=1e-10 * scale)


@given(law=laws, day=days, line=st.booleans())
@settings(deadline=None, max_examples=60)
def test_a_repeating_days_mean_load_is_mean_rate_times_mean_handle_time(
    law: Law, day: list[float], line: bool
) -> None:
    found = offered_load(
        arrivals_per_h=day,
        interval_s=STEP,
        handle=law,
        before="periodic",
        rates="line" if line else "steps",
    )
    mean = np.mean((np.array(day)[1:] + np.array(day)[:-1]) / 2) if line else np.mean(day)
    assert found.interval_erlangs.mean() == pytest.approx(mean * law.mean_s / 3600, rel=1e-9)


@given(law=laws, rate=st.floats(1, 500), before=st.sampled_from(["steady", "periodic"]))
@settings(deadline=None)
def test_constant_arrivals_bring_the_same_load_whatever_the_law(
    law: Law, rate: float, before: Before
) -> None:
    found = offered_load(arrivals_per_h=[rate] * 5, interval_s=STEP, handle=law, before=before)
    load = rate * law.mean_s / 3600
    assert found.load_erlangs == pytest.approx(np.full(6, load), rel=1e-9)
    assert found.interval_erlangs == pytest.approx(np.full(5, load), rel=1e-9)


@given(law=laws, day=days)
@settings(deadline=None, max_examples=40)
def test_all_work_that_came_is_done_in_the_end(law: Law, day: list[float]) -> None:
    tail = [0.0] * 40
    found = offered_load(arrivals_per_h=day + tail, interval_s=STEP * 8, handle=law)
    came = sum(day) / 3600 * STEP * 8 * law.mean_s
    done = float(found.interval_erlangs.sum()) * STEP * 8
    lasts = float(law.survival(40 * STEP * 8))
    assert done <= came * (1 + 1e-9)
    if lasts < 1e-6:
        assert done == pytest.approx(came, rel=1e-3)


@given(law=laws, day=days, before=st.sampled_from(BEFORES), line=st.booleans())
@settings(deadline=None, max_examples=15)
def test_interval_means_are_the_mean_of_many_instants(
    law: Law, day: list[float], before: Before, line: bool
) -> None:
    k, parts = len(day) - line, 100
    at = (np.arange(k * parts) + 0.5) * STEP / parts
    found = offered_load(
        arrivals_per_h=day,
        interval_s=STEP,
        handle=law,
        at_s=at,
        before=before,
        rates="line" if line else "steps",
    )
    means = found.load_erlangs.reshape(k, parts).mean(axis=1)
    assert found.interval_erlangs == pytest.approx(means, rel=1e-3, abs=1e-2)


def test_days_are_told_apart_along_the_last_axis() -> None:
    rng = np.random.default_rng(1)
    rates = rng.uniform(0, 100, (2, 3, 6))
    law = Lognormal(median_s=600, sigma=0.8)
    for before in BEFORES:
        at = np.array([0.0, 1000.0, 5000.0])
        many = offered_load(
            arrivals_per_h=rates, interval_s=STEP, handle=law, before=before, at_s=at
        )
        one = offered_load(
            arrivals_per_h=rates[1, 2], interval_s=STEP, handle=law, before=before, at_s=at
        )
        assert many.load_erlangs.shape == (2, 3, 3)
        assert many.load_erlangs[1, 2] == pytest.approx(one.load_erlangs)
        assert many.interval_erlangs[1, 2] == pytest.approx(one.interval_erlangs)


def test_slow_arrivals_are_followed_one_mean_remainder_later() -> None:
    law = Gamma(mean_s=900, cv=0.5)
    assert load_lag_s(handle=law) == pytest.approx(900 * 1.25 / 2)
    at = np.array([20_000.0, 40_000.0])
    edges = np.arange(97) * STEP
    found = offered_load(
        arrivals_per_h=50 + edges / 1000, interval_s=STEP, handle=law, rates="line", at_s=at
    )
    # On a straight line the lag is exact: R(t) = E[S] lambda(t - E[S_e]).
    expected = (50 + (at - load_lag_s(handle=law)) / 1000) * 900 / 3600
    assert found.load_erlangs == pytest.approx(expected, rel=1e-9)


def test_a_handle_time_that_is_tiny_beside_the_interval_is_not_overlooked() -> None:
    found = offered_load(
        arrivals_per_h=[100, 300],
        interval_s=86_400,
        handle=Exponential(mean_s=0.01),
        before="nobody",
    )
    first = 100 * 0.01 / 3600 * (1 - 0.01 / 86_400)
    assert found.interval_erlangs[0] == pytest.approx(first, rel=1e-12)


@pytest.mark.parametrize(
    "law",
    [
        Empirical.of_values([1, 201]),
        Empirical.of_values([1, 1, 14, 33, 33]),
        Fixed(value_s=901.0),
        Gamma(mean_s=900, cv=0.001),
        Lognormal(median_s=450, sigma=1e-6),
        Weibull(scale_s=900, shape=40),
    ],
    ids=repr,
)
def test_a_bend_close_to_a_cells_end_is_not_overlooked(law: Law) -> None:
    # Arrivals rise from 0 on a straight line: R is the second integral of survival, the mean of it
    # over the interval the third. Both by many small cells.
    x = np.linspace(0, STEP, 400_001)
    first = np.asarray(law.integrated_survival(x))
    second = np.concatenate(([0.0], np.cumsum((first[1:] + first[:-1]) / 2))) * x[1]
    third = float(((second[1:] + second[:-1]) / 2).sum()) * x[1]
    slope = 3600 / STEP / 3600  # one an hour at the end
    at, edges = (
        offered_load(arrivals_per_h=[0, 3600], interval_s=STEP, handle=law, rates="line", at_s=each)
        for each in ([STEP], None)
    )
    assert at.load_erlangs[0] == pytest.approx(second[-1] * slope, rel=1e-9)
    assert edges.load_erlangs[1] == pytest.approx(second[-1] * slope, rel=1e-9)
    assert edges.interval_erlangs[0] == pytest.approx(third * slope / STEP, rel=1e-9)


def test_heavy_tails_that_outlast_many_days_keep_the_mean() -> None:
    law = Lognormal(median_s=86_400, sigma=2.0)
    day = np.concatenate((np.zeros(16), np.full(20, 60.0), np.zeros(12)))
    found = offered_load(arrivals_per_h=day, interval_s=1800, handle=law, before="periodic")
    assert found.interval_erlangs.mean() == pytest.approx(day.mean() * law.mean_s / 3600, rel=1e-12)


def test_agents_follow_a_load_by_its_square_roots() -> None:
    found = agents_following(load_erlangs=[[0, 1, 100], [2, 400, 1_000_000]], beta=1)
    assert found.tolist() == [[0, 2, 110], [4, 420, 1_001_000]]
    assert agents_following(load_erlangs=9, beta=-4) == 0
    with pytest.raises(QueueingError, match="beta"):
        agents_following(load_erlangs=9, beta=math.nan)
    with pytest.raises(QueueingError, match="load_erlangs"):
        agents_following(load_erlangs=-9, beta=1)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"arrivals_per_h": [-1.0, 2.0]}, "arrivals_per_h"),
        ({"arrivals_per_h": [math.nan]}, "arrivals_per_h"),
        ({"arrivals_per_h": []}, "arrivals_per_h"),
        ({"arrivals_per_h": 5.0}, "arrivals_per_h"),
        ({"arrivals_per_h": [5.0], "rates": "line"}, "arrivals_per_h"),
        ({"interval_s": 0.0}, "interval_s"),
        ({"interval_s": [60.0]}, "interval_s"),
        ({"at_s": [-1.0]}, "at_s"),
        ({"before": "yesterday"}, "before"),
        ({"handle": Never()}, "handle"),
    ],
)
def test_input_that_cannot_be_is_refused_by_its_name(wrong: dict[str, object], field: str) -> None:
    given_: dict[str, object] = {
        "arrivals_per_h": [10.0, 20.0],
        "interval_s": 900.0,
        "handle": Exponential(mean_s=60),
    }
    with pytest.raises(QueueingError) as caught:
        offered_load(**(given_ | wrong))  # type: ignore[arg-type]
    assert field in str(caught.value)
    assert caught.value.todo
