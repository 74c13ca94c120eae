"""Work that can wait: e-mail and cases as a backlog that flows in, ages, and is done in order.

Items come in through each interval, agents work them off, the oldest first. With a deadline alike
for all, that is the best order there is: what falls due first is done first. In the large numbers
that such work comes in, it is a fluid: A(t) items have come by t, D(t) are done, both straight
within each interval, and everything else is read off these two curves (Newell 1982, *Applications
of queueing theory*). The backlog is A - D, the item that is done at t came when A was D(t).

What is exact here is the fluid. Chance makes single days worse; agents with slack absorb it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.queueing.inputs import Floats, at_least_zero, between, share
from andon.queueing.intervals import edges, length, one, row
from andon.units import number, spoken

__all__ = [
    "Backlog",
    "backlog",
    "oldest_first",
]

_MOST_EVENTS: Final = 2_000_000
_HALVINGS: Final = 80
_CLOSE: Final = 1e-9
"""Who is done so close to the deadline is done by it: rounding makes nobody late."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Pieces:
    """Items in the order they came, cut so that in each piece both times are straight lines.

    ``size`` items, who came from ``came`` to ``came_end`` and were done from ``done`` to
    ``done_end``; infinite for those who are not done.
    """

    size: Floats
    came: Floats
    came_end: Floats
    done: Floats
    done_end: Floats
    held: npt.NDArray[np.bool_]
    """Who was there at the start."""

    def within(self, seconds: float) -> Floats:
        """The share of each piece that was done within so many seconds of coming."""
        ended = np.isfinite(self.done_end)
        first = np.where(ended, self.done, 0.0) - self.came
        last = np.where(ended, self.done_end, 0.0) - self.came_end
        low, high = np.minimum(first, last), np.maximum(first, last)
        wide = high - low
        hair = _CLOSE * max(1.0, seconds)
        limit = seconds + np.where(wide > hair, 0.0, hair)
        part = np.divide(limit - low, wide, out=(low <= limit) * 1.0, where=wide > 0)
        return np.where(ended, np.clip(part, 0.0, 1.0), 0.0)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Backlog:
    """How a backlog goes.

    Attributes
    ----------
    at_s : array, shape (k + 1,)
        The edges of the intervals, seconds after the start.
    arrived, done : array, shape (k,)
        Items that came (those that came back included), and items done, within each interval.
    returned : array, shape (k,)
        Those among ``arrived`` that had been done before.
    backlog : array, shape (k + 1,)
        Items not done at each edge.
    overdue : array, shape (k + 1,)
        Those among them that are past their deadline.
    oldest_s : array, shape (k + 1,)
        Age of the oldest item not done, seconds; 0 where there is none.
    on_time, late, not_yet_due : array, shape (k,)
        What became of the items that came within each interval: done by their deadline; done after
        it, or overdue at the end; not done at the end, and still in time. They add up to
        ``arrived``.
    start_on_time, start_late, start_not_yet_due : float
        The same for the items that were there at the start.
    busy : array, shape (k,)
        Share of agents' time that had work, 0 to 1; NaN without agents.
    deadline_s : float
        From coming to being done, seconds.
    interval_s : float
        Length of an interval, seconds.
    """

    at_s: Floats
    arrived: Floats
    done: Floats
    returned: Floats
    backlog: Floats
    overdue: Floats
    oldest_s: Floats
    on_time: Floats
    late: Floats
    not_yet_due: Floats
    start_on_time: float
    start_late: float
    start_not_yet_due: float
    busy: Floats
    deadline_s: float
    interval_s: float
    _curves: _Curves
    _pieces: _Pieces

    @property
    def late_share(self) -> float:
        """Late items over all whose fate is known, those at the start included; NaN if none is."""
        late = float(self.late.sum()) + self.start_late
        known = late + float(self.on_time.sum()) + self.start_on_time
        return late / known if known > 0 else math.nan

    def ageing(self, *, at_s: float, ages_s: npt.ArrayLike) -> Floats:
        """The items not done at an instant, by age.

        Parameters
        ----------
        at_s : float
            Seconds after the start, at most its end.
        ages_s : array_like, shape (m,)
            Where the bins begin, seconds, ascending, the first 0; the last bin has no end.

        Returns
        -------
        array, shape (m,)

        Raises
        ------
        QueueingError
            If the instant lies outside, or ages do not ascend from 0.
        """
        now = float(between("at_s", at_s, 0.0, float(self.at_s[-1])))
        ages = at_least_zero("ages_s", ages_s)
        if ages.ndim != 1 or not ages.size or ages[0] != 0 or np.any(np.diff(ages) <= 0):
            raise QueueingError(
                "ages_s must begin with 0 and ascend.",
                found=f"ages_s = {np.array2string(ages.ravel()[:8], precision=6)}",
                todo="Give where each bin begins, such as 0, 86400, 172800.",
            )
        done = float(self._curves.done_by(np.array([now]))[0])
        older = np.maximum(self._curves.arrived_by(now - ages) - done, 0.0)
        return np.asarray(older - np.concatenate((older[1:], [0.0])))

    def done_within(self, seconds: npt.ArrayLike) -> Floats:
        """The share of done items that took so many seconds (0 or more) at most; NaN if none is."""
        limits = at_least_zero("seconds", seconds)
        ended = np.isfinite(self._pieces.done_end)
        size = np.where(ended, self._pieces.size, 0.0)
        whole = float(size.sum())
        found = [
            float((size * self._pieces.within(float(each))).sum()) / whole if whole else math.nan
            for each in limits.ravel()
        ]
        return np.array(found).reshape(limits.shape)

    def age_quantile_s(self, share_done: float) -> float:
        """The age by which so large a share (0 to 1) of done items was done; NaN if none is."""
        wanted = float(share("share_done", share_done))
        ended = np.isfinite(self._pieces.done_end)
        if not self._pieces.size[ended].sum() > 0:
            return math.nan
        ages = np.concatenate(
            (
                (self._pieces.done - self._pieces.came)[ended],
                (self._pieces.done_end - self._pieces.came_end)[ended],
            )
        )
        low, high = 0.0, float(ages.max())
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            enough = float(self.done_within(middle)) >= wanted
            low, high = (low, middle) if enough else (middle, high)
        return high

    @property
    def says(self) -> str:
        """How bad it gets, in plain words."""
        i = int(self.backlog.argmax())
        text = f"At most {number(float(self.backlog[i]), step=1)} items wait"
        if self.backlog[i] > 0:
            text += f", {spoken(float(self.at_s[i]), 's', step=60)} after the start"
        oldest = float(self.oldest_s.max())
        if oldest > 0:
            text += f"; the oldest gets {spoken(oldest, 's', step=60)} old"
        if math.isfinite(self.late_share):
            text += f"; {spoken(self.late_share, 'share', step=0.001)} are late"
        return text + "."


