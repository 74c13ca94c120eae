"""The general engine: any model, event by event.

This half lays out what a run remembers; ``_kernels/events.py`` runs it, and stops when it needs
room. Where the fast engine can run a model too, both leave the same counts and the same trace.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.queueing._kernels import columns, words
from andon.queueing._kernels.events import run_events
from andon.queueing._kernels.laws import NEVER, TICKS
from andon.queueing._kernels.pool import BLOCK, DONE, NEEDS_ROOM
from andon.queueing._kernels.returns import NEXT
from andon.queueing.simulator.model import Curve, Loop, Model, Pool, Queue
from andon.queueing.simulator.plan import LAWS, Plan
from andon.queueing.simulator.raw import BINS, Raw
from andon.queueing.simulator.schedule import most_at_once

__all__ = ["run_general"]

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]

_TRACE_ROWS: Final = 1 << 16
_CONTACTS: Final = 1 << 8
_NOTES: Final = 1 << 10
_RING: Final = (1 << 8, 1 << 18)
_DAY_HOLDS: Final = 4.0
"""Arrivals in one day of the calendar of returns."""
_NO_LOOP: Final = Loop(resolves=Curve.flat(1.0))


def run_general(
    plan: Plan, *, seed: int, replication: int, count_from: int = 0, trace: bool = False
) -> Raw:
    """Run one replication of any model.

    Parameters
    ----------
    plan : Plan
    seed, replication : int
        Which random numbers: 0 to 2**63 - 1, and 0 to 2**23 - 1.
    count_from : int
        Ticks before which waits are left out of the histogram.
    trace : bool
        Whether to keep a row for every contact in every queue, in the order in which they came.

    Raises
    ------
    QueueingError
        If the run is too long for its number of agents.
    """
    memory = _Memory.of(plan, seed=seed, replication=replication)
    memory.m[words.S_COUNT_FROM] = count_from
    rows = np.zeros((_TRACE_ROWS if trace else 0, columns.TRACE_COLUMNS), dtype=np.int64)
    kept: list[_Integers] = []
    queues = len(plan.model.queues)
    seat = np.zeros(1)
    drawn = (
        np.zeros((queues, BLOCK)),
        np.zeros((queues, BLOCK)),
        np.zeros((queues, LAWS, BLOCK), dtype=np.int64),
        plan.laws.kinds,
        plan.laws.numbers,
        plan.laws.spans,
        plan.laws.at_s,
        plan.laws.share,
        np.zeros((5, BLOCK)),
        seat,
        seat.view(np.int64),
    )
    while True:
        why = run_events(
            memory.m,
            memory.m.view(np.float64),
            memory.ends,
            memory.fresh,
            memory.timers,
            memory.patience,
            memory.ring,
            memory.notes,
            memory.heap,
            *drawn,
            rows,
        )
        kept.append(rows[: memory.m[words.S_TRACED]].copy())
        memory.m[words.S_TRACED] = 0
        if why == DONE:
            return memory.raw(plan, np.concatenate(kept))
        if why == NEEDS_ROOM:
            if memory.m[words.S_FREE_NOTE] < 0:
                memory.more_notes(len(memory.notes))
            if memory.m[words.S_FREE_CONTACT] < 0:
                memory.more_contacts(memory.contacts)


@dataclass(kw_only=True, slots=True, eq=False)
class _Memory:
    """What a run remembers, and where its results stand."""

    m: _Integers
    ends: _Integers
    fresh: _Integers
    timers: _Integers
    ring: _Integers
    results: _Places
    patience: _Integers
    notes: _Integers
    heap: _Integers
    contacts: int = 0

    @classmethod
    def of(cls, plan: Plan, *, seed: int, replication: int) -> _Memory:
        """Lay everything out for a run that has not begun."""
        rates = plan.rates_of(seed, replication)
        places = _Places(plan)
        m = _written(plan, places, rates)
        bits = max(1, (places.agents_in_all - 1).bit_length())
        queue_bits = (len(plan.model.queues) - 1).bit_length()
        if plan.horizon >= NEVER >> (max(bits, queue_bits) + 1):
            longest = (NEVER >> (max(bits, queue_bits) + 1)) / TICKS / 86_400
            raise QueueingError(
                "The run is too long for so many agents.",
                found=f"days = {plan.model.days:g}, agents = {places.agents_in_all:,}",
                todo=f"Run {longest:,.0f} days at most.",
            )
        shift, ring = _calendar(rates, plan.model.queues)
        ends = _tree(places.agents_in_all)
        fresh = _tree(len(plan.model.queues))
        timers = _tree(len(places.timers))
        state = {
            words.S_SEED: seed,
            words.S_REPLICATION: replication,
            words.S_HORIZON: plan.horizon,
            words.S_INTERVAL: plan.interval,
            words.S_NOW: -1,
            words.S_BITS: bits,
            words.S_LEAVES: len(ends) // 2,
            words.S_QUEUE_BITS: queue_bits,
            words.S_QUEUE_LEAVES: len(fresh) // 2,
            words.S_TIMER_LEAVES: len(timers) // 2,
            words.S_FREE_CONTACT: -1,
            words.S_FREE_NOTE: -1,
            words.S_DRAINING: -1,
            words.S_RETURNS: any(_returns(queue) for queue in plan.model.queues),
            words.S_SHIFT: shift,
            words.S_DAY_ENDS: 1 << shift,
        }
        m[list(state)] = list(state.values())
        memory = cls(
            m=m,
            ends=ends,
            fresh=fresh,
            timers=timers,
            ring=ring,
            results=places,
            patience=_tree(0),
            notes=np.zeros((0, words.NOTE_WORDS), dtype=np.int64),
            heap=np.zeros(0, dtype=np.int64),
        )
        memory.more_notes(_NOTES)
        memory.more_contacts(_CONTACTS)
        return memory

    def more_notes(self, more: int) -> None:
        """Make room for ``more`` returns, all of it free; there was none left."""
        begin = len(self.notes)
        added = np.zeros((more, words.NOTE_WORDS), dtype=np.int64)
        added[:, NEXT] = np.arange(begin + 1, begin + more + 1)
        added[-1, NEXT] = -1
        self.notes = np.concatenate((self.notes, added))
        self.heap = np.concatenate((self.heap, np.zeros(more, dtype=np.int64)))
        self.m[words.S_FREE_NOTE] = begin

    def more_contacts(self, more: int) -> None:
        """Make room for ``more`` contacts, all of it free; there was none left."""
        size = words.CONTACT_WORDS
        begin = len(self.m)
        added = np.zeros((more, size), dtype=np.int64)
        added[:, words.C_SEAT] = np.arange(self.contacts, self.contacts + more)
        added[:, words.NEXT] = begin + size * np.arange(1, more + 1)
        added[-1, words.NEXT] = -1
        self.m = np.concatenate((self.m, added.ravel()))
        seats = len(self.patience) // 2
        patience = _tree(self.contacts + more)
        now = self.patience[seats : seats + self.contacts]
        patience[len(patience) // 2 :][: self.contacts] = now
        _settle_all(patience)
        self.patience = patience
        self.contacts += more
        self.m[words.S_SEATS] = len(patience) // 2
        self.m[words.S_FREE_CONTACT] = begin

    def raw(self, plan: Plan, trace: _Integers) -> Raw:
        """What the run leaves behind, when it is done."""
        model, at = plan.model, self.results
        queues, pools, rows = len(model.queues), len(model.pools), model.intervals
        in_pools = self._table(at.pool_counts, (pools, rows, columns.POOL_COLUMNS))
        for p, pool in enumerate(model.pools):
            in_pools[p, :, columns.STAFFED] = plan.on_duty[p]
            if pool.chats == 1:
                in_pools[p, :, columns.IN_HAND] = in_pools[p, :, columns.BUSY]
        by = (columns.ATTEMPT, columns.CUSTOMER, columns.FIRST_QUEUE)
        again = trace[:, columns.KIND] != columns.FRESH
        order = np.lexsort((*(trace[:, each] for each in by), again, trace[:, columns.ARRIVED]))
        return Raw(
            queues=self._table(at.queue_counts, (queues, rows, columns.QUEUE_COLUMNS)),
            pools=in_pools,
            waits=self._table(at.bins, (queues, BINS, 2)),
            fates=self._table(at.fates, (queues, columns.FATES)),
            trace=trace[order],
        )

    def _table(self, begin: int, shape: tuple[int, ...]) -> _Integers:
        return self.m[begin : begin + math.prod(shape)].reshape(shape).copy()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Timer:
    lane: int
    after: int
    pool: int


class _Places:
    """Where everything stands: counts, and places in the array of words."""

    def __init__(self, plan: Plan) -> None:
        model = plan.model
        self._end = 0
        rows = model.intervals
        queues, pools = len(model.queues), len(model.pools)
        self.lanes = _lanes(model)
        self.timers = _timers(model, self.lanes)
        self.changes = plan.changes
        self.most = [most_at_once(changes) for changes in self.changes]
        self.agents_in_all = max(1, sum(here + away for here, away in self.most))
        self.state = self._take(words.STATE)
        self.queues = self._take(queues * words.QUEUE_WORDS)
        self.lane = self._take(len(self.lanes) * words.LANE_WORDS)
        self.timer = self._take(len(self.timers) * words.TIMER_WORDS)
        self.pools = self._take(pools * words.POOL_WORDS)
        self.agents = self._take(self.agents_in_all * words.AGENT_WORDS)
        self.queue_counts = self._take(queues * rows * columns.QUEUE_COLUMNS)
        self.pool_counts = self._take(pools * rows * columns.POOL_COLUMNS)
        self.bins = self._take(queues * BINS * 2)
        self.fates = self._take(queues * columns.FATES)
        self.rates = self._take(queues * rows)
        self.factors = [self._take(len(each)) for each in plan.factors]
        self.clocks = [self._take(len(each)) for each in plan.clocks]
        self.curves = [self._take(2 * len(_loop(q).resolves.handle_s)) for q in model.queues]
        self.servers = [
            self._take(words.SERVER_WORDS * len(_servers(model, q))) for q in range(queues)
        ]
        self.wants = [
            self._take(words.WANT_WORDS * len(_wants(model, pool, self.lanes)))
            for pool in model.pools
        ]
        self.levels = [self._take(2 * pool.chats) for pool in model.pools]
        self.speeds = [self._take(pool.chats) for pool in model.pools]
        self.spare = [self._take(here) for here, _ in self.most]
        self.change = [self._take(changes.size) for changes in self.changes]
        self.chats = [
            self._take(sum(most) * (pool.chats if pool.chats > 1 else 0))
            for pool, most in zip(model.pools, self.most, strict=True)
        ]
        self.size = self._end

    def _take(self, n: int) -> int:
        begin = self._end
        self._end += n
        return begin


def _written(plan: Plan, at: _Places, rates: _Floats) -> _Integers:
    """All words of a run that has not begun, but for those of the run itself."""
    model = plan.model
    m = np.zeros(at.size, dtype=np.int64)
    f = m.view(np.float64)
    f[at.rates : at.rates + rates.size] = rates.ravel()
    for place, floats in zip(at.factors + at.clocks, plan.factors + plan.clocks, strict=True):
        f[place : place + len(floats)] = floats
    for q in range(len(model.queues)):
        _write_queue(m, f, plan, at, q)
    _write_lanes(m, model, at)
    leaf = 0
    for p in range(len(model.pools)):
        _write_pool(m, f, model, at, p, leaf)
        leaf += sum(at.most[p])
    m[words.S_QUEUES] = at.queues
    m[words.S_QUEUES_END] = at.queues + len(model.queues) * words.QUEUE_WORDS
    m[words.S_POOLS] = at.pools
    m[words.S_POOLS_END] = at.pools + len(model.pools) * words.POOL_WORDS
    m[words.S_LANES] = at.lane
    m[words.S_TIMERS] = at.timer
    m[words.S_AGENTS] = m[words.S_CLOSING] = at.agents
    m[words.S_AGENTS_END] = at.agents + leaf * words.AGENT_WORDS
    m[words.S_CONTACTS] = at.size
    return m


def _write_queue(m: _Integers, f: _Floats, plan: Plan, at: _Places, q: int) -> None:
    model = plan.model
    queue = model.queues[q]
    rows = model.intervals
    place = at.queues + q * words.QUEUE_WORDS
    numbers = {name: i for i, name in enumerate(each.name for each in model.queues)}
    loop, callback = _loop(queue), queue.callback
    points = len(loop.resolves.handle_s)
    f[at.curves[q] : at.curves[q] + 2 * points] = loop.resolves.handle_s + loop.resolves.share
    servers = _servers(model, q)
    for i, (rank, p, after, keep) in enumerate(servers):
        server = at.servers[q] + i * words.SERVER_WORDS
        m[server + words.R_POOL] = at.pools + p * words.POOL_WORDS
        m[server + words.R_RANK] = rank
        m[server + words.R_AFTER] = after
        m[server + words.R_KEEP] = keep
    integers = {
        words.Q_NUMBER: q,
        words.Q_ALONE: _alone(queue),
        words.Q_PRIORITY: queue.priority,
        words.Q_PROMOTE_AFTER: _ticks(queue.promote_after_s),
        words.Q_PROMOTED: queue.promoted_priority,
        words.Q_WITHIN: _ticks(queue.answer_within_s),
        words.Q_DEADLINE: _ticks(queue.deadline_s),
        words.Q_BRIEF: _ticks(queue.short_abandon_s),
        words.Q_CLOCK: at.clocks[q] if len(plan.clocks[q]) else -1,
        words.Q_FACTORS: at.factors[q] if len(plan.factors[q]) else -1,
        words.Q_LOOPS: queue.loop is not None,
        words.Q_MOST_ATTEMPTS: loop.most_attempts,
        words.Q_CURVE: at.curves[q],
        words.Q_CURVE_ENDS: at.curves[q] + points,
        words.Q_CALLBACK: callback is not None,
        words.Q_PASSES_TO: numbers[queue.transfer.to] if queue.transfer else -1,
        words.Q_LANE: at.lane + at.lanes.index((q, q)) * words.LANE_WORDS,
        words.Q_SERVERS: at.servers[q],
        words.Q_SERVERS_END: at.servers[q] + len(servers) * words.SERVER_WORDS,
        words.Q_COUNTS: at.queue_counts + q * rows * columns.QUEUE_COLUMNS,
        words.Q_BINS: at.bins + q * BINS * 2,
        words.Q_FATES: at.fates + q * columns.FATES,
        words.Q_RATES: at.rates + q * rows,
    }
    floats = {
        words.Q_COMES_BACK: loop.comes_back,
        words.Q_REDIALS: loop.redials,
        words.Q_MEAN: queue.handle.mean_s,
        words.Q_PASSES: queue.transfer.share if queue.transfer else 0.0,
    }
    if callback is not None:
        integers |= {
            words.Q_WINDOW: _ticks(callback.window_s),
            words.Q_RING: _ticks(callback.ring_s),
            words.Q_TRIES: callback.tries,
            words.Q_RETRY: _ticks(callback.retry_after_s),
        }
        floats |= {
            words.Q_OFFER_OVER: callback.offer_over_s,
            words.Q_ACCEPTS: callback.accepts,
            words.Q_ANSWERS: callback.answers,
        }
    for word, whole in integers.items():
        m[place + word] = whole
    for word, number in floats.items():
        f[place + word] = number


def _write_lanes(m: _Integers, model: Model, at: _Places) -> None:
    names = [queue.name for queue in model.queues]
    for i, (q, origin) in enumerate(at.lanes):
        lane = at.lane + i * words.LANE_WORDS
        overflow = model.queues[q].overflow
        onward = at.lanes.index((names.index(overflow.to), origin)) if overflow else -1
        m[lane + words.L_QUEUE] = at.queues + q * words.QUEUE_WORDS
        m[lane + words.HEAD] = m[lane + words.TAIL] = -1
        m[lane + words.L_TIMER] = -1
        m[lane + words.L_ONWARD] = at.lane + onward * words.LANE_WORDS if overflow else -1
    for i, timer in enumerate(at.timers):
        place = at.timer + i * words.TIMER_WORDS
        lane = at.lane + timer.lane * words.LANE_WORDS
        m[place + words.T_LANE] = lane
        m[place + words.T_AFTER] = timer.after
        m[place + words.T_POOL] = (
            at.pools + timer.pool * words.POOL_WORDS if timer.pool >= 0 else -1
        )
        m[place + words.T_CURSOR] = -1
        m[place + words.T_LEAF] = i
        m[place + words.T_NEXT] = m[lane + words.L_TIMER]
        m[lane + words.L_TIMER] = place


def _write_pool(m: _Integers, f: _Floats, model: Model, at: _Places, p: int, leaf: int) -> None:
    pool = model.pools[p]
    here, away = at.most[p]
    place = at.pools + p * words.POOL_WORDS
    agents = at.agents + leaf * words.AGENT_WORDS
    f[at.speeds[p] : at.speeds[p] + pool.chats] = pool.speed
    m[at.levels[p] : at.levels[p] + 2 * pool.chats] = -1
    # The agents with the lowest numbers begin first.
    spare = agents + words.AGENT_WORDS * np.arange(here)[::-1]
    m[at.spare[p] : at.spare[p] + here] = spare
    changes = at.changes[p].ravel()
    m[at.change[p] : at.change[p] + changes.size] = changes
    for i in range(here + away):
        agent = agents + i * words.AGENT_WORDS
        m[agent + words.A_POOL] = place
        m[agent + words.A_LEAF] = leaf + i
        m[agent + words.A_AWAY_FROM] = -1
        m[agent + words.A_CHATS] = at.chats[p] + i * pool.chats
    wants = _wants(model, pool, at.lanes)
    for i, (lane, rank, after, keep) in enumerate(wants):
        want = at.wants[p] + i * words.WANT_WORDS
        m[want + words.W_LANE] = at.lane + lane * words.LANE_WORDS
        m[want + words.W_RANK] = rank
        m[want + words.W_AFTER] = after
        m[want + words.W_KEEP] = keep
    integers = {
        words.P_NUMBER: p,
        words.P_CHATS: pool.chats,
        words.P_SPEEDS: at.speeds[p],
        words.P_LEVELS: at.levels[p],
        words.P_AGENTS: agents,
        words.P_AWAY: agents + here * words.AGENT_WORDS,
        words.P_AWAY_END: agents + (here + away) * words.AGENT_WORDS,
        words.P_SPARE: at.spare[p],
        words.P_SPARES: here,
        words.P_CHANGE: at.change[p],
        words.P_WANTS: at.wants[p],
        words.P_WANTS_END: at.wants[p] + len(wants) * words.WANT_WORDS,
        words.P_COUNTS: at.pool_counts + p * model.intervals * columns.POOL_COLUMNS,
    }
    for word, whole in integers.items():
        m[place + word] = whole


def _lanes(model: Model) -> list[tuple[int, int]]:
    """Each queue with each queue whose customers can overflow to it, itself among them."""
    names = [queue.name for queue in model.queues]
    found = []
    for origin in range(len(model.queues)):
        q: int | None = origin
        while q is not None:
            found.append((q, origin))
            overflow = model.queues[q].overflow
            q = names.index(overflow.to) if overflow else None
    return sorted(found)


def _timers(model: Model, lanes: list[tuple[int, int]]) -> list[_Timer]:
    """What happens after a wait: first pools that may help out, then overflows."""
    helps = [
        _Timer(lane=i, after=_ticks(route.after_s), pool=p)
        for (i, (q, _)), (p, pool) in itertools.product(enumerate(lanes), enumerate(model.pools))
        for route in pool.routes
        if route.queue == model.queues[q].name and route.after_s > 0
    ]
    overflows = [
        _Timer(lane=i, after=_ticks(overflow.after_s), pool=-1)
        for i, (q, _) in enumerate(lanes)
        if (overflow := model.queues[q].overflow) is not None
    ]
    return helps + overflows


def _servers(model: Model, q: int) -> list[tuple[int, int, int, int]]:
    """Rank, number, wait and reserve of the pools that serve a queue, in this order."""
    return sorted(
        (route.rank, p, _ticks(route.after_s), route.keep_free)
        for p, pool in enumerate(model.pools)
        for route in pool.routes
        if route.queue == model.queues[q].name
    )


def _wants(
    model: Model, pool: Pool, lanes: list[tuple[int, int]]
) -> list[tuple[int, int, int, int]]:
    """Lane, rank, wait and reserve of all lanes that a pool serves, in the order of lanes."""
    return [
        (i, route.rank, _ticks(route.after_s), route.keep_free)
        for i, (q, _) in enumerate(lanes)
        for route in pool.routes
        if route.queue == model.queues[q].name
    ]


def _loop(queue: Queue) -> Loop:
    return queue.loop or _NO_LOOP


def _alone(queue: Queue) -> bool:
    """Whether a contact of this queue takes the whole agent."""
    return queue.channel not in {"chat", "messaging"}


def _returns(queue: Queue) -> bool:
    """Whether this queue's customers can be due again later."""
    return any(each is not None for each in (queue.loop, queue.transfer, queue.callback))


