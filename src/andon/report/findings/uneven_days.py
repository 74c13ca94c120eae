"""Uneven days: how far arrivals swing beyond chance, and what a plan for the mean misses."""

from __future__ import annotations

from andon.answer import Answer
from andon.estimate import Estimate, Unknown
from andon.finding import Evidence, Finding, Row
from andon.metrics.volatility import Volatility
from andon.report import words
from andon.report.findings.told import Told

__all__ = ["uneven_days"]

_INTERVALS = {900: "quarter of an hour", 1_800: "half hour", 3_600: "hour"}


def uneven_days(told: Told, volatility: Answer[Volatility]) -> Finding:
    """How many customers arrive when more come than a plan for the mean can carry."""
    found = volatility.overall
    above = found.contacts_above_plan.share
    interval = _INTERVALS.get(found.interval_s, words.duration(found.interval_s))
    people, contacts = told.nouns.people, told.nouns.contacts
    if isinstance(above, Unknown):
        headline = f"We cannot tell how unevenly {people} come."
    else:
        who = words.simple(above) if above.value * 1_000 >= 0.5 else "Hardly any"
        headline = (
            f"{who} {people} come in a {interval} with more {contacts} than a plan for the mean "
            "can carry."
        )
    return told.finding(
        key="volatility.days",
        question="andon.metrics.volatility.volatility",
        headline=headline,
        estimate=above,
        meaning=" ".join(_meaning(told, found, interval)),
        next_step="Plan for a busy day, not for the mean. Keep people who can join within the "
        f"{interval}, and move work that can wait.",
        evidence=(_days(told, found), _profile(told, found, interval)),
        caveats=tuple(_caveats(told, found)),
        method=f"Contacts are counted by {interval} of the operation's clock. The plan for a "
        f"{interval} is its mean over the same one in other weeks, with the buffer that a Poisson "
        "stream would pass 1 time in 20. A day's own level is what its count leaves beyond "
        "weekday, month and chance (method of moments); the interval takes the day as the unit.",
        figures={
            "volatility.contacts_above_plan": above,
            "volatility.intervals_above_plan": found.above_plan.share,
            "volatility.intervals_above_plan_by_chance": found.above_plan_if_poisson,
            "volatility.day_spread": found.day_spread,
            "volatility.variance_to_mean": found.variance_to_mean,
            "volatility.peak_to_mean": found.peak_to_mean,
            "volatility.next_day": found.next_day,
            "volatility.contacts_a_day": found.per_day,
        },
    )


def _meaning(told: Told, found: Volatility, interval: str) -> list[str]:
    said = []
    above, chance = found.above_plan.share, found.above_plan_if_poisson
    if isinstance(above, Estimate) and isinstance(chance, Estimate):
        of = words.denominator([above, chance])
        said.append(
            f"In {words.share_of(above, of=of).value} {interval}s more come than planned for; "
            f"chance alone would make it {words.share_of(chance, of=of).value}."
        )
    spread = found.day_spread
    if isinstance(spread, Estimate):
        said.append(
            f"Whole days swing by about {words.cell(round(spread.value, 2), 'share').split('.')[0]}"
            " % either way, and these are the days that queues remember."
        )
    people = told.nouns.people
    return said or [f"A plan for the mean leaves {people} waiting on every busier day."]


def _caveats(told: Told, found: Volatility) -> list[str]:
    said = []
    if found.unusual_days:
        said.append(
            f"{words.whole(found.unusual_days)} unusual days (holidays, breakdowns) are left out; "
            "with them the swings are wider."
        )
    if found.gap_days:
        said.append(f"{words.whole(found.gap_days)} days without any record are left out.")
    said.append(
        "The plan here knows the weekday and the time of day only. A good forecast misses less; "
        f"{told.nouns.contacts} that repeat make every plan miss more."
    )
    return said


def _days(told: Told, found: Volatility) -> Evidence | None:
    ordinary = [day for day in found.by_day if not day.unusual]
    rows: list[Row] = [
        {
            "day": day.day.isoformat(),
            "contacts": day.contacts,
            "expected": day.expected,
            "chance_low": day.chance_low,
            "chance_high": day.chance_high,
            "beyond_chance": day.beyond_chance,
        }
        for day in ordinary
    ]
    if len(rows) < 14:
        return None
    beyond = sum(day.beyond_chance for day in ordinary)
    said = f"{words.whole(beyond)} of {words.whole(len(ordinary))} days"
    return Evidence(
        kind="days",
        title=f"{said} lie beyond what chance explains",
        subtitle=told.drawn(
            f"{words.capital(told.nouns.contacts)} on each ordinary day (dot) beside what its "
            "weekday and month make one expect (tick); coloured where chance, 19 days in 20, does "
            "not explain it",
            n=sum(day.contacts for day in ordinary),
        ),
        rows=tuple(rows),
        alt=f"{said} lie beyond chance; chance alone would leave about 1 in 20.",
    )


def _profile(told: Told, found: Volatility, interval: str) -> Evidence | None:
    rows: list[Row] = [
        {
            "from_s": each.from_s,
            "mean": each.mean,
            "low": each.low,
            "high": each.high,
            "days_low": each.days_low,
            "days_high": each.days_high,
        }
        for each in found.by_interval
    ]
    if not any(each.mean for each in found.by_interval):
        return None
    busiest = max(found.by_interval, key=lambda each: each.mean)
    at = f"{busiest.from_s // 3600}:{busiest.from_s % 3600 // 60:02d}"
    contacts = told.nouns.contacts
    return Evidence(
        kind="arrivals_profile",
        title=f"At {at}, a {interval} brings {busiest.mean:.0f} {contacts} on the mean day, and "
        f"over {busiest.days_high:.0f} on 1 day in 20",
        subtitle=told.drawn(
            f"{words.capital(contacts)} arriving each {interval}: mean with its 95 % band, and "
            f"grey the range of 9 days in 10; clock of {told.zone}",
            n=found.contacts,
        ),
        rows=tuple(rows),
        alt=f"The busiest {interval} begins at {at}: {busiest.mean:.0f} {contacts} on the mean "
        f"day, fewer than {busiest.days_low:.0f} on 1 day in 20, more than "
        f"{busiest.days_high:.0f} on 1 day in 20.",
    )
