"""Contacts that advisors handled: how long, when, by whom, and what was known before."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from andon.goodhart.columns import count
from andon.goodhart.hard_cases.question import Asked
from andon.ledger.coverage import Observed
from andon.ledger.durations import handle_s
from andon.ledger.periods import with_groups
from andon.ledger.sums import rows
from andon.units import AGES_US, US

__all__ = ["Census", "complained", "handled", "with_history"]


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
    def of(cls, contacts: ir.Table, complained: ir.Table | None) -> Census:
        """Count what :func:`handled` and :func:`complained` give."""
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
        )
        complaints = 0 if complained is None else complained.count().to_pyarrow().as_py()
        return cls(
            **{name: int(n or 0) for name, n in rows(found)[0].items()}, complaints=complaints
        )

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


def handled(contacts: ir.Table, asked: Asked, seen: Observed) -> ir.Table:
    """Contacts that advisors handled: how long, when and by whom."""
    table = with_groups(contacts, asked.by)
    taken = table.filter(
        (table.outcome == "handled") & (ibis.coalesce(table.handled_by, "advisor") != "bot")
    )
    window_us = asked.complaint_s * US
    known = taken.customer_key.notnull()
    return taken.select(
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
        local=taken.local_arrived_us + AGES_US,
        x=handle_s(taken),
        linked=taken.previous_contact_id.notnull(),
        passed=ibis.coalesce(taken.transfers, 0) > 0,
        resolved=ibis.coalesce(taken.resolved, ibis.literal(value=False)),
        resolved_told=taken.resolved.notnull(),
        followed=known & (seen.ahead_us(taken.arrived_us) >= window_us),
    )


def with_history(
    taken: ir.Table,
    contacts: ir.Table,
    asked: Asked,
    *,
    needs: ir.Table | None,
    complained: ir.Table | None,
) -> ir.Table:
    """Handled contacts with what came before and after: ``need``, ``came`` and ``complained``."""
    table = _came(_in_need(taken, needs), contacts, asked)
    if complained is None:
        return table.mutate(complained=ibis.literal(value=False))
    joined = table.left_join(complained, table.key == complained.hit)
    return joined.mutate(complained=joined.hit.notnull()).drop("hit")


def _came(table: ir.Table, contacts: ir.Table, asked: Asked) -> ir.Table:
    """Whether the customer ``came`` within the window before, for anything.

    All contacts are sorted for that, so nothing but their keys is; few of them came back.
    """
    known = contacts.filter(contacts.customer_key.notnull())
    known = known.select(customer="customer_key", at="arrived_us", again="contact_key")
    order = ibis.window(group_by="customer", order_by=["at", "again"])
    since = known["at"] - known["at"].lag().over(order)
    timed = known.select("again", since=since)
    again = timed.filter(timed.since <= asked.complaint_s * US).select("again")
    joined = table.left_join(again, table.key == again.again)
    return joined.mutate(came=joined.again.notnull()).drop("again")


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


def complained(taken: ir.Table, values: ir.Table | None, asked: Asked) -> ir.Table | None:
    """The contacts whose customer complained within the window after their end, by their key."""
    if values is None:
        return None
    complaints = values.filter((values.kind == "complaint") & values.customer_key.notnull())
    said = complaints.select(who=complaints.customer_key, when_us=complaints.happened_us).distinct()
    known = taken.filter(taken.customer.notnull()).select("key", "customer", "ended")
    near = known.join(
        said,
        [
            known.customer == said.who,
            said.when_us > known.ended,
            said.when_us <= known.ended + asked.complaint_s * US,
        ],
    )
    return near.select(hit="key").distinct()
