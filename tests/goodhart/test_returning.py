"""Returning: leaving out customers agrees with explicit algebra, and takes a bias away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.goodhart.caseload import Caseload
from andon.goodhart.examiners import examiners, fitted, without_customers
from andon.goodhart.returning import Returning
from oracles import examiners as oracle

Arrays = dict[str, np.ndarray]


def _returning(cases: Caseload, rows: Arrays) -> Returning:
    """Customers' contacts with advisors who served them more than once, one sum a contact."""
    _, at, count = np.unique(
        np.stack((rows["customer"], rows["advisor"])),
        axis=1,
        return_inverse=True,
        return_counts=True,
    )
    again = count[at.ravel()] > 1
    key = np.stack((rows["cell"], rows["advisor"], rows["customer"]))[:, again]
    (cell, advisor, customer), place = np.unique(key, axis=1, return_inverse=True)
    x, y = rows["x"][again], rows["y"][again]

    def sums(values: np.ndarray) -> np.ndarray:
        return np.bincount(place.ravel(), values, len(cell))

    return Returning.of(
        cases,
        cell=cell,
        advisor=advisor,
        customer=customer,
        n=sums(np.ones(len(x))),
        x=sums(x),
        y=sums(y),
        xx=sums(x * x),
        xy=sums(x * y),
    )


def _cases(rows: Arrays) -> Caseload:
    return Caseload.alike(
        cell=rows["cell"],
        advisor=rows["advisor"],
        n=np.ones(len(rows["x"])),
        x=rows["x"],
        y=rows["y"],
    )


@given(
    seed=st.integers(0, 2**31),
    cells=st.integers(1, 5),
    advisors=st.integers(2, 4),
    customers=st.integers(2, 30),
    contacts=st.integers(12, 50),
)
@settings(max_examples=60)
def test_leaving_out_customers_agrees_with_explicit_projections(
    seed: int, cells: int, advisors: int, customers: int, contacts: int
) -> None:
    rng = np.random.default_rng(seed)
    cell = rng.integers(0, cells, contacts)
    kept = np.bincount(cell, minlength=cells)[cell] > 1
    advisor = rng.integers(0, advisors, contacts)
    rows = {
        "cell": cell[kept],
        "advisor": advisor[kept],
        "customer": rng.integers(0, customers, contacts)[kept],
        "x": (rng.gamma(2, 100, contacts) + 30 * advisor)[kept],
        "y": rng.integers(0, 2, contacts)[kept].astype(float),
    }
    if not kept.any():
        return
    cases = _cases(rows)
    back = _returning(cases, rows)
    made = cases.absorbed()
    scores = without_customers(fitted(cases, absorbed=made), back)
    w, q = oracle.projections(rows["cell"], rows["advisor"], None)
    z = oracle.customers_left_out(w, q, rows["x"], rows["customer"], rows["advisor"], rows["cell"])
    size = np.abs(z).max() * len(z)
    assert scores.top == pytest.approx(z @ rows["y"], rel=1e-6, abs=1e-8 * size)
    assert scores.bottom == pytest.approx(z @ rows["x"], rel=1e-6, abs=1e-6 * size)
    over = rows["y"] - w @ rows["y"]
    for a in np.unique(cases.advisor_names):
        mine = cases.advisor_names[cases.advisor] == a
        told = float((z * over)[rows["advisor"] == a].sum())
        assert scores.y[mine].sum() == pytest.approx(told, rel=1e-6, abs=1e-8 * size)


def test_customers_who_keep_their_advisor_bend_the_price_unless_they_are_left_out() -> None:
    """Where half of all customers meet one advisor six times, their difficulty looks like pace."""
    values, naive = [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        n, advisors = 3000, 30
        customer, cell = rng.integers(0, 500, n), rng.integers(0, 100, n)
        steady = customer % 2 == 0
        advisor = np.where(steady, customer % 29, rng.integers(0, advisors, n))
        hard = rng.normal(size=500)[customer]
        x = 300 + 10 * rng.normal(size=advisors)[advisor] + 50 * hard + rng.normal(0, 40, n)
        y = -0.001 * x + 0.5 * hard + rng.normal(0, 0.3, n)
        rows = {"cell": cell, "advisor": advisor, "customer": customer, "x": x, "y": y}
        cases = _cases(rows)
        values.append(examiners(cases, returning=_returning(cases, rows)).ujive.value)
        naive.append(examiners(cases).ujive.value)
    assert abs(np.median(naive) + 0.001) > 0.002
    assert abs(np.median(values) + 0.001) < abs(np.median(naive) + 0.001) / 2


def test_nobody_returning_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    rows = {
        "cell": np.repeat(np.arange(40), 10),
        "advisor": rng.integers(0, 8, 400),
        "customer": np.arange(400),
        "x": rng.gamma(4, 60, 400),
        "y": rng.random(400),
    }
    cases = _cases(rows)
    back = _returning(cases, rows)
    assert not len(back.n)
    assert examiners(cases, returning=back) == examiners(cases)


def test_blocks_of_one_contact_are_leaving_out_that_contact() -> None:
    rng = np.random.default_rng(1)
    cell, advisor = np.repeat(np.arange(40), 10), rng.integers(0, 8, 400)
    x, y = rng.gamma(4, 60, 400), rng.random(400)
    ones = np.ones(400)
    cases = Caseload.alike(cell=cell, advisor=advisor, n=ones, x=x, y=y)
    back = Returning.of(
        cases,
        cell=cell,
        advisor=advisor,
        customer=np.arange(400),
        n=ones,
        x=x,
        y=y,
        xx=x * x,
        xy=x * y,
    )
    found, plain = examiners(cases, returning=back).ujive, examiners(cases).ujive
    assert found.value == pytest.approx(plain.value, rel=1e-9)
    assert found.se_advisor == pytest.approx(plain.se_advisor, rel=1e-9)
    assert found.se_robust is None


def test_controls_and_returning_customers_are_not_taken_together() -> None:
    two = np.array([1.0, 1.0])
    cases = Caseload.alike(
        cell=[1, 1], advisor=[1, 2], n=two, x=two, y=two, controls=np.array([[0.0], [1.0]])
    )
    with pytest.raises(QuestionError, match="no controls"):
        Returning.of(
            cases, cell=[1], advisor=[1], customer=[1], n=[1], x=[1], y=[1], xx=[1], xy=[1]
        )
