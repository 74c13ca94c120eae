"""Patience as a question: from contacts to curve and hazard, and what the bank's README says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.metrics.patience import patience
from andon.queueing.patience import Peak
from bank import bank, needs_bank
from ledgers import contacts_table
from oracles import patience as oracle

rows = st.lists(
    st.fixed_dictionaries(
        {
            "arrived_at": st.integers(0, 3).map(lambda day: 86_400 * day),
            "wait": st.one_of(st.none(), st.integers(-2, 400)),
            "customer": st.one_of(st.none(), st.integers(0, 3)),
            "queue": st.sampled_from(["a", "b"]),
            "outcome": st.sampled_from(["handled", "abandoned", "failed", "self_served"]),
        }
    ),
    min_size=1,
    max_size=30,
)


def _contact(row: dict[str, Any]) -> dict[str, Any]:
    row = dict(row)
    wait, row["queued_at"] = row.pop("wait"), row["arrived_at"]
    if wait is not None:
        row["answered_at" if row["outcome"] == "handled" else "ended_at"] = row["queued_at"] + wait
    return row


@given(contacts=rows)
@settings(deadline=None, max_examples=25)
def test_curve_and_hazard_agree_with_their_definitions(contacts: list[dict[str, Any]]) -> None:
    answer = patience(contacts_table(map(_contact, contacts)), by=("queue",), up_to_s=300)
    there = [row for row in contacts if row["outcome"] != "failed"]
    scopes = {"": there} | {
        name: [row for row in there if row["queue"] == name] for name in ("a", "b")
    }
    results = {"": answer.overall} | {group.label: group.result for group in answer.groups}
    for name, found in results.items():
        known = [
            (float(row["wait"]), row["outcome"] == "abandoned")
            for row in scopes[name]
            if row["wait"] is not None and row["wait"] >= 0
        ]
        waits = [(min(wait, 300.0), left and wait <= 300) for wait, left in known]
        assert found.queued == len(waits)
        assert found.left_out == len(scopes[name]) - len(waits)
        assert found.gave_up == sum(left for _, left in waits)
        assert found.longer == sum(wait > 300 for wait, _ in known)
        for point in found.curve:
            assert point.share == pytest.approx(oracle.still_waiting(waits, point.at_s))
            assert point.low <= point.share <= point.high
            assert point.at_risk == sum(wait > point.at_s for wait, _ in waits)
        for each in found.hazard:
            events, waited = oracle.hazard(waits, each.from_s, each.to_s)
            assert each.gave_up == events
            assert each.waited_s == pytest.approx(waited)
        if isinstance(found.mean_s, Estimate):
            total = sum(wait for wait, _ in waits)
            assert found.mean_s.value == pytest.approx(total / found.gave_up)


def test_fractions_of_a_second_fall_into_their_bins() -> None:
    contacts = [
        {"arrived_at": 0, "queued_at": 0, "ended_at": wait, "outcome": "abandoned"}
        for wait in (4.9, 5.0, 5.1)
    ]
    found = patience(contacts_table(contacts)).overall
    assert [(each.to_s, each.gave_up) for each in found.hazard[:2]] == [(5.0, 2), (15.0, 1)]
    assert sum(each.waited_s for each in found.hazard) == pytest.approx(15.0)


def test_nobody_queueing_gives_no_figure() -> None:
    found = patience(contacts_table([{"arrived_at": 0}])).overall
    assert (found.queued, found.curve, found.hazard) == (0, (), ())
    for figure in (found.after_60_s, found.median_s, found.mean_s, found.peak):
        assert isinstance(figure, Unknown)


def test_a_time_of_nothing_is_refused() -> None:
    with pytest.raises(QuestionError, match="above 0"):
        patience(contacts_table([]), up_to_s=0)


def _calls(rng: np.random.Generator, *, customers: int, each: int) -> list[dict[str, Any]]:
    """Customers of very different patience who call again and again, for 120 s on average."""
    contacts = []
    for customer in range(customers):
        mean = rng.gamma(1.5, 1 / 1.5) * 120
        for call in range(each):
            start = 86_400 * (call % 20) + 60 * customer
            left, answered = rng.exponential(mean), rng.exponential(120)
            gave_up = left < answered
            contacts.append(
                {
                    "arrived_at": start,
                    "queued_at": start,
                    "ended_at": start + min(left, answered),
                    "answered_at": None if gave_up else start + answered,
                    "outcome": "abandoned" if gave_up else "handled",
                    "customer": customer,
                }
            )
    return contacts


def test_customers_who_call_often_widen_every_interval() -> None:
    rng = np.random.default_rng(1)
    contacts = _calls(rng, customers=60, each=20)
    together = patience(contacts_table(contacts)).overall
    apart = patience(
        contacts_table(dict(row, customer=i) for i, row in enumerate(contacts))
    ).overall
    for name in ("after_60_s", "after_180_s", "mean_s", "restricted_mean_s"):
        wide, narrow = getattr(together, name), getattr(apart, name)
        assert isinstance(wide, Estimate)
        assert isinstance(narrow, Estimate)
        assert wide.value == pytest.approx(narrow.value)
        assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low), name


@pytest.mark.slow
def test_95_of_100_bands_hold_the_truth_when_customers_differ() -> None:
    rng = np.random.default_rng(2)
    # Patience mixed over customers: E exp(-t / (120 G)), by numbers.
    mixed = rng.gamma(1.5, 1 / 1.5, 400_000) * 120
    truth = {at: float(np.exp(-at / mixed).mean()) for at in (30, 60, 180)}
    held, runs = dict.fromkeys(truth, 0), 150
    for _ in range(runs):
        found = patience(contacts_table(_calls(rng, customers=120, each=6))).overall
        for at, share_then in truth.items():
            share = getattr(found, f"after_{at}_s")
            assert isinstance(share, Estimate)
            held[at] += share.low <= share_then <= share.high
    assert all(each / runs >= 0.9 for each in held.values()), held


@needs_bank
def test_the_bank_gives_the_patience_of_its_readme() -> None:
    contacts = bank()
    answer = patience(contacts, by=("queue",))
    published = {
        "PS": (0.84, 0.68),
        "NE": (0.91, 0.82),
        "IN": (0.82, 0.61),
        "TT": (0.87, 0.52),
        "NW": (0.73, 0.46),
    }
    by_queue = {group.label: group.result for group in answer.groups}
    for name, (after_60, after_180) in published.items():
        one, three = by_queue[name].after_60_s, by_queue[name].after_180_s
        assert isinstance(one, Estimate)
        assert isinstance(three, Estimate)
        assert one.value == pytest.approx(after_60, abs=0.01)
        assert three.value == pytest.approx(after_180, abs=0.01)


@needs_bank
def test_the_banks_hazard_peaks_near_sixty_seconds() -> None:
    contacts = bank()
    regular = contacts.filter(contacts.customer_key.notnull() & (contacts.priority < 2))
    for population, between in ((contacts, (55.0, 65.0)), (regular, (45.0, 75.0))):
        found = patience(population).overall
        assert isinstance(found.peak, Peak)
        assert (found.peak.bin.from_s, found.peak.bin.to_s) == (55, 65)
        assert (found.peak.at_s.low, found.peak.at_s.high) == between
        assert isinstance(found.first_peak, Peak)
        assert (found.first_peak.bin.from_s, found.first_peak.bin.to_s) == (5, 15)
    by_bin = {(each.from_s, each.to_s): each.per_1000_s for each in found.hazard}
    assert round(by_bin[45, 55], 1) == 3.4
    assert round(by_bin[55, 65], 1) == 3.9
    assert round(by_bin[65, 75], 1) == 3.3
