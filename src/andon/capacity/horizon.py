"""The days that are planned, cut into intervals that really happen.

A day of the clock change has 23 or 25 hours. An interval of the horizon is always as long as the
next: the hour that is skipped is not there, and the hour that comes twice is there twice.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from andon.errors import PlanError
from andon.units import DAY_S, US

__all__ = ["INTERVALS_S", "Horizon"]

INTERVALS_S: Final = (900, 1800, 3600)
"""Lengths of interval that a plan may have, seconds."""
_EPOCH: Final = dt.date(1970, 1, 1)
_THURSDAY: Final = 3
"""The weekday of 1 January 1970, counted from Monday."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Horizon:
    """The intervals of some days in a row, one element each; make one with :meth:`of`.

    Attributes
    ----------
    zone : str
        IANA name of the time zone on the wall.
    interval_s : int
        Length of every interval, seconds.
    starts_us : array of int, shape (k,)
        When each begins, microseconds since 1970 in UTC; ascending, ``interval_s`` apart.
    day : array of int, shape (k,)
        The local day that each begins on, days since 1970.
    slot : array of int, shape (k,)
        Which interval of the day on the wall's clock, from 0 at midnight. In the hour that comes
        twice the same slots come twice.

    Examples
    --------
    >>> spring = Horizon.of(dt.date(2024, 3, 31), days=1, zone="Europe/Berlin")
    >>> len(spring.slot), spring.slot[:6].tolist()
    (46, [0, 1, 2, 3, 6, 7])
    >>> autumn = Horizon.of(dt.date(2024, 10, 27), days=1, zone="Europe/Berlin")
    >>> len(autumn.slot), autumn.slot[4:9].tolist()
    (50, [4, 5, 4, 5, 6])
    """

    zone: str
    interval_s: int
    starts_us: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]
    slot: npt.NDArray[np.int64]

    @classmethod
    def of(cls, first: dt.date, *, days: int, zone: str, interval_s: int = 1800) -> Horizon:
        """The intervals of ``days`` days from ``first`` on, as the clock in ``zone`` has them.

        Raises
        ------
        PlanError
            If there is no day, or a day cannot be cut into such intervals.
        """
        if interval_s not in INTERVALS_S:
            raise PlanError(
                "A plan's intervals are a quarter of an hour, half an hour or an hour.",
                found=f"interval_s = {interval_s!r}",
                todo="Use 900, 1800 or 3600.",
            )
        if days < 1:
            raise PlanError(
                "There is no day to plan.", found=f"days = {days}", todo="Plan at least one day."
            )
        clock = ZoneInfo(zone)
        begin, end = (
            int(dt.datetime.combine(each, dt.time(), tzinfo=clock).timestamp())
            for each in (first, first + dt.timedelta(days=days))
        )
        starts = np.arange(begin, end, interval_s, dtype=np.int64)
        wall = starts + np.array([_offset_s(int(each), clock) for each in starts], dtype=np.int64)
        return cls(
            zone=zone,
            interval_s=interval_s,
            starts_us=starts * US,
            day=wall // DAY_S,
            slot=wall % DAY_S // interval_s,
        )

    @property
    def days(self) -> npt.NDArray[np.int64]:
        """The days, ascending, days since 1970."""
        return np.unique(self.day)

    @property
    def day_index(self) -> npt.NDArray[np.int64]:
        """For each interval which of the days it lies on, from 0."""
        return np.unique(self.day, return_inverse=True)[1].astype(np.int64)

    @property
    def weekday(self) -> npt.NDArray[np.int64]:
        """For each interval its weekday, 0 for Monday."""
        return (self.day + _THURSDAY) % 7

    @property
    def dates(self) -> tuple[dt.date, ...]:
        """The days as dates."""
        return tuple(_EPOCH + dt.timedelta(days=int(each)) for each in self.days)

    @property
    def slots_a_day(self) -> int:
        """How many intervals an ordinary day has."""
        return DAY_S // self.interval_s

    def says(self, i: int) -> str:
        """When interval ``i`` begins, as the clock on the wall has it.

        >>> Horizon.of(dt.date(2024, 1, 1), days=1, zone="UTC").says(17)
        '2024-01-01 08:30'
        """
        day = _EPOCH + dt.timedelta(days=int(self.day[i]))
        minutes = int(self.slot[i]) * self.interval_s // 60
        return f"{day} {minutes // 60:02}:{minutes % 60:02}"


def _offset_s(instant: int, clock: ZoneInfo) -> int:
    offset = dt.datetime.fromtimestamp(instant, tz=clock).utcoffset()
    assert offset is not None  # a zone always has one
    return int(offset.total_seconds())