def backlog(
    *,
    arrivals: npt.ArrayLike,
    handle_s: float,
    capacity_agents: npt.ArrayLike,
    interval_s: float,
    deadline_s: float,
    start_items: npt.ArrayLike = (),
    start_ages_s: npt.ArrayLike = (),
    return_share: float = 0.0,
    return_after_s: float = 86_400.0,
) -> Backlog:
    """How a backlog grows, ages and is worked off, the oldest item first.

    Parameters
    ----------
    arrivals : array_like, shape (k,)
        Items that come within each interval, 0 or more, evenly through it.
    handle_s : float
        Mean work on an item, seconds (> 0).
    capacity_agents : array_like, shape (k,)
        Agents at work on items in each interval, 0 or more; parts of them are allowed.
    interval_s : float
        Length of an interval, seconds (> 0).
    deadline_s : float
        Within which an item is to be done, seconds (> 0); on the clock, closed hours included.
    start_items, start_ages_s : array_like, shape (m,)
        Items that are there at the start, 0 or more, and how long they have been, seconds.
    return_share : float
        Share of done items that come back as new ones (reopened, asked again), 0 to 1.
    return_after_s : float
        After how long they do, seconds (> 0).

    Returns
    -------
    Backlog

    Raises
    ------
    QueueingError
        If a number lies outside its range, or arrays differ in length.

    Notes
    -----
    Exact for the fluid: both curves are followed from bend to bend. Returns of what was done
    before the start are not known, and left out.

    Examples
    --------
    Twelve items an hour, half an hour each, to be done within 40 minutes. Five agents fall behind
    by two an hour; once the oldest is 40 minutes old, the rest of the day is late.

    >>> found = backlog(
    ...     arrivals=[12, 12, 12, 12, 0, 0],
    ...     handle_s=1800,
    ...     capacity_agents=[5, 5, 5, 5, 4, 4],
    ...     interval_s=3600,
    ...     deadline_s=2400,
    ... )
    >>> found.backlog.round(6).tolist(), found.oldest_s.round(3).tolist()
    ([0.0, 2.0, 4.0, 6.0, 8.0, 0.0, 0.0], [0.0, 600.0, 1200.0, 1800.0, 2400.0, 0.0, 0.0])
    >>> found.late.round(6).tolist(), round(found.late_share, 3)
    ([0.0, 0.0, 0.0, 8.0, 0.0, 0.0], 0.167)
    >>> found.ageing(at_s=14400, ages_s=[0, 1200, 2400]).round(6).tolist()
    [4.0, 4.0, 0.0]
    """
    came = row("arrivals", arrivals)
    staff = row("capacity_agents", capacity_agents, intervals=len(came))
    step, mean = length(interval_s), one("handle_s", handle_s)
    deadline = one("deadline_s", deadline_s)
    back = float(share("return_share", return_share))
    items, ages = oldest_first(start_items, start_ages_s)
    flow = _Flow(
        arrivals=came / step,
        capacity=staff / mean,
        step=step,
        back=back,
        after=one("return_after_s", return_after_s),
    )
    curves = flow.curves(items, ages)
    return _told(curves, staff, mean, step, deadline)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Curves:
    """A(t) and D(t): what was there at the start, oldest first, and the bends since."""

    start_items: Floats
    start_ages: Floats
    a_at: Floats
    a: Floats
    d_at: Floats
    d: Floats
    came_back: Floats

    def arrived_by(self, at: Floats) -> Floats:
        """Items that had come by each instant; those at the start came before 0."""
        held = np.concatenate(([0.0], np.cumsum(self.start_items)))
        early = held[np.searchsorted(-self.start_ages, at, side="right")]
        return np.where(at < 0, early, np.interp(at, self.a_at, self.a))

    def done_by(self, at: Floats) -> Floats:
        """Items that had been done by each instant of 0 or more."""
        return np.asarray(np.interp(at, self.d_at, self.d))

    def pieces(self) -> _Pieces:
        """All items that came, the oldest first."""
        held = np.concatenate(([0.0], np.cumsum(self.start_items)))
        low = np.concatenate((held[:-1], self.a[:-1]))
        high = np.concatenate((held[1:], self.a[1:]))
        since = np.concatenate((-self.start_ages, self.a_at[:-1]))
        until = np.concatenate((-self.start_ages, self.a_at[1:]))
        some = high > low
        low, high, since, until = low[some], high[some], since[some], until[some]
        some = self.d[1:] > self.d[:-1]
        d_low, d_high = self.d[:-1][some], self.d[1:][some]
        d_since, d_until = self.d_at[:-1][some], self.d_at[1:][some]
        cuts = np.unique(np.concatenate((low, high, d_low, d_high)))
        first, last = cuts[:-1], cuts[1:]
        middle = (first + last) / 2
        came = np.minimum(np.searchsorted(high, middle), max(len(high) - 1, 0))

        def line(y: Floats, i: npt.NDArray[np.intp], *ends: Floats) -> Floats:
            y0, y1, t0, t1 = (each[i] for each in ends)
            return np.asarray(t0 + (t1 - t0) * np.clip((y - y0) / (y1 - y0), 0.0, 1.0))

        done = np.full((2, len(first)), np.inf)
        if len(d_high):
            ended = middle < d_high[-1]
            i = np.searchsorted(d_high, middle[ended])
            for row, y in zip(done, (first, last), strict=True):
                row[ended] = line(y[ended], i, d_low, d_high, d_since, d_until)
        return _Pieces(
            size=last - first,
            came=line(first, came, low, high, since, until),
            came_end=line(last, came, low, high, since, until),
            done=done[0],
            done_end=done[1],
            held=middle < held[-1],
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Flow:
    """Items a second, by interval; what is done comes back in part, some time later."""

    arrivals: Floats
    capacity: Floats
    step: float
    back: float
    after: float

    def curves(self, items: Floats, ages: Floats) -> _Curves:
        """Follow both curves from bend to bend."""
        k, end = len(self.arrivals), len(self.arrivals) * self.step
        t, waiting = 0.0, float(items.sum())
        came, done = waiting, 0.0
        a_at, a, d_at, d = [0.0], [came], [0.0], [0.0]
        # The slopes of D so far, and from when; what was done comes back from them.
        slopes: list[tuple[float, float]] = []
        heard, echo, came_back = 0, 0.0, np.zeros(k)
        i = 0
        while i < k:
            while self.back and heard < len(slopes) and slopes[heard][0] + self.after <= t:
                echo = self.back * slopes[heard][1]
                heard += 1
            inflow, can = float(self.arrivals[i]) + echo, float(self.capacity[i])
            out = can if waiting > 0 else min(can, inflow)
            if not slopes or slopes[-1][1] != out:
                slopes.append((t, out))
            until = (i + 1) * self.step
            if self.back and heard < len(slopes):
                until = min(until, slopes[heard][0] + self.after)
            empties = waiting > 0 and out > inflow and t + waiting / (out - inflow) <= until
            if empties:
                until = t + waiting / (out - inflow)
            span = until - t
            came, done = came + inflow * span, done + out * span
            waiting = 0.0 if empties or (waiting == 0 and inflow <= out) else came - done
            if waiting == 0:
                done = came
            waiting = max(waiting, 0.0)
            came_back[i] += echo * span
            t = until
            a_at.append(t)
            a.append(came)
            d_at.append(t)
            d.append(done)
            if t >= (i + 1) * self.step:
                i += 1
            if len(a_at) > _MOST_EVENTS:
                raise QueueingError(
                    "Too many returns to follow each bend.",
                    found=f"{k:,} intervals, returns after {self.after:g} s in {end:g} s",
                    todo="Give a longer return_after_s, or fewer intervals.",
                )
        return _Curves(
            start_items=items,
            start_ages=ages,
            a_at=np.array(a_at),
            a=np.array(a),
            d_at=np.array(d_at),
            d=np.array(d),
            came_back=came_back,
        )


def _told(curves: _Curves, staff: Floats, mean: float, step: float, deadline: float) -> Backlog:
    k = len(staff)
    marks = edges(k, step)
    came, done = curves.arrived_by(marks), curves.done_by(marks)
    waiting = np.maximum(came - done, 0.0)
    waiting[waiting <= 1e-12 * np.maximum(came, 1.0)] = 0.0
    pieces = curves.pieces()
    past = marks - deadline - _CLOSE * max(1.0, deadline)
    due = np.maximum(curves.arrived_by(past) - done, 0.0)
    part = pieces.within(deadline)
    ended = np.isfinite(pieces.done_end)
    # Of those not done, the first came longest ago: a part of a piece may be overdue.
    width = pieces.came_end - pieces.came
    limit = marks[-1] - deadline
    young = np.divide(
        pieces.came_end - limit, width, out=(pieces.came >= limit) * 1.0, where=width > 0
    )
    waits = np.where(ended, 0.0, np.clip(young, 0.0, 1.0)) * pieces.size
    on_time = part * pieces.size
    late = pieces.size - on_time - waits
    middle = (pieces.came + pieces.came_end) / 2
    old = pieces.held
    where = np.clip((middle // step).astype(np.int64), 0, k - 1)

    def by_interval_(of: Floats) -> Floats:
        return np.bincount(where[~old], weights=of[~old], minlength=k).astype(np.float64)

    finished = np.diff(done)
    could = staff * step / mean
    return Backlog(
        at_s=marks,
        arrived=np.diff(came),
        done=finished,
        returned=curves.came_back,
        backlog=waiting,
        overdue=np.minimum(due, waiting),
        oldest_s=_oldest(pieces, done, waiting, marks),
        on_time=by_interval_(on_time),
        late=by_interval_(late),
        not_yet_due=by_interval_(waits),
        start_on_time=float(on_time[old].sum()),
        start_late=float(late[old].sum()),
        start_not_yet_due=float(waits[old].sum()),
        busy=np.divide(finished, could, out=np.full(k, np.nan), where=could > 0),
        deadline_s=deadline,
        interval_s=step,
        _curves=curves,
        _pieces=pieces,
    )


def _oldest(pieces: _Pieces, done: Floats, waiting: Floats, marks: Floats) -> Floats:
    """How long ago the next item to be done came, at each edge."""
    if not len(pieces.size):
        return np.zeros(len(marks))
    upto = np.cumsum(pieces.size)
    i = np.minimum(np.searchsorted(upto, done * (1 + 1e-14), side="right"), len(upto) - 1)
    part = np.clip((done - (upto[i] - pieces.size[i])) / pieces.size[i], 0.0, 1.0)
    came = pieces.came[i] + part * (pieces.came_end[i] - pieces.came[i])
    return np.where(waiting > 0, np.maximum(marks - came, 0.0), 0.0)


def oldest_first(start_items: npt.ArrayLike, start_ages_s: npt.ArrayLike) -> tuple[Floats, Floats]:
    """What was there at the start, the oldest first."""
    items = np.atleast_1d(at_least_zero("start_items", start_items))
    ages = np.atleast_1d(at_least_zero("start_ages_s", start_ages_s))
    if items.shape != ages.shape or items.ndim != 1:
        raise QueueingError(
            "start_items and start_ages_s must be rows of the same length.",
            found=f"start_items of shape {items.shape}, start_ages_s of shape {ages.shape}",
            todo="Give an age for each number of items.",
        )
    order = np.argsort(-ages, kind="stable")
    return items[order], ages[order]
