"""Caseload: sums are checked once, at the door."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.goodhart.caseload import Caseload
from andon.goodhart.examiners import examiners

GOOD: dict[str, Any] = {
    "cell": ["b", "a", "a", "c"],
    "advisor": ["x", "y", "x", "x"],
    "n": [2, 1, 2, 1],
    "x": [4, 1, 3, 9],
    "y": [1, 0, 1, 1],
    "xx": [10, 1, 5, 81],
    "xy": [1, 0, 2, 9],
    "yy": [1, 0, 1, 1],
}


def test_rows_are_sorted_and_contacts_alone_in_their_cell_left_out() -> None:
    cases = Caseload.of(**GOOD)
    assert cases.cell_names[cases.cell].tolist() == ["a", "a", "b"]
    assert cases.advisor_names[cases.advisor].tolist() == ["x", "y", "x"]
    assert cases.x.tolist() == [3, 1, 4]
    assert (cases.contacts, cases.left_out) == (5, 1)


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        ("n", [2, 1, 2], "one length"),
        ("n", [2, 0, 2, 1], "whole contacts"),
        ("n", [2, 1.5, 2, 1], "whole contacts"),
        ("x", [4, float("nan"), 3, 9], "no number"),
        ("xx", [1, 1, 5, 81], "sum of squares"),
    ],
)
def test_sums_that_cannot_be_are_refused(column: str, values: list[float], says: str) -> None:
    with pytest.raises(QuestionError, match=says):
        Caseload.of(**{**GOOD, column: values})


def test_nothing_is_refused() -> None:
    with pytest.raises(QuestionError, match="one row or more"):
        Caseload.of(cell=[], advisor=[], n=[], x=[], y=[], xx=[], xy=[], yy=[])


@given(seed=st.integers(0, 2**31), share=st.floats(0.05, 0.95))
def test_some_of_the_rows_are_what_they_would_be_by_themselves(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    cell, advisor, x = rng.integers(0, 20, 90), rng.integers(0, 7, 90), rng.gamma(4, 60, 90)
    whole: dict[str, Any] = {"cell": cell, "advisor": advisor, "n": np.ones(90), "x": x, "y": x > 9}
    cases = Caseload.alike(**whole, facts={"w": x}, controls=x[:, None])
    rows = rng.random(len(cases.n)) < share
    rows[0] = True
    some = cases.those(rows)
    apart = Caseload.of(
        cell=cases.cell_names[cases.cell[rows]],
        advisor=cases.advisor_names[cases.advisor[rows]],
        **{name: getattr(cases, name)[rows] for name in ("n", "x", "y", "xx", "xy", "yy")},
    )
    assert some.left_out == apart.left_out
    for name in ("cell", "advisor", "cell_names", "advisor_names", "n", "x", "yy"):
        np.testing.assert_array_equal(getattr(some, name), getattr(apart, name))
    assert some.controls is not None
    assert some.products is not None
    np.testing.assert_array_equal(some.controls[:, 0], some.x)
    np.testing.assert_array_equal(some.facts["w"].w, some.x)
    np.testing.assert_allclose(some.products.xxx, some.x**3)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"advisor": ["x"] * 4}, "cannot be compared"),
        ({"cell": ["a", "b", "c", "d"], "n": [1, 1, 1, 1]}, "No two contacts"),
    ],
)
def test_cases_that_compare_nobody_are_refused(change: dict[str, Any], says: str) -> None:
    ones = {"x": [1, 1, 1, 1], "y": [1, 1, 1, 1], "xx": [1, 1, 1, 1], "xy": [1, 1, 1, 1]}
    whole = GOOD if "n" not in change else {**GOOD, **ones, "yy": [1, 1, 1, 1]}
    with pytest.raises(QuestionError, match=says):
        examiners(Caseload.of(**{**whole, **change}))


def test_a_level_that_is_none_is_refused() -> None:
    with pytest.raises(QuestionError, match="between 0 and 1"):
        examiners(Caseload.of(**GOOD), level=1.5)


def test_advisors_that_no_cell_joins_are_compared_within_their_part_only() -> None:
    """Two floors side by side: each estimate is made of the two floors' own parts."""
    rng = np.random.default_rng(3)
    cell = np.repeat(np.arange(200), 10)
    floor = cell % 2
    advisor = rng.integers(0, 6, 2000) + 6 * floor
    x = rng.gamma(4, 60, 2000) + 30 * rng.normal(size=12)[advisor]
    y = rng.random(2000) + 0.001 * x
    cases = Caseload.alike(cell=cell, advisor=advisor, n=np.ones(2000), x=x, y=y)
    found = examiners(cases)
    assert found.parts == 2
    apart = [examiners(cases.those(cases.cell_names[cases.cell] % 2 == k)) for k in (0, 1)]
    values = sorted(each.ols.value for each in apart)
    assert values[0] <= found.ols.value <= values[1]
    assert found.first_stage.f * 10 == pytest.approx(
        sum(each.first_stage.f for each in apart) * 5, rel=0.2
    )
