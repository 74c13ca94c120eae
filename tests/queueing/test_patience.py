"""Patience: checked against its slow twin, against known truth, and against scipy's Poisson."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import special

from andon.errors import QueueingError
from andon.estimate import Estimate, Unknown
from andon.queueing.patience import HazardBin, Peak, hazard, kaplan_meier, peak
from oracles import patience as oracle

waits = st.lists(st.tuples(st.integers(0, 30).map(float), st.booleans()), min_size=1, max_size=60)


def _arrays(rows: list[oracle.Wait]) -> tuple[list[float], list[bool]]:
    return [wait for wait, _ in rows], [gave_up for _, gave_up in rows]


@given(rows=waits)
@settings(deadline=None)
def test_the_curve_agrees_with_its_definition(rows: list[oracle.Wait]) -> None:
    curve = kaplan_meier(*_arrays(rows))
    assert curve.n == len(rows)
    for at, share in zip(curve.at_s, curve.still_waiting, strict=True):
        assert share == pytest.approx(oracle.still_waiting(rows, at), abs=1e-12)


@given(rows=waits, level=st.sampled_from([0.5, 0.9, 0.95]))
@settings(deadline=None)
def test_the_band_agrees_with_its_definition(rows: list[oracle.Wait], level: float) -> None:
    curve = kaplan_meier(*_arrays(rows), level=level)
    lowest = 1.0
    for i, at in enumerate(curve.at_s):
        if 1e-9 < curve.still_waiting[i] < 1 - 1e-9:
            low, high = oracle.band(rows, at, level)
            lowest = min(lowest, low)
            assert curve.low[i] <= lowest + 1e-12
            assert curve.high[i] == pytest.approx(high, abs=1e-12)


@given(rows=waits)
@settings(deadline=None)
def test_the_band_holds_the_curve_and_falls_with_it(rows: list[oracle.Wait]) -> None:
    curve = kaplan_meier(*_arrays(rows))
    assert np.all(curve.low <= curve.still_waiting)
    assert np.all(curve.still_waiting <= curve.high)
    assert np.all(np.diff(curve.still_waiting) <= 0)
    assert np.all(np.diff(curve.low) <= 0)


@given(rows=waits)
@settings(deadline=None)
def test_counted_waits_give_the_same_curve_as_single_ones(rows: list[oracle.Wait]) -> None:
    times = sorted({wait for wait, _ in rows})
    gave_up = [sum(1 for wait, left in rows if wait == time and left) for time in times]
    others = [sum(1 for wait, left in rows if wait == time and not left) for time in times]
    single, counted = kaplan_meier(*_arrays(rows)), kaplan_meier(times, gave_up, others)
    for name in ("at_s", "still_waiting", "low", "high", "at_risk", "gave_up", "spread"):
        assert getattr(single, name) == pytest.approx(getattr(counted, name))


@given(rows=waits, to_s=st.integers(1, 30))
@settings(deadline=None)
def test_the_restricted_mean_is_the_area_under_the_curve(
    rows: list[oracle.Wait], to_s: int
) -> None:
    assume(to_s <= max(wait for wait, _ in rows))
    found = kaplan_meier(*_arrays(rows)).restricted_mean(to_s)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(oracle.restricted_mean(rows, to_s))
    assert 0 <= found.low <= found.value <= found.high <= to_s


@given(rows=waits)
@settings(deadline=None)
def test_the_hazard_agrees_with_its_definition(rows: list[oracle.Wait]) -> None:
    edges = [0, 4, 9, 30]
    for each in hazard(*_arrays(rows), edges_s=edges):
        events, waited = oracle.hazard(rows, each.from_s, each.to_s)
        assert each.gave_up == events
        assert each.waited_s == pytest.approx(waited)
        assert each.per_1000_s == pytest.approx(1000 * events / waited)
        assert each.low <= each.per_1000_s <= each.high
        assert each.at_risk == sum(1 for wait, _ in rows if wait > each.from_s)


def test_events_and_waiting_are_cut_into_bins_without_loss() -> None:
    rng = np.random.default_rng(1)
    times, gave_up = rng.integers(0, 300, 500), rng.random(500) < 0.4
    bins = hazard(times, gave_up, edges_s=[0, 10, 50, 300])
    assert sum(each.gave_up for each in bins) == gave_up.sum()
    assert sum(each.waited_s for each in bins) == pytest.approx(times.sum())


def test_the_hazards_interval_is_the_exact_one_for_a_poisson_count() -> None:
    (found,) = hazard([10.0] * 7, [True] * 3 + [False] * 4, edges_s=[0, 10])
    low, high = found.low * found.waited_s / 1000, found.high * found.waited_s / 1000
    assert special.pdtrc(2, low) == pytest.approx(0.025)
    assert special.pdtr(3, high) == pytest.approx(0.025)


def test_a_design_effect_counts_as_so_many_fewer_events() -> None:
    times, gave_up = [10.0] * 40, [True] * 20 + [False] * 20
    (wide,) = hazard(times, gave_up, edges_s=[0, 10], design_effect=[4.0])
    (fewer,) = hazard(times[:10], [True] * 5 + [False] * 5, edges_s=[0, 10])
    assert wide.per_1000_s == fewer.per_1000_s
    assert (wide.low, wide.high) == pytest.approx((fewer.low, fewer.high))
    assert (wide.gave_up, wide.effective) == (20, 5.0)


def test_a_design_effect_widens_the_band_and_the_area_by_its_root() -> None:
    rng = np.random.default_rng(2)
    times, gave_up = rng.exponential(100, 2000), rng.random(2000) < 0.5
    plain = kaplan_meier(times, gave_up)
    wide = kaplan_meier(times, gave_up, design_effect=([0, 1000], [9.0, 9.0]))
    i = int(np.searchsorted(plain.at_s, 60.0))
    assert np.allclose(plain.still_waiting, wide.still_waiting)
    ratio = (wide.high[i] - wide.low[i]) / (plain.high[i] - plain.low[i])
    assert ratio == pytest.approx(3, rel=0.02)
    narrow, broad = plain.restricted_mean(200), plain.restricted_mean(200, design_effect=9)
    assert isinstance(narrow, Estimate)
    assert isinstance(broad, Estimate)
    assert broad.high - broad.value == pytest.approx(3 * (narrow.high - narrow.value))


def test_nobody_waiting_gives_an_empty_curve_and_no_figures() -> None:
    curve = kaplan_meier([], [])
    assert (curve.n, curve.longest_s) == (0, 0.0)
    for figure in (curve.at(0), curve.quantile(0.5), curve.restricted_mean(10)):
        assert isinstance(figure, Unknown)
    assert hazard([], [], edges_s=[0, 10]) == ()
    assert isinstance(peak(()), Unknown)


def test_the_share_before_the_first_wait_is_one_and_after_the_last_is_not_known() -> None:
    curve = kaplan_meier([5, 10], [True, False])
    before, after = curve.at(4), curve.at(11)
    assert isinstance(before, Estimate)
    assert before.value == before.high == 1
    assert before.low < 0.2  # two waits say little
    assert isinstance(after, Unknown)


def test_a_median_without_an_upper_end_is_not_known() -> None:
    curve = kaplan_meier(range(10), [True] * 5 + [False] * 5)
    assert curve.still_waiting[-1] == pytest.approx(0.5)
    assert isinstance(curve.quantile(0.5), Unknown)


@pytest.mark.parametrize(
    ("times", "gave_up", "otherwise"),
    [
        ([1, 2], [True], None),
        ([-1], [True], None),
        ([math.nan], [True], None),
        ([1], [2], None),
        ([1], [1], [-1]),
    ],
)
def test_waits_that_cannot_be_are_refused(
    times: list[float], gave_up: list[int], otherwise: list[int] | None
) -> None:
    with pytest.raises(QueueingError, match="must be"):
        kaplan_meier(times, gave_up, otherwise)


def test_edges_that_do_not_ascend_are_refused() -> None:
    with pytest.raises(QueueingError, match="ascend"):
        hazard([1], [True], edges_s=[10, 5])


def test_no_wait_at_all_may_be_given_up_at_once() -> None:
    curve = kaplan_meier([0, 0, 1], [True, True, True])
    assert curve.still_waiting == pytest.approx([1 / 3, 0])
    assert curve.high[-1] == curve.high[0]


# ---------------------------------------------------------------- published

REMISSION_WEEKS = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
"""6-MP against leukaemia: weeks in remission, nine relapses first (Freireich et al. 1963, Blood 21,
699)."""
RELAPSED = [True] * 9 + [False] * 12
PUBLISHED = [
    (6, 0.8571, 0.0764, 0.6197, 0.9516),
    (7, 0.8067, 0.0869, 0.5631, 0.9228),
    (10, 0.7529, 0.0963, 0.5032, 0.8894),
    (13, 0.6902, 0.1068, 0.4316, 0.8491),
    (16, 0.6275, 0.1141, 0.3675, 0.8049),
    (22, 0.5378, 0.1282, 0.2678, 0.7468),
    (23, 0.4482, 0.1346, 0.1881, 0.6801),
]
"""Time, share, Greenwood's error and its log-log interval as Stata lists them (`sts list`): G.
Rodriguez, The Gehan Survival Data, https://grodri.github.io/survival/gehan."""


