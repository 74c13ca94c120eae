"""Engines: each gives a ledger's table at a version, and says plainly why it cannot.

That questions have one answer on all of them is tested in ``tests/contracts/test_engines.py``.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest

from andon.errors import EngineError, MissingExtra
from andon.ledger.engines import DuckDB, Spark, Warehouse, open_engine, open_tables
from andon.ledger.store import arrow_schema
from andon.ledger.tables import TABLES
from ingesting import LEAST, Rig
from ledgers import contacts_arrow


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(folder=tmp_path)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDB]:
    made = DuckDB(scratch=tmp_path / "scratch", threads=1)
    yield made
    made.close()


def rows(table: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return found


# --- DuckDB -------------------------------------------------------------------------------------


def test_a_table_holds_what_was_ingested_at_the_version_that_is_asked_for(
    rig: Rig, engine: DuckDB
) -> None:
    first = rig.load(LEAST, "id,at\n1,2024-01-01 09:00:00\n").versions
    second = rig.load(LEAST, "id,at\n1,2024-01-01 10:00:00\n2,2024-01-02\n").versions
    then = rows(open_tables(rig.ledger, engine, first)["contacts"])
    now = rows(open_tables(rig.ledger, engine, second)["contacts"])
    assert [row["arrived_at"].hour for row in then] == [9]
    assert sorted(row["arrived_at"].hour for row in now) == [0, 10]


def test_every_table_is_there_with_its_columns_though_nothing_was_loaded(
    rig: Rig, engine: DuckDB
) -> None:
    rig.load(LEAST, "id,at\n1,2024-01-01\n")
    tables = open_tables(rig.ledger, engine, rig.ledger.versions())
    assert set(tables) == set(TABLES)
    for name, table in tables.items():
        schema = table.schema().to_pyarrow()
        assert schema.names == arrow_schema(TABLES[name]).names
        assert table.count().to_pyarrow().as_py() == (1 if name == "contacts" else 0)
    empty = tables["surveys"].schema()
    assert (empty["score"], empty["customer_key"]) == (ibis.dtype("float64"), ibis.dtype("int64"))
    assert empty["answered_at"].timezone == "UTC"


def test_times_are_cut_by_utc_wherever_the_machine_stands(
    monkeypatch: pytest.MonkeyPatch, rig: Rig, tmp_path: Path
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    rig.load(LEAST, "id,at\n1,2024-01-01 20:00:00\n")
    engine = DuckDB(threads=1)
    contacts = open_tables(rig.ledger, engine, rig.ledger.versions())["contacts"]
    assert contacts.arrived_at.hour().to_pyarrow().to_pylist() == [20]
    engine.close()


def test_memory_threads_and_scratch_are_kept(tmp_path: Path) -> None:
    engine = DuckDB(scratch=tmp_path / "scratch", memory_bytes=300 << 20, threads=1)
    settings = engine.backend.raw_sql(
        """SELECT current_setting('memory_limit'), current_setting('threads'),
             current_setting('temp_directory')"""
    ).fetchone()
    assert settings == ("300.0 MiB", 1, str(tmp_path / "scratch"))
    engine.close()


def test_half_of_the_machines_memory_is_the_most_that_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 262_144}
    monkeypatch.setattr("os.sysconf", asked.__getitem__)
    engine = DuckDB(threads=1)
    limit = engine.backend.raw_sql("SELECT current_setting('memory_limit')").fetchone()
    assert limit == ("512.0 MiB",)
    engine.close()


def test_a_closed_engine_is_closed(engine: DuckDB) -> None:
    engine.close()
    with pytest.raises(Exception, match=r"(?i)clos"):
        engine.backend.raw_sql("SELECT 1")


# --- Spark --------------------------------------------------------------------------------------


def test_without_pyspark_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pyspark", "pyspark.sql"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtra) as told:
        open_engine("spark")
    assert told.value.wrong == "The Spark engine needs pyspark, which is not installed."
    assert told.value.todo == "pip install 'andon[spark]'"


class NoJava:
    """A builder of sessions on a machine without Java."""

    seen: dict[str, str]

    def __init__(self) -> None:
        self.seen = {}

    def master(self, master: str) -> NoJava:
        self.seen["master"] = master
        return self

    def appName(self, _: str) -> NoJava:  # noqa: N802 - Spark's own name
        return self

    def config(self, key: str, value: str) -> NoJava:
        self.seen[key] = value
        return self

    def getOrCreate(self) -> None:  # noqa: N802 - Spark's own name
        raise RuntimeError("[JAVA_GATEWAY_EXITED] Java gateway process exited.\n  at line 7")


@pytest.fixture
def spark(monkeypatch: pytest.MonkeyPatch) -> NoJava:
    builder = NoJava()
    session = types.SimpleNamespace(builder=builder)
    monkeypatch.setitem(sys.modules, "pyspark", types.ModuleType("pyspark"))
    monkeypatch.setitem(sys.modules, "pyspark.sql", types.ModuleType("pyspark.sql"))
    monkeypatch.setattr(sys.modules["pyspark.sql"], "SparkSession", session, raising=False)
    return builder


def test_a_spark_that_does_not_start_says_what_to_install(spark: NoJava) -> None:
    with pytest.raises(EngineError, match="Spark did not start") as told:
        open_engine("spark")
    assert told.value.found == "[JAVA_GATEWAY_EXITED] Java gateway process exited."
    assert "JAVA_HOME" in told.value.todo
    assert spark.seen["master"] == "local[*]"
    assert spark.seen["spark.sql.session.timeZone"] == "UTC"


def test_a_cluster_is_reached_by_its_address_and_settings_win(spark: NoJava) -> None:
    with pytest.raises(EngineError):
        open_engine("spark://host:7077")
    assert spark.seen["master"] == "spark://host:7077"
    assert spark.seen["spark.sql.shuffle.partitions"] == "200"
    with pytest.raises(EngineError):
        Spark(master="local[2]", settings={"spark.sql.shuffle.partitions": "2"})
    assert spark.seen["spark.sql.shuffle.partitions"] == "2"


# --- a warehouse --------------------------------------------------------------------------------


@pytest.fixture
def warehouse(tmp_path: Path) -> str:
    """The address of a database that has the contacts, and nothing else."""
    path = tmp_path / "warehouse.duckdb"
    made = ibis.duckdb.connect(path)
    rows = [{"arrived_at": i, "queue": "Loans"} for i in range(3)]
    made.create_table("contacts", contacts_arrow(rows))
    made.disconnect()
    return f"duckdb://{path}"


def test_a_warehouse_answers_from_its_own_tables(rig: Rig, warehouse: str) -> None:
    rig.load(LEAST, "id,at\n1,2024-01-01\n")
    engine = open_engine(warehouse)
    assert isinstance(engine, Warehouse)
    contacts = engine.table("contacts", rig.ledger.files("contacts"))
    assert contacts.count().to_pyarrow().as_py() == 3
    engine.close()


def test_a_warehouse_without_a_table_is_told(warehouse: str) -> None:
    engine = open_engine(warehouse)
    with pytest.raises(EngineError, match="no table 'surveys' that can be read") as told:
        engine.table("surveys", ())
    assert "use-your-warehouse.md" in told.value.todo
    assert len(str(told.value).splitlines()) == 3
    engine.close()


def test_a_warehouse_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="The duckdb warehouse could not be reached") as told:
        open_engine(f"duckdb://{tmp_path}/none/warehouse.duckdb")
    assert "none/warehouse.duckdb" in told.value.found
    assert len(str(told.value).splitlines()) == 3


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_no_error_shows_the_password(scheme: str) -> None:
    pytest.importorskip("psycopg", reason="the extra andon[postgres] is not installed")
    with pytest.raises(EngineError, match=f"The {scheme} warehouse could not be reached") as told:
        open_engine(f"{scheme}://andon:open-sesame@127.0.0.1:1/db?connect_timeout=2")
    assert "open-sesame" not in str(told.value)


@pytest.mark.parametrize(
    ("address", "command"),
    [
        ("postgres://host/db", "pip install 'andon[postgres]'"),
        ("postgresql://host/db", "pip install 'andon[postgres]'"),
        ("clickhouse://host/db", "pip install 'ibis-framework[clickhouse]'"),
        ("snowflake://host/db", "pip install 'ibis-framework[snowflake]'"),
    ],
)
def test_a_driver_that_is_not_installed_is_named_by_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch, address: str, command: str
) -> None:
    def connect(_: str) -> None:
        raise ImportError("Failed to import the backend.\n\nYou can install it\n  like so")

    monkeypatch.setattr("ibis.connect", connect)
    with pytest.raises(MissingExtra) as told:
        open_engine(address)
    assert told.value.todo == command
    assert address.partition("://")[0] in told.value.wrong
    assert len(str(told.value).splitlines()) == 3


@pytest.mark.parametrize("name", ["", "excel", "Duckdb", "sparkle", "postgres:/host/db"])
def test_an_engine_that_is_none_is_told(name: str) -> None:
    with pytest.raises(EngineError) as told:
        open_engine(name)
    assert told.value.wrong == f"There is no engine called '{name}'."
    assert told.value.found == f"engine: {name}"
    assert "duckdb, spark" in told.value.todo


def test_the_embedded_engine_is_used_where_nothing_is_said() -> None:
    engine = open_engine()
    assert isinstance(engine, DuckDB)
    table = engine.table("needs", ())
    assert table.to_pyarrow().schema.field("need_id").type == pa.string()
    engine.close()
