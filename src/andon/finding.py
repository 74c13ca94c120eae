"""A finding: one sentence with its number, its doubt, its evidence and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from andon.estimate import Estimate, Unknown

__all__ = ["Evidence", "Finding", "Provenance", "Row"]

Row = Mapping[str, str | float | int | bool | None]
"""One row of evidence: plain values under named columns."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """The numbers behind a finding, as data; ``report`` decides how they look.

    Attributes
    ----------
    kind : str
        The name of a chart that ``andon.report.charts`` knows.
    title : str
        What the chart shows, said as a finding.
    subtitle : str
        What is drawn: quantity, unit, period, n.
    rows : tuple of mapping
        The numbers; the table under the chart shows the same rows.
    alt : str
        The finding in words, for those who do not see the chart.
    """

    kind: str
    title: str
    subtitle: str
    rows: tuple[Row, ...]
    alt: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """Where a figure came from, so that it can be made again.

    Attributes
    ----------
    tables : mapping of str to int
        Ledger table name to the pinned version that was read.
    parameters : mapping
        Every parameter of the question, as plain values.
    code_version : str
        Andon's version.
    question : str
        The public function that gave the figure, for example ``andon.reach``.
    """

    tables: Mapping[str, int]
    parameters: Mapping[str, object]
    code_version: str
    question: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One sentence that a head of service can act on, and all that stands behind it.

    Attributes
    ----------
    key : str
        Stable name, for example ``"repeat_work.after_hanging_up"``.
    headline : str
        One sentence; the customer is its subject, the number is inside it.
    estimate : Estimate or Unknown
        The number in the headline. ``Unknown`` where it cannot be known.
    scope : str
        Which contacts, queue, channel and period it speaks of.
    meaning : str
        What it means for customers.
    next_step : str
        What to do next.
    cost_h : Estimate, optional
        What it costs customers, in hours of their own time over the period; findings are
        ordered by it, and one without it comes last.
    evidence : tuple of Evidence
    caveats : tuple of str
        The two or three limits that matter most.
    method : str
        How the number was found, for the method section.
    provenance : Provenance
    """

    key: str
    headline: str
    estimate: Estimate | Unknown
    scope: str
    meaning: str
    next_step: str
    provenance: Provenance
    cost_h: Estimate | None = None
    evidence: tuple[Evidence, ...] = ()
    caveats: tuple[str, ...] = ()
    method: str = ""
    figures: Mapping[str, Estimate | Unknown] = field(default_factory=dict)
    """Every other number that the finding's words use, by name."""
