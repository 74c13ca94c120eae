from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from andon.capacity.courses import Courses
from andon.capacity.horizon import Horizon
from andon.capacity.scores import LEVELS, Predicted, predicted_by, score
from andon.estimate import Estimate, Unknown
from oracles import capacity_forecast as oracle


def _known(figure: Estimate | Unknown) -> Estimate:
    assert isinstance(figure, Estimate)
    return figure


def test_scores_agree_with_sums_taken_one_by_one() -> None:
    rng = np.random.default_rng(1)
    actual = rng.poisson(20, 60).astype(float)
    quantiles = np.sort(rng.uniform(5, 40, (19, 60)), axis=0)
    predicted = Predicted(point=quantiles[9], mean=quantiles[9] + 1, quantiles=quantiles)
    found = score(actual, predicted, day=np.repeat(np.arange(6), 10))
    assert _known(found.pinball).value == pytest.approx(
        oracle.pinball(actual.tolist(), quantiles, LEVELS)
    )
    misses = sum(abs(a - p) for a, p in zip(actual, quantiles[9], strict=True))
    assert _known(found.wape).value == pytest.approx(misses / actual.sum())
    inside = sum(
        low <= a <= high for a, low, high in zip(actual, quantiles[1], quantiles[17], strict=True)
    )
    assert _known(found.covered).value == pytest.approx(inside / 60)
    assert _known(found.bias).value == pytest.approx(
        (quantiles[9] + 1 - actual).sum() / actual.sum()
    )
    assert (found.days, found.intervals) == (6, 60)


def test_the_true_distribution_covers_what_it_says_and_no_other_scores_better() -> None:
    rng = np.random.default_rng(2)
    horizon = Horizon.of(dt.date(2024, 1, 1), days=28, zone="UTC")
    k = len(horizon.slot)
    for mean in (3.0, 30.0):
        actual = rng.poisson(mean, k).astype(float)

        def judged(
            factor: float, mean: float = mean, actual: np.ndarray = actual
        ) -> tuple[float, float]:
            courses = Courses(
                queue="a",
                horizon=horizon,
                contacts=np.full((400, k), mean * factor),
                handle_s=np.full((400, k), 60.0),
                handle_cv=1.0,
                open=np.ones(k, dtype=bool),
            )
            predicted = predicted_by(courses, rng=np.random.default_rng(3))
            found = score(actual, predicted, day=horizon.day)
            return _known(found.covered).value, _known(found.pinball).value

        covered, loss = judged(1.0)
        assert covered == pytest.approx(0.8, abs=0.08 if mean < 10 else 0.045)
        assert loss < judged(1.3)[1]
        assert loss < judged(0.75)[1]


def test_one_day_alone_has_no_interval_and_says_why() -> None:
    predicted = Predicted(point=np.ones(3), mean=np.ones(3), quantiles=np.ones((19, 3)))
    found = score(np.array([1.0, 2.0, 0.0]), predicted, day=np.zeros(3, dtype=int))
    assert isinstance(found.wape, Unknown)
    assert found.wape.why == "only one day"
