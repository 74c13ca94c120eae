"""Patience that is not exponential, as the exponential patience under which a queue goes alike.

Tables of millions of queues take Erlang A, whose patience has one number. Which number stands for
another law depends on how long people really wait: where the promise is kept hardly anybody waits
longer than a minute, and only those count who give up before. The mean of a law would be wrong, and
waiting over those who gave up is right only where waits are as they were when it was measured.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from andon.capacity.courses import Courses
from andon.capacity.promise import Promise
from andon.errors import PlanError
from andon.queueing.erlang import Wait, erlang_a
from andon.queueing.general_patience import agents_needed_general, erlang_general
from andon.queueing.laws import Law

__all__ = ["patience_alike"]

_SHORTEST_S: Final = 0.1
_LONGEST_S: Final = 1e5
_HALVINGS: Final = 40


def patience_alike(courses: Courses, promise: Promise, patience: Law) -> float:
    """The mean of an exponential patience that goes alike where the promise is just kept.

    Parameters
    ----------
    courses : Courses
        Whose mean load and handle time, contact by contact, are taken.
    promise : Promise
    patience : Law
        How long people are ready to wait, from :mod:`andon.queueing.laws`.

    Returns
    -------
    float
        Seconds, for ``patience_s`` of a requirement: 0.1 to 100,000.

    Raises
    ------
    PlanError
        If nobody comes.

    Notes
    -----
    At the mean load the agents are found that just keep the promise under the law, exactly
    (Zeltyn and Mandelbaum 2005, https://doi.org/10.1007/s11134-005-3699-8). With one agent less, so
    that there is waiting to compare, the same share in time (or lost, or the same mean wait) is
    then asked of Erlang A.

    Examples
    --------
    Many give up at once, and the others stay: in short queues they are less patient than their
    mean.

    >>> import datetime as dt
    >>> from andon.capacity.horizon import Horizon
    >>> from andon.queueing.laws import Exponential, Weibull
    >>> courses = Courses(
    ...     queue="calls",
    ...     horizon=Horizon.of(dt.date(2024, 1, 1), days=1, zone="UTC"),
    ...     contacts=np.full((1, 48), 60.0),
    ...     handle_s=np.full((1, 48), 240.0),
    ...     handle_cv=1.0,
    ...     open=np.ones(48, dtype=bool),
    ... )
    >>> for law in (Exponential(mean_s=180), Weibull.from_mean(mean_s=180, cv=1.5)):
    ...     print(round(patience_alike(courses, Promise(service_level=0.8), law)))
    180
    103
    """
    contacts = courses.contacts[:, courses.open]
    total = float(contacts.sum())
    if total <= 0:
        raise PlanError(
            f"Nobody comes to the queue {courses.queue!r} on any course.",
            found="0 contacts in open intervals",
            todo="Leave it out of the plan.",
        )
    load = float((contacts * courses.load_erlangs[:, courses.open]).sum()) / total
    handle = float((contacts * courses.handle_s[:, courses.open]).sum()) / total
    needed = agents_needed_general(
        load_erlangs=load,
        handle_s=handle,
        patience=patience,
        service_level=promise.service_level,
        answer_within_s=promise.answer_within_s,
        mean_wait_s=promise.mean_wait_s or None,
        abandoned=promise.abandoned,
        occupancy=promise.occupancy,
    ).agents
    agents = max(int(np.asarray(needed)) - 1, 1)

    def figure(wait: Wait) -> float:
        """What gets larger with patience."""
        if promise.service_level is not None:
            return 1 - float(wait.service_level.of_offered)
        return float(wait.mean_wait_s) if promise.mean_wait_s else -float(wait.p_abandon)

    wanted = figure(
        erlang_general(
            load_erlangs=load,
            handle_s=handle,
            patience=patience,
            agents=agents,
            answer_within_s=promise.answer_within_s,
        )
    )
    low, high = math.log(_SHORTEST_S), math.log(_LONGEST_S)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        found = figure(
            erlang_a(
                load_erlangs=load,
                handle_s=handle,
                patience_s=math.exp(middle),
                agents=agents,
                answer_within_s=promise.answer_within_s,
            )
        )
        low, high = (low, middle) if found > wanted else (middle, high)
    return math.exp((low + high) / 2)
