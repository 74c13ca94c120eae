"""The level of a day: how many contacts an ordinary day brings, and where that goes.

The logarithm of a day's contacts is a level that wanders, perhaps with a drift, perhaps with a
swing that returns, plus what the weekday and the season of the year do, plus the day's own swing:
a structural time-series model (Harvey 1989, *Forecasting, Structural Time Series Models and the
Kalman Filter*).

Each day has its own variance: the Poisson noise of its count, and an own swing that may differ by
weekday, estimated as Student's t would have it, so that a breakdown neither pulls the level nor
widens every other day (Lange, Little and Taylor 1989, *Robust statistical modeling using the t
distribution*). The variances of the level are not set to one best value: they lie on a grid, each
with the weight that the past gives it, and every course draws from it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import numpy as np
import numpy.typing as npt

from andon.capacity.level_filter import LevelFilter, Variances

__all__ = ["DayLevel", "DaySeries", "FutureDays", "Trend", "TrendScore", "fit_day_level"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

Trend = Literal["returning", "wandering", "drifting"]
"""A level from which the days swing for a while and return; one that wanders; one that wanders
around a straight line."""

_WANDER: Final = (0.0, 0.003, 0.006, 0.012, 0.025, 0.05, 0.1)
"""Standard deviations of the level's daily step that are tried, as shares of the level."""
_SWING: Final = (0.03, 0.06, 0.12, 0.24)
_MEMORY: Final = (0.3, 0.6, 0.8, 0.9)
_GRIDS: Final[dict[Trend, tuple[Variances, ...]]] = {
    "returning": tuple(
        itertools.starmap(Variances, itertools.product(_WANDER[:5], _SWING, _MEMORY))
    ),
    "wandering": tuple(map(Variances, _WANDER)),
    "drifting": tuple(map(Variances, _WANDER)),
}
"""The first is taken unless another is clearly better."""
_CALM: Final = 0.004
"""Before anything is seen, a step of the level twice this size is less likely by ``exp(-1)`` than
one of this size: levels of months ahead are best drawn from a past that is mostly its own mean."""
_FREEDOM: Final = 4.0
"""Of Student's t, the value that Lange, Little and Taylor use."""
_SHARED: Final = 6.0
"""As many days as the swing of all weekdays weighs in that of one."""
_ROUNDS: Final = 12
_LEAST: Final = 1e-6
_FAR: Final = 4.0
"""No day is drawn further out than so many standard deviations."""
_TWO_YEARS: Final = 700
_HARMONICS: Final = 2
_YEAR: Final = 365.25
_DAMPING: Final = 0.98
"""What is left of a drift after a day: none goes on for ever (Gardner and McKenzie 1985,
*Forecasting trends in time series*)."""
_ORIGINS: Final = 8
_FIRST_ORIGIN: Final = 42
_CLEARLY: Final = 0.05
"""A trend other than the first must predict better by so much log density a day, and by more than
two standard errors of that difference over origins."""
_MANY_SHAPES: Final = 40
_BLUR: Final = 0.25


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DaySeries:
    """What is known of past days, on the scale of logarithms.

    Attributes
    ----------
    day : array of int, shape (days,)
        Days since 1970, one after the other.
    weekday : array of int, shape (days,)
        0 for Monday.
    log : array of float, shape (days,)
        Logarithm of what each day brought; NaN where it is missing, closed or special.
    noise : array of float, shape (days,)
        Variance of that logarithm by chance alone, as of Poisson counts.
    works : array of bool, shape (7,)
        Weekdays that bring anything.
    """

    day: Ints
    weekday: Ints
    log: Floats
    noise: Floats
    works: Bools


@dataclass(frozen=True, kw_only=True, slots=True)
class TrendScore:
    """How well one trend predicted days of past horizons.

    Attributes
    ----------
    trend : Trend
    log_density : float
        Mean logarithm of the density that it gave to the days that came; higher is better.
    """

    trend: Trend
    log_density: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FutureDays:
    """Sampled days, on the scale of logarithms; each of shape (courses, days).

    Attributes
    ----------
    full : array of float
        What a full day, the busiest of the week, would bring.
    ordinary : array of float
        What the day's own weekday brings; minus infinity where that is nothing.
    swing : array of float
        The day's own swing, to be added to either.
    """

    full: Floats
    ordinary: Floats
    swing: Floats


