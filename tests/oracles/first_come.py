"""First come, first served, as one would do it by hand: a list of free times, sorted each time.

Its numbers come from the twin of the random streams and from the laws' own quantiles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from andon.queueing.laws import Law
from oracles.streams import uniforms

__all__ = ["Call", "calls"]

TICKS = 1_000_000
BLOCK = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call: when it came, when it was answered (None: never), when it left; ticks."""

    arrived: int
    answered: int | None
    left: int


def gap(seed: int, replication: int, customer: int) -> float:
    """A customer's own unit exponential: the work of arriving that lies before them."""
    block, place = divmod(customer, BLOCK)
    half = BLOCK // 2
    pair = uniforms(seed, replication, 1, 0, 0, block * half + place % half)
    return float(-np.log(pair[place // half]))


def calls(
    *, rate_per_s: float, handle: Law, patience: Law, agents: int, horizon_s: float, seed: int
) -> list[Call]:
    """All calls that arrive before the horizon, with a level staffing and rate."""
    free = [0] * agents
    found: list[Call] = []
    at = 0.0
    while True:
        customer = len(found)
        at += gap(seed, 0, customer) / rate_per_s
        arrived = int(at * TICKS)
        if arrived >= horizon_s * TICKS:
            return found
        u, v = uniforms(seed, 0, 2, 0, 0, customer)
        lasts = round(float(handle.quantile(1 - u)) * TICKS)
        waits = float(patience.quantile(1 - v)) * TICKS
        free.sort()
        start = max(arrived, free[0])
        if start - arrived > waits:
            found.append(Call(arrived=arrived, answered=None, left=arrived + round(waits)))
        else:
            free[0] = start + lasts
            found.append(Call(arrived=arrived, answered=start, left=start + lasts))
