"""Intervals: each agrees with its definition, and obeys what every honest interval obeys."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.estimate import (
    Estimate,
    Sums,
    Unknown,
    effective_n,
    mean,
    proportion,
    rate,
    ratio,
    share,
)
from oracles import estimate as plain

Z = 1.959963984540054
levels = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99, 0.999])
counted = st.lists(
    st.integers(1, 40).flatmap(lambda x: st.tuples(st.integers(0, x), st.just(x))),
    min_size=1,
    max_size=40,
)
amounts = st.lists(
    st.tuples(st.floats(0, 1e4), st.integers(1, 40).map(float)), min_size=2, max_size=40
)


def of(sides: list[tuple[int, int]]) -> Sums:
    """A share's sums: for each customer, how many of how many contacts."""
    return plain.sums(
        plain.Contact(i, float(j < y), 1.0) for i, (y, x) in enumerate(sides) for j in range(x)
    )


def sums_of(sides: list[tuple[float, float]], *, cubed: bool = True) -> Sums:
    return plain.sums((plain.Contact(i, y, x) for i, (y, x) in enumerate(sides)), cubed=cubed)


def known(figure: Estimate | Unknown) -> Estimate:
    assert isinstance(figure, Estimate)
    return figure


def held(wide: Estimate, narrow: Estimate) -> bool:
    slack = 1e-9 * (1 + abs(wide.high) + abs(wide.low))
    return wide.low <= narrow.low + slack and narrow.high <= wide.high + slack


# ---------------------------------------------------------------- shares


@settings(deadline=None)
@given(counted, levels)
def test_a_share_lies_in_its_interval_and_that_between_0_and_1(
    sides: list[tuple[int, int]], level: float
) -> None:
    found = known(share(of(sides), level=level))
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.n == sum(x for _, x in sides)
    assert found.low < found.high


@settings(deadline=None)
@given(counted)
def test_more_level_is_a_wider_share(sides: list[tuple[int, int]]) -> None:
    ladder = [known(share(of(sides), level=level)) for level in (0.5, 0.9, 0.95, 0.999)]
    assert all(held(wide, narrow) for narrow, wide in pairwise(ladder))


@settings(deadline=None)
@given(counted)
def test_the_share_of_those_who_did_not_is_the_mirror(sides: list[tuple[int, int]]) -> None:
    yes = known(share(of(sides)))
    no = known(share(of([(x - y, x) for y, x in sides])))
    assert no.value == pytest.approx(1 - yes.value, abs=1e-12)
    assert no.low == pytest.approx(1 - yes.high, abs=1e-9)
    assert no.high == pytest.approx(1 - yes.low, abs=1e-9)


@settings(deadline=None)
@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_one_contact_each_is_wilsons_own_interval(some: tuple[int, int]) -> None:
    k, n = some
    clustered = known(share(of([(1, 1)] * k + [(0, 1)] * (n - k))))
    assert clustered == known(proportion(k, n))
    assert clustered.method == "Wilson"
    low, high = plain.wilson(k / n, n, Z)
    assert clustered.low == pytest.approx(low, abs=1e-9)
    assert clustered.high == pytest.approx(high, abs=1e-9)


def test_wilson_agrees_with_newcombe_1998() -> None:
    """Newcombe (1998), Statistics in Medicine 17, 857, table I, method 3."""
    for k, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        found = known(proportion(k, n))
        assert found.low == pytest.approx(low, abs=5e-5)
        assert found.high == pytest.approx(high, abs=5e-5)


def test_clopper_pearson_agrees_with_newcombe_1998() -> None:
    """The same table, method 5; and the definition."""
    for k, n, low, high in (
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ):
        found = known(proportion(k, n, exact=True))
        assert found.low == pytest.approx(low, abs=5e-5)
        assert found.high == pytest.approx(high, abs=5e-5)
        slow = plain.clopper_pearson(k, n, tail=0.025)
        assert (found.low, found.high) == pytest.approx(slow, abs=1e-6)


@settings(deadline=None)
@given(counted)
def test_the_effective_n_is_at_most_the_contacts(sides: list[tuple[int, int]]) -> None:
    found = of(sides)
    assert 0 < effective_n(found) <= found.n + 1e-9


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=2, max_size=40), st.integers(2, 30))
def test_customers_who_never_vary_count_once_at_most(answers: list[bool], each: int) -> None:
    """If all contacts of a customer end alike, there are only as many answers as customers."""
    found = of([(each * yes, each) for yes in answers])
    assert effective_n(found) <= len(answers) + 1e-6


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 6)), min_size=4, max_size=30),
    st.integers(2, 5),
)
def test_the_same_contacts_from_fewer_customers_are_no_surer(
    answers: list[tuple[bool, int]], together: int
) -> None:
    """Joining customers of like answers cannot narrow the interval."""
    assume(len({yes for yes, _ in answers}) == 2)
    apart = [(int(yes), 1) for yes, x in answers for _ in range(x)]
    joined = [(x * yes * together, x * together) for yes, x in answers]
    spread_out = apart * together
    wide, narrow = known(share(of(joined))), known(share(of(spread_out)))
    assert wide.value == pytest.approx(narrow.value)
    assert wide.high - wide.low >= narrow.high - narrow.low - 1e-9


