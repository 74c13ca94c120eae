"""The spread within a day: how intervals swing around their share of the day, beyond chance.

Counts in an interval vary more than Poisson counts would (Jongbloed and Koole 2001, *Managing
uncertainty in call centres using Poisson mixtures*), and a busy interval is followed by another
(Whitt 1999, *Dynamic staffing in a telephone call center aiming to immediately answer all calls*;
Ibrahim, Ye, L'Ecuyer and Shen 2016, *Modeling and forecasting call center arrivals: a literature
survey*). So each interval's mean is its share of the day times a factor whose logarithm is
normal, with a correlation that falls by the same ratio from interval to interval. Two numbers say
it, and both come from moments, the Poisson noise taken out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import signal

__all__ = ["WithinDay", "fit_within_day"]

Floats = npt.NDArray[np.float64]

_MEMORY: Final = np.linspace(0.0, 0.98, 50)
_LAGS: Final = 8
_LARGEST: Final = 1.2
_FAR: Final = 2.0
"""Residuals count up to so many standard deviations: a broken line is no swing."""
_KEPT: Final = 0.9205369
"""What is left of a normal variance then: the mean of the lesser of z squared and 4."""
_KEPT_PAIRS: Final = 0.9110697
"""What is left of a covariance, for correlations that are not near 1: the squared chance of a
normal number between -2 and 2."""
_PASSES: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class WithinDay:
    """How intervals swing around their share of the day.

    Attributes
    ----------
    swing : float
        Standard deviation of the factor's logarithm, 0 for a Poisson stream.
    memory : float
        Its correlation from one interval to the next, 0 up to 1.
    """

    swing: float
    memory: float

    def drawn(self, size: tuple[int, ...], *, rng: np.random.Generator) -> Floats:
        """Logarithms of factors along the last axis, with mean 1 of the factors."""
        if not self.swing:
            return np.zeros(size)
        shocks = rng.standard_normal(size)
        shocks[..., 1:] *= np.sqrt(1 - self.memory**2)
        made = signal.lfilter([1.0], [1.0, -self.memory], shocks, axis=-1)
        return np.asarray(self.swing * made - self.swing**2 / 2, dtype=np.float64)


def fit_within_day(counts: Floats, share: Floats, exposure: Floats) -> WithinDay:
    """Estimate the spread within days by moments.

    Parameters
    ----------
    counts : array of float, shape (days, slots)
        Contacts.
    share : array of float, shape (days, slots)
        What share of each day's contacts each interval should have.
    exposure : array of float, shape (days, slots)
        How often each interval was there and seen.

    Returns
    -------
    WithinDay

    Notes
    -----
    Given a day's total ``n``, an interval's count has mean ``n p``, and by chance alone the
    covariances of a multinomial. What the products of residuals have beyond these, over the
    products of the means, is the covariance of factors that sum to 1 over the day; it is compared
    with that of factors that do not.
    """
    p = share * exposure
    covered = p.sum(axis=1)
    good = (covered > 0) & (counts.sum(axis=1) > 1)
    if not good.any():
        return WithinDay(swing=0.0, memory=0.0)
    p = p[good] / covered[good, None]
    x = counts[good]
    n = x.sum(axis=1, keepdims=True)
    mean = n * p
    lags = range(min(_LAGS, x.shape[1] - 1) + 1)
    typical = mean.sum(axis=0) / mean.sum()
    found = WithinDay(swing=_LARGEST, memory=0.0)
    for _ in range(_PASSES):
        far = _FAR * np.sqrt(mean + (found.swing * mean) ** 2)
        residual = np.clip(x - mean, -far, far)
        beyond, base = np.zeros(len(lags)), np.zeros(len(lags))
        for lag in lags:
            here, there = slice(None, x.shape[1] - lag), slice(lag, None)
            pair = mean[:, here] * mean[:, there]
            by_chance = mean - mean**2 / n if lag == 0 else -pair / n
            kept = _KEPT if lag == 0 else _KEPT_PAIRS
            products = residual[:, here] * residual[:, there] / kept - by_chance
            beyond[lag] = products.sum()
            base[lag] = pair.sum()
        found = _matched(beyond, base, typical)
    return found


def _matched(beyond: Floats, base: Floats, typical: Floats) -> WithinDay:
    """Swing and memory whose covariances come closest to those that were seen."""
    best, variance, memory = np.inf, 0.0, 0.0
    for each in _MEMORY:
        model = _centred(typical, float(each), len(base)) * base
        amount = max(float(beyond @ model) / max(float(model @ model), 1e-30), 0.0)
        loss = float(((beyond - amount * model) ** 2).sum())
        if loss < best:
            best, variance, memory = loss, amount, float(each)
    if not variance > 0:
        return WithinDay(swing=0.0, memory=0.0)
    return WithinDay(swing=min(float(np.sqrt(np.log1p(variance))), _LARGEST), memory=memory)


def _centred(p: Floats, memory: float, lags: int) -> Floats:
    """Mean covariance at each lag of factors with variance 1, once the day's mean is taken out."""
    slots = len(p)
    full = memory ** np.abs(np.subtract.outer(np.arange(slots), np.arange(slots)))
    mean = full @ p
    centred = full - mean[:, None] - mean[None, :] + p @ mean
    made = np.empty(lags)
    for lag in range(lags):
        pair = p[: slots - lag] * p[lag:]
        made[lag] = float((np.diagonal(centred, lag) * pair).sum() / max(float(pair.sum()), 1e-30))
    return made
