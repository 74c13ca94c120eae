"""Weeks: a measure drawn week by week, with what it was before a change and after it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from andon.estimate import Estimate, Unknown
from andon.finding import Evidence, Row
from andon.goodhart.change_points import Change
from andon.goodhart.level_shifts import Shift
from andon.goodhart.parting_twins import Movement, PartingTwins
from andon.goodhart.short_contacts import ShortContacts, Week
from andon.report import words
from andon.report.findings.told import Told
from andon.units import Unit

__all__ = ["weeks_of_one", "weeks_of_short_contacts", "weeks_of_twins"]

_THIRDS: Final = 3
_TITLES: Final[Mapping[str, tuple[str, str]]] = {
    "handle_time": ("Mean handle time", "Came back within 24 h of service, beyond habit"),
    "abandonment": ("Gave up before service", "Tried again within 10 min of giving up"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Drawn:
    """What a week's dot is held against."""

    level: Estimate | None = None
    inside: bool = False
    unsure: bool = False


def weeks_of_short_contacts(told: Told, found: ShortContacts) -> Evidence | None:
    """The share of short contacts in each week, and the stretch in which there were more."""
    shown = [week for week in found.weeks if week.contacts]
    if len(shown) < 2 or not isinstance(found.share, Estimate):
        return None
    change = found.change if isinstance(found.change, Change) and found.change.found else None
    limit = words.duration(found.limit_s)
    rows = weeks_of_one(found.weeks, change, found.share, measure=f"Over within {limit}")
    contacts = told.nouns.contacts
    if change is None:
        title = f"{words.say(found.share).value} {contacts} were over within {limit}, without a "
        title += "change that stands out"
    else:
        title = f"{_span(found)}, {words.say(change.inside).value} {contacts} were over within "
        title += f"{limit}, and {_or_none(change.outside)} in the other weeks"
    return Evidence(
        kind="weeks",
        title=title,
        subtitle=told.drawn(
            f"Share of served {contacts} that were over within {limit}, each week (dot), as if "
            "each had the same mix of queues and reasons; mean of each stretch with its 95 % "
            "interval (band)",
            n=found.contacts,
        ),
        rows=rows,
        alt=f"{title}.",
    )


def weeks_of_one(
    weeks: Sequence[Week],
    change: Change | None,
    share: Estimate | Unknown,
    *,
    measure: str,
) -> tuple[Row, ...]:
    """Weeks of short contacts as rows of a chart.

    Parameters
    ----------
    weeks : sequence of Week
    change : Change or None
        Over the same weeks; taken for none where chance would do as much.
    share : Estimate or Unknown
        Over all weeks, shown where there is no change.
    measure : str
    """
    whole = share if isinstance(share, Estimate) else None
    return tuple(
        _row(
            measure,
            week.monday,
            week.share,
            "share",
            _beside(change, i)
            if change is not None and change.found
            else _Drawn(level=whole, inside=True),
            n=week.contacts,
        )
        for i, week in enumerate(weeks)
        if week.contacts
    )


def weeks_of_twins(told: Told, found: PartingTwins) -> Evidence | None:
    """Both twins week by week with the mix held even, and from when they part."""
    above, below = _TITLES.get(found.measure, (found.first_says, found.second_says))
    weeks = found.weeks
    began = None if found.began is None else weeks.index(found.began)
    sides: tuple[tuple[str, Movement, Unit], ...] = (
        (above, found.found.first, "s" if found.measure == "handle_time" else "share"),
        (below, found.found.second, "share"),
    )
    rows = [
        row for name, movement, unit in sides for row in _side(found, name, movement, unit, began)
    ]
    if len({row["measure"] for row in rows}) < 2:
        return None
    state = {
        "parted": "part",
        "together": "move together",
        "cannot tell": "do not part beyond doubt",
    }[found.found.parting]
    title = f"{above} and its twin {state}"
    if found.began is not None:
        title += f" from about the week of {words.day(found.began)}"
    return Evidence(
        kind="weeks",
        title=title,
        subtitle=told.drawn(
            f"Both by week (dots) on one time axis, with the mix of {words.listed(found.mix)} held "
            "even; means of the first and the last third of the weeks with 95 % intervals (bands)",
            n=round(sum(found.found.first.contacts)),
        ),
        rows=tuple(rows),
        alt=found.says,
    )


def _side(
    found: PartingTwins, name: str, movement: Movement, unit: Unit, began: int | None
) -> list[Row]:
    shift = movement.within if isinstance(movement.within, Shift) else None
    third = len(found.weeks) // _THIRDS
    rows: list[Row] = []
    for i, (week, value, n) in enumerate(
        zip(found.weeks, movement.even, movement.contacts, strict=True)
    ):
        level = None
        if shift is not None and i < third:
            level = shift.before
        elif shift is not None and i >= len(found.weeks) - third:
            level = shift.after
        beside = _Drawn(
            level=level,
            inside=began is not None and i >= began,
            unsure=_between(week, found.began_low, found.began_high),
        )
        rows.append(_row(name, week, value, unit, beside, n=round(n)))
    return rows


def _row(measure: str, week: dt.date, value: float, unit: Unit, beside: _Drawn, *, n: int) -> Row:
    level = beside.level
    known = not math.isnan(value)
    return {
        "measure": measure,
        "week": week.isoformat(),
        "unit": unit,
        "value": value if known else None,
        "n": n,
        "level": None if level is None else level.value,
        "low": None if level is None else level.low,
        "high": None if level is None else level.high,
        "inside": beside.inside,
        "unsure": beside.unsure,
    }


def _beside(change: Change, i: int) -> _Drawn:
    inside = change.start <= i < change.end
    return _Drawn(
        level=change.inside if inside else change.outside,
        inside=inside,
        unsure=change.start_low <= i < change.start_high or change.end_low <= i < change.end_high,
    )


def _between(week: dt.date, low: dt.date | None, high: dt.date | None) -> bool:
    return low is not None and high is not None and low <= week < high


def _span(found: ShortContacts) -> str:
    """From when to when, as far as it was seen."""
    rose, fell = found.rose, found.fell
    if rose and fell:
        last = fell.likeliest - dt.timedelta(days=1)
        return f"From {words.period(rose.likeliest, last)}"
    if rose:
        return f"From the week of {words.day(rose.likeliest)} on"
    if fell:
        return f"Until the week of {words.day(fell.likeliest)}"
    return "For some weeks"


def _or_none(share: Estimate) -> str:
    return words.say(share).value if share.value > 0 else "none"
