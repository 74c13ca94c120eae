"""Protective capacity: what a plan has beyond the mean day, what it costs and what it buys.

The requirement lies on a path that begins at the plan for the mean day (its floor), so the buffer
is all that the path adds, and a part of the buffer is a part of the way. Cutting the buffer by half
goes half the way back on every day, and takes first what helps least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.outcomes_of_day import CourseSums, Outcomes, OutcomesOfDay
from andon.capacity.requirement import Requirement
from andon.errors import PlanError
from andon.estimate import Estimate, Unknown
from andon.queueing.simulator.replications import difference
from andon.units import HOUR_S, Unit

__all__ = ["Bought", "Buffer", "ProtectiveCapacity", "protective_capacity"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]

_SHARES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bought:
    """What more agents change, course by course; intervals from how the courses differ.

    Attributes
    ----------
    days_kept_points : Estimate or Unknown
        So many more days in a hundred keep the promise.
    service_level_worst_points : Estimate or Unknown
        So much higher is the service level of the worst tenth of days, percentage points. Both
        plans are looked at on the days that are worst without the buffer.
    lost_a_day : Estimate or Unknown
        So many fewer contacts are lost on an open day.
    waiting_h_a_day : Estimate or Unknown
        So many hours fewer do customers wait on an open day.
    """

    days_kept_points: Estimate | Unknown
    service_level_worst_points: Estimate | Unknown
    lost_a_day: Estimate | Unknown
    waiting_h_a_day: Estimate | Unknown


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Buffer:
    """A plan with a part of the buffer: a point of the curve of staff against days kept.

    Attributes
    ----------
    share : float
        The part of the buffer that is there: 0 is the plan for the mean day, 1 the requirement.
    agents : array of int, shape (k,)
    agent_h : float
        Hours of the buffer's part over all days.
    cost : float or None
        What they cost, in the operation's currency.
    outcomes : Outcomes
        What the plan does.
    bought : Bought
        What that part changes, against no buffer.
    """

    share: float
    agents: _Ints
    agent_h: float
    cost: float | None
    outcomes: Outcomes
    bought: Bought


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ProtectiveCapacity:
    """The buffer of a plan.

    Attributes
    ----------
    queue : str
    agents : array of int, shape (k,)
        Agents of the buffer in each interval, 0 or more: the requirement less the plan for the mean
        day.
    agent_h : float
        Their hours over all days.
    share : float
        Of all hours of the plan, 0 to 1.
    cost : float or None
        What they cost over all days, in the operation's currency; None where no cost was given.
    curve : tuple of Buffer
        From none of it to all of it, ascending.
    """

    queue: str
    agents: _Ints
    agent_h: float
    share: float
    cost: float | None
    curve: tuple[Buffer, ...]

    @property
    def with_it(self) -> Buffer:
        """The requirement."""
        return self.curve[-1]

    @property
    def without_it(self) -> Buffer:
        """The plan for the mean day."""
        return self.curve[0]

    def cut_by(self, share: float) -> Buffer:
        """The plan after a cut of the buffer by this share.

        Raises
        ------
        PlanError
            If the curve has no such point.
        """
        for each in self.curve:
            if abs(each.share - (1 - share)) < 1e-9:
                return each
        raise PlanError(
            "The curve has no point for this cut.",
            found=f"a cut of {share:g}",
            todo=f"Ask for it in `shares`; there are cuts of "
            f"{', '.join(f'{1 - each.share:g}' for each in self.curve)}.",
        )


def protective_capacity(
    needed: Requirement,
    *,
    cost_per_h: float | None = None,
    shares: Sequence[float] = _SHARES,
    level: float = 0.95,
) -> ProtectiveCapacity:
    """What a requirement's buffer is, costs and buys, and what cutting it would do.

    Parameters
    ----------
    needed : Requirement
    cost_per_h : float, optional
        What an hour of an agent on duty costs, 0 or more, in the operation's currency.
    shares : sequence of float
        Parts of the buffer to try, 0 to 1; none and all of it are always among them.
    level : float
        Of the intervals, above 0 and below 1.

    Returns
    -------
    ProtectiveCapacity

    Raises
    ------
    PlanError
        If a share or the cost lies outside its range.

    Examples
    --------
    >>> import datetime as dt
    >>> from andon.capacity.courses import Courses
    >>> from andon.capacity.horizon import Horizon
    >>> from andon.capacity.promise import Promise
    >>> from andon.capacity.requirement import requirement
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
    >>> buffer = protective_capacity(needed, cost_per_h=30)
    >>> buffer.agent_h, buffer.cost
    (31.0, 930.0)
    >>> for cut in (0.0, 0.5, 1.0):
    ...     print(buffer.cut_by(cut).outcomes.kept)
    91 % (86 to 94 %)
    79 % (73 to 84 %)
    63 % (56 to 70 %)
    """
    wanted = sorted({0.0, 1.0, *(float(each) for each in shares)})
    if not 0 <= wanted[0] <= wanted[-1] <= 1:
        raise PlanError(
            "A part of the buffer is a share of 0 to 1.",
            found=f"shares = {tuple(shares)}",
            todo="Write half of it as 0.5.",
        )
    if cost_per_h is not None and not 0 <= cost_per_h < float("inf"):
        raise PlanError(
            "An hour cannot cost less than nothing.",
            found=f"cost_per_h = {cost_per_h:g}",
            todo="Give what an hour of an agent costs, or leave it out.",
        )
    days = needed.days
    hours = days.courses.horizon.interval_s / HOUR_S
    bare = days.sums(needed.floor)

    def point(share: float) -> Buffer:
        agents = _part(needed, share)
        sums = days.sums(agents)
        agent_h = float((agents - needed.floor).sum()) * hours
        return Buffer(
            share=share,
            agents=agents,
            agent_h=agent_h,
            cost=None if cost_per_h is None else agent_h * cost_per_h,
            outcomes=days.outcomes_of(sums, level=level),
            bought=_bought(days, bare, sums, level),
        )

    curve = tuple(point(share) for share in wanted)
    extra = curve[-1].agents - needed.floor
    total = float(curve[-1].agents.sum())
    return ProtectiveCapacity(
        queue=needed.queue,
        agents=extra,
        agent_h=curve[-1].agent_h,
        share=float(extra.sum()) / total if total > 0 else 0.0,
        cost=curve[-1].cost,
        curve=curve,
    )


def _part(needed: Requirement, share: float) -> _Ints:
    """So much of the way, on each day: rounded up, so that all of it is all."""
    agents = needed.floor.copy()
    for path in needed.paths:
        steps = path.steps_to(needed.promise.days)
        np.add.at(agents, path.intervals[: int(np.ceil(share * steps - 1e-9))], 1)
    return agents


def _bought(days: OutcomesOfDay, bare: CourseSums, sums: CourseSums, level: float) -> Bought:
    opened = days.open_days
    count = np.full(len(sums.kept), float(opened.sum()))
    n = round(float(sums.contacts[:, opened].sum()))
    worst = bare.worst(opened)

    def over(each: _Floats) -> _Floats:
        return np.asarray(each[:, opened].sum(axis=1))

    def changed(
        before: tuple[_Floats, _Floats], after: tuple[_Floats, _Floats], unit: Unit
    ) -> Estimate | Unknown:
        if np.array_equal(before[0], after[0]) and np.array_equal(before[1], after[1]):
            to: Unit = "points" if unit == "share" else unit
            return Estimate.exact(0.0, unit=to, n=n, method="the same plan")
        return difference(before, after, unit=unit, n=n, level=level)[0]

    return Bought(
        days_kept_points=changed((over(bare.kept), count), (over(sums.kept), count), "share"),
        service_level_worst_points=changed(
            ((bare.in_time * worst).sum(axis=1), (bare.counted * worst).sum(axis=1)),
            ((sums.in_time * worst).sum(axis=1), (sums.counted * worst).sum(axis=1)),
            "share",
        ),
        lost_a_day=changed((over(sums.lost), count), (over(bare.lost), count), "count"),
        waiting_h_a_day=changed(
            (over(sums.waited_s) / HOUR_S, count), (over(bare.waited_s) / HOUR_S, count), "h"
        ),
    )
