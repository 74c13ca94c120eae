"""An estimate: a number with its interval, its unit, its n and its method.

No bare number leaves Andon. Questions reduce contacts to a few sums inside the engine
(:class:`Sums`), and the functions here turn those sums into an :class:`Estimate`. Contacts by one
customer resemble one another, so the customer, and not the contact, is the unit of doubt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from andon.units import Unit

__all__ = ["Estimate", "Sums", "Unknown", "mean", "ratio", "share"]


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
        Share of such intervals that hold the truth, 0 to 1. For ``bounds`` it is 1: the truth
        lies inside whatever the missing data were.
    unit : Unit
    n : int
        How many contacts (or customers, days: the method says) the number rests on.
    method : str
        How the interval was made.

    Raises
    ------
    ValueError
        If the interval does not hold the value, or anything is not finite.

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

    def __str__(self) -> str:
        if self.unit == "share":
            return f"{self.value:.1%} ({self.low:.1%} to {self.high:.1%})".replace("%", " %", 1)
        return f"{self.value:.4g} {self.unit} ({self.low:.4g} to {self.high:.4g})"


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

    def __str__(self) -> str:
        return f"not known: {self.why}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sums:
    """What a ratio's interval needs to know of its contacts: sums over clusters.

    For a cluster *c* (a customer; a contact of unknown customer is a cluster of its own) let
    ``y_c`` be its numerator and ``x_c`` its denominator.

    Attributes
    ----------
    clusters : int
        Clusters with ``x_c > 0`` or ``y_c != 0``.
    n : int
        Contacts that count in the denominator.
    y, x : float
        Sums of ``y_c`` and ``x_c``.
    yy, yx, xx : float
        Sums of ``y_c**2``, ``y_c * x_c`` and ``x_c**2``.
    """

    clusters: int
    n: int
    y: float
    x: float
    yy: float
    yx: float
    xx: float

    def __add__(self, other: Sums) -> Sums:
        """Join two sets of clusters that share none."""
        return Sums(
            clusters=self.clusters + other.clusters,
            n=self.n + other.n,
            y=self.y + other.y,
            x=self.x + other.x,
            yy=self.yy + other.yy,
            yx=self.yx + other.yx,
            xx=self.xx + other.xx,
        )


_NOTHING = "no contact that could count"


def share(sums: Sums, *, level: float = 0.95) -> Estimate | Unknown:
    """A share of 0 to 1 with its interval, for contacts that cluster by customer."""
    if sums.x <= 0:
        return Unknown(unit="share", why=_NOTHING, needs="at least one such contact")
    p = min(max(sums.y / sums.x, 0.0), 1.0)
    z = float(special.ndtri(0.5 + level / 2))
    effective = _effective_n(sums, p)
    centre = (p + z * z / (2 * effective)) / (1 + z * z / effective)
    half = (
        z
        / (1 + z * z / effective)
        * math.sqrt(p * (1 - p) / effective + z * z / (4 * effective * effective))
    )
    return Estimate(
        value=p,
        low=min(p, max(0.0, centre - half)),
        high=max(p, min(1.0, centre + half)),
        unit="share",
        n=sums.n,
        method="Wilson, clustered by customer",
        level=level,
    )


def ratio(sums: Sums, *, unit: Unit, level: float = 0.95) -> Estimate | Unknown:
    """A ratio of two sums (a mean, a rate) with its interval, clustered by customer."""
    if sums.x <= 0:
        return Unknown(unit=unit, why=_NOTHING, needs="at least one such contact")
    value = sums.y / sums.x
    if sums.clusters < 2:
        return Unknown(unit=unit, why="only one customer", needs="two customers or more")
    half = float(special.stdtrit(sums.clusters - 1, 0.5 + level / 2)) * math.sqrt(_variance(sums))
    return Estimate(
        value=value,
        low=value - half,
        high=value + half,
        unit=unit,
        n=sums.n,
        method="ratio, clustered by customer",
        level=level,
    )


def mean(sums: Sums, *, unit: Unit, level: float = 0.95) -> Estimate | Unknown:
    """A mean with its interval: a ratio whose denominator counts contacts."""
    return ratio(sums, unit=unit, level=level)


def _variance(sums: Sums) -> float:
    """Linearised variance of y / x over clusters (Cochran 1977, section 6.3)."""
    r = sums.y / sums.x
    spread = max(0.0, sums.yy - 2 * r * sums.yx + r * r * sums.xx)
    return sums.clusters / (sums.clusters - 1) * spread / sums.x**2


def _effective_n(sums: Sums, p: float) -> float:
    """The n of independent contacts that would leave the same doubt."""
    if sums.clusters < 2 or p <= 0.0 or p >= 1.0:
        return float(max(1, min(sums.clusters, sums.n)))
    variance = _variance(sums)
    return min(sums.x, p * (1 - p) / variance) if variance > 0 else float(sums.clusters)
