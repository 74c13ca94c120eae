"""Chances: how often it could have happened so long after the start, given when people work.

Where a clock runs through nights and weekends, what ends a day after it began is common and what
ends half a day later is rare, whatever anybody aims at. How often an end so long after a start
falls into a time in which things end at all is the cross-correlation of the two rhythms: each start
is put beside each end, its own and all the others. Counts per chance run smoothly.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import signal

from andon.errors import QuestionError

__all__ = ["chances"]

_Floats = npt.NDArray[np.float64]


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
    first, last = (np.asarray(each, dtype=np.float64) for each in (started, ended))
    lags = np.asarray(lags_s, dtype=np.float64)
    if first.ndim != 1 or first.shape != last.shape or not slot_s > 0 or bool((lags < 0).any()):
        raise QuestionError(
            "Starts and ends need one count for each slot, and lags run forward.",
            found=f"shapes {first.shape} and {last.shape}, slot_s: {slot_s!r}",
            todo="Count both in the same slots.",
        )
    if not first.size:
        return np.zeros(lags.shape)
    pairs = signal.correlate(last, first, mode="full", method="fft")[first.size - 1 :]
    at = np.arange(pairs.size) * slot_s
    return np.asarray(np.interp(lags, at, np.maximum(pairs, 0.0), right=0.0), dtype=np.float64)
