"""What the general engine remembers: one array of words, and where in it everything stands.

A queue, a pool, an agent, a contact is known by the place where its words begin:
``m[contact + C_SINCE]`` is when its wait began. ``f`` is the same memory seen as floats; words
marked *float* are read and written there. Words marked *place* hold the place of something else, or
-1 where there is none. Times are ticks.

The engine's outer half lays all this out before a run. Contacts stand last, so that there can be
made room for more of them while everything else stays where it is.
"""

from __future__ import annotations

__all__: list[str] = []

NEXT, BEFORE = 0, 1
"""The neighbours of an agent or a contact in the list where it stands: places."""
HEAD, TAIL = 0, 1
"""The first and the last of a list: places."""

# The run itself.
(
    S_SEED,
    S_REPLICATION,
    S_HORIZON,
    S_INTERVAL,
    S_COUNT_FROM,  # waits of those who come before are left out of the histogram
    S_NOW,
    S_ROW,  # the interval of now
    S_BITS,  # of an agent's leaf, in the keys of the tree of ends
    S_LEAVES,
    S_QUEUE_BITS,
    S_QUEUE_LEAVES,
    S_TIMER_LEAVES,
    S_SEATS,  # leaves of the tree of patience
    S_QUEUES,  # place
    S_QUEUES_END,
    S_POOLS,  # place
    S_POOLS_END,
    S_LANES,  # place
    S_TIMERS,  # place
    S_AGENTS,  # place
    S_AGENTS_END,
    S_CONTACTS,  # place
    S_FREE_CONTACT,  # place: the first of a list
    S_FREE_NOTE,  # row: the first of a list
    S_WAITING,  # how many wait, in all queues
    S_NEXT_CHANGE,  # when staffing changes next
    S_RUSHING,  # how many pools may be able to take somebody from a queue
    S_DRAINING,  # place: chats in the hands of those who have left, first of a list
    S_CLOSING,  # place: the agent up to whom the end is told
    S_RETURNS,  # whether anybody can ever be due later
    S_SHIFT,  # the calendar of returns: see returns.py
    S_DAY_ENDS,
    S_PLACE,
    S_IN_HEAP,
    S_TRACED,  # rows of the trace that are filled
) = range(35)
STATE = 35

# A queue.
(
    Q_NUMBER,
    Q_ALONE,  # whether a contact takes a whole agent
    Q_PRIORITY,
    Q_PROMOTE_AFTER,
    Q_PROMOTED,
    Q_WITHIN,
    Q_DEADLINE,
    Q_BRIEF,  # who gives up within this wait gave up at once
    Q_FACTORS,  # place: floats, by how much handle times differ in each interval; or -1
    Q_LOOPS,  # whether there is a loop
    Q_MOST_ATTEMPTS,
    Q_COMES_BACK,  # float
    Q_REDIALS,  # float
    Q_CLOCK,  # place: floats, what those who will ask again see on their clock at each edge; or -1
    Q_CURVE,  # place: floats, handle times in seconds and then the shares settled
    Q_CURVE_ENDS,  # place: where the handle times end
    Q_CALLBACK,  # whether a callback may be offered
    Q_OFFER_OVER,  # float, seconds
    Q_MEAN,  # float: mean handle time, seconds
    Q_ACCEPTS,  # float
    Q_ANSWERS,  # float
    Q_WINDOW,
    Q_RING,
    Q_TRIES,
    Q_RETRY,
    Q_PASSES,  # float: share transferred after service
    Q_PASSES_TO,  # the number of a queue, or -1
    Q_LANE,  # place: of those who began to wait here
    Q_SERVERS,  # place
    Q_SERVERS_END,
    Q_COUNTS,  # place: a row of counts for each interval
    Q_BINS,  # place: of the histogram
    Q_FATES,  # place
    Q_RATES,  # place: floats
    Q_RATE_ROW,  # the interval of the next fresh arrival
    Q_SPENT,  # float: the work of arriving that was done in this interval
    Q_CUSTOMER,  # the number of the next fresh customer
    Q_WAITING,  # how many wait
) = range(38)
QUEUE_WORDS = 38

