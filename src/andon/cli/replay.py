"""``andon replay``: rebuild a report's figures and say whether they agree."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

import click
import ibis.expr.types as ir

from andon.cli.exits import DISAGREES, OK
from andon.cli.figures import shown
from andon.cli.options import folder_option, json_option
from andon.cli.plain import plain
from andon.cli.progress import Progress
from andon.cli.terminal import say, say_json, table
from andon.ledger.window import open_window
from andon.operation import FILE, Operation
from andon.report.replay import Replay, open_report, replay

__all__ = ["replay_command"]

_MOST = 40


@click.command(name="replay")
@click.argument("report", type=click.Path(path_type=Path))
@folder_option
@json_option
def replay_command(*, report: Path, folder: Path, as_json: bool) -> int:
    """Rebuild a report's figures and say whether they agree.

    REPORT is the HTML or JSON file that andon diagnose wrote. Its figures are made again from the
    versions of the tables that it names. Leaves with 12 if any differs. Without an operation in the
    current folder, the one that holds the report is taken.
    """
    open_report(report)
    home = report.resolve().parent.parent
    operation = Operation.open(
        folder if (folder / FILE).exists() or not (home / FILE).exists() else home
    )
    with (
        Progress(f"Reading {report.name}", quiet=as_json) as progress,
        contextlib.ExitStack() as stack,
    ):

        def open_tables(versions: Mapping[str, int]) -> Mapping[str, ir.Table]:
            window = stack.enter_context(open_window(operation, versions=versions))
            return {**window.tables, "contacts": window.contacts}

        done = replay(report, open_tables=open_tables, progress=progress.step)
    if as_json:
        say_json({"agrees": done.agrees, **_fields(done)})
    else:
        _show(done)
    return OK if done.agrees else DISAGREES


def _fields(done: Replay) -> dict[str, object]:
    fields = plain(done)
    assert isinstance(fields, dict)
    return fields


def _show(done: Replay) -> None:
    tables = ", ".join(f"{name} at version {version}" for name, version in done.tables.items())
    if done.agrees:
        say(f"All agree: {done.compared:,} figures came out as the report says.")
    else:
        say(f"{len(done.differences):,} of {done.compared:,} figures differ.")
        say()
        table(
            ("figure", "the report says", "now"),
            [
                (each.figure, shown(each.reported), shown(each.replayed))
                for each in done.differences[:_MOST]
            ],
        )
        if len(done.differences) > _MOST:
            say(f"... and {len(done.differences) - _MOST:,} more: --json shows all.")
    say()
    say(f"Read from {tables or 'the tables as they are'}.")
    if done.reported_by != done.replayed_by:
        say(f"The report was made by andon {done.reported_by}; this is {done.replayed_by}.")
