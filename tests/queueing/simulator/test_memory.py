"""Memory is told before a simulation starts, and told rightly."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from andon.errors import QueueingError
from andon.queueing.simulator import memory
from andon.queueing.simulator.memory import bytes_needed, check_room, free_bytes
from andon.queueing.simulator.model import Model
from andon.queueing.simulator.runs import simulate
from simulated import LOOP, day, skills, team


@pytest.mark.parametrize(
    ("model", "replications", "trace"),
    [
        (team(), 200, False),
        (replace(team(), days=100), 6, False),
        (team(loop=LOOP, days=20), 2, True),
        (day(days=30), 10, False),
        (skills(), 50, False),
    ],
    ids=["many short runs", "a long run", "a trace", "days", "skills"],
)
def test_what_is_told_is_what_is_taken(model: Model, replications: int, trace: bool) -> None:
    """Never less than what is held at the peak, and no more than six times as much."""
    simulate(model, replications=1, warm_up=0.0)
    tracemalloc.start()
    simulate(model, replications=replications, warm_up=0.0, workers=1, trace=trace)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    told = bytes_needed(model, replications=replications, workers=1, trace=trace)
    assert 0.8 * peak <= told <= 6 * peak


def test_more_of_anything_takes_more() -> None:
    least = bytes_needed(team(), replications=10)
    assert least < bytes_needed(team(), replications=11)
    assert least < bytes_needed(team(), replications=10, workers=2)
    assert least < bytes_needed(team(), replications=10, trace=True)
    assert least < bytes_needed(team(days=1), replications=10)
    assert least < bytes_needed(team(interval_s=900), replications=10)
    assert least < bytes_needed(skills(), replications=10)


@pytest.mark.parametrize(
    ("model", "replications", "trace", "what", "value"),
    [
        (team(), 100_000, False, "The results", "replications = 100,000"),
        (team(days=100_000), 2, False, "One run", "days = 100000, interval_s = 1800"),
        (team(per_h=1e6, days=1), 2, True, "The trace", "trace of about 24,000,000 contacts"),
    ],
)
def test_what_takes_the_room_is_named_with_a_remedy(
    model: Model,
    replications: int,
    trace: bool,
    what: str,
    value: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 10**9)
    with pytest.raises(QueueingError) as caught:
        check_room(model, replications=replications, trace=trace)
    assert caught.value.wrong.startswith(what)
    assert value in caught.value.found
    assert "GB needed, 1.0 GB free" in caught.value.found
    assert caught.value.todo


def test_agents_and_customers_beyond_count_are_named() -> None:
    with pytest.raises(QueueingError, match="The agents would not fit") as caught:
        simulate(team(10**9))
    assert "agents = 1,000,000,000" in caught.value.found
    with pytest.raises(QueueingError, match="More customers would come") as caught:
        simulate(team(per_h=1e300))
    assert "lower rates" in caught.value.todo


def test_what_fits_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    check_room(team(), replications=20)
    monkeypatch.setattr(memory, "free_bytes", lambda: None)
    check_room(team(days=1e6), replications=20_000)


def test_this_machine_says_what_is_free() -> None:
    free = free_bytes()
    if Path("/proc/meminfo").exists():
        assert free is not None
        assert 0 < free < 1 << 50


def test_a_limit_on_the_group_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    numbers = {"/sys/fs/cgroup/memory.max": 5_000_000, "/sys/fs/cgroup/memory.current": 4_000_000}
    monkeypatch.setattr(memory, "_number", lambda path: numbers[str(path)])
    assert free_bytes() == 1_000_000
    assert memory._available() != 1_000_000


def test_a_system_that_says_nothing_stops_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "limit").write_text("max\n")
    assert memory._number(tmp_path / "limit") is None
    assert memory._number(tmp_path / "none") is None
    monkeypatch.setattr(memory, "_available", lambda: None)
    monkeypatch.setattr(memory, "_number", lambda _: None)
    assert free_bytes() is None
