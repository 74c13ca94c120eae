"""Design: it refuses where contacts do not reach advisors by chance, and seldom where they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.goodhart.caseload import Caseload
from andon.goodhart.design import design, identified
from andon.goodhart.examiners import fitted, priced
from served_by_chance import Routing, operation

FULL = {"runs": 300, "cells": 2000, "per_cell": 12}
"""What the claims are made for: 300 operations of 24,000 contacts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """What came of simulated operations: shares of all, but ``held`` of those not refused."""

    refused: float
    held: float
    bounded: float


def tally(
    routing: Routing,
    *,
    runs: int,
    cells: int,
    per_cell: int,
    advisors: int = 40,
    seed: int = 0,
    judged: bool = True,
) -> Tally:
    """Ask many simulated operations; the full form is ``tally("chance", **FULL)``.

    ``judged`` false asks for the interval of every operation, refused or not.
    """
    refused, held, bounded = 0, 0, 0
    for run in range(runs):
        made = operation(
            np.random.default_rng([seed, run, advisors]),
            advisors=advisors,
            cells=cells,
            per_cell=per_cell,
            routing=routing,
        )
        cases = made.cases
        seen = fitted(cases)
        found = priced(seen)
        holds = design(cases, groups={"queue": cases.cell_names % 2}, seen=seen).holds
        refused += not holds
        if holds or not judged:
            held += made.truth in found.ujive.region
            bounded += found.ujive.region.bounded
    kept = max(runs - refused if judged else runs, 1)
    return Tally(refused=refused / runs, held=held / kept, bounded=bounded / kept)


@pytest.mark.slow
@pytest.mark.parametrize("advisors", [12, 40])
def test_intervals_hold_the_truth_where_the_design_holds(advisors: int) -> None:
    found = tally("chance", runs=150, cells=300, per_cell=12, advisors=advisors, judged=False)
    # Of 150 runs at 95 %, fewer than 89 % or all of them hold once in about 500 times.
    assert 0.89 <= found.held < 1
    assert found.refused <= 0.12


@pytest.mark.slow
@pytest.mark.parametrize("routing", ["hard to slow", "hard to some", "turned"])
def test_a_design_that_does_not_hold_is_refused(routing: Routing) -> None:
    assert tally(routing, runs=12, cells=2000, per_cell=12).refused >= 0.95


@given(seed=st.integers(0, 2**31))
@settings(max_examples=10)
def test_shuffling_has_the_mean_that_theory_says(seed: int) -> None:
    """The quadratic form's mean over all ways to deal out is its rank, exactly."""
    rng = np.random.default_rng(seed)
    cell = np.sort(rng.integers(0, 3, 18))
    cell = cell[np.bincount(cell, minlength=3)[cell] > 1]
    advisor, w = rng.integers(0, 3, len(cell)), rng.integers(0, 3, len(cell)).astype(float)
    one = np.ones(len(cell))
    forms = []
    for _ in range(150):
        dealt = advisor[np.lexsort((rng.random(len(cell)), cell))]
        made = Caseload.alike(cell=cell, advisor=dealt, n=one, x=one, y=one, facts={"w": w})
        form, rank = made.absorbed().shuffled(made.facts["w"].w, made.facts["w"].ww)
        forms.append(form)
    if rank:
        error = np.std(forms) / np.sqrt(len(forms))
        assert abs(np.mean(forms) - rank) <= 5 * error + 1e-9


@pytest.mark.slow
def test_the_joint_test_keeps_its_size_with_many_advisors() -> None:
    p = []
    for seed in range(50):
        rng = np.random.default_rng(seed)
        n, cells = 8_000, 600
        cell, advisor = np.sort(rng.integers(0, cells, n)), rng.integers(0, 200, n)
        rare = (rng.random(n) < rng.beta(1, 15, cells)[cell]).astype(float)
        x = rng.gamma(4, 60, n) + 20 * rng.normal(size=200)[advisor]
        cases = Caseload.alike(
            cell=cell, advisor=advisor, n=np.ones(n), x=x, y=rare, facts={"rare": rare}
        )
        p.append(design(cases).balance[0].advisors_p)
    assert np.mean(np.array(p) < 0.05) <= 0.16
    assert 0.38 <= np.mean(p) <= 0.62


def test_a_fact_alike_in_every_cell_is_balanced_and_not_listed() -> None:
    made = operation(np.random.default_rng(1))
    cases = Caseload.alike(
        cell=made.cell,
        advisor=made.advisor,
        n=np.ones(len(made.x)),
        x=made.x,
        y=made.y,
        facts={"queue": made.queue},
    )
    assert design(cases).balance == ()


