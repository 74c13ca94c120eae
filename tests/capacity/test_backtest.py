from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from andon.capacity.backtest import METHODS, backtest
from andon.capacity.history import History
from andon.errors import PlanError
from andon.estimate import Estimate, Unknown
from bank_days import bank_calendar, bank_history
from made_days import MONDAY, made_history


def _value(figure: Estimate | Unknown) -> float:
    assert isinstance(figure, Estimate)
    return figure.value


@pytest.fixture(scope="module")
def history() -> History:
    return made_history(np.random.default_rng(1), days=126)


def test_every_method_is_judged_on_the_same_intervals(history: History) -> None:
    told: list[tuple[int, int]] = []
    found = backtest(
        history,
        rng=np.random.default_rng(1),
        courses=100,
        horizon_days=14,
        progress=lambda done, all_: told.append((done, all_)),
    )
    assert found.origins[0] == MONDAY + dt.timedelta(days=56)
    assert told[-1] == (len(found.origins), len(found.origins))
    judged = [found.of(method) for method in METHODS]
    assert len({(each.score.intervals, each.score.contacts) for each in judged}) == 1
    assert judged[0].by_day.days == 14 * len(found.origins)
    weeks = [found.of("forecast", f"week {each}").score.intervals for each in (1, 2)]
    assert sum(weeks) == judged[0].score.intervals
    with pytest.raises(KeyError):
        found.of("forecast", "week 9")


def test_where_days_are_alike_but_for_chance_the_forecast_beats_the_naive_one(
    history: History,
) -> None:
    found = backtest(history, rng=np.random.default_rng(2), courses=200, horizon_days=28)
    ours, naive = found.of("forecast").score, found.of("seasonal naive").score
    assert _value(ours.wape) < _value(naive.wape)
    assert _value(ours.pinball) < 0.85 * _value(naive.pinball)
    assert _value(ours.covered) == pytest.approx(0.8, abs=0.05)


def test_days_after_the_past_are_not_known_to_any_method(history: History) -> None:
    origin = MONDAY + dt.timedelta(days=84)
    changed = history.scaled(1.0)
    changed.counts[84 + 14 :] = 0
    one, two = (
        backtest(each, origins=[origin], horizon_days=14, courses=50, rng=np.random.default_rng(3))
        for each in (history, changed)
    )
    assert [each.score.wape for each in one.judged] == [each.score.wape for each in two.judged]


def test_a_past_that_is_too_short_and_an_origin_at_its_end_are_refused(history: History) -> None:
    with pytest.raises(PlanError, match="too short"):
        backtest(history.before(MONDAY + dt.timedelta(days=35)), rng=np.random.default_rng(1))
    with pytest.raises(PlanError, match="no day to judge by"):
        backtest(
            history,
            origins=[history.last_date + dt.timedelta(days=1)],
            rng=np.random.default_rng(1),
        )


@pytest.mark.slow
def test_the_banks_september_from_january_to_july() -> None:
    """August is missing, so September is a month ahead; its holidays have other names."""
    found = backtest(
        bank_history(),
        calendar=bank_calendar(),
        origins=[dt.date(1999, 8, 1)],
        lead_days=31,
        horizon_days=30,
        courses=500,
        rng=np.random.default_rng(1),
    )
    ours = found.of("forecast").score
    for name in ("seasonal naive", "mean profile"):
        other = found.of(name).score
        assert _value(ours.wape) < 0.7 * _value(other.wape)
        assert _value(ours.pinball) < 0.7 * _value(other.pinball)
    assert 0.75 <= _value(ours.covered) <= 0.9
    assert _value(found.of("forecast").by_day.wape) < 0.15


@pytest.mark.slow
def test_the_banks_months_to_july_by_rolling_origin() -> None:
    past = bank_history().before(dt.date(1999, 8, 1))
    found = backtest(past, calendar=bank_calendar(), rng=np.random.default_rng(1))
    ours = found.of("forecast").score
    for name in ("seasonal naive", "mean profile"):
        assert _value(ours.wape) < _value(found.of(name).score.wape)
        assert _value(ours.pinball) < _value(found.of(name).score.pinball)
    assert 0.75 <= _value(found.of("forecast", "ordinary days").score.covered) <= 0.85
    assert 0.7 <= _value(ours.covered) <= 0.85
