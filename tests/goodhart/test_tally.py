"""A tally counts each value once, whichever way it comes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from andon.goodhart.tally import tally

values = st.lists(st.integers(0, 20), min_size=1, max_size=60)


@given(values)
def test_single_values_and_counts_make_the_same_tally(seen: list[int]) -> None:
    at, counts = np.unique(seen, return_counts=True)
    one, other = tally(seen), tally(at[::-1], counts[::-1])
    assert one.values.tolist() == other.values.tolist() == at.tolist()
    assert one.totals.tolist() == other.totals.tolist() == counts.tolist()
    assert one.n == len(seen)


@given(values)
def test_groups_keep_their_contacts(seen: list[int]) -> None:
    rows = np.zeros((3, len(seen)))
    for i in range(len(seen)):
        rows[i % 3, i] = 1
    grouped = tally(seen, rows)
    assert grouped.grouped
    assert len(grouped.counts) == min(3, len(seen))
    assert grouped.totals.tolist() == tally(seen).totals.tolist()


def test_a_stretch_holds_both_its_ends() -> None:
    assert tally([1, 2, 3, 4]).between(2, 3).values.tolist() == [2.0, 3.0]
