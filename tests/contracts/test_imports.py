"""What stays unloaded: starting up must cost next to nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "altair",
    "deltalake",
    "duckdb",
    "ibis",
    "jinja2",
    "numba",
    "numpy",
    "pandas",
    "pyarrow",
    "pyspark",
    "scipy",
    "sqlalchemy",
    "starlette",
    "vl_convert",
    "weasyprint",
    "yaml",
)


def loaded_after(statement: str) -> set[str]:
    """Top-level modules that a fresh Python holds after ``statement``."""
    code = (
        f"{statement}\nimport sys\nprint('\\n'.join({{n.partition('.')[0] for n in sys.modules}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split("\n"))


@pytest.mark.parametrize(
    "statement",
    [
        "import andon",
        "import andon.cli.main",
        "from andon import AndonError",
        "from andon.cli.main import andon_command as c\nc.main(['--help'], standalone_mode=False)",
    ],
    ids=["import andon", "the command", "one light name", "andon --help"],
)
def test_nothing_heavy_is_loaded(statement: str) -> None:
    assert loaded_after(statement) & set(HEAVY) == set()


def test_the_check_itself_sees_what_is_loaded() -> None:
    assert "numpy" in loaded_after("import numpy")
