"""Cost: what something costs customers, in hours of their own time."""

from __future__ import annotations

import math

import ibis.expr.types as ir

from andon.estimate import Estimate, Unknown
from andon.ledger.durations import own_wait_s
from andon.ledger.sums import rows
from andon.units import HOUR_S, Unit

__all__ = ["given_up_h", "product"]


def product(
    one: Estimate | Unknown, other: Estimate | Unknown, *, unit: Unit
) -> Estimate | Unknown:
    """The product of two estimates that do not lean on one another.

    The interval is recovered from the intervals of both (MOVER: Zou, Huang and Zhang 2009,
    https://doi.org/10.1016/j.csda.2008.08.018): each end is as far from the product as the two
    nearest ends take it together. Factors that vary together would need their covariance; the
    method's name says that independence was taken for granted.

    Parameters
    ----------
    one, other : Estimate or Unknown
        If either is not known, neither is the product.
    unit : Unit
        Of the product.

    Examples
    --------
    >>> returns = Estimate(value=100.0, low=90.0, high=110.0, unit="count", n=9, method="-")
    >>> each_h = Estimate(value=0.1, low=0.08, high=0.12, unit="h", n=9, method="-")
    >>> lost = product(returns, each_h, unit="h")
    >>> lost.value, round(lost.low, 2), round(lost.high, 2)
    (10.0, 7.76, 12.24)
    """
    if isinstance(one, Unknown):
        return Unknown(unit=unit, why=one.why, needs=one.needs)
    if isinstance(other, Unknown):
        return Unknown(unit=unit, why=other.why, needs=other.needs)
    value = one.value * other.value
    down, up = [], []
    for part, factor in ((one, other.value), (other, one.value)):
        ends = sorted(((part.low - part.value) * factor, (part.high - part.value) * factor))
        down.append(ends[0])
        up.append(ends[1])
    return Estimate(
        value=value,
        low=value - math.hypot(*down),
        high=value + math.hypot(*up),
        unit=unit,
        n=min(one.n, other.n),
        method="product of two estimates taken as independent (MOVER)",
        level=min(one.level, other.level),
    )


def given_up_h(contacts: ir.Table) -> Estimate | Unknown:
    """Hours that customers spent on contacts which they gave up, added up over all of them.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts.
    """
    left = contacts.filter(contacts.outcome.isin(("abandoned", "left_self_service")))
    waited = left.select(s=own_wait_s(left))
    (found,) = rows(waited.aggregate(n=waited.s.count(), total=waited.s.sum()))
    if not found["n"]:
        return Unknown(
            unit="h",
            why="nobody is recorded to have given up, with the time that it took",
            needs="when customers arrived and when they left",
        )
    return Estimate.exact(found["total"] / HOUR_S, unit="h", n=found["n"], method="added up")
