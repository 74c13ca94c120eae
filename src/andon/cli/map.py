"""``andon map``: look at a file and draft its mapping."""

from __future__ import annotations

import re
from pathlib import Path

import click

from andon.cli.figures import shown
from andon.cli.options import folder_option, json_option
from andon.cli.plain import plain
from andon.cli.progress import Progress
from andon.cli.terminal import say, say_json, table
from andon.errors import MappingError
from andon.ledger.draft import Glance, draft, glance
from andon.operation import Operation
from andon.units import spoken

__all__ = ["map_command"]

_EXAMPLES = 3


@click.command(name="map")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", help="What to call the source.  [default: from the file's name]")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where to write the draft.  [default: the operation's mappings folder]",
)
@folder_option
@json_option
def map_command(
    *, file: Path, source: str | None, out: Path | None, folder: Path, as_json: bool
) -> None:
    """Look at a file and draft the mapping that loads it.

    Writes a YAML file with a guess for each column of the ledger and a comment on each guess. Read
    it before you load the file: you know your data, and Andon guesses. A mapping that is there
    already is never overwritten.
    """
    name = (
        source or re.sub(r"[^a-z0-9]+", "-", file.name.split(".")[0].lower()).strip("-") or "file"
    )
    operation = None if out is not None else Operation.open(folder)
    target = out or folder / "mappings" / f"{name}.yaml"
    with Progress(f"Looking at {file.name}", quiet=as_json):
        columns = glance(file)
        text = draft(file, source=name, zone=operation.zone if operation else "UTC")
    _write(target, text)
    if as_json:
        say_json({"file": str(file), "mapping": str(target), "columns": plain(columns)})
        return
    say(f"Drafted the mapping of {file.name}: {target}")
    say()
    table(("column", "filled", "values", "for example"), [_row(each) for each in columns])
    say()
    say(f"Next: read {target}, then: andon ingest {file} --mapping {target} -o {folder}")


def _row(each: Glance) -> tuple[str, ...]:
    examples = ", ".join(value[:24] for value in each.values[:_EXAMPLES])
    return (each.name, spoken(each.filled, "share", step=0.01), shown(each.distinct), examples)


def _write(target: Path, text: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as problem:
        if target.exists():
            raise MappingError(
                "There is already a mapping of that name.",
                found=str(target),
                todo="Change that file by hand, or draft another with --source or --out.",
            ) from problem
        raise MappingError(
            "The mapping cannot be written.",
            found=f"{target}: {problem.strerror}",
            todo="Name another place with --out.",
        ) from problem
