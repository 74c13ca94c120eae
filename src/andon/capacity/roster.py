"""The roster: who works which shift on which day, one line a person, with every rule kept.

A cover counts people; here each gets a number. The cover already says on which days each person
works. Day by day the shifts are given out so that everybody has rested (an assignment); where that
leads nowhere, a whole week at once (a program of yes and no); where that fails too, the cover is
made again with fewer late shifts before early ones, and then with one person more.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from andon.capacity.contracts import WeekPattern
from andon.capacity.cover import Cover, covered_again
from andon.capacity.cover_repair import Kind
from andon.capacity.shifts import Shifts
from andon.errors import PlanError
from andon.units import HOUR_S, US

__all__ = ["Duty", "Line", "Roster", "roster"]

_NEVER: Final = 1e7
_ROUNDS: Final = 6
_NEAR: Final = 1e-6
_NODES: Final = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Duty:
    """One person's shift on one day.

    Attributes
    ----------
    day : int
        Of the horizon, from 0; -1 is the evening before.
    date : date
    template : str
    from_us, to_us : int
        When it begins and ends, microseconds since 1970 in UTC.
    breaks_us : tuple of (int, int)
        When each break begins and ends.
    begin, end : int
        Intervals of the horizon, the end not in it; they may lie outside.
    breaks : tuple of int
        The interval in which each break begins.
    paid_s : float
        As long as it really is, seconds.
    hours : float
        Paid hours by the clock on the wall, as contracts count them.
    """

    day: int
    date: dt.date
    template: str
    from_us: int
    to_us: int
    breaks_us: tuple[tuple[int, int], ...]
    begin: int
    end: int
    breaks: tuple[int, ...]
    paid_s: float
    hours: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One person's duties.

    Attributes
    ----------
    team, contract : str
    person : int
        From 1 within the contract of the team.
    duties : tuple of Duty
        In the order of time.
    """

    team: str
    contract: str
    person: int
    duties: tuple[Duty, ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Roster:
    """Everybody's line.

    Attributes
    ----------
    cover : Cover
        The cover that was given out: the one asked for, or the one made again.
    lines : tuple of Line
        By contract and person; people without any shift are left out.
    again : int
        How often the cover had to be made again.
    steps : tuple of str
        What was done.
    """

    cover: Cover
    lines: tuple[Line, ...]
    again: int
    steps: tuple[str, ...]


def roster(cover: Cover) -> Roster:
    """Give a cover's shifts to people.

    Parameters
    ----------
    cover : Cover

    Returns
    -------
    Roster

    Raises
    ------
    PlanError
        If no way was found to give the shifts out, even with another cover.

    Examples
    --------
    >>> from andon.capacity.contracts import Contract
    >>> from andon.capacity.cover import cover
    >>> from andon.capacity.horizon import Horizon
    >>> from andon.capacity.shifts import Template
    >>> days = Horizon.of(dt.date(2024, 6, 3), days=2, zone="Europe/Berlin", interval_s=3600)
    >>> day = Template(name="day", length_s=8 * 3600, first_start_s=8 * 3600,
    ...                last_start_s=8 * 3600, step_s=3600)
    >>> asked = [2 if 8 <= hour % 24 < 16 else 0 for hour in range(48)]
    >>> found = roster(cover(days, asked, templates=[day], contracts=[Contract(name="all")]))
    >>> [len(line.duties) for line in found.lines]
    [2, 2]
    """
    steps: list[str] = []
    tighter: dict[tuple[int, int, int], int] = {}
    more = 0
    for again in range(_ROUNDS):
        given = _Given(cover)
        stuck = given.out()
        if stuck is None:
            steps.append(f"{len(given.people)} people were given {given.count} shifts.")
            return Roster(cover=cover, lines=given.lines(), again=again, steps=tuple(steps))
        steps.append(stuck.says(cover))
        for key in stuck.late:
            tighter[key] = tighter.get(key, 0) + 1
        if not stuck.late or again >= 2:
            more += 1
        cover = covered_again(cover, tighter=tighter, more=more)
    raise PlanError(
        f"{'Team ' + repr(cover.team) + ': ' if cover.team else ''}The shifts cover the "
        "requirement, but could not be given to people within their rules.",
        found="; ".join(steps),
        todo="Loosen the rest, the days in a row or the weekends of that contract.",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stuck:
    """Where the shifts of a week could not be given out."""

    contract: int
    week: tuple[int, ...]
    late: tuple[tuple[int, int, int], ...]

    def says(self, cover: Cover) -> str:
        name = cover.contracts[self.contract].name
        what = "days" if not self.late else "shifts"
        return (
            f"The {what} of contract {name!r} in the week of {cover.shifts.date_of(self.week[0])} "
            "could not be given to people; the cover was made again."
        )


@dataclass(slots=True)
class _Person:
    contract: int
    duties: list[tuple[int, Kind]] = field(default_factory=list)
    end: int = -(10**9)
    """The interval in which the last shift ended."""
    load: float = 0.0
    """What the shifts so far cost more than ordinary ones."""


class _Given:
    """People, and the shifts they have been given so far."""

    def __init__(self, cover: Cover) -> None:
        self.cover = cover
        self.shifts = cover.shifts
        self.step = cover.horizon.interval_s
        self.people = [_Person(contract=c) for c, n in enumerate(cover.people) for _ in range(n)]

    @property
    def count(self) -> int:
        """Shifts given out."""
        return sum(len(each.duties) for each in self.people)

    def out(self) -> _Stuck | None:
        """Give out every week; where that cannot be done, say where."""
        for week, days in zip(self.cover.weeks, self.cover.days, strict=True):
            for c in range(len(self.cover.contracts)):
                stuck = self._week(c, week, days[c])
                if stuck is not None:
                    return stuck
        self.people = [each for each in self.people if each.duties]
        return None

    def lines(self) -> tuple[Line, ...]:
        """Everybody's duties, by contract and person."""
        numbers: dict[int, int] = {}
        found = []
        for person in self.people:
            numbers[person.contract] = numbers.get(person.contract, 0) + 1
            found.append(
                Line(
                    team=self.cover.team,
                    contract=self.cover.contracts[person.contract].name,
                    person=numbers[person.contract],
                    duties=tuple(self._duty(kind) for _, kind in person.duties),
                )
            )
        return tuple(found)

    def _duty(self, kind: Kind) -> Duty:
        shift = self.shifts.shifts[kind[1]]
        template = self.shifts.templates[shift.template]
        origin = int(self.cover.horizon.starts_us[0])

        def at(interval: int) -> int:
            return origin + interval * self.step * US

        return Duty(
            day=shift.day,
            date=self.shifts.date_of(shift.day),
            template=template.name,
            from_us=at(shift.begin),
            to_us=at(shift.end),
            breaks_us=tuple(
                (at(i), at(i) + round(each.length_s * US))
                for each, i in zip(template.breaks, kind[2], strict=True)
            ),
            begin=shift.begin,
            end=shift.end,
            breaks=kind[2],
            paid_s=shift.paid_s,
            hours=template.paid_s / HOUR_S,
        )

    # ------------------------------------------------------------ one week of one contract

    def _week(self, c: int, week: tuple[int, ...], chosen: Sequence[WeekPattern]) -> _Stuck | None:
        team = [each for each in self.people if each.contract == c]
        if not team:
            return None
        given = self._one_by_one(c, week, team, chosen)
        if given is None:
            given = self._together(c, week, team, chosen)
        if given is None:
            return _Stuck(contract=c, week=week, late=self._late(c, week))
        for person, duties in zip(team, given, strict=True):
            for day, kind in duties:
                person.duties.append((day, kind))
                person.end = self.shifts.shifts[kind[1]].end
                person.load += self.shifts.shifts[kind[1]].cost_factor - 1.0
        return None

    def _pieces(self, c: int, day: int) -> list[Kind]:
        """The duties of a day, one element a person."""
        found = [
            kind
            for kind, n in self.cover.duties.get(day, {}).items()
            if kind[0] == c
            for _ in range(n)
        ]
        return sorted(found, key=lambda kind: (self.shifts.shifts[kind[1]].begin, kind))

    def _one_by_one(
        self, c: int, week: tuple[int, ...], team: Sequence[_Person], chosen: Sequence[WeekPattern]
    ) -> list[list[tuple[int, Kind]]] | None:
        """Day by day: the early shifts to those who ended early, the late to those off tomorrow."""
        from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - takes long

        contract = self.cover.contracts[c]
        rest = contract.rest_s / self.step
        ends = np.array([each.end for each in team], dtype=np.float64)
        hours = np.zeros(len(team))
        load = np.array([each.load for each in team])
        given: list[list[tuple[int, Kind]]] = [[] for _ in team]
        for n, day in enumerate(week):
            on = np.array([i for i, each in enumerate(chosen) if each.on[n]], dtype=np.int64)
            pieces = self._pieces(c, day)
            if len(pieces) != len(on):
                return None
            if not pieces:
                continue
            shifts = [self.shifts.shifts[kind[1]] for kind in pieces]
            begin = np.array([each.begin for each in shifts], dtype=np.float64)
            end = np.array([each.end for each in shifts], dtype=np.float64)
            paid = np.array(
                [self.shifts.templates[each.template].paid_s / HOUR_S for each in shifts]
            )
            dear = np.array([each.cost_factor - 1.0 for each in shifts])
            tomorrow = np.array(
                [n + 1 < len(week) and chosen[int(i)].on[n + 1] for i in on], dtype=np.float64
            )
            left = np.array([sum(chosen[int(i)].on[n:]) for i in on], dtype=np.float64)
            middle = np.array([(each.least_h + each.most_h) / 2 for each in chosen])[on]
            # What each should work today to come out in the middle of the contract's hours.
            wanted = (middle - hours[on]) / left
            cost = (
                0.02 * (end - end.min())[None, :] * tomorrow[:, None]
                + 0.3 * np.abs(paid[None, :] - wanted[:, None])
                + 0.5 * dear[None, :] * load[on][:, None]
                + 0.002
                * np.abs(begin[None, :] - (ends[on] + rest)[:, None])
                * (ends[on] > -(10**8))[:, None]
            )
            cost[ends[on][:, None] + rest > begin[None, :] + _NEAR] = _NEVER
            cost[hours[on][:, None] + paid[None, :] > contract.most_hours + _NEAR] = _NEVER
            rows, columns = linear_sum_assignment(cost)
            if cost[rows, columns].max() >= _NEVER:
                return None
            for row, column in zip(rows, columns, strict=True):
                who = int(on[row])
                given[who].append((day, pieces[column]))
                ends[who], hours[who] = end[column], hours[who] + paid[column]
                load[who] += dear[column]
        for i, pattern in enumerate(chosen):
            if not pattern.least_h - _NEAR <= hours[i] <= pattern.most_h + _NEAR:
                return None
        return given

    def _together(
        self, c: int, week: tuple[int, ...], team: Sequence[_Person], chosen: Sequence[WeekPattern]
    ) -> list[list[tuple[int, Kind]]] | None:
        """The whole week at once, person by person, as a program of yes and no."""
        waiting = {day: self._pieces(c, day) for day in week}
        program = _Program(
            self.shifts,
            rest=self.cover.contracts[c].rest_s / self.step,
            counts=Counter(kind[1] for pieces in waiting.values() for kind in pieces),
            ends=[each.end for each in team],
            week=week,
            chosen=chosen,
        )
        solved = program.solved()
        if solved is None:
            return None
        given: list[list[tuple[int, Kind]]] = [[] for _ in team]
        for i, j in solved:
            day = self.shifts.shifts[j].day
            kind = next(each for each in waiting[day] if each[1] == j)
            waiting[day].remove(kind)
            given[i].append((day, kind))
        return [sorted(each) for each in given]

    def _late(self, c: int, week: tuple[int, ...]) -> tuple[tuple[int, int, int], ...]:
        """Where late shifts meet early ones most tightly in a week: (contract, day, interval)."""
        rest = self.cover.contracts[c].rest_s / self.step
        found: list[tuple[int, tuple[int, int, int]]] = []
        for day in (week[0] - 1, *week[:-1]):
            today = [self.shifts.shifts[kind[1]] for kind in self._pieces(c, day)]
            after = [self.shifts.shifts[kind[1]] for kind in self._pieces(c, day + 1)]
            for at in sorted({each.begin for each in after}):
                late = sum(each.end + rest > at for each in today)
                early = sum(each.begin <= at for each in after)
                if late and early:
                    found.append((late + early, (c, day, at)))
        found.sort(key=lambda each: (-each[0], each[1]))
        return tuple(key for _, key in found[:3])


class _Program:
    """Who works which shift in a week, as a program of yes and no."""

    def __init__(
        self,
        shifts: Shifts,
        *,
        rest: float,
        counts: Mapping[int, int],
        ends: Sequence[int],
        week: tuple[int, ...],
        chosen: Sequence[WeekPattern],
    ) -> None:
        self.shifts = shifts
        self.rest = rest
        self.by_day = {
            day: [j for j in sorted(counts) if shifts.shifts[j].day == day] for day in week
        }
        self.columns: dict[tuple[int, int], int] = {}
        self.rows: list[tuple[list[tuple[int, float]], float, float]] = []
        for i, pattern in enumerate(chosen):
            for on, day in zip(pattern.on, week, strict=True):
                if not on:
                    continue
                for j in self.by_day[day]:
                    if ends[i] + rest <= shifts.shifts[j].begin + _NEAR:
                        self.columns[i, j] = len(self.columns)
                self.rows.append((self._of(i, self.by_day[day]), 1.0, 1.0))
        for j, n in sorted(counts.items()):
            mine = [(column, 1.0) for (_, each), column in self.columns.items() if each == j]
            self.rows.append((mine, n, n))
        for i, pattern in enumerate(chosen):
            self._add_hours(i, pattern)
            for day in week[:-1]:
                self._add_rest(i, day)

    def _of(self, i: int, some: Sequence[int]) -> list[tuple[int, float]]:
        return [(self.columns[i, j], 1.0) for j in some if (i, j) in self.columns]

    def _add_hours(self, i: int, pattern: WeekPattern) -> None:
        mine = [
            (self.columns[i, j], self.shifts.templates[self.shifts.shifts[j].template].paid_s)
            for today in self.by_day.values()
            for j in today
            if (i, j) in self.columns
        ]
        low, high = (each * HOUR_S for each in (pattern.least_h, pattern.most_h))
        self.rows.append((mine, low - _NEAR, high + _NEAR))

    def _add_rest(self, i: int, day: int) -> None:
        shift = self.shifts.shifts
        after = self.by_day[day + 1]
        for at in sorted({shift[j].begin for j in after}):
            late = [j for j in self.by_day[day] if shift[j].end + self.rest > at + _NEAR]
            early = [j for j in after if shift[j].begin <= at]
            if late:
                self.rows.append((self._of(i, [*late, *early]), -np.inf, 1.0))

    def solved(self) -> list[tuple[int, int]] | None:
        """(person, shift) of each that is given, or None if there is no way."""
        from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - takes long
        from scipy.sparse import csc_array  # noqa: PLC0415

        if not self.columns:
            return [] if all(low <= 0 <= high for _, low, high in self.rows) else None
        entries = [(n, *term) for n, (terms, _, _) in enumerate(self.rows) for term in terms]
        row, column, value = (np.array(each) for each in zip(*entries, strict=True))
        found = milp(
            np.zeros(len(self.columns)),
            integrality=np.ones(len(self.columns)),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(
                csc_array((value, (row, column)), shape=(len(self.rows), len(self.columns))),
                np.array([low for _, low, _ in self.rows]),
                np.array([high for _, _, high in self.rows]),
            ),
            options={"time_limit": 20.0, "node_limit": _NODES},
        )
        if found.x is None:
            return None
        return sorted(key for key, n in self.columns.items() if found.x[n] > 1 / 2)
