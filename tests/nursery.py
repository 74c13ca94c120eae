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
        )
        tell(law=run.law)
    except BaseException as bad:  # noqa: BLE001 - told to whoever gave the order
        tell(failed=repr(bad))
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


if __name__ == "__main__":
    main()
