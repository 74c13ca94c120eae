"""Building an operation of a scenario: its ledger, and beside it the sealed truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from andon.errors import ReportError
from andon.ledger.ingest import ingest
from andon.ledger.mapping import load_mapping
from andon.ledger.store import Ledger
from andon.operation import Operation
from andon.proving.records import records_of
from andon.proving.scenario import Scenario
from andon.proving.tables import as_ledger, mapping_text, source_of, tables_of
from andon.proving.truth import truth_of, truth_of_contacts
from andon.proving.world import world_of
from andon.queueing._kernels.compiled import announced

__all__ = ["SEALED", "Built", "Made", "build", "make"]

SEALED: Final = "sealed-truth"
"""The folder of what no question may read."""

_FILES: Final = "generated-files"
_PREPARING: Final = "Preparing the proving ground, once: up to half a minute"

_Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Made:
    """A scenario's operation in memory.

    Attributes
    ----------
    scenario : Scenario
    source : str
        What the ledger calls where it comes from.
    tables : mapping of str to pyarrow.Table
        By the ledger's names, in columns that a mapping may fill.
    truth : dict
        Every lever, who pulled it, and what would be without it.
    contacts_truth : pyarrow.Table
        What is hidden of each contact.
    """

    scenario: Scenario
    source: str
    tables: Mapping[str, pa.Table]
    truth: dict[str, Any]
    contacts_truth: pa.Table

    def ledger(self, name: str) -> pa.Table:
        """One table with all columns of the ledger, for questions put without the way there."""
        return as_ledger(self.tables[name], name, source=self.source, zone=self.scenario.zone)


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """A scenario's operation on disk.

    Attributes
    ----------
    folder : Path
        The operation's.
    files : mapping of str to Path
        The Parquet file of each table; the mapping that loads it has the same name in the
        operation's ``mappings``.
    rows : mapping of str to int
        By table.
    loaded : bool
        Whether the ledger holds them.
    truth : Path
        The sealed file.
    """

    folder: Path
    files: Mapping[str, Path]
    rows: Mapping[str, int]
    loaded: bool
    truth: Path


def make(scenario: Scenario, *, progress: _Progress = lambda _: None) -> Made:
    """Make a scenario's operation in memory.

    Parameters
    ----------
    scenario : Scenario
    progress : callable
        Told what is being done.

    Raises
    ------
    QueueingError
        If nobody comes, or a team is too small.

    Examples
    --------
    >>> from andon.queueing.laws import Exponential
    >>> from andon.queueing.simulator.model import Arrivals, Model
    >>> from andon.queueing.simulator.schedule import Schedule
    >>> base = Model.one_pool(
    ...     arrivals=Arrivals.steady(per_h=60), handle=Exponential(mean_s=240),
    ...     patience=Exponential(mean_s=120), schedule=Schedule.level(5))
    >>> made = make(Scenario(name="Quiet", base=base, days=1))
    >>> made.tables["contacts"].num_rows == made.truth["as_it_was"]["contacts"]
    True
    """
    progress("Drawing people and matters")
    world = world_of(scenario)
    progress("Letting it happen")
    with announced(lambda: progress(_PREPARING)):
        run = world.run()
    progress("Letting it happen with nobody bending a measure")
    honest = world.run(bent=False) if any(each.bends for each in scenario.levers) else run
    progress("Writing it down")
    records = records_of(world, run)
    return Made(
        scenario=scenario,
        source=source_of(scenario),
        tables=tables_of(world, run, records),
        truth=truth_of(world, run, honest, records),
        contacts_truth=truth_of_contacts(world, run, records),
    )


def build(
    scenario: Scenario,
    folder: Path,
    *,
    load: bool = True,
    progress: _Progress = lambda _: None,
) -> Built:
    """Make a scenario's operation and write it into a new folder.

    Everything in it says that it is generated: the operation's name, the source, the files, the
    ids. The truth goes into a folder of its own.

    Parameters
    ----------
    scenario : Scenario
    folder : Path
        Not an operation yet.
    load : bool
        Whether to load the ledger, as ``andon ingest`` would.
    progress : callable
        Told what is being done.

    Raises
    ------
    OperationError
        If there is an operation in the folder, or it cannot be written.
    QueueingError
        As :func:`make`.
    ReportError
        If a file cannot be written.
    """
    made = make(scenario, progress=progress)
    operation = Operation.create(
        folder, name=f"GENERATED: {scenario.name}", zone=scenario.zone, pseudonyms=False
    )
    files: dict[str, Path] = {}
    try:
        for name, table in made.tables.items():
            progress(f"Writing {name}")
            files[name] = operation.folder / _FILES / f"generated-{name}.parquet"
            files[name].parent.mkdir(exist_ok=True)
            pq.write_table(table, files[name])
            mapping = operation.mappings / f"generated-{name}.yaml"
            mapping.write_text(mapping_text(table, name, scenario), encoding="utf-8")
        truth = operation.folder / SEALED / "truth.json"
        truth.parent.mkdir(exist_ok=True)
        truth.write_text(json.dumps(made.truth, indent=1, ensure_ascii=False) + "\n", "utf-8")
        pq.write_table(made.contacts_truth, truth.with_name("truth-of-contacts.parquet"))
    except OSError as problem:
        raise ReportError(
            "The generated operation cannot be written.",
            found=f"{folder}: {problem.strerror or problem}",
            todo="Name another folder, on a disk with space.",
        ) from problem
    for name, file in files.items() if load else ():
        if made.tables[name].num_rows:
            ingest(
                Ledger.open(operation.ledger),
                file,
                load_mapping(operation.mappings / f"generated-{name}.yaml"),
                zone=operation.zone,
                pseudonym_key=operation.pseudonym_key(),
                progress=progress,
            )
    return Built(
        folder=operation.folder,
        files=files,
        rows={name: table.num_rows for name, table in made.tables.items()},
        loaded=load,
        truth=truth,
    )
