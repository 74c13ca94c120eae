"""Complaints and customers who leave, at the operation's own rates."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pytest

from andon.capacity.rates_seen import complaint_rate, leaving_rate, rates_seen
from andon.units import DAY_S, US
from ledgers import contacts_table, stable_key
from one_queue import told

START_S = 19_723 * DAY_S  # 1 January 2024
WHOLE: dict[str, Any] = {"returns": told(0.2), "redials": told(0.5)}


def values(rows: list[tuple[str, Any, float]]) -> ir.Table:
    """Values by kind, customer and seconds after the start."""
    keys = [None if who is None else stable_key(str(who)) for _, who, _ in rows]
    return ibis.memtable(
        pa.table(  # not through pandas, where a missing key would round all the others
            {
                "value_id": pa.array([f"v{i}" for i in range(len(rows))], pa.string()),
                "kind": pa.array([kind for kind, _, _ in rows], pa.string()),
                "customer_key": pa.array(keys, pa.int64()),
                "happened_us": pa.array(
                    [int((START_S + at) * US) for _, _, at in rows], pa.int64()
                ),
            }
        )
    )


def calls(customers: int, *, days: int = 100, queue: str = "calls", at: str = "c") -> list[Any]:
    rng = np.random.default_rng(1)
    return [
        {"arrived_at": float(s), "customer": f"{at}{i}", "queue": queue, "handle_s": 100.0}
        for i, s in enumerate(np.sort(rng.uniform(0, days * DAY_S, customers)))
    ]


def test_complaints_are_told_for_each_matter_that_was_not_settled() -> None:
    contacts = contacts_table(calls(2000))
    rows = [("complaint", f"c{i}", 10 * DAY_S + i * 0.09 * DAY_S) for i in range(0, 900, 10)]
    found = rates_seen(contacts, values(rows), **WHOLE).complaints
    assert found is not None
    assert found.source == "ledger"
    # 89 after the first one, in 80 of 100 days, with 2,000 contacts of which a fifth come back:
    # for ten days at the end nothing came in, where eleven were to be expected.
    assert found.value == pytest.approx(89 / (0.8 * 2000 * 0.2), rel=0.05)
    assert found.low < found.value < found.high


def test_the_interval_is_that_of_a_count_and_wider_where_returns_are_not_known() -> None:
    exact = complaint_rate(complaints=40, handled=9_000, gave_up=400, **WHOLE)
    assert exact is not None
    # Garwood for 40: 28.58 to 54.47.
    assert exact.low * 2000 == pytest.approx(28.577, abs=0.01)
    assert exact.high * 2000 == pytest.approx(54.469, abs=0.01)
    loose = complaint_rate(
        complaints=40, handled=9_000, gave_up=400, returns=told(0.2, 0.1, 0.3), redials=told(0.5)
    )
    assert loose is not None
    assert loose.low < exact.low < exact.high < loose.high


def test_complaints_about_other_queues_are_not_counted() -> None:
    letters = calls(500, queue="letters", at="d")
    contacts = contacts_table(calls(2000) + letters)
    rows = [("complaint", f"c{i}", 99.9 * DAY_S) for i in range(30)]
    rows += [("complaint", f"d{i}", 99.9 * DAY_S) for i in range(30)]
    rows.append(("complaint", "c1", 1.0))
    mine = contacts.filter(contacts.queue == "letters")
    every = rates_seen(contacts, values(rows), **WHOLE).complaints
    own = rates_seen(contacts, values(rows), mine=mine, **WHOLE).complaints
    assert every is not None
    assert own is not None
    assert own.value == pytest.approx(30 / (500 * 0.2), rel=0.05)
    assert every.value == pytest.approx(60 / (2500 * 0.2), rel=0.05)


def test_too_few_complaints_tell_nothing() -> None:
    rows: list[tuple[str, Any, float]] = [
        ("complaint", f"c{i}", 50.0 * DAY_S + i) for i in range(9)
    ]
    assert rates_seen(contacts_table(calls(500)), values(rows), **WHOLE).complaints is None
    assert rates_seen(contacts_table(calls(500)), values([]), **WHOLE).named == {}


def _leavers(extra: float, *, customers: int = 6000, seed: int = 3) -> tuple[ir.Table, ir.Table]:
    """Half had to come back; of all 2 in 100 leave, of these ``extra`` more."""
    rng = np.random.default_rng(seed)
    contacts: list[dict[str, Any]] = []
    gone: list[tuple[str, Any, float]] = []
    for i, at in enumerate(rng.uniform(0, 60 * DAY_S, customers)):
        back = i % 2 == 0
        contacts.append({"arrived_at": float(at), "customer": f"c{i}", "queue": "calls"})
        if back:
            again = float(at + rng.uniform(0.1, 6) * DAY_S)
            contacts.append({"arrived_at": again, "customer": f"c{i}", "queue": "calls"})
        if rng.random() < 0.02 + extra * back:
            gone.append(("churn", f"c{i}", float(at + rng.uniform(8, 60) * DAY_S)))
    contacts.append({"arrived_at": 200.0 * DAY_S, "customer": "last", "queue": "calls"})
    gone += [("churn", None, 0.0), ("churn", None, 199.0 * DAY_S)]
    return contacts_table(contacts), values(gone)


def test_who_leaves_is_a_difference_and_said_to_be_no_cause() -> None:
    found = rates_seen(*_leavers(0.03), **WHOLE)
    rate = found.leave_after_return
    assert rate is not None
    assert rate.low < 0.03 < rate.high
    assert rate.low > 0.01
    assert "not proof of a cause" in rate.why
    assert any("no proof" in note for note in found.notes)
    assert found.leave_after_giving_up is None  # nobody gave up


def test_where_everybody_leaves_alike_zero_is_in_the_interval() -> None:
    rate = rates_seen(*_leavers(0.0), **WHOLE).leave_after_return
    assert rate is not None
    assert rate.low == 0
    assert rate.high < 0.015


def test_leavers_recorded_for_a_few_weeks_only_tell_nothing_and_it_is_said() -> None:
    rows = [("churn", f"c{i}", i * 0.2 * DAY_S) for i in range(100)]
    found = rates_seen(contacts_table(calls(1000, days=25)), values(rows), **WHOLE)
    assert found.leave_after_return is None
    assert any("too short" in note for note in found.notes)


def test_newcombe_s_own_example_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newcombe 1998, table II, contrast (a): 56/70 - 48/80, method 10: 0.0524 to 0.3339."""
    monkeypatch.setattr("andon.capacity.rates_seen._LEAST_SERVED", 50)
    rate = leaving_rate(name="x", says="x", left=(56, 48), of=(70, 80))
    assert rate is not None
    assert (rate.value, rate.low, rate.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_too_few_customers_tell_nothing() -> None:
    assert leaving_rate(name="x", says="x", left=(1, 2), of=(500, 500)) is None
    assert leaving_rate(name="x", says="x", left=(50, 20), of=(99, 500)) is None


def test_the_difference_holds_the_truth_as_often_as_stated() -> None:
    rng = np.random.default_rng(8)
    held = 0
    for _ in range(400):
        p1, p0 = rng.uniform(0.03, 0.1), 0.02
        left = (int(rng.binomial(900, p1)), int(rng.binomial(4000, p0)))
        rate = leaving_rate(name="x", says="x", left=left, of=(900, 4000))
        held += rate is not None and rate.low <= p1 - p0 <= rate.high
    assert held / 400 >= 0.92
