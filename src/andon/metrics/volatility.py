"""Volatility: how much arrivals swing, and what a plan for the mean would miss.

Arrivals are counted by interval on the operation's wall clock; only the counts come into Python.
Contacts of one day rise and fall together, so the unit of doubt is the day, not the contact.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import ibis.expr.types as ir
import numpy as np
from scipy import special

from andon.answer import Answer, Group, Scope, in_order
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.ledger.coverage import Observed, observed
from andon.ledger.periods import with_groups
from andon.metrics.doubt import Bools, Doubt, Floats, Ints, added, products, scopes_of
from andon.metrics.parts import Part
from andon.units import DAY_S, US, Unit

__all__ = ["Day", "IntervalOfDay", "Month", "Volatility", "Weekday", "volatility"]

_DAY_US: Final = DAY_S * US
_EPOCH: Final = dt.date(1970, 1, 1)
_THURSDAY: Final = 3
"""The weekday of 1 January 1970, counted from Monday."""
_BUFFER: Final = 1.6448536269514722
"""Standard deviations of a Poisson stream above the mean: 1 in 20 of its intervals lie higher."""
_OPEN: Final = 0.05
_NEIGHBOURS: Final = 4
_UNUSUAL: Final = (0.5, 2.0)
_SURPRISE: Final = 5.0
_FEW_DAYS: Final = 14
_FEW_IN_MONTH: Final = 10
_LAGS: Final = 14

_TOO_FEW: Final = Unknown(
    unit="share",
    why="too few days to tell the days' own swings from chance",
    needs="at least two weeks of ordinary days, two of each weekday",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class IntervalOfDay:
    """Arrivals in one interval of the day, over ordinary days.

    Attributes
    ----------
    from_s : int
        When it begins, seconds after midnight.
    mean, low, high : float
        Contacts in it on the mean day, and the interval of that mean.
    days_low, days_high : float
        1 day in 20 brings fewer, and 1 in 20 more.
    """

    from_s: int
    mean: float
    low: float
    high: float
    days_low: float
    days_high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Weekday:
    """Contacts a day on one weekday (1 Monday to 7 Sunday), over ordinary days."""

    weekday: int
    days: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """Contacts a day in one month, over ordinary days."""

    month: str
    days: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """One day beside what was to be expected of it.

    Attributes
    ----------
    day : datetime.date
    contacts : int
    expected : float
        From the other days: its weekday and its month.
    chance_low, chance_high : float
        What chance alone would leave around that, 19 days in 20.
    beyond_chance : bool
        Whether the day lies outside.
    unusual : bool
        Under half or over twice what the same weekday brought in the weeks around it: a holiday, a
        breakdown or lost data. Such days are left out of all figures but ``day_spread_all``.
    """

    day: dt.date
    contacts: int
    expected: float
    chance_low: float
    chance_high: float
    beyond_chance: bool
    unusual: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Volatility:
    """How much arrivals swing.

    Attributes
    ----------
    contacts : int
    interval_s : int
    days : int
        Ordinary days, which the figures rest on.
    unusual_days : int
        See :class:`Day`.
    gap_days : int
        Days in gaps of the data, left out of everything.
    per_day : Estimate or Unknown
        Contacts on a mean ordinary day.
    day_spread : Estimate or Unknown
        Standard deviation of the day's own level, as a share of the mean, beyond chance and beyond
        what weekday and month explain: 0 for a Poisson stream.
    day_spread_weekday : Estimate or Unknown
        The same for a plan that knows the weekday but no month.
    day_spread_all : Estimate or Unknown
        As ``day_spread``, with unusual days counted in.
    variance_to_mean : Estimate or Unknown
        Of counts in the same interval of the week: 1 for a Poisson stream.
    interval_spread : Estimate or Unknown
        As ``day_spread``, for single intervals.
    shared_by_day : Estimate or Unknown
        Of the variance of an interval's level beyond chance, the part that the whole day shares.
    morning_to_afternoon : Estimate or Unknown
        Correlation of the two halves of a day, each against its plan, -1 to 1.
    next_day : Estimate or Unknown
        Correlation of a day's level with the next day's, -1 to 1.
    peak_to_mean : Estimate or Unknown
        A day's busiest interval over its mean open interval.
    open_intervals : int
        Intervals of the week that count as open: at least a twentieth of the busiest one.
    above_plan : Part
        Open intervals with more arrivals than the plan: the mean of the same interval in the other
        weeks, and a buffer that a Poisson stream would pass in 1 of 20 intervals.
    above_plan_if_poisson : Estimate or Unknown
        What that share would be if arrivals were Poisson.
    contacts_above_plan : Part
        Contacts that arrive in such intervals.
    contacts_beyond_plan : Part
        Contacts over and above plan and buffer.
    by_interval : tuple of IntervalOfDay
    by_weekday : tuple of Weekday
    by_month : tuple of Month
    by_day : tuple of Day
    """

    contacts: int
    interval_s: int
    days: int
    unusual_days: int
    gap_days: int
    per_day: Estimate | Unknown
    day_spread: Estimate | Unknown
    day_spread_weekday: Estimate | Unknown
    day_spread_all: Estimate | Unknown
    variance_to_mean: Estimate | Unknown
    interval_spread: Estimate | Unknown
    shared_by_day: Estimate | Unknown
    morning_to_afternoon: Estimate | Unknown
    next_day: Estimate | Unknown
    peak_to_mean: Estimate | Unknown
    open_intervals: int
    above_plan: Part
    above_plan_if_poisson: Estimate | Unknown
    contacts_above_plan: Part
    contacts_beyond_plan: Part
    by_interval: tuple[IntervalOfDay, ...]
    by_weekday: tuple[Weekday, ...]
    by_month: tuple[Month, ...]
    by_day: tuple[Day, ...]


def volatility(
    contacts: ir.Table,
    *,
    by: Sequence[str] = (),
    interval_s: int = 1800,
    level: float = 0.95,
) -> Answer[Volatility]:
    """How much do arrivals swing, and what would a plan for the mean miss?

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts; may be empty.
    by : sequence of str
        Groups to answer for as well, from :data:`andon.ledger.periods.GROUPS`.
    interval_s : int
        Length of an interval in seconds; a whole number of them makes a day.
    level : float
        Of the intervals of the figures, above 0 and below 1.

    Returns
    -------
    Answer of Volatility

    Raises
    ------
    QuestionError
        If ``by`` names something that contacts cannot be grouped by, or ``interval_s`` does not cut
        a day into equal parts.

    Notes
    -----
    A day's count is taken as Poisson with mean ``m F``, where ``m`` comes from its weekday and
    month, and ``F`` has mean 1 and standard deviation ``day_spread`` (Whitt 1999, *Dynamic staffing
    in a telephone call center aiming to immediately answer all calls*; Jongbloed and Koole 2001,
    *Managing uncertainty in call centres using Poisson mixtures*). Its square is estimated by the
    method of moments; each day is judged by the other days.
    """
    if interval_s < 1 or DAY_S % interval_s:
        raise QuestionError(
            "Intervals must cut a day into equal parts.",
            found=f"interval_s: {interval_s!r}",
            todo="Use 900, 1800 or 3600.",
        )
    seen = observed(contacts)
    counts = _counted(contacts, by, interval_s, seen)
    found = {
        scope: _volatility(days, interval_s=interval_s, level=level)
        for scope, days in counts.items()
    }
    return Answer(
        overall=found[()],
        groups=tuple(Group(scope, found[scope]) for scope in in_order(s for s in found if s)),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Days:
    """Counts of arrivals: one row a day that was seen, one column an interval."""

    number: Ints
    """Days since 1970."""
    counts: Floats
    gap_days: int

    @property
    def totals(self) -> Floats:
        return np.asarray(self.counts.sum(axis=1), dtype=np.float64)

    @property
    def weekday(self) -> Ints:
        """0 for Monday."""
        return (self.number + _THURSDAY) % 7

    @property
    def month(self) -> Ints:
        """Months since 1970."""
        return np.array(
            [12 * (day.year - 1970) + day.month - 1 for day in map(_date, self.number)],
            dtype=np.int64,
        )

    def those(self, mine: Bools) -> _Days:
        return replace(self, number=self.number[mine], counts=self.counts[mine])


def _date(number: int) -> dt.date:
    return _EPOCH + dt.timedelta(days=int(number))


def _counted(
    contacts: ir.Table, by: Sequence[str], interval_s: int, seen: Observed
) -> dict[Scope, _Days]:
    """Arrivals by day and interval in each scope, for all days but those in gaps."""
    grouped = with_groups(contacts, by)
    at, width = grouped.local_arrived_us, interval_s * US
    lean = grouped.select(*by, interval=((at - at % width) / width).cast("int64"))
    table = lean.group_by([*by, "interval"]).aggregate(n=lean.count()).to_pyarrow()
    scopes, scope = scopes_of(table, by)
    width_of_day = DAY_S // interval_s
    interval = np.asarray(table["interval"].to_numpy(), dtype=np.int64)
    n = np.asarray(table["n"].to_numpy(), dtype=np.float64)
    lost = {
        number
        for gap in seen.gaps
        for number in range((gap.first_day - _EPOCH).days, (gap.last_day - _EPOCH).days + 1)
    }
    first = (seen.first_day - _EPOCH).days if seen.first_day else 0
    last = (seen.last_day - _EPOCH).days if seen.last_day else -1
    number = np.array([day for day in range(first, last + 1) if day not in lost], dtype=np.int64)
    found = {}
    for i, each in enumerate(scopes):
        mine = np.asarray(scope == i) if i else np.ones(len(n), dtype=np.bool_)
        cell = interval[mine] - first * width_of_day
        full = added(cell, n[mine], (last + 1 - first) * width_of_day)
        counts = full.reshape(-1, width_of_day)[number - first]
        found[each] = _Days(number=number, counts=counts, gap_days=len(lost))
    return found


def _volatility(days: _Days, *, interval_s: int, level: float) -> Volatility:
    days = days.those(_open_weekdays(days))
    unusual = _unusual(days)
    ordinary = days.those(~unusual)
    plan = _Plan.of(ordinary, months=True)
    enough = len(ordinary.number) >= _FEW_DAYS and plan.judged.sum() >= _FEW_DAYS
    intervals = _Intervals.of(ordinary, plan)
    full = _Plan.of(days, months=True)
    totals = ordinary.totals

    def part(y: Floats, x: Floats) -> Part:
        return Part(
            count=round(float(y.sum())),
            out_of=round(float(x.sum())),
            share=_share(y, x).share(level=level) if enough else _TOO_FEW,
        )

    def ratio(y: Floats, x: Floats, unit: Unit = "ratio") -> Estimate | Unknown:
        if not enough:
            return replace(_TOO_FEW, unit=unit)
        return _ratio(y, x).mean(unit=unit, level=level, at_least=0.0)

    return Volatility(
        contacts=round(float(days.totals.sum())),
        interval_s=interval_s,
        days=len(ordinary.number),
        unusual_days=int(unusual.sum()),
        gap_days=days.gap_days,
        per_day=ratio(totals, np.ones(len(totals)), "count"),
        day_spread=plan.spread(level) if enough else _TOO_FEW,
        day_spread_weekday=(_Plan.of(ordinary, months=False).spread(level) if enough else _TOO_FEW),
        day_spread_all=full.spread(level) if enough else _TOO_FEW,
        variance_to_mean=ratio(*intervals.variance_to_mean()),
        interval_spread=intervals.spread(level) if enough else _TOO_FEW,
        shared_by_day=intervals.shared(level) if enough else _TOO_FEW,
        morning_to_afternoon=(
            _correlation(*intervals.halves(), level) if enough else replace(_TOO_FEW, unit="ratio")
        ),
        next_day=(
            _correlation(*plan.neighbours(1), level) if enough else replace(_TOO_FEW, unit="ratio")
        ),
        peak_to_mean=ratio(*intervals.peaks()),
        open_intervals=int(intervals.open_of_week.sum()),
        above_plan=part(*intervals.above()),
        above_plan_if_poisson=(intervals.above_if_poisson() if enough else _TOO_FEW),
        contacts_above_plan=part(*intervals.contacts_above()),
        contacts_beyond_plan=part(*intervals.contacts_beyond()),
        by_interval=_by_interval(ordinary, interval_s, level),
        by_weekday=tuple(
            Weekday(weekday=weekday + 1, days=count, mean=mean, low=low, high=high)
            for weekday, count, mean, low, high in _means(ordinary.weekday, totals, level)
        ),
        by_month=tuple(
            Month(
                month=f"{1970 + month // 12:04}-{month % 12 + 1:02}",
                days=count,
                mean=mean,
                low=low,
                high=high,
            )
            for month, count, mean, low, high in _means(ordinary.month, totals, level)
        ),
        by_day=_by_day_rows(days, unusual, plan, full),
    )


def _open_weekdays(days: _Days) -> Bools:
    """Days on weekdays that mostly bring somebody, and closed weekdays on which somebody came."""
    open_ = np.zeros(len(days.number), dtype=np.bool_)
    for weekday in range(7):
        mine = days.weekday == weekday
        if mine.any():
            busy = days.totals[mine] > 0
            open_[mine] = busy | (busy.mean() >= 0.5)
    return open_


def _unusual(days: _Days) -> Bools:
    """Days far below or above the median of the same weekday in the weeks around them."""
    found = np.zeros(len(days.number), dtype=np.bool_)
    for weekday in range(7):
        mine = np.flatnonzero(days.weekday == weekday)
        totals = days.totals[mine]
        for i, total in enumerate(totals):
            first = max(0, min(i - _NEIGHBOURS, len(totals) - 2 * _NEIGHBOURS - 1))
            usual = float(np.median(totals[first : first + 2 * _NEIGHBOURS + 1]))
            far = total < _UNUSUAL[0] * usual or total > _UNUSUAL[1] * usual
            found[mine[i]] = far and abs(total - usual) > _SURPRISE * math.sqrt(max(usual, 1.0))
    return found


# ---------------------------------------------------------------- the day's level


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plan:
    """What weekday and month make one expect of each day."""

    days: _Days
    mean: Floats
    leverage: Floats
    """How far a day pulls its own expectation towards itself, 0 to 1."""

    @classmethod
    def of(cls, days: _Days, *, months: bool) -> _Plan:
        totals, weekday = days.totals, days.weekday
        month = _merged(days.month) if months else np.zeros(len(totals), dtype=np.int64)
        by_weekday, by_month = np.ones(7), np.ones(int(month.max(initial=0)) + 1)
        # Poisson regression on weekday and month by proportional fitting.
        for _ in range(100):
            before = by_weekday
            by_weekday = _over(added(weekday, totals, 7), added(weekday, by_month[month], 7))
            by_month = _over(
                added(month, totals, len(by_month)),
                added(month, by_weekday[weekday], len(by_month)),
            )
            if np.allclose(before, by_weekday, rtol=1e-10):
                break
        design = np.concatenate((np.eye(7)[weekday], np.eye(len(by_month))[month]), axis=1)
        inverse = np.linalg.pinv(np.einsum("di,dj->ij", design, design))
        leverage = np.einsum("di,ij,dj->d", design, inverse, design)
        return cls(
            days=days,
            mean=np.asarray(by_weekday[weekday] * by_month[month], dtype=np.float64),
            leverage=np.asarray(leverage, dtype=np.float64),
        )

    @property
    def judged(self) -> Bools:
        """Days on which others say something, and more than nothing."""
        return np.asarray((self.leverage < 0.95) & (self.mean > 0), dtype=np.bool_)

    @property
    def others(self) -> Floats:
        """What the other days make one expect of each day."""
        totals = self.days.totals
        off = (totals - self.mean) / np.maximum(1 - self.leverage, 0.05)
        return np.maximum(totals - off, 0.0)

    @property
    def level(self) -> Floats:
        """How far each day lies above its expectation, as a share; NaN where not judged."""
        off = _over(self.days.totals - self.mean, self.mean)
        return np.where(self.judged, off / np.sqrt(np.maximum(1 - self.leverage, 0.05)), np.nan)

    def spread(self, level: float) -> Estimate | Unknown:
        """The standard deviation of the day's own level.

        With ``q_d`` the squared relative residual, freed of its leverage, ``E q_d = s**2 + 1/m_d``;
        days are weighted by the inverse of that squared. The interval is on the logarithm of the
        weighted mean of ``q_d``, with the residuals' own kurtosis, but not below the normal one,
        and with neighbouring days' correlation; coverage in ``tests/metrics/test_volatility.py``.
        """
        judged = self.judged
        n, chance = int(judged.sum()), 1 / self.mean[judged]
        freedom = n - float(self.leverage[judged].sum())
        if n < 3 or freedom < 2:
            return _TOO_FEW
        q = self.level[judged] ** 2
        square = max(0.0, float((q - chance).mean()))
        for _ in range(10):
            weights = (square + chance) ** -2
            square = max(0.0, float((weights * (q - chance)).sum() / weights.sum()))
        total, by_chance = (float((weights * each).sum() / weights.sum()) for each in (q, chance))
        scaled = q / (square + chance)
        spread = float(scaled.mean())
        kurtosis = max(3.0, float((scaled**2).mean()) / spread**2) if spread > 0 else 3.0
        # Days that swing less than chance are taken to swing like chance for the upper end.
        total = max(total, by_chance)
        error = math.sqrt((kurtosis - 1) * self._together() * n / freedom / weights.sum()) / total
        reach = float(special.stdtrit(freedom, 0.5 + level / 2)) * error
        low, high = (
            math.sqrt(max(0.0, total * math.exp(sign * reach) - by_chance)) for sign in (-1, 1)
        )
        value = math.sqrt(square)
        return Estimate(
            value=value,
            low=min(low, value),
            high=max(high, value),
            unit="share",
            n=n,
            method="method of moments over days, log scale",
            level=level,
        )

    def neighbours(self, lag: int) -> tuple[Floats, Floats]:
        """The levels of days, and of the days ``lag`` days later, where both are judged."""
        levels = dict(zip(self.days.number.tolist(), self.level.tolist(), strict=True))
        pairs = [
            (one, levels[number + lag])
            for number, one in levels.items()
            if math.isfinite(one) and math.isfinite(levels.get(number + lag, math.nan))
        ]
        first, second = zip(*pairs, strict=True) if pairs else ((), ())
        return np.array(first, dtype=np.float64), np.array(second, dtype=np.float64)

    def _together(self) -> float:
        """How many times fewer days would tell as much, because days that follow are alike."""
        factor = 1.0
        for lag in range(1, _LAGS + 1):
            one, other = self.neighbours(lag)
            spread = float(np.sqrt(np.mean(one**2) * np.mean(other**2))) if len(one) else 0.0
            if len(one) > 2 * _LAGS and spread > 0:  # days all alike tell nothing of each other
                r = float((one * other).mean()) / spread
                # Squares of normal levels that correlate by r correlate by its square.
                factor += 2 * r * r if abs(r) > 2 / math.sqrt(len(one)) else 0.0
        return factor


def _merged(month: Ints) -> Ints:
    """Months numbered from 0; one with few days is counted to the month before it."""
    numbers: dict[int, int] = {}
    at = -1
    for each, count in zip(*np.unique(month, return_counts=True), strict=True):
        at += at < 0 or count >= _FEW_IN_MONTH
        numbers[int(each)] = at
    return np.array([numbers[int(each)] for each in month], dtype=np.int64)


def _over(y: Floats, x: Floats) -> Floats:
    """One array over another, 0 where that is 0."""
    return np.divide(y, x, out=np.zeros(len(y)), where=x > 0)


# ---------------------------------------------------------------- intervals


@dataclass(frozen=True, kw_only=True, slots=True)
class _Intervals:
    """Counts by day and interval, beside what the other days make one expect."""

    counts: Floats
    expected: Floats
    raw: Floats
    """The mean of the same interval of the week, this day's own count in it."""
    alike: Floats
    """For each day, how many days have its weekday."""
    open_of_week: Bools
    """Weekday by interval."""
    open: Floats
    """1 for each day's open intervals."""

    @classmethod
    def of(cls, days: _Days, plan: _Plan) -> _Intervals:
        weekday, totals = days.weekday, days.totals
        sums = np.zeros((7, days.counts.shape[1]))
        np.add.at(sums, weekday, days.counts)
        alike = added(weekday, np.ones(len(weekday)), 7)
        others = sums[weekday] - days.counts
        share = np.divide(
            others,
            others.sum(axis=1, keepdims=True),
            out=np.zeros_like(others),
            where=others.sum(axis=1, keepdims=True) > 0,
        )
        means = sums / np.maximum(alike, 1)[:, None]
        open_of_week = means >= max(_OPEN * float(means.max(initial=0.0)), 1e-9)
        judged = plan.judged & (alike[weekday] >= 2) & (totals >= 0)
        return cls(
            counts=days.counts,
            expected=plan.others[:, None] * share,
            raw=means[weekday],
            alike=alike[weekday],
            open_of_week=open_of_week,
            open=(open_of_week[weekday] & judged[:, None]).astype(np.float64),
        )

    def variance_to_mean(self) -> tuple[Floats, Floats]:
        """Squares against means, by day."""
        free = np.divide(
            self.alike, self.alike - 1, out=np.zeros(len(self.alike)), where=self.alike > 1
        )
        squares = (self.counts - self.raw) ** 2 * free[:, None]
        return (squares * self.open).sum(axis=1), (self.raw * self.open).sum(axis=1)

    def spread(self, level: float) -> Estimate | Unknown:
        """The standard deviation of an interval's level beyond chance, as a share of its mean."""
        y, x = self._extra()
        found = _ratio(y, x).mean(unit="share", level=level)
        if isinstance(found, Unknown):
            return found
        value, low, high = (
            math.sqrt(max(0.0, each)) for each in (found.value, found.low, found.high)
        )
        return replace(found, value=value, low=low, high=high, method="moments, clustered by day")

    def shared(self, level: float) -> Estimate | Unknown:
        """The part of that variance that intervals of one day have in common.

        Its interval leaves out one day at a time.
        """
        extra, squares = self._extra()
        off = ((self.counts - self.expected) * self.open).sum(axis=1)
        own = ((self.counts - self.expected) ** 2 * self.open).sum(axis=1)
        planned = (self.expected * self.open).sum(axis=1)
        together, pairs = off**2 - own, planned**2 - squares
        sums = [each.sum() for each in (together, pairs, extra, squares)]
        if sums[1] <= 0 or sums[2] <= 0:
            return Unknown(
                unit="share",
                why="intervals swing no more than chance would make them",
                needs="more days",
            )

        def part(a: Floats, b: Floats, c: Floats, d: Floats) -> Floats:
            return np.asarray((a / b) / (c / d), dtype=np.float64)

        value = float(part(*(np.array([each]) for each in sums))[0])
        without = part(
            *(
                total - each
                for total, each in zip(sums, (together, pairs, extra, squares), strict=True)
            )
        )
        n = len(without)
        error = math.sqrt((n - 1) / n * float(((without - without.mean()) ** 2).sum()))
        reach = float(special.stdtrit(n - 1, 0.5 + level / 2)) * error
        inside = min(max(value, 0.0), 1.0)
        return Estimate(
            value=inside,
            low=min(inside, max(0.0, value - reach)),
            high=max(inside, min(1.0, value + reach)),
            unit="share",
            n=n,
            method="moments, leaving out one day at a time",
            level=level,
        )

    def halves(self) -> tuple[Floats, Floats]:
        """For each day, how far its first and its second half lie above plan."""
        planned = (self.expected * self.open).sum(axis=0)
        before = planned.cumsum() <= planned.sum() / 2
        found = []
        for half in (before, ~before):
            plan = (self.expected * self.open)[:, half].sum(axis=1)
            count = (self.counts * self.open)[:, half].sum(axis=1)
            found.append(np.where(plan > 0, _over(count - plan, plan), np.nan))
        both = np.isfinite(found[0]) & np.isfinite(found[1])
        return found[0][both], found[1][both]

    def peaks(self) -> tuple[Floats, Floats]:
        """Each day's busiest open interval over its mean open interval."""
        number = self.open.sum(axis=1)
        mean = _over((self.counts * self.open).sum(axis=1), number)
        busiest = (self.counts * self.open).max(axis=1, initial=0.0)
        return _over(busiest, mean), (mean > 0).astype(np.float64)

    def above(self) -> tuple[Floats, Floats]:
        """Open intervals above plan and buffer, by day."""
        return self._high.sum(axis=1), self.open.sum(axis=1)

    def contacts_above(self) -> tuple[Floats, Floats]:
        """Contacts in them."""
        return (self.counts * self._high).sum(axis=1), (self.counts * self.open).sum(axis=1)

    def contacts_beyond(self) -> tuple[Floats, Floats]:
        """Contacts over and above."""
        beyond = np.maximum(self.counts - self._planned, 0.0) * self.open
        return beyond.sum(axis=1), (self.counts * self.open).sum(axis=1)

    def above_if_poisson(self) -> Estimate | Unknown:
        """The share of open intervals that a Poisson stream would put above plan and buffer."""
        mean = self.expected[self.open > 0]
        if not len(mean):
            return _TOO_FEW
        # P(N <= k) of a Poisson count is the upper incomplete gamma function at k + 1.
        least = np.floor(mean + _BUFFER * np.sqrt(mean))
        share = float((1 - special.gammaincc(least + 1, np.maximum(mean, 1e-12))).mean())
        return Estimate.exact(share, unit="share", n=len(mean), method="Poisson probabilities")

    @property
    def _planned(self) -> Floats:
        return np.asarray(self.expected + _BUFFER * np.sqrt(self.expected), dtype=np.float64)

    @property
    def _high(self) -> Floats:
        return (self.counts > self._planned) * self.open

    def _extra(self) -> tuple[Floats, Floats]:
        """Squared deviations beyond chance, and squared means, by day."""
        extra = ((self.counts - self.expected) ** 2 - self.expected) * self.open
        return extra.sum(axis=1), (self.expected**2 * self.open).sum(axis=1)


