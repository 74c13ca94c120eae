"""Figures are kept one file for each proof, and stand on the page as they were kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from andon.errors import ReportError
from andon.proving import __main__ as command
from andon.proving.figures import BEGIN, END, Kept, page_of, tables_of
from andon.proving.proof import Case, Count, Proof, Wanted

PAGE = f"# A page\n\n{BEGIN}\n\nold\n\n{END}\n\nThe rest.\n"


def proof(*, times: int = 1, name: str = "calm", among: str = "") -> Proof:
    def count(runs: int, seed: int) -> tuple[Count, ...]:
        return (Count(what="shows", times=times, of=runs, wanted=Wanted(high=0.05)),)

    cases = tuple(Case(name=each, count=count, full=50, among=among) for each in ("one", "two"))
    return Proof(name=name, title="Calm", tests="All.", wanted="Little.", cases=cases)


def run(each: Proof, folder: Path, *, seed: int = 4) -> Kept:
    kept = Kept.of(each, folder, seed=seed)
    for case in kept.missing():
        kept = kept.put(case, case.full, case.counted(case.full, seed))
    return kept


def test_what_was_kept_is_read_back(tmp_path: Path) -> None:
    run(proof(), tmp_path)
    again = Kept.of(proof(), tmp_path)
    assert again.missing() == ()
    assert [counts[0].times for _, counts in again.cases.values()] == [1, 1]


def test_another_seed_begins_anew(tmp_path: Path) -> None:
    run(proof(), tmp_path)
    assert len(Kept.of(proof(), tmp_path, seed=5).missing()) == 2


def test_a_case_that_was_run_less_often_is_missing(tmp_path: Path) -> None:
    kept = Kept.of(proof(), tmp_path)
    case = proof().cases[0]
    kept.put(case, 3, case.counted(3, 4))
    assert [each.name for each in Kept.of(proof(), tmp_path).missing()] == ["one", "two"]


def test_a_file_of_something_else_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "calm.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ReportError, match="'calm' cannot be read"):
        Kept.of(proof(), tmp_path)


def test_the_page_keeps_what_people_wrote_and_says_what_is_missed(tmp_path: Path) -> None:
    page = page_of(PAGE, [run(proof(times=20), tmp_path)])
    assert page.startswith("# A page\n")
    assert page.endswith(f"{END}\n\nThe rest.\n")
    assert "old" not in page
    assert "0 of 2 figures are as they are wanted" in page
    assert "- Calm, one: shows: 40.0 % (27.6 to 53.8), wanted at most 5 %." in page
    assert page_of(page, [Kept.of(proof(), tmp_path)]) == page


def test_a_page_without_a_place_for_figures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="where its figures stand"):
        page_of("# A page\n", [])


def test_cases_are_pooled_where_that_is_asked_for(tmp_path: Path) -> None:
    said = tables_of([run(proof(among="all"), tmp_path)])
    assert "| **all** (100 times) | shows | 2.0 % (0.6 to 7.0)" in said


def test_what_was_not_run_says_so(tmp_path: Path) -> None:
    assert "Not run yet." in tables_of([Kept.of(proof(), tmp_path)])


def test_the_command_runs_what_is_missing_and_one_proof_alone_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    proofs = {name: proof(name=name) for name in ("calm", "other")}
    monkeypatch.setattr(command, "PROOFS", proofs)
    page = tmp_path / "proving.md"
    page.write_text(PAGE, encoding="utf-8")
    assert command.main([str(page), "--processes", "1"]) == 0
    assert "4 of 4" in capsys.readouterr().out
    assert command.main([str(page), "--processes", "1"]) == 0
    assert "Every proof has been run" in capsys.readouterr().out
    assert command.main([str(page), "--processes", "1", "--only", "calm"]) == 0
    assert "2 of 2" in capsys.readouterr().out
    assert command.main([str(page), "--only", "none"]) == 2
    assert "There are: calm, other." in capsys.readouterr().err
    held = json.loads((tmp_path / "proving" / "calm.json").read_text(encoding="utf-8"))
    assert held["seed"] == 4
    assert "nobody in them is real" in held["generated"]
