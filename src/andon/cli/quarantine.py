"""``andon quarantine``: show the rows that were set aside, and why."""

from __future__ import annotations

import click

from andon.cli.figures import counted
from andon.cli.options import json_option, operation_option
from andon.cli.plain import plain
from andon.cli.terminal import say, say_json, table
from andon.ledger.checks import CHECKS, check
from andon.ledger.quarantine import Entry, Reason, entries, reasons
from andon.ledger.store import Ledger
from andon.operation import Operation

__all__ = ["quarantine_command"]


@click.command(name="quarantine")
@click.option("--source", help="Only rows of this source.")
@click.option(
    "--check", "name", metavar="CHECK", help="Show the rows that broke this check, whole."
)
@click.option("--rows", is_flag=True, help="Show the rows themselves, whole.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="At most so many rows.",
)
@operation_option
@json_option
def quarantine_command(
    *,
    source: str | None,
    name: str | None,
    rows: bool,
    limit: int,
    operation: Operation,
    as_json: bool,
) -> None:
    """Show the rows that were set aside, and why.

    Rows that break a check are kept whole. Mend the mapping and load the same files again: what is
    now right joins the ledger and leaves quarantine.
    """
    ledger = Ledger.open(operation.ledger)
    found = [each for each in reasons(ledger, source=source) if name in (None, each.check)]
    whole = entries(ledger, source=source, check=name, limit=limit) if rows or name else ()
    if as_json:
        say_json({"reasons": plain(found), "rows": plain(whole)})
        return
    waiting = sum(each.rows for each in found)
    if not waiting:
        say("Nothing waits in quarantine.")
        return
    say(f"{counted(waiting, 'row waits', 'rows wait')} in quarantine.")
    say()
    _show_reasons(found)
    if whole:
        _show_rows(whole, waiting)
    else:
        say()
        say("The rows themselves: andon quarantine --rows")
    say("Mend the mapping and load the same files again: what is now right leaves quarantine.")


def _show_reasons(found: list[Reason]) -> None:
    table(
        ("rows", "files", "source", "check", "about", "for example"),
        [
            (f"{each.rows:,}", f"{each.files:,}", each.source, each.check, each.about, each.example)
            for each in found
        ],
    )
    say()
    known = {each.name for each in CHECKS}
    for broken in dict.fromkeys(each.check for each in found):
        if broken in known:
            say(f"{broken}: {check(broken).asserts} {check(broken).why}")


def _show_rows(whole: tuple[Entry, ...], waiting: int) -> None:
    say()
    table(
        ("file", "line", "check", "row"),
        [(each.file, str(each.line), each.check, each.content) for each in whole],
    )
    if len(whole) < waiting:
        say(f"{len(whole):,} of {waiting:,} rows; --limit shows more.")
    say()
