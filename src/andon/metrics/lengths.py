"""Lengths: durations counted by how long they were, and their quantiles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
from scipy import special

from andon import estimate
from andon.answer import Scope
from andon.estimate import Estimate, Unknown
from andon.metrics.doubt import Doubt, Floats, added, scopes_of
from andon.units import DAY_S, HOUR_S

__all__ = ["Lengths", "Quantile", "lengths"]

_MINUTE_S: Final = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantile:
    """The time within which a share of contacts was over.

    Attributes
    ----------
    p : float
        The share, 0 to 1.
    seconds : Estimate or Unknown
    """

    p: float
    seconds: Estimate | Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Lengths:
    """Durations counted by length, in ascending order.

    Attributes
    ----------
    at_s : array
        Lengths in seconds.
    count : array
        How many there are of each.
    longest_s : float
        The longest, 0 where there is none.
    """

    at_s: Floats
    count: Floats
    longest_s: float

    @classmethod
    def none(cls) -> Lengths:
        """No durations."""
        return cls(at_s=np.zeros(0), count=np.zeros(0), longest_s=0.0)

    @property
    def n(self) -> int:
        """How many durations there are."""
        return round(float(self.count.sum()))

    def at(self, p: float) -> float:
        """The least length that at least a share ``p`` of the durations does not pass."""
        reached = np.cumsum(self.count) >= p * self.count.sum() * (1 - 1e-12)
        return float(self.at_s[int(np.argmax(reached))])

    def quantile(self, p: float, shares: Sequence[Doubt], *, level: float = 0.95) -> Quantile:
        """A quantile with its interval.

        Parameters
        ----------
        p : float
            Above 0 and below 1.
        shares : sequence of Doubt
            Shares of the same durations below some lengths. How many independent durations would
            leave the same doubt is taken from the share nearest to ``p``.
        level : float
            Above 0 and below 1.

        Notes
        -----
        The interval of the share below the quantile is carried over to the quantile (Woodruff
        1952, https://doi.org/10.1080/01621459.1952.10483443).
        """
        if not self.n:
            nothing = Unknown(unit="s", why="no contact that could count", needs="such contacts")
            return Quantile(p=p, seconds=nothing)
        near = min(shares, key=lambda each: abs(each.sums.y / each.sums.x - p))
        z = float(special.ndtri(0.5 + level / 2)) ** 2 / estimate.effective_n(near.sums)
        centre = (p + z / 2) / (1 + z)
        half = math.sqrt(z * (p * (1 - p) + z / 4)) / (1 + z)
        value = self.at(p)
        return Quantile(
            p=p,
            seconds=Estimate(
                value=value,
                low=min(value, self.at(max(0.0, centre - half))),
                high=max(value, self.at(min(1.0, centre + half))),
                unit="s",
                n=self.n,
                method=f"Woodruff, clustered by {near.over}",
                level=level,
            ),
        )


def lengths(
    contacts: ir.Table, seconds: ir.FloatingValue, *, by: Sequence[str] = ()
) -> dict[Scope, Lengths]:
    """Durations counted by second (by minute over an hour, by hour over a day), in each scope.

    Each count stands at the mean of its durations, so that whole seconds stay exact.

    Parameters
    ----------
    contacts : ibis.Table
        With the columns of ``by``.
    seconds : ibis value
        Seconds, 0 or more; contacts where it is null are left out.
    by : sequence of str

    Returns
    -------
    dict
        The empty scope (all contacts) is always there.
    """
    cut = contacts.select(*by, seconds=seconds)
    cut = cut.filter(cut.seconds.notnull())
    size = cut.seconds
    step = ibis.cases((size < HOUR_S, 1.0), (size < DAY_S, float(_MINUTE_S)), else_=float(HOUR_S))
    cut = cut.mutate(start=(size / step).floor() * step)
    table = (
        cut.group_by([*by, "start"])
        .aggregate(n=cut.count(), total=cut.seconds.sum(), longest=cut.seconds.max())
        .to_pyarrow()
    )
    scopes, scope = scopes_of(table, by)
    start, n, total, longest = (
        np.asarray(table[name].to_numpy(), dtype=np.float64)
        for name in ("start", "n", "total", "longest")
    )
    found = {}
    for i, each in enumerate(scopes):
        mine = np.asarray(scope == i) if i else np.ones(len(n), dtype=np.bool_)
        _, index = np.unique(start[mine], return_inverse=True)
        count = added(index, n[mine])
        found[each] = Lengths(
            at_s=added(index, total[mine]) / count,
            count=count,
            longest_s=float(longest[mine].max()) if mine.any() else 0.0,
        )
    return found
