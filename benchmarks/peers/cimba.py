"""cimba: models that Numba compiles, on an engine in C; by the caller, and by bare events."""

from __future__ import annotations

from collections.abc import Callable

import cimba as cb

from benchmarks.peers import AGENTS, GAP_S, HANDLE_S, PATIENCE_S, WITHIN_S, Ended

__all__ = ["WAYS"]

HALF_HOUR_S = 1800.0
RING = 1 << 12
"""More callers than ever wait."""


class Caller(cb.Model):
    """A process: asks for an agent and, where none is free, sets a timer for its patience."""

    office: cb.Ref[Office]

    @cb.process
    def call(self) -> None:
        office = self.office
        came = cb.now()
        if office.agents.available() > 0:
            office.agents.acquire()
        else:
            me = cb.this_process()
            me.timer_set(cb.random.exponential(PATIENCE_S), 1)
            if office.agents.acquire() != 0:
                office.gave_up += 1
                cb.release(self)
            me.timers_clear()
        office.answered += 1
        if cb.now() - came <= WITHIN_S:
            office.in_time += 1
        cb.hold(cb.random.exponential(HANDLE_S))
        office.agents.release()
        cb.release(self)


class Office(cb.Model):
    """Callers as processes, as cimba's manual has its visitors and ships."""

    agents: cb.Resource = cb.Resource(capacity=AGENTS)
    answered: int = 0
    gave_up: int = 0
    in_time: int = 0
    all_answered: cb.Output[float]
    all_gave_up: cb.Output[float]
    all_in_time: cb.Output[float]

    @cb.process
    def arrivals(self) -> None:
        while True:
            cb.hold(cb.random.exponential(GAP_S))
            cb.spawn(Caller, office=self)

    @cb.on_end
    def add_up(self) -> None:
        self.all_answered = float(self.answered)
        self.all_gave_up = float(self.gave_up)
        self.all_in_time = float(self.in_time)


class Calendar(cb.Model):
    """No process and no resource: only the calendar and the random numbers are cimba's.

    The rest is a program by hand with what Andon's engine knows: the first come is served first,
    so patience can be drawn when an agent is free. It counts what Andon counts, in short: calls by
    half-hour (came, in time, gave up), and a histogram of waits by the second.
    """

    until_s: cb.Param[float] = 0.0
    came_s: cb.Array[float] = cb.Array(RING)
    half_hours: cb.Array[int] = cb.Array(8)
    waits: cb.Array[int] = cb.Array(2 * RING)
    first: int = 0
    last: int = 0
    free: int = AGENTS
    all_answered: cb.Output[float]
    all_gave_up: cb.Output[float]
    all_in_time: cb.Output[float]

    @cb.on_start
    def begin(self) -> None:
        cb.schedule(self.call, cb.random.exponential(GAP_S))

    @cb.event
    def call(self) -> None:
        now = cb.now()
        if now >= self.until_s:
            return
        cb.schedule(self.call, cb.random.exponential(GAP_S))
        row = 4 * int(now / HALF_HOUR_S)
        self.half_hours[row] += 1
        if self.free > 0:
            self.free -= 1
            self.half_hours[row + 1] += 1
            self.waits[0] += 1
            cb.schedule(self.ended, cb.random.exponential(HANDLE_S))
        else:
            self.came_s[self.last & (RING - 1)] = now
            self.last += 1

    @cb.event
    def ended(self) -> None:
        now = cb.now()
        while self.first < self.last:
            came = self.came_s[self.first & (RING - 1)]
            self.first += 1
            wait = now - came
            row = 4 * int(came / HALF_HOUR_S)
            patience = cb.random.exponential(PATIENCE_S)
            if patience < wait:
                self.half_hours[row + 2] += 1
                self.waits[RING + int(patience)] += 1
            else:
                if wait <= WITHIN_S:
                    self.half_hours[row + 1] += 1
                self.waits[int(wait)] += 1
                cb.schedule(self.ended, cb.random.exponential(HANDLE_S))
                return
        self.free += 1

    @cb.on_end
    def add_up(self) -> None:
        came = 0
        in_time = 0
        gave_up = 0
        for row in range(0, len(self.half_hours), 4):
            came += self.half_hours[row]
            in_time += self.half_hours[row + 1]
            gave_up += self.half_hours[row + 2]
        self.all_answered = float(came - gave_up)
        self.all_gave_up = float(gave_up)
        self.all_in_time = float(in_time)


def callers(calls: int, seed: int) -> Ended:
    return _run(Office(), calls, seed)


def events(calls: int, seed: int) -> Ended:
    office = Calendar()
    office.until_s = calls * GAP_S
    office.half_hours = cb.Array(4 * (int(calls * GAP_S / HALF_HOUR_S) + 1))
    return _run(office, calls, seed)


def _run(office: Office | Calendar, calls: int, seed: int) -> Ended:
    window = cb.Window(duration=calls * GAP_S)
    results = cb.Experiment(office, window=window, seed=seed).run(workers=1)
    if results.failed.any():
        raise RuntimeError(str(results.failure_reasons))
    found = results[office]
    return Ended(
        answered=int(found.all_answered[0, 0]),
        gave_up=int(found.all_gave_up[0, 0]),
        in_time=int(found.all_in_time[0, 0]),
    )


WAYS: dict[str, Callable[[int, int], Ended]] = {"callers": callers, "events": events}
