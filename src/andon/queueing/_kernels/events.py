"""The general engine's loop: what happens next, and what follows from it.

No list holds the events. Each kind is found where it comes from: the next end of a contact at the
root of a tree over agents, the next to lose patience in a tree over contacts, the next fresh
customer in a tree over queues, the next timer in a tree over timers, the next return in the
calendar. So nothing has to be cancelled when somebody else was quicker.

At the same tick: changes of staffing, ends of contacts, agents who take somebody from a queue,
timers (a pool may help out; then overflow), patience running out, fresh customers, returns. An
agent's contact ends when it ends whatever happens, unless it is one chat of several; so a call is
done with as soon as it begins, as in ``pool.py``.

``words.py`` says what stands where in ``m``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels.agents import (
    begin_chat,
    end_chat,
    first_free,
    free_for,
    list_agent,
    rush,
    unlist_agent,
)
from andon.queueing._kernels.columns import (
    ACCEPTED_CALLBACK,
    AFTER,
    AGENT,
    ANSWERED,
    ARRIVED,
    ATTEMPT,
    BUSY,
    CALLED_IN_WINDOW,
    COMING_BACK,
    CUSTOMER,
    CUSTOMERS,
    FIRST_QUEUE,
    FRESH,
    GAVE_UP,
    GAVE_UP_FOR_GOOD,
    GONE_QUIETLY,
    HANDED_ON,
    HANDLED,
    IN_HAND,
    IN_SERVICE,
    KIND,
    LEFT,
    LEFT_QUEUE,
    MISSED,
    OFFERED_CALLBACK,
    OUT_OF_ATTEMPTS,
    OUTCOME,
    OVERTIME,
    PASSED_IN,
    PASSED_ON,
    POOL_COLUMNS,
    POOL_OF,
    QUEUE_COLUMNS,
    QUEUE_OF,
    RECONTACT,
    REDIAL,
    RESOLVED,
    SETTLED,
    STILL,
    UNREACHED,
    WAITING,
)
from andon.queueing._kernels.compiled import lean_kernel
from andon.queueing._kernels.counts import count, spread
from andon.queueing._kernels.laws import LAWS, NEVER, TICKS, duration, scaled
from andon.queueing._kernels.lines import best, join, leave, point
from andon.queueing._kernels.pool import (
    BLOCK,
    DONE,
    NEEDS_ROOM,
    NEEDS_TRACE,
    draw_block,
    share_at,
    when_clock_shows,
)
from andon.queueing._kernels.returns import NEXT as NEXT_NOTE
from andon.queueing._kernels.returns import WHEN, WHO, begin_day, push, take_first
from andon.queueing._kernels.staffing import change_staff
from andon.queueing._kernels.streams import (
    CALLBACK,
    CONTACT,
    LEAVING,
    SERVED,
    TRANSFER,
    uniforms,
)
from andon.queueing._kernels.winners import first_leaf, settle
from andon.queueing._kernels.words import (
    A_ALONE,
    A_AWAY_FROM,
    A_BUSY_FROM,
    A_CHATS,
    A_IN_HAND,
    A_LEAF,
    A_POOL,
    A_SINCE,
    AGENT_WORDS,
    ATTEMPT_BITS,
    C_AGENT,
    C_ARRIVED,
    C_ATTEMPT,
    C_BEGAN,
    C_BY,
    C_CALLS,
    C_CUSTOMER,
    C_DELAY,
    C_ENDS,
    C_FIRST,
    C_GIVES_UP,
    C_HANDLE,
    C_KIND,
    C_LANE,
    C_LUCK,
    C_LUCKY,
    C_QUEUE,
    C_ROW,
    C_SINCE,
    CALL_AGAIN,
    CONTACT_WORDS,
    CUSTOMER_BITS,
    H_TIME,
    HEAD,
    L_ONWARD,
    L_QUEUE,
    LANE_WORDS,
    N_CONTACT,
    N_HOW,
    N_TO,
    NEXT,
    P_AGENTS,
    P_CHANGE,
    P_CHATS,
    P_COUNTS,
    P_NUMBER,
    P_ON_DUTY,
    P_RUSH,
    POOL_WORDS,
    Q_ACCEPTS,
    Q_ALONE,
    Q_ANSWERS,
    Q_CALLBACK,
    Q_CLOCK,
    Q_COMES_BACK,
    Q_COUNTS,
    Q_CURVE,
    Q_CURVE_ENDS,
    Q_CUSTOMER,
    Q_FACTORS,
    Q_FATES,
    Q_LANE,
    Q_LOOPS,
    Q_MEAN,
    Q_MOST_ATTEMPTS,
    Q_NUMBER,
    Q_OFFER_OVER,
    Q_PASSES,
    Q_PASSES_TO,
    Q_RATE_ROW,
    Q_RATES,
    Q_REDIALS,
    Q_RETRY,
    Q_RING,
    Q_SERVERS,
    Q_SERVERS_END,
    Q_SPENT,
    Q_TRIES,
    Q_WAITING,
    Q_WINDOW,
    QUEUE_WORDS,
    R_POOL,
    S_AGENTS,
    S_AGENTS_END,
    S_BITS,
    S_CLOSING,
    S_CONTACTS,
    S_DAY_ENDS,
    S_DRAINING,
    S_FREE_CONTACT,
    S_FREE_NOTE,
    S_HORIZON,
    S_IN_HEAP,
    S_INTERVAL,
    S_LANES,
    S_LEAVES,
    S_NEXT_CHANGE,
    S_NOW,
    S_PLACE,
    S_POOLS,
    S_QUEUE_BITS,
    S_QUEUE_LEAVES,
    S_QUEUES,
    S_QUEUES_END,
    S_REPLICATION,
    S_RETURNS,
    S_ROW,
    S_RUSHING,
    S_SEED,
    S_SHIFT,
    S_TIMERS,
    S_TRACED,
    S_WAITING,
    SERVER_WORDS,
    T_CURSOR,
    T_LANE,
    T_POOL,
    TIMER_WORDS,
)

__all__ = ["run_events"]

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]

_HANDLE, _PATIENCE, _REDIAL_PATIENCE, _RECONTACT, _REDIAL = 0, 1, 2, 3, 4
_GUEST = 48
"""In another queue than their first, a customer's number is theirs plus the number of the first
queue and one, shifted by so many bits: no two meet."""


@lean_kernel
def _numbers(m: _Integers, purpose: int, contact: int) -> tuple[float, float]:
    """The two uniform numbers that a contact has for one purpose in the queue it is in."""
    number = m[m[contact + C_QUEUE] + Q_NUMBER]
    first = m[contact + C_FIRST]
    who = m[contact + C_CUSTOMER]
    if first != number:
        who |= (first + 1) << _GUEST
    return uniforms(m[S_SEED], m[S_REPLICATION], purpose, number, m[contact + C_ATTEMPT], who)


@lean_kernel
def _lasts(
    m: _Integers,
    contact: int,
    law: int,
    u: float,
    kinds: _Integers,
    pars: _Floats,
    spans: _Integers,
    at: _Floats,
    share: _Floats,
) -> int:
    """The duration that ``u`` gives by one of the laws of the contact's queue."""
    i = LAWS * m[m[contact + C_QUEUE] + Q_NUMBER] + law
    return duration(u, kinds[i], pars[i, 0], pars[i, 1], spans[i, 0], spans[i, 1], at, share)


