"""False discovery: the published example, its definition, and what it promises by simulation."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.goodhart.false_discovery import Dependence, Floats, controlled

P_1995 = (
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459),
    *(0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
)
"""The fifteen ordered p-values of Benjamini and Hochberg's paper, section 4.1: of them the first
four are discoveries at 5 %, where Bonferroni's rule finds three."""


def _by_definition(p: list[float], level: float, dependence: Dependence) -> set[int]:
    """All up to the largest k for which the k-th smallest is at most level k / (m c)."""
    m = len(p)
    c = sum(1 / i for i in range(1, m + 1)) if dependence == "arbitrary" else 1.0
    order = sorted(range(m), key=p.__getitem__)
    k = max((i for i in range(1, m + 1) if p[order[i - 1]] <= level * i / (m * c)), default=0)
    return set(order[:k])


def test_the_published_example_has_four_discoveries() -> None:
    found = controlled(P_1995, dependence="positive")
    assert found.found.tolist() == [True] * 4 + [False] * 11
    assert found.adjusted[3] == pytest.approx(0.0095 * 15 / 4)
    assert controlled(P_1995).found.sum() == 3


@given(
    p=st.lists(st.integers(0, 1000).map(lambda i: i / 1000), min_size=1, max_size=30),
    dependence=st.sampled_from(["positive", "arbitrary"]),
)
def test_what_is_found_agrees_with_the_definition(p: list[float], dependence: Dependence) -> None:
    # A hair above the level, so that neither side turns on how a product was rounded.
    found = controlled(p, level=0.0500001, dependence=dependence)
    assert set(np.flatnonzero(found.found)) == _by_definition(p, 0.0500001, dependence)
    assert np.all(found.adjusted >= found.p)


def test_a_test_that_could_not_be_made_is_no_test() -> None:
    with_gap = controlled([0.02, np.nan, 0.04], dependence="positive")
    assert with_gap.tested == 2
    assert (
        with_gap.adjusted[[0, 2]].tolist()
        == controlled([0.02, 0.04], dependence="positive").adjusted.tolist()
    )
    assert np.isnan(with_gap.adjusted[1])
    assert not with_gap.found[1]


def test_no_test_at_all_finds_nothing() -> None:
    assert controlled([]).tested == 0
    assert not controlled([np.nan]).found.any()


def test_with_nothing_going_on_one_in_twenty_operations_finds_anything() -> None:
    rng = np.random.default_rng(4)
    any_found = [controlled(rng.random(40), dependence="positive").found.any() for _ in range(2000)]
    assert 0.035 < np.mean(any_found) < 0.065


def test_however_tests_hang_together_the_false_share_is_held() -> None:
    rng = np.random.default_rng(5)
    shares = []
    for _ in range(1000):
        z = rng.standard_normal(30)
        z -= z.mean()  # advisors compared with one another: what one has more, the others have less
        z[:5] += 4
        found = controlled(1 - _normal(z)).found
        shares.append(found[5:].sum() / max(1, found.sum()))
    assert np.mean(shares) <= 0.05


def _normal(z: Floats) -> Floats:
    from scipy.special import ndtr

    return np.asarray(ndtr(z))


@pytest.mark.parametrize("p", [[-0.1], [1.5], [0.2, np.inf]])
def test_what_is_no_p_value_is_refused(p: list[float]) -> None:
    with pytest.raises(QuestionError, match="between 0 and 1"):
        controlled(p)


def test_levels_and_dependences_that_do_not_exist_are_refused() -> None:
    with pytest.raises(QuestionError, match="between 0 and 1"):
        controlled([0.5], level=1.0)
    with pytest.raises(QuestionError, match="no dependence"):
        controlled([0.5], dependence=cast("Dependence", "none"))
