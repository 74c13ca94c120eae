"""A plan as sheets: intervals first, which a planner pastes into a scheduling tool."""

from __future__ import annotations

import datetime as dt

from andon.capacity.plan import Plan
from andon.capacity.plan_rows import IntervalRow, days_of, duties_of, intervals_of
from andon.estimate import Estimate, Unknown
from andon.report import words
from andon.report.plan import TRIALS, answer, promises
from andon.report.workbook import Cell, Field, Holds, Sheet
from andon.units import HOUR_S

__all__ = ["sheets"]


def sheets(plan: Plan, *, operation: str) -> tuple[Sheet, ...]:
    """A plan as sheets: intervals first, which a planner pastes into a scheduling tool."""
    return (
        _interval_sheet(plan),
        _day_sheet(plan),
        *([_shift_sheet(plan)] if any(team.cover for team in plan.teams) else []),
        *([_roster_sheet(plan)] if any(team.roster for team in plan.teams) else []),
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
            each.people,
            each.in_shifts,
            None if each.in_shifts is None else max(0, _asked(each) - each.in_shifts),
            None if each.in_shifts is None else max(0, each.in_shifts - _asked(each)),
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
            Field(name="People to roster", key="people_to_roster", holds="whole"),
            Field(name="In shifts", key="in_shifts", holds="whole"),
            Field(name="Missing", key="missing", holds="whole"),
            Field(name="More than needed", key="more_than_needed", holds="whole"),
            Field(name="Erlang C on the mean", key="erlang_c_on_the_mean", holds="whole"),
        ),
        rows=tuple(rows),
    )


def _asked(row: IntervalRow) -> int:
    return row.required if row.people is None else row.people


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


def _roster_sheet(plan: Plan) -> Sheet:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            each.team,
            each.contract,
            each.person,
            each.day,
            f"{each.day:%A}",
            each.shift,
            _time(each.from_s),
            _time(each.to_s),
            each.breaks,
            each.paid_h,
        )
        for team in plan.teams
        for each in duties_of(plan, team)
    )
    return Sheet(
        name="Roster",
        says="Who works when: people are numbers, for a planner to give names to.",
        fields=(
            Field(name="Team", key="team", holds="text"),
            Field(name="Contract", key="contract", holds="text"),
            Field(name="Person", key="person", holds="whole"),
            Field(name="Date", key="date", holds="date"),
            Field(name="Weekday", key="weekday", holds="text"),
            Field(name="Shift", key="shift", holds="text"),
            Field(name="From", key="from", holds="time"),
            Field(name="To", key="to", holds="time"),
            Field(name="Breaks", key="breaks", holds="text"),
            Field(name="Paid hours", key="paid_h"),
        ),
        rows=rows,
    )


def _check_sheet(plan: Plan) -> Sheet:
    """What was simulated, as numbers: each figure beside the ends of its interval."""
    rows: list[tuple[Cell, ...]] = [
        (
            TRIALS[trial.name],
            met.queue,
            *_three(met.days_kept),
            *_three(met.service_level if isinstance(met.service_level, Estimate) else met.on_time),
            *_three(met.abandoned),
            *_three(met.mean_wait_s),
            *_three(met.most_waiting),
            *_three(met.recovery_s),
        )
        for trial in (plan.check.ordinary, plan.check.bad, plan.check.spike)
        for met in trial.queues
    ]
    fields = [
        Field(name="On", key="on", holds="text"),
        Field(name="Line", key="line", holds="text"),
    ]
    figures: tuple[tuple[str, str, Holds], ...] = (
        ("Promise holds", "promise_holds", "share"),
        ("In time", "in_time", "share"),
        ("Give up", "give_up", "share"),
        ("Mean wait, s", "mean_wait_s", "number"),
        ("Most waiting", "most_waiting", "number"),
        ("As usual after, s", "recovery_s", "whole"),
    )
    for name, key, holds in figures:
        fields += [
            Field(name=name, key=key, holds=holds),
            Field(name="from", key=f"{key}_low", holds=holds),
            Field(name="to", key=f"{key}_high", holds=holds),
        ]
    return Sheet(
        name="Check",
        says=f"What the plan does in {plan.check.courses} simulated courses of these days. From "
        "and to are the ends of the interval that holds the true figure in 95 cases of 100.",
        fields=tuple(fields),
        rows=tuple(rows),
    )


def _three(figure: Estimate | Unknown) -> tuple[Cell, Cell, Cell]:
    if isinstance(figure, Unknown):
        return (None, None, None)
    return (figure.value, figure.low, figure.high)


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
