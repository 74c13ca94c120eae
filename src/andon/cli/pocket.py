"""What ``andon wait`` and ``andon agents`` share: how a load is given, and how waits are shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Final, TypeVar

import click

from andon.cli.durations import DURATION
from andon.cli.terminal import say, say_wrapped, table
from andon.errors import QueueingError
from andon.units import number, spoken

if TYPE_CHECKING:
    from andon.queueing.erlang import Wait

__all__ = [
    "Demand",
    "demand_options",
    "in_options",
    "offered",
    "preparing",
    "say_notes",
    "say_waits",
    "so_many",
    "wait_with",
    "waits_near",
]

_HALF_HOUR_S: Final = 1800
_HOUR_S: Final = 3600
_MOST_DECIMALS: Final = 6
_GUIDE: Final = "docs/how-to/size-a-team.md"

_TYPED: Final = {
    "answer_within_s": "--within",
    "handle_s": "--handle",
    "load_erlangs": "--load",
    "mean_wait_s": "--mean-wait",
    "patience_s": "--patience",
    "service_level": "--target",
    "use erlang_b": "use erlang_b, in Python",
    "use erlang_c": "leave --patience out",
}
"""What the arithmetic calls each option, and what is typed."""

_Command = TypeVar("_Command", bound=Callable[..., object])


@dataclass(frozen=True, kw_only=True, slots=True)
class Demand:
    """A steady load as it was given.

    Attributes
    ----------
    load_erlangs, handle_s : float
    patience_s : float or None
        None where callers never hang up.
    calls : float or None
        Calls that come ``per``, if the load was given so.
    per : str
        ``"an hour"`` or ``"in half an hour"``.
    """

    load_erlangs: float
    handle_s: float
    patience_s: float | None
    calls: float | None
    per: str

    def says(self) -> str:
        """The load in words."""
        each = spoken(self.handle_s, "s")
        if self.calls is None:
            return f"{spoken(self.load_erlangs, 'erlang')} ({each} a call)"
        calls = f"{number(self.calls)} calls {self.per}, {each} each"
        return f"{spoken(self.load_erlangs, 'erlang')} ({calls})"


def demand_options(command: _Command) -> _Command:
    """Add the options that say how much work comes in."""
    for option in (
        click.option(
            "--patience",
            "patience_s",
            type=DURATION,
            help="How long callers would wait on average before they hang up. Without it nobody "
            "hangs up.",
        ),
        click.option(
            "--handle",
            "handle_s",
            type=DURATION,
            required=True,
            help="Mean handle time, wrap-up included: 180s, 3m, 2m30s, 0:03:00.",
        ),
        click.option("--load", "load_erlangs", type=float, help="The load itself, in erlangs."),
        click.option("--calls-per-hour", type=float, help="Calls in an hour."),
        click.option("--calls-per-half-hour", type=float, help="Calls in half an hour."),
    ):
        command = option(command)
    return command


def offered(
    *,
    calls_per_half_hour: float | None,
    calls_per_hour: float | None,
    load_erlangs: float | None,
    handle_s: float,
    patience_s: float | None,
) -> Demand:
    """The load, from whichever of the three was given."""
    given = {
        "--calls-per-half-hour": calls_per_half_hour,
        "--calls-per-hour": calls_per_hour,
        "--load": load_erlangs,
    }
    if sum(value is not None for value in given.values()) != 1:
        raise click.UsageError(f"Give one of {', '.join(given)}.")
    for option, value in given.items():
        if value is not None and not 0 <= value < math.inf:
            raise click.UsageError(f"{option} must be a number of 0 or more: {value:g} is not.")
    if load_erlangs is not None:
        load, calls, per = load_erlangs, None, ""
    elif calls_per_hour is not None:
        load, calls, per = calls_per_hour * handle_s / _HOUR_S, calls_per_hour, "an hour"
    else:
        assert calls_per_half_hour is not None
        load, calls = calls_per_half_hour * handle_s / _HALF_HOUR_S, calls_per_half_hour
        per = "in half an hour"
    return Demand(load_erlangs=load, handle_s=handle_s, patience_s=patience_s, calls=calls, per=per)


@contextmanager
def preparing(*, quiet: bool) -> Iterator[None]:
    """Say on standard error what takes so long where the arithmetic must be compiled first."""
    from andon.queueing._kernels.compiled import announced  # noqa: PLC0415  # help needs no Numba

    def tell() -> None:
        if not quiet:
            click.echo("Preparing the arithmetic, once: a few seconds.", err=True)

    with announced(tell):
        yield


@contextmanager
def in_options() -> Iterator[None]:
    """Call what the arithmetic refuses by the names that were typed."""
    try:
        yield
    except QueueingError as problem:
        wrong, found, todo = (
            reduce(lambda said, name: said.replace(name, _TYPED[name]), _TYPED, text)
            for text in (problem.wrong, problem.found, problem.todo)
        )
        raise type(problem)(wrong, found=found, todo=todo) from problem


def wait_with(demand: Demand, *, agents: float, within_s: float) -> Wait:
    """What callers meet with so many agents."""
    from andon.queueing.erlang import erlang_a, erlang_c  # noqa: PLC0415  # help needs no Numba

    if demand.patience_s is not None:
        return erlang_a(
            load_erlangs=demand.load_erlangs,
            handle_s=demand.handle_s,
            patience_s=demand.patience_s,
            agents=agents,
            answer_within_s=within_s,
        )
    return erlang_c(
        load_erlangs=demand.load_erlangs,
        handle_s=demand.handle_s,
        agents=agents,
        answer_within_s=within_s,
    )


def waits_near(demand: Demand, *, agents: float, within_s: float) -> list[Wait]:
    """The same with one and two agents fewer and more, where the queue has an end."""
    near = [agents + step for step in (-2, -1, 0, 1, 2)]
    return [
        wait_with(demand, agents=each, within_s=within_s)
        for each in near
        if each >= 0 and (demand.patience_s is not None or each > demand.load_erlangs)
    ]


def say_waits(found: Sequence[Wait], *, mark: float, word: str) -> None:
    """One row for each number of agents, the one that was asked about marked with a word."""
    first = found[0]
    patient = first.model == "erlang_a"
    within = spoken(float(first.answer_within_s), "s")
    columns = ["agents", f"in {within}, of offered"]
    columns += ["short left out", "of answered"] if patient else []
    columns += ["wait at all", "mean wait"] + (["hang up"] if patient else []) + ["busy", ""]
    rows = []
    for each in found:
        level = each.service_level
        row = [number(float(each.agents)), _percent(level.of_offered)]
        row += [_percent(level.of_offered_less_short), _percent(level.of_answered)] * patient
        row += [_percent(each.p_wait), _seconds(each.mean_wait_s)]
        row += [_percent(each.p_abandon)] * patient
        row += [_percent(each.occupancy), word if each.agents == mark else ""]
        rows.append(row)
    table(columns, rows)


def say_notes(demand: Demand, found: Sequence[Wait]) -> None:
    """The load, what is not modelled, and where to read more."""
    say()
    say(f"Load: {demand.says()}.")
    if demand.patience_s is None:
        least = min(float(each.agents) for each in found)
        if least - 1 <= demand.load_erlangs and least > 1:
            say_wrapped(f"With fewer than {number(least)} agents the queue grows without end.")
        say_wrapped(
            "Callers who hang up are not modelled: --patience says how long they would wait."
        )
    say_wrapped(
        "A steady load is assumed. Loads that change within the hour, or that were guessed "
        "wrongly, need more."
    )
    say()
    say(f"All of it: --json. How it is found: {_GUIDE}")


def so_many(share: float) -> str:
    """A share as so many in a hundred, or in as many as it takes.

    >>> so_many(0.888), so_many(0.9991), so_many(0.00002), so_many(0), so_many(1)
    ('89 in 100', '999 in 1,000', '2 in 100,000', 'none', 'all')
    """
    for base in (100, 1_000, 10_000, 100_000):
        count = round(share * base)
        if 0 < count < base:
            return f"{count:,} in {base:,}"
    if share in {0, 1}:
        return "all" if share else "none"
    return "nearly all" if share > 0.5 else "hardly any"


def _percent(share: object) -> str:
    """One decimal; more where 0 or 100 would not be true."""
    value = 100 * float(share)  # type: ignore[arg-type]  # a single number
    if math.isnan(value):
        return "-"
    decimals = 1
    while decimals < _MOST_DECIMALS and 0 < value < 100 and round(value, decimals) in {0, 100}:
        decimals += 1
    return f"{value:.{decimals}f} %"


def _seconds(seconds: object) -> str:
    value = float(seconds)  # type: ignore[arg-type]  # a single number
    return f"{value:.1f} s" if value < 100 else spoken(value, "s")
