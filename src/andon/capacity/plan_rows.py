"""A plan as rows: day by day and interval by interval, ready for charts, sheets and machines."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from andon.capacity.plan import LinePlan, Plan, TeamPlan
from andon.units import HOUR_S, US

__all__ = ["DayRow", "DutyRow", "IntervalRow", "days_of", "duties_of", "intervals_of"]

Floats = npt.NDArray[np.float64]

_TENTHS: Final = (0.1, 0.5, 0.9)
"""8 days in 10 lie between the first and the last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DayRow:
    """One day of one line.

    Attributes
    ----------
    day : datetime.date
    line : str
    low, middle, high : float
        Contacts as they will be counted: 1 day in 10 brings fewer than ``low``, 1 in 10 more than
        ``high``.
    special : str
        What the day is, where it is not like others; else empty.
    came : float or None
        What really came, where it is known.
    """

    day: dt.date
    line: str
    low: float
    middle: float
    high: float
    special: str
    came: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class IntervalRow:
    """One interval of one team.

    Attributes
    ----------
    day : datetime.date
    from_s, to_s : int
        On the wall's clock, seconds after midnight.
    team : str
    contacts, contacts_low, contacts_high : float
        Median, and what 1 interval in 10 lies below and above; all lines of the team.
    handle_s : float
        Mean handle time, seconds.
    load_low, load_high : float
        Work that comes, erlangs, likewise.
    required : int
        Agents that the promise asks for.
    people : int or None
        To be rostered, so that so many are at work on most days; None where shrinkage is not known.
    on_the_mean : int or None
        What Erlang C on the mean says, where it can say anything.
    in_shifts : int or None
        Who is in the shifts; None where there are none.
    """

    day: dt.date
    from_s: int
    to_s: int
    team: str
    contacts: float
    contacts_low: float
    contacts_high: float
    handle_s: float
    load_low: float
    load_high: float
    required: int
    people: int | None
    on_the_mean: int | None
    in_shifts: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DutyRow:
    """One person's shift on one day.

    Attributes
    ----------
    team, contract : str
    person : int
        From 1 within the contract of the team.
    day : datetime.date
    shift : str
    from_s, to_s : int
        On the wall's clock, seconds after that day's midnight; beyond a day if it ends on the next.
    breaks : str
        When breaks begin and end, as ``12:00-12:30``.
    paid_h : float
        Paid hours.
    """

    team: str
    contract: str
    person: int
    day: dt.date
    shift: str
    from_s: int
    to_s: int
    breaks: str
    paid_h: float


def days_of(line: LinePlan, *, seed: int = 1, came: Floats | None = None) -> tuple[DayRow, ...]:
    """A line's days.

    Parameters
    ----------
    line : LinePlan
    seed : int
        Of the chance that comes on top of each course.
    came : array of float, shape (days,), optional
        What really came; NaN where it is not known.
    """
    courses = line.forecast.courses
    horizon = courses.horizon
    counts = courses.counts(np.random.default_rng([seed, 3]))
    daily = np.zeros((len(counts), len(horizon.days)))
    np.add.at(daily.T, horizon.day_index, counts.T)
    low, middle, high = np.quantile(daily, _TENTHS, axis=0)
    named: dict[dt.date, str] = {}
    for each in line.forecast.special_days:
        named[each.day] = ", ".join(filter(None, (named.get(each.day, ""), each.name)))
    return tuple(
        DayRow(
            day=day,
            line=line.line.name,
            low=float(low[i]),
            middle=float(middle[i]),
            high=float(high[i]),
            special=named.get(day, ""),
            came=None if came is None or np.isnan(came[i]) else float(came[i]),
        )
        for i, day in enumerate(horizon.dates)
    )


def intervals_of(plan: Plan, team: TeamPlan) -> tuple[IntervalRow, ...]:
    """A team's intervals, those in which nobody is needed or there left out."""
    horizon = plan.horizon
    mine = [plan.line(name).forecast.courses for name in team.lines]
    contacts = np.sum([each.contacts for each in mine], axis=0)
    load = np.sum([each.load_erlangs for each in mine], axis=0)
    low, middle, high = np.quantile(contacts, _TENTHS, axis=0)
    load_low, _, load_high = np.quantile(load, _TENTHS, axis=0)
    mean = contacts.mean(axis=0)
    work_s = load.mean(axis=0) * horizon.interval_s
    handle_s = np.divide(work_s, mean, out=np.zeros(len(mean)), where=mean > 0)
    dates = horizon.dates
    there = team.scheduled if team.cover is not None else None
    rows = []
    for i, day in enumerate(horizon.day_index.tolist()):
        if not team.agents[i] and (there is None or not there[i]):
            continue
        from_s = int(horizon.slot[i]) * horizon.interval_s
        rows.append(
            IntervalRow(
                day=dates[day],
                from_s=from_s,
                to_s=from_s + horizon.interval_s,
                team=team.team.name,
                contacts=float(middle[i]),
                contacts_low=float(low[i]),
                contacts_high=float(high[i]),
                handle_s=float(handle_s[i]),
                load_low=float(load_low[i]),
                load_high=float(load_high[i]),
                required=int(team.agents[i]),
                people=None if team.people is None else int(team.people[i]),
                on_the_mean=None if team.on_the_mean is None else int(team.on_the_mean.agents[i]),
                in_shifts=None if there is None else int(there[i]),
            )
        )
    return tuple(rows)


def duties_of(plan: Plan, team: TeamPlan) -> tuple[DutyRow, ...]:
    """A team's roster, person by person; empty where nobody was rostered."""
    if team.roster is None:
        return ()
    clock = ZoneInfo(plan.horizon.zone)

    def wall(instant_us: int) -> dt.datetime:
        return dt.datetime.fromtimestamp(instant_us / US, tz=clock).replace(tzinfo=None)

    rows = []
    for line in team.roster.lines:
        for duty in line.duties:
            midnight = dt.datetime.combine(duty.date, dt.time())
            from_s, to_s = (
                round((wall(each) - midnight).total_seconds())
                for each in (duty.from_us, duty.to_us)
            )
            rows.append(
                DutyRow(
                    team=line.team,
                    contract=line.contract,
                    person=line.person,
                    day=duty.date,
                    shift=duty.template,
                    from_s=from_s,
                    to_s=to_s,
                    breaks=", ".join(
                        f"{wall(begin):%H:%M}-{wall(end):%H:%M}" for begin, end in duty.breaks_us
                    ),
                    paid_h=duty.paid_s / HOUR_S,
                )
            )
    return tuple(rows)
