"""Reading: any file becomes rows that an engine can scan, and nothing of it gets lost.

Whatever the format, the result is one relation with a position for each row, and a list of the
lines that could not become rows. Text formats are copied once into Parquet as plain text, so that
every later step reads only the columns it needs, in bounded memory.
"""

from __future__ import annotations

import codecs
import datetime as dt
import gzip
import json
import shutil
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import python_calamine as calamine

from andon.errors import SourceError
from andon.ledger.delimited import (
    Delimited,
    Reject,
    RejectsFile,
    columns_of,
    named,
    refuse_doubled,
    text_of,
)
from andon.ledger.mapping import FileShape
from andon.ledger.staged import Settle, Staged, literal, quoted, scan_of

__all__ = ["format_of", "scan", "stage"]

_SAMPLE: Final = 256 * 1024
_COPY: Final = 1 << 20
_BATCH: Final = 50_000
_LONGEST_LINE: Final = 64 << 20
"""Bytes of one line of JSON that the engine reads on its own."""

_BY_SUFFIX: Final = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SECONDS: Final = dt.timedelta(seconds=1)


def format_of(path: Path, shape: FileShape) -> tuple[str, bool]:
    """The format of a file, and whether it is gzipped.

    Raises
    ------
    SourceError
        If the file is missing, empty, or of no format that Andon reads.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(8)
    except FileNotFoundError:
        raise SourceError(
            "There is no such file.", found=str(path), todo="Check the path."
        ) from None
    except IsADirectoryError:
        raise SourceError(
            "This is a folder, not a file.", found=str(path), todo="Name the files in it."
        ) from None
    except OSError as bad:
        raise SourceError(
            "The file cannot be read.", found=f"{path}: {bad.strerror}", todo="Check its rights."
        ) from None
    if not head:
        raise SourceError("The file is empty.", found=f"{path}: 0 bytes", todo="Export it again.")
    zipped = head.startswith(b"\x1f\x8b")
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in {".gz", ".gzip"}:
        suffixes.pop()
        if not zipped:
            raise SourceError(
                "The file's name says gzip, but it is not.",
                found=f"{path} begins with {head[:4]!r}",
                todo="Rename it, or export it again.",
            )
    if head.startswith(b"PAR1"):
        return "parquet", False
    if shape.format:
        return shape.format, zipped
    kind = _BY_SUFFIX.get(suffixes[-1]) if suffixes else None
    if kind is None:
        raise SourceError(
            "The file's name does not say what it is.",
            found=path.name,
            todo="Rename it to .csv, .tsv, .xlsx, .json, .jsonl or .parquet (and .gz), "
            "or say file: {format: csv} in the mapping.",
        )
    return kind, zipped


def stage(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    folder: Path,
    *,
    shape: FileShape,
    wanted: Sequence[str] | None = None,
) -> Staged:
    """Make a file ready to be scanned.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    path : Path
    folder : Path
        An empty folder for what is copied on the way; the caller removes it.
    shape : FileShape
    wanted : sequence of str, optional
        Columns to take from JSON, dots leading into objects and lists; every value that lies in
        objects only where None.

    Raises
    ------
    SourceError
        If the file is not what it claims to be, or holds no rows.
    """
    kind, zipped = format_of(path, shape)
    plain = _unzipped(path, folder) if zipped else path
    if kind == "parquet":
        return _parquet(connection, plain, str(path))
    if kind == "xlsx":
        return _xlsx(plain, folder, shape, str(path))
    text = _as_text(plain, folder, shape, str(path))
    if kind == "json":
        lines = _lines_of_json(text.path, folder, shape, str(path))
        return _json_lines(connection, lines, folder, text=text, wanted=wanted)
    if kind == "jsonl":
        return _json_lines(connection, text.path, folder, text=text, wanted=wanted)
    return _delimited(connection, text, folder, shape, kind).staged()


def scan(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    folder: Path,
    *,
    shape: FileShape,
    wanted: Sequence[str] | None = None,
) -> tuple[Staged, Settle | None]:
    """Like :func:`stage`, without the copy where a text file can be read in one go.

    A file without quotes has one record a line, so its rows and rejects can be settled after they
    were read. Its relation has no ``file_row_number``: rows come in the file's order.
    """
    kind, zipped = format_of(path, shape)
    if kind in {"csv", "tsv"} and not zipped:
        text = _as_text(path, folder, shape, str(path))
        delimited = _delimited(connection, text, folder, shape, kind)
        unread = delimited.unread()
        if unread is not None:
            return unread, delimited.settled
        return delimited.staged(), None
    return stage(connection, path, folder, shape=shape, wanted=wanted), None


def _delimited(
    connection: duckdb.DuckDBPyConnection, text: _Text, folder: Path, shape: FileShape, kind: str
) -> Delimited:
    return Delimited(
        connection=connection,
        path=text.path,
        folder=folder,
        shape=shape,
        name=text.name,
        delimiter="\t" if kind == "tsv" else None,
        notes=text.notes,
        lines_of=text.lines_of,
    )


# Text --------------------------------------------------------------------------------------------


class _Text:
    """A text file in UTF-8, without a byte-order mark, its lines ending in line feeds.

    Attributes
    ----------
    name : str
        As the user named it.
    path : Path
    lines_of : tuple of Path
        See :class:`~andon.ledger.staged.Staged`.
    notes : dict
        Remarks on the file.
    """

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        self.lines_of: tuple[Path, ...] = (path,)
        self.notes: dict[str, int] = {}


def _as_text(path: Path, folder: Path, shape: FileShape, name: str) -> _Text:
    text = _Text(name, path)
    with path.open("rb") as stream:
        head = stream.read(4)
    encoding = shape.encoding or "utf-8"
    mark = next((each for mark, each in _BOMS if head.startswith(mark)), None)
    if mark is not None:
        encoding = mark
        text.notes["byte_order_mark"] = 1
    if _canonical(encoding, name) not in {"utf-8", "ascii"}:
        text.path = _recoded(path, folder / "text", encoding, name)
        wide = _canonical(encoding, name).startswith(("utf-16", "utf-32"))
        text.lines_of = (text.path,) if wide else (path, text.path)
    with text.path.open("rb") as stream:
        sample = stream.read(_SAMPLE)
    if b"\r" in sample and b"\n" not in sample:
        target = folder / "lines"
        with text.path.open("rb") as source, target.open("wb") as copy:
            while chunk := source.read(_COPY):
                copy.write(chunk.replace(b"\r", b"\n"))
        text.path, text.lines_of = target, (target,)
    return text


def _canonical(encoding: str, name: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise SourceError(
            f"There is no encoding called '{encoding}'.",
            found=name,
            todo="Use utf-8, utf-16, latin-1, cp1252 or another that Python knows.",
        ) from None


def _recoded(path: Path, target: Path, encoding: str, name: str) -> Path:
    """A copy in UTF-8; bytes that mean nothing in the encoding stay, for the checks to find."""
    try:
        with (
            path.open("r", encoding=encoding, errors="surrogateescape", newline="") as source,
            target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as copy,
        ):
            shutil.copyfileobj(source, copy, _COPY)
    except UnicodeError as bad:
        raise SourceError(
            f"The file does not read as {encoding}.",
            found=f"{name}: {bad}",
            todo="Name its encoding under file: encoding in the mapping.",
        ) from None
    return target


def _unzipped(path: Path, folder: Path) -> Path:
    target = folder / "unzipped"
    try:
        with gzip.open(path) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, _COPY)
    except (EOFError, gzip.BadGzipFile, zlib.error) as bad:
        raise SourceError(
            "The gzip file is cut off or damaged; nothing of it was loaded.",
            found=f"{path}: {bad}",
            todo="Copy it again whole.",
        ) from None
    if target.stat().st_size == 0:
        raise SourceError(
            "The file is empty.", found=f"{path}: 0 bytes unzipped", todo="Export it again."
        )
    return target


# Parquet -----------------------------------------------------------------------------------------


def _parquet(connection: duckdb.DuckDBPyConnection, path: Path, name: str) -> Staged:
    relation = scan_of(path)
    try:
        schema = pq.read_schema(path)
        described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        rows = _one(connection, f"SELECT count(*) FROM {relation}")
    except (duckdb.Error, pa.ArrowException, OSError) as bad:
        raise SourceError(
            "The file is not Parquet, or it is damaged.",
            found=f"{name}: {str(bad).strip().splitlines()[0]}",
            todo="Export it again, or copy it again whole.",
        ) from None
    refuse_doubled(schema.names, name)
    if rows == 0:
        raise _no_rows(name, schema.names)
    columns, parts = dict[str, tuple[str, str]](), dict[str, tuple[str, str]]()
    # The engine renames columns that differ only in case; their order stays.
    for called, (column, kind, *_) in zip(schema.names, described, strict=False):
        columns[called] = (quoted(column), kind)
    for each in schema:
        parts |= _parts(each, quoted(described[schema.names.index(each.name)][0]), each.name)
    inside = {path: part for path, part in parts.items() if path not in columns}
    return Staged(
        name=name,
        relation=relation,
        columns={**columns, **inside},
        rows=rows,
        parts=frozenset(inside),
    )


def _parts(field: pa.Field, column: str, path: str) -> dict[str, tuple[str, str]]:
    """The fields inside a structured column, by their path with dots."""
    parts: dict[str, tuple[str, str]] = {}
    if pa.types.is_struct(field.type):
        for inner in field.type:
            at, sql = f"{path}.{inner.name}", f"{column}.{quoted(inner.name)}"
            if not pa.types.is_nested(inner.type):
                parts[at] = (f"CAST({sql} AS VARCHAR)", "VARCHAR")
            parts |= _parts(inner, sql, at)
    return parts


# Excel -------------------------------------------------------------------------------------------


def _xlsx(path: Path, folder: Path, shape: FileShape, name: str) -> Staged:
    try:
        book = calamine.CalamineWorkbook.from_path(path)
        sheet = shape.sheet or book.sheet_names[0]
        if sheet not in book.sheet_names:
            raise SourceError(
                f"The workbook has no sheet called '{sheet}'.",
                found=f"{name}: {', '.join(book.sheet_names)}",
                todo="Name one of these under file: sheet.",
            )
        grid = book.get_sheet_by_name(sheet)
        numbered = (
            (line, row)
            for line, row in enumerate(grid.to_python(skip_empty_area=False), start=1)
            if line > shape.skip and any(cell != "" for cell in row)
        )
    except (calamine.CalamineError, OSError, IndexError) as bad:
        raise SourceError(
            "The file is not an Excel workbook, or it is damaged.",
            found=f"{name}: {bad}",
            todo="Open it in Excel, save it again as .xlsx.",
        ) from None
    return _sheet(numbered, folder, shape, f"{name}, sheet {sheet}", name)


def _sheet(
    numbered: Iterator[tuple[int, list[Any]]],
    folder: Path,
    shape: FileShape,
    found: str,
    name: str,
) -> Staged:
    """Rows of a sheet, each with its line, as a staged file."""
    line, first = next(numbered, (0, []))
    if not first:
        raise SourceError("The sheet is empty.", found=found, todo="Name another: file: {sheet: }.")
    if shape.header:
        header = named([_cell(cell) for cell in first])
        refuse_doubled(header, found)
        for _ in range(1, shape.header_rows):
            next(numbered, None)
        batch = []
    else:
        header = named([None] * len(first))
        batch = [[*map(_cell, first), line]]
    columns = [*(f"c{i}" for i in range(len(header))), "line"]
    schema = pa.schema(
        [pa.field(each, pa.int64() if each == "line" else pa.string()) for each in columns]
    )
    rows, target = 0, folder / "rows.parquet"
    with pq.ParquetWriter(target, schema, compression="lz4") as writer:
        for line, row in numbered:
            batch.append([*map(_cell, row), line])
            if len(batch) == _BATCH:
                writer.write_table(columns_of(batch, schema))
                rows, batch = rows + len(batch), []
        writer.write_table(columns_of(batch, schema))
    rows += len(batch)
    if rows == 0:
        raise _no_rows(found, header)
    return Staged(
        name=name,
        relation=scan_of(target),
        columns={column: (f"c{i}", "VARCHAR") for i, column in enumerate(header)},
        rows=rows,
        line_column="line",
    )


def _cell(value: object) -> str | None:
    """A cell as the text that a person would have typed."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime | dt.time):
        return _whole_ms(value)
    if isinstance(value, dt.timedelta):
        minutes, seconds = divmod(round(value / _SECONDS, 3), 60)
        hours, minutes = divmod(int(minutes), 60)
        shown = f"{seconds:06.3f}".removesuffix(".000")
        return f"{hours}:{minutes:02}:{shown}"
    return str(value)


