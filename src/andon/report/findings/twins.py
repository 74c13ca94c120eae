"""Twins: whether one measure improved while the one that pays for it got worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from andon.answer import Answer
from andon.estimate import Estimate, Unknown, times
from andon.finding import Evidence, Finding, Row
from andon.metrics.twins import Pair, Twins, way
from andon.report import words
from andon.report.findings.told import Told

__all__ = ["gave_up_by_month", "twins"]

Side = Literal["first", "second"]

_TITLES: Final = {
    "handle_time": ("Mean handle time", "Came back within 24 h of service, beyond habit"),
    "abandonment": ("Gave up before service", "Tried again within 10 min of giving up"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Change:
    """One side of a pair, and how it changed from the first months to the last."""

    pair: Pair
    side: Side
    change: Estimate | Unknown

    @property
    def way(self) -> int:
        """1 for up and -1 for down, else 0; up is worse."""
        return way(self.change)

    def says(self, told: Told) -> str:
        """The change in words, the customer as its subject."""
        up, down, same = _SAYS[self.pair.key, self.side]
        text = up if self.way > 0 else down if self.way < 0 else same
        size = ""
        if isinstance(self.change, Estimate):
            size = _size(self.change)
        return text.format(size=size, people=told.nouns.people, back=told.nouns.came_back)


_SAYS: Final[Mapping[tuple[str, Side], tuple[str, str, str]]] = {
    ("handle_time", "first"): (
        "{people} were served {size} longer",
        "{people} were served {size} shorter",
        "{people} were served as long as before",
    ),
    ("handle_time", "second"): (
        "{size} in 100 more {people} {back} within a day",
        "{size} in 100 fewer {people} {back} within a day",
        "as many {people} {back} as before",
    ),
    ("abandonment", "first"): (
        "{size} in 100 more {people} gave up",
        "{size} in 100 fewer {people} gave up",
        "as many {people} gave up as before",
    ),
    ("abandonment", "second"): (
        "{size} in 100 more of the {people} who gave up tried again at once",
        "{size} in 100 fewer of the {people} who gave up tried again at once",
        "as many of the {people} who gave up tried again at once as before",
    ),
}
"""How each side is said to rise, to fall, or to stay."""


def _size(change: Estimate) -> str:
    """How large a change is, whichever way: seconds as a duration, points as people in 100."""
    large = times(change, -1) if change.value < 0 else change
    if change.unit != "points":
        return words.say(large).value
    return f"{large.value:.0f}" if large.value >= 1 else f"{large.value:.1f}"


def twins(told: Told, answer: Answer[Twins]) -> Finding:
    """The pair that parted, or the plain statement that none is seen to have parted."""
    found = answer.overall
    sides = [
        _Change(pair=pair, side=side, change=change)
        for pair in found.pairs
        for side, change in _sides(pair)
    ]
    parted = [pair for pair in found.pairs if pair.parting == "parted"]
    if parted:
        worse = next(each for each in sides if each.pair is parted[0] and each.way > 0)
        better = next(each for each in sides if each.pair is parted[0] and each.way < 0)
        headline = f"{worse.says(told)}, while {better.says(told)}."
        meaning = "Whoever looks at one of the two sees progress; the other pays for it."
        next_step = (
            "Put no target on the one that improved until you know what the other pays. Look first "
            "at what changed in the months where the lines part."
        )
        return _finding(told, found, "twins.parted", headline, worse, meaning, next_step)
    worse = next((each for each in sides if each.way > 0), sides[0])
    moved = next((each for each in (worse, *sides) if each.way), worse)
    if isinstance(moved.change, Unknown):
        headline = f"We cannot tell whether {told.nouns.people} pay for what looks better."
    elif not moved.way:
        headline = f"No measure moved much, or beyond doubt: {moved.says(told)}."
    else:
        headline = f"{moved.says(told)} than in the first months."
    twin = next(each for each in sides if each.pair is moved.pair and each.side != moved.side)
    return _finding(
        told,
        found,
        "twins.together",
        headline,
        moved,
        f"Its twin did not improve in return: {twin.says(told)}. So we see no better number that "
        f"{told.nouns.people} paid for."
        if twin.way >= 0
        else f"Its twin moved the same way: {twin.says(told)}.",
        "Keep both twins of each pair on one page, and never report the first without the second.",
    )


def _sides(pair: Pair) -> tuple[tuple[Side, Estimate | Unknown], ...]:
    return ("first", pair.first_change), ("second", pair.second_change)


def _finding(
    told: Told,
    found: Twins,
    key: str,
    headline: str,
    shown: _Change,
    meaning: str,
    next_step: str,
) -> Finding:
    others = [pair for pair in found.pairs if pair is not shown.pair]
    return told.finding(
        key=key,
        question="andon.metrics.twins.twins",
        headline=words.capital(headline),
        estimate=shown.change,
        meaning=words.capital(meaning),
        next_step=next_step,
        evidence=tuple(_pair(told, each) for each in (shown.pair, *others)),
        caveats=shown.pair.caveats,
        method=_METHOD,
        figures=_figures(found),
    )


def gave_up_by_month(told: Told, answer: Answer[Twins]) -> Evidence | None:
    """The share who gave up, month by month."""
    known = [
        (point.period, point.first, point.contacts)
        for point in answer.overall.abandonment.points
        if isinstance(point.first, Estimate)
    ]
    if len(known) < 2:
        return None
    least = min(known, key=lambda each: each[1].value)
    most = max(known, key=lambda each: each[1].value)
    people = told.nouns.people
    return Evidence(
        kind="share_by_month",
        title=f"From {words.say(least[1]).value} in {words.month(least[0])} to "
        f"{words.say(most[1]).value} in {words.month(most[0])} gave up",
        subtitle=told.drawn(
            f"Share of {people} who left the queue or the menu before service, by month, with "
            "95 % intervals",
            n=sum(n for _, _, n in known),
        ),
        rows=tuple(
            {
                "month": period,
                "share": each.value,
                "low": each.low,
                "high": each.high,
                "n": each.n,
            }
            for period, each, _ in known
        ),
        alt="; ".join(
            f"{words.month(period)}: {words.cell(each.value, 'share')}" for period, each, _ in known
        ),
    )


_METHOD: Final = (
    "Each pair is two measures of the same contacts, both better when lower, by month. They part "
    "if one falls and the other rises from the first third of the whole months to the last third, "
    "both beyond their doubt. Intervals take customer and day as units. Coming back is counted "
    "beyond habit: less the same customer's share in windows four weeks before and after."
)


def _figures(found: Twins) -> dict[str, Estimate | Unknown]:
    figures: dict[str, Estimate | Unknown] = {}
    for pair in found.pairs:
        figures[f"twins.{pair.key}.first_change"] = pair.first_change
        figures[f"twins.{pair.key}.second_change"] = pair.second_change
        figures[f"twins.{pair.key}.identified_change"] = pair.identified_change
    return figures


def _pair(told: Told, pair: Pair) -> Evidence | None:
    above, below = _TITLES.get(pair.key, (pair.first_says, pair.second_says))
    rows: list[Row] = [
        {
            "measure": name,
            "month": point.period,
            "unit": figure.unit,
            "value": figure.value,
            "low": figure.low,
            "high": figure.high,
            "n": figure.n,
        }
        for name, side in ((above, "first"), (below, "second"))
        for point in pair.points
        if isinstance(figure := getattr(point, side), Estimate)
    ]
    if len({row["measure"] for row in rows}) < 2 or len(rows) < 4:
        return None
    state = {
        "parted": "part",
        "together": "move together",
        "cannot tell": "do not part beyond doubt",
    }[pair.parting]
    return Evidence(
        kind="twins",
        title=f"{above} and its twin {state}",
        subtitle=told.drawn(
            "Both measures by month on one time axis, with 95 % intervals",
            n=sum(point.contacts for point in pair.points),
        ),
        rows=tuple(rows),
        alt=pair.says,
    )