@pytest.mark.parametrize("row", PUBLISHED)
def test_a_published_curve_is_met_to_its_last_digit(row: tuple[float, ...]) -> None:
    at, share, error, low, high = row
    curve = kaplan_meier(REMISSION_WEEKS, RELAPSED)
    i = int(np.searchsorted(curve.at_s, at))
    found = (curve.still_waiting[i], curve.still_waiting[i] * curve.spread[i])
    assert found == pytest.approx((share, error), abs=5e-5)
    assert (curve.low[i], curve.high[i]) == pytest.approx((low, high), abs=5e-5)


def test_published_relapses_a_week_are_met() -> None:
    (rate,) = hazard(REMISSION_WEEKS, RELAPSED, edges_s=[0, 35])
    assert (rate.gave_up, rate.waited_s) == (9, 359)
    control = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    (both,) = hazard(REMISSION_WEEKS + control, RELAPSED + [True] * len(control), edges_s=[0, 35])
    assert (both.gave_up, both.waited_s) == (30, 541)  # "30 failures, 541 total analysis time"


def test_a_thousand_million_counts_lose_nobody() -> None:
    rng = np.random.default_rng(11)
    gave_up, otherwise = rng.integers(0, 2_000_000, (2, 600))
    gave_up[0] += 400_000_000
    at = np.arange(600.0)
    curve = kaplan_meier(at, gave_up, otherwise)
    assert curve.n == int(gave_up.sum() + otherwise.sum()) > 1_000_000_000
    assert curve.gave_up.astype(int).tolist() == gave_up.tolist()
    left = curve.n
    share = 1.0
    for i in range(600):
        share *= 1 - int(gave_up[i]) / left
        assert int(curve.at_risk[i]) == left
        assert curve.still_waiting[i] == pytest.approx(share, rel=1e-12)
        left -= int(gave_up[i] + otherwise[i])


