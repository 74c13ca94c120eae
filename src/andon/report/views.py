"""Views: what a page shows, as frozen text and numbers; templates compute nothing.

Each template is given exactly the views that :data:`CONTEXTS` names; a test holds it to that.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from andon.estimate import Estimate, Unknown
from andon.finding import Evidence, Finding, Provenance, Row
from andon.report import charts, words
from andon.report.diagnosis import NAMES, Diagnosis
from andon.report.figures import label
from andon.report.palette import STATES, State, printed

__all__ = [
    "CONTEXTS",
    "Cell",
    "ChartView",
    "FigureView",
    "FindingView",
    "MethodView",
    "NoteView",
    "PanelView",
    "QualityView",
    "ReportView",
    "TableView",
    "chart_view",
    "escaped_json",
    "own_ids",
    "report_view",
    "script_json",
]

CONTEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "report.html.j2": ("report", "styles", "script", "data", "bundle", "policy"),
    "print.html.j2": ("report", "styles"),
    "picture.html.j2": ("chart", "narrow", "styles"),
    "leaf.html.j2": ("leaf", "sections", "styles"),
    "own.html.j2": ("title", "figures", "operation", "period", "zone", "contacts", "styles"),
}
"""What each template is given, and nothing else."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One cell of a table: its text, and whether it is a number (set to the right)."""

    text: str
    number: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TableView:
    """A table that can be opened and copied.

    Attributes
    ----------
    caption : str
    columns : tuple of Cell
    rows : tuple of tuple of Cell
    """

    caption: str
    columns: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PanelView:
    """One drawing: Vega-Lite as JSON for the live page, SVG for print and without scripts.

    Attributes
    ----------
    id : str
        Unique on the page.
    caption, note : str
    spec : str
        JSON text, safe inside a ``script`` tag.
    svg : str
        SVG text whose ids are the page's own.
    image : str
        The same drawing in the light colours, as a ``data:`` address.
    """

    id: str
    caption: str
    note: str
    spec: str
    svg: str
    image: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartView:
    """A chart with everything that stands around it."""

    id: str
    title: str
    subtitle: str
    alt: str
    panels: tuple[PanelView, ...]
    table: TableView
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FigureView:
    """A figure in words: its name, its value, its interval, and how sure it is.

    Attributes
    ----------
    name : str
        What the figure is.
    value : str
        The rounded number, or "not known".
    between : str
        The interval in words; for an unknown figure why it is not known.
    how_sure : str
        Level and n.
    method : str
    known : bool
    """

    name: str
    value: str
    between: str
    how_sure: str
    method: str
    known: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingView:
    """A finding on the page.

    Attributes
    ----------
    number : int
        Its place in the order of what it costs customers.
    id : str
        Anchor; stable between reports.
    name : str
        Two or three words for the list of contents.
    headline, meaning, next_step, scope, method, source : str
    estimate : FigureView
    cost : str
        What it costs customers, in words; empty where it has no cost of its own.
    cost_between : str
    charts : tuple of ChartView
    figures : tuple of FigureView
    caveats : tuple of str
    state : State, optional
        Shape, word and colour, where the finding says that something is watched.
    """

    number: int
    id: str
    name: str
    headline: str
    meaning: str
    next_step: str
    scope: str
    method: str
    source: str
    estimate: FigureView
    cost: str
    cost_between: str
    charts: tuple[ChartView, ...]
    figures: tuple[FigureView, ...]
    caveats: tuple[str, ...]
    state: State | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class MethodView:
    """How one finding was found."""

    name: str
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteView:
    """One thing that the records say of themselves, with its state."""

    state: State
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityView:
    """The quality of the data, in words and tables."""

    law: State
    law_says: str
    notes: tuple[NoteView, ...]
    charts: tuple[ChartView, ...]
    runs: TableView
    checks: TableView
    silent: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportView:
    """The whole report.

    Attributes
    ----------
    title : str
        The question that the first page answers.
    operation, people, period, zone, volume, made : str
        ``people`` is what customers are called: callers, or customers.
    summary : tuple of str
        How customers are doing, in two or three sentences.
    key_figures : tuple of FigureView
    findings : tuple of FindingView
    costs : ChartView, optional
        What each finding costs customers, on one scale.
    groups : tuple of ChartView
        The figures in each group that was asked for.
    methods : tuple of MethodView
    quality : QualityView
    provenance : tuple of (str, str)
        Name and value of everything needed to make the report again.
    glossary : tuple of (str, str)
    """

    title: str
    operation: str
    people: str
    period: str
    zone: str
    volume: str
    made: str
    summary: tuple[str, ...]
    key_figures: tuple[FigureView, ...]
    findings: tuple[FindingView, ...]
    costs: ChartView | None
    groups: tuple[ChartView, ...]
    methods: tuple[MethodView, ...]
    quality: QualityView
    provenance: tuple[tuple[str, str], ...]
    glossary: tuple[tuple[str, str], ...]


