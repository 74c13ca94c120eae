"""``andon agents``: how many agents a target needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

import click

from andon.cli.durations import DURATION, SHARE, TARGET
from andon.cli.options import json_option
from andon.cli.plain import plain
from andon.cli.pocket import (
    demand_options,
    in_options,
    offered,
    preparing,
    say_notes,
    say_waits,
    so_many,
    waits_near,
)
from andon.cli.terminal import say, say_json, say_wrapped
from andon.queueing.service_level import Definition
from andon.units import number, spoken

if TYPE_CHECKING:
    from andon.queueing.staffing import Staffing

__all__ = ["agents_command"]

_WITHIN_S: Final = 20.0
_CALLERS: Final = {
    "of_offered": "callers",
    "of_offered_less_short": "callers, those left out who hung up before,",
    "of_answered": "answered callers",
}
_BINDING: Final = {
    "service_level": "The service level",
    "mean_wait_s": "The mean wait",
    "abandoned": "The share that hangs up",
    "occupancy": "The occupancy",
}


@click.command(name="agents")
@demand_options
@click.option(
    "--target",
    "level",
    type=TARGET,
    help="The service level: 80/20 is 80 in 100 answered within 20 s.",
)
@click.option(
    "--definition",
    type=click.Choice(get_args(Definition)),
    default="of_offered",
    show_default=True,
    help="Which service level is meant.",
)
@click.option("--mean-wait", "mean_wait_s", type=DURATION, help="The longest mean wait of all.")
@click.option("--abandoned", type=SHARE, help="The largest share that hangs up: 5%.")
@click.option("--occupancy", type=SHARE, help="The largest share of time that agents are busy.")
@click.option(
    "--shrinkage",
    type=SHARE,
    default=0.0,
    help="The share of paid time away from calls, to count paid heads too: 30%.",
)
@json_option
def agents_command(
    *,
    level: tuple[float, float] | None,
    definition: Definition,
    mean_wait_s: float | None,
    abandoned: float | None,
    occupancy: float | None,
    shrinkage: float,
    as_json: bool,
    **given: Any,
) -> None:
    """Say how few agents a target needs.

    Erlang A with --patience, Erlang C without. With callers who hang up the answer can lie below
    the load. Several targets are all met, and the one that asks for the most is named. The table
    shows what one or two agents more or fewer would do.
    """
    demand = offered(**given)
    if level is None and mean_wait_s is None and abandoned is None and occupancy is None:
        raise click.UsageError("Give a target: --target, --mean-wait, --abandoned or --occupancy.")
    if abandoned is not None and demand.patience_s is None:
        raise click.UsageError("--abandoned needs --patience: without it nobody hangs up.")
    if shrinkage >= 1:
        raise click.UsageError("--shrinkage must leave some time for calls: less than 100%.")
    within_s = _WITHIN_S if level is None else level[1]
    with preparing(quiet=as_json), in_options():
        from andon.queueing.staffing import agents_needed  # noqa: PLC0415  # help needs no Numba

        needed = agents_needed(
            load_erlangs=demand.load_erlangs,
            handle_s=demand.handle_s,
            patience_s=demand.patience_s,
            service_level=None if level is None else level[0],
            answer_within_s=within_s,
            definition=definition,
            mean_wait_s=mean_wait_s,
            abandoned=abandoned,
            occupancy=occupancy,
        )
        agents = int(needed.agents)
        nearby = waits_near(demand, agents=agents, within_s=within_s)
    paid_heads = agents / (1 - shrinkage)
    asked = {
        "service_level": None if level is None else level[0],
        "mean_wait_s": mean_wait_s,
        "abandoned": abandoned,
        "occupancy": occupancy,
    }
    targets = {name: value for name, value in asked.items() if value is not None}
    if as_json:
        say_json(
            {
                "agents": agents,
                "binding": needed.binding,
                "shrinkage": shrinkage,
                "paid_heads": paid_heads,
                "targets": targets,
                "definition": definition,
                "wait": plain(needed.wait),
                "nearby": plain(nearby),
            }
        )
        return
    say_wrapped(_said(needed, level=level, definition=definition, targets=len(targets)))
    if shrinkage:
        say_wrapped(
            f"With {spoken(shrinkage, 'share')} of paid time away from calls, that is "
            f"{number(paid_heads, step=0.1)} paid heads."
        )
    say()
    say_waits(nearby, mark=agents, word="fewest")
    say_notes(demand, nearby)


def _said(
    needed: Staffing, *, level: tuple[float, float] | None, definition: Definition, targets: int
) -> str:
    """The answer in words."""
    if needed.load_erlangs == 0:
        return "No agents are needed: nobody calls."
    one = needed.agents == 1
    said = f"{needed.agents:,} {'agent is' if one else 'agents are'} needed."
    if level is not None:
        reached = float(getattr(needed.wait.service_level, definition))
        said += f" {so_many(reached).capitalize()} {_CALLERS[definition]} are then answered within "
        said += f"{spoken(level[1], 's')}."
    if targets > 1:
        said += f" {_BINDING[str(needed.binding)]} asks for the most."
    return said
