"""Coverage: what the ledger saw, what it did not see, and what that does to each figure.

A day without contacts may be a closed day or a lost file; a contact without a customer id may be a
first or a fifth attempt. Nothing here guesses. A figure that missing data touch gets bounds, a
caveat, or is said to be unknown.

:func:`observed` finds the stretches of time that the data cover; questions with windows ask it
which windows are wholly seen. :func:`coverage` is the question itself.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Final, Literal

import ibis
import ibis.expr.types as ir
from scipy import special

from andon.answer import Answer, Group, Scope, in_order
from andon.estimate import Estimate, Unknown
from andon.ledger.durations import handle_s
from andon.ledger.periods import with_groups
from andon.ledger.steps import stepped
from andon.ledger.sums import rows
from andon.units import AGES_US, DAY_S, US

__all__ = [
    "Coverage",
    "Dependence",
    "Effect",
    "Gap",
    "Level",
    "Missing",
    "Observed",
    "coverage",
    "observed",
]

_DAY_US: Final = DAY_S * US
_EPOCH: Final = dt.date(1970, 1, 1)
_NEIGHBOURS: Final = 4
_SURPRISE: Final = 10.0
_WEAK: Final = 0.1
_RARE: Final = 0.001


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """Whole days without any contact, although the weeks around them have some.

    Closed or lost: the data cannot tell.

    Attributes
    ----------
    first_day, last_day : datetime.date
        On the operation's wall.
    from_us, to_us : int
        The gap as microseconds since 1970 UTC; the first is in it, the second is not.
    expected : float
        Contacts that the same weekdays of the nearest weeks would make one expect.
    """

    first_day: dt.date
    last_day: dt.date
    from_us: int
    to_us: int
    expected: float

    @property
    def days(self) -> int:
        """How many days it lasts, closed days inside it counted."""
        return (self.last_day - self.first_day).days + 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Observed:
    """The time that the contacts cover.

    Attributes
    ----------
    contacts : int
    first_us, last_us : int or None
        Arrival of the first and the last contact; None where there is none.
    first_day, last_day : datetime.date or None
        Their days on the operation's wall.
    days : int
        Days with at least one contact.
    gaps : tuple of Gap
        In order of time.
    """

    contacts: int
    first_us: int | None = None
    last_us: int | None = None
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    days: int = 0
    gaps: tuple[Gap, ...] = ()

    @property
    def stretches(self) -> tuple[tuple[int, int], ...]:
        """Stretches wholly seen, from and to, as microseconds since 1970 UTC."""
        if self.first_us is None or self.last_us is None:
            return ()
        starts = [self.first_us, *(gap.to_us for gap in self.gaps)]
        ends = [*(gap.from_us for gap in self.gaps), self.last_us]
        return tuple(zip(starts, ends, strict=True))

    @property
    def seconds(self) -> float:
        """Length of all stretches together, in seconds."""
        return sum(end - start for start, end in self.stretches) / US

    def ahead_us(self, at: ir.IntegerValue) -> ir.IntegerValue:
        """How long one could watch on from ``at``; negative where ``at`` itself was not seen."""
        if not self.stretches:
            return at - at - 1
        starts, ends = zip(*self.stretches, strict=True)
        end = stepped(at, starts, ends)
        return ibis.ifelse(at >= starts[0], end, at - 1) - at

    def behind_us(self, at: ir.IntegerValue) -> ir.IntegerValue:
        """How long one had watched before ``at``, which is an instant that was seen."""
        if not self.stretches:
            return at - at
        starts = [start for start, _ in self.stretches]
        return at - stepped(at, starts, starts)


def observed(contacts: ir.Table) -> Observed:
    """Find when the ledger was watching: first and last instant, days with contacts, gaps.

    A run of days without any contact is a gap if the nearest weeks make one expect at least ten
    contacts in it: for each of its days, the median count on the same weekday in the four nearest
    weeks with contacts, before or after, whichever is less. So closed Saturdays are no gaps, a rare
    quiet day of a small queue is none, and ten years of silence are one. Days that one would not
    expect contacts on are cut off both ends.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts; may be empty.

    Returns
    -------
    Observed

    Examples
    --------
    >>> import ibis
    >>> from andon.ledger.coverage import observed
    >>> none = ibis.memtable(
    ...     {"arrived_us": [], "local_arrived_us": []},
    ...     schema={"arrived_us": "int64", "local_arrived_us": "int64"},
    ... )
    >>> observed(none).contacts
    0
    """
    local = contacts.local_arrived_us
    day = local - (local + AGES_US) % _DAY_US
    by_day = contacts.select(day_us=day, at=contacts.arrived_us, ahead=local - contacts.arrived_us)
    found = rows(
        by_day.group_by("day_us").aggregate(
            n=by_day.count(),
            first_us=by_day["at"].min(),
            last_us=by_day["at"].max(),
            most_ahead_us=by_day.ahead.max(),
            least_ahead_us=by_day.ahead.min(),
        )
    )
    days = sorted(
        (
            _Day(
                number=int(row["day_us"]) // _DAY_US,
                contacts=int(row["n"]),
                first_us=int(row["first_us"]),
                last_us=int(row["last_us"]),
                most_ahead_us=int(row["most_ahead_us"]),
                least_ahead_us=int(row["least_ahead_us"]),
            )
            for row in found
            if row["day_us"] is not None
        ),
        key=lambda each: each.number,
    )
    if not days:
        return Observed(contacts=0)
    return Observed(
        contacts=sum(each.contacts for each in days),
        first_us=min(each.first_us for each in days),
        last_us=max(each.last_us for each in days),
        first_day=_date(days[0].number),
        last_day=_date(days[-1].number),
        days=len(days),
        gaps=_gaps(days),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Day:
    """One local day with contacts; ``number`` counts days since 1970."""

    number: int
    contacts: int
    first_us: int
    last_us: int
    most_ahead_us: int
    least_ahead_us: int


def _date(number: int) -> dt.date:
    return _EPOCH + dt.timedelta(days=number)


def _gaps(days: Sequence[_Day]) -> tuple[Gap, ...]:
    counts = {day.number: day.contacts for day in days}
    weeks = sorted({day.number // 7 for day in days})
    found = []
    for before, after in pairwise(days):
        if after.number - before.number > 1:
            gap = _gap(before, after, counts, weeks)
            if gap is not None:
                found.append(gap)
    return tuple(found)


def _gap(before: _Day, after: _Day, counts: Mapping[int, int], weeks: Sequence[int]) -> Gap | None:
    usual = [_usual(weekday, before.number, after.number, counts, weeks) for weekday in range(7)]
    expecting = [weekday for weekday in range(7) if usual[weekday] > 0]
    if not expecting:
        return None
    first = min(_next_day(before.number + 1, weekday) for weekday in expecting)
    last = max(_last_day(after.number - 1, weekday) for weekday in expecting)
    if first >= after.number or last <= before.number:
        return None
    expected = sum(
        usual[weekday] * _count_of(weekday, first=first, last=last) for weekday in expecting
    )
    if expected < _SURPRISE:
        return None
    # A clock change inside the gap leaves the midnight's offset open: take the wider gap.
    return Gap(
        first_day=_date(first),
        last_day=_date(last),
        from_us=max(first * _DAY_US - before.most_ahead_us, before.last_us + 1),
        to_us=min((last + 1) * _DAY_US - after.least_ahead_us, after.first_us),
        expected=expected,
    )


def _usual(
    weekday: int, before: int, after: int, counts: Mapping[int, int], weeks: Sequence[int]
) -> float:
    """What one expects of a weekday inside a silence: the lesser of the medians on either side.

    Each side is the nearest weeks that have contacts, as far as they lie outside the silence.
    """
    first, last = min(counts), max(counts)
    left = bisect_right(weeks, before // 7)
    right = bisect_left(weeks, after // 7)
    near = [week * 7 + weekday for week in weeks[max(0, left - _NEIGHBOURS - 1) : left]]
    near = [day for day in near if first <= day <= before][-_NEIGHBOURS:]
    far = [week * 7 + weekday for week in weeks[right : right + _NEIGHBOURS + 1]]
    far = [day for day in far if after <= day <= last][:_NEIGHBOURS]
    return min(
        (float(median(counts.get(day, 0) for day in side)) for side in (near, far) if side),
        default=0.0,
    )


def _next_day(number: int, weekday: int) -> int:
    """The first day from ``number`` on whose remainder by 7 is ``weekday``."""
    return number + (weekday - number) % 7


def _last_day(number: int, weekday: int) -> int:
    return number - (number - weekday) % 7


def _count_of(weekday: int, *, first: int, last: int) -> int:
    start = _next_day(first, weekday)
    return 0 if start > last else (last - start) // 7 + 1


Missing = Literal[
    "nothing missing", "not at random", "no sign of a pattern", "cannot tell", "everything missing"
]
"""How customer ids are missing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """How many contacts of one kind carry a customer id.

    Attributes
    ----------
    value : str or bool
        For example a month, an outcome, or whether the contact queued.
    contacts : int
    identified : Estimate
        Share of them with a customer id; counted, so without sampling error.
    """

    value: str | bool
    contacts: int
    identified: Estimate


