from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from andon.capacity.calendar import Calendar, Event
from andon.capacity.forecast import Forecast, forecast
from andon.capacity.history import History
from andon.capacity.horizon import Horizon
from andon.capacity.scores import predicted_by, score
from andon.errors import PlanError
from andon.estimate import Estimate
from made_days import MONDAY, WEEK, made_history


def _asked(
    history: History,
    *,
    days: int = 14,
    calendar: Calendar | None = None,
    courses: int = 200,
    seed: int = 1,
) -> Forecast:
    horizon = Horizon.of(
        history.last_date + dt.timedelta(days=1), days=days, zone=history.zone, interval_s=1800
    )
    return forecast(
        history,
        horizon=horizon,
        calendar=calendar,
        courses=courses,
        rng=np.random.default_rng(seed),
    )


def _daily(found: Forecast) -> np.ndarray:
    """Mean contacts of each day on each course."""
    horizon = found.courses.horizon
    return np.stack(
        [
            found.courses.contacts[:, horizon.day_index == j].sum(axis=1)
            for j in range(len(horizon.dates))
        ],
        axis=1,
    )


@pytest.fixture(scope="module")
def history() -> History:
    return made_history(np.random.default_rng(1))


def test_courses_have_the_shape_and_the_level_of_the_past(history: History) -> None:
    found = _asked(history)
    courses = found.courses
    assert courses.contacts.shape == courses.handle_s.shape == (200, 14 * 48)
    assert (courses.contacts >= 0).all()
    assert (courses.handle_s > 0).all()
    np.testing.assert_allclose(_daily(found).mean(axis=0), 400 * np.tile(WEEK, 2), rtol=0.12)
    assert courses.open.sum() == pytest.approx(14 * 20, abs=8)
    assert found.trend == "returning"


def test_the_same_generator_gives_the_same_courses(history: History) -> None:
    one, two, other = (_asked(history, seed=seed).courses for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.contacts, two.contacts)
    np.testing.assert_array_equal(one.handle_s, two.handle_s)
    assert not np.array_equal(one.contacts, other.contacts)


def test_ten_times_the_contacts_give_about_ten_times_the_forecast(history: History) -> None:
    small, large = _daily(_asked(history)), _daily(_asked(history.scaled(10.0)))
    np.testing.assert_allclose(np.median(large, axis=0), 10 * np.median(small, axis=0), rtol=0.05)


def test_days_and_intervals_that_swing_more_are_forecast_wider() -> None:
    calm = made_history(np.random.default_rng(2), day_swing=0.05, swing=0.05)
    wild = made_history(np.random.default_rng(2), day_swing=0.3, swing=0.3)
    spread = [
        (np.log(_daily(found)).std(axis=0).mean(), found.within_day.swing)
        for found in map(_asked, (calm, wild))
    ]
    assert spread[1][0] > 2 * spread[0][0]
    assert spread[1][1] > 2 * spread[0][1]


def test_busy_mornings_are_followed_by_busy_afternoons_as_often_as_they_were() -> None:
    past = made_history(np.random.default_rng(3), days=364, day_swing=0.2, swing=0.02)
    found = _asked(past, days=1, courses=2000).courses
    slot = found.horizon.slot
    morning = found.contacts[:, (slot >= 16) & (slot < 26)].sum(axis=1)
    afternoon = found.contacts[:, (slot >= 26) & (slot < 36)].sum(axis=1)
    assert np.corrcoef(morning, afternoon)[0, 1] > 0.9


@pytest.mark.parametrize("days", [0, 10, 20])
def test_less_than_three_weeks_of_history_are_refused(days: int) -> None:
    past = made_history(np.random.default_rng(1), days=30).before(MONDAY + dt.timedelta(days=days))
    horizon = Horizon.of(MONDAY + dt.timedelta(days=40), days=7, zone="UTC")
    with pytest.raises(PlanError, match="three weeks of history") as raised:
        forecast(past, horizon=horizon, rng=np.random.default_rng(1))
    assert f"{days} days" in raised.value.found


