"""A step is said of the day on which it was; where that cannot be told, of the day asked about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from andon.goodhart.around_a_date import moved
from andon.goodhart.step_place import step_place

DAYS, AT = 112, 56


def days(
    rng: np.random.Generator, *, step: float, at: int, alike: float = 0.0, ramp: int = 0
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Amounts and contacts of sixteen weeks, with quiet Mondays and a step."""
    noise = rng.normal(size=DAYS)
    for i in range(1, DAYS):
        noise[i] = alike * noise[i - 1] + np.sqrt(1 - alike**2) * noise[i]
    x = rng.poisson(200, DAYS).astype(np.float64)
    rises = np.clip((np.arange(DAYS) - at + 1) / max(ramp, 1), 0, 1)
    return (100 + 3 * noise + 3 * step * rises + 4 * (np.arange(DAYS) % 7 == 0)) * x, x


def kept(
    *, step: float, at: int, alike: float = 0.0, ramp: int = 0, rivals: Sequence[int] = ()
) -> float:
    rng = np.random.default_rng(7)
    made = (days(rng, step=step, at=at, alike=alike, ramp=ramp) for _ in range(200))
    return float(np.mean([step_place(y, x, at=AT, rivals=rivals).here for y, x in made]))


@pytest.mark.parametrize("step", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("alike", [0.0, 0.5])
def test_the_day_of_the_step_is_kept(step: float, alike: float) -> None:
    assert kept(step=step, at=AT, alike=alike) >= 0.93


@pytest.mark.parametrize("at", [28, 84])
def test_a_clear_step_four_weeks_off_is_another_day(at: int) -> None:
    assert kept(step=4.0, at=at) <= 0.05


def test_what_comes_slowly_from_the_day_on_is_still_of_that_day() -> None:
    assert kept(step=4.0, at=AT, ramp=14) >= 0.95


def test_the_best_day_is_close_to_the_step() -> None:
    rng = np.random.default_rng(3)
    made = (days(rng, step=4.0, at=84) for _ in range(50))
    best = [step_place(y, x, at=AT).best for y, x in made]
    assert abs(np.median(best) - 84) <= 1


def test_a_weak_step_is_put_down_to_what_is_known_to_have_happened_then() -> None:
    assert kept(step=0.6, at=80) >= 0.5
    assert kept(step=0.6, at=80, rivals=[30, 80, 500]) <= 0.2
    assert kept(step=0.6, at=AT, rivals=[30, 80, 500]) >= 0.7
    assert kept(step=2.0, at=AT, rivals=[30, 80, 500]) >= 0.93


def test_of_two_known_days_the_one_that_fits_better_is_named() -> None:
    y, x = days(np.random.default_rng(3), step=2.0, at=84)
    assert step_place(y, x, at=AT, rivals=[30, 84]).best == 84


def test_where_nothing_varies_the_day_is_kept() -> None:
    found = step_place(np.full(DAYS, 100.0), np.ones(DAYS), at=AT)
    assert found.here


def test_a_step_of_another_day_is_not_found_around_the_date() -> None:
    found = [0, 0]
    for number in range(60):
        rng = np.random.default_rng([5, number])
        for which, at in enumerate((AT, 84)):
            y, x = days(rng, step=2.0, at=at)
            found[which] += moved(y, x, at=AT, unit="s").stands_out()
    assert found[0] >= 54
    assert found[1] <= 6
