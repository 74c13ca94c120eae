"""Reading: every format becomes the same rows, and what is no file of its kind is told."""

from __future__ import annotations

import datetime as dt
import decimal
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from andon.errors import SourceError
from andon.ledger.mapping import FileShape
from andon.ledger.reading import format_of, scan, stage
from andon.ledger.staged import Staged
from workbooks import Cell, write_workbook

Read = Callable[..., list[dict[str, Any]]]
PLAIN = [{"id": "1", "name": "ann"}, {"id": "2", "name": None}]


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def staged(engine: duckdb.DuckDBPyConnection, tmp_path: Path) -> Callable[..., Staged]:
    def made(name: str, content: bytes | None = None, **how: Any) -> Staged:
        wanted = how.pop("wanted", None)
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        folder = tmp_path / "staging"
        folder.mkdir()
        return stage(engine, path, folder, shape=FileShape(**how), wanted=wanted)

    return made


@pytest.fixture
def read(engine: duckdb.DuckDBPyConnection, staged: Callable[..., Staged]) -> Read:
    def rows(name: str, content: bytes | None = None, **how: Any) -> list[dict[str, Any]]:
        each = staged(name, content, **how)
        columns = ", ".join(sql for sql, _ in each.columns.values())
        found = engine.execute(f"SELECT {columns} FROM {each.relation} ORDER BY file_row_number")
        return [dict(zip(each.columns, row, strict=True)) for row in found.fetchall()]

    return rows


def rejects(staged: Staged) -> list[tuple[int, str, str]]:
    found = [] if staged.rejects is None else pq.read_table(staged.rejects).to_pylist()
    assert len(found) == staged.rejected
    return [(each["line"], each["check"], each["content"]) for each in found]


# --- formats ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"id,name\n1,ann\n2,\n"),
        ("a.txt", b"id;name\n1;ann\n2;\n"),
        ("a.tsv", b"id\tname\n1\tann\n2\t\n"),
        ("a.TAB", b"id\tname\r\n1\tann\r\n2\t\r\n"),
        ("a.json", b'[{"id": 1, "name": "ann"}, {"id": 2, "name": null}]'),
        ("b.json", b'{"count": 2, "people": [{"id": 1, "name": "ann"}, {"id": 2, "name": null}]}'),
        ("a.jsonl", b'{"id": 1, "name": "ann"}\n\n{"id": 2}'),
        ("a.ndjson", b'{"id": 1, "name": "ann"}\r\n{"id": 2}\r\n'),
        ("mac.csv", b"id,name\r1,ann\r2,\r"),
        ('it\'s "new" [1] 100%.csv', b"id,name\n1,ann\n2,\n"),
    ],
)
def test_texts_become_rows(read: Read, name: str, content: bytes) -> None:
    assert read(name, content) == PLAIN


def test_gzip_is_unpacked_whatever_the_file_is_called(read: Read) -> None:
    assert read("a.csv.gz", gzip.compress(b"id,name\n1,ann\n2,\n", mtime=0)) == PLAIN


def test_gzip_is_known_by_its_first_bytes(read: Read) -> None:
    assert (
        read("a.csv", gzip.compress(b"id,name\n1,ann\n", mtime=0) + gzip.compress(b"2,\n")) == PLAIN
    )


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8-sig", None),
        ("utf-16", None),
        ("utf-32", None),
        ("latin-1", "latin-1"),
        ("cp1252", "Windows-1252"),
        ("utf-16-le", "utf-16-le"),
        ("utf-8", "UTF8"),
        ("shift_jis", "sjis"),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json"])
def test_encodings_become_utf8(
    staged: Callable[..., Staged],
    engine: duckdb.DuckDBPyConnection,
    encoding: str,
    said: str | None,
    name: str,
) -> None:
    word = "日本" if encoding == "shift_jis" else "café"
    record = json.dumps({"id": word}, ensure_ascii=False)
    text = {"a.csv": f"id,x\n{word},1\n", "a.json": f"[{record}]"}.get(name, record)
    each = staged(name, text.encode(encoding), **({"encoding": said} if said else {}))
    column = each.columns["id"][0]
    assert engine.execute(f"SELECT {column} FROM {each.relation}").fetchall() == [(word,)]
    assert dict(each.notes) == ({} if said else {"byte_order_mark": 1})


