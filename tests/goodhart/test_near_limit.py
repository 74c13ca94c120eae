"""The band at a limit against the bands around it: nothing found where there is nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.near_limit import (
    BANDS,
    NEAR,
    NearLimit,
    band_of,
    beyond_own,
    expected_near,
    grouped,
    near_limit,
    refuse_no_sides,
    width_of,
)

Floats = npt.NDArray[np.float64]


def drawn(
    seed: int, rates: npt.ArrayLike, *, groups: int = 200, each: float = 8.0
) -> tuple[Floats, Floats]:
    """Counts of what happens by group and band, with rates of the groups' own around those given.

    Bases fall from band to band, as the numbers of contacts that last so long do.
    """
    rng = np.random.default_rng(seed)
    x = rng.poisson(each * 0.85 ** np.arange(BANDS), (groups, BANDS)).astype(float)
    habit = rng.gamma(4, 0.25, (groups, 1))
    return rng.binomial(x.astype(int), np.clip(np.asarray(rates) * habit, 0, 1)).astype(float), x


def asked(seed: int, rates: npt.ArrayLike, **options: float) -> NearLimit:
    y, x = drawn(seed, rates, **options)  # type: ignore[arg-type]
    return near_limit(y, x, x.sum(axis=0), limit_s=600, near_s=30)


def test_a_trend_that_bends_is_not_an_excess() -> None:
    bent = 0.3 * np.exp(-0.25 * np.arange(BANDS))
    found = [asked(seed, bent) for seed in range(60)]
    assert sum(each.p_value < 0.05 for each in found) <= 7
    held = [e.low <= 0 <= e.high for f in found if isinstance(e := f.excess, Estimate)]
    assert len(held) == 60
    assert sum(held) >= 52


@pytest.mark.slow
def test_no_more_than_chance_allows_is_flagged_where_there_is_nothing() -> None:
    bent = 0.3 * np.exp(-0.25 * np.arange(BANDS))
    found = [asked(seed, bent, groups=100) for seed in range(1000, 1400)]
    assert 0.02 < np.mean([each.p_value < 0.05 for each in found]) < 0.08
    held = [e.low <= 0 <= e.high for f in found if isinstance(e := f.excess, Estimate)]
    assert 0.92 < np.mean(held) < 0.98


def test_an_excess_is_found_with_its_size() -> None:
    rates = np.full(BANDS, 0.1)
    rates[NEAR] += 0.08
    found = [asked(seed, rates) for seed in range(30)]
    assert all(each.p_value < 0.05 for each in found)
    sizes = [e for f in found if isinstance(e := f.excess, Estimate)]
    assert np.mean([each.value for each in sizes]) == pytest.approx(0.08, abs=0.005)
    assert sum(each.low <= 0.08 <= each.high for each in sizes) >= 25
    steps = [e.value for f in found if isinstance(e := f.step, Estimate)]
    assert np.mean(steps) == pytest.approx(0.08, abs=0.008)


CURVES = st.tuples(st.floats(0.1, 1), st.floats(-0.1, 0.1), st.floats(-0.02, 0.02))
BASES = st.lists(st.floats(1, 100), min_size=7, max_size=7)
STEPS = np.arange(BANDS) - NEAR


def totals(base: list[float], rate: Floats) -> dict[str, Floats]:
    x, y = np.array(base), np.array(base) * rate
    y[NEAR] = 7.0  # the band itself is not asked
    return {f"x{i}": x[[i]] for i in range(BANDS)} | {f"y{i}": y[[i]] for i in range(BANDS)}


@given(BASES, CURVES)
def test_the_logarithm_of_a_rate_is_continued_whatever_the_weights(
    base: list[float], curve: tuple[float, float, float]
) -> None:
    rate = np.exp(curve[0] + curve[1] * STEPS + curve[2] * STEPS**2)
    assert expected_near(totals(base, rate))[0] == pytest.approx(np.exp(curve[0]), rel=1e-6)


@given(BASES, CURVES)
def test_a_rate_that_can_be_negative_is_continued_itself(
    base: list[float], curve: tuple[float, float, float]
) -> None:
    rate = -curve[0] + curve[1] * STEPS + curve[2] * STEPS**2
    assert expected_near(totals(base, rate), signed=True)[0] == pytest.approx(-curve[0], abs=1e-6)


def test_where_the_bands_around_follow_no_curve_nothing_is_said() -> None:
    saw = 0.2 + 0.1 * (-1.0) ** np.arange(BANDS)
    found = asked(1, saw)
    assert found.misfit < 0.001
    assert isinstance(found.excess, Unknown)
    assert "smooth" in found.excess.why
    assert np.isnan(found.p_value)
    assert isinstance(found.near, Estimate)
    smooth = [asked(seed, np.full(BANDS, 0.2)).misfit for seed in range(60)]
    assert sum(each < 0.05 for each in smooth) <= 7


def test_what_is_just_at_the_limit_is_within_it() -> None:
    ends = [479.9, 480.0, 480.1, 510.0, 570.0, 570.1, 600.0, 600.1, 690.0, 690.1]
    assert band_of(ends, limit_s=600, near_s=30).tolist() == [-1, -1, 0, 0, 2, 3, 3, 4, 6, 7]


def test_amounts_are_added_up_by_group_and_band_and_none_is_lost_inside() -> None:
    cluster = np.array([5, 5, 9, 9, 9])
    band = np.array([3, 3, 0, -1, 7])
    assert grouped(cluster, band, [1.0, 2.0, 4.0, 8.0, 16.0]).tolist() == [
        [0, 0, 0, 3, 0, 0, 0],
        [4, 0, 0, 0, 0, 0, 0],
    ]
    rng = np.random.default_rng(1)
    many = grouped(rng.integers(0, 3000, 5000), rng.integers(0, BANDS, 5000), 1.0)
    assert many.sum() == 5000
    assert many.shape == (500, BANDS)


def test_with_few_nothing_is_said() -> None:
    x = np.full((5, BANDS), 40.0)
    few_groups = near_limit(x / 2, x, x.sum(axis=0), limit_s=600, near_s=30)
    assert isinstance(few_groups.excess, Unknown)
    assert "5 groups of customers" in few_groups.excess.why
    assert np.isnan(few_groups.p_value)
    nothing_near = np.full((40, BANDS), 5.0) * (np.arange(BANDS) != NEAR)
    x = np.full((40, BANDS), 40.0)
    none = near_limit(nothing_near, x, x.sum(axis=0), limit_s=600, near_s=30)
    assert isinstance(none.near, Unknown)
    x = np.ones((20, BANDS))
    few = near_limit(x / 2, x, x.sum(axis=0), limit_s=600, near_s=30)
    assert isinstance(few.near, Unknown)
    assert few.bands[NEAR].rate == 0.5


def test_bad_questions_are_refused_in_words() -> None:
    def refused(match: str, **counts: list[int]) -> None:
        with pytest.raises(QuestionError, match=match) as told:
            refuse_no_sides(counts["n"], limit_s=600, near_s=30)
        assert told.value.found
        assert told.value.todo

    refused("one side", n=[0, 0, 0, 500, 0, 0, 0])
    refused("one side", n=[50, 40, 30, 20, 0, 0, 0])
    with pytest.raises(QuestionError) as told:
        refuse_no_sides([0] * BANDS, limit_s=7_776_000, near_s=388_800)
    assert told.value.found.startswith("limit 90 days: 0 within 13 days 12 h before, 0 near")
    refused("finer than the clock", n=[0, 90, 0, 80, 0, 70, 0])
    refuse_no_sides([90, 80, 70, 60, 50, 40, 30], limit_s=600, near_s=30)
    for limit, near in ((0.0, None), (float("nan"), None), (600.0, 0.0), (600.0, 200.0)):
        with pytest.raises(QuestionError):
            width_of(limit, near)
    assert width_of(600, None) == 30
    x = np.full((40, BANDS), 40.0)
    with pytest.raises(QuestionError, match="level"):
        near_limit(x, x, x.sum(axis=0), limit_s=600, near_s=30, level=1.0)


def people(seed: int, rates: Floats, *, per: int = 60) -> npt.NDArray[np.float64]:
    """The p-values of people with rates of their own by band."""
    rng = np.random.default_rng(seed)
    n = np.full(rates.shape, per)
    parked = [[rng.binomial(1, r, per) * rng.exponential(60, per) for r in row] for row in rates]
    y, x = np.array(parked), rng.uniform(550, 650, (*rates.shape, per))
    sums = [(a * b).sum(axis=-1) for a, b in ((y, 1), (x, 1), (y, y), (y, x), (x, x))]
    return beyond_own(n, *sums).p


def test_whoever_parks_whatever_the_clock_says_does_not_stand_out() -> None:
    habits = np.random.default_rng(0).uniform(0.05, 0.5, 400)
    p = people(1, np.tile(habits[:, None], (1, BANDS)))
    assert np.mean(p < 0.05) < 0.08
    assert np.mean(p < 0.001) < 0.005


def test_whoever_parks_near_the_limit_stands_out_from_their_own_habit() -> None:
    rates = np.full((20, BANDS), 0.1)
    rates[3, NEAR] = 0.7
    p = people(2, rates)
    assert p.argmin() == 3
    assert p[3] < 1e-4
