"""Ways in which hard cases are shed, and which of them stand out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from andon.goodhart.columns import Floats
from andon.goodhart.false_discovery import controlled

__all__ = ["Looked", "Way", "Ways"]

Way = Literal["mix", "need", "passed_on", "promises"]
"""Lighter work than colleagues'; fewer customers who need support; hard contacts passed on within
moments; quick promises that come back as complaints."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Looked:
    """What one way came to: a p-value for each advisor, and for all of them."""

    p: Floats
    p_any: float

    @classmethod
    def nothing(cls, advisors: int) -> Looked:
        """It cannot be told."""
        return cls(p=np.full(advisors, np.nan), p_any=math.nan)

    @classmethod
    def of(cls, p: Floats) -> Looked:
        """The chance of anything this odd anywhere."""
        return cls(p=p, p_any=controlled(p, dependence="positive").p_any)

    @property
    def told(self) -> bool:
        """Whether it can be told."""
        return not math.isnan(self.p_any)

    def found(self, level: float) -> list[int]:
        """Who stands out in this way."""
        across = controlled(self.p, level=level, dependence="positive")
        return np.flatnonzero(across.found).tolist()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ways:
    """All ways together.

    Attributes
    ----------
    looked : mapping of Way to Looked
    stands_out : mapping of Way to bool or None
        With little chance that any does where nothing goes on: Holm (1979, *Scandinavian Journal of
        Statistics* 6, 65). None where it cannot be told.
    p : float
        The chance of anything this odd in any of the ways; NaN where none can be told.
    """

    looked: Mapping[Way, Looked]
    stands_out: Mapping[Way, bool | None]
    p: float

    @classmethod
    def of(cls, looked: Mapping[Way, Looked], *, level: float) -> Ways:
        """Judge them, with at most this chance that any stands out where nothing goes on."""
        stands_out: dict[Way, bool | None] = dict.fromkeys(looked)
        order = sorted((each.p_any, way) for way, each in looked.items() if each.told)
        so_far = True
        for place, (p, way) in enumerate(order):
            so_far = so_far and p <= level / (len(order) - place)
            stands_out[way] = so_far
        return cls(
            looked=looked,
            stands_out=stands_out,
            p=min(1.0, len(order) * order[0][0]) if order else math.nan,
        )
