"""Questions about bent measures that ``andon ask`` takes, and the price of a second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from andon.cli import told
from andon.cli.question import Listing, Question, Settings, Takes
from andon.errors import QuestionError
from andon.ledger.window import Window
from andon.operation import Operation

if TYPE_CHECKING:
    from andon.goodhart.limits import Limit

__all__ = ["BENDING"]


def _tables(*, needed: tuple[str, ...] = (), welcome: tuple[str, ...] = ()) -> Settings:
    """Give a question tables of the ledger, under their own names."""

    def found(operation: Operation, window: Window) -> Mapping[str, Any]:
        del operation
        for name in needed:
            if not window.has(name):
                raise QuestionError(
                    f"The ledger holds no {name}.",
                    found=f"tables with data: {', '.join(sorted(window.versions)) or 'none'}",
                    todo=f"Load them with a mapping whose table is {name}.",
                )
        return {
            name: window.tables[name] if window.has(name) else None for name in (*needed, *welcome)
        }

    return found


def _battery(operation: Operation, window: Window) -> Mapping[str, Any]:
    """All that signatures are looked for in, and the limits of kept goals and of standards."""
    from andon.cli.diagnose import kept_goals  # noqa: PLC0415  # so that help answers at once
    from andon.goodhart.limits import limits_of  # noqa: PLC0415

    told = _tables(welcome=("surveys", "changes", "values", "needs"))(operation, window)
    return {**told, "limits": limits_of(kept_goals(operation), operation.standards)}


def _limits(targets: tuple[tuple[str, float], ...]) -> tuple[Limit, ...]:
    from andon.goodhart.limits import Limit  # noqa: PLC0415  # so that help answers at once

    return tuple(Limit(measure=measure, at_s=at_s) for measure, at_s in targets)


def _surveys(operation: Operation, window: Window) -> Mapping[str, Any]:
    """The ledger's surveys, and which instrument where it has only one."""
    told = _tables(needed=("surveys",))(operation, window)
    names = told["surveys"].select("instrument").distinct().limit(2).to_pyarrow()
    only = names["instrument"].to_pylist()
    return {**told, "instrument": only[0] if len(only) == 1 else ""}


def _targets_told(operation: Operation, window: Window) -> Mapping[str, Any]:
    """The ledger's changes, where one of them is a target's within the data."""
    del operation
    if not window.has("changes"):
        return {}
    seen = window.contacts.aggregate(
        first=window.contacts.arrived_us.min(), last=window.contacts.arrived_us.max()
    )
    changes = window.tables["changes"]
    targets = changes.filter(changes.kind == "target").cross_join(seen)
    inside = targets.filter(targets.changed_us.between(targets.first, targets.last)).count()
    return {"changes": changes} if inside.to_pyarrow().as_py() else {}


_BACK: Final = {
    "what is alike": "scope as group",
    "contacts": "contacts",
    "short": "short",
    "back after short": "back_after_short",
    "back after usual": "back_after_usual",
    "stands out": "stands_out",
}
_BANDS: Final = {"from": "above_s", "up to": "up_to_s", "n": "n", "rate": "rate as share"}
_NEAR: Final = {
    "month": "0",
    "near the limit": "1.near",
    "expected there": "1.expected",
    "beyond": "1.excess",
}
_ADVISORS: Final = Listing(
    path="for_roles.found",
    title="Advisors whose contacts near the limit differ from their own others",
    columns={
        "advisor": "advisor_id",
        "contacts near": "contacts",
        "near the limit": "near as share",
        "expected there": "own as share",
        "beyond": "excess",
    },
)

