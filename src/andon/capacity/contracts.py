"""Contracts: the rules by which people may be rostered, and the weeks that they allow."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from andon.capacity.shifts import ALL_WEEK
from andon.errors import PlanError
from andon.units import HOUR_S

__all__ = ["WEEKEND", "Contract", "WeekPattern", "patterns_of"]

_WEEK: Final = 7
_LONGEST_RUN: Final = 6
WEEKEND: Final = (5, 6)
"""Saturday and Sunday."""
_NEAR: Final = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class Contract:
    """A kind of contract, and the rules for the people who have it.

    Weeks run from Monday to Sunday. Hours are paid hours by the clock on the wall. Of a week that
    lies only partly in the plan the most is the week's, the least its share, rounded down.

    Attributes
    ----------
    name : str
    cost_per_h : float
        Of a paid hour, above 0.
    least_hours, most_hours : float
        Paid hours a week.
    least_shifts, most_shifts : int
        Shifts a week, 0 to 7.
    days_in_a_row : int
        At most so many, 1 to 6 (the European Working Time Directive 2003/88/EC, article 5, asks
        for a day off in each seven).
    rest_s : float
        Least time between two shifts, seconds; 11 hours as article 3 of the directive says.
    weekends_off, of_weekends : int
        At least so many of any so many weekends in a row are free of shifts that begin on Saturday
        or Sunday; 1 of 2 is every second weekend.
    weekdays : tuple of int
        Days on which they may begin a shift, 0 for Monday.
    least_people, most_people : int, int or None
        How many there must be at least (those who are employed already), and can be at most.

    Raises
    ------
    PlanError
        If a number lies outside its range.

    References
    ----------
    Directive 2003/88/EC of the European Parliament and of the Council of 4 November 2003
    concerning certain aspects of the organisation of working time.

    Examples
    --------
    >>> Contract(name="full time", cost_per_h=30.0, least_shifts=5, most_shifts=5).rest_s / 3600
    11.0
    """

    name: str
    cost_per_h: float = 1.0
    least_hours: float = 0.0
    most_hours: float = 48.0
    least_shifts: int = 0
    most_shifts: int = 5
    days_in_a_row: int = 6
    rest_s: float = 11.0 * HOUR_S
    weekends_off: int = 0
    of_weekends: int = 2
    weekdays: tuple[int, ...] = ALL_WEEK
    least_people: int = 0
    most_people: int | None = None

    def __post_init__(self) -> None:
        ranges: tuple[tuple[str, float, float, float], ...] = (
            ("cost_per_h", self.cost_per_h, _NEAR, math.inf),
            ("least_hours", self.least_hours, 0, self.most_hours),
            ("most_hours", self.most_hours, self.least_hours, 168),
            ("least_shifts", self.least_shifts, 0, self.most_shifts),
            ("most_shifts", self.most_shifts, 1, _WEEK),
            ("days_in_a_row", self.days_in_a_row, 1, _LONGEST_RUN),
            ("rest_s", self.rest_s, 0, 16 * HOUR_S),
            ("of_weekends", self.of_weekends, 1, 52),
            ("weekends_off", self.weekends_off, 0, self.of_weekends),
            ("least_people", self.least_people, 0, math.inf),
        )
        for name, value, low, high in ranges:
            if not low <= value <= high:
                raise PlanError(
                    f"{name} of contract {self.name!r} lies outside its range.",
                    found=f"{name} = {value:g}, and it goes from {low:g} to {high:g}",
                    todo="Correct it; durations are in seconds, hours in hours a week.",
                )
        if not self.weekdays or not set(self.weekdays) <= set(ALL_WEEK):
            raise PlanError(
                f"People of contract {self.name!r} may work on no day that there is.",
                found=f"weekdays = {self.weekdays}",
                todo="Count from 0 for Monday to 6 for Sunday.",
            )
        if self.most_people is not None and self.most_people < self.least_people:
            raise PlanError(
                f"Contract {self.name!r} has more people than it may have.",
                found=f"least_people = {self.least_people}, most_people = {self.most_people}",
                todo="Raise the most, or lower the least.",
            )

    @property
    def weekends_worked(self) -> int:
        """How many of ``of_weekends`` weekends in a row may be worked."""
        return self.of_weekends - self.weekends_off


@dataclass(frozen=True, kw_only=True, slots=True)
class WeekPattern:
    """Which days of a week one person works.

    Attributes
    ----------
    on : tuple of bool
        For each day of the week that is planned.
    shifts : int
        How many are worked.
    least_h, most_h : float
        Least and most paid hours that shifts of the given lengths can add up to within the rules.
    leading, trailing : int
        Days worked in a row from the first day on, and up to the last.
    weekend : bool
        Whether Saturday or Sunday is worked.
    breaks : tuple of str
        The rules it breaks, by the names of a contract's fields; empty unless they were asked for.
    by : int
        By how much it breaks them, days and shifts added up.
    """

    on: tuple[bool, ...]
    shifts: int
    least_h: float
    most_h: float
    leading: int
    trailing: int
    weekend: bool
    breaks: tuple[str, ...] = ()
    by: int = 0


def patterns_of(
    contract: Contract,
    *,
    weekdays: Sequence[int],
    lengths_h: Sequence[float],
    in_plan: int | None = None,
    broken: bool = False,
) -> tuple[WeekPattern, ...]:
    """Every week that a contract allows.

    Parameters
    ----------
    contract : Contract
    weekdays : sequence of int
        Of the days of the week that are planned, 0 for Monday; seven for a whole week.
    lengths_h : sequence of float
        Different paid lengths of the shifts that people of this contract may work, hours.
    in_plan : int, optional
        How many of these days are the plan's own, and count for what must be worked at least; all
        unless given.
    broken : bool
        With those that break rules, which then say so.

    Examples
    --------
    >>> full = Contract(name="full time", least_shifts=5, most_shifts=5, days_in_a_row=5)
    >>> len(patterns_of(full, weekdays=range(7), lengths_h=[8.0]))
    21
    """
    counted = len(weekdays) if in_plan is None else in_plan
    whole = counted == _WEEK
    found = []
    for on in itertools.product((True, False), repeat=len(weekdays)):
        shifts = sum(on)
        breaks: dict[str, int] = {}
        strange = sum(
            1
            for each, day in zip(on, weekdays, strict=True)
            if each and day not in contract.weekdays
        )
        if strange:
            breaks["weekdays"] = strange
        if shifts > contract.most_shifts:
            breaks["most_shifts"] = shifts - contract.most_shifts
        least = math.floor(contract.least_shifts * counted / _WEEK)
        if shifts < least:
            breaks["least_shifts"] = least - shifts
        runs = [len(list(run)) for worked, run in itertools.groupby(on) if worked]
        if max(runs, default=0) > contract.days_in_a_row:
            breaks["days_in_a_row"] = max(runs) - contract.days_in_a_row
        low, high = _hours(contract, shifts, lengths_h, whole=whole)
        if low > high:
            short = shifts * max(lengths_h, default=0.0) < contract.least_hours
            breaks["least_hours" if short and whole else "most_hours"] = 1
        if breaks and not broken:
            continue
        found.append(
            WeekPattern(
                on=on,
                shifts=shifts,
                least_h=low if low <= high else shifts * min(lengths_h, default=0.0),
                most_h=high if low <= high else shifts * max(lengths_h, default=0.0),
                leading=_run(on),
                trailing=_run(on[::-1]),
                weekend=any(
                    each and day in WEEKEND for each, day in zip(on, weekdays, strict=True)
                ),
                breaks=tuple(breaks),
                by=sum(breaks.values()),
            )
        )
    return tuple(found)


def _run(on: Sequence[bool]) -> int:
    return next((i for i, each in enumerate(on) if not each), len(on))


def _hours(
    contract: Contract, shifts: int, lengths_h: Sequence[float], *, whole: bool
) -> tuple[float, float]:
    """Least and most hours that so many shifts can add up to within the rules; else (1, 0)."""
    if not shifts:
        return (0.0, 0.0) if not whole or contract.least_hours <= _NEAR else (1.0, 0.0)
    sums = {0.0}
    for _ in range(shifts):
        sums = {round(each + length, 6) for each in sums for length in set(lengths_h)}
    least = contract.least_hours if whole else 0.0
    fits = [each for each in sums if least - _NEAR <= each <= contract.most_hours + _NEAR]
    return (min(fits), max(fits)) if fits else (1.0, 0.0)
