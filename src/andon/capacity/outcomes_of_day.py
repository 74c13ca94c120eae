"""What a staffing does to a queue's coming days: each course of each day, contact by contact.

For each interval of each course Erlang A tells what share is answered in time, gives up, waits and
keeps people busy, and how far chance takes the sums of these (:mod:`andon.queueing.crowds`). Its
load is the work that is in hand in the interval, not the work that arrives in it: contacts that
began before go on (Jennings, Mandelbaum, Massey and Whitt 1996,
https://doi.org/10.1287/mnsc.42.10.1383). The load follows arrivals with the lag
``h (1 + cv^2)/2``, exactly so where handle times are exponential.

A day's promise is about sums over the day. Say ``Y`` is the missed contacts of a day, or the lost,
the waiting, the work, and ``a`` what of it is allowed: the promise is kept where ``Y <= a``. On a
course ``Y - a`` has a mean and a variance that add up over intervals. ``Y`` is taken to have a
gamma law with that mean (and ``a`` at its own) and that variance: misses come in crowds, and where
hardly any are to be expected there are mostly none. So a course keeps the promise with a
probability, and not yes or no. Several promises are broken by the same crowded hours, so the day
keeps them all with the least of their probabilities.

Handle times that differ more, or less, than exponential ones make for longer, or shorter, crowds.
Variances are multiplied by ``sqrt((1 + cv^2)/2)``: a rule that was found by simulation, which it
meets within a tenth of a standard deviation for a cv of 0.6 to 1.5; means are left as they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.capacity.courses import Courses
from andon.capacity.promise import Promise
from andon.capacity.redials import Redials
from andon.errors import PlanError
from andon.estimate import Estimate, Unknown
from andon.queueing.crowds import Crowds, Met
from andon.queueing.simulator.replications import Kind, estimate
from andon.units import HOUR_S, Unit

__all__ = ["Before", "CourseSums", "Outcomes", "OutcomesOfDay", "Overshoot"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]

_WORST: Final = 0.1
_SWEEPS: Final = 12
_SETTLED: Final = 1e-3
_SHORTEST_HANDLE_S: Final = 1e-3
_NOTHING: Final = 1e-9
_NOBODY: Final = 1e-6
"""Contacts below this are none: so small a number comes from a formula, and not from people."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CourseSums:
    """What a staffing brings, expected on each course of each day; arrays (courses, days).

    Attributes
    ----------
    contacts : array
        Contacts in open intervals, those who call again included.
    counted : array
        Those but who gave up within the short limit.
    in_time, lost, gone : array
        Answered in time; gave up later than the short limit; gave up at all.
    waited_s, busy_s : array
        Waiting of all contacts, and people's time with contacts, seconds.
    kept : array
        The probability that the promise is kept, 0 to 1.
    shortfall : array
        By how much the promise is missed, expected, as a share of what it allows: 0.1 where a
        tenth more miss it than may. The worst of what is promised.
    staffed_s : array, shape (days,)
        People's time on duty, seconds.
    """

    contacts: _Floats
    counted: _Floats
    in_time: _Floats
    lost: _Floats
    gone: _Floats
    waited_s: _Floats
    busy_s: _Floats
    kept: _Floats
    shortfall: _Floats
    staffed_s: _Floats

    def worst(self, opened: npt.NDArray[np.bool_]) -> _Floats:
        """1 for the tenth of all open days of all courses with the lowest share in time, else 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(self.counted > 0, self.in_time / self.counted, 1.0)
        share[:, ~opened] = np.inf
        count = max(round(_WORST * len(share) * int(opened.sum())), 1)
        found = np.zeros(share.size)
        found[np.argsort(share, axis=None, kind="stable")[:count]] = 1.0
        return found.reshape(share.shape)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcomes:
    """What a staffing does over all days and courses.

    Each interval is about the mean of all courses that could come: it comes from how the courses
    differ, and knows nothing of a forecast that is wrong.

    Attributes
    ----------
    kept : Estimate or Unknown
        Share of days on which the promise is kept.
    service_level : Estimate or Unknown
        Share answered in time, of all but those who gave up at once.
    service_level_worst : Estimate or Unknown
        The same over the worst tenth of days.
    lost : Estimate or Unknown
        Share who gave up later than the short limit, of the same.
    mean_wait_s : Estimate or Unknown
        Mean wait of all contacts.
    occupancy : Estimate or Unknown
        Share of people's time on duty that they are with contacts.
    lost_a_day : Estimate or Unknown
        Contacts lost on an open day.
    waiting_h_a_day : Estimate or Unknown
        Customers' waiting on an open day, hours.
    agent_h : float
        Hours on duty over all days.
    """

    kept: Estimate | Unknown
    service_level: Estimate | Unknown
    service_level_worst: Estimate | Unknown
    lost: Estimate | Unknown
    mean_wait_s: Estimate | Unknown
    occupancy: Estimate | Unknown
    lost_a_day: Estimate | Unknown
    waiting_h_a_day: Estimate | Unknown
    agent_h: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Overshoot:
    """How far each promise is overshot, interval by interval: sums of these make a day.

    Attributes
    ----------
    mean, variance, allowed : array, shape (..., promises)
        What is missed less what may be, its variance by chance, and what may be.
    """

    mean: _Floats
    variance: _Floats
    allowed: _Floats

    @property
    def kept(self) -> _Floats:
        """The probability that no promise is overshot; the last axis is gone."""
        return np.asarray(np.where(self._some, self._below(0.0), 1.0).min(axis=-1))

    @property
    def shortfall(self) -> _Floats:
        """The expected part beyond what is allowed, as a share of that; one for each promise."""
        expected = np.maximum(self.mean + self.allowed, 0.0)
        beyond = expected * (1 - self._below(1.0)) - self.allowed * (1 - self._below(0.0))
        return np.where(
            self._some, np.maximum(beyond, 0.0) / np.where(self._some, self.allowed, 1), 0
        )

    @property
    def _some(self) -> npt.NDArray[np.bool_]:
        """Where anything is allowed: there is nothing to keep on a day without contacts."""
        return self.allowed > _NOTHING

    def _below(self, order: float) -> _Floats:
        """The gamma law's probability of what is allowed, of its own order or a higher one."""
        expected = np.maximum(self.mean + self.allowed, _NOTHING)
        variance = np.maximum(self.variance, _NOTHING * expected)
        shape = expected * expected / variance
        return np.asarray(special.gammainc(shape + order, self.allowed * expected / variance))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Before:
    """What is left on each course from before an interval.

    Attributes
    ----------
    load : array, shape (courses,)
        Work in hand, erlangs.
    redials : array, shape (courses,)
        Who gave up and will call again.
    """

    load: _Floats
    redials: _Floats


