"""A plan as a page: what may come, how many it takes, who works, and what that does."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from andon.capacity.backtest import Backtest
from andon.capacity.busy_days import BusyDays
from andon.capacity.check import PlanCheck, QueueMet, Trial
from andon.capacity.forecast import SpecialDay
from andon.capacity.outcomes_of_day import Outcomes
from andon.capacity.plan import Judged, LinePlan, Plan, TeamPlan
from andon.capacity.plan_rows import DayRow, IntervalRow, days_of, intervals_of
from andon.capacity.promise import Promise
from andon.capacity.shifts import clock_said
from andon.estimate import Estimate, Unknown
from andon.finding import Evidence, Row
from andon.report import words
from andon.report.leaf import Leaf, Section, leaf_table
from andon.report.views import TableView
from andon.units import HOUR_S, number, spoken

__all__ = [
    "TRIALS",
    "TRIAL_COLUMNS",
    "TRIAL_SHORT",
    "answer",
    "backtest_rows",
    "brief",
    "busy_rows",
    "judged_said",
    "page",
    "promise_said",
    "promises",
    "trial_rows",
]

_SHOWN_DAYS: Final = 7
TRIALS: Final = {"ordinary": "ordinary days", "bad": "worst tenth", "spike": "a spike"}
_IN_SECONDS: Final = 300.0
"""Up to here a wait is told in seconds alone, which a narrow table holds."""
_LITTLE: Final = 0.1
"""Below this a share is told by tenths of a per cent, and below ten seconds a wait by tenths."""


def promise_said(promise: Promise) -> str:
    """A promise in words.

    >>> promise_said(Promise(service_level=0.8, answer_within_s=20))
    '80 % answered within 20 s, on 90 % of days'
    """
    parts = []
    if promise.service_level is not None:
        parts.append(
            f"{spoken(promise.service_level, 'share')} answered within "
            f"{spoken(promise.answer_within_s, 's')}"
        )
    if promise.abandoned is not None:
        parts.append(f"at most {spoken(promise.abandoned, 'share')} give up")
    if promise.mean_wait_s is not None:
        parts.append(f"a mean wait of at most {spoken(promise.mean_wait_s, 's')}")
    if promise.occupancy is not None:
        parts.append(f"people busy at most {spoken(promise.occupancy, 'share')} of their time")
    return f"{words.listed(parts)}, on {spoken(promise.days, 'share')} of days"


def answer(plan: Plan) -> tuple[str, ...]:
    """The plan in a few sentences, in paragraphs."""
    return tuple(_answer(plan))


def _answer(plan: Plan) -> Iterator[str]:
    days = len(plan.horizon.dates)
    for team in plan.teams:
        hours = float(team.agents.sum()) * plan.horizon.interval_s / HOUR_S
        said = (
            f"{team.team.name} needs {_whole(hours)} agent-hours in {days} days, at most "
            f"{int(team.agents.max())} agents at once."
        )
        kept = [plan.check.ordinary.of_queue(line).days_kept for line in team.lines]
        known = [each for each in kept if isinstance(each, Estimate)]
        if known:
            worst = min(known, key=lambda each: each.value)
            said += (
                f" Simulated with {_with_whom(team)}, the promise holds on {_days(worst)}; "
                f"{spoken(plan.together.days, 'share')} of days were asked for."
            )
        mean = team.on_the_mean
        if mean is not None and isinstance(mean.outcomes.kept, Estimate):
            other = float(mean.agents.sum()) * plan.horizon.interval_s / HOUR_S
            name = "Erlang C" if mean.model == "erlang_c" else "Erlang A"
            said += (
                f" {name} on the mean day would have {_whole(other)} agent-hours, and keep it on "
                f"{_days(mean.outcomes.kept)}."
            )
        yield said + _people_said(plan, team)
        if team.protective is not None and team.protective.agent_h > 0:
            yield _protective_said(team)
    short = [team for team in plan.teams if team.cover is not None and team.cover.under_h > 0]
    for team in short:
        assert team.cover is not None
        yield (
            f"The shifts of {team.team.name} leave {_hours(team.cover.under_h)} of "
            f"what it needs uncovered, and have {_whole(team.cover.over_h)} more than it needs."
        )


def _with_whom(team: TeamPlan) -> str:
    who = "them" if team.cover is None else "the shifts below"
    return who if team.people is None else f"{who} and some people away"


def _people_said(plan: Plan, team: TeamPlan) -> str:
    """How many must be rostered, for some are away, and what that costs."""
    if team.people is None or plan.shrinkage is None:
        return ""
    hours = float(team.people.sum()) * plan.horizon.interval_s / HOUR_S
    cost = ""
    if plan.cost_per_h is not None and team.cover is None:
        cost = f", which cost {spoken(hours * plan.cost_per_h, 'money', step=10.0)}"
    return (
        f" Of paid time {brief(plan.shrinkage.mean)} goes elsewhere, on some days more: that takes "
        f"{_whole(hours)} hours on the roster, at most {int(team.people.max())} people at once"
        f"{cost}."
    )


def _protective_said(team: TeamPlan) -> str:
    buffer = team.protective
    assert buffer is not None
    cost = ""
    if buffer.cost is not None:
        cost = f", which cost {spoken(buffer.cost, 'money', step=10.0)}"
    said = (
        f"Protective capacity: {_whole(buffer.agent_h)} of these hours "
        f"({spoken(buffer.share, 'share', step=0.01)}) are there because days differ{cost}."
    )
    half, none = buffer.cut_by(0.5).outcomes.kept, buffer.cut_by(1.0).outcomes.kept
    if isinstance(half, Estimate) and isinstance(none, Estimate):
        said += (
            f" Without half of them the promise would hold on {_days(half)}, without any on "
            f"{_days(none)}."
        )
    return said


def _days(share: Estimate) -> str:
    """A share of days with its interval."""
    low, value, high = (round(100 * each) for each in (share.low, share.value, share.high))
    return f"{value} in 100 days" if low == high else f"{value} in 100 days ({low} to {high})"


def _hours(value: float) -> str:
    said = _whole(value)
    return f"{said} hour" if said == "1" else f"{said} hours"


def _whole(value: float) -> str:
    return number(value, step=1)


# --- the page ------------------------------------------------------------------------------------


def page(
    plan: Plan,
    *,
    operation: str,
    currency: str,
    source: str,
    command: str,
    backtests: Mapping[str, Backtest] | None = None,
) -> Leaf:
    """A plan as a page.

    Parameters
    ----------
    plan : Plan
    operation, currency : str
    source : str
        Which tables the figures come from.
    command : str
        How it was asked for.
    backtests : mapping of str to Backtest, optional
        How such forecasts did in the past, by queue.
    """
    first, last = plan.horizon.dates[0], plan.horizon.dates[-1]
    past = plan.lines[0].forecast
    return Leaf(
        kind="A plan",
        title=f"A plan for {words.period(first, last)}",
        meta=(
            f"{operation} · times in {plan.horizon.zone} · from what came from "
            f"{words.day(past.first_day)} to {words.day(past.last_day)}"
        ),
        lead=answer(plan),
        sections=tuple(_sections(plan, currency, backtests or {})),
        source=source,
        foot=f"Made by Andon. To make it again: {command}",
    )


def _sections(plan: Plan, currency: str, backtests: Mapping[str, Backtest]) -> Iterator[Section]:
    if plan.judged is not None:
        yield _judged(plan.judged)
    yield _checked(plan)
    yield Section(
        title="What may come",
        paragraphs=(
            "A forecast is not one line. Each bar holds 8 days in 10; the plan was made from "
            f"{plan.courses} ways in which all these days may go together.",
        ),
        evidence=tuple(_fan(line, plan.judged) for line in plan.lines),
        tables=(
            *((_special(plan),) if any(each.forecast.special_days for each in plan.lines) else ()),
            *((_backtest(backtests),) if backtests else ()),
        ),
    )
    for team in plan.teams:
        yield _team(plan, team, currency)
    yield _rests_on(plan)


def _checked(plan: Plan) -> Section:
    check = plan.check
    shape = {"go": "It holds", "watch": "It holds, as far as can be told", "stop": "It fails"}
    return Section(
        title=f"The check: {shape[str(check.verdict.ruling)].lower()}",
        paragraphs=tuple(words.sentence(each.says) for each in check.verdict.reasons),
        tables=(
            _trial_table(f"{check.courses} simulated courses of these days", trial_rows(check)),
            leaf_table(
                "How busy people are, and how many customers wait at most",
                ["on", "team or line", "time with contacts", "most waiting"],
                busy_rows(check),
                numbers=(2, 3),
            ),
        ),
        points=tuple(each.says for each in check.shortfalls[:6]),
    )


def busy_rows(check: PlanCheck) -> list[list[str]]:
    """How busy each team is in each trial, and the most who wait in each line, as texts."""
    rows = []
    for trial in (check.ordinary, check.bad, check.spike):
        rows += [[TRIALS[trial.name], met.team, _brief(met.occupancy), ""] for met in trial.teams]
        rows += [
            [TRIALS[trial.name], met.queue, "", _brief(met.most_waiting)] for met in trial.queues
        ]
    return rows


def _brief(figure: Estimate | Unknown) -> str:
    return "" if isinstance(figure, Unknown) else brief(figure)


TRIAL_COLUMNS: Final = (
    "on",
    "line",
    "promise holds",
    "in time",
    "give up",
    "mean wait",
    "as usual after",
)
TRIAL_SHORT: Final = 6
"""So many of these columns fit a terminal."""


def _other_than_expected(judged: Judged, line: str) -> str:
    """Whether far more or far fewer came than any course had."""
    came, low, high = float(np.nansum(judged.a_day(line))), *judged.expected[line]
    if low <= came <= high:
        return ""
    than = f"{_two(low)} to {_two(high)}"
    return (
        f" {_whole(came)} contacts came, where {than} were to be expected in 8 cases of 10. No "
        "plan from this past alone could know that."
    )


def judged_said(judged: Judged) -> tuple[str, ...]:
    """What the plan would have done with what came, a sentence or two for each line."""
    said = []
    for met in judged.trial.queues:
        if isinstance(met.days_kept, Unknown):
            continue
        score = judged.scores[met.queue]
        said.append(
            f"{met.queue}: with what really came, the promise would have held on "
            f"{_days(met.days_kept)}.{_other_than_expected(judged, met.queue)}"
            + (
                f" The forecast of half-hours was off by {score.wape} of the contacts in all, and "
                f"{score.covered} of them came within the interval that was to hold 8 in 10."
                if isinstance(score.wape, Estimate)
                else ""
            )
        )
    return tuple(said)


def _judged(judged: Judged) -> Section:
    return Section(
        title="Judged by what came",
        paragraphs=judged_said(judged),
        tables=(
            _trial_table(
                "The plan, tried on what came",
                [_trial_row(judged.trial, met, "what came") for met in judged.trial.queues],
            ),
        ),
    )


def _backtest(backtests: Mapping[str, Backtest]) -> TableView:
    columns, rows = backtest_rows(backtests)
    return leaf_table(
        "Such forecasts in the past, beside two simple ones", columns, rows, numbers=()
    )


def backtest_rows(backtests: Mapping[str, Backtest]) -> tuple[list[str], list[list[str]]]:
    """How forecasts did in the past: headings and rows, as texts."""
    rows = []
    for queue, found in backtests.items():
        for each in found.judged:
            if each.part == "all":
                figures = (each.score.wape, each.score.pinball, each.score.covered)
                rows.append(
                    [
                        queue,
                        each.method,
                        *("" if isinstance(one, Unknown) else brief(one) for one in figures),
                    ]
                )
    return ["line", "forecast", "off by", "pinball loss", "in the 80 % interval"], rows


def trial_rows(check: PlanCheck) -> list[list[str]]:
    """What customers meet in each trial, as texts under the columns of the check's table."""
    return [
        _trial_row(trial, met)
        for trial in (check.ordinary, check.bad, check.spike)
        for met in trial.queues
    ]


