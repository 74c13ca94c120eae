"""M/M/n+G: against quadrature, closed forms, the reference rows of Erlang A, and plain runs."""

from __future__ import annotations

import csv
import gzip
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError, UnstableQueue
from andon.queueing.erlang import erlang_a
from andon.queueing.general_patience import (
    agents_needed_general,
    erlang_general,
    shortcut_error,
)
from andon.queueing.laws import (
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    Law,
    Lognormal,
    Never,
    Weibull,
)
from andon.queueing.service_level import DEFINITIONS, Definition
from oracles import general_patience as oracle

GOLDEN = Path(__file__).parents[1] / "golden"
JUMPS = Empirical(at_s=[0, 0, 30, 60, 60, 200], share=[0, 0.1, 0.2, 0.2, 0.5, 0.9])
HASTY = Weibull.from_mean(mean_s=120, cv=1.75)

patiences = st.one_of(
    st.builds(lambda m: Exponential(mean_s=m), st.floats(1, 2000)),
    st.builds(
        lambda m, c: Weibull.from_mean(mean_s=m, cv=c), st.floats(1, 2000), st.floats(0.1, 3)
    ),
    st.builds(
        lambda m, c: Lognormal.from_mean(mean_s=m, cv=c), st.floats(1, 2000), st.floats(0.1, 3)
    ),
    st.builds(lambda m, c: Gamma(mean_s=m, cv=c), st.floats(1, 2000), st.floats(0.1, 3)),
    st.builds(lambda v: Fixed(value_s=v), st.floats(0, 1000)),
    st.builds(JUMPS.scaled, st.floats(0.1, 10)),
)
"""All of them carry any load below ten times the agents."""


# ---------------------------------------------------------------- exact


@pytest.mark.parametrize(
    ("load", "handle_s", "agents", "patience", "within_s"),
    [
        (10, 240, 8, Weibull(scale_s=80, shape=0.6), 20),
        (10, 240, 14, Weibull(scale_s=80, shape=0.6), 5),
        (10, 240, 12, Lognormal(median_s=60, sigma=1.2), 20),
        (30, 180, 25, Gamma(mean_s=90, cv=0.5), 10),
        (50, 240, 45, JUMPS, 20),
        (3, 240, 2, JUMPS, 60),
        (1, 240, 1, JUMPS, 300),
        (40, 300, 38, HASTY, 0),
    ],
)
def test_every_figure_agrees_with_its_definition(
    load: float, handle_s: float, agents: int, patience: Law, within_s: float
) -> None:
    wait = erlang_general(
        load_erlangs=load,
        handle_s=handle_s,
        patience=patience,
        agents=agents,
        answer_within_s=within_s,
    )
    top = float(patience.quantile(max(0.0, 1 - agents / load)))
    end = top + 1200 * handle_s / agents
    bends = patience.at_s.tolist() if isinstance(patience, Empirical) else []
    cuts = [top * 10**-k for k in (6, 5, 4, 3, 2, 1, 0.5, 0.3, 0.1, 0)]
    cuts += [top + (end - top) * 10**-k for k in (7, 6, 5, 4, 3, 2.5, 2, 1.5, 1, 0.5, 0)]
    exact = oracle.exact(
        load=load,
        handle_s=handle_s,
        agents=agents,
        survival=patience.survival,
        area=patience.integrated_survival,
        within_s=within_s,
        cuts=[*cuts, *bends],
    )
    level = wait.service_level
    found = {
        "p_wait": wait.p_wait,
        "p_abandon": wait.p_abandon,
        "mean_wait_s": wait.mean_wait_s,
        "mean_wait_of_answered_s": wait.mean_wait_of_answered_s,
        "p_wait_longer": wait.p_wait_longer,
        "answered_within": level.of_offered,
        "abandoned_within": 1 - level.of_offered / level.of_offered_less_short,
    }
    for name, value in found.items():
        assert float(value) == pytest.approx(getattr(exact, name), rel=1e-9, abs=1e-11), name
    assert float(wait.mean_wait_of_waiting_s) == pytest.approx(
        exact.mean_wait_s / exact.p_wait, rel=1e-9
    )
    assert float(wait.occupancy) == pytest.approx(load * (1 - exact.p_abandon) / agents)
    assert float(level.of_answered) == pytest.approx(
        exact.answered_within / (1 - exact.p_abandon), rel=1e-9
    )


