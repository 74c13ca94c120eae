"""Pictures in the documentation show what the functions give, and can be read by everybody."""

from __future__ import annotations

import html
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from andon.estimate import Estimate
from andon.queueing import Arrivals, Exponential, Model, Schedule, simulate
from andon.report.palette import LIGHT, contrast

ROOT = Path(__file__).parents[2]
HERE = ROOT / "docs" / "explanation"
PAGE = HERE / "why-averages-mislead.md"


def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pictures", HERE / "pictures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["pictures"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


pictures = writer()
NAMES = list(pictures.PICTURES)
DRAWINGS = [(name, suffix) for name in NAMES for suffix in pictures.WIDTHS_PX]


def svg(name: str, suffix: str) -> str:
    return Path(pictures.FOLDER / f"{name}{suffix}.svg").read_text(encoding="utf-8")


def same(name: str) -> None:
    """The table on disk is what the functions give, to the six digits it has."""
    written = pictures.read(pictures.FOLDER / f"{name}.csv")
    given = pictures.PICTURES[name].rows()
    assert len(written) == len(given)
    for one, other in zip(written, given, strict=True):
        assert list(one) == list(other)
        for column, value in other.items():
            near = value if isinstance(value, str) else pytest.approx(value, rel=1e-5)
            assert one[column] == near, "run: make docs"


# --- the numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["days-that-differ", "callers-who-hang-up"])
def test_a_table_from_formulas_is_what_they_give(name: str) -> None:
    same(name)


@pytest.mark.slow
def test_a_simulated_table_is_what_the_simulation_gives() -> None:
    same("customers-who-come-back")


def test_the_simulated_table_agrees_with_a_shorter_run_and_with_its_plans() -> None:
    """Quick, and with other random numbers than the table's."""
    rows = pictures.read(pictures.FOLDER / "customers-who-come-back.csv")
    plans = pictures.plans()
    assert list(plans) == list(dict.fromkeys(row["plan"] for row in rows)) == list(pictures.PLANS)
    for plan, agents in plans.items():
        mine = [row for row in rows if row["plan"] == plan]
        assert [row["agents"] for row in mine[:-1]] == agents
        assert mine[-1]["from"] == "day"
        assert all(row["low"] < row["answered_within_20_s"] < row["high"] for row in mine)
        again = pictures.lived(agents, replications=8, days=3, seed=7)
        share = again.overall.service_level.of_offered
        assert isinstance(share, Estimate)
        assert share.value == pytest.approx(mine[-1]["answered_within_20_s"], abs=0.02)


@pytest.mark.slow
def test_days_that_differ_do_in_a_simulation_what_the_formula_says() -> None:
    """Of 1,000 simulated days; the table says it for all callers of all days."""
    rows = pictures.read(pictures.FOLDER / "days-that-differ.csv")
    told = {row["what"]: row for row in rows}
    forecast = told["a day as forecast"]
    model = Model.one_pool(
        arrivals=Arrivals(per_h=(forecast["calls_per_h"],), day_cv=pictures.DAY_CV),
        handle=Exponential(mean_s=pictures.HANDLE_S),
        patience=Exponential(mean_s=pictures.PATIENCE_S),
        schedule=Schedule.level(97),
        days=10,
    )
    found = simulate(model, seed=3, replications=100, warm_up=0).overall.service_level.of_offered
    assert isinstance(found, Estimate)
    assert found.high - found.low < 0.05
    assert found.low < told["all callers of all days"]["answered_within_20_s"] < found.high
    assert found.high < forecast["answered_within_20_s"]


# --- the drawings -----------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "suffix"), DRAWINGS)
def test_a_drawing_is_of_the_numbers_beside_it(name: str, suffix: str) -> None:
    spec = pictures.spec_of(name, suffix)
    assert f"<!-- {pictures.mark(spec)} -->" in svg(name, suffix), "run: make docs"


def test_the_mark_of_a_drawing_changes_with_any_number() -> None:
    spec = pictures.spec_of("callers-who-hang-up", "")
    before = pictures.mark(spec)
    spec["layer"][1]["data"]["values"][0]["erlang_c"] += 1
    assert pictures.mark(spec) != before


@pytest.mark.parametrize(("name", "suffix"), DRAWINGS)
def test_a_drawing_can_be_read_in_its_place(name: str, suffix: str) -> None:
    """As wide as it may be, letters of 16 px and up, on a card of its own in our colours."""
    drawing = svg(name, suffix)
    width = re.search(r'<svg [^>]*\bwidth="(\d+)"', drawing)
    assert width is not None
    assert 0.9 * pictures.WIDTHS_PX[suffix] < int(width[1]) <= pictures.WIDTHS_PX[suffix]
    assert f'fill="{LIGHT["paper"]}"' in drawing
    texts = re.findall(r"<text [^>]*>", drawing)
    assert texts
    for text in texts:
        size = re.search(r'font-size="([\d.]+)px"', text)
        colour = re.search(r' fill="(#\w+)"', text)
        assert size is not None, text
        assert float(size[1]) >= 16
        if colour is not None and 'stroke="' not in text:  # else the rim of a label
            assert contrast(colour[1], LIGHT["paper"]) >= 4.5
    used = set(re.findall(r"#[0-9a-f]{6}\b", drawing))
    assert used <= set(LIGHT.values()) | {"#000000"}


# --- the page ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_page_shows_a_picture_and_says_in_words_what_it_finds(name: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    picture = pictures.PICTURES[name]
    rows = pictures.read(pictures.FOLDER / f"{name}.csv")
    shown = re.search(
        rf'<picture>\s*<source media="\(max-width: 600px\)" srcset="pictures/{name}-narrow.svg">\s*'
        rf'<img src="pictures/{name}.svg" alt="([^"]+)">\s*</picture>',
        page,
    )
    assert shown is not None
    said = html.unescape(shown[1])
    title = picture.title(rows).replace("\u00a0", " ")
    assert said.startswith(f"{title}.")
    assert len(said) > len(title) + 60  # and what is seen in it
    assert f"](pictures/{name}.csv)" in page


def test_every_file_of_a_picture_belongs_to_one() -> None:
    expected = {f"{name}.csv" for name in NAMES}
    expected |= {f"{name}{suffix}.svg" for name, suffix in DRAWINGS}
    assert {path.name for path in pictures.FOLDER.iterdir()} == expected
