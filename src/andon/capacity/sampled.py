"""Sampled: a figure from what each curve says."""

from __future__ import annotations

from typing import Literal, overload

import numpy as np
import numpy.typing as npt

from andon.estimate import Estimate, Unknown
from andon.units import Unit

__all__ = ["figure"]

_NEEDS = "more agents or fewer customers, so that the queue comes to rest"


@overload
def figure(
    values: npt.NDArray[np.float64], *, unit: Unit, level: float, known: Literal[True]
) -> Estimate: ...


@overload
def figure(
    values: npt.NDArray[np.float64], *, unit: Unit, level: float, known: bool = False
) -> Estimate | Unknown: ...


def figure(
    values: npt.NDArray[np.float64], *, unit: Unit, level: float, known: bool = False
) -> Estimate | Unknown:
    """The median of the curves, and the interval that holds ``level`` of them.

    Parameters
    ----------
    values : array of float, shape (curves,)
    unit : Unit
    level : float
        Above 0 and below 1.
    known : bool
        Whether every value is finite for sure.

    Returns
    -------
    Estimate or Unknown
        Unknown where more curves than the interval leaves out have no finite value.

    Examples
    --------
    >>> found = figure(np.arange(101.0), unit="h", level=0.9, known=True)
    >>> round(found.low, 9), found.value, round(found.high, 9)
    (5.0, 50.0, 95.0)
    """
    tail = (1 - level) / 2
    shares = np.array([tail, 0.5, 1 - tail])
    if known or np.all(np.isfinite(values)):
        ends = np.quantile(values, shares)
    else:  # nothing lies between a number and what has no end
        ends = np.sort(values)[np.rint(shares * (len(values) - 1)).astype(np.int64)]
    if known or np.all(np.isfinite(ends)):
        low, middle, high = (float(each) for each in ends)
        return Estimate(
            value=middle,
            low=min(low, middle),
            high=max(high, middle),
            unit=unit,
            n=len(values),
            method=f"median and quantiles over {len(values):,} sampled curves",
            level=level,
        )
    share = 1 - float(np.mean(np.isfinite(values)))
    return Unknown(
        unit=unit,
        why=f"on {share:.0%} of the curves the backlog grows without end",
        needs=_NEEDS,
    )
