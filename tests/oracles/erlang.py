"""Slow, plain twins of ``andon.queueing.erlang``: the definitions as integrals, in 30 digits.

No sums, no recursions, no approximations: what an arrival meets in an M/M/n+M queue follows from
two densities, and both are integrated. Agents may be fractional, where only an integral says what
is meant.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath

mp: Any = mpmath.mp.clone()
mp.dps = 30

Weight = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """What callers meet, under the names of ``andon.queueing.erlang.Wait``."""

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
    if n > a:
        peak, width = n / a - 1, mp.sqrt(n) / a
    else:
        peak, width = mp.mpf(0), 1 / max(a - n, mp.sqrt(a))
    return a * _integral(lambda t: n * mp.log1p(t) - a * t, peak, width)


def without_patience(load: float, handle_s: float, agents: float, within_s: float) -> Wait:
    """Erlang C: those who wait do so for an exponential time of rate ``(n - a)/h``."""
    a, h, n, t = mp.mpf(load), mp.mpf(handle_s), mp.mpf(agents), mp.mpf(within_s)
    b = 1 / inverse_blocking(load, agents)
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
    """Erlang A from the law of the wait before an answer (Baccelli and Hebuterne 1981).

    An arrival of endless patience would wait ``t`` with density ``n mu pi(n) exp(lambda * integral
    of exp(-theta u) over 0..t  -  n mu t)``, and not at all with probability ``pi(n) (1/B - 1)``.
    Times count in mean patiences below.
    """
    a, h, b = mp.mpf(load), mp.mpf(handle_s), mp.mpf(patience_s)
    n, within = mp.mpf(agents), mp.mpf(within_s) / b
    c, y = n * b / h, a * b / h
    if a > n:
        peak, width = mp.log(a / n), 1 / mp.sqrt(c)
    else:
        peak, width = mp.mpf(0), 1 / max(c - y, mp.sqrt(y))

    def over(weight: Weight, start: Any = 0, end: Any = mp.inf) -> Any:
        return c * _integral(
            lambda u: -y * mp.expm1(-u) - c * u, peak, width, weight=weight, start=start, end=end
        )

    at_once = inverse_blocking(load, agents) - 1
    waits = over(_one)
    whole = at_once + waits
    gone = over(lambda u: -mp.expm1(-u)) / whole
    served = (at_once + over(lambda u: mp.exp(-u))) / whole
    longer = over(_one, start=within) * mp.exp(-within) / whole
    in_time = (at_once + over(lambda u: mp.exp(-u), end=within)) / whole
    return Wait(
        p_wait=waits / whole,
        p_abandon=gone,
        mean_wait_s=gone * b,
        mean_wait_of_answered_s=b * over(lambda u: u * mp.exp(-u)) / whole / served,
        mean_wait_of_waiting_s=gone * b * whole / waits,
        occupancy=a * served / n,
        p_wait_longer=longer,
        of_offered=in_time,
        of_offered_less_short=in_time / (in_time + longer),
        of_answered=in_time / served,
    )


def _one(_: Any) -> int:
    return 1


def _integral(
    logarithm: Weight,
    peak: Any,
    width: Any,
    *,
    weight: Weight = _one,
    start: Any = 0,
    end: Any = mp.inf,
) -> Any:
    """The integral of ``weight * exp(logarithm)`` from start to end, cut where it changes.

    Left out is what lies 150 powers of e below the peak.
    """
    steps = (-64, -32, -16, -8, -4, -2, 0, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 8192)
    cuts = [mp.mpf(start), *(peak + step * width for step in steps), mp.mpf(end)]
    cuts = sorted({min(max(cut, mp.mpf(start)), mp.mpf(end)) for cut in cuts})
    least = logarithm(peak) - 150
    total = mp.mpf(0)
    for one, other in itertools.pairwise(cuts):
        if logarithm(one) > least or (other < mp.inf and logarithm(other) > least):
            total += mp.quad(lambda u: weight(u) * mp.exp(logarithm(u)), [one, other])
    return total
