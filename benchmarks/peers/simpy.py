"""SimPy: a process for each caller, as its manual has it, and as lean as it can be made."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import simpy

from benchmarks.peers import AGENTS, GAP_S, HANDLE_S, PATIENCE_S, WITHIN_S, Ended

__all__ = ["WAYS"]


def callers(calls: int, seed: int) -> Ended:
    """Every caller is a process that asks for an agent, or hangs up when patience ends.

    The bank of SimPy's manual, and quicker than that in two things: whoever finds an agent free
    does not set a timer, and nobody enters and leaves a context.
    """
    environment = simpy.Environment()
    agents = simpy.Resource(environment, AGENTS)
    draw = random.Random(seed).expovariate
    answered = gave_up = in_time = 0

    def caller() -> Iterator[Any]:
        nonlocal answered, gave_up, in_time
        came = environment.now
        turn = agents.request()
        if not turn.triggered:
            yield turn | environment.timeout(draw(1 / PATIENCE_S))
            if not turn.triggered:
                turn.cancel()
                gave_up += 1
                return
        answered += 1
        in_time += environment.now - came <= WITHIN_S
        yield environment.timeout(draw(1 / HANDLE_S))
        agents.release(turn)

    def arrivals() -> Iterator[Any]:
        for _ in range(calls):
            yield environment.timeout(draw(1 / GAP_S))
            environment.process(caller())

    environment.process(arrivals())
    environment.run()
    return Ended(answered=answered, gave_up=gave_up, in_time=in_time)


def events(calls: int, seed: int) -> Ended:
    """No resource and no process a caller: only the calendar of events is SimPy's.

    Patience is drawn when an agent is free, which is exact where the first come is served first.
    """
    environment = simpy.Environment()
    line: deque[float] = deque()
    draw = random.Random(seed).expovariate
    free = AGENTS
    answered = gave_up = in_time = 0

    def serve() -> None:
        environment.timeout(draw(1 / HANDLE_S)).callbacks.append(ended)

    def ended(_: Any) -> None:
        nonlocal free, answered, gave_up, in_time
        while line:
            wait = environment.now - line.popleft()
            if draw(1 / PATIENCE_S) < wait:
                gave_up += 1
                continue
            answered += 1
            in_time += wait <= WITHIN_S
            serve()
            return
        free += 1

    def arrivals() -> Iterator[Any]:
        nonlocal free, answered, in_time
        for _ in range(calls):
            yield environment.timeout(draw(1 / GAP_S))
            if free:
                free -= 1
                answered += 1
                in_time += 1
                serve()
            else:
                line.append(environment.now)

    environment.process(arrivals())
    environment.run()
    return Ended(answered=answered, gave_up=gave_up, in_time=in_time)


WAYS: dict[str, Callable[[int, int], Ended]] = {"callers": callers, "events": events}
