"""Engines: what answers questions. DuckDB inside the process, or Spark, or a warehouse.

An engine gives a ledger table at a pinned version as an Ibis table; the questions are the same on
all of them. DuckDB and Spark read the version's own Parquet files. A warehouse has its own copy of
the tables, and its own versions.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import ibis
import ibis.expr.types as ir

from andon.errors import EngineError, MissingExtra
from andon.ledger.store import Ledger, arrow_schema
from andon.ledger.tables import TABLES

if TYPE_CHECKING:
    import psycopg  # the extra andon[postgres] brings it

__all__ = ["DuckDB", "Engine", "Spark", "Warehouse", "open_engine", "open_tables"]

_GIB: Final = 1 << 30


class Engine(Protocol):
    """What answers questions."""

    name: str

    def table(self, name: str, files: Sequence[Path]) -> ir.Table:
        """A ledger table made of these files."""

    def close(self) -> None:
        """Let go of what the engine holds."""


class DuckDB:
    """The embedded engine.

    Parameters
    ----------
    scratch : Path, optional
        Where it may spill what does not fit in memory; the system's own folder where None.
    memory_bytes : int, optional
        How much it may hold in memory; half of the machine's where None.
    threads : int, optional
        All cores where None.
    """

    name = "duckdb"

    def __init__(
        self,
        *,
        scratch: Path | None = None,
        memory_bytes: int | None = None,
        threads: int | None = None,
    ) -> None:
        limit = memory_bytes or _half_of_memory()
        settings: dict[str, object] = {"memory_limit": f"{limit // (1 << 20)}MiB"}
        if scratch is not None:
            settings["temp_directory"] = str(scratch)
        if threads is not None:
            settings["threads"] = threads
        self.backend = ibis.duckdb.connect(**settings)
        self.backend.raw_sql("SET TimeZone = 'UTC'")
        # Questions sum and count; the order of the contacts is never asked for.
        self.backend.raw_sql("SET preserve_insertion_order = false")

    def table(self, name: str, files: Sequence[Path]) -> ir.Table:
        """A ledger table made of these files; empty where there are none."""
        if not files:
            schema = ibis.Schema.from_pyarrow(arrow_schema(TABLES[name]))
            return self.backend.create_table(name, schema=schema, temp=True, overwrite=True)
        return self.backend.read_parquet([str(path) for path in files], table_name=name)

    def close(self) -> None:
        """Close the connection."""
        self.backend.disconnect()


class Spark:
    """Spark, for what one machine cannot hold; the extra ``andon[spark]`` brings it.

    Parameters
    ----------
    master : str
        Spark's own address, ``local[*]`` for this machine.
    settings : mapping
        Further Spark settings.
    """

    name = "spark"

    def __init__(
        self, *, master: str = "local[*]", settings: Mapping[str, str] | None = None
    ) -> None:
        try:
            from pyspark.sql import SparkSession  # noqa: PLC0415 - heavy, and an extra
        except ModuleNotFoundError:
            raise MissingExtra.named("spark", needs="pyspark", purpose="The Spark engine") from None
        builder = SparkSession.builder.master(master).appName("andon")
        plain = {
            "spark.sql.session.timeZone": "UTC",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.shuffle.partitions": "8" if master.startswith("local") else "200",
            "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
            "spark.sql.ansi.enabled": "false",
        }
        for key, value in {**plain, **(settings or {})}.items():
            builder = builder.config(key, value)
        try:
            self.session = builder.getOrCreate()
        except Exception as bad:  # noqa: BLE001 - whatever the Java side says, say it plainly
            raise EngineError(
                "Spark did not start.",
                found=str(bad).strip().splitlines()[0],
                todo="Install Java 17 or 21 and set JAVA_HOME; andon doctor checks this.",
            ) from None
        self.session.sparkContext.setLogLevel("ERROR")
        self.backend = ibis.pyspark.connect(self.session)

    def table(self, name: str, files: Sequence[Path]) -> ir.Table:
        """A ledger table made of these files; empty where there are none."""
        if files:
            frame = self.session.read.parquet(*(str(path) for path in files))
            frame.createOrReplaceTempView(name)
            return self.backend.table(name)
        schema = ibis.Schema.from_pyarrow(arrow_schema(TABLES[name]))
        empty = arrow_schema(TABLES[name]).empty_table()
        return self.backend.create_view(name, ibis.memtable(empty, schema=schema), overwrite=True)

    def close(self) -> None:
        """Stop the session."""
        self.session.stop()


class Warehouse:
    """A database that already holds the ledger's tables, by its Ibis address.

    Parameters
    ----------
    url : str
        For example ``postgres://user@host/db`` or ``clickhouse://host/db``. PostgreSQL takes a
        schema after the database: ``postgres://user@host/db/schema``.
    """

    name = "warehouse"

    def __init__(self, url: str) -> None:
        kind = url.partition("://")[0]
        try:
            self.backend = ibis.connect(url)
        except (ImportError, ModuleNotFoundError) as bad:
            of_ours = kind in {"postgres", "postgresql"}
            raise MissingExtra(
                f"The engine {kind} needs a driver that is not installed.",
                found=str(bad).strip().splitlines()[0],
                todo=f"pip install '{'andon[postgres]' if of_ours else f'ibis-framework[{kind}]'}'",
            ) from None
        except Exception as bad:  # noqa: BLE001 - each driver has its own errors
            raise EngineError(
                f"The {kind} warehouse could not be reached.",
                found=str(bad).strip().splitlines()[0],
                todo="Check engine: in andon.yaml, the network and your rights there.",
            ) from None
        if self.backend.name == "postgres":
            _as_others_do(self.backend.con)

    def table(self, name: str, files: Sequence[Path]) -> ir.Table:  # noqa: ARG002
        """The warehouse's own table of that name."""
        try:
            return self.backend.table(name)
        except Exception as bad:  # noqa: BLE001 - each driver has its own errors
            raise EngineError(
                f"The warehouse has no table '{name}' that can be read.",
                found=str(bad).strip().splitlines()[0],
                todo="Make it as docs/how-to/use-your-warehouse.md shows.",
            ) from None

    def close(self) -> None:
        """Close the connection."""
        self.backend.disconnect()


