"""Columns of what the engine adds up: names by number."""

from __future__ import annotations

import pyarrow as pa
import pytest

from andon.goodhart.columns import numbered


@pytest.mark.parametrize("chunks", [[["b", "a", "b"]], [["b"], [], ["a", "b"]]])
def test_names_are_numbered_in_their_order_however_they_come(chunks: list[list[str]]) -> None:
    table = pa.table({"name": pa.chunked_array(chunks, type=pa.string())})
    names, number = numbered(table, "name")
    assert names == ["a", "b"]
    assert number.tolist() == [1, 0, 1]


def test_a_missing_name_is_empty_and_the_same_as_an_empty_one() -> None:
    names, number = numbered(pa.table({"name": ["b", None, ""]}), "name")
    assert names == ["", "b"]
    assert number.tolist() == [1, 0, 0]


@pytest.mark.parametrize("chunks", [[], [[]]])
def test_of_nothing_there_are_no_names(chunks: list[list[str]]) -> None:
    table = pa.table({"name": pa.chunked_array(chunks, type=pa.string())})
    names, number = numbered(table, "name")
    assert (names, number.tolist()) == ([], [])
