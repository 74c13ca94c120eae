"""Every rule of a roster, checked by walking each person's line; it knows nothing of the solver."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from andon.capacity.contracts import Contract
from andon.capacity.horizon import Horizon
from andon.capacity.roster import Duty, Line
from andon.capacity.shifts import Template


def faults(
    lines: Sequence[Line],
    *,
    horizon: Horizon,
    templates: Sequence[Template],
    contracts: Sequence[Contract],
) -> list[str]:
    """What is wrong with a roster, in words; nothing if every rule is kept."""
    found: list[str] = []
    by_name = {each.name: each for each in contracts}
    kinds = {each.name: each for each in templates}
    for line in lines:
        who = f"{line.contract} {line.person}"
        contract = by_name[line.contract]
        for duty in line.duties:
            found += [f"{who}: {fault}" for fault in _shift(duty, kinds, contract, horizon)]
        found += [f"{who}: {fault}" for fault in _line(line, kinds, contract, horizon)]
    for contract in contracts:
        people = sum(line.contract == contract.name for line in lines)
        if contract.most_people is not None and people > contract.most_people:
            found.append(f"{contract.name}: {people} people")
    if len({(line.contract, line.person) for line in lines}) < len(lines):
        found.append("two lines for one person")
    return found


def on_duty(lines: Sequence[Line], horizon: Horizon) -> npt.NDArray[np.float64]:
    """People there and not on a break in each interval, added up from the lines' own instants."""
    total = np.zeros(len(horizon.slot))
    length = horizon.interval_s * 1_000_000
    for line in lines:
        for duty in line.duties:
            for i, start in enumerate(horizon.starts_us.tolist()):
                total[i] += _shared(duty.from_us, duty.to_us, start, start + length) / length
                for begin, end in duty.breaks_us:
                    total[i] -= _shared(begin, end, start, start + length) / length
    return total


def _shared(a: int, b: int, c: int, d: int) -> int:
    return max(0, min(b, d) - max(a, c))


def _shift(
    duty: Duty, kinds: dict[str, Template], contract: Contract, horizon: Horizon
) -> list[str]:
    template = kinds[duty.template]
    zone = ZoneInfo(horizon.zone)
    begin = dt.datetime.fromtimestamp(duty.from_us / 1e6, tz=zone)
    end = dt.datetime.fromtimestamp(duty.to_us / 1e6, tz=zone)
    found = []
    if begin.date() != duty.date:
        found.append(f"{duty.date}: begins on {begin.date()}")
    wall_s = begin.hour * 3600 + begin.minute * 60
    if not template.first_start_s <= wall_s <= template.last_start_s:
        found.append(f"{duty.date}: {template.name} at {begin:%H:%M}")
    if (wall_s - template.first_start_s) % template.step_s:
        found.append(f"{duty.date}: off the step at {begin:%H:%M}")
    if (end.replace(tzinfo=None) - begin.replace(tzinfo=None)).total_seconds() != template.length_s:
        found.append(f"{duty.date}: ends at {end:%H:%M}")
    if begin.weekday() not in template.weekdays or begin.weekday() not in contract.weekdays:
        found.append(f"{duty.date}: not on a {begin:%A}")
    if template.contracts is not None and contract.name not in template.contracts:
        found.append(f"{duty.date}: {template.name} is not for them")
    if len(duty.breaks_us) != len(template.breaks):
        found.append(f"{duty.date}: {len(duty.breaks_us)} breaks")
    for rule, (a, b) in zip(template.breaks, duty.breaks_us, strict=False):
        after = (a - duty.from_us) / 1e6
        if not rule.after_s <= after <= rule.before_s:
            found.append(f"{duty.date}: break {after / 3600:g} h after the beginning")
        if (b - a) / 1e6 != rule.length_s or b > duty.to_us:
            found.append(f"{duty.date}: break is too short or too late")
    unpaid = sum(each.length_s for each in template.breaks if not each.paid)
    if abs((duty.to_us - duty.from_us) / 1e6 - unpaid - duty.paid_s) > 1e-6:
        found.append(f"{duty.date}: paid {duty.paid_s}")
    return found


def _line(
    line: Line, kinds: dict[str, Template], contract: Contract, horizon: Horizon
) -> list[str]:
    found = []
    duties = sorted(line.duties, key=lambda each: each.from_us)
    for a, b in itertools.pairwise(duties):
        if (b.from_us - a.to_us) / 1e6 < contract.rest_s:
            found.append(f"{b.date}: {(b.from_us - a.to_us) / 3.6e9:g} h of rest")
    dates = [each.date for each in duties]
    if len(set(dates)) < len(dates):
        found.append("two shifts on one day")
    worked = set(dates)
    for date in worked:
        run = 0
        while date + dt.timedelta(days=run) in worked:
            run += 1
        if run > contract.days_in_a_row:
            found.append(f"{date}: {run} days in a row")
    return found + _weeks(duties, kinds, contract, horizon) + _weekends(worked, contract, horizon)


def _weeks(
    duties: Sequence[Duty], kinds: dict[str, Template], contract: Contract, horizon: Horizon
) -> list[str]:
    found = []
    first, last = horizon.dates[0], horizon.dates[-1]
    hours: dict[dt.date, float] = defaultdict(float)
    shifts: dict[dt.date, int] = defaultdict(int)
    for duty in duties:
        monday = duty.date - dt.timedelta(days=duty.date.weekday())
        template = kinds[duty.template]
        unpaid = sum(each.length_s for each in template.breaks if not each.paid)
        hours[monday] += (template.length_s - unpaid) / 3600
        shifts[monday] += 1
    monday = first - dt.timedelta(days=first.weekday())
    while monday <= last:
        sunday = monday + dt.timedelta(days=6)
        days = (min(sunday, last) - max(monday, first)).days + 1
        if hours[monday] > contract.most_hours + 1e-6 or shifts[monday] > contract.most_shifts:
            found.append(f"{monday}: {shifts[monday]} shifts, {hours[monday]:g} h")
        if days == 7 and hours[monday] < contract.least_hours - 1e-6:
            found.append(f"{monday}: only {hours[monday]:g} h")
        if shifts[monday] < contract.least_shifts * days // 7:
            found.append(f"{monday}: only {shifts[monday]} shifts")
        monday += dt.timedelta(days=7)
    return found


def _weekends(worked: set[dt.date], contract: Contract, horizon: Horizon) -> list[str]:
    found = []
    first, last = horizon.dates[0], horizon.dates[-1]
    if contract.weekends_off:
        saturday = first - dt.timedelta(days=(first.weekday() - 5) % 7)
        weekends = []
        while saturday <= last:
            weekends.append(bool({saturday, saturday + dt.timedelta(days=1)} & worked))
            saturday += dt.timedelta(days=7)
        of = contract.of_weekends
        for i in range(max(1, len(weekends) - of + 1)):
            window = weekends[i : i + of]
            if sum(window) > of - contract.weekends_off:
                found.append(f"weekends {window}")
    return found
