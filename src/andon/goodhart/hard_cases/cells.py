"""Cells: what each advisor had of a group in one interval, beside what there was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import ibis
import ibis.expr.types as ir
import numpy as np

from andon.goodhart.case_mix import Dealt
from andon.goodhart.columns import Floats, Ints, count, floats, ints
from andon.goodhart.hard_cases.names import Names
from andon.ledger.sums import as_float, rows

__all__ = ["Beside", "Score", "shared_cells", "theirs"]

Score = Literal["h", "came", "need"]
"""How hard a contact was to be expected; whether the customer came before; whether they are known
to need support."""


def shared_cells(dealt: ir.Table) -> ir.Table:
    """What each advisor had in each cell, beside what there was."""
    own = dealt.group_by("group", "pattern", "slot", "day", "advisor").aggregate(
        n=dealt.count().cast("float64"),
        h=dealt.h.sum(),
        hh=(dealt.h * dealt.h).sum(),
        hard=count(dealt.hard).cast("float64"),
        came=count(dealt.came).cast("float64"),
        need=count(dealt.need).cast("float64"),
        x=ibis.coalesce(dealt.x.sum(), 0.0),
        timed=dealt.x.count().cast("float64"),
    )
    # What there was is added up anew and joined: to sort the cells of all advisors is dearer.
    every = dealt.group_by(g=dealt.group, p=dealt.pattern, s=dealt.slot).aggregate(
        all_n=dealt.count().cast("float64"),
        all_h=dealt.h.sum(),
        all_hh=(dealt.h * dealt.h).sum(),
        all_came=count(dealt.came).cast("float64"),
        all_need=count(dealt.need).cast("float64"),
    )
    here = [own.group == every.g, own.pattern == every.p, own.slot == every.s]
    return own.join(every, here).drop("g", "p", "s")


def theirs(cells: ir.Table, who: Sequence[int]) -> ir.Table:
    """The cells of those who stand out, beside all who do not."""
    aside = cells.advisor.isin(list(who))
    here = ibis.window(group_by=["group", "pattern", "slot"])
    beside = cells.mutate(
        aside=aside,
        **{
            f"rest_{name}": ibis.ifelse(aside, 0.0, cells[name]).sum().over(here)
            for name in ("n", "h", "hard", "need")
        },
    )
    return beside.filter(beside.aside & (beside.rest_n > 0))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Beside:
    """Rows of groups and advisors, each beside the others of its cells."""

    group: Ints
    advisor: Ints
    advisors: int
    sums: Mapping[str, Floats]
    likeness: Mapping[Score, Floats]

    @classmethod
    def of(cls, cells: ir.Table, dealt: ir.Table, names: Names, scores: Sequence[Score]) -> Beside:
        """Ask the engine, for some scores."""
        found = _by_advisor(_by_day(cells, scores), scores).to_pyarrow()
        sums = {
            name: floats(found, name)
            for name in found.column_names
            if name not in {"group", "advisor"}
        }
        scored = dealt.aggregate(**{score: as_float(dealt[score]).mean() for score in scores})
        means = {score: float(mean or 0.0) for score, mean in rows(scored)[0].items()}
        alike = _likeness(dealt, means).to_pyarrow()
        likeness: dict[Score, Floats] = {}
        for score in scores:
            ratio = np.ones(len(names.ids))
            top, bottom = floats(alike, f"{score}_top"), floats(alike, f"{score}_bottom")
            ratio[ints(alike, "advisor")] = np.divide(
                top, bottom, out=np.ones_like(top), where=bottom > 0
            )
            likeness[score] = np.maximum(ratio, 1.0)
        return cls(
            group=ints(found, "group"),
            advisor=ints(found, "advisor"),
            advisors=len(names.ids),
            sums=sums,
            likeness=likeness,
        )

    def total(self, name: str, group: int | None = None) -> Floats:
        """One number for each advisor, of all groups or of one."""
        mine = slice(None) if group is None else self.group == group
        found = np.bincount(self.advisor[mine], self.sums[name][mine], self.advisors)
        return found.astype(np.float64)

    def dealt(self, score: Score, group: int | None = None) -> Dealt:
        """A score beside the others'; days and customers may be alike."""
        weight, away, fair = (
            self.total(name, group) for name in ("weight", f"{score}_away", f"{score}_dealt")
        )
        days = self.total("days", group)
        # What the advisor has more on all days alike is what is asked about, and no noise; nor is a
        # change that lasts. So days are held against the days before (von Neumann 1941).
        more = np.divide(away, weight, out=np.zeros_like(weight), where=weight > 0)
        by_day = (
            0.5
            * (
                self.total(f"{score}_aa", group)
                - 2 * more * self.total(f"{score}_aw", group)
                + more * more * self.total("ww", group)
            )
            * np.divide(days, days - 1, out=np.ones_like(days), where=days > 1)
        )
        return Dealt(
            n=self.total("n", group),
            weight=weight,
            away=away,
            dealt=fair,
            alone=self.total(f"{score}_alone", group),
            variance=np.maximum(fair, by_day) * self.likeness[score],
        )


