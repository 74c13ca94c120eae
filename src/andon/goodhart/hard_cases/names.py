"""Groups, reasons and advisors by number, so that no name goes through the counting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from andon.answer import Scope
from andon.goodhart.columns import Ints
from andon.goodhart.hard_cases.question import Asked
from andon.units import DAY_S, US

__all__ = ["Names", "numbered"]

_DAY_US: Final = DAY_S * US


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Names:
    """Groups, kinds (a reason in a group) and advisors, by number."""

    kinds: pa.Table
    advisors: pa.Table
    scopes: tuple[Scope, ...]
    reasons: tuple[str, ...]
    group: Ints
    """The group of each kind."""
    ids: tuple[str, ...]

    @classmethod
    def of(cls, contacts: ir.Table, asked: Asked) -> Names:
        """Ask the engine."""
        told = contacts.filter(contacts.advisor_id.notnull())
        kinds = _ordered(told.select(*asked.keys, "reason").distinct().to_pyarrow())
        advisors = _ordered(told.select("advisor_id").distinct().to_pyarrow())
        found = kinds.to_pylist()
        cuts = [tuple(row[key] for key in asked.keys) for row in found]
        places = {cut: i for i, cut in enumerate(sorted(set(cuts)))}
        group = np.array([places[cut] for cut in cuts], dtype=np.int64)
        numbers = pa.array(range(len(found)), type=pa.int32())
        kinds = kinds.append_column("kind", numbers)
        kinds = kinds.append_column("group", pa.array(group, type=pa.int32()))
        return cls(
            kinds=kinds,
            advisors=advisors.append_column(
                "advisor", pa.array(range(len(advisors)), type=pa.int32())
            ),
            scopes=tuple(
                tuple((name, value or None) for name, value in zip(asked.by, cut, strict=True))
                for cut in sorted(set(cuts))
            ),
            reasons=tuple(row["reason"] for row in found),
            group=group,
            ids=tuple(advisors["advisor_id"].to_pylist()),
        )


def _ordered(table: pa.Table) -> pa.Table:
    """In an order that is the same on every engine."""
    return table.sort_by([(column, "ascending") for column in table.column_names])


def numbered(contacts: ir.Table, names: Names, asked: Asked) -> ir.Table:
    """Contacts with an advisor, names turned into numbers, and instants into slots and days."""
    told = contacts.filter(contacts.advisor_id.notnull())
    joined = told.join(ibis.memtable(names.advisors), "advisor_id")
    joined = joined.join(ibis.memtable(names.kinds), [*asked.keys, "reason"])
    local, interval_us = joined.local, asked.interval_s * US
    timed = joined.select(
        "group", "kind", "advisor", "customer", "x", "linked", "came", "need", "passed",
        "resolved", "complained", "followed",
        slot=((local - local % interval_us) / interval_us).cast("int64"),
        day=((local - local % _DAY_US) / _DAY_US).cast("int32"),
    )  # fmt: skip
    return timed.mutate(week=((timed.day - timed.day % 7) / 7).cast("int32"))
