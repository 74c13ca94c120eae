"""Where the loop rests: against iteration, against the one-interval loop, and its laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.capacity.balance import Balance, Curves, balance
from andon.capacity.levers import Levers
from andon.capacity.pace import Pace
from andon.capacity.situation import Situation
from andon.queueing.steady_loop import stationary_loop
from one_queue import WEEK, pace_of, queue, told
from oracles import what_if as oracle


def _curves(situation: Situation, pace: Pace) -> Curves:
    return Curves.of(situation, pace, np.random.default_rng(3))


def _rest(situation: Situation, pace: Pace, **levers: str) -> Balance:
    today = Levers().set_on(situation)
    return balance(
        situation, _curves(situation, pace), Levers.said(**levers).set_on(situation), today
    )


def test_today_s_balance_is_today() -> None:
    situation = queue()
    found = _rest(situation, pace_of(situation))
    assert found.contacts == pytest.approx(np.full(400, WEEK.sum()), rel=1e-9)
    # Every contact is a new matter, a return or a redial.
    assert found.matters + found.returns + found.redials == pytest.approx(found.contacts, rel=1e-9)
    # And every matter ends: handled for good, or given up for good.
    settled = found.answered - found.returns
    assert settled + found.lost == pytest.approx(found.matters, rel=1e-9)


@pytest.mark.parametrize(
    "levers",
    [
        {"handle_time": "-25%"},
        {"handle_time": "+20%"},
        {"handle_time": "-25%", "agents": "follow"},
        {"agents": "-20%"},
    ],
)
def test_a_curve_rests_where_iteration_does(levers: dict[str, str]) -> None:
    situation = queue(redials=told(0.5))
    pace = pace_of(situation, curves=8)
    found = _rest(situation, pace, **levers)
    setting = Levers.said(**levers).set_on(situation)
    for i in range(0, 8, 3):
        total = oracle.rest(
            situation.contacts,
            situation.agents,
            setting.agents,
            interval_s=1800,
            handle_today_s=300,
            handle_s=setting.handle_s,
            patience_s=150,
            again_today=float(pace.share[i]),
            again=float(pace.at(setting.handle_s)[i]),
            redial=0.5,
        )
        assert found.contacts[i] == pytest.approx(total, rel=2e-4)


@given(
    agents=st.integers(5, 60),
    busy=st.floats(0.5, 1.3),
    again=st.floats(0.0, 0.6),
    redial=st.floats(0.0, 0.8),
    fewer=st.integers(0, 4),
)
@settings(max_examples=25)
def test_one_interval_is_the_stationary_loop(
    agents: int, busy: float, again: float, redial: float, fewer: int
) -> None:
    per_h = agents * busy * 12
    situation = queue(
        contacts=np.full(24, per_h),
        agents=np.full(24, float(agents)),
        interval_s=3600,
        returns=told(again),
        redials=told(redial),
    )
    pace = pace_of(situation, 0.0, 0.0, 0.0, curves=2)
    found = _rest(situation, pace, agents=f"-{fewer}")
    loop = stationary_loop(
        fresh_per_h=float(found.matters[0]) / 168,
        handle_s=300,
        patience_s=150,
        agents=agents - fewer,
        recontact_share=float(pace.share[0]),
        redial_share=redial,
    )
    assert found.contacts[0] / 168 == pytest.approx(loop.calm.total_per_h, rel=2e-3)
    assert found.gives_up[0] == pytest.approx(loop.calm.p_abandon, abs=2e-3)
    assert found.mean_wait_s[0] == pytest.approx(loop.calm.mean_wait_s, rel=0.02, abs=0.2)


def test_more_returns_after_a_wait_can_jam() -> None:
    situation = queue(
        contacts=np.full(24, 1021.0),
        agents=np.full(24, 100.0),
        interval_s=3600,
        patience_s=180.0,
        returns=told(0.15),
        redials=told(0.5),
        extra_returns_after_wait=0.3,
    )
    pace = pace_of(situation, 0.0, 0.0, 0.0, curves=2)
    calm = _rest(situation, pace)
    assert calm.jams.all()
    loop = stationary_loop(
        fresh_per_h=float(calm.matters[0]) / 168,
        handle_s=300,
        patience_s=180,
        agents=100,
        recontact_share=0.15,
        recontact_share_after_wait=0.45,
        redial_share=0.5,
    )
    assert len(loop.states) == 3
    assert calm.contacts[0] / 168 == pytest.approx(loop.calm.total_per_h, rel=2e-3)
    # A little more, and the calm is gone: what is reached then is the jam.
    pushed = _rest(situation, pace, volume="+4%")
    jam = stationary_loop(
        fresh_per_h=float(pushed.matters[0]) / 168,
        handle_s=300,
        patience_s=180,
        agents=100,
        recontact_share=0.15,
        recontact_share_after_wait=0.45,
        redial_share=0.5,
    )
    assert len(jam.states) == 1
    assert pushed.contacts[0] / 168 == pytest.approx(jam.jammed.total_per_h, rel=5e-3)


@given(
    cut=st.integers(0, 60),
    slope=st.floats(-0.3, 0.1),
    stronger=st.floats(0.0, 0.2),
)
@settings(max_examples=20)
def test_a_stronger_effect_never_makes_less_work_after_a_cut(
    cut: int, slope: float, stronger: float
) -> None:
    situation = queue()
    weak = pace_of(situation, slope, slope, slope, curves=40)
    strong = pace_of(situation, slope - stronger, slope - stronger, slope - stronger, curves=40)
    straight = weak.family != 2  # a floor is drawn anew with each slope
    levers = {"handle_time": f"-{cut}%"}
    less, more = _rest(situation, weak, **levers), _rest(situation, strong, **levers)
    assert np.all((more.cost.work_h >= less.cost.work_h * (1 - 1e-5))[straight])
    assert np.all((more.contacts >= less.contacts * (1 - 1e-5))[straight])


@given(fewer=st.integers(0, 30))
@settings(max_examples=10)
def test_fewer_agents_never_shorten_waits_or_lose_fewer(fewer: int) -> None:
    situation = queue()
    pace = pace_of(situation, curves=20)
    now, then = _rest(situation, pace), _rest(situation, pace, agents=f"-{fewer}%")
    assert np.all(then.mean_wait_s >= now.mean_wait_s * (1 - 1e-9))
    assert np.all(then.lost >= now.lost * (1 - 1e-9))


def test_without_an_effect_a_cut_saves_what_it_promises() -> None:
    situation = queue(patience_s=float("inf"))
    pace = pace_of(situation, 0.0, 0.0, 0.0)
    now, then = _rest(situation, pace), _rest(situation, pace, handle_time="-25%")
    assert then.cost.work_h == pytest.approx(0.75 * now.cost.work_h, rel=1e-9)
    assert then.contacts == pytest.approx(now.contacts, rel=1e-9)


def test_where_nobody_gives_up_too_few_agents_have_no_balance() -> None:
    situation = queue(patience_s=float("inf"))
    pace = pace_of(situation, curves=20)
    assert np.isfinite(_rest(situation, pace).wait_h).all()
    assert np.isinf(_rest(situation, pace, agents="-40%").wait_h).all()


def test_a_bot_that_settles_nothing_brings_all_the_work_back() -> None:
    situation = queue()
    pace = pace_of(situation, curves=20)
    now, then = _rest(situation, pace), _rest(situation, pace, deflect="20%@0")
    assert then.contacts == pytest.approx(now.contacts, rel=1e-9)
    assert np.all(then.cost.customers_h > now.cost.customers_h)  # the time with the bot is lost


def test_callbacks_lose_fewer_and_bring_more_work() -> None:
    situation = queue(patience_s=60.0, agents=queue().agents * 0.8)
    pace = pace_of(situation, curves=20)
    now, then = _rest(situation, pace), _rest(situation, pace, callback="50%@10s")
    assert np.all(then.lost < now.lost)
    assert np.all(then.cost.work_h > now.cost.work_h)
