"""The first stage in bins: the pace that foretells, true sums, and never a single advisor."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from andon.goodhart.caseload import Caseload
from andon.goodhart.first_stage import FEWEST, PaceBin, first_stage
from andon.goodhart.halves import Half, halves

SLOPE = -0.002


def made(seed: int, *, advisors: int = 40, cells: int = 900) -> Caseload:
    """Advisors' paces 40 s apart; hard cells take longer and come back oftener."""
    rng = np.random.default_rng(seed)
    cell = np.repeat(np.arange(cells), 20)
    hard = rng.normal(0, 60, cells)[cell]
    advisor = rng.integers(0, advisors, len(cell))
    x = 300 + hard + rng.normal(0, 40, advisors)[advisor] + rng.normal(0, 50, len(cell))
    chance = np.clip(0.5 + SLOPE * (x - 300) + 0.003 * hard, 0, 1)
    y = (rng.random(len(cell)) < chance).astype(float)
    return Caseload.alike(cell=cell, advisor=advisor, n=np.ones(len(cell)), x=x, y=y)


def odd_and_even(cases: Caseload) -> tuple[Half, ...]:
    return halves(cases, half=cases.cell_names % 2 == 0)


@pytest.fixture(scope="module")
def cases() -> Caseload:
    return made(1)


@pytest.fixture(scope="module")
def bins(cases: Caseload) -> tuple[PaceBin, ...]:
    return first_stage(odd_and_even(cases))


def test_who_is_slow_with_others_is_slow_with_this_customer(bins: tuple[PaceBin, ...]) -> None:
    assert len(bins) == 8
    paces = [each.pace_s for each in bins]
    assert paces == sorted(paces)
    for each in bins:
        assert each.handle.low <= each.pace_s * 1.05 + 4
        assert each.handle.value == pytest.approx(each.pace_s, abs=8)


def test_the_outcome_follows_the_handle_time_that_pace_brings(bins: tuple[PaceBin, ...]) -> None:
    """Whatever makes a cell hard is taken out, so the slope is that of time."""
    apart_s = bins[-1].handle.value - bins[0].handle.value
    apart = bins[-1].outcome.value - bins[0].outcome.value
    assert apart / apart_s == pytest.approx(100 * SLOPE, rel=0.2)
    assert bins[0].outcome.unit == "points"


def test_every_contact_counts_once(cases: Caseload, bins: tuple[PaceBin, ...]) -> None:
    assert sum(each.contacts for each in bins) == cases.contacts


def test_no_bin_holds_fewer_than_five_advisors_and_none_is_named(
    bins: tuple[PaceBin, ...],
) -> None:
    assert all(each.advisors >= FEWEST for each in bins)
    assert {field.name for field in fields(PaceBin)} == {
        "pace_s",
        "handle",
        "outcome",
        "contacts",
        "advisors",
    }


def test_intervals_hold_what_is_true_of_these_advisors() -> None:
    """The mean handle time of a bin, over other contacts of the same advisors."""
    held = tried = 0
    for seed in range(30):
        cases = made(seed, cells=300)
        for each in first_stage(odd_and_even(cases)):
            tried += 1
            held += each.handle.low <= each.pace_s <= each.handle.high
    # The pace of the other half is itself a guess, and so lies a little further out.
    assert held / tried > 0.85


def test_few_advisors_give_no_picture() -> None:
    cases = made(2, advisors=14)
    assert first_stage(odd_and_even(cases)) == ()


def test_one_half_alone_gives_no_picture(cases: Caseload) -> None:
    assert first_stage(halves(cases, half=np.ones(cases.cells, dtype=np.bool_))) == ()
