"""Teams: people who can do the same, and so are planned as one number by interval.

A person with two skills is one person. What a team is asked for is found by letting it serve all
its queues at once, never by adding up what each queue would need alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from andon.capacity.channels import PlannedQueue
from andon.errors import PlanError
from andon.queueing.simulator.model import Pool, Route
from andon.queueing.simulator.schedule import Schedule

__all__ = ["Group", "Team", "groups"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Team:
    """Some people, the queues they can serve, and what an hour of theirs costs.

    Attributes
    ----------
    name : str
    serves : tuple of Route
        Rank 1 for what the team is there for, 2 for where it helps out.
    cost : float
        Of an hour on duty against other teams', above 0.
    open : array of bool, shape (k,), optional
        When the team can be on duty; whenever a queue of it is open, unless given.
    most : int, optional
        There are not more people than this.
    at_once : int, optional
        Chats at once, where the team is to have fewer than its queues allow.

    Raises
    ------
    PlanError
        If it serves nothing, or a number lies outside its range.
    """

    name: str
    serves: tuple[Route, ...]
    cost: float = 1.0
    open: npt.NDArray[np.bool_] | None = None
    most: int | None = None
    at_once: int | None = None

    def __post_init__(self) -> None:
        if not self.serves:
            raise PlanError(
                f"Team {self.name!r} serves no queue.",
                found="serves = ()",
                todo="Name at least one queue.",
            )
        if not 0 < self.cost < float("inf"):
            raise PlanError(
                f"An hour of team {self.name!r} must cost something.",
                found=f"cost = {self.cost:g}",
                todo="1 for all teams where none costs more.",
            )
        for name in ("most", "at_once"):
            value: int | None = getattr(self, name)
            if value is not None and value < 1:
                raise PlanError(
                    f"{name} of team {self.name!r} must be 1 or more.",
                    found=f"{name} = {value}",
                    todo="Leave the team out, or the limit.",
                )

    @classmethod
    def of(cls, name: str, *queues: str, helps: Sequence[str] = (), cost: float = 1.0) -> Team:
        """A team that is there for some queues, and helps out in others.

        >>> [(each.queue, each.rank) for each in Team.of("all", "calls", helps=["mail"]).serves]
        [('calls', 1), ('mail', 2)]
        """
        first = tuple(Route(queue=each) for each in queues)
        return cls(
            name=name, serves=first + tuple(Route(queue=each, rank=2) for each in helps), cost=cost
        )

    @property
    def queues(self) -> tuple[str, ...]:
        """The names of what it serves."""
        return tuple(route.queue for route in self.serves)

    def speed(self, queues: Sequence[PlannedQueue]) -> tuple[float, ...]:
        """The speed of each of 1, 2, ... chats at once: the least cap and pace of its queues."""
        chatty = [each for each in queues if each.name in self.queues and each.chatty]
        if not chatty:
            return (1.0,)
        cap = min(each.chats for each in chatty)
        if self.at_once is not None:
            cap = min(cap, self.at_once)
        return tuple(min(each.speed[i] for each in chatty) for i in range(cap))

    def ceiling(self, queues: Sequence[PlannedQueue]) -> float | None:
        """The lowest occupancy that a promise of its queues allows."""
        promises = [each.promise for each in queues if each.name in self.queues]
        return min((each.occupancy for each in promises if each and each.occupancy), default=None)

    def routes(self, queues: Sequence[PlannedQueue]) -> tuple[Route, ...]:
        """What it serves, with some people kept free of work that can wait where others call.

        Whoever has just begun an e-mail is not there for the next caller. Unless the route says
        how many are kept, it is the square root of the callers' load: as much as chance adds.
        """
        mine = [each for each in queues if each.name in self.queues]
        deferred = {each.name for each in mine if each.deferred}
        first = {route.queue for route in self.serves if route.rank == 1}
        load = sum(
            float(each.load.mean(axis=0)[each.courses.open].mean())
            for each in mine
            if each.channel == "voice" and each.name in first and each.courses.open.any()
        )
        keep = round(math.sqrt(load))
        return tuple(
            replace(route, keep_free=route.keep_free or keep) if route.queue in deferred else route
            for route in self.serves
        )

    def pool(self, queues: Sequence[PlannedQueue], schedule: Schedule) -> Pool:
        """The team as the simulator takes it."""
        speed = self.speed(queues)
        return Pool(
            name=self.name,
            schedule=schedule,
            routes=self.routes(queues),
            chats=len(speed),
            speed=speed,
        )

    def hours(self, queues: Sequence[PlannedQueue]) -> npt.NDArray[np.bool_]:
        """In which intervals it may be on duty."""
        mine = [each.courses.open for each in queues if each.name in self.queues]
        may = np.any(mine, axis=0)
        return np.asarray(may if self.open is None else may & self.open, dtype=np.bool_)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Group:
    """Queues and teams that have to do with each other; groups have nothing to do with each other.

    Attributes
    ----------
    queues : tuple of PlannedQueue
    teams : tuple of Team
    """

    queues: tuple[PlannedQueue, ...]
    teams: tuple[Team, ...]

    @property
    def alone(self) -> bool:
        """Whether it is one queue of live contacts served by one team, without callbacks or chats.

        What such a queue needs is known without a simulation.
        """
        if len(self.queues) != 1 or len(self.teams) != 1:
            return False
        queue, route = self.queues[0], self.teams[0].serves[0]
        return (
            not queue.deferred
            and queue.callback is None
            and len(self.teams[0].speed(self.queues)) == 1
            and route.after_s == 0
        )


def groups(queues: Sequence[PlannedQueue], teams: Sequence[Team]) -> tuple[Group, ...]:
    """Cut an operation into groups that have nothing to do with each other.

    Raises
    ------
    PlanError
        If there is no queue or team, a name is doubled or unknown, a queue is served by nobody, or
        horizons differ.

    Examples
    --------
    See :func:`~andon.capacity.together.plan_together`.
    """
    _check(queues, teams)
    left = list(queues)
    found = []
    while left:
        names, before = {left[0].name}, 0
        while len(names) > before:
            before = len(names)
            for team in teams:
                if names & set(team.queues):
                    names |= set(team.queues)
        found.append(
            Group(
                queues=tuple(each for each in left if each.name in names),
                teams=tuple(each for each in teams if names & set(each.queues)),
            )
        )
        left = [each for each in left if each.name not in names]
    return tuple(found)


def _check(queues: Sequence[PlannedQueue], teams: Sequence[Team]) -> None:
    for what, names in (
        ("queue", [each.name for each in queues]),
        ("team", [each.name for each in teams]),
    ):
        if not names or len(set(names)) != len(names):
            raise PlanError(
                f"Every {what} needs a name of its own, and there must be at least one.",
                found=f"{names}",
                todo="Name each once.",
            )
    known = [each.name for each in queues]
    for team in teams:
        for name in team.queues:
            if name not in known:
                raise PlanError(
                    f"Team {team.name!r} serves a queue that is not planned.",
                    found=f"queue = {name!r}",
                    todo=f"Use one of: {', '.join(known)}.",
                )
    first = queues[0].courses
    for queue in queues:
        own = queue.courses
        alike = (
            np.array_equal(own.horizon.starts_us, first.horizon.starts_us)
            and own.horizon.interval_s == first.horizon.interval_s
            and own.count == first.count
        )
        if not alike:
            raise PlanError(
                "All queues must be drawn for the same days, in as many courses.",
                found=f"{first.queue!r}: {first.count} courses of {len(first.horizon.slot)} "
                f"intervals, {queue.name!r}: {own.count} of {len(own.horizon.slot)}",
                todo="Draw them together, so that a busy day is busy for all where it was.",
            )
        serving = [each for each in teams if queue.name in each.queues]
        if not serving:
            raise PlanError(
                f"Nobody serves queue {queue.name!r}.",
                found=f"teams = {[each.name for each in teams]}",
                todo="Name it in the serves of a team.",
            )
        if not queue.deferred:
            there = np.any([each.hours(queues) for each in serving], axis=0)
            closed = queue.courses.open & ~there
            if closed.any():
                i = int(np.flatnonzero(closed)[0])
                raise PlanError(
                    f"Queue {queue.name!r} is open while no team that serves it can be there.",
                    found=own.horizon.says(i),
                    todo="Open a team then, or close the queue.",
                )