# ---------------------------------------------------------------- small arithmetic


def _share(y: Floats, x: Floats) -> Doubt:
    """A share whose unit of doubt is the day."""
    return Doubt(sums=products(y, x), over="day")


def _ratio(y: Floats, x: Floats) -> Doubt:
    """A ratio over days; its n counts days."""
    return Doubt(sums=replace(products(y, x), n=len(y)), over="day")


def _correlation(a: Floats, b: Floats, level: float) -> Estimate | Unknown:
    """Pearson's correlation with Fisher's interval."""
    n = len(a)
    if n < 4 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return replace(_TOO_FEW, unit="ratio")
    r = float(np.corrcoef(a, b)[0, 1])
    z = math.atanh(min(max(r, -1 + 1e-12), 1 - 1e-12))
    reach = float(special.ndtri(0.5 + level / 2)) / math.sqrt(n - 3)
    return Estimate(
        value=r,
        low=min(r, math.tanh(z - reach)),
        high=max(r, math.tanh(z + reach)),
        unit="ratio",
        n=n,
        method="correlation over days, Fisher",
        level=level,
    )


def _mean(values: Floats, level: float) -> tuple[float, float, float]:
    """The mean over days with Student's interval, not below 0; one day has no interval."""
    mean, n = float(values.mean()), len(values)
    if n < 2:
        return mean, mean, mean
    reach = float(special.stdtrit(n - 1, 0.5 + level / 2)) * float(values.std(ddof=1)) / n**0.5
    return mean, max(0.0, mean - reach), mean + reach


