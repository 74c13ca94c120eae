"""Outcomes: what became of contacts, as far as the source says so or customers show it.

A nought that may be a blank is no nought: where not one hand-over, not one reopening or only good
marks were recorded, it is said that this cannot be told.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import ibis
import ibis.expr.types as ir

from andon.answer import Answer, Group, in_order
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.ledger.coverage import Observed, observed
from andon.ledger.durations import SERVED_THERE
from andon.ledger.periods import with_groups
from andon.ledger.sums import rows
from andon.metrics.doubt import Bools, Crossed, Flag, Fraction, Ints, crossed_sums, day_of
from andon.metrics.parts import Part
from andon.units import DAY_S, US

__all__ = ["Outcomes", "outcomes"]

_NO: Final = 0
_YES: Final = 1
_BLANK: Final = 2
"""It counts, but the source says nothing of it."""
_HANDOVER_US: Final = 120 * US
"""A linked contact that begins so soon after the end of the one before took over from it."""
_OPEN: Final = 0.05
"""Where more are without an answer yet, the mean of those answered tells too good a tale."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcomes:
    """What became of contacts.

    Cases are contacts on channels where nobody stays to be served: case, email, messaging, social.

    Attributes
    ----------
    window_s : float
        How long after a contact returns, reopenings and complaints are looked for, seconds.
        Contacts that were not watched for so long are left out of what is counted by it.
    passed_on : Part
        Passed on at least once, of contacts that people handled and whose transfers are recorded.
    resolved : Part
        Marked as resolved, of served contacts that carry a mark.
    contained : Part
        Ended without a person, of sessions with a bot that are over; whoever left is contained too.
    net_contained : Part
        Served by the bot alone, not marked as unresolved, and no contact of that customer on any
        channel within the window; of sessions of known customers.
    reopened : Part
        Named by a later contact, not sooner than two minutes after their end, within the window; of
        closed cases.
    complained : Part
        Followed by a complaint of that customer within the window and before the next contact; of
        all contacts of known customers, served or not.
    closed_in_time : Part
        Closed within the promised time, of cases for which that time has passed.
    first_response_s : Estimate or Unknown
        Mean time from the customer's message to the first answer by a person, of cases answered.
    answered, waiting : int
        Cases answered by a person, and cases that are open and have had no answer yet.
    """

    window_s: float
    passed_on: Part
    resolved: Part
    contained: Part
    net_contained: Part
    reopened: Part
    complained: Part
    closed_in_time: Part
    first_response_s: Estimate | Unknown
    answered: int
    waiting: int


def outcomes(
    contacts: ir.Table,
    *,
    values: ir.Table | None = None,
    by: Sequence[str] = (),
    window_s: float = 7 * DAY_S,
    close_within_s: float | None = None,
    seen: Observed | None = None,
    level: float = 0.95,
) -> Answer[Outcomes]:
    """What became of contacts: passed on, resolved, contained, opened again, complained about?

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts; may be empty.
    values : ibis.Table, optional
        The ledger's, for complaints.
    by : sequence of str
        Groups to answer for as well, from :data:`andon.ledger.periods.GROUPS`. What follows counts
        in the group of the contact that it followed.
    window_s : float
        How long after a contact to look for returns, reopenings and complaints, seconds, above 0.
    close_within_s : float, optional
        The time within which cases are promised to be closed, seconds, above 0.
    seen : Observed, optional
        The time that was seen; found from the contacts if left out.
    level : float
        Of the intervals, above 0 and below 1.

    Returns
    -------
    Answer of Outcomes

    Raises
    ------
    QuestionError
        If ``by`` names something that contacts cannot be grouped by, or a time is not above 0.

    Notes
    -----
    Units of doubt are the customer and the day (:mod:`andon.metrics.doubt`). Complaints are looked
    for after contacts from the first complaint of the ledger on, and not where complaints stop
    coming in although contacts go on.
    """
    for name, length_s in (("window_s", window_s), ("close_within_s", close_within_s)):
        if length_s is not None and not (length_s > 0 and math.isfinite(length_s)):
            raise QuestionError(
                "What follows needs time to follow.",
                found=f"{name}: {length_s!r}",
                todo=f"Use {name}=7 * 86400 for a week.",
            )
    asked = _Asked(
        window_us=round(window_s * US),
        close_us=None if close_within_s is None else round(close_within_s * US),
        seen=observed(contacts) if seen is None else seen,
    )
    spine = _spine(with_groups(contacts, by), values, by, asked).cache()
    found = crossed_sums(
        spine,
        {
            **{name: Fraction(top=f"{name}_yes", bottom=f"{name}_all") for name in _SHARES},
            "first_response": Fraction(top="answer_yes", bottom="answer_yes", amount="answer_s"),
        },
        classes={name: spine[name] for name in (*_SHARES, "answer")},
        flags={
            flag: test
            for name in (*_SHARES, "answer")
            for flag, test in (
                (f"{name}_all", _is(name, _NO, _YES)),
                (f"{name}_yes", _is(name, _YES)),
                (f"{name}_blank", _is(name, _BLANK)),
            )
        },
        amounts={"answer_s": spine.answer_s},
        by=by,
    )
    gaps = _gaps(found[()], close_within_s, values)
    results = {
        scope: _result(each, gaps, window_s=window_s, level=level) for scope, each in found.items()
    }
    return Answer(
        overall=results[()],
        groups=tuple(Group(scope, results[scope]) for scope in in_order(s for s in results if s)),
    )


