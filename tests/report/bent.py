"""An operation in which a bonus for short calls cuts customers off, and one report of it."""

from __future__ import annotations

from functools import cache

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from andon.goodhart.battery import Battery
from andon.report.diagnosis import Diagnosis, diagnose
from short_calls import Team, contacts_of

CUT_OFF = "pseudonym-a003", "pseudonym-a008", "pseudonym-a013"
HONEST = "pseudonym-a005"


def contacts() -> ir.Table:
    """Sixteen weeks; from the fifth to the twelfth, three advisors end every tenth call."""
    team = Team(
        hang_up=((3, 0.1), (8, 0.1), (13, 0.1)), days=112, an_hour=16, from_day=28, to_day=84
    )
    made = team.arrow(2)
    n = len(made)
    arrived = made["arrived_us"]
    named = pc.binary_join_element_wise("pseudonym", made["advisor_id"], "-")
    after = pc.add(arrived, pa.scalar(20_000_000))
    ended = pc.add(after, pc.cast(pc.multiply(made["talk_s"], 1e6), pa.int64()))
    columns: dict[str, object] = {
        "advisor_id": named,
        "queued_us": arrived,
        "answered_us": after,
        "ended_us": ended,
        "priority": pa.nulls(n, pa.int64()),
        "journey": pa.nulls(n, pa.string()),
        "previous_contact_id": pa.nulls(n, pa.string()),
        "resolved": pa.nulls(n, pa.bool_()),
        "source": pa.array(["test"] * n),
        "contact_id": pc.cast(made["contact_key"], pa.string()),
        "customer_id": pc.cast(made["customer_key"], pa.string()),
    }
    for name, column in columns.items():
        if name in made.column_names:
            made = made.drop_columns([name])
        made = made.append_column(name, column)
    for name in ("arrived", "queued", "answered", "ended", "local_arrived"):
        at = pc.cast(made[f"{name}_us"], pa.timestamp("us"))
        made = made.append_column(f"{name}_at", at)
    return contacts_of(made)


@cache
def told() -> tuple[Diagnosis, Battery]:
    """The diagnosis, and the battery that it was made with."""
    handed: list[Battery] = []
    found = diagnose(contacts(), operation="Small Bank", for_roles=handed.append)
    return found, handed[0]
