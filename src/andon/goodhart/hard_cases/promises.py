"""Risky promises: quick contacts, recorded as resolved, that come back as complaints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
from scipy import special

from andon import estimate
from andon.estimate import Estimate, Unknown
from andon.goodhart.columns import Floats, count, floats, ints
from andon.goodhart.hard_cases.days import over_days
from andon.goodhart.hard_cases.handled import Census
from andon.goodhart.hard_cases.hits import Hits
from andon.goodhart.hard_cases.names import Names
from andon.goodhart.hard_cases.question import Asked
from andon.goodhart.hard_cases.ways import Looked
from andon.goodhart.peers import standing
from andon.ledger.kept import kept
from andon.ledger.replicates import Replicates

__all__ = ["Promises", "Promising", "no_promises"]

_FEWEST_COMPLAINTS: Final = 5
_SOME: Final = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Promises:
    """Whether contacts that were quick and recorded as resolved come back as complaints.

    Attributes
    ----------
    within_s : int
        How soon after it ended, seconds.
    contacts, complaints : int
        Resolved contacts that began a matter, of known customers who were watched long enough; and
        those of them that were followed by a complaint.
    share : Estimate or Unknown
        The second of the first.
    from_few : Estimate or Unknown
        Of the complaints, those beyond what the mix explains, from the hands that stand out.
    p : float
        The chance that anybody would stand out so; NaN if not known.
    stands_out : bool or None
    why_not : str
    """

    within_s: int
    contacts: int
    complaints: int
    share: Estimate | Unknown
    from_few: Estimate | Unknown
    p: float
    stands_out: bool | None
    why_not: str

    @classmethod
    def unknown(cls, why: str, needs: str, *, within_s: int) -> Promises:
        """It cannot be told."""
        share = Unknown(unit="share", why=why, needs=needs)
        return cls(
            within_s=within_s,
            contacts=0,
            complaints=0,
            share=share,
            from_few=share,
            p=math.nan,
            stands_out=None,
            why_not=why,
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Promising:
    """Resolved contacts that complaints followed, by advisor, and what it comes to.

    There are no hits where ``why_not`` says why.
    """

    hits: Hits | None
    looked: Looked
    why_not: str

    @classmethod
    def of(cls, scored: ir.Table, names: Names, asked: Asked, census: Census) -> Promising:
        """Do quick contacts that were recorded as resolved come back as complaints?"""
        why_not = no_promises(asked, census)
        if why_not:
            return cls(hits=None, looked=Looked.nothing(len(names.ids)), why_not=why_not)
        with kept(_began(scored)) as held:
            hits = Hits.of(held, len(names.ids))
            told = standing(hits.matched, compared=hits.n >= asked.least_contacts).p
            looked = Looked.of(np.maximum(told, _quicker(held, len(names.ids))))
        if not looked.told:
            why_not = (
                f"fewer than five advisors have {asked.least_contacts:,} resolved contacts that "
                "can be compared with others' of the same day"
            )
        return cls(hits=hits, looked=looked, why_not=why_not)

    def told(self, scored: ir.Table, asked: Asked, *, stands_out: bool | None) -> Promises:
        """What everybody is told."""
        if self.hits is None:
            return Promises.unknown(
                self.why_not, "complaints of known customers", within_s=asked.complaint_s
            )
        contacts = round(float(self.hits.n.sum()))
        complaints = round(float(self.hits.k.sum()))
        few = self.looked.found(asked.false_discoveries) if stands_out else []
        return Promises(
            within_s=asked.complaint_s,
            contacts=contacts,
            complaints=complaints,
            share=estimate.proportion(complaints, contacts, level=asked.level),
            from_few=_from_few(_began(scored), few, asked),
            p=self.looked.p_any,
            stands_out=stands_out,
            why_not=self.why_not,
        )


def no_promises(asked: Asked, census: Census) -> str:
    """Why promises cannot be told; empty where they can."""
    if not asked.complaints:
        return "complaints are in the ledger's values, which were not given"
    if not census.resolved_told:
        return "the source does not say what was resolved"
    if not census.followed:
        return "no customer is known and was watched long enough"
    if not census.complaints:
        return "no complaint follows a contact of a known customer"
    return ""


def _began(scored: ir.Table) -> ir.Table:
    """Resolved contacts with which a matter began, and whether a complaint followed."""
    began = scored.filter(scored.resolved & scored.followed & ~scored.came & ~scored.linked)
    return began.mutate(hit=began.complained)


def _quicker(held: ir.Table, advisors: int) -> Floats:
    """The chance that an advisor's contacts that led to a complaint are so quick beside the rest.

    By Welch's test of handle time over what the reason usually takes; 1 where there are few.
    """
    timed = held.filter(held.x.notnull() & (held.typical > 0))
    timed = timed.select("advisor", "hit", part=timed.x / timed.typical)
    found = (
        timed.group_by("advisor", "hit")
        .aggregate(n=timed.count(), y=timed.part.sum(), yy=(timed.part * timed.part).sum())
        .to_pyarrow()
    )
    sums = np.zeros((3, 2, advisors))
    at = ints(found, "hit"), ints(found, "advisor")
    for i, name in enumerate(("n", "y", "yy")):
        sums[i][at] = floats(found, name)
    n, y, yy = sums
    some = np.maximum(n, 2)
    mean = y / some
    variance = np.maximum(yy - some * mean * mean, 0) / (some - 1)
    error = np.sqrt((variance / some).sum(axis=0))
    t = np.divide(mean[1] - mean[0], error, out=np.zeros(advisors), where=error > 0)
    p = special.stdtr(np.minimum(some[0], some[1]) - 1, t)
    return np.where((n[1] >= _FEWEST_COMPLAINTS) & (n[0] >= _SOME), p, 1.0)


def _from_few(held: ir.Table, who: Sequence[int], asked: Asked) -> Estimate | Unknown:
    """Of all complaints, those beyond the others' share that came from those who stand out."""
    if not who:
        return Unknown(unit="share", why="nobody stands out", needs="somebody who does")
    own = held.group_by("kind", "day", "advisor").aggregate(
        n=held.count().cast("float64"), k=count(held.hit).cast("float64")
    )
    aside = own.advisor.isin(list(who))
    kinds = own.group_by("kind").aggregate(
        rest_n=ibis.ifelse(aside, 0.0, own.n).sum(), rest_k=ibis.ifelse(aside, 0.0, own.k).sum()
    )
    both = own.mutate(aside=aside).join(kinds, "kind")
    due = ibis.ifelse(both.rest_n > 0, both.n * both.rest_k / both.rest_n, both.k)
    found = (
        both.group_by("day")
        .aggregate(
            n=both.n.sum(),
            k=both.k.sum(),
            more=ibis.ifelse(both.aside, both.k - due, 0.0).sum(),
        )
        .to_pyarrow()
    )
    sums = {name: floats(found, name) for name in ("n", "k", "more")}
    return over_days(
        Replicates(sums=sums).estimate(
            lambda total: total["more"] / total["k"],
            unit="share",
            n=round(float(sums["k"].sum())),
            level=asked.level,
            most=1.0,
        )
    )
