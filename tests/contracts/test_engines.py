"""Every question gives the same answer on DuckDB as on Spark and on PostgreSQL.

Spark reads the same pinned files. PostgreSQL gets a copy of them, in a schema of its own that is
dropped again: ``ANDON_TEST_POSTGRES`` holds the address of a database in which schemas may be made,
such as ``postgres://user@host/database``.

Sums of floating-point numbers depend on their order, so figures are compared to a relative 1e-9.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import inspect
import math
import os
import random
import secrets
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ibis
import ibis.expr.types as ir
import numpy as np
import pytest

from andon.cli.bending import BENDING
from andon.cli.questions import QUESTIONS
from andon.errors import EngineError, MissingExtra, QuestionError
from andon.goodhart.limits import Limit
from andon.ledger.engines import DuckDB, Engine, Spark, Warehouse, open_engine, open_tables
from andon.ledger.ingest import ingest
from andon.ledger.mapping import load_mapping
from andon.ledger.periods import PERIODS, with_groups
from andon.ledger.store import Ledger
from andon.ledger.sums import rows
from bent import made_bent

MAPPING = """\
source: shop
zone: Europe/Madrid
columns:
  contact_id: id
  customer_id: who
  channel: channel
  queue: queue
  journey: journey
  arrived_at: arrived
  queued_at: queued
  answered_at: answered
  ended_at: ended
  outcome: outcome
  talk_s: talk
  wrapup_s: wrapup
  previous_contact_id: after
