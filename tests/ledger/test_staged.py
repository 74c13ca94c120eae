"""Texts and names as SQL, and a file's rows as they wait to be scanned."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.ledger.mapping import FileShape
from andon.ledger.reading import stage
from andon.ledger.staged import REJECTS, Staged, literal, quoted, scan_of

TEXTS = st.one_of(
    st.sampled_from(["", "'", "''", '"', '""', "\\", "\\'", "\n", "--", "/*", "$$", "';", "\x00"]),
    st.text(st.characters(codec="utf-8"), max_size=30),
)
NAMES = st.one_of(
    st.sampled_from(
        ["select", "order by", 'a "b" c', '"', "k_queue", "_bad", " ", "ID", "é", "日"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12),
)


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@settings(deadline=None)
@given(text=TEXTS)
def test_any_text_comes_back_from_the_engine_as_it_went(
    engine: duckdb.DuckDBPyConnection, text: str
) -> None:
    assert engine.execute(f"SELECT {literal(text)}").fetchone() == (text,)


@settings(deadline=None)
@given(text=TEXTS, other=TEXTS)
def test_a_text_ends_where_it_ends(
    engine: duckdb.DuckDBPyConnection, text: str, other: str
) -> None:
    """Nothing inside a text can become part of the statement around it."""
    sql = f"SELECT {literal(text)} || {literal(other)}, 1"
    assert engine.execute(sql).fetchall() == [(text + other, 1)]


@settings(deadline=None)
@given(name=NAMES, text=TEXTS)
def test_any_name_can_be_a_columns(engine: duckdb.DuckDBPyConnection, name: str, text: str) -> None:
    column = quoted(name)
    found = engine.execute(
        f"SELECT {column}, t.{column} FROM (SELECT {literal(text)} AS {column}) t"
    )
    assert next(column[0] for column in found.description or ()) == name
    assert found.fetchall() == [(text, text)]


@pytest.mark.parametrize(
    "name", ["it's.parquet", "a b.parquet", 'say "hi".parquet', "ü (1).parquet", "50%.parquet"]
)
def test_a_file_of_any_name_is_scanned_with_the_numbers_of_its_rows(
    engine: duckdb.DuckDBPyConnection, tmp_path: Path, name: str
) -> None:
    pq.write_table(pa.table({"x": ["a", "b"]}), tmp_path / name)
    sql = f"SELECT x, file_row_number FROM {scan_of(tmp_path / name)}"
    assert engine.execute(sql).fetchall() == [("a", 0), ("b", 1)]


CELLS = st.one_of(st.none(), TEXTS)


@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_the_whole_row_is_kept_as_json_under_the_files_own_names(
    engine: duckdb.DuckDBPyConnection, data: st.DataObject
) -> None:
    names = data.draw(st.lists(NAMES, min_size=1, max_size=4, unique_by=str.casefold))
    cells = data.draw(st.lists(CELLS, min_size=len(names), max_size=len(names)))
    values = ", ".join(
        f"CAST({'NULL' if cell is None else literal(cell)} AS VARCHAR) AS c{i}"
        for i, cell in enumerate(cells)
    )
    staged = Staged(
        name="f",
        relation=f"(SELECT {values})",
        columns={name: (f"c{i}", "VARCHAR") for i, name in enumerate(names)},
        rows=1,
    )
    plain = engine.execute(f"SELECT {staged.content_sql()} FROM {staged.relation}").fetchone()
    raw = ", ".join(f"{c} AS {quoted('_raw_' + c)}" for c in staged.raw_columns)
    prefixed = engine.execute(
        f"SELECT {staged.content_sql('_raw_')} FROM (SELECT {raw} FROM {staged.relation})"
    ).fetchone()
    assert plain == prefixed
    assert plain is not None
    assert json.loads(plain[0]) == dict(zip(names, cells, strict=True))


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_a_value_inside_another_is_not_kept_twice(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    row = {"id": 1, "agent": {"name": "zoe"}}
    if name.endswith("jsonl"):
        path.write_text(json.dumps(row) + "\n")
    else:
        pq.write_table(pa.Table.from_pylist([row]), path)
    folder = tmp_path / "staging"
    folder.mkdir()
    with duckdb.connect() as connection:
        staged = stage(connection, path, folder, shape=FileShape())
        assert "agent.name" in staged.columns
        assert len(staged.raw_columns) == (1 if name.endswith("jsonl") else 2)
        found = connection.execute(
            f"SELECT {staged.columns['agent.name'][0]}, {staged.content_sql()} "
            f"FROM {staged.relation}"
        ).fetchone()
    assert found is not None
    assert found[0] == "zoe"
    assert json.loads(found[1]) == row


def test_lines_that_are_no_rows_are_kept_with_line_check_and_content(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,at\n1,2024\n2\n3,2024\n")
    with duckdb.connect() as connection:
        staged = stage(connection, path, tmp_path, shape=FileShape())
        assert (staged.rows, staged.rejected) == (2, 1)
        assert staged.rejects is not None
        kept = pq.read_table(staged.rejects)
    assert kept.schema.names == REJECTS.names
    assert [(row["line"], row["check"], row["content"]) for row in kept.to_pylist()] == [
        (3, "whole_row", "2")
    ]
