"""Contacts handled in person: how long, when, by whom, and whether the customer was back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir

from andon.goodhart.cut_off.question import Asked
from andon.goodhart.numbered import Numbered
from andon.ledger.coverage import Observed
from andon.ledger.durations import handle_s
from andon.units import AGES_US, HOUR_S, US

__all__ = ["Names", "in_person"]

_IN_PERSON: Final = ("voice", "callback", "chat", "visit")
_HOUR_US: Final = HOUR_S * US
_UNTIMED: Final = -1


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """The groups and the advisors of contacts handled in person, by number."""

    groups: Numbered
    advisors: Numbered

    @classmethod
    def of(cls, contacts: ir.Table, asked: Asked) -> Names:
        """Ask the engine."""
        handled = contacts.filter(_counts(contacts))
        return cls(
            groups=Numbered.of(handled, asked.by),
            advisors=Numbered.of(handled.filter(handled.advisor_id.notnull()), ["advisor_id"]),
        )

    def advisor(self, number: int) -> str:
        """An advisor's id."""
        return str(self.advisors.values[number][0])


def in_person(contacts: ir.Table, names: Names, asked: Asked, seen: Observed) -> ir.Table:
    """Contacts handled in person, in narrow columns: it is these that are read again and again."""
    contacts = names.advisors.onto(names.groups.onto(contacts, "group"), "advisor")
    since = contacts.local_arrived_us + AGES_US
    # Whatever stands here is sorted by customer, so words stay out of it.
    narrow = contacts.select(
        "group",
        "advisor",
        "customer_key",
        "arrived_us",
        "contact_key",
        counts=_counts(contacts),
        handle_us=ibis.coalesce((handle_s(contacts) * float(US)).round().cast("int64"), _UNTIMED),
        passed_on=ibis.coalesce(contacts.transfers > 0, ibis.literal(value=False)),
        hour=((since - since % _HOUR_US) / _HOUR_US).cast("int32"),
    )
    order = ibis.window(group_by="customer_key", order_by=["arrived_us", "contact_key"])
    gap_us = narrow.arrived_us.lead().over(order) - narrow.arrived_us
    timed = narrow.mutate(soon=ibis.coalesce(gap_us <= asked.within_us, ibis.literal(value=False)))
    handled = timed.filter(timed.counts)
    identified = handled.customer_key.notnull()
    followed = identified & (seen.ahead_us(handled.arrived_us) >= asked.within_us)
    return handled.select(
        "group",
        "advisor",
        "customer_key",
        "handle_us",
        "passed_on",
        "hour",
        identified=identified,
        followed=followed,
        back=followed & handled.soon,
    )


def _counts(contacts: ir.Table) -> ir.BooleanValue:
    counts = (
        (contacts.outcome == "handled")
        & contacts.channel.isin(_IN_PERSON)
        & (ibis.coalesce(contacts.handled_by, "advisor") != "bot")
    )
    return ibis.coalesce(counts, ibis.literal(value=False))
