"""Groups of comparable contacts: whether few pass on far more in one than the others do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from andon.answer import Scope
from andon.estimate import Estimate, Unknown
from andon.goodhart.columns import Ints
from andon.goodhart.false_discovery import controlled
from andon.goodhart.hand_to_hand.compared import LEAST_TIMES
from andon.goodhart.hand_to_hand.days import Days
from andon.goodhart.hand_to_hand.question import Asked
from andon.goodhart.same_work import SameWork

__all__ = ["InGroup", "in_groups"]


@dataclass(frozen=True, kw_only=True, slots=True)
class InGroup:
    """What is passed on in one group of comparable contacts.

    Attributes
    ----------
    scope : Scope
    contacts, passed : int
    share : Estimate or Unknown
        Its doubt over days.
    p : float
        The chance that some advisor would stand out as far in this group, were nothing going on;
        NaN where it cannot be told.
    p_adjusted : float
        Beside all other groups; NaN likewise.
    stands_out : bool or None
        Whether few pass on far more than the others here: by habit, or for want of a skill. None
        where it cannot be told.
    """

    scope: Scope
    contacts: int
    passed: int
    share: Estimate | Unknown
    p: float
    p_adjusted: float
    stands_out: bool | None


def in_groups(
    groups: Sequence[Scope], works: Ints, days: Days, table: SameWork, asked: Asked
) -> tuple[InGroup, ...]:
    """The same for each group, its own contacts alone."""
    chances = []
    for i in range(len(groups)):
        mine = table.only(works == i)
        found = mine.standing(least_contacts=asked.least_contacts, least_times=LEAST_TIMES)
        # Where nothing is passed on, nobody passes on more.
        p = np.where(mine.sums["k"].any() | np.isnan(found.p), found.p, 1.0)
        chances.append(controlled(p, dependence="positive").p_any)
    # Groups share no contact, so their tests are independent but for the advisors in several.
    across = controlled(chances, level=asked.false_discoveries, dependence="positive")
    told = []
    for i, scope in enumerate(groups):
        here = days.only(days.group == i)
        told.append(
            InGroup(
                scope=scope,
                contacts=round(float(here.n.sum())),
                passed=round(float(here.k.sum())),
                share=here.share(asked.level),
                p=chances[i],
                p_adjusted=float(across.adjusted[i]),
                stands_out=None if math.isnan(chances[i]) else bool(across.found[i]),
            )
        )
    return tuple(told)
