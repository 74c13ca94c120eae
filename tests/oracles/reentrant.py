"""Slow, plain twin of ``andon.queueing.reentrant``: the two equations in small steps."""

from __future__ import annotations

from collections.abc import Callable


def loads(
    rate: Callable[[float], float],
    *,
    start: tuple[float, float],
    from_s: float,
    seconds: float,
    mu: float,
    delta: float,
    p: float,
    steps: int = 400,
) -> tuple[float, float, float, float]:
    """Needy and content after ``seconds``, and their means on the way.

    Runge and Kutta's fourth-order steps; a rate a second.
    """

    def slope(t: float, state: list[float]) -> list[float]:
        needy, content = state[0], state[1]
        return [
            rate(t) + delta * content - mu * needy,
            p * mu * needy - delta * content,
            needy,
            content,
        ]

    def moved(state: list[float], by: list[float], h: float) -> list[float]:
        return [x + h * y for x, y in zip(state, by, strict=True)]

    state, h = [*start, 0.0, 0.0], seconds / steps
    for i in range(steps):
        t = from_s + i * h
        a = slope(t, state)
        b = slope(t + h / 2, moved(state, a, h / 2))
        c = slope(t + h / 2, moved(state, b, h / 2))
        d = slope(t + h, moved(state, c, h))
        state = [
            x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            for x, k1, k2, k3, k4 in zip(state, a, b, c, d, strict=True)
        ]
    return state[0], state[1], state[2] / seconds, state[3] / seconds