def open_engine(name: str = "duckdb", *, scratch: Path | None = None) -> Engine:
    """The engine that ``engine:`` in andon.yaml names: duckdb, spark, or an address.

    Raises
    ------
    EngineError
        If there is no such engine, or it cannot start.
    MissingExtra
        If what it needs is not installed.
    """
    if name == "duckdb":
        return DuckDB(scratch=scratch)
    if name == "spark" or name.startswith("spark://"):
        return Spark(master="local[*]" if name == "spark" else name)
    if "://" in name:
        return Warehouse(name)
    raise EngineError(
        f"There is no engine called '{name}'.",
        found=f"engine: {name}",
        todo="Use duckdb, spark, or an address such as postgres://host/db.",
    )


def open_tables(ledger: Ledger, engine: Engine, versions: Mapping[str, int]) -> dict[str, ir.Table]:
    """Every ledger table at the given versions; tables without one are empty."""
    return {
        name: engine.table(
            name, ledger.files(name, version=versions[name]) if name in versions else ()
        )
        for name in TABLES
    }


def _as_others_do(connection: psycopg.Connection[Any]) -> None:
    """Let PostgreSQL write dates and give numbers as the other engines do, in this session only.

    PostgreSQL adds whole numbers up to ``numeric``, which comes as a decimal and fits neither the
    integer nor the double that Ibis expects. How it writes a date as text is a setting of the role.
    """
    from psycopg.adapt import Buffer, Loader  # noqa: PLC0415 - an extra

    class Number(Loader):
        def load(self, data: Buffer) -> int | float:
            said = bytes(data).decode()
            return int(said) if said.lstrip("-").isdigit() else float(said)

    connection.adapters.register_loader("numeric", Number)
    connection.execute("SET DateStyle = 'ISO'")


def _half_of_memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return 4 * _GIB
