"""Two engines and a slow twin, one model: the same counts and the same trace, to the integer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.queueing._kernels import columns as c
from andon.queueing.laws import Exponential, Fixed, Gamma, Law, Lognormal, Never, Weibull
from andon.queueing.simulator.first_come import run_first_come
from andon.queueing.simulator.general import run_general
from andon.queueing.simulator.model import (
    Arrivals,
    Callback,
    Curve,
    Loop,
    Model,
    Pool,
    Queue,
    Route,
)
from andon.queueing.simulator.plan import Plan
from andon.queueing.simulator.raw import Raw
from andon.queueing.simulator.schedule import Schedule, Shift
from oracles.simulator import simulate
from small_models import models, one_team

HOUR = 3600.0
SEEDS = st.integers(0, 2**63 - 1)


def assert_same(one: Raw, other: Raw) -> None:
    for name in ("queues", "pools", "waits", "fates", "trace"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@settings(deadline=None, max_examples=150)
@given(model=one_team(), seed=SEEDS, replication=st.integers(0, 2**23 - 1))
def test_the_engines_agree_on_one_team(model: Model, seed: int, replication: int) -> None:
    plan = Plan.of(model)
    assert model.first_come
    fast = run_first_come(plan, seed=seed, replication=replication, count_from=700, trace=True)
    general = run_general(plan, seed=seed, replication=replication, count_from=700, trace=True)
    assert_same(fast, general)


@settings(deadline=None, max_examples=40)
@given(model=one_team(), seed=SEEDS)
def test_both_do_what_one_would_do_by_hand_for_one_team(model: Model, seed: int) -> None:
    plan = Plan.of(model)
    by_hand = simulate(plan, seed=seed, replication=0, count_from=700)
    fast = run_first_come(plan, seed=seed, replication=0, count_from=700, trace=True)
    assert_same(fast, by_hand)


@settings(deadline=None, max_examples=60)
@given(model=models(), seed=SEEDS, replication=st.integers(0, 2**23 - 1))
def test_the_general_engine_does_what_one_would_do_by_hand(
    model: Model, seed: int, replication: int
) -> None:
    plan = Plan.of(model)
    by_hand = simulate(plan, seed=seed, replication=replication, count_from=700)
    general = run_general(plan, seed=seed, replication=replication, count_from=700, trace=True)
    assert_same(general, by_hand)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(model=models(), seed=SEEDS)
def test_the_general_engine_does_so_time_and_again(model: Model, seed: int) -> None:
    plan = Plan.of(model)
    by_hand = simulate(plan, seed=seed, replication=0)
    assert_same(run_general(plan, seed=seed, replication=0, trace=True), by_hand)


def in_vain(*, unit_s: float, hours: float) -> Model:
    """A queue that grows, in which nearly everybody is called back, mostly in vain."""
    queue = Queue(
        name="calls",
        handle=Exponential(mean_s=120 * unit_s),
        arrivals=Arrivals.steady(per_h=120 / unit_s),
        callback=Callback(
            offer_over_s=0,
            accepts=0.9,
            answers=0.3,
            ring_s=30 * unit_s,
            tries=4,
            retry_after_s=120 * unit_s,
        ),
    )
    pool = Pool(name="agents", schedule=Schedule.level(3), routes=(Route(queue="calls"),))
    days = hours / 24 * unit_s
    return Model(queues=(queue,), pools=(pool,), days=days, interval_s=900 * unit_s)


def helped() -> Model:
    """Help after as many ticks as a call takes: it is due just when an agent has time again."""
    unit_s = 1e-6
    queue = Queue(
        name="calls",
        handle=Fixed(value_s=30 * unit_s),
        arrivals=Arrivals.steady(per_h=600 / unit_s),
        patience=Exponential(mean_s=60 * unit_s),
    )
    pools = (
        Pool(
            name="helpers",
            schedule=Schedule.level(2),
            routes=(Route(queue="calls", rank=2, after_s=30 * unit_s),),
        ),
        Pool(name="agents", schedule=Schedule.level(3), routes=(Route(queue="calls"),)),
    )
    days = 1 / 24 * unit_s
    return Model(queues=(queue,), pools=pools, days=days, interval_s=900 * unit_s)


def through_breaks(chats: int, handle: Law) -> Model:
    """Contacts that take longer than the breaks into which they run."""
    queue = Queue(
        name="chats",
        channel="chat",
        handle=handle,
        arrivals=Arrivals.steady(per_h=150),
        patience=Exponential(mean_s=200),
    )
    breaks = tuple((each * 600.0, each * 600.0 + 200.0) for each in range(1, 15))
    shift = Shift(agents=6, from_s=0, to_s=9000, breaks=breaks)
    other = Shift(agents=4, from_s=1000, to_s=8000, breaks=((2000, 2100), (4000, 7000)))
    pool = Pool(
        name="agents",
        schedule=Schedule.of_shifts([shift, other], cycle_s=10_800),
        routes=(Route(queue="chats"),),
        chats=chats,
        speed=(1.0, 0.7, 0.6)[:chats],
    )
    return Model(queues=(queue,), pools=(pool,), days=1 / 8)


@pytest.mark.parametrize(
    "model",
    [
        in_vain(unit_s=1.0, hours=3),
        in_vain(unit_s=1e-6, hours=3),
        helped(),
        through_breaks(1, Fixed(value_s=420)),
        through_breaks(1, Exponential(mean_s=300)),
        through_breaks(3, Fixed(value_s=420)),
        through_breaks(3, Exponential(mean_s=300)),
    ],
    ids=["in vain", "in vain at once", "helped", "calls", "other calls", "chats", "other chats"],
)
def test_what_is_rare_is_as_one_would_do_it_by_hand(model: Model) -> None:
    plan = Plan.of(model)
    by_hand = simulate(plan, seed=4, replication=1)
    general = run_general(plan, seed=4, replication=1, trace=True)
    assert len(general.trace) > 250
    assert_same(general, by_hand)
    if model.first_come:
        assert_same(run_first_come(plan, seed=4, replication=1, trace=True), by_hand)


LOOP = Loop(
    resolves=Curve(handle_s=(60, 300), share=(0.4, 0.85)),
    comes_back=0.9,
    recontact_after=Lognormal(median_s=4000, sigma=1.0),
    redials=0.6,
    redial_after=Exponential(mean_s=300),
    redial_patience=Exponential(mean_s=60),
    most_attempts=4,
)
SHIFTS = Schedule.of_shifts(
    [
        Shift(agents=70, from_s=7 * HOUR, to_s=15 * HOUR, breaks=((11 * HOUR, 11.5 * HOUR),)),
        Shift(agents=60, from_s=11 * HOUR, to_s=19 * HOUR, breaks=((15 * HOUR, 15.5 * HOUR),)),
        Shift(agents=20, from_s=22 * HOUR, to_s=30 * HOUR, breaks=((23.5 * HOUR, 25 * HOUR),)),
    ]
)
LARGE: list[tuple[Schedule, float, Law, Law, Loop | None]] = [
    (Schedule.level(100), 1500, Exponential(mean_s=240), Exponential(mean_s=120), None),
    (Schedule.level(97), 1500, Lognormal(median_s=190, sigma=0.7), Exponential(mean_s=120), LOOP),
    (SHIFTS, 900, Gamma(mean_s=240, cv=0.8), Weibull(scale_s=90, shape=0.7), LOOP),
    (SHIFTS, 700, Fixed(value_s=240), Never(), LOOP),
    (Schedule.by_interval([0, 300, 700, 1000, 600]), 9000, Fixed(value_s=200), Never(), None),
]


@pytest.mark.parametrize(("schedule", "per_h", "handle", "patience", "loop"), LARGE)
def test_the_engines_agree_on_tens_of_thousands_of_calls(
    schedule: Schedule, per_h: float, handle: Law, patience: Law, loop: Loop | None
) -> None:
    model = Model.one_pool(
        arrivals=Arrivals(per_h=(per_h, 1.2 * per_h, 0.8 * per_h), day_cv=0.1),
        handle=handle,
        patience=patience,
        schedule=schedule,
        loop=loop,
        days=2,
    )
    plan = Plan.of(model)
    fast = run_first_come(plan, seed=7, replication=3, trace=True)
    assert len(fast.trace) > 30_000
    assert fast.queues[0, :, c.DELAYED].sum() > 1000
    assert_same(fast, run_general(plan, seed=7, replication=3, trace=True))
