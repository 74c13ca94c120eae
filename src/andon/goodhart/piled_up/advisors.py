"""Advisors at a limit: for roles that the operation allows, and for each advisor their own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import ibis.expr.types as ir
import numpy as np

from andon.estimate import Estimate, Unknown
from andon.goodhart.columns import Floats, Ints, floats
from andon.goodhart.false_discovery import controlled
from andon.goodhart.peers import Matched, standing
from andon.goodhart.piled_up.counts import once
from andon.goodhart.piled_up.pile import Pile
from andon.goodhart.piled_up.question import Asked
from andon.goodhart.piled_up.readings import place, placed
from andon.goodhart.piled_up.rhythm import Chances
from andon.ledger.periods import month_number

__all__ = ["AdvisorAtALimit", "ForRoles", "for_roles"]

_TIMES: Final = 1.25
"""Who has not so many times the colleagues' share in the pile does not stand out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AdvisorAtALimit:
    """One advisor's contacts near the limit, for that advisor and for those whose task it is.

    Attributes
    ----------
    advisor_id : str
        The pseudonym.
    near, piled : int
        Contacts near the limit on its good side, and those of them in the stretch of the pile.
    share, colleagues : float
        The second over the first; and the colleagues' in the same channels, queues and months.
    excess : Estimate
        Share of this advisor's contacts around the limit (from a quarter of it to four times it)
        that are in the pile beyond what their own other contacts lead one to expect.
    p_adjusted : float
        The share of false ones to expect among advisors shown with a ``p`` as low as this.
    """

    advisor_id: str
    near: int
    piled: int
    share: float
    colleagues: float
    excess: Estimate
    p_adjusted: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ForRoles:
    """What speaks of single advisors. Show it to them, and to roles that the operation allows.

    It holds those only whose contacts stand out, in the order of their ids: it is no ranking, and
    who is not in it is not judged.

    Attributes
    ----------
    advisors : tuple of AdvisorAtALimit
        Not printed with the result.
    tested, left_out : int
        Advisors who could be compared, and those with too few contacts near the limit.
    explanations : tuple of str
        What else it could be, to be looked at first.
    """

    advisors: tuple[AdvisorAtALimit, ...] = field(repr=False)
    tested: int
    left_out: int
    explanations: tuple[str, ...] = field(repr=False)

    def of(self, advisor_id: str) -> AdvisorAtALimit | None:
        """What an advisor is shown of themselves; None where nothing stands out."""
        return next((each for each in self.advisors if each.advisor_id == advisor_id), None)


def for_roles(timed: ir.Table, asked: Asked, had: Chances | None) -> ForRoles:
    """Advisors with a pile of their own, beyond their colleagues' in the same work and months."""
    low, high = (round(each / asked.step_s) for each in asked.near_s)
    edge = round((asked.limit_s - asked.sign * asked.pile_s) / asked.step_s)
    if asked.side == "below":
        near, piled = placed(timed, low + 1, high, asked), timed.clock_us > edge * asked.step_us
    else:
        near, piled = placed(timed, low, high - 1, asked), timed.clock_us < edge * asked.step_us
    named = timed.filter(near & timed.advisor_id.notnull()).select(
        "channel",
        "queue",
        month=month_number(timed),
        advisor="advisor_id",
        piled=piled.cast("int32"),
    )
    found = (
        named.group_by(["channel", "queue", "month", "advisor"])
        .aggregate(n=named.count(), k=named.piled.sum())
        .to_pyarrow()
    )
    who = found["advisor"].to_pylist()
    names = sorted(set(who))
    cells = list(
        zip(*(found[name].to_pylist() for name in ("channel", "queue", "month")), strict=True)
    )
    if not names:
        return ForRoles(advisors=(), tested=0, left_out=0, explanations=asked.clock.explanations)
    n, k = floats(found, "n"), floats(found, "k")
    row = {name: i for i, name in enumerate(names)}
    at = np.array([row[name] for name in who])
    cell_of = {cell: i for i, cell in enumerate(dict.fromkeys(cells))}
    cell = np.array([cell_of[each] for each in cells])
    matched = _matched(at, cell, n, k, len(names))
    contacts, in_pile = (np.bincount(at, weights=each) for each in (n, k))
    enough = contacts >= asked.least_contacts
    stands = standing(matched, compared=enough, least_times=_TIMES)
    p = np.where(enough, stands.p, np.nan)
    suspects = np.flatnonzero(np.nan_to_num(p, nan=1.0) <= asked.false_discoveries).tolist()
    own = _own(timed, [names[i] for i in suspects], asked, had)
    for i in suspects:
        each = own.get(names[i])
        p[i] = 1.0 if each is None or math.isnan(each.p) else max(float(p[i]), each.p)
    tests = controlled(p, level=asked.false_discoveries)
    shown = []
    for i in np.flatnonzero(tests.found).tolist():
        excess = own[names[i]].excess
        if isinstance(excess, Unknown):
            continue
        shown.append(
            AdvisorAtALimit(
                advisor_id=names[i],
                near=round(float(contacts[i])),
                piled=round(float(in_pile[i])),
                share=float(stands.share[i]),
                colleagues=float(stands.others[i]),
                excess=excess,
                p_adjusted=float(tests.adjusted[i]),
            )
        )
    return ForRoles(
        advisors=tuple(shown),
        tested=tests.tested,
        left_out=len(names) - tests.tested,
        explanations=asked.clock.explanations,
    )


def _matched(at: Ints, cell: Ints, n: Floats, k: Floats, advisors: int) -> Matched:
    """Each advisor beside the others in the same cells."""
    all_n, all_k = (np.bincount(cell, weights=each)[cell] for each in (n, k))
    rest, rest_k = all_n - n, all_k - k

    def by_advisor(values: Floats) -> Floats:
        return np.bincount(at, weights=values, minlength=advisors).astype(np.float64)

    return Matched(
        weight=by_advisor(n * rest / all_n),
        own=by_advisor(k * rest / all_n),
        others=by_advisor(rest_k * n / all_n),
        variance=by_advisor(
            n * rest * all_k * (all_n - all_k) / (all_n**2 * np.maximum(all_n - 1, 1))
        ),
    )


def _own(
    timed: ir.Table, names: Sequence[str], asked: Asked, had: Chances | None
) -> Mapping[str, Pile]:
    """The same for these advisors' own contacts alone."""
    if not names:
        return {}
    theirs = timed.filter(timed.advisor_id.isin(list(names)) & placed(timed, *asked.around, asked))
    around = theirs.select(advisor=theirs.advisor_id, place=place(theirs, asked))
    told = around.group_by(["advisor", "place"]).aggregate(n=around.count()).to_pyarrow()
    who = np.array(told["advisor"].to_pylist(), dtype=str)
    value_s, count = floats(told, "place") * asked.step_s, floats(told, "n")
    found = {}
    for name in names:
        mine = who == name
        if mine.any():
            seen = once(value_s[mine], count[mine])
            found[name] = Pile.of(seen, seen.n, asked, had)
    return found
