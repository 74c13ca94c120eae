"""A group whose commands are imported when they are used, so that help answers at once."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

import click

__all__ = ["Lazy", "LazyGroup"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Lazy:
    """Where a command lives, and the line that help shows for it.

    Attributes
    ----------
    module, name : str
        The module, and the command's name in it.
    says : str
        One short sentence; the same as the first sentence of the command's own help.
    """

    module: str
    name: str
    says: str


class LazyGroup(click.Group):
    """A click group that knows its commands by name and one line, and imports them when called."""

    def __init__(self, *, lazy: Mapping[str, Lazy], **settings: object) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]  # click types each one by name
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order a newcomer needs them."""
        del ctx
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        del ctx
        if cmd_name not in self.lazy:
            return None
        where = self.lazy[cmd_name]
        command = getattr(importlib.import_module(where.module), where.name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing one."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, where.says) for name, where in self.lazy.items()])
