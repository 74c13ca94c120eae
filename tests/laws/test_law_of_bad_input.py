"""Bad input gets a clear error or a quarantine entry, and nothing already in the ledger is lost.

An error has three lines: what was wrong, what was found, what to do.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from andon.errors import AndonError, MappingError, SourceError
from andon.ledger.mapping import FileShape
from andon.ledger.store import Ledger
from ingesting import LEAST, Rig, at, with_columns
from nursery import Nursery
from workbooks import write_workbook

CALLS = "id,at\n1,2024-01-01 09:00:00\n2,2024-01-01 10:00:00\n3,soon\n"
"""What the ledger holds before anything bad comes."""


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    made = Rig(folder=tmp_path)
    made.load(LEAST, CALLS, "before.csv")
    return made


def refused(rig: Rig, mapping: str, path: Path) -> AndonError:
    """The error that a file gets; the ledger is as it was, and can be loaded again."""
    before, runs = rig.state(), len(rig.ledger.runs())
    with pytest.raises(AndonError) as told:
        rig.ingest(mapping, path)
    assert told.value.wrong.endswith(".")
    assert told.value.found
    assert told.value.todo.endswith((".", ")", "'"))
    assert len(str(told.value).splitlines()) == 3
    assert rig.state() == before
    assert len(rig.ledger.runs()) == runs
    return told.value


# --- files that are refused ---------------------------------------------------------------------

TABLE = pa.table({"id": [str(i) for i in range(20_000)], "at": ["2024-01-01"] * 20_000})


def _parquet(folder: Path, spoil: Callable[[bytes], bytes]) -> bytes:
    pq.write_table(TABLE, folder / "whole.parquet", compression="zstd")
    return spoil((folder / "whole.parquet").read_bytes())


FILES: dict[str, tuple[str, bytes | Callable[[Path], bytes], type[AndonError], str]] = {
    "an empty file": ("a.csv", b"", SourceError, "empty"),
    "a header only": ("a.csv", b"id,at\n", SourceError, "a header and no rows"),
    "a header only, zipped": ("a.csv.gz", gzip.compress(b"id,at\n"), SourceError, "no rows"),
    "another delimiter": ("a.csv", b"id^at\n1^2024-01-01\n", MappingError, "no column 'id'"),
    "a truncated gzip": (
        "a.csv.gz",
        gzip.compress(CALLS.encode() * 99)[:-7],
        SourceError,
        "cut off",
    ),
    "a binary file": ("a.csv", bytes(range(256)) * 40, SourceError, "binary"),
    "a picture": ("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0", SourceError, "binary"),
    "doubled columns": ("a.csv", b"id,at,id\n1,2024-01-01,2\n", SourceError, "more than once"),
    "a missing column": ("a.csv", b"id,when\n1,2024-01-01\n", MappingError, "no column 'at'"),
    "no JSON": ("a.json", b"id,at\n1,2024-01-01\n", SourceError, "not JSON"),
    "JSON without records": ("a.json", b'{"id": []}', MappingError, "no column 'at'"),
    "no JSON Lines": ("a.jsonl", CALLS.encode(), SourceError, "No line of the file"),
    "no workbook": ("a.xlsx", CALLS.encode(), SourceError, "not an Excel workbook"),
    "UTF-16 that says so nowhere": ("a.csv", CALLS.encode("utf-16-le"), SourceError, "binary"),
    "Parquet cut off": (
        "a.parquet",
        lambda folder: _parquet(folder, lambda whole: whole[:-200]),
        SourceError,
        "damaged",
    ),
    "Parquet damaged inside": (
        "a.parquet",
        lambda folder: _parquet(folder, lambda w: w[:9_000] + b"\xaa" * 900 + w[9_900:]),
        SourceError,
        "damaged inside",
    ),
    "Parquet without rows": (
        "a.parquet",
        lambda folder: (
            pq.write_table(TABLE[:0], folder / "e.parquet"),
            (folder / "e.parquet").read_bytes(),
        )[1],
        SourceError,
        "a header and no rows",
    ),
    "a name without a format": ("a.dat", CALLS.encode(), SourceError, "does not say what it is"),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_cannot_be_used_is_refused(rig: Rig, what: str) -> None:
    name, content, kind, wrong = FILES[what]
    path = rig.file(name, content(rig.folder) if callable(content) else content)
    told = refused(rig, LEAST, path)
    assert isinstance(told, kind)
    assert wrong in told.wrong
    assert name in told.found


def test_a_workbook_without_rows_is_refused(rig: Rig) -> None:
    path = write_workbook(rig.folder / "a.xlsx", {"S": [["id", "at"]]})
    assert "no rows" in refused(rig, LEAST, path).wrong


def test_a_wrong_delimiter_is_hinted_at(rig: Rig) -> None:
    told = refused(rig, LEAST, rig.file("a.csv", "id^at\n1^2024-01-01\n"))
    assert "file: {delimiter" in told.todo
    assert rig.load(LEAST + 'file: {delimiter: "^"}\n', "id^at\n1^2024-01-01\n").read == 1


@pytest.mark.parametrize(
    ("more", "wrong", "found"),
    [
        ("zone: Mars/Base\n", "There is no time zone called 'Mars/Base'.", "line 7, key 'zone'"),
        ("  queue: {form: q}\n", "'columns.queue.form' is not known", "key 'columns.queue.form'"),
        ("  queue: skill\n", "no column 'skill'", "id, at"),
        (
            "  queue: {from: at, replace: [{pattern: '(', with: x}]}\n",
            "regular expression",
            "line 7",
        ),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused(
    rig: Rig, more: str, wrong: str, found: str
) -> None:
    told = refused(rig, LEAST + more, rig.file("a.csv", CALLS))
    assert isinstance(told, MappingError)
    assert wrong in told.wrong
    assert found in told.found


def test_a_file_that_may_not_be_read_is_refused(rig: Rig) -> None:
    path = rig.file("a.csv", CALLS)
    path.chmod(0)
    if os.access(path, os.R_OK):
        path = rig.folder / "folder.csv"  # root may read everything, but not a folder
        path.mkdir()
    refused(rig, LEAST, path)


# --- rows that are set aside --------------------------------------------------------------------


def set_aside(rig: Rig, mapping: str, content: str | bytes, name: str = "a.csv") -> dict[int, str]:
    """Load a file; line and check of each row that waits."""
    rig.load(mapping, content, name)
    return {line: check for file, line, check, _ in rig.set_aside() if file == name}


def test_one_row_is_enough(rig: Rig) -> None:
    assert set_aside(rig, LEAST, "id,at\n9,2024-01-01") == {}
    assert len(rig.rows()) == 3


def test_ten_years_of_silence_are_no_fault(rig: Rig) -> None:
    mapping = with_columns("", top="zone: America/Sao_Paulo")
    assert set_aside(rig, mapping, "id,at\n8,2009-07-01 12:00\n9,2019-07-01 12:00\n") == {}
    rows = rig.rows()
    assert rows["phone:8"]["arrived_at"] == at("2009-07-01T15:00")
    assert rows["phone:9"]["arrived_at"] == at("2019-07-01T15:00")


def test_text_where_seconds_belong_is_set_aside(rig: Rig) -> None:
    mapping = with_columns("talk_s: talk")
    data = (
        "id,at,talk\n8,2024-01-01,60\n9,2024-01-01,a minute\n10,2024-01-01,1:00\n11,2024-01-01,\n"
    )
    assert set_aside(rig, mapping, data) == {3: "is_a_number", 4: "is_a_number"}
    assert rig.rows()["phone:11"]["talk_s"] is None


def test_all_ids_missing_sets_every_row_aside(rig: Rig) -> None:
    assert set_aside(rig, LEAST, "id,at\n,2024-01-01\n ,2024-01-01\n") == {
        2: "id_present",
        3: "id_present",
    }


def test_mixed_encodings_set_aside_the_lines_that_differ(rig: Rig) -> None:
    data = "id,at\né1,2024-01-01\n".encode() + "é2,2024-01-01\n".encode("latin-1")
    assert set_aside(rig, LEAST, data) == {3: "utf8"}
    assert rig.rows()["phone:é1"]
    assert ("a.csv", 3, "utf8", "\\xe92,2024-01-01") in rig.set_aside()


def test_a_byte_order_mark_is_taken_off_and_noted(rig: Rig) -> None:
    for i, encoding in enumerate(("utf-8-sig", "utf-16")):
        path = rig.file(f"{i}.csv", f"id,at\n{encoding},2024-01-01\n".encode(encoding))
        run = rig.ingest(LEAST, path)
        assert (run.added, dict(run.notes)) == (1, {"byte_order_mark": 1})


def test_clocks_that_change_are_told(rig: Rig) -> None:
    mapping = with_columns("", top="zone: Europe/Berlin")
    data = "id,at\n7,2024-03-31 02:30:00\n8,2024-10-27 02:30:00\n9,2024-10-27 02:30:00+01:00\n"
    assert set_aside(rig, mapping, data) == {2: "time_existed"}
    rows = rig.rows()
    assert rows["phone:9"]["arrived_us"] - rows["phone:8"]["arrived_us"] == 3_600_000_000


def test_future_dates_and_unknown_channels_are_set_aside(rig: Rig) -> None:
    tomorrow = rig.now + dt.timedelta(hours=23)
    data = f"id,at,how\n7,{tomorrow:%Y-%m-%d %H:%M},chat\n8,2030-01-03,chat\n9,2024-01-01,pigeon\n"
    found = set_aside(rig, with_columns("channel: how"), data)
    assert found == {3: "not_in_future", 4: "known_value"}


def test_ragged_rows_keep_their_whole_line(rig: Rig) -> None:
    set_aside(rig, LEAST, "id,at\n7\n8,2024-01-01,x,y\n9,2024-01-01,\n")
    kept = [(line, content) for file, line, _, content in rig.set_aside() if file == "a.csv"]
    assert kept == [(2, "7"), (3, "8,2024-01-01,x,y")]
    assert "phone:9" in rig.rows()


def test_column_names_may_be_words_of_the_engine(rig: Rig) -> None:
    mapping = with_columns('queue: order\nreason: "a\'b"\ntext: \'say "hi"\'\njourney: select')
    header = 'id,at,order,a\'b,"say ""hi""",select,ID,date,_bad,k_queue,file_row_number,line'
    assert set_aside(rig, mapping, f"{header}\n9,2024-01-01,o,r,t,j,x,y,1,2,3,4\n10\n") == {
        3: "whole_row"
    }
    row = rig.rows()["phone:9"]
    assert (row["queue"], row["reason"], row["text"], row["journey"]) == ("o", "r", "t", "j")


