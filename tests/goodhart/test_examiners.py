"""Examiners: published numbers, explicit projections, and truths that are known."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from andon.errors import QuestionError
from andon.goodhart.caseload import Caseload
from andon.goodhart.examiners import Examiners, Slope, examiners
from oracles import examiners as oracle

GOLDEN: Final = Path(__file__).parents[1] / "golden/examiner_iv"
EXPECTED: Final = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def magistrates() -> dict[str, Any]:
    """Bail cases of Stevenson (2018)."""
    with gzip.open(GOLDEN / "magistrate_cells.csv.gz", "rt", encoding="utf-8") as file:
        day, judge, black, white, detained, guilty, n = np.loadtxt(
            file, delimiter=",", skiprows=1
        ).T
    return {
        "rows": {"cell": day, "advisor": judge, "x": detained, "y": guilty, "n": n},
        "controls": np.stack([black, white], axis=1),
    }


@pytest.fixture(scope="module")
def controlled(magistrates: dict[str, Any]) -> Examiners:
    """With days absorbed and race controlled for, as published."""
    return examiners(Caseload.alike(**magistrates["rows"], controls=magistrates["controls"]))


def test_magistrates_give_the_independent_numbers(controlled: Examiners) -> None:
    told = EXPECTED["independent"]
    assert controlled.contacts == EXPECTED["n"]
    assert controlled.cells == EXPECTED["days"]
    # Printed with eight decimals: half of the last is more than one part in ten million here.
    assert controlled.ujive.value == pytest.approx(told["ujive"]["est"], abs=5.1e-9)
    assert controlled.ujive.se_robust == pytest.approx(told["ujive"]["se"], abs=5.1e-9)
    assert controlled.ijive.value == pytest.approx(told["ijive"]["est"], abs=5.1e-9)
    assert controlled.ijive.se_robust == pytest.approx(told["ijive"]["se"], abs=5.1e-8)
    assert controlled.jive.value == pytest.approx(told["jive"]["est"], abs=5.1e-9)
    assert controlled.two_sls.value == pytest.approx(told["two_sls"]["est"], abs=5.1e-9)
    assert controlled.two_sls.se_robust == pytest.approx(told["two_sls"]["se_hc0"], abs=5.1e-9)
    assert controlled.ols.value == pytest.approx(told["ols"]["est"], abs=5.1e-9)
    assert controlled.first_stage.f == pytest.approx(told["first_stage_F"], rel=1e-8)


def test_magistrates_give_the_printed_numbers(controlled: Examiners) -> None:
    told, within = EXPECTED["printed"], EXPECTED["tolerance"]
    for name in ("ujive", "ijive", "jive"):
        found: Slope = getattr(controlled, name)
        assert found.value == pytest.approx(told[name]["est"], abs=within[name])
    assert controlled.ujive.se_robust == pytest.approx(told["ujive"]["se"], abs=1e-5)
    assert controlled.first_stage.f == pytest.approx(told["first_stage_F"], abs=5e-3)


def test_magistrates_without_controls_give_the_independent_numbers(
    magistrates: dict[str, Any],
) -> None:
    told = EXPECTED["independent_no_controls"]
    found = examiners(Caseload.alike(**magistrates["rows"]))
    for name in ("ujive", "ijive", "two_sls", "ols"):
        each: Slope = getattr(found, name)
        assert each.value == pytest.approx(told[name]["est"], rel=1e-11)
    for name in ("ijive", "two_sls"):
        assert getattr(found, name).se_robust == pytest.approx(told[name]["se"], rel=1e-10)
    # That computation divides UJIVE's error by the instrument's product with what cells leave of
    # x, and with controls by that with x itself, as we do in both: 3 parts in 10,000 apart.
    assert found.ujive.se_robust == pytest.approx(told["ujive"]["se"], rel=4e-4)


designs = st.builds(
    lambda seed, cells, advisors, contacts, control: (seed, cells, advisors, contacts, control),
    st.integers(0, 2**31),
    st.integers(1, 6),
    st.integers(2, 6),
    st.integers(12, 60),
    st.booleans(),
)


@given(design=designs)
@settings(max_examples=60)
def test_sums_agree_with_explicit_projections(design: tuple[int, int, int, int, bool]) -> None:
    seed, cells, advisors, contacts, control = design
    rng = np.random.default_rng(seed)
    cell, advisor = rng.integers(0, cells, contacts), rng.integers(0, advisors, contacts)
    controls = rng.integers(0, 3, (contacts, 2)).astype(float) if control else None
    x = rng.gamma(2, 100, contacts) + 30 * advisor + 50 * cell
    y = rng.integers(0, 2, contacts) + x / 1000
    kept = np.bincount(cell, minlength=cells)[cell] > 1
    cell, advisor = cell[kept], advisor[kept]
    x, y = x[kept], y[kept]
    controls = None if controls is None else controls[kept]
    if not len(cell):
        return
    w, q = oracle.projections(cell, advisor, controls)
    cases = Caseload.alike(
        cell=cell, advisor=advisor, n=np.ones(len(x)), x=x, y=y, controls=controls
    )
    rank, left = round(float(np.trace(q - w))), len(x) - round(float(np.trace(q)))
    if rank < 1 or left < 1:
        with pytest.raises(QuestionError):
            examiners(cases)
        return
    found = examiners(cases)
    assert found.first_stage.f == pytest.approx(oracle.first_stage_f(w, q, x), rel=1e-6)
    made = cases.absorbed()
    order = np.lexsort((advisor, cell))
    assert made.leverage == pytest.approx(np.diag(q)[order], abs=1e-9)
    assert made.leverage_cells == pytest.approx(np.diag(w)[order], abs=1e-9)
    assert found.alone == (1 - np.diag(q) < 1e-8).sum()
    of_pair = cell * 100 + advisor
    share = np.array([(of_pair == each).sum() for each in of_pair]) / np.bincount(cell)[cell]
    scale = np.where(share < 1, 1 / np.sqrt(np.where(share < 1, 1 - share, 1)), 0.0)
    alone = 1 - np.diag(q) < 1e-8
    for name, z in oracle.instruments(w, q, x).items():
        each: Slope = getattr(found, name)
        size = abs(z @ (x if name == "ujive" else x - w @ x))
        if size < 1e-6 * (x @ x):
            continue
        value = oracle.slope(w, z, x, y, raw=name == "ujive")
        assert each.value == pytest.approx(value, rel=1e-6, abs=1e-9)
        meat = oracle.clustered(w, z, x, y, value, clusters=np.arange(len(x)))
        assert each.se_robust == pytest.approx(math.sqrt(meat) / size, rel=1e-4, abs=1e-9)
        meat = oracle.clustered(w, z, x, y, value, clusters=cell)
        assert each.se_cell == pytest.approx(math.sqrt(meat) / size, rel=1e-4, abs=1e-9)
        meat = oracle.clustered(w, z, x, y, value, clusters=advisor, weights=scale)
        there = share < 1 if name in {"two_sls", "ols"} else (share < 1) & ~alone
        units = len(np.unique(advisor[there]))
        if units > 1 and meat > 1e-12:
            wide = math.sqrt(meat * units / (units - 1)) / size
            assert each.se_advisor == pytest.approx(wide, rel=1e-4, abs=1e-9)


@given(seed=st.integers(0, 2**31))
@settings(max_examples=25)
def test_the_region_of_all_advisors_holds_what_its_f_does_not_reject(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cell, advisor = rng.integers(0, 4, 60), rng.integers(0, 4, 60)
    x, y = rng.normal(3, 1, 60) + advisor * rng.random(), rng.normal(size=60)
    w, q = oracle.projections(cell, advisor, None)
    found = examiners(Caseload.alike(cell=cell, advisor=advisor, n=np.ones(60), x=x, y=y))
    rank, left = round(float(np.trace(q - w))), 60 - round(float(np.trace(q)))
    allowed = float(special.fdtri(rank, left, 0.95))
    for value in (-10.0, -1.0, -0.3, 0.0, 0.2, 1.0, 5.0):
        f = oracle.all_advisors_f(w, q, x, y, value)
        if abs(f - allowed) > 1e-6:
            assert (value in found.all_advisors) == (f < allowed)
