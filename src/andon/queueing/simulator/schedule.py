"""Who is there when: shifts with breaks, counts by interval, or always the same.

A schedule is a cycle, a day or a week, that repeats. At the end of a shift people finish the call
they are on and leave; the idle leave first, then whoever finishes first. Who finishes a call into a
break has that much less of it. With several chats at once, those go first who have the fewest in
hand; they take no more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.queueing.inputs import whole
from andon.units import DAY_S

__all__ = ["Change", "Schedule", "Shift", "most_at_once"]

_TICKS: Final = 1_000_000
_NEVER: Final = 1 << 62
_COLUMN: Final = {"leave": 1, "pause": 2, "return": 3, "join": 4}

Kind = Literal["leave", "pause", "return", "join"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """Some people who come and go together.

    Attributes
    ----------
    agents : int
        How many, 1 or more.
    from_s, to_s : float
        When they begin and end, seconds after the cycle's start; an end beyond the cycle's runs
        into the next cycle.
    breaks : tuple of pairs
        When they are away, seconds after the cycle's start, in order and inside the shift.

    Raises
    ------
    QueueingError
        If the times are not in order, or nobody is in the shift.

    Examples
    --------
    >>> Shift(agents=5, from_s=8 * 3600, to_s=16 * 3600, breaks=((12 * 3600, 12.5 * 3600),)).agents
    5
    """

    agents: int
    from_s: float
    to_s: float
    breaks: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        whole("agents", self.agents, least=1)
        times = [self.from_s, *(each for pair in self.breaks for each in pair), self.to_s]
        if not all(np.isfinite(times)) or self.from_s < 0 or sorted(times) != times:
            raise QueueingError(
                "The times of a shift must be in order.",
                found=f"from_s = {self.from_s:g}, breaks = {self.breaks}, to_s = {self.to_s:g}",
                todo="A shift begins, has its breaks one after the other, and ends.",
            )
        if self.to_s <= self.from_s:
            raise QueueingError(
                "A shift must be longer than nothing.",
                found=f"from_s = {self.from_s:g}, to_s = {self.to_s:g}",
                todo="Past midnight, count on: 2 in the morning is 26 hours, 93600.",
            )


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Change:
    """One change of who is there.

    Attributes
    ----------
    at_s : float
        Seconds after the cycle's start.
    kind : str
        ``leave`` for good, ``pause`` for a break, ``return`` from one, or ``join``.
    agents : int
        How many.
    """

    at_s: float
    kind: Kind
    agents: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """Who is there when, as changes within a cycle that repeats.

    Make one with :meth:`level`, :meth:`by_interval` or :meth:`of_shifts`.

    Attributes
    ----------
    at_start : int
        Agents on duty when the first cycle begins.
    changes : tuple of Change
        In order of time, within the first cycle.
    again : tuple of Change
        The same for every later cycle: it also holds what the cycle before runs into.
    cycle_s : float
        Length of the cycle, seconds.
    """

    at_start: int
    changes: tuple[Change, ...]
    again: tuple[Change, ...]
    cycle_s: float

    @classmethod
    def level(cls, agents: int) -> Schedule:
        """Always the same number of agents (0 or more).

        >>> Schedule.level(14).most
        14
        """
        whole("agents", agents, least=0)
        return cls(at_start=int(agents), changes=(), again=(), cycle_s=float(DAY_S))

    @classmethod
    def by_interval(cls, agents: Sequence[int], *, interval_s: float = 1800.0) -> Schedule:
        """A number of agents for each interval, over and over.

        Parameters
        ----------
        agents : sequence of int
            0 or more each.
        interval_s : float
            Length of an interval, seconds, above 0.

        Raises
        ------
        QueueingError
            If there is no interval, or a number is not whole or is negative.

        Examples
        --------
        >>> Schedule.by_interval([3, 5, 4], interval_s=3600).counts(1800.0, 8)
        array([3, 3, 5, 5, 4, 4, 3, 3])
        """
        if len(agents) == 0:
            raise QueueingError(
                "The schedule is empty.",
                found="agents = []",
                todo="Give the number of agents for at least one interval.",
            )
        for i, each in enumerate(agents):
            whole(f"agents[{i}]", each, least=0)
        if not (np.isfinite(interval_s) and interval_s > 0):
            raise QueueingError(
                "interval_s must be above 0.",
                found=f"interval_s = {interval_s:g}",
                todo="Half an hour is 1800.",
            )
        inside = _steps(agents, interval_s)
        over = int(agents[0]) - int(agents[-1])
        begin = (_step(0.0, over),) if over else ()
        return cls(
            at_start=int(agents[0]),
            changes=inside,
            again=begin + inside,
            cycle_s=len(agents) * interval_s,
        )

    @classmethod
    def of_shifts(cls, shifts: Sequence[Shift], *, cycle_s: float = DAY_S) -> Schedule:
        """Shifts, over and over; people who are there when the first cycle begins are there.

        Raises
        ------
        QueueingError
            If there is no shift, or one is longer than the cycle.

        Examples
        --------
        >>> night = Shift(agents=2, from_s=22 * 3600, to_s=30 * 3600)
        >>> Schedule.of_shifts([night]).counts(6 * 3600.0, 4)
        array([2, 0, 0, 0])
        """
        if not shifts:
            raise QueueingError(
                "The schedule is empty.", found="shifts = []", todo="Give at least one shift."
            )
        first: list[Change] = []
        again: list[Change] = []
        at_start = 0
        for shift in shifts:
            if shift.to_s - shift.from_s > cycle_s or shift.from_s >= cycle_s:
                raise QueueingError(
                    "A shift must begin within the cycle, and be no longer than it.",
                    found=f"from_s = {shift.from_s:g}, to_s = {shift.to_s:g}, "
                    f"cycle_s = {cycle_s:g}",
                    todo="Give a longer cycle_s (a week is 604800), or cut the shift.",
                )
            events = _comings_and_goings(shift)
            carried = [
                Change(at_s=each.at_s - cycle_s, kind=each.kind, agents=each.agents)
                for each in events
                if each.at_s >= cycle_s
            ]
            own = [each for each in events if each.at_s < cycle_s]
            first += own
            again += own + carried
            # Of those who came in the cycle before the first, who is there when it begins?
            here = bool(carried) and carried[0].kind in {"leave", "pause"}
            while carried and round(carried[0].at_s * _TICKS) == 0:
                here = carried.pop(0).kind in {"return", "join"}
            if here:
                at_start += shift.agents
            elif carried:
                # Whoever is on a break then joins when it ends.
                carried[0] = Change(at_s=carried[0].at_s, kind="join", agents=shift.agents)
            first += carried
        order = list(_COLUMN)
        return cls(
            at_start=at_start,
            changes=tuple(sorted(first, key=lambda each: (each.at_s, order.index(each.kind)))),
            again=tuple(sorted(again, key=lambda each: (each.at_s, order.index(each.kind)))),
            cycle_s=float(cycle_s),
        )

    @property
    def most(self) -> int:
        """The most agents who are on duty at once."""
        return most_at_once(self.in_ticks(3 * self.cycle_s))[0]

    @property
    def most_away(self) -> int:
        """The most agents who are on a break at once."""
        return most_at_once(self.in_ticks(3 * self.cycle_s))[1]

    def in_ticks(self, horizon_s: float) -> npt.NDArray[np.int64]:
        """Every change before ``horizon_s``: when, who leaves, pauses, returns, joins.

        Returns
        -------
        array, shape (changes + 1, 5)
            Times in microseconds; the first row is the start, the last one never comes.
        """
        cycles = math.ceil(horizon_s / self.cycle_s) if self.again else 1
        events = [*self.changes, *self.again * (cycles - 1)]
        at_s = np.array([each.at_s for each in events], dtype=np.float64)
        which = np.repeat(np.arange(cycles), [len(self.changes)] + [len(self.again)] * (cycles - 1))
        at_s += which * self.cycle_s
        inside = at_s < horizon_s
        ticks = np.append(np.int64(0), np.rint(at_s[inside] * _TICKS).astype(np.int64))
        times, row = np.unique(ticks, return_inverse=True)
        rows = np.zeros((len(times) + 1, 5), dtype=np.int64)
        rows[:-1, 0], rows[-1, 0] = times, _NEVER
        rows[0, _COLUMN["join"]] = self.at_start
        kinds = np.array([_COLUMN[each.kind] for each in events], dtype=np.int64)
        agents = np.array([each.agents for each in events], dtype=np.int64)
        np.add.at(rows, (row[1:], kinds[inside]), agents[inside])
        return rows

    def on_duty_s(self, interval_s: float, intervals: int) -> npt.NDArray[np.float64]:
        """Agent-seconds on duty in each of the first ``intervals`` of ``interval_s`` seconds."""
        changes = self.in_ticks(interval_s * intervals)
        steps = changes[:-1, 3:].sum(axis=1) - changes[:-1, 1:3].sum(axis=1)
        at = np.append(changes[:-1, 0] / _TICKS, interval_s * intervals)
        # The area under a staircase, and what of it each interval holds.
        area = np.concatenate(([0.0], np.cumsum(np.cumsum(steps) * np.diff(at))))
        edges = np.arange(intervals + 1) * interval_s
        return np.asarray(np.diff(np.interp(edges, at, area)), dtype=np.float64)

    def counts(self, interval_s: float, intervals: int) -> npt.NDArray[np.int64]:
        """Agents on duty when each interval begins."""
        changes = self.in_ticks(interval_s * intervals)
        steps = changes[:-1, 3:].sum(axis=1) - changes[:-1, 1:3].sum(axis=1)
        edges = np.round(np.arange(intervals) * interval_s * _TICKS)
        last = np.searchsorted(changes[:-1, 0], edges, side="right") - 1
        return np.asarray(np.cumsum(steps)[last], dtype=np.int64)


def most_at_once(changes: npt.NDArray[np.int64]) -> tuple[int, int]:
    """The most agents on duty at once, and the most on a break at once.

    Parameters
    ----------
    changes : array of int, shape (changes + 1, 5)
        As :meth:`Schedule.in_ticks` has them.
    """
    leave, pause, back, join = changes[:-1, 1:].T
    here = np.cumsum(back + join - leave - pause)
    away = np.cumsum(pause - back) + back
    return int(here.max(initial=0)), int(away.max(initial=0))


def _steps(agents: Sequence[int], interval_s: float) -> tuple[Change, ...]:
    return tuple(
        _step(i * interval_s, int(agents[i]) - int(agents[i - 1]))
        for i in range(1, len(agents))
        if agents[i] != agents[i - 1]
    )


def _comings_and_goings(shift: Shift) -> list[Change]:
    """What a shift changes; breaks that touch each other or its ends are one absence."""
    present, begin = [], shift.from_s
    for away, back in (*shift.breaks, (shift.to_s, math.inf)):
        if back > away:
            if round(away * _TICKS) > round(begin * _TICKS):
                present.append((begin, away))
            begin = back
    found = []
    for i, (from_s, to_s) in enumerate(present):
        comes: Kind = "return" if i else "join"
        goes: Kind = "leave" if i == len(present) - 1 else "pause"
        found.append(Change(at_s=from_s, kind=comes, agents=shift.agents))
        found.append(Change(at_s=to_s, kind=goes, agents=shift.agents))
    return found


def _step(at_s: float, more: int) -> Change:
    return Change(at_s=at_s, kind="join" if more > 0 else "leave", agents=abs(more))
