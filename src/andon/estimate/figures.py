"""A figure: an estimate with its doubt, or the plain statement that it is not known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from andon.units import UNITS, Unit, in_so_many, spoken

__all__ = ["BOUNDS", "Estimate", "Unknown", "from_json"]

BOUNDS: Final = "bounds"
"""How the method of bounds begins."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A number that says how sure it is.

    Attributes
    ----------
    value : float
        The best single number, in ``unit``.
    low, high : float
        Ends of the interval, in ``unit``; ``low <= value <= high``.
    level : float
        Share of such intervals that hold the truth, 0 to 1. It is 1 for what was counted, and for
        ``bounds``: the truth lies inside whatever the missing data were.
    unit : Unit
    n : int
        How many contacts (or customers, days: the method says) the number rests on.
    method : str
        How the interval was made.

    Raises
    ------
    ValueError
        If the interval does not hold the value, anything is not finite, or the level is no level.

    Examples
    --------
    >>> print(Estimate(value=0.205, low=0.203, high=0.207, unit="share", n=281150, method="Wilson"))
    20.5 % (20.3 to 20.7 %)
    """

    value: float
    low: float
    high: float
    unit: Unit
    n: int
    method: str
    level: float = 0.95

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.value, self.low, self.high))):
            raise ValueError(f"an estimate must be finite: {self.low}, {self.value}, {self.high}")
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.value} lies outside its interval {self.low} to {self.high}")
        if not 0 < self.level <= 1:
            raise ValueError(f"a level is above 0 and at most 1: {self.level}")

    @classmethod
    def exact(cls, value: float, *, unit: Unit, n: int, method: str = "counted") -> Estimate:
        """What was counted or added up, and not estimated from a part: no sampling doubt.

        >>> print(Estimate.exact(283661, unit="count", n=283661))
        283,661
        """
        return cls(value=value, low=value, high=value, unit=unit, n=n, method=method, level=1.0)

    @property
    def bounded(self) -> bool:
        """Whether this is a pair of bounds, whose value is only one of many that are possible."""
        return self.method.startswith(BOUNDS)

    def says(self, *, currency: str = "") -> str:
        """The number as one says it: two significant digits, people as so many in a hundred.

        >>> Estimate(value=0.123, low=0.112, high=0.134, unit="share", n=900, method="-").says()
        'about 12 in 100 (11 to 13)'
        >>> Estimate(value=201.3, low=189.0, high=214.0, unit="s", n=900, method="-").says()
        'about 3 min 20 s (3 min 10 s to 3 min 30 s)'
        """
        if self.unit == "share":
            base = _base(self.value if not self.bounded else self.high)
            low, value, high = (
                in_so_many(each, base=base) for each in (self.low, self.value, self.high)
            )
            return self._said(low, f"{value} in {base:,}", high, f"{high} in {base:,}")
        step = max(self._step(), _two_digits(self.value), key=abs)
        low, value, high = (
            spoken(each, self.unit, step=step, currency=currency)
            for each in (self.low, self.value, self.high)
        )
        return self._said(low, value, high, high)

    def as_json(self) -> dict[str, float | int | str | bool]:
        """The estimate as plain values; :func:`from_json` reads it back."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "level": self.level,
            "unit": self.unit,
            "n": self.n,
            "method": self.method,
        }

    def __str__(self) -> str:
        step = self._step()
        if self.unit == "s" and self.value > 0:  # or a wide interval would hide its own middle
            step = min(step, _two_digits(max(self.value, 10 * min(self.value, 1))))
        low, value, high = (
            spoken(each, self.unit, step=step) for each in (self.low, self.value, self.high)
        )
        if self.bounded:
            return f"between {self._short(low)} and {high}"
        if self.low == self.high:
            return value
        return f"{value} ({self._short(low)} to {high})"

    def _said(self, low: str, value: str, high: str, full_high: str) -> str:
        if self.bounded:
            return f"between {low} and {full_high}"
        if low == high:
            return value if self.low == self.high else f"about {value}"
        return f"about {value} ({low} to {high})"

    def _short(self, low: str) -> str:
        """A share's sign of per cent is written once, behind the higher end."""
        return low.removesuffix(" %")

    def _step(self) -> float:
        """The last digit that the interval supports: a power of ten, at most half its reach."""
        reach = max(self.high - self.value, self.value - self.low)
        return 10.0 ** math.floor(math.log10(reach / 2) + 1e-9) if reach > 0 else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """What cannot be estimated, why, and what data would let us tell.

    Attributes
    ----------
    unit : Unit
        The unit that the figure would have had.
    why : str
        Why it is not known, in one plain sentence.
    needs : str
        The data that would let us tell.
    """

    unit: Unit
    why: str
    needs: str

    def says(self) -> str:
        """Why it is not known, and what would let us tell.

        >>> Unknown(unit="share", why="no survey was sent", needs="surveys").says()
        'We cannot tell: no survey was sent. It would take surveys.'
        """
        return f"We cannot tell: {self.why}. It would take {self.needs}."

    def as_json(self) -> dict[str, float | int | str | bool]:
        """The gap as plain values; :func:`from_json` reads it back."""
        return {"unknown": True, "unit": self.unit, "why": self.why, "needs": self.needs}

    def __str__(self) -> str:
        return f"not known: {self.why}"


def from_json(data: Mapping[str, object]) -> Estimate | Unknown:
    """Read back what :meth:`Estimate.as_json` or :meth:`Unknown.as_json` gave.

    Raises
    ------
    ValueError
        If a part is missing or wrong.

    Examples
    --------
    >>> calls = Estimate.exact(40, unit="count", n=40)
    >>> from_json(calls.as_json()) == calls
    True
    """
    try:
        unit = next(each for each in UNITS if each == data["unit"])
        if data.get("unknown"):
            return Unknown(unit=unit, why=str(data["why"]), needs=str(data["needs"]))
        value, low, high, level = (_float(data[key]) for key in ("value", "low", "high", "level"))
        n, method = int(_float(data["n"])), str(data["method"])
    except (KeyError, StopIteration, TypeError) as problem:
        raise ValueError(f"no estimate: {dict(data)!r}") from problem
    return Estimate(value=value, low=low, high=high, level=level, unit=unit, n=n, method=method)


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"no number: {value!r}")
    return float(value)


def _base(part: float) -> int:
    """Of how many people to speak, so that one is meant at least: 100, more where it is rare."""
    rare = min(part, 1 - part)
    if rare <= 0:
        return 100
    return next((base for base in (100, 1_000, 10_000) if rare * base >= 1), 100_000)


def _two_digits(value: float) -> float:
    """The step that leaves two significant digits."""
    return 10.0 ** (math.floor(math.log10(abs(value)) + 1e-9) - 1) if value else 0.0
