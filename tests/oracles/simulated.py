"""Slow twins of what a simulation works out: counted row by row, straight from the definitions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels import columns as c

Trace = npt.NDArray[np.int64]
TICKS = 1_000_000


def jackknife(y: Sequence[float], x: Sequence[float]) -> tuple[float, float]:
    """The ratio of the sums, and its standard error from leaving each pair out in turn."""
    n = len(y)
    ratio = sum(y) / sum(x)
    without = [
        (sum(y) - y[i]) / (sum(x) - x[i])
        for i in range(n)
    ]  # fmt: skip
    middle = sum(without) / n
    return ratio, math.sqrt((n - 1) / n * sum((each - middle) ** 2 for each in without))


def mser(series: Sequence[float], *, batch: int = 5, ignored: int = 5) -> int | None:
    """The cut that leaves the least variance of the mean, by White's definition."""
    means = [sum(series[i * batch : (i + 1) * batch]) / batch for i in range(len(series) // batch)]
    values = []
    for cut in range(len(means) - ignored):
        left = means[cut:]
        middle = sum(left) / len(left)
        values.append(sum((each - middle) ** 2 for each in left) / len(left) ** 2)
    alike = min(values) + 1e-12 * values[0]
    best = next(cut for cut, value in enumerate(values) if value <= alike)
    return best * batch if best <= len(means) / 2 else None


def figures(trace: Trace, *, within_s: float, from_s: float, to_s: float) -> dict[str, float]:
    """Figures of the contacts that arrived from ``from_s`` on, over the rows of a trace."""
    offered = in_time = short = answered = gave_up = waited = still = 0
    waits = waits_answered = handled = queue_s = 0.0
    fresh = redials = recontacts = resolved = 0
    for row in trace:
        arrived = row[c.ARRIVED] / TICKS
        outcome = row[c.OUTCOME]
        left_s = to_s if outcome == c.STILL else row[c.LEFT_QUEUE] / TICKS
        queue_s += max(0.0, min(left_s, to_s) - max(arrived, from_s))
        if arrived < from_s:
            continue
        wait = left_s - arrived
        offered += 1
        fresh += row[c.KIND] == c.FRESH
        redials += row[c.KIND] == c.REDIAL
        recontacts += row[c.KIND] == c.RECONTACT
        waits += wait
        waited += wait > 0
        still += outcome == c.STILL
        if outcome == c.ANSWERED:
            answered += 1
            waits_answered += wait
            handled += (row[c.LEFT] - row[c.LEFT_QUEUE]) / TICKS
            in_time += wait <= within_s
            resolved += row[c.AFTER] == c.SETTLED
        if outcome == c.GAVE_UP:
            gave_up += 1
            short += wait <= within_s
    return {
        "offered": offered,
        "fresh": fresh,
        "redials": redials,
        "recontacts": recontacts,
        "answered": answered,
        "gave_up": gave_up,
        "still_waiting": still,
        "service_level.of_offered": in_time / offered,
        "service_level.of_offered_less_short": in_time / (offered - short),
        "service_level.of_answered": in_time / answered,
        "abandoned": gave_up / offered,
        "mean_wait_s": waits / offered,
        "mean_wait_of_answered_s": waits_answered / answered,
        "waited": waited / offered,
        "queue_length": queue_s / (to_s - from_s),
        "mean_handle_s": handled / answered,
        "resolved": resolved / answered,
        "repeated": (redials + recontacts) / offered,
        "contacts_per_customer": offered / fresh,
    }
