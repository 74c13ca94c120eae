"""A window on the ledger: the tables at pinned versions, cut to the days that are asked about."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir

from andon.errors import EngineError, QuestionError
from andon.ledger.engines import Engine, Warehouse, open_engine, open_tables
from andon.ledger.store import Ledger
from andon.operation import Journey, Operation
from andon.units import DAY_S, US

__all__ = ["Window", "between_days", "open_window", "with_journeys"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The ledger as one set of questions sees it.

    Attributes
    ----------
    contacts : ibis.Table
        The contacts of the days asked about, each with its journey.
    tables : mapping of str to ibis.Table
        Every table of the ledger, whole.
    versions : mapping of str to int
        The version that each table was read at; what was never written is absent. Empty for a
        warehouse, whose copy has none of our versions.
    engine : Engine
    """

    contacts: ir.Table
    tables: Mapping[str, ir.Table]
    versions: Mapping[str, int]
    engine: Engine

    def has(self, name: str) -> bool:
        """Whether that table was ever written; a warehouse has them all."""
        return name in self.versions or isinstance(self.engine, Warehouse)


@contextmanager
def open_window(
    operation: Operation,
    *,
    first: dt.date | None = None,
    last: dt.date | None = None,
    versions: Mapping[str, int] | None = None,
) -> Iterator[Window]:
    """Open an operation's ledger on its engine, and close it again.

    Parameters
    ----------
    operation : Operation
    first, last : date, optional
        The first and the last day that count, both included, by the operation's own clock.
    versions : mapping of str to int, optional
        Versions to read, as :meth:`~andon.ledger.store.Ledger.versions` gives them; the last
        run's where None.

    Raises
    ------
    QuestionError
        If ``last`` comes before ``first``.
    LedgerError, EngineError
        If the ledger cannot be read, the engine cannot start, or a warehouse is asked for versions.
    """
    if first and last and last < first:
        raise QuestionError(
            "The last day comes before the first.",
            found=f"from {first} to {last}",
            todo="Swap the two.",
        )
    ledger = Ledger.open(operation.ledger)
    with tempfile.TemporaryDirectory(prefix="andon-") as scratch:
        engine = open_engine(operation.engine_address(), scratch=Path(scratch))
        try:
            pinned = _versions(ledger, engine, versions)
            tables = open_tables(ledger, engine, pinned)
            contacts = with_journeys(tables["contacts"], operation.journeys)
            yield Window(
                contacts=between_days(contacts, first, last),
                tables=tables,
                versions=pinned,
                engine=engine,
            )
        finally:
            engine.close()


def _versions(ledger: Ledger, engine: Engine, asked: Mapping[str, int] | None) -> dict[str, int]:
    """The versions to read; those of the ledger say nothing about a warehouse's own copy."""
    if not isinstance(engine, Warehouse):
        return dict(ledger.versions() if asked is None else asked)
    if asked:
        raise EngineError(
            "A warehouse cannot be read at a version of the ledger: it has its own copy.",
            found=", ".join(f"{name} at version {version}" for name, version in asked.items()),
            todo="Say engine: duckdb in andon.yaml to read the ledger itself.",
        )
    return {}


def between_days(contacts: ir.Table, first: dt.date | None, last: dt.date | None) -> ir.Table:
    """The contacts that arrived on these days, both included, by the operation's own clock."""
    if first is not None:
        contacts = contacts.filter(contacts.local_arrived_us >= _midnight_us(first))
    if last is not None:
        contacts = contacts.filter(contacts.local_arrived_us < _midnight_us(last) + DAY_S * US)
    return contacts


def with_journeys(contacts: ir.Table, journeys: Sequence[Journey]) -> ir.Table:
    """The contacts, with a journey where the source recorded none and the operation names one.

    A contact belongs to the first journey that names its reason, else to the first that names its
    queue.
    """
    told = [
        (column.isin(names), journey.name)
        for column, parts in (
            (contacts.reason, [(journey, journey.reasons) for journey in journeys]),
            (contacts.queue, [(journey, journey.queues) for journey in journeys]),
        )
        for journey, names in parts
        if names
    ]
    if not told:
        return contacts
    return contacts.mutate(journey=ibis.coalesce(contacts.journey, ibis.cases(*told)))


def _midnight_us(day: dt.date) -> int:
    return (day - dt.date(1970, 1, 1)).days * DAY_S * US
