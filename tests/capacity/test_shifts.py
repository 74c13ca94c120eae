from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from andon.capacity.horizon import Horizon
from andon.capacity.shifts import Break, Shifts, Template
from andon.errors import PlanError

H = 3600.0


def night(**more: Any) -> Template:
    return Template(name="night", length_s=8 * H, first_start_s=22 * H, last_start_s=22 * H, **more)


@pytest.mark.parametrize(
    ("first", "hours"), [(dt.date(2024, 3, 30), 7), (dt.date(2024, 10, 26), 9)]
)
def test_a_night_of_the_clock_change_ends_at_six_on_the_wall(first: dt.date, hours: int) -> None:
    horizon = Horizon.of(first, days=2, zone="Europe/Berlin")
    found = Shifts(horizon, [night()])
    assert [each.day for each in found.shifts] == [-1, 0, 1]
    before, during, after = found.shifts
    assert before.end == 12
    assert horizon.says(during.begin).endswith("22:00")
    assert horizon.says(during.end).endswith("06:00")
    assert during.paid_s == hours * H
    assert after.end > len(horizon.slot)
    assert found.cover[2].tolist() == [after.begin, len(horizon.slot)]


def test_a_beginning_that_the_clock_skips_is_no_shift() -> None:
    horizon = Horizon.of(dt.date(2024, 3, 31), days=1, zone="Europe/Berlin")
    early = Template(
        name="early", length_s=6 * H, first_start_s=1 * H, last_start_s=4 * H, step_s=H
    )
    begins = [each.start_s / H for each in Shifts(horizon, [early]).shifts]
    assert begins == [1.0, 3.0, 4.0]


def test_shifts_of_the_evening_before_can_be_left_out() -> None:
    horizon = Horizon.of(dt.date(2024, 6, 3), days=1, zone="UTC")
    assert [each.day for each in Shifts(horizon, [night()], evening_before=False).shifts] == [0]


def test_unpaid_breaks_are_not_paid_and_sundays_cost_more() -> None:
    horizon = Horizon.of(dt.date(2024, 6, 9), days=1, zone="UTC")
    template = Template(
        name="day",
        length_s=9 * H,
        first_start_s=8 * H,
        last_start_s=8 * H,
        breaks=(
            Break(length_s=1800, after_s=2 * H, before_s=3 * H, paid=True),
            Break(length_s=3600, after_s=4 * H, before_s=5 * H),
        ),
        cost_factor=1.2,
        weekday_cost_factors=(1, 1, 1, 1, 1, 1, 1.5),
    )
    (shift,) = Shifts(horizon, [template]).shifts
    assert shift.paid_s == 8 * H
    assert shift.cost_factor == pytest.approx(1.8)
    assert shift.breaks == ((20, 22), (24, 26))


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ({"breaks": (Break(length_s=9 * H, after_s=0, before_s=0),)}, "leave no time to work"),
        ({"breaks": (Break(length_s=H, after_s=7 * H, before_s=8 * H),)}, "end after the shift"),
        (
            {
                "breaks": (
                    Break(length_s=H, after_s=2 * H, before_s=4 * H),
                    Break(length_s=H, after_s=4 * H, before_s=5 * H),
                )
            },
            "before the one before it",
        ),
        ({"weekdays": ()}, "no day that there is"),
        ({"cost_factor": 0.0}, "must cost something"),
        ({"step_s": 0.0}, "a step"),
    ],
)
def test_templates_that_cannot_be_worked_are_refused(rules: dict[str, Any], named: str) -> None:
    with pytest.raises(PlanError) as told:
        night(**rules)
    assert named in str(told.value)


def test_times_between_intervals_and_names_twice_are_refused() -> None:
    horizon = Horizon.of(dt.date(2024, 6, 3), days=1, zone="UTC")
    odd = Template(name="odd", length_s=8.25 * H, first_start_s=8 * H, last_start_s=8 * H)
    with pytest.raises(PlanError, match="does not fit the plan's intervals"):
        Shifts(horizon, [odd])
    with pytest.raises(PlanError, match="share a name"):
        Shifts(horizon, [night(), night()])
    with pytest.raises(PlanError, match="window that begins before it ends"):
        Break(length_s=H, after_s=2 * H, before_s=H)
