"""Measures: what each one is good for, how it is bent, and which twin keeps it honest.

Every measure is a row of :data:`MEASURES`; the page ``docs/reference/goal-yaml.md`` is written from
them. Nothing here is about a person: a row says what a number invites anybody to do.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from andon.goodhart.signatures import SignatureKey
from andon.units import Unit, spoken

__all__ = ["MEASURES", "Better", "Measure", "bent_as", "measure_named"]

Better = Literal["lower", "higher", "neither"]
"""Which way is better for customers and operation alike; neither: it has a sound place, and both
ways from there do harm."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Measure:
    """One measure that people set targets on.

    Attributes
    ----------
    key : str
        What a goal's file calls it.
    says : str
        What it measures, as a part of a sentence.
    names : tuple of str
        What else people call it.
    unit : Unit
    better : str
        lower, higher or neither.
    bends : str
        ``easily`` where one can move it without any customer being better off, else ``hardly``.
    bent_by : mapping of str to str
        How: the signature, and what is done.
    twins : mapping of str to str
        Measures that worsen when this one is bent, and why they tell.
    customer, organisation : str
        What each has from a move in the better direction; for ``neither``, from any move.
    both_gain : bool
        Whether both gain when the measure moves honestly.
    better_goal : str
        What to aim at instead, or how to shape the goal.
    ledger : str
        Where the ledger holds it; empty where it does not.
    scale : tuple of float, optional
        The least and the most that it can be, in ``unit``.
    of : str
        What follows a value: ``"of 5 stars"``.
    pace : bool
        Whether it is about how fast people work.
    ours : bool
        Whether the operation can move all of it by its own work.
    """

    key: str
    says: str
    names: tuple[str, ...]
    unit: Unit
    better: Better
    bends: Literal["easily", "hardly"]
    bent_by: Mapping[SignatureKey, str]
    twins: Mapping[str, str]
    customer: str
    organisation: str
    both_gain: bool
    better_goal: str
    ledger: str = ""
    scale: tuple[float, float] | None = None
    of: str = field(default="")
    pace: bool = False
    ours: bool = True

    def shown(self, value: float) -> str:
        """A value of this measure as people say it.

        >>> measure_named("handle_time").shown(270.0), measure_named("stars").shown(4.5)
        ('4 min 30 s', '4.5 of 5 stars')
        """
        said = spoken(value, self.unit)
        return f"{said} {self.of}" if self.of else said


_SHARE: Final = (0.0, 1.0)

