"""The general engine: lawful on any model, right where a formula is known, the same uncompiled."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.queueing._kernels import columns as c
from andon.queueing._kernels.laws import TICKS
from andon.queueing.laws import Exponential, Fixed, Gamma, Law, Lognormal, Never
from andon.queueing.simulator import general
from andon.queueing.simulator.general import run_general
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
from andon.queueing.simulator.plan import Plan
from andon.queueing.simulator.raw import Raw
from andon.queueing.simulator.schedule import Schedule, Shift
from small_models import models

HOUR = 3600.0
SEEDS = st.integers(0, 2**63 - 1)


def run(model: Model, *, seed: int = 1, trace: bool = False) -> Raw:
    return run_general(Plan.of(model), seed=seed, replication=0, trace=trace)


def centre(*, days: float = 2.0) -> Model:
    """Two lines, chats and email, three pools, and everything that can happen to a contact."""
    loop = Loop(
        resolves=Curve(handle_s=(60, 300), share=(0.5, 0.9)),
        recontact_after=Lognormal(median_s=3000, sigma=0.8),
        redials=0.5,
        redial_after=Exponential(mean_s=300),
    )
    queues = (
        Queue(
            name="orders",
            handle=Lognormal(median_s=200, sigma=0.6),
            arrivals=Arrivals(per_h=(70, 110, 50), interval_s=2 * HOUR),
            patience=Exponential(mean_s=120),
            priority=1,
            loop=loop,
            overflow=Overflow(to="support", after_s=60),
        ),
        Queue(
            name="support",
            handle=Gamma(mean_s=260, cv=0.9),
            arrivals=Arrivals(per_h=(60, 80, 40), interval_s=2 * HOUR),
            patience=Exponential(mean_s=150),
            loop=loop,
            callback=Callback(
                offer_over_s=60, accepts=0.5, window_s=900, answers=0.6, tries=2, retry_after_s=600
            ),
            transfer=Transfer(to="experts", share=0.1),
        ),
        Queue(name="experts", handle=Exponential(mean_s=400), patience=Exponential(mean_s=300)),
        Queue(
            name="chat",
            handle=Lognormal(median_s=300, sigma=0.5),
            arrivals=Arrivals.steady(per_h=80),
            patience=Exponential(mean_s=90),
            channel="chat",
        ),
        Queue(
            name="email",
            handle=Fixed(value_s=240),
            arrivals=Arrivals.steady(per_h=20),
            channel="email",
            priority=-1,
            promote_after_s=2 * HOUR,
            promoted_priority=2,
            deadline_s=1 * HOUR,
        ),
    )
    early = Shift(agents=7, from_s=6 * HOUR, to_s=14 * HOUR, breaks=((10 * HOUR, 10.5 * HOUR),))
    late = Shift(agents=6, from_s=13 * HOUR, to_s=22 * HOUR, breaks=((17 * HOUR, 17.5 * HOUR),))
    pools = (
        Pool(
            name="callers",
            schedule=Schedule.of_shifts([early, late]),
            routes=(Route(queue="orders"), Route(queue="support", rank=2, after_s=20)),
        ),
        Pool(
            name="support",
            schedule=Schedule.level(7),
            routes=(Route(queue="support"), Route(queue="experts"), Route(queue="email", rank=2)),
        ),
        Pool(
            name="writers",
            schedule=Schedule.of_shifts([replace(early, agents=3), replace(late, agents=4)]),
            routes=(Route(queue="chat"), Route(queue="email", rank=2)),
            chats=3,
            speed=(1.0, 0.8, 0.6),
        ),
    )
    return Model(queues=queues, pools=pools, days=days)


# ---------------------------------------------------------------- laws that hold in every run


def assert_lawful(model: Model, raw: Raw) -> None:
    came = raw.queues[:, :, c.FRESH : c.PASSED_IN + 1].sum(axis=(1, 2))
    left = raw.queues[:, :, c.ANSWERED : c.PASSED_ON + 1].sum(axis=(1, 2))
    assert (came == left).all()
    # Who is passed on while waiting, or transferred, comes in elsewhere.
    assert (raw.fates[:, : c.CUSTOMERS].sum(axis=1) == raw.fates[:, c.CUSTOMERS]).all()
    assert (raw.fates[:, c.CUSTOMERS] == raw.queues[:, :, c.FRESH].sum(axis=1)).all()
    # Little's law, summed up: the length of all queues over time is everybody's wait.
    waited = raw.queues[:, :, [c.WAITED_ANSWERED, c.WAITED_OTHER]].sum(axis=(1, 2))
    queued = raw.queues[:, :, c.QUEUE].sum(axis=1)
    assert waited.sum() == queued.sum()
    alone = [q for q, queue in enumerate(model.queues) if not touched_by_overflow(model, queue)]
    assert (waited[alone] == queued[alone]).all()
    ends = raw.queues[:, :, [c.ANSWERED, c.GAVE_UP]].sum(axis=1)
    assert (raw.waits.sum(axis=1) == ends).all()
    for pool, counts in zip(model.pools, raw.pools, strict=True):
        present = counts[:, c.STAFFED] + counts[:, c.OVERTIME]
        # A schedule's time is rounded to a tick in each interval.
        assert (counts[:, c.BUSY] <= present + 1).all()
        assert (counts[:, c.IN_HAND] >= counts[:, c.BUSY]).all()
        assert (counts[:, c.IN_HAND] <= pool.chats * counts[:, c.BUSY]).all()
        assert (counts >= 0).all()


def touched_by_overflow(model: Model, queue: Queue) -> bool:
    to = {each.overflow.to for each in model.queues if each.overflow is not None}
    return queue.overflow is not None or queue.name in to


@settings(deadline=None, max_examples=100)
@given(model=models(), seed=SEEDS)
def test_nobody_is_made_or_lost_and_little_holds(model: Model, seed: int) -> None:
    raw = run(model, seed=seed, trace=True)
    assert_lawful(model, raw)
    assert len(raw.trace) == raw.queues[:, :, : c.ANSWERED].sum()
    served = raw.trace[raw.trace[:, c.OUTCOME] == c.ANSWERED]
    assert (served[:, c.LEFT_QUEUE] >= served[:, c.ARRIVED]).all()
    horizon = round(model.horizon_s * TICKS)
    assert (served[:, c.LEFT_QUEUE] < horizon).all()
    gone = raw.trace[raw.trace[:, c.AFTER] == c.HANDED_ON]
    assert len(gone) == raw.queues[:, :, c.PASSED_IN].sum()


def test_a_day_in_which_everything_happens_is_lawful() -> None:
    model = centre()
    raw = run(model, trace=True)
    assert_lawful(model, raw)
    totals = raw.queues.sum(axis=(0, 1))
    assert (totals > 0).all()
    assert (raw.fates.sum(axis=0)[[c.SETTLED, c.GAVE_UP_FOR_GOOD, c.UNREACHED]] > 0).all()
    assert (raw.pools.sum(axis=1)[[0, 2], c.OVERTIME] > 0).all()


# ---------------------------------------------------------------- rules, seen in a trace


def shared(*, days: float = 3.0, **second: object) -> tuple[Model, npt.NDArray[np.int64]]:
    """Two queues before one team that is hardly enough, and the trace of a run."""
    first = Queue(
        name="first",
        handle=Exponential(mean_s=200),
        arrivals=Arrivals.steady(per_h=60),
        patience=Exponential(mean_s=600),
        priority=1,
    )
    other = replace(first, name="second", priority=0, **second)  # type: ignore[arg-type]
    pool = Pool(
        name="team",
        schedule=Schedule.level(6),
        routes=(Route(queue="first"), Route(queue="second")),
    )
    model = Model(queues=(first, other), pools=(pool,), days=days)
    return model, run(model, trace=True).trace


def test_nobody_is_served_while_somebody_of_higher_priority_waits() -> None:
    _, rows = shared()
    high, low = (rows[rows[:, c.QUEUE_OF] == q] for q in (0, 1))
    begun = low[low[:, c.OUTCOME] == c.ANSWERED, c.LEFT_QUEUE]
    waited = high[high[:, c.LEFT_QUEUE] > high[:, c.ARRIVED]]
    assert len(begun) > 3000
    assert len(waited) > 1000
    for row in waited:
        assert not ((begun > row[c.ARRIVED]) & (begun < row[c.LEFT_QUEUE])).any()


def test_work_that_grows_old_goes_before_what_came_later() -> None:
    promoted = 120 * TICKS
    _, rows = shared(promote_after_s=120, promoted_priority=2)
    high, low = (rows[rows[:, c.QUEUE_OF] == q] for q in (0, 1))
    begun = high[high[:, c.OUTCOME] == c.ANSWERED, c.LEFT_QUEUE]
    old = low[low[:, c.LEFT_QUEUE] - low[:, c.ARRIVED] > promoted]
    assert len(old) > 300
    for row in old:
        passed = (begun >= row[c.ARRIVED] + promoted) & (begun < row[c.LEFT_QUEUE])
        assert not passed.any()


def test_an_agent_has_one_call_or_so_many_chats_and_never_both() -> None:
    model = centre()
    rows = run(model, trace=True).trace
    writers = rows[(rows[:, c.POOL_OF] == 2) & (rows[:, c.LEFT] < 2 * 86400 * TICKS)]
    assert len(writers) > 1000
    most = 0
    for row in writers:
        # Who leaves gives the number back; where they overlap at a change, leave it out.
        if 13.5 <= row[c.LEFT_QUEUE] / TICKS / HOUR % 24 <= 14.5:
            continue
        same = writers[writers[:, c.AGENT] == row[c.AGENT]]
        at = row[c.LEFT_QUEUE]
        beside = same[(same[:, c.LEFT_QUEUE] <= at) & (same[:, c.LEFT] > at)]
        emails = (beside[:, c.QUEUE_OF] == 4).sum()
        assert len(beside) == 1 if emails else len(beside) <= 3
        most = max(most, len(beside))
    assert most == 3


def test_who_has_waited_so_long_moves_on_and_the_wait_goes_on() -> None:
    model = centre()
    rows = run(model, trace=True).trace
    moved = rows[rows[:, c.OUTCOME] == c.PASSED_ON]
    assert len(moved) > 100
    assert (moved[:, c.LEFT_QUEUE] - moved[:, c.ARRIVED] == 60 * TICKS).all()
    waited = rows[(rows[:, c.QUEUE_OF] == 0) & (rows[:, c.LEFT_QUEUE] >= 0)]
    assert (waited[:, c.LEFT_QUEUE] - waited[:, c.ARRIVED]).max() == 60 * TICKS


def test_a_pool_helps_those_who_have_waited_so_long_and_nobody_sooner() -> None:
    rows = run(centre(), trace=True).trace
    helped = (rows[:, c.QUEUE_OF] == 1) & (rows[:, c.POOL_OF] == 0)
    # Those who overflowed have waited a minute when they come in.
    own = rows[helped & (rows[:, c.KIND] != c.PASSED_IN)]
    waits = own[:, c.LEFT_QUEUE] - own[:, c.ARRIVED]
    assert len(own) > 100
    assert waits.min() == 20 * TICKS
    assert (waits == 20 * TICKS).sum() > 10


def test_whose_chat_is_passed_or_transferred_keeps_their_name() -> None:
    rows = run(centre(), trace=True).trace
    into = rows[(rows[:, c.QUEUE_OF] == 2)]
    assert (into[:, c.KIND] == c.PASSED_IN).all()
    assert set(into[:, c.FIRST_QUEUE].tolist()) == {0, 1}
    known = {tuple(row) for row in rows[:, [c.FIRST_QUEUE, c.CUSTOMER, c.ATTEMPT, c.LEFT]].tolist()}
    for row in into.tolist():
        assert (row[c.FIRST_QUEUE], row[c.CUSTOMER], row[c.ATTEMPT], row[c.ARRIVED]) in known


def test_who_comes_back_comes_to_the_queue_where_they_first_came() -> None:
    rows = run(centre(), trace=True).trace
    again = rows[np.isin(rows[:, c.KIND], (c.REDIAL, c.RECONTACT))]
    assert len(again) > 300
    assert (again[:, c.QUEUE_OF] == again[:, c.FIRST_QUEUE]).all()


# ---------------------------------------------------------------- room, and no compiler


def test_a_run_that_stops_for_room_goes_on_as_if_it_had_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = centre()
    whole = run(model, trace=True)
    for name, least in (("_NOTES", 1), ("_CONTACTS", 1), ("_TRACE_ROWS", 2)):
        monkeypatch.setattr(general, name, least)
    parts, untraced = run(model, trace=True), run(model)
    for name in ("queues", "pools", "waits", "fates"):
        assert (getattr(whole, name) == getattr(parts, name)).all()
        assert (getattr(whole, name) == getattr(untraced, name)).all()
    assert (whole.trace == parts.trace).all()
    assert len(untraced.trace) == 0


def test_the_calendars_shape_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = run(centre(), trace=True)
    for holds, ring in ((0.1, (1 << 2, 1 << 3)), (500.0, (1 << 4, 1 << 5))):
        monkeypatch.setattr(general, "_DAY_HOLDS", holds)
        monkeypatch.setattr(general, "_RING", ring)
        assert (run(centre(), trace=True).trace == usual.trace).all()


def test_room_follows_who_is_present_and_not_how_many_came(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = []
    usual = general._Memory.raw

    def noted(memory: general._Memory, plan: Plan, trace: npt.NDArray[np.int64]) -> Raw:
        room.append((memory.contacts, len(memory.notes), len(memory.heap)))
        return usual(memory, plan, trace)

    monkeypatch.setattr(general._Memory, "raw", noted)
    for days in (2.0, 16.0):
        run(centre(days=days))
    assert room[0] == room[1]


def test_the_kernels_give_the_same_uncompiled(tmp_path: Path) -> None:
    code = """
