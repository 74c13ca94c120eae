"""Durations: missing stays missing, and clocks that run backwards add nothing."""

from __future__ import annotations

from typing import Any

import pytest

from andon.ledger.durations import handle_s, served_s, waited_s
from ledgers import contacts_table


def of(row: dict[str, Any]) -> tuple[float | None, float | None, float | None]:
    """Handle time, time served and time waited of one contact, in seconds."""
    table = contacts_table([{"arrived_at": 100, **row}])
    (found,) = (
        table.select(handle=handle_s(table), served=served_s(table), waited=waited_s(table))
        .to_pyarrow()
        .to_pylist()
    )
    return found["handle"], found["served"], found["waited"]


@pytest.mark.parametrize(
    ("parts", "handle"),
    [
        ({}, None),
        ({"talk_s": 0.0}, 0.0),
        ({"talk_s": 60.0, "hold_s": 5.0, "wrapup_s": 30.0}, 95.0),
        ({"hold_s": 5.0}, 5.0),
        ({"wrapup_s": 30.0}, 30.0),
        ({"talk_s": 60.0, "wrapup_s": 30.0}, 90.0),
        ({"hold_s": 5.0, "wrapup_s": 30.0}, 35.0),
    ],
)
def test_handle_time_is_null_only_where_all_its_parts_are(
    parts: dict[str, float], handle: float | None
) -> None:
    assert of(parts)[0] == handle


def test_wrap_up_is_not_time_served() -> None:
    assert of({"talk_s": 60.0, "hold_s": 5.0, "wrapup_s": 30.0})[1] == 65.0


def test_without_talk_time_the_clock_says_how_long_somebody_was_served() -> None:
    assert of({"answered_at": 130, "ended_at": 190})[1] == 60.0
    assert of({"ended_at": 190})[1] is None


def test_waiting_ends_with_an_answer_or_with_leaving() -> None:
    assert of({"answered_at": 130, "ended_at": 190})[2] == 30.0
    assert of({"ended_at": 190})[2] == 90.0
    assert of({})[2] is None


def test_a_clock_that_runs_backwards_adds_nothing() -> None:
    assert of({"answered_at": 40, "ended_at": 20}) == (None, 0.0, 0.0)