_SHARES: Final = (
    "passed_on",
    "resolved",
    "contained",
    "net_contained",
    "reopened",
    "complained",
    "closed_in_time",
)


def _is(name: str, *numbers: int) -> Flag:
    def holds(classes: Mapping[str, Ints]) -> Bools:
        told: Bools = classes[name] == numbers[0]
        for number in numbers[1:]:
            told = told | (classes[name] == number)
        return told

    return holds


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """How the question was put."""

    window_us: int
    close_us: int | None
    seen: Observed


# --- what the engine tells of each contact -------------------------------------------------------


def _spine(
    grouped: ir.Table, values: ir.Table | None, by: Sequence[str], asked: _Asked
) -> ir.Table:
    """Each contact with what became of it: for each share no, yes, not said, or null."""
    people = ibis.coalesce(grouped.handled_by, "advisor") != "bot"
    bot = (grouped.channel == "bot") | grouped.handled_by.isin(("bot", "both"))
    lean = grouped.select(
        "customer_key",
        *by,
        key=grouped.contact_key,
        id=grouped.contact_id,
        at=grouped.arrived_us,
        end=grouped.ended_us,
        local_day=day_of(grouped),
        ended=grouped.outcome != "open",
        handled=grouped.outcome == "handled",
        served=grouped.outcome.isin(("handled", "self_served")),
        by_people=(grouped.outcome == "handled") & people,
        case=~grouped.channel.isin((*SERVED_THERE, "bot")),
        session=ibis.coalesce(bot, ibis.literal(value=False)),
        with_person=ibis.coalesce(
            grouped.handled_by.isin(("advisor", "both")) | grouped.advisor_id.notnull(),
            ibis.literal(value=False),
        ),
        is_open=grouped.outcome == "open",
        mark=grouped.resolved,
        times=grouped.transfers,
        answered=grouped.answered_us,
        previous=grouped.previous_contact_id,
    )
    told = _complained(_linked(_next(lean, asked), lean, asked), lean, values, asked)
    return _classes(told, by, asked)


def _next(lean: ir.Table, asked: _Asked) -> ir.Table:
    """With the same customer's next contact, and how long each was watched."""
    order = ibis.window(group_by="customer_key", order_by=["at", "key"])
    follows = lean["at"].lead().over(order)
    known = lean.customer_key.notnull()
    return lean.mutate(
        next_at=ibis.ifelse(known, follows, ibis.null("int64")),
        ahead=asked.seen.ahead_us(lean["at"]),
        ahead_of_end=ibis.ifelse(
            lean.end.notnull(), asked.seen.ahead_us(ibis.coalesce(lean.end, lean["at"])), -1
        ),
    )


def _linked(told: ir.Table, lean: ir.Table, asked: _Asked) -> ir.Table:
    """With whether a person took over, and whether it was opened again."""
    (links,) = rows(lean.aggregate(n=lean.previous.count()))
    if not links["n"]:
        nobody = ibis.literal(value=False)
        return told.mutate(taken_over=nobody, again=nobody)
    later = lean.filter(lean.previous.notnull())
    later = later.select(names="previous", later_at="at", person=~later.session | later.with_person)
    parents = lean.select("id", "end")
    both = later.join(parents, later.names == parents.id)
    gap = both.later_at - both.end
    soon = ibis.coalesce(gap.abs() <= _HANDOVER_US, ibis.literal(value=True))
    again = ibis.coalesce(
        (gap > _HANDOVER_US) & (gap <= asked.window_us), ibis.literal(value=False)
    )
    each = both.group_by("names").aggregate(
        took=(soon & both.person).cast("int32").max(), again=again.cast("int32").max()
    )
    joined = told.left_join(each, told.id == each.names)
    return joined.mutate(
        taken_over=ibis.coalesce(joined.took, 0) == 1, again=ibis.coalesce(joined.again, 0) == 1
    ).drop("names", "took")