import numpy as np, sys
from andon.queueing.simulator.general import run_general
from andon.queueing.simulator.plan import Plan
from queueing.simulator.test_general import centre
raw = run_general(Plan.of(centre(days=0.25)), seed=3, replication=2, trace=True)
np.savez(sys.argv[1], queues=raw.queues, pools=raw.pools, waits=raw.waits, fates=raw.fates,
         trace=raw.trace)
"""
    paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    found = []
    for plain in ("0", "1"):
        out = tmp_path / f"run{plain}.npz"
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, str(out)],
            env={**os.environ, "NUMBA_DISABLE_JIT": plain, "PYTHONPATH": os.pathsep.join(paths)},
            check=True,
        )
        with np.load(out) as saved:
            found.append({name: saved[name] for name in saved.files})
    assert len(found[0]["trace"]) > 1000
    for name, array in found[0].items():
        assert (array == found[1][name]).all()


def test_a_run_that_is_too_long_for_its_agents_is_an_error() -> None:
    model = Model.one_pool(
        arrivals=Arrivals.steady(per_h=1),
        handle=Exponential(mean_s=60),
        schedule=Schedule.level(200_000),
        days=100_000,
        interval_s=86_400,
    )
    with pytest.raises(QueueingError, match="too long for so many agents"):
        run(model)


# ---------------------------------------------------------------- where a formula is known


def assert_near(values: npt.NDArray[np.float64], truth: float) -> None:
    """A mean of batches lies within four of its standard errors, and these are small."""
    error = values.std(ddof=1) / math.sqrt(len(values))
    assert abs(values.mean() - truth) < 4 * error
    assert error < 0.05 * abs(truth)


def batches(table: npt.NDArray[np.int64], n: int, warm_up: int) -> npt.NDArray[np.int64]:
    """Sums over ``n`` stretches of equal length, after ``warm_up`` rows."""
    return np.asarray(table[warm_up:].reshape(n, -1, table.shape[1]).sum(axis=1))


# 100 erlangs of 240 s and a patience of 120 s, as in the fast engine's test.
@pytest.mark.slow
@pytest.mark.parametrize(("agents", "sl"), [(97, 0.806131), (100, 0.864860)])
def test_long_runs_agree_with_erlang_a(agents: int, sl: float) -> None:
    model = Model.one_pool(
        arrivals=Arrivals.steady(per_h=1500),
        handle=Exponential(mean_s=240),
        patience=Exponential(mean_s=120),
        schedule=Schedule.level(agents),
        days=205,
    )
    days = batches(run(model).queues[0], 50, 5 * 48)
    assert_near(days[:, c.IN_TIME] / days[:, c.FRESH], sl)


def erlang_c(load: float, agents: int) -> float:
    blocked = 1.0
    for k in range(1, agents + 1):
        blocked = load * blocked / (k + load * blocked)
    return agents * blocked / (agents - load * (1 - blocked))


@pytest.mark.slow
def test_priorities_wait_as_cobham_says() -> None:
    """Non-preemptive M/M/n: Cobham 1954, https://doi.org/10.1287/opre.2.1.70."""
    agents, mean_s, per_h = 12, 200.0, (40.0, 70.0, 80.0)
    queues = tuple(
        Queue(
            name=f"class {k}",
            handle=Exponential(mean_s=mean_s),
            arrivals=Arrivals.steady(per_h=rate),
            priority=-k,
        )
        for k, rate in enumerate(per_h)
    )
    routes = tuple(Route(queue=queue.name) for queue in queues)
    pool = Pool(name="team", schedule=Schedule.level(agents), routes=routes)
    raw = run(Model(queues=queues, pools=(pool,), days=1010))
    load = sum(per_h) / HOUR * mean_s
    first = erlang_c(load, agents) * mean_s / agents
    used = [sum(per_h[:k]) / HOUR * mean_s / agents for k in range(4)]
    for k in range(3):
        days = batches(raw.queues[k], 50, 10 * 48)
        waits = (days[:, c.WAITED_ANSWERED] + days[:, c.WAITED_OTHER]) / TICKS
        truth = first / (1 - used[k]) / (1 - used[k + 1])
        assert_near(waits / days[:, c.FRESH], truth)


