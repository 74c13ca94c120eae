from __future__ import annotations

import datetime as dt

import numpy as np

from andon.capacity.history import exposure_of
from made_days import MONDAY, made_history

EPOCH = dt.date(1970, 1, 1)


def test_the_hour_that_comes_twice_counts_twice_and_the_skipped_one_not_at_all() -> None:
    days = np.array([(dt.date(2024, 3, 31) - EPOCH).days, (dt.date(2024, 10, 27) - EPOCH).days])
    made = exposure_of(days, zone="Europe/Berlin", interval_s=1800)
    assert made.sum(axis=1).tolist() == [46, 50]
    assert made[0, 4:6].tolist() == [0, 0]
    assert made[1, 4:6].tolist() == [2, 2]


def test_what_was_known_before_a_day_ends_with_the_day_before() -> None:
    history = made_history(np.random.default_rng(1), days=30)
    past = history.before(MONDAY + dt.timedelta(days=10))
    assert past.last_date == MONDAY + dt.timedelta(days=9)
    np.testing.assert_array_equal(past.counts, history.counts[:10])
    assert past.weekday[0] == 0


def test_days_outside_the_data_are_unseen() -> None:
    history = made_history(np.random.default_rng(1), days=10)
    wide = history.between(MONDAY - dt.timedelta(days=2), MONDAY + dt.timedelta(days=11))
    assert wide.seen.tolist() == [False] * 2 + [True] * 10 + [False] * 2
    np.testing.assert_array_equal(wide.counts[2:12], history.counts)
    assert wide.first_date == MONDAY - dt.timedelta(days=2)
