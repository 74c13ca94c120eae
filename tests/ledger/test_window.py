"""A window on the ledger shows the days asked about, at pinned versions, with journeys."""

from __future__ import annotations

import dataclasses
import datetime as dt

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from andon.errors import EngineError, QuestionError, VersionGone
from andon.ledger.engines import Warehouse
from andon.ledger.store import Change, Ledger
from andon.ledger.sums import rows
from andon.ledger.window import between_days, open_window, with_journeys
from andon.operation import Journey, Operation
from ledgers import contacts_arrow, contacts_table

HOUR = 3600
ZONE = "Asia/Jerusalem"


def size(contacts: ir.Table) -> int:
    return int(rows(contacts.aggregate(n=contacts.count()))[0]["n"])


def write(operation: Operation, run_id: str, contacts: pa.Table) -> None:
    ledger = Ledger.open(operation.ledger)
    with ledger.writing(run_id) as staging:
        path = staging / "contacts.parquet"
        pq.write_table(contacts, path)
        counts = dict.fromkeys(("added", "changed", "unchanged", "quarantined", "drained"), 0)
        run = {
            "run_id": run_id,
            "at": dt.datetime.now(dt.UTC),
            "source": "test",
            "table": "contacts",
            "read": 0,
            **counts,
            "details": "{}",
        }
        ledger.commit(run_id, [Change(table="contacts", add=(path,))], run)


def test_days_are_cut_by_the_operations_clock_and_both_ends_count() -> None:
    # In Jerusalem the 2nd of January begins at 22:00 UTC on the 1st.
    at = [21.99 * HOUR, 22 * HOUR, 45.99 * HOUR, 46 * HOUR]
    contacts = contacts_table([{"arrived_at": s} for s in at], zone=ZONE)
    second = dt.date(2024, 1, 2)
    assert size(between_days(contacts, second, second)) == 2
    assert size(between_days(contacts, second, None)) == 3
    assert size(between_days(contacts, None, second)) == 3
    assert size(between_days(contacts, None, None)) == 4


def test_a_reason_names_the_journey_before_the_queue_does_and_the_source_before_both() -> None:
    contacts = contacts_table(
        [
            {"arrived_at": 0, "queue": "Billing", "reason": "late fee"},
            {"arrived_at": 1, "queue": "Billing", "reason": "other"},
            {"arrived_at": 2, "queue": "Billing", "journey": "as recorded"},
            {"arrived_at": 3, "queue": None},
        ]
    )
    journeys = (
        Journey(name="pay a bill", queues=("Billing",)),
        Journey(name="dispute a fee", reasons=("late fee",)),
    )
    found = rows(with_journeys(contacts, journeys).order_by("arrived_us").select("journey"))
    assert [row["journey"] for row in found] == [
        "dispute a fee",
        "pay a bill",
        "as recorded",
        None,
    ]


def test_without_journeys_the_contacts_stay_as_they_are() -> None:
    contacts = contacts_table([{"arrived_at": 0}])
    assert with_journeys(contacts, ()) is contacts


def test_an_empty_ledger_gives_no_contacts_and_no_versions(operation: Operation) -> None:
    with open_window(operation) as window:
        assert window.versions == {}
        assert size(window.contacts) == 0


def test_a_window_reads_the_versions_it_is_given(operation: Operation) -> None:
    write(operation, "one", contacts_arrow([{"arrived_at": 0}], zone=ZONE))
    first = Ledger.open(operation.ledger).versions()
    write(operation, "two", contacts_arrow([{"arrived_at": 1, "contact_id": "b"}], zone=ZONE))
    with open_window(operation) as window:
        assert size(window.contacts) == 2
        assert window.versions != first
    with open_window(operation, versions=first) as window:
        assert size(window.contacts) == 1
        assert window.versions == first
    with pytest.raises(VersionGone), open_window(operation, versions={"contacts": 99}):
        pass


@pytest.fixture
def in_warehouse(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> Operation:
    """An operation with two contacts in its ledger, one of which a warehouse has."""
    write(operation, "one", contacts_arrow([{"arrived_at": 0}], zone=ZONE))
    path = operation.folder / "warehouse.duckdb"
    with open_window(operation) as window:
        copies = {name: table.to_pyarrow() for name, table in window.tables.items()}
    copy = ibis.duckdb.connect(path)
    for name, table in copies.items():
        copy.create_table(name, table)
    copy.disconnect()
    write(operation, "two", contacts_arrow([{"arrived_at": 1, "contact_id": "b"}], zone=ZONE))
    monkeypatch.setattr(
        "andon.ledger.window.open_engine", lambda *_, **__: Warehouse(f"duckdb://{path}")
    )
    return operation


def test_a_warehouse_has_its_own_copy_and_none_of_our_versions(in_warehouse: Operation) -> None:
    assert Ledger.open(in_warehouse.ledger).versions()
    with open_window(in_warehouse) as window:
        assert size(window.contacts) == 1
        assert window.versions == {}
        assert window.has("contacts")
        assert window.has("staffing")


def test_a_warehouse_cannot_be_read_at_a_version(in_warehouse: Operation) -> None:
    versions = Ledger.open(in_warehouse.ledger).versions()
    with (
        pytest.raises(EngineError, match="cannot be read at a version"),
        open_window(in_warehouse, versions=versions),
    ):
        pass


def test_a_table_that_was_never_written_is_not_there(operation: Operation) -> None:
    write(operation, "one", contacts_arrow([{"arrived_at": 0}], zone=ZONE))
    with open_window(operation) as window:
        assert window.has("contacts")
        assert not window.has("staffing")


def test_journeys_of_the_operation_reach_the_contacts(operation: Operation) -> None:
    write(operation, "one", contacts_arrow([{"arrived_at": 0, "queue": "Billing"}], zone=ZONE))
    named = dataclasses.replace(
        operation, journeys=(Journey(name="pay a bill", queues=("Billing",)),)
    )
    with open_window(named) as window:
        assert rows(window.contacts.select("journey")) == [{"journey": "pay a bill"}]


def test_days_the_wrong_way_round_are_told(operation: Operation) -> None:
    with (
        pytest.raises(QuestionError, match="before the first"),
        open_window(operation, first=dt.date(2024, 2, 1), last=dt.date(2024, 1, 1)),
    ):
        pass
