"""A process that imports once and starts a child for each ingest, so that many can be killed.

It reads an order a line (JSON), tells the child's process id, what the child reports on its way,
and that it is over; at the next line it tells how. Until then the child's process id is nobody
else's. A child may be told to kill itself just before the n-th of the steps by which a run changes
what is on the disk.
"""

from __future__ import annotations

import functools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import deltalake
import pyarrow.parquet as pq

from andon.ledger.ingest import ingest
from andon.ledger.mapping import load_mapping
from andon.ledger.store import Ledger

STEPS: tuple[tuple[Any, str], ...] = (
    (pathlib.Path, "replace"),
    (pathlib.Path, "rename"),
    (pathlib.Path, "unlink"),
    (pathlib.Path, "mkdir"),
    (shutil, "rmtree"),
    (pq, "write_table"),
    (deltalake.DeltaTable, "create"),
    (deltalake.DeltaTable, "create_write_transaction"),
    (deltalake.DeltaTable, "restore"),
)
"""Everything by which a run changes the ledger's folder, but for what it writes into staging."""


def main() -> None:
    """Serve orders until there are no more."""
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _obey(order)
        tell(child=child)
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        tell(over=True)
        sys.stdin.readline()
        _, status = os.waitpid(child, 0)
        tell(ended=os.waitstatus_to_exitcode(status))


def tell(**what: object) -> None:
    """Report one thing."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _obey(order: dict[str, Any]) -> NoReturn:
    kill_at = order.get("kill_at")
    if kill_at is not None:
        _kill_at(kill_at)
    folder = Path(order["folder"])
    try:
        run = ingest(
            Ledger.open(folder / "ledger"),
            [folder / name for name in order["files"]],
            load_mapping(folder / order["mapping"]),
            progress=lambda what: tell(doing=what),
            wait_s=order.get("wait_s", 30.0),
        )
        tell(law=run.law)
    except BaseException as bad:  # noqa: BLE001 - told to whoever gave the order
        tell(failed=str(bad))
        os._exit(1)
    os._exit(0)


def _kill_at(moment: int) -> None:
    """Die just before the given step."""
    passed = 0

    def wrapped(step: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(step)
        def inner(*args: Any, **kwargs: Any) -> Any:
            nonlocal passed
            passed += 1
            if passed == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(*args, **kwargs)

        return inner

    for home, name in STEPS:
        given = home.__dict__[name]
        if isinstance(given, classmethod):
            setattr(home, name, classmethod(wrapped(given.__func__)))
        else:
            setattr(home, name, wrapped(given))


class Nursery:
    """The other end: gives the orders, and hears what becomes of them."""

    def __init__(self) -> None:
        self.failure = ""
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, folder: Path, *files: str, **more: object) -> int:
        """Begin an ingest; the process id of the child."""
        order = {"folder": str(folder), "files": files, "mapping": "m.yaml", **more}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        while "child" not in (told := self.told()):
            pass
        return int(told["child"])

    def told(self) -> dict[str, Any]:
        """The next thing that it reports."""
        assert self._process.stdout is not None
        said: dict[str, Any] = json.loads(self._process.stdout.readline())
        return said

    def end(self) -> int:
        """Wait for the child; its exit code, or the negative signal that ended it."""
        while "over" not in (told := self.told()):
            self.failure = told.get("failed", self.failure)
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self.told()["ended"])

    def run(self, folder: Path, *files: str, kill_at: int | None = None) -> int:
        """One ingest from its beginning to its end."""
        self.start(folder, *files, kill_at=kill_at)
        return self.end()

    def close(self) -> None:
        """No more orders."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()


if __name__ == "__main__":
    main()
