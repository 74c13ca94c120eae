"""``andon plan``: how many people, when, with what buffer and at what risk."""

from __future__ import annotations

import datetime as dt
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from andon.cli.durations import DURATION, SHARE
from andon.cli.options import DAY, folder_option, json_option
from andon.cli.plain import plain
from andon.cli.progress import Progress
from andon.cli.terminal import say, say_json, say_wrapped, short, table
from andon.errors import PlanError
from andon.operation import FILE, Operation, Standards

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from andon.capacity.backtest import Backtest
    from andon.capacity.horizon import Horizon
    from andon.capacity.lines import Past
    from andon.capacity.plan import Plan
    from andon.capacity.planning import Planning
    from andon.capacity.shrinkage import Shrinkage

__all__ = ["plan_command"]

_DAY: Final = dt.timedelta(days=1)
_WIDE: Final = 102
"""A terminal's width, and the gap behind the last column."""
_LEAST_COLUMNS: Final = 4
_NOTES: Final = 6
"""So many notes on the terminal; all of them are on the page."""
_EPOCH: Final = dt.date(1970, 1, 1)
_INTERVALS: Final = {"15m": 900, "30m": 1800, "1h": 3600}


class _Out(click.ParamType[Path]):
    """A file with one of some endings."""

    name = "file"

    def __init__(self, *endings: str) -> None:
        self.endings = endings

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        path = Path(str(value))
        if path.suffix.lower() not in self.endings:
            self.fail(f"{str(value)!r} must end in {' or '.join(self.endings)}.", param, ctx)
        return path


@click.command(name="plan")
@click.option(
    "--from", "first", type=DAY, help="The first day to plan.  [default: the day after the data]"
)
@click.option(
    "--weeks",
    type=click.IntRange(1, 26),
    help="How many weeks to plan.  [default: 4]",
)
@click.option("--days", type=click.IntRange(1, 184), help="How many days, in place of weeks.")
@click.option(
    "--interval",
    type=click.Choice(list(_INTERVALS)),
    default="30m",
    show_default=True,
    help="Length of an interval.",
)
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    help="What the planner decides; see docs/reference/plan-yaml.md.  [default: plan.yaml in the "
    "operation's folder, if it is there]",
)
@click.option(
    "--volumes",
    type=click.Path(path_type=Path),
    help="Plan from a CSV file of contacts by interval in place of the ledger: queue, start, "
    "contacts, handle_s.",
)
@click.option("--zone", help="With --volumes and no operation: its time zone, as Europe/Berlin.")
@click.option("--service-level", type=SHARE, help="Promise: answered in time, such as 80%.")
@click.option("--within", "within_s", type=DURATION, help="Promise: in time is within this.")
@click.option("--abandoned", type=SHARE, help="Promise: at most this share gives up.")
@click.option("--mean-wait", "mean_wait_s", type=DURATION, help="Promise: the mean wait, at most.")
@click.option("--occupancy", type=SHARE, help="Promise: people are busy at most this share.")
@click.option(
    "--on-days",
    "days_kept",
    type=SHARE,
    help="On this share of days the promise is to hold.  [default: 90%]",
)
@click.option(
    "--backtest",
    is_flag=True,
    help="Also say how well such forecasts did in the past, beside two simple ones.",
)
@click.option(
    "--judge",
    is_flag=True,
    help="Judge the plan on what really came, where the ledger holds the planned days.",
)
@click.option(
    "--draft",
    is_flag=True,
    help="Make no plan: write a plan.yaml that says what the data show, to begin from.",
)
@click.option("--html", type=_Out(".html"), help="Write the plan as a page with its charts.")
@click.option("--xlsx", type=_Out(".xlsx"), help="Write the plan as a workbook.")
@click.option("--csv", type=_Out(".csv"), help="Write its intervals as CSV.")
@click.option(
    "--courses",
    type=click.IntRange(50, 2000),
    default=200,
    show_default=True,
    help="How many ways the days may go to draw.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="The same seed gives the same plan.",
)
@folder_option
@json_option
def plan_command(
    *,
    first: dt.date | None,
    weeks: int | None,
    days: int | None,
    interval: str,
    file: Path | None,
    volumes: Path | None,
    zone: str | None,
    backtest: bool,
    judge: bool,
    draft: bool,
    html: Path | None,
    xlsx: Path | None,
    csv: Path | None,
    courses: int,
    seed: int,
    folder: Path,
    as_json: bool,
    **promised: float | None,
) -> None:
    """Plan how many people, when, with what buffer and at what risk.

    A forecast with its spread; the agents that keep the promise on most days, not on the mean day;
    shifts, where plan.yaml describes them; and a simulation of what all that would do on ordinary
    days, on bad ones and in a spike. What Erlang C on the mean would say stands beside it.
    """
    if weeks is not None and days is not None:
        raise PlanError(
            "Weeks and days say two things.",
            found=f"--weeks {weeks} and --days {days}",
            todo="Give one of the two.",
        )
    operation = _operation(folder, volumes)
    asked = _Asked(
        first=first,
        days=days or 7 * (weeks or 4),
        interval_s=_INTERVALS[interval],
        judge=judge,
        courses=courses,
        seed=seed,
    )
    if draft:
        path = _drafted(operation, file, volumes, zone, asked, quiet=as_json)
        if as_json:
            say_json({"wrote": str(path)})
        else:
            say_wrapped(f"Wrote {short(path)}. Edit it, then: andon plan")
        return
    with Progress("Reading the past", quiet=as_json) as progress:
        planning = _planning(operation, file, promised)
        known = _known(operation, volumes, zone, asked, planning)
        made = _made(known, planning, asked, operation, progress)
        tested = _tested(made, asked, progress) if backtest else {}
        written = _write(made, known, operation, tested, html, xlsx, csv, progress)
    if as_json:
        say_json(_as_json(made, tested))
    else:
        _show(made, tested)
        for path in written:
            say_wrapped(f"Wrote {short(path)}")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """What is to be planned."""

    first: dt.date | None
    days: int
    interval_s: int
    judge: bool
    courses: int
    seed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """What is known of the past, and of the planned days where they are past too."""

    pasts: tuple[Past, ...]
    seen: tuple[tuple[str, ...], ...]
    horizon: Horizon
    came: dict[str, Past]
    source: str
    shrinkage: Shrinkage | None = None