@lean_kernel
def _settled_share(m: _Integers, f: _Floats, queue: int, handle: int) -> float:
    """The share whose matter is settled by contacts of ``handle`` ticks."""
    begin, end = m[queue + Q_CURVE], m[queue + Q_CURVE_ENDS]
    return share_at(np.float64(handle) / TICKS, f[begin:end], f[end : 2 * end - begin])


@lean_kernel
def _new_contact(m: _Integers, queue: int, first: int, customer: int, attempt: int) -> int:
    """A free contact, made theirs: in its own lane of ``queue``."""
    contact = m[S_FREE_CONTACT]
    m[S_FREE_CONTACT] = m[contact + NEXT]
    m[contact + C_QUEUE] = queue
    m[contact + C_LANE] = m[queue + Q_LANE]
    m[contact + C_FIRST] = first
    m[contact + C_CUSTOMER] = customer
    m[contact + C_ATTEMPT] = attempt
    m[contact + C_CALLS] = -1
    m[contact + C_BY] = -1
    m[contact + C_AGENT] = -1
    return int(contact)


@lean_kernel
def _fresh(
    m: _Integers, f: _Floats, queue: int, luck: _Floats, durations: _Integers, now: int
) -> int:
    """The next fresh customer of ``queue``, whose numbers are drawn."""
    number, customer = m[queue + Q_NUMBER], m[queue + Q_CUSTOMER]
    j = customer & (BLOCK - 1)
    contact = _new_contact(m, queue, number, customer, 0)
    m[contact + C_KIND] = FRESH
    m[contact + C_SINCE] = now
    m[contact + C_HANDLE] = durations[number, _HANDLE, j]
    m[contact + C_GIVES_UP] = now + durations[number, _PATIENCE, j]
    m[contact + C_LUCKY] = 1
    f[contact + C_LUCK] = luck[number, j]
    m[contact + C_DELAY] = durations[number, _RECONTACT, j]
    m[m[queue + Q_FATES] + CUSTOMERS] += 1
    return contact


