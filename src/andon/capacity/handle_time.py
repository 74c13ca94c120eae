"""Handle time: the mean of each coming day, with its spread, and its course over the day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.day_level import DayLevel, DaySeries, fit_day_level
from andon.capacity.history import History
from andon.errors import PlanError

__all__ = ["HandleTime", "fit_handle_time"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_CV: Final = 1.0
"""Where single handle times are not known: as if they were exponential."""
_WEEKDAYS_FROM: Final = 30.0
"""Contacts a day from which weekdays may differ in handle time."""
_FEW_DAYS: Final = 14
_SOME: Final = 0.5
"""Contacts, in the weights of the smoothing, that tell anything of an interval."""
_WIDTH_S: Final = 2700.0
_DAY_SD: Final = 0.1
"""Of a day's mean beyond chance, where there are too few days to tell."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HandleTime:
    """Handle time of one queue, fitted.

    Attributes
    ----------
    mean_s : float
        Over all past contacts, seconds.
    cv : float
        Standard deviation of single handle times over their mean.
    cv_known : bool
        False where ``cv`` is taken to be 1.
    profile : array of float, shape (slots,)
        Mean in each interval of the day over the mean of the day.
    doubt : array of float, shape (slots,)
        Standard deviation of ``profile`` over ``profile``.
    level : DayLevel or None
        Of the daily mean's logarithm; None where too few days have handle times.
    by_weekday : bool
        Whether weekdays may differ.
    """

    mean_s: float
    cv: float
    cv_known: bool
    profile: Floats
    doubt: Floats
    level: DayLevel | None
    by_weekday: bool

    def drawn(self, days: Ints, *, courses: int, rng: np.random.Generator) -> Floats:
        """Mean handle time by day and interval, seconds, shape (courses, days, slots)."""
        if self.level is None:
            log = np.log(self.mean_s) + _DAY_SD * rng.standard_normal((courses, len(days)))
        else:
            future = self.level.drawn(days, courses=courses, rng=rng)
            usual = np.where(np.isfinite(future.ordinary), future.ordinary, future.full)
            log = (usual if self.by_weekday else future.full) + future.swing
        shape = self.profile * np.exp(
            self.doubt * rng.standard_normal((courses, len(self.profile)))
        )
        return np.asarray(np.exp(log)[:, :, None] * shape[:, None, :])


def fit_handle_time(history: History, *, horizon_days: int) -> HandleTime:
    """Fit the handle time of one queue.

    Raises
    ------
    PlanError
        If no contact has a handle time.
    """
    handled, total = history.handled.sum(axis=1), history.handle_total_s.sum(axis=1)
    if not total.sum() > 0:
        raise PlanError(
            "No past contact has a handle time, so the work cannot be planned.",
            found=f"queue {history.queue}: 0 s of handle time in {len(handled)} days",
            todo="Map talk, hold or wrap-up time on ingest, or give the column handle_s.",
        )
    cv = _CV if history.handle_cv is None else history.handle_cv
    seen = history.seen & (handled > 0) & (total > 0)
    by_weekday = float(np.median(handled[seen])) >= _WEEKDAYS_FROM
    n = np.maximum(handled, 1.0)
    # The logarithm of a mean of n lies below that of the true mean by half its variance.
    noise = cv**2 / n
    log = np.where(seen, np.log(np.maximum(total, 1e-9) / n) + noise / 2, np.nan)
    works = np.array([(seen & (history.weekday == each)).any() for each in range(7)])
    series = DaySeries(
        day=history.days,
        weekday=history.weekday if by_weekday else np.zeros_like(history.weekday),
        log=log,
        noise=noise,
        works=works if by_weekday else np.arange(7) == 0,
    )
    profile, doubt = _profile(history, cv)
    return HandleTime(
        mean_s=float(total.sum() / handled.sum()),
        cv=cv,
        cv_known=history.handle_cv is not None,
        profile=profile,
        doubt=doubt,
        level=(
            fit_day_level(series, horizon_days=horizon_days) if seen.sum() >= _FEW_DAYS else None
        ),
        by_weekday=by_weekday,
    )


def _profile(history: History, cv: float) -> tuple[Floats, Floats]:
    """Smoothed over neighbours, and drawn towards 1 as far as chance explains the differences."""
    n, total = history.handled.sum(axis=0), history.handle_total_s.sum(axis=0)
    mean = total.sum() / n.sum()
    slots = len(n)
    away = np.subtract.outer(np.arange(slots), np.arange(slots)) * history.interval_s / _WIDTH_S
    kernel = np.exp(-0.5 * away**2)
    many = kernel @ n
    near = many > _SOME
    ratio = np.where(near, (kernel @ total) / np.maximum(many, _SOME) / mean, 1.0)
    noise = np.where(near, cv**2 * (kernel**2 @ n) / np.maximum(many, _SOME) ** 2, np.inf)
    finite = np.isfinite(noise)
    weight = np.where(finite, n, 0.0)
    beyond = float((weight[finite] * ((ratio - 1) ** 2 - noise)[finite]).sum() / weight.sum())
    own = max(beyond, 1e-6)
    kept = np.where(finite, own / (own + np.where(finite, noise, 1.0)), 0.0)
    profile = 1 + kept * (ratio - 1)
    profile /= float((profile * n).sum() / n.sum())
    return profile, np.sqrt(own * (1 - kept))
