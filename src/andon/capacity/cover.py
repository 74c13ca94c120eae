"""Cover: how many work which shift on each day, so that the requirement is met at least cost.

The steps, each of which the result repeats in words:

1. The whole plan with parts of people allowed. What that costs is the bound: no roster under these
   rules costs less.
2. How many people of each contract, in whole people, over all weeks together.
3. Week by week in whole people, with as many people taken as away on a break as in the first step.
4. Breaks in whole people, within their windows; where somebody is then missing, that interval asks
   for more, and the week is solved again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.contracts import WEEKEND, Contract, WeekPattern
from andon.capacity.cover_model import CoverModel, Past, Solved, Staffing, away_by, weeks_of
from andon.capacity.cover_repair import Duties, mended, profile
from andon.capacity.days_off import History, given_days
from andon.capacity.horizon import Horizon
from andon.capacity.rules_in_the_way import named_rules, never_covered
from andon.capacity.shifts import Shift, Shifts, Template
from andon.errors import PlanError
from andon.units import HOUR_S

__all__ = ["BreakCount", "Cover", "ShiftCount", "cover", "covered_again"]

Floats = npt.NDArray[np.float64]

_SPARE: Final = (0.5, 0.25, 0.0)
"""A week is solved first with this share of a person too few asked for while others are on a
break, and then with less, until nobody is missing."""
_ROUNDS: Final = 4
"""Each time so often with more people asked for where somebody is missing."""
_STAY: Final = 0.05
"""What it costs then to give up a shift that was there before, in hours of pay."""
_MORE_PEOPLE: Final = 6
"""So often somebody is added because whole people cannot do what parts of people could."""
_NODES: Final = 2000
"""Branchings at most, so that a plan does not depend on how fast the machine is."""
_FULL_NODES: Final = 200
_SMALL: Final = 600
"""Columns of a week that is soon solved with shifts and breaks in one go."""
_LONGEST_S: Final = 20.0
"""Longest time of one solve; results that met it say so."""
_NEAR: Final = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class ShiftCount:
    """How many people of a contract work a shift.

    Attributes
    ----------
    contract : int
        Which of the contracts.
    shift : Shift
    people : int
    """

    contract: int
    shift: Shift
    people: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BreakCount:
    """How many people begin a break in an interval.

    Attributes
    ----------
    template, number : int
        Which template, and which of its breaks.
    interval : int
        Of the horizon; it may lie outside.
    people : int
    """

    template: int
    number: int
    interval: int
    people: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Cover:
    """Who is on duty when, by counts.

    Attributes
    ----------
    team : str
    shifts : Shifts
        All that could be worked.
    contracts : tuple of Contract
    required, covered, over, under : array of float, shape (k,)
        People asked for, people on duty and not on a break, and the two ways in which they differ:
        ``covered + under - over == required``.
    carried : array of float, shape (k,)
        People in ``covered`` who were there before and are not part of this plan.
    counts : tuple of ShiftCount
    breaks : tuple of BreakCount
    duties : dict
        The same by day: (contract, shift, beginnings of its breaks) to people.
    people : tuple of int
        How many of each contract.
    weeks : tuple of tuple of int
        The days of each calendar week.
    days : tuple of tuple of tuple of WeekPattern
        For each calendar week and contract, the days that each person works.
    gap_asked : float
        How far from the best each week's plan might be.
    under_price : float or None
        What an hour of one person missing costs; None where nobody may be missing.
    paid_h, cost : float
        Paid hours, and what they cost.
    under_cost : float
        What missing people cost, at the price that was given for them; 0 where none may be missing.
    bound : float
        Nothing under these rules costs less, missing people included.
    gap : float
        By how much this could at most be cheaper, as a share of its cost, missing people included.
    early : bool
        Whether any step was stopped before it had gone as far as asked.
    steps : tuple of str
        What was done.
    """

    team: str
    shifts: Shifts
    contracts: tuple[Contract, ...]
    required: Floats
    covered: Floats
    over: Floats
    under: Floats
    carried: Floats
    counts: tuple[ShiftCount, ...]
    breaks: tuple[BreakCount, ...]
    duties: dict[int, Duties]
    people: tuple[int, ...]
    weeks: tuple[tuple[int, ...], ...]
    days: tuple[tuple[tuple[WeekPattern, ...], ...], ...]
    gap_asked: float
    under_price: float | None
    paid_h: float
    cost: float
    under_cost: float
    bound: float
    gap: float
    early: bool
    steps: tuple[str, ...]

    @property
    def horizon(self) -> Horizon:
        """The intervals planned."""
        return self.shifts.horizon

    @property
    def over_h(self) -> float:
        """Hours of people more than asked for."""
        return float(self.over.sum()) * self.horizon.interval_s / HOUR_S

    @property
    def under_h(self) -> float:
        """Hours of people missing."""
        return float(self.under.sum()) * self.horizon.interval_s / HOUR_S


def cover(
    horizon: Horizon,
    required: npt.ArrayLike,
    *,
    templates: Sequence[Template],
    contracts: Sequence[Contract],
    team: str = "",
    carried: npt.ArrayLike | None = None,
    under_cost: float | None = None,
    gap: float = 0.005,
) -> Cover:
    """The shifts that meet a team's requirement at least cost.

    Parameters
    ----------
    horizon : Horizon
        With ``k`` intervals.
    required : array of float, shape (k,)
        People asked for in each interval, 0 or more; 0 where nobody is needed.
    templates : sequence of Template
    contracts : sequence of Contract
    team : str
    carried : array of float, shape (k,), optional
        People who are there anyway: those whose shift began before the plan. Without it, shifts of
        the evening before may be planned too.
    under_cost : float, optional
        What an hour of one person missing costs; unless given, nobody may be missing.
    gap : float
        How far from the best each week's plan may be, as a share of its cost.

    Returns
    -------
    Cover

    Raises
    ------
    PlanError
        If the rules cannot be met; it names the rules in the way, on which day and by how much.

    Notes
    -----
    People are taken to come rested, with no days in a row behind them. The plan is the same
    whenever it is made from the same input, unless ``early`` is set.

    Examples
    --------
    >>> import datetime as dt
    >>> days = Horizon.of(dt.date(2024, 6, 3), days=1, zone="Europe/Berlin", interval_s=3600)
    >>> day = Template(name="day", length_s=8 * 3600, first_start_s=8 * 3600,
    ...                last_start_s=8 * 3600, step_s=3600)
    >>> asked = [3 if 8 <= hour < 16 else 0 for hour in range(24)]
    >>> found = cover(days, asked, templates=[day], contracts=[Contract(name="all")])
    >>> found.counts[0].people, found.paid_h
    (3, 24.0)
    """
    asked = np.asarray(required, dtype=np.float64)
    there = np.zeros(len(horizon.slot)) if carried is None else np.asarray(carried, dtype=float)
    _check(horizon, asked, there, contracts, under_cost)
    shifts = Shifts(horizon, templates, evening_before=carried is None)
    staffing = Staffing(
        shifts=shifts,
        contracts=tuple(contracts),
        required=np.maximum(asked - there, 0.0),
        under_cost=under_cost,
    )
    _check_rests(staffing)
    if under_cost is None:
        never_covered(staffing, team=team)
    plan = _Plan(staffing, team=team, gap=gap)
    return plan.cover(asked, there)


def covered_again(
    first: Cover, *, tighter: Mapping[tuple[int, int, int], int], more: int = 0
) -> Cover:
    """The same cover, with fewer late shifts before early ones, or with more people.

    Parameters
    ----------
    first : Cover
    tighter : mapping
        (contract, day, interval) to people: by how many those who end too late on a day to begin
        by that interval of the next, and those who do begin by then, are to be fewer in all.
    more : int
        People more than the rules seem to need.

    Raises
    ------
    PlanError
        If the rules cannot be met then.
    """
    staffing = Staffing(
        shifts=first.shifts,
        contracts=first.contracts,
        required=np.maximum(first.required - first.carried, 0.0),
        under_cost=first.under_price,
    )
    plan = _Plan(staffing, team=first.team, gap=first.gap_asked, tighter=dict(tighter), more=more)
    return plan.cover(first.required, first.carried)


def _check(
    horizon: Horizon,
    asked: Floats,
    there: Floats,
    contracts: Sequence[Contract],
    under_cost: float | None,
) -> None:
    k = len(horizon.slot)
    if not contracts:
        raise PlanError(
            "There is no contract, so nobody can be rostered.",
            found="contracts: none",
            todo="Describe at least one: its hours and what an hour costs.",
        )
    names = [each.name for each in contracts]
    if len(set(names)) < len(names):
        raise PlanError(
            "Two contracts share a name.", found=", ".join(names), todo="Give each its own."
        )
    for what, values in (("required", asked), ("carried", there)):
        if values.shape != (k,) or not np.isfinite(values).all() or (values < 0).any():
            raise PlanError(
                f"{what} needs a number of people, 0 or more, for each interval.",
                found=f"shape {values.shape} for {k} intervals"
                if values.shape != (k,)
                else f"from {values.min():g} to {values.max():g}",
                todo="Give one number an interval; 0 where nobody is needed.",
            )
    if under_cost is not None and not 0 < under_cost < np.inf:
        raise PlanError(
            "An hour of a missing person must cost something, or nobody would be planned.",
            found=f"under_cost = {under_cost:g}",
            todo="Give more than an hour of a person costs, or leave it out to forbid it.",
        )


def _check_rests(staffing: Staffing) -> None:
    """A rest is kept to the next day; it must not reach over a whole day."""
    shifts = staffing.shifts
    step = shifts.horizon.interval_s
    for c, contract in enumerate(staffing.contracts):
        last: dict[int, int] = {}
        first: dict[int, int] = {}
        for j, each in enumerate(shifts.shifts):
            if staffing.may(c, j):
                last[each.day] = max(last.get(each.day, each.end), each.end)
                first[each.day] = min(first.get(each.day, each.begin), each.begin)
        for day, end in last.items():
            later = first.get(day + 2)
            if later is not None and end + contract.rest_s / step > later:
                raise PlanError(
                    f"A shift of contract {contract.name!r} and the rest behind it reach over the "
                    "whole next day.",
                    found=f"a shift of {shifts.date_of(day)} with {contract.rest_s / HOUR_S:g} h "
                    f"of rest, and one of {shifts.date_of(day + 2)}",
                    todo="Shorten the shift or the rest, or let that contract begin later.",
                )


class _Plan:
    """The steps towards a cover, and what they say."""

    def __init__(
        self,
        staffing: Staffing,
        *,
        team: str,
        gap: float,
        tighter: dict[tuple[int, int, int], int] | None = None,
        more: int = 0,
    ) -> None:
        self.tighter = tighter or {}
        self.more = more
        self.staffing = staffing
        self.team = team
        self.gap = gap
        self.weeks = weeks_of(staffing.shifts)
        self.steps: list[str] = []
        self.early = False
        self.in_full = False
        self.k = len(staffing.required)

    def cover(self, asked: Floats, there: Floats) -> Cover:
        loose = CoverModel(self.staffing, weeks=self.weeks, intervals=(0, self.k)).solved(
            whole=False, within_s=3 * _LONGEST_S
        )
        if loose is None:
            raise named_rules(self.staffing, weeks=self.weeks, team=self.team)
        self.steps.append(
            f"The whole plan with parts of people allowed costs {loose.cost:,.0f}: none can "
            "cost less."
        )
        on_break = self._on_break(loose)
        people = self._people(on_break, more=0)
        if self.more:
            self.last_people = (*people[:-1], people[-1] + self.more - 1)
            people = self._people(on_break, more=1)
        for more in range(1, _MORE_PEOPLE + 2):
            self.in_full = more > _MORE_PEOPLE
            weeks = self._in_weeks(people, on_break)
            if weeks is not None:
                break
            if more > _MORE_PEOPLE:
                raise named_rules(self.staffing, weeks=self.weeks, team=self.team)
            people = self._people(on_break, more=more)
        assert weeks is not None  # or it was raised
        return self._told(weeks, people, loose.cost, asked, there)

    def _on_break(self, solved: Solved) -> Floats:
        """How many are on a break in each interval."""
        found = np.zeros(self.k)
        templates, step = self.staffing.shifts.templates, self.staffing.shifts.horizon.interval_s
        for (t, number, i), people in solved.breaks.items():
            for at, share in away_by(i, templates[t].breaks[number].length_s, step):
                if 0 <= at < self.k:
                    found[at] += share * people
        return found

    def _rounded(self, on_break: Floats, spare: float) -> Floats:
        """People away, so that with them whole people are asked for."""
        required = self.staffing.required
        asked = np.ceil(required + on_break - spare - _NEAR)
        return np.where(required > 0, np.maximum(asked, np.ceil(required - _NEAR)) - required, 0.0)

    def _people(self, on_break: Floats, *, more: int) -> tuple[int, ...]:
        """Whole people of each contract for all weeks together."""
        cheapest = min(each.cost_per_h for each in self.staffing.contracts)
        for away in (self._rounded(on_break, _SPARE[1]), None):
            model = CoverModel(
                self.staffing,
                weeks=self.weeks,
                intervals=(0, self.k),
                even=True,
                away=away,
                person_cost=1e-3 * cheapest,
            )
            if more:
                model.at_least_people(sum(self.last_people) + 1)
            found = model.solved(
                whole="people", gap=self.gap / 2, within_s=_LONGEST_S, nodes=_NODES
            )
            if found is not None:
                self.early |= not found.proven
                break
        else:
            raise named_rules(self.staffing, weeks=self.weeks, team=self.team)
        people = tuple(round(each) for each in found.people)
        self.last_people = people
        said = ", ".join(
            f"{n} {contract.name}"
            for n, contract in zip(people, self.staffing.contracts, strict=True)
        )
        self.steps.append(
            f"Whole people over all weeks together: {said}."
            + (" Fewer could not do it in whole people." if more else "")
        )
        return people

    def _in_weeks(self, people: tuple[int, ...], on_break: Floats) -> list[_Week] | None:
        shifts = self.staffing.shifts
        past: Past | None = None
        found: list[_Week] = []
        begins = [self._begins(week) for week in self.weeks]
        for w, week in enumerate(self.weeks):
            until = begins[w + 1] if w + 1 < len(self.weeks) else self.k
            solved = self._one_week(
                week, (0 if w == 0 else begins[w], until), past, people, on_break
            )
            if solved is None:
                return None
            after = _after(past, solved, self.staffing, week)
            if after is None:
                return None
            past, chosen = after
            found.append(replace(solved, days=chosen))
        rounds = sum(each.rounds for each in found)
        self.steps.append(
            f"{len(found)} calendar {'week' if len(found) == 1 else 'weeks'} of {len(shifts)} "
            f"shifts in all, solved one after another in whole people, with rest, days in a row "
            f"and weekends kept over their edges; {rounds} rounds in all to place the breaks."
        )
        return found

    def _begins(self, week: tuple[int, ...]) -> int:
        """The first interval that the week's own shifts can cover."""
        own = [each.begin for each in self.staffing.shifts.shifts if each.day == week[0]]
        horizon = self.staffing.shifts.horizon
        midnight = int(np.searchsorted(horizon.day - horizon.day[0], week[0]))
        return max(min(own, default=midnight), 0)

    def _one_week(
        self,
        week: tuple[int, ...],
        intervals: tuple[int, int],
        past: Past | None,
        people: tuple[int, ...],
        on_break: Floats,
    ) -> _Week | None:
        best: _Week | None = None
        tried = 0
        for spare in _SPARE:
            first = self._rounded(on_break, spare)
            away, made = first, None
            for _ in range(_ROUNDS):
                tried += 1
                made = self._one_round(week, intervals, past, people, away, made, tried)
                if made is None:
                    break
                if best is None or (made.missing, made.cost) < (best.missing, best.cost):
                    best = made
                if not made.under.any():
                    return best
                # The same week again, as it is with its breaks, and more where somebody is missing.
                away = self._rounded(made.on_break, 0.0)
                away[intervals[1] :] = first[intervals[1] :]
        if best is not None and self.staffing.under_cost is not None:
            return best
        return self._in_full(week, intervals, past, people)

    def _one_round(
        self,
        week: tuple[int, ...],
        intervals: tuple[int, int],
        past: Past | None,
        people: tuple[int, ...],
        away: Floats,
        before: _Week | None,
        tried: int,
    ) -> _Week | None:
        """Shifts with so many taken as away, then their breaks, then mended day by day."""
        staffing = self.staffing
        w = self.weeks.index(week)
        ahead = self.weeks[w : w + 2]
        until = self._begins(self.weeks[w + 2]) if w + 2 < len(self.weeks) else self.k
        whole = None
        for free in (None,) if before is None else (before.days_missing, None):
            model = CoverModel(
                staffing,
                weeks=ahead,
                intervals=(intervals[0], until),
                past=past,
                people=people,
                even=True,
                only_first=True,
                away=away,
                tighter=self.tighter,
            )
            if before is not None:
                hour = min(each.cost_per_h for each in staffing.contracts)
                model.stay_near(before.shifts, cost=_STAY * hour, free=free)
            whole = model.solved(gap=self.gap / 2, within_s=_LONGEST_S, nodes=_NODES)
            if whole is not None:
                break
        if whole is None:
            return None
        whole = whole.only(week, w=0, shifts=staffing.shifts)
        placed = CoverModel(
            replace(staffing, under_cost=staffing.under_cost or 1.0),
            weeks=[week],
            intervals=intervals,
            past=past,
            people=people,
            even=True,
            fixed={key: round(n) for key, n in whole.shifts.items()},
            tighter=self.tighter,
        ).solved(gap=0.0, within_s=_LONGEST_S, nodes=_NODES)
        if placed is None:
            return None
        self.early |= not (whole.proven and placed.proven)
        made = _Week.of(staffing, whole, placed, intervals, past, people, tried)
        return made.mended(self.tighter) if made.under.any() else made

    def _in_full(
        self,
        week: tuple[int, ...],
        intervals: tuple[int, int],
        past: Past | None,
        people: tuple[int, ...],
    ) -> _Week | None:
        """Shifts and breaks in one go, where the short way found nothing."""
        model = CoverModel(
            self.staffing,
            weeks=[week],
            intervals=intervals,
            past=past,
            people=people,
            even=True,
            tighter=self.tighter,
        )
        if not self.in_full and model.size[0] > _SMALL:
            return None  # somebody more is a shorter way
        solved = model.solved(gap=self.gap, within_s=_LONGEST_S, nodes=_FULL_NODES)
        if solved is None:
            return None
        self.early |= not solved.proven
        return _Week.of(
            self.staffing, solved, solved, intervals, past, people, len(_SPARE) * _ROUNDS
        )

    def _told(
        self,
        weeks: list[_Week],
        people: tuple[int, ...],
        bound: float,
        asked: Floats,
        there: Floats,
    ) -> Cover:
        staffing, shifts = self.staffing, self.staffing.shifts
        counts = tuple(
            ShiftCount(contract=c, shift=shifts.shifts[j], people=n)
            for week in weeks
            for (c, j), n in sorted(week.shifts.items(), key=lambda each: (each[0][1], each[0][0]))
        )
        breaks = _breaks_of(shifts, weeks)
        own = np.sum([week.cover for week in weeks], axis=0)
        covered = own + there
        step_h = shifts.horizon.interval_s / HOUR_S
        cost = sum(n * staffing.cost(c, j) for week in weeks for (c, j), n in week.shifts.items())
        under = np.maximum(asked - covered, 0.0)
        missing = float(under.sum()) * step_h * (staffing.under_cost or 0.0)
        total = cost + missing
        return Cover(
            team=self.team,
            shifts=shifts,
            contracts=staffing.contracts,
            required=asked,
            covered=covered,
            over=np.maximum(covered - asked, 0.0),
            under=under,
            carried=there,
            counts=counts,
            breaks=breaks,
            duties={day: each for week in weeks for day, each in sorted(week.duties.items())},
            people=people,
            weeks=self.weeks,
            days=tuple(week.days for week in weeks),
            gap_asked=self.gap,
            under_price=staffing.under_cost,
            paid_h=sum(each.people * each.shift.paid_s for each in counts) / HOUR_S,
            cost=cost,
            under_cost=missing,
            bound=min(bound, total),
            gap=max(0.0, 1.0 - bound / total) if total > 0 else 0.0,
            early=self.early,
            steps=tuple(self.steps),
        )


