"""The requirement of one queue: agents for each interval, so that the promise holds on most days.

The plan is a place on a path. For each day the path begins at the floor: what each interval would
need on its own, at the day's mean load, to keep the promise (Erlang A), and somebody wherever it is
open. From there it adds one agent at a time, where that helps the day most over all its courses.
The plan is the first place at which the promise is kept on so many of the day's courses as was
asked for. Because the path does not know how many are asked for, whoever asks for more goes further
along the same path: no interval can have fewer agents.

What helps most. On a course let ``x`` be by how much the promise is missed, as a share of what it
allows (the worst of what is promised; see :mod:`andon.capacity.outcomes_of_day`), with mean ``m``
and variance ``v``, near enough normal for this. A path that takes most off the expected shortfall
``E[x+]`` spends itself on courses that no staff will save; one that adds most to the share of
courses that keep the promise sees only the few that lie at the edge by chance. So courses count by
``E[g(x)]``, where g falls from 1 to 0 about the edge as a normal law of deviation ``w`` does, ``w``
being 0.6 of how far the courses' ``m`` lie apart. That is ``Phi(-m/s)`` with ``s^2 = v + w^2``. One
agent moves ``m`` and ``v`` of a day by little, so what each interval would gain is a weighted sum
of two derivatives, and only the interval that won is worked out anew. In small cases, where every
plan can be tried, the path takes 1 % more agents than the best of them, and 2.5 % at most; see the
tests.

A share of finitely many courses flatters the plan that was chosen by it. The k-th best of S courses
is kept on k/(S + 1) of the days to come, not on k/S, so the plan goes on until the kept courses
make up the share of S + 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.courses import Courses
from andon.capacity.outcomes_of_day import Before, Outcomes, OutcomesOfDay, Overshoot
from andon.capacity.promise import Promise
from andon.capacity.redials import Redials
from andon.errors import PlanError
from andon.estimate import Estimate, Unknown
from andon.queueing.simulator.replications import estimate

__all__ = ["Path", "Requirement", "requirement"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]

_AGAIN: Final = 8
"""With redials, after so many steps all contacts of a day are worked out anew."""
_HAIR: Final = 1e-9
_FAR: Final = 20.0
"""Beyond so many times its mean load no interval is staffed: no people could be meant."""
_WIDTH: Final = 0.6
"""How wide the edge is blurred; from 0.3 to 1 the plans are alike within 1 %."""
_NARROWEST: Final = 1e-3
_ONE_PER_CENT: Final = 100
"""Where an interval's floor is above this, agents are added by whole per cents of it: a path of
thousands of steps would be no better."""
_FEWEST: Final = 20
"""Courses; fewer tell nothing of a share of days."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Path:
    """One day's path: where one agent after another is added.

    Attributes
    ----------
    intervals : array of int, shape (steps,)
        The interval of the horizon that each step adds an agent to.
    kept : array, shape (steps + 1,)
        The share of days on which the promise is kept, from the floor on; corrected for the finite
        number of courses, so below the plain share of these.
    """

    intervals: _Ints
    kept: _Floats

    def steps_to(self, days: float) -> int:
        """How many steps it takes until the promise is kept on this share of days.

        Raises
        ------
        PlanError
            If the path does not go so far.
        """
        there = np.flatnonzero(self.kept >= days - _HAIR)
        if len(there) == 0:
            raise PlanError(
                "The path does not go so far.",
                found=f"{days:.1%} of days asked for, {self.kept.max():.1%} reached",
                todo="Ask for the requirement with a larger `until`.",
            )
        return int(there[0])


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Requirement:
    """Agents by interval that keep the promise on the stated share of days.

    Attributes
    ----------
    queue : str
    promise : Promise
    agents : array of int, shape (k,)
        Agents in each interval; 0 where it is closed.
    floor : array of int, shape (k,)
        What each interval would need on its own at the day's mean load: where the path begins.
    paths : tuple of Path
        For each day of the horizon; a day that is closed has no steps.
    days_kept : array, shape (days,)
        For each day the share of its courses that keep the promise; NaN where it is closed.
    outcomes : Outcomes
        What the plan does, with intervals.
    turned_away : Estimate or Unknown
        Contacts a day that come where the queue is closed. They are not served, and stand outside
        the promise.
    on_fresh_courses : bool
        Whether ``days_kept`` and ``outcomes`` come from courses that the plan was not made from.
    days : OutcomesOfDay
        The courses that they come from, ready to try other plans on.
    """

    queue: str
    promise: Promise
    agents: _Ints
    floor: _Ints
    paths: tuple[Path, ...]
    days_kept: _Floats
    outcomes: Outcomes
    turned_away: Estimate | Unknown
    on_fresh_courses: bool
    days: OutcomesOfDay = field(repr=False)

    @property
    def kept(self) -> Estimate | Unknown:
        """Share of days on which the promise is kept, with its interval."""
        return self.outcomes.kept

    def agents_for(self, days: float) -> _Ints:
        """The plan that keeps the promise on another share of days, as far as the paths go.

        Raises
        ------
        PlanError
            If a path does not go so far.
        """
        found = self.floor.copy()
        for path in self.paths:
            np.add.at(found, path.intervals[: path.steps_to(days)], 1)
        return found