def _by_day(cells: ir.Table, scores: Sequence[Score]) -> ir.Table:
    """Sums that set each advisor beside the others in the same cells, by group and day."""
    n, every = cells.n, cells.all_n
    weight = n * (every - n) / every
    less = ibis.ifelse(every > 1, every - 1, 1.0)
    sums: dict[str, ir.FloatingValue] = {"weight": weight}
    for score in scores:
        total = cells[f"all_{score}"]
        squares = cells.all_hh if score == "h" else total  # a yes is its own square
        spread = squares - total * total / every
        # Rounding leaves a little spread where all contacts of a cell are alike.
        variance = ibis.ifelse(spread > 1e-9 * squares, spread, 0.0) / less
        sums[f"{score}_away"] = cells[score] - n * total / every
        sums[f"{score}_dealt"] = weight * variance
        sums[f"{score}_alone"] = n * variance
    wide = cells.select("group", "day", "advisor", "n", **sums)
    return wide.group_by("group", "day", "advisor").aggregate(
        n=wide.n.sum(), **{name: wide[name].sum() for name in sums}
    )


def _by_advisor(days: ir.Table, scores: Sequence[Score]) -> ir.Table:
    """The same by group and advisor, with squares of what moves from one day to the next."""
    order = ibis.window(group_by=["group", "advisor"], order_by="day")
    names = ["weight", *(f"{score}_away" for score in scores)]
    moves = days.mutate(
        **{f"{name}_move": days[name] - days[name].lag().over(order) for name in names}
    )
    weight = moves.weight_move
    squares: dict[str, ir.FloatingScalar] = {"ww": (weight * weight).sum()}
    for score in scores:
        away = moves[f"{score}_away_move"]
        squares[f"{score}_aa"] = (away * away).sum()
        squares[f"{score}_aw"] = (away * weight).sum()
    plain = [name for name in days.columns if name not in {"group", "day", "advisor"}]
    found = moves.group_by("group", "advisor").aggregate(
        **{name: moves[name].sum() for name in plain},
        **squares,
        days=moves.count(),
    )
    # Whoever was there on one day only has no day before.
    return found.mutate(**{name: ibis.coalesce(found[name], 0.0) for name in squares})


def _likeness(dealt: ir.Table, means: Mapping[str, float]) -> ir.Table:
    """By advisor: squares of customers' sums over those of contacts; above 1 where alike."""
    scored = dealt.select(
        "advisor",
        "customer",
        **{score: as_float(dealt[score]) - means[score] for score in means},
    )
    known = scored.filter(scored.customer.notnull())
    each = known.group_by("advisor", "customer").aggregate(
        **{score: known[score].sum() for score in means},
        **{f"{score}_2": (known[score] * known[score]).sum() for score in means},
    )
    return each.group_by("advisor").aggregate(
        **{f"{score}_top": (each[score] * each[score]).sum() for score in means},
        **{f"{score}_bottom": each[f"{score}_2"].sum() for score in means},
    )
