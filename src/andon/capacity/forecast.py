"""The forecast: from one queue's past to sampled courses of the days to come."""

from __future__ import annotations

import datetime as dt
from calendar import day_name
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.calendar import Calendar
from andon.capacity.courses import Courses
from andon.capacity.day_level import DayLevel, DaySeries, Trend, TrendScore, fit_day_level
from andon.capacity.handle_time import HandleTime, fit_handle_time
from andon.capacity.history import History
from andon.capacity.holes import left_out
from andon.capacity.horizon import Horizon
from andon.capacity.profile import Profiles, fit_profiles
from andon.capacity.rare_level import fit_rare_level
from andon.capacity.special_days import (
    Mark,
    SpecialDays,
    fit_special_days,
    marks_of,
    short_weekdays,
)
from andon.capacity.spread import WithinDay, fit_within_day
from andon.errors import PlanError

__all__ = ["Forecast", "SpecialDay", "forecast"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_LEAST_DAYS: Final = 21
_FURTHEST_DAYS: Final = 366
_WORKS: Final = 0.01
"""A weekday with less than this share of the busiest one's contacts brings none."""
_OPEN: Final = 0.05
"""An interval is open if its mean is at least this share of the busiest ordinary one's."""
_HOLIDAY, _EVE = 7, 8
"""Kinds of profile beside the seven weekdays."""
_KINDS: Final = 9
_FEW: Final = 12.0
"""Contacts a day, below which counts are modelled and not their logarithms."""
_LISTED: Final = 5
_COVERED: Final = 0.3
"""Of a day must have been seen, in contacts, for the day to count."""
_LEAN: Final = 4.0
"""As many days as the full weekdays' spread weighs in that of another kind of day."""
_EPOCH: Final = dt.date(1970, 1, 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class SpecialDay:
    """A day of the horizon that is not like others.

    Attributes
    ----------
    day : datetime.date
    name : str
    kind : str
        closed, holiday, eve, half, after (the first full day after a holiday), own, or factor.
    times_seen : int
        Past days of that kind.
    times_named : int
        Past days of that name.
    factor : float
        Median over courses: so many times the contacts of its weekday; 0 where it is closed.
    """

    day: dt.date
    name: str
    kind: str
    times_seen: int
    times_named: int
    factor: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Forecast:
    """Sampled courses of the days to come, and what they rest on.

    Attributes
    ----------
    courses : Courses
    trend : Trend
    trend_scores : tuple of TrendScore
        How the trends did by rolling origin; empty where there were too few days to choose.
    seasonal : bool
        Whether there were two years to tell the season of the year from.
    day_swing : array of float, shape (7,)
        Standard deviation of a day's own swing beyond chance, by weekday from Monday, as a share.
    within_day : WithinDay
        Of full weekdays.
    special_days : tuple of SpecialDay
        In the horizon.
    outliers : tuple of datetime.date
        Past days far from what was to be expected; they count little.
    missing_days : int
        Past days that the data do not have.
    first_day, last_day : datetime.date
        Of the past.
    notes : tuple of str
        What the reader must know, in plain words.
    """

    courses: Courses
    trend: Trend
    trend_scores: tuple[TrendScore, ...]
    seasonal: bool
    day_swing: Floats
    within_day: WithinDay
    special_days: tuple[SpecialDay, ...]
    outliers: tuple[dt.date, ...]
    missing_days: int
    first_day: dt.date
    last_day: dt.date
    notes: tuple[str, ...]


def forecast(
    history: History,
    *,
    horizon: Horizon,
    calendar: Calendar | None = None,
    courses: int = 200,
    rng: np.random.Generator,
) -> Forecast:
    """Sample the days to come, as the past lets one expect them.

    Parameters
    ----------
    history : History
        Three weeks or more.
    horizon : Horizon
        Days after the history's, in the same zone and with the same intervals.
    calendar : Calendar, optional
        Holidays and events, of the past as well as of the days to come.
    courses : int
        How many, 2 or more.
    rng : numpy.random.Generator
        The same one gives the same courses.

    Raises
    ------
    PlanError
        If there are less than three weeks of history, if nobody ever came, if no handle time is
        known, or if the horizon does not follow on the history.
    MissingExtra
        If statsmodels is not installed.

    Notes
    -----
    A day's contacts are the product of its level (:mod:`andon.capacity.day_level`), what is
    special about it (:mod:`andon.capacity.special_days`), and its own swing. They spread over
    the day by a profile (:mod:`andon.capacity.profile`) times factors that hang together along the
    day (:mod:`andon.capacity.spread`). Every course draws all of these anew, with the doubt about
    each.
    """
    _check(history, horizon, courses)
    model = _Model.of(history, calendar or Calendar(), horizon_days=_days_ahead(history, horizon))
    return model.forecast(horizon, courses=courses, rng=rng)


def _days_ahead(history: History, horizon: Horizon) -> int:
    return int(horizon.days[-1] - history.days[-1])


def _check(history: History, horizon: Horizon, courses: int) -> None:
    seen = int(history.seen.sum())
    if seen < _LEAST_DAYS:
        raise PlanError(
            "A forecast needs three weeks of history: each weekday three times.",
            found=f"queue {history.queue}: {seen} days"
            + (f", {history.first_date} to {history.last_date}" if seen else ""),
            todo="Load more of the past, or plan with a queue that has it.",
        )
    if not history.counts.sum() > 0:
        raise PlanError(
            "Nobody came in all of the history, so there is nothing to forecast.",
            found=f"queue {history.queue}: 0 contacts in {seen} days",
            todo="Check the queue's name and the days that were loaded.",
        )
    if (history.zone, history.interval_s) != (horizon.zone, horizon.interval_s):
        raise PlanError(
            "The past and the days to plan must be cut alike.",
            found=f"{history.zone} by {history.interval_s} s, {horizon.zone} by "
            f"{horizon.interval_s} s",
            todo="Use one time zone and one length of interval for both.",
        )
    if horizon.days[0] <= history.days[-1]:
        raise PlanError(
            "The days to plan must come after the history.",
            found=f"history to {history.last_date}, plan from {horizon.dates[0]}",
            todo="Plan from a later day, or end the history sooner.",
        )
    ahead = int(horizon.days[0] - history.days[-1])
    if ahead > _FURTHEST_DAYS:
        raise PlanError(
            "The days to plan lie so far ahead that the past says nothing of them.",
            found=f"history to {history.last_date}, plan from {horizon.dates[0]}: {ahead:,} days",
            todo="Plan from an earlier day: up to a year after the last that is known.",
        )
    if courses < 2:
        raise PlanError(
            "A forecast needs courses to show its spread.",
            found=f"courses = {courses}",
            todo="Draw 200.",
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Model:
    """All that was learnt from one queue's past."""

    history: History
    calendar: Calendar
    level: DayLevel
    special: SpecialDays
    profiles: Profiles
    within_day: tuple[WithinDay, ...]
    handle: HandleTime
    holes: tuple[int, ...]

    @classmethod
    def of(cls, history: History, calendar: Calendar, *, horizon_days: int) -> _Model:
        works = _works(history)
        typical = np.where(works, np.log(np.maximum(_medians(history), 0.5)), -np.inf)
        short = short_weekdays(typical - typical.max())
        marks = marks_of(calendar, history.dates, short=short)
        ordinary = np.array([mark is None for mark in marks])
        holes = left_out(history, ordinary=ordinary)
        history = holes.history
        kind = np.array(
            [
                _profile_kind(mark, int(weekday), short)
                for mark, weekday in zip(marks, history.weekday, strict=True)
            ]
        )
        profiles = fit_profiles(
            history.counts,
            history.exposure,
            np.where(history.seen & works[history.weekday], kind, -1),
            kinds=_KINDS,
            interval_s=history.interval_s,
        )
        share = profiles.share[kind]
        covered = (share * history.exposure).sum(axis=1)
        factor = np.array([mark.log_factor if mark is not None else 0.0 for mark in marks])
        factor = np.array([mark.log_factor if mark is not None else 0.0 for mark in marks])
        countable = history.seen & (covered > _COVERED) & works[history.weekday]
        usable = countable & np.array([mark is None or mark.kind is None for mark in marks])
        level = _level(history, covered, factor, usable, works, horizon_days)
        foreseen = np.exp(level.expected) * covered
        # Nobody on a day of many is a closed day; on a day of few it is one that may happen.
        told = countable & ((history.totals > 0) | (foreseen < _FEW))
        log = np.log((history.totals + 0.5) / np.maximum(covered, 1e-3))
        special = fit_special_days(
            marks,
            weekday=history.weekday,
            log=np.where(told, log, np.nan),
            noise=1
            / (np.where(np.isfinite(foreseen), np.minimum(foreseen, history.totals), 0) + 0.5),
            expected=level.expected,
            shut=_shut(history) & ~(told & (foreseen < _FEW)),
            short=short,
            swing=float(np.median(level.swing[works])),
            quietest=float(level.weekdays[works].min()),
        )
        broken = np.isin(history.days, level.outliers)
        calm = countable & (ordinary | (kind >= _HOLIDAY)) & ~broken
        within = _by_kind(history, share, kind, calm, short)
        return cls(
            history=history,
            calendar=calendar,
            level=level,
            special=special,
            profiles=profiles,
            within_day=within,
            handle=fit_handle_time(history, horizon_days=horizon_days),
            holes=holes.days,
        )

    def forecast(self, horizon: Horizon, *, courses: int, rng: np.random.Generator) -> Forecast:
        """Draw the courses."""
        dates, days = horizon.dates, horizon.days
        marks = marks_of(self.calendar, dates, short=self.special.short)
        weekday = (days + 3) % 7
        future = self.level.drawn(days, courses=courses, rng=rng)
        log = self.special.drawn(
            marks,
            full=future.full,
            ordinary=future.ordinary,
            swing=future.swing,
            weekday=weekday,
            rng=rng,
        )
        kind = np.array(
            [
                _profile_kind(mark, int(each), self.special.short)
                for mark, each in zip(marks, weekday, strict=True)
            ]
        )
        # A kind of day that was never seen spreads as its weekday does.
        kind = np.where(self.profiles.days[kind] > 0, kind, weekday)
        share = self.profiles.drawn(courses=courses, rng=rng)[:, kind, :]
        for each in np.unique(kind):
            mine = kind == each
            factors = self.within_day[each].drawn(share[:, mine].shape, rng=rng)
            share[:, mine] *= np.exp(factors)
        share /= share.sum(axis=2, keepdims=True)
        by_slot = np.exp(log)[:, :, None] * share
        at = (slice(None), horizon.day_index, horizon.slot)
        contacts = by_slot[at]
        handle_s = self.handle.drawn(days, courses=courses, rng=rng)[at]
        specials = self._specials(dates, marks, log, future.ordinary)
        return Forecast(
            courses=Courses(
                queue=self.history.queue,
                horizon=horizon,
                contacts=contacts,
                handle_s=handle_s,
                handle_cv=self.handle.cv,
                open=np.asarray(contacts.mean(axis=0) >= _OPEN * self._busiest()),
            ),
            trend=self.level.trend,
            trend_scores=self.level.scores,
            seasonal=self.level.seasonal,
            day_swing=self.level.swing,
            within_day=self.within_day[int(np.argmax(self.level.weekdays))],
            special_days=specials,
            outliers=tuple(_EPOCH + dt.timedelta(days=each) for each in self.level.outliers),
            missing_days=int((~self.history.seen).sum()),
            first_day=self.history.first_date,
            last_day=self.history.last_date,
            notes=_notes(self, specials, horizon),
        )

    def _busiest(self) -> float:
        """Contacts in the busiest interval of an ordinary week."""
        now = self.level.full[-1] + self.level.weekdays
        return float((np.exp(now)[:, None] * self.profiles.share[:7]).max())

    def _specials(
        self, dates: Sequence[dt.date], marks: Sequence[Mark | None], log: Floats, usual: Floats
    ) -> tuple[SpecialDay, ...]:
        made = []
        for j, (day, mark) in enumerate(zip(dates, marks, strict=True)):
            if mark is None:
                continue
            kind = str(mark.kind or "factor")
            named = mark.name or (mark.own[0] if mark.own else "")
            most = np.exp(usual[:, j])
            factor = np.exp(log[:, j])[most > 0] / most[most > 0]
            made.append(
                SpecialDay(
                    day=day,
                    name=", ".join(event.name for event in self.calendar.on(day))
                    or "first full day after a holiday",
                    kind="closed" if self.special.closed(mark) else kind,
                    times_seen=self.special.times_seen(kind),
                    times_named=self.special.times_seen(kind, named),
                    factor=float(np.median(factor)) if len(factor) else 0.0,
                )
            )
        return tuple(made)


def _notes(model: _Model, specials: Sequence[SpecialDay], horizon: Horizon) -> tuple[str, ...]:
    """What the reader must know, the gravest first."""
    notes = [*_special_notes(specials)]
    days = len(model.history.counts)
    ahead = _days_ahead(model.history, horizon)
    if 2 * ahead > days:
        notes.append(
            f"The plan looks {ahead} days ahead from {days} days of history: "
            "how the level will go is a guess, and the spread may be too narrow."
        )
    if not model.level.seasonal:
        notes.append(
            f"{days // 7} weeks of history cannot tell the season of the year; that takes two "
            "years. If this time of the year is different, say so by an event with a factor."
        )
    missing = int((~model.history.seen).sum())
    if missing:
        notes.append(f"{_many(missing, 'day')} of the past {_are(missing)} missing from the data.")
    if model.holes:
        notes.append(
            f"Hours are missing from the data on {_listed(model.holes)}; the rest of these days "
            "was used."
        )
    if model.level.outliers:
        notes.append(
            "Far from what was to be expected, so of little weight: "
            f"{_listed(model.level.outliers)}."
        )
    closed = [day_name[w] for w in range(7) if not np.isfinite(model.level.weekdays[w])]
    if closed:
        notes.append(f"Nobody is expected on {', '.join(closed)}: nobody came on one in the past.")
    if not model.handle.cv_known:
        notes.append(
            "Single handle times are not known: they are taken to vary as exponential ones do."
        )
    return tuple(notes)


def _special_notes(specials: Sequence[SpecialDay]) -> list[str]:
    notes = []
    told: dict[str, list[SpecialDay]] = {}
    for each in specials:
        told.setdefault(each.name, []).append(each)
    for name, same in told.items():
        each = same[0]
        until = f" to {same[-1].day}" if len(same) > 1 else ""
        when = f"{name} ({each.day}{until})"
        if each.kind in {"holiday", "eve"} and not each.times_seen:
            what = "holiday" if each.kind == "holiday" else "day before a holiday"
            notes.append(
                f"{when}: no {what} is in the past. It is taken to lie between an ordinary day and "
                "the quietest weekday, with a wide spread."
            )
        elif each.kind == "holiday" and not each.times_named:
            notes.append(f"{when} was never seen: taken as other holidays were, with their spread.")
        elif each.kind == "half" and not each.times_named:
            seen = "other such days were" if each.times_seen else "an ordinary day"
            notes.append(f"{when} was never seen: taken as {seen}, with a wide spread.")
        elif each.kind == "own" and not each.times_named:
            notes.append(
                f"{when} was never seen: taken at no effect, with a wide spread. If you know what "
                "it does, give it a factor."
            )
    return notes


def _listed(days: Sequence[int]) -> str:
    said = [str(_EPOCH + dt.timedelta(days=each)) for each in days]
    more = f" and {len(said) - _LISTED} more" if len(said) > _LISTED else ""
    return ", ".join(said[:_LISTED]) + more


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}" + ("" if n == 1 else "s")


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _level(
    history: History, covered: Floats, factor: Floats, usable: Bools, works: Bools, ahead: int
) -> DayLevel:
    """The level of days: on logarithms, or for few contacts on counts."""
    typical = _medians(history, usable)[history.weekday]
    if not usable.any() or float(np.median(typical[usable])) < _FEW:
        return fit_rare_level(
            day=history.days,
            weekday=history.weekday,
            counts=history.totals,
            exposure=covered * np.exp(factor),
            usable=usable,
            works=works,
        )
    # Half a contact more: then the mean of the logarithm is that of the mean, but for 1/n**2.
    log = np.log((history.totals + 0.5) / np.maximum(covered, 1e-3)) - factor
    return fit_day_level(
        DaySeries(
            day=history.days,
            weekday=history.weekday,
            log=np.where(usable, log, np.nan),
            noise=1 / np.maximum(typical, 0.5),
            works=works,
        ),
        horizon_days=ahead,
    )


def _works(history: History) -> Bools:
    """Weekdays on which anybody comes."""
    mean = np.zeros(7)
    for each in range(7):
        mine = history.seen & (history.weekday == each)
        if mine.any():
            mean[each] = history.totals[mine].mean()
    return np.asarray((mean > 0) & (mean >= _WORKS * mean.max()))


def _by_kind(
    history: History, share: Floats, kind: Ints, calm: Bools, short: Bools
) -> tuple[WithinDay, ...]:
    """The spread within days: one for full weekdays, one for each short weekday and other kind.

    A kind that was seen on few days leans on all full ones.
    """
    group = np.where(kind < _HOLIDAY, np.where(short[np.minimum(kind, 6)], kind, -1), kind)

    def fitted(mine: Bools) -> WithinDay:
        return fit_within_day(history.counts[mine], share[mine], history.exposure[mine])

    full = fitted(calm & (group == -1))
    made = []
    for each in range(_KINDS):
        mine = calm & (group == each)
        days = int(mine.sum())
        if (each < _HOLIDAY and not short[each]) or not days:
            made.append(full)
            continue
        own = fitted(mine)
        weight = days / (days + _LEAN)
        made.append(
            WithinDay(
                swing=float(np.sqrt(weight * own.swing**2 + (1 - weight) * full.swing**2)),
                memory=weight * own.memory + (1 - weight) * full.memory,
            )
        )
    return tuple(made)


def _medians(history: History, mine: Bools | None = None) -> Floats:
    """The median day of each weekday; 1 where there is none."""
    mine = history.seen if mine is None else mine
    made = np.ones(7)
    for each in range(7):
        same = mine & (history.weekday == each)
        if same.any():
            made[each] = np.median(history.totals[same])
    return made


def _shut(history: History) -> Bools:
    """Days on which nobody came, between days that were seen."""
    nobody = history.totals == 0
    seen = history.seen & ~nobody
    before = np.concatenate([[False], seen[:-1]])
    after = np.concatenate([seen[1:], [False]])
    return np.asarray(nobody & (before | after))


def _profile_kind(mark: Mark | None, weekday: int, short: Bools) -> int:
    """A holiday on a weekday that is short anyway spreads as that weekday does."""
    if mark is None or short[weekday]:
        return weekday
    return {"holiday": _HOLIDAY, "eve": _EVE}.get(str(mark.kind), weekday)
