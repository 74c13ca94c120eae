"""``andon ingest`` loads files, keeps the law, and says what became of every row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from andon.operation import Operation

MAPPING = """\
source: phone
columns:
  contact_id: call
  customer_id: {from: caller, pseudonym: true}
  channel: {constant: voice}
  queue: queue
  arrived_at: {from: at, format: iso}
  answered_at: {from: at, format: iso}
  ended_at: {from: at, format: iso}
  outcome: {constant: handled}
  talk_s: talk
"""
CALLS = """\
call,caller,queue,at,talk
1,ann,Loans,2024-01-08T09:00:00,60
2,bob,Cards,2024-01-08T09:01:00,61
3,ann,Loans,2024-01-08T10:00:00,62
"""
BAD = CALLS + "4,cy,Loans,yesterday,63\n"


@pytest.fixture
def calls(operation: Operation) -> Path:
    (operation.mappings / "phone.yaml").write_text(MAPPING)
    path = operation.folder / "calls.csv"
    path.write_text(CALLS)
    return path


def test_the_operations_only_mapping_needs_no_naming(
    run: Any, operation: Operation, calls: Path
) -> None:
    done = run("ingest", calls, "-o", operation.folder)
    assert done.code == 0
    assert done.out.startswith("Contacts loaded: 3 new, 0 changed.\n")
    assert "3 read = 3 added + 0 changed + 0 unchanged + 0 quarantined" in done.out
    assert str(operation.ledger) in done.out


def test_the_same_file_again_changes_nothing(run: Any, operation: Operation, calls: Path) -> None:
    run("ingest", calls, "-o", operation.folder)
    done = run("ingest", calls, "-o", operation.folder)
    assert done.out.startswith("Nothing changed")
    assert "0 added + 0 changed + 3 unchanged + 0 quarantined" in done.out


def test_changed_rows_are_told(run: Any, operation: Operation, calls: Path) -> None:
    run("ingest", calls, "-o", operation.folder)
    calls.write_text(CALLS.replace(",62", ",99"))
    assert run("ingest", calls, "-o", operation.folder).out.startswith(
        "Contacts loaded: 0 new, 1 changed."
    )


def test_rows_set_aside_are_told_with_their_reason(
    run: Any, operation: Operation, calls: Path
) -> None:
    calls.write_text(BAD)
    done = run("ingest", calls, "-o", operation.folder)
    assert done.code == 0
    assert "Set aside, whole: 1 row." in done.out
    assert "is_a_time" in done.out
    assert "calls.csv" in done.out
    assert "andon quarantine" in done.out


def test_strict_leaves_with_13_when_rows_were_set_aside(
    run: Any, operation: Operation, calls: Path
) -> None:
    assert run("ingest", calls, "--strict", "-o", operation.folder).code == 0
    calls.write_text(BAD)
    assert run("ingest", calls, "--strict", "-o", operation.folder).code == 13


def test_machines_get_the_counts_of_the_law(run: Any, operation: Operation, calls: Path) -> None:
    calls.write_text(BAD)
    told = run("ingest", calls, "-o", operation.folder, "--json").json
    assert told["read"] == 4
    assert told["added"] + told["changed"] + told["unchanged"] + told["quarantined"] == 4
    assert told["reasons"][0]["check"] == "is_a_time"
    assert told["source"] == "phone"


def test_ids_never_reach_the_ledger_or_the_screen(
    run: Any, operation: Operation, calls: Path
) -> None:
    calls.write_text(CALLS.replace("ann", "ann-holt-4711"))
    done = run("ingest", calls, "-o", operation.folder)
    assert "ann-holt" not in done.out
    written = b"".join(path.read_bytes() for path in operation.ledger.rglob("*.parquet"))
    assert b"ann-holt" not in written


@pytest.mark.parametrize(
    ("words", "code", "error", "found"),
    [
        (["--as", "no-such-source"], 4, "mapping", "no-such-source"),
        (["--as", "anonymous-bank", "--mapping", "x.yaml"], 4, "mapping", "x.yaml"),
        (["--mapping", "missing.yaml"], 4, "mapping", "missing.yaml"),
        ([], 4, "mapping", "0 files"),
    ],
)
def test_an_unclear_mapping_is_told(
    run: Any, operation: Operation, words: list[str], code: int, error: str, found: str
) -> None:
    path = operation.folder / "calls.csv"
    path.write_text(CALLS)
    done = run("ingest", path, *words, "-o", operation.folder, "--json")
    assert done.code == code
    assert done.error["error"] == error
    assert found in done.error["found"]
    assert done.error["todo"]


def test_a_file_that_is_not_there_is_told(run: Any, operation: Operation, calls: Path) -> None:
    done = run("ingest", operation.folder / "gone.csv", "-o", operation.folder, "--json")
    assert done.code == 5
    assert json.loads(done.err)["error"] == "source"


def test_no_file_is_a_usage_error(run: Any, operation: Operation) -> None:
    assert run("ingest", "-o", operation.folder).code == 2


def test_an_operation_that_is_not_there_says_how_to_begin(run: Any, tmp_path: Path) -> None:
    done = run("ingest", "calls.csv", "-o", tmp_path)
    assert done.code == 3
    assert "andon init" in done.err
