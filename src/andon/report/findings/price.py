"""Price: what a second of handle time does to whether customers come back."""

from __future__ import annotations

from typing import Final

from andon.estimate import Estimate, Unknown, times
from andon.finding import Evidence, Finding, Row
from andon.goodhart.price_of_a_second import PriceOfASecond
from andon.report import words
from andon.report.findings.told import Told
from andon.report.quality import Note

__all__ = ["price", "price_figures", "price_note"]

_MINUTE_S: Final = 60
_POINTS: Final = 100.0


def price(told: Told, found: PriceOfASecond) -> Finding | None:
    """What a minute more of service does to coming back; None where the design does not hold.

    Parameters
    ----------
    told : Told
    found : PriceOfASecond
        Asked for the outcome ``recontact``.
    """
    nouns = told.nouns
    within = words.duration(found.window_s)
    minute = found.change(_MINUTE_S)
    if isinstance(minute, Unknown):
        return None
    spared = times(minute, -1) if minute.value < 0 else minute
    return told.finding(
        key="price.recontact",
        question="andon.goodhart.price_of_a_second.price_of_a_second",
        headline=_headline(told, minute, within),
        estimate=spared,
        scope=_scope(told, found),
        meaning=" ".join(_meaning(told, found, minute)),
        next_step=f"Set no target on handle time. Take away what makes {nouns.contacts} long "
        f"for no {nouns.person}: slow systems, missing rights, unclear letters.",
        evidence=(_first_stage(told, found, within), _slopes(told, found, within)),
        caveats=found.caveats,
        method=_METHOD,
        figures=price_figures(found),
    )


_METHOD: Final = (
    "Within one channel, queue, reason and half hour a contact goes to whoever is free, so how "
    "long an advisor takes with other customers has nothing to do with how hard this contact is. "
    "That pace is the instrument (UJIVE, all contacts of one customer with one advisor left out); "
    "the interval is Anderson and Rubin's, with each advisor as one unit. Checked first: whether "
    "what is known before a contact says who takes it, whether advisors differ in pace, and "
    "whether slow ones are slow throughout. In the picture, pace is taken from one half of the "
    "days and everything else from the other half."
)


def _headline(told: Told, minute: Estimate, within: str) -> str:
    people, back = told.nouns.people, told.nouns.came_back
    if minute.low <= 0 <= minute.high:
        return (
            f"Whether a minute more for each of the {people} keeps them from coming back, these "
            "data cannot tell."
        )
    size = _in_100(times(minute, -1) if minute.value < 0 else minute)
    which = "fewer" if minute.value < 0 else "more"
    return (
        f"For each minute more that service takes, {size} {which} {people} {back} within {within}."
    )


def _in_100(change: Estimate) -> str:
    """Percentage points above 0 as people in a hundred, or in a thousand."""
    share = Estimate(
        value=min(change.value / _POINTS, 1.0),
        low=min(max(change.low / _POINTS, 0.0), 1.0),
        high=min(change.high / _POINTS, 1.0),
        unit="share",
        n=change.n,
        method=change.method,
        level=change.level,
    )
    return words.share_of(share, of=words.denominator([share])).value


def _either(points: float) -> str:
    """So many fewer or more, whichever it is."""
    return f"{abs(points):.2g} {'fewer' if points < 0 else 'more'}"


def _scope(told: Told, found: PriceOfASecond) -> str:
    return (
        f"{words.whole(found.contacts)} {told.nouns.contacts} that chance brought to one of "
        f"{words.whole(found.advisors)} advisors, {told.period}."
    )


def _meaning(told: Told, found: PriceOfASecond, minute: Estimate) -> list[str]:
    people, contacts = told.nouns.people, told.nouns.contacts
    if minute.low <= 0 <= minute.high:
        return [
            f"So nobody can say what haste would cost {people}. From {_either(minute.low)} to "
            f"{_either(minute.high)} in 100 is possible."
        ]
    back_s = _returning_s(found)
    said = []
    if isinstance(back_s, Estimate) and minute.value < 0:
        said.append(
            f"Of each minute that haste saves, about {words.say(back_s).value} "
            f"({words.say(back_s).between}) come back as new {contacts}."
        )
        said.append(f"The {people} pay the rest: they ask twice, and wait twice.")
    else:
        said.append(
            f"Longer service did not keep these {people} from coming back; ask what the time "
            "went into."
        )
    naive = found.naive_per_s
    if isinstance(naive, Estimate) and isinstance(found.per_s, Estimate):
        if found.per_s.low <= naive.value <= found.per_s.high:
            said.append(f"Comparing long and short {contacts} plainly says about the same.")
        else:
            which = "less" if naive.value > found.per_s.value else "more"
            said.append(
                f"Comparing long and short {contacts} plainly would promise {which}: long ones "
                "are the hard ones too."
            )
    return said


