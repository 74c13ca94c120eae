"""What speaks of single advisors, for themselves and for roles that the operation allows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import ibis.expr.types as ir
import numpy as np

from andon.estimate import Estimate, Unknown
from andon.goodhart.dates import Dates
from andon.goodhart.false_discovery import controlled
from andon.goodhart.hard_cases.compared import Compared
from andon.goodhart.hard_cases.days import Days
from andon.goodhart.hard_cases.hits import Hits
from andon.goodhart.hard_cases.lightest import Lightest
from andon.goodhart.hard_cases.names import Names
from andon.goodhart.hard_cases.question import Asked
from andon.goodhart.hard_cases.ways import Way, Ways
from andon.goodhart.hard_cases.when import NEVER
from andon.ledger.sums import rows

__all__ = ["EXPLANATIONS", "AdvisorsWork", "Aspect", "ForRoles", "for_roles"]

EXPLANATIONS: Final = (
    "Work may be sent so: by skill, by language, to spare somebody who is new, unwell or under"
    " complaint. Look at the routing rules and the rota first.",
    "If advisors record the reason themselves, a habit of recording looks alike. Listen to a few"
    " contacts before anything is said.",
    "Somebody may be called away at such moments, to help a colleague or to coach.",
    "A complaint is the customer's word about what they were told. It may be about the rule, the"
    " product or a promise that the system made.",
    "If ids were changed, one person may stand here as two, or two as one.",
)
"""What else can make work uneven, to be looked at before anybody is spoken to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Aspect:
    """One way in which an advisor's contacts stand out.

    Attributes
    ----------
    way : Way
    own : Estimate or Unknown
        ``mix``: share of hard contacts; ``need``: of customers who need support; ``passed_on``: of
        hard contacts passed on quickly; ``promises``: of resolved ones followed by a complaint.
    others : float
        The same of the others in the same cells, 0 to 1.
    p_adjusted : float
        The share of false ones to expect among aspects shown with a ``p`` as low as this.
    """

    way: Way
    own: Estimate | Unknown
    others: float
    p_adjusted: float


@dataclass(frozen=True, kw_only=True, slots=True)
class AdvisorsWork:
    """One advisor's contacts, for that advisor and for those whose task it is.

    Attributes
    ----------
    advisor_id : str
        The pseudonym.
    first_day, last_day : datetime.date
        Between which this id has contacts.
    contacts : int
        That could be compared.
    aspects : tuple of Aspect
    lighter_s : Estimate or Unknown
        As :attr:`Mix.lighter_s`, where ``mix`` is among the aspects.
    since, until : Dates or None
        When the work began to be lighter, and when that was over; None where that was not seen.
    """

    advisor_id: str
    first_day: dt.date
    last_day: dt.date
    contacts: int
    aspects: tuple[Aspect, ...]
    lighter_s: Estimate | Unknown
    since: Dates | None
    until: Dates | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ForRoles:
    """What speaks of single advisors. Show it to them, and to roles that the operation allows.

    It holds those only whose contacts stand out, in the order of their ids: it is no ranking, and
    who is not in it is not judged.

    Attributes
    ----------
    advisors : tuple of AdvisorsWork
        Not printed with the result.
    tested : int
        Advisors who could be compared.
    left_out : int
        Advisors with too few contacts to say anything, or with nobody to compare them with.
    explanations : tuple of str
        What else it could be, to be looked at first.
    """

    advisors: tuple[AdvisorsWork, ...] = field(repr=False)
    tested: int
    left_out: int
    explanations: tuple[str, ...] = field(default=EXPLANATIONS, repr=False)

    def of(self, advisor_id: str) -> AdvisorsWork | None:
        """What an advisor is shown of themselves; None where nothing stands out."""
        return next((each for each in self.advisors if each.advisor_id == advisor_id), None)


def for_roles(
    contacts: ir.Table,
    cells: ir.Table,
    ways: Ways,
    compared: Compared,
    lightest: Lightest,
    hits: Mapping[Way, Hits | None],
    names: Names,
    asked: Asked,
) -> ForRoles:
    """Those who stand out in any way, in the order of their ids."""
    every = np.stack([each.p for each in ways.looked.values()])
    across = controlled(every.ravel(), level=asked.false_discoveries)
    adjusted = across.adjusted.reshape(every.shape)
    there = np.array([bool(ways.stands_out[way]) for way in ways.looked])
    shown = across.found.reshape(every.shape) & there[:, None]
    tested = int(np.isfinite(every).any(axis=0).sum())
    left_out = len(names.ids) - tested
    who = np.flatnonzero(shown.any(axis=0)).tolist()
    if not who:
        return ForRoles(advisors=(), tested=tested, left_out=left_out)
    # Nobody is a yardstick who stands out as well.
    days = Days.of(cells, sorted({*who, *lightest.who}))
    spans = _spans(contacts, cells, who)
    made = []
    for i in who:
        mine = days.only([i])
        aspects = tuple(
            _aspect(way, i, mine, hits, asked, p_adjusted=float(adjusted[row, i]))
            for row, way in enumerate(ways.looked)
            if shown[row, i]
        )
        light = any(each.way == "mix" for each in aspects)
        when = mine.changed(compared.first, compared.last, asked) if light else NEVER
        made.append(
            AdvisorsWork(
                advisor_id=names.ids[i],
                first_day=dt.date.fromordinal(spans[i].first + 1),
                last_day=dt.date.fromordinal(spans[i].last + 1),
                contacts=spans[i].contacts,
                aspects=aspects,
                lighter_s=mine.lighter_s(asked)
                if light
                else Unknown(unit="s", why="it does not stand out", needs="a mix that does"),
                since=when.since,
                until=when.until,
            )
        )
    return ForRoles(advisors=tuple(made), tested=tested, left_out=left_out)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Span:
    """First and last day with contacts, counted from the year 1; contacts that were compared."""

    first: int
    last: int
    contacts: int


def _spans(contacts: ir.Table, cells: ir.Table, who: Sequence[int]) -> dict[int, _Span]:
    theirs = contacts.filter(contacts.advisor.isin(list(who)))
    there = theirs.group_by("advisor").aggregate(first=theirs.day.min(), last=theirs.day.max())
    dealt = cells.filter(cells.advisor.isin(list(who)))
    compared = dealt.group_by("advisor").aggregate(n=dealt.n.sum())
    n = {int(row["advisor"]): round(row["n"]) for row in rows(compared)}
    return {
        int(row["advisor"]): _Span(
            first=int(row["first"]), last=int(row["last"]), contacts=n.get(int(row["advisor"]), 0)
        )
        for row in rows(there)
    }


def _aspect(
    way: Way,
    advisor: int,
    days: Days,
    hits: Mapping[Way, Hits | None],
    asked: Asked,
    *,
    p_adjusted: float,
) -> Aspect:
    """The advisor's share, and that of the others in the same cells."""
    told = hits.get(way)
    if told is not None:
        own, others = told.own(advisor, asked), float(told.others[advisor])
    else:
        score: Literal["hard", "need"] = "hard" if way == "mix" else "need"
        own, others = days.had(score, asked), days.others_had(score)
    return Aspect(way=way, own=own, others=others, p_adjusted=p_adjusted)
