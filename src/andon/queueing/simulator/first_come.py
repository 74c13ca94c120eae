"""The fast engine: one queue and one pool, first come first served, with any laws and the loop."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.queueing._kernels import pool as kernels
from andon.queueing._kernels.columns import (
    BUSY,
    FATES,
    IN_HAND,
    POOL_COLUMNS,
    QUEUE_COLUMNS,
    STAFFED,
    TRACE_COLUMNS,
)
from andon.queueing._kernels.laws import NEVER, TICKS
from andon.queueing.simulator.model import Curve, Loop
from andon.queueing.simulator.plan import LAWS, Plan
from andon.queueing.simulator.raw import BINS, Raw
from andon.queueing.simulator.schedule import most_at_once

__all__ = ["run_first_come"]

_TRACE_ROWS: Final = 1 << 16
_NOTES: Final = 1 << 12
_RING: Final = (1 << 8, 1 << 18)
_DAY_HOLDS: Final = 12.0
"""Arrivals in one day of the calendar of returns."""


def run_first_come(
    plan: Plan, *, seed: int, replication: int, count_from: int = 0, trace: bool = False
) -> Raw:
    """Run one replication of a model whose ``first_come`` is true.

    Parameters
    ----------
    plan : Plan
    seed, replication : int
        Which random numbers: 0 to 2**63 - 1, and 0 to 2**23 - 1.
    count_from : int
        Ticks before which waits are left out of the histogram.
    trace : bool
        Whether to keep a row for every contact.

    Raises
    ------
    QueueingError
        If the run is too long for its number of agents.
    """
    model = plan.model
    queue = model.queues[0]
    loop = queue.loop or Loop(resolves=Curve.flat(1.0))
    most, most_away = most_at_once(plan.changes[0])
    most = max(most, 1)
    bits = max(1, (most - 1).bit_length())
    leaves = 1 << bits
    if plan.horizon >= NEVER >> (bits + 1):
        raise QueueingError(
            "The run is too long for so many agents.",
            found=f"days = {model.days:g}, agents = {most:,}",
            todo=f"Run {(NEVER >> (bits + 1)) / TICKS / 86_400:,.0f} days at most.",
        )
    rates = plan.rates_of(seed, replication)[0]
    state = np.zeros(kernels.STATE, dtype=np.int64)
    state[kernels.BITS], state[kernels.LEAVES] = bits, leaves
    state[kernels.FREE_LEAVES] = leaves
    shift, ring = _calendar(rates, queue.loop)
    state[kernels.DAY_ENDS] = 1 << shift
    notes, heap = np.zeros((0, 3), dtype=np.int64), np.zeros(0, dtype=np.int64)
    notes, heap = _more_notes(notes, heap, state, _NOTES if queue.loop else 1)
    keys = np.full(2 * leaves, NEVER, dtype=np.int64)
    table = np.zeros((model.intervals, QUEUE_COLUMNS), dtype=np.int64)
    pools = np.zeros((model.intervals, POOL_COLUMNS), dtype=np.int64)
    waits = np.zeros((BINS, 2), dtype=np.int64)
    fates = np.zeros(FATES, dtype=np.int64)
    rows = np.zeros((_TRACE_ROWS if trace else 0, TRACE_COLUMNS), dtype=np.int64)
    kept: list[npt.NDArray[np.int64]] = []
    seat = np.zeros(1)
    fixed = (
        seed,
        replication,
        plan.horizon,
        plan.interval,
        rates,
        plan.factors[0],
        plan.changes[0],
        plan.laws.kinds,
        plan.laws.numbers,
        plan.laws.spans,
        plan.laws.at_s,
        plan.laws.share,
        queue.loop is not None,
        float(loop.comes_back),
        float(loop.redials),
        loop.most_attempts,
        np.array(loop.resolves.handle_s, dtype=np.float64),
        np.array(loop.resolves.share, dtype=np.float64),
        plan.clocks[0],
        round(queue.answer_within_s * TICKS),
        NEVER if queue.deadline_s is None else round(queue.deadline_s * TICKS),
        round(queue.short_abandon_s * TICKS),
        count_from,
        shift,
        state,
        np.zeros(1),
        keys,
        np.arange(leaves, dtype=np.int64)[::-1].copy(),
        np.zeros(most_away + 1, dtype=np.int64),
        ring,
        np.zeros((5, kernels.BLOCK)),
        np.zeros(kernels.BLOCK),
        np.zeros(kernels.BLOCK),
        np.zeros((LAWS, kernels.BLOCK), dtype=np.int64),
        seat,
        seat.view(np.int64),
    )
    while True:
        why = kernels.run_pool(*fixed, notes, heap, table, pools, waits, fates, rows)
        kept.append(rows[: state[kernels.TRACED]].copy())
        state[kernels.TRACED] = 0
        if why == kernels.DONE:
            break
        if why == kernels.NEEDS_ROOM:
            notes, heap = _more_notes(notes, heap, state, len(notes))
    pools[:, IN_HAND] = pools[:, BUSY]
    pools[:, STAFFED] = plan.on_duty[0]
    return Raw(
        queues=table[None],
        pools=pools[None],
        waits=waits[None],
        fates=fates[None],
        trace=np.concatenate(kept),
    )


def _more_notes(
    notes: npt.NDArray[np.int64],
    heap: npt.NDArray[np.int64],
    state: npt.NDArray[np.int64],
    more: int,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Room for ``more`` returns, all of it free; there was none left."""
    begin = len(notes)
    added = np.zeros((more, 3), dtype=np.int64)
    added[:, 2] = np.arange(begin + 1, begin + more + 1)
    added[-1, 2] = -1
    state[kernels.FREE_NOTE] = begin
    return np.concatenate((notes, added)), np.concatenate((heap, np.zeros(more, dtype=np.int64)))


def _calendar(
    rates: npt.NDArray[np.float64], loop: Loop | None
) -> tuple[int, npt.NDArray[np.int64]]:
    """The logarithm of a day's ticks, and the ring of days: long enough for most delays."""
    busiest = float(rates.max())
    if loop is None or busiest <= 0:
        return 40, np.full(1, -1, dtype=np.int64)
    longest = 2.0 * TICKS * max(loop.recontact_after.mean_s, loop.redial_after.mean_s)
    day = max(_DAY_HOLDS / busiest, longest / _RING[1])
    shift = round(min(max(math.log2(day), 10), 40))
    size = 1 << math.ceil(math.log2(min(max(longest / (1 << shift), _RING[0]), _RING[1])))
    return shift, np.full(size, -1, dtype=np.int64)
