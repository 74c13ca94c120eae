"""Time zones as arithmetic: where a zone's clocks change, as integers that any engine can compare.

An engine's own zone functions are slow and differ in what they do with wall times that never were
or were twice. A zone changes its clocks about twice a year, so the changes within the data's range
are few: they are found here once, and the conversion becomes a handful of comparisons.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["Shift", "Zone", "zone_between"]

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_US: Final = dt.timedelta(microseconds=1)
_STEP: Final = dt.timedelta(days=2)
"""Shorter than any summer time there was: that of Recife in 2000 lasted a week."""
_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Shift:
    """One change of a zone's clocks, in microseconds.

    Attributes
    ----------
    at_us : int
        The UTC instant of the change.
    before_us, after_us : int
        Offset of the wall clock from UTC before and after it.
    """

    at_us: int
    before_us: int
    after_us: int


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone over a stretch of time.

    Attributes
    ----------
    name : str
    start_us, end_us : int
        The stretch, UTC.
    first_offset_us : int
        The offset at its start.
    shifts : tuple of Shift
        In order of time.
    """

    name: str
    start_us: int
    end_us: int
    first_offset_us: int
    shifts: tuple[Shift, ...]

    def utc_sql(self, local: str) -> str:
        """SQL for UTC microseconds from wall-clock microseconds.

        A wall time that was twice is taken as the first of the two; one that never was is read
        with the offset before the change, as Python's ``fold=0`` does.
        """
        inside = _piecewise(
            local,
            f"{local} - {self.first_offset_us}",
            [
                (each.at_us + max(each.before_us, each.after_us), f"{local} - {each.after_us}")
                for each in self.shifts
            ],
        )
        outside = f"epoch_us(timezone('{self.name}', make_timestamp({local})))"
        low, high = self.start_us + 2 * _DAY_US, self.end_us - 2 * _DAY_US
        return f"CASE WHEN {local} BETWEEN {low} AND {high} THEN {inside} ELSE {outside} END"

    def local_sql(self, utc: str) -> str:
        """SQL for wall-clock microseconds from UTC microseconds."""
        inside = _piecewise(
            utc,
            f"{utc} + {self.first_offset_us}",
            [(each.at_us, f"{utc} + {each.after_us}") for each in self.shifts],
        )
        outside = f"epoch_us(timezone('{self.name}', make_timestamptz({utc})))"
        return (
            f"CASE WHEN {utc} BETWEEN {self.start_us} AND {self.end_us} "
            f"THEN {inside} ELSE {outside} END"
        )

    def never_sql(self, local: str) -> str:
        """SQL that is true for wall times that the clocks jumped over."""
        return _inside(
            local,
            [
                (each.at_us + each.before_us, each.at_us + each.after_us)
                for each in self.shifts
                if each.after_us > each.before_us
            ],
        )

    def twice_sql(self, local: str) -> str:
        """SQL that is true for wall times that were there twice."""
        return _inside(
            local,
            [
                (each.at_us + each.after_us, each.at_us + each.before_us)
                for each in self.shifts
                if each.after_us < each.before_us
            ],
        )


def _piecewise(variable: str, first: str, pieces: Sequence[tuple[int, str]]) -> str:
    """SQL for the last piece whose bound is not above the variable, found by halving."""
    if not pieces:
        return first
    middle = len(pieces) // 2
    bound, expression = pieces[middle]
    below = _piecewise(variable, first, pieces[:middle])
    above = _piecewise(variable, expression, pieces[middle + 1 :])
    return f"CASE WHEN {variable} < {bound} THEN {below} ELSE {above} END"


def _inside(variable: str, spans: Sequence[tuple[int, int]]) -> str:
    """SQL that is true inside any of the spans, which are in order and do not touch."""
    if not spans:
        return "false"
    bounds = [(low, "true") for low, _ in spans] + [(high, "false") for _, high in spans]
    return f"({_piecewise(variable, 'false', sorted(bounds))})"


@functools.lru_cache(maxsize=64)
def zone_between(name: str, start_us: int, end_us: int) -> Zone:
    """The zone's clock changes between two UTC instants, with two days to spare on each side.

    Parameters
    ----------
    name : str
        IANA name.
    start_us, end_us : int
        Microseconds since 1970 UTC, ``start_us <= end_us``.

    Examples
    --------
    >>> year = 365 * 86_400_000_000
    >>> zone = zone_between("Europe/London", 30 * year, 31 * year)
    >>> [shift.after_us // 3_600_000_000 for shift in zone.shifts]
    [1, 0]
    """
    zone = ZoneInfo(name)
    start = _EPOCH + dt.timedelta(seconds=start_us // 1_000_000) - dt.timedelta(days=3)
    end = _EPOCH + dt.timedelta(seconds=end_us // 1_000_000) + dt.timedelta(days=3)
    shifts = []
    at, offset = start, _offset(zone, start)
    while at < end:
        following = min(at + _STEP, end)
        if _offset(zone, following) != offset:
            change = _change(zone, at, following)
            after = _offset(zone, change)
            shifts.append(Shift((change - _EPOCH) // _US, offset, after))
            at, offset = change, after
        else:
            at = following
    return Zone(
        name=name,
        start_us=(start - _EPOCH) // _US,
        end_us=(end - _EPOCH) // _US,
        first_offset_us=_offset(zone, start),
        shifts=tuple(shifts),
    )


def _offset(zone: ZoneInfo, at: dt.datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    return 0 if offset is None else offset // _US


def _change(zone: ZoneInfo, low: dt.datetime, high: dt.datetime) -> dt.datetime:
    """The first second in (low, high] whose offset differs from that at ``low``."""
    before = _offset(zone, low)
    left, right = 0, int((high - low).total_seconds())
    while right - left > 1:
        middle = (left + right) // 2
        if _offset(zone, low + dt.timedelta(seconds=middle)) == before:
            left = middle
        else:
            right = middle
    return low + dt.timedelta(seconds=right)
