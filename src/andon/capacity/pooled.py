"""The load of several queues together, and the fewest people who could carry it.

Queues that only some teams can serve need people in just those teams. So for every set of teams,
what only they can serve, all of it together, bounds their number from below (Hall 1935,
https://doi.org/10.1112/jlms/s1-10.37.26): the fewest people are a linear programme. Safety is
pooled with the load. A level of safety is so many standard deviations of the load: of the chance
within an interval, and of what differs between drawn days.

Work that can wait fills the valleys that the others leave, and asks for more people only where
these are too few or too late.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import optimize, sparse

from andon.capacity.channels import PlannedQueue
from andon.capacity.teams import Group
from andon.errors import PlanError
from andon.queueing.deadline_capacity import extra_hours_needed
from andon.queueing.deferrable import backlog
from andon.units import HOUR_S

__all__ = ["PooledLoad"]

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]

_MOST_SETS: Final = 256
_UNLIMITED: Final = 1 << 40
_HAIR: Final = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PooledLoad:
    """What comes to a group, in agents, and who may be there for it; make one with :meth:`of`.

    Attributes
    ----------
    group : Group
    drawn : array of float, shape (queues, courses, k)
        Agents who would have their hands full.
    serves : array of bool, shape (teams, queues)
    open : array of bool, shape (teams, k)
        When each team may be on duty.
    most : array of int, shape (teams,)
    costs : array of float, shape (teams,)
    fill : array of float, shape (teams,)
        How much of its time each team may have contacts: its ceiling, or all of it.
    """

    group: Group
    drawn: _Floats
    serves: _Bools
    open: _Bools
    most: _Integers
    costs: _Floats
    fill: _Floats

    @classmethod
    def of(cls, group: Group) -> PooledLoad:
        """Measure the load of ``group``."""
        teams = group.teams
        return cls(
            group=group,
            drawn=np.stack([_lagged(each) for each in group.queues]),
            serves=np.array([[q.name in team.queues for q in group.queues] for team in teams]),
            open=np.array([team.hours(group.queues) for team in teams]),
            most=np.array([_UNLIMITED if each.most is None else each.most for each in teams]),
            costs=np.array([each.cost for each in teams]),
            fill=np.array([each.ceiling(group.queues) or 1.0 for each in teams]),
        )

    def for_live(self, levels: _Floats, *, now: _Integers) -> _Integers:
        """The cheapest agents for what cannot wait, at these levels of safety.

        Parameters
        ----------
        levels : array of float, shape (queues, k)
            Standard deviations above the mean load.
        now : array of int, shape (teams, k)
            Nobody of these is taken away.

        Returns
        -------
        array of int, shape (teams, k)
        """
        queues = self.group.queues
        live = [q for q, each in enumerate(queues) if not each.deferred]
        if not live:
            return now.copy()
        servers = {q: frozenset(np.flatnonzero(self.serves[:, q]).tolist()) for q in live}
        rows, needs = [], []
        for some in _sets(list(servers.values())):
            its = [q for q in live if servers[q] <= some]
            chosen = list(some)
            there = np.any(
                [queues[q].courses.open & (self.drawn[q].mean(axis=0) > 0) for q in its], axis=0
            )
            need = np.maximum(np.ceil(self._asked(its, levels) - 1e-3), 1.0 * there)
            room = (self.open * self.most[:, None])[chosen].sum(axis=0)
            needs.append(np.minimum(np.where(self.open[chosen].any(axis=0), need, 0.0), room))
            rows.append(np.isin(np.arange(len(self.costs)), chosen).astype(np.float64))
        lack = np.array(needs) - np.array(rows) @ now
        short = np.flatnonzero((lack > 0.5).any(axis=0))
        found = now.copy()
        if len(self.costs) == 1:
            found[0] += np.maximum(lack.max(axis=0), 0.0).astype(np.int64)
        elif len(short):
            found[:, short] += self._cheapest(lack[:, short], np.array(rows), now, short)
        return found

    def for_deferred(self, now: _Integers) -> _Integers:
        """These agents, and more where work that can wait does not fit into their valleys."""
        found = now.copy()
        done = np.zeros((len(self.group.queues), found.shape[1]))
        for q, queue in enumerate(self.group.queues):
            if not queue.deferred:
                done[q] = self.drawn[q].mean(axis=0)
        for q, queue in enumerate(self.group.queues):
            if queue.deferred:
                found, done[q] = self._in_valleys(q, queue, found, done)
        return found

    def _asked(self, its: list[int], levels: _Floats) -> _Floats:
        """Agents for these queues together."""
        drawn = self.drawn[its]
        mean = drawn.mean(axis=(0, 1)) * len(its)
        between = drawn.sum(axis=0).var(axis=0)
        own = np.sqrt(drawn.mean(axis=1) + drawn.var(axis=1))
        weights = own.sum(axis=0)
        level = _over((levels[its] * own).sum(axis=0), weights)
        asked = mean + level * np.sqrt(mean + between)
        promises = [self.group.queues[q].promise for q in its]
        ceilings = [each.occupancy for each in promises if each and each.occupancy]
        if ceilings:
            asked = np.maximum(asked, (mean + level * np.sqrt(between)) / min(ceilings))
        return np.asarray(asked)

    def _cheapest(self, lack: _Floats, row: _Floats, now: _Integers, at: _Integers) -> _Integers:
        """The cheapest whole numbers of agents to add: a linear programme, then rounded."""
        teams, k = row.shape[1], len(at)
        room = np.where(self.open[:, at], self.most[:, None] - now[:, at], 0)
        # Of teams that cost the same, the one that can do more is worth a hair more.
        price = self.costs * (1 - _HAIR * self.serves.sum(axis=1))
        found = optimize.linprog(
            np.repeat(price, k),
            A_ub=-sparse.kron(sparse.csr_matrix(row), sparse.identity(k), format="csr"),
            b_ub=-np.maximum(lack, 0.0).ravel(),
            bounds=np.stack((np.zeros(teams * k), room.ravel()), axis=1),
            method="highs",
        )
        if found.x is None:
            raise PlanError(
                "The load cannot be covered by the teams there are.",
                found=str(found.message),
                todo="Give the teams more people or longer hours.",
            )
        more: _Integers = np.floor(found.x.reshape(teams, k) + _HAIR).astype(np.int64)
        # What rounding took away comes back one by one, to whoever helps most sets that lack.
        while True:
            lacks = lack - row @ more > 0.5
            useful = (row.T @ lacks) * (more < room) / self.costs[:, None]
            here = np.flatnonzero(useful.max(axis=0) > 0)
            if len(here) == 0:
                return more
            more[useful.argmax(axis=0)[here], here] += 1

    def _in_valleys(
        self, q: int, queue: PlannedQueue, agents: _Integers, done: _Floats
    ) -> tuple[_Integers, _Floats]:
        """Add people for one queue that can wait where the others leave too little time for it."""
        assert queue.deadline_s is not None  # it is deferred
        step, handle_s = float(queue.courses.horizon.interval_s), queue.handle_alone_s
        mine = self.serves[:, q]
        comes = queue.comes.mean(axis=0)

        def spare(agents: _Integers) -> _Floats:
            there = (agents * self.fill[:, None])[mine].sum(axis=0)
            return np.asarray(np.maximum(there - self._taken(mine, agents, done), 0.0))

        extra = extra_hours_needed(
            arrivals=comes,
            handle_s=handle_s,
            capacity_agents=spare(agents),
            interval_s=step,
            deadline_s=queue.deadline_s,
        ).agent_h * (HOUR_S / step)
        may = self.open[mine].any(axis=0)
        room = np.minimum(self.open * self.most[:, None] - agents, _UNLIMITED)[mine].sum(axis=0)
        agents = self._put(
            _whole(extra, may & (room > 0), round(queue.deadline_s / step)), mine, agents
        )
        # No debt is left to the days after: all that comes has its hours within these.
        work = comes.sum() * handle_s / step
        owed = work - spare(agents)[may].sum()
        if owed > 0 and may.any():
            level = np.where(may, owed / may.sum(), 0.0)
            agents = self._put(_whole(level, may & (room > 0), 1), mine, agents)
        worked = backlog(
            arrivals=comes,
            handle_s=handle_s,
            capacity_agents=spare(agents),
            interval_s=step,
            deadline_s=queue.deadline_s,
        )
        return agents, np.asarray(worked.done * handle_s / step)

    def _taken(self, teams: _Bools, agents: _Integers, done: _Floats) -> _Floats:
        """How much of these teams' time the work takes that is done already."""
        total = np.zeros(agents.shape[1])
        for q in range(len(done)):
            mine = self.serves[:, q]
            share = _over(
                agents[mine & teams].sum(axis=0).astype(np.float64),
                agents[mine].sum(axis=0).astype(np.float64),
            )
            total += done[q] * share
        return total

    def _put(self, extra: _Integers, mine: _Bools, agents: _Integers) -> _Integers:
        """Let the cheapest team that may be there have so many more."""
        agents = agents.copy()
        for t in sorted(np.flatnonzero(mine), key=lambda each: float(self.costs[each])):
            here = np.where(self.open[t], np.minimum(extra, self.most[t] - agents[t]), 0)
            agents[t] += here
            extra = extra - here
        return agents


