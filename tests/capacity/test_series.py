"""A what-if as rows of figures: they add up to what the answer says."""

from __future__ import annotations

import numpy as np
import pytest

from andon.capacity.full_cost import Rates
from andon.capacity.levers import Levers
from andon.capacity.series import against_handle_time, week_by_week
from andon.capacity.whatif import WhatIf, what_if
from andon.errors import PlanError
from andon.estimate import Estimate
from one_queue import pace_of, queue


@pytest.fixture(scope="module")
def found() -> WhatIf:
    situation = queue(rates=Rates(per_hour=30.0))
    return what_if(
        situation,
        Levers.said(handle_time="-20%"),
        pace_of(situation, curves=120),
        levels=5,
        weeks=6,
        simulate=False,
    )


def test_a_week_before_then_each_week_that_was_played(found: WhatIf) -> None:
    rows = week_by_week(found, "work_h")
    assert [row.week for row in rows] == list(range(7))
    assert rows[0].promised == pytest.approx(found.promise.work_today_h, rel=1e-3)
    for row in rows[1:]:
        assert row.promised == pytest.approx(found.promise.work_h, rel=1e-3)


def test_the_last_weeks_are_near_the_week_at_rest(found: WhatIf) -> None:
    last = week_by_week(found, "work_h")[-1].really
    assert isinstance(last, Estimate)
    assert isinstance(found.after.work_h, Estimate)
    assert last.value == pytest.approx(found.after.work_h.value, rel=0.02)


def test_the_first_week_looks_better_than_the_last(found: WhatIf) -> None:
    rows = [row.really for row in week_by_week(found, "work_h")]
    first, last = rows[1], rows[-1]
    assert isinstance(first, Estimate)
    assert isinstance(last, Estimate)
    assert first.value < last.value


def test_the_plan_on_paper_leaves_customers_hours_as_they_are(found: WhatIf) -> None:
    rows = week_by_week(found, "customers_h")
    assert len({round(row.promised, 6) for row in rows}) == 1


def test_against_handle_time_today_is_exactly_one(found: WhatIf) -> None:
    assert found.trap is not None
    for rows in (
        against_handle_time(found.trap, "work_h"),
        against_handle_time(found.trap, "customers_h"),
        against_handle_time(found.trap, "money"),
    ):
        (today,) = [row for row in rows if row.today]
        assert today.handle_s == found.trap.today_s
        assert isinstance(today.against_today, Estimate)
        assert (today.against_today.low, today.against_today.high) == (1.0, 1.0)
        assert np.all(np.diff([row.handle_s for row in rows]) > 0)


def test_money_is_refused_where_nobody_said_what_an_hour_costs() -> None:
    situation = queue()
    found = what_if(
        situation,
        Levers.said(handle_time="-20%"),
        pace_of(situation, curves=40),
        levels=3,
        weeks=1,
        simulate=False,
    )
    assert found.trap is not None
    with pytest.raises(PlanError, match="nothing is known in money"):
        against_handle_time(found.trap, "money")
    with pytest.raises(PlanError, match="nothing is known in money"):
        week_by_week(found, "money")
