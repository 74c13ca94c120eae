"""``andon wait``: what callers meet with given agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from andon.cli.durations import DURATION
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
    wait_with,
    waits_near,
)
from andon.cli.terminal import say, say_json, say_wrapped
from andon.units import number, spoken

if TYPE_CHECKING:
    from andon.queueing.erlang import Wait

__all__ = ["wait_command"]


@click.command(name="wait")
@demand_options
@click.option("--agents", type=float, required=True, help="Agents who take calls.")
@click.option(
    "--within",
    "within_s",
    type=DURATION,
    default=20.0,
    show_default="20s",
    help="The time within which to answer.",
)
@json_option
def wait_command(*, agents: float, within_s: float, as_json: bool, **given: Any) -> None:
    """Say what callers meet with so many agents.

    Erlang A with --patience, Erlang C without. Shares answered in time come by three definitions:
    of all offered; the same with those left out who hung up within that time; of those answered.
    The table shows what one or two agents more or fewer would do.
    """
    demand = offered(**given)
    with preparing(quiet=as_json), in_options():
        wait = wait_with(demand, agents=agents, within_s=within_s)
        nearby = waits_near(demand, agents=agents, within_s=within_s)
    if as_json:
        say_json({"wait": plain(wait), "nearby": plain(nearby)})
        return
    say_wrapped(_said(wait))
    say()
    say_waits(nearby, mark=agents, word="asked")
    say_notes(demand, nearby)


def _said(wait: Wait) -> str:
    """The answer in words."""
    if wait.load_erlangs == 0:
        return "Nobody calls, so nobody waits."
    agents = float(wait.agents)
    said = f"With {number(agents)} {'agent' if agents == 1 else 'agents'}, "
    said += f"{so_many(float(wait.service_level.of_offered))} callers are answered within "
    said += f"{spoken(float(wait.answer_within_s), 's')}."
    if wait.model == "erlang_a":
        said += f" {so_many(float(wait.p_abandon)).capitalize()} hang up."
    return f"{said} The mean wait is {spoken(float(wait.mean_wait_s), 's', step=0.1)}."