_ROWS: Final = (
    Measure(
        key="handle_time",
        says="mean handle time",
        names=("aht", "average handle time", "average handling time", "handling time", "talk time"),
        unit="s",
        better="neither",
        bends="easily",
        bent_by={
            "short_contacts": "contacts are cut short to pull the mean down",
            "passing_on": "long matters are passed on before they count",
            "shedding": "hard matters are avoided",
            "parked_work": "work moves to where no clock runs",
            "bunching": "contacts end just under the limit",
        },
        twins={
            "recontact": "who was not helped comes back, and the second contact looks like work",
            "fcr": "a matter cut in two counts as two quick contacts",
            "transfers": "passing on ends a long contact",
            "complaints": "haste is paid for later, and elsewhere",
        },
        customer="less time in each contact, more contacts where the matter is not settled",
        organisation="less work in each contact, more contacts where the matter is not settled",
        both_gain=False,
        better_goal=(
            "Aim at fewer contacts for each matter, and let handle time be a figure for planning. "
            "Take away what makes contacts long: slow systems, missing rights, unclear letters."
        ),
        ledger="contacts: talk_s, hold_s, wrapup_s",
        pace=True,
    ),
    Measure(
        key="contacts_per_hour",
        says="contacts handled per hour and advisor",
        names=("calls per hour", "cases per hour", "tickets per day", "productivity", "throughput"),
        unit="per_h",
        better="neither",
        bends="easily",
        bent_by={
            "short_contacts": "contacts are cut short so that more fit into the hour",
            "closing_early": "one matter is split, and each part counts",
            "shedding": "quick matters are taken first",
            "passing_on": "a matter passed on counts for two people",
        },
        twins={
            "recontact": "the same customer again counts as more output",
            "fcr": "only a settled matter is output",
            "quality_score": "haste shows in what was said",
        },
        customer="nothing by itself; a contact is what customers would rather not need",
        organisation="more contacts handled; whether fewer are needed, it does not say",
        both_gain=False,
        better_goal=(
            "Count settled matters, not contacts: fewer contacts for each matter, at the same pace."
        ),
        pace=True,
    ),
    Measure(
        key="occupancy",
        says="occupancy (the share of time at work spent on contacts)",
        names=("utilisation", "utilization", "busy time"),
        unit="share",
        better="neither",
        bends="easily",
        bent_by={
            "parked_work": "people stay in wrap-up or on hold, and so look busy",
            "twins_parting": "waits grow as idle minutes go, and patience ends",
        },
        twins={
            "wait": "the idle minutes are what let the next customer through at once",
            "abandonment": "who waits too long gives up",
            "service_level": "a busy team has nobody free when customers come at once",
        },
        customer="longer waits, for somebody must be free to serve them at once",
        organisation="fewer idle hours, less room for a busy day, tired people",
        both_gain=False,
        better_goal=(
            "Promise customers a wait, and let occupancy follow from it. It rises by pooling "
            "queues and by work that can wait, not by asking people to be busier."
        ),
        ledger="staffing, and contacts: talk_s, hold_s, wrapup_s",
        scale=_SHARE,
        pace=True,
    ),
    Measure(
        key="adherence",
        says="adherence to the schedule",
        names=("schedule adherence", "conformance"),
        unit="share",
        better="neither",
        bends="easily",
        bent_by={
            "short_contacts": "a contact is ended because the break begins",
            "parked_work": "the right state is set, whatever is being done",
        },
        twins={
            "recontact": "a contact ended by the clock is a contact again",
            "wait": "what the schedule is there for",
        },
        customer="somebody is there when many come; or is gone in the middle of their matter",
        organisation="plans that come true, if the plan was right",
        both_gain=False,
        better_goal=(
            "Promise customers a wait, and let people finish a contact before their break. "
            "Question the schedule where many cannot keep it."
        ),
        scale=_SHARE,
    ),
    Measure(
        key="service_level",
        says="the share answered in time",
        names=("sl", "80/20", "answered in time", "answer rate in time", "grade of service"),
        unit="share",
        better="higher",
        bends="easily",
        bent_by={
            "bunching": "calls are answered just in time, those already late wait on",
            "silent_targets": "those who give up early are not counted",
            "around_a_date": "hours with many waits are left out of the count",
            "parked_work": "calls are answered, then put on hold",
        },
        twins={
            "wait": "the mean wait counts those already late as well",
            "abandonment": "who gives up in time is not answered in time",
            "recontact": "answering fast is easy where contacts are cut short",
        },
        customer="most get through quickly; it says nothing of the others",
        organisation="fewer who give up and try again",
        both_gain=True,
        better_goal=(
            "Promise a wait that 95 in 100 do not exceed, count everybody who came, and look at "
            "the longest waits."
        ),
        ledger="contacts: queued_at, answered_at, ended_at, outcome",
        scale=_SHARE,
    ),
    Measure(
        key="wait",
        says="the mean wait of all who came",
        names=("asa", "average speed of answer", "waiting time", "mean wait"),
        unit="s",
        better="lower",
        bends="hardly",
        bent_by={
            "silent_targets": "customers are sent away before they can wait",
            "parked_work": "they are answered, then put on hold",
            "short_contacts": "contacts are cut short to be free for the next",
        },
        twins={
            "recontact": "waits fall at once when contacts are cut short, until customers return",
            "abandonment": "who gives up early waits little",
            "handle_time": "more haste is the cheapest way to answer sooner",
        },
        customer="less of their own time lost",
        organisation="fewer who give up and try again",
        both_gain=True,
        better_goal="Keep it, with those who gave up counted in, and the longest waits beside it.",
        ledger="contacts: queued_at, answered_at, ended_at, outcome",
    ),
    Measure(
        key="abandonment",
        says="the share who give up in the queue",
        names=("abandon rate", "abandonment rate", "lost calls", "hang-ups"),
        unit="share",
        better="lower",
        bends="easily",
        bent_by={
            "silent_targets": "customers are turned away, or diverted, before the queue",
            "twins_parting": "more who gave up try again, each time a new caller",
            "around_a_date": "the limit for a short abandon is moved",
        },
        twins={
            "retrials": "who gave up and tries again was not served in between",
            "wait": "people wait longer where they have no other way",
            "complaints": "who was turned away says so elsewhere",
        },
        customer="fewer wait in vain",
        organisation="fewer try again",
        both_gain=True,
        better_goal=(
            "Count everybody who wanted to get through, also those turned away before the queue, "
            "and how many try again."
        ),
        ledger="contacts: queued_at, ended_at, outcome",
        scale=_SHARE,
    ),
    Measure(
        key="fcr",
        says="the share of matters settled in one contact",
        names=("first contact resolution", "first call resolution", "ftr", "one and done"),
        unit="share",
        better="higher",
        bends="easily",
        bent_by={
            "closing_early": "a second contact is booked as a new matter",
            "shedding": "matters that take two contacts are passed elsewhere",
            "silent_targets": "customers who gave up for good count as settled",
            "chosen_surveys": "only contented customers are asked whether it is settled",
        },
        twins={
            "recontact": "it counts every return, whatever the matter was called",
            "complaints": "who gave up for good may complain instead",
            "transfers": "settled here must not mean sent elsewhere",
            "effort": "customers' own time says what one contact cost them",
        },
        customer="their matter is settled at once",
        organisation="fewer contacts for each matter",
        both_gain=True,
        better_goal=(
            "Measure returns by what customers do, over 7, 14 and 30 days and every channel. Give "
            "people the rights and the time to settle things."
        ),
        ledger="contacts: customer_id, arrived_at, reason, previous_contact_id",
        scale=_SHARE,
    ),
    Measure(
        key="recontact",
        says="the share of served customers who come back within 7 days",
        names=("repeat contacts", "recontact rate", "repeat calls", "callback rate", "repeats"),
        unit="share",
        better="lower",
        bends="hardly",
        bent_by={
            "silent_targets": "customers find it harder to come back, or give up for good",
            "closing_early": "customers are not recognised when they come back",
        },
        twins={
            "abandonment": "who comes back and does not get through is not seen",
            "complaints": "who does not come back may complain instead",
            "effort": "a settled matter must not cost customers more of their time",
            "wait": "returns fall when it is tiresome to get through",
        },
        customer="their matter is settled, and they need not come again",
        organisation="less work that nobody wanted",
        both_gain=True,
        better_goal=(
            "Keep it, as a learning measure for the whole operation: ask why they come back, and "
            "mend that cause."
        ),
        ledger="contacts: customer_id, arrived_at",
        scale=_SHARE,
    ),
    Measure(
        key="resolution",
        says="the share marked as resolved",
        names=("resolution rate", "resolved", "solved rate", "closure rate"),
        unit="share",
        better="higher",
        bends="easily",
        bent_by={
            "closing_early": "a mark is set, whatever the customer thinks",
            "shedding": "matters that cannot be settled are passed on",
        },
        twins={
            "recontact": "who comes back did not think it settled",
            "reopen_rate": "a closed matter that opens again was not settled",
            "csat": "customers' own word on it",
        },
        customer="their matter is settled, if the mark is true",
        organisation="fewer contacts for each matter, if the mark is true",
        both_gain=True,
        better_goal=(
            "Let the customer's silence or word say that it is settled: fewer come back within 7 "
            "days, and those asked say yes."
        ),
        ledger="contacts: resolved",
        scale=_SHARE,
    ),
    Measure(
        key="containment",
        says="the share of bot sessions that end without a person",
        names=("containment rate", "deflection", "deflection rate", "self-service rate"),
        unit="share",
        better="neither",
        bends="easily",
        bent_by={
            "silent_targets": "the way to a person is hidden, and leaving counts as success",
            "closing_early": "a session is ended, and the next one is a new one",
            "twins_parting": "customers come by another channel instead",
        },
        twins={
            "net_containment": "it leaves out those who came back, or said no",
            "recontact": "who was only held off comes back on another channel",
            "complaints": "who finds no person complains",
            "effort": "loops and dead ends cost customers their time",
        },
        customer="a quick answer, or no way out",
        organisation="fewer contacts for people, if the matter is settled; else more",
        both_gain=False,
        better_goal=(
            "Aim at matters that the bot settles: contained, no contact on any channel within 7 "
            "days, and a person always within reach."
        ),
        ledger="contacts: channel, handled_by, previous_contact_id",
        scale=_SHARE,
    ),
    Measure(
        key="net_containment",
        says="the share of bot sessions that settle the matter, with nobody back within 7 days",
        names=("true containment", "bot resolution"),
        unit="share",
        better="higher",
        bends="hardly",
        bent_by={
            "silent_targets": "customers give up for good",
            "shedding": "only easy matters are offered to the bot",
        },
        twins={
            "complaints": "who gives up for good may complain",
            "effort": "settled, but at what cost of their time",
            "csat": "customers' own word on it",
        },
        customer="a matter settled at once, at any hour",
        organisation="fewer contacts for people",
        both_gain=True,
        better_goal="Keep it, and keep a person within reach at every step.",
        ledger="contacts: channel, handled_by, outcome, customer_id, arrived_at",
        scale=_SHARE,
    ),
    Measure(
        key="csat",
        says="the share of answers in the top boxes of a survey",
        names=("customer satisfaction", "satisfaction", "csat score"),
        unit="share",
        better="higher",
        bends="easily",
        bent_by={
            "chosen_surveys": "those likely to be content are asked, others are not",
            "shedding": "customers in trouble are left to others",
            "around_a_date": "the wording or the moment of asking is changed",
        },
        twins={
            "response_rate": "who is asked, and who answers, decides the score",
            "recontact": "what customers do, beside what some of them say",
            "complaints": "the unhappy speak elsewhere",
        },
        customer="better service, if the score follows it",
        organisation="customers who stay, if the score follows the service",
        both_gain=True,
        better_goal=(
            "Ask everybody, or a random part, and watch what the answers say to mend. Hold the "
            "share who are asked fixed."
        ),
        ledger="surveys: contact_id, instrument, score",
        scale=_SHARE,
    ),
    Measure(
        key="nps",
        says="the net promoter score",
        names=("net promoter", "net promoter score", "recommendation"),
        unit="points",
        better="higher",
        bends="easily",
        bent_by={
            "chosen_surveys": "those likely to recommend are asked, others are not",
            "around_a_date": "customers are asked for a 10, or at a better moment",
        },
        twins={
            "response_rate": "who is asked, and who answers, decides the score",
            "recontact": "what customers do, beside what some of them say",
            "complaints": "the unhappy speak elsewhere",
        },
        customer="better service, if the score follows it; much of it is price and product",
        organisation="customers who stay, if the score follows the service",
        both_gain=True,
        better_goal=(
            "Ask a random part of all customers, read the reasons, and aim at mending the three "
            "that come up most."
        ),
        ledger="surveys: contact_id, instrument, score",
        scale=(-100.0, 100.0),
    ),
    Measure(
        key="stars",
        says="the mean rating in stars",
        names=("star rating", "rating", "average rating", "five stars", "reviews"),
        unit="ratio",
        better="higher",
        bends="easily",
        bent_by={
            "chosen_surveys": "happy customers are asked to rate, others are not",
            "around_a_date": "customers are asked for five stars, or offered something",
            "shedding": "customers in trouble are left to others",
        },
        twins={
            "response_rate": "who is asked, and who answers, decides the mean",
            "recontact": "what customers do, beside what some of them say",
            "complaints": "the unhappy speak elsewhere",
        },
        customer="better service, if the rating follows it",
        organisation="a good name, as long as it is true",
        both_gain=True,
        better_goal=(
            "Ask everybody alike. Aim at fewer ratings of one and two stars for a cause that you "
            "can mend, and let the mean follow."
        ),
        ledger="surveys: contact_id, instrument, score",
        scale=(1.0, 5.0),
        of="of 5 stars",
    ),
    Measure(
        key="rating_lead",
        says="our public rating less the competitor's",
        names=("competitor's rating", "competitor rating", "beat the competitor", "ranking"),
        unit="ratio",
        better="higher",
        bends="easily",
        bent_by={
            "chosen_surveys": "only happy customers are asked to rate in public",
            "around_a_date": "ratings are collected in campaigns",
        },
        twins={
            "response_rate": "who is asked, and who answers, decides the mean",
            "complaints": "what customers tell us, beside what they tell the public",
            "recontact": "what customers do, beside what some of them say",
        },
        customer="nothing by itself; their matter is no better settled because others do worse",
        organisation="a good name, as long as it is true",
        both_gain=False,
        better_goal=(
            "Take the causes that customers name in low ratings, theirs and ours, and aim at "
            "mending one of them. Compare with your own past, not with others."
        ),
        scale=(-4.0, 4.0),
        of="stars",
        ours=False,
    ),
    Measure(
        key="response_rate",
        says="the share of contacts whose customers answer a survey",
        names=("survey response", "response rate"),
        unit="share",
        better="higher",
        bends="hardly",
        bent_by={
            "chosen_surveys": "only those are asked who usually answer",
            "around_a_date": "customers are pressed or paid to answer",
        },
        twins={
            "complaints": "customers who are asked too often say so",
            "csat": "a score that rises with the share asked was chosen before",
        },
        customer="they are heard, if somebody reads it",
        organisation="scores that speak for more than a few",
        both_gain=True,
        better_goal="Keep it, over all contacts and not over those who were invited.",
        ledger="surveys: contact_id, score, answered_at",
        scale=_SHARE,
    ),
    Measure(
        key="complaints",
        says="the share of contacts that a complaint follows",
        names=("complaint rate", "complaint"),
        unit="share",
        better="lower",
        bends="easily",
        bent_by={
            "silent_targets": "it is made hard to complain",
            "closing_early": "a complaint is booked as a question",
        },
        twins={
            "recontact": "who may not complain calls again",
            "csat": "the unhappy say it when asked",
            "abandonment": "who wants to complain and does not get through is not seen",
        },
        customer="fewer reasons to complain, or fewer ways to",
        organisation="fewer reasons to mend, or fewer that are known",
        both_gain=True,
        better_goal=(
            "Aim at fewer customers who complain twice, and at causes mended for each 100 "
            "complaints. Make it easy to complain."
        ),
        ledger="values: kind, customer_id, happened_at",
        scale=_SHARE,
    ),
    Measure(
        key="transfers",
        says="the share passed on to another queue or advisor",
        names=("transfer rate", "passed on"),
        unit="share",
        better="lower",
        bends="easily",
        bent_by={
            "short_contacts": "customers are told to call another number",
            "closing_early": "a matter is closed here and opened there",
        },
        twins={
            "recontact": "who was sent away calls again",
            "fcr": "kept here must mean settled here",
            "handle_time": "some matters belong with somebody who knows them",
        },
        customer="they tell their story once, if whoever keeps them can help",
        organisation="less work done twice",
        both_gain=True,
        better_goal=(
            "Aim at matters that reach the right person first: mend the menu and the letters, and "
            "let people pass on what they cannot settle."
        ),
        ledger="contacts: transfers",
        scale=_SHARE,
    ),
    Measure(
        key="backlog_age",
        says="the mean age of open cases",
        names=("backlog", "age of open cases", "oldest case"),
        unit="s",
        better="lower",
        bends="easily",
        bent_by={
            "closing_early": "old cases are closed, and opened anew",
            "parked_work": "a case waiting for the customer does not age",
            "shedding": "quick cases are taken first, or old ones sent elsewhere",
        },
        twins={
            "reopen_rate": "a case closed to be young again opens again",
            "recontact": "customers ask what became of it",
            "complaints": "who waits too long complains",
        },
        customer="they wait less for an answer",
        organisation="fewer customers who ask where it stands",
        both_gain=True,
        better_goal=(
            "Promise a time to the settled matter, by the customer's clock, and look at the oldest "
            "cases one by one."
        ),
    ),
    Measure(
        key="closed_in_time",
        says="the share of cases closed within the promised time",
        names=("sla", "sla compliance", "within sla", "on time"),
        unit="share",
        better="higher",
        bends="easily",
        bent_by={
            "bunching": "cases are closed just before the limit",
            "closing_early": "and opened again just after it",
            "parked_work": "waiting for the customer stops the clock",
            "shedding": "cases already late wait longest",
        },
        twins={
            "reopen_rate": "a case closed in time that opens again was not closed",
            "backlog_age": "cases already late have nothing to gain any more",
            "recontact": "customers ask again",
        },
        customer="most hear in time; it says nothing of those already late",
        organisation="promises that are kept",
        both_gain=True,
        better_goal=(
            "Let the customer's clock run, count a case until it stays closed, and watch the age "
            "of those already late."
        ),
        ledger="contacts: arrived_at, ended_at",
        scale=_SHARE,
    ),
    Measure(
        key="first_response",
        says="the mean time to the first answer",
        names=("first response time", "frt", "response time", "time to first reply"),
        unit="s",
        better="lower",
        bends="easily",
        bent_by={
            "parked_work": "an empty first answer stops the clock",
            "bunching": "answers go out just before the limit",
            "shedding": "quick ones are answered first",
        },
        twins={
            "backlog_age": "an answer is not yet a settled matter",
            "fcr": "an empty first answer makes a second one needed",
            "csat": "customers know an empty answer",
        },
        customer="they hear soon; whether it helps, it does not say",
        organisation="fewer customers who ask whether it arrived",
        both_gain=True,
        better_goal=(
            "Aim at the time to the settled matter. Count the first answer that helps, automatic "
            "replies left out."
        ),
        ledger="contacts: arrived_at, answered_at",
    ),
    Measure(
        key="reopen_rate",
        says="the share of closed cases that are opened again",
        names=("reopened", "reopening"),
        unit="share",
        better="lower",
        bends="easily",
        bent_by={
            "closing_early": "customers must open a new case instead",
            "bunching": "cases open again just after the window",
            "parked_work": "cases are not closed at all",
        },
        twins={
            "recontact": "it counts every return, as a new case too",
            "backlog_age": "cases kept open cannot be opened again",
        },
        customer="closed means settled, if a new case is not the way round it",
        organisation="less work done twice",
        both_gain=True,
        better_goal="Count the customer's next contact about it, as the same case or a new one.",
        ledger="contacts: ended_at, previous_contact_id",
        scale=_SHARE,
    ),
    Measure(
        key="retrials",
        says="the share of those who gave up and try again within 10 minutes",
        names=("redials", "redial rate", "retries"),
        unit="share",
        better="lower",
        bends="hardly",
        bent_by={"silent_targets": "customers give up for good"},
        twins={
            "abandonment": "fewer try again where more have given up for good",
            "complaints": "who gives up for good may complain",
        },
        customer="they need not try twice",
        organisation="fewer calls that are only attempts",
        both_gain=True,
        better_goal="Keep it beside abandonment; the two tell more together.",
        ledger="contacts: customer_id, arrived_at, outcome",
        scale=_SHARE,
    ),
    Measure(
        key="quality_score",
        says="the mean score in quality checks",
        names=("qa score", "quality", "quality assurance", "evaluation score"),
        unit="share",
        better="higher",
        bends="easily",
        bent_by={
            "shedding": "easy contacts are chosen for the check",
            "bunching": "scores gather just above the limit",
            "around_a_date": "the form or the checkers change",
        },
        twins={
            "recontact": "what customers do, beside what the form says",
            "csat": "what customers say of the same contacts",
        },
        customer="better contacts, if the form asks what matters to them",
        organisation="something to learn from, if it is not a mark",
        both_gain=True,
        better_goal=(
            "Draw contacts at random, ask whether the matter was settled, and use it to learn and "
            "not to grade."
        ),
        scale=_SHARE,
    ),
    Measure(
        key="effort",
        says="customers' own time for each settled matter",
        names=("customer effort", "ces", "effort score"),
        unit="h",
        better="lower",
        bends="hardly",
        bent_by={
            "silent_targets": "customers give up for good",
            "short_contacts": "contacts are cut short, where returns are not seen",
        },
        twins={
            "recontact": "a short contact that settles nothing saves nobody's time",
            "complaints": "who gives up for good may complain",
        },
        customer="less of their own time lost",
        organisation="less work, for most of customers' time is somebody's work as well",
        both_gain=True,
        better_goal="Keep it, and mend what costs customers most of their time.",
        ledger="contacts: arrived_at, answered_at, ended_at, customer_id",
    ),
    Measure(
        key="cost_per_contact",
        says="the cost of one contact",
        names=("cost per call", "unit cost", "cost"),
        unit="money",
        better="neither",
        bends="easily",
        bent_by={
            "short_contacts": "contacts are cut short",
            "closing_early": "one matter becomes several cheap contacts",
            "silent_targets": "customers are moved to channels where nobody counts",
        },
        twins={
            "fcr": "a cheap contact that must be repeated is dear",
            "recontact": "every return makes the mean cheaper and the whole dearer",
            "effort": "costs that customers bear are not on the bill",
        },
        customer="nothing by itself; several cheap contacts cost them more",
        organisation="a lower figure, and a higher bill where contacts multiply",
        both_gain=False,
        better_goal="Aim at the full cost of a settled matter: contacts, refunds, complaints.",
    ),
)

MEASURES: Final[Mapping[str, Measure]] = {row.key: row for row in _ROWS}
"""Every measure that a goal may be about, by key."""


def bent_as(key: SignatureKey) -> tuple[Measure, ...]:
    """The measures that are bent in a way that shows so.

    >>> [measure.key for measure in bent_as("around_a_date")][:2]
    ['service_level', 'abandonment']
    """
    return tuple(row for row in MEASURES.values() if key in row.bent_by)


_CLOSE: Final = 0.75


def _plain(said: str) -> str:
    return re.sub(r"[\s_\-]+", " ", said.strip().lower())


_BY_NAME: Final = {_plain(name): row for row in _ROWS for name in (row.key, row.says, *row.names)}


def measure_named(said: str) -> Measure:
    """The measure of that key, or of a name that people use for it.

    Raises
    ------
    KeyError
        If no measure is called so; its text is the nearest key, or nothing.

    Examples
    --------
    >>> measure_named("AHT").key
    'handle_time'
    """
    found = _BY_NAME.get(_plain(said))
    if found is None:
        near = difflib.get_close_matches(_plain(said), list(_BY_NAME), n=1, cutoff=_CLOSE)
        raise KeyError(_BY_NAME[near[0]].key if near else "")
    return found
