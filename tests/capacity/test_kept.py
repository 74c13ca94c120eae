"""A day's promise, contact by contact."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest

from andon.capacity.channels import PlannedQueue
from andon.capacity.horizon import Horizon
from andon.capacity.kept import by_day, judge_queue, judge_team
from andon.capacity.promise import Promise
from andon.capacity.rehearsal import Rehearsal
from andon.capacity.teams import Group, Team, groups
from andon.queueing.laws import Exponential
from andon.queueing.simulator.results import Simulation
from planned import HORIZON, drawn

AGENTS = np.where((HORIZON.slot >= 16) & (HORIZON.slot < 36), 4, 0).astype(np.int64)


def group(**promise: float) -> Group:
    queue = PlannedQueue(
        courses=drawn("a", courses=12, a_day=420.0),
        patience=Exponential(mean_s=180.0),
        promise=Promise(**promise),
    )
    return groups([queue], [Team.of("A", "a")])[0]


def run(one: Group) -> Simulation:
    return Rehearsal.of(one, range(12)).run({"A": AGENTS})


@pytest.mark.parametrize(
    "promise",
    [
        {"service_level": 0.7},
        {"service_level": 0.7, "answer_within_s": 40.0, "short_abandon_s": 10.0},
        {"abandoned": 0.08},
        {"mean_wait_s": 30.0},
        {"service_level": 0.6, "abandoned": 0.1, "mean_wait_s": 40.0},
    ],
)
def test_a_day_is_kept_if_every_part_is_over_all_its_contacts(promise: dict[str, float]) -> None:
    one = group(**promise)
    found = run(one)
    judged = judge_queue(one.queues[0], found)
    seen = found.contacts_by_run("a")
    for course in range(12):
        for day in range(7):
            its = slice(48 * day, 48 * day + 48)
            came, short = seen.arrived[course, its].sum(), seen.abandoned_short[course, its].sum()
            in_time = seen.answered_in_time[course, its].sum() / (came - short)
            gave_up = (seen.abandoned[course, its].sum() - short) / (came - short)
            mean_wait = seen.waited_s[course, its].sum() / came
            kept = in_time >= promise.get("service_level", 0.0)
            kept &= gave_up <= promise.get("abandoned", 1.0)
            kept &= mean_wait <= promise.get("mean_wait_s", np.inf)
            assert judged.kept[course, day] == kept
    assert 0 < judged.kept.mean() < 1
    assert np.array_equal(judged.kept, judged.strain <= 1)


def test_a_ceiling_is_kept_on_days_that_leave_time_to_breathe() -> None:
    one = group(occupancy=0.62)
    found = run(one)
    days = judge_team(one.teams[0], one, found)
    occupancy = days.busy_s / days.there_s
    assert np.array_equal(days.kept, occupancy <= 0.62)
    assert 0 < days.kept.mean() < 1
    free = dataclasses.replace(one.queues[0], promise=Promise(abandoned=0.1))
    none = judge_team(one.teams[0], Group(queues=(free,), teams=one.teams), found)
    assert not none.counts.any()
    assert none.kept.all()


def test_days_are_local_days_of_23_and_25_hours() -> None:
    for month, day, hours in ((3, 31, 23), (10, 27, 25)):
        horizon = Horizon.of(dt.date(2024, month, day), days=1, zone="Europe/Berlin")
        assert by_day(np.ones(2 * hours), horizon).tolist() == [2 * hours]
        assert by_day(np.ones(6 * hours), horizon).tolist() == [6 * hours]


def test_a_mail_that_is_not_due_at_the_end_is_left_out_and_one_that_is_counts_as_late() -> None:
    mail = PlannedQueue(
        courses=drawn("a", courses=3, a_day=100.0, day_cv=0.0),
        channel="email",
        deadline_s=86_400.0,
    )
    one = groups([mail], [Team.of("A", "a")])[0]
    nobody = AGENTS * (HORIZON.day_index == 0)
    judged = judge_queue(mail, Rehearsal.of(one, range(3)).run({"A": nobody}))
    came = judged.came
    assert judged.late[:, 0].sum() == 0
    assert np.array_equal(judged.late[:, 2:6], came[:, 2:6])
    assert judged.due[:, 6].sum() == 0
    assert not judged.counts[:, 6].any()
    assert not judged.kept[:, 2:6].any()
