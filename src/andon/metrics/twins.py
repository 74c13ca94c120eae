"""Twins: two measures that keep each other honest.

Handle time looks better when contacts are cut short; then more customers come back. Abandonment
looks better when fewer are counted as having joined the queue; then more who gave up try again.
A measure without its twin can be improved at the customers' cost. Twins that part are a warning.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
from ibis.expr.types.groupby import GroupedTable

from andon import estimate
from andon.answer import Answer, Group, Scope, in_order
from andon.demand.followed import KINDS, Followed, follow
from andon.errors import QuestionError
from andon.estimate import Estimate, Sums, Unknown
from andon.ledger.coverage import Observed
from andon.ledger.replicates import FEW, MANY, Replicates
from andon.ledger.steps import stepped
from andon.metrics.doubt import Floats, Ints, joined, products
from andon.units import DAY_S, US, Unit

__all__ = ["PERIODS", "Pair", "Parting", "Point", "Twins", "twins", "way"]

Parting = Literal["parted", "together", "cannot tell"]
"""Whether one twin improves while the other worsens, both beyond their doubt; whether both move
the same way; or neither can be said."""

PERIODS: Final = ("month", "week", "day")
"""Periods that follow one another, by which twins are compared."""

_LEAST: Final = {"s": 1.0, "points": 0.1}
"""What is worth telling, however sure it is: one second, one customer in a thousand."""
_RETURN_S: Final = DAY_S
_RETRIAL_S: Final = 600
_WHOLE: Final = 0.9
_SHIFT: Final = 0.05
_THIRDS: Final = 3
_POWERS: Final = 3
"""Amounts are added up, and their squares and cubes, for the doubt of what has no cluster."""
_EPOCH: Final = dt.date(1970, 1, 1)
_DAY: Final = dt.timedelta(days=1)

_ELSE: Final = -1
_HANDLED, _UNTIMED, _GAVE_UP, _SELF_SERVED = range(4)
"""What became of a contact: handled, its time known or not; given up; served by a machine."""
_CONTROLLED, _TRIED_AGAIN, _SILENT = range(3)
"""What its twin is measured on: served, with a habit to compare with; given up, and tried again
or not."""

Bools = npt.NDArray[np.bool_]
_NO_INTS: Final = np.zeros(0, dtype=np.int64)
_NO_FLOATS: Final = np.zeros(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """Both twins in one period.

    Attributes
    ----------
    period : str
        ``1999-02``, the Monday of a week, or a day.
    first, second : Estimate or Unknown
        The twins.
    contacts : int
        All contacts of the period.
    identified : Estimate or Unknown
        Share of them with a customer id; counted.
    whole : bool
        Whether at least nine tenths of the period's days were seen; only whole periods are
        compared.
    """

    period: str
    first: Estimate | Unknown
    second: Estimate | Unknown
    contacts: int
    identified: Estimate | Unknown
    whole: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """One pair of twins over time. Both are better when they are lower.

    Attributes
    ----------
    key : str
        ``handle_time`` or ``abandonment``.
    first_says, second_says : str
        What the twins measure.
    points : tuple of Point
        In order of time.
    first_change, second_change : Estimate or Unknown
        The last third of the whole periods less the first third; seconds for a handle time,
        percentage points for a share.
    identified_change : Estimate or Unknown
        The same for the share of contacts with a customer id, percentage points; counted.
    parting : str
        parted, together, or cannot tell.
    says : str
        The same in one plain sentence.
    caveats : tuple of str
        What else could explain it.
    """

    key: str
    first_says: str
    second_says: str
    points: tuple[Point, ...]
    first_change: Estimate | Unknown
    second_change: Estimate | Unknown
    identified_change: Estimate | Unknown
    parting: Parting
    says: str
    caveats: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Twins:
    """The pairs of twins.

    Attributes
    ----------
    period : str
        month, week or day.
    handle_time : Pair
        Mean handle time of handled contacts, beside the excess of customers who come back within
        24 hours of being served, over their habit.
    abandonment : Pair
        Share of contacts given up, of those handled or given up, beside the share of those who
        gave up and try again within ten minutes.
    """

    period: str
    handle_time: Pair
    abandonment: Pair

    @property
    def pairs(self) -> tuple[Pair, Pair]:
        """Both pairs."""
        return self.handle_time, self.abandonment


def twins(
    contacts: ir.Table,
    *,
    by: Sequence[str] = (),
    period: str = "month",
    observed: Observed | None = None,
    followed: Followed | None = None,
    level: float = 0.95,
) -> Answer[Twins]:
    """Whether a measure improves while its twin gets worse.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts.
    by : sequence of str
        Groups to answer for as well, from :data:`andon.ledger.periods.GROUPS`.
    period : str
        month, week or day.
    observed : Observed, optional
        The time that was seen; found from the contacts if left out.
    followed : Followed, optional
        The same contacts, followed already (:func:`andon.demand.followed.follow`).
    level : float
        Level of the intervals, 0 to 1.

    Returns
    -------
    Answer of Twins

    Raises
    ------
    QuestionError
        If ``period`` is another one, or ``by`` names something contacts cannot be grouped by, or
        that ``followed`` did not carry along.

    Notes
    -----
    Intervals take the customer and the day as units of doubt (:mod:`andon.metrics.doubt`). The
    change compares the first third of the whole periods with the last third, which share few
    customers' contacts and no day; what they share makes the interval too wide, not too narrow.

    Coming back is measured as in :func:`andon.demand.recontact.repeat_work`.
    """
    if period not in PERIODS:
        raise QuestionError(
            "Twins are compared by month, week or day.",
            found=f"period: {period!r}",
            todo='Use period="month".',
        )
    if followed is None:
        with follow(contacts, by=by, observed=observed) as made:
            return _answer(made, by, period, level)
    if not set(by) <= set(followed.by) or not {_RETRIAL_S, _RETURN_S} <= set(followed.windows_s):
        raise QuestionError(
            "The contacts were followed without a column or a window that twins need.",
            found=f"followed by {followed.by}, windows {followed.windows_s}",
            todo="Call follow(contacts, by=...) with the same columns and its own windows.",
        )
    return _answer(followed, by, period, level)


def _answer(followed: Followed, by: Sequence[str], period: str, level: float) -> Answer[Twins]:
    calendar_ = _Calendar.of(period, followed.observed)
    overall, groups = _tallies(followed, calendar_, by)
    asked = _Asked(period=period, calendar=calendar_, level=level)
    return Answer(
        overall=_twins(asked, overall),
        groups=tuple(Group(scope, _twins(asked, groups[scope])) for scope in in_order(groups)),
    )


# What the engine does: sums by customer and by day, of contacts alike in what became of them.


@dataclass(frozen=True, kw_only=True, slots=True)
class _Calendar:
    """The periods that were seen, in order of time.

    Attributes
    ----------
    names : tuple of str
    starts : tuple of int
        The first day of each, in days since 1970.
    whole : tuple of int
        The places of periods of which at least nine tenths of the days were seen.
    """

    names: tuple[str, ...]
    starts: tuple[int, ...]
    whole: tuple[int, ...]

    @classmethod
    def of(cls, period: str, seen: Observed) -> _Calendar:
        """The periods from the first day seen to the last."""
        if seen.first_day is None or seen.last_day is None:
            return cls(names=(), starts=(), whole=())
        starts = [_begin(period, seen.first_day)]
        while starts[-1] <= seen.last_day:
            starts.append(_next(period, starts[-1]))
        whole = [
            i
            for i, (start, end) in enumerate(pairwise(starts))
            if _days_seen(start, end, seen) >= _WHOLE * (end - start).days
        ]
        return cls(
            names=tuple(f"{day:%Y-%m}" if period == "month" else f"{day}" for day in starts[:-1]),
            starts=tuple((day - _EPOCH).days for day in starts[:-1]),
            whole=tuple(whole),
        )

    @property
    def thirds(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The first and the last third of the whole periods."""
        third = len(self.whole) // 3
        return self.whole[:third], self.whole[len(self.whole) - third :]


