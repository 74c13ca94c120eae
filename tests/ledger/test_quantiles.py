"""Clustered quantiles: exact values, and ends between which the truth lies."""

from __future__ import annotations

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.estimate import Estimate, Sums, Unknown
from andon.ledger.quantiles import _MOST, _further, _ranks, clustered_quantiles
from ledgers import contacts_table
from oracles import estimate as plain


def alone(n: int, below: int) -> Sums:
    """Contacts of as many customers, so many of them at or below the quantile."""
    return plain.sums(plain.Contact(i, float(i < below), 1.0) for i in range(n))


@settings(deadline=None)
@given(st.integers(1, 300), st.floats(0.02, 0.98), st.sampled_from([0.8, 0.95, 0.99]))
def test_ranks_of_independent_contacts_are_those_of_order_statistics(
    n: int, p: float, level: float
) -> None:
    below = min(n - 1, max(1, round(n * p))) if n > 1 else 1
    assert _ranks(alone(n, below), p, level=level) == plain.order_ranks(n, p, tail=(1 - level) / 2)


def test_the_median_of_twenty_lies_between_the_sixth_and_the_fifteenth() -> None:
    """The classical table: David and Nagaraja (2003), Order Statistics, section 7.1."""
    assert _ranks(alone(20, 10), 0.5, level=0.95) == (6, 15)
    assert _ranks(alone(5, 3), 0.5, level=0.95) is None
    assert _ranks(alone(6, 3), 0.5, level=0.95) == (1, 6)


def test_the_same_contacts_by_fewer_customers_reach_further() -> None:
    many = _ranks(alone(200, 100), 0.5, level=0.95)
    few = _ranks(
        plain.sums(plain.Contact(i // 10, float(i < 100), 1.0) for i in range(200)),
        0.5,
        level=0.95,
    )
    assert many is not None
    assert few is not None
    assert few[0] < many[0]
    assert many[1] < few[1]


def test_values_are_exact_and_ends_were_seen() -> None:
    talk = [float(v) for v in np.random.default_rng(3).lognormal(5, 1, 500).round(3)]
    contacts = contacts_table(
        [{"arrived_at": i, "customer": i // 2, "talk_s": v} for i, v in enumerate(talk)]
    )
    probabilities = (0.25, 0.5, 0.9)
    found = clustered_quantiles(contacts, contacts.talk_s, probabilities)[()]
    for p, figure in zip(probabilities, found, strict=True):
        assert isinstance(figure, Estimate)
        assert figure.value == pytest.approx(np.quantile(talk, p))
        assert min(abs(figure.low - v) for v in talk) < 1e-6
        assert min(abs(figure.high - v) for v in talk) < 1e-6
        assert figure.low < figure.value < figure.high
        assert (figure.n, figure.unit) == (500, "s")


def test_each_group_has_its_own_quantiles_also_those_not_recorded() -> None:
    contacts = contacts_table(
        [
            {
                "arrived_at": i,
                "customer": i if i % 2 else None,
                "queue": (None, "Loans")[i % 2],
                "talk_s": float(i % 50) + 1000 * (i % 2),
            }
            for i in range(400)
        ]
    )
    found = clustered_quantiles(contacts, contacts.talk_s, [0.5], by=("queue",))
    assert set(found) == {(("queue", None),), (("queue", "Loans"),)}
    (low,), (high,) = found[("queue", None),], found[("queue", "Loans"),]
    assert isinstance(low, Estimate)
    assert isinstance(high, Estimate)
    assert low.high < 1000 < high.low
    assert low.n == high.n == 200


def test_few_contacts_are_said_to_be_too_few() -> None:
    contacts = contacts_table(
        [{"arrived_at": i, "customer": i, "talk_s": float(i)} for i in range(30)]
    )
    median, high = clustered_quantiles(contacts, contacts.talk_s, [0.5, 0.95])[()]
    assert isinstance(median, Estimate)
    assert isinstance(high, Unknown)
    assert high.needs == "contacts of 72 customers or more"


def test_seventy_two_customers_are_indeed_enough() -> None:
    assert _ranks(alone(71, 67), 0.95, level=0.95) is None
    assert _ranks(alone(72, 68), 0.95, level=0.95) is not None


def test_nothing_has_no_quantile() -> None:
    contacts = contacts_table([{"arrived_at": 0, "talk_s": None}])
    (median,) = clustered_quantiles(contacts, contacts.talk_s, [0.5])[()]
    assert isinstance(median, Unknown)
    assert median.why == "no such contact"
    assert clustered_quantiles(contacts, contacts.talk_s, [0.5], by=("queue",)) == {}


def test_where_most_wait_not_at_all_the_median_wait_is_nought_for_sure() -> None:
    contacts = contacts_table(
        [{"arrived_at": i, "customer": i, "talk_s": float(max(0, i - 80))} for i in range(100)]
    )
    (median,) = clustered_quantiles(contacts, contacts.talk_s, [0.5])[()]
    assert isinstance(median, Estimate)
    assert (median.low, median.value, median.high) == (0, 0, 0)


def test_more_level_reaches_further() -> None:
    contacts = contacts_table(
        [{"arrived_at": i, "customer": i // 3, "talk_s": float((i * 37) % 400)} for i in range(400)]
    )
    (narrow,), (wide,) = (
        clustered_quantiles(contacts, contacts.talk_s, [0.5], level=level)[()]
        for level in (0.8, 0.99)
    )
    assert isinstance(narrow, Estimate)
    assert isinstance(wide, Estimate)
    assert wide.low < narrow.low
    assert narrow.high < wide.high


@pytest.mark.parametrize(("p", "level"), [(0.0, 0.95), (1.0, 0.95), (0.5, 1.0), (50, 0.95)])
def test_a_probability_lies_between_0_and_1(p: float, level: float) -> None:
    contacts = contacts_table([{"arrived_at": 0}])
    with pytest.raises(QuestionError, match="between 0 and 1"):
        clustered_quantiles(contacts, contacts.talk_s, [p], level=level)


def test_very_many_groups_share_ends_that_lie_a_little_further_out() -> None:
    """As many sizes of group as there are groups, so that no two want the same ends."""
    rng = np.random.default_rng(4)
    groups = _MOST
    sizes = 30 + np.arange(groups)
    group = np.repeat(np.arange(groups), sizes)
    value = rng.lognormal(5, 1, group.size)
    table = pa.table({"customer_key": np.arange(group.size), "line": group, "talk_s": value})
    contacts = ibis.duckdb.connect(threads=1).create_table("contacts", table)
    found = clustered_quantiles(contacts, contacts.talk_s, [0.5], by=("line",))
    assert len(found) == groups
    for i in range(0, groups, 29):
        (figure,) = found[("line", i),]
        assert isinstance(figure, Estimate)
        mine = np.sort(value[group == i])
        ranks = _ranks(alone(len(mine), len(mine) // 2), 0.5, level=0.95)
        assert ranks is not None
        low, high = mine[ranks[0] - 1], mine[ranks[1] - 1]
        assert figure.low <= low + 1e-9
        assert figure.high >= high - 1e-9
        further = 0.06 * (ranks[1] - ranks[0]) + 1
        assert np.sum((mine > figure.low) & (mine < low)) <= further
        assert np.sum((mine < figure.high) & (mine > high)) <= further


@settings(deadline=None)
@given(st.floats(1e-9, 0.9))
def test_further_is_further_by_a_twentieth_at_most(distance: float) -> None:
    assert distance <= _further(distance) * (1 + 1e-12)
    assert _further(distance) <= 1.0501 * distance
    assert _further(0.0) == 0.0
