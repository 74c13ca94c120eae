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

__all__ = ["LEVELS", "Predicted", "Score", "predicted_by", "score"]

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
        The single number for each interval: what lies in the middle.
    quantiles : array of float, shape (19, k)
        At :data:`LEVELS`.
    """

    point: Floats
    quantiles: Floats

    def __getitem__(self, which: Bools | Ints) -> Predicted:
        """Some of the intervals."""
        return Predicted(point=self.point[which], quantiles=self.quantiles[:, which])


def predicted_by(courses: Courses, *, rng: np.random.Generator) -> Predicted:
    """What sampled courses say of the counts of each interval, chance included."""
    return Predicted(
        point=np.median(courses.contacts, axis=0),
        quantiles=np.quantile(courses.counts(rng).astype(np.float64), LEVELS, axis=0),
    )


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
        Sum of forecast less count, over the sum of counts: above 0 where too many were forecast.
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
    >>> flat = Predicted(point=np.full(8, 10.0), quantiles=np.full((19, 8), 10.0))
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
        return _sums(np.bincount(place, y), np.bincount(place, x), n=len(actual))

    covered = share(sums(inside.astype(np.float64), ones))
    return Score(
        intervals=len(actual),
        days=len(np.unique(day)),
        contacts=float(actual.sum()),
        wape=_by_day(ratio(sums(np.abs(actual - predicted.point), actual), unit="share")),
        pinball=_by_day(ratio(sums(loss, ones), unit="count")),
        covered=_by_day(covered),
        bias=_by_day(ratio(sums(predicted.point - actual, actual), unit="share")),
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
