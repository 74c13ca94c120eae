"""The loop of the proving ground, held against its definition: who was free first, by hand."""

from __future__ import annotations

import numpy as np

from andon.proving import _loop as k
from andon.proving.world import Run, World

__all__ = ["served_by_who_was_free_first"]


def served_by_who_was_free_first(world: World, run: Run) -> int:
    """Go through the contacts in order and assert, for each, who had to serve it and from when.

    Without letting go by, steering or closing unseen. Returns how many were served.
    """
    duty = world.duty
    stretches = {
        i: [
            (int(duty.begins[j]), int(duty.ends[j]))
            for j in range(int(duty.first[i]), int(duty.first[i + 1]))
        ]
        for i in range(duty.people)
    }
    free = dict.fromkeys(stretches, 0)

    def could_begin(who: int, now: int) -> int | None:
        for begin, end in stretches[who]:
            at = max(now, free[who], begin)
            if at < end:
                return at
        return None

    served = 0
    for row in run.rows:
        now = int(row[k.ARRIVED])
        starts = [at for i in stretches if (at := could_begin(i, now)) is not None]
        first = min(starts) if starts else None
        if row[k.OUTCOME] == k.SERVED_:
            who = int(row[k.ADVISOR])
            assert row[k.ANSWERED] == first == could_begin(who, now)
            idle = [i for i in stretches if could_begin(i, now) == now]
            # Of the idle, whoever has been free for longest; who is off duty is not free.
            since = {
                i: max(free[i], *(begin for begin, end in stretches[i] if begin <= now < end))
                for i in idle
            }
            assert not since or since[who] == min(since.values())
            free[who] = int(row[k.ANSWERED] + row[k.TALK] + row[k.HOLD] + row[k.WRAPUP])
            served += 1
        elif row[k.OUTCOME] == k.GAVE_UP:
            assert first is None or first > row[k.LEFT]
        else:
            assert first is None or first >= round(world.scenario.days * 86_400e6)
    assert np.all(np.diff(run[k.ARRIVED]) >= 0)
    return served
