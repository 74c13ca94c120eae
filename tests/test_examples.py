"""The examples in docstrings run, and print what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import andon

ROOT = Path(andon.__file__).parent
CORE = [
    "andon.answer",
    "andon.errors",
    "andon.estimate.arithmetic",
    "andon.estimate.figures",
    "andon.estimate.intervals",
    "andon.units",
    "andon.verdict",
]
WAITING = [
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
    for path in sorted((ROOT / "queueing").rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("module", [*CORE, *WAITING])
def test_the_examples_run(module: str) -> None:
    result = doctest.testmod(importlib.import_module(module), optionflags=doctest.ELLIPSIS)
    assert result.attempted > 0
    assert result.failed == 0