def _whole_ms(value: dt.datetime | dt.time) -> str:
    """Workbooks keep times as fractions of days, which are a hair off: to the millisecond."""
    day = (
        value if isinstance(value, dt.datetime) else dt.datetime.combine(dt.date(2000, 1, 1), value)
    )
    near = day + dt.timedelta(microseconds=500)
    near -= dt.timedelta(microseconds=near.microsecond % 1000)
    return str(near if isinstance(value, dt.datetime) else near.time())


# JSON --------------------------------------------------------------------------------------------


def _lines_of_json(path: Path, folder: Path, shape: FileShape, name: str) -> Path:
    """A JSON document as one object a line."""
    try:
        document = json.loads(path.read_bytes().decode())
    except UnicodeDecodeError as bad:
        raise SourceError(
            "The file is not text in UTF-8.",
            found=f"{name}, byte {bad.start + 1}",
            todo="Name its encoding under file: encoding in the mapping.",
        ) from None
    except json.JSONDecodeError as bad:
        raise SourceError(
            "The file is not JSON.",
            found=f"{name}, line {bad.lineno}: {bad.msg}",
            todo="If it has one object a line, rename it to .jsonl.",
        ) from None
    except RecursionError:
        raise SourceError(
            "The file is nested too deeply to be records.", found=name, todo="Export it again."
        ) from None
    target = folder / "records.jsonl"
    with target.open("w", encoding="utf-8", errors="backslashreplace") as stream:
        for record in _records(document, shape, name):
            stream.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
    return target


