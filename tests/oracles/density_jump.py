"""A slow, plain twin of ``andon.goodhart.density_jump``, written from the definitions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def jump(
    values: Sequence[float], cutoff: float, bandwidth: tuple[float, float], *, degree: int
) -> tuple[float, float, float]:
    """Density below and above, and the standard error of their difference; triangular kernel."""
    n = len(values)
    share = [(sum(1 for other in values if other <= value) - 1) / (n - 1) for value in values]
    slopes = []
    moved = []
    for above, h in ((False, bandwidth[0]), (True, bandwidth[1])):
        rows, weights, heights, at = [], [], [], []
        for value, height in zip(values, share, strict=True):
            u = (value - cutoff) / h
            if (u >= 0) == above and abs(u) <= 1:
                rows.append([u**k for k in range(degree + 1)])
                weights.append(math.sqrt((1 - abs(u)) / h))
                heights.append(height)
                at.append(value)
        x, w = np.array(rows), np.array(weights)
        # Weighted least squares by orthogonal factors, and not by normal equations.
        solve = np.linalg.pinv(x * w[:, None], rcond=1e-14)[1] * w
        slopes.append(float(solve @ np.array(heights)) / h)
        # One contact more at x_i lifts the distribution function at all x_j from there on.
        moved.append(
            [sum(s for s, xj in zip(solve, at, strict=True) if xj >= xi) / h for xi in values]
        )
    total = sum((b - a) ** 2 for a, b in zip(*moved, strict=True))
    return slopes[0], slopes[1], math.sqrt(total) / (n - 1)
