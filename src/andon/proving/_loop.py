"""The loop: every contact meets one advisor with a pace, a skill and habits.

Like the simulator's fast engine, it takes contacts in the order in which they come: who is free
first serves, and who has not the patience leaves, both known on arrival (Kiefer and Wolfowitz 1955,
https://doi.org/10.1090/S0002-9947-1955-0066587-0). Here an agent is a person, with stretches of
duty of their own, and what they do to a contact decides whether the customer returns. Who is free
first is also who has been free for longest: contacts reach advisors almost at random.

Random numbers belong to the matter, as in the simulator, so that the same matters meet the same
luck with and without a lever. Times are ticks.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels.compiled import lean_kernel
from andon.queueing._kernels.laws import LAWS, NEVER, TICKS, duration, minus_log
from andon.queueing._kernels.pool import share_at
from andon.queueing._kernels.returns import NEXT, WHEN, WHO, push, take_first
from andon.queueing._kernels.streams import CONTACT, LEAVING, SERVED, TRANSFER, uniforms

__all__ = ["run_operation", "sift_down"]

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]

# What a lever does, and the columns of its row.
SHORT, BUNCH, PARK, PASS, SHED, CLOSE, PROMISE, LATE, PACE, AWAY, SPLIT, JUST = range(12)
DOES, FROM, TO, ONLY, HOW_OFTEN, A, B, C, D, LEVER = range(10)
LEVER_COLUMNS = 10

# How a contact came, beside the simulator's four ways; and what it came to.
FRESH, REDIAL, RECONTACT, PASSED_IN, REOPENED, CUT_OFF = range(6)
SERVED_, GAVE_UP, STILL, TURNED_AWAY = range(4)

# Columns of what comes out: whole numbers ...
(
    MATTER,
    ATTEMPT,
    KIND,
    QUEUE,
    ADVISOR,
    ARRIVED,
    ANSWERED,
    LEFT,
    OUTCOME,
    PREVIOUS,
    BENT,
    SETTLED,
    CLAIMED,
    TALK,
    HOLD,
    WRAPUP,
    HONEST,
    COMES_BACK,
    COMPLAINS,
    PASSED_ON,
    BACK_AT,
) = range(21)
ROW_COLUMNS = 21
# ... and what was likely: the share settled at this handle time, and a second later.
LIKELY, LIKELY_LATER = range(2)
FACT_COLUMNS = 2

# Columns of a note of somebody who will return, after those that the heap knows.
N_QUEUE, N_KIND, N_PREVIOUS, N_ATTEMPT = 3, 4, 5, 6
NOTE_COLUMNS = 7

# By queue: what customers do who were not helped.
Q_BACK, Q_REDIALS, Q_ATTEMPTS, Q_PASS, Q_PASS_TO, Q_SLOPE, Q_LEVEL, Q_MEAN, Q_OPEN = range(9)
QUEUE_NUMBERS = 9

# What the scenario says, one number each.
S_HANDLE, S_RESOLUTION, S_HOLD, S_WRAPUP, S_STEERING, S_COMPLAINTS = range(6)
SCENARIO_NUMBERS = 6

_STEERING, _PARTS, _BACK = 8, 9, 10
"""What a random number is for, beside the simulator's purposes,"""
_LEVER_DRAWS = 16
"""and for the levers from here on, two each."""
_MORE_PASSES = 4
_DODGES = 3
_TURNED_AWAY_S = 20.0
_CLOSED_S = 20.0
_MORNING = 2 * 3600 * TICKS + 3
"""Who finds it closed comes within two hours of the next opening."""


@lean_kernel
def sift_down(heap: _Integers, begin: int, size: int, place: int, free: _Integers) -> None:
    """Put the advisor at ``place`` of a pool's heap where their next free time belongs."""
    who = heap[begin + place]
    when = free[who]
    hole = place
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        other = heap[begin + child]
        if child + 1 < size:
            right = heap[begin + child + 1]
            if free[right] < free[other] or (free[right] == free[other] and right < other):
                other = right
                child += 1
        if free[other] > when or (free[other] == when and other > who):
            break
        heap[begin + hole] = other
        hole = child
    heap[begin + hole] = who


@lean_kernel
def _next_stretch(
    who: int, stretch: _Integers, last: _Integers, begins: _Integers, free: _Integers
) -> None:
    """The advisor's duty is over: free again when the next stretch of it begins, if any."""
    stretch[who] += 1
    if stretch[who] >= last[who]:
        free[who] = NEVER
    else:
        free[who] = max(free[who], begins[stretch[who]])