def _means(key: Ints, totals: Floats, level: float) -> list[tuple[int, int, float, float, float]]:
    """For each key: the key, its days, and their mean with its interval."""
    return [
        (int(each), int((key == each).sum()), *_mean(totals[key == each], level))
        for each in np.unique(key)
    ]


def _by_interval(days: _Days, interval_s: int, level: float) -> tuple[IntervalOfDay, ...]:
    if not len(days.number):
        return ()
    found = []
    for i in range(days.counts.shape[1]):
        column = np.asarray(days.counts[:, i], dtype=np.float64)
        mean, low, high = _mean(column, level)
        days_low, days_high = (float(each) for each in np.quantile(column, (0.05, 0.95)))
        found.append(
            IntervalOfDay(
                from_s=i * interval_s,
                mean=mean,
                low=low,
                high=high,
                days_low=days_low,
                days_high=days_high,
            )
        )
    return tuple(found)


def _by_day_rows(days: _Days, unusual: Bools, plan: _Plan, full: _Plan) -> tuple[Day, ...]:
    """Each day beside its plan; what chance leaves is Poisson around it."""
    expected = full.mean.copy()
    expected[~unusual] = plan.others
    z = float(special.ndtri(0.975))
    reach = z * np.sqrt(np.maximum(expected, 1.0))
    return tuple(
        Day(
            day=_date(number),
            contacts=round(float(total)),
            expected=float(mean),
            chance_low=max(0.0, float(mean - around)),
            chance_high=float(mean + around),
            beyond_chance=bool(abs(total - mean) > around),
            unusual=bool(odd),
        )
        for number, total, mean, around, odd in zip(
            days.number, days.totals, expected, reach, unusual, strict=True
        )
    )
