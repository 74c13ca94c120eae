from __future__ import annotations

import numpy as np
import pytest

from andon.capacity import spread as module
from andon.capacity.spread import WithinDay, fit_within_day
from oracles import capacity_forecast as oracle

SHARE = np.linspace(0.5, 1.5, 34) / 34


def _fit(
    seed: int, *, mean: float, swing: float, memory: float, day: float = 0.2, days: int = 200
) -> WithinDay:
    rng = np.random.default_rng(seed)
    factor = np.exp(WithinDay(swing=swing, memory=memory).drawn((days, 34), rng=rng))
    level = 34 * mean * np.exp(day * rng.standard_normal((days, 1)))
    counts = rng.poisson(level * SHARE * factor).astype(float)
    return fit_within_day(counts, np.tile(SHARE, (days, 1)), np.ones((days, 34)))


@pytest.mark.parametrize(
    ("mean", "swing", "memory"), [(50, 0.2, 0.8), (50, 0.1, 0.5), (8, 0.3, 0.7)]
)
def test_swing_and_memory_are_recovered(mean: float, swing: float, memory: float) -> None:
    found = [_fit(seed, mean=mean, swing=swing, memory=memory) for seed in range(8)]
    assert np.mean([each.swing for each in found]) == pytest.approx(swing, rel=0.1)
    assert np.mean([each.memory for each in found]) == pytest.approx(memory, abs=0.1)


def test_poisson_counts_do_not_swing_however_much_days_differ() -> None:
    assert np.mean([_fit(seed, mean=20, swing=0, memory=0).swing for seed in range(8)]) < 0.04


def test_hours_that_were_not_seen_do_not_count() -> None:
    rng = np.random.default_rng(1)
    counts = rng.poisson(1000 * np.tile(SHARE, (100, 1))).astype(float)
    exposure = np.ones((100, 34))
    exposure[::2, 5:9] = 0
    found = fit_within_day(counts * exposure, np.tile(SHARE, (100, 1)), exposure)
    assert found.swing < 0.05


def test_one_broken_line_is_no_swing() -> None:
    rng = np.random.default_rng(2)
    counts = rng.poisson(1000 * np.tile(SHARE, (200, 1))).astype(float)
    counts[3, 10:14] = 0
    counts[3, 14:18] *= 3
    assert fit_within_day(counts, np.tile(SHARE, (200, 1)), np.ones((200, 34))).swing < 0.06


def test_factors_have_mean_one_and_the_correlation_they_say() -> None:
    within = WithinDay(swing=0.3, memory=0.7)
    drawn = within.drawn((40_000, 6), rng=np.random.default_rng(3))
    np.testing.assert_allclose(np.exp(drawn).mean(axis=0), 1, atol=0.01)
    np.testing.assert_allclose(drawn.std(axis=0), 0.3, rtol=0.02)
    assert np.corrcoef(drawn[:, 2], drawn[:, 4])[0, 1] == pytest.approx(0.49, abs=0.02)


@pytest.mark.parametrize("lag", [0, 1, 3])
def test_moments_agree_with_sums_taken_one_by_one(
    lag: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(4)
    share = np.tile(np.array([0.1, 0.2, 0.3, 0.25, 0.15]), (12, 1))
    counts = rng.poisson(60 * share).astype(float)
    seen: list[np.ndarray] = []

    def caught(beyond: np.ndarray, base: np.ndarray, typical: np.ndarray) -> WithinDay:
        seen.append(beyond)
        return WithinDay(swing=1.0, memory=0.0)

    monkeypatch.setattr(module, "_matched", caught)
    monkeypatch.setattr(module, "_KEPT", 1.0)
    monkeypatch.setattr(module, "_KEPT_PAIRS", 1.0)
    monkeypatch.setattr(module, "_FAR", 1e9)
    fit_within_day(counts, share, np.ones_like(counts))
    assert seen[0][lag] == pytest.approx(oracle.beyond_chance(counts, share, lag))