@dataclass(frozen=True, kw_only=True, slots=True)
class Dependence:
    """Whether ids are missing more often in some contacts than in others.

    Attributes
    ----------
    on : str
        ``queueing``, ``outcome`` or ``month``.
    strength : Estimate or Unknown
        Cramér's V, 0 (no dependence) to 1 (it decides everything), without its small-sample bias
        (Bergsma 2013), with the interval of a noncentral chi-square.
    p : float
        Chance of a chi-square at least this large if ids were missing at random, 0 to 1.
    spread : Estimate or Unknown
        Identified share of the best-identified level less that of the worst, among levels with 1
        in 1,000 contacts or more; counted.
    levels : tuple of Level
    """

    on: str
    strength: Estimate | Unknown
    p: float
    spread: Estimate | Unknown
    levels: tuple[Level, ...]

    @property
    def holds(self) -> bool | None:
        """True where V is 0.1 or more beyond doubt, False where less, None where we cannot tell."""
        if isinstance(self.strength, Unknown):
            return None
        if self.strength.low >= _WEAK:
            return True
        return False if self.strength.high < _WEAK else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """What one kind of missing data does to some figures.

    Attributes
    ----------
    cause : str
        What is missing.
    figures : tuple of str
        The questions it touches.
    affected : Estimate or Unknown
        Share of contacts that it touches.
    says : str
        What follows, in plain words.
    """

    cause: str
    figures: tuple[str, ...]
    affected: Estimate | Unknown
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """What can and cannot be known from these contacts.

    Shares here are counted from all contacts, so they have no sampling error: their intervals have
    no width and their level is 1.

    Attributes
    ----------
    contacts : int
    observed : Observed
        The time covered, always over all contacts: a quiet queue is not a gap.
    identified : Estimate or Unknown
        Share of contacts with a customer id.
    identified_queued, identified_not_queued : Estimate or Unknown
        The same among contacts that joined a queue, and among those that did not.
    missing : str
        How ids are missing: nothing missing, not at random, no sign of a pattern, cannot tell,
        everything missing.
    dependence : tuple of Dependence
        On queueing, outcome and month.
    no_end : Estimate or Unknown
        Share of contacts whose end is not recorded.
    no_handle_time : Estimate or Unknown
        Share of handled contacts without any handle time.
    zero_handle_time : Estimate or Unknown
        Share of handled contacts with a handle time of exactly 0 s.
    fate_unknown : Estimate or Unknown
        Share of contacts that failed in the system or are still open.
    week_cut : Estimate or Unknown
        Share of contacts whose next seven days were not wholly seen.
    effects : tuple of Effect
        What each of these does to which figure; empty if nothing is missing.
    """

    contacts: int
    observed: Observed
    identified: Estimate | Unknown
    identified_queued: Estimate | Unknown
    identified_not_queued: Estimate | Unknown
    missing: Missing
    dependence: tuple[Dependence, ...]
    no_end: Estimate | Unknown
    no_handle_time: Estimate | Unknown
    zero_handle_time: Estimate | Unknown
    fate_unknown: Estimate | Unknown
    week_cut: Estimate | Unknown
    effects: tuple[Effect, ...]


