"""Hard contacts passed on within moments, while easy ones are kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import ibis.expr.types as ir
import numpy as np
from scipy import special

from andon import estimate
from andon.estimate import Estimate, Unknown
from andon.goodhart.columns import Floats
from andon.goodhart.hard_cases.hits import Hits
from andon.goodhart.hard_cases.names import Names
from andon.goodhart.hard_cases.question import Asked
from andon.goodhart.hard_cases.ways import Looked
from andon.goodhart.peers import standing

__all__ = ["PassedOn", "Passing"]

_QUICK: Final = 0.5
"""Contacts that took less than this part of what their reason usually takes were quick."""
_FEWEST_HARD: Final = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class PassedOn:
    """Whether hard contacts are passed on within moments, oftener than easy ones.

    Attributes
    ----------
    contacts, passed_on : int
        Hard contacts, and those of them that were passed on quickly.
    share : Estimate or Unknown
        The second of the first.
    p : float
        The chance that anybody would stand out so; NaN if not known.
    stands_out : bool or None
    why_not : str
    """

    contacts: int
    passed_on: int
    share: Estimate | Unknown
    p: float
    stands_out: bool | None
    why_not: str

    @classmethod
    def unknown(cls, why: str) -> PassedOn:
        """Nobody can be compared."""
        share = Unknown(unit="share", why=why, needs="several advisors")
        return cls(contacts=0, passed_on=0, share=share, p=math.nan, stands_out=None, why_not=why)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Passing:
    """Hard contacts that were passed on within moments, by advisor, and what it comes to."""

    hard: Hits
    looked: Looked
    least: int

    @classmethod
    def of(cls, scored: ir.Table, names: Names, asked: Asked) -> Passing:
        """Are hard ones passed on within moments, and easy ones not?"""
        known = scored.filter(scored.recorded & scored.x.notnull())
        quick = known.mutate(hit=known.passed & (known.x < _QUICK * known.typical))
        hard = Hits.of(quick.filter(quick.hard), len(names.ids))
        easy = Hits.of(quick.filter(~quick.hard), len(names.ids))
        least = min(asked.least_contacts, _FEWEST_HARD)
        told = standing(hard.matched, compared=hard.n >= least).p
        return cls(hard=hard, looked=Looked.of(np.maximum(told, _picked(hard, easy))), least=least)

    def told(self, asked: Asked, *, stands_out: bool | None) -> PassedOn:
        """What everybody is told."""
        contacts, passed = round(float(self.hard.n.sum())), round(float(self.hard.k.sum()))
        return PassedOn(
            contacts=contacts,
            passed_on=passed,
            share=estimate.proportion(passed, contacts, level=asked.level),
            p=self.looked.p_any,
            stands_out=stands_out,
            why_not=self._why_not(contacts),
        )

    def _why_not(self, contacts: int) -> str:
        if not contacts:
            return "no contact is known to be hard"
        if not self.looked.told:
            return (
                f"fewer than five advisors have {self.least:,} hard contacts that can be compared "
                "with others' of the same day"
            )
        return ""


def _picked(hard: Hits, easy: Hits) -> Floats:
    """The chance that so many of those passed on are hard, were it as with the others."""
    due_hard, due_easy = hard.n * hard.others, easy.n * easy.others
    due = due_hard + due_easy
    every = np.maximum(hard.n + easy.n, 1)
    part = np.where(due > 0, due_hard / np.where(due > 0, due, 1.0), hard.n / every)
    picked: Floats = np.where(
        hard.k > 0, special.betainc(np.maximum(hard.k, 1), easy.k + 1, np.clip(part, 0, 1)), 1.0
    )
    return picked
