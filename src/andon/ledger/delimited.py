"""Delimited text: every physical line of a file becomes part of a row, or is told as none.

The engine parses fast, but it hides trouble: one open quote swallows rows, blank lines vanish, and
a rejected line may be numbered wrongly. So the lines are counted beside it, what it rejects is
judged again here, and wherever the two do not agree the whole file is read line by line instead:
slower, and no line can hide inside another. Both ways give the same rows.

The dialect: a field is quoted if its first character, spaces aside, is a quote; a quote inside it
is doubled, and only spaces may follow its end. Any other field is taken as it stands. Empty fields
beyond the header's are no fault. Empty lines are no rows.
"""

from __future__ import annotations

import mmap
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import Any, Final, Literal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from andon.errors import SourceError
from andon.ledger.mapping import FileShape
from andon.ledger.staged import REJECTS, Staged, literal, scan_of

__all__ = [
    "Delimited",
    "Dialect",
    "Reject",
    "RejectsFile",
    "columns_of",
    "lines_at",
    "named",
    "refuse_doubled",
    "text_of",
]

_SAMPLE: Final = 256 * 1024
_CHUNK: Final = 512 << 10
_BATCH: Final = 50_000
_MANY: Final = 200_000
"""Up to so many lines that are no rows are held in memory."""
_LONGEST_QUOTE: Final = 1_000
"""Physical lines that one quoted field may run over before its quote is taken as never closed."""
_FEW: Final = 100
"""In text at most one byte in so many is zero; each such line is set aside."""
_DELIMITERS: Final = (",", ";", "\t", "|")
_SNIFFED: Final = 200


@dataclass(frozen=True, slots=True)
class Reject:
    """A line that is no row: its number from 1, the check that it breaks, and the line itself."""

    line: int
    check: str
    detail: str
    content: str


