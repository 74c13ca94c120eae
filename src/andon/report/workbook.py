"""Tables as files that people work with: a spreadsheet, or plain CSV.

Instants are written as the wall's date and time, which is what a scheduling tool takes; amounts are
numbers, and what is not known is an empty cell.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from andon.errors import MissingExtra
from andon.report.files import put

__all__ = ["Cell", "Field", "Holds", "Sheet", "write_csv", "write_xlsx"]

Cell = str | float | int | bool | dt.date | dt.time | None
"""What may stand in a cell; None where it is not known."""

Holds = Literal["text", "date", "time", "whole", "number", "share", "money"]

_FORMATS: Final[dict[Holds, str]] = {
    "text": "@",
    "date": "yyyy-mm-dd",
    "time": "hh:mm",
    "whole": "#,##0",
    "number": "#,##0.0",
    "share": "0.0%",
    "money": "#,##0",
}
_WIDEST: Final = 60
_WIDE: Final = {"date": 11, "time": 7}
_MOST_NAME: Final = 31
_NOT_IN_NAMES: Final = "[]:*?/\\'"


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A column of a sheet.

    Attributes
    ----------
    name : str
        Its heading in a spreadsheet, in words.
    key : str
        Its heading in CSV: small letters and underscores, with the unit.
    holds : str
        What stands in it.
    """

    name: str
    key: str
    holds: Holds = "number"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A table with a name.

    Attributes
    ----------
    name : str
    fields : tuple of Field
    rows : tuple of tuples of Cell
        As many cells each as there are fields.
    says : str
        A line or two above the table: what it holds and how to use it.
    """

    name: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Cell, ...], ...]
    says: str = ""


def write_xlsx(path: Path, sheets: Sequence[Sheet], *, title: str) -> None:
    """Write sheets as a workbook, whole or not at all.

    Headings stay in sight, every table can be filtered, and no cell holds a formula.

    Raises
    ------
    MissingExtra
        If XlsxWriter is not installed.
    ReportError
        If the file cannot be written.
    """
    try:
        import xlsxwriter  # noqa: PLC0415  # only for this
    except ImportError:
        raise MissingExtra.named("plan", needs="XlsxWriter", purpose="Writing a workbook") from None
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"title": title, "comments": "Made by Andon"})
    heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    note = book.add_format({"italic": True})
    formats = {holds: book.add_format({"num_format": said}) for holds, said in _FORMATS.items()}
    for name, sheet in zip(_names(sheets), sheets, strict=True):
        page = book.add_worksheet(name)
        top = 0
        if sheet.says:
            page.write_string(0, 0, sheet.says, note)
            top = 2
        for column, each in enumerate(sheet.fields):
            page.write_string(top, column, each.name, heading)
            page.set_column(column, column, _width(sheet, column))
        for number, row in enumerate(sheet.rows, start=top + 1):
            for column, (each, value) in enumerate(zip(sheet.fields, row, strict=True)):
                if value is None:
                    continue
                if isinstance(value, str):
                    page.write_string(number, column, value, formats["text"])
                elif isinstance(value, dt.date | dt.time):
                    page.write_datetime(number, column, value, formats[each.holds])
                elif isinstance(value, bool):
                    page.write_boolean(number, column, value)
                else:
                    page.write_number(number, column, float(value), formats[each.holds])
        if sheet.rows:
            page.autofilter(top, 0, top + len(sheet.rows), len(sheet.fields) - 1)
        page.freeze_panes(top + 1, 0)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.repeat_rows(top)
    book.close()
    put(path, buffer.getvalue(), what="The workbook", todo="Close it elsewhere, or name another.")


def write_csv(path: Path, sheet: Sheet) -> None:
    """Write one sheet as CSV in UTF-8: dates as 2026-03-01, times as 08:30, decimals by a point.

    Raises
    ------
    ReportError
        If the file cannot be written.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([each.key for each in sheet.fields])
    writer.writerows([[_plain(value) for value in row] for row in sheet.rows])
    put(path, buffer.getvalue().encode(), what="The table", todo="Name another place.")


def _plain(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


def _width(sheet: Sheet, column: int) -> float:
    each = sheet.fields[column]
    longest_word = max(len(word) for word in each.name.split())
    texts = [len(row[column]) for row in sheet.rows if isinstance(row[column], str)]  # type: ignore[arg-type]  # only texts are measured
    return min(_WIDEST, max([_WIDE.get(each.holds, 8), longest_word + 2, *texts]) + 1)


def _names(sheets: Sequence[Sheet]) -> list[str]:
    """Names that a workbook takes: short, without brackets and slashes, each once."""
    found: list[str] = []
    for sheet in sheets:
        plain = "".join(" " if letter in _NOT_IN_NAMES else letter for letter in sheet.name)
        plain = " ".join(plain.split()) or "Sheet"
        name, again = plain[:_MOST_NAME], 1
        while name.lower() in (each.lower() for each in found):
            again += 1
            end = f" {again}"
            name = plain[: _MOST_NAME - len(end)] + end
        found.append(name)
    return found