def _records(document: Any, shape: FileShape, name: str) -> Sequence[Any]:
    if shape.records:
        for step in shape.records.split("."):
            if not isinstance(document, dict) or step not in document:
                raise SourceError(
                    f"The file has nothing at '{shape.records}'.",
                    found=f"{name}: no '{step}'",
                    todo="Mend file: records in the mapping.",
                )
            document = document[step]
    elif isinstance(document, dict):
        lists = [
            each
            for each in document.values()
            if isinstance(each, list) and each and all(isinstance(one, dict) for one in each)
        ]
        document = lists[0] if len(lists) == 1 else [document]
    if not isinstance(document, list):
        raise SourceError(
            "The file holds no list of records.",
            found=f"{name}: {type(document).__name__}",
            todo="Say where they are with file: {records: path.to.list}.",
        )
    return document


def _json_lines(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    folder: Path,
    *,
    text: _Text,
    wanted: Sequence[str] | None,
) -> Staged:
    rejects = RejectsFile(folder / "rejects.parquet")
    every = _physical_lines(connection, path, folder, rejects)
    valid, broken = folder / "valid.parquet", folder / "broken.parquet"
    # In this order: other functions of JSON fail on what is none.
    good = "CASE WHEN json_valid(line) THEN json_type(line) END IS NOT DISTINCT FROM 'OBJECT'"
    for target, test in ((valid, good), (broken, f"NOT ({good})")):
        connection.execute(
            f"""COPY (SELECT line, nth FROM {scan_of(every)} WHERE line <> '' AND {test})
                TO {literal(str(target))} (FORMAT parquet, COMPRESSION lz4)"""
        )
    for batch in pq.ParquetFile(broken).iter_batches(_BATCH):
        for row in batch.to_pylist():
            detail = "the line is not one JSON object"
            rejects.add(Reject(row["nth"], "valid_json", detail, row["line"]))
    rows = pq.read_metadata(valid).num_rows
    if rows + rejects.count == 0:
        raise SourceError("The file holds no records.", found=text.name, todo="Export it again.")
    if rows == 0:
        raise SourceError(
            "No line of the file is a JSON object.",
            found=text.name,
            todo="Is it really JSON Lines? A list of records is a .json file.",
        )
    keys = _json_keys(connection, valid)
    if wanted is None:
        names = _leaves(connection, valid)
    else:
        names = [each for each in wanted if each in keys or each.split(".")[0] in keys]
    paths = ", ".join(literal(_pointer(each, keys)) for each in names)
    picked = "".join(f"got[{i + 1}] AS c{i}, " for i in range(len(names)))
    got = f"json_extract_string(line, [{paths}])" if names else "[]"
    target = folder / "rows.parquet"
    connection.execute(
        f"""COPY (SELECT {picked}line AS content, nth AS line
              FROM (SELECT line, nth, {got} AS got FROM {scan_of(valid)}))
            TO {literal(str(target))} (FORMAT parquet, COMPRESSION lz4)"""
    )
    return Staged(
        name=text.name,
        relation=scan_of(target),
        columns={each: (f"c{i}", "VARCHAR") for i, each in enumerate(names)},
        rows=rows,
        rejects=rejects.close(),
        rejected=rejects.count,
        line_column="line",
        content_column="content",
        lines_of=text.lines_of if path == text.path else (),
        notes=text.notes,
    )


