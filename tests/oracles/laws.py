"""Slow, plain twins of ``andon.queueing.laws``: textbook formulas in many digits, areas by panels.

Sources: Johnson, Kotz and Balakrishnan, *Continuous univariate distributions*, volume 1 (1994),
chapters 14 (lognormal), 17 (gamma), 19 (exponential) and 21 (Weibull).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from mpmath import mp, mpf

Curve = Callable[[mpf], mpf]


def exponential(mean: float) -> Curve:
    return lambda t: mp.exp(-t / mpf(mean))


def weibull(scale: float, shape: float) -> Curve:
    return lambda t: mp.exp(-((t / mpf(scale)) ** mpf(shape)))


def lognormal(median: float, sigma: float) -> Curve:
    return lambda t: mpf(1) if t == 0 else mp.ncdf(-mp.log(t / mpf(median)) / mpf(sigma))


def gamma(mean: float, cv: float) -> Curve:
    a, scale = 1 / mpf(cv) ** 2, mpf(mean) * mpf(cv) ** 2
    return lambda t: mp.gammainc(a, t / scale, mp.inf, regularized=True)


def empirical(at: Sequence[float], share: Sequence[float]) -> Curve:
    """The share above t: for each stretch, the part of it that lies above."""

    def above(t: mpf) -> mpf:
        total = mpf(1) - mpf(share[-1])
        for i, j in itertools.pairwise(range(len(at))):
            part = mpf(1)
            if at[i] == at[j]:
                part = mpf(at[i] > t)
            elif t > at[i]:
                part = max(mpf(0), (mpf(at[j]) - t) / (mpf(at[j]) - mpf(at[i])))
            total += part * (mpf(share[j]) - mpf(share[i]))
        return total

    return above


def area(survival: Curve, to: float, cuts: Sequence[float] = ()) -> mpf:
    """The area under survival up to ``to``, by quadrature with cuts where it is not smooth."""
    inside = sorted({float(each) for each in cuts if 0 < each < to})
    near_zero = [to * 10.0**-k for k in (12, 9, 6, 4, 3, 2, 1)]
    return mp.quad(survival, [0, *sorted({*near_zero, *inside}), to])


def density(survival: Curve, t: float) -> mpf:
    return -mp.diff(survival, mpf(t), h=mpf(t) * mpf(10) ** -12)
