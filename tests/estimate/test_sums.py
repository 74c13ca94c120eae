"""Sums over customers: they join, and what they keep of the spread is what the customers had."""

from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.estimate import Estimate, Sums, ratio, share, shared
from oracles import estimate as plain

clusters = st.lists(
    st.tuples(st.floats(-1e3, 1e3), st.integers(1, 50).map(float)), min_size=2, max_size=30
)
pairs = st.lists(
    st.tuples(st.floats(-1e3, 1e3), st.floats(0.5, 50), st.floats(-1e3, 1e3), st.floats(0.5, 50)),
    min_size=2,
    max_size=30,
)


def of(sides: list[tuple[float, float]], *, cubed: bool = True) -> Sums:
    return plain.sums((plain.Contact(i, y, x) for i, (y, x) in enumerate(sides)), cubed=cubed)


def close(a: Sums, b: Sums) -> bool:
    return all(
        mine == theirs
        if mine is None or theirs is None
        else math.isclose(mine, theirs, rel_tol=1e-9, abs_tol=1e-6)
        for mine, theirs in zip(asdict(a).values(), asdict(b).values(), strict=True)
    )


@settings(deadline=None)
@given(clusters, st.integers(0, 30))
def test_customers_may_be_split_into_parts_and_joined(
    sides: list[tuple[float, float]], cut: int
) -> None:
    assert close(of(sides[:cut]) + of(sides[cut:]), of(sides))


@settings(deadline=None)
@given(clusters)
def test_joining_has_no_order(sides: list[tuple[float, float]]) -> None:
    a, b, c = of(sides[:1]), of(sides[1:2]), of(sides[2:])
    assert close((a + b) + c, c + (b + a))


def test_products_of_three_are_lost_when_one_part_lacks_them() -> None:
    joined = of([(1.0, 1.0)]) + of([(2.0, 1.0)], cubed=False)
    assert joined.yyy is None
    assert joined.cubes is None


@settings(deadline=None)
@given(clusters)
def test_the_spread_is_that_of_the_residuals(sides: list[tuple[float, float]]) -> None:
    found = of(sides)
    assert found.cubes is not None
    # What is too small to be cubed by a double counts as nothing.
    size = max(1e-100, *(abs(y) + x * abs(found.y / found.x) for y, x in sides))
    assert found.spread == pytest.approx(
        float(plain.residual_sum(sides, power=2)), abs=1e-11 * len(sides) * size**2
    )
    assert found.cubes == pytest.approx(
        float(plain.residual_sum(sides, power=3)), abs=1e-11 * len(sides) * size**3
    )


@settings(deadline=None)
@given(clusters)
def test_customers_in_effect_lie_between_one_and_all(sides: list[tuple[float, float]]) -> None:
    found = of(sides)
    assert 1 - 1e-9 <= found.customers_in_effect <= len(sides) + 1e-9


@settings(deadline=None)
@given(pairs)
def test_the_correlation_of_two_ratios_is_that_of_their_residuals(
    rows: list[tuple[float, float, float, float]],
) -> None:
    first, second = [(a, b) for a, b, _, _ in rows], [(c, d) for _, _, c, d in rows]
    paired = plain.paired(first, second)
    u, v = (
        np.array([y - sums.y / sums.x * x for y, x in side])
        for side, sums in ((first, paired.first), (second, paired.second))
    )
    if min(u @ u, v @ v) < 1e-3:
        return
    assert paired.correlation == pytest.approx(u @ v / math.sqrt(u @ u * (v @ v)), abs=1e-6)
    assert (paired + paired).correlation == pytest.approx(paired.correlation, abs=1e-9)


def test_without_contacts_nothing_correlates() -> None:
    nothing = plain.paired([(0.0, 0.0)], [(1.0, 1.0)])
    assert nothing.correlation == 0


