"""The rhythm of the hours and days in which clocks start, and in which things end."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import ibis.expr.types as ir
import numpy as np

from andon.goodhart.chances import Pairs
from andon.goodhart.columns import Floats, floats, ints
from andon.goodhart.piled_up.question import Asked
from andon.ledger.sums import rows
from andon.units import US

__all__ = ["Chances", "rhythm"]

Chances = Callable[[Floats], Floats]
"""From times after a start, in seconds, to how many chances there were to end then."""

_SLOTS: Final = 400_000
"""Of time, in which starts and ends are counted."""


def rhythm(lean: ir.Table, contacts: ir.Table, asked: Asked) -> Chances:
    """How many chances each reading had, given when clocks start and when things end."""
    started = lean.select(at=lean.from_us)
    if asked.clock.key == "closing":
        ended = lean.select(at=lean.from_us + lean.clock_us)
    else:
        ended = contacts.select(at=contacts.arrived_us)
    span = rows(started.aggregate(first=started.at.min(), last=started.at.max()))[0]
    reach = round(2 * asked.limit_s * US)
    first, last = int(span["first"]), int(span["last"]) + reach
    slot_s = max(60.0, math.ceil(asked.limit_s / 60), math.ceil((last - first) / US / _SLOTS))
    slots = math.ceil((last - first) / US / slot_s) + 1

    def by_slot(table: ir.Table) -> Floats:
        inside = table.filter((table.at >= first) & (table.at <= last))
        since = inside.at - first
        length = round(slot_s * US)
        cut = inside.select(slot=((since - since % length) / length).cast("int64"))
        found = cut.group_by("slot").aggregate(n=cut.count()).to_pyarrow()
        place = ints(found, "slot")
        return np.bincount(place, weights=floats(found, "n"), minlength=slots).astype(np.float64)

    starts, ends = by_slot(started), by_slot(ended)
    size = max(len(starts), len(ends))
    starts, ends = (np.pad(each, (0, size - len(each))) for each in (starts, ends))
    return Pairs.of(starts, ends, slot_s=slot_s).at
