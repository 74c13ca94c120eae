"""Words: rounding never makes us look surer than we are."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.estimate import Estimate, Unknown, bounds
from andon.report import words
from andon.units import Unit


def estimate(value: float, low: float, high: float, unit: Unit = "share") -> Estimate:
    return Estimate(value=value, low=low, high=high, unit=unit, n=100, method="-")


@st.composite
def estimates(
    draw: st.DrawFn, unit: Unit = "share", most: float = 1.0, least: float = 0.0
) -> Estimate:
    ends = sorted(draw(st.tuples(*[st.floats(least, most, allow_subnormal=False)] * 3)))
    return estimate(ends[1], ends[0], ends[2], unit)


def counted(text: str) -> tuple[float, int]:
    """Read "21 in 100" back as (21, 100)."""
    found = re.fullmatch(r"(all but )?([\d,.]+) in ([\d,]+)", text)
    assert found, text
    top, of = float(found[2].replace(",", "")), int(found[3].replace(",", ""))
    return (of - top if found[1] else top), of


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        (0.205, 0.203, 0.207, "about 21 in 100 (20 to 21)"),
        (0.12, 0.11, 0.13, "about 12 in 100 (11 to 13)"),
        (0.123, 0.05, 0.24, "about 12 in 100 (5 to 24)"),
        (0.30, 0.15, 0.45, "about 30 in 100 (15 to 45)"),
        (0.50, 0.10, 0.90, "about 5 in 10 (1 to 9)"),
        (0.0251, 0.0238, 0.0264, "about 25 in 1,000 (23 to 27)"),
        (0.0801, 0.072, 0.0873, "about 8 in 100 (7 to 9)"),
        (0.997, 0.996, 0.998, "about all but 3 in 1,000 (all but 2 to 4)"),
        (0.0, 0.0, 0.013, "about 0 in 1,000 (0 to 13)"),
        (1.0, 0.9, 1.0, "about 10 in 10 (9 to 10)"),
    ],
)
def test_shares_are_said_as_natural_frequencies(
    value: float, low: float, high: float, said: str
) -> None:
    assert str(words.say(estimate(value, low, high))) == said


@given(estimates())
def test_a_share_said_is_inside_its_interval_said_and_the_interval_holds_the_real_one(
    figure: Estimate,
) -> None:
    said = words.say(figure)
    value, of = counted(said.value)
    (low, of_low), (high, of_high) = counted(said.low), counted(said.high)
    assert of == of_high == of_low
    assert low <= value <= high
    assert low / of <= figure.low + 1e-12
    assert high / of >= figure.high - 1e-12


@given(estimates())
def test_a_share_said_has_at_most_two_significant_digits(figure: Estimate) -> None:
    said = words.say(figure).value.removeprefix("all but ")
    top, of = said.split(" in ")
    digits = Decimal(top.replace(",", "")).normalize().as_tuple().digits
    assert len(digits) <= 2
    assert of in {"10", "100", "1,000", "10,000"}


@given(estimates("h", most=1e7))
def test_an_amount_said_has_at_most_two_significant_digits(figure: Estimate) -> None:
    number = words.say(figure).value.removesuffix(" hours").replace(",", "")
    assert len(Decimal(number).normalize().as_tuple().digits) <= 2


@given(estimates("h", most=1e6, least=1e-3))
def test_an_amount_said_claims_no_more_than_its_interval_supports(figure: Estimate) -> None:
    """At most 35 steps of the rounding fit into the longer half of the interval."""
    number = Decimal(words.say(figure).value.removesuffix(" hours").replace(",", ""))
    half = max(figure.high - figure.value, figure.value - figure.low)
    step = 10.0 ** number.normalize().as_tuple().exponent  # type: ignore[operator]
    assert step >= min(half / 35.5, figure.value / 10) * 0.999999


@given(estimates("s", most=1e6))
def test_a_duration_said_lies_inside_its_interval_said(figure: Estimate) -> None:
    said = words.say(figure)
    assert seconds(said.low) <= seconds(said.value) <= seconds(said.high)
    assert seconds(said.low) <= figure.low + 1e-9
    assert seconds(said.high) >= figure.high - 1e-9


def seconds(text: str) -> float:
    """Read "3 min 20 s" back."""
    sizes = {"s": 1, "min": 60, "h": 3600, "day": 86_400, "days": 86_400}
    parts = text.split()
    return sum(
        float(count.replace(",", "")) * sizes[unit]
        for count, unit in zip(parts[::2], parts[1::2], strict=True)
    )


def test_durations_are_said_as_people_say_them() -> None:
    assert words.duration(200) == "3 min 20 s"
    assert words.duration(3600) == "1 h"
    assert words.duration(93_600) == "1 day 2 h"
    assert words.duration(0) == "0 s"
    assert words.duration(0.42) == "0.42 s"


def test_several_shares_can_share_one_denominator() -> None:
    large, small = estimate(0.44, 0.42, 0.46), estimate(0.025, 0.024, 0.026)
    of = words.denominator([large, small])
    assert of == 100
    assert words.share_of(large, of=of).value == "44 in 100"
    assert words.share_of(small, of=of).value == "3 in 100"
    assert words.denominator([large, estimate(0.002, 0.001, 0.003)]) == 1000
    assert words.denominator([]) == 100


@given(estimates())
def test_a_headline_says_a_share_within_one_part_in_twenty_five_or_as_exactly_as_the_text(
    figure: Estimate,
) -> None:
    said = words.simple(figure)
    if said != words.say(figure).value:
        top, of = counted(said)
        assert abs(top / of - figure.value) <= figure.value / 25 + 1e-12


def test_bounds_have_no_best_number_and_a_count_no_interval() -> None:
    between = bounds(0.1, 0.6, unit="share", n=100)
    assert str(words.say(between)) == "from 10 to 60 in 100"
    assert "whatever the missing data were" in words.how_sure(between)
    exact = Estimate.exact(0.522, unit="share", n=100)
    assert str(words.say(exact)) == "about 52 in 100"
    assert words.how_sure(exact).startswith("counted")


def test_what_is_unknown_is_said_to_be() -> None:
    assert words.how_sure(Unknown(unit="share", why="-", needs="-")) == "cannot be known"


def test_money_carries_its_currency() -> None:
    cost = estimate(123_456.0, 118_000.0, 129_000.0, unit="money")
    assert str(words.say(cost, noun="EUR")) == "about 120,000 EUR (110,000 to 130,000)"


def test_dates_are_said_once() -> None:
    first = dt.date(1999, 1, 1)
    assert words.period(first, dt.date(1999, 9, 30)) == "1 January to 30 September 1999"
    assert words.period(first, dt.date(1999, 1, 31)) == "1 to 31 January 1999"
    assert words.period(first, dt.date(2000, 1, 31)) == "1 January 1999 to 31 January 2000"
    assert words.period(first, first) == "1 January 1999"
    assert words.month("1999-02") == "February 1999"


def test_tables_show_the_figures_themselves() -> None:
    assert words.cell(0.20512, "share") == "20.5 %"
    assert words.cell(1234.5) == "1,234"
    assert words.cell(12.34) == "12.3"
    assert words.cell(0.1234) == "0.123"
    assert words.cell(7, "as is") == "7"
    assert words.cell(True) == "yes"
    assert words.cell("PS") == "PS"


def test_people_are_callers_where_all_contacts_are_calls() -> None:
    assert words.nouns(["voice", "callback"]).came_back == "rang back"
    assert words.nouns(["voice", "email"]).came_back == "came back"
    assert words.nouns([]).people == "customers"


def test_items_are_listed_as_a_phrase() -> None:
    assert words.listed(["May"]) == "May"
    assert words.listed(["May", "June", "July"]) == "May, June and July"