class RejectsFile:
    """Writes rejects to Parquet as they come, so that few are held at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._held: list[list[Any]] = []
        self._writer: pq.ParquetWriter | None = None

    def add(self, reject: Reject) -> None:
        """Keep one more."""
        self.count += 1
        self._held.append([reject.line, reject.check, reject.detail, reject.content])
        if len(self._held) == _BATCH:
            self._flush()

    def close(self) -> Path | None:
        """Finish; the file, or None if there are none."""
        if self._held:
            self._flush()
        if self._writer is None:
            return None
        self._writer.close()
        return self.path

    def _flush(self) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, REJECTS)
        self._writer.write_table(columns_of(self._held, REJECTS))
        self._held = []


class Dialect:
    """How one file's records are cut into fields.

    Parameters
    ----------
    delimiter : str
        One character.
    quote : str
        One character, or empty where nothing is quoted.
    width : int
        How many fields a row has; 0 where that is not known yet.

    Examples
    --------
    >>> dialect = Dialect(",", '"', 2)
    >>> dialect.record('1,"a, ""b"" c"')
    ['1', 'a, "b" c']
    >>> dialect.record('1,"a'), dialect.record('1,"a"b'), dialect.record('1,2,3')
    ('open', 'broken', 'ragged')
    """

    def __init__(self, delimiter: str, quote: str, width: int = 0) -> None:
        self.delimiter = delimiter
        self.quote = quote
        self.width = width
        d, q = re.escape(delimiter), re.escape(quote)
        inner = f"(?:[^{q}]+|{q}{q})*+"
        self._field = re.compile(
            f" *{q}({inner}){q} *(?:{d}|\\Z)|((?! *{q})[^{d}]*)(?:{d}|\\Z)" if quote else ""
        )
        self._opened = re.compile(f" *{q}{inner}\\Z" if quote else "")
        ends = rf"[{d}\r\n]"
        self._odd = re.compile(rf"(?:\A|{ends}) +{q}|{q} +(?:{ends}|\Z)".encode())

    def fields(self, text: str) -> list[str] | Literal["open", "broken"]:
        """The fields of a record; or ``open`` or ``broken``, as its quotes are."""
        if not self.quote or self.quote not in text:
            return text.split(self.delimiter)
        found: list[str] = []
        at = 0
        while (match := self._field.match(text, at)) is not None:
            quoted, plain = match.groups()
            found.append(plain if quoted is None else quoted.replace(self.quote * 2, self.quote))
            at = match.end()
            if not match[0].endswith(self.delimiter):
                return found
        return "open" if self._opened.match(text, at) else "broken"

    def record(self, text: str) -> list[str] | Literal["open", "broken", "ragged"]:
        """The fields of a row, as many as the header has; or what is wrong with it."""
        fields = self.fields(text)
        if isinstance(fields, str):
            return fields
        while len(fields) > self.width and not fields[-1]:
            fields.pop()
        return fields if len(fields) == self.width else "ragged"

    def judged(self, line: int, raw: bytes) -> Reject | list[str] | Literal["open"]:
        """A physical line as a row, as the beginning of one, or as none."""
        if b"\0" in raw:
            return Reject(line, "utf8", f"byte {raw.index(0) + 1} is zero", text_of(raw))
        try:
            text = raw.decode()
        except UnicodeDecodeError as bad:
            return Reject(line, "utf8", f"byte {bad.start + 1} is not UTF-8", text_of(raw))
        fields = self.record(text)
        if fields == "ragged":
            found = len(self.fields(text))
            detail = f"{found} fields where the header has {self.width}"
            return Reject(line, "whole_row", detail, text)
        if fields == "broken":
            return Reject(line, "closed_quotes", "a quote inside a quoted text", text)
        return fields

    def has_odd_quotes(self, chunk: bytes) -> bool:
        """Whether spaces stand between a delimiter and a quote: engines differ there."""
        quote = self.quote.encode()
        if b" " + quote not in chunk and quote + b" " not in chunk:
            return False
        return self._odd.search(chunk) is not None


def text_of(raw: bytes) -> str:
    r"""A physical line as text, its end taken off; bytes that are not UTF-8 as ``\\xNN``."""
    return raw.removesuffix(b"\n").removesuffix(b"\r").decode(errors="backslashreplace")


def lines_at(path: Path, lines: Sequence[int]) -> dict[int, str]:
    """Some physical lines of a text file, as a reject would keep them, by their numbers."""
    wanted, found = set(lines), dict[int, str]()
    with path.open("rb") as stream:
        for number, raw in enumerate(stream, start=1):
            if number in wanted:
                found[number] = text_of(raw)
                if len(found) == len(wanted):
                    break
    return found


def columns_of(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    """Rows as a table, column by column."""
    arrays = [pa.array([row[i] for row in rows], type=field.type) for i, field in enumerate(schema)]
    return pa.table(arrays, schema=schema)


def refuse_doubled(header: Sequence[str], name: str) -> None:
    """Refuse a header that says a column twice.

    Raises
    ------
    SourceError
    """
    doubled = [column for column, times in Counter(header).items() if times > 1]
    if doubled:
        raise SourceError(
            f"The column '{doubled[0]}' is there more than once.",
            found=f"{name}: {', '.join(header)}",
            todo="Rename one of the two in the file.",
        )


def named(first: Sequence[str | None]) -> list[str]:
    """A header's names; a column without one is called by its number."""
    return [(name or "").strip() or f"column_{i + 1}" for i, name in enumerate(first)]


@dataclass(slots=True)
class _Census:
    """What counting the bytes of a text file tells.

    Attributes
    ----------
    lines : int
        Physical lines.
    blank : list of int
        Numbers of the empty ones, at most one more than ``_MANY`` of them.
    quoted : bool
        Whether there is any quote.
    plain : bool
        Whether lines end alike, no byte is zero, and no quote stands where engines differ.
    """

    lines: int = 0
    blank: list[int] = field(default_factory=list)
    quoted: bool = False
    plain: bool = True


def _census(path: Path, dialect: Dialect) -> _Census:
    """Count, as much at a time as a processor's cache holds."""
    found = _Census()
    quote = dialect.quote.encode()
    last, returns, ends = b"\n", 0, 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            while not chunk.endswith(b"\n") and (more := stream.readline(_CHUNK)):
                chunk += more
            feeds = np.frombuffer(chunk, np.uint8) == 10
            crs = b"\r" in chunk
            if feeds[0] or (feeds[1:] & feeds[:-1]).any() or (crs and b"\n\r\n" in b"\n" + chunk):
                _note_blanks(found, chunk)
            if quote and quote in chunk:
                found.quoted = True
                found.plain = found.plain and not dialect.has_odd_quotes(chunk)
            found.lines += int(np.count_nonzero(feeds))
            if crs:
                returns += chunk.count(b"\r")
                ends += chunk.count(b"\r\n")
            found.plain = found.plain and b"\0" not in chunk
            last = chunk[-1:]
    found.plain = found.plain and returns == ends and ends in {0, found.lines}
    found.lines += last != b"\n"
    return found


