"""Cut short: calls that end before they have begun, and the customers who come straight back."""

from __future__ import annotations

from andon.answer import Answer
from andon.demand.recontact import After, RepeatWork
from andon.estimate import Estimate, Unknown, times
from andon.finding import Evidence, Finding, Row
from andon.metrics.handling import Handling
from andon.report import words
from andon.report.cost import product
from andon.report.findings.told import Told
from andon.units import HOUR_S

__all__ = ["cut_short"]

_WINDOW_S = 600
_SHORT = "served_under_10s"
_PROPER = "served_60_to_299s"
_FEW = 100
_NAMES = {
    "served_under_10s": "Served for less than 10 seconds",
    "served_10_to_59s": "Served for 10 to 59 seconds",
    "served_60_to_299s": "Served for 1 to 5 minutes",
    "served_300s_or_more": "Served for 5 minutes or longer",
    "gave_up": "Gave up",
    "failed": "Lost by the system",
}


def cut_short(
    told: Told,
    repeat_work: Answer[RepeatWork],
    *,
    customer_s: Estimate | Unknown,
    handling: Answer[Handling],
) -> Finding | None:
    """The finding, where service under ten seconds sends customers straight back; else None.

    Parameters
    ----------
    told : Told
    repeat_work : Answer of RepeatWork
        Asked with a window of ten minutes.
    customer_s : Estimate or Unknown
        A customer's own time in one contact, seconds.
    handling : Answer of Handling
    """
    by_first = {each.key: each for each in repeat_work.overall.by_first}
    short = by_first.get(_SHORT)
    if short is None or short.contacts < _FEW:
        return None
    back = short.within(_WINDOW_S)
    if isinstance(back.rate, Unknown) or isinstance(back.excess, Unknown) or back.excess.low <= 0:
        return None
    people, came_back = told.nouns.people, told.nouns.came_back
    share = words.simple(back.rate)
    proper = by_first.get(_PROPER)
    usual = None if proper is None else proper.within(_WINDOW_S).rate
    compared = ""
    if isinstance(usual, Estimate):
        said = words.share_of(usual, of=words.denominator([usual, back.rate])).value
        compared = f"After one to five minutes of service, {said} did. "
    figures: dict[str, Estimate | Unknown] = {
        "handling.mean": handling.overall.mean_s,
        "handling.very_short": handling.overall.very_short.share,
        "handling.very_long": handling.overall.very_long.share,
        "cut_short.came_back": back.rate,
        "cut_short.beyond_habit": back.excess,
    }
    if usual is not None:
        figures["cut_short.came_back_after_1_to_5_min"] = usual
    unknown = words.whole(short.unidentified)
    return told.finding(
        key="repeat_work.cut_short",
        question="andon.demand.recontact.repeat_work",
        headline=f"{share} {people} whose {told.nouns.contact} was over within ten seconds "
        f"{came_back} within ten minutes.",
        estimate=back.rate,
        scope=f"{words.whole(short.contacts)} {told.nouns.contacts} served for less than ten "
        f"seconds whose {told.nouns.person} we know, {told.period}.",
        meaning=f"{compared}A {told.nouns.contact} this short makes the average handle time look "
        "better and serves nobody.",
        next_step=f"Find what ends these {told.nouns.contacts}: the line, the routing, or a target "
        "on handle time. Take such a target away first.",
        cost_h=product(
            times(customer_s, 1 / HOUR_S, unit="h"),
            times(back.excess, back.contacts, unit="count"),
            unit="h",
        ),
        evidence=(_evidence(told, repeat_work.overall), _durations(told, handling.overall)),
        caveats=(
            f"{unknown} more such {told.nouns.contacts} carry no id, and are not in this figure.",
            f"The records do not say who or what ended a {told.nouns.contact}.",
            "Some short contacts are rightly short: a wrong number, a call-back that finds nobody.",
        ),
        method="Contacts served for less than ten seconds by customers we know, and how many of "
        "these customers arrive again within 600 s. Only contacts whose next 600 s were wholly "
        "seen count. The interval takes each customer as one unit. Beyond habit: the same share "
        "less the share in windows of the same length, at the same hour and weekday, at least "
        "five weeks earlier and later. The cost is the number beyond habit times a customer's "
        "mean time in one contact.",
        figures=figures,
    )


def _evidence(told: Told, found: RepeatWork) -> Evidence:
    """Who came back within ten minutes, by what happened first."""
    known = _known(found.by_first)
    rows: list[Row] = [
        {
            "first": _NAMES.get(each.key) or words.capital(each.says),
            "share": rate.value,
            "low": rate.low,
            "high": rate.high,
            "n": rate.n,
            "point": each.key == _SHORT,
        }
        for each, rate in known
    ]
    people = told.nouns.people
    return Evidence(
        kind="coming_back",
        title=f"{people.capitalize()} come straight back when they are cut short or give up",
        subtitle=told.drawn(
            f"Share of {people} we know who {told.nouns.came_back} within ten minutes, by what "
            "happened first, with 95 % intervals",
            n=sum(rate.n for _, rate in known),
        ),
        rows=tuple(rows),
        alt="; ".join(f"{row['first']}: {words.cell(row['share'], 'share')}" for row in rows),
    )


def _durations(told: Told, found: Handling) -> Evidence | None:
    """How long service takes; the shortest stand out."""
    short_s = found.very_short_s
    rows: tuple[Row, ...] = tuple(
        {
            "from_s": each.from_s,
            "to_s": each.to_s,
            "share": each.share,
            "low": each.low,
            "high": each.high,
            "n": each.n,
            "point": each.to_s <= short_s,
        }
        for each in found.distribution
        if each.n
    )
    if len(rows) < 3:
        return None
    short = found.very_short.share
    limit = words.duration(short_s)
    title = "How long service takes"
    if isinstance(short, Estimate):
        title = f"{words.say(short).value} {told.nouns.contacts} are over in less than {limit}"
    return Evidence(
        kind="distribution",
        title=title,
        subtitle=told.drawn(
            f"Share of served {told.nouns.contacts} by handle time, with 95 % intervals; each step "
            "of the axis multiplies the time",
            n=found.timed,
        ),
        rows=rows,
        alt="; ".join(
            f"{row['from_s']:g} to {row['to_s']:g} s: {words.cell(row['share'], 'share')}"
            for row in rows
        ),
    )


def _known(kinds: tuple[After, ...]) -> list[tuple[After, Estimate]]:
    found = [(each, each.within(_WINDOW_S).rate) for each in kinds]
    return [(each, rate) for each, rate in found if isinstance(rate, Estimate) and rate.n >= _FEW]
