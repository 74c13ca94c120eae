"""The profile of a day: how its contacts spread over the intervals.

Profiles of single weekdays rest on few contacts, and most weekdays resemble some others. So each
kind of day borrows from the others as far as they cannot be told apart: the contacts of another
kind count with the weight ``noise / (noise + distance)``, where ``noise`` is what chance does to
the kind's own profile and ``distance`` is how far the two differ beyond chance, as James and Stein
shrink (Efron and Morris 1975, *Data analysis using Stein's estimator and its generalizations*).
Then neighbouring intervals are smoothed as far as that predicts other weeks better.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["Profiles", "fit_profiles"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_WIDTHS: Final = (0.0, 0.5, 0.8, 1.2, 2.0, 3.0)
"""Of the smoothing, as the standard deviation of a normal curve, in half-hours."""
_HALF_HOUR_S: Final = 1800
_SPREAD_THIN: Final = 0.5
"""Contacts that are spread over the whole day, so that no interval is thought impossible."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Profiles:
    """Profiles by kind of day.

    Attributes
    ----------
    share : array of float, shape (kinds, slots)
        Of a day's contacts, summing to 1 in each row.
    doubt : array of float, shape (kinds, slots)
        Standard deviation of ``share`` over ``share``.
    days : array of int, shape (kinds,)
        How many days were seen of each kind; rows of 0 days are the mean of all.
    width : float
        Of the smoothing, intervals.
    """

    share: Floats
    doubt: Floats
    days: Ints
    width: float

    def drawn(self, *, courses: int, rng: np.random.Generator) -> Floats:
        """Profiles as they may truly be, of shape (courses, kinds, slots)."""
        shape = 1.0 / np.clip(self.doubt, 1e-3, 3.0) ** 2
        made = self.share * rng.gamma(shape, 1.0 / shape, (courses, *self.share.shape))
        made /= made.sum(axis=2, keepdims=True)
        return np.asarray(made)


def fit_profiles(
    counts: Floats, exposure: Floats, kind: Ints, *, kinds: int, interval_s: int
) -> Profiles:
    """Fit the profile of each kind of day.

    Parameters
    ----------
    counts : array of float, shape (days, slots)
        Contacts.
    exposure : array of float, shape (days, slots)
        How often each interval was there and seen.
    kind : array of int, shape (days,)
        0 up to ``kinds - 1``; -1 for days that do not count.
    kinds : int
    interval_s : int
        Seconds.
    """
    used = kind >= 0
    counts, exposure, kind = counts[used], exposure[used], kind[used]
    week = np.arange(len(used))[used] // 7
    per_hour = _HALF_HOUR_S / interval_s
    widths = [each * per_hour for each in _WIDTHS]
    best = min(widths, key=lambda width: _left_out(counts, exposure, kind, kinds, week, width))
    return _fitted(counts, exposure, kind, kinds, best)


def _left_out(
    counts: Floats, exposure: Floats, kind: Ints, kinds: int, week: Ints, width: float
) -> float:
    """How badly half of the weeks are predicted by the other half, in Poisson deviance."""
    loss = 0.0
    for part in (0, 1):
        here = week % 2 == part
        if not here.any() or here.all():
            continue
        share = _fitted(counts[~here], exposure[~here], kind[~here], kinds, width).share
        expected = share[kind[here]] * exposure[here]
        expected /= np.maximum(expected.sum(axis=1, keepdims=True), 1e-12)
        loss -= float((counts[here] * np.log(np.maximum(expected, 1e-12))).sum())
    return loss


def _fitted(counts: Floats, exposure: Floats, kind: Ints, kinds: int, width: float) -> Profiles:
    slots = counts.shape[1]
    days = np.bincount(kind, minlength=kinds)
    member = np.asarray(kind[None, :] == np.arange(kinds)[:, None], dtype=np.float64)
    top = member @ counts
    everyone = top.sum(axis=0) + _SPREAD_THIN / slots
    share = np.where(days[:, None] > 0, top + _SPREAD_THIN / slots, everyone)
    share /= share.sum(axis=1, keepdims=True)
    # Missing and doubled hours: what the day would have brought, given the profile so far.
    for _ in range(2):
        covered = (share[kind] * exposure).sum(axis=1)
        whole = counts.sum(axis=1) / np.maximum(covered, 1e-3)
        base = member @ (whole[:, None] * exposure)
        raw = np.where(base > 0, top / np.maximum(base, 1e-12), share)
        weight = base / np.maximum(base + _SPREAD_THIN, 1e-12)
        share = weight * raw + (1 - weight) / slots
        share /= share.sum(axis=1, keepdims=True)
    expected = whole[:, None] * share[kind] * exposure
    burst = _burstiness(counts, expected, member)
    total = top.sum(axis=1)
    noise = np.where(total > 0, burst * slots / np.maximum(total, 1e-9), np.inf)
    borrowed = np.empty_like(share)
    doubt = np.empty_like(share)
    kernel = _kernel(slots, width)
    for i in range(kinds):
        if not total[i] > 0:
            worth = np.where(total > 0, 1.0, 0.0)
        else:
            middle = (share + share[i]) / 2
            apart = ((share - share[i]) ** 2 / np.maximum(middle, 1e-12)).sum(axis=1)
            beyond = np.maximum(apart - noise - noise[i], 0.0)
            worth = np.where(total > 0, noise[i] / (noise[i] + beyond), 0.0)
            worth[i] = 1.0
        # Contacts in their worth: burstier kinds say less for each contact.
        contacts = worth * total / np.maximum(burst, 1.0)
        mixed = contacts @ share
        smooth = kernel @ mixed
        borrowed[i] = smooth / smooth.sum()
        reach = 1.0 / (kernel**2).sum(axis=1)
        doubt[i] = np.sqrt(1.0 / np.maximum(mixed * reach, 1e-9))
    return Profiles(share=borrowed, doubt=doubt, days=days, width=width)


def _burstiness(counts: Floats, expected: Floats, member: Floats) -> Floats:
    """Variance over mean of counts around each kind's own profile, 1 or more."""
    squared = (counts - expected) ** 2
    top, bottom = member @ squared.sum(axis=1), member @ expected.sum(axis=1)
    days = member.sum(axis=1)
    lost = np.where(days > 1, days / np.maximum(days - 1, 1), 1.0)
    usual = float((top * lost).sum() / max(float(bottom.sum()), 1e-9))
    own = np.where(days > 1, top * lost / np.maximum(bottom, 1e-9), usual)
    return np.maximum(own, 1.0)


def _kernel(slots: int, width: float) -> Floats:
    """Rows sum to 1; the day's end does not run into its beginning."""
    if width <= 0:
        return np.eye(slots)
    away = np.subtract.outer(np.arange(slots), np.arange(slots))
    made = np.exp(-0.5 * (away / width) ** 2)
    return np.asarray(made / made.sum(axis=1, keepdims=True))
