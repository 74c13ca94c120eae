"""Ingest from its definition: plain Python, one row at a time, everything in dictionaries.

Nothing here is fast and nothing is shared with what it checks, but the mapping as it was loaded and
the declaration of the ledger's tables.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from andon.ledger.checks import CHECKS
from andon.ledger.mapping import Condition, Rule
from andon.ledger.mapping import Mapping as MappingFile
from andon.ledger.tables import Column

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
WALL = dt.datetime(1970, 1, 1)  # noqa: DTZ001 - a wall clock has no zone
US = dt.timedelta(microseconds=1)
DAY_US = 86_400_000_000
LONGEST_QUOTE = 1_000
ORDERED = ("arrived_at", "queued_at", "answered_at", "ended_at")
SLACK_US = 5_000_000
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "days": 86400.0, "clock": 1.0}

Raw = dict[str, str | None]


# Text files --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A row of a file, or a line that is none: then ``check`` says why."""

    number: int
    values: Raw | None
    check: str
    content: str


def fields_of(  # noqa: PLR0912 - one branch for each state
    text: str, delimiter: str = ",", quote: str = '"'
) -> list[str] | str:
    """The fields of a record; ``"open"`` if a quote is not closed, ``"broken"`` if it is misplaced.

    A field is quoted if its first character after spaces is a quote; only spaces may follow the
    closing quote. Any other field is taken as it stands, quotes and all.
    """
    fields: list[str] = []
    i = 0
    while True:
        start = i
        while i < len(text) and text[i] == " ":
            i += 1
        if quote and i < len(text) and text[i] == quote:
            i += 1
            value = ""
            while True:
                if i >= len(text):
                    return "open"
                if text[i] != quote:
                    value += text[i]
                    i += 1
                elif text[i + 1 : i + 2] == quote:
                    value += quote
                    i += 2
                else:
                    i += 1
                    break
            while i < len(text) and text[i] == " ":
                i += 1
            if i < len(text) and text[i] != delimiter:
                return "broken"
        else:
            i = start
            while i < len(text) and text[i] != delimiter:
                i += 1
            value = text[start:i]
        fields.append(value)
        if i >= len(text):
            return fields
        i += 1


def record_of(text: str, width: int, delimiter: str, quote: str) -> list[str] | str:
    """As many fields as the header has; empty ones at the end are nothing."""
    fields = fields_of(text, delimiter, quote)
    if isinstance(fields, str):
        return fields
    while len(fields) > width and fields[-1] == "":
        fields.pop()
    return fields if len(fields) == width else "ragged"


def lines_of(data: bytes, *, delimiter: str = ",", quote: str = '"') -> Iterator[Line]:
    """Every record of a file with a header, in order."""
    raw = data.split(b"\n")
    if raw[-1] == b"":
        raw.pop()
    raw = [line.removesuffix(b"\r") for line in raw]
    at = next(i for i, line in enumerate(raw) if line)
    header = [each.strip() for each in fields_of(raw[at].decode(), delimiter, quote)]
    at += 1
    while at < len(raw):
        number, line = at + 1, raw[at]
        at += 1
        if not line:
            continue
        text = line.decode("utf-8", errors="backslashreplace")
        if not _is_utf8(line):
            yield Line(number, None, "utf8", text)
            continue
        fields = record_of(text, len(header), delimiter, quote)
        if fields == "open":
            found = _joined(raw, at, text, len(header), delimiter, quote)
            if found is None:
                yield Line(number, None, "closed_quotes", text)
                continue
            fields, at = found
        if isinstance(fields, str):
            check = "closed_quotes" if fields == "broken" else "whole_row"
            yield Line(number, None, check, text)
            continue
        values = {name: value or None for name, value in zip(header, fields, strict=True)}
        content = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        yield Line(number, values, "", content)


