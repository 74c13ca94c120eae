"""Set-up: everything is locked by hash, no host is named, and the demo needs no test tools."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def pins(lock: Path) -> dict[str, str]:
    """Each locked package and its lines."""
    blocks = re.split(r"\n(?=[a-z0-9])", lock.read_text(encoding="utf-8"))
    found = (re.match(r"([a-z0-9._-]+)(?:\[[^\]]*\])?==", block) for block in blocks)
    return {match[1]: block for match, block in zip(found, blocks, strict=True) if match}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_is_locked_by_hash_and_no_host_is_named(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text
    packages = pins(lock)
    assert packages
    assert all("--hash=sha256:" in block for block in packages.values())


def test_every_dependency_is_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = pins(ROOT / "requirements" / "run.lock")
    names = [re.split(r"[\[<>=!~ ]", each)[0] for each in project["dependencies"]]
    assert [name for name in names if name not in locked] == []


@needs_make
def test_the_demo_needs_only_what_runs() -> None:
    steps = subprocess.run(
        ["make", "-n", "-W", "pyproject.toml", "demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "run.lock" in steps
    assert "dev.lock" not in steps
    assert "demo.py" in steps


@needs_make
def test_a_python_that_is_too_old_is_told_plainly(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text(
        "#!/usr/bin/env bash\n"
        "# A stand-in that says it is Python 3.8.\n"
        'exec python3 -c "import sys; sys.version_info = (3, 8, 1); exec(sys.argv[1])" "$2"\n'
    )
    old.chmod(0o755)
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    done = subprocess.run(
        ["make", f"PYTHON={old}", "demo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "Andon needs Python 3.11 or newer." in done.stderr
    assert "Python 3.8" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_ci_runs_what_people_run() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "set -euo pipefail" in script
    assert script.rstrip().endswith("make check\nmake test")