def _trial_row(trial: Trial, met: QueueMet, on: str = "") -> list[str]:
    figures = (
        met.days_kept,
        met.service_level if isinstance(met.service_level, Estimate) else met.on_time,
        met.abandoned,
        met.mean_wait_s,
        met.recovery_s,
    )
    return [
        on or TRIALS[trial.name],
        met.queue,
        *("" if isinstance(each, Unknown) else brief(each) for each in figures),
    ]


def _trial_table(caption: str, rows: Sequence[Sequence[str]]) -> TableView:
    """A trial's rows, without columns that say nothing; an interval is never torn apart."""
    told = [i for i in range(len(TRIAL_COLUMNS)) if any(row[i] for row in rows)]
    return leaf_table(
        caption,
        [TRIAL_COLUMNS[i] for i in told],
        [[_whole_cell(row[i]) for i in told] for row in rows],
        numbers=(),
    )


def _whole_cell(text: str) -> str:
    """A cell that breaks before its interval, if anywhere."""
    return text.replace(" ", "\u00a0").replace("\u00a0(", " (")


def brief(figure: Estimate) -> str:
    """An estimate for a narrow table: two or three digits, and the interval where it shows.

    >>> brief(Estimate(value=0.9163, low=0.9012, high=0.9304, level=0.95, unit="share", n=9,
    ...                method=""))
    '92 % (90 to 93)'
    """
    values = (figure.low, figure.value, figure.high)
    scale = _LITTLE if figure.unit == "share" else 10.0
    step = 0.01 if figure.unit == "share" else 1.0
    if figure.value < scale:
        step /= 10
    if figure.unit not in {"share", "s"} and figure.value < 1:
        step /= 10
    seconds = " s" if figure.unit == "s" and figure.high < _IN_SECONDS else ""
    if figure.unit == "count" or seconds:
        low, value, high = (f"{number(each, step=step)}{seconds}" for each in values)
    else:
        low, value, high = (spoken(each, figure.unit, step=step) for each in values)
    if round(figure.low / step) == round(figure.high / step):
        return value
    ending = value.rsplit(" ", 1)[-1]
    if len({each.count(" ") for each in (low, value, high)}) == 1 and value.count(" ") == 1:
        low, high = (each.removesuffix(f" {ending}") for each in (low, high))
    return f"{value} ({low} to {high})"


