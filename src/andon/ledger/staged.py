"""What a file becomes before its rows are read: a relation, and the lines that are no rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa

__all__ = ["REJECTS", "Settle", "Staged", "literal", "quoted", "scan_of"]

REJECTS: Final = pa.schema(
    [
        pa.field("line", pa.int64()),
        pa.field("check", pa.string()),
        pa.field("detail", pa.string()),
        pa.field("content", pa.string()),
    ]
)
"""The columns of the lines that could not become rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Staged:
    """A file, ready to be scanned.

    Attributes
    ----------
    name : str
        The file as the user named it.
    relation : str
        SQL that gives its rows, with a column ``file_row_number`` from 0.
    columns : mapping of str to (str, str)
        The file's column name to SQL for it over the relation, and its type.
    parts : set of str
        Those of the columns that lie inside another.
    rows : int
        Rows in the relation.
    rejects : Path or None
        Parquet of the lines that could not become rows: line, check, detail, content.
    rejected : int
        How many lines those are.
    first_line : int
        The line of row 0, where rows and lines run together.
    line_column : str or None
        The relation's column with the line, where they do not.
    skips : tuple of (int, int)
        (r, k): from row r on, k lines that are no rows stand before a row.
    content_column : str or None
        The relation's column with the whole row as text, where there is one.
    lines_of : tuple of Path
        Text files whose physical lines are the file's own: as it came and, where that differs, as
        it was read.
    notes : mapping of str to int
        Checks of severity ``note`` that the file met, and how often.
    """

    name: str
    relation: str
    columns: Mapping[str, tuple[str, str]]
    rows: int
    rejects: Path | None = None
    rejected: int = 0
    first_line: int = 1
    line_column: str | None = None
    skips: tuple[tuple[int, int], ...] = ()
    content_column: str | None = None
    lines_of: tuple[Path, ...] = ()
    notes: Mapping[str, int] = field(default_factory=dict)
    parts: frozenset[str] = frozenset()

    @property
    def raw_columns(self) -> tuple[str, ...]:
        """The relation's own names of all that a row holds."""
        if self.content_column:
            return (self.content_column,)
        return tuple(column for name, (column, _) in self.columns.items() if name not in self.parts)

    def content_sql(self, prefix: str = "") -> str:
        """SQL for the whole row as text, over :attr:`raw_columns` with a prefix to each name."""
        if self.content_column:
            return quoted(prefix + self.content_column) if prefix else self.content_column
        fields = ", ".join(
            f"{literal(name)}, {quoted(prefix + column) if prefix else column}"
            for name, (column, _) in self.columns.items()
            if name not in self.parts
        )
        return f"CAST(json_object({fields}) AS VARCHAR)"


Settle = Callable[[int | None], Staged]
"""Told how many rows a scan gave (None where the engine gave up), says how the file really reads:
the same relation with its rejects, or another relation that the rows must be taken from anew."""


def literal(text: str) -> str:
    """A text as an SQL literal.

    >>> literal("it's")
    "'it''s'"
    """
    parts = ["'" + part.replace("'", "''") + "'" for part in text.split("\0")]
    # To the engine's parser a NUL ends the statement, wherever it stands.
    return parts[0] if len(parts) == 1 else f"({' || chr(0) || '.join(parts)})"


def quoted(name: str) -> str:
    """A name as an SQL identifier.

    >>> quoted('order "x" no')
    '"order ""x"" no"'
    """
    return '"' + name.replace('"', '""') + '"'


def scan_of(path: Path) -> str:
    """SQL that scans a Parquet file, with the number of each row."""
    return f"read_parquet({literal(str(path))}, file_row_number = true)"
