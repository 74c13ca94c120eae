"""Arithmetic: the doubt goes through, and no step makes a figure surer than its parts."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.estimate import (
    Estimate,
    Unknown,
    bounds,
    complement,
    difference,
    difference_of,
    proportion,
    quotient,
    ratio,
    share,
    times,
    total,
)
from andon.units import Unit
from oracles import estimate as plain

NOTHING = Unknown(unit="s", why="nobody rang", needs="calls")


def figure(value: float, low: float, high: float, *, unit: Unit = "s", n: int = 10) -> Estimate:
    return Estimate(value=value, low=low, high=high, unit=unit, n=n, method="-")


def known(found: Estimate | Unknown) -> Estimate:
    assert isinstance(found, Estimate)
    return found


figures = st.builds(
    lambda value, below, above: figure(value, value - below, value + above),
    st.floats(-1e4, 1e4),
    st.floats(0, 1e3),
    st.floats(0, 1e3),
)
positive = st.builds(
    lambda value, below, above: figure(value, value * below, value * above),
    st.floats(0.1, 1e4),
    st.floats(0.1, 1.0),
    st.floats(1.0, 10.0),
)
shares = st.integers(1, 200).flatmap(
    lambda n: st.integers(0, n).map(lambda k: known(proportion(k, n)))
)


def like(a: Estimate, b: Estimate) -> bool:
    size = 1 + max(map(abs, (a.low, a.high, b.low, b.high)))
    return all(
        math.isclose(mine, theirs, rel_tol=1e-9, abs_tol=1e-9 * size)
        for mine, theirs in ((a.value, b.value), (a.low, b.low), (a.high, b.high))
    )


@settings(deadline=None)
@given(figures, st.floats(-100, 100))
def test_times_a_number_stretches_or_turns_the_interval(some: Estimate, factor: float) -> None:
    found = times(some, factor, unit="h")
    assert found.unit == "h"
    assert found.n == some.n
    assert found.high - found.low == pytest.approx(
        abs(factor) * (some.high - some.low), abs=1e-9 * (1 + abs(factor) * abs(some.value))
    )


@settings(deadline=None)
@given(shares)
def test_the_complement_of_the_complement_is_the_share(some: Estimate) -> None:
    assert like(complement(complement(some)), some)


@settings(deadline=None)
@given(figures, figures)
def test_a_difference_turns_with_its_parts(a: Estimate, b: Estimate) -> None:
    forth, back = known(difference(a, b)), known(difference(b, a))
    assert like(forth, times(back, -1))


@settings(deadline=None)
@given(figures, figures)
def test_a_difference_is_as_doubtful_as_the_more_doubtful_part(a: Estimate, b: Estimate) -> None:
    found = known(difference(a, b))
    slack = 1e-9 * (1 + abs(a.value) + abs(b.value))
    assert found.high - found.low >= max(a.high - a.low, b.high - b.low) / math.sqrt(2) - slack
    assert found.high - found.low <= (a.high - a.low) + (b.high - b.low) + slack


@settings(deadline=None)
@given(figures)
def test_less_what_is_counted_only_moves_the_interval(some: Estimate) -> None:
    found = known(difference(some, Estimate.exact(5.0, unit="s", n=1)))
    assert like(found, figure(some.value - 5, some.low - 5, some.high - 5))
    assert found.level == some.level


def test_newcombes_interval_for_two_shares() -> None:
    """Newcombe (1998), Statistics in Medicine 17, 873, table II, method 10."""
    for (k, n), (j, m), low, high in (
        ((56, 70), (48, 80), 5.24, 33.39),
        ((9, 10), (3, 10), 17.05, 80.90),
        ((10, 10), (0, 20), 67.91, 100.0),
        ((5, 56), (0, 29), -3.81, 19.26),
    ):
        found = known(difference(proportion(k, n), proportion(j, m)))
        assert found.unit == "points"
        assert found.low == pytest.approx(low, abs=0.005)
        assert found.high == pytest.approx(high, abs=0.005)


@settings(deadline=None)
@given(st.lists(figures, min_size=1, max_size=6))
def test_a_total_adds_values_and_squares(parts: list[Estimate]) -> None:
    found = known(total(*parts))
    assert found.value == pytest.approx(math.fsum(each.value for each in parts), abs=1e-9)
    assert found.high - found.value == pytest.approx(
        math.sqrt(math.fsum((each.high - each.value) ** 2 for each in parts)),
        abs=1e-9 * (1 + sum(abs(each.value) for each in parts)),
    )
    assert found.n == 10 * len(parts)


def test_a_total_of_counts_is_a_count() -> None:
    found = known(total(*(Estimate.exact(k, unit="count", n=k) for k in (3, 4))))
    assert (found.value, found.low, found.high, found.level) == (7, 7, 7, 1.0)
    assert found.method == "counted"


@settings(deadline=None)
@given(positive, positive)
def test_a_quotient_turns_with_its_parts(a: Estimate, b: Estimate) -> None:
    forth, back = known(quotient(a, b)), known(quotient(b, a))
    assert forth.value == pytest.approx(1 / back.value)
    assert forth.low == pytest.approx(1 / back.high)
    assert forth.high == pytest.approx(1 / back.low)


@settings(deadline=None)
@given(positive, st.floats(0.1, 100))
def test_a_quotient_by_what_is_counted_is_a_scaling(some: Estimate, by: float) -> None:
    found = known(quotient(some, Estimate.exact(by, unit="count", n=1), unit="s"))
    assert like(found, times(some, 1 / by))


def test_what_may_be_nothing_divides_nothing() -> None:
    some, none = figure(2.0, 1.0, 3.0), figure(1.0, 0.0, 2.0)
    assert isinstance(quotient(some, none), Unknown)
    assert isinstance(quotient(figure(1.0, -1.0, 2.0), some), Unknown)
    nought = quotient(figure(1.0, 0.0, 2.0), some)
    assert known(nought).low == 0
    assert isinstance(quotient(figure(0.0, 0.0, 2.0), some), Unknown)


@pytest.mark.parametrize(
    "found",
    [
        times(NOTHING, 2.0, unit="h"),
        complement(NOTHING),
        difference(NOTHING, figure(1.0, 0.0, 2.0)),
        difference(figure(1.0, 0.0, 2.0), NOTHING),
        total(figure(1.0, 0.0, 2.0), NOTHING),
        quotient(NOTHING, figure(1.0, 0.5, 2.0)),
        quotient(figure(1.0, 0.5, 2.0), NOTHING),
    ],
)
def test_what_is_not_known_stays_unknown(found: Estimate | Unknown) -> None:
    assert isinstance(found, Unknown)
    assert found.why == NOTHING.why


def test_a_difference_to_an_unknown_share_would_have_been_in_points() -> None:
    gap = Unknown(unit="share", why="-", needs="-")
    assert difference(gap, gap).unit == "points"
    assert quotient(gap, gap).unit == "ratio"
    assert times(gap, 2.0, unit="h").unit == "h"


def test_apples_are_not_taken_from_pears() -> None:
    with pytest.raises(ValueError, match="cannot take h from s"):
        difference(figure(1.0, 0.0, 2.0), figure(1.0, 0.0, 2.0, unit="h"))
    with pytest.raises(ValueError, match="cannot add h to s"):
        total(figure(1.0, 0.0, 2.0), figure(1.0, 0.0, 2.0, unit="h"))
    with pytest.raises(ValueError, match="nothing to add"):
        total()


# ---------------------------------------------------------------- bounds


def test_bounds_hold_whatever_the_missing_were() -> None:
    """30 of 100 known contacts came back; 50 more are of nobody knows whom."""
    found = bounds(30 / 150, 80 / 150, unit="share", n=150, value=0.3)
    assert found.level == 1.0
    for of_the_unknown in range(51):
        assert found.low <= (30 + of_the_unknown) / 150 <= found.high


def test_bounds_of_estimates_carry_their_doubt() -> None:
    low, high = proportion(10, 100), proportion(40, 100, level=0.9)
    assert isinstance(low, Estimate)
    assert isinstance(high, Estimate)
    found = bounds(low, high, unit="share", n=100)
    assert (found.low, found.high, found.level) == (low.low, high.high, 0.9)
    assert found.bounded


def test_bounds_cannot_be_the_wrong_way_round() -> None:
    with pytest.raises(ValueError, match="outside its interval"):
        bounds(0.4, 0.2, unit="share", n=5)


@settings(deadline=None)
@given(figures, figures, st.floats(0, 1), st.floats(0, 1))
def test_bounds_are_taken_end_from_end(a: Estimate, b: Estimate, i: float, j: float) -> None:
    """Wherever both truths lie within their ends, their difference and sum lie within ours."""
    first, second = (bounds(each.low, each.high, unit="s", n=1) for each in (a, b))
    x, y = (each.low + part * (each.high - each.low) for each, part in ((a, i), (b, j)))
    apart, together = known(difference(first, second)), known(total(first, second))
    slack = 1e-9 * (1 + abs(x) + abs(y))
    assert apart.low - slack <= x - y <= apart.high + slack
    assert together.low - slack <= x + y <= together.high + slack
    assert apart.bounded
    assert together.bounded


@settings(deadline=None)
@given(positive, positive, st.floats(0, 1), st.floats(0, 1))
def test_bounds_are_divided_end_by_end(a: Estimate, b: Estimate, i: float, j: float) -> None:
    first, second = (bounds(each.low, each.high, unit="s", n=1) for each in (a, b))
    x, y = (each.low + part * (each.high - each.low) for each, part in ((a, i), (b, j)))
    found = known(quotient(first, second))
    assert found.low * (1 - 1e-9) <= x / y <= found.high * (1 + 1e-9)
    assert found.bounded


# ---------------------------------------------------------------- the same customers


def test_the_same_customers_narrow_a_difference() -> None:
    before = [(float(i % 7), 8.0) for i in range(60)]
    after = [(max(0.0, y - 1), 9.0) for y, _ in before]
    paired = plain.paired(before, after)
    together = known(difference_of(paired, unit="s"))
    apart = known(difference(*(known(r) for r in _ratios(before, after))))
    assert paired.correlation > 0.8
    assert together.value == pytest.approx(apart.value)
    assert together.high - together.low < (apart.high - apart.low) / 2


def test_a_paired_difference_of_shares_is_in_points() -> None:
    sides = [(float(i % 3), 4.0) for i in range(30)]
    found = known(difference_of(plain.paired(sides, sides)))
    assert found.unit == "points"
    assert found.value == 0
    apart = known(difference(*[share(plain.paired(sides, sides).first)] * 2))
    assert found.high - found.low < (apart.high - apart.low) / 2


def _ratios(*sides: list[tuple[float, float]]) -> list[Estimate | Unknown]:
    return [
        ratio(plain.sums(plain.Contact(i, y, x) for i, (y, x) in enumerate(side)), unit="s")
        for side in sides
    ]