def _fan(line: LinePlan, judged: Judged | None) -> Evidence:
    rows = days_of(line, came=None if judged is None else judged.a_day(line.line.name))
    seen = [each for each in rows if each.came is not None]
    title = _fan_title(line, rows, seen)
    return Evidence(
        kind="fan_by_day",
        title=title,
        subtitle=(
            "Contacts a day: 8 days in 10 lie on the bar, half of them below the dot"
            + ("; rings are what really came." if seen else ".")
        ),
        rows=tuple(_fan_row(each) for each in rows),
        alt=title,
    )


def _fan_row(each: DayRow) -> Row:
    return {
        "day": each.day.isoformat(),
        "value": each.middle,
        "low": each.low,
        "high": each.high,
        "came": each.came,
    }


def _fan_title(line: LinePlan, rows: Sequence[DayRow], seen: Sequence[DayRow]) -> str:
    if seen:
        inside = sum(each.low <= (each.came or 0) <= each.high for each in seen)
        return f"{line.line.name}: {inside} of {len(seen)} days came within the bar"
    busiest = max(rows, key=lambda each: each.middle)
    return (
        f"{line.line.name}: up to {_two(busiest.middle)} contacts a day, and {_two(busiest.high)} "
        "on 1 such day in 10"
    )


def _two(value: float) -> str:
    step = 10.0 ** max(0, math.floor(math.log10(max(value, 1.0))) - 1)
    return number(value, step=step)


