"""Special days: what holidays, the days around them and events do to a day's contacts.

Each kind of day was seen a few times only. So the effects of one kind share a mean, from which
single names (Purim, a campaign) differ by a spread of their own, and days of one name by another:
a small hierarchical model, whose two spreads lie on a grid with the weight that the past gives
them (Gelman et al. 2013, *Bayesian Data Analysis*, chapter 5). A name that was never seen before
is drawn with the spread between names.

A holiday or the day before one closes what is open on a full day. So its effect is learnt on full
weekdays, and a weekday that is short anyway stays as it is where that is less than a full day with
that effect: a holiday on a closed Saturday is a Saturday.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from andon.capacity.calendar import Calendar, Event

__all__ = ["Mark", "SpecialDays", "fit_special_days", "marks_of", "short_weekdays"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

Special = Literal["closed", "holiday", "eve", "half", "after", "own"]

_DAY: Final = dt.timedelta(days=1)
_CLOSING: Final = ("holiday", "eve", "half")
"""Kinds that leave a short weekday as it is where that is less."""
_SHORT: Final = 0.6
"""A weekday with less than this share of the busiest one's contacts is short."""
_AFTER_DAYS: Final = 3
_PRIOR: Final[dict[str, float]] = {
    "holiday": 1.5,
    "eve": 1.0,
    "half": 0.5,
    "after": 0.3,
    "own": 0.1,
}
"""Standard deviation of a kind's mean effect, on the scale of logarithms, before anything is seen;
events of one's own have nothing in common."""
_UNSEEN: Final = 0.4
"""The same of a kind, or an event of one's own, that was never seen."""
_LIKE_QUIETEST: Final[dict[str, float]] = {"holiday": 0.5, "eve": 0.2}
"""Where none was seen, so far from a full day on the way to the week's quietest day."""
_BETWEEN: Final = (0.05, 0.1, 0.2, 0.4, 0.8)
_BETWEEN_SCALE: Final = 0.5
_WITHIN: Final = (0.05, 0.1, 0.2, 0.4, 0.8)
_WITHIN_DOUBT: Final = 0.7


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """What makes one day special.

    Attributes
    ----------
    kind : str or None
        closed, holiday, eve, half, after (the first full day after a holiday) or own; None where
        only factors apply.
    name : str
    log_factor : float
        Logarithm of the factors that the calendar states.
    own : tuple of str
        Events of one's own without a stated factor.
    """

    kind: Special | None
    name: str
    log_factor: float = 0.0
    own: tuple[str, ...] = ()


def marks_of(
    calendar: Calendar, dates: Sequence[dt.date], *, short: Bools
) -> tuple[Mark | None, ...]:
    """What is special about each day; None for ordinary ones.

    Parameters
    ----------
    calendar : Calendar
    dates : sequence of datetime.date
    short : array of bool, shape (7,)
        Weekdays that are short anyway: they are not the first full day after a holiday.
    """
    return tuple(_mark(calendar, day, short) for day in dates)


def _mark(calendar: Calendar, day: dt.date, short: Bools) -> Mark | None:
    events = calendar.on(day)
    learnt = tuple(event.name for event in events if event.kind == "own" and event.factor is None)
    factor = sum(np.log(event.factor) for event in events if event.factor is not None)
    kinds: dict[str, Event] = {}
    for event in events:
        if event.kind != "own" and event.factor is None:
            kinds.setdefault(event.kind, event)
    kind = next((each for each in ("closed", "holiday", "eve", "half") if each in kinds), None)
    if kind is not None:
        name = "" if kind == "eve" else kinds[kind].name
        return Mark(kind=kind, name=name, log_factor=float(factor), own=learnt)
    if not short[day.weekday()] and _after_holiday(calendar, day, short):
        return Mark(kind="after", name="", log_factor=float(factor), own=learnt)
    if not events:
        return None
    return Mark(kind="own" if learnt else None, name="", log_factor=float(factor), own=learnt)