def _physical_lines(
    connection: duckdb.DuckDBPyConnection, path: Path, folder: Path, rejects: RejectsFile
) -> Path:
    """A table of a file's lines and their numbers; lines that are not UTF-8 are rejected."""
    target = folder / "lines.parquet"
    feeds, returns, last = 0, False, b""
    with path.open("rb") as stream:
        while chunk := stream.read(_COPY):
            feeds += chunk.count(b"\n")
            returns = returns or b"\r" in chunk
            last = chunk[-1:]
    if not returns:
        try:
            connection.execute(
                f"""COPY (SELECT coalesce(line, '') AS line, row_number() OVER () AS nth
                      FROM read_csv({literal(str(path))}, columns = {{'line': 'VARCHAR'}},
                        delim = '', quote = '', escape = '', header = false, auto_detect = false,
                        max_line_size = {_LONGEST_LINE}, new_line = '\\n'))
                    TO {literal(str(target))} (FORMAT parquet, COMPRESSION lz4)"""
            )
            if pq.read_metadata(target).num_rows == feeds + (last != b"\n"):
                return target
        except duckdb.Error as bad:
            if "No space left" in str(bad):
                raise
    schema = pa.schema([pa.field("line", pa.string()), pa.field("nth", pa.int64())])
    batch: list[list[Any]] = []
    with path.open("rb") as stream, pq.ParquetWriter(target, schema, compression="lz4") as writer:
        for number, raw in enumerate(stream, start=1):
            try:
                batch.append([raw.decode().removesuffix("\n").removesuffix("\r"), number])
            except UnicodeDecodeError as bad:
                detail = f"byte {bad.start + 1} is not UTF-8"
                rejects.add(Reject(number, "utf8", detail, text_of(raw)))
            if len(batch) == _BATCH:
                writer.write_table(columns_of(batch, schema))
                batch = []
        writer.write_table(columns_of(batch, schema))
    return target


