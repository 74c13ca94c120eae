"""Erlang B, C and A against published numbers, 30-digit integrals, laws, and a plain simulation.

Tolerances. B and C: relative 1e-12 (asked for: 1e-10), because their smallest figures matter as
much as the others. A: absolute 1e-12 for shares, and for seconds too as far as a double goes.
"""

from __future__ import annotations

import csv
import gzip
import heapq
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import special

from andon.errors import QueueingError, UnstableQueue
from andon.queueing.erlang import Wait, erlang_a, erlang_b, erlang_c
from andon.queueing.inputs import Floats
from andon.queueing.service_level import DEFINITIONS
from oracles import erlang as oracle

GOLDEN = Path(__file__).parents[1] / "golden" / "erlang.csv.gz"
FIGURES = {
    "p_wait": "p_wait",
    "p_abandon": "p_abandon",
    "mean_wait": "mean_wait_s",
    "p_wait_gt": "p_wait_longer",
    "occupancy": "occupancy",
    "sl": "of_offered",
    "sl_excl": "of_offered_less_short",
}
"""Columns of the reference table, and our names."""
OF_ALL = tuple(oracle.Wait.__dataclass_fields__)

loads = st.floats(0.01, 3e4)
handles = st.floats(5, 5e3)
patiences = st.floats(0.5, 5e4)
withins = st.sampled_from([0.0, 1.0, 10.0, 20.0, 60.0, 600.0])
per_load = st.floats(0.2, 2.0)


def figure(wait: Wait, name: str) -> Any:
    return getattr(wait.service_level if name in DEFINITIONS else wait, name)


def column(rows: list[dict[str, str]], name: str) -> Floats:
    return np.array([float(row[name]) for row in rows])


