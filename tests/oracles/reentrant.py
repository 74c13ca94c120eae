"""Slow, plain twins of ``andon.queueing.reentrant``: small steps, and event by event."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence


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


def waits(
    arrivals: Sequence[float],
    agents: Sequence[int],
    *,
    step: float,
    handle: float,
    delay: float,
    back: float,
    days: int,
    seed: int,
) -> list[float]:
    """The share that finds all agents busy in each interval of a day that repeats.

    Arrivals a second; who is done comes back with probability ``back``, after an exponential delay.
    Nobody hangs up. The first three days do not count.
    """
    rng = random.Random(seed)
    came, waited = [0] * len(arrivals), [0] * len(arrivals)
    needy = content = 0
    for day in range(days + 3):
        for i, (lam, n) in enumerate(zip(arrivals, agents, strict=True)):
            left = step
            while True:
                served, returns = min(needy, n) / handle, content / delay
                whole = lam + served + returns
                left -= rng.expovariate(whole)
                if left < 0:
                    break
                at = rng.random() * whole
                if at < served:
                    needy -= 1
                    content += rng.random() < back
                    continue
                content -= at >= served + lam
                if day >= 3:
                    came[i] += 1
                    waited[i] += needy >= n
                needy += 1
    return [late / all_ for late, all_ in zip(waited, came, strict=True)]
