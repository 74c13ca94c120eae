"""Waits counted by their length: all that patience needs of a thousand million contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.queueing.inputs import Floats, at_least_zero, positive

__all__ = ["WaitCounts"]

_Whole = npt.NDArray[np.int64]
_EXACT: Final = 2.0**53
"""Up to here every whole number is a double."""


@dataclass(frozen=True, kw_only=True, slots=True, init=False, eq=False)
class WaitCounts:
    """How many gave up, and how many left otherwise, after waits of each length.

    Parameters
    ----------
    at_s : array_like
        Lengths in seconds, 0 or more, ascending.
    gave_up, otherwise : array_like
        Whole counts at each length, 0 or more.

    Raises
    ------
    QueueingError
        If lengths do not ascend, or counts are not whole.

    Examples
    --------
    Two days, each counted by itself, then taken together:

    >>> monday = WaitCounts.of([3.2, 40, 61.5], [True, False, True], width_s=10)
    >>> tuesday = WaitCounts.of([4.9, 12], [True, False], width_s=10)
    >>> both = monday + tuesday
    >>> both.at_s.tolist(), both.gave_up.tolist(), both.otherwise.tolist()
    ([10.0, 20.0, 40.0, 70.0], [2, 0, 0, 1], [0, 1, 1, 0])

    >>> from andon.queueing.patience import kaplan_meier
    >>> curve = kaplan_meier(both.at_s, both.gave_up, both.otherwise)
    >>> float(curve.still_waiting[0])
    0.6
    """

    at_s: Floats
    gave_up: _Whole
    otherwise: _Whole

    def __init__(
        self, *, at_s: npt.ArrayLike, gave_up: npt.ArrayLike, otherwise: npt.ArrayLike
    ) -> None:
        at = at_least_zero("at_s", at_s)
        events, others = _whole("gave_up", gave_up), _whole("otherwise", otherwise)
        if not at.shape == events.shape == others.shape or at.ndim != 1:
            raise QueueingError(
                "at_s, gave_up and otherwise must be lists of the same length.",
                found=f"shapes {at.shape}, {events.shape} and {others.shape}",
                todo="Give both counts for each length.",
            )
        if np.any(np.diff(at) <= 0):
            raise QueueingError(
                "at_s must ascend.",
                found=f"at_s = {at.tolist()[:6]} ...",
                todo="Use WaitCounts.of, which sorts and adds up.",
            )
        for name, each in (("at_s", at), ("gave_up", events), ("otherwise", others)):
            kept = each.copy()
            kept.flags.writeable = False
            object.__setattr__(self, name, kept)

    @classmethod
    def of(
        cls, waits_s: npt.ArrayLike, gave_up: npt.ArrayLike, *, width_s: float | None = None
    ) -> Self:
        """Count single waits.

        Parameters
        ----------
        waits_s : array_like
            Waits in seconds, 0 or more, in any order.
        gave_up : array_like
            Whether each customer gave up (true), or was answered or taken off otherwise (false).
        width_s : float, optional
            Each wait stands at the end of its bin of so many seconds (above 0); 0 stays 0. Without
            it, each length by itself.

        Returns
        -------
        WaitCounts

        Raises
        ------
        QueueingError
            If the lists differ in length, or a wait is negative.
        """
        waits = at_least_zero("waits_s", waits_s)
        left = np.asarray(gave_up, dtype=np.bool_)
        if waits.shape != left.shape or waits.ndim != 1:
            raise QueueingError(
                "waits_s and gave_up must be lists of the same length.",
                found=f"shapes {waits.shape} and {left.shape}",
                todo="Give one of each for every customer.",
            )
        if width_s is not None:
            width = float(positive("width_s", width_s))
            waits = np.ceil(waits / width) * width
        at, index = np.unique(waits, return_inverse=True)
        return cls(
            at_s=at,
            gave_up=np.bincount(index[left], minlength=at.size),
            otherwise=np.bincount(index[~left], minlength=at.size),
        )

    @property
    def n(self) -> int:
        """Waits in all."""
        return int(self.gave_up.sum() + self.otherwise.sum())

    def __add__(self, other: WaitCounts) -> WaitCounts:
        if not isinstance(other, WaitCounts):
            return NotImplemented
        at = np.union1d(self.at_s, other.at_s)
        gave_up, otherwise = np.zeros((2, at.size), dtype=np.int64)
        for each in (self, other):
            place = np.searchsorted(at, each.at_s)
            gave_up[place] += each.gave_up
            otherwise[place] += each.otherwise
        return WaitCounts(at_s=at, gave_up=gave_up, otherwise=otherwise)


def _whole(field: str, value: npt.ArrayLike) -> _Whole:
    counts = at_least_zero(field, value)
    part = np.flatnonzero((counts != np.floor(counts)) | (counts > _EXACT))
    if part.size:
        raise QueueingError(
            f"{field} must hold whole numbers.",
            found=f"{field}[{part[0]}] = {counts.ravel()[part[0]]:g}",
            todo="Count each contact once.",
        )
    return np.asarray(value).astype(np.int64).reshape(counts.shape)
