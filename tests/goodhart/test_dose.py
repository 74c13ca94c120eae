"""Dose: a curve that bends is seen to bend, and a straight one is straight."""

from __future__ import annotations

import numpy as np
import pytest

from andon.goodhart.caseload import Caseload
from andon.goodhart.dose import dose
from andon.goodhart.halves import halves


def _cases(seed: int, *, bend: float, advisors: int = 60) -> tuple[Caseload, np.ndarray]:
    """Each second up to 300 saves 0.001, each one beyond it 0.001 less ``bend``."""
    rng = np.random.default_rng(seed)
    cells, per_cell = 1200, 12
    cell = np.repeat(np.arange(cells), per_cell)
    advisor = rng.integers(0, advisors, len(cell))
    pace, hard = rng.normal(0, 60, advisors)[advisor], rng.normal(size=len(cell))
    # Difficulty adds to the time and to the outcome, so that pace alone moves along the curve.
    x = 300 + pace + 40 * hard
    y = -0.001 * pace + bend * np.maximum(pace, 0) + 0.1 * hard + rng.normal(0, 0.3, len(cell))
    cases = Caseload.alike(cell=cell, advisor=advisor, n=np.ones(len(cell)), x=x, y=y)
    return cases, cases.cell_names % 2 == 1


def test_a_straight_curve_has_the_same_slope_at_every_pace() -> None:
    cases, half = _cases(1, bend=0.0)
    fast, slow = dose(halves(cases, half=half))
    assert -0.001 in fast.region
    assert -0.001 in slow.region
    assert fast.from_x < fast.to_x < slow.to_x
    assert fast.to_x == pytest.approx(slow.from_x)


def test_a_curve_that_flattens_is_flat_among_the_slow() -> None:
    cases, half = _cases(2, bend=0.001)
    fast, slow = dose(halves(cases, half=half))
    assert fast.region.high < -0.0005
    assert slow.slope > -0.0006
    assert slow.region.low > fast.slope


def test_steps_hold_the_truth_as_often_as_they_say() -> None:
    held = []
    for seed in range(30):
        cases, half = _cases(100 + seed, bend=0.0, advisors=45)
        held += [-0.001 in step.region for step in dose(halves(cases, half=half))]
    assert 0.88 <= np.mean(held) <= 1.0


def test_few_advisors_give_no_curve() -> None:
    cases, half = _cases(1, bend=0.0, advisors=12)
    assert dose(halves(cases, half=half)) == ()
    assert dose(halves(cases, half=np.zeros(cases.cells, dtype=np.bool_))) == ()
