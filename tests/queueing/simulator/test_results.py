"""What a simulation found: every figure against the rows of its own trace, and known truth."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.estimate import Estimate, Unknown
from andon.queueing._kernels import columns as c
from andon.queueing.erlang import erlang_a
from andon.queueing.laws import Never
from andon.queueing.simulator.figures import (
    CONTACTS,
    CUSTOMERS,
    STAFF,
    ContactFigures,
    CustomerFigures,
    StaffFigures,
)
from andon.queueing.simulator.model import Queue
from andon.queueing.simulator.results import FIGURES, Simulation
from andon.queueing.simulator.runs import simulate
from oracles import simulated as oracle
from simulated import LOOP, day, skills, team


def values(found: Simulation) -> dict[str, float]:
    return {
        name: figure.value
        for of in FIGURES
        for name, figure in found.figures(of).items()
        if isinstance(figure, Estimate)
    }


@given(agents=st.integers(2, 8), seed=st.integers(0, 500), cut_h=st.sampled_from([0, 2]))
@settings(deadline=None, max_examples=15)
def test_every_figure_is_what_its_rows_say(agents: int, seed: int, cut_h: int) -> None:
    """The first of two runs is traced; the sums of that run make the figures of the slow twin."""
    model = team(agents, loop=LOOP)
    found = simulate(model, seed=seed, replications=2, warm_up=cut_h * 3600.0, trace=True)
    truth = oracle.figures(found.trace, within_s=20, from_s=cut_h * 3600.0, to_s=model.horizon_s)
    for figure in CONTACTS:
        if figure.name in truth:
            y, x = found.sums(figure, "contacts")
            assert y[0] / x[0] == pytest.approx(truth[figure.name], rel=1e-9), figure.name


def test_no_figure_is_left_out() -> None:
    for kind, rows in (
        (ContactFigures, CONTACTS),
        (StaffFigures, STAFF),
        (CustomerFigures, CUSTOMERS),
    ):
        fields = {field.name for field in dataclasses.fields(kind)}
        assert {figure.name.split(".")[0] for figure in rows} == fields


def test_a_simulation_agrees_with_the_exact_formula() -> None:
    """M/M/11+M at 10 erlangs; the interval of 40 runs is 0.4 points, twice that is allowed."""
    truth = erlang_a(load_erlangs=10, handle_s=180, patience_s=120, agents=11)
    found = simulate(team(11, per_h=200, handle_s=180, days=5), replications=40)
    exact = {
        "service_level.of_offered": truth.service_level.of_offered,
        "service_level.of_offered_less_short": truth.service_level.of_offered_less_short,
        "service_level.of_answered": truth.service_level.of_answered,
        "abandoned": truth.p_abandon,
        "mean_wait_s": truth.mean_wait_s,
        "mean_wait_of_answered_s": truth.mean_wait_of_answered_s,
        "waited": truth.p_wait,
        "queue_length": 200 / 3600 * np.asarray(truth.mean_wait_s),
    }
    for name, value in exact.items():
        figure = found.figures("contacts")[name]
        assert isinstance(figure, Estimate)
        assert abs(figure.value - float(value)) < figure.high - figure.low, name
    occupancy = found.staff.occupancy
    assert isinstance(occupancy, Estimate)
    assert abs(occupancy.value - float(truth.occupancy)) < occupancy.high - occupancy.low


@given(agents=st.integers(1, 8), seed=st.integers(0, 500))
@settings(deadline=None, max_examples=20)
def test_littles_law_holds_in_every_run_to_the_last_microsecond(agents: int, seed: int) -> None:
    """Counted over time and over contacts, the time that was waited is the same."""
    found = simulate(team(agents, loop=LOOP), seed=seed, replications=2, warm_up=0.0)
    totals = found.counts.queues.sum(axis=(1, 2))
    waited = totals[:, c.WAITED_ANSWERED] + totals[:, c.WAITED_OTHER]
    assert totals[:, c.QUEUE].tolist() == waited.tolist()


@given(seed=st.integers(0, 500))
@settings(deadline=None, max_examples=10)
def test_nobody_is_busy_who_is_not_at_work(seed: int) -> None:
    """Busy time within each interval fits into duty and the finishing of calls."""
    pools = simulate(day(day_cv=0.4), seed=seed, replications=2).counts.pools
    at_work = pools[..., c.STAFFED] + pools[..., c.OVERTIME]
    assert (pools[..., c.BUSY] <= at_work).all()
    assert (pools >= 0).all()


def test_parts_add_up() -> None:
    found = values(simulate(team(4, loop=LOOP, days=2), replications=4))
    came = found["fresh"] + found["redials"] + found["recontacts"] + found["passed_in"]
    assert found["offered"] == pytest.approx(came)
    left = found["answered"] + found["gave_up"] + found["still_waiting"] + found["missed"]
    assert found["offered"] == pytest.approx(left, rel=1e-3)
    assert found["settled"] + found["lost"] == pytest.approx(1)
    assert found["lost"] == pytest.approx(
        sum(found[name] for name in ("gave_up_for_good", "gone_quietly", "out_of_attempts"))
    )
    assert found["contacts_per_customer"] == pytest.approx(found["offered"] / found["fresh"])


def test_the_three_service_levels_flatter_more_and_more() -> None:
    level = simulate(team(3), replications=4).overall.service_level
    strict, adopted, loose = (
        each.value
        for each in (level.of_offered, level.of_offered_less_short, level.of_answered)
        if isinstance(each, Estimate)
    )
    assert strict < adopted < loose


def test_one_queue_is_all_queues_where_there_is_one() -> None:
    found = simulate(team(4, loop=LOOP), replications=3)
    assert found.of_queue("calls") == found.overall
    assert found.of_pool("agents") == found.staff
    assert found.customers_of("calls") == found.customers


def test_fates_are_those_of_whole_runs() -> None:
    found = simulate(team(4, loop=LOOP), replications=3, warm_up=3600.0)
    fates = found.fates
    assert fates.arrived == found.counts.queues[..., c.FRESH : c.PASSED_IN + 1].sum()
    assert fates.customers == found.counts.fates[..., c.CUSTOMERS].sum()


# By interval -------------------------------------------------------------------------------------


def test_intervals_add_up_to_the_whole() -> None:
    found = simulate(day(), replications=5)
    series = found.by_interval()
    assert isinstance(found.overall.offered, Estimate)
    assert series.offered.value.sum() == pytest.approx(found.overall.offered.value)
    level = found.overall.service_level.of_offered
    assert isinstance(level, Estimate)
    weighted = np.nansum(series.service_level.of_offered.value * series.offered.value)
    assert weighted / series.offered.value.sum() == pytest.approx(level.value)
    assert np.isnan(series.service_level.of_offered.value[0])  # nobody calls at midnight
    assert series.offered.value[0] == 0
    on_duty = found.staff_by_interval().on_duty.value
    assert on_duty.tolist() == found.model.pools[0].schedule.counts(1800.0, 48).tolist()


def test_days_laid_over_each_other_are_the_mean_day() -> None:
    found = simulate(day(days=3), replications=4, warm_up=86_400.0)
    whole, folded = found.by_interval(), found.by_interval(within="day")
    assert len(whole.offered.value) == 96
    assert whole.offered.from_s[0] == 86_400
    assert len(folded.offered.value) == 48
    assert folded.offered.from_s.tolist() == [1800.0 * i for i in range(48)]
    two_days = whole.offered.value.reshape(2, 48).mean(axis=0)
    assert folded.offered.value == pytest.approx(two_days)


def test_a_cut_within_a_day_leaves_each_interval_at_its_own_time() -> None:
    found = simulate(day(days=2), replications=4, warm_up=6 * 3600.0)
    folded = found.by_interval(within="day")
    assert folded.offered.from_s.tolist() == [1800.0 * i for i in range(48)]
    quiet = folded.offered.from_s < 8 * 3600
    assert (folded.offered.value[quiet] == 0).all()
    assert (
        folded.offered.value[
            (folded.offered.from_s >= 8 * 3600) & (folded.offered.from_s < 18 * 3600)
        ]
        > 0
    ).all()


def test_a_run_without_a_whole_week_cannot_be_laid_over_by_the_week() -> None:
    found = simulate(day(days=2), replications=2)
    with pytest.raises(QueueingError, match="by the week"):
        found.by_interval(within="week")


# What a model cannot have ------------------------------------------------------------------------


def test_without_a_loop_nothing_is_said_of_resolution() -> None:
    found = simulate(team(), replications=3)
    assert isinstance(found.overall.resolved, Unknown)
    for exact, value in (
        (found.overall.redials, 0.0),
        (found.overall.repeated, 0.0),
        (found.overall.contacts_per_customer, 1.0),
        (found.customers.gone_quietly, 0.0),
        (found.staff.overtime_h, 0.0),
        (found.staff.at_once, 1.0),
        (found.staff.on_duty, 5.0),
    ):
        assert isinstance(exact, Estimate)
        assert (exact.value, exact.level) == (value, 1.0)


def test_where_nobody_gives_up_that_is_certain() -> None:
    found = simulate(team(6, patience=Never()), replications=3)
    assert isinstance(found.overall.abandoned, Estimate)
    assert found.overall.abandoned.level == 1.0
    level = found.overall.service_level
    assert isinstance(level.of_offered, Estimate)
    assert isinstance(level.of_answered, Estimate)
    assert level.of_offered.value == pytest.approx(level.of_answered.value, rel=1e-2)


def test_a_quiet_team_does_not_claim_that_nobody_ever_waits() -> None:
    found = simulate(team(60), replications=4)
    assert isinstance(found.overall.mean_wait_s, Unknown)
    assert "every replication gave the same" in found.overall.mean_wait_s.why
    waited = found.overall.waited
    assert isinstance(waited, Estimate)
    assert waited.value == 0
    assert waited.high > 0


def test_late_work_is_a_share_of_work_that_has_a_deadline() -> None:
    base = team(5)
    queue = dataclasses.replace(base.queues[0], deadline_s=30.0)
    found = simulate(dataclasses.replace(base, queues=(queue,)), replications=6, trace=True)
    assert isinstance(found.overall.late, Estimate)
    answered = found.trace[found.trace[:, c.OUTCOME] == c.ANSWERED]
    assert isinstance(simulate(base, replications=2).overall.late, Unknown)
    late = ((answered[:, c.LEFT_QUEUE] - answered[:, c.ARRIVED]) > 30e6).mean()
    assert found.overall.late.value == pytest.approx(late, abs=0.15)


def test_names_that_do_not_exist_are_met_with_those_that_do() -> None:
    found = simulate(team(), replications=2)
    with pytest.raises(QueueingError, match="no queue of that name") as caught:
        found.of_queue("Calls")
    assert caught.value.todo == "Use one of: calls."
    with pytest.raises(QueueingError, match="no pool of that name"):
        found.of_pool("calls")


def test_the_queues_of_the_example_are_named() -> None:
    assert [queue.name for queue in skills().queues] == ["first", "second", "mail"]
    assert isinstance(skills().queues[0], Queue)