def _complained(told: ir.Table, lean: ir.Table, values: ir.Table | None, asked: _Asked) -> ir.Table:
    """With whether a complaint followed, where complaints were recorded all the while."""
    nobody = ibis.literal(value=False)
    if values is None:
        return told.mutate(complained=nobody, complaints_seen=nobody)
    mine = values.filter(values.kind == "complaint")
    time = observed(mine.select(arrived_us=mine.happened_us, local_arrived_us=mine.happened_us))
    if time.first_us is None or time.last_us is None:
        return told.mutate(complained=nobody, complaints_seen=nobody)
    until = asked.seen.last_us or time.last_us
    # A feed that stopped is a blank; a quiet week at the end is none.
    usual = time.contacts / max(time.seconds, float(DAY_S))
    stopped = (until - time.last_us) / US * usual >= _SURPRISE
    time = replace(time, last_us=time.last_us if stopped else max(until, time.last_us))
    known = mine.filter(mine.customer_key.notnull())
    known = known.select(whose=known.customer_key, when=known.happened_us)
    theirs = lean.filter(lean.customer_key.notnull())
    pairs = theirs.select("key", "customer_key", "at").join(
        known, theirs.customer_key == known.whose
    )
    near = pairs.filter((pairs.when >= pairs["at"]) & (pairs.when - pairs["at"] <= asked.window_us))
    # A complaint is about the last contact before it.
    last = near.group_by("whose", "when").aggregate(last_at=near["at"].max())
    last = last.select("whose", "last_at").distinct()
    joined = told.left_join(last, (told.customer_key == last.whose) & (told["at"] == last.last_at))
    return joined.mutate(
        complained=joined.whose.notnull(),
        complaints_seen=time.ahead_us(joined["at"]) >= asked.window_us,
    ).drop("whose", "last_at")


_SURPRISE: Final = 10.0
"""So many complaints are not missed by chance."""


def _classes(told: ir.Table, by: Sequence[str], asked: _Asked) -> ir.Table:
    known = told.customer_key.notnull()
    watched = told.ahead >= asked.window_us
    session = told.session & told.ended
    alone = ~(told.with_person | (ibis.coalesce(told.times, 0) > 0) | told.taken_over)
    settled = alone & told.served & ibis.coalesce(told.mark, ibis.literal(value=True))
    silent = ibis.coalesce(told.next_at - told["at"] > asked.window_us, ibis.literal(value=True))
    took_s = (told.answered - told["at"]).cast("float64") / US
    by_a_person = told.case & told.by_people
    answered = by_a_person & (took_s >= 0)
    waits = told.case & told.is_open & told.answered.isnull()
    if asked.close_us is None:
        in_time: ir.Value = ibis.null("int16")
    else:
        in_time = _yes_or_no(
            told.case & (told.handled | told.is_open) & (told.ahead >= asked.close_us),
            told.handled & (told.end - told["at"] <= asked.close_us),
        )
    return told.select(
        "customer_key",
        "local_day",
        *by,
        passed_on=_yes_or_no(told.by_people & told.times.notnull(), told.times > 0),
        resolved=ibis.cases(
            (~told.served, ibis.null("int16")),
            (told.mark.isnull(), ibis.literal(_BLANK, type="int16")),
            (told.mark, ibis.literal(_YES, type="int16")),
            else_=ibis.literal(_NO, type="int16"),
        ),
        contained=_yes_or_no(session, alone),
        net_contained=_yes_or_no(session & known & watched, settled & silent),
        reopened=_yes_or_no(
            told.case & told.handled & (told.ahead_of_end >= asked.window_us), told.again
        ),
        complained=_yes_or_no(known & watched & told.complaints_seen, told.complained),
        closed_in_time=in_time,
        answer=ibis.cases(
            (answered, ibis.literal(_YES, type="int16")),
            (waits, ibis.literal(_BLANK, type="int16")),
            else_=ibis.null("int16"),
        ),
        answer_s=ibis.ifelse(answered, took_s, 0.0),
    )


