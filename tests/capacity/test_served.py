"""A week's contacts by volume: against the sum over intervals, and where nobody gives up."""

from __future__ import annotations

import numpy as np
import pytest

from andon.capacity.levers import Levers
from andon.capacity.served import queue_of, served
from one_queue import WEEK, queue
from oracles import what_if as oracle


@pytest.mark.parametrize("levers", [{}, {"handle_time": "-25%"}, {"agents": "-20%"}])
def test_today_s_week_is_the_sum_of_its_intervals(levers: dict[str, str]) -> None:
    situation = queue()
    setting = Levers.said(**levers).set_on(situation)
    found = served(situation, setting, most=4.0)
    at = int(np.argmin(np.abs(found.contacts - WEEK.sum())))
    assert found.contacts[at] == pytest.approx(WEEK.sum())
    answered, gave_up = oracle.week(
        situation.contacts,
        setting.agents,
        interval_s=1800,
        handle_s=setting.handle_s,
        patience_s=150,
    )
    assert found.answered[at] == pytest.approx(answered, rel=1e-9)
    assert found.gave_up[at] == pytest.approx(gave_up, rel=1e-9)
    # Exponential patience: so many give up as wait, in mean patiences.
    assert found.wait_h[at] * 3600 == pytest.approx(gave_up * 150, rel=1e-9)


def test_more_contacts_never_lose_fewer_and_none_are_made() -> None:
    situation = queue()
    found = served(situation, Levers().set_on(situation), most=9.0)
    assert found.contacts[-1] == pytest.approx(9 * WEEK.sum())
    assert found.answered + found.gave_up == pytest.approx(found.contacts)
    for each in (found.answered, found.gave_up, found.wait_h):
        assert np.all(np.diff(each) >= -1e-9)


def test_where_nobody_gives_up_a_full_queue_waits_no_longer_than_chance_can_pile_up() -> None:
    setting = Levers().set_on(queue(patience_s=float("inf")))
    load = np.array([0.0, 10.0, 19.9, 20.0, 25.0])
    found = queue_of(load, 20.0, setting, interval_s=1800.0)
    assert np.all(found.gives_up == 0)
    assert found.wait_s[0] == 0.0
    # At 20 erlangs of 300 s, 120 contacts come in half an hour: some 8 wait, two minutes each.
    assert 60 < found.wait_s[3] < 240
    assert np.all(np.diff(found.wait_s[:3]) > 0)


def test_a_callback_keeps_people_and_takes_them_off_the_line() -> None:
    situation = queue()
    load = np.array([10.0, 20.0, 30.0])
    plain = queue_of(load, 20.0, Levers().set_on(situation), interval_s=1800.0)
    called = queue_of(
        load, 20.0, Levers.said(callback="50%@20s").set_on(situation), interval_s=1800.0
    )
    assert np.all(called.gives_up < plain.gives_up)
    assert np.all(np.diff(called.on_line) < 0)
    assert np.all((called.on_line > 0.5) & (called.on_line <= 1))
    assert np.all(plain.on_line == 1)
