"""Slow, plain twins of ``andon.queueing.patience``, written from the definitions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from statistics import NormalDist

Wait = tuple[float, bool]
"""Seconds waited, and whether the customer gave up."""


def still_waiting(waits: Sequence[Wait], at_s: float) -> float:
    """Kaplan and Meier's share: the product over times of who stays among those at risk."""
    share = 1.0
    for time in sorted({wait for wait, _ in waits if wait <= at_s}):
        at_risk = sum(1 for wait, _ in waits if wait >= time)
        left = sum(1 for wait, gave_up in waits if wait == time and gave_up)
        share *= 1 - left / at_risk
    return share


def greenwood(waits: Sequence[Wait], at_s: float) -> float:
    """Greenwood's variance of the logarithm of the share."""
    total = 0.0
    for time in sorted({wait for wait, gave_up in waits if wait <= at_s and gave_up}):
        at_risk = sum(1 for wait, _ in waits if wait >= time)
        left = sum(1 for wait, gave_up in waits if wait == time and gave_up)
        if left < at_risk:
            total += left / (at_risk * (at_risk - left))
    return total


def band(waits: Sequence[Wait], at_s: float, level: float) -> tuple[float, float]:
    """The log-log band, for shares strictly between 0 and 1."""
    share = still_waiting(waits, at_s)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    centre = math.log(-math.log(share))
    reach = z * math.sqrt(greenwood(waits, at_s)) / abs(math.log(share))
    return math.exp(-math.exp(centre + reach)), math.exp(-math.exp(centre - reach))


def restricted_mean(waits: Sequence[Wait], to_s: float) -> float:
    """The area under the curve, step by step."""
    times = sorted({0.0, to_s, *(wait for wait, _ in waits if wait < to_s)})
    return sum(
        (end - start) * still_waiting(waits, start) for start, end in itertools.pairwise(times)
    )


def hazard(waits: Sequence[Wait], from_s: float, to_s: float) -> tuple[int, float]:
    """Events in (from, to] (0 belongs to the first bin), and seconds waited within."""
    events = sum(
        1
        for wait, gave_up in waits
        if gave_up and (from_s < wait <= to_s or (from_s == 0 and wait == 0))
    )
    return events, sum(min(max(wait - from_s, 0.0), to_s - from_s) for wait, _ in waits)
