"""What a queue asks of people, by channel: caps of attention, and what does not suit a channel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from andon.capacity.channels import PlannedQueue
from andon.capacity.promise import Promise
from andon.errors import PlanError
from andon.queueing.concurrency import Slowdown
from andon.queueing.laws import Exponential, Fixed, Lognormal
from andon.queueing.simulator.model import Callback
from planned import drawn

PROMISE = Promise(service_level=0.8)
SLOW = Slowdown.from_handle_times([600, 720, 900, 1260, 1800])


def test_the_cap_is_where_most_is_settled_not_where_most_is_handled() -> None:
    """Three at once handle most; where quality falls, two settle most."""
    handled = PlannedQueue(courses=drawn("chat"), channel="chat", promise=PROMISE, slowdown=SLOW)
    settled = PlannedQueue(
        courses=drawn("chat"),
        channel="chat",
        promise=PROMISE,
        slowdown=SLOW,
        settled=(0.9, 0.85, 0.5, 0.4, 0.3),
    )
    assert (handled.chats, settled.chats) == (3, 2)
    assert settled.speed == SLOW.speeds[:2]
    assert settled.work_a_place == pytest.approx(2 * 600 / 720)


def test_an_operation_may_set_fewer_at_once_but_never_more() -> None:
    for asked, cap in ((2, 2), (5, 3)):
        queue = PlannedQueue(
            courses=drawn("chat"), channel="chat", promise=PROMISE, slowdown=SLOW, at_once=asked
        )
        assert queue.chats == cap


def test_handle_times_measured_with_several_in_hand_are_shorter_alone() -> None:
    queue = PlannedQueue(
        courses=drawn("chat", handle_s=900.0),
        channel="chat",
        promise=PROMISE,
        slowdown=SLOW,
        measured_at=3,
    )
    assert queue.handle_alone_s == pytest.approx(600)
    # Three at once, each 1.5 times as long, is half the agents of one at a time.
    assert queue.load.sum() == pytest.approx(queue.courses.load_erlangs.sum() / 3)


def test_who_calls_while_it_is_closed_does_not_wait_and_who_writes_does() -> None:
    courses = drawn("some", all_hours=True)
    calls = PlannedQueue(courses=courses, promise=PROMISE)
    mails = PlannedQueue(courses=courses, channel="email", deadline_s=86_400.0, start_items=30)
    assert calls.comes[:, ~courses.open].sum() == 0
    assert np.array_equal(calls.comes[:, courses.open], courses.contacts[:, courses.open])
    assert mails.comes.sum() == pytest.approx(courses.contacts.sum() + 30 * courses.count)
    assert (calls.order, mails.order) == (0, -10)


@pytest.mark.parametrize(("cv", "law"), [(0.0, Fixed), (1.0, Exponential), (1.3, Lognormal)])
def test_handle_times_differ_as_they_were_measured(cv: float, law: type) -> None:
    queue = PlannedQueue(courses=drawn("calls", handle_cv=cv), promise=PROMISE)
    assert isinstance(queue.handle, law)
    assert queue.handle.mean_s == pytest.approx(240)
    assert queue.handle.variance_s2 == pytest.approx((cv * 240) ** 2)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({}, "Nothing is promised"),
        ({"channel": "email"}, "How old may"),
        ({"channel": "email", "deadline_s": 0.0}, "must be above 0"),
        ({"channel": "email", "deadline_s": 3600.0, "promise": PROMISE}, "promise has no meaning"),
        ({"promise": PROMISE, "deadline_s": 3600.0}, "deadline_s has no meaning"),
        ({"promise": PROMISE, "slowdown": SLOW}, "slowdown has no meaning"),
        ({"promise": PROMISE, "start_items": 3.0}, "start_items has no meaning"),
        ({"promise": PROMISE, "start_items": -3.0}, "must be 0 or more"),
        ({"promise": PROMISE, "past_abandoned": 1.0}, "is a share"),
        ({"promise": PROMISE, "callback_kept": 1.0}, "callback_kept must lie between"),
        (
            {
                "channel": "chat",
                "promise": PROMISE,
                "callback": Callback(offer_over_s=60, accepts=0.5),
            },
            "callback has no meaning",
        ),
        ({"channel": "chat", "promise": PROMISE, "at_once": 2}, "does not tell of at_once = 2"),
        (
            {"channel": "chat", "promise": PROMISE, "slowdown": SLOW, "measured_at": 6},
            "does not tell of measured_at = 6",
        ),
        (
            {"channel": "chat", "promise": PROMISE, "slowdown": SLOW, "settled": (0.9, 0.8)},
            "settled must tell",
        ),
    ],
)
def test_what_does_not_suit_a_channel_is_refused_in_words(
    given: dict[str, Any], wrong: str
) -> None:
    with pytest.raises(PlanError, match=wrong) as caught:
        PlannedQueue(courses=drawn("some"), **given)
    assert caught.value.found
    assert caught.value.todo
    assert "Queue 'some'" in caught.value.wrong