@lean_kernel
def _acts(lever: _Floats, has: _Bools, who: int, at: int, queue: int) -> bool:
    """Whether a lever is this advisor's, now and in this queue."""
    return bool(
        has[who]
        and lever[FROM] <= at < lever[TO]
        and (lever[ONLY] < 0 or int(lever[ONLY]) == queue)
    )


@lean_kernel
def _note(
    room: _Integers,
    notes: _Integers,
    heap: _Integers,
    when: int,
    matter: int,
    queue: int,
    kind: int,
    previous: int,
    attempt: int,
) -> None:
    """Remember that a customer will return; ``room`` is the first free note, and how many wait."""
    note = room[0]
    room[0] = notes[note, NEXT]
    notes[note, WHEN] = when
    notes[note, WHO] = matter
    notes[note, N_QUEUE] = queue
    notes[note, N_KIND] = kind
    notes[note, N_PREVIOUS] = previous
    notes[note, N_ATTEMPT] = attempt
    room[1] = push(note, room[1], notes, heap)


@lean_kernel
def _when_open(when: int, begin: int, end: int, opens: _Integers, closes: _Integers) -> int:
    """``when`` if the place is open then; else some time in the next morning, if there is one.

    What decides when is how late they were: nothing that has to do with their matter.
    """
    low, high = begin, end
    while low < high:
        middle = (low + high) >> 1
        if closes[middle] <= when:
            low = middle + 1
        else:
            high = middle
    if low >= end or opens[low] <= when:
        return when
    return int(opens[low] + when % min(_MORNING, closes[low] - opens[low]))


@lean_kernel
def _exponential(u: float, mean_s: float) -> int:
    return int(mean_s * minus_log(u) * TICKS) + 1


