"""Every proof in a small form that can fail; and the page shows what its full form found.

The small forms have their seed fixed, and limits that bad luck passes once in a thousand times: a
question whose intervals are too narrow, or a signature that cries wolf, is beyond them soon.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from andon.proving.bunching import FULL
from andon.proving.calm import CALM
from andon.proving.figures import Kept, page_of
from andon.proving.proof import Case, Proof, pooled
from andon.proving.proofs import PROOFS

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "proving.md"
FOLDER = PAGE.with_suffix("")
SMALL = [
    pytest.param(case, id=f"{proof.name}: {case.name}")
    for proof in PROOFS.values()
    for case in proof.cases
    if case.small and case not in CALM
]


@pytest.mark.slow
@pytest.mark.parametrize("case", SMALL)
def test_in_its_small_form_every_figure_is_as_it_is_wanted(case: Case) -> None:
    counts = case.counted(case.small, 11)
    assert counts
    assert [(each.what, each.times, each.of) for each in counts if not each.met] == []


@pytest.mark.slow
@pytest.mark.parametrize("half", [0, 1])
def test_where_nobody_games_anything_hardly_ever_shows(half: int) -> None:
    counts = pooled(case.counted(case.small, 11) for case in CALM[half::2])
    assert [(each.what, each.times, each.of) for each in counts if not each.met] == []


def test_every_proof_and_every_case_has_a_name_of_its_own() -> None:
    assert all(name == proof.name for name, proof in PROOFS.items())
    for proof in PROOFS.values():
        assert len({case.name for case in proof.cases}) == len(proof.cases)
    assert len(PROOFS["bunching"].cases) == len(FULL)


@pytest.mark.parametrize("proof", PROOFS.values(), ids=PROOFS)
def test_the_figures_of_the_reference_are_those_of_the_full_form(proof: Proof) -> None:
    kept = Kept.of(proof, FOLDER)
    cases = {case.name: case.full for case in proof.cases}
    assert {name: runs for name, (runs, _) in kept.cases.items()}.items() <= cases.items()


def test_the_page_shows_the_figures_that_were_kept() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page_of(text, [Kept.of(proof, FOLDER) for proof in PROOFS.values()])


def test_nothing_is_kept_that_is_no_proof() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} <= set(PROOFS)
