"""What sources record of contacts that were passed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import ibis.expr.types as ir

from andon.errors import QuestionError
from andon.goodhart.hand_to_hand.question import Asked
from andon.goodhart.handovers import by_people
from andon.ledger.sums import rows
from andon.units import AGES_US, DAY_S, US

__all__ = ["Recorded"]

_DAY_US: Final = DAY_S * US


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """Which sources tell what was passed on, and how.

    Attributes
    ----------
    counting, linking : tuple of str
        Sources that count transfers on the contact, and those that only name the one before.
    silent : tuple of str
        Sources that tell neither.
    first_day : int
        Of all contacts handled by people.
    unidentified, contacts : int
    kinds : tuple of mapping
        The columns of each kind of contact of which the source tells, and its queue.
    queues : tuple of str
        Every queue, in order.
    links : int
    """

    counting: tuple[str, ...]
    linking: tuple[str, ...]
    silent: tuple[str, ...]
    first_day: int
    unidentified: int
    contacts: int
    kinds: tuple[Mapping[str, Any], ...]
    queues: tuple[str, ...]
    links: int

    @classmethod
    def of(cls, contacts: ir.Table, links: ir.Table, asked: Asked) -> Recorded:
        """Ask the engine."""
        people = contacts.filter(by_people(contacts))
        found = rows(
            people.group_by(
                by_source=people.source, **{name: people[name] for name in asked.kinds}
            ).aggregate(
                n=people.count(),
                counts=people.transfers.count(),
                known=people.customer_key.count(),
                first=people.local_arrived_us.min(),
            )
        )
        if not found:
            raise QuestionError(
                "No contact was handled by a person.",
                found="0 handled contacts",
                todo="Map outcome, and handled_by where bots serve.",
            )
        linked = rows(links.group_by("source", "to_queue").aggregate(n=links.count()))
        every = {row["by_source"] for row in found}
        counting = {row["by_source"] for row in found if row["counts"]}
        linking = {row["source"] for row in linked} - counting
        total = sum(int(row["n"]) for row in found)
        if not counting and not linking:
            raise QuestionError(
                "Nothing tells which contacts were passed on.",
                found=f"{total:,} contacts, none with transfers, none taken over by another",
                todo="Map transfers, or previous_contact_id where each hand has a contact.",
            )
        return cls(
            counting=tuple(sorted(counting)),
            linking=tuple(sorted(linking)),
            silent=tuple(sorted(every - counting - linking)),
            first_day=(min(int(row["first"]) for row in found) + AGES_US) // _DAY_US,
            unidentified=total - sum(int(row["known"]) for row in found),
            contacts=total,
            kinds=tuple(row for row in found if row["counts"] or row["by_source"] in linking),
            queues=tuple(
                sorted({row["queue"] or "" for row in found} | {row["to_queue"] for row in linked})
            ),
            links=sum(int(row["n"]) for row in linked),
        )

    def told(self, contacts: ir.Table) -> ir.BooleanValue:
        """Whether the source tells if the contact was passed on."""
        return contacts.source.isin(self.linking) | (
            contacts.source.isin(self.counting) & contacts.transfers.notnull()
        )