def test_microseconds_of_a_hundred_million_contacts_do_not_cancel() -> None:
    """Sums that an engine adds up naively in doubles, against the same customers in seconds."""
    rng = np.random.default_rng(8)
    seconds = rng.lognormal(5.0, 1.0, 100_000)

    def sums(y: np.ndarray[tuple[int], np.dtype[np.float64]], times: int) -> Sums:
        return Sums(
            clusters=len(y) * times,
            n=len(y) * times,
            y=float(np.cumsum(y)[-1]) * times,
            x=float(len(y)) * times,
            yy=float(np.cumsum(y * y)[-1]) * times,
            yx=float(np.cumsum(y)[-1]) * times,
            xx=float(len(y)) * times,
        )

    small, large = sums(seconds, 1_000), sums(np.round(seconds * 1e6), 1_000)
    exact = float(np.sum((seconds - seconds.mean()) ** 2)) * 1_000
    assert large.spread == pytest.approx(exact * 1e12, rel=1e-6)
    found, expected = ratio(large, unit="s"), ratio(small, unit="s")
    assert isinstance(found, Estimate)
    assert isinstance(expected, Estimate)
    assert found.high - found.low == pytest.approx((expected.high - expected.low) * 1e6, rel=1e-4)


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e9, 123456.789])
def test_rounding_is_not_spread(value: float) -> None:
    same = of([(value * x, float(x)) for x in range(1, 40)], cubed=False)
    assert same.spread == 0
    found = ratio(same, unit="s")
    assert isinstance(found, Estimate)
    assert found.low == found.high


def test_a_denominator_of_contacts_is_told_from_a_weight() -> None:
    contacts = [plain.Contact("a", 1, 1), plain.Contact("a", 0, 1), plain.Contact("b", 1, 1)]
    weighted = [plain.Contact("a", 30, 60), plain.Contact("b", 5, 90)]
    assert plain.sums(contacts).counts_contacts
    assert not plain.sums(weighted).counts_contacts
    assert isinstance(share(plain.sums(weighted)), Estimate)


def parts(known: list[tuple[int, int]], unknown: list[bool]) -> tuple[Sums, Sums, Sums]:
    """Sums over known customers, over their contacts one by one, and over all contacts so."""
    apart = [
        plain.Contact((i, j), float(j < y), 1.0) for i, (y, x) in enumerate(known) for j in range(x)
    ]
    over = plain.sums(plain.Contact(c.customer[0], c.y, c.x) for c in apart)  # type: ignore[index]
    single = plain.sums(apart)
    return over, single, single + plain.sums(plain.Contact(None, float(v), 1.0) for v in unknown)


yeses = st.lists(
    st.integers(1, 9).flatmap(lambda x: st.tuples(st.integers(0, x), st.just(x))),
    min_size=1,
    max_size=20,
)


@settings(deadline=None)
@given(yeses)
def test_without_strangers_there_is_nothing_to_share(known: list[tuple[int, int]]) -> None:
    over, single, _ = parts(known, [])
    assert close(shared(over, known_single=single, single=single), over)


@settings(deadline=None)
@given(yeses, st.lists(st.booleans(), max_size=40))
def test_sharing_strangers_never_makes_surer(
    known: list[tuple[int, int]], unknown: list[bool]
) -> None:
    over, known_single, single = parts(known, unknown)
    found = shared(over, known_single=known_single, single=single)
    alone = over + plain.sums(plain.Contact(None, float(v), 1.0) for v in unknown)
    assert found.n == alone.n
    assert (found.y, found.x) == (alone.y, alone.x)
    assert found.spread >= alone.spread - 1e-9


def test_sharing_strangers_is_as_if_their_ids_were_there() -> None:
    """Each customer rings four times and always ends alike; half of all ids are lost."""
    rng = np.random.default_rng(5)
    answers = [i % 3 == 0 for i in range(6_000)]
    kept = rng.binomial(4, 0.5, len(answers)).tolist()
    over, known_single, single = parts(
        [(x * yes, x) for yes, x in zip(answers, kept, strict=True)],
        [yes for yes, x in zip(answers, kept, strict=True) for _ in range(4 - x)],
    )
    found = shared(over, known_single=known_single, single=single)
    truth = plain.sums(plain.Contact(i, float(4 * yes), 4.0) for i, yes in enumerate(answers))
    assert found.spread == pytest.approx(truth.spread, rel=0.03)
    assert found.customers_in_effect == pytest.approx(6_000, rel=0.03)


def test_if_nobody_is_known_all_are_on_their_own() -> None:
    none = Sums(clusters=0, n=0, y=0, x=0, yy=0, yx=0, xx=0)
    _, _, single = parts([], [True, False, False])
    assert close(shared(none, known_single=none, single=single), single)
