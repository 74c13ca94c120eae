"""Models: what cannot be is said when it is written down, with its value and a remedy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from andon.errors import QueueingError
from andon.queueing.laws import Empirical, Exponential, Fixed
from andon.queueing.simulator.model import (
    Arrivals,
    Callback,
    Curve,
    Loop,
    Model,
    Overflow,
    Pool,
    Queue,
    Route,
    Transfer,
)
from andon.queueing.simulator.schedule import Schedule

CALLS = Queue(name="calls", handle=Exponential(mean_s=200), arrivals=Arrivals.steady(per_h=60))
CHATS = replace(CALLS, name="chats", channel="chat")
TEAM = Pool(name="team", schedule=Schedule.level(5), routes=(Route(queue="calls"),))


def model(*queues: Queue, pools: tuple[Pool, ...] | None = None) -> Model:
    routes = tuple(Route(queue=queue.name) for queue in queues)
    return Model(queues=queues, pools=pools or (replace(TEAM, routes=routes),), days=1)


WRONG: list[tuple[Callable[[], object], str, str]] = [
    (
        lambda: replace(CALLS, priority=1.5),  # type: ignore[arg-type] # as YAML might say
        "priority of queue 'calls' must be a whole number",
        "1.5",
    ),
    (
        lambda: replace(CALLS, priority=3, promote_after_s=60, promoted_priority=2),
        "lose their priority by waiting",
        "promoted_priority = 2",
    ),
    (
        lambda: replace(CHATS, callback=Callback(offer_over_s=60, accepts=0.5)),
        "Only callers can be called back",
        "'chat'",
    ),
    (lambda: replace(CALLS, handle=Fixed(value_s=0)), "longer than nothing", "Fixed"),
    (lambda: replace(CALLS, patience=Fixed(value_s=0)), "any patience", "Fixed"),
    (
        lambda: replace(CALLS, handle=Empirical(at_s=[0, 60], share=[0, 0.9])),
        "must come to an end",
        "handle",
    ),
    (lambda: Curve(handle_s=(60, 30), share=(0.1, 0.2)), "ascending", "(60, 30)"),
    (lambda: Loop(resolves=Curve.flat(0.5), most_attempts=1 << 15), "keeps count of", "32,768"),
    (lambda: replace(TEAM, chats=3, speed=(1.0, 0.9)), "one speed for each", "(1.0, 0.9)"),
    (lambda: replace(TEAM, chats=2, speed=(1.0, 1.1)), "one speed for each", "1.1"),
    (lambda: replace(TEAM, routes=()), "serves no queue", "()"),
    (
        lambda: model(CALLS, pools=(replace(TEAM, schedule=Schedule.level(0)),)),
        "Nobody who serves queue 'calls' is ever on duty",
        "agents = 0",
    ),
    (lambda: model(CALLS, CALLS), "needs a name of its own", "calls"),
    (lambda: model(CALLS, pools=(replace(TEAM, routes=(Route(queue="x"),)),)), "exist", "'x'"),
    (lambda: model(CALLS, CHATS, pools=(TEAM,)), "Nobody serves queue 'chats'", "team"),
    (
        lambda: model(CALLS, pools=(replace(TEAM, chats=2, speed=(1.0, 0.8)),)),
        "no chat to serve",
        "calls",
    ),
    (
        lambda: model(
            replace(CALLS, overflow=Overflow(to="chats", after_s=60)),
            replace(CHATS, transfer=Transfer(to="calls", share=0.1)),
        ),
        "in a circle",
        "calls -> chats -> calls",
    ),
    (lambda: model(replace(CALLS, arrivals=None)), "Nobody ever comes", "calls"),
    (lambda: replace(model(CALLS), days=1e304), "between 0 and 1e+06", "days = 1e+304"),
    (lambda: replace(model(CALLS), interval_s=1000.0), "whole number of times", "1000"),
]


@pytest.mark.parametrize(("make", "says", "found"), WRONG)
def test_what_cannot_be_says_so(make: Callable[[], object], says: str, found: str) -> None:
    with pytest.raises(QueueingError) as told:
        make()
    assert says in told.value.wrong
    assert found in told.value.found
    assert told.value.todo


def test_the_fast_engine_is_for_one_team_that_takes_one_contact_at_a_time() -> None:
    assert model(CALLS).first_come
    assert model(CHATS).first_come
    others = [
        model(CALLS, CHATS),
        model(CALLS, pools=(TEAM, replace(TEAM, name="others"))),
        model(replace(CALLS, callback=Callback(offer_over_s=60, accepts=0.5))),
        model(CALLS, pools=(replace(TEAM, routes=(Route(queue="calls", after_s=10),)),)),
        model(
            CHATS,
            pools=(replace(TEAM, routes=(Route(queue="chats"),), chats=2, speed=(1.0, 0.7)),),
        ),
    ]
    assert not any(each.first_come for each in others)
