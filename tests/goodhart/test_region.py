"""Region: what inverting a test leaves, which may have no end, or be nothing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.goodhart.region import where_not_above

numbers = st.one_of(st.just(0.0), st.floats(-100, 100).filter(lambda each: abs(each) > 1e-3))


@given(square=numbers, linear=numbers, constant=numbers, value=st.floats(-50, 50))
def test_a_value_is_in_the_region_where_the_inequality_holds(
    square: float, linear: float, constant: float, value: float
) -> None:
    region = where_not_above(square, linear, constant, level=0.95)
    form = square * value * value + linear * value + constant
    if abs(form) > 1e-6:
        assert (value in region) == (form < 0)


@pytest.mark.parametrize(
    ("coefficients", "shape", "says"),
    [
        ((1.0, 0.0, -4.0), "interval", "-2 to 2"),
        ((-1.0, 0.0, 4.0), "outside", "cannot bound"),
        ((-1.0, 0.0, -4.0), "everywhere", "any value at all"),
        ((1.0, 0.0, 4.0), "nowhere", "no single figure"),
        ((0.0, 1.0, -4.0), "interval", "-inf to 4"),
        ((0.0, 0.0, -4.0), "everywhere", "any value"),
    ],
)
def test_every_shape_says_what_it_is(
    coefficients: tuple[float, float, float], shape: str, says: str
) -> None:
    region = where_not_above(*coefficients, level=0.9)
    assert region.shape == shape
    assert says in region.says()
    assert region.bounded == (shape == "interval" and math.isfinite(region.low))
