"""Durations of one contact, in seconds, as expressions on the ledger's columns.

Missing stays missing: a duration is null where the ledger cannot say it.
"""

from __future__ import annotations

import functools
import operator

import ibis
import ibis.expr.types as ir

from andon.units import US

__all__ = ["handle_s", "served_s", "waited_s"]


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
