"""Who comes and goes: the idle go first, then those with the fewest contacts in hand.

Of those who are equal in this, the one goes first who has been idle for longest, or whose next
contact ends first: an agent with one call is free when it ends. Nobody drops a contact. Who leaves
takes no more, and as no more will come, it is known at once when each chat in hand will end. Who is
on a break takes no more until it is over, and comes back with what is still in hand.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels.agents import end_chat, list_agent, rush, unlist_agent
from andon.queueing._kernels.columns import BUSY, OVERTIME, POOL_COLUMNS
from andon.queueing._kernels.compiled import lean_kernel
from andon.queueing._kernels.counts import spread
from andon.queueing._kernels.laws import NEVER
from andon.queueing._kernels.winners import settle
from andon.queueing._kernels.words import (
    A_ALONE,
    A_AWAY_FROM,
    A_BUSY_FROM,
    A_CHATS,
    A_CLOCK,
    A_IN_HAND,
    A_LEAF,
    A_ORDER,
    A_SINCE,
    A_THERE,
    A_WORK,
    AGENT_WORDS,
    C_AGENT,
    C_ENDS,
    CHANGE_WORDS,
    H_JOIN,
    H_LEAVE,
    H_PAUSE,
    H_RETURN,
    H_TIME,
    NEXT,
    P_AGENTS,
    P_AWAY,
    P_AWAY_END,
    P_CHANGE,
    P_CHATS,
    P_COUNTS,
    P_LEVELS,
    P_ON_DUTY,
    P_PAUSES,
    P_SPARE,
    P_SPARES,
    POOL_WORDS,
    S_BITS,
    S_DRAINING,
    S_INTERVAL,
    S_LEAVES,
    S_NEXT_CHANGE,
    S_POOLS,
    S_POOLS_END,
    S_WAITING,
)

__all__ = ["change_staff"]

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]


@lean_kernel
def change_staff(m: _Integers, f: _Floats, ends: _Integers, pool: int) -> None:
    """Make the next change of staffing in ``pool``: who leaves, pauses, returns, joins."""
    change = m[pool + P_CHANGE]
    time = m[change + H_TIME]
    for gone in range(m[change + H_LEAVE] + m[change + H_PAUSE]):
        agent = m[m[pool + P_LEVELS]]
        if agent < 0:
            end_of_agents = m[pool + P_AWAY]
            agent = _fewest(m, ends, m[pool + P_AGENTS], end_of_agents, time)
        if agent < 0:
            break
        _go(m, f, ends, pool, agent, time, gone >= m[change + H_LEAVE])
    for come in range(m[change + H_RETURN] + m[change + H_JOIN]):
        if m[pool + P_SPARES] == 0:
            break
        away = -1
        if come < m[change + H_RETURN]:
            away = _fewest(m, ends, m[pool + P_AWAY], m[pool + P_AWAY_END], time)
        _come(m, f, ends, pool, away, time)
    m[pool + P_CHANGE] = change + CHANGE_WORDS
    if m[S_WAITING] > 0:
        rush(m, pool)
    m[S_NEXT_CHANGE] = NEVER
    for each in range(m[S_POOLS], m[S_POOLS_END], POOL_WORDS):
        m[S_NEXT_CHANGE] = min(m[S_NEXT_CHANGE], m[m[each + P_CHANGE] + H_TIME])


@lean_kernel
def _fewest(m: _Integers, ends: _Integers, first: int, end: int, time: int) -> int:
    """Who of the agents who are there has the fewest contacts in hand, or -1.

    Of equals, who has been idle for longest, or whose next contact ends first; then who went on
    a break first, then the lower number.
    """
    found = -1
    found_hand = found_when = found_order = 0
    for agent in range(first, end, AGENT_WORDS):
        if m[agent + A_THERE] == 0:
            continue
        hand, when, order = m[agent + A_IN_HAND], m[agent + A_SINCE], m[agent + A_ORDER]
        if hand > 0 or (m[agent + A_ALONE] != 0 and m[agent + A_AWAY_FROM] < 0):
            when = ends[m[S_LEAVES] + m[agent + A_LEAF]] >> m[S_BITS]
        if m[agent + A_ALONE] != 0 and when > time:
            hand = 1
        if found >= 0:
            if hand > found_hand or (hand == found_hand and when > found_when):
                continue
            if hand == found_hand and when == found_when and order >= found_order:
                continue
        found, found_hand, found_when, found_order = agent, hand, when, order
    return int(found)


@lean_kernel
def _go(
    m: _Integers, f: _Floats, ends: _Integers, pool: int, agent: int, time: int, pauses: bool
) -> None:
    """Let ``agent`` leave for good, or go on a break."""
    bits, leaf = m[S_BITS], m[agent + A_LEAF]
    overtime = m[pool + P_COUNTS] + OVERTIME
    row = time // m[S_INTERVAL]
    if m[agent + A_ALONE] != 0:
        # Nobody else's contact depends on it: the end of the call is all there is to know.
        end = ends[m[S_LEAVES] + leaf] >> bits
        settle(ends, m[S_LEAVES] + leaf, NEVER)
        spread(m, overtime, POOL_COLUMNS, row, time, end, 1)
        m[agent + A_SINCE] = end
    elif m[agent + A_IN_HAND] < m[pool + P_CHATS]:
        unlist_agent(m, agent)
    if pauses:
        place = m[pool + P_AWAY]
        while m[place + A_THERE] != 0:
            place += AGENT_WORDS
        _move(m, f, ends, agent, place)
        m[place + A_AWAY_FROM] = time
        m[place + A_ORDER] = m[pool + P_PAUSES]
        m[pool + P_PAUSES] += 1
    elif m[agent + A_IN_HAND] > 0:
        begun = m[agent + A_BUSY_FROM]
        end = time
        while m[agent + A_IN_HAND] > 0:
            end = ends[m[S_LEAVES] + leaf] >> bits
            contact = end_chat(m, f, ends, agent, end)
            m[contact + C_ENDS] = end
            m[contact + NEXT] = m[S_DRAINING]
            m[S_DRAINING] = contact
        spread(m, overtime, POOL_COLUMNS, row, time, end, 1)
        row = begun // m[S_INTERVAL]
        spread(m, m[pool + P_COUNTS] + BUSY, POOL_COLUMNS, row, begun, end, 1)
    m[agent + A_THERE] = 0
    m[pool + P_ON_DUTY] -= 1
    m[m[pool + P_SPARE] + m[pool + P_SPARES]] = agent
    m[pool + P_SPARES] += 1


@lean_kernel
def _come(m: _Integers, f: _Floats, ends: _Integers, pool: int, away: int, time: int) -> None:
    """Let somebody begin, or come back from a break with what is in hand (``away``, or -1)."""
    m[pool + P_SPARES] -= 1
    agent = m[m[pool + P_SPARE] + m[pool + P_SPARES]]
    m[pool + P_ON_DUTY] += 1
    m[agent + A_THERE] = 1
    m[agent + A_ALONE] = 0
    m[agent + A_IN_HAND] = 0
    m[agent + A_AWAY_FROM] = -1
    if away >= 0:
        overtime = m[pool + P_COUNTS] + OVERTIME
        begun = m[away + A_AWAY_FROM]
        end = m[away + A_SINCE]
        _move(m, f, ends, away, agent)
        m[away + A_THERE] = 0
        if m[agent + A_IN_HAND] > 0:
            row = begun // m[S_INTERVAL]
            spread(m, overtime, POOL_COLUMNS, row, begun, time, 1)
        elif m[agent + A_ALONE] != 0 and end > time:
            bits, leaf = m[S_BITS], m[agent + A_LEAF]
            settle(ends, m[S_LEAVES] + leaf, (min(end, NEVER >> bits) << bits) | leaf)
            spread(m, overtime, POOL_COLUMNS, time // m[S_INTERVAL], time, end, -1)
        else:
            m[agent + A_ALONE] = 0
    if m[agent + A_ALONE] == 0 and m[agent + A_IN_HAND] < m[pool + P_CHATS]:
        list_agent(m, agent, time)


@lean_kernel
def _move(m: _Integers, f: _Floats, ends: _Integers, agent: int, to: int) -> None:
    """Let the words at ``to`` stand for ``agent`` from now on."""
    m[to + A_THERE] = 1
    m[to + A_ALONE] = m[agent + A_ALONE]
    m[to + A_SINCE] = m[agent + A_SINCE]
    m[to + A_BUSY_FROM] = m[agent + A_BUSY_FROM]
    m[to + A_CLOCK] = m[agent + A_CLOCK]
    f[to + A_WORK] = f[agent + A_WORK]
    m[to + A_IN_HAND] = m[agent + A_IN_HAND]
    if m[agent + A_IN_HAND] > 0:
        for i in range(m[agent + A_IN_HAND]):
            contact = m[m[agent + A_CHATS] + i]
            m[m[to + A_CHATS] + i] = contact
            m[contact + C_AGENT] = to
        bits, leaves = m[S_BITS], m[S_LEAVES]
        end = ends[leaves + m[agent + A_LEAF]] >> bits
        settle(ends, leaves + m[agent + A_LEAF], NEVER)
        settle(ends, leaves + m[to + A_LEAF], (end << bits) | m[to + A_LEAF])
        m[agent + A_IN_HAND] = 0
