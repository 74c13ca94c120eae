"""Around a date: what a measure did when a target began or ended, against what it does anyway.

A target that begins moves its measure on that day, whether or not customers are better served. So
the stretch before the date is set against the stretch after it, and that difference against those
around dates on which nothing is known to have happened. Where no date is given, it is looked for.

What moved is the measure. Whether the work changed, or only how it is counted, its twin tells
(:mod:`andon.goodhart.parting_twins`). No advisor appears here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from andon import estimate
from andon.errors import QuestionError
from andon.estimate import Unknown
from andon.goodhart.change_points import Change, changed_mean, changed_share
from andon.goodhart.false_discovery import controlled
from andon.goodhart.level_shifts import SHORTEST_WAVE, Shift, level_shift
from andon.goodhart.step_place import StepPlace, step_place
from andon.ledger.durations import handle_s, served_s, waited_s
from andon.ledger.sums import as_float, rows
from andon.units import AGES_US, DAY_S, US, Unit

__all__ = [
    "MEASURES",
    "AroundADate",
    "Compared",
    "Measure",
    "Moved",
    "Placebo",
    "around_a_date",
    "moved",
]

Floats = npt.NDArray[np.float64]

_DAY_US: Final = DAY_S * US
_EPOCH: Final = dt.date(1970, 1, 1)
_WINDOW: Final = 56
"""Days on either side of a date: eight weeks, so that most dates have clean ones to compare."""
_PLACEBOS: Final = 20
"""With fewer other dates, none of them can show that one is out of the ordinary."""
_WEEK: Final = 7
_SHORT_S: Final = 10
_IN_TIME_S: Final = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """A measure that targets are set on.

    Attributes
    ----------
    key : str
    says : str
        What it measures.
    unit : Unit
    counts : callable
        From contacts to what is added up and to the contacts that it is over.
    """

    key: str
    says: str
    unit: Unit
    counts: Callable[[ir.Table], tuple[ir.Value, ir.Value]]


def _handle(contacts: ir.Table) -> tuple[ir.Value, ir.Value]:
    time_s = handle_s(contacts)
    return time_s, (contacts.outcome == "handled") & time_s.notnull()


def _short(contacts: ir.Table) -> tuple[ir.Value, ir.Value]:
    time_s = served_s(contacts)
    return time_s < _SHORT_S, (contacts.outcome == "handled") & time_s.notnull()


def _gave_up(contacts: ir.Table) -> tuple[ir.Value, ir.Value]:
    return contacts.outcome == "abandoned", contacts.outcome.isin(("handled", "abandoned"))


def _passed_on(contacts: ir.Table) -> tuple[ir.Value, ir.Value]:
    return contacts.transfers > 0, (contacts.outcome == "handled") & contacts.transfers.notnull()


def _in_time(contacts: ir.Table) -> tuple[ir.Value, ir.Value]:
    wait = waited_s(contacts)
    return wait <= _IN_TIME_S, (contacts.outcome == "handled") & wait.notnull()


MEASURES: Final[Mapping[str, Measure]] = {
    each.key: each
    for each in (
        Measure(
            key="handle_time", says="mean handle time of handled contacts", unit="s", counts=_handle
        ),
        Measure(
            key="short_contacts",
            says="contacts served for less than 10 s, of those handled",
            unit="share",
            counts=_short,
        ),
        Measure(
            key="abandonment",
            says="contacts given up, of those handled or given up",
            unit="share",
            counts=_gave_up,
        ),
        Measure(
            key="passed_on",
            says="contacts passed on, of those handled",
            unit="share",
            counts=_passed_on,
        ),
        Measure(
            key="answered_in_time",
            says="contacts answered within 20 s, of those handled",
            unit="share",
            counts=_in_time,
        ),
    )
}
"""Every measure that can be looked at around a date."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Placebo:
    """The same difference around other dates, on which nothing is known to have happened.

    Attributes
    ----------
    dates : int
        How many; they overlap, so they are worth fewer.
    as_large : int
        Around how many of them the measure moved at least as much, up or down.
    share : float
        ``as_large / dates``, 0 to 1.
    typical : float
        The mean of their differences, in the difference's unit: how the measure drifts.
    largest : float
        The largest of their differences in size, in the difference's unit.
    """

    dates: int
    as_large: int
    share: float
    typical: float
    largest: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """A measure before and after a day, beside what it does around other days.

    Attributes
    ----------
    shift : Shift or Unknown
    placebo : Placebo or Unknown
    place : StepPlace or None
        On which day it moved, if it moved once; None where the shift is not known.
    """

    shift: Shift | Unknown
    placebo: Placebo | Unknown
    place: StepPlace | None = None

    def stands_out(self, level: float = 0.95) -> bool:
        """Whether few other dates show as much, and the drift they share does not explain it.

        Where there are too few other dates to tell, a shift beyond its own doubt is enough. What
        moved on another day beyond doubt did not move on this one.
        """
        if isinstance(self.shift, Unknown) or (self.place is not None and not self.place.here):
            return False
        if isinstance(self.placebo, Unknown):
            return bool(self.shift.way)
        change = self.shift.difference
        drift = self.placebo.typical if self.placebo.typical * change.value > 0 else 0.0
        beyond = change.low > drift if change.value > 0 else change.high < drift
        return beyond and self.placebo.share <= 1 - level


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """What a measure did around one date.

    Attributes
    ----------
    date : datetime.date
        The first day of the second stretch.
    what : tuple of str
        What happened on that date, as the ledger has it; several where they share the day.
    days : int
        Length of each stretch.
    shift : Shift or Unknown
    placebo : Placebo or Unknown
    adjusted : float
        The p-value once it is counted how many dates were looked at, 0 to 1; NaN if there is none.
    found : bool
        Whether the measure moved on that date beyond chance, and more than around nearly all other
        dates.
    says : str
        The same in one plain sentence.
    """

    date: dt.date
    what: tuple[str, ...]
    days: int
    shift: Shift | Unknown
    placebo: Placebo | Unknown
    adjusted: float
    found: bool
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AroundADate:
    """What a measure did around the dates on which targets changed.

    Attributes
    ----------
    measure, says : str
        Which measure, and what it measures.
    unit : Unit
    first_day, last_day : datetime.date
        The days seen.
    dates : tuple of Moved
        One for each date that was given, in order of time; empty where it was looked for.
    looked_for : Change or Unknown or None
        The stretch of whole weeks that differs most, where no date was given; None otherwise.
    since, until : datetime.date or None
        The first day of that stretch and the first after it, if it was found and seen to begin, or
        to end.
    says_looked_for : str
        The same in one plain sentence; empty where dates were given.
    caveats : tuple of str
        What else could explain it.
    """

    measure: str
    says: str
    unit: Unit
    first_day: dt.date
    last_day: dt.date
    dates: tuple[Moved, ...]
    looked_for: Change | Unknown | None
    since: dt.date | None
    until: dt.date | None
    says_looked_for: str
    caveats: tuple[str, ...]


