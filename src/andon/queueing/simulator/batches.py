"""Batches of one long run: stretches so long that they are as good as independent.

What happens in one interval hangs together with the next, so the intervals of one run are no
replications; long enough batches of them nearly are. Law and Carson (1979, *A sequential procedure
for determining the length of a steady-state simulation*, https://doi.org/10.1287/opre.27.5.1011)
found that batches are safe when small ones, ten of which make a large one, are already correlated
by less than 0.4 with the next. So the run is cut into ever fewer small batches until that holds,
and ten of these are joined. The correlation itself is freed of its bias by their jackknife.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["LEAST", "batches", "joined"]

_Floats = npt.NDArray[np.float64]

LEAST: Final = 10
"""Fewer batches tell too little of their own spread."""
_MOST: Final = 40
_JOINED: Final = 10
_CORRELATION: Final = 0.4


def batches(y: _Floats, x: _Floats) -> int:
    """How many intervals make a batch; 0 where the run is too short for ten batches.

    Parameters
    ----------
    y, x : array of float, shape (intervals,)
        Numerator and denominator of a ratio, by interval. What is watched is how far each interval
        is from the ratio of all.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> alone = rng.normal(10, 1, 2000)
    >>> batches(alone, np.ones(2000)), batches(np.repeat(alone, 4), np.ones(8000))
    (50, 200)
    """
    n = len(y)
    if x.sum() <= 0:
        return 0
    away = y - y.sum() / x.sum() * x
    for size in range(1, n // (LEAST * _JOINED) + 1):
        if _correlation(joined(away, size)) < _CORRELATION:
            return max(size * _JOINED, math.ceil(n / _MOST))
    return 0


def joined(values: _Floats, size: int) -> _Floats:
    """Sums of batches of ``size``; what is over is left out at the beginning."""
    count = len(values) // size
    return np.asarray(values[len(values) - count * size :].reshape(count, size).sum(axis=1))


def _correlation(z: _Floats) -> float:
    """How much each hangs together with the next, freed of its bias by halves."""
    half = len(z) // 2
    whole, first, second = (_plain(part) for part in (z, z[:half], z[half:]))
    return 2 * whole - (first + second) / 2


def _plain(z: _Floats) -> float:
    away = z - z.mean()
    spread = float((away * away).sum())
    return float((away[1:] * away[:-1]).sum()) / spread if spread > 0 else 0.0
