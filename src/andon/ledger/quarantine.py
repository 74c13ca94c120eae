"""The quarantine: rows that broke a check, whole, until a mended mapping lets them in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from andon.ledger.staged import literal
from andon.ledger.store import QUARANTINE, Ledger

__all__ = ["Entry", "Reason", "entries", "reasons"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why rows wait, and how many.

    Attributes
    ----------
    source : str
    check : str
        A name from :data:`andon.ledger.checks.CHECKS`.
    about : str
        The ledger column, the filter's own reason, or empty.
    rows : int
    files : int
        In how many files.
    example : str
        What was found in one of them.
    """

    source: str
    check: str
    about: str
    rows: int
    files: int
    example: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One row that waits.

    Attributes
    ----------
    source, table, file : str
    line : int
        Its line in the file; for Parquet, its row from 1.
    check, about, found : str
        The check that it broke, on what, and what was found.
    content : str
        The whole row as it came: JSON, or the line itself where it could not be split.
    run_id : str
    """

    source: str
    table: str
    file: str
    line: int
    check: str
    about: str
    found: str
    content: str
    run_id: str


def reasons(ledger: Ledger, *, source: str | None = None) -> tuple[Reason, ...]:
    """Why rows wait in quarantine, most rows first."""
    rows = _ask(
        ledger,
        f"""SELECT source, "check", coalesce(about, ''), count(*), count(DISTINCT file),
              arg_min(file || ', line ' || line || ': ' || coalesce(found, ''), (file, line))
            FROM quarantine {_where(source, None)} GROUP BY ALL ORDER BY 4 DESC, 1, 2, 3""",
    )
    return tuple(
        Reason(source=s, check=check, about=about, rows=count, files=files, example=example)
        for s, check, about, count, files, example in rows
    )


def entries(
    ledger: Ledger,
    *,
    source: str | None = None,
    check: str | None = None,
    limit: int | None = None,
) -> tuple[Entry, ...]:
    """The rows that wait in quarantine, by file and line.

    Parameters
    ----------
    ledger : Ledger
    source, check : str, optional
        Only those of one source, or that broke one check.
    limit : int, optional
        At most so many; all where None.
    """
    rows = _ask(
        ledger,
        f"""SELECT source, "table", file, line, "check", coalesce(about, ''), coalesce(found, ''),
              content, run_id
            FROM quarantine {_where(source, check)} ORDER BY source, file, line
            {"" if limit is None else f"LIMIT {limit}"}""",
    )
    return tuple(
        Entry(
            source=s,
            table=table,
            file=file,
            line=line,
            check=broken,
            about=about,
            found=found,
            content=content,
            run_id=run_id,
        )
        for s, table, file, line, broken, about, found, content, run_id in rows
    )


def _where(source: str | None, check: str | None) -> str:
    tests = []
    if source is not None:
        tests.append(f"source = {literal(source)}")
    if check is not None:
        tests.append(f'"check" = {literal(check)}')
    return f"WHERE {' AND '.join(tests)}" if tests else ""


def _ask(ledger: Ledger, sql: str) -> Sequence[tuple[Any, ...]]:
    files: Sequence[Path] = ledger.files(QUARANTINE.name)
    if not files:
        return ()
    listed = ", ".join(literal(str(path)) for path in files)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW quarantine AS SELECT * FROM read_parquet([{listed}])")
        return connection.execute(sql).fetchall()
