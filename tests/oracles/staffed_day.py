"""Slow, plain twin of ``andon.queueing.changing_day``: the forward equations in small steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """What one interval held: means over it, and the spread at its end."""

    p_wait: float
    waiting: float
    in_service: float
    end: list[float]


def slope(p: Sequence[float], lam: float, n: int, mu: float, theta: float) -> list[float]:
    """dp/dt: who comes from below and above, less who leaves the state."""

    def away(j: int) -> float:
        return min(j, n) * mu + max(j - n, 0) * theta

    top = len(p) - 1
    return [
        (lam * p[j - 1] if j > 0 else 0.0)
        + (away(j + 1) * p[j + 1] if j < top else 0.0)
        - ((lam if j < top else 0.0) + away(j)) * p[j]
        for j in range(top + 1)
    ]


def interval(
    start: Sequence[float],
    *,
    lam: float,
    n: int,
    mu: float,
    theta: float,
    seconds: float,
    steps: int = 2000,
) -> Interval:
    """Runge and Kutta's fourth-order steps, and Simpson's rule for the means."""
    p, h = list(start), seconds / steps
    area = [0.0] * len(p)
    for _ in range(steps):
        a = slope(p, lam, n, mu, theta)
        b = slope([x + h / 2 * y for x, y in zip(p, a, strict=True)], lam, n, mu, theta)
        c = slope([x + h / 2 * y for x, y in zip(p, b, strict=True)], lam, n, mu, theta)
        d = slope([x + h * y for x, y in zip(p, c, strict=True)], lam, n, mu, theta)
        half = [x + h / 2 * y for x, y in zip(p, b, strict=True)]
        after = [
            x + h / 6 * (i + 2 * j + 2 * k + m) for x, i, j, k, m in zip(p, a, b, c, d, strict=True)
        ]
        area = [
            t + h / 6 * (x + 4 * y + z) for t, x, y, z in zip(area, p, half, after, strict=True)
        ]
        p = after
    share = [each / seconds for each in area]
    return Interval(
        p_wait=sum(share[n:]),
        waiting=sum(max(j - n, 0) * each for j, each in enumerate(share)),
        in_service=sum(min(j, n) * each for j, each in enumerate(share)),
        end=p,
    )
