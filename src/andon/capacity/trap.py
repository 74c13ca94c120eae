"""The trap curve: what a matter takes in all, against the time that each contact is given.

With handle time h, and a share r(h) that comes back after each contact, a matter takes
K = 1 / (1 - r) contacts and W = h K seconds of work. A little less time saves work only while

    dW/dh = (1 - r + h dr/dh) / (1 - r)^2 > 0,   that is, while   dr/dh > -(1 - r) / h.

That slope is the break-even: where time prevents returns more strongly, a cut makes more work than
it saves. Somewhere between too little time and too much, work is least.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from andon.capacity.balance import Curves, balance
from andon.capacity.levers import Amount, Levers
from andon.capacity.pace import Pace
from andon.capacity.sampled import figure
from andon.capacity.situation import Situation
from andon.errors import PlanError
from andon.estimate import Estimate, Unknown
from andon.units import HOUR_S, Unit

__all__ = ["BreakEven", "Least", "TrapCurve", "break_even", "trap_curve", "work_per_matter_s"]

Floats = npt.NDArray[np.float64]

_FINE: Final = 241
"""Handle times at which work in closed form is looked for its least."""


def work_per_matter_s(pace: Pace, handle_s: npt.ArrayLike) -> Floats:
    """Work that a matter takes in all, seconds, at mean handle times (s): ``h / (1 - r(h))``.

    All who come back are counted until they are settled, and everybody is answered.

    Returns
    -------
    array of float, shape (..., curves)
    """
    return np.asarray(np.asarray(handle_s, float)[..., None] / (1 - pace.at(handle_s)))


@dataclass(frozen=True, kw_only=True, slots=True)
class BreakEven:
    """How strong the effect of time on returns must be for a cut to make work.

    Attributes
    ----------
    points_per_s : Estimate
        The slope at which a small cut neither saves nor makes work: below it (stronger), a cut
        makes work. Percentage points for a second.
    slope : Estimate
        Today's, as it was measured or assumed.
    backfires : Estimate
        Share of curves on which a small cut makes work.
    share_after : Estimate or None
        For the cut in question: the share that must come back for it to save nothing. None where
        no handle time was asked about.
    verdict : {"backfires", "saves", "cannot tell"}
        What a small cut does to work, at ``level``.
    level : float
    """

    points_per_s: Estimate
    slope: Estimate
    backfires: Estimate
    share_after: Estimate | None
    verdict: Literal["backfires", "saves", "cannot tell"]
    level: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Least:
    """Where something is least.

    Attributes
    ----------
    at_s : Estimate or Unknown
        The handle time, seconds; an end of its interval may be an end of what was looked at.
        Unknown where nearly every curve has its least there.
    saves : Estimate or Unknown
        How much less it is there than today, as a share of today.
    at_low_end, at_high_end : float
        Share of curves that have their least at the shortest, and at the longest looked at.
    """

    at_s: Estimate | Unknown
    saves: Estimate | Unknown
    at_low_end: float
    at_high_end: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TrapCurve:
    """What a week takes at each handle time.

    Attributes
    ----------
    handle_s : array of float, shape (levels,)
        Ascending.
    today_s : float
        Today's mean handle time.
    work_h : array of float, shape (levels, curves)
        Handling a week to settle every matter: closed form, everybody answered.
    customers_h : array of float, shape (levels, curves)
        Customers' hours a week with the agents that are there; infinite where a backlog grows.
    staff_h : array of float, shape (levels, curves)
        Hours of handling and of complaints a week, everybody answered.
    money : array of float, shape (levels, curves) or None
        As in :class:`andon.capacity.full_cost.FullCost`; None where the cost of an hour is not
        told.
    lost : array of float, shape (levels, curves)
        Customers a week who give up for good, with the agents that are there.
    least_work, least_customers_h : Least
    least_money : Least or None
    break_even : BreakEven
    level : float
    """

    handle_s: Floats
    today_s: float
    work_h: Floats
    customers_h: Floats
    staff_h: Floats
    money: Floats | None
    lost: Floats
    least_work: Least
    least_customers_h: Least
    least_money: Least | None
    break_even: BreakEven
    level: float

    def band(
        self, of: Literal["work_h", "customers_h", "staff_h", "money", "lost"]
    ) -> tuple[Estimate | Unknown, ...]:
        """One figure for each handle time, with its interval over the curves."""
        values = getattr(self, of)
        if values is None:
            raise PlanError(
                "What an hour costs was not told, so nothing is known in money.",
                found="per_hour is left out",
                todo="Give per_hour in the rates, or ask for work_h.",
            )
        unit: Unit = "money" if of == "money" else "count" if of == "lost" else "h"
        return tuple(figure(each, unit=unit, level=self.level) for each in values)


def break_even(pace: Pace, *, handle_s: float | None = None, level: float = 0.95) -> BreakEven:
    """How strong the effect of time on returns must be for a cut to make work.

    Parameters
    ----------
    pace : Pace
    handle_s : float, optional
        The handle time in question, seconds (> 0): then also how many must come back there.
    level : float

    Returns
    -------
    BreakEven

    Notes
    -----
    A small cut at handle time h with share r coming back breaks even at the slope -(1 - r) / h; a
    cut to h1 where 1 - r1 = (1 - r) h1 / h. Whether today's slope is beyond that is told at
    ``level``, one side at a time: "backfires" where a share of at least ``(1 + level) / 2`` of the
    curves says so.

    Examples
    --------
    >>> from andon.capacity.assumption import Assumption
    >>> from andon.capacity.pace import Slope, measured_pace
    >>> today = Assumption(name="returns", says="who come back", value=0.2, low=0.2, high=0.2,
    ...     unit="share", why="Counted.", source="ledger")
    >>> pace = measured_pace(slope=Slope(points_per_s=-0.1, low=-0.2, high=-0.05), handle_s=300,
    ...     today=today, rng=np.random.default_rng(1))
    >>> found = break_even(pace, handle_s=225)
    >>> round(found.points_per_s.value, 3), found.verdict, round(found.share_after.value, 3)
    (-0.267, 'saves', 0.4)
    """
    at = -(1 - pace.share) / pace.handle_s
    beyond = float(np.mean(pace.slope_per_s < at))
    sure = (1 + level) / 2
    after = None
    if handle_s is not None:
        after = 1 - (1 - pace.share) * handle_s / pace.handle_s
    verdict: Literal["backfires", "saves", "cannot tell"] = "cannot tell"
    if beyond >= sure:
        verdict = "backfires"
    elif beyond <= 1 - sure:
        verdict = "saves"
    count = pace.curves
    return BreakEven(
        points_per_s=figure(100 * at, unit="points", level=level, known=True),
        slope=Estimate(
            value=pace.slope.points_per_s,
            low=pace.slope.low,
            high=pace.slope.high,
            unit="points",
            n=count,
            method=f"{pace.basis} slope",
            level=pace.slope.level,
        ),
        backfires=Estimate.exact(beyond, unit="share", n=count, method="share of curves"),
        share_after=None
        if after is None
        else figure(np.clip(after, 0.0, 1.0), unit="share", level=level, known=True),
        verdict=verdict,
        level=level,
    )


def trap_curve(
    situation: Situation,
    curves: Curves,
    *,
    levers: Levers | None = None,
    levels: int = 25,
    least: float = 0.5,
    most: float = 2.0,
    level: float = 0.95,
) -> TrapCurve:
    """What a week takes at each of some handle times, on every curve.

    Parameters
    ----------
    situation : Situation
    curves : Curves
    levers : Levers, optional
        What else is changed; its handle time is one of those looked at.
    levels : int
        How many handle times, 3 to 200.
    least, most : float
        The shortest and the longest, as multiples of today's: below and above 1.
    level : float

    Returns
    -------
    TrapCurve

    Raises
    ------
    PlanError
        If the range does not hold today's handle time, or there are too few levels.
    """
    if not (0.1 <= least < 1 < most <= 10 and 3 <= levels <= 200):
        raise PlanError(
            "The trap curve needs handle times on both sides of today's.",
            found=f"{levels} levels from {least:g} to {most:g} times today's",
            todo="Give 25 levels from 0.5 to 2.",
        )
    levers = levers or Levers()
    today_s = situation.handle_s
    asked = levers.handle_time.of(today_s) if levers.handle_time else None
    steps = np.geomspace(least, most, levels) * today_s
    steps[np.argmin(np.abs(steps - today_s))] = today_s
    if asked is not None and least * today_s < asked < most * today_s and asked != today_s:
        away = np.where(steps == today_s, np.inf, np.abs(steps - asked))
        steps[np.argmin(away)] = asked
    steps = np.sort(steps)
    today = Levers().set_on(situation)
    rests = [
        balance(situation, curves, _with(levers, each).set_on(situation), today) for each in steps
    ]
    matters = rests[0].matters
    chats = rests[0].setting
    part = chats.work_s / chats.handle_s
    needed = work_per_matter_s(curves.pace, steps) * part * matters / HOUR_S
    again = curves.pace.at(steps)
    returns = matters * again / (1 - again)
    rate = curves.costs.drawn
    complaints = returns * rate["complaints"]
    complaint_h = complaints * rate["complaint_h"]
    customers = np.stack([each.cost.customers_h for each in rests])
    gone = np.stack([each.lost for each in rests])
    money = curves.costs.money(
        hours=needed,
        complaints=complaints,
        complaint_h=complaint_h,
        leaving=rate["leave_after_return"] * returns + rate["leave_after_giving_up"] * gone,
        customers_h=customers,
    )
    fine = np.geomspace(least, most, _FINE) * today_s
    return TrapCurve(
        handle_s=steps,
        today_s=today_s,
        work_h=needed,
        customers_h=customers,
        staff_h=needed + complaint_h,
        money=money,
        lost=gone,
        least_work=_least(fine, work_per_matter_s(curves.pace, fine), today_s, level),
        least_customers_h=_least(steps, customers, today_s, level),
        least_money=None if money is None else _least(steps, money, today_s, level),
        break_even=break_even(curves.pace, handle_s=asked, level=level),
        level=level,
    )


def _with(levers: Levers, handle_s: float) -> Levers:
    from dataclasses import replace  # noqa: PLC0415 - one line, one use

    return replace(levers, handle_time=Amount(kind="to", amount=float(handle_s)))


def _least(at: Floats, values: Floats, today_s: float, level: float) -> Least:
    """The least of each curve by a parabola through the lowest point and its neighbours."""
    low = np.argmin(values, axis=0)
    lane = np.arange(values.shape[1])
    inside = np.clip(low, 1, len(at) - 2)
    x = np.log(at)
    y0, y1, y2 = (values[inside + k, lane] for k in (-1, 0, 1))
    x0, x1, x2 = (x[inside + k] for k in (-1, 0, 1))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        top = (x1 - x0) ** 2 * (y1 - y2) - (x1 - x2) ** 2 * (y1 - y0)
        below = (x1 - x0) * (y1 - y2) - (x1 - x2) * (y1 - y0)
        vertex = x1 - 0.5 * top / below
    usable = (low == inside) & np.isfinite(vertex) & (vertex > x0) & (vertex < x2)
    place = np.exp(np.where(usable, vertex, x[low]))
    today = np.argmin(np.abs(at - today_s))
    lowest = values[low, lane]
    place = np.where(np.isfinite(lowest), place, np.inf)
    with np.errstate(invalid="ignore"):  # where a backlog grows even there, nothing is known
        saves = 1 - lowest / values[today]
    at_low, at_high = float(np.mean(low == 0)), float(np.mean(low == len(at) - 1))
    found = figure(place, unit="s", level=level)
    if max(at_low, at_high) >= (1 + level) / 2:
        side, end = ("shorter", at[0]) if at_low > at_high else ("longer", at[-1])
        found = Unknown(
            unit="s",
            why=f"on nearly every curve it is least at {end:,.0f} s, the end of what was looked "
            f"at, or at {side} handle times",
            needs="advisors or weeks whose pace differs more, so that the curve is known further "
            "from today",
        )
    return Least(
        at_s=found,
        saves=figure(saves, unit="share", level=level),
        at_low_end=at_low,
        at_high_end=at_high,
    )
