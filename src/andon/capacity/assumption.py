"""Assumption: a number that a result rests on, with how far off it may be and where it is from.

Some are measured in the ledger, some are the operation's own, and some nobody knows: those are
stated, wide, and shown with every result that rests on them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.errors import PlanError
from andon.estimate import Estimate
from andon.units import Unit, spoken

__all__ = ["Assumption", "Source", "drawn"]

Floats = npt.NDArray[np.float64]

Source = Literal["ledger", "operation", "assumed"]
"""Measured in the ledger; told by the operation; or nobody knows, and it is taken to be so."""

_FROM: Final[dict[Source, str]] = {
    "ledger": "measured in the ledger",
    "operation": "told by the operation",
    "assumed": "an assumption",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Assumption:
    """One number that a result rests on.

    Attributes
    ----------
    name : str
        For machines, with its unit where it has one.
    says : str
        What it is, as a part of a sentence.
    value, low, high : float
        The middle, and the ends of an interval of ``level``.
    unit : Unit
    why : str
        Why this number, in one sentence.
    source : {"ledger", "operation", "assumed"}
    level : float
        Share of the interval, above 0 and below 1.

    Raises
    ------
    PlanError
        If a number is not finite, or the interval does not hold the middle.

    Examples
    --------
    >>> redials = Assumption(
    ...     name="redial_share", says="callers who give up and ring again", value=0.5, low=0.3,
    ...     high=0.7, unit="share", why="Counted over a year.", source="ledger")
    >>> redials.known, redials.shown
    (True, 'callers who give up and ring again: 50 % (30 % to 70 %), measured in the ledger')
    """

    name: str
    says: str
    value: float
    low: float
    high: float
    unit: Unit
    why: str
    source: Source
    level: float = 0.95

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.low, self.value, self.high))):
            raise PlanError(
                f"{self.name} must be a finite number with a finite interval.",
                found=f"{self.name} = {self.value:g} ({self.low:g} to {self.high:g})",
                todo="Give a number, or leave it out: then an assumption is made and said.",
            )
        if not self.low <= self.value <= self.high:
            raise PlanError(
                f"The interval of {self.name} does not hold its value.",
                found=f"{self.name} = {self.value:g} ({self.low:g} to {self.high:g})",
                todo="Give low <= value <= high.",
            )
        if not 0 < self.level < 1:
            raise PlanError(
                f"The level of {self.name} must lie between 0 and 1.",
                found=f"level = {self.level:g}",
                todo="Use 0.95.",
            )

    @classmethod
    def measured(cls, figure: Estimate, *, name: str, says: str, why: str) -> Assumption:
        """From a figure of the ledger, with its interval."""
        return cls(
            name=name,
            says=says,
            value=figure.value,
            low=figure.low,
            high=figure.high,
            unit=figure.unit,
            why=why,
            source="ledger",
            level=min(figure.level, 1 - 1e-9),
        )

    @classmethod
    def exact(
        cls, value: float, *, name: str, says: str, unit: Unit, why: str, source: Source
    ) -> Assumption:
        """A number that is taken as it is."""
        return cls(
            name=name,
            says=says,
            value=value,
            low=value,
            high=value,
            unit=unit,
            why=why,
            source=source,
        )

    @property
    def known(self) -> bool:
        """Whether anybody measured or told it."""
        return self.source != "assumed"

    @property
    def shown(self) -> str:
        """The number with its doubt and where it is from, for a list."""
        return f"{self.says}: {self.number}, {self.where}"

    @property
    def number(self) -> str:
        """The number with its doubt, to no more digits than the doubt leaves."""
        reach = max(self.high - self.value, self.value - self.low)
        if reach <= 0:
            return spoken(self.value, self.unit)
        step = 10.0 ** math.floor(math.log10(reach / 2) + 1e-9)
        middle, low, high = (
            _bare(spoken(each, self.unit, step=step)) for each in (self.value, self.low, self.high)
        )
        return f"{middle} ({low} to {high})"

    @property
    def where(self) -> str:
        """Where it is from, in plain words."""
        return _FROM[self.source]

    def draw(self, u: Floats, *, least: float = -math.inf, most: float = math.inf) -> Floats:
        """The number for each of some uniform draws, held within ``least`` and ``most``.

        See :func:`drawn`.
        """
        found = drawn(u, value=self.value, low=self.low, high=self.high, level=self.level)
        return np.clip(found, least, most)


_ZEROS: Final = re.compile(r"(\.\d*?)0+(?= |$)")


def _bare(text: str) -> str:
    """Without zeros that say nothing: .10 is .1."""
    return _ZEROS.sub(lambda found: "" if found[1] == "." else found[1], text)


def drawn(u: Floats, *, value: float, low: float, high: float, level: float) -> Floats:
    """Two halves of normal laws joined at their middle, which keep an interval that is uneven.

    Parameters
    ----------
    u : array of float
        Uniform draws, between 0 and 1.
    value, low, high : float
        The median, and the interval of ``level``: as much of the law lies below as above it.

    Returns
    -------
    array of float, like ``u``

    Examples
    --------
    >>> drawn(np.array([0.025, 0.5, 0.975]), value=2.0, low=1.0, high=8.0, level=0.95).round(9)
    array([1., 2., 8.])
    """
    z = np.asarray(special.ndtri(np.clip(u, 1e-12, 1 - 1e-12)))
    reach = float(special.ndtri(0.5 + level / 2))
    side = np.where(z < 0, value - low, high - value)
    return np.asarray(value + side * z / reach)
