from __future__ import annotations

import numpy as np
import pytest

from andon.capacity.level_filter import LevelFilter, Variances
from oracles import capacity_forecast as oracle


@pytest.mark.parametrize("point", [Variances(0.05), Variances(0.01, 0.2, 0.7)])
def test_smoothing_agrees_with_one_normal_law_over_all_days(point: Variances) -> None:
    rng = np.random.default_rng(1)
    n = 60
    x = np.array(np.arange(n)[:, None] % 7 == np.arange(1, 7), dtype=float)
    log = 5 + x @ np.linspace(-1, 0, 6) + 0.1 * rng.standard_normal(n)
    log[[3, 20, 21]] = np.nan
    observed = rng.uniform(0.005, 0.05, n)
    model = LevelFilter(log, x, drift=False, swinging=point.swing > 0)
    model.log_likelihood(Variances(0.5, 0.5, 0.1), np.ones(n))  # what was asked before is forgotten
    found = model.smoothed(point, observed)
    mean, variance = oracle.smoothed(
        log, x, wander=point.wander, swing=point.swing, memory=point.memory, observed=observed
    )
    np.testing.assert_allclose(found.signal, mean, atol=1e-6)
    np.testing.assert_allclose(found.variance, variance, rtol=1e-4)
    np.testing.assert_allclose(found.level + x @ found.effects, found.signal, atol=1e-9)


def test_variances_that_were_given_are_not_written_to() -> None:
    observed = np.full(30, 0.01)
    model = LevelFilter(np.linspace(5, 6, 30), np.zeros((30, 0)), drift=True, swinging=False)
    model.ahead(Variances(0.01), observed)
    model.log_likelihood(Variances(0.02), observed)
    np.testing.assert_array_equal(observed, 0.01)
