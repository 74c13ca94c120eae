"""What we cannot see: who the customers are, which days are missing, and what that leaves open."""

from __future__ import annotations

from andon.answer import Answer
from andon.demand.recontact import RepeatWork
from andon.estimate import Estimate, Unknown, complement
from andon.finding import Evidence, Finding, Row
from andon.ledger.coverage import Coverage
from andon.report import words
from andon.report.findings.coming_back import WEEK_S, window_name
from andon.report.findings.told import Told

__all__ = ["unknown"]

_NEARLY_ALL = 0.98


def unknown(
    told: Told, coverage: Answer[Coverage], repeat_work: Answer[RepeatWork]
) -> Finding | None:
    """The finding, where ids are missing or days are silent; None where nothing is."""
    found, repeats = coverage.overall, repeat_work.overall
    identified = found.identified
    if isinstance(identified, Estimate) and identified.value >= _NEARLY_ALL:
        return _silent_days(told, found) if found.observed.gaps else None
    people, person = told.nouns.people, told.nouns.person
    bounds = repeats.repeats_within(WEEK_S).bounds
    if isinstance(identified, Unknown):
        headline = f"We cannot tell who the {people} are."
    elif identified.value == 0:
        headline = f"We know none of the {people}, so we cannot tell who came back."
    else:
        missing = words.simple(complement(identified))
        headline = (
            f"We do not know the {person} in {missing} {told.nouns.contacts}, so how many came "
            "back stays open."
        )
    return told.finding(
        key="coverage.unknown",
        question="andon.ledger.coverage.coverage",
        headline=headline,
        estimate=complement(identified),
        meaning=" ".join(_meaning(told, found, bounds)),
        next_step=f"Keep the {person}'s id from the first second of every {told.nouns.contact}, "
        "also of those that never queue. Until then, trust no trend in coming back.",
        evidence=(_bounds(told, repeats), _by_month(told, found)),
        caveats=_caveats(told, found),
        method="Counted from all contacts. Bounds: at the low end no contact without an id "
        "repeats another, at the high end every one of them does, and as many of the silent ones "
        "were followed by one of them (Manski 1989, Anatomy of the selection problem).",
        figures={
            "coverage.identified": identified,
            "coverage.identified_of_queued": found.identified_queued,
            "coverage.identified_of_not_queued": found.identified_not_queued,
            "repeat_work.bounds_within_7_days": bounds,
        },
    )


def _silent_days(told: Told, found: Coverage) -> Finding:
    """Everybody is known, and some days are missing."""
    gaps = found.observed.gaps
    days = sum(gap.days for gap in gaps)
    share = Estimate.exact(
        days / max(1, found.observed.days + days), unit="share", n=found.observed.days + days
    )
    return told.finding(
        key="coverage.unknown",
        question="andon.ledger.coverage.coverage",
        headline=f"We saw no {told.nouns.person} on {words.whole(days)} days that should have "
        "some.",
        estimate=share,
        meaning="Either nobody could get through on these days, or their records were lost. "
        "Figures over time leave them out.",
        next_step="Find out whether the doors were closed or the records were lost, and load them "
        "if they exist.",
        caveats=_caveats(told, found),
        method="A run of days without contacts is a gap if the same weekdays of the weeks around "
        "it make one expect at least ten contacts in it.",
        figures={"coverage.silent_days": share},
    )


def _meaning(told: Told, found: Coverage, bounds: Estimate | Unknown) -> list[str]:
    said = []
    if isinstance(bounds, Estimate):
        said.append(
            f"Over all {told.nouns.contacts}, {words.say(bounds).value} repeat one of the week "
            "before; nothing in the data says where."
        )
    queued, rest = found.identified_queued, found.identified_not_queued
    if (
        found.missing == "not at random"
        and isinstance(queued, Estimate)
        and isinstance(rest, Estimate)
    ):
        of = words.denominator([queued, rest])
        said.append(
            f"We know {words.share_of(queued, of=of).value} who queued and "
            f"{words.share_of(rest, of=of).value} who did not: a trend in coming back may be a "
            "trend in who we know."
        )
    return said or ["Whoever is not known looks silent, even after coming back."]


def _caveats(told: Told, found: Coverage) -> tuple[str, ...]:
    said = []
    gaps = found.observed.gaps
    if gaps:
        named = words.listed([words.period(gap.first_day, gap.last_day) for gap in gaps[:3]])
        more = f" and {len(gaps) - 3} more times" if len(gaps) > 3 else ""
        said.append(f"No {told.nouns.contact} is recorded on {named}{more}: closed or lost.")
    fate = found.fate_unknown
    if isinstance(fate, Estimate) and fate.value > 0:
        said.append(
            f"{words.say(fate).value} {told.nouns.contacts} were lost by the system, or what "
            "became of them is not known."
        )
    return tuple(said)


def _bounds(told: Told, found: RepeatWork) -> Evidence:
    """For each window: what is known of those we know, and what holds for everybody."""
    rows: list[Row] = []
    for repeats in found.repeats:
        window = window_name(repeats.window_s)
        if isinstance(repeats.bounds, Estimate):
            rows.append(
                {
                    "what": f"All {told.nouns.contacts}, within {window}",
                    "value": None,
                    "low": repeats.bounds.low,
                    "high": repeats.bounds.high,
                    "point": True,
                }
            )
        if isinstance(repeats.share, Estimate):
            rows.append(
                {
                    "what": f"{words.capital(told.nouns.people)} we know, within {window}",
                    "value": repeats.share.value,
                    "low": repeats.share.low,
                    "high": repeats.share.high,
                    "point": False,
                }
            )
    chosen = [row for row in rows if str(row["what"]).endswith((" 10 min", " 24 h", " 7 days"))]
    return Evidence(
        kind="bounds",
        title=f"For all {told.nouns.people} together, little can be said",
        subtitle=told.drawn(
            f"Share of {told.nouns.contacts} that repeat one of the same {told.nouns.person}: "
            "range that must hold for all, and figure for those we know",
            n=found.contacts,
        ),
        rows=tuple(chosen or rows),
        alt="; ".join(
            f"{row['what']}: {words.cell(row['low'], 'share')} to "
            f"{words.cell(row['high'], 'share')}"
            for row in chosen or rows
        ),
    )


def _by_month(told: Told, found: Coverage) -> Evidence | None:
    """How many customers we know, month by month."""
    months = next((each.levels for each in found.dependence if each.on == "month"), ())
    rows: tuple[Row, ...] = tuple(
        {
            "month": str(level.value),
            "share": level.identified.value,
            "low": level.identified.low,
            "high": level.identified.high,
            "n": level.contacts,
        }
        for level in months
    )
    if len(rows) < 2:
        return None
    shares = [level.identified for level in months]
    least, most = (pick(shares, key=lambda each: each.value) for pick in (min, max))
    return Evidence(
        kind="share_by_month",
        title=f"How many {told.nouns.people} we know moves from "
        f"{words.say(least).value} to {words.say(most).value}",
        subtitle=told.drawn(
            f"Share of {told.nouns.contacts} with the {told.nouns.person}'s id, by month, counted",
            n=found.contacts,
        ),
        rows=rows,
        alt="; ".join(f"{row['month']}: {words.cell(row['share'], 'share')}" for row in rows),
    )
