"""A plan as sheets: intervals first, which a planner pastes into a scheduling tool."""

from __future__ import annotations

import datetime as dt

from andon.capacity.plan import Plan
from andon.capacity.plan_rows import days_of, intervals_of
from andon.report import words
from andon.report.plan import TRIAL_COLUMNS, answer, promises, trial_rows
from andon.report.workbook import Cell, Field, Sheet
from andon.units import HOUR_S

__all__ = ["sheets"]


def sheets(plan: Plan, *, operation: str) -> tuple[Sheet, ...]:
    """A plan as sheets: intervals first, which a planner pastes into a scheduling tool."""
    return (
        _interval_sheet(plan),
        _day_sheet(plan),
        *([_shift_sheet(plan)] if any(team.cover for team in plan.teams) else []),
        _check_sheet(plan),
        _about_sheet(plan, operation),
    )


def _interval_sheet(plan: Plan) -> Sheet:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            each.day,
            f"{each.day:%A}",
            _time(each.from_s),
            _time(each.to_s),
            each.team,
            each.contacts,
            each.contacts_low,
            each.contacts_high,
            each.handle_s,
            each.required,
            each.in_shifts,
            None if each.in_shifts is None else max(0, each.required - each.in_shifts),
            None if each.in_shifts is None else max(0, each.in_shifts - each.required),
            each.on_the_mean,
        )
        for team in plan.teams
        for each in intervals_of(plan, team)
    )
    return Sheet(
        name="Intervals",
        says="Agents on duty by interval. Days differ, so there are more than the mean needs.",
        fields=(
            Field(name="Date", key="date", holds="date"),
            Field(name="Weekday", key="weekday", holds="text"),
            Field(name="From", key="from", holds="time"),
            Field(name="To", key="to", holds="time"),
            Field(name="Team", key="team", holds="text"),
            Field(name="Contacts", key="contacts"),
            Field(name="1 in 10 below", key="contacts_low"),
            Field(name="1 in 10 above", key="contacts_high"),
            Field(name="Handle time, s", key="handle_s", holds="whole"),
            Field(name="Agents needed", key="agents_needed", holds="whole"),
            Field(name="Agents in shifts", key="agents_in_shifts", holds="whole"),
            Field(name="Missing", key="missing", holds="whole"),
            Field(name="More than needed", key="more_than_needed", holds="whole"),
            Field(name="Erlang C on the mean", key="erlang_c_on_the_mean", holds="whole"),
        ),
        rows=tuple(rows),
    )


def _time(seconds: int) -> dt.time:
    return dt.time(seconds // HOUR_S % 24, seconds % HOUR_S // 60)


def _day_sheet(plan: Plan) -> Sheet:
    rows: list[tuple[Cell, ...]] = []
    for line in plan.lines:
        known = None if plan.judged is None else plan.judged.a_day(line.line.name)
        rows += [
            (
                each.day,
                f"{each.day:%A}",
                each.line,
                each.middle,
                each.low,
                each.high,
                each.special or None,
                each.came,
            )
            for each in days_of(line, came=known)
        ]
    return Sheet(
        name="Days",
        says="Contacts a day: 8 days in 10 lie between the two.",
        fields=(
            Field(name="Date", key="date", holds="date"),
            Field(name="Weekday", key="weekday", holds="text"),
            Field(name="Line", key="line", holds="text"),
            Field(name="Contacts", key="contacts", holds="whole"),
            Field(name="1 in 10 below", key="contacts_low", holds="whole"),
            Field(name="1 in 10 above", key="contacts_high", holds="whole"),
            Field(name="Special", key="special", holds="text"),
            Field(name="Came", key="came", holds="whole"),
        ),
        rows=tuple(rows),
    )


def _shift_sheet(plan: Plan) -> Sheet:
    rows: list[tuple[Cell, ...]] = []
    for team in plan.teams:
        cover = team.cover
        if cover is None:
            continue
        for each in cover.counts:
            template = cover.shifts.templates[each.shift.template]
            end_s = each.shift.start_s + template.length_s
            rows.append(
                (
                    cover.shifts.date_of(each.shift.day),
                    team.team.name,
                    template.name,
                    _time(int(each.shift.start_s)),
                    _time(int(end_s)),
                    cover.contracts[each.contract].name,
                    each.people,
                    each.people * each.shift.paid_s / HOUR_S,
                )
            )
    return Sheet(
        name="Shifts",
        says="People by shift and day.",
        fields=(
            Field(name="Date", key="date", holds="date"),
            Field(name="Team", key="team", holds="text"),
            Field(name="Shift", key="shift", holds="text"),
            Field(name="From", key="from", holds="time"),
            Field(name="To", key="to", holds="time"),
            Field(name="Contract", key="contract", holds="text"),
            Field(name="People", key="people", holds="whole"),
            Field(name="Paid hours", key="paid_h"),
        ),
        rows=tuple(sorted(rows, key=lambda row: (str(row[0]), str(row[1]), str(row[3])))),
    )


def _check_sheet(plan: Plan) -> Sheet:
    names = (
        "on",
        "queue",
        "promise_holds",
        "in_time",
        "give_up",
        "mean_wait",
        "most_waiting",
        "recovery",
    )
    return Sheet(
        name="Check",
        says=f"What the plan does in {plan.check.courses} simulated courses of these days.",
        fields=tuple(
            Field(name=words.capital(title), key=key, holds="text")
            for title, key in zip(TRIAL_COLUMNS, names, strict=True)
        ),
        rows=tuple(tuple(row) for row in trial_rows(plan.check)),
    )


def _about_sheet(plan: Plan, operation: str) -> Sheet:
    rows: list[tuple[Cell, ...]] = [
        ("Operation", operation),
        ("Days", words.period(plan.horizon.dates[0], plan.horizon.dates[-1])),
        ("Time zone", plan.horizon.zone),
    ]
    rows += [("Answer", each) for each in answer(plan)]
    rows += [(f"Promised by {team.team.name}", promises(plan, team)) for team in plan.teams]
    rows += [("Verdict", words.sentence(each.says)) for each in plan.check.verdict.reasons]
    rows += [("Fails", each.says) for each in plan.check.shortfalls[:12]]
    rows += [("Note", each) for each in plan.notes]
    rows += [("Drawn", f"{plan.courses} courses, seed {plan.seed}")]
    return Sheet(
        name="About",
        fields=(
            Field(name="What", key="what", holds="text"),
            Field(name="Says", key="says", holds="text"),
        ),
        rows=tuple(rows),
    )
