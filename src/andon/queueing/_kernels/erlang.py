"""Erlang B, C and A, term by term: every sum has positive terms only, so nothing cancels.

The letters are those of the papers: ``a`` the load, ``n`` the agents, ``h`` the mean handle time,
``b`` the mean patience, ``t`` the time within which to answer. With ``c = n b/h``, ``y = a b/h``
and ``p(c, y)`` the probability of ``c`` under a Poisson law of mean ``y``:

- ``R = 1/B = 1 + n/a + n (n - 1)/a^2 + ...`` (Erlang 1917; for real ``n`` the same sum is the
  incomplete gamma function, Jagerman 1974);
- ``A = 1 + y/(c + 1) + y^2/((c + 1)(c + 2)) + ...`` (Palm 1957), and ``A = P(c, y)/p(c, y)`` with
  the regularised lower incomplete gamma function ``P``.

The one sum is short where ``n < a``, the other where ``n > a`` (``c > y``), some 9 sqrt(n) terms
at most; ``R(n, a) + A(n, a) - 1 = 1/p(n, a)`` leads from one to the other. Deep overload works with
``P`` and ``p``, which stay within 0 and 1 where ``A`` would overflow.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels.answers import (
    UNKNOWN,
    forget,
    look_up,
    none_yet,
    remember,
)
from andon.queueing._kernels.compiled import kernel, lean_kernel

__all__ = [
    "ABANDONED",
    "ANSWERED",
    "LESS_SHORT",
    "MEAN_WAIT",
    "OCCUPANCY",
    "OFFERED",
    "SERVICE_LEVEL",
    "blocking_each",
    "fewest_patient",
    "fewest_who_stay",
    "waits_patient",
    "waits_who_stay",
]

SERVICE_LEVEL, MEAN_WAIT, ABANDONED, OCCUPANCY = 0, 1, 2, 3
"""Rows of what is allowed."""
OFFERED, LESS_SHORT, ANSWERED = 0, 1, 2
"""The definitions of the service level."""

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]

_SMALL = 1e-18
"""A term below this share of its sum changes nothing."""
_SHORT = 64.0
"""Up to this ``y`` an ascending sum is short wherever it starts, and e^64 is far from overflow."""
_NONE = 1e-50
"""A load below this is none."""
_TINY = 1e-30
_SLACK = 1.0 + 1e-12
"""A target missed by no more than this counts as met: the numbers themselves are not surer."""


@kernel
def _poisson(n: float, a: float, r: float) -> float:
    """The Poisson probability of ``n r`` (real, >= 0) at mean ``a r`` (> 0).

    Loader 2000, *Fast and accurate computation of binomial probabilities*: Stirling's error and the
    deviance, so that no large numbers cancel.
    """
    c = n * r
    if c < 16.0:
        y = a * r
        return math.exp(c * math.log(y) - y - math.lgamma(c + 1.0))
    v = (n - a) / (n + a)
    if abs(v) < 0.25:
        deviance = (n - a) * r * v
        e = 2.0 * c * v
        j = 1.0
        while True:
            e *= v * v
            j += 2.0
            more = deviance + e / j
            if more == deviance:
                break
            deviance = more
    else:
        deviance = (n * math.log(n / a) + a - n) * r
    w = 1.0 / (c * c)
    stirling = 1.0 / 1260.0 - w * (1.0 / 1680.0 - w * (1.0 / 1188.0 - w * 691.0 / 360360.0))
    stirling = (1.0 / 12.0 - w * (1.0 / 360.0 - w * stirling)) / c
    return math.exp(-stirling - deviance) / math.sqrt(2.0 * math.pi * c)


@kernel
def _descending(n: float, a: float, s: float) -> float:
    """``1 + n/a + n (n - s)/a^2 + ...`` for ``n`` a multiple of ``s``, or ``n <= a``, ``a > 40 s``.

    Four terms at a time, so that only one product in four waits for the one before. The four
    factors lie about their middle ``m``, and their products are exact where ``n`` is whole: so is
    the 0 that ends the sum.
    """
    i = 1.0 / a
    fourth = 1.0 / (a * a * (a * a))
    near, far = 0.25 * s * s, 2.25 * s * s
    d = 1.0
    k = 1.5
    total = 0.0
    while True:
        m = n - k * s
        inner = m * m - near
        first, second = m + 1.5 * s, m + 0.5 * s
        total += d * (1.0 + i * first * (1.0 + i * (second + i * inner)))
        d *= (m * m - far) * inner * fourth
        k += 4.0
        if abs(d) <= _SMALL * total:
            return total


@kernel
def _ascending(n: float, a: float, s: float) -> tuple[float, float]:
    """``1 + a/(n + s) + a^2/((n + s)(n + 2 s)) + ...``, and with each term times its number.

    Four terms at a time, for one division. Each divisor is 1 and what it exceeds 1 by, so that the
    rounding of ``a`` and ``s`` does not add up.
    """
    if a < _NONE:
        return 1.0, a / (n + s)
    i = 1.0 / a
    more, step = (n - a) * i, s * i
    near, far = 0.25 * step * step, 2.25 * step * step
    u = 1.0
    k = 0.0
    total, counted = 0.0, 0.0
    while True:
        m = 1.0 + (more + (k + 2.5) * step)
        inner = m * m - near
        fourth = 1.0 / ((m * m - far) * inner)
        third = fourth * (m + 1.5 * step)
        first, second = third * inner, third * (m + 0.5 * step)
        four = 1.0 + (first + (second + third))
        total += u * four
        counted += u * (k * four + (first + (2.0 * second + 3.0 * third)))
        u *= fourth
        k += 4.0
        if u * k <= _SMALL * counted:
            return total, counted


@kernel
def _blocking(n: float, a: float) -> float:
    """Erlang's B for real ``n >= 0``, ``a > 0``."""
    if n >= a or a <= 2.0:
        p = _poisson(n, a, 1.0)
        total, _ = _ascending(n, a, 1.0)
        return p / (1.0 - p * (total - 1.0))
    whole = math.floor(n)
    if n == whole or a >= _SHORT:
        return 1.0 / _descending(n, a, 1.0)
    # Legendre's continued fraction for the part below 1, then the recursion upwards.
    s = n - whole + 1.0
    m = 16.0 + math.floor(100.0 / a)
    f = a + 2.0 * m + 1.0 - s
    while m > 0.0:
        f = a + 2.0 * m - 1.0 - s - m * (m - s) / f
        m -= 1.0
    r = a / f
    while s <= n:
        r = 1.0 + s / a * r
        s += 1.0
    return 1.0 / r


