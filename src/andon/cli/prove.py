"""``andon prove``: the proving ground, an operation that is made up with its truth known."""

from __future__ import annotations

from pathlib import Path

import click

from andon.cli.options import json_option
from andon.cli.progress import Progress
from andon.cli.terminal import say, say_json, say_wrapped, short, table

__all__ = ["build_command", "prove_command"]


@click.group(name="prove", epilog="Each of them takes --json, and explains itself with --help.")
def prove_command() -> None:
    """Make up an operation whose truth is known, to test questions on.

    Whatever Andon says of a real operation, it has to find first in one where the answer is known.
    """


@prove_command.command(name="build")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option(
    "--into",
    "folder",
    required=True,
    type=click.Path(path_type=Path),
    help="A folder that holds no operation yet.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Another seed than the scenario's own.")
@click.option(
    "--files-only", is_flag=True, help="Write the files and their mappings; load no ledger."
)
@json_option
def build_command(
    *, scenario: Path, folder: Path, seed: int | None, files_only: bool, as_json: bool
) -> None:
    """Write a whole operation of a scenario, and a sealed file with its truth.

    Contacts, surveys, staffing, changes, decisions, needs and complaints are loaded into a ledger
    as andon ingest would. Everything says that it is generated. The same scenario with the same
    seed is the same to the last byte.
    """
    with Progress(f"Reading {scenario.name}", quiet=as_json) as progress:
        import dataclasses  # noqa: PLC0415  # help needs none of these

        from andon.proving.build import build  # noqa: PLC0415  # loads Arrow and compiles
        from andon.proving.reading import read_scenario  # noqa: PLC0415

        said = read_scenario(scenario)
        if seed is not None:
            said = dataclasses.replace(said, seed=seed)
        built = build(said, folder, load=not files_only, progress=progress.step)
    if as_json:
        say_json(
            {
                "generated": True,
                "scenario": said.name,
                "seed": said.seed,
                "folder": str(built.folder),
                "rows": dict(built.rows),
                "loaded": built.loaded,
                "files": {name: str(path) for name, path in built.files.items()},
                "truth": str(built.truth),
            }
        )
        return
    say_wrapped(
        f"Made up {built.rows['contacts']:,} contacts of the scenario {said.name!r}, seed "
        f"{said.seed}. Nobody in it is real."
    )
    say()
    table(
        ("table", "rows", "file"),
        [(name, f"{rows:,}", short(built.files[name])) for name, rows in built.rows.items()],
    )
    say()
    say_wrapped(f"The truth, for tests and for no question: {short(built.truth)}")
    if built.loaded:
        say(f"Next: andon diagnose {short(built.folder)}")
    else:
        say(f"Next: andon ingest FILE --mapping MAPPING -o {short(built.folder)}")
