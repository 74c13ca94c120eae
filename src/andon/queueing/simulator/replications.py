"""What replications tell, and how surely: ratios of what they counted, with intervals.

A figure is a ratio of two sums, each over all replications: contacts answered in time over contacts
offered, seconds waited over contacts, agents' busy seconds over their seconds at work. Replications
are independent and alike, so each stands for itself; where there is only one long run its batches
stand for replications (:mod:`andon.queueing.simulator.batches`).

The doubt is the jackknife's: the ratio is worked out again without each replication in turn, and
the spread of these is turned into a variance (Miller 1974, *The jackknife: a review*,
https://doi.org/10.1093/biomet/61.1.1), with Student's t for as many replications as there are. A
share of contacts takes Wilson's interval (1927, https://doi.org/10.1080/01621459.1927.10502953)
with the n of independent contacts that would leave the same variance, never more than there were:
it stays between 0 and 1, and where nothing was seen it says how much may have been missed.
``docs/reference/simulated-intervals.md`` says how often each holds the truth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.estimate import Estimate, Unknown, rate
from andon.queueing.inputs import between
from andon.units import Unit

__all__ = ["Kind", "Series", "along", "difference", "estimate", "method_of"]

_Floats = npt.NDArray[np.float64]

Kind = Literal["contacts", "time", "amount"]
"""A share of contacts, which Wilson's interval suits; a share of time, 0 to 1; any other amount, 0
or more."""

_SEVERAL: Final = "two replications or more"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Series:
    """A figure by interval of time.

    Attributes
    ----------
    value, low, high : array of float, shape (intervals,)
        In ``unit``. NaN where nothing happened that the figure could be told from; the ends of the
        interval are NaN too where all replications were alike.
    from_s : array of float, shape (intervals,)
        When each interval begins, seconds: of the run, or of the day or week.
    interval_s : float
        How long an interval is.
    unit : Unit
    level : float
        Of each interval taken alone.
    method : str
    """

    value: _Floats
    low: _Floats
    high: _Floats
    from_s: _Floats
    interval_s: float
    unit: Unit
    level: float
    method: str


def estimate(
    y: _Floats,
    x: _Floats,
    *,
    unit: Unit,
    kind: Kind,
    n: int,
    level: float = 0.95,
    said: str = "",
) -> Estimate | Unknown:
    """The ratio of ``y`` to ``x``, each summed over its replications, with its interval.

    Parameters
    ----------
    y, x : array of float, shape (replications,)
        Numerators and denominators, 0 or more.
    unit : Unit
    kind : str
        ``contacts``: a share whose denominator counts contacts; ``time``: a share of time;
        ``amount``: any other amount, 0 or more.
    n : int
        The contacts that the figure rests on.
    level : float
        Above 0 and below 1.
    said : str
        What stands for a replication, for the method: ``20 replications`` unless given.

    Examples
    --------
    >>> in_time, offered = np.array([80.0, 90.0, 70.0]), np.array([100.0, 100.0, 100.0])
    >>> print(estimate(in_time, offered, unit="share", kind="contacts", n=300))
    80 % (50 to 90 %)
    """
    if x.sum() <= 0:
        return Unknown(unit=unit, why="nothing happened to tell it from", needs="a longer run")
    if len(y) < 2:
        return Unknown(unit=unit, why="one run alone does not tell its doubt", needs=_SEVERAL)
    value, low, high = (float(each) for each in _ends(y, x, kind=kind, level=level))
    if kind == "amount" and unit == "count" and y.sum() == 0:
        return rate(0, float(x.sum()), unit=unit, level=level)
    if math.isnan(low):
        return Unknown(
            unit=unit,
            why="every replication gave the same, so that nothing tells how sure it is",
            needs="longer runs",
        )
    return Estimate(
        value=value,
        low=low,
        high=high,
        unit=unit,
        n=n,
        method=method_of(kind, said or f"{len(y)} replications"),
        level=level,
    )


def along(
    y: _Floats,
    x: _Floats,
    *,
    unit: Unit,
    kind: Kind,
    from_s: _Floats,
    interval_s: float,
    level: float = 0.95,
) -> Series:
    """The same for every interval of time: ``y`` and ``x`` of shape (replications, intervals)."""
    value, low, high = _ends(y, x, kind=kind, level=level)
    return Series(
        value=value,
        low=low,
        high=high,
        from_s=from_s,
        interval_s=interval_s,
        unit=unit,
        level=level,
        method=method_of(kind, f"{len(y)} replications"),
    )


def difference(
    one: tuple[_Floats, _Floats],
    other: tuple[_Floats, _Floats],
    *,
    unit: Unit,
    n: int,
    level: float = 0.95,
) -> tuple[Estimate | Unknown, float]:
    """How much the ratio of ``other`` is above that of ``one``, replication by replication.

    Parameters
    ----------
    one, other : pairs of arrays of float, shape (replications,)
        Numerators and denominators of both; row ``i`` of both had the same random numbers.
    unit : Unit
        Of both ratios; the difference of shares is in percentage points.
    n : int
        The contacts that both rest on.
    level : float

    Returns
    -------
    Estimate or Unknown
        The difference.
    float
        How many times as wide the interval would be if both had been independent; NaN where it is
        not known.
    """
    shares = unit == "share"
    to: Unit = "points" if shares else unit
    if one[1].sum() <= 0 or other[1].sum() <= 0:
        return (
            Unknown(unit=to, why="nothing happened to tell it from", needs="a longer run"),
            math.nan,
        )
    count = len(one[0])
    if count < 2:
        why = "one run alone does not tell its doubt"
        return Unknown(unit=to, why=why, needs=_SEVERAL), math.nan
    scale = 100.0 if shares else 1.0
    without = [_without_each(y, x) * scale for y, x in (one, other)]
    value = scale * float(other[0].sum() / other[1].sum() - one[0].sum() / one[1].sum())
    spread = float(_variance(without[1] - without[0]))
    if not math.isfinite(spread):
        why = "only one replication has any of it"
        return Unknown(unit=to, why=why, needs="more replications"), math.nan
    half = _student(count - 1, level) * math.sqrt(spread)
    apart = float(_variance(without[0]) + _variance(without[1]))
    found = Estimate(
        value=value,
        low=value - half,
        high=value + half,
        unit=to,
        n=n,
        method=f"difference over {count} pairs of replications with the same random numbers, "
        "jackknife, Student's t",
        level=level,
    )
    return found, math.sqrt(apart / spread) if spread > 0 else math.nan


def method_of(kind: Kind, said: str) -> str:
    """How the interval of a figure was made."""
    if kind == "contacts":
        return f"ratio over {said}, jackknife, Wilson's interval with Student's t"
    return f"ratio over {said}, jackknife, Student's t"


def _ends(y: _Floats, x: _Floats, *, kind: Kind, level: float) -> tuple[_Floats, _Floats, _Floats]:
    """Value and ends for each column; NaN where they cannot be told."""
    between(
        "level", level, 1e-6, 1 - 1e-6, todo="Use 0.95 for intervals that hold 95 times in 100."
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.asarray(y.sum(axis=0) / x.sum(axis=0))
        if len(y) < 2:
            nothing = np.full_like(value, np.nan)
            return value, nothing, nothing
        spread = _variance(_without_each(y, x))
        quantile = _student(len(y) - 1, level)
        if kind == "contacts":
            return value, *_wilson(value, spread, x.sum(axis=0), quantile)
        half = quantile * np.sqrt(np.where(spread > _ROUNDING * value * value, spread, np.nan))
        low, high = np.maximum(value - half, 0.0), value + half
        return value, low, np.minimum(high, 1.0) if kind == "time" else high


_ROUNDING: Final = 1e-24
"""A relative variance below this is rounding, and no spread."""


def _without_each(y: _Floats, x: _Floats) -> _Floats:
    """The ratio without each replication in turn; NaN where nothing is left of the denominator."""
    left = x.sum(axis=0) - x
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(left > 0, (y.sum(axis=0) - y) / left, np.nan))


def _variance(without: _Floats) -> _Floats:
    """The jackknife's variance of a ratio."""
    count = len(without)
    away = without - without.mean(axis=0)
    return np.asarray((count - 1) / count * (away * away).sum(axis=0))


def _wilson(
    p: _Floats, spread: _Floats, contacts: _Floats, quantile: float
) -> tuple[_Floats, _Floats]:
    """Wilson's interval at the n of contacts that leaves this variance, and no more than all."""
    p = np.clip(p, 0.0, 1.0)
    worth = np.where(spread > 0, p * (1 - p) / spread, np.inf)
    n = np.where(np.isnan(spread), np.nan, np.minimum(worth, contacts))
    z = quantile * quantile / n
    centre = (p + z / 2) / (1 + z)
    half = np.sqrt(z * (p * (1 - p) + z / 4)) / (1 + z)
    low = np.where(p > 0, np.clip(centre - half, 0.0, p), np.where(np.isnan(n), np.nan, 0.0))
    high = np.where(p < 1, np.clip(centre + half, p, 1.0), np.where(np.isnan(n), np.nan, 1.0))
    return low, high


def _student(freedom: int, level: float) -> float:
    return float(special.stdtrit(freedom, 0.5 + level / 2))
