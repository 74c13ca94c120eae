"""Shrinkage: the share of paid time in which people are not there for contacts, and its spread.

Days differ: on some many are ill, on others hardly anybody. A plan that divides by one minus the
mean is short of people on about half of the days, so the share is kept as a distribution over days.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from andon.capacity.horizon import Horizon
from andon.errors import PlanError
from andon.estimate import Estimate, Unknown
from andon.units import HOUR_S, US

__all__ = ["AT_WORK", "NOT_PAID", "Shrinkage", "shrinkage"]

Floats = npt.NDArray[np.float64]

AT_WORK: Final = ("available", "busy")
"""States in which people are there for contacts."""
NOT_PAID: Final = ("off", "offline", "logged out", "unpaid break", "unpaid")
"""States that are not paid time."""

_HOURS: Final = 24
_WEEK: Final = 7
_THURSDAY: Final = 3
_FEWEST_DAYS: Final = 5
"""Days that an hour of a weekday must have been seen on to have a mean of its own."""
_LEAST: Final = 0.5
"""Part of a person present over an hour below which the hour is not looked at."""
_NEAR: Final = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Shrinkage:
    """Which share of paid time people are not there for contacts.

    Attributes
    ----------
    mean : Estimate
        Over all paid time, 0 to 1.
    sd : float
        Between days: standard deviation of the day's share.
    by_hour : array of float, shape (7, 24)
        Mean by weekday (0 for Monday) and hour of the clock on the wall; the mean over all where
        too few days are known.
    days : int
        Days seen; 0 where it was given and not measured.
    says : str
        Where it comes from.
    """

    mean: Estimate
    sd: float
    by_hour: Floats
    days: int
    says: str

    @classmethod
    def given(cls, mean: float, *, sd: float) -> Shrinkage:
        """Shrinkage as somebody states it.

        Parameters
        ----------
        mean : float
            0 or more, and below 1.
        sd : float
            Between days, 0 or more; 0 where every day is alike.

        Raises
        ------
        PlanError
            If they lie outside their range, or the spread is wider than such a mean can have.

        Examples
        --------
        >>> Shrinkage.given(0.3, sd=0.04).rostered(70.0, days=0.9)
        109
        """
        if not 0 <= mean < 1:
            raise PlanError(
                "Shrinkage is a share of paid time, from 0 to below 1.",
                found=f"mean = {mean:g}",
                todo="Write 30 % as 0.3.",
            )
        if not 0 <= sd < math.inf or sd**2 >= mean * (1 - mean) + (sd == 0):
            raise PlanError(
                "The spread of shrinkage between days is wider than such a mean can have.",
                found=f"mean = {mean:g}, sd = {sd:g}",
                todo=f"Use less than {math.sqrt(mean * (1 - mean)):.2f}; 0.03 to 0.05 is usual.",
            )
        return cls(
            mean=Estimate.exact(mean, unit="share", n=0, method="stated, not measured"),
            sd=sd,
            by_hour=np.full((_WEEK, _HOURS), float(mean)),
            days=0,
            says="stated, not measured",
        )

    def sample(self, horizon: Horizon, courses: int, rng: np.random.Generator) -> Floats:
        """The share at work in each interval, on days as they may come.

        Parameters
        ----------
        horizon : Horizon
            With ``k`` intervals.
        courses : int
            How many to draw.
        rng : Generator

        Returns
        -------
        array of float, shape (courses, k)
            One minus the shrinkage. Each interval's follows a beta distribution around the mean
            of its weekday and hour; a day that is bad in one hour is bad in all.

        Examples
        --------
        >>> import datetime as dt
        >>> day = Horizon.of(dt.date(2024, 6, 3), days=1, zone="UTC")
        >>> there = Shrinkage.given(0.3, sd=0.05).sample(day, 2000, np.random.default_rng(1))
        >>> there.shape, round(float(there[:, 0].mean()), 2), round(float(there[:, 0].std()), 2)
        ((2000, 48), 0.7, 0.05)
        """
        means, which = np.unique(self._at(horizon), return_inverse=True)
        which = which.reshape(-1)
        bad = rng.random((courses, len(horizon.days)))
        found = np.empty((courses, len(horizon.slot)))
        day = horizon.day_index
        for n, mean in enumerate(means):
            for d in np.unique(day[which == n]):
                mine = (which == n) & (day == d)
                found[:, mine] = 1.0 - self._quantile(float(mean), bad[:, d])[:, None]
        return found

    def rostered(self, agents: float, *, days: float, hour: tuple[int, int] | None = None) -> int:
        """People who must be rostered so that enough are at work on most days.

        Parameters
        ----------
        agents : float
            Needed at work, 0 or more.
        days : float
            On this share of days, above 0 and below 1.
        hour : (int, int), optional
            Weekday (0 for Monday) and hour; the mean over all unless given.

        Notes
        -----
        Dividing by one minus the mean would do on about half of the days.
        """
        mean = self.mean.value if hour is None else float(self.by_hour[hour])
        return int(self._people(np.array([agents]), np.array([mean]), days)[0])

    def rostered_over(
        self, horizon: Horizon, agents: npt.ArrayLike, *, days: float
    ) -> npt.NDArray[np.int64]:
        """The same for each interval of a horizon, shape (k,)."""
        needed = np.asarray(agents, dtype=np.float64)
        return self._people(needed, self._at(horizon), days)

    def _people(self, agents: Floats, means: Floats, days: float) -> npt.NDArray[np.int64]:
        if not 0 < days < 1:
            raise PlanError(
                "The share of days must lie between 0 and 1.",
                found=f"days = {days:g}",
                todo="Write 90 % as 0.9.",
            )
        each, which = np.unique(means, return_inverse=True)
        there = np.array([1.0 - self._quantile(float(m), np.array([days]))[0] for m in each])
        if (there <= _NEAR).any():
            raise PlanError(
                "On some days nobody is at work at all, so no number of people is enough.",
                found=f"mean = {each.max():g}, sd between days = {self.sd:g}",
                todo="Ask for a smaller share of days, or look into the spread.",
            )
        people = np.ceil(agents / there[which.reshape(-1)] - 1e-6)
        return np.asarray(people, dtype=np.int64)

    def _at(self, horizon: Horizon) -> Floats:
        hour = horizon.slot * horizon.interval_s // HOUR_S
        return np.asarray(self.by_hour[horizon.weekday, hour], dtype=np.float64)

    def _quantile(self, mean: float, shares: Floats) -> Floats:
        """Shrinkage on days as bad as these: a beta quantile, or the mean without spread."""
        from scipy.special import betaincinv  # noqa: PLC0415 - takes long

        overall = self.mean.value
        if self.sd <= _NEAR or not 0 < mean < 1 or not 0 < overall < 1:
            return np.full(len(shares), mean)
        # As concentrated in each hour as the day's share is between days.
        strength = overall * (1 - overall) / self.sd**2 - 1.0
        return np.asarray(betaincinv(mean * strength, (1 - mean) * strength, shares))


def shrinkage(
    staffing: Any,
    *,
    zone: str,
    at_work: Sequence[str] = AT_WORK,
    not_paid: Sequence[str] = NOT_PAID,
    planned: Sequence[str] = (),
    level: float = 0.95,
) -> Shrinkage | Unknown:
    """Shrinkage as the ledger's staffing shows it.

    Parameters
    ----------
    staffing : ibis.Table or None
        The ledger's staffing: stretches of advisors in states, or counts of people.
    zone : str
        IANA name of the time zone on the wall.
    at_work, not_paid : sequence of str
        States in which people are there for contacts, and those that are not paid time.
    planned : sequence of str
        States that the shifts place themselves, such as ``break``; left out here, so that they do
        not count twice.
    level : float
        Of the interval for the mean.

    Returns
    -------
    Shrinkage or Unknown
        Unknown if there is no staffing, if it knows no state but those at work, or fewer than five
        days; a plan can then be made in agents at work only.

    Notes
    -----
    Overlapping stretches of one advisor count once, as at work where they say so. Days are the unit
    of doubt. The spread between days holds chance of all kinds, that of a small team too.
    """
    unknown = Unknown(
        unit="share",
        why="it is not recorded when people were paid but not there for contacts",
        needs="a staffing table with breaks, training, meetings and absence beside time at work",
    )
    if staffing is None:
        return unknown
    seen = _hours(staffing, at_work=at_work, leave_out=(*not_paid, *planned))
    if seen is None:
        return unknown
    hour, paid, there = seen
    if not (paid > there + 1.0).any():
        return unknown
    local_day, local_hour = _local(hour, zone)
    days, day_of = np.unique(local_day, return_inverse=True)
    day_of = day_of.reshape(-1)
    paid_d, there_d = (np.bincount(day_of, each, len(days)) for each in (paid, there))
    worked = np.asarray(paid_d > _LEAST * HOUR_S)
    if worked.sum() < _FEWEST_DAYS:
        return Unknown(
            unit="share",
            why=f"staffing is recorded on {int(worked.sum())} days only",
            needs="staffing of some weeks",
        )
    weight = np.asarray(paid_d[worked], dtype=np.float64)
    share = np.asarray(1.0 - there_d[worked] / weight, dtype=np.float64)
    mean = float(np.average(share, weights=weight))
    n = len(share)
    sd = math.sqrt(float(np.average((share - mean) ** 2, weights=weight)) * n / (n - 1))
    return Shrinkage(
        mean=_mean(mean, share, weight, level),
        sd=min(sd, 0.999 * math.sqrt(mean * (1 - mean))) if 0 < mean < 1 else 0.0,
        by_hour=_by_hour(days, day_of, local_hour, paid, there, mean),
        days=n,
        says=f"measured over {n} days of staffing",
    )


def _mean(mean: float, share: Floats, weight: Floats, level: float) -> Estimate:
    """Linearised over days, with Student's quantile."""
    from scipy.special import stdtrit  # noqa: PLC0415 - takes long

    n = len(share)
    residuals = weight * (share - mean)
    error = math.sqrt(float((residuals**2).sum()) * n / (n - 1)) / float(weight.sum())
    reach = float(stdtrit(n - 1, 0.5 + level / 2)) * error
    return Estimate(
        value=mean,
        low=max(0.0, mean - reach),
        high=min(1.0, mean + reach),
        level=level,
        unit="share",
        n=n,
        method="ratio over days, Student's t",
    )