def _lagged(queue: PlannedQueue) -> _Floats:
    """Load in agents by course and interval, as late as work follows arrivals."""
    load = queue.load
    if queue.deferred:
        return load
    cv = queue.courses.handle_cv
    late = queue.handle_alone_s * (1 + cv * cv) / 2 / queue.courses.horizon.interval_s
    part = min(late, 1.0)
    before = np.concatenate((np.zeros((len(load), 1)), load[:, :-1]), axis=1)
    return np.asarray(load * (1 - part) + before * part)


def _sets(served_by: Sequence[frozenset[int]]) -> list[frozenset[int]]:
    """The teams of each queue, and of queues together in every combination; all at the end."""
    single = sorted(set(served_by), key=sorted)
    found = set(single)
    for size in range(2, len(single) + 1):
        if len(found) > _MOST_SETS:
            break
        found |= {frozenset().union(*some) for some in itertools.combinations(single, size)}
    found.add(frozenset().union(*single))
    return sorted(found, key=lambda each: (len(each), sorted(each)))


def _whole(extra: _Floats, may: _Bools, long: int) -> _Integers:
    """Whole people for work that is due, spread over the hours before in which it can be done."""
    spread = np.zeros(len(extra))
    opens = np.flatnonzero(may)
    if len(opens) == 0:
        return spread.astype(np.int64)
    for k in np.flatnonzero(extra > 0):
        before = opens[(opens <= k) & (opens > k - max(1, long // 2))]
        if len(before) == 0:
            earlier = opens[opens <= k]
            before = earlier[-1:] if len(earlier) else opens[:1]
        spread[before] += extra[k] / len(before)
    # What was rounded up is left out of the next intervals.
    total = np.ceil(np.cumsum(spread) - _HAIR)
    return np.asarray(np.diff(np.concatenate(([0.0], total))), dtype=np.int64)


def _over(y: _Floats, x: _Floats) -> _Floats:
    return np.asarray(np.divide(y, x, out=np.zeros_like(x), where=x > 0))
