"""Days and weeks: how many contacts were short, and how far that pulls the mean down."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from andon import estimate
from andon.estimate import Estimate, Sums, Unknown
from andon.goodhart.change_points import Change, changed_share
from andon.goodhart.columns import Floats, Ints, count, floats, ints
from andon.goodhart.cut_off.question import Asked
from andon.ledger.replicates import Replicates
from andon.units import US

__all__ = ["Days", "Week", "by_day", "changed"]

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Week:
    """One week of contacts.

    Attributes
    ----------
    monday : datetime.date
        On the operation's wall.
    contacts, short : int
    share : float
        Short of all, 0 to 1, as if the week had had the mix of groups of the whole time; NaN
        without contacts.
    """

    monday: dt.date
    contacts: int
    short: int
    share: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Days:
    """Contacts by group and day."""

    group: Ints
    day: Ints
    n: Floats
    k: Floats
    total_s: Floats
    short_s: Floats
    identified: Floats

    @classmethod
    def of(cls, table: pa.Table) -> Days:
        """The result of :func:`by_day`."""
        return cls(
            group=ints(table, "group"),
            day=ints(table, "day"),
            n=floats(table, "n"),
            k=floats(table, "k"),
            total_s=floats(table, "total_us") / US,
            short_s=floats(table, "short_us") / US,
            identified=floats(table, "identified"),
        )

    def only(self, mine: Bools) -> Days:
        """Some of the rows."""
        return Days(
            group=self.group[mine],
            day=self.day[mine],
            n=self.n[mine],
            k=self.k[mine],
            total_s=self.total_s[mine],
            short_s=self.short_s[mine],
            identified=self.identified[mine],
        )

    def _sums(self, y: Floats, x: Floats) -> Sums:
        """A day is the unit of doubt."""
        _, place = np.unique(self.day, return_inverse=True)
        top, bottom = np.bincount(place, weights=y), np.bincount(place, weights=x)
        return Sums(
            clusters=len(top),
            n=round(float(x.sum())),
            y=float(top.sum()),
            x=float(bottom.sum()),
            yy=float(top @ top),
            yx=float(top @ bottom),
            xx=float(bottom @ bottom),
        )

    def share(self, asked: Asked) -> Estimate | Unknown:
        """Short of all."""
        return _over_days(estimate.share(self._sums(self.k, self.n), level=asked.level))

    def mean(self, asked: Asked, which: str) -> Estimate | Unknown:
        """Mean handle time of ``all``, ``without`` short ones, or how far these ``bend`` it."""
        if which == "all":
            sums = self._sums(self.total_s, self.n)
            return _over_days(estimate.mean(sums, unit="s", level=asked.level, at_least=0.0))
        if which == "without":
            sums = self._sums(self.total_s - self.short_s, self.n - self.k)
            return _over_days(estimate.mean(sums, unit="s", level=asked.level, at_least=0.0))
        if not len(self.n):
            return Unknown(unit="s", why="no contact that could count", needs="timed contacts")
        _, place = np.unique(self.day, return_inverse=True)
        return _over_days(
            Replicates(
                sums={
                    name: np.bincount(place, weights=values).astype(np.float64)
                    for name, values in (
                        ("n", self.n),
                        ("k", self.k),
                        ("all", self.total_s),
                        ("short", self.short_s),
                    )
                }
            ).estimate(
                lambda total: (
                    total["all"] / total["n"]
                    - (total["all"] - total["short"]) / (total["n"] - total["k"])
                ),
                unit="s",
                n=round(float(self.n.sum())),
                level=asked.level,
            )
        )

    def weeks(self) -> tuple[tuple[Week, ...], Floats]:
        """Each week, those without contacts too, and its contacts weighted to an even mix."""
        if not len(self.n):
            return (), np.zeros(0)
        week = self.day // 7
        place = week - week.min()
        groups = int(self.group.max()) + 1
        n, k = (
            np.bincount(self.group, weights=each, minlength=groups) for each in (self.n, self.k)
        )
        usual = (k / np.maximum(n, 1))[self.group]
        contacts, short, expected = (
            np.bincount(place, weights=each) for each in (self.n, self.k, self.n * usual)
        )
        mean = self.k.sum() / self.n.sum()
        effective = np.maximum(expected / mean if mean > 0 else contacts, short)
        return tuple(
            Week(
                monday=dt.date.fromordinal(int(week.min() + i) * 7 + 1),
                contacts=round(float(contacts[i])),
                short=round(float(short[i])),
                share=float(short[i] / effective[i]) if effective[i] > 0 else math.nan,
            )
            for i in range(len(contacts))
        ), effective


def by_day(timed: ir.Table, *, by: Sequence[str] = ()) -> ir.Table:
    """Contacts and short ones by group and day."""
    return timed.group_by(["group", "day", *by]).aggregate(
        n=timed.count(),
        k=count(timed.short),
        total_us=timed.handle_us.cast("float64").sum(),
        short_us=ibis.ifelse(timed.short, timed.handle_us, 0).cast("float64").sum(),
        identified=count(timed.short & timed.identified),
    )


def changed(weeks: Sequence[Week], effective: Floats, asked: Asked) -> Change | Unknown:
    """When the share of short contacts was higher, over the weeks."""
    return changed_share(
        effective, [week.short for week in weeks], direction="higher", level=asked.level
    )


def _over_days(found: Estimate | Unknown) -> Estimate | Unknown:
    if isinstance(found, Unknown):
        return replace(found, why=found.why.replace("customer", "day"), needs="more days")
    method = found.method.replace("by customer", "by day")
    return replace(found, method=method.replace("random groups of customers", "days"))
