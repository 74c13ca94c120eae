"""Charts: every kind of evidence draws, with its doubt, from zero, and without a network."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import altair as alt
import pytest

from andon.errors import ReportError
from andon.finding import Row
from andon.report import charts
from report.samples import HOSTILE, evidence_of_every_kind

OF = evidence_of_every_kind()
DRAWN = {kind: charts.draw(evidence) for kind, evidence in OF.items()}


def layers(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return list(spec["layer"])


def test_the_samples_hold_every_kind() -> None:
    assert set(OF) == set(charts.KINDS)


@pytest.mark.parametrize("kind", charts.KINDS)
def test_every_kind_draws_panels_as_wide_as_their_container(kind: str) -> None:
    assert DRAWN[kind]
    for panel in DRAWN[kind]:
        alt.LayerChart.from_dict(panel.spec, validate=True)
        assert panel.spec["width"] == "container"
        assert "url" not in json.dumps(panel.spec.get("datasets", {}))


@pytest.mark.parametrize("kind", charts.KINDS)
def test_every_kind_shows_its_doubt(kind: str) -> None:
    """A band, an interval, or the single days."""
    for panel in DRAWN[kind]:
        encodings = [layer["encoding"] for layer in layers(panel.spec)]
        assert any("y2" in each or "x2" in each for each in encodings)


@pytest.mark.parametrize("kind", charts.KINDS)
def test_amounts_begin_at_zero(kind: str) -> None:
    for panel in DRAWN[kind]:
        for layer in layers(panel.spec):
            y = layer["encoding"].get("y", {})
            if y.get("type") == "quantitative":
                scale = y["scale"]
                assert scale.get("zero") is True or scale["domain"][0] == 0


@pytest.mark.parametrize("kind", charts.KINDS)
def test_colours_are_named_so_that_one_drawing_serves_light_dark_and_print(kind: str) -> None:
    for panel in DRAWN[kind]:
        text = json.dumps(panel.spec)
        assert re.search(r"#[0-9a-fA-F]{3,6}\b", text) is None
        assert "var(--" in text


@pytest.mark.parametrize("kind", charts.KINDS)
def test_text_on_charts_is_no_smaller_than_on_the_page(kind: str) -> None:
    for panel in DRAWN[kind]:
        assert panel.spec["config"]["axis"]["labelFontSize"] >= 16
        assert panel.spec["config"]["text"]["fontSize"] >= 16


@pytest.mark.parametrize("kind", ["twins", "bounds", "hazard"])
def test_a_drawing_stands_without_scripts(kind: str) -> None:
    svg = charts.static_svg(DRAWN[kind][0].spec)
    assert svg.startswith("<svg")
    assert "href=" not in svg


def test_hostile_names_cannot_leave_the_drawing() -> None:
    svg = charts.static_svg(DRAWN["groups"][0].spec)
    assert "<script" not in svg
    assert "<img" not in svg


def test_the_same_evidence_gives_the_same_drawing() -> None:
    one, other = (charts.draw(OF["patience"])[0].spec for _ in range(2))
    assert json.dumps(one) == json.dumps(other)


def marks(spec: dict[str, Any], text: str) -> list[dict[str, Any]]:
    """The rows of the layers that write ``text``, with how they are written."""
    return [
        {**row, "mark": layer["mark"]}
        for layer in layers(spec)
        if layer["mark"]["type"] == "text" and layer["encoding"]["text"]["field"] == text
        for row in spec["datasets"][layer["data"]["name"]]
    ]


def test_a_line_s_name_stands_above_its_end_and_never_on_the_axis_or_on_another_name() -> None:
    windows = ("10 min", "1 h", "24 h", "7 days", "30 days")
    lines = {
        "After giving up": (0.21, 0.47, 0.49, 0.5, 0.5),
        "After service": (0.002, 0.004, 0.08, 0.18, 0.185),
        "After service, beyond habit": (0.002, 0.004, 0.08, 0.18, 0.178),
    }
    rows: tuple[Row, ...] = tuple(
        {
            "first": first,
            "window": window,
            "share": share,
            "low": share - 0.001,
            "high": share + 0.001,
            "n": 100_000,
            "point": first.endswith("habit"),
        }
        for first, shares in lines.items()
        for window, share in zip(windows, shares, strict=True)
    )
    (panel,) = charts.draw(replace(OF["windows"], rows=rows))
    names = {row["first"]: row for row in marks(panel.spec, "first")}
    assert set(names) == set(lines)
    assert all(row["wide"] == "30 d" and row["mark"]["dy"] < 0 for row in names.values())
    near, beside = names["After service, beyond habit"], names["After service"]
    assert near["share"] == beside["share"] == 0.185  # above the higher one of the two
    assert abs(near["mark"]["dy"] - beside["mark"]["dy"]) >= 16


def test_a_heap_too_low_to_be_seen_is_named_with_its_share_and_drawn_again_larger() -> None:
    assert len(DRAWN["distribution"]) == 1
    evidence = OF["distribution"]
    shares = [0.004, 0.0005, *(float(row["share"] or 0) for row in evidence.rows[2:])]
    low = tuple(
        {**row, "share": share, "low": 0.9 * share, "high": 1.1 * share}
        for row, share in zip(evidence.rows, shares, strict=True)
    )
    whole, larger = charts.draw(replace(evidence, rows=low))
    assert whole.caption == "All lengths"
    assert larger.caption == "Only those under 30 s, drawn larger"
    for panel in (whole, larger):
        (name,) = marks(panel.spec, "named")
        assert name["named"] == "under 10 s:\n0.4 %"
    drawn = [row for rows in larger.spec["datasets"].values() for row in rows if "to_s" in row]
    assert {row["to_s"] for row in drawn} == {10, 30}


def test_twins_share_one_time_axis() -> None:
    above, below = DRAWN["twins"]
    axes = [layers(each.spec)[0]["encoding"]["x"] for each in (above, below)]
    assert axes[0]["scale"] == axes[1]["scale"]
    assert not axes[0]["axis"]["labels"]
    assert axes[1]["axis"]["labels"]
    assert [above.caption, below.caption] == ["Handle time", "Came back within 7 days"]


def test_no_line_runs_over_a_month_that_is_missing() -> None:
    spec = DRAWN["share_by_month"][0].spec
    rows = next(iter(spec["datasets"].values()))
    runs = {row["month"]: row["run"] for row in rows}
    assert runs["1999-07"] != runs["1999-09"]
    assert runs["1999-06"] == runs["1999-07"]


def test_evidence_without_rows_draws_nothing() -> None:
    assert charts.draw(replace(OF["twins"], rows=())) == ()


def test_an_unknown_kind_names_those_that_are_known() -> None:
    with pytest.raises(ReportError, match="No chart is known") as caught:
        charts.draw(replace(OF["twins"], kind="pie"))
    assert "patience" in caught.value.todo


def test_a_row_without_a_column_is_an_error_that_names_it() -> None:
    with pytest.raises(ReportError, match="lacks the column 'share'"):
        charts.draw(replace(OF["coming_back"], rows=({"first": HOSTILE},)))


def test_rows_whose_figure_is_not_known_are_left_out_of_the_drawing_alone() -> None:
    unknown = {**OF["share_by_month"].rows[0], "share": None, "low": None, "high": None}
    evidence = replace(OF["share_by_month"], rows=(*OF["share_by_month"].rows[1:], unknown))
    assert charts.draw(evidence)


def test_evidence_whose_figures_are_all_unknown_draws_nothing() -> None:
    rows = tuple(
        {**row, "share": None, "low": None, "high": None} for row in OF["share_by_month"].rows
    )
    assert charts.draw(replace(OF["share_by_month"], rows=rows)) == ()