def _json_keys(connection: duckdb.DuckDBPyConnection, valid: Path) -> list[str]:
    """Top-level keys, in the order in which they first appear."""
    found = connection.execute(
        f"SELECT key FROM (SELECT unnest(json_keys(line)) AS key, nth FROM {scan_of(valid)}) "
        "GROUP BY key ORDER BY min(nth), key"
    ).fetchall()
    return [key for (key,) in found]


def _leaves(connection: duckdb.DuckDBPyConnection, valid: Path) -> list[str]:
    """Paths to the values that lie in objects only, whatever those are; lists are left whole."""
    sql = f"SELECT json_group_structure(CAST(line AS JSON)) FROM {scan_of(valid)}"
    (structure,) = connection.execute(sql).fetchall()[0]

    def below(what: Any, path: str) -> Iterator[str]:
        for name, inner in what.items():
            here = f"{path}.{name}" if path else str(name)
            yield from below(inner, here) if isinstance(inner, dict) else (here,)

    return list(dict.fromkeys(below(json.loads(structure), "")))


def _pointer(name: str, keys: Sequence[str]) -> str:
    """A JSON pointer (RFC 6901) to a top-level key, or along a path with dots."""
    steps = [name] if name in keys else name.split(".")
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def _no_rows(found: str, header: Sequence[str]) -> SourceError:
    return SourceError(
        "The file has a header and no rows.",
        found=f"{found}: {', '.join(header[:6])}",
        todo="Export it again for days on which something happened.",
    )


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0
