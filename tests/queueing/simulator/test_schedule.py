"""Schedules: who is there when, counted by hand and by the schedule."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.queueing.simulator.schedule import Schedule, Shift

HOUR = 3600.0


@st.composite
def shifts(draw: st.DrawFn) -> Shift:
    begin = draw(st.integers(0, 23))
    length = draw(st.integers(1, 12))
    # Breaks may touch each other and the ends of the shift, and last no time at all.
    inside = sorted(draw(st.lists(st.integers(0, 8 * length), max_size=6)))
    pairs = list(zip(inside[::2], inside[1::2], strict=False))
    return Shift(
        agents=draw(st.integers(1, 9)),
        from_s=begin * HOUR,
        to_s=(begin + length) * HOUR,
        breaks=tuple((begin * HOUR + a * 450.0, begin * HOUR + b * 450.0) for a, b in pairs),
    )


def there(shift: Shift, at_s: float) -> int:
    """How many of a shift are on duty at an instant, of its own day and the day before."""
    count = 0
    for day in (0.0, 86400.0):
        t = at_s + day
        away = any(begin <= t < end for begin, end in shift.breaks)
        count += shift.agents * (shift.from_s <= t < shift.to_s and not away)
    return count


@settings(deadline=None, max_examples=60)
@given(some=st.lists(shifts(), min_size=1, max_size=5))
def test_shifts_put_on_duty_whom_they_say(some: list[Shift]) -> None:
    schedule = Schedule.of_shifts(some)
    day = [sum(there(shift, i * 450.0) for shift in some) for i in range(192)]
    assert schedule.counts(450.0, 3 * 192).tolist() == 3 * day
    assert schedule.on_duty_s(450.0, 192) == pytest.approx(450.0 * np.array(day))
    assert schedule.most == max(day)


@settings(deadline=None, max_examples=60)
@given(some=st.lists(shifts(), min_size=1, max_size=5))
def test_only_who_is_there_goes_and_only_who_is_away_comes_back(some: list[Shift]) -> None:
    changes = Schedule.of_shifts(some).in_ticks(4 * 86400.0)[:-1]
    here = away = 0
    most_away = 0
    for _, leave, pause, back, join in changes.tolist():
        assert leave + pause <= here
        assert back <= away
        most_away = max(most_away, away + pause)
        here += back + join - leave - pause
        away += pause - back
    assert Schedule.of_shifts(some).most_away == most_away


@settings(deadline=None)
@given(agents=st.lists(st.integers(0, 50), min_size=1, max_size=20), cycles=st.integers(1, 4))
def test_counts_by_interval_are_there_interval_by_interval(agents: list[int], cycles: int) -> None:
    schedule = Schedule.by_interval(agents, interval_s=900)
    assert schedule.counts(900.0, len(agents) * cycles).tolist() == agents * cycles
    assert schedule.on_duty_s(900.0, len(agents)) == pytest.approx(900.0 * np.array(agents))
    assert schedule.most == max(agents)


def test_changes_stand_in_order_and_nobody_leaves_who_is_not_there() -> None:
    early = Shift(agents=5, from_s=8 * HOUR, to_s=16 * HOUR, breaks=((12 * HOUR, 12.5 * HOUR),))
    late = Shift(agents=4, from_s=16 * HOUR, to_s=26 * HOUR)
    changes = Schedule.of_shifts([early, late]).in_ticks(3 * 86400.0)
    assert (np.diff(changes[:, 0]) > 0).all()
    on_duty = np.cumsum(changes[:, 3:].sum(axis=1) - changes[:, 1:3].sum(axis=1))
    assert on_duty.min() == 0
    # At four in the afternoon five go and four come, at once.
    four = changes[changes[:, 0] == 16 * 3600 * 1_000_000][0]
    assert four[1:].tolist() == [5, 0, 0, 4]


def test_whoever_is_on_a_break_when_all_begins_joins_when_it_ends() -> None:
    night = Shift(agents=3, from_s=20 * HOUR, to_s=28 * HOUR, breaks=((23.5 * HOUR, 24.5 * HOUR),))
    schedule = Schedule.of_shifts([night])
    assert schedule.counts(1800.0, 4).tolist() == [0, 3, 3, 3]
    assert schedule.in_ticks(86400.0)[1].tolist() == [1_800_000_000, 0, 0, 0, 3]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Schedule.by_interval([]), "The schedule is empty."),
        (lambda: Schedule.of_shifts([]), "The schedule is empty."),
        (lambda: Schedule.by_interval([3, -1]), r"agents\[1\] must be a whole number, 0 or more"),
        (lambda: Schedule.by_interval([3], interval_s=0), "interval_s must be above 0"),
        (lambda: Schedule.level(-1), "agents must be a whole number"),
        (lambda: Schedule.level(2.5), "agents must be a whole number"),  # type: ignore[arg-type]
        (lambda: Shift(agents=1, from_s=10, to_s=10), "longer than nothing"),
        (lambda: Shift(agents=1, from_s=10, to_s=5), "must be in order"),
        (lambda: Shift(agents=0, from_s=0, to_s=5), "agents must be a whole number, 1 or more"),
        (
            lambda: Schedule.of_shifts([Shift(agents=1, from_s=0, to_s=90000)]),
            "no longer than it",
        ),
    ],
)
def test_a_wrong_schedule_is_told_plainly(make: object, says: str) -> None:
    with pytest.raises(QueueingError, match=says):
        make()  # type: ignore[operator]
