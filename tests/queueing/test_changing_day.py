"""A day with its agents: against small steps, published numbers, an exact law, and simulation."""

from __future__ import annotations

import heapq
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError, UnstableQueue
from andon.queueing._kernels.staffed_day import pass_interval
from andon.queueing.changing_day import staffed_day
from andon.queueing.changing_load import offered_load
from andon.queueing.laws import Exponential
from oracles import staffed_day as oracle


@pytest.mark.parametrize("patience_s", [None, 60.0, 300.0])
def test_the_day_agrees_with_small_steps_of_the_forward_equations(
    patience_s: float | None,
) -> None:
    arrivals, agents = [40.0, 90.0, 10.0], [4, 5, 0]
    found = staffed_day(
        arrivals_per_h=arrivals,
        interval_s=600,
        handle_s=200,
        agents=agents,
        patience_s=patience_s,
        before="nobody",
    )
    p = [1.0] + [0.0] * 45
    for i, (rate, n) in enumerate(zip(arrivals, agents, strict=True)):
        theta = 0.0 if patience_s is None else 1 / patience_s
        slow = oracle.interval(
            p, lam=rate / 3600, n=n, mu=1 / 200, theta=theta, seconds=600, steps=600
        )
        assert found.p_wait[i] == pytest.approx(slow.p_wait, abs=1e-6)
        assert found.waiting[i] == pytest.approx(slow.waiting, abs=1e-5)
        assert found.in_service[i] == pytest.approx(slow.in_service, abs=1e-5)
        assert found.present[i + 1] == pytest.approx(
            sum(j * each for j, each in enumerate(slow.end)), abs=1e-9
        )
        p = slow.end


def test_the_kernel_does_the_same_compiled_and_plain() -> None:
    plain = getattr(pass_interval, "py_func", pass_interval)
    for lam, n, theta in ((0.05, 4, 0.01), (0.0, 3, 0.0), (0.2, 0, 0.02), (1e-30, 0, 0.0)):
        told = []
        for kernel in (pass_interval, plain):
            p, area = np.zeros(40), np.zeros(40)
            p[7] = 1.0
            kernel(p, area, lam, n, 1 / 90, theta, 1200.0)
            told.append(np.concatenate((p, area)))
        assert told[0] == pytest.approx(told[1], rel=1e-12, abs=1e-15)
        assert told[0][:40].sum() == pytest.approx(1, rel=1e-12)
        assert told[0][40:].sum() == pytest.approx(1200, rel=1e-12)


@given(
    day=st.lists(st.floats(0, 300), min_size=1, max_size=6),
    agents=st.lists(st.integers(0, 30), min_size=6, max_size=6),
    handle_s=st.floats(60, 1500),
    before=st.sampled_from(["nobody", "steady", "periodic"]),
)
@settings(deadline=None, max_examples=25)
def test_patience_as_long_as_handle_times_makes_the_number_present_the_offered_load(
    day: list[float], agents: list[int], handle_s: float, before: str
) -> None:
    # Everybody leaves at the same rate, waiting or not: an infinite-server queue, for any staffing.
    found = staffed_day(
        arrivals_per_h=day,
        interval_s=900,
        handle_s=handle_s,
        agents=agents[: len(day)],
        patience_s=handle_s,
        before=before,  # type: ignore[arg-type]
    )
    load = offered_load(
        arrivals_per_h=day,
        interval_s=900,
        handle=Exponential(mean_s=handle_s),
        before=before,  # type: ignore[arg-type]
    )
    assert found.present == pytest.approx(load.load_erlangs, rel=1e-8, abs=1e-8)
    together = found.waiting + found.in_service
    assert together == pytest.approx(load.interval_erlangs, rel=1e-8, abs=1e-8)


@given(
    day=st.lists(st.floats(0, 300), min_size=1, max_size=6),
    agents=st.lists(st.integers(0, 12), min_size=6, max_size=6),
    patience_s=st.one_of(st.none(), st.floats(10, 600)),
)
@settings(deadline=None, max_examples=25)
def test_who_came_was_answered_gave_up_or_is_still_there(
    day: list[float], agents: list[int], patience_s: float | None
) -> None:
    found = staffed_day(
        arrivals_per_h=day,
        interval_s=900,
        handle_s=180,
        agents=agents[: len(day)],
        patience_s=patience_s,
        before="nobody",
    )
    there = np.diff(found.present)
    assert found.arrived - found.answered - found.abandoned == pytest.approx(there, abs=1e-8)
    assert np.all((found.p_wait >= 0) & (found.p_wait <= 1))
    assert np.all(found.answered_within >= 1 - found.p_wait - 1e-12)
    assert np.all(np.nan_to_num(found.occupancy) <= 1 + 1e-12)
    if patience_s is None:
        assert found.abandoned.sum() == 0


