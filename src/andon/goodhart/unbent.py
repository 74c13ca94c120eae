"""Unbent: what a measure would read, had nothing piled up at the limit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.estimate import Estimate, Unknown
from andon.goodhart.bunching import Side
from andon.goodhart.excess_mass import Bunching
from andon.goodhart.tally import Tally
from andon.units import Unit

__all__ = ["Unbent", "unbent"]

_Floats = npt.NDArray[np.float64]

_FEWEST: Final = 8
"""Groups without which their spread is not known well enough for an interval."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unbent:
    """A measure with and without the pile at a limit.

    Attributes
    ----------
    reads, without, bend : Estimate or Unknown
        The share within the limit as it reads, as it would be without the pile, and the first less
        the second.
    mean_reads, mean_without, mean_bend : Estimate or Unknown
        The mean likewise, in the values' unit.
    """

    reads: Estimate | Unknown
    without: Estimate | Unknown
    bend: Estimate | Unknown
    mean_reads: Estimate | Unknown
    mean_without: Estimate | Unknown
    mean_bend: Estimate | Unknown


def unbent(
    found: Bunching,
    seen: Tally,
    *,
    limit: float,
    side: Side,
    n: _Floats,
    within: _Floats,
    timed: _Floats,
    total: _Floats,
    unit: Unit = "s",
    level: float = 0.95,
) -> Unbent:
    """What the share within a limit and the mean would be without the pile.

    Parameters
    ----------
    found : Bunching
        Of groups, so that each can be left out.
    seen : Tally
        What it was found in, with a row for each group.
    limit : float
        In the values' unit.
    side : {"below", "above"}
    n, within, timed, total : array of shape (groups,)
        All that the measure is over, those within the limit, those with a value, and the sum of
        these values; near the limit and far from it.
    unit : Unit
        Of the values.
    level : float
        Of the intervals, above 0 and below 1.

    Returns
    -------
    Unbent
        Unknown with fewer than eight groups.

    Notes
    -----
    Share: the excess is taken to have come over the limit. Mean: what is missing from each bin
    beyond the limit is taken to have been brought from there to the limit, and what is too much in
    each bin of the pile from the limit to there. Both together are the whole way where as many are
    missing as are too many; where they are not, the odd ones count with their way to or from the
    limit only. Intervals leave out one group at a time (jackknife), with Student's quantile.
    """
    if found.left_out is None or len(n) < _FEWEST:
        none = Unknown(
            unit="share",
            why="there are too few days to tell how far they differ",
            needs=f"at least {_FEWEST} days with contacts near the limit",
        )
        blank = Unknown(unit=unit, why=none.why, needs=none.needs)
        return Unbent(
            reads=none,
            without=none,
            bend=none,
            mean_reads=blank,
            mean_without=blank,
            mean_bend=blank,
        )
    bins = found.bins
    cut = _cut(seen, bins.starts, bins.width, side)
    cut = np.vstack((cut.sum(axis=0), cut.sum(axis=0) - cut))
    expected = np.vstack((bins.expected, found.left_out))
    beyond = cut - expected
    sign = 1.0 if side == "below" else -1.0
    piled = beyond[:, bins.pile].sum(axis=1)
    way = bins.starts + bins.width / 2 - limit
    moved = -(beyond[:, bins.gap] @ way[bins.gap] + beyond[:, bins.pile] @ way[bins.pile])
    all_n, all_within, all_timed, all_total = (
        np.concatenate(([each.sum()], each.sum() - each)) for each in (n, within, timed, total)
    )
    count = round(float(n.sum()))

    def share(values: _Floats, *, least: float = 0.0) -> Estimate | Unknown:
        return _figure(values / all_n, unit="share", n=count, level=level, least=least, most=1.0)

    def average(values: _Floats, *, least: float = 0.0) -> Estimate | Unknown:
        return _figure(
            values / all_timed,
            unit=unit,
            n=round(float(timed.sum())),
            level=level,
            least=least,
            most=math.inf,
        )

    return Unbent(
        reads=share(all_within),
        without=share(all_within - sign * piled),
        bend=share(sign * piled, least=-1.0),
        mean_reads=average(all_total),
        mean_without=average(all_total + moved),
        mean_bend=average(-moved, least=-math.inf),
    )


def _cut(seen: Tally, starts: _Floats, width: float, side: Side) -> _Floats:
    """Counts by group and bin; a value on the limit belongs to the pile."""
    slack = 1e-7 * width * (1 if side == "above" else -1)
    place = np.floor((seen.values + slack - starts[0]) / width)
    inside = (place >= 0) & (place < starts.size)
    bins = np.zeros((starts.size, len(seen.counts)))
    np.add.at(bins, place[inside].astype(np.int64), seen.counts[:, inside].T)
    return np.ascontiguousarray(bins.T)


def _figure(
    values: _Floats, *, unit: Unit, n: int, level: float, least: float, most: float
) -> Estimate | Unknown:
    """The first value, and the interval that the others, one group left out each, give it."""
    value, left = float(values[0]), values[1:]
    groups = len(left)
    if not (math.isfinite(value) and np.isfinite(left).all()):
        return Unknown(unit=unit, why="no contact that could count", needs="such contacts")
    spread = float(((left - left.mean()) ** 2).sum()) * (groups - 1) / groups
    half = float(special.stdtrit(groups - 1, 0.5 + level / 2)) * math.sqrt(spread)
    return Estimate(
        value=value,
        low=min(value, max(least, value - half)),
        high=max(value, min(most, value + half)),
        unit=unit,
        n=n,
        method=f"{groups:,} stretches of days, one left out at a time",
        level=level,
    )
