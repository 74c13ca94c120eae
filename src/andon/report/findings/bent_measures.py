"""Bent measures: which measures can no longer be trusted, why, and what they would read."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Final

from andon.estimate import Estimate, Unknown, times
from andon.finding import Evidence, Finding, Row
from andon.goodhart.at_a_limit import AtALimit
from andon.goodhart.battery import Battery, Bent
from andon.goodhart.concentration import Concentration
from andon.goodhart.excess_mass import Bunching
from andon.goodhart.limit_clocks import CLOCKS
from andon.goodhart.looks import Look, measured
from andon.goodhart.parting_twins import PartingTwins
from andon.goodhart.short_contacts import ShortContacts
from andon.goodhart.signatures import SIGNATURES, SignatureKey
from andon.report import words
from andon.report.figures import figures_in
from andon.report.findings.density import density
from andon.report.findings.told import Told
from andon.report.findings.weeks import weeks_of_short_contacts, weeks_of_twins
from andon.report.quality import Note

__all__ = ["battery_figures", "bent_measures", "bent_note"]

_MOST_SAID: Final = 2
"""Further measures that the meaning tells of."""

_SLIGHT: Final = 0.02
"""A measure bent by less than this part of itself has only begun to bend."""

_WITHOUT: Final[Mapping[SignatureKey, str]] = {
    "short_contacts": "without the {contacts} cut short",
    "bunching": "without the limit",
    "parked_work": "with the parked time counted in",
    "passing_on": "with all hands on a matter counted together",
    "shedding": "with the mix that chance would bring",
    "closing_early": "by settled matters",
    "chosen_surveys": "had all been asked alike",
    "silent_targets": "with those counted who went elsewhere",
    "around_a_date": "before the target",
    "twins_parting": "with its twin counted in",
}
"""What a measure's other reading leaves out, or counts in."""


_PRACTICE: Final[Mapping[SignatureKey, str]] = {
    "short_contacts": "{contacts} cut short",
    "bunching": "{contacts} that pile up at a limit",
}
"""What pulls a measure, where its own question tells by how much."""


def bent_measures(
    told: Told, found: Battery, *, cut_short: Finding | None = None
) -> Finding | None:
    """The finding, where any measure is bent beyond doubt; None where none is.

    Parameters
    ----------
    told : Told
    found : Battery
    cut_short : Finding, optional
        What customers pay where contacts are cut short. If that is how a measure is bent, it
        belongs to the same finding, and this one takes over its cost and its evidence.
    """
    bent = found.measures
    if not bent:
        return None
    first, look = bent[0], bent[0].telling
    short = found.results.get("short_contacts")
    joined = cut_short if _shows(found, "short_contacts") else None
    figures = battery_figures(found)
    kept = {name: each for name, each in figures.items() if name.startswith("goodhart.look")}
    bend = _bend(found, look)
    known = first.without if isinstance(first.without, Estimate) else look.effect
    return told.finding(
        key="goodhart.bent_measures",
        question="andon.goodhart.battery.battery",
        headline=_headline(told, first, look, bend),
        estimate=known if bend is None else _size(bend),
        scope=f"{told.all_contacts} {words.whole(found.tested)} looks were held against each "
        f"other; at most {words.whole(round(100 * found.false_discoveries))} in 100 of those that "
        "show are false.",
        meaning=" ".join(_meaning(told, bent, short)),
        next_step=told.nouns.put(SIGNATURES[look.signature].target),
        cost_h=None if joined is None else joined.cost_h,
        evidence=(
            *_drawn(told, found),
            _reads(told, bent),
            *(() if joined is None else _behind(told, joined)),
        ),
        caveats=_caveats(look, short, joined),
        method=_METHOD,
        figures={**kept, **({} if joined is None else joined.figures)},
    )


def bent_note(found: Battery) -> Note:
    """For the part on the data: whether measures can be trusted, in one sentence."""
    if found.measures:
        bent = [each for each in found.measures if not each.only_moved] or found.measures
        names = words.listed([measured(each.measure, each.reads) for each in bent])
        return Note(fine=False, says=f"Not to be trusted without its twin: {names}.")
    if not found.tested:
        return Note(
            fine=False, says="Whether any measure is bent cannot be told from these records."
        )
    looks = "look" if found.tested == 1 else "looks"
    return Note(
        fine=True,
        says=f"No measure is seen to be bent: {words.whole(found.tested)} {looks}, none shows.",
    )


