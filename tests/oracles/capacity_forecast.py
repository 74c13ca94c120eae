"""Slow plain twins of the forecast's parts, each from its definition."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def smoothed(
    log: Floats, x: Floats, *, wander: float, swing: float, memory: float, observed: Floats
) -> tuple[Floats, Floats]:
    """Mean and variance of level plus regressors, by generalised least squares over all days.

    The level is a random walk from an unknown start, so a constant belongs to the regressors.
    """
    n = len(log)
    i = np.arange(n)
    level = wander**2 * np.minimum.outer(i, i) + swing**2 * memory ** np.abs(
        np.subtract.outer(i, i)
    )
    design = np.column_stack([np.ones(n), x])
    seen = np.isfinite(log)
    total = level[np.ix_(seen, seen)] + np.diag(observed[seen])
    inverse = np.linalg.inv(total)
    a = design[seen]
    cov_b = np.linalg.inv(a.T @ inverse @ a)
    b = cov_b @ a.T @ inverse @ log[seen]
    gain = level[:, seen] @ inverse
    mean = design @ b + gain @ (log[seen] - a @ b)
    left = design - gain @ a
    cov = level - gain @ level[seen] + left @ cov_b @ left.T
    return mean, np.diag(cov)


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
