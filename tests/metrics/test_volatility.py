"""Volatility: known truth in simulated days, small ledgers against the slow twin, the bank."""

from __future__ import annotations

import datetime as dt
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.metrics import volatility as module
from andon.metrics.volatility import Volatility, volatility
from bank import bank, needs_bank
from ledgers import contacts_table
from oracles import volatility as oracle

Counts = npt.NDArray[np.int64]
MONDAY = (dt.date(2024, 1, 1) - dt.date(1970, 1, 1)).days
DAY_US = 86_400_000_000


def _contacts(counts: Counts) -> ir.Table:
    """A contact in the middle of its interval for each count of (day, interval)."""
    intervals = counts.shape[1]
    width = DAY_US // intervals
    cells = np.repeat(np.arange(counts.size), counts.ravel())
    at = (MONDAY + cells // intervals) * DAY_US + (cells % intervals) * width + width // 2
    made: ir.Table = ibis.duckdb.connect(threads=1).create_table(
        "contacts",
        pa.table(
            {
                "arrived_us": at,
                "local_arrived_us": at,
                "queue": pa.array(["a"] * len(at), pa.string()),
            }
        ),
    )
    return made


def _asked(counts: Counts, **options: Any) -> Volatility:
    interval_s = 86_400 // counts.shape[1]
    return volatility(_contacts(counts), interval_s=interval_s, **options).overall


def _days(
    rng: np.random.Generator,
    *,
    days: int,
    mean: float = 400.0,
    spread: float = 0.0,
    own: float = 0.0,
    intervals: int = 8,
) -> Counts:
    """Days with a level of their own (gamma), intervals with one too, on a weekly profile."""
    weekday = np.array([1.0, 1.1, 1.0, 0.9, 0.8, 0.4, 0.3])[np.arange(days) % 7]
    shape = np.linspace(0.5, 1.5, intervals) / intervals
    level = rng.gamma(spread**-2, spread**2, days) if spread else np.ones(days)
    local = rng.gamma(own**-2, own**2, (days, intervals)) if own else np.ones((days, intervals))
    return rng.poisson(mean * weekday[:, None] * level[:, None] * local * shape)


def _known(figure: Estimate | Unknown) -> Estimate:
    assert isinstance(figure, Estimate)
    return figure


def test_a_poisson_stream_swings_no_more_than_chance() -> None:
    found = _asked(_days(np.random.default_rng(1), days=140))
    assert _known(found.variance_to_mean).value == pytest.approx(1, abs=0.1)
    assert _known(found.day_spread).value < 0.03
    assert _known(found.day_spread).low == 0
    assert _known(found.above_plan_if_poisson).value == pytest.approx(0.05, abs=0.015)
    assert _known(found.above_plan.share).value == pytest.approx(
        _known(found.above_plan_if_poisson).value, abs=0.02
    )


def test_what_days_share_is_told_from_what_intervals_have_of_their_own() -> None:
    rng = np.random.default_rng(2)
    days = _asked(_days(rng, days=280, mean=4000, spread=0.2))
    both = _asked(_days(rng, days=280, mean=4000, spread=0.2, own=0.2))
    alone = _asked(_days(rng, days=280, mean=4000, own=0.2))
    assert _known(days.day_spread).value == pytest.approx(0.2, abs=0.03)
    assert _known(days.shared_by_day).value > 0.95
    assert _known(both.shared_by_day).value == pytest.approx(0.5, abs=0.12)
    assert _known(alone.shared_by_day).value < 0.1
    assert _known(both.interval_spread).value == pytest.approx(0.29, abs=0.03)
    assert _known(days.morning_to_afternoon).value > 0.9
    assert _known(alone.morning_to_afternoon).high > 0 > _known(alone.morning_to_afternoon).low
    assert _known(days.next_day).high > 0 > _known(days.next_day).low
    assert _known(days.above_plan.share).low > 3 * _known(days.above_plan_if_poisson).value


def test_a_season_is_not_volatility_to_a_plan_that_knows_the_month() -> None:
    rng = np.random.default_rng(3)
    counts = _days(rng, days=360)
    season = np.repeat([1.0, 1.4], 180)[:360, None]
    found = _asked(rng.poisson(counts * season))
    assert _known(found.day_spread_weekday).value > 0.12
    # Poisson twice over doubles the chance part; what is left is small.
    assert _known(found.day_spread).value < 0.09


def test_unusual_days_are_named_and_left_out_but_for_one_figure() -> None:
    rng = np.random.default_rng(4)
    counts = _days(rng, days=140, mean=800)
    counts[30] = 0
    counts[30, 0] = 5
    counts[60] *= 4
    found = _asked(counts)
    assert found.unusual_days == 2
    odd = [each.day - dt.date(2024, 1, 1) for each in found.by_day if each.unusual]
    assert [each.days for each in odd] == [30, 60]
    assert _known(found.day_spread).value < 0.03
    assert _known(found.day_spread_all).value > 0.2
    assert sum(each.contacts for each in found.by_day) == counts.sum() == found.contacts


def test_days_in_gaps_are_left_out() -> None:
    counts = _days(np.random.default_rng(5), days=140)
    counts[20:27] = 0
    found = _asked(counts)
    assert found.gap_days == 7
    assert found.days == 133
    assert _known(found.day_spread).value < 0.05


def test_closed_weekdays_are_no_empty_days() -> None:
    counts = _days(np.random.default_rng(6), days=140)
    counts[np.arange(140) % 7 == 6] = 0
    found = _asked(counts)
    assert (found.gap_days, found.days, found.unusual_days) == (0, 120, 0)
    assert [each.weekday for each in found.by_weekday] == [1, 2, 3, 4, 5, 6]
    assert _known(found.day_spread).value < 0.05


counts_of_days = st.lists(
    st.lists(st.integers(5, 30), min_size=4, max_size=4), min_size=21, max_size=28
)


@given(cells=counts_of_days)
@settings(deadline=None, max_examples=25)
def test_the_variance_to_mean_agrees_with_its_definition(cells: list[list[int]]) -> None:
    counts = np.array(cells[: 7 * (len(cells) // 7)])
    found = _asked(counts)
    plain = {(MONDAY + day, interval): int(n) for (day, interval), n in np.ndenumerate(counts)}
    if not found.unusual_days and found.open_intervals == 28:
        assert _known(found.variance_to_mean).value == pytest.approx(oracle.variance_to_mean(plain))
    assert found.contacts == counts.sum()
    assert sum(each.mean for each in found.by_interval) == pytest.approx(
        np.mean([day.contacts for day in found.by_day if not day.unusual])
    )
    assert all(each.low <= each.mean <= each.high for each in found.by_interval)


def test_the_spread_agrees_with_its_definition_where_all_days_expect_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(7)
    totals = rng.poisson(500 * rng.gamma(25, 1 / 25, 200))
    days = module._Days(
        number=7 * np.arange(200) + MONDAY, counts=totals[:, None].astype(float), gap_days=0
    )
    spread = module._Plan.of(days, months=False).spread(0.95)
    assert _known(spread).value == pytest.approx(
        oracle.day_spread(dict(enumerate(totals.tolist()))), rel=1e-6
    )


def test_each_day_is_judged_by_the_others() -> None:
    counts = np.full((28, 1), 100)
    counts[9] = 130  # the second of four Wednesdays
    found = _asked(counts)
    day = found.by_day[9]
    assert day.expected == pytest.approx(100, abs=0.5)
    assert day.beyond_chance
    assert not found.by_day[8].beyond_chance


def test_groups_are_answered_for_over_the_same_days() -> None:
    contacts = _contacts(_days(np.random.default_rng(8), days=42))
    answer = volatility(contacts, by=("queue",), interval_s=10_800)
    assert [group.label for group in answer.groups] == ["a"]
    assert answer.groups[0].result.day_spread == answer.overall.day_spread


def test_a_fortnight_is_too_little_and_an_empty_ledger_too() -> None:
    for contacts in (contacts_table([]), contacts_table([{"arrived_at": 0}, {"arrived_at": 9e5}])):
        found = volatility(contacts).overall
        for figure in (found.day_spread, found.variance_to_mean, found.next_day, found.per_day):
            assert isinstance(figure, Unknown)
        assert isinstance(found.above_plan.share, Unknown)


@pytest.mark.parametrize("interval_s", [0, -1800, 7000, 100_000])
def test_intervals_that_do_not_cut_a_day_are_refused(interval_s: int) -> None:
    with pytest.raises(QuestionError, match="equal parts"):
        volatility(contacts_table([]), interval_s=interval_s)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("days", "spread", "mean"), [(238, 0.05, 1500.0), (238, 0.2, 60.0), (238, 0.2, 1500.0)]
)
@pytest.mark.parametrize("heavy", [False, True])
def test_95_of_100_intervals_hold_the_true_spread(
    days: int, spread: float, mean: float, heavy: bool
) -> None:
    rng = np.random.default_rng(days)
    number = MONDAY + np.arange(days)
    weekday = np.array([1.0, 1.1, 1.0, 0.9, 0.8, 0.4, 0.3])[np.arange(days) % 7]
    runs, held, sizes = 500, 0, []
    for _ in range(runs):
        if heavy:
            sigma = np.sqrt(np.log1p(spread**2))
            level = rng.lognormal(-(sigma**2) / 2, sigma, days)
        else:
            level = rng.gamma(spread**-2, spread**2, days)
        counts = rng.poisson(mean * weekday * level)[:, None].astype(float)
        plan = module._Plan.of(module._Days(number=number, counts=counts, gap_days=0), months=True)
        found = _known(plan.spread(0.95))
        held += found.low <= spread <= found.high
        sizes.append(found.value**2)
    assert 0.93 <= held / runs <= 0.975, held / runs
    assert np.mean(sizes) == pytest.approx(spread**2, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize(("spread", "mean"), [(0.2, 60.0), (0.05, 60.0), (0.2, 1500.0)])
def test_eight_weeks_err_on_the_wide_side(spread: float, mean: float) -> None:
    rng = np.random.default_rng(1)
    number = MONDAY + np.arange(56)
    runs, held = 500, 0
    for _ in range(runs):
        level = rng.gamma(spread**-2, spread**2, 56)
        counts = rng.poisson(mean * level)[:, None].astype(float)
        plan = module._Plan.of(module._Days(number=number, counts=counts, gap_days=0), months=True)
        found = _known(plan.spread(0.95))
        held += found.low <= spread <= found.high
    assert held / runs >= 0.93, held / runs


@needs_bank
def test_the_banks_days_swing_far_more_than_chance() -> None:
    found = volatility(bank()).overall
    assert found.gap_days == 33  # 11 and 12 January, and all of August
    assert found.contacts == 283_661
    spread = _known(found.day_spread)
    assert 0.15 < spread.low < spread.value < spread.high < 0.25
    assert _known(found.variance_to_mean).low > 3
    assert _known(found.above_plan.share).low > 0.14
    assert _known(found.morning_to_afternoon).low > 0.3
    # Passover, New Year and the Day of Atonement, with hardly a call.
    odd = {str(each.day) for each in found.by_day if each.unusual}
    assert {"1999-04-01", "1999-04-07", "1999-09-12", "1999-09-20"} <= odd
