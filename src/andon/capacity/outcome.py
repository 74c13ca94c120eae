"""Outcome: what a week looks like at rest, today and after a change, each figure with its doubt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.balance import Balance
from andon.capacity.levers import Setting
from andon.capacity.sampled import figure
from andon.capacity.situation import Situation
from andon.capacity.weeks import FirstWeeks, Measure
from andon.estimate import Estimate, Unknown
from andon.units import Unit

__all__ = ["FIGURES", "Change", "Promise", "Rest", "Turned", "change_of", "promised", "rest_of"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rest:
    """A week at rest.

    Attributes
    ----------
    contacts : Estimate or Unknown
        Contacts that reach people.
    for_each : Estimate or Unknown
        Contacts for each matter.
    returns_share : Estimate or Unknown
        Share of handled contacts whose customer comes back.
    gives_up : Estimate or Unknown
        Share of contacts given up.
    mean_wait_s : Estimate or Unknown
        Of all contacts, seconds.
    occupancy : Estimate or Unknown
        Share of agents' time with contacts.
    work_h, repeat_h : Estimate or Unknown
        Hours of handling; those that went to customers who came back.
    staff_h : Estimate or Unknown
        Hours of handling and for complaints.
    waiting_h, customers_h : Estimate or Unknown
        Customers' hours in the queue; and in all: waiting, talking, coming back, with a bot.
    lost : Estimate or Unknown
        Customers who give up for good.
    complaints, customers_leaving : Estimate or Unknown
    money : Estimate or Unknown
        Handling and complaints, and customers who leave at their worth where that is told.
    """

    contacts: Estimate | Unknown
    for_each: Estimate | Unknown
    returns_share: Estimate | Unknown
    gives_up: Estimate | Unknown
    mean_wait_s: Estimate | Unknown
    occupancy: Estimate | Unknown
    work_h: Estimate | Unknown
    repeat_h: Estimate | Unknown
    staff_h: Estimate | Unknown
    waiting_h: Estimate | Unknown
    customers_h: Estimate | Unknown
    lost: Estimate | Unknown
    complaints: Estimate | Unknown
    customers_leaving: Estimate | Unknown
    money: Estimate | Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """After the change less today, on the same curve; fields as in :class:`Rest`.

    Shares are in percentage points.
    """

    contacts: Estimate | Unknown
    for_each: Estimate | Unknown
    returns_share: Estimate | Unknown
    gives_up: Estimate | Unknown
    mean_wait_s: Estimate | Unknown
    occupancy: Estimate | Unknown
    work_h: Estimate | Unknown
    repeat_h: Estimate | Unknown
    staff_h: Estimate | Unknown
    waiting_h: Estimate | Unknown
    customers_h: Estimate | Unknown
    lost: Estimate | Unknown
    complaints: Estimate | Unknown
    customers_leaving: Estimate | Unknown
    money: Estimate | Unknown


FIGURES: Final[dict[str, tuple[Unit, Callable[[Balance], Floats | None]]]] = {
    "contacts": ("count", lambda rest: rest.contacts),
    "for_each": ("ratio", lambda rest: rest.for_each),
    "returns_share": ("share", lambda rest: rest.returns_share),
    "gives_up": ("share", lambda rest: rest.gives_up),
    "mean_wait_s": ("s", lambda rest: rest.mean_wait_s),
    "occupancy": ("share", lambda rest: np.minimum(rest.occupancy, 1.0)),
    "work_h": ("h", lambda rest: rest.cost.work_h),
    "repeat_h": ("h", lambda rest: rest.cost.repeat_h),
    "staff_h": ("h", lambda rest: rest.cost.staff_h),
    "waiting_h": ("h", lambda rest: rest.cost.waiting_h),
    "customers_h": ("h", lambda rest: rest.cost.customers_h),
    "lost": ("count", lambda rest: rest.lost),
    "complaints": ("count", lambda rest: rest.cost.complaints),
    "customers_leaving": ("count", lambda rest: rest.cost.customers_leaving),
    "money": ("money", lambda rest: rest.cost.money),
}
"""Each figure's unit, and where it is in a balance."""

