"""Clocks: how finely each group's durations are recorded, and what is short and usual by that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

import ibis
import ibis.expr.types as ir

from andon.answer import Scope
from andon.goodhart.columns import count
from andon.goodhart.cut_off.question import Asked
from andon.goodhart.numbered import Numbered
from andon.ledger.sums import rows
from andon.units import US

__all__ = ["Clocks", "classed"]

_STEPS_S: Final = (300, 60, 30, 15, 10, 5)
_ROUND: Final = 0.99
_DAY_H: Final = 24
_BRIEF: Final = 3
"""Contacts up to so many times the limit are brief."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Clocks:
    """How finely each group's durations are told, and which groups are told finely enough.

    ``fine`` holds for each such group the middle half of its durations, microseconds, and
    ``numbers``, in the same order, its number among all groups.
    """

    fine: Mapping[Scope, tuple[float, float]]
    numbers: tuple[int, ...]
    coarse: Mapping[Scope, str]
    timed: int
    passed_on: int

    @classmethod
    def of(cls, there: ir.Table, groups: Numbered, asked: Asked) -> Clocks:
        """Ask the engine."""
        timed = there.filter((there.handle_us >= 0) & ~there.passed_on)
        some = timed.handle_us > 0
        found = timed.group_by("group").aggregate(
            n=timed.count(),
            some=count(some),
            least=timed.handle_us.min(),
            most=timed.handle_us.max(),
            middle=timed.handle_us.cast("float64").quantile([0.25, 0.75]),
            **{
                f"step_{step}": count(some & (timed.handle_us % (step * US) == 0))
                for step in _STEPS_S
            },
        )
        fine: dict[Scope, tuple[float, float]] = {}
        numbers: list[int] = []
        coarse: dict[Scope, str] = {}
        total = 0
        for row in sorted(rows(found), key=itemgetter("group")):
            total += int(row["n"])
            scope = tuple(zip(asked.by, groups.values[row["group"]], strict=True))
            step = next(
                (s for s in _STEPS_S if row["some"] and row[f"step_{s}"] >= _ROUND * row["some"]), 0
            )
            if row["n"] > 1 and row["least"] == row["most"]:
                coarse[scope] = "all contacts are recorded as equally long"
            elif step * US >= asked.limit_us and row["n"] > 1:
                coarse[scope] = (
                    f"handle times are recorded in steps of {step} s, so a contact under "
                    f"{asked.limit_us / US:g} s cannot be told from a longer one"
                )
            else:
                lower, upper = row["middle"]
                fine[scope] = (float(lower), float(upper))
                numbers.append(int(row["group"]))
        passed = rows(there.aggregate(n=count(there.passed_on)))[0]["n"]
        return cls(
            fine=fine,
            numbers=tuple(numbers),
            coarse=coarse,
            timed=total,
            passed_on=int(passed or 0),
        )


def classed(there: ir.Table, asked: Asked, clocks: Clocks) -> ir.Table:
    """Timed contacts of groups whose clock is fine enough, each short, usual or neither."""
    timed = there.filter((there.handle_us >= 0) & ~there.passed_on)
    table = ibis.memtable(
        [
            {"told_group": number, "place": place, "lower": lower, "upper": upper}
            for place, (number, (lower, upper)) in enumerate(
                zip(clocks.numbers, clocks.fine.values(), strict=True)
            )
        ]
        or {"told_group": [], "place": [], "lower": [], "upper": []},
        schema={
            "told_group": "int32",
            "place": "int32",
            "lower": "float64",
            "upper": "float64",
        },
    )
    joined = timed.join(table, timed.group == table.told_group)
    short = joined.handle_us < asked.limit_us
    usual = ~short & (joined.handle_us >= joined.lower) & (joined.handle_us <= joined.upper)
    return joined.select(
        "advisor",
        "customer_key",
        "handle_us",
        "identified",
        "followed",
        "back",
        "hour",
        group="place",
        day=((joined.hour - joined.hour % _DAY_H) / _DAY_H).cast("int32"),
        short=short,
        brief=~short & (joined.handle_us < _BRIEF * asked.limit_us),
        usual=usual,
    )
