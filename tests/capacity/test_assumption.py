"""Assumptions: drawn so that an uneven interval is kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.capacity.assumption import Assumption, drawn
from andon.errors import PlanError
from one_queue import told


@given(
    middle=st.floats(-10, 10),
    below=st.floats(0, 5),
    above=st.floats(0, 5),
    level=st.floats(0.5, 0.99),
)
def test_draws_keep_the_median_and_both_ends(
    middle: float, below: float, above: float, level: float
) -> None:
    tail = (1 - level) / 2
    found = drawn(
        np.array([tail, 0.5, 1 - tail]),
        value=middle,
        low=middle - below,
        high=middle + above,
        level=level,
    )
    assert found == pytest.approx([middle - below, middle, middle + above], abs=1e-9)


def test_draws_stay_within_their_bounds() -> None:
    found = told(0.1, 0.0, 0.9).draw(np.linspace(0.001, 0.999, 99), least=0.0, most=0.8)
    assert found.min() == 0.0
    assert found.max() == 0.8
    assert np.all(np.diff(found) >= 0)


@pytest.mark.parametrize(
    ("value", "low", "high", "level", "says"),
    [
        (0.5, 0.6, 0.7, 0.95, "does not hold its value"),
        (float("nan"), 0.0, 1.0, 0.95, "finite"),
        (0.5, float("-inf"), 1.0, 0.95, "finite"),
        (0.5, 0.4, 0.6, 1.0, "level"),
    ],
)
def test_what_is_no_interval_is_refused(
    value: float, low: float, high: float, level: float, says: str
) -> None:
    with pytest.raises(PlanError, match=says):
        Assumption(
            name="x",
            says="x",
            value=value,
            low=low,
            high=high,
            level=level,
            unit="share",
            why="",
            source="assumed",
        )
