"""Scores: how far a forecast lay from the counts that came, and whether it knew how far it might.

What is judged is a forecast of counts, chance included: nobody ever sees a mean.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.courses import Courses
from andon.estimate import Estimate, Sums, Unknown, ratio, share

__all__ = ["LEVELS", "Predicted", "Score", "predicted_by", "predicted_from", "score"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LEVELS: Final = tuple(round(0.05 * i, 2) for i in range(1, 20))
"""The quantiles that are judged."""
_LOW, _MIDDLE, _HIGH = LEVELS.index(0.1), LEVELS.index(0.5), LEVELS.index(0.9)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Predicted:
    """Quantiles of the counts of some intervals.

    Attributes
    ----------
    point : array of float, shape (k,)
        The single number for each interval: the middle, so that misses are least.
    mean : array of float, shape (k,)
    quantiles : array of float, shape (19, k)
        At :data:`LEVELS`.
    """

    point: Floats
    mean: Floats
    quantiles: Floats

    def __getitem__(self, which: Bools | Ints) -> Predicted:
        """Some of the intervals."""
        return Predicted(
            point=self.point[which],
            mean=self.mean[which],
            quantiles=self.quantiles[:, which],
        )


def predicted_by(courses: Courses, *, rng: np.random.Generator) -> Predicted:
    """What sampled courses say of the counts of each interval, chance included.

    The quantiles are those of counts blurred by half a contact either way: between whole numbers,
    so that the ends of an interval do not cover more than it says (the mid-distribution of Ma,
    Genton and Parzen 2011, *Asymptotic properties of sample quantiles of discrete distributions*).
    """
    return predicted_from(courses.counts(rng), mean=courses.contacts.mean(axis=0), rng=rng)


def predicted_from(
    counts: npt.NDArray[np.int64], *, mean: Floats, rng: np.random.Generator
) -> Predicted:
    """The same from sampled counts, of shape (courses, k)."""
    blurred = counts + rng.uniform(-0.5, 0.5, counts.shape)
    quantiles = np.maximum(np.quantile(blurred, LEVELS, axis=0), 0.0)
    return Predicted(point=quantiles[_MIDDLE], mean=mean, quantiles=quantiles)


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """How good a forecast was; the intervals of these figures take days as the unit of doubt.

    Attributes
    ----------
    intervals : int
        How many intervals were judged,
    days : int
        on so many days.
    contacts : float
        That came in them.
    wape : Estimate or Unknown
        Sum of the misses over the sum of the counts, per interval.
    pinball : Estimate or Unknown
        Mean pinball loss over the quantiles from 5 to 95 %, contacts an interval: how good the
        whole distribution was, lower is better (Gneiting and Raftery 2007, *Strictly proper
        scoring rules, prediction, and estimation*).
    covered : Estimate or Unknown
        Share of intervals whose count lay in the 80 % interval; honest at 0.8.
    bias : Estimate or Unknown
        Sum of mean forecast less count, over the sum of counts: above 0 where too many.
    width : float
        Mean width of the 80 % interval, contacts.
    """

    intervals: int
    days: int
    contacts: float
    wape: Estimate | Unknown
    pinball: Estimate | Unknown
    covered: Estimate | Unknown
    bias: Estimate | Unknown
    width: float


def score(actual: Floats, predicted: Predicted, *, day: Ints) -> Score:
    """Judge a forecast by what came.

    Parameters
    ----------
    actual : array of float, shape (k,)
        Counts.
    predicted : Predicted
        Of the same intervals.
    day : array of int, shape (k,)
        Which day each lies on.

    Examples
    --------
    >>> ten = np.full(8, 10.0)
    >>> flat = Predicted(point=ten, mean=ten, quantiles=np.full((19, 8), 10.0))
    >>> found = score(np.array([8.0, 12.0] * 4), flat, day=np.repeat([0, 1, 2, 3], 2))
    >>> print(found.wape.value, found.covered.value)
    0.2 0.0
    """
    levels = np.array(LEVELS)[:, None]
    error = actual - predicted.quantiles
    loss = np.maximum(levels * error, (levels - 1) * error).mean(axis=0)
    low, high = predicted.quantiles[_LOW], predicted.quantiles[_HIGH]
    inside = (actual >= low) & (actual <= high)
    ones = np.ones(len(actual))
    _, place = np.unique(day, return_inverse=True)

    def sums(y: Floats, x: Floats) -> Sums:
        top, bottom = np.bincount(place, y), np.bincount(place, x)
        return _sums(top.astype(np.float64), bottom.astype(np.float64), n=len(actual))

    covered = share(sums(inside.astype(np.float64), ones))
    return Score(
        intervals=len(actual),
        days=len(np.unique(day)),
        contacts=float(actual.sum()),
        wape=_by_day(ratio(sums(np.abs(actual - predicted.point), actual), unit="share")),
        pinball=_by_day(ratio(sums(loss, ones), unit="count")),
        covered=_by_day(covered),
        bias=_by_day(ratio(sums(predicted.mean - actual, actual), unit="share")),
        width=float((high - low).mean()) if len(actual) else 0.0,
    )


def _sums(y: Floats, x: Floats, *, n: int) -> Sums:
    return Sums(
        clusters=int(((y != 0) | (x != 0)).sum()),
        n=n,
        y=float(y.sum()),
        x=float(x.sum()),
        yy=float(y @ y),
        yx=float(y @ x),
        xx=float(x @ x),
    )


def _by_day(figure: Estimate | Unknown) -> Estimate | Unknown:
    """The same figure, its words about days instead of customers."""
    if isinstance(figure, Unknown):
        if "customer" not in figure.why:
            return replace(figure, why="no interval that could be judged", needs="days to judge by")
        return replace(figure, why="only one day", needs="two days or more")
    return replace(figure, method=figure.method.replace("customer", "day"))
