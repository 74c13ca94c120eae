"""Concentration: how few advisors most of something is with, without pointing at one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["Concentration"]

Floats = npt.NDArray[np.float64]

_FEWEST: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Concentration:
    """How few advisors most of what is counted is with.

    Attributes
    ----------
    advisors : int
        Who are recorded.
    half_by, half_of_all_by : int
        How many advisors together have half of what is counted, and half of all contacts. Neither
        is told below 3, which would point at somebody.

    Examples
    --------
    >>> import numpy as np
    >>> of = Concentration.of(np.array([90.0, 1, 1, 1, 1, 1, 1, 1]), contacts=np.full(8, 100.0))
    >>> of.half_by, of.half_of_all_by
    (3, 4)
    """

    advisors: int
    half_by: int
    half_of_all_by: int

    @classmethod
    def of(cls, counted: Floats, *, contacts: Floats) -> Concentration:
        """Of each advisor's counted contacts, and of all of theirs."""
        return cls(
            advisors=len(contacts),
            half_by=max(_FEWEST, _half_by(counted)),
            half_of_all_by=max(_FEWEST, _half_by(contacts)),
        )


def _half_by(counts: Floats) -> int:
    summed = np.cumsum(np.sort(counts)[::-1])
    return int(np.searchsorted(summed, summed[-1] / 2)) + 1
