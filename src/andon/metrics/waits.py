"""Waits: what each contact waited, and what became of it, as few small columns.

The questions about reach read contacts through this table, so that one rule says what a wait is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Final

import ibis
import ibis.expr.types as ir

from andon.ledger.periods import with_groups
from andon.ledger.sums import rows
from andon.ledger.tables import OUTCOMES
from andon.metrics.doubt import day_of

__all__ = ["KINDS", "bin_of", "queue_recorded", "waits"]

KINDS: Final = {outcome: i + 1 for i, outcome in enumerate(OUTCOMES)}
"""Outcomes as small integers, which engines compare faster than text."""


def waits(contacts: ir.Table, *, by: Sequence[str] = ()) -> ir.Table:
    """One row a contact: its kind, whether it queued, and its wait.

    Parameters
    ----------
    contacts : ibis.Table
        Contacts in the ledger's columns.
    by : sequence of str
        Names in :data:`andon.ledger.periods.GROUPS`.

    Returns
    -------
    ibis.Table
        ``customer_key``, the columns of ``by``, and

        - ``local_day``: the local day, counted from 1970;
        - ``kind``: the outcome's number in :data:`KINDS`;
        - ``queued``: whether it joined a queue;
        - ``wait_us``: microseconds from joining the queue to the answer, or to leaving it where
          nobody answered. 0 for a contact that was handled without queueing, where its source
          records queues on that channel at all. Null where it is not known or below zero;
        - ``impossible``: whether the wait would be below zero.

    Raises
    ------
    QuestionError
        If ``by`` names something that contacts cannot be grouped by.
    """
    grouped = with_groups(contacts, by)
    handled = grouped.outcome == "handled"
    left_queue = ibis.ifelse(
        handled, grouped.answered_us, ibis.coalesce(grouped.answered_us, grouped.ended_us)
    )
    lean = grouped.select(
        "customer_key",
        *by,
        local_day=day_of(grouped).cast("int32"),
        kind=grouped.outcome.cases(*KINDS.items(), else_=0).cast("int8"),
        queued=grouped.queued_us.notnull(),
        raw_us=ibis.ifelse(
            grouped.queued_us.notnull(),
            left_queue - grouped.queued_us,
            ibis.ifelse(handled & queue_recorded(grouped), 0, None),
        ).cast("int64"),
    )
    return lean.select(
        "customer_key",
        *by,
        "local_day",
        "kind",
        "queued",
        wait_us=ibis.ifelse(lean.raw_us >= 0, lean.raw_us, None),
        impossible=ibis.coalesce(lean.raw_us < 0, ibis.literal(value=False)),
    )


def bin_of(wait_us: ir.IntegerValue, edges_us: Sequence[int]) -> ir.IntegerValue:
    """The first of ascending edges that a wait does not pass; their number if it passes all."""
    found: ir.IntegerValue = ibis.cases(
        (wait_us.isnull(), ibis.null("int16")),
        *((wait_us <= edge, ibis.literal(i, type="int16")) for i, edge in enumerate(edges_us)),
        else_=ibis.literal(len(edges_us), type="int16"),
    )
    return found


def queue_recorded(contacts: ir.Table) -> ir.BooleanValue:
    """Whether the contact's source records queues on its channel.

    Where none of its contacts has a queueing time, a missing one does not mean "did not wait".
    """
    recorded = contacts.filter(contacts.queued_us.notnull()).select("source", "channel").distinct()
    pairs = [
        (contacts.source == row["source"]) & (contacts.channel == row["channel"])
        for row in rows(recorded)
    ]
    return reduce(lambda a, b: a | b, pairs, ibis.literal(value=False))
