"""Durations in the kernels are the laws' own quantiles, to the microsecond."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from andon.queueing._kernels import laws as kernels
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
from andon.queueing.simulator.plan import Laws

LAWS: list[Law] = [
    Exponential(mean_s=240),
    Weibull(scale_s=90, shape=0.6),
    Weibull(scale_s=90, shape=3.0),
    Lognormal(median_s=200, sigma=0.9),
    Gamma(mean_s=300, cv=0.5),
    Gamma(mean_s=300, cv=2.0),
    Fixed(value_s=45),
    Empirical(at_s=[0, 10, 60, 600], share=[0, 0.2, 0.7, 1]),
    Empirical(at_s=[0, 0, 120], share=[0, 0.1, 0.55]),
    Never(),
]
within = st.floats(2**-52, 1 - 2**-52)


def drawn(law: Law, u: np.ndarray) -> np.ndarray:
    """Durations by the kernel for blocks, in ticks."""
    laws = Laws.of([Exponential(mean_s=1), law])
    n = len(u)
    out = np.empty(n, dtype=np.int64)
    whole, part, logs = np.empty(n), np.empty(n), np.empty(n)
    (begin, end), (p0, p1) = laws.spans[1], laws.numbers[1]
    kernels.durations_of_block(
        u, n, laws.kinds[1], p0, p1, begin, end, laws.at_s, laws.share, whole, part, logs, out
    )
    one = [
        kernels.duration(each, laws.kinds[1], p0, p1, begin, end, laws.at_s, laws.share)
        for each in u[:50]
    ]
    assert one == out[:50].tolist()
    return out


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_a_duration_is_the_laws_quantile(law: Law) -> None:
    u = np.linspace(2e-4, 1 - 2e-4, 4001)
    told = law.quantile(1 - u)
    got = drawn(law, u)
    never = np.isinf(told)
    assert (got[never] == kernels.NEVER).all()
    # A law without a quick inverse is drawn from straight lines.
    close = 1e-3 if isinstance(law, Gamma) else 1e-9
    assert got[~never] / kernels.TICKS == pytest.approx(told[~never], rel=close, abs=2e-6)


@pytest.mark.parametrize("law", [law for law in LAWS if math.isfinite(law.mean_s)], ids=str)
def test_the_mean_of_what_is_drawn_is_the_laws_mean(law: Law) -> None:
    # The middle of 2**20 equal parts: no chance in it, only what lies in the tails is missed.
    u = (np.arange(1 << 20) + 0.5) / (1 << 20)
    close = 2e-3 if law.cv2 > 1 else 2e-5
    assert drawn(law, u).mean() / kernels.TICKS == pytest.approx(law.mean_s, rel=close)


@settings(deadline=None)
@given(u=within)
def test_the_logarithm_is_right_and_the_same_for_one_and_for_many(u: float) -> None:
    out, whole, part = np.empty(1), np.empty(1), np.empty(1)
    kernels.minus_logs(np.array([u]), 1, whole, part, out)
    assert kernels.minus_log(u) == out[0]
    assert out[0] == pytest.approx(-math.log(u), rel=4e-16, abs=1e-300)


@settings(deadline=None)
@given(u=within)
def test_the_normal_quantile_is_right(u: float) -> None:
    assert kernels.normal_above(u) == pytest.approx(-special.ndtri(u), rel=1e-14, abs=1e-15)


@pytest.mark.parametrize("law", LAWS, ids=str)
@settings(deadline=None, max_examples=50)
@given(u=within, v=within)
def test_the_smaller_number_is_never_the_shorter_duration(law: Law, u: float, v: float) -> None:
    low, high = drawn(law, np.array([max(u, v), min(u, v)]))
    assert low <= high