# A lane: those of one queue who began to wait in the same queue. Its ends stand first.
L_QUEUE, L_TIMER, L_ONWARD = 2, 3, 4
"""Places: its queue, its first timer, and the lane to which it overflows."""
LANE_WORDS = 5

# A timer: what happens to everybody in a lane after the same wait.
(
    T_LANE,  # place
    T_AFTER,
    T_POOL,  # place: the pool that may help then; -1: they overflow
    T_NEXT,  # place: the lane's next timer
    T_CURSOR,  # place: the first contact for whom it is still to come
    T_LEAF,  # in the tree of timers
) = range(6)
TIMER_WORDS = 6

# A pool that serves a queue; a queue's servers stand by rank.
R_POOL, R_RANK, R_AFTER, R_KEEP = 0, 1, 2, 3
SERVER_WORDS = 4

# A lane that a pool serves; they stand by queue.
W_LANE, W_RANK, W_AFTER, W_KEEP = 0, 1, 2, 3
WANT_WORDS = 4

# A pool.
(
    P_NUMBER,
    P_CHATS,
    P_SPEEDS,  # place: floats, with 1 chat, with 2, ...
    P_LEVELS,  # place: the ends of the lists of agents with room who have 0 in hand, 1, ...
    P_AGENTS,  # place: of those on duty
    P_AWAY,  # place: of those who are on a break
    P_AWAY_END,
    P_SPARE,  # place: a stack of agents who are not on duty
    P_SPARES,
    P_ON_DUTY,
    P_FREE,  # how many of them have nothing in hand
    P_PAUSES,  # how many breaks there were
    P_CHANGE,  # place: the next change of staffing
    P_RUSH,  # whether it may be able to take somebody from a queue
    P_WANTS,  # place
    P_WANTS_END,
    P_COUNTS,  # place: a row of counts for each interval
) = range(17)
POOL_WORDS = 17

# A change of staffing: when, and how many leave, go on a break, come back, begin.
H_TIME, H_LEAVE, H_PAUSE, H_RETURN, H_JOIN = 0, 1, 2, 3, 4
CHANGE_WORDS = 5

# An agent, or a place to remember one who is on a break. Its neighbours stand first.
(
    A_POOL,  # place
    A_LEAF,  # in the tree of ends
    A_THERE,  # whether anybody is there
    A_ALONE,  # whether one contact takes all of them
    A_IN_HAND,  # chats
    A_SINCE,  # when that last changed; on a break also when a call that ran into it ends
    A_BUSY_FROM,  # since when there are chats in hand
    A_AWAY_FROM,  # since when on a break, or -1
    A_ORDER,  # the number of the break
    A_CLOCK,  # until when A_WORK is told
    A_WORK,  # float: ticks of work that each chat has had, from when there was none
    A_CHATS,  # place: of the chats in hand
) = range(2, 14)
AGENT_WORDS = 14

# A contact. Its neighbours stand first.
(
    C_SEAT,  # in the tree of patience
    C_QUEUE,  # place
    C_LANE,  # place
    C_FIRST,  # the number of the queue where the customer first came
    C_CUSTOMER,  # their number there
    C_ATTEMPT,
    C_KIND,  # how it came
    C_SINCE,  # when its wait began
    C_ARRIVED,  # when it entered this queue
    C_ROW,  # the interval of then
    C_GIVES_UP,
    C_HANDLE,
    C_LUCKY,  # whether luck after service, and delay, are drawn
    C_LUCK,  # float
    C_DELAY,
    C_CALLS,  # calls back so far; -1: there is no callback
    C_BEGAN,  # when service began
    C_BY,  # place: the agent who began it
    C_AGENT,  # place: the agent of whom it is a chat
    C_WORK,  # float: the work of that agent at which it ends
    C_ENDS,  # when service ends
) = range(2, 23)
CONTACT_WORDS = 23

# A note of a return, after what returns.py keeps there.
N_TO, N_HOW, N_CONTACT = 3, 4, 5
"""The number of the queue to which the customer comes, and how; or who is to be called again."""
NOTE_WORDS = 6
CALL_AGAIN = -1

CUSTOMER_BITS, ATTEMPT_BITS = 35, 15
"""Who comes back is one number: the queue where they first came, theirs there, the attempt, and
whether they redial."""
