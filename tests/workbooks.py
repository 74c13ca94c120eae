"""Excel workbooks written by hand, from the parts that the format needs and no more."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

Cell = str | int | float | bool | dt.datetime | dt.date | dt.time | dt.timedelta | None

_START = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - workbooks know no zones
_DAY = dt.timedelta(days=1)
_STYLES = {dt.datetime: 1, dt.date: 2, dt.time: 3, dt.timedelta: 4}
_FORMATS = (0, 22, 14, 21, 46)
"""Built-in number formats: general, date and time, date, time, and hours beyond 24."""


def write_workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Cell]]]) -> Path:
    """Write sheets of rows; an empty row is left out of the file, as Excel does."""
    names = list(sheets)
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("[Content_Types].xml", _types(len(names)))
        book.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))
        book.writestr("xl/workbook.xml", _workbook(names))
        parts = [("worksheet", f"worksheets/sheet{i}.xml") for i in range(1, len(names) + 1)]
        book.writestr("xl/_rels/workbook.xml.rels", _relations([*parts, ("styles", "styles.xml")]))
        book.writestr("xl/styles.xml", _styles())
        for i, rows in enumerate(sheets.values(), start=1):
            book.writestr(f"xl/worksheets/sheet{i}.xml", _sheet(rows))
    return path


def _sheet(rows: Sequence[Sequence[Cell]]) -> str:
    lines = [
        f'<row r="{number}">{"".join(_cell(cell, number, i) for i, cell in enumerate(row))}</row>'
        for number, row in enumerate(rows, start=1)
        if any(cell is not None for cell in row)
    ]
    return _xml("worksheet", f"<sheetData>{''.join(lines)}</sheetData>")


def _cell(cell: Cell, row: int, column: int) -> str:
    if cell is None:
        return ""
    place = f'r="{chr(ord("A") + column)}{row}"'
    if isinstance(cell, bool):
        return f'<c {place} t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, str):
        return f'<c {place} t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
    if isinstance(cell, int | float):
        return f"<c {place}><v>{cell!r}</v></c>"
    return f'<c {place} s="{_STYLES[type(cell)]}"><v>{_days(cell)!r}</v></c>'


def _days(cell: dt.datetime | dt.date | dt.time | dt.timedelta) -> float:
    if isinstance(cell, dt.timedelta):
        return cell / _DAY
    if isinstance(cell, dt.time):
        return (dt.datetime.combine(_START, cell) - _START) / _DAY
    if isinstance(cell, dt.datetime):
        return (cell - _START) / _DAY
    return (dt.datetime.combine(cell, dt.time()) - _START) / _DAY


def _types(sheets: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = [
        ("/xl/workbook.xml", f"{kind}.sheet.main+xml"),
        ("/xl/styles.xml", f"{kind}.styles+xml"),
    ]
    parts += [
        (f"/xl/worksheets/sheet{i}.xml", f"{kind}.worksheet+xml") for i in range(1, sheets + 1)
    ]
    listed = "".join(f'<Override PartName="{p}" ContentType="{c}"/>' for p, c in parts)
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Default Extension="rels" ContentType="{relations}"/>{listed}</Types>'
    )


def _relations(parts: Sequence[tuple[str, str]]) -> str:
    base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    listed = "".join(
        f'<Relationship Id="rId{i}" Type="{base}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(parts, start=1)
    )
    home = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{home}">{listed}</Relationships>'


def _workbook(names: Sequence[str]) -> str:
    sheets = "".join(
        f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"/>'
        for i, name in enumerate(names, start=1)
    )
    return _xml("workbook", f"<sheets>{sheets}</sheets>")


def _styles() -> str:
    formats = "".join(f'<xf numFmtId="{number}"/>' for number in _FORMATS)
    return _xml("styleSheet", f'<cellXfs count="{len(_FORMATS)}">{formats}</cellXfs>')


def _xml(name: str, inner: str) -> str:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return f'<{name} xmlns="{main}" xmlns:r="{relations}">{inner}</{name}>'
