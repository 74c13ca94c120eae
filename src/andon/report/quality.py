"""The quality of the data behind a report: the law of ingestion, the checks, the days without rows.

Ingest counts these; a report only shows them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from andon.ledger.checks import Severity

__all__ = ["CheckCount", "IngestRun", "Note", "Quality"]


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestRun:
    """What one ingest run did with the rows that it read.

    Attributes
    ----------
    file : str
        The file's name, without its folder.
    source : str
        The source it was read as.
    read, added, changed, unchanged, quarantined : int
        Rows.
    """

    file: str
    source: str
    read: int
    added: int
    changed: int
    unchanged: int
    quarantined: int

    @property
    def law_holds(self) -> bool:
        """Whether read = added + changed + unchanged + quarantined."""
        return self.read == self.added + self.changed + self.unchanged + self.quarantined


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckCount:
    """How many rows a check on the data met.

    Attributes
    ----------
    name : str
    says : str
        What the check asserts, in one line.
    severity : str
        What became of the rows; see :mod:`andon.ledger.checks`.
    rows : int
    """

    name: str
    says: str
    severity: Severity
    rows: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """One thing that the records say of themselves.

    Attributes
    ----------
    fine : bool
        False where somebody should look at it.
    says : str
        One or two plain sentences.
    """

    fine: bool
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """What is known of the data's quality.

    Attributes
    ----------
    runs : tuple of IngestRun
    checks : tuple of CheckCount
    silent_days : tuple of date
        Days inside the period on which no contact was recorded.
    notes : tuple of Note
    """

    runs: tuple[IngestRun, ...] = ()
    checks: tuple[CheckCount, ...] = ()
    silent_days: tuple[dt.date, ...] = ()
    notes: tuple[Note, ...] = ()
