"""Volumes: histories from a plain CSV file of contacts by interval, as any planning tool has it."""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from andon.capacity.history import History, exposure_of
from andon.errors import PlanError
from andon.units import DAY_S

__all__ = ["volumes"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_EPOCH: Final = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - the clock on the wall
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "queue": ("queue", "skill", "lob", "group", "channel", "team", "warteschlange"),
    "start": (
        "start",
        "interval",
        "interval_start",
        "datetime",
        "timestamp",
        "date_time",
        "from",
        "period",
        "zeit",
    ),
    "date": ("date", "day", "datum"),
    "time": ("time", "uhrzeit", "start_time"),
    "contacts": ("contacts", "volume", "calls", "offered", "count", "n", "arrivals", "anrufe"),
    "handle_s": (
        "handle_s",
        "aht",
        "aht_s",
        "handle_time",
        "handle_time_s",
        "average_handle_time",
        "handle",
    ),
}
_FORMATS: Final = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%Y/%m/%d %H:%M",
)
_EXPECTED: Final = 10.0
"""A day without rows is missing if its weekday usually brings so many; else it is closed."""
_NEAR: Final = 8


def volumes(path: Path, *, zone: str, interval_s: int = 1800) -> tuple[History, ...]:
    """Histories from a CSV file with a row for each queue and interval.

    Parameters
    ----------
    path : Path
        With a header. ``start`` is when the interval begins on the operation's wall clock (or
        with an offset from UTC), or ``date`` and ``time`` say it; ``contacts`` came in it;
        ``handle_s`` is their mean handle time in seconds (or H:MM:SS), empty where there were
        none; ``queue`` may be left out. Common other names are understood (volume, calls, offered,
        aht, skill, interval, ...). Days are day.month.year or day/month/year where they are not
        year-month-day. Intervals without a row had no contacts, days without any row are missing
        if that weekday usually brings contacts.
    zone : str
        IANA name.
    interval_s : int
        What the plan's intervals are to be; rows may be finer.

    Returns
    -------
    tuple of History
        The busiest queue first.

    Raises
    ------
    PlanError
        With file and line, if something cannot be understood.
    """
    rows = _rows(path, zone)
    finest = _finest(rows, path, interval_s)
    first = min(each.wall_s for each in rows) // DAY_S
    last = max(each.wall_s for each in rows) // DAY_S
    days, slots = last - first + 1, DAY_S // interval_s
    exposure = exposure_of(
        np.arange(first, last + 1, dtype=np.int64), zone=zone, interval_s=interval_s
    )
    _refuse_doubled(rows, exposure, path, first=first, interval_s=interval_s, finest=finest)
    made = []
    for queue in dict.fromkeys(each.queue for each in rows):
        mine = [each for each in rows if each.queue == queue]
        cell = np.array([each.wall_s for each in mine]) // interval_s - first * slots
        n = np.array([each.contacts for each in mine])
        known = np.array([each.handle_s > 0 for each in mine])
        work = np.array([each.contacts * max(each.handle_s, 0.0) for each in mine])

        def table(values: Floats, cell: npt.NDArray[np.int64] = cell) -> Floats:
            counted = np.bincount(cell, values, minlength=days * slots)
            return np.asarray(counted.reshape(days, slots), dtype=np.float64)

        counts = table(n)
        told = np.bincount(cell // slots, minlength=days) > 0
        made.append(
            History(
                queue=queue,
                zone=zone,
                interval_s=interval_s,
                first_day=int(first),
                counts=counts,
                exposure=exposure,
                seen=_seen(counts.sum(axis=1), told),
                handled=table(n * known),
                handle_total_s=table(work),
            )
        )
    return tuple(sorted(made, key=lambda each: -float(each.counts.sum())))


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    queue: str
    wall_s: int
    contacts: float
    handle_s: float
    """0 where it is not said."""


def _rows(path: Path, zone: str) -> list[_Row]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as bad:
        raise PlanError(
            "The volumes cannot be read.", found=f"{path}: {bad}", todo="Give a CSV file in UTF-8."
        ) from bad
    first = lines[0] if lines else ""
    delimiter = max(",;\t|", key=first.count)
    reader = csv.reader(lines, delimiter=delimiter)
    columns = _columns(next(reader, []), path)
    clock = ZoneInfo(zone)
    comma = delimiter != ","
    made = [
        _row(row, columns, path, reader.line_num, clock, comma=comma)
        for row in reader
        if any(each.strip() for each in row)
    ]
    if not made:
        raise PlanError(
            "The file of volumes has no rows.",
            found=f"{path}: {first or 'nothing'}",
            todo="Give a row for each queue and interval: queue,start,contacts,handle_s.",
        )
    return made


def _columns(header: Sequence[str], path: Path) -> dict[str, int]:
    said = ["_".join(each.strip().lower().replace("-", " ").split()) for each in header]
    columns: dict[str, int] = {}
    for name, spellings in _NAMES.items():
        at = [i for i, each in enumerate(said) if each in spellings]
        if len(at) > 1:
            raise PlanError(
                f"Two columns could be {name}.",
                found=f"{path}, line 1: {header[at[0]]} and {header[at[1]]}",
                todo=f"Call the one that is meant {name}, and rename or drop the other.",
            )
        if at:
            columns[name] = at[0]
    if "start" not in columns and "date" in columns and "time" not in columns:
        columns["start"] = columns.pop("date")
    missing = [each for each in ("start", "contacts", "handle_s") if each not in columns]
    if missing == ["start"] and "date" in columns:
        missing = []
    if missing:
        raise PlanError(
            f"The file of volumes has no column {missing[0]}.",
            found=f"{path}, line 1: {', '.join(header) or 'nothing'}",
            todo="Begin with the line: queue,start,contacts,handle_s",
        )
    return columns


def _row(
    row: Sequence[str],
    columns: dict[str, int],
    path: Path,
    line: int,
    clock: ZoneInfo,
    *,
    comma: bool,
) -> _Row:
    where = f"{path}, line {line}"

    def cell(name: str) -> str:
        at = columns.get(name)
        return row[at].strip() if at is not None and at < len(row) else ""

    start = cell("start") if "start" in columns else f"{cell('date')} {cell('time')}"
    contacts = _number(cell("contacts"), "contacts", where, comma=comma)
    if contacts is None:
        raise PlanError(
            "An interval has no number of contacts.",
            found=f"{where}: {start}",
            todo="Write 0 where nobody came, and leave out what is not known.",
        )
    handle = _seconds(cell("handle_s"), where, comma=comma)
    return _Row(
        line=line,
        queue=cell("queue") or "all",
        wall_s=_wall_s(start, where, clock),
        contacts=contacts,
        handle_s=handle or 0.0,
    )


def _number(said: str, name: str, where: str, *, comma: bool) -> float | None:
    if not said:
        return None
    try:
        value = float(said.replace(",", ".") if comma else said)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise PlanError(
            f"{name} must be a number, 0 or more.",
            found=f"{where}: {said}",
            todo="Write it without units and without separators of thousands.",
        )
    return value


def _seconds(said: str, where: str, *, comma: bool) -> float | None:
    if ":" not in said:
        return _number(said, "handle_s", where, comma=comma)
    parts = said.split(":")
    if not all(each.isdigit() for each in parts) or len(parts) > 3:
        raise PlanError(
            "A handle time is neither seconds nor H:MM:SS.",
            found=f"{where}: {said}",
            todo="Write 245 or 0:04:05.",
        )
    return float(sum(int(each) * 60**i for i, each in enumerate(reversed(parts))))


def _wall_s(said: str, where: str, clock: ZoneInfo) -> int:
    at: dt.datetime | None
    try:
        at = dt.datetime.fromisoformat(said)
    except ValueError:
        at = None
    for each in _FORMATS if at is None else ():
        try:
            at = dt.datetime.strptime(said, each)  # noqa: DTZ007 - the clock on the wall
            break
        except ValueError:
            continue
    if at is None:
        raise PlanError(
            "An interval's start cannot be understood.",
            found=f"{where}: {said or 'nothing'}",
            todo="Write it as 2025-03-31 08:30, on the operation's own clock.",
        )
    if at.tzinfo is not None:
        at = at.astimezone(clock).replace(tzinfo=None)
    return int((at - _EPOCH).total_seconds())


def _finest(rows: Sequence[_Row], path: Path, interval_s: int) -> int:
    """The length of the file's own intervals: what all starts have in common."""
    finest = interval_s
    for each in rows:
        finest = math.gcd(finest, each.wall_s % DAY_S)
    if finest < 60:
        odd = next(each for each in rows if each.wall_s % 60)
        raise PlanError(
            "An interval does not begin at a whole minute.",
            found=f"{path}, line {odd.line}",
            todo="Give volumes by interval; single contacts go through andon ingest.",
        )
    steps = sorted({each.wall_s for each in rows})
    gaps = [b - a for a, b in pairwise(steps)]
    own = min(gaps, default=interval_s)
    if own > interval_s:
        raise PlanError(
            "The file's intervals are longer than the plan's.",
            found=f"{path}: {own // 60} minutes, the plan's are {interval_s // 60}",
            todo="Export the volumes by half-hour, or plan by the hour.",
        )
    return finest


def _refuse_doubled(
    rows: Sequence[_Row], exposure: Floats, path: Path, *, first: int, interval_s: int, finest: int
) -> None:
    """The same queue and interval twice is an error, but in the hour that comes twice."""
    met: dict[tuple[str, int], int] = {}
    for each in rows:
        key = (each.queue, each.wall_s // finest)
        twice = exposure[each.wall_s // DAY_S - first, each.wall_s % DAY_S // interval_s] > 1
        if key in met and not twice:
            raise PlanError(
                "The same queue and interval is there twice.",
                found=f"{path}, line {each.line}: as in line {met[key]}",
                todo="Add the two up, or drop one.",
            )
        met.setdefault(key, each.line)


def _seen(totals: Floats, told: Bools) -> Bools:
    """Days without rows are unseen where the same weekday, near by, usually brings contacts."""
    seen = told.copy()
    for i in np.flatnonzero(~told):
        near = np.arange(i % 7, len(told), 7)
        near = near[np.argsort(np.abs(near - i), kind="stable")][1 : 2 * _NEAR + 1]
        there = near[told[near]]
        usual = 2 * len(there) > len(near) and np.median(totals[there]) >= _EXPECTED
        seen[i] = not usual
    return seen
