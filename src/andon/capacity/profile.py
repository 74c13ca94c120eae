"""The profile of a day: how its contacts spread over the intervals.

The profile of one kind of day rests on few contacts, and most weekdays resemble some others. So
each kind of day borrows from those that it cannot be told from: profiles are averaged with weights
one over (noise + distance), where ``noise`` is what chance does to each and ``distance`` how far
the two differ beyond chance, as an empirical Bayes estimate does (Efron and Morris 1975, *Data
analysis using Stein's estimator and its generalizations*); kinds that clearly differ lend nothing.
How fast older days are forgotten, which differs by kind of day, and how far neighbouring intervals
are smoothed, is what predicted other weeks best.
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
_APART: Final = 2.0
"""Kinds of day that differ by more than so many times the noise of both lend each other nothing."""
_HALF_LIVES: Final = (np.inf, 84.0, 42.0, 21.0)
"""Days after which a past day counts half."""
_GAP: Final = 14
_AHEAD: Final = 28
"""How half-lives are judged: days from 14 to 42 after an origin."""
_ORIGINS: Final = (0.4, 0.55, 0.7, 0.85)
_CLEARLY: Final = 0.01
"""A shorter half-life must predict better by so much deviance a contact."""
_LEAST_DAYS: Final = 6
_ROUNDS: Final = 8


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
    half_life : array of float, shape (kinds,)
        Days after which a past day counts half; infinite where all days count alike.
    width : float
        Of the smoothing, intervals.
    """

    share: Floats
    doubt: Floats
    days: Ints
    half_life: Floats
    width: float

    def drawn(self, *, courses: int, rng: np.random.Generator) -> Floats:
        """Profiles as they may truly be, of shape (courses, kinds, slots)."""
        shape = 1.0 / np.clip(self.doubt, 1e-3, 3.0) ** 2
        made = self.share * rng.gamma(shape, 1.0 / shape, (courses, *self.share.shape))
        made /= np.maximum(made.sum(axis=2, keepdims=True), 1e-300)
        return np.asarray(made)


