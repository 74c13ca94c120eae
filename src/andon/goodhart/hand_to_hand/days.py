"""Days: how many contacts were passed on, by group."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from andon import estimate
from andon.estimate import Estimate, Sums, Unknown
from andon.goodhart.columns import Floats, Ints, floats, ints
from andon.goodhart.hand_to_hand.numbers import Numbers

__all__ = ["Days", "by_day", "by_hour", "month_of"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Days:
    """Contacts by group and day; a day is the unit of doubt."""

    group: Ints
    day: Ints
    n: Floats
    k: Floats

    @classmethod
    def of(cls, found: pa.Table) -> Days:
        """The result of :func:`by_day`."""
        day = ints(found, "day")
        return cls(
            group=ints(found, "sort") // 2 if "sort" in found.column_names else np.zeros_like(day),
            day=day,
            n=floats(found, "n"),
            k=floats(found, "k"),
        )

    def only(self, rows: npt.NDArray[np.bool_]) -> Days:
        """Some of the rows."""
        return Days(group=self.group[rows], day=self.day[rows], n=self.n[rows], k=self.k[rows])

    def share(self, level: float) -> Estimate | Unknown:
        """Passed on of all."""
        _, place = np.unique(self.day, return_inverse=True)
        y, x = (np.bincount(place, weights=each) for each in (self.k, self.n))
        sums = Sums(
            clusters=len(x),
            n=round(float(x.sum())),
            y=float(y.sum()),
            x=float(x.sum()),
            yy=float(y @ y),
            yx=float(y @ x),
            xx=float(x @ x),
        )
        found = estimate.share(sums, level=level)
        if isinstance(found, Unknown):
            return replace(found, why=found.why.replace("customer", "day"), needs="more days")
        return replace(found, method=found.method.replace("by customer", "by day"))


def by_hour(counted: ir.Table, numbers: Numbers) -> ir.Table:
    """By hour and ``sort``: the group, and whether the advisor is new."""
    sort = (counted.work % numbers.sorts).cast("int32").name("sort")
    return counted.group_by([sort, "hour"]).aggregate(
        n=counted.n.sum().cast("int64"), k=counted.k.sum().cast("int64")
    )


def by_day(counted: ir.Table, *by: str) -> ir.Table:
    """By day and what else is asked."""
    day = ((counted.hour - counted.hour % 24) / 24).cast("int32").name("day")
    return counted.group_by([*by, day]).aggregate(n=counted.n.sum(), k=counted.k.sum())


def month_of(day: int) -> str:
    """The month of a day, counted from the year 1, as in ``2024-02``."""
    return dt.date.fromordinal(day + 1).isoformat()[:7]
