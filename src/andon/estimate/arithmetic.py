"""Arithmetic with estimates: the doubt goes through every sum, difference and quotient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import overload

from andon.estimate.figures import BOUNDS, Estimate, Unknown
from andon.estimate.intervals import ratio, share
from andon.estimate.sums import Paired
from andon.units import Unit

__all__ = ["bounds", "complement", "difference", "difference_of", "quotient", "times", "total"]


def bounds(
    low: float | Estimate,
    high: float | Estimate,
    *,
    unit: Unit,
    n: int,
    value: float | None = None,
) -> Estimate:
    """What a figure must lie between, whatever the missing data were.

    Parameters
    ----------
    low, high : float or Estimate
        The figure if all that is missing were as low, and as high, as it can be. If they are
        estimates, the outer ends of their intervals are taken, with the lower of their levels
        (Horowitz and Manski 2000, `doi:10.1080/01621459.2000.10473902
        <https://doi.org/10.1080/01621459.2000.10473902>`_).
    value : float, optional
        The figure under the assumption that seems best; the middle unless given.

    Examples
    --------
    >>> print(bounds(0.12, 0.31, unit="share", n=283661))
    between 12 and 31 %
    """
    level = min((each.level for each in (low, high) if isinstance(each, Estimate)), default=1.0)
    lowest = low.low if isinstance(low, Estimate) else low
    highest = high.high if isinstance(high, Estimate) else high
    return Estimate(
        value=(lowest + highest) / 2 if value is None else value,
        low=lowest,
        high=highest,
        unit=unit,
        n=n,
        method=BOUNDS if level == 1.0 else f"{BOUNDS}, with the doubt at both ends",
        level=level,
    )


@overload
def times(figure: Estimate, factor: float, *, unit: Unit | None = None) -> Estimate: ...
@overload
def times(figure: Unknown, factor: float, *, unit: Unit | None = None) -> Unknown: ...
@overload
def times(
    figure: Estimate | Unknown, factor: float, *, unit: Unit | None = None
) -> Estimate | Unknown: ...
def times(
    figure: Estimate | Unknown, factor: float, *, unit: Unit | None = None
) -> Estimate | Unknown:
    """A figure times a number that is known without doubt.

    Parameters
    ----------
    unit : Unit, optional
        The unit of the product; that of the figure unless given.

    Examples
    --------
    >>> waited = Estimate(value=90.0, low=80.0, high=100.0, unit="s", n=50, method="-")
    >>> print(times(waited, 1000 / 3600, unit="h"))
    25 h (22 h to 28 h)
    """
    to = figure.unit if unit is None else unit
    if isinstance(figure, Unknown):
        return replace(figure, unit=to)
    ends = sorted((figure.low * factor, figure.high * factor))
    return replace(figure, value=figure.value * factor, low=ends[0], high=ends[1], unit=to)


@overload
def complement(figure: Estimate) -> Estimate: ...
@overload
def complement(figure: Unknown) -> Unknown: ...
@overload
def complement(figure: Estimate | Unknown) -> Estimate | Unknown: ...
def complement(figure: Estimate | Unknown) -> Estimate | Unknown:
    """One less a share: those who did not.

    >>> from andon.estimate import proportion
    >>> print(complement(proportion(5, 40)))
    88 % (74 to 95 %)
    """
    if isinstance(figure, Unknown):
        return figure
    return replace(figure, value=1 - figure.value, low=1 - figure.high, high=1 - figure.low)


def total(*figures: Estimate | Unknown) -> Estimate | Unknown:
    """The sum of independent estimates in one unit; its interval by square and add.

    Each end's distance is the root of the sum of the squared distances (Zou and Donner 2008,
    `doi:10.1002/sim.3095 <https://doi.org/10.1002/sim.3095>`_), so that lopsided intervals stay
    lopsided. Bounds are added end to end.

    Examples
    --------
    >>> a = Estimate(value=10.0, low=9.0, high=13.0, unit="h", n=5, method="-")
    >>> b = Estimate(value=20.0, low=19.0, high=24.0, unit="h", n=7, method="-")
    >>> print(total(a, b))
    30 h (29 h to 35 h)
    """
    if not figures:
        raise ValueError("nothing to add up")
    known = []
    for figure in figures:
        if figure.unit != figures[0].unit:
            raise ValueError(f"cannot add {figure.unit} to {figures[0].unit}")
        if isinstance(figure, Unknown):
            return figure
        known.append(figure)
    below = [each.value - each.low for each in known]
    above = [each.high - each.value for each in known]
    return _combined(
        known,
        value=math.fsum(each.value for each in known),
        below=sum(below) if _any_bounds(known) else math.hypot(*below),
        above=sum(above) if _any_bounds(known) else math.hypot(*above),
        unit=figures[0].unit,
        verb="sum",
    )


def difference(
    first: Estimate | Unknown, second: Estimate | Unknown, *, correlation: float = 0.0
) -> Estimate | Unknown:
    """How much the first is above the second; its interval by square and add.

    For independent shares this is Newcombe's interval (1998, *Statistics in Medicine* 17, 873), in
    general that of Zou and Donner (2008). Where the same customers stand behind both, the two go up
    and down together and this is wider than need be: use :func:`difference_of`. Bounds are taken
    end from end.

    Parameters
    ----------
    correlation : float
        Between the two estimates' errors, -1 to 1.

    Returns
    -------
    Estimate or Unknown
        For shares in percentage points (unit ``points``), else in the common unit.

    Raises
    ------
    ValueError
        If the units differ.

    Examples
    --------
    >>> from andon.estimate import proportion
    >>> print(difference(proportion(56, 70), proportion(48, 80)))
    20 points (5 points to 33 points)
    """
    if first.unit != second.unit:
        raise ValueError(f"cannot take {second.unit} from {first.unit}")
    to: Unit = "points" if first.unit == "share" else first.unit
    for figure in (first, second):
        if isinstance(figure, Unknown):
            return replace(figure, unit=to)
    assert isinstance(first, Estimate)
    assert isinstance(second, Estimate)
    sides = (
        (first.value - first.low, second.high - second.value),
        (first.high - first.value, second.value - second.low),
    )
    if _any_bounds((first, second)):
        below, above = (a + b for a, b in sides)
    else:
        below, above = (
            math.sqrt(max(0.0, a * a + b * b - 2 * correlation * a * b)) for a, b in sides
        )
    found = _combined(
        (first, second),
        value=first.value - second.value,
        below=below,
        above=above,
        unit=first.unit,
        verb="difference",
    )
    return times(found, 100, unit=to) if to == "points" else found


def difference_of(
    paired: Paired, *, unit: Unit = "share", level: float = 0.95
) -> Estimate | Unknown:
    """How much the first ratio is above the second, when the same customers stand behind both.

    As :func:`difference`, with the correlation of the two estimates measured over customers.

    Parameters
    ----------
    unit : Unit
        Of both ratios. For ``share`` the difference is in percentage points.
    """
    first, second = (
        share(sums, level=level) if unit == "share" else ratio(sums, unit=unit, level=level)
        for sums in (paired.first, paired.second)
    )
    return difference(first, second, correlation=paired.correlation)


def quotient(
    first: Estimate | Unknown, second: Estimate | Unknown, *, unit: Unit = "ratio"
) -> Estimate | Unknown:
    """How many times the second the first is, for independent estimates that are not negative.

    Square and add on the logarithms (Zou and Donner 2008).

    Examples
    --------
    >>> now = Estimate(value=180.0, low=170.0, high=190.0, unit="s", n=900, method="-")
    >>> before = Estimate(value=200.0, low=192.0, high=209.0, unit="s", n=900, method="-")
    >>> print(quotient(now, before))
    0.90 (0.84 to 0.96)
    """
    for figure in (first, second):
        if isinstance(figure, Unknown):
            return replace(figure, unit=unit)
    assert isinstance(first, Estimate)
    assert isinstance(second, Estimate)
    if second.low <= 0 or first.low < 0:
        return Unknown(
            unit=unit,
            why="what it is divided by may be nothing" if second.low <= 0 else "it may be negative",
            needs="more contacts",
        )
    value = first.value / second.value
    lower = (_log_gap(first.low, first.value), _log_gap(second.value, second.high))
    upper = (_log_gap(first.value, first.high), _log_gap(second.low, second.value))
    if _any_bounds((first, second)):
        down, up = math.fsum(lower), math.fsum(upper)
    else:
        down, up = math.hypot(*lower), math.hypot(*upper)
    if math.isinf(up):
        return Unknown(unit=unit, why="none of the first was seen", needs="more contacts")
    return _combined(
        (first, second),
        value=value,
        below=value - value * math.exp(-down),
        above=value * math.exp(up) - value,
        unit=unit,
        verb="quotient",
    )


def _any_bounds(figures: Sequence[Estimate]) -> bool:
    return any(figure.bounded for figure in figures)


def _combined(
    figures: Sequence[Estimate],
    *,
    value: float,
    below: float,
    above: float,
    unit: Unit,
    verb: str,
) -> Estimate:
    """An estimate from others, at the lowest of their levels."""
    if _any_bounds(figures):
        method = f"{BOUNDS}, {verb}"
    elif all(figure.low == figure.high for figure in figures):
        method = figures[0].method
    else:
        method = f"{verb}, square and add"
    return Estimate(
        value=value,
        low=value - below,
        high=value + above,
        unit=unit,
        n=sum(figure.n for figure in figures),
        method=method,
        level=min(figure.level for figure in figures),
    )


def _log_gap(low: float, high: float) -> float:
    """How far apart two positive numbers are on the logarithm; 0 is endlessly far down."""
    if low == high:
        return 0.0
    return math.log(high / low) if low > 0 else math.inf