def _joined(
    raw: Sequence[bytes], at: int, text: str, width: int, delimiter: str, quote: str
) -> tuple[list[str], int] | None:
    """The record that begins with ``text``, and the line after it; None if it never ends.

    It never ends if more of the lines inside it are whole rows than are not: then its quote was
    left open, and swallows its neighbours.
    """
    inside: list[bool] = []
    for i in range(at, min(len(raw), at + LONGEST_QUOTE)):
        if not _is_utf8(raw[i]):
            return None
        following = raw[i].decode()
        text += "\n" + following
        record = record_of(text, width, delimiter, quote)
        if record != "open":
            if isinstance(record, str) or 2 * sum(inside) > len(inside):
                return None
            return record, i + 1
        alone = record_of(following, width, delimiter, quote)
        inside.append(width > 1 and not isinstance(alone, str))
    return None


def _is_utf8(line: bytes) -> bool:
    if b"\0" in line:
        return False
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


# Rows --------------------------------------------------------------------------------------------


def trimmed(text: str | None) -> str | None:
    """Without spaces around it; nothing where nothing is left."""
    if text is None:
        return None
    spaces = {char for char in text if unicodedata.category(char) == "Zs"}
    return text.strip("".join(spaces)) or None if spaces else text or None


@dataclass
class Row:
    """A row of the ledger on its way: values by column, and what was found on the way."""

    values: dict[str, Any] = field(default_factory=dict)
    broken: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    order: tuple[Any, ...] = ()
    thread: str | None = None

    @property
    def verdict(self) -> tuple[str, str] | None:
        """The first check that the row breaks, in the order of :data:`CHECKS`."""
        order = [check.name for check in CHECKS]
        return min(self.broken, key=lambda each: order.index(each[0]), default=None)