@pytest.mark.parametrize(
    "name", ["it's.csv", "a b.csv", 'say "hi".csv', "[1].csv", "50%*.csv", "ü.CSV"]
)
def test_files_may_have_any_name(rig: Rig, name: str) -> None:
    assert set_aside(rig, LEAST, "id,at\n9,2024-01-01\n10,x\n", name) == {3: "is_a_time"}


@pytest.mark.slow
def test_ten_thousand_bad_rows_among_a_million_are_all_found(rig: Rig) -> None:
    rows = [f"{i},2024-01-{i % 28 + 1:02} {i % 24:02}:00:00" for i in range(1_000_000)]
    bad = range(13, 1_000_000, 100)
    kinds = ("{},soon", "{}", "{},2024-01-01,x,y", ",2024-01-01")
    for n, i in enumerate(bad):
        rows[i] = kinds[n % 4].format(i)
    path = rig.file("big.csv", "\n".join(["id,at", *rows, ""]))
    run = rig.ingest(LEAST, path)
    assert (run.read, run.quarantined) == (1_000_000, 10_000)
    assert run.added + run.changed + run.unchanged == 990_000
    waiting = {line: check for file, line, check, _ in rig.set_aside() if file == "big.csv"}
    checks = ("is_a_time", "whole_row", "whole_row", "id_present")
    assert waiting == {i + 2: checks[n % 4] for n, i in enumerate(bad)}
    again = rig.ingest(LEAST, path)
    assert (again.added, again.changed, again.quarantined) == (0, 0, 10_000)


