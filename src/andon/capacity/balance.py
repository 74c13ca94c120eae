"""Balance: where the loop comes to rest, on every curve.

Who comes back queues again, and makes others wait; who gives up calls again. At rest

    contacts = matters + returns(contacts) + redials(contacts).

Today's contacts are known, so today's matters are what is left of them without returns and redials,
on each curve its own; after a change the same matters come, and the contacts are solved for. When
customers come back does not matter at rest. Where waiting itself brings more returns, several rests
are possible: a calm one and a jam. What is told is the one that is reached from today.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from andon.capacity.full_cost import CostDraws, FullCost, full_cost
from andon.capacity.levers import Setting
from andon.capacity.pace import Pace
from andon.capacity.served import Served, served
from andon.capacity.situation import Situation

__all__ = ["Balance", "Curves", "balance"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_MOST_AGAIN = 0.99


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Curves:
    """Everything that was drawn, one of each for every curve.

    Attributes
    ----------
    pace : Pace
    redials : array of float, shape (curves,)
        Share of those who give up that call again.
    costs : CostDraws
    """

    pace: Pace
    redials: Floats
    costs: CostDraws

    @classmethod
    def of(cls, situation: Situation, pace: Pace, rng: np.random.Generator) -> Curves:
        """Draw what the pace does not hold."""
        count = pace.curves
        even = (rng.permutation(count) + rng.random(count)) / count
        return cls(
            pace=pace,
            redials=situation.redials.draw(even, least=0.0, most=0.95),
            costs=situation.rates.draw(count, rng),
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Balance:
    """The loop at rest; each array has one number for each curve, shape (curves,).

    Counts and hours are of a week.

    Attributes
    ----------
    contacts, matters : array of float
        All contacts that reach people, and the matters behind them that are new that week (those
        that a bot settled are not among them).
    returns, redials : array of float
        Contacts of who had been handled before, and of who had given up.
    answered, gave_up, lost : array of float
        Contacts handled; contacts given up; customers who gave up for good.
    wait_h : array of float
        Hours of waiting in the queue; infinite where the backlog grows without end.
    returns_share : array of float
        Share of handled contacts that come back.
    jams : array of bool
        Whether the same week could also rest in a jam, or is in one and could be calm.
    setting : Setting
    cost : FullCost
    duty_h : float
        Hours that agents are on duty.
    """

    contacts: Floats
    matters: Floats
    returns: Floats
    redials: Floats
    answered: Floats
    gave_up: Floats
    lost: Floats
    wait_h: Floats
    returns_share: Floats
    jams: Bools
    setting: Setting
    cost: FullCost
    duty_h: float

    @property
    def mean_wait_s(self) -> Floats:
        """Mean wait of all contacts, seconds."""
        return self.wait_h * 3600 / self.contacts

    @property
    def gives_up(self) -> Floats:
        """Share of contacts that are given up."""
        return self.gave_up / self.contacts

    @property
    def occupancy(self) -> Floats:
        """Share of agents' time with contacts."""
        return self.cost.work_h / self.duty_h

    @property
    def for_each(self) -> Floats:
        """Contacts for each matter."""
        return self.contacts / self.matters


def _matters_today(situation: Situation, curves: Curves, today: Setting) -> Floats:
    """Contacts a cycle that are neither returns nor redials, on each curve."""
    now = served(situation, today, most=4.0)
    at = situation.contacts_in_all
    gave_up, answered, waited = (
        float(np.interp(at, now.contacts, each))
        for each in (now.gave_up, now.answered, now.waited_and_answered)
    )
    extra = _extra(situation, curves.pace.share)
    back = curves.pace.share * answered + extra * waited + curves.redials * gave_up
    return np.asarray(at - back)