@dataclass
class Reader:
    """A mapping, applied to one row after another."""

    mapping: MappingFile
    home: str = "UTC"
    key: bytes | None = None
    now: dt.datetime = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)

    def row(self, raw: Raw) -> Row:  # noqa: PLR0912 - one branch for each kind of column
        table, row = self.mapping.table, Row()
        for each in self.mapping.filters:
            if self._all(each.when, raw):
                row.broken.append(("filter", each.reason))
        instants: dict[str, int | None] = {}
        rules = {rule.column: rule for rule in self.mapping.rules}
        main = self._main()
        waiting = list(rules)
        while waiting:
            name = waiting.pop(0)
            if any(anchor in waiting for anchor in rules[name].anchors):
                waiting.append(name)
                continue
            column = table.column(name)
            assert column is not None
            case = self._case(rules[name], raw)
            if column.kind == "instant":
                instants[name], _ = self._instant(case, column, raw, instants, row, main)
            else:
                row.values[name], _ = self._plain(case, column, raw, row)
        self._check_instants(instants, row, main)
        if table.name == "contacts":
            self._put_in_order(instants, row)
        row.values |= instants
        for column in table.mapped:
            if column.required and column.name not in {"source", table.key}:
                lacks = row.values.get(column.name) is None
                if lacks and column.name not in {about for _, about in row.broken}:
                    row.broken.append(("required_present", column.name))
        if row.values.get(table.key) is None:
            row.broken.append(("id_present", table.key))
        if "customer_id" in rules and row.values["customer_id"] is None:
            row.notes.append(("customer_known", "customer_id"))
        self._finish(row)
        if self.mapping.updates:
            row.order = tuple(
                _ordered(trimmed(raw[name])) for name in self.mapping.updates.order_by
            )
            row.thread = trimmed(raw.get(self.mapping.updates.follow or ""))
        return row

    def _main(self) -> str | None:
        columns = self.mapping.table.columns
        return next((c.name for c in columns if c.kind == "instant" and c.required), None)

    def _case(self, rule: Rule, raw: Raw) -> Rule | None:
        return next((case for case in rule.alternatives if self._all(case.when, raw)), None)

    def _all(self, conditions: Sequence[Condition], raw: Raw) -> bool:
        return all(
            _holds(condition, trimmed(raw.get(condition.column))) for condition in conditions
        )

    # One value -------------------------------------------------------------------------------

    def _text(self, case: Rule, raw: Raw) -> str | None:
        if case.constant is not None:
            return case.constant
        texts = [_clean(raw.get(name), case) for name in case.clocks or case.sources]
        if case.join is not None:
            return case.join.join(map(str, texts)) if None not in texts else None
        return next((text for text in texts if text is not None), None)

    def _plain(  # noqa: PLR0911 - one return for each kind of value
        self, case: Rule | None, column: Column, raw: Raw, row: Row
    ) -> tuple[Any, bool]:
        text = None if case is None else self._text(case, raw)
        if case is None or text is None:
            return None, False
        name = column.name
        if case.values:
            table = dict(case.values)
            if text not in table and case.otherwise != "keep":
                if case.otherwise == "quarantine":
                    row.broken.append(("known_value", name))
                return None, True
            text = table.get(text, text)
        if column.kind == "string":
            if column.one_of and text not in column.one_of:
                if case.otherwise != "missing":
                    row.broken.append(("known_value", name))
                return None, True
            return text, True
        if column.kind == "bool":
            flag = {**dict.fromkeys(("true", "t", "yes", "y", "1"), True)}
            flag |= dict.fromkeys(("false", "f", "no", "n", "0"), False)
            if text.lower() not in flag:
                row.broken.append(("known_value", name))
            return flag.get(text.lower()), True
        number = _number(text, case)
        if number is None or (column.kind == "int" and (number % 1 or abs(number) > 2**62)):
            row.broken.append(("is_a_number", name))
            return None, True
        if column.unit == "s":
            number *= UNITS[case.unit]
        return self._in_range(int(number) if column.kind == "int" else number, case, column, row)

    def _in_range(
        self, number: float, case: Rule, column: Column, row: Row
    ) -> tuple[float | None, bool]:
        seconds = column.unit == "s"
        least = case.at_least if case.at_least is not None else 0.0 if seconds else -math.inf
        most = case.at_most if case.at_most is not None else 86_400.0 if seconds else math.inf
        if least <= number <= most:
            return number, True
        if case.beyond == "quarantine":
            row.broken.append(("in_range", column.name))
            return number, True
        if not seconds:
            row.notes.append(("number_plausible", column.name))
        elif number < least:
            row.notes.append(("duration_not_negative", column.name))
        else:
            row.notes.append(("duration_plausible", column.name))
        return None, True

    # Instants --------------------------------------------------------------------------------

    def _instant(  # noqa: PLR0911 - one return for each way to tell a time
        self,
        case: Rule | None,
        column: Column,
        raw: Raw,
        known: Mapping[str, int | None],
        row: Row,
        main: str | None,
    ) -> tuple[int | None, bool]:
        """UTC microseconds, and whether the file says anything."""
        if case is None:
            return None, False
        zone = ZoneInfo(case.zone or self.mapping.zone or self.home)
        if case.after or case.before:
            return self._shifted(case, column, raw, known, row)
        text = self._text(case, raw)
        if text is None:
            return None, False
        if case.clocks:
            clock = _clock(text, case.formats)
            date = _date(_clean_text(raw.get(case.date or "")), case.date_formats or ("iso",))
            if clock is None or date is None:
                row.broken.append(("is_a_time", column.name))
                return None, True
            wall = (date - WALL) // US // DAY_US * DAY_US + clock
            if case.near and known[case.near] is not None:
                anchor = known[case.near] or 0
                here = _local(anchor, zone)
                days = (here - wall) / DAY_US
                wall += math.floor(abs(days) + 0.5) * (1 if days > 0 else -1) * DAY_US
            return self._from_wall(wall, zone, column, row, main), True
        offset = _utc(text, case.formats or ("iso",))
        if offset is not None:
            return offset, True
        walled = _wall(text, case.formats or ("iso",))
        if walled is None:
            row.broken.append(("is_a_time", column.name))
            return None, True
        return self._from_wall((walled - WALL) // US, zone, column, row, main), True

    def _from_wall(
        self, wall: int, zone: ZoneInfo, column: Column, row: Row, main: str | None
    ) -> int:
        shown = WALL + wall * US
        first, second = (
            (shown.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC) - EPOCH) // US
            for fold in (0, 1)
        )
        if column.name == main and _local(first, zone) != wall:
            row.broken.append(("time_existed", column.name))
        elif column.name == main and first != second:
            row.notes.append(("time_was_once", column.name))
        return first

    def _shifted(
        self, case: Rule, column: Column, raw: Raw, known: Mapping[str, int | None], row: Row
    ) -> tuple[int | None, bool]:
        anchor = known[case.after or case.before or ""]
        texts = [text for name in case.sources if (text := _clean(raw.get(name), case)) is not None]
        if not texts:
            return None, False
        parts = [_number(text, case) for text in texts]
        if None in parts:
            row.broken.append(("is_a_number", column.name))
            return None, True
        if anchor is None:
            return None, False
        shift = round(sum(part * UNITS[case.unit] for part in parts if part is not None) * 1e6)
        return anchor + (shift if case.after else -shift), True

    def _check_instants(self, instants: dict[str, int | None], row: Row, main: str | None) -> None:
        latest = (self.now - EPOCH) // US + DAY_US
        for name, at in instants.items():
            column = self.mapping.table.column(name)
            assert column is not None
            if at is None:
                continue
            if at > latest:
                if column.required:
                    row.broken.append(("not_in_future", name))
                else:
                    row.notes.append(("known_by_now", name))
                    instants[name] = None
            elif at < 0 and name == main:
                row.broken.append(("after_1970", name))

    def _put_in_order(self, instants: dict[str, int | None], row: Row) -> None:
        floor: int | None = None
        for name in ORDERED:
            at = instants.get(name)
            if at is None:
                continue
            if floor is not None and at < floor - SLACK_US:
                row.notes.append(("times_in_order", name))
                instants[name] = None
                continue
            floor = at if floor is None else max(at, floor)
            instants[name] = floor

    # The ledger's own columns ----------------------------------------------------------------

    def _finish(self, row: Row) -> None:
        table, values = self.mapping.table, row.values
        for name in {"contact_id", "previous_contact_id", table.key}:
            if values.get(name) is not None:
                rule = self.mapping.rule(name)
                case_of = rule.alternatives[0].of if rule else None
                values[name] = f"{case_of or self.mapping.source}:{values[name]}"
        for name in ("customer_id", "advisor_id"):
            rule = self.mapping.rule(name)
            hidden = rule is not None and all(case.pseudonym for case in rule.alternatives)
            if self.key is not None and hidden and values.get(name) is not None:
                prefix = hashlib.sha256(self.key).hexdigest()[:32]
                digest = hashlib.sha256((prefix + str(values[name])).encode())
                values[name] = digest.hexdigest()[:16]
        if table.name == "contacts" and values.get("arrived_at") is not None:
            values["local_arrived_us"] = _local(values["arrived_at"], ZoneInfo(self.home))