def requirement(
    courses: Courses,
    promise: Promise,
    *,
    patience_s: float,
    redials: Redials | None = None,
    fresh: Courses | None = None,
    until: float | None = None,
    most_agents: int | None = None,
    level: float = 0.95,
) -> Requirement:
    """The agents that a queue needs in each interval, so that each day's promise mostly holds.

    Parameters
    ----------
    courses : Courses
        What the coming days may bring; of first contacts where ``redials`` is given. 20 or more;
        200 tell a plan for 90 % of days well.
    promise : Promise
    patience_s : float
        Mean patience of those who wait, seconds (> 0): all waiting over the number who gave up.
    redials : Redials, optional
        What those do who gave up. Without it nobody calls again on the same day.
    fresh : Courses, optional
        Other courses of the same days, to judge the plan by. The plan does not depend on them.
    until : float, optional
        How far the paths are to go: at least to the plan that keeps the promise on this share of
        days. For curves of staff against days kept.
    most_agents : int, optional
        So many can be there at once: seats, or people. Without it a plan may ask for any number.
    level : float
        Of intervals, above 0 and below 1.

    Returns
    -------
    Requirement

    Raises
    ------
    PlanError
        If no number of agents (or not ``most_agents``) keeps the promise on so many days, the
        courses are too few to tell, all days are closed, or a number lies outside its range.

    Notes
    -----
    Where the floor alone keeps the promise on more days than asked, the floor is the plan: whole
    agents, and nobody left alone in a quiet hour, are then more than the day's sum needs.

    Examples
    --------
    Days that may bring 20 % more or fewer calls than expected:

    >>> import datetime as dt
    >>> from andon.capacity.horizon import Horizon
    >>> volume = np.random.default_rng(1).normal(1, 0.2, size=200).clip(0.4)
    >>> courses = Courses(
    ...     queue="calls",
    ...     horizon=Horizon.of(dt.date(2024, 1, 1), days=1, zone="UTC", interval_s=3600),
    ...     contacts=np.outer(volume, np.full(24, 120.0)),
    ...     handle_s=np.full((200, 24), 240.0),
    ...     handle_cv=1.0,
    ...     open=np.ones(24, dtype=bool),
    ... )
    >>> needed = requirement(courses, Promise(service_level=0.8), patience_s=120)
    >>> int(needed.floor.sum()), int(needed.agents.sum())
    (239, 270)
    """
    days = OutcomesOfDay(courses, promise, patience_s=patience_s, redials=redials)
    furthest = max(promise.days, until or 0.0)
    _can_be_told(courses, promise, furthest)
    floor = _floor(days, most_agents)
    paths = _paths(days, floor, furthest, most_agents)
    agents = floor.copy()
    for path in paths:
        np.add.at(agents, path.intervals[: path.steps_to(promise.days)], 1)
    judge = days
    if fresh is not None:
        _same_days(courses, fresh)
        judge = OutcomesOfDay(fresh, promise, patience_s=patience_s, redials=redials)
    kept = judge.sums(agents).kept.mean(axis=0)
    return Requirement(
        queue=courses.queue,
        promise=promise,
        agents=agents,
        floor=floor,
        paths=paths,
        days_kept=np.where(judge.open_days, kept, np.nan),
        outcomes=judge.outcomes(agents, level=level),
        turned_away=_turned_away(judge.courses, level),
        on_fresh_courses=fresh is not None,
        days=judge,
    )


