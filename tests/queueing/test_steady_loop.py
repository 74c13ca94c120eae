"""The loop at rest: against sums over states, iteration, and a simulation event by event."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.queueing.steady_loop import StationaryLoop, stationary_loop
from oracles import stationary_loop as oracle

JAMS = {
    "handle_s": 300.0,
    "patience_s": 180.0,
    "agents": 100,
    "recontact_share": 0.15,
    "recontact_share_after_wait": 0.6,
    "redial_share": 0.5,
}


def _loop(**changes: float) -> StationaryLoop:
    return stationary_loop(**({"fresh_per_h": 760.0} | JAMS | changes))


def _iterated(start: float, *, lam: float, steps: int = 400, **loop: Any) -> float:
    """Calls bring returns, returns are calls: again and again, from ``start``."""
    total = start
    for _ in range(steps):
        onward = lam + oracle.returns(total, **loop)
        if abs(onward - total) < 1e-12 * total:
            break
        total = onward
    return total


@given(
    fresh=st.floats(10, 400),
    agents=st.integers(1, 25),
    at_once=st.floats(0, 0.5),
    more=st.floats(0, 0.4),
    redial=st.floats(0, 0.8),
)
@settings(deadline=None, max_examples=25)
def test_each_state_balances_its_calls(
    fresh: float, agents: int, at_once: float, more: float, redial: float
) -> None:
    found = stationary_loop(
        fresh_per_h=fresh,
        handle_s=250,
        patience_s=100,
        agents=agents,
        recontact_share=at_once,
        recontact_share_after_wait=at_once + more,
        redial_share=redial,
    )
    assert len(found.states) in {1, 3}
    assert [each.stable for each in found.states] == [True, False, True][: len(found.states)]
    for each in found.states:
        assert each.total_per_h == pytest.approx(
            fresh + each.recontacts_per_h + each.redials_per_h, rel=1e-9
        )
        assert each.settled_per_h + each.lost_per_h == pytest.approx(fresh, rel=1e-9)
        assert each.contacts_per_fresh >= 1
        back = oracle.returns(
            each.total_per_h / 3600,
            handle=250,
            patience=100,
            agents=agents,
            at_once=at_once,
            after=at_once + more,
            redial=redial,
        )
        assert fresh / 3600 + back == pytest.approx(each.total_per_h / 3600, rel=1e-9)


@given(
    fresh=st.floats(1, 3000),
    agents=st.integers(1, 100),
    recontact=st.floats(0, 0.95),
    redial=st.floats(0, 0.95),
)
@settings(deadline=None, max_examples=40)
def test_one_share_for_all_answered_calls_never_jams(
    fresh: float, agents: int, recontact: float, redial: float
) -> None:
    found = stationary_loop(
        fresh_per_h=fresh,
        handle_s=250,
        patience_s=100,
        agents=agents,
        recontact_share=recontact,
        redial_share=redial,
    )
    assert len(found.states) == 1
    assert found.collapses_above_per_h is None
    assert found.recovers_below_per_h is None


def test_iteration_from_below_ends_in_the_calm_state_and_from_above_in_the_jam() -> None:
    found = _loop()
    assert len(found.states) == 3
    shape: dict[str, Any] = {
        "handle": 300.0,
        "patience": 180.0,
        "agents": 100,
        "at_once": 0.15,
        "after": 0.6,
        "redial": 0.5,
    }
    low = _iterated(760 / 3600, lam=760 / 3600, **shape)
    high = _iterated(5000 / 3600, lam=760 / 3600, **shape)
    assert low * 3600 == pytest.approx(found.calm.total_per_h, rel=1e-8)
    assert high * 3600 == pytest.approx(found.jammed.total_per_h, rel=1e-8)
    middle = found.states[1].total_per_h / 3600
    assert _iterated(middle * 0.999, lam=760 / 3600, **shape) == pytest.approx(low, rel=1e-6)
    assert _iterated(middle * 1.001, lam=760 / 3600, **shape) == pytest.approx(high, rel=1e-6)


def test_two_states_exist_just_between_the_two_rates() -> None:
    found = _loop()
    above, below = found.collapses_above_per_h, found.recovers_below_per_h
    assert above is not None
    assert below is not None
    assert below < 760 < above
    for fresh, count in (
        (below * 0.9999, 1),
        (below * 1.0001, 3),
        (above * 0.9999, 3),
        (above * 1.0001, 1),
    ):
        each = _loop(fresh_per_h=fresh)
        assert len(each.states) == count
        # They belong to the service, not to what comes in.
        assert each.collapses_above_per_h == pytest.approx(above, rel=1e-9)
        assert each.recovers_below_per_h == pytest.approx(below, rel=1e-9)
    assert _loop(fresh_per_h=below * 0.99).calm.p_abandon < 0.01
    assert _loop(fresh_per_h=above * 1.01).calm.p_abandon > 0.3


def test_what_it_says_names_the_jam() -> None:
    text = _loop().says
    assert text.startswith("760 fresh calls an hour become ")
    assert "can also jam" in text
    assert "dissolves below" in text
    plain = _loop(recontact_share_after_wait=0.15).says
    assert "jam" not in plain


def test_no_fresh_calls_rest_at_nothing() -> None:
    found = _loop(fresh_per_h=0)
    assert found.calm.total_per_h == 0
    assert found.calm.stable
    assert math.isnan(found.calm.contacts_per_fresh)


@pytest.mark.slow
@pytest.mark.parametrize("redial", [0.0, 0.6])
def test_a_simulation_with_long_delays_finds_the_state(redial: float) -> None:
    shape = {"handle_s": 200.0, "patience_s": 150.0, "agents": 20, "recontact_share": 0.2}
    found = stationary_loop(fresh_per_h=290, redial_share=redial, **shape).calm
    seen = oracle.simulated(
        fresh_per_h=290,
        handle=200,
        patience=150,
        agents=20,
        at_once=0.2,
        after=0.2,
        redial=redial,
        delay=4000,
        seconds=6e6,
        warm_up=1e5,
        seed=5,
    )
    assert seen.total_per_h == pytest.approx(found.total_per_h, rel=0.01)
    assert seen.p_wait == pytest.approx(found.p_wait, abs=0.01)
    assert seen.p_abandon == pytest.approx(found.p_abandon, abs=0.004)


@pytest.mark.slow
def test_a_simulation_stays_calm_or_jammed_as_it_began() -> None:
    found = _loop()
    shape: dict[str, Any] = {
        "fresh_per_h": 760.0,
        "handle": 300.0,
        "patience": 180.0,
        "agents": 100,
        "at_once": 0.15,
        "after": 0.6,
        "redial": 0.5,
        "delay": 6000.0,
        "seconds": 8e5,
        "warm_up": 4e4,
    }
    calm = oracle.simulated(**shape, seed=6)
    jam = found.jammed
    back = round((jam.recontacts_per_h + jam.redials_per_h) / 3600 * 6000)
    jammed = oracle.simulated(**shape, queue=60, away=back, seed=7)
    for seen, state in ((calm, found.calm), (jammed, jam)):
        assert seen.total_per_h == pytest.approx(state.total_per_h, rel=0.015)
        assert seen.p_wait == pytest.approx(state.p_wait, abs=0.01)
        assert seen.p_abandon == pytest.approx(state.p_abandon, abs=0.01)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"fresh_per_h": -1}, "fresh_per_h"),
        ({"fresh_per_h": [1, 2]}, "fresh_per_h"),
        ({"handle_s": 0}, "handle_s"),
        ({"patience_s": 0}, "patience_s"),
        ({"agents": 0}, "agents"),
        ({"recontact_share": 1.1}, "recontact_share"),
        ({"recontact_share_after_wait": -0.1}, "recontact_share_after_wait"),
        ({"redial_share": 1}, "redial_share"),
    ],
)
def test_input_that_cannot_be_is_refused_by_its_name(wrong: dict[str, float], field: str) -> None:
    with pytest.raises(QueueingError) as caught:
        _loop(**wrong)
    assert field in str(caught.value)
