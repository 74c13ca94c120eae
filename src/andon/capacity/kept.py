"""Days on which the promise was kept: each simulated day judged by itself, queue by queue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from andon.capacity.channels import PlannedQueue
from andon.capacity.horizon import Horizon
from andon.capacity.teams import Group, Team
from andon.queueing.simulator.results import Simulation
from andon.queueing.simulator.tallies import ContactTallies

__all__ = ["QueueDays", "TeamDays", "by_day", "judge_queue", "judge_team"]

_Floats = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class QueueDays:
    """What customers of one queue met on each simulated day, shape (courses, days).

    Attributes
    ----------
    counts : array of bool
        Whether anybody came whom the promise is for.
    kept : array of bool
        Whether all of it was kept; true where the day does not count.
    service_level, abandoned, mean_wait_s, callbacks_kept, on_time : array of float
        As the promise counts them; NaN where nobody came, or nothing of the kind exists.
    missed : array of float, shape (courses, k)
        By interval the contacts that were not served as promised.
    """

    counts: _Bools
    kept: _Bools
    service_level: _Floats
    abandoned: _Floats
    mean_wait_s: _Floats
    callbacks_kept: _Floats
    on_time: _Floats
    missed: _Floats


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TeamDays:
    """How busy one team was on each simulated day, shape (courses, days).

    Attributes
    ----------
    ceiling : float or None
        The lowest occupancy that a promise of its queues allows.
    counts, kept : array of bool
        Whether anybody was on duty; whether they had less to do than the ceiling.
    occupancy : array of float
        Share of time on duty with contacts; NaN where nobody was on duty.
    """

    ceiling: float | None
    counts: _Bools
    kept: _Bools
    occupancy: _Floats


def by_day(values: npt.NDArray[np.int64] | _Floats, horizon: Horizon) -> _Floats:
    """Sums over the intervals of each local day, the last axis."""
    finer = values.shape[-1] // len(horizon.slot)
    starts = np.unique(horizon.day_index, return_index=True)[1] * finer
    return np.asarray(np.add.reduceat(values, starts, axis=-1), dtype=np.float64)


def judge_queue(queue: PlannedQueue, found: Simulation) -> QueueDays:
    """Judge each simulated day of one queue by what it promises."""
    seen = found.contacts_by_run(queue.name)
    horizon = queue.courses.horizon
    if queue.deadline_s is not None:
        return _deferred(queue, queue.deadline_s, seen, horizon, found.model.interval_s)
    promise = queue.promise
    assert promise is not None  # a PlannedQueue has one or the other
    waited = seen.arrived - seen.abandoned_short
    offered = waited - seen.callbacks
    not_in_time = np.maximum(offered - seen.answered_in_time, 0)
    late_callbacks = seen.callbacks - seen.callbacks_in_window
    gave_up = seen.abandoned - seen.abandoned_short
    level = 1 - _ratio(by_day(not_in_time, horizon), by_day(offered, horizon))
    abandoned = _ratio(by_day(gave_up, horizon), by_day(waited, horizon))
    mean_wait = _ratio(by_day(seen.waited_s, horizon), by_day(seen.arrived, horizon))
    callbacks = 1 - _ratio(by_day(late_callbacks, horizon), by_day(seen.callbacks, horizon))
    missed = late_callbacks.astype(np.float64)
    broken = callbacks < queue.callback_kept
    if promise.service_level is not None:
        broken |= level < promise.service_level
        missed += not_in_time
    if promise.abandoned is not None:
        broken |= abandoned > promise.abandoned
        missed += gave_up
    if promise.mean_wait_s is not None:
        broken |= mean_wait > promise.mean_wait_s
        missed += seen.waited_s / max(promise.mean_wait_s, 1.0)
    return QueueDays(
        counts=by_day(seen.arrived, horizon) > 0,
        kept=~broken,
        service_level=level,
        abandoned=abandoned,
        mean_wait_s=mean_wait,
        callbacks_kept=callbacks,
        on_time=np.full_like(level, np.nan),
        missed=missed,
    )


def _deferred(
    queue: PlannedQueue,
    deadline_s: float,
    seen: ContactTallies,
    horizon: Horizon,
    interval_s: float,
) -> QueueDays:
    """By the day on which an item came; what is neither done nor due at the end is left out."""
    k = seen.arrived.shape[1]
    overdue = (k - np.arange(k) - 1) * interval_s >= deadline_s
    late = seen.late + np.where(overdue, seen.still_waiting, 0)
    known = seen.arrived - np.where(overdue, 0, seen.still_waiting)
    on_time = 1 - _ratio(by_day(late, horizon), by_day(known, horizon))
    nothing = np.full_like(on_time, np.nan)
    return QueueDays(
        counts=by_day(known, horizon) > 0,
        kept=~(on_time < queue.on_time),
        service_level=nothing,
        abandoned=nothing,
        mean_wait_s=_ratio(by_day(seen.waited_s, horizon), by_day(seen.arrived, horizon)),
        callbacks_kept=nothing,
        on_time=on_time,
        missed=late.astype(np.float64),
    )


def judge_team(team: Team, group: Group, found: Simulation) -> TeamDays:
    """Judge how busy one team was on each simulated day."""
    seen = found.staff_by_run(team.name)
    horizon = group.queues[0].courses.horizon
    there = by_day(seen.staffed_s + seen.overtime_s, horizon)
    occupancy = _ratio(by_day(seen.busy_s, horizon), there)
    ceilings = [
        each.promise.occupancy
        for each in group.queues
        if each.name in team.queues
        and each.promise is not None
        and each.promise.occupancy is not None
    ]
    ceiling = min(ceilings, default=None)
    kept = np.ones_like(occupancy, dtype=np.bool_)
    if ceiling is not None:
        kept = ~(occupancy > ceiling)
    return TeamDays(ceiling=ceiling, counts=there > 0, kept=kept, occupancy=occupancy)


def _ratio(y: _Floats, x: _Floats) -> _Floats:
    return np.asarray(np.divide(y, x, out=np.full_like(x, np.nan), where=x > 0))