def _after_holiday(calendar: Calendar, day: dt.date, short: Bools) -> bool:
    for back in range(1, _AFTER_DAYS + 1):
        earlier = day - back * _DAY
        if any(event.kind == "holiday" for event in calendar.on(earlier)):
            return True
        if not short[earlier.weekday()]:
            return False
    return False


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Seen:
    """The past days of one kind."""

    effects: Floats
    noise: Floats
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SpecialDays:
    """What special days did, and how that may be again.

    Attributes
    ----------
    short : array of bool, shape (7,)
        Weekdays that are short anyway.
    shut : tuple of str
        Names of holidays on which nobody ever came.
    always_shut : bool
        Whether that holds of most holidays.
    """

    short: Bools
    shut: tuple[str, ...]
    always_shut: bool
    _seen: dict[str, _Seen]
    _swing: float
    _quietest: float
    """Log of the quietest weekday that brings any, beside the busiest."""

    def closed(self, mark: Mark | None) -> bool:
        """Whether nobody is expected to come."""
        if mark is None:
            return False
        if mark.kind == "holiday":
            known = self._seen.get("holiday")
            seen_open = known is not None and mark.name in known.names
            return mark.name in self.shut or (self.always_shut and not seen_open)
        return mark.kind == "closed"

    def times_seen(self, kind: str, name: str | None = None) -> int:
        """On how many past days a kind of day, or one name of it, was seen."""
        seen = self._seen.get(kind)
        if seen is None:
            return 0
        return len(seen.names) if name is None else seen.names.count(name)

    def typical(self, kind: str) -> float:
        """The mean log effect of the days that were seen of a kind; NaN where there are none."""
        seen = self._seen.get(kind)
        return float(np.mean(seen.effects)) if seen is not None else float("nan")

    def drawn(
        self,
        marks: Sequence[Mark | None],
        *,
        full: Floats,
        ordinary: Floats,
        swing: Floats,
        weekday: Ints,
        rng: np.random.Generator,
    ) -> Floats:
        """Sampled days with what is special about them.

        Parameters
        ----------
        marks : sequence of Mark or None
            One for each day.
        full, ordinary, swing : array of float, shape (courses, days)
            As in :class:`~andon.capacity.day_level.FutureDays`.
        weekday : array of int, shape (days,)
            0 for Monday.
        rng : numpy.random.Generator

        Returns
        -------
        array of float, shape (courses, days)
            Log of each day's contacts; minus infinity where the day is closed.
        """
        made = ordinary + swing
        courses = len(full)
        short_here = self.short[np.asarray(weekday)]
        drawn: dict[str, tuple[dict[str, Floats], Floats]] = {}
        wanted: dict[str, list[str]] = {}
        for mark in marks:
            if mark is not None and mark.kind not in {None, "closed", "own"}:
                wanted.setdefault(str(mark.kind), []).append(mark.name)
            if mark is not None and mark.own:
                wanted.setdefault("own", []).extend(mark.own)
        for kind in sorted(wanted):
            names = tuple(dict.fromkeys(wanted[kind]))
            drawn[kind] = self._effects(kind, names, courses, rng)
        for j, mark in enumerate(marks):
            if mark is None:
                continue
            if self.closed(mark):
                made[:, j] = -np.inf
                continue
            if mark.kind in drawn and mark.kind != "own":
                effects, within = drawn[mark.kind]
                effect = effects[mark.name] + within * rng.standard_normal(courses)
                if mark.kind in _CLOSING and short_here[j]:
                    # An effect that brings more is not one that closes: it counts as it is.
                    less = np.minimum(full[:, j] + effect, made[:, j])
                    made[:, j] = np.where(effect < 0, less, made[:, j] + effect)
                elif mark.kind in _CLOSING:
                    # The day's own swing is part of what was learnt.
                    made[:, j] += effect - swing[:, j]
                else:
                    made[:, j] += effect
            for name in mark.own:
                effects, within = drawn["own"]
                made[:, j] += effects[name] + within * rng.standard_normal(courses)
            made[:, j] += mark.log_factor
        return made

    def _effects(
        self, kind: str, names: tuple[str, ...], courses: int, rng: np.random.Generator
    ) -> tuple[dict[str, Floats], Floats]:
        """Effects by name, and the standard deviation within a name, for each course."""
        seen = self._seen.get(kind)
        if seen is None:
            mean = _LIKE_QUIETEST.get(kind, 0.0) * self._quietest
            sd = 0.0 if kind == "after" else max(_UNSEEN, abs(mean))
            drawn = {name: mean + sd * rng.standard_normal(courses) for name in names}
            return drawn, np.full(courses, 0.0)
        grid = tuple(itertools.product(_BETWEEN, _WITHIN))
        prior = _PRIOR[kind]
        fits = [_Pooled.of(seen, names, prior, *point) for point in grid]
        log_weight = np.array(
            [
                fit.log_likelihood
                - 0.5 * (between / _BETWEEN_SCALE) ** 2
                - 0.5 * (np.log(within / max(self._swing, 0.05)) / _WITHIN_DOUBT) ** 2
                for fit, (between, within) in zip(fits, grid, strict=True)
            ]
        )
        weights = np.exp(log_weight - log_weight.max())
        which = rng.choice(len(grid), courses, p=weights / weights.sum())
        made = np.empty((courses, len(names)))
        for point in np.unique(which):
            mine = np.flatnonzero(which == point)
            normal = rng.standard_normal((len(mine), len(names)))
            made[mine] = fits[point].mean + normal @ fits[point].root.T
        within = np.array([point[1] for point in grid])[which]
        return {name: made[:, i] for i, name in enumerate(names)}, within


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Pooled:
    """Effects of some names given the days that were seen, for two spreads that are given."""

    mean: Floats
    root: Floats
    log_likelihood: float

    @classmethod
    def of(
        cls, seen: _Seen, names: tuple[str, ...], prior: float, between: float, within: float
    ) -> _Pooled:
        past = np.array(seen.names)
        ahead = np.array(names)

        def shared(a: npt.NDArray[np.str_], b: npt.NDArray[np.str_]) -> Floats:
            return prior**2 + between**2 * np.asarray(a[:, None] == b[None, :], dtype=float)

        total = shared(past, past) + np.diag(within**2 + seen.noise)
        solved = np.linalg.solve(total, np.column_stack([seen.effects, shared(past, ahead)]))
        cov = shared(ahead, ahead) - shared(ahead, past) @ solved[:, 1:]
        values, vectors = np.linalg.eigh((cov + cov.T) / 2)
        _, logdet = np.linalg.slogdet(total)
        return cls(
            mean=shared(ahead, past) @ solved[:, 0],
            root=vectors * np.sqrt(np.maximum(values, 0.0)),
            log_likelihood=float(-0.5 * (logdet + seen.effects @ solved[:, 0])),
        )


