"""Lines: which queues are planned as one, what they are called, and what is known of them."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pytest

from andon.capacity.lines import Past, lines_of, pooled
from andon.capacity.planning import Planning, QueueRules, Serves, TeamRules
from andon.capacity.promise import Promise
from andon.capacity.redials import Redials
from andon.errors import PlanError
from small_plans import FIRST, PROMISE, past, team


def made(*teams: TeamRules, **queues: QueueRules) -> Planning:
    return Planning(promise=PROMISE, teams=teams, queues=queues)


def names(planning: Planning, *queues: str, seen: tuple[tuple[str, ...], ...] = ()) -> list[str]:
    lines, _ = lines_of([past(each) for each in queues], planning, seen)
    return [each.name for each in lines]


def test_queues_that_the_same_people_serve_alike_are_one_line_with_the_teams_name() -> None:
    lines, teams = lines_of(
        [past("a"), past("b"), past("c")], made(team("x", "a", "b"), team("y", "c"))
    )
    assert [(each.name, each.queues) for each in lines] == [("x", ("a", "b")), ("y", ("c",))]
    assert [[each.queue for each in team.serves] for team in teams] == [["x"], ["y"]]
    assert [each.past.queue for each in lines] == ["x", "y"]


def test_a_queue_that_others_serve_too_keeps_its_own_name() -> None:
    helping = TeamRules(name="x", serves=(Serves(queue="a"), Serves(queue="b", rank=2)))
    assert names(made(helping, team("y", "b")), "a", "b") == ["a", "b"]


def test_a_line_is_called_as_the_team_only_where_it_is_all_that_the_team_does() -> None:
    front = TeamRules(
        name="front", serves=(Serves(queue="a"), Serves(queue="b"), Serves(queue="c", rank=2))
    )
    assert names(made(front, team("desk", "c")), "a", "b", "c") == ["a and b", "c"]


def test_a_team_called_as_a_queue_that_it_does_not_serve_lends_no_name() -> None:
    assert names(made(team("b", "a"), team("y", "b", "c")), "a", "b", "c") == ["a", "y"]


def test_queues_with_another_promise_or_a_callback_are_lines_of_their_own() -> None:
    other = QueueRules(promise=Promise(service_level=0.9))
    assert names(made(team("x", "a", "b"), b=other), "a", "b") == ["a", "b"]
    assert names(made(team("x", "a", "b"), b=QueueRules(channel="email")), "a", "b") == ["a", "b"]


def test_without_teams_those_that_were_seen_are_taken_and_each_other_queue_stands_alone() -> None:
    seen = (("a", "b", "gone"), ("c",))
    assert names(made(), "a", "b", "c", "d", seen=seen) == ["a and b", "c", "d"]
    assert names(made(), "a", "b", "c", seen=(("a", "b", "c"),)) == ["a and 2 more"]


def test_counts_add_up_and_patience_is_weighted_by_contacts() -> None:
    one, other = (
        past("a"),
        replace(past("bb", a_day=40), patience_s=60.0, gave_up=0.2, redials=None, returns=0.3),
    )
    both = pooled([one, other], made(), name="x")
    assert np.array_equal(both.history.counts, one.history.counts + other.history.counts)
    assert both.queue == "x"
    assert 60 < both.patience_s < 120
    part = other.history.counts.sum() / both.history.counts.sum()
    assert 1 / both.patience_s == pytest.approx((1 - part) / 120 + part / 60)
    assert both.gave_up == pytest.approx(0.05 * (1 - part) + 0.2 * part)
    handled = 0.95 * (1 - part) + 0.8 * part
    assert both.returns == pytest.approx(0.3 * 0.8 * part / handled)
    assert both.redials is not None
    # Of all who gave up only those of the first queue are known to call again.
    again = 0.4 * 0.05 * (1 - part)
    assert both.redials.share == pytest.approx(again / both.gave_up)


def test_a_queue_that_began_later_counts_from_its_first_day() -> None:
    late = past("b", first=FIRST + dt.timedelta(weeks=4), weeks=8)
    both = pooled([past("a"), late], made(), name="x").history
    assert both.first_date == FIRST
    assert len(both.counts) == 84
    assert both.counts[:28].sum() == past("a").history.counts[:28].sum()


def test_what_the_planner_says_comes_before_what_was_counted() -> None:
    said = QueueRules(patience_s=30.0, redials=0.7, channel="chat", deadline_s=None)
    told = pooled([past("a")], made(a=said))
    assert (told.patience_s, told.channel) == (30.0, "chat")
    assert told.redials == Redials(share=0.7, after_s=600.0)
    assert pooled([Past(history=past("a").history)], made()).patience_s == math.inf


def test_a_handle_time_is_taken_from_the_planner_only_where_the_data_have_none() -> None:
    known = past("a")
    blank = replace(
        known,
        history=replace(
            known.history,
            handled=0 * known.history.counts,
            handle_total_s=0 * known.history.counts,
            handle_cv=None,
        ),
    )
    rules = made(a=QueueRules(handle_s=300.0))
    filled = pooled([blank], rules).history
    assert filled.handle_total_s.sum() == pytest.approx(300 * known.history.counts.sum())
    assert pooled([known], rules).history.handle_total_s.sum() == pytest.approx(
        240 * known.history.counts.sum()
    )


@pytest.mark.parametrize(
    ("planning", "wrong", "todo"),
    [
        (made(team("x", "a", "nowhere")), "'nowhere', which is not there", "plan.yaml"),
        (made(team("x", "a")), "No team serves the queue 'b'", "planned: false"),
        (
            made(a=QueueRules(planned=False), b=QueueRules(planned=False)),
            "no queue to plan",
            "planned: false",
        ),
    ],
)
def test_teams_and_queues_that_do_not_fit_are_refused(
    planning: Planning, wrong: str, todo: str
) -> None:
    with pytest.raises(PlanError) as refused:
        lines_of([past("a"), past("b")], planning)
    assert wrong in str(refused.value)
    assert todo in str(refused.value)
    assert len(str(refused.value).splitlines()) == 3


def test_work_that_can_wait_has_a_deadline_unless_one_is_said() -> None:
    email = made(a=QueueRules(channel="email"), b=QueueRules(channel="email", deadline_s=7200.0))
    first, second = lines_of([past("a"), past("b")], email)[0]
    assert (first.deadline_s, second.deadline_s) == (86_400.0, 7200.0)
    assert first.deferred
