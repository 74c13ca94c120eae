"""Begun: what came with a target is told from what was there before it."""

from __future__ import annotations

import datetime as dt
import doctest
from typing import Any

import pytest

from andon.estimate import Estimate, Unknown
from andon.goodhart import begun as module
from andon.goodhart.begun import apart, begun
from andon.goodhart.review import Seen
from andon.ledger.coverage import observed
from goodhart.weeks import MONDAY, monday, weeks

DAY = dt.date(2024, 2, 12)
A_DAY = dt.timedelta(days=1)
GAP = Unknown(unit="share", why="Nobody stands out", needs="several advisors")


def seen(value: float | None = 0.1, *, shows: bool | None = True, **other: Any) -> Seen:
    if value is None:
        return Seen(shows=shows, says="It shows.", estimate=GAP, **other)
    share = Estimate(
        value=value, low=value - 0.02, high=value + 0.02, unit="share", n=900, method="-"
    )
    return Seen(shows=shows, says="It shows.", estimate=share, **other)


@pytest.mark.parametrize(
    ("start", "end", "with_target"),
    [
        (DAY, None, True),
        (DAY + dt.timedelta(days=40), None, True),
        (DAY - dt.timedelta(days=7), None, True),
        (DAY - dt.timedelta(days=8), None, False),
        (None, DAY, False),
        (MONDAY, DAY - dt.timedelta(days=9), False),
    ],
)
def test_a_date_that_was_seen_decides(
    start: dt.date | None, end: dt.date | None, with_target: bool
) -> None:
    found = begun("passing_on", seen(since=start, until=end), DAY)
    assert found.with_target is with_target
    assert "2024" in found.says


@pytest.mark.parametrize(
    ("early", "late", "with_target", "says"),
    [
        (seen(0.1), seen(0.2), True, "and has grown"),
        (seen(0.0, shows=False), seen(0.2), True, "came with the target"),
        (seen(0.1), seen(0.11), False, "before the target as well: 10 %"),
        (seen(0.1), seen(0.0, shows=False), False, "is not seen by itself"),
        (seen(0.1, shows=False), seen(0.11), None, "may differ by chance"),
        (seen(None), seen(None), False, "Whether it has grown since cannot"),
        (seen(0.0, shows=False), seen(None), None, "how large it is"),
        (seen(None, shows=None), seen(0.1), None, "before 12 February 2024, nobody stands out"),
        (None, seen(0.1), None, "not looked for"),
    ],
)
def test_without_a_date_the_two_stretches_are_set_against_each_other(
    early: Seen | None, late: Seen, with_target: bool | None, says: str
) -> None:
    before = {} if early is None else {"passing_on": early}
    found = begun("passing_on", seen(), DAY, before=before, after={"passing_on": late})
    assert found.with_target is with_target
    assert says in found.says


def test_contacts_are_parted_at_midnight_where_both_sides_are_long_enough() -> None:
    contacts = weeks([240] * 9, [0.1] * 9)
    time = observed(contacts)
    assert time.last_day is not None
    both = apart(contacts, monday(4), seen=time)
    assert both is not None
    first, second = (observed(side) for side in (both.before, both.since))
    assert first.contacts + second.contacts == time.contacts
    assert first.last_day == monday(4) - dt.timedelta(days=1)
    assert second.first_day == monday(4)
    late = apart(contacts, monday(5), seen=time)
    assert late is not None
    # Four weeks and the last returns since, and as many days before.
    assert observed(late.before).first_day == monday(5) - (time.last_day - monday(5) + A_DAY)
    assert apart(contacts, monday(3), seen=time) is None
    assert apart(contacts, monday(7), seen=time) is None
    assert apart(contacts.limit(0), monday(4), seen=observed(contacts.limit(0))) is None


def test_the_examples_run() -> None:
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted > 0