@pytest.mark.parametrize("load", [0.1, 5, 10, 97, 1000])
@pytest.mark.parametrize("ratio", [0.2, 0.9, 1.0, 1.1, 3.0])
def test_a_fixed_patience_has_a_closed_form(load: float, ratio: float) -> None:
    agents = max(1, round(ratio * load))
    for patience_s in (1, 60, 900):
        wait = erlang_general(
            load_erlangs=load, handle_s=240, patience=Fixed(value_s=patience_s), agents=agents
        )
        p_wait, p_abandon = oracle.fixed_patience(
            load=load, handle_s=240, agents=agents, patience_s=patience_s
        )
        assert float(wait.p_wait) == pytest.approx(p_wait, rel=1e-11, abs=1e-300)
        assert float(wait.p_abandon) == pytest.approx(p_abandon, rel=1e-11, abs=1e-19 * p_wait)


def test_patience_of_no_time_is_a_loss_system() -> None:
    """Erlang B: 30 lines and 25 erlangs lose 5.26 in 100."""
    wait = erlang_general(load_erlangs=25, handle_s=240, patience=Fixed(value_s=0), agents=30)
    assert float(wait.p_abandon) == pytest.approx(0.052603, abs=5e-7)
    assert float(wait.mean_wait_s) == 0
    assert float(wait.service_level.of_answered) == pytest.approx(1)


def test_patience_without_end_is_erlang_c() -> None:
    """Published: 0.2 calls/s of 240 s, 55 agents: 0.2387 wait, 8.184 s, 0.8459 within 15 s."""
    wait = erlang_general(
        load_erlangs=48, handle_s=240, patience=Never(), agents=55, answer_within_s=15
    )
    assert float(wait.p_wait) == pytest.approx(0.238701, abs=5e-7)
    assert float(wait.mean_wait_s) == pytest.approx(8.18403, abs=5e-6)
    assert float(wait.service_level.of_offered) == pytest.approx(0.845883, abs=5e-7)
    assert float(wait.p_abandon) == 0


