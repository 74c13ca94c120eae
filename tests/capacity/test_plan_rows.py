"""A plan as rows: every day and interval once, with the figures of the plan."""

from __future__ import annotations

import numpy as np
import pytest

from andon.capacity.plan_rows import days_of, intervals_of
from small_plans import plain_plan, small_plan


def test_each_open_interval_is_one_row_with_what_it_needs() -> None:
    plan = plain_plan()
    (team,) = plan.teams
    rows = intervals_of(plan, team)
    assert len(rows) == 5 * 8
    assert sum(each.required for each in rows) == team.agents.sum()
    assert [each.from_s for each in rows[:8]] == [3600 * hour for hour in range(8, 16)]
    assert all(each.to_s - each.from_s == 3600 for each in rows)
    assert all(each.contacts_low <= each.contacts <= each.contacts_high for each in rows)
    assert all(each.load_low < each.required for each in rows)
    assert all(each.in_shifts is None for each in rows)
    assert all(each.on_the_mean is not None for each in rows)
    assert all(each.handle_s == pytest.approx(240, rel=0.1) for each in rows)


@pytest.mark.slow
def test_a_team_with_two_lines_has_the_contacts_of_both() -> None:
    plan = small_plan()
    front = plan.teams[0]
    both = np.sum([plan.line(name).forecast.courses.contacts for name in front.lines], axis=0)
    first = intervals_of(plan, front)[0]
    assert first.contacts == pytest.approx(np.median(both[:, 8]))
    assert first.on_the_mean is None


def test_days_hold_eight_in_ten_and_what_came() -> None:
    plan = plain_plan(judged=True)
    assert plan.judged is not None
    line = plan.lines[0]
    came = plan.judged.a_day("calls")
    rows = days_of(line, came=came)
    assert [each.day for each in rows] == list(plan.horizon.dates)
    assert [each.came for each in rows] == came.tolist()
    for each in rows[:5]:
        assert 0 < each.low < each.middle < each.high
    assert all(each.high == 0 for each in rows[5:])
    daily = line.forecast.courses.contacts[:, plan.horizon.day_index == 0].sum(axis=1)
    assert rows[0].middle == pytest.approx(np.median(daily), rel=0.1)
    # The chance of single contacts comes on top of how days differ.
    assert rows[0].high >= np.quantile(daily, 0.9) * 0.97


def test_a_day_that_was_not_seen_has_no_number() -> None:
    line = plain_plan().lines[0]
    came = np.array([100.0, np.nan, 3, 4, 5, 6, 7])
    assert [each.came for each in days_of(line, came=came)][:3] == [100.0, None, 3.0]
    assert days_of(line) == days_of(line)