"""
HEADER = "id,who,channel,queue,journey,arrived,queued,answered,ended,outcome,talk,wrapup,after"
Tables = Mapping[str, ir.Table]
BEGIN = 1_709_500_000
"""3 March 2024: the period has the end of March in it, when clocks in Madrid go forward."""


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """Four thousand contacts of eight weeks, with all that questions must bear."""
    folder = tmp_path_factory.mktemp("engines")
    rng = random.Random(7)
    lines = [HEADER, *(_line(i, rng) for i in range(4_000))]
    (folder / "shop.csv").write_text("\n".join(lines) + "\n")
    (folder / "shop.yaml").write_text(MAPPING)
    made = Ledger.open(folder / "ledger")
    mapping = load_mapping(folder / "shop.yaml")
    run = ingest(made, [folder / "shop.csv"], mapping, zone="Europe/Madrid", pseudonym_key=b"k")
    assert run.added == 4_000, run.reasons
    return made


def _line(i: int, rng: random.Random) -> str:
    day = rng.randrange(56)
    at = BEGIN + day * 86_400 + int(rng.triangular(7, 21, 11) * 3_600)
    queued = at + rng.randrange(0, 40)
    wait = int(rng.expovariate(1 / 60))
    served = rng.random() < 0.75
    left = queued + wait
    talk = int(rng.lognormvariate(5, 1))
    who = "" if rng.random() < 0.2 else f"c{int(rng.paretovariate(1.1)) % 700}"
    outcome = rng.choice(["handled"] * 9 + ["failed"]) if served else "abandoned"
    if rng.random() < 0.05:
        outcome, served = "left_self_service", False
    after = f"s{rng.randrange(i)}" if i > 100 and rng.random() < 0.02 else ""
    fields = [
        f"s{i}",
        who,
        rng.choice(["voice", "voice", "chat"]),
        rng.choice(["Cards", "Loans", ""]),
        rng.choice(["pay", "move", ""]),
        _iso(at),
        _iso(queued) if outcome != "left_self_service" else "",
        _iso(left) if served else "",
        _iso(left + (talk if served else 0)),
        outcome,
        str(talk) if served else "",
        str(rng.randrange(30)) if served else "",
        after,
    ]
    return ",".join(fields)


def _iso(at: int) -> str:
    hours, rest = divmod(at % 86_400, 3_600)
    day = at // 86_400 - BEGIN // 86_400
    month, date = (3, 3 + day) if day < 29 else (4, day - 28) if day < 59 else (5, day - 58)
    return f"2024-{month:02}-{date:02}T{hours:02}:{rest // 60:02}:{rest % 60:02}Z"


@pytest.fixture(scope="module")
def bent(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """Nineteen weeks with advisors, surveys, complaints and a target; some measures are bent."""
    return Ledger.open(made_bent(tmp_path_factory.mktemp("bent")).ledger)


@pytest.fixture(scope="module")
def duckdb(ledger: Ledger) -> Iterator[Tables]:
    engine = DuckDB(threads=2)
    yield open_tables(ledger, engine, ledger.versions())
    engine.close()


@pytest.fixture(scope="module")
def bent_duckdb(bent: Ledger) -> Iterator[Tables]:
    engine = DuckDB(threads=2)
    yield open_tables(bent, engine, bent.versions())
    engine.close()


@pytest.fixture(scope="module")
def spark(spark_engine: Engine, ledger: Ledger) -> Tables:
    return open_tables(ledger, spark_engine, ledger.versions())


@pytest.fixture(scope="module")
def bent_spark(spark_engine: Engine, bent: Ledger) -> Tables:
    return open_tables(bent, spark_engine, bent.versions())


@pytest.fixture(scope="module")
def spark_engine() -> Iterator[Engine]:
    pytest.importorskip("pyspark", reason="the extra andon[spark] is not installed")
    if shutil.which("java") is None:
        pytest.skip("there is no Java on this machine, and Spark needs one")
    # PySpark leaves sockets and temporary files to the collector.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        engine: Engine = Spark(master="local[2]", settings={"spark.sql.shuffle.partitions": "2"})
        yield engine
        engine.close()


@pytest.fixture(scope="module")
def postgres(duckdb: Tables) -> Iterator[Tables]:
    with copied(duckdb) as tables:
        yield tables


@pytest.fixture(scope="module")
def bent_postgres(bent_duckdb: Tables) -> Iterator[Tables]:
    with copied(bent_duckdb) as tables:
        yield tables


@contextmanager
def copied(whole: Tables) -> Iterator[Tables]:
    """The same tables in a schema of their own in PostgreSQL."""
    address = os.environ.get("ANDON_TEST_POSTGRES", "")
    if not address:
        pytest.skip("ANDON_TEST_POSTGRES names no PostgreSQL to test with")
    schema = f"andon_test_{secrets.token_hex(4)}"
    parts = urlsplit(address)
    inside = parts._replace(path=f"/{parts.path.strip('/')}/{schema}").geturl()
    with pytest.MonkeyPatch.context() as settings:
        # A role may write dates and keep its clock as it likes.
        settings.setenv("PGDATESTYLE", "German, DMY")
        settings.setenv("PGTZ", "Asia/Tokyo")
        outside, engine = Warehouse(address), Warehouse(inside)
    outside.backend.raw_sql(f"CREATE SCHEMA {schema}").close()
    try:
        for name, table in whole.items():
            engine.backend.create_table(name, table.to_pyarrow())
        yield open_tables(Ledger.open(Path("nowhere")), engine, {})
    finally:
        engine.close()
        outside.backend.raw_sql(f"DROP SCHEMA {schema} CASCADE").close()
        outside.close()


@pytest.fixture(params=["postgres", "spark"])
def there(request: pytest.FixtureRequest) -> Tables:
    """The ledger on another engine than DuckDB."""
    tables: Tables = request.getfixturevalue(request.param)
    return tables


@pytest.fixture(params=["postgres", "spark"])
def bent_there(request: pytest.FixtureRequest) -> Tables:
    """The bent ledger on another engine than DuckDB."""
    tables: Tables = request.getfixturevalue(f"bent_{request.param}")
    return tables


ASKED: Mapping[str, Mapping[str, Any]] = {
    "signatures": {"limits": (Limit(measure="handle_time", at_s=300.0),)},
    "price-of-a-second": {"outcome": "complaint"},
    "at-a-limit": {"clock": "handle", "limit_s": 300.0, "by": ("queue",)},
    "parked-work": {"limit_s": 300.0},
    "closing-early": {"limit_s": 300.0, "closed_on": "handle"},
    "chosen-surveys": {"instrument": "CSAT", "scale": (1.0, 5.0)},
    "around-a-date": {"measure": "abandonment"},
}
"""What a question about bent measures cannot do without."""
GROUPED = sorted(set(QUESTIONS) - set(BENDING))


BESIDE: Mapping[str, Mapping[str, Any]] = {
    "scores": {"within_s": 86_400.0},
    "outcomes": {"close_within_s": 3_600.0},
}
"""Questions with groups that read surveys or complaints: they are put to the bent ledger."""


def put(name: str, tables: Tables, **asked: Any) -> Any:
    """Put a question to the bent ledger, with all tables that it takes."""
    question = QUESTIONS[name]
    function = getattr(importlib.import_module(question.home), question.function)
    takes = inspect.signature(function).parameters
    others = {
        table: tables[table]
        for table in ("surveys", "changes", "values", "needs")
        if table in takes
    }
    return function(
        tables["contacts"], **others, **ASKED.get(name, {}), **BESIDE.get(name, {}), **asked
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", BENDING)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_question_about_bent_measures_has_one_answer(
    name: str, bent_duckdb: Tables, bent_there: Tables
) -> None:
    assert list(_differences(put(name, bent_duckdb), put(name, bent_there))) == []


@pytest.mark.parametrize("name", BENDING)
def test_what_a_question_about_bent_measures_keeps_it_lets_go(name: str, bent: Ledger) -> None:
    """Whatever is kept in the engine is gone when it answers, and when it refuses."""
    engine = DuckDB(threads=1)
    tables = open_tables(bent, engine, bent.versions())
    put(name, tables)
    with contextlib.suppress(QuestionError):
        put(name, {each: table.limit(0) for each, table in tables.items()})
    names = [row[0] for row in engine.backend.raw_sql("SHOW TABLES").fetchall()]
    assert [name for name in names if name.startswith("ibis_cached")] == []
    engine.close()


@pytest.mark.slow
@pytest.mark.parametrize("by", [(), ("queue", "month")], ids=["all", "by queue and month"])
@pytest.mark.parametrize("name", BESIDE)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_question_that_reads_other_tables_has_one_answer(
    name: str, by: tuple[str, ...], bent_duckdb: Tables, bent_there: Tables
) -> None:
    one, other = put(name, bent_duckdb, by=by), put(name, bent_there, by=by)
    assert list(_differences(one, other)) == []
    assert len(one.groups) > 1 or not by


@pytest.mark.slow
@pytest.mark.parametrize("by", [(), ("queue", "month")], ids=["all", "by queue and month"])
@pytest.mark.parametrize("name", [each for each in GROUPED if each not in BESIDE])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_question_has_one_answer(
    name: str,
    by: tuple[str, ...],
    duckdb: Tables,
    there: Tables,
) -> None:
    question = QUESTIONS[name]
    function = getattr(importlib.import_module(question.home), question.function)
    one = function(duckdb["contacts"], by=by)
    other = function(there["contacts"], by=by)
    assert list(_differences(one, other)) == []
    assert len(one.groups) > 1 or not by


@pytest.mark.slow
@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_period_has_one_name_and_the_same_contacts(
    period: str, duckdb: Tables, there: Tables
) -> None:
    def counted(contacts: ir.Table) -> dict[object, int]:
        dated = with_groups(contacts, (period,))
        return {
            row[period]: row["n"] for row in rows(dated.group_by(period).aggregate(n=dated.count()))
        }

    here = counted(duckdb["contacts"])
    assert counted(there["contacts"]) == here
    assert len(here) > 1


@pytest.mark.slow
def test_a_copy_in_postgresql_keeps_the_types_of_the_ledger(
    duckdb: Tables, postgres: Tables
) -> None:
    for name, table in duckdb.items():
        assert postgres[name].schema() == table.schema()


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_a_yes_or_no_becomes_a_number_in_the_one_way_that_every_engine_has(
    name: str, duckdb: Tables, bent_duckdb: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL casts a boolean to a 32-bit integer and to no other number."""
    plain, seen = ir.Value.cast, []

    def cast(value: ir.Value, target_type: Any) -> ir.Value:
        made = plain(value, target_type)
        if value.type().is_boolean() and made.type().is_numeric():
            seen.append(str(made.type()))
        return made

    monkeypatch.setattr(ir.Value, "cast", cast)
    question = QUESTIONS[name]
    if name in BENDING or name in BESIDE:
        put(name, bent_duckdb)
    else:
        function = getattr(importlib.import_module(question.home), question.function)
        function(duckdb["contacts"], by=("queue",))
    assert set(seen) <= {"int32", "!int32"}


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(EngineError, match="no engine called 'excel'"):
        open_engine("excel")