def _drafted(
    operation: Operation | None,
    file: Path | None,
    volumes: Path | None,
    zone: str | None,
    asked: _Asked,
    *,
    quiet: bool,
) -> Path:
    """Write a plan.yaml that says what the data show, where there is none."""
    from andon.capacity.planning_draft import draft  # noqa: PLC0415
    from andon.capacity.planning_file import FILE as PLAN_FILE  # noqa: PLC0415
    from andon.report.files import put  # noqa: PLC0415

    path = file or (operation.folder if operation else Path()) / PLAN_FILE
    if path.exists():
        raise PlanError(
            f"There is a {path.name} already; a draft never takes its place.",
            found=str(path),
            todo="Edit it, or draft another with --file other.yaml.",
        )
    with Progress("Reading the past", quiet=quiet):
        planning = _planning(operation, None, {}, alone=True)
        known = _known(operation, volumes, zone, asked, planning)
    text = draft(known.pasts, known.seen, promise=planning.promise, shrinkage=known.shrinkage)
    put(path, text.encode(), what="The draft", todo="Name another place with --file.")
    return path


def _operation(folder: Path, volumes: Path | None) -> Operation | None:
    """The operation; a plan from a CSV file needs none."""
    if volumes is not None and folder == Path() and not (folder / FILE).exists():
        return None
    return Operation.open(folder)


def _planning(
    operation: Operation | None,
    file: Path | None,
    promised: dict[str, float | None],
    *,
    alone: bool = False,
) -> Planning:
    """What is promised and decided: by the command line, else by the file, else as is usual."""
    from andon.capacity.planning import Planning  # noqa: PLC0415
    from andon.capacity.planning_file import FILE as PLAN_FILE  # noqa: PLC0415
    from andon.capacity.planning_file import read_planning  # noqa: PLC0415
    from andon.capacity.promise import Promise  # noqa: PLC0415
    from andon.marked import read_marked  # noqa: PLC0415

    standards = operation.standards if operation else Standards()
    usual = Promise(
        service_level=0.8,
        answer_within_s=standards.answer_within_s,
        short_abandon_s=standards.short_abandon_s,
    )
    own = operation.folder / PLAN_FILE if operation is not None and not alone else None
    if file is None and own is not None and own.exists():
        file = own
    per_hour = operation.costs.per_hour if operation else None
    planning = Planning(promise=usual)
    if file is not None:
        planning = read_planning(
            read_marked(file, error=PlanError), promise=usual, cost_per_h=per_hour
        )
    said = {name: value for name, value in promised.items() if value is not None}
    if said:
        fields = {"within_s": "answer_within_s", "days_kept": "days"}
        given: dict[str, Any] = {fields.get(name, name): value for name, value in said.items()}
        measures = ("service_level", "abandoned", "mean_wait_s", "occupancy")
        if any(name in given for name in measures):
            given = {**dict.fromkeys(measures), **given}
        planning = replace(
            planning,
            promise=replace(planning.promise, **given),
            queues={name: replace(each, promise=None) for name, each in planning.queues.items()},
        )
    return planning


