"""Passing on: transfers and ping-pong beyond what the mix of customers' matters explains.

Some matters belong with somebody else, and to pass them on is right. Where handle time or contacts
per hour is the target, passing on also ends a long contact and makes two short ones of it; the
customer waits twice and tells the story twice. So what is passed on is held against what others
pass on who do the same work in the same hour, and against what was passed on before of the same
work at the same time of day. What is told to all is the practice, the dates, and what it does to
the measure. About single advisors little is said, and only where nothing simpler explains it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import special

from andon import estimate
from andon.answer import Scope, in_order
from andon.errors import QuestionError
from andon.estimate import Estimate, Sums, Unknown
from andon.goodhart.change_points import Change, changed_share
from andon.goodhart.columns import Floats, Ints, floats, ints
from andon.goodhart.concentration import Concentration
from andon.goodhart.dates import Dates, stretch_said
from andon.goodhart.false_discovery import controlled
from andon.goodhart.handovers import by_people, handovers
from andon.goodhart.peers import Matched, Standing
from andon.goodhart.same_work import SameWork, cells, same_work
from andon.ledger.durations import handle_s
from andon.ledger.kept import kept
from andon.ledger.periods import with_groups
from andon.ledger.replicates import FEW, MANY, Replicates, replicate_of
from andon.ledger.sums import rows
from andon.units import AGES_US, DAY_S, HOUR_S, US, Unit

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

EXPLANATIONS: Final = (
    "Routing: whoever gets customers who belong elsewhere must pass them on. Within a queue and an"
    " hour all get the same; but where a rule sends some customers to one person, that person"
    " passes on more.",
    "A skill or a right that is missing: who may not refund must pass refunds on. Nobody stands"
    " here for one kind of matter alone; but kinds that the reason does not tell apart are one.",
    "New people pass on more. They are compared with one another for their first 30 days, and it"
    " may take longer.",
    "A role: some are asked to sort contacts, or to take what nobody else could pass on.",
    "Instructions: a team may have been told to keep to a time, and to pass on what takes longer.",
    "If ids were changed, one person may stand here as two, or two as one.",
)
"""What else can make an advisor pass on more, to be looked at before anybody is spoken to."""

_OTHER_REASONS: Final = (
    "A new rule of routing, a change of the menu or a new product that nobody is trained for makes"
    " all pass on more from one day on. Look at what was changed then.",
    "A customer whom the menu sent to the wrong queue is passed on once, and rightly. That is in"
    " the share, and not in what stands out among people in one queue.",
    "Time per matter counts every hand-over, those that were right too: it shows what customers'"
    " matters take, not what could be saved.",
)
_HOUR_US: Final = HOUR_S * US
_DAY_US: Final = DAY_S * US
_NEW_DAYS: Final = 30
_LEAST_TIMES: Final = 1.5
_MANY_GROUPS: Final = 50
_FEWEST: Final = 5
"""Hand-overs to people who had the customer before, expected or seen, below which nothing is said
about more of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Week:
    """One week of contacts.

    Attributes
    ----------
    monday : datetime.date
        On the operation's wall.
    contacts, passed : int
        Without those of people in their first 30 days.
    share : float
        Passed on of all, 0 to 1, as if the week had had the mix of kinds of work and hours of the
        whole time; NaN without contacts.
    """

    monday: dt.date
    contacts: int
    passed: int
    share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """One month of contacts.

    Attributes
    ----------
    month : str
        For example ``"2024-02"``.
    contacts, passed : int
    share : Estimate or Unknown
        Passed on of all, its doubt over days.
    by_mix : float
        What the month's mix of kinds of work and hours of the day would give, were each passed on
        as over the whole time, 0 to 1.
    """

    month: str
    contacts: int
    passed: int
    share: Estimate | Unknown
    by_mix: float


