"""The load's shortcuts: against plain look-ups, and against what they do to waiting."""

from __future__ import annotations

import typing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QueueingError
from andon.queueing.changing_day import StaffedDay, staffed_day
from andon.queueing.changing_load import offered_load
from andon.queueing.intervals import Before
from andon.queueing.laws import Exponential, Fixed, Lognormal
from andon.queueing.load_shortcuts import (
    LoadShortcuts,
    Shortcut,
    compare_load_shortcuts,
    shortcut_load,
)
from oracles import load_shortcuts as oracle

SHORTCUTS: tuple[Shortcut, ...] = typing.get_args(Shortcut)
HOURS = (np.arange(48) + 0.5) / 2


def _swell(mean_erlangs: float, handle_s: float, share: float = 0.6) -> np.ndarray:
    """Arrivals an hour by half-hour on a day that swells and ebbs once."""
    return np.asarray(mean_erlangs * 3600 / handle_s * (1 - share * np.cos(HOURS * np.pi / 12)))


def _compared(handle_s: float, mean_erlangs: float = 100) -> LoadShortcuts:
    return compare_load_shortcuts(
        arrivals_per_h=_swell(mean_erlangs, handle_s),
        interval_s=1800,
        handle=Exponential(mean_s=handle_s),
    )


@given(
    day=st.lists(st.integers(0, 100).map(float), min_size=4, max_size=12),
    per=st.sampled_from([1, 2]),
    lag=st.integers(1, 150),
    shortcut=st.sampled_from(SHORTCUTS),
    before=st.sampled_from(typing.get_args(Before)),
)
@settings(deadline=None, max_examples=200)
def test_each_shortcut_agrees_with_its_definition(
    day: list[float], per: int, lag: int, shortcut: Shortcut, before: Before
) -> None:
    day = day[: len(day) // per * per]
    # Fixed handle times have a mean remainder of half of them.
    found = shortcut_load(
        shortcut=shortcut,
        arrivals_per_h=day,
        interval_s=60,
        handle=Fixed(value_s=2 * lag),
        staffing_interval_s=60 * per,
        before=before,
    )
    expected = [
        oracle.rate(shortcut, day, 60, 60 * per, lag, before, i) * 2 * lag / 3600
        for i in range(len(day) // per)
    ]
    assert found == pytest.approx(np.array(expected), rel=1e-12, abs=1e-12)


def test_short_calls_and_slow_changes_leave_what_does_not_look_for_peaks_safe() -> None:
    found = _compared(handle_s=180)
    misled = [each.shortcut for each in found.shortcuts if each.misleads]
    assert misled == ["lagged_most", "peak_hour"]
    # They err on the side of too many agents.
    assert [found[name].short_share for name in misled] == [0, 0]
    assert found["peak_hour"].over_agent_h > 1000
    assert "peak hour" in found.says
    assert "safe" in found["pointwise"].says


def test_long_handle_times_make_the_present_rate_mislead_and_a_lag_mends_most_of_it() -> None:
    found = _compared(handle_s=3600)
    plain: tuple[Shortcut, ...] = ("pointwise", "interval_mean", "interval_most")
    for name in plain:
        assert found[name].misleads
        assert found[name].short_roots > 1.4
    assert found["lagged_mean"].short_roots < found["interval_mean"].short_roots / 3
    # Arrivals peak at noon; the load does an hour later, so the afternoon is short.
    assert 14 <= found["interval_mean"].short_at_s / 3600 <= 23
    assert "misleads" in found["interval_mean"].says


@pytest.mark.parametrize("handle_s", [300.0, 900.0, 1800.0])
@pytest.mark.parametrize("erlangs", [20.0, 400.0])
def test_the_rule_tells_the_error_of_the_present_rate_beforehand(
    handle_s: float, erlangs: float
) -> None:
    found = _compared(handle_s=handle_s, mean_erlangs=erlangs)
    error = max(found["interval_mean"].short_roots, found["interval_mean"].over_roots)
    assert float(found.rule_roots.max()) == pytest.approx(error, rel=0.15)


def test_more_load_makes_the_same_change_worse() -> None:
    small, large = _compared(1800, 25), _compared(1800, 2500)
    assert large["pointwise"].short_roots == pytest.approx(10 * small["pointwise"].short_roots)


@given(
    day=st.lists(st.floats(0.5, 500), min_size=3, max_size=20),
    sigma=st.floats(0.1, 1.2),
    before=st.sampled_from(typing.get_args(Before)),
)
@settings(deadline=None, max_examples=40)
def test_errors_add_up(day: list[float], sigma: float, before: Before) -> None:
    found = compare_load_shortcuts(
        arrivals_per_h=day,
        interval_s=1800,
        handle=Lognormal(median_s=700, sigma=sigma),
        before=before,
    )
    for each in found.shortcuts:
        assert each.error_erlangs == pytest.approx(each.load_erlangs - found.load_erlangs)
        balance = each.over_agent_h - each.short_agent_h
        assert balance == pytest.approx(each.error_erlangs.sum() / 2, abs=1e-9)
        assert 0 <= each.short_share + each.over_share <= 1
        assert each.misleads == (each.short_share + each.over_share > 0)
    if before == "periodic":
        mean = found["interval_mean"]
        assert mean.over_agent_h == pytest.approx(mean.short_agent_h, rel=1e-6, abs=1e-9)
        assert np.all(found["interval_most"].load_erlangs >= mean.load_erlangs - 1e-9)
        peak = found["peak_hour"].load_erlangs.max()
        assert peak >= found["lagged_mean"].load_erlangs.mean() - 1e-9


def test_constant_arrivals_leave_nothing_to_get_wrong() -> None:
    found = compare_load_shortcuts(
        arrivals_per_h=[60.0] * 8,
        interval_s=900,
        handle=Lognormal(median_s=3000, sigma=1),
        staffing_interval_s=1800,
    )
    for each in found.shortcuts:
        assert each.error_erlangs == pytest.approx(np.zeros(4), abs=1e-9)
    assert found.says.endswith("Every shortcut is safe here.")


# ---------------------------------------------------------------- what the load does to waiting


def _waits(load: np.ndarray, arrivals: np.ndarray, handle_s: float) -> StaffedDay:
    return staffed_day(
        arrivals_per_h=arrivals,
        interval_s=1800,
        handle_s=handle_s,
        agents=np.ceil(load + np.sqrt(load)),
        patience_s=handle_s,
    )


@pytest.mark.parametrize(
    ("erlangs", "handle_s"),
    [
        (30, 5400),
        pytest.param(100, 3600, marks=pytest.mark.slow),
        pytest.param(100, 900, marks=pytest.mark.slow),
    ],
)
def test_staffed_by_the_true_load_the_chance_of_waiting_is_nearly_constant(
    erlangs: float, handle_s: float
) -> None:
    arrivals = _swell(erlangs, handle_s)
    law = Exponential(mean_s=handle_s)
    true = offered_load(arrivals_per_h=arrivals, interval_s=1800, handle=law, before="periodic")
    followed = _waits(true.interval_erlangs, arrivals, handle_s)
    present = shortcut_load(
        shortcut="pointwise", arrivals_per_h=arrivals, interval_s=1800, handle=law
    )
    ignored = _waits(present, arrivals, handle_s)
    # With patience as long as handle times, waiting at one root above the load is 0.159.
    assert np.all((followed.p_wait > 0.10) & (followed.p_wait < 0.20))
    spread = np.ptp(ignored.p_wait) / np.ptp(followed.p_wait)
    assert spread > (2 if handle_s < 1000 else 5)


@pytest.mark.slow
def test_what_is_called_misleading_is_felt_and_what_is_called_safe_is_not() -> None:
    for handle_s in (180.0, 600.0, 3600.0):
        arrivals = _swell(100, handle_s)
        found = _compared(handle_s)["pointwise"]
        waits = _waits(found.load_erlangs, arrivals, handle_s).p_wait
        assert found.misleads == (waits.max() > 0.27)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"arrivals_per_h": [[1.0, 2.0]]}, "arrivals_per_h"),
        ({"arrivals_per_h": [1.0, -2.0]}, "arrivals_per_h"),
        ({"staffing_interval_s": 1350.0}, "staffing_interval_s"),
        ({"staffing_interval_s": 2700.0}, "staffing_interval_s"),
        ({"staffing_interval_s": -900.0}, "staffing_interval_s"),
        ({"before": "monday"}, "before"),
        ({"shortcut": "guess"}, "shortcut"),
    ],
)
def test_input_that_cannot_be_is_refused_by_its_name(wrong: dict[str, object], field: str) -> None:
    asked: dict[str, object] = {
        "shortcut": "pointwise",
        "arrivals_per_h": [10.0, 20.0],
        "interval_s": 900.0,
        "handle": Exponential(mean_s=60),
    }
    with pytest.raises(QueueingError) as caught:
        shortcut_load(**(asked | wrong))  # type: ignore[arg-type]
    assert field in str(caught.value)


def test_a_limit_of_nothing_and_an_unknown_name_are_refused() -> None:
    found = _compared(300)
    with pytest.raises(QueueingError, match="no such shortcut"):
        found["guess"]
    with pytest.raises(QueueingError, match="misled_by"):
        compare_load_shortcuts(
            arrivals_per_h=[1.0], interval_s=60, handle=Fixed(value_s=5), misled_by=0
        )