def moved(
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    *,
    at: int,
    others: Sequence[int] = (),
    rivals: Sequence[int] = (),
    unit: Unit,
    window: int = _WINDOW,
    level: float = 0.95,
) -> Compared:
    """How much a daily measure moved on one day, and on other days.

    Parameters
    ----------
    y, x : array_like
        For each day without a gap: what is added up, and over how many contacts (>= 0).
    at : int
        The place of the first day after the date.
    others : sequence of int
        Places of further dates like this one: no placebo straddles them.
    rivals : sequence of int
        Places of dates on which something else is known to have happened, which may be what moved
        the measure. They are no bar to a placebo: where something happens each week, none would be
        left.
    unit : Unit
        Of ``y / x``.
    window : int
        Days on either side, at most; fewer where the data begin or end earlier (>= 28).
    level : float
        Above 0 and below 1.

    Returns
    -------
    Compared

    Raises
    ------
    QuestionError
        If the series do not fit one another, or an option is out of its range.

    Notes
    -----
    The interval is that of :func:`andon.goodhart.level_shifts.level_shift`. The placebo dates are
    all those whose own two stretches lie wholly on one side of the date, and of the ``others``. A
    measure that drifts, or that often jumps, does so around them as well. On which day it moved,
    :func:`andon.goodhart.step_place.step_place` tells.
    """
    amounts, contacts = np.asarray(y, dtype=np.float64), np.asarray(x, dtype=np.float64)
    if window < SHORTEST_WAVE["day"]:
        raise QuestionError(
            "A stretch is too short to tell how a measure wanders by itself.",
            found=f"window: {window} days",
            todo=f"Use {SHORTEST_WAVE['day']} days or more; 56 is usual.",
        )
    periods = len(contacts)
    days = min(window, at, periods - at)

    def around(place: int) -> Shift | Unknown:
        here = slice(place - days, place + days)
        return level_shift(amounts[here], contacts[here], before=days, unit=unit, level=level)

    to: Unit = "points" if unit == "share" else unit
    if days < SHORTEST_WAVE["day"]:
        short = Unknown(
            unit=to,
            why=f"only {max(days, 0)} days are seen on one side of the date",
            needs=f"{SHORTEST_WAVE['day']} days before it and after it",
        )
        return Compared(shift=short, placebo=short)
    shift = around(at)
    if isinstance(shift, Unknown):
        return Compared(shift=shift, placebo=shift)
    both = slice(at - days, at + days)
    place = step_place(
        amounts[both],
        contacts[both],
        at=days,
        rivals=[each - at + days for each in (*others, *rivals)],
        level=level,
    )
    place = replace(place, best=place.best + at - days)
    known = (at, *others)
    clean = [
        place
        for place in range(days, periods - days + 1)
        if all(abs(place - each) >= days for each in known)
    ]
    found = [each for each in map(around, clean) if isinstance(each, Shift)]
    if len(found) < _PLACEBOS:
        few = Unknown(
            unit=to,
            why=f"only {len(found)} other dates lie clear of this one",
            needs="some months more, before or after",
        )
        return Compared(shift=shift, placebo=few, place=place)
    sizes = np.array([each.difference.value for each in found])
    as_large = int(np.count_nonzero(np.abs(sizes) >= abs(shift.difference.value)))
    return Compared(
        shift=shift,
        placebo=Placebo(
            dates=len(found),
            as_large=as_large,
            share=as_large / len(found),
            typical=float(sizes.mean()),
            largest=float(np.abs(sizes).max()),
        ),
        place=place,
    )


