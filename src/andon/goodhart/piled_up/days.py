"""Days, weeks and months at a limit: when the pile was there."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from andon.estimate import Estimate, Unknown
from andon.goodhart.columns import Floats
from andon.goodhart.piled_up.counts import Bools, Counts
from andon.goodhart.piled_up.pile import Pile
from andon.goodhart.piled_up.question import Asked
from andon.goodhart.piled_up.rhythm import Chances

__all__ = ["MonthAtALimit", "Stretch", "by_month", "stretches"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """One day or week near the limit.

    Attributes
    ----------
    first_day : datetime.date
        On the operation's wall.
    near, piled : int
        Contacts near the limit on its good side, and those of them in the stretch of the pile: a
        quarter of them, more or less, where nothing piles up.
    """

    first_day: dt.date
    near: int
    piled: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthAtALimit:
    """One month.

    Attributes
    ----------
    month : str
        Such as ``1999-02``.
    contacts : int
    excess : Estimate or Unknown
        Share of contacts that are in the pile beyond what would be there anyhow.
    p : float
        NaN where it cannot be told.
    """

    month: str
    contacts: int
    excess: Estimate | Unknown
    p: float


def stretches(counts: Counts, asked: Asked, length: int) -> tuple[Stretch, ...]:
    """Day by day or week by week, those without contacts too."""
    if not len(counts.all_slot):
        return ()
    first, last = int(counts.all_slot.min()), int(counts.all_slot.max())
    low, high = asked.near_s
    slack = asked.step_s / 2
    shift = slack if asked.side == "below" else -slack
    near = (counts.value_s > low + shift) & (counts.value_s < high + shift)
    edge = asked.limit_s - asked.sign * asked.pile_s + shift
    piled = near & (counts.value_s > edge if asked.side == "below" else counts.value_s < edge)

    def by_slot(mine: Bools) -> Floats:
        found = np.bincount(
            counts.slot[mine] - first, weights=counts.count[mine], minlength=last - first + 1
        )
        return np.asarray(found, dtype=np.float64)

    return tuple(
        Stretch(
            first_day=dt.date.fromordinal((first + i) * length + 1),
            near=round(n),
            piled=round(k),
        )
        for i, (n, k) in enumerate(zip(by_slot(near), by_slot(piled), strict=True))
    )


def by_month(counts: Counts, asked: Asked, had: Chances | None) -> tuple[MonthAtALimit, ...]:
    """The same month by month."""
    months = []
    for month in np.unique(counts.all_month).tolist():
        mine = counts.only(counts.month == month, counts.all_month == month)
        found = Pile.of(mine.as_one(), mine.contacts, asked, had)
        months.append(
            MonthAtALimit(month=month, contacts=mine.contacts, excess=found.excess, p=found.p)
        )
    return tuple(months)
