"""The warm-up is found where it is, and where it cannot be found that is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.estimate import Estimate
from andon.queueing.erlang import erlang_a
from andon.queueing.laws import Exponential
from andon.queueing.simulator.model import Arrivals
from andon.queueing.simulator.runs import simulate
from andon.queueing.simulator.schedule import Schedule
from andon.queueing.simulator.warm_up import WarmUp, _mser, cut_after, cycle, detect, is_steady
from oracles import simulated as oracle
from simulated import LOOP, day, skills, team

PATIENT = Exponential(mean_s=36_000)


@given(seed=st.integers(0, 10_000), length=st.integers(100, 300), most=st.integers(1, 50))
@settings(deadline=None)
def test_the_cut_agrees_with_its_definition(seed: int, length: int, most: int) -> None:
    """Whole numbers, so that there are many alike; and a ramp of any length before them."""
    rng = np.random.default_rng(seed)
    series = rng.integers(0, most + 1, length).astype(float)
    series[: rng.integers(0, length)] -= most
    assert _mser(series) == oracle.mser(series.tolist())


@pytest.mark.parametrize("length", [30, 60, 100])
def test_a_ramp_is_cut_where_it_ends(length: int) -> None:
    """A level series after a ramp: never much before its end, and now and then a little after."""
    rng = np.random.default_rng(length)
    level = np.concatenate((np.linspace(0, 20, length), np.full(400, 20.0)))
    cut = _mser(level + rng.normal(0, 1, len(level)))
    assert cut is not None
    assert length - 15 <= cut <= length + 40


def test_a_series_that_only_climbs_tells_nothing() -> None:
    assert _mser(np.linspace(0, 1, 300)) is None
    assert _mser(np.ones(12)) is None


def test_what_forgets_at_once_is_not_cut() -> None:
    assert _mser(np.full(200, 3.0)) == 0


def test_steady_is_what_never_changes_with_the_clock() -> None:
    assert is_steady(team())
    assert is_steady(skills())
    assert not is_steady(day())
    assert cycle(day()) == 48
    flat = replace(team().queues[0], arrivals=Arrivals(per_h=(5.0,) * 4, interval_s=1800))
    assert is_steady(replace(team(), queues=(flat,)))


def test_cycles_of_different_lengths_meet_again() -> None:
    three = Schedule.by_interval([1, 2, 3], interval_s=3600)
    base = day(days=3)
    assert cycle(replace(base, pools=(replace(base.pools[0], schedule=three),))) == 48
    odd = Schedule.by_interval([1, 2], interval_s=1000)
    assert cycle(replace(base, pools=(replace(base.pools[0], schedule=odd),))) == 0


def test_what_is_cut_is_quieter_than_what_is_left() -> None:
    """M/M/100+M at its capacity, callers who wait ten hours, for ten days."""
    model = team(100, per_h=2000, handle_s=180, patience=PATIENT, days=10)
    whole = simulate(model, replications=10, warm_up=0.0)
    found = simulate(model, replications=10)
    assert found.warm_up.how == "detected"
    assert 3600 <= found.warm_up.cut_s <= 5 * 86_400
    truth = float(
        erlang_a(load_erlangs=100, handle_s=180, patience_s=36_000, agents=100).mean_wait_s
    )
    left = found.overall.mean_wait_s
    assert isinstance(left, Estimate)
    assert left.low <= truth <= left.high
    waiting = whole.by_interval().queue_length.value
    assert waiting[: found.first_interval].mean() < 0.8 * waiting[found.first_interval :].mean()


@pytest.mark.slow
def test_the_cut_takes_the_bias_of_the_empty_start_away() -> None:
    """The same for three days, 30 times: what is left of the bias is less than half."""
    model = team(100, per_h=2000, handle_s=180, patience=PATIENT, days=3)
    truth = float(
        erlang_a(load_erlangs=100, handle_s=180, patience_s=36_000, agents=100).mean_wait_s
    )
    with_cut: list[float] = []
    without: list[float] = []
    for seed in range(30):
        for found, into in (
            (simulate(model, seed=seed, replications=10), with_cut),
            (simulate(model, seed=seed, replications=10, warm_up=0.0), without),
        ):
            figure = found.overall.mean_wait_s
            assert isinstance(figure, Estimate)
            into.append(figure.value)
    assert np.mean(without) - truth < -5
    assert abs(np.mean(with_cut) - truth) < 0.5 * abs(np.mean(without) - truth)


def test_where_customers_come_back_later_the_cut_is_later() -> None:
    """Those who come back after hours fill the line long after the first ones did."""
    slow = replace(LOOP, recontact_after=Exponential(mean_s=12 * 3600))
    quick = simulate(team(9, per_h=100, days=10), replications=10).warm_up
    long = simulate(team(9, per_h=100, loop=slow, days=10), replications=10).warm_up
    assert quick.how == long.how == "detected"
    assert quick.cut_s < long.cut_s
    assert long.cut_s >= 12 * 3600


def test_a_run_that_is_too_short_says_so() -> None:
    """Far too few agents and callers who wait ten hours: the line grows all day long."""
    model = team(100, per_h=2600, handle_s=180, patience=PATIENT, days=0.5)
    found = simulate(model, replications=10)
    assert found.warm_up.how == "too short"
    assert found.warm_up.cut_s == 6 * 3600
    assert "too short to tell" in found.warm_up.says
    assert "more days" in found.warm_up.says


def test_a_day_is_not_cut_unless_asked_for() -> None:
    found = simulate(day(), replications=2)
    assert found.warm_up == WarmUp(cut_s=0.0, how="none")
    assert simulate(day(), replications=2, warm_up=3600.0).first_interval == 2


def test_days_that_repeat_are_cut_by_whole_days() -> None:
    slow = replace(LOOP, recontact_after=Exponential(mean_s=2 * 86_400))
    base = day(days=42)
    model = replace(base, queues=(replace(base.queues[0], loop=slow),))
    found = simulate(model, replications=8, warm_up="detect")
    assert found.warm_up.how == "detected"
    assert found.warm_up.cut_s % 86_400 == 0
    assert found.warm_up.cut_s >= 86_400


def test_what_is_left_out_is_counted_nowhere() -> None:
    whole = simulate(team(), seed=4, replications=3, warm_up=0.0)
    cut = simulate(team(), seed=4, replications=3, warm_up=7200.0)
    assert np.array_equal(whole.counts.queues, cut.counts.queues)
    assert cut.waits().n == whole.counts.queues[:, :, 4:, 4:6].sum()
    assert cut.by_interval().offered.from_s[0] == 7200


@given(seconds=st.floats(0, 21_599))
def test_a_cut_moves_to_the_next_border(seconds: float) -> None:
    found = cut_after(min(seconds, 19_800.0), team())
    assert found.cut_s % 1800 == 0
    assert seconds - 1e-5 <= found.cut_s + 1800
    assert found.how == ("asked" if found.cut_s else "none")


def test_nothing_left_is_an_error_with_a_remedy() -> None:
    with pytest.raises(QueueingError, match="Nothing is left") as caught:
        cut_after(86_400, team())
    assert "more days" in caught.value.todo


@pytest.mark.parametrize(
    ("warm_up", "says"),
    [
        (WarmUp(cut_s=0.0, how="none"), "from its start"),
        (WarmUp(cut_s=3600.0, how="asked"), "The first 1 h of each run"),
        (WarmUp(cut_s=0.0, how="detected"), "at once"),
        (WarmUp(cut_s=9000.0, how="detected"), "The first 2 h 30 min of each run"),
        (WarmUp(cut_s=9000.0, how="too short"), "too short"),
    ],
)
def test_each_cut_says_what_was_done(warm_up: WarmUp, says: str) -> None:
    assert says in warm_up.says


def test_a_model_whose_cycles_never_meet_cannot_be_cut_by_itself() -> None:
    odd = Schedule.by_interval([3, 5], interval_s=1000)
    base = team(days=2)
    model = replace(base, pools=(replace(base.pools[0], schedule=odd),))
    found = simulate(model, replications=2, warm_up="detect")
    assert found.warm_up.how == "too short"
    assert detect(found.counts, model).how == "too short"