def _breaks_of(shifts: Shifts, weeks: list[_Week]) -> tuple[BreakCount, ...]:
    found: dict[tuple[int, int, int], int] = {}
    for week in weeks:
        for duties in week.duties.values():
            for (_, j, breaks), n in duties.items():
                for number, i in enumerate(breaks):
                    key = (i, shifts.shifts[j].template, number)
                    found[key] = found.get(key, 0) + n
    return tuple(
        BreakCount(template=t, number=number, interval=i, people=n)
        for (i, t, number), n in sorted(found.items())
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Week:
    """One week in whole people."""

    staffing: Staffing
    intervals: tuple[int, int]
    past: Past | None
    people: tuple[int, ...]
    duties: dict[int, Duties]
    """By day."""
    patterns: dict[tuple[int, WeekPattern], int]
    cover: Floats
    under: Floats
    rounds: int
    days: tuple[tuple[WeekPattern, ...], ...] = ()
    """For each contract the days that each person works."""

    @classmethod
    def of(
        cls,
        staffing: Staffing,
        whole: Solved,
        placed: Solved,
        intervals: tuple[int, int],
        past: Past | None,
        people: tuple[int, ...],
        rounds: int,
    ) -> _Week:
        return cls(
            staffing=staffing,
            intervals=intervals,
            past=past,
            people=people,
            duties=_duties(staffing, whole, placed),
            patterns={
                (c, pattern): round(n) for (c, _, pattern), n in whole.weeks.items() if round(n)
            },
            cover=np.zeros(0),
            under=np.zeros(0),
            rounds=rounds,
        ).counted()

    def counted(self) -> _Week:
        """With its cover added up."""
        covered = np.zeros(len(self.staffing.required))
        for duties in self.duties.values():
            for kind, n in duties.items():
                covered += n * profile(self.staffing, kind)
        under = np.zeros(len(covered))
        here = slice(*self.intervals)
        under[here] = np.maximum(self.need - covered, 0.0)[here]
        under[under < _NEAR] = 0.0
        return replace(self, cover=covered, under=under)

    @property
    def need(self) -> Floats:
        """What the weeks before leave to be covered, in the week's own intervals."""
        need = np.zeros(len(self.staffing.required))
        here = slice(*self.intervals)
        need[here] = self.staffing.required[here]
        return need if self.past is None else np.maximum(need - self.past.cover, 0.0)

    @property
    def shifts(self) -> dict[tuple[int, int], int]:
        """(contract, shift) to people."""
        found: dict[tuple[int, int], int] = {}
        for duties in self.duties.values():
            for (c, j, _), n in duties.items():
                found[c, j] = found.get((c, j), 0) + n
        return found

    @property
    def on_break(self) -> Floats:
        """How many of them are on a break in each interval."""
        found = np.zeros(len(self.staffing.required))
        for (_, j), n in self.shifts.items():
            begin, end = self.staffing.shifts.cover[j]
            found[begin:end] += n
        return found - self.cover

    @property
    def days_missing(self) -> set[int]:
        """The days whose shifts could cover where somebody is missing."""
        lost = np.concatenate(([0], np.cumsum(self.under > 0)))
        shifts = self.staffing.shifts
        return {
            each.day
            for each, (begin, end) in zip(shifts.shifts, shifts.cover, strict=True)
            if lost[end] > lost[begin]
        }

    @property
    def missing(self) -> float:
        """Missing people over all intervals, where none may be."""
        return float(self.under.sum()) if self.staffing.under_cost is None else 0.0

    @property
    def cost(self) -> float:
        """Of the shifts, and of missing people at their price."""
        step_h = self.staffing.shifts.horizon.interval_s / HOUR_S
        return sum(
            n * self.staffing.cost(c, j) for (c, j), n in self.shifts.items()
        ) + step_h * float(self.under.sum()) * (self.staffing.under_cost or 0.0)

    def mended(self, tighter: dict[tuple[int, int, int], int]) -> _Week:
        """With shifts and breaks moved so that fewer are missing."""
        week = self
        for day in sorted(self.duties):
            rests = _Rests(week, day, tighter)
            duties = mended(
                self.staffing,
                week.duties[day],
                need=week.need,
                covered=week.cover,
                allowed=rests.kept,
            )
            week = replace(week, duties={**week.duties, day: duties}).counted()
        return week


def _duties(staffing: Staffing, whole: Solved, placed: Solved) -> dict[int, Duties]:
    """Breaks given to shifts of the same template in the order in which they began."""
    shifts = staffing.shifts
    waiting: dict[tuple[int, int], list[int]] = {}
    for (t, number, i), n in sorted(placed.breaks.items()):
        waiting.setdefault((t, number), []).extend([i] * round(n))
    given: dict[tuple[int, int], int] = {}
    found: dict[int, Duties] = {}
    for c, j in sorted(whole.shifts, key=lambda key: (shifts.shifts[key[1]].begin, key[1], key[0])):
        shift = shifts.shifts[j]
        for _ in range(round(whole.shifts[c, j])):
            breaks = []
            for number in range(len(shift.breaks)):
                key = (shift.template, number)
                breaks.append(waiting[key][given.get(key, 0)])
                given[key] = given.get(key, 0) + 1
            duties = found.setdefault(shift.day, {})
            kind = (c, j, tuple(breaks))
            duties[kind] = duties.get(kind, 0) + 1
    return found


class _Rests:
    """Whether the duties of a day leave enough rest to the days around it."""

    def __init__(self, week: _Week, day: int, tighter: dict[tuple[int, int, int], int]) -> None:
        self.staffing = week.staffing
        self.day = day
        self.tighter = tighter
        shifts = self.staffing.shifts
        self.step = shifts.horizon.interval_s
        self.ends: dict[int, list[tuple[int, int]]] = {}
        self.begins: dict[int, list[tuple[int, int]]] = {}
        for (c, j, _), n in week.duties.get(day - 1, {}).items():
            self.ends.setdefault(c, []).append((shifts.shifts[j].end, n))
        if week.past is not None and week.past.last_day == day - 1:
            self.ends = {c: list(late) for c, late in enumerate(week.past.late)}
        for (c, j, _), n in week.duties.get(day + 1, {}).items():
            self.begins.setdefault(c, []).append((shifts.shifts[j].begin, n))
        self.either = {
            (c, each): self._on_either(week, c, each)
            for c in range(len(self.staffing.contracts))
            for each in (day - 1, day)
        }

    def _on_either(self, week: _Week, c: int, day: int) -> int:
        """People who work on a day or on the next."""
        days = next(each for each in weeks_of(self.staffing.shifts) if self.day in each)
        if day + 1 == days[0] and week.past is not None:
            before = week.past.people[c]
            mine = {pattern: n for (who, pattern), n in week.patterns.items() if who == c}
            after = given_days(self.staffing.contracts[c], before, mine)
            if after is None:
                return 0
            return sum(
                person.run > 0 or each.leading > 0
                for person, each in zip(before, after, strict=True)
            )
        if day not in days or day + 1 not in days:
            return week.people[c]
        n = days.index(day)
        return sum(
            many
            for (who, each), many in week.patterns.items()
            if who == c and (each.on[n] or each.on[n + 1])
        )

    def kept(self, duties: Duties) -> bool:
        """Whether they do."""
        shifts = self.staffing.shifts
        for c, contract in enumerate(self.staffing.contracts):
            own = [(shifts.shifts[j], n) for (who, j, _), n in duties.items() if who == c]
            begins = [(each.begin, n) for each, n in own]
            ends = [(each.end, n) for each, n in own]
            rest = contract.rest_s / self.step
            for late, early, day in (
                (self.ends.get(c, []), begins, self.day - 1),
                (ends, self.begins.get(c, []), self.day),
            ):
                for at, _ in early:
                    tired = sum(n for end, n in late if end + rest > at)
                    soon = sum(n for begin, n in early if begin <= at)
                    less = self.tighter.get((c, day, at), 0)
                    if tired and tired + soon > self.either[c, day] - less:
                        return False
        return True


def _after(
    past: Past | None, week: _Week, staffing: Staffing, days: tuple[int, ...]
) -> tuple[Past, tuple[tuple[WeekPattern, ...], ...]] | None:
    """What a week leaves behind, and the days that each person works; None if they cannot."""
    shifts = staffing.shifts
    weekend = any(shifts.weekday_of(day) in WEEKEND for day in days)
    people, chosen = [], []
    for c, contract in enumerate(staffing.contracts):
        before = (History(),) * week.people[c] if past is None else past.people[c]
        mine = {pattern: n for (who, pattern), n in week.patterns.items() if who == c}
        given = given_days(contract, before, mine)
        if given is None:
            return None
        chosen.append(given)
        people.append(
            tuple(
                each.after(pattern, contract, weekend=weekend)
                for each, pattern in zip(before, given, strict=True)
            )
        )
    left = Past(
        cover=week.cover if past is None else past.cover + week.cover,
        last_day=days[-1],
        late=tuple(
            tuple(
                (shifts.shifts[j].end, n)
                for (who, j), n in sorted(week.shifts.items())
                if who == c and shifts.shifts[j].day == days[-1]
            )
            for c in range(len(staffing.contracts))
        ),
        people=tuple(people),
    )
    return left, tuple(chosen)