@given(
    day=st.lists(st.floats(10, 300), min_size=2, max_size=5),
    agents=st.lists(st.integers(1, 20), min_size=5, max_size=5),
    more=st.integers(0, 4),
    patience_s=st.one_of(st.none(), st.floats(200, 900)),
)
@settings(deadline=None, max_examples=25)
def test_one_more_agent_never_makes_more_wait(
    day: list[float], agents: list[int], more: int, patience_s: float | None
) -> None:
    # Were patience shorter than handle times, an agent more could crowd the next interval: those
    # who would have hung up are still being served then.
    staff = np.array(agents[: len(day)])
    extra = staff.copy()
    extra[more % len(day)] += 1
    few, many = (
        staffed_day(
            arrivals_per_h=day,
            interval_s=900,
            handle_s=200,
            agents=each,
            patience_s=patience_s,
            before="nobody",
        )
        for each in (staff, extra)
    )
    assert np.all(many.p_wait <= few.p_wait + 1e-10)
    assert many.abandoned.sum() <= few.abandoned.sum() + 1e-9
    assert many.answered_within_overall >= few.answered_within_overall - 1e-10


@pytest.mark.parametrize(
    ("agents", "service_level"),
    # M/M/n+M at 100 erlangs of 240 s, patience 120 s, 20 s: pyworkforce 0.5.4, to 6 digits.
    [(97, 0.806131), (100, 0.864860)],
)
def test_a_constant_day_gives_published_service_levels_with_abandonment(
    agents: int, service_level: float
) -> None:
    found = staffed_day(
        arrivals_per_h=[1500, 1500],
        interval_s=900,
        handle_s=240,
        agents=[agents] * 2,
        patience_s=120,
        before="steady",
    )
    assert found.answered_within == pytest.approx([service_level] * 2, abs=1e-6)
    # Of exponential patience, P(abandon) = E[wait] / patience (Little's law).
    assert found.mean_wait_s / 120 == pytest.approx(found.abandoned / found.arrived, rel=1e-9)
    assert found.abandoned_share == pytest.approx(float(found.mean_wait_s[0]) / 120, rel=1e-9)


def test_a_constant_day_gives_published_figures_of_erlang_c() -> None:
    # 200 calls an hour of 180 s, 14 agents: pyworkforce's README, and CRAN's ErlangC.
    found = staffed_day(
        arrivals_per_h=[200], interval_s=1800, handle_s=180, agents=[14], before="steady"
    )
    assert found.p_wait_overall == pytest.approx(0.17413193, abs=1e-8)
    assert found.answered_within_overall == pytest.approx(0.88835002, abs=1e-8)
    assert found.mean_wait_s[0] == pytest.approx(7.83593701177724, rel=1e-9)
    again = staffed_day(arrivals_per_h=[200], interval_s=1800, handle_s=180, agents=[14])
    assert again.p_wait == pytest.approx(found.p_wait, abs=1e-9)


def test_an_overload_is_felt_after_it_is_over_and_a_stationary_formula_does_not_see_it() -> None:
    found = staffed_day(
        arrivals_per_h=[100, 200, 100, 100],
        interval_s=1800,
        handle_s=300,
        agents=[12] * 4,
        patience_s=600,
        before="steady",
    )
    assert found.p_wait[2] > 2 * found.p_wait[0]
    assert found.p_wait[0] < found.p_wait[3] < found.p_wait[2] < found.p_wait[1]


