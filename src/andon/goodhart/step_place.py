"""The place of a step: on which day a measure moved, if it moved once.

Two stretches of days differ wherever between them something happened. That they differ around a
date does not say that it happened on that date: a step three weeks later shows as well. So a step
on every other day is tried, and where one of them fits beyond doubt better, the date was not it.
Where it is known what else happened, and when, a step on that day need only fit better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.estimate import Unknown
from andon.goodhart.level_shifts import level_shift

__all__ = ["StepPlace", "step_place"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_WEEK: Final = 7
"""A step with fewer days on one side is not told from a few odd days."""
_EARLIER: Final = 7
_LATER: Final = 14
"""People know of a date beforehand, and take a while: so many days before and after it are it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepPlace:
    """Where a step fits best.

    Attributes
    ----------
    best : int
        The place of the first day after it; a rival's day, where that fits better than the day
        that was asked about.
    here : bool
        Whether it may as well have been around the day that was asked about: from a week before it
        to two weeks after it.
    """

    best: int
    here: bool


def step_place(
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    *,
    at: int,
    rivals: Sequence[int] = (),
    level: float = 0.95,
) -> StepPlace:
    """Whether a step may have been around one day, or was at another time.

    Parameters
    ----------
    y, x : array_like
        For each day of the two stretches: what is added up, and over how many contacts (>= 0).
    at : int
        The place of the first day after the date.
    rivals : sequence of int
        Places of other days on which something is known to have happened; those outside are left
        out.
    level : float
        How often the day is kept where the step was there, above 0 and below 1.

    Returns
    -------
    StepPlace

    Notes
    -----
    Hansen (2000), *Sample splitting and threshold estimation*, Econometrica 68, 575
    (`doi:10.1111/1468-0262.00124 <https://doi.org/10.1111/1468-0262.00124>`_): a place is left out
    where the squares left over by a step there exceed the least that any leaves by more than
    ``-2 log(1 - sqrt(level))`` times their variance. The least squares allow for weekdays; their
    variance is not that of independent days, but the one that days have that resemble each other
    (:func:`andon.goodhart.level_shifts.level_shift`), and the limit is as much wider as Student's
    law is than the normal one.

    That is a lot to ask of a step on any day at all. A rival needs no such proof: with two known
    causes, a movement is put down to the one that fits better, and to neither beyond doubt.

    Examples
    --------
    >>> wave = np.cos(np.arange(112.0))
    >>> early, late = (np.arange(112) >= at for at in (56, 80))
    >>> for step in (early, late):
    ...     y = 100 + wave + 20 * step
    ...     print(step_place(y, np.ones(112), at=56))
    StepPlace(best=56, here=True)
    StepPlace(best=80, here=False)
    """
    amounts, weights = np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64)
    n = len(weights)
    places = np.unique(np.append(np.arange(_WEEK, n - _WEEK + 1), at))
    values = np.divide(amounts, weights, out=np.zeros(n), where=weights > 0)
    steps = (np.arange(n)[None, :] >= places[:, None]).astype(np.float64)
    own, trial = _without_weekdays(values[None, :], weights)[0], _without_weekdays(steps, weights)
    spread = (weights * trial**2).sum(axis=1)
    along = (weights * trial * own).sum(axis=1)
    explained = np.divide(along**2, spread, out=np.zeros(len(places)), where=spread > 0)
    near = _near(places, at)
    here, best = float(explained[near].max()), int(np.argmax(explained))
    fit = {rival: explained[_near(places, rival) & ~near].max(initial=0.0) for rival in rivals}
    better = max(fit, key=fit.__getitem__, default=at)
    if fit.get(better, 0.0) > here:
        return StepPlace(best=better, here=False)
    place = int(places[best])
    # A step elsewhere would pass for a slow wave here: the doubt is that around where it fits.
    fits = level_shift(amounts, weights, before=place, unit="s", level=level)
    if isinstance(fits, Unknown) or near[best]:
        return StepPlace(best=place, here=True)
    error = fits.difference.high - fits.difference.value
    student = float(special.stdtrit(fits.freedom, (1 + level) / 2))
    t = fits.difference.value * student / error if error > 0 else np.inf
    normal = float(special.ndtri((1 + level) / 2))
    limit = -2 * np.log1p(-np.sqrt(level)) * (student / normal) ** 2
    left = float(explained[best]) - here
    return StepPlace(best=place, here=bool(left * t**2 <= limit * explained[best]))


def _near(places: Ints, at: int) -> Bools:
    """Which places are as good as the day itself."""
    return np.asarray((places >= at - _EARLIER) & (places <= at + _LATER))


def _without_weekdays(values: Floats, weights: Floats) -> Floats:
    """What is left of each row once every weekday's own mean is taken out."""
    left = values.copy()
    for day in range(_WEEK):
        own = weights[day::_WEEK]
        total = own.sum()
        if total > 0:
            left[:, day::_WEEK] -= ((values[:, day::_WEEK] * own).sum(axis=1) / total)[:, None]
    return left
