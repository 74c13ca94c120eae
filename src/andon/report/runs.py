"""Runs: what the ledger's ingest runs tell a report about the quality of its data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from andon.ledger.checks import CHECKS
from andon.report.quality import CheckCount, IngestRun, Quality

__all__ = ["quality_of"]

_LAW: Final = ("read", "added", "changed", "unchanged", "quarantined")


def quality_of(runs: Iterable[Mapping[str, Any]]) -> Quality:
    """The quality of the data, from :meth:`andon.ledger.store.Ledger.runs`.

    Files that were loaded more than once count by their last run, so that no row counts twice.

    Examples
    --------
    >>> quality_of([]).runs
    ()
    """
    last = {(run["source"], _names(run)): run for run in runs}
    counts: Counter[str] = Counter()
    for run in last.values():
        for name, rows in run["details"]["notes"].items():
            counts[name.partition(":")[0]] += rows
        for reason in run["details"]["reasons"]:
            counts[reason["check"]] += reason["rows"]
    return Quality(
        runs=tuple(
            IngestRun(
                file=_said(files),
                source=source,
                **{name: run[name] for name in _LAW},
            )
            for (source, files), run in last.items()
        ),
        checks=tuple(
            CheckCount(
                name=check.name,
                says=check.asserts,
                severity=check.severity,
                rows=counts[check.name],
            )
            for check in CHECKS
            if counts[check.name]
        ),
    )


def _names(run: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(file["name"] for file in run["details"]["files"])


def _said(files: tuple[str, ...]) -> str:
    return files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1:,} more"
