"""One pool, first come first served: no list of events, only who is free first.

A customer who arrives at ``a`` would be served at ``start = max(a, first free time)``, once the
changes of staffing up to then are made. Who has the patience is served, and the agent's next free
time is ``start`` plus the handle time; who has not leaves at ``a`` plus the patience, and no free
time changes. Both are known on arrival, so each contact is done with at once: this is exact for any
laws, and needs neither queue nor event list (Kiefer and Wolfowitz 1955,
https://doi.org/10.1090/S0002-9947-1955-0066587-0, with those left out who give up).

When staff leave, the idle go first, then those who finish first, after their call. Who is on a
break comes back, but not before the call that ran into the break is done.

Times are ticks. What a run remembers is in arrays, so that it can stop for room and go on.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels.columns import (
    AFTER,
    AGENT,
    ANSWERED,
    ARRIVED,
    ATTEMPT,
    BRIEF,
    BUSY,
    COMING_BACK,
    CUSTOMER,
    CUSTOMERS,
    DELAYED,
    DEPARTED,
    FRESH,
    GAVE_UP,
    GAVE_UP_FOR_GOOD,
    GONE_QUIETLY,
    HANDLED,
    IN_SERVICE,
    IN_TIME,
    KIND,
    LATE,
    LEFT,
    LEFT_QUEUE,
    OUT_OF_ATTEMPTS,
    OUTCOME,
    OVERTIME,
    POOL_OF,
    QUEUE,
    RECONTACT,
    REDIAL,
    RESOLVED,
    SETTLED,
    SHORT,
    STILL,
    WAITED_ANSWERED,
    WAITED_OTHER,
    WAITING,
)
from andon.queueing._kernels.compiled import lean_kernel
from andon.queueing._kernels.laws import (
    LAWS,
    NEVER,
    TICKS,
    duration,
    durations_of_block,
    minus_logs,
    scaled,
)
from andon.queueing._kernels.returns import NEXT, WHEN, WHO, begin_day, push, take_first
from andon.queueing._kernels.streams import (
    ARRIVAL,
    CONTACT,
    LEAVING,
    SERVED,
    uniforms,
    uniforms_of_block,
)
from andon.queueing._kernels.winners import settle

__all__ = [
    "BITS",
    "BLOCK",
    "DAY_ENDS",
    "DONE",
    "FREE_LEAVES",
    "FREE_NOTE",
    "LEAVES",
    "NEEDS_ROOM",
    "NEEDS_TRACE",
    "STATE",
    "TRACED",
    "draw_block",
    "run_pool",
    "share_at",
    "wait_bin",
    "when_clock_shows",
]

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]

BLOCK = 1024
"""Customers whose numbers are drawn together."""
DONE, NEEDS_ROOM, NEEDS_TRACE = 0, 1, 2
"""Why a run stopped."""

(
    NEXT_CUSTOMER,
    RATE_ROW,
    ARRIVAL_ROW,
    SERVED_ROW,
    CHANGE,
    BITS,
    LEAVES,
    FREE_LEAVES,
    PAUSED,
    PENDING,
) = range(10)
FRESH_AT, TRACED, DAY_ENDS, PLACE, IN_HEAP, FREE_NOTE = 10, 11, 12, 13, 14, 15
STATE = 16
"""Places in what a run remembers."""

_OCTAVES = 32
"""Bins of the histogram of waits for each doubling of the wait."""


@lean_kernel
def wait_bin(ticks: int, seat: _Floats, bits: _Integers) -> int:
    """The bin of a wait of ``ticks`` > 0: 32 to each doubling, from 1 tick on.

    ``seat`` and ``bits`` are one place in memory, seen as a float and as its bits.
    """
    seat[0] = np.float64(ticks)
    return int(bits[0] >> 47) - (1023 << 5)


@lean_kernel
def share_at(x: float, at: _Floats, share: _Floats) -> float:
    """A curve of straight lines; level before its first and after its last point."""
    n = len(at)
    if x <= at[0]:
        return float(share[0])
    for j in range(1, n):
        if x < at[j]:
            slope = (share[j] - share[j - 1]) / (at[j] - at[j - 1])
            return float(share[j - 1] + slope * (x - at[j - 1]))
    return float(share[n - 1])


@lean_kernel
def when_clock_shows(left: int, delay: int, clock: _Floats, interval: int) -> int:
    """When ``delay`` ticks more than at ``left`` have passed on a clock; never, if it stops before.

    ``clock`` is what it shows at the edges of intervals; between them it goes evenly.
    """
    if delay >= NEVER:
        return NEVER
    row = left // interval
    goes = (clock[row + 1] - clock[row]) / interval
    at = clock[row] + (left - row * interval) * goes + np.float64(delay)
    after = len(clock) - 1
    if at >= clock[after]:
        return NEVER
    while after - row > 1:
        middle = (row + after) >> 1
        if clock[middle] <= at:
            row = middle
        else:
            after = middle
    part = (at - clock[row]) / (clock[row + 1] - clock[row])
    return max(left, row * interval + int(part * interval))


@lean_kernel
def _spread(
    table: _Integers, column: int, row: int, begin: int, end: int, interval: int, sign: int
) -> None:
    """Add the time from ``begin`` to ``end`` to the rows in which it passes; ``row`` has begun.

    ``sign`` is 1, or -1 to take it away again.
    """
    last = len(table) - 1
    border = (row + 1) * interval
    while end > border and row < last:
        table[row, column] += sign * (border - begin)
        begin = border
        row += 1
        border += interval
    if end > border:
        end = border
    if end > begin:
        table[row, column] += sign * (end - begin)


@lean_kernel
def draw_block(
    seed: int,
    replication: int,
    queue: int,
    base: int,
    kinds: _Integers,
    pars: _Floats,
    spans: _Integers,
    at: _Floats,
    share: _Floats,
    loops: bool,
    scratch: _Floats,
    gaps: _Floats,
    luck: _Floats,
    durations: _Integers,
) -> None:
    """All numbers of a block of a queue's fresh customers, from ``base`` on.

    Row ``law`` of ``durations`` is theirs for that law; ``luck`` tells who is settled.
    """
    first, second, whole, part, logs = scratch[0], scratch[1], scratch[2], scratch[3], scratch[4]
    half = BLOCK >> 1
    for purpose in range(ARRIVAL, SERVED + 1 if loops else CONTACT + 1):
        begin = base >> 1 if purpose == ARRIVAL else base
        n = half if purpose == ARRIVAL else BLOCK
        uniforms_of_block(seed, replication, purpose, queue, 0, begin, n, first, second)
        if purpose == ARRIVAL:
            for i in range(half):
                luck[i] = first[i]
                luck[half + i] = second[i]
            minus_logs(luck, BLOCK, whole, part, gaps)
        if purpose == SERVED:
            for i in range(BLOCK):
                luck[i] = first[i]
        for law in (0, 1, 3):
            if (purpose == CONTACT) == (law < 3) and purpose != ARRIVAL:
                row = LAWS * queue + law
                durations_of_block(
                    first if law == 0 else second,
                    BLOCK,
                    kinds[row],
                    pars[row, 0],
                    pars[row, 1],
                    spans[row, 0],
                    spans[row, 1],
                    at,
                    share,
                    whole,
                    part,
                    logs,
                    durations[law],
                )


@lean_kernel
def run_pool(
    seed: int,
    replication: int,
    horizon: int,
    interval: int,
    rates: _Floats,
    factors: _Floats,
    changes: _Integers,
    kinds: _Integers,
    pars: _Floats,
    spans: _Integers,
    at: _Floats,
    share: _Floats,
    loops: bool,
    comes_back: float,
    redials: float,
    most_attempts: int,
    curve_at: _Floats,
    curve_share: _Floats,
    clock: _Floats,
    within: int,
    deadline: int,
    brief: int,
    count_from: int,
    shift: int,
    state: _Integers,
    phase: _Floats,
    keys: _Integers,
    free_leaves: _Integers,
    paused: _Integers,
    ring: _Integers,
    scratch: _Floats,
    gaps: _Floats,
    luck: _Floats,
    durations: _Integers,
    seat: _Floats,
    seat_bits: _Integers,
    notes: _Integers,
    heap: _Integers,
    table: _Integers,
    pool_table: _Integers,
    bins: _Integers,
    fates: _Integers,
    trace: _Integers,
) -> int:
    """Run until the horizon, or until there is no room: see the module's first lines."""
    customer, row, spent = state[NEXT_CUSTOMER], state[RATE_ROW], phase[0]
    change, bits, leaves = state[CHANGE], state[BITS], state[LEAVES]
    pending, traced = state[PENDING], state[TRACED]
    mask = (1 << bits) - 1
    latest = NEVER >> bits
    served_row, arrival_row = state[SERVED_ROW], state[ARRIVAL_ROW]
    rows = len(rates)
    rate = rates[row] if row < rows else 0.0
    worth = rate * interval
    row_from = row * interval
    arrival_to = (arrival_row + 1) * interval
    next_change = changes[change, 0]
    tracing = len(trace) > 0
    factored = len(factors) > 0
    by_clock = len(clock) > 0
    out = DONE

    drawn = -1
    fresh_at = state[FRESH_AT]
    day_ends, place, in_heap = state[DAY_ENDS], state[PLACE], state[IN_HEAP]
    free_note = state[FREE_NOTE]
    day, round_mask = 1 << shift, len(ring) - 1
    next_return = notes[heap[0], WHEN] if in_heap > 0 else NEVER

    while True:
        # The next fresh customer, unless one is in hand.
        j = customer & (BLOCK - 1)
        if drawn != customer - j or pending == 0:
            if drawn != customer - j:
                base = customer - j
                draw_block(
                    seed,
                    replication,
                    0,
                    base,
                    kinds,
                    pars,
                    spans,
                    at,
                    share,
                    loops,
                    scratch,
                    gaps,
                    luck,
                    durations,
                )
                drawn = base
            if pending == 0:
                spent += gaps[j]
                while spent >= worth and row < rows:
                    spent -= worth
                    row += 1
                    row_from += interval
                    rate = rates[row] if row < rows else 0.0
                    worth = rate * interval
                fresh_at = horizon
                if row < rows:
                    fresh_at = row_from + np.int64(spent / rate)
                pending = 1

        # Whoever comes next: that one, or somebody who comes back before.
        a = fresh_at
        attempt = 0
        kind = FRESH
        who = customer
        luck_now = delay_now = 0.0
        if loops:
            while in_heap == 0 and day_ends <= fresh_at:
                day_ends += day
                place = (place + 1) & round_mask
                note = ring[place]
                if note >= 0:
                    in_heap = begin_day(note, place, day_ends, ring, notes, heap)
                    next_return = notes[heap[0], WHEN] if in_heap > 0 else NEVER
            if free_note < 0:
                out = NEEDS_ROOM
                break
            if next_return < fresh_at:
                note = heap[0]
                a = next_return
                code = notes[note, WHO]
                who = code >> 16
                attempt = (code >> 1) & 0x7FFF
                kind = REDIAL if code & 1 else RECONTACT
        if a >= horizon:
            break
        if tracing and traced == len(trace):
            out = NEEDS_TRACE
            break
        while a >= arrival_to:
            arrival_row += 1
            arrival_to += interval

        if kind == FRESH:
            handle = durations[0, j]
            patience = durations[1, j]
            customer += 1
            pending = 0
        else:
            notes[note, NEXT] = free_note
            free_note = note
            in_heap = take_first(in_heap, notes, heap)
            next_return = notes[heap[0], WHEN] if in_heap > 0 else NEVER
            u, v = uniforms(seed, replication, CONTACT, 0, attempt, who)
            luck_now, delay_now = uniforms(seed, replication, SERVED, 0, attempt, who)
            handle = patience = 0
            for law in (0, 2 if kind == REDIAL else 1):
                lasts = duration(
                    u if law == 0 else v,
                    kinds[law],
                    pars[law, 0],
                    pars[law, 1],
                    spans[law, 0],
                    spans[law, 1],
                    at,
                    share,
                )
                if law == 0:
                    handle = lasts
                else:
                    patience = lasts

        if factored:
            handle = scaled(handle, factors[arrival_row])

        # When somebody would be free, after the changes of staffing up to then.
        top = keys[1]
        start = max(a, top >> bits)
        while next_change <= start:
            _change(changes, change, interval, state, keys, free_leaves, paused, pool_table)
            change += 1
            next_change = changes[change, 0]
            top = keys[1]
            start = max(a, top >> bits)

        table[arrival_row, kind] += 1
        wait = start - a
        agent = -1
        if wait > patience and a + patience < horizon:
            # Gives up.
            left_queue = left = a + patience
            outcome = GAVE_UP
            table[arrival_row, GAVE_UP] += 1
            table[arrival_row, WAITED_OTHER] += patience
            if patience <= within:
                table[arrival_row, SHORT] += 1
            if patience <= brief:
                table[arrival_row, BRIEF] += 1
            if a >= count_from:
                bins[wait_bin(patience, seat, seat_bits) + 1 if patience > 0 else 0, 1] += 1
            after = GAVE_UP_FOR_GOOD
            if loops:
                u, v = uniforms(seed, replication, LEAVING, 0, attempt, who)
                if u < redials:
                    after = COMING_BACK if attempt + 1 < most_attempts else OUT_OF_ATTEMPTS
                    delay_now = v
        elif start >= horizon:
            # Waits still when everything ends.
            left_queue = left = horizon
            outcome, after = STILL, WAITING
            table[arrival_row, STILL] += 1
            table[arrival_row, WAITED_OTHER] += horizon - a
        else:
            left_queue = start
            left = start + handle
            outcome = ANSWERED
            agent = top & mask
            settle(keys, leaves + agent, (min(left, latest) << bits) | agent)
            table[arrival_row, ANSWERED] += 1
            table[arrival_row, HANDLED] += handle
            table[arrival_row, WAITED_ANSWERED] += wait
            if wait <= within:
                table[arrival_row, IN_TIME] += 1
            if wait > deadline:
                table[arrival_row, LATE] += 1
            if a >= count_from:
                bins[wait_bin(wait, seat, seat_bits) + 1 if wait > 0 else 0, 0] += 1
            while start >= (served_row + 1) * interval:
                served_row += 1
            _spread(pool_table, BUSY, served_row, start, left, interval, 1)
            if left >= horizon:
                after = IN_SERVICE
            else:
                after = SETTLED
                if loops:
                    u = luck[j] if kind == FRESH else luck_now
                    p = share_at(np.float64(handle) / TICKS, curve_at, curve_share)
                    if u >= p:
                        after = GONE_QUIETLY
                        if u - p < comes_back * (1.0 - p):
                            after = COMING_BACK if attempt + 1 < most_attempts else OUT_OF_ATTEMPTS
                if after == SETTLED:
                    table[arrival_row, RESOLVED] += 1
        if left_queue > a:
            table[arrival_row, DELAYED] += 1
            _spread(table, QUEUE, arrival_row, a, left_queue, interval, 1)
        if left_queue < arrival_to:
            table[arrival_row, DEPARTED] += 1
        elif left_queue < horizon:
            table[left_queue // interval, DEPARTED] += 1
        back = NEVER
        if after == COMING_BACK:
            if kind == FRESH and outcome == ANSWERED:
                delay = durations[3, j]
            else:
                law = 3 if outcome == ANSWERED else 4
                delay = duration(
                    delay_now,
                    kinds[law],
                    pars[law, 0],
                    pars[law, 1],
                    spans[law, 0],
                    spans[law, 1],
                    at,
                    share,
                )
            if by_clock and outcome == ANSWERED:
                back = when_clock_shows(left, delay, clock, interval)
            else:
                back = left + delay
        if back < horizon:
            note = free_note
            free_note = notes[note, NEXT]
            notes[note, WHEN] = back
            notes[note, WHO] = (who << 16) | ((attempt + 1) << 1) | (outcome == GAVE_UP)
            if back < day_ends:
                in_heap = push(note, in_heap, notes, heap)
                next_return = notes[heap[0], WHEN]
            else:
                later = (back >> shift) & round_mask
                notes[note, NEXT] = ring[later]
                ring[later] = note
        else:
            fates[after] += 1
        if tracing:
            trace[traced, CUSTOMER] = who
            trace[traced, ATTEMPT] = attempt
            trace[traced, KIND] = kind
            trace[traced, POOL_OF] = 0 if outcome == ANSWERED else -1
            trace[traced, AGENT] = agent
            trace[traced, ARRIVED] = a
            trace[traced, LEFT_QUEUE] = left_queue if outcome != STILL else -1
            trace[traced, LEFT] = left if outcome != STILL else -1
            trace[traced, OUTCOME] = outcome
            trace[traced, AFTER] = after
            traced += 1

    # Who is still there when nobody comes any more leaves in time.
    while out == DONE and next_change < horizon:
        _change(changes, change, interval, state, keys, free_leaves, paused, pool_table)
        change += 1
        next_change = changes[change, 0]

    state[NEXT_CUSTOMER], state[RATE_ROW], phase[0] = customer, row, spent
    state[ARRIVAL_ROW], state[SERVED_ROW], state[CHANGE] = arrival_row, served_row, change
    state[PENDING], state[FRESH_AT], state[TRACED] = pending, fresh_at, traced
    state[DAY_ENDS], state[PLACE] = day_ends, place
    state[IN_HEAP], state[FREE_NOTE] = in_heap, free_note
    fates[CUSTOMERS] = customer
    return out


@lean_kernel
def _change(
    changes: _Integers,
    change: int,
    interval: int,
    state: _Integers,
    keys: _Integers,
    free_leaves: _Integers,
    paused: _Integers,
    pool_table: _Integers,
) -> None:
    """Make one change of staffing: who leaves, goes on a break, comes back, begins."""
    bits, leaves = state[BITS], state[LEAVES]
    mask = (1 << bits) - 1
    time = changes[change, 0]
    for leaving in range(changes[change, 1] + changes[change, 2]):
        top = keys[1]
        if top == NEVER:
            break
        agent = top & mask
        free = top >> bits
        free_leaves[state[FREE_LEAVES]] = agent
        state[FREE_LEAVES] += 1
        settle(keys, leaves + agent, NEVER)
        if leaving >= changes[change, 1]:
            paused[state[PAUSED]] = free
            state[PAUSED] += 1
        if free > time:
            _spread(pool_table, OVERTIME, time // interval, time, free, interval, 1)
    for coming in range(changes[change, 3] + changes[change, 4]):
        if state[FREE_LEAVES] == 0:
            break
        free = time
        if coming < changes[change, 3] and state[PAUSED] > 0:
            least = 0
            for i in range(1, state[PAUSED]):
                if paused[i] < paused[least]:
                    least = i
            free = max(time, paused[least])
            _spread(pool_table, OVERTIME, time // interval, time, free, interval, -1)
            state[PAUSED] -= 1
            paused[least] = paused[state[PAUSED]]
        state[FREE_LEAVES] -= 1
        agent = free_leaves[state[FREE_LEAVES]]
        settle(keys, leaves + agent, (free << bits) | agent)
