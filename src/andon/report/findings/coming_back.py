"""Coming back: customers who were served and contact again, beyond what is their habit."""

from __future__ import annotations

from andon.answer import Answer
from andon.demand.chains import Chains
from andon.demand.recontact import After, RepeatWork
from andon.estimate import Estimate, Unknown, times
from andon.finding import Evidence, Finding, Row
from andon.report import words
from andon.report.cost import product
from andon.report.findings.told import Told
from andon.units import DAY_S, HOUR_S

__all__ = ["coming_back", "window_name"]

WEEK_S = 7 * DAY_S


def coming_back(
    told: Told,
    repeat_work: Answer[RepeatWork],
    chains: Answer[Chains],
    *,
    customer_s: Estimate | Unknown,
) -> Finding:
    """How many come back after they were served, and how many of them beyond habit.

    Parameters
    ----------
    told : Told
    repeat_work : Answer of RepeatWork
        Asked with a window of seven days.
    chains : Answer of Chains
    customer_s : Estimate or Unknown
        A customer's own time in one contact, seconds.
    """
    found = repeat_work.overall
    back = found.recontacts.within(WEEK_S)
    repeats = found.repeats_within(WEEK_S)
    figures = {
        "coming_back.within_7_days": back.rate,
        "coming_back.beyond_habit_within_7_days": back.excess,
        "chains.one_contact": chains.overall.one_contact,
        "chains.contacts_per_matter": chains.overall.contacts_per_matter,
        "repeat_work.share_of_contacts": repeats.share,
        "repeat_work.beyond_habit_share_of_work": repeats.excess_share_of_work,
        "repeat_work.beyond_habit_hours": repeats.excess_hours,
        "repeat_work.beyond_habit_erlangs": repeats.excess_erlangs,
        "repeat_work.beyond_habit_money": repeats.excess_money,
    }
    people = told.nouns.people
    return told.finding(
        key="repeat_work.coming_back",
        question="andon.demand.recontact.repeat_work",
        headline=_headline(told, back.rate, back.excess),
        estimate=back.excess if isinstance(back.excess, Estimate) else back.rate,
        scope=f"{words.whole(found.recontacts.contacts)} {told.nouns.contacts} that were served "
        f"and whose {told.nouns.person} we know, {told.period}.",
        meaning=" ".join(_meaning(told, found)),
        next_step=f"Read a sample of these {told.nouns.contacts} in the {people}' own words, and "
        "name what the first one left undone. Set no target for fewer of them: it would hide them.",
        cost_h=product(
            times(customer_s, 1 / HOUR_S, unit="h"),
            times(back.excess, back.contacts, unit="count"),
            unit="h",
        ),
        evidence=(_windows(told, found), _lengths(told, chains.overall)),
        caveats=found.caveats,
        method="Served contacts of customers we know, and whether the customer arrives again "
        "within 7 days, about whatever matter. Contacts whose 7 days were not wholly seen are left "
        "out, not counted as silent. Beyond habit: that share less the share in weeks at least "
        "five weeks earlier and later, from the same weekday and hour. The intervals take each "
        "customer as one unit. The cost is the number beyond habit times a customer's mean time in "
        "one contact.",
        figures=figures,
    )


def window_name(window_s: int) -> str:
    """A window as people say it.

    >>> window_name(600), window_name(86_400), window_name(604_800)
    ('10 min', '24 h', '7 days')
    """
    return "24 h" if window_s == DAY_S else words.duration(window_s)


def _headline(told: Told, rate: Estimate | Unknown, excess: Estimate | Unknown) -> str:
    people, came_back = told.nouns.people, told.nouns.came_back
    if isinstance(rate, Unknown):
        return f"We cannot tell how many {people} {came_back} after they were served."
    if isinstance(excess, Unknown):
        return (
            f"{words.simple(rate)} {people} {came_back} within a week; how many by habit, we "
            "cannot tell."
        )
    if excess.low <= 0:
        return f"{people.capitalize()} {came_back} within a week no more than their habit explains."
    return (
        f"{words.simple(excess)} {people} {came_back} within a week of being served, beyond their "
        "usual habit."
    )