def around_a_date(
    contacts: ir.Table,
    *,
    measure: str,
    date: dt.date | None = None,
    changes: ir.Table | None = None,
    window: int = _WINDOW,
    level: float = 0.95,
    seed: int = 1,
) -> AroundADate:
    """Did a measure move on the day a target began or ended?

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's.
    measure : str
        A key of :data:`MEASURES`.
    date : datetime.date, optional
        On the operation's wall: the first day under the new rule.
    changes : ibis.Table, optional
        The ledger's changes: every one of kind ``target`` within the data is looked at, on its day
        by the operation's clock; what fits a change of another kind better is put down to that.
        With neither this nor ``date``, the date is looked for.
    window : int
        Days compared on either side (>= 28).
    level : float
        Of the intervals, above 0 and below 1. ``1 - level`` bounds the chance that any date is
        found where nothing happened on any, and the share of other dates that may move as much.
    seed : int
        Of the draws that tell chance from change where the date is looked for.

    Returns
    -------
    AroundADate

    Raises
    ------
    QuestionError
        If there is no such measure, nothing to measure it on, a date outside the data, both a date
        and changes, no target among the changes, or an option out of its range.

    Notes
    -----
    See :func:`moved` for a date that is known; one that is looked for is found among whole weeks by
    :mod:`andon.goodhart.change_points`, with a chance of error that counts the looking.
    """
    if measure not in MEASURES:
        raise QuestionError(
            f"There is no measure {measure!r} to look at around a date.",
            found=f"measure: {measure!r}",
            todo=f"Use any of: {', '.join(MEASURES)}.",
        )
    if date is not None and changes is not None:
        raise QuestionError(
            "Give a date or the ledger's changes, not both.",
            found=f"date: {date}, and changes",
            todo="Leave one of them out.",
        )
    kind = MEASURES[measure]
    days = _Days.of(contacts, kind)
    asked: dict[dt.date, tuple[str, ...]] = {}
    besides: dict[dt.date, tuple[str, ...]] = {}
    if date is not None:
        asked = {date: ()}
    elif changes is not None:
        asked = _targets(changes, days)
        besides = _by_day(changes.filter(changes.kind != "target"), days)
    for day in asked:
        _check(day, days)
    told = _each(days, kind, asked, besides, window=window, level=level)
    looked = None if asked else _looked_for(days, kind, level=level, seed=seed)
    return AroundADate(
        measure=measure,
        says=kind.says,
        unit=kind.unit,
        first_day=days.day(0),
        last_day=days.day(len(days.x) - 1),
        dates=told,
        looked_for=looked,
        since=days.week(looked.start) if isinstance(looked, Change) and looked.begins else None,
        until=days.week(looked.end) if isinstance(looked, Change) and looked.ends else None,
        says_looked_for="" if looked is None else _says_looked_for(days, kind, looked),
        caveats=_caveats(told, besides),
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Days:
    """Sums by day from the first day seen to the last; 0 and 0 on days without contacts."""

    first: int
    y: Floats
    x: Floats
    ahead_us: npt.NDArray[np.int64]
    """How far the operation's wall is ahead of UTC on each day."""

    @classmethod
    def of(cls, contacts: ir.Table, kind: Measure) -> _Days:
        amount, counts = kind.counts(contacts)
        since = contacts.local_arrived_us + AGES_US
        lean = contacts.select(
            day=((since - since % _DAY_US) / _DAY_US - AGES_US // _DAY_US).cast("int32"),
            amount=as_float(amount),
            ahead_us=contacts.local_arrived_us - contacts.arrived_us,
            counts=ibis.coalesce(counts, ibis.literal(value=False)),
        )
        table = (
            lean.group_by("day")
            .aggregate(
                y=ibis.coalesce(lean.amount.sum(where=lean.counts), 0.0),
                x=lean.count(where=lean.counts),
                ahead_us=lean.ahead_us.max(),
            )
            .order_by("day")
            .to_pyarrow()
        )
        at = np.asarray(table["day"].to_numpy(), dtype=np.int64)
        y, x = (np.asarray(table[name].to_numpy(), dtype=np.float64) for name in ("y", "x"))
        if not x.sum():
            raise QuestionError(
                f"There is nothing to measure: {kind.says}.",
                found=f"{len(at):,} days, none with such a contact",
                todo="Load what the measure needs, or ask for another measure.",
            )
        size = int(at[-1] - at[0]) + 1
        whole_y, whole_x = np.zeros(size), np.zeros(size)
        whole_y[at - at[0]], whole_x[at - at[0]] = y, x
        ahead_us = np.asarray(table["ahead_us"].to_numpy(), dtype=np.int64)
        last_seen = np.searchsorted(at, np.arange(size) + at[0], side="right") - 1
        return cls(first=int(at[0]), y=whole_y, x=whole_x, ahead_us=ahead_us[last_seen])

    def day(self, place: int) -> dt.date:
        return _EPOCH + dt.timedelta(days=self.first + place)

    def place(self, day: dt.date) -> int:
        return (day - _EPOCH).days - self.first

    def on_the_wall(self, instant_us: int) -> dt.date:
        """The day of an instant by the operation's clock; before the first day seen, by its."""
        place = instant_us // _DAY_US - self.first
        ahead_us = self.ahead_us[min(max(place, 0), len(self.ahead_us) - 1)]
        return _EPOCH + dt.timedelta(days=int(instant_us + ahead_us) // _DAY_US)

    @property
    def weeks(self) -> tuple[Floats, Floats]:
        """Sums by whole weeks, from the first day on."""
        whole = len(self.x) // _WEEK * _WEEK
        y, x = (each[:whole].reshape(-1, _WEEK).sum(axis=1) for each in (self.y, self.x))
        return y, x

    def week(self, place: int) -> dt.date:
        """The first day of a week."""
        return self.day(place * _WEEK)


def _targets(changes: ir.Table, days: _Days) -> dict[dt.date, tuple[str, ...]]:
    """What the ledger says of targets, by day, within the days seen."""
    by_day = _by_day(changes.filter(changes.kind == "target"), days)
    if not by_day:
        raise QuestionError(
            "No change of a target is in the ledger.",
            found="changes: none of kind target",
            todo="Record it with its day, give the date, or leave both out to look for it.",
        )
    inside = {day: what for day, what in by_day.items() if 0 < days.place(day) < len(days.x)}
    if not inside:
        _check(next(iter(by_day)), days)
    return inside


def _by_day(changes: ir.Table, days: _Days) -> dict[dt.date, tuple[str, ...]]:
    """What changed, by day on the operation's wall."""
    by_day: dict[dt.date, tuple[str, ...]] = {}
    for row in rows(changes.select("what", "changed_us").order_by("changed_us", "what")):
        day = days.on_the_wall(row["changed_us"])
        by_day[day] = (*by_day.get(day, ()), row["what"])
    return by_day


def _check(day: dt.date, days: _Days) -> None:
    if not 0 < days.place(day) < len(days.x):
        raise QuestionError(
            "The date lies outside the data, so there is no before or no after.",
            found=f"date: {day}, data from {days.day(0)} to {days.day(len(days.x) - 1)}",
            todo="Give a date within the data, or load the months around it.",
        )


def _each(
    days: _Days,
    kind: Measure,
    asked: Mapping[dt.date, tuple[str, ...]],
    besides: Mapping[dt.date, tuple[str, ...]],
    *,
    window: int,
    level: float,
) -> tuple[Moved, ...]:
    places = {day: days.place(day) for day in sorted(asked)}
    found = {
        day: moved(
            days.y,
            days.x,
            at=place,
            others=[each for each in places.values() if each != place],
            rivals=[days.place(each) for each in besides],
            unit=kind.unit,
            window=window,
            level=level,
        )
        for day, place in places.items()
    }
    tests = controlled(
        [each.shift.p if isinstance(each.shift, Shift) else np.nan for each in found.values()],
        level=1 - level,
    )
    told = []
    for (day, seen), adjusted, stands in zip(
        found.items(), tests.adjusted, tests.found, strict=True
    ):
        place = places[day]
        plain = Moved(
            date=day,
            what=asked[day],
            days=min(window, place, len(days.x) - place),
            shift=seen.shift,
            placebo=seen.placebo,
            adjusted=float(adjusted),
            found=bool(stands) and seen.stands_out(level),
            says="",
        )
        rather = None if seen.place is None or seen.place.here else days.day(seen.place.best)
        why = "; ".join(besides.get(rather, ())) if rather else ""
        told.append(replace(plain, says=_says(plain, kind, rather, why)))
    return tuple(told)


def _says(told: Moved, kind: Measure, rather: dt.date | None, why: str) -> str:
    if isinstance(told.shift, Unknown):
        return told.shift.says()
    when = f"{told.date.day} {told.date:%B %Y}"
    change = told.shift.difference
    way = "rose" if change.value > 0 else "fell"
    size = change if change.value > 0 else estimate.times(change, -1)
    measure = f"The measure ({kind.says})"
    if told.found:
        said = f"{measure} {way} on {when}, by {size.says()}."
        if isinstance(told.placebo, Unknown):
            return f"{said} There are too few other dates to compare it with."
        return (
            f"{said} Of {told.placebo.dates} other dates, "
            f"{told.placebo.as_large or 'none'} shows as much."
        )
    if told.shift.way and rather is not None:
        instead = f"rather around {rather.day} {rather:%B %Y}" + (f" ({why})" if why else "")
        return f"{measure} {way}, but not on {when}: {instead}."
    if told.shift.way and isinstance(told.placebo, Placebo):
        return (
            f"{measure} {way} around {when}, but hardly more than it does around other dates: as "
            f"much around {told.placebo.as_large} of {told.placebo.dates}."
        )
    return f"{measure} did not move on {when} beyond what it does by itself."


def _looked_for(days: _Days, kind: Measure, *, level: float, seed: int) -> Change | Unknown:
    y, x = days.weeks
    if kind.unit == "share":
        return changed_share(x, y, level=level, seed=seed)
    means = np.divide(y, x, out=np.zeros_like(y), where=x > 0)
    return changed_mean(x, means, unit=kind.unit, level=level, seed=seed)


def _says_looked_for(days: _Days, kind: Measure, looked: Change | Unknown) -> str:
    if isinstance(looked, Unknown):
        return looked.says()
    if not looked.found:
        return f"No week stands out after which the measure ({kind.says}) differs."
    way = "higher" if looked.difference.value > 0 else "lower"
    low, high = days.week(looked.start_low), days.week(looked.start_high)
    said = f"The measure ({kind.says}) is {way}"
    if looked.begins:
        said += f" from about {days.week(looked.start)} ({low} to {high})"
    if looked.ends:
        said += (
            f" until about {days.week(looked.end)} ({days.week(looked.end_low)} to "
            f"{days.week(looked.end_high)})"
        )
    return f"{said}: {looked.inside.says()}, against {looked.outside.says()}."


def _caveats(told: Sequence[Moved], besides: Mapping[dt.date, tuple[str, ...]]) -> tuple[str, ...]:
    said = [
        "Whatever else began on the same day moves the measure as well: a release, a price, a "
        "season.",
        "A measure that moves with its target may have got better. Its twin tells whether "
        "customers did.",
    ]
    said.extend(
        f"On {each.date} several targets changed ({'; '.join(each.what)}). Which of them moved the "
        "measure, we cannot tell."
        for each in told
        if len(each.what) > 1
    )
    said.extend(
        f"On {each.date} something else changed as well ({'; '.join(besides[each.date])}). It may "
        "be what moved the measure."
        for each in told
        if each.date in besides
    )
    for first, second in pairwise(told):
        apart = (second.date - first.date).days
        if apart < max(first.days, second.days):
            said.append(
                f"The targets of {first.date} and {second.date} are only {apart} days apart. What "
                "one did is in the figures of the other."
            )
    return tuple(said)
