"""Progress: what is being done and how much is left, once it has taken a second."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from types import TracebackType
from typing import Self, TextIO

__all__ = ["Progress"]

_BEGINS_S = 1.0
_TICK_S = 0.2
_LINE_EVERY_S = 15.0


class Progress:
    """A line on standard error that tells what is being done.

    On a terminal it is one line that changes and is wiped at the end. Elsewhere (a log, a pipe) it
    is a whole line now and then. Nothing is shown for the first second.

    Parameters
    ----------
    what : str
        The first step, for example ``"Reading calls.csv"``.
    stream : file, optional
        Standard error by default.
    quiet : bool
        Show nothing at all, so that a machine finds nothing but an error on standard error.
    """

    def __init__(self, what: str, *, stream: TextIO | None = None, quiet: bool = False) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._moves = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._what, self._done, self._total = what, 0, 0
        self._began = time.monotonic()
        self._said_at = self._began + _BEGINS_S - _LINE_EVERY_S
        self._shown, self._quiet = False, quiet
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def step(self, what: str, done: int = 0, total: int = 0) -> None:
        """Tell what is being done now, and how many of how many (0: not known)."""
        self._what, self._done, self._total = what, done, total

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        if self._shown and self._moves:
            self._write("\r\x1b[2K")

    def _run(self) -> None:
        while not self._quiet and not self._over.wait(_TICK_S):
            now = time.monotonic()
            if now - self._began < _BEGINS_S:
                continue
            if self._moves:
                width = shutil.get_terminal_size().columns - 1
                self._write(f"\r\x1b[2K{self.line(now)[:width]}")
                self._shown = True
            elif now - self._said_at >= _LINE_EVERY_S:
                self._write(f"{self.line(now)}\n")
                self._said_at = now

    def line(self, now: float) -> str:
        """What is shown at the moment ``now`` of the monotonic clock."""
        parts = [self._what]
        if self._total:
            parts.append(f"{self._done:,} of {self._total:,}")
        elif self._done:
            parts.append(f"{self._done:,}")
        parts.append(f"{now - self._began:.0f} s")
        return " · ".join(parts)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._over.set()  # nobody is reading any more; the work goes on
