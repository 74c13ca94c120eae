"""Slow, plain twins of ``andon.metrics.volatility``, from the definitions."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from statistics import fmean, variance

Counts = Mapping[tuple[int, int], int]
"""Arrivals by day (since 1970) and interval."""


def variance_to_mean(counts: Counts) -> float:
    """Pooled over intervals of the week: variances against means, by their degrees of freedom.

    Every day and interval must be there; all intervals count as open.
    """
    week: dict[tuple[int, int], list[int]] = defaultdict(list)
    for (day, interval), n in counts.items():
        week[(day + 3) % 7, interval].append(n)
    top = sum(len(each) * variance(each) for each in week.values())
    return top / sum(len(each) * fmean(each) for each in week.values())


def day_spread(totals: Mapping[int, int]) -> float:
    """The standard deviation of days' levels for one weekday-less, month-less mean.

    Every day must have the same expectation: then all weights are alike.
    """
    mean = fmean(totals.values())
    return math.sqrt(max(0.0, (variance(totals.values()) - mean) / mean**2))
