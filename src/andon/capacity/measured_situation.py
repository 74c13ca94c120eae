"""Measured situation: today, from what the ledger's questions have answered.

Nothing is counted here. Volume, handle time, patience and coming back are answers of
:mod:`andon.metrics` and :mod:`andon.demand`; this puts them together, and says of each number where
it is from. Where no staffing was recorded, agents are what would explain what customers met: so
many, following the load, that as many give up as did.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.assumption import Assumption
from andon.capacity.full_cost import Rates
from andon.capacity.situation import Channel, Situation, return_days
from andon.demand.recontact import After, CurvePoint, RepeatWork
from andon.errors import PlanError, QuestionError
from andon.estimate import Estimate, Unknown
from andon.metrics.handling import Handling
from andon.metrics.patience import Patience
from andon.metrics.volatility import Volatility
from andon.queueing.erlang import erlang_a
from andon.units import DAY_S

__all__ = ["agents_implied", "handle_cv", "situation_from", "typical_week"]

Floats = npt.NDArray[np.float64]

_HALVINGS: Final = 60
_MOST_SPARE: Final = 12.0
"""Beyond so many square roots of the load above it nobody ever waits."""
_REDIAL_S: Final = DAY_S


def typical_week(volatility: Volatility) -> Floats:
    """Contacts in each interval of a typical week, from Monday: each weekday with the day's shape.

    Raises
    ------
    PlanError
        If no day was ordinary enough to tell.
    """
    shape = np.array([each.mean for each in volatility.by_interval])
    days = np.zeros(7)
    for each in volatility.by_weekday:
        days[each.weekday - 1] = each.mean
    if not len(shape) or shape.sum() <= 0 or days.sum() <= 0:
        raise PlanError(
            "There are too few ordinary days to tell what a typical week is.",
            found=f"{volatility.days} days, {volatility.contacts:,} contacts",
            todo="Give the ledger more weeks, or choose a queue with more contacts.",
        )
    return np.asarray(np.outer(days, shape / shape.sum()).ravel())


def handle_cv(handling: Handling) -> float:
    """How much contacts differ in handle time: standard deviation over mean, from its classes.

    1 where there are no classes.
    """
    bins = [each for each in handling.distribution if each.share > 0]
    if not bins:
        return 1.0
    share = np.array([each.share for each in bins])
    middle = np.array([math.sqrt(max(each.from_s, 0.5) * max(each.to_s, 1.0)) for each in bins])
    mean = float((share * middle).sum() / share.sum())
    square = float((share * middle**2).sum() / share.sum())
    return math.sqrt(max(square / mean**2 - 1, 0.0))


def agents_implied(
    contacts: Floats, *, interval_s: int, handle_s: float, patience_s: float, gives_up: float
) -> Floats:
    """Agents in each interval that would make as many customers give up as did.

    Where staffing was not recorded: the load of each interval, and the same multiple of its square
    root more everywhere, as sensible staffing has it (Garnett, Mandelbaum and Reiman 2002,
    *Designing a call center with impatient customers*, https://doi.org/10.1287/msom.4.3.208.7753).

    Parameters
    ----------
    contacts : array of float, shape (k,)
        All contacts by interval, 0 or more.
    interval_s, handle_s, patience_s : float
        Seconds, above 0; patience finite.
    gives_up : float
        Share of all contacts that were given up, above 0 and below 1.

    Returns
    -------
    array of float, shape (k,)
        0 where nobody comes.

    Raises
    ------
    PlanError
        If nobody gave up, or patience is not known: then nothing is implied.

    Examples
    --------
    >>> agents_implied(np.array([60.0, 0.0, 120.0]), interval_s=1800, handle_s=300,
    ...     patience_s=150, gives_up=0.05).round(1).tolist()
    [12.2, 0.0, 23.1]
    """
    if not (0 < gives_up < 1 and math.isfinite(patience_s)):
        raise PlanError(
            "How many agents there are cannot be told from who gave up.",
            found=f"{gives_up:.3g} of contacts were given up, mean patience {patience_s:g} s",
            todo="Load a staffing table, or give agents by interval.",
        )
    load = contacts * handle_s / interval_s
    some = load > 0

    def agents(spare: float) -> Floats:
        return np.maximum(load[some] + spare * np.sqrt(load[some]), 0.1 * load[some])

    def lost(spare: float) -> float:
        wait = erlang_a(
            load_erlangs=load[some],
            handle_s=handle_s,
            patience_s=patience_s,
            agents=agents(spare),
        )
        return float((contacts[some] * np.asarray(wait.p_abandon)).sum() / contacts.sum())

    low, high = -float(np.sqrt(load.max())), _MOST_SPARE
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if lost(middle) > gives_up else (low, middle)
    found = np.zeros(len(load))
    found[some] = agents((low + high) / 2)
    return found


def situation_from(
    *,
    queue: str,
    volatility: Volatility,
    handling: Handling,
    patience: Patience,
    repeats: RepeatWork,
    gives_up: Estimate | Unknown,
    agents: Floats | None = None,
    window_s: int = 7 * DAY_S,
    channel: Channel = "voice",
    chats: int = 1,
    speed: tuple[float, ...] = (1.0,),
    shrinkage: Assumption | None = None,
    answer_within_s: float = 20.0,
    rates: Rates | None = None,
) -> Situation:
    """Today's situation from the ledger's answers, all asked of the same contacts.

    Parameters
    ----------
    queue : str
    volatility, handling, patience, repeats
        Answers to the questions of these names, for one scope: contacts that people handle or
        customers gave up. Coming back is followed over all contacts (ask ``by`` queue).
    gives_up : Estimate or Unknown
        Share of these contacts that was given up.
    agents : array of float, shape (k,), optional
        On duty in each interval of a week from Monday, intervals as in ``volatility``. Without it
        what :func:`agents_implied` finds.
    window_s : int
        Who comes back within it comes back about the same matter; one of the windows that
        ``repeats`` was asked for.
    channel, chats, speed, shrinkage, answer_within_s, rates
        As in :class:`Situation`.

    Returns
    -------
    Situation
        What comes back is the part beyond customers' own habit, where that is known: people who
        call every week anyway bring new matters.

    Raises
    ------
    PlanError
        If the ledger does not tell handle time, volume or coming back.
    """
    mean = handling.mean_s
    if isinstance(mean, Unknown):
        raise PlanError(
            "The mean handle time is not known.",
            found=mean.why,
            todo=f"A what-if needs {mean.needs}.",
        )
    contacts = typical_week(volatility)
    patience_s = math.inf if isinstance(patience.mean_s, Unknown) else patience.mean_s.value
    if agents is None:
        share = 0.0 if isinstance(gives_up, Unknown) else gives_up.value
        agents = agents_implied(
            contacts,
            interval_s=volatility.interval_s,
            handle_s=mean.value,
            patience_s=patience_s,
            gives_up=share,
        )
    made = Situation(
        queue=queue,
        interval_s=volatility.interval_s,
        contacts=contacts,
        agents=agents,
        handle_s=mean.value,
        handle_cv=handle_cv(handling),
        patience_s=patience_s,
        returns=_returns(repeats.recontacts, window_s),
        days_to_return=_days(repeats.recontacts.curve, window_s),
        redial_after_s=_redial_after_s(repeats.retrials.curve),
        channel=channel,
        chats=chats,
        speed=speed,
        answer_within_s=answer_within_s,
        rates=rates or Rates(),
    )
    redials = _redials(repeats.retrials)
    return replace(made, redials=redials or made.redials, shrinkage=shrinkage or made.shrinkage)


def _returns(after: After, window_s: int) -> Assumption:
    came = after.within(window_s)
    days = window_s / DAY_S
    if isinstance(came.excess, Estimate) and came.excess.value > 0:
        figure, what = came.excess, "beyond customers' own habit"
    elif isinstance(came.rate, Estimate):
        figure, what = came.rate, "customers' own habit included, for it is not known"
    else:
        raise PlanError(
            "How many customers come back is not known.",
            found=came.rate.why,
            todo=f"A what-if needs {came.rate.needs}.",
        )
    return Assumption(
        name="returns",
        says=f"customers who come back within {days:g} days of being helped",
        value=min(max(figure.value, 0.0), 0.9),
        low=min(max(figure.low, 0.0), 0.9),
        high=min(max(figure.high, 0.0), 0.9),
        unit="share",
        why=f"Counted over {figure.n:,} contacts, {what}.",
        source="ledger",
        level=min(figure.level, 1 - 1e-9),
    )


def _redials(after: After) -> Assumption | None:
    """Who gives up and calls again within a day; None where that is not known."""
    try:
        came = after.within(_REDIAL_S)
    except QuestionError:  # it was not asked for that window
        return None
    figure = came.excess if isinstance(came.excess, Estimate) else came.rate
    if isinstance(figure, Unknown) or figure.value < 0:
        return None
    return Assumption(
        name="redial_share",
        says="callers who give up and call again within a day",
        value=min(figure.value, 0.95),
        low=min(max(figure.low, 0.0), 0.95),
        high=min(figure.high, 0.95),
        unit="share",
        why=f"Counted over {figure.n:,} contacts that were given up.",
        source="ledger",
        level=min(figure.level, 1 - 1e-9),
    )


def _days(curve: tuple[CurvePoint, ...], window_s: int) -> tuple[float, ...]:
    times = [0.0, *(each.time_s for each in curve)]
    share = [0.0, *(each.share for each in curve)]
    return return_days(times, share, days=max(round(window_s / DAY_S), 1))


def _redial_after_s(curve: tuple[CurvePoint, ...]) -> float:
    """Mean time to the next call of those who call again within a day, seconds."""
    points = [each for each in curve if each.time_s <= _REDIAL_S]
    if not points or points[-1].share <= 0:
        return 600.0
    times = np.array([0.0, *(each.time_s for each in points)])
    parts = np.diff(np.array([0.0, *(each.share for each in points)]))
    middle = (times[:-1] + times[1:]) / 2
    return max(float((parts * middle).sum() / parts.sum()), 30.0)
