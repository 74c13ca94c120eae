"""Courses: what the coming days may bring, as whole days that were drawn, not as one line.

A row is one way in which all the days may go. Within a row a busy morning is followed by a busy
afternoon as often as it was in the past, and a busy Monday by a busy Tuesday.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from andon.capacity.horizon import Horizon

__all__ = ["Courses"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Courses:
    """Sampled courses of one queue's coming days.

    Attributes
    ----------
    queue : str
    horizon : Horizon
        With ``k`` intervals.
    contacts : array of float, shape (courses, k)
        Contacts expected in each interval on each course, 0 or more: the mean of a Poisson count,
        so that chance within the interval still comes on top.
    handle_s : array of float, shape (courses, k)
        Mean handle time in each interval on each course, seconds (> 0).
    handle_cv : float
        How much contacts differ in handle time: standard deviation over mean, 0 or more.
    open : array of bool, shape (k,)
        Whether the queue is open; where it is not, ``contacts`` may still be above 0 for those who
        come all the same.
    """

    queue: str
    horizon: Horizon
    contacts: npt.NDArray[np.float64]
    handle_s: npt.NDArray[np.float64]
    handle_cv: float
    open: npt.NDArray[np.bool_]

    @property
    def count(self) -> int:
        """How many courses were drawn."""
        return len(self.contacts)

    @property
    def load_erlangs(self) -> npt.NDArray[np.float64]:
        """Work that arrives in each interval, erlangs, shape (courses, k)."""
        return self.contacts * self.handle_s / self.horizon.interval_s

    def counts(self, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Contacts as they may really come: Poisson counts around each course."""
        return rng.poisson(self.contacts)
