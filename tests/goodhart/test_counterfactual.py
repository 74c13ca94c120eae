"""The counterfactual: a curve through the bins that the fit may see, for many sets at once."""

from __future__ import annotations

import numpy as np
import pytest

from andon.goodhart.counterfactual import Fit, Scale, counterfactual, shape
from oracles import bunching as oracle


@pytest.mark.parametrize("fit", ["poisson", "least_squares"])
def test_many_sets_at_once_are_each_fitted_as_if_alone(fit: Fit) -> None:
    rng = np.random.default_rng(1)
    columns = shape(np.arange(1.0, 31.0), degree=4, scale="log")
    outside = np.arange(30) % 7 != 3
    sets = rng.poisson(50, (5, 30)).astype(np.float64)
    together = counterfactual(sets, columns, outside, fit=fit)
    twin = oracle.by_likelihood if fit == "poisson" else oracle.by_least_squares
    for each, alone in zip(together, sets, strict=True):
        assert each == pytest.approx(
            twin(alone.tolist(), columns.tolist(), outside.tolist()), rel=1e-6
        )


def test_a_lognormal_law_is_a_curve_of_degree_two_exactly() -> None:
    middles = np.arange(102.5, 600, 5)
    density = np.exp(-((np.log(middles / 220) / 0.7) ** 2) / 2) / middles * 1e6
    outside = (middles < 285) | (middles > 375)
    columns = shape(middles, degree=2, scale="log")
    found = counterfactual(density[None, :], columns, outside, fit="poisson")
    assert found[0] == pytest.approx(density, rel=1e-9)


@pytest.mark.parametrize("scale", ["log", "plain"])
def test_the_columns_are_orthogonal_in_all_but_name(scale: Scale) -> None:
    columns = shape(np.arange(1.0, 200.0), degree=10, scale=scale)
    assert np.linalg.cond(columns) < 100


def test_bins_without_any_contact_leave_no_curve_and_no_warning() -> None:
    columns = shape(np.arange(1.0, 11.0), degree=2, scale="plain")
    found = counterfactual(np.zeros((1, 10)), columns, np.ones(10, dtype=bool), fit="poisson")
    assert not np.isfinite(found).all() or (found < 1e-3).all()
