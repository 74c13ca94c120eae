"""The linear model of who is on duty: shifts, breaks, weeks of people, and the rules between them.

Nobody has a name here. People of one contract are counted by the shift they begin on a day and by
the days of the week they work; breaks are counted where they begin, and not by shift (Bechtold and
Jacobs), with those who still wait for theirs carried from interval to interval (the sparse form of
Rekik, Cordeau and Soumis). All of it is exact for people who differ in nothing: whoever ended
earliest begins earliest, and whoever began earliest has the break first.

References
----------
Bechtold, S. E., Jacobs, L. W. (1990). Implicit modeling of flexible break assignments in optimal
shift scheduling. Management Science 36(11), 1339-1351. https://doi.org/10.1287/mnsc.36.11.1339

Aykin, T. (1996). Optimal shift scheduling with multiple break windows. Management Science 42(4),
591-602. https://doi.org/10.1287/mnsc.42.4.591

Rekik, M., Cordeau, J.-F., Soumis, F. (2010). Implicit shift scheduling with multiple breaks and
work stretch duration restrictions. Journal of Scheduling 13, 49-75.
https://doi.org/10.1007/s10951-009-0114-z
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andon.capacity.contracts import WEEKEND, Contract, WeekPattern, patterns_of
from andon.capacity.days_off import History, fits
from andon.capacity.shifts import Shifts
from andon.units import HOUR_S

__all__ = ["CoverModel", "Past", "Solved", "Staffing", "away_by", "weeks_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_INF: Final = float("inf")
_NEAR: Final = 1e-6
_RULE_COST: Final = 1e4
"""A broken rule outweighs nearly any amount of another, so that as few as can be are broken."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Staffing:
    """What is to be solved: one team's requirement, and the shifts and contracts to meet it with.

    Attributes
    ----------
    shifts : Shifts
    contracts : tuple of Contract
    required : array of float, shape (k,)
        People needed in each interval.
    under_cost : float or None
        What an hour of one person missing costs; None where nobody may be missing.
    """

    shifts: Shifts
    contracts: tuple[Contract, ...]
    required: Floats
    under_cost: float | None

    def may(self, c: int, j: int) -> bool:
        """Whether people of a contract may work a shift at all."""
        shift = self.shifts.shifts[j]
        return (
            self.shifts.templates[shift.template].may_work(self.contracts[c].name)
            and self.shifts.weekday_of(shift.day) in self.contracts[c].weekdays
        )

    def hours(self, j: int) -> float:
        """Paid hours of a shift by the clock on the wall."""
        return self.shifts.templates[self.shifts.shifts[j].template].paid_s / HOUR_S

    def cost(self, c: int, j: int) -> float:
        """What one person of a contract costs on a shift."""
        shift = self.shifts.shifts[j]
        return self.contracts[c].cost_per_h * shift.cost_factor * shift.paid_s / HOUR_S

    def lengths_h(self, c: int) -> list[float]:
        """Different paid lengths of the shifts that people of a contract may work, hours."""
        return sorted({self.hours(j) for j in range(len(self.shifts)) if self.may(c, j)})