@kernel
def _share_below(n: float, a: float, r: float, p: float) -> float:
    """``P(n r, a r)``, where ``p`` is the Poisson probability of ``n r`` at ``a r``."""
    if a < n or a * r < _SHORT:
        return p * _ascending(n, a, 1.0 / r)[0]
    return 1.0 - p * (_descending(n, a, 1.0 / r) - 1.0)


@kernel
def _growth(a: float, h: float, b: float, n: float, t: float) -> float:
    """``exp(y (1 - z)) z^c`` with ``z = exp(-t/b)``: large parts of its exponent never cancel."""
    y, x = a * b / h, t / b
    if x > 1.0:
        return math.exp(-y * math.expm1(-x) - n * t / h)
    if x >= 0.1:
        s = x + math.expm1(-x)
    else:
        s = 1.0
        k = 12.0
        while k > 2.0:
            s = 1.0 - x / k * s
            k -= 1.0
        s *= 0.5 * x * x
    return math.exp(-((n - a) * t / h + y * s))


@kernel
def _palm(
    a: float, h: float, b: float, n: float, t: float
) -> tuple[float, float, float, float, float]:
    """Erlang A (``a, n > 0``): who waits, who of those hangs up, served, W > t, served in t."""
    r, s = b / h, h / b
    z = math.exp(-t / b)
    if a < n or a * r < _SHORT:
        q = _blocking(n, a)
        m, counted = _ascending(n, a, s)
        late, g = m, 1.0
        if t > 0.0:
            late, _ = _ascending(n, a * z, s)
            g = _growth(a, h, b, n, t)
        w = 1.0 + (m - 1.0) * q
        at_once = (1.0 - q) / w
        q /= w
        served = at_once + n / a * (m - 1.0) * q
        in_time = at_once + n / a * max(m - 1.0 - g * (late - 1.0), 0.0) * q
        return m * q, counted * s / (a * m), served, z * g * late * q, in_time
    p = _poisson(n, a, r)
    below = _share_below(n, a, r, p)
    late, p_late = below, p
    if t > 0.0:
        p_late = _poisson(n, a * z, r) if a * z > _NONE else 0.0
        late = _share_below(n, a * z, r, p_late) if p_late > 0.0 or a * z > n else 0.0
    freed = p * (1.0 / _blocking(n, a) - 1.0)
    w = below + freed
    at_once = freed / w
    served = at_once + n / a * (below - p) / w
    in_time = at_once + n / a * max(below - late - (p - p_late), 0.0) / w
    gone = (a - n) / a + n / a * p / below
    return below / w, gone, served, z * late / w, in_time


