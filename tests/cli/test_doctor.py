"""``andon doctor`` checks the machine and the operation, and says what to do."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ibis.expr.types as ir
import pytest

from andon.ledger.store import Ledger
from andon.operation import Operation
from centre import made_centre


def states(told: Any) -> dict[str, str]:
    return {check["name"]: check["state"] for check in told["checks"]}


def test_a_new_operation_is_well(run: Any, operation: Operation) -> None:
    done = run("doctor", "-o", operation.folder)
    assert done.code == 0
    assert done.out.startswith("All is well")
    assert "● well   pseudonyms" in done.out


def test_without_an_operation_the_machine_is_checked(run: Any, tmp_path: Path) -> None:
    done = run("doctor", "-o", tmp_path, "--json")
    assert done.code == 0
    assert done.json["well"] is True
    assert states(done.json)["Python"] == "well"
    assert states(done.json)["operation"] == "note"


def test_a_file_that_cannot_be_used_is_wrong_and_leaves_with_11(run: Any, tmp_path: Path) -> None:
    (tmp_path / "andon.yaml").write_text("name: A\nzone: Nowhere/Land\n")
    done = run("doctor", "-o", tmp_path)
    assert done.code == 11
    assert "Nowhere/Land" in done.out
    assert "To do:" in done.out


def test_a_key_that_others_can_read_is_wrong(run: Any, operation: Operation) -> None:
    assert operation.pseudonym_file is not None
    operation.pseudonym_file.chmod(0o644)
    done = run("doctor", "-o", operation.folder, "--json")
    assert done.code == 11
    assert states(done.json)["pseudonyms"] == "wrong"


def test_a_lost_key_is_wrong(run: Any, operation: Operation) -> None:
    assert operation.pseudonym_file is not None
    operation.pseudonym_file.unlink()
    assert run("doctor", "-o", operation.folder).code == 11


def test_pseudonyms_turned_off_are_noted(run: Any, tmp_path: Path) -> None:
    Operation.create(tmp_path, name="A", pseudonyms=False)
    assert states(run("doctor", "-o", tmp_path, "--json").json)["pseudonyms"] == "note"


@pytest.mark.parametrize(("free", "state"), [(10**6, "wrong"), (10**8, "note"), (10**10, "well")])
def test_a_full_disk_is_told(
    run: Any, operation: Operation, monkeypatch: pytest.MonkeyPatch, free: int, state: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert states(run("doctor", "-o", operation.folder, "--json").json)["disk"] == state


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_wrong(run: Any, operation: Operation) -> None:
    operation.reports.chmod(0o500)
    done = run("doctor", "-o", operation.folder, "--json")
    operation.reports.chmod(0o700)
    assert states(done.json)["reports/"] == "wrong"


def test_a_folder_that_refuses_is_told_even_to_root(
    run: Any, operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    done = run("doctor", "-o", operation.folder)
    assert done.code == 11
    assert "cannot be written (Permission denied)" in done.out


def test_an_empty_ledger_is_noted(run: Any, operation: Operation) -> None:
    assert states(run("doctor", "-o", operation.folder, "--json").json)["ledger"] == "note"


def test_a_ledger_whose_files_are_there_is_well(run: Any, tmp_path: Path) -> None:
    centre = made_centre(tmp_path)
    done = run("doctor", "-o", centre.folder)
    assert done.code == 0
    assert "1,200 contacts after 1 run;" in done.out


def test_a_ledger_that_lost_a_file_is_wrong(run: Any, tmp_path: Path) -> None:
    centre = made_centre(tmp_path)
    next((centre.ledger / "contacts").glob("*.parquet")).unlink()
    done = run("doctor", "-o", centre.folder)
    assert done.code == 11
    assert "has lost a file" in done.out


def test_what_a_run_that_died_left_behind_is_noted(run: Any, operation: Operation) -> None:
    ledger = Ledger.open(operation.ledger)
    died = operation.folder / "died"
    with ledger.writing("died-run") as staging:
        (staging / "half.parquet").write_bytes(b"half")
        assert ledger.left_behind() == ()  # a run that is still writing is none of ours
        shutil.copytree(staging, died)
    shutil.copytree(died, staging)
    told = run("doctor", "-o", operation.folder, "--json").json
    assert states(told)["staging"] == "note"
    assert told["well"] is True


def test_an_engine_that_cannot_be_reached_is_wrong(
    run: Any, operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = operation.file.read_text()
    operation.file.write_text(text.replace("engine: duckdb", "engine: trino://${WHO}@nowhere/db"))
    monkeypatch.delenv("WHO", raising=False)
    done = run("doctor", "-o", operation.folder)
    assert done.code == 11
    assert "WHO" in done.out


def test_an_engine_that_may_keep_no_tables_is_wrong(
    run: Any, operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: ir.Table) -> ir.Table:
        raise RuntimeError("permission denied to create temporary tables\nLINE 1: CREATE")

    monkeypatch.setattr(ir.Table, "cache", refuse)
    done = run("doctor", "-o", operation.folder)
    assert done.code == 11
    assert "refuses: permission denied to create temporary tables" in done.out
    assert "LINE 1" not in done.out


def spark_operation(operation: Operation) -> Operation:
    operation.file.write_text(operation.file.read_text().replace("engine: duckdb", "engine: spark"))
    return operation


def java(tmp_path: Path, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Java that says its version, as real ones do, on standard error."""
    home = tmp_path / "java" / "bin"
    home.mkdir(parents=True)
    program = home / "java"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.stderr.write({said!r})\n")
    program.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(home.parent))


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for Java is a script")
@pytest.mark.parametrize(
    ("said", "state"),
    [
        ('openjdk version "21.0.2" 2024-01-16', "well"),
        ('openjdk version "17" 2021-09-14', "well"),
        ('java version "1.8.0_392"', "wrong"),
        ("nonsense", "wrong"),
    ],
)
def test_spark_needs_a_java_that_is_new_enough(
    run: Any,
    operation: Operation,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    state: str,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: object())
    java(tmp_path, said, monkeypatch)
    done = run("doctor", "-o", spark_operation(operation).folder, "--json")
    assert states(done.json)["engine"] == state


def test_spark_without_its_extra_is_told(
    run: Any, operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    done = run("doctor", "-o", spark_operation(operation).folder)
    assert done.code == 11
    assert "andon[spark]" in done.out


def test_pdf_without_pango_is_a_note(
    run: Any, operation: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = importlib.import_module

    def without_pango(name: str) -> object:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return load(name)

    monkeypatch.setattr(importlib, "import_module", without_pango)
    done = run("doctor", "-o", operation.folder, "--json")
    assert states(done.json)["PDF"] == "note"
