"""Clustered sums: what the engine brings is what one would add up customer by customer."""

from __future__ import annotations

import math
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andon.answer import Scope
from andon.estimate import Estimate, Paired, Sums, difference_of, shared
from andon.ledger.quantiles import clustered_quantiles
from andon.ledger.sums import clustered_pairs, clustered_sums, rows
from ledgers import contacts_table
from oracles import estimate as plain

SCHEMA = pa.schema(
    [
        ("customer_key", pa.int64()),
        ("queue", pa.string()),
        ("yes", pa.bool_()),
        ("counts", pa.bool_()),
        ("amount", pa.float64()),
        ("weight", pa.float64()),
    ]
)
Row = dict[str, Any]
amounts = st.one_of(st.none(), st.integers(-1_000, 1_000).map(lambda each: each / 8))
contact = st.fixed_dictionaries(
    {
        "customer_key": st.one_of(st.none(), st.integers(-3, 3)),
        "queue": st.sampled_from(["Loans", "Cards", None]),
        "yes": st.one_of(st.none(), st.booleans()),
        "counts": st.one_of(st.none(), st.booleans()),
        "amount": amounts,
        "weight": amounts,
    }
)
MEASURES = {
    "share": ("yes", "counts"),
    "mean": ("amount", "counts"),
    "ratio": ("amount", "weight"),
    "of all": ("yes", None),
    "per weight": ("yes", "weight"),
}


@pytest.fixture(scope="module")
def duckdb() -> Iterator[ibis.BaseBackend]:
    connection = ibis.duckdb.connect(threads=1)
    yield connection
    connection.disconnect()


def table_of(duckdb: ibis.BaseBackend, contacts: list[Row]) -> ir.Table:
    made: ir.Table = duckdb.create_table(
        "some", pa.Table.from_pylist(contacts, schema=SCHEMA), temp=True, overwrite=True
    )
    return made


def measured(contacts: ir.Table) -> dict[str, tuple[ir.Value, ir.Value]]:
    one = ibis.literal(1)
    return {
        name: (contacts[y], one if x is None else contacts[x]) for name, (y, x) in MEASURES.items()
    }


def expected(contacts: list[Row], name: str, *, cubed: bool) -> Sums:
    y, x = MEASURES[name]
    return plain.sums(
        (
            plain.Contact(
                row["customer_key"],
                float(row[y] or 0),
                1.0 if x is None else float(row[x] or 0),
            )
            for row in contacts
        ),
        cubed=cubed,
    )


def assert_like(found: Sums | Paired, wanted: Sums | Paired) -> None:
    mine, theirs = _flat(asdict(found)), _flat(asdict(wanted))
    assert mine.keys() == theirs.keys()
    for name, value in mine.items():
        other = theirs[name]
        if value is None or other is None:
            assert value is other, name
        else:
            assert math.isclose(value, other, rel_tol=1e-9, abs_tol=1e-6), name


def _flat(values: dict[str, Any], before: str = "") -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for name, value in values.items():
        found |= _flat(value, f"{name}.") if isinstance(value, dict) else {before + name: value}
    return found


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(contacts=st.lists(contact, max_size=25))
def test_the_engine_adds_up_what_one_would_by_hand(
    duckdb: ibis.BaseBackend, contacts: list[Row]
) -> None:
    table = table_of(duckdb, contacts)
    found = clustered_sums(table, measured(table))
    assert list(found) == [()]
    for name, sums in found[()].items():
        amount = MEASURES[name][0] == "amount"
        assert_like(sums, expected(contacts, name, cubed=amount))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(contacts=st.lists(contact, max_size=25))
