"""What several tests share."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pytest
from hypothesis import settings

from andon.cli.main import main
from andon.ledger.window import open_window
from andon.operation import Operation

# A first call may compile, and machines are shared: no test is judged by the clock.
# ANDON_TEST_SAME=1 tries the same examples each time, so that a change is judged and not its luck.
settings.register_profile("andon", deadline=None)
settings.register_profile("same", deadline=None, derandomize=True)
settings.load_profile("same" if os.environ.get("ANDON_TEST_SAME") == "1" else "andon")


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What one run of the command left: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, read as JSON."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """Standard error, read as JSON."""
        return json.loads(self.err)


AndonCommand = Callable[..., Run]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> AndonCommand:
    """Run ``andon`` with the words given, in this process."""

    def ran(*words: str | os.PathLike[str]) -> Run:
        with pytest.raises(SystemExit) as left:
            main([os.fspath(word) for word in words])
        out, err = capsys.readouterr()
        return Run(code=int(left.value.code or 0), out=out, err=err)

    return ran


@pytest.fixture
def operation(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    """A new, empty operation."""
    return Operation.create(
        tmp_path_factory.mktemp("operation"),
        name="Corner Bank",
        zone="Asia/Jerusalem",
        currency="ILS",
        per_hour=60,
    )


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ir.Table]:
    """The contacts of the Anonymous Bank's calls, loaded as ``make demo`` loads them."""
    calls = Path(__file__).parents[1] / "examples/anonymous-bank/calls_1999_01_to_07_and_09.parquet"
    folder = tmp_path_factory.mktemp("bank")
    made = Operation.create(folder, name="Bank", zone="Asia/Jerusalem", currency="ILS")
    with pytest.raises(SystemExit) as left:
        main(["ingest", os.fspath(calls), "--as", "anonymous-bank", "-o", os.fspath(folder)])
    assert not left.value.code
    with open_window(made) as window:
        yield window.contacts