@lean_kernel
def _next_customer(m: _Integers, queue: int) -> int:
    """Turn to the next fresh customer of ``queue``; their place in the block of those drawn."""
    m[queue + Q_CUSTOMER] += 1
    return int(m[queue + Q_CUSTOMER] & (BLOCK - 1))


@lean_kernel
def _draw(
    m: _Integers,
    queue: int,
    gaps: _Floats,
    luck: _Floats,
    durations: _Integers,
    kinds: _Integers,
    pars: _Floats,
    spans: _Integers,
    at: _Floats,
    share: _Floats,
    scratch: _Floats,
) -> None:
    """Draw the numbers of the next fresh customers of ``queue``, a block of them."""
    number = m[queue + Q_NUMBER]
    draw_block(
        m[S_SEED],
        m[S_REPLICATION],
        number,
        m[queue + Q_CUSTOMER],
        kinds,
        pars,
        spans,
        at,
        share,
        m[queue + Q_LOOPS] != 0,
        scratch,
        gaps[number],
        luck[number],
        durations[number],
    )


@lean_kernel
def _come_next(m: _Integers, f: _Floats, fresh: _Integers, queue: int, gaps: _Floats) -> None:
    """Find when the next fresh customer of ``queue`` comes, as in ``pool.py``."""
    number, j = m[queue + Q_NUMBER], m[queue + Q_CUSTOMER] & (BLOCK - 1)
    interval = m[S_INTERVAL]
    rows = m[S_HORIZON] // interval
    rates, row = m[queue + Q_RATES], m[queue + Q_RATE_ROW]
    spent = f[queue + Q_SPENT] + gaps[number, j]
    rate = f[rates + row] if row < rows else 0.0
    while spent >= rate * interval and row < rows:
        spent -= rate * interval
        row += 1
        rate = f[rates + row] if row < rows else 0.0
    m[queue + Q_RATE_ROW] = row
    f[queue + Q_SPENT] = spent
    key = NEVER
    if row < rows:
        key = ((row * interval + np.int64(spent / rate)) << m[S_QUEUE_BITS]) | number
    settle(fresh, m[S_QUEUE_LEAVES] + number, key)


@lean_kernel
def _next_help(m: _Integers, timers: _Integers) -> int:
    """When the next timer is due, if it is one of a pool that may help out."""
    timer = m[S_TIMERS] + TIMER_WORDS * first_leaf(timers)
    return NEVER if timers[1] == NEVER or m[timer + T_POOL] < 0 else int(timers[1])


@lean_kernel
def _next_return(
    m: _Integers, ring: _Integers, notes: _Integers, heap: _Integers, until: int
) -> int:
    """When the next return is due, if by ``until``."""
    in_heap = m[S_IN_HEAP]
    while in_heap == 0 and m[S_DAY_ENDS] <= until:
        m[S_DAY_ENDS] += 1 << m[S_SHIFT]
        m[S_PLACE] = (m[S_PLACE] + 1) & (len(ring) - 1)
        note = ring[m[S_PLACE]]
        if note >= 0:
            in_heap = begin_day(note, m[S_PLACE], m[S_DAY_ENDS], ring, notes, heap)
    m[S_IN_HEAP] = in_heap
    return int(notes[heap[0], WHEN]) if in_heap > 0 else NEVER


