"""Offered load that changes through the day: how many would be in service, were nobody to wait.

With arrivals at rate lambda(t) and handle times S, the load at time t is

    R(t) = integral of lambda(u) P(S > t - u) du = E[S] E[lambda(t - S_e)],

the mean number in the infinite-server queue (Eick, Massey and Whitt 1993, *The physics of the
Mt/G/infinity queue*, https://doi.org/10.1287/opre.41.4.731). It is what a staffing must follow:
it lags behind arrivals by about E[S_e] and swings less. Where arrivals are constant it is
lambda E[S], whatever the law.

Arrivals come in steps or along straight lines, so that the integral is exact: it needs only the
law's integrated survival, and integrals of that, which are taken to 13 digits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.queueing.inputs import Floats, at_least_zero, between
from andon.queueing.intervals import Before, by_interval, edges, known_before, length, moments
from andon.queueing.laws import Empirical, Fixed
from andon.units import HOUR_S

if TYPE_CHECKING:
    from andon.queueing.laws import Law

__all__ = ["OfferedLoad", "agents_following", "load_lag_s", "offered_load"]

_MOST_LAGS: Final = 300_000
"""Intervals of a repeating past that are looked at one by one; older ones count at their mean."""
_MOST_TERMS: Final = 10_000_000
"""The same, for all instants that are asked for together."""
_CHUNK: Final = 1_000_000
"""Numbers in a table of lags that is held at once."""
_DIGITS: Final = 1e-13
"""How closely integrals are taken, as a share of a mean handle time."""
_GONE: Final = 4e-16
"""A share of a mean handle time that no double can tell from nothing."""
_NODES, _WEIGHTS = (
    np.asarray(each, dtype=np.float64) for each in np.polynomial.legendre.leggauss(8)
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class OfferedLoad:
    """The load that arrivals bring, through time.

    Attributes
    ----------
    at_s : array, shape (m,)
        Instants, seconds after the start.
    load_erlangs : array, shape (..., m)
        Load at each instant, 0 or more.
    interval_erlangs : array, shape (..., k)
        Mean load over each interval.
    interval_s : float
        Length of an interval, seconds.
    """

    at_s: Floats
    load_erlangs: Floats
    interval_erlangs: Floats
    interval_s: float


def offered_load(
    *,
    arrivals_per_h: npt.ArrayLike,
    interval_s: float,
    handle: Law,
    at_s: npt.ArrayLike | None = None,
    before: Before = "nobody",
    rates: Literal["steps", "line"] = "steps",
) -> OfferedLoad:
    """The load R(t) that changing arrivals bring, for any law of handle times.

    Parameters
    ----------
    arrivals_per_h : array_like, shape (..., k) or (..., k + 1)
        Arrivals an hour, 0 or more. In steps: one rate for each interval. Along a line: the rate
        at each of the k + 1 edges, straight in between.
    interval_s : float
        Length of an interval, seconds (> 0).
    handle : Law
        Of handle times, seconds.
    at_s : array_like, shape (m,), optional
        Instants at which to tell the load, seconds after the start (0 or more); the edges of the
        intervals by default. After the last interval nobody arrives, unless the past repeats.
    before : {"nobody", "steady", "periodic"}
        What went before: an empty service, the first rate for ever, or this same stretch for ever.
    rates : {"steps", "line"}

    Returns
    -------
    OfferedLoad

    Raises
    ------
    QueueingError
        If a rate is negative or not finite, or there is no interval.

    Notes
    -----
    Exact up to rounding, for any handle-time law, with one exception. Where handle times have so
    long a tail that a repeating past matters for very many intervals (300,000; 10,000,000 over all
    instants in ``at_s``), the oldest count at the mean rate. That errs by less than the highest
    rate times the length of the day times the share of handle times that last so long. The mean
    load over a repeating day is the mean rate times the mean handle time, always.

    Source: Eick, Massey and Whitt 1993, theorem 1, https://doi.org/10.1287/opre.41.4.731.

    Examples
    --------
    Calls of ten minutes come at 60 an hour in the first half-hour only; the load is still rising
    when they stop, and outlasts them.

    >>> from andon.queueing.laws import Exponential
    >>> day = offered_load(
    ...     arrivals_per_h=[60, 0, 0], interval_s=1800, handle=Exponential(mean_s=600)
    ... )
    >>> day.load_erlangs.round(3).tolist()
    [0.0, 9.502, 0.473, 0.024]
    >>> day.interval_erlangs.round(3).tolist()
    [6.833, 3.01, 0.15]
    """
    known_before(before)
    rate = by_interval("arrivals_per_h", arrivals_per_h) / HOUR_S
    step = length(interval_s)
    if rates == "line" and rate.shape[-1] < 2:
        raise QueueingError(
            "Rates along a line need both ends of an interval.",
            found=f"arrivals_per_h of shape {rate.shape}",
            todo="Give the rate at each edge: one number more than there are intervals.",
        )
    _lasting(handle)
    past = _Past(law=handle, step=step, intervals=rate.shape[-1] - (rates == "line"))
    means = past.through(rate, "interval", before, rates)
    if at_s is None:
        instants = edges(past.intervals, step)
        load = past.through(rate, "edge", before, rates)
    else:
        instants = moments("at_s", at_s)
        load = past.at(instants, rate, before, rates)
    return OfferedLoad(
        at_s=instants,
        load_erlangs=np.maximum(load, 0.0),
        interval_erlangs=np.maximum(means, 0.0),
        interval_s=step,
    )


def load_lag_s(*, handle: Law) -> float:
    """By how long the load lags behind arrivals: the mean E[S_e] of a handle time's remainder.

    Parameters
    ----------
    handle : Law
        Of handle times, seconds.

    Returns
    -------
    float
        Seconds: ``mean_s * (1 + cv2) / 2``. Where arrivals change slowly the load at t is
        lambda(t - E[S_e]) E[S].

    Notes
    -----
    Source: Eick, Massey and Whitt 1993, section 3, https://doi.org/10.1287/opre.41.4.731.

    Examples
    --------
    >>> from andon.queueing.laws import Exponential, Fixed
    >>> load_lag_s(handle=Exponential(mean_s=600)), load_lag_s(handle=Fixed(value_s=600))
    (600.0, 300.0)
    """
    _lasting(handle)
    return float(handle.mean_s * (1 + handle.cv2) / 2)


def agents_following(*, load_erlangs: npt.ArrayLike, beta: float) -> npt.NDArray[np.int64]:
    """The agents that follow a load with a margin of some of its square roots.

    Parameters
    ----------
    load_erlangs : array_like
        Load, by interval or at instants, 0 or more.
    beta : float
        How many square roots of the load to have beyond it; below 0 is fewer agents than load,
        which makes sense only where callers hang up.

    Returns
    -------
    array of int
        ``load + beta sqrt(load)``, rounded up, at least 0; in the shape of the load.

    Raises
    ------
    QueueingError
        If a load is negative, or ``beta`` not finite.

    Notes
    -----
    If the load is the offered load R(t), or that of service where customers come back, the
    probability of waiting stays nearly the same all day: about Halfin and Whitt's function of
    ``beta`` where nobody hangs up, Garnett's where callers do. Source: Jennings, Mandelbaum, Massey
    and Whitt 1996, https://doi.org/10.1287/mnsc.42.10.1383.

    Examples
    --------
    >>> agents_following(load_erlangs=[0, 25, 100], beta=0.5).tolist()
    [0, 28, 105]
    """
    load = at_least_zero("load_erlangs", load_erlangs)
    margin = between("beta", beta, -1e6, 1e6)
    # A hair above a whole number is rounding, not need.
    needed = np.ceil(load + margin * np.sqrt(load) - 1e-9)
    return np.maximum(needed, 0).astype(np.int64)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Past:
    """What is left of arrivals that came some time ago.

    ``I(x)`` is the integral of survival to x, ``J(x)`` the integral of I; both are 0 for x < 0.
    An interval's arrivals that began x seconds ago and ended x - h seconds ago have left
    ``I(x) - I(x - h)`` for each unit of rate. Their distance from the mean, the tail E[S] - I,
    is what is integrated: it vanishes, so that nothing large is ever subtracted.
    """

    law: Law
    step: float
    intervals: int

    def through(
        self, rate: Floats, what: Literal["edge", "interval"], before: Before, rates: str
    ) -> Floats:
        """The load at each edge, or its mean over each interval."""
        k, first = self.intervals, int(what == "edge")
        lags = self._lags(before)
        start, end = self._weights(lags, what)
        ends = rates == "line"
        coming = ((rate[..., :k], start), (rate[..., 1:], end)) if ends else ((rate, start + end),)
        out = np.zeros((*rate.shape[:-1], k + first))
        for each, weights in coming:
            if before == "periodic":
                folded = np.zeros(-(-lags // k) * k)
                folded[:lags] = weights
                folded = folded.reshape(-1, k).sum(axis=0)
                for m in np.flatnonzero(folded):
                    out[..., first:] += folded[m] * np.roll(each, m, axis=-1)
            else:
                for m in np.flatnonzero(weights[:k]):
                    out[..., first + m :] += weights[m] * each[..., : k - m]
        if before == "periodic":
            mean = _mean_rate(rate, ends)
            left = self.law.mean_s - float(start.sum() + end.sum())
            out[..., first:] += mean * left
            if first:
                out[..., 0] = out[..., -1]
        if before == "steady":
            out += rate[..., :1] * self._tails(what)
        return out

    def at(self, instants: Floats, rate: Floats, before: Before, rates: str) -> Floats:
        """The load at any instants."""
        k, ends = self.intervals, rates == "line"
        most = min(_MOST_LAGS, _MOST_TERMS // max(1, len(instants)))
        periods = -(-self._lags(before, most) // k) if before == "periodic" else 0
        span = k * self.step
        when = np.mod(instants, span) if before == "periodic" else instants
        # In a repeating past the first edge of this period comes after the last of the one before.
        marks = np.arange(-periods * k, k + 1) * self.step
        areas = None
        if ends:
            last = float(when.max(initial=0.0) - marks[0])
            areas = _TailArea.upto(self.law, max(last, self.step), self.step)
        out = np.empty((*rate.shape[:-1], len(when)))
        rows = max(1, _CHUNK // len(marks))
        for i in range(0, len(when), rows):
            some = slice(i, i + rows)
            lags = when[some, None] - marks
            start, end = self._left(lags, areas)
            if before == "periodic":
                start, end = (
                    each.reshape(len(lags), periods + 1, k).sum(axis=1) for each in (start, end)
                )
            if ends:
                out[..., some] = rate[..., :k] @ start.T + rate[..., 1:] @ end.T
            else:
                out[..., some] = rate @ (start + end).T
            if before == "periodic":
                left = self.law.mean_s - _integrated(self.law, lags[:, 0])
                out[..., some] += _mean_rate(rate, ends) * left
            if before == "steady":
                tail = self.law.mean_s - _integrated(self.law, when[some])
                out[..., some] += rate[..., :1] * tail
        return out

    def _lags(self, before: Before, most: int = _MOST_LAGS) -> int:
        """How many intervals back one must look, until the rest may count at its mean rate.

        A whole period that lies x back differs from its mean by less than the period times the
        fall of survival over it; all that lie further back, by less than the period times S(x).
        """
        k, step = self.intervals, self.step
        lags = k
        if before == "periodic":
            negligible = _DIGITS * self.law.mean_s / (k * step)
            while lags < most and float(self.law.survival((lags - 1) * step)) > negligible:
                lags *= 2
        return lags

    def _weights(self, lags: int, what: Literal["edge", "interval"]) -> tuple[Floats, Floats]:
        """What each interval back counts, by the rate at its start and at its end."""
        h, mean, law = self.step, self.law.mean_s, self.law
        left = mean - _integrated(law, edges(lags, h))
        seen = int(np.argmax(left <= _GONE * mean)) if left[-1] <= _GONE * mean else lags
        left[seen + 1 :] = 0.0
        cells, falling = _tail_areas(law, edges(seen, h))
        tail = np.zeros(lags + 1)  # mean tail over each cell back; the 0th lies ahead
        tail[1 : seen + 1] = cells / h
        slope = np.zeros(lags + 1)
        slope[1 : seen + 1] = falling / h**2
        rise = tail - slope
        start, end = np.zeros(lags), np.zeros(lags)
        if what == "edge":
            start[:] = tail[1:] - left[1:]
            end[:] = left[:-1] - tail[1:]
        else:
            # The cell itself: arrivals of this interval so far.
            start[0] = mean / 2 - tail[1] + slope[1]
            end[0] = mean / 2 - slope[1]
            start[1:] = slope[2:] + rise[1:-1] - tail[2:]
            end[1:] = tail[1:-1] - slope[2:] - rise[1:-1]
        return start, end

    def _tails(self, what: Literal["edge", "interval"]) -> Floats:
        """What is left of all who came before time 0 at a unit rate."""
        marks = edges(self.intervals, self.step)
        if what == "edge":
            return self.law.mean_s - _integrated(self.law, marks)
        return _tail_areas(self.law, marks)[0] / self.step

    def _left(self, lags: Floats, areas: _TailArea | None) -> tuple[Floats, Floats]:
        """What each interval counts at each instant, by the rate at its start and at its end."""
        have = _integrated(self.law, lags)
        if areas is None:
            left = have[:, :-1] - have[:, 1:]
            return left, np.zeros_like(left)
        gone = np.maximum(lags, 0.0)
        area = areas.at(gone)
        span = gone[:, :-1] - gone[:, 1:]
        between = (self.law.mean_s * span - (area[:, :-1] - area[:, 1:])) / self.step
        return have[:, :-1] - between, between - have[:, 1:]


@dataclass(frozen=True, kw_only=True, slots=True)
class _TailArea:
    """The integral K of the tail from 0 on, at any lag.

    Between knots it is the quintic that has K, its slope (the tail) and its bend (minus survival)
    right at both; knots lie so close that it is right in the middle as well.
    """

    knots: Floats
    area: Floats
    slope: Floats
    bend: Floats

    @classmethod
    def upto(cls, law: Law, last: float, step: float) -> _TailArea:
        """From 0 to ``last``, close enough for differences over a ``step``."""
        mean = float(law.mean_s)
        marks = _landmarks(law)
        points = np.union1d([0.0, last], marks[marks < last])
        low, high, found = points[:-1], points[1:], [points]
        for _ in range(64):
            middle, width = (low + high) / 2, high - low
            first, second = (
                _gauss(law, *each)[0] for each in ((low, middle, high), (middle, high, high))
            )
            at_low, at_high = (mean - _integrated(law, each) for each in (low, high))
            bends = -(np.asarray(law.survival(low)) + np.asarray(law.survival(high)))
            told = (first + second) / 2 + width * (5 * (at_low - at_high) + width * bends / 2) / 32
            rough = (np.abs(told - first) > _DIGITS * mean * step) & (width > 1e-13 * high)
            if not rough.any():
                break
            low, high, middle = low[rough], high[rough], middle[rough]
            found.append(middle)
            low, high = np.concatenate((low, middle)), np.concatenate((middle, high))
        knots = np.unique(np.concatenate(found))
        return cls(
            knots=knots,
            area=np.concatenate(([0.0], np.cumsum(_tail_areas(law, knots)[0]))),
            slope=mean - _integrated(law, knots),
            bend=-np.asarray(law.survival(knots), dtype=np.float64),
        )

    def at(self, lags: Floats) -> Floats:
        """K at each lag."""
        i = np.clip(np.searchsorted(self.knots, lags, side="right") - 1, 0, len(self.knots) - 2)
        width = self.knots[i + 1] - self.knots[i]
        u = (lags - self.knots[i]) / width
        v = 1 - u
        low = 1 + 3 * u + 6 * u * u
        high = 1 + 3 * v + 6 * v * v
        ends = v**3 * low * self.area[i] + u**3 * high * self.area[i + 1]
        slopes = u * v**3 * (1 + 3 * u) * self.slope[i] - v * u**3 * (1 + 3 * v) * self.slope[i + 1]
        bends = u * u * v**3 * self.bend[i] + v * v * u**3 * self.bend[i + 1]
        return np.asarray(ends + width * slopes + width * width * bends / 2)


def _lasting(handle: Law) -> None:
    if not 0 < handle.mean_s < math.inf:
        raise QueueingError(
            "Handle times must have a mean above 0, and an end.",
            found=f"handle = {handle!r}, mean {handle.mean_s:g} s",
            todo="Give the law of times that contacts really take.",
        )


def _integrated(law: Law, lags: npt.ArrayLike) -> Floats:
    """The integral of survival from 0 to each lag; 0 for lags below 0."""
    return np.asarray(law.integrated_survival(np.maximum(lags, 0.0)), dtype=np.float64)


def _mean_rate(rate: Floats, ends: bool) -> Floats:
    middle = (rate[..., 1:] + rate[..., :-1]) / 2 if ends else rate
    return np.asarray(middle.mean(axis=-1, keepdims=True))


def _landmarks(law: Law) -> Floats:
    """Where a law may bend: between these points halving cells finds whatever is left.

    A bend that lies closer to a cell's end than the outermost node of Gauss's rule would be missed.
    """
    mean, deviation = float(law.mean_s), math.sqrt(law.variance_s2)
    near = mean + deviation * np.linspace(-8, 8, 33)
    points = [mean * 2.0 ** np.arange(-12, 13), near[near > 0]]
    if isinstance(law, Fixed):
        points.append(np.array([law.value_s]))
    if isinstance(law, Empirical):
        points.append(law.at_s[law.at_s > 0])
    return np.unique(np.concatenate(points))


def _tail_areas(law: Law, knots: Floats) -> tuple[Floats, Floats]:
    """Two integrals of the tail E[S] - I(y) over each cell between knots.

    The first is plain; the second is weighted with the way that is left to the cell's end. Cells
    are halved until Gauss's rule agrees with itself, so that kinks do no harm.
    """
    mean = float(law.mean_s)
    plain, falling = np.zeros(len(knots) - 1), np.zeros(len(knots) - 1)
    marks = _landmarks(law)
    points = np.union1d(knots, marks[(marks > knots[0]) & (marks < knots[-1])])
    low, high = points[:-1], points[1:]
    for _ in range(64):
        owner = np.searchsorted(knots, low, side="right") - 1
        middle = (low + high) / 2
        whole = _gauss(law, low, high, knots[owner + 1])
        halves = _gauss(law, low, middle, knots[owner + 1]) + _gauss(
            law, middle, high, knots[owner + 1]
        )
        width = knots[owner + 1] - knots[owner]
        scale = _DIGITS * mean * width
        fine = np.all(np.abs(whole - halves) <= [scale, scale * width], axis=0)
        fine |= (high - low) <= 1e-13 * high
        np.add.at(plain, owner[fine], halves[0, fine])
        np.add.at(falling, owner[fine], halves[1, fine])
        if fine.all():
            break
        rough = ~fine
        low, high = (
            np.concatenate((low[rough], middle[rough])),
            np.concatenate((middle[rough], high[rough])),
        )
    return plain, falling


def _gauss(law: Law, low: Floats, high: Floats, end: Floats) -> Floats:
    """Gauss's rule for the tail over [low, high], plain and times the way left to ``end``."""
    half = (high - low) / 2
    at = (high + low)[:, None] / 2 + half[:, None] * _NODES
    tail = law.mean_s - _integrated(law, at)
    return np.stack((half * (tail @ _WEIGHTS), half * ((tail * (end[:, None] - at)) @ _WEIGHTS)))
