"""Clocks: each counts whom its limit judges, by the clock that it says."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from andon.errors import QuestionError
from andon.goodhart.limit_clocks import Clock, on_the_clock
from ledgers import contacts_table
from oracles.at_a_limit import returns


def readings(rows: list[dict[str, Any]], clock: Clock, *, limit_s: float = 60.0) -> list[Any]:
    found = on_the_clock(contacts_table(rows), clock, limit_s=limit_s)
    told = found.order_by("arrived_us").clock_us.to_pyarrow().to_pylist()
    return [each if each is None else each / 1e6 for each in told]


def row(at: float, **said: Any) -> dict[str, Any]:
    return {"arrived_at": at, **said}


def test_handle_and_talk_time_are_of_people_s_timed_contacts() -> None:
    rows = [
        row(0, talk_s=100.0, hold_s=10.0, wrapup_s=5.0),
        row(1, talk_s=70.0),
        row(2, hold_s=30.0),
        row(3),
        row(4, talk_s=50.0, handled_by="bot"),
        row(5, talk_s=40.0, outcome="abandoned"),
    ]
    assert readings(rows, "handle") == [115.0, 70.0, 30.0]
    assert readings(rows, "talk") == [100.0, 70.0]


def test_waits_count_those_who_gave_up_late_without_a_reading() -> None:
    rows = [
        row(0, queued_at=0.0, answered_at=12.0),
        row(20, queued_at=20.0, ended_at=50.0, outcome="abandoned"),
        row(60, queued_at=60.0, ended_at=64.0, outcome="abandoned"),
        row(70),
        row(80, queued_at=85.0, answered_at=84.0),
    ]
    assert readings(rows, "wait") == [12.0, None, 0.0]


def test_a_case_closes_when_it_ends() -> None:
    rows = [row(0, ended_at=90.5), row(1), row(2, ended_at=1.0)]
    assert readings(rows, "closing") == [90.5]


@settings(max_examples=30)
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 5000), st.integers(0, 3), st.sampled_from(["a", "b"])),
        min_size=1,
        max_size=25,
        unique_by=lambda each: each[0],
    )
)
def test_returns_are_of_the_same_customer_in_the_same_matter(rows: list[Any]) -> None:
    made = [row(float(at), customer=who, reason=reason) for at, who, reason in sorted(rows)]
    watched = [each["arrived_at"] for each in made]
    told = [
        back
        for at, back in zip(watched, returns(made), strict=True)
        if watched[-1] - at >= 120  # twice the limit
    ]
    assert readings(made, "reopening") == told


def test_silence_begins_when_the_contact_ends() -> None:
    rows = [
        row(0, customer="x", ended_at=100.0),
        row(400, customer="x", ended_at=500.0),
        row(450, customer="x", ended_at=460.0),
        row(100_000, customer="y", ended_at=100_010.0),
    ]
    # The third came while the second was still open: no silence there.
    assert readings(rows, "silence") == [300.0, None, None]


def test_there_is_no_other_clock() -> None:
    with pytest.raises(QuestionError, match="no clock"):
        readings([row(0)], "patience")  # type: ignore[arg-type]
