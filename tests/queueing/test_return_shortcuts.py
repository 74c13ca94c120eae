"""The returns' shortcuts: against closed forms, conservation, and what they do to waiting."""

from __future__ import annotations

import math
import typing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.queueing.changing_load import agents_following
from andon.queueing.reentrant import reentrant_load, reentrant_sinusoid
from andon.queueing.return_shortcuts import (
    ReturnShortcut,
    compare_return_shortcuts,
    return_shortcut_load,
)
from oracles import reentrant as oracle

SHORTCUTS: tuple[ReturnShortcut, ...] = typing.get_args(ReturnShortcut)


def _steps(parts: int, *, mean: float, share: float, period_s: float) -> np.ndarray:
    """The means of a sinusoid over ``parts`` intervals, from a closed form."""
    edges = np.arange(parts + 1) / parts * 2 * np.pi
    wave = -np.diff(np.cos(edges)) * parts / (2 * np.pi)
    return np.asarray(mean * (1 + share * wave))


@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_each_shortcut_has_the_swing_of_its_closed_form(shortcut: ReturnShortcut) -> None:
    asked = {"period_s": 86_400.0, "handle_s": 3600.0, "delay_s": 7200.0, "return_share": 2 / 3}
    closed = reentrant_sinusoid(mean_per_h=30, relative_amplitude=0.5, **asked)
    found = compare_return_shortcuts(
        arrivals_per_h=_steps(288, mean=30, share=0.5, period_s=86_400),
        interval_s=300,
        handle_s=3600,
        delay_s=7200,
        return_share=2 / 3,
    )[shortcut]
    swing = getattr(closed, shortcut)
    ratio = swing.amplitude_erlangs / closed.needy.amplitude_erlangs
    assert found.swing_ratio == pytest.approx(ratio, rel=1e-3)
    assert found.early_s == pytest.approx(closed.needy.lag_s - swing.lag_s, abs=1e-3)
    assert found.error.load_erlangs.mean() == pytest.approx(swing.mean_erlangs, rel=1e-9)
    middle = (np.arange(288) + 0.5) * 300
    assert found.error.load_erlangs == pytest.approx(np.asarray(swing.at(middle)), rel=1e-4)


@given(
    day=st.lists(st.floats(1, 300), min_size=2, max_size=24),
    handle_s=st.floats(60, 3600),
    delay_s=st.floats(60, 500_000),
    return_share=st.floats(0.05, 0.9),
)
@settings(deadline=None, max_examples=50)
def test_two_shortcuts_keep_the_mean_and_the_third_loses_the_returns(
    day: list[float], handle_s: float, delay_s: float, return_share: float
) -> None:
    found = compare_return_shortcuts(
        arrivals_per_h=day,
        interval_s=1800,
        handle_s=handle_s,
        delay_s=delay_s,
        return_share=return_share,
    )
    mean = found.load_erlangs.mean()
    for name in ("one_long_service", "extra_arrivals"):
        each = found[name].error
        assert each.load_erlangs.mean() == pytest.approx(mean, rel=1e-7)
        assert each.over_agent_h == pytest.approx(each.short_agent_h, rel=1e-4, abs=1e-5)
    lost = found["no_returns"].error
    assert lost.load_erlangs.mean() == pytest.approx(mean * (1 - return_share), rel=1e-7)
    assert lost.over_agent_h - lost.short_agent_h == pytest.approx(
        -mean * return_share * len(day) / 2, rel=1e-6
    )


def test_on_a_busy_day_the_shortcuts_are_over_at_the_peak_and_short_behind_it() -> None:
    hour = (np.arange(48) + 0.5) / 2
    arrivals = np.where((hour > 8) & (hour < 20), 400 * np.sin((hour - 8) * np.pi / 12), 0.0)
    found = compare_return_shortcuts(
        arrivals_per_h=arrivals, interval_s=1800, handle_s=600, delay_s=4 * 3600, return_share=0.3
    )
    for name in ("one_long_service", "extra_arrivals"):
        each = found[name]
        assert each.swing_ratio > 1.2
        assert each.early_s > 1800
        assert 9 <= each.error.over_at_s / 3600 <= 15
        assert each.error.short_at_s / 3600 >= 18 or each.error.short_at_s / 3600 < 2
        assert each.error.misleads
        assert "early" in each.says
    assert found["no_returns"].error.short_share > 0.3


