"""People fill the seats of a schedule: no seat is empty, nobody is in two places."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.proving.duty import Duty, duty_of, hours_of
from andon.queueing.simulator.model import Pool, Route
from andon.queueing.simulator.schedule import Schedule, Shift
from andon.units import US

HOUR_S, DAY_S = 3600, 86_400
DAY = Schedule.of_shifts(
    [
        Shift(
            agents=5, from_s=8 * HOUR_S, to_s=16 * HOUR_S, breaks=((12 * HOUR_S, 12.5 * HOUR_S),)
        ),
        Shift(agents=3, from_s=12 * HOUR_S, to_s=20 * HOUR_S),
    ]
)
NIGHT = Schedule.of_shifts([Shift(agents=4, from_s=22 * HOUR_S, to_s=30 * HOUR_S)])


def pool(schedule: Schedule) -> Pool:
    return Pool(name="team", schedule=schedule, routes=(Route(queue="calls"),))


def filled(schedule: Schedule, *, days: float = 14, team: int | None = None, seed: int = 1) -> Duty:
    rng = np.random.default_rng(seed)
    return duty_of((pool(schedule),), horizon_s=days * DAY_S, team=team, rng=rng)


schedules = st.one_of(
    st.sampled_from([DAY, NIGHT, Schedule.level(3)]),
    st.lists(st.integers(0, 4), min_size=6, max_size=6)
    .filter(any)
    .map(lambda counts: Schedule.by_interval(counts, interval_s=4 * HOUR_S)),
)


@given(schedule=schedules, seed=st.integers(0, 5))
def test_every_seat_is_taken_by_one_person_at_a_time(schedule: Schedule, seed: int) -> None:
    duty = filled(schedule, seed=seed, days=7)
    for who in range(duty.people):
        own = slice(duty.first[who], duty.first[who + 1])
        assert np.all(duty.begins[own] < duty.ends[own])
        assert np.all(duty.ends[own][:-1] <= duty.begins[own][1:])
    minutes = (np.arange(7 * 48) + 0.5) * 1800 * US  # half-hours' middles: all who come late are in
    there = ((duty.begins[:, None] <= minutes) & (minutes < duty.ends[:, None])).sum(axis=0)
    assert np.array_equal(there, schedule.counts(1800.0, 7 * 48))


def test_people_have_days_off_and_take_turns() -> None:
    duty = filled(DAY, days=28)
    worked = np.diff(duty.first)
    assert duty.people == 14
    assert worked.min() > 0.6 * worked.max()


def test_a_team_that_is_too_small_is_told_how_large_it_must_be() -> None:
    with pytest.raises(QueueingError, match="too small") as caught:
        filled(DAY, team=3)
    assert "11 shifts a day" in caught.value.found
    assert "team of 14" in caught.value.todo


def test_it_opens_and_closes_with_the_first_and_the_last() -> None:
    opens, closes = hours_of(pool(DAY), horizon_s=2 * DAY_S)
    assert (opens / US / HOUR_S).tolist() == [8, 32]
    assert (closes / US / HOUR_S).tolist() == [20, 44]


def test_nobody_begins_to_the_second() -> None:
    duty = filled(DAY)
    late_s = duty.begins / US % 1800
    assert len(np.unique(late_s)) > 0.9 * len(late_s)
    assert late_s.max() <= 60