def test_bytes_that_mean_nothing_in_the_encoding_are_set_aside(
    staged: Callable[..., Staged],
) -> None:
    each = staged("a.csv", b"id,x\n\x80,1\n\x81,2\n", encoding="cp1252")
    assert each.rows == 1
    assert rejects(each) == [(3, "utf8", "\\x81,2")]


# --- workbooks ----------------------------------------------------------------------------------


def test_a_workbook_gives_what_a_person_would_have_typed(read: Read, tmp_path: Path) -> None:
    midnight = dt.datetime.combine(dt.date(2024, 5, 6), dt.time())
    write_workbook(
        tmp_path / "a.xlsx",
        {
            "Calls": [
                [],
                ["id", "at", "day", "clock", "talk", "ok", "score"],
                [1, midnight + dt.timedelta(hours=9), dt.date(2024, 5, 6), dt.time(9, 0, 1)],
                [None] * 7,
                ["x", None, None, None, dt.timedelta(hours=26, minutes=3, seconds=4), True, 1.5],
                ["y", None, None, None, dt.timedelta(seconds=61.5), False, -2],
            ]
        },
    )
    assert read("a.xlsx") == [
        {
            "id": "1",
            "at": "2024-05-06 09:00:00",
            "day": "2024-05-06",
            "clock": "09:00:01",
            "talk": None,
            "ok": None,
            "score": None,
        },
        {
            "id": "x",
            "at": None,
            "day": None,
            "clock": None,
            "talk": "26:03:04",
            "ok": "true",
            "score": "1.5",
        },
        {
            "id": "y",
            "at": None,
            "day": None,
            "clock": None,
            "talk": "0:01:01.500",
            "ok": "false",
            "score": "-2",
        },
    ]


def test_times_in_a_workbook_are_a_hair_off_and_put_right(read: Read, tmp_path: Path) -> None:
    start = dt.datetime(2024, 5, 6)  # noqa: DTZ001 - a workbook's time has no zone
    seconds = [1, 59, 3_599, 3_600, 43_199, 43_200, 86_399]
    rows: list[list[Cell]] = [[str(s), start + dt.timedelta(seconds=s)] for s in seconds]
    write_workbook(tmp_path / "a.xlsx", {"S": [["id", "at"], *rows]})
    assert [row["at"] for row in read("a.xlsx")] == [
        str(start + dt.timedelta(seconds=s)) for s in seconds
    ]


def test_a_row_of_a_workbook_keeps_its_number(
    staged: Callable[..., Staged], tmp_path: Path
) -> None:
    rows: list[list[Cell]] = [["Report"], [], ["id"], [], [1], [None], [2]]
    write_workbook(tmp_path / "a.xlsx", {"S": rows})
    each = staged("a.xlsx", skip=1)
    assert each.line_column == "line"
    with duckdb.connect() as engine:
        assert engine.execute(f"SELECT c0, line FROM {each.relation}").fetchall() == [
            ("1", 5),
            ("2", 7),
        ]


def test_a_sheet_can_be_named(read: Read, tmp_path: Path) -> None:
    write_workbook(tmp_path / "a.xlsx", {"Notes": [["hi"]], "Calls & more": [["id"], ["7"]]})
    assert read("a.xlsx", sheet="Calls & more") == [{"id": "7"}]


def test_a_workbook_may_have_no_header_or_a_long_one(read: Read, tmp_path: Path) -> None:
    write_workbook(tmp_path / "a.xlsx", {"S": [["7", "x"], ["8", "y"], ["9", "z"]]})
    assert read("a.xlsx", header_rows=2) == [{"7": "9", "x": "z"}]


def test_a_workbook_without_a_header_has_numbered_columns(read: Read, tmp_path: Path) -> None:
    write_workbook(tmp_path / "a.xlsx", {"S": [["7", "x"], ["8", "y"]]})
    assert read("a.xlsx", header=False) == [
        {"column_1": "7", "column_2": "x"},
        {"column_1": "8", "column_2": "y"},
    ]