def fit_profiles(
    counts: Floats, exposure: Floats, kind: Ints, *, kinds: int, interval_s: int
) -> Profiles:
    """Fit the profile of each kind of day.

    Parameters
    ----------
    counts : array of float, shape (days, slots)
        Contacts, day after day.
    exposure : array of float, shape (days, slots)
        How often each interval was there and seen.
    kind : array of int, shape (days,)
        0 up to ``kinds - 1``; -1 for days that do not count.
    kinds : int
    interval_s : int
        Seconds.
    """
    used = np.flatnonzero(kind >= 0)
    past = _Past(
        counts=counts[used], exposure=exposure[used], kind=kind[used], day=used, kinds=kinds
    )
    now = len(kind)
    half_life = _half_lives(past, now)
    widths = [each * _HALF_HOUR_S / interval_s for each in _WIDTHS]
    losses = [_left_out(past, past.weights(half_life, now), width) for width in widths]
    best = widths[int(np.argmin(losses))]
    share, doubt = _fitted(past, past.weights(half_life, now), best)
    return Profiles(
        share=share,
        doubt=doubt,
        days=np.bincount(past.kind, minlength=kinds),
        half_life=half_life,
        width=best,
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Past:
    """The days that count."""

    counts: Floats
    exposure: Floats
    kind: Ints
    day: Ints
    kinds: int

    def weights(self, half_life: Floats, now: int) -> Floats:
        """How much each day counts."""
        return np.asarray(0.5 ** ((now - self.day) / half_life[self.kind]))

    def loss(self, share: Floats, which: npt.NDArray[np.bool_]) -> Floats:
        """Poisson deviance of each of those days, but for what no profile can change."""
        expected = share[self.kind[which]] * self.exposure[which]
        expected /= np.maximum(expected.sum(axis=1, keepdims=True), 1e-12)
        return -np.asarray((self.counts[which] * np.log(np.maximum(expected, 1e-9))).sum(axis=1))


def _half_lives(past: _Past, now: int) -> Floats:
    """For each kind of day the half-life that predicted weeks ahead best."""
    loss = np.zeros((len(_HALF_LIVES), past.kinds))
    contacts, days = np.zeros(past.kinds), np.zeros(past.kinds)
    for origin in (int(each * now) for each in _ORIGINS):
        ahead = (past.day >= origin + _GAP) & (past.day < origin + _GAP + _AHEAD)
        if not ahead.any() or not (past.day < origin).any():
            continue
        known = past.day < origin
        contacts += np.bincount(
            past.kind[ahead], past.counts[ahead].sum(axis=1), minlength=past.kinds
        )
        days += np.bincount(past.kind[ahead], minlength=past.kinds)
        for i, each in enumerate(_HALF_LIVES):
            weights = past.weights(np.full(past.kinds, each), origin) * known
            share = _raw(past, weights)[0]
            loss[i] += np.bincount(past.kind[ahead], past.loss(share, ahead), past.kinds)
    best = np.argmin(loss, axis=0)
    gain = loss[0] - loss[best, np.arange(past.kinds)]
    clear = (gain > _CLEARLY * contacts) & (days >= _LEAST_DAYS)
    return np.asarray(np.where(clear, np.array(_HALF_LIVES)[best], np.inf))


def _left_out(past: _Past, weights: Floats, width: float) -> float:
    """How badly half of the weeks are predicted by the other half."""
    week = past.day // 7
    loss = 0.0
    for part in (0, 1):
        here = week % 2 == part
        if here.any() and not here.all():
            share, _ = _fitted(past, weights * ~here, width)
            loss += float((weights[here] * past.loss(share, here)).sum())
    return loss


def _raw(past: _Past, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Each kind's own share by interval, its contacts in their weights, and its burstiness."""
    slots = past.counts.shape[1]
    member = np.asarray(past.kind[None, :] == np.arange(past.kinds)[:, None]) * weights
    top = member @ past.counts
    share = np.where(
        member.sum(axis=1, keepdims=True) > 0, top + _SPREAD_THIN / slots, top.sum(axis=0) + 1e-9
    )
    share = share / share.sum(axis=1, keepdims=True)
    everyone = top.sum(axis=0) + _SPREAD_THIN / slots
    everyone /= everyone.sum()
    # Missing and doubled hours: what the day would have brought, given the profile so far.
    for _ in range(_ROUNDS if (past.exposure != 1).any() else 1):
        expected = share[past.kind] * past.exposure
        whole = past.counts.sum(axis=1) / np.maximum(expected.sum(axis=1), 1e-3)
        base = member @ (whole[:, None] * past.exposure)
        raw = top / np.maximum(base, 1e-12)
        thin = _SPREAD_THIN / (np.maximum(base, 0.0) + _SPREAD_THIN)
        share = np.where(base > 0, (1 - thin) * raw + thin * everyone, share)
        share = share / share.sum(axis=1, keepdims=True)
    expected = whole[:, None] * share[past.kind] * past.exposure
    return share, top.sum(axis=1), _burstiness(past, expected, member)


def _fitted(past: _Past, weights: Floats, width: float) -> tuple[Floats, Floats]:
    """Each kind's share by interval with what it borrows, and the doubt about it."""
    share, total, burst = _raw(past, weights)
    slots = share.shape[1]
    there = total > 0
    noise = np.where(there, burst * slots / np.maximum(total, 1e-9), np.inf)
    kernel = _kernel(slots, width)
    squeezed = (kernel**2).sum(axis=1)
    made, doubt = np.empty_like(share), np.empty_like(share)
    for i in range(len(share)):
        own = noise[i] if there[i] else float(noise[there].max())
        middle = (share + share[i]) / 2
        apart = ((share - share[i]) ** 2 / np.maximum(middle, 1e-12)).sum(axis=1)
        by_chance = np.where(there, noise, 0.0) + own
        beyond = np.maximum(apart - by_chance, 0.0)
        alike = there & ((apart <= _APART * by_chance) | (not there[i]))
        # What kinds have in common does not average out, however many there are.
        lent = np.where(alike, 1.0 / (np.where(there, noise, 1.0) + alike.sum() * beyond), 0.0)
        lent[i] = 1.0 / noise[i] if there[i] else 0.0
        lent /= lent.sum()
        mixed = kernel @ (lent @ share)
        made[i] = mixed / mixed.sum()
        chance = (lent[there] ** 2 * noise[there]).sum() / slots
        doubt[i] = np.sqrt(chance * squeezed / np.maximum(made[i], 1e-9))
    return made, doubt


def _burstiness(past: _Past, expected: Floats, member: Floats) -> Floats:
    """Variance over mean of counts around each kind's own profile, 1 or more."""
    squared = (past.counts - expected) ** 2
    top, bottom = member @ squared.sum(axis=1), member @ expected.sum(axis=1)
    days = (member > 0).sum(axis=1)
    lost = np.where(days > 1, days / np.maximum(days - 1, 1), 1.0)
    several = days > 1
    usual = float((top * lost)[several].sum() / max(float(bottom[several].sum()), 1e-9))
    own = np.where(several, top * lost / np.maximum(bottom, 1e-9), usual)
    return np.maximum(own, 1.0)


def _kernel(slots: int, width: float) -> Floats:
    """Rows sum to 1; the day's end does not run into its beginning."""
    if width <= 0:
        return np.eye(slots)
    away = np.subtract.outer(np.arange(slots), np.arange(slots))
    made = np.exp(-0.5 * (away / width) ** 2)
    return np.asarray(made / made.sum(axis=1, keepdims=True))
