"""Busy days: how the days of several lines hang together, so that they are drawn as they come.

A day that is busy for orders is often busy for complaints too. Lines that share people and are
drawn each for itself would seem to balance each other out, and the plan would have too few. Here
their days are put beside each other again as they were in the past: by the correlation of what each
line's days had beyond what its weekday usually has, without changing any of the days themselves.

Reordering drawn samples until they correlate as asked: Iman and Conover 1982, A distribution-free
approach to inducing rank correlation among input variables,
https://doi.org/10.1080/03610918208812265.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.calendar import Calendar
from andon.capacity.courses import Courses
from andon.capacity.history import History
from andon.errors import PlanError

__all__ = ["BusyDays", "busy_days", "drawn_together"]

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]

_NEAR: Final = 4
"""A day is held against the same weekday so many weeks before and after."""
_LEAST_NEAR: Final = 3
_LEAST_DAYS: Final = 20
"""Days that two lines need in common."""
_LEAST_TOLD: Final = 0.2
"""Of the variance of a line's days more must be its own swing, and not chance between contacts."""
_MOST: Final = 0.95


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BusyDays:
    """How the days of some lines hang together.

    Attributes
    ----------
    lines : tuple of str
    correlation : array of float, shape (lines, lines)
        Between the day levels of two lines, from -1 to 1; 0 where it cannot be told.
    days : int
        Past days that most of it rests on: the most that two lines have in common.
    """

    lines: tuple[str, ...]
    correlation: _Floats
    days: int


def busy_days(histories: Mapping[str, History], calendar: Calendar) -> BusyDays:
    """How the days of some lines hung together in the past.

    Each day is held against the same weekday in the weeks around it. Days in the calendar are left
    out: what they do is known of each line already. Chance between contacts hides part of what two
    lines have in common; as their number tells how much, that part is given back.

    Parameters
    ----------
    histories : mapping of str to History
        By line.
    calendar : Calendar
        Days that are not like others.
    """
    names = tuple(histories)
    swings = [_swings(each, calendar) for each in histories.values()]
    found = np.eye(len(names))
    most = 0
    for i, (days_a, swing_a, told_a) in enumerate(swings):
        for j, (days_b, swing_b, told_b) in enumerate(swings[:i]):
            _, at_a, at_b = np.intersect1d(days_a, days_b, return_indices=True)
            most = max(most, len(at_a))
            if len(at_a) < _LEAST_DAYS or min(told_a, told_b) < _LEAST_TOLD:
                continue
            ranked = float(np.corrcoef(_ranks(swing_a[at_a]), _ranks(swing_b[at_b]))[0, 1])
            # Of normal swings, whose ranks correlate like this; then without the chance in counts.
            seen = 2 * np.sin(np.pi * ranked / 6)
            found[i, j] = found[j, i] = np.clip(seen / np.sqrt(told_a * told_b), -_MOST, _MOST)
    return BusyDays(lines=names, correlation=_possible(found), days=most)


def drawn_together(
    drawn: Sequence[Courses], wanted: BusyDays, *, parts: Sequence[slice] = (slice(None),)
) -> tuple[Courses, ...]:
    """Put the drawn days of several lines beside each other as they hung together in the past.

    Every line keeps every day that was drawn for it, whole: only which days of other lines it goes
    with changes. So nothing that is said of one line alone is touched. The order within a course is
    made from scores that follow the lines' own, so weeks stay busy or quiet for as long as before.

    Parameters
    ----------
    drawn : sequence of Courses
        One for each of ``wanted.lines``, as many courses each, for the same days.
    wanted : BusyDays
    parts : sequence of slice
        Courses that stay among themselves, such as those that a plan is made from and those that it
        is judged by.

    Raises
    ------
    PlanError
        If the lines were not drawn for the same days in as many courses.
    """
    if len({each.contacts.shape for each in drawn}) != 1 or len(drawn) != len(wanted.lines):
        raise PlanError(
            "Lines that hang together must be drawn for the same days in as many courses.",
            found=", ".join(f"{each.queue}: {each.contacts.shape}" for each in drawn),
            todo="Draw each line for the same horizon, with the same number of courses.",
        )
    if np.array_equal(wanted.correlation, np.eye(len(drawn))):
        return tuple(drawn)
    day_index = drawn[0].horizon.day_index
    contacts = [each.contacts.copy() for each in drawn]
    handle_s = [each.handle_s.copy() for each in drawn]
    root = np.asarray(np.linalg.cholesky(wanted.correlation), dtype=np.float64)
    for part in parts:
        for day in range(int(day_index.max()) + 1):
            today = day_index == day
            level = np.array([each.contacts[part][:, today].sum(axis=1) for each in drawn])
            for i, order in enumerate(_orders(level, root)):
                contacts[i][part, today] = drawn[i].contacts[part][order][:, today]
                handle_s[i][part, today] = drawn[i].handle_s[part][order][:, today]
    return tuple(
        replace(each, contacts=n, handle_s=s)
        for each, n, s in zip(drawn, contacts, handle_s, strict=True)
    )