def weeks_of(shifts: Shifts) -> tuple[tuple[int, ...], ...]:
    """The days of each calendar week of the horizon, the evening before with them if it is used."""
    first = -1 if any(each.day < 0 for each in shifts.shifts) else 0
    weeks: list[list[int]] = []
    for day in range(first, len(shifts.horizon.days)):
        if not weeks or shifts.weekday_of(day) == 0:
            weeks.append([])
        weeks[-1].append(day)
    return tuple(tuple(week) for week in weeks)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Past:
    """What the weeks before have left behind; each tuple has one element a contract.

    Attributes
    ----------
    cover : array of float, shape (k,)
        People on duty in each interval from shifts of the weeks before.
    last_day : int
        Their last day.
    late : tuple of tuple of (int, int)
        For shifts of the last day: the interval in which each ends, and how many work it.
    people : tuple of tuple of History
        What everybody has behind them.
    """

    cover: Floats
    last_day: int
    late: tuple[tuple[tuple[int, int], ...], ...]
    people: tuple[tuple[History, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Solved:
    """A solution, by what it counts.

    Attributes
    ----------
    shifts : dict
        (contract, shift) to people.
    breaks : dict
        (template, break, interval) to people who begin it.
    weeks : dict
        (contract, week, pattern) to people.
    people : tuple of float
        Of each contract.
    cost, bound : float
        What it costs, and what none can cost less than.
    proven : bool
        Whether the solver went as far as it was asked to.
    broken : dict
        The rule that had to give, to by how much; empty unless asked for.
    """

    shifts: dict[tuple[int, int], float]
    breaks: dict[tuple[int, int, int], float]
    weeks: dict[tuple[int, int, WeekPattern], float]
    people: tuple[float, ...]
    cost: float
    bound: float
    proven: bool
    broken: dict[tuple[str, int, int], float]

    def only(self, week: tuple[int, ...], *, w: int, shifts: Shifts) -> Solved:
        """The shifts and people's weeks of one of the weeks."""
        return replace(
            self,
            shifts={(c, j): n for (c, j), n in self.shifts.items() if shifts.shifts[j].day in week},
            weeks={key: n for key, n in self.weeks.items() if key[1] == w},
        )


@dataclass(slots=True)
class _Columns:
    cost: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)

    def add(
        self, *, cost: float = 0.0, low: float = 0.0, high: float = _INF, whole: bool = True
    ) -> int:
        self.cost.append(cost)
        self.low.append(low)
        self.high.append(high)
        self.whole.append(whole)
        return len(self.cost) - 1


@dataclass(slots=True)
class _Rows:
    row: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def add(
        self, terms: Iterable[tuple[int, float]], *, low: float = -_INF, high: float = _INF
    ) -> int:
        number = len(self.low)
        for column, value in terms:
            self.row.append(number)
            self.column.append(column)
            self.value.append(value)
        self.low.append(low)
        self.high.append(high)
        return number


class CoverModel:
    """The model for some weeks in a row.

    Parameters
    ----------
    staffing : Staffing
    weeks : sequence of tuple of int
        Days of each week.
    intervals : (int, int)
        The intervals to be covered, the last not in it.
    past : Past, optional
        What the weeks before have left; without it everybody comes rested.
    people : sequence of int, optional
        How many there are of each contract; found with the rest unless given.
    elastic : bool
        Let every rule give, at a price: to find out which must.
    even : bool
        Share the weekends that are worked evenly, so that weeks can be solved one after another.
    only_first : bool
        Only the first of the weeks is asked for in whole people; the others look ahead.
    away : array of float, shape (k,), optional
        Place no breaks, but take as given that so many people are on a break in each interval.
    fixed : mapping, optional
        (contract, shift) to people: how many work each, those not in it nobody.
    person_cost : float
        What each person costs beside the shifts.
    tighter : mapping, optional
        (contract, day, interval) to people by whom late and early shifts around that rest are to be
        fewer: what a roster has found out.
    """

    def __init__(
        self,
        staffing: Staffing,
        *,
        weeks: Sequence[tuple[int, ...]],
        intervals: tuple[int, int],
        past: Past | None = None,
        people: Sequence[int] | None = None,
        elastic: bool = False,
        even: bool = False,
        only_first: bool = False,
        away: Floats | None = None,
        fixed: dict[tuple[int, int], int] | None = None,
        person_cost: float = 0.0,
        tighter: dict[tuple[int, int, int], int] | None = None,
    ) -> None:
        self.staffing = staffing
        self.weeks = tuple(weeks)
        self.intervals = intervals
        self.past = past
        self.elastic = elastic
        self.even = even
        self.only_first = only_first
        self.away = away
        self.tighter = tighter or {}
        self.columns = _Columns()
        self.rows = _Rows()
        self._days = {day: w for w, week in enumerate(self.weeks) for day in week}
        self._people = [
            self.columns.add(
                cost=person_cost,
                low=contract.least_people if people is None else people[c],
                high=_INF
                if people is None and (elastic or contract.most_people is None)
                else (contract.most_people if people is None else people[c]) or 0,
            )
            for c, contract in enumerate(staffing.contracts)
        ]
        self._shifts: dict[tuple[int, int], int] = {}
        self._breaks: dict[tuple[int, int, int], int] = {}
        self._patterns: dict[tuple[int, int, WeekPattern], int] = {}
        self._rules: dict[tuple[str, int, int], int] = {}
        self._switches: dict[tuple[str, int], int] = {}
        self._under: dict[int, int] = {}
        self._flows: dict[tuple[int, int, int], list[int]] = {}
        """(contract, days in a row so far, days in a row to come) to people, over the edge."""
        self._next: dict[tuple[int, int], tuple[WeekPattern, ...]] = {}
        self._add_shifts()
        if fixed is not None:
            for key, column in self._shifts.items():
                self.columns.low[column] = self.columns.high[column] = fixed.get(key, 0)
        if away is None:
            self._add_breaks()
        self._add_cover()
        for c in range(len(staffing.contracts)):
            self._add_weeks(c)
            self._add_runs(c)
            self._add_weekends(c)
            self._add_history(c)
            self._add_rest(c)
        if elastic:
            self._add_most_people()

    # ------------------------------------------------------------ what is counted

    def _add_shifts(self) -> None:
        staffing = self.staffing
        useful = np.concatenate(([0.0], np.cumsum(staffing.required > 0)))
        for j, shift in enumerate(staffing.shifts.shifts):
            begin, end = staffing.shifts.cover[j]
            if shift.day not in self._days or useful[end] == useful[begin]:
                continue
            for c in range(len(staffing.contracts)):
                if staffing.may(c, j) or (self.elastic and self._by_template(c, j)):
                    cost = 0.0 if self.elastic else staffing.cost(c, j)
                    self._shifts[c, j] = self.columns.add(
                        cost=cost * 1e-6 if self.elastic else cost,
                        whole=not (self.only_first and self._days[shift.day]),
                    )

    def _by_template(self, c: int, j: int) -> bool:
        shift = self.staffing.shifts.shifts[j]
        template = self.staffing.shifts.templates[shift.template]
        return template.may_work(self.staffing.contracts[c].name)

    @cached_property
    def _by_day(self) -> dict[tuple[int, int], list[int]]:
        """(contract, day) to the shifts that may begin."""
        found: dict[tuple[int, int], list[int]] = {}
        for c, j in self._shifts:
            found.setdefault((c, self.staffing.shifts.shifts[j].day), []).append(j)
        return found

    def _add_breaks(self) -> None:
        """Breaks of one template and kind: who waits for it, and who begins it, by interval."""
        shifts = self.staffing.shifts
        workers: dict[int, list[int]] = {}
        for (_, j), column in self._shifts.items():
            workers.setdefault(j, []).append(column)
        groups: dict[tuple[int, int], list[int]] = {}
        for j in workers:
            for number in range(len(shifts.shifts[j].breaks)):
                groups.setdefault((shifts.shifts[j].template, number), []).append(j)
        for (t, number), group in groups.items():
            windows = {j: shifts.shifts[j].breaks[number] for j in group}
            opening: dict[int, list[int]] = {}
            spots: set[int] = set()
            for j, (first, last) in windows.items():
                opening.setdefault(first, []).append(j)
                spots.update(range(first, last + 1))
            before: int | None = None
            previous = None
            for i in sorted(spots):
                begun = self.columns.add()
                self._breaks[t, number, i] = begun
                opened = [(column, -1.0) for j in opening.get(i, ()) for column in workers[j]]
                if previous != i - 1:
                    before = None
                waiting = self.columns.add(whole=False)
                self.rows.add(
                    [
                        (waiting, 1.0),
                        (begun, 1.0),
                        *([(before, -1.0)] if before is not None else []),
                        *opened,
                    ],
                    low=0.0,
                    high=0.0,
                )
                patient = [
                    (column, -1.0)
                    for j, (first, last) in windows.items()
                    if first <= i < last
                    for column in workers[j]
                ]
                self.rows.add([(waiting, 1.0), *patient], high=0.0)
                before, previous = waiting, i

    def _add_cover(self) -> None:
        staffing, shifts = self.staffing, self.staffing.shifts
        step = shifts.horizon.interval_s
        first, last = self.intervals
        terms: dict[int, list[tuple[int, float]]] = {i: [] for i in range(first, last)}
        for (_, j), column in self._shifts.items():
            begin, end = shifts.cover[j]
            for i in range(max(begin, first), min(end, last)):
                terms[i].append((column, 1.0))
        for (t, number, i), column in self._breaks.items():
            for at, share in away_by(i, shifts.templates[t].breaks[number].length_s, step):
                if first <= at < last:
                    terms[at].append((column, -share))
        for i, found in terms.items():
            need = float(staffing.required[i])
            if self.away is not None and need > 0:
                need += float(self.away[i])
            if self.past is not None:
                need -= float(self.past.cover[i])
            if need <= 0 and not any(value < 0 for _, value in found):
                continue
            if self.elastic:
                day = int(shifts.horizon.day[i]) - shifts.first_day
                self._under[i] = self._gives("cover", -1, day, cost=1.0, whole=False)
                found.append((self._under[i], 1.0))
            elif staffing.under_cost is not None:
                self._under[i] = self.columns.add(
                    cost=staffing.under_cost * step / HOUR_S, whole=False
                )
                found.append((self._under[i], 1.0))
            self.rows.add(found, low=need)

    # ------------------------------------------------------------ the rules

    def _add_weeks(self, c: int) -> None:
        staffing = self.staffing
        contract = staffing.contracts[c]
        lengths = staffing.lengths_h(c)
        for w, week in enumerate(self.weeks):
            patterns = patterns_of(
                contract,
                weekdays=[staffing.shifts.weekday_of(day) for day in week],
                lengths_h=lengths,
                in_plan=sum(day >= 0 for day in week),
                broken=self.elastic,
            )
            open_days = [bool(self._by_day.get((c, day))) for day in week]
            columns = {}
            for pattern in patterns:
                if any(on and not there for on, there in zip(pattern.on, open_days, strict=True)):
                    continue
                if not self.elastic and self._dead_end(c, week, pattern):
                    continue
                column = self.columns.add(
                    cost=0.01 * pattern.by if self.elastic else 0.0,
                    whole=not (self.only_first and w),
                )
                columns[pattern] = self._patterns[c, w, pattern] = column
                for rule in pattern.breaks:
                    self._only_if(column, rule, c)
            self.rows.add(
                [(self._people[c], -1.0), *((column, 1.0) for column in columns.values())],
                low=0.0,
                high=0.0,
            )
            for n, day in enumerate(week):
                self.rows.add(
                    [
                        *((column, -1.0) for each, column in columns.items() if each.on[n]),
                        *((self._shifts[c, j], 1.0) for j in self._by_day.get((c, day), ())),
                    ],
                    low=0.0,
                    high=0.0,
                )
            if len(lengths) > 1:
                self._add_hours(c, week, columns, lengths)

    def _add_hours(
        self,
        c: int,
        week: tuple[int, ...],
        columns: dict[WeekPattern, int],
        lengths_h: list[float],
    ) -> None:
        """Paid hours of each set of days: what people can take of long and short shifts in them.

        With two lengths this is exact (the cuts of a flow from people to days); with more it is
        what must hold at least.
        """
        shortest, longest = lengths_h[0], lengths_h[-1]
        for some in itertools.product((True, False), repeat=len(week)):
            hours = [
                (self._shifts[c, j], self.staffing.hours(j))
                for chosen, day in zip(some, week, strict=True)
                if chosen
                for j in self._by_day.get((c, day), ())
            ]
            if not hours:
                continue
            inside = {
                each: sum(a and b for a, b in zip(each.on, some, strict=True)) for each in columns
            }
            most = {
                each: min(n * longest, each.most_h - (each.shifts - n) * shortest)
                for each, n in inside.items()
            }
            least = {
                each: max(n * shortest, each.least_h - (each.shifts - n) * longest)
                for each, n in inside.items()
            }
            if any(most[each] < n * longest - _NEAR for each, n in inside.items()):
                self.rows.add(
                    [*hours, *((column, -most[each]) for each, column in columns.items())],
                    high=0.0,
                )
            if any(least[each] > n * shortest + _NEAR for each, n in inside.items()):
                self.rows.add(
                    [*hours, *((column, -least[each]) for each, column in columns.items())],
                    low=0.0,
                )

    def _dead_end(self, c: int, week: tuple[int, ...], pattern: WeekPattern) -> bool:
        """Whether nobody who works such a week could work any other after it."""
        if not pattern.trailing and not pattern.weekend:
            return False
        key = (c, week[-1] + 1)
        if key not in self._next:
            days = next((each for each in weeks_of(self.staffing.shifts) if each[0] == key[1]), ())
            self._next[key] = patterns_of(
                self.staffing.contracts[c],
                weekdays=[self.staffing.shifts.weekday_of(day) for day in days],
                lengths_h=self.staffing.lengths_h(c),
            )
        return not any(
            fits(
                pattern.trailing,
                (pattern.weekend,),
                self.staffing.contracts[c],
                leading=each.leading,
                weekend=each.weekend,
            )
            for each in self._next[key]
        )

    def _add_runs(self, c: int) -> None:
        """Days in a row over the end of a week."""
        most = self.staffing.contracts[c].days_in_a_row
        for w in range(1, len(self.weeks)):
            for k in range(1, most + 1):
                early = [
                    (column, 1.0)
                    for (who, week, each), column in self._patterns.items()
                    if who == c and week == w and each.leading >= most + 1 - k
                ]
                late = [
                    (column, 1.0)
                    for (who, week, each), column in self._patterns.items()
                    if who == c and week == w - 1 and each.trailing >= k
                ]
                if early and late:
                    give = self._give("days_in_a_row", c, self.weeks[w][0])
                    self.rows.add([*early, *late, (self._people[c], -1.0), *give], high=0.0)

    def _add_weekends(self, c: int) -> None:
        contract = self.staffing.contracts[c]
        if not contract.weekends_off:
            return
        worked: list[list[tuple[int, float]]] = []
        of, may = contract.of_weekends, contract.weekends_worked
        for w, week in enumerate(self.weeks):
            if not any(self.staffing.shifts.weekday_of(day) in WEEKEND for day in week):
                continue
            worked.append(
                [
                    (column, 1.0)
                    for (who, at, each), column in self._patterns.items()
                    if who == c and at == w and each.weekend
                ]
            )
            give = self._give("weekends_off", c, week[0])
            if self.even:
                # Half of the people each weekend where every second one is free, and so on.
                self.rows.add(
                    [*worked[-1], (self._people[c], -may / of), *give], high=1.0 - 1.0 / of
                )
            self.rows.add(
                [
                    *(term for each in worked[-of:] for term in each),
                    (self._people[c], -float(may)),
                    *give,
                ],
                high=0.0,
            )

    def _add_history(self, c: int) -> None:
        """Who of those with one past works which kind of week: a transport, whole by itself."""
        if self.past is None:
            return
        contract = self.staffing.contracts[c]
        pasts: dict[tuple[int, tuple[bool, ...]], int] = {}
        for each in self.past.people[c]:
            pasts[each.run, each.weekends] = pasts.get((each.run, each.weekends), 0) + 1
        kinds: dict[tuple[int, bool], list[int]] = {}
        for (who, w, pattern), column in self._patterns.items():
            if who == c and w == 0:
                kinds.setdefault((pattern.leading, pattern.weekend), []).append(column)
        flows: dict[tuple[int, bool], list[int]] = {kind: [] for kind in kinds}
        for (run, weekends), n in sorted(pasts.items()):
            leaving = []
            for leading, weekend in sorted(kinds):
                if fits(run, weekends, contract, leading=leading, weekend=weekend):
                    flow = self.columns.add(whole=False)
                    leaving.append((flow, 1.0))
                    self._flows.setdefault((c, run, leading), []).append(flow)
                    flows[leading, weekend].append(flow)
            self.rows.add(leaving, low=float(n), high=float(n))
        for kind, columns in kinds.items():
            self.rows.add(
                [
                    *((column, 1.0) for column in columns),
                    *((flow, -1.0) for flow in flows[kind]),
                ],
                low=0.0,
                high=0.0,
            )

    def _add_rest(self, c: int) -> None:
        """Who ends late does not begin early: among those who work on either of two days."""
        shifts = self.staffing.shifts
        rest = self.staffing.contracts[c].rest_s / shifts.horizon.interval_s
        days = sorted(self._days)
        if self.past is not None:
            worked = sum(each.run > 0 for each in self.past.people[c])
            fresh = [
                (flow, -1.0)
                for (who, run, leading), flows in self._flows.items()
                if who == c and not run and leading
                for flow in flows
            ]
            starts = self._by_day.get((c, days[0]), [])
            for at in sorted({shifts.shifts[j].begin for j in starts}):
                late = sum(n for end, n in self.past.late[c] if end + rest > at)
                if late:
                    early = [
                        (self._shifts[c, j], 1.0) for j in starts if shifts.shifts[j].begin <= at
                    ]
                    less = self.tighter.get((c, days[0] - 1, at), 0)
                    self.rows.add([*early, *fresh], high=float(worked - late - less))
        for day in days:
            if day + 1 not in self._days:
                continue
            today, next_day = self._by_day.get((c, day), []), self._by_day.get((c, day + 1), [])
            seen: set[tuple[int, ...]] = set()
            starts_at = sorted({shifts.shifts[j].begin for j in next_day})
            for n, at in enumerate(starts_at):
                late_ones = tuple(j for j in today if shifts.shifts[j].end + rest > at)
                if not late_ones:
                    continue
                # Of two rows with the same late shifts the one with more early shifts says more.
                if n + 1 < len(starts_at) and late_ones == tuple(
                    j for j in today if shifts.shifts[j].end + rest > starts_at[n + 1]
                ):
                    continue
                if late_ones in seen:
                    continue
                seen.add(late_ones)
                early_ones = [j for j in next_day if shifts.shifts[j].begin <= at]
                self.rows.add(
                    [
                        *((self._shifts[c, j], 1.0) for j in (*late_ones, *early_ones)),
                        *self._on_either(c, day),
                        *self._give("rest_s", c, day + 1),
                    ],
                    high=float(-self.tighter.get((c, day, at), 0)),
                )

    def _on_either(self, c: int, day: int) -> list[tuple[int, float]]:
        """Minus the people who work on a day or on the next."""
        w = self._days[day]
        if self._days[day + 1] != w:
            return [(self._people[c], -1.0)]
        n = self.weeks[w].index(day)
        return [
            (column, -1.0)
            for (who, week, each), column in self._patterns.items()
            if who == c and week == w and (each.on[n] or each.on[n + 1])
        ]

    # ------------------------------------------------------------ rules that give

    def _add_most_people(self) -> None:
        for c, contract in enumerate(self.staffing.contracts):
            if contract.most_people is not None:
                more = self._gives("most_people", c, 0, cost=1.0)
                self.rows.add(
                    [(self._people[c], 1.0), (more, -1.0)], high=float(contract.most_people)
                )

    def _give(self, rule: str, c: int, day: int) -> list[tuple[int, float]]:
        return [(self._gives(rule, c, day, cost=1.0), -1.0)] if self.elastic else []

    def _gives(self, rule: str, c: int, day: int, *, cost: float, whole: bool = True) -> int:
        """A column for how far a rule is broken, allowed only where its switch is on."""
        if rule == "cover" or (rule, c, day) not in self._rules:
            column = self.columns.add(cost=cost, whole=whole)
            key = (rule, c, day) if rule != "cover" else (rule, len(self._under), day)
            self._rules[key] = column
            self._only_if(column, rule, c)
        else:
            column = self._rules[rule, c, day]
        return column

    def _only_if(self, column: int, rule: str, c: int) -> None:
        if (rule, c) not in self._switches:
            self._switches[rule, c] = self.columns.add(cost=_RULE_COST, high=1.0)
        largest = float(max(10.0, 20.0 * self.staffing.required.max(initial=1.0)))
        self.rows.add([(column, 1.0), (self._switches[rule, c], -largest)], high=0.0)

    # ------------------------------------------------------------ solving

    def stay_near(
        self,
        shifts: Mapping[tuple[int, int], int],
        *,
        cost: float,
        free: Collection[int] | None = None,
    ) -> None:
        """Ask to keep the first week's shifts as they were: each one less costs so much.

        Where ``free`` days are given, no other day of that week may change at all.
        """
        for key, column in self._shifts.items():
            day = self.staffing.shifts.shifts[key[1]].day
            if free is not None and self._days[day] == 0 and day not in free:
                self.columns.low[column] = self.columns.high[column] = shifts.get(key, 0)
        for key, n in shifts.items():
            day = self.staffing.shifts.shifts[key[1]].day
            if key in self._shifts and (free is None or day in free):
                fewer = self.columns.add(cost=cost, whole=False)
                self.rows.add([(self._shifts[key], 1.0), (fewer, 1.0)], low=float(n))

    def at_least_people(self, count: int) -> None:
        """Ask for so many people in all."""
        self.rows.add([(column, 1.0) for column in self._people], low=float(count))

    def least_broken(self, *, within_s: float) -> Solved | None:
        """The solution that breaks as few rules as can be, and these as little as can be."""
        first = self.solved(gap=0.0, within_s=within_s, nodes=500)
        if first is None:
            return None
        broken = {(rule, who if rule != "cover" else -1) for rule, who, _ in first.broken}
        for key, column in self._switches.items():
            self.columns.cost[column] = 0.0
            self.columns.high[column] = float(key in broken)
        return self.solved(gap=1e-3, within_s=within_s, nodes=500) or first

    @property
    def size(self) -> tuple[int, int, int]:
        """Columns, rows and entries."""
        return len(self.columns.cost), len(self.rows.low), len(self.rows.value)

    def solved(
        self,
        *,
        gap: float = 0.0,
        within_s: float = 60.0,
        nodes: int | None = None,
        whole: bool | str = True,
    ) -> Solved | None:
        """The cheapest solution, or None if the rules cannot be met.

        Parameters
        ----------
        gap : float
            How far from the best it may be, as a share of its cost.
        within_s : float
            Stop then with the best found so far.
        nodes : int, optional
            Stop after so many branchings.
        whole : bool or "people"
            Whether counts must be whole; "people" asks it of the number of people only.
        """
        from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - takes long
        from scipy.sparse import csc_array  # noqa: PLC0415

        columns, rows = self.columns, self.rows
        matrix = csc_array(
            (rows.value, (rows.row, rows.column)), shape=(len(rows.low), len(columns.cost))
        )
        integrality = np.array(columns.whole, dtype=np.int64) * (whole is True)
        if whole == "people":
            integrality[self._people] = 1
        options: dict[str, Any] = {"mip_rel_gap": gap, "time_limit": within_s}
        if nodes is not None:
            options["node_limit"] = nodes
        found = milp(
            np.array(columns.cost),
            integrality=integrality,
            bounds=Bounds(np.array(columns.low), np.array(columns.high)),
            constraints=LinearConstraint(matrix, np.array(rows.low), np.array(rows.high)),
            options=options,
        )
        if found.x is None:
            return None
        values = np.where(integrality == 1, np.round(found.x), found.x)

        def those(names: dict[Any, int]) -> dict[Any, float]:
            return {
                name: float(values[column])
                for name, column in names.items()
                if values[column] > _NEAR
            }

        broken = those(self._rules)
        for (c, w, pattern), column in self._patterns.items():
            if values[column] > _NEAR:
                for rule in pattern.breaks:
                    key = (rule, c, self.weeks[w][0])
                    broken[key] = broken.get(key, 0.0) + float(values[column])
        bound = found.mip_dual_bound
        return Solved(
            shifts=those(self._shifts),
            breaks=those(self._breaks),
            weeks=those(self._patterns),
            people=tuple(float(values[column]) for column in self._people),
            cost=float(found.fun),
            bound=float(bound) if bound is not None else float(found.fun),
            proven=found.status == 0,
            broken=broken,
        )


def away_by(interval: int, length_s: float, step: int) -> Iterable[tuple[int, float]]:
    """The intervals that a break takes from, and how much of each."""
    left = length_s / step
    while left > _NEAR:
        yield interval, min(left, 1.0)
        interval, left = interval + 1, left - 1.0
