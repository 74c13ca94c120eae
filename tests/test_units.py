"""Units: conversions undo one another, and numbers come out as people write them."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.units import (
    DAY_S,
    HOUR_S,
    UNITS,
    US,
    Unit,
    erlangs,
    hours,
    in_so_many,
    number,
    per_hour,
    seconds_said,
    share_said,
    spoken,
)


def test_the_list_of_units_is_that_of_the_type() -> None:
    assert get_args(Unit) == UNITS


def test_the_lengths_of_time() -> None:
    assert DAY_S == 24 * HOUR_S == 86_400
    assert US == 10**6


@settings(deadline=None)
@given(st.floats(0, 1e6), st.floats(1.0, 1e6))
def test_load_is_the_rate_times_the_time_each_takes(count: float, period_s: float) -> None:
    rate_per_h = per_hour(count, period_s=period_s)
    assert erlangs(count * 180.0, period_s=period_s) == pytest.approx(rate_per_h * hours(180.0))


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (0.0, 0.0, "0"),
        (0.0, 0.01, "0"),
        (-0.004, 0.01, "0.00"),
        (12.0, 0.0, "12"),
        (12.0, 0.1, "12.0"),
        (0.1 + 0.2, 0.1, "0.3"),
        (0.25, 0.1, "0.3"),
        (-0.25, 0.1, "-0.3"),
        (1234.5, 100.0, "1,200"),
        (1250.0, 100.0, "1,300"),
        (9.996, 0.0, "9.996"),
        (1_000_000.0, 0.0, "1,000,000"),
    ],
)
def test_numbers_are_rounded_as_people_do(value: float, step: float, text: str) -> None:
    assert number(value, step=step) == text


@pytest.mark.parametrize(
    ("seconds", "step", "text"),
    [
        (0.0, 0.0, "0 s"),
        (0.0042, 0.0, "0.0042 s"),
        (9.5, 0.1, "9.5 s"),
        (59.6, 0.0, "1 min"),
        (61.0, 0.0, "1 min 1 s"),
        (200.0, 10.0, "3 min 20 s"),
        (3_599.9, 0.0, "1 h"),
        (4_000.0, 100.0, "1 h 7 min"),
        (86_399.0, 1.0, "1 day"),
        (2 * DAY_S, 0.0, "2 days"),
        (2 * DAY_S + HOUR_S, 0.0, "2 days 1 h"),
        (-200.0, 0.0, "-3 min 20 s"),
        (20.0, 60.0, "less than 1 min"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds: float, step: float, text: str) -> None:
    assert spoken(seconds, "s", step=step) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1.0, "erlang", "1 erlang"),
        (2.0, "erlang", "2 erlangs"),
        (-1.0, "points", "-1 point"),
        (0.5, "h", "30 min"),
        (1.5, "h", "1.5 h"),
        (0.0, "h", "0 h"),
        (30.0, "per_h", "30 an hour"),
        (1.25, "ratio", "1.25"),
        (7.0, "count", "7"),
        (0.205, "share", "20.5 %"),
    ],
)
def test_figures_come_with_their_unit(value: float, unit: Unit, text: str) -> None:
    assert spoken(value, unit) == text


@settings(deadline=None)
@given(st.floats(0.001, 1e9), st.sampled_from([0.0, 0.1, 1.0, 10.0, 60.0, 3_600.0]))
def test_a_duration_said_is_within_its_rounding(seconds: float, step: float) -> None:
    text = spoken(seconds, "s", step=step)
    if text.startswith("less than"):
        return
    lengths = {"day": DAY_S, "days": DAY_S, "h": HOUR_S, "min": 60, "s": 1}
    parts = re.findall(r"([\d,.]+) (\w+)", text)
    assert 1 <= len(parts) <= 2
    said = sum(float(amount.replace(",", "")) * lengths[unit] for amount, unit in parts)
    # The larger of the step and of what two parts can hold.
    coarsest = max(step, HOUR_S if seconds >= DAY_S - 60 else 60 if seconds >= HOUR_S - 1 else 1)
    assert abs(said - seconds) <= coarsest / 2 + 1e-6 * seconds


@settings(deadline=None)
@given(st.floats(0, 1), st.sampled_from([100, 1_000, 10_000]))
def test_so_many_in_so_many_is_the_nearest_count(share: float, base: int) -> None:
    assert abs(int(in_so_many(share, base=base).replace(",", "")) - share * base) <= 0.5


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("180", 180),
        (" .5 ", 0.5),
        ("3m", 180),
        ("2m30s", 150),
        ("2 min 30 s", 150),
        ("1 h 5 minutes", 3900),
        ("1 day", 86_400),
        ("0.5 DAYS", 43_200),
        ("2 weeks 1d", 15 * 86_400),
    ],
)
def test_durations_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert seconds_said(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "m", "3x", "-3", "30s2m", "3m3m", "3m 20", "nan", "1e3", "9" * 400, "2:30"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no duration|too large"):
        seconds_said(text)


@given(st.integers(0, 10**7))
def test_a_duration_said_and_read_is_the_same_within_its_last_part(seconds: int) -> None:
    step = 1 if seconds < 3600 else 60 if seconds < 86_400 else 3600
    assert abs(seconds_said(spoken(seconds, "s").replace(",", "")) - seconds) <= step / 2


@given(st.integers(0, 1000))
def test_a_share_of_so_many_per_cent_is_a_hundredth_of_it(tenths: int) -> None:
    assert share_said(f"{tenths / 10} %") == tenths / 1000
    assert share_said(str(tenths / 1000)) == tenths / 1000


@pytest.mark.parametrize("text", ["", "%", "most", "-5%", "1e-3", "5 %%", "9" * 400])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no share|too large"):
        share_said(text)
