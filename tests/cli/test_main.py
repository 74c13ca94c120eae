"""The command as a whole: its help, its exit codes, its manners."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

import andon
from andon.cli import main as face
from andon.cli.lazy import Lazy
from andon.cli.main import COMMANDS, andon_command
from andon.errors import AndonError, LedgerBusy

ANDON = [sys.executable, "-m", "andon.cli.main"]


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the group a command ``breaks`` that raises what it is told to."""

    def with_problem(problem: BaseException) -> None:
        @click.command()
        @click.option("--json", is_flag=True)
        def breaks_command(**_: object) -> None:
            raise problem

        monkeypatch.setattr(face, "breaks_command", breaks_command, raising=False)
        lazy = Lazy(module="andon.cli.main", name="breaks_command", says="Breaks.")
        monkeypatch.setitem(andon_command.lazy, "breaks", lazy)

    return with_problem


def test_help_lists_every_command_in_a_newcomers_order(run: Any) -> None:
    done = run("--help")
    assert done.code == 0
    listed = re.findall(r"^  (\w+)  +\S", done.out.partition("Commands:")[2], re.MULTILINE)
    assert listed == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_there_and_says_what_help_says_of_it(name: str) -> None:
    with click.Context(andon_command) as context:
        command = andon_command.get_command(context, name)
    assert command is not None
    assert command.name == name
    assert command.get_short_help_str(200) == COMMANDS[name].says


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_answers_in_json_and_explains_itself(run: Any, name: str) -> None:
    done = run(name, "--help")
    assert done.code == 0
    assert "--json" in done.out


def test_alone_it_helps(run: Any) -> None:
    assert run() == run("--help")


def test_the_version_is_told(run: Any) -> None:
    assert run("--version").out == f"andon {andon.__version__}\n"


def test_a_command_that_is_not_there_is_a_usage_error(run: Any) -> None:
    done = run("digress")
    assert done.code == 2
    assert done.err.splitlines() == [
        "The command line cannot be understood.",
        "Found: No such command 'digress'.",
        "To do: See andon --help.",
    ]


def test_usage_errors_speak_json_as_well(run: Any) -> None:
    done = run("init", "--jsonn", "--json")
    assert done.code == 2
    assert done.out == ""
    assert done.error["error"] == "usage"
    assert "--jsonn" in done.error["found"]


def test_a_known_error_is_three_lines_and_its_own_exit_code(run: Any, breaks: Any) -> None:
    breaks(LedgerBusy("Busy.", found="process 7", todo="Wait."))
    done = run("breaks")
    assert done.code == LedgerBusy.exit_code
    assert done.out == ""
    assert done.err == "Busy.\nFound: process 7\nTo do: Wait.\n"
    assert run("breaks", "--json").error == {
        "error": "ledger_busy",
        "wrong": "Busy.",
        "found": "process 7",
        "todo": "Wait.",
    }


def test_an_unknown_error_is_short_and_its_traceback_goes_to_a_private_log(
    run: Any, breaks: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    breaks(ZeroDivisionError("division by zero\nand more"))
    done = run("breaks")
    assert done.code == 1
    assert "Traceback" not in done.err
    assert "Found: ZeroDivisionError: division by zero\n" in done.err
    (log,) = tmp_path.glob("andon-*.log")
    assert str(log) in done.err
    assert "Traceback" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_an_unknown_error_without_room_for_a_log_still_says_so(
    run: Any, breaks: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    breaks(RuntimeError("odd"))
    done = run("breaks", "--json")
    assert done.code == 1
    assert done.error["error"] == "error"
    assert "No log could be written" in done.error["todo"]


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), click.Abort()])
def test_the_keyboard_stops_it_politely(run: Any, breaks: Any, problem: BaseException) -> None:
    breaks(problem)
    done = run("breaks")
    assert (done.code, done.err.strip()) == (130, "Stopped.")


def test_exit_codes_are_distinct_for_each_kind_of_error() -> None:
    kinds = [kind for kind in AndonError.__subclasses__() if kind.__module__ == "andon.errors"]
    codes = [kind.exit_code for kind in kinds]
    assert len(set(codes)) == len(codes)
    assert min(codes) > 2


@pytest.mark.parametrize("words", [["--help"], ["doctor"], ["doctor", "--json"]], ids=" ".join)
def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path, words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*ANDON, *words],
        stdout=writer,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert "rror" not in done.stderr
    assert done.returncode == 0


def test_pipes_get_no_colour(tmp_path: Path) -> None:
    done = subprocess.run(
        [*ANDON, "init", str(tmp_path)], capture_output=True, check=True, timeout=60
    )
    assert b"\x1b" not in done.stdout + done.stderr


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_a_terminal_gets_colour_unless_asked_not_to(
    tmp_path: Path, no_color: str, coloured: bool
) -> None:
    ours, theirs = os.openpty()
    environment = {**os.environ, "NO_COLOR": no_color, "TERM": "xterm"}
    subprocess.run(
        [*ANDON, "init", str(tmp_path)], stdout=theirs, env=environment, check=True, timeout=60
    )
    os.close(theirs)
    shown = os.read(ours, 65536)
    os.close(ours)
    assert (b"\x1b[1m" in shown) is coloured
