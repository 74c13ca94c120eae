"""The fewest agents that keep a promise, found by trying every plan; and a simpler rule."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from andon.capacity.outcomes_of_day import OutcomesOfDay, Overshoot
from andon.queueing.staffing import agents_needed

__all__ = ["fewest", "same_quantile"]


def fewest(
    days: OutcomesOfDay, *, least: npt.NDArray[np.int64], most: npt.NDArray[np.int64], kept: float
) -> int:
    """Agents, added up over the intervals of one day, of the best plan between two plans."""
    courses = days.courses
    at = np.flatnonzero(courses.open)
    columns = []
    for i in at:
        column = []
        for n in range(least[i], most[i] + 1):
            staff = np.where(courses.open, n, 0)
            came = days.contacts(staff)
            load = np.where(courses.open, days.load(came), 0.0)
            over = days.overshoot(staff, came, load, courses.handle_s, days.met(load, staff))
            column.append((over.mean[:, i], over.variance[:, i], over.allowed[:, i]))
        columns.append(column)
    plans = sorted(itertools.product(*(range(len(each)) for each in columns)), key=sum)
    for plan in plans:
        cells = [columns[j][more] for j, more in enumerate(plan)]
        mean, variance, allowed = (
            np.sum([cell[part] for cell in cells], axis=0) for part in range(3)
        )
        share = Overshoot(mean=mean, variance=variance, allowed=allowed).kept.sum()
        if share / (courses.count + 1) >= kept:
            return int(least[at].sum()) + sum(plan)
    raise AssertionError("no plan between these keeps the promise")


def same_quantile(days: OutcomesOfDay, *, kept: float) -> int:
    """Agents of the rule that staffs every interval for the same quantile of its load."""
    courses, promise = days.courses, days.promise
    load = np.where(courses.open, days.load(np.where(courses.open, courses.contacts, 0.0)), 0.0)
    for quantile in np.linspace(0.4, 1, 121):
        needed = agents_needed(
            load_erlangs=np.quantile(load, quantile, axis=0),
            handle_s=courses.handle_s.mean(),
            patience_s=days.patience_s,
            service_level=promise.service_level,
            definition="of_offered_less_short",
            answer_within_s=promise.answer_within_s,
            mean_wait_s=promise.mean_wait_s,
            abandoned=promise.abandoned,
            occupancy=promise.occupancy,
        ).agents
        agents = np.where(courses.open, np.maximum(needed, 1), 0)
        if days.sums(agents).kept.sum() / (courses.count + 1) >= kept:
            return int(agents.sum())
    raise AssertionError("no quantile keeps the promise")