def test_each_group_adds_up_alone(duckdb: ibis.BaseBackend, contacts: list[Row]) -> None:
    table = table_of(duckdb, contacts)
    found = clustered_sums(table, measured(table), by=("queue",), skew=True)
    queues = {row["queue"] for row in contacts}
    assert set(found) == {(("queue", queue),) for queue in queues}
    for queue in queues:
        mine = [row for row in contacts if row["queue"] == queue]
        for name, sums in found[("queue", queue),].items():
            assert_like(sums, expected(mine, name, cubed=True))


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(contacts=st.lists(contact, max_size=25))
def test_strangers_can_be_left_out(duckdb: ibis.BaseBackend, contacts: list[Row]) -> None:
    table = table_of(duckdb, contacts)
    found = clustered_sums(table, measured(table), strangers="left out", skew=False)
    mine = [row for row in contacts if row["customer_key"] is not None]
    for name, sums in found[()].items():
        assert_like(sums, expected(mine, name, cubed=False))


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(contacts=st.lists(contact, max_size=25))
def test_strangers_can_be_shared_among_the_known(
    duckdb: ibis.BaseBackend, contacts: list[Row]
) -> None:
    table = table_of(duckdb, contacts)
    found = clustered_sums(table, measured(table), by=("queue",), strangers="shared", skew=False)
    for scope, measures in found.items():
        mine = [row for row in contacts if row["queue"] == scope[0][1]]
        known = [row for row in mine if row["customer_key"] is not None]
        each_alone = [{**row, "customer_key": None} for row in mine]
        for name in ("share", "of all"):
            by_hand = shared(
                expected(known, name, cubed=False),
                known_single=expected(
                    [{**row, "customer_key": None} for row in known], name, cubed=False
                ),
                single=expected(each_alone, name, cubed=False),
            )
            assert_like(measures[name], by_hand)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(contacts=st.lists(contact, min_size=1, max_size=25))
def test_pairs_keep_what_the_same_customers_share(
    duckdb: ibis.BaseBackend, contacts: list[Row]
) -> None:
    table = table_of(duckdb, contacts)
    pair = ((table.yes, table.counts), (table.amount, table.weight))
    found = clustered_pairs(table, {"pair": pair})[()]["pair"]
    sides = [
        (
            name,
            plain.by_customer(
                plain.Contact(row["customer_key"], *_sides(row, name)) for row in contacts
            ),
        )
        for name in ("share", "ratio")
    ]
    (_, first), (_, second) = sides
    by_hand = plain.paired([each[:2] for each in first], [each[:2] for each in second])
    for name in ("yy", "yx", "xy", "xx"):
        assert getattr(found, name) == pytest.approx(getattr(by_hand, name), rel=1e-9, abs=1e-6)
    assert_like(found.first, expected(contacts, "share", cubed=False))
    assert_like(found.second, expected(contacts, "ratio", cubed=True))


def _sides(row: Row, name: str) -> tuple[float, float]:
    y, x = MEASURES[name]
    assert x is not None
    return float(row[y] or 0), float(row[x] or 0)


def test_no_contacts_are_nothing_and_no_group() -> None:
    empty = contacts_table([])
    found = clustered_sums(empty, {"all": (empty.talk_s, ibis.literal(1))})
    assert found == {
        (): {"all": Sums(clusters=0, n=0, y=0, x=0, yy=0, yx=0, xx=0, yyy=0, yyx=0, yxx=0, xxx=0)}
    }
    assert clustered_sums(empty, {"all": (empty.talk_s, ibis.literal(1))}, by=("queue",)) == {}


def test_contacts_of_nobody_known_are_each_their_own() -> None:
    contacts = contacts_table([{"arrived_at": i, "talk_s": 60.0} for i in range(5)])
    (sums,) = clustered_sums(contacts, {"talk": (contacts.talk_s, ibis.literal(1))})[()].values()
    assert (sums.clusters, sums.n, sums.y, sums.xx) == (5, 5, 300.0, 5.0)


def test_a_value_that_several_measures_share_is_added_up_once() -> None:
    contacts = contacts_table(
        [{"arrived_at": i, "customer": i % 2, "talk_s": float(i)} for i in range(6)]
    )
    handled = contacts.outcome == "handled"
    measures = {f"m{i}": (contacts.talk_s > 2.0, handled) for i in range(5)}
    found = clustered_sums(contacts, measures)[()]
    assert len(set(map(str, found.values()))) == 1
    from andon.ledger.sums import _Values

    values = _Values()
    names = {values.name(side) for measure in measures.values() for side in measure}
    assert len(names) == 2
    assert values.flags == names


