"""A plan as a workbook, read back by another program."""

from __future__ import annotations

import datetime as dt

import pytest
from python_calamine import CalamineWorkbook

from andon.estimate import Estimate
from andon.report.plan_sheets import sheets
from andon.report.workbook import write_xlsx
from small_plans import plain_plan, shift_plan

_HEAD = 2


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> CalamineWorkbook:
    path = tmp_path_factory.mktemp("book") / "plan.xlsx"
    write_xlsx(path, sheets(plain_plan(judged=True), operation="Corner"), title="Plan")
    return CalamineWorkbook.from_path(path)


def rows(book: CalamineWorkbook, name: str) -> list[dict[str, object]]:
    table = book.get_sheet_by_name(name).to_python()[_HEAD:]
    return [dict(zip(map(str, table[0]), row, strict=True)) for row in table[1:]]


def test_intervals_come_first_with_real_dates_times_and_numbers(book: CalamineWorkbook) -> None:
    plan = plain_plan(judged=True)
    assert book.sheet_names == ["Intervals", "Days", "Check", "About"]
    found = rows(book, "Intervals")
    assert len(found) == 40
    assert found[0]["Date"] == dt.date(2024, 3, 25)
    assert found[0]["Weekday"] == "Monday"
    assert (found[0]["From"], found[0]["To"]) == (dt.time(8), dt.time(9))
    assert sum(float(str(each["Agents needed"])) for each in found) == plan.agent_h


def test_days_have_what_was_expected_and_what_came(book: CalamineWorkbook) -> None:
    judged = plain_plan(judged=True).judged
    assert judged is not None
    found = rows(book, "Days")
    assert len(found) == 7
    assert [each["Came"] for each in found] == judged.a_day("calls").tolist()


def test_the_check_is_in_numbers_with_the_ends_of_each_interval(book: CalamineWorkbook) -> None:
    kept = plain_plan(judged=True).check.ordinary.of_queue("calls").days_kept
    assert isinstance(kept, Estimate)
    table = book.get_sheet_by_name("Check").to_python()[_HEAD:]
    assert table[0][2:5] == ["Promise holds", "from", "to"]
    assert table[1][:2] == ["ordinary days", "calls"]
    assert table[1][2:5] == pytest.approx([kept.value, kept.low, kept.high])
    assert len(table) == 4


def test_what_was_promised_and_drawn_stands_on_the_last_sheet(book: CalamineWorkbook) -> None:
    table = book.get_sheet_by_name("About").to_python()
    said = {str(row[0]): str(row[1]) for row in table[1:]}
    assert said["Operation"] == "Corner"
    assert said["Promised by calls"] == "80 % answered within 20 s, on 90 % of days"
    assert said["Drawn"] == "60 courses, seed 1"


@pytest.mark.slow
def test_a_roster_is_a_sheet_with_a_row_for_each_persons_shift(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("roster") / "plan.xlsx"
    plan = shift_plan()
    write_xlsx(path, sheets(plan, operation="Corner"), title="Plan")
    found = CalamineWorkbook.from_path(path)
    assert found.sheet_names == ["Intervals", "Days", "Shifts", "Roster", "Check", "About"]
    lines = rows(found, "Roster")
    (own,) = plan.teams
    assert own.cover is not None
    assert len(lines) == sum(each.people for each in own.cover.counts)
    assert lines[0]["Person"] == 1
    assert (lines[0]["From"], lines[0]["To"]) == (dt.time(8), dt.time(16))
    intervals = rows(found, "Intervals")
    assert all(each["People to roster"] > each["Agents needed"] for each in intervals)  # type: ignore[operator]  # numbers
    assert all(each["Missing"] == 0 for each in intervals)
