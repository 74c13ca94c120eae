"""``andon map`` drafts a mapping and never overwrites one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from andon.ledger.mapping import load_mapping
from andon.operation import Operation

CALLS = """\
Call ID,Customer,Skill,Start time,Result,Talk time
1,c1,Loans,2024-01-08 09:00:00,Answered,60
2,c2,Cards,2024-01-08 09:01:00,Abandoned,0
"""


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    path = tmp_path / "My calls 2024.csv"
    path.write_text(CALLS)
    return path


def test_a_draft_is_written_where_the_operation_keeps_its_mappings(
    run: Any, operation: Operation, calls: Path
) -> None:
    done = run("map", calls, "-o", operation.folder)
    assert done.code == 0
    target = operation.mappings / "my-calls-2024.yaml"
    assert str(target) in done.out
    mapping = load_mapping(target)
    assert mapping.source == "my-calls-2024"
    assert mapping.zone == operation.zone
    assert "CHECK" in target.read_text()
    assert "andon ingest" in done.out


def test_a_draft_loads_the_file_it_was_made_from(
    run: Any, operation: Operation, calls: Path
) -> None:
    run("map", calls, "-o", operation.folder)
    told = run("ingest", calls, "-o", operation.folder, "--json").json
    assert (told["read"], told["added"]) == (2, 2)


def test_a_mapping_that_is_there_is_never_overwritten(
    run: Any, operation: Operation, calls: Path
) -> None:
    run("map", calls, "-o", operation.folder)
    target = operation.mappings / "my-calls-2024.yaml"
    target.write_text("mine")
    done = run("map", calls, "-o", operation.folder)
    assert done.code == 4
    assert "--source" in done.err
    assert target.read_text() == "mine"


def test_a_draft_can_be_written_elsewhere_without_an_operation(run: Any, calls: Path) -> None:
    target = calls.parent / "drafts" / "phone.yaml"
    done = run("map", calls, "--out", target, "--source", "phone", "-o", calls.parent, "--json")
    assert done.code == 0
    assert done.json["mapping"] == str(target)
    assert [column["name"] for column in done.json["columns"]][:2] == ["Call ID", "Customer"]
    assert load_mapping(target).source == "phone"


def test_a_place_that_cannot_be_written_is_told(run: Any, calls: Path) -> None:
    done = run("map", calls, "--out", calls / "x.yaml")
    assert done.code == 4
    assert "cannot be written" in done.err