def test_exponential_patience_is_erlang_a_in_the_reference_rows() -> None:
    """Every seventh row of Erlang A in 80 digits: loads of 0.1 to 100,000, far over and under."""
    with gzip.open(GOLDEN / "erlang.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["model"] == "A"][::7]
    assert len(rows) > 400
    for row in rows:
        wait = erlang_general(
            load_erlangs=float(row["load"]),
            handle_s=float(row["aht"]),
            patience=Exponential(mean_s=float(row["patience"])),
            agents=float(row["agents"]),
            answer_within_s=float(row["threshold"]),
        )
        for name, value in (
            ("p_wait", wait.p_wait),
            ("p_abandon", wait.p_abandon),
            ("p_wait_gt", wait.p_wait_longer),
            ("sl", wait.service_level.of_offered),
            ("sl_excl", wait.service_level.of_offered_less_short),
            ("occupancy", wait.occupancy),
        ):
            assert value == pytest.approx(float(row[name]), abs=1e-12), row
        assert wait.mean_wait_s == pytest.approx(float(row["mean_wait"]), rel=1e-12)


def test_fewest_agents_with_exponential_patience_are_those_of_the_reference_rows() -> None:
    with (GOLDEN / "staffing.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["model"] == "A"][::3]
    assert len(rows) > 80
    for row in rows:
        needed = agents_needed_general(
            load_erlangs=float(row["load"]),
            handle_s=float(row["aht"]),
            patience=Exponential(mean_s=float(row["patience"])),
            service_level=float(row["target"]),
            answer_within_s=float(row["threshold"]),
        )
        assert needed.agents == int(row["agents"]), row


@given(
    load=st.just(0.0) | st.floats(1e-6, 200),
    agents=st.just(0.0) | st.floats(1e-3, 300),
    patience_s=st.floats(1, 3000),
    within_s=st.floats(0, 400),
)
@example(load=1.0, agents=0.001, patience_s=1.0, within_s=13.0)
@settings(deadline=None)
def test_exponential_patience_is_erlang_a_for_parts_of_agents_and_none(
    load: float, agents: float, patience_s: float, within_s: float
) -> None:
    queue = {
        "load_erlangs": load,
        "handle_s": 240.0,
        "agents": agents,
        "answer_within_s": within_s,
    }
    one = erlang_general(patience=Exponential(mean_s=patience_s), **queue)
    other = erlang_a(patience_s=patience_s, **queue)
    for name in (
        "p_wait",
        "p_abandon",
        "mean_wait_s",
        "mean_wait_of_answered_s",
        "mean_wait_of_waiting_s",
        "occupancy",
        "p_wait_longer",
        "patience_s",
    ):
        assert getattr(one, name) == pytest.approx(
            getattr(other, name), rel=1e-9, abs=1e-12, nan_ok=True
        ), name
    for name in DEFINITIONS:
        assert getattr(one.service_level, name) == pytest.approx(
            getattr(other.service_level, name), rel=1e-9, abs=1e-12, nan_ok=True
        ), name


# ---------------------------------------------------------------- laws


queues = {
    "load": st.floats(0.1, 300),
    "ratio": st.floats(0.5, 3),
    "patience": patiences,
    "within_s": st.floats(0, 300),
}


@given(**queues)
@settings(deadline=None)
def test_every_caller_has_one_fate(
    load: float, ratio: float, patience: Law, within_s: float
) -> None:
    agents = max(1, math.ceil(load * ratio))
    wait = erlang_general(
        load_erlangs=load, handle_s=240, patience=patience, agents=agents, answer_within_s=within_s
    )
    level = wait.service_level
    in_time, longer = float(level.of_offered), float(wait.p_wait_longer)
    gone, answered = float(wait.p_abandon), float(wait.occupancy) * agents / load
    assert gone + answered == pytest.approx(1)
    left_soon = 1 - in_time - longer  # the others left within the time, or were answered later
    assert -1e-12 <= left_soon <= gone + 1e-12
    assert in_time <= answered + 1e-12
    assert in_time <= float(level.of_offered_less_short) + 1e-12 <= 1 + 2e-12
    assert float(level.of_offered_less_short) <= float(level.of_answered) + 1e-12
    assert 0 <= float(wait.p_abandon) <= float(wait.p_wait) <= 1
    assert 0 <= float(wait.occupancy) < 1 + 1e-12
    # The wait of all is that of the answered and of those who gave up, who waited no longer than
    # the longest patience.
    of_all, of_answered = float(wait.mean_wait_s), float(wait.mean_wait_of_answered_s)
    assert of_all >= answered * of_answered * (1 - 1e-9)
    assert float(wait.mean_wait_of_waiting_s * wait.p_wait) == pytest.approx(of_all)
    if isinstance(patience, Exponential):
        assert float(wait.p_abandon) == pytest.approx(of_all / patience.mean_s, rel=1e-9)


@given(**queues)
@settings(deadline=None)
def test_one_agent_more_never_hurts(
    load: float, ratio: float, patience: Law, within_s: float
) -> None:
    agents = max(1, math.ceil(load * ratio))
    wait = erlang_general(
        load_erlangs=load,
        handle_s=240,
        patience=patience,
        agents=[agents, agents + 0.5, agents + 1],
        answer_within_s=within_s,
    )
    level = wait.service_level
    for falls in (wait.p_wait, wait.p_abandon, wait.mean_wait_s, wait.p_wait_longer):
        assert np.all(np.diff(falls) <= 1e-12)
    for rises in (level.of_offered, level.of_offered_less_short, level.of_answered):
        assert np.all(np.diff(rises) >= -1e-12)


@given(**queues, by=st.floats(0.01, 100))
@settings(deadline=None)
def test_only_ratios_of_times_count(
    load: float, ratio: float, patience: Law, within_s: float, by: float
) -> None:
    agents = max(1, math.ceil(load * ratio))
    one = erlang_general(
        load_erlangs=load, handle_s=240, patience=patience, agents=agents, answer_within_s=within_s
    )
    other = erlang_general(
        load_erlangs=load,
        handle_s=240 * by,
        patience=patience.scaled(by),
        agents=agents,
        answer_within_s=within_s * by,
    )
    assert float(other.p_abandon) == pytest.approx(float(one.p_abandon), rel=1e-8, abs=1e-12)
    assert float(other.mean_wait_s) == pytest.approx(
        by * float(one.mean_wait_s), rel=1e-8, abs=1e-12
    )
    if not isinstance(patience, Fixed | Empirical):  # there the threshold may meet a jump
        assert float(other.service_level.of_offered) == pytest.approx(
            float(one.service_level.of_offered), abs=1e-9
        )


def test_laws_that_are_the_same_say_the_same() -> None:
    u = np.concatenate((np.linspace(0, 0.99, 400), 1 - np.geomspace(0.01, 1e-9, 200)[1:], [1]))
    times = -120 * np.log1p(-np.minimum(u, 1 - 1e-10))
    laws: list[tuple[Law, float]] = [
        (Weibull(scale_s=120, shape=1), 1e-12),
        (Gamma(mean_s=120, cv=1), 1e-12),
        (Empirical(at_s=times, share=u), 1e-4),
        (Exponential(mean_s=120), 0.0),
    ]
    for load, agents in ((100, 97), (20, 10), (3, 5)):
        exact = erlang_general(
            load_erlangs=load, handle_s=240, patience=Exponential(mean_s=120), agents=agents
        )
        for law, within in laws:
            wait = erlang_general(load_erlangs=load, handle_s=240, patience=law, agents=agents)
            assert float(wait.p_abandon) == pytest.approx(float(exact.p_abandon), abs=within)
            assert float(wait.mean_wait_s) == pytest.approx(
                float(exact.mean_wait_s), rel=10 * within
            )


@pytest.mark.parametrize("patience", [HASTY, Lognormal.from_mean(mean_s=120, cv=1.2), JUMPS])
def test_a_huge_overload_is_a_fluid(patience: Law) -> None:
    """Far above capacity all wait until so many have left that the rest can be served."""
    load = 100_000
    for agents in (20_000, 70_000):
        wait = erlang_general(load_erlangs=load, handle_s=240, patience=patience, agents=agents)
        assert float(wait.p_abandon) == pytest.approx(1 - agents / load, rel=1e-9)
        gone = float(patience.quantile(1 - agents / load))
        assert float(wait.mean_wait_of_answered_s) == pytest.approx(gone, rel=0.01)
        assert float(wait.mean_wait_s) == pytest.approx(
            float(patience.integrated_survival(gone)), rel=0.01
        )
    calm = erlang_general(load_erlangs=load, handle_s=240, patience=patience, agents=110_000)
    assert float(calm.p_abandon) < 1e-9


def test_rows_come_back_in_the_shape_in_which_they_were_asked() -> None:
    wait = erlang_general(
        load_erlangs=[[10.0], [20.0]], handle_s=240, patience=HASTY, agents=[11, 21, 25]
    )
    assert np.shape(wait.p_wait) == np.shape(wait.service_level.of_answered) == (2, 3)
    one = erlang_general(load_erlangs=20, handle_s=240, patience=HASTY, agents=21)
    assert isinstance(one.p_wait, float)
    assert one.mean_wait_s == np.asarray(wait.mean_wait_s)[1, 1]
    assert one.model == "erlang_general"
    with pytest.raises(QueueingError, match="shapes"):
        erlang_general(load_erlangs=[1, 2], handle_s=240, patience=HASTY, agents=[1, 2, 3])


# ---------------------------------------------------------------- how many agents


@given(
    load=st.floats(0.1, 60),
    patience=patiences,
    level=st.floats(0.3, 0.99),
    of=st.sampled_from(DEFINITIONS),
)
@settings(deadline=None, max_examples=40)
def test_the_fewest_agents_meet_the_target_and_one_less_does_not(
    load: float, patience: Law, level: float, of: Definition
) -> None:
    needed = agents_needed_general(
        load_erlangs=load, handle_s=240, patience=patience, service_level=level, definition=of
    ).agents
    assert isinstance(needed, int)

    def reached(agents: int) -> float:
        wait = erlang_general(load_erlangs=load, handle_s=240, patience=patience, agents=agents)
        return float(getattr(wait.service_level, of))

    assert reached(needed) >= level - 1e-9
    if needed > 1:
        assert reached(needed - 1) < level + 1e-9


def test_with_callers_who_give_up_fewer_agents_than_the_load_may_do() -> None:
    for law, agents in ((HASTY, 89), (Exponential(mean_s=120), 97), (Fixed(value_s=120), 108)):
        needed = agents_needed_general(
            load_erlangs=100, handle_s=240, patience=law, service_level=0.8
        )
        assert (needed.agents, needed.binding) == (agents, "service_level")
        assert 0.8 <= needed.wait.service_level.of_offered < 0.84
    needed = agents_needed_general(
        load_erlangs=[1000.0, 100.0],
        handle_s=240,
        patience=Exponential(mean_s=120),
        service_level=0.8,
    )
    assert np.asarray(needed.agents).tolist() == [897, 97]
    assert np.asarray(needed.wait.p_wait).shape == (2,)


def test_several_targets_need_the_most_agents_of_all() -> None:
    queue: dict[str, Any] = {"load_erlangs": 40.0, "handle_s": 300.0}
    targets: dict[str, Any] = {
        "service_level": 0.8,
        "mean_wait_s": 5.0,
        "abandoned": 0.02,
        "occupancy": 0.85,
    }
    alone = [
        agents_needed_general(patience=HASTY, **queue, **{name: value}).agents
        for name, value in targets.items()
    ]
    together = agents_needed_general(patience=HASTY, **queue, **targets)
    assert together.agents == max(alone)
    assert together.binding == list(targets)[alone.index(max(alone))]
    assert len(set(alone)) > 1


def test_what_only_agents_without_a_pause_could_do_is_not_met() -> None:
    """At 70 in 100, 1750 agents for 2500 erlangs fall short by less than any double shows."""
    queue: dict[str, Any] = {"load_erlangs": 2500, "handle_s": 180, "answer_within_s": 60}
    patience = Exponential(mean_s=60)
    assert agents_needed_general(patience=patience, service_level=0.7, **queue).agents == 1751
    assert agents_needed_general(patience=patience, abandoned=0.3, **queue).agents == 1751


@given(
    loads=st.lists(st.just(0.0) | st.floats(0.1, 40), min_size=1, max_size=12),
    withins=st.lists(st.sampled_from([5.0, 20.0]), min_size=2, max_size=2),
    patience=patiences,
)
@settings(deadline=None, max_examples=25)
def test_many_queues_at_once_get_what_each_gets_alone(
    loads: list[float], withins: list[float], patience: Law
) -> None:
    targets: dict[str, Any] = {"service_level": 0.8, "occupancy": 0.8, "definition": "of_answered"}
    together = agents_needed_general(
        load_erlangs=[[load] for load in loads],
        handle_s=240,
        patience=patience,
        answer_within_s=withins,
        **targets,
    )
    for i, load in enumerate(loads):
        for j, within_s in enumerate(withins):
            alone = agents_needed_general(
                load_erlangs=load,
                handle_s=240,
                patience=patience,
                answer_within_s=within_s,
                **targets,
            )
            assert np.asarray(together.agents)[i, j] == alone.agents
            assert np.asarray(together.binding)[i, j] == alone.binding


def test_nobody_is_needed_where_nobody_calls_or_anything_goes() -> None:
    queue: dict[str, Any] = {"handle_s": 180, "patience": HASTY}
    assert agents_needed_general(load_erlangs=0, service_level=0.8, **queue).agents == 0
    assert agents_needed_general(load_erlangs=9, abandoned=1, **queue).agents == 0
    assert agents_needed_general(load_erlangs=9, occupancy=1, **queue).agents == 1


# ---------------------------------------------------------------- shortcuts


def test_with_exponential_patience_no_shortcut_errs() -> None:
    found = shortcut_error(
        load_erlangs=100, handle_s=240, patience=Exponential(mean_s=120), agents=95
    )
    for each in (found.same_mean, found.same_start, found.as_measured):
        assert each is not None
        assert each.patience_s == pytest.approx(120)
        assert (each.p_abandon_error, each.mean_wait_error_s, each.service_level_error) == (
            pytest.approx((0, 0, 0), abs=1e-9)
        )


def test_the_mean_patience_misleads_and_the_first_hazard_does_not_where_agents_are_many() -> None:
    """Zeltyn and Mandelbaum 2005, section 4: in balance only the density at 0 counts."""
    patience = Gamma(mean_s=120, cv=1)
    mixed = Empirical(  # half very impatient, half patient: the hazard falls as they leave
        at_s=[0.0, *np.geomspace(0.01, 4000, 400)],
        share=[
            0.0,
            *(
                1
                - (
                    np.exp(-np.geomspace(0.01, 4000, 400) / 20) / 2
                    + np.exp(-np.geomspace(0.01, 4000, 400) / 400) / 2
                )
            ),
        ],
    )
    assert patience.mean_s < mixed.mean_s
    errors = []
    for load in (100, 10_000):
        found = shortcut_error(load_erlangs=load, handle_s=240, patience=mixed, agents=load)
        assert found.same_mean is None or found.same_start is not None
        assert found.same_start is not None
        errors.append(abs(found.same_start.p_abandon_error) / float(found.exact.p_abandon))
    assert errors[1] < errors[0] / 3
    assert errors[1] < 0.02


def test_patience_measured_in_one_month_misleads_in_another() -> None:
    queue: dict[str, Any] = {"load_erlangs": 100.0, "handle_s": 240.0, "agents": 103.0}
    same = shortcut_error(patience=HASTY, **queue)
    busy = shortcut_error(patience=HASTY, measured_with=80, **queue)
    assert busy.as_measured.patience_s > 1.2 * same.as_measured.patience_s
    assert abs(busy.as_measured.p_abandon_error) > 2 * abs(same.as_measured.p_abandon_error)
    assert same.same_start is None  # the hazard begins at infinity
    assert shortcut_error(patience=JUMPS, **queue).same_mean is None  # some never give up


def test_where_nothing_can_be_measured_that_is_said() -> None:
    with pytest.raises(QueueingError, match="no patience to measure"):
        shortcut_error(load_erlangs=10, handle_s=240, patience=Never(), agents=15)
    with pytest.raises(QueueingError, match="without waiting"):
        shortcut_error(load_erlangs=10, handle_s=240, patience=Fixed(value_s=0), agents=10)


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"load_erlangs": -1}, "load_erlangs"),
        ({"load_erlangs": math.nan}, "load_erlangs"),
        ({"handle_s": -1}, "handle_s"),
        ({"agents": -1}, "agents"),
        ({"answer_within_s": -5}, "answer_within_s"),
    ],
)
def test_what_has_no_answer_is_refused_by_name(change: dict[str, float], field: str) -> None:
    with pytest.raises(QueueingError, match=field):
        erlang_general(
            **{"load_erlangs": 10, "handle_s": 240, "agents": 11, "patience": HASTY, **change}  # type: ignore[arg-type]
        )


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        ({}, "no target"),
        ({"service_level": 1.0}, "every caller"),
        ({"service_level": 80}, "service_level"),
        ({"abandoned": 0}, "abandoned"),
        ({"mean_wait_s": 0}, "mean_wait_s"),
        ({"occupancy": 1.2}, "occupancy"),
    ],
)
def test_targets_that_cannot_be_are_refused(targets: dict[str, Any], says: str) -> None:
    with pytest.raises(QueueingError, match=says):
        agents_needed_general(load_erlangs=10, handle_s=240, patience=HASTY, **targets)


