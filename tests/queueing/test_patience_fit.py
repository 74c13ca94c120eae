"""Fitted patience: its slow twin, a published fit, and whether intervals hold the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp

from andon.errors import QueueingError
from andon.queueing.laws import Exponential, Law, Lognormal, Weibull
from andon.queueing.patience_fit import Fit, FittedLaw, fit_patience
from andon.queueing.wait_counts import WaitCounts
from oracles import patience_fit as oracle

LAWS: tuple[FittedLaw, ...] = ("exponential", "weibull", "lognormal")
REMISSION_WEEKS = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
RELAPSED = [True] * 9 + [False] * 12


def parameters(law: object) -> list[float]:
    return [float(getattr(law, name)) for name in type(law).__slots__]  # type: ignore[attr-defined]


def _waits(law: Law, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    patience, answered = law.quantile(rng.random(n)), rng.exponential(60, n)
    return np.minimum(patience, answered), patience < answered


def test_a_published_weibull_is_met() -> None:
    """6-MP: 9 relapses in 359 weeks; R's survreg: intercept 3.519, scale 0.739."""
    fit = fit_patience(REMISSION_WEEKS, RELAPSED, law="weibull")
    assert isinstance(fit.law, Weibull)
    assert math.log(fit.law.scale_s) == pytest.approx(3.519, abs=5e-4)
    assert 1 / fit.law.shape == pytest.approx(0.739, abs=5e-4)
    rate = fit_patience(REMISSION_WEEKS, RELAPSED, law="exponential")
    assert rate.law == Exponential(mean_s=359 / 9)


@given(
    rows=st.lists(
        st.tuples(st.floats(0.5, 300), st.sampled_from([True, True, False])),
        min_size=12,
        max_size=25,
        unique=True,
    ).filter(lambda rows: sum(g for _, g in rows) >= 5),
    law=st.sampled_from(LAWS),
    width=st.sampled_from([None, 1.0, 20.0]),
)
@settings(deadline=None, max_examples=40)
def test_the_fit_is_where_the_likelihood_is_flat_and_its_doubt_how_it_bends(
    rows: list[tuple[float, bool]], law: FittedLaw, width: float | None
) -> None:
    counts = WaitCounts.of([w for w, _ in rows], [g for _, g in rows], width_s=width)
    if (counts.gave_up > 0).sum() < 4:
        return
    fit = fit_patience(counts.at_s, counts.gave_up, counts.otherwise, law=law, width_s=width)
    each = [(w if width is None else math.ceil(w / width) * width, g) for w, g in rows]
    with mp.workdps(30):
        found = parameters(fit.law)
        height = oracle.log_likelihood(each, law, [mp.mpf(p) for p in found], width or 0.0)
        slope, information = oracle.slope_and_information(each, law, found, width or 0.0)
    assert fit.log_likelihood == pytest.approx(float(height), rel=1e-9)
    spread = np.linalg.inv(np.array(information))
    errors = np.sqrt(np.diag(spread))
    assert np.abs(np.array(slope) * errors).max() < 1e-4  # parts of a standard error
    estimates = [fit.time_s] if fit.shape is None else [fit.time_s, fit.shape]
    for estimate, error in zip(estimates, errors, strict=True):
        assert math.log(estimate.high / estimate.value) == pytest.approx(1.959964 * error, rel=1e-3)


def test_binned_waits_are_fitted_as_bins() -> None:
    waits, gave_up = _waits(Weibull(scale_s=100, shape=0.6), 50_000, seed=1)
    single = fit_patience(waits, gave_up)
    counts = WaitCounts.of(waits, gave_up, width_s=5)
    binned = fit_patience(counts.at_s, counts.gave_up, counts.otherwise, width_s=5)
    naive = fit_patience(counts.at_s, counts.gave_up, counts.otherwise)
    assert binned.time_s.value == pytest.approx(single.time_s.value, rel=0.02)
    assert binned.law.cv2 == pytest.approx(single.law.cv2, rel=0.03)
    assert naive.law.cv2 < 0.8 * single.law.cv2