class _Drawing(Protocol):
    """What can draw the days to come."""

    def drawn(self, days: Ints, *, courses: int, rng: np.random.Generator) -> FutureDays: ...


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DayLevel:
    """The level of days, fitted; :meth:`drawn` samples how it goes on.

    Attributes
    ----------
    trend : Trend
        The one that was chosen.
    scores : tuple of TrendScore
        Of the rolling origin that chose it; empty where there were too few days to tell.
    full : array of float, shape (days,)
        Log of what a full day, the busiest of the week, would have brought on each past day.
    expected : array of float, shape (days,)
        The same for the day's own weekday; minus infinity where that brings nothing.
    weekdays : array of float, shape (7,)
        Log of each weekday beside the busiest one; minus infinity where it brings nothing.
    swing : array of float, shape (7,)
        Standard deviation of a day's own swing beyond chance, by weekday.
    outliers : tuple of int
        Past days (since 1970) that lay more than four standard deviations out.
    seasonal : bool
        Whether there were two years to tell the season of the year from.
    """

    trend: Trend
    scores: tuple[TrendScore, ...]
    full: Floats
    expected: Floats
    weekdays: Floats
    swing: Floats
    outliers: tuple[int, ...]
    seasonal: bool
    _fit: _Drawing

    def drawn(self, days: Ints, *, courses: int, rng: np.random.Generator) -> FutureDays:
        """Sample days to come.

        Parameters
        ----------
        days : array of int
            Days since 1970, ascending, all after the past ones.
        courses : int
        rng : numpy.random.Generator
        """
        return self._fit.drawn(np.asarray(days, dtype=np.int64), courses=courses, rng=rng)


def fit_day_level(series: DaySeries, *, horizon_days: int = 28) -> DayLevel:
    """Fit the level of days.

    Parameters
    ----------
    series : DaySeries
        Three weeks or more.
    horizon_days : int
        How far it is to look ahead: the trend is the one that predicted best that far.

    Returns
    -------
    DayLevel

    Raises
    ------
    MissingExtra
        If statsmodels is not installed.
    """
    design = _Design.of(series)
    spread = _Spread.of(series, design.past)
    observed = spread.observed(series)
    trend, scores = _chosen(series, design.past, observed, horizon_days=horizon_days)
    model = _model(trend, series.log, design.past)
    grid = _GRIDS[trend]
    score = np.array([_posterior(model, point, observed) for point in grid])
    weights = np.exp(score - score.max())
    smooth = model.smoothed(grid[int(np.argmax(score))], observed)
    weekdays = design.weekdays(smooth.effects)
    full = smooth.level + design.season(series.day) @ smooth.effects[design.seasons]
    far = np.flatnonzero(np.abs(spread.far) > _FAR)
    return DayLevel(
        trend=trend,
        scores=scores,
        full=full,
        expected=full + weekdays[series.weekday],
        weekdays=weekdays,
        swing=np.sqrt(spread.variance),
        outliers=tuple(int(each) for each in series.day[far]),
        seasonal=design.seasonal,
        _fit=_Fit(
            series=series,
            design=design,
            spread=spread,
            model=model,
            grid=grid,
            weights=weights / weights.sum(),
        ),
    )


def _posterior(model: LevelFilter, point: Variances, observed: Floats) -> float:
    """Log weight of one point of the grid."""
    return model.log_likelihood(point, observed) - point.wander / _CALM


def _model(trend: Trend, log: Floats, x: Floats) -> LevelFilter:
    return LevelFilter(log, x, drift=trend == "drifting", swinging=trend == "returning")


