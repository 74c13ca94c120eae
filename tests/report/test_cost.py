"""Cost: hours of customers' own time, with the doubt of what they are made of."""

from __future__ import annotations

import numpy as np
import pytest

from andon.estimate import Estimate, Unknown
from andon.report.cost import given_up_h, product
from ledgers import contacts_table
from report.samples import estimate

UNKNOWN = Unknown(unit="s", why="nobody came", needs="somebody")


def test_a_product_is_not_known_where_a_factor_is_not() -> None:
    for pair in ((UNKNOWN, estimate(1.0, 0.1)), (estimate(1.0, 0.1), UNKNOWN)):
        found = product(*pair, unit="h")
        assert isinstance(found, Unknown)
        assert (found.unit, found.why) == ("h", "nobody came")


def test_what_was_counted_adds_no_doubt() -> None:
    found = product(estimate(10.0, 2.0, unit="h"), Estimate.exact(3.0, unit="count", n=3), unit="h")
    assert isinstance(found, Estimate)
    assert (found.value, found.low, found.high) == (30.0, 24.0, 36.0)


def test_a_negative_factor_turns_the_ends_around() -> None:
    found = product(estimate(-2.0, 1.0), Estimate.exact(3.0, unit="count", n=3), unit="h")
    assert isinstance(found, Estimate)
    assert (found.low, found.high) == (-9.0, -3.0)


def test_the_interval_of_a_product_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    held, runs = 0, 2_000
    for _ in range(runs):
        a, b = rng.normal(20.0, 1.5), rng.normal(0.3, 0.02)
        found = product(estimate(a, 1.96 * 1.5), estimate(b, 1.96 * 0.02, unit="h"), unit="h")
        assert isinstance(found, Estimate)
        held += found.low <= 6.0 <= found.high
    assert 0.93 <= held / runs <= 0.97


def test_hours_given_up_are_those_of_everybody_who_left_unserved() -> None:
    contacts = contacts_table(
        [
            {"arrived_at": 0, "queued_at": 10, "ended_at": 1_810, "outcome": "abandoned"},
            {"arrived_at": 0, "ended_at": 1_800, "outcome": "left_self_service"},
            {"arrived_at": 0, "answered_at": 60, "ended_at": 7_200, "outcome": "handled"},
            {"arrived_at": 0, "outcome": "abandoned"},
        ]
    )
    found = given_up_h(contacts)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx((1_810 + 1_800) / 3_600)
    assert found.low == found.high
    assert found.n == 2


def test_nobody_who_gave_up_is_not_the_same_as_zero_hours() -> None:
    contacts = contacts_table([{"arrived_at": 0, "answered_at": 60, "ended_at": 90}])
    assert isinstance(given_up_h(contacts), Unknown)
