"""Groups: the main figures of a report in each group that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from andon.answer import Answer
from andon.demand.recontact import RepeatWork
from andon.estimate import Estimate, Unknown
from andon.finding import Evidence, Row
from andon.metrics.handling import Handling
from andon.metrics.reach import Reach
from andon.report import words
from andon.report.findings.coming_back import WEEK_S
from andon.report.findings.told import Told

__all__ = ["groups"]

_MOST = 20


def groups(
    told: Told,
    by: Sequence[str],
    reach: Answer[Reach],
    handling: Answer[Handling],
    repeat_work: Answer[RepeatWork],
) -> tuple[Evidence, ...]:
    """One chart a figure: who gave up, who waited, how long service took, who came back."""
    if not by:
        return ()
    people = told.nouns.people
    asked: tuple[tuple[str, Answer[Any], Callable[[Any], Estimate | Unknown]], ...] = (
        (f"Share of {people} who gave up", reach, lambda each: each.giving_up.of_reached.share),
        (
            f"Wait that 9 in 10 {people} did not exceed",
            reach,
            lambda each: next(q.seconds for q in each.wait_quantiles if q.p == 0.9),
        ),
        ("Mean handle time", handling, lambda each: each.mean_s),
        (
            f"Share of {people} who {told.nouns.came_back} within a week of service, beyond habit",
            repeat_work,
            lambda each: each.recontacts.within(WEEK_S).excess,
        ),
    )
    found = (_evidence(told, by, what, answer, figure) for what, answer, figure in asked)
    return tuple(each for each in found if each is not None)


def _evidence(
    told: Told,
    by: Sequence[str],
    what: str,
    answer: Answer[Any],
    figure: Callable[[Any], Estimate | Unknown],
) -> Evidence | None:
    known = [
        (group.label, each)
        for group in answer.groups
        if isinstance(each := figure(group.result), Estimate)
    ]
    if not known:
        return None
    shown = sorted(known, key=lambda each: each[1].n, reverse=True)[:_MOST]
    shown.sort(key=lambda each: each[1].value, reverse=True)
    rest = len(known) - len(shown)
    rows: list[Row] = [
        {
            "group": label,
            "unit": each.unit,
            "value": each.value,
            "low": each.low,
            "high": each.high,
            "n": each.n,
            "point": i == 0,
        }
        for i, (label, each) in enumerate(shown)
    ]
    label, most = shown[0]
    more = f"; the {words.whole(rest)} smallest groups are in the JSON only" if rest else ""
    return Evidence(
        kind="groups",
        title=f"{what}: highest in {label}, {words.say(most).value}",
        subtitle=told.drawn(f"By {words.listed(list(by))}, with 95 % intervals{more}"),
        rows=tuple(rows),
        alt="; ".join(f"{label}: {words.say(each).value}" for label, each in shown),
    )
