"""A leaf: one answer on a page that opens without a network, for every reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from andon.errors import ReportError
from andon.finding import Evidence
from andon.report.leaf import Leaf, Section, leaf_table, render, write
from report.pages import parse

HOSTILE = "<script>alert('x')</script>"


def _leaf(**changes: object) -> Leaf:
    weeks = Evidence(
        kind="first_weeks",
        title="More work than without it",
        subtitle="Week by week",
        rows=tuple(
            {
                "measure": "Hours of handling a week",
                "unit": "h",
                "week": week,
                "promised": 300.0,
                "value": 310.0 + week,
                "low": 300.0,
                "high": 330.0,
            }
            for week in range(4)
        ),
        alt="The work grows week by week.",
    )
    given: dict[str, object] = {
        "kind": "What if",
        "title": HOSTILE,
        "meta": "Corner Bank",
        "lead": ("First.", HOSTILE),
        "sections": (
            Section(title="Weeks", paragraphs=("What is cut shows at once.",), evidence=(weeks,)),
            Section(
                title="Numbers",
                tables=(
                    leaf_table("In words", ["what", "then"], [["work", HOSTILE]], numbers=()),
                    leaf_table("In figures", ["day", "calls"], [["Monday", "120"]], numbers=(1,)),
                ),
                points=("One thing.",),
            ),
        ),
        "source": "Source: made up.",
        "foot": "Made by Andon.",
    }
    return Leaf(**(given | changes))  # type: ignore[arg-type]  # the fields above


def test_names_cannot_break_out_of_the_page() -> None:
    text = render(_leaf())
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_nothing_is_loaded_and_nothing_runs() -> None:
    tree = parse(render(_leaf()))
    for node in tree.walk():
        assert node.tag not in {"script", "link", "iframe", "object"}
        for name in ("src", "href", "srcset", "data", "action"):
            assert node.attrs.get(name, "").startswith(("#", "data:")) or not node.attrs.get(name)
    rules = [node.attrs.get("content", "") for node in tree.find("meta")]
    assert any("default-src 'none'" in each for each in rules)


def test_a_chart_is_drawn_wide_and_narrow_with_its_numbers_and_its_finding_in_words() -> None:
    text = render(_leaf())
    assert 'class="plot wide" role="img" aria-label="The work grows week by week."' in text
    assert 'class="plot narrow" role="img"' in text
    assert "See the numbers" in text
    assert "Source: made up." in text


def test_ids_are_used_once() -> None:
    tree = parse(render(_leaf()))
    ids = [node.attrs["id"] for node in tree.walk() if "id" in node.attrs]
    assert len(ids) == len(set(ids))


def test_a_table_of_words_becomes_a_list_on_a_phone_and_one_of_figures_scrolls() -> None:
    text = render(_leaf())
    assert '<td role="cell" data-of="then">' in text
    assert 'aria-label="In figures"' in text
    assert 'aria-label="In words"' not in text  # nothing to scroll there


def test_it_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write(tmp_path / "page.html", _leaf())
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    with pytest.raises(ReportError):
        write(tmp_path / "page.html" / "no folder.html", _leaf())
