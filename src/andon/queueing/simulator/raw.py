"""What one replication leaves behind, whichever engine ran it: whole numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["BINS", "Raw"]

BINS: Final = 32 * 63 + 1
"""Bins of a histogram of waits: none, then 32 for each doubling from one tick on."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Raw:
    """Counts of one replication; ``_kernels/columns.py`` names the columns. Times are ticks.

    Attributes
    ----------
    queues : array of int, shape (queues, intervals, QUEUE_COLUMNS)
    pools : array of int, shape (pools, intervals, POOL_COLUMNS)
    waits : array of int, shape (queues, BINS, 2)
        How many waited how long, of those who were answered and of those who gave up; arrivals
        from the end of the warm-up on.
    fates : array of int, shape (queues, FATES)
        What became of the customers who first came to each queue.
    trace : array of int, shape (contacts, TRACE_COLUMNS)
        Empty unless it was asked for.
    """

    queues: npt.NDArray[np.int64]
    pools: npt.NDArray[np.int64]
    waits: npt.NDArray[np.int64]
    fates: npt.NDArray[np.int64]
    trace: npt.NDArray[np.int64]
