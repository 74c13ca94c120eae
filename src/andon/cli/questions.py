"""Questions that ``andon ask`` puts: where each lives, and what of its answer a terminal shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from andon.cli.bending import BENDING
from andon.cli.question import BY, Listing, Question, Takes
from andon.ledger.window import Window
from andon.operation import Operation
from andon.units import HOUR_S

__all__ = ["QUESTIONS"]


def _standards(operation: Operation, window: Window) -> dict[str, float]:
    del window
    return {
        "answer_within_s": operation.standards.answer_within_s,
        "short_abandon_s": operation.standards.short_abandon_s,
    }


def _cost(operation: Operation, window: Window) -> dict[str, float | None]:
    del window
    return {"cost_per_h": operation.costs.per_hour}


def _staffing(operation: Operation, window: Window) -> dict[str, object]:
    del operation
    return {"staffing": window.tables["staffing"] if window.has("staffing") else None}


def _outcomes(operation: Operation, window: Window) -> dict[str, object]:
    promised_h = operation.standards.close_within_h
    return {
        "values": window.tables["values"] if window.has("values") else None,
        "close_within_s": None if promised_h is None else promised_h * HOUR_S,
    }


def _surveys(operation: Operation, window: Window) -> dict[str, object]:
    del operation
    return {"surveys": window.tables["surveys"]}


_TWINS: Final = {"from": "period", "first": "first", "second": "second"}
_BACK: Final = {
    "within": "window_s",
    "came back": "rate",
    "beyond habit": "excess",
    "of all, whatever is missing": "bounds",
    "contacts": "contacts",
}

QUESTIONS: Final[Mapping[str, Question]] = {
    "reach": Question(
        home="andon.metrics.reach",
        function="reach",
        asks="How many reached us, how soon, and how many gave up?",
        answer="{} of those who asked for us gave up before anyone served them.",
        main="giving_up.of_reached.share",
        figures={
            "contacts": "contacts",
            "handled": "handled",
            "gave up": "giving_up.of_reached.share",
            "gave up before the queue": "giving_up.before_queueing.share",
            "abandoned, of those who queued": "abandonment.of_queued.share",
            "the same, short ones left out": "abandonment.of_queued_without_short.share",
            "answered in time, of all offered": "service_level.of_offered.share",
            "the same, short abandons left out": "service_level.without_short_abandons.share",
            "the same, of those answered": "service_level.of_answered.share",
            "in time is within": "service_level.within_s",
            "mean wait of all, answered or not": "wait_mean_s",
            "mean wait of those answered": "wait_answered_mean_s",
        },
        grouped={
            "contacts": "contacts",
            "gave up": "giving_up.of_reached.share",
            "answered in time": "service_level.of_offered.share",
            "mean wait": "wait_mean_s",
        },
        listings=(
            Listing(
                path="wait_quantiles",
                title="How long people waited: this share waited no longer than",
                columns={"share": "p", "waited": "seconds"},
            ),
        ),
        settings=_standards,
    ),
    "patience": Question(
        home="andon.metrics.patience",
        function="patience",
        asks="How long are customers willing to wait?",
        answer="{} would still be waiting after a minute, if nobody were answered.",
        main="after_60_s",
        figures={
            "joined a queue": "queued",
            "abandoned": "gave_up",
            "still waiting after 30 s": "after_30_s",
            "still waiting after 1 min": "after_60_s",
            "still waiting after 3 min": "after_180_s",
            "still waiting after 5 min": "after_300_s",
            "half have given up after": "median_s",
            "mean patience, as Erlang A takes it": "mean_s",
            "they give up fastest at first at": "first_peak.at_s",
            "and later at": "peak.at_s",
        },
        grouped={
            "queued": "queued",
            "after 1 min": "after_60_s",
            "after 3 min": "after_180_s",
            "mean patience": "mean_s",
        },
    ),
    "handling": Question(
        home="andon.metrics.handling",
        function="handling",
        asks="How long does serving take, and how busy are those who serve?",
        answer="Serving takes {} on average.",
        main="mean_s",
        figures={
            "handled": "handled",
            "with a handle time": "timed",
            "hours of handling": "work_h",
            "mean handle time": "mean_s",
            "the same, had others served": "mean_other_advisors_s",
            "the same, very long ones left out": "mean_without_very_long_s",
            "very short": "very_short.share",
            "very long": "very_long.share",
            "very short is under": "very_short_s",
            "very long is from": "very_long_s",
            "advisors recorded": "advisors",
            "occupancy": "occupancy",
        },
        grouped={
            "handled": "handled",
            "mean": "mean_s",
            "very short": "very_short.share",
            "very long": "very_long.share",
        },
        listings=(
            Listing(
                path="quantiles",
                title="Handle time: this share took no longer than",
                columns={"share": "p", "took": "seconds"},
            ),
        ),
        settings=_staffing,
    ),
    "repeat-work": Question(
        home="andon.demand.recontact",
        function="repeat_work",
        asks="What share of the work is repeat work?",
        answer="{} contacts of customers we know come within a day of the same customer's last.",
        main="repeats.2.share",
        figures={
            "contacts": "contacts",
            "customer known": "identified",
            "the same, of all contacts": "repeats.2.bounds",
            "share of the work": "repeats.2.share_of_work",
            "hours": "repeats.2.hours",
            "people kept busy": "repeats.2.erlangs",
            "money": "repeats.2.money",
            "beyond the customers' habit": "repeats.2.excess_share",
        },
        grouped={
            "contacts": "contacts",
            "within a day": "repeats.2.share",
            "of the work": "repeats.2.share_of_work",
            "back after giving up": "retrials.windows.2.rate",
            "back after service": "recontacts.windows.2.rate",
        },
        listings=(
            Listing(
                path="retrials.windows", title="Came back after giving up, within", columns=_BACK
            ),
            Listing(
                path="recontacts.windows", title="Came back after service, within", columns=_BACK
            ),
            Listing(
                path="by_first",
                title="By what happened first, within 10 minutes",
                columns={
                    "first contact": "says",
                    "contacts": "contacts",
                    "came back": "windows.0.rate",
                    "beyond habit": "windows.0.excess",
                },
            ),
        ),
        settings=_cost,
    ),
    "chains": Question(
        home="andon.demand.chains",
        function="chains",
        asks="How many contacts does one matter take?",
        answer="One matter takes {} contacts.",
        main="contacts_per_matter",
        figures={
            "contacts in chains": "contacts",
            "others, of which nothing is known": "unidentified",
            "matters": "chains",
            "contacts for each matter": "contacts_per_matter",
            "matters that took one contact": "one_contact",
            "silence that ends a chain": "window_s",
        },
        grouped={
            "contacts": "contacts",
            "for each matter": "contacts_per_matter",
            "took one": "one_contact",
        },
        listings=(
            Listing(
                path="lengths",
                title="Finished matters by length",
                columns={"contacts": "contacts", "matters": "chains", "share": "share"},
            ),
        ),
    ),
    "effort": Question(
        home="andon.demand.effort",
        function="effort",
        asks="How many hours of their own time do customers spend?",
        answer="Customers spent {} of their own time waiting and being served.",
        main="total_h",
        figures={
            "contacts": "contacts",
            "hours waiting": "waiting_h",
            "hours being served": "served_h",
            "came where nobody stays to wait": "away",
            "spent in vain": "in_vain",
            "matters whose end was seen": "matters",
            "of these resolved": "resolved",
            "their time for each resolved matter": "per_matter_h",
            "of which waiting": "waiting_per_matter_h",
            "times they came back for it": "returns_per_matter",
        },
        grouped={
            "contacts": "contacts",
            "hours": "total_h",
            "in vain": "in_vain",
            "for each resolved matter": "per_matter_h",
        },
    ),
    "outcomes": Question(
        home="andon.metrics.outcomes",
        function="outcomes",
        asks="What became of contacts: passed on, resolved, contained, opened again?",
        answer="{} contacts that were served are marked as resolved.",
        main="resolved.share",
        figures={
            "passed on, of those people handled": "passed_on.share",
            "resolved, of those marked": "resolved.share",
            "bot sessions without a person": "contained.share",
            "the same, settled and nobody back": "net_contained.share",
            "cases opened again": "reopened.share",
            "contacts that a complaint follows": "complained.share",
            "cases closed in time": "closed_in_time.share",
            "mean time to a case's first answer": "first_response_s",
            "cases without an answer yet": "waiting",
            "what follows is looked for within": "window_s",
        },
        grouped={
            "passed on": "passed_on.share",
            "resolved": "resolved.share",
            "a complaint follows": "complained.share",
            "opened again": "reopened.share",
        },
        settings=_outcomes,
        takes={**BY, "within": Takes(argument="window_s")},
    ),
    "scores": Question(
        home="andon.metrics.scores",
        function="scores",
        asks="What did customers answer when they were asked, and how many were asked?",
        answer="The customers of {} served contacts answer a survey.",
        main="response.share",
        figures={
            "served contacts that were watched": "contacts",
            "asked": "invited.share",
            "answered, of those asked": "of_invited.share",
            "answered, of all served": "response.share",
            "an answer counts here within": "within_s",
            "surveys of no contact among these": "unplaced",
        },
        grouped={
            "contacts": "contacts",
            "asked": "invited.share",
            "answered": "response.share",
        },
        listings=(
            Listing(
                path="instruments",
                title="What they answered",
                columns={
                    "survey": "name",
                    "invited": "invited",
                    "answered": "answered",
                    "mean": "mean",
                    "top two": "top_box",
                    "net promoters": "net_promoters",
                },
            ),
        ),
        settings=_surveys,
        takes={**BY, "within": Takes(argument="within_s")},
    ),
    "volatility": Question(
        home="andon.metrics.volatility",
        function="volatility",
        asks="How much do arrivals swing, beyond chance?",
        answer="Beyond chance, a day's contacts swing around their plan by {}.",
        main="day_spread",
        figures={
            "contacts": "contacts",
            "contacts a day": "per_day",
            "ordinary days": "days",
            "unusual days": "unusual_days",
            "days without data": "gap_days",
            "a day's swing beyond chance": "day_spread",
            "the same, unusual days too": "day_spread_all",
            "variance to mean of intervals": "variance_to_mean",
            "busiest interval to mean": "peak_to_mean",
            "intervals above plan and buffer": "above_plan.share",
            "the same, if it were only chance": "above_plan_if_poisson",
            "contacts that arrive in them": "contacts_above_plan.share",
            "one day tells of the next": "next_day",
        },
        grouped={
            "contacts": "contacts",
            "a day": "per_day",
            "swing": "day_spread",
            "variance to mean": "variance_to_mean",
            "above plan": "above_plan.share",
        },
        listings=(
            Listing(
                path="by_weekday",
                title="Contacts a day by weekday, Monday first",
                columns={"weekday": "weekday", "days": "days", "mean": "mean"},
            ),
        ),
    ),
    "littles-law": Question(
        home="andon.metrics.littles_law",
        function="littles_law",
        asks="Do arrivals, stays and the number present fit together?",
        answer="The number present is {} what arrivals and stays make one expect: 1 if all fits.",
        main="stay.ratio",
        figures={
            "days seen": "days",
            "customers present, on average": "stay.present",
            "who arrive an hour": "stay.arrivals_per_h",
            "and stay": "stay.stay_s",
            "waiting, on average": "queue.present",
            "being served, on average": "service.present",
            "fits: whole stay": "stay.holds",
            "fits: queue": "queue.holds",
            "fits: service": "service.holds",
        },
        grouped={
            "present": "stay.present",
            "arrive an hour": "stay.arrivals_per_h",
            "stay": "stay.stay_s",
            "fits": "stay.ratio",
        },
    ),
    "twins": Question(
        home="andon.metrics.twins",
        function="twins",
        asks="Did one measure improve while its twin got worse?",
        answer="{}",
        main="handle_time.says",
        figures={
            "giving up and trying again": "abandonment.says",
            "handle time, last third less first": "handle_time.first_change",
            "coming back, in points": "handle_time.second_change",
            "customer known, in points": "handle_time.identified_change",
            "giving up, in points": "abandonment.first_change",
            "trying again, in points": "abandonment.second_change",
        },
        grouped={
            "handle time and coming back": "handle_time.parting",
            "giving up and trying again": "abandonment.parting",
        },
        listings=(
            Listing(
                path="handle_time.points",
                title="Handle time beside coming back within a day, beyond habit",
                columns=_TWINS,
            ),
            Listing(
                path="abandonment.points",
                title="Giving up beside trying again within ten minutes",
                columns=_TWINS,
            ),
        ),
    ),
    "coverage": Question(
        home="andon.ledger.coverage",
        function="coverage",
        asks="What can be known from these contacts, and what cannot?",
        answer="We know the customer of {} contacts.",
        main="identified",
        figures={
            "contacts": "contacts",
            "customer known": "identified",
            "customer known, of those who queued": "identified_queued",
            "customer known, of the others": "identified_not_queued",
            "ids are missing": "missing",
            "no end time": "no_end",
            "handled, no handle time": "no_handle_time",
            "handled in 0 s": "zero_handle_time",
            "fate not known": "fate_unknown",
            "next week not wholly seen": "week_cut",
        },
        grouped={
            "contacts": "contacts",
            "customer known": "identified",
            "queued": "identified_queued",
            "others": "identified_not_queued",
        },
        listings=(
            Listing(
                path="observed.gaps",
                title="Days without contacts that usually have some",
                columns={
                    "first": "first_day",
                    "last": "last_day",
                    "days": "days",
                    "contacts expected": "expected",
                },
            ),
            Listing(
                path="effects",
                title="What this does to the figures",
                columns={"cause": "cause", "contacts": "affected", "what follows": "says"},
            ),
        ),
    ),
    **BENDING,
}
"""Every question, by the name that ``andon ask`` takes."""
