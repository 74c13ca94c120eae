"""The tables of the bench: lines of text, and what each cell says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["BESIDE", "Line", "Runs", "Table", "beside", "markdown", "written"]

Line = tuple[str, ...]

BESIDE: Final = (
    "work", "how many", "ours, s", "ours, a second", "goal", "beside", "theirs, a second", "ratio",
    "slowest run",
)  # fmt: skip
"""Head of a table of rates beside others'."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Runs:
    """The same work several times.

    Attributes
    ----------
    count : int
        How many of whatever is done in one run.
    seconds : tuple of float
        What each run took.
    """

    count: int
    seconds: tuple[float, ...]

    @property
    def best_s(self) -> float:
        """The quickest."""
        return min(self.seconds)

    @property
    def rate(self) -> float:
        """How many a second in the quickest."""
        return self.count / self.best_s

    @property
    def spread(self) -> str:
        """How much longer the slowest took than the quickest."""
        return f"+{max(self.seconds) / self.best_s - 1:.0%}".replace("%", " %")


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Lines under :data:`BESIDE`, and what there is to say about them.

    Attributes
    ----------
    lines : sequence of line
    notes : sequence of str
        A sentence each.
    """

    lines: Sequence[Line]
    notes: Sequence[str] = ()

    def __str__(self) -> str:
        text = markdown(BESIDE, self.lines)
        return "\n".join([text, "", *(f"- {note}" for note in self.notes)]) if self.notes else text


def beside(
    work: str,
    ours: Runs,
    *,
    goal: str,
    met: bool | None,
    peer: str = "",
    theirs: Runs | None = None,
) -> Line:
    """A line of rates; ``work`` and our own cells stay empty where ``work`` is."""
    ratio = "" if theirs is None else f"{ours.rate / theirs.rate:,.3g} x"
    if theirs is not None and ours.rate / theirs.rate >= 1000:
        ratio = f"{ours.rate / theirs.rate:,.0f} x"
    mine = (f"{ours.count:,}", _seconds(ours.best_s), _rate(ours.rate))
    spread = [runs.spread for runs in (ours if work else None, theirs) if runs is not None]
    return (
        work,
        *(mine if work else ("", "", "")),
        judged(goal, met),
        peer,
        "" if theirs is None else _rate(theirs.rate),
        ratio,
        "; ".join(spread),
    )


def judged(goal: str, met: bool | None) -> str:
    """The goal, and whether it was met."""
    return goal if met is None else f"{goal}: {'met' if met else '**missed**'}"


def markdown(head: Line, lines: Sequence[Line]) -> str:
    """A table as Markdown has it."""
    rows = [head, tuple("---" for _ in head), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def written(path: Path, name: str, text: str) -> None:
    """Put ``text`` between the marks ``<!-- name -->`` and ``<!-- /name -->`` of a file."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, _, rest = path.read_text().partition(begin)
    after = rest.partition(end)[2]
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}")


def _rate(rate: float) -> str:
    return f"{rate / 1e6:,.1f} M" if rate >= 1e6 else f"{rate:,.0f}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.4f}" if seconds < 0.1 else f"{seconds:.2f}"
