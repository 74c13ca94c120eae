from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.capacity.contracts import Contract, patterns_of
from andon.errors import PlanError


@given(
    least=st.integers(0, 5),
    more=st.integers(0, 2),
    run=st.integers(1, 6),
    weekdays=st.sets(st.integers(0, 6), min_size=1),
)
def test_weeks_are_those_that_keep_the_rules(
    least: int, more: int, run: int, weekdays: set[int]
) -> None:
    contract = Contract(
        name="one",
        least_shifts=least,
        most_shifts=max(1, least + more),
        most_hours=60,
        days_in_a_row=run,
        weekdays=tuple(sorted(weekdays)),
    )
    found = {each.on for each in patterns_of(contract, weekdays=range(7), lengths_h=[8.0])}
    for on in itertools.product((False, True), repeat=7):
        longest = max(len(part) for part in "".join("x" if each else " " for each in on).split(" "))
        good = (
            least <= sum(on) <= max(1, least + more)
            and longest <= run
            and all(day in weekdays for day, each in enumerate(on) if each)
        )
        assert (on in found) == good


def test_hours_are_those_that_whole_shifts_add_up_to() -> None:
    contract = Contract(name="one", least_hours=30, most_hours=36, most_shifts=5)
    found = patterns_of(contract, weekdays=range(7), lengths_h=[6.0, 8.0])
    reach = {each.shifts: (each.least_h, each.most_h) for each in found}
    assert reach == {4: (30.0, 32.0), 5: (30.0, 36.0)}


def test_of_a_part_of_a_week_only_a_part_is_asked() -> None:
    contract = Contract(name="one", least_shifts=5, most_shifts=5, least_hours=38)
    found = patterns_of(contract, weekdays=[0, 1, 2], lengths_h=[8.0])
    assert {each.shifts for each in found} == {2, 3}


def test_weeks_that_break_rules_say_which() -> None:
    contract = Contract(name="one", most_shifts=5, days_in_a_row=5, weekdays=(0, 1, 2, 3, 4, 5))
    found = patterns_of(contract, weekdays=range(7), lengths_h=[8.0], broken=True)
    assert len(found) == 128
    all_week = next(each for each in found if all(each.on))
    assert set(all_week.breaks) == {"weekdays", "most_shifts", "days_in_a_row", "most_hours"}


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ({"cost_per_h": 0.0}, "cost_per_h"),
        ({"least_hours": 50.0}, "least_hours"),
        ({"least_shifts": 6}, "least_shifts"),
        ({"days_in_a_row": 7}, "days_in_a_row"),
        ({"weekends_off": 3}, "weekends_off"),
        ({"weekdays": (7,)}, "weekdays"),
        ({"least_people": 4, "most_people": 3}, "more people than it may have"),
        ({"rest_s": 11.0 * 86400}, "rest_s"),
    ],
)
def test_rules_outside_their_range_are_refused(rules: dict[str, Any], named: str) -> None:
    with pytest.raises(PlanError) as told:
        Contract(name="one", **rules)
    assert named in str(told.value)
