from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.capacity.redials import Redials, without_redials
from andon.errors import PlanError

SHARES = st.floats(0, 0.95)
TIMES = st.floats(10, 20_000)
GONE = st.lists(st.floats(0, 500), min_size=1, max_size=40)


@given(share=SHARES, after_s=TIMES, gone=GONE)
def test_who_calls_again_gave_up_before_and_nobody_calls_twice(
    share: float, after_s: float, gone: list[float]
) -> None:
    counts = np.array([gone])
    redials = Redials(share=share, after_s=after_s)
    again = redials.after(counts, interval_s=1800, open_=np.ones(len(gone), dtype=bool))
    later = redials.on_their_way(counts, interval_s=1800, before=np.zeros(1))
    assert np.all(again >= 0)
    assert np.all(np.cumsum(again) <= share * np.cumsum(counts) + 1e-9)
    assert again.sum() + later[0] == pytest.approx(share * counts.sum())


def test_the_time_until_the_next_call_is_that_of_people_one_by_one() -> None:
    rng = np.random.default_rng(2)
    gone = np.array([[4_000.0, 1_000.0, 0.0, 2_000.0]])
    left_at = np.concatenate(
        [1800 * (j + rng.uniform(size=50 * int(each))) for j, each in enumerate(gone[0])]
    )
    calls = left_at + rng.exponential(900, size=len(left_at))
    found = np.histogram(calls[calls < 7200], bins=4, range=(0, 7200))[0] / 50 * 0.6
    told = Redials(share=0.6, after_s=900).after(
        gone, interval_s=1800, open_=np.ones(4, dtype=bool)
    )
    assert told[0] == pytest.approx(found, rel=0.01)


def test_two_stretches_of_a_day_are_the_day() -> None:
    redials = Redials(share=0.5, after_s=2_000)
    gone = np.random.default_rng(1).uniform(0, 50, size=(3, 12))
    opened = np.ones(12, dtype=bool)
    opened[5] = False
    whole = redials.after(gone, interval_s=1800, open_=opened)
    left = redials.on_their_way(gone[:, :7], interval_s=1800, before=np.zeros(3))
    rest = redials.after(gone[:, 7:], interval_s=1800, open_=opened[7:], before=left)
    assert whole[:, 7:] == pytest.approx(rest)
    assert np.all(whole[:, 5] == 0)


@given(share=SHARES, after_s=TIMES, seed=st.integers(0, 1000))
def test_fresh_contacts_come_back_from_a_history_with_redials(
    share: float, after_s: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    fresh = rng.uniform(20, 100, size=(4, 30))
    redials = Redials(share=share, after_s=after_s)
    gone = rng.uniform(0, 0.3, size=fresh.shape) * fresh
    again = redials.after(gone, interval_s=1800, open_=np.ones(30, dtype=bool))
    found = without_redials(fresh + again, gone, redials, interval_s=1800)
    assert found.contacts == pytest.approx(fresh)
    assert found.share == pytest.approx(again.sum() / (fresh + again).sum())
    assert found.capped == pytest.approx(0, abs=1e-6)


def test_what_is_taken_out_is_never_more_than_came() -> None:
    found = without_redials(
        [100, 0, 1], [100, 0, 0], Redials(share=0.9, after_s=3600), interval_s=900
    )
    assert np.all(found.contacts >= 0)
    assert found.contacts[0, 1] == 0
    assert found.capped > 0
    empty = without_redials([0, 0], [0, 0], Redials(share=0.9, after_s=3600), interval_s=900)
    assert np.isnan(empty.share)


def test_what_cannot_be_is_refused_in_words() -> None:
    with pytest.raises(PlanError, match="0 to below 1"):
        Redials(share=1.0, after_s=600)
    with pytest.raises(PlanError, match="must be above 0"):
        Redials(share=0.5, after_s=0)
    redials = Redials(share=0.5, after_s=600)
    with pytest.raises(PlanError, match="more give up than came"):
        without_redials([3, 4], [3, 5], redials, interval_s=1800)
    with pytest.raises(PlanError, match="same intervals"):
        without_redials([3, 4], [3], redials, interval_s=1800)
