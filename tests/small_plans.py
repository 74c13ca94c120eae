"""A small operation to plan for, made in memory: two queues and twelve weeks of their past."""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np

from andon.capacity.contracts import Contract
from andon.capacity.history import History
from andon.capacity.horizon import Horizon
from andon.capacity.lines import Past
from andon.capacity.plan import Plan, make_plan
from andon.capacity.planning import GivenShrinkage, Planning, Serves, TeamRules
from andon.capacity.promise import Promise
from andon.capacity.redials import Redials
from andon.capacity.shifts import Template

FIRST = dt.date(2024, 1, 1)
"""A Monday."""
ZONE = "Europe/Berlin"
PROMISE = Promise(service_level=0.8, answer_within_s=20)
OPEN = slice(8, 16)


def history(
    name: str,
    *,
    a_day: float = 160.0,
    weeks: int = 12,
    first: dt.date = FIRST,
    handle_s: float = 240.0,
    swing: float = 0.3,
    seed: int = 1,
) -> History:
    """Counts by the hour: open from 8 to 16 on weekdays, no day quite like another."""
    rng = np.random.default_rng([seed, len(name), *name.encode()])
    days = 7 * weeks
    counts = np.zeros((days, 24))
    shape = np.array([0.8, 1.3, 1.5, 1.2, 0.8, 0.9, 0.9, 0.6]) / 8
    weekday = (np.arange(days) + first.weekday()) % 7
    level = np.where(weekday < 5, a_day, 0.0) * np.exp(swing * rng.normal(size=days))
    counts[:, OPEN] = rng.poisson(level[:, None] * shape)
    return History(
        queue=name,
        zone=ZONE,
        interval_s=3600,
        first_day=(first - dt.date(1970, 1, 1)).days,
        counts=counts,
        exposure=np.ones_like(counts),
        seen=np.full(days, True),
        handled=counts,
        handle_total_s=handle_s * counts,
        handle_cv=1.0,
    )


def past(name: str, **more: object) -> Past:
    """The past of one queue whose callers give up after two minutes in the mean."""
    return Past(
        history=history(name, **more),  # type: ignore[arg-type]
        patience_s=120.0,
        redials=Redials(share=0.4, after_s=600.0),
        gave_up=0.05,
    )


def team(name: str, *queues: str, **more: object) -> TeamRules:
    """A team that is there for some queues."""
    return TeamRules(name=name, serves=tuple(Serves(queue=each) for each in queues), **more)  # type: ignore[arg-type]


def week(first: dt.date = FIRST + dt.timedelta(weeks=12), days: int = 7) -> Horizon:
    """The week after the past."""
    return Horizon.of(first, days=days, zone=ZONE, interval_s=3600)


@cache
def small_plan(*, seed: int = 1, days: float = 0.9, courses: int = 60) -> Plan:
    """Two queues with a team of their own each, of which the first helps the second."""
    helped = TeamRules(
        name="front", serves=(Serves(queue="calls"), Serves(queue="orders", rank=2)), cost_per_h=30
    )
    return make_plan(
        [past("calls"), past("orders", a_day=90)],
        Planning(
            promise=Promise(service_level=0.8, answer_within_s=20, days=days),
            teams=(helped, team("orders", "orders")),
        ),
        week(),
        courses=courses,
        seed=seed,
    )


@cache
def plain_plan(*, seed: int = 1, days: float = 0.9, judged: bool = False) -> Plan:
    """One queue and its team."""
    later = history("calls", first=FIRST + dt.timedelta(weeks=12), weeks=1, seed=9)
    return make_plan(
        [past("calls")],
        Planning(promise=Promise(service_level=0.8, answer_within_s=20, days=days)),
        week(),
        came={"calls": Past(history=later)} if judged else None,
        cost_per_h=30,
        courses=60,
        seed=seed,
    )


@cache
def shift_plan(**rules: object) -> Plan:
    """One queue, open from 8 to 16, with shifts of just that, and three in ten people away."""
    planning = Planning(
        promise=PROMISE,
        shrinkage=GivenShrinkage(share=0.3, spread=0.05),
        templates=(
            Template(
                name="day",
                length_s=8 * 3600,
                first_start_s=8 * 3600,
                last_start_s=8 * 3600,
                step_s=3600,
            ),
        ),
        contracts=(Contract(name="full", cost_per_h=30, **rules),),  # type: ignore[arg-type]
        under_cover=False,
    )
    return make_plan([past("calls")], planning, week(), courses=60, cost_per_h=30)
