"""The examples in the small core's docstrings run, and print what they say."""

from __future__ import annotations

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "module",
    [
        "andon.answer",
        "andon.errors",
        "andon.estimate.arithmetic",
        "andon.estimate.figures",
        "andon.estimate.intervals",
        "andon.queueing.laws",
        "andon.queueing.log_concave",
        "andon.queueing.patience",
        "andon.queueing.patience_fit",
        "andon.queueing.wait_counts",
        "andon.units",
        "andon.verdict",
    ],
)
def test_the_examples_run(module: str) -> None:
    result = doctest.testmod(importlib.import_module(module))
    assert result.attempted > 0
    assert result.failed == 0