def _begin(period: str, day: dt.date) -> dt.date:
    """The first day of the period that a day is in."""
    if period == "month":
        return day.replace(day=1)
    return day - dt.timedelta(days=day.weekday()) if period == "week" else day


def _next(period: str, start: dt.date) -> dt.date:
    if period == "month":
        return (start + dt.timedelta(days=31)).replace(day=1)
    return start + dt.timedelta(days=7 if period == "week" else 1)


def _days_seen(start: dt.date, end: dt.date, seen: Observed) -> int:
    """How many days from ``start`` to before ``end`` were seen."""
    if seen.first_day is None or seen.last_day is None:
        return 0
    first, last = max(start, seen.first_day), min(end - _DAY, seen.last_day)
    lost = sum(
        max(0, (min(last, gap.last_day) - max(first, gap.first_day)).days + 1) for gap in seen.gaps
    )
    return max(0, (last - first).days + 1 - lost)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cells:
    """Contacts alike in period, unit of doubt, fate and twin: counts, and powers of amounts.

    In order of their period.
    """

    period: Ints
    unit: Ints
    fate: Ints
    twin: Ints
    n: Floats
    handle: tuple[Floats, ...]
    excess: tuple[Floats, ...]

    def within(self, periods: Sequence[int]) -> _Cells:
        """The cells of some periods."""
        first = np.searchsorted(self.period, periods, side="left")
        last = np.searchsorted(self.period, periods, side="right")
        if len(periods) == 1:
            return self.taken(slice(int(first[0]), int(last[0])))
        runs = [np.arange(*run) for run in zip(first, last, strict=True)]
        return self.taken(np.concatenate([np.zeros(0, dtype=np.int64), *runs]))

    def taken(self, places: slice | Ints) -> _Cells:
        """Some cells, by their places."""
        return _Cells(
            period=self.period[places],
            unit=self.unit[places],
            fate=self.fate[places],
            twin=self.twin[places],
            n=self.n[places],
            handle=tuple(power[places] for power in self.handle),
            excess=tuple(power[places] for power in self.excess),
        )

    def sorted(self) -> _Cells:
        """The same in order of their period."""
        return self.taken(np.argsort(self.period, kind="stable"))

    @classmethod
    def empty(cls) -> _Cells:
        """No contact at all."""
        none, nothing = _NO_INTS, _NO_FLOATS
        return cls(
            period=none,
            unit=none,
            fate=none,
            twin=none,
            n=nothing,
            handle=(nothing,) * _POWERS,
            excess=(nothing,) * _POWERS,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tally:
    """The cells of one group: by random group of known customers, by day, and without a customer.

    ``days`` holds all contacts; ``alone`` those of unknown customers again, who are each a customer
    of their own.
    """

    customers: _Cells
    days: _Cells
    alone: _Cells

    def within(self, periods: Sequence[int]) -> _Tally:
        """The cells of some periods."""
        return _Tally(
            customers=self.customers.within(periods),
            days=self.days.within(periods),
            alone=self.alone.within(periods),
        )

    @classmethod
    def empty(cls) -> _Tally:
        """No contact at all."""
        return cls(customers=_Cells.empty(), days=_Cells.empty(), alone=_Cells.empty())


def _tallies(
    followed: Followed, calendar_: _Calendar, by: Sequence[str]
) -> tuple[_Tally, dict[Scope, _Tally]]:
    """Of all contacts, and of each group."""
    if not calendar_.names:
        return _Tally.empty(), {}
    names = [f"by_{name}" for name in by]
    known, unknown = _known(followed, calendar_, names), _unknown(followed, names)
    days = _read(known.group_by([*names, "day", "fate", "twin"]), calendar_, by, powers=_POWERS)
    alone = _read(unknown.group_by([*names, "day", "fate", "twin"]), calendar_, by, powers=_POWERS)
    strangers = _together(alone.values())
    overall = _Tally(
        customers=_customers(known, calendar_, ()).get((), _Cells.empty()),
        days=_together([*days.values(), strangers]),
        alone=strangers,
    )
    if not by:
        return overall, {}
    customers = _customers(known, calendar_, by)
    nothing = _Cells.empty()
    return overall, {
        scope: _Tally(
            customers=customers.get(scope, nothing),
            days=_together([days.get(scope, nothing), alone.get(scope, nothing)]),
            alone=alone.get(scope, nothing),
        )
        for scope in {**days, **alone}
    }


def _customers(known: ir.Table, calendar_: _Calendar, by: Sequence[str]) -> dict[Scope, _Cells]:
    unit = known.replicate % (FEW if by else MANY)
    keys = [*(f"by_{name}" for name in by), "period", "unit", "fate", "twin"]
    return _read(known.mutate(unit=unit).group_by(keys), calendar_, by, powers=1)


def _fate(what: ir.IntegerValue) -> ir.IntegerValue:
    return ibis.cases(
        (what.isin(_codes("served_time_unknown")), _UNTIMED),
        (what.isin(_codes("self_served")), _SELF_SERVED),
        (what.isin(_codes(group="served")), _HANDLED),
        (what.isin(_codes(group="gave_up")), _GAVE_UP),
        else_=_ELSE,
    ).cast("int8")


def _codes(key: str = "", *, group: str = "") -> tuple[int, ...]:
    return tuple(i for i, kind in enumerate(KINDS) if kind.key == key or kind.group == group)


def _known(followed: Followed, calendar_: _Calendar, names: Sequence[str]) -> ir.Table:
    """Identified contacts with their fate, their twin's class, and twice the excess."""
    each = followed.rows
    day = followed.windows_s.index(_RETURN_S)
    day_edge, ten_edge = followed.edge_of(_RETURN_S), followed.edge_of(_RETRIAL_S)
    after, before = each.seen_after > day, each.seen_before > day
    served = each.what.isin(_codes(group="served"))
    controlled = served & (each.ripe > day_edge) & (after | before)
    watched = each.what.isin(_codes(group="gave_up")) & (each.ripe > ten_edge)
    hits = (after & (each.after <= day)).cast("int32") + (before & (each.before <= day)).cast(
        "int32"
    )
    came_back = (each.gap <= day_edge).cast("int32")
    excess = 2 * came_back - hits * (2 - (after & before).cast("int32"))
    return each.select(
        *names,
        "day",
        "replicate",
        "handle_us",
        period=stepped(each.day, calendar_.starts, range(len(calendar_.starts))),
        fate=_fate(each.what),
        twin=ibis.cases(
            (controlled, _CONTROLLED),
            (watched & (each.gap <= ten_edge), _TRIED_AGAIN),
            (watched, _SILENT),
            else_=_ELSE,
        ).cast("int8"),
        excess=ibis.ifelse(controlled, excess, 0),
    )


def _unknown(followed: Followed, names: Sequence[str]) -> ir.Table:
    """Contacts of unknown customers, who have no twin."""
    each = followed.others
    return each.select(
        *names,
        "day",
        "handle_us",
        fate=_fate(each.what),
        twin=ibis.literal(_ELSE, type="int8"),
        excess=ibis.literal(0, type="int8"),
    )


def _read(
    grouped: GroupedTable, calendar_: _Calendar, by: Sequence[str], *, powers: int
) -> dict[Scope, _Cells]:
    """Sums of powers, by group; where the unit is the day, the period follows from it."""
    handle_s = ibis._.handle_us / float(US)
    excess = ibis._.excess.cast("float64") / 2
    wanted = {"n": ibis._.count()}
    for name, amount in (("handle", handle_s), ("excess", excess)):
        value = amount
        for power in range(powers):
            wanted[f"{name}{power}"] = value.sum()
            value *= amount
    table = grouped.aggregate(**wanted).to_pyarrow()
    ints = {
        name: table[name].to_numpy().astype(np.int64)
        for name in ("period", "unit", "day", "fate", "twin")
        if name in table.column_names
    }
    if "day" in ints:
        ints["unit"] = ints["day"]
        ints["period"] = np.searchsorted(calendar_.starts, ints["day"], side="right") - 1
    floats = {
        name: table[name].to_numpy().astype(np.float64)
        for name in table.column_names
        if name in wanted
    }
    keys = list(zip(*(table[f"by_{name}"].to_pylist() for name in by), strict=True))
    places: dict[tuple[object, ...], list[int]] = {}
    for i, key in enumerate(keys or [()] * table.num_rows):
        places.setdefault(key, []).append(i)
    cells = _Cells(
        **{name: ints[name] for name in ("period", "unit", "fate", "twin")},
        n=floats["n"],
        handle=tuple(floats[f"handle{power}"] for power in range(powers)),
        excess=tuple(floats[f"excess{power}"] for power in range(powers)),
    )
    return {
        tuple(zip(by, key, strict=True)): cells.taken(np.array(place)).sorted()
        for key, place in places.items()
    }


def _together(parts: Iterable[_Cells]) -> _Cells:
    """The cells of several groups, those of one unit of doubt and one kind added up."""
    each = list(parts)
    keys = [
        np.concatenate([_NO_INTS, *(getattr(cells, name) for cells in each)])
        for name in ("period", "unit", "fate", "twin")
    ]
    # One number is sorted many times as fast as four. The period comes first: cells are in its
    # order.
    packed = np.zeros(len(keys[0]), dtype=np.int64)
    for key in keys:
        least = key.min(initial=0)
        packed = packed * (key.max(initial=0) - least + 1) + key - least
    _, first, place = np.unique(packed, return_index=True, return_inverse=True)
    period, unit, fate, twin = (key[first] for key in keys)

    def added(values: Iterable[Floats]) -> Floats:
        every = np.concatenate([_NO_FLOATS, *values])
        return np.bincount(place, weights=every, minlength=len(period)).astype(np.float64)

    return _Cells(
        period=period,
        unit=unit,
        fate=fate,
        twin=twin,
        n=added(cells.n for cells in each),
        handle=tuple(added(cells.handle[power] for cells in each) for power in range(_POWERS)),
        excess=tuple(added(cells.excess[power] for cells in each) for power in range(_POWERS)),
    )


# From sums to words.


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """How the question was put."""

    period: str
    calendar: _Calendar
    level: float


@dataclass(frozen=True, kw_only=True, slots=True)
class _Twin:
    """One measure: which contacts count above and below its line, its unit, and its words.

    ``top`` and ``bottom`` are fates or twins, as ``of`` says; ``amount`` is what those above the
    line add up to, 1 for each where it is left out.
    """

    of: Literal["fate", "twin"]
    top: tuple[int, ...]
    bottom: tuple[int, ...]
    unit: Unit
    says: str
    less: str
    more: str
    amount: Literal["handle", "excess", ""] = ""

    def found(self, tally: _Tally, periods: Sequence[int], level: float) -> Estimate | Unknown:
        """The measure in some periods."""
        here = tally.within(periods)
        alone = self._single(here.alone)
        doubt = joined(
            _added(self._clustered(here.customers, groups=True), alone),
            self._clustered(here.days, groups=False),
            self._single(here.days),
        )
        if not self.amount:
            return doubt.share(level=level)
        # An excess is a difference of shares: it can be below 0.
        return doubt.mean(unit=self.unit, level=level, at_least=0.0 if self.unit == "s" else None)

    def _clustered(self, cells: _Cells, *, groups: bool) -> Sums:
        """Sums over units of doubt."""
        above, below = self._counts(cells)
        amount = getattr(cells, self.amount)[0] if self.amount else cells.n
        unit = np.unique(cells.unit, return_inverse=True)[1].astype(np.int64)
        y = np.bincount(unit, weights=amount * above)
        x = np.bincount(unit, weights=cells.n * below)
        sums = Replicates(sums={"y": y.astype(np.float64), "x": x.astype(np.float64)})
        return sums.ratio("y", "x") if groups else products(sums.sums["y"], sums.sums["x"])

    def _counts(self, cells: _Cells) -> tuple[Bools, Bools]:
        """Which cells count above the line, and which below it."""
        code = getattr(cells, self.of)
        return np.isin(code, self.top), np.isin(code, self.bottom)

    def _single(self, cells: _Cells) -> Sums:
        """Each contact its own unit: products with what is 0 or 1 are sums."""
        above, below = self._counts(cells)
        powers = getattr(cells, self.amount) if self.amount else (cells.n,) * 3
        first, second, third = (float(power[above].sum()) for power in powers)
        x = float(cells.n[below].sum())
        return Sums(
            clusters=round(x),
            n=round(x),
            y=first,
            x=x,
            yy=second,
            yx=first,
            xx=x,
            yyy=third,
            yyx=second,
            yxx=first,
            xxx=x,
        )


def _added(customers: Sums, alone: Sums) -> Sums:
    return customers + alone if customers.x > 0 else alone


_HANDLE_TIME: Final = (
    _Twin(
        of="fate",
        top=(_HANDLED,),
        bottom=(_HANDLED,),
        amount="handle",
        unit="s",
        says="mean handle time of handled contacts",
        less="contacts got shorter",
        more="contacts got longer",
    ),
    _Twin(
        of="twin",
        top=(_CONTROLLED,),
        bottom=(_CONTROLLED,),
        amount="excess",
        unit="share",
        says="customers who come back within 24 hours of being served, beyond their habit",
        less="fewer customers came back within 24 hours, beyond their habit",
        more="more customers came back within 24 hours, beyond their habit",
    ),
)
_ABANDONMENT: Final = (
    _Twin(
        of="fate",
        top=(_GAVE_UP,),
        bottom=(_HANDLED, _UNTIMED, _GAVE_UP),
        unit="share",
        says="contacts given up, of those handled or given up",
        less="fewer gave up",
        more="more gave up",
    ),
    _Twin(
        of="twin",
        top=(_TRIED_AGAIN,),
        bottom=(_TRIED_AGAIN, _SILENT),
        unit="share",
        says="customers who try again within 10 minutes of giving up",
        less="fewer of those who gave up tried again within 10 minutes",
        more="more of those who gave up tried again within 10 minutes",
    ),
)


def _twins(asked: _Asked, tally: _Tally) -> Twins:
    return Twins(
        period=asked.period,
        handle_time=_pair(asked, tally, "handle_time", _HANDLE_TIME),
        abandonment=_pair(asked, tally, "abandonment", _ABANDONMENT),
    )


def _pair(asked: _Asked, tally: _Tally, key: str, pair: tuple[_Twin, _Twin]) -> Pair:
    first, second = pair
    early, late = asked.calendar.thirds
    first_change, second_change = (
        _change(twin.found(tally, early, asked.level), twin.found(tally, late, asked.level), asked)
        for twin in pair
    )
    parting = _parting(first_change, second_change)
    points = tuple(
        Point(
            period=name,
            first=first.found(tally, (i,), asked.level),
            second=second.found(tally, (i,), asked.level),
            contacts=contacts,
            identified=_identified(tally, (i,)),
            whole=i in asked.calendar.whole,
        )
        for i, name in enumerate(asked.calendar.names)
        if (contacts := _contacts(tally.days, (i,)))
    )
    return Pair(
        key=key,
        first_says=first.says,
        second_says=second.says,
        points=points,
        first_change=first_change,
        second_change=second_change,
        identified_change=_change(_identified(tally, early), _identified(tally, late), asked),
        parting=parting,
        says=_says(parting, (first, first_change), (second, second_change)),
        caveats=_caveats(asked, points),
    )


def _contacts(cells: _Cells, periods: Sequence[int]) -> int:
    return round(float(cells.within(periods).n.sum()))


def _identified(tally: _Tally, periods: Sequence[int]) -> Estimate | Unknown:
    contacts = _contacts(tally.days, periods)
    if not contacts:
        return Unknown(unit="share", why="there is no contact", needs="contacts")
    without = _contacts(tally.alone, periods)
    return Estimate.exact(1 - without / contacts, unit="share", n=contacts)


def _change(
    early: Estimate | Unknown, late: Estimate | Unknown, asked: _Asked
) -> Estimate | Unknown:
    if len(asked.calendar.whole) < _THIRDS:
        return Unknown(
            unit="points" if late.unit == "share" else late.unit,
            why=f"fewer than three whole {asked.period}s were seen",
            needs=f"three whole {asked.period}s",
        )
    return estimate.difference(late, early)


def way(change: Estimate | Unknown) -> int:
    """Whether a measure went up (1) or down (-1), beyond doubt and enough to be told; else 0.

    >>> from andon import Estimate
    >>> sure = Estimate(value=0.02, low=0.01, high=0.03, unit="points", n=10**7, method="-")
    >>> way(sure), way(Estimate(value=-2, low=-3, high=-1, unit="points", n=10**4, method="-"))
    (0, -1)
    """
    if isinstance(change, Unknown) or abs(change.value) < _LEAST[change.unit]:
        return 0
    return int(change.low > 0) - int(change.high < 0)


def _parting(first: Estimate | Unknown, second: Estimate | Unknown) -> Parting:
    ways = way(first) * way(second)
    return "parted" if ways < 0 else "together" if ways > 0 else "cannot tell"


def _says(
    parting: Parting,
    first: tuple[_Twin, Estimate | Unknown],
    second: tuple[_Twin, Estimate | Unknown],
) -> str:
    for _, change in (first, second):
        if isinstance(change, Unknown):
            return change.says()
    moved = [_moved(twin, change) for twin, change in (first, second)]
    joint = "but" if parting == "parted" else "and"
    said = f"From the first third to the last, {moved[0]}, {joint} {moved[1]}."
    if parting == "cannot tell":
        return f"{said} Whether they part, we cannot tell."
    return f"{said} One got better while the other got worse." if parting == "parted" else said


def _moved(twin: _Twin, change: Estimate | Unknown) -> str:
    went = way(change)
    if isinstance(change, Unknown) or not went:
        return f"{twin.says} hardly changed, or not beyond doubt"
    size = change if went > 0 else estimate.times(change, -1)
    return f"{twin.more if went > 0 else twin.less}, by {size.says()}"


def _caveats(asked: _Asked, points: Sequence[Point]) -> tuple[str, ...]:
    said = []
    shares = [
        point.identified.value
        for point in points
        if point.whole and isinstance(point.identified, Estimate)
    ]
    if shares and max(shares) - min(shares) >= _SHIFT:
        said.append(
            f"From {min(shares) * 100:.0f} to {max(shares) * 100:.0f} in 100 contacts carry a "
            f"customer id, depending on the {asked.period}. Who can be recognised changes, and "
            "that alone can move the figures of those who came back."
        )
    partial = [point.period for point in points if not point.whole]
    if partial:
        said.append(
            f"Seen only in part, and left out of the change: {', '.join(partial[:3])}"
            + (f" and {len(partial) - 3} more." if len(partial) > 3 else ".")
        )
    said.append(
        "Two things that move in the same months need not cause one another: a change in who calls "
        "or why moves both."
    )
    return tuple(said)