def _known(
    operation: Operation | None,
    volumes: Path | None,
    zone: str | None,
    asked: _Asked,
    planning: Planning,
) -> _Known:
    if volumes is not None:
        return _from_file(operation, volumes, zone, asked)
    assert operation is not None
    return _from_ledger(operation, asked, planning)


def _from_file(operation: Operation | None, path: Path, zone: str | None, asked: _Asked) -> _Known:
    from andon.capacity.horizon import Horizon  # noqa: PLC0415
    from andon.capacity.lines import Past  # noqa: PLC0415
    from andon.capacity.volumes import volumes  # noqa: PLC0415

    where = zone or (operation.zone if operation else None)
    if where is None:
        raise PlanError(
            "A plan needs a time zone, to know how long each day is.",
            found=f"--volumes {path}, and no operation",
            todo="Give --zone, such as --zone Europe/Berlin.",
        )
    try:
        ZoneInfo(where)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PlanError(
            "There is no such time zone.",
            found=f"--zone {where}",
            todo="Give its IANA name, such as --zone Europe/Berlin.",
        ) from None
    told = volumes(path, zone=where, interval_s=asked.interval_s)
    last = max(each.last_date for each in told)
    first = asked.first or last + _DAY
    _later_than(min(each.first_date for each in told), last, first)
    pasts = tuple(Past(history=each.before(first)) for each in told)
    return _Known(
        pasts=pasts,
        seen=tuple((past.queue,) for past in pasts),
        horizon=Horizon.of(first, days=asked.days, zone=where, interval_s=asked.interval_s),
        came={each.queue: Past(history=each) for each in told if asked.judge},
        source=f"Source: {path.name}.",
    )


def _from_ledger(operation: Operation, asked: _Asked, planning: Planning) -> _Known:
    from andon.capacity.horizon import Horizon  # noqa: PLC0415
    from andon.capacity.pasts import pasts_of  # noqa: PLC0415
    from andon.capacity.shrinkage import shrinkage  # noqa: PLC0415
    from andon.capacity.teams_seen import teams_seen  # noqa: PLC0415
    from andon.estimate import Unknown  # noqa: PLC0415
    from andon.ledger.coverage import observed  # noqa: PLC0415
    from andon.ledger.window import open_window  # noqa: PLC0415

    with open_window(operation) as window:
        if not window.has("contacts"):
            raise PlanError(
                "The ledger is empty: nothing was loaded yet.",
                found=str(operation.ledger),
                todo="andon ingest FILE loads contacts.",
            )
        contacts = window.contacts
        seen = observed(contacts)
        assert seen.first_day is not None
        assert seen.last_day is not None
        first = asked.first or seen.last_day + _DAY
        _later_than(seen.first_day, seen.last_day, first)
        before = contacts.filter(contacts.local_arrived_us < _us(first))
        pasts = pasts_of(before, zone=operation.zone, interval_s=asked.interval_s)
        recent = before.filter(before.local_arrived_us >= _us(first - 120 * _DAY))
        teams = teams_seen(recent)
        came: dict[str, Past] = {}
        if asked.judge:
            came = _judged_by(contacts, operation, first, asked)
        away = None
        if window.has("staffing") and planning.shrinkage is None:
            breaks = any(each.breaks for each in planning.templates)
            staffing = window.tables["staffing"]
            found = shrinkage(
                staffing.filter(staffing.from_us < _instant_us(first, operation.zone)),
                zone=operation.zone,
                planned=("break",) if breaks else (),
            )
            away = None if isinstance(found, Unknown) else found
        versions = ", ".join(f"{name} v{version}" for name, version in window.versions.items())
    return _Known(
        pasts=pasts,
        seen=teams,
        horizon=Horizon.of(
            first, days=asked.days, zone=operation.zone, interval_s=asked.interval_s
        ),
        came=came,
        source=f"Source: {operation.name}, ledger tables {versions}.",
        shrinkage=away,
    )