_NO_MONEY: Final = Unknown(
    unit="money",
    why="nobody told what an hour of handling costs",
    needs="costs.per_hour in andon.yaml",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """What the naive plan promises a week: the same customers come, whatever is done to them.

    Attributes
    ----------
    work_today_h, work_h : float
        Hours of handling, today and as promised.
    duty_today_h, duty_h : float
        Hours that agents are on duty, today and after the change.
    money : Estimate or Unknown
        What is to be saved at the price of handling: agents where there are to be fewer, else
        hours of handling. Below 0 where there are more.
    """

    work_today_h: float
    work_h: float
    duty_today_h: float
    duty_h: float
    money: Estimate | Unknown

    @property
    def saves_h(self) -> float:
        """Hours of handling that are to be saved."""
        return self.work_today_h - self.work_h


@dataclass(frozen=True, kw_only=True, slots=True)
class Turned:
    """When something turns worse than it would have been.

    Attributes
    ----------
    measure : str
    turns : Estimate
        Share of curves on which it turns within the weeks that were played.
    from_day : Estimate or Unknown
        The day, counted from 1, from which the week is worse, over the curves on which it turns.
    lost_by_day : Estimate or Unknown
        The day by which all that was gained is lost again, likewise.
    """

    measure: Measure
    turns: Estimate
    from_day: Estimate | Unknown
    lost_by_day: Estimate | Unknown

    @classmethod
    def of(cls, weeks: FirstWeeks, measure: Measure, *, level: float) -> Turned:
        """When a measure turns."""
        turn = weeks.turn(measure)
        count = turn.worse_from_day.shape[0]
        share = float(np.mean(np.isfinite(turn.worse_from_day)))
        return cls(
            measure=measure,
            turns=Estimate.exact(share, unit="share", n=count, method="share of curves"),
            from_day=_day(turn.worse_from_day, weeks.days, level),
            lost_by_day=_day(turn.lost_by_day, weeks.days, level),
        )


def _day(days: Floats, played: int, level: float) -> Estimate | Unknown:
    found = days[np.isfinite(days)]
    if not len(found):
        return Unknown(
            unit="count",
            why=f"it does not happen within {played} days on any curve",
            needs="more weeks",
        )
    return figure(found, unit="count", level=level)


def rest_of(rest: Balance, *, level: float) -> Rest:
    """A balance as figures."""
    return Rest(**_figures({name: read(rest) for name, (_, read) in FIGURES.items()}, level))


def change_of(after: Balance, today: Balance, *, level: float) -> Change:
    """What changes, curve by curve."""
    found: dict[str, Floats | None] = {}
    for name, (unit, read) in FIGURES.items():
        now, then = read(today), read(after)
        if now is None or then is None:
            found[name] = None
            continue
        with np.errstate(invalid="ignore"):
            change = then - now
        found[name] = change * 100 if unit == "share" else change
    return Change(**_figures(found, level, changed=True))


def _figures(
    found: dict[str, Floats | None], level: float, *, changed: bool = False
) -> dict[str, Estimate | Unknown]:
    figures: dict[str, Estimate | Unknown] = {}
    for name, values in found.items():
        unit = FIGURES[name][0]
        if changed and unit == "share":
            unit = "points"
        figures[name] = _NO_MONEY if values is None else figure(values, unit=unit, level=level)
    return figures


def promised(situation: Situation, today: Balance, setting: Setting) -> Promise:
    """What the naive plan promises."""
    now = float(np.median(today.cost.work_h))
    then = now * setting.naive_work
    duty = situation.interval_s / 3600 / situation.weeks
    per_hour = situation.rates.per_hour
    agents = float(setting.agents.sum() / situation.agents.sum())
    saved = now * (1 - agents) if setting.paid_changes else now - then
    return Promise(
        work_today_h=now,
        work_h=then,
        duty_today_h=float(situation.agents.sum()) * duty,
        duty_h=float(setting.agents.sum()) * duty,
        money=_NO_MONEY
        if per_hour is None
        else Estimate.exact(saved * per_hour, unit="money", n=1, method="naive plan"),
    )