@kernel
def _mean_logarithm(n: float, a: float, r: float) -> float:
    """The mean of ``log(a r/X)`` where ``X < a r`` has a gamma law of order ``n r + 1``.

    Times ``b``, it is what those who are answered wait, if they wait (see ``waits_patient``).
    """
    c, y = n * r, a * r
    if a < n or y < _SHORT:
        t, s, k, total, part = 1.0, 0.0, 0.0, 1.0, 0.0
        while True:
            k += 1.0
            i = 1.0 / (c + k)
            t *= y * i
            s += i
            total += t
            part += t * s
            if t * s <= _SMALL * part:
                return part / total
    # E log(y/X) over all X, and what lies beyond y taken back: the derivative of R by its order.
    mean = 0.0
    o = c
    while o < 16.0:
        o += 1.0
        mean += 1.0 / o
    w = 1.0 / (o * o)
    mean += w * (1.0 / 12.0 - w * (1.0 / 120.0 - w * (1.0 / 252.0 - w * (1.0 / 240.0 - w / 132.0))))
    mean += (math.log1p((a - n) / n) if o == c else math.log(y / o)) - 0.5 / o
    d, e, k, beyond = 1.0, 0.0, c, 0.0
    while True:
        e = (e * k + d) / y
        d *= k / y
        k -= 1.0
        beyond += e
        if abs(e) <= _SMALL * beyond:
            break
    p = _poisson(n, a, r)
    return (mean + p * beyond) / _share_below(n, a, r, p)


@kernel
def blocking_each(load: _Floats, agents: _Floats, out: _Floats) -> None:
    """Erlang B of each."""
    for j in range(len(load)):
        a, n = float(load[j]), float(agents[j])
        if n == 0.0:
            out[j] = 1.0
        else:
            out[j] = 0.0 if a < _NONE else _blocking(n, a)


@kernel
def waits_who_stay(
    load: _Floats, handle: _Floats, agents: _Floats, within: _Floats, out: _Floats
) -> None:
    """Erlang C of each: ``C = n B/(n - a (1 - B))``, ``P(W > t) = C exp(-(n - a) t/h)``."""
    for j in range(len(load)):
        a, h, n, t = float(load[j]), float(handle[j]), float(agents[j]), float(within[j])
        if a < _NONE:
            _nobody(out, j)
            continue
        q = _blocking(n, a)
        q = n * q / (n - a + a * q)
        x = (n - a) * t / h
        longer = 0.0
        if q > 0.0:  # in logarithms where a factor alone would lose its digits
            longer = q * math.exp(-x) if x < 600.0 else math.exp(math.log(q) - x)
        out[0, j] = q
        out[1, j] = 0.0
        out[2, j] = q * h / (n - a)
        out[3, j] = out[2, j]
        out[4, j] = h / (n - a)
        out[5, j] = a / n
        out[6, j] = longer
        out[7, j] = 1.0 - longer
        out[8, j] = 1.0


@kernel
def waits_patient(
    load: _Floats,
    handle: _Floats,
    patience: _Floats,
    agents: _Floats,
    within: _Floats,
    out: _Floats,
) -> None:
    """Erlang A of each.

    An arrival that finds ``k`` waiting is answered if it outlasts ``k + 1`` steps; given that it
    is, step ``j`` takes ``b/(c + j)`` on average. Summed over ``k``, that is the mean of
    ``log(y/X)`` in ``_mean_logarithm``.
    """
    for j in range(len(load)):
        a, h, b = float(load[j]), float(handle[j]), float(patience[j])
        n, t = float(agents[j]), float(within[j])
        if a < _NONE:
            _nobody(out, j)
            continue
        if n == 0.0:
            _all_hang_up(out, j, b, math.exp(-t / b))
            continue
        waits, gone, served, longer, in_time = _palm(a, h, b, n, t)
        mean = b * _mean_logarithm(n, a, b / h)
        out[0, j] = waits
        out[1, j] = waits * gone
        out[2, j] = b * waits * gone
        out[3, j] = n / a * waits / served * mean
        out[4, j] = b * gone
        out[5, j] = a / n * served
        out[6, j] = longer
        out[7, j] = in_time
        out[8, j] = served