def test_a_large_workbook_is_written_in_batches(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("andon.ledger.reading._BATCH", 2)
    write_workbook(tmp_path / "a.xlsx", {"S": [["id"], *([i] for i in range(5))]})
    assert [row["id"] for row in read("a.xlsx")] == ["0", "1", "2", "3", "4"]


# --- JSON ---------------------------------------------------------------------------------------

NESTED = {
    "id": 12345678901234567890,
    "queue": {"name": "Loans", "wait": {"s": 1.50}},
    "a.b": "dotted",
    'it\'s "x"/~y': "odd",
    "tags": ["late", "angry"],
    "parts": [{"who": "bot"}, {"who": "ann"}],
    "*": "star",
    "on": True,
    "none": None,
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", "12345678901234567890"),
        ("queue.name", "Loans"),
        ("queue.wait.s", "1.5"),
        ("queue", '{"name":"Loans","wait":{"s":1.5}}'),
        ("a.b", "dotted"),
        ('it\'s "x"/~y', "odd"),
        ("tags.0", "late"),
        ("parts.1.who", "ann"),
        ("*", "star"),
        ("on", "true"),
        ("none", None),
        ("queue.none.deep", None),
        ("parts.7.who", None),
    ],
)
def test_a_path_leads_into_objects_and_lists(read: Read, path: str, value: str | None) -> None:
    assert read("a.jsonl", json.dumps(NESTED).encode(), wanted=[path]) == [{path: value}]


def test_a_key_that_no_record_has_is_no_column(staged: Callable[..., Staged]) -> None:
    each = staged("a.jsonl", b'{"id": 1, "queue": null}', wanted=["id", "queue.name", "agent.name"])
    assert list(each.columns) == ["id", "queue.name"]


def test_records_are_found_by_their_path(read: Read) -> None:
    document = {"meta": [{"x": 1}], "data": {"rows": [{"id": 1, "name": "ann"}, {"id": 2}]}}
    assert read("a.json", json.dumps(document).encode(), records="data.rows") == PLAIN


def test_one_object_is_one_record(read: Read) -> None:
    assert read("a.json", b'{"id": 1, "tags": [1, 2]}') == [{"id": "1", "tags": "[1,2]"}]


LINES = b'{"id":1}\nnot json\n\n[2]\n"3"\n{"id":4}x\n{"id":"\\ud800"}\n{"id":5}\n{"id":\n'


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_lines_that_are_no_json_are_set_aside(
    staged: Callable[..., Staged], engine: duckdb.DuckDBPyConnection, end: bytes
) -> None:
    each = staged("a.jsonl", LINES.replace(b"\n", end))
    found = engine.execute(f"SELECT line, content FROM {each.relation} ORDER BY 1").fetchall()
    assert found == [(1, '{"id":1}'), (8, '{"id":5}')]
    assert rejects(each) == [
        (2, "valid_json", "not json"),
        (4, "valid_json", "[2]"),
        (5, "valid_json", '"3"'),
        (6, "valid_json", '{"id":4}x'),
        (7, "valid_json", '{"id":"\\ud800"}'),
        (9, "valid_json", '{"id":'),
    ]


def test_a_line_that_is_not_utf8_is_set_aside(staged: Callable[..., Staged]) -> None:
    each = staged("a.jsonl", b'{"id":1}\n{"id":"\xe9"}\n{"id":3}')
    assert each.rows == 2
    assert rejects(each) == [(2, "utf8", '{"id":"\\xe9"}')]


def test_records_that_are_no_objects_are_set_aside(staged: Callable[..., Staged]) -> None:
    each = staged("a.json", b'[{"id": 1}, 2, null, "x", {"id": "\\ud800"}, {"id": 6}]')
    assert each.rows == 2
    assert [(line, check) for line, check, _ in rejects(each)] == [
        (2, "valid_json"),
        (3, "valid_json"),
        (4, "valid_json"),
        (5, "valid_json"),
    ]


