"""Who serves: lists of agents who may take more, and several chats at once.

An agent with room stands in the list of the pool for what is in hand: 0, 1, 2 chats. Each list is
in order of time, so that its first has been there longest.

Chats in one hand are served alike: while an agent has ``k``, each advances at the speed of ``k``.
So one clock of work is enough for all of an agent's chats (processor sharing: Kleinrock 1967,
https://doi.org/10.1145/321386.321388): a chat ends when as much work was done as stood on the clock
when it began and its own handle time together.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels.chains import put, take
from andon.queueing._kernels.compiled import lean_kernel
from andon.queueing._kernels.laws import NEVER
from andon.queueing._kernels.winners import settle
from andon.queueing._kernels.words import (
    A_BUSY_FROM,
    A_CHATS,
    A_CLOCK,
    A_IN_HAND,
    A_LEAF,
    A_POOL,
    A_SINCE,
    A_WORK,
    BEFORE,
    C_AGENT,
    C_HANDLE,
    C_QUEUE,
    C_SINCE,
    C_WORK,
    P_CHATS,
    P_FREE,
    P_LEVELS,
    P_ON_DUTY,
    P_RUSH,
    P_SPEEDS,
    Q_ALONE,
    Q_SERVERS,
    Q_SERVERS_END,
    R_AFTER,
    R_KEEP,
    R_POOL,
    R_RANK,
    S_BITS,
    S_LEAVES,
    S_RUSHING,
    SERVER_WORDS,
    TAIL,
)

__all__ = [
    "begin_chat",
    "end_chat",
    "few_free",
    "first_free",
    "free_for",
    "list_agent",
    "rush",
    "unlist_agent",
]

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]


@lean_kernel
def list_agent(m: _Integers, agent: int, now: int) -> None:
    """Put ``agent``, who has room from ``now`` on, into the list for what is in hand.

    Of those who come at the same time, the lower number stands first.
    """
    m[agent + A_SINCE] = now
    level = m[m[agent + A_POOL] + P_LEVELS] + 2 * m[agent + A_IN_HAND]
    before = m[level + TAIL]
    behind = -1
    while before > agent and m[before + A_SINCE] == now:
        before, behind = m[before + BEFORE], before
    put(m, level, agent, before, behind)
    if m[agent + A_IN_HAND] == 0:
        m[m[agent + A_POOL] + P_FREE] += 1


@lean_kernel
def unlist_agent(m: _Integers, agent: int) -> None:
    """Take ``agent`` out of the list, while as much is in hand as when they were put there."""
    take(m, m[m[agent + A_POOL] + P_LEVELS] + 2 * m[agent + A_IN_HAND], agent)
    if m[agent + A_IN_HAND] == 0:
        m[m[agent + A_POOL] + P_FREE] -= 1


@lean_kernel
def rush(m: _Integers, pool: int) -> None:
    """Note that somebody in ``pool`` may be able to take a contact that waits."""
    if m[pool + P_RUSH] == 0:
        m[pool + P_RUSH] = 1
        m[S_RUSHING] += 1


@lean_kernel
def few_free(m: _Integers, pool: int, keep: int) -> bool:
    """Whether no more in ``pool`` have nothing in hand than it keeps for others.

    One of those on duty is never kept.
    """
    return bool(keep > 0 and m[pool + P_FREE] <= min(keep, m[pool + P_ON_DUTY] - 1))


@lean_kernel
def first_free(m: _Integers, pool: int) -> int:
    """Who in ``pool`` may take more: the least in hand, and so for longest. -1 is nobody."""
    levels = m[pool + P_LEVELS]
    agent = m[levels]
    for chats in range(1, m[pool + P_CHATS]):
        if agent >= 0:
            break
        agent = m[levels + 2 * chats]
    return int(agent)


@lean_kernel
def free_for(m: _Integers, contact: int, now: int) -> int:
    """The agent who takes ``contact`` at once, or -1.

    From the pools of the lowest rank that has anybody: the least in hand, and so for longest, and
    of the lower pool.
    """
    queue = m[contact + C_QUEUE]
    waited = now - m[contact + C_SINCE]
    alone = m[queue + Q_ALONE] != 0
    found = -1
    found_rank = found_hand = found_since = 0
    for server in range(m[queue + Q_SERVERS], m[queue + Q_SERVERS_END], SERVER_WORDS):
        if found >= 0 and m[server + R_RANK] > found_rank:
            break
        if waited < m[server + R_AFTER] or few_free(m, m[server + R_POOL], m[server + R_KEEP]):
            continue
        agent = first_free(m, m[server + R_POOL])
        if agent < 0:
            continue
        hand, since = m[agent + A_IN_HAND], m[agent + A_SINCE]
        if alone and hand > 0:
            continue
        if found < 0 or hand < found_hand or (hand == found_hand and since < found_since):
            found, found_rank, found_hand, found_since = agent, m[server + R_RANK], hand, since
    return int(found)


@lean_kernel
def _first_to_end(m: _Integers, f: _Floats, agent: int) -> int:
    """The place of the chat in hand that ends first; of equals, the one that began first."""
    chats = m[agent + A_CHATS]
    first = chats
    for place in range(chats + 1, chats + m[agent + A_IN_HAND]):
        if f[m[place] + C_WORK] < f[m[first] + C_WORK]:
            first = place
    return int(first)


@lean_kernel
def _set_end(m: _Integers, f: _Floats, ends: _Integers, agent: int) -> None:
    """Find when the next of the agent's chats ends, as long as nothing changes."""
    leaf, bits = m[agent + A_LEAF], m[S_BITS]
    in_hand = m[agent + A_IN_HAND]
    if in_hand == 0:
        settle(ends, m[S_LEAVES] + leaf, NEVER)
        return
    end = NEVER >> bits
    speed = f[m[m[agent + A_POOL] + P_SPEEDS] + in_hand - 1]
    left = f[m[_first_to_end(m, f, agent)] + C_WORK] - f[agent + A_WORK]
    lasts = max(left, 0.0) / speed + 0.5
    if lasts < np.float64(end - m[agent + A_CLOCK]):
        end = m[agent + A_CLOCK] + np.int64(lasts)
    settle(ends, m[S_LEAVES] + leaf, (end << bits) | leaf)


