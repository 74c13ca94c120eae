"""Contacts handled by people, by number: what, when, by whom, where from and whether passed on."""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from andon.goodhart.hand_to_hand.numbers import Numbers
from andon.goodhart.hand_to_hand.recorded import Recorded
from andon.goodhart.handovers import by_people
from andon.ledger.durations import handle_s
from andon.ledger.replicates import replicate_of
from andon.units import AGES_US, HOUR_S, US

__all__ = ["numbered"]

_HOUR_US: Final = HOUR_S * US


def numbered(dated: ir.Table, links: ir.Table, numbers: Numbers, recorded: Recorded) -> ir.Table:
    """Contacts of which the source tells whether they were passed on.

    Every one of them is kept, so all is small, and what tells of hand-overs is put together where
    there are few: ``went`` is 0 where a contact went nowhere, else four times the number of the
    queue, 2 more if that had had the customer before, and 1 more if the advisor had.
    """
    people = dated.filter(by_people(dated) & recorded.told(dated))
    kind = numbers.spelled(people)
    lean = people.select(
        **kind,
        advisor_id=people.advisor_id,
        key=people.contact_key,
        hour=_hour(people),
        counted=people.transfers > 0,
        handle=handle_s(people),
        own_replicate=replicate_of(
            ibis.coalesce(people.customer_key, people.contact_key), numbers.replicates
        ),
    )
    queues = ibis.memtable(
        pa.table(
            {
                "queue": pa.array(numbers.queues, type=pa.string()),
                "number": pa.array(range(1, len(numbers.queues) + 1), type=pa.int64()),
            }
        )
    )
    came = links.join(queues, links.from_queue == queues.queue).select(
        "child",
        came_from=queues.number * numbers.sorts,
        root_replicate=(links.replicate % numbers.replicates).cast("int16"),
    )
    went = links.join(queues, links.to_queue == queues.queue)
    went = went.group_by("parent").aggregate(
        to_queue=went.number.min(),
        back_queue=went.back_queue.cast("int32").max(),
        back_advisor=went.back_advisor.cast("int32").max(),
    )
    went = went.select("parent", went=went.to_queue * 4 + went.back_queue * 2 + went.back_advisor)
    both = lean.join(ibis.memtable(numbers.places), list(kind))
    both = both.join(ibis.memtable(numbers.advisors), "advisor_id", how="left")
    both = both.join(came, both.key == came.child, how="left")
    both = both.join(went, both.key == went.parent, how="left")
    new = ibis.coalesce(both.hour < both.new_until, ibis.literal(value=False)).cast("int32")
    return both.select(
        "hour",
        "advisor",
        "handle",
        "place",
        work=ibis.coalesce(both.came_from, 0) + both.group * 2 + new,
        replicate=ibis.coalesce(both.root_replicate, both.own_replicate),
        passed=ibis.coalesce(both.counted, both.went.notnull()),
        went=ibis.coalesce(both.went, 0),
    )


def _hour(contacts: ir.Table) -> ir.IntegerValue:
    """Hours since the year 1; each 24th begins a day."""
    local = contacts.local_arrived_us + AGES_US
    return ((local - local % _HOUR_US) / _HOUR_US).cast("int32")
