"""Shifts: the templates an operation works by, and every shift that they allow in some days.

A shift begins and ends by the clock on the wall, so that the night of the clock change is handed
over like any other; it is an hour shorter or longer than its template, and paid so. Breaks are
counted from the shift's beginning. A shift belongs to the day it begins on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from andon.capacity.horizon import Horizon
from andon.errors import PlanError
from andon.units import DAY_S, HOUR_S, US

__all__ = ["ALL_WEEK", "Break", "Shift", "Shifts", "Template", "clock_said"]

ALL_WEEK: Final = (0, 1, 2, 3, 4, 5, 6)
"""Every weekday, 0 for Monday."""
_WEEK: Final = 7
_EPOCH: Final = dt.date(1970, 1, 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Break:
    """A break of a shift, and when it may begin.

    Attributes
    ----------
    length_s : float
        Above 0.
    after_s, before_s : float
        It begins at the earliest and at the latest so long after the shift's beginning, seconds.
    paid : bool

    Raises
    ------
    PlanError
        If it has no length, or its window ends before it begins.
    """

    length_s: float
    after_s: float
    before_s: float
    paid: bool = False

    def __post_init__(self) -> None:
        if not (0 < self.length_s < DAY_S and 0 <= self.after_s <= self.before_s):
            raise PlanError(
                "A break has a length, and a window that begins before it ends.",
                found=f"length_s = {self.length_s:g}, after_s = {self.after_s:g}, "
                f"before_s = {self.before_s:g}",
                todo="Give seconds from the shift's beginning, such as 3 h to 5 h.",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """A kind of shift.

    Attributes
    ----------
    name : str
    length_s : float
        From its beginning to its end, breaks included; at most a day.
    first_start_s, last_start_s : float
        Earliest and latest beginning, seconds from midnight, under 24 hours.
    step_s : float
        It may begin every so often from the earliest beginning on.
    breaks : tuple of Break
        In the order in which they are taken; no window reaches into the next.
    weekdays : tuple of int
        Days on which it may begin, 0 for Monday.
    contracts : tuple of str or None
        Who may work it; None for everybody.
    cost_factor : float
        An hour of it costs so many times an ordinary one (evening, night), above 0.
    weekday_cost_factors : tuple of float
        On top of it by the weekday it begins on, from Monday (Sunday work); seven numbers above 0.

    Raises
    ------
    PlanError
        If its breaks are longer than the shift or out of order, or a number lies outside its range.

    Examples
    --------
    >>> early = Template(name="early", length_s=8.5 * 3600, first_start_s=7 * 3600,
    ...                  last_start_s=9 * 3600, step_s=1800,
    ...                  breaks=(Break(length_s=1800, after_s=3 * 3600, before_s=5 * 3600),))
    >>> early.paid_s / 3600
    8.0
    """

    name: str
    length_s: float
    first_start_s: float
    last_start_s: float
    step_s: float = 1800.0
    breaks: tuple[Break, ...] = ()
    weekdays: tuple[int, ...] = ALL_WEEK
    contracts: tuple[str, ...] | None = None
    cost_factor: float = 1.0
    weekday_cost_factors: tuple[float, ...] = (1.0,) * _WEEK

    def __post_init__(self) -> None:
        if not (
            0 < self.length_s <= DAY_S
            and 0 <= self.first_start_s <= self.last_start_s < DAY_S
            and self.step_s > 0
        ):
            raise PlanError(
                f"Shift {self.name!r} needs a length, an earliest and a latest beginning, a step.",
                found=f"length_s = {self.length_s:g}, first_start_s = {self.first_start_s:g}, "
                f"last_start_s = {self.last_start_s:g}, step_s = {self.step_s:g}",
                todo="A shift lasts at most a day and begins within one: 22:00 is 79200.",
            )
        if not set(self.weekdays) <= set(ALL_WEEK) or not self.weekdays:
            raise PlanError(
                f"Shift {self.name!r} is worked on no day that there is.",
                found=f"weekdays = {self.weekdays}",
                todo="Count from 0 for Monday to 6 for Sunday.",
            )
        if len(self.weekday_cost_factors) != _WEEK or not all(
            0 < each < np.inf for each in (self.cost_factor, *self.weekday_cost_factors)
        ):
            raise PlanError(
                f"An hour of shift {self.name!r} must cost something on each of seven days.",
                found=f"cost_factor = {self.cost_factor:g}, "
                f"weekday_cost_factors = {self.weekday_cost_factors}",
                todo="Use 1 for an ordinary hour, 1.5 for one that costs half as much again.",
            )
        self._check_breaks()

    def _check_breaks(self) -> None:
        total = sum(each.length_s for each in self.breaks)
        if total >= self.length_s:
            raise PlanError(
                f"The breaks of shift {self.name!r} leave no time to work.",
                found=f"{_h(total)} of breaks in {_h(self.length_s)}",
                todo="Shorten the breaks, or lengthen the shift.",
            )
        free_from = 0.0
        for number, each in enumerate(self.breaks, start=1):
            if each.after_s < free_from:
                raise PlanError(
                    f"Break {number} of shift {self.name!r} could begin before the one before it "
                    "has ended.",
                    found=f"it may begin {_h(each.after_s)} after the shift, the other may end "
                    f"{_h(free_from)} after it",
                    todo="Move their windows apart.",
                )
            free_from = each.before_s + each.length_s
        if free_from > self.length_s:
            raise PlanError(
                f"The last break of shift {self.name!r} could end after the shift.",
                found=f"up to {_h(free_from)} after the beginning of a shift of "
                f"{_h(self.length_s)}",
                todo="Let its window end earlier.",
            )

    @property
    def paid_s(self) -> float:
        """Paid time on an ordinary day, seconds: all but the unpaid breaks."""
        return self.length_s - sum(each.length_s for each in self.breaks if not each.paid)

    @property
    def starts_s(self) -> tuple[float, ...]:
        """Every beginning that it allows, seconds from midnight."""
        count = int((self.last_start_s - self.first_start_s) // self.step_s) + 1
        return tuple(self.first_start_s + i * self.step_s for i in range(count))

    def may_work(self, contract: str) -> bool:
        """Whether people of a contract may work it."""
        return self.contracts is None or contract in self.contracts


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """A shift on a day.

    Attributes
    ----------
    template : int
        Which of the templates.
    day : int
        Which day of the horizon it begins on, from 0; -1 is the evening before.
    start_s : float
        When it begins on the wall, seconds from midnight.
    begin, end : int
        Intervals from the horizon's beginning, the end not in it; they may lie outside.
    breaks : tuple of (int, int)
        For each break the first and the last interval that it may begin with.
    paid_s : float
        As long as it really is on that day, seconds.
    cost_factor : float
        Of an hour of it on that day.
    """

    template: int
    day: int
    start_s: float
    begin: int
    end: int
    breaks: tuple[tuple[int, int], ...]
    paid_s: float
    cost_factor: float


class Shifts:
    """Every shift that some templates allow on the days of a horizon and the evening before it.

    Parameters
    ----------
    horizon : Horizon
    templates : sequence of Template
        At least one, with names of their own.
    evening_before : bool
        With shifts of the evening before that reach into the horizon.

    Attributes
    ----------
    shifts : tuple of Shift
        By day, then template, then beginning. Of those that begin on the evening before, only
        those that reach into the horizon.

    Raises
    ------
    PlanError
        If a time is no whole number of intervals, or two templates share a name.
    """

    def __init__(
        self, horizon: Horizon, templates: Sequence[Template], *, evening_before: bool = True
    ) -> None:
        self.horizon = horizon
        self._first = -1 if evening_before else 0
        self.templates = tuple(templates)
        self._check()
        self._clock = ZoneInfo(horizon.zone)
        self.first_day = int(horizon.days[0])
        self.shifts = tuple(self._all())

    def __len__(self) -> int:
        return len(self.shifts)

    @cached_property
    def cover(self) -> npt.NDArray[np.int64]:
        """First and last-but-one interval of each shift within the horizon, shape (shifts, 2)."""
        k = len(self.horizon.slot)
        return np.array(
            [(max(each.begin, 0), min(each.end, k)) for each in self.shifts], dtype=np.int64
        ).reshape(-1, 2)

    @property
    def weekday(self) -> npt.NDArray[np.int64]:
        """The weekday of each shift's day, 0 for Monday."""
        return np.array([self.weekday_of(each.day) for each in self.shifts], dtype=np.int64)

    def weekday_of(self, day: int) -> int:
        """The weekday of a day of the horizon, 0 for Monday; -1 is the evening before."""
        return (self.first_day + day + 3) % _WEEK

    def date_of(self, day: int) -> dt.date:
        """A day of the horizon as a date; -1 is the evening before."""
        return _EPOCH + dt.timedelta(days=self.first_day + day)

    def says(self, shift: Shift) -> str:
        """A shift in words."""
        template = self.templates[shift.template]
        end_s = shift.start_s + template.length_s
        return f"{template.name} {clock_said(shift.start_s)} to {clock_said(end_s)}"

    def _check(self) -> None:
        if not self.templates:
            raise PlanError(
                "There is no shift template, so nobody can be rostered.",
                found="templates: none",
                todo="Describe at least one shift: its length and when it may begin.",
            )
        names = [each.name for each in self.templates]
        if len(set(names)) < len(names):
            raise PlanError(
                "Two shift templates share a name.",
                found=", ".join(names),
                todo="Give each its own name.",
            )
        step = self.horizon.interval_s
        for each in self.templates:
            for what, value in (
                ("length", each.length_s),
                ("earliest beginning", each.first_start_s),
                ("step", each.step_s),
                *(
                    ("break's window", part)
                    for b in each.breaks
                    for part in (b.after_s, b.before_s)
                ),
            ):
                if value % step:
                    raise PlanError(
                        f"The {what} of shift {each.name!r} does not fit the plan's intervals.",
                        found=f"{value / 60:g} min in intervals of {step / 60:g} min",
                        todo="Plan in shorter intervals (900 s), or round the shift's times.",
                    )

    def _all(self) -> Iterator[Shift]:
        k = len(self.horizon.slot)
        for day in range(self._first, len(self.horizon.days)):
            for number, template in enumerate(self.templates):
                if self.weekday_of(day) not in template.weekdays:
                    continue
                for start_s in template.starts_s:
                    shift = self._on(day, number, template, start_s)
                    if shift is not None and shift.end > 0 and shift.begin < k:
                        yield shift

    def _on(self, day: int, number: int, template: Template, start_s: float) -> Shift | None:
        """A shift on a day; None if that day's clock has no such beginning, or no room for it."""
        begin_s, there = self._instant_s(day, start_s)
        end_s, _ = self._instant_s(day, start_s + template.length_s)
        step = self.horizon.interval_s
        origin_s = int(self.horizon.starts_us[0]) // US
        begin, end = (int((each - origin_s) // step) for each in (begin_s, end_s))
        if not there or end <= begin:
            return None
        windows = []
        free_from = begin
        for each in template.breaks:
            first = max(begin + int(each.after_s // step), free_from)
            last = min(begin + int(each.before_s // step), end - _intervals(each.length_s, step))
            if last < first:
                return None
            windows.append((first, last))
            free_from = last + _intervals(each.length_s, step)
        unpaid_s = sum(each.length_s for each in template.breaks if not each.paid)
        return Shift(
            template=number,
            day=day,
            start_s=start_s,
            begin=begin,
            end=end,
            breaks=tuple(windows),
            paid_s=end_s - begin_s - unpaid_s,
            cost_factor=template.cost_factor * template.weekday_cost_factors[self.weekday_of(day)],
        )

    def _instant_s(self, day: int, wall_s: float) -> tuple[float, bool]:
        """Seconds since 1970 at a time on a day's wall (24:00 and later lie on the next day).

        Of an hour that comes twice the first is meant. The second value is whether the clock shows
        that time at all.
        """
        over, rest = divmod(wall_s, DAY_S)
        midnight = dt.datetime.combine(self.date_of(day + int(over)), dt.time())
        wall = (midnight + dt.timedelta(seconds=rest)).replace(tzinfo=self._clock)
        instant = wall.timestamp()
        back = dt.datetime.fromtimestamp(instant, tz=self._clock).replace(tzinfo=None)
        return instant, back == wall.replace(tzinfo=None)


def clock_said(wall_s: float) -> str:
    """A time on the wall, as people write it.

    >>> clock_said(22.5 * 3600), clock_said(30 * 3600)
    ('22:30', '06:00')
    """
    minutes = round(wall_s % DAY_S) // 60
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _intervals(length_s: float, step: int) -> int:
    return -int(-length_s // step)


def _h(seconds: float) -> str:
    return f"{seconds / HOUR_S:g} h"
