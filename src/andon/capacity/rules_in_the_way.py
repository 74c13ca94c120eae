"""The rules in the way: which of them cannot all be kept, on which day and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from andon.capacity.cover_model import CoverModel, Staffing
from andon.capacity.shifts import clock_said
from andon.errors import PlanError

__all__ = ["named_rules", "never_covered"]

_LONGEST_S: Final = 20.0
_WEEKDAYS: Final = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
_REMEDY: Final = (
    "Change these rules, ask for fewer people then, or let people be missing at a price."
)


def never_covered(staffing: Staffing, *, team: str = "") -> None:
    """Refuse a requirement at times that no shift of anybody reaches.

    Raises
    ------
    PlanError
        It names the first day and its times, and how many days there are.
    """
    shifts = staffing.shifts
    horizon = shifts.horizon
    reached = np.zeros(len(staffing.required), dtype=np.bool_)
    for j in range(len(shifts)):
        if any(staffing.may(c, j) for c in range(len(staffing.contracts))):
            begin, end = shifts.cover[j]
            reached[begin:end] = True
    lost = np.flatnonzero((staffing.required > 0) & ~reached)
    if not len(lost):
        return
    days = np.unique(horizon.day[lost])
    here = lost[horizon.day[lost] == days[0]]
    day = int(days[0]) - shifts.first_day
    slots = horizon.slot[here]
    from_s, to_s = (
        int(slots.min()) * horizon.interval_s,
        (int(slots.max()) + 1) * horizon.interval_s,
    )
    begins = [each.name for each in shifts.templates if shifts.weekday_of(day) in each.weekdays]
    people = [each.name for each in staffing.contracts if shifts.weekday_of(day) in each.weekdays]
    reason = (
        "no shift may begin on that weekday"
        if not begins
        else "no contract may work on that weekday"
        if not people
        else "no shift that anybody may work reaches there"
    )
    raise PlanError(
        f"{_whose(team)}People are asked for when nobody may be on duty: {reason}.",
        found=f"{_day_said(staffing, day)}, between {clock_said(from_s)} and "
        f"{clock_said(to_s) if to_s < 86400 else '24:00'}, up to "
        f"{staffing.required[here].max():g} people{_and_more(len(days) - 1)}",
        todo="Allow a shift then, close then, or let people be missing at a price.",
    )


def named_rules(
    staffing: Staffing, *, weeks: Sequence[tuple[int, ...]], team: str = ""
) -> PlanError:
    """The error that names the fewest rules that must give, week by week, and by how much.

    Each rule may be broken at a price: so high for breaking it at all that as few rules as can be
    are broken, and then a little for how far.
    """
    k = len(staffing.required)
    edges = [_first_interval(staffing, week) for week in weeks] + [k]
    for w, week in enumerate(weeks):
        said = _broken(staffing, [week], (edges[w], edges[w + 1]))
        if said:
            return _error(said, team)
    said = _broken(staffing, weeks, (0, k))
    return _error(said or ["the weeks taken together, in whole people"], team)


def _error(said: list[str], team: str) -> PlanError:
    return PlanError(
        f"{_whose(team)}No roster keeps all the rules.",
        found="the fewest that would have to give: " + "; ".join(said),
        todo=_REMEDY,
    )


def _broken(
    staffing: Staffing, weeks: Sequence[tuple[int, ...]], intervals: tuple[int, int]
) -> list[str]:
    solved = CoverModel(staffing, weeks=weeks, intervals=intervals, elastic=True).least_broken(
        within_s=_LONGEST_S
    )
    if solved is None:
        return []
    found: dict[tuple[str, int], list[tuple[int, float]]] = {}
    for (rule, who, day), by in solved.broken.items():
        key = (rule, who if rule != "cover" else -1)
        found.setdefault(key, []).append((day, by))
    return [_said(staffing, rule, who, where) for (rule, who), where in sorted(found.items())]


def _said(staffing: Staffing, rule: str, who: int, where: list[tuple[int, float]]) -> str:
    day, by = max(where, key=lambda each: (each[1], -each[0]))
    days = len({each for each, _ in where})
    when = _day_said(staffing, day) + _and_more(days - 1)
    n = max(1, round(by + 0.49))
    one = "person" if n == 1 else "people"
    if rule == "cover":
        return f"the requirement on {when}, up to {n} {one} fewer at a time"
    contract = staffing.contracts[who]
    if rule == "most_people":
        return f"at most {contract.most_people} people of contract {contract.name!r}: {n} more"
    week = f"in the week of {_day_said(staffing, day)}"
    return {
        "weekdays": f"contract {contract.name!r} works only on some weekdays: {n} {one} on others, "
        f"{week}",
        "most_shifts": f"at most {contract.most_shifts} shifts a week for contract "
        f"{contract.name!r}: {n} {one} with more, {week}",
        "least_shifts": f"at least {contract.least_shifts} shifts a week for contract "
        f"{contract.name!r}: {n} {one} with fewer, {week}",
        "least_hours": f"at least {contract.least_hours:g} hours a week for contract "
        f"{contract.name!r}: {n} {one} with fewer, {week}",
        "most_hours": f"at most {contract.most_hours:g} hours a week for contract "
        f"{contract.name!r}: {n} {one} with more, {week}",
        "days_in_a_row": f"at most {contract.days_in_a_row} days in a row for contract "
        f"{contract.name!r}: {n} {one} with more, {week}",
        "weekends_off": f"{contract.weekends_off} of {contract.of_weekends} weekends off for "
        f"contract {contract.name!r}: {n} {one} without, {week}",
        "rest_s": f"{contract.rest_s / 3600:g} h of rest for contract {contract.name!r}: {n} {one} "
        f"with less, before {when}",
    }[rule]


def _first_interval(staffing: Staffing, week: tuple[int, ...]) -> int:
    horizon = staffing.shifts.horizon
    return int(np.searchsorted(horizon.day - horizon.day[0], max(week[0], 0)))


def _day_said(staffing: Staffing, day: int) -> str:
    return f"{_WEEKDAYS[staffing.shifts.weekday_of(day)]} {staffing.shifts.date_of(day)}"


def _and_more(days: int) -> str:
    return "" if days < 1 else " and one more day" if days == 1 else f" and {days} more days"


def _whose(team: str) -> str:
    return f"Team {team!r}: " if team else ""