def _yes_or_no(counts: ir.BooleanValue, yes: ir.BooleanValue) -> ir.IntegerValue:
    told: ir.IntegerValue = ibis.cases(
        (~ibis.coalesce(counts, ibis.literal(value=False)), ibis.null("int16")),
        (ibis.coalesce(yes, ibis.literal(value=False)), ibis.literal(_YES, type="int16")),
        else_=ibis.literal(_NO, type="int16"),
    )
    return told


# --- from sums to the answer ---------------------------------------------------------------------

_NONE: Final[Mapping[str, tuple[str, str]]] = {
    "passed_on": (
        "no contact says how often it was passed on",
        "transfers, for contacts that people handled",
    ),
    "resolved": ("no contact is marked as resolved or not", "the source's own mark"),
    "contained": ("no session with a bot is in the ledger", "contacts that a bot served"),
    "net_contained": (
        "no session with a bot, of a customer we know, was watched for long enough",
        "customer ids on sessions with a bot, and more days",
    ),
    "reopened": (
        "no case (case, email, messaging, social) was closed and watched for long enough",
        "cases with an end, and more days",
    ),
    "complained": (
        "complaints were not recorded while customers whom we know were watched",
        "complaints with customer ids, in the ledger's values",
    ),
    "closed_in_time": (
        "no case (case, email, messaging, social) is older than its promised time",
        "cases with an end, and more days",
    ),
}
"""Why there is no share where nothing counts, and what it would take."""


def _gaps(
    overall: Crossed, close_within_s: float | None, values: ir.Table | None
) -> Mapping[str, Unknown]:
    """What cannot be told of any group, because what looks like a nought may be a blank."""
    counts = overall.counts
    gaps = {}
    if counts["contained_all"] and counts["contained_yes"] == counts["contained_all"]:
        gaps["contained"] = Unknown(
            unit="share",
            why="not one session with a bot is recorded as passed on to a person",
            needs="hand-overs from the bot: who handled each session, or links to it",
        )
    if counts["reopened_all"] and not counts["reopened_yes"]:
        gaps["reopened"] = Unknown(
            unit="share",
            why="not one case is recorded as opened again: none was, or it is not written down",
            needs="reopenings, as contacts that name the case before",
        )
    if counts["resolved_blank"] and 0 < counts["resolved_all"] == counts["resolved_yes"]:
        gaps["resolved"] = Unknown(
            unit="share",
            why="only what is resolved is marked",
            needs="a mark on contacts that are not resolved as well",
        )
    if close_within_s is None:
        gaps["closed_in_time"] = Unknown(
            unit="share",
            why="nobody says how soon a case is promised to be closed",
            needs="the promised time: standards.close_within_h in andon.yaml",
        )
    if values is None:
        gaps["complained"] = Unknown(
            unit="share",
            why="no complaints are in the ledger",
            needs="complaints with customer ids, in the ledger's values",
        )
    return gaps


def _result(
    found: Crossed, gaps: Mapping[str, Unknown], *, window_s: float, level: float
) -> Outcomes:
    def part(name: str) -> Part:
        counts = found.counts
        n = counts[f"{name}_all"]
        none = name == "net_contained" and not counts["contained_all"]
        why, needs = _NONE["contained" if none else name]
        share: Estimate | Unknown = Unknown(unit="share", why=why, needs=needs)
        if name in gaps:
            share = gaps[name]
        elif n:
            share = found.ratios[name].share(level=level)
        return Part(count=counts[f"{name}_yes"], out_of=n, share=share)

    answered, waiting = found.counts["answer_yes"], found.counts["answer_blank"]
    return Outcomes(
        window_s=window_s,
        passed_on=part("passed_on"),
        resolved=part("resolved"),
        contained=part("contained"),
        net_contained=part("net_contained"),
        reopened=part("reopened"),
        complained=part("complained"),
        closed_in_time=part("closed_in_time"),
        first_response_s=_first_response(found, answered, waiting, level),
        answered=answered,
        waiting=waiting,
    )


def _first_response(
    found: Crossed, answered: int, waiting: int, level: float
) -> Estimate | Unknown:
    if not answered:
        return Unknown(
            unit="s",
            why="no case (case, email, messaging, social) is recorded as answered by a person",
            needs="when each case was first answered",
        )
    if waiting > _OPEN * (answered + waiting):
        share = waiting / (answered + waiting)
        return Unknown(
            unit="s",
            why=f"{share * 100:.0f} in 100 have had no answer yet, and the mean would hide them",
            needs="their answers, or an earlier period",
        )
    return found.ratios["first_response"].mean(unit="s", level=level, at_least=0.0)
