"""Own figures: what is said of one advisor's contacts, for that advisor and for those who may help.

Never part of a report that all may read. Only advisors who are asked for by their id are in it, in
the order they were asked for; nobody is ranked, and no pace is shown. A sign is told of an advisor
only where it shows over all contacts first, so that a target is questioned before a person is.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from andon.estimate import Estimate, Unknown
from andon.finding import Evidence, Row
from andon.goodhart.at_a_limit import AdvisorAtALimit, AtALimit
from andon.goodhart.battery import Battery
from andon.goodhart.change_points import Change
from andon.goodhart.chosen_surveys import ChosenSurveys, Leaning
from andon.goodhart.closing_early import ClosingEarly
from andon.goodhart.limit_clocks import CLOCKS
from andon.goodhart.parked_work import NearTheLimit, ParkedWork
from andon.goodhart.passing_on import AdvisorsPassing, PassingOn
from andon.goodhart.shedding import AdvisorsWork, Shedding, Way
from andon.goodhart.short_contacts import AdvisorsContacts, ShortContacts
from andon.goodhart.signatures import SIGNATURES, SignatureKey
from andon.report import words
from andon.report.findings.weeks import weeks_of_one

__all__ = ["FEWEST", "Beside", "OwnFigures", "OwnSign", "own_figures"]

FEWEST: Final = 100
"""With fewer contacts than this, no question compares an advisor."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """One figure of these contacts, beside the same figure of comparable ones.

    Attributes
    ----------
    what : str
    own, others : str
        In words; ``own`` with its interval where there is one. ``others`` are colleagues' contacts
        in the same work and hours, or the same advisor's other contacts: ``beside`` says which.
    beside : str
    """

    what: str
    own: str
    others: str
    beside: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnSign:
    """One sign that contacts with an advisor show beyond chance.

    Attributes
    ----------
    signature : str
        A key of :data:`~andon.goodhart.signatures.SIGNATURES`.
    says : str
        What was found, about the contacts.
    figures : tuple of Beside
    chart : Evidence or None
        Week by week, where that is known.
    otherwise : tuple of str
        What else it may be, to be looked at before anybody is spoken to.
    target : str
        What to do about the target.
    tested : int
        Advisors who could be compared.
    adjusted : float
        The share of false ones to expect among advisors shown with so clear a sign.
    """

    signature: SignatureKey
    says: str
    figures: tuple[Beside, ...]
    chart: Evidence | None
    otherwise: tuple[str, ...]
    target: str
    tested: int
    adjusted: float


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnFigures:
    """What is said of contacts with one advisor.

    Attributes
    ----------
    advisor_id : str
        The pseudonym.
    signs : tuple of OwnSign
        Empty where nothing stands out, which is how it mostly is.
    looked_for : tuple of str
        What could be looked for, in words.
    too_few : str
        That there are too few contacts to compare, in words; empty where there are enough.
    """

    advisor_id: str
    signs: tuple[OwnSign, ...]
    looked_for: tuple[str, ...]
    too_few: str = ""


def own_figures(
    found: Battery, advisors: Sequence[str], *, nouns: words.Nouns, contacts: Mapping[str, int]
) -> tuple[OwnFigures, ...]:
    """What the battery says of each of these advisors, and of nobody else.

    Parameters
    ----------
    found : Battery
    advisors : sequence of str
        Pseudonyms. Each is answered once, in this order.
    nouns : Nouns
        What to call customers and contacts.
    contacts : mapping of str to int
        How many contacts each of them served in the time looked at; none if not there.
    """
    shown = {look.signature for look in found.shown if not look.scope}
    asked = [
        (key, result, told)
        for name, result in found.results.items()
        for key, kind, told in _TOLD
        if name.partition(":")[0] == key and isinstance(result, kind)
    ]
    looked_for = tuple(dict.fromkeys(nouns.put(SIGNATURES[key].looks) for key, _, _ in asked))
    return tuple(
        OwnFigures(
            advisor_id=advisor,
            signs=tuple(
                sign
                for key, result, told in asked
                if key in shown
                for sign in told(result, advisor, nouns)
                # As strict as the battery is within one signature, so that over all of them few
                # are false.
                if sign.adjusted <= found.within
            ),
            looked_for=looked_for,
            too_few=_too_few(contacts.get(advisor, 0), nouns),
        )
        for advisor in dict.fromkeys(advisors)
    )


def _too_few(served: int, nouns: words.Nouns) -> str:
    if served >= FEWEST:
        return ""
    there = (
        f"There is 1 {nouns.contact}"
        if served == 1
        else f"There are {words.whole(served)} {nouns.contacts}"
    )
    return (
        f"{there} that this advisor served, too few to compare: it takes {FEWEST} or more. So "
        "nothing could be looked for."
    )


# ---------------------------------------------------------------- one sign each


def _short(found: ShortContacts, advisor: str, nouns: words.Nouns) -> Iterator[OwnSign]:
    own = found.for_roles.of(advisor)
    if own is None:
        return
    limit, within = words.duration(found.limit_s), words.duration(found.within_s)
    contacts = nouns.contacts
    yield _sign(
        "short_contacts",
        nouns,
        says=f"More of these {contacts} were over within {limit} than of the {contacts} beside "
        f"them, and after them more {nouns.people} {nouns.came_back} within {within}. "
        f"{_when(own)} The records do not say who or what ended a {nouns.contact}.",
        figures=(
            _beside(
                what=f"{words.capital(contacts)} over within {limit}",
                own=own.share,
                others=own.colleagues,
                beside=_COLLEAGUES,
            ),
            _beside(
                what=f"{words.capital(contacts)} over within {limit} whose {nouns.person} "
                f"{nouns.came_back} within {within}, of all with a {nouns.person} we know",
                own=own.cut_off,
                others=own.colleagues_cut_off,
                beside=_COLLEAGUES,
            ),
            _beside(
                what=f"{words.capital(nouns.people)} who {nouns.came_back} within {within} after "
                f"{contacts} under {limit}",
                own=own.back_after_short,
                others=own.back_after_usual,
                beside=f"{contacts} of usual length",
            ),
        ),
        chart=_weeks(found, own, nouns),
        otherwise=found.for_roles.explanations,
        tested=found.for_roles.tested,
        adjusted=own.p_adjusted,
    )


def _at_a_limit(found: AtALimit, advisor: str, nouns: words.Nouns) -> Iterator[OwnSign]:
    own: AdvisorAtALimit | None = found.for_roles.of(advisor)
    if own is None:
        return
    limit, clock = words.duration(found.limit_s), CLOCKS[found.clock].says
    yield _sign(
        "bunching",
        nouns,
        says=f"More of these {nouns.contacts} end just on the good side of the limit of {limit} "
        f"on {clock} than those around it make one expect, and than colleagues' do.",
        figures=(
            _beside(
                what=f"Right at the limit, of {words.whole(own.near)} {nouns.contacts} near it",
                own=own.share,
                others=own.colleagues,
                beside=_COLLEAGUES,
            ),
            Beside(
                what="In the pile beyond what is expected",
                own=_said(own.excess),
                others="none",
                beside="a smooth run through the others",
            ),
        ),
        chart=None,
        otherwise=found.for_roles.explanations,
        tested=found.for_roles.tested,
        adjusted=own.p_adjusted,
    )


def _passing_on(found: PassingOn, advisor: str, nouns: words.Nouns) -> Iterator[OwnSign]:
    own: AdvisorsPassing | None = found.for_roles.of(advisor)
    if own is None:
        return
    yield _sign(
        "passing_on",
        nouns,
        says=f"More of these {nouns.contacts} were passed on than of those beside them.",
        figures=(
            _beside(
                what=f"Passed on, of {words.whole(own.contacts)} {nouns.contacts}",
                own=own.share,
                others=own.colleagues,
                beside=_COLLEAGUES,
            ),
        ),
        chart=None,
        otherwise=found.for_roles.explanations,
        tested=found.for_roles.tested,
        adjusted=own.p_adjusted,
    )


def _parked(found: ParkedWork, advisor: str, nouns: words.Nouns) -> Iterator[OwnSign]:
    limit = words.duration(found.share.limit_s)
    says = (
        f"In the {nouns.contacts} that end just within {limit}, more time was parked than in this "
        "advisor's own a little before and after it."
    )
    for each in found.for_roles.found:
        if each.advisor_id == advisor:
            yield _near("parked_work", nouns, each, says, found.for_roles.tested, found.caveats)


def _closed(found: ClosingEarly, advisor: str, nouns: words.Nouns) -> Iterator[OwnSign]:
    limit = words.duration(found.again.limit_s)
    says = (
        f"More {nouns.people} are back whose matter was closed just within {limit} than after this "
        "advisor's own closed a little before and after it."
    )
    for each in found.for_roles.found:
        if each.advisor_id == advisor:
            yield _near("closing_early", nouns, each, says, found.for_roles.tested, found.caveats)


def _chosen(found: ChosenSurveys, advisor: str, nouns: words.Nouns) -> Iterator[OwnSign]:
    each: Leaning
    for each in found.for_roles.leaning:
        if each.advisor_id != advisor:
            continue
        shared, tested = found.shared, found.for_roles.tested
        yield _sign(
            "chosen_surveys",
            nouns,
            says=f"After these {nouns.contacts}, {nouns.people} likely to be content were asked "
            f"oftener. Invitations lean the same way for {shared} of {tested} advisors: where most "
            "do, the target does it.",
            figures=(
                _beside(
                    what=f"Asked for {found.instrument}, of those likely to be content",
                    own=each.found.invited_high,
                    others=each.found.invited_low,
                    beside="the same advisor's other contacts",
                ),
            ),
            chart=None,
            otherwise=found.caveats,
            tested=tested,
            adjusted=each.adjusted,
        )


def _shed(found: Shedding, advisor: str, nouns: words.Nouns) -> Iterator[OwnSign]:
    own: AdvisorsWork | None = found.for_roles.of(advisor)
    if own is None or not own.aspects:
        return
    yield _sign(
        "shedding",
        nouns,
        says=f"These {nouns.contacts} differ in kind from those of colleagues whom chance should "
        "bring the same work. Routing and rotas do this, and are looked at first.",
        figures=tuple(
            _beside(
                what=words.capital(
                    _WAYS[each.way].format(contacts=nouns.contacts, people=nouns.people)
                ),
                own=each.own,
                others=each.others,
                beside=_COLLEAGUES,
            )
            for each in own.aspects
        ),
        chart=None,
        otherwise=found.for_roles.explanations,
        tested=found.for_roles.tested,
        adjusted=max(each.p_adjusted for each in own.aspects),
    )


def _near(
    key: SignatureKey,
    nouns: words.Nouns,
    own: NearTheLimit,
    says: str,
    tested: int,
    otherwise: tuple[str, ...],
) -> OwnSign:
    return _sign(
        key,
        nouns,
        says=says,
        figures=(
            _beside(
                what=f"Near the limit, in {words.whole(own.contacts)} {nouns.contacts}",
                own=own.near,
                others=own.own,
                beside="the same advisor's own around the limit",
            ),
            Beside(
                what="The difference",
                own=own.excess.says(),
                others="none",
                beside="no limit that anybody works to",
            ),
        ),
        chart=None,
        otherwise=otherwise,
        tested=tested,
        adjusted=own.adjusted,
    )


_COLLEAGUES: Final = "colleagues in the same work and hours"

_WAYS: Final[Mapping[Way, str]] = {
    "mix": "Hard {contacts}",
    "need": "{people} who need support",
    "passed_on": "Hard {contacts} that were passed on quickly",
    "promises": "Resolved {contacts} that were followed by a complaint",
}
"""In what the work of those who stand out differs."""

_Told = Callable[[Any, str, words.Nouns], Iterator[OwnSign]]

_TOLD: Final[tuple[tuple[SignatureKey, type, _Told], ...]] = (
    ("short_contacts", ShortContacts, _short),
    ("bunching", AtALimit, _at_a_limit),
    ("parked_work", ParkedWork, _parked),
    ("passing_on", PassingOn, _passing_on),
    ("shedding", Shedding, _shed),
    ("closing_early", ClosingEarly, _closed),
    ("chosen_surveys", ChosenSurveys, _chosen),
)
"""Which results speak of single advisors, and how that is said."""


def _sign(
    key: SignatureKey,
    nouns: words.Nouns,
    *,
    says: str,
    figures: tuple[Beside, ...],
    chart: Evidence | None,
    otherwise: tuple[str, ...],
    tested: int,
    adjusted: float,
) -> OwnSign:
    row = SIGNATURES[key]
    return OwnSign(
        signature=key,
        says=says,
        figures=figures,
        chart=chart,
        otherwise=tuple(nouns.put(each) for each in (otherwise or row.otherwise)),
        target=nouns.put(row.target),
        tested=tested,
        adjusted=adjusted,
    )


def _beside(
    *, what: str, own: Estimate | Unknown | float, others: Estimate | Unknown | float, beside: str
) -> Beside:
    """Two shares in one row, as so many in the same round number; floats were counted."""
    figures = [
        Estimate.exact(each, unit="share", n=1)
        if isinstance(each, float) and not math.isnan(each)
        else each
        for each in (own, others)
    ]
    of = words.denominator([each for each in figures if isinstance(each, Estimate)])
    mine, theirs = (_said(each, of=of) for each in figures)
    return Beside(what=what, own=mine, others=theirs, beside=beside)


def _said(figure: object, *, of: int | None = None) -> str:
    if not isinstance(figure, Estimate):
        return "not known"
    if figure.low == figure.high == 0:
        return "none"
    said = words.say(figure) if of is None else words.share_of(figure, of=of)
    if figure.low == figure.high or not said.between:
        return said.value
    return f"{said.value} ({said.between})"


def _when(own: AdvisorsContacts) -> str:
    rose, fell = own.rose, own.fell
    if rose and fell:
        last = fell.likeliest - dt.timedelta(days=1)
        return f"There were more from {words.period(rose.likeliest, last)}, in whole weeks."
    if rose:
        return f"There were more from about the week of {words.day(rose.likeliest)}."
    if fell:
        return f"There were more until about the week of {words.day(fell.likeliest)}."
    return "No week stands out as the one in which it began."


def _weeks(found: ShortContacts, own: AdvisorsContacts, nouns: words.Nouns) -> Evidence | None:
    limit = words.duration(found.limit_s)
    shown = own.change if isinstance(own.change, Change) else None
    rows: tuple[Row, ...] = weeks_of_one(
        own.weeks, shown, own.share, measure=f"Over within {limit}"
    )
    if len(rows) < 2:
        return None
    title = f"{words.capital(nouns.contacts)} over within {limit}, week by week"
    return Evidence(
        kind="weeks",
        title=title,
        subtitle=f"Share of {nouns.contacts} with this advisor, each week (dot), and the mean of "
        "each stretch with its 95 % interval (band), "
        f"{words.period(own.first_day, own.last_day)}, n\u00a0=\u00a0{words.whole(own.contacts)}",
        rows=rows,
        alt=f"{title}. {_when(own)}",
    )
