"""A day cut into intervals: one number for each, and what went before the first.

Rates, agents and counts that change through a day come as arrays whose last axis is the day.
Interval ``j`` runs from ``j * interval_s`` to ``(j + 1) * interval_s``; time 0 is its start.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.queueing.inputs import Floats, at_least_zero, positive

__all__ = ["Before", "by_interval", "edges", "known_before", "length", "moments", "one", "row"]

Before = Literal["nobody", "steady", "periodic"]
"""What went before time 0: nobody was there; the first rate had held for ever; or this same
stretch of time had repeated for ever."""

_BEFORES: Final[tuple[Before, ...]] = get_args(Before)


def by_interval(field: str, value: npt.ArrayLike, *, intervals: int | None = None) -> Floats:
    """Numbers of 0 or more, one for each interval along the last axis.

    Raises
    ------
    QueueingError
        If there is no interval, or not as many as ``intervals``.
    """
    array = at_least_zero(field, value)
    found = array.shape[-1] if array.ndim else 0
    if found == 0 or (intervals is not None and found != intervals):
        wanted = "at least one interval" if intervals is None else f"{intervals:,} intervals"
        raise QueueingError(
            f"{field} must hold {wanted} along its last axis.",
            found=f"{field} of shape {array.shape}",
            todo="Give one number for each interval, in order.",
        )
    return array


def row(field: str, value: npt.ArrayLike, *, intervals: int | None = None) -> Floats:
    """Numbers of 0 or more, one for each interval, in a single row."""
    array = by_interval(field, value, intervals=intervals)
    if array.ndim != 1:
        raise QueueingError(
            f"{field} must be one row, one number for each interval.",
            found=f"{field} of shape {array.shape}",
            todo="Call once for each row.",
        )
    return array


def length(interval_s: float) -> float:
    """The length of an interval, checked, seconds."""
    return one("interval_s", interval_s)


def one(field: str, value: float) -> float:
    """A single number above 0."""
    array = positive(field, value)
    if array.ndim:
        raise QueueingError(
            f"{field} must be a single number.",
            found=f"{field} of shape {array.shape}",
            todo="Call once for each.",
        )
    return float(array)


def known_before(value: str) -> Before:
    """One of the three choices for what went before."""
    for choice in _BEFORES:
        if value == choice:
            return choice
    raise QueueingError(
        f"before must be one of {', '.join(_BEFORES)}.",
        found=f"before = {value!r}",
        todo="Say periodic for a day like every other, nobody for a service that opens empty.",
    )


def edges(intervals: int, interval_s: float) -> Floats:
    """Where intervals begin and end, seconds: one more than there are intervals."""
    return np.arange(intervals + 1, dtype=np.float64) * interval_s


def moments(field: str, value: npt.ArrayLike) -> Floats:
    """Instants of 0 or more seconds after the start, in one row."""
    return np.atleast_1d(at_least_zero(field, value)).ravel()
