"""Little's law: how many are present is how fast they come times how long they stay.

It holds whatever the order of service or the shape of arrivals (Little 1961, *A proof for the
queuing formula L = lambda W*, https://doi.org/10.1287/opre.9.3.383). So where the data do not obey
it, they are broken; and where they do, it tells the story of the work in the system.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import ibis
import ibis.expr.types as ir
import numpy as np
from scipy import special

from andon.answer import Answer, Group, Scope, in_order
from andon.estimate import Estimate, Unknown
from andon.ledger.coverage import Observed, observed
from andon.ledger.periods import with_groups
from andon.metrics.doubt import Doubt, Floats, Ints, products
from andon.metrics.presence import Presence, presence
from andon.units import DAY_S, HOUR_S, US, Unit

__all__ = ["Apart", "HourOfDay", "LittlesLaw", "Stage", "littles_law"]

StageName = Literal["stay", "queue", "service"]

_EPOCH: Final = dt.date(1970, 1, 1)
_STAGES: Final[tuple[StageName, ...]] = ("stay", "queue", "service")
_HOURS: Final = 24
_MOST_APART: Final = 10
_FAR: Final = 10.0
_TOLERANCE: Final = 0.02


@dataclass(frozen=True, kw_only=True, slots=True)
class HourOfDay:
    """One hour of the day on the operation's wall, over all days.

    Attributes
    ----------
    hour : int
        0 to 23.
    present, low, high : float
        Contacts present on average (L), and the interval of that over days.
    arrivals_per_h : float
        Contacts that come in the hour (lambda).
    stay_s : float
        How long those stay, seconds (W).
    arrivals_times_stay : float
        What Little's law makes of the two.
    """

    hour: int
    present: float
    low: float
    high: float
    arrivals_per_h: float
    stay_s: float
    arrivals_times_stay: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Apart:
    """An hour in which the two sides of the law lie unusually far apart.

    Attributes
    ----------
    day : datetime.date
    hour : int
    present : float
        Contacts present on average.
    arrivals_times_stay : float
        What arrivals in that hour and their stays make one expect: far above if somebody who came
        then stayed for hours, far below in the hours that this stay reaches into.
    """

    day: dt.date
    hour: int
    present: float
    arrivals_times_stay: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """A stage of the contact: both sides of Little's law, measured apart.

    Attributes
    ----------
    stage : str
        ``stay`` (from asking to leaving), ``queue`` or ``service``.
    entered : int
        Contacts that entered it.
    no_end : int
        Of these, contacts whose end of the stage is not recorded: they are never seen present.
    backwards : int
        Contacts that would have left before they entered: likewise.
    over_a_day : int
        Contacts that stayed longer than a day.
    present : Estimate or Unknown
        Time-average number present (L), from the instants of coming and going, hour by hour.
    arrivals_per_h : Estimate or Unknown
        Contacts that enter in an hour (lambda).
    stay_s : Estimate or Unknown
        Mean time in the stage (W). For service the recorded durations (talk and hold) are taken
        where there are any, so that they are checked against the clock.
    arrivals_times_stay : Estimate or Unknown
        Lambda times W.
    ratio : Estimate or Unknown
        L over lambda times W: 1 if the data obey the law.
    holds : bool or None
        Whether the ratio lies within 2 % of 1; None where its interval reaches both in and out.
    by_hour : tuple of HourOfDay
        The story of a day.
    apart : tuple of Apart
        At most ten hours of observation in which the two sides lie unusually far apart, for how
        that hour of the day usually is; the farthest first.
    hours_apart : int
        How many such hours there are.
    """

    stage: StageName
    entered: int
    no_end: int
    backwards: int
    over_a_day: int
    present: Estimate | Unknown
    arrivals_per_h: Estimate | Unknown
    stay_s: Estimate | Unknown
    arrivals_times_stay: Estimate | Unknown
    ratio: Estimate | Unknown
    holds: bool | None
    by_hour: tuple[HourOfDay, ...]
    apart: tuple[Apart, ...]
    hours_apart: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LittlesLaw:
    """Little's law in three stages of the contact.

    Attributes
    ----------
    days : int
        Days that were seen, gaps left out.
    gap_days : int
        Days in gaps of the data.
    stay : Stage
        From asking to leaving, menus included.
    queue : Stage
        From joining a queue to the answer or to leaving it.
    service : Stage
        From the answer to the end.
    """

    days: int
    gap_days: int
    stay: Stage
    queue: Stage
    service: Stage


def littles_law(
    contacts: ir.Table, *, by: Sequence[str] = (), level: float = 0.95
) -> Answer[LittlesLaw]:
    """Is L = lambda W, hour by hour, and how much work is in the system when?

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts; may be empty.
    by : sequence of str
        Groups to answer for as well, from :data:`andon.ledger.periods.GROUPS`.
    level : float
        Of the intervals, above 0 and below 1.

    Returns
    -------
    Answer of LittlesLaw

    Raises
    ------
    QuestionError
        If ``by`` names something that contacts cannot be grouped by.

    Notes
    -----
    L comes from the exact overlap of every stay with every hour (:mod:`andon.metrics.presence`),
    lambda and W from the contacts that come in the hour. Hours are those of the operation's wall at
    arrival. The unit of doubt is the day.
    """
    seen = observed(contacts)
    grouped = with_groups(contacts, by)
    found = {stage: _stage(grouped, stage, by=by, seen=seen, level=level) for stage in _STAGES}
    days, gap_days = len(_days(seen)), sum(gap.days for gap in seen.gaps)
    scopes = dict.fromkeys(scope for stage in found.values() for scope in stage)
    nobody = np.zeros((len(_days(seen)), _HOURS))
    empty = _Hours(
        days=_days(seen),
        entered=nobody,
        known=nobody,
        recorded_s=nobody,
        present_s=nobody,
        no_end=0,
        backwards=0,
        over_a_day=0,
    )

    def result(scope: Scope) -> LittlesLaw:
        stay, queue, service = (
            each[scope] if scope in each else empty.stage(stage, level=level)
            for stage, each in found.items()
        )
        return LittlesLaw(days=days, gap_days=gap_days, stay=stay, queue=queue, service=service)

    return Answer(
        overall=result(()),
        groups=tuple(Group(scope, result(scope)) for scope in in_order(s for s in scopes if s)),
    )


def _stage(
    contacts: ir.Table,
    stage: StageName,
    *,
    by: Sequence[str],
    seen: Observed,
    level: float,
) -> dict[Scope, Stage]:
    """One stage in each scope that has contacts in it."""
    entered = contacts.filter(_ends(contacts, stage)[0].notnull())
    start, end = _ends(entered, stage)
    ahead = entered.local_arrived_us - entered.arrived_us
    stays = entered.select(
        *by, from_us=start + ahead, to_us=end + ahead, **_recorded(entered, stage)
    )
    days = _days(seen)
    hours = (int(days[0]) * _HOURS, int(days[-1]) * _HOURS + _HOURS - 1) if len(days) else None
    there = presence(stays, by=by, hours=hours)
    return {scope: _Hours.of(each, days).stage(stage, level=level) for scope, each in there.items()}


def _ends(contacts: ir.Table, stage: StageName) -> tuple[ir.IntegerValue, ir.IntegerValue]:
    """When a contact enters a stage, and when it leaves it."""
    if stage == "stay":
        return contacts.arrived_us, contacts.ended_us
    if stage == "queue":
        return contacts.queued_us, ibis.coalesce(contacts.answered_us, contacts.ended_us)
    return contacts.answered_us, contacts.ended_us


def _recorded(contacts: ir.Table, stage: StageName) -> dict[str, ir.FloatingValue]:
    """The recorded seconds of a stage, where it has any apart from the clock."""
    if stage != "service":
        return {}
    recorded = contacts.talk_s.notnull() | contacts.hold_s.notnull()
    total = ibis.coalesce(contacts.talk_s, 0.0) + ibis.coalesce(contacts.hold_s, 0.0)
    clock = (contacts.ended_us - contacts.answered_us).cast("float64") / float(US)
    return {"recorded_s": ibis.ifelse(recorded, total, clock)}


def _days(seen: Observed) -> Ints:
    """The days that were seen, counted from 1970."""
    if seen.first_day is None or seen.last_day is None:
        return np.zeros(0, dtype=np.int64)
    lost = {
        number
        for gap in seen.gaps
        for number in range((gap.first_day - _EPOCH).days, (gap.last_day - _EPOCH).days + 1)
    }
    first, last = (seen.first_day - _EPOCH).days, (seen.last_day - _EPOCH).days
    return np.array([day for day in range(first, last + 1) if day not in lost], dtype=np.int64)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Hours:
    """A stage by day (row) and hour of the day (column)."""

    days: Ints
    entered: Floats
    known: Floats
    recorded_s: Floats
    present_s: Floats
    no_end: int
    backwards: int
    over_a_day: int

    @classmethod
    def of(cls, there: Presence, days: Ints) -> _Hours:
        first = there.first_hour // _HOURS

        def table(values: Floats) -> Floats:
            return np.asarray(values.reshape(-1, _HOURS)[days - first], dtype=np.float64)

        return cls(
            days=days,
            entered=table(there.entered),
            known=table(there.known),
            recorded_s=table(there.recorded_s),
            present_s=table(there.present_s),
            no_end=round(float(there.no_end.sum())),
            backwards=round(float(there.backwards.sum())),
            over_a_day=round(float(there.over_a_day.sum())),
        )

    def stage(self, stage: StageName, *, level: float) -> Stage:
        """What Little's law says of these hours."""
        entered, known, recorded, present = (
            each.sum(axis=1) for each in (self.entered, self.known, self.recorded_s, self.present_s)
        )
        # Contacts of unknown length are taken to stay as long as the others of their day.
        work = entered * _over(recorded, known)
        day = np.full(len(self.days), float(DAY_S))

        def ratio(y: Floats, x: Floats, unit: Unit) -> Estimate | Unknown:
            sums = replace(products(y, x), n=len(self.days))
            return Doubt(sums=sums, over="day").mean(unit=unit, level=level, at_least=0.0)

        held = ratio(present, work, "ratio")
        apart = self._apart()
        return Stage(
            stage=stage,
            entered=round(float(entered.sum())),
            no_end=self.no_end,
            backwards=self.backwards,
            over_a_day=self.over_a_day,
            present=ratio(present, day, "erlang"),
            arrivals_per_h=ratio(entered, day / HOUR_S, "per_h"),
            stay_s=ratio(recorded, known, "s"),
            arrivals_times_stay=ratio(work, day, "erlang"),
            ratio=held,
            holds=_holds(held),
            by_hour=self._by_hour(level),
            apart=apart[:_MOST_APART],
            hours_apart=len(apart),
        )

    def _by_hour(self, level: float) -> tuple[HourOfDay, ...]:
        n = len(self.days)
        if not n:
            return ()
        found = []
        for hour in range(_HOURS):
            there = self.present_s[:, hour] / HOUR_S
            mean = float(there.mean())
            reach = 0.0
            if n > 1:
                student = float(special.stdtrit(n - 1, 0.5 + level / 2))
                reach = student * float(there.std(ddof=1)) / n**0.5
            arrivals = float(self.entered[:, hour].mean())
            known = float(self.known[:, hour].sum())
            stay_s = float(self.recorded_s[:, hour].sum()) / known if known else 0.0
            found.append(
                HourOfDay(
                    hour=hour,
                    present=mean,
                    low=max(0.0, mean - reach),
                    high=mean + reach,
                    arrivals_per_h=arrivals,
                    stay_s=stay_s,
                    arrivals_times_stay=arrivals * stay_s / HOUR_S,
                )
            )
        return tuple(found)

    def _apart(self) -> tuple[Apart, ...]:
        """Hours that break the law by far more than that hour of the day usually does.

        Stays that cross the hour set the two sides a little apart; usual is their median absolute
        deviation over the days (times 1.4826, as for a normal distribution).
        """
        there = self.present_s / HOUR_S
        expected = self.entered * _over(self.recorded_s, self.known) / HOUR_S
        off = there - expected
        if not len(self.days):
            return ()
        middle = np.median(off, axis=0)
        usual = 1.4826 * np.median(np.abs(off - middle), axis=0)
        far = (np.abs(off - middle) > _FAR * usual) & (np.abs(off) >= 1)
        order = sorted(np.argwhere(far).tolist(), key=lambda cell: -abs(off[cell[0], cell[1]]))
        return tuple(
            Apart(
                day=_EPOCH + dt.timedelta(days=int(self.days[day])),
                hour=hour,
                present=float(there[day, hour]),
                arrivals_times_stay=float(expected[day, hour]),
            )
            for day, hour in order
        )


def _holds(ratio: Estimate | Unknown) -> bool | None:
    """Whether L over lambda W is 1; None where the data cannot tell."""
    if isinstance(ratio, Unknown):
        return None
    if abs(ratio.value - 1) <= _TOLERANCE:
        return True
    if ratio.low > 1 + _TOLERANCE or ratio.high < 1 - _TOLERANCE:
        return False
    return None


def _over(y: Floats, x: Floats) -> Floats:
    """One array over another, 0 where that is 0."""
    return np.divide(y, x, out=np.zeros(y.shape), where=x > 0)
