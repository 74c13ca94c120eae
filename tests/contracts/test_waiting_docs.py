"""The mathematics of waiting: its surface is a list, and every name on it says what it is."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
from pathlib import Path
from types import FunctionType

import pytest

import andon.queueing

SOURCE = re.compile(r"\b(1[89]|20)\d\d\b|https?://")
FUNCTIONS = [
    name
    for name in andon.queueing.__all__
    if isinstance(getattr(andon.queueing, name), FunctionType)
]
CLASSES = [
    name for name in andon.queueing.__all__ if inspect.isclass(getattr(andon.queueing, name))
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_says_what_it_takes_and_whence_it_is_and_shows_it(name: str) -> None:
    function = getattr(andon.queueing, name)
    told = inspect.getdoc(function) or ""
    assert told.splitlines()[0].endswith(".")
    assert ">>> " in told, "no example"
    taken = inspect.signature(function).parameters
    assert [each for each in taken if not re.search(rf"\b{each}\b", told)] == []
    home = inspect.getdoc(importlib.import_module(function.__module__)) or ""
    assert SOURCE.search(told) or SOURCE.search(home), "no source"


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_explains_each_of_its_fields(name: str) -> None:
    thing = getattr(andon.queueing, name)
    told = inspect.getdoc(thing) or ""
    assert told.splitlines()[0].endswith(".")
    fields = getattr(thing, "__dataclass_fields__", {})
    assert [each for each in fields if each[0] != "_" and not re.search(rf"\b{each}\b", told)] == []


@pytest.mark.parametrize("name", andon.queueing.__all__)
def test_no_name_is_also_a_modules(name: str) -> None:
    """Once a module is imported, its name on the package is the module."""
    assert importlib.util.find_spec(f"andon.queueing.{name}") is None
    assert not inspect.ismodule(getattr(andon.queueing, name))


def test_the_list_is_sorted_and_type_checkers_are_told_the_same() -> None:
    assert andon.queueing.__all__ == sorted(set(andon.queueing.__all__)) == dir(andon.queueing)
    tree = ast.parse(Path(andon.queueing.__file__).read_text(encoding="utf-8"))
    told = {
        (node.module, alias.name)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If)
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    homes = andon.queueing._HOMES
    assert told == {(home, name) for home, names in homes.items() for name in names}
    assert sorted(name for _, name in told) == andon.queueing.__all__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = andon.queueing.nothing
