"""Views: frozen, complete, and all that templates are given."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import jinja2
import jinja2.meta
import pytest

from andon.report import html, views
from andon.report.views import ReportView
from report.samples import diagnosis

TEMPLATES = Path(html.__file__).parent / "templates"


@pytest.mark.parametrize("name", views.CONTEXTS)
def test_a_template_is_given_exactly_what_it_uses(name: str) -> None:
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    used = jinja2.meta.find_undeclared_variables(html.templates().parse(source))
    assert used == set(views.CONTEXTS[name])


def test_every_template_has_its_contract() -> None:
    pages = {path.name for path in TEMPLATES.glob("*.j2")} - {"macros.html.j2"}
    assert pages == set(views.CONTEXTS)


def test_templates_compute_nothing() -> None:
    """No arithmetic and no filter but `safe`, which marks text that is already safe."""
    for path in TEMPLATES.glob("*.j2"):
        tree = html.templates().parse(path.read_text(encoding="utf-8"))
        for kind in (jinja2.nodes.Add, jinja2.nodes.Sub, jinja2.nodes.Mul, jinja2.nodes.Div):
            assert not list(tree.find_all(kind)), path.name
        assert {each.name for each in tree.find_all(jinja2.nodes.Filter)} <= {"safe"}


def test_a_name_that_was_not_given_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError):
        html.templates().get_template("report.html.j2").render()


def test_views_are_frozen_all_the_way_down(view: ReportView) -> None:
    def check(value: Any) -> None:
        if dataclasses.is_dataclass(value):
            assert getattr(value, "__dataclass_params__").frozen  # noqa: B009
            for field in dataclasses.fields(value):
                check(getattr(value, field.name))
        elif isinstance(value, tuple):
            for each in value:
                check(each)
        else:
            assert value is None or isinstance(value, str | int | bool)

    check(view)


def test_findings_keep_their_order_and_number(view: ReportView) -> None:
    assert [finding.number for finding in view.findings] == list(range(1, 10))
    assert [finding.name for finding in view.findings][:2] == ["Giving up", "Cut short"]


def test_costs_stand_side_by_side_with_the_largest_first(view: ReportView) -> None:
    assert view.costs is not None
    assert [row[0].text for row in view.costs.table.rows] == [
        "Giving up",
        "Cut short",
        "Coming back",
    ]
    assert view.costs.title == "Giving up costs callers most of their own time"


def test_an_unknown_figure_says_why_and_what_would_let_us_tell(view: ReportView) -> None:
    last = view.findings[-1].estimate
    assert not last.known
    assert last.value == "not known"
    assert last.between == "The caller's id was kept only for those who queued."
    assert last.how_sure.startswith("What would let us tell: the id of every caller")


def test_days_without_contacts_are_named(view: ReportView) -> None:
    said = "2 days have no contact at all: 11 January 1999 and 12 January 1999."
    assert view.quality.silent == said


def test_rows_that_vanished_are_watched() -> None:
    whole = diagnosis()
    run = dataclasses.replace(whole.quality.runs[0], added=1)
    quality = dataclasses.replace(whole.quality, runs=(run,))
    shown = views.report_view(dataclasses.replace(whole, findings=(), groups=(), quality=quality))
    assert shown.quality.law.word == "watched"
    assert "not accounted for" in shown.quality.law_says
