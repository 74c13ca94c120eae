"""Who is free first: a tree of winners over the agents' free times.

Leaf ``a`` of ``keys`` stands at ``leaves + a`` and holds ``free time << bits | a``; each node holds
the smaller of its two children, so ``keys[1]`` is the agent who is free first, the longest idle
first (Knuth 1998, *The art of computer programming* 3, section 5.4.1). A new free time climbs one
path, whose siblings are known before it starts: there is no branch to guess wrong, and 1,000 agents
cost hardly more than 100.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from andon.queueing._kernels.compiled import lean_kernel

__all__ = ["first_leaf", "settle"]

_Integers = npt.NDArray[np.int64]


@lean_kernel
def settle(keys: _Integers, node: int, key: int) -> None:
    """Put ``key`` at ``node`` and let the winners above it be found again."""
    keys[node] = key
    while node > 1:
        key = min(key, keys[node ^ 1])
        node >>= 1
        keys[node] = key


@lean_kernel
def first_leaf(keys: _Integers) -> int:
    """Which leaf holds the smallest key: the first of them, where several do."""
    leaves = len(keys) >> 1
    key = keys[1]
    node = 1
    while node < leaves:
        node <<= 1
        if keys[node] != key:
            node += 1
    return node - leaves
