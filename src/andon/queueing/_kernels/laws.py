"""How long something lasts: one uniform number in, a duration in ticks out.

A law is a row: its kind, two parameters in seconds, and the part of a table that is its own. What
comes out is the duration that a share ``u`` of all durations exceed, so that small ``u`` reach far
into the tail. Durations are whole microseconds, as the ledger's instants are: sums are exact, and
two engines that take the same numbers agree to the last digit.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels.compiled import lean_kernel

__all__ = [
    "EMPIRICAL",
    "EXPONENTIAL",
    "FIXED",
    "LAWS",
    "LOGNORMAL",
    "NEVER",
    "TICKS",
    "WEIBULL",
    "duration",
    "durations_of_block",
    "minus_log",
    "minus_logs",
    "normal_above",
    "scaled",
]

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]

TICKS = 1_000_000
"""Ticks in a second."""
NEVER = 1 << 62
"""A time that does not come."""
_LONGEST = 4.0e12
"""Seconds after which a duration counts as never."""

FIXED = 0
EXPONENTIAL = 1
WEIBULL = 2
LOGNORMAL = 3
EMPIRICAL = 4
"""Straight lines through points of the distribution function."""

LAWS = 5
"""A queue's laws stand together: law ``i`` of queue ``q`` is row ``LAWS * q + i``."""

_LN2 = 0.6931471805599453
_ROOT2 = 1.4142135623730951
_L1 = 6.666666666666735130e-01
_L2 = 3.999999999940941908e-01
_L3 = 2.857142874366239149e-01
_L4 = 2.222219843214978396e-01
_L5 = 1.818357216161805012e-01
_L6 = 1.531383769920937332e-01
_L7 = 1.479819860511658591e-01
"""The coefficients of the logarithm in FDLIBM (Sun Microsystems 1993): error below 2**-58."""


@lean_kernel
def minus_log(u: float) -> float:
    """``-log(u)`` for ``u`` in (0, 1), within 2 units in the last place.

    The same steps in the same order as in :func:`minus_logs`: both give the same bits.
    """
    x, e = math.frexp(u)
    x *= 2.0
    big = x > _ROOT2
    x = x * 0.5 if big else x
    k = np.float64(e - 1) + (1.0 if big else 0.0)
    f = x - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (_L2 + w * (_L4 + w * _L6))
    odd = z * (_L1 + w * (_L3 + w * (_L5 + w * _L7)))
    half = 0.5 * f * f
    return half - s * (half + odd + even) - f - k * _LN2