@lean_kernel
def _note(
    m: _Integers,
    ring: _Integers,
    notes: _Integers,
    heap: _Integers,
    when: int,
    contact: int,
    to: int,
    how: int,
) -> None:
    """Note that a contact's customer is due at ``when``: in which queue, and how they come."""
    note = m[S_FREE_NOTE]
    m[S_FREE_NOTE] = notes[note, NEXT_NOTE]
    attempt = m[contact + C_ATTEMPT] + (1 if how in (REDIAL, RECONTACT) else 0)
    who = (m[contact + C_FIRST] << CUSTOMER_BITS) | m[contact + C_CUSTOMER]
    notes[note, WHEN] = when
    notes[note, WHO] = (((who << ATTEMPT_BITS) | attempt) << 1) | (how == REDIAL)
    notes[note, N_TO] = to
    notes[note, N_HOW] = how
    notes[note, N_CONTACT] = contact
    if when < m[S_DAY_ENDS]:
        m[S_IN_HEAP] = push(note, m[S_IN_HEAP], notes, heap)
    else:
        place = (when >> m[S_SHIFT]) & (len(ring) - 1)
        notes[note, NEXT_NOTE] = ring[place]
        ring[place] = note


@lean_kernel
def _come_back(
    m: _Integers,
    notes: _Integers,
    heap: _Integers,
    kinds: _Integers,
    pars: _Floats,
    spans: _Integers,
    at: _Floats,
    share: _Floats,
) -> int:
    """The contact of the return that is due, which is taken from the calendar."""
    note = heap[0]
    m[S_IN_HEAP] = take_first(m[S_IN_HEAP], notes, heap)
    notes[note, NEXT_NOTE] = m[S_FREE_NOTE]
    m[S_FREE_NOTE] = note
    how = notes[note, N_HOW]
    if how == CALL_AGAIN:
        return int(notes[note, N_CONTACT])
    who = notes[note, WHO] >> 1
    attempt = who & ((1 << ATTEMPT_BITS) - 1)
    who >>= ATTEMPT_BITS
    queue = m[S_QUEUES] + QUEUE_WORDS * notes[note, N_TO]
    customer = who & ((1 << CUSTOMER_BITS) - 1)
    contact = _new_contact(m, queue, who >> CUSTOMER_BITS, customer, attempt)
    m[contact + C_KIND] = how
    m[contact + C_SINCE] = notes[note, WHEN]
    m[contact + C_LUCKY] = 0
    u, v = _numbers(m, CONTACT, contact)
    m[contact + C_HANDLE] = _lasts(m, contact, _HANDLE, u, kinds, pars, spans, at, share)
    law = _REDIAL_PATIENCE if how == REDIAL else _PATIENCE
    m[contact + C_GIVES_UP] = m[contact + C_SINCE] + _lasts(
        m, contact, law, v, kinds, pars, spans, at, share
    )
    return contact


@lean_kernel
def _enter(m: _Integers, f: _Floats, contact: int) -> None:
    """Let a contact enter its queue now, where handle times are what they are now."""
    queue = m[contact + C_QUEUE]
    m[contact + C_ARRIVED] = m[S_NOW]
    m[contact + C_ROW] = m[S_ROW]
    if m[queue + Q_FACTORS] >= 0:
        m[contact + C_HANDLE] = scaled(m[contact + C_HANDLE], f[m[queue + Q_FACTORS] + m[S_ROW]])
    row = m[queue + Q_COUNTS] + m[S_ROW] * QUEUE_COLUMNS
    m[row + m[contact + C_KIND]] += 1


@lean_kernel
def _move_on(m: _Integers, contact: int, lane: int) -> None:
    """Let a contact that overflows enter the queue of ``lane``; its wait goes on."""
    m[contact + C_LANE] = lane
    m[contact + C_QUEUE] = m[lane + L_QUEUE]
    m[contact + C_KIND] = PASSED_IN
    m[contact + C_LUCKY] = 0


@lean_kernel
def _offer(m: _Integers, f: _Floats, contact: int) -> None:
    """Offer a contact that has to wait a callback, if the wait is expected to be long."""
    queue = m[contact + C_QUEUE]
    on_duty = 0
    for server in range(m[queue + Q_SERVERS], m[queue + Q_SERVERS_END], SERVER_WORDS):
        on_duty += m[m[server + R_POOL] + P_ON_DUTY]
    if on_duty > 0:
        mean_s = f[queue + Q_MEAN]
        if m[queue + Q_FACTORS] >= 0:
            mean_s *= f[m[queue + Q_FACTORS] + m[contact + C_ROW]]
        expected_s = m[queue + Q_WAITING] * mean_s / on_duty
        if expected_s <= f[queue + Q_OFFER_OVER]:
            return
    counts = m[queue + Q_COUNTS] + m[contact + C_ROW] * QUEUE_COLUMNS
    m[counts + OFFERED_CALLBACK] += 1
    u, _ = _numbers(m, CALLBACK, contact)
    if u < f[queue + Q_ACCEPTS]:
        m[counts + ACCEPTED_CALLBACK] += 1
        m[contact + C_CALLS] = 0
        m[contact + C_GIVES_UP] = NEVER