@lean_kernel
def _advance(m: _Integers, f: _Floats, agent: int, now: int) -> None:
    """Note the work that each of the agent's chats has had until ``now``."""
    in_hand = m[agent + A_IN_HAND]
    if in_hand > 0:
        speed = f[m[m[agent + A_POOL] + P_SPEEDS] + in_hand - 1]
        f[agent + A_WORK] += speed * np.float64(now - m[agent + A_CLOCK])
    else:
        f[agent + A_WORK] = 0.0
        m[agent + A_BUSY_FROM] = now
    m[agent + A_CLOCK] = now


@lean_kernel
def begin_chat(
    m: _Integers, f: _Floats, ends: _Integers, agent: int, contact: int, now: int
) -> None:
    """Let ``agent`` take one more chat."""
    _advance(m, f, agent, now)
    m[m[agent + A_CHATS] + m[agent + A_IN_HAND]] = contact
    m[agent + A_IN_HAND] += 1
    m[contact + C_AGENT] = agent
    f[contact + C_WORK] = f[agent + A_WORK] + np.float64(m[contact + C_HANDLE])
    _set_end(m, f, ends, agent)


@lean_kernel
def end_chat(m: _Integers, f: _Floats, ends: _Integers, agent: int, now: int) -> int:
    """End the agent's first chat to end, and return it."""
    _advance(m, f, agent, now)
    place = _first_to_end(m, f, agent)
    contact = m[place]
    m[agent + A_IN_HAND] -= 1
    for after in range(place, m[agent + A_CHATS] + m[agent + A_IN_HAND]):
        m[after] = m[after + 1]
    _set_end(m, f, ends, agent)
    return int(contact)
