"""Moves: what the twin did when the measure moved; the doubt holds the truth where it is known."""

from __future__ import annotations

import datetime as dt
import doctest
from collections.abc import Sequence

import ibis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.estimate import Estimate, Unknown
from andon.goodhart import moves as module
from andon.goodhart.goal import Change
from andon.goodhart.held import Scoped
from andon.goodhart.moves import Move, Point, past, similar, twin_change, whole_periods
from andon.ledger.coverage import Gap, Observed
from andon.units import US, Unit
from goodhart.goals import goal, twin
from goodhart.weeks import weeks

SHORTER = goal("handle_time", twins=(twin("recontact", 0.3),))


def about(value: float, *, by: float, unit: Unit = "s") -> Estimate:
    return Estimate(value=value, low=value - by, high=value + by, unit=unit, n=900, method="-")


def points(values: Sequence[float], *, by: float = 1.0) -> list[Point]:
    return [
        Point(period=f"{i:02}", measure=about(value, by=by), twin=about(0.1, by=0.01, unit="share"))
        for i, value in enumerate(values)
    ]


def spans(found: Sequence[Move]) -> list[tuple[str, str]]:
    return [(move.start, move.end) for move in found]


def test_moves_of_about_that_size_and_way_are_found() -> None:
    seen = points([300, 240, 300, 295, 225, 100])
    assert spans(similar(seen, wanted=-60)) == [("00", "01"), ("03", "04")]
    assert spans(similar(seen, wanted=60)) == [("01", "02")]
    assert similar(seen, wanted=-900) == ()
    assert similar(seen, wanted=0) == ()


def test_a_move_within_its_doubt_is_none() -> None:
    assert similar(points([300, 240], by=50), wanted=-60) == ()
    assert spans(similar(points([300, 240], by=20), wanted=-60)) == [("00", "01")]


def test_a_period_that_is_not_known_is_passed_over() -> None:
    seen = points([300, 270, 240])
    gap = Unknown(unit="s", why="nobody came", needs="contacts")
    seen[1] = Point(period="01", measure=gap, twin=seen[1].twin)
    assert spans(similar(seen, wanted=-60)) == [("00", "02")]


def test_a_slow_move_counts_only_over_six_periods_or_fewer() -> None:
    assert spans(similar(points([300, 290, 280, 270, 260, 250, 240]), wanted=-100)) == [
        ("00", "05")
    ]
    assert similar(points([300] * 7 + [240]), wanted=-60)[0].start == "06"
    assert similar(points([300, *[500] * 6, 240]), wanted=-60) == ()


@given(st.lists(st.floats(100, 400), max_size=12), st.floats(-200, 200))
def test_no_two_moves_overlap_and_each_goes_the_wanted_way(
    values: list[float], wanted: float
) -> None:
    found = similar(points(values), wanted=wanted)
    used = [name for span in spans(found) for name in span]
    assert used == sorted(set(used))
    for move in found:
        assert move.start < move.end
        assert 0.5 <= move.measure.value / wanted <= 1.5
        assert move.measure.low > 0 or move.measure.high < 0
    assert spans(found) == sorted(spans(found))


def moves_of(changes: Sequence[float], *, by: float) -> list[Move]:
    return [
        Move(
            start=f"{i}",
            end=f"{i}+",
            measure=about(-60, by=1),
            twin=about(each, by=by, unit="points"),
        )
        for i, each in enumerate(changes)
    ]


def test_few_moves_have_the_doubt_of_their_contacts() -> None:
    found = twin_change(moves_of([4.0], by=1.0), unit="share")
    assert isinstance(found, Estimate)
    assert (found.value, found.low, found.high, found.n) == (4.0, 3.0, 5.0, 1)


def test_moves_that_differ_have_the_doubt_of_their_spread() -> None:
    found = twin_change(moves_of([1.0, 4.0, 7.0], by=0.1), unit="share")
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(4.0)
    assert found.n == 3
    # The mean of 1, 4, 7 has a standard error of 3 / sqrt(3); t for 2 degrees is 4.303.
    assert found.high - found.value == pytest.approx(4.3027 * 3 / 3**0.5, rel=1e-3)
    assert found.method.endswith("t")


def test_without_a_move_it_is_not_known() -> None:
    found = twin_change([], unit="share")
    assert isinstance(found, Unknown)
    assert found.unit == "points"
    assert "never moved" in found.why


@pytest.mark.parametrize("between", [0.0, 1.0, 5.0])
def test_intervals_hold_the_truth_whatever_the_months_own_swing(between: float) -> None:
    """2,000 operations, 5 moves each; sampling error 1, the months' own swing as given."""
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(2000):
        seen = 3.0 + rng.normal(0, between, 5) + rng.normal(0, 1, 5)
        found = twin_change(moves_of(list(seen), by=1.96), unit="share")
        assert isinstance(found, Estimate)
        hits += found.low <= 3.0 <= found.high
    assert hits / 2000 >= 0.935