def battery_figures(found: Battery) -> dict[str, Estimate | Unknown]:
    """Every figure of the battery by name; none speaks of a single advisor."""
    figures: dict[str, Estimate | Unknown] = {}
    for look in found.looks:
        about = ",".join(
            part for part in (look.about, *(f"{k}={v}" for k, v in look.scope)) if part
        )
        place = f"goodhart.look.{look.signature}.{look.measure}" + (f"[{about}]" if about else "")
        figures[f"{place}.effect"] = look.effect
        if not look.scope:
            figures[f"{place}.reads"] = look.reads
            figures[f"{place}.without"] = look.without
    for name, result in found.results.items():
        key, _, which = name.partition(":")
        place = f"goodhart.{key}" + (f"[{which}]" if which else "")
        figures |= figures_in(place, result)
    return figures


_METHOD: Final = (
    "Each way in which a measure is known to be bent leaves signs of its own, and each sign is "
    "tested over all contacts. The tests are held against each other by the procedure of Benjamini "
    "and Yekutieli (2001), so that chance alone shows anything at most 1 time in 20; groups are "
    "looked at only where their sign shows over all. For contacts cut short, more customers must "
    "be back within minutes than after usual contacts; short contacts alone are no sign. "
    "Twins are compared with the mix of queues held even, from the first third of the weeks to the "
    "last. What a measure would read is the same measure without the contacts concerned, or with "
    "what was left out counted in."
)


def _shows(found: Battery, signature: SignatureKey) -> bool:
    return any(look.signature == signature and not look.scope for look in found.shown)


def _headline(told: Told, bent: Bent, look: Look, bend: Estimate | None) -> str:
    people = told.nouns.people
    what = words.capital(measured(bent.measure, bent.reads))
    told_less = f"{what} no longer tells how {people} are served"
    if isinstance(bent.reads, Unknown) or isinstance(bent.without, Unknown):
        return f"{told_less}. The sign: {told.nouns.put(SIGNATURES[look.signature].looks)}."
    if abs(bent.reads.value - bent.without.value) < _SLIGHT * abs(bent.without.value):
        told_less = f"{what} begins to tell less of how {people} are served"
    if bend is not None:
        pulls = "pull it down" if bend.value < 0 else "lift it"
        practice = _PRACTICE[look.signature].format(contacts=told.nouns.contacts)
        return f"{told_less}: {practice} {pulls} by {words.say(_size(bend)).value}."
    if bent.only_moved:
        return (
            f"{what} moved on the day of a target, and may no longer tell how {people} are served. "
            f"It {_as_read(told, bent, look)}"
        )
    return f"{told_less}. It {_as_read(told, bent, look)}"


def _as_read(told: Told, bent: Bent, look: Look) -> str:
    """What the measure reads, and would read, as the rest of a sentence."""
    if isinstance(bent.reads, Unknown) or isinstance(bent.without, Unknown):
        return "would read otherwise without that; how, nobody can tell from these records."
    reads, without = _both(bent.reads, bent.without)
    leaving = _WITHOUT[look.signature].format(contacts=told.nouns.contacts)
    if look.signature == "around_a_date":
        return f"reads {reads}, and read {without} {leaving}."
    return f"reads {reads}, and would read {without} {leaving}."


def _bend(found: Battery, look: Look) -> Estimate | None:
    """What the practice adds to the measure, where its own question tells that beyond doubt."""
    bend: Estimate | Unknown | None = None
    for name, result in found.results.items():
        if name.partition(":")[0] != look.signature:
            continue
        if isinstance(result, ShortContacts):
            bend = result.bend_s
        elif isinstance(result, AtALimit) and words.duration(result.limit_s) in look.about:
            bend = result.mean_bend_s if look.measure == "handle_time" else result.bend
            if isinstance(bend, Estimate) and bend.unit == "share":
                bend = times(bend, 100, unit="points")
    if isinstance(bend, Estimate) and bend.low * bend.high > 0:
        return bend
    return None


def _size(bend: Estimate) -> Estimate:
    return times(bend, -1) if bend.value < 0 else bend


def _both(reads: Estimate, without: Estimate) -> tuple[str, str]:
    """Two readings, with as many digits as it takes to tell them apart."""
    if reads.unit == "share":
        said = words.simple(reads), words.simple(without)
    else:
        said = words.say(reads).value, words.say(without).value
    if said[0] != said[1]:
        return said
    if reads.unit == "s":
        return words.duration(round(reads.value)), words.duration(round(without.value))
    return words.cell(reads.value, reads.unit), words.cell(without.value, without.unit)