@lean_kernel
def minus_logs(u: _Floats, n: int, whole: _Floats, part: _Floats, out: _Floats) -> None:
    """``-log`` of the first ``n`` of ``u``, four at a time; ``whole`` and ``part`` are scratch."""
    bits = u.view(np.int64)
    part_bits = part.view(np.int64)
    for i in range(n):
        b = bits[i]
        whole[i] = np.float64(((b >> 52) & 0x7FF) - 1023)
        part_bits[i] = (b & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000
    for i in range(n):
        x = part[i]
        big = x > _ROOT2
        x = x * 0.5 if big else x
        k = whole[i] + (1.0 if big else 0.0)
        f = x - 1.0
        s = f / (2.0 + f)
        z = s * s
        w = z * z
        even = w * (_L2 + w * (_L4 + w * _L6))
        odd = z * (_L1 + w * (_L3 + w * (_L5 + w * _L7)))
        half = 0.5 * f * f
        out[i] = half - s * (half + odd + even) - f - k * _LN2


@lean_kernel
def scaled(ticks: int, factor: float) -> int:
    """A duration that is ``factor`` times as long, in whole ticks."""
    lasts = np.float64(ticks) * factor + 0.5
    return NEVER if lasts >= _LONGEST * TICKS else int(lasts)


@lean_kernel
def normal_above(u: float) -> float:
    """The value that a standard normal exceeds with probability ``u``.

    Wichura 1988, algorithm AS 241 (PPND16), https://doi.org/10.2307/2347330: relative error about
    1e-16.
    """
    q = 0.5 - u
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        top = 2.5090809287301226727e3
        top = top * r + 3.3430575583588128105e4
        top = top * r + 6.7265770927008700853e4
        top = top * r + 4.5921953931549871457e4
        top = top * r + 1.3731693765509461125e4
        top = top * r + 1.9715909503065514427e3
        top = top * r + 1.3314166789178437745e2
        top = top * r + 3.3871328727963666080e0
        low = 5.2264952788528545610e3
        low = low * r + 2.8729085735721942674e4
        low = low * r + 3.9307895800092710610e4
        low = low * r + 2.1213794301586595867e4
        low = low * r + 5.3941960214247511077e3
        low = low * r + 6.8718700749205790830e2
        low = low * r + 4.2313330701600911252e1
        low = low * r + 1.0
        return q * top / low
    r = math.sqrt(minus_log(min(u, 1.0 - u)))
    if r <= 5.0:
        r -= 1.6
        top = 7.74545014278341407640e-4
        top = top * r + 2.27238449892691845833e-2
        top = top * r + 2.41780725177450611770e-1
        top = top * r + 1.27045825245236838258e0
        top = top * r + 3.64784832476320460504e0
        top = top * r + 5.76949722146069140550e0
        top = top * r + 4.63033784615654529590e0
        top = top * r + 1.42343711074968357734e0
        low = 1.05075007164441684324e-9
        low = low * r + 5.47593808499534494600e-4
        low = low * r + 1.51986665636164571966e-2
        low = low * r + 1.48103976427480074590e-1
        low = low * r + 6.89767334985100004550e-1
        low = low * r + 1.67638483018380384940e0
        low = low * r + 2.05319162663775882187e0
        low = low * r + 1.0
    else:
        r -= 5.0
        top = 2.01033439929228813265e-7
        top = top * r + 2.71155556874348757815e-5
        top = top * r + 1.24266094738807843860e-3
        top = top * r + 2.65321895265761230930e-2
        top = top * r + 2.96560571828504891230e-1
        top = top * r + 1.78482653991729133580e0
        top = top * r + 5.46378491116411436990e0
        top = top * r + 6.65790464350110377720e0
        low = 2.04426310338993978564e-15
        low = low * r + 1.42151175831644588870e-7
        low = low * r + 1.84631831751005468180e-5
        low = low * r + 7.86869131145613259100e-4
        low = low * r + 1.48753612908506148525e-2
        low = low * r + 1.36929880922735805310e-1
        low = low * r + 5.99832206555887937690e-1
        low = low * r + 1.0
    return top / low if q > 0.0 else -top / low


@lean_kernel
def duration(
    u: float, kind: int, p0: float, p1: float, begin: int, end: int, at: _Floats, share: _Floats
) -> int:
    """The duration, in ticks, that a share ``u`` of all durations exceed."""
    if kind == EXPONENTIAL:
        seconds = p0 * minus_log(u)
    elif kind == FIXED:
        seconds = p0
    elif kind == LOGNORMAL:
        seconds = p0 * math.exp(p1 * normal_above(u))
    elif kind == WEIBULL:
        seconds = p0 * math.pow(minus_log(u), p1)
    else:
        seconds = _on_lines(1.0 - u, begin, end, at, share)
    return int(seconds * TICKS + 0.5) if seconds < _LONGEST else NEVER


@lean_kernel
def durations_of_block(
    u: _Floats,
    n: int,
    kind: int,
    p0: float,
    p1: float,
    begin: int,
    end: int,
    at: _Floats,
    share: _Floats,
    whole: _Floats,
    part: _Floats,
    logs: _Floats,
    out: _Integers,
) -> None:
    """:func:`duration` of the first ``n`` of ``u``; the exponential four at a time."""
    if kind == EXPONENTIAL:
        minus_logs(u, n, whole, part, logs)
        for i in range(n):
            seconds = p0 * logs[i]
            out[i] = np.int64(seconds * TICKS + 0.5)
    else:
        for i in range(n):
            out[i] = duration(u[i], kind, p0, p1, begin, end, at, share)


@lean_kernel
def _on_lines(c: float, begin: int, end: int, at: _Floats, share: _Floats) -> float:
    """Where the lines through (``at``, ``share``) reach ``c``; never, beyond the last."""
    if c > share[end - 1]:
        return math.inf
    low, high = begin, end - 1
    while high - low > 1:
        middle = (low + high) >> 1
        if share[middle] < c:
            low = middle
        else:
            high = middle
    step = share[high] - share[low]
    if step <= 0.0:
        return float(at[high])
    part = max(0.0, min(1.0, (c - share[low]) / step))
    return float(at[low] + (at[high] - at[low]) * part)
