from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from andon.errors import ReportError
from andon.report.workbook import Field, Sheet, write_csv, write_xlsx

FIELDS = (
    Field(name="Day", key="day", holds="date"),
    Field(name="From", key="from", holds="time"),
    Field(name="Queue", key="queue", holds="text"),
    Field(name="Agents needed", key="agents", holds="whole"),
    Field(name="Answered in time", key="answered_in_time", holds="share"),
)
ROWS = (
    (dt.date(2026, 3, 1), dt.time(8, 30), "=calls", 12, 0.815),
    (dt.date(2026, 3, 1), dt.time(9, 0), "+48 calls", 14, None),
)


def test_a_workbook_reads_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    sheet = Sheet(name="Team A/B: [days]", fields=FIELDS, rows=ROWS, says="Paste from here.")
    write_xlsx(path, [sheet, sheet], title="A plan")
    book = CalamineWorkbook.from_path(str(path))
    assert book.sheet_names == ["Team A B days", "Team A B days 2"]
    rows = book.get_sheet_by_name("Team A B days").to_python(skip_empty_area=False)
    assert rows[0][0] == "Paste from here."
    assert rows[2] == ["Day", "From", "Queue", "Agents needed", "Answered in time"]
    assert rows[3] == [dt.date(2026, 3, 1), dt.time(8, 30), "=calls", 12.0, 0.815]
    assert rows[4][4] == ""


def test_no_text_of_the_data_becomes_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    write_xlsx(path, [Sheet(name="a", fields=FIELDS, rows=ROWS)], title="A plan")
    assert CalamineWorkbook.from_path(str(path)).get_sheet_by_name("a").to_python()[1][2] == (
        "=calls"
    )


def test_csv_says_dates_times_and_gaps_as_machines_read_them(tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    write_csv(path, Sheet(name="a", fields=FIELDS, rows=ROWS))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "day": "2026-03-01",
        "from": "08:30",
        "queue": "=calls",
        "agents": "12",
        "answered_in_time": "0.815",
    }
    assert rows[1]["answered_in_time"] == ""


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(ReportError):
        write_csv(tmp_path / "taken" / "plan.csv", Sheet(name="a", fields=FIELDS, rows=ROWS))