def test_three_weeks_of_history_are_enough_and_say_what_they_cannot_tell() -> None:
    found = _asked(made_history(np.random.default_rng(1), days=21))
    assert np.isfinite(found.courses.contacts).all()
    assert any("season of the year" in each for each in found.notes)
    assert any("14 days ahead from 21 days" in each for each in found.notes)


def test_an_empty_past_and_a_plan_for_the_past_are_refused(history: History) -> None:
    nothing = replace(history, counts=history.counts * 0)
    with pytest.raises(PlanError, match="Nobody came"):
        _asked(nothing)
    horizon = Horizon.of(MONDAY, days=7, zone="UTC")
    with pytest.raises(PlanError, match="must come after the history"):
        forecast(history, horizon=horizon, rng=np.random.default_rng(1))
    horizon = Horizon.of(MONDAY + dt.timedelta(days=200), days=7, zone="UTC", interval_s=900)
    with pytest.raises(PlanError, match="must be cut alike"):
        forecast(history, horizon=horizon, rng=np.random.default_rng(1))


def test_days_beyond_a_year_are_refused_and_not_worked_on_for_ever(history: History) -> None:
    far = Horizon.of(history.last_date.replace(year=2040), days=7, zone="UTC")
    with pytest.raises(PlanError, match="so far ahead"):
        forecast(history, horizon=far, rng=np.random.default_rng(1))


def test_closed_weekdays_and_closed_dates_have_no_contacts() -> None:
    past = made_history(np.random.default_rng(4), week=(1, 1, 1, 1, 1, 0, 0))
    shut = past.last_date + dt.timedelta(days=3)
    calendar = Calendar(events={shut: (Event(name="Stocktaking", kind="closed"),)})
    found = _asked(past, calendar=calendar, days=7)
    daily = _daily(found)
    index = [found.courses.horizon.dates.index(shut)]
    weekend = [j for j, day in enumerate(found.courses.horizon.dates) if day.weekday() >= 5]
    assert daily[:, weekend + index].max() == 0
    assert not found.courses.open[np.isin(found.courses.horizon.day_index, weekend + index)].any()
    assert found.special_days[0].kind == "closed"
    assert any("Saturday, Sunday" in each for each in found.notes)


def test_days_of_the_clock_change_have_their_own_length_and_no_odd_level() -> None:
    zone = "Europe/Berlin"
    night = (0.6, 0.7, 0.6, 0.6, 0.6, 0.5, 1.0)
    past = made_history(
        np.random.default_rng(5), days=120, first=dt.date(2024, 1, 1), zone=zone, week=night
    )
    # All around the clock, so that the hour that is skipped has contacts on other days.
    rng = np.random.default_rng(6)
    counts = rng.poisson(10.0 * past.exposure).astype(float)
    past = replace(past, counts=counts, handled=counts, handle_total_s=counts * 200)
    spring = [i for i, day in enumerate(past.dates) if day == dt.date(2024, 3, 31)]
    assert past.totals[spring[0]] < 10 * 48
    horizon = Horizon.of(dt.date(2024, 10, 26), days=3, zone=zone)
    found = forecast(past, horizon=horizon, courses=400, rng=np.random.default_rng(1))
    assert found.outliers == ()
    daily = _daily(found).mean(axis=0)
    assert daily[1] / daily[0] == pytest.approx(50 / 48, rel=0.02)
    twice = (horizon.day_index == 1) & (horizon.slot == 4)
    assert twice.sum() == 2
    assert found.courses.contacts[:, twice].mean() == pytest.approx(10, rel=0.1)


def test_gaps_are_missing_and_not_zero(history: History) -> None:
    counts, seen = history.counts.copy(), history.seen.copy()
    counts[100:117], seen[100:117] = 0, False
    found = _asked(replace(history, counts=counts, seen=seen))
    np.testing.assert_allclose(
        np.median(_daily(found), axis=0), np.median(_daily(_asked(history)), axis=0), rtol=0.08
    )
    assert found.missing_days == 17
    assert any("17 days of the past are missing" in each for each in found.notes)


