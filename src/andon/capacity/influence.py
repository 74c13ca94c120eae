"""Influence: which of the things that are not known matters most for an answer.

The first-order index of Sobol: the share of the answer's variance that would be gone if this one
number were known. It is the variance of the answer's mean within classes of the number, as many
values in each class; what chance alone would bring is taken off.

Source: Sobol 1993, *Sensitivity estimates for nonlinear mathematical models*; from a given sample
by classes: Plischke, Borgonovo and Smith 2013, *Global sensitivity measures from given data*,
https://doi.org/10.1016/j.ejor.2012.11.047.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["Influence", "influences"]

_CLASSES: Final = 20
_FEW: Final = 8
"""So many values or fewer are classes themselves."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Influence:
    """How much of an answer's doubt comes from one number.

    Attributes
    ----------
    name : str
    share : float
        Of the answer's variance, 0 to 1. They need not add up to 1: what numbers do together is in
        none of them.
    """

    name: str
    share: float


def influences(
    inputs: Mapping[str, npt.NDArray[np.generic]], answer: npt.NDArray[np.float64]
) -> tuple[Influence, ...]:
    """How much of an answer's variance each input explains by itself, most first.

    Parameters
    ----------
    inputs : mapping of str to array, shape (n,)
        Drawn independently of each other; whole numbers with few values are kinds.
    answer : array of float, shape (n,)
        Its finite values count.

    Returns
    -------
    tuple of Influence
        Empty where the answer does not vary.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> a, b = rng.random(4000), rng.random(4000)
    >>> [(each.name, round(each.share, 1)) for each in influences({"b": b, "a": a}, 2 * a + b)]
    [('a', 0.8), ('b', 0.2)]
    """
    fine = np.isfinite(answer)
    y = answer[fine]
    if len(y) < 3 * _CLASSES or np.ptp(y) <= 1e-12 * max(1.0, float(np.abs(y).max())):
        return ()
    found = [Influence(name=name, share=_first_order(x[fine], y)) for name, x in inputs.items()]
    return tuple(sorted(found, key=lambda each: -each.share))


def _first_order(x: npt.NDArray[np.generic], y: npt.NDArray[np.float64]) -> float:
    values, kinds = np.unique(x, return_inverse=True)
    if len(values) < 2:
        return 0.0
    if len(values) > _FEW:
        order = np.argsort(x, kind="stable")
        kinds = np.empty(len(x), dtype=np.int64)
        kinds[order] = np.arange(len(x)) * _CLASSES // len(x)
    size = np.bincount(kinds)
    means = np.bincount(kinds, y) / size
    between = float((size * (means - y.mean()) ** 2).sum())
    total = float(((y - y.mean()) ** 2).sum())
    within = (total - between) / max(len(y) - len(size), 1)
    # Omega squared: without the part that classes of pure chance would explain.
    explained = (between - (len(size) - 1) * within) / (total + within)
    return min(max(explained, 0.0), 1.0)
