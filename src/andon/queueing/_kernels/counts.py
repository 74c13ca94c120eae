"""What the general engine counts when a contact leaves its queue, and the time that passes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels.columns import (
    ANSWERED,
    BRIEF,
    DELAYED,
    DEPARTED,
    GAVE_UP,
    IN_TIME,
    LATE,
    PASSED_ON,
    QUEUE,
    QUEUE_COLUMNS,
    SHORT,
    WAITED_ANSWERED,
    WAITED_OTHER,
)
from andon.queueing._kernels.compiled import lean_kernel
from andon.queueing._kernels.pool import wait_bin
from andon.queueing._kernels.words import (
    C_ARRIVED,
    C_QUEUE,
    C_ROW,
    C_SINCE,
    Q_BINS,
    Q_BRIEF,
    Q_COUNTS,
    Q_DEADLINE,
    Q_WITHIN,
    S_COUNT_FROM,
    S_HORIZON,
    S_INTERVAL,
)

__all__ = ["count", "spread"]

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]


@lean_kernel
def spread(
    m: _Integers, counts: int, columns: int, row: int, begin: int, end: int, sign: int
) -> None:
    """Add the time from ``begin`` to ``end`` to one column, in the rows in which it passes.

    The column stands at ``counts``, and each row has ``columns``; in ``row`` the time begins.
    ``sign`` is 1, or -1 to take it away again. What is after the horizon is nobody's.
    """
    interval = m[S_INTERVAL]
    end = min(end, m[S_HORIZON])
    cell = counts + row * columns
    border = (row + 1) * interval
    while end > border:
        m[cell] += sign * (border - begin)
        begin = border
        border += interval
        cell += columns
    if end > begin:
        m[cell] += sign * (end - begin)


@lean_kernel
def count(
    m: _Integers, seat: _Floats, bits: _Integers, contact: int, outcome: int, time: int
) -> None:
    """``contact`` leaves its queue at ``time``: count how, and how long it waited.

    A wait that goes on in another queue is counted there, where it ends.
    """
    queue = m[contact + C_QUEUE]
    row = m[contact + C_ROW]
    counts = m[queue + Q_COUNTS]
    here = counts + row * QUEUE_COLUMNS
    wait = time - m[contact + C_SINCE]
    m[here + outcome] += 1
    if wait > 0:
        m[here + DELAYED] += 1
    if time > m[contact + C_ARRIVED]:
        spread(m, counts + QUEUE, QUEUE_COLUMNS, row, m[contact + C_ARRIVED], time, 1)
    if time < m[S_HORIZON]:
        m[counts + time // m[S_INTERVAL] * QUEUE_COLUMNS + DEPARTED] += 1
    if outcome == PASSED_ON:
        return
    m[here + (WAITED_ANSWERED if outcome == ANSWERED else WAITED_OTHER)] += wait
    if outcome in (ANSWERED, GAVE_UP):
        if wait <= m[queue + Q_WITHIN]:
            m[here + (IN_TIME if outcome == ANSWERED else SHORT)] += 1
        if outcome == GAVE_UP and wait <= m[queue + Q_BRIEF]:
            m[here + BRIEF] += 1
        if outcome == ANSWERED and wait > m[queue + Q_DEADLINE]:
            m[here + LATE] += 1
        if m[contact + C_ARRIVED] >= m[S_COUNT_FROM]:
            place = wait_bin(wait, seat, bits) + 1 if wait > 0 else 0
            m[m[queue + Q_BINS] + 2 * place + (outcome == GAVE_UP)] += 1
