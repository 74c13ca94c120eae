from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from andon.capacity.profile import Profiles, fit_profiles

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def _shape(start: int, end: int) -> Floats:
    made = np.zeros(48)
    made[start:end] = np.sin(np.linspace(0.3, np.pi - 0.3, end - start)) + 0.3
    return np.asarray(made / made.sum())


def _fit(counts: Floats, kind: Ints, *, exposure: Floats | None = None) -> Profiles:
    return fit_profiles(
        counts,
        np.ones_like(counts) if exposure is None else exposure,
        kind,
        kinds=8,
        interval_s=1800,
    )


def _days(rng: np.random.Generator, mean: float, days: int = 140) -> tuple[Floats, Ints, Floats]:
    kind = np.arange(days) % 7
    truth = np.stack([_shape(16, 36)] * 5 + [_shape(20, 28), _shape(40, 48), _shape(16, 36)])
    return rng.poisson(mean * truth[kind]).astype(float), kind, truth


def test_profiles_come_near_the_truth_and_nearer_than_each_weekday_alone() -> None:
    rng = np.random.default_rng(1)
    counts, kind, truth = _days(rng, 100)
    found = _fit(counts, kind)
    np.testing.assert_allclose(found.share.sum(axis=1), 1)
    alone = np.stack([counts[kind == each].sum(axis=0) for each in range(7)])
    alone /= alone.sum(axis=1, keepdims=True)
    ours = np.abs(found.share[:5] - truth[:5]).sum()
    assert ours < 0.7 * np.abs(alone[:5] - truth[:5]).sum()


def test_kinds_that_clearly_differ_lend_each_other_nothing() -> None:
    counts, kind, truth = _days(np.random.default_rng(2), 300)
    found = _fit(counts, kind)
    assert found.share[6, :38].sum() < 0.01
    assert found.share[5, :18].sum() < 0.01
    assert np.abs(found.share[6] - truth[6]).sum() < 0.1


def test_a_kind_that_was_never_seen_is_the_mean_of_all() -> None:
    counts, kind, _ = _days(np.random.default_rng(3), 300)
    found = _fit(counts, kind)
    assert found.days.tolist() == [20] * 7 + [0]
    assert np.isfinite(found.share[7]).all()
    assert found.share[7].sum() == pytest.approx(1)


def test_hours_that_were_not_seen_do_not_thin_the_profile() -> None:
    counts, kind, truth = _days(np.random.default_rng(4), 2000)
    exposure = np.ones_like(counts)
    exposure[::3, 20:24] = 0
    counts = counts * exposure
    found = _fit(counts, kind, exposure=exposure)
    np.testing.assert_allclose(found.share[0, 18:26], truth[0, 18:26], rtol=0.08)


def test_new_opening_hours_are_learnt_and_old_ones_forgotten() -> None:
    rng = np.random.default_rng(5)
    kind = np.arange(140) % 7
    later = np.arange(140) >= 60
    truth = np.where(later[:, None], _shape(20, 40), _shape(14, 34))
    found = _fit(rng.poisson(300 * truth).astype(float), kind)
    assert (found.half_life[:7] <= 42).sum() >= 5
    steady = _fit(rng.poisson(300 * np.tile(_shape(14, 34), (140, 1))).astype(float), kind)
    assert np.isinf(steady.half_life).all()


def test_doubt_is_as_large_as_the_misses() -> None:
    z = []
    for seed in range(20):
        counts, kind, truth = _days(np.random.default_rng(seed), 60, days=70)
        found = _fit(counts, kind)
        inside = truth[0] > 0.02
        z.append(((found.share[0] - truth[0]) / (found.share[0] * found.doubt[0]))[inside])
    assert 0.6 < np.std(np.concatenate(z)) < 1.7


def test_drawn_profiles_are_profiles() -> None:
    counts, kind, _ = _days(np.random.default_rng(6), 100)
    drawn = _fit(counts, kind).drawn(courses=50, rng=np.random.default_rng(1))
    assert drawn.shape == (50, 8, 48)
    np.testing.assert_allclose(drawn.sum(axis=2), 1)
    assert (drawn >= 0).all()
