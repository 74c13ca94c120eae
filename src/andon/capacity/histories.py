"""Histories from the ledger: contacts counted by queue, day and interval, and nothing more."""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from andon.capacity.history import History, exposure_of
from andon.errors import PlanError
from andon.ledger.coverage import observed
from andon.ledger.durations import handle_s
from andon.units import DAY_S, US

__all__ = ["Arrivals", "histories"]

Floats = npt.NDArray[np.float64]

Arrivals = Literal["asked", "queued"]
"""All who asked; or those who joined a queue or were handled, so that self-service is left out."""

_EPOCH: Final = dt.date(1970, 1, 1)


def histories(
    contacts: ir.Table,
    *,
    zone: str,
    interval_s: int = 1800,
    by_queue: bool = True,
    arrivals: Arrivals = "asked",
) -> tuple[History, ...]:
    """The past of each queue, counted by interval on the operation's wall clock.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts. Those that failed are no contacts of a plan; a contact without a
        queue belongs to the queue ``""``.
    zone : str
        The operation's time zone, IANA name.
    interval_s : int
        900, 1800 or 3600.
    by_queue : bool
        False for all contacts together, as one queue called ``all``.
    arrivals : Arrivals
        Which contacts count.

    Returns
    -------
    tuple of History
        The busiest queue first; all over the same days, from the first to the last that any queue
        was seen on. Days in gaps of the whole ledger are unseen.

    Raises
    ------
    PlanError
        If there is no contact, or a day cannot be cut into such intervals.
    """
    if interval_s < 1 or DAY_S % interval_s:
        raise PlanError(
            "Intervals must cut a day into equal parts.",
            found=f"interval_s = {interval_s!r}",
            todo="Use 900, 1800 or 3600.",
        )
    seen = observed(contacts)
    if seen.first_day is None or seen.last_day is None:
        raise PlanError(
            "The ledger has no contacts, so there is nothing to forecast from.",
            found="0 contacts",
            todo="Ingest some first: andon ingest FILE.",
        )
    first = (seen.first_day - _EPOCH).days
    days = (seen.last_day - seen.first_day).days + 1
    there = np.ones(days, dtype=np.bool_)
    for gap in seen.gaps:
        there[(gap.first_day - _EPOCH).days - first : (gap.last_day - _EPOCH).days + 1 - first] = 0
    asked = contacts.filter(contacts.outcome != "failed")
    if arrivals == "queued":
        asked = asked.filter(asked.queued_us.notnull() | (asked.outcome == "handled"))
    at, width, length = asked.local_arrived_us, interval_s * US, handle_s(asked)
    lean = asked.select(
        queue=asked.queue, interval=((at - at % width) / width).cast("int64"), length=length
    )
    keys = ["queue", "interval"] if by_queue else ["interval"]
    table = (
        lean.group_by(keys)
        .aggregate(
            n=lean.count(),
            handled=lean.length.count(),
            total_s=lean.length.sum(),
            squared=(lean.length * lean.length).sum(),
        )
        .to_pyarrow()
    )
    names = table["queue"].to_pylist() if by_queue else ["all"] * table.num_rows
    queue, place = np.unique([each or "" for each in names], return_inverse=True)
    slots = DAY_S // interval_s
    cell = np.asarray(table["interval"].to_numpy(), dtype=np.int64) - first * slots
    exposure = exposure_of(
        first + np.arange(days, dtype=np.int64), zone=zone, interval_s=interval_s
    )
    sums = {
        name: np.nan_to_num(np.asarray(table[name].to_numpy(), dtype=np.float64))
        for name in ("n", "handled", "total_s", "squared")
    }
    made = []
    for i, name in enumerate(queue.tolist()):
        mine = (place == i) & (cell >= 0) & (cell < days * slots)

        def by_slot(what: str, mine: npt.NDArray[np.bool_] = mine) -> Floats:
            counted = np.bincount(cell[mine], sums[what][mine], minlength=days * slots)
            return np.asarray(counted.reshape(days, slots), dtype=np.float64)

        made.append(
            History(
                queue=name,
                zone=zone,
                interval_s=interval_s,
                first_day=first,
                counts=by_slot("n"),
                exposure=exposure,
                seen=there,
                handled=by_slot("handled"),
                handle_total_s=by_slot("total_s"),
                handle_cv=_cv(
                    *(float(sums[w][mine].sum()) for w in ("handled", "total_s", "squared"))
                ),
            )
        )
    return tuple(sorted(made, key=lambda each: -float(each.counts.sum())))


def _cv(n: float, total: float, squared: float) -> float | None:
    """Standard deviation over mean; None where two contacts cannot tell it."""
    if n < 2 or total <= 0:
        return None
    mean = total / n
    return float(np.sqrt(max(squared / n - mean**2, 0.0) * n / (n - 1)) / mean)
