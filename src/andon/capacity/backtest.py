"""The backtest: what the forecast would have said in the past, beside what came.

By rolling origin (Tashman 2000, *Out-of-sample tests of forecasting accuracy*): the past is cut at
a day, the days after it are forecast from the days before it, and the cut moves on.
"""

from __future__ import annotations

import datetime as dt
from calendar import day_name
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from andon.capacity.calendar import Calendar
from andon.capacity.forecast import forecast
from andon.capacity.history import History
from andon.capacity.horizon import Horizon
from andon.capacity.scores import Predicted, Score, predicted_from, score
from andon.capacity.yardsticks import mean_profile, seasonal_naive
from andon.errors import PlanError
from andon.units import DAY_S

__all__ = ["METHODS", "Backtest", "Judged", "Method", "backtest"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

Method = Literal["forecast", "seasonal naive", "mean profile"]
METHODS: Final[tuple[Method, ...]] = ("forecast", "seasonal naive", "mean profile")
_EPOCH: Final = dt.date(1970, 1, 1)
_OPEN: Final = 0.05
_LEAST_DAYS: Final = 21
_FIRST_ORIGIN: Final = 56
_STEP_DAYS: Final = 14
_APART: Final = 7_000_000
"""The same day after another origin counts as another day."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """One method's score on some of the days.

    Attributes
    ----------
    method : Method
    part : str
        all, ordinary days, special days, week 1 (ahead), week 2, ..., Monday, Tuesday, ...
    score : Score
        By open interval.
    by_day : Score
        By whole day.
    """

    method: Method
    part: str
    score: Score
    by_day: Score


@dataclass(frozen=True, kw_only=True, slots=True)
class Backtest:
    """What a rolling origin found.

    Attributes
    ----------
    queue : str
    origins : tuple of datetime.date
        The first day of each forecast's past that was not known; the forecast begins ``lead_days``
        later.
    horizon_days : int
    lead_days : int
        Days between the end of the past and the first day that was judged.
    interval_s : int
    judged : tuple of Judged
        Every method on every part.
    """

    queue: str
    origins: tuple[dt.date, ...]
    horizon_days: int
    lead_days: int
    interval_s: int
    judged: tuple[Judged, ...]

    def of(self, method: Method, part: str = "all") -> Judged:
        """One method's score on one part.

        Raises
        ------
        KeyError
            If there is no such part.
        """
        for each in self.judged:
            if (each.method, each.part) == (method, part):
                return each
        raise KeyError(f"{method}, {part}")


def backtest(
    history: History,
    *,
    calendar: Calendar | None = None,
    origins: Sequence[dt.date] | None = None,
    horizon_days: int = 28,
    lead_days: int = 0,
    courses: int = 200,
    rng: np.random.Generator,
    progress: Callable[[int, int], None] | None = None,
) -> Backtest:
    """Forecast the past from its own past, and judge it beside the two yardsticks.

    Parameters
    ----------
    history : History
    calendar : Calendar, optional
    origins : sequence of datetime.date, optional
        Each the first day that is not known; by default every two weeks after the first eight weeks
        (or half of the past, where that is less), as long as whole horizons are left.
    horizon_days : int
        Days that are judged after each origin.
    lead_days : int
        Days between the origin and the first day that is judged: a plan is made ahead.
    courses : int
    rng : numpy.random.Generator
    progress : callable, optional
        Told how many origins are done, and how many there are.

    Returns
    -------
    Backtest
        Judged are intervals in which an ordinary week is open, on days that were seen.

    Raises
    ------
    PlanError
        If the past is too short to be cut, or an origin leaves nothing to judge.
    """
    calendar = calendar or Calendar()
    cuts = tuple(origins) if origins is not None else _origins(history, horizon_days + lead_days)
    by_interval, by_day = _Kept(), _Kept()
    for i, origin in enumerate(cuts):
        first = origin + dt.timedelta(days=lead_days)
        last = min(first + dt.timedelta(days=horizon_days - 1), history.last_date)
        past = history.before(origin)
        came = history.between(first, last) if last >= first else None
        if came is None or not came.seen.any():
            raise PlanError(
                "After this origin there is no day to judge by.",
                found=f"origin {origin}, history to {history.last_date}",
                todo="Use an earlier origin.",
            )
        horizon = Horizon.of(
            first, days=len(came.counts), zone=history.zone, interval_s=history.interval_s
        )
        made = forecast(past, horizon=horizon, calendar=calendar, courses=courses, rng=rng)
        unlike = {(each.day - _EPOCH).days for each in made.special_days}
        special: Bools = np.array([day in unlike for day in horizon.days.tolist()], dtype=np.bool_)
        week = (horizon.days - horizon.days[0]) // 7 + 1
        counts = made.courses.counts(rng)
        at, index = (horizon.day_index, horizon.slot), horizon.day_index
        by_interval.add(
            actual=came.counts[at],
            predicted=(
                predicted_from(counts, mean=made.courses.contacts.mean(axis=0), rng=rng),
                seasonal_naive(past, horizon),
                mean_profile(past, horizon),
            ),
            day=horizon.days[index] + i * _APART,
            special=special[index],
            week=week[index],
            judged=np.asarray(came.seen)[index] & _open(past)[horizon.weekday, horizon.slot],
        )
        whole, days = _by_day(past), _days_of(horizon)
        totals = np.stack([np.bincount(index, row) for row in counts])
        by_day.add(
            actual=came.totals,
            predicted=(
                predicted_from(totals.astype(np.int64), mean=totals.mean(axis=0), rng=rng),
                seasonal_naive(whole, days),
                mean_profile(whole, days),
            ),
            day=horizon.days + i * _APART,
            special=special,
            week=week,
            judged=came.seen & _open_weekdays(past)[came.weekday],
        )
        if progress is not None:
            progress(i + 1, len(cuts))
    intervals, whole_days = by_interval.scores(), by_day.scores()
    return Backtest(
        queue=history.queue,
        origins=cuts,
        horizon_days=horizon_days,
        lead_days=lead_days,
        interval_s=history.interval_s,
        judged=tuple(
            Judged(method=method, part=part, score=intervals[key], by_day=whole_days[key])
            for key in intervals
            if key in whole_days
            for method, part in [key]
        ),
    )


class _Kept:
    """What was forecast and what came, kept until all origins are done."""

    def __init__(self) -> None:
        self.actual: list[Floats] = []
        self.predicted: list[tuple[Predicted, ...]] = []
        self.day: list[Ints] = []
        self.special: list[Bools] = []
        self.week: list[Ints] = []

    def add(
        self,
        *,
        actual: Floats,
        predicted: tuple[Predicted, ...],
        day: Ints,
        special: Bools,
        week: Ints,
        judged: Bools,
    ) -> None:
        """Keep those that are judged."""
        self.actual.append(actual[judged])
        self.predicted.append(tuple(each[judged] for each in predicted))
        self.day.append(day[judged])
        self.special.append(special[judged])
        self.week.append(week[judged])

    def scores(self) -> dict[tuple[Method, str], Score]:
        """Every method on every part that has anything in it."""
        actual, day = np.concatenate(self.actual), np.concatenate(self.day)
        special, week = np.concatenate(self.special), np.concatenate(self.week)
        parts = {
            "all": np.ones(len(actual), dtype=np.bool_),
            "ordinary days": ~special,
            "special days": special,
            **{f"week {each}": week == each for each in np.unique(week).tolist()},
            **{name: (day + 3) % 7 == each for each, name in enumerate(day_name)},
        }
        made: dict[tuple[Method, str], Score] = {}
        for place, method in enumerate(METHODS):
            whole = Predicted(
                point=np.concatenate([each[place].point for each in self.predicted]),
                mean=np.concatenate([each[place].mean for each in self.predicted]),
                quantiles=np.concatenate(
                    [each[place].quantiles for each in self.predicted], axis=1
                ),
            )
            for part, mine in parts.items():
                if mine.any():
                    made[method, part] = score(actual[mine], whole[mine], day=day[mine])
        return made


def _origins(history: History, ahead_days: int) -> tuple[dt.date, ...]:
    days = len(history.counts)
    first = max(_LEAST_DAYS, min(_FIRST_ORIGIN, days // 2))
    found = range(first, days - ahead_days + 1, _STEP_DAYS)
    if not found:
        raise PlanError(
            "The past is too short to be forecast from its own beginning.",
            found=f"{days} days, of which {first} to learn from and {ahead_days} to judge by",
            todo="Judge fewer days ahead, or load more of the past.",
        )
    return tuple(history.first_date + dt.timedelta(days=each) for each in found)


def _open(past: History) -> Bools:
    """Intervals of the week in which an ordinary one is open, shape (7, slots)."""
    mean = np.zeros((7, past.slots))
    for each in range(7):
        mine = past.seen & (past.weekday == each)
        if mine.any():
            mean[each] = past.counts[mine].mean(axis=0)
    return np.asarray((mean >= _OPEN * mean.max()) & (mean > 0))


def _open_weekdays(past: History) -> Bools:
    """Weekdays on which any interval is open, shape (7,)."""
    return np.asarray(_open(past).max(axis=1), dtype=np.bool_)


def _by_day(past: History) -> History:
    """The same past with one interval a day."""
    return replace(
        past,
        interval_s=DAY_S,
        counts=past.counts.sum(axis=1, keepdims=True),
        exposure=np.ones((len(past.counts), 1)),
        handled=past.handled.sum(axis=1, keepdims=True),
        handle_total_s=past.handle_total_s.sum(axis=1, keepdims=True),
    )


def _days_of(horizon: Horizon) -> Horizon:
    """The same days, each one interval."""
    first = np.unique(horizon.day, return_index=True)[1]
    return Horizon(
        zone=horizon.zone,
        interval_s=DAY_S,
        starts_us=horizon.starts_us[first],
        day=horizon.day[first],
        slot=np.zeros(len(first), dtype=np.int64),
    )