# --- two at once --------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("wait_s", [30.0, 0.0])
def test_two_ingests_at_once_keep_the_law(rig: Rig, wait_s: float) -> None:
    """All finish, or are told that another is at work; no row is lost or doubled."""
    rig.file("m.yaml", LEAST)
    names = [f"{i}.csv" for i in range(4)]
    for i, name in enumerate(names):
        rig.file(name, "id,at\n" + "".join(f"{n},2024-01-01\n" for n in range(i * 5, i * 5 + 10)))
    nurseries = [Nursery() for _ in names]
    for nursery, name in zip(nurseries, names, strict=True):
        nursery.start(rig.folder, name, wait_s=wait_s)
    done = [name for nursery, name in zip(nurseries, names, strict=True) if nursery.end() == 0]
    for nursery, name in zip(nurseries, names, strict=True):
        nursery.close()
        assert name in done or "Another run is writing to this ledger" in nursery.failure
    assert len(done) == 4 if wait_s else len(done) >= 1
    for name in set(names) - set(done):
        rig.ingest(LEAST, rig.folder / name)
    assert len(rig.rows()) == 25
    assert len(rig.ledger.runs()) == 5


# --- what a file cannot say ---------------------------------------------------------------------


def test_every_part_of_a_files_shape_is_used(rig: Rig) -> None:
    """A key of ``file:`` that nothing reads would be a promise that is not kept."""
    used = {
        "format": ("a.log", b"id,at\n9,2024-01-01\n", "format: csv"),
        "delimiter": ("a.csv", b"id~at\n9~2024-01-01\n", "delimiter: '~'"),
        "quote": ("a.csv", b"id,at\n'9','2024-01-01'\n", 'quote: "\'"'),
        "encoding": ("a.csv", "id,at\n9,2024-01-01\n".encode("utf-16-le"), "encoding: utf-16-le"),
        "header": ("a.csv", b"9,2024-01-01\n", "header: false"),
        "header_rows": ("a.csv", b"id,at\nthe id,when\n9,2024-01-01\n", "header_rows: 2"),
        "sheet": ("a.xlsx", b"", "sheet: Two"),
        "records": ("a.json", b'{"a": [{}], "b": [{"id": 9, "at": "2024-01-01"}]}', "records: b"),
        "skip": ("a.csv", b"Report\nid,at\n9,2024-01-01\n", "skip: 1"),
    }
    assert set(used) == {each.name for each in dataclasses.fields(FileShape)}
    for key, (name, content, said) in used.items():
        mapping = LEAST + f"file: {{{said}}}\n"
        if key == "header":
            mapping = mapping.replace("id: id", "id: column_1").replace("at: at", "at: column_2")
        path = rig.file(name, content)
        if key == "sheet":
            write_workbook(path, {"One": [["x"], [1]], "Two": [["id", "at"], [9, "2024-01-01"]]})
        assert not _reads(rig, LEAST, path), f"it is read without {key}"
        assert _reads(rig, mapping, path), key


def _reads(rig: Rig, mapping: str, path: Path) -> bool:
    """Whether a file gives exactly one row, and it is right."""
    try:
        run = rig.ingest(mapping, path)
    except AndonError:
        return False
    return run.read == run.added + run.unchanged == 1


def test_any_json_value_is_a_text_a_number_or_nothing(rig: Rig) -> None:
    mapping = with_columns("queue: {from: q, optional: true}\ntalk_s: {from: t, optional: true}")
    cells: list[Any] = ['"x"', "7", "7.50", "true", "null", '{"a":1}', "[1]", '""']
    lines = [f'{{"id": "j{i}", "at": "2024-01-01", "q": {cell}}}' for i, cell in enumerate(cells)]
    run = rig.load(mapping, "\n".join(lines), "a.jsonl")
    rows = rig.rows()
    assert run.added == len(cells)
    assert [rows[f"phone:j{i}"]["queue"] for i in range(len(cells))] == [
        "x",
        "7",
        "7.5",
        "true",
        None,
        '{"a":1}',
        "[1]",
        None,
    ]


def test_the_ledger_is_opened_by_any_name_of_its_folder(rig: Rig) -> None:
    assert Ledger.open(str(rig.folder / "ledger")).rows("contacts") == 2
