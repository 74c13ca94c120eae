"""Sums over customers: all that the interval of a share, a ratio or a mean needs to know."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

__all__ = ["Paired", "Sums", "shared"]

_ROUNDING: Final = 1e-14
"""A spread below this share of the sum of squares is rounding, not spread."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sums:
    """What a ratio's interval needs to know of its contacts: sums over clusters.

    For a cluster *c* (a customer; a contact of unknown customer is a cluster of its own) let
    ``y_c`` be its numerator and ``x_c`` its denominator.

    The spread between customers is a difference of sums of squares. In double precision it is sound
    while customers differ by more than about a ten-thousandth of their mean, whatever the unit:
    durations are safe, instants counted from 1970 are not. A spread that is rounding counts as 0.

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
    yyy, yyx, yxx, xxx : float, optional
        Sums of the products of three; with them the interval of a mean is corrected for skewness.
    """

    clusters: int
    n: int
    y: float
    x: float
    yy: float
    yx: float
    xx: float
    yyy: float | None = None
    yyx: float | None = None
    yxx: float | None = None
    xxx: float | None = None

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
            yyy=_both(self.yyy, other.yyy),
            yyx=_both(self.yyx, other.yyx),
            yxx=_both(self.yxx, other.yxx),
            xxx=_both(self.xxx, other.xxx),
        )

    @property
    def customers_in_effect(self) -> float:
        """How many customers of one size would carry as much weight: ``x**2 / xx`` (Kish 1965).

        At most the number of clusters; far below it where a few customers make most contacts.
        """
        return self.x * self.x / self.xx if self.xx > 0 else float(self.clusters)

    @property
    def spread(self) -> float:
        """Sum over clusters of ``(y_c - r x_c)**2``, ``r = y / x``; 0 if it is only rounding."""
        r = self.y / self.x
        squares = self.yy + r * r * self.xx
        spread = squares - 2 * r * self.yx
        return spread if spread > _ROUNDING * squares else 0.0

    @property
    def cubes(self) -> float | None:
        """Sum over clusters of ``(y_c - r x_c)**3``; None without the products of three."""
        if self.yyy is None or self.yyx is None or self.yxx is None or self.xxx is None:
            return None
        r = self.y / self.x
        return self.yyy - 3 * r * self.yyx + 3 * r * r * self.yxx - r**3 * self.xxx

    @property
    def counts_contacts(self) -> bool:
        """Whether the denominator counts contacts, one each, and is no weight."""
        return abs(self.x - self.n) <= 1e-9 * self.n


def shared(known: Sums, *, known_single: Sums, single: Sums) -> Sums:
    """Sums as if contacts of unknown customers were made by the known ones, in like proportion.

    Where ids are missing by accident of the system, the people behind them ring as often as all
    others, and are partly the same. Counting each such contact as a customer of its own then makes
    an interval far too sure. Products of two contacts of one customer are known for known customers
    only; with *f* times as many contacts there are ``f**2`` times as many pairs:
    ``single + f**2 (known - known_single)``.

    Parameters
    ----------
    known : Sums
        Over known customers.
    known_single, single : Sums
        Over their contacts, and over all contacts, each a cluster of its own.

    Returns
    -------
    Sums
        Without products of three. Where this is the surer, the sums with strangers on their own.
    """
    alone = replace(
        known,
        **{
            name: getattr(known, name) + getattr(single, name) - getattr(known_single, name)
            for name in ("clusters", "n", "y", "x", "yy", "yx", "xx")
        },
        yyy=_left(known.yyy, known_single.yyy, single.yyy),
        yyx=_left(known.yyx, known_single.yyx, single.yyx),
        yxx=_left(known.yxx, known_single.yxx, single.yxx),
        xxx=_left(known.xxx, known_single.xxx, single.xxx),
    )
    if known.x <= 0 or single.x <= 0:
        return alone
    pairs = (single.x / known.x) ** 2
    together = replace(
        single,
        clusters=known.clusters,
        **{
            name: getattr(single, name)
            + pairs * (getattr(known, name) - getattr(known_single, name))
            for name in ("yy", "yx", "xx")
        },
        yyy=None,
        yyx=None,
        yxx=None,
        xxx=None,
    )
    return together if together.spread > alone.spread else alone


@dataclass(frozen=True, kw_only=True, slots=True)
class Paired:
    """Two ratios over the same customers, and what they have in common.

    Attributes
    ----------
    first, second : Sums
    yy, yx, xy, xx : float
        Sums over clusters of the first's numerator or denominator (first letter) times the
        second's (second letter).
    """

    first: Sums
    second: Sums
    yy: float
    yx: float
    xy: float
    xx: float

    def __add__(self, other: Paired) -> Paired:
        """Join two sets of clusters that share none."""
        return Paired(
            first=self.first + other.first,
            second=self.second + other.second,
            yy=self.yy + other.yy,
            yx=self.yx + other.yx,
            xy=self.xy + other.xy,
            xx=self.xx + other.xx,
        )

    @property
    def correlation(self) -> float:
        """Of the two ratios' errors, over customers; 0 where it cannot be told."""
        first, second = self.first, self.second
        if first.x <= 0 or second.x <= 0:
            return 0.0
        size = math.sqrt(first.spread * second.spread)
        r, s = first.y / first.x, second.y / second.x
        joint = self.yy - s * self.yx - r * self.xy + r * s * self.xx
        return min(max(joint / size, -1.0), 1.0) if size > 0 else 0.0


def _both(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a + b


def _left(known: float | None, known_single: float | None, single: float | None) -> float | None:
    if known is None or known_single is None or single is None:
        return None
    return known + single - known_single
