"""Holes: stretches of a day that the data do not have, although the hours around them are there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.history import History

__all__ = ["Holes", "left_out"]

Bools = npt.NDArray[np.bool_]

_SURPRISE: Final = 20.0
"""Contacts that a stretch without any must have been expected to bring: by chance it happens once
in half a thousand million such stretches."""

_SIDE: Final = 3
_BUSY: Final = 5
"""So many contacts in the three intervals on each side show that the queue was open there."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Holes:
    """A past with its holes marked.

    Attributes
    ----------
    history : History
        With ``exposure`` 0 where nothing was seen.
    days : tuple of int
        Days with a hole, days since 1970.
    """

    history: History
    days: tuple[int, ...]


def left_out(history: History, *, ordinary: Bools) -> Holes:
    """Mark the holes of ordinary days.

    A hole is a stretch of intervals without any contact in which the day's other intervals and the
    weekday's usual profile make one expect at least twenty, with some contacts just before and just
    after it. On the first and the last day of the past, one side is enough: the data may begin or
    end there. A day that closed early is no hole.

    Parameters
    ----------
    history : History
    ordinary : array of bool, shape (days,)
        Special days may close for some hours.
    """
    exposure = history.exposure.copy()
    days: list[int] = []
    usual = np.zeros((7, history.slots))
    for each in range(7):
        mine = history.seen & (history.weekday == each) & ordinary
        if mine.any():
            usual[each] = history.counts[mine].mean(axis=0)
    seen = np.flatnonzero(history.seen & ordinary & (history.totals > 0))
    for i in seen:
        expected = usual[history.weekday[i]]
        some = np.flatnonzero(history.counts[i])
        there = expected[some].sum()
        if there <= 0:
            continue
        expected = expected * history.totals[i] / there
        begins = 0 if i == seen[0] else some[0]
        ends = history.slots if i == seen[-1] else some[-1]
        edges = np.concatenate([[begins - 1], some[(some >= begins) & (some < ends)], [ends]])
        for start, end in zip(edges[:-1] + 1, edges[1:], strict=True):
            if end <= start or expected[start:end].sum() < _SURPRISE:
                continue
            before = history.counts[i, max(0, start - _SIDE) : start].sum()
            after = history.counts[i, end : end + _SIDE].sum()
            if (before >= _BUSY or start == 0) and (after >= _BUSY or end == history.slots):
                exposure[i, start:end] = 0.0
                days.append(int(history.days[i]))
    if not days:
        return Holes(history=history, days=())
    return Holes(history=replace(history, exposure=exposure), days=tuple(dict.fromkeys(days)))