def _hours(
    staffing: Any, *, at_work: Sequence[str], leave_out: Sequence[str]
) -> tuple[npt.NDArray[np.int64], Floats, Floats] | None:
    """Hours since 1970 in UTC, and the seconds paid and at work within each."""
    import ibis  # noqa: PLC0415 - takes long

    from andon.metrics.presence import once, presence  # noqa: PLC0415

    rows = staffing.filter(staffing.state.notnull() & (staffing.to_us > staffing.from_us))
    rows = rows.select(
        "advisor_id",
        "state",
        "from_us",
        "to_us",
        weight=ibis.coalesce(rows.people.cast("float64"), 1.0),
    )
    paying = once(rows.filter(~rows.state.isin(list(leave_out))))
    serving = once(rows.filter(rows.state.isin(list(at_work))))
    ends = paying.aggregate(first=paying.from_us.min(), last=paying.to_us.max()).to_pyarrow()
    if ends["first"][0].as_py() is None:
        return None
    first, last = (ends[name][0].as_py() // (HOUR_S * US) for name in ("first", "last"))
    paid, there = (presence(each, hours=(first, last))[()].present_s for each in (paying, serving))
    return np.arange(first, last + 1), paid, np.minimum(there, paid)


def _local(
    hour: npt.NDArray[np.int64], zone: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Day since 1970 and hour of the day on the wall at the beginning of each hour."""
    import datetime as dt  # noqa: PLC0415

    clock = ZoneInfo(zone)
    wall = np.array(
        [
            each * HOUR_S
            + int(
                (
                    dt.datetime.fromtimestamp(int(each) * HOUR_S, tz=clock).utcoffset()
                    or dt.timedelta()
                ).total_seconds()
            )
            for each in hour
        ],
        dtype=np.int64,
    )
    return wall // (HOUR_S * _HOURS), wall // HOUR_S % _HOURS


def _by_hour(
    days: npt.NDArray[np.int64],
    day_of: npt.NDArray[np.int64],
    hour: npt.NDArray[np.int64],
    paid: Floats,
    there: Floats,
    mean: float,
) -> Floats:
    """Means by weekday and hour where enough days are known, else by hour, else the mean."""
    found = np.full((_WEEK, _HOURS), mean)
    weekday = (days + _THURSDAY) % _WEEK
    for h in range(_HOURS):
        here = (hour == h) & (paid > _LEAST * HOUR_S)
        if here.sum() >= _FEWEST_DAYS:
            found[:, h] = 1.0 - there[here].sum() / paid[here].sum()
        for w in range(_WEEK):
            mine = here & (weekday[day_of] == w)
            if mine.sum() >= _FEWEST_DAYS:
                found[w, h] = 1.0 - there[mine].sum() / paid[mine].sum()
    return np.asarray(np.clip(found, 0.0, 1.0), dtype=np.float64)
