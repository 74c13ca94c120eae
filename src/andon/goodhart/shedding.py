"""Shedding hard cases: hard matters that end up with somebody else, or are talked away.

Whoever is measured by handle time does better with easy customers. So three things are looked at:
whether hard reasons reach everybody alike who is at work in the same queue and half-hour; whether
hard ones are passed on within moments, and easy ones are not; and whether contacts that were quick
and recorded as resolved come back as complaints.

Uneven work is no proof of anything. Work is sent by skill, people are spared on purpose, and
reasons are recorded by the very people who are compared. What can be told from that is told: a
reason that somebody is never sent is not one that they avoid. The finding is about the target and
the routing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from andon.estimate import Estimate, Unknown
from andon.goodhart.change_points import Change
from andon.goodhart.dates import Dates
from andon.goodhart.hard_cases.advisors import (
    EXPLANATIONS,
    AdvisorsWork,
    Aspect,
    ForRoles,
    for_roles,
)
from andon.goodhart.hard_cases.avoided import Avoided, avoided
from andon.goodhart.hard_cases.cells import shared_cells
from andon.goodhart.hard_cases.compared import Compared
from andon.goodhart.hard_cases.handled import Census, complained, handled, with_history
from andon.goodhart.hard_cases.hard_reasons import Kinds, dealt_out, no_mix, with_hardness
from andon.goodhart.hard_cases.hits import Hits
from andon.goodhart.hard_cases.lightest import Lightest
from andon.goodhart.hard_cases.mix import Fact, InQueue, Mix
from andon.goodhart.hard_cases.names import Names, numbered
from andon.goodhart.hard_cases.needs import Needs
from andon.goodhart.hard_cases.passed_on import PassedOn, Passing
from andon.goodhart.hard_cases.promises import Promises, Promising, no_promises
from andon.goodhart.hard_cases.question import Asked
from andon.goodhart.hard_cases.routed import Routed
from andon.goodhart.hard_cases.ways import Way, Ways
from andon.goodhart.hard_cases.words import caveats, says
from andon.ledger import coverage
from andon.ledger.coverage import Observed
from andon.ledger.kept import kept
from andon.units import DAY_S

__all__ = [
    "EXPLANATIONS",
    "AdvisorsWork",
    "Aspect",
    "Avoided",
    "Fact",
    "ForRoles",
    "InQueue",
    "Mix",
    "Needs",
    "PassedOn",
    "Promises",
    "Routed",
    "Shedding",
    "Way",
    "shedding",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shedding:
    """Whether hard cases are shed.

    Attributes
    ----------
    contacts : int
        Handled by advisors.
    left_out : mapping of str to int
        Those of them whose mix could not be compared, and why.
    mix : Mix
    reasons : tuple of Avoided
        Of groups whose work is uneven; the hardest first.
    needs : Needs
    passed_on : PassedOn
    promises : Promises
    p : float
        The chance of anything this odd in any of the ways, were nothing going on; NaN where none
        can be told.
    stands_out : bool or None
        None where nothing can be told, for which ``why_not`` says why.
    why_not : str
    effect : Estimate or Unknown
        :attr:`Mix.went_elsewhere`.
    reads_s, without_s : Estimate or Unknown
        Mean handle time of those whose work stands out as light, and what it would be with the
        others' mix. Only of three people or more. The mean of all is the same: others took them.
    change : Change or Unknown
        When their work was lighter than in the rest of the time.
    since, until : Dates or None
        When that began and ended; None where it was not seen.
    says : str
    caveats : tuple of str
    for_roles : ForRoles
        The only part that speaks of single advisors.
    """

    contacts: int
    left_out: Mapping[str, int]
    mix: Mix
    reasons: tuple[Avoided, ...]
    needs: Needs
    passed_on: PassedOn
    promises: Promises
    p: float
    stands_out: bool | None
    why_not: str
    effect: Estimate | Unknown
    reads_s: Estimate | Unknown
    without_s: Estimate | Unknown
    change: Change | Unknown
    since: Dates | None
    until: Dates | None
    says: str
    caveats: tuple[str, ...]
    for_roles: ForRoles


def shedding(
    contacts: ir.Table,
    *,
    values: ir.Table | None = None,
    needs: ir.Table | None = None,
    by: Sequence[str] = ("channel", "queue"),
    interval_s: int = 1800,
    complaint_s: int = 7 * DAY_S,
    least_contacts: int = 100,
    observed: Observed | None = None,
    level: float = 0.95,
    false_discoveries: float = 0.05,
) -> Shedding:
    """Do hard cases end up with somebody else, or come back as complaints?

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts. Those that an advisor handled count, and bots' do not.
    values : ibis.Table, optional
        The ledger's, for complaints.
    needs : ibis.Table, optional
        The ledger's, for customers who are known to need support.
    by : sequence of str
        What makes contacts comparable, from :data:`andon.ledger.periods.GROUPS`, but for the
        reason.
    interval_s : int
        Contacts of a group that arrive in one interval of this length, on the operation's wall, go
        to whoever is free; whole seconds above 0.
    complaint_s : int
        How soon after a contact a complaint counts as its own, and silence that begins a matter;
        whole seconds above 0.
    least_contacts : int
        Nothing is said about an advisor with fewer contacts that can be compared (>= 1).
    observed : Observed, optional
        The time that was seen; found from the contacts if left out.
    level : float
        Of the intervals, above 0 and below 1.
    false_discoveries : float
        The share of false ones among the advisors shown, above 0 and below 1; where nothing goes on
        anything stands out with at most this chance.

    Returns
    -------
    Shedding

    Raises
    ------
    QuestionError
        If a length of time, the level or the share is out of its range, or ``by`` names the reason
        or something contacts cannot be grouped by.

    Notes
    -----
    **Mix.** A reason is as hard as the handle time it takes beyond its group's mean, whoever takes
    it. Within each cell of group and interval the mean hardness of each advisor's contacts is set
    against the others' (:mod:`andon.goodhart.case_mix`). Contacts that name an earlier one were
    sent to somebody, and are left out. Whoever is never sent a reason, or not for weeks in which
    ten or more were due, is compared with those who are not sent it either. Some avoid hard ones if
    advisors differ at all *and* somebody's work is lighter than honest advisors', who differ as
    these do (both: an intersection-union test, Berger 1982, *Technometrics* 24, 295). The doubt of
    each advisor allows for days and customers that are alike.

    **Passed on.** Hard contacts that ended in a transfer in less than half the time that their
    reason usually takes, oftener than twice the others' on the same reason and day; and more of the
    hard than of the easy, next to what the others pass on.

    **Promises.** Resolved contacts with which a matter began, so that nobody answers for what a
    colleague promised; followed by a complaint, oftener than twice the others' on the same reason
    and day; and quicker than the advisor's other contacts of that reason, which contacts that
    overtax somebody are not.

    **Needs.** As the mix, for customers who are known to need support.

    Which ways stand out is told by Holm's procedure (1979, *Scandinavian Journal of Statistics* 6,
    65); the overall ``p`` is the smallest of those that are known, times how many they are.
    Advisors are controlled by Benjamini and Yekutieli's procedure over all of them and all ways.
    """
    asked = Asked(
        by=tuple(by),
        interval_s=interval_s,
        complaint_s=complaint_s,
        least_contacts=least_contacts,
        level=level,
        false_discoveries=false_discoveries,
        needs=needs is not None,
        complaints=values is not None,
    )
    seen = coverage.observed(contacts) if observed is None else observed
    taken = handled(contacts, asked, seen)
    after = complained(taken, values, asked)
    census, names = Census.of(taken, after), Names.of(taken, asked)
    why_nobody = _nobody(names, census)
    if why_nobody:
        return _nothing(names, asked, census, why_nobody)
    if not any(names.reasons) and no_promises(asked, census):
        # Then nobody can be compared in any way, and no contact need be followed.
        taken = taken.filter(ibis.literal(value=False))
    known = with_history(taken, contacts, asked, needs=needs, complained=after)
    with kept(numbered(known, names, asked)) as told:
        return _answer(told, names, asked, census)


def _nobody(names: Names, census: Census) -> str:
    if not census.contacts:
        return "no contact was handled by an advisor"
    if not names.ids:
        return "no advisor is recorded, so nobody can be compared"
    if len(names.ids) == 1:
        return "one advisor handled all contacts: there is nobody to compare with"
    return ""


def _answer(contacts: ir.Table, names: Names, asked: Asked, census: Census) -> Shedding:
    kinds = Kinds.of(contacts, names)
    scored = with_hardness(contacts, kinds, names)
    with kept(dealt_out(scored, kinds)) as dealt, kept(shared_cells(dealt)) as cells:
        compared = Compared.of(dealt, cells, names, asked, no_mix(names, kinds, census))
        passing = Passing.of(scored, names, asked)
        promising = Promising.of(scored, names, asked, census)
        ways = Ways.of(
            {
                "mix": compared.looked,
                "need": compared.need,
                "passed_on": passing.looked,
                "promises": promising.looked,
            },
            level=asked.false_discoveries,
        )
        out = ways.stands_out
        lightest = Lightest.of(cells, compared, asked, stands_out=out["mix"])
        mix = Mix.of(cells, compared, lightest, names, kinds, asked, stands_out=out["mix"])
        reasons = avoided(cells, dealt, compared, mix, lightest, names, kinds, asked)
        needs = Needs.of(cells, compared, asked, stands_out=out["need"])
        passed_on = passing.told(asked, stands_out=out["passed_on"])
        promises = promising.told(scored, asked, stands_out=out["promises"])
        hits: dict[Way, Hits | None] = {"passed_on": passing.hard, "promises": promising.hits}
        roles = for_roles(contacts, cells, ways, compared, lightest, hits, names, asked)
    known = not math.isnan(ways.p)
    return Shedding(
        contacts=census.contacts,
        left_out=compared.left_out(census),
        mix=mix,
        reasons=reasons,
        needs=needs,
        passed_on=passed_on,
        promises=promises,
        p=ways.p,
        stands_out=ways.p <= asked.false_discoveries if known else None,
        why_not="" if known else (mix.why_not or promises.why_not),
        effect=mix.went_elsewhere,
        reads_s=lightest.reads_s(asked),
        without_s=lightest.without_s(asked),
        change=lightest.when.change,
        since=lightest.when.since,
        until=lightest.when.until,
        says=says(mix, lightest.when, needs, passed_on, promises),
        caveats=caveats(mix, census, asked),
        for_roles=roles,
    )


def _nothing(names: Names, asked: Asked, census: Census, why_not: str) -> Shedding:
    """Nobody can be compared."""
    several = "several advisors"
    seconds = Unknown(unit="s", why=why_not, needs=several)
    return Shedding(
        contacts=census.contacts,
        left_out={**census.left_out(), "no other advisor in the interval": census.dealt},
        mix=Mix.unknown(why_not),
        reasons=(),
        needs=Needs.unknown(why_not),
        passed_on=PassedOn.unknown(why_not),
        promises=Promises.unknown(why_not, several, within_s=asked.complaint_s),
        p=math.nan,
        stands_out=None,
        why_not=why_not,
        effect=Unknown(unit="share", why=why_not, needs=several),
        reads_s=seconds,
        without_s=seconds,
        change=seconds,
        since=None,
        until=None,
        says=f"Whether hard cases are shed cannot be told: {why_not}.",
        caveats=(),
        for_roles=ForRoles(advisors=(), tested=0, left_out=len(names.ids)),
    )
