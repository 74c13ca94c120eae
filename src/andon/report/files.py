"""Files that people open: written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from andon.errors import ReportError

__all__ = ["put"]


def put(path: Path, content: bytes, *, what: str, todo: str) -> None:
    """Write a whole file or none, so that a reader never meets half of it.

    Parameters
    ----------
    path : Path
        Folders on the way are made.
    content : bytes
    what : str
        What it is, for an error: ``"The chart"``.
    todo : str
        What to do if it cannot be written.

    Raises
    ------
    ReportError
        If it cannot be written; what stood there before still does.
    """
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(content)
        half.replace(path)
    except OSError as problem:
        with contextlib.suppress(OSError):
            half.unlink()
        raise ReportError(
            f"{what} cannot be written.",
            found=f"{path}: {problem.strerror or problem}",
            todo=todo,
        ) from problem
