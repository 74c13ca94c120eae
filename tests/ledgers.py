"""Small ledgers for tests: contacts written by hand, in the ledger's own columns."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from andon.ledger.tables import Column, table

_ARROW = {
    "string": pa.string(),
    "int": pa.int64(),
    "key": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "instant": pa.timestamp("us", tz="UTC"),
    "local": pa.timestamp("us"),
}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_US = dt.timedelta(microseconds=1)


def contacts_arrow(
    rows: Iterable[Mapping[str, Any]], *, zone: str = "UTC", start: str = "2024-01-01T00:00:00"
) -> pa.Table:
    """Contacts as an Arrow table.

    Each row needs ``arrived_at``: a datetime with a zone, or seconds after ``start`` (UTC). Other
    instants likewise. ``customer`` (any value or None) fills the customer columns; what is left
    out is missing, or voice and handled.
    """
    begin = dt.datetime.fromisoformat(start).replace(tzinfo=dt.UTC)
    full = [_filled(dict(row), i, begin, ZoneInfo(zone)) for i, row in enumerate(rows)]
    columns = table("contacts").columns
    schema = pa.schema([pa.field(column.name, _arrow_type(column)) for column in columns])
    return pa.Table.from_pylist(full, schema=schema)


def contacts_table(
    rows: Iterable[Mapping[str, Any]], *, zone: str = "UTC", start: str = "2024-01-01T00:00:00"
) -> ir.Table:
    """Contacts as an Ibis table on a DuckDB of its own; see :func:`contacts_arrow`."""
    connection = ibis.duckdb.connect(threads=1)
    made: ir.Table = connection.create_table(
        "contacts", contacts_arrow(rows, zone=zone, start=start), temp=True
    )
    return made


def _arrow_type(column: Column) -> pa.DataType:
    return _ARROW[column.kind]


def _filled(row: dict[str, Any], i: int, begin: dt.datetime, zone: ZoneInfo) -> dict[str, Any]:
    row.setdefault("contact_id", f"test:{i}")
    row.setdefault("contact_key", stable_key(row["contact_id"]))
    customer = row.pop("customer", None)
    if customer is not None:
        row["customer_id"] = str(customer)
        row["customer_key"] = stable_key(str(customer))
    row.setdefault("channel", "voice")
    row.setdefault("outcome", "handled")
    row.setdefault("source", "test")
    row.setdefault("batch_id", "b0")
    for name in ("arrived", "queued", "answered", "ended"):
        at = row.get(f"{name}_at")
        if isinstance(at, int | float):
            at = begin + dt.timedelta(seconds=at)
        if at is not None:
            row[f"{name}_at"] = at
            row[f"{name}_us"] = (at - _EPOCH) // _US
    local = row["arrived_at"].astimezone(zone).replace(tzinfo=None)
    row["local_arrived_at"] = local
    row["local_arrived_us"] = (local - _EPOCH.replace(tzinfo=None)) // _US
    return row


def stable_key(text: str) -> int:
    """A 64-bit key for ``text``, alike on every run."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)
