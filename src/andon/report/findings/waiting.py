"""Waiting: the hours of their own time that customers spend to get one matter settled."""

from __future__ import annotations

from andon.answer import Answer
from andon.demand.effort import Effort
from andon.estimate import Estimate, Unknown, times
from andon.finding import Evidence, Finding, Row
from andon.metrics.reach import Reach
from andon.report import words
from andon.report.findings.told import Told
from andon.units import HOUR_S

__all__ = ["waiting"]


def waiting(told: Told, effort: Answer[Effort], reach: Answer[Reach]) -> Finding:
    """How long customers wait, for each matter and in all."""
    found, reached = effort.overall, reach.overall
    each = times(found.waiting_per_matter_h, HOUR_S, unit="s")
    whole = times(found.per_matter_h, HOUR_S, unit="s")
    people = told.nouns.people
    if isinstance(each, Estimate):
        headline = (
            f"{people.capitalize()} wait about {words.say(each).value} for each matter that gets "
            "settled."
        )
    elif isinstance(reached.wait_mean_s, Estimate):
        each = reached.wait_mean_s
        headline = (
            f"{people.capitalize()} wait about {words.say(each).value} each time they "
            f"{'call' if told.nouns.contact == 'call' else 'contact us'}."
        )
    else:
        headline = f"We cannot tell how long {people} wait."
    return told.finding(
        key="effort.waiting",
        question="andon.demand.effort.effort",
        headline=headline,
        estimate=each,
        meaning=" ".join(_meaning(told, found, whole)),
        next_step="Look at the hours with the longest waits, and at what makes people come back: "
        "each return waits again.",
        cost_h=found.waiting_h,
        evidence=(_hours(told, found), _waits(told, reached)),
        caveats=found.caveats,
        method="Waiting runs from arrival to the answer or to leaving, menu and queue together. A "
        "matter is all contacts of one customer with less than seven days between them; it counts "
        "as settled when the last one was served and seven days of silence followed. Effort for "
        "each matter is the time in all contacts whose next seven days were seen, over the matters "
        "that these settled; the interval takes each customer as one unit. Hours in all are added "
        "up, not estimated. Quantiles of the wait have Woodruff's interval.",
        figures={
            "effort.waiting_per_matter": each,
            "effort.time_per_matter": whole,
            "effort.returns_per_matter": found.returns_per_matter,
            "effort.waiting_hours": found.waiting_h,
            "effort.served_hours": found.served_h,
            "effort.total_hours": found.total_h,
            "effort.spent_in_vain": found.in_vain,
            "reach.mean_wait": reached.wait_mean_s,
            "reach.mean_wait_of_answered": reached.wait_answered_mean_s,
        },
    )


def _meaning(told: Told, found: Effort, whole: Estimate | Unknown) -> list[str]:
    said = []
    if isinstance(whole, Estimate):
        said.append(
            f"In all, a settled matter takes {words.say(whole).value} of a {told.nouns.person}'s "
            "own time."
        )
    if isinstance(found.returns_per_matter, Estimate):
        said.append(
            f"It brings them back {words.say(found.returns_per_matter).value} times, and each "
            "return waits again."
        )
    if isinstance(found.waiting_h, Estimate):
        said.append(f"Over the period they waited {words.say(found.waiting_h).value}.")
    return said or [f"{told.nouns.people.capitalize()} pay for every wait with their own time."]


def _hours(told: Told, found: Effort) -> Evidence | None:
    rows: list[Row] = [
        {
            "what": what,
            "hours": hours.value,
            "low": hours.low,
            "high": hours.high,
            "point": what == "Waiting",
        }
        for what, hours in (("Waiting", found.waiting_h), ("Being served", found.served_h))
        if isinstance(hours, Estimate)
    ]
    if len(rows) < 2:
        return None
    people = told.nouns.people
    waited, served = found.waiting_h, found.served_h
    title = f"{people.capitalize()} spend hours waiting as well as being served"
    if isinstance(waited, Estimate) and isinstance(served, Estimate) and served.value > 0:
        minutes = waited.value / served.value * 60
        title = f"For each hour of service, {people} wait {words.duration(round(minutes) * 60)}"
    return Evidence(
        kind="hours",
        title=title,
        subtitle=told.drawn(
            f"Hours of {people}' own time, added up over all {told.nouns.contacts}",
            n=found.contacts,
        ),
        rows=tuple(rows),
        alt="; ".join(f"{row['what']}: {words.cell(row['hours'], 'h')} hours" for row in rows),
    )


def _waits(told: Told, reached: Reach) -> Evidence | None:
    rows: list[Row] = []
    for quantile in reached.wait_quantiles:
        wait = quantile.seconds
        if isinstance(wait, Estimate):
            rows.append(
                {
                    "what": f"{100 * quantile.p:.0f} in 100 waited no longer than",
                    "seconds": wait.value,
                    "low": wait.low,
                    "high": wait.high,
                    "n": wait.n,
                    "point": quantile.p == 0.9,
                }
            )
    if not rows:
        return None
    people = told.nouns.people
    last = reached.wait_quantiles[-1]
    longest = words.say(last.seconds).value if isinstance(last.seconds, Estimate) else ""
    return Evidence(
        kind="waits",
        title=f"{100 - 100 * last.p:.0f} in 100 {people} wait longer than {longest}"
        if longest
        else f"How long {people} wait",
        subtitle=told.drawn(
            "Wait in the queue of all who were served or gave up there, with 95 % intervals",
            n=int(rows[-1]["n"] or 0),
        ),
        rows=tuple(rows),
        alt="; ".join(
            f"{row['what']} {words.duration(float(row['seconds'] or 0))}" for row in rows
        ),
    )
