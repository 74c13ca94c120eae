"""The fewest agents and the most load: reference rows, what fewest means, ties, bad input."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.queueing.erlang import Wait, erlang_a, erlang_c
from andon.queueing.inputs import Floats
from andon.queueing.service_level import DEFINITIONS, Definition
from andon.queueing.staffing import TARGETS, agents_needed, load_carried

GOLDEN = Path(__file__).parents[1] / "golden" / "staffing.csv"

loads = st.floats(0.01, 5e3)
handles = st.floats(20, 2e3)
patiences = st.one_of(st.none(), st.floats(1, 5e3))
withins = st.sampled_from([0.0, 5.0, 20.0, 120.0])
definitions = st.sampled_from(DEFINITIONS)
targets = st.fixed_dictionaries(
    {},
    optional={
        "service_level": st.floats(0.01, 0.9999),
        "mean_wait_s": st.floats(0.01, 300),
        "abandoned": st.floats(0.0001, 0.9),
        "occupancy": st.floats(0.05, 0.999),
    },
).filter(bool)


def column(rows: list[dict[str, str]], name: str) -> Floats:
    return np.array([float(row[name]) for row in rows])


def fit(asked: dict[str, float], patience: float | None) -> dict[str, float]:
    """The targets that make sense: nobody hangs up where there is no patience."""
    if patience is None:
        asked = {name: value for name, value in asked.items() if name != "abandoned"}
    return asked or {"service_level": 0.8}


def waits(load: Any, handle: Any, patience: Any, agents: Any, within: Any) -> Wait:
    if patience is None:
        return erlang_c(load_erlangs=load, handle_s=handle, agents=agents, answer_within_s=within)
    return erlang_a(
        load_erlangs=load,
        handle_s=handle,
        patience_s=patience,
        agents=agents,
        answer_within_s=within,
    )


def misses(wait: Wait, definition: Definition, asked: dict[str, float]) -> dict[str, float]:
    """By what part of itself each target is missed; below 0 where it is met."""
    reached = {
        "service_level": 1 - float(getattr(wait.service_level, definition)),
        "mean_wait_s": float(wait.mean_wait_s),
        "abandoned": float(wait.p_abandon),
        "occupancy": float(wait.occupancy),
    }
    allowed = {**asked, "service_level": 1 - asked.get("service_level", 0.0)}
    return {name: reached[name] / allowed[name] - 1 for name in asked}


# ---------------------------------------------------------------- numbers from outside


@pytest.mark.parametrize("model", ["C", "A"])
def test_every_reference_row(model: str) -> None:
    with GOLDEN.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["model"] == model]
    assert len(rows) > 100
    needed = agents_needed(
        load_erlangs=column(rows, "load"),
        handle_s=column(rows, "aht"),
        patience_s=column(rows, "patience") if model == "A" else None,
        service_level=column(rows, "target"),
        answer_within_s=column(rows, "threshold"),
    )
    np.testing.assert_array_equal(needed.agents, column(rows, "agents"))
    np.testing.assert_allclose(needed.wait.service_level.of_offered, column(rows, "sl"), rtol=1e-12)


def test_published_numbers_are_met() -> None:
    # The PyPI page of turbotab, and the README of pyworkforce.
    needed = agents_needed(load_erlangs=7.5, handle_s=180, service_level=0.8)
    assert (needed.agents, needed.binding) == (11, "service_level")
    assert agents_needed(load_erlangs=10, handle_s=180, service_level=0.8).agents == 14


def test_with_callers_who_hang_up_the_answer_lies_below_the_load() -> None:
    # A search that starts at the load, as a well-known library's does, says 100 and 1000.
    needed = agents_needed(
        load_erlangs=[100, 1000], handle_s=240, patience_s=120, service_level=0.8
    )
    assert list(np.asarray(needed.agents)) == [97, 897]
    fewer = erlang_a(load_erlangs=[100, 1000], handle_s=240, patience_s=120, agents=[96, 896])
    assert np.all(np.asarray(fewer.service_level.of_offered) < 0.8)


@pytest.mark.parametrize(
    ("load", "level", "agents"), [(1000, 0.7, 701), (2500, 0.7, 1751), (10000, 0.8, 8001)]
)
def test_a_tie_too_near_for_a_double_is_decided_by_mathematics(
    load: float, level: float, agents: int
) -> None:
    # With 1750 of 2500 erlangs the true service level is 0.7 - 3e-23: too few.
    asked: dict[str, Any] = {"load_erlangs": load, "handle_s": 180, "patience_s": 60}
    needed = agents_needed(**asked, service_level=level, answer_within_s=60)
    assert needed.agents == agents
    assert agents_needed(**asked, abandoned=1 - level).agents == agents
    assert agents_needed(**asked, mean_wait_s=60 * (1 - level)).agents == agents


def test_a_target_met_exactly_is_met() -> None:
    # One agent, a fifth of the time busy: 8 in 10 do not wait at all.
    assert agents_needed(
        load_erlangs=0.2, handle_s=60, service_level=0.8, answer_within_s=0
    ).agents == 1  # fmt: skip
    assert agents_needed(load_erlangs=9, handle_s=60, occupancy=0.9).agents == 10
    assert agents_needed(load_erlangs=0.6, handle_s=60, occupancy=0.2).agents == 3
    # One agent, half the time busy: those who wait do so for 120 s, and half wait.
    assert agents_needed(load_erlangs=0.5, handle_s=60, mean_wait_s=60).agents == 1


# ---------------------------------------------------------------- what fewest means


@given(
    load=loads,
    handle=handles,
    patience=patiences,
    within=withins,
    definition=definitions,
    asked=targets,
)
@settings(deadline=None, max_examples=300)
def test_the_answer_meets_every_target_and_one_agent_less_does_not(
    load: float,
    handle: float,
    patience: float | None,
    within: float,
    definition: Definition,
    asked: dict[str, float],
) -> None:
    asked = fit(asked, patience)
    needed = agents_needed(
        load_erlangs=load,
        handle_s=handle,
        patience_s=patience,
        answer_within_s=within,
        definition=definition,
        **asked,
    )
    agents = needed.agents
    assert isinstance(agents, int)
    assert isinstance(needed.binding, str)
    assert needed.binding in asked
    if agents > 0:
        met = misses(waits(load, handle, patience, agents, within), definition, asked)
        assert max(met.values()) <= 2e-12
    fewer = agents - 1
    if fewer > 0 and (patience is not None or fewer > load):
        missed = misses(waits(load, handle, patience, fewer, within), definition, asked)
        # A tie in deep overload is decided beyond what a double can tell.
        assert max(missed.values()) > -1e-12
        assert missed[needed.binding] == max(missed.values()) or missed[needed.binding] > 0


@given(
    load=loads,
    handle=handles,
    patience=patiences,
    within=withins,
    definition=definitions,
    asked=targets,
)
@settings(deadline=None)
def test_several_targets_need_what_the_hardest_of_them_needs(
    load: float,
    handle: float,
    patience: float | None,
    within: float,
    definition: Definition,
    asked: dict[str, float],
) -> None:
    def needs(**targets: float) -> Any:
        return agents_needed(
            load_erlangs=load,
            handle_s=handle,
            patience_s=patience,
            answer_within_s=within,
            definition=definition,
            **targets,
        )

    asked = fit(asked, patience)
    alone = {name: needs(**{name: asked[name]}).agents for name in TARGETS if name in asked}
    together = needs(**asked)
    assert together.agents == max(alone.values())
    assert together.binding == max(alone, key=lambda name: alone[name])


@given(
    agents=st.one_of(st.integers(1, 500), st.floats(0.3, 500)),
    handle=handles,
    patience=patiences,
    within=withins,
    definition=definitions,
    asked=targets,
)
@settings(deadline=None, max_examples=40)
def test_the_load_carried_needs_those_agents_and_any_more_needs_others(
    agents: float,
    handle: float,
    patience: float | None,
    within: float,
    definition: Definition,
    asked: dict[str, float],
) -> None:
    asked = fit(asked, patience)
    question: dict[str, Any] = {
        "handle_s": handle,
        "patience_s": patience,
        "answer_within_s": within,
        "definition": definition,
        **asked,
    }
    try:
        carried = load_carried(agents=agents, **question)
    except QueueingError as refused:
        assert "whatever the load" in str(refused)
        many = waits(1e7, handle, patience, agents, within)
        assert max(misses(many, definition, asked).values()) <= 0
        return
    load = float(carried.load_erlangs)
    assert max(misses(carried.wait, definition, asked).values()) <= 1e-15
    assert np.asarray(agents_needed(load_erlangs=load, **question).agents) <= math.ceil(agents)
    more = load * (1 + 1e-9)
    if patience is not None or more < agents:
        worse = misses(waits(more, handle, patience, agents, within), definition, asked)
        assert max(worse.values()) > -1e-11


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    middle=st.floats(-1, 5),
    spread=st.floats(0.01, 2.5),
    handle=handles,
    patience=patiences,
    definition=definitions,
    asked=targets,
)
def test_each_of_many_loads_is_answered_as_if_it_came_alone(
    seed: int,
    middle: float,
    spread: float,
    handle: float,
    patience: float | None,
    definition: Definition,
    asked: dict[str, float],
) -> None:
    many = np.exp(np.random.default_rng(seed).normal(middle, spread, 300))
    many[::50] = 0
    question: dict[str, Any] = {
        "handle_s": handle,
        "patience_s": patience,
        "definition": definition,
        **fit(asked, patience),
    }
    alone = [agents_needed(load_erlangs=a, **question) for a in many]
    for order in (slice(None), slice(None, None, -1), np.argsort(many)):
        together = agents_needed(load_erlangs=many[order], **question)
        assert np.asarray(together.agents).tolist() == [
            needed.agents for needed in np.asarray(alone, dtype=object)[order]
        ]
        assert np.asarray(together.binding).tolist() == [
            needed.binding for needed in np.asarray(alone, dtype=object)[order]
        ]
    # Questions in a row are not the same question, even where their words are.
    each = agents_needed(load_erlangs=many, **{**question, "handle_s": np.full(300, handle)})
    assert np.asarray(each.agents).tolist() == [needed.agents for needed in alone]


def test_extreme_targets_and_loads_have_answers_too() -> None:
    needed = agents_needed(
        load_erlangs=[0.01, 5.0, 1e3, 1e6],
        handle_s=200,
        patience_s=[[1e-3], [60.0], [1e7]],
        service_level=0.999999,
    )
    agents = np.asarray(needed.agents)
    assert agents.shape == (3, 4)
    assert np.all(np.diff(agents, axis=1) > 0)
    stay = agents_needed(
        load_erlangs=[0.01, 5.0, 1e3, 1e6], handle_s=200, service_level=[[1e-9], [1 - 1e-12]]
    )
    assert np.asarray(stay.agents)[0].tolist() == [1, 6, 1001, 1_000_001]
    assert np.all(np.asarray(stay.wait.p_wait_longer)[1] <= 1.01e-12)
    assert agents_needed(load_erlangs=1e6, handle_s=200, mean_wait_s=1e-9).agents > 1_000_000
    assert agents_needed(load_erlangs=3, handle_s=200, occupancy=1e-6).agents == 3_000_000


def test_targets_that_nobody_is_needed_for_take_nobody() -> None:
    nobody: dict[str, Any] = {"load_erlangs": 0, "handle_s": 200}
    assert agents_needed(**nobody, service_level=0.8).agents == 0
    assert agents_needed(**nobody, patience_s=60, service_level=0.8).agents == 0
    # All may hang up, or all may wait as long as they are ready to.
    some: dict[str, Any] = {"load_erlangs": 5, "handle_s": 200, "patience_s": 60}
    assert agents_needed(**some, abandoned=1.0).agents == 0
    assert agents_needed(**some, mean_wait_s=60).agents == 0
    assert agents_needed(**some, service_level=0.0).agents == 0
    assert agents_needed(**some, service_level=0.01).agents == 1
    assert agents_needed(load_erlangs=5, handle_s=200, service_level=0.0).agents == 6


def test_the_three_definitions_ask_for_ever_fewer() -> None:
    needed = [
        agents_needed(
            load_erlangs=100, handle_s=240, patience_s=60, service_level=0.9, definition=each
        ).agents
        for each in DEFINITIONS
    ]
    assert needed == sorted(needed, reverse=True)
    assert needed[0] > needed[-1]


# ---------------------------------------------------------------- shapes and bad input


def test_answers_come_in_the_shape_of_the_questions() -> None:
    one = agents_needed(load_erlangs=10, handle_s=180, service_level=0.8, mean_wait_s=5)
    assert type(one.agents) is int
    assert one.binding == "mean_wait_s"
    assert type(one.wait.p_wait) is float
    many = agents_needed(
        load_erlangs=[[10], [20]], handle_s=180, service_level=[0.8, 0.9], mean_wait_s=5
    )
    assert np.shape(many.agents) == np.shape(many.binding) == (2, 2)
    assert np.shape(many.wait.service_level.of_offered) == (2, 2)
    carried = load_carried(agents=[14, 20], handle_s=180, service_level=0.8)
    assert np.shape(carried.load_erlangs) == (2,)
    assert type(load_carried(agents=14, handle_s=180, service_level=0.8).load_erlangs) is float
    assert load_carried(agents=0, handle_s=180, service_level=0.8).load_erlangs == 0
    tight = load_carried(agents=1, handle_s=180, service_level=1 - 1e-9, answer_within_s=0)
    assert tight.load_erlangs == pytest.approx(1e-9, rel=1e-6)
    assert load_carried(agents=0, handle_s=180, patience_s=60, abandoned=0.2).load_erlangs == 0


Call = Callable[..., object]


@pytest.mark.parametrize("function", [agents_needed, load_carried])
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({}, "There is no target"),
        ({"service_level": 1.0}, "No number of agents answers every caller in time"),
        ({"service_level": 80}, "service_level must lie between 0 and 1"),
        ({"service_level": math.nan}, "service_level must lie"),
        ({"mean_wait_s": 0}, "No number of agents ends all waiting"),
        ({"abandoned": 0.05}, "Give patience_s"),
        ({"abandoned": 0.0, "patience_s": 60}, "Some callers always hang up"),
        ({"abandoned": 5, "patience_s": 60}, "abandoned must lie between 0 and 1"),
        ({"occupancy": 0}, "Agents who answer calls are busy"),
        ({"occupancy": 85}, "occupancy must lie"),
        ({"service_level": 0.8, "patience_s": 0}, "Callers without patience never wait"),
        ({"service_level": 0.8, "definition": "best"}, "Choose one of of_offered"),
        ({"service_level": 0.8, "handle_s": -1}, "handle_s must be above 0"),
        ({"service_level": 0.8, "answer_within_s": -1}, "answer_within_s must be 0 or more"),
        ({"service_level": [0.8, 0.9], "handle_s": [1, 2, 3]}, "do not fit together"),
    ],
    ids=str,
)
def test_targets_that_cannot_be_are_refused(
    function: Call, wrong: dict[str, object], says: str
) -> None:
    given = {"handle_s": 180, ("agents" if function is load_carried else "load_erlangs"): 10}
    with pytest.raises(QueueingError, match=says):
        function(**given | wrong)


def test_targets_that_hold_at_any_load_are_told_apart() -> None:
    with pytest.raises(QueueingError, match="hold whatever the load"):
        load_carried(agents=3, handle_s=180, patience_s=60, mean_wait_s=60)