def test_at_nought_and_at_one_every_customer_is_one_contact() -> None:
    all_of_five = of([(0, 10)] * 5)
    assert effective_n(all_of_five) == pytest.approx(5)
    assert known(share(all_of_five)).high == pytest.approx(known(proportion(0, 5)).high)
    lopsided = of([(0, 1000), *[(0, 1)] * 9])
    assert effective_n(lopsided) < 1.1
    assert known(share(lopsided)).high > 0.7


def test_one_customer_knows_little_however_often_he_calls() -> None:
    regular = known(share(of([(300, 1000)])))
    assert regular.low < 0.05
    assert regular.high > 0.85


def test_without_contacts_a_share_is_unknown() -> None:
    nothing = Sums(clusters=0, n=0, y=0, x=0, yy=0, yx=0, xx=0)
    for figure in (share(nothing), ratio(nothing, unit="s"), proportion(0, 0)):
        assert isinstance(figure, Unknown)
        assert figure.why


def test_what_is_no_share_is_told_as_a_ratio() -> None:
    """An excess over a habit may be negative; then the interval is not held to 0 and 1."""
    below = sums_of([(-3.0, 10.0), (1.0, 12.0), (-4.0, 9.0), (-2.0, 14.0)], cubed=False)
    found = known(share(below))
    assert found.unit == "share"
    assert found.value < 0
    assert found.low < found.value


def test_rounding_does_not_turn_a_share_into_a_ratio() -> None:
    sums = replace(of([(10, 10), (10, 10)]), y=20.000000000001)
    assert known(share(sums)).value == 1.0


def test_a_share_of_time_is_no_surer_in_milliseconds() -> None:
    seconds = [plain.Contact(i, 10.0 + i, 60.0 + 3 * i) for i in range(12)]
    milliseconds = [plain.Contact(c.customer, c.y * 1000, c.x * 1000) for c in seconds]
    first, second = known(share(plain.sums(seconds))), known(share(plain.sums(milliseconds)))
    assert first.low == pytest.approx(second.low)
    assert first.high == pytest.approx(second.high)


# ---------------------------------------------------------------- ratios


@settings(deadline=None)
@given(amounts, levels, st.booleans())
def test_a_ratio_lies_in_its_interval(
    sides: list[tuple[float, float]], level: float, cubed: bool
) -> None:
    found = known(ratio(sums_of(sides, cubed=cubed), unit="s", level=level))
    assert found.low <= found.value <= found.high
    assert found.level == level
    assert math.isclose(found.value, sum(y for y, _ in sides) / sum(x for _, x in sides))


@settings(deadline=None)
@given(amounts, st.booleans())
def test_more_level_is_a_wider_ratio(sides: list[tuple[float, float]], cubed: bool) -> None:
    sums = sums_of(sides, cubed=cubed)
    ladder = [known(ratio(sums, unit="s", level=level)) for level in (0.5, 0.9, 0.95, 0.999)]
    assert all(held(wide, narrow) for narrow, wide in pairwise(ladder))


@settings(deadline=None)
@given(amounts, st.floats(1e-3, 1e6), st.booleans())
def test_the_unit_of_measurement_changes_nothing_else(
    sides: list[tuple[float, float]], factor: float, cubed: bool
) -> None:
    assume(sums_of(sides).spread > 1e-6)
    small = known(ratio(sums_of(sides, cubed=cubed), unit="s"))
    scaled = sums_of([(y * factor, x) for y, x in sides], cubed=cubed)
    large = known(ratio(scaled, unit="s"))
    assert large.value == pytest.approx(small.value * factor)
    size = factor * (abs(small.low) + abs(small.high))
    assert large.low == pytest.approx(small.low * factor, abs=1e-6 * size)
    assert large.high == pytest.approx(small.high * factor, abs=1e-6 * size)


@settings(deadline=None)
@given(amounts)
def test_mirrored_amounts_have_a_mirrored_interval(sides: list[tuple[float, float]]) -> None:
    right = known(ratio(sums_of(sides), unit="s"))
    left = known(ratio(sums_of([(-y, x) for y, x in sides]), unit="s"))
    size = 1e-7 * (1 + abs(right.low) + abs(right.high))
    assert left.low == pytest.approx(-right.high, abs=size)
    assert left.high == pytest.approx(-right.low, abs=size)


