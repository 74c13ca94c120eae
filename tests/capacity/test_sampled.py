"""Figures from curves: the median, the interval, and what has no end."""

from __future__ import annotations

import numpy as np
import pytest

from andon.capacity.sampled import figure
from andon.estimate import Estimate, Unknown


def test_a_figure_is_the_median_with_the_interval_of_its_level() -> None:
    found = figure(np.arange(1001.0), unit="h", level=0.9)
    assert isinstance(found, Estimate)
    assert (found.low, found.value, found.high) == pytest.approx((50, 500, 950))
    assert found.n == 1001


def test_what_grows_without_end_is_not_known() -> None:
    values = np.where(np.arange(100) < 20, np.inf, 5.0)
    found = figure(values, unit="s", level=0.95)
    assert isinstance(found, Unknown)
    assert "20%" in found.why


def test_one_curve_without_end_in_a_thousand_is_beyond_the_interval() -> None:
    values = np.where(np.arange(1000) < 1, np.inf, 5.0)
    assert isinstance(figure(values, unit="s", level=0.95), Estimate)
