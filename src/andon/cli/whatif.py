"""``andon whatif``: the goal behind the goal, before anyone sets it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from andon.capacity.lever_keys import LEVERS
from andon.cli.options import NAMES, json_option, operation_option
from andon.cli.plain import plain
from andon.cli.progress import Progress
from andon.cli.terminal import say, say_json, say_wrapped, short, table
from andon.errors import PlanError, QuestionError
from andon.estimate import Unknown
from andon.operation import Operation

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import numpy as np

    from andon.capacity.levers import Levers
    from andon.capacity.pace import Pace
    from andon.capacity.situation import Situation
    from andon.capacity.today import Today
    from andon.capacity.whatif import WhatIf

__all__ = ["whatif_command"]

_METAVARS: Final = {
    "handle_time": "CHANGE",
    "occupancy": "SHARE",
    "deflect": "SHARE@SHARE",
    "callback": "[SHARE@WAIT]",
    "shrinkage": "CHANGE",
    "concurrency": "COUNT",
    "spike": "TIMESxTIME",
    "volume": "CHANGE",
    "agents": "CHANGE",
}


def _lever_options(command: Any) -> Any:
    for key in reversed(LEVERS):
        if key.name not in _METAVARS:
            continue
        # Only a callback may be offered without saying to whom.
        alone: dict[str, Any] = (
            {"is_flag": False, "flag_value": "yes"} if key.name == "callback" else {}
        )
        option = click.option(
            f"--{key.name.replace('_', '-')}",
            key.name,
            metavar=_METAVARS[key.name],
            help=f"{key.says} Write {key.holds}.".replace("`", ""),
            **alone,
        )
        command = option(command)
    return command


@click.command(name="whatif")
@_lever_options
@click.option(
    "--scenario",
    type=click.Path(path_type=Path),
    help="A YAML file with levers under their names; see docs/reference/whatif-yaml.md.",
)
@click.option(
    "--queue",
    "queues",
    type=NAMES,
    help="Queues that the same people serve, with commas between them.  [default: those of the "
    "busiest team, told from who served whom]",
)
@click.option(
    "--weeks",
    type=click.IntRange(1, 52),
    default=8,
    show_default=True,
    help="How many first weeks to play.",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    help="Write the answer as a page with its charts.",
)
@click.option("--quick", is_flag=True, help="Leave the simulation out: formulas alone.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="The same seed gives the same figures.",
)
@operation_option
@json_option
def whatif_command(
    *,
    scenario: Path | None,
    queues: tuple[str, ...] | None,
    weeks: int,
    html: Path | None,
    quick: bool,
    seed: int,
    operation: Operation,
    as_json: bool,
    **given: str | None,
) -> None:
    """Say what happens if a target is set, before anyone sets it.

    What the plan on paper promises; what really happens once customers answer to it; when it
    turns; what it costs. Several changes at once, or a scenario file. What is not known is drawn a
    thousand times and carried through, and the answer says which assumption matters most.
    """
    levers = _levers(scenario, given)
    with Progress("Reading the ledger", quiet=as_json) as progress:
        today, pace, more, source = _today(operation, queues, seed, progress)
        found = _found(today.situation, levers, pace, weeks, quick, seed, progress)
        notes = (*today.notes, *more)
        if html is not None:
            from andon.report import leaf, whatif  # noqa: PLC0415  # heavy, and only for a page

            progress.step(f"Drawing {html.name}")
            leaf.write(
                html,
                whatif.page(
                    found,
                    today.week,
                    notes=notes,
                    operation=operation.name,
                    source=source,
                    command=_command(),
                ),
            )
    if as_json:
        say_json({**_as_json(found), "notes": list(notes)})
    else:
        _show(found, notes)
        if html is not None:
            say_wrapped(f"Wrote {short(html)}")


def _levers(scenario: Path | None, given: dict[str, str | None]) -> Levers:
    from andon.capacity.levers import Levers, read_levers  # noqa: PLC0415  # loads NumPy

    said = {name: text for name, text in given.items() if text is not None}
    if scenario is not None and said:
        raise PlanError(
            "A scenario file and levers on the command line would say two things.",
            found=f"--scenario {scenario} beside --{next(iter(said)).replace('_', '-')}",
            todo="Write all of them in the file, or all on the command line.",
        )
    if scenario is not None:
        return read_levers(scenario)
    if not said:
        raise PlanError(
            "Nothing is to change, so there is nothing to ask.",
            found="no lever",
            todo="Try andon whatif --handle-time -25%; andon whatif --help lists the levers.",
        )
    return Levers.said(**said)


def _today(
    operation: Operation, queues: tuple[str, ...] | None, seed: int, progress: Progress
) -> tuple[Today, Pace, tuple[str, ...], str]:
    """Today's situation, what pace does to returns with notes on it, and where all is from."""
    import numpy as np  # noqa: PLC0415  # slow to load

    from andon.capacity.today import today  # noqa: PLC0415
    from andon.ledger.window import open_window  # noqa: PLC0415

    with open_window(operation) as window:
        if not window.has("contacts"):
            raise QuestionError(
                "The ledger is empty: nothing was loaded yet.",
                found=str(operation.ledger),
                todo="andon ingest FILE loads contacts.",
            )
        contacts = window.contacts
        mine = _queues(contacts, queues)
        progress.step("Counting what a week looks like")
        now = today(
            contacts,
            name=", ".join(mine) if mine else "all contacts",
            queues=mine or None,
            staffing=window.tables["staffing"] if window.has("staffing") else None,
            values=window.tables["values"] if window.has("values") else None,
            zone=operation.zone,
            standards=operation.standards,
            costs=operation.costs,
        )
        progress.step("Asking what a second of handle time does")
        rng = np.random.default_rng([seed, 1])
        pace, notes = _pace(
            contacts.filter(contacts.queue.isin(mine)) if mine else contacts, now, rng
        )
        versions = ", ".join(f"{name} v{version}" for name, version in window.versions.items())
    return now, pace, notes, f"Source: {operation.name}, ledger tables {versions}."


