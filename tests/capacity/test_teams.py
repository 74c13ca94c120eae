"""Teams, and which of them have to do with each other."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from andon.capacity.channels import PlannedQueue
from andon.capacity.promise import Promise
from andon.capacity.teams import Team, groups
from andon.errors import PlanError
from andon.queueing.concurrency import Slowdown
from andon.queueing.simulator.model import Callback
from andon.queueing.simulator.schedule import Schedule
from planned import HORIZON, drawn

PROMISE = Promise(service_level=0.8)


def calls(name: str, **given: object) -> PlannedQueue:
    return PlannedQueue(courses=drawn(name, **given), promise=PROMISE)  # type: ignore[arg-type]


def chat(name: str, extra: float, at_once: int | None = None) -> PlannedQueue:
    return PlannedQueue(
        courses=drawn(name),
        channel="chat",
        promise=PROMISE,
        slowdown=Slowdown.per_chat(extra=extra, most=4),
        at_once=at_once,
    )


def test_groups_have_nothing_to_do_with_each_other() -> None:
    queues = [calls(name) for name in "abcde"]
    teams = [Team.of("1", "a", "c"), Team.of("2", "b"), Team.of("3", "e", helps=["c"])]
    teams.append(Team.of("4", "d"))
    found = groups(queues, teams)
    assert [[each.name for each in group.queues] for group in found] == [
        ["a", "c", "e"],
        ["b"],
        ["d"],
    ]
    assert [[each.name for each in group.teams] for group in found] == [["1", "3"], ["2"], ["4"]]
    assert [group.alone for group in found] == [False, True, True]


def test_callbacks_chats_and_mails_are_not_alone_even_where_they_are_the_only_ones() -> None:
    callback = dataclasses.replace(calls("a"), callback=Callback(offer_over_s=60, accepts=0.5))
    mail = PlannedQueue(courses=drawn("a"), channel="email", deadline_s=86_400.0)
    for queue in (callback, mail, chat("a", 0.2)):
        assert not groups([queue], [Team.of("1", "a")])[0].alone


def test_a_team_has_no_more_chats_at_once_than_any_of_its_queues_allows() -> None:
    queues = [chat("a", 0.1), chat("b", 0.3, at_once=2), calls("c")]
    team = Team.of("all", "a", "b", "c")
    pool = team.pool(queues, Schedule.level(3))
    assert pool.chats == 2
    assert pool.speed == (1.0, 1 / 1.3)
    assert dataclasses.replace(team, at_once=1).pool(queues, Schedule.level(3)).chats == 1


def test_the_lowest_ceiling_holds_for_the_whole_team() -> None:
    strict = dataclasses.replace(calls("a"), promise=Promise(service_level=0.8, occupancy=0.85))
    lax = dataclasses.replace(calls("b"), promise=Promise(occupancy=0.9))
    assert Team.of("1", "a", "b").ceiling([strict, lax, calls("c")]) == 0.85
    assert Team.of("1", "c").ceiling([strict, lax, calls("c")]) is None


@pytest.mark.parametrize(
    ("teams", "wrong"),
    [
        ([Team.of("1", "a")], "Nobody serves queue 'b'"),
        ([Team.of("1", "a", "b", "x")], "not planned"),
        ([Team.of("1", "a"), Team.of("1", "b")], "name of its own"),
        ([], "name of its own"),
    ],
)
def test_teams_that_do_not_fit_are_refused(teams: list[Team], wrong: str) -> None:
    with pytest.raises(PlanError, match=wrong):
        groups([calls("a"), calls("b")], teams)


def test_queues_of_other_days_are_refused() -> None:
    with pytest.raises(PlanError, match="same days"):
        groups([calls("a"), calls("b", courses=59)], [Team.of("1", "a", "b")])


def test_an_open_queue_whose_team_is_away_is_refused() -> None:
    away = np.asarray(HORIZON.slot != 20)
    team = dataclasses.replace(Team.of("1", "a"), open=away)
    with pytest.raises(PlanError, match="no team that serves it can be there") as caught:
        groups([calls("a")], [team])
    assert caught.value.found == "2024-06-03 10:00"


def test_a_team_needs_something_to_do_at_some_cost() -> None:
    with pytest.raises(PlanError, match="serves no queue"):
        Team(name="1", serves=())
    with pytest.raises(PlanError, match="must cost something"):
        Team.of("1", "a", cost=0.0)
    with pytest.raises(PlanError, match="most of team"):
        dataclasses.replace(Team.of("1", "a"), most=0)
