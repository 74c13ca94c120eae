from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np

from andon.capacity.horizon import Horizon
from andon.capacity.yardsticks import mean_profile, seasonal_naive
from made_days import MONDAY, made_history


def _horizon(after: int, days: int = 7) -> Horizon:
    return Horizon.of(MONDAY + dt.timedelta(days=after), days=days, zone="UTC")


def test_naive_is_the_same_weekday_a_whole_number_of_weeks_before() -> None:
    history = made_history(np.random.default_rng(1), days=70)
    found = seasonal_naive(history, _horizon(70))
    np.testing.assert_array_equal(found.point, history.counts[63:].ravel())
    far = seasonal_naive(history, _horizon(70 + 15, days=1))
    np.testing.assert_array_equal(far.point, history.counts[64])


def test_naive_goes_further_back_where_the_week_before_is_missing() -> None:
    history = made_history(np.random.default_rng(1), days=70)
    seen = history.seen.copy()
    seen[63:65] = False
    found = seasonal_naive(replace(history, seen=seen), _horizon(70, days=3))
    np.testing.assert_array_equal(found.point, history.counts[[56, 57, 65]].ravel())


def test_mean_profile_is_the_mean_of_its_weekday() -> None:
    history = made_history(np.random.default_rng(1), days=70)
    found = mean_profile(history, _horizon(70, days=1))
    np.testing.assert_allclose(found.point, history.counts[::7].mean(axis=0))


def test_their_own_misses_cover_what_they_say() -> None:
    history = made_history(np.random.default_rng(2), days=420)
    past, after = history.before(MONDAY + dt.timedelta(days=392)), history.counts[392:].ravel()
    for yardstick in (seasonal_naive, mean_profile):
        found = yardstick(past, _horizon(392, days=28))
        assert (np.diff(found.quantiles, axis=0) >= 0).all()
        busy = found.point > 5
        inside = (after >= found.quantiles[1]) & (after <= found.quantiles[17])
        assert 0.72 < inside[busy].mean() < 0.9
