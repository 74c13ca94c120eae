"""What ingest runs tell a report: no row counts twice, and the law is shown."""

from __future__ import annotations

from typing import Any

from andon.report.runs import quality_of


def run(
    *files: str, read: int, source: str = "phone", reasons: int = 0, notes: int = 0
) -> dict[str, Any]:
    return {
        "source": source,
        "read": read,
        "added": read - reasons,
        "changed": 0,
        "unchanged": 0,
        "quarantined": reasons,
        "details": {
            "files": [{"name": name} for name in files],
            "notes": {"times_in_order:ended_at": notes} if notes else {},
            "reasons": [{"check": "is_a_time", "about": "at", "rows": reasons}] if reasons else [],
        },
    }


def test_each_run_shows_its_law_and_what_checks_met() -> None:
    quality = quality_of([run("a.csv", read=10, reasons=2, notes=3), run("b.csv", read=5, notes=1)])
    assert [(each.file, each.read, each.quarantined) for each in quality.runs] == [
        ("a.csv", 10, 2),
        ("b.csv", 5, 0),
    ]
    assert all(each.law_holds for each in quality.runs)
    assert {(each.name, each.severity, each.rows) for each in quality.checks} == {
        ("is_a_time", "quarantine", 2),
        ("times_in_order", "blank", 4),
    }


def test_a_file_that_was_loaded_again_counts_by_its_last_run() -> None:
    quality = quality_of([run("a.csv", read=10, reasons=2), run("a.csv", read=10)])
    assert [(each.read, each.quarantined) for each in quality.runs] == [(10, 0)]
    assert quality.checks == ()


def test_the_same_name_from_another_source_is_another_file() -> None:
    quality = quality_of([run("a.csv", read=10), run("a.csv", read=7, source="mail")])
    assert [each.read for each in quality.runs] == [10, 7]


def test_many_files_of_one_run_are_named_by_the_first() -> None:
    assert quality_of([run("a.csv", "b.csv", "c.csv", read=3)]).runs[0].file == "a.csv and 2 more"


def test_checks_come_in_the_order_in_which_rows_meet_them() -> None:
    names = [each.name for each in quality_of([run("a", read=9, reasons=1, notes=1)]).checks]
    assert names == ["is_a_time", "times_in_order"]
