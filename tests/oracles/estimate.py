"""Intervals from their definitions: the sums cluster by cluster, the ends by looking for them."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from andon.estimate import Paired, Sums


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact: whose it is (None if nobody knows), its numerator and its denominator."""

    customer: Hashable | None
    y: float
    x: float


def by_customer(contacts: Iterable[Contact]) -> list[tuple[float, float, int]]:
    """Numerator, denominator and counted contacts of each cluster."""
    clusters: dict[Hashable, list[Contact]] = {}
    for i, contact in enumerate(contacts):
        key = ("alone", i) if contact.customer is None else ("known", contact.customer)
        clusters.setdefault(key, []).append(contact)
    return [
        (
            math.fsum(each.y for each in members),
            math.fsum(each.x for each in members),
            sum(each.x != 0 for each in members),
        )
        for members in clusters.values()
    ]


def sums(contacts: Iterable[Contact], *, cubed: bool = False) -> Sums:
    """The sums over clusters, written out."""
    clusters = by_customer(contacts)

    def over(i: int, j: int) -> float:
        return math.fsum(y**i * x**j for y, x, _ in clusters)

    return Sums(
        clusters=sum(y != 0 or x != 0 for y, x, _ in clusters),
        n=sum(n for _, _, n in clusters),
        y=over(1, 0),
        x=over(0, 1),
        yy=over(2, 0),
        yx=over(1, 1),
        xx=over(0, 2),
        yyy=over(3, 0) if cubed else None,
        yyx=over(2, 1) if cubed else None,
        yxx=over(1, 2) if cubed else None,
        xxx=over(0, 3) if cubed else None,
    )


def paired(first: Sequence[tuple[float, float]], second: Sequence[tuple[float, float]]) -> Paired:
    """Two ratios over the same clusters, each given as (numerator, denominator) per cluster."""

    def of(side: Sequence[tuple[float, float]]) -> Sums:
        return sums(Contact(i, y, x) for i, (y, x) in enumerate(side))

    both = list(zip(first, second, strict=True))
    return Paired(
        first=of(first),
        second=of(second),
        yy=math.fsum(a[0] * b[0] for a, b in both),
        yx=math.fsum(a[0] * b[1] for a, b in both),
        xy=math.fsum(a[1] * b[0] for a, b in both),
        xx=math.fsum(a[1] * b[1] for a, b in both),
    )


def residual_sum(clusters: Sequence[tuple[float, float]], *, power: int) -> Fraction:
    """The sum over clusters of ``(y - r x)**power``, without any rounding."""
    exact = [(Fraction(y), Fraction(x)) for y, x in clusters]
    r = sum((y for y, _ in exact), Fraction()) / sum((x for _, x in exact), Fraction())
    return sum(((y - r * x) ** power for y, x in exact), Fraction())


def wilson(p: float, n: float, z: float) -> tuple[float, float]:
    """All shares that a score test does not reject."""

    def kept(share: float) -> bool:
        return (p - share) ** 2 * n <= z * z * share * (1 - share)

    return _edge(kept, p, 0.0), _edge(kept, p, 1.0)


def clopper_pearson(k: int, n: int, *, tail: float) -> tuple[float, float]:
    """All shares under which neither k or fewer nor k or more is rarer than ``tail``."""

    def kept(share: float) -> bool:
        below = math.fsum(_binomial(i, n, share) for i in range(k + 1))
        above = math.fsum(_binomial(i, n, share) for i in range(k, n + 1))
        return below >= tail and above >= tail

    p = k / n
    return (_edge(kept, p, 0.0) if k else 0.0), (_edge(kept, p, 1.0) if k < n else 1.0)


def garwood(k: int, *, tail: float) -> tuple[float, float]:
    """All Poisson means under which neither k or fewer nor k or more is rarer than ``tail``."""

    def kept(mean: float) -> bool:
        terms = [math.exp(i * math.log(mean) - mean - math.lgamma(i + 1)) for i in range(k + 1)]
        return math.fsum(terms) >= tail and 1 - math.fsum(terms[:-1]) >= tail

    low = _edge(kept, float(k), 1e-12) if k else 0.0
    return low, _edge(kept, max(float(k), 1e-9), 20.0 + 5 * k)


def order_ranks(n: int, p: float, *, tail: float) -> tuple[int, int] | None:
    """Ranks of the two order statistics that hold the quantile, for n independent values."""
    cumulated = [0.0]
    for i in range(n + 1):
        cumulated.append(cumulated[-1] + _binomial(i, n, p))
    low = [rank for rank in range(1, n + 1) if cumulated[rank] <= tail]
    high = [rank for rank in range(1, n + 1) if 1 - cumulated[rank] <= tail]
    return (max(low), min(high)) if low and high else None


def _binomial(k: int, n: int, p: float) -> float:
    return math.comb(n, k) * p**k * (1 - p) ** (n - k)


def _edge(kept: Callable[[float], bool], inside: float, outside: float) -> float:
    """Where ``kept`` turns between a value inside and one outside."""
    for _ in range(200):
        middle = (inside + outside) / 2
        if kept(middle):
            inside = middle
        else:
            outside = middle
    return inside
