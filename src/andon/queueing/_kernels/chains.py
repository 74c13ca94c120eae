"""Lists of agents and of contacts, in which each knows its neighbours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels.compiled import lean_kernel
from andon.queueing._kernels.words import BEFORE, HEAD, NEXT, TAIL

__all__ = ["put", "take"]

_Integers = npt.NDArray[np.int64]


@lean_kernel
def put(m: _Integers, chain: int, thing: int, before: int, behind: int) -> None:
    """Put ``thing`` between two neighbours of the list whose ends stand at ``chain``."""
    m[thing + BEFORE] = before
    m[thing + NEXT] = behind
    m[before + NEXT if before >= 0 else chain + HEAD] = thing
    m[behind + BEFORE if behind >= 0 else chain + TAIL] = thing


@lean_kernel
def take(m: _Integers, chain: int, thing: int) -> None:
    """Take ``thing`` out of the list whose ends stand at ``chain``."""
    before, behind = m[thing + BEFORE], m[thing + NEXT]
    m[before + NEXT if before >= 0 else chain + HEAD] = behind
    m[behind + BEFORE if behind >= 0 else chain + TAIL] = before
