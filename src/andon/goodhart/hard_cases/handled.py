"""Contacts that advisors handled: how long, when, by whom, and what was known before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir

from andon.goodhart.columns import count
from andon.goodhart.hard_cases.question import Asked
from andon.ledger.coverage import Observed
from andon.ledger.durations import handle_s
from andon.ledger.periods import with_groups
from andon.ledger.sums import rows
from andon.units import AGES_US, DAY_S, US

__all__ = ["Census", "handled"]

_DAY_US: Final = DAY_S * US


@dataclass(frozen=True, kw_only=True, slots=True)
class Census:
    """How many contacts there are, and of how many what must be known is known.

    Attributes
    ----------
    contacts : int
        Handled by advisors.
    no_advisor, no_reason : int
        Of which the advisor, or of the rest the reason, is not recorded.
    sent, timed : int
        Of those of which both are: sent to somebody by an earlier contact; with a handle time.
    resolved_told, followed, complaints : int
        Which say whether they resolved the matter; of known customers who were watched long
        enough; that a complaint followed.
    """

    contacts: int
    no_advisor: int
    no_reason: int
    sent: int
    timed: int
    resolved_told: int
    followed: int
    complaints: int

    @classmethod
    def of(cls, contacts: ir.Table) -> Census:
        """Count what :func:`handled` gives."""
        named = contacts.advisor_id.notnull()
        told = named & (contacts.reason != "")
        found = contacts.aggregate(
            contacts=contacts.count(),
            no_advisor=count(~named),
            no_reason=count(named & (contacts.reason == "")),
            sent=count(told & contacts.linked),
            timed=count(told & contacts.x.notnull()),
            resolved_told=count(contacts.resolved_told),
            followed=count(contacts.followed),
            complaints=count(contacts.complained),
        )
        return cls(**{name: int(n or 0) for name, n in rows(found)[0].items()})

    @property
    def dealt(self) -> int:
        """Contacts that were dealt out, and not sent to somebody."""
        return self.contacts - self.no_advisor - self.no_reason - self.sent

    def left_out(self) -> dict[str, int]:
        """Contacts of which it is not known, or not by chance, who got them; and why."""
        return {
            "no advisor recorded": self.no_advisor,
            "no reason recorded": self.no_reason,
            "sent to somebody by an earlier contact": self.sent,
        }


def handled(
    contacts: ir.Table,
    asked: Asked,
    values: ir.Table | None,
    needs: ir.Table | None,
    seen: Observed,
) -> ir.Table:
    """Contacts that advisors handled: how long, when, by whom, and what was known before."""
    table = with_groups(contacts, asked.by)
    order = ibis.window(group_by="customer_key", order_by=["arrived_us", "contact_key"])
    at, window_us = table.arrived_us, asked.complaint_s * US
    came = (at - at.lag().over(order) <= window_us).fill_null(False)
    timed = table.mutate(
        came_=came & table.customer_key.notnull(),
        local_=table.local_arrived_us + AGES_US,
        handle_=handle_s(table),
        followed_=table.customer_key.notnull() & (seen.ahead_us(at) >= window_us),
    )
    taken = timed.filter(
        (timed.outcome == "handled") & (ibis.coalesce(timed.handled_by, "advisor") != "bot")
    )
    local, interval_us = taken.local_, asked.interval_s * US
    found = taken.select(
        **{
            key: ibis.coalesce(taken[name].cast("string"), "")
            for key, name in zip(asked.keys, asked.by, strict=True)
        },
        reason=ibis.coalesce(taken.reason, ""),
        advisor_id=taken.advisor_id,
        customer=taken.customer_key,
        key=taken.contact_key,
        at=taken.arrived_us,
        ended=ibis.coalesce(taken.ended_us, taken.arrived_us),
        x=taken.handle_,
        linked=taken.previous_contact_id.notnull(),
        came=taken.came_,
        passed=ibis.coalesce(taken.transfers, 0) > 0,
        resolved=ibis.coalesce(taken.resolved, ibis.literal(value=False)),
        resolved_told=taken.resolved.notnull(),
        followed=taken.followed_,
        slot=((local - local % interval_us) / interval_us).cast("int64"),
        day=((local - local % _DAY_US) / _DAY_US).cast("int64"),
    )
    return _complained(_in_need(found, needs), values, window_us)


def _in_need(table: ir.Table, needs: ir.Table | None) -> ir.Table:
    """Whether the customer was known to need support before the contact."""
    if needs is None:
        return table.mutate(need=ibis.literal(value=False))
    known = needs.filter(needs.customer_key.notnull())
    since = known.group_by(needy=known.customer_key).aggregate(
        since_=ibis.coalesce(known.since_us, -AGES_US).min()
    )
    joined = table.left_join(since, table.customer == since.needy)
    return joined.mutate(need=(joined.since_ <= joined["at"]).fill_null(False)).drop(
        "needy", "since_"
    )


def _complained(table: ir.Table, values: ir.Table | None, window_us: int) -> ir.Table:
    """Whether the customer complained within the window after each contact's end."""
    if values is None:
        return table.mutate(complained=ibis.literal(value=False))
    complaints = values.filter((values.kind == "complaint") & values.customer_key.notnull())
    said = complaints.select(who=complaints.customer_key, when_us=complaints.happened_us).distinct()
    known = table.filter(table.customer.notnull()).select("key", "customer", "ended")
    near = known.join(
        said,
        [
            known.customer == said.who,
            said.when_us > known.ended,
            said.when_us <= known.ended + window_us,
        ],
    )
    hit = near.select(hit="key").distinct()
    joined = table.left_join(hit, table.key == hit.hit)
    return joined.mutate(complained=joined.hit.notnull()).drop("hit")