def _holds(condition: Condition, text: str | None) -> bool:  # noqa: PLR0911 - one for each test
    if condition.test == "missing":
        return (text is None) == (condition.values[0] == "true")
    if condition.test == "not":
        return text is None or text not in condition.values
    if text is None:
        return False
    if condition.test == "is":
        return text in condition.values
    if condition.test == "like":
        return re.search(condition.values[0], text) is not None
    try:
        number = float(text)
    except ValueError:
        return False
    limit = float(condition.values[0])
    return number < limit if condition.test == "below" else number > limit


def _clean(value: str | None, case: Rule) -> str | None:
    text = trimmed(value)
    if text is None:
        return None
    for pattern, replacement in case.replace:
        text = re.sub(pattern, replacement, text)
    text = trimmed(text)
    if text is None or text in case.missing:
        return None
    if case.missing_like is not None and re.fullmatch(case.missing_like, text):
        return None
    return text


def _clean_text(value: str | None) -> str:
    return trimmed(value) or ""


def _number(text: str, case: Rule) -> float | None:
    if case.unit == "clock":
        found = re.fullmatch(r"(-?)(?:(\d+):)?([0-5]?\d):([0-5]?\d(?:\.\d+)?)", text)
        if found is None:
            return None
        size = int(found[2] or 0) * 3600 + int(found[3]) * 60 + float(found[4])
        return -size if found[1] else size
    if case.decimal == ",":
        text = text.replace(".", "").replace(",", ".")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6}))?)?)?"
    r"\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?"
)


