"""Lengths: quantiles agree with the data, and their intervals hold the truth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.estimate import Estimate, Unknown
from andon.metrics.doubt import Doubt, products
from andon.metrics.lengths import Lengths, lengths
from ledgers import contacts_table

PS = (0.1, 0.5, 0.8, 0.95)


@given(seconds=st.lists(st.integers(0, 3599).map(float), min_size=1, max_size=50))
@settings(deadline=None, max_examples=40)
def test_quantiles_of_whole_seconds_are_exact(seconds: list[float]) -> None:
    contacts = contacts_table({"arrived_at": 0, "talk_s": each} for each in seconds)
    found = lengths(contacts, contacts.talk_s)[()]
    assert found.n == len(seconds)
    assert found.longest_s == max(seconds)
    for p in PS:
        assert found.at(p) == np.quantile(seconds, p, method="inverted_cdf")


def test_long_durations_are_counted_by_minute_and_hour() -> None:
    contacts = contacts_table(
        {"arrived_at": 0, "talk_s": each} for each in (3600.0, 3630.0, 90_000.0, 90_100.0, None)
    )
    found = lengths(contacts, contacts.talk_s)[()]
    assert found.at_s.tolist() == [3615.0, 90_050.0]
    assert found.longest_s == 90_100.0


def test_groups_have_lengths_of_their_own() -> None:
    contacts = contacts_table(
        {"arrived_at": 0, "queue": queue, "talk_s": float(each)}
        for queue, each in (("a", 1), ("a", 2), (None, 30))
    )
    found = lengths(contacts, contacts.talk_s, by=("queue",))
    assert {scope: each.at_s.tolist() for scope, each in found.items()} == {
        (): [1.0, 2.0, 30.0],
        (("queue", "a"),): [1.0, 2.0],
        (("queue", None),): [30.0],
    }


def test_no_durations_have_no_quantile() -> None:
    assert isinstance(Lengths.none().quantile(0.5, []).seconds, Unknown)


@pytest.mark.slow
def test_95_of_100_quantiles_hold_the_truth_when_days_differ() -> None:
    rng = np.random.default_rng(1)
    runs, days, each = 600, 60, 40
    truth = {p: float(np.quantile(_draw(rng, 20_000, each).ravel(), p)) for p in PS}
    held = dict.fromkeys(PS, 0)
    for _ in range(runs):
        seconds = _draw(rng, days, each)
        at, count = np.unique(seconds, return_counts=True)
        found = Lengths(at_s=at, count=count.astype(float), longest_s=float(at[-1]))
        edges = [found.at(p) for p in PS]
        shares = [
            Doubt(
                sums=products(
                    (seconds < edge).sum(axis=1).astype(float), np.full(days, 1.0 * each)
                ),
                over="day",
            )
            for edge in edges
        ]
        for p in PS:
            quantile = found.quantile(p, shares).seconds
            assert isinstance(quantile, Estimate)
            held[p] += quantile.low <= truth[p] <= quantile.high
    assert all(0.925 <= each / runs <= 0.98 for each in held.values()), held


def _draw(rng: np.random.Generator, days: int, each: int) -> npt.NDArray[np.float64]:
    level = rng.gamma(20, 5, days)[:, None]
    return np.asarray(np.round(level * rng.exponential(1, (days, each)), 1), dtype=np.float64)
