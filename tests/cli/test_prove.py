"""``andon prove``: an operation is made up, and says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from andon.operation import Operation

SCENARIO = """
name: Small
days: 2
base:
  queues:
    calls: {arrivals: {per_hour: 30}, handle: 4m, patience: 2m}
  pools:
    team: {serves: calls, agents: 4}
levers:
  hang-ups: {kind: short_contacts, by: 20%, share: 20%}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


def test_a_scenario_becomes_an_operation(run: Any, scenario: Path, tmp_path: Path) -> None:
    done = run("prove", "build", scenario, "--into", tmp_path / "made")
    assert done.code == 0, done.err
    assert "Nobody in it is real." in done.out
    assert "truth.json" in done.out
    assert Operation.open(tmp_path / "made").name == "GENERATED: Small"
    asked = run("ask", "reach", "-o", tmp_path / "made", "--json")
    assert asked.code == 0


def test_machines_are_told_in_json(run: Any, scenario: Path, tmp_path: Path) -> None:
    done = run("prove", "build", scenario, "--into", tmp_path / "made", "--files-only", "--json")
    assert done.code == 0
    assert done.err == ""
    assert (done.json["generated"], done.json["loaded"], done.json["seed"]) == (True, False, 1)
    assert done.json["rows"]["contacts"] > 1000
    assert Path(done.json["files"]["contacts"]).exists()
    assert json.loads(Path(done.json["truth"]).read_text())["levers"][0]["name"] == "hang-ups"
    assert not (tmp_path / "made" / "ledger").exists()


def test_files_that_were_only_written_can_be_ingested(
    run: Any, scenario: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "made"
    told = run("prove", "build", scenario, "--into", folder, "--files-only", "--json").json
    mapping = folder / "mappings" / "generated-contacts.yaml"
    done = run(
        "ingest",
        told["files"]["contacts"],
        "--mapping",
        mapping,
        "-o",
        folder,
        "--strict",
        "--json",
    )
    assert done.code == 0
    assert done.json["added"] == told["rows"]["contacts"]


def test_another_seed_is_another_operation(run: Any, scenario: Path, tmp_path: Path) -> None:
    rows = [
        run(
            "prove", "build", scenario, "--into", tmp_path / seed, "--seed", seed, "--files-only",
            "--json",
        ).json["rows"]["contacts"]
        for seed in ("1", "2")
    ]  # fmt: skip
    assert rows[0] != rows[1]


def test_a_slip_in_the_scenario_is_three_lines(run: Any, scenario: Path, tmp_path: Path) -> None:
    scenario.write_text(SCENARIO.replace("by: 20%", "buy: 20%"), encoding="utf-8")
    done = run("prove", "build", scenario, "--into", tmp_path / "made")
    assert done.code == 14
    wrong, found, todo = done.err.splitlines()
    assert wrong == "The key 'levers.hang-ups.buy' is not known."
    assert "small.yaml, line 10" in found
    assert "Did you mean 'by'?" in todo
    assert not (tmp_path / "made").exists()


def test_what_is_not_there_is_told(run: Any, tmp_path: Path) -> None:
    done = run("prove", "build", tmp_path / "none.yaml", "--into", tmp_path / "made", "--json")
    assert done.code == 14
    assert done.error["wrong"] == "There is no such file."


def test_an_operation_is_never_overwritten(run: Any, scenario: Path, operation: Operation) -> None:
    done = run("prove", "build", scenario, "--into", operation.folder, "--json")
    assert done.code == 3


def test_the_group_explains_itself(run: Any) -> None:
    done = run("prove", "--help")
    assert "build" in done.out
    assert run("prove", "build", "--help").code == 0