def _ticks(seconds: float | None) -> int:
    return NEVER if seconds is None else round(seconds * TICKS)


def _tree(leaves: int) -> _Integers:
    """A tree of winners over so many leaves or more, all of them never."""
    size = 1 << max(leaves - 1, 0).bit_length()
    return np.full(2 * size, NEVER, dtype=np.int64)


def _settle_all(tree: _Integers) -> None:
    """Find all winners anew."""
    half = len(tree) // 2
    while half > 1:
        leaves = tree[half : 2 * half]
        half //= 2
        tree[half : 2 * half] = np.minimum(leaves[0::2], leaves[1::2])


def _calendar(rates: _Floats, queues: tuple[Queue, ...]) -> tuple[int, _Integers]:
    """The logarithm of a day's ticks, and the ring of days: long enough for most delays."""
    delays = [0.0]
    for queue in queues:
        if queue.loop is not None:
            delays += [queue.loop.recontact_after.mean_s, queue.loop.redial_after.mean_s]
        if queue.transfer is not None:
            delays.append(queue.handle.mean_s)
        if queue.callback is not None:
            delays.append(queue.callback.retry_after_s)
    busiest = float(rates.max(axis=1).sum())
    longest = 2.0 * TICKS * max(delays)
    if busiest <= 0 or longest <= 0:
        return 40, np.full(1, -1, dtype=np.int64)
    day = max(_DAY_HOLDS / busiest, longest / _RING[1])
    shift = round(min(max(math.log2(day), 10), 40))
    size = 1 << math.ceil(math.log2(min(max(longest / (1 << shift), _RING[0]), _RING[1])))
    return shift, np.full(size, -1, dtype=np.int64)
