"""A first compilation is announced once; what is on disk already is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = ("wait", "--load", "10", "--handle", "180", "--agents", "14", "--patience", "60")
SAID = "Preparing the arithmetic, once: a few seconds."


def ran(cache: Path, *more: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "andon.cli.main", *COMMAND, *more],
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache), "NUMBA_DISABLE_JIT": "0", **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


@pytest.mark.slow
def test_the_first_run_says_what_it_is_doing_and_the_second_need_not(tmp_path: Path) -> None:
    first = ran(tmp_path)
    assert first.stderr.splitlines() == [SAID]
    again = ran(tmp_path)
    assert again.stderr == ""
    uncompiled = ran(tmp_path, NUMBA_DISABLE_JIT="1")
    assert uncompiled.stderr == ""
    assert first.stdout == again.stdout == uncompiled.stdout


@pytest.mark.slow
def test_machines_are_told_nothing_but_the_answer(tmp_path: Path) -> None:
    assert ran(tmp_path, "--json").stderr == ""


def test_a_kernel_on_disk_answers_for_every_kernels_file_and_not_only_its_own() -> None:
    """One that was compiled against another layout of memory would end the process."""
    from andon.queueing._kernels import erlang

    if os.environ.get("NUMBA_DISABLE_JIT") == "1":
        pytest.skip("nothing is compiled")
    files = {each.name for each in Path(erlang.__file__).parent.glob("*.py")}
    kernel: Any = erlang._poisson
    assert {name for name, _, _ in kernel._cache._cache_file._source_stamp} == files