@kernel
def _nobody(out: _Floats, j: int) -> None:
    """Nobody calls: nobody waits."""
    for i in range(7):
        out[i, j] = 0.0
    out[4, j] = math.nan
    out[7, j] = 1.0
    out[8, j] = 1.0


@kernel
def _all_hang_up(out: _Floats, j: int, b: float, z: float) -> None:
    """Nobody answers: all wait until their patience ends."""
    out[0, j] = 1.0
    out[1, j] = 1.0
    out[2, j] = b
    out[3, j] = math.nan
    out[4, j] = b
    out[5, j] = math.nan
    out[6, j] = z
    out[7, j] = 0.0
    out[8, j] = 0.0


@kernel
def _meets_who_stay(
    a: float, h: float, n: float, r: float, longer: float, kind: int, bar: float
) -> bool:
    """Whether ``n`` agents meet a target, from ``R = 1/B`` and ``longer = exp(-(n - a) t/h)``.

    With ``C = n/((n - a) R + a)`` the share that waits longer is ``C longer``, and the mean wait
    ``C h/(n - a)``; both sides are multiplied out, so that nothing is divided.
    """
    below = bar * ((n - a) * r + a)
    return n * longer <= below if kind == SERVICE_LEVEL else n * h <= below * (n - a)


@kernel
def _fewest_who_stay(
    a: float, h: float, t: float, fewer: float, kind: int, bar: float, n: float, r: float
) -> float:
    """Fewest agents that meet one target under Erlang C, by steps from ``n``, where ``R = r``.

    ``fewer`` is ``exp(-t/h)``, by which one agent more shortens the tail.
    """
    least = math.floor(a) + 1.0
    longer = math.exp((a - n) * t / h)
    down = _meets_who_stay(a, h, n, r, longer, kind, bar)
    while not down or n > least:
        if down:
            r = (r - 1.0) * a / n
            n -= 1.0
        else:
            n += 1.0
            r = 1.0 + n / a * r
        if fewer < _TINY:  # too little to divide by
            longer = math.exp((a - n) * t / h)
        else:
            longer = longer / fewer if down else longer * fewer
        if _meets_who_stay(a, h, n, r, longer, kind, bar) != down:
            return n + 1.0 if down else n
    return n


@kernel
def fewest_who_stay(
    load: _Floats,
    handle: _Floats,
    within: _Floats,
    allowed: _Floats,
    agents: _Ints,
    binding: _Ints,
) -> None:
    """Fewest agents that meet every target under Erlang C, and the target that asks for most.

    All but the loads may be one for all. ``allowed[kind]`` is infinite where there is no such
    target. The search for a load starts where the last one ended, in units of the square root of
    the load.
    """
    alike = len(handle) == 1
    answers = none_yet(load, alike)
    known_h, known_t, fewer = math.nan, math.nan, 1.0
    agents[:] = -1
    for kind in range(4):
        forget(answers)
        beta = 0.5
        for j in range(len(load)):
            q = 0 if alike else j
            a, h, t = float(load[j]), float(handle[q]), float(within[q])
            bar = float(allowed[kind, q]) * _SLACK
            if bar == math.inf:
                continue
            n = 0
            if a >= _NONE and kind == OCCUPANCY:
                n = int(max(math.floor(a) + 1.0, math.ceil(a / bar)))
            elif a >= _NONE:
                n = look_up(answers, a)
                if n == UNKNOWN:
                    if h != known_h or t != known_t:
                        known_h, known_t, fewer = h, t, math.exp(-t / h)
                    root = math.sqrt(max(a, 1.0))
                    guess, r = 1.0, 1.0 + 1.0 / a
                    if a >= 1.0:  # else so small that there is little to add
                        guess = max(math.floor(a) + 1.0, math.ceil(a + beta * root))
                        r = _descending(guess, a, 1.0)
                    fewest = _fewest_who_stay(a, h, t, fewer, kind, bar, guess, r)
                    beta = min((fewest - 0.5 - a) / root, 10.0)
                    n = int(fewest)
                    remember(answers, a, n)
            _raise_to(n, kind, j, agents, binding)


