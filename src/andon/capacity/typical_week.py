"""A typical week: what came, what became of it and who was there, interval by interval.

Only sums by day and interval come from the ledger. Days unlike the same weekday of the weeks around
them (holidays, breakdowns, lost data) are left out, and so are days in gaps of the data.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from andon.capacity.horizon import Horizon
from andon.errors import PlanError
from andon.ledger.coverage import Observed, observed
from andon.ledger.durations import handle_s
from andon.ledger.sums import as_float, rows
from andon.units import AGES_US, DAY_S, US

__all__ = ["TypicalWeek", "typical_week"]

Floats = npt.NDArray[np.float64]

_WEEK: Final = 7
_DAY_US: Final = DAY_S * US
_EPOCH: Final = dt.date(1970, 1, 1)
_THURSDAY: Final = 3
_UNUSUAL: Final = (0.5, 2.0)
_SURPRISE: Final = 5.0
_ON_DUTY: Final = ("available", "busy")
_FEW_DAYS: Final = 5
_LONGEST_S: Final = 3_600


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TypicalWeek:
    """Sums over some weeks, by interval of the week; each array has the shape (k,).

    Attributes
    ----------
    interval_s : int
        Length of an interval, seconds; ``k`` of them make a week from Monday on.
    first_day, last_day : datetime.date
        Of the days that were looked at.
    days, left_out : int
        Days that count, and days that were left out because they are unlike others.
    times : array of float
        How often each interval was seen.
    contacts, handled, abandoned : array of float
        Contacts that were handled or gave up in a queue; each of the two.
    work_s : array of float
        Handle time of the handled, seconds.
    handle_cv : float
        Standard deviation of handle times over their mean, all intervals together; times over an
        hour count as an hour.
    on_duty : array of float or None
        Mean number of agents on duty; None where nobody recorded it.
    """

    interval_s: int
    first_day: dt.date
    last_day: dt.date
    days: int
    left_out: int
    times: Floats
    contacts: Floats
    handled: Floats
    abandoned: Floats
    work_s: Floats
    handle_cv: float
    on_duty: Floats | None

    @property
    def handle_s(self) -> float:
        """Mean handle time, seconds."""
        handled = float(self.handled.sum())
        return float(self.work_s.sum()) / handled if handled else math.nan

    @property
    def per_interval(self) -> Floats:
        """Contacts in each interval of a mean week."""
        return _mean(self.contacts, self.times)


def _mean(total: Floats, times: Floats) -> Floats:
    return np.divide(total, times, out=np.zeros(len(total)), where=times > 0)


def typical_week(
    contacts: ir.Table,
    *,
    staffing: ir.Table | None = None,
    zone: str = "UTC",
    queues: Collection[str] | None = None,
    interval_s: int = 1800,
    weeks: int = 8,
    seen: Observed | None = None,
) -> TypicalWeek:
    """What a week looks like, from the last weeks that the ledger saw.

    Parameters
    ----------
    contacts : ibis.Table
        The ledger's contacts.
    staffing : ibis.Table, optional
        Who was there.
    zone : str
        IANA name of the operation's time zone, for ``staffing``.
    queues : collection of str, optional
        Only these; all unless given.
    interval_s : int
        Length of an interval, seconds; cuts a day into equal parts.
    weeks : int
        How many to look back on, 1 or more; days in gaps of the data do not count.
    seen : Observed, optional
        The time that was seen; found from the contacts if left out.

    Raises
    ------
    PlanError
        If fewer than five days with contacts are left, or a queue is not in the ledger.
    """
    covered = seen or observed(contacts)
    if covered.first_day is None or covered.last_day is None:
        raise PlanError(
            "There are no contacts to tell a week from.",
            found="an empty ledger",
            todo="andon ingest FILE loads contacts.",
        )
    mine = contacts.filter(contacts.outcome.isin(("handled", "abandoned")))
    if queues is not None:
        mine = mine.filter(mine.queue.isin(tuple(queues)))
    lost = {
        day
        for gap in covered.gaps
        for day in range((gap.first_day - _EPOCH).days, (gap.last_day - _EPOCH).days + 1)
    }
    earliest, last = ((each - _EPOCH).days for each in (covered.first_day, covered.last_day))
    kept = [day for day in range(earliest, last + 1) if day not in lost]
    first = kept[max(0, len(kept) - _WEEK * weeks)]
    slots = DAY_S // interval_s
    sums = _sums(mine, first=first, interval_s=interval_s, days=last - first + 1, slots=slots)
    number = np.arange(first, last + 1)
    there = np.array([day not in lost for day in number.tolist()])
    weekday = (number + _THURSDAY) % _WEEK
    usual = there & ~_unusual(sums["contacts"].sum(axis=1), weekday, there)
    if (sums["contacts"].sum(axis=1)[usual] > 0).sum() < _FEW_DAYS:
        raise PlanError(
            "Too few days to tell what a week looks like.",
            found=f"{int(usual.sum())} ordinary days from {_date(first)} to {_date(last)}"
            + ("" if queues is None else f" in {', '.join(sorted(queues))}"),
            todo="Load more weeks, or check the name of the queue: andon ask coverage --by queue.",
        )
    by_weekday = {
        name: np.array([each[usual & (weekday == day)].sum(axis=0) for day in range(_WEEK)]).ravel()
        for name, each in sums.items()
    }
    times = np.repeat([float((usual & (weekday == day)).sum()) for day in range(_WEEK)], slots)
    on_duty = None
    if staffing is not None:
        horizon = Horizon.of(_date(first), days=len(number), zone=zone, interval_s=interval_s)
        present = _on_duty(staffing, queues, horizon)
        if present is not None:
            total = np.array(
                [present[usual & (weekday == day)].sum(axis=0) for day in range(_WEEK)]
            )
            on_duty = _mean(total.ravel(), times)
    return TypicalWeek(
        interval_s=interval_s,
        first_day=_date(first),
        last_day=_date(last),
        days=int(usual.sum()),
        left_out=int((there & ~usual).sum()),
        times=times,
        on_duty=on_duty,
        handle_cv=_handle_cv(mine),
        **by_weekday,
    )


def _date(number: int) -> dt.date:
    return _EPOCH + dt.timedelta(days=number)


def _sums(
    contacts: ir.Table, *, first: int, interval_s: int, days: int, slots: int
) -> dict[str, Floats]:
    """Sums by day and interval, each of shape (days, slots)."""
    recent = contacts.filter(contacts.local_arrived_us >= first * _DAY_US)
    since, width = recent.local_arrived_us - first * _DAY_US, interval_s * US
    lean = recent.select(
        cell=((since - since % width) / width).cast("int64"),
        handled=as_float(recent.outcome == "handled"),
        work=ibis.ifelse(recent.outcome == "handled", handle_s(recent), 0.0).fill_null(0.0),
    )
    found = (
        lean.group_by("cell")
        .aggregate(contacts=lean.count(), handled=lean.handled.sum(), work_s=lean.work.sum())
        .to_pyarrow()
    )
    cell = np.asarray(found["cell"].to_numpy(), dtype=np.int64)
    inside = (cell >= 0) & (cell < days * slots)
    sums = {}
    for name in ("contacts", "handled", "work_s"):
        full = np.zeros(days * slots)
        full[cell[inside]] = np.asarray(found[name].to_numpy(), dtype=np.float64)[inside]
        sums[name] = full.reshape(days, slots)
    sums["abandoned"] = sums["contacts"] - sums["handled"]
    return sums


def _handle_cv(contacts: ir.Table) -> float:
    """How much handle times differ; few very long ones, often slips, must not decide it."""
    handled = contacts.filter(contacts.outcome == "handled")
    capped = handled.select(s=ibis.least(handle_s(handled), float(_LONGEST_S)))
    timed = capped.filter(capped.s > 0)
    row = rows(timed.aggregate(n=timed.count(), s=timed.s.sum(), ss=(timed.s * timed.s).sum()))[0]
    if not row["n"]:
        return 1.0
    mean = row["s"] / row["n"]
    return float(math.sqrt(max(row["ss"] / row["n"] - mean * mean, 0.0)) / mean)


def _unusual(
    totals: Floats, weekday: npt.NDArray[np.int64], there: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Days far from the median of the same weekday."""
    found = np.zeros(len(totals), dtype=np.bool_)
    for day in range(_WEEK):
        mine = np.flatnonzero((weekday == day) & there)
        if not len(mine):
            continue
        usual = float(np.median(totals[mine]))
        far = (totals[mine] < _UNUSUAL[0] * usual) | (totals[mine] > _UNUSUAL[1] * usual)
        surprising = np.abs(totals[mine] - usual) > _SURPRISE * np.sqrt(max(usual, 1.0))
        found[mine] = far & surprising
    return found


