"""Measuring: a whole process (wall time, CPU time, the most memory it held), or a call in one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = ["Measured", "measured", "timed"]

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What one process took.

    Attributes
    ----------
    wall_s, cpu_s : float
        From its start to its end, imports and all.
    peak_mb : float
        Its largest resident set, children left out.
    said : mapping
        The JSON that it printed last.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    said: Mapping[str, Any]


def measured(
    module: str,
    *words: str,
    cores: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> Measured:
    """Run ``python -m module words`` in a process of its own.

    Parameters
    ----------
    module : str
    words : str
    cores : int, optional
        The process, and what it starts, may use so many cores; all if not given, or where the
        system has no way to say so.
    environment : mapping, optional
        Variables to set beside ours.

    Raises
    ------
    RuntimeError
        If the process fails, with what it said.
    """
    begin = time.perf_counter()
    with _held_to(cores):
        process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
    assert process.stdout is not None
    assert process.stderr is not None
    said, wrong = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begin
    if process.returncode:
        raise RuntimeError(f"{module} {' '.join(words)} failed:\n{wrong[-2000:]}")
    return Measured(
        wall_s=wall,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / 1024,
        said=json.loads(said[said.rfind("\n{") + 1 :]),
    )


def timed(action: Callable[[], _T], times: int) -> tuple[list[float], list[_T]]:
    """Do something several times: the seconds that each took, and what each gave."""
    seconds, given = [], []
    for _ in range(times):
        begin = time.perf_counter()
        given.append(action())
        seconds.append(time.perf_counter() - begin)
    return seconds, given


@contextmanager
def _held_to(cores: int | None) -> Iterator[None]:
    """Whatever starts now may use so many cores: it inherits this process's."""
    if cores is None or not hasattr(os, "sched_setaffinity"):
        yield
        return
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(ours)[-cores:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, ours)
