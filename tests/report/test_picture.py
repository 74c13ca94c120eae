"""A chart as a file: with its words, its text alternative and no need of a network."""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from andon.errors import ReportError
from andon.report import picture
from report.pages import parse
from report.samples import HOSTILE, evidence_of_every_kind

OF = evidence_of_every_kind()
SVG = "{http://www.w3.org/2000/svg}"
DRAWN = ("through_the_day", "waited_longer", "twins")


@pytest.mark.parametrize("kind", DRAWN)
def test_an_svg_carries_title_alternative_and_source(kind: str) -> None:
    root = ET.fromstring(picture.svg(OF[kind], source="Source: a test."))
    assert root.find(f"{SVG}title").text == OF[kind].title  # type: ignore[union-attr]
    assert root.find(f"{SVG}desc").text == OF[kind].alt  # type: ignore[union-attr]
    words = [each.text for each in root.findall(f"{SVG}text")]
    assert OF[kind].title.split(" ")[0] in str(words[0])
    assert words[-1] == "Source: a test."
    assert root.get("aria-labelledby") == "title desc"
    inner = root.findall(f"{SVG}svg")
    assert inner
    assert all(each.get("aria-hidden") == "true" for each in inner)


@pytest.mark.parametrize("kind", DRAWN)
def test_nothing_leaves_the_picture(kind: str) -> None:
    """Each part begins below the one before, and all of it is inside."""
    root = ET.fromstring(picture.svg(OF[kind], source="Source: a test."))
    height = float(str(root.get("height")))
    y = 0.0
    for each in root:
        if each.tag in {f"{SVG}text", f"{SVG}svg"}:
            top = float(str(each.get("y")))
            assert top >= y
            y = top + float(each.get("height") or 0)
    assert y <= height


def test_ids_inside_one_picture_do_not_meet() -> None:
    ids = re.findall(r'\bid="([^"]+)"', picture.svg(OF["through_the_day"], source="-"))
    assert len(ids) == len(set(ids))


def test_colours_are_put_in() -> None:
    drawn = picture.svg(OF["waited_longer"], source="-")
    assert "var(--" not in drawn
    assert "#0b5ca6" in drawn


def test_long_titles_are_broken_into_lines_and_numbers_are_not() -> None:
    long = replace(OF["twins"], title="Many words before the number " * 3 + "21 in 100 callers")
    lines = [
        str(each.text)
        for each in ET.fromstring(picture.svg(long, source="-")).findall(f"{SVG}text")
    ]
    assert len([line for line in lines if "words" in line]) >= 2
    assert any("21\u00a0in\u00a0100" in line for line in lines)


def test_a_png_is_twice_its_size(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "chart.png"
    picture.write(path, OF["waited_longer"], source="-")
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG")
    width, _ = struct.unpack(">II", content[16:24])
    assert width == 2 * 760


def test_a_page_opens_without_a_network_and_holds_its_numbers(tmp_path: Path) -> None:
    path = tmp_path / "chart.html"
    picture.write(path, OF["through_the_day"], source="Source: a test.")
    page = path.read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert not re.search(r'(?:src|href)="?http', page)
    assert f'aria-label="Offered. {OF["through_the_day"].alt}"' in page
    assert "See the numbers" in page
    assert page.count("<tr>") > len(OF["through_the_day"].rows)
    assert "<script" not in page


def test_a_page_has_a_drawing_for_phones_whose_ids_are_its_own() -> None:
    page = picture.html(OF["through_the_day"], source="-")
    tree = parse(page)
    wide, narrow = (tree.find("div", _class=size) for size in ("wide", "narrow"))
    assert len(wide) == len(narrow) > 1
    widths = [float(plot.find("svg")[0].attrs["width"]) for plot in narrow]
    assert max(widths) <= 390 - 2 * 16
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    evidence = replace(OF["waited_longer"], title=HOSTILE, alt=HOSTILE)
    drawn = picture.svg(evidence, source=HOSTILE)
    assert "<script" not in drawn
    assert ET.fromstring(drawn).find(f"{SVG}title").text == HOSTILE  # type: ignore[union-attr]
    assert "<script" not in picture.html(evidence, source=HOSTILE)


@pytest.mark.parametrize("name", ["chart.jpg", "chart", "chart.pdf"])
def test_another_format_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReportError, match="SVG, PNG or HTML") as caught:
        picture.write(tmp_path / name, OF["twins"], source="-")
    assert name in caught.value.found


def test_a_place_that_cannot_be_written_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ReportError, match="cannot be written"):
        picture.write(tmp_path / "file" / "chart.svg", OF["twins"], source="-")
    folder = tmp_path / "chart.svg"
    folder.mkdir()
    with pytest.raises(ReportError, match="cannot be written"):
        picture.write(folder, OF["twins"], source="-")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["chart.svg", "file"]
