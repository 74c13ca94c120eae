"""Notes of a plan: each thing once, with the lines and days that it is about."""

from __future__ import annotations

import datetime as dt

import numpy as np

from andon.capacity.calendar import Calendar, Event
from andon.capacity.forecast import forecast
from andon.capacity.plan_notes import merged_notes
from small_plans import FIRST, past, week

UNSEEN = "was never seen: taken as other holidays were, with their spread."


def test_days_in_a_row_are_one_and_days_apart_are_named() -> None:
    notes = [f"Fair (2024-05-{day:02}) {UNSEEN}" for day in (1, 2, 3, 9)]
    assert merged_notes({"calls": notes}) == (
        "Fair (2024-05-01 to 2024-05-03, 2024-05-09) were never seen: taken as other holidays "
        "were, with their spread.",
    )
    assert merged_notes({"calls": notes[:1]}) == (f"Fair (2024-05-01) {UNSEEN}",)


def test_a_note_of_several_lines_is_said_once_and_names_them() -> None:
    lines = [f"line {i}" for i in range(5)]
    same = {name: ["Gone."] for name in lines}
    assert merged_notes(same) == ("All 5 lines: Gone.",)
    assert merged_notes({**same, "other": []}) == ("line 0, line 1, line 2 and 2 more: Gone.",)
    assert merged_notes({"a": ["Gone."], "b": ["Here."]}) == ("a: Gone.", "b: Here.")


def test_the_gravest_of_every_line_come_first() -> None:
    notes = {"a": ["grave a", "light"], "b": ["grave b", "light"]}
    assert merged_notes(notes) == ("a: grave a", "b: grave b", "a and b: light")


def test_what_a_forecast_says_of_days_that_were_never_seen_is_understood() -> None:
    first = week().dates[0]
    found = forecast(
        past("calls").history,
        horizon=week(),
        calendar=Calendar(
            events={
                FIRST: (Event(name="New Year", kind="holiday"),),
                FIRST + dt.timedelta(days=7): (Event(name="Feast", kind="holiday"),),
                **{
                    first + dt.timedelta(days=i): (Event(name="Fair", kind="own"),)
                    for i in range(3)
                },
            }
        ),
        courses=50,
        rng=np.random.default_rng(1),
    )
    assert any("never seen" in each for each in found.notes)
    merged = merged_notes({"calls": found.notes})
    assert sum("never seen" in each for each in merged) == 1
    assert f"Fair ({first} to {first + dt.timedelta(days=2)}) were never seen" in " ".join(merged)