def chats(
    *, handle: Law, per_h: float, most: int, speed: tuple[float, ...], days: float
) -> npt.NDArray[np.int64]:
    """One agent with chats only: queue columns and then pool columns, in 50 batches."""
    queue = Queue(name="chat", handle=handle, arrivals=Arrivals.steady(per_h=per_h), channel="chat")
    pool = Pool(
        name="writer",
        schedule=Schedule.level(1),
        routes=(Route(queue="chat"),),
        chats=most,
        speed=speed,
    )
    raw = run(Model(queues=(queue,), pools=(pool,), days=days + 10))
    return batches(np.hstack((raw.queues[0], raw.pools[0])), 50, 10 * 48)


@pytest.mark.slow
def test_chats_are_as_a_birth_and_death_chain_says() -> None:
    """With exponential work, ``k`` chats end at the rate of ``k`` times their speed."""
    speed, mean_s, per_h = (1.0, 0.8, 0.6, 0.5), 300.0, 18.0
    days = chats(handle=Exponential(mean_s=mean_s), per_h=per_h, most=4, speed=speed, days=2000)
    weights = [1.0]
    for n in range(1, 400):
        k = min(n, 4)
        weights.append(weights[-1] * per_h / HOUR * mean_s / (k * speed[k - 1]))
    chance = np.array(weights) / sum(weights)
    there = np.arange(400)
    seconds = 2000 / 50 * 86400
    in_hand = days[:, c.QUEUE_COLUMNS + c.IN_HAND] / TICKS / seconds
    busy = days[:, c.QUEUE_COLUMNS + c.BUSY] / TICKS / seconds
    assert_near(in_hand, float((np.minimum(there, 4) * chance).sum()))
    assert_near(busy, 1 - float(chance[0]))
    assert_near(days[:, c.DELAYED] / days[:, c.FRESH], float(chance[4:].sum()))
    assert_near(
        days[:, c.QUEUE] / TICKS / seconds, float((np.maximum(there - 4, 0) * chance).sum())
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "handle", [Fixed(value_s=300), Lognormal(median_s=180, sigma=1.0107)], ids=str
)
def test_shared_alike_how_long_chats_take_matters_only_by_its_mean(handle: Law) -> None:
    """Processor sharing with room for all: load / (1 - load) in hand, whatever the law."""
    most = 40
    speed = tuple(1 / k for k in range(1, most + 1))
    per_h = 0.6 * HOUR / handle.mean_s
    days = chats(handle=handle, per_h=per_h, most=most, speed=speed, days=1500)
    in_hand = days[:, c.QUEUE_COLUMNS + c.IN_HAND] / TICKS / (1500 / 50 * 86400)
    assert_near(in_hand, 0.6 / 0.4)


