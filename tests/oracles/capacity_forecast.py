"""Slow plain twins of the forecast's parts, each from its definition."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def smoothed(
    log: Floats, x: Floats, *, wander: float, swing: float, memory: float, observed: Floats
) -> tuple[Floats, Floats]:
    """Mean and variance of level plus regressors, as one normal law over all days.

    The level starts 5 around the median; regressors' effects are 2 around 0.
    """
    n = len(log)
    i = np.arange(n)
    level = wander**2 * np.minimum.outer(i, i) + swing**2 * memory ** np.abs(
        np.subtract.outer(i, i)
    )
    cov = level + 5.0**2 + 2.0**2 * x @ x.T
    seen = np.isfinite(log)
    middle = np.median(log[seen])
    gain = cov[:, seen] @ np.linalg.inv(cov[np.ix_(seen, seen)] + np.diag(observed[seen]))
    left = cov - gain @ cov[seen]
    return middle + gain @ (log[seen] - middle), np.diag(left)


def pinball(actual: Sequence[float], quantiles: Floats, levels: Sequence[float]) -> float:
    """Mean over intervals and levels of the loss, one by one."""
    total = 0.0
    for k, came in enumerate(actual):
        for i, level in enumerate(levels):
            miss = came - quantiles[i, k]
            total += level * miss if miss > 0 else (level - 1) * miss
    return total / len(actual) / len(levels)


def beyond_chance(counts: Floats, share: Floats, lag: int) -> float:
    """Sum over days and pairs of intervals of what residual products have beyond a multinomial."""
    total = 0.0
    for day in range(len(counts)):
        n = counts[day].sum()
        for i in range(counts.shape[1] - lag):
            j = i + lag
            by_chance = -n * share[day, i] * share[day, j]
            if lag == 0:
                by_chance += n * share[day, i]
            residual = (counts[day, i] - n * share[day, i]) * (counts[day, j] - n * share[day, j])
            total += residual - by_chance
    return total


def volumes(rows: Sequence[tuple[str, int, int, float]], days: int) -> dict[str, Floats]:
    """Counts by queue from (queue, day, slot, contacts), added one by one."""
    made: dict[str, Floats] = {}
    for queue, day, slot, contacts in rows:
        made.setdefault(queue, np.zeros((days, 48)))[day, slot] += contacts
    return made
