"""Who waits: lanes, the timers of their waits, and who is next for a free agent.

A lane holds those of one queue who began to wait in the same queue, whoever has waited longest
first. Nobody overtakes in a lane: its first is always the best of it. What happens to everybody
there after the same wait needs no list of events: a timer knows the first for whom it is to come.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels.agents import few_free
from andon.queueing._kernels.chains import put, take
from andon.queueing._kernels.compiled import lean_kernel
from andon.queueing._kernels.laws import NEVER
from andon.queueing._kernels.winners import settle
from andon.queueing._kernels.words import (
    C_CALLS,
    C_GIVES_UP,
    C_LANE,
    C_QUEUE,
    C_SEAT,
    C_SINCE,
    HEAD,
    L_QUEUE,
    L_TIMER,
    NEXT,
    P_WANTS,
    P_WANTS_END,
    Q_ALONE,
    Q_PRIORITY,
    Q_PROMOTE_AFTER,
    Q_PROMOTED,
    Q_WAITING,
    S_HORIZON,
    S_SEATS,
    S_TIMER_LEAVES,
    S_WAITING,
    T_AFTER,
    T_CURSOR,
    T_LEAF,
    T_NEXT,
    T_POOL,
    TAIL,
    W_AFTER,
    W_KEEP,
    W_LANE,
    W_RANK,
    WANT_WORDS,
)

__all__ = ["best", "join", "leave", "point"]

_Integers = npt.NDArray[np.int64]


@lean_kernel
def point(m: _Integers, timers: _Integers, timer: int, contact: int, now: int) -> None:
    """Let ``timer`` wait for ``contact``, or for whoever stands next behind: -1 is nobody.

    Who is to be called back does not overflow, and is passed over.
    """
    if m[timer + T_POOL] < 0:
        while contact >= 0 and m[contact + C_CALLS] >= 0:
            contact = m[contact + NEXT]
    m[timer + T_CURSOR] = contact
    due = NEVER
    if contact >= 0:
        due = max(now, m[contact + C_SINCE] + m[timer + T_AFTER])
    settle(timers, m[S_TIMER_LEAVES] + m[timer + T_LEAF], due)


@lean_kernel
def join(m: _Integers, timers: _Integers, patience: _Integers, contact: int, now: int) -> None:
    """Let ``contact`` wait in its lane, behind all who have waited as long."""
    lane = m[contact + C_LANE]
    since = m[contact + C_SINCE]
    before = m[lane + TAIL]
    behind = -1
    if before >= 0 and m[before + C_SINCE] > since:
        # Only who was called in vain comes back to an old place, and that is far in front.
        before, behind = -1, m[lane + HEAD]
        while m[behind + C_SINCE] <= since:
            before, behind = behind, m[behind + NEXT]
    put(m, lane, contact, before, behind)
    m[S_WAITING] += 1
    m[m[contact + C_QUEUE] + Q_WAITING] += 1
    if m[contact + C_GIVES_UP] < m[S_HORIZON]:
        settle(patience, m[S_SEATS] + m[contact + C_SEAT], m[contact + C_GIVES_UP])
    timer = m[lane + L_TIMER]
    while timer >= 0:
        cursor = m[timer + T_CURSOR]
        sooner = cursor < 0 or m[cursor + C_SINCE] > since
        # Who has waited long enough for a pool was already offered to it.
        if sooner and (m[timer + T_POOL] < 0 or since + m[timer + T_AFTER] > now):
            point(m, timers, timer, contact, now)
        timer = m[timer + T_NEXT]


@lean_kernel
def leave(m: _Integers, timers: _Integers, patience: _Integers, contact: int, now: int) -> None:
    """Take ``contact`` out of its lane."""
    lane = m[contact + C_LANE]
    timer = m[lane + L_TIMER]
    while timer >= 0:
        if m[timer + T_CURSOR] == contact:
            point(m, timers, timer, m[contact + NEXT], now)
        timer = m[timer + T_NEXT]
    take(m, lane, contact)
    m[S_WAITING] -= 1
    m[m[contact + C_QUEUE] + Q_WAITING] -= 1
    if m[contact + C_GIVES_UP] < m[S_HORIZON]:
        settle(patience, m[S_SEATS] + m[contact + C_SEAT], NEVER)


@lean_kernel
def best(m: _Integers, pool: int, has_some: bool, now: int) -> int:
    """Whom an agent of ``pool`` takes next, or -1; who has chats in hand takes only chats.

    The higher priority first, then the lower rank, then who has waited longest, then the lower
    queue.
    """
    found = -1
    found_priority = found_rank = found_since = 0
    for want in range(m[pool + P_WANTS], m[pool + P_WANTS_END], WANT_WORDS):
        lane = m[want + W_LANE]
        contact = m[lane + HEAD]
        if contact < 0:
            continue
        queue = m[lane + L_QUEUE]
        since = m[contact + C_SINCE]
        if now - since < m[want + W_AFTER] or (has_some and m[queue + Q_ALONE] != 0):
            continue
        if few_free(m, pool, m[want + W_KEEP]):
            continue
        rank = m[want + W_RANK]
        priority = m[queue + Q_PRIORITY]
        if now - since >= m[queue + Q_PROMOTE_AFTER]:
            priority = m[queue + Q_PROMOTED]
        if found >= 0:
            if priority < found_priority:
                continue
            if priority == found_priority and (
                rank > found_rank or (rank == found_rank and since >= found_since)
            ):
                continue
        found, found_priority, found_rank, found_since = contact, priority, rank, since
    return int(found)
