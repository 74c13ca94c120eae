"""A model run as one would do it by hand: look at everything, do what comes first, look again.

It states the rules of the general engine a second time, with lists and plain objects, and without
any of its shortcuts: nothing is known before it happens, nothing is kept in order that could be
sorted when it is needed. Only the random numbers and the laws are the engine's own.

At one tick, things happen in this order: staffing changes, contacts end, pools with somebody free
take from the queues, contacts overflow, patience runs out, fresh customers come, others come back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels import columns as c
from andon.queueing._kernels import streams
from andon.queueing._kernels.laws import NEVER, TICKS, duration, minus_log
from andon.queueing.simulator.model import Queue
from andon.queueing.simulator.plan import (
    HANDLE,
    LAWS,
    PATIENCE,
    RECONTACT,
    REDIAL,
    REDIAL_PATIENCE,
    Plan,
)
from andon.queueing.simulator.raw import BINS, Raw

__all__ = ["simulate"]

BLOCK = 1024
Happening = tuple[tuple[int, ...], Callable[[], None]]
"""When (tick, order within the tick, and who first), and what."""


@dataclass(kw_only=True, eq=False)
class Contact:
    """One customer's attempt, in one queue."""

    first: int
    customer: int
    attempt: int
    kind: int
    queue: int
    arrived: int
    since: int
    origin: int
    handle: int
    gives_up: int
    offered: bool = False
    calls: int | None = None
    called_in_window: bool = False
    entered_line: int = 0
    pool: int = -1
    agent: int = -1
    began: int | None = None
    ring_ends: int | None = None
    work_at_end: float = 0.0


@dataclass(kw_only=True, eq=False)
class Agent:
    """Somebody who works; ``number`` is theirs while they are on duty."""

    pool: int
    number: int
    duty: str = "here"
    since: int = 0
    in_hand: list[Contact] = field(default_factory=list)
    alone: bool = False
    ends: int = NEVER
    clock: int = 0
    work: float = 0.0
    busy_from: int = 0
    away_from: int = 0
    away_order: int = 0


@dataclass(frozen=True, kw_only=True)
class Line:
    """What became of a contact in a queue."""

    contact: Contact
    kind: int
    queue: int
    arrived: int
    outcome: int
    left_queue: int
    left: int
    after: int
    handled: int
    offered: bool
    accepted: bool
    called_in_window: bool


def simulate(plan: Plan, *, seed: int, replication: int, count_from: int = 0) -> Raw:
    """All that happens before the horizon, told as the engines tell it."""
    hand = _ByHand(plan, seed, replication)
    hand.run()
    return hand.told(count_from)


