"""``andon diagnose`` writes a report and ``andon replay`` makes its figures again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from andon.errors import QuestionError
from andon.ledger.sums import rows
from andon.ledger.window import open_window
from andon.operation import Operation
from centre import CALLS, MAPPING, made_centre


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    """An operation with two months of calls."""
    return made_centre(tmp_path_factory.mktemp("centre"))


@pytest.fixture(scope="module")
def report(centre: Operation) -> Path:
    """A report of that operation, written by the command."""
    from andon.cli.diagnose import diagnose_command

    diagnose_command.main([str(centre.folder)], standalone_mode=False)
    (path,) = centre.reports.glob("*.html")
    return path


def test_the_findings_come_first_and_then_where_they_were_written(
    run: Any, centre: Operation, tmp_path: Path
) -> None:
    path = tmp_path / "new" / "report.html"
    done = run("diagnose", centre.folder, "--html", path)
    assert done.code == 0, done.err
    assert "\n1. " in done.out
    assert "   To do: " in done.out
    assert done.out.rstrip().endswith(f"Wrote {path}")
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") or page.lower().startswith("<!doctype html")
    assert "Corner" in page
    assert [each.name for each in path.parent.iterdir()] == ["report.html"]


def test_the_report_is_named_after_its_last_day(report: Path, centre: Operation) -> None:
    assert report == centre.reports / "2024-03-04-diagnosis.html"


def test_machines_get_the_findings_and_no_page_is_written(run: Any, centre: Operation) -> None:
    before = sorted(centre.reports.iterdir())
    told = run("diagnose", centre.folder, "--json").json
    assert told["contacts"] == 1200
    assert told["findings"]
    assert told["provenance"]["tables"]["contacts"] >= 0
    assert told["quality"]["runs"][0]["read"] == 1200
    assert sorted(centre.reports.iterdir()) == before


def test_days_and_groups_are_those_asked_for(run: Any, centre: Operation) -> None:
    words = ("--from", "2024-01-02", "--to", "2024-01-28", "--by", "queue", "--json")
    told = run("diagnose", centre.folder, *words).json
    assert (told["first_day"], told["last_day"]) == ("2024-01-02", "2024-01-28")
    assert told["contacts"] == 27 * 20
    assert told["provenance"]["parameters"]["by"] == ["queue"]


def test_a_pdf_can_be_written_beside_it(run: Any, centre: Operation, tmp_path: Path) -> None:
    try:
        import weasyprint  # noqa: F401
    except (ImportError, OSError):
        pytest.skip("WeasyPrint or Pango is not on this machine")
    path = tmp_path / "report.pdf"
    done = run("diagnose", centre.folder, "--pdf", path, "--html", tmp_path / "report.html")
    assert done.code == 0, done.err
    assert path.read_bytes().startswith(b"%PDF")


def test_a_file_can_be_looked_at_once(run: Any, tmp_path: Path) -> None:
    (tmp_path / "phone.yaml").write_text(MAPPING)
    calls = tmp_path / "calls.csv"
    calls.write_text(CALLS)
    told = run("diagnose", calls, "--mapping", tmp_path / "phone.yaml", "--json").json
    assert (told["operation"], told["contacts"]) == ("calls", 1200)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["calls.csv", "phone.yaml"]


def test_a_file_without_a_mapping_is_told(run: Any, tmp_path: Path) -> None:
    calls = tmp_path / "calls.csv"
    calls.write_text(CALLS)
    done = run("diagnose", calls)
    assert done.code == 4
    assert "andon map" in done.err


def test_a_report_that_cannot_be_written_is_told_and_leaves_nothing(
    run: Any, centre: Operation, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    done = run("diagnose", centre.folder, "--html", tmp_path / "file" / "report.html")
    assert done.code == 10
    assert "cannot be written" in done.err
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_replay_agrees_with_the_report_it_was_made_from(
    run: Any, centre: Operation, report: Path
) -> None:
    done = run("replay", report, "-o", centre.folder)
    assert done.code == 0, done.err
    assert done.out.startswith("All agree: ")
    assert "contacts at version" in done.out


def test_a_replay_finds_the_operation_that_holds_the_report(
    run: Any, report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = run("replay", report, "--json").json
    assert told["agrees"] is True
    assert told["differences"] == []
    assert told["compared"] > 100


def test_a_figure_that_was_changed_is_found_and_leaves_with_12(
    run: Any, centre: Operation, tmp_path: Path
) -> None:
    document = run("diagnose", centre.folder, "--json").json
    name = "reach.giving_up.of_reached.share"
    document["figures"][name]["value"] += 0.001
    path = tmp_path / "report.json"
    path.write_text(json.dumps(document))
    done = run("replay", path, "-o", centre.folder)
    assert done.code == 12
    assert f"figures.{name}.value" in done.out
    told = run("replay", path, "-o", centre.folder, "--json").json
    assert [each["figure"] for each in told["differences"]] == [f"figures.{name}.value"]


def test_new_calls_do_not_change_a_replay(run: Any, tmp_path: Path) -> None:
    centre = made_centre(tmp_path)
    run("diagnose", centre.folder)
    (report,) = centre.reports.glob("*.html")
    more = tmp_path / "more.csv"
    head, *lines = CALLS.splitlines()
    more.write_text("\n".join([head, *(f"new-{line}" for line in lines[:40])]))
    assert run("ingest", more, "-o", centre.folder, "--json").json["added"] == 40
    assert run("replay", report, "-o", centre.folder).out.startswith("All agree")
    told = run("diagnose", centre.folder, "--json").json
    assert told["contacts"] == 1240


def test_a_version_that_is_gone_is_told(run: Any, tmp_path: Path) -> None:
    centre = made_centre(tmp_path)
    run("diagnose", centre.folder)
    (report,) = centre.reports.glob("*.html")
    for file in (centre.ledger / "contacts").glob("*.parquet"):
        file.unlink()
    done = run("replay", report, "-o", centre.folder, "--json")
    assert done.code == 6
    assert done.error["error"] == "version_gone"


def test_a_page_for_roles_is_about_those_named_and_stands_apart(run: Any, tmp_path: Path) -> None:
    page, own = tmp_path / "report.html", tmp_path / "own.html"
    staffed = Operation.create(tmp_path / "staffed", name="Corner", zone="UTC")
    (staffed.mappings / "phone.yaml").write_text(f"{MAPPING}  advisor_id: queue\n")
    calls = tmp_path / "calls.csv"
    calls.write_text(CALLS)
    mapping = staffed.mappings / "phone.yaml"
    assert run("ingest", calls, "--mapping", mapping, "-o", staffed.folder).code == 0
    with open_window(staffed) as window:
        advisor, other = rows(
            window.contacts.filter(window.contacts.advisor_id.notnull())
            .select("advisor_id")
            .distinct()
            .order_by("advisor_id")
        )
    name = advisor["advisor_id"]
    asked = ("--for-roles", own, "--advisor", name)
    done = run("diagnose", staffed.folder, "--html", page, *asked)
    assert done.code == 0, done.err
    assert "for those named and their lead" in done.out
    assert name in own.read_text(encoding="utf-8")
    assert other["advisor_id"] not in own.read_text(encoding="utf-8")
    assert name not in page.read_text(encoding="utf-8")


def test_a_page_for_roles_without_a_name_is_refused(
    run: Any, centre: Operation, tmp_path: Path
) -> None:
    done = run("diagnose", centre.folder, "--for-roles", tmp_path / "own.html")
    assert done.code
    assert "about nobody else" in done.err
    assert not list(tmp_path.iterdir())
    done = run("diagnose", centre.folder, "--advisor", "a1")
    assert "--for-roles FILE" in done.err


@pytest.mark.parametrize("kind", ["html", "pdf"])
def test_a_page_for_roles_never_takes_the_reports_place(
    run: Any, centre: Operation, tmp_path: Path, kind: str
) -> None:
    page = tmp_path / f"report.{kind}"
    same = tmp_path / "elsewhere" / ".." / page.name
    words = (f"--{kind}", page, "--for-roles", same, "--advisor", "a1")
    done = run("diagnose", centre.folder, *words)
    assert done.code == QuestionError.exit_code
    assert "cannot be one file" in done.err
    assert not list(tmp_path.iterdir())


def test_an_advisor_who_is_not_there_is_told_and_nobody_else_is_named(
    run: Any, centre: Operation, tmp_path: Path
) -> None:
    done = run(
        "diagnose", centre.folder, "--for-roles", tmp_path / "own.html", "--advisor", "nobody"
    )
    assert done.code
    assert "No contact is with this advisor." in done.err
    assert "Found: --advisor nobody" in done.err
