"""Options that several commands share, so that they are named and explained alike."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Final

import click

from andon.operation import Operation

__all__ = [
    "DAY",
    "NAMES",
    "by_option",
    "folder_option",
    "from_option",
    "json_option",
    "operation_option",
    "to_option",
]


class _Folder(click.ParamType[Operation]):
    """A folder that holds an operation, opened and checked."""

    name = "folder"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Operation:
        del param, ctx
        return value if isinstance(value, Operation) else Operation.open(str(value))


class _Day(click.ParamType[dt.date]):
    """A day such as 1999-02-28."""

    name = "day"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.date:
        if isinstance(value, dt.date):
            return value
        try:
            return dt.date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a day. Write it as 1999-02-28.", param, ctx)


class _Names(click.ParamType[tuple[str, ...]]):
    """Names with commas between them, each once."""

    name = "names"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        del param, ctx
        if isinstance(value, tuple):
            return value
        names = (name for part in str(value).split(",") if (name := part.strip()))
        return tuple(dict.fromkeys(names))


DAY: Final = _Day()
"""A click type: a day."""
NAMES: Final = _Names()
"""A click type: names."""

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Answer in JSON, for machines; errors too."
)

operation_option = click.option(
    "--operation",
    "-o",
    type=_Folder(),
    default=".",
    envvar="ANDON_OPERATION",
    show_default="the current folder",
    help="The operation's folder. The environment's ANDON_OPERATION says it as well.",
)

folder_option = click.option(
    "--operation",
    "-o",
    "folder",
    type=click.Path(path_type=Path),
    default=".",
    envvar="ANDON_OPERATION",
    show_default="the current folder",
    help="The operation's folder. The environment's ANDON_OPERATION says it as well.",
)
"""The same for commands that can do without an operation."""

from_option = click.option(
    "--from", "first", type=DAY, help="The first day that counts, such as 1999-01-01."
)

to_option = click.option(
    "--to", "last", type=DAY, help="The last day that counts, such as 1999-03-31."
)


def _once_each(_: object, __: object, given: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in given for name in names))


by_option = click.option(
    "--by",
    type=NAMES,
    multiple=True,
    callback=_once_each,
    help="Also answer for each group: queue, channel, journey, month, week, day and more, "
    "with commas between them.",
)
