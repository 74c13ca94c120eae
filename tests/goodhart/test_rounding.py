"""Rounding is seen from the counts, and not where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.goodhart.rounding import rounding
from andon.goodhart.tally import tally


@pytest.mark.parametrize("step", [5, 10, 30, 60])
def test_values_that_are_all_rounded_show_their_step(step: int) -> None:
    values = np.random.default_rng(step).lognormal(5.5, 0.6, 5_000)
    found = rounding(tally(np.rint(values / step) * step))
    assert found.step == step
    assert found.heaps == ()
    assert found.coarsest == step


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), step=st.sampled_from([5, 15, 60]))
def test_a_fifth_rounded_by_hand_is_seen(seed: int, step: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.rint(rng.lognormal(5.5, 0.6, 20_000))
    values[:4_000] = np.rint(values[:4_000] / step) * step
    found = rounding(tally(values))
    assert found.step == 1
    assert found.coarsest == step
    assert step in [heap.step for heap in found.heaps]


def test_smooth_values_seldom_seem_rounded() -> None:
    rng = np.random.default_rng(6)
    seen = [rounding(tally(rng.lognormal(5.5, 0.6, 20_000))) for _ in range(60)]
    assert sum(bool(each.heaps) for each in seen) <= 2
    assert all(each.step is None for each in seen)


def test_a_target_left_apart_is_no_rounding() -> None:
    rng = np.random.default_rng(7)
    values = [*np.ceil(rng.lognormal(5.5, 0.6, 20_000)), *([300.0] * 3_000)]
    apart = rounding(tally(values), apart=[(285, 375)])
    assert apart.heaps == ()


def test_steps_with_too_few_multiples_are_named_untested() -> None:
    values = np.random.default_rng(8).uniform(100, 500, 5_000).round()
    assert 3_600 in rounding(tally(values)).untested


def test_instant_answers_are_no_rounding() -> None:
    waits = [*([0.0] * 5_000), *np.random.default_rng(9).exponential(40, 5_000).round()]
    assert rounding(tally(waits)).heaps == ()
