"""Slow, plain twins of ``andon.queueing.erlang``: the definitions as integrals, in 30 digits.

No sums, no recursions, no approximations: what an arrival meets in an M/M/n+M queue follows from
two densities, and both are integrated. Agents may be fractional, where only an integral says what
is meant.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath

mp: Any = mpmath.mp.clone()
mp.dps = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """What callers meet; times in seconds, shares of all arrivals."""

    p_wait: Any
    p_abandon: Any
    mean_wait_s: Any
    mean_wait_of_answered_s: Any
    mean_wait_of_waiting_s: Any
    occupancy: Any
    p_wait_longer: Any
    of_offered: Any
    of_offered_less_short: Any
    of_answered: Any


def inverse_blocking(load: float, agents: float) -> Any:
    """``1/B = a * integral of exp(-a t) (1 + t)^n over t > 0`` (Jagerman 1974)."""
    a, n = mp.mpf(load), mp.mpf(agents)
    if n == 0:
        return mp.mpf(1)
    peak = max(mp.mpf(0), n / a - 1)
    width = (
        mp.sqrt(max(n, a)) / a
        if n > a
        else min(1 / (a - n), 1 / mp.sqrt(a))
        if a > n
        else 1 / mp.sqrt(a)
    )
    return a * _integral(lambda t: n * mp.log1p(t) - a * t, peak, width)


def blocking(load: float, agents: float) -> Any:
    """Erlang B."""
    return 1 / inverse_blocking(load, agents)


def without_patience(load: float, handle_s: float, agents: float, within_s: float) -> Wait:
    """Erlang C: those who wait do so for an exponential time of rate ``(n - a)/h``."""
    a, h, n, t = mp.mpf(load), mp.mpf(handle_s), mp.mpf(agents), mp.mpf(within_s)
    b = blocking(load, agents)
    p_wait = n * b / (n - a * (1 - b))
    longer = p_wait * mp.exp(-(n - a) * t / h)
    mean = p_wait * h / (n - a)
    return Wait(
        p_wait=p_wait,
        p_abandon=mp.mpf(0),
        mean_wait_s=mean,
        mean_wait_of_answered_s=mean,
        mean_wait_of_waiting_s=h / (n - a),
        occupancy=a / n,
        p_wait_longer=longer,
        of_offered=1 - longer,
        of_offered_less_short=1 - longer,
        of_answered=1 - longer,
    )


def with_patience(
    load: float, handle_s: float, patience_s: float, agents: float, within_s: float
) -> Wait:
    """Erlang A from the density of the offered wait (Baccelli and Hebuterne 1981).

    An arrival of endless patience would wait ``t`` with density ``n mu pi(n) exp(lambda * integral
    of exp(-theta u) over 0..t  -  n mu t)``, and not at all with probability ``pi(n) (1/B - 1)``.
    """
    a, h, b = mp.mpf(load), mp.mpf(handle_s), mp.mpf(patience_s)
    n, within = mp.mpf(agents), mp.mpf(within_s)
    c, y = n * b / h, a * b / h

    # u counts in mean patiences.
    def density(u: Any) -> Any:
        return -y * mp.expm1(-u) - c * u

    peak = mp.log(a / n) if a > n else mp.mpf(0)
    width = min(1 / mp.sqrt(min(c, y)), 1 / c) if a <= n and c > 0 else 1 / mp.sqrt(c)
    if a < n:
        width = min(1 / (c - y), 1 / mp.sqrt(y))
    top = max(density(peak), mp.mpf(0))

    def over(weight: Callable[[Any], Any], start: Any = 0, end: Any = mp.inf) -> Any:
        return c * _integral(density, peak, width, weight=weight, start=start, end=end)

    at_once = inverse_blocking(load, agents) - 1
    all_waits = over(lambda u: 1)
    whole = at_once + all_waits
    del top
    gone = over(lambda u: -mp.expm1(-u)) / whole
    stayed = over(lambda u: mp.exp(-u)) / whole
    served = at_once / whole + stayed
    longer = over(lambda u: 1, start=within / b) * mp.exp(-within / b) / whole
    in_time = at_once / whole + over(lambda u: mp.exp(-u), end=within / b) / whole
    answered = b * over(lambda u: u * mp.exp(-u)) / whole
    return Wait(
        p_wait=all_waits / whole,
        p_abandon=gone,
        mean_wait_s=gone * b,
        mean_wait_of_answered_s=answered / served,
        mean_wait_of_waiting_s=gone * b * whole / all_waits,
        occupancy=a * served / n,
        p_wait_longer=longer,
        of_offered=in_time,
        of_offered_less_short=in_time / (in_time + longer),
        of_answered=in_time / served,
    )


def _integral(
    logarithm: Callable[[Any], Any],
    peak: Any,
    width: Any,
    *,
    weight: Callable[[Any], Any] = lambda u: 1,
    start: Any = 0,
    end: Any = mp.inf,
) -> Any:
    """The integral of ``weight * exp(logarithm)`` from start to end, cut where it changes."""
    steps = (-64, -32, -16, -8, -4, -2, 0, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 8192)
    cuts = [mp.mpf(start), *(peak + step * width for step in steps), mp.mpf(end)]
    cuts = sorted({min(max(cut, mp.mpf(start)), mp.mpf(end)) for cut in cuts})
    if len(cuts) == 1:
        return mp.mpf(0)
    return mp.quad(lambda u: weight(u) * mp.exp(logarithm(u)), cuts)
