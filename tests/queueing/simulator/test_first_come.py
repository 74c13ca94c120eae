"""The fast engine: call by call like its slow twin, on average like the formulas, and lawful."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.queueing._kernels import columns as c
from andon.queueing._kernels.laws import TICKS
from andon.queueing.laws import Exponential, Fixed, Law, Lognormal, Never, Weibull
from andon.queueing.simulator import first_come
from andon.queueing.simulator.first_come import run_first_come
from andon.queueing.simulator.model import Arrivals, Curve, Loop, Model
from andon.queueing.simulator.plan import Plan
from andon.queueing.simulator.raw import Raw
from andon.queueing.simulator.schedule import Schedule, Shift
from oracles import first_come as oracle

HOUR = 3600.0
LAWS: list[Law] = [
    Exponential(mean_s=240),
    Lognormal(median_s=200, sigma=0.9),
    Weibull(scale_s=150, shape=0.7),
    Fixed(value_s=180),
]
DAY = Schedule.of_shifts(
    [
        Shift(agents=7, from_s=7 * HOUR, to_s=15 * HOUR, breaks=((11 * HOUR, 11.5 * HOUR),)),
        Shift(agents=6, from_s=11 * HOUR, to_s=19 * HOUR, breaks=((15 * HOUR, 15.5 * HOUR),)),
        Shift(agents=2, from_s=22 * HOUR, to_s=30 * HOUR),
    ]
)
LOOP = Loop(
    resolves=Curve(handle_s=(60, 300), share=(0.4, 0.85)),
    comes_back=0.9,
    recontact_after=Lognormal(median_s=4000, sigma=1.0),
    redials=0.6,
    redial_after=Exponential(mean_s=300),
    redial_patience=Exponential(mean_s=60),
    most_attempts=4,
)


def team(
    *,
    schedule: Schedule,
    per_h: float = 70.0,
    handle: Law = LAWS[0],
    patience: Law | None = None,
    loop: Loop | None = None,
    days: float = 2.0,
    day_cv: float = 0.0,
) -> Model:
    return Model.one_pool(
        arrivals=Arrivals(per_h=(per_h, per_h / 2), interval_s=6 * HOUR, day_cv=day_cv),
        handle=handle,
        patience=patience,
        schedule=schedule,
        loop=loop,
        days=days,
    )


def run(model: Model, *, seed: int = 1, trace: bool = False) -> Raw:
    return run_first_come(Plan.of(model), seed=seed, replication=0, trace=trace)


def totals(raw: Raw) -> np.ndarray:
    return np.asarray(raw.queues[0].sum(axis=0))


@pytest.mark.parametrize("handle", LAWS, ids=str)
@pytest.mark.parametrize("patience", [Exponential(mean_s=90), Fixed(value_s=60), Never()], ids=str)
def test_every_call_is_as_by_hand(handle: Law, patience: Law) -> None:
    model = Model.one_pool(
        arrivals=Arrivals.steady(per_h=150),
        handle=handle,
        patience=patience,
        schedule=Schedule.level(9),
        days=1,
    )
    rows = run(model, seed=5, trace=True).trace
    told = oracle.calls(
        rate_per_s=150 / HOUR, handle=handle, patience=patience, agents=9, horizon_s=86400, seed=5
    )
    assert len(rows) == len(told)
    for row, call in zip(rows, told, strict=True):
        # The twin's laws may end a microsecond beside ours, and free times carry that on.
        assert row[c.ARRIVED] == pytest.approx(call.arrived, abs=2)
        if row[c.OUTCOME] == c.STILL:
            assert call.left >= 86400 * TICKS
            continue
        assert (row[c.OUTCOME] == c.ANSWERED) == (call.answered is not None)
        assert row[c.LEFT] == pytest.approx(call.left, abs=500)
        if call.answered is not None:
            assert row[c.LEFT_QUEUE] == pytest.approx(call.answered, abs=500)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**62),
    per_h=st.floats(0, 200),
    patience=st.sampled_from([Exponential(mean_s=90), Never(), Fixed(value_s=45)]),
    loop=st.sampled_from([None, LOOP]),
    schedule=st.sampled_from([DAY, Schedule.level(5), Schedule.by_interval([0, 9, 3])]),
    day_cv=st.sampled_from([0.0, 0.3]),
)
def test_nobody_is_made_or_lost_and_little_holds(
    seed: int, per_h: float, patience: Law, loop: Loop | None, schedule: Schedule, day_cv: float
) -> None:
    raw = run(
        team(schedule=schedule, per_h=per_h, patience=patience, loop=loop, day_cv=day_cv),
        seed=seed,
        trace=True,
    )
    table = totals(raw)
    came = table[c.FRESH : c.PASSED_IN + 1].sum()
    left = table[c.ANSWERED : c.PASSED_ON + 1].sum()
    assert came == left == len(raw.trace)
    assert raw.fates[0, : c.CUSTOMERS].sum() == raw.fates[0, c.CUSTOMERS] == table[c.FRESH]
    # Little's law, summed up: the queue's length over time is everybody's wait.
    assert table[c.QUEUE] == table[c.WAITED_ANSWERED] + table[c.WAITED_OTHER]
    served = raw.trace[raw.trace[:, c.OUTCOME] == c.ANSWERED]
    horizon = 2 * 86400 * TICKS
    busy = (np.minimum(served[:, c.LEFT], horizon) - served[:, c.LEFT_QUEUE]).sum()
    assert raw.pools[0, :, c.BUSY].sum() == busy
    assert raw.waits[0].sum() == table[c.ANSWERED] + table[c.GAVE_UP]
    present = raw.pools[0, :, c.STAFFED] + raw.pools[0, :, c.OVERTIME]
    assert (raw.pools[0, :, c.BUSY] <= present).all()
    assert (raw.pools[0, :, c.OVERTIME] >= 0).all()
    assert (served[:, c.LEFT_QUEUE] >= served[:, c.ARRIVED]).all()
    # First come, first served.
    assert (np.diff(served[:, c.LEFT_QUEUE]) >= 0).all()


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**62), agents=st.integers(4, 12), law=st.sampled_from(LAWS))
def test_one_more_agent_never_lengthens_anybodys_wait(seed: int, agents: int, law: Law) -> None:
    waits = []
    for more in (0, 1):
        model = team(schedule=Schedule.level(agents + more), handle=law, days=1)
        rows = run(model, seed=seed, trace=True).trace
        left = np.where(rows[:, c.LEFT_QUEUE] < 0, 86400 * TICKS, rows[:, c.LEFT_QUEUE])
        waits.append(left - rows[:, c.ARRIVED])
    assert len(waits[0]) == len(waits[1])
    assert (waits[1] <= waits[0]).all()


@pytest.mark.parametrize("loop", [None, LOOP], ids=["calls", "with returns"])
def test_one_more_agent_never_lengthens_the_mean_wait_of_those_who_hang_up(
    loop: Loop | None,
) -> None:
    means = []
    for agents in range(3, 12):
        model = team(
            schedule=Schedule.level(agents), patience=Exponential(mean_s=90), loop=loop, days=20
        )
        table = totals(run(model))
        came = table[c.FRESH : c.PASSED_IN + 1].sum()
        means.append((table[c.WAITED_ANSWERED] + table[c.WAITED_OTHER]) / came)
    assert sorted(means, reverse=True) == means


@pytest.mark.parametrize("schedule", [DAY, Schedule.level(6)], ids=["shifts", "level"])
def test_a_run_that_stops_for_room_goes_on_as_if_it_had_not(
    schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = team(schedule=schedule, patience=Exponential(mean_s=90), loop=LOOP, days=3)
    whole = run(model, trace=True)
    monkeypatch.setattr(first_come, "_NOTES", 2)
    monkeypatch.setattr(first_come, "_TRACE_ROWS", 7)
    parts = run(model, trace=True)
    untraced = run(model)
    for name in ("queues", "pools", "waits", "fates"):
        assert (getattr(whole, name) == getattr(parts, name)).all()
        assert (getattr(whole, name) == getattr(untraced, name)).all()
    assert (whole.trace == parts.trace).all()
    assert len(untraced.trace) == 0


def test_the_calendars_shape_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model = team(schedule=DAY, patience=Exponential(mean_s=90), loop=LOOP, days=3)
    usual = run(model, trace=True)
    for holds, ring in ((0.1, (1 << 2, 1 << 3)), (500.0, (1 << 4, 1 << 5))):
        monkeypatch.setattr(first_come, "_DAY_HOLDS", holds)
        monkeypatch.setattr(first_come, "_RING", ring)
        assert (run(model, trace=True).trace == usual.trace).all()


def test_nobody_serves_while_nobody_is_there() -> None:
    raw = run(team(schedule=DAY, days=3), trace=True)
    begun = raw.trace[raw.trace[:, c.OUTCOME] == c.ANSWERED, c.LEFT_QUEUE] / TICKS % 86400
    away = (begun >= 6 * HOUR) & (begun < 7 * HOUR) | (begun >= 19 * HOUR) & (begun < 22 * HOUR)
    assert len(begun) > 1000
    assert not away.any()


def test_people_finish_their_call_and_then_leave() -> None:
    model = team(schedule=DAY, handle=Fixed(value_s=610), patience=Exponential(mean_s=90), days=3)
    raw = run(model, trace=True)
    served = raw.trace[raw.trace[:, c.OUTCOME] == c.ANSWERED]
    assert set((served[:, c.LEFT] - served[:, c.LEFT_QUEUE]).tolist()) == {610 * TICKS}
    over = raw.pools[0, :, c.OVERTIME].reshape(3, 48).sum(axis=0) > 0
    # Past the ends at 6, 15 and 19 o'clock, and into the breaks at 11 and 15.
    assert set(np.flatnonzero(over)) <= {12, 22, 30, 38}
    assert over[[22, 30, 38]].all()


def _within(value: float, truth: float, batches: np.ndarray) -> bool:
    """Whether a mean is within four of its standard errors."""
    error = batches.std(ddof=1) / math.sqrt(len(batches))
    return bool(abs(value - truth) < 4 * error)


# 100 erlangs of 240 s and a patience of 120 s: by the formulas, and by another library.
@pytest.mark.parametrize(("agents", "sl"), [(97, 0.806131), (100, 0.864860)])
def test_long_runs_agree_with_erlang_a(agents: int, sl: float) -> None:
    model = Model.one_pool(
        arrivals=Arrivals.steady(per_h=1500),
        handle=Exponential(mean_s=240),
        patience=Exponential(mean_s=120),
        schedule=Schedule.level(agents),
        days=205,
    )
    table = run(model).queues[0][5 * 48 :]
    days = table.reshape(50, -1, table.shape[1]).sum(axis=1)
    shares = days[:, c.IN_TIME] / days[:, c.FRESH]
    assert _within(shares.mean(), sl, shares)
    waits = (days[:, c.WAITED_ANSWERED] + days[:, c.WAITED_OTHER]) / TICKS / days[:, c.FRESH]
    given_up = days[:, c.GAVE_UP] / days[:, c.FRESH]
    # Giving up is the wait over the mean patience.
    assert abs(given_up.mean() - waits.mean() / 120) < 4 * (given_up - waits / 120).std() / 50**0.5


def test_the_loop_brings_back_as_many_as_erlang_r_says() -> None:
    share = 0.7
    model = Model.one_pool(
        arrivals=Arrivals.steady(per_h=500),
        handle=Exponential(mean_s=200),
        schedule=Schedule.level(60),
        loop=Loop(
            resolves=Curve.flat(share),
            recontact_after=Exponential(mean_s=7200),
            most_attempts=1000,
        ),
        days=120,
    )
    table = run(model).queues[0][10 * 48 :]
    days = table.reshape(55, -1, table.shape[1]).sum(axis=1)
    came = days[:, c.FRESH : c.PASSED_IN + 1].sum(axis=1)
    ratio = came / days[:, c.FRESH]
    assert _within(ratio.mean(), 1 / share, ratio)
    load = days[:, c.HANDLED] / TICKS / (2 * 86400)
    assert _within(load.mean(), 500 / HOUR * 200 / share, load)


def test_busy_days_are_as_busy_as_their_spread_says() -> None:
    model = Model.one_pool(
        arrivals=Arrivals(per_h=(2000.0,), day_cv=0.2),
        handle=Exponential(mean_s=1),
        schedule=Schedule.level(5),
        days=1000,
        interval_s=86400 / 2,
    )
    fresh = run(model).queues[0][:, c.FRESH].reshape(1000, 2)
    volume = fresh.sum(axis=1)
    assert volume.mean() == pytest.approx(48000, rel=0.03)
    assert volume.std() / volume.mean() == pytest.approx(0.2, rel=0.1)
    # The two halves of one day share its number: they differ by chance alone.
    apart = (fresh[:, 0] - fresh[:, 1]) / np.sqrt(volume)
    assert apart.std() == pytest.approx(1, rel=0.1)


def test_customers_keep_their_own_numbers_when_staffing_changes() -> None:
    """Handle times, patience and luck belong to the customer: so differences are sharp."""
    runs = [
        run(team(schedule=Schedule.level(n), patience=Exponential(mean_s=90)), trace=True).trace
        for n in (5, 9)
    ]
    few, many = ({tuple(row[:2]): row for row in rows.tolist()} for rows in runs)
    both = [key for key in few if few[key][c.OUTCOME] == many[key][c.OUTCOME] == c.ANSWERED]
    assert len(both) > 1000
    for key in both:
        lasts = [each[key][c.LEFT] - each[key][c.LEFT_QUEUE] for each in (few, many)]
        assert lasts[0] == lasts[1]


def test_the_kernels_give_the_same_uncompiled(tmp_path: Path) -> None:
    code = """
