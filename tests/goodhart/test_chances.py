"""Chances: pairs of a start and an end, as the definition counts them."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from andon.errors import QuestionError
from andon.goodhart.chances import chances
from oracles.at_a_limit import pairs

_COUNTS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=40)


@given(counts=_COUNTS)
def test_pairs_are_counted_as_the_definition_counts_them(counts: list[tuple[int, int]]) -> None:
    started, ended = zip(*counts, strict=True)
    lags = np.arange(len(counts))
    found = chances(started, ended, slot_s=60.0, lags_s=60.0 * lags)
    assert found == pytest.approx([pairs(started, ended, int(lag)) for lag in lags], abs=1e-6)


@given(counts=_COUNTS, times=st.integers(1, 9))
def test_twice_as_many_starts_give_twice_the_chances(
    counts: list[tuple[int, int]], times: int
) -> None:
    started, ended = (np.array(each) for each in zip(*counts, strict=True))
    lags = 30.0 * np.arange(len(counts))
    once = chances(started, ended, slot_s=60.0, lags_s=lags)
    assert chances(times * started, ended, slot_s=60.0, lags_s=lags) == pytest.approx(
        times * once, abs=1e-6
    )


def test_beyond_the_time_that_was_seen_there_is_no_chance() -> None:
    assert chances([1, 1], [1, 1], slot_s=60, lags_s=[1e9]).tolist() == [0.0]


@pytest.mark.parametrize("lags", [[-1.0], [60.0, -0.1]])
def test_lags_run_forward(lags: list[float]) -> None:
    with pytest.raises(QuestionError, match="forward"):
        chances([1, 2], [1, 2], slot_s=60, lags_s=lags)


def test_starts_and_ends_need_the_same_slots() -> None:
    with pytest.raises(QuestionError, match="each slot"):
        chances([1, 2, 3], [1, 2], slot_s=60, lags_s=[60.0])
