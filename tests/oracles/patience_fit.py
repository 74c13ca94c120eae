"""Slow, plain twin of ``andon.queueing.patience_fit``: the likelihood wait by wait, many digits.

Lawless 2003, *Statistical models and methods for lifetime data*, section 2.2: who gave up adds the
density (or the share that ends within the bin), who was answered the share that lasts longer.
"""

from __future__ import annotations

from collections.abc import Sequence

from mpmath import mp, mpf

Row = tuple[float, bool]


def survival(t: mpf, law: str, parameters: Sequence[mpf]) -> mpf:
    if t <= 0:
        return mpf(1)
    if law == "exponential":
        return mp.exp(-t / parameters[0])
    if law == "weibull":
        return mp.exp(-((t / parameters[0]) ** parameters[1]))
    return mp.ncdf(-mp.log(t / parameters[0]) / parameters[1])


def density(t: mpf, law: str, parameters: Sequence[mpf]) -> mpf:
    if law == "exponential":
        return mp.exp(-t / parameters[0]) / parameters[0]
    scale, shape = parameters
    if law == "weibull":
        return shape / scale * (t / scale) ** (shape - 1) * survival(t, law, parameters)
    return mp.npdf(mp.log(t / scale) / shape) / (shape * t)


def log_likelihood(
    rows: Sequence[Row], law: str, parameters: Sequence[mpf], width: float = 0.0
) -> mpf:
    total = mpf(0)
    for wait, gave_up in rows:
        t = mpf(wait)
        if not gave_up:
            total += mp.log(survival(t - mpf(width) / 2 if wait > 0 else t, law, parameters))
        elif width:
            before = survival(t - mpf(width), law, parameters)
            total += mp.log(before - survival(t, law, parameters))
        else:
            total += mp.log(density(t, law, parameters))
    return total


def slope_and_information(
    rows: Sequence[Row], law: str, parameters: Sequence[float], width: float = 0.0
) -> tuple[list[float], list[list[float]]]:
    """First derivatives by the logarithms of the parameters, and second ones with their sign
    turned."""
    at = [mp.log(mpf(each)) for each in parameters]
    count = len(at)

    def height(*logs: mpf) -> mpf:
        return log_likelihood(rows, law, [mp.exp(each) for each in logs], width)

    def order(*axes: int) -> tuple[int, ...]:
        return tuple(sum(axis == i for axis in axes) for i in range(count))

    def derived(*axes: int) -> float:
        if count == 1:
            return float(mp.diff(height, at[0], len(axes)))
        return float(mp.diff(height, tuple(at), order(*axes)))

    slope = [derived(i) for i in range(count)]
    return slope, [[-derived(i, j) for j in range(count)] for i in range(count)]
