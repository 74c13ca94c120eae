"""Slow, plain twins of ``andon.queueing.changing_load``, written from the definitions."""

from __future__ import annotations

import cmath
import itertools
import math
from collections.abc import Callable, Sequence

import mpmath


def rate_at(rates: Sequence[float], step: float, when: float, *, line: bool, before: str) -> float:
    """The arrival rate at an instant: steps, or straight lines between edges."""
    intervals = len(rates) - line
    span = intervals * step
    if before == "periodic":
        when %= span
    if when < 0:
        return rates[0] if before == "steady" else 0.0
    if when >= span:
        return 0.0
    j = min(int(when // step), intervals - 1)
    return rates[j] + (rates[j + 1] - rates[j]) * (when / step - j) if line else rates[j]


def load(
    rates: Sequence[float],
    step: float,
    survival: Callable[[float], float],
    when: float,
    *,
    longest: float,
    kinks: Sequence[float] = (),
    line: bool = False,
    before: str = "nobody",
) -> float:
    """R(t): the integral of lambda(t - v) P(S > v) over every time v since they came.

    Handle times last no longer than ``longest``, as far as anyone can see, and their survival has
    corners at ``kinks``. A rate a second gives erlangs.
    """
    far = min(when, longest) if before == "nobody" else longest
    back = math.floor((when - far) / step)
    corners = {when - j * step for j in range(back, math.floor(when / step) + 1)}
    marks = sorted({0.0, far, *(v for v in {*corners, *kinks} if 0 < v < far)})
    total = mpmath.mpf(0)
    for low, high in itertools.pairwise(marks):
        middle = (low + high) / 2
        # Inside a piece the rate is one straight line, told by two of its points.
        third = (high - low) / 4
        one, two = (
            rate_at(rates, step, when - v, line=line, before=before)
            for v in (middle - third, middle + third)
        )
        slope = (two - one) / (2 * third)
        base = middle - third

        def part(v: float, a: float = one, b: float = slope, at: float = base) -> float:
            return float((a + b * (v - at)) * survival(v))

        total += mpmath.quad(part, [low, high])
    return float(total)


def sinusoid(mean: float, share: float, period: float, response: complex, when: float) -> float:
    """The load of arrivals ``mean (1 + share sin(2 pi t / period))``, once they always were.

    ``response`` is the integral of survival times exp(-i omega v) (Eick, Massey and Whitt 1993b).
    """
    omega = 2 * math.pi / period
    return mean * share * (cmath.exp(1j * omega * when) * response).imag


def exponential_response(mean: float, omega: float) -> complex:
    """The integral of exp(-v / mean) exp(-i omega v)."""
    return mean / (1 + 1j * omega * mean)


def fixed_response(value: float, omega: float) -> complex:
    """The integral of exp(-i omega v) up to ``value``."""
    return (1 - cmath.exp(-1j * omega * value)) / (1j * omega)
