"""Replay: a report's figures come out again, or the differences are listed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import ibis.expr.types as ir
import pytest

from andon.errors import ReportError
from andon.estimate import Estimate
from andon.report import html, machine
from andon.report.diagnosis import Diagnosis, diagnose
from andon.report.replay import compare, open_report, replay
from ledgers import contacts_table
from report.ledger import operation, rows


@pytest.fixture(scope="module")
def reported() -> Diagnosis:
    return diagnose(
        operation(),
        by=("queue",),
        first=dt.date(2024, 1, 3),
        answer_within_s=30.0,
        operation="Small Bank",
        tables={"contacts": 5},
    )


@pytest.fixture(scope="module")
def files(reported: Diagnosis, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    page, data = folder / "report.html", folder / "report.json"
    page.write_text(html.render(reported, cache_folder=folder), encoding="utf-8")
    data.write_text(machine.write(reported), encoding="utf-8")
    return {"html": page, "json": data}


@pytest.mark.parametrize("kind", ["html", "json"])
def test_a_report_agrees_with_the_ledger_it_was_made_from(
    kind: str, files: Mapping[str, Path]
) -> None:
    asked: list[Mapping[str, int]] = []

    def open_tables(versions: Mapping[str, int]) -> dict[str, ir.Table]:
        asked.append(versions)
        return {"contacts": operation()}

    found = replay(files[kind], open_tables=open_tables)
    assert asked == [{"contacts": 5}]
    assert found.differences == ()
    assert found.agrees
    assert found.compared > 1_000
    assert found.tables == {"contacts": 5}


def test_one_changed_contact_is_noticed(files: Mapping[str, Path]) -> None:
    changed = rows()
    served = next(row for row in changed[500:] if row.get("talk_s"))
    served["talk_s"] += 60.0
    found = replay(
        files["json"],
        open_tables=lambda _: {"contacts": contacts_table(changed, start="2024-01-01T00:00:00")},
    )
    assert not found.agrees
    assert any("handling.mean_s.value" in each.figure for each in found.differences)
    assert all(each.reported != each.replayed for each in found.differences)


def test_words_are_not_compared_and_the_last_bits_do_not_matter(reported: Diagnosis) -> None:
    finding = replace(reported.findings[0], headline="Better words.", caveats=())
    name, figure = next(
        (name, figure) for name, figure in reported.figures.items() if isinstance(figure, Estimate)
    )
    nudged = replace(
        figure, value=figure.value * (1 + 1e-12), high=max(figure.high, figure.value * (1 + 1e-12))
    )
    other = replace(
        reported,
        findings=(finding, *reported.findings[1:]),
        figures={**reported.figures, name: nudged},
    )
    compared, differences = compare(reported, other)
    assert compared > 1_000
    assert differences == ()


def test_a_figure_that_is_gone_or_new_is_a_difference(reported: Diagnosis) -> None:
    name = next(iter(reported.figures))
    figures = {each: figure for each, figure in reported.figures.items() if each != name}
    _, gone = compare(reported, replace(reported, figures=figures))
    _, new = compare(replace(reported, figures=figures), reported)
    assert gone
    assert all(each.replayed is None for each in gone)
    assert len(gone) == len(new)
    assert all(each.figure.startswith(f"figures.{name}.") for each in gone)


def test_a_file_that_is_no_report_is_an_error_that_says_so(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>Hello</p>")
    with pytest.raises(ReportError, match="carries no diagnosis"):
        open_report(page)
    with pytest.raises(ReportError, match="cannot be read"):
        open_report(tmp_path / "missing.html")
    picture = tmp_path / "picture.html"
    picture.write_bytes(b"\xff\xd8\xff")
    with pytest.raises(ReportError, match="cannot be read"):
        open_report(picture)