# ---------------------------------------------------------------- weekday and season


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Design:
    """The regressors: a column for each weekday but the busiest, then the season of the year."""

    past: Floats
    others: tuple[int, ...]
    """The weekdays that have a column."""
    busiest: int
    seasonal: bool

    @classmethod
    def of(cls, series: DaySeries) -> _Design:
        seen = np.isfinite(series.log)
        typical = np.full(7, -np.inf)
        for weekday in np.flatnonzero(series.works):
            mine = seen & (series.weekday == weekday)
            if mine.any():
                typical[weekday] = np.median(series.log[mine])
        busiest = int(np.argmax(typical))
        others = tuple(
            int(each) for each in np.flatnonzero(np.isfinite(typical)) if each != busiest
        )
        seasonal = len(series.day) >= _TWO_YEARS
        blank = cls(past=np.zeros((0, 0)), others=others, busiest=busiest, seasonal=seasonal)
        dummies = np.array(series.weekday[:, None] == np.array(others, dtype=np.int64), float)
        past = np.concatenate([dummies, blank.season(series.day)], axis=1)
        return cls(past=past, others=others, busiest=busiest, seasonal=seasonal)

    @property
    def seasons(self) -> slice:
        """Where the season's effects stand among all."""
        return slice(len(self.others), None)

    def season(self, day: Ints) -> Floats:
        """Fourier terms of the year; no column where there are not two years."""
        if not self.seasonal:
            return np.zeros((len(day), 0))
        angle = 2 * np.pi * np.outer(day, np.arange(1, _HARMONICS + 1)) / _YEAR
        return np.concatenate([np.sin(angle), np.cos(angle)], axis=1)

    def weekdays(self, effects: Floats) -> Floats:
        """Each weekday beside the busiest; effects of shape (..., regressors)."""
        made = np.full((*effects.shape[:-1], 7), -np.inf)
        made[..., self.busiest] = 0.0
        made[..., list(self.others)] = effects[..., : len(self.others)]
        return made


# ---------------------------------------------------------------- the days' own swing


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Spread:
    """How far days lie from the level: by weekday, robustly."""

    variance: Floats
    """Shape (7,): squared scale of Student's t."""
    freedom: Floats
    """Shape (7,): how many days each rests on, the shared ones counted in."""
    weights: Floats
    """Shape (days,): 1 or so for an ordinary day, near 0 for an outlier."""
    shapes: Floats
    """Residuals in standard deviations, of all days that were seen."""
    far: Floats
    """The same with a place for each day, 0 where it was not seen."""

    @classmethod
    def of(cls, series: DaySeries, x: Floats) -> _Spread:
        """EM for Student's t around the level, the Poisson noise taken out."""
        model = _model("wandering", series.log, x)
        seen = np.isfinite(series.log)
        variance = np.full(7, _first_guess(series, seen))
        weights = np.ones(len(series.log))
        days = np.bincount(series.weekday, seen.astype(np.float64), minlength=7)
        residual, doubt = np.zeros(len(seen)), np.zeros(len(seen))
        for _ in range(_ROUNDS):
            own = variance[series.weekday] / weights
            observed = own + series.noise
            grid = _GRIDS["wandering"]
            best = max(grid, key=lambda point: model.log_likelihood(point, observed))
            smooth = model.smoothed(best, observed)
            residual = np.where(seen, series.log - smooth.signal, 0.0)
            doubt = smooth.variance
            share = own / observed
            squared = share**2 * (residual**2 + doubt) + own * (1 - share)
            weights = (_FREEDOM + 1) / (_FREEDOM + squared / variance[series.weekday])
            mine = np.bincount(series.weekday, seen * weights * squared, minlength=7)
            raw = np.maximum(mine[days > 0] / days[days > 0], _LEAST)
            shared = np.exp(np.average(np.log(raw), weights=days[days > 0]))
            variance = np.maximum((_SHARED * shared + mine) / (_SHARED + days), _LEAST)
        plain = variance[series.weekday] + series.noise
        far = np.where(seen, residual / np.sqrt(np.maximum(plain - doubt, 0.5 * plain)), 0.0)
        return cls(
            variance=variance,
            freedom=np.asarray(_SHARED + days, dtype=np.float64),
            weights=weights,
            shapes=np.clip(far[seen], -_FAR, _FAR),
            far=far,
        )

    def observed(self, series: DaySeries) -> Floats:
        """Variance of each past day around the level."""
        return np.asarray(self.variance[series.weekday] / self.weights + series.noise)

    def drawn(self, weekday: Ints, *, courses: int, rng: np.random.Generator) -> Floats:
        """Swings of days to come, with the doubt about how large they are."""
        size = (courses, len(weekday))
        if len(self.shapes) >= _MANY_SHAPES:
            z = rng.choice(self.shapes, size) + _BLUR * rng.standard_normal(size)
            z /= np.sqrt(1 + _BLUR**2)
        else:
            z = np.clip(rng.standard_t(_FREEDOM, size), -_FAR, _FAR)
        scale = self.freedom / rng.chisquare(self.freedom, (courses, 7))
        return np.asarray(z * np.sqrt(self.variance * scale)[:, weekday])