def _meaning(told: Told, bent: tuple[Bent, ...], short: object) -> Iterator[str]:
    nouns = told.nouns
    if bent[0].telling.signature == "short_contacts" and isinstance(short, ShortContacts):
        yield from _cut_off(told, short)
        yield f"The measure {_as_read(told, bent[0], bent[0].telling)}"
    else:
        look = bent[0].telling
        yield nouns.put(look.says)
        yield f"The measure {_as_read(told, bent[0], look)}"
    for each in bent[1:][:_MOST_SAID]:
        look = each.telling
        if each.only_moved:
            yield (
                f"{words.capital(measured(each.measure, each.reads))} moved on the day of a "
                f"target: it {_as_read(told, each, look)} That may be no more than what followed."
            )
            continue
        yield (
            f"{words.capital(measured(each.measure, each.reads))} shows a sign as well: "
            f"{nouns.put(SIGNATURES[look.signature].looks)}."
        )
    if len(bent) > 1 + _MOST_SAID:
        yield f"The charts show {words.whole(len(bent) - 1 - _MOST_SAID)} more."


def _cut_off(told: Told, short: ShortContacts) -> Iterator[str]:
    """What customers do who were cut off, and what it does to the measure."""
    nouns = told.nouns
    after, usual = short.back_after_short, short.back_after_usual
    limit, within = words.duration(short.limit_s), words.duration(short.within_s)
    if isinstance(after, Estimate) and isinstance(usual, Estimate):
        of = words.denominator([after, usual])
        yield (
            f"After {nouns.contacts} under {limit}, {words.share_of(after, of=of).value} "
            f"{nouns.people} {nouns.came_back} within {within}; after usual ones, "
            f"{words.share_of(usual, of=of).value} did."
        )


def _caveats(look: Look, short: object, joined: Finding | None) -> tuple[str, ...]:
    """What else it could be; where contacts are cut short, also with how many."""
    otherwise = SIGNATURES[look.signature].otherwise
    if joined is None or not isinstance(short, ShortContacts):
        return otherwise
    said = [f"{otherwise[0].rstrip('.')}: have the lines checked first."]
    few = short.concentration
    if isinstance(few, Concentration):
        said.append(
            f"Half of these contacts are with {few.half_by} of {few.advisors} advisors. That says "
            "what a target invites, not what anybody meant."
        )
    known = short.identified
    if isinstance(known, Estimate) and known.value < 1:
        said.append(
            f"Whether customers came back is known for {words.say(known).value} of these contacts."
        )
    return tuple(said)


def _reads(told: Told, bent: tuple[Bent, ...]) -> Evidence | None:
    """Each bent measure as it reads, and as it would read.

    A measure that only moved on a target's day has no reading without the bending; it is drawn
    where nothing else can be, as it was before.
    """
    moved = all(each.only_moved for each in bent)
    rows: list[Row] = []
    for each in bent:
        if each.telling.signature == "around_a_date" and not moved:
            continue
        if not (isinstance(each.reads, Estimate) and isinstance(each.without, Estimate)):
            continue
        leaving = _WITHOUT[each.telling.signature].format(contacts=told.nouns.contacts)
        for name, figure, point in (
            ("As it stands", each.reads, False),
            (words.capital(leaving), each.without, True),
        ):
            rows.append(
                {
                    "measure": words.capital(measured(each.measure, each.reads)),
                    "reading": name,
                    "unit": figure.unit,
                    "value": figure.value,
                    "low": figure.low,
                    "high": figure.high,
                    "n": figure.n,
                    "point": point,
                }
            )
    if not rows:
        return None
    many = len({row["measure"] for row in rows}) > 1
    return Evidence(
        kind="reads",
        title=f"What {'these measures' if many else str(rows[0]['measure']).lower()} "
        + ("read before the target" if moved else "would read without the bending"),
        subtitle=told.drawn(
            "Before the day of a target and since, with 95 % intervals"
            if moved
            else "As the measure stands, and without what bends it, with 95 % intervals"
        ),
        rows=tuple(rows),
        alt="; ".join(
            f"{row['measure']}, {str(row['reading']).lower()}: "
            f"{words.cell(row['value'], str(row['unit']))}"
            for row in rows
        ),
    )


def _behind(told: Told, joined: Finding) -> Iterator[Evidence]:
    """What was drawn of contacts cut short; their share has been said already, in other words."""
    for each in joined.evidence:
        if each.kind == "distribution":
            contacts = told.nouns.contacts
            yield dataclasses.replace(each, title=f"The short {contacts} are a heap of their own")
        else:
            yield each


def _drawn(told: Told, found: Battery) -> Iterator[Evidence | None]:
    """The picture of each sign that shows and can be drawn, each once."""
    shown = {look.signature for look in found.shown}
    for name, result in found.results.items():
        if name.partition(":")[0] not in shown:
            continue
        if isinstance(result, ShortContacts):
            yield weeks_of_short_contacts(told, result)
        elif isinstance(result, PartingTwins):
            yield weeks_of_twins(told, result)
        elif isinstance(result, AtALimit) and isinstance(result.bunching, Bunching):
            what = CLOCKS[result.clock].says
            yield density(
                told, result.bunching, piled=result.excess, what=what, limit_s=result.limit_s
            )
