"""One shape for every failure, in every command: three lines, or one object for machines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from andon import errors
from andon.cli import main as face
from andon.cli.exits import CODES
from andon.cli.lazy import Lazy
from andon.cli.main import andon_command
from andon.errors import AndonError
from andon.operation import Operation

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, AndonError)
]
SHAPE = {"error", "wrong", "found", "todo"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_of_error_has_the_one_shape(
    run: Any, monkeypatch: pytest.MonkeyPatch, kind: type[AndonError]
) -> None:
    @click.command()
    @click.option("--json", is_flag=True)
    def breaks(**_: object) -> None:
        raise kind("It broke.", found="a thing", todo="Mend it.")

    monkeypatch.setattr(face, "breaks", breaks, raising=False)
    assert hasattr(andon_command, "lazy")
    monkeypatch.setitem(
        andon_command.lazy,
        "breaks",
        Lazy(module="andon.cli.main", name="breaks", says="Breaks."),
    )
    done = run("breaks", "--json")
    assert done.code == kind.exit_code
    assert done.out == ""
    assert done.error == {
        "error": kind.code,
        "wrong": "It broke.",
        "found": "a thing",
        "todo": "Mend it.",
    }
    assert run("breaks").err.splitlines() == ["It broke.", "Found: a thing", "To do: Mend it."]


def test_exit_codes_of_errors_and_of_commands_do_not_meet() -> None:
    own = {kind.exit_code for kind in KINDS if kind is not AndonError}
    assert not own & set(CODES)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["init", "{file}/x"], 3),
        (["map", "{none}", "-o", "{operation}"], 5),
        (["map", "{empty}", "-o", "{operation}"], 5),
        (["ingest", "{none}", "--as", "anonymous-bank", "-o", "{operation}"], 5),
        (["ingest", "{binary}", "--as", "anonymous-bank", "-o", "{operation}"], 5),
        (["ingest", "{empty}", "--as", "anonymous-bank", "-o", "{operation}"], 5),
        (["ingest", "{file}", "--as", "anonymous-bank", "-o", "{folder}"], 3),
        (["ingest", "{file}", "--mapping", "{none}", "-o", "{operation}"], 4),
        (["quarantine", "-o", "{folder}"], 3),
        (["ask", "reach", "-o", "{folder}"], 3),
        (["ask", "reach", "-o", "{operation}"], 7),
        (["ask", "reach", "--by", "advisor", "-o", "{operation}"], 7),
        (["ask", "everything", "-o", "{operation}"], 2),
        (["ask", "reach", "--from", "soon", "-o", "{operation}"], 2),
        (["ask", "reach", "--from", "2024-02-01", "--to", "2024-01-01", "-o", "{operation}"], 7),
        (["diagnose", "{folder}"], 3),
        (["diagnose", "{operation}"], 7),
        (["replay", "{none}", "-o", "{operation}"], 10),
        (["replay", "{file}", "-o", "{operation}"], 10),
        (["prove", "build", "{none}", "--into", "{folder}/made"], 14),
        (["prove", "build", "{file}", "--into", "{folder}/made"], 14),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_what_cannot_be_done_is_said_in_the_one_shape(
    run: Any, tmp_path: Path, operation: Operation, words: list[str], code: int
) -> None:
    places = {
        "file": tmp_path / "file.csv",
        "none": tmp_path / "no-such-file",
        "empty": tmp_path / "empty.csv",
        "binary": tmp_path / "binary.csv",
        "folder": tmp_path,
        "operation": operation.folder,
    }
    places["file"].write_text("a,b\n1,2\n")
    places["empty"].touch()
    places["binary"].write_bytes(bytes(range(256)) * 16)
    done = run(*(word.format(**places) for word in words), "--json")
    assert done.code == code, done.err
    assert done.out == ""
    assert set(done.error) == SHAPE
    assert done.error["wrong"]
    assert done.error["found"]
    assert done.error["todo"]
