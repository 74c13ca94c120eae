"""Advisors compared: each beside the others who did the same work in the same hours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.goodhart.columns import Floats, Ints
from andon.goodhart.false_discovery import controlled
from andon.goodhart.hand_to_hand.question import Asked
from andon.goodhart.peers import Standing
from andon.goodhart.same_work import SameWork

__all__ = ["LEAST_TIMES", "Tested"]

LEAST_TIMES: Final = 1.5
"""Shares that are less than this many times the others' never stand out."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tested:
    """Each advisor beside the others, and what it comes to."""

    standing: Standing
    kinds: Ints
    p: Floats
    adjusted: Floats
    found: npt.NDArray[np.bool_]
    p_any: float
    tested: int

    @classmethod
    def of(cls, table: SameWork, works: Ints, asked: Asked) -> Tested:
        """Compare them, in all that they do and without that in which they have most."""
        whole = table.standing(least_contacts=asked.least_contacts, least_times=LEAST_TIMES)
        rest, kinds = table.without_most(works)
        # Whether more is passed on there too; how much more was asked of the whole.
        elsewhere = rest.standing(least_contacts=1, least_times=1.0).p_chance
        p = whole.p.copy()
        told = (whole.p <= asked.false_discoveries) & (kinds > 1)
        p[told] = np.maximum(p[told], elsewhere[told])  # what cannot be told stays untold
        across = controlled(p, level=asked.false_discoveries)
        return cls(
            standing=whole,
            kinds=kinds,
            p=p,
            adjusted=across.adjusted,
            found=across.found,
            p_any=controlled(p, dependence="positive").p_any,
            tested=across.tested,
        )