def _first_guess(series: DaySeries, seen: Bools) -> float:
    """From how far days lie from their weekday's median."""
    away = [
        series.log[mine] - np.median(series.log[mine])
        for each in range(7)
        if (mine := seen & (series.weekday == each)).any()
    ]
    middle = float(np.median(np.abs(np.concatenate(away))))
    noise = float(np.median(series.noise[seen]))
    return max((1.4826 * middle) ** 2 - noise, 1e-3)


# ---------------------------------------------------------------- the trend


def _chosen(
    series: DaySeries, x: Floats, observed: Floats, *, horizon_days: int
) -> tuple[Trend, tuple[TrendScore, ...]]:
    """The trend that predicted best as far ahead as it must look now, by rolling origin."""
    days = len(series.log)
    last = days - min(horizon_days, max(7, days // 4))
    if last <= _FIRST_ORIGIN:
        return "returning", ()
    origins = np.unique(np.linspace(_FIRST_ORIGIN, last, _ORIGINS).astype(int))
    density: dict[Trend, Floats] = {}
    for trend, grid in _GRIDS.items():
        whole = _model(trend, series.log, x)
        best = max(grid, key=lambda point: _posterior(whole, point, observed))
        density[trend] = np.array(
            [
                _density(trend, series.log, x, observed, best, int(origin), horizon_days)
                for origin in origins
            ]
        )
    scores = tuple(
        TrendScore(trend=trend, log_density=float(np.nanmean(each)))
        for trend, each in density.items()
    )
    plain = scores[0]
    best_found = max(scores, key=lambda each: each.log_density)
    gain = density[best_found.trend] - density[plain.trend]
    doubt = float(np.nanstd(gain) / np.sqrt(len(gain)))
    clear = best_found.log_density - plain.log_density > max(_CLEARLY, 2 * doubt)
    return (best_found if clear else plain).trend, scores


def _density(
    trend: Trend,
    log: Floats,
    x: Floats,
    observed: Floats,
    point: Variances,
    origin: int,
    horizon_days: int,
) -> float:
    """Mean log density of the days after an origin, from those before it; NaN where none is."""
    end = min(len(log), origin + horizon_days)
    known = np.where(np.arange(end) < origin, log[:end], np.nan)
    mean, variance = _model(trend, known, x[:end]).predicted(point, observed[:end])
    spread = variance + observed[:end]
    squared = np.minimum((log[:end] - mean) ** 2 / spread, _FAR**2)
    density = -0.5 * (np.log(2 * np.pi * spread) + squared)
    ahead = density[origin:][np.isfinite(density[origin:])]
    return float(ahead.mean()) if len(ahead) else float("nan")


# ---------------------------------------------------------------- the future


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Fit:
    """All that drawing the future needs."""

    series: DaySeries
    design: _Design
    spread: _Spread
    model: LevelFilter
    grid: tuple[Variances, ...]
    weights: Floats

    def drawn(self, days: Ints, *, courses: int, rng: np.random.Generator) -> FutureDays:
        """Draw the level's variances, then the state at the end of the past, then its way on."""
        ahead = days - int(self.series.day[-1])
        weekday = (days + 3) % 7
        season = self.design.season(days)
        regressors = self.design.past.shape[1]
        full = np.empty((courses, len(days)))
        effects = np.empty((courses, regressors))
        which = np.sort(rng.choice(len(self.grid), courses, p=self.weights))
        observed = self.spread.observed(self.series)
        for point in np.unique(which):
            mine = np.flatnonzero(which == point)
            start = self.model.ahead(self.grid[point], observed, damping=_DAMPING)
            state = start.mean + rng.standard_normal((len(mine), len(start.mean))) @ start.root.T
            effects[mine] = state[:, len(start.mean) - regressors :]
            moving = np.flatnonzero(start.shocks)
            level = np.empty((len(mine), int(ahead[-1])))
            for t in range(level.shape[1]):
                level[:, t] = state @ start.load
                state = state @ start.step.T
                state[:, moving] += start.shocks[moving] * rng.standard_normal(
                    (len(mine), len(moving))
                )
            full[mine] = level[:, ahead - 1]
        order = rng.permutation(courses)
        full, effects = full[order], effects[order]
        full += effects[:, self.design.seasons] @ season.T
        return FutureDays(
            full=full,
            ordinary=full + self.design.weekdays(effects)[:, weekday],
            swing=self.spread.drawn(weekday, courses=courses, rng=rng),
        )
