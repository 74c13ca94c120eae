"""Slow, plain twins of ``andon.queueing.chats``: chains solved as linear equations.

One chain spreads chats evenly at every moment; the other gives a new chat to the agent with the
fewest, and leaves it there. Both are solved for a line of bounded length.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

State = tuple[int, ...]
"""How many agents have 0, 1, ... chats; and last, how many customers wait."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chats:
    """What customers meet."""

    p_wait: float
    p_abandon: float
    mean_wait: float
    mean_handle: float
    resolved: float
    chats_per_busy_agent: float
    occupancy: float


def evenly(state: State) -> State:
    """The same chats, spread so that no agent has two more than another."""
    *levels, waiting = state
    agents, chats = sum(levels), sum(k * m for k, m in enumerate(levels))
    each, more = divmod(chats, agents)
    spread = [0] * len(levels)
    spread[each] += agents - more
    if more:
        spread[each + 1] += more
    return (*spread, waiting)


def as_it_is(state: State) -> State:
    """Nobody is moved."""
    return state


def moved(state: State, level: int, by: int) -> State:
    """One agent with ``level`` chats has ``by`` more now."""
    levels = list(state)
    levels[level] -= 1
    levels[level + by] += 1
    return tuple(levels)


def chain(
    *,
    lam: float,
    agents: int,
    speeds: Sequence[float],
    handle: float,
    theta: float,
    line: int,
    rule: Callable[[State], State],
    quality: Sequence[float] | None = None,
) -> Chats:
    """Every state, every rate between them, and what the stationary chances come to."""
    most = len(speeds)
    start: State = (agents, *[0] * most, 0)
    index: dict[State, int] = {start: 0}
    jumps: list[tuple[int, int, float]] = []
    todo = [start]
    while todo:
        state = todo.pop()
        levels, waiting = state[:-1], state[-1]
        goes: list[tuple[State, float]] = []
        lowest = next(k for k in range(most + 1) if levels[k])
        if lowest < most:
            goes.append((rule(moved(state, lowest, 1)), lam))
        elif waiting < line:
            goes.append(((*levels, waiting + 1), lam))
        for k in range(1, most + 1):
            if levels[k]:
                rate = levels[k] * k * speeds[k - 1] / handle
                after = (*levels, waiting - 1) if waiting else rule(moved(state, k, -1))
                goes.append((after, rate))
        if waiting and theta:
            goes.append(((*levels, waiting - 1), waiting * theta))
        for after, rate in goes:
            if after not in index:
                index[after] = len(index)
                todo.append(after)
            jumps.append((index[state], index[after], rate))
    flow = np.zeros((len(index), len(index)))
    for here, there, rate in jumps:
        flow[here, there] += rate
        flow[here, here] -= rate
    flow[:, 0] = 1.0
    chances = np.linalg.solve(flow.T, np.eye(len(index))[0])
    chance = {state: float(chances[i]) for state, i in index.items()}

    def mean(value: Callable[[State], float]) -> float:
        return sum(each * value(state) for state, each in chance.items())

    def done(state: State, share: Sequence[float] | None = None) -> float:
        return sum(
            state[k] * k * speeds[k - 1] / handle * (share[k - 1] if share else 1.0)
            for k in range(1, most + 1)
        )

    queue = mean(lambda state: float(state[-1]))
    chats = mean(lambda state: sum(k * state[k] for k in range(most + 1)))
    busy = mean(lambda state: agents - state[0])
    handled = mean(done)
    return Chats(
        p_wait=mean(lambda state: float(state[most] == agents)),
        p_abandon=theta * queue / lam,
        mean_wait=queue / lam,
        mean_handle=chats / handled,
        resolved=mean(lambda state: done(state, quality)) / handled,
        chats_per_busy_agent=chats / busy,
        occupancy=busy / agents,
    )


def simulated(
    *,
    lam: float,
    agents: int,
    speeds: Sequence[float],
    handle: float,
    theta: float,
    customers: int,
    within: float,
    seed: int,
) -> tuple[float, float, float]:
    """The shares that wait and that are answered in time, and the mean handle time.

    Event by event: a new chat goes to the agent with the fewest, and stays there; every chat's
    work is drawn, and shrinks at the speed of its agent.
    """
    rng = random.Random(seed)
    most = len(speeds)
    # Of every agent, its chats: work left (seconds alone) and when it began.
    desks: list[list[list[float]]] = [[] for _ in range(agents)]
    line: list[tuple[float, float]] = []  # came at, gives up at
    now, arrival = 0.0, rng.expovariate(lam)
    came, waited, in_time, handled = 0, 0, 0, 0
    spent = 0.0
    while came < customers:
        ends, where = arrival, -1
        for i, desk in enumerate(desks):
            if desk:
                end = now + min(chat[0] for chat in desk) / speeds[len(desk) - 1]
                if end < ends:
                    ends, where = end, i
        quits = min((each for _, each in line), default=ends)
        next_at = min(ends, quits)
        for desk in desks:
            for chat in desk:
                chat[0] -= (next_at - now) * speeds[len(desk) - 1]
        now = next_at
        if quits < ends:
            line = [each for each in line if each[1] > now]
            continue
        if where < 0:
            came += 1
            arrival = now + rng.expovariate(lam)
            desk = min(desks, key=len)
            if len(desk) < most:
                desk.append([rng.expovariate(1 / handle), now])
                in_time += 1
            else:
                waited += 1
                line.append((now, now + (rng.expovariate(theta) if theta else 1e300)))
        else:
            desk = desks[where]
            chat = min(desk)
            desk.remove(chat)
            handled += 1
            spent += now - chat[1]
            if line:
                begun, _ = line.pop(0)
                in_time += now - begun <= within
                desk.append([rng.expovariate(1 / handle), now])
    return waited / came, in_time / came, spent / handled