@lean_kernel
def _raise_to(n: int, kind: int, j: int, agents: _Ints, binding: _Ints) -> None:
    """Ask for ``n`` agents if no target before asked for as many; one target needs no name."""
    if n > agents[j]:
        agents[j] = n
        if j < len(binding):
            binding[j] = kind


@kernel
def _missed_patient(
    a: float, h: float, b: float, n: float, t: float, kind: int, definition: int
) -> float:
    """What a target is held against: those not answered in time, the mean wait, and so on."""
    if n == 0.0:
        return b if kind == MEAN_WAIT else 1.0
    waits, gone, served, longer, in_time = _palm(a, h, b, n, t if kind == SERVICE_LEVEL else 0.0)
    if kind == SERVICE_LEVEL:
        if definition == OFFERED:
            return 1.0 - in_time
        return longer / (longer + in_time) if definition == LESS_SHORT else 1.0 - in_time / served
    if kind == OCCUPANCY:
        return a / n * served
    return b * waits * gone if kind == MEAN_WAIT else waits * gone


@kernel
def _too_few(a: float, b: float, kind: int, definition: int, allowed: float) -> float:
    """Agents that cannot do, whatever their number's rounding says.

    ``n`` agents serve less than ``n`` erlangs, so more than ``1 - n/a`` of all callers hang up. In
    deep overload the difference is too small for a double, and still decides a tie.
    """
    lost = allowed / b if kind == MEAN_WAIT else allowed
    if kind == OCCUPANCY or (kind == SERVICE_LEVEL and definition != OFFERED) or lost >= 1.0:
        return -1.0
    return math.floor((1.0 - lost) * a * _SLACK)


@kernel
def _fewest_patient(
    a: float,
    h: float,
    b: float,
    t: float,
    kind: int,
    definition: int,
    allowed: float,
    failing: float,
    start: float,
    steep: float,
) -> tuple[float, float]:
    """Fewest agents that meet one target under Erlang A, and how steeply the miss falls there.

    The logarithm of the miss is nearly straight in ``n``. Its crossing is closed in from both
    sides until one number of agents fails and the next one meets.
    """
    low, high, above, below = failing, math.inf, 0.0, 0.0
    n, tries, root = max(start, failing + 1.0), 0, math.sqrt(a)
    while True:
        missed = _missed_patient(a, h, b, n, t, kind, definition)
        f = math.log(max(missed, 1e-300) / (allowed * _SLACK))
        if f <= 0.0:
            high, below = n, f
        else:
            low, above = n, f
        if high - low == 1.0:
            return high, (above - below) * root if above > 0.0 else steep
        tries += 1
        if high == math.inf:
            n += max(math.ceil(f * root / steep), 2.0**tries - 1.0)
        elif tries > 6:
            n = math.floor(0.5 * (low + high))
        elif above > 0.0:
            n = math.ceil(low + (high - low) * above / (above - below))
        else:
            n = math.ceil(high + below * root / steep)
        n = min(max(n, low + 1.0), high - 1.0)


@kernel
def fewest_patient(
    load: _Floats,
    handle: _Floats,
    patience: _Floats,
    within: _Floats,
    definition: int,
    allowed: _Floats,
    agents: _Ints,
    binding: _Ints,
) -> None:
    """Fewest agents that meet every target under Erlang A; see ``fewest_who_stay``."""
    alike = len(handle) == 1
    answers = none_yet(load, alike)
    agents[:] = -1
    for kind in range(4):
        forget(answers)
        beta, steep = 0.0, 1.0
        for j in range(len(load)):
            q = 0 if alike else j
            a, h, b = float(load[j]), float(handle[q]), float(patience[q])
            t, bar = float(within[q]), float(allowed[kind, q])
            if bar == math.inf:
                continue
            n = 0
            if a >= _NONE:
                n = look_up(answers, a)
                if n == UNKNOWN:
                    failing = _too_few(a, b, kind, definition, bar)
                    guess = math.ceil(a + beta * math.sqrt(a))
                    fewest, slope = _fewest_patient(
                        a, h, b, t, kind, definition, bar, failing, guess, steep
                    )
                    n = int(fewest)
                    remember(answers, a, n)
                    if a >= 1.0:
                        beta = (fewest - 0.5 - a) / math.sqrt(a)
                        steep = min(max(slope, 0.02), 50.0)
            _raise_to(n, kind, j, agents, binding)
