"""Chosen surveys: a score that rises because of who is asked, while nobody is better off.

Whoever is judged by the answers and decides whom to ask need not lie to raise a score: asking after
contacts that went well is enough. The ledger keeps invitations without an answer, and what is
known of each contact before anybody answers; :mod:`andon.goodhart.invitations` tells whether the
one follows the other, and what the score would be if it did not.

What is found is about the practice and about whoever set the target. It has other reasons as well,
and each caveat names them. What single advisors' invitations look like stands apart, for roles that
the operation allows, and only where it stands out from what chance does among all of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from andon.errors import QuestionError
from andon.estimate import Estimate
from andon.goodhart.columns import floats, ints, numbered
from andon.goodhart.false_discovery import controlled
from andon.goodhart.invitations import Invitations, Passed, likely_scores, passed_over
from andon.ledger.periods import month_names, month_number
from andon.ledger.sums import rows
from andon.units import AGES_US, DAY_S, US

__all__ = ["ByAdvisor", "ChosenSurveys", "Leaning", "chosen_surveys"]

_Ints = npt.NDArray[np.int64]

_SCALES: Final[Mapping[str, tuple[float, float]]] = {"NPS": (0.0, 10.0)}
_WEEK_US: Final = 7 * DAY_S * US
"""Mondays to Sundays, as all ages begin on a Monday."""
_WAITS_S: Final = (20, 120)
_NAMED: Final = 20
"""Instruments that an error names, at most."""
_OTHER_REASONS: Final = (
    "A rule may say which contacts are asked about, such as none that were passed on. Then the "
    "rule is what chooses.",
    "Customers who were asked lately, or who forbid it, are often left out. If they differ, "
    "invitations lean although nobody chose.",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaning:
    """One advisor whose invitations lean beyond chance.

    Attributes
    ----------
    advisor_id : str
        A pseudonym.
    found : Passed
        From their own contacts, each compared within the same queue and week of theirs.
    adjusted : float
        The least share of false discoveries, among all advisors tested, at which this is one.
    """

    advisor_id: str
    found: Passed
    adjusted: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ByAdvisor:
    """For roles that the operation allows, and for each advisor their own: never a ranking.

    Attributes
    ----------
    tested : int
        Advisors with enough contacts, invited and passed over.
    leaning : tuple of Leaning
        Those found at the level asked for, by pseudonym.
    """

    tested: int
    leaning: tuple[Leaning, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChosenSurveys:
    """Whether a score can be trusted, by who was asked for it.

    Attributes
    ----------
    instrument : str
    scale : tuple of float
        The least and the most that can be answered.
    overall : Passed
    by_month : mapping of str to Passed
        The same month by month, in order: when it began.
    shared : int
        Advisors tested whose invitations lean the same way, out of ``for_roles.tested``: where most
        do, the target does it, and no one person.
    for_roles : ByAdvisor
    caveats : tuple of str
    """

    instrument: str
    scale: tuple[float, float]
    overall: Passed
    by_month: Mapping[str, Passed]
    shared: int
    for_roles: ByAdvisor
    caveats: tuple[str, ...]


def chosen_surveys(
    contacts: ir.Table,
    surveys: ir.Table,
    *,
    instrument: str,
    scale: tuple[float, float] | None = None,
    item: str | None = None,
    level: float = 0.95,
    false_discoveries: float = 0.05,
) -> ChosenSurveys:
    """Were those likely to be content asked more often, and what would the score be otherwise?

    Parameters
    ----------
    contacts, surveys : ibis.Table
        The ledger's. Contacts that somebody served count.
    instrument : str
        As the ledger has it: NPS, CSAT, CES or another.
    scale : (float, float), optional
        The least and the most that can be answered; 0 to 10 for NPS, else it must be given.
    item : str, optional
        Which item of the instrument, if it has several.
    level : float
        Of the intervals, above 0 and below 1.
    false_discoveries : float
        The share of false ones among the advisors named, above 0 and below 1.

    Returns
    -------
    ChosenSurveys

    Raises
    ------
    QuestionError
        If there is no such survey, it has several items and none was named, its scale is not known,
        everybody was asked, or only invitations that were answered are in the ledger.

    Notes
    -----
    Contacts are compared within one queue, one week and one advisor. They are told apart by whether
    the source calls the matter resolved, whether they were passed on, and how long the customer
    waited. Whatever else an advisor may sense of a customer's mood is not seen, so a choice by mood
    alone is missed; only ``lowest`` and ``highest`` hold then.
    """
    chosen = surveys.filter(surveys.instrument == instrument)
    if item is not None:
        chosen = chosen.filter(chosen.item == item)
    span = _scale(surveys, chosen, instrument, item, scale)
    asked = chosen.group_by("contact_id").aggregate(score=chosen.score.min())
    table = _counted(contacts, asked)
    everything = _Counts.of(table)
    _check(everything.all, instrument)
    overall = everything.passed(span, level=level)
    each = everything.by_advisor(span, level=level)
    tests = controlled([found.p_value for found in each.values()], level=false_discoveries)
    leaning = tuple(
        Leaning(advisor_id=name, found=each[name], adjusted=float(adjusted))
        for name, adjusted, found in zip(each, tests.adjusted, tests.found, strict=True)
        if found and _lean(each[name]) > 0
    )
    way = _lean(overall)
    return ChosenSurveys(
        instrument=instrument,
        scale=span,
        overall=overall,
        by_month=everything.by_month(span, level=level),
        shared=sum(_lean(found) * way > 0 for found in each.values()),
        for_roles=ByAdvisor(tested=tests.tested, leaning=leaning),
        caveats=_OTHER_REASONS,
    )


def _lean(found: Passed) -> float:
    return found.shift.value if isinstance(found.shift, Estimate) else 0.0


def _instruments(surveys: ir.Table) -> list[str]:
    """The first few instruments by name."""
    named = surveys.filter(surveys.instrument.notnull()).select("instrument").distinct()
    return [row["instrument"] for row in rows(named.order_by("instrument").limit(_NAMED))]


def _scale(
    surveys: ir.Table,
    chosen: ir.Table,
    instrument: str,
    item: str | None,
    scale: tuple[float, float] | None,
) -> tuple[float, float]:
    """The scale asked for or known, held against what was answered."""
    seen = rows(
        chosen.aggregate(
            n=chosen.count(),
            low=chosen.score.min(),
            high=chosen.score.max(),
            items=chosen.item.nunique(),
            first=chosen.item.min(),
            last=chosen.item.max(),
        )
    )[0]
    of = instrument if item is None else f"{instrument}, item {item}"
    if not seen["n"]:
        raise QuestionError(
            "There is no such survey in the ledger.",
            found=f"instrument: {of or 'none named'}",
            todo=f"Name one that the ledger has: {', '.join(_instruments(surveys)) or 'none yet'}.",
        )
    if seen["items"] > 1:
        raise QuestionError(
            f"{of} has several items, each with answers of its own.",
            found=f"{seen['items']} items, from {seen['first']} to {seen['last']}",
            todo="Name one item.",
        )
    span = scale or _SCALES.get(instrument.upper())
    if span is None:
        raise QuestionError(
            f"What can be answered to {of} is not known.",
            found=f"answers from {seen['low']} to {seen['high']}",
            todo="Give its least and its most: scale=(1, 5), or --scale 1-5.",
        )
    if seen["low"] is not None and not (span[0] <= seen["low"] and seen["high"] <= span[1]):
        raise QuestionError(
            "Answers must lie within their scale.",
            found=f"{of}: answers from {seen['low']:g} to {seen['high']:g}, scale {span[0]:g} to "
            f"{span[1]:g}",
            todo="Give the scale of this instrument, as scale=(1, 5) or --scale 1-5, or one item "
            "of it.",
        )
    return span


def _counted(contacts: ir.Table, asked: ir.Table) -> ir.Table:
    """Contacts, invitations and answers by queue, week, advisor and kind."""
    handled = (contacts.outcome == "handled") & contacts.answered_us.notnull()
    served = contacts.filter(handled)
    since = served.local_arrived_us + AGES_US
    wait_us = served.answered_us - served.arrived_us
    waited = sum((wait_us >= each * US).cast("int32") for each in _WAITS_S)
    settled = ibis.coalesce(served.resolved.cast("int32"), 2)
    passed = ibis.coalesce((served.transfers > 0).cast("int32"), 0)
    lean = served.select(
        "contact_id",
        queue=served.queue,
        # Numbers, as to spell each contact's costs more than to count it.
        week=((since - since % _WEEK_US) / _WEEK_US).cast("int32"),
        month=month_number(served),
        advisor=served.advisor_id,
        kind=((settled * 2 + passed) * (len(_WAITS_S) + 1) + waited).cast("int16"),
    )
    joined = lean.left_join(asked.mutate(was_asked=1), "contact_id")
    score = joined.score
    return joined.group_by("queue", "week", "month", "advisor", "kind").aggregate(
        contacts=joined.count(),
        invited=joined.was_asked.count(),
        answered=score.count(),
        total=ibis.coalesce(score.sum(), 0.0),
        squares=ibis.coalesce((score * score).sum(), 0.0),
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Counts:
    """Counts of all contacts, and whose and when each row is."""

    all: Invitations
    likely: npt.NDArray[np.float64]
    squares: npt.NDArray[np.float64]
    advisors: list[str]
    advisor: _Ints
    month: _Ints

    @classmethod
    def of(cls, table: ir.Table) -> _Counts:
        told = table.to_pyarrow()
        _, queue = numbered(told, "queue")
        advisors, advisor = numbered(told, "advisor")
        week, month, kind = (ints(told, name) for name in ("week", "month", "kind"))
        # Sums run in one order on every engine, so that their last digits are the same.
        order = np.argsort(_packed(queue, week, month, advisor, kind))
        columns = {name: ints(told, name)[order] for name in ("contacts", "invited", "answered")}
        counts = Invitations(
            stratum=_as_they_come(_packed(queue, week, advisor)[order]),
            kind=_as_they_come(kind[order]),
            **columns,
            score=floats(told, "total")[order],
        )
        return cls(
            all=counts,
            likely=likely_scores(counts) if len(counts.kind) else np.empty(0),
            squares=floats(told, "squares")[order],
            advisors=advisors,
            advisor=advisor[order],
            month=month[order],
        )

    def passed(
        self, span: tuple[float, float], rows: _Ints | None = None, *, level: float
    ) -> Passed:
        some = slice(None) if rows is None else rows
        return passed_over(
            self.all if rows is None else self.all.those(rows),
            squares=self.squares[some],
            scale=span,
            likely=self.likely[some],
            level=level,
        )

    def by_month(self, span: tuple[float, float], *, level: float) -> dict[str, Passed]:
        """The same month by month, in order."""
        found = self._by(self.month, span, level=level)
        return dict(zip(month_names(list(found)).tolist(), found.values(), strict=True))

    def by_advisor(self, span: tuple[float, float], *, level: float) -> dict[str, Passed]:
        """The same for each advisor that is known, by pseudonym."""
        found = self._by(self.advisor, span, level=level)
        return {self.advisors[i]: each for i, each in found.items() if self.advisors[i]}

    def _by(self, which: _Ints, span: tuple[float, float], *, level: float) -> dict[int, Passed]:
        order = np.argsort(which, kind="stable")
        found, begins = np.unique(which[order], return_index=True)
        return {
            int(each): self.passed(span, rows, level=level)
            for each, rows in zip(found, np.split(order, begins[1:]), strict=True)
        }


def _packed(*columns: _Ints) -> _Ints:
    """Each row as one number, in the order of its columns."""
    packed = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns if len(packed) else ():
        least = int(column.min())
        packed = packed * (int(column.max()) - least + 1) + (column - least)
    return packed


def _as_they_come(values: _Ints) -> _Ints:
    """Each value by a number: 0 for the first that comes, then 1, ..."""
    _, first, number = np.unique(values, return_index=True, return_inverse=True)
    place = np.empty(len(first), dtype=np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    return place[number.reshape(-1)]


def _check(counts: Invitations, instrument: str) -> None:
    """Refuse where who was asked cannot be told."""
    contacts, invited = int(counts.contacts.sum()), int(counts.invited.sum())
    answered = int(counts.answered.sum())
    if not invited:
        raise QuestionError(
            "No survey belongs to a contact that somebody served.",
            found=f"instrument: {instrument}, contacts served: {contacts:,}",
            todo="Check contact_id in the mapping of the surveys.",
        )
    if invited == answered:
        raise QuestionError(
            "Who was asked cannot be told from who answered.",
            found=f"{invited:,} invitations, every one with an answer",
            todo="Load the invitations that nobody answered as well.",
        )
    if math.isclose(invited, contacts):
        raise QuestionError(
            "Everybody was asked: nobody can have been chosen.",
            found=f"{invited:,} invitations for {contacts:,} contacts",
            todo="Look at who answers instead.",
        )
