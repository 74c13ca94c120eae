"""A chat queue: against chains solved in full, published numbers, and simulation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError, UnstableQueue
from andon.queueing.chats import ChatQueue, Placing, chat_agents_needed, chat_queue
from andon.queueing.concurrency import Slowdown
from oracles import chats as oracle

PLACINGS: tuple[Placing, ...] = ("fewest", "even")
RULES = {"fewest": oracle.as_it_is, "even": oracle.evenly}


def _queue(
    load: float,
    agents: int,
    speeds: tuple[float, ...],
    *,
    patience_s: float | None = 180.0,
    handle_s: float = 600.0,
    **more: Any,
) -> ChatQueue:
    """A queue whose arrivals are ``load`` times what its agents can do with all places taken."""
    curve = Slowdown(speeds=speeds)
    return chat_queue(
        arrivals_per_h=load * agents * curve.work(len(speeds)) / handle_s * 3600,
        handle_s=handle_s,
        agents=agents,
        slowdown=curve,
        at_once=len(speeds),
        patience_s=patience_s,
        **more,
    )


@pytest.mark.parametrize("placing", PLACINGS)
@pytest.mark.parametrize(
    ("agents", "speeds"),
    [
        (1, (1, 0.8, 0.6)),
        (2, (1, 0.8)),
        (3, (1, 0.8, 0.65)),
        (5, (1, 1 / 2, 1 / 3)),
        (4, (1, 0.4, 0.39)),
        (6, (1,)),
    ],
)
@pytest.mark.parametrize(("load", "patience_s"), [(0.4, None), (0.9, None), (0.9, 180), (1.6, 60)])
def test_every_figure_agrees_with_the_chain_solved_in_full(
    agents: int,
    speeds: tuple[float, ...],
    load: float,
    patience_s: float | None,
    placing: Placing,
) -> None:
    settles = (0.8, 0.7, 0.5)[: len(speeds)]
    found = _queue(
        load, agents, speeds, patience_s=patience_s, resolved_share=settles, placing=placing
    )
    slow = oracle.chain(
        lam=load * agents * len(speeds) * speeds[-1] / 600,
        agents=agents,
        speeds=speeds,
        handle=600,
        theta=1 / patience_s if patience_s else 0.0,
        line=60 if patience_s else 320,
        rule=RULES[placing],
        quality=settles,
    )
    assert found.p_wait == pytest.approx(slow.p_wait, abs=1e-10)
    assert found.p_abandon == pytest.approx(slow.p_abandon, abs=1e-10)
    assert found.mean_wait_s == pytest.approx(slow.mean_wait, rel=1e-8)
    assert found.mean_handle_s == pytest.approx(slow.mean_handle, rel=1e-9)
    assert found.resolved_share == pytest.approx(slow.resolved, rel=1e-9)
    assert found.chats_per_busy_agent == pytest.approx(slow.chats_per_busy_agent, rel=1e-9)
    assert found.occupancy == pytest.approx(slow.occupancy, rel=1e-9)


@given(
    load=st.floats(0.05, 2.5),
    agents=st.integers(1, 9),
    falls=st.lists(st.floats(0.5, 1), min_size=0, max_size=3),
    patience_s=st.floats(10, 2000),
    placing=st.sampled_from(PLACINGS),
)
@settings(deadline=None, max_examples=60)
def test_little_s_law_and_the_flows_hold(
    load: float, agents: int, falls: list[float], patience_s: float, placing: Placing
) -> None:
    speeds = tuple(float(each) for each in np.cumprod([1.0, *falls]))
    found = _queue(load, agents, speeds, patience_s=patience_s, placing=placing)
    came = load * agents * len(speeds) * speeds[-1] / 600 * 3600
    assert found.placing == placing
    assert found.handled_per_h == pytest.approx(came * (1 - found.p_abandon), rel=1e-9)
    # Exponential patience: P(leave) = E[wait] / patience.
    assert found.p_abandon == pytest.approx(found.mean_wait_s / patience_s, rel=1e-9)
    places = agents * len(speeds)
    inside = found.handled_per_h / 3600 * found.mean_handle_s
    assert inside == pytest.approx(found.places_taken * places, rel=1e-9)
    assert inside == pytest.approx(found.chats_per_busy_agent * found.occupancy * agents, rel=1e-9)
    assert 600 * (1 - 1e-9) <= found.mean_handle_s <= 600 / speeds[-1] * (1 + 1e-9)
    assert 0 <= found.p_abandon <= found.p_wait <= 1
    assert 1 - found.p_wait - 1e-12 <= found.answered_within <= 1 - found.p_abandon + 1e-12
    assert math.isnan(found.resolved_share)


@pytest.mark.parametrize("placing", PLACINGS)
@pytest.mark.parametrize(
    ("agents", "service_level"),
    # M/M/n+M at 100 erlangs of 240 s, patience 120 s, 20 s: pyworkforce 0.5.4, to 6 digits.
    [(97, 0.806131), (100, 0.864860)],
)
def test_one_chat_at_a_time_gives_published_figures_of_erlang_a(
    agents: int, service_level: float, placing: Placing
) -> None:
    found = chat_queue(
        arrivals_per_h=1500,
        handle_s=240,
        agents=agents,
        slowdown=Slowdown(speeds=(1,)),
        at_once=1,
        patience_s=120,
        placing=placing,
    )
    assert found.answered_within == pytest.approx(service_level, abs=1e-6)
    assert found.mean_handle_s == pytest.approx(240)
    assert found.chats_per_busy_agent == pytest.approx(1)


def test_one_chat_at_a_time_without_end_of_patience_gives_published_figures_of_erlang_c() -> None:
    # 200 calls an hour of 180 s, 14 agents: pyworkforce's README, and CRAN's ErlangC.
    found = chat_queue(
        arrivals_per_h=200, handle_s=180, agents=14, slowdown=Slowdown(speeds=(1,)), at_once=1
    )
    assert found.p_wait == pytest.approx(0.17413193, abs=1e-8)
    assert found.answered_within == pytest.approx(0.88835002, abs=1e-8)
    assert found.mean_wait_s == pytest.approx(7.83593701177724, rel=1e-9)


def test_chats_that_do_not_slow_are_so_many_more_agents() -> None:
    chats = chat_queue(
        arrivals_per_h=160,
        handle_s=600,
        agents=10,
        slowdown=Slowdown.per_chat(extra=0, most=3),
        at_once=3,
        patience_s=100,
    )
    calls = chat_queue(
        arrivals_per_h=160,
        handle_s=600,
        agents=30,
        slowdown=Slowdown(speeds=(1,)),
        at_once=1,
        patience_s=100,
    )
    assert chats.p_wait == pytest.approx(calls.p_wait, rel=1e-9)
    assert chats.answered_within == pytest.approx(calls.answered_within, rel=1e-9)
    assert chats.mean_handle_s == pytest.approx(600)


@given(
    load=st.floats(0.3, 1.5),
    agents=st.integers(2, 30),
    slowing=st.sampled_from([(0.2, 0.007, 0.02), (0.5, 0.025, 0.06), (1.0, 0.1, 0.15)]),
    at_once=st.integers(2, 3),
    patience_s=st.one_of(st.none(), st.floats(20, 2000)),
)
@settings(deadline=None, max_examples=80)
def test_evenly_spread_chats_flatter_and_never_by_more_than_is_said(
    load: float,
    agents: int,
    slowing: tuple[float, float, float],
    at_once: int,
    patience_s: float | None,
) -> None:
    extra, wait, handle = slowing
    speeds = Slowdown.per_chat(extra=extra, most=at_once).speeds
    if patience_s is None:
        load *= 0.66
    fewest, even = (
        _queue(load, agents, speeds, placing=each, patience_s=patience_s) for each in PLACINGS
    )
    assert -1e-9 <= fewest.p_wait - even.p_wait <= wait
    assert -1e-9 <= 1 - even.mean_handle_s / fewest.mean_handle_s <= handle


@pytest.mark.parametrize("load", [0.85, 1.0, 1.2])
def test_with_more_agents_evenly_spread_chats_flatter_less(load: float) -> None:
    errors = []
    for agents in (3, 12, 48):
        fewest, even = (_queue(load, agents, (1, 0.8), placing=each) for each in PLACINGS)
        errors.append(1 - even.mean_handle_s / fewest.mean_handle_s)
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.012


@given(load=st.floats(0.3, 1.8), agents=st.integers(1, 10), placing=st.sampled_from(PLACINGS))
@settings(deadline=None, max_examples=40)
def test_one_more_agent_never_lengthens_a_wait_or_a_chat(
    load: float, agents: int, placing: Placing
) -> None:
    few = _queue(load, agents, (1, 0.75, 0.6), placing=placing)
    many = _queue(load * agents / (agents + 1), agents + 1, (1, 0.75, 0.6), placing=placing)
    assert many.p_wait <= few.p_wait + 1e-12
    assert many.mean_wait_s <= few.mean_wait_s + 1e-9
    assert many.mean_handle_s <= few.mean_handle_s + 1e-9
    assert many.answered_within >= few.answered_within - 1e-12


def test_more_places_can_lower_what_is_handled() -> None:
    # Beyond 3 at once these agents get less done.
    curve = Slowdown.from_handle_times([600, 720, 900, 1500, 2400])
    few, many = (
        chat_queue(
            arrivals_per_h=130,
            handle_s=600,
            agents=10,
            slowdown=curve,
            at_once=each,
            patience_s=600,
            resolved_share=[0.8, 0.8, 0.75, 0.6, 0.5],
        )
        for each in (3, 5)
    )
    assert many.handled_per_h < 0.8 * few.handled_per_h
    assert many.mean_handle_s > 2 * few.mean_handle_s
    assert many.resolved_share < few.resolved_share


def test_deep_overload_and_no_customers_have_an_answer() -> None:
    deep = _queue(50, 20, (1, 0.8), patience_s=900, placing="even")
    assert deep.p_wait == pytest.approx(1, abs=1e-9)
    assert deep.p_abandon == pytest.approx(1 - 1 / 50, rel=1e-6)
    assert deep.answered_within < 1e-6
    exact = _queue(50, 20, (1, 0.8), patience_s=900, placing="fewest")
    assert exact.p_abandon == pytest.approx(deep.p_abandon, rel=1e-9)
    for placing in PLACINGS:
        none = _queue(0, 5, (1, 0.8), placing=placing)
        assert (none.p_wait, none.p_abandon, none.mean_wait_s, none.occupancy) == (0, 0, 0, 0)
        assert none.answered_within == 1
        assert math.isnan(none.mean_handle_s)


def test_a_small_share_that_waits_is_told_exactly() -> None:
    found = _queue(0.2, 20, (1, 0.8), placing="even", patience_s=None)
    assert 0 < found.p_wait < 1e-10
    assert found.mean_wait_s == pytest.approx(found.p_wait * 600 / (20 * 1.6 * 0.8), rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("load", [0.9, 1.1])
def test_a_plain_simulation_finds_the_same(load: float) -> None:
    speeds = (1.0, 0.75, 0.58)
    found = _queue(load, 8, speeds, patience_s=240, answer_within_s=30)
    waited, in_time, handle_s = oracle.simulated(
        lam=load * 8 * 3 * 0.58 / 600,
        agents=8,
        speeds=speeds,
        handle=600,
        theta=1 / 240,
        customers=60_000,
        within=30,
        seed=8,
    )
    assert waited == pytest.approx(found.p_wait, abs=0.015)
    assert in_time == pytest.approx(found.answered_within, abs=0.015)
    assert handle_s == pytest.approx(found.mean_handle_s, rel=0.015)


@pytest.mark.parametrize("placing", [None, "fewest", "even"])
@pytest.mark.parametrize(
    "target",
    [
        {"service_level": 0.9},
        {"service_level": 0.8, "mean_handle_s": 700.0},
        {"mean_wait_s": 5.0},
        {"abandon_share": 0.01},
        {"mean_handle_s": 760.0},
    ],
    ids=str,
)
def test_the_fewest_agents_meet_the_target_and_one_fewer_does_not(
    target: dict[str, float], placing: Placing | None
) -> None:
    found = chat_agents_needed(
        arrivals_per_h=90,
        handle_s=600,
        slowdown=Slowdown(speeds=(1, 0.8, 0.6)),
        at_once=3,
        patience_s=180,
        placing=placing,
        **target,
    )

    def meets(queue: ChatQueue) -> bool:
        return (
            queue.answered_within >= target.get("service_level", 0)
            and queue.mean_wait_s <= target.get("mean_wait_s", math.inf)
            and queue.p_abandon <= target.get("abandon_share", 1)
            and queue.mean_handle_s <= target.get("mean_handle_s", math.inf)
        )

    assert found.queue.agents == found.agents
    assert meets(found.queue)
    assert found.one_fewer is not None
    assert not meets(found.one_fewer)
    assert found.one_fewer.agents == found.agents - 1


def test_without_patience_the_fewest_agents_can_be_the_first_stable_number() -> None:
    found = chat_agents_needed(
        arrivals_per_h=90,
        handle_s=600,
        slowdown=Slowdown(speeds=(1, 0.8, 0.6)),
        at_once=3,
        mean_wait_s=1e6,
    )
    assert found.agents == 9  # 15 erlangs of work, 1.8 an agent
    assert found.one_fewer is None
    nobody = chat_agents_needed(
        arrivals_per_h=0, handle_s=600, slowdown=Slowdown(speeds=(1,)), at_once=1, mean_wait_s=1
    )
    assert (nobody.agents, nobody.one_fewer) == (1, None)


def test_the_fewest_agents_are_looked_for_under_one_placing_throughout() -> None:
    asked: dict[str, Any] = {
        "handle_s": 600,
        "slowdown": Slowdown.per_chat(extra=0.2, most=3),
        "at_once": 3,
        "patience_s": 180,
        "service_level": 0.9,
    }
    for arrivals in (440, 480, 490, 500, 520):
        found = chat_agents_needed(arrivals_per_h=arrivals, **asked)
        assert found.one_fewer is not None
        assert found.one_fewer.placing == found.queue.placing
        assert found.queue.answered_within >= 0.9 > found.one_fewer.answered_within
        assert (found.queue.placing == "fewest") == (found.agents <= 40)


def test_too_many_ways_to_share_chats_out_are_taken_evenly() -> None:
    curve = Slowdown.per_chat(extra=0.2, most=4)
    found = chat_queue(
        arrivals_per_h=1000, handle_s=600, agents=100, slowdown=curve, at_once=4, patience_s=100
    )
    assert found.placing == "even"
    with pytest.raises(QueueingError, match="ways to share"):
        chat_queue(
            arrivals_per_h=1000,
            handle_s=600,
            agents=100,
            slowdown=curve,
            at_once=4,
            patience_s=100,
            placing="fewest",
        )
    # One agent alone may take many: there is only one way to place them.
    alone = Slowdown.per_chat(extra=0.01, most=200)
    assert (
        chat_queue(arrivals_per_h=100, handle_s=600, agents=1, slowdown=alone, at_once=200).p_wait
        < 0.01
    )


def test_a_queue_without_end_says_how_many_agents_would_do() -> None:
    with pytest.raises(UnstableQueue, match="grows without end") as caught:
        chat_queue(
            arrivals_per_h=90,
            handle_s=600,
            agents=8,
            slowdown=Slowdown(speeds=(1, 0.8, 0.6)),
            at_once=3,
        )
    assert "at least 9 agents" in caught.value.todo


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"arrivals_per_h": -1}, "arrivals_per_h"),
        ({"handle_s": 0}, "handle_s"),
        ({"agents": 0}, "agents"),
        ({"agents": 2.5}, "agents"),
        ({"at_once": 3}, "at_once"),
        ({"at_once": 0}, "at_once"),
        ({"patience_s": 0}, "patience_s"),
        ({"answer_within_s": -1}, "answer_within_s"),
        ({"resolved_share": [0.5]}, "resolved_share"),
        ({"placing": "odd"}, "placing"),
        ({"arrivals_per_h": 1e13}, "line is too long"),
        (
            {"agents": 900_000, "at_once": 20, "slowdown": Slowdown.per_chat(extra=0, most=20)},
            "at_once",
        ),
    ],
)
def test_input_that_cannot_be_is_refused_by_its_name(wrong: dict[str, Any], field: str) -> None:
    asked: dict[str, Any] = {
        "arrivals_per_h": 10,
        "handle_s": 600,
        "agents": 3,
        "slowdown": Slowdown(speeds=(1, 0.8)),
        "at_once": 2,
        "patience_s": 100,
    }
    with pytest.raises(QueueingError) as caught:
        chat_queue(**(asked | wrong))
    assert field in str(caught.value)


@pytest.mark.parametrize(
    "target",
    [
        {},
        {"service_level": 1.0},
        {"abandon_share": 0.0},
        {"mean_handle_s": 600.0},
        {"mean_wait_s": 0.0},
    ],
    ids=str,
)
def test_a_target_that_nobody_meets_is_refused(target: dict[str, float]) -> None:
    with pytest.raises(QueueingError):
        chat_agents_needed(
            arrivals_per_h=10,
            handle_s=600,
            slowdown=Slowdown(speeds=(1, 0.8)),
            at_once=2,
            patience_s=100,
            **target,  # type: ignore[arg-type]
        )