def test_a_thousand_million_waits_are_fitted_from_their_counts() -> None:
    waits, gave_up = _waits(Lognormal(median_s=60, sigma=1), 20_000, seed=2)
    counts = WaitCounts.of(waits, gave_up, width_s=1)
    few = fit_patience(counts.at_s, counts.gave_up, counts.otherwise, law="lognormal", width_s=1)
    many = fit_patience(
        counts.at_s, 50_000 * counts.gave_up, 50_000 * counts.otherwise, law="lognormal", width_s=1
    )
    assert many.n == 1_000_000_000
    assert many.time_s.value == pytest.approx(few.time_s.value, rel=1e-6)
    assert many.time_s.high / many.time_s.value - 1 == pytest.approx(
        (few.time_s.high / few.time_s.value - 1) / math.sqrt(50_000), rel=0.02
    )


def test_alike_waits_widen_the_intervals() -> None:
    plain = fit_patience(REMISSION_WEEKS, RELAPSED)
    wide = fit_patience(REMISSION_WEEKS, RELAPSED, design_effect=4)
    for a, b in ((plain.time_s, wide.time_s), (plain.mean_s, wide.mean_s)):
        assert math.log(b.high / b.value) == pytest.approx(2 * math.log(a.high / a.value))
    assert "alike" in wide.mean_s.method


@pytest.mark.parametrize("law", LAWS)
def test_the_right_law_lies_close_to_the_curve_and_a_wrong_one_does_not(law: FittedLaw) -> None:
    laws: dict[FittedLaw, Law] = {
        "exponential": Exponential(mean_s=90),
        "weibull": Weibull(scale_s=90, shape=0.6),
        "lognormal": Lognormal(median_s=60, sigma=1.2),
    }
    true = laws[law]
    waits, gave_up = _waits(true, 40_000, seed=3)
    fits = {each: fit_patience(waits, gave_up, law=each) for each in LAWS}
    right = fits[law]
    assert right.largest_gap < 0.02
    assert right.largest_gap_deviations < 3.5
    for each in LAWS:
        if each != law and not (law == "exponential" and each == "weibull"):
            assert fits[each].largest_gap_deviations > 3.5
            assert fits[each].log_likelihood < right.log_likelihood - 2
            assert fits[each].largest_gap > right.largest_gap


def test_a_gap_is_found_where_few_waited() -> None:
    fit = fit_patience([*range(1, 40), 50, 60], [False] * 39 + [True, True])
    assert 0 <= fit.largest_gap <= 1
    assert fit.largest_gap_at_s in {50, 60}


@pytest.mark.parametrize(
    ("waits", "gave_up", "law", "says"),
    [
        ([1.0, 2.0], [False, False], "exponential", "Nobody gave up"),
        ([0.0, 2.0], [True, True], "weibull", "exactly 0 s"),
        ([2.0, 2.0, 3.0], [True, True, False], "lognormal", "same time"),
        ([2.0], [True, False], "weibull", "same length"),
    ],
)
def test_waits_that_tell_no_law_are_refused(
    waits: list[float], gave_up: list[bool], law: FittedLaw, says: str
) -> None:
    with pytest.raises(QueueingError, match=says):
        fit_patience(waits, gave_up, law=law)
    with pytest.raises(QueueingError, match="design_effect"):
        fit_patience([1, 2], [True, True], design_effect=0.5)
    with pytest.raises(QueueingError, match="width_s"):
        fit_patience([1, 2], [True, True], width_s=-1)


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
def test_95_of_100_intervals_hold_the_truth(law: FittedLaw) -> None:
    laws: dict[FittedLaw, Law] = {
        "exponential": Exponential(mean_s=90),
        "weibull": Weibull(scale_s=90, shape=0.7),
        "lognormal": Lognormal(median_s=60, sigma=1.1),
    }
    true = laws[law]
    runs, held, far = 400, np.zeros(3), 0
    for seed in range(runs):
        waits, gave_up = _waits(true, 400, seed=1000 + seed)
        fit: Fit = fit_patience(waits, gave_up, law=law)
        truth = parameters(true)
        held[0] += fit.time_s.low <= truth[0] <= fit.time_s.high
        held[1] += fit.shape is None or fit.shape.low <= truth[1] <= fit.shape.high
        held[2] += fit.mean_s.low <= true.mean_s <= fit.mean_s.high
        far += fit.largest_gap_deviations > 3.5
    least = np.array([0.92, 0.92 if law != "exponential" else 1.0, 0.92])
    assert np.all(held / runs >= least), held / runs
    assert np.all(held[[0, 2]] / runs <= 0.98), held / runs
    assert far / runs <= 0.02
