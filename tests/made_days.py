"""Made days: arrivals whose level, profile and spread are known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from andon.capacity.history import History, exposure_of

__all__ = ["MONDAY", "made_history"]

MONDAY = dt.date(2024, 1, 1)
WEEK = (1.0, 1.1, 1.0, 0.9, 0.8, 0.4, 0.3)


def made_history(
    rng: np.random.Generator,
    *,
    days: int = 140,
    mean: float = 400.0,
    day_swing: float = 0.1,
    swing: float = 0.1,
    memory: float = 0.8,
    week: Sequence[float] = WEEK,
    zone: str = "UTC",
    first: dt.date = MONDAY,
    level: npt.NDArray[np.float64] | None = None,
    handle_s: float = 240.0,
) -> History:
    """Contacts from 8 to 18, each interval's mean the product of level, weekday, day and factor."""
    slots = 48
    shape = np.zeros(slots)
    shape[16:36] = np.sin(np.linspace(0.3, np.pi - 0.3, 20)) + 0.5
    shape /= shape.sum()
    number = (first - dt.date(1970, 1, 1)).days + np.arange(days)
    usual = mean * np.array(week)[(number + 3) % 7]
    own = np.exp(day_swing * rng.standard_normal(days) - day_swing**2 / 2)
    z = rng.standard_normal((days, slots))
    for i in range(1, slots):
        z[:, i] = memory * z[:, i - 1] + np.sqrt(1 - memory**2) * z[:, i]
    factor = shape * np.exp(swing * z)
    factor /= factor.sum(axis=1, keepdims=True)
    exposure = exposure_of(number, zone=zone, interval_s=1800)
    rise = np.ones(days) if level is None else level
    counts = rng.poisson((usual * own * rise)[:, None] * factor * exposure).astype(float)
    work = counts * handle_s * np.exp(0.05 * rng.standard_normal((days, 1)))
    return History(
        queue="made",
        zone=zone,
        interval_s=1800,
        first_day=int(number[0]),
        counts=counts,
        exposure=exposure,
        seen=np.ones(days, dtype=bool),
        handled=counts,
        handle_total_s=work,
        handle_cv=1.0,
    )
