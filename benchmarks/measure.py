"""Measuring a whole process: wall time, CPU time and the most memory it held."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Measured", "measured"]


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


def measured(module: str, *words: str) -> Measured:
    """Run ``python -m module words`` in a process of its own.

    Raises
    ------
    RuntimeError
        If the process fails, with what it said.
    """
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
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
        said=json.loads(said.strip().splitlines()[-1]),
    )