def _paths(
    days: OutcomesOfDay, floor: _Ints, furthest: float, most: int | None
) -> tuple[Path, ...]:
    """Each day's path. Its night before is as the floor leaves it, however far others go."""
    found = []
    left = days.nothing_before()
    day_of = days.courses.horizon.day_index
    for day in range(len(days.courses.horizon.days)):
        index = np.flatnonzero(day_of == day)
        at = slice(int(index[0]), int(index[-1]) + 1)
        came = days.contacts(floor, at=at, before=left)
        if days.courses.open[at].any():
            found.append(_Walk(days, at, floor, came, left, furthest, most).path())
        else:
            found.append(Path(intervals=np.zeros(0, dtype=np.int64), kept=np.ones(1)))
        left = days.after(floor, came, at=at, before=left)
    return tuple(found)


class _Walk:
    """One day on its way along the path."""

    __slots__ = (
        "agents",
        "at",
        "before",
        "came",
        "days",
        "furthest",
        "handle",
        "here",
        "load",
        "mean_load",
        "most",
        "opened",
        "steps",
        "sums",
        "there",
    )

    def __init__(
        self,
        days: OutcomesOfDay,
        at: slice,
        floor: _Ints,
        came: _Floats,
        before: Before,
        furthest: float,
        most: int | None,
    ) -> None:
        self.days = days
        self.at = at
        self.furthest = furthest
        self.opened = days.courses.open[at]
        self.agents = floor.copy()
        self.steps = np.maximum(floor[at] // _ONE_PER_CENT, 1)
        self.most = most
        handle = days.courses.handle_s
        self.handle = np.where(self.opened, handle[:, at], handle[:, days.courses.open].min())
        self.before = before
        self.came = came
        self._begin()

    def _begin(self) -> None:
        """Work out all of the day, with the agents that are there and with one more."""
        load = self.days.load(self.came, at=self.at, before=self.before)
        self.load = np.where(self.opened, load, 0.0)
        self.mean_load = self.load.mean(axis=0)
        self.here = self._over(slice(None), 0 * self.steps)
        self.there = self._over(slice(None), self.steps)
        self.sums = Overshoot(
            mean=self.here.mean.sum(axis=1),
            variance=self.here.variance.sum(axis=1),
            allowed=self.here.allowed.sum(axis=1),
        )

    def path(self) -> Path:
        """Add agents until the promise is kept as often as is asked for."""
        count = len(self.came)
        taken: list[int] = []
        again = _AGAIN
        kept = [self._kept(count)]
        while kept[-1] < self.furthest - _HAIR:
            best = self._best()
            step = int(self.steps[best])
            self._add(best)
            taken += [best + self.at.start] * step
            kept += [kept[-1]] * (step - 1)
            again -= 1
            if self.days.redials is not None and again == 0:
                again = _AGAIN
                self.came = self.days.contacts(
                    self.agents, at=self.at, before=self.before, guess=self.came
                )
                self._begin()
            kept.append(self._kept(count))
        return Path(intervals=np.array(taken, dtype=np.int64), kept=np.array(kept))

    def _kept(self, count: int) -> float:
        return float(self.sums.kept.sum()) / (count + 1)

    def _best(self) -> int:
        """The interval in which one agent more takes most off the expected shortfall."""
        on_mean, on_variance = _pull(self.sums)
        gain = np.einsum("sjf,sf->j", self.here.mean - self.there.mean, on_mean)
        gain += np.einsum("sjf,sf->j", self.here.variance - self.there.variance, on_variance)
        gain /= self.steps
        staff = self.agents[self.at] + self.steps
        full = ~self.opened | (staff > _FAR * (self.mean_load + 1.0))
        if self.most is not None:
            full |= staff > self.most
        gain[full] = -np.inf
        best = int(np.argmax(gain))
        if full.all():
            raise self._cannot()
        return best

    def _add(self, j: int) -> None:
        self.agents[self.at.start + j] += self.steps[j]
        one = slice(j, j + 1)
        again = self._over(one, self.steps)
        for name in ("mean", "variance", "allowed"):
            now, then = getattr(self.here, name), getattr(self.there, name)
            total = getattr(self.sums, name)
            total += then[:, j] - now[:, j]
            now[:, j] = then[:, j]
            then[:, j] = getattr(again, name)[:, 0]

    def _over(self, some: slice, more: _Ints) -> Overshoot:
        staff = np.where(self.opened, self.agents[self.at] + more, 0)[some]
        load, handle = self.load[:, some], self.handle[:, some]
        met = self.days.met_by(load, handle, staff)
        return self.days.overshoot(staff, self.came[:, some], load, handle, met)

    def _cannot(self) -> PlanError:
        day = self.days.courses.horizon.says(self.at.start)[:10]
        reached = float(self.sums.kept.mean())
        who = (
            "No number of agents" if self.most is None else f"Not even {self.most:,} agents at once"
        )
        return PlanError(
            f"{who} keeps the promise of {self.days.courses.queue!r} on so many days.",
            found=f"{day}: {reached:.1%} of its courses keep it, {self.furthest:.1%} are to",
            todo="Promise less, or on fewer days, or find out what the worst courses are.",
        )


def _pull(sums: Overshoot) -> tuple[_Floats, _Floats]:
    """What the day gains where the mean and the variance of a promise's overshoot fall by one."""
    some = sums.allowed > _HAIR
    allowed = np.where(some, sums.allowed, 1.0)
    mean, variance = sums.mean / allowed, sums.variance / allowed**2
    worst = np.argmax(sums.shortfall, axis=-1)[:, None]
    apart = _WIDTH * float(np.std(np.take_along_axis(mean, worst, axis=1)))
    spread = np.sqrt(variance + max(apart, _NARROWEST) ** 2)
    z = mean / spread
    # Where all courses lie far beyond the edge, the nearest decide.
    nearest = float(np.min(np.take_along_axis(z, worst, axis=1) ** 2))
    weight = np.exp(-0.5 * (z * z - nearest)) / spread
    counts = (np.arange(z.shape[-1]) == worst) & some
    weight = np.where(counts, weight, 0.0)
    return weight / allowed, -0.5 * weight * z / (spread * allowed**2)


def _floor(days: OutcomesOfDay, most: int | None) -> _Ints:
    """The fewest agents with which each interval on its own keeps the promise at its mean load."""
    courses = days.courses
    came = np.where(courses.open, courses.contacts, 0.0).mean(axis=0)
    load = days.load(np.where(courses.open, courses.contacts, 0.0)).mean(axis=0)
    load = np.where(courses.open, load, 0.0)
    busy = np.where(courses.open, courses.contacts.sum(axis=0), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        weighted = (courses.contacts * courses.handle_s).sum(axis=0) / busy
    some = courses.handle_s[:, courses.open].mean()
    handle = np.where(busy > 0, weighted, some)
    staff = courses.open.astype(np.int64)
    while True:
        met = days.met_by(load[None], handle[None], staff)
        over = days.overshoot(staff, came[None], load[None], handle[None], met)
        short = courses.open & (over.mean[0].max(axis=-1) > _HAIR * came)
        if not short.any():
            return staff
        ceiling = _FAR * (load + 1.0) if most is None else np.full(load.shape, float(most))
        if (short & (staff >= ceiling)).any():
            i = int(np.argmax(short & (staff >= ceiling)))
            who = "No number of" if most is None else f"Not even {most:,}"
            raise PlanError(
                f"{who} agents keep the promise of {courses.queue!r} on a day like the mean.",
                found=f"{load[i]:.1f} erlangs at {courses.horizon.says(i)}",
                todo="Promise less, or give more seats.",
            )
        staff = staff + short


def _can_be_told(courses: Courses, promise: Promise, furthest: float) -> None:
    if promise.mean_wait_s == 0:
        raise PlanError(
            "No number of agents keeps every contact from waiting at all.",
            found="mean_wait_s = 0",
            todo="Promise a mean wait of a few seconds.",
        )
    needed = max(_FEWEST, math.ceil(furthest / (1 - furthest)) + 1)
    if courses.count < needed:
        raise PlanError(
            f"{courses.count:,} courses cannot tell what holds on {furthest:.4g} of days.",
            found=f"{courses.count:,} courses",
            todo=f"Draw {needed:,} or more.",
        )


def _same_days(courses: Courses, fresh: Courses) -> None:
    if len(fresh.open) != len(courses.open) or np.any(fresh.open != courses.open):
        raise PlanError(
            "The fresh courses are not of the same days.",
            found=f"{len(fresh.open):,} intervals for {len(courses.open):,}, or other hours",
            todo="Draw them from the same forecast.",
        )


def _turned_away(courses: Courses, level: float) -> Estimate | Unknown:
    shut = courses.contacts[:, ~courses.open].sum(axis=1)
    days = len(courses.horizon.days)
    if shut.sum() == 0:
        return Estimate.exact(0.0, unit="count", n=days, method="no course has any")
    return estimate(
        shut,
        np.full(len(shut), float(days)),
        unit="count",
        kind="amount",
        n=round(float(shut.sum())),
        level=level,
        said=f"{len(shut)} courses",
    )
