"""Answers that are looked up: never another than the question's own, and all that follow."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from andon.queueing._kernels.answers import UNKNOWN, forget, look_up, none_yet, remember


def needed(load: float, more: float) -> int:
    """Any rule by which more load never needs fewer agents."""
    return math.ceil(load + more * math.sqrt(load))


@given(
    loads=st.lists(st.floats(0, 40), min_size=60, max_size=200),
    questions=st.lists(st.floats(0, 3), min_size=1, max_size=3),
)
def test_what_is_looked_up_is_what_follows_from_the_loads_before(
    loads: list[float], questions: list[float]
) -> None:
    answers = none_yet(np.array(loads), True)
    for more in questions:
        forget(answers)
        seen: dict[int, list[float]] = {}
        last: dict[int, int] = {}
        for load in loads:
            agents = needed(load, more)
            known = seen.setdefault(agents, [])
            between = bool(known) and min(known) <= load <= max(known)
            found = look_up(answers, load)
            assert found in (agents, UNKNOWN)
            if between and abs(last.get(int(load), -9) - agents) <= 1:
                assert found == agents
            if found == UNKNOWN:
                remember(answers, load, agents)
                known.append(load)
                last[int(load)] = agents


def test_where_it_would_not_pay_nothing_is_kept() -> None:
    few, one = np.array([1e6, 2.0]), np.array([0.5])
    for answers in (none_yet(few, True), none_yet(one, True), none_yet(np.ones(9), False)):
        forget(answers)
        remember(answers, 0.5, 1)
        assert look_up(answers, 0.5) == UNKNOWN


def test_more_agents_than_there_is_room_for_are_not_kept() -> None:
    answers = none_yet(np.full(9, 2.0), True)
    forget(answers)
    remember(answers, 2.0, 10_000)
    assert look_up(answers, 2.0) == UNKNOWN
    remember(answers, 2.0, 3)
    assert look_up(answers, 2.0) == 3
    assert look_up(answers, 2.1) == UNKNOWN
