"""Days on which the promise was kept: each simulated day judged by itself, queue by queue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from andon.capacity.channels import PlannedQueue
from andon.capacity.horizon import Horizon
from andon.capacity.teams import Group, Team
from andon.queueing.simulator.results import Simulation

__all__ = ["QueueDays", "TeamDays", "by_day", "judge_queue", "judge_team"]

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class QueueDays:
    """What customers of one queue met on each simulated day, each of shape (courses, days).

    Attributes
    ----------
    queue : PlannedQueue
    came : array of float
        Contacts.
    offered, not_in_time : array of float
        Contacts that the service level is counted over: all but those who gave up at once, and who
        accepted a callback; and those of them who were not answered in time.
    waited, gave_up : array of float
        Contacts but those who gave up at once; and those of them who gave up.
    waited_s : array of float
        Seconds waited, by all.
    callbacks, callbacks_late : array of float
        Callbacks accepted; and not begun within their window.
    due, late : array of float
        E-mails or cases that were done or due by the end; and those of them that were not begun
        within their limit. 0 for who cannot wait.
    most_waiting : array of float
        The most who waited at the end of an interval.
    arrived, missed : array of float, shape (courses, intervals)
        By interval the contacts; and those that were not served as promised.
    """

    queue: PlannedQueue
    came: _Floats
    offered: _Floats
    not_in_time: _Floats
    waited: _Floats
    gave_up: _Floats
    waited_s: _Floats
    callbacks: _Floats
    callbacks_late: _Floats
    due: _Floats
    late: _Floats
    most_waiting: _Floats
    arrived: _Integers
    missed: _Floats

    @property
    def counts(self) -> _Bools:
        """Whether anybody came whom the promise is for."""
        return np.asarray((self.due if self.queue.deferred else self.came) > 0)

    @property
    def strain(self) -> _Floats:
        """How much of what the promise allows was used up: it is kept up to 1, and broken above.

        Of several parts the one that was strained most; 0 where nobody came.
        """
        promise = self.queue.promise
        if promise is None:
            return _strain(self.late, self.due, 1 - self.queue.on_time)
        strain = _strain(self.callbacks_late, self.callbacks, 1 - self.queue.callback_kept)
        for y, x, allowed in (
            (self.not_in_time, self.offered, promise.service_level and 1 - promise.service_level),
            (self.gave_up, self.waited, promise.abandoned),
            (self.waited_s, self.came, promise.mean_wait_s),
        ):
            if allowed is not None:
                strain = np.maximum(strain, _strain(y, x, allowed))
        return strain

    @property
    def kept(self) -> _Bools:
        """Whether all of the promise was kept; true where the day does not count."""
        return np.asarray(self.strain <= 1.0)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TeamDays:
    """How busy one team was on each simulated day, each of shape (courses, days).

    Attributes
    ----------
    ceiling : float or None
        The lowest occupancy that a promise of its queues allows.
    busy_s, there_s : array of float
        Seconds with contacts, and on duty.
    """

    ceiling: float | None
    busy_s: _Floats
    there_s: _Floats

    @property
    def counts(self) -> _Bools:
        """Whether anybody was on duty whose time has a ceiling."""
        return np.asarray((self.there_s > 0) & (self.ceiling is not None))

    @property
    def strain(self) -> _Floats:
        """The idle time that the ceiling asks for over what there was; 0 where nothing is asked.

        It is kept up to 1, and broken above.
        """
        if self.ceiling is None:
            return np.zeros_like(self.there_s)
        idle = np.maximum(self.there_s - self.busy_s, 0.0)
        asked = (1 - self.ceiling) * self.there_s
        return np.asarray(
            np.divide(asked, idle, out=np.where(asked > 0, np.inf, 0.0), where=idle > 0)
        )

    @property
    def kept(self) -> _Bools:
        """Whether they had no more to do than the ceiling; true where the day does not count."""
        return np.asarray(self.strain <= 1.0)


def by_day(values: _Integers | _Floats, horizon: Horizon) -> _Floats:
    """Sums over the intervals of each local day, the last axis."""
    return np.asarray(np.add.reduceat(values, _starts(values, horizon), axis=-1), dtype=np.float64)


def judge_queue(queue: PlannedQueue, found: Simulation) -> QueueDays:
    """Count what each simulated day of one queue was like."""
    seen = found.contacts_by_run(queue.name)
    horizon = queue.courses.horizon
    waited = seen.arrived - seen.abandoned_short
    offered = waited - seen.callbacks
    not_in_time = np.maximum(offered - seen.answered_in_time, 0)
    callbacks_late = seen.callbacks - seen.callbacks_in_window
    gave_up = seen.abandoned - seen.abandoned_short
    due = late = np.zeros_like(seen.arrived)
    if queue.deadline_s is not None:
        # What is neither done nor due at the end has not been decided.
        left_s = found.model.horizon_s - (np.arange(due.shape[1]) + 1) * found.model.interval_s
        overdue = np.where(left_s >= queue.deadline_s, seen.still_waiting, 0)
        late = seen.late + overdue
        due = seen.arrived - seen.still_waiting + overdue
    missed = callbacks_late.astype(np.float64) + late
    promise = queue.promise
    if promise is not None and promise.service_level is not None:
        missed += not_in_time
    if promise is not None and promise.abandoned is not None:
        missed += gave_up
    if promise is not None and promise.mean_wait_s is not None:
        missed += seen.waited_s / max(promise.mean_wait_s, 1.0)
    starts = _starts(seen.arrived, horizon)
    return QueueDays(
        queue=queue,
        came=by_day(seen.arrived, horizon),
        offered=by_day(offered, horizon),
        not_in_time=by_day(not_in_time, horizon),
        waited=by_day(waited, horizon),
        gave_up=by_day(gave_up, horizon),
        waited_s=by_day(seen.waited_s, horizon),
        callbacks=by_day(seen.callbacks, horizon),
        callbacks_late=by_day(callbacks_late, horizon),
        due=by_day(due, horizon),
        late=by_day(late, horizon),
        most_waiting=np.maximum.reduceat(seen.backlog, starts, axis=-1).astype(np.float64),
        arrived=seen.arrived,
        missed=missed,
    )


def judge_team(team: Team, group: Group, found: Simulation) -> TeamDays:
    """Count how busy one team was on each simulated day."""
    seen = found.staff_by_run(team.name)
    horizon = group.queues[0].courses.horizon
    return TeamDays(
        ceiling=team.ceiling(group.queues),
        busy_s=by_day(seen.busy_s, horizon),
        there_s=by_day(seen.staffed_s + seen.overtime_s, horizon),
    )


def _strain(y: _Floats, x: _Floats, allowed: float) -> _Floats:
    """What happened over what may; nothing over nothing is no strain."""
    may = allowed * x
    return np.asarray(np.divide(y, may, out=np.where(y > 0, np.inf, 0.0), where=may > 0))


def _starts(values: _Integers | _Floats, horizon: Horizon) -> _Integers:
    """Where each day begins, in intervals that may be finer than the horizon's."""
    finer = values.shape[-1] // len(horizon.slot)
    return np.asarray(np.unique(horizon.day_index, return_index=True)[1] * finer, dtype=np.int64)