def _special(plan: Plan) -> TableView:
    """Days that are not like others; those in a row that are alike are one row."""
    rows = []
    for line in plan.lines:
        runs: list[list[SpecialDay]] = []
        for each in line.forecast.special_days:
            last = runs[-1][-1] if runs else None
            if (
                last is not None
                and (each.name, each.kind) == (last.name, last.kind)
                and (each.day - last.day).days == 1
            ):
                runs[-1].append(each)
            else:
                runs.append([each])
        for run in runs:
            of = [round(100 * each.factor) for each in run]
            rows.append(
                [
                    _whole_cell(_short_day(run[0].day))
                    + ("" if len(run) == 1 else f" to {_whole_cell(_short_day(run[-1].day))}"),
                    line.line.name,
                    _whole_cell(run[0].name),
                    "closed" if run[0].kind == "closed" else f"{_from_to(min(of), max(of))} %",
                    str(run[0].times_seen),
                ]
            )
    return leaf_table(
        "Days that are not like others",
        ["day", "line", "what", "of an ordinary day", "seen before"],
        rows,
        numbers=(3, 4),
    )


def _short_day(day: dt.date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _from_to(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"


def _team(plan: Plan, team: TeamPlan, currency: str) -> Section:
    rows = intervals_of(plan, team)
    evidence = [_first_week(team, rows)] if rows else []
    tables = []
    paragraphs = [f"Promised: {promises(plan, team)}."]
    if team.protective is not None and team.protective.agent_h > 0:
        evidence.append(_bought(plan, team))
        tables.append(_buffer(team, currency))
    if team.cover is not None:
        tables.append(_shifts(team))
        cover = team.cover
        paragraphs.append(
            f"The shifts take {_people(team)}, {_whole(cover.paid_h)} paid hours"
            f"{_cost(cover.cost, plan, currency)}. They have {_hours(cover.over_h)} "
            f"more than needed, and lack {_whole(cover.under_h)}. No roster under these rules "
            f"costs less than {spoken(1 - cover.gap, 'share', step=0.001)} of that."
        )
    return Section(
        title=f"Agents: {team.team.name}",
        paragraphs=tuple(paragraphs),
        evidence=tuple(evidence),
        tables=tuple(tables),
        points=() if team.cover is None else team.cover.steps,
    )


def _cost(cost: float, plan: Plan, currency: str) -> str:
    if plan.cost_per_h is None:
        return ""
    return f", {spoken(cost, 'money', step=10.0, currency=currency)}"


def _people(team: TeamPlan) -> str:
    assert team.cover is not None
    parts = [
        f"{people} {contract.name}"
        for people, contract in zip(team.cover.people, team.cover.contracts, strict=True)
        if people
    ]
    return f"{sum(team.cover.people)} people ({words.listed(parts)})" if parts else "nobody"


def promises(plan: Plan, team: TeamPlan) -> str:
    """What is promised to those whom a team serves, in words."""
    said = dict.fromkeys(
        promise_said(plan.line(name).line.promise)
        if not plan.line(name).line.deferred
        else f"{name} begun within {spoken(plan.line(name).line.deadline_s or 0.0, 's')}"
        for name in team.lines
    )
    return "; ".join(said)


def _first_week(team: TeamPlan, rows: Sequence[IntervalRow]) -> Evidence:
    days = list(dict.fromkeys(each.day for each in rows))[:_SHOWN_DAYS]
    shown = [each for each in rows if each.day in days]
    top = max(shown, key=lambda each: each.required)
    title = (
        f"{'Most' if rows[-1].day in days else 'In the first week most'} agents are needed on "
        f"{top.day:%A} at {clock_said(top.from_s)}: {top.required}"
    )
    shifts = ""
    if team.cover is not None:
        shifts = "; thin: people in shifts" + (
            ", some of them away" if team.people is not None else ""
        )
    return Evidence(
        kind="agents_by_interval",
        title=title,
        subtitle="Shaded: work that comes, 8 days in 10, in agents kept busy. "
        f"Thick: agents needed. Dashed: what Erlang C on the mean says{shifts}.",
        rows=tuple(
            {
                "panel": f"{each.day:%A} {each.day.day} {each.day:%B}",
                "from_s": float(each.from_s),
                "load_low": each.load_low,
                "load_high": each.load_high,
                "required": each.required,
                "on_the_mean": each.on_the_mean,
                "cover": each.in_shifts,
            }
            for each in shown
        ),
        alt=title,
    )


def _bought(plan: Plan, team: TeamPlan) -> Evidence:
    buffer, mean = team.protective, team.on_the_mean
    assert buffer is not None
    days = len(plan.horizon.dates)
    hours = plan.horizon.interval_s / HOUR_S / days
    rows: list[Row] = []
    for each in buffer.curve:
        point = each.share == 1.0
        rows += _kept_row(
            each.outcomes,
            float(each.agents.sum()) * hours,
            "this plan" if point else "",
            point=point,
        )
    if mean is not None:
        rows += _kept_row(
            mean.outcomes, float(mean.agents.sum()) * hours, "Erlang C on the mean", point=False
        )
    part = spoken(buffer.share, "share", step=0.01)
    title = f"The buffer is {part} of the hours; this is what it buys"
    return Evidence(
        kind="bought",
        title=title,
        subtitle="Share of days on which the promise holds, against agent-hours a day; the same "
        "buffer, less and less of it",
        rows=tuple(rows),
        alt=title,
    )


def _kept_row(outcomes: Outcomes, hours: float, marked: str, *, point: bool) -> list[Row]:
    kept = outcomes.kept
    if isinstance(kept, Unknown):
        return []
    return [
        {
            "marked": marked,
            "point": point,
            "hours": hours,
            "share": kept.value,
            "low": kept.low,
            "high": kept.high,
        }
    ]


def _buffer(team: TeamPlan, currency: str) -> TableView:
    buffer = team.protective
    assert buffer is not None
    money = buffer.cost is not None
    rows = []
    for each in reversed(buffer.curve):
        outcomes = each.outcomes
        rows.append(
            [
                f"{100 * each.share:.0f} %",
                _whole(each.agent_h),
                *([spoken(each.cost or 0.0, "money", step=10.0)] if money else []),
                *(
                    "" if isinstance(figure, Unknown) else _whole_cell(brief(figure))
                    for figure in (
                        outcomes.kept,
                        outcomes.service_level_worst,
                        outcomes.lost_a_day,
                        outcomes.waiting_h_a_day,
                    )
                ),
            ]
        )
    return leaf_table(
        "Protective capacity: what cutting it would do",
        [
            "buffer kept",
            "hours",
            *([f"cost, {currency}"] if money else []),
            "promise holds",
            "in time, worst tenth",
            "lost a day",
            "all wait a day",
        ],
        rows,
        numbers=(),
    )


def _shifts(team: TeamPlan) -> TableView:
    cover = team.cover
    assert cover is not None
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    counts: dict[str, list[int]] = {}
    seen = [0] * len(days)
    for day in range(len(cover.horizon.dates)):
        seen[cover.shifts.weekday_of(day)] += 1
    for each in cover.counts:
        if each.shift.day < 0:
            continue
        row = counts.setdefault(cover.shifts.says(each.shift), [0] * len(days))
        row[cover.shifts.weekday_of(each.shift.day)] += each.people
    rows = [
        [name, *(_mean(count, times) for count, times in zip(row, seen, strict=True))]
        for name, row in sorted(counts.items(), key=lambda item: item[0].split(" ")[-3:])
    ]
    return leaf_table(
        "People by shift, on a mean day", ["shift", *days], rows, numbers=range(1, len(days) + 1)
    )


def _mean(count: int, times: int) -> str:
    return number(count / times, step=0.1) if times and count else ""


def _rests_on(plan: Plan) -> Section:
    rows = []
    for each in plan.lines:
        past = each.line.past
        again = past.redials
        swing = each.forecast.day_swing[each.forecast.day_swing > 0]
        rows.append(
            [
                each.line.name,
                f"{words.day(each.forecast.first_day)} to {words.day(each.forecast.last_day)}",
                _patience(past.patience_s),
                "" if again is None else spoken(again.share, "share", step=0.01),
                each.forecast.trend,
                spoken(float(np.median(swing)) if len(swing) else 0.0, "share", step=0.01),
            ]
        )
    return Section(
        title="What the plan rests on",
        paragraphs=(*_shrinkage_said(plan), *(_hang_together(each) for each in plan.busy_days)),
        tables=(
            leaf_table(
                "Put in, by line",
                [
                    "line",
                    "learnt from",
                    "mean patience",
                    "call again",
                    "trend",
                    "a day's own swing",
                ],
                rows,
                numbers=(),
            ),
        ),
        points=plan.notes,
    )


def _shrinkage_said(plan: Plan) -> tuple[str, ...]:
    away = plan.shrinkage
    if away is None:
        return (
            "Agents on duty are planned, and not people: how much paid time goes elsewhere is not "
            "known. Say shrinkage: in plan.yaml, or load staffing.",
        )
    spread = f", by {spoken(away.sd, 'share', step=0.01)} more or less from day to day"
    return (
        f"Paid time away from contacts: {brief(away.mean)}{spread if away.sd else ''} "
        f"({away.says}). In the check some are away, as on real days.",
    )


def _hang_together(busy: BusyDays) -> str:
    """How the days of lines that share people go together, in a sentence."""
    if busy.days == 0 or not np.triu(busy.correlation, 1).any():
        return (
            f"{words.listed(busy.lines)} share people. Whether their busy days come together could "
            "not be told, so each was drawn for itself."
        )
    pairs = [
        (busy.correlation[i, j], f"{busy.lines[i]} and {busy.lines[j]}")
        for i in range(len(busy.lines))
        for j in range(i + 1, len(busy.lines))
    ]
    pairs.sort(key=lambda pair: -abs(pair[0]))
    said = words.listed([f"{name} {number(value, step=0.1)}" for value, name in pairs[:3]])
    return (
        f"Lines that share people were drawn with their busy days together as they came on "
        f"{busy.days} past days. 1 would be always, 0 by chance: {said}."
    )


def _patience(seconds: float) -> str:
    return "never give up" if math.isinf(seconds) else spoken(round(seconds), "s")
