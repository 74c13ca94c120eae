"""Looks: what shows, and when that is a sign that a measure is bent."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from andon.estimate import Estimate, Unknown
from andon.goodhart.around_a_date import MEASURES as DATED
from andon.goodhart.around_a_date import AroundADate, Moved
from andon.goodhart.battery import Battery, held_together
from andon.goodhart.level_shifts import Shift, level_shift
from andon.goodhart.looks import Look, around_a_date_looks

DAY = dt.date(2024, 1, 29)


def moved(measure: str, before: float, after: float, *, p: float = 1e-6) -> tuple[Look, ...]:
    """A measure that is as large before a target's day and since."""
    kind = DATED[measure]
    rng = np.random.default_rng(1)
    contacts = np.full(112, 1_000.0)
    amounts = contacts * np.repeat([before, after], 56) * (1 + 0.01 * rng.normal(size=112))
    shift = level_shift(amounts, contacts, before=56, unit=kind.unit)
    assert isinstance(shift, Shift)
    date = Moved(
        date=DAY,
        what=("a target",),
        days=56,
        shift=shift,
        placebo=Unknown(unit="s", why="it is a test", needs="nothing"),
        adjusted=p,
        found=True,
        says="It moved.",
    )
    return around_a_date_looks(
        AroundADate(
            measure=measure,
            says=kind.says,
            unit=kind.unit,
            first_day=DAY,
            last_day=DAY,
            dates=(date,),
            looked_for=None,
            since=None,
            until=None,
            says_looked_for="",
            caveats=(),
        )
    )


def held(*looks: Look) -> Battery:
    return held_together(looks, {}, false_discoveries=0.05)


@pytest.mark.parametrize(
    ("measure", "pushed", "away"),
    [
        ("passed_on", (0.09, 0.07), (0.07, 0.09)),
        ("abandonment", (0.2, 0.1), (0.1, 0.2)),
        ("answered_in_time", (0.6, 0.8), (0.8, 0.6)),
        ("handle_time", (300, 240), (240, 300)),
        ("short_contacts", (0.01, 0.05), (0.05, 0.01)),
    ],
)
def test_what_moved_away_from_where_a_target_pushes_is_no_sign_that_it_is_bent(
    measure: str, pushed: tuple[float, float], away: tuple[float, float]
) -> None:
    assert len(held(*moved(measure, *pushed)).measures) == 1
    worse = held(*moved(measure, *away))
    assert worse.measures == ()
    # It is still told: that is what happened on the day.
    (look,) = worse.shown
    assert look.unsure
    assert isinstance(look.without, Unknown)


def test_a_share_of_short_contacts_is_never_read_as_a_handle_time() -> None:
    (look,) = moved("short_contacts", 0.01, 0.05)
    assert look.measure == "handle_time"
    assert isinstance(look.reads, Unknown)
    assert isinstance(look.without, Unknown)


def test_what_only_moved_on_the_day_follows_a_practice_and_handle_time() -> None:
    (waits,) = moved("abandonment", 0.2, 0.1, p=1e-9)
    (pace,) = moved("handle_time", 300, 240, p=1e-4)
    assert [each.measure for each in held(waits, pace).measures] == ["handle_time", "abandonment"]
    practice = replace(pace, signature="chosen_surveys", measure="csat", p=1e-3)
    led = held(waits, pace, practice).measures
    assert [each.measure for each in led] == ["csat", "handle_time", "abandonment"]
    assert [each.only_moved for each in led] == [False, True, True]


def test_of_two_readings_that_of_a_practice_is_told() -> None:
    (moved_on_it,) = moved("handle_time", 300, 240, p=1e-9)
    practice = replace(moved_on_it, signature="passing_on", p=1e-3)
    (bent,) = held(moved_on_it, practice).measures
    assert bent.telling.signature == "passing_on"
    assert not bent.only_moved


def test_uneven_work_bends_a_measure_only_where_it_tells_what_that_would_read() -> None:
    time = Estimate(value=280, low=279, high=281, unit="s", n=9, method="-")
    (look,) = moved("handle_time", 300, 240)
    uneven = replace(look, signature="shedding", unsure="contacts differ by advisor")
    assert len(held(replace(uneven, without=time)).measures) == 1
    unknown = Unknown(unit="s", why="nobody stands out", needs="several advisors")
    assert held(replace(uneven, without=unknown)).measures == ()
