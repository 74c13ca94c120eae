"""Level shifts: intervals hold the truth where days resemble one another, and chance finds none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.estimate import Unknown
from andon.goodhart.level_shifts import Floats, Shift, level_shift
from andon.units import Unit

WEEK = np.array([1.3, 1.1, 1.0, 1.0, 0.95, 0.4, 0.3])
PATTERN = np.array([0.02, 0.0, 0.0, -0.01, 0.0, 0.05, 0.06])


def noise(rng: np.random.Generator, periods: int, memory: float) -> Floats:
    drawn = rng.standard_normal(periods)
    for t in range(1, periods):
        drawn[t] = memory * drawn[t - 1] + np.sqrt(1 - memory**2) * drawn[t]
    return drawn


def days(
    rng: np.random.Generator, periods: int, *, memory: float, step: float, at: int
) -> tuple[Floats, Floats]:
    """Contacts that count and all of them: weekdays of their own, each day like the last."""
    place = np.arange(periods)
    n = rng.poisson(400 * WEEK[place % 7])
    share = 0.2 + PATTERN[place % 7] + 0.03 * noise(rng, periods, memory) + step * (place >= at)
    return rng.binomial(n, np.clip(share, 0, 1)).astype(np.float64), n.astype(np.float64)


def shifted(y: Floats, x: Floats, before: int, unit: Unit = "share") -> Shift:
    found = level_shift(y, x, before=before, unit=unit)
    assert isinstance(found, Shift)
    return found


@pytest.mark.parametrize("memory", [0.0, 0.3, 0.6])
@pytest.mark.parametrize(("periods", "at"), [(112, 56), (91, 40)])
def test_the_interval_holds_the_truth_where_days_resemble_one_another(
    memory: float, periods: int, at: int
) -> None:
    rng = np.random.default_rng(17)
    held = [
        found.difference.low <= 3 <= found.difference.high
        for found in (
            shifted(*days(rng, periods, memory=memory, step=0.03, at=at), at) for _ in range(400)
        )
    ]
    assert 0.925 <= np.mean(held) <= 0.98  # 95 % in truth: 400 runs leave it with a chance of 1 %


@pytest.mark.slow
@pytest.mark.parametrize("memory", [0.0, 0.3, 0.6])
@pytest.mark.parametrize(("periods", "at"), [(112, 56), (365, 120)])
def test_coverage_lies_within_93_and_97_in_100(memory: float, periods: int, at: int) -> None:
    rng = np.random.default_rng(5)
    found = [shifted(*days(rng, periods, memory=memory, step=0.03, at=at), at) for _ in range(2000)]
    held = np.mean([each.difference.low <= 3 <= each.difference.high for each in found])
    assert 0.93 <= held <= 0.97


def test_days_taken_for_independent_would_find_changes_where_none_is() -> None:
    rng = np.random.default_rng(8)
    naive, ours = 0, 0
    for _ in range(200):
        y, x = days(rng, 112, memory=0.6, step=0.0, at=56)
        p = [y[part].sum() / x[part].sum() for part in (slice(0, 56), slice(56, 112))]
        error = np.sqrt(sum(q * (1 - q) / x[:56].sum() for q in p))
        naive += abs(p[1] - p[0]) > 1.96 * error
        ours += shifted(y, x, 56).way != 0
    assert naive > 80
    assert ours <= 20


def test_uneven_weekdays_on_either_side_are_no_change() -> None:
    place = np.arange(64)
    x = 400 * WEEK[place % 7]
    found = shifted((0.2 + PATTERN[place % 7]) * x, x, 30)
    assert found.difference.value == pytest.approx(0, abs=1e-9)
    assert not found.way


@given(seed=st.integers(0, 10**6), scale=st.floats(0.01, 100), add=st.floats(-50, 50))
def test_a_shift_scales_with_its_unit_and_does_not_mind_the_level(
    seed: int, scale: float, add: float
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.poisson(50, 70).astype(np.float64) + 1
    y = x * rng.normal(100, 10, 70)
    one, two = shifted(y, x, 35, "s"), shifted(scale * (y + add * x), x, 35, "s")
    assert two.difference.value == pytest.approx(scale * one.difference.value, rel=1e-6, abs=1e-6)
    assert two.p == pytest.approx(one.p, abs=1e-6)
    gap = one.after.value - one.before.value
    assert one.difference.value == pytest.approx(gap, abs=1e-9)


def test_what_cannot_be_compared_is_said_to_be_unknown_or_refused() -> None:
    short = level_shift(np.ones(40), np.ones(40), before=20, unit="s")
    assert isinstance(short, Unknown)
    assert "28 days" in short.needs
    empty = np.concatenate([np.ones(40), np.zeros(40)])
    assert isinstance(level_shift(empty, empty, before=40, unit="share"), Unknown)
    for y, x, before in (
        (np.ones(80), np.ones(79), 40),
        (np.full(80, np.nan), np.ones(80), 40),
        (np.ones(80), -np.ones(80), 40),
        (np.ones(80), np.ones(80), 80),
    ):
        with pytest.raises(QuestionError) as told:
            level_shift(y, x, before=before, unit="s")
        assert told.value.found
        assert told.value.todo


def test_a_measure_that_never_moves_has_no_doubt_and_no_change() -> None:
    found = shifted(np.full(80, 5.0), np.ones(80), 40, "s")
    assert found.difference.value == pytest.approx(0)
    assert found.p == 1