BENDING: Final[Mapping[str, Question]] = {
    "signatures": Question(
        home="andon.goodhart.battery",
        function="battery",
        asks="Is any measure bent, so that it can no longer be trusted by itself?",
        answer=told.battery,
        figures={
            "looks that could be told": "tested",
            "of these, seen beyond doubt": "shown.__len__",
            "false ones among those seen, at most": "false_discoveries as share",
        },
        listings=(
            Listing(
                path="measures",
                title="Measures that are bent",
                columns={
                    "measure": "measure",
                    "reads": "reads",
                    "without the sign": "without",
                    "the sign": "telling.signature",
                },
            ),
            Listing(
                path="shown",
                title="What is seen",
                columns={
                    "signature": "signature",
                    "measure": "measure",
                    "among": "scope as group",
                    "what": "says",
                },
            ),
        ),
        settings=_battery,
        takes={
            "target": Takes(argument="limits", made=_limits),
            "alike": Takes(argument="by"),
        },
        parts="results",
        tells_steps=True,
    ),
    "price-of-a-second": Question(
        home="andon.goodhart.price_of_a_second",
        function="price_of_a_second",
        asks="What does a second of handle time do to what happens next?",
        answer=told.price_of_a_second,
        figures={
            "one more second": "per_s",
            "as long and short contacts would have it": "naive_per_s",
            "the outcome itself": "outcome_mean",
            "mean handle time": "mean_handle_s",
            "advisors' spread of pace": "pace_spread_s",
            "contacts compared": "contacts",
            "of advisors": "advisors",
            "in cells": "cells",
        },
        listings=(
            Listing(
                path="steps",
                title="Between a faster and a slower pace, one more second does",
                columns={"from": "from_s", "to": "to_s", "one more second": "per_s"},
            ),
            Listing(
                path="left_out",
                title="Contacts that could not be compared",
                columns={"why": "0", "contacts": "1"},
            ),
        ),
        settings=_tables(welcome=("values",)),
        takes={
            "outcome": Takes(
                argument="outcome", one_of=("recontact", "transfer", "complaint", "later_handle")
            ),
            "within": Takes(argument="window_s", made=round),
            "interval": Takes(argument="interval_s", made=round),
            "alike": Takes(argument="by"),
        },
    ),
    "short-contacts": Question(
        home="andon.goodhart.short_contacts",
        function="short_contacts",
        asks="Are customers cut off, so that short contacts bend the mean handle time?",
        answer=told.short_contacts,
        figures={
            "contacts": "contacts",
            "short is under": "limit_s",
            "short": "share",
            "customer known, of short": "identified",
            "back after short ones": "back_after_short",
            "back after usual ones": "back_after_usual",
            "the first less the second": "excess",
            "back is within": "within_s",
            "mean handle time": "mean_s",
            "the same, without short ones": "mean_without_s",
            "short ones bend it by": "bend_s",
            "advisors recorded": "concentration.advisors",
            "half of the short ones are with": "concentration.half_by",
            "half of all are with": "concentration.half_of_all_by",
        },
        listings=(Listing(path="groups", title="Among contacts that are alike", columns=_BACK),),
        takes={
            "limit": Takes(argument="limit_s"),
            "within": Takes(argument="within_s"),
            "alike": Takes(argument="by"),
        },
        for_roles=(
            Listing(
                path="for_roles.advisors",
                title="Advisors whose short contacts stand out",
                columns={
                    "advisor": "advisor_id",
                    "contacts": "contacts",
                    "short": "share",
                    "colleagues": "colleagues as share",
                    "back after short": "back_after_short",
                    "first seen": "first_day",
                    "last seen": "last_day",
                },
            ),
        ),
    ),
    "parked-work": Question(
        home="andon.goodhart.parked_work",
        function="parked_work",
        asks="Is a limit kept by parking time where its clock does not run?",
        answer=told.parked_work,
        figures={
            "contacts": "contacts",
            "the limit": "share.limit_s",
            "near is within": "share.near_s",
            "contacts near the limit": "share.n_near",
            "parked, of their time": "share.near",
            "expected there": "share.expected",
            "beyond that": "share.excess",
            "chance would show as much": "share.p_value as chance",
            "kept the limit": "reading.kept",
            "the same, without the parking": "reading.without_parking",
            "the same, if the clock never stopped": "reading.never_stopped",
        },
        listings=(
            Listing(path="share.bands", title="Parked share by length", columns=_BANDS),
            Listing(path="by_month", title="Month by month", columns=_NEAR),
        ),
        takes={
            "limit": Takes(argument="limit_s", example="5m"),
            "near": Takes(argument="near_s"),
            "clock": Takes(argument="clock", one_of=("talk", "talk_and_hold")),
            "parked": Takes(argument="parked", one_of=("hold", "wrapup", "hold_and_wrapup")),
        },
        for_roles=(_ADVISORS,),
    ),
    "at-a-limit": Question(
        home="andon.goodhart.at_a_limit",
        function="at_a_limit",
        asks="Do contacts pile up on the good side of a target or limit?",
        answer=told.at_a_limit,
        figures={
            "contacts that the limit judges": "contacts",
            "the limit": "limit_s",
            "a pile is looked for within": "pile_s",
            "piled up beyond what is smooth": "excess",
            "missing beyond the limit": "missing",
            "times what would be there": "times",
            "chance would show as much": "p as chance",
            "within the limit, as it reads": "reads",
            "the same, without the pile": "without",
            "the clock's mean": "mean_s",
            "the same, without the pile ": "mean_without_s",
        },
        listings=(
            Listing(
                path="by_month",
                title="Month by month",
                columns={
                    "month": "month",
                    "contacts": "contacts",
                    "piled up": "excess",
                    "chance": "p as chance",
                },
            ),
            Listing(
                path="groups",
                title="Group by group",
                columns={
                    "group": "scope as group",
                    "contacts": "contacts",
                    "piled up": "excess",
                    "stands out": "stands_out",
                },
            ),
        ),
        takes={
            "by": Takes(argument="by"),
            "clock": Takes(
                argument="clock",
                one_of=("handle", "talk", "wait", "closing", "reopening", "silence"),
                example="handle",
            ),
            "limit": Takes(argument="limit_s", example="5m"),
            "others": Takes(argument="others"),
            "near": Takes(argument="pile_s"),
            "side": Takes(argument="side", one_of=("below", "above")),
        },
        for_roles=(
            Listing(
                path="for_roles.advisors",
                title="Advisors whose contacts pile up at the limit, beyond colleagues'",
                columns={
                    "advisor": "advisor_id",
                    "near the limit": "near",
                    "in the pile": "share as share",
                    "colleagues": "colleagues as share",
                    "beyond their own others": "excess",
                },
            ),
        ),
    ),
    "passing-on": Question(
        home="andon.goodhart.passing_on",
        function="passing_on",
        asks="Is more passed on than the mix of matters explains?",
        answer=told.passing_on,
        figures={
            "contacts": "contacts",
            "passed on": "share",
            "the same, of those who came first to us": "opened",
            "the same, of those passed on to us": "received",
            "beyond what the mix explains": "excess",
            "chance would show as much": "p as chance",
            "back to the queue they came from": "hand_overs.back",
            "the mix would make that": "hand_overs.back_by_mix",
            "back to an advisor they had": "hand_overs.back_to_advisor",
            "handle time of a contact": "handle_per_contact_s",
            "of all hands together": "handle_per_matter_s",
            "contacts counted for each": "contacts_per_matter",
            "advisors recorded": "concentration.advisors",
            "half of it is with": "concentration.half_by",
            "half of all contacts are with": "concentration.half_of_all_by",
        },
        listings=(
            Listing(
                path="months",
                title="Month by month",
                columns={
                    "month": "month",
                    "contacts": "contacts",
                    "passed on": "share",
                    "the mix would make it": "by_mix as share",
                },
            ),
            Listing(
                path="groups",
                title="Among contacts that are alike",
                columns={
                    "what is alike": "scope as group",
                    "contacts": "contacts",
                    "passed on": "share",
                    "stands out": "stands_out",
                },
            ),
        ),
        takes={"alike": Takes(argument="by"), "within": Takes(argument="handover_s")},
        for_roles=(
            Listing(
                path="for_roles.advisors",
                title="Advisors who pass on more than others with the same work",
                columns={
                    "advisor": "advisor_id",
                    "contacts": "contacts",
                    "passed on": "own as share",
                    "colleagues": "colleagues as share",
                    "kinds of work": "kinds",
                },
            ),
        ),
    ),
    "shedding": Question(
        home="andon.goodhart.shedding",
        function="shedding",
        asks="Do hard cases end up with somebody else, or come back as complaints?",
        answer="{}",
        main="says",
        figures={
            "contacts": "contacts",
            "contacts whose mix was compared": "mix.contacts",
            "of advisors": "mix.advisors",
            "their work differs beyond chance": "mix.uneven",
            "by, in mean hardness": "mix.spread_s",
            "some get lighter work than all others": "mix.stands_out",
            "hard contacts that went elsewhere": "mix.went_elsewhere",
            "hard contacts passed on quickly": "passed_on.share",
            "resolved, and a complaint followed": "promises.share",
            "complaints from few hands": "promises.from_few",
            "those with support needs who went elsewhere": "needs.went_elsewhere",
            "chance would show as much": "p as chance",
            "mean handle time of the lighter work": "reads_s",
            "the same, with the others' mix": "without_s",
        },
        listings=(
            Listing(
                path="reasons",
                title="Reasons, where work is uneven",
                columns={
                    "among": "scope as group",
                    "reason": "reason",
                    "contacts": "contacts",
                    "takes longer by": "harder_s",
                    "uneven": "uneven",
                    "went elsewhere": "went_elsewhere",
                },
            ),
            Listing(
                path="mix.groups",
                title="Among contacts that are alike",
                columns={
                    "what is alike": "scope as group",
                    "contacts": "contacts",
                    "advisors": "advisors",
                    "uneven": "uneven",
                },
            ),
            Listing(
                path="left_out",
                title="Contacts whose mix could not be compared",
                columns={"why": "0", "contacts": "1"},
            ),
        ),
        settings=_tables(welcome=("values", "needs")),
        takes={
            "alike": Takes(argument="by"),
            "interval": Takes(argument="interval_s", made=round),
            "within": Takes(argument="complaint_s", made=round),
        },
        for_roles=(
            Listing(
                path="for_roles.advisors",
                title="Advisors whose work stands out",
                columns={
                    "advisor": "advisor_id",
                    "contacts": "contacts",
                    "in": "aspects.0.way",
                    "theirs": "aspects.0.own",
                    "others": "aspects.0.others as share",
                    "lighter by": "lighter_s",
                },
            ),
        ),
    ),
    "closing-early": Question(
        home="andon.goodhart.closing_early",
        function="closing_early",
        asks="Does more come back of what is closed just before a limit, and is one matter split?",
        answer=told.closing_early,
        figures={
            "contacts that ended": "contacts",
            "of these without a customer": "unidentified",
            "the limit": "again.limit_s",
            "near is within": "again.near_s",
            "closed near the limit": "again.n_near",
            "of these back": "again.near",
            "expected there": "again.expected",
            "beyond that": "again.excess",
            "chance would show as much": "again.p_value as chance",
            "beyond the customers' habit": "beyond_habit.excess",
            "opened soon after another": "split.share",
            "by one hand, beyond chance": "split.excess",
            "handle time of a contact": "matters.handle_per_contact_s",
            "handle time of a matter": "matters.handle_per_matter_s",
            "contacts called resolved": "matters.resolved_contacts",
            "matters settled at once": "matters.settled_matters",
        },
        listings=(Listing(path="again.bands", title="Back, by time to the end", columns=_BANDS),),
        takes={
            "limit": Takes(argument="limit_s", example="2h"),
            "near": Takes(argument="near_s"),
            "clock": Takes(argument="closed_on", one_of=("open", "handle")),
            "within": Takes(argument="again_s"),
        },
        for_roles=(_ADVISORS,),
    ),
    "chosen-surveys": Question(
        home="andon.goodhart.chosen_surveys",
        function="chosen_surveys",
        asks="Were those likely to be content asked more often?",
        answer=told.chosen_surveys,
        figures={
            "contacts served": "overall.contacts",
            "invited": "overall.invited",
            "answered": "overall.answered",
            "choosing adds to the score": "overall.shift",
            "chance would show as much": "overall.p_value as chance",
            "invited, of the likelier to be content": "overall.invited_high as share",
            "invited, of the others": "overall.invited_low as share",
            "the score": "overall.score",
            "the same, had all kinds been asked alike": "overall.weighted",
            "the least that it can be": "overall.lowest",
            "the most that it can be": "overall.highest",
        },
        listings=(
            Listing(
                path="by_month",
                title="Month by month",
                columns={
                    "month": "0",
                    "invited": "1.invited",
                    "choosing adds": "1.shift",
                    "score": "1.score",
                    "asked alike": "1.weighted",
                },
            ),
        ),
        settings=_surveys,
        takes={
            "instrument": Takes(argument="instrument"),
            "scale": Takes(argument="scale"),
            "item": Takes(argument="item"),
        },
        for_roles=(
            Listing(
                path="for_roles.leaning",
                title="Advisors whose invitations follow the likely score",
                columns={
                    "advisor": "advisor_id",
                    "contacts": "found.contacts",
                    "invited": "found.invited",
                    "choosing adds": "found.shift",
                },
            ),
        ),
    ),
    "silent-targets": Question(
        home="andon.goodhart.silent_targets",
        function="silent_targets",
        asks="Does a target look better because those it counts have gone somewhere else?",
        answer=told.silent_targets,
        figures={
            "whole months seen": "months",
            "customer known, last third less first": "identified.shift.difference",
        },
        listings=(
            Listing(
                path="targets",
                title="From the first third of the months to the last",
                columns={
                    "target": "target.key",
                    "moved by": "target.shift.difference",
                    "its companion": "companion.key",
                    "by": "companion.shift.difference",
                    "silent": "silent",
                },
            ),
        ),
        settings=_tables(welcome=("values",)),
        takes={},
    ),
    "around-a-date": Question(
        home="andon.goodhart.around_a_date",
        function="around_a_date",
        asks="Did a measure move on the day on which a target began or ended?",
        answer=told.around_a_date,
        figures={
            "measure": "says",
            "first day seen": "first_day",
            "last day seen": "last_day",
            "it began to differ": "since",
            "and ended": "until",
            "in that stretch": "looked_for.inside",
            "outside it": "looked_for.outside",
        },
        listings=(
            Listing(
                path="dates",
                title="Around each date",
                columns={
                    "date": "date",
                    "before": "shift.before",
                    "after": "shift.after",
                    "moved by": "shift.difference",
                    "other dates": "placebo.dates",
                    "as much on": "placebo.as_large",
                    "found": "found",
                    "what": "what",
                },
            ),
        ),
        settings=_targets_told,
        takes={
            "measure": Takes(argument="measure", example="handle_time"),
            "date": Takes(argument="date", instead=("changes",)),
            "days": Takes(argument="window"),
        },
    ),
    "parting-twins": Question(
        home="andon.goodhart.parting_twins",
        function="parting_twins",
        asks="Did a measure improve while its twin got worse, once the mix is taken out?",
        answer="{}",
        main="says",
        figures={
            "measure": "first_says",
            "its twin": "second_says",
            "measure, as it is read": "found.first.total.difference",
            "the same, with the mix held even": "found.first.within.difference",
            "what the mix did": "found.first.between.difference",
            "twin, as it is read": "found.second.total.difference",
            "the same, with the mix held even ": "found.second.within.difference",
            "what the mix did ": "found.second.between.difference",
            "they parted from": "began",
            "at the earliest": "began_low",
            "at the latest": "began_high",
            "weeks compared": "weeks.__len__",
        },
        takes={
            "measure": Takes(argument="measure", one_of=("handle_time", "abandonment")),
            "alike": Takes(argument="mix"),
        },
    ),
}
"""Every question about a bent measure, by the name that ``andon ask`` takes."""