def _swings(history: History, calendar: Calendar) -> tuple[_Integers, _Floats, float]:
    """Days, their swings (log of the count over the usual), and which part of it is not chance."""
    totals = history.totals
    dates = history.dates
    usable = history.seen & np.array([not calendar.on(day) for day in dates], dtype=np.bool_)
    known = np.where(usable, totals, np.nan)
    weeks = np.array([each for each in range(-_NEAR, _NEAR + 1) if each])
    at = np.arange(len(totals))[:, None] + 7 * weeks[None, :]
    inside = (at >= 0) & (at < len(totals))
    near = np.where(inside, known[np.clip(at, 0, max(len(totals) - 1, 0))], np.nan)
    enough = usable & ((~np.isnan(near)).sum(axis=1) >= _LEAST_NEAR)
    days = np.flatnonzero(enough)
    if len(days) < _LEAST_DAYS:
        return np.zeros(0, dtype=np.int64), np.zeros(0), 0.0
    usual = np.nanmedian(near[days], axis=1)
    some = usual >= 1.0
    days, usual = days[some], usual[some]
    swing = np.log((totals[days] + 0.5) / (usual + 0.5))
    if len(days) < _LEAST_DAYS or np.ptp(swing) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0), 0.0
    # A median of 2m days swings itself, by pi / 4m of the variance of one.
    own = 1.0 + np.pi / (4 * _NEAR)
    low, high = np.quantile(swing, (0.025, 0.975))
    variance = float(np.var(np.clip(swing, low, high))) / own
    chance = float(np.mean(1.0 / usual))
    told = 1.0 - chance / variance if variance > 0 else 0.0
    return days + history.first_day, swing, max(0.0, told)


def _ranks(values: _Floats) -> _Floats:
    """Ranks from 1 on; the mean rank where values are alike."""
    _, at, times = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(times) - (times - 1) / 2)[at], dtype=np.float64)


def _possible(correlation: _Floats) -> _Floats:
    """The nearest of its kind that can be: pairs that were each told alone may contradict."""
    values, vectors = np.linalg.eigh(correlation)
    if values.min() >= 1e-6:
        return correlation
    made = (vectors * np.maximum(values, 1e-4)) @ vectors.T
    scale = np.sqrt(np.diag(made))
    return np.asarray(made / np.outer(scale, scale), dtype=np.float64)


def _orders(level: _Floats, root: _Floats) -> list[_Integers]:
    """For each line the order in which its drawn days go with the courses."""
    from scipy.special import ndtri  # noqa: PLC0415 - only where lines share people

    lines, courses = level.shape
    order = [np.arange(courses) for _ in range(lines)]
    alive = [i for i in range(lines) if np.ptp(level[i]) > 0]
    if len(alive) < 2 or courses <= len(alive):
        return order
    scores = np.array([ndtri(_ranks(level[i]) / (courses + 1)) for i in alive])
    scores /= scores.std(axis=1, keepdims=True)
    # What the scores happen to have in common is taken out, then what is wanted is put in.
    happens = np.linalg.cholesky(np.corrcoef(scores))
    chosen = root[np.ix_(alive, range(lines))]
    wanted = np.linalg.cholesky(chosen @ chosen.T)
    mixed = wanted @ np.linalg.solve(happens, scores)
    for row, i in zip(mixed, alive, strict=True):
        order[i] = np.empty(courses, dtype=np.int64)
        order[i][np.argsort(row, kind="stable")] = np.argsort(level[i], kind="stable")
    return order
