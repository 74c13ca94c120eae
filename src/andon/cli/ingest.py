"""``andon ingest``: load files into the ledger."""

from __future__ import annotations

from pathlib import Path

import click

from andon.cli.exits import OK, QUARANTINED
from andon.cli.figures import counted
from andon.cli.options import json_option, operation_option
from andon.cli.plain import plain
from andon.cli.progress import Progress
from andon.cli.terminal import say, say_json, short, table
from andon.errors import MappingError
from andon.ledger.ingest import IngestRun, ingest
from andon.ledger.mapping import Mapping, built_in, built_in_names, load_mapping
from andon.ledger.store import Ledger
from andon.operation import Operation

__all__ = ["chosen_mapping", "ingest_command"]


@click.command(name="ingest")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--as", "source", metavar="SOURCE", help="A ready mapping, such as anonymous-bank.")
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="A mapping file.  [default: the one in the operation's mappings folder]",
)
@click.option("--strict", is_flag=True, help="Leave with 13 if rows were set aside.")
@operation_option
@json_option
def ingest_command(
    *,
    files: tuple[Path, ...],
    source: str | None,
    mapping: Path | None,
    strict: bool,
    operation: Operation,
    as_json: bool,
) -> int:
    """Load files into the ledger.

    Reads CSV, TSV, XLSX, JSON, JSON Lines and Parquet, also with .gz. Every row is accounted for:
    read = added + changed + unchanged + quarantined. Loading a file twice changes nothing. Rows
    that break a check are set aside whole; andon quarantine shows them.
    """
    rules = chosen_mapping(operation, source=source, file=mapping)
    with Progress(f"Reading {files[0].name}", quiet=as_json) as progress:
        run = ingest(
            Ledger.open(operation.ledger),
            files,
            rules,
            zone=operation.zone,
            pseudonym_key=operation.pseudonym_key(),
            progress=progress.step,
        )
    if as_json:
        say_json(plain(run))
    else:
        _show(run, operation)
    return QUARANTINED if strict and run.quarantined else OK


def chosen_mapping(operation: Operation, *, source: str | None, file: Path | None) -> Mapping:
    """The mapping that was asked for; else the only one that the operation has.

    Raises
    ------
    MappingError
        If both were asked for, or neither and the operation does not have exactly one.
    """
    if source and file:
        raise MappingError(
            "A file is loaded with one mapping.",
            found=f"--as {source} and --mapping {file}",
            todo="Give one of the two.",
        )
    if source:
        return built_in(source)
    if file:
        return load_mapping(file)
    own = sorted(operation.mappings.glob("*.yaml"))
    if len(own) == 1:
        return load_mapping(own[0])
    raise MappingError(
        "It is not clear which mapping the files are loaded with.",
        found=f"{len(own)} files in {operation.mappings}",
        todo=f"Give --mapping FILE, or --as one of: {', '.join(built_in_names())}. "
        "andon map FILE drafts one.",
    )


def _show(run: IngestRun, operation: Operation) -> None:
    if run.added or run.changed:
        say(f"{run.table.capitalize()} loaded: {run.added:,} new, {run.changed:,} changed.")
    elif run.unchanged:
        say(f"Nothing changed: the ledger already holds these {run.table}.")
    else:
        say(f"Nothing was loaded: all {run.quarantined:,} rows were set aside.")
    say(run.law)
    if run.drained:
        drained = counted(run.drained, "row that was", "rows that were")
        say(f"{drained} set aside before: in the ledger now.")
    if run.reasons:
        say()
        say(f"Set aside, whole: {counted(run.quarantined, 'row', 'rows')}.")
        table(
            ("rows", "reason", "about", "for example"),
            [(f"{each.rows:,}", each.check, each.about, each.example) for each in run.reasons],
        )
    if run.notes:
        say()
        say("Loaded, with a remark:")
        table(
            ("rows", "remark", "about"),
            [(f"{rows:,}", *name.partition(":")[::2]) for name, rows in run.notes.items()],
        )
    say()
    say(f"Written to {short(operation.ledger)}.")
    if run.reasons:
        say("Read more: andon quarantine")