def test_a_yes_or_no_is_counted_whatever_number_it_was_cast_to() -> None:
    contacts = contacts_table(
        [{"arrived_at": i, "customer": i % 3, "transfers": i % 2} for i in range(9)]
    )
    passed_on = contacts.transfers > 0
    found = clustered_sums(
        contacts,
        {
            "flag": (passed_on, ibis.literal(1)),
            "number": (passed_on.cast("int64"), ibis.literal(True)),
            "amount": (passed_on.cast("float64") * 1.0, ibis.literal(1.0)),
        },
        skew=False,
    )[()]
    assert found["flag"] == found["number"] == found["amount"]


def test_another_column_can_cluster() -> None:
    contacts = contacts_table(
        [{"arrived_at": i, "customer": i, "transfers": i // 3} for i in range(9)]
    )
    one = ibis.literal(1)
    found = clustered_sums(contacts, {"all": (contacts.transfers, one)}, cluster="transfers")[()]
    assert found["all"].clusters == 3


def test_rows_are_plain_values() -> None:
    contacts = contacts_table([{"arrived_at": 0, "queue": "Loans"}])
    assert rows(contacts.select("queue", "talk_s")) == [{"queue": "Loans", "talk_s": None}]


@pytest.mark.slow
def test_spark_brings_the_same_sums_and_quantiles(tmp_path: Path) -> None:
    """The queries of this module and of quantiles, on both engines."""
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, and there is none on this machine")
    pytest.importorskip("pyspark", reason="the extra andon[spark] is not installed")
    from andon.ledger.engines import DuckDB, Spark

    contacts = [
        {
            "customer_key": None if i % 5 == 0 else i % 23,
            "queue": (None, "Loans", "Cards")[i % 3],
            "yes": i % 4 == 0,
            "counts": None if i % 11 == 0 else i % 7 != 0,
            "amount": None if i % 13 == 0 else float((i * 7919) % 301),
            "weight": float(i % 9),
        }
        for i in range(400)
    ]
    file = tmp_path / "contacts.parquet"
    pq.write_table(pa.Table.from_pylist(contacts, schema=SCHEMA), file)
    sums: list[list[dict[Scope, dict[str, Sums] | dict[str, Paired]]]] = []
    quantiles: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PySpark's own, about pandas and sockets
        for engine in (DuckDB(threads=1), Spark(master="local[2]")):
            table = engine.table("contacts", [file])
            pair = ((table.yes, table.counts), (table.amount, table.weight))
            sums.append(
                [
                    {**clustered_sums(table, measured(table))},
                    {**clustered_sums(table, measured(table), by=("queue",))},
                    {**clustered_pairs(table, {"pair": pair}, by=("queue",))},
                ]
            )
            each = clustered_quantiles(table, table.amount, [0.1, 0.5, 0.99], by=("queue",))
            quantiles.append(
                str([(scope, list(map(str, each[scope]))) for scope in sorted(each, key=str)])
            )
            engine.close()
    assert quantiles[0] == quantiles[1]
    assert "not known" in quantiles[0]
    for here, there in zip(*sums, strict=True):
        assert here.keys() == there.keys()
        for scope, ours in here.items():
            for name, mine in ours.items():
                assert_like(mine, there[scope][name])


def test_a_difference_between_two_kinds_of_contact_by_the_same_customers() -> None:
    """From contacts to the paired difference: talk on the phone against talk in chat."""
    contacts = contacts_table(
        [
            {
                "arrived_at": 60 * i,
                "customer": i % 20,
                "channel": ("voice", "chat")[i // 20 % 2],
                "talk_s": 100.0 + 10 * (i % 20) + 50 * (i // 20 % 2) + i % 7,
            }
            for i in range(200)
        ]
    )
    voice, chat = contacts.channel == "voice", contacts.channel == "chat"
    pair = (
        (contacts.talk_s * chat.cast("float64"), chat),
        (contacts.talk_s * voice.cast("float64"), voice),
    )
    found = difference_of(clustered_pairs(contacts, {"talk": pair})[()]["talk"], unit="s")
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(50, abs=1)
    assert found.high - found.low < 3