def _later_than(begins: dt.date, ends: dt.date, first: dt.date) -> None:
    """A plan is made from what came before its first day."""
    if first <= begins:
        raise PlanError(
            "The plan begins before there are any data to make it from.",
            found=f"--from {first}; the data are of {begins} to {ends}",
            todo=f"Plan from {begins + 8 * 7 * _DAY} or later, or from the day after the data.",
        )


def _us(day: dt.date) -> int:
    """The instant at which a day begins on the wall, microseconds since 1970 as the wall counts."""
    return (day - _EPOCH).days * 86_400_000_000


def _instant_us(day: dt.date, zone: str) -> int:
    """The instant at which a day begins, microseconds since 1970 in UTC."""
    return round(dt.datetime.combine(day, dt.time(), tzinfo=ZoneInfo(zone)).timestamp()) * 1_000_000


def _judged_by(
    contacts: ir.Table, operation: Operation, first: dt.date, asked: _Asked
) -> dict[str, Past]:
    """What really came on the planned days."""
    from andon.capacity.pasts import pasts_of  # noqa: PLC0415

    last = first + asked.days * _DAY
    then = contacts.filter(
        (contacts.local_arrived_us >= _us(first)) & (contacts.local_arrived_us < _us(last))
    )
    try:
        found = pasts_of(then, zone=operation.zone, interval_s=asked.interval_s)
    except PlanError:
        raise PlanError(
            "The plan cannot be judged: nothing is known yet of the days that it is for.",
            found=f"no contacts from {first} to {last - _DAY}",
            todo="Leave --judge out, or plan days that the ledger holds with --from.",
        ) from None
    return {each.queue: each for each in found}


def _made(
    known: _Known,
    planning: Planning,
    asked: _Asked,
    operation: Operation | None,
    progress: Progress,
) -> Plan:
    from andon.capacity.plan import make_plan  # noqa: PLC0415  # compiles

    return make_plan(
        known.pasts,
        planning,
        known.horizon,
        seen=known.seen,
        came=known.came or None,
        shrinkage=known.shrinkage,
        cost_per_h=operation.costs.per_hour if operation else None,
        courses=asked.courses,
        seed=asked.seed,
        progress=progress.step,
    )


def _tested(made: Plan, asked: _Asked, progress: Progress) -> dict[str, Backtest]:
    """How forecasts of each line did in its own past."""
    import numpy as np  # noqa: PLC0415

    from andon.capacity.backtest import backtest  # noqa: PLC0415
    from andon.capacity.plan import calendar_of  # noqa: PLC0415

    found = {}
    for i, past in enumerate(each.line.past for each in made.lines):
        progress.step(f"Trying the forecast on the past of {past.queue}", i, len(made.lines))
        found[past.queue] = backtest(
            past.history,
            calendar=calendar_of([past], made.planning, past.history.last_date),
            horizon_days=min(asked.days, 28),
            rng=np.random.default_rng([asked.seed, 21, i]),
        )
    return found


def _write(
    made: Plan,
    known: _Known,
    operation: Operation | None,
    tested: dict[str, Backtest],
    html: Path | None,
    xlsx: Path | None,
    csv: Path | None,
    progress: Progress,
) -> list[Path]:
    name = operation.name if operation else "A plan"
    written = []
    if html is not None:
        from andon.report import leaf  # noqa: PLC0415  # heavy, and only for a page
        from andon.report.plan import page  # noqa: PLC0415

        progress.step(f"Drawing {html.name}")
        leaf.write(
            html,
            page(
                made,
                operation=name,
                currency=operation.costs.currency if operation else "",
                source=known.source,
                command=f"andon {shlex.join(sys.argv[1:])}",
                backtests=tested,
            ),
        )
        written.append(html)
    if xlsx is not None or csv is not None:
        from andon.report.plan_sheets import sheets  # noqa: PLC0415
        from andon.report.workbook import write_csv, write_xlsx  # noqa: PLC0415

        every = sheets(made, operation=name)
        if xlsx is not None:
            progress.step(f"Writing {xlsx.name}")
            write_xlsx(xlsx, every, title=f"Plan: {name}")
            written.append(xlsx)
        if csv is not None:
            write_csv(csv, every[0])
            written.append(csv)
    return written


