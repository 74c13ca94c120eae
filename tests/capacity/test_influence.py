"""Which input matters most: on functions whose indices are known."""

from __future__ import annotations

import numpy as np
import pytest

from andon.capacity.influence import influences


def test_a_sum_s_variance_is_shared_by_its_squares() -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((3, 20_000))
    found = {e.name: e.share for e in influences(dict(zip("abc", x, strict=True)), x.T @ [3, 2, 1])}
    assert found["a"] == pytest.approx(9 / 14, abs=0.02)
    assert found["b"] == pytest.approx(4 / 14, abs=0.02)
    assert found["c"] == pytest.approx(1 / 14, abs=0.02)


def test_ishigami_s_function() -> None:
    """Known first-order indices: 0.3139, 0.4424 and 0 (Ishigami and Homma 1990, a = 7, b = 0.1)."""
    rng = np.random.default_rng(2)
    a, b, c = rng.uniform(-np.pi, np.pi, (3, 40_000))
    answer = np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)
    found = {e.name: e.share for e in influences({"a": a, "b": b, "c": c}, answer)}
    assert found["a"] == pytest.approx(0.3139, abs=0.02)
    assert found["b"] == pytest.approx(0.4424, abs=0.02)
    assert found["c"] == pytest.approx(0.0, abs=0.01)


def test_kinds_are_classes_of_their_own() -> None:
    rng = np.random.default_rng(3)
    kind = rng.integers(0, 4, 4000)
    noise = rng.standard_normal(4000)
    answer = np.array([0.0, 1.0, 2.0, 5.0])[kind] + noise
    truth = np.var([0, 1, 2, 5]) / (np.var([0, 1, 2, 5]) + 1)
    found = influences({"noise": noise, "kind": kind}, answer)
    assert found[0].name == "kind"
    assert found[0].share == pytest.approx(truth, abs=0.03)


def test_what_has_no_part_in_it_is_hardly_ever_given_one() -> None:
    rng = np.random.default_rng(4)
    shares = [
        influences({"nothing": rng.random(1000)}, rng.standard_normal(1000))[0].share
        for _ in range(200)
    ]
    assert np.mean(shares) < 0.01
    assert np.quantile(shares, 0.95) < 0.03


def test_an_answer_that_never_varies_rests_on_nothing() -> None:
    assert influences({"a": np.random.default_rng(5).random(500)}, np.full(500, 3.0)) == ()
