"""The level of days for a queue with few contacts, where logarithms of counts mean nothing.

A day's count is Poisson, its mean the product of a level, of its weekday's share and of the day's
own factor. The level has a gamma law that each day's count updates and each night forgets a little
of (West and Harrison 1997, *Bayesian Forecasting and Dynamic Models*, on discounting; Harvey and
Fernandes 1989, *Time series models for count or qualitative observations*). How fast it forgets and
how much days differ beyond chance lie on a grid, each point with the weight that the past gives it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.capacity.day_level import DayLevel, FutureDays

__all__ = ["fit_rare_level"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_HALF_LIVES: Final = (np.inf, 360.0, 180.0, 90.0, 45.0)
"""Days after which a past day counts half in the level."""
_SWINGS: Final = (0.0, 0.03, 0.06, 0.12, 0.25, 0.5)
"""Variances of the day's own factor, whose mean is 1."""
_PRIOR: Final = 0.5
"""Contacts' worth of belief before anything is seen."""


def fit_rare_level(
    *, day: Ints, weekday: Ints, counts: Floats, exposure: Floats, usable: Bools, works: Bools
) -> DayLevel:
    """Fit the level of days of a queue with few contacts.

    Parameters
    ----------
    day, weekday : array of int, shape (days,)
        Days since 1970, one after the other; 0 for Monday.
    counts : array of float, shape (days,)
        Contacts.
    exposure : array of float, shape (days,)
        What share of the day was there and seen, 1 for a whole one.
    usable : array of bool, shape (days,)
        Ordinary days that were seen.
    works : array of bool, shape (7,)
        Weekdays that bring contacts.
    """
    share, doubt = _weekday_shares(weekday, counts, exposure, usable, works)
    own = share[weekday] * exposure
    mean = float(counts[usable].sum() / max(float(own[usable].sum()), 1e-9))
    points = tuple(itertools.product(_HALF_LIVES, _SWINGS))
    passes = [_filtered(counts, own, usable, mean, *point) for point in points]
    score = np.array([each.log_likelihood for each in passes])
    weights = np.exp(score - score.max())
    weights /= weights.sum()
    best = passes[int(np.argmax(score))]
    busiest = float(share.max())
    with np.errstate(divide="ignore"):
        weekdays = np.log(share / busiest)
    full = np.log(best.level * busiest)
    swing = float(weights @ np.sqrt([point[1] for point in points]))
    return DayLevel(
        trend="wandering",
        scores=(),
        full=full,
        expected=full + weekdays[weekday],
        weekdays=weekdays,
        swing=np.full(7, swing),
        outliers=(),
        seasonal=False,
        _fit=_RareFit(
            last=int(day[-1]),
            points=points,
            passes=tuple(passes),
            weights=weights,
            share=share,
            doubt=doubt,
        ),
    )


def _weekday_shares(
    weekday: Ints, counts: Floats, exposure: Floats, usable: Bools, works: Bools
) -> tuple[Floats, Floats]:
    """Each weekday's mean beside that of all, drawn towards 1 as far as chance explains it.

    And the standard deviation of each over itself.
    """
    mine = usable & works[weekday]
    came = np.bincount(weekday, counts * mine, minlength=7)
    days = np.bincount(weekday, exposure * mine, minlength=7)
    mean = came.sum() / max(float(days.sum()), 1e-9)
    expected = np.maximum(days * mean, 1e-9)
    there = works & (days > 0)
    raw = np.where(there, came / expected, 0.0)
    weight = expected[there]
    beyond = float((weight * ((raw[there] - 1) ** 2 - 1 / weight)).sum() / weight.sum())
    between = max(beyond, 1e-4)
    kept = between / (between + 1 / expected)
    share = np.where(there, np.maximum(1 + kept * (raw - 1), 0.02), np.where(works, 1.0, 0.0))
    doubt = np.sqrt(between * (1 - kept)) / np.maximum(share, 0.02)
    return share, np.where(works, np.minimum(doubt, 1.0), 0.0)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Pass:
    """One run through the past."""

    shape: float
    rate: float
    level: Floats
    log_likelihood: float


def _filtered(
    counts: Floats, own: Floats, usable: Bools, mean: float, half_life: float, swing: float
) -> _Pass:
    kept = 0.5 ** (1 / half_life)
    a, b = _PRIOR, _PRIOR / max(mean, 1e-9)
    level = np.empty(len(counts))
    found = 0.0
    for i, (x, e) in enumerate(zip(counts.tolist(), own.tolist(), strict=True)):
        # What is forgotten makes the level less sure, not lower.
        a, b = max(kept * a, 1e-3), max(kept * b, 1e-3 * b / a)
        level[i] = a / b
        if not usable[i] or e <= 0:
            continue
        expected = a * e / b
        size = 1 / (1 / a + swing + swing / a)
        found += (
            special.gammaln(x + size)
            - special.gammaln(size)
            - special.gammaln(x + 1)
            + size * np.log(size / (size + expected))
            + x * np.log(expected / (size + expected))
        )
        # A day that swings tells less of the level than a Poisson count would.
        worth = 1 / (1 + swing * expected)
        a, b = a + worth * x, b + worth * e
    return _Pass(shape=a, rate=b, level=level, log_likelihood=float(found))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _RareFit:
    """All that drawing the future needs."""

    last: int
    points: tuple[tuple[float, float], ...]
    passes: tuple[_Pass, ...]
    weights: Floats
    share: Floats
    doubt: Floats

    def drawn(self, days: Ints, *, courses: int, rng: np.random.Generator) -> FutureDays:
        """Draw a point of the grid, the level and its way on, and the weekdays' shares."""
        ahead = days - self.last
        which = rng.choice(len(self.points), courses, p=self.weights)
        half_life = np.array([point[0] for point in self.points])[which]
        swing = np.array([point[1] for point in self.points])[which]
        shape = np.array([each.shape for each in self.passes])[which]
        rate = np.array([each.rate for each in self.passes])[which]
        level = rng.gamma(shape) / rate
        # Forgetting divides the shape, so it adds so much to the log's variance every night.
        step = np.sqrt(np.minimum((2 ** (1 / half_life) - 1) / np.maximum(shape, 1.0), 0.05))
        walk = np.cumsum(rng.standard_normal((courses, int(ahead[-1]))), axis=1)
        steps = step[:, None] * walk[:, ahead - 1] - 0.5 * step[:, None] ** 2 * ahead
        share = self.share * np.exp(self.doubt * rng.standard_normal((courses, 7)))
        weekday = (days + 3) % 7
        size = 1 / np.maximum(swing, 1e-9)[:, None]
        factor = rng.gamma(size, 1 / size, (courses, len(days)))
        own = np.where(swing[:, None] > 0, np.log(np.maximum(factor, 1e-9)), 0.0)
        base = np.log(np.maximum(level, 1e-12))[:, None] + steps
        with np.errstate(divide="ignore"):
            ordinary = base + np.log(share)[:, weekday]
        full = base + np.log(share.max(axis=1))[:, None]
        return FutureDays(full=full, ordinary=ordinary, swing=own)
