"""Queues for tests of plans: drawn days whose truth is known."""

from __future__ import annotations

import datetime as dt

import numpy as np

from andon.capacity.courses import Courses
from andon.capacity.horizon import Horizon

__all__ = ["HORIZON", "drawn"]

HORIZON = Horizon.of(dt.date(2024, 6, 3), days=7, zone="Europe/Berlin")
"""A week from a Monday on."""


def drawn(
    queue: str,
    *,
    horizon: Horizon = HORIZON,
    a_day: float = 600.0,
    courses: int = 60,
    day_cv: float = 0.1,
    handle_s: float = 240.0,
    handle_cv: float = 1.0,
    from_h: float = 8.0,
    to_h: float = 18.0,
    peak: float = 0.5,
    weekend: float = 0.4,
    seed: int = 7,
    all_hours: bool = False,
) -> Courses:
    """Days with a hump at noon, busy days busy throughout, and quieter weekends."""
    rng = np.random.default_rng([seed, len(queue), *queue.encode()])
    hour = horizon.slot * horizon.interval_s / 3600
    open_ = (hour >= from_h) & (hour < to_h)
    shape = np.where(open_ | all_hours, 1 + peak * np.cos((hour - 12) / 12 * np.pi * 2), 0.0)
    per_day = np.where(horizon.weekday >= 5, weekend, 1.0)
    weights = shape * per_day
    busy = weights[horizon.weekday < 5].sum() / max(
        1, len(np.unique(horizon.day[horizon.weekday < 5]))
    )
    mean = a_day * weights / busy
    factor = np.ones((courses, len(horizon.days)))
    if day_cv > 0:
        factor = rng.gamma(day_cv**-2, day_cv**2, size=factor.shape)
    return Courses(
        queue=queue,
        horizon=horizon,
        contacts=mean * factor[:, horizon.day_index],
        handle_s=np.full((courses, len(hour)), handle_s),
        handle_cv=handle_cv,
        open=open_,
    )
