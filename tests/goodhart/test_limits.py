"""Limits: what clock each is on, and which a goal puts there."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from andon.errors import QuestionError
from andon.goodhart.goal import Change
from andon.goodhart.limits import Limit, limits_of
from andon.operation import Standards
from goodhart.goals import goal


@pytest.mark.parametrize(
    ("measure", "at_s", "says"),
    [
        ("nps", 9.0, "has no clock"),
        ("handle_time", 0.0, "above 0"),
        ("handle_time", math.nan, "above 0"),
    ],
)
def test_a_limit_on_no_clock_is_refused(measure: str, at_s: float, says: str) -> None:
    with pytest.raises(QuestionError, match=says):
        Limit(measure=measure, at_s=at_s)


def test_a_goal_on_handle_time_puts_a_limit_where_its_file_says_enough() -> None:
    whole = goal("handle_time", level=240.0)
    assert limits_of([whole, whole]) == (Limit(measure="handle_time", at_s=240.0),)
    less = replace(whole, level=None, change=Change(amount=-0.25, relative=True), now=320.0)
    assert limits_of([less]) == (Limit(measure="handle_time", at_s=240.0),)
    assert limits_of([replace(less, now=None)]) == ()


def test_standards_put_a_limit_on_the_wait() -> None:
    found = limits_of(standards=Standards(answer_within_s=30.0))
    assert found == (Limit(measure="service_level", at_s=30.0),)


def test_what_is_promised_for_cases_is_a_limit_on_their_time() -> None:
    found = limits_of(standards=Standards(close_within_h=2.0))
    assert found[1:] == (Limit(measure="closed_in_time", at_s=7_200.0),)
