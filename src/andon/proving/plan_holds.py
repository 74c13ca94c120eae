"""The record of a plan: on how many days of simulated months its promise is met.

Each month is planned from courses drawn for it, and then really happens: a course of its own is
drawn, and every contact of it simulated, one by one, by the simulator, which knows nothing of the
formulas that planned.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.courses import Courses
from andon.capacity.forecast import forecast
from andon.capacity.history import History
from andon.capacity.horizon import Horizon
from andon.capacity.on_the_mean import on_the_mean
from andon.capacity.promise import Promise
from andon.capacity.redials import Redials
from andon.capacity.requirement import requirement
from andon.errors import QuestionError
from andon.queueing._kernels import columns
from andon.queueing.laws import Exponential, Lognormal
from andon.queueing.simulator.model import Arrivals, Curve, Loop, Model
from andon.queueing.simulator.runs import simulate
from andon.queueing.simulator.schedule import Schedule
from andon.units import HOUR_S, US

__all__ = ["FULL", "SMALL", "PlanRecord", "PlanSetting", "plan_record"]

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]

_OPENS, _CLOSES = 16, 40
"""Half-hours of the day: from 8 to 20 o'clock."""
_WEEK: Final = np.array([1.25, 1.05, 1.0, 0.95, 0.9, 0.5, 0.4])
_SAME_DAY: Final = 0.6
"""How alike two days in a row are; and, below, two half-hours."""
_SAME_HOUR: Final = 0.8
_SHORT_S: Final = 20.0
"""The simulator counts those as gone at once who give up within the time to answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanSetting:
    """A queue whose days differ, and what is promised of them.

    Attributes
    ----------
    name : str
    per_half_hour : float
        Contacts in an ordinary half-hour of an ordinary day.
    handle_s, handle_cv : float
        Mean handle time, and standard deviation over mean: exponential at 1, else lognormal.
    patience_s : float
        Mean patience; exponential.
    day_sd, hour_sd : float
        How far days, and half-hours within a day, lie apart, on the log scale.
    promise : Promise
    redials : Redials, optional
    courses : int
        From which each month is planned.
    weeks_known : int
        Weeks of counts that each month's courses are forecast from; with 0 the plan is given the
        law of the days, so that it is the plan alone that is judged.
    mean_falls_short : bool
        Whether Erlang C on the mean is known to keep its promise on too few days here. Elsewhere it
        keeps it on too many, with more people than are needed.
    """

    name: str
    per_half_hour: float = 40.0
    handle_s: float = 240.0
    handle_cv: float = 1.0
    patience_s: float = 240.0
    day_sd: float = 0.25
    hour_sd: float = 0.15
    promise: Promise = field(
        default_factory=lambda: Promise(service_level=0.8, short_abandon_s=_SHORT_S)
    )
    redials: Redials | None = None
    courses: int = 200
    weeks_known: int = 0
    mean_falls_short: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanRecord:
    """What became of many simulated months of one setting.

    Attributes
    ----------
    setting : PlanSetting
    days : int
        Simulated days.
    kept, kept_on_the_mean : int
        On how many of them the promise was met, by the plan and by Erlang C on the mean.
    said : float
        On what share of days the plan says that it keeps it; mean over months.
    agent_h, agent_h_on_the_mean : float
        Hours on duty a day.
    """

    setting: PlanSetting
    days: int
    kept: int
    kept_on_the_mean: int
    said: float
    agent_h: float
    agent_h_on_the_mean: float


FULL: Final = (
    PlanSetting(name="80 % within 20 s, 40 calls a half-hour"),
    PlanSetting(name="the same, 12 calls a half-hour", per_half_hour=12.0, day_sd=0.35),
    PlanSetting(name="the same, 120 calls a half-hour", per_half_hour=120.0, day_sd=0.2),
    PlanSetting(name="handle times alike (cv 0.6)", handle_cv=0.6),
    PlanSetting(name="handle times far apart (cv 1.5)", handle_cv=1.5),
    PlanSetting(name="long calls, patient callers", handle_s=480.0, patience_s=600.0),
    PlanSetting(
        name="half of those who give up call again", redials=Redials(share=0.5, after_s=600)
    ),
    PlanSetting(
        name="also 3 % lost at most, mean wait 15 s, occupancy 85 %",
        promise=Promise(
            service_level=0.8,
            abandoned=0.03,
            mean_wait_s=15.0,
            occupancy=0.85,
            short_abandon_s=_SHORT_S,
        ),
    ),
    PlanSetting(name="days forecast from half a year of counts", weeks_known=26),
    PlanSetting(
        name="calm days and impatient callers: the mean asks for too many",
        day_sd=0.05,
        hour_sd=0.05,
        patience_s=90.0,
        mean_falls_short=False,
    ),
)
"""Every setting that the reference shows."""
SMALL: Final = (FULL[0],)
"""One that a short run can fail on."""


def plan_record(
    settings: Sequence[PlanSetting] = FULL, *, months: int = 200, days: int = 28, seed: int = 5
) -> tuple[PlanRecord, ...]:
    """How plans fare in months that really happen.

    Parameters
    ----------
    settings : sequence of PlanSetting
    months : int
        Of each setting, 1 or more; each is planned anew.
    days : int
        Of each month, 1 or more.
    seed : int
        The same seed gives the same record.

    Returns
    -------
    tuple of PlanRecord

    Raises
    ------
    QuestionError
        If there is no month or no day.
    """
    if months < 1 or days < 1:
        raise QuestionError(
            "There must be something to simulate.",
            found=f"months: {months!r}, days: {days!r}",
            todo="Use 200 months of 28 days.",
        )
    return tuple(_record(setting, months, days, seed) for setting in settings)


def _record(setting: PlanSetting, months: int, days: int, seed: int) -> PlanRecord:
    rng = np.random.default_rng([seed, *setting.name.encode()])
    kept, kept_on_the_mean = 0, 0
    said, staff, staff_on_the_mean = 0.0, 0, 0
    for month in range(months):
        if setting.weeks_known:
            courses, real = _forecast(setting, days, rng)
        else:
            courses = _courses(setting, setting.courses, days, rng)
            real = None
        needed = requirement(
            courses, setting.promise, patience_s=setting.patience_s, redials=setting.redials
        )
        naive = on_the_mean(needed.days)
        real = _courses(setting, 1, days, rng) if real is None else real
        kept += int(_kept(setting, real, needed.agents, month).sum())
        kept_on_the_mean += int(_kept(setting, real, naive.agents, month).sum())
        said += float(np.nanmean(needed.days_kept)) / months
        staff += int(needed.agents.sum())
        staff_on_the_mean += int(naive.agents.sum())
    all_days = months * days
    hours = courses.horizon.interval_s / HOUR_S / all_days
    return PlanRecord(
        setting=setting,
        days=all_days,
        kept=kept,
        kept_on_the_mean=kept_on_the_mean,
        said=said,
        agent_h=staff * hours,
        agent_h_on_the_mean=staff_on_the_mean * hours,
    )


def _courses(setting: PlanSetting, count: int, days: int, rng: np.random.Generator) -> Courses:
    """Days that may come: each unlike the next, and each half-hour unlike the next."""
    horizon = Horizon.of(dt.date(2024, 1, 1), days=days, zone="UTC")
    slot = horizon.slot
    opened = (slot >= _OPENS) & (slot < _CLOSES)
    turn = (slot - _OPENS) / (_CLOSES - _OPENS) * np.pi
    profile = np.where(opened, 0.6 + np.sin(turn) + 0.3 * np.sin(4 * turn), 0.0)
    by_day = _wander(count, days, _SAME_DAY, setting.day_sd, rng)[:, horizon.day_index]
    by_hour = _wander(count, len(slot), _SAME_HOUR, setting.hour_sd, rng)
    mean = setting.per_half_hour * profile * _WEEK[horizon.weekday]
    return Courses(
        queue="calls",
        horizon=horizon,
        contacts=mean * np.exp(by_day + by_hour),
        handle_s=np.full((count, len(slot)), setting.handle_s),
        handle_cv=setting.handle_cv,
        open=opened,
    )


def _forecast(setting: PlanSetting, days: int, rng: np.random.Generator) -> tuple[Courses, Courses]:
    """Courses of a month as they are forecast from counts, and the month that follows on these."""
    known = 7 * setting.weeks_known
    whole = _courses(setting, 1, known + days, rng)
    past = whole.horizon.day_index < known
    slots = whole.horizon.slots_a_day
    counts = rng.poisson(whole.contacts[0, past]).reshape(known, slots).astype(np.float64)
    history = History(
        queue=whole.queue,
        zone=whole.horizon.zone,
        interval_s=whole.horizon.interval_s,
        first_day=int(whole.horizon.days[0]),
        counts=counts,
        exposure=np.ones((known, slots)),
        seen=np.ones(known, dtype=np.bool_),
        handled=counts,
        handle_total_s=counts * setting.handle_s,
        handle_cv=setting.handle_cv,
    )
    horizon = Horizon.of(whole.horizon.dates[known], days=days, zone=whole.horizon.zone)
    found = forecast(history, horizon=horizon, courses=setting.courses, rng=rng).courses
    real = Courses(
        queue=whole.queue,
        horizon=horizon,
        contacts=whole.contacts[:, ~past],
        handle_s=whole.handle_s[:, ~past],
        handle_cv=setting.handle_cv,
        open=found.open,
    )
    return found, real


def _wander(count: int, steps: int, alike: float, sd: float, rng: np.random.Generator) -> _Floats:
    """Normal logarithms of factors with mean 1, each like the one before."""
    found = rng.normal(size=(count, steps))
    for j in range(1, steps):
        found[:, j] = alike * found[:, j - 1] + np.sqrt(1 - alike**2) * found[:, j]
    return np.asarray(sd * found - sd**2 / 2)


def _kept(setting: PlanSetting, real: Courses, agents: _Ints, month: int) -> npt.NDArray[np.bool_]:
    """For each day whether the promise was met, counted contact by contact."""
    days, step_s = len(real.horizon.days), float(real.horizon.interval_s)
    per_h = real.contacts[0] * HOUR_S / step_s
    model = Model.one_pool(
        arrivals=Arrivals(per_h=tuple(per_h.tolist()), interval_s=step_s),
        handle=Exponential(mean_s=setting.handle_s)
        if setting.handle_cv == 1
        else Lognormal.from_mean(mean_s=setting.handle_s, cv=setting.handle_cv),
        patience=Exponential(mean_s=setting.patience_s),
        schedule=Schedule.by_interval(agents.tolist(), interval_s=step_s),
        loop=None
        if setting.redials is None
        else Loop(
            resolves=Curve.flat(1.0),
            redials=setting.redials.share,
            redial_after=Exponential(mean_s=setting.redials.after_s),
        ),
        answer_within_s=setting.promise.answer_within_s,
        days=float(days),
        interval_s=step_s,
    )
    counts = simulate(model, seed=month, replications=1).counts
    # Who calls again after closing time is not served, and stands outside the promise.
    queue = np.where(real.open[:, None], counts.queues[0, 0], 0)
    queue = queue.reshape(days, -1, queue.shape[-1]).sum(axis=1)
    busy = counts.pools[0, 0][:, columns.BUSY].reshape(days, -1).sum(axis=1) / US
    came = queue[:, columns.FRESH : columns.PASSED_IN + 1].sum(axis=1)
    counted = came - queue[:, columns.SHORT]
    lost = queue[:, columns.GAVE_UP] - queue[:, columns.SHORT]
    waited = queue[:, [columns.WAITED_ANSWERED, columns.WAITED_OTHER]].sum(axis=1) / US
    staffed = agents.reshape(days, -1).sum(axis=1) * step_s
    promise = setting.promise
    met = np.ones(days, dtype=bool)
    if promise.service_level is not None:
        met &= queue[:, columns.IN_TIME] >= promise.service_level * counted
    if promise.abandoned is not None:
        met &= lost <= promise.abandoned * counted
    if promise.mean_wait_s is not None:
        met &= waited <= promise.mean_wait_s * came
    if promise.occupancy is not None:
        met &= busy <= promise.occupancy * staffed
    return met