def _on_duty(staffing: ir.Table, queues: Collection[str] | None, horizon: Horizon) -> Floats | None:
    """Mean agents on duty in each interval, shape (days, slots); None where nobody is recorded.

    A stretch counts one (or its ``people``) from its beginning to its end. How many begin and end
    in each interval, and how far into it, is all that is needed to know how long they were there.
    """
    duty = staffing.filter(staffing.state.isin(_ON_DUTY))
    if queues is not None:
        duty = duty.filter(duty.queue.isnull() | duty.queue.isin(tuple(queues)))
    people = ibis.coalesce(duty.people, 1.0)
    width, begin = horizon.interval_s * US, int(horizon.starts_us[0])
    k = len(horizon.starts_us)
    there = np.zeros(k)
    recorded = False
    for at, sign in ((duty.from_us, 1.0), (duty.to_us, -1.0)):
        # Counted up from long ago, so that what lies before the first day is not cut the other way.
        since = at - begin + AGES_US
        lean = duty.select(
            cell=((since - since % width) / width).cast("int64"),
            people=people,
            into=(people * (since % width)) / float(width),
        )
        found = (
            lean.group_by("cell").aggregate(n=lean.people.sum(), into=lean.into.sum()).to_pyarrow()
        )
        recorded = recorded or len(found) > 0
        cell = np.asarray(found["cell"].to_numpy(), dtype=np.int64) - AGES_US // width
        n = sign * np.asarray(found["n"].to_numpy(), dtype=np.float64)
        into = sign * np.asarray(found["into"].to_numpy(), dtype=np.float64)
        inside = (cell >= 0) & (cell < k)
        there[cell[inside]] += (n - into)[inside]
        later = np.zeros(k + 1)
        later[cell[inside] + 1] = n[inside]
        there += np.cumsum(later)[:-1] + n[cell < 0].sum()
    if not recorded:
        return None
    full = np.zeros((len(horizon.days), horizon.slots_a_day))
    full[horizon.day_index, horizon.slot] = np.maximum(there, 0.0)
    return full