def test_json_lines_without_the_engine_are_the_same(
    staged: Callable[..., Staged], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("andon.ledger.reading._BATCH", 1)
    monkeypatch.setattr("andon.ledger.reading._LONGEST_LINE", 4)
    each = staged("a.jsonl", b'{"id":"longer than the engine is let"}\n{"id":2}\n')
    assert (each.rows, each.rejected) == (2, 0)


# --- Parquet ------------------------------------------------------------------------------------


def test_parquet_keeps_its_types_and_opens_its_structures(
    staged: Callable[..., Staged], engine: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    when = dt.datetime(2024, 5, 6, 7, 8, 9, tzinfo=dt.UTC)
    table = pa.table(
        {
            "Id": [1, 2],
            "id": ["a", "b"],
            "at": pa.array([when, None], pa.timestamp("us", "UTC")),
            "day": [when.date(), None],
            "price": [decimal.Decimal("1.50"), None],
            "queue": [{"name": "Loans", "wait": {"s": 3}}, None],
            'it\'s "odd"': [True, False],
            "order": [1.0, float("nan")],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    each = staged("a.parquet")
    assert {name: kind for name, (_, kind) in each.columns.items() if name != "queue"} == {
        "Id": "BIGINT",
        "id": "VARCHAR",
        "at": "TIMESTAMP WITH TIME ZONE",
        "day": "DATE",
        "price": "DECIMAL(3,2)",
        'it\'s "odd"': "BOOLEAN",
        "order": "DOUBLE",
        "queue.name": "VARCHAR",
        "queue.wait.s": "VARCHAR",
    }
    wanted = ("id", "queue.name", "queue.wait.s", 'it\'s "odd"')
    columns = ", ".join(each.columns[name][0] for name in wanted)
    assert engine.execute(f"SELECT {columns} FROM {each.relation}").fetchall() == [
        ("a", "Loans", "3", True),
        ("b", None, None, False),
    ]
    content = engine.execute(f"SELECT {each.content_sql()} FROM {each.relation}").fetchall()
    assert '"queue":{"name":"Loans","wait":{"s":3}}' in content[0][0]


def test_parquet_is_known_by_its_first_bytes(read: Read, tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["7"]}), tmp_path / "export")
    assert read("export") == [{"id": "7"}]


# --- what is no file of its kind ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "wrong"),
    [
        ("a.csv", b"", "The file is empty"),
        ("a.parquet", b"", "The file is empty"),
        ("a.csv.gz", b"id\n1\n", "name says gzip, but it is not"),
        ("a.csv.gz", gzip.compress(b"", mtime=0), "The file is empty"),
        ("a.csv.gz", gzip.compress(b"id\n1\n" * 99, mtime=0)[:-9], "cut off or damaged"),
        ("a.csv.gz", gzip.compress(b"id\n1\n" * 99, mtime=0)[:25], "cut off or damaged"),
        ("a.csv.gz", gzip.compress(b"x" * 999, mtime=0)[:12] + b"\xff" * 40, "cut off or damaged"),
        ("a.xls", b"\xd0\xcf\x11\xe0", "does not say what it is"),
        ("a", b"id\n1\n", "does not say what it is"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary, not text"),
        ("a.csv", b"\xff\xfei\x00", "binary|no lines|a header and no rows"),
        ("a.csv", b"\xff\xfei\x00d\x00\n", "does not read as utf-16"),
        ("a.xlsx", b"PK\x03\x04 nothing", "not an Excel workbook"),
        ("a.xlsx", b"id,name\n1,2\n", "not an Excel workbook"),
        ("a.json", b"{", "not JSON"),
        ("a.json", b'{"id": 1}\n{"id": 2}\n', "not JSON"),
        ("a.json", b'{"id": "\xe9"}', "not text in UTF-8"),
        ("a.json", b"[" * 100_000, "nested too deeply|not JSON"),
        ("a.json", b"[]", "holds no records"),
        ("a.json", b'"text"', "no list of records"),
        ("a.jsonl", b"\n\n", "holds no records"),
        ("a.jsonl", b"id,name\n1,2\n", "No line of the file is a JSON object"),
        ("a.parquet", b"PAR1 nothing PAR1", "not Parquet, or it is damaged"),
        ("a.parquet", b"id,name\n1,2\n", "not Parquet, or it is damaged"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_told(
    staged: Callable[..., Staged], name: str, content: bytes, wrong: str
) -> None:
    with pytest.raises(SourceError, match=wrong) as told:
        staged(name, content)
    assert name in told.value.found
    assert told.value.todo


def test_an_encoding_that_is_none_is_told(staged: Callable[..., Staged]) -> None:
    with pytest.raises(SourceError, match="no encoding called 'klingon'"):
        staged("a.csv", b"id\n1\n", encoding="klingon")


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ({"S": [["id", "id"], [1, 2]]}, "'id' is there more than once"),
        ({"S": [["id", "name"]]}, "a header and no rows"),
        ({"S": []}, "The sheet is empty"),
    ],
)
def test_a_sheet_that_is_none_is_told(
    staged: Callable[..., Staged], tmp_path: Path, content: dict[str, Any], wrong: str
) -> None:
    write_workbook(tmp_path / "a.xlsx", content)
    with pytest.raises(SourceError, match=wrong) as told:
        staged("a.xlsx")
    assert "a.xlsx, sheet S" in told.value.found


def test_a_sheet_that_is_not_there_names_the_others(
    staged: Callable[..., Staged], tmp_path: Path
) -> None:
    write_workbook(tmp_path / "a.xlsx", {"Calls": [["id"], [1]], "Notes": [["x"]]})
    with pytest.raises(SourceError, match="no sheet called 'Chats'") as told:
        staged("a.xlsx", sheet="Chats")
    assert "Calls, Notes" in told.value.found


def test_records_that_are_not_there_are_told(staged: Callable[..., Staged]) -> None:
    with pytest.raises(SourceError, match=r"nothing at 'data\.calls'") as told:
        staged("a.json", b'{"data": {}}', records="data.calls")
    assert "no 'calls'" in told.value.found


def test_parquet_without_rows_or_with_doubled_columns_is_told(
    staged: Callable[..., Staged], tmp_path: Path
) -> None:
    pq.write_table(pa.table({"id": pa.array([], pa.string())}), tmp_path / "a.parquet")
    with pytest.raises(SourceError, match="a header and no rows"):
        staged("a.parquet")
    doubled = pa.table([pa.array([1]), pa.array([2])], names=["id", "id"])
    pq.write_table(doubled, tmp_path / "b.parquet")
    (tmp_path / "staging").rmdir()
    with pytest.raises(SourceError, match="'id' is there more than once"):
        staged("b.parquet")


def test_a_cut_off_parquet_file_is_told(staged: Callable[..., Staged], tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": list(range(1000))}), tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    with pytest.raises(SourceError, match="not Parquet, or it is damaged"):
        staged("b.parquet", whole[: len(whole) // 2])


def test_what_is_not_there_or_is_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        format_of(tmp_path / "gone.csv", FileShape())
    with pytest.raises(SourceError, match="a folder, not a file"):
        format_of(tmp_path, FileShape())


def test_the_mapping_wins_over_the_name_and_parquet_over_both(tmp_path: Path) -> None:
    (tmp_path / "log.2024").write_bytes(b"id\n1\n")
    assert format_of(tmp_path / "log.2024", FileShape(format="csv")) == ("csv", False)
    pq.write_table(pa.table({"id": [1]}), tmp_path / "a.csv")
    assert format_of(tmp_path / "a.csv", FileShape(format="csv")) == ("parquet", False)


# --- without a copy -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "direct"),
    [
        ("a.csv", b"id,name\n1,ann\n", True),
        ("a.csv", b'id,name\n1,"ann"\n', False),
        ("a.csv", b"id,name\n1,ann\r\n", False),
        ("a.csv.gz", gzip.compress(b"id,name\n1,ann\n", mtime=0), False),
        ("a.jsonl", b'{"id": 1}', False),
    ],
)
def test_plain_text_is_scanned_where_it_lies(
    engine: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, content: bytes, direct: bool
) -> None:
    (tmp_path / name).write_bytes(content)
    folder = tmp_path / "staging"
    folder.mkdir()
    each, settle = scan(engine, tmp_path / name, folder, shape=FileShape())
    assert (settle is not None) == direct
    if settle is not None:
        rows = engine.execute(f"SELECT * FROM {each.relation}").fetchall()
        assert settle(len(rows)).rows == 1
        assert settle(None).line_column == "line"