@settings(deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=60))
def test_one_contact_each_is_students_own_interval(values: list[float]) -> None:
    """Without the products of three, a mean of independent values has Student's t."""
    from scipy import stats

    n, m = len(values), math.fsum(values) / len(values)
    s = math.sqrt(math.fsum((v - m) ** 2 for v in values) / (n - 1))
    assume(s > 1e-3)
    half = stats.t.ppf(0.975, n - 1) * s / math.sqrt(n)
    found = known(mean(sums_of([(v, 1.0) for v in values], cubed=False), unit="s"))
    assert found.low == pytest.approx(m - half, abs=1e-6 * (1 + abs(m) + half))
    assert found.high == pytest.approx(m + half, abs=1e-6 * (1 + abs(m) + half))


def test_a_long_tail_to_the_right_moves_the_interval_to_the_right() -> None:
    sides = [(float(10 + i), 1.0) for i in range(30)] + [(900.0, 1.0), (400.0, 1.0)]
    plainly = known(ratio(sums_of(sides, cubed=False), unit="s"))
    corrected = known(ratio(sums_of(sides), unit="s"))
    assert corrected.high > plainly.high
    assert corrected.low > plainly.low
    assert corrected.method.endswith("corrected for skewness")


def test_without_skewness_the_correction_does_nothing() -> None:
    sides = [(float(v), 1.0) for v in range(-20, 21)]
    plainly = known(ratio(sums_of(sides, cubed=False), unit="s"))
    corrected = known(ratio(sums_of(sides), unit="s"))
    assert corrected.low == pytest.approx(plainly.low)
    assert corrected.high == pytest.approx(plainly.high)


def test_a_duration_is_held_at_nought_where_that_is_asked() -> None:
    sides = [(0.0, 1.0)] * 8 + [(100.0, 1.0)]
    assert known(ratio(sums_of(sides, cubed=False), unit="s")).low < 0
    assert known(ratio(sums_of(sides, cubed=False), unit="s", at_least=0.0)).low == 0


def test_one_customer_has_no_interval() -> None:
    alone = plain.sums([plain.Contact("a", 3.0, 1.0), plain.Contact("a", 5.0, 1.0)])
    for figure in (ratio(alone, unit="s"), mean(alone, unit="s")):
        assert isinstance(figure, Unknown)
        assert figure.why == "only one customer"
    bystander = plain.sums([plain.Contact("a", 3.0, 1.0), plain.Contact("b", 5.0, 0.0)])
    assert isinstance(ratio(bystander, unit="s"), Unknown)


# ---------------------------------------------------------------- rates


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [
        (0, 0.0, 3.689),
        (1, 0.025, 5.572),
        (5, 1.623, 11.668),
        (10, 4.795, 18.390),
        (50, 37.11, 65.92),
    ],
)
def test_a_rate_agrees_with_published_tables(count: int, low: float, high: float) -> None:
    """Garwood's limits, as in Johnson, Kemp and Kotz (2005), Univariate Discrete Distributions."""
    found = known(rate(count, 1.0, unit="per_h"))
    assert found.low == pytest.approx(low, abs=0.005)
    assert found.high == pytest.approx(high, abs=0.005)


@pytest.mark.parametrize("count", [0, 1, 2, 7, 30, 120])
def test_a_rate_agrees_with_its_definition(count: int) -> None:
    found = known(rate(count, 4.0, unit="per_h"))
    low, high = plain.garwood(count, tail=0.025)
    assert found.low * 4 == pytest.approx(low, abs=1e-6)
    assert found.high * 4 == pytest.approx(high, abs=1e-6)


def test_nothing_watched_is_no_rate() -> None:
    assert isinstance(rate(0, 0.0, unit="per_h"), Unknown)


# ---------------------------------------------------------------- wrong questions


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 95.0, math.nan])
def test_a_level_outside_0_and_1_is_refused(level: float) -> None:
    some = of([(1, 2), (2, 3)])
    questions: tuple[Callable[[], object], ...] = (
        lambda: share(some, level=level),
        lambda: ratio(some, unit="s", level=level),
        lambda: proportion(1, 2, level=level),
        lambda: rate(1, 2.0, unit="per_h", level=level),
    )
    for ask in questions:
        with pytest.raises(QuestionError, match="level"):
            ask()


@pytest.mark.parametrize(("k", "n"), [(-1, 5), (6, 5), (1, -1)])
def test_more_than_all_is_no_proportion(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        proportion(k, n)


def test_fewer_than_none_is_no_rate() -> None:
    with pytest.raises(ValueError, match="not below 0"):
        rate(-1, 1.0, unit="per_h")
