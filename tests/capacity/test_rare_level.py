from __future__ import annotations

import numpy as np
import pytest

from andon.capacity.day_level import DayLevel
from andon.capacity.rare_level import fit_rare_level

WEEK = np.array([1.2, 1.2, 1.0, 1.0, 0.8, 0.0, 0.0])


def _fit(seed: int, *, mean: float = 4.0, days: int = 140, swing: float = 0.0) -> DayLevel:
    rng = np.random.default_rng(seed)
    day = 19723 + np.arange(days)
    weekday = (day + 3) % 7
    factor = rng.gamma(1 / swing, swing, days) if swing else np.ones(days)
    return fit_rare_level(
        day=day,
        weekday=weekday,
        counts=rng.poisson(mean * WEEK[weekday] * factor).astype(float),
        exposure=np.ones(days),
        usable=np.ones(days, dtype=bool),
        works=WEEK > 0,
    )


def _means(fit: DayLevel, *, courses: int = 2000) -> np.ndarray:
    future = fit.drawn(19723 + 140 + np.arange(28), courses=courses, rng=np.random.default_rng(5))
    made: np.ndarray = np.exp(future.ordinary + future.swing)
    return made


def test_level_and_closed_days_of_four_calls_a_day_are_recovered() -> None:
    means = np.stack([_means(_fit(seed)).mean(axis=0) for seed in range(10)]).mean(axis=0)
    assert means[:5].mean() == pytest.approx(4 * WEEK[:5].mean(), rel=0.06)
    assert means[0] > means[4]
    assert (means[5:7] == 0).all()


def test_weekdays_are_drawn_together_as_far_as_chance_explains_them() -> None:
    flat = _fit(1, mean=0.5)
    shares = np.exp(flat.weekdays[:5])
    assert shares.max() / shares.min() < 2.5


def test_days_that_swing_are_drawn_wider() -> None:
    calm = np.mean([_fit(seed).swing[0] for seed in range(6)])
    wild = np.mean([_fit(seed, swing=0.25).swing[0] for seed in range(6)])
    assert wild > calm + 0.2


def test_a_queue_on_which_one_call_came_still_has_a_level() -> None:
    day = 19723 + np.arange(30)
    counts = np.zeros(30)
    counts[9] = 1
    fit = fit_rare_level(
        day=day,
        weekday=(day + 3) % 7,
        counts=counts,
        exposure=np.ones(30),
        usable=np.ones(30, dtype=bool),
        works=np.ones(7, dtype=bool),
    )
    assert _means(fit).mean() < 0.5
    assert np.isfinite(fit.full).all()