@pytest.mark.slow
def test_redials_and_returns_are_as_many_as_the_shares_say() -> None:
    """Who is transferred is settled there or not at all; the others come back in half the cases."""
    queues = (
        Queue(
            name="calls",
            handle=Exponential(mean_s=120),
            arrivals=Arrivals.steady(per_h=100),
            loop=Loop(
                resolves=Curve.flat(0.5), recontact_after=Exponential(mean_s=600), most_attempts=99
            ),
            transfer=Transfer(to="experts", share=0.2),
        ),
        Queue(name="experts", handle=Exponential(mean_s=300), patience=Never()),
    )
    pool = Pool(
        name="team",
        schedule=Schedule.level(20),
        routes=(Route(queue="calls"), Route(queue="experts")),
    )
    raw = run(Model(queues=queues, pools=(pool,), days=105))
    calls, experts = (batches(raw.queues[q], 50, 5 * 48) for q in range(2))
    came = calls[:, : c.ANSWERED].sum(axis=1)
    # Of all calls 0.8 are not transferred, and half of these come again.
    assert_near(came / calls[:, c.FRESH], 1 / (1 - 0.8 * 0.5))
    assert_near(experts[:, c.PASSED_IN] / came, 0.2)
    assert raw.queues[1, :, : c.PASSED_IN].sum() == 0
