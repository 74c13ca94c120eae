"""Situation: one queue as it is today, before anything is changed.

All of it can be counted: contacts and agents by interval of a typical week, handle time, patience,
who comes back and when. Where something was not counted, a stated assumption stands in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from andon.capacity.assumption import Assumption
from andon.capacity.full_cost import Rates
from andon.errors import PlanError
from andon.units import DAY_S, HOUR_S

__all__ = ["REDIALS", "Situation", "return_days"]

Floats = npt.NDArray[np.float64]

Channel = Literal["voice", "chat", "messaging", "email", "case"]

REDIALS: Final = Assumption(
    name="redial_share",
    says="callers who give up and call again",
    value=0.5,
    low=0.2,
    high=0.8,
    unit="share",
    why="Not counted here; studies of call centres find anything between.",
    source="assumed",
)
"""Taken where nobody counted it."""
_SHRINKAGE: Final = Assumption(
    name="shrinkage",
    says="paid time away from contacts",
    value=0.3,
    low=0.2,
    high=0.4,
    unit="share",
    why="Not told; 20 to 40 % is usual.",
    source="assumed",
)
_MOST_DAYS: Final = 60


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Situation:
    """One queue today.

    Attributes
    ----------
    queue : str
    interval_s : int
        Length of an interval, seconds; a day holds a whole number of them.
    contacts : array of float, shape (k,)
        Contacts in each interval of the cycle, 0 or more: all of them, returns and redials too.
        The cycle is whole days, a typical week as a rule, and goes on for ever.
    agents : array of float, shape (k,)
        Agents on duty in each interval, 0 or more, as planned or as seen.
    handle_s, handle_cv : float
        Mean handle time of a contact alone, seconds (> 0), and standard deviation over mean.
    patience_s : float
        Mean patience, seconds (> 0); infinite where nobody gives up.
    returns : Assumption
        Share of handled contacts whose customer comes back about the same matter.
    redials : Assumption
        Share of those who give up that call again.
    days_to_return : tuple of float
        Shares of those who come back that do so on the same day, the day after, and so on; adds up
        to 1. See :func:`return_days`.
    redial_after_s : float
        Mean time from giving up to calling again, seconds, above 0.
    extra_returns_after_wait : float
        How many more come back after having had to wait, as a share added to ``returns``; 0 where
        that was not measured. Above 0 the queue can jam.
    channel : str
    chats : int
        Chats that an agent has at once at most.
    speed : tuple of float
        Speed of each chat with 1, 2, ... at once, 1 first and never rising.
    shrinkage : Assumption
    answer_within_s : float
        The promise, seconds.
    rates : Rates
        What things cost, and what is taken where nobody knows.

    Raises
    ------
    PlanError
        If a number lies outside its range, or shapes do not fit.

    Examples
    --------
    >>> returns = Assumption(name="returns", says="customers who come back", value=0.2, low=0.18,
    ...     high=0.22, unit="share", why="Counted.", source="ledger")
    >>> one = Situation(queue="calls", interval_s=1800, contacts=np.full(48, 100.0),
    ...     agents=np.full(48, 19.0), handle_s=300.0, patience_s=120.0, returns=returns)
    >>> one.days, one.contacts_in_all, round(one.work_h)
    (1, 4800.0, 400)
    """

    queue: str
    interval_s: int
    contacts: Floats
    agents: Floats
    handle_s: float
    handle_cv: float = 1.0
    patience_s: float
    returns: Assumption
    redials: Assumption = REDIALS
    days_to_return: tuple[float, ...] = (0.3, 0.25, 0.15, 0.1, 0.08, 0.06, 0.04, 0.02)
    redial_after_s: float = 600.0
    extra_returns_after_wait: float = 0.0
    channel: Channel = "voice"
    chats: int = 1
    speed: tuple[float, ...] = (1.0,)
    shrinkage: Assumption = _SHRINKAGE
    answer_within_s: float = 20.0
    rates: Rates = field(default_factory=Rates)

    def __post_init__(self) -> None:
        for name in ("contacts", "agents"):
            array = np.asarray(getattr(self, name), dtype=np.float64)
            if array.ndim != 1 or not np.all(np.isfinite(array)) or np.any(array < 0):
                raise PlanError(
                    f"{name} must be a row of numbers of 0 or more.",
                    found=f"{name} of shape {array.shape}, least {array.min(initial=0):g}",
                    todo="Give one for each interval of the week.",
                )
            object.__setattr__(self, name, array)
        if len(self.contacts) != len(self.agents) or not len(self.contacts):
            raise PlanError(
                "Contacts and agents must be told for the same intervals.",
                found=f"{len(self.contacts)} and {len(self.agents)} intervals",
                todo="Give one of each for each interval of the week.",
            )
        length = len(self.contacts) * self.interval_s
        if self.interval_s <= 0 or DAY_S % self.interval_s or length % DAY_S:
            raise PlanError(
                "The intervals must make whole days.",
                found=f"{len(self.contacts)} intervals of {self.interval_s} s",
                todo="A week of half-hours has 336.",
            )
        if self.contacts.sum() <= 0 or self.agents.sum() <= 0:
            raise PlanError(
                "Nobody comes, or nobody is there: there is nothing to change.",
                found=f"{self.contacts.sum():g} contacts, {self.agents.sum():g} agents",
                todo="Choose a queue and days with contacts and with agents.",
            )
        self._check_numbers()
        self._check_delays()

    def _check_numbers(self) -> None:
        for name, least in (("handle_s", 0.0), ("patience_s", 0.0), ("redial_after_s", 0.0)):
            value = getattr(self, name)
            if not value > least or (name != "patience_s" and not math.isfinite(value)):
                raise PlanError(
                    f"{name} must be above 0.", found=f"{name} = {value:g}", todo="Give seconds."
                )
        if not (math.isfinite(self.handle_cv) and self.handle_cv >= 0):
            raise PlanError(
                "handle_cv must be 0 or more.",
                found=f"handle_cv = {self.handle_cv:g}",
                todo="Give standard deviation over mean; 1 where it is not known.",
            )
        for each, most in ((self.returns, 0.95), (self.redials, 1.0), (self.shrinkage, 1.0)):
            if not 0 <= each.value < most:
                raise PlanError(
                    f"{each.name} must be 0 or more, and below {most:g}.",
                    found=f"{each.name} = {each.value:g}",
                    todo="Write 20 % as 0.2.",
                )
        if not 0 <= self.extra_returns_after_wait < 1 - self.returns.value:
            raise PlanError(
                "extra_returns_after_wait must be 0 or more, and leave somebody who is settled.",
                found=f"extra_returns_after_wait = {self.extra_returns_after_wait:g}",
                todo="Write 5 points as 0.05.",
            )
        falls = all(b <= a for a, b in zip(self.speed, self.speed[1:], strict=False))
        if self.chats < 1 or len(self.speed) < self.chats or self.speed[0] != 1 or not falls:
            raise PlanError(
                "There must be one speed for each number of chats, from 1 down.",
                found=f"chats = {self.chats}, speed = {self.speed}",
                todo="For three at once: chats=3, speed=(1.0, 0.8, 0.6).",
            )

    def _check_delays(self) -> None:
        shares = np.asarray(self.days_to_return)
        fits = 1 <= len(shares) <= _MOST_DAYS and np.all(shares >= 0)
        if not fits or not math.isclose(float(shares.sum()), 1.0, abs_tol=1e-6):
            raise PlanError(
                "days_to_return must be shares that add up to 1.",
                found=f"{len(shares)} days, {shares.sum():g} in all",
                todo="Give the share of returns on the same day, the day after, and so on.",
            )

    @property
    def days(self) -> int:
        """Days of the cycle."""
        return len(self.contacts) * self.interval_s // DAY_S

    @property
    def day(self) -> npt.NDArray[np.int64]:
        """For each interval which day of the cycle it lies on, from 0."""
        return np.arange(len(self.contacts)) * self.interval_s // DAY_S

    @property
    def contacts_in_all(self) -> float:
        """Contacts of a cycle."""
        return float(self.contacts.sum())

    @property
    def work_h(self) -> float:
        """Work that a cycle's contacts bring, hours of handling."""
        return self.contacts_in_all * self.handle_s / HOUR_S

    @property
    def duty_h(self) -> float:
        """Hours that agents are on duty in a cycle."""
        return float(self.agents.sum()) * self.interval_s / HOUR_S

    @property
    def weeks(self) -> float:
        """How many weeks a cycle lasts."""
        return self.days / 7


def return_days(time_s: npt.ArrayLike, share: npt.ArrayLike, *, days: int = 7) -> tuple[float, ...]:
    """Shares of those who come back by day, from the curve of coming back.

    Parameters
    ----------
    time_s, share : array_like, shape (n,)
        By each time (seconds, ascending) this share had come back.
    days : int
        The last day counted, 1 or more; who comes later is left out.

    Raises
    ------
    PlanError
        If nobody came back by then.

    Examples
    --------
    >>> return_days([0, 43200, 129600], [0, 0.1, 0.2], days=1)
    (0.5, 0.5)
    """
    edges = np.concatenate([[0.0], (np.arange(days + 1) + 0.5) * DAY_S])
    by = np.interp(edges, np.asarray(time_s, float), np.asarray(share, float))
    by[0] = 0.0
    parts = np.maximum(np.diff(by), 0.0)
    if parts.sum() <= 0:
        raise PlanError(
            "Nobody came back in the days that are counted.",
            found=f"{days} days",
            todo="Leave days_to_return out, or count more days.",
        )
    return tuple((parts / parts.sum()).tolist())