# ---------------------------------------------------------------- known truth


def _bins(rates: list[float], n: int, rng: np.random.Generator) -> tuple[HazardBin, ...]:
    """Waits whose hazard per second is ``rates[i]`` in the i-th ten seconds."""
    left = np.full(n, np.inf)
    for i, rate in enumerate(rates):
        draw = rng.exponential(1 / rate, n)
        inside = np.isinf(left) & (draw < 10)
        left[inside] = 10 * i + draw[inside]
    end = 10.0 * len(rates)
    return hazard(np.minimum(left, end), left < end, edges_s=np.arange(0, end + 1, 10))


def test_a_peak_is_found_where_the_hazard_has_one() -> None:
    rates = [0.002] * 5 + [0.006] + [0.002] * 5
    found = peak(_bins(rates, 50_000, np.random.default_rng(3)))
    assert isinstance(found, Peak)
    assert (found.bin.from_s, found.bin.to_s) == (50, 60)
    assert (found.at_s.low, found.at_s.value, found.at_s.high) == (50, 55, 60)


def test_a_falling_hazard_has_no_later_peak() -> None:
    rates = [0.006 * 0.8**i for i in range(10)]
    bins = _bins(rates, 50_000, np.random.default_rng(4))
    first = peak(bins, to_s=30)
    assert isinstance(first, Peak)
    assert first.bin.from_s == 0
    assert isinstance(peak(bins, from_s=30), Unknown)


