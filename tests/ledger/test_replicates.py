"""Random groups of customers stand for customers: same figures, same doubt."""

from __future__ import annotations

import ibis
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon import estimate
from andon.estimate import Estimate, Unknown
from andon.ledger.replicates import MANY, Replicates, replicate_of


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=50))
def test_a_customer_is_always_in_the_same_group(keys: list[int]) -> None:
    table = ibis.memtable({"key": keys}, schema={"key": "int64"})
    found = table.select(group=replicate_of(table.key, MANY)).to_pyarrow()["group"].to_pylist()
    assert all(0 <= group < MANY for group in found)
    assert len({(key, group) for key, group in zip(keys, found, strict=True)}) == len(set(keys))


def test_groups_fill_evenly_from_hashed_keys() -> None:
    keys = np.random.default_rng(1).integers(-(2**63), 2**63 - 1, 100_000)
    table = ibis.memtable({"key": keys})
    groups = table.select(group=replicate_of(table.key, MANY)).to_pyarrow()["group"].to_numpy()
    counts = np.bincount(groups, minlength=MANY)
    assert len(counts) == MANY
    # Group 0 holds one remainder, every other one two, of opposite sign.
    assert counts.sum() == 100_000
    assert counts.std() < 25


def test_squares_over_groups_are_those_over_customers_but_for_chance() -> None:
    rng = np.random.default_rng(5)
    x = rng.geometric(0.3, 3_000).astype(float)
    y = rng.binomial(x.astype(int), rng.beta(1, 3, 3_000)).astype(float)
    found = []
    for _ in range(300):
        group = rng.integers(0, 200, 3_000)
        sums = {
            name: np.bincount(group, weights=each, minlength=200).astype(np.float64)
            for name, each in (("y", y), ("x", x))
        }
        found.append(Replicates(sums=sums).ratio("y", "x"))
    assert found[0].y == y.sum()
    assert (found[0].x, found[0].n, found[0].clusters) == (x.sum(), x.sum(), 200)
    for name, true in (("yy", y @ y), ("yx", y @ x), ("xx", x @ x)):
        assert np.mean([getattr(each, name) for each in found]) == pytest.approx(true, rel=0.02)


def test_nobody_of_many_customers_is_nearly_nobody() -> None:
    """Not "up to 1 in 130", as 500 customers would allow: 20,000 stand behind it."""
    counts = np.random.default_rng(6).multinomial(20_000, np.full(MANY, 1 / MANY)).astype(float)
    sums = Replicates(sums={"y": np.zeros(MANY), "x": counts})
    none = estimate.share(sums.ratio("y", "x"))
    assert isinstance(none, Estimate)
    assert 0 < none.high < 0.0004


def test_groups_that_are_too_even_are_taken_as_they_are() -> None:
    sums = Replicates(sums={"y": np.full(10, 3.0), "x": np.full(10, 6.0)}).ratio("y", "x")
    assert (sums.xx, sums.yx, sums.yy) == (360.0, 180.0, 90.0)


def test_the_interval_of_a_share_holds_the_truth_95_times_in_100() -> None:
    rng = np.random.default_rng(7)
    held, runs = 0, 2_000
    for _ in range(runs):
        x = rng.geometric(0.3, 800)
        y = rng.binomial(x, rng.beta(1, 9, 800))
        group = rng.integers(0, MANY, 800)
        sums = {
            name: np.bincount(group, weights=each, minlength=MANY).astype(np.float64)
            for name, each in (("y", y), ("x", x))
        }
        found = estimate.share(Replicates(sums=sums).ratio("y", "x"))
        assert isinstance(found, Estimate)
        held += found.low <= 0.1 <= found.high
    assert 0.93 <= held / runs <= 0.97


def test_the_jackknife_of_a_ratio_meets_the_linearised_one() -> None:
    rng = np.random.default_rng(2)
    x = rng.poisson(40, 300).astype(float)
    y = rng.binomial(x.astype(int), 0.3).astype(float)
    sums = Replicates(sums={"y": y, "x": x})
    plain = estimate.ratio(sums.ratio("y", "x"), unit="share")
    jackknife = sums.estimate(lambda total: total["y"] / total["x"], unit="share", n=int(x.sum()))
    assert isinstance(plain, Estimate)
    assert isinstance(jackknife, Estimate)
    assert jackknife.value == plain.value
    assert jackknife.low == pytest.approx(plain.low, rel=0.005)
    assert jackknife.high == pytest.approx(plain.high, rel=0.005)


def test_the_interval_of_a_product_of_ratios_holds_the_truth_95_times_in_100() -> None:
    rng = np.random.default_rng(3)
    held, runs = 0, 2_000
    for _ in range(runs):
        x = rng.poisson(30, 200).astype(float)
        y = rng.binomial(x.astype(int), rng.beta(3, 7, 200)).astype(float)
        z = rng.binomial(y.astype(int), 0.5).astype(float)
        found = Replicates(sums={"x": x, "y": y, "z": z}).estimate(
            lambda total: total["y"] / total["x"] * total["z"] / total["y"], unit="share", n=1
        )
        assert isinstance(found, Estimate)
        held += found.low <= 0.15 <= found.high
    assert 0.93 <= held / runs <= 0.97


def test_an_interval_stays_where_the_figure_can_be() -> None:
    sums = Replicates(sums={"y": np.array([1.0, 0.0, 0.0]), "x": np.array([1.0, 1.0, 1.0])})
    found = sums.estimate(
        lambda total: total["y"] / total["x"], unit="share", n=3, least=0.0, most=1.0
    )
    assert isinstance(found, Estimate)
    assert (found.low, found.high) == (0.0, 1.0)


@pytest.mark.parametrize("x", [[0.0, 0.0], [3.0, 0.0]])
def test_nothing_and_one_customer_are_unknown(x: list[float]) -> None:
    sums = Replicates(sums={"y": np.array([0.0, 0.0]), "x": np.array(x)})
    found = sums.estimate(lambda total: total["y"] / total["x"], unit="share", n=0)
    assert isinstance(found, Unknown)


def test_hours_for_nothing_resolved_are_unknown_and_no_fault() -> None:
    sums = Replicates(sums={"hours": np.ones(20), "resolved": np.zeros(20), "n": np.ones(20)})
    found = estimate.ratio(sums.ratio("hours", "resolved", n="n"), unit="h")
    assert isinstance(found, Unknown)