def balance(situation: Situation, curves: Curves, setting: Setting, today: Setting) -> Balance:
    """Where the loop rests once the setting has changed.

    Parameters
    ----------
    situation : Situation
    curves : Curves
    setting : Setting
        What the levers set.
    today : Setting
        What is set today: with the same as ``setting``, today's balance comes out.

    Returns
    -------
    Balance

    Notes
    -----
    Every interval of the week is an Erlang A queue in its steady state, and returns come as the
    day's other contacts do. Returning contacts meet the queue as fresh ones do; those who redial
    within seconds meet the same queue again and do worse: see
    :func:`andon.queueing.steady_loop.stationary_loop`, which this is for one interval.
    """
    matters = _matters_today(situation, curves, today) * setting.comes
    again = curves.pace.at(setting.handle_s)
    extra = _extra(situation, again)
    redial = curves.redials
    able = float(setting.places.sum()) * situation.interval_s / setting.contact_s
    # More contacts than these would lose more for good than come in.
    most = (matters + np.maximum(again + extra - redial, 0.0) * able) / (1 - redial)
    if not np.isfinite(setting.patience_s):
        most = matters / (1 - np.minimum(again + extra, _MOST_AGAIN))
    weeks = served(situation, setting, most=1.02 * float(most.max()) / situation.contacts_in_all)
    found, jams = _rest(
        weeks, matters, again, extra, redial, situation.contacts_in_all * setting.comes
    )
    gave_up, answered, waited = (
        np.interp(found, weeks.contacts, each)
        for each in (weeks.gave_up, weeks.answered, weeks.waited_and_answered)
    )
    wait_h, on_line_h = (_hours(found, weeks, each) for each in (weeks.wait_h, weeks.on_line_h))
    per_week = 1 / situation.weeks
    returns, redials = again * answered + extra * waited, redial * gave_up
    bot = setting.bot
    sessions = matters / setting.comes * setting.volume * bot.share
    cost = full_cost(
        curves.costs,
        answered=answered * per_week,
        returns=returns * per_week,
        redials=redials * per_week,
        lost=(gave_up - redials) * per_week,
        waiting_h=on_line_h * per_week,
        handle_s=setting.contact_s,
        work_s=setting.work_s,
        bot_sessions=sessions * per_week,
        paid_h=_paid(situation, setting, today) * per_week if setting.paid_changes else None,
    )
    return Balance(
        contacts=found * per_week,
        matters=matters * per_week,
        returns=returns * per_week,
        redials=redials * per_week,
        answered=answered * per_week,
        gave_up=gave_up * per_week,
        lost=(gave_up - redials) * per_week,
        wait_h=wait_h * per_week,
        returns_share=np.divide(returns, answered, out=again.copy(), where=answered > 0),
        jams=jams,
        setting=setting,
        cost=cost,
        duty_h=float(setting.agents.sum()) * situation.interval_s / 3600 * per_week,
    )


def _extra(situation: Situation, again: Floats) -> Floats:
    return np.minimum(situation.extra_returns_after_wait, _MOST_AGAIN - again)


def _hours(found: Floats, weeks: Served, hours: Floats) -> Floats:
    """Hours of waiting, infinite from where the backlog has no end."""
    finite = np.isfinite(hours)
    known = np.interp(found, weeks.contacts[finite], hours[finite])
    return np.where(found <= weeks.contacts[finite][-1], known, np.inf)


def _paid(situation: Situation, setting: Setting, today: Setting) -> float:
    """Hours a cycle at the price of handling: those on duty, as busy as they are today."""
    now = served(situation, today, most=4.0)
    answered = float(np.interp(situation.contacts_in_all, now.contacts, now.answered))
    return answered * today.work_s / 3600 * float(setting.agents.sum() / today.agents.sum())


def _rest(
    weeks: Served, matters: Floats, again: Floats, extra: Floats, redial: Floats, start: float
) -> tuple[Floats, Bools]:
    """The rest that is reached from ``start`` contacts, and whether there are others.

    Where more come in than go out contacts rise to the next rest above, else they fall to the next
    below. Between the grid's points everything is a straight line, so the roots are exact there.
    """
    out = (
        weeks.contacts
        - matters[:, None]
        - again[:, None] * weeks.answered
        - extra[:, None] * weeks.waited_and_answered
        - redial[:, None] * weeks.gave_up
    )
    rises = out < 0
    turns = rises[:, :-1] & ~rises[:, 1:]  # a stable rest lies between these two
    edges = np.arange(turns.shape[1])
    begin = int(np.searchsorted(weeks.contacts, start, side="right")) - 1
    at_start = rises[:, begin]
    above = np.where(turns & (edges >= begin), edges, turns.shape[1]).min(axis=1)
    below = np.where(turns & (edges < begin), edges, -1).max(axis=1)
    at = np.where(at_start, above, below)
    at = np.where((at < 0) | (at >= turns.shape[1]), np.where(at_start, below, above), at)
    at = np.clip(at, 0, turns.shape[1] - 1)
    lane = np.arange(len(at))
    left, right = out[lane, at], out[lane, at + 1]
    part = np.divide(-left, right - left, out=np.zeros(len(at)), where=right != left)
    found = weeks.contacts[at] + np.clip(part, 0.0, 1.0) * np.diff(weeks.contacts)[at]
    return found, turns.sum(axis=1) > 1
