"""Absorbed: cells laid out as tables and cells looked up pair by pair give the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.goodhart import absorbed
from andon.goodhart.absorbed import Absorbed, absorb, paces


def cells_of(rng: np.random.Generator, *, cells: int, advisors: int, each: int) -> Absorbed:
    """Cells of teams that move through the advisors, as shifts do."""
    first = np.sort(rng.integers(0, advisors, cells))
    cell = np.repeat(np.arange(cells), each)
    advisor = (first[cell] + rng.integers(0, 2 * each, len(cell))) % advisors
    place = np.unique(cell * advisors + advisor)
    _, cell = np.unique(place // advisors, return_inverse=True)
    _, advisor = np.unique(place % advisors, return_inverse=True)
    n = rng.integers(2, 5, len(place)).astype(float)
    return absorb(cell=cell.astype(np.int64), advisor=advisor.astype(np.int64), n=n)


@given(
    seed=st.integers(0, 2**31),
    cells=st.integers(1, 300),
    advisors=st.integers(2, 60),
    each=st.integers(1, 9),
)
def test_tables_and_pairs_give_the_same(seed: int, cells: int, advisors: int, each: int) -> None:
    drawn = {"cells": cells, "advisors": advisors, "each": each}
    found = []
    for table in (0.0, 8.0, np.inf):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(absorbed, "_TABLE", table)
            rng = np.random.default_rng(seed)
            made = cells_of(rng, **drawn)
            sums = made.n * rng.normal(size=len(made.n))
            squares = sums**2 / made.n + 1
            form, rank = made.shuffled(sums, squares)
            effect, parts = paces(cell=made.cell, advisor=made.advisor, n=made.n, sums=sums)
            fits = made.fit(sums).advisors
            found.append([np.ravel(each) for each in (made.leverage, fits, form, rank, effect)])
            assert parts.tolist() == made.part_of.tolist()
    for other in found[1:]:
        for mine, theirs in zip(found[0], other, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-9)


def test_some_cells_are_laid_out_and_others_are_not() -> None:
    rng = np.random.default_rng(1)
    shared = np.tile(np.arange(20), 64)  # 64 cells of the same 20 advisors
    scattered = 20 + rng.integers(0, 2_000, 64 * 3)
    sizes = np.repeat([20, 3], 64)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    blocks, loose = absorbed._blocks(np.concatenate([shared, scattered]), starts, sizes, 2_020)
    assert [(block.first, block.last) for block in blocks] == [(0, 64)]
    assert (loose[:64] == 0).all()
    assert (loose[64:] == 3).all()


def test_what_is_the_same_for_all_of_a_cell_needs_no_shuffling() -> None:
    made = cells_of(np.random.default_rng(2), cells=40, advisors=6, each=3)
    assert made.shuffled(made.n, made.n) == (0.0, 0)
