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

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import special

from andon import estimate
from andon.answer import Scope
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.case_mix import Dealt, Even, even, hardness, lighter, unsent
from andon.goodhart.change_points import Change, changed_mean
from andon.goodhart.dates import Dates
from andon.goodhart.false_discovery import controlled
from andon.goodhart.peers import Matched, standing
from andon.ledger import coverage
from andon.ledger.coverage import Observed
from andon.ledger.durations import handle_s
from andon.ledger.kept import kept
from andon.ledger.periods import with_groups
from andon.ledger.replicates import Replicates
from andon.ledger.sums import as_float, rows
from andon.units import DAY_S, US, Unit

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

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

Way = Literal["mix", "need", "passed_on", "promises"]
"""Lighter work than colleagues'; fewer customers who need support; hard contacts passed on within
moments; quick promises that come back as complaints."""

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

_DAY_US: Final = DAY_S * US
_AGES_US: Final = 719_162 * _DAY_US
"""From Monday, 1 January of the year 1, to 1970: whole weeks of days, every remainder positive."""
_LEAST_CONTACTS: Final = 100
_FEWEST_HARD: Final = 50
_QUICK: Final = 0.5
"""Contacts that took less than this part of what their reason usually takes were quick."""
_DROPPED: Final = -1
_WEEKLY_FROM: Final = 126
"""From so many days on, what changed when is told by week, and not by day."""
_FEWEST_COMPLAINTS: Final = 5
_SOME: Final = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """Whether something known before the contact is dealt out evenly.

    Attributes
    ----------
    name : str
    p : float
        The chance that advisors differ as much where contacts are dealt by chance; NaN if not
        known.
    adjusted : float
        The same beside the other facts.
    uneven : bool or None
    """

    name: str
    p: float
    adjusted: float
    uneven: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class InQueue:
    """Whether hard reasons are dealt out evenly in one group of contacts.

    Attributes
    ----------
    scope : Scope
    contacts, advisors : int
        That were compared.
    p, adjusted : float
        That advisors differ as much by chance; and beside the other groups. NaN if not known.
    uneven : bool or None
    spread_s : Estimate or Unknown
        How much advisors' work differs: standard deviation of their mean hardness, seconds.
    """

    scope: Scope
    contacts: int
    advisors: int
    p: float
    adjusted: float
    uneven: bool | None
    spread_s: Estimate | Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Routed:
    """A reason that some advisors are never sent: work sent by skill, and not avoided.

    Attributes
    ----------
    scope : Scope
    reason : str
    advisors : int
        Who were not sent it, for weeks or at all.
    """

    scope: Scope
    reason: str
    advisors: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Mix:
    """Whether hard reasons reach everybody alike.

    Attributes
    ----------
    contacts, advisors, cells : int
        What was compared; cells are groups in one interval, among those who are sent the same.
    dealt_p : float
        The chance that advisors differ so where contacts are dealt out by chance; NaN if not known.
    uneven : bool or None
        Whether they differ beyond that. None where it cannot be told.
    spread_s : Estimate or Unknown
        Standard deviation of advisors' true mean hardness, seconds a contact.
    p : float
        The chance that both hold where contacts are dealt by chance: they differ, and somebody has
        work as light beside honest differences; NaN likewise.
    stands_out : bool or None
        Whether some get lighter work than all the others. Uneven work where nobody does is rather
        work that is sent.
    lighter_s : Estimate or Unknown
        By how much theirs is lighter than that of all others in the same cells: seconds a contact
        by which its reasons take less.
    went_elsewhere : Estimate or Unknown
        Of hard contacts that chance would have brought them, the share that they did not have.
    why_not : str
        Why nothing can be told; empty where it can.
    groups : tuple of InQueue
    routed : tuple of Routed
    facts : tuple of Fact
    """

    contacts: int
    advisors: int
    cells: int
    dealt_p: float
    uneven: bool | None
    spread_s: Estimate | Unknown
    p: float
    stands_out: bool | None
    lighter_s: Estimate | Unknown
    went_elsewhere: Estimate | Unknown
    why_not: str
    groups: tuple[InQueue, ...]
    routed: tuple[Routed, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Avoided:
    """One reason in one group whose contacts are uneven.

    Attributes
    ----------
    scope : Scope
    reason : str
    contacts : int
    harder_s : float
        How much longer it takes than the group's mean, whoever takes it, seconds.
    p, adjusted : float
        That advisors differ as much by chance; and beside the other reasons.
    uneven : bool
    went_elsewhere : Estimate or Unknown
        Of what chance would have brought to those whose work stands out as light, the share that
        they did not have; below 0 where they had more.
    """

    scope: Scope
    reason: str
    contacts: int
    harder_s: float
    p: float
    adjusted: float
    uneven: bool
    went_elsewhere: Estimate | Unknown


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
    least_contacts: int = _LEAST_CONTACTS,
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
    _check(by, interval_s, complaint_s, least_contacts, level, false_discoveries)
    seen = coverage.observed(contacts) if observed is None else observed
    asked = _Asked(
        by=tuple(by),
        interval_us=interval_s * US,
        complaint_s=complaint_s,
        least_contacts=least_contacts,
        level=level,
        false_discoveries=false_discoveries,
        needs=needs is not None,
        complaints=values is not None,
    )
    with kept(_spine(contacts, asked, values, needs, seen)) as spine:
        census = rows(_census(spine))[0]
        names = _Names.of(spine, asked)
        with kept(_numbered(spine, names, asked)) as held:
            return _answer(held, names, asked, {key: int(n or 0) for key, n in census.items()})


def _check(
    by: Sequence[str],
    interval_s: float,
    complaint_s: float,
    least_contacts: int,
    level: float,
    false_discoveries: float,
) -> None:
    for name, length in (("interval_s", interval_s), ("complaint_s", complaint_s)):
        if not (math.isfinite(length) and length > 0 and length == int(length)):
            raise QuestionError(
                "A length of time must be a whole number of seconds above 0.",
                found=f"{name}: {length!r}",
                todo="Use interval_s=1800 and complaint_s=604800.",
            )
    if "reason" in by:
        raise QuestionError(
            "Reasons are what is compared, so contacts cannot be grouped by them.",
            found=f"by: {', '.join(by)}",
            todo="Use by=('channel', 'queue').",
        )
    if least_contacts < 1 or not (0 < level < 1 and 0 < false_discoveries < 1):
        raise QuestionError(
            "An advisor needs at least one contact, and a level and a share lie between 0 and 1.",
            found=f"least_contacts: {least_contacts!r}, level: {level!r}, "
            f"false_discoveries: {false_discoveries!r}",
            todo="Use 100, 0.95 and 0.05.",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """The question."""

    by: tuple[str, ...]
    interval_us: int
    complaint_s: int
    least_contacts: int
    level: float
    false_discoveries: float
    needs: bool
    complaints: bool

    @property
    def keys(self) -> list[str]:
        """Columns that hold the group, under names that nothing else has."""
        return [f"by_{name}" for name in self.by]


# ---------------------------------------------------------------- what the engine adds up


def _spine(
    contacts: ir.Table,
    asked: _Asked,
    values: ir.Table | None,
    needs: ir.Table | None,
    seen: Observed,
) -> ir.Table:
    """Contacts that advisors handled: how long, when, by whom, and what was known before."""
    table = with_groups(contacts, asked.by)
    order = ibis.window(group_by="customer_key", order_by=["arrived_us", "contact_key"])
    at, window_us = table.arrived_us, asked.complaint_s * US
    came = (at - at.lag().over(order) <= window_us).fill_null(False)
    timed = table.mutate(
        came_=came & table.customer_key.notnull(),
        local_=table.local_arrived_us + _AGES_US,
        handle_=handle_s(table),
        followed_=table.customer_key.notnull() & (seen.ahead_us(at) >= window_us),
    )
    handled = timed.filter(
        (timed.outcome == "handled") & (ibis.coalesce(timed.handled_by, "advisor") != "bot")
    )
    local = handled.local_
    found = handled.select(
        **{
            key: ibis.coalesce(handled[name].cast("string"), "")
            for key, name in zip(asked.keys, asked.by, strict=True)
        },
        reason=ibis.coalesce(handled.reason, ""),
        advisor_id=handled.advisor_id,
        customer=handled.customer_key,
        key=handled.contact_key,
        at=handled.arrived_us,
        ended=ibis.coalesce(handled.ended_us, handled.arrived_us),
        x=handled.handle_,
        linked=handled.previous_contact_id.notnull(),
        came=handled.came_,
        passed=ibis.coalesce(handled.transfers, 0) > 0,
        resolved=ibis.coalesce(handled.resolved, ibis.literal(value=False)),
        resolved_told=handled.resolved.notnull(),
        followed=handled.followed_,
        slot=((local - local % asked.interval_us) / asked.interval_us).cast("int64"),
        day=((local - local % _DAY_US) / _DAY_US).cast("int64"),
    )
    return _complained(_in_need(found, needs), values, window_us)


def _in_need(table: ir.Table, needs: ir.Table | None) -> ir.Table:
    """Whether the customer was known to need support before the contact."""
    if needs is None:
        return table.mutate(need=ibis.literal(value=False))
    known = needs.filter(needs.customer_key.notnull())
    since = known.group_by(needy=known.customer_key).aggregate(
        since_=ibis.coalesce(known.since_us, -_AGES_US).min()
    )
    joined = table.left_join(since, table.customer == since.needy)
    return joined.mutate(need=(joined.since_ <= joined["at"]).fill_null(False)).drop(
        "needy", "since_"
    )


def _complained(table: ir.Table, values: ir.Table | None, window_us: int) -> ir.Table:
    """Whether the customer complained within the window after each contact's end."""
    if values is None:
        return table.mutate(complained=ibis.literal(value=False))
    complaints = values.filter((values.kind == "complaint") & values.customer_key.notnull())
    said = complaints.select(who=complaints.customer_key, when_us=complaints.happened_us).distinct()
    known = table.filter(table.customer.notnull()).select("key", "customer", "ended")
    near = known.join(
        said,
        [
            known.customer == said.who,
            said.when_us > known.ended,
            said.when_us <= known.ended + window_us,
        ],
    )
    hit = near.select(hit="key").distinct()
    joined = table.left_join(hit, table.key == hit.hit)
    return joined.mutate(complained=joined.hit.notnull()).drop("hit")


def _census(spine: ir.Table) -> ir.Table:
    named = spine.advisor_id.notnull()
    told = named & (spine.reason != "")
    return spine.aggregate(
        contacts=spine.count(),
        no_advisor=_count(~named),
        no_reason=_count(named & (spine.reason == "")),
        sent=_count(told & spine.linked),
        timed=_count(told & spine.x.notnull()),
        resolved_told=_count(spine.resolved_told),
        followed=_count(spine.followed),
        complaints=_count(spine.complained),
    )


def _count(flag: ir.BooleanValue) -> ir.IntegerScalar:
    return flag.cast("int32").sum()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Names:
    """Groups, kinds (a reason in a group) and advisors, by number."""

    kinds: pa.Table
    advisors: pa.Table
    scopes: tuple[Scope, ...]
    reasons: tuple[str, ...]
    group: Ints
    """The group of each kind."""
    ids: tuple[str, ...]

    @classmethod
    def of(cls, spine: ir.Table, asked: _Asked) -> _Names:
        told = spine.filter(spine.advisor_id.notnull())
        kinds = _ordered(told.select(*asked.keys, "reason").distinct().to_pyarrow())
        advisors = _ordered(told.select("advisor_id").distinct().to_pyarrow())
        found = kinds.to_pylist()
        cuts = [tuple(row[key] for key in asked.keys) for row in found]
        places = {cut: i for i, cut in enumerate(sorted(set(cuts)))}
        group = np.array([places[cut] for cut in cuts], dtype=np.int64)
        numbers = pa.array(range(len(found)), type=pa.int32())
        kinds = kinds.append_column("kind", numbers)
        kinds = kinds.append_column("group", pa.array(group, type=pa.int32()))
        return cls(
            kinds=kinds,
            advisors=advisors.append_column(
                "advisor", pa.array(range(len(advisors)), type=pa.int32())
            ),
            scopes=tuple(
                tuple((name, value or None) for name, value in zip(asked.by, cut, strict=True))
                for cut in sorted(set(cuts))
            ),
            reasons=tuple(row["reason"] for row in found),
            group=group,
            ids=tuple(advisors["advisor_id"].to_pylist()),
        )


def _ordered(table: pa.Table) -> pa.Table:
    """In an order that is the same on every engine."""
    return table.sort_by([(column, "ascending") for column in table.column_names])


def _numbered(spine: ir.Table, names: _Names, asked: _Asked) -> ir.Table:
    """Contacts with an advisor, names turned into numbers."""
    told = spine.filter(spine.advisor_id.notnull())
    joined = told.join(ibis.memtable(names.advisors), "advisor_id")
    joined = joined.join(ibis.memtable(names.kinds), [*asked.keys, "reason"])
    return joined.select(
        "group", "kind", "advisor", "customer", "x", "linked", "came", "need", "passed",
        "resolved", "complained", "followed", "slot", "day",
        week=((joined.day - joined.day % 7) / 7).cast("int64"),
    )  # fmt: skip


_SCORES: Final = ("h", "came", "need")
_SUMS: Final = ("away", "dealt", "alone", "aa", "aw")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Kinds:
    """What is known of each kind: how hard, how long, and who is not sent it when."""

    harder_s: Floats
    typical_s: Floats
    contacts: Floats
    patterns: pa.Table | None
    leaks: pa.Table | None
    routed: tuple[Routed, ...]

    @classmethod
    def of(cls, held: ir.Table, names: _Names) -> _Kinds:
        found = (
            held.group_by("kind", "advisor", "week")
            .aggregate(
                n=held.count(),
                dealt=_count(~held.linked),
                timed=held.x.count(),
                x=ibis.coalesce(held.x.sum(), 0.0),
            )
            .to_pyarrow()
        )
        kind, advisor, week = (_ints(found, name) for name in ("kind", "advisor", "week"))
        n, dealt, timed, x = (_floats(found, name) for name in ("n", "dealt", "timed", "x"))
        kinds = len(names.reasons)
        recorded = np.array([bool(reason) for reason in names.reasons])
        dealt[~recorded[kind]] = 0.0
        harder = hardness(names.group, kind, advisor, timed * recorded[kind], x * recorded[kind])
        typical = np.bincount(kind, x, kinds) / np.maximum(np.bincount(kind, timed, kinds), 1)
        marks, routed = _not_sent(names, kind, advisor, week - week.min(), dealt)
        patterns, leaks = _patterns(marks, int(week.min()))
        return cls(
            harder_s=harder,
            typical_s=typical,
            contacts=np.bincount(kind, n, kinds).astype(np.float64),
            patterns=patterns,
            leaks=leaks,
            routed=routed,
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Marks:
    """Advisors and weeks in which a kind was not sent; and those next to them, which are mixed."""

    group: Ints
    kind: Ints
    advisor: Ints
    week: Ints
    beside: npt.NDArray[np.bool_]


def _not_sent(
    names: _Names, kind: Ints, advisor: Ints, week: Ints, dealt: Floats
) -> tuple[_Marks, tuple[Routed, ...]]:
    """Which kinds were not sent to whom, and when."""
    found: list[tuple[int, int, Ints, Ints, npt.NDArray[np.bool_]]] = []
    routed: list[Routed] = []
    shape = (len(names.ids), int(week.max(initial=0)) + 1)
    of = names.group[kind]
    for group in range(len(names.scopes)):
        here = np.flatnonzero(of == group)
        people, place = np.unique(advisor[here], return_inverse=True)
        every = np.zeros((len(people), shape[1]))
        np.add.at(every, (place, week[here]), dealt[here])
        for one in np.flatnonzero(names.group == group):
            mine = kind[here] == one
            met = np.zeros_like(every)
            np.add.at(met, (place[mine], week[here][mine]), dealt[here][mine])
            total = every.sum(axis=0)
            share = np.divide(met.sum(axis=0), total, out=np.zeros_like(total), where=total > 0)
            none = unsent(met, every * share) & (every > 0)
            who = none.any(axis=1)
            if not who.any():
                continue
            routed.append(
                Routed(
                    scope=names.scopes[group],
                    reason=names.reasons[one],
                    advisors=int(who.sum()),
                )
            )
            beside = np.zeros_like(none)
            beside[:, 1:] |= none[:, :-1]
            beside[:, :-1] |= none[:, 1:]
            beside &= (every > 0) & ~none
            for which, next_to in ((none, False), (beside, True)):
                row, when = np.nonzero(which)
                found.append(
                    (group, int(one), people[row], when, np.full(len(row), next_to, dtype=np.bool_))
                )
    sizes = [len(each[2]) for each in found]

    def joined(place: int) -> Any:
        parts = [each[place] for each in found]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

    return _Marks(
        group=np.repeat([each[0] for each in found], sizes).astype(np.int64),
        kind=np.repeat([each[1] for each in found], sizes).astype(np.int64),
        advisor=joined(2),
        week=joined(3),
        beside=joined(4).astype(np.bool_),
    ), tuple(routed)


def _patterns(marks: _Marks, first: int) -> tuple[pa.Table | None, pa.Table | None]:
    """For each group, advisor and week a number of the kinds not sent; and the kinds themselves."""
    if not len(marks.kind):
        return None, None
    keys = np.stack((marks.group, marks.advisor, marks.week), axis=1)
    cells, place = np.unique(keys, axis=0, return_inverse=True)
    place = place.reshape(-1)
    dropped = np.zeros(len(cells), dtype=np.bool_)
    np.logical_or.at(dropped, place, marks.beside)
    numbers: dict[tuple[int, ...], int] = {}
    order = np.lexsort((marks.kind, place))
    starts = np.searchsorted(place[order], np.arange(len(cells) + 1))
    pattern = np.empty(len(cells), dtype=np.int64)
    for i in range(len(cells)):
        these = tuple(marks.kind[order[starts[i] : starts[i + 1]]].tolist())
        pattern[i] = _DROPPED if dropped[i] else numbers.setdefault(these, len(numbers) + 1)
    sent = ~marks.beside
    return (
        pa.table(
            {
                "p_group": pa.array(cells[:, 0], pa.int32()),
                "p_advisor": pa.array(cells[:, 1], pa.int32()),
                "p_week": pa.array(cells[:, 2] + first, pa.int64()),
                "pattern_": pa.array(pattern, pa.int64()),
            }
        ),
        pa.table(
            {
                "l_kind": pa.array(marks.kind[sent], pa.int32()),
                "l_advisor": pa.array(marks.advisor[sent], pa.int32()),
                "l_week": pa.array(marks.week[sent] + first, pa.int64()),
                "leak": pa.array(np.ones(int(sent.sum()), dtype=np.int64)),
            }
        ),
    )


def _scored(held: ir.Table, kinds: _Kinds, names: _Names) -> ir.Table:
    """Contacts with what is known of their kind."""
    harder = np.nan_to_num(kinds.harder_s)
    scores = pa.table(
        {
            "kind": pa.array(np.arange(len(harder)), pa.int32()),
            "h": pa.array(harder),
            "hard": pa.array(harder > 0),
            "typical": pa.array(kinds.typical_s),
            "recorded": pa.array([bool(reason) for reason in names.reasons]),
        }
    )
    return held.join(ibis.memtable(scores), "kind")


def _dealt(scored: ir.Table, kinds: _Kinds) -> ir.Table:
    """Contacts that were dealt and not sent, and whom each is compared among."""
    table = scored.filter(scored.recorded & ~scored.linked)
    if kinds.patterns is None or kinds.leaks is None:
        return table.mutate(pattern=ibis.literal(0, type="int64"))
    patterns, leaks = ibis.memtable(kinds.patterns), ibis.memtable(kinds.leaks)
    table = table.left_join(
        patterns,
        [
            table.group == patterns.p_group,
            table.advisor == patterns.p_advisor,
            table.week == patterns.p_week,
        ],
    ).drop("p_group", "p_advisor", "p_week")
    table = table.left_join(
        leaks,
        [
            table.kind == leaks.l_kind,
            table.advisor == leaks.l_advisor,
            table.week == leaks.l_week,
        ],
    ).drop("l_kind", "l_advisor", "l_week")
    table = table.mutate(pattern=ibis.coalesce(table.pattern_, 0))
    return table.filter((table.pattern != _DROPPED) & table.leak.isnull()).drop("pattern_", "leak")


def _cells(dealt: ir.Table) -> ir.Table:
    """What each advisor had in each cell, beside what there was."""
    own = dealt.group_by("group", "pattern", "slot", "day", "advisor").aggregate(
        n=dealt.count().cast("float64"),
        h=dealt.h.sum(),
        hh=(dealt.h * dealt.h).sum(),
        hard=_count(dealt.hard).cast("float64"),
        came=_count(dealt.came).cast("float64"),
        need=_count(dealt.need).cast("float64"),
        x=ibis.coalesce(dealt.x.sum(), 0.0),
        timed=dealt.x.count().cast("float64"),
    )
    here = ibis.window(group_by=["group", "pattern", "slot"])
    return own.mutate(
        **{f"all_{name}": own[name].sum().over(here) for name in ("n", "h", "hh", "came", "need")}
    )


def _by_day(cells: ir.Table) -> ir.Table:
    """Sums that set each advisor beside the others in the same cells, by group and day."""
    n, every = cells.n, cells.all_n
    weight = n * (every - n) / every
    less = ibis.ifelse(every > 1, every - 1, 1.0)
    sums: dict[str, ir.FloatingValue] = {"weight": weight}
    for score in _SCORES:
        total = cells[f"all_{score}"]
        squares = cells.all_hh if score == "h" else total  # a yes is its own square
        spread = squares - total * total / every
        # Rounding leaves a little spread where all contacts of a cell are alike.
        variance = ibis.ifelse(spread > 1e-9 * squares, spread, 0.0) / less
        sums[f"{score}_away"] = cells[score] - n * total / every
        sums[f"{score}_dealt"] = weight * variance
        sums[f"{score}_alone"] = n * variance
    wide = cells.select("group", "day", "advisor", "n", **sums)
    return wide.group_by("group", "day", "advisor").aggregate(
        n=wide.n.sum(), **{name: wide[name].sum() for name in sums}
    )


def _by_advisor(days: ir.Table) -> ir.Table:
    """The same by group and advisor, with squares of what moves from one day to the next."""
    order = ibis.window(group_by=["group", "advisor"], order_by="day")
    names = ["weight", *(f"{score}_away" for score in _SCORES)]
    moves = days.mutate(
        **{f"{name}_move": days[name] - days[name].lag().over(order) for name in names}
    )
    weight = moves.weight_move
    squares: dict[str, ir.FloatingScalar] = {"ww": (weight * weight).sum()}
    for score in _SCORES:
        away = moves[f"{score}_away_move"]
        squares[f"{score}_aa"] = (away * away).sum()
        squares[f"{score}_aw"] = (away * weight).sum()
    plain = [name for name in days.columns if name not in {"group", "day", "advisor"}]
    found = moves.group_by("group", "advisor").aggregate(
        **{name: moves[name].sum() for name in plain},
        **squares,
        days=moves.count(),
    )
    # Whoever was there on one day only has no day before.
    return found.mutate(**{name: ibis.coalesce(found[name], 0.0) for name in squares})


def _likeness(dealt: ir.Table, means: Mapping[str, float]) -> ir.Table:
    """By advisor: squares of customers' sums over those of contacts; above 1 where alike."""
    scored = dealt.select(
        "advisor",
        "customer",
        **{score: as_float(dealt[score]) - means[score] for score in _SCORES},
    )
    known = scored.filter(scored.customer.notnull())
    each = known.group_by("advisor", "customer").aggregate(
        **{score: known[score].sum() for score in _SCORES},
        **{f"{score}_2": (known[score] * known[score]).sum() for score in _SCORES},
    )
    return each.group_by("advisor").aggregate(
        **{f"{score}_top": (each[score] * each[score]).sum() for score in _SCORES},
        **{f"{score}_bottom": each[f"{score}_2"].sum() for score in _SCORES},
    )


def _ints(table: pa.Table, name: str) -> Ints:
    return np.asarray(table[name].to_numpy(), dtype=np.int64)


def _floats(table: pa.Table, name: str) -> Floats:
    return np.asarray(table[name].to_numpy(zero_copy_only=False), dtype=np.float64)


# ---------------------------------------------------------------- the mix


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Beside:
    """Rows of groups and advisors, each beside the others of its cells."""

    group: Ints
    advisor: Ints
    advisors: int
    sums: Mapping[str, Floats]
    likeness: Mapping[str, Floats]

    @classmethod
    def of(cls, days: ir.Table, dealt: ir.Table, names: _Names) -> _Beside:
        """Ask the engine."""
        found = _by_advisor(days).to_pyarrow()
        sums = {
            name: _floats(found, name)
            for name in found.column_names
            if name not in {"group", "advisor"}
        }
        scored = dealt.aggregate(**{score: as_float(dealt[score]).mean() for score in _SCORES})
        means = {score: float(mean or 0.0) for score, mean in rows(scored)[0].items()}
        alike = _likeness(dealt, means).to_pyarrow()
        likeness = {}
        for score in _SCORES:
            ratio = np.ones(len(names.ids))
            top, bottom = _floats(alike, f"{score}_top"), _floats(alike, f"{score}_bottom")
            ratio[_ints(alike, "advisor")] = np.divide(
                top, bottom, out=np.ones_like(top), where=bottom > 0
            )
            likeness[score] = np.maximum(ratio, 1.0)
        return cls(
            group=_ints(found, "group"),
            advisor=_ints(found, "advisor"),
            advisors=len(names.ids),
            sums=sums,
            likeness=likeness,
        )

    def total(self, name: str, group: int | None = None) -> Floats:
        """One number for each advisor, of all groups or of one."""
        mine = slice(None) if group is None else self.group == group
        found = np.bincount(self.advisor[mine], self.sums[name][mine], self.advisors)
        return found.astype(np.float64)

    def dealt(self, score: str, group: int | None = None) -> Dealt:
        """A score beside the others'; days and customers may be alike."""
        weight, away, fair = (
            self.total(name, group) for name in ("weight", f"{score}_away", f"{score}_dealt")
        )
        days = self.total("days", group)
        # What the advisor has more on all days alike is what is asked about, and no noise; nor is a
        # change that lasts. So days are held against the days before (von Neumann 1941).
        more = np.divide(away, weight, out=np.zeros_like(weight), where=weight > 0)
        by_day = (
            0.5
            * (
                self.total(f"{score}_aa", group)
                - 2 * more * self.total(f"{score}_aw", group)
                + more * more * self.total("ww", group)
            )
            * np.divide(days, days - 1, out=np.ones_like(days), where=days > 1)
        )
        return Dealt(
            n=self.total("n", group),
            weight=weight,
            away=away,
            dealt=fair,
            alone=self.total(f"{score}_alone", group),
            variance=np.maximum(fair, by_day) * self.likeness[score],
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Looked:
    """What one way came to: a p-value for each advisor, and for all of them."""

    p: Floats
    p_any: float

    @classmethod
    def nothing(cls, advisors: int) -> _Looked:
        """It cannot be told."""
        return cls(p=np.full(advisors, np.nan), p_any=math.nan)

    @classmethod
    def of(cls, p: Floats) -> _Looked:
        """The chance of anything this odd anywhere (Simes 1986)."""
        across = controlled(p, dependence="positive")
        return cls(p=p, p_any=float(np.nanmin(across.adjusted)) if across.tested else math.nan)

    def found(self, level: float) -> list[int]:
        """Who stands out in this way."""
        across = controlled(self.p, level=level, dependence="positive")
        return np.flatnonzero(across.found).tolist()


def _lighter(beside: _Beside, score: str, asked: _Asked) -> tuple[Even, _Looked]:
    """Advisors differ, and somebody lies below honest differences: both, or neither counts."""
    dealt = beside.dealt(score)
    across = even(dealt, level=asked.level)
    told = lighter(dealt, least_contacts=asked.least_contacts).p
    if math.isnan(across.p):
        return across, _Looked.nothing(beside.advisors)
    return across, _Looked.of(np.maximum(told, across.p))


def _facts(beside: _Beside, asked: _Asked) -> tuple[Fact, ...]:
    """What was known before the contact, and whether that is dealt out evenly."""
    named = {"came": "the customer came within the window before"}
    if asked.needs:
        named["need"] = "the customer is known to need support"
    p = [even(beside.dealt(score)).p for score in named]
    across = controlled(p, level=asked.false_discoveries)
    return tuple(
        Fact(
            name=says,
            p=chance,
            adjusted=float(across.adjusted[i]),
            uneven=None if math.isnan(chance) else bool(across.found[i]),
        )
        for i, (says, chance) in enumerate(zip(named.values(), p, strict=True))
    )


def _queues(beside: _Beside, names: _Names, asked: _Asked) -> tuple[InQueue, ...]:
    tests = [
        even(beside.dealt("h", group), level=asked.level) for group in range(len(names.scopes))
    ]
    across = controlled(
        [each.p for each in tests], level=asked.false_discoveries, dependence="positive"
    )
    return tuple(
        InQueue(
            scope=scope,
            contacts=round(float(beside.total("n", group).sum())),
            advisors=tests[group].advisors,
            p=tests[group].p,
            adjusted=float(across.adjusted[group]),
            uneven=None if math.isnan(tests[group].p) else bool(across.found[group]),
            spread_s=_spread(tests[group], beside.total("n", group), asked),
        )
        for group, scope in enumerate(names.scopes)
    )


def _spread(found: Even, n: Floats, asked: _Asked) -> Estimate | Unknown:
    if math.isnan(found.spread):
        return Unknown(
            unit="s", why="nobody can be compared", needs="advisors who share an interval"
        )
    return Estimate(
        value=found.spread,
        low=min(found.spread, found.spread_low),
        high=found.spread_high,
        unit="s",
        n=round(float(n.sum())),
        method="contacts dealt out within cells, non-central chi-squared",
        level=asked.level,
    )


# ---------------------------------------------------------------- those who stand out


def _theirs(cells: ir.Table, who: Sequence[int]) -> ir.Table:
    """The cells of those who stand out, beside all who do not."""
    aside = cells.advisor.isin(list(who))
    here = ibis.window(group_by=["group", "pattern", "slot"])
    beside = cells.mutate(
        aside=aside,
        **{
            f"rest_{name}": ibis.ifelse(aside, 0.0, cells[name]).sum().over(here)
            for name in ("n", "h", "hard", "need")
        },
    )
    return beside.filter(beside.aside & (beside.rest_n > 0))


_SHARED: Final = ("n", "x", "timed", "lighter", "hard", "due_hard", "need", "due_need")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Days:
    """Sums by advisor and day of those who stand out."""

    advisor: Ints
    day: Ints
    sums: Mapping[str, Floats]

    @classmethod
    def of(cls, theirs: ir.Table) -> _Days:
        """Ask the engine."""
        part = theirs.n / theirs.rest_n
        wide = theirs.mutate(
            lighter=part * theirs.rest_h - theirs.h,
            due_hard=part * theirs.rest_hard,
            due_need=part * theirs.rest_need,
        )
        found = (
            wide.group_by("advisor", "day")
            .aggregate(**{name: wide[name].sum() for name in _SHARED})
            .to_pyarrow()
        )
        return cls(
            advisor=_ints(found, "advisor"),
            day=_ints(found, "day"),
            sums={name: _floats(found, name) for name in _SHARED},
        )

    def only(self, who: Sequence[int]) -> _Days:
        """Some of the advisors."""
        mine = np.isin(self.advisor, np.asarray(who, dtype=np.int64))
        return _Days(
            advisor=self.advisor[mine],
            day=self.day[mine],
            sums={name: values[mine] for name, values in self.sums.items()},
        )

    def told(
        self, figure: Any, unit: Unit, asked: _Asked, *, most: float = math.inf
    ) -> Estimate | Unknown:
        """A figure made of the sums, a day the unit of doubt."""
        if not len(self.day):
            return Unknown(unit=unit, why="nobody stands out", needs="somebody who does")
        _, place = np.unique(self.day, return_inverse=True)
        sums = {
            name: np.bincount(place, values).astype(np.float64)
            for name, values in self.sums.items()
        }
        return _over_days(
            Replicates(sums=sums).estimate(
                figure,
                unit=unit,
                n=round(float(self.sums["n"].sum())),
                level=asked.level,
                most=most,
            )
        )

    def lighter_s(self, asked: _Asked) -> Estimate | Unknown:
        """By how much their reasons take less than the others'."""
        return self.told(lambda total: total["lighter"] / total["n"], "s", asked)

    def went_elsewhere(self, asked: _Asked) -> Estimate | Unknown:
        """Of hard contacts that chance would have brought, those that they did not have."""
        return self.told(
            lambda total: 1 - total["hard"] / total["due_hard"], "share", asked, most=1.0
        )

    def changed(self, first: int, last: int, asked: _Asked) -> _When:
        """When their work was lighter than in the rest of the time."""
        length = 7 if last - first >= _WEEKLY_FROM else 1
        begin = first - first % 7 if length == 7 else first
        periods = (last - begin) // length + 1
        place = (self.day - begin) // length
        n = np.bincount(place, self.sums["n"], periods)
        lighter_by = np.bincount(place, self.sums["lighter"], periods)
        mean = np.divide(-lighter_by, n, out=np.zeros(periods), where=n > 0)
        return _When(
            change=changed_mean(n, mean, unit="s", direction="lower", level=asked.level),
            begin=begin,
            length=length,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _When:
    """A change over days or weeks, and how to say its dates."""

    change: Change | Unknown
    begin: int
    length: int

    @property
    def since(self) -> Dates | None:
        found = self.change
        if isinstance(found, Unknown) or not found.begins:
            return None
        return self._dates(found.start_low, found.start, found.start_high)

    @property
    def until(self) -> Dates | None:
        found = self.change
        if isinstance(found, Unknown) or not found.ends:
            return None
        return self._dates(found.end_low, found.end, found.end_high)

    def _dates(self, earliest: int, likeliest: int, latest: int) -> Dates:
        return Dates(
            earliest=self._date(earliest),
            likeliest=self._date(likeliest),
            latest=self._date(latest),
        )

    def _date(self, period: int) -> dt.date:
        return dt.date.fromordinal(self.begin + period * self.length + 1)


_NEVER: Final = _When(
    change=Unknown(unit="s", why="nobody stands out", needs="somebody who does"), begin=0, length=1
)


def _over_days(found: Estimate | Unknown) -> Estimate | Unknown:
    if isinstance(found, Unknown):
        return Unknown(
            unit=found.unit, why=found.why.replace("customers", "days"), needs="more days"
        )
    return Estimate(
        value=found.value,
        low=found.low,
        high=found.high,
        unit=found.unit,
        n=found.n,
        method="jackknife over days",
        level=found.level,
    )


def _avoided(
    cells: ir.Table,
    dealt: ir.Table,
    groups: Sequence[int],
    who: Sequence[int],
    beside: _Beside,
    names: _Names,
    kinds: _Kinds,
    asked: _Asked,
) -> tuple[Avoided, ...]:
    """Each reason of the groups whose work is uneven: is it dealt out evenly, and who lacks it?"""
    if not groups:
        return ()
    cell = ["group", "pattern", "slot"]
    some = dealt.filter(dealt.group.isin(list(groups)))
    there = some.group_by(*cell, "kind").aggregate(k_all=some.count().cast("float64"))
    shared = cells.filter(cells.group.isin(list(groups)))
    both = shared.select(*cell, "advisor", "n", "all_n").join(there, cell)
    n, every, k = both.n, both.all_n, both.k_all
    less = ibis.ifelse(every > 1, every - 1, 1.0)
    spread = k * (every - k) / every / less
    wide = both.select(
        "kind",
        "advisor",
        due=n * k / every,
        dealt=n * (every - n) / every * spread,
        alone=n * spread,
        weight=n * (every - n) / every,
    )
    sums = (
        wide.group_by("kind", "advisor")
        .aggregate(**{name: wide[name].sum() for name in ("due", "dealt", "alone", "weight")})
        .to_pyarrow()
    )
    own = some.group_by("kind", "advisor").aggregate(k=some.count().cast("float64")).to_pyarrow()
    shape = (len(names.reasons), len(names.ids))
    table = {name: np.zeros(shape) for name in ("due", "dealt", "alone", "weight", "k")}
    for source, columns in ((sums, ("due", "dealt", "alone", "weight")), (own, ("k",))):
        at = _ints(source, "kind"), _ints(source, "advisor")
        for name in columns:
            table[name][at] = _floats(source, name)
    overall = beside.dealt("h")
    wider = np.divide(
        overall.variance, overall.dealt, out=np.ones(shape[1]), where=overall.dealt > 0
    )
    of = np.isin(names.group, groups)
    asked_of = [kind for kind in np.flatnonzero(of).tolist() if names.reasons[kind]]
    tests = [
        even(
            Dealt(
                n=table["weight"][kind],
                weight=table["weight"][kind],
                away=table["k"][kind] - table["due"][kind],
                dealt=table["dealt"][kind],
                alone=table["alone"][kind],
                variance=table["dealt"][kind] * wider,
            ),
            level=asked.level,
        ).p
        for kind in asked_of
    ]
    across = controlled(tests, level=asked.false_discoveries)
    lacking = _lacking(cells, some, who, asked)
    found = [
        Avoided(
            scope=names.scopes[int(names.group[kind])],
            reason=names.reasons[kind],
            contacts=round(float(table["k"][kind].sum())),
            harder_s=float(kinds.harder_s[kind]),
            p=float(tests[i]),
            adjusted=float(across.adjusted[i]),
            uneven=bool(across.found[i]),
            went_elsewhere=lacking.get(
                int(kind),
                Unknown(unit="share", why="nobody stands out", needs="somebody who does"),
            ),
        )
        for i, kind in enumerate(asked_of)
    ]
    return tuple(sorted(found, key=lambda each: (-each.harder_s, str(each.scope), each.reason)))


def _lacking(
    cells: ir.Table, some: ir.Table, who: Sequence[int], asked: _Asked
) -> dict[int, Estimate | Unknown]:
    """By kind, what those who stand out did not have of what was due."""
    if not who:
        return {}
    cell = ["group", "pattern", "slot"]
    theirs = _theirs(cells, who).select(*cell, "advisor", "n", "rest_n", "day")
    rest = some.filter(~some.advisor.isin(list(who)))
    rest = rest.group_by(*cell, "kind").aggregate(k_rest=rest.count().cast("float64"))
    both = theirs.join(rest, cell)
    due = both.mutate(due=both.n * both.k_rest / both.rest_n)
    due = due.group_by("kind", "day").aggregate(due=due.due.sum())
    mine = some.filter(some.advisor.isin(list(who))).select(*cell, "advisor", "kind")
    mine = mine.join(theirs.drop("n", "rest_n"), [*cell, "advisor"])
    had = mine.group_by("kind", "day").aggregate(k=mine.count().cast("float64"))
    found: dict[int, Estimate | Unknown] = {}
    tables = [(name, each.to_pyarrow()) for name, each in (("due", due), ("k", had))]
    days = np.unique(np.concatenate([_ints(each, "day") for _, each in tables]))
    for kind in np.unique(_ints(tables[0][1], "kind")):
        sums = {}
        for name, each in tables:
            mine_ = _ints(each, "kind") == kind
            place = np.searchsorted(days, _ints(each, "day")[mine_])
            sums[name] = np.bincount(place, _floats(each, name)[mine_], len(days)).astype(
                np.float64
            )
        found[int(kind)] = _over_days(
            Replicates(sums=sums).estimate(
                lambda total: 1 - total["k"] / total["due"],
                unit="share",
                n=round(float(sums["due"].sum())),
                level=asked.level,
                most=1.0,
            )
        )
    return found


# ---------------------------------------------------------------- passed on, and promised


def _matched(table: ir.Table) -> ir.Table:
    """By advisor: how many were hit, beside the others with the same kind on the same day."""
    own = table.group_by("kind", "day", "advisor").aggregate(
        n=table.count().cast("float64"), k=_count(table.hit).cast("float64")
    )
    here = ibis.window(group_by=["kind", "day"])
    cells = own.mutate(every=own.n.sum().over(here), every_k=own.k.sum().over(here))
    n, every, k = cells.n, cells.every, cells.every_k
    less = ibis.ifelse(every > 1, every - 1, 1.0)
    wide = cells.select(
        "day",
        "advisor",
        "n",
        "k",
        weight=n * (every - n) / every,
        own=cells.k * (every - n) / every,
        others=(k - cells.k) * n / every,
        variance=n * (every - n) * k * (every - k) / (every * every * less),
    )
    names = ("n", "k", "weight", "own", "others", "variance")
    days = wide.group_by("day", "advisor").aggregate(**{name: wide[name].sum() for name in names})
    away = days.own - days.others
    return days.group_by("advisor").aggregate(
        **{name: days[name].sum() for name in names},
        yy=(away * away).sum(),
        yw=(away * days.weight).sum(),
        ww=(days.weight * days.weight).sum(),
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Hits:
    """One number for each advisor."""

    n: Floats
    k: Floats
    matched: Matched

    @classmethod
    def of(cls, table: ir.Table, advisors: int) -> _Hits:
        """Ask the engine."""
        found = _matched(table).to_pyarrow()
        at = _ints(found, "advisor")
        sums = {
            name: np.bincount(at, _floats(found, name), advisors).astype(np.float64)
            for name in found.column_names
            if name != "advisor"
        }
        weight = sums["weight"]
        more = np.divide(
            sums["own"] - sums["others"], weight, out=np.zeros_like(weight), where=weight > 0
        )
        by_day = sums["yy"] - 2 * more * sums["yw"] + more * more * sums["ww"]
        return cls(
            n=sums["n"],
            k=sums["k"],
            matched=Matched(
                weight=weight,
                own=sums["own"],
                others=sums["others"],
                variance=np.maximum(sums["variance"], by_day),
            ),
        )

    @property
    def others(self) -> Floats:
        """The others' share with the same kinds on the same days."""
        weight = self.matched.weight
        return np.divide(self.matched.others, weight, out=np.zeros_like(weight), where=weight > 0)

    def own(self, advisor: int, asked: _Asked) -> Estimate | Unknown:
        """The advisor's share."""
        return estimate.proportion(
            round(float(self.k[advisor])), round(float(self.n[advisor])), level=asked.level
        )


def _passing(scored: ir.Table, names: _Names, asked: _Asked) -> tuple[PassedOn, _Looked, _Hits]:
    """Are hard ones passed on within moments, and easy ones not?"""
    known = scored.filter(scored.recorded & scored.x.notnull())
    quick = known.mutate(hit=known.passed & (known.x < _QUICK * known.typical))
    hard = _Hits.of(quick.filter(quick.hard), len(names.ids))
    easy = _Hits.of(quick.filter(~quick.hard), len(names.ids))
    contacts, passed = round(float(hard.n.sum())), round(float(hard.k.sum()))
    least = min(asked.least_contacts, _FEWEST_HARD)
    told = standing(hard.matched, compared=hard.n >= least).p
    due_hard, due_easy = hard.n * hard.others, easy.n * easy.others
    due = due_hard + due_easy
    every = np.maximum(hard.n + easy.n, 1)
    part = np.where(due > 0, due_hard / np.where(due > 0, due, 1.0), hard.n / every)
    # The chance that so many of those passed on are hard, were it as with the others.
    picked = np.where(
        hard.k > 0, special.betainc(np.maximum(hard.k, 1), easy.k + 1, np.clip(part, 0, 1)), 1.0
    )
    looked = _Looked.of(np.maximum(told, picked))
    why_not = ""
    if not contacts:
        why_not = "no contact is known to be hard"
    elif math.isnan(looked.p_any):
        why_not = (
            f"fewer than five advisors have {least:,} hard contacts that can be compared with "
            "others' of the same day"
        )
    return (
        PassedOn(
            contacts=contacts,
            passed_on=passed,
            share=estimate.proportion(passed, contacts, level=asked.level),
            p=looked.p_any,
            stands_out=None,
            why_not=why_not,
        ),
        looked,
        hard,
    )


def _promising(
    scored: ir.Table, names: _Names, asked: _Asked, census: Mapping[str, int]
) -> tuple[Promises, _Looked, _Hits | None]:
    """Do quick contacts that were recorded as resolved come back as complaints?"""
    why_not = _no_promises(asked, census)
    if why_not:
        unknown = Unknown(unit="share", why=why_not, needs="complaints of known customers")
        return (
            Promises(
                within_s=asked.complaint_s,
                contacts=0,
                complaints=0,
                share=unknown,
                from_few=unknown,
                p=math.nan,
                stands_out=None,
                why_not=why_not,
            ),
            _Looked.nothing(len(names.ids)),
            None,
        )
    with kept(_began(scored)) as held:
        hits = _Hits.of(held, len(names.ids))
        told = standing(hits.matched, compared=hits.n >= asked.least_contacts).p
        looked = _Looked.of(np.maximum(told, _quicker(held, len(names.ids))))
    contacts, complaints = round(float(hits.n.sum())), round(float(hits.k.sum()))
    if math.isnan(looked.p_any):
        why_not = (
            f"fewer than five advisors have {asked.least_contacts:,} resolved contacts that can be "
            "compared with others' of the same day"
        )
    return (
        Promises(
            within_s=asked.complaint_s,
            contacts=contacts,
            complaints=complaints,
            share=estimate.proportion(complaints, contacts, level=asked.level),
            from_few=Unknown(unit="share", why="nobody stands out", needs="somebody who does"),
            p=looked.p_any,
            stands_out=None,
            why_not=why_not,
        ),
        looked,
        hits,
    )


def _began(scored: ir.Table) -> ir.Table:
    """Resolved contacts with which a matter began, and whether a complaint followed."""
    began = scored.filter(scored.resolved & scored.followed & ~scored.came & ~scored.linked)
    return began.mutate(hit=began.complained)


def _no_promises(asked: _Asked, census: Mapping[str, int]) -> str:
    if not asked.complaints:
        return "complaints are in the ledger's values, which were not given"
    if not census["resolved_told"]:
        return "the source does not say what was resolved"
    if not census["followed"]:
        return "no customer is known and was watched long enough"
    if not census["complaints"]:
        return "no complaint follows a contact of a known customer"
    return ""


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
    at = _ints(found, "hit"), _ints(found, "advisor")
    for i, name in enumerate(("n", "y", "yy")):
        sums[i][at] = _floats(found, name)
    n, y, yy = sums
    some = np.maximum(n, 2)
    mean = y / some
    variance = np.maximum(yy - some * mean * mean, 0) / (some - 1)
    error = np.sqrt((variance / some).sum(axis=0))
    t = np.divide(mean[1] - mean[0], error, out=np.zeros(advisors), where=error > 0)
    p = special.stdtr(np.minimum(some[0], some[1]) - 1, t)
    return np.where((n[1] >= _FEWEST_COMPLAINTS) & (n[0] >= _SOME), p, 1.0)


def _from_few(held: ir.Table, who: Sequence[int], asked: _Asked) -> Estimate | Unknown:
    """Of all complaints, those beyond the others' share that came from those who stand out."""
    if not who:
        return Unknown(unit="share", why="nobody stands out", needs="somebody who does")
    own = held.group_by("kind", "day", "advisor").aggregate(
        n=held.count().cast("float64"), k=_count(held.hit).cast("float64")
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
    sums = {name: _floats(found, name) for name in ("n", "k", "more")}
    return _over_days(
        Replicates(sums=sums).estimate(
            lambda total: total["more"] / total["k"],
            unit="share",
            n=round(float(sums["k"].sum())),
            level=asked.level,
            most=1.0,
        )
    )


# ---------------------------------------------------------------- the answer


def _answer(held: ir.Table, names: _Names, asked: _Asked, census: Mapping[str, int]) -> Shedding:
    why_nobody = _nobody(names, census)
    if why_nobody:
        return _nothing(names, asked, census, why_nobody)
    kinds = _Kinds.of(held, names)
    scored = _scored(held, kinds, names)
    why_not = _no_mix(names, kinds, census)
    with kept(_dealt(scored, kinds)) as dealt, kept(_cells(dealt)) as cells:
        set_out = _SetOut.of(dealt, cells, names, asked, why_not)
        passed_on, passing, hard = _passing(scored, names, asked)
        promises, promising, resolved = _promising(scored, names, asked, census)
        ways: dict[Way, _Looked] = {
            "mix": set_out.looked,
            "need": set_out.need,
            "passed_on": passing,
            "promises": promising,
        }
        known = [each.p_any for each in ways.values() if not math.isnan(each.p_any)]
        p = min(1.0, len(known) * min(known)) if known else math.nan
        shown = _shown(ways, asked)
        found = _mixed(dealt, cells, names, kinds, asked, set_out, stands_out=shown["mix"])
        passed_on = replace(passed_on, stands_out=shown["passed_on"])
        promises = replace(promises, stands_out=shown["promises"])
        if promises.stands_out:
            few = promising.found(asked.false_discoveries)
            promises = replace(promises, from_few=_from_few(_began(scored), few, asked))
        hits = {"passed_on": hard, "promises": resolved}
        needs = _needing(cells, set_out, asked, stands_out=shown["need"])
        for_roles = _for_roles(cells, found, ways, shown, hits, names, asked)
    when, days = found.when, found.days
    group = _Public(days=days, who=found.who)
    return Shedding(
        contacts=census["contacts"],
        left_out=set_out.left_out(census),
        mix=found.mix,
        reasons=found.reasons,
        needs=needs,
        passed_on=passed_on,
        promises=promises,
        p=p,
        stands_out=p <= asked.false_discoveries if known else None,
        why_not="" if known else (found.mix.why_not or promises.why_not),
        effect=found.mix.went_elsewhere,
        reads_s=group.reads_s(asked),
        without_s=group.without_s(asked),
        change=when.change,
        since=when.since,
        until=when.until,
        says=_says(found, needs, passed_on, promises),
        caveats=_caveats(found, census, asked),
        for_roles=for_roles,
    )


def _shown(ways: Mapping[Way, _Looked], asked: _Asked) -> dict[Way, bool | None]:
    """Which ways stand out, with little chance that any does where nothing goes on (Holm 1979)."""
    shown: dict[Way, bool | None] = dict.fromkeys(ways)
    order = sorted((each.p_any, way) for way, each in ways.items() if not math.isnan(each.p_any))
    so_far = True
    for place, (p, way) in enumerate(order):
        so_far = so_far and p <= asked.false_discoveries / (len(order) - place)
        shown[way] = so_far
    return shown


def _needing(cells: ir.Table, set_out: _SetOut, asked: _Asked, *, stands_out: bool | None) -> Needs:
    why_not = ""
    if not asked.needs:
        why_not = "the ledger's needs were not given"
    elif stands_out is None:
        why_not = set_out.why_not or "no contact is of a customer who is known to need support"
    why, needs = (
        why_not or "nobody stands out",
        "customers' needs" if why_not else "somebody who does",
    )
    elsewhere: Estimate | Unknown = Unknown(unit="share", why=why, needs=needs)
    if stands_out:
        days = _Days.of(_theirs(cells, set_out.need.found(asked.false_discoveries)))
        elsewhere = days.told(
            lambda total: 1 - total["need"] / total["due_need"], "share", asked, most=1.0
        )
    return Needs(
        went_elsewhere=elsewhere, p=set_out.need.p_any, stands_out=stands_out, why_not=why_not
    )


def _nobody(names: _Names, census: Mapping[str, int]) -> str:
    if not census["contacts"]:
        return "no contact was handled by an advisor"
    if not names.ids:
        return "no advisor is recorded, so nobody can be compared"
    if len(names.ids) == 1:
        return "one advisor handled all contacts: there is nobody to compare with"
    return ""


def _no_mix(names: _Names, kinds: _Kinds, census: Mapping[str, int]) -> str:
    if not any(names.reasons):
        return "no reason is recorded, so hard contacts cannot be told from easy ones"
    if not census["timed"]:
        return "no handle time is recorded, so hard reasons cannot be told from easy ones"
    if not np.nan_to_num(kinds.harder_s).any():
        return (
            "in no group do contacts have more than one reason, each with a handle time of its own"
        )
    return ""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _SetOut:
    """What was compared, and what each advisor's comparison came to."""

    why_not: str
    looked: _Looked
    need: _Looked
    across: Even
    beside: _Beside | None
    compared: int
    alone: int
    first: int
    last: int

    @classmethod
    def of(
        cls, dealt: ir.Table, cells: ir.Table, names: _Names, asked: _Asked, why_not: str
    ) -> _SetOut:
        """Ask the engine."""
        census = rows(
            cells.aggregate(
                n=cells.n.sum(),
                alone=ibis.ifelse(cells.n == cells.all_n, cells.n, 0.0).sum(),
                first=cells.day.min(),
                last=cells.day.max(),
            )
        )[0]
        nothing = _Looked.nothing(len(names.ids))
        beside, across, looked, need = None, _NOBODY, nothing, nothing
        if not why_not and not census["n"]:
            why_not = "every contact was sent to somebody by an earlier one"
        if not why_not:
            beside = _Beside.of(_by_day(cells), dealt, names)
            across, looked = _lighter(beside, "h", asked)
            if asked.needs:
                need = _lighter(beside, "need", asked)[1]
            if math.isnan(across.p):
                why_not = (
                    "no two advisors who are sent the same take contacts of one group and interval"
                )
            elif math.isnan(looked.p_any):
                why_not = (
                    f"fewer than five advisors have {asked.least_contacts:,} contacts that can be "
                    "compared with others' of the same interval"
                )
        return cls(
            why_not=why_not,
            looked=looked,
            need=need,
            across=across,
            beside=beside,
            compared=round(census["n"] or 0),
            alone=round(census["alone"] or 0),
            first=int(census["first"] or 0),
            last=int(census["last"] or 0),
        )

    def left_out(self, census: Mapping[str, int]) -> dict[str, int]:
        """Why contacts are not in the comparison."""
        dealt = census["contacts"] - census["no_advisor"] - census["no_reason"] - census["sent"]
        return {
            "no advisor recorded": census["no_advisor"],
            "no reason recorded": census["no_reason"],
            "sent to somebody by an earlier contact": census["sent"],
            "in weeks in which what an advisor is sent changed": dealt - self.compared,
            "no other advisor in the interval": self.alone,
        }


_NOBODY: Final = Even(
    p=math.nan, spread=math.nan, spread_low=math.nan, spread_high=math.nan, advisors=0
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Found:
    """What the mix came to."""

    mix: Mix
    who: tuple[int, ...]
    days: _Days | None
    when: _When
    reasons: tuple[Avoided, ...]


def _mixed(
    dealt: ir.Table,
    cells: ir.Table,
    names: _Names,
    kinds: _Kinds,
    asked: _Asked,
    set_out: _SetOut,
    *,
    stands_out: bool | None,
) -> _Found:
    beside, across = set_out.beside, set_out.across
    if beside is None:
        return _unmixed(set_out.why_not, kinds.routed)
    count = cells.filter(cells.n < cells.all_n).select("group", "pattern", "slot").distinct()
    who = set_out.looked.found(asked.false_discoveries) if stands_out else []
    days = _Days.of(_theirs(cells, who)) if who else None
    queues = _queues(beside, names, asked)
    uneven = [
        i for i, each in enumerate(queues)
        if (each.uneven or stands_out) and each.p <= asked.false_discoveries
    ]  # fmt: skip
    nobody = set_out.why_not or "nobody stands out"
    mix = Mix(
        contacts=set_out.compared - set_out.alone,
        advisors=across.advisors,
        cells=int(count.count().to_pyarrow().as_py()),
        dealt_p=across.p,
        uneven=None if math.isnan(across.p) else across.p <= asked.false_discoveries,
        spread_s=_spread(across, beside.total("n"), asked),
        p=set_out.looked.p_any,
        stands_out=stands_out,
        lighter_s=days.lighter_s(asked)
        if days
        else Unknown(unit="s", why=nobody, needs="somebody who does"),
        went_elsewhere=days.went_elsewhere(asked)
        if days
        else Unknown(unit="share", why=nobody, needs="somebody who does"),
        why_not=set_out.why_not,
        groups=queues,
        routed=kinds.routed,
        facts=_facts(beside, asked),
    )
    return _Found(
        mix=mix,
        who=tuple(who),
        days=days,
        when=days.changed(set_out.first, set_out.last, asked) if days else _NEVER,
        reasons=_avoided(cells, dealt, uneven, who, beside, names, kinds, asked),
    )


def _unmixed(why_not: str, routed: tuple[Routed, ...]) -> _Found:
    def unknown(unit: Unit) -> Unknown:
        return Unknown(unit=unit, why=why_not, needs="several advisors, and reasons")

    return _Found(
        mix=Mix(
            contacts=0,
            advisors=0,
            cells=0,
            dealt_p=math.nan,
            uneven=None,
            spread_s=unknown("s"),
            p=math.nan,
            stands_out=None,
            lighter_s=unknown("s"),
            went_elsewhere=unknown("share"),
            why_not=why_not,
            groups=(),
            routed=routed,
            facts=(),
        ),
        who=(),
        days=None,
        when=_NEVER,
        reasons=(),
    )


def _nothing(names: _Names, asked: _Asked, census: Mapping[str, int], why_not: str) -> Shedding:
    """Nobody can be compared."""
    unknown_s = Unknown(unit="s", why=why_not, needs="several advisors")
    unknown = Unknown(unit="share", why=why_not, needs="several advisors")
    dealt = census["contacts"] - census["no_advisor"] - census["no_reason"] - census["sent"]
    return Shedding(
        contacts=census["contacts"],
        left_out={
            "no advisor recorded": census["no_advisor"],
            "no reason recorded": census["no_reason"],
            "sent to somebody by an earlier contact": census["sent"],
            "no other advisor in the interval": dealt,
        },
        mix=_unmixed(why_not, ()).mix,
        reasons=(),
        needs=Needs(went_elsewhere=unknown, p=math.nan, stands_out=None, why_not=why_not),
        passed_on=PassedOn(
            contacts=0, passed_on=0, share=unknown, p=math.nan, stands_out=None, why_not=why_not
        ),
        promises=Promises(
            within_s=asked.complaint_s,
            contacts=0,
            complaints=0,
            share=unknown,
            from_few=unknown,
            p=math.nan,
            stands_out=None,
            why_not=why_not,
        ),
        p=math.nan,
        stands_out=None,
        why_not=why_not,
        effect=unknown,
        reads_s=unknown_s,
        without_s=unknown_s,
        change=unknown_s,
        since=None,
        until=None,
        says=f"Whether hard cases are shed cannot be told: {why_not}.",
        caveats=(),
        for_roles=ForRoles(advisors=(), tested=0, left_out=len(names.ids)),
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Public:
    """Handle time of those who stand out, of three people or more: of fewer it would point."""

    days: _Days | None
    who: tuple[int, ...]

    def reads_s(self, asked: _Asked) -> Estimate | Unknown:
        """As it was recorded."""
        return self._told(lambda total: total["x"] / total["timed"], asked)

    def without_s(self, asked: _Asked) -> Estimate | Unknown:
        """With the others' mix."""
        return self._told(
            lambda total: total["x"] / total["timed"] + total["lighter"] / total["n"], asked
        )

    def _told(self, figure: Any, asked: _Asked) -> Estimate | Unknown:
        if self.days is None:
            return Unknown(unit="s", why="nobody stands out", needs="somebody who does")
        if len(self.who) < _FEW_PEOPLE:
            return Unknown(
                unit="s",
                why="it is about fewer than three people, and is theirs to see",
                needs="the part for their roles",
            )
        return self.days.told(figure, "s", asked)


_FEW_PEOPLE: Final = 3


def _for_roles(
    cells: ir.Table,
    found: _Found,
    ways: Mapping[Way, _Looked],
    ways_shown: Mapping[Way, bool | None],
    hits: Mapping[str, _Hits | None],
    names: _Names,
    asked: _Asked,
) -> ForRoles:
    """Those who stand out in any way, in the order of their ids."""
    every = np.stack([each.p for each in ways.values()])
    across = controlled(every.ravel(), level=asked.false_discoveries)
    adjusted = across.adjusted.reshape(every.shape)
    there = np.array([bool(ways_shown[way]) for way in ways])
    shown = across.found.reshape(every.shape) & there[:, None]
    tested = int(np.isfinite(every).any(axis=0).sum())
    who = np.flatnonzero(shown.any(axis=0)).tolist()
    left_out = len(names.ids) - tested
    if not who:
        return ForRoles(advisors=(), tested=tested, left_out=left_out)
    # Nobody is a yardstick who stands out as well.
    apart = sorted({*who, *found.who})
    days = _Days.of(_theirs(cells, apart))
    span = rows(
        cells.filter(cells.advisor.isin(who))
        .group_by("advisor")
        .aggregate(first=cells.day.min(), last=cells.day.max(), n=cells.n.sum())
    )
    spans = {int(row["advisor"]): row for row in span}
    whole = rows(cells.aggregate(first=cells.day.min(), last=cells.day.max()))[0]
    order: list[Way] = list(ways)
    made = []
    for i in who:
        mine = days.only([i])
        aspects = []
        for row, way in enumerate(order):
            if not shown[row, i]:
                continue
            own, others = _beside_others(way, i, mine, hits, asked)
            aspects.append(
                Aspect(way=way, own=own, others=others, p_adjusted=float(adjusted[row, i]))
            )
        light = any(each.way == "mix" for each in aspects)
        when = mine.changed(int(whole["first"]), int(whole["last"]), asked) if light else _NEVER
        at = spans.get(i, {"first": whole["first"], "last": whole["last"], "n": 0})
        made.append(
            AdvisorsWork(
                advisor_id=names.ids[i],
                first_day=dt.date.fromordinal(int(at["first"]) + 1),
                last_day=dt.date.fromordinal(int(at["last"]) + 1),
                contacts=round(float(at["n"])),
                aspects=tuple(aspects),
                lighter_s=mine.lighter_s(asked)
                if light
                else Unknown(unit="s", why="it does not stand out", needs="a mix that does"),
                since=when.since,
                until=when.until,
            )
        )
    return ForRoles(advisors=tuple(made), tested=tested, left_out=left_out)


def _beside_others(
    way: Way, advisor: int, days: _Days, hits: Mapping[str, _Hits | None], asked: _Asked
) -> tuple[Estimate | Unknown, float]:
    """The advisor's share, and that of the others in the same cells."""
    told = hits.get(way)
    if told is not None:
        return told.own(advisor, asked), float(told.others[advisor])
    column = "hard" if way == "mix" else "need"
    n = float(days.sums["n"].sum())
    others = float(days.sums[f"due_{column}"].sum()) / n if n else math.nan
    return days.told(lambda total: total[column] / total["n"], "share", asked, most=1.0), others


# ---------------------------------------------------------------- words


def _says(found: _Found, needs: Needs, passed_on: PassedOn, promises: Promises) -> str:
    mix, said = found.mix, []
    if mix.why_not:
        said.append(f"Whether hard contacts reach everybody alike cannot be told: {mix.why_not}.")
    elif mix.stands_out:
        said.append(
            "Hard contacts do not reach everybody alike: some get lighter work than all the others "
            "in the same queue and interval."
        )
        if isinstance(mix.went_elsewhere, Estimate):
            said.append(
                f"Of the hard contacts that chance would have brought them, "
                f"{mix.went_elsewhere.says()} went elsewhere."
            )
        if found.when.since:
            said.append(f"It began about {found.when.since.likeliest}.")
        if found.when.until:
            said.append(f"It ended about {found.when.until.likeliest}.")
    elif mix.uneven:
        said.append(
            "Hard contacts do not reach everybody alike, and nobody stands apart from the rest. "
            "Either a rule sends them so, or many let them pass: that cannot be told from here."
        )
    else:
        said.append("Hard contacts reach everybody alike, as far as chance lets one see.")
    if needs.stands_out:
        said.append("Some get fewer customers who need support than all the others do.")
    if passed_on.stands_out:
        said.append("Some pass hard contacts on within moments, and keep the easy ones.")
    if promises.stands_out:
        said.append(
            "Quick contacts that were recorded as resolved come back as complaints, from few hands "
            "far oftener than from others."
        )
        if isinstance(promises.from_few, Estimate):
            said.append(
                f"Of complaints after resolved contacts, {promises.from_few.says()} are beyond "
                "what the mix explains."
            )
    return " ".join(said)


def _caveats(found: _Found, census: Mapping[str, int], asked: _Asked) -> tuple[str, ...]:
    said = [
        "Uneven work is no proof that anybody avoids anything: routing rules, skills and the rota "
        "make work uneven as well. Ask who decides what is sent to whom."
    ]
    routed = found.mix.routed
    if routed:
        count = len(routed)
        said.append(
            f"{count} reason{'s are' if count > 1 else ' is'} never sent to some advisors, who are "
            "compared among themselves: that is taken for work sent by skill."
        )
    if census["contacts"] and census["no_reason"] > 0.05 * census["contacts"]:
        said.append(
            f"{100 * census['no_reason'] / census['contacts']:.0f} in 100 contacts have no reason "
            "recorded. If those are the hard ones, what is told here is not all."
        )
    if asked.complaints and found.mix.facts and not census["followed"]:
        said.append("No customer is known, so what came of a contact cannot be seen.")
    said.append("If everybody sheds hard cases alike, no comparison of advisors can show it.")
    return tuple(said)
