"""The ledger's tables: each declared column can be filled from a file, and reads back as such."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from andon.ledger.checks import check
from andon.ledger.mapping import LINKS
from andon.ledger.store import arrow_schema
from andon.ledger.tables import CHANNELS, HANDLERS, OUTCOMES, TABLES, Column, Table, table
from ingesting import Rig, at

EVERY = pytest.mark.parametrize("each", TABLES.values(), ids=list(TABLES))


READ: dict[str, Callable[[str], object]] = {
    "int": int,
    "float": float,
    "bool": lambda word: word == "yes",
}


def ruled(each: Table) -> list[Column]:
    """The columns that a mapping may fill."""
    return [column for column in each.mapped if column.name != "source"]


def mapping_of_all(each: Table) -> str:
    """A mapping that fills every column of a table from a column of the same name."""
    rules = "\n".join(f"  {column.name}: {column.name}" for column in ruled(each))
    return f"source: all\ntable: {each.name}\ncolumns:\n{rules}\n"


def cells(each: Table, row: int) -> dict[str, str]:
    """What a file may say in each column of a row."""
    said = {}
    for place, column in enumerate(ruled(each)):
        if column.one_of:
            said[column.name] = column.one_of[row % len(column.one_of)]
        elif column.kind == "instant":
            said[column.name] = f"2024-01-{row + 1:02} 09:{place:02}:00"
        else:
            plain = {"int": str(row), "float": f"{row}.25", "bool": ["no", "yes"][row % 2]}
            said[column.name] = plain.get(column.kind, f"{column.name} {row}")
    return said


def csv_of(*rows: dict[str, str]) -> str:
    return "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]) + "\n"


def meant(each: Table, said: dict[str, str]) -> dict[str, Any]:
    """What the ledger should hold of these cells."""
    row: dict[str, Any] = {"source": "all"}
    for column in ruled(each):
        text = said[column.name]
        if column.kind == "instant":
            row[column.name] = at(text)
            row[column.name.removesuffix("_at") + "_us"] = int(at(text).timestamp()) * 1_000_000
        elif column.name == each.key or column.name in LINKS:
            row[column.name] = f"all:{text}"
        else:
            row[column.name] = READ.get(column.kind, str)(text)
    return row


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(folder=tmp_path)


@EVERY
def test_every_column_of_a_table_can_be_filled_and_reads_back(rig: Rig, each: Table) -> None:
    said = [cells(each, row) for row in range(3)]
    run = rig.load(mapping_of_all(each), csv_of(*said))
    assert (run.added, run.reasons, dict(run.notes)) == (3, (), {})
    rows = rig.rows(each.name)
    for row in said:
        expected = meant(each, row)
        found = rows[expected[each.key]]
        assert {name: found[name] for name in expected} == expected
        assert None not in found.values()
        assert found["batch_id"] == run.run_id


@EVERY
def test_a_table_is_kept_in_the_columns_and_types_that_are_declared(rig: Rig, each: Table) -> None:
    rig.load(mapping_of_all(each), csv_of(cells(each, 0)))
    (file,) = rig.ledger.files(each.name)
    assert pq.read_schema(file).remove_metadata().equals(arrow_schema(each).remove_metadata())
    assert pq.read_schema(file).names == [column.name for column in each.columns]


@EVERY
def test_what_a_row_can_do_without_may_be_missing(rig: Rig, each: Table) -> None:
    least = {c.name: cells(each, 0)[c.name] for c in ruled(each) if c.required}
    rules = "\n".join(f"  {name}: {name}" for name in least)
    rig.load(f"source: all\ntable: {each.name}\ncolumns:\n{rules}\n", csv_of(least))
    row = rig.row(each.name)
    for column in each.columns:
        if column.required:
            assert row[column.name] is not None, column.name
        elif column.name.removesuffix("_us") + "_at" not in least:
            assert row[column.name] is None, column.name


@pytest.mark.parametrize(
    ("each", "name"),
    [
        pytest.param(each, column.name, id=f"{each.name}-{column.name}")
        for each in TABLES.values()
        for column in ruled(each)
        if column.required
    ],
)
def test_a_row_without_what_it_needs_is_set_aside(rig: Rig, each: Table, name: str) -> None:
    bad = {**cells(each, 1), name: ""}
    run = rig.load(mapping_of_all(each), csv_of(cells(each, 0), bad))
    expected = "id_present" if name == each.key else "required_present"
    assert [(reason.check, reason.about) for reason in run.reasons] == [(expected, name)]
    assert check(expected).severity == "quarantine"
    assert run.added == 1


@EVERY
def test_a_row_that_changed_in_its_source_changes_in_the_table(rig: Rig, each: Table) -> None:
    rig.load(mapping_of_all(each), csv_of(cells(each, 0), cells(each, 1)))
    changed = {**cells(each, 3), each.key: cells(each, 1)[each.key]}
    run = rig.load(mapping_of_all(each), csv_of(cells(each, 0), changed))
    assert (run.added, run.changed, run.unchanged) == (0, 1, 1)
    key = meant(each, changed)[each.key]
    assert rig.rows(each.name)[key]["batch_id"] == run.run_id


@pytest.mark.parametrize(
    ("each", "column"),
    [
        pytest.param(each, column, id=f"{each.name}-{column.name}")
        for each in TABLES.values()
        for column in each.columns
        if column.one_of
    ],
)
def test_closed_choices_take_each_of_their_words_and_no_other(
    rig: Rig, each: Table, column: Column
) -> None:
    rows = [
        {**cells(each, 0), each.key: word, column.name: word} for word in (*column.one_of, "other")
    ]
    run = rig.load(mapping_of_all(each), csv_of(*rows))
    assert run.added == len(column.one_of)
    assert [(each.check, each.about) for each in run.reasons] == [("known_value", column.name)]
    found = {key: row[column.name] for key, row in rig.rows(each.name).items()}
    assert found == {f"all:{word}": word for word in column.one_of}


def test_people_of_every_table_are_the_same_people(tmp_path: Path) -> None:
    """A customer can be followed from a contact to what they said, needed and lost."""
    rig = Rig(folder=tmp_path, key=b"for tests")
    seen = {}
    for each in TABLES.values():
        if each.column("customer_id") is not None:
            rig.load(mapping_of_all(each), csv_of({**cells(each, 0), "customer_id": "ann"}))
            row = rig.row(each.name)
            seen[each.name] = (row["customer_id"], row["customer_key"])
    assert set(seen) == {"contacts", "surveys", "decisions", "needs", "values"}
    assert len(set(seen.values())) == 1
    assert "ann" not in {shown for shown, _ in seen.values()}


def test_the_wall_clock_is_kept_beside_the_instant(tmp_path: Path) -> None:
    rig = Rig(folder=tmp_path, zone="Asia/Kathmandu")
    contacts = table("contacts")
    said = {**cells(contacts, 0), "arrived_at": "2024-01-01T20:00:00Z"}
    rig.load(mapping_of_all(contacts), csv_of(said))
    row = rig.row()
    assert row["local_arrived_at"] == dt.datetime(2024, 1, 2, 1, 45)  # noqa: DTZ001 - a wall's
    assert row["local_arrived_us"] - row["arrived_us"] == (5 * 60 + 45) * 60 * 1_000_000


# --- what is declared ---------------------------------------------------------------------------


@EVERY
def test_a_table_says_what_it_and_each_of_its_columns_is(each: Table) -> None:
    assert TABLES[each.name] is each
    assert table(each.name) is each
    assert each.says.endswith(".")
    names = [column.name for column in each.columns]
    assert len(set(names)) == len(names)
    assert each.column("weather") is None
    for column in each.columns:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name)
        assert column.says.endswith(".")
        assert each.column(column.name) is column
    key = each.column(each.key)
    assert key is not None
    assert key.required


@EVERY
def test_a_unit_is_in_the_name_and_an_instant_has_its_twin(each: Table) -> None:
    names = {column.name for column in each.columns}
    for column in each.columns:
        assert column.name.endswith(f"_{column.unit}") or not column.unit
        assert (column.unit == "us") == column.name.endswith("_us")
        if column.name.endswith("_at"):
            assert column.kind in {"instant", "local"}
            assert column.name.removesuffix("_at") + "_us" in names
        if column.kind == "float" and column.name.endswith("_s"):
            assert column.unit == "s"


def test_the_words_of_contacts_are_closed() -> None:
    contacts = table("contacts")
    expected = {"channel": CHANNELS, "outcome": OUTCOMES, "handled_by": HANDLERS}
    assert {c.name: c.one_of for c in contacts.columns if c.one_of} == expected


def test_a_table_that_is_none_is_not_there() -> None:
    with pytest.raises(KeyError, match="weather"):
        table("weather")
