"""A simulated operation, loaded and asked: the questions find what was simulated."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import ibis.expr.types as ir
import numpy as np
import pytest

from andon.demand.recontact import repeat_work
from andon.errors import QueueingError, ReportError
from andon.estimate import Estimate
from andon.ledger.ingest import ingest
from andon.ledger.mapping import load_mapping
from andon.ledger.store import Ledger
from andon.ledger.tables import TABLES
from andon.ledger.window import open_window
from andon.metrics.handling import handling
from andon.metrics.reach import reach
from andon.operation import Operation
from andon.proving.contacts import contacts, write
from andon.queueing._kernels import columns as c
from andon.queueing.laws import Exponential, Lognormal
from andon.queueing.simulator.model import (
    Arrivals,
    Curve,
    Loop,
    Model,
    Overflow,
    Pool,
    Queue,
    Route,
    Transfer,
)
from andon.queueing.simulator.results import Simulation
from andon.queueing.simulator.runs import simulate
from andon.queueing.simulator.schedule import Schedule

DAY_S = 86_400
WEEK_S = 7 * DAY_S
LOOP = Loop(
    resolves=Curve.flat(0.7),
    comes_back=0.8,
    recontact_after=Exponential(mean_s=6 * 3600),
    redials=0.5,
    redial_after=Exponential(mean_s=300),
    most_attempts=50,
)


def team(*, loop: Loop | None = None, days: float = 1.0) -> Model:
    return Model.one_pool(
        arrivals=Arrivals.steady(per_h=60),
        handle=Lognormal.from_mean(mean_s=240, cv=1.0),
        patience=Exponential(mean_s=120),
        schedule=Schedule.level(5),
        loop=loop,
        days=days,
    )


@pytest.fixture(scope="module")
def looped() -> Simulation:
    return simulate(team(loop=LOOP, days=28), replications=1, warm_up=0.0, trace=True)


@pytest.fixture(scope="module")
def loaded(looped: Simulation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ir.Table]:
    """The simulated contacts, as the ledger has them."""
    folder = tmp_path_factory.mktemp("simulated")
    made = Operation.create(folder / "operation", name="Simulated", zone="Europe/London")
    written = write(looped, folder / "run.parquet", zone="Europe/London")
    run = ingest(
        Ledger.open(made.ledger),
        [written.contacts],
        load_mapping(written.mapping),
        zone=made.zone,
        pseudonym_key=made.pseudonym_key(),
    )
    assert run.added == run.read == written.rows == len(looped.trace)
    assert run.quarantined == 0
    assert not run.notes
    with open_window(made) as window:
        yield window.contacts


def test_every_column_is_one_of_the_ledgers(looped: Simulation) -> None:
    made = contacts(looped)
    mapped = {column.name for column in TABLES["contacts"].mapped}
    assert set(made.column_names) <= mapped
    assert len(set(made["contact_id"].to_pylist())) == made.num_rows


def test_reach_finds_exactly_what_the_simulator_counted(
    looped: Simulation, loaded: ir.Table
) -> None:
    found = reach(loaded, answer_within_s=20, short_abandon_s=20).overall
    counted = looped.counts.queues.sum(axis=(0, 1, 2))
    assert found.handled == counted[c.ANSWERED]
    assert found.abandoned == counted[c.GAVE_UP]
    assert found.open == counted[c.STILL]
    assert found.service_level.of_offered.count == counted[c.IN_TIME]
    assert found.abandonment.short == counted[c.SHORT]
    assert isinstance(found.wait_answered_mean_s, Estimate)
    mean_s = counted[c.WAITED_ANSWERED] / counted[c.ANSWERED] / 1e6
    assert found.wait_answered_mean_s.value == pytest.approx(mean_s, rel=1e-12)


def test_handling_finds_the_handle_time_to_the_microsecond(
    looped: Simulation, loaded: ir.Table
) -> None:
    found = handling(loaded).overall
    counted = looped.counts.queues.sum(axis=(0, 1, 2))
    mean_s = counted[c.HANDLED] / counted[c.ANSWERED] / 1e6
    assert isinstance(found.mean_s, Estimate)
    assert found.mean_s.value == pytest.approx(mean_s, rel=1e-12)


def test_repeat_work_finds_the_loop(looped: Simulation, loaded: ir.Table) -> None:
    """Of those served 0.3 * 0.8 come back, of those who gave up 0.5, nearly all within a week."""
    found = repeat_work(loaded, windows_s=(WEEK_S,)).overall
    for after, truth in ((found.recontacts, 0.24), (found.retrials, 0.5)):
        rate = after.within(WEEK_S).rate
        assert isinstance(rate, Estimate)
        half = rate.high - rate.value
        assert abs(rate.value - truth) < 2 * half
        assert half < 0.02


def test_who_came_back_is_counted_as_the_trace_has_it(looped: Simulation, loaded: ir.Table) -> None:
    found = repeat_work(loaded, windows_s=(DAY_S,)).overall
    trace = looped.trace[np.lexsort((looped.trace[:, c.ARRIVED], looped.trace[:, c.CUSTOMER]))]
    same = trace[1:, c.CUSTOMER] == trace[:-1, c.CUSTOMER]
    soon = trace[1:, c.ARRIVED] - trace[:-1, c.ARRIVED] <= DAY_S * 10**6
    # A day before the last arrival, so that the window was wholly seen whatever the rule.
    seen = trace[:-1, c.ARRIVED] < trace[:, c.ARRIVED].max() - DAY_S * 10**6
    abandoned = trace[:-1, c.OUTCOME] == c.GAVE_UP
    truth = (same & soon & seen & abandoned).sum() / (seen & abandoned).sum()
    rate = found.retrials.within(DAY_S).rate
    assert isinstance(rate, Estimate)
    assert rate.value == pytest.approx(truth, abs=0.005)


def test_instants_are_exact(looped: Simulation, loaded: ir.Table) -> None:
    begin = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)  # London is at UTC in January
    rows = loaded.select("arrived_us", "answered_us").order_by("arrived_us").to_pyarrow()
    trace = looped.trace[np.argsort(looped.trace[:, c.ARRIVED], kind="stable")]
    first_us = int(begin.timestamp()) * 10**6
    assert rows["arrived_us"].to_pylist() == (trace[:, c.ARRIVED] + first_us).tolist()


def test_the_clock_is_the_walls() -> None:
    simulated = simulate(team(), replications=1, warm_up=0.0, trace=True)
    noon = dt.datetime(2024, 7, 1, 12)  # noqa: DTZ001
    first = min(contacts(simulated, starts_at=noon, zone="Europe/Berlin")["arrived_at"].to_pylist())
    assert first - dt.datetime(2024, 7, 1, 10, tzinfo=dt.UTC) < dt.timedelta(minutes=30)


def test_what_is_known_of_the_outcome_is_said_and_nothing_else(looped: Simulation) -> None:
    rows = contacts(looped).to_pylist()
    by_outcome = {row["outcome"] for row in rows}
    assert by_outcome <= {"handled", "abandoned", "open"}
    for row in rows[:5000]:
        handled = row["outcome"] == "handled"
        assert (row["answered_at"] is not None) == handled
        assert (row["advisor_id"] is not None) == handled
        assert row["handled_by"] == ("advisor" if handled else "none")
        assert row["previous_contact_id"] is None
        assert handled or row["resolved"] is None
    settled = sum(row["resolved"] is True for row in rows)
    assert settled == looped.counts.queues[..., c.RESOLVED].sum()


def test_without_a_loop_nobody_says_what_was_resolved() -> None:
    simulated = simulate(team(), replications=1, warm_up=0.0, trace=True)
    assert contacts(simulated)["resolved"].null_count == len(simulated.trace)


def two_queues() -> Model:
    """Those who waited 5 s move on to the second queue, and some who were served do."""
    agents = Pool(
        name="agents",
        schedule=Schedule.level(3),
        routes=(Route(queue="first"), Route(queue="second")),
    )
    first = Queue(
        name="first",
        handle=Exponential(mean_s=60),
        arrivals=Arrivals.steady(per_h=30),
        overflow=Overflow(to="second", after_s=5),
        transfer=Transfer(to="second", share=0.5),
    )
    return Model(
        queues=(first, Queue(name="second", handle=Exponential(mean_s=60))), pools=(agents,)
    )


def row_of(**said: int) -> list[int]:
    row = dict.fromkeys(range(c.TRACE_COLUMNS), 0)
    row |= {getattr(c, name): value for name, value in said.items()}
    return [row[i] for i in range(c.TRACE_COLUMNS)]


def test_who_moves_on_while_waiting_is_one_contact_and_a_transfer_makes_another(
    looped: Simulation,
) -> None:
    """Customer 7 waits 5 s in the first queue, is served in the second; 8 is served in both."""
    second = 10**6
    trace = np.array(
        [
            row_of(CUSTOMER=7, ARRIVED=0, LEFT_QUEUE=5 * second, LEFT=5 * second,
                   OUTCOME=c.PASSED_ON, QUEUE_OF=0, POOL_OF=-1, AGENT=-1),
            row_of(CUSTOMER=8, ARRIVED=second, LEFT_QUEUE=2 * second, LEFT=9 * second,
                   OUTCOME=c.ANSWERED, QUEUE_OF=0, AGENT=1),
            row_of(CUSTOMER=7, KIND=c.PASSED_IN, ARRIVED=5 * second, LEFT_QUEUE=6 * second,
                   LEFT=8 * second, OUTCOME=c.ANSWERED, QUEUE_OF=1, AGENT=2),
            row_of(CUSTOMER=8, KIND=c.PASSED_IN, ARRIVED=9 * second, LEFT_QUEUE=9 * second,
                   LEFT=20 * second, OUTCOME=c.ANSWERED, QUEUE_OF=1, AGENT=0),
        ],
        dtype=np.int64,
    )  # fmt: skip
    rows = contacts(dataclasses.replace(looped, model=two_queues(), trace=trace)).to_pylist()
    assert [row["contact_id"] for row in rows] == ["0-7.0", "0-8.0", "0-8.1"]
    moved, first, handed = rows
    assert (moved["queue"], moved["talk_s"], moved["advisor_id"]) == ("second", 2.0, "agents 2")
    assert moved["answered_at"] - moved["queued_at"] == dt.timedelta(seconds=6)
    assert (moved["transfers"], moved["previous_contact_id"]) == (0, None)
    assert (first["queue"], first["transfers"]) == ("first", 1)
    assert (handed["queue"], handed["previous_contact_id"]) == ("second", "0-8.0")


def test_every_queue_of_a_larger_model_is_a_source_of_contacts(tmp_path: Path) -> None:
    """Customers of two queues have numbers of their own; all rows are taken."""
    simulated = simulate(two_queues(), replications=1, warm_up=0.0, trace=True)
    made = contacts(simulated)
    counted = simulated.counts.queues.sum(axis=(0, 1, 2))
    assert made.num_rows == len(simulated.trace) - counted[c.PASSED_ON]
    rows = made.to_pylist()
    assert len({row["contact_id"] for row in rows}) == len(rows)
    assert sum(row["transfers"] for row in rows) == sum(
        row["previous_contact_id"] is not None for row in rows
    )
    assert sum(row["outcome"] == "handled" for row in rows) == counted[c.ANSWERED]
    by_id = {row["contact_id"]: row for row in rows}
    for row in rows:
        if row["previous_contact_id"]:
            before = by_id[row["previous_contact_id"]]
            assert before["customer_id"] == row["customer_id"]
            assert before["ended_at"] == row["arrived_at"]
            assert (before["queue"], row["queue"]) == ("first", "second")


def test_without_a_trace_it_says_how_to_get_one() -> None:
    simulated = simulate(team(), replications=1, warm_up=0.0)
    with pytest.raises(QueueingError, match="no trace") as caught:
        contacts(simulated)
    assert "trace=True" in caught.value.todo


def test_an_unknown_zone_is_named(looped: Simulation) -> None:
    with pytest.raises(QueueingError, match="no such time zone"):
        contacts(looped, zone="Mars/North")


def test_a_file_that_cannot_be_written_is_an_error_that_names_it(
    looped: Simulation, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ReportError, match="cannot be written"):
        write(looped, tmp_path / "file" / "run.parquet")
