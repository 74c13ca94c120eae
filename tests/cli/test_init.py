"""``andon init`` makes an operation and says what it wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from andon.cli.init import zone_of_this_machine
from andon.operation import Operation


def test_a_new_operation_is_made_and_explained(run: Any, tmp_path: Path) -> None:
    done = run(
        "init",
        tmp_path / "bank",
        "--zone",
        "Asia/Jerusalem",
        "--currency",
        "ILS",
        "--per-hour",
        "61",
    )
    assert done.code == 0
    assert done.err == ""
    assert "Made the operation 'bank'" in done.out
    assert "andon.yaml" in done.out
    made = Operation.open(tmp_path / "bank")
    assert (made.name, made.zone, made.costs.per_hour) == ("bank", "Asia/Jerusalem", 61.0)


def test_the_secret_key_is_never_printed(run: Any, tmp_path: Path) -> None:
    done = run("init", tmp_path, "--zone", "UTC")
    key = Operation.open(tmp_path).pseudonym_key()
    assert key is not None
    assert key.hex() not in done.out + done.err


def test_pseudonyms_can_be_left_off(run: Any, tmp_path: Path) -> None:
    assert run("init", tmp_path, "--zone", "UTC", "--no-pseudonyms").code == 0
    assert Operation.open(tmp_path).pseudonym_file is None
    assert not (tmp_path / "pseudonym.key").exists()


def test_machines_are_told_in_json(run: Any, tmp_path: Path) -> None:
    done = run("init", tmp_path / "bank", "--name", "Corner", "--zone", "UTC", "--json")
    assert done.json == {"name": "Corner", "zone": "UTC", "folder": str(tmp_path / "bank")}


def test_a_zone_that_does_not_exist_is_told(run: Any, tmp_path: Path) -> None:
    done = run("init", tmp_path / "bank", "--zone", "Europe/Atlantis", "--json")
    assert done.code == 3
    assert "Europe/Atlantis" in done.error["found"]
    assert not (tmp_path / "bank").exists()


def test_an_operation_is_never_overwritten(run: Any, tmp_path: Path) -> None:
    run("init", tmp_path, "--zone", "UTC")
    before = (tmp_path / "andon.yaml").read_text()
    assert run("init", tmp_path, "--name", "Other", "--zone", "UTC").code == 3
    assert (tmp_path / "andon.yaml").read_text() == before


def test_the_machines_zone_is_one_that_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/Santiago")
    assert zone_of_this_machine() == "America/Santiago"
    for odd in ("", "CET-1CEST", ":/etc/localtime", "Nowhere/Land"):
        monkeypatch.setenv("TZ", odd)
        assert Operation.create(
            tmp_path / odd.replace("/", "_"), name="A", zone=zone_of_this_machine()
        )
