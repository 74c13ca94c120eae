"""Density jumps against rddensity's figures, a definition written out, and known truths."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.density_jump import DensityJump, density_jump
from oracles import density_jump as oracle

GOLDEN = Path(__file__).parents[1] / "golden" / "bunching"
Floats = npt.NDArray[np.float64]


def golden() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((GOLDEN / "density_discontinuity.json").read_text("utf-8"))
    return read


def margins() -> list[float]:
    with (GOLDEN / "senate_margins.csv").open(encoding="utf-8") as file:
        return [float(row["margin"]) for row in csv.DictReader(file)]


def found(*args: Any, **options: Any) -> DensityJump:
    jump = density_jump(*args, **options)
    assert isinstance(jump, DensityJump)
    return jump


@pytest.mark.parametrize("case", golden()["cases"], ids=lambda case: str(case["id"]))
def test_the_published_jump_is_found_again(case: dict[str, Any]) -> None:
    options, expected = case["options"], case["expected"]
    jump = found(
        margins(),
        cutoff=0,
        kernel=options.get("kernel", "triangular"),
        bandwidth=tuple(options["h"]) if "h" in options else None,
    )
    assert jump.n == golden()["n"]
    assert jump.t == pytest.approx(expected["t"], rel=1e-9)
    assert jump.p == pytest.approx(expected["p"], rel=1e-9)
    if "h" in expected:
        assert jump.bandwidth == pytest.approx(expected["h"], rel=1e-9)
    if "density" in expected:
        assert (jump.below.value, jump.above.value) == pytest.approx(expected["density"], rel=1e-9)
    if "effective_n" in expected:
        assert list(jump.inside) == expected["effective_n"]
    if "se_diff" in expected:
        half = (jump.jump.high - jump.jump.low) / 2
        assert half / 1.959963984540054 == pytest.approx(expected["se_diff"], rel=1e-9)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), step=st.sampled_from([0.0, 1.0, 2.0]))
def test_the_jump_is_what_its_definition_gives(seed: int, step: float) -> None:
    rng = np.random.default_rng(seed)
    values = rng.gamma(3, 40, 150)
    if step:
        values = np.floor(values / step) * step
    jump = density_jump(values, cutoff=110.0, bandwidth=(60.0, 70.0))
    if isinstance(jump, Unknown):
        return
    below, above, error = oracle.jump(values.tolist(), 110.0, (60.0, 70.0), degree=3)
    assert jump.below.value == pytest.approx(below, rel=1e-7)
    assert jump.above.value == pytest.approx(above, rel=1e-7)
    assert jump.t == pytest.approx((above - below) / error, rel=1e-7)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_counts_at_distinct_values_say_the_same_as_single_values(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.round(rng.lognormal(5, 0.7, 800))
    at, counts = np.unique(values, return_counts=True)
    one, many = found(values, cutoff=150.0), found(at, counts, cutoff=150.0)
    assert (one.t, one.bandwidth) == (many.t, many.bandwidth)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), by=st.floats(0.01, 100), off=st.floats(-1000, 1000))
def test_the_unit_of_the_values_does_not_matter(seed: int, by: float, off: float) -> None:
    values = np.random.default_rng(seed).normal(0.3, 1, 400)
    one = found(values, cutoff=0.0)
    other = found(values * by + off, cutoff=off)
    assert other.t == pytest.approx(one.t, rel=1e-5, abs=1e-6)
    assert other.below.value * by == pytest.approx(one.below.value, rel=1e-5)


def test_a_mirror_turns_the_jump_round() -> None:
    values = np.round(np.random.default_rng(3).gamma(4, 30, 2_000))
    one = found(values, cutoff=100.0, belongs="above")
    other = found(-values, cutoff=-100.0, belongs="below")
    assert other.t == pytest.approx(-one.t, rel=1e-9)
    assert other.inside == one.inside[::-1]
    assert other.bandwidth == pytest.approx(one.bandwidth[::-1])


def test_a_value_on_the_cutoff_belongs_where_it_is_told() -> None:
    values = [*np.random.default_rng(4).gamma(4, 30, 2_000), *[100.0] * 200]
    wide = {"cutoff": 100.0, "bandwidth": (30.0, 30.0)}
    above, below = found(values, belongs="above", **wide), found(values, belongs="below", **wide)
    assert above.inside[1] - below.inside[1] == below.inside[0] - above.inside[0] == 200


def test_a_pile_under_a_cutoff_is_a_jump_down() -> None:
    rng = np.random.default_rng(5)
    values = [*rng.lognormal(5, 0.8, 5_000), *rng.uniform(190, 200, 300)]
    jump = found(values, cutoff=200.0, belongs="below")
    assert jump.jump.high < 0
    assert isinstance(jump.times, Estimate)
    assert jump.times.high < 1


@pytest.mark.slow
@pytest.mark.parametrize("n", [500, 5_000])
def test_a_smooth_density_seldom_seems_to_jump(n: int) -> None:
    rng = np.random.default_rng([2020, n])
    runs = 400
    tests = [found(rng.lognormal(5, 0.8, n), cutoff=200.0) for _ in range(runs)]
    assert 0.02 <= np.mean([each.p < 0.05 for each in tests]) <= 0.08
    held = [t.low <= 1 <= t.high for t in (x.times for x in tests) if isinstance(t, Estimate)]
    assert len(held) >= 0.5 * runs  # of few contacts no ratio can be told
    assert 0.92 <= np.mean(held) <= 0.995


@pytest.mark.slow
def test_a_true_jump_is_held_by_the_interval_and_found() -> None:
    rng = np.random.default_rng(2021)
    runs, held, seen = 300, 0, 0
    for _ in range(runs):
        values = rng.lognormal(5, 0.8, 10_000)
        values = values[(values < 200) | (rng.random(10_000) < 0.6)]  # 4 of 10 above go elsewhere
        jump = found(values, cutoff=200.0)
        assert isinstance(jump.times, Estimate)
        held += jump.times.low <= 0.6 <= jump.times.high
        seen += jump.p < 0.05 and jump.t < 0
    assert 0.92 <= held / runs <= 0.98
    assert seen / runs > 0.5


@pytest.mark.slow
def test_groups_that_differ_widen_the_doubt_as_they_should() -> None:
    rng = np.random.default_rng(2022)
    runs, held, naive = 300, 0, 0
    grid = np.arange(1, 2001, dtype=float)
    for _ in range(runs):
        counts = np.zeros((30, grid.size))
        for row in counts:  # each advisor has a pace and so a density of their own
            own = np.ceil(rng.lognormal(5 + rng.normal(0, 0.5), 0.3, 300)).clip(1, 2000)
            np.add.at(row, own.astype(int) - 1, 1)
        grouped = found(grid, counts, cutoff=150.0, belongs="below")
        held += abs(grouped.t) < 2.045  # Student's quantile with 29 degrees of freedom
        truth = grouped.below
        # The truth of the mixture: lognormal with both spreads.
        z = (np.log(150.0) - 5) / np.hypot(0.5, 0.3)
        density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) / np.hypot(0.5, 0.3) / 150.0
        naive += truth.low <= density <= truth.high
    assert held / runs >= 0.92
    assert 0.91 <= naive / runs <= 0.985


@pytest.mark.parametrize(
    ("values", "counts", "options", "why"),
    [
        ([1.0, float("nan")], None, {"cutoff": 0.0}, "missing or infinite"),
        ([], None, {"cutoff": 0.0}, "Nothing was counted"),
        ([1.0, 2.0], [1, -1], {"cutoff": 0.0}, "whole numbers"),
        ([1.0, 2.0], [1, 0.5], {"cutoff": 0.0}, "whole numbers"),
        ([1.0, 2.0], [1], {"cutoff": 0.0}, "do not fit"),
        ([[1.0, 2.0]], None, {"cutoff": 0.0}, "one row"),
        (["a"], None, {"cutoff": 0.0}, "no numbers"),
        ([1.0], None, {"cutoff": float("inf")}, "finite number"),
        ([1.0], None, {"cutoff": 0.0, "degree": 9}, "degree"),
        ([1.0], None, {"cutoff": 0.0, "kernel": "gauss"}, "kernel"),
        ([1.0], None, {"cutoff": 0.0, "belongs": "left"}, "belongs"),
        ([1.0], None, {"cutoff": 0.0, "bandwidth": (0.0, 1.0)}, "bandwidth"),
        ([1.0], None, {"cutoff": 0.0, "level": 1.0}, "level"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(
    values: Any, counts: Any, options: dict[str, Any], why: str
) -> None:
    with pytest.raises(QuestionError, match=why):
        density_jump(values, counts, **options)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (np.full(500, 60.0), "one side"),
        (np.random.default_rng(1).lognormal(3, 0.3, 500), "one side"),
        (np.repeat(np.arange(60.0, 601.0, 60.0), 50), "rounding"),
        (np.arange(100.0, 140.0), "only 20 contacts"),
    ],
)
def test_what_cannot_be_told_is_unknown(values: Floats, why: str) -> None:
    jump = density_jump(values, cutoff=120.0)
    assert isinstance(jump, Unknown)
    assert why in jump.why


def test_one_group_is_none() -> None:
    jump = density_jump(np.arange(200.0), np.ones((1, 200)), cutoff=100.0)
    assert isinstance(jump, Unknown)