# The ledger --------------------------------------------------------------------------------------


def seesaw() -> Scoped:
    """Ten weeks, by turns 240 s with 10 in 100 back and 180 s with 35 in 100 back."""
    return Scoped(contacts=weeks([240, 180] * 5, [0.10, 0.35] * 5))


def test_the_ledger_tells_what_haste_did_before() -> None:
    """Who comes back does not come a third time, so of all contacts fewer are followed."""
    truth = 100 * (0.35 / 1.35 - 0.10 / 1.10)
    found = past(SHORTER_BY_60, SHORTER_BY_60.twins[0], seesaw())
    assert (found.period, found.periods) == ("week", 10)
    assert len(found.moves) >= 4
    assert isinstance(found.change, Estimate)
    assert found.change.n >= 3
    assert found.change.low < truth < found.change.high
    assert found.change.low > 5
    assert isinstance(found.twin_now, Estimate)
    assert isinstance(found.wanted, Estimate)
    assert found.wanted.value == pytest.approx(-60)


SHORTER_BY_60 = goal(
    "handle_time",
    change=Change(amount=-60.0, relative=False),
    twins=(twin("recontact", 0.3),),
)


def test_a_steady_operation_never_made_such_a_move() -> None:
    found = past(
        SHORTER_BY_60, SHORTER_BY_60.twins[0], Scoped(contacts=weeks([200] * 6, [0.2] * 6))
    )
    assert found.moves == ()
    assert isinstance(found.change, Unknown)
    assert isinstance(found.now, Estimate)


def test_a_measure_or_twin_that_is_not_in_the_ledger_is_not_known() -> None:
    asked = Scoped(contacts=weeks([200] * 3, [0.2] * 3))
    found = past(bot := goal("containment"), bot.twins[0], asked)
    assert isinstance(found.change, Unknown)
    assert "no session with a bot" in found.change.why
    assert isinstance(found.twin_now, Estimate)  # where the twin stands is known all the same
    up_and_down = seesaw()
    for key, about in (("complaints", "no complaints"), ("adherence", "not in the ledger")):
        found = past(SHORTER_BY_60, twin(key), up_and_down)
        assert found.moves
        assert isinstance(found.change, Unknown)
        assert about in found.change.why


def test_a_measure_that_is_not_known_by_period_still_stands_somewhere() -> None:
    """Staffing without a group of its own: occupancy is known over all, and not by week."""
    contacts = weeks([200] * 3, [0.2] * 3)
    us = 1_704_067_200 * US
    staffing = ibis.memtable(
        {
            "advisor_id": [None],
            "queue": [None],
            "state": ["available"],
            "people": [3.0],
            "from_us": [us],
            "to_us": [us + 21 * 86_400 * US],
        },
        schema={
            "advisor_id": "string",
            "queue": "string",
            "state": "string",
            "people": "float64",
            "from_us": "int64",
            "to_us": "int64",
        },
    )
    busy = goal("occupancy", level=0.9, twins=(twin("wait", 40.0),))
    asked = Scoped(contacts=contacts.mutate(advisor_id=ibis.literal("x")), staffing=staffing)
    found = past(busy, busy.twins[0], asked)
    assert found.periods == 0
    assert isinstance(found.now, Estimate)
    assert isinstance(found.wanted, Estimate)
    assert found.wanted.value == pytest.approx(90 - 100 * found.now.value)
    assert isinstance(found.change, Unknown)
    assert "not by week" in found.change.why
    assert isinstance(found.twin_now, Estimate)


def test_a_few_days_are_no_week() -> None:
    asked = Scoped(contacts=weeks([200], [0.2]).filter(lambda t: t.arrived_us < 1_704_300_000 * US))
    found = past(SHORTER, SHORTER.twins[0], asked)
    assert isinstance(found.now, Unknown)
    assert found.moves == ()


def test_whole_periods_leave_out_what_was_cut_and_what_was_lost() -> None:
    lost = Gap(
        first_day=dt.date(2024, 2, 10),
        last_day=dt.date(2024, 2, 14),
        from_us=0,
        to_us=1,
        expected=500.0,
    )
    seen = Observed(
        contacts=9,
        first_us=0,
        last_us=1,
        first_day=dt.date(2024, 1, 2),
        last_day=dt.date(2024, 4, 10),
        days=90,
        gaps=(lost,),
    )
    assert whole_periods("month", seen) == ("2024-01", "2024-03")
    names = whole_periods("week", seen)
    assert names[0] == "2024-01-08"
    assert "2024-02-05" not in names
    assert "2024-02-12" not in names
    assert names[-1] == "2024-04-01"
    assert whole_periods("week", Observed(contacts=0)) == ()


def test_the_examples_run() -> None:
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted > 0