class OutcomesOfDay:
    """The courses of a queue's coming days, ready to try any staffing on.

    Parameters
    ----------
    courses : Courses
        Of first contacts where ``redials`` is given, else of all.
    promise : Promise
    patience_s : float
        Mean patience of those who wait, seconds (> 0): waiting of all over those who gave up.
    redials : Redials, optional
        What those do who gave up. Without it nobody calls again on the same day.

    Raises
    ------
    PlanError
        If the courses do not fit together, or no interval is open.

    Examples
    --------
    >>> import datetime as dt
    >>> from andon.capacity.horizon import Horizon
    >>> courses = Courses(
    ...     queue="calls",
    ...     horizon=Horizon.of(dt.date(2024, 1, 1), days=1, zone="UTC"),
    ...     contacts=np.outer([0.8, 1.0, 1.2], np.full(48, 60.0)),
    ...     handle_s=np.full((3, 48), 240.0),
    ...     handle_cv=1.0,
    ...     open=np.ones(48, dtype=bool),
    ... )
    >>> days = OutcomesOfDay(courses, Promise(service_level=0.8), patience_s=120)
    >>> days.sums(np.full(48, 10)).kept.round(3)[:, 0].tolist()
    [1.0, 0.953, 0.0]
    """

    __slots__ = (
        "_came",
        "_crowds",
        "_left",
        "_limits",
        "_some_handle_s",
        "_stay",
        "_unevenness",
        "courses",
        "patience_s",
        "promise",
        "redials",
    )

    def __init__(
        self,
        courses: Courses,
        promise: Promise,
        *,
        patience_s: float,
        redials: Redials | None = None,
    ) -> None:
        _check(courses)
        if not (math.isfinite(patience_s) and patience_s > 0):
            raise PlanError(
                "The mean patience of those who wait must be above 0.",
                found=f"patience_s = {patience_s:g}",
                todo="Give seconds: all waiting over the number of those who gave up.",
            )
        self.courses = courses
        self.promise = promise
        self.patience_s = float(patience_s)
        self.redials = redials
        self._limits = {
            "service_level": promise.service_level,
            "abandoned": promise.abandoned,
            "mean_wait_s": promise.mean_wait_s,
            "occupancy": promise.occupancy,
        }
        self._unevenness = math.sqrt((1 + courses.handle_cv**2) / 2)
        some = courses.open & (courses.contacts > _NOBODY)
        self._came = np.where(some, courses.contacts, 0.0)
        lag = courses.handle_s * (1 + courses.handle_cv**2) / 2
        lags = courses.horizon.interval_s / lag
        self._stay = np.exp(-lags)
        self._left = -np.expm1(-lags) / lags
        handle = courses.handle_s[:, courses.open]
        self._some_handle_s = float(handle.min())
        most = self.load(self._came).max(initial=0.0) * 1.05 + 1.0
        if redials is not None:
            most /= 1 - redials.share
        self._crowds = Crowds(
            most_erlangs=float(most),
            handle_s=(float(handle.min()), float(handle.max())),
            patience_s=self.patience_s,
            answer_within_s=promise.answer_within_s,
            short_abandon_s=promise.short_abandon_s,
            **self._limits,
        )

    @property
    def open_days(self) -> npt.NDArray[np.bool_]:
        """For each day whether the queue is open at all."""
        opened = np.zeros(len(self.courses.horizon.days), dtype=bool)
        opened[self.courses.horizon.day_index[self.courses.open]] = True
        return opened

    def sums(self, agents: npt.ArrayLike, *, rows: slice = slice(None)) -> CourseSums:
        """What these agents bring on each course of each day.

        Parameters
        ----------
        agents : array_like of int, shape (k,)
            In each interval; what stands in closed ones is not looked at.
        rows : slice
            Which courses.

        Raises
        ------
        PlanError
            If nobody is there in an interval that is open.
        """
        staff = self.checked(agents)
        came = self.contacts(staff, rows=rows)
        load = np.where(self.courses.open, self.load(came, rows=rows), 0.0)
        met = self.met(load, staff, rows=rows)
        over = self.overshoot(staff, came, load, self.courses.handle_s[rows], met)
        day = self.by_day
        counted = came * (1 - met.gone_at_once)
        in_days = Overshoot(
            **{each.name: day(getattr(over, each.name)) for each in fields(Overshoot)}
        )
        busy = load * (1 - met.gone) * self.courses.horizon.interval_s
        return CourseSums(
            contacts=day(came),
            counted=day(counted),
            in_time=day(came * met.in_time),
            lost=day(came * (met.gone - met.gone_at_once)),
            gone=day(came * met.gone),
            waited_s=day(came * met.mean_wait_s),
            busy_s=day(busy),
            kept=in_days.kept,
            shortfall=in_days.shortfall.max(axis=-1),
            staffed_s=day(staff[None].astype(np.float64))[0] * self.courses.horizon.interval_s,
        )

    def outcomes(
        self, agents: npt.ArrayLike, *, rows: slice = slice(None), level: float = 0.95
    ) -> Outcomes:
        """What these agents do over all days, with intervals from how the courses differ.

        Parameters
        ----------
        agents : array_like of int, shape (k,)
        rows : slice
            Which courses.
        level : float
            Of the intervals, above 0 and below 1.
        """
        return self.outcomes_of(self.sums(agents, rows=rows), level=level)

    def outcomes_of(self, sums: CourseSums, *, level: float = 0.95) -> Outcomes:
        """The same from sums that are known."""
        opened = self.open_days
        days = np.full(len(sums.kept), float(opened.sum()))
        n = round(float(sums.contacts[:, opened].sum()))

        def ratio(top: _Floats, below: _Floats, unit: Unit, kind: Kind) -> Estimate | Unknown:
            said = f"{len(below)} courses"
            return estimate(top, below, unit=unit, kind=kind, n=n, level=level, said=said)

        def over_days(each: _Floats) -> _Floats:
            return np.asarray(each[:, opened].sum(axis=1))

        counted = over_days(sums.counted)
        worst = sums.worst(opened)
        staffed = np.full(len(days), float(sums.staffed_s.sum()))
        return Outcomes(
            kept=ratio(over_days(sums.kept), days, "share", "contacts"),
            service_level=ratio(over_days(sums.in_time), counted, "share", "contacts"),
            service_level_worst=ratio(
                (sums.in_time * worst).sum(axis=1),
                (sums.counted * worst).sum(axis=1),
                "share",
                "contacts",
            ),
            lost=ratio(over_days(sums.lost), counted, "share", "contacts"),
            mean_wait_s=ratio(over_days(sums.waited_s), over_days(sums.contacts), "s", "amount"),
            occupancy=ratio(over_days(sums.busy_s), staffed, "share", "time"),
            lost_a_day=ratio(over_days(sums.lost), days, "count", "amount"),
            waiting_h_a_day=ratio(over_days(sums.waited_s) / HOUR_S, days, "h", "amount"),
            agent_h=float(sums.staffed_s.sum()) / HOUR_S,
        )

    def checked(self, agents: npt.ArrayLike) -> _Ints:
        """The agents as whole numbers, 0 where the queue is closed."""
        given = np.asarray(agents, dtype=np.float64)
        opened = self.courses.open
        if given.shape != opened.shape:
            raise PlanError(
                "A plan has one number of agents for each interval.",
                found=f"{given.shape} for {opened.size:,} intervals",
                todo="Give one number for each interval of the horizon, closed ones too.",
            )
        bad = opened & ~(np.isfinite(given) & (given >= 1) & (given == np.round(given)))
        if bad.any():
            i = int(np.argmax(bad))
            raise PlanError(
                "In an interval that is open somebody must be there.",
                found=f"{given[i]:g} agents at {self.courses.horizon.says(i)}",
                todo="Plan 1 agent or more, in whole numbers, or close the interval.",
            )
        return np.where(opened, given, 0).astype(np.int64)

    def by_day(self, each: _Floats) -> _Floats:
        """Sums over the intervals (axis 1) of each day."""
        index = self.courses.horizon.day_index
        starts = np.flatnonzero(np.diff(index, prepend=-1))
        return np.asarray(np.add.reduceat(each, starts, axis=1))

    def contacts(
        self,
        agents: _Ints,
        *,
        rows: slice = slice(None),
        at: slice = slice(None),
        before: Before | None = None,
        guess: _Floats | None = None,
    ) -> _Floats:
        """Contacts on each course, with those who gave up before and call again.

        Parameters
        ----------
        agents : array of int, shape (k,)
        rows, at : slice
            Which courses, and which intervals.
        before : Before, optional
            What is left from before the first of these intervals; nothing unless given.
        guess : array, optional
            What the contacts were with nearly the same agents.
        """
        came = self._came[rows, at]
        if self.redials is None:
            return came
        found = came if guess is None else guess
        for _ in range(_SWEEPS):
            load = self.load(found, rows=rows, at=at, before=before)
            gone = found * self.met(load, agents[at], rows=rows, at=at).gone
            again = came + self.redials.after(
                gone,
                interval_s=self.courses.horizon.interval_s,
                open_=self.courses.open[at],
                before=None if before is None else before.redials,
            )
            moved = float(np.abs(again - found).max(initial=0.0))
            found = again
            if moved <= _SETTLED * max(1.0, float(found.max(initial=0.0))):
                break
        return found

    def after(self, agents: _Ints, came: _Floats, *, at: slice, before: Before) -> Before:
        """What is left after these intervals, for the next to begin with."""
        load, left = self._flow(came, slice(None), at, before)
        if self.redials is None:
            return Before(load=left, redials=before.redials)
        gone = came * self.met(load, agents[at], at=at).gone
        return Before(
            load=left,
            redials=self.redials.on_their_way(
                gone, interval_s=self.courses.horizon.interval_s, before=before.redials
            ),
        )

    def nothing_before(self) -> Before:
        """What is left from before the first interval: nothing."""
        none = np.zeros(self.courses.count)
        return Before(load=none, redials=none)

    def met(
        self, load: _Floats, agents: _Ints, *, rows: slice = slice(None), at: slice = slice(None)
    ) -> Met:
        """What contacts meet in each of these intervals, from the work in hand and the agents."""
        opened = self.courses.open[at]
        handle = np.where(opened, self.courses.handle_s[rows, at], self._some_handle_s)
        return self.met_by(np.where(opened, load, 0.0), handle, agents)

    def met_by(self, load: _Floats, handle_s: _Floats, agents: _Ints) -> Met:
        """The same for any loads and handle times within those of the courses."""
        return self._crowds.at(load_erlangs=load, handle_s=handle_s, agents=agents)

    def overshoot(
        self, agents: _Ints, came: _Floats, load: _Floats, handle_s: _Floats, met: Met
    ) -> Overshoot:
        """By how much each promise is overshot in each interval of each course."""
        step = self.courses.horizon.interval_s
        counted = came * (1 - met.gone_at_once)
        means, variances, allowed = [], [], []
        if (least := self.promise.service_level) is not None:
            allowed.append((1 - least) * counted)
            means.append(least * counted - came * met.in_time)
            variances.append(came * met.variance_in_time)
        if (most := self.promise.abandoned) is not None:
            allowed.append(most * counted)
            means.append(came * (met.gone - met.gone_at_once) - allowed[-1])
            variances.append(came * met.variance_lost)
        if (longest := self.promise.mean_wait_s) is not None:
            allowed.append(longest * came)
            means.append(came * met.mean_wait_s - allowed[-1])
            variances.append(came * met.variance_wait)
        if (highest := self.promise.occupancy) is not None:
            allowed.append(np.broadcast_to(highest * agents * float(step), came.shape))
            means.append(load * (1 - met.gone) * step - allowed[-1])
            variances.append(came * met.variance_busy * handle_s**2)
        return Overshoot(
            mean=np.stack(means, axis=-1),
            variance=np.stack(variances, axis=-1) * self._unevenness,
            allowed=np.stack(allowed, axis=-1),
        )

    def load(
        self,
        came: _Floats,
        *,
        rows: slice = slice(None),
        at: slice = slice(None),
        before: Before | None = None,
    ) -> _Floats:
        """Work in hand in each interval, were nobody to wait, erlangs."""
        return self._flow(came, rows, at, before)[0]

    def _flow(
        self, came: _Floats, rows: slice, at: slice, before: Before | None
    ) -> tuple[_Floats, _Floats]:
        """The same, and what is in hand at the end."""
        arriving = came * self.courses.handle_s[rows, at] / self.courses.horizon.interval_s
        here = np.zeros(len(arriving)) if before is None else before.load[rows]
        found = np.empty_like(arriving.T)
        # Of a difference that fades with this lag so much is left on average over an interval.
        by_interval = (
            np.ascontiguousarray(each.T)
            for each in (arriving, self._stay[rows, at], self._left[rows, at])
        )
        for j, (now, stay, left) in enumerate(zip(*by_interval, strict=True)):
            off = here - now
            found[j] = now + off * left
            here = now + off * stay
        return np.ascontiguousarray(found.T), here


def _check(courses: Courses) -> None:
    shape = (courses.count, len(courses.open))
    if courses.contacts.shape != shape or courses.handle_s.shape != shape:
        raise PlanError(
            "The courses do not fit their horizon.",
            found=f"contacts {courses.contacts.shape}, handle_s {courses.handle_s.shape}, "
            f"open {courses.open.shape}",
            todo="Give each as (courses, intervals).",
        )
    if not courses.open.any():
        raise PlanError(
            f"The queue {courses.queue!r} is closed on all these days.",
            found=f"no open interval in {len(courses.horizon.days)} days",
            todo="Plan days on which it is open, or correct its opening hours.",
        )
    handle = courses.handle_s[:, courses.open]
    for name, wrong in (
        ("contacts", ~(np.isfinite(courses.contacts) & (courses.contacts >= 0))),
        ("handle_s", ~(np.isfinite(handle) & (handle > _SHORTEST_HANDLE_S))),
    ):
        if wrong.any():
            raise PlanError(
                f"The courses hold {name} that cannot be.",
                found=f"{int(wrong.sum()):,} of {wrong.size:,} numbers",
                todo="Contacts are 0 or more, handle times in seconds above 0.",
            )