@lean_kernel
def run_operation(
    seed: int,
    horizon: int,
    arrived: _Integers,
    queue_of: _Integers,
    hard: _Floats,
    length: _Floats,
    less: _Floats,
    kinds: _Integers,
    numbers: _Floats,
    spans: _Integers,
    at_s: _Floats,
    share: _Floats,
    by_queue: _Floats,
    curve_spans: _Integers,
    curve_at_s: _Floats,
    curve_share: _Floats,
    says: _Floats,
    pool_of: _Integers,
    open_spans: _Integers,
    opens: _Integers,
    closes: _Integers,
    pools: _Integers,
    pool_begins: _Integers,
    pool_sizes: _Integers,
    begins: _Integers,
    ends: _Integers,
    stretch: _Integers,
    last: _Integers,
    free: _Integers,
    pace: _Floats,
    skill: _Floats,
    levers: _Floats,
    has: _Bools,
    dodged: _Integers,
    notes: _Integers,
    heap: _Integers,
    rows: _Integers,
    facts: _Floats,
) -> int:
    """Run the operation; how many contacts there were, or -1 if they did not fit into ``rows``."""
    n_rows, fresh, matters = 0, 0, len(arrived)
    n_levers = len(levers)
    room = notes[len(notes) - 1]  # the last note is kept for the list of free ones
    for i in range(len(notes) - 2):
        notes[i, NEXT] = i + 1
    room[0], room[1] = 0, 0
    while True:
        # Who comes next: somebody for the first time, or somebody who returns.
        when_back = notes[heap[0], WHEN] if room[1] > 0 else NEVER
        when_new = arrived[fresh] if fresh < matters else NEVER
        now = min(when_back, when_new)
        if now >= horizon:
            return n_rows
        if n_rows >= len(rows) or room[1] + 2 >= len(heap):
            return -1
        if when_new <= when_back:
            m, q, kind, previous, attempt = fresh, queue_of[fresh], FRESH, -1, 0
            fresh += 1
        else:
            note = heap[0]
            m, q = notes[note, WHO], notes[note, N_QUEUE]
            kind, previous = notes[note, N_KIND], notes[note, N_PREVIOUS]
            attempt = notes[note, N_ATTEMPT]
            room[1] = take_first(room[1], notes, heap)
            notes[note, NEXT] = room[0]
            room[0] = note
        row, fact = rows[n_rows], facts[n_rows]
        mine = n_rows
        n_rows += 1
        numbers_q = by_queue[q]
        u_handle, u_patience = uniforms(seed, 0, CONTACT, q, attempt, m)
        law = LAWS * q + (2 if kind == REDIAL else 1)
        patience = duration(
            u_patience, kinds[law], numbers[law, 0], numbers[law, 1], spans[law, 0],
            spans[law, 1], at_s, share,
        )  # fmt: skip

        # Who serves, and from when.
        pool = pool_of[q]
        begin, size = pool_begins[pool], pool_sizes[pool]
        who, start, place, dodges = -1, NEVER, 0, 0
        bent = 0
        while size > 0:
            who = pools[begin]
            if free[who] >= NEVER:
                break
            start = max(now, free[who])
            if start >= ends[stretch[who]]:
                _next_stretch(who, stretch, last, begins, free)
                sift_down(pools, begin, size, 0, free)
                start = NEVER
                continue
            shed = -1
            for k in range(n_levers):
                lever = levers[k]
                if (
                    lever[DOES] == SHED
                    and dodges < _DODGES
                    and hard[m] > lever[A]
                    and start - now <= patience
                    and _acts(lever, has[k], who, start, q)
                ):
                    u, _ = uniforms(seed, 0, _LEVER_DRAWS + 2 * k, dodges, attempt, m)
                    if u < lever[HOW_OFTEN]:
                        shed = k
            if shed >= 0:
                dodged[shed, who] += 1
                dodges += 1
                bent |= 1 << int(levers[shed, LEVER])
                free[who] = start + int(levers[shed, B] * TICKS)
                sift_down(pools, begin, size, 0, free)
                continue
            if says[S_STEERING] > 0 and start == now:
                u, _ = uniforms(seed, 0, _STEERING, q, attempt, m)
                if u < says[S_STEERING]:
                    for p in range(1, min(7, size)):
                        other = pools[begin + p]
                        idle = free[other] <= now < ends[stretch[other]]
                        slower = pace[other] > pace[who]
                        if idle and slower == (hard[m] > 0):
                            who, place = other, p
            break
        if size == 0 or free[who] >= NEVER:
            start = NEVER

        row[MATTER], row[ATTEMPT], row[KIND], row[QUEUE] = m, attempt, kind, q
        row[ADVISOR], row[ARRIVED], row[ANSWERED], row[LEFT] = -1, now, -1, -1
        row[OUTCOME], row[PREVIOUS], row[BENT] = STILL, previous, 0
        row[SETTLED], row[CLAIMED] = 0, -1
        row[TALK], row[HOLD], row[WRAPUP], row[HONEST] = 0, 0, 0, 0
        row[COMES_BACK], row[COMPLAINS], row[PASSED_ON], row[BACK_AT] = 0, 0, 0, -1
        fact[LIKELY], fact[LIKELY_LATER] = 0.0, 0.0
        most, home = int(numbers_q[Q_ATTEMPTS]), queue_of[m]

        # Who would wait long is turned away, where somebody pulls that lever.
        away = -1
        for k in range(n_levers):
            lever = levers[k]
            if (
                lever[DOES] == AWAY
                and start - now > int(lever[A] * TICKS)
                and _acts(lever, has[k], 0, now, q)
            ):
                u, _ = uniforms(seed, 0, _LEVER_DRAWS + 2 * k, q, attempt, m)
                if u < lever[HOW_OFTEN]:
                    away = k
        if away >= 0:
            lever = levers[away]
            row[OUTCOME], row[LEFT] = TURNED_AWAY, now + int(_TURNED_AWAY_S * TICKS)
            row[BENT] = 1 << int(lever[LEVER])
            u, v = uniforms(seed, 0, _LEVER_DRAWS + 2 * away + 1, q, attempt, m)
            again, _ = uniforms(seed, 0, LEAVING, q, attempt, m)
            row[COMPLAINS] = 1 if v < lever[D] else 0
            if again < lever[B] and attempt + 1 < most:
                row[COMES_BACK] = 1
                back = row[LEFT] + _exponential(u, lever[C])
                if by_queue[home, Q_OPEN] > 0:
                    span = open_spans[pool_of[home]]
                    back = _when_open(back, span[0], span[1], opens, closes)
                row[BACK_AT] = back
                if back < horizon:
                    _note(room, notes, heap, back, m, home, REDIAL, -1, attempt + 1)
            continue

        # Who has not the patience leaves.
        if start == NEVER or start - now > patience:
            if patience < NEVER - now and now + patience < horizon:
                row[OUTCOME], row[LEFT] = GAVE_UP, now + patience
                again, u = uniforms(seed, 0, LEAVING, q, attempt, m)
                if again < numbers_q[Q_REDIALS] and attempt + 1 < most:
                    row[COMES_BACK] = 1
                    law = LAWS * q + 4
                    back = row[LEFT] + max(1, duration(
                        u, kinds[law], numbers[law, 0], numbers[law, 1], spans[law, 0],
                        spans[law, 1], at_s, share,
                    ))  # fmt: skip
                    if by_queue[home, Q_OPEN] > 0:
                        span = open_spans[pool_of[home]]
                        back = _when_open(back, span[0], span[1], opens, closes)
                    row[BACK_AT] = back
                    if back < horizon:
                        _note(room, notes, heap, back, m, home, REDIAL, -1, attempt + 1)
            continue
        if start >= horizon:
            continue

        # How long it takes, honestly.
        law = LAWS * q
        drawn = duration(
            u_handle, kinds[law], numbers[law, 0], numbers[law, 1], spans[law, 0], spans[law, 1],
            at_s, share,
        )  # fmt: skip
        b = says[S_HANDLE]
        handle = max(
            TICKS, int(drawn * math.exp(b * hard[m] - 0.5 * b * b) * length[m] * pace[who])
        )
        row[HONEST] = handle

        # What habits make of it.
        ending, by = -1, -1
        extra_hold, extra_wrapup = 0, 0
        for k in range(n_levers):
            lever = levers[k]
            does = int(lever[DOES])
            if not _acts(lever, has[k], who, start, q):
                continue
            u, v = uniforms(seed, 0, _LEVER_DRAWS + 2 * k, q, attempt, m)
            if u >= lever[HOW_OFTEN]:
                continue
            bit = 1 << int(lever[LEVER])
            if does == PACE:
                ramp = 1.0 if lever[B] <= 0 else min(1.0, (start - lever[FROM]) / lever[B])
                handle = max(TICKS, int(handle * (1.0 + (lever[A] - 1.0) * ramp)))
                bent |= bit
            elif does == BUNCH and ending < 0:
                limit, reach = int(lever[A] * TICKS), int(lever[B] * TICKS)
                if lever[D] > 0 and limit < handle <= limit + reach:
                    handle = limit - int(lever[C] * TICKS * v * v)
                    bent |= bit
                elif lever[D] < 0 and limit - reach <= handle < limit:
                    handle = limit + int(lever[C] * TICKS * v * v)
                    bent |= bit
            elif does == PARK:
                extra = int(lever[A] * TICKS * (0.5 + v))
                if lever[B] > 0:
                    extra_wrapup += extra
                else:
                    extra_hold += extra
                bent |= bit
            elif ending < 0 and does in (SHORT, PROMISE, CLOSE):
                ending, by = does, k
                bent |= bit
                if does == SHORT:
                    handle = max(TICKS, int(lever[A] * TICKS * (0.5 + v)))
                    extra_hold, extra_wrapup = 0, 0
                else:
                    handle = max(TICKS, int(handle * lever[A]))
            elif ending < 0 and does == PASS and attempt + 1 < most + _MORE_PASSES:
                ending, by = does, k
                handle = max(TICKS, int(lever[A] * TICKS * (0.5 + v)))
                bent |= bit
            elif ending < 0 and does == LATE and start + handle - now > int(lever[A] * TICKS):
                # Closed unseen before the deadline, whenever its turn would have come.
                limit, spread = now + int(lever[A] * TICKS), lever[B] * TICKS
                closed = limit - int(spread * v * v)
                later, _ = uniforms(seed, 0, _LEVER_DRAWS + 2 * k + 1, q, attempt, m)
                if attempt + 1 < most + _MORE_PASSES and closed < horizon:
                    ending, by = does, k
                    row[ANSWERED] = max(now, closed - int(_CLOSED_S * TICKS))
                    row[LEFT] = closed
                    row[COMES_BACK] = 1
                    back = limit + int(spread * later * later) + 1
                    if by_queue[home, Q_OPEN] > 0:
                        span = open_spans[pool_of[home]]
                        back = _when_open(back, span[0], span[1], opens, closes)
                    row[BACK_AT] = back
                    if back < horizon:
                        _note(room, notes, heap, back, m, q, REOPENED, mine, attempt + 1)
                    bent |= bit
        row[OUTCOME], row[ADVISOR], row[BENT] = SERVED_, who, bent
        if ending == LATE:
            row[CLAIMED], row[TALK] = 1, row[LEFT] - row[ANSWERED]
            continue  # it took nobody's time

        # The parts of handle time; what is parked comes on top.
        u, v = uniforms(seed, 0, _PARTS, q, attempt, m)
        hold = int(handle * says[S_HOLD] * 2.0 * u)
        wrapup = int(handle * says[S_WRAPUP] * (0.5 + v))
        if ending == SHORT:
            hold, wrapup = 0, 0
        row[TALK] = handle - hold - wrapup
        row[HOLD], row[WRAPUP] = hold + extra_hold, wrapup + extra_wrapup
        left = start + handle - wrapup + extra_hold
        row[ANSWERED], row[LEFT] = start, left
        free[who] = left + wrapup + extra_wrapup
        sift_down(pools, begin, size, place, free)

        # Passed on, before any result.
        passed, _ = uniforms(seed, 0, TRANSFER, q, attempt, m)
        to = -1
        if ending == PASS:
            to = q if levers[by, B] < 0 else int(levers[by, B])
        elif ending < 0 and passed < numbers_q[Q_PASS]:
            to = int(numbers_q[Q_PASS_TO])
        if to >= 0:
            row[PASSED_ON] = 1
            if left < horizon:
                _note(room, notes, heap, left, m, to, PASSED_IN, mine, attempt + 1)
            continue

        # Settled or not: by handle time, by difficulty, by skill; not by what was parked.
        spent_s = handle / TICKS
        for later in range(FACT_COLUMNS):
            worth_s = (spent_s + later) / length[m]
            if numbers_q[Q_SLOPE] == 0.0:
                from_, to_ = curve_spans[q, 0], curve_spans[q, 1]
                likely = share_at(worth_s, curve_at_s[from_:to_], curve_share[from_:to_])
            else:
                beyond_s = worth_s - numbers_q[Q_MEAN]
                likely = numbers_q[Q_LEVEL] + numbers_q[Q_SLOPE] * beyond_s
            likely += skill[who] - says[S_RESOLUTION] * hard[m] - less[m]
            if ending in (SHORT, PROMISE):
                likely = 0.0
            fact[LIKELY + later] = min(1.0, max(0.0, likely))
        luck, u_back = uniforms(seed, 0, SERVED, q, attempt, m)
        settled = luck < fact[LIKELY]
        row[SETTLED] = 1 if settled else 0
        row[CLAIMED] = 1 if ending in (PROMISE, CLOSE) else row[SETTLED]
        if settled:
            continue
        comes, complains = uniforms(seed, 0, _BACK, q, attempt, m)
        wants = numbers_q[Q_BACK]
        row[COMPLAINS] = 1 if complains < says[S_COMPLAINTS] else 0
        if ending in (SHORT, PROMISE, CLOSE):
            first, second = uniforms(seed, 0, _LEVER_DRAWS + 2 * by + 1, q, attempt, m)
            lever = levers[by]
            if ending == PROMISE:
                row[COMPLAINS] = 1 if first < lever[B] else row[COMPLAINS]
                back = left + _exponential(second, lever[C])
                comes_now, how, link = comes < wants, RECONTACT, -1
            else:
                back = left + _exponential(second, lever[C])
                comes_now = first < lever[B]
                how = CUT_OFF if ending == SHORT else REOPENED
                link = -1 if ending == SHORT else mine
            if comes_now and attempt + 1 < most:
                row[COMES_BACK] = 1
                if by_queue[home, Q_OPEN] > 0:
                    span = open_spans[pool_of[home]]
                    back = _when_open(back, span[0], span[1], opens, closes)
                row[BACK_AT] = back
                if back < horizon:
                    to = q if link >= 0 else home
                    _note(room, notes, heap, back, m, to, how, link, attempt + 1)
                continue
            if ending == PROMISE:
                continue
        if comes < wants and attempt + 1 < most:
            row[COMES_BACK] = 1
            law = LAWS * q + 3
            back = left + max(1, duration(
                u_back, kinds[law], numbers[law, 0], numbers[law, 1], spans[law, 0],
                spans[law, 1], at_s, share,
            ))  # fmt: skip
            if by_queue[home, Q_OPEN] > 0:
                span = open_spans[pool_of[home]]
                back = _when_open(back, span[0], span[1], opens, closes)
            row[BACK_AT] = back
            if back < horizon:
                _note(room, notes, heap, back, m, home, RECONTACT, -1, attempt + 1)
