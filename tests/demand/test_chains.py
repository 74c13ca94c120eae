"""Chains: every contact in exactly one, whatever the order, and long ones not forgotten."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.demand.chains import Chains, chained, chains
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.ledger.coverage import Observed, observed
from ledgers import contacts_table, stable_key
from oracles import chains as plain
from oracles.recontact import US, watched, watched_before

DAY = 86_400
WEEK = 7 * DAY


def asked(rows: Sequence[dict[str, Any]], **options: Any) -> Chains:
    return chains(contacts_table(rows), **options).overall


def together(rows: Sequence[dict[str, Any]], **options: Any) -> list[set[str]]:
    """The chains as sets of contact ids."""
    table = chained(contacts_table(rows), **options)
    found: dict[int, set[str]] = {}
    for row in table.select("contact_id", "chain_id").to_pyarrow().to_pylist():
        found.setdefault(row["chain_id"], set()).add(row["contact_id"])
    return sorted(found.values(), key=min)


def contact(name: str, at: float, customer: object = "ann", **more: Any) -> dict[str, Any]:
    return {"contact_id": name, "arrived_at": at, "customer": customer, **more}


# --- by hand ----------------------------------------------------------------------------------


def test_contacts_within_the_window_are_one_chain_and_later_ones_another() -> None:
    rows = [contact("a", 0), contact("b", WEEK), contact("c", 2 * WEEK + 1)]
    assert together(rows) == [{"a", "b"}, {"c"}]


def test_a_chain_is_named_after_its_first_contact() -> None:
    table = chained(contacts_table([contact("b", 5), contact("a", 0)]))
    assert set(table.chain_id.to_pyarrow().to_pylist()) == {stable_key("a")}


def test_different_matters_of_one_customer_are_different_chains() -> None:
    rows = [
        contact("a", 0, journey="card"),
        contact("b", 10, journey="loan"),
        contact("c", 20, journey="card"),
        contact("d", 30, reason="pin"),
    ]
    assert together(rows) == [{"a", "c"}, {"b"}, {"d"}]


def test_a_contact_without_a_matter_belongs_to_the_one_that_follows() -> None:
    """Who gives up in the queue gives no reason; the retry gives it."""
    rows = [
        contact("old", 0, journey="loan"),
        contact("gave up", 100, outcome="abandoned"),
        contact("retry", 200, journey="card"),
    ]
    assert together(rows) == [{"gave up", "retry"}, {"old"}]


def test_where_nothing_follows_it_belongs_to_the_last_matter() -> None:
    rows = [contact("a", 0, journey="loan"), contact("b", 100)]
    assert together(rows) == [{"a", "b"}]
    far = [contact("a", 0, journey="loan"), contact("b", WEEK + 1)]
    assert together(far) == [{"a"}, {"b"}]


def test_a_declared_link_joins_across_customers_and_time() -> None:
    rows = [
        contact("a", 0, "ann"),
        contact("b", 50 * DAY, None, previous_contact_id="a"),
        contact("c", 90 * DAY, "bob", previous_contact_id="b"),
        contact("d", 91 * DAY, "bob"),
    ]
    assert together(rows) == [{"a", "b", "c", "d"}]


def test_a_declared_link_comes_before_the_customers_last_contact() -> None:
    rows = [
        contact("a", 0),
        contact("x", 5, "bob"),
        contact("b", 10, previous_contact_id="x"),
        contact("c", 20),
    ]
    assert together(rows) == [{"a"}, {"b", "c", "x"}]


@pytest.mark.parametrize("previous", ["nowhere", "b", "a"])
def test_a_link_to_nowhere_to_itself_or_to_a_later_contact_is_passed_over(previous: str) -> None:
    rows = [contact("a", 0, None, previous_contact_id=previous), contact("b", 10, None)]
    assert together(rows) == [{"a"}, {"b"}]


def test_links_that_run_in_a_circle_come_to_an_end() -> None:
    rows = [
        contact("a", 0, None, previous_contact_id="c"),
        contact("b", 10, None, previous_contact_id="a"),
        contact("c", 20, None, previous_contact_id="b"),
    ]
    assert together(rows) == [{"a", "b", "c"}]


def test_a_long_line_of_links_is_followed_to_its_beginning() -> None:
    rows = [contact("0", 0, None)] + [
        contact(str(i), i, None, previous_contact_id=str(i - 1)) for i in range(1, 130)
    ]
    assert len(together(rows)) == 1


def test_contacts_without_an_id_are_alone_and_reported_apart() -> None:
    rows = [contact("a", 0, None), contact("b", 10, None), contact("c", 20)]
    assert len(together(rows)) == 3
    found = asked(rows)
    assert (found.contacts, found.unidentified, found.chains) == (1, 2, 1)
    assert any("67 in 100" in caveat for caveat in found.caveats)


def test_nothing_is_claimed_of_an_empty_ledger_or_without_ids() -> None:
    for rows in ([], [contact("a", 0, None)]):
        found = asked(rows)
        assert isinstance(found.one_contact, Unknown)
        assert isinstance(found.contacts_per_matter, Unknown)
        assert found.lengths == ()


@pytest.mark.parametrize("window", [0, -1, float("nan"), float("inf")])
def test_a_window_that_makes_no_sense_is_refused(window: float) -> None:
    with pytest.raises(QuestionError, match="window"):
        asked([], window_s=window)


def test_chains_are_counted_by_their_length() -> None:
    rows = [
        contact(f"{c}{i}", 30 * DAY + i * 3_600, c) for c in range(40) for i in range(c % 3 + 1)
    ]
    rows += [contact(f"edge{day}", day * DAY, None) for day in range(60)]
    found = asked(rows)
    assert [length.chains for length in found.lengths[:4]] == [14, 13, 13, 0]
    assert found.finished == 40
    assert isinstance(found.one_contact, Estimate)
    assert found.one_contact.value == pytest.approx(14 / 40)
    assert isinstance(found.contacts_per_matter, Estimate)
    assert found.contacts_per_matter.value == pytest.approx((14 + 26 + 39) / 40)


def test_a_group_counts_the_chains_that_began_in_it() -> None:
    rows = [
        contact("a", 30 * DAY, queue="Cards"),
        contact("b", 30 * DAY + 60, queue="Loans"),
        contact("c", 31 * DAY, "bob", queue=None),
        contact("d", 31 * DAY + 60, "bob", queue="Loans"),
        *(contact(f"edge{day}", day * DAY, None, queue="Cards") for day in range(60)),
    ]
    answer = chains(contacts_table(rows), by=("queue",))
    found = {group.scope[0][1]: group.result for group in answer.groups}
    assert [found[name].chains for name in ("Cards", "Loans", None)] == [1, 0, 1]
    assert found["Cards"].contacts == 2
    assert found["Cards"].unidentified == 60


# --- laws -------------------------------------------------------------------------------------


def _random_rows(rng: random.Random, n: int, *, links: bool, named: bool) -> list[dict[str, Any]]:
    return [
        contact(
            f"c{i}",
            rng.randrange(0, 60 * 24) * 3_600,
            rng.choice([None, *range(5)]),
            journey=rng.choice([None, "card", "loan"]) if named else None,
            reason=rng.choice([None, None, "pin"]) if named else None,
            outcome=rng.choice(["handled", "abandoned", "failed"]),
            previous_contact_id=(
                f"c{rng.randrange(n + 2)}" if links and rng.random() < 0.3 else None
            ),
        )
        for i in range(n)
    ]


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 40), links=st.booleans(), named=st.booleans())
def test_every_contact_is_in_exactly_one_chain_and_it_is_the_right_one(
    seed: int, n: int, links: bool, named: bool
) -> None:
    rows = _random_rows(random.Random(seed), n, links=links, named=named)
    table = contacts_table(rows)
    full = table.to_pyarrow().to_pylist()
    found = chained(table, 3 * DAY).select("contact_key", "chain_id").to_pyarrow().to_pylist()
    assert Counter(row["contact_key"] for row in found) == Counter(
        row["contact_key"] for row in full
    )
    assert {row["contact_key"]: row["chain_id"] for row in found} == plain.chain_of(
        full, window_s=3 * DAY
    )


@settings(deadline=None, max_examples=6)
@given(seed=st.integers(0, 2**32), links=st.booleans())
def test_the_order_of_rows_does_not_matter(seed: int, links: bool) -> None:
    rng = random.Random(seed)
    rows = _random_rows(rng, 30, links=links, named=True)
    shuffled = rows[:]
    rng.shuffle(shuffled)
    assert together(rows) == together(shuffled)
    assert asked(rows) == asked(shuffled)


@settings(deadline=None, max_examples=12)
@given(seed=st.integers(0, 2**32), n=st.integers(1, 60), links=st.booleans())
def test_the_figures_agree_with_their_definition(seed: int, n: int, links: bool) -> None:
    rows = _random_rows(random.Random(seed), n, links=links, named=False)
    table = contacts_table(rows)
    seen = observed(table)
    window_s = 2 * DAY
    found = chains(table, window_s=window_s).overall
    members = plain.members(table.to_pyarrow().to_pylist(), window_s=window_s)
    whole = [each for each in members if plain.finished(each, seen.stretches, window_s=window_s)]
    assert found.contacts == sum(map(len, members))
    assert found.chains == len(members)
    assert found.finished == len(whole)
    lengths = Counter(min(len(each), 10) for each in whole)
    assert {each.contacts: each.chains for each in found.lengths if each.chains} == lengths
    window_us = window_s * US
    starts = [
        each for each in members if watched_before(each[0]["arrived_us"], window_us, seen.stretches)
    ]
    begun = sum(
        watched_before(row["arrived_us"], window_us, seen.stretches)
        for each in members
        for row in each
    )
    if isinstance(found.contacts_per_matter, Estimate):
        assert found.contacts_per_matter.value == pytest.approx(begun / len(starts))
    both = [each for each in starts if watched(each[0]["arrived_us"], window_us, seen.stretches)]
    if both:
        assert isinstance(found.one_contact, Estimate)
        assert found.one_contact.value == pytest.approx(
            sum(len(each) == 1 for each in both) / len(both)
        )


# --- known truth ------------------------------------------------------------------------------


@pytest.mark.slow
def test_contacts_for_each_matter_are_right_although_long_chains_still_run() -> None:
    """Each contact is followed by another with chance 0.6, two days later on average."""
    rng = np.random.default_rng(4)
    runs, held, span = 500, 0, 60 * DAY
    queues, keys, times = [], [], []
    for run in range(runs):
        for customer in range(150):
            at = rng.uniform(-60 * DAY, span)
            while True:
                if 0 <= at < span:
                    queues.append(run)
                    keys.append(run * 1_000 + customer)
                    times.append(at)
                if rng.random() > 0.6:
                    break
                at += rng.uniform(0, 4 * DAY)
    table = ibis.duckdb.connect(threads=2).create_table(
        "contacts", _contacts(queues, keys, times), temp=True
    )
    seen = Observed(contacts=1, first_us=0, last_us=span * US)
    answer = chains(table, by=("queue",), window_s=5 * DAY, observed=seen)
    values = []
    for group in answer.groups:
        found = group.result.contacts_per_matter
        assert isinstance(found, Estimate)
        values.append(found.value)
        held += found.low <= 2.5 <= found.high
    assert len(values) == runs
    assert np.mean(values) == pytest.approx(2.5, rel=0.02)
    assert 0.93 <= held / runs <= 0.97


def _contacts(queues: list[int], keys: list[int], times: list[float]) -> pa.Table:
    at_us = (np.array(times) * 1e6).astype(np.int64)
    n = len(at_us)
    return pa.table(
        {
            "contact_id": np.arange(n).astype(str),
            "contact_key": np.arange(n, dtype=np.int64),
            "customer_key": np.array(keys, dtype=np.int64) * 104_729,
            "arrived_us": at_us,
            "local_arrived_us": at_us,
            "queue": np.array(queues).astype(str),
            "journey": pa.nulls(n, pa.string()),
            "reason": pa.nulls(n, pa.string()),
            "previous_contact_id": pa.nulls(n, pa.string()),
        }
    )


# --- the bank ---------------------------------------------------------------------------------


def test_on_the_bank_chains_hold_every_identified_contact(bank: ir.Table) -> None:
    found = chains(bank).overall
    assert found.contacts + found.unidentified == 283_661
    assert found.unidentified == 143_126
    assert isinstance(found.one_contact, Estimate)
    assert 0.57 < found.one_contact.value < 0.61