@pytest.fixture(scope="module")
def reference() -> dict[str, list[dict[str, str]]]:
    """The reference rows of each model."""
    with gzip.open(GOLDEN, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {model: [row for row in rows if row["model"] == model] for model in "BCA"}


# ---------------------------------------------------------------- numbers from outside


def test_every_reference_row_of_erlang_b(reference: dict[str, list[dict[str, str]]]) -> None:
    rows = reference["B"]
    found = erlang_b(load_erlangs=column(rows, "load"), agents=column(rows, "agents"))
    assert len(rows) > 100
    np.testing.assert_allclose(found.p_block, column(rows, "p_block"), rtol=1e-12, atol=0)
    np.testing.assert_allclose(found.occupancy, column(rows, "occupancy"), rtol=1e-12, atol=0)


def test_every_reference_row_of_erlang_c(reference: dict[str, list[dict[str, str]]]) -> None:
    rows = reference["C"]
    found = erlang_c(
        load_erlangs=column(rows, "load"),
        handle_s=column(rows, "aht"),
        agents=column(rows, "agents"),
        answer_within_s=column(rows, "threshold"),
    )
    assert len(rows) > 600
    for name, ours in FIGURES.items():
        np.testing.assert_allclose(
            figure(found, ours), column(rows, name), rtol=1e-12, atol=1e-300, err_msg=name
        )


def test_every_reference_row_of_erlang_a(reference: dict[str, list[dict[str, str]]]) -> None:
    rows = reference["A"]
    found = erlang_a(
        load_erlangs=column(rows, "load"),
        handle_s=column(rows, "aht"),
        patience_s=column(rows, "patience"),
        agents=column(rows, "agents"),
        answer_within_s=column(rows, "threshold"),
    )
    assert len(rows) > 3500
    for name, ours in FIGURES.items():
        np.testing.assert_allclose(
            figure(found, ours), column(rows, name), rtol=0, atol=1e-12, err_msg=name
        )
    np.testing.assert_allclose(
        found.service_level.of_answered,
        column(rows, "sl") / (1 - column(rows, "p_abandon")),
        rtol=0,
        atol=1e-12,
    )


def test_published_numbers_are_met() -> None:
    # The README of pyworkforce, and that of the R package ErlangC.
    wait = erlang_c(load_erlangs=10, handle_s=180, agents=14, answer_within_s=20)
    assert wait.p_wait == pytest.approx(0.17413193, abs=5e-9)
    assert wait.service_level.of_offered == pytest.approx(0.88835002, abs=5e-9)
    assert wait.mean_wait_s == pytest.approx(7.83593701177724, rel=1e-13)
    # A worked example with 0.2 calls a second, 240 s each, 55 agents, 15 s.
    wait = erlang_c(load_erlangs=48, handle_s=240, agents=55, answer_within_s=15)
    assert wait.p_wait == pytest.approx(0.2387, abs=5e-5)
    assert wait.mean_wait_s == pytest.approx(8.184, abs=5e-4)
    assert wait.service_level.of_answered == pytest.approx(0.8459, abs=5e-5)
    # pyworkforce's Erlang A, by uniformization.
    wait = erlang_a(load_erlangs=100, handle_s=240, patience_s=120, agents=[97, 100])
    assert wait.service_level.of_offered == pytest.approx([0.806131, 0.864860], abs=5e-7)


# ---------------------------------------------------------------- the definition, in 30 digits

EVERYDAY = [
    (10.0, 180.0, 120.0, 9.0, 20.0),
    (100.0, 240.0, 120.0, 97.0, 20.0),
    (30.5, 200.0, 60.0, 25.3, 20.0),
    (3.3, 200.0, 60.0, 0.3, 20.0),
    (1.0, 60.0, 600.0, 3.0, 10.0),
]
EXTREME = [
    (0.01, 60.0, 1e-3, 1.0, 0.0),
    (0.01, 240.0, 120.0, 2.5, 20.0),
    (1e-6, 240.0, 120.0, 0.5, 20.0),
    (1e4, 240.0, 120.0, 9000.0, 20.0),
    (1e5, 240.0, 1e-3, 9e4, 20.0),
    (1e5, 240.0, 30.0, 0.9e5, 3.0),
    (1e6, 240.0, 120.0, 1e6, 0.01),
    (1e6, 240.0, 120.0, 1_001_000.0, 0.05),
    (100.0, 240.0, 1e7, 100.0, 20.0),
    (100.0, 240.0, 1e7, 110.0, 1e5),
    (1e4, 200.0, 1e6, 10_050.5, 20.0),
    (1.0, 60.0, 1e-3, 1e-3, 0.0),
    (300.0, 300.0, 300.0, 250.0, 55.0),
    (64.0, 200.0, 200.0, 64.0, 5.0),
    (63.999999, 200.0, 200.0, 63.999, 5.0),
]
FAR = [
    (1e6, 60.0, 1e7, 990_000.0, 600.0),
    (1e6, 240.0, 600.0, 1.0, 20.0),
    (1e6, 240.0, 600.0, 7e5, 214.0),
    (1e4, 200.0, 1.0, 10.0, 2.0),
    (63.9, 200.0, 300.0, 0.5, 20.0),
    (1e6, 60.0, 1e7, 1_000_001.0, 20.0),
    (0.01, 240.0, 120.0, 1000.0, 20.0),
]
Case = tuple[float, float, float, float, float]


def agrees(found: Wait, truth: oracle.Wait) -> None:
    for name in OF_ALL:
        true = float(getattr(truth, name))
        # Seconds as near as a double gets: relative, where they are many.
        slack = 3e-12 if name.endswith("_s") else 2e-12
        assert figure(found, name) == pytest.approx(true, rel=slack, abs=2e-12), name


@pytest.mark.parametrize("case", EVERYDAY + EXTREME, ids=str)
def test_erlang_a_agrees_with_its_definition(case: Case) -> None:
    a, h, b, n, t = case
    found = erlang_a(load_erlangs=a, handle_s=h, patience_s=b, agents=n, answer_within_s=t)
    agrees(found, oracle.with_patience(*case))


@pytest.mark.slow
@pytest.mark.parametrize("case", FAR, ids=str)
def test_erlang_a_agrees_with_its_definition_at_the_far_ends(case: Case) -> None:
    a, h, b, n, t = case
    found = erlang_a(load_erlangs=a, handle_s=h, patience_s=b, agents=n, answer_within_s=t)
    truth = oracle.with_patience(*case)
    # The mean wait of those answered loses digits where 1e11 stages of patience are in play.
    assert found.mean_wait_of_answered_s == pytest.approx(
        float(truth.mean_wait_of_answered_s), rel=1e-10
    )
    agrees_but_for_answered = {
        name: getattr(truth, name) for name in OF_ALL if name != "mean_wait_of_answered_s"
    }
    for name, true in agrees_but_for_answered.items():
        assert figure(found, name) == pytest.approx(float(true), rel=1e-11, abs=2e-12), name


@pytest.mark.slow
@given(load=st.floats(0.01, 3e3), handle=handles, patience=patiences, ratio=per_load, t=withins)
@settings(deadline=None, max_examples=12)
def test_erlang_a_agrees_with_its_definition_anywhere(
    load: float, handle: float, patience: float, ratio: float, t: float
) -> None:
    agents = load * ratio
    found = erlang_a(
        load_erlangs=load, handle_s=handle, patience_s=patience, agents=agents, answer_within_s=t
    )
    agrees(found, oracle.with_patience(load, handle, patience, agents, t))


@pytest.mark.parametrize(
    ("load", "agents"),
    [
        (1e-9, 0.2),
        (0.01, 0.5),
        (0.01, 1.0),
        (2.0, 1.5),
        (2.0001, 0.0001),
        (5.0, 5.0),
        (7.3, 5.9),
        (63.0, 20.7),
        (64.0, 12.25),
        (500.0, 499.5),
        (1e6, 999_000.5),
        (1e6, 1e6),
        (1e6, 1_002_000.0),
    ],
)
def test_erlang_b_agrees_with_its_definition(load: float, agents: float) -> None:
    found = erlang_b(load_erlangs=load, agents=agents).p_block
    assert found == pytest.approx(float(1 / oracle.inverse_blocking(load, agents)), rel=1e-12)


@pytest.mark.parametrize(
    ("load", "handle", "agents", "within"),
    [
        (0.01, 60.0, 0.5, 10.0),
        (0.5, 60.0, 1.0, 0.0),
        (9.7, 180.0, 10.1, 20.0),
        (40.0, 300.0, 80.0, 600.0),
        (1e5, 60.0, 1e5 + 1, 60.0),
        (1e6, 240.0, 1_001_000.0, 0.1),
    ],
)
def test_erlang_c_agrees_with_its_definition(
    load: float, handle: float, agents: float, within: float
) -> None:
    found = erlang_c(load_erlangs=load, handle_s=handle, agents=agents, answer_within_s=within)
    truth = oracle.without_patience(load, handle, agents, within)
    for name in OF_ALL:
        assert figure(found, name) == pytest.approx(
            float(getattr(truth, name)), rel=1e-12, abs=1e-300
        ), name


# ---------------------------------------------------------------- laws


@given(load=loads, handle=handles, patience=patiences, ratio=per_load, t=withins)
@settings(deadline=None)
def test_one_more_agent_makes_nothing_worse(
    load: float, handle: float, patience: float, ratio: float, t: float
) -> None:
    agents = load * ratio + np.arange(5)
    wait = erlang_a(
        load_erlangs=load, handle_s=handle, patience_s=patience, agents=agents, answer_within_s=t
    )
    falls(wait.p_wait, wait.p_abandon, wait.mean_wait_s, wait.mean_wait_of_answered_s)
    falls(wait.mean_wait_of_waiting_s, wait.occupancy, wait.p_wait_longer)
    falls(*(-figure(wait, name) for name in DEFINITIONS))
    stable = agents[agents > load]
    assume(len(stable) > 1)
    stay = erlang_c(load_erlangs=load, handle_s=handle, agents=stable, answer_within_s=t)
    falls(stay.p_wait, stay.mean_wait_s, stay.occupancy, -stay.service_level.of_offered)


@given(load=loads, handle=handles, patience=patiences, ratio=per_load, t=withins)
@settings(deadline=None)
def test_less_load_makes_nothing_worse(
    load: float, handle: float, patience: float, ratio: float, t: float
) -> None:
    wait = erlang_a(
        load_erlangs=load * np.array([1.0, 0.999, 0.9, 0.5]),
        handle_s=handle,
        patience_s=patience,
        agents=load * ratio,
        answer_within_s=t,
    )
    falls(wait.p_wait, wait.p_abandon, wait.mean_wait_s, wait.occupancy)
    falls(*(-figure(wait, name) for name in DEFINITIONS))


def falls(*figures: Any) -> None:
    """Each sequence never rises, but for rounding."""
    for each in figures:
        size = np.abs(each).max()
        assert np.all(np.diff(each) <= 1e-12 * size + 1e-300), each


@given(load=loads, handle=handles, patience=patiences, ratio=per_load, t=withins)
@settings(deadline=None)
def test_what_must_add_up_adds_up(
    load: float, handle: float, patience: float, ratio: float, t: float
) -> None:
    wait = erlang_a(
        load_erlangs=load,
        handle_s=handle,
        patience_s=patience,
        agents=load * ratio,
        answer_within_s=t,
    )
    assert isinstance(wait.p_wait, float)
    # Little's law for those who wait, each of whom hangs up at rate 1/patience.
    assert wait.p_abandon == pytest.approx(wait.mean_wait_s / patience, rel=1e-13, abs=1e-300)
    assert wait.mean_wait_s == pytest.approx(wait.p_wait * wait.mean_wait_of_waiting_s, rel=1e-12)
    # Work is carried by agents who are busy.
    assert load * (1 - wait.p_abandon) == pytest.approx(wait.agents * wait.occupancy, rel=1e-12)
    answered = 1 - wait.p_abandon
    assert wait.mean_wait_of_answered_s * answered <= wait.mean_wait_s * (1 + 1e-12)
    # Answered in time, waited longer, or hung up before: shares of the same callers.
    offered, less_short, of_answered = (figure(wait, name) for name in DEFINITIONS)
    falls([1, of_answered, less_short, offered])
    assert offered + wait.p_wait_longer <= 1 + 1e-12
    assert offered >= 1 - wait.p_wait - 1e-12
    for share in (wait.p_wait, wait.p_abandon, wait.occupancy, wait.p_wait_longer, of_answered):
        assert 0 <= share <= 1 + 1e-12


@given(load=st.floats(0.01, 500), handle=st.floats(5, 90), more=st.floats(0.5, 4), t=withins)
@settings(deadline=None)
def test_ever_more_patience_makes_erlang_a_into_c(
    load: float, handle: float, more: float, t: float
) -> None:
    agents = load + more * math.sqrt(load) + 0.5
    stay = erlang_c(load_erlangs=load, handle_s=handle, agents=agents, answer_within_s=t)
    patience = handle * np.array([1e3, 1e5, 1e7])
    wait = erlang_a(
        load_erlangs=load, handle_s=handle, patience_s=patience, agents=agents, answer_within_s=t
    )
    for name in ("p_wait", "mean_wait_s", "p_wait_longer"):
        short = figure(stay, name) - np.asarray(figure(wait, name))
        assert np.all(short >= -1e-12 * figure(stay, name))
        assert short[2] <= max(2e-2 * short[1], 1e-11 * figure(stay, name), 1e-30)
        assert short[1] <= max(2e-1 * short[0], 1e-11 * figure(stay, name), 1e-30)


@given(load=st.floats(0.1, 2000), ratio=per_load, time=handles)
@settings(deadline=None)
def test_with_patience_as_long_as_handling_the_number_present_is_poisson(
    load: float, ratio: float, time: float
) -> None:
    agents = math.ceil(load * ratio)
    wait = erlang_a(load_erlangs=load, handle_s=time, patience_s=time, agents=agents)
    assert wait.p_wait == pytest.approx(special.pdtrc(agents - 1, load), rel=1e-11, abs=1e-290)


@given(load=loads, agents=st.floats(0.05, 200))
@settings(deadline=None)
def test_erlang_b_obeys_its_recursion_for_fractions_too(load: float, agents: float) -> None:
    less, more = np.asarray(erlang_b(load_erlangs=load, agents=[agents, agents + 1]).p_block)
    assume(more > 1e-290)
    assert 1 / more == pytest.approx(1 + (agents + 1) / (load * less), rel=1e-12)


@given(load=loads, handle=handles, patience=patiences, n=st.integers(1, 300), t=withins)
@settings(deadline=None)
def test_nothing_jumps_at_whole_agents_or_where_the_arithmetic_changes(
    load: float, handle: float, patience: float, n: int, t: float
) -> None:
    agents = n * np.array([1 - 1e-12, 1, 1 + 1e-12])
    # Loads of 64 and stages of patience of 64 and 16 are where other sums take over.
    for a, b in ((load, patience), (64.0, patience), (n, patience), (load, 64 * handle / load)):
        wait = erlang_a(load_erlangs=a, handle_s=handle, patience_s=max(b, 1e-3), agents=agents)
        for name in ("p_wait", "p_abandon", "mean_wait_of_answered_s", "of_offered"):
            each = np.asarray(figure(wait, name))
            assert np.ptp(each) <= 1e-8 * each.max() + 1e-13, name


@given(load=loads, handle=handles, patience=patiences, ratio=per_load)
@settings(deadline=None, max_examples=30)
def test_the_tail_and_its_quantiles_fit_together(
    load: float, handle: float, patience: float, ratio: float
) -> None:
    wait = erlang_a(load_erlangs=load, handle_s=handle, patience_s=patience, agents=load * ratio)
    assert wait.wait_longer_than(0) == wait.p_wait
    assert wait.wait_longer_than(20) == wait.p_wait_longer
    seconds = np.array([0, 1, 5, 20, 100, 1000]) * patience / 100
    falls(wait.wait_longer_than(seconds))
    shares = np.array([0.0, 0.5, 0.9, 0.99, 0.9999])
    found = np.asarray(wait.wait_quantile_s(shares))
    reached = np.asarray(wait.wait_longer_than(found))
    waits = 1 - shares < wait.p_wait
    assert np.all(found[~waits] == 0)
    assert reached[waits] == pytest.approx(1 - shares[waits], rel=1e-9, abs=1e-12)


@given(load=st.floats(0.1, 1000), handle=handles, more=st.floats(0.1, 4))
@settings(deadline=None)
def test_the_tail_of_erlang_c_has_quantiles_too(load: float, handle: float, more: float) -> None:
    wait = erlang_c(load_erlangs=load, handle_s=handle, agents=load + more * math.sqrt(load))
    shares = np.array([0.0, 0.3, 0.9, 0.999999])
    found = np.asarray(wait.wait_quantile_s(shares))
    waits = 1 - shares < wait.p_wait
    assert np.all(found[~waits] == 0)
    assert np.asarray(wait.wait_longer_than(found))[waits] == pytest.approx(1 - shares[waits])


def test_the_area_under_the_tail_is_the_mean_wait() -> None:
    wait = erlang_a(load_erlangs=100, handle_s=240, patience_s=120, agents=95)
    seconds = np.linspace(0, 300, 3001)
    area = np.trapezoid(np.asarray(wait.wait_longer_than(seconds)), seconds)
    assert area == pytest.approx(wait.mean_wait_s, rel=1e-5)


def test_a_tail_that_is_not_ours_is_not_made_up() -> None:
    wait = erlang_a(load_erlangs=10, handle_s=180, patience_s=60, agents=9)
    names = [name for name in Wait.__dataclass_fields__ if name != "model"]
    other = Wait(**{name: getattr(wait, name) for name in names})
    with pytest.raises(QueueingError, match="answer_within_s"):
        other.wait_longer_than(10)


# ---------------------------------------------------------------- a plain simulation


@pytest.mark.slow
def test_a_plain_simulation_agrees() -> None:
    rng = np.random.default_rng(3)
    calls, agents, handle, patience, within = 400_000, 19, 180.0, 90.0, 20.0
    free = [0.0] * agents
    now, offered = 0.0, np.empty(calls)
    patient = rng.exponential(patience, calls)
    gaps = rng.exponential(handle / 20, calls)
    handles = rng.exponential(handle, calls)
    for i in range(calls):
        now += gaps[i]
        offered[i] = max(0.0, free[0] - now)
        if patient[i] >= offered[i]:
            heapq.heapreplace(free, now + offered[i] + handles[i])
    answered = patient >= offered
    waited = np.minimum(patient, offered)
    expected = erlang_a(
        load_erlangs=20, handle_s=handle, patience_s=patience, agents=agents, answer_within_s=within
    )
    short = ~answered & (waited <= within)
    in_time = answered & (offered <= within)
    level = expected.service_level
    assert (offered > 0).mean() == pytest.approx(expected.p_wait, abs=0.01)
    assert (~answered).mean() == pytest.approx(expected.p_abandon, abs=0.005)
    assert waited.mean() == pytest.approx(expected.mean_wait_s, rel=0.03)
    assert waited[answered].mean() == pytest.approx(expected.mean_wait_of_answered_s, rel=0.03)
    assert waited[offered > 0].mean() == pytest.approx(expected.mean_wait_of_waiting_s, rel=0.03)
    assert (waited > within).mean() == pytest.approx(expected.p_wait_longer, abs=0.006)
    assert in_time.mean() == pytest.approx(level.of_offered, abs=0.008)
    assert in_time.sum() / (~short).sum() == pytest.approx(level.of_offered_less_short, abs=0.008)
    assert in_time.sum() / answered.sum() == pytest.approx(level.of_answered, abs=0.008)
    assert np.quantile(waited, 0.9) == pytest.approx(expected.wait_quantile_s(0.9), rel=0.03)


# ---------------------------------------------------------------- ends, shapes, bad input


def test_where_nobody_calls_nobody_waits() -> None:
    for wait in (
        erlang_c(load_erlangs=0, handle_s=180, agents=0),
        erlang_c(load_erlangs=0, handle_s=180, agents=3),
        erlang_a(load_erlangs=0, handle_s=180, patience_s=60, agents=3),
    ):
        assert (wait.p_wait, wait.p_abandon, wait.mean_wait_s, wait.occupancy) == (0, 0, 0, 0)
        assert [figure(wait, name) for name in DEFINITIONS] == [1, 1, 1]
        assert math.isnan(float(wait.mean_wait_of_waiting_s))
    assert erlang_b(load_erlangs=0, agents=3).p_block == 0


def test_where_nobody_answers_everybody_hangs_up() -> None:
    wait = erlang_a(load_erlangs=5, handle_s=180, patience_s=60, agents=0, answer_within_s=30)
    assert (wait.p_wait, wait.p_abandon, wait.mean_wait_s) == (1, 1, 60)
    assert wait.p_wait_longer == pytest.approx(math.exp(-0.5))
    assert (wait.service_level.of_offered, wait.service_level.of_offered_less_short) == (0, 0)
    for unknown in (
        wait.occupancy,
        wait.mean_wait_of_answered_s,
        wait.service_level.of_answered,
    ):
        assert math.isnan(float(unknown))
    assert wait.wait_quantile_s(0.5) == pytest.approx(60 * math.log(2))
    assert erlang_b(load_erlangs=5, agents=0).p_block == 1
    few = erlang_a(load_erlangs=5, handle_s=180, patience_s=60, agents=1e-9, answer_within_s=30)
    assert few.mean_wait_s == pytest.approx(60)


def test_numbers_come_back_as_numbers_and_arrays_in_their_common_shape() -> None:
    one = erlang_a(load_erlangs=10, handle_s=180, patience_s=60, agents=9)
    for name in [*OF_ALL, "load_erlangs", "agents", "handle_s", "patience_s", "answer_within_s"]:
        assert type(figure(one, name)) is float, name
    many = erlang_a(
        load_erlangs=[[10], [20]],
        handle_s=180,
        patience_s=60,
        agents=[8, 9, 10],
        answer_within_s=20,
    )
    for name in OF_ALL:
        assert figure(many, name).shape == (2, 3)
    assert many.p_wait[0, 1] == one.p_wait  # type: ignore[index]
    assert np.shape(erlang_c(load_erlangs=[], handle_s=1, agents=1).p_wait) == (0,)
    assert erlang_c(load_erlangs=1, handle_s=1, agents=2).patience_s == math.inf
    assert type(erlang_b(load_erlangs=1, agents=2).p_block) is float


def test_what_is_given_is_left_alone() -> None:
    load = np.array([10.0, 20.0])
    load.flags.writeable = False
    strided = np.arange(20.0, 60.0)[::20]
    wait = erlang_a(load_erlangs=load, handle_s=180, patience_s=60, agents=strided)
    assert wait.p_wait == pytest.approx(
        [
            erlang_a(load_erlangs=a, handle_s=180, patience_s=60, agents=n).p_wait
            for a, n in ((10, 20), (20, 40))
        ]
    )
    assert load.tolist() == [10, 20]


def test_too_few_agents_are_told_how_many_would_do() -> None:
    with pytest.raises(UnstableQueue, match="Use at least 11 agents, or give patience_s"):
        erlang_c(load_erlangs=10, handle_s=180, agents=10)
    with pytest.raises(UnstableQueue, match=r"agents\[1\] = 9, load_erlangs\[1\] = 10"):
        erlang_c(load_erlangs=[1, 10], handle_s=180, agents=9)
    with pytest.raises(UnstableQueue):
        erlang_c(load_erlangs=1, handle_s=180, agents=0)


Call = Callable[..., object]


@pytest.mark.parametrize(
    ("function", "wrong", "says"),
    [
        (erlang_b, {"load_erlangs": -1}, "load_erlangs must lie between 0 and"),
        (erlang_b, {"load_erlangs": math.nan}, "load_erlangs must lie"),
        (erlang_b, {"load_erlangs": 1e8}, "load_erlangs must lie"),
        (erlang_b, {"agents": math.inf}, "agents must lie"),
        (erlang_b, {"agents": [1, -2]}, r"agents\[1\] = -2"),
        (erlang_b, {"agents": "many"}, "agents must be a number"),
        (erlang_b, {"agents": [1, 2], "load_erlangs": [1, 2, 3]}, "do not fit together"),
        (erlang_c, {"handle_s": 0}, "handle_s must be above 0"),
        (erlang_c, {"handle_s": math.nan}, "handle_s must be above 0"),
        (erlang_c, {"answer_within_s": -1}, "answer_within_s must be 0 or more"),
        (erlang_a, {"patience_s": 0}, "Callers without patience never wait: use erlang_b"),
        (erlang_a, {"patience_s": math.inf}, "who never hang up: use erlang_c"),
        (erlang_a, {"patience_s": 1e9, "handle_s": 1}, "at most 10,000,000 times handle_s"),
    ],
)
def test_numbers_that_cannot_be_are_refused(
    function: Call, wrong: dict[str, object], says: str
) -> None:
    right: dict[str, object] = {"load_erlangs": 5, "agents": 7}
    if function is not erlang_b:
        right["handle_s"] = 180
    if function is erlang_a:
        right["patience_s"] = 60
    with pytest.raises(QueueingError, match=says):
        function(**right | wrong)


def test_a_share_that_no_wait_reaches_is_refused() -> None:
    wait = erlang_c(load_erlangs=5, handle_s=180, agents=7)
    with pytest.raises(QueueingError, match="no wait that nobody exceeds"):
        wait.wait_quantile_s(1)
    with pytest.raises(QueueingError, match="seconds must be 0 or more"):
        wait.wait_longer_than(-1)
