"""Readings of the clock near a limit, counted by the engine."""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from andon.goodhart.piled_up.question import Asked
from andon.ledger.periods import month_number
from andon.units import AGES_US, DAY_S, US

__all__ = ["counted", "lean", "place", "placed", "summed"]

_DAY_US: Final = DAY_S * US


def lean(timed: ir.Table, asked: Asked) -> ir.Table:
    """One narrow row a contact: when, and its reading. Names are dear to keep: asked for apart."""
    local = timed.local_arrived_us + AGES_US
    began = {"from_us": timed.from_us} if asked.clock.rhythm else {}
    return timed.select(
        **{cell: timed[name] for name, cell in zip(asked.by, asked.cells, strict=True)},
        **began,
        month=month_number(timed),
        clock_us=timed.clock_us,
        day=((local - local % _DAY_US) / _DAY_US).cast("int32"),
    )


def place(timed: ir.Table, asked: Asked) -> ir.IntegerValue:
    """The reading in whole steps, rounded to the side where it is bad to be."""
    step = asked.step_us
    lifted = timed.clock_us + (step - 1 if asked.side == "below" else 0)
    return ((lifted - lifted % step) / step).cast("int64")


def placed(timed: ir.Table, low: int, high: int, asked: Asked) -> ir.BooleanValue:
    """Whether a reading's place lies from ``low`` to ``high``, told without working it out."""
    clock, step = timed.clock_us, asked.step_us
    if asked.side == "below":
        return (clock > (low - 1) * step) & (clock <= high * step)
    return (clock >= low * step) & (clock < (high + 1) * step)


def counted(lean: ir.Table, asked: Asked, length: int) -> pa.Table:
    """How many have each reading around the limit, by group, month and stretch of days."""
    around = lean.filter(placed(lean, *asked.around, asked))
    cut = around.select(
        *asked.cells,
        "month",
        slot=((around.day - around.day % length) / length).cast("int64"),
        place=place(around, asked),
    )
    return (
        cut.group_by([*asked.cells, "month", "slot", "place"]).aggregate(n=cut.count()).to_pyarrow()
    )


def summed(lean: ir.Table, asked: Asked, length: int) -> pa.Table:
    """All contacts, near the limit and far from it."""
    cut = lean.mutate(slot=((lean.day - lean.day % length) / length).cast("int64"))
    limit = round(asked.limit_s * US)
    within = cut.clock_us <= limit if asked.side == "below" else cut.clock_us < limit
    return (
        cut.group_by([*asked.cells, "month", "slot"])
        .aggregate(
            n=cut.count(),
            timed=cut.clock_us.count(),
            within=ibis.coalesce(within, ibis.literal(value=False)).cast("int32").sum(),
            total_us=cut.clock_us.cast("float64").sum(),
        )
        .to_pyarrow()
    )
