"""Small models for tests of the simulator, and what their figures are from the definition."""

from __future__ import annotations

from andon.queueing.laws import Exponential, Law
from andon.queueing.simulator.model import (
    Arrivals,
    Callback,
    Curve,
    Loop,
    Model,
    Overflow,
    Pool,
    Queue,
    Route,
    Transfer,
)
from andon.queueing.simulator.schedule import Schedule, Shift

LOOP = Loop(
    resolves=Curve.flat(0.7),
    comes_back=0.8,
    recontact_after=Exponential(mean_s=3600),
    redials=0.5,
    redial_after=Exponential(mean_s=300),
)
"""Of those served 24 in 100 come back, of those who gave up 50."""

HOUR_S = 3600.0


def team(
    agents: int = 5,
    *,
    per_h: float = 60.0,
    handle_s: float = 240.0,
    patience: Law | None = None,
    loop: Loop | None = None,
    days: float = 0.25,
    interval_s: float = 1800.0,
    answer_within_s: float = 20.0,
) -> Model:
    """One team with a level load: 4 erlangs for 5 agents, unless said otherwise."""
    return Model.one_pool(
        arrivals=Arrivals.steady(per_h=per_h),
        handle=Exponential(mean_s=handle_s),
        patience=Exponential(mean_s=120) if patience is None else patience,
        schedule=Schedule.level(agents),
        loop=loop,
        days=days,
        interval_s=interval_s,
        answer_within_s=answer_within_s,
    )


def day(*, days: float = 1.0, day_cv: float = 0.0, agents: int = 6) -> Model:
    """A day whose arrivals and staffing change: shifts from 8 to 18 with a break each."""
    rates = [0.0] * 8 + [40, 70, 90, 80, 60, 70, 80, 70, 50, 30] + [0.0] * 6
    shifts = [
        Shift(agents=agents, from_s=8 * HOUR_S, to_s=16 * HOUR_S, breaks=((43_200, 45_000),)),
        Shift(agents=2, from_s=10 * HOUR_S, to_s=18 * HOUR_S, breaks=((46_800, 48_600),)),
    ]
    return Model.one_pool(
        arrivals=Arrivals(per_h=tuple(rates), interval_s=HOUR_S, day_cv=day_cv),
        handle=Exponential(mean_s=300),
        patience=Exponential(mean_s=150),
        schedule=Schedule.of_shifts(shifts),
        days=days,
    )


def skills() -> Model:
    """Two queues that overflow and transfer, callbacks, and a queue with a deadline."""
    first = Queue(
        name="first",
        handle=Exponential(mean_s=200),
        arrivals=Arrivals.steady(per_h=60),
        patience=Exponential(mean_s=180),
        callback=Callback(offer_over_s=30, accepts=0.5),
        overflow=Overflow(to="second", after_s=60),
        transfer=Transfer(to="second", share=0.1),
    )
    second = Queue(
        name="second",
        handle=Exponential(mean_s=300),
        arrivals=Arrivals.steady(per_h=12),
        patience=Exponential(mean_s=300),
        priority=1,
    )
    mail = Queue(
        name="mail",
        channel="email",
        handle=Exponential(mean_s=240),
        arrivals=Arrivals.steady(per_h=15),
        priority=-1,
        answer_within_s=3600,
        deadline_s=7200,
    )
    pools = (
        Pool(
            name="front",
            schedule=Schedule.level(4),
            routes=(Route(queue="first"), Route(queue="mail", rank=2)),
        ),
        Pool(
            name="back",
            schedule=Schedule.level(2),
            routes=(Route(queue="second"), Route(queue="first", rank=2, after_s=20)),
        ),
    )
    return Model(queues=(first, second, mail), pools=pools, days=0.25)
