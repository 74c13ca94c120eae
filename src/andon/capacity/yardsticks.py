"""Yardsticks: the two forecasts that any other must beat.

Both take their spread from their own past misses.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from andon.capacity.history import History
from andon.capacity.horizon import Horizon
from andon.capacity.scores import LEVELS, Predicted

__all__ = ["YARDSTICKS", "Yardstick", "mean_profile", "seasonal_naive"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

Yardstick = Literal["seasonal naive", "mean profile"]
YARDSTICKS: Final[tuple[Yardstick, ...]] = ("seasonal naive", "mean profile")
_WEEK: Final = 7
_NEIGHBOURS: Final = 1
"""Misses of so many intervals on either side count as well."""


def seasonal_naive(history: History, horizon: Horizon) -> Predicted:
    """As it was on the same weekday a whole number of weeks before, the latest that was seen.

    Its quantiles are those of its misses in the past, at the same number of weeks, on that weekday
    and within half an hour or so.
    """
    days, index = horizon.days, horizon.day_index
    point = np.zeros((len(days), history.slots))
    quantiles = np.zeros((len(LEVELS), len(days), history.slots))
    for j, day in enumerate(days):
        place = int(day - history.first_day)
        back = _WEEK
        while place - back >= 0 and not (
            place - back < len(history.counts) and history.seen[place - back]
        ):
            back += _WEEK
        if place - back < 0:
            back = _WEEK * (1 + (place - len(history.counts)) // _WEEK)
            point[j] = _mean(history, int(day))
        else:
            point[j] = history.counts[place - back]
        later = np.arange(back, len(history.counts))
        later = later[history.seen[later] & history.seen[later - back]]
        later = later[(later - place) % _WEEK == 0]
        misses = history.counts[later] - history.counts[later - back]
        quantiles[:, j] = _around(point[j], misses)
    return _at(point, quantiles, index, horizon.slot)


def mean_profile(history: History, horizon: Horizon) -> Predicted:
    """The mean of all past days of that weekday, interval by interval."""
    days, index = horizon.days, horizon.day_index
    point = np.zeros((len(days), history.slots))
    quantiles = np.zeros((len(LEVELS), len(days), history.slots))
    for j, day in enumerate(days):
        point[j] = _mean(history, int(day))
        mine = history.seen & ((history.days - int(day)) % _WEEK == 0)
        quantiles[:, j] = _around(point[j], history.counts[mine] - point[j])
    return _at(point, quantiles, index, horizon.slot)


def _mean(history: History, day: int) -> Floats:
    mine = history.seen & ((history.days - day) % _WEEK == 0)
    if not mine.any():
        return np.zeros(history.slots)
    return np.asarray(history.counts[mine].mean(axis=0))


def _around(point: Floats, misses: Floats) -> Floats:
    """Quantiles of the counts from past misses; without any, those of Poisson counts, roughly."""
    slots = len(point)
    if len(misses) < 2:
        spread = np.sqrt(np.maximum(point, 0.5))
        misses = np.linspace(-2, 2, 21)[:, None] * spread
    wide = np.pad(misses, ((0, 0), (_NEIGHBOURS, _NEIGHBOURS)), mode="edge")
    near = np.concatenate([wide[:, i : i + slots] for i in range(2 * _NEIGHBOURS + 1)])
    return np.asarray(np.maximum(point + np.quantile(near, LEVELS, axis=0), 0.0))


def _at(point: Floats, quantiles: Floats, index: Ints, slot: Ints) -> Predicted:
    here = point[index, slot]
    return Predicted(point=here, mean=here, quantiles=quantiles[:, index, slot])
