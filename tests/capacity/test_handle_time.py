from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from andon.capacity.handle_time import fit_handle_time
from andon.errors import PlanError
from made_days import made_history


def test_mean_profile_and_spread_of_handle_time_are_recovered() -> None:
    rng = np.random.default_rng(1)
    history = made_history(rng, days=200)
    slope = np.linspace(0.8, 1.2, 48)
    history = replace(history, handle_total_s=history.handle_total_s * slope)
    fit = fit_handle_time(history, horizon_days=14)
    ahead = history.days[-1] + 1 + np.arange(14)
    drawn = fit.drawn(ahead, courses=500, rng=np.random.default_rng(2))
    busy = history.counts.sum(axis=0) > 0
    truth = 240 * slope
    got = drawn.mean(axis=(0, 1))
    np.testing.assert_allclose(got[busy], truth[busy], rtol=0.04)
    mondays = drawn[:, (ahead + 3) % 7 == 0, 24]
    assert np.log(mondays).std() == pytest.approx(0.05, abs=0.03)
    assert fit.cv_known


def test_single_handle_times_that_are_not_known_are_taken_as_exponential() -> None:
    history = replace(made_history(np.random.default_rng(1)), handle_cv=None)
    fit = fit_handle_time(history, horizon_days=14)
    assert (fit.cv, fit.cv_known) == (1.0, False)


def test_few_handle_times_give_the_mean() -> None:
    history = made_history(np.random.default_rng(1), days=60)
    handled = history.handled.copy()
    handled[10:] = 0
    few = replace(history, handled=handled, handle_total_s=handled * 300)
    fit = fit_handle_time(few, horizon_days=7)
    drawn = fit.drawn(
        history.days[-1] + 1 + np.arange(7), courses=200, rng=np.random.default_rng(1)
    )
    assert fit.level is None
    assert drawn.mean() == pytest.approx(300, rel=0.05)


def test_work_without_any_handle_time_is_refused() -> None:
    history = made_history(np.random.default_rng(1), days=60)
    with pytest.raises(PlanError, match="No past contact has a handle time"):
        fit_handle_time(replace(history, handle_total_s=history.counts * 0), horizon_days=7)
