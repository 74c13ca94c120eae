"""History: how many contacts came to one queue on each past day, interval by interval."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from andon.units import DAY_S

__all__ = ["History", "exposure_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_EPOCH: Final = dt.date(1970, 1, 1)
_THURSDAY: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class History:
    """One queue's past, on the operation's wall clock; days in a row, none left out.

    Attributes
    ----------
    queue : str
    zone : str
        IANA name of the time zone on the wall.
    interval_s : int
        Length of an interval, seconds.
    first_day : int
        The first day, days since 1970.
    counts : array of float, shape (days, slots)
        Contacts that came in each interval of the day; those of a slot that comes twice are added.
    exposure : array of float, shape (days, slots)
        How often the interval was there and seen: 1; 0 in the hour that the clock skips, and where
        data are missing; 2 in the hour that comes twice.
    seen : array of bool, shape (days,)
        False for days that are missing from the data.
    handled : array of float, shape (days, slots)
        Contacts whose handle time is known, by when they came.
    handle_total_s : array of float, shape (days, slots)
        Their handle time, seconds.
    handle_cv : float or None
        Standard deviation over mean of single handle times; None where only sums are known.
    """

    queue: str
    zone: str
    interval_s: int
    first_day: int
    counts: Floats
    exposure: Floats
    seen: Bools
    handled: Floats
    handle_total_s: Floats
    handle_cv: float | None = None

    @property
    def days(self) -> Ints:
        """The days, days since 1970."""
        return self.first_day + np.arange(len(self.counts), dtype=np.int64)

    @property
    def dates(self) -> tuple[dt.date, ...]:
        """The days as dates."""
        return tuple(_EPOCH + dt.timedelta(days=int(each)) for each in self.days)

    @property
    def first_date(self) -> dt.date:
        """The first day."""
        return _EPOCH + dt.timedelta(days=self.first_day)

    @property
    def last_date(self) -> dt.date:
        """The last day."""
        return _EPOCH + dt.timedelta(days=self.first_day + len(self.counts) - 1)

    @property
    def weekday(self) -> Ints:
        """0 for Monday, for each day."""
        return (self.days + _THURSDAY) % 7

    @property
    def totals(self) -> Floats:
        """Contacts of each day."""
        return np.asarray(self.counts.sum(axis=1), dtype=np.float64)

    @property
    def slots(self) -> int:
        """Intervals of an ordinary day."""
        return DAY_S // self.interval_s

    def before(self, day: dt.date) -> History:
        """What was known when ``day`` began."""
        return self._rows(0, max(0, (day - self.first_date).days))

    def between(self, first: dt.date, last: dt.date) -> History:
        """The days from ``first`` to ``last``, both counted in; unseen where there are no data."""
        start, end = (first - self.first_date).days, (last - self.first_date).days + 1
        before, after = max(0, -start), max(0, end - len(self.counts))
        inside = self._rows(max(0, start), max(0, min(end, len(self.counts))))
        if not before and not after:
            return inside
        wide = ((before, after), (0, 0))
        days = np.arange(end - start, dtype=np.int64) + self.first_day + start
        return replace(
            inside,
            first_day=self.first_day + start,
            counts=np.pad(inside.counts, wide),
            exposure=exposure_of(days, zone=self.zone, interval_s=self.interval_s),
            seen=np.pad(inside.seen, (before, after)),
            handled=np.pad(inside.handled, wide),
            handle_total_s=np.pad(inside.handle_total_s, wide),
        )

    def scaled(self, factor: float) -> History:
        """The same past with so many times the contacts (> 0)."""
        return replace(
            self,
            counts=self.counts * factor,
            handled=self.handled * factor,
            handle_total_s=self.handle_total_s * factor,
        )

    def _rows(self, start: int, end: int) -> History:
        return replace(
            self,
            first_day=self.first_day + start,
            counts=self.counts[start:end],
            exposure=self.exposure[start:end],
            seen=self.seen[start:end],
            handled=self.handled[start:end],
            handle_total_s=self.handle_total_s[start:end],
        )


def exposure_of(days: Ints, *, zone: str, interval_s: int) -> Floats:
    """How often each interval of each day's clock was there: 0, 1 or 2.

    Parameters
    ----------
    days : array of int
        Days since 1970.
    zone : str
        IANA name.
    interval_s : int
        Seconds; cuts a day into equal parts.

    Returns
    -------
    array of float, shape (days, slots)

    Examples
    --------
    >>> spring = np.array([(dt.date(2024, 3, 31) - dt.date(1970, 1, 1)).days])
    >>> exposure_of(spring, zone="Europe/Berlin", interval_s=1800)[0, :8].tolist()
    [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]
    """
    slots = DAY_S // interval_s
    made = np.ones((len(days), slots), dtype=np.float64)
    clock = ZoneInfo(zone)
    midnights = [
        dt.datetime.combine(_EPOCH + dt.timedelta(days=int(day) + ahead), dt.time(), tzinfo=clock)
        for day in days
        for ahead in (0, 1)
    ]
    seconds = np.array([each.timestamp() for each in midnights], dtype=np.float64).reshape(-1, 2)
    for i in np.flatnonzero(np.diff(seconds, axis=1)[:, 0] != DAY_S):
        instants = np.arange(seconds[i, 0], seconds[i, 1], interval_s)
        made[i] = 0.0
        for at in instants:
            wall = dt.datetime.fromtimestamp(float(at), tz=clock)
            made[i, (wall.hour * 3600 + wall.minute * 60) // interval_s] += 1.0
    return made
