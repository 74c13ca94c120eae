"""M/M/n+M state by state: what an arrival meets on average, and how far chance takes a sum of it.

Time is counted in mean handle times, so that ``a`` is both the load and the rate of arrivals; the
patience of each who waits ends at rate ``theta = h/b``, and ``c = n/theta``. An arrival that finds
``k`` waiting and all agents busy would be served after a time ``V`` with ``exp(-theta V)``
distributed as Beta(c, k + 1): one of k + 1 steps at rates n, n + theta, ..., n + k theta. So what
it meets is a sum of k + 1 positive terms.

Sums over time. Say an arrival that finds ``j`` present brings ``r``, and being in ``j`` brings
``f`` in each mean time between arrivals; all over, one arrival brings ``m``. The variance of the
sum then grows with each arrival by

    sum over j of p_j (E[(r + D_j)^2] + D_j^2),
    D_j = -(1/p_j) sum over i <= j of p_i (r_i + f_i - m),

where ``D_j`` is by how much one present more changes all that is to come (Poisson's equation of a
birth and death process; Whitt 1992, *Asymptotic formulas for Markov processes with applications to
simulation*, https://doi.org/10.1287/opre.40.2.279). Waiting and work come with time: these are
exact. Whether an arrival is answered in time, or lost, shows only later, and its luck goes with
that of those behind it: one departure more helps all. The covariance of a function of departures
with their number N is the rate times what one departure more changes (for a Poisson count of mean
x, Cov(N, 1{N > k}) = x P(N = k)). So twice ``D_j`` times this comes on top: for an answer in time
its density at ``t``, ``n u_k/h``, times ``t``; for a loss the mean wait times ``n`` times what one
place in the queue changes.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels.compiled import kernel

__all__ = ["COLUMNS", "look_up", "one_crowd"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]
_Known = npt.NDArray[np.uint8]

COLUMNS = 7
"""In time, gone at once, gone, and the variances of four sums: misses beyond those allowed, lost
beyond those allowed, waiting beyond that allowed, work beyond that allowed."""
_LEAST = 1e-13
"""A state rarer than this beside the most frequent one is left out."""


@kernel
def _rises(log_first: float, i: float, c: float, x: float, term: float) -> float:
    """The next term ``i`` of a sum over ``Gamma(c + i)/(Gamma(c) i!) x^i``, from the one before.

    Where the first is below all doubles its logarithm is known instead.
    """
    if log_first > -690.0:
        return term * (c + i - 1.0) / i * x
    each = log_first + math.lgamma(c + i) - math.lgamma(c) - math.lgamma(i + 1.0) + i * math.log(x)
    return math.exp(each) if each > -700.0 else 0.0


@kernel
def one_crowd(
    a: float, h: float, n: int, b: float, t: float, short: float, limits: _Floats, out: _Floats
) -> None:
    """The seven figures of one queue.

    ``limits`` are the least share in time, the largest share lost, the longest mean wait (seconds)
    and the highest occupancy; NaN where there is none.
    """
    theta = h / b
    c = n / theta
    middle = int(a) if a < n else n + int((a - n) / theta)
    low, w = middle, 1.0
    while low > 0 and w > _LEAST:
        w *= (min(low, n) + max(low - n, 0) * theta) / a
        low -= 1
    top, w = middle, 1.0
    while w > _LEAST:
        top += 1
        w *= a / (min(top, n) + max(top - n, 0) * theta)
    count = top - low + 1
    p = np.empty(count)
    p[middle - low] = 1.0
    for j in range(middle, low, -1):
        p[j - 1 - low] = p[j - low] * (min(j, n) + max(j - n, 0) * theta) / a
    for j in range(middle + 1, top + 1):
        p[j - low] = p[j - 1 - low] * a / (min(j, n) + max(j - n, 0) * theta)
    total = 0.0
    for i in range(count):
        total += p[i]
    # For each state: in time, gone at once, gone; how the first and a loss go with departures.
    met = np.zeros((5, count))
    z, z_short = math.exp(-t / b), math.exp(-short / b)
    f_time, f_short, f_early = -(c + 1.0) * t / b, -(c + 1.0) * short / b, -c * short / b
    u = math.exp(f_time) if f_time > -690.0 else 0.0
    v = math.exp(f_short) if f_short > -690.0 else 0.0
    w = math.exp(f_early) if f_early > -690.0 else 0.0
    late, late_short, early = u, v, w
    for j in range(n, top + 1):
        k = float(j - n)
        if k > 0.0:
            u = _rises(f_time, k, c + 1.0, 1.0 - z, u) if z < 1.0 else 0.0
            v = _rises(f_short, k, c + 1.0, 1.0 - z_short, v) if z_short < 1.0 else 0.0
            w = _rises(f_early, k, c, 1.0 - z_short, w) if z_short < 1.0 else 0.0
            late += u
            late_short += v
            early += w
        if j >= low:
            i = j - low
            served = c / (c + k + 1.0)
            met[0, i] = served * max(1.0 - late, 0.0)
            gone_short = 1.0 - served * max(1.0 - late_short, 0.0) - z_short * min(early, 1.0)
            met[1, i] = max(gone_short, 0.0)
            met[2, i] = 1.0 - served
            met[3, i] = t / h * n * u
            if n > 0:
                met[4, i] = (1.0 - served - met[1, i]) * served * c / (c + k)
    out[:] = 0.0
    for i in range(count):
        p[i] /= total
        if i + low < n:
            met[0, i] = 1.0
        for q in range(3):
            out[q] += p[i] * met[q, i]
    for q in range(4):
        s = float(limits[q])
        if not math.isnan(s):
            out[3 + q] = _variance(q, s, p, met, low, a, h, n)


@kernel
def _variance(
    q: int, s: float, p: _Floats, met: _Floats, low: int, a: float, h: float, n: int
) -> float:
    """The variance that each arrival adds to sum ``q``, of which ``s`` is allowed."""
    count = p.size
    # What an arrival brings, its square, how it goes with departures; what time brings.
    r, square, goes, f = np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count)
    mean = 0.0
    for i in range(count):
        j = i + low
        kept = 1.0 - met[1, i]
        if q == 0:
            r[i] = s * kept - met[0, i]
            square[i] = (1.0 - s) * (1.0 - s) * met[0, i] + s * s * max(kept - met[0, i], 0.0)
            goes[i] = met[3, i]
        elif q == 1:
            lost = met[2, i] - met[1, i]
            r[i] = lost - s * kept
            square[i] = (1.0 - s) * (1.0 - s) * lost + s * s * (1.0 - met[2, i])
            goes[i] = met[4, i]
        elif q == 2:
            r[i] = -s
            square[i] = s * s
            f[i] = max(j - n, 0) * h / a
        else:
            f[i] = (min(j, n) - s * n) / a
        mean += p[i] * (r[i] + f[i])
    below, variance = 0.0, 0.0
    for i in range(count):
        below += p[i] * (r[i] + f[i] - mean)
        if p[i] > 0.0:
            d = -below / p[i]
            variance += p[i] * (square[i] + 2.0 * d * (r[i] + goes[i] + d))
    return max(variance, 0.0)


@kernel
def _weights(at: float, size: int, w: _Floats) -> int:
    """The four (or one) nodes' weights at ``at`` steps from the first; returns the first of them.

    Lagrange's polynomial of third degree; ``size`` is 1 or at least 4.
    """
    if size == 1:
        w[0] = 1.0
        return 0
    first = min(max(int(at) - 1, 0), size - 4)
    x = at - first
    w[0] = -(x - 1.0) * (x - 2.0) * (x - 3.0) / 6.0
    w[1] = x * (x - 2.0) * (x - 3.0) / 2.0
    w[2] = -x * (x - 1.0) * (x - 3.0) / 2.0
    w[3] = x * (x - 1.0) * (x - 2.0) / 6.0
    return first


@kernel
def look_up(
    load: _Floats,
    handle: _Floats,
    agents: _Ints,
    grid: _Floats,
    limits: _Floats,
    table: _Floats,
    known: _Known,
    out: _Floats,
) -> None:
    """The figures of many queues, from a table over agents, handle times and roots of loads.

    ``grid`` holds the first root and the step between roots, the first logarithm of a handle time
    and the step between those, the patience, the time to answer within and the short limit. A cell
    of the table is worked out when it is first needed.
    """
    root, root_step, log_h, log_step = grid[0], grid[1], grid[2], grid[3]
    b, t, short = float(grid[4]), float(grid[5]), float(grid[6])
    handles, roots = table.shape[1], table.shape[2]
    wide = 4 if handles > 1 else 1
    u, v = np.empty(4), np.empty(4)
    for q in range(load.size):
        n = int(agents[q])
        out[q, :] = 0.0
        if load[q] <= 0.0:
            out[q, 0] = 1.0
            continue
        first = _weights((math.sqrt(load[q]) - root) / root_step, roots, u)
        line = _weights((math.log(handle[q]) - log_h) / log_step, handles, v)
        for i in range(line, line + wide):
            for j in range(first, first + 4):
                if known[n, i, j] == 0:
                    x = max(root + j * root_step, 1e-4)
                    one_crowd(
                        x * x,
                        math.exp(log_h + i * log_step),
                        n,
                        b,
                        t,
                        short,
                        limits,
                        table[n, i, j],
                    )
                    known[n, i, j] = 1
                weight = v[i - line] * u[j - first]
                for k in range(7):
                    out[q, k] += weight * table[n, i, j, k]
        for k in range(3):
            out[q, k] = min(max(out[q, k], 0.0), 1.0)
        for k in range(3, 7):
            out[q, k] = max(out[q, k], 0.0)
