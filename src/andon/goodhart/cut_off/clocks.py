"""Clocks: how finely each group's durations are recorded, and what is short and usual by that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir

from andon.answer import Scope
from andon.goodhart.cut_off.question import Asked
from andon.ledger.sums import rows
from andon.units import US

__all__ = ["Clocks", "classed"]

_STEPS_S: Final = (300, 60, 30, 15, 10, 5)
_ROUND: Final = 0.99
_BRIEF: Final = 3
"""Contacts up to so many times the limit are brief."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Clocks:
    """How finely each group's durations are told, and which groups are told finely enough.

    ``fine`` holds for each such group the middle half of its durations, microseconds.
    """

    fine: Mapping[Scope, tuple[float, float]]
    coarse: Mapping[Scope, str]
    timed: int
    passed_on: int

    @classmethod
    def of(cls, contacts: ir.Table, asked: Asked) -> Clocks:
        """Ask the engine."""
        timed = contacts.filter((contacts.handle_us >= 0) & ~contacts.passed_on)
        some = timed.handle_us > 0
        found = (timed.group_by(list(asked.cells)) if asked.by else timed).aggregate(
            n=timed.count(),
            some=some.sum(),
            least=timed.handle_us.min(),
            most=timed.handle_us.max(),
            lower=timed.handle_us.cast("float64").quantile(0.25),
            upper=timed.handle_us.cast("float64").quantile(0.75),
            **{
                f"step_{step}": (some & (timed.handle_us % (step * US) == 0)).sum()
                for step in _STEPS_S
            },
        )
        fine: dict[Scope, tuple[float, float]] = {}
        coarse: dict[Scope, str] = {}
        total = 0
        for row in rows(found):
            if not row["n"]:
                continue
            total += int(row["n"])
            scope = tuple(
                (name, row[cell]) for name, cell in zip(asked.by, asked.cells, strict=True)
            )
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
                fine[scope] = (float(row["lower"]), float(row["upper"]))
        passed = rows(contacts.aggregate(n=contacts.passed_on.sum()))[0]["n"]
        return cls(fine=fine, coarse=coarse, timed=total, passed_on=int(passed or 0))


def classed(contacts: ir.Table, asked: Asked, clocks: Clocks) -> ir.Table:
    """Timed contacts of groups whose clock is fine enough, each short, usual or neither."""
    timed = contacts.filter((contacts.handle_us >= 0) & ~contacts.passed_on)
    names = [f"g{i}" for i in range(len(asked.by))]
    kinds = dict.fromkeys(names, "string") | {
        "group": "int64",
        "lower": "float64",
        "upper": "float64",
    }
    table = ibis.memtable(
        [
            dict(zip(names, (_text(value) for _, value in scope), strict=True))
            | {"group": i, "lower": lower, "upper": upper}
            for i, (scope, (lower, upper)) in enumerate(clocks.fine.items())
        ]
        or {name: [] for name in kinds},
        schema=kinds,
    )
    told = timed.mutate(
        **{
            name: ibis.coalesce("=" + timed[cell].cast("string"), "")
            for name, cell in zip(names, asked.cells, strict=True)
        }
    )
    joined = told.join(table, names) if names else told.cross_join(table)
    short = joined.handle_us < asked.limit_us
    usual = ~short & (joined.handle_us >= joined.lower) & (joined.handle_us <= joined.upper)
    return joined.select(
        "group",
        "advisor",
        "customer_key",
        "handle_us",
        "identified",
        "followed",
        "back",
        "hour",
        "day",
        short=short,
        brief=~short & (joined.handle_us < _BRIEF * asked.limit_us),
        usual=usual,
    )


def _text(value: object) -> str:
    """A group's value as the engine casts it, told apart from a missing one."""
    return "" if value is None else f"={value}"
