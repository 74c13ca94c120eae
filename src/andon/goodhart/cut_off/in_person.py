"""Contacts handled in person: how long, when, by whom, and whether the customer was back."""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir

from andon.goodhart.cut_off.question import Asked
from andon.ledger.coverage import Observed
from andon.ledger.durations import handle_s
from andon.units import AGES_US, DAY_S, HOUR_S, US

__all__ = ["in_person"]

_IN_PERSON: Final = ("voice", "callback", "chat", "visit")
_HOUR_US: Final = HOUR_S * US
_DAY_US: Final = DAY_S * US


def in_person(contacts: ir.Table, asked: Asked, seen: Observed) -> ir.Table:
    """Contacts handled in person: how long, when, by whom, and whether the customer was back."""
    order = ibis.window(group_by="customer_key", order_by=["arrived_us", "contact_key"])
    timed = contacts.mutate(
        gap_us=contacts.arrived_us.lead().over(order) - contacts.arrived_us,
        handle_us=(handle_s(contacts) * float(US)).round().cast("int64"),
    )
    handled = timed.filter(
        (timed.outcome == "handled")
        & timed.channel.isin(_IN_PERSON)
        & (ibis.coalesce(timed.handled_by, "advisor") != "bot")
    )
    local = handled.local_arrived_us + AGES_US
    followed = handled.customer_key.notnull() & (
        seen.ahead_us(handled.arrived_us) >= asked.within_us
    )
    return handled.select(
        **{f"by_{name}": handled[name] for name in asked.by},
        advisor=handled.advisor_id,
        customer_key=handled.customer_key,
        handle_us=handled.handle_us,
        passed_on=ibis.coalesce(handled.transfers > 0, ibis.literal(value=False)),
        identified=handled.customer_key.notnull(),
        followed=followed,
        back=followed & ibis.coalesce(handled.gap_us <= asked.within_us, ibis.literal(False)),
        hour=((local - local % _HOUR_US) / _HOUR_US).cast("int64"),
        day=((local - local % _DAY_US) / _DAY_US).cast("int64"),
    )
