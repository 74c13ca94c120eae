"""A simulated operation as a source of contacts, so that every question can be put to it.

The trace of a simulation becomes rows in the ledger's columns, and a mapping that loads them: what
the questions then find can be held against what was simulated. Instants are exact: a tick of the
simulator is a microsecond.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from andon.errors import QueueingError, ReportError
from andon.ledger.tables import TABLES
from andon.queueing._kernels import columns as c
from andon.queueing.simulator.model import Model
from andon.queueing.simulator.results import Simulation
from andon.units import US

__all__ = ["STARTS_ON", "Written", "contacts", "write"]

_Integers = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]

STARTS_ON: Final = dt.datetime(2024, 1, 1)  # noqa: DTZ001  # a Monday, on any wall
"""When a simulated operation opens, on the clock of its wall, unless told otherwise."""

_COLUMNS: Final = (
    "contact_id",
    "customer_id",
    "channel",
    "queue",
    "priority",
    "arrived_at",
    "queued_at",
    "answered_at",
    "ended_at",
    "outcome",
    "handled_by",
    "advisor_id",
    "talk_s",
    "transfers",
    "resolved",
    "previous_contact_id",
)
_OUTCOMES: Final = {
    c.ANSWERED: "handled",
    c.GAVE_UP: "abandoned",
    c.STILL: "open",
    c.MISSED: "failed",
    c.PASSED_ON: "open",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """The two files that a simulated operation is loaded from.

    Attributes
    ----------
    contacts : Path
        Parquet, one row a contact.
    mapping : Path
        How ``andon ingest`` reads it.
    rows : int
    """

    contacts: Path
    mapping: Path
    rows: int


def contacts(
    simulation: Simulation, *, starts_at: dt.datetime = STARTS_ON, zone: str = "UTC"
) -> pa.Table:
    """The contacts of the simulation's first run, in the ledger's columns.

    A customer who moves to another queue while they wait stays one contact, in the queue where they
    end. One who is passed on after being served makes a new one, linked to the one before as a
    transfer. Those who come back are linked by nothing but the customer's id: to find them is the
    questions' work.

    Parameters
    ----------
    simulation : Simulation
        With its trace.
    starts_at : datetime
        When the run begins, on the wall of ``zone`` where it has no zone of its own.
    zone : str
        An IANA time zone.

    Raises
    ------
    QueueingError
        If the simulation kept no trace, or there is no such zone.
    """
    if len(simulation.trace) == 0:
        raise QueueingError(
            "There is no trace to make contacts of.",
            found="trace of 0 rows",
            todo="Simulate with trace=True, and long enough for somebody to come.",
        )
    model = simulation.model
    rows = _Rows.of(simulation.trace)
    begin = _microseconds(starts_at, zone)
    last, first = rows.trace[rows.ends], rows.trace[rows.begins]
    answered = last[:, c.OUTCOME] == c.ANSWERED
    ended = last[:, c.LEFT] >= 0
    left_queue = last[:, c.LEFT_QUEUE] >= 0
    queues = [queue.name for queue in model.queues]
    made = {
        "contact_id": rows.ids(),
        "customer_id": rows.customers(),
        "channel": _named([queue.channel for queue in model.queues], last[:, c.QUEUE_OF]),
        "queue": _named(queues, last[:, c.QUEUE_OF]),
        "priority": pa.array(
            np.array([queue.priority for queue in model.queues])[last[:, c.QUEUE_OF]]
        ),
        "arrived_at": _instants(begin + first[:, c.ARRIVED]),
        "queued_at": _instants(begin + first[:, c.ARRIVED]),
        "answered_at": _instants(begin + last[:, c.LEFT_QUEUE], known=answered & left_queue),
        "ended_at": _instants(begin + last[:, c.LEFT], known=ended),
        "outcome": _named(
            [_OUTCOMES.get(code, "open") for code in range(c.PASSED_ON + 1)], last[:, c.OUTCOME]
        ),
        "handled_by": _named(["none", "advisor"], answered.astype(np.int64)),
        "advisor_id": _agents(model, last, answered),
        "talk_s": pa.array(
            (last[:, c.LEFT] - last[:, c.LEFT_QUEUE]) / US, mask=~(answered & ended)
        ),
        "transfers": pa.array(rows.passed_on.astype(np.int64)),
        "resolved": _resolved(model, last, answered, rows.passed_on),
        "previous_contact_id": rows.previous(),
    }
    return pa.table({name: made[name] for name in _COLUMNS})


def write(
    simulation: Simulation,
    path: Path,
    *,
    starts_at: dt.datetime = STARTS_ON,
    zone: str = "UTC",
    source: str = "simulation",
) -> Written:
    """Write the contacts to a Parquet file, and beside it the mapping that loads them.

    Parameters
    ----------
    simulation, starts_at, zone
        As for :func:`contacts`.
    path : Path
        The Parquet file; the mapping has its name with ``.yaml``.
    source : str
        What the ledger calls the source.

    Raises
    ------
    QueueingError
        As :func:`contacts`.
    ReportError
        If a file cannot be written.
    """
    table = contacts(simulation, starts_at=starts_at, zone=zone)
    mapping = path.with_suffix(".yaml")
    rules = "".join(f"  {name}: {_rule(name)}\n" for name in _COLUMNS)
    says = f"A simulation, seed {simulation.seed}: andon simulate wrote it."
    text = f"source: {source}\nsays: {says!r}\nzone: {zone}\ncolumns:\n{rules}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path)
        mapping.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise ReportError(
            "The trace cannot be written.",
            found=f"{path}: {problem.strerror or problem}",
            todo="Name another place, on a disk with space.",
        ) from problem
    return Written(contacts=path, mapping=mapping, rows=table.num_rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rows:
    """The trace in the order of customers, cut into contacts.

    Attributes
    ----------
    trace : array
        A customer's rows stand together, in the order of time.
    begins, ends : array
        The first and the last row of each contact: waiting in several queues is one contact.
    passed_on : array
        Whether a contact was transferred after being served.
    """

    trace: _Integers
    begins: npt.NDArray[np.intp]
    ends: npt.NDArray[np.intp]
    passed_on: _Bools

    @classmethod
    def of(cls, trace: _Integers) -> _Rows:
        # Who is passed on at an instant comes after the row that it passed on from.
        order = np.lexsort(
            (
                trace[:, c.KIND] == c.PASSED_IN,
                trace[:, c.ARRIVED],
                trace[:, c.CUSTOMER],
                trace[:, c.FIRST_QUEUE],
            )
        )
        sorted_ = trace[order]
        moved = sorted_[:-1, c.OUTCOME] == c.PASSED_ON
        begins = np.flatnonzero(np.concatenate(([True], ~moved)))
        ends = np.append(begins[1:] - 1, len(sorted_) - 1)
        handed = np.zeros(len(begins), dtype=np.bool_)
        handed[:-1] = sorted_[begins[1:], c.KIND] == c.PASSED_IN
        return cls(trace=sorted_, begins=begins, ends=ends, passed_on=handed)

    def customers(self) -> pa.Array:
        """The queue where the customer first came, and their number there."""
        return pa.array(self._who())

    def ids(self) -> pa.Array:
        """The customer, a point, and which of their contacts it is."""
        first = self.trace[self.begins]
        new = (np.diff(first[:, c.CUSTOMER]) != 0) | (np.diff(first[:, c.FIRST_QUEUE]) != 0)
        starts = np.flatnonzero(np.concatenate(([True], new)))
        number = np.arange(len(first)) - np.repeat(starts, np.diff(np.append(starts, len(first))))
        return pa.array(np.char.add(np.char.add(self._who(), "."), number.astype(str)))

    def _who(self) -> npt.NDArray[np.str_]:
        first = self.trace[self.begins]
        queue = np.char.add(first[:, c.FIRST_QUEUE].astype(str), "-")
        return np.char.add(queue, first[:, c.CUSTOMER].astype(str))

    def previous(self) -> pa.Array:
        """The contact that was passed on and became this one."""
        ids = np.asarray(self.ids())
        before = np.concatenate((ids[:1], ids[:-1]))
        return pa.array(before, mask=np.concatenate(([True], ~self.passed_on[:-1])))


def _resolved(model: Model, last: _Integers, answered: _Bools, passed_on: _Bools) -> pa.Array:
    """Whether the contact settled the matter; missing where the model does not say."""
    asked = np.array([queue.loop is not None for queue in model.queues])[last[:, c.QUEUE_OF]]
    known = answered & asked & ~passed_on & (last[:, c.AFTER] != c.IN_SERVICE)
    return pa.array(last[:, c.AFTER] == c.SETTLED, mask=~known)


def _agents(model: Model, last: _Integers, answered: _Bools) -> pa.Array:
    """A pool's name and the number of a seat in it."""
    pools = np.array([pool.name for pool in model.pools])
    names = np.char.add(
        np.char.add(pools[np.maximum(last[:, c.POOL_OF], 0)], " "), last[:, c.AGENT].astype(str)
    )
    return pa.array(names, mask=~answered)


def _named(names: list[str], codes: _Integers) -> pa.Array:
    return pa.array(np.array(names)[codes])


def _instants(microseconds: _Integers, *, known: _Bools | None = None) -> pa.Array:
    mask = None if known is None else ~known
    return pa.array(microseconds, mask=mask).cast(pa.timestamp("us", tz="UTC"))


def _microseconds(starts_at: dt.datetime, zone: str) -> int:
    try:
        wall = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise QueueingError(
            "There is no such time zone.",
            found=f"zone = {zone!r}",
            todo="Use an IANA name such as Europe/London.",
        ) from None
    begin = starts_at if starts_at.tzinfo else starts_at.replace(tzinfo=wall)
    return (begin - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def _rule(name: str) -> str:
    column = TABLES["contacts"].column(name)
    assert column is not None
    return f"{{from: {name}, format: iso}}" if column.kind == "instant" else name