def coverage(
    contacts: ir.Table, *, by: Sequence[str] = (), level: float = 0.95
) -> Answer[Coverage]:
    """What can be known from these contacts, and what cannot.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts; may be empty.
    by : sequence of str
        Groups to answer for as well, from :data:`andon.ledger.periods.GROUPS`.
    level : float
        Level of the intervals of ``Dependence.strength``, 0 to 1.

    Returns
    -------
    Answer of Coverage

    Raises
    ------
    QuestionError
        If ``by`` names something that contacts cannot be grouped by.

    Notes
    -----
    Whether an id is missing is set against queueing, outcome and month. If it depends on them, a
    rate among identified contacts is not the rate among all, and its trend may be the trend of
    who is identified (Rubin 1976, *Inference and missing data*; for bounds without any
    assumption see Manski 1989, *Anatomy of the selection problem*).
    """
    seen = observed(contacts)
    tallies = _tallies(contacts, seen, by)
    scopes: dict[Scope, list[_Tally]] = {}
    for tally in tallies:
        scopes.setdefault(tally.scope, []).append(tally)
    return Answer(
        overall=_coverage(tallies, seen, level),
        groups=tuple(
            Group(scope, _coverage(scopes[scope], seen, level)) for scope in in_order(scopes)
        )
        if by
        else (),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tally:
    """Contacts alike in group, month, queueing, outcome and whether the customer is known."""

    scope: Scope
    month: str
    queued: bool
    outcome: str
    identified: bool
    n: int
    no_end: int
    no_handle_time: int
    zero_handle_time: int
    week_cut: int


def _tallies(contacts: ir.Table, seen: Observed, by: Sequence[str]) -> list[_Tally]:
    dated = with_groups(contacts, by)
    local = dated.local_arrived_at
    handled = dated.outcome == "handled"
    handle = handle_s(dated)
    lean = dated.select(
        **{f"by_{name}": dated[name] for name in by},
        month=local.year().cast("int32") * 12 + local.month().cast("int32") - 1,
        queued=dated.queued_us.notnull(),
        outcome=dated.outcome,
        identified=dated.customer_key.notnull(),
        no_end=dated.ended_us.isnull().cast("int32"),
        no_handle_time=(handled & handle.isnull()).cast("int32"),
        zero_handle_time=ibis.coalesce((handled & (handle == 0.0)).cast("int32"), 0),
        week_cut=(seen.ahead_us(dated.arrived_us) < 7 * _DAY_US).cast("int32"),
    )
    sums = ("no_end", "no_handle_time", "zero_handle_time", "week_cut")
    keys = [*(f"by_{name}" for name in by), "month", "queued", "outcome", "identified"]
    found = lean.group_by(keys).aggregate(
        n=lean.count(), **{f"n_{name}": lean[name].sum() for name in sums}
    )
    return [
        _Tally(
            scope=tuple((name, row[f"by_{name}"]) for name in by),
            month="{:04d}-{:02d}".format(*_month(row["month"])),
            queued=row["queued"],
            outcome=row["outcome"],
            identified=row["identified"],
            n=row["n"],
            **{name: int(row[f"n_{name}"]) for name in sums},
        )
        for row in rows(found)
    ]


def _month(number: int) -> tuple[int, int]:
    """Year and month of a count of months."""
    year, month = divmod(number, 12)
    return year, month + 1


def _coverage(tallies: Sequence[_Tally], seen: Observed, level: float) -> Coverage:
    total = sum(tally.n for tally in tallies)
    known = sum(tally.n for tally in tallies if tally.identified)
    handled = sum(tally.n for tally in tallies if tally.outcome == "handled")
    dependence = (
        tuple(
            _dependence(on, tallies, of, level)
            for on, of in (
                ("queueing", lambda tally: tally.queued),
                ("outcome", lambda tally: tally.outcome),
                ("month", lambda tally: tally.month),
            )
        )
        if 0 < known < total
        else ()
    )
    found = Coverage(
        contacts=total,
        observed=seen,
        identified=_counted(known, total),
        identified_queued=_identified(tallies, lambda tally: tally.queued),
        identified_not_queued=_identified(tallies, lambda tally: not tally.queued),
        missing=_missing(known, total, dependence),
        dependence=dependence,
        no_end=_counted(sum(tally.no_end for tally in tallies), total),
        no_handle_time=_counted(sum(tally.no_handle_time for tally in tallies), handled),
        zero_handle_time=_counted(sum(tally.zero_handle_time for tally in tallies), handled),
        fate_unknown=_counted(
            sum(tally.n for tally in tallies if tally.outcome in ("failed", "open")), total
        ),
        week_cut=_counted(sum(tally.week_cut for tally in tallies), total),
        effects=(),
    )
    return replace(found, effects=_effects(found))


def _counted(part: int, whole: int) -> Estimate | Unknown:
    if whole <= 0:
        return Unknown(unit="share", why="no contact that could count", needs="such contacts")
    return Estimate.exact(part / whole, unit="share", n=whole)


def _identified(tallies: Sequence[_Tally], counts: Callable[[_Tally], bool]) -> Estimate | Unknown:
    chosen = [tally for tally in tallies if counts(tally)]
    known = sum(tally.n for tally in chosen if tally.identified)
    return _counted(known, sum(tally.n for tally in chosen))


def _missing(known: int, total: int, dependence: Sequence[Dependence]) -> Missing:
    if known == total:
        return "nothing missing"
    if known == 0:
        return "everything missing"
    if any(each.holds for each in dependence):
        return "not at random"
    if all(each.holds is False or len(each.levels) < 2 for each in dependence):
        return "no sign of a pattern"
    return "cannot tell"


def _dependence(
    on: str,
    tallies: Sequence[_Tally],
    of: Callable[[_Tally], str | bool],
    level: float,
) -> Dependence:
    with_id: dict[str | bool, int] = {}
    all_: dict[str | bool, int] = {}
    for tally in tallies:
        value = of(tally)
        all_[value] = all_.get(value, 0) + tally.n
        with_id[value] = with_id.get(value, 0) + (tally.n if tally.identified else 0)
    levels = tuple(
        Level(value=value, contacts=all_[value], identified=share)
        for value in sorted(all_, key=str)
        if isinstance(share := _counted(with_id[value], all_[value]), Estimate)
    )
    total, known = sum(all_.values()), sum(with_id.values())
    chi2 = _chi_square([(with_id[value], all_[value]) for value in all_], known / total)
    freedom = len(all_) - 1
    return Dependence(
        on=on,
        strength=_cramers_v(chi2, freedom, total, level),
        p=float(special.chdtrc(freedom, chi2)) if freedom else 1.0,
        spread=_spread(levels, total),
        levels=levels,
    )


def _chi_square(cells: Sequence[tuple[int, int]], p: float) -> float:
    """Pearson's chi-square of (with id, all) by level, against one share ``p`` for all levels."""
    return sum((with_id - all_ * p) ** 2 / (all_ * p * (1 - p)) for with_id, all_ in cells)


def _cramers_v(chi2: float, freedom: int, n: int, level: float) -> Estimate | Unknown:
    if freedom < 1 or n < 2:
        return Unknown(unit="ratio", why="there is only one kind", needs="two kinds of contacts")
    tail = (1 - level) / 2
    value, low, high = (
        math.sqrt(min(1.0, noncentral / n))
        for noncentral in (
            max(0.0, chi2 - freedom),
            _noncentral(chi2, freedom, 1 - tail),
            _noncentral(chi2, freedom, tail),
        )
    )
    return Estimate(
        value=value,
        low=min(low, value),
        high=max(high, value),
        unit="ratio",
        n=n,
        method="Cramér's V, noncentral chi-square",
        level=level,
    )


def _noncentral(chi2: float, freedom: int, p: float) -> float:
    """The noncentrality at which a chi-square falls below ``chi2`` with probability ``p``."""
    if chi2 > 2_000:
        # Normal limit: chi2 - freedom - x = z * sqrt(2 * (freedom + 2 * x)), solved for x.
        z = float(special.ndtri(p))
        centre = chi2 - freedom + 2 * z * z
        return max(
            0.0,
            centre - z * math.sqrt(2 * (2 * chi2 - freedom) + 4 * z * z),
        )

    if special.chndtr(chi2, freedom, 0.0) <= p:
        return 0.0
    low, high = 0.0, 2 * chi2 + 100.0
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        if special.chndtr(chi2, freedom, middle) > p:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _spread(levels: Sequence[Level], total: int) -> Estimate | Unknown:
    shares = [each.identified.value for each in levels if each.contacts >= _RARE * total]
    if len(shares) < 2:
        return Unknown(unit="share", why="there is only one kind", needs="two kinds of contacts")
    return Estimate.exact(max(shares) - min(shares), unit="share", n=total)


def _effects(found: Coverage) -> tuple[Effect, ...]:
    """What is missing, and what follows, worst first as far as figures go wrong silently."""
    if not found.contacts:
        return ()
    effects = [
        _effect_of_ids(found),
        _effect_of_gaps(found),
        _effect(
            "no end time",
            ("littles_law", "effort", "reach"),
            found.no_end,
            "How long these customers stayed is not known; they are left out of waits and hours.",
        ),
        _effect(
            "handled without a handle time",
            ("handling", "repeat_work", "effort"),
            found.no_handle_time,
            "They count as contacts but not as work: hours and erlangs are too low by their part.",
        ),
        _effect(
            "handled in 0 seconds",
            ("handling", "twins"),
            found.zero_handle_time,
            "Nobody is helped in 0 seconds: a lost record or a line cut off. "
            "They pull the mean handle time down.",
        ),
        _effect(
            "fate not known",
            ("reach", "handling"),
            found.fate_unknown,
            "They count as a customer's attempt, and neither as handled nor as given up.",
        ),
    ]
    return tuple(effect for effect in effects if effect is not None)


def _effect(
    cause: str, figures: tuple[str, ...], affected: Estimate | Unknown, says: str
) -> Effect | None:
    if isinstance(affected, Unknown) or affected.value == 0:
        return None
    return Effect(cause=cause, figures=figures, affected=affected, says=says)


def _effect_of_ids(found: Coverage) -> Effect | None:
    figures = ("repeat_work", "chains", "effort", "twins")
    if isinstance(found.identified, Unknown) or found.missing == "nothing missing":
        return None
    without = _counted(round((1 - found.identified.value) * found.contacts), found.contacts)
    if found.missing == "everything missing":
        says = "Nobody can be recognised when they return: nothing can be said of repeat work."
    elif found.missing == "not at random":
        on = ", ".join(each.on for each in found.dependence if each.holds)
        says = (
            "Rates of coming back hold for recognised customers only, who differ from the others "
            f"(it depends on: {on}). A trend in them may be a trend in who was recognised. "
            "Over all contacts there are only bounds."
        )
    else:
        says = (
            "A return that was not recognised looks like silence, so rates of coming back are too "
            "low. Over all contacts there are only bounds."
        )
    return Effect(cause="no customer id", figures=figures, affected=without, says=says)


def _effect_of_gaps(found: Coverage) -> Effect | None:
    if not found.observed.gaps:
        return None
    days = sum(gap.days for gap in found.observed.gaps)
    return Effect(
        cause="days without any contact",
        figures=("repeat_work", "chains", "effort", "volatility"),
        affected=found.week_cut,
        says=(
            f"{days} day{'s' if days > 1 else ''} between the first and the last contact have "
            "none, although one would expect some: closed or lost, we cannot tell. Windows that "
            "reach into them, or past the end, are left out and not counted as silence."
        ),
    )