def report_view(
    diagnosis: Diagnosis, *, progress: Callable[[str], None] | None = None
) -> ReportView:
    """Everything that a page of the diagnosis shows; charts are drawn here, once.

    Parameters
    ----------
    diagnosis : Diagnosis
    progress : callable, optional
        Told what is being drawn.
    """
    tell = progress or _quiet
    people = words.nouns(diagnosis.channels)
    findings = []
    for number, finding in enumerate(diagnosis.findings, start=1):
        tell(f"Drawing {NAMES.get(finding.key, finding.key)}")
        findings.append(_finding_view(finding, number))
    return ReportView(
        title=f"How are the {people.people} of {diagnosis.operation} doing?",
        operation=diagnosis.operation,
        people=people.people,
        period=words.period(diagnosis.first_day, diagnosis.last_day),
        zone=diagnosis.zone,
        volume=f"{words.whole(diagnosis.contacts)} {people.contacts}",
        made=diagnosis.made,
        summary=diagnosis.summary,
        key_figures=tuple(_key_figure(diagnosis, name) for name in diagnosis.key_figures),
        findings=tuple(findings),
        costs=_costs_view(diagnosis),
        groups=tuple(
            chart_view(evidence, f"group-{i}", _source(diagnosis.provenance))
            for i, evidence in enumerate(diagnosis.groups, start=1)
        ),
        methods=tuple(
            MethodView(name=NAMES.get(finding.key, finding.key), says=finding.method)
            for finding in diagnosis.findings
            if finding.method
        ),
        quality=_quality_view(diagnosis),
        provenance=_provenance_rows(diagnosis),
        glossary=tuple(words.GLOSSARY.items()),
    )


def _quiet(_: str) -> None:
    """Tell nobody."""


def _finding_view(finding: Finding, number: int) -> FindingView:
    anchor = _anchor(finding.key)
    source = _source(finding.provenance)
    cost = None if finding.cost_h is None else words.say(finding.cost_h)
    return FindingView(
        number=number,
        id=anchor,
        name=NAMES.get(finding.key, label(finding.key)),
        headline=finding.headline,
        meaning=finding.meaning,
        next_step=finding.next_step,
        scope=finding.scope,
        method=finding.method,
        source=source,
        estimate=_figure_view(finding.key, finding.estimate),
        cost="" if cost is None else cost.value,
        cost_between="" if cost is None else cost.between,
        charts=tuple(
            chart_view(evidence, f"{anchor}-{i}", source)
            for i, evidence in enumerate(finding.evidence, start=1)
        ),
        figures=tuple(_figure_view(name, each) for name, each in sorted(finding.figures.items())),
        caveats=finding.caveats,
        state=STATES["watched"] if finding.key in _WATCHED else None,
    )