import numpy as np, sys
from tests_model import model
from andon.queueing.simulator.first_come import run_first_come
from andon.queueing.simulator.plan import Plan
raw = run_first_come(Plan.of(model), seed=3, replication=2, trace=True)
np.savez(sys.argv[1], queues=raw.queues, pools=raw.pools, waits=raw.waits, trace=raw.trace)
"""
    (tmp_path / "tests_model.py").write_text(
        "from andon.queueing.laws import *\n"
        "from andon.queueing.simulator.model import *\n"
        "from andon.queueing.simulator.schedule import *\n"
        "model = Model.one_pool(arrivals=Arrivals.steady(per_h=60), "
        "handle=Lognormal(median_s=200, sigma=0.9), patience=Gamma(mean_s=60, cv=1.3), "
        "schedule=Schedule.by_interval([3, 5, 4], interval_s=1800), days=0.25, "
        "loop=Loop(resolves=Curve(handle_s=(60, 300), share=(0.4, 0.9)), redials=0.5, "
        "recontact_after=Exponential(mean_s=1800), redial_after=Weibull(scale_s=60, shape=0.8)))\n"
    )
    found = []
    for plain in ("0", "1"):
        out = tmp_path / f"run{plain}.npz"
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, str(out)],
            env={**os.environ, "NUMBA_DISABLE_JIT": plain, "PYTHONPATH": f"{tmp_path}"},
            check=True,
        )
        with np.load(out) as saved:
            found.append({name: saved[name] for name in saved.files})
    assert len(found[0]["trace"]) > 300
    for name, array in found[0].items():
        assert (array == found[1][name]).all()
