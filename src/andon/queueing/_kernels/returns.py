"""Who comes back when: a calendar of days that are as long as a few arrivals.

A return waits in the list of its day, at no cost, until that day begins; only then is it put in
order, among the few of the same day (Brown 1988, *Calendar queues*,
https://doi.org/10.1145/63039.63045). Days run round a ring: who is due in a later round stays in
the list.

A note is a row of ``notes``: when, who, and the next note of the same list. ``heap`` holds the
notes of today, ordered by time and then by customer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels.compiled import lean_kernel

__all__ = ["NEXT", "WHEN", "WHO", "begin_day", "push", "take_first"]

_Integers = npt.NDArray[np.int64]

WHEN, WHO, NEXT = 0, 1, 2
"""Columns of ``notes``."""


@lean_kernel
def begin_day(
    note: int, place: int, day_ends: int, ring: _Integers, notes: _Integers, heap: _Integers
) -> int:
    """Put those of the list from ``note`` on who are due before ``day_ends`` into an empty heap.

    The others go back to the list at ``place``. Returns how many are in the heap.
    """
    ring[place] = -1
    n = 0
    while note >= 0:
        following = notes[note, NEXT]
        if notes[note, WHEN] < day_ends:
            n = push(note, n, notes, heap)
        else:
            notes[note, NEXT] = ring[place]
            ring[place] = note
        note = following
    return n


@lean_kernel
def push(note: int, n: int, notes: _Integers, heap: _Integers) -> int:
    """Add ``note`` to the heap of ``n``; returns how many it then holds."""
    when, who = notes[note, WHEN], notes[note, WHO]
    hole = n
    while hole > 0:
        parent = (hole - 1) >> 1
        other = heap[parent]
        later = notes[other, WHEN]
        if later < when or (later == when and notes[other, WHO] < who):
            break
        heap[hole] = other
        hole = parent
    heap[hole] = note
    return n + 1


@lean_kernel
def take_first(n: int, notes: _Integers, heap: _Integers) -> int:
    """Remove the first of the heap of ``n``; returns how many it then holds."""
    n -= 1
    last = heap[n]
    when, who = notes[last, WHEN], notes[last, WHO]
    hole = 0
    while True:
        child = 2 * hole + 1
        if child >= n:
            break
        note = heap[child]
        if child + 1 < n:
            other = heap[child + 1]
            if notes[other, WHEN] < notes[note, WHEN] or (
                notes[other, WHEN] == notes[note, WHEN] and notes[other, WHO] < notes[note, WHO]
            ):
                note = other
                child += 1
        sooner = notes[note, WHEN]
        if sooner > when or (sooner == when and notes[note, WHO] > who):
            break
        heap[hole] = note
        hole = child
    heap[hole] = last
    return n
