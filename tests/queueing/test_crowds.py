"""The table agrees with Erlang A everywhere, and its variances with a chain and with simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.queueing._kernels import columns
from andon.queueing._kernels.crowds import one_crowd
from andon.queueing.crowds import Crowds
from andon.queueing.erlang import erlang_a
from andon.queueing.laws import Exponential
from andon.queueing.simulator.model import Arrivals, Model
from andon.queueing.simulator.runs import simulate
from andon.queueing.simulator.schedule import Schedule
from andon.units import US
from oracles.crowds import variance_each_arrival

LIMITS = {"service_level": 0.8, "abandoned": 0.05, "mean_wait_s": 20.0, "occupancy": 0.85}


def node(
    load: float, handle_s: float, agents: int, patience_s: float, within_s: float, short_s: float
) -> np.ndarray:
    out = np.empty(7)
    limits = np.array(list(LIMITS.values()))
    one_crowd(load, handle_s, agents, patience_s, within_s, short_s, limits, out)
    return out


@given(
    load=st.floats(0.01, 300),
    beta=st.floats(-3, 4),
    handle_s=st.floats(30, 900),
    patience_s=st.floats(20, 900),
    within_s=st.sampled_from([0.0, 10.0, 20.0, 60.0, 300.0]),
    short_s=st.sampled_from([0.0, 5.0, 20.0]),
)
def test_each_node_is_erlang_a(
    load: float, beta: float, handle_s: float, patience_s: float, within_s: float, short_s: float
) -> None:
    agents = max(0, round(load + beta * np.sqrt(load)))
    found = node(load, handle_s, agents, patience_s, within_s, short_s)
    given_ = {
        "load_erlangs": load,
        "handle_s": handle_s,
        "patience_s": patience_s,
        "agents": agents,
    }
    wait = erlang_a(**given_, answer_within_s=within_s)
    soon = erlang_a(**given_, answer_within_s=short_s)
    at_once = 1 - np.asarray(soon.service_level.of_offered) - np.asarray(soon.p_wait_longer)
    assert found[0] == pytest.approx(wait.service_level.of_offered, abs=1e-10)
    assert found[1] == pytest.approx(at_once, abs=1e-10)
    assert found[2] == pytest.approx(wait.p_abandon, abs=1e-10)


def test_answers_are_as_good_where_their_chance_is_below_all_doubles() -> None:
    load, agents, within_s = 5_000.0, 4_900, 60.0
    found = node(load, 240.0, agents, 3_000.0, within_s, 5.0)
    wait = erlang_a(
        load_erlangs=load,
        handle_s=240.0,
        patience_s=3_000.0,
        agents=agents,
        answer_within_s=within_s,
    )
    assert found[0] == pytest.approx(wait.service_level.of_offered, abs=1e-9)


@given(
    load=st.floats(0.3, 12),
    agents=st.integers(0, 16),
    patience=st.floats(0.2, 2.0),
)
def test_variances_of_waiting_and_work_are_those_of_the_chain(
    load: float, agents: int, patience: float
) -> None:
    handle_s = 200.0
    found = node(load, handle_s, agents, patience * handle_s, 20.0, 5.0)
    chain = {
        "load": load,
        "handle_s": handle_s,
        "patience_s": patience * handle_s,
        "agents": agents,
    }
    waiting = variance_each_arrival(
        **chain,
        with_arrival=-LIMITS["mean_wait_s"],
        while_waiting=handle_s,
        while_busy=0.0,
        always=0.0,
    )
    work = variance_each_arrival(
        **chain,
        with_arrival=0.0,
        while_waiting=0.0,
        while_busy=1.0,
        always=-LIMITS["occupancy"] * agents,
    )
    assert found[5] == pytest.approx(waiting, rel=1e-6, abs=1e-6)
    assert found[6] == pytest.approx(work, rel=1e-6, abs=1e-9)


def test_where_nobody_waits_only_the_number_of_arrivals_varies() -> None:
    found = node(2.0, 240.0, 60, 120.0, 20.0, 5.0)
    assert found[0] == pytest.approx(1.0)
    assert found[3] == pytest.approx(0.2**2)  # each is a hit, which leaves a fifth of a miss
    assert found[4] == pytest.approx(0.05**2)
    assert found[5] == pytest.approx(20.0**2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("load", "agents", "patience_s"), [(8.0, 9, 120.0), (30.0, 30, 90.0), (12.0, 13, 600.0)]
)
def test_days_of_a_simulated_queue_lie_as_far_apart_as_told(
    load: float, agents: int, patience_s: float
) -> None:
    """1,200 days: the standard deviation is sure to 2 %, and each is told to 6 %."""
    handle_s, days = 240.0, 1_200
    found = node(load, handle_s, agents, patience_s, 20.0, 20.0)
    model = Model.one_pool(
        arrivals=Arrivals.steady(load / handle_s * 3600),
        handle=Exponential(mean_s=handle_s),
        patience=Exponential(mean_s=patience_s),
        schedule=Schedule.level(agents),
        days=days / 2,
        interval_s=43_200.0,
    )
    counts = simulate(model, replications=1, seed=4, warm_up=43_200.0, workers=1).counts
    queue, busy_s = counts.queues[0, 0, 1:], counts.pools[0, 0, 1:, columns.BUSY] / US
    came = queue[:, :4].sum(axis=1)
    counted = came - queue[:, columns.SHORT]
    waited_s = queue[:, [columns.WAITED_ANSWERED, columns.WAITED_OTHER]].sum(axis=1) / US
    beyond = (
        LIMITS["service_level"] * counted - queue[:, columns.IN_TIME],
        queue[:, columns.GAVE_UP] - queue[:, columns.SHORT] - LIMITS["abandoned"] * counted,
        waited_s - LIMITS["mean_wait_s"] * came,
        (busy_s - LIMITS["occupancy"] * agents * 43_200) / handle_s,
    )
    for each, variance in zip(beyond, found[3:], strict=True):
        assert np.sqrt(variance * came.mean()) == pytest.approx(each.std(), rel=0.08)


@given(
    load=st.floats(0.001, 150),
    handle_s=st.floats(180, 420),
    beta=st.floats(-3, 4),
    patience_s=st.sampled_from([60.0, 200.0, 600.0]),
)
def test_between_nodes_the_table_is_as_near_as_it_says(
    load: float, handle_s: float, beta: float, patience_s: float
) -> None:
    agents = max(0, round(load + beta * np.sqrt(load)))
    met = TABLES[patience_s].at(load_erlangs=load, handle_s=handle_s, agents=agents)
    found = node(load, handle_s, agents, patience_s, 20.0, 5.0)
    shares = [float(each) for each in (met.in_time, met.gone_at_once, met.gone)]
    assert shares == pytest.approx(found[:3].tolist(), abs=5e-4)
    assert float(met.mean_wait_s) == pytest.approx(patience_s * found[2], abs=5e-4 * patience_s)
    variances = met.variance_in_time, met.variance_lost, met.variance_wait, met.variance_busy
    for each, exact in zip(variances, found[3:], strict=True):
        assert float(each) == pytest.approx(exact, rel=0.02, abs=2e-3 * max(1.0, exact))


TABLES = {
    patience_s: Crowds(most_erlangs=151, handle_s=(180, 420), patience_s=patience_s, **LIMITS)
    for patience_s in (60.0, 200.0, 600.0)
}


def test_a_table_grows_and_keeps_what_it_knew() -> None:
    table = Crowds(most_erlangs=40, handle_s=(240, 240), patience_s=120, service_level=0.8)
    before = table.at(load_erlangs=[5.0, 9.0], handle_s=240, agents=[6, 9]).in_time
    table.at(load_erlangs=39, handle_s=240, agents=300)
    assert table.at(load_erlangs=[5.0, 9.0], handle_s=240, agents=[6, 9]).in_time.tolist() == (
        before.tolist()
    )


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(QueueingError, match="patience_s must be above 0"):
        Crowds(most_erlangs=10, handle_s=(200, 300), patience_s=0)
    table = Crowds(most_erlangs=10, handle_s=(200, 300), patience_s=100)
    with pytest.raises(QueueingError, match="load_erlangs"):
        table.at(load_erlangs=-1, handle_s=240, agents=3)
