"""Weeks and months, each beside what its mix of work and hours would give."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from andon.estimate import Estimate, Unknown
from andon.goodhart.columns import Floats, Ints, floats, ints
from andon.goodhart.hand_to_hand.days import Days, month_of

__all__ = ["Month", "Times", "Week", "by_time"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Week:
    """One week of contacts.

    Attributes
    ----------
    monday : datetime.date
        On the operation's wall.
    contacts, passed : int
        Without those of people in their first 30 days.
    share : float
        Passed on of all, 0 to 1, as if the week had had the mix of kinds of work and hours of the
        whole time; NaN without contacts.
    """

    monday: dt.date
    contacts: int
    passed: int
    share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """One month of contacts.

    Attributes
    ----------
    month : str
        For example ``"2024-02"``.
    contacts, passed : int
    share : Estimate or Unknown
        Passed on of all, its doubt over days.
    by_mix : float
        What the month's mix of kinds of work and hours of the day would give, were each passed on
        as over the whole time, 0 to 1.
    """

    month: str
    contacts: int
    passed: int
    share: Estimate | Unknown
    by_mix: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Times:
    """Contacts by group, hour of the day, week and month."""

    kind: Ints
    new: npt.NDArray[np.bool_]
    week: Ints
    month: npt.NDArray[np.str_]
    n: Floats
    k: Floats

    @classmethod
    def of(cls, found: pa.Table) -> Times:
        """The result of :func:`by_time`."""
        sort = ints(found, "sort")
        _, kind = np.unique(sort * 24 + ints(found, "clock"), return_inverse=True)
        return cls(
            kind=kind,
            new=sort % 2 == 1,
            week=ints(found, "week"),
            month=np.array(found["month"].to_pylist(), dtype=str),
            n=floats(found, "n"),
            k=floats(found, "k"),
        )

    def expected(self) -> Floats:
        """What each row would give, were its kind passed on as over the whole time."""
        kinds = int(self.kind.max()) + 1 if len(self.kind) else 1
        n, k = (np.bincount(self.kind, weights=each, minlength=kinds) for each in (self.n, self.k))
        usual: Floats = (k / np.maximum(n, 1))[self.kind]
        return usual * self.n

    def weeks(self) -> tuple[tuple[Week, ...], Floats]:
        """Each week, those without contacts too, and its contacts weighted to an even mix.

        People learn in their first weeks, and pass on less and less: their contacts would be a
        rise of their own. Where most are new, their ids are, and not they.
        """
        first = int(self.week.min())
        place = self.week - first
        every, new = np.bincount(place, weights=self.n), np.bincount(place, self.n * self.new)
        counts = ~self.new | (new > every / 2)[place]
        contacts, passed, expected = (
            np.bincount(place, weights=each * counts) for each in (self.n, self.k, self.expected())
        )
        mean = passed.sum() / contacts.sum()
        even = np.maximum(expected / mean if mean > 0 else contacts, passed)
        return tuple(
            Week(
                monday=dt.date.fromordinal((first + i) * 7 + 1),
                contacts=round(float(contacts[i])),
                passed=round(float(passed[i])),
                share=float(passed[i] / even[i]) if even[i] > 0 else math.nan,
            )
            for i in range(len(contacts))
        ), even

    def months(self, days: Days, level: float) -> tuple[Month, ...]:
        """Each month that has contacts."""
        expected = self.expected()
        month_of_day = np.array([month_of(day) for day in days.day.tolist()], dtype=str)
        found = []
        for month in sorted(set(self.month.tolist())):
            mine = self.month == month
            contacts = float(self.n[mine].sum())
            found.append(
                Month(
                    month=month,
                    contacts=round(contacts),
                    passed=round(float(self.k[mine].sum())),
                    share=days.only(month_of_day == month).share(level),
                    by_mix=float(expected[mine].sum() / contacts),
                )
            )
        return tuple(found)


def by_time(hours: ir.Table, days: Ints) -> ir.Table:
    """By group, month, week and hour of the day: for weeks and months of one mix."""
    calendar = ibis.memtable(
        pa.table(
            {
                "day": pa.array(days, type=pa.int32()),
                "week": pa.array(days // 7, type=pa.int32()),
                "month": pa.array([month_of(day) for day in days.tolist()], type=pa.string()),
            }
        )
    )
    clock = hours.hour % 24
    dated = hours.select(
        "sort", "n", "k", clock=clock, day=((hours.hour - clock) / 24).cast("int32")
    )
    dated = dated.join(calendar, "day")
    return dated.group_by(["sort", "clock", "month", "week"]).aggregate(
        n=dated.n.sum(), k=dated.k.sum()
    )