def test_a_service_without_arrivals_or_without_agents_has_an_answer() -> None:
    found = staffed_day(
        arrivals_per_h=[0, 60],
        interval_s=600,
        handle_s=100,
        agents=[3, 0],
        patience_s=50,
    )
    assert found.arrived[0] == 0
    assert found.p_wait[1] == pytest.approx(1)
    assert found.mean_wait_s[1] == pytest.approx(50)
    assert found.answered_within[1] == 0
    assert np.isnan(found.occupancy[1])
    nothing = staffed_day(arrivals_per_h=[0], interval_s=600, handle_s=100, agents=[1])
    assert math.isnan(nothing.p_wait_overall)
    assert math.isnan(nothing.abandoned_share)


def _simulated(
    day: list[float], agents: int, step: float, handle_s: float, patience_s: float, seed: int
) -> np.ndarray:
    """Rows of interval, waited, answered within 20 s, wait; first come first served, one pool."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(1500):
        free = [0.0] * agents
        for i, rate in enumerate(day):
            came = np.sort(rng.uniform(i * step, (i + 1) * step, rng.poisson(rate * step / 3600)))
            for at in came:
                offered = max(0.0, free[0] - at)
                patience = rng.exponential(patience_s)
                rows.append((i, offered > 0, offered <= min(20, patience), min(offered, patience)))
                if patience >= offered:
                    heapq.heapreplace(free, at + offered + rng.exponential(handle_s))
    return np.array(rows, dtype=float)


@pytest.mark.slow
def test_a_plain_simulation_finds_the_same_day() -> None:
    day, step = [120.0, 300.0, 150.0], 900.0
    found = staffed_day(
        arrivals_per_h=day,
        interval_s=step,
        handle_s=200,
        agents=[11] * 3,
        patience_s=90,
        before="nobody",
    )
    rows = _simulated(day, 11, step, 200, 90, seed=1)
    for i in range(3):
        here = rows[rows[:, 0] == i]
        error = 4 * np.sqrt(30 / len(here))  # calls of one day are alike
        assert found.p_wait[i] == pytest.approx(here[:, 1].mean(), abs=error / 2)
        assert found.answered_within[i] == pytest.approx(here[:, 2].mean(), abs=error / 2)
        assert found.mean_wait_s[i] == pytest.approx(here[:, 3].mean(), abs=error * 30)


@pytest.mark.parametrize("before", ["steady", "periodic"])
def test_a_queue_without_end_is_refused(before: str) -> None:
    with pytest.raises(UnstableQueue, match="grows without end"):
        staffed_day(
            arrivals_per_h=[100],
            interval_s=3600,
            handle_s=360,
            agents=[10],
            before=before,  # type: ignore[arg-type]
        )
    finite = staffed_day(
        arrivals_per_h=[100], interval_s=3600, handle_s=360, agents=[10], before="nobody"
    )
    assert finite.present[-1] > 9


def test_a_day_whose_queue_only_its_night_clears_repeats() -> None:
    found = staffed_day(
        arrivals_per_h=[120, 10, 10], interval_s=3600, handle_s=360, agents=[10] * 3
    )
    assert found.present[0] == pytest.approx(found.present[-1], abs=1e-9)
    assert found.arrived.sum() == pytest.approx(found.answered.sum(), rel=1e-9)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"arrivals_per_h": [[1.0]]}, "arrivals_per_h"),
        ({"arrivals_per_h": [-1.0, 1.0]}, "arrivals_per_h"),
        ({"agents": [1]}, "agents"),
        ({"agents": [1.5, 2]}, "agents"),
        ({"agents": [-1, 2]}, "agents"),
        ({"handle_s": 0}, "handle_s"),
        ({"patience_s": 0}, "patience_s"),
        ({"answer_within_s": -1}, "answer_within_s"),
        ({"interval_s": math.inf}, "interval_s"),
        ({"before": "never"}, "before"),
    ],
)
def test_input_that_cannot_be_is_refused_by_its_name(wrong: dict[str, object], field: str) -> None:
    asked: dict[str, object] = {
        "arrivals_per_h": [10.0, 20.0],
        "interval_s": 900.0,
        "handle_s": 60,
        "agents": [2, 2],
    }
    with pytest.raises(QueueingError) as caught:
        staffed_day(**(asked | wrong))  # type: ignore[arg-type]
    assert field in str(caught.value)


def test_a_queue_too_long_to_follow_is_refused() -> None:
    with pytest.raises(QueueingError, match="too long"):
        staffed_day(
            arrivals_per_h=[1e6], interval_s=3600, handle_s=3600, agents=[1], before="nobody"
        )