def _queues(contacts: ir.Table, asked: tuple[str, ...] | None) -> tuple[str, ...]:
    from andon.capacity.teams_seen import teams_seen  # noqa: PLC0415

    teams = teams_seen(contacts)
    known = [queue for team in teams for queue in team]
    if asked:
        unknown = [each for each in asked if each not in known]
        if unknown:
            raise QuestionError(
                f"There is no queue {unknown[0]!r} in the ledger.",
                found=f"--queue {','.join(asked)}",
                todo=f"Use any of: {', '.join(known) or 'none is recorded, leave it out'}.",
            )
        return asked
    return teams[0] if teams else ()


def _pace(contacts: ir.Table, now: Today, rng: np.random.Generator) -> tuple[Pace, tuple[str, ...]]:
    """What pace does to coming back: measured as a cause where the ledger supports it."""
    from andon.capacity.pace import (  # noqa: PLC0415
        Slope,
        SlopeStep,
        assumed_pace,
        measured_pace,
    )
    from andon.goodhart.price_of_a_second import price_of_a_second  # noqa: PLC0415

    situation = now.situation
    if situation.returns.source != "ledger":
        return assumed_pace(handle_s=situation.handle_s, today=situation.returns, rng=rng), ()
    price = price_of_a_second(contacts, outcome="recontact")
    if isinstance(price.per_s, Unknown):
        pace = assumed_pace(handle_s=situation.handle_s, today=situation.returns, rng=rng)
        why = price.per_s.why.rstrip(".")
        note = f"What a second of handle time does could not be measured here: {why}."
        return pace, (note,)

    def slope(figure: Any) -> Slope:
        return Slope(
            points_per_s=figure.value, low=figure.low, high=figure.high, level=figure.level
        )

    steps = tuple(
        SlopeStep(from_s=each.from_s, to_s=each.to_s, slope=slope(each.per_s))
        for each in price.steps
        if not isinstance(each.per_s, Unknown)
    )
    pace = measured_pace(
        slope=slope(price.per_s),
        handle_s=situation.handle_s,
        today=situation.returns,
        steps=steps,
        rng=rng,
        reach_s=2 * price.pace_spread_s if price.pace_spread_s > 0 else None,
    )
    return pace, ()


def _found(
    situation: Situation,
    levers: Levers,
    pace: Pace,
    weeks: int,
    quick: bool,
    seed: int,
    progress: Progress,
) -> WhatIf:
    from andon.capacity.whatif import what_if  # noqa: PLC0415  # compiles

    progress.step("Working out the new balance")
    return what_if(
        situation,
        levers,
        pace,
        weeks=weeks,
        simulate=not quick,
        seed=seed,
        progress=progress.step,
    )


def _command() -> str:
    return f"andon {shlex.join(sys.argv[1:])}"


def _show(found: WhatIf, notes: tuple[str, ...]) -> None:
    from andon.report.whatif import paragraphs, rest_rows  # noqa: PLC0415

    for paragraph in paragraphs(found.sentences):
        say_wrapped(paragraph)
        say()
    table(
        ["a week", "today", "then", "change"],
        rest_rows(found.today, found.after, found.change, currency=found.situation.rates.currency),
    )
    in_mind = (*notes, *found.caveats)
    if in_mind:
        say()
        say("Keep in mind")
        for note in in_mind:
            say_wrapped(f"- {note}", first="  ", indent="    ")
    say()
    say_wrapped(
        f"Queues: {found.situation.queue}. All of it: --json. The trap curve and the first weeks: "
        "--html FILE."
    )


def _as_json(found: WhatIf) -> dict[str, Any]:
    from andon.capacity.series import against_handle_time, week_by_week  # noqa: PLC0415

    curve = found.trap
    data: dict[str, Any] = {
        "queue": found.situation.queue,
        "levers": found.levers.says,
        "says": found.says,
        "sentences": plain(found.sentences),
        "promise": plain(found.promise),
        "today": plain(found.today),
        "after": plain(found.after),
        "change": plain(found.change),
        "work_rises": plain(found.work_rises),
        "customers_h_rise": plain(found.customers_h_rise),
        "jams": plain(found.jams),
        "turned": plain(found.turned),
        "first_weeks": {
            "work_h": plain(week_by_week(found, "work_h")),
            "customers_h": plain(week_by_week(found, "customers_h")),
        },
        "trap": None,
        "side_by_side": plain(found.simulated),
        "matters_for_work": plain(found.matters_for_work),
        "matters_for_customers_h": plain(found.matters_for_customers_h),
        "assumptions": plain(found.assumptions),
        "caveats": list(found.caveats),
        "basis": found.pace.basis,
        "seed": found.seed,
        "level": found.level,
    }
    if curve is not None:
        data["trap"] = {
            "today_s": curve.today_s,
            "break_even": plain(curve.break_even),
            "least_work": plain(curve.least_work),
            "least_customers_h": plain(curve.least_customers_h),
            "work": plain(against_handle_time(curve, "work_h")),
            "customers_h": plain(against_handle_time(curve, "customers_h")),
        }
    return data