@lean_kernel
def _answers(m: _Integers, f: _Floats, contact: int, now: int) -> bool:
    """Call a customer back, and tell whether they answer.

    One number tells it for all calls: it lies below the share who have answered by then.
    """
    queue = m[contact + C_QUEUE]
    m[contact + C_CALLS] += 1
    calls = m[contact + C_CALLS]
    if calls == 1 and now - m[contact + C_ARRIVED] <= m[queue + Q_WINDOW]:
        row = m[queue + Q_COUNTS] + m[contact + C_ROW] * QUEUE_COLUMNS
        m[row + CALLED_IN_WINDOW] += 1
    in_vain = 1.0
    for _ in range(calls):
        in_vain *= 1.0 - f[queue + Q_ANSWERS]
    _, v = _numbers(m, CALLBACK, contact)
    return bool(v < 1.0 - in_vain)


@lean_kernel
def _after_giving_up(
    m: _Integers,
    f: _Floats,
    contact: int,
    now: int,
    kinds: _Integers,
    pars: _Floats,
    spans: _Integers,
    at: _Floats,
    share: _Floats,
) -> tuple[int, int]:
    """What a customer does who gave up where there is a loop, and when they are due again."""
    queue = m[contact + C_QUEUE]
    u, v = _numbers(m, LEAVING, contact)
    if u >= f[queue + Q_REDIALS]:
        return GAVE_UP_FOR_GOOD, NEVER
    if m[contact + C_ATTEMPT] + 1 >= m[queue + Q_MOST_ATTEMPTS]:
        return OUT_OF_ATTEMPTS, NEVER
    return COMING_BACK, now + _lasts(m, contact, _REDIAL, v, kinds, pars, spans, at, share)


@lean_kernel
def _after_service(
    m: _Integers,
    f: _Floats,
    contact: int,
    now: int,
    kinds: _Integers,
    pars: _Floats,
    spans: _Integers,
    at: _Floats,
    share: _Floats,
) -> tuple[int, int]:
    """What becomes of a customer after service, and when they are due again."""
    queue = m[contact + C_QUEUE]
    if m[queue + Q_PASSES_TO] >= 0:
        u, _ = _numbers(m, TRANSFER, contact)
        if u < f[queue + Q_PASSES]:
            return HANDED_ON, now
    if m[queue + Q_LOOPS] == 0:
        return SETTLED, NEVER
    u, v = f[contact + C_LUCK], 0.0
    if m[contact + C_LUCKY] == 0:
        u, v = _numbers(m, SERVED, contact)
    p = _settled_share(m, f, queue, m[contact + C_HANDLE])
    if u < p:
        return SETTLED, NEVER
    if u - p >= f[queue + Q_COMES_BACK] * (1.0 - p):
        return GONE_QUIETLY, NEVER
    if m[contact + C_ATTEMPT] + 1 >= m[queue + Q_MOST_ATTEMPTS]:
        return OUT_OF_ATTEMPTS, NEVER
    delay = m[contact + C_DELAY]
    if m[contact + C_LUCKY] == 0:
        delay = _lasts(m, contact, _RECONTACT, v, kinds, pars, spans, at, share)
    back = now + delay
    if m[queue + Q_CLOCK] >= 0:
        begin, interval = m[queue + Q_CLOCK], m[S_INTERVAL]
        end = begin + m[S_HORIZON] // interval + 1
        back = when_clock_shows(now, delay, f[begin:end], interval)
    return COMING_BACK, back


@lean_kernel
def _end_of_chat(m: _Integers, f: _Floats, ends: _Integers, agent: int, now: int) -> int:
    """End the first of an agent's chats to end, and return it."""
    pool = m[agent + A_POOL]
    on_duty = m[agent + A_AWAY_FROM] < 0
    if on_duty and m[agent + A_IN_HAND] < m[pool + P_CHATS]:
        unlist_agent(m, agent)
    contact = end_chat(m, f, ends, agent, now)
    m[contact + C_ENDS] = now
    if m[agent + A_IN_HAND] == 0:
        _was_busy(m, agent, now)
        m[agent + A_SINCE] = now
    if on_duty:
        list_agent(m, agent, now)
    return contact


