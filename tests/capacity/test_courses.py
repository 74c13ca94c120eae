from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from andon.capacity.courses import Courses
from andon.capacity.horizon import Horizon


def test_load_is_work_that_arrives_and_counts_scatter_around_it() -> None:
    horizon = Horizon.of(dt.date(2024, 1, 1), days=1, zone="UTC")
    courses = Courses(
        queue="calls",
        horizon=horizon,
        contacts=np.full((4000, 48), 30.0),
        handle_s=np.full((4000, 48), 240.0),
        handle_cv=1.0,
        open=np.ones(48, dtype=bool),
    )
    assert courses.count == 4000
    assert courses.load_erlangs[0, 0] == pytest.approx(4.0)
    counts = courses.counts(np.random.default_rng(1))
    assert counts.mean() == pytest.approx(30, rel=0.01)
    assert counts.var() == pytest.approx(30, rel=0.03)
