from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from andon.capacity.day_level import DayLevel, DaySeries, fit_day_level

Floats = npt.NDArray[np.float64]
WEEK = np.array([0.0, 0.1, 0.05, -0.05, -0.1, -1.0, -np.inf])


def _series(
    rng: np.random.Generator,
    *,
    days: int = 140,
    swing: float = 0.1,
    level: Floats | None = None,
    saturdays: float = 1.0,
    mean: float = 1000.0,
) -> DaySeries:
    day = 19723 + np.arange(days)  # Monday 1 January 2024
    weekday = (day + 3) % 7
    scale = np.where(weekday == 5, saturdays, 1.0) * swing
    mu = np.log(mean) + WEEK[weekday] + scale * rng.standard_normal(days)
    if level is not None:
        mu = mu + level
    counts = rng.poisson(np.exp(mu))
    works = np.isfinite(WEEK)
    return DaySeries(
        day=day,
        weekday=weekday,
        log=np.where(works[weekday], np.log(counts + 0.5), np.nan),
        noise=1 / np.maximum(mean * np.exp(WEEK[weekday]), 0.5),
        works=works,
    )


def _after(fit: DayLevel, series: DaySeries, *, days: int = 28, courses: int = 4000) -> Floats:
    """Days after the past, Sundays left out."""
    ahead = series.day[-1] + 1 + np.arange(days)
    future = fit.drawn(ahead, courses=courses, rng=np.random.default_rng(7))
    return np.asarray(future.ordinary + future.swing)[:, (ahead + 3) % 7 != 6]


def test_weekdays_and_swing_are_recovered() -> None:
    series = _series(np.random.default_rng(1), days=364)
    fit = fit_day_level(series)
    np.testing.assert_allclose(fit.weekdays[:6], WEEK[:6] - 0.1, atol=0.05)
    assert np.isneginf(fit.weekdays[6])
    sunday = fit.drawn(series.day[-1:] + 7, courses=10, rng=np.random.default_rng(1))
    assert np.isneginf(sunday.ordinary).all()
    assert np.median(_after(fit, series).std(axis=0)) == pytest.approx(0.1, rel=0.2)
    assert not fit.seasonal


def test_a_weekday_that_swings_more_is_drawn_wider() -> None:
    series = _series(np.random.default_rng(2), days=280, saturdays=3.0)
    fit = fit_day_level(series)
    assert fit.swing[5] > 1.8 * np.median(fit.swing[:5])


def test_a_breakdown_neither_pulls_the_level_nor_widens_other_days() -> None:
    calm = _series(np.random.default_rng(3))
    log = calm.log.copy()
    log[[70, 100]] -= 2.0
    broken = DaySeries(
        day=calm.day, weekday=calm.weekday, log=log, noise=calm.noise, works=calm.works
    )
    before, after = fit_day_level(calm), fit_day_level(broken)
    assert set(after.outliers) == {int(calm.day[70]), int(calm.day[100])}
    at = np.median(_after(after, broken), axis=0) - np.median(_after(before, calm), axis=0)
    assert np.abs(at).max() < 0.05
    wide, narrow = (
        np.subtract(*np.quantile(_after(fit, each)[:, :5], [0.9, 0.1], axis=0)).mean()
        for fit, each in ((after, broken), (before, calm))
    )
    assert wide < 1.25 * narrow


def test_missing_weeks_leave_the_level_less_sure_and_not_elsewhere() -> None:
    series = _series(np.random.default_rng(4))
    log = series.log.copy()
    log[-28:] = np.nan
    gap = DaySeries(
        day=series.day, weekday=series.weekday, log=log, noise=series.noise, works=series.works
    )
    whole, holed = fit_day_level(series), fit_day_level(gap)
    assert np.isfinite(holed.full).all()
    assert np.median(_after(holed, gap)[:, 0]) == pytest.approx(
        np.median(_after(whole, series)[:, 0]), abs=0.1
    )


def test_a_steady_rise_is_found_to_drift_and_is_drawn_on() -> None:
    days = 182
    rise = np.asarray(0.005 * np.arange(days), dtype=np.float64)
    series = _series(np.random.default_rng(5), days=days, swing=0.05, level=rise)
    fit = fit_day_level(series, horizon_days=28)
    assert fit.trend == "drifting"
    assert len(fit.scores) == 3
    # The fourth Monday of the plan, by the line that the past was made of.
    foreseen = np.median(_after(fit, series)[:, 18])
    assert foreseen == pytest.approx(np.log(1000) + 0.005 * (days + 21), abs=0.06)


def test_a_level_that_only_swings_is_not_taken_to_drift() -> None:
    chosen = [fit_day_level(_series(np.random.default_rng(s))).trend for s in range(8)]
    assert chosen.count("returning") >= 7


def test_two_years_tell_the_season_of_the_year() -> None:
    days = 760
    wave = np.asarray(0.3 * np.sin(2 * np.pi * np.arange(days) / 365.25), dtype=np.float64)
    series = _series(np.random.default_rng(6), days=days, level=wave)
    fit = fit_day_level(series, horizon_days=60)
    assert fit.seasonal
    number = series.day[-1] + 1 + np.arange(60)
    number = number[(number + 3) % 7 != 6]
    at = number - series.day[0]
    truth = np.log(1000) + WEEK[(number + 3) % 7] + 0.3 * np.sin(2 * np.pi * at / 365.25)
    ahead = _after(fit, series, days=60)
    assert np.abs(np.median(ahead, axis=0) - truth).max() < 0.15


def test_further_ahead_is_never_surer() -> None:
    rng = np.random.default_rng(8)
    walk = np.asarray(np.cumsum(0.05 * rng.standard_normal(200)), dtype=np.float64)
    series = _series(rng, days=200, swing=0.03, level=walk)
    fit = fit_day_level(series)
    spread = _after(fit, series).std(axis=0)
    assert spread[18] > 1.3 * spread[0]


def test_the_same_generator_draws_the_same_days() -> None:
    series = _series(np.random.default_rng(9))
    fit = fit_day_level(series)
    np.testing.assert_array_equal(_after(fit, series), _after(fit, series))
