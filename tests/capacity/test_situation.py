"""Today's situation: what is refused, and how long customers take to come back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from andon.capacity.situation import return_days
from andon.errors import PlanError
from one_queue import WEEK, queue, told


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"contacts": -WEEK}, "0 or more"),
        ({"contacts": WEEK * np.nan}, "0 or more"),
        ({"contacts": WEEK[:-1]}, "same intervals"),
        ({"contacts": WEEK[:40], "agents": WEEK[:40]}, "whole days"),
        ({"contacts": WEEK * 0}, "Nobody comes"),
        ({"agents": WEEK * 0}, "Nobody comes"),
        ({"handle_s": 0.0}, "handle_s must be above 0"),
        ({"handle_s": float("inf")}, "handle_s must be above 0"),
        ({"patience_s": 0.0}, "patience_s must be above 0"),
        ({"handle_cv": -1.0}, "handle_cv"),
        ({"returns": told(25.0)}, "below 0.95"),
        ({"redials": told(1.0)}, "below 1"),
        ({"extra_returns_after_wait": 0.8}, "leave somebody"),
        ({"days_to_return": (0.5, 0.4)}, "add up to 1"),
        ({"days_to_return": ()}, "add up to 1"),
        ({"chats": 3}, "one speed"),
        ({"chats": 2, "speed": (1.0, 1.2)}, "one speed"),
    ],
)
def test_what_cannot_be_is_refused_in_words(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(PlanError, match=says):
        queue(**changes)


def test_a_week_is_counted() -> None:
    week = queue()
    assert week.days == 7
    assert week.weeks == 1
    assert week.contacts_in_all == pytest.approx(WEEK.sum())
    assert week.work_h == pytest.approx(WEEK.sum() / 12)
    assert week.day[[0, 47, 48, 335]].tolist() == [0, 0, 1, 6]


def test_nobody_who_gives_up_is_patience_without_end() -> None:
    assert queue(patience_s=float("inf")).patience_s == float("inf")


def test_days_to_return_come_from_the_curve() -> None:
    day = 86_400.0
    times = np.linspace(0, 9 * day, 200)
    share = 0.3 * (1 - np.exp(-times / (2 * day)))
    found = return_days(times, share)
    assert sum(found) == pytest.approx(1)
    assert len(found) == 8
    assert np.all(np.diff(found[1:]) < 0)


def test_nobody_who_ever_came_back_has_no_days() -> None:
    with pytest.raises(PlanError, match="Nobody came back"):
        return_days([0, 86_400], [0, 0])
