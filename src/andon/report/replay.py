"""Replay: make a report's figures again from the same table versions, and compare them one by one.

A report carries its own JSON, so the file is all that is needed, with the ledger it was made from.
Words are not compared: a better sentence about the same figure is no difference.
"""

from __future__ import annotations

import html.parser
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ibis.expr.types as ir

import andon
from andon.errors import ReportError
from andon.report import machine
from andon.report.diagnosis import Diagnosis, diagnose_again

__all__ = ["Difference", "Replay", "compare", "open_report", "replay"]

_TOLERANCE: Final = 1e-9
_COMPARED: Final = ("contacts", "first_day", "last_day", "findings", "figures", "groups", "data")
_WORDS: Final = frozenset(
    {
        "headline",
        "meaning",
        "next_step",
        "scope",
        "method",
        "title",
        "subtitle",
        "alt",
        "why",
        "needs",
        "caveats",
        "provenance",
    }
)

OpenTables = Callable[[Mapping[str, int]], Mapping[str, ir.Table]]
"""From table names and their pinned versions to the tables themselves."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One figure that did not come out as the report says.

    Attributes
    ----------
    figure : str
        Where it stands in the report's JSON, for example ``figures.reach.gave_up.value``.
    reported, replayed : float, int, str, bool or None
        None where that side has no such figure.
    """

    figure: str
    reported: str | float | bool | None
    replayed: str | float | bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """What came of making a report's figures again.

    Attributes
    ----------
    compared : int
        Numbers that were compared.
    differences : tuple of Difference
        Empty if all agree.
    tables : mapping of str to int
        The pinned versions that were read.
    reported_by, replayed_by : str
        Andon's version then and now.
    """

    compared: int
    differences: tuple[Difference, ...]
    tables: Mapping[str, int]
    reported_by: str
    replayed_by: str

    @property
    def agrees(self) -> bool:
        """Whether every number came out again."""
        return not self.differences


def replay(
    report: Path,
    *,
    open_tables: OpenTables,
    progress: Callable[[str], None] | None = None,
) -> Replay:
    """Make a report's figures again and say whether they agree.

    Parameters
    ----------
    report : Path
        The HTML or JSON file that ``andon diagnose`` wrote.
    open_tables : callable
        Given table names and versions, returns the tables at those versions.
    progress : callable, optional
        Told which question is being put.

    Raises
    ------
    ReportError
        If the file is no report.
    VersionGone
        If the ledger no longer has a version that the report was made from.
    """
    reported = open_report(report)
    pinned = dict(reported.provenance.tables)
    tables = open_tables(pinned)
    again = diagnose_again(reported, tables=tables, progress=progress)
    compared, differences = compare(reported, again)
    return Replay(
        compared=compared,
        differences=differences,
        tables=pinned,
        reported_by=reported.provenance.code_version,
        replayed_by=andon.__version__,
    )


def open_report(report: Path) -> Diagnosis:
    """The diagnosis that a report's file carries.

    Raises
    ------
    ReportError
        If the file cannot be read or carries no diagnosis.
    """
    try:
        text = report.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ReportError(
            "The report cannot be read.",
            found=f"{report}: {problem}",
            todo="Give the HTML or JSON file that `andon diagnose` wrote.",
        ) from problem
    if text.lstrip()[:1] == "{":
        return machine.read(text)
    carried = _Carried()
    carried.feed(text)
    if carried.text is None:
        raise ReportError(
            "The file carries no diagnosis.",
            found=str(report),
            todo="Give the HTML or JSON file that `andon diagnose` wrote.",
        )
    return machine.read(carried.text)


def compare(reported: Diagnosis, again: Diagnosis) -> tuple[int, tuple[Difference, ...]]:
    """Every number of two diagnoses, one by one: how many there are, and which differ.

    Numbers agree within one part in a thousand million; counts, dates and groups exactly.
    """
    ours, theirs = _figures(reported), _figures(again)
    differences = tuple(
        Difference(figure=name, reported=ours.get(name), replayed=theirs.get(name))
        for name in [*ours, *(name for name in theirs if name not in ours)]
        if name not in ours or name not in theirs or not _same(ours[name], theirs[name])
    )
    return len(ours), differences


def _same(one: object, other: object) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=_TOLERANCE, abs_tol=1e-12)
    return one == other


def _figures(diagnosis: Diagnosis) -> dict[str, str | float | bool | None]:
    """Every compared value of a diagnosis by its place in the JSON."""
    document = json.loads(machine.write(diagnosis))
    kept = {name: document[name] for name in _COMPARED}
    kept["findings"] = {part.pop("key"): part for part in kept["findings"]}
    return dict(_leaves(kept, ""))


def _leaves(part: Any, place: str) -> Iterator[tuple[str, str | float | bool | None]]:
    if isinstance(part, Mapping):
        for name, each in part.items():
            if name not in _WORDS:
                yield from _leaves(each, f"{place}.{name}" if place else name)
    elif isinstance(part, list):
        for i, each in enumerate(part):
            yield from _leaves(each, f"{place}[{i}]")
    else:
        yield place, part


class _Carried(html.parser.HTMLParser):
    """Finds the JSON that a report carries."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: str | None = None
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "script" and ("id", "andon-report") in attrs

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.text = (self.text or "") + data

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = False