def fit_special_days(
    marks: Sequence[Mark | None],
    *,
    weekday: Ints,
    log: Floats,
    noise: Floats,
    expected: Floats,
    shut: Bools,
    short: Bools,
    swing: float,
    quietest: float,
) -> SpecialDays:
    """Learn from the past what special days do.

    Parameters
    ----------
    marks : sequence of Mark or None
        One for each past day.
    weekday : array of int, shape (days,)
    log, noise : array of float, shape (days,)
        Log of each day's contacts and its variance by chance; NaN where not seen.
    expected : array of float, shape (days,)
        What the day's weekday would have brought, in logs.
    shut : array of bool, shape (days,)
        Days that saw nobody, between days that were seen.
    short : array of bool, shape (7,)
    swing : float
        Standard deviation of an ordinary day's own swing.
    quietest : float
        Log of the quietest weekday's contacts beside the busiest one's, 0 or less.
    """
    found: dict[str, list[tuple[float, float, str]]] = {}
    shut_names: list[str] = []
    open_names: list[str] = []
    for i, mark in enumerate(marks):
        if mark is None or mark.kind in {None, "closed"}:
            continue
        is_short = bool(short[weekday[i]])
        if mark.kind == "holiday" and not is_short:
            (shut_names if shut[i] else open_names).append(mark.name)
        if not np.isfinite(log[i]) or not np.isfinite(expected[i]):
            continue
        if mark.kind in _CLOSING and is_short:
            continue
        effect = log[i] - mark.log_factor - expected[i]
        if mark.kind == "own":
            if len(mark.own) == 1:
                found.setdefault("own", []).append((effect, noise[i], mark.own[0]))
        elif not mark.own:
            found.setdefault(str(mark.kind), []).append((effect, noise[i], mark.name))
    return SpecialDays(
        short=short,
        shut=tuple(sorted(set(shut_names) - set(open_names))),
        always_shut=len(shut_names) > len(open_names),
        _seen={
            kind: _Seen(
                effects=np.array([each[0] for each in days]),
                noise=np.array([each[1] for each in days]),
                names=tuple(each[2] for each in days),
            )
            for kind, days in found.items()
        },
        _swing=swing,
        _quietest=quietest,
    )


def short_weekdays(weekdays: Floats) -> Bools:
    """Weekdays that bring less than six tenths of the busiest one's contacts.

    Parameters
    ----------
    weekdays : array of float, shape (7,)
        Log beside the busiest one.
    """
    return np.asarray(weekdays < np.log(_SHORT))