def _meaning(told: Told, found: RepeatWork) -> list[str]:
    rate = found.recontacts.within(WEEK_S).rate
    excess = found.recontacts.within(WEEK_S).excess
    if isinstance(rate, Unknown):
        return [f"{words.sentence(rate.why)} What would let us tell: {rate.needs}."]
    said = [f"In all, {words.say(rate).value} {told.nouns.came_back} within a week."]
    if isinstance(excess, Estimate) and excess.low > 0:
        said.append("Most of them would have done so anyway; the rest had something left undone.")
    work = found.repeats_within(WEEK_S)
    share, hours, money = work.excess_share_of_work, work.excess_hours, work.excess_money
    if isinstance(share, Estimate) and isinstance(hours, Estimate) and share.low > 0:
        cost = f", or {words.say(hours).value}"
        if isinstance(money, Estimate):
            cost += f" and {words.say(money, noun=told.currency).value}"
        said.append(
            f"With those who had given up, they took {words.say(share).value} minutes of "
            f"handling{cost}."
        )
    return said


def _windows(told: Told, found: RepeatWork) -> Evidence:
    """Coming back within longer and longer windows: in all, and beyond habit."""
    rows: list[Row] = []
    for after, name in ((found.retrials, "after giving up"), (found.recontacts, "after service")):
        for beyond in (False, True):
            if beyond and after is found.retrials:
                continue
            rows += _rows(after, f"{name}, beyond habit" if beyond else name, beyond=beyond)
    rows = [{**row, "first": words.capital(str(row["first"]))} for row in rows]
    people = told.nouns.people
    week = found.recontacts.within(WEEK_S)
    return Evidence(
        kind="windows",
        title="Most who come back do so by habit; those beyond it show within a day",
        subtitle=told.drawn(
            f"Share of {people} we know who {told.nouns.came_back} within each window, with 95 % "
            "intervals",
            n=week.contacts,
        ),
        rows=tuple(rows),
        alt="; ".join(
            f"{row['first']}, within {row['window']}: {words.cell(row['share'], 'share')}"
            for row in rows
        ),
    )


def _lengths(told: Told, found: Chains) -> Evidence | None:
    """How many contacts a matter takes."""
    contact, contacts = told.nouns.contact, told.nouns.contacts
    most = max((each.contacts for each in found.lengths), default=0)
    rows: list[Row] = [
        {
            "contacts": f"{each.contacts}+" if each.contacts == most > 2 else str(each.contacts),
            "share": each.share.value,
            "low": each.share.low,
            "high": each.share.high,
            "n": each.share.n,
            "point": each.contacts == 1,
        }
        for each in found.lengths
        if isinstance(each.share, Estimate)
    ]
    if len(rows) < 2:
        return None
    title = f"How many {contacts} a matter takes"
    alone = found.lengths[0].share
    if isinstance(alone, Estimate) and found.lengths[0].contacts == 1:
        title = f"{words.say(alone).value} finished matters took one {contact}"
    return Evidence(
        kind="lengths",
        title=title,
        subtitle=told.drawn(
            f"Share of matters by how many {contacts} they took, with 95 % intervals; long ones "
            "that were still running are not among them",
            n=found.finished,
        ),
        rows=tuple(rows),
        alt="; ".join(f"{row['contacts']}: {words.cell(row['share'], 'share')}" for row in rows),
    )


def _rows(after: After, name: str, *, beyond: bool) -> list[Row]:
    found: list[Row] = []
    for window in after.windows:
        figure = window.excess if beyond else window.rate
        if isinstance(figure, Estimate):
            found.append(
                {
                    "first": name,
                    "window": window_name(window.window_s),
                    "share": figure.value,
                    "low": figure.low,
                    "high": figure.high,
                    "n": figure.n,
                    "point": beyond,
                }
            )
    return found