def _show(made: Plan, tested: dict[str, Backtest]) -> None:
    from andon.report.plan import (  # noqa: PLC0415
        TRIAL_COLUMNS,
        TRIAL_SHORT,
        answer,
        backtest_rows,
        judged_said,
        trial_rows,
    )

    for paragraph in answer(made):
        say_wrapped(paragraph)
        say()
    if made.judged is not None:
        for paragraph in judged_said(made.judged):
            say_wrapped(paragraph)
        say()
    _narrow(TRIAL_COLUMNS[:TRIAL_SHORT], [row[:TRIAL_SHORT] for row in trial_rows(made.check)])
    if tested:
        say()
        say("Such forecasts in the past")
        columns, rows = backtest_rows(tested)
        _narrow(columns, rows)
    if made.check.shortfalls:
        say()
        say("Where it fails, when it does")
        for each in made.check.shortfalls[:5]:
            say_wrapped(f"- {each.says}", first="  ", indent="    ")
    if made.notes:
        say()
        say("Keep in mind")
        for note in made.notes[:_NOTES]:
            say_wrapped(f"- {note}", first="  ", indent="    ")
        if len(made.notes) > _NOTES:
            say(f"  and {len(made.notes) - _NOTES} more: --html FILE")
    say()
    say_wrapped("By interval: --xlsx FILE, --csv FILE or --json. With charts: --html FILE.")


def _narrow(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table that fits the terminal; what does not fit is on the page."""
    every = [columns, *rows]
    fits = len(columns)
    while (
        fits > _LEAST_COLUMNS
        and sum(2 + max(len(row[i]) for row in every) for i in range(fits)) > _WIDE
    ):
        fits -= 1
    table(columns[:fits], [row[:fits] for row in rows])


def _as_json(made: Plan, tested: dict[str, Backtest]) -> dict[str, Any]:
    from andon.capacity.plan_rows import days_of, duties_of, intervals_of  # noqa: PLC0415
    from andon.report.plan import answer  # noqa: PLC0415

    return {
        "says": list(answer(made)),
        "zone": made.horizon.zone,
        "first_day": made.horizon.dates[0].isoformat(),
        "last_day": made.horizon.dates[-1].isoformat(),
        "interval_s": made.horizon.interval_s,
        "lines": [
            {
                "name": line.line.name,
                "queues": list(line.line.queues),
                "channel": line.line.past.channel,
                "promise": plain(line.line.promise),
                "patience_s": plain(line.line.past.patience_s),
                "redials": plain(line.line.past.redials),
                "trend": line.forecast.trend,
                "special_days": plain(line.forecast.special_days),
                "days": plain(days_of(line)),
            }
            for line in made.lines
        ],
        "teams": [
            {
                "name": team.team.name,
                "lines": list(team.lines),
                "agent_h": float(team.agents.sum()) * made.horizon.interval_s / 3600,
                "people_h": None
                if team.people is None
                else float(team.people.sum()) * made.horizon.interval_s / 3600,
                "intervals": plain(intervals_of(made, team)),
                "shifts": None
                if team.cover is None
                else {
                    "people": dict(
                        zip(
                            (each.name for each in team.cover.contracts),
                            team.cover.people,
                            strict=True,
                        )
                    ),
                    "paid_h": team.cover.paid_h,
                    "cost": None if made.cost_per_h is None else team.cover.cost,
                    "under_h": team.cover.under_h,
                    "over_h": team.cover.over_h,
                },
                "roster": plain(duties_of(made, team)),
                "protective": None
                if team.protective is None
                else {
                    "agent_h": team.protective.agent_h,
                    "share": team.protective.share,
                    "cost": team.protective.cost,
                    "curve": [
                        {
                            "kept": each.share,
                            "agent_h": each.agent_h,
                            "outcomes": plain(each.outcomes),
                            "bought": plain(each.bought),
                        }
                        for each in team.protective.curve
                    ],
                },
                "on_the_mean": None
                if team.on_the_mean is None
                else {
                    "model": team.on_the_mean.model,
                    "agent_h": float(team.on_the_mean.agents.sum())
                    * made.horizon.interval_s
                    / 3600,
                    "outcomes": plain(team.on_the_mean.outcomes),
                },
            }
            for team in made.teams
        ],
        "check": plain(made.check),
        "judged": None
        if made.judged is None
        else {"scores": plain(made.judged.scores), "trial": plain(made.judged.trial)},
        "backtests": {name: plain(each.judged) for name, each in tested.items()},
        "shrinkage": None
        if made.shrinkage is None
        else {
            "mean": plain(made.shrinkage.mean),
            "sd": made.shrinkage.sd,
            "says": made.shrinkage.says,
        },
        "busy_days": [
            {
                "lines": list(each.lines),
                "correlation": each.correlation.tolist(),
                "days": each.days,
            }
            for each in made.busy_days
        ],
        "notes": list(made.notes),
        "courses": made.courses,
        "seed": made.seed,
    }
