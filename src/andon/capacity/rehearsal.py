"""A rehearsal: drawn days of some queues, ready to be run with any number of people.

Course ``i`` is replication ``i`` of a simulation: the same customers come with the same luck,
however many people are there, so that two plans differ by the people alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.channels import PlannedQueue
from andon.capacity.horizon import Horizon
from andon.capacity.teams import Group
from andon.errors import PlanError
from andon.queueing.simulator.model import Arrivals, Loop, Model, Pool, Queue
from andon.queueing.simulator.results import Simulation
from andon.queueing.simulator.runs import Progress, simulate_each
from andon.queueing.simulator.schedule import Schedule
from andon.units import DAY_S, HOUR_S

__all__ = ["Agents", "Rehearsal", "fresh"]

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]

Agents = Mapping[str, _Integers]
"""For each team how many are on duty: by interval, or by course and interval."""

_QUANTILES: Final = 200


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rehearsal:
    """Some courses of a group's days; make one with :meth:`of`.

    Attributes
    ----------
    group : Group
    courses : array of int
        Which courses, in order.
    queues : tuple of tuple of Queue
        The simulator's queues, for each course.
    finer : int
        Into so many parts an interval is cut when it is counted.
    """

    group: Group
    courses: _Integers
    queues: tuple[tuple[Queue, ...], ...]
    finer: int

    @classmethod
    def of(
        cls,
        group: Group,
        courses: Sequence[int] | _Integers,
        *,
        factors: _Floats | None = None,
        finer: int = 1,
    ) -> Rehearsal:
        """Prepare some courses of ``group``.

        Parameters
        ----------
        group : Group
        courses : sequence of int
            Which of its courses.
        factors : array of float, shape (len(courses), queues, k), optional
            By how much more comes than drawn.
        finer : int
            Into so many parts each interval is cut when it is counted.
        """
        chosen = np.asarray(courses, dtype=np.int64)
        highest = max(each.order for each in group.queues)
        interval_s = group.queues[0].courses.horizon.interval_s
        columns = []
        for q, queue in enumerate(group.queues):
            base = _queue(queue, highest)
            own = queue.handle_factors[chosen]
            changes = bool(np.ptp(own)) or not np.isclose(own.flat[0], 1.0)
            comes = fresh(queue)[chosen]
            if factors is not None:
                comes = comes * factors[:, q]
            per_h = comes * (HOUR_S / interval_s)
            columns.append(
                [
                    replace(
                        base,
                        arrivals=Arrivals(per_h=tuple(per_h[i].tolist()), interval_s=interval_s),
                        handle_factors=tuple(np.repeat(own[i], finer).tolist()) if changes else (),
                    )
                    for i in range(len(chosen))
                ]
            )
        return cls(
            group=group,
            courses=chosen,
            queues=tuple(zip(*columns, strict=True)),
            finer=finer,
        )

    @property
    def horizon(self) -> Horizon:
        """The days."""
        return self.group.queues[0].courses.horizon

    def run(
        self,
        agents: Agents,
        *,
        seed: int = 1,
        workers: int | None = None,
        progress: Progress | None = None,
    ) -> Simulation:
        """Run every course with these people.

        Raises
        ------
        PlanError
            If a team is missing, or its numbers do not fit the days.
        """
        horizon = self.horizon
        shapes = {(len(horizon.slot),), (len(self.courses), len(horizon.slot))}
        pools: list[list[Pool]] = []
        for team in self.group.teams:
            there = agents.get(team.name)
            if there is None or there.shape not in shapes or np.any(there < 0):
                raise PlanError(
                    f"It is not said how many of team {team.name!r} are on duty in each interval.",
                    found="nothing" if there is None else f"an array of shape {there.shape}",
                    todo=f"Give {len(horizon.slot)} whole numbers of 0 or more.",
                )
            rows = there[None] if there.ndim == 1 else there
            schedules = [
                Schedule.by_interval(row.tolist(), interval_s=horizon.interval_s) for row in rows
            ]
            pool = team.pool(self.group.queues, schedules[0])
            pools.append([replace(pool, schedule=each) for each in schedules])
        models = [
            Model(
                queues=queues,
                pools=tuple(each[i % len(each)] for each in pools),
                days=len(horizon.slot) * horizon.interval_s / DAY_S,
                interval_s=horizon.interval_s / self.finer,
            )
            for i, queues in enumerate(self.queues)
        ]
        return simulate_each(models, seed=seed, workers=workers, progress=progress)


def fresh(queue: PlannedQueue) -> _Floats:
    """Who comes for the first time, or comes back from before the first day.

    What the simulation brings back by itself is taken out of the courses: contacts of theirs that
    would lead to another within the days, at the shares of the past.

    Returns
    -------
    array, shape (courses, k)
        0 or more.
    """
    comes = queue.comes
    loop = queue.loop
    if loop is None:
        return comes
    step = queue.courses.horizon.interval_s
    at = np.asarray(queue.handle.quantile(_MIDDLES))
    settled = float(np.mean([loop.resolves.at(each) for each in at]))
    again = (1 - queue.past_abandoned) * (1 - settled) * loop.comes_back
    clock = np.concatenate(([0.0], np.cumsum(_clock(queue)))) * step
    back = again * _brought_back(comes, clock, loop.recontact_after.cdf)
    if queue.past_abandoned > 0 and loop.redials > 0:
        edges = np.arange(comes.shape[1] + 1) * float(step)
        redialled = queue.past_abandoned * loop.redials
        back = back + redialled * _brought_back(comes, edges, loop.redial_after.cdf)
    return np.asarray(np.maximum(comes - back, 0.0))


_MIDDLES: Final = (np.arange(_QUANTILES) + 0.5) / _QUANTILES


def _brought_back(comes: _Floats, clock: _Floats, cdf: object) -> _Floats:
    """Returns in each interval if all of ``comes`` came back once, after a delay by the clock."""
    assert callable(cdf)
    middles = (clock[:-1] + clock[1:]) / 2
    until = np.maximum(clock[None, 1:] - middles[:, None], 0.0)
    by_end = np.asarray(cdf(until))
    by_start = np.concatenate((np.zeros((len(middles), 1)), by_end[:, :-1]), axis=1)
    return np.asarray(comes @ np.maximum(by_end - by_start, 0.0))


def _clock(queue: PlannedQueue) -> _Floats:
    """How fast time passes for those who will come back: as demand comes, 1 in the mean."""
    mean = queue.comes.mean(axis=0)
    return np.asarray(mean / mean.mean() if mean.sum() > 0 else np.ones_like(mean))


def _queue(queue: PlannedQueue, highest: int) -> Queue:
    """The simulator's queue, but for what differs between courses."""
    loop: Loop | None = queue.loop
    if loop is not None and not loop.recontact_clock:
        loop = replace(loop, recontact_clock=tuple(_clock(queue).tolist()))
    promise = queue.promise
    within_s = promise.answer_within_s if promise is not None else queue.deadline_s
    assert within_s is not None  # a PlannedQueue has one or the other
    return Queue(
        name=queue.name,
        handle=queue.handle,
        patience=queue.patience,
        channel=queue.channel,
        priority=queue.order,
        promote_after_s=None if queue.deadline_s is None else queue.old_at * queue.deadline_s,
        promoted_priority=max(highest, queue.order),
        loop=loop,
        callback=queue.callback,
        deadline_s=queue.deadline_s,
        answer_within_s=within_s,
        short_abandon_s=promise.short_abandon_s if promise is not None else 0.0,
    )