@pytest.mark.slow
def test_chance_alone_seldom_makes_a_peak() -> None:
    rng = np.random.default_rng(5)
    made = sum(isinstance(peak(_bins([0.004] * 8, 3000, rng)), Peak) for _ in range(300))
    assert made / 300 <= 0.05


@pytest.mark.slow
def test_19_in_20_sets_of_bins_hold_the_true_peak() -> None:
    rng = np.random.default_rng(6)
    rates = [0.003, 0.003, 0.0036, 0.004, 0.0036, 0.003, 0.003]
    held = told = 0
    for _ in range(500):
        found = peak(_bins(rates, 4000, rng), from_s=10, to_s=60)
        if isinstance(found, Peak):
            told += 1
            held += found.at_s.low <= 35 <= found.at_s.high
    assert told > 50
    assert held / told >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize("n", [100, 1000])
def test_95_of_100_bands_hold_the_true_share(n: int) -> None:
    rng = np.random.default_rng(n)
    held = np.zeros(3)
    runs = 800
    for _ in range(runs):
        patience, answered = rng.exponential(120, n), rng.exponential(90, n)
        curve = kaplan_meier(np.minimum(patience, answered), patience < answered)
        for i, at in enumerate((15.0, 60.0, 120.0)):
            share = curve.at(at)
            held[i] += (
                isinstance(share, Estimate) and share.low <= math.exp(-at / 120) <= share.high
            )
    assert np.all((held / runs >= 0.93) & (held / runs <= 0.975)), held / runs


@pytest.mark.slow
def test_95_of_100_restricted_means_and_hazards_hold_the_truth() -> None:
    rng = np.random.default_rng(7)
    runs, held = 800, np.zeros(2)
    for _ in range(runs):
        patience, answered = rng.exponential(120, 400), rng.exponential(90, 400)
        waited, left = np.minimum(patience, answered), patience < answered
        mean = kaplan_meier(waited, left).restricted_mean(100)
        assert isinstance(mean, Estimate)
        held[0] += mean.low <= 120 * (1 - math.exp(-100 / 120)) <= mean.high
        rate = hazard(waited, left, edges_s=[0, 30, 60])[1]
        held[1] += rate.low <= 1000 / 120 <= rate.high
    assert np.all((held / runs >= 0.93) & (held / runs <= 0.985)), held / runs


def _palm(
    *, load: float, agents: int, patience_s: float, calls: int, rng: np.random.Generator
) -> tuple[list[float], list[bool]]:
    """Waits in M/M/n+M by plain simulation, service of 1 minute: first come, first served."""
    free = [0.0] * agents
    now, waits_s, left = 0.0, [], []
    for _ in range(calls):
        now += rng.exponential(60 / load)
        first = min(range(agents), key=free.__getitem__)
        offered, patience = max(0.0, free[first] - now), rng.exponential(patience_s)
        waits_s.append(min(offered, patience))
        left.append(patience < offered)
        if patience >= offered:
            free[first] = now + offered + rng.exponential(60)
    return waits_s, left


@pytest.mark.slow
def test_the_true_patience_is_found_behind_a_busy_queue() -> None:
    waits_s, left = _palm(
        load=21, agents=20, patience_s=90, calls=60_000, rng=np.random.default_rng(8)
    )
    queued = np.array(waits_s) > 0
    curve = kaplan_meier(np.array(waits_s)[queued], np.array(left)[queued])
    for at in (5.0, 15.0, 25.0):
        share = curve.at(at)
        assert isinstance(share, Estimate)
        assert share.value == pytest.approx(math.exp(-at / 90), abs=0.01)
    assert sum(waits_s) / sum(left) == pytest.approx(90, rel=0.05)
    # The mean wait of those who gave up says nothing of the kind.
    gave_up = np.array(waits_s)[np.array(left)]
    assert gave_up.mean() < 20