class _ByHand:
    def __init__(self, plan: Plan, seed: int, replication: int) -> None:
        self.plan, self.seed, self.replication = plan, seed, replication
        self.queues, self.pools = plan.model.queues, plan.model.pools
        self.numbers = {queue.name: q for q, queue in enumerate(self.queues)}
        self.horizon = plan.horizon
        self.now = 0
        self.waiting: list[Contact] = []
        self.agents: list[Agent] = []
        self.returns: list[tuple[int, Contact, int, int]] = []
        horizon_s = plan.model.horizon_s
        self.changes = [p.schedule.in_ticks(horizon_s).tolist()[:-1] for p in self.pools]
        self.given_back: list[list[int]] = [[] for _ in self.pools]
        self.highest = [-1] * len(self.pools)
        self.entries = self.pauses = 0
        rates = plan.rates_of(seed, replication)
        self.fresh = [self._fresh_times(q, rates[q]) for q in range(len(self.queues))]
        self.next_fresh = [next(times) for times in self.fresh]
        self.came = [0] * len(self.queues)
        self.lines: list[Line] = []
        self.fates = np.zeros((len(self.queues), c.FATES), dtype=np.int64)
        self.spans: list[tuple[int, int, int, int]] = []

    # ------------------------------------------------------------ chance

    def _uniforms(self, purpose: int, contact: Contact) -> tuple[float, float]:
        who = contact.customer
        if contact.queue != contact.first:
            who += (contact.first + 1) * 2**48
        return streams.uniforms(
            self.seed, self.replication, purpose, contact.queue, contact.attempt, who
        )

    def _lasts(self, contact: Contact, law: int, u: float) -> int:
        laws, i = self.plan.laws, LAWS * contact.queue + law
        kind, (a, b), (begin, end) = laws.kinds[i], laws.numbers[i], laws.spans[i]
        return int(duration(u, int(kind), a, b, int(begin), int(end), laws.at_s, laws.share))

    def _factor(self, contact: Contact) -> float:
        """By how much handle times differ in the interval in which the contact came."""
        factors = self.queues[contact.queue].handle_factors
        row = contact.arrived // self.plan.interval
        return factors[row % len(factors)] if factors else 1.0

    def _handle(self, contact: Contact, u: float) -> int:
        lasts = self._lasts(contact, HANDLE, u)
        if not self.queues[contact.queue].handle_factors or lasts == NEVER:
            return lasts
        return int(lasts * self._factor(contact) + 0.5)

    def _fresh_times(self, q: int, rates: npt.NDArray[np.float64]) -> Iterator[int]:
        """Arrivals are a Poisson stream of rate 1 in the work that the rates do."""
        interval, row, spent, customer = self.plan.interval, 0, 0.0, 0
        while True:
            block, place = divmod(customer, BLOCK)
            pair = block * BLOCK // 2 + place % (BLOCK // 2)
            both = streams.uniforms(self.seed, self.replication, streams.ARRIVAL, q, 0, pair)
            spent += minus_log(both[place // (BLOCK // 2)])
            while row < len(rates) and spent >= rates[row] * interval:
                spent -= rates[row] * interval
                row += 1
            if row == len(rates):
                break
            yield row * interval + int(spent / rates[row])
            customer += 1
        while True:
            yield NEVER

    # ------------------------------------------------------------ what comes next

    def run(self) -> None:
        """Do what comes first, until the horizon."""
        while True:
            when, happen = min(self._upcoming(), key=lambda each: each[0])
            if when[0] >= self.horizon:
                break
            self.now = when[0]
            happen()
        self._close()

    def _upcoming(self) -> Iterator[Happening]:
        yield (self.horizon, 9), _nothing
        for p, changes in enumerate(self.changes):
            if changes:
                yield (changes[0][0], 0, p), partial(self._change_staff, p)
        for agent in self.agents:
            if agent.in_hand:
                yield (agent.ends, 1, agent.pool, agent.number), partial(self._end, agent)
        for p in range(len(self.pools)):
            free = self._first_free(p)
            best = self._best(p, free) if free else None
            if free and best:
                yield (self.now, 2, p), partial(self._take, free, best)
        for contact in self.waiting:
            yield from self._while_waiting(contact)
        for q, time in enumerate(self.next_fresh):
            yield (time, 6, q), partial(self._fresh, q)
        for one in self.returns:
            time, contact, _, _ = one
            who = (contact.first, contact.customer, contact.attempt)
            yield (time, 7, *who), partial(self._come_back, one)

    def _while_waiting(self, contact: Contact) -> Iterator[Happening]:
        queue = self.queues[contact.queue]
        for pool in self.pools:
            for route in pool.routes:
                helps = contact.since + _ticks(route.after_s)
                if route.queue == queue.name and helps > self.now:
                    # Nothing happens but that a pool looks again.
                    yield (helps, 1, len(self.pools)), _nothing
        if queue.overflow is not None and contact.calls is None:
            time = max(self.now, contact.since + _ticks(queue.overflow.after_s))
            place = (contact.queue, contact.origin, contact.since, contact.entered_line)
            yield (time, 4, *place), partial(self._overflow, contact)
        yield (contact.gives_up, 5, contact.entered_line), partial(self._give_up, contact)

    # ------------------------------------------------------------ who serves whom

    def _first_free(self, p: int) -> Agent | None:
        """The least in hand, and so for longest."""
        free = [
            agent
            for agent in self.agents
            if agent.pool == p
            and agent.duty == "here"
            and not agent.alone
            and len(agent.in_hand) < self.pools[p].chats
        ]
        return min(free, key=lambda a: (len(a.in_hand), a.since, a.number), default=None)

    def _may(self, p: int, agent: Agent, contact: Contact) -> int | None:
        """The rank at which this agent may take this contact now."""
        queue = self.queues[contact.queue]
        if agent.in_hand and _takes_all(queue):
            return None
        for route in self.pools[p].routes:
            if route.queue == queue.name:
                waited = self.now - contact.since
                there = [a for a in self.agents if a.pool == p and a.duty == "here"]
                free = sum(1 for a in there if not a.in_hand)
                if route.keep_free and free <= min(route.keep_free, len(there) - 1):
                    return None
                return route.rank if waited >= _ticks(route.after_s) else None
        return None

    def _best(self, p: int, agent: Agent) -> Contact | None:
        """The higher priority, the lower rank, the longer wait, the lower queue, who was first."""
        found = []
        for contact in self.waiting:
            rank = self._may(p, agent, contact)
            if rank is None:
                continue
            queue = self.queues[contact.queue]
            priority = queue.priority
            promotes = queue.promote_after_s
            if promotes is not None and self.now - contact.since >= _ticks(promotes):
                priority = queue.promoted_priority
            place = (contact.queue, contact.origin, contact.entered_line)
            found.append(((-priority, rank, contact.since, *place), contact))
        return min(found, key=lambda each: each[0])[1] if found else None

    def _seek(self, contact: Contact) -> None:
        """Go to the pool of the lowest rank that has somebody, or wait."""
        found = []
        for p in range(len(self.pools)):
            agent = self._first_free(p)
            rank = self._may(p, agent, contact) if agent else None
            if agent and rank is not None:
                found.append(((rank, len(agent.in_hand), agent.since, p), agent))
        if found:
            self._begin(min(found, key=lambda each: each[0])[1], contact)
            return
        if contact.calls is None:
            self._offer_callback(contact)
        contact.entered_line = self.entries
        self.entries += 1
        self.waiting.append(contact)

    def _take(self, agent: Agent, contact: Contact) -> None:
        self.waiting.remove(contact)
        self._begin(agent, contact)

    # ------------------------------------------------------------ customers come

    def _fresh(self, q: int) -> None:
        customer = self.came[q]
        self.came[q] += 1
        self.next_fresh[q] = next(self.fresh[q])
        self.fates[q, c.CUSTOMERS] += 1
        self._arrive(q, customer, 0, c.FRESH, q)

    def _arrive(self, first: int, customer: int, attempt: int, kind: int, q: int) -> None:
        contact = Contact(
            first=first,
            customer=customer,
            attempt=attempt,
            kind=kind,
            queue=q,
            arrived=self.now,
            since=self.now,
            origin=q,
            handle=0,
            gives_up=0,
        )
        u, v = self._uniforms(streams.CONTACT, contact)
        contact.handle = self._handle(contact, u)
        law = REDIAL_PATIENCE if kind == c.REDIAL else PATIENCE
        contact.gives_up = self.now + self._lasts(contact, law, v)
        self._seek(contact)

    def _come_back(self, one: tuple[int, Contact, int, int]) -> None:
        self.returns.remove(one)
        _, contact, kind, q = one
        if kind < 0:
            self._seek(contact)
        else:
            attempt = contact.attempt + (kind != c.PASSED_IN)
            self._arrive(contact.first, contact.customer, attempt, kind, q)

    def _offer_callback(self, contact: Contact) -> None:
        queue = self.queues[contact.queue]
        offer = queue.callback
        if offer is None:
            return
        serve = [any(r.queue == queue.name for r in pool.routes) for pool in self.pools]
        on_duty = sum(agent.duty == "here" and serve[agent.pool] for agent in self.agents)
        before = sum(1 for each in self.waiting if each.queue == contact.queue)
        expected_s = (
            before * (queue.handle.mean_s * self._factor(contact)) / on_duty
            if on_duty
            else math.inf
        )
        if expected_s <= offer.offer_over_s:
            return
        contact.offered = True
        u, _ = self._uniforms(streams.CALLBACK, contact)
        if u < offer.accepts:
            contact.calls = 0
            contact.gives_up = NEVER

    # ------------------------------------------------------------ service

    def _begin(self, agent: Agent, contact: Contact) -> None:
        queue, pool = self.queues[contact.queue], self.pools[agent.pool]
        lasts = contact.handle
        contact.ring_ends = None
        if contact.calls is not None and queue.callback is not None:
            contact.calls += 1
            if contact.calls == 1:
                promised = contact.arrived + _ticks(queue.callback.window_s)
                contact.called_in_window = self.now <= promised
            _, v = self._uniforms(streams.CALLBACK, contact)
            in_vain = 1.0
            for _ in range(contact.calls):
                in_vain *= 1.0 - queue.callback.answers
            if v >= 1.0 - in_vain:
                lasts = _ticks(queue.callback.ring_s)
                contact.ring_ends = self.now + lasts
        if contact.ring_ends is None:
            contact.began = self.now
            contact.pool, contact.agent = agent.pool, agent.number
        if pool.chats > 1 and not _takes_all(queue):
            self._work_on(agent)
            contact.work_at_end = agent.work + contact.handle
            agent.in_hand.append(contact)
            self._next_end(agent)
        else:
            agent.alone = True
            agent.in_hand = [contact]
            agent.busy_from = self.now
            agent.ends = self.now + lasts
        agent.since = self.now

    def _work_on(self, agent: Agent) -> None:
        """All chats in one hand advance at the speed of their number."""
        if agent.in_hand:
            speed = self.pools[agent.pool].speed[len(agent.in_hand) - 1]
            agent.work += speed * (self.now - agent.clock)
        else:
            agent.work = 0.0
            agent.busy_from = self.now
        agent.clock = self.now

    def _next_end(self, agent: Agent) -> None:
        if agent.in_hand:
            speed = self.pools[agent.pool].speed[len(agent.in_hand) - 1]
            left = min(chat.work_at_end for chat in agent.in_hand) - agent.work
            agent.ends = agent.clock + int(max(left, 0.0) / speed + 0.5)

    def _end(self, agent: Agent) -> None:
        if agent.alone:
            contact = agent.in_hand.pop()
            agent.alone = False
        else:
            self._work_on(agent)
            contact = min(agent.in_hand, key=lambda chat: chat.work_at_end)
            agent.in_hand.remove(contact)
            self._next_end(agent)
        agent.since = self.now
        self.spans.append((c.IN_HAND, agent.pool, self._held_from(contact), self.now))
        if not agent.in_hand:
            self.spans.append((c.BUSY, agent.pool, agent.busy_from, self.now))
            if agent.duty != "here":
                self.spans.append((c.OVERTIME, agent.pool, agent.away_from, self.now))
            if agent.duty == "gone":
                self.agents.remove(agent)
        if contact.ring_ends is None:
            self._served(contact)
        else:
            self._not_reached(contact)

    def _held_from(self, contact: Contact) -> int:
        if contact.ring_ends is None:
            assert contact.began is not None
            return contact.began
        callback = self.queues[contact.queue].callback
        assert callback is not None
        return contact.ring_ends - _ticks(callback.ring_s)

    def _not_reached(self, contact: Contact) -> None:
        callback = self.queues[contact.queue].callback
        assert callback is not None
        assert contact.calls is not None
        if contact.calls == callback.tries:
            self.fates[contact.first, c.UNREACHED] += 1
            self._tell(contact, c.MISSED, self.now, self.now, c.UNREACHED)
        else:
            contact.ring_ends = None
            self._return(self.now + _ticks(callback.retry_after_s), contact, -1, contact.queue)

    def _served(self, contact: Contact) -> None:
        queue = self.queues[contact.queue]
        assert contact.began is not None
        after = c.SETTLED
        if queue.transfer is not None:
            u, _ = self._uniforms(streams.TRANSFER, contact)
            if u < queue.transfer.share:
                to = self.numbers[queue.transfer.to]
                self._tell(contact, c.ANSWERED, contact.began, self.now, c.HANDED_ON)
                self._return(self.now, contact, c.PASSED_IN, to)
                return
        loop = queue.loop
        if loop is not None:
            u, v = self._uniforms(streams.SERVED, contact)
            p = _straight(contact.handle / TICKS, loop.resolves.handle_s, loop.resolves.share)
            if u >= p:
                after = c.GONE_QUIETLY
                if u - p < loop.comes_back * (1.0 - p):
                    after = c.OUT_OF_ATTEMPTS
                    if contact.attempt + 1 < loop.most_attempts:
                        after = c.COMING_BACK
                        due = self._due(self._lasts(contact, RECONTACT, v), loop.recontact_clock)
                        self._return(due, contact, c.RECONTACT, contact.first)
        if after != c.COMING_BACK:
            self.fates[contact.first, after] += 1
        self._tell(contact, c.ANSWERED, contact.began, self.now, after)

    def _due(self, delay: int, speeds: tuple[float, ...]) -> int:
        """When so much has passed from now on, on a clock that goes at these speeds."""
        if not speeds:
            return self.now + delay
        interval, shown = self.plan.interval, [0.0]
        for row in range(self.horizon // interval):
            ticks = speeds[row % len(speeds)] * self.plan.model.interval_s * TICKS
            shown.append(shown[-1] + ticks)
        row, inside = divmod(self.now, interval)
        until = shown[row] + inside * ((shown[row + 1] - shown[row]) / interval) + float(delay)
        if delay == NEVER or until >= shown[-1]:
            return NEVER
        row = max(i for i in range(len(shown)) if shown[i] <= until)
        part = (until - shown[row]) / (shown[row + 1] - shown[row])
        return max(self.now, row * interval + int(part * interval))

    # ------------------------------------------------------------ leaving a queue otherwise

    def _give_up(self, contact: Contact) -> None:
        self.waiting.remove(contact)
        loop = self.queues[contact.queue].loop
        after = c.GAVE_UP_FOR_GOOD
        if loop is not None:
            u, v = self._uniforms(streams.LEAVING, contact)
            if u < loop.redials:
                after = c.OUT_OF_ATTEMPTS
                if contact.attempt + 1 < loop.most_attempts:
                    after = c.COMING_BACK
                    due = self.now + self._lasts(contact, REDIAL, v)
                    self._return(due, contact, c.REDIAL, contact.first)
        if after != c.COMING_BACK:
            self.fates[contact.first, after] += 1
        self._tell(contact, c.GAVE_UP, self.now, self.now, after)

    def _overflow(self, contact: Contact) -> None:
        overflow = self.queues[contact.queue].overflow
        assert overflow is not None
        self.waiting.remove(contact)
        self._tell(contact, c.PASSED_ON, self.now, self.now, c.HANDED_ON)
        contact.queue = self.numbers[overflow.to]
        contact.kind, contact.arrived, contact.offered = c.PASSED_IN, self.now, False
        u, _ = self._uniforms(streams.CONTACT, contact)
        contact.handle = self._handle(contact, u)
        self._seek(contact)

    def _return(self, due: int, contact: Contact, kind: int, q: int) -> None:
        """Note that somebody is due; who is due after the horizon is coming back still."""
        if due < self.horizon:
            self.returns.append((due, contact, kind, q))
        elif kind < 0:
            self.fates[contact.first, c.WAITING] += 1
            self._tell(contact, c.STILL, self.horizon, -1, c.WAITING)
        else:
            self.fates[contact.first, c.COMING_BACK] += 1

    # ------------------------------------------------------------ staffing

    def _change_staff(self, p: int) -> None:
        _, leave, pause, back, join = self.changes[p].pop(0)
        for i in range(leave + pause):
            here = [a for a in self.agents if a.pool == p and a.duty == "here"]
            agent = min(here, key=lambda a: (*self._load(a), a.number))
            self.given_back[p].append(agent.number)
            agent.away_from = self.now
            if i >= leave:
                agent.duty, agent.away_order = "away", self.pauses
                self.pauses += 1
            elif agent.in_hand:
                agent.duty = "gone"
            else:
                self.agents.remove(agent)
        for _ in range(back):
            away = [a for a in self.agents if a.pool == p and a.duty == "away"]
            agent = min(away, key=lambda a: (*self._load(a), a.away_order))
            if agent.in_hand:
                self.spans.append((c.OVERTIME, p, agent.away_from, self.now))
            agent.duty, agent.number, agent.since = "here", self._number(p), self.now
        for _ in range(join):
            self.agents.append(Agent(pool=p, number=self._number(p), since=self.now))

    def _load(self, agent: Agent) -> tuple[int, int]:
        """What is in hand, and since when nothing, or until when the next."""
        return len(agent.in_hand), agent.ends if agent.in_hand else agent.since

    def _number(self, p: int) -> int:
        """The number that was given back last, or a new one."""
        if self.given_back[p]:
            return self.given_back[p].pop()
        self.highest[p] += 1
        return self.highest[p]

    # ------------------------------------------------------------ the end, and what is told

    def _close(self) -> None:
        """Nothing happens at the horizon or later: tell who waits and who is served still."""
        for contact in self.waiting:
            self.fates[contact.first, c.WAITING] += 1
            self._tell(contact, c.STILL, self.horizon, -1, c.WAITING)
        for agent in self.agents:
            if agent.in_hand:
                self.spans.append((c.BUSY, agent.pool, agent.busy_from, self.horizon))
                if agent.duty != "here":
                    self.spans.append((c.OVERTIME, agent.pool, agent.away_from, self.horizon))
            for contact in agent.in_hand:
                begun = self._held_from(contact)
                self.spans.append((c.IN_HAND, agent.pool, begun, self.horizon))
                if contact.ring_ends is not None:
                    self.fates[contact.first, c.WAITING] += 1
                    self._tell(contact, c.STILL, self.horizon, -1, c.WAITING)
                else:
                    self.fates[contact.first, c.IN_SERVICE] += 1
                    left = agent.ends if agent.alone else self.horizon
                    self._tell(contact, c.ANSWERED, begun, left, c.IN_SERVICE)

    def _tell(self, contact: Contact, outcome: int, left_queue: int, left: int, after: int) -> None:
        handled = 0
        if outcome == c.ANSWERED:
            shared = self.pools[contact.pool].chats > 1
            shared = shared and not _takes_all(self.queues[contact.queue])
            handled = left - left_queue if shared else contact.handle
        self.lines.append(
            Line(
                contact=contact,
                kind=contact.kind,
                queue=contact.queue,
                arrived=contact.arrived,
                outcome=outcome,
                left_queue=left_queue,
                left=left,
                after=after,
                handled=handled,
                offered=contact.offered,
                accepted=contact.calls is not None,
                called_in_window=contact.called_in_window,
            )
        )

    def told(self, count_from: int) -> Raw:
        """The counts, made from what was told of each contact."""
        model, interval = self.plan.model, self.plan.interval
        rows = model.intervals
        queues = np.zeros((len(self.queues), rows, c.QUEUE_COLUMNS), dtype=np.int64)
        pools = np.zeros((len(self.pools), rows, c.POOL_COLUMNS), dtype=np.int64)
        waits = np.zeros((len(self.queues), BINS, 2), dtype=np.int64)
        for line in self.lines:
            self._count(line, queues[line.queue], waits[line.queue], count_from)
        for column, p, begin, end in self.spans:
            _spread(pools[p, :, column], begin, end, interval)
        for p, pool in enumerate(self.pools):
            on_duty = pool.schedule.on_duty_s(model.interval_s, rows)
            pools[p, :, c.STAFFED] = np.round(on_duty * TICKS).astype(np.int64)
        return Raw(queues=queues, pools=pools, waits=waits, fates=self.fates, trace=self._trace())

    def _count(
        self,
        line: Line,
        table: npt.NDArray[np.int64],
        waits: npt.NDArray[np.int64],
        count_from: int,
    ) -> None:
        queue = self.queues[line.queue]
        row = table[line.arrived // self.plan.interval]
        wait = line.left_queue - line.contact.since
        row[line.kind] += 1
        row[line.outcome] += 1
        row[c.DELAYED] += wait > 0
        row[c.HANDLED] += line.handled
        if line.left_queue < self.horizon:
            table[line.left_queue // self.plan.interval, c.DEPARTED] += 1
        _spread(table[:, c.QUEUE], line.arrived, line.left_queue, self.plan.interval)
        if line.outcome == c.ANSWERED:
            row[c.WAITED_ANSWERED] += wait
            row[c.IN_TIME] += wait <= _ticks(queue.answer_within_s)
            row[c.LATE] += queue.deadline_s is not None and wait > _ticks(queue.deadline_s)
            row[c.RESOLVED] += line.after == c.SETTLED
        elif line.outcome != c.PASSED_ON:
            row[c.WAITED_OTHER] += wait
            row[c.SHORT] += line.outcome == c.GAVE_UP and wait <= _ticks(queue.answer_within_s)
            row[c.BRIEF] += line.outcome == c.GAVE_UP and wait <= _ticks(queue.short_abandon_s)
        if line.outcome in {c.ANSWERED, c.GAVE_UP} and line.arrived >= count_from:
            waits[_bin(wait), int(line.outcome == c.GAVE_UP)] += 1
        row[c.OFFERED_CALLBACK] += line.offered
        row[c.ACCEPTED_CALLBACK] += line.accepted
        row[c.CALLED_IN_WINDOW] += line.called_in_window

    def _trace(self) -> npt.NDArray[np.int64]:
        rows = []
        for i, line in enumerate(self.lines):
            who = line.contact
            served, still = line.outcome == c.ANSWERED, line.outcome == c.STILL
            row = [0] * c.TRACE_COLUMNS
            row[c.CUSTOMER], row[c.ATTEMPT], row[c.KIND] = who.customer, who.attempt, line.kind
            row[c.QUEUE_OF], row[c.FIRST_QUEUE] = line.queue, who.first
            row[c.POOL_OF], row[c.AGENT] = (who.pool, who.agent) if served else (-1, -1)
            row[c.ARRIVED], row[c.OUTCOME], row[c.AFTER] = line.arrived, line.outcome, line.after
            row[c.LEFT_QUEUE], row[c.LEFT] = (-1, -1) if still else (line.left_queue, line.left)
            came = (line.arrived, line.kind != c.FRESH, who.first, who.customer, who.attempt, i)
            rows.append((came, row))
        rows.sort(key=lambda each: each[0])
        table = np.array([row for _, row in rows], dtype=np.int64)
        return table.reshape(len(rows), c.TRACE_COLUMNS)


def _nothing() -> None:
    """Only the clock moves on."""


def _ticks(seconds: float) -> int:
    return round(seconds * TICKS)


def _takes_all(queue: Queue) -> bool:
    return queue.channel not in {"chat", "messaging"}


def _straight(x: float, at: tuple[float, ...], share: tuple[float, ...]) -> float:
    if x <= at[0]:
        return share[0]
    for i in range(1, len(at)):
        if x < at[i]:
            slope = (share[i] - share[i - 1]) / (at[i] - at[i - 1])
            return share[i - 1] + slope * (x - at[i - 1])
    return share[-1]


def _spread(column: npt.NDArray[np.int64], begin: int, end: int, interval: int) -> None:
    """Add to each interval what of the time from ``begin`` to ``end`` lies in it."""
    for row in range(begin // interval, min(len(column), end // interval + 1)):
        inside = min(end, (row + 1) * interval) - max(begin, row * interval)
        column[row] += max(inside, 0)


def _bin(wait: int) -> int:
    """Bin 0 holds no wait; then 32 bins, equally wide, for each doubling from 1 tick on."""
    if wait == 0:
        return 0
    octave = wait.bit_length() - 1
    return 1 + 32 * octave + (wait - (1 << octave)) * 32 // (1 << octave)
