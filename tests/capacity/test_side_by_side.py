"""Formula and simulation: they agree where both apply, and say why where they part."""

from __future__ import annotations

import numpy as np
import pytest

from andon.capacity.balance import Curves
from andon.capacity.levers import Levers
from andon.capacity.side_by_side import SideBySide, side_by_side
from andon.capacity.situation import Situation
from andon.estimate import Estimate
from one_queue import pace_of, queue, told


def _both(situation: Situation, contacts: int = 60_000, /, **levers: str) -> SideBySide:
    pace = pace_of(situation, curves=200)
    curves = Curves.of(situation, pace, np.random.default_rng(3))
    today = Levers().set_on(situation)
    setting = Levers.said(**levers).set_on(situation) if levers else today
    return side_by_side(situation, curves, setting, today, contacts=contacts, workers=1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "levers",
    [
        {"handle_time": "-25%"},
        {"handle_time": "-15%", "agents": "-10%"},
        {"deflect": "20%@0.6"},
        {"volume": "+5%"},
    ],
)
def test_they_agree_where_redials_are_few(levers: dict[str, str]) -> None:
    found = _both(queue(redials=told(0.0)), **levers)
    assert [each.curve for each in found.pairs[::5]] == ["today", "low", "middle", "high"]
    apart = [each for each in found.pairs if not each.agrees]
    assert not apart
    assert found.why == ()
    assert [each for each in found.pairs if each.carried_agrees] == list(found.pairs)


@pytest.mark.slow
def test_a_tight_week_is_the_same_both_ways_within_a_point() -> None:
    found = _both(queue(redials=told(0.0), agents=np.maximum(queue().agents - 3, 0)))
    for each in found.pairs:
        assert isinstance(each.simulated, Estimate)
        if each.name == "gives_up":
            assert each.formula == pytest.approx(each.simulated.value, abs=0.01)


@pytest.mark.slow
def test_quick_redials_meet_the_same_queue_and_it_is_said() -> None:
    situation = queue(redials=told(0.9), redial_after_s=20.0, agents=np.ceil(queue().agents * 0.8))
    found = _both(situation)
    assert not found.agree
    assert any("calls again soon" in each for each in found.why)
    gives_up = next(each for each in found.pairs if each.name == "gives_up")
    assert isinstance(gives_up.simulated, Estimate)
    assert gives_up.simulated.value > gives_up.formula  # the formula flatters


@pytest.mark.slow
def test_chats_and_callbacks_are_simulated_too() -> None:
    chats = queue(
        channel="chat",
        chats=2,
        speed=(1.0, 0.8, 0.65),
        agents=np.ceil(queue().agents * 0.75),
        patience_s=300.0,
    )
    found = _both(chats, 20_000, concurrency="3")
    assert {each.name for each in found.pairs} == {"contacts", "gives_up", "mean_wait_s", "work_h"}
    called = _both(queue(), 20_000, callback="50%@30s")
    contacts = [each for each in called.pairs if each.name == "contacts"]
    assert all(each.agrees for each in contacts)