def test_callers_who_never_give_up_must_be_carried() -> None:
    with pytest.raises(UnstableQueue) as caught:
        erlang_general(load_erlangs=100, handle_s=240, patience=JUMPS, agents=10)
    assert "10 erlangs" in caught.value.wrong
    assert "at least 11 agents" in caught.value.todo
    with pytest.raises(UnstableQueue):
        erlang_general(load_erlangs=10, handle_s=240, patience=Never(), agents=10)
    nearly = erlang_general(load_erlangs=100, handle_s=240, patience=JUMPS, agents=10.001)
    assert float(nearly.mean_wait_of_answered_s) > 100_000
    needed = agents_needed_general(load_erlangs=100, handle_s=240, patience=JUMPS, mean_wait_s=1e6)
    assert needed.agents == 11


# ---------------------------------------------------------------- the queue itself


def _run(
    handle: Law, patience: Law, *, load: float, agents: int
) -> tuple[oracle.Shares, oracle.Shares]:
    runs = [
        oracle.simulated(
            load=load,
            agents=agents,
            handle_s=handle.quantile,
            patience_s=patience.quantile,
            mean_handle_s=handle.mean_s,
            within_s=20,
            calls=40_000,
            warm_up=4_000,
            seed=seed,
        )
        for seed in range(12)
    ]
    return oracle.mean_of(runs)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("patience", "load", "agents"),
    [
        (HASTY, 20, 19),
        (Fixed(value_s=60), 10, 9),
        (JUMPS, 30, 22),
        (Lognormal(median_s=90, sigma=0.7), 50, 50),
    ],
)
def test_plain_runs_of_the_queue_say_the_same(patience: Law, load: float, agents: int) -> None:
    mean, error = _run(Exponential(mean_s=240), patience, load=load, agents=agents)
    wait = erlang_general(load_erlangs=load, handle_s=240, patience=patience, agents=agents)
    for name, value in (
        ("p_wait", wait.p_wait),
        ("p_abandon", wait.p_abandon),
        ("mean_wait_s", wait.mean_wait_s),
        ("mean_wait_of_answered_s", wait.mean_wait_of_answered_s),
        ("p_wait_longer", wait.p_wait_longer),
        ("answered_within", wait.service_level.of_offered),
    ):
        # Twelve runs: Student's 99.9 %.
        assert abs(float(value) - getattr(mean, name)) < 4.5 * getattr(error, name), name


@pytest.mark.slow
@pytest.mark.parametrize("patience", [HASTY, Exponential(mean_s=120), Fixed(value_s=120)])
@pytest.mark.parametrize(
    ("handle", "off_by"),
    [(Lognormal.from_mean(mean_s=240, cv=1.2), 0.005), (Fixed(value_s=240), 0.03)],
)
def test_other_handle_times_are_off_by_no_more_than_the_page_says(
    handle: Law, off_by: float, patience: Law
) -> None:
    """A small form of the table in docs/reference/waiting.md."""
    mean, error = _run(handle, patience, load=10, agents=10)
    wait = erlang_general(load_erlangs=10, handle_s=240, patience=patience, agents=10)
    missed = abs(float(wait.p_abandon) - mean.p_abandon)
    assert missed < off_by + 4.5 * error.p_abandon