def _wall(text: str, formats: Sequence[str]) -> dt.datetime | None:
    """A wall time without an offset."""
    for each in formats:
        if each == "iso":
            found = _ISO.fullmatch(text)
            if found is None or found[8]:
                continue
            parts = [int(part or 0) for part in found.groups()[:6]]
            micro = int((found[7] or "").ljust(6, "0") or 0)
            try:
                return dt.datetime(*parts, micro)  # type: ignore[arg-type, call-arg]  # noqa: DTZ001
            except ValueError:
                continue
        if each.startswith("epoch_") or "%z" in each:
            continue
        try:
            return dt.datetime.strptime(text, each)  # noqa: DTZ007
        except ValueError:
            continue
    return None


def _date(text: str, formats: Sequence[str]) -> dt.datetime | None:
    """A date, from what may be a time as well: the day that is written there."""
    found = _ISO.fullmatch(text)
    return _wall(text[: found.start(8)].strip() if found and found[8] else text, formats)


def _utc(text: str, formats: Sequence[str]) -> int | None:
    """UTC microseconds, of what has an offset or counts from 1970."""
    for each in formats:
        if each in {"epoch_s", "epoch_ms", "epoch_us"}:
            scale = {"epoch_s": 1e6, "epoch_ms": 1e3, "epoch_us": 1.0}[each]
            if re.fullmatch(r"-?\d+(\.\d+)?", text):
                return round(float(text) * scale)
        elif each == "iso":
            found = _ISO.fullmatch(text)
            if found is None or not found[8]:
                continue
            wall = _wall(text[: found.start(8)].strip(), ("iso",))
            if wall is None:
                continue
            return (wall - WALL) // US - _offset_us(found[8])
        elif "%z" in each:
            try:
                return (dt.datetime.strptime(text, each) - EPOCH) // US  # noqa: DTZ007
            except ValueError:
                continue
    return None


def _offset_us(said: str) -> int:
    if said in {"Z", "UTC"}:
        return 0
    digits = said[1:].replace(":", "").ljust(4, "0")
    size = (int(digits[:2]) * 60 + int(digits[2:])) * 60_000_000
    return -size if said[0] == "-" else size


def _clock(text: str, formats: Sequence[str]) -> int | None:
    """A clock time as microseconds since midnight."""
    for each in formats or ("iso",):
        if each == "iso":
            found = re.fullmatch(r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6}))?)?", text)
            if found is None:
                continue
            hours, minutes, seconds = (int(part or 0) for part in found.groups()[:3])
            micro = int((found[4] or "").ljust(6, "0") or 0)
            whole = (hours * 3600 + minutes * 60 + seconds) * 1_000_000 + micro
            if minutes < 60 and seconds < 60 and whole <= DAY_US:
                return whole
            continue
        try:
            at = dt.datetime.strptime(text, each)  # noqa: DTZ007
        except ValueError:
            continue
        return (at - at.replace(hour=0, minute=0, second=0, microsecond=0)) // US
    return None


def _local(utc_us: int, zone: ZoneInfo) -> int:
    return (((EPOCH + utc_us * US).astimezone(zone)).replace(tzinfo=None) - WALL) // US


def _ordered(text: str | None) -> tuple[Any, ...]:
    """Numbers by size, then texts; nothing comes last, as it does in SQL."""
    try:
        number = float(text) if text is not None else None
    except ValueError:
        number = None
    return (number is None, number or 0.0, text is None, text or "")


