"""``andon init``: make a new operation."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from andon.cli.options import json_option
from andon.cli.terminal import say, say_json, short, table
from andon.operation import Operation

__all__ = ["init_command", "zone_of_this_machine"]


@click.command(name="init")
@click.argument("folder", default=".", type=click.Path(path_type=Path))
@click.option("--name", help="What people call it.  [default: the folder's name]")
@click.option(
    "--zone",
    help="Its time zone, such as Europe/Berlin.  [default: this machine's]",
)
@click.option("--currency", default="EUR", show_default=True, help="Three letters.")
@click.option(
    "--per-hour",
    type=click.FloatRange(min=0, min_open=True),
    help="What an hour of handling costs.",
)
@click.option(
    "--no-pseudonyms", is_flag=True, help="Keep ids as they are, instead of hashing them."
)
@json_option
def init_command(
    *,
    folder: Path,
    name: str | None,
    zone: str | None,
    currency: str,
    per_hour: float | None,
    no_pseudonyms: bool,
    as_json: bool,
) -> None:
    """Make a new operation: a folder with its andon.yaml.

    Writes andon.yaml, a place for mappings and reports, and a secret key. Customers' and advisors'
    ids are hashed with that key on their way in, so that no report can name anyone.
    """
    made = Operation.create(
        folder,
        name=name or folder.resolve().name,
        zone=zone or zone_of_this_machine(),
        currency=currency,
        per_hour=per_hour,
        pseudonyms=not no_pseudonyms,
    )
    if as_json:
        say_json({"name": made.name, "zone": made.zone, "folder": str(made.folder)})
        return
    say(f"Made the operation {made.name!r} in {short(made.folder)}.")
    say()
    rows = [
        ("andon.yaml", f"its name, its zone ({made.zone}), costs and standards: read it once"),
        ("mappings/", "how a file's columns become the ledger's"),
        ("reports/", "what andon diagnose writes"),
    ]
    if made.pseudonym_file is not None:
        rows.append((made.pseudonym_file.name, "hides who is who: keep it, and keep it secret"))
    table(("Wrote", ""), rows)
    say()
    say(f"Next: andon map FILE --operation {folder}")


def zone_of_this_machine() -> str:
    """The machine's own time zone by its IANA name; UTC where it does not say."""
    link = os.path.realpath("/etc/localtime")
    for name in (os.environ.get("TZ", ""), link.partition("zoneinfo/")[2]):
        with contextlib.suppress(KeyError, ValueError, OSError):
            if "/" in name and ZoneInfo(name):
                return name
    return "UTC"
