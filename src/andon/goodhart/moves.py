"""Moves: what a measure's twin did when the measure moved by about so much in the past.

What happened before need not happen again, and two things that move together need not cause one
another. But a target that asks for a move the operation has made before can be held against it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy import special

from andon import estimate
from andon.estimate import Estimate, Unknown
from andon.goodhart.goal import Goal, Twin
from andon.goodhart.held import Scoped, held, held_by
from andon.goodhart.measures import Measure
from andon.ledger.coverage import Observed, observed
from andon.units import Unit

__all__ = [
    "ABOUT",
    "ENOUGH",
    "Move",
    "Past",
    "Point",
    "past",
    "similar",
    "twin_change",
    "whole_periods",
]

ABOUT: Final = (0.5, 1.5)
"""A move of about that size: from half of it to one and a half times it."""
ENOUGH: Final = 3
"""Moves from which their own spread can be seen; fewer may be chance."""

_FEWEST: Final = 6
_WHOLE: Final = 0.9
_LONGEST: Final = 6
_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """A measure and its twin in one period that was wholly seen.

    Attributes
    ----------
    period : str
        ``1999-02``, or the Monday of a week.
    measure, twin : Estimate or Unknown
    """

    period: str
    measure: Estimate | Unknown
    twin: Estimate | Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """The measure moved from one period to another, and the twin with it.

    Attributes
    ----------
    start, end : str
        The periods.
    measure, twin : Estimate or Unknown
        How much they changed: percentage points for shares, else in their units.
    """

    start: str
    end: str
    measure: Estimate
    twin: Estimate | Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """What the ledger says a move of that size did.

    Attributes
    ----------
    twin : str
        The key of the twin that was looked at.
    period : str
        month or week.
    periods : int
        Periods that were wholly seen, and in which the measure was asked for; 0 where it is not
        known by period.
    now : Estimate or Unknown
        The measure over the last of them, else over all that was seen.
    wanted : Estimate or Unknown
        By how much the goal wants it to move from there; percentage points for shares.
    moves : tuple of Move
        Moves of about that size; no two of them overlap.
    change : Estimate or Unknown
        How much the twin changed in them, on average.
    twin_now : Estimate or Unknown
        The twin over the last period in which it is known, else over all that was seen; also where
        the measure itself is not known.
    """

    twin: str
    period: str
    periods: int
    now: Estimate | Unknown
    wanted: Estimate | Unknown
    moves: tuple[Move, ...]
    change: Estimate | Unknown
    twin_now: Estimate | Unknown


def past(goal: Goal, twin: Twin, asked: Scoped) -> Past:
    """What a move of about the goal's size did to a twin in the past.

    Parameters
    ----------
    goal : Goal
    twin : Twin
    asked : Scoped
        The part of the ledger that the goal is about.

    Returns
    -------
    Past
        By month where six months were wholly seen, else by week.

    Notes
    -----
    Of all pairs of periods at most six apart, those count in which the measure moved the goal's
    way, beyond doubt, by half to one and a half of the goal's size. The closest pairs are taken
    first and no two moves overlap, so that they are independent save for customers whom two periods
    share. From three moves on the interval of the mean also holds the spread between moves
    (Student's t), for months differ by more than their contacts tell.
    """
    measure, other = goal.measure, twin.measure
    seen = observed(asked.contacts)
    period, names = "month", whole_periods("month", seen)
    if len(names) < _FEWEST:
        period, names = "week", whole_periods("week", seen)
    first, second = held_by(measure, asked, period), held_by(other, asked, period)
    points = tuple(
        Point(
            period=name,
            measure=first[name],
            twin=second[name] if name in second else _without(other, asked),
        )
        for name in names
        if name in first
    )
    twin_now = next(
        (each for name in reversed(names) if isinstance(each := second.get(name), Estimate)), None
    )
    known = [point.measure for point in points if isinstance(point.measure, Estimate)]
    if not known:
        gap = next((each.measure for each in points if isinstance(each.measure, Unknown)), None)
        return _nothing(goal, twin, held(measure, asked), gap, twin_now or held(other, asked))
    now = known[-1]
    aim = _wanted(goal, now)
    moves = similar(points, wanted=aim.value)
    return Past(
        twin=other.key,
        period=period,
        periods=len(points),
        now=now,
        wanted=aim,
        moves=moves,
        change=twin_change(moves, unit=other.unit),
        twin_now=twin_now or points[-1].twin,
    )


def _without(twin: Measure, asked: Scoped) -> Unknown:
    """Why a twin is not known in a period in which the measure is."""
    found = held(twin, asked)
    if isinstance(found, Unknown):
        return found
    return Unknown(
        unit=twin.unit, why="there is nothing of it in that period", needs="a period that has some"
    )


def _nothing(
    goal: Goal,
    twin: Twin,
    found: Estimate | Unknown,
    gap: Unknown | None,
    twin_now: Estimate | Unknown,
) -> Past:
    """No move can be looked for; where measure and twin stand may be known all the same."""
    unit, other = goal.measure.unit, twin.measure.unit
    moved: Unit = "points" if unit == "share" else unit
    changed: Unit = "points" if other == "share" else other
    why = gap or Unknown(
        unit=unit, why="no whole week was seen", needs="two whole weeks of contacts"
    )
    if isinstance(found, Unknown):
        why = found
    wanted: Estimate | Unknown = replace(why, unit=moved)
    if isinstance(found, Estimate) and gap is not None:
        wanted = _wanted(goal, found)
    return Past(
        twin=twin.measure.key,
        period="week",
        periods=0,
        now=found if isinstance(wanted, Estimate) else replace(why, unit=unit),
        wanted=wanted,
        moves=(),
        change=replace(why, unit=changed),
        twin_now=twin_now,
    )


def _wanted(goal: Goal, now: Estimate) -> Estimate:
    """By how much the goal wants its measure to move from there."""
    wanted = goal.wanted(now.value)
    assert wanted is not None  # today's value is known
    return _in_points(
        Estimate.exact(wanted, unit=now.unit, n=now.n, method="as the goal says, from now")
    )


def _in_points(figure: Estimate) -> Estimate:
    return estimate.times(figure, 100, unit="points") if figure.unit == "share" else figure


def similar(points: Sequence[Point], *, wanted: float) -> tuple[Move, ...]:
    """Moves of about the size wanted, from period to period; no two of them overlap.

    Parameters
    ----------
    points : sequence of Point
        In order of time.
    wanted : float
        How far the measure should move: percentage points for shares, else in its unit.

    Returns
    -------
    tuple of Move
        In order of time.

    Examples
    --------
    >>> def about(value: float, *, unit: Unit, by: float) -> Estimate:
    ...     low, high = value - by, value + by
    ...     return Estimate(value=value, low=low, high=high, unit=unit, n=9000, method="-")
    >>> seen = {"2026-01": (300, 0.12), "2026-02": (250, 0.16), "2026-03": (249, 0.2)}
    >>> points = [
    ...     Point(
    ...         period=name,
    ...         measure=about(length, unit="s", by=2),
    ...         twin=about(back, unit="share", by=0.01),
    ...     )
    ...     for name, (length, back) in seen.items()
    ... ]
    >>> for move in similar(points, wanted=-50):
    ...     print(f"{move.start} to {move.end}: {move.measure}, {move.twin}")
    2026-01 to 2026-02: -50 s (-53 s to -47 s), 4.0 points (2.6 points to 5.4 points)
    """
    if not wanted:
        return ()
    found: list[tuple[int, int, Move]] = []
    for i, start in enumerate(points):
        for j in range(i + 1, min(i + 1 + _LONGEST, len(points))):
            change = estimate.difference(points[j].measure, start.measure)
            if isinstance(change, Estimate) and _alike(change, wanted):
                move = Move(
                    start=start.period,
                    end=points[j].period,
                    measure=change,
                    twin=estimate.difference(points[j].twin, start.twin),
                )
                found.append((i, j, move))
    used: set[int] = set()
    kept = []
    for i, j, move in sorted(found, key=lambda each: (each[1] - each[0], each[0])):
        if not used & set(range(i, j + 1)):
            used |= set(range(i, j + 1))
            kept.append((i, move))
    return tuple(move for _, move in sorted(kept, key=lambda each: each[0]))


def _alike(change: Estimate, wanted: float) -> bool:
    """Whether a change goes the wanted way beyond doubt, by about as much."""
    beyond = change.low > 0 if wanted > 0 else change.high < 0
    return beyond and ABOUT[0] <= change.value / wanted <= ABOUT[1]


def twin_change(moves: Sequence[Move], *, unit: Unit) -> Estimate | Unknown:
    """How much the twin changed in these moves, on average.

    Parameters
    ----------
    moves : sequence of Move
        That do not overlap.
    unit : Unit
        Of the twin.

    Returns
    -------
    Estimate or Unknown
        Percentage points for a share; n counts the moves.
    """
    to: Unit = "points" if unit == "share" else unit
    known = [move.twin for move in moves if isinstance(move.twin, Estimate)]
    if not known:
        return replace(_no_change(moves), unit=to)
    summed = estimate.total(*known)
    assert isinstance(summed, Estimate)
    mean = estimate.times(summed, 1 / len(known))
    reach = max(mean.value - mean.low, mean.high - mean.value)
    method = "mean of the moves, square and add"
    low, high = mean.low, mean.high
    if len(known) >= ENOUGH:
        changes = np.array([each.value for each in known])
        t = float(special.stdtrit(len(known) - 1, 0.5 + mean.level / 2))
        spread = t * float(changes.std(ddof=1)) / math.sqrt(len(known))
        if spread > reach:
            low, high, method = mean.value - spread, mean.value + spread, "mean of the moves, t"
    return Estimate(
        value=mean.value,
        low=low,
        high=high,
        unit=to,
        n=len(known),
        method=method,
        level=mean.level,
    )


def _no_change(moves: Sequence[Move]) -> Unknown:
    """Why nothing is known of the twin: no move, or its own reason, if it is one for all moves."""
    if not moves:
        return Unknown(
            unit="points",
            why="the measure never moved by about that much, beyond doubt, while it was seen",
            needs="more months of contacts",
        )
    gaps = {each for move in moves if isinstance(each := move.twin, Unknown)}
    if len(gaps) == 1:
        return gaps.pop()
    return Unknown(
        unit="points",
        why="the twin is not known in the periods in which the measure moved",
        needs="the twin's data for these periods",
    )


def whole_periods(period: str, seen: Observed) -> tuple[str, ...]:
    """The months or weeks of which at least nine tenths of the days were seen, by name."""
    if seen.first_day is None or seen.last_day is None:
        return ()
    names = []
    start = _begin(period, seen.first_day)
    while start <= seen.last_day:
        after = _begin(period, start + dt.timedelta(days=31 if period == "month" else 7))
        if _days_seen(start, after - _DAY, seen) >= _WHOLE * (after - start).days:
            names.append(f"{start:%Y-%m}" if period == "month" else f"{start}")
        start = after
    return tuple(names)


def _begin(period: str, day: dt.date) -> dt.date:
    return day.replace(day=1) if period == "month" else day - dt.timedelta(days=day.weekday())


def _days_seen(start: dt.date, end: dt.date, seen: Observed) -> int:
    assert seen.first_day is not None
    assert seen.last_day is not None
    first, last = max(start, seen.first_day), min(end, seen.last_day)
    lost = sum(
        max(0, (min(last, gap.last_day) - max(first, gap.first_day)).days + 1) for gap in seen.gaps
    )
    return max(0, (last - first).days + 1 - lost)
