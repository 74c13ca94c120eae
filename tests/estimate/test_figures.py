"""A figure says how sure it is, refuses to be nonsense, and reads like plain English."""

from __future__ import annotations

import dataclasses
import json
import math
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.estimate import Estimate, Unknown, bounds, from_json
from andon.units import UNITS, Unit


def figure(value: float, low: float, high: float, unit: Unit, *, level: float = 0.95) -> Estimate:
    return Estimate(value=value, low=low, high=high, unit=unit, n=100, method="-", level=level)


finite = st.floats(-1e12, 1e12, allow_nan=False)
figures = st.builds(
    lambda ends, unit, n, method, level: Estimate(
        value=sorted(ends)[1],
        low=min(ends),
        high=max(ends),
        unit=unit,
        n=n,
        method=method,
        level=level,
    ),
    st.tuples(finite, finite, finite),
    st.sampled_from(UNITS),
    st.integers(0, 10**9),
    st.sampled_from(["Wilson", "bounds", "counted"]),
    st.floats(0.01, 1.0),
)
gaps = st.builds(Unknown, unit=st.sampled_from(UNITS), why=st.text(), needs=st.text())


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("where", ["value", "low", "high"])
def test_nothing_that_is_not_finite_is_an_estimate(bad: float, where: str) -> None:
    ends = {"value": 1.0, "low": 0.0, "high": 2.0, where: bad}
    with pytest.raises(ValueError, match="finite"):
        figure(ends["value"], ends["low"], ends["high"], "s")


@pytest.mark.parametrize(("low", "high"), [(2.0, 3.0), (-1.0, 0.5), (3.0, 0.0)])
def test_an_interval_holds_its_value(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="outside its interval"):
        figure(1.0, low, high, "s")


@pytest.mark.parametrize("level", [0.0, -0.1, 1.01, math.nan])
def test_a_level_is_a_level(level: float) -> None:
    with pytest.raises(ValueError, match="level"):
        figure(1.0, 0.0, 2.0, "s", level=level)


def test_figures_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        figure(1.0, 0.0, 2.0, "s").value = 3.0  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        Unknown(unit="s", why="a", needs="b").why = "c"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (figure(0.205, 0.203, 0.207, "share"), "20.5 % (20.3 to 20.7 %)"),
        (figure(0.2, 0.11, 0.33, "share"), "20 % (11 to 33 %)"),
        (figure(0.0, 0.0, 0.0004, "share"), "0 % (0 to 0.04 %)"),
        (figure(0.0312, 0.0287, 0.0339, "share"), "3.1 % (2.9 to 3.4 %)"),
        (figure(200.4, 191.0, 213.0, "s"), "3 min 20 s (3 min 11 s to 3 min 33 s)"),
        (figure(0.42, 0.38, 0.47, "s"), "0.42 s (0.38 s to 0.47 s)"),
        (figure(93_784, 90_000, 98_000, "s"), "1 day 2 h (1 day 1 h to 1 day 3 h)"),
        (figure(1234.5, 980.0, 1490.0, "h"), "1,200 h (1,000 h to 1,500 h)"),
        (figure(0.25, 0.21, 0.30, "h"), "15 min (12 min 30 s to 18 min)"),
        (figure(12.34, 11.9, 12.8, "erlang"), "12.3 erlangs (11.9 erlangs to 12.8 erlangs)"),
        (figure(2.5, 1.94, 3.06, "points"), "2.5 points (1.9 points to 3.1 points)"),
        (figure(-4.0, -9.0, 1.0, "points"), "-4 points (-9 points to 1 point)"),
        (figure(48211, 45100, 51500, "money"), "48,000 (45,000 to 52,000)"),
        (Estimate.exact(283_661, unit="count", n=283_661), "283,661"),
        (Estimate.exact(0.205, unit="share", n=40), "20.5 %"),
        (bounds(0.12, 0.31, unit="share", n=9), "between 12 and 31 %"),
        (bounds(80.0, 190.0, unit="s", n=9), "between 1 min 20 s and 3 min 10 s"),
    ],
)
def test_figures_print_no_more_than_they_know(estimate: Estimate, text: str) -> None:
    assert str(estimate) == text


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (figure(0.205, 0.203, 0.207, "share"), "about 20 in 100 (20 to 21)"),
        (figure(0.123, 0.112, 0.134, "share"), "about 12 in 100 (11 to 13)"),
        (figure(0.0034, 0.0028, 0.0041, "share"), "about 3 in 1,000 (3 to 4)"),
        (figure(0.9972, 0.9961, 0.9981, "share"), "about 997 in 1,000 (996 to 998)"),
        (figure(0.0, 0.0, 0.03, "share"), "about 0 in 100 (0 to 3)"),
        (figure(0.31, 0.3099, 0.3101, "share"), "about 31 in 100"),
        (figure(201.3, 189.0, 214.0, "s"), "about 3 min 20 s (3 min 10 s to 3 min 30 s)"),
        (figure(1234.5, 1190.0, 1290.0, "h"), "about 1,200 h (1,200 h to 1,300 h)"),
        (Estimate.exact(42, unit="count", n=42), "42"),
        (Estimate.exact(0.25, unit="share", n=4), "25 in 100"),
        (bounds(0.12, 0.31, unit="share", n=9), "between 12 and 31 in 100"),
    ],
)
def test_figures_are_said_as_people_say_them(estimate: Estimate, text: str) -> None:
    assert estimate.says() == text


def test_money_is_said_with_its_currency() -> None:
    assert figure(48_211, 45_100, 51_500, "money").says(currency="ILS") == (
        "about 48,000 ILS (45,000 ILS to 52,000 ILS)"
    )


def test_what_is_not_known_says_what_would_tell() -> None:
    gap = Unknown(unit="share", why="the id was not stored", needs="ids for all callers")
    assert str(gap) == "not known: the id was not stored"
    assert gap.says() == (
        "We cannot tell: the id was not stored. It would take ids for all callers."
    )


@settings(deadline=None)
@given(figures)
def test_every_figure_can_be_said(estimate: Estimate) -> None:
    assert str(estimate)
    assert estimate.says()


@settings(deadline=None)
@given(st.one_of(figures, gaps))
def test_a_figure_survives_json_and_another_process(either: Estimate | Unknown) -> None:
    assert from_json(json.loads(json.dumps(either.as_json()))) == either
    assert pickle.loads(pickle.dumps(either)) == either


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"unit": "s"},
        {"unit": "furlong", "value": 1, "low": 1, "high": 1, "level": 1, "n": 1, "method": "-"},
        {"unit": "s", "value": "1", "low": 1, "high": 1, "level": 1, "n": 1, "method": "-"},
        {"unit": "s", "value": 5, "low": 1, "high": 2, "level": 1, "n": 1, "method": "-"},
        {"unit": "s", "value": True, "low": 1, "high": 2, "level": 1, "n": 1, "method": "-"},
        {"unit": "s", "unknown": True, "why": "no data"},
    ],
)
def test_half_a_figure_is_none(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the wording differs, the kind does not
        from_json(wrong)


def test_what_was_counted_has_no_doubt() -> None:
    counted = Estimate.exact(17, unit="count", n=17)
    assert (counted.low, counted.high, counted.level) == (17, 17, 1.0)
    assert counted.method == "counted"


def test_bounds_know_that_they_are() -> None:
    assert bounds(1.0, 2.0, unit="h", n=3).bounded
    assert not figure(1.0, 0.5, 2.0, "h").bounded
