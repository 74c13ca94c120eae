"""How the number in M/M/n+M spreads in time: the forward equations by uniformisation.

A chain with rates below ``rate`` moves as one that jumps at that rate by a fixed matrix
``P = I + Q / rate``. After ``t`` seconds it has made k jumps with Poisson probability, so that

    p(t) = sum_k Poisson(k; rate t) p(0) P^k,
    integral of p over [0, t] = sum_k P(Poisson(rate t) > k) p(0) P^k / rate.

All terms are positive, so nothing cancels (Grassmann 1977, *Transient solutions in Markovian
queueing systems*, https://doi.org/10.1016/0305-0548(77)90007-7).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels.compiled import kernel

__all__ = ["pass_interval"]

_Floats = npt.NDArray[np.float64]
_NOTHING = 1e-20


@kernel
def pass_interval(
    p: _Floats,
    area: _Floats,
    lam: float,
    n: int,
    mu: float,
    theta: float,
    seconds: float,
) -> None:
    """Move ``p`` on by ``seconds`` and put the integral of it over that time into ``area``.

    ``p[j]`` is the probability of j in the system; arrivals at the last state are lost.
    """
    top = p.size - 1
    busy = min(n, top)
    rate = lam + busy * mu + (top - busy) * theta
    area[:] = 0.0
    if rate * seconds < 1e-16:
        # Nothing happens, as far as a double can tell.
        for j in range(top + 1):
            area[j] = p[j] * seconds
        return
    # Short pieces, lest exp(-a) underflow.
    pieces = math.ceil(rate * seconds / 500.0)
    a = rate * seconds / pieces
    up = lam / rate
    stay, down, v = np.zeros(top + 2), np.zeros(top + 2), np.zeros(top + 2)
    for j in range(top + 1):
        down[j] = (min(j, n) * mu + max(j - n, 0) * theta) / rate
        stay[j] = 1.0 - down[j] - (up if j < top else 0.0)
    for _ in range(pieces):
        weight = math.exp(-a)
        left = 1.0 - weight
        for j in range(top + 1):
            v[j] = p[j]
            area[j] += left / rate * p[j]
            p[j] *= weight
        # Only states from low to high hold anything that a double can see.
        low, high, k = 0, top, 0
        while k < a or weight > 1e-17:
            while high > low and v[high] < _NOTHING:
                v[high] = 0.0
                high -= 1
            while low < high and v[low] < _NOTHING:
                v[low] = 0.0
                low += 1
            low, high = max(low - 1, 0), min(high + 1, top)
            k += 1
            weight *= a / k
            left -= weight
            share = max(left, 0.0) / rate
            before = 0.0
            for j in range(low, high + 1):
                here = v[j]
                now = here * stay[j] + before * up + v[j + 1] * down[j + 1]
                before = here
                v[j] = now
                p[j] += weight * now
                area[j] += share * now
