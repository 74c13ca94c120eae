"""Advisors compared: whether their work differs, and whose is lighter than chance would deal."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np

from andon.goodhart.case_mix import Even, even, lighter
from andon.goodhart.hard_cases.cells import Beside, Score
from andon.goodhart.hard_cases.handled import Census
from andon.goodhart.hard_cases.names import Names
from andon.goodhart.hard_cases.question import Asked
from andon.goodhart.hard_cases.ways import Looked
from andon.ledger.sums import rows

__all__ = ["Compared"]

_NOBODY: Final = Even(
    p=math.nan, spread=math.nan, spread_low=math.nan, spread_high=math.nan, advisors=0
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Compared:
    """What was compared, and what each advisor's comparison came to.

    Attributes
    ----------
    why_not : str
        Why nobody can be compared; empty where they can.
    looked, need : Looked
        At the hardness of their contacts, and at customers who need support.
    across : Even
        Whether advisors' hardness differs at all.
    beside : Beside or None
        None where there is nothing to compare.
    contacts, alone : int
        Dealt out; and those of them in cells of one advisor alone.
    first, last : int
        Days, counted from 1 January of the year 1.
    """

    why_not: str
    looked: Looked
    need: Looked
    across: Even
    beside: Beside | None
    contacts: int
    alone: int
    first: int
    last: int

    @classmethod
    def of(
        cls, dealt: ir.Table, cells: ir.Table, names: Names, asked: Asked, why_not: str
    ) -> Compared:
        """Ask the engine."""
        census = rows(
            cells.aggregate(
                n=cells.n.sum(),
                alone=ibis.ifelse(cells.n == cells.all_n, cells.n, 0.0).sum(),
                first=cells.day.min(),
                last=cells.day.max(),
            )
        )[0]
        nothing = Looked.nothing(len(names.ids))
        beside, across, looked, need = None, _NOBODY, nothing, nothing
        if not why_not and not census["n"]:
            why_not = "every contact was sent to somebody by an earlier one"
        if not why_not:
            scores: tuple[Score, ...] = ("h", "came", "need") if asked.needs else ("h", "came")
            beside = Beside.of(cells, dealt, names, scores)
            across, looked = _lighter(beside, "h", asked)
            if asked.needs:
                need = _lighter(beside, "need", asked)[1]
            if math.isnan(across.p):
                why_not = (
                    "no two advisors who are sent the same take contacts of one group and interval"
                )
            elif not looked.told:
                why_not = (
                    f"fewer than five advisors have {asked.least_contacts:,} contacts that can be "
                    "compared with others' of the same interval"
                )
        return cls(
            why_not=why_not,
            looked=looked,
            need=need,
            across=across,
            beside=beside,
            contacts=round(census["n"] or 0),
            alone=round(census["alone"] or 0),
            first=int(census["first"] or 0),
            last=int(census["last"] or 0),
        )

    def left_out(self, census: Census) -> dict[str, int]:
        """Why contacts are not in the comparison."""
        return {
            **census.left_out(),
            "in weeks in which what an advisor is sent changed": census.dealt - self.contacts,
            "no other advisor in the interval": self.alone,
        }


def _lighter(beside: Beside, score: Score, asked: Asked) -> tuple[Even, Looked]:
    """Advisors differ, and somebody lies below honest differences: both, or neither counts."""
    dealt = beside.dealt(score)
    across = even(dealt, level=asked.level)
    told = lighter(dealt, least_contacts=asked.least_contacts).p
    if math.isnan(across.p):
        return across, Looked.nothing(beside.advisors)
    return across, Looked.of(np.maximum(told, across.p))