def test_a_campaign_with_a_factor_counts_as_it_says_and_without_one_is_said(
    history: History,
) -> None:
    first = history.last_date + dt.timedelta(days=1)
    known = Calendar(events={first: (Event(name="Campaign", factor=1.4),)})
    unknown = Calendar(events={first: (Event(name="Campaign"),)})
    plain, lifted, guessed = (
        _daily(_asked(history, calendar=each)) for each in (None, known, unknown)
    )
    assert np.median(lifted[:, 0]) == pytest.approx(1.4 * np.median(plain[:, 0]), rel=0.05)
    assert np.median(guessed[:, 0]) == pytest.approx(np.median(plain[:, 0]), rel=0.1)
    assert guessed[:, 0].std() > 2 * plain[:, 0].std()
    said = _asked(history, calendar=unknown)
    assert any("Campaign" in each and "never seen" in each for each in said.notes)
    assert said.special_days[0].times_named == 0


def test_a_campaign_that_was_there_before_is_learnt_and_leaves_the_level_alone(
    history: History,
) -> None:
    mondays = [history.first_date + dt.timedelta(days=7 * i) for i in (4, 9, 14)]
    counts = history.counts.copy()
    for day in mondays:
        counts[(day - history.first_date).days] = np.round(
            1.5 * counts[(day - history.first_date).days]
        )
    first = history.last_date + dt.timedelta(days=1)
    calendar = Calendar(events=dict.fromkeys([*mondays, first], (Event(name="Sale"),)))
    found = _asked(replace(history, counts=counts), calendar=calendar)
    assert found.special_days[0].times_named == 3
    assert found.special_days[0].factor == pytest.approx(1.45, abs=0.15)
    plain = _daily(_asked(history))
    assert np.median(_daily(found)[:, 7]) == pytest.approx(np.median(plain[:, 7]), rel=0.05)


def test_four_calls_a_day_are_forecast_as_counts() -> None:
    past = made_history(np.random.default_rng(7), mean=4, week=(1, 1, 1, 1, 1, 0, 0))
    found = _asked(past, courses=1000)
    workdays = [j for j, day in enumerate(found.courses.horizon.dates) if day.weekday() < 5]
    assert _daily(found)[:, workdays].mean() == pytest.approx(4, rel=0.15)
    assert found.courses.open.sum() >= 10 * 15


@pytest.mark.slow
@pytest.mark.parametrize("mean", [4.0, 400.0])
def test_eighty_percent_intervals_cover_eighty_percent_over_many_pasts(mean: float) -> None:
    """Thirty pasts: days hang together within a course only as far as they do in truth."""
    by_interval, by_day, bias = [], [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        whole = made_history(rng, days=134, mean=mean, week=(1, 1.1, 1, 0.9, 1.2, 0, 0))
        past = whole.before(MONDAY + dt.timedelta(days=120))
        found = _asked(past, seed=seed, courses=300)
        horizon = found.courses.horizon
        came = whole.counts[120:]
        actual = came[horizon.day_index, horizon.slot]
        open_ = found.courses.open
        judged = score(
            actual[open_], predicted_by(found.courses, rng=rng)[open_], day=horizon.day[open_]
        )
        assert isinstance(judged.covered, Estimate)
        assert isinstance(judged.bias, Estimate)
        by_interval.append(judged.covered.value)
        bias.append(judged.bias.value)
        daily = rng.poisson(_daily(found)) + rng.uniform(-0.5, 0.5, (300, 14))
        low, high = np.quantile(daily, [0.1, 0.9], axis=0)
        works = np.array([day.weekday() < 5 for day in horizon.dates])
        total = came.sum(axis=1)
        by_day.append(((total >= low) & (total <= high))[works].mean())
    # Three standard errors over the thirty, each of ten days that share one level.
    doubt = 3 * np.std(by_day) / np.sqrt(30)
    assert np.mean(by_day) == pytest.approx(0.8, abs=doubt + 0.02)
    assert abs(np.mean(bias)) < 3 * np.std(bias) / np.sqrt(30) + 0.01
    if mean > 100:
        assert np.mean(by_interval) == pytest.approx(0.8, abs=0.03)