@pytest.mark.slow
def test_staffed_by_the_true_load_waiting_is_nearly_constant_and_by_shortcuts_is_not() -> None:
    arrivals = _steps(24, mean=30, share=0.8, period_s=86_400)
    found = compare_return_shortcuts(
        arrivals_per_h=arrivals, interval_s=3600, handle_s=3600, delay_s=7200, return_share=2 / 3
    )
    spread = {}
    loads = {"true": found.load_erlangs} | {
        each.error.shortcut: each.error.load_erlangs
        for each in found.shortcuts
        if each.error.shortcut != "no_returns"
    }
    for name, load in loads.items():
        shares = oracle.waits(
            (arrivals / 3600).tolist(),
            agents_following(load_erlangs=load, beta=1).tolist(),
            step=3600,
            handle=3600,
            delay=7200,
            back=2 / 3,
            days=150,
            seed=11,
        )
        spread[name] = (min(shares), max(shares))
    # Halfin and Whitt's limit at 1 is 0.223.
    low, high = spread["true"]
    assert 0.1 < low < high < 0.35
    for name in ("one_long_service", "extra_arrivals"):
        low, high = spread[name]
        assert low < 0.02
        assert high > 0.8


def test_a_day_that_stands_still_has_no_swing_and_no_error() -> None:
    found = compare_return_shortcuts(
        arrivals_per_h=[50.0] * 6, interval_s=3600, handle_s=300, delay_s=8000, return_share=0.5
    )
    for name in ("one_long_service", "extra_arrivals"):
        each = found[name]
        assert math.isnan(each.swing_ratio)
        assert math.isnan(each.early_s)
        assert each.error.error_erlangs == pytest.approx(np.zeros(6), abs=1e-9)
        assert each.says == each.error.says


def test_returns_after_days_hardly_swing_at_all() -> None:
    arrivals = _steps(48, mean=200, share=0.9, period_s=86_400)
    found = compare_return_shortcuts(
        arrivals_per_h=arrivals,
        interval_s=1800,
        handle_s=600,
        delay_s=7 * 86_400,
        return_share=0.3,
    )
    # What comes back then is as good as constant: the swing is that of first contacts alone.
    first = found["no_returns"].error.load_erlangs
    assert np.ptp(found.load_erlangs) == pytest.approx(np.ptp(first), rel=0.01)
    assert found["extra_arrivals"].swing_ratio == pytest.approx(1 / 0.7, rel=0.01)


def test_shortcuts_take_many_days_at_once() -> None:
    rates = np.random.default_rng(4).uniform(0, 90, (2, 5))
    for shortcut in SHORTCUTS:
        asked = {"shortcut": shortcut, "interval_s": 900.0, "handle_s": 600, "return_share": 0.4}
        many = return_shortcut_load(arrivals_per_h=rates, **asked)  # type: ignore[arg-type]
        one = return_shortcut_load(arrivals_per_h=rates[1], **asked)  # type: ignore[arg-type]
        assert many[1] == pytest.approx(one)


def test_the_truth_is_the_reentrant_load() -> None:
    asked = {"arrivals_per_h": [9.0, 30.0], "interval_s": 900.0, "handle_s": 600.0}
    found = compare_return_shortcuts(**asked, delay_s=5000, return_share=0.4, before="nobody")  # type: ignore[arg-type]
    true = reentrant_load(**asked, delay_s=5000, return_share=0.4)  # type: ignore[arg-type]
    assert found.load_erlangs == pytest.approx(true.interval_needy_erlangs)
    assert found.start_s.tolist() == [0, 900]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"arrivals_per_h": [[1.0, 2.0]]}, "arrivals_per_h"),
        ({"return_share": 1.0}, "return_share"),
        ({"return_share": [0.2]}, "return_share"),
        ({"handle_s": -5}, "handle_s"),
        ({"delay_s": 0}, "delay_s"),
        ({"misled_by": 0}, "misled_by"),
    ],
)
def test_input_that_cannot_be_is_refused_by_its_name(wrong: dict[str, object], field: str) -> None:
    asked: dict[str, object] = {
        "arrivals_per_h": [10.0, 20.0],
        "interval_s": 900.0,
        "handle_s": 60,
        "delay_s": 600,
        "return_share": 0.2,
    }
    with pytest.raises(QueueingError) as caught:
        compare_return_shortcuts(**(asked | wrong))  # type: ignore[arg-type]
    assert field in str(caught.value)


def test_an_unknown_shortcut_is_refused() -> None:
    with pytest.raises(QueueingError, match="no such shortcut"):
        return_shortcut_load(
            shortcut="hope",  # type: ignore[arg-type]
            arrivals_per_h=[1.0],
            interval_s=60,
            handle_s=60,
            return_share=[0.2],  # type: ignore[arg-type]
        )
    found = compare_return_shortcuts(
        arrivals_per_h=[1.0], interval_s=60, handle_s=60, delay_s=60, return_share=0.2
    )
    with pytest.raises(QueueingError, match="no such shortcut"):
        found["hope"]
    with pytest.raises(QueueingError, match="return_share"):
        return_shortcut_load(
            shortcut="no_returns",
            arrivals_per_h=[1.0],
            interval_s=60,
            handle_s=60,
            return_share=[0.2],  # type: ignore[arg-type]
        )
