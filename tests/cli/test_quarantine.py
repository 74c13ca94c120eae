"""``andon quarantine`` shows what waits, why, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from andon.operation import Operation

MAPPING = """\
source: phone
columns:
  contact_id: call
  channel: {constant: voice}
  queue: queue
  arrived_at: {from: at, format: iso}
  outcome: {from: result, values: {ok: handled}}
"""
CALLS = """\
call,queue,at,result
1,Loans,2024-01-08T09:00:00,ok
2,Loans,soon,ok
3,Loans,2024-01-08T09:02:00,odd
4,Loans,2024-01-08T09:03:00,odd
"""


@pytest.fixture
def waiting(run: Any, operation: Operation) -> Path:
    """An operation with three rows in quarantine; the file they came from."""
    (operation.mappings / "phone.yaml").write_text(MAPPING)
    calls = operation.folder / "calls.csv"
    calls.write_text(CALLS)
    assert run("ingest", calls, "-o", operation.folder, "--json").json["quarantined"] == 3
    return calls


def test_reasons_come_with_counts_and_what_each_check_asks(
    run: Any, operation: Operation, waiting: Path
) -> None:
    done = run("quarantine", "-o", operation.folder)
    assert done.code == 0
    assert done.out.startswith("3 rows wait in quarantine.\n")
    assert "known_value" in done.out
    assert "A time can be read" in done.out
    assert "calls.csv" in done.out


def test_rows_are_shown_whole(run: Any, operation: Operation, waiting: Path) -> None:
    done = run("quarantine", "--rows", "-o", operation.folder)
    assert "soon" in done.out
    assert "2 of 3 rows" in run("quarantine", "--rows", "--limit", "2", "-o", operation.folder).out


def test_one_check_can_be_picked(run: Any, operation: Operation, waiting: Path) -> None:
    told = run("quarantine", "--check", "is_a_time", "-o", operation.folder, "--json").json
    assert [each["check"] for each in told["reasons"]] == ["is_a_time"]
    assert [each["line"] for each in told["rows"]] == [3]


def test_one_source_can_be_picked(run: Any, operation: Operation, waiting: Path) -> None:
    assert run("quarantine", "--source", "other", "-o", operation.folder).out.startswith("Nothing")


def test_a_mended_mapping_drains_it(run: Any, operation: Operation, waiting: Path) -> None:
    path = operation.mappings / "phone.yaml"
    path.write_text(MAPPING.replace("{ok: handled}", "{ok: handled, odd: failed}"))
    done = run("ingest", waiting, "-o", operation.folder)
    assert "2 rows that were set aside before: in the ledger now." in done.out
    assert run("quarantine", "-o", operation.folder).out.startswith("1 row waits")


def test_an_empty_quarantine_says_so(run: Any, operation: Operation) -> None:
    done = run("quarantine", "-o", operation.folder)
    assert (done.code, done.out) == (0, "Nothing waits in quarantine.\n")
    assert run("quarantine", "-o", operation.folder, "--json").json == {"reasons": [], "rows": []}