def _note_blanks(found: _Census, chunk: bytes) -> None:
    for i, line in enumerate(chunk.split(b"\n")[:-1], start=found.lines + 1):
        if line in {b"", b"\r"} and len(found.blank) <= _MANY:
            found.blank.append(i)


@dataclass(slots=True)
class Delimited:
    """One delimited text file in UTF-8, on its way to being staged.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    path : Path
        The text, in UTF-8 and without a byte-order mark.
    folder : Path
        For what is copied on the way.
    shape : FileShape
    name : str
        The file as the user named it.
    delimiter : str or None
        Where the file's name tells it.
    notes : mapping of str to int
        Remarks on the file so far.
    lines_of : tuple of Path
        See :class:`~andon.ledger.staged.Staged`.

    Raises
    ------
    SourceError
        If the file is binary, has no header, or says a column twice.
    """

    connection: duckdb.DuckDBPyConnection
    path: Path
    folder: Path
    shape: FileShape
    name: str
    delimiter: str | None = None
    notes: dict[str, int] = field(default_factory=dict)
    lines_of: tuple[Path, ...] = ()
    header: list[str] = field(init=False)
    header_lines: int = field(init=False)
    dialect: Dialect = field(init=False)
    census: _Census = field(init=False)

    def __post_init__(self) -> None:
        self._read_header()
        self.census = _census(self.path, self.dialect)

    def staged(self) -> Staged:
        """The file copied to Parquet, with its rejects."""
        target = self.folder / "rows.parquet"
        rows: int | None = None
        if self.census.plain:
            try:
                self._forget_rejects()
                self.connection.execute(
                    f"COPY (SELECT * FROM {self._scan()}) TO {literal(str(target))} "
                    "(FORMAT parquet, COMPRESSION lz4)"
                )
                rows = pq.read_metadata(target).num_rows
            except duckdb.Error as bad:
                if "No space left" in str(bad):
                    raise
                # A file that the engine gives up on is read line by line instead.
        if rows is not None and self.census.quoted and self._runs_over_lines(target):
            rows = None
        return self._settled(rows, scan_of(target))

    def unread(self) -> Staged | None:
        """The file as it lies there, or None if it needs to be looked at first."""
        if self.census.quoted or not self.census.plain:
            return None
        self._forget_rejects()
        return self._as_staged(self._scan(), rows=0)

    def settled(self, rows: int | None) -> Staged:
        """What the file that :meth:`unread` gave turned out to hold."""
        return self._settled(rows, self._scan())

    # The header ------------------------------------------------------------------------------

    def _read_header(self) -> None:
        with self.path.open("rb") as stream:
            sample = stream.read(_SAMPLE)
        zeros = sample.count(0)
        if zeros and (zeros > len(sample) / _FEW or b"\0" in sample.lstrip().split(b"\n")[0]):
            raise SourceError(
                "The file is binary, not text.",
                found=f"{self.name}: a zero byte at {sample.index(0)}",
                todo="Export it as CSV, XLSX, JSON or Parquet; or say file: {encoding: utf-16} if "
                "it is that.",
            )
        lines = [line.removesuffix(b"\r") for line in sample.split(b"\n")]
        if len(sample) == _SAMPLE and len(lines) > 1:
            lines.pop()  # cut off
        texts = [line.decode(errors="replace") for line in lines]
        at = next((i for i, text in enumerate(texts) if i >= self.shape.skip and text.strip()), -1)
        if at < 0:
            raise SourceError("The file has no lines.", found=self.name, todo="Export it again.")
        shown = texts[at:]
        delimiter = self.shape.delimiter or self.delimiter or _sniffed(shown, self.shape.quote)
        self.dialect = Dialect(delimiter, self.shape.quote)
        first, taken = self._record_at(shown, 0)
        self.dialect = Dialect(delimiter, self.shape.quote, len(first))
        if not self.shape.header:
            self.header, self.header_lines = named([None] * len(first)), at
            return
        self.header = named(first)
        refuse_doubled(self.header, self.name)
        for _ in range(1, self.shape.header_rows):
            _, more = self._record_at(shown, taken)
            taken += more
        self.header_lines = at + taken

    def _record_at(self, texts: Sequence[str], at: int) -> tuple[list[str], int]:
        """The header's record at a line, and over how many lines it runs."""
        text = texts[at] if at < len(texts) else ""
        for taken in range(1, 1 + min(len(texts) - at, _LONGEST_QUOTE)):
            fields = self.dialect.fields(text)
            if not isinstance(fields, str):
                return fields, taken
            if fields == "broken" or at + taken == len(texts):
                break
            text += "\n" + texts[at + taken]
        raise SourceError(
            "A quote in the header is not closed.",
            found=f"{self.name}: {texts[at][:80] if at < len(texts) else 'the file ends'}",
            todo="Mend the first line; or say file: {quote: ...} in the mapping.",
        )

    # The engine's way ------------------------------------------------------------------------

    def _forget_rejects(self) -> None:
        """The engine appends to these tables, so each file starts with none."""
        for table in ("reject_errors", "reject_scans"):
            self.connection.execute(f"DROP TABLE IF EXISTS {table}")

    def _scan(self) -> str:
        """SQL that lets the engine parse; what it rejects comes back by line."""
        names = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(self.header)))
        quote = literal(self.shape.quote)
        return (
            f"read_csv({literal(str(self.path))}, columns = {{{names}}}, auto_detect = false, "
            f"header = false, skip = {self.header_lines}, "
            f"delim = {literal(self.dialect.delimiter)}, quote = {quote}, escape = {quote}, "
            "store_rejects = true, rejects_limit = 0, null_padding = false)"
        )

    def _runs_over_lines(self, target: Path) -> bool:
        """Whether any value runs over a line break."""
        newline = " OR ".join(f"contains(c{i}, chr(10))" for i in range(len(self.header)))
        found = self.connection.execute(
            f"SELECT 1 FROM {scan_of(target)} WHERE {newline} LIMIT 1"
        ).fetchone()
        return found is not None

    def _settled(self, rows: int | None, relation: str) -> Staged:
        blank = [line for line in self.census.blank if line > self.header_lines]
        rejects = None
        if rows is not None and len(self.census.blank) <= _MANY:
            rejects = self._engine_rejects()
        regular = (
            rejects is not None
            and rows is not None
            and not (blank and len(self.header) == 1)
            and rows + len(rejects) + len(blank) + self.header_lines == self.census.lines
        )
        if not regular or rejects is None or rows is None:
            return self._carefully()
        kept = RejectsFile(self.folder / "rejects.parquet")
        for reject in rejects:
            kept.add(reject)
        gaps = sorted([*blank, *(reject.line for reject in rejects)])
        skips = tuple((line - self.header_lines - 1 - k, k + 1) for k, line in enumerate(gaps))
        return self._as_staged(relation, rows=rows, rejects=kept, skips=skips)

    def _engine_rejects(self) -> list[Reject] | None:
        """What the engine did not take, judged again; None where the two do not agree."""
        found = self.connection.execute(
            "SELECT DISTINCT line_byte_position - 1 FROM reject_errors "
            f"ORDER BY 1 LIMIT {_MANY + 1}"
        ).fetchall()
        if len(found) > _MANY:
            return None
        rejects: list[Reject] = []
        if not found:
            return rejects
        with self.path.open("rb") as stream, _mapped(stream) as whole:
            line, counted = 1, 0
            for (position,) in found:
                start = position
                while whole[start : start + 1] in {b"\r", b"\n"}:  # it counts from empty lines
                    start += 1
                if start and whole[start - 1 : start] != b"\n":
                    return None
                while counted < start:
                    step = min(start, counted + _CHUNK)
                    line += whole[counted:step].count(b"\n")
                    counted = step
                end = whole.find(b"\n", start)
                raw = whole[start : len(whole) if end < 0 else end].removesuffix(b"\r")
                judged = self.dialect.judged(line, raw)
                if not isinstance(judged, Reject):
                    return None
                rejects.append(judged)
        return rejects

    # Line by line ----------------------------------------------------------------------------

    def _carefully(self) -> Staged:
        """Read line by line."""
        target = self.folder / "careful.parquet"
        names = [*(f"c{i}" for i in range(len(self.header))), "line"]
        schema = pa.schema(
            [pa.field(name, pa.int64() if name == "line" else pa.string()) for name in names]
        )
        rejects = RejectsFile(self.folder / "rejects.parquet")
        rows = 0
        batch: list[list[Any]] = []
        with pq.ParquetWriter(target, schema, compression="lz4") as writer:
            for line, fields in self._records():
                if isinstance(fields, Reject):
                    rejects.add(fields)
                    continue
                batch.append([*(each or None for each in fields), line])
                if len(batch) == _BATCH:
                    writer.write_table(columns_of(batch, schema))
                    rows += len(batch)
                    batch = []
            writer.write_table(columns_of(batch, schema))
        rows += len(batch)
        return self._as_staged(scan_of(target), rows=rows, rejects=rejects, line_column="line")

    def _records(self) -> Iterator[tuple[int, list[str] | Reject]]:
        """Each record with its first line."""
        with self.path.open("rb") as stream:
            lines = _Lines(stream)
            for _ in range(self.header_lines):
                lines.take()
            while (raw := lines.take()) is not None:
                if not raw:
                    continue
                line = lines.number
                found = self.dialect.judged(line, raw)
                yield line, self._joined(line, raw, lines) if found == "open" else found

    def _joined(self, line: int, raw: bytes, lines: _Lines) -> list[str] | Reject:
        """A record over several lines, or a reject if its quote swallows whole rows.

        It does if more of the lines inside it are rows of their own than are not.
        """
        taken: list[bytes] = []
        whole, rows = raw.decode(), 0
        while len(taken) < _LONGEST_QUOTE and (more := lines.take()) is not None:
            taken.append(more)
            try:
                following = more.decode()
            except UnicodeDecodeError:
                break
            whole += "\n" + following
            fields: list[str] | str = "open"
            if self.dialect.quote in following:
                fields = self.dialect.record(whole)
            if fields != "open":
                if isinstance(fields, list) and 2 * rows <= len(taken) - 1:
                    return fields
                break
            rows += self.dialect.width > 1 and isinstance(self.dialect.record(following), list)
        lines.give_back(taken)
        detail = "a quote opens here and is not closed before the next row"
        return Reject(line, "closed_quotes", detail, raw.decode())

    def _as_staged(
        self,
        relation: str,
        *,
        rows: int,
        rejects: RejectsFile | None = None,
        line_column: str | None = None,
        skips: tuple[tuple[int, int], ...] = (),
    ) -> Staged:
        rejected = rejects.count if rejects else 0
        if rejects and rows + rejected == 0:
            raise SourceError(
                "The file has a header and no rows.",
                found=f"{self.name}: {', '.join(self.header[:6])}",
                todo="Export it again for days on which something happened.",
            )
        return Staged(
            name=self.name,
            relation=relation,
            columns={column: (f"c{i}", "VARCHAR") for i, column in enumerate(self.header)},
            rows=rows,
            rejects=rejects.close() if rejects else None,
            rejected=rejected,
            first_line=self.header_lines + 1,
            line_column=line_column,
            skips=skips,
            lines_of=self.lines_of,
            notes=self.notes,
        )