def test_a_group_in_which_slow_advisors_are_fast_is_named() -> None:
    rng = np.random.default_rng(2)
    made = operation(rng, advisors=60, cells=2000, pace_s=60, routing="chance")
    turned = made.cell % 4 == 0
    mean = np.array([made.x[made.advisor == a].mean() for a in range(60)]) - made.x.mean()
    x = np.where(turned, made.x - 2 * mean[made.advisor], made.x)
    cases = Caseload.alike(cell=made.cell, advisor=made.advisor, n=np.ones(len(x)), x=x, y=made.y)
    found = design(cases, groups={"floor": cases.cell_names % 4})
    wrong = [each.group for each in found.monotonicity if not each.holds]
    assert wrong == ["floor 0"]
    assert "floor 0" in found.says()


def test_halves_that_turn_each_other_round_are_named_though_little_is_left_of_pace() -> None:
    """On average nobody is slow; but who is slow in one half is fast in the other."""
    rng = np.random.default_rng(6)
    advisors, cells = 30, 1500
    cell = np.repeat(np.arange(cells), 12)
    advisor = rng.integers(0, advisors, len(cell))
    pace = rng.normal(0, 30, advisors)[advisor] * np.where(cell % 2 == 0, 1.0, -0.7)
    x = rng.gamma(4, 60, len(cell)) + pace
    one = np.ones(len(cell))
    cases = Caseload.alike(cell=cell, advisor=advisor, n=one, x=x, y=rng.random(len(cell)))
    found = design(cases, groups={"half": cases.cell_names % 2})
    wrong = [each for each in found.monotonicity if not each.holds]
    assert {each.group for each in wrong} == {"half 0", "half 1"}
    assert all(each.elsewhere_p < 0.001 for each in wrong)
    assert any("slow elsewhere" in each.says for each in wrong)


def test_a_design_that_holds_says_what_was_looked_at() -> None:
    made = operation(np.random.default_rng(4), cells=1000)
    found = design(made.cases)
    assert found.holds
    assert "came before" in found.says()
    assert found.refused_because == ()


def known_of(rng: np.random.Generator, share: float | np.ndarray, cells: int = 400) -> np.ndarray:
    return rng.binomial(20, np.broadcast_to(share, cells)).astype(float)


def test_ids_missing_by_chance_are_seldom_refused() -> None:
    contacts, kind = np.full(400, 20.0), np.arange(400, dtype=np.int64) % 4
    by_kind = np.array([0.5, 0.7, 0.9, 1.0])[kind]
    p = [
        identified(known_of(np.random.default_rng(seed), by_kind), contacts, kind=kind).intervals_p
        for seed in range(400)
    ]
    # Of 400 tests at 5 %, more than 34 are significant once in 500 times.
    assert np.mean(np.array(p) < 0.05) <= 34 / 400
    assert 0.42 <= np.mean(p) <= 0.58


def test_cells_of_one_contact_say_nothing_about_intervals() -> None:
    rng = np.random.default_rng(1)
    contacts = np.ones(3_000)
    known = rng.binomial(1, 0.8, 3_000).astype(float)
    found = identified(known, contacts, kind=np.zeros(3_000, dtype=np.int64))
    assert found.holds
    assert found.varies == 0


def test_ids_missing_where_it_is_crowded_are_refused_in_words() -> None:
    rng = np.random.default_rng(2)
    crowded = np.where(np.arange(400) % 4 == 0, 0.6, 0.95)
    kind = np.zeros(400, dtype=np.int64)
    found = identified(known_of(rng, crowded), np.full(400, 20.0), kind=kind)
    assert not found.holds
    assert found.varies == pytest.approx(0.15, abs=0.02)
    assert "depends on when" in found.says


def test_advisors_who_do_not_ask_are_refused_and_nobody_is_named() -> None:
    rng = np.random.default_rng(3)
    made = operation(rng, cells=1500)
    asks = np.where(made.advisor % 2 == 0, 0.95, 0.7)
    known = (rng.random(len(made.x)) < asks).astype(float)
    cases = Caseload.alike(
        cell=made.cell,
        advisor=made.advisor,
        n=np.ones(len(known)),
        x=made.x,
        y=known,
        facts={"known customer": known},
    )
    one = np.ones(len(known))
    kind = np.zeros(len(known), dtype=np.int64)
    found = identified(known, one, kind=kind, cases=cases)
    assert not found.holds
    assert found.by_advisor is not None
    assert not found.by_advisor.holds
    assert "known customer" in found.says
