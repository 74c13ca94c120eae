"""``andon plan``: from a ledger or a CSV file to a plan, and what is refused in words."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from python_calamine import CalamineWorkbook

from andon.operation import Operation
from centre import made_centre

FIRST = dt.date(2024, 1, 1)
QUICK = ("--interval", "1h", "--courses", "50", "--days", "3")
HEAD = "queue,start,contacts,handle_s\n"


def hours(
    first: dt.date, days: int, *, queue: str = "calls", a_day: float = 400.0, seed: int = 1
) -> Iterator[str]:
    """Rows by the hour: open from 8 to 16 on every day."""
    rng = np.random.default_rng(seed)
    for day in range(days):
        level = a_day * float(np.exp(0.25 * rng.normal()))
        for hour in range(8, 16):
            at = first + dt.timedelta(days=day)
            yield f"{queue},{at} {hour:02}:00,{rng.poisson(level / 8)},240"


def written(folder: Path, rows: Iterator[str] | list[str], name: str = "volumes.csv") -> Path:
    path = folder / name
    path.write_text(HEAD + "\n".join(rows) + "\n")
    return path


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("volumes"), hours(FIRST, 56))


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    return made_centre(tmp_path_factory.mktemp("centre"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is no operation."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(done: Any, *words: str, code: int | None = None) -> None:
    """Three lines that say what was wrong, what was found and what to do."""
    assert done.code == code if code is not None else done.code != 0
    lines = [each for each in done.err.splitlines() if "\u00b7" not in each]
    assert len(lines) == 3, done.err
    assert lines[1].startswith("Found: ")
    assert lines[2].startswith("To do: ")
    for each in words:
        assert each in done.err


def test_a_file_of_volumes_is_enough_for_a_plan(run: Any, here: Path, volumes: Path) -> None:
    done = run("plan", "--volumes", volumes, "--zone", "Europe/Berlin", *QUICK)
    assert done.code == 0
    first = " ".join(done.out.split("\n\n")[0].split())
    assert re.match(r"calls needs \d+ agent-hours in 3 days, at most \d+ agents at once\.", first)
    assert "90 % of days were asked for" in first
    assert "Erlang C on the mean day" in first
    assert "Protective capacity:" in done.out
    assert "Keep in mind" in done.out
    assert max(map(len, done.out.splitlines())) <= 100
    assert len(re.findall(r"^  - ", done.out.split("Keep in mind")[1], re.MULTILINE)) <= 6


def test_machines_get_every_interval(run: Any, here: Path, volumes: Path) -> None:
    words = ("plan", "--volumes", volumes, "--zone", "Europe/Berlin", *QUICK, "--json")
    told = json.loads(run(*words).out, parse_constant=pytest.fail)
    assert (told["zone"], told["interval_s"], told["seed"]) == ("Europe/Berlin", 3600, 1)
    assert told["first_day"] == "2024-02-26"
    assert [each["name"] for each in told["teams"]] == ["calls"]
    intervals = told["teams"][0]["intervals"]
    assert len(intervals) == 3 * 8
    assert sum(each["required"] for each in intervals) == told["teams"][0]["agent_h"]
    assert told["lines"][0]["queues"] == ["calls"]
    assert told["lines"][0]["patience_s"] is None
    assert json.loads(run(*words).out) == told


def test_an_operations_ledger_is_planned_with_its_standard(run: Any, centre: Operation) -> None:
    done = run("plan", "-o", centre.folder, *QUICK, "--json")
    told = done.json
    assert done.code == 0
    assert {each["name"] for each in told["lines"]} == {"Cards", "Loans"}
    assert told["lines"][0]["promise"]["answer_within_s"] == 20
    assert told["lines"][0]["promise"]["service_level"] == 0.8
    assert told["lines"][0]["patience_s"] > 0
    assert told["zone"] == "UTC"


def test_a_plan_is_judged_by_what_the_ledger_holds(run: Any, centre: Operation) -> None:
    done = run("plan", "-o", centre.folder, *QUICK, "--from", "2024-02-20", "--judge")
    assert done.code == 0
    assert "with what really came, the promise would have held on" in " ".join(done.out.split())


def test_a_page_a_workbook_and_a_table_are_written(run: Any, here: Path, volumes: Path) -> None:
    files = [here / name for name in ("plan.html", "plan.xlsx", "plan.csv")]
    words = [part for path in files for part in (f"--{path.suffix[1:]}", path)]
    done = run("plan", "--volumes", volumes, "--zone", "UTC", *QUICK, *words)
    assert done.code == 0
    assert [f"Wrote {path.name}" in done.out for path in files] == [True] * 3
    page = files[0].read_text()
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//|@import|url\((?!data:|#|\"?#)", page)
    assert "<script" not in page
    assert "A plan for 26 to 28 February 2024" in page
    book = CalamineWorkbook.from_path(files[1])
    assert book.sheet_names[:2] == ["Intervals", "Days"]
    table = list(csv.DictReader(files[2].read_text().splitlines()))
    rows = book.get_sheet_by_name("Intervals").to_python()[3:]
    assert [int(each["agents_needed"]) for each in table] == [row[9] for row in rows]
    assert table[0]["date"] == "2024-02-26"
    assert table[0]["from"] == "08:00"


def test_days_of_the_past_can_be_backtested(run: Any, here: Path, volumes: Path) -> None:
    done = run("plan", "--volumes", volumes, "--zone", "UTC", *QUICK, "--backtest")
    assert done.code == 0
    assert "Such forecasts in the past" in done.out
    assert max(map(len, done.out.splitlines())) <= 100


def test_a_draft_says_what_the_data_show_and_changes_no_plan(
    run: Any, tmp_path: Path, centre: Operation
) -> None:
    file = tmp_path / "draft.yaml"
    done = run("plan", "-o", centre.folder, "--draft", "--file", file)
    assert done.code == 0
    assert "Wrote " in done.out
    said = file.read_text()
    assert "within: 20s" in said
    assert "serves: [Cards]" in said
    assert "# open: mon, tue, wed, thu, fri, sat, sun 08:00-13:00" in said
    assert "# shrinkage:" in said
    words = ("plan", "-o", centre.folder, *QUICK, "--json")
    assert run(*words, "--file", file).json["teams"] == run(*words).json["teams"]
    refused(run("plan", "-o", centre.folder, "--draft", "--file", file), "already", "--file")
    assert file.read_text() == said


def test_a_draft_lies_in_the_operations_folder_unless_another_is_named(
    run: Any, tmp_path: Path
) -> None:
    made = made_centre(tmp_path)
    assert run("plan", "-o", made.folder, "--draft").code == 0
    assert (made.folder / "plan.yaml").exists()
    refused(run("plan", "-o", made.folder, "--draft"), "already")
    assert run("plan", "-o", made.folder, *QUICK).code == 0


# --- what is asked for -------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["90%", "0.9", "90 %"])
def test_a_share_is_read_as_people_write_it(run: Any, here: Path, volumes: Path, said: str) -> None:
    words = ("plan", "--volumes", volumes, "--zone", "UTC", *QUICK, "--json")
    told = run(*words, "--service-level", said, "--within", "30s").json
    promise = told["lines"][0]["promise"]
    assert (promise["service_level"], promise["answer_within_s"]) == (0.9, 30)


def test_a_bare_number_is_met_with_what_was_probably_meant(
    run: Any, here: Path, volumes: Path
) -> None:
    words = ("plan", "--volumes", volumes, "--zone", "UTC", *QUICK)
    done = run(*words, "--service-level", "25")
    assert done.code == 2
    assert "'25' is not a share" in done.err
    file = here / "plan.yaml"
    for said, ok in (("25", False), ("0.25", True), ("25 %", True), ("25%", True)):
        file.write_text(f"promise:\n  service_level: {said}\n")
        done = run(*words, "--file", file, "--json")
        if ok:
            assert done.json["lines"][0]["promise"]["service_level"] == 0.25
        else:
            assert "'25' is no share" in done.error["wrong"]
            assert "25%" in done.error["todo"]


def test_the_command_line_comes_before_the_file(run: Any, here: Path, volumes: Path) -> None:
    (here / "p.yaml").write_text("promise:\n  mean_wait: 20s\n  days: 80%\n")
    words = ("plan", "--volumes", volumes, "--zone", "UTC", *QUICK, "--json", "--file", "p.yaml")
    said = run(*words).json["lines"][0]["promise"]
    assert (said["mean_wait_s"], said["service_level"], said["days"]) == (20, None, 0.8)
    said = run(*words, "--abandoned", "3%").json["lines"][0]["promise"]
    assert (said["mean_wait_s"], said["abandoned"], said["days"]) == (None, 0.03, 0.8)


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--weeks", "2", "--days", "3"), 17, "Weeks and days say two things."),
        (("--html", "plan.pdf"), 2, "must end in .html"),
        (("--interval", "20m"), 2, "'20m' is not one of"),
        (("--from", "tomorrow"), 2, "is not a day"),
        (("--courses", "5"), 2, "50<=x<=2000"),
    ],
)
def test_words_that_say_nothing_are_refused(
    run: Any, here: Path, volumes: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    done = run("plan", "--volumes", volumes, "--zone", "UTC", *words)
    assert (done.code, says in done.err) == (code, True)


def test_volumes_without_an_operation_need_a_zone(run: Any, here: Path, volumes: Path) -> None:
    refused(run("plan", "--volumes", volumes, *QUICK), "time zone", "--zone Europe/Berlin")
    refused(
        run("plan", "--volumes", volumes, "--zone", "Berlin", *QUICK), "Berlin", "Europe/Berlin"
    )


def test_without_a_ledger_or_volumes_there_is_nothing_to_plan_from(
    run: Any, here: Path, operation: Operation
) -> None:
    assert run("plan", *QUICK).code != 0
    refused(run("plan", "-o", operation.folder, *QUICK), "ledger is empty", "andon ingest")


def test_a_plan_that_begins_before_its_data_is_refused(
    run: Any, here: Path, volumes: Path, centre: Operation
) -> None:
    early = run("plan", "--volumes", volumes, "--zone", "UTC", *QUICK, "--from", "2023-06-01")
    refused(early, "before there are any data", "2024-01-01 to 2024-02-25", "2024-02-26")
    early = run("plan", "-o", centre.folder, *QUICK, "--from", "2024-01-01")
    refused(early, "before there are any data", "--from 2024-01-01")


def test_a_plan_cannot_be_judged_by_days_that_are_not_there(run: Any, centre: Operation) -> None:
    done = run("plan", "-o", centre.folder, *QUICK, "--judge")
    refused(done, "cannot be judged", "Leave --judge out")


def test_less_than_three_weeks_of_history_is_refused(run: Any, here: Path) -> None:
    path = written(here, hours(FIRST, 20))
    done = run("plan", "--volumes", path, "--zone", "UTC", *QUICK, "--json")
    assert done.code == 17
    assert "20" in done.error["found"]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("calls,2024-01-03 09:00,7,240", "twice"),
        ("calls,2024-13-03 09:00,7,240", "start cannot be understood"),
        ("calls,2024-03-03 09:00,many,240", "must be a number"),
        ("calls,2024-03-03 09:00,,240", "no number of contacts"),
        ("calls,2024-03-03 09:00,-3,240", "must be a number"),
        ("calls,2024-03-03 09:00,3,ages", "must be a number"),
    ],
)
def test_doubled_or_broken_rows_are_named_with_their_line(
    run: Any, here: Path, row: str, says: str
) -> None:
    path = written(here, [*hours(FIRST, 28), row])
    done = run("plan", "--volumes", path, "--zone", "UTC", *QUICK)
    refused(done, says, f"line {28 * 8 + 2}")


def test_a_team_that_serves_an_unknown_queue_is_refused(
    run: Any, here: Path, volumes: Path
) -> None:
    (here / "p.yaml").write_text("teams:\n  front: {serves: [calls, cals]}\n")
    done = run("plan", "--volumes", volumes, "--zone", "UTC", *QUICK, "--file", "p.yaml")
    refused(done, "'cals'", "queues: calls", "plan.yaml")


def test_a_target_that_nobody_can_reach_is_refused(run: Any, here: Path, volumes: Path) -> None:
    words = ("plan", "--volumes", volumes, "--zone", "UTC", *QUICK)
    done = run(*words, "--service-level", "80%", "--occupancy", "1%")
    refused(done)


def test_shift_rules_that_cannot_be_met_are_named(run: Any, here: Path, volumes: Path) -> None:
    (here / "p.yaml").write_text(
        "under_cover: false\n"
        "shifts:\n  day: {length: 8h, start: 08:00}\n"
        "contracts:\n  full: {people: 1}\n"
    )
    done = run("plan", "--volumes", volumes, "--zone", "UTC", *QUICK, "--file", "p.yaml")
    assert done.code == 17
    assert "full" in done.err
    assert "To do: " in done.err


# --- days of 23 and 25 hours ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "change", "length_h"),
    [
        ("Europe/Berlin", dt.date(2024, 3, 31), 23),
        ("Europe/Berlin", dt.date(2024, 10, 27), 25),
        ("America/New_York", dt.date(2024, 3, 10), 23),
        ("America/New_York", dt.date(2024, 11, 3), 25),
    ],
)
def test_days_of_23_and_25_hours_have_as_many_rows(
    run: Any, here: Path, zone: str, change: dt.date, length_h: int
) -> None:
    """Open day and night, in the past too, where the clock changed a year before."""
    rng = np.random.default_rng(3)
    clock = ZoneInfo(zone)
    begin = dt.datetime.combine(change - dt.timedelta(days=56), dt.time(), tzinfo=clock)
    end = dt.datetime.combine(change, dt.time(), tzinfo=clock)
    count = int((end.timestamp() - begin.timestamp()) // 3600)
    starts = [
        dt.datetime.fromtimestamp(begin.timestamp() + 3600 * i, tz=clock) for i in range(count)
    ]
    path = written(here, [f"calls,{each.isoformat()},{rng.poisson(30)},240" for each in starts])
    book = here / "plan.xlsx"
    done = run(
        "plan", "--volumes", path, "--zone", zone, "--interval", "1h", "--courses", "50",
        "--days", "2", "--xlsx", book, "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    rows = CalamineWorkbook.from_path(book).get_sheet_by_name("Intervals").to_python()[3:]
    today = [row for row in rows if row[0] == change]
    assert len(today) == length_h
    assert len(rows) == length_h + 24
    clocked = [int(f"{row[2]:%H}") for row in today]
    skipped_or_twice = {23: [0, 1, 3, 4], 25: [0, 1, 1, 2] if zone[0] == "A" else [0, 1, 2, 2]}
    assert clocked[:4] == skipped_or_twice[length_h]
    assert clocked[-1] == 23
    assert all(float(str(row[9])) > 0 for row in today)
    assert len(done.json["teams"][0]["intervals"]) == len(rows)


def test_a_past_that_holds_both_changes_of_the_clock_is_understood(run: Any, here: Path) -> None:
    clock = ZoneInfo("Europe/Berlin")
    rng = np.random.default_rng(4)
    begin = dt.datetime(2024, 3, 4, tzinfo=clock).timestamp()
    end = dt.datetime(2024, 11, 4, tzinfo=clock).timestamp()
    starts = [
        dt.datetime.fromtimestamp(begin + 3600 * i, tz=clock)
        for i in range(int((end - begin) // 3600))
    ]
    path = written(here, [f"calls,{each.isoformat()},{rng.poisson(30)},240" for each in starts])
    told = run(
        "plan", "--volumes", path, "--zone", "Europe/Berlin", "--interval", "1h", "--courses", "50",
        "--days", "1", "--json",
    ).json  # fmt: skip
    agents = [each["required"] for each in told["teams"][0]["intervals"]]
    assert len(agents) == 24
    assert max(agents) - min(agents) <= 1
