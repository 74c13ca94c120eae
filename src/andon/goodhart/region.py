"""Region: the values that a test does not reject, which need not be an interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

__all__ = ["Region", "where_not_above"]

Shape = Literal["interval", "outside", "everywhere", "nowhere"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Region:
    """Values that a test does not reject.

    Attributes
    ----------
    shape : {"interval", "outside", "everywhere", "nowhere"}
        ``outside``: all up to ``low`` and all from ``high`` on, where one of them may be infinite.
    low, high : float
        The ends; infinite where there is none, NaN for ``nowhere``.
    level : float
        Share of such regions that hold the truth, 0 to 1.
    """

    shape: Shape
    low: float
    high: float
    level: float

    @property
    def bounded(self) -> bool:
        """Whether it is an interval with two ends."""
        return self.shape == "interval" and math.isfinite(self.low) and math.isfinite(self.high)

    def __contains__(self, value: float) -> bool:
        if self.shape == "interval":
            return self.low <= value <= self.high
        if self.shape == "outside":
            return value <= self.low or value >= self.high
        return self.shape == "everywhere"

    def says(self) -> str:
        """The region in words.

        >>> Region(shape="outside", low=-2.0, high=3.5, level=0.95).says()
        'anything up to -2, or from 3.5 on: the data cannot bound it'
        """
        if self.shape == "interval":
            return f"{self.low:.4g} to {self.high:.4g}"
        if self.shape == "outside":
            return (
                f"anything up to {self.low:.4g}, or from {self.high:.4g} on: "
                "the data cannot bound it"
            )
        if self.shape == "everywhere":
            return "any value at all: the data cannot bound it"
        return "no value at all: no single figure fits what all advisors show"


def where_not_above(square: float, linear: float, constant: float, *, level: float) -> Region:
    """Where ``square b**2 + linear b + constant <= 0``: what inverting a test leaves.

    >>> where_not_above(1.0, -3.0, 2.0, level=0.95).says()
    '1 to 2'
    >>> where_not_above(1.0, 0.0, 2.0, level=0.95).shape
    'nowhere'
    """
    if square == 0:
        if linear == 0:
            return _whole(nowhere=constant > 0, level=level)
        end = -constant / linear
        low, high = (-math.inf, end) if linear > 0 else (end, math.inf)
        return Region(shape="interval", low=low, high=high, level=level)
    inside = linear * linear - 4 * square * constant
    if inside < 0:
        return _whole(nowhere=square > 0, level=level)
    # The root of the same sign as the linear part is found without cancellation, then the other.
    far = -(linear + math.copysign(math.sqrt(inside), linear)) / 2
    roots = sorted((far / square, constant / far)) if far else [0.0, 0.0]
    return Region(
        shape="interval" if square > 0 else "outside", low=roots[0], high=roots[1], level=level
    )


def _whole(*, nowhere: bool, level: float) -> Region:
    if nowhere:
        return Region(shape="nowhere", low=math.nan, high=math.nan, level=level)
    return Region(shape="everywhere", low=-math.inf, high=math.inf, level=level)
