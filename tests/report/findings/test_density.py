"""A density around a limit: what was seen, and what would be there without the limit."""

from __future__ import annotations

import numpy as np
import pytest

from andon.finding import Evidence
from andon.goodhart.bunching import bunching
from andon.goodhart.excess_mass import Bunching
from andon.report import charts, words
from andon.report.findings.density import density
from andon.report.findings.told import Told

TOLD = Told(
    nouns=words.nouns(["voice"]), period="2024", zone="UTC", contacts=20_000, code_version="0"
)


@pytest.fixture(scope="module")
def found() -> Bunching:
    rng = np.random.default_rng(1)
    handle_s = rng.lognormal(5.5, 0.6, 20_000)
    bent = (handle_s > 300) & (handle_s < 360) & (rng.random(20_000) < 0.3)
    handle_s[bent] = rng.uniform(285, 300, bent.sum())
    said = bunching(handle_s, threshold=300)
    assert isinstance(said, Bunching)
    return said


@pytest.fixture(scope="module")
def drawn(found: Bunching) -> Evidence:
    said = density(TOLD, found, piled=found.moved, what="handle time", limit_s=300)
    assert said is not None
    return said


def test_every_bin_is_a_row_with_what_was_seen(found: Bunching, drawn: Evidence) -> None:
    assert [row["contacts"] for row in drawn.rows] == found.bins.counts.round().tolist()
    assert "in steps of 5 s around the limit of 5 min" in drawn.subtitle


def test_no_shape_is_drawn_where_the_pile_may_come_from(drawn: Evidence) -> None:
    gap = [row for row in drawn.rows if row["where"] == "where it may come from"]
    assert gap
    assert all(row["expected"] is None and row["high"] is None for row in gap)
    (panel,) = charts.draw(drawn)
    data = panel.spec["datasets"].values()
    runs = {row["run"] for rows in data for row in rows if "run" in row}
    assert len(runs) == 2


def test_the_pile_is_the_point_and_its_size_is_the_title(found: Bunching, drawn: Evidence) -> None:
    piled = [row for row in drawn.rows if row["point"]]
    assert all(285 <= float(row["from_s"] or 0) < 300 for row in piled)
    assert drawn.title == f"{words.say(found.moved).value} calls pile up at 5 min"