@dataclass(frozen=True, kw_only=True, slots=True)
class InGroup:
    """What is passed on in one group of comparable contacts.

    Attributes
    ----------
    scope : Scope
    contacts, passed : int
    share : Estimate or Unknown
        Its doubt over days.
    p : float
        The chance that some advisor would stand out as far in this group, were nothing going on;
        NaN where it cannot be told.
    p_adjusted : float
        Beside all other groups; NaN likewise.
    stands_out : bool or None
        Whether few pass on far more than the others here: by habit, or for want of a skill. None
        where it cannot be told.
    """

    scope: Scope
    contacts: int
    passed: int
    share: Estimate | Unknown
    p: float
    p_adjusted: float
    stands_out: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HandOvers:
    """Where customers went who were passed on, as far as one contact names another.

    Attributes
    ----------
    followed, lost : int
        Contacts passed on whose next contact is known, and those where it is not.
    matters : tuple of int
        How many matters were passed on once, twice, three times and so on.
    same_queue : Estimate or Unknown
        Of those followed, the share that went to the queue they were in: to a colleague, or to the
        end of the line.
    back_to_queue, back_to_advisor : Estimate or Unknown
        The share that went to a queue, or an advisor, that had had the customer before.
    again : Estimate or Unknown
        Of contacts that came by a hand-over, the share that was passed on again.
    back : Estimate or Unknown
        Of contacts that came by a hand-over, the share passed on to the queue they came from or
        are in: ping-pong.
    back_by_mix : Estimate or Unknown
        The share that would be, were they passed on as customers are who come directly with the
        same kind of work.
    back_beyond : Estimate or Unknown
        The first less the second.
    """

    followed: int
    lost: int
    matters: tuple[int, ...]
    same_queue: Estimate | Unknown
    back_to_queue: Estimate | Unknown
    back_to_advisor: Estimate | Unknown
    again: Estimate | Unknown
    back: Estimate | Unknown
    back_by_mix: Estimate | Unknown
    back_beyond: Estimate | Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class AdvisorsPassing:
    """What one advisor passes on, for that advisor and for those whose task it is.

    Attributes
    ----------
    advisor_id : str
        The pseudonym.
    first_day, last_day : datetime.date
        Between which this id has contacts.
    contacts, passed : int
    share : Estimate or Unknown
        Passed on of this advisor's contacts, its doubt over days.
    own, colleagues : float
        The share of this advisor's contacts, and of the others', in the same kinds of work and the
        same hours.
    own_opened, colleagues_opened : float
        The same, of customers who came to them first; NaN where there is nobody beside.
    own_received, colleagues_received : float
        The same, of customers whom somebody had passed on to them; NaN likewise.
    kinds : int
        Groups in which this advisor can be compared. With 1, a missing skill cannot be told from
        anything else.
    p_adjusted : float
        The share of false ones to expect among advisors shown with a ``p`` as low as this.
    """

    advisor_id: str
    first_day: dt.date
    last_day: dt.date
    contacts: int
    passed: int
    share: Estimate | Unknown
    own: float
    colleagues: float
    own_opened: float
    colleagues_opened: float
    own_received: float
    colleagues_received: float
    kinds: int
    p_adjusted: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ForRoles:
    """What speaks of single advisors. Show it to them, and to roles that the operation allows.

    It holds those only whose share stands out, in the order of their ids: it is no ranking, and who
    is not in it is not judged.

    Attributes
    ----------
    advisors : tuple of AdvisorsPassing
        Not printed with the result.
    tested : int
        Advisors who could be compared.
    left_out : int
        Advisors with too few contacts beside others to say anything.
    explanations : tuple of str
        What else it could be, to be looked at first.
    """

    advisors: tuple[AdvisorsPassing, ...] = field(repr=False)
    tested: int
    left_out: int
    explanations: tuple[str, ...] = field(default=EXPLANATIONS, repr=False)

    def of(self, advisor_id: str) -> AdvisorsPassing | None:
        """What an advisor is shown of themselves; None where nothing stands out."""
        return next((each for each in self.advisors if each.advisor_id == advisor_id), None)


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
    _check(least_contacts, level, false_discoveries)
    asked = _Asked(
        by=tuple(by),
        handover_s=handover_s,
        least_contacts=least_contacts,
        level=level,
        false_discoveries=false_discoveries,
    )
    dated = with_groups(contacts, tuple(by))
    with handovers(contacts, within_s=handover_s, groups=MANY) as links:
        recorded = _Recorded.of(dated, links, asked)
        numbers = _Numbers.of(dated, recorded, asked)
        with (
            kept(_numbered(dated, links, numbers, recorded)) as held,
            kept(cells(held.select("work", "hour", "advisor", counts=held.passed))) as counted,
        ):
            return _answer(held, counted, links, asked, recorded, numbers)


