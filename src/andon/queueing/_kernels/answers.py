"""Answers that need not be worked out again: more load never needs fewer agents.

Where many loads are asked the same question, two that need ``n`` agents settle every load between
them. After a few loads for each number of agents most others are looked up.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels.compiled import kernel, lean_kernel

__all__ = ["UNKNOWN", "Answers", "forget", "look_up", "none_yet", "remember"]

UNKNOWN = -1
"""What :func:`look_up` says where it cannot tell."""

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]

Answers = tuple[_Ints, _Floats, _Floats]
"""By whole erlangs, the last answer; by agents, the least and the most load that needed them."""


@kernel
def none_yet(load: _Floats, alike: bool) -> Answers:
    """Room for the answers to one question about each load; none where it would not pay.

    It would not where questions differ, or where loads are fewer than whole erlangs.
    """
    most = 0.0
    for j in range(len(load)):
        most = max(most, load[j])
    erlangs = int(most) + 1 if alike and len(load) > 1 and most < len(load) else 0
    agents = 2 * erlangs + 64 if erlangs else 0
    return np.zeros(erlangs, np.int64), np.empty(agents), np.empty(agents)


@lean_kernel
def forget(answers: Answers) -> None:
    """Make room for another question."""
    last, least, most = answers
    last[:] = 0
    least[:] = np.inf
    most[:] = -np.inf


@lean_kernel
def look_up(answers: Answers, a: float) -> int:
    """How many agents a load needs, if loads on both sides of it are known to need as many."""
    last, least, most = answers
    erlangs = int(a)
    if erlangs >= len(last):
        return UNKNOWN
    n = int(last[erlangs])
    if a > most[n]:
        n += 1
    elif a < least[n]:
        n -= 1
    if 0 <= n < len(most) and least[n] <= a <= most[n]:
        return n
    return UNKNOWN


@lean_kernel
def remember(answers: Answers, a: float, n: int) -> None:
    """Keep that ``n`` agents are the fewest for a load."""
    last, least, most = answers
    erlangs = int(a)
    if erlangs < len(last) and n < len(most):
        last[erlangs] = n
        least[n] = min(least[n], a)
        most[n] = max(most[n], a)
