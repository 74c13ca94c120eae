"""Delimited text: no line is lost, doubled or misnumbered, whichever way the file is read."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from andon.errors import SourceError
from andon.ledger.delimited import Delimited, Dialect
from andon.ledger.mapping import FileShape
from andon.ledger.staged import Staged
from oracles import ingest as oracle

Read = list[tuple[int, str, str]]
"""Line, check (empty for a row) and content (a row's as JSON), in the file's order."""


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 2}) as connection:
        yield connection


def delimited(
    engine: duckdb.DuckDBPyConnection, folder: Path, data: bytes, shape: FileShape | None = None
) -> Delimited:
    folder = Path(tempfile.mkdtemp(dir=folder))  # the engine remembers files by their path
    path = folder / "text.csv"
    path.write_bytes(data)
    return Delimited(
        connection=engine, path=path, folder=folder, shape=shape or FileShape(), name="text.csv"
    )


def read(engine: duckdb.DuckDBPyConnection, staged: Staged) -> Read:
    """All that a staged file holds, as ingest would number it."""
    place = staged.line_column or f"file_row_number + {staged.first_line}"
    rows = engine.execute(
        f"SELECT {place}, '', {staged.content_sql()} FROM {staged.relation} ORDER BY 1"
    ).fetchall()
    if not staged.line_column:
        gaps = [line - 1 for line in _gap_lines(staged)]
        numbered, line = [], staged.first_line
        for _, check, content in rows:
            while line - 1 in gaps:
                line += 1
            numbered.append((line, check, content))
            line += 1
        rows = numbered
    rejects = [] if staged.rejects is None else pq.read_table(staged.rejects).to_pylist()
    assert staged.rows == len(rows)
    assert staged.rejected == len(rejects)
    return sorted([*rows, *((each["line"], each["check"], each["content"]) for each in rejects)])


def _gap_lines(staged: Staged) -> list[int]:
    return [before + passed - 1 + staged.first_line for before, passed in staged.skips]


def expected(data: bytes, **how: str) -> Read:
    return [(each.number, each.check, each.content) for each in oracle.lines_of(data, **how)]


def both_ways(
    engine: duckdb.DuckDBPyConnection, folder: Path, data: bytes, shape: FileShape | None = None
) -> Read:
    """What the file holds, read by the engine and line by line: the same."""
    quick = read(engine, delimited(engine, folder, data, shape).staged())
    slow = read(engine, delimited(engine, folder, data, shape)._carefully())
    assert quick == slow
    unread = delimited(engine, folder, data, shape)
    staged = unread.unread()
    if staged is not None:
        count: int | None = None
        with contextlib.suppress(duckdb.Error):
            count = engine.execute(f"SELECT count(*) FROM {staged.relation}").fetchall()[0][0]
        settled = unread.settled(count)
        if not settled.relation.startswith("read_csv"):
            assert read(engine, settled) == slow
        else:
            assert settled.rows + settled.rejected == len(slow)
    return quick


# --- the dialect --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("1,2,3", ["1", "2", "3"]),
        (",,", ["", "", ""]),
        ('"a","b, c",d', ["a", "b, c", "d"]),
        ('"a ""b"" c",2,3', ['a "b" c', "2", "3"]),
        ('a "b" c,2,3', ['a "b" c', "2", "3"]),
        ('1, "2" ,3', ["1", "2", "3"]),
        ('1,"2\n2",3', ["1", "2\n2", "3"]),
        ("1,2,3,,", ["1", "2", "3"]),
        ("1,2", "ragged"),
        ("1,2,3,4", "ragged"),
        ("1,2,3, ", "ragged"),
        ('1,"2,3', "open"),
        ('1,2,"', "open"),
        ('1,"2"2,3', "broken"),
    ],
)
def test_a_record_is_cut_into_fields(text: str, fields: list[str] | str) -> None:
    assert Dialect(",", '"', 3).record(text) == fields
    assert oracle.record_of(text, 3, ",", '"') == fields


@given(st.text(alphabet='a,;" \n', max_size=14), st.sampled_from([",", ";"]), st.integers(1, 4))
def test_fields_are_those_of_the_definition(text: str, delimiter: str, width: int) -> None:
    for quote in ('"', "", ";" if delimiter == "," else ","):
        dialect = Dialect(delimiter, quote, width)
        assert dialect.fields(text) == oracle.fields_of(text, delimiter, quote)
        assert dialect.record(text) == oracle.record_of(text, width, delimiter, quote)


# --- whole files --------------------------------------------------------------------------------

VALUES = st.text(st.sampled_from('ab19"é, \t'), max_size=5)
LINES = st.one_of(
    st.lists(VALUES, min_size=3, max_size=3).map(
        lambda row: ",".join('"' + each.replace('"', '""') + '"' for each in row)
    ),
    st.lists(st.text("ab1 ", max_size=3), min_size=3, max_size=3).map(",".join),
    st.lists(st.text("ab1 ", max_size=3), min_size=1, max_size=5).map(",".join),
    st.text(st.sampled_from('ab,,,"" \t'), max_size=9),
    st.just(""),
).map(str.encode)
ODD = st.sampled_from(
    [
        b"1,2\xff,3",
        b'1,"2\n2",3',
        b'"',
        b"a\rb,2,3",
        b"1,2,3333333333333333" * 40 + b"\x00",
        b"   ",
        b',,"',
    ]
)
FILES = st.tuples(
    st.lists(st.one_of(LINES, LINES, LINES, ODD), max_size=9),
    st.sampled_from([b"\n", b"\n", b"\r\n"]),
    st.booleans(),
).map(lambda parts: parts[1].join([b"x,y,z", *parts[0]]) + (parts[1] if parts[2] else b""))


@settings(max_examples=150, deadline=None)
@example(b"x,y,z\n1,2,3\n\n\n4,5,6\n\n")
@example(b'x,y,z\n1,"2\n3,4,5\n6,7,8\n')
@example(b'x,y,z\n1,2,"3\n4,5,"\n')
@example(b'x,y,z\n1,2,"a\nb, c, d\ne"\n4,5,6\n')
@example(b"x,y,z\r\n1,2\r\n\r\n1,2,3")
@example(b"x,y,z\r\n1,2\n1,2,3\r\n")
@given(FILES)
def test_every_line_is_part_of_a_row_or_told_as_none(
    engine: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp()
    lines = expected(data)
    if not lines:
        with pytest.raises(SourceError, match="no rows"):
            delimited(engine, folder, data).staged()
        return
    assert both_ways(engine, folder, data) == lines


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text("ab", max_size=3).map(str.encode), max_size=6))
def test_a_file_of_one_column_has_no_delimiter_to_go_by(
    engine: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    data = b"\n".join([b"x", *lines])
    rows = expected(data)
    if rows:
        assert both_ways(engine, tmp_path_factory.getbasetemp(), data) == rows


def test_one_open_quote_does_not_swallow_its_neighbours(
    engine: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rows = [f'{i},"name {i}",x' for i in range(2_000)]
    rows[700] = '700,"never closed,x'
    rows[1500] = '1500,"never closed,x'
    found = both_ways(engine, tmp_path, "\n".join(["a,b,c", *rows, ""]).encode())
    assert len(found) == 2_000
    assert [(line, check) for line, check, _ in found if check] == [
        (702, "closed_quotes"),
        (1502, "closed_quotes"),
    ]


def test_a_quoted_text_over_several_lines_is_one_row(
    engine: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    data = b'a,b\n1,"Dear Sir,\n\nno, thanks\nYours"\n2,x\n'
    first, second = both_ways(engine, tmp_path, data)
    assert first[0] == 2
    assert json.loads(first[2]) == {"a": "1", "b": "Dear Sir,\n\nno, thanks\nYours"}
    assert second == (6, "", '{"a":"2","b":"x"}')


def test_many_bad_rows_among_many_are_numbered_rightly(
    engine: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Large enough that the engine reads it in several pieces at once."""
    padding = "p" * 60
    rows = [f"{i},{i * 7},{padding}" for i in range(300_000)]
    bad = range(17, 300_000, 97)
    for i in bad:
        rows[i] = f"{i},{padding}" if i % 2 else f"{i},1,2,3"
    found = read(
        engine, delimited(engine, tmp_path, "\r\n".join(["a,b,c", *rows, ""]).encode()).staged()
    )
    assert len(found) == 300_000
    assert [(line, content) for line, check, content in found if check] == [
        (i + 2, rows[i]) for i in bad
    ]
    assert all(f'"a":"{line - 2}"' in content for line, check, content in found if not check)


def test_a_long_text_is_no_fault(engine: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    long = b"x" * 3_000_000
    found = both_ways(engine, tmp_path, b'a,b\n1,"' + long + b'"\n2,y\n')
    assert [check for _, check, _ in found] == ["", ""]
    assert len(found[0][2]) > 3_000_000


# --- header and shape ---------------------------------------------------------------------------


def header_of(
    engine: duckdb.DuckDBPyConnection, folder: Path, data: bytes, shape: FileShape | None = None
) -> list[str]:
    return list(delimited(engine, folder, data, shape).staged().columns)


@pytest.mark.parametrize(
    ("data", "header"),
    [
        (b"a;b;c\n1,5;2;3\n", ["a", "b", "c"]),
        (b"a\tb\n1\t2\n", ["a", "b"]),
        (b"a|b|c\n1|2|3\n", ["a", "b", "c"]),
        (b'"a, b";"c"\n1;2\n', ["a, b", "c"]),
        (b"name, with; commas, and; one\nx,y;z\n", ["name", "with; commas", "and; one"]),
        (b"\n\n a , b \n1,2\n", ["a", "b"]),
        (b'"a\nb",c\n1,2\n', ["a\nb", "c"]),
        (b"a,,c\n1,2,3\n", ["a", "column_2", "c"]),
        (b"order,date,a'b\n1,2,3\n", ["order", "date", "a'b"]),
        (b"a\x85b,c\n1,2\n", ["a\ufffdb", "c"]),
        ("a\u2028b,c\n1,2\n".encode(), ["a\u2028b", "c"]),
    ],
)
def test_the_header_is_found(
    engine: duckdb.DuckDBPyConnection, tmp_path: Path, data: bytes, header: list[str]
) -> None:
    assert header_of(engine, tmp_path, data) == header
    assert len(both_ways(engine, tmp_path, data)) == 1


def test_lines_before_the_header_are_skipped(
    engine: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    data = b"Report of May\nby queue\na,b\n1,2\n3\n"
    shape = FileShape(skip=2)
    assert both_ways(engine, tmp_path, data, shape) == [
        (4, "", '{"a":"1","b":"2"}'),
        (5, "whole_row", "3"),
    ]


def test_a_header_of_several_rows_has_its_names_in_the_first(
    engine: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    data = b'Q1,Q2\n"How easy,\nreally?",Why?\n{x},{y}\n5,good\n'
    shape = FileShape(header_rows=3)
    assert both_ways(engine, tmp_path, data, shape) == [(5, "", '{"Q1":"5","Q2":"good"}')]


def test_a_file_without_a_header_has_numbered_columns(
    engine: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    shape = FileShape(header=False)
    assert both_ways(engine, tmp_path, b"1,2\n3,4\n", shape) == [
        (1, "", '{"column_1":"1","column_2":"2"}'),
        (2, "", '{"column_1":"3","column_2":"4"}'),
    ]


def test_a_file_may_quote_nothing(engine: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    shape = FileShape(quote="")
    assert both_ways(engine, tmp_path, b'a,b\n5" pipe,"x\n', shape) == [
        (2, "", '{"a":"5\\" pipe","b":"\\"x"}')
    ]


def test_another_quote_can_be_named(engine: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    shape = FileShape(quote="'", delimiter=";")
    assert both_ways(engine, tmp_path, b"a;b\n'x;y';'it''s'\n", shape) == [
        (2, "", '{"a":"x;y","b":"it\'s"}')
    ]


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"a,b,a\n1,2,3\n", "'a' is there more than once"),
        (b"a, a\n1,2\n", "'a' is there more than once"),
        (b"a,b\n", "a header and no rows"),
        (b"a,b\n\n\r\n\n", "a header and no rows"),
        (b"\n\n", "no lines"),
        (b'a,"b\n1,2\n', "A quote in the header is not closed"),
        (b"a,b\n1,\x00\n", "binary"),
        (b"\x7fELF\x00\x00" + b"x" * 900, "binary"),
        ("a,b\n1,2\n".encode("utf-16-le"), "binary"),
    ],
)
def test_a_file_that_is_none_is_told(
    engine: duckdb.DuckDBPyConnection, tmp_path: Path, data: bytes, wrong: str
) -> None:
    with pytest.raises(SourceError, match=wrong) as told:
        delimited(engine, tmp_path, data).staged()
    assert "text.csv" in told.value.found
    assert told.value.todo


def test_a_file_of_nothing_but_bad_lines_is_read(
    engine: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    found = both_ways(engine, tmp_path, b"a,b\n1\n2\n")
    assert found == [(2, "whole_row", "1"), (3, "whole_row", "2")]


def test_more_bad_lines_than_fit_in_memory_are_read_line_by_line(
    engine: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("andon.ledger.delimited._MANY", 3)
    monkeypatch.setattr("andon.ledger.delimited._BATCH", 2)
    data = b"a,b\n" + b"1\n" * 5 + b"1,2\n" * 3 + b"\n" * 5
    staged = delimited(engine, tmp_path, data).staged()
    assert staged.line_column == "line"
    assert [check for _, check, _ in read(engine, staged)] == ["whole_row"] * 5 + [""] * 3