@lean_kernel
def _was_busy(m: _Integers, agent: int, now: int) -> None:
    """Count the time that an agent had chats, and how much of it was on a break."""
    cell = m[m[agent + A_POOL] + P_COUNTS]
    begun, away = m[agent + A_BUSY_FROM], m[agent + A_AWAY_FROM]
    interval = m[S_INTERVAL]
    spread(m, cell + BUSY, POOL_COLUMNS, begun // interval, begun, now, 1)
    if away >= 0:
        spread(m, cell + OVERTIME, POOL_COLUMNS, away // interval, away, now, 1)


@lean_kernel
def _last(m: _Integers) -> int:
    """Somebody who waits or chats still when everything ends, or -1."""
    if m[S_WAITING] > 0:
        lane = m[S_LANES]
        while m[lane + HEAD] < 0:
            lane += LANE_WORDS
        return int(m[lane + HEAD])
    agent = m[S_CLOSING]
    while agent < m[S_AGENTS_END]:
        if m[agent + A_IN_HAND] > 0:
            m[agent + A_IN_HAND] -= 1
            if m[agent + A_IN_HAND] == 0:
                _was_busy(m, agent, m[S_HORIZON])
            return int(m[m[agent + A_CHATS] + m[agent + A_IN_HAND]])
        agent += AGENT_WORDS
        m[S_CLOSING] = agent
    return -1


@lean_kernel
def _trace(
    m: _Integers,
    trace: _Integers,
    contact: int,
    outcome: int,
    left_queue: int,
    left: int,
    after: int,
) -> None:
    """Write down what became of a contact in its queue."""
    row = m[S_TRACED]
    m[S_TRACED] = row + 1
    trace[row, CUSTOMER] = m[contact + C_CUSTOMER]
    trace[row, ATTEMPT] = m[contact + C_ATTEMPT]
    trace[row, KIND] = m[contact + C_KIND]
    trace[row, QUEUE_OF] = m[m[contact + C_QUEUE] + Q_NUMBER]
    trace[row, POOL_OF] = -1
    trace[row, AGENT] = -1
    by = m[contact + C_BY]
    if outcome == ANSWERED:
        pool = m[by + A_POOL]
        trace[row, POOL_OF] = m[pool + P_NUMBER]
        trace[row, AGENT] = m[by + A_LEAF] - m[m[pool + P_AGENTS] + A_LEAF]
    trace[row, ARRIVED] = m[contact + C_ARRIVED]
    trace[row, LEFT_QUEUE] = left_queue if outcome != STILL else -1
    trace[row, LEFT] = left if outcome != STILL else -1
    trace[row, OUTCOME] = outcome
    trace[row, AFTER] = after
    trace[row, FIRST_QUEUE] = m[contact + C_FIRST]


@lean_kernel
def run_events(
    m: _Integers,
    f: _Floats,
    ends: _Integers,
    fresh: _Integers,
    timers: _Integers,
    patience: _Integers,
    ring: _Integers,
    notes: _Integers,
    heap: _Integers,
    gaps: _Floats,
    luck: _Floats,
    durations: _Integers,
    kinds: _Integers,
    pars: _Floats,
    spans: _Integers,
    at: _Floats,
    share: _Floats,
    scratch: _Floats,
    seat: _Floats,
    seat_bits: _Integers,
    trace: _Integers,
) -> int:
    """Run until the horizon, or until there is no room: see the module's first lines."""
    horizon, interval = m[S_HORIZON], m[S_INTERVAL]
    bits, leaves = m[S_BITS], m[S_LEAVES]
    agents_mask = (1 << bits) - 1
    queue_bits = m[S_QUEUE_BITS]
    queues_mask = (1 << queue_bits) - 1
    latest = NEVER >> bits
    if m[S_NOW] < 0:
        m[S_NOW] = 0
        for queue in range(m[S_QUEUES], m[S_QUEUES_END], QUEUE_WORDS):
            _draw(m, queue, gaps, luck, durations, kinds, pars, spans, at, share, scratch)
            _come_next(m, f, fresh, queue, gaps)
    tracing = len(trace) > 0
    now, row = m[S_NOW], m[S_ROW]
    row_ends = (row + 1) * interval

    while True:
        if m[S_FREE_CONTACT] < 0 or m[S_FREE_NOTE] < 0:
            out = NEEDS_ROOM
            break
        if tracing and m[S_TRACED] + 2 > len(trace):
            out = NEEDS_TRACE
            break

        # What happens next. It may bring a contact that wants an agent, and perhaps the agent who
        # takes it; or a contact whose service is done; or one that is gone for another reason.
        contact = agent = done = gone = -1
        outcome = after = -1
        left_queue = left = back = NEVER
        how = to = 0
        calls_again = False
        next_end = ends[1] >> bits
        if m[S_DRAINING] >= 0:
            done = m[S_DRAINING]
            m[S_DRAINING] = m[done + NEXT]
        elif m[S_RUSHING] > 0 and min(next_end, m[S_NEXT_CHANGE], _next_help(m, timers)) > now:
            pool = m[S_POOLS]
            while m[pool + P_RUSH] == 0:
                pool += POOL_WORDS
            agent = first_free(m, pool)
            if agent >= 0 and m[S_WAITING] > 0:
                contact = best(m, pool, m[agent + A_IN_HAND] > 0, now)
            if contact < 0:
                m[pool + P_RUSH] = 0
                m[S_RUSHING] -= 1
                continue
            leave(m, timers, patience, contact, now)
        else:
            time = min(next_end, m[S_NEXT_CHANGE], timers[1], patience[1], fresh[1] >> queue_bits)
            next_return = NEVER
            if m[S_RETURNS] != 0:
                next_return = _next_return(m, ring, notes, heap, min(time, horizon))
            if min(time, next_return) >= horizon:
                # Nothing more: tell who chats and who waits still.
                gone = _last(m)
                if gone < 0:
                    out = DONE
                    break
                if m[gone + C_AGENT] >= 0:
                    done = gone
                    m[done + C_ENDS] = horizon
                else:
                    leave(m, timers, patience, gone, now)
                    outcome, after, left_queue = STILL, WAITING, horizon
            elif next_return < time:
                now = next_return
                contact = _come_back(m, notes, heap, kinds, pars, spans, at, share)
                calls_again = m[contact + C_CALLS] >= 0
            elif m[S_NEXT_CHANGE] == time:
                now = time
                pool = m[S_POOLS]
                while m[m[pool + P_CHANGE] + H_TIME] != time:
                    pool += POOL_WORDS
                change_staff(m, f, ends, pool)
            elif next_end == time:
                now = time
                freed = m[S_AGENTS] + AGENT_WORDS * (ends[1] & agents_mask)
                if m[freed + A_ALONE] != 0:
                    m[freed + A_ALONE] = 0
                    settle(ends, leaves + m[freed + A_LEAF], NEVER)
                    list_agent(m, freed, now)
                else:
                    done = _end_of_chat(m, f, ends, freed, now)
                if m[S_WAITING] > 0:
                    rush(m, m[freed + A_POOL])
            elif timers[1] == time:
                now = time
                timer = m[S_TIMERS] + TIMER_WORDS * first_leaf(timers)
                if m[timer + T_POOL] >= 0:
                    point(m, timers, timer, m[m[timer + T_CURSOR] + NEXT], now)
                    rush(m, m[timer + T_POOL])
                else:
                    contact = m[timer + T_CURSOR]
                    leave(m, timers, patience, contact, now)
                    count(m, seat, seat_bits, contact, PASSED_ON, now)
                    if tracing:
                        _trace(m, trace, contact, PASSED_ON, now, now, HANDED_ON)
                    _move_on(m, contact, m[m[timer + T_LANE] + L_ONWARD])
                    u, _ = _numbers(m, CONTACT, contact)
                    m[contact + C_HANDLE] = _lasts(
                        m, contact, _HANDLE, u, kinds, pars, spans, at, share
                    )
            elif patience[1] == time:
                now = time
                gone = m[S_CONTACTS] + CONTACT_WORDS * first_leaf(patience)
                leave(m, timers, patience, gone, now)
                outcome, after, left_queue, left = GAVE_UP, GAVE_UP_FOR_GOOD, now, now
                if m[m[gone + C_QUEUE] + Q_LOOPS] != 0:
                    how, to = REDIAL, m[gone + C_FIRST]
                    after, back = _after_giving_up(m, f, gone, now, kinds, pars, spans, at, share)
            else:
                now = time
                queue = m[S_QUEUES] + QUEUE_WORDS * (fresh[1] & queues_mask)
                contact = _fresh(m, f, queue, luck, durations, now)
                if _next_customer(m, queue) == 0:
                    _draw(m, queue, gaps, luck, durations, kinds, pars, spans, at, share, scratch)
                _come_next(m, f, fresh, queue, gaps)
            while now >= row_ends:
                row += 1
                row_ends += interval
            m[S_NOW], m[S_ROW] = now, row
            if contact >= 0 and not calls_again:
                _enter(m, f, contact)

        # Who wants an agent finds one who is free, or waits.
        if contact >= 0 and agent < 0:
            agent = free_for(m, contact, now)
            if agent < 0:
                if m[m[contact + C_QUEUE] + Q_CALLBACK] != 0 and not calls_again:
                    _offer(m, f, contact)
                join(m, timers, patience, contact, now)

        # Service begins. What is sure to take the whole agent until it ends is done with now.
        if agent >= 0:
            unlist_agent(m, agent)
            pool = m[agent + A_POOL]
            queue = m[contact + C_QUEUE]
            m[contact + C_BEGAN] = now
            m[contact + C_BY] = agent
            if m[pool + P_CHATS] > 1 and m[queue + Q_ALONE] == 0:
                begin_chat(m, f, ends, agent, contact, now)
                if m[agent + A_IN_HAND] < m[pool + P_CHATS]:
                    list_agent(m, agent, now)
            else:
                end = now + m[contact + C_HANDLE]
                if m[contact + C_CALLS] < 0 or _answers(m, f, contact, now):
                    done = contact
                    m[done + C_ENDS] = end
                else:
                    end = now + m[queue + Q_RING]
                    again = end + m[queue + Q_RETRY]
                    in_vain = m[contact + C_CALLS] == m[queue + Q_TRIES]
                    if again < horizon and not in_vain:
                        _note(m, ring, notes, heap, again, contact, 0, CALL_AGAIN)
                    else:
                        gone, outcome, after, left_queue = contact, STILL, WAITING, horizon
                        if in_vain and end < horizon:
                            outcome, after, left_queue, left = MISSED, UNREACHED, end, end
                leaf = m[agent + A_LEAF]
                m[agent + A_ALONE] = 1
                settle(ends, leaves + leaf, (min(end, latest) << bits) | leaf)
                cell = m[pool + P_COUNTS]
                spread(m, cell + BUSY, POOL_COLUMNS, row, now, end, 1)
                if m[pool + P_CHATS] > 1:
                    spread(m, cell + IN_HAND, POOL_COLUMNS, row, now, end, 1)

        # Service is done: passed on, settled, or what else.
        if done >= 0:
            gone, outcome, after = done, ANSWERED, IN_SERVICE
            left_queue, left = m[gone + C_BEGAN], m[gone + C_ENDS]
            queue = m[gone + C_QUEUE]
            counts = m[queue + Q_COUNTS] + m[gone + C_ROW] * QUEUE_COLUMNS
            if m[gone + C_AGENT] < 0:
                m[counts + HANDLED] += left - left_queue
            else:
                left = min(left, horizon)
                m[counts + HANDLED] += left - left_queue
                cell = m[m[m[gone + C_BY] + A_POOL] + P_COUNTS] + IN_HAND
                spread(m, cell, POOL_COLUMNS, left_queue // interval, left_queue, left, 1)
            if left < horizon:
                after = SETTLED
                if m[queue + Q_LOOPS] != 0 or m[queue + Q_PASSES_TO] >= 0:
                    how, to = RECONTACT, m[gone + C_FIRST]
                    after, back = _after_service(m, f, gone, left, kinds, pars, spans, at, share)
                    if after == HANDED_ON:
                        how, to = PASSED_IN, m[queue + Q_PASSES_TO]
                if after == SETTLED:
                    m[counts + RESOLVED] += 1

        # Gone: for good, or until they are due again.
        if gone >= 0:
            count(m, seat, seat_bits, gone, outcome, left_queue)
            if tracing:
                _trace(m, trace, gone, outcome, left_queue, left, after)
            if back < horizon:
                _note(m, ring, notes, heap, back, gone, to, how)
            else:
                m[m[m[S_QUEUES] + QUEUE_WORDS * m[gone + C_FIRST] + Q_FATES] + after] += 1
            m[gone + NEXT] = m[S_FREE_CONTACT]
            m[S_FREE_CONTACT] = gone

    return out
