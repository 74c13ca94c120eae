"""Replicates: sums over random groups of customers, from which every interval follows.

Customers are put into a few hundred groups by the remainder of their key, which is a hash and so
says nothing about them. All contacts of one customer fall into one group, so groups are as
independent as customers are, and a group can stand for a customer wherever a cluster is asked for
(Wolter 2007, *Introduction to Variance Estimation*, chapters 2 and 4). What leaves the engine is a
small table, however many customers there are; and a figure made of several sums gets its interval
by leaving out one group at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
from scipy import special

from andon.estimate import Estimate, Sums, Unknown
from andon.units import Unit

__all__ = ["FEW", "MANY", "Replicates", "replicate_of"]

Floats = npt.NDArray[np.float64]

MANY: Final = 500
"""Groups of customers behind an overall figure: its standard error is known to about 3 %."""
FEW: Final = 100
"""Groups of customers behind a figure for one of many cuts: known to about 7 %."""
_EVEN: Final = 0.4
"""How far chance can make groups more even than customers of one contact each would."""


def replicate_of(customer_key: ir.IntegerValue, groups: int) -> ir.IntegerValue:
    """The random group of a customer, 0 to ``groups`` - 1."""
    return (customer_key % groups).abs().cast("int16")


@dataclass(frozen=True, kw_only=True, slots=True)
class Replicates:
    """Named sums, one value for each random group of customers.

    Attributes
    ----------
    sums : mapping of str to array
        All of one length; a group without contacts holds 0 everywhere.
    """

    sums: Mapping[str, Floats]

    def total(self, name: str) -> float:
        """The sum over all groups."""
        return float(self.sums[name].sum())

    def ratio(self, y: str, x: str, *, n: str = "") -> Sums:
        """What :func:`andon.estimate.share` and its kin need for ``y`` over ``x``.

        ``n`` names the sum that counts contacts, where ``x`` does not.

        Strangers who share a group add the products of their sums to its squares; what is
        expected of them is taken out again, so that the sums are those over customers, but for
        chance. Where groups are too even for that, which hashed keys never are, it is left in.
        """
        top, bottom = self.sums[y], self.sums[x]
        contacts = self.total(n or x)
        groups = len(top)
        products = _products(top, bottom, second=1.0, third=1.0)
        if groups > 2 and contacts > 0 and bottom.any():
            alone = _products(
                top - top.mean(),
                bottom - bottom.mean(),
                second=groups / (groups - 1),
                third=groups**2 / ((groups - 1) * (groups - 2)),
            )
            # Customers of one contact each have the least sum of squares; chance can undercut it.
            lack = float(bottom.sum()) ** 2 / contacts - alone["xx"]
            if lack <= _EVEN * alone["xx"]:
                ratio = float(top.sum() / bottom.sum())
                alone["xx"] += max(0.0, lack)
                alone["yx"] += ratio * max(0.0, lack)
                alone["yy"] += ratio * ratio * max(0.0, lack)
                products = alone
        return Sums(
            clusters=int(np.count_nonzero((bottom != 0) | (top != 0))),
            n=round(contacts),
            y=float(top.sum()),
            x=float(bottom.sum()),
            **products,
        )

    def estimate(
        self,
        figure: Callable[[Mapping[str, Floats]], Floats],
        *,
        unit: Unit,
        n: int,
        level: float = 0.95,
        least: float = -math.inf,
        most: float = math.inf,
    ) -> Estimate | Unknown:
        """A smooth figure made of several sums, its interval by leaving out one group at a time.

        Parameters
        ----------
        figure : callable
            From totals by name, as arrays of one length, to the figure, element by element.
        unit : Unit
        n : int
            How many contacts the figure rests on.
        level : float
            0 to 1.
        least, most : float
            What the figure can be at all, for example 0 and 1; the interval is cut there.
        """
        present = np.zeros(len(next(iter(self.sums.values()))), dtype=bool)
        for values in self.sums.values():
            present |= values != 0
        clusters = int(present.sum())
        totals = {name: values.sum() for name, values in self.sums.items()}
        one = {name: np.array([total]) for name, total in totals.items()}
        without = {name: totals[name] - values[present] for name, values in self.sums.items()}
        with np.errstate(divide="ignore", invalid="ignore"):
            value = float(figure(one)[0])
            others = np.asarray(figure(without), dtype=np.float64)
        if not math.isfinite(value):
            return Unknown(
                unit=unit, why="no contact that could count", needs="at least one such contact"
            )
        if clusters < 2 or not np.isfinite(others).all():
            return Unknown(unit=unit, why="too few customers", needs="more customers")
        spread = float(((others - others.mean()) ** 2).sum())
        half = float(special.stdtrit(clusters - 1, 0.5 + level / 2)) * math.sqrt(
            spread * (clusters - 1) / clusters
        )
        return Estimate(
            value=value,
            low=min(value, max(least, value - half)),
            high=max(value, min(most, value + half)),
            unit=unit,
            n=n,
            method="jackknife over random groups of customers",
            level=level,
        )


def _products(y: Floats, x: Floats, *, second: float, third: float) -> dict[str, float]:
    """Sums of the products of two and of three, times what frees them of bias."""
    return {
        "yy": second * float((y * y).sum()),
        "yx": second * float((y * x).sum()),
        "xx": second * float((x * x).sum()),
        "yyy": third * float((y * y * y).sum()),
        "yyx": third * float((y * y * x).sum()),
        "yxx": third * float((y * x * x).sum()),
        "xxx": third * float((x * x * x).sum()),
    }
