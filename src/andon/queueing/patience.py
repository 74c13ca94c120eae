"""Patience: how long customers are ready to wait, learnt from those who were answered first too.

A customer who gave up after 40 s had 40 s of patience. One who was answered after 40 s had more,
and we do not know how much more: that wait is *censored*. Kaplan and Meier (1958, *Nonparametric
estimation from incomplete observations*, https://doi.org/10.2307/2281868) use both rightly. The
mean wait of those who gave up does not: it leaves out the patient.

Waits come one by one, or counted by time, so that a thousand million contacts need only a short
table (:class:`andon.queueing.wait_counts.WaitCounts`). Laws with a formula are fitted in
:mod:`andon.queueing.patience_fit`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.errors import QueueingError
from andon.estimate import Estimate, Unknown
from andon.queueing.inputs import at_least_zero

__all__ = ["HazardBin", "Peak", "Survival", "hazard", "kaplan_meier", "peak"]

_Floats = npt.NDArray[np.float64]
_METHOD: Final = "Kaplan-Meier, log-log Greenwood band"
_WIDENED: Final = ", widened for waits that are alike"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Survival:
    """The share of customers still ready to wait, as a curve of steps.

    Attributes
    ----------
    at_s : array
        Times at which somebody gave up or was taken off, seconds, ascending.
    still_waiting : array
        Share that would still be waiting just after each time, 0 to 1.
    low, high : array
        Ends of its interval.
    at_risk : array
        Waits that lasted until each time.
    gave_up : array
        How many gave up at each time.
    spread : array
        Greenwood's standard deviation of the logarithm of ``still_waiting``, as if waits were
        independent.
    n : int
        Waits in all.
    level : float
        Of the interval.
    method : str
        How the band was made.
    """

    at_s: _Floats
    still_waiting: _Floats
    low: _Floats
    high: _Floats
    at_risk: _Floats
    gave_up: _Floats
    spread: _Floats
    n: int
    level: float
    method: str

    def at(self, seconds: float) -> Estimate | Unknown:
        """The share still ready to wait after ``seconds`` (0 or more)."""
        i = int(np.searchsorted(self.at_s, seconds, side="right")) - 1
        if self.n == 0 or seconds > self.longest_s:
            return Unknown(
                unit="share",
                why=f"nobody was seen to wait {seconds:g} s",
                needs="contacts that waited that long",
            )
        if i < 0:
            return Estimate(
                value=1.0,
                low=((1 - self.level) / 2) ** (1 / self.n),
                high=1.0,
                unit="share",
                n=self.n,
                method="nobody was seen to leave so early",
                level=self.level,
            )
        return Estimate(
            value=float(self.still_waiting[i]),
            low=float(self.low[i]),
            high=float(self.high[i]),
            unit="share",
            n=self.n,
            method=self.method,
            level=self.level,
        )

    def quantile(self, share: float) -> Estimate | Unknown:
        """The time by which ``share`` (0 to 1) of customers would have given up.

        Its interval is where the curve's band crosses (Brookmeyer and Crowley 1982).
        """
        rest = 1 - share + 1e-12
        value, low, high = (
            self._first(curve, rest) for curve in (self.still_waiting, self.low, self.high)
        )
        if value is None or low is None or high is None:
            return Unknown(
                unit="s",
                why=f"too few waited long enough to see {share:.0%} give up, and how surely",
                needs="contacts with longer waits",
            )
        return Estimate(
            value=value,
            low=min(low, value),
            high=max(high, value),
            unit="s",
            n=self.n,
            method=self.method,
            level=self.level,
        )

    def restricted_mean(self, to_s: float, *, design_effect: float = 1.0) -> Estimate | Unknown:
        """The mean time that customers would wait within the first ``to_s`` seconds (> 0).

        The area under the curve; its variance is that of Kaplan and Meier 1958, section 6.1, times
        ``design_effect``.
        """
        if self.n == 0 or to_s > self.longest_s:
            return Unknown(
                unit="s",
                why=f"nobody was seen to wait {to_s:g} s",
                needs="contacts that waited that long",
            )
        areas = self._areas(to_s)
        ahead = areas[1:][::-1].cumsum()[::-1]
        steps = np.diff(np.concatenate(([0.0], self.spread[self.at_s < to_s] ** 2)))
        half = _z(self.level) * math.sqrt(design_effect * float((ahead**2 * steps).sum()))
        value = float(areas.sum())
        return Estimate(
            value=value,
            low=max(0.0, value - half),
            high=min(to_s, value + half),
            unit="s",
            n=self.n,
            method="area under the Kaplan-Meier curve" + (_WIDENED if design_effect > 1 else ""),
            level=self.level,
        )

    def area(self, to_s: float) -> float:
        """The area under the curve up to ``to_s``, seconds."""
        return float(self._areas(to_s).sum())

    def waiting(self, seconds: float) -> int:
        """How many were seen to wait longer than ``seconds``."""
        i = int(np.searchsorted(self.at_s, seconds, side="right"))
        return round(float(self.at_risk[i])) if i < len(self.at_s) else 0

    @property
    def longest_s(self) -> float:
        """The longest wait seen, seconds; 0 where there is none."""
        return float(self.at_s[-1]) if len(self.at_s) else 0.0

    def _areas(self, to_s: float) -> _Floats:
        """The area under each step of the curve up to ``to_s``."""
        inside = self.at_s < to_s
        edges = np.concatenate(([0.0], self.at_s[inside], [to_s]))
        heights = np.concatenate(([1.0], self.still_waiting[inside]))
        return np.asarray(np.diff(edges) * heights, dtype=np.float64)

    def _first(self, curve: _Floats, rest: float) -> float | None:
        """When ``curve`` first falls to ``rest``."""
        below = np.flatnonzero(curve <= rest)
        return float(self.at_s[below[0]]) if len(below) else None


def kaplan_meier(
    waits_s: npt.ArrayLike,
    gave_up: npt.ArrayLike,
    otherwise: npt.ArrayLike | None = None,
    *,
    level: float = 0.95,
    design_effect: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
) -> Survival:
    """The share of customers still ready to wait after each time, with its band.

    Parameters
    ----------
    waits_s : array_like
        Waits in seconds, 0 or more, in any order.
    gave_up : array_like
        For single waits: whether the customer gave up (true), or was answered or taken off
        otherwise (false). For counted waits: how many gave up after that wait.
    otherwise : array_like, optional
        Only for counted waits: how many left the queue otherwise after that wait.
    level : float
        Of the band, 0 to 1.
    design_effect : pair of array_like, optional
        Times in seconds and, at each, by how much the variance exceeds that of independent waits
        (1 or more); in between it is interpolated. Waits of one customer or one bad day are not
        independent.

    Returns
    -------
    Survival

    Raises
    ------
    QueueingError
        If arrays differ in length, or a wait or a count is negative or not finite.

    Notes
    -----
    Those who gave up at a time count before those who were answered at the same time. Counts stay
    exact up to 2^53. The band is
    Greenwood's (1926) on the scale of log(-log), which stays within 0 and 1 (Kalbfleisch and
    Prentice 2002, section 1.4). Before anybody gave up its lower end is exact, from those at risk.

    Examples
    --------
    >>> curve = kaplan_meier([5, 10, 20, 30], [True, False, True, False])
    >>> [round(float(share), 3) for share in curve.still_waiting]
    [0.75, 0.75, 0.375, 0.375]

    A thousand million waits, counted by length:

    >>> curve = kaplan_meier([10, 20, 30], [200_000_000, 1, 0], [0, 0, 799_999_999])
    >>> print(f"{curve.n:,}: {curve.at(10)}")
    1,000,000,000: 80.000 % (79.998 to 80.002 %)
    """
    at, events, others = _counted(waits_s, gave_up, otherwise)
    at_risk = np.cumsum((events + others)[::-1])[::-1]
    left = at_risk - events
    still: _Floats = np.cumprod(left / at_risk, dtype=np.float64)
    with np.errstate(divide="ignore"):
        steps = np.where(left > 0, events / (at_risk * np.maximum(left, 1)), 0.0)
    variance = np.cumsum(steps)
    factor = np.ones(len(at))
    if design_effect is not None:
        times, factors = (np.asarray(each, dtype=np.float64) for each in design_effect)
        factor = np.interp(at, times, factors)
    low, high = _band(still, np.sqrt(variance * factor), at_risk / factor, level)
    return Survival(
        at_s=at,
        still_waiting=still,
        low=low,
        high=high,
        at_risk=at_risk,
        gave_up=events,
        spread=np.sqrt(variance),
        n=round(float(at_risk[0])) if len(at) else 0,
        level=level,
        method=_METHOD if design_effect is None else _METHOD + _WIDENED,
    )


def _band(
    still: _Floats, spread: _Floats, at_risk: _Floats, level: float
) -> tuple[_Floats, _Floats]:
    """Ends of the interval: log-log inside, exact at 1, one-sided at 0."""
    low, high = np.zeros_like(still), np.ones_like(still)
    inside = (still > 0) & (still < 1)
    scale = _z(level) * spread[inside] / np.abs(np.log(still[inside]))
    low[inside] = still[inside] ** np.exp(scale)
    high[inside] = still[inside] ** np.exp(-scale)
    full = still >= 1
    low[full] = ((1 - level) / 2) ** (1 / at_risk[full])
    # Once all have given up, what was still possible before is still possible.
    gone = still <= 0
    if gone.any():
        before = np.flatnonzero(~gone)
        high[gone] = high[before[-1]] if len(before) else 1.0
    return np.minimum.accumulate(low), high


@dataclass(frozen=True, kw_only=True, slots=True)
class HazardBin:
    """How fast customers give up within one stretch of the wait.

    Attributes
    ----------
    from_s, to_s : float
        The stretch, seconds; its end belongs to it and its beginning does not (but 0 does).
    gave_up : int
        How many gave up within it.
    at_risk : int
        How many were still waiting when it began.
    waited_s : float
        Seconds that all customers together waited within it.
    per_1000_s : float
        Giving up per 1000 s of waiting: of 1000 who are waiting, how many give up each second.
    low, high : float
        Ends of its interval.
    effective : float
        How many independent events would leave the same doubt; at most ``gave_up``.
    """

    from_s: float
    to_s: float
    gave_up: int
    at_risk: int
    waited_s: float
    per_1000_s: float
    low: float
    high: float
    effective: float


def hazard(
    waits_s: npt.ArrayLike,
    gave_up: npt.ArrayLike,
    otherwise: npt.ArrayLike | None = None,
    *,
    edges_s: npt.ArrayLike,
    level: float = 0.95,
    design_effect: npt.ArrayLike | None = None,
) -> tuple[HazardBin, ...]:
    """How fast customers give up, by how long they have waited.

    Parameters
    ----------
    waits_s, gave_up, otherwise : array_like
        As for :func:`kaplan_meier`.
    edges_s : array_like
        Ascending times in seconds that cut the wait into bins.
    level : float
        Of the intervals, 0 to 1.
    design_effect : array_like, optional
        For each bin, by how much the variance exceeds that of independent events (1 or more);
        the exact interval is then that of as many fewer events in as much less time.

    Returns
    -------
    tuple of HazardBin
        Bins in which nobody waited are left out.

    Raises
    ------
    QueueingError
        As for :func:`kaplan_meier`; or if edges do not ascend.

    Notes
    -----
    The interval is the exact one for a Poisson count (Garwood 1936).

    Examples
    --------
    >>> bins = hazard([5, 10, 20, 30], [True, False, True, False], edges_s=[0, 10, 30])
    >>> [(b.gave_up, b.waited_s, round(b.per_1000_s, 1)) for b in bins]
    [(1, 35.0, 28.6), (1, 30.0, 33.3)]
    """
    at, events, others = _counted(waits_s, gave_up, otherwise)
    edges = np.asarray(edges_s, dtype=np.float64)
    if len(edges) < 2 or np.any(np.diff(edges) <= 0):
        raise QueueingError(
            "edges_s must ascend, and be two or more.",
            found=f"edges_s = {edges.tolist()}",
            todo="Give the times that cut the wait into bins, shortest first.",
        )
    factors = np.ones(len(edges) - 1) if design_effect is None else np.asarray(design_effect)
    found = []
    for start, end, factor in zip(edges[:-1], edges[1:], factors, strict=True):
        within = (at > start) & (at <= end)
        if start == edges[0]:
            within |= at == start
        waited = float(((events + others) * np.clip(at - start, 0.0, end - start)).sum())
        if waited <= 0:
            continue
        count = float(events[within].sum())
        effective = count / max(1.0, float(factor)) if count else 0.0
        shrunk = waited * (effective / count) if count else waited
        low, high = _garwood(effective, level)
        found.append(
            HazardBin(
                from_s=float(start),
                to_s=float(end),
                gave_up=round(count),
                at_risk=round(float((events + others)[at > start].sum())),
                waited_s=waited,
                per_1000_s=1000 * count / waited,
                low=1000 * low / shrunk,
                high=1000 * high / shrunk,
                effective=effective,
            )
        )
    return tuple(found)


@dataclass(frozen=True, kw_only=True, slots=True)
class Peak:
    """Where customers give up fastest.

    Attributes
    ----------
    at_s : Estimate
        The middle of the highest bin; its interval spans every bin that may be the highest.
    bin : HazardBin
        The highest bin.
    """

    at_s: Estimate
    bin: HazardBin


def peak(
    bins: tuple[HazardBin, ...],
    *,
    from_s: float = 0.0,
    to_s: float = math.inf,
    level: float = 0.95,
) -> Peak | Unknown:
    """Where, between two times, customers give up fastest, and how sure that is.

    Parameters
    ----------
    bins : tuple of HazardBin
        From :func:`hazard`.
    from_s, to_s : float
        Only bins within are candidates, seconds.
    level : float
        0 to 1.

    Returns
    -------
    Peak or Unknown
        Unknown where the highest bin cannot be told from the lowest on either side of it: chance
        could then make such a peak. A side without bins is no hurdle.

    Notes
    -----
    Bins are compared on the logarithm of their rates, with Bonferroni's correction. A bin that is
    not significantly lower than the highest may be the true peak (multiple comparisons with the
    best: Hsu 1984).

    Examples
    --------
    Of 1,000 callers 300 hang up about a minute after they came, and few before or after.

    >>> bins = hazard(
    ...     [30, 60, 90], [40, 300, 40], [160, 160, 300], edges_s=[0, 45, 75, 105]
    ... )
    >>> where = peak(bins)
    >>> where.bin.from_s, where.bin.to_s
    (45.0, 75.0)
    """
    candidates = [each for each in bins if from_s <= each.from_s and each.to_s <= to_s]
    if not any(each.gave_up for each in candidates):
        return Unknown(unit="s", why="nobody gave up there", needs="contacts that gave up")
    top = max(candidates, key=lambda each: each.per_1000_s)
    sides = (
        [each for each in bins if each.to_s <= top.from_s],
        [each for each in bins if each.from_s >= top.to_s],
    )
    lowest = [min(side, key=lambda each: each.per_1000_s) for side in sides if side]
    # The highest candidate and the lowest bin were picked from all their pairs.
    stands_out = _z_one_sided(level, max(1, len(candidates) * (len(bins) - 1)))
    if not all(_apart(top, each) > stands_out for each in lowest):
        return Unknown(
            unit="s",
            why="the hazard has no peak there that chance could not make",
            needs="more contacts that waited, or a stronger peak",
        )
    others = [each for each in candidates if each is not top]
    limit = _z_one_sided(level, max(1, len(others)))
    close = [top, *(each for each in others if _apart(top, each) <= limit)]
    return Peak(
        at_s=Estimate(
            value=(top.from_s + top.to_s) / 2,
            low=min(each.from_s for each in close),
            high=max(each.to_s for each in close),
            unit="s",
            n=sum(each.gave_up for each in candidates),
            method="bins not significantly lower than the highest, Bonferroni",
            level=level,
        ),
        bin=top,
    )


def _apart(top: HazardBin, other: HazardBin) -> float:
    """How many standard deviations the logarithms of two rates lie apart."""
    # Half an event more keeps bins without events comparable.
    a, b = top.effective + 0.5, other.effective + 0.5
    scaled = (top.effective / top.gave_up) * top.waited_s
    shrink = other.effective / other.gave_up if other.gave_up else 1.0
    return math.log((a / scaled) / (b / (shrink * other.waited_s))) / math.sqrt(1 / a + 1 / b)


def _counted(
    waits_s: npt.ArrayLike, gave_up: npt.ArrayLike, otherwise: npt.ArrayLike | None
) -> tuple[_Floats, _Floats, _Floats]:
    """Distinct times in order, how many gave up at each, and how many left otherwise."""
    waits = at_least_zero("waits_s", waits_s)
    events = at_least_zero("gave_up", gave_up)
    others = at_least_zero(
        "otherwise",
        1.0 - events if otherwise is None else otherwise,
        todo="For single waits gave_up is true or false; for counted ones give otherwise too.",
    )
    if not waits.shape == events.shape == others.shape or waits.ndim != 1:
        raise QueueingError(
            "Waits and counts must be lists of the same length.",
            found=f"shapes {waits.shape}, {events.shape} and {others.shape}",
            todo="Give waits_s and gave_up for each customer, or both counts for each wait.",
        )
    waits, events, others = (each[events + others > 0] for each in (waits, events, others))
    at, index = np.unique(waits, return_inverse=True)
    return (
        at,
        np.bincount(index, weights=events, minlength=len(at)).astype(np.float64),
        np.bincount(index, weights=others, minlength=len(at)).astype(np.float64),
    )


def _garwood(count: float, level: float) -> tuple[float, float]:
    """The exact interval of a Poisson mean; ``count`` may be a part of a count."""
    tail = (1 - level) / 2
    low = float(special.gammaincinv(count, tail)) if count > 0 else 0.0
    return low, float(special.gammaincinv(count + 1, 1 - tail))


def _z(level: float) -> float:
    return float(special.ndtri(0.5 + level / 2))


def _z_one_sided(level: float, comparisons: int) -> float:
    return float(special.ndtri(1 - (1 - level) / comparisons))
