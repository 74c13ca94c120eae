"""The calendar: which days are not like others, and why.

Pure data: a date has named events. What they do to the number of contacts is learnt from the past
elsewhere, unless the planner says it with a factor.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

from andon.errors import MissingExtra, PlanError

__all__ = ["KINDS", "Calendar", "Event", "Kind", "own_events", "public_holidays"]

Kind = Literal["closed", "holiday", "eve", "half", "own"]
"""Closed by decision; a public holiday; the day before one; a day that is a holiday for some
(optional, for schools or for banks only); an event of the operation's own."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_DAY: Final = dt.timedelta(days=1)
_FULL: Final = "public"
_LARGEST: Final = 100.0
_HEADERS: Final[dict[str, str]] = {
    said: name
    for name, many in (
        ("date", "date day datum tag on from start"),
        ("until", "until to end last bis"),
        ("name", "name event what summary title ereignis"),
        ("factor", "factor effect times faktor"),
        ("kind", "kind type art"),
    )
    for said in many.split()
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that makes a day differ from others.

    Attributes
    ----------
    name : str
        What it is called; days with the same name are taken to be alike.
    kind : Kind
    factor : float or None
        So many times the contacts of the day as it would have been, above 0; None where the past
        is to tell.
    """

    name: str
    kind: Kind = "own"
    factor: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise PlanError(
                f"{self.kind!r} is no kind of day.",
                found=f"{self.name}: kind = {self.kind!r}",
                todo=f"Use one of: {', '.join(KINDS)}.",
            )
        if not self.name.strip():
            raise PlanError(
                "A day of the calendar has no name.",
                found=f"name = {self.name!r}",
                todo="Name it: days of one name are taken to be alike.",
            )
        if self.factor is not None and not 0 < self.factor <= _LARGEST:
            raise PlanError(
                "An event's factor must be above 0 and at most 100.",
                found=f"{self.name}: factor = {self.factor:g}",
                todo="Write 1.4 for 40 % more contacts; write kind closed for a closed day.",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Calendar:
    """The days that are not like others; every other day is ordinary.

    Attributes
    ----------
    events : mapping of date to tuple of Event

    Examples
    --------
    >>> new_year = dt.date(2025, 1, 1)
    >>> calendar = Calendar(events={new_year: (Event(name="New Year's Day", kind="holiday"),)})
    >>> calendar.on(new_year)[0].name, calendar.on(dt.date(2025, 1, 2))
    ("New Year's Day", ())
    """

    events: Mapping[dt.date, tuple[Event, ...]] = field(default_factory=dict)

    def on(self, day: dt.date) -> tuple[Event, ...]:
        """What there is on a day."""
        return self.events.get(day, ())

    def __add__(self, other: Calendar) -> Calendar:
        """Both calendars in one; an event that both have counts once."""
        days = sorted({*self.events, *other.events})
        return Calendar(
            events={day: tuple(dict.fromkeys((*self.on(day), *other.on(day)))) for day in days}
        )

    def known(self) -> tuple[str, ...]:
        """Names of all events, in order of the alphabet."""
        return tuple(sorted({event.name for events in self.events.values() for event in events}))


def public_holidays(
    country: str,
    *,
    first: dt.date,
    last: dt.date,
    subdivision: str | None = None,
    categories: Sequence[str] = ("public",),
    language: str | None = None,
) -> Calendar:
    """A country's holidays from ``first`` to ``last``, and the days before them.

    Parameters
    ----------
    country : str
        ISO code of two letters, such as ``IL``.
    first, last : datetime.date
        Both counted in.
    subdivision : str, optional
        ISO code of a state or province, such as ``BY``.
    categories : sequence of str
        As the ``holidays`` library has them for that country. Those of ``public`` are holidays; a
        day that is only in another category (optional, school, bank) is half a holiday.
    language : str, optional
        Of the names; by default English (en_US) where there are English names.

    Returns
    -------
    Calendar
        The day before a holiday is an eve, unless it is a holiday itself. A half holiday before a
        holiday is both.

    Raises
    ------
    MissingExtra
        If the ``holidays`` library is not installed.
    PlanError
        If it does not know the country, the subdivision or a category.

    Examples
    --------
    >>> found = public_holidays("IL", first=dt.date(1999, 9, 1), last=dt.date(1999, 9, 30))
    >>> [(event.kind, event.name) for event in found.on(dt.date(1999, 9, 19))]
    [('eve', 'day before Yom Kippur')]
    """
    try:
        import holidays  # noqa: PLC0415
    except ImportError as missing:
        raise MissingExtra.named("plan", needs="holidays", purpose="A plan's calendar") from missing
    known = holidays.list_supported_countries(include_aliases=True)
    code = country.strip().upper()
    if code not in known:
        raise PlanError(
            f"There are no holidays for the country {country!r}.",
            found=f"country: {country}",
            todo="Give its ISO code of two letters, such as DE, or leave the country out.",
        )
    if subdivision is not None and subdivision not in known[code]:
        raise PlanError(
            f"{code} has no subdivision {subdivision!r}.",
            found=f"subdivision: {subdivision}",
            todo=f"Use one of: {', '.join(known[code]) or 'none, leave it out'}.",
        )
    offered = holidays.list_localized_countries().get(code, [])
    english = next((each for each in ("en_US", "en_GB", "en") if each in offered), None)
    full: dict[dt.date, str] = {}
    half: dict[dt.date, str] = {}
    for category in dict.fromkeys(categories):
        try:
            found = holidays.country_holidays(
                code,
                subdiv=subdivision,
                years=range(first.year, last.year + 2),
                categories=(category,),
                language=language or english,
            )
        except ValueError as bad:
            raise PlanError(
                f"{code} has no holidays of the category {category!r}.",
                found=str(bad),
                todo="Use public, and those of optional, bank, school that the country has.",
            ) from bad
        for day, name in found.items():
            (full if category == _FULL else half).setdefault(day, str(name))
    events: dict[dt.date, tuple[Event, ...]] = {}
    for day in sorted({*full, *half, *(each - _DAY for each in full)}):
        if not first <= day <= last:
            continue
        here: list[Event] = []
        if day in full:
            here.append(Event(name=full[day], kind="holiday"))
        else:
            if day + _DAY in full:
                here.append(Event(name=f"day before {full[day + _DAY]}", kind="eve"))
            if day in half:
                here.append(Event(name=half[day], kind="half"))
        events[day] = tuple(here)
    return Calendar(events=events)


def own_events(path: Path) -> Calendar:
    """The operation's own events and closed days, from a CSV file or an iCalendar file.

    Parameters
    ----------
    path : Path
        A CSV file with a header: ``date`` (YYYY-MM-DD), ``name``, and where wanted ``until`` (the
        last day of a longer event), ``factor`` (1.4 for 40 % more contacts) and ``kind`` (own,
        closed, holiday, half; own where it is empty). Or an ``.ics`` file, of which the whole-day
        events are taken, without factors.

    Raises
    ------
    PlanError
        With file and line, if a row cannot be understood.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as bad:
        raise PlanError(
            "The calendar cannot be read.",
            found=f"{path}: {bad}",
            todo="Give a CSV or .ics file in UTF-8.",
        ) from bad
    rows = _ics(text, path) if path.suffix.lower() == ".ics" else _csv(text, path)
    events: dict[dt.date, tuple[Event, ...]] = {}
    for first, last, event in rows:
        for i in range((last - first).days + 1):
            day = first + i * _DAY
            events[day] = (*events.get(day, ()), event)
    return Calendar(events=dict(sorted(events.items())))


_Row = tuple[dt.date, dt.date, Event]
_LONGEST_DAYS: Final = 366


def _csv(text: str, path: Path) -> Iterable[_Row]:
    lines = text.splitlines()
    try:
        delimiter = csv.Sniffer().sniff("\n".join(lines[:20]), delimiters=",;\t|").delimiter
    except csv.Error:
        delimiter = ","
    reader = csv.reader(lines, delimiter=delimiter)
    header = [_HEADERS.get(each.strip().lower(), "") for each in next(reader, [])]
    if "date" not in header or "name" not in header:
        raise PlanError(
            "The calendar needs the columns date and name.",
            found=f"{path}, line 1: {lines[0] if lines else 'nothing'}",
            todo="Begin with the line: date,name,factor",
        )
    for row in reader:
        if not any(each.strip() for each in row):
            continue
        cells = {name: cell.strip() for name, cell in zip(header, row, strict=False) if name}
        where = f"{path}, line {reader.line_num}"
        first = _date(cells["date"], where)
        last = _date(cells["until"], where) if cells.get("until") else first
        yield (*_span(first, last, where), _event(cells, where))


def _event(cells: Mapping[str, str], where: str) -> Event:
    kind = cells.get("kind", "").lower() or "own"
    said = cells.get("factor", "").replace(",", ".").lower().lstrip("x\u00d7").strip()
    try:
        factor = float(said) if said else None
    except ValueError:
        factor = math.nan
    if factor is not None and math.isnan(factor):
        raise PlanError(
            "An event's factor is no number.",
            found=f"{where}: {cells['factor']}",
            todo="Write 1.4 for 40 % more contacts.",
        )
    try:
        return Event(name=cells.get("name", ""), kind=kind, factor=factor)  # type: ignore[arg-type]
    except PlanError as bad:
        raise PlanError(bad.wrong, found=f"{where}: {bad.found}", todo=bad.todo) from bad


def _ics(text: str, path: Path) -> Iterable[_Row]:
    """Whole-day events of an iCalendar file (RFC 5545); its long lines go on after a space."""
    inside: dict[str, str] = {}
    unfolded = text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "")
    for line in unfolded.split("\n"):
        name, _, value = line.partition(":")
        field_name = name.split(";")[0].upper()
        if line.upper().startswith("BEGIN:VEVENT"):
            inside = {}
        elif line.upper().startswith("END:VEVENT"):
            start, end = inside.get("DTSTART", ""), inside.get("DTEND", "")
            if len(start) != 8:
                continue
            where = f"{path}, {inside.get('SUMMARY', 'an event')}"
            first = _date(start, where)
            last = _date(end, where) - _DAY if len(end) == 8 else first
            yield (
                *_span(first, max(first, last), where),
                _event({"name": inside.get("SUMMARY", "")}, where),
            )
        else:
            inside[field_name] = value.strip().replace("\\,", ",").replace("\\;", ";")


def _date(said: str, where: str) -> dt.date:
    try:
        return dt.date.fromisoformat(said)
    except ValueError as bad:
        raise PlanError(
            "A day of the calendar is no date.",
            found=f"{where}: {said or 'nothing'}",
            todo="Write it as YYYY-MM-DD, such as 2025-12-24.",
        ) from bad


def _span(first: dt.date, last: dt.date, where: str) -> tuple[dt.date, dt.date]:
    if not 0 <= (last - first).days <= _LONGEST_DAYS:
        raise PlanError(
            "An event ends before it begins, or lasts over a year.",
            found=f"{where}: {first} to {last}",
            todo="Correct its last day.",
        )
    return first, last