def _key_figure(diagnosis: Diagnosis, name: str) -> FigureView:
    """A figure that the first page shows large; "in time" says how soon that is."""
    shown = _figure_view(name, diagnosis.figures[name])
    within = diagnosis.provenance.parameters.get("answer_within_s")
    if ".service_level." in name and isinstance(within, int | float):
        return replace(shown, name=f"answered within {words.duration(within)}")
    return shown


def _figure_view(name: str, figure: Estimate | Unknown) -> FigureView:
    if isinstance(figure, Unknown):
        return FigureView(
            name=label(name),
            value="not known",
            between=words.sentence(figure.why),
            how_sure=words.sentence(f"What would let us tell: {figure.needs}"),
            method="",
            known=False,
        )
    said = words.say(figure)
    return FigureView(
        name=label(name),
        value=said.value,
        between=said.between,
        how_sure=words.how_sure(figure),
        method=figure.method,
        known=True,
    )


def chart_view(evidence: Evidence, anchor: str, source: str) -> ChartView:
    """A chart with its title, its drawings, its table and where its numbers come from."""
    panels = tuple(
        _panel_view(panel, f"{anchor}-{i}")
        for i, panel in enumerate(charts.draw(evidence), start=1)
    )
    return ChartView(
        id=anchor,
        title=evidence.title,
        subtitle=evidence.subtitle,
        alt=evidence.alt,
        panels=panels,
        table=_table_view(evidence),
        source=source,
    )


def _panel_view(panel: charts.Panel, anchor: str) -> PanelView:
    svg = charts.static_svg(panel.spec)
    packed = base64.b64encode(printed(svg).encode()).decode()
    return PanelView(
        id=anchor,
        caption=panel.caption,
        note=panel.note,
        spec=script_json(panel.spec),
        svg=own_ids(svg, anchor),
        image=f"data:image/svg+xml;base64,{packed}",
    )


def script_json(value: object) -> str:
    r"""JSON that may stand inside a ``script`` tag: no character in it can end the tag.

    >>> script_json("</script>")
    '"\\u003c/script\\u003e"'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return escaped_json(text)


def escaped_json(text: str) -> str:
    """Escape what could end a ``script`` tag in JSON text; it reads back as the same values."""
    for character, escape in _SCRIPT_ESCAPES.items():
        text = text.replace(character, escape)
    return text


def own_ids(svg: str, anchor: str) -> str:
    """Make the ids in an SVG the page's own: two drawings must not share clip paths."""
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{anchor}-\1"', svg)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{anchor}-\1)", svg)


def _table_view(evidence: Evidence) -> TableView:
    columns = charts.KINDS[evidence.kind].columns
    return TableView(
        caption=evidence.title,
        columns=tuple(Cell(text=each.label, number=bool(each.unit)) for each in columns),
        rows=tuple(tuple(_cell(row, each) for each in columns) for row in evidence.rows),
    )


def _cell(row: Row, column: charts.Column) -> Cell:
    unit = str(row["unit"]) if column.unit == "by row" else column.unit
    return Cell(text=words.cell(row[column.name], unit), number=bool(column.unit))


def _costs_view(diagnosis: Diagnosis) -> ChartView | None:
    """What each finding costs customers, side by side."""
    costly = [finding for finding in diagnosis.findings if finding.cost_h is not None]
    if len(costly) < 2:
        return None
    first = costly[0]
    rows: list[Row] = [
        {
            "what": NAMES.get(finding.key, finding.key),
            "hours": finding.cost_h.value,
            "low": finding.cost_h.low,
            "high": finding.cost_h.high,
            "point": finding is first,
        }
        for finding in costly
        if finding.cost_h is not None
    ]
    name, people = NAMES.get(first.key, first.key), words.nouns(diagnosis.channels).people
    evidence = Evidence(
        kind="hours",
        title=f"{name} costs {people} most of their own time",
        subtitle=f"Hours of {people}' own time over the period, with 95 % intervals. "
        "One hour can stand under two findings, so the rows do not add up.",
        rows=tuple(rows),
        alt="; ".join(f"{row['what']}: {words.cell(row['hours'], 'h')} hours" for row in rows),
    )
    return chart_view(evidence, "costs", _source(diagnosis.provenance))


