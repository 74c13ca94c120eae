"""One queue in a typical week, made up, for the tests of what-if."""

from __future__ import annotations

from typing import Any

import numpy as np

from andon.capacity.assumption import Assumption
from andon.capacity.pace import Pace, Slope, measured_pace
from andon.capacity.situation import Situation
from andon.units import Unit

DAY = np.array([0] * 16 + [60, 90, 120, 140, 150, 150, 140, 130, 120] * 2 + [0] * 14, float)
WEEK = np.concatenate([DAY * part for part in (1.2, 1.05, 1.0, 1.0, 0.95, 0.4, 0.0)])


def told(
    value: float, low: float = -1.0, high: float = -1.0, *, unit: Unit = "share"
) -> Assumption:
    """A number of the ledger; exact without an interval."""
    return Assumption(
        name="told",
        says="a number that was told",
        value=value,
        low=value if low < 0 else low,
        high=value if high < 0 else high,
        unit=unit,
        why="It was counted.",
        source="ledger",
    )


def queue(**changes: Any) -> Situation:
    """A week of 11,000 calls of five minutes, a quarter of whom come back."""
    given: dict[str, Any] = {
        "queue": "calls",
        "interval_s": 1800,
        "contacts": WEEK,
        "agents": np.ceil(WEEK * 300 / 1800 * 1.08 + 2) * (WEEK > 0),
        "handle_s": 300.0,
        "patience_s": 150.0,
        "returns": told(0.25, 0.23, 0.27),
        "redials": told(0.5, 0.2, 0.8),
    }
    return Situation(**(given | changes))


def pace_of(
    situation: Situation,
    points_per_s: float = -0.12,
    low: float = -0.2,
    high: float = -0.05,
    *,
    curves: int = 400,
    seed: int = 1,
) -> Pace:
    """A measured pace for it."""
    return measured_pace(
        slope=Slope(points_per_s=points_per_s, low=low, high=high),
        handle_s=situation.handle_s,
        today=situation.returns,
        curves=curves,
        rng=np.random.default_rng(seed),
    )