def _returning_s(found: PriceOfASecond) -> Estimate | Unknown:
    """Of each minute saved, the seconds that those who come back take again.

    As long as the contacts compared, on average.
    """
    return times(found.per_s, -_MINUTE_S * found.mean_handle_s / _POINTS, unit="s")


def price_note(found: PriceOfASecond) -> Note | None:
    """For the part on the data: why nobody can tell what a second does; None where one can."""
    if isinstance(found.per_s, Estimate):
        return None
    return Note(
        fine=False,
        says=f"What a second of handle time does cannot be told: {found.per_s.why.rstrip('.')}. "
        f"We could tell with {found.per_s.needs}.",
    )


def price_figures(found: PriceOfASecond) -> dict[str, Estimate | Unknown]:
    """Every figure of the price, by name."""
    figures: dict[str, Estimate | Unknown] = {
        "price.recontact.per_s": found.per_s,
        "price.recontact.naive_per_s": found.naive_per_s,
        "price.recontact.outcome_mean": found.outcome_mean,
        "price.recontact.for_a_minute": found.change(_MINUTE_S),
        "price.recontact.returning_s_of_a_minute_saved": _returning_s(found),
    }
    for i, step in enumerate(found.steps):
        figures[f"price.recontact.steps[{i}].per_s"] = step.per_s
    return figures


def _first_stage(told: Told, found: PriceOfASecond, within: str) -> Evidence | None:
    """What pace with others foretells: handle time above, coming back below."""
    if not found.first_stage:
        return None
    people, contacts = told.nouns.people, told.nouns.contacts
    above = f"How much longer this {told.nouns.contact} took"
    below = f"How many more in 100 of these {people} {told.nouns.came_back} within {within}"
    rows: list[Row] = [
        {
            "measure": name,
            "pace_s": each.pace_s,
            "unit": figure.unit,
            "value": figure.value,
            "low": figure.low,
            "high": figure.high,
            "advisors": each.advisors,
            "n": each.contacts,
        }
        for name, which in ((above, "handle"), (below, "outcome"))
        for each in found.first_stage
        if isinstance(figure := getattr(each, which), Estimate)
    ]
    fast, slow = found.first_stage[0], found.first_stage[-1]
    fewer = "fewer" if slow.outcome.value < fast.outcome.value else "more"
    return Evidence(
        kind="first_stage",
        title=f"Where {contacts} take longer because of who is free, {fewer} {people} "
        f"{told.nouns.came_back}",
        subtitle=told.drawn(
            f"By how long advisors take with other {people} (across); differences from {contacts} "
            "of the same kind in the same half hour; each dot is 5 advisors or more, with 95 % "
            "intervals",
            n=sum(each.contacts for each in found.first_stage),
        ),
        rows=tuple(rows),
        alt="; ".join(
            f"pace {each.pace_s:+.0f} s: {each.handle.value:+.0f} s, "
            f"{each.outcome.value:+.1f} percentage points"
            for each in found.first_stage
        ),
    )


def _slopes(told: Told, found: PriceOfASecond, within: str) -> Evidence | None:
    """The price beside the naive one, and by pace, each for a minute."""
    named = [("By chance of who is free", found.per_s, True)]
    named.append(("Long and short ones compared", found.naive_per_s, False))
    paces = ("faster advisors", "slower advisors")
    named += [
        (f"By chance: {name}", step.per_s, False)
        for name, step in zip(paces, found.steps, strict=False)
    ]
    rows: list[Row] = [
        {
            "what": name,
            "spared": -_MINUTE_S * each.value,
            "low": -_MINUTE_S * each.high,
            "high": -_MINUTE_S * each.low,
            "point": point,
        }
        for name, each, point in named
        if isinstance(each, Estimate)
    ]
    if len(rows) < 2:
        return None
    return Evidence(
        kind="for_a_minute",
        title=f"What a minute more of service spares {told.nouns.people}, seen in more than one "
        "way",
        subtitle=told.drawn(
            f"{words.capital(told.nouns.people)} in 100 who did not come back within {within} for "
            "each minute more, with 95 % intervals; below 0, more came back",
            n=found.contacts,
        ),
        rows=tuple(rows),
        alt="; ".join(f"{row['what']}: {words.cell(row['spared'])}" for row in rows),
    )
