"""Passing on: transfers and ping-pong beyond what the mix of customers' matters explains.

Some matters belong with somebody else, and to pass them on is right. Where handle time or contacts
per hour is the target, passing on also ends a long contact and makes two short ones of it; the
customer waits twice and tells the story twice. So what is passed on is held against what others
pass on who do the same work in the same hour, and against what was passed on before of the same
work at the same time of day. What is told to all is the practice, the dates, and what it does to
the measure. About single advisors little is said, and only where nothing simpler explains it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import ibis.expr.types as ir
import numpy as np

from andon.estimate import Estimate, Unknown
from andon.goodhart.change_points import Change, changed_share
from andon.goodhart.concentration import Concentration
from andon.goodhart.dates import Dates, stretch_said
from andon.goodhart.hand_to_hand.advisors import EXPLANATIONS, AdvisorsPassing, ForRoles, shown
from andon.goodhart.hand_to_hand.beyond import concentration, excess
from andon.goodhart.hand_to_hand.compared import LEAST_TIMES, Tested
from andon.goodhart.hand_to_hand.contacts import numbered
from andon.goodhart.hand_to_hand.days import Days, by_day, by_hour
from andon.goodhart.hand_to_hand.groups import InGroup, in_groups
from andon.goodhart.hand_to_hand.hand_overs import HandOvers, hand_overs
from andon.goodhart.hand_to_hand.numbers import Numbers
from andon.goodhart.hand_to_hand.question import Asked
from andon.goodhart.hand_to_hand.recorded import Recorded
from andon.goodhart.hand_to_hand.times import Month, Times, Week, by_time
from andon.goodhart.hand_to_hand.ways import Ways
from andon.goodhart.hand_to_hand.words import caveats, why_untold
from andon.goodhart.handovers import handovers
from andon.goodhart.same_work import cells, same_work
from andon.ledger.kept import kept
from andon.ledger.periods import with_groups
from andon.ledger.replicates import MANY

__all__ = [
    "EXPLANATIONS",
    "AdvisorsPassing",
    "ForRoles",
    "HandOvers",
    "InGroup",
    "Month",
    "PassingOn",
    "Week",
    "passing_on",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class PassingOn:
    """What is passed on, whether that is more than the mix explains, and what it does to measures.

    Attributes
    ----------
    contacts, passed : int
        Contacts handled by people whose source tells whether they were passed on, and those that
        were.
    not_told : int
        Contacts handled by people of which the source does not tell.
    share : Estimate or Unknown
        Passed on of all, its doubt over days.
    opened, received : Estimate or Unknown
        The share passed on of contacts in which the customer came first, and of contacts that were
        themselves passed on to whoever had them.
    excess : Estimate or Unknown
        Of all contacts, the share that was passed on beyond what the mix explains: by those who
        stand out, beyond their colleagues, or else since it rose, beyond the other weeks. Both are
        sought out, and so on the high side.
    p_concentrated : float
        The chance that some advisor would stand out as far, in all that they do and also without
        the kind of work in which they pass on most, were nothing going on; NaN where it cannot be
        told.
    p_rose : float
        The chance of a rise as large within the same mix, had nothing changed; NaN likewise.
    p : float
        That of either: twice the smaller, where both can be told.
    stands_out : bool or None
        Whether more is passed on than the mix explains; None where it cannot be told, for which
        ``why_not`` says why.
    why_not : str
        Empty where it can be told.
    change : Change or Unknown
        When the share was higher, over ``weeks``.
    weeks : tuple of Week
    months : tuple of Month
    groups : tuple of InGroup
    concentration : Concentration or Unknown
    hand_overs : HandOvers
    handle_per_contact_s, handle_per_matter_s : Estimate or Unknown
        Mean handle time, seconds, of contacts, and of all contacts together that a customer went
        through from hand to hand.
    contacts_per_matter : Estimate or Unknown
        How many contacts are counted for each of those.
    caveats : tuple of str
    for_roles : ForRoles
        The only part that speaks of single advisors.
    """

    contacts: int
    passed: int
    not_told: int
    share: Estimate | Unknown
    opened: Estimate | Unknown
    received: Estimate | Unknown
    excess: Estimate | Unknown
    p_concentrated: float
    p_rose: float
    p: float
    stands_out: bool | None
    why_not: str
    change: Change | Unknown
    weeks: tuple[Week, ...] = field(repr=False)
    months: tuple[Month, ...] = field(repr=False)
    groups: tuple[InGroup, ...]
    concentration: Concentration | Unknown
    hand_overs: HandOvers
    handle_per_contact_s: Estimate | Unknown
    handle_per_matter_s: Estimate | Unknown
    contacts_per_matter: Estimate | Unknown
    caveats: tuple[str, ...]
    for_roles: ForRoles

    @property
    def reads(self) -> Estimate | Unknown:
        """Mean handle time as the measure stands: of contacts."""
        return self.handle_per_contact_s

    @property
    def without(self) -> Estimate | Unknown:
        """The same measure where passing on cannot bend it: of a customer's matter as a whole."""
        return self.handle_per_matter_s

    @property
    def rose(self) -> Dates | None:
        """The week in which more began to be passed on; None where that was not seen."""
        return Dates.of_start(self.change, lambda i: self.weeks[i].monday)

    @property
    def fell(self) -> Dates | None:
        """The week in which that was over; None where it was not seen."""
        return Dates.of_end(self.change, lambda i: self.weeks[i].monday)

    @property
    def when(self) -> str:
        """From when to when more was passed on, in words."""
        return stretch_said(self.rose, self.fell, more="more was passed on")

    @property
    def says(self) -> str:
        """What was found, in words for everybody; it speaks of no single person."""
        if isinstance(self.share, Unknown):
            return self.share.says()
        said = f"{_begun(self.share.says())} contacts were passed on."
        if self.stands_out is None:
            return f"{said} Whether that is more than the mix explains, we cannot tell: " + (
                f"{self.why_not}."
            )
        if not self.stands_out:
            return f"{said} What customers came with, and when, explains it."
        if isinstance(self.excess, Unknown):
            return f"{said} That is more than what customers came with, and when, explains."
        beyond = self.excess.says()
        return f"{said} Of all contacts, {beyond} went beyond what the mix explains."


