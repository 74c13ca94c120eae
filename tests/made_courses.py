"""Courses of made-up days, small enough to look at."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt

from andon.capacity.courses import Courses
from andon.capacity.horizon import Horizon

__all__ = ["made_courses"]


def made_courses(
    seed: int = 1,
    *,
    count: int = 60,
    days: int = 1,
    per_h: npt.ArrayLike = 60.0,
    handle_s: float = 240.0,
    handle_cv: float = 1.0,
    day_sd: float = 0.2,
    hour_sd: float = 0.1,
    handle_sd: float = 0.0,
    opens: int = 9,
    closes: int = 14,
    first: dt.date = dt.date(2024, 1, 1),
    zone: str = "UTC",
) -> Courses:
    """Days of hours, open from ``opens`` to ``closes`` o'clock, ``per_h`` calls in each of them."""
    rng = np.random.default_rng(seed)
    horizon = Horizon.of(first, days=days, zone=zone, interval_s=3600)
    opened = (horizon.slot >= opens) & (horizon.slot < closes)
    shape = (count, len(opened))
    mean = np.zeros(len(opened))
    each = np.broadcast_to(np.asarray(per_h, dtype=np.float64), (closes - opens,))
    mean[opened] = each[horizon.slot[opened] - opens]
    by_day = np.exp(day_sd * rng.normal(size=(count, days)))[:, horizon.day_index]
    by_hour = np.exp(hour_sd * rng.normal(size=shape))
    handle = handle_s * np.exp(handle_sd * rng.normal(size=(count, days)))[:, horizon.day_index]
    return Courses(
        queue="calls",
        horizon=horizon,
        contacts=mean * by_day * by_hour,
        handle_s=np.ascontiguousarray(handle),
        handle_cv=handle_cv,
        open=opened,
    )
