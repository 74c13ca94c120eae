"""A leaf: one question's answer as a page of its own, or as a sheet of paper.

It opens without a network and runs nothing. What it shows is data before it is a page: a few
sentences, then sections with their charts and tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from andon.finding import Evidence
from andon.report import charts
from andon.report.files import put
from andon.report.html import styles, templates
from andon.report.views import Cell, ChartView, TableView, chart_view, own_ids

__all__ = ["Leaf", "Section", "leaf_table", "render", "write"]

_NARROW_PX: Final = 358
"""A page's width on a phone, less its edges."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A part of the page.

    Attributes
    ----------
    title : str
        What it says, as a heading.
    paragraphs : tuple of str
    evidence : tuple of Evidence
        Its charts.
    tables : tuple of TableView
    points : tuple of str
        A list below: what to do, or what to keep in mind.
    """

    title: str
    paragraphs: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    tables: tuple[TableView, ...] = ()
    points: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf:
    """A page with one answer.

    Attributes
    ----------
    kind : str
        What sort of page it is, in two words.
    title : str
        The question, or the answer in a few words.
    meta : str
        Operation, period, time zone.
    lead : tuple of str
        The answer, in paragraphs.
    sections : tuple of Section
    source : str
        Which tables the figures come from; stands under every chart.
    foot : str
        How the page can be made again.
    """

    kind: str
    title: str
    meta: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]
    source: str
    foot: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Drawn:
    chart: ChartView
    narrow: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _TableShown:
    """A table, and whether it is one of numbers: those scroll on a phone, words are wrapped."""

    view: TableView
    of_numbers: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class _SectionView:
    id: str
    section: Section
    drawn: tuple[_Drawn, ...]
    tables: tuple[_TableShown, ...]


def leaf_table(
    caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int]
) -> TableView:
    """A table of texts; the columns counted in ``numbers``, from 0, are set to the right.

    >>> leaf_table("Days", ["day", "calls"], [["Monday", "120"]], numbers=[1]).rows[0][1].number
    True
    """
    return TableView(
        caption=caption,
        columns=tuple(Cell(text=each, number=i in numbers) for i, each in enumerate(columns)),
        rows=tuple(
            tuple(Cell(text=each, number=i in numbers) for i, each in enumerate(row))
            for row in rows
        ),
    )


def render(leaf: Leaf) -> str:
    """The page as HTML."""
    page = templates().get_template("leaf.html.j2")
    sections = tuple(
        _SectionView(
            id=f"part-{i}",
            section=section,
            drawn=tuple(
                _drawn(evidence, f"part-{i}-{j}", leaf.source)
                for j, evidence in enumerate(section.evidence, start=1)
            ),
            tables=tuple(
                _TableShown(view=each, of_numbers=any(cell.number for cell in each.columns))
                for each in section.tables
            ),
        )
        for i, section in enumerate(leaf.sections, start=1)
    )
    return page.render(leaf=leaf, sections=sections, styles=styles())


def write(path: Path, leaf: Leaf) -> None:
    """Write the page, whole or not at all.

    Raises
    ------
    ReportError
        If it cannot be written.
    """
    put(path, render(leaf).encode("utf-8"), what="The page", todo="Name another place.")


def _drawn(evidence: Evidence, anchor: str, source: str) -> _Drawn:
    return _Drawn(
        chart=chart_view(evidence, anchor, source),
        narrow=tuple(
            own_ids(charts.static_svg(panel.spec, width_px=_NARROW_PX), f"{anchor}-narrow{i}")
            for i, panel in enumerate(charts.draw(evidence))
        ),
    )
