"""The watch on a goal in force: whether it begins to bend its measure.

A goal bends its measure when a twin got worse while the measure moved its way, or worse and through
its floor, or when a signature shows that was not there before the goal as strongly. The finding is
about the target.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import ibis.expr.types as ir
import numpy as np
from scipy import special

from andon import estimate
from andon.estimate import Estimate, Unknown
from andon.goodhart.begun import begun
from andon.goodhart.goal import Goal, Twin, day_said
from andon.goodhart.held import Scoped, held, held_by
from andon.goodhart.measures import Measure
from andon.goodhart.moves import whole_periods
from andon.goodhart.review import Seen
from andon.ledger.coverage import observed
from andon.operation import Standards
from andon.units import Unit

__all__ = ["FEWEST", "Bending", "Since", "TwinSince", "Watched", "since", "watch"]

Bending = Literal["bends", "beyond floor", "holds", "cannot tell", "not in force"]
"""Whether a goal bends its measure. Beyond floor: a twin is, but did not get worse beyond doubt
since the goal holds. Not in force: its file does not say since when it holds, or that day lies
beyond the data."""

FEWEST: Final = 3
"""Whole weeks needed on each side."""
_MOST: Final = 26
_WEEK: Final = dt.timedelta(days=7)
_LEAST: Final[Mapping[Unit, float]] = {"s": 1.0, "points": 0.1}
"""What is worth telling, however sure it is: one second, one customer in a thousand."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Since:
    """A measure before and since a day.

    Attributes
    ----------
    before, since : Estimate or Unknown
        Mean of the weeks, in the measure's unit.
    change : Estimate or Unknown
        The second less the first; percentage points for shares.
    weeks : int
        Whole weeks on each side.
    """

    before: Estimate | Unknown
    since: Estimate | Unknown
    change: Estimate | Unknown
    weeks: int

    @property
    def way(self) -> int:
        """1 up and -1 down, beyond doubt and enough to be told; else 0."""
        change = self.change
        if isinstance(change, Unknown) or abs(change.value) < _LEAST.get(change.unit, 0.0):
            return 0
        return int(change.low > 0) - int(change.high < 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class TwinSince:
    """A twin before and since the goal is in force.

    Attributes
    ----------
    key : str
        Its measure.
    floor : float or None
    found : Since
    worse : bool or None
        Whether it got worse, beyond doubt; None where it cannot be told.
    beyond_floor : bool or None
        Whether it is beyond its floor, beyond doubt; None without a floor, or without a figure.
    """

    key: str
    floor: float | None
    found: Since
    worse: bool | None
    beyond_floor: bool | None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Watched:
    """What the watch on one goal found.

    Attributes
    ----------
    goal : Goal
    state : str
        bends, beyond floor, holds, cannot tell, or not in force.
    says : tuple of str
        Why, in plain sentences; each reason for which it bends says when that began.
    notes : tuple of str
        What else shows, and is no reason: it was there before the goal, or when it began cannot be
        told, or it need not be bending.
    measure : Since
    twins : tuple of TwinSince
    seen : tuple of Seen
        Signatures that show.
    """

    goal: Goal
    state: Bending
    says: tuple[str, ...]
    measure: Since
    twins: tuple[TwinSince, ...]
    seen: tuple[Seen, ...] = ()
    notes: tuple[str, ...] = ()


def watch(
    goal: Goal,
    contacts: ir.Table | None,
    *,
    staffing: ir.Table | None = None,
    surveys: ir.Table | None = None,
    values: ir.Table | None = None,
    standards: Standards | None = None,
    signatures: Mapping[str, Seen] | None = None,
    before: Mapping[str, Seen] | None = None,
    after: Mapping[str, Seen] | None = None,
    level: float = 0.99,
) -> Watched:
    """Whether a goal in force begins to bend its measure.

    Parameters
    ----------
    goal : Goal
    contacts : ibis.Table or None
        The ledger's contacts.
    staffing, surveys, values : ibis.Table, optional
        The ledger's, for occupancy, scores and complaints.
    standards : Standards, optional
        What counts as answered in time, and as closed in time.
    signatures : mapping of str to Seen, optional
        What looks for signatures found.
    before, after : mapping of str to Seen, optional
        What they found in the contacts before the goal holds, and since.
    level : float
        How sure a change must be. A watch is asked again and again, so it is higher than elsewhere.

    Returns
    -------
    Watched

    Notes
    -----
    Whole weeks wholly before ``since`` are compared with as many whole weeks from it on, the
    nearest before and the newest after, up to half a year of each. See :func:`since`, and
    :func:`~andon.goodhart.begun.begun` for when a signature began.
    """
    if goal.since is None:
        why = "its file does not say since when it holds"
        return _not_in_force(goal, why, f"{_begun(why)}: add since.")
    shown = {
        key: seen
        for key, seen in (signatures or {}).items()
        if key in goal.measure.bent_by and seen.shows
    }
    signs = _Signs.of(shown, goal.since, before, after)
    if contacts is None:
        return _watched(goal, _blank(goal.measure, "there are no contacts"), [], signs)
    seen_time = observed(contacts)
    if seen_time.last_day is not None and seen_time.last_day < goal.since:
        why = f"the data end on {day_said(seen_time.last_day)}"
        return _not_in_force(goal, why, f"It holds from {day_said(goal.since)}, and {why}.")
    asked = Scoped(
        contacts=contacts,
        scope=goal.scope,
        staffing=staffing,
        surveys=surveys,
        values=values,
        standards=standards or Standards(),
        level=level,
    )
    weeks = whole_periods("week", seen_time)
    measure = _since(goal.measure, goal.since, asked, weeks)
    twins = [_twin(twin, _since(twin.measure, goal.since, asked, weeks)) for twin in goal.twins]
    return _watched(goal, measure, twins, signs)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Signs:
    """Signatures that show: those that began with the goal, and what is said of the others."""

    seen: tuple[Seen, ...]
    bends: tuple[str, ...]
    notes: tuple[str, ...]
    open: bool

    @classmethod
    def of(
        cls,
        shown: Mapping[str, Seen],
        day: dt.date,
        before: Mapping[str, Seen] | None,
        after: Mapping[str, Seen] | None,
    ) -> _Signs:
        bends, notes = [], []
        left_open = False
        for key, seen in shown.items():
            began = begun(key, seen, day, before=before, after=after)
            says = f"{seen.says} {began.says}"
            if seen.unsure:
                notes.append(f"{_begun(seen.unsure)}. {says}")
            elif began.with_target:
                bends.append(says)
            else:
                notes.append(says)
                left_open |= began.with_target is None
        return cls(
            seen=tuple(shown.values()), bends=tuple(bends), notes=tuple(notes), open=left_open
        )


def _not_in_force(goal: Goal, why: str, says: str) -> Watched:
    return Watched(
        goal=goal,
        state="not in force",
        says=(says,),
        measure=_blank(goal.measure, why),
        twins=(),
    )


def since(
    before: Sequence[Estimate], after: Sequence[Estimate], *, unit: Unit, level: float = 0.99
) -> Since:
    """A measure's weeks before a day, and its weeks since.

    Parameters
    ----------
    before, after : sequence of Estimate
        One for each week; at least three on each side.
    unit : Unit
    level : float
        Of the intervals, above 0 and below 1.

    Returns
    -------
    Since

    Notes
    -----
    The change is the difference of the two means. Its interval is the wider of two: what the weeks'
    own doubts add up to (square and add), and Welch's t from the spread between weeks (Welch 1947,
    `doi:10.1093/biomet/34.1-2.28 <https://doi.org/10.1093/biomet/34.1-2.28>`_), for weeks differ by
    more than their contacts tell.

    Examples
    --------
    >>> def week(value: float) -> Estimate:
    ...     return Estimate(
    ...         value=value, low=value - 0.01, high=value + 0.01, unit="share", n=900, method="-"
    ...     )
    >>> before = [week(each) for each in (0.10, 0.11, 0.10, 0.10)]
    >>> after = [week(each) for each in (0.15, 0.14, 0.15, 0.15)]
    >>> print(since(before, after, unit="share", level=0.95).change)
    4.5 points (3.6 points to 5.4 points)
    """
    if min(len(before), len(after)) < FEWEST:
        why = f"fewer than {FEWEST} whole weeks were seen before it, or since"
        gap = Unknown(unit=unit, why=why, needs=f"{FEWEST} whole weeks before it, and since")
        changed: Unit = "points" if unit == "share" else unit
        return Since(
            before=gap,
            since=gap,
            change=Unknown(unit=changed, why=gap.why, needs=gap.needs),
            weeks=min(len(before), len(after)),
        )
    first, second = _pooled(before), _pooled(after)
    change = estimate.difference(second, first)
    assert isinstance(change, Estimate)
    scale = 100.0 if unit == "share" else 1.0
    spread = scale * _welch(before, after, level)
    if spread > max(change.value - change.low, change.high - change.value):
        change = Estimate(
            value=change.value,
            low=change.value - spread,
            high=change.value + spread,
            unit=change.unit,
            n=change.n,
            method="weeks before and since, Welch's t",
            level=level,
        )
    return Since(
        before=_widened(first, before, level),
        since=_widened(second, after, level),
        change=change,
        weeks=len(after),
    )


def _pooled(weeks: Sequence[Estimate]) -> Estimate:
    """The mean of weeks, with their own doubt added up."""
    summed = estimate.total(*weeks)
    assert isinstance(summed, Estimate)
    return estimate.times(summed, 1 / len(weeks))


def _widened(mean: Estimate, weeks: Sequence[Estimate], level: float) -> Estimate:
    """The same mean, with the doubt of the spread between weeks where that is wider."""
    values = np.array([each.value for each in weeks])
    t = float(special.stdtrit(len(weeks) - 1, 0.5 + level / 2))
    spread = t * float(values.std(ddof=1)) / math.sqrt(len(weeks))
    return Estimate(
        value=mean.value,
        low=min(mean.low, mean.value - spread),
        high=max(mean.high, mean.value + spread),
        unit=mean.unit,
        n=mean.n,
        method="mean of weeks",
        level=level,
    )


def _welch(before: Sequence[Estimate], after: Sequence[Estimate], level: float) -> float:
    """Half the width of Welch's interval for a difference of means."""
    parts = [
        (float(np.var([each.value for each in weeks], ddof=1)) / len(weeks), len(weeks) - 1)
        for weeks in (before, after)
    ]
    total = sum(part for part, _ in parts)
    if total <= 0:
        return 0.0
    degrees = total**2 / sum(part**2 / df for part, df in parts)
    return float(special.stdtrit(degrees, 0.5 + level / 2)) * math.sqrt(total)


def _since(measure: Measure, day: dt.date, asked: Scoped, weeks: Sequence[str]) -> Since:
    found = held_by(measure, asked, "week")
    known = {
        dt.date.fromisoformat(name): each
        for name in weeks
        if isinstance(each := found.get(name), Estimate)
    }
    before = [each for start, each in known.items() if start + _WEEK <= day]
    after = [each for start, each in known.items() if start >= day]
    if not known:
        gap = held(measure, asked)
        if isinstance(gap, Unknown):
            return _blank(measure, gap.why, gap.needs)
        why = next((each.why for each in found.values() if isinstance(each, Unknown)), None)
        return _blank(measure, why or "no whole week was seen")
    size = min(len(before), len(after), _MOST)
    return since(
        before[len(before) - size :],
        after[len(after) - size :],
        unit=measure.unit,
        level=asked.level,
    )


def _blank(measure: Measure, why: str, needs: str = "whole weeks before it, and since") -> Since:
    changed: Unit = "points" if measure.unit == "share" else measure.unit
    gap = Unknown(unit=measure.unit, why=why, needs=needs)
    return Since(before=gap, since=gap, change=Unknown(unit=changed, why=why, needs=needs), weeks=0)


def _twin(twin: Twin, found: Since) -> TwinSince:
    sign = 1 if twin.measure.better == "lower" else -1
    beyond = None
    if twin.floor is not None and isinstance(found.since, Estimate):
        best = found.since.low if sign > 0 else found.since.high
        beyond = sign * (best - twin.floor) > 0
    return TwinSince(
        key=twin.measure.key,
        floor=twin.floor,
        found=found,
        worse=None if isinstance(found.change, Unknown) else found.way == sign,
        beyond_floor=beyond,
    )


def _watched(goal: Goal, measure: Since, twins: Sequence[TwinSince], signs: _Signs) -> Watched:
    bends = list(signs.bends)
    for twin, found in zip(goal.twins, twins, strict=False):
        bends += _bent(goal, measure, twin, found)
    state: Bending
    if bends:
        state, says = "bends", bends
    elif low := [each for each in zip(goal.twins, twins, strict=False) if each[1].beyond_floor]:
        state = "beyond floor"
        says = [
            f"{twin.measure.says} is {found.found.since}, beyond its floor. It did not get worse "
            "beyond doubt since the target holds."
            for twin, found in low
        ]
    elif isinstance(measure.change, Unknown) or not any(
        isinstance(twin.found.change, Estimate) for twin in twins
    ):
        state, says = "cannot tell", [*_why_not(goal, measure, twins)]
    elif signs.open:
        state = "cannot tell"
        says = ["Something bends the measure. Whether it began with this goal, we cannot tell."]
    else:
        state = "holds"
        says = ["No twin got worse beyond doubt while the measure moved its way."]
    return Watched(
        goal=goal,
        state=state,
        says=tuple(map(_begun, says)),
        measure=measure,
        twins=tuple(twins),
        seen=signs.seen,
        notes=signs.notes,
    )


def _bent(goal: Goal, measure: Since, twin: Twin, found: TwinSince) -> Iterator[str]:
    """Why the goal bends its measure, by one twin."""
    name = twin.measure.says
    assert goal.since is not None
    if found.worse and measure.way and measure.way == _asked_way(goal, measure):
        yield (
            f"Since {day_said(goal.since)} {goal.measure.says} {_moved(measure.change)}, as the "
            f"target asks. Its twin got worse: {name} {_moved(found.found.change)}."
        )
    if found.worse and found.beyond_floor:
        yield (
            f"Its twin fell through its floor since {day_said(goal.since)}: {name} is "
            f"{found.found.since}, and {_moved(found.found.change)}."
        )


def _asked_way(goal: Goal, measure: Since) -> int:
    """1 if the target asks for more, -1 for less."""
    before = measure.before.value if isinstance(measure.before, Estimate) else None
    wanted = goal.wanted(before)
    return 0 if wanted is None else (wanted > 0) - (wanted < 0)


def _moved(change: Estimate | Unknown) -> str:
    if isinstance(change, Unknown):  # said of changes beyond doubt only
        return "is not known"
    return f"fell by {estimate.times(change, -1)}" if change.value < 0 else f"rose by {change}"


def _why_not(goal: Goal, measure: Since, twins: Sequence[TwinSince]) -> Iterator[str]:
    if not goal.twins:
        yield "The goal names no twin, so nothing tells what its measure costs."
    gaps = [measure.change, *(twin.found.change for twin in twins)]
    for gap in dict.fromkeys(each for each in gaps if isinstance(each, Unknown)):
        yield gap.says()


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]
