"""Chances: how often it could have happened so long after the start, given when people work.

Where a clock runs through nights and weekends, what ends a day after it began is common and what
ends half a day later is rare, whatever anybody aims at. How often an end so long after a start
falls into a time in which things end at all is the cross-correlation of the two rhythms: each start
is put beside each end, its own and all the others. Counts per chance run smoothly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from andon.errors import QuestionError

__all__ = ["Pairs", "chances"]

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Pairs:
    """Pairs of a start and an end by how many slots lie between them, counted once for all lags.

    Attributes
    ----------
    slot_s : float
        The length of a slot, seconds.
    by_slot : array of shape (slots,)
    """

    slot_s: float
    by_slot: _Floats

    @classmethod
    def of(cls, started: npt.ArrayLike, ended: npt.ArrayLike, *, slot_s: float) -> Pairs:
        """Count them, from how many clocks started and how many things ended in each slot.

        Raises
        ------
        QuestionError
            If the two do not fit one another.
        """
        first, last = (np.asarray(each, dtype=np.float64) for each in (started, ended))
        _check(
            first.ndim == 1 and first.shape == last.shape and slot_s > 0,
            f"shapes {first.shape} and {last.shape}, slot_s: {slot_s!r}",
        )
        if not first.size:
            return cls(slot_s=slot_s, by_slot=np.zeros(0))
        # A correlation is a product of transforms. SciPy's signal has it in one call, and takes
        # most of a second to load.
        size = fft.next_fast_len(2 * first.size - 1, real=True)
        product = fft.rfft(last, size) * fft.rfft(first[::-1], size)
        pairs = fft.irfft(product, size)[first.size - 1 : 2 * first.size - 1]
        return cls(slot_s=slot_s, by_slot=np.maximum(pairs, 0.0))

    def at(self, lags_s: npt.ArrayLike) -> _Floats:
        """For each lag, pairs within a slot or so of it; 0 beyond the time that was seen.

        Raises
        ------
        QuestionError
            If a lag is below 0.
        """
        lags = np.asarray(lags_s, dtype=np.float64)
        _check(not bool((lags < 0).any()), f"a lag of {lags.min(initial=0.0):g} s")
        if not self.by_slot.size:
            return np.zeros(lags.shape)
        at = np.arange(self.by_slot.size) * self.slot_s
        return np.asarray(np.interp(lags, at, self.by_slot, right=0.0), dtype=np.float64)


def chances(
    started: npt.ArrayLike, ended: npt.ArrayLike, *, slot_s: float, lags_s: npt.ArrayLike
) -> _Floats:
    """How many pairs of a start and an end lie so far apart, whoever they belong to.

    Parameters
    ----------
    started, ended : array_like of shape (slots,)
        How many clocks started, and how many things ended, in each slot of time, in order.
    slot_s : float
        The length of a slot, seconds (> 0).
    lags_s : array_like
        From start to end, seconds, 0 or more.

    Returns
    -------
    array
        For each lag, pairs within a slot or so of it; 0 beyond the time that was seen.

    Raises
    ------
    QuestionError
        If the two do not fit one another, or a lag is below 0.

    Examples
    --------
    >>> working = np.tile([0, 1, 1, 0], 50)
    >>> chances(working, working, slot_s=6 * 3600, lags_s=[12 * 3600, 24 * 3600]).round().tolist()
    [0.0, 98.0]
    """
    return Pairs.of(started, ended, slot_s=slot_s).at(lags_s)


def _check(holds: bool, found: str) -> None:
    if not holds:
        raise QuestionError(
            "Starts and ends need one count for each slot, and lags run forward.",
            found=found,
            todo="Count both in the same slots.",
        )
