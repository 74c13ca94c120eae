from __future__ import annotations

import datetime as dt
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.capacity.typical_week import typical_week
from andon.errors import PlanError
from ledgers import contacts_table

MONDAY = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
DAY_S = 86_400


def calls(
    *, days: int, a_day: int = 10, skip: tuple[int, ...] = (), **more: Any
) -> list[dict[str, Any]]:
    """Calls at 9:10 on each day, one in five of which gives up."""
    return [
        {
            "arrived_at": day * DAY_S + 9 * 3600 + 600 + i,
            "outcome": "abandoned" if i % 5 == 0 else "handled",
            "talk_s": None if i % 5 == 0 else 100.0,
            "wrapup_s": None if i % 5 == 0 else 20.0,
            "queue": "calls",
            **more,
        }
        for day in range(days)
        if day not in skip
        for i in range(a_day)
    ]


def staffing(rows: list[tuple[float, float, str]], *, people: float | None = None) -> ir.Table:
    """Stretches from and to, seconds after Monday."""
    begin = int(MONDAY.timestamp()) * 1_000_000
    return ibis.memtable(
        {
            "state": [state for _, _, state in rows],
            "queue": [None] * len(rows),
            "people": [people] * len(rows),
            "from_us": [begin + round(a * 1e6) for a, _, _ in rows],
            "to_us": [begin + round(b * 1e6) for _, b, _ in rows],
        },
        schema={
            "state": "string",
            "queue": "string",
            "people": "float64",
            "from_us": "int64",
            "to_us": "int64",
        },
    )


def test_a_week_is_what_came_and_what_became_of_it() -> None:
    week = typical_week(contacts_table(calls(days=28)))
    nine = 7 * 48  # intervals in all
    assert len(week.contacts) == nine
    assert week.contacts[18] == 40
    assert week.handled[18] == 32
    assert week.abandoned[18] == 8
    assert week.work_s[18] == pytest.approx(32 * 120)
    assert week.times[18] == 4
    assert week.per_interval.sum() == pytest.approx(70)
    assert week.on_duty is None


def test_only_the_last_weeks_and_the_named_queue_count() -> None:
    others = calls(days=28, a_day=3, queue="other")
    week = typical_week(contacts_table([*calls(days=28), *others]), queues=["calls"], weeks=2)
    assert week.contacts.sum() == 140
    assert week.first_day == dt.date(2024, 1, 15)


def test_a_holiday_is_no_part_of_a_typical_week() -> None:
    quiet = calls(days=35, a_day=60, skip=(10,)) + calls(days=11, a_day=2, skip=tuple(range(10)))
    week = typical_week(contacts_table(quiet))
    assert week.left_out == 1
    assert week.per_interval.sum() == pytest.approx(420)


def test_days_in_gaps_do_not_count_as_days_without_contacts() -> None:
    seen = calls(days=60, a_day=50, skip=tuple(range(20, 41)))
    week = typical_week(contacts_table(seen), weeks=8)
    assert week.per_interval.sum() == pytest.approx(350)


def test_too_few_days_are_refused_in_words() -> None:
    with pytest.raises(PlanError, match="Too few days"):
        typical_week(contacts_table(calls(days=3)))
    with pytest.raises(PlanError, match="Too few days"):
        typical_week(contacts_table(calls(days=28)), queues=["cals"])
    with pytest.raises(PlanError, match="no contacts"):
        typical_week(contacts_table([]))


@given(
    stretches=st.lists(
        st.tuples(st.floats(-DAY_S, 27 * DAY_S), st.floats(60, 2 * DAY_S)), min_size=1, max_size=12
    )
)
@settings(max_examples=25)
def test_agents_on_duty_agree_with_looking_at_every_minute(
    stretches: list[tuple[float, float]],
) -> None:
    spans = [(a, a + length) for a, length in stretches]
    rows = [(a, b, "busy") for a, b in spans]
    week = typical_week(contacts_table(calls(days=28)), staffing=staffing(rows), weeks=4)
    assert week.on_duty is not None
    edges = np.arange(28 * 48 + 1) * 1800.0
    there = np.zeros(28 * 48)
    for a, b in spans:
        there += np.maximum(
            0, np.minimum(np.round(b, 6), edges[1:]) - np.maximum(np.round(a, 6), edges[:-1])
        )
    expected = (there / 1800).reshape(4, 336).mean(axis=0)
    assert week.on_duty == pytest.approx(expected, abs=1e-6)


def test_breaks_are_not_duty_and_counts_of_people_count_as_many() -> None:
    rows = [(0.0, 28.0 * DAY_S, "busy"), (0.0, 28.0 * DAY_S, "break")]
    week = typical_week(
        contacts_table(calls(days=28)), staffing=staffing(rows, people=6.0), weeks=4
    )
    assert week.on_duty is not None
    assert week.on_duty == pytest.approx(np.full(336, 6.0))


def test_where_nobody_was_recorded_it_is_not_known() -> None:
    rows = [(0.0, 3600.0, "lunch")]
    assert typical_week(contacts_table(calls(days=28)), staffing=staffing(rows)).on_duty is None


def test_a_week_is_cut_by_the_clock_on_the_wall() -> None:
    table = contacts_table(calls(days=28), zone="Asia/Jerusalem")
    week = typical_week(table, zone="Asia/Jerusalem")
    assert week.contacts[22] == 40  # 9:10 in UTC is 11:10 there
