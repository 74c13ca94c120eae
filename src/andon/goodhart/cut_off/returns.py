"""Returns: how many customers are back after short contacts, and after those of usual length."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import ibis.expr.types as ir
import numpy as np

from andon import estimate
from andon.estimate import Estimate, Unknown
from andon.goodhart.columns import Floats, count, floats, ints
from andon.goodhart.cut_off.question import Asked
from andon.ledger.replicates import FEW, MANY, Replicates, replicate_of

__all__ = ["Returns"]

_FEWEST_USUAL: Final = 50


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Returns:
    """Followed contacts by group, random group of customers, and kind (short, usual, other)."""

    n: Floats
    back: Floats

    @classmethod
    def of(cls, timed: ir.Table, groups: int) -> Returns:
        """Ask the engine."""
        replicates = MANY if groups <= 50 else FEW
        known = timed.filter(timed.followed & (timed.short | timed.usual))
        cut = known.select(
            "group", "short", "back", replicate=replicate_of(known.customer_key, replicates)
        )
        found = (
            cut.group_by(["group", "short", "replicate"])
            .aggregate(n=cut.count(), came=count(cut.back))
            .to_pyarrow()
        )
        shape = (2, max(1, groups), replicates)
        n, back = np.zeros(shape), np.zeros(shape)
        at = tuple(ints(found, name) for name in ("short", "group", "replicate"))
        np.add.at(n, at, floats(found, "n"))
        np.add.at(back, at, floats(found, "came"))
        return cls(n=n, back=back)

    def usual_by_group(self) -> Floats:
        """Share back after usual contacts; of all groups where one has too few."""
        n, back = self.n[0].sum(axis=1), self.back[0].sum(axis=1)
        pooled = back.sum() / n.sum() if n.sum() else math.nan
        usual: Floats = np.where(n >= _FEWEST_USUAL, back / np.maximum(n, 1), pooled)
        return usual

    def after_short(self, asked: Asked, group: int | None = None) -> Estimate | Unknown:
        """Share back after short contacts."""
        return self._share(1, asked, group)

    def after_usual(self, asked: Asked, group: int | None = None) -> Estimate | Unknown:
        """Share back after contacts of usual length, in the short ones' mix of groups."""
        return self._share(0, asked, group) if group is not None else self._mixed(asked, less=False)

    def excess(self, asked: Asked) -> Estimate | Unknown:
        """Share back after short contacts less that after usual ones."""
        return self._mixed(asked, less=True)

    def _share(self, kind: int, asked: Asked, group: int | None) -> Estimate | Unknown:
        n, back = (
            each[kind].sum(axis=0) if group is None else each[kind][group]
            for each in (self.n, self.back)
        )
        if not n.any():
            return Unknown(
                unit="share",
                why="no such contact is of a customer who is known and was watched long enough",
                needs="customers' ids",
            )
        return estimate.share(
            Replicates(sums={"n": n, "back": back}).ratio("back", "n"), level=asked.level
        )

    def _mixed(self, asked: Asked, *, less: bool) -> Estimate | Unknown:
        some = np.flatnonzero((self.n[0].sum(axis=1) > 0) & (self.n[1].sum(axis=1) > 0))
        if not len(some):
            return Unknown(
                unit="share",
                why="no group has both short and usual contacts of customers who are known",
                needs="customers' ids",
            )

        def figure(total: Mapping[str, Floats]) -> Floats:
            short = functools.reduce(operator.add, (total[f"n{i}"] for i in some))
            usual = functools.reduce(
                operator.add, (total[f"n{i}"] * total[f"u{i}"] / total[f"m{i}"] for i in some)
            )
            back = functools.reduce(operator.add, (total[f"b{i}"] for i in some))
            return np.asarray((back - usual) / short if less else usual / short)

        return Replicates(
            sums={
                name + str(i): values[i]
                for i in some
                for name, values in (
                    ("n", self.n[1]),
                    ("b", self.back[1]),
                    ("m", self.n[0]),
                    ("u", self.back[0]),
                )
            }
        ).estimate(
            figure,
            unit="share",
            n=round(float(self.n[:, some].sum())),
            level=asked.level,
            least=-1.0 if less else 0.0,
            most=1.0,
        )
