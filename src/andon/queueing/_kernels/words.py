"""What the general engine remembers: one array of words, and where in it everything stands.

A queue, a pool, an agent, a contact is known by the place where its words begin, and
``m[contact + C_SINCE]`` is one of them. ``f`` is the same memory seen as floats: words marked
(f) below are read and written there. Places are given by the engine's outer half, which lays the
array out; -1 is nobody and nowhere. Times are ticks.

Contacts stand last, so that there can be made room for more of them while everything else stays
where it is.
"""

from __future__ import annotations

__all__: list[str] = []

(
    S_SEED,
    S_REPLICATION,
    S_HORIZON,
    S_INTERVAL,
    S_COUNT_FROM,
    S_NOW,
    S_ROW,
    S_ROW_ENDS,
    S_BITS,
    S_LEAVES,
    S_QUEUE_BITS,
    S_QUEUE_LEAVES,
    S_TIMER_LEAVES,
    S_SEATS,
    S_QUEUES,
    S_QUEUES_END,
    S_POOLS,
    S_POOLS_END,
    S_LANES,
    S_LANES_END,
    S_TIMERS,
    S_AGENTS,
    S_AGENTS_END,
    S_CONTACTS,
    S_FREE_CONTACT,
    S_FREE_NOTE,
    S_WAITING,
    S_NEXT_CHANGE,
    S_RUSHING,
    S_DRAINING,
    S_CLOSING,
    S_RETURNS,
    S_SHIFT,
    S_DAY_ENDS,
    S_PLACE,
    S_IN_HEAP,
    S_TRACED,
) = range(37)
STATE = 37
"""The run itself. Seed, replication, length, interval, and when histograms begin; now, the row of
now and when it ends; how many bits and leaves the trees have; where queues, pools, lanes, timers,
agents and contacts begin, and end; the first free contact and note; how many wait; when staffing
changes next; how many pools may take somebody from a queue; who is still served by agents who have
left; how far the end has been tidied up; whether anybody ever returns, and the calendar of returns;
rows of the trace."""

(
    Q_NUMBER,
    Q_ALONE,
    Q_PRIORITY,
    Q_PROMOTE_AFTER,
    Q_PROMOTED,
    Q_WITHIN,
    Q_DEADLINE,
    Q_LOOPS,
    Q_MOST_ATTEMPTS,
    Q_COMES_BACK,
    Q_REDIALS,
    Q_CURVE,
    Q_CURVE_ENDS,
    Q_CALLBACK,
    Q_OFFER_OVER,
    Q_ACCEPTS,
    Q_ANSWERS,
    Q_MEAN,
    Q_WINDOW,
    Q_RING,
    Q_TRIES,
    Q_RETRY,
    Q_PASSES,
    Q_PASSES_TO,
    Q_LANE,
    Q_SERVERS,
    Q_SERVERS_END,
    Q_COUNTS,
    Q_BINS,
    Q_FATES,
    Q_RATES,
    Q_RATE_ROW,
    Q_SPENT,
    Q_CUSTOMER,
    Q_WAITING,
) = range(35)
QUEUE_WORDS = 35
"""A queue. Whether a contact takes a whole agent; its priority, and the one after so long; the
promise and the deadline; its loop: shares (f) and where its curve stands (f), times before shares;
its callback: seconds (f), shares (f), mean handle time in seconds (f), ticks; transfer: share (f)
and queue; where its own lane, servers, counts, bins, fates and rates (f) stand; how far its
arrivals have come: row of rates, work spent in it (f), next customer; how many wait."""

L_QUEUE, L_HEAD, L_TAIL, L_TIMER, L_ONWARD = 0, 1, 2, 3, 4
LANE_WORDS = 5
"""A lane: those of one queue who began to wait in the same queue, longest first. Its first timer,
and the lane to which it overflows."""

T_LANE, T_AFTER, T_POOL, T_NEXT, T_CURSOR, T_LEAF = 0, 1, 2, 3, 4, 5
TIMER_WORDS = 6
"""A timer: what happens to everybody in a lane after the same wait. A pool may then take them, or
(-1) they overflow. The lane's next timer; the first contact for whom it is still to come; its leaf
in the tree of timers."""

R_POOL, R_RANK, R_AFTER = 0, 1, 2
SERVER_WORDS = 3
"""A pool that serves a queue; a queue's servers stand by rank."""

W_LANE, W_RANK, W_AFTER = 0, 1, 2
WANT_WORDS = 3
"""A lane that a pool serves."""

(
    P_NUMBER,
    P_CHATS,
    P_SPEEDS,
    P_LEVELS,
    P_AGENTS,
    P_AWAY,
    P_AWAY_END,
    P_SPARE,
    P_SPARES,
    P_ON_DUTY,
    P_PAUSES,
    P_CHANGE,
    P_RUSH,
    P_WANTS,
    P_WANTS_END,
    P_COUNTS,
) = range(16)
POOL_WORDS = 16
"""A pool. How many chats, and where the speeds (f) of 1, 2, ... stand; where its lists stand of
agents who may take more, by what they have in hand, first and last of each; its agents, places for
those who are away, its spare agents and how many; how many are on duty, how many pauses there were;
its next change of staffing; whether it may take somebody; the lanes it serves; its counts."""

H_TIME, H_LEAVE, H_PAUSE, H_RETURN, H_JOIN = 0, 1, 2, 3, 4
CHANGE_WORDS = 5
"""A change of staffing."""

(
    A_POOL,
    A_LEAF,
    A_DUTY,
    A_ALONE,
    A_IN_HAND,
    A_SINCE,
    A_NEXT,
    A_BEFORE,
    A_BUSY_FROM,
    A_AWAY_FROM,
    A_ORDER,
    A_CLOCK,
    A_WORK,
    A_CHATS,
) = range(14)
AGENT_WORDS = 14
"""An agent, or a place for one who is away. Leaf in the tree of ends; whether anybody is there;
whether one contact takes all of them; how many are in hand, and since when; neighbours in the list;
busy from, away from, and the number of the pause; the clock and the work (f) that each chat has had
by then since there was none; where the chats in hand stand."""

(
    C_SEAT,
    C_NEXT,
    C_BEFORE,
    C_QUEUE,
    C_LANE,
    C_FIRST,
    C_CUSTOMER,
    C_ATTEMPT,
    C_KIND,
    C_SINCE,
    C_ARRIVED,
    C_ROW,
    C_GIVES_UP,
    C_HANDLE,
    C_LUCKY,
    C_LUCK,
    C_DELAY,
    C_CALLS,
    C_BEGAN,
    C_BY,
    C_AGENT,
    C_WORK,
    C_ENDS,
) = range(23)
CONTACT_WORDS = 23
"""A contact. Its seat in the tree of patience; neighbours; queue and lane; the number of the queue
where the customer first came, and theirs there; attempt, and how it came; when its wait began, when
it entered this queue, and the row of then; when it gives up; its handle time; whether its
luck (f) after service and its delay are drawn; calls back so far, -1 without a callback; when
service began, and by whom; the agent it is a chat of, or -1; at how much work (f) of the agent it
ends; when its service ends."""

N_TO, N_HOW, N_CONTACT = 3, 4, 5
NOTE_WORDS = 6
"""A note of a return, after what ``returns.py`` keeps: the number of the queue to which the
customer comes, and how; or, where they are to be called again (``CALL_AGAIN``), the contact."""
CALL_AGAIN = -1

CUSTOMER_BITS, ATTEMPT_BITS = 35, 15
"""Who comes back is one number: the queue where they first came, theirs there, the attempt, and
whether they redial."""