def passing_on(
    contacts: ir.Table,
    *,
    by: Sequence[str] = ("channel", "queue", "reason"),
    handover_s: float = 120.0,
    least_contacts: int = 100,
    level: float = 0.95,
    false_discoveries: float = 0.05,
) -> PassingOn:
    """Is more passed on than the mix of queues, reasons, channels and hours explains?

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's. Contacts handled by people count.
    by : sequence of str
        What makes contacts comparable, from :data:`andon.ledger.periods.GROUPS`.
    handover_s : float
        A contact that names another is its next hand if it begins so soon after the other's end,
        or before it, seconds (> 0). Later ones are reopenings and follow-ups.
    least_contacts : int
        Nothing is said about an advisor with fewer contacts in hours in which somebody else did
        the same work (>= 1).
    level : float
        Of the intervals, above 0 and below 1.
    false_discoveries : float
        The share of false ones among the advisors named, and the chance of a false alarm for the
        whole, above 0 and below 1.

    Returns
    -------
    PassingOn

    Raises
    ------
    QuestionError
        If no person handled a contact, the source does not tell what was passed on, an option is
        out of its range, or ``by`` names something contacts cannot be grouped by.

    Notes
    -----
    A contact was passed on if the source counts a transfer on it; where it counts none on any, if
    another contact names it and begins as it ends. What came by a hand-over is compared with what
    came by a hand-over from the same queue, what customers opened with what customers opened: a
    queue that gets the wrong customers must pass them on.

    1. **Concentrated.** Each advisor's share is set against the others' in the same kind of work
       and the same hour of the same day (Mantel and Haenszel 1959), honest advisors differing too
       (:mod:`andon.goodhart.peers`). A share below one and a half times the others' never stands
       out. The same must hold beyond chance without the kind of work in which the advisor has most
       beyond the others: who passes on one kind only may lack a skill or a right. The larger of the
       two p-values counts (an intersection-union test: Berger 1982, *Technometrics* 24, 295). Where
       there is but one kind of work, the first stands alone.
    2. **Rose.** A stretch of weeks is sought in which the share was higher, each week weighted to
       one mix of groups and hours of the day, new people left out, who pass on more for a while
       (:func:`andon.goodhart.change_points.changed_share`).

    How much honest advisors differ is learnt from the advisors: where most pass on what they need
    not, and always did, nobody stands out and nothing rose. Only hand-overs and time per matter
    show it. Over advisors false discovery is controlled whatever the dependence
    (:func:`andon.goodhart.false_discovery.controlled`): a practice can be there without anybody
    being spoken of.
    """
    asked = Asked(
        by=tuple(by),
        handover_s=handover_s,
        least_contacts=least_contacts,
        level=level,
        false_discoveries=false_discoveries,
    )
    dated = with_groups(contacts, tuple(by))
    with handovers(contacts, within_s=handover_s, groups=MANY) as links:
        recorded = Recorded.of(dated, links, asked)
        numbers = Numbers.of(dated, recorded, asked)
        with (
            kept(numbered(dated, links, numbers, recorded)) as held,
            kept(cells(held.select("work", "hour", "advisor", counts=held.passed))) as counted,
        ):
            return _answer(held, counted, links, asked, recorded, numbers)