def _quality_view(diagnosis: Diagnosis) -> QualityView:
    quality = diagnosis.quality
    holds = all(run.law_holds for run in quality.runs)
    if not quality.runs:
        says = "This report was not told how the rows were loaded."
    elif holds:
        says = "Every row that was read is accounted for: added, changed, unchanged or set aside."
    else:
        says = "Some rows that were read are not accounted for. Run `andon doctor` first."
    names = ("file", "read as", "read", "added", "changed", "unchanged", "set aside")
    return QualityView(
        law=STATES["running" if holds else "watched"],
        law_says=says,
        notes=tuple(
            NoteView(state=STATES["running" if note.fine else "watched"], says=note.says)
            for note in quality.notes
        ),
        charts=tuple(
            chart_view(evidence, f"data-{i}", _source(diagnosis.provenance))
            for i, evidence in enumerate(diagnosis.data, start=1)
        ),
        runs=TableView(
            caption="Rows read and what became of them",
            columns=tuple(Cell(text=name, number=i > 1) for i, name in enumerate(names)),
            rows=tuple(
                tuple(
                    Cell(text=words.cell(value), number=i > 1)
                    for i, value in enumerate(
                        (
                            run.file,
                            run.source,
                            run.read,
                            run.added,
                            run.changed,
                            run.unchanged,
                            run.quarantined,
                        )
                    )
                )
                for run in quality.runs
            ),
        ),
        checks=TableView(
            caption="Rows that met a check",
            columns=(
                Cell(text="check", number=False),
                Cell(text="what it asserts", number=False),
                Cell(text="what became of the rows", number=False),
                Cell(text="rows", number=True),
            ),
            rows=tuple(
                (
                    Cell(text=check.name.replace("_", " "), number=False),
                    Cell(text=check.says, number=False),
                    Cell(text=_SEVERITY[check.severity], number=False),
                    Cell(text=words.whole(check.rows), number=True),
                )
                for check in quality.checks
            ),
        ),
        silent=_silent(diagnosis),
    )


def _silent(diagnosis: Diagnosis) -> str:
    days = diagnosis.quality.silent_days
    if not days:
        return "Every day of the period has contacts."
    said = [words.day(each) for each in days[:6]]
    if len(days) > 6:
        said.append(f"{len(days) - 6} more")
    noun = "day has" if len(days) == 1 else "days have"
    return f"{words.whole(len(days))} {noun} no contact at all: {words.listed(said)}."


def _provenance_rows(diagnosis: Diagnosis) -> tuple[tuple[str, str], ...]:
    provenance = diagnosis.provenance
    rows = [(f"table {name}", f"version {provenance.tables[name]}") for name in provenance.tables]
    rows += [(name, _parameter(value)) for name, value in sorted(provenance.parameters.items())]
    rows.append(("Andon", provenance.code_version))
    if diagnosis.made:
        rows.append(("written", diagnosis.made))
    return tuple(rows)


def _parameter(value: Any) -> str:
    if value is None or value == "":
        return "not given"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def _source(provenance: Provenance) -> str:
    """The line under a chart: which tables, at which versions."""
    tables = ", ".join(f"{name} (version {v})" for name, v in sorted(provenance.tables.items()))
    return f"Source: {tables or 'contacts, not versioned'}; {provenance.question}"


def _anchor(key: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")


_SCRIPT_ESCAPES: Final = {
    "&": "\\u0026",
    "<": "\\u003c",
    ">": "\\u003e",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}
_WATCHED: Final = frozenset({"twins.parted", "goodhart.bent_measures"})
"""Findings that say that something must be watched."""

_SEVERITY: Final = {
    "refuse": "the file was refused",
    "quarantine": "set aside whole",
    "blank": "loaded, that value left missing",
    "note": "loaded as it is",
}
