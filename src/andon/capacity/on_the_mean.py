"""What most tools plan: Erlang C on the mean, interval by interval, and what that plan really does.

Three things are left out. Nobody hangs up in Erlang C, so it asks for too many; days are all like
the mean, so it asks for too few; and each interval is rounded up on its own, so small queues get
more than the day needs. The three need not cancel, and which one wins differs from queue to queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from andon.capacity.outcomes_of_day import Outcomes, OutcomesOfDay
from andon.queueing.staffing import agents_needed

__all__ = ["OnTheMean", "on_the_mean"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class OnTheMean:
    """The plan for the mean of all courses, and what it does on the courses.

    Attributes
    ----------
    agents : array of int, shape (k,)
        Agents in each interval; 0 where it is closed.
    load_erlangs : array, shape (k,)
        The mean load that it plans for.
    model : "erlang_c" or "erlang_a"
        Erlang A only where nothing but abandonment is promised, of which Erlang C knows nothing.
    left_out : tuple of str
        What is promised and this plan cannot look at.
    outcomes : Outcomes
        What it really does.
    """

    agents: npt.NDArray[np.int64]
    load_erlangs: npt.NDArray[np.float64]
    model: Literal["erlang_c", "erlang_a"]
    left_out: tuple[str, ...]
    outcomes: Outcomes


def on_the_mean(days: OutcomesOfDay, *, level: float = 0.95) -> OnTheMean:
    """Plan each interval for its mean load, with the same promise, and try it on all courses.

    Parameters
    ----------
    days : OutcomesOfDay
        The courses, and what is promised.
    level : float
        Of the intervals, above 0 and below 1.

    Returns
    -------
    OnTheMean

    Examples
    --------
    >>> import datetime as dt
    >>> from andon.capacity.courses import Courses
    >>> from andon.capacity.horizon import Horizon
    >>> from andon.capacity.promise import Promise
    >>> volume = np.random.default_rng(1).normal(1, 0.3, size=200).clip(0.2)
    >>> courses = Courses(
    ...     queue="calls",
    ...     horizon=Horizon.of(dt.date(2024, 1, 1), days=1, zone="UTC", interval_s=3600),
    ...     contacts=np.outer(volume, np.full(24, 120.0)),
    ...     handle_s=np.full((200, 24), 240.0),
    ...     handle_cv=1.0,
    ...     open=np.ones(24, dtype=bool),
    ... )
    >>> plan = on_the_mean(OutcomesOfDay(courses, Promise(service_level=0.8), patience_s=300))
    >>> int(plan.agents[0])
    11
    >>> print(plan.outcomes.kept)
    67 % (61 to 74 %)
    """
    courses, promise = days.courses, days.promise
    opened = courses.open
    came = np.where(opened, courses.contacts, 0.0).mean(axis=0)
    load = np.where(opened, courses.load_erlangs, 0.0).mean(axis=0)
    handle = np.where(
        came > 0,
        load * courses.horizon.interval_s / np.where(came > 0, came, 1.0),
        courses.handle_s[:, opened].mean(),
    )
    only_lost = (
        promise.service_level is None
        and not promise.mean_wait_s
        and promise.occupancy is None
        and promise.abandoned is not None
    )
    needed = agents_needed(
        load_erlangs=load,
        handle_s=handle,
        patience_s=days.patience_s if only_lost else None,
        service_level=promise.service_level,
        answer_within_s=promise.answer_within_s,
        mean_wait_s=promise.mean_wait_s or None,
        abandoned=promise.abandoned if only_lost else None,
        occupancy=promise.occupancy,
    ).agents
    agents = np.where(opened, np.maximum(needed, 1), 0).astype(np.int64)
    return OnTheMean(
        agents=agents,
        load_erlangs=load,
        model="erlang_a" if only_lost else "erlang_c",
        left_out=() if only_lost or promise.abandoned is None else ("abandoned",),
        outcomes=days.outcomes(agents, level=level),
    )
