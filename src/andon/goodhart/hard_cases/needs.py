"""Customers who are known to need support, and whether they are left to others."""

from __future__ import annotations

import math
from dataclasses import dataclass

import ibis.expr.types as ir

from andon.estimate import Estimate, Unknown
from andon.goodhart.hard_cases.compared import Compared
from andon.goodhart.hard_cases.days import Days
from andon.goodhart.hard_cases.question import Asked

__all__ = ["Needs"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """Whether customers who are known to need support are left to others.

    Attributes
    ----------
    went_elsewhere : Estimate or Unknown
        Of such contacts that chance would have brought to those who stand out, the share that they
        did not have.
    p : float
        The chance that anybody would stand out so; NaN if not known.
    stands_out : bool or None
    why_not : str
    """

    went_elsewhere: Estimate | Unknown
    p: float
    stands_out: bool | None
    why_not: str

    @classmethod
    def of(
        cls, cells: ir.Table, compared: Compared, asked: Asked, *, stands_out: bool | None
    ) -> Needs:
        """What the comparison came to."""
        why_not = ""
        if not asked.needs:
            why_not = "the ledger's needs were not given"
        elif stands_out is None:
            why_not = compared.why_not or "no contact is of a customer who is known to need support"
        elsewhere: Estimate | Unknown = Unknown(
            unit="share",
            why=why_not or "nobody stands out",
            needs="customers' needs" if why_not else "somebody who does",
        )
        if stands_out:
            who = compared.need.found(asked.false_discoveries)
            elsewhere = Days.of(cells, who).went_elsewhere("need", asked)
        return cls(
            went_elsewhere=elsewhere,
            p=compared.need.p_any,
            stands_out=stands_out,
            why_not=why_not,
        )

    @classmethod
    def unknown(cls, why: str) -> Needs:
        """Nobody can be compared."""
        elsewhere = Unknown(unit="share", why=why, needs="several advisors")
        return cls(went_elsewhere=elsewhere, p=math.nan, stands_out=None, why_not=why)
