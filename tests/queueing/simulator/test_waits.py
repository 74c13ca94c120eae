"""How long contacts waited: the histogram against every single wait."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.estimate import Estimate, Unknown
from andon.queueing._kernels.pool import wait_bin
from andon.queueing.erlang import erlang_a
from andon.queueing.simulator.raw import BINS
from andon.queueing.simulator.runs import simulate
from andon.queueing.simulator.waits import Waits
from simulated import team


def counted(waits_us: list[list[int]]) -> Waits:
    """A histogram of waits, one list for each replication."""
    rows = np.zeros((len(waits_us), BINS))
    seat = np.empty(1)
    for row, waits in zip(rows, waits_us, strict=True):
        for wait in waits:
            row[wait_bin(wait, seat, seat.view(np.int64)) + 1 if wait else 0] += 1
    return Waits(counts=rows, whose="all", level=0.95)


waits = st.lists(st.lists(st.integers(0, 10**10), min_size=20, max_size=60), min_size=3, max_size=6)


@given(rows=waits, share=st.floats(0.1, 0.8))
@settings(deadline=None, max_examples=60)
def test_a_quantile_is_right_within_its_bin(rows: list[list[int]], share: float) -> None:
    found = counted(rows).quantile(share)
    every = sorted(wait for row in rows for wait in row)
    at = every[min(len(every) - 1, max(0, int(np.ceil(share * len(every))) - 1))] / 1e6
    if isinstance(found, Estimate):
        assert found.value == pytest.approx(at, rel=1 / 32, abs=1e-6)
        assert found.low <= found.value <= found.high


@given(rows=waits, at_us=st.integers(0, 10**10))
@settings(deadline=None, max_examples=60)
def test_a_tail_lies_between_those_of_the_next_borders(rows: list[list[int]], at_us: int) -> None:
    found = counted(rows).longer_than(at_us / 1e6)
    assert isinstance(found, Estimate)
    every = np.array([wait for row in rows for wait in row])
    fewest = (every > at_us * (1 + 1 / 32) + 1).mean()
    most = (every > at_us * (1 - 1 / 32) - 1).mean()
    assert fewest - 1e-9 <= found.value <= most + 1e-9


@pytest.mark.parametrize("ticks", [1, 2, 3, 31, 32, 33, 1000, 10**6, 86_400 * 10**6, 2**40 + 1])
def test_every_wait_lies_in_its_bin(ticks: int) -> None:
    found = counted([[ticks] * 50] * 3).longer_than(max(0.0, ticks / 1e6 * (1 - 1 / 32) - 1e-6))
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(1)
    beyond = counted([[ticks] * 50] * 3).longer_than(ticks / 1e6 * (1 + 1 / 31) + 1e-6)
    assert isinstance(beyond, Estimate)
    assert beyond.value == pytest.approx(0, abs=1e-9)


def test_who_did_not_wait_waited_for_nothing() -> None:
    found = counted([[0] * 60 + [5_000_000] * 40] * 4)
    half = found.quantile(0.5)
    assert isinstance(half, Estimate)
    assert (half.value, half.low) == (0, 0)
    longer = found.longer_than(0)
    assert isinstance(longer, Estimate)
    assert longer.value == pytest.approx(0.4)


def test_what_too_few_waits_cannot_tell_is_unknown() -> None:
    few = counted([[0, 10**6], [0, 10**7]])
    found = few.quantile(0.999)
    assert isinstance(found, Unknown)
    assert "too few waits" in found.why
    nobody = counted([[], []]).quantile(0.5)
    assert isinstance(nobody, Unknown)
    one = counted([[0, 10**6, 10**7]]).quantile(0.5)
    assert isinstance(one, Unknown)
    assert "two replications" in one.needs


def test_what_is_no_share_or_no_wait_is_an_error() -> None:
    found = counted([[0, 1], [1, 2]])
    with pytest.raises(QueueingError, match="share"):
        found.quantile(1.5)
    with pytest.raises(QueueingError, match="seconds"):
        found.longer_than(-1)


def test_the_method_says_how_fine_the_bins_are() -> None:
    found = counted([list(range(0, 10**7, 10**5))] * 3)
    for figure in (found.quantile(0.5), found.longer_than(2)):
        assert isinstance(figure, Estimate)
        assert "1/32 of a doubling" in figure.method


def test_all_are_those_answered_and_those_who_gave_up() -> None:
    found = simulate(team(4), replications=3)
    whole, answered, gave_up = (
        found.waits(whose=whose).counts for whose in ("all", "answered", "gave_up")
    )
    assert np.array_equal(whole, answered + gave_up)
    assert found.waits(whose="gave_up").n > 0
    assert np.array_equal(found.waits("calls").counts, whole)


def test_the_tail_is_that_of_the_exact_formula() -> None:
    truth = erlang_a(load_erlangs=10, handle_s=180, patience_s=120, agents=11)
    waits_of = simulate(team(11, per_h=200, handle_s=180, days=20), replications=12).waits()
    for seconds in (5.0, 30.0, 90.0):
        longer = waits_of.longer_than(seconds)
        assert isinstance(longer, Estimate)
        exact = float(truth.wait_longer_than(seconds))
        assert abs(longer.value - exact) < 2 * (longer.high - longer.low) / 2 + 0.0005
        back = waits_of.quantile(1 - exact)
        assert isinstance(back, Estimate)
        assert back.value == pytest.approx(seconds, rel=0.05)


@pytest.mark.slow
def test_intervals_of_quantiles_hold_the_truth_as_often_as_they_say() -> None:
    truth = erlang_a(load_erlangs=10, handle_s=180, patience_s=120, agents=11)
    model = team(11, per_h=200, handle_s=180)
    seconds = 30.0
    share = 1 - float(truth.wait_longer_than(seconds))
    held = 0
    for seed in range(300):
        found = simulate(model, seed=seed, replications=10, warm_up=3600.0).waits().quantile(share)
        assert isinstance(found, Estimate)
        held += found.low <= seconds <= found.high
    assert 0.90 <= held / 300 <= 0.99
