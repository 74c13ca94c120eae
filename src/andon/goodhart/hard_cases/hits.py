"""Hits: contacts that something came of, beside the others' with the same reason and day."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np

from andon import estimate
from andon.estimate import Estimate, Unknown
from andon.goodhart.columns import Floats, count, floats, ints
from andon.goodhart.hard_cases.question import Asked
from andon.goodhart.peers import Matched

__all__ = ["Hits"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Hits:
    """Contacts of each advisor, those of them that were hit, and both beside the others'."""

    n: Floats
    k: Floats
    matched: Matched

    @classmethod
    def of(cls, table: ir.Table, advisors: int) -> Hits:
        """Ask the engine."""
        found = _matched(table).to_pyarrow()
        at = ints(found, "advisor")
        sums = {
            name: np.bincount(at, floats(found, name), advisors).astype(np.float64)
            for name in found.column_names
            if name != "advisor"
        }
        return cls(n=sums["n"], k=sums["k"], matched=Matched.over_days(sums))

    @property
    def others(self) -> Floats:
        """The others' share with the same kinds on the same days."""
        weight = self.matched.weight
        return np.divide(self.matched.others, weight, out=np.zeros_like(weight), where=weight > 0)

    def own(self, advisor: int, asked: Asked) -> Estimate | Unknown:
        """The advisor's share."""
        return estimate.proportion(
            round(float(self.k[advisor])), round(float(self.n[advisor])), level=asked.level
        )


def _matched(table: ir.Table) -> ir.Table:
    """By advisor: how many were hit, beside the others with the same kind on the same day."""
    own = table.group_by("kind", "day", "advisor").aggregate(
        n=table.count().cast("float64"), k=count(table.hit).cast("float64")
    )
    here = ibis.window(group_by=["kind", "day"])
    cells = own.mutate(every=own.n.sum().over(here), every_k=own.k.sum().over(here))
    n, every, k = cells.n, cells.every, cells.every_k
    less = ibis.ifelse(every > 1, every - 1, 1.0)
    wide = cells.select(
        "day",
        "advisor",
        "n",
        "k",
        weight=n * (every - n) / every,
        own=cells.k * (every - n) / every,
        others=(k - cells.k) * n / every,
        variance=n * (every - n) * k * (every - k) / (every * every * less),
    )
    names = ("n", "k", "weight", "own", "others", "variance")
    days = wide.group_by("day", "advisor").aggregate(**{name: wide[name].sum() for name in names})
    away = days.own - days.others
    return days.group_by("advisor").aggregate(
        **{name: days[name].sum() for name in names},
        yy=(away * away).sum(),
        yw=(away * days.weight).sum(),
        ww=(days.weight * days.weight).sum(),
    )