# The ledger --------------------------------------------------------------------------------------


@dataclass
class Counts:
    """The law, and what was set aside, of one run."""

    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    set_aside: list[tuple[str, int, str, str]] = field(default_factory=list)
    """File, line, check and content."""
    notes: Counter[str] = field(default_factory=Counter)


@dataclass
class PlainLedger:
    """Rows by id; every value as :class:`Reader` makes it."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def ingest(self, files: Sequence[tuple[str, bytes]], reader: Reader) -> Counts:
        """One run: files in order, each with its name."""
        shape = reader.mapping.file
        counts = Counts()
        good: list[tuple[str, Line, Row]] = []
        for name, data in files:
            for line in lines_of(data, delimiter=shape.delimiter or ",", quote=shape.quote):
                counts.read += 1
                row = reader.row(line.values) if line.values is not None else None
                verdict = row.verdict[0] if row and row.verdict else line.check
                if row is None or row.verdict:
                    counts.quarantined += 1
                    counts.set_aside.append((name, line.number, verdict, line.content))
                else:
                    good.append((name, line, row))
        if reader.mapping.updates:
            self._update(good, reader, counts)
        else:
            self._load(good, reader, counts)
        return counts

    def _load(self, good: Sequence[tuple[str, Line, Row]], reader: Reader, counts: Counts) -> None:
        key = reader.mapping.table.key
        first: dict[str, dict[str, Any]] = {}
        for name, line, row in good:
            identity = row.values[key]
            if identity in first:
                if first[identity] == row.values:
                    counts.unchanged += 1
                    counts.notes.update(f"{check}:{about}" for check, about in row.notes)
                else:
                    counts.quarantined += 1
                    counts.set_aside.append((name, line.number, "one_row_an_id", line.content))
                continue
            first[identity] = row.values
            counts.notes.update(f"{check}:{about}" for check, about in row.notes)
            self._put(identity, row.values, counts)

    def _put(self, identity: str, values: dict[str, Any], counts: Counts) -> None:
        if identity not in self.rows:
            counts.added += 1
        elif self.rows[identity] == values:
            counts.unchanged += 1
        else:
            counts.changed += 1
        self.rows[identity] = values

    def _update(
        self, good: Sequence[tuple[str, Line, Row]], reader: Reader, counts: Counts
    ) -> None:
        """The last state of each contact counts; the rows before it brought news or did not."""
        updates, key = reader.mapping.updates, reader.mapping.table.key
        assert updates is not None
        states: dict[str, list[Row]] = {}
        for _, _, row in sorted(good, key=lambda each: each[2].order):
            states.setdefault(row.values[key], []).append(row)
        last: dict[str, Row] = {}
        for identity, rows in states.items():
            final = Row(values=dict(rows[-1].values), order=rows[0].order, thread=rows[0].thread)
            for name in updates.keep_first:
                held = [row.values[name] for row in rows if row.values[name] is not None]
                final.values[name] = held[0] if held else None
                if name == "arrived_at":
                    kept = next(row for row in rows if row.values[name] is not None)
                    final.values["local_arrived_us"] = kept.values["local_arrived_us"]
            last[identity] = final
        if updates.follow:
            before: dict[str, str] = {}
            for identity, row in sorted(last.items(), key=lambda each: each[1].order):
                if row.thread is not None:
                    row.values["previous_contact_id"] = before.get(row.thread)
                    before[row.thread] = identity
        set_once = {*updates.keep_first, "local_arrived_us", "previous_contact_id"}
        for identity, row in last.items():
            there = self.rows.get(identity)
            self._put(identity, row.values, counts)
            rows = states[identity]
            for earlier, later in itertools.pairwise(rows):
                same = _without(earlier.values, set_once) == _without(later.values, set_once)
                if same or there == row.values:
                    counts.unchanged += 1
                else:
                    counts.changed += 1


def _without(values: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}
