"""The page: one file, whole without a network, readable by everyone, and not to be broken into."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from dataclasses import replace

import pytest

from andon.report import html, machine
from andon.report.views import ReportView, escaped_json
from report.pages import Node, parse
from report.samples import HOSTILE, diagnosis


@pytest.fixture(scope="module")
def tree(page: str) -> Node:
    return parse(page)


def main(tree: Node) -> Node:
    return tree.find("main")[0]


def test_nothing_is_loaded_from_anywhere(tree: Node) -> None:
    for node in tree.walk():
        for name in ("src", "href", "srcset", "data", "poster", "action", "formaction"):
            address = node.attrs.get(name, "")
            assert address.startswith(("#", "data:")) or not address, (node.tag, address)
    assert not tree.find("link")
    styles = " ".join(node.text for node in tree.find("style"))
    assert "url(" not in styles
    assert "@import" not in styles


def test_the_browser_is_told_to_load_nothing_and_to_run_only_what_the_page_carries(
    tree: Node,
) -> None:
    policy = next(
        node.attrs["content"]
        for node in tree.find("meta")
        if node.attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none';")
    scripts = [node for node in tree.find("script") if "type" not in node.attrs]
    assert len(scripts) == 2
    for script in scripts:
        digest = hashlib.sha256("".join(script.texts).encode()).digest()
        assert f"'sha256-{base64.b64encode(digest).decode()}'" in policy


def test_every_finding_is_on_the_first_page_with_its_doubt_and_what_to_do(
    tree: Node, view: ReportView
) -> None:
    first = tree.find("section", _class="first")[0]
    shown = first.find("ol", _class="findings")[0].find("li")
    assert len(shown) == len(view.findings)
    for item, finding in zip(shown, view.findings, strict=True):
        assert finding.headline in item.text
        assert finding.estimate.value.lower() in item.text.lower()
        assert finding.estimate.between in item.text or not finding.estimate.known
        assert finding.meaning in item.text
        assert f"Do next: {finding.next_step}" in item.text
        assert item.find("a")[0].attrs["href"] == f"#{finding.id}"


def test_every_link_inside_the_page_has_its_target(tree: Node) -> None:
    ids = [node.attrs["id"] for node in tree.walk() if "id" in node.attrs]
    assert len(ids) == len(set(ids)), sorted({each for each in ids if ids.count(each) > 1})
    for node in tree.find("a"):
        assert node.attrs["href"].removeprefix("#") in ids


def test_drawings_use_only_their_own_parts(page: str, tree: Node) -> None:
    ids = {node.attrs["id"] for node in tree.walk() if "id" in node.attrs}
    used = set(re.findall(r"url\(#([^)]+)\)", page.partition('id="andon-report"')[0]))
    assert used <= ids


def test_every_chart_has_a_text_alternative_a_table_and_its_source(
    tree: Node, view: ReportView
) -> None:
    figures = main(tree).find("figure")
    wanted = sum(len(finding.charts) for finding in view.findings) + len(view.groups) + 2
    assert len(figures) == wanted
    for figure in figures:
        assert figure.find("figcaption")
        assert figure.find("p", _class="source")[-1].text.startswith("Source: contacts (version 3)")
        for plot in figure.find("div", _class="plot"):
            assert plot.attrs["role"] == "img"
            assert len(plot.attrs["aria-label"]) > 10
            assert plot.find("svg")
        assert figure.find("details")[0].find("tbody")[0].find("tr")
        assert figure.find("button")[0].text == "Copy the table"


def test_headings_go_down_one_level_at_a_time(tree: Node) -> None:
    levels = [int(node.tag[1]) for node in main(tree).walk() if re.fullmatch(r"h[1-6]", node.tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))


def test_the_page_has_landmarks_a_language_a_title_and_a_way_past_the_top(tree: Node) -> None:
    assert tree.find("html")[0].attrs["lang"] == "en"
    assert tree.find("title")[0].text
    for landmark in ("header", "nav", "main", "footer"):
        assert len(tree.find(landmark)) == 1
    body = tree.find("body")[0]
    assert body.children[0].attrs == {"class": "skip", "href": "#main"}
    assert tree.find("main")[0].attrs["tabindex"] == "-1"


def test_what_scrolls_can_be_reached_by_keyboard_and_has_a_name(tree: Node) -> None:
    for node in tree.find("div", _class="scroll"):
        assert node.attrs["tabindex"] == "0"
        assert node.attrs["role"] == "region"
        assert node.attrs["aria-label"]


def test_tables_name_their_columns(tree: Node) -> None:
    for each in tree.find("table"):
        assert each.find("caption")[0].text
        assert all(head.attrs["scope"] in {"col", "row"} for head in each.find("th"))


def test_hostile_names_stay_text(page: str, tree: Node) -> None:
    assert "alert(1)</script>" not in page
    assert "<img src=x" not in page
    assert not tree.find("img")
    names = [cell.text for cell in tree.find("td") if "alert(1)" in cell.text]
    assert names
    assert all(name == " ".join(HOSTILE.split()) for name in names)


def test_the_page_carries_the_same_findings_for_machines(tree: Node) -> None:
    carried = next(node for node in tree.find("script") if node.attrs.get("id") == "andon-report")
    assert machine.read("".join(carried.texts)) == diagnosis(HOSTILE)


def test_specs_are_data_that_reads_back(tree: Node) -> None:
    specs = [node for node in tree.find("script") if node.attrs.get("id", "").startswith("spec-")]
    assert specs
    for node in specs:
        assert json.loads("".join(node.texts))["width"] == "container"


def test_json_in_a_page_cannot_end_its_tag_and_reads_back() -> None:
    text = json.dumps({"a": HOSTILE, "b": "<!--", "c": "\u2028"}, ensure_ascii=False)
    safe = escaped_json(text)
    assert not set("<>&\u2028") & set(safe)
    assert json.loads(safe) == json.loads(text)


def test_the_style_sheet_minds_the_reader() -> None:
    sheet = html.styles()
    for wish in (
        "prefers-color-scheme: dark",
        "prefers-reduced-motion: reduce",
        "forced-colors: active",
        "@media print",
        ":focus-visible",
        "tabular-nums",
    ):
        assert wish in sheet
    assert all(float(size) >= 16 for size in re.findall(r"font(?:-size)?: ?(\d+)px", sheet))
    assert "gradient" not in sheet


def test_a_small_diagnosis_without_costs_or_charts_still_makes_a_page() -> None:
    whole = diagnosis()
    bare = replace(
        whole,
        findings=(replace(whole.findings[3], evidence=(), figures={}, caveats=(), method=""),),
        key_figures=(),
        groups=(),
        data=(),
    )
    tree = parse(html.render(bare))
    assert not tree.find("figure")
    assert whole.findings[3].headline in tree.find("main")[0].text