def _check(least_contacts: int, level: float, false_discoveries: float) -> None:
    if least_contacts < 1 or not 0 < level < 1 or not 0 < false_discoveries < 1:
        raise QuestionError(
            "An advisor needs at least one contact, and levels lie between 0 and 1.",
            found=f"least_contacts: {least_contacts!r}, level: {level!r}, "
            f"false_discoveries: {false_discoveries!r}",
            todo="Use 100, 0.95 and 0.05.",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    by: tuple[str, ...]
    handover_s: float
    least_contacts: int
    level: float
    false_discoveries: float

    @property
    def kinds(self) -> tuple[str, ...]:
        """Columns that tell a contact's group and its queue."""
        return tuple(dict.fromkeys((*self.by, "queue")))


# ---------------------------------------------------------------- what is asked of the engine


@dataclass(frozen=True, kw_only=True, slots=True)
class _Recorded:
    """Which sources tell what was passed on, and how.

    Attributes
    ----------
    counting, linking : tuple of str
        Sources that count transfers on the contact, and those that only name the one before.
    silent : tuple of str
        Sources that tell neither.
    first_day : int
        Of all contacts handled by people.
    unidentified, contacts : int
    kinds : tuple of mapping
        The columns of each kind of contact of which the source tells, and its queue.
    queues : tuple of str
        Every queue, in order.
    links : int
    """

    counting: tuple[str, ...]
    linking: tuple[str, ...]
    silent: tuple[str, ...]
    first_day: int
    unidentified: int
    contacts: int
    kinds: tuple[Mapping[str, Any], ...]
    queues: tuple[str, ...]
    links: int

    @classmethod
    def of(cls, contacts: ir.Table, links: ir.Table, asked: _Asked) -> _Recorded:
        people = contacts.filter(by_people(contacts))
        found = rows(
            people.group_by(
                by_source=people.source, **{name: people[name] for name in asked.kinds}
            ).aggregate(
                n=people.count(),
                counts=people.transfers.count(),
                known=people.customer_key.count(),
                first=people.local_arrived_us.min(),
            )
        )
        if not found:
            raise QuestionError(
                "No contact was handled by a person.",
                found="0 handled contacts",
                todo="Map outcome, and handled_by where bots serve.",
            )
        linked = rows(links.group_by("source", "to_queue").aggregate(n=links.count()))
        every = {row["by_source"] for row in found}
        counting = {row["by_source"] for row in found if row["counts"]}
        linking = {row["source"] for row in linked} - counting
        total = sum(int(row["n"]) for row in found)
        if not counting and not linking:
            raise QuestionError(
                "Nothing tells which contacts were passed on.",
                found=f"{total:,} contacts, none with transfers, none taken over by another",
                todo="Map transfers, or previous_contact_id where each hand has a contact.",
            )
        return cls(
            counting=tuple(sorted(counting)),
            linking=tuple(sorted(linking)),
            silent=tuple(sorted(every - counting - linking)),
            first_day=(min(int(row["first"]) for row in found) + AGES_US) // _DAY_US,
            unidentified=total - sum(int(row["known"]) for row in found),
            contacts=total,
            kinds=tuple(row for row in found if row["counts"] or row["by_source"] in linking),
            queues=tuple(
                sorted({row["queue"] or "" for row in found} | {row["to_queue"] for row in linked})
            ),
            links=sum(int(row["n"]) for row in linked),
        )

    def told(self, contacts: ir.Table) -> ir.BooleanValue:
        """Whether the source tells if the contact was passed on."""
        return contacts.source.isin(self.linking) | (
            contacts.source.isin(self.counting) & contacts.transfers.notnull()
        )


def _hour(contacts: ir.Table) -> ir.IntegerValue:
    """Hours since the year 1; each 24th begins a day."""
    local = contacts.local_arrived_us + AGES_US
    return ((local - local % _HOUR_US) / _HOUR_US).cast("int32")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Numbers:
    """Groups, queues and advisors by number, so that no name goes through the counting.

    The work of a contact is its group, whether its advisor is new, and the queue that it was passed
    on from; as a number, the first two are the remainder by :attr:`sorts`.

    Attributes
    ----------
    groups : tuple of Scope
        In order.
    places : pyarrow.Table
        The ``group`` and ``place`` of each kind of contact, the columns of the kind as text.
    home : array
        The queue of each place, which is a group and a queue; queues are numbered from 1 on.
    queues : tuple of str
        In order.
    advisors : pyarrow.Table
        The ``advisor`` of each id, and the hour ``new_until`` which they are new.
    ids : tuple of str
        In order.
    """

    groups: tuple[Scope, ...]
    places: pa.Table
    home: Ints
    queues: tuple[str, ...]
    advisors: pa.Table
    ids: tuple[str, ...]

    @classmethod
    def of(cls, contacts: ir.Table, recorded: _Recorded, asked: _Asked) -> _Numbers:
        scope_of = [tuple((name, row[name]) for name in asked.by) for row in recorded.kinds]
        groups = in_order(dict.fromkeys(scope_of))
        number = {scope: i for i, scope in enumerate(groups)}
        queue = {name: i for i, name in enumerate(recorded.queues, start=1)}
        found = {
            tuple(_text(row[name]) for name in asked.kinds): (
                number[scope],
                queue[row["queue"] or ""],
            )
            for row, scope in zip(recorded.kinds, scope_of, strict=True)
        }
        cuts = sorted(set(found.values()))
        place = {cut: i for i, cut in enumerate(cuts)}
        spelled = [f"kind_{name}" for name in asked.kinds]
        people = contacts.filter(by_people(contacts) & contacts.advisor_id.notnull())
        began = (
            people.group_by("advisor_id")
            .aggregate(first=people.local_arrived_us.min())
            .to_pyarrow()
        )
        began = began.sort_by("advisor_id")  # in an order that is the same on every engine
        day = (ints(began, "first") + AGES_US) // _DAY_US
        # Whoever is there from the beginning may have been there before.
        new = day >= recorded.first_day + _NEW_DAYS
        return cls(
            groups=tuple(groups),
            places=pa.table(
                {name: [kind[i] for kind in found] for i, name in enumerate(spelled)}
                | {
                    "group": pa.array([cut[0] for cut in found.values()], type=pa.int32()),
                    "place": pa.array([place[cut] for cut in found.values()], type=pa.int32()),
                }
            ),
            home=np.array([cut[1] for cut in cuts], dtype=np.int64),
            queues=recorded.queues,
            advisors=pa.table(
                {
                    "advisor_id": began["advisor_id"],
                    "advisor": pa.array(range(len(began)), type=pa.int32()),
                    "new_until": pa.array(np.where(new, day + _NEW_DAYS, 0) * 24, type=pa.int32()),
                }
            ),
            ids=tuple(began["advisor_id"].to_pylist()),
        )

    @property
    def sorts(self) -> int:
        """How many pairs there are of a group and whether somebody is new."""
        return 2 * len(self.groups)

    @property
    def replicates(self) -> int:
        """How many random groups of customers are told apart."""
        return MANY if len(self.groups) <= _MANY_GROUPS else FEW

    def group(self, work: Ints) -> Ints:
        """The group of each work, by number."""
        return work % self.sorts // 2

    def received(self, work: Ints) -> npt.NDArray[np.bool_]:
        """Whether it came by a hand-over."""
        return work >= self.sorts


def _numbered(dated: ir.Table, links: ir.Table, numbers: _Numbers, recorded: _Recorded) -> ir.Table:
    """Contacts handled by people: what, when, by whom, where from and whether passed on.

    Every one of them is kept, so all is small, and what tells of hand-overs is put together where
    there are few: ``went`` is 0 where a contact went nowhere, else four times the number of the
    queue, 2 more if that had had the customer before, and 1 more if the advisor had.
    """
    people = dated.filter(by_people(dated) & recorded.told(dated))
    places = ibis.memtable(numbers.places)
    lean = people.select(
        **{
            name: ibis.coalesce("=" + people[name.removeprefix("kind_")].cast("string"), "")
            for name in numbers.places.column_names
            if name.startswith("kind_")
        },
        advisor_id=people.advisor_id,
        key=people.contact_key,
        hour=_hour(people),
        counted=people.transfers > 0,
        handle=handle_s(people),
        own_replicate=replicate_of(
            ibis.coalesce(people.customer_key, people.contact_key), numbers.replicates
        ),
    )
    queues = ibis.memtable(
        pa.table(
            {
                "queue": pa.array(numbers.queues, type=pa.string()),
                "number": pa.array(range(1, len(numbers.queues) + 1), type=pa.int32()),
            }
        )
    )
    came = links.join(queues, links.from_queue == queues.queue).select(
        "child",
        came_from=queues.number * numbers.sorts,
        root_replicate=(links.replicate % numbers.replicates).cast("int16"),
    )
    went = links.join(queues, links.to_queue == queues.queue)
    went = went.group_by("parent").aggregate(
        to_queue=went.number.min(),
        back_queue=went.back_queue.cast("int32").max(),
        back_advisor=went.back_advisor.cast("int32").max(),
    )
    went = went.select("parent", went=went.to_queue * 4 + went.back_queue * 2 + went.back_advisor)
    both = lean.join(places, [name for name in places.columns if name.startswith("kind_")])
    both = both.join(ibis.memtable(numbers.advisors), "advisor_id", how="left")
    both = both.join(came, both.key == came.child, how="left")
    both = both.join(went, both.key == went.parent, how="left")
    new = ibis.coalesce(both.hour < both.new_until, ibis.literal(value=False)).cast("int32")
    return both.select(
        "hour",
        "advisor",
        "handle",
        "place",
        work=ibis.coalesce(both.came_from, 0) + both.group * 2 + new,
        replicate=ibis.coalesce(both.root_replicate, both.own_replicate),
        passed=ibis.coalesce(both.counted, both.went.notnull()),
        went=ibis.coalesce(both.went, 0),
    )


def _text(value: object) -> str:
    """A group's value as the engine casts it, told apart from a missing one."""
    return "" if value is None else f"={value}"


def _by_hour(counted: ir.Table, numbers: _Numbers) -> ir.Table:
    """By group, whether the advisor is new, and hour."""
    sort = (counted.work % numbers.sorts).cast("int32").name("sort")
    return counted.group_by([sort, "hour"]).aggregate(
        n=counted.n.sum().cast("int64"), k=counted.k.sum().cast("int64")
    )


def _by_day(counted: ir.Table, *by: str) -> ir.Table:
    day = ((counted.hour - counted.hour % 24) / 24).cast("int32").name("day")
    return counted.group_by([*by, day]).aggregate(n=counted.n.sum(), k=counted.k.sum())


def _by_time(hours: ir.Table, days: Ints) -> ir.Table:
    """By group, month, week and hour of the day: for weeks and months of one mix."""
    calendar = ibis.memtable(
        pa.table(
            {
                "day": pa.array(days, type=pa.int32()),
                "week": pa.array(days // 7, type=pa.int32()),
                "month": pa.array([_month(day) for day in days.tolist()], type=pa.string()),
            }
        )
    )
    clock = hours.hour % 24
    dated = hours.select(
        "sort", "n", "k", clock=clock, day=((hours.hour - clock) / 24).cast("int32")
    )
    dated = dated.join(calendar, "day")
    return dated.group_by(["sort", "clock", "month", "week"]).aggregate(
        n=dated.n.sum(), k=dated.k.sum()
    )


def _month(day: int) -> str:
    return dt.date.fromordinal(day + 1).isoformat()[:7]


def _by_way(held: ir.Table, numbers: _Numbers) -> ir.Table:
    """By where contacts came from and went to, and random group of customers."""
    came = (held.work - held.work % numbers.sorts).name("came")
    return held.group_by(["place", came, "went", "passed", "replicate"]).aggregate(
        n=held.count(), timed=held.handle.count(), spent=held.handle.sum()
    )


# ---------------------------------------------------------------- the answer


def _answer(
    held: ir.Table,
    counted: ir.Table,
    links: ir.Table,
    asked: _Asked,
    recorded: _Recorded,
    numbers: _Numbers,
) -> PassingOn:
    with kept(_by_hour(counted, numbers)) as hours:
        days = _Days.of(_by_day(hours, "sort").to_pyarrow())
        times = _Times.of(_by_time(hours, np.unique(days.day)).to_pyarrow())
    ways = _Ways.of(held, links, numbers, recorded)
    table = same_work(
        counted, numbers.ids, least_contacts=asked.least_contacts, least_times=_LEAST_TIMES
    )
    works = numbers.group(table.work)
    tested = _Tested.of(table, works, asked)
    weeks, effective = times.weeks()
    change = changed_share(
        effective, [week.passed for week in weeks], direction="higher", level=asked.level
    )
    passed = int(days.k.sum())
    p_rose = math.nan if isinstance(change, Unknown) else change.p
    p_concentrated = tested.p_any if passed else math.nan
    known = [p for p in (p_concentrated, p_rose) if not math.isnan(p)]
    p = min(1.0, len(known) * min(known)) if known else math.nan
    why_not = "" if known else _why_not(table, asked, change, passed)
    advisors = _shown(counted, table, tested, numbers, asked) if passed else ()
    return PassingOn(
        contacts=int(days.n.sum()),
        passed=passed,
        not_told=recorded.contacts - int(days.n.sum()),
        share=days.share(asked.level),
        opened=ways.share(received=False, level=asked.level),
        received=ways.share(received=True, level=asked.level),
        excess=_excess(table, tested, change, weeks, int(days.n.sum()), asked),
        p_concentrated=p_concentrated,
        p_rose=p_rose,
        p=p,
        stands_out=None if why_not else p <= asked.false_discoveries,
        why_not=why_not,
        change=change,
        weeks=weeks,
        months=times.months(days, asked.level),
        groups=_groups(numbers.groups, works, days, table, asked),
        concentration=_concentration(table),
        hand_overs=ways.hand_overs(asked.level),
        handle_per_contact_s=ways.handle(per_matter=False, level=asked.level),
        handle_per_matter_s=ways.handle(per_matter=True, level=asked.level),
        contacts_per_matter=ways.per_matter(asked.level),
        caveats=_caveats(recorded, int(days.n.sum()), ways, tested),
        for_roles=ForRoles(
            advisors=advisors,
            tested=tested.tested if passed else 0,
            left_out=len(table.names) - (tested.tested if passed else 0),
        ),
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Days:
    """Contacts by group and day; a day is the unit of doubt."""

    group: Ints
    day: Ints
    n: Floats
    k: Floats

    @classmethod
    def of(cls, found: pa.Table) -> _Days:
        """The result of :func:`_by_day`."""
        day = ints(found, "day")
        return cls(
            group=ints(found, "sort") // 2 if "sort" in found.column_names else 0 * day,
            day=day,
            n=floats(found, "n"),
            k=floats(found, "k"),
        )

    def only(self, rows: npt.NDArray[np.bool_]) -> _Days:
        return _Days(group=self.group[rows], day=self.day[rows], n=self.n[rows], k=self.k[rows])

    def share(self, level: float) -> Estimate | Unknown:
        _, place = np.unique(self.day, return_inverse=True)
        y, x = (np.bincount(place, weights=each) for each in (self.k, self.n))
        sums = Sums(
            clusters=len(x),
            n=round(float(x.sum())),
            y=float(y.sum()),
            x=float(x.sum()),
            yy=float(y @ y),
            yx=float(y @ x),
            xx=float(x @ x),
        )
        found = estimate.share(sums, level=level)
        if isinstance(found, Unknown):
            return replace(found, why=found.why.replace("customer", "day"), needs="more days")
        return replace(found, method=found.method.replace("by customer", "by day"))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Times:
    """Contacts by group, hour of the day, week and month."""

    kind: Ints
    new: npt.NDArray[np.bool_]
    week: Ints
    month: npt.NDArray[np.str_]
    n: Floats
    k: Floats

    @classmethod
    def of(cls, found: pa.Table) -> _Times:
        """The result of :func:`_by_time`."""
        sort = ints(found, "sort")
        _, kind = np.unique(sort * 24 + ints(found, "clock"), return_inverse=True)
        return cls(
            kind=kind,
            new=sort % 2 == 1,
            week=ints(found, "week"),
            month=np.array(found["month"].to_pylist(), dtype=str),
            n=floats(found, "n"),
            k=floats(found, "k"),
        )

    def expected(self) -> Floats:
        """What each row would give, were its kind passed on as over the whole time."""
        kinds = int(self.kind.max()) + 1 if len(self.kind) else 1
        n, k = (np.bincount(self.kind, weights=each, minlength=kinds) for each in (self.n, self.k))
        usual: Floats = (k / np.maximum(n, 1))[self.kind]
        return usual * self.n

    def weeks(self) -> tuple[tuple[Week, ...], Floats]:
        """Each week, those without contacts too, and its contacts weighted to an even mix.

        People learn in their first weeks, and pass on less and less: their contacts would be a
        rise of their own. Where most are new, their ids are, and not they.
        """
        first = int(self.week.min())
        place = self.week - first
        every, new = np.bincount(place, weights=self.n), np.bincount(place, self.n * self.new)
        counts = ~self.new | (new > every / 2)[place]
        contacts, passed, expected = (
            np.bincount(place, weights=each * counts) for each in (self.n, self.k, self.expected())
        )
        mean = passed.sum() / contacts.sum()
        even = np.maximum(expected / mean if mean > 0 else contacts, passed)
        return tuple(
            Week(
                monday=dt.date.fromordinal((first + i) * 7 + 1),
                contacts=round(float(contacts[i])),
                passed=round(float(passed[i])),
                share=float(passed[i] / even[i]) if even[i] > 0 else math.nan,
            )
            for i in range(len(contacts))
        ), even

    def months(self, days: _Days, level: float) -> tuple[Month, ...]:
        """Each month that has contacts."""
        expected = self.expected()
        month_of_day = np.array([_month(day) for day in days.day.tolist()], dtype=str)
        found = []
        for month in sorted(set(self.month.tolist())):
            mine = self.month == month
            contacts = float(self.n[mine].sum())
            found.append(
                Month(
                    month=month,
                    contacts=round(contacts),
                    passed=round(float(self.k[mine].sum())),
                    share=days.only(month_of_day == month).share(level),
                    by_mix=float(expected[mine].sum() / contacts),
                )
            )
        return tuple(found)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Ways:
    """Contacts by where they came from and went to, and random group of customers."""

    place: Ints
    """Group and queue together."""
    replicate: Ints
    replicates: int
    received: npt.NDArray[np.bool_]
    passed: npt.NDArray[np.bool_]
    followed: npt.NDArray[np.bool_]
    """Passed on, and it is known where to."""
    home: Ints
    came_from: Ints
    went_to: Ints
    """Queues by number; 0 is none."""
    back_queue: npt.NDArray[np.bool_]
    back_advisor: npt.NDArray[np.bool_]
    n: Floats
    timed: Floats
    spent: Floats
    linked: bool
    matters: tuple[int, ...]

    @classmethod
    def of(cls, held: ir.Table, links: ir.Table, numbers: _Numbers, recorded: _Recorded) -> _Ways:
        found = _by_way(held, numbers).to_pyarrow()
        place, passed = ints(found, "place"), ints(found, "passed") > 0
        came_from = ints(found, "came") // numbers.sorts
        # What names a contact that was not passed on is no hand-over.
        went = np.where(passed, ints(found, "went"), 0)
        longest = links.group_by("root").aggregate(passes=links.passes.max())
        matters = rows(longest.group_by("passes").aggregate(n=longest.count()))
        counts = {int(row["passes"]): int(row["n"]) for row in matters}
        return cls(
            place=place,
            replicate=ints(found, "replicate"),
            replicates=numbers.replicates,
            received=came_from > 0,
            passed=passed,
            followed=went > 0,
            home=numbers.home[place],
            came_from=came_from,
            went_to=went // 4,
            back_queue=went // 2 % 2 == 1,
            back_advisor=went % 2 == 1,
            n=floats(found, "n"),
            timed=floats(found, "timed"),
            spent=np.nan_to_num(floats(found, "spent")),
            linked=recorded.links > 0,
            matters=tuple(counts.get(i + 1, 0) for i in range(max(counts, default=0))),
        )

    def by_replicate(self, values: Floats) -> Floats:
        summed = np.bincount(self.replicate, weights=values, minlength=self.replicates)
        return np.asarray(summed, dtype=np.float64)

    def ratio(
        self, top: Floats, bottom: Floats, *, level: float, why: str, needs: str
    ) -> Estimate | Unknown:
        """A share of contacts over customers."""
        if not bottom.any():
            return Unknown(unit="share", why=why, needs=needs)
        sums = {"y": self.by_replicate(top), "x": self.by_replicate(bottom)}
        return estimate.share(Replicates(sums=sums).ratio("y", "x"), level=level)

    def share(self, *, received: bool, level: float) -> Estimate | Unknown:
        """The share passed on of contacts that came first, or by a hand-over."""
        mine = self.received == received
        return self.ratio(
            self.n * (mine & self.passed),
            self.n * mine,
            level=level,
            why="no contact is known to have come by a hand-over"
            if received
            else "no contact is known to be a customer's first",
            needs="previous_contact_id, where each hand has a contact",
        )

    def hand_overs(self, level: float) -> HandOvers:
        """Where customers went."""
        followed = self.followed
        none = "no contact names the one that it took over from"
        needs = "previous_contact_id, where each hand has a contact"

        def of(top: npt.NDArray[np.bool_], bottom: npt.NDArray[np.bool_]) -> Estimate | Unknown:
            return self.ratio(
                self.n * (top & bottom), self.n * bottom, level=level, why=none, needs=needs
            )

        back, by_mix, beyond = self._ping_pong(level)
        return HandOvers(
            followed=round(float(self.n[followed].sum())),
            lost=round(float(self.n[self.passed & ~followed].sum())),
            matters=self.matters,
            same_queue=of(self.went_to == self.home, followed),
            back_to_queue=of(self.back_queue, followed),
            back_to_advisor=of(self.back_advisor, followed),
            again=of(self.passed, self.received),
            back=back,
            back_by_mix=by_mix,
            back_beyond=beyond,
        )

    def _ping_pong(
        self, level: float
    ) -> tuple[Estimate | Unknown, Estimate | Unknown, Estimate | Unknown]:
        """Back to where they came from or are, of those who came by a hand-over; by the mix.

        What is expected rests on those who come directly. Their part in the doubt is that of a
        mean: what each of them adds to the expectation, less what all add on average.
        """
        places = int(self.place.max()) + 1 if len(self.place) else 1
        came_first = np.bincount(self.place, weights=self.n * ~self.received, minlength=places)
        there = came_first[self.place] > 0
        back = self.followed & ((self.went_to == self.home) | (self.went_to == self.came_from))
        direct: dict[tuple[int, int], float] = {}
        for i in np.flatnonzero(self.followed & ~self.received):
            key = (int(self.place[i]), int(self.went_to[i]))
            direct[key] = direct.get(key, 0.0) + float(self.n[i])
        expected = np.zeros(len(self.n))  # of one contact
        asked: dict[tuple[int, int], float] = {}
        for i in np.flatnonzero(self.received & there):
            at = int(self.place[i])
            for queue in {int(self.home[i]), int(self.came_from[i])}:
                expected[i] += direct.get((at, queue), 0.0) / came_first[at]
                asked[at, queue] = asked.get((at, queue), 0.0) + float(self.n[i])
        mine = self.received & there if (self.received & there).any() else self.received
        of_these = self.n * mine
        seen = self.ratio(
            self.n * (mine & back),
            of_these,
            level=level,
            why="no contact is known to have come by a hand-over",
            needs="previous_contact_id, where each hand has a contact",
        )
        by_mix, most = float((self.n * expected).sum()), float((self.n * (mine & back)).sum())
        if not there[self.received].any() or max(by_mix, most) < _FEWEST:
            unknown = Unknown(
                unit="share",
                why="no queue has enough customers who were passed on to it beside customers who "
                "came directly",
                needs="more such customers",
            )
            return seen, unknown, unknown
        owed = np.bincount(self.place, weights=self.n * expected * self.received, minlength=places)
        drawn = np.zeros(len(self.n))
        for i in np.flatnonzero(~self.received & there):
            at = int(self.place[i])
            had = asked.get((at, int(self.went_to[i])), 0.0) if self.followed[i] else 0.0
            drawn[i] = (had - owed[at]) / came_first[at]
        parts = {
            "seen": self.by_replicate(self.n * (mine & back)),
            "mix": self.by_replicate(self.n * (expected + drawn)),
            "x": self.by_replicate(of_these),
        }
        n = round(float(of_these.sum()))
        sums = Replicates(sums=parts)
        return (
            seen,
            sums.estimate(
                lambda each: each["mix"] / each["x"],
                unit="share",
                n=n,
                level=level,
                least=0.0,
                most=1.0,
            ),
            sums.estimate(
                lambda each: (each["seen"] - each["mix"]) / each["x"],
                unit="share",
                n=n,
                level=level,
                least=-1.0,
                most=1.0,
            ),
        )

    def handle(self, *, per_matter: bool, level: float) -> Estimate | Unknown:
        """Mean handle time of contacts, or of all hands of a matter together."""
        if not self.timed.any():
            return Unknown(unit="s", why="no handle time is recorded", needs="handle times")
        if per_matter and not self.linked:
            return _no_links("s")
        begun = self.timed * (~self.received if per_matter else 1)
        return Replicates(
            sums={"y": self.by_replicate(self.spent), "x": self.by_replicate(begun)}
        ).estimate(
            lambda each: each["y"] / each["x"],
            unit="s",
            n=round(float(self.timed.sum())),
            level=level,
            least=0.0,
        )

    def per_matter(self, level: float) -> Estimate | Unknown:
        """Contacts counted for each matter."""
        if not self.linked:
            return _no_links("ratio")
        return Replicates(
            sums={
                "y": self.by_replicate(self.n),
                "x": self.by_replicate(self.n * ~self.received),
            }
        ).estimate(
            lambda each: each["y"] / each["x"],
            unit="ratio",
            n=round(float(self.n.sum())),
            level=level,
            least=1.0,
        )


def _no_links(unit: Unit) -> Unknown:
    return Unknown(
        unit=unit,
        why="no contact names the one that it took over from",
        needs="previous_contact_id, where each hand has a contact",
    )


# ---------------------------------------------------------------- advisors


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Tested:
    """Each advisor beside the others, and what it comes to."""

    standing: Standing
    kinds: Ints
    p: Floats
    adjusted: Floats
    found: npt.NDArray[np.bool_]
    p_any: float
    tested: int

    @classmethod
    def of(cls, table: SameWork, works: Ints, asked: _Asked) -> _Tested:
        whole = table.standing(least_contacts=asked.least_contacts, least_times=_LEAST_TIMES)
        rest, kinds = table.without_most(works)
        # Whether more is passed on there too; how much more was asked of the whole.
        elsewhere = rest.standing(least_contacts=1, least_times=1.0).p_chance
        p = whole.p.copy()
        told = (whole.p <= asked.false_discoveries) & (kinds > 1)
        p[told] = np.maximum(p[told], elsewhere[told])  # what cannot be told stays untold
        across = controlled(p, level=asked.false_discoveries)
        return cls(
            standing=whole,
            kinds=kinds,
            p=p,
            adjusted=across.adjusted,
            found=across.found,
            p_any=controlled(p, dependence="positive").p_any,
            tested=across.tested,
        )


def _groups(
    groups: Sequence[Scope], works: Ints, days: _Days, table: SameWork, asked: _Asked
) -> tuple[InGroup, ...]:
    """The same for each group, its own contacts alone."""
    chances = []
    for i in range(len(groups)):
        mine = table.only(works == i)
        found = mine.standing(least_contacts=asked.least_contacts, least_times=_LEAST_TIMES)
        # Where nothing is passed on, nobody passes on more.
        p = np.where(mine.sums["k"].any() | np.isnan(found.p), found.p, 1.0)
        chances.append(controlled(p, dependence="positive").p_any)
    # Groups share no contact, so their tests are independent but for the advisors in several.
    across = controlled(chances, level=asked.false_discoveries, dependence="positive")
    told = []
    for i, scope in enumerate(groups):
        here = days.only(days.group == i)
        told.append(
            InGroup(
                scope=scope,
                contacts=round(float(here.n.sum())),
                passed=round(float(here.k.sum())),
                share=here.share(asked.level),
                p=chances[i],
                p_adjusted=float(across.adjusted[i]),
                stands_out=None if math.isnan(chances[i]) else bool(across.found[i]),
            )
        )
    return tuple(told)


def _concentration(table: SameWork) -> Concentration | Unknown:
    n, k = table.total("n"), table.total("k")
    if not k.any():
        return Unknown(
            unit="count",
            why="nothing that was passed on has an advisor recorded",
            needs="advisors' ids",
        )
    return Concentration.of(k, contacts=n)


def _excess(
    table: SameWork,
    tested: _Tested,
    change: Change | Unknown,
    weeks: Sequence[Week],
    contacts: int,
    asked: _Asked,
) -> Estimate | Unknown:
    """Of all contacts, what was passed on beyond the mix, by those found or since it rose."""
    if tested.found.any():
        matched = table.matched()
        size = table.total("beside")[tested.found] / matched.weight[tested.found]
        beyond = float((size * (matched.own - matched.others)[tested.found]).sum())
        error = math.sqrt(float((size * size * matched.variance[tested.found]).sum()))
        half = float(special.ndtri(0.5 + asked.level / 2)) * error
        return Estimate(
            value=beyond / contacts,
            low=max(0.0, beyond - half) / contacts,
            high=min(contacts, beyond + half) / contacts,
            unit="share",
            n=contacts,
            method="those who stand out beside others in the same work and hour",
            level=asked.level,
        )
    if isinstance(change, Change) and change.found:
        inside = sum(week.contacts for week in weeks[change.start : change.end]) / contacts
        more = change.difference
        return replace(
            more,
            value=more.value * inside,
            low=more.low * inside,
            high=more.high * inside,
            n=contacts,
        )
    return Unknown(
        unit="share",
        why="nothing stands out from what the mix explains",
        needs="an excess that is larger than chance, or more contacts",
    )


def _shown(
    counted: ir.Table, table: SameWork, tested: _Tested, numbers: _Numbers, asked: _Asked
) -> tuple[AdvisorsPassing, ...]:
    """Those who stand out, in the order of their ids."""
    who = np.flatnonzero(tested.found).tolist()
    if not who:
        return ()
    theirs = counted.filter(counted.advisor.isin([table.numbers[i] for i in who]))
    found = _by_day(theirs, "advisor").to_pyarrow()
    advisor, days = ints(found, "advisor"), _Days.of(found)
    by_hand = numbers.received(table.work)
    parts = (table.only(~by_hand).matched(), table.only(by_hand).matched())
    return tuple(
        _one(i, table, tested, days.only(advisor == table.numbers[i]), parts, asked) for i in who
    )


def _one(
    i: int,
    table: SameWork,
    tested: _Tested,
    days: _Days,
    parts: tuple[Matched, Matched],
    asked: _Asked,
) -> AdvisorsPassing:
    opened, received = parts
    return AdvisorsPassing(
        advisor_id=table.names[i],
        first_day=dt.date.fromordinal(int(days.day.min()) + 1),
        last_day=dt.date.fromordinal(int(days.day.max()) + 1),
        contacts=round(float(days.n.sum())),
        passed=round(float(days.k.sum())),
        share=days.share(asked.level),
        own=float(tested.standing.share[i]),
        colleagues=float(tested.standing.others[i]),
        own_opened=_over(opened.own[i], opened.weight[i]),
        colleagues_opened=_over(opened.others[i], opened.weight[i]),
        own_received=_over(received.own[i], received.weight[i]),
        colleagues_received=_over(received.others[i], received.weight[i]),
        kinds=int(tested.kinds[i]),
        p_adjusted=float(tested.adjusted[i]),
    )


def _over(top: float, bottom: float) -> float:
    return float(top / bottom) if bottom > 0 else math.nan


# ---------------------------------------------------------------- words


def _why_not(table: SameWork, asked: _Asked, change: Change | Unknown, passed: int) -> str:
    """Why nothing can be told, neither of people nor of time."""
    if not passed:
        return "no contact was passed on, or none is recorded as passed on"
    why = (
        "no advisor is recorded"
        if not table.names
        else f"fewer than five advisors have {asked.least_contacts:,} contacts in hours in which "
        "somebody else did the same work"
    )
    return f"{why}; and of the weeks, {change.why}" if isinstance(change, Unknown) else why


def _caveats(recorded: _Recorded, told: int, ways: _Ways, tested: _Tested) -> tuple[str, ...]:
    said = []
    if recorded.silent:
        said.append(
            f"{', '.join(recorded.silent)}: the source does not tell what was passed on, and is "
            "left out."
        )
    if told and recorded.contacts - told > 0.05 * recorded.contacts:
        said.append(
            f"Of {recorded.contacts - told:,} contacts it is not told whether they were passed on."
        )
    if not ways.linked:
        said.append(
            "No contact names the one that it took over from. So where customers went is not "
            "known, and who was passed on to an advisor counts as if they had come directly."
        )
    if told and recorded.unidentified == recorded.contacts:
        said.append(
            "No customer is known. Each matter counts as a customer of its own, so intervals over "
            "customers are somewhat too narrow."
        )
    if not tested.tested:
        said.append("Nobody could be compared with others who did the same work in the same hour.")
    return (*said, *_OTHER_REASONS)


def _begun(said: str) -> str:
    return said[:1].upper() + said[1:]
