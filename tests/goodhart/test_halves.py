"""Halves: pace comes from one half, contacts from the other, and nobody is given a pace unseen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.goodhart.absorbed import absorb
from andon.goodhart.caseload import Caseload
from andon.goodhart.halves import halves


def made(seed: int, *, advisors: int = 9, contacts: int = 240) -> Caseload:
    rng = np.random.default_rng(seed)
    advisor = rng.integers(0, advisors, contacts)
    x = rng.gamma(4, 60, contacts) + 20.0 * advisor
    return Caseload.alike(
        cell=np.sort(rng.integers(0, contacts // 5, contacts)),
        advisor=np.char.add("a", advisor.astype(str)),
        n=np.ones(contacts),
        x=x,
        y=(x > 300).astype(float),
        facts={"slow": x},
    )


@given(seed=st.integers(0, 2**31))
def test_no_contact_is_lost_and_none_is_in_both(seed: int) -> None:
    cases = made(seed)
    odd, even = halves(cases, half=cases.cell_names % 2 == 1)
    assert odd.cases.contacts + even.cases.contacts == cases.contacts
    assert not set(odd.cases.cell_names) & set(even.cases.cell_names)
    assert float(odd.cases.x.sum() + even.cases.x.sum()) == pytest.approx(float(cases.x.sum()))


def test_pace_is_that_of_the_other_half_alone() -> None:
    cases = made(1)
    odd, _ = halves(cases, half=cases.cell_names % 2 == 1)
    even = cases.those(cases.cell_names[cases.cell] % 2 == 0)
    told = absorb(cell=even.cell, advisor=even.advisor, n=even.n).fit(even.x).effect
    np.testing.assert_allclose(odd.pace, told, rtol=1e-9, atol=1e-9)
    assert odd.names.tolist() == even.advisor_names.tolist()
    assert odd.work.sum() == even.contacts


def test_who_is_not_in_the_other_half_has_no_pace() -> None:
    cases = Caseload.alike(
        cell=[1, 1, 1, 2, 2],
        advisor=["new", "a", "z", "a", "b"],
        n=np.ones(5),
        x=[200, 300, 400, 310, 350],
        y=np.zeros(5),
    )
    odd, even = halves(cases, half=cases.cell_names % 2 == 1)
    paces = dict(zip(odd.cases.advisor_names.tolist(), odd.known(odd.pace), strict=True))
    assert np.isnan([paces["new"], paces["z"]]).all()
    assert np.isfinite(paces["a"])
    assert np.isnan(even.known(even.pace)[even.cases.advisor_names == "b"]).all()


@pytest.mark.parametrize("everything", [True, False])
def test_one_half_alone_is_none(everything: bool) -> None:
    cases = made(2)
    assert halves(cases, half=np.full(cases.cells, everything)) == ()
