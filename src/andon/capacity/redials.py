"""Redials: those who gave up and call again on the same day."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from andon.errors import PlanError

__all__ = ["FreshContacts", "Redials", "without_redials"]

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Redials:
    """What those do who gave up.

    Attributes
    ----------
    share : float
        Of those who give up, so many call again, 0 to below 1; who gives up again calls again with
        the same probability.
    after_s : float
        After this time on average, seconds (> 0); exponential.

    Raises
    ------
    PlanError
        If a number lies outside its range.

    Examples
    --------
    A hundred give up in the first half-hour; half of them call again, most of them at once.

    >>> again = Redials(share=0.5, after_s=600)
    >>> gone = np.array([[100.0, 0.0, 0.0]])
    >>> again.after(gone, interval_s=1800, open_=np.ones(3, dtype=bool)).round(1).tolist()
    [[34.2, 15.0, 0.7]]
    """

    share: float
    after_s: float

    def __post_init__(self) -> None:
        if not 0 <= self.share < 1:
            raise PlanError(
                "The share of those who call again after giving up must be 0 to below 1.",
                found=f"share = {self.share:g}",
                todo="Write 40 % as 0.4; if all called again for ever, no day would end.",
            )
        if not (math.isfinite(self.after_s) and self.after_s > 0):
            raise PlanError(
                "The time until somebody calls again must be above 0.",
                found=f"after_s = {self.after_s:g}",
                todo="Give the mean time from giving up to the next call, in seconds.",
            )

    def after(
        self,
        gone: _Floats,
        *,
        interval_s: float,
        open_: npt.NDArray[np.bool_],
        before: _Floats | None = None,
    ) -> _Floats:
        """Who calls again in each interval.

        Parameters
        ----------
        gone : array, shape (courses, k)
            Contacts that gave up in each interval, spread evenly over it.
        interval_s : float
            Length of an interval, seconds.
        open_ : array of bool, shape (k,)
            Where the queue is open. Who would call in a closed interval does not call again.
        before : array, shape (courses,), optional
            Who gave up before the first interval and will call again.

        Returns
        -------
        array, shape (courses, k)
        """
        stay, late = self._fade(interval_s)
        found = np.zeros_like(gone)
        on_their_way = np.zeros(len(gone)) if before is None else before
        for j in range(gone.shape[1]):
            new = self.share * gone[:, j]
            if open_[j]:
                found[:, j] = on_their_way * (1 - stay) + new * (1 - late)
            on_their_way = on_their_way * stay + new * late
        return found

    def on_their_way(self, gone: _Floats, *, interval_s: float, before: _Floats) -> _Floats:
        """Who gave up before the last of these intervals ends, and will call again after it."""
        stay, late = self._fade(interval_s)
        ages = np.arange(gone.shape[1])[::-1]
        return np.asarray(gone @ (self.share * late * stay**ages) + before * stay ** len(ages))

    def _fade(self, interval_s: float) -> tuple[float, float]:
        """Of those on their way so many are so after an interval; of those who gave up in it."""
        stay = math.exp(-interval_s / self.after_s)
        return stay, (1 - stay) * self.after_s / interval_s


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FreshContacts:
    """Counts of the past without those who called again.

    Attributes
    ----------
    contacts : array, shape (days, k)
        First contacts in each interval, 0 or more.
    redials : array, shape (days, k)
        Those taken out.
    share : float
        Redials over all contacts, 0 to 1; NaN where there were none.
    capped : float
        Redials that were expected beyond all contacts of their interval, so that nothing was left
        to take out: above a hundredth of all redials the share or the time is wrong.
    """

    contacts: _Floats
    redials: _Floats
    share: float
    capped: float


def without_redials(
    counts: npt.ArrayLike, abandoned: npt.ArrayLike, redials: Redials, *, interval_s: float
) -> FreshContacts:
    """The first contacts in a history in which people gave up and called again.

    Volumes of days that went badly hold the same customers twice. A forecast from them plans for
    the crowd that bad days made, and the plan's own redials come on top.

    Parameters
    ----------
    counts : array_like, shape (days, k) or (k,)
        Contacts in each interval of a day, redials included, 0 or more.
    abandoned : array_like of the same shape
        Of these, who gave up; at most ``counts``.
    redials : Redials
        What those do who gave up. Measure the share: contacts of a customer who gave up earlier
        that day, over those who gave up.
    interval_s : float
        Length of an interval, seconds.

    Returns
    -------
    FreshContacts

    Raises
    ------
    PlanError
        If shapes differ, or more gave up than came.

    Notes
    -----
    ``fresh = counts - redials``, where redials follow from those who gave up, by the mean. It is
    taken that the share and the time are the same on all days, whatever the wait was; that nobody
    calls again on a later day, which the forecast's volume holds; and that who gave up did so in
    the interval in which they are counted. In a single interval the number of redials scatters
    about its mean, so a small count may come out as a fraction, and is never below 0.

    Examples
    --------
    >>> found = without_redials(
    ...     [[120, 150, 110]], [[40, 40, 0]], Redials(share=0.5, after_s=600), interval_s=1800
    ... )
    >>> found.contacts.round(1).tolist(), round(found.share, 3)
    ([[106.3, 130.3, 103.7]], 0.104)
    """
    came = np.atleast_2d(np.asarray(counts, dtype=np.float64))
    gone = np.atleast_2d(np.asarray(abandoned, dtype=np.float64))
    if came.shape != gone.shape or not (np.isfinite(came).all() and np.isfinite(gone).all()):
        raise PlanError(
            "Contacts and those who gave up must be counted for the same intervals.",
            found=f"counts {came.shape}, abandoned {gone.shape}",
            todo="Give one number of each for every interval, 0 where there was none.",
        )
    wrong = (gone < 0) | (gone > came)
    if wrong.any():
        i = int(np.argmax(wrong))
        raise PlanError(
            "In no interval can more give up than came.",
            found=f"{gone.flat[i]:g} of {came.flat[i]:g} gave up",
            todo="Count both by the interval in which the contact came.",
        )
    expected = redials.after(gone, interval_s=interval_s, open_=np.ones(came.shape[1], dtype=bool))
    taken = np.minimum(expected, came)
    total = float(came.sum())
    return FreshContacts(
        contacts=came - taken,
        redials=taken,
        share=float(taken.sum()) / total if total > 0 else math.nan,
        capped=float((expected - taken).sum()),
    )
