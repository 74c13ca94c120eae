"""Durations of one contact, in seconds, as expressions on the ledger's columns.

Missing stays missing: a duration is null where the ledger cannot say it.
"""

from __future__ import annotations

import functools
import operator
from typing import Final

import ibis
import ibis.expr.types as ir

from andon.units import US

__all__ = ["handle_s", "own_service_s", "own_wait_s", "served_s", "waited_s"]

WAITS_THERE: Final = ("voice", "chat", "bot", "visit")
"""Channels where customers stay until somebody answers; elsewhere they do other things."""
SERVED_THERE: Final = (*WAITS_THERE, "callback")
"""Channels where customers are there while they are being served."""


def handle_s(contacts: ir.Table) -> ir.FloatingValue:
    """Handle time: talk, hold and wrap-up; null only where all three are missing."""
    return _total(contacts.talk_s, contacts.hold_s, contacts.wrapup_s)


def served_s(contacts: ir.Table) -> ir.FloatingValue:
    """Time that the customer was being served: talk and hold, else from answer to end.

    Wrap-up is left out: the customer has gone.
    """
    clock = _between(contacts.answered_us, contacts.ended_us)
    return ibis.coalesce(_total(contacts.talk_s, contacts.hold_s), clock)


def waited_s(contacts: ir.Table) -> ir.FloatingValue:
    """Time before anybody answered, menu and queue together; of those never answered, all of it."""
    until = ibis.coalesce(contacts.answered_us, contacts.ended_us)
    return _between(contacts.arrived_us, until)


def own_wait_s(contacts: ir.Table) -> ir.FloatingValue:
    """Time of their own that customers spent waiting: 0 where they need not stay, as with email.

    Examples
    --------
    >>> import ibis
    >>> sent = {"channel": "email", "arrived_us": 0, "answered_us": 9_000_000, "ended_us": None}
    >>> kinds = {"channel": "string"} | dict.fromkeys(list(sent)[1:], "int64")
    >>> mail = ibis.memtable([sent], schema=kinds)
    >>> mail.select(elapsed=waited_s(mail), own=own_wait_s(mail)).to_pyarrow().to_pylist()
    [{'elapsed': 9.0, 'own': 0.0}]
    """
    return ibis.ifelse(contacts.channel.isin(WAITS_THERE), waited_s(contacts), 0.0)


def own_service_s(contacts: ir.Table) -> ir.FloatingValue:
    """Time of their own that customers spent being served; 0 for those whom nobody served."""
    away = ~contacts.channel.isin(SERVED_THERE)
    unserved = contacts.answered_us.isnull() & contacts.talk_s.isnull()
    return ibis.ifelse(away | unserved, 0.0, served_s(contacts))


def _between(start_us: ir.IntegerValue, end_us: ir.IntegerValue) -> ir.FloatingValue:
    """Seconds from one instant to another; 0 where a clock ran backwards."""
    seconds = (end_us - start_us).cast("float64") / US
    return ibis.ifelse(seconds < 0, 0.0, seconds)


def _total(first: ir.FloatingValue, *others: ir.FloatingValue) -> ir.FloatingValue:
    """The sum of those that are known; null where none is.

    Without a choice (CASE) in it, so that an engine can see where it is used again.
    """
    if not others:
        return first
    rest = functools.reduce(operator.add, (ibis.coalesce(each, 0.0) for each in others))
    return ibis.coalesce(first + rest, _total(*others))