@pytest.mark.parametrize(
    ("address", "brings"),
    [
        ("postgres://nowhere/db", "andon[postgres]"),
        ("postgresql://nowhere/db", "andon[postgres]"),
        ("trino://nowhere/db", "ibis-framework[trino]"),
    ],
)
def test_a_driver_that_is_missing_is_named_with_what_brings_it(
    address: str, brings: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> None:
        raise ImportError("no driver\nAttempts made: two")

    monkeypatch.setattr(ibis, "connect", fail)
    with pytest.raises(MissingExtra, match="driver that is not installed") as caught:
        open_engine(address)
    assert caught.value.found == "no driver"
    assert brings in caught.value.todo


def test_a_ledger_in_another_folder_has_empty_tables(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "ledger")
    engine = DuckDB(threads=1)
    tables = open_tables(ledger, engine, ledger.versions())
    assert {name: table.count().to_pyarrow().as_py() for name, table in tables.items()} == (
        dict.fromkeys(tables, 0)
    )
    engine.close()


def _differences(here: Any, there: Any, at: str = "") -> Iterator[str]:
    """Every place where two results part, with both values."""
    here, there = (
        each.tolist() if isinstance(each, np.ndarray) else each for each in (here, there)
    )
    if dataclasses.is_dataclass(here) and type(here) is type(there):
        for field in dataclasses.fields(here):
            here_value, there_value = getattr(here, field.name), getattr(there, field.name)
            yield from _differences(here_value, there_value, f"{at}.{field.name}")
    elif isinstance(here, Mapping) and isinstance(there, Mapping):
        if set(here) != set(there):
            yield f"{at}: {sorted(map(str, here))} and {sorted(map(str, there))}"
        else:
            for key in here:
                yield from _differences(here[key], there[key], f"{at}[{key!r}]")
    elif isinstance(here, tuple | list) and isinstance(there, tuple | list):
        if len(here) != len(there):
            yield f"{at}: {len(here)} and {len(there)} items"
        for i, (one, other) in enumerate(zip(here, there, strict=False)):
            yield from _differences(one, other, f"{at}[{i}]")
    elif isinstance(here, float) and isinstance(there, float | int):
        unknown = math.isnan(here) and math.isnan(there)
        if not unknown and not math.isclose(here, there, rel_tol=1e-9, abs_tol=1e-9):
            yield f"{at}: {here} and {there}"
    elif here != there:
        yield f"{at}: {here!r} and {there!r}"
