"""Series: a what-if's first weeks and its trap curve as rows of figures, ready to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from andon.capacity.sampled import figure
from andon.capacity.trap import TrapCurve
from andon.capacity.weeks import FirstWeeks, Measure
from andon.capacity.whatif import WhatIf
from andon.errors import PlanError
from andon.estimate import Estimate, Unknown
from andon.units import Unit

__all__ = ["Level", "WeekRow", "against_handle_time", "week_by_week"]

Floats = npt.NDArray[np.float64]

Against = Literal["work_h", "customers_h", "money"]

_WEEK: Final = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class WeekRow:
    """One week after the change.

    Attributes
    ----------
    week : int
        Counted from 1; 0 is a week before.
    promised : float
        What the plan on paper has.
    really : Estimate or Unknown
        What happens, over the curves.
    """

    week: int
    promised: float
    really: Estimate | Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """One handle time of the trap curve.

    Attributes
    ----------
    handle_s : float
    against_today : Estimate or Unknown
        The measure there as a share of what it is today, curve by curve; 1 is as much as today.
    today : bool
        Whether it is today's handle time.
    """

    handle_s: float
    against_today: Estimate | Unknown
    today: bool


def week_by_week(found: WhatIf, measure: Measure) -> tuple[WeekRow, ...]:
    """A measure week by week, beside what the plan on paper promises.

    Parameters
    ----------
    found : WhatIf
    measure : str
        ``work_h``, ``customers_h``, ``staff_h`` or ``money``. The plan on paper changes handling
        alone: for customers' hours it has what they are today.

    Returns
    -------
    tuple of WeekRow
        A week before the change, then the whole weeks that were played.
    """
    played = found.weeks
    after, before = _sums(played, measure)
    ratio = 1.0
    if measure in {"work_h", "staff_h", "money"}:
        ratio = found.promise.work_h / found.promise.work_today_h
    unit: Unit = "money" if measure == "money" else "h"
    usual = float(np.median(before[0]))
    begin = WeekRow(week=0, promised=usual, really=figure(before[0], unit=unit, level=found.level))
    later = (
        WeekRow(
            week=i,
            promised=float(np.median(without)) * ratio,
            really=figure(with_it, unit=unit, level=found.level),
        )
        for i, (with_it, without) in enumerate(zip(after, before, strict=True), start=1)
    )
    return (begin, *later)


def _sums(played: FirstWeeks, measure: Measure) -> tuple[Floats, Floats]:
    """The measure summed by whole week, after and without the change, shape (weeks, curves)."""
    found = []
    for cost in (played.after, played.today):
        daily = getattr(cost, measure)
        if daily is None:
            raise PlanError(
                "What an hour costs was not told, so nothing is known in money.",
                found=f"measure = {measure!r}",
                todo="Ask for staff_h, or tell costs.per_hour in andon.yaml.",
            )
        weeks = len(daily) // _WEEK
        found.append(np.asarray(daily)[: weeks * _WEEK].reshape(weeks, _WEEK, -1).sum(axis=1))
    return found[0], found[1]


def against_handle_time(curve: TrapCurve, of: Against) -> tuple[Level, ...]:
    """A measure at each handle time, as a share of today's.

    Parameters
    ----------
    curve : TrapCurve
    of : str
        ``work_h``, ``customers_h`` or ``money``.

    Returns
    -------
    tuple of Level
        By handle time, ascending.
    """
    values = getattr(curve, of)
    if values is None:
        raise PlanError(
            "What an hour costs was not told, so nothing is known in money.",
            found=f"of = {of!r}",
            todo="Ask for work_h, or tell costs.per_hour in andon.yaml.",
        )
    here = int(np.argmin(np.abs(curve.handle_s - curve.today_s)))
    with np.errstate(invalid="ignore"):
        share = values / values[here]
    return tuple(
        Level(
            handle_s=float(handle_s),
            against_today=figure(share[i], unit="ratio", level=curve.level),
            today=i == here,
        )
        for i, handle_s in enumerate(curve.handle_s)
    )