def _answer(
    held: ir.Table,
    counted: ir.Table,
    links: ir.Table,
    asked: Asked,
    recorded: Recorded,
    numbers: Numbers,
) -> PassingOn:
    with kept(by_hour(counted, numbers)) as hours:
        days = Days.of(by_day(hours, "sort").to_pyarrow())
        times = Times.of(by_time(hours, np.unique(days.day)).to_pyarrow())
    ways = Ways.of(held, links, numbers, recorded)
    table = same_work(
        counted, numbers.ids, least_contacts=asked.least_contacts, least_times=LEAST_TIMES
    )
    works = numbers.group(table.work)
    tested = Tested.of(table, works, asked)
    weeks, effective = times.weeks()
    change = changed_share(
        effective, [week.passed for week in weeks], direction="higher", level=asked.level
    )
    passed = int(days.k.sum())
    p_rose = math.nan if isinstance(change, Unknown) else change.p
    p_concentrated = tested.p_any if passed else math.nan
    known = [p for p in (p_concentrated, p_rose) if not math.isnan(p)]
    p = min(1.0, len(known) * min(known)) if known else math.nan
    why_not = "" if known else why_untold(table, asked, change, passed)
    advisors = shown(counted, table, tested, numbers, asked) if passed else ()
    return PassingOn(
        contacts=int(days.n.sum()),
        passed=passed,
        not_told=recorded.contacts - int(days.n.sum()),
        share=days.share(asked.level),
        opened=ways.share(received=False, level=asked.level),
        received=ways.share(received=True, level=asked.level),
        excess=excess(table, tested, change, weeks, int(days.n.sum()), asked),
        p_concentrated=p_concentrated,
        p_rose=p_rose,
        p=p,
        stands_out=None if why_not else p <= asked.false_discoveries,
        why_not=why_not,
        change=change,
        weeks=weeks,
        months=times.months(days, asked.level),
        groups=in_groups(numbers.groups, works, days, table, asked),
        concentration=concentration(table),
        hand_overs=hand_overs(ways, asked.level),
        handle_per_contact_s=ways.handle(per_matter=False, level=asked.level),
        handle_per_matter_s=ways.handle(per_matter=True, level=asked.level),
        contacts_per_matter=ways.per_matter(asked.level),
        caveats=caveats(recorded, int(days.n.sum()), ways, tested),
        for_roles=ForRoles(
            advisors=advisors,
            tested=tested.tested if passed else 0,
            left_out=len(table.names) - (tested.tested if passed else 0),
        ),
    )


def _begun(said: str) -> str:
    return said[:1].upper() + said[1:]
