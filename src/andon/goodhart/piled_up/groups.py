"""Groups of contacts at a limit, each looked at alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from andon.answer import Scope, in_order
from andon.estimate import Estimate, Unknown
from andon.goodhart.false_discovery import controlled
from andon.goodhart.piled_up.counts import Counts
from andon.goodhart.piled_up.pile import Pile
from andon.goodhart.piled_up.question import Asked
from andon.goodhart.piled_up.rhythm import Chances

__all__ = ["GroupAtALimit", "by_group"]


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupAtALimit:
    """One group of contacts.

    Attributes
    ----------
    scope : Scope
    contacts : int
    excess : Estimate or Unknown
        Share of the group's contacts.
    p, p_adjusted : float
        Alone, and beside all other groups; NaN where it cannot be told.
    stands_out : bool or None
        None where it cannot be told.
    why_not : str
    """

    scope: Scope
    contacts: int
    excess: Estimate | Unknown
    p: float
    p_adjusted: float
    stands_out: bool | None
    why_not: str


def by_group(
    counted: pa.Table, summed: pa.Table, counts: Counts, asked: Asked, had: Chances | None
) -> tuple[GroupAtALimit, ...]:
    """The same for each group, its own contacts alone."""
    if not asked.by:
        return ()
    near, every = _scopes(counted, asked), _scopes(summed, asked)
    order = in_order(set(every))
    found = []
    for scope in order:
        mine = counts.only(
            np.array([each == scope for each in near], dtype=np.bool_),
            np.array([each == scope for each in every], dtype=np.bool_),
        )
        found.append((mine.contacts, Pile.of(mine.by_blocks(), mine.contacts, asked, had)))
    across = controlled(
        [each.p for _, each in found], level=asked.false_discoveries, dependence="positive"
    )
    return tuple(
        GroupAtALimit(
            scope=scope,
            contacts=contacts,
            excess=each.excess,
            p=each.p,
            p_adjusted=float(across.adjusted[i]),
            stands_out=None if math.isnan(each.p) else bool(across.found[i]),
            why_not=each.why_not,
        )
        for i, (scope, (contacts, each)) in enumerate(zip(order, found, strict=True))
    )


def _scopes(found: pa.Table, asked: Asked) -> list[Scope]:
    columns = [found[cell].to_pylist() for cell in asked.cells]
    return [tuple(zip(asked.by, values, strict=True)) for values in zip(*columns, strict=True)]
