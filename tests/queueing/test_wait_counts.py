"""Waits counted by length: nobody is lost, and the curve stays what it was."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.queueing.patience import kaplan_meier
from andon.queueing.wait_counts import WaitCounts

days = st.lists(
    st.lists(st.tuples(st.integers(0, 40).map(float), st.booleans()), max_size=30),
    min_size=1,
    max_size=5,
)


@given(days=days)
@settings(deadline=None)
def test_days_counted_apart_are_the_days_counted_together(
    days: list[list[tuple[float, bool]]],
) -> None:
    apart = [WaitCounts.of([w for w, _ in day], [g for _, g in day]) for day in days]
    pooled = apart[0]
    for each in apart[1:]:
        pooled += each
    rows = [row for day in days for row in day]
    at_once = WaitCounts.of([w for w, _ in rows], [g for _, g in rows])
    assert pooled.at_s.tolist() == at_once.at_s.tolist()
    assert pooled.gave_up.tolist() == at_once.gave_up.tolist()
    assert pooled.otherwise.tolist() == at_once.otherwise.tolist()
    assert pooled.n == len(rows)


@given(
    rows=st.lists(st.tuples(st.floats(0, 500), st.booleans()), min_size=1, max_size=50),
    width=st.sampled_from([0.5, 1.0, 10.0]),
)
@settings(deadline=None)
def test_a_bin_holds_the_waits_up_to_its_end(rows: list[tuple[float, bool]], width: float) -> None:
    counts = WaitCounts.of([w for w, _ in rows], [g for _, g in rows], width_s=width)
    assert counts.n == len(rows)
    for at, gave_up in zip(counts.at_s, counts.gave_up, strict=True):
        assert gave_up == sum(g for w, g in rows if math.ceil(w / width) * width == at)


def test_bins_of_a_second_leave_the_curve_as_it_was() -> None:
    rng = np.random.default_rng(1)
    patience, answered = rng.exponential(100, 200_000), rng.exponential(50, 200_000)
    waits, gave_up = np.minimum(patience, answered), patience < answered
    single = kaplan_meier(waits, gave_up)
    counts = WaitCounts.of(waits, gave_up, width_s=1)
    binned = kaplan_meier(counts.at_s, counts.gave_up, counts.otherwise)
    for at in (5.0, 20.0, 60.0, 120.0):
        i, j = (int(np.searchsorted(c.at_s, at, side="right")) - 1 for c in (single, binned))
        assert binned.still_waiting[j] == pytest.approx(single.still_waiting[i], abs=0.01 * at / 50)


def test_counts_are_whole_and_never_changed() -> None:
    gave_up = np.array([1, 3_000_000_000])
    counts = WaitCounts(at_s=[1, 2], gave_up=gave_up, otherwise=[0, 5])
    gave_up[0] = 7
    assert counts.gave_up.tolist() == [1, 3_000_000_000]
    assert counts.n == 3_000_000_006
    with pytest.raises(ValueError, match="read-only"):
        counts.gave_up[0] = 2
    with pytest.raises(TypeError):
        counts + 3  # type: ignore[operator]


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: WaitCounts(at_s=[1, 1], gave_up=[1, 1], otherwise=[0, 0]), "at_s"),
        (lambda: WaitCounts(at_s=[-1], gave_up=[1], otherwise=[0]), "at_s"),
        (lambda: WaitCounts(at_s=[1], gave_up=[1.5], otherwise=[0]), "gave_up"),
        (lambda: WaitCounts(at_s=[1], gave_up=[1], otherwise=[-2]), "otherwise"),
        (lambda: WaitCounts(at_s=[1], gave_up=[1, 2], otherwise=[0]), "gave_up"),
        (lambda: WaitCounts.of([1, 2], [True]), "waits_s"),
        (lambda: WaitCounts.of([1], [True], width_s=0), "width_s"),
    ],
)
def test_what_cannot_be_counted_is_refused_by_name(make: Callable[[], object], field: str) -> None:
    with pytest.raises(QueueingError, match=field):
        make()