def _mapped(stream: BufferedReader) -> mmap.mmap:
    return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


@dataclass(slots=True)
class _Lines:
    """Physical lines of a file, their ends taken off, which can be given back."""

    stream: BufferedReader
    number: int = 0
    held: list[bytes] = field(default_factory=list)

    def take(self) -> bytes | None:
        """The next line, or None at the end."""
        raw = self.held.pop() if self.held else self.stream.readline()
        if not raw:
            return None
        self.number += 1
        return raw.removesuffix(b"\n").removesuffix(b"\r")

    def give_back(self, taken: Sequence[bytes]) -> None:
        """Put lines back, to be taken again."""
        self.number -= len(taken)
        self.held += [raw + b"\n" for raw in reversed(taken)]


def _sniffed(texts: Sequence[str], quote: str) -> str:
    """The delimiter that cuts the header into most fields and most rows into as many."""
    best, best_score = _DELIMITERS[0], 0.0
    for delimiter in _DELIMITERS:
        dialect = Dialect(delimiter, quote)
        cut = [dialect.fields(text) for text in texts[:_SNIFFED] if text]
        width = len(cut[0]) if isinstance(cut[0], list) else 0
        if width < 2:
            continue
        score = width * sum(len(each) == width for each in cut if isinstance(each, list)) / len(cut)
        if score > best_score:
            best, best_score = delimiter, score
    return best
