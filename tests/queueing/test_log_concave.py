"""Integrals under one-topped curves: against closed forms, wherever the mass lies."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from andon.queueing.log_concave import integral


@given(
    middle=st.floats(0, 1e6),
    width=st.floats(1e-3, 1e3),
    lift=st.floats(-1e5, 1e5),
    scale=st.floats(1e-6, 1e6),
)
@settings(deadline=None)
def test_a_bell_has_its_area_wherever_it_stands(
    middle: float, width: float, lift: float, scale: float
) -> None:
    """Where it stands near 0, the part below is cut off."""
    found = integral(
        lambda x: [lift - (((x - middle) / width) ** 2) / 2, x - middle, (x - middle) ** 2],
        peak=middle,
        scale=scale,
    )
    start = -middle / width
    kept = special.ndtr(-start)
    density = math.exp(-(start**2) / 2) / math.sqrt(2 * math.pi)
    area = lift + math.log(width * math.sqrt(2 * math.pi) * kept)
    assert found.log_total == pytest.approx(area, abs=1e-9)
    assert found.means[0] == pytest.approx(width * density / kept, rel=1e-9, abs=1e-9 * width)
    squares = width**2 * (1 + start * density / kept)
    assert found.means[1] == pytest.approx(squares, rel=1e-9)


@given(rate=st.floats(1e-6, 1e6), power=st.floats(0, 50), scale=st.floats(1e-4, 1e4))
@settings(deadline=None)
def test_a_gamma_density_has_its_area(rate: float, power: float, scale: float) -> None:
    found = integral(
        lambda x: [power * np.log(np.maximum(x, 1e-300)) - rate * x, x],
        peak=power / rate,
        scale=scale / rate,
    )
    expected = math.lgamma(power + 1) - (power + 1) * math.log(rate)
    assert found.log_total == pytest.approx(expected, rel=1e-11, abs=1e-9)
    assert found.means[0] == pytest.approx((power + 1) / rate, rel=1e-9)


@given(jump=st.floats(0.01, 30), steep=st.floats(0.5, 40))
@settings(deadline=None)
def test_a_roof_with_an_edge_is_exact_when_it_is_cut_there(jump: float, steep: float) -> None:
    found = integral(
        lambda x: [
            np.minimum(2 * x, 2 * jump - steep * (x - jump)),
            np.where(x < jump, 1.0, 0.0),
        ],
        peak=jump,
        scale=1.0,
        cuts=[jump],
    )
    left = math.exp(2 * jump) / 2 - 0.5
    right = math.exp(2 * jump) / steep
    assert found.log_total == pytest.approx(math.log(left + right), rel=1e-12, abs=1e-12)
    assert found.means[0] == pytest.approx(left / (left + right), rel=1e-11)


def test_a_flat_top_and_a_steep_start_are_resolved() -> None:
    flat = integral(lambda x: [-np.maximum(x - 5, 0.0), x], peak=0.0, scale=1.0, cuts=[5.0])
    assert flat.log_total == pytest.approx(math.log(6), rel=1e-12)
    assert flat.means[0] == pytest.approx((12.5 + 6) / 6, rel=1e-12)
    many = integral(
        lambda x: [-np.maximum(x - 5, 0.0), x],
        peak=0.0,
        scale=1.0,
        cuts=np.linspace(0, 40, 501),
    )
    assert many.log_total == pytest.approx(math.log(6), rel=1e-12)
    steep = integral(lambda x: [-(x**0.2)], peak=0.0, scale=1.0)
    assert steep.log_total == pytest.approx(math.lgamma(6), rel=1e-9)
