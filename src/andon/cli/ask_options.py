"""Options that only some questions take: how each is written, and which questions take it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import click

from andon.cli.durations import DURATION, duration_s
from andon.cli.options import DAY, NAMES, by_option
from andon.cli.question import FOR_ROLES
from andon.cli.questions import QUESTIONS

__all__ = ["OPTIONS", "Option", "given", "question_options"]

Command = TypeVar("Command", bound=Callable[..., Any])


class _Span(click.ParamType[tuple[float, float]]):
    """The least and the most, such as 1-5."""

    name = "least-most"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        if isinstance(value, tuple):
            return value
        least, _, most = str(value).partition("-")
        try:
            span = float(least), float(most)
        except ValueError:
            span = (0.0, 0.0)
        if not span[0] < span[1]:
            self.fail(f"{value!r} is no scale. Write its least and its most as 1-5.", param, ctx)
        return span


class _Durations(click.ParamType[tuple[float, ...]]):
    """Durations with commas between them."""

    name = "durations"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return tuple(duration_s(part) for part in str(value).split(","))
        except ValueError as problem:
            self.fail(str(problem), param, ctx)


class _Target(click.ParamType[tuple[str, float]]):
    """A measure and its limit, such as handle_time=5m."""

    name = "measure=duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        if isinstance(value, tuple):
            return value
        measure, _, limit = str(value).partition("=")
        try:
            return measure.strip(), duration_s(limit)
        except ValueError:
            self.fail(f"{value!r} is no target. Write it as handle_time=5m.", param, ctx)


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One option that only some questions take.

    Attributes
    ----------
    kind : click.ParamType
        How it is written.
    says : str
        What it is, as a sentence.
    metavar : str, optional
        What help shows for its value, where the kind's own name would not do.
    multiple : bool
        Whether it can be given several times.
    """

    kind: click.ParamType[Any]
    says: str
    metavar: str | None = None
    multiple: bool = False


OPTIONS: Final[Mapping[str, Option]] = {
    "target": Option(
        kind=_Target(),
        says="A target or limit on a clock, such as handle_time=5m; say it once for each. It "
        "stands in place of those of kept goals and of andon.yaml.",
        multiple=True,
    ),
    "limit": Option(
        kind=DURATION, says="The limit that people work to, such as 5m; what is shorter is short."
    ),
    "others": Option(
        kind=_Durations(), says="Other limits on the same clock, with commas between them."
    ),
    "side": Option(
        kind=click.STRING, says="The side of the limit that is good to be on.", metavar="SIDE"
    ),
    "near": Option(
        kind=DURATION, says="How near is near the limit; a twentieth of it if left out."
    ),
    "clock": Option(kind=click.STRING, says="What the limit counts.", metavar="CLOCK"),
    "parked": Option(
        kind=click.STRING, says="Where time goes that the limit does not count.", metavar="STATE"
    ),
    "measure": Option(kind=click.STRING, says="Which measure to look at.", metavar="MEASURE"),
    "date": Option(kind=DAY, says="The first day under the new rule, such as 1999-02-28."),
    "days": Option(
        kind=click.IntRange(min=1), says="How many days to compare on either side.", metavar="DAYS"
    ),
    "instrument": Option(
        kind=click.STRING, says="Which survey, as the ledger has it: NPS, CSAT or another."
    ),
    "item": Option(kind=click.STRING, says="Which item of the survey, if it has several."),
    "scale": Option(kind=_Span(), says="The least and the most that can be answered, as 1-5."),
    "outcome": Option(kind=click.STRING, says="What may follow a contact.", metavar="OUTCOME"),
    "within": Option(kind=DURATION, says="How soon a customer is back, such as 10m or 7d."),
    "interval": Option(kind=DURATION, says="How long contacts go to whoever is free, such as 30m."),
    "alike": Option(
        kind=NAMES, says="What makes contacts alike: they are compared only within these."
    ),
}
"""Every option that only some questions take, by its name."""

_FOR_ROLES_SAYS: Final = (
    "Show what speaks of single advisors as well. It is for the advisor whose contacts they are, "
    "and for roles that the operation allows; it is never a ranking. Without this it is neither "
    "shown nor in --json."
)


def question_options(command: Command) -> Command:
    """Give a command every option that some question takes."""
    command = click.option(f"--{FOR_ROLES.replace('_', '-')}", is_flag=True, help=_roles_help())(
        command
    )
    for name, option in reversed(list(OPTIONS.items())):
        command = click.option(
            f"--{name}",
            name,
            type=option.kind,
            multiple=True,
            callback=None if option.multiple else _once,
            metavar=option.metavar,
            help=_help(name, option),
        )(command)
    return by_option(command)


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that somebody gave."""
    return {
        name: value
        for name, value in options.items()
        if value is not None and value is not False and value != ()
    }


def _once(context: click.Context, option: click.Parameter, values: tuple[Any, ...]) -> Any:
    """The one value of an option. Of two, the first would be left out and nobody told."""
    if len(values) > 1:
        raise click.BadParameter(
            "it was given more than once. Ask once for each.", ctx=context, param=option
        )
    return values[0] if values else None


def _help(name: str, option: Option) -> str:
    told = []
    for question, asked in QUESTIONS.items():
        if name in asked.takes:
            words = asked.takes[name].one_of
            told.append(f"{question} ({', '.join(words)})" if words else question)
    return f"{option.says}  [{'; '.join(told)}]"


def _roles_help() -> str:
    told = [name for name, question in QUESTIONS.items() if question.for_roles]
    return f"{_FOR_ROLES_SAYS}  [{'; '.join(told)}]"
