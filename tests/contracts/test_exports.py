"""The public surface is a list; each name on it is there, sorted, documented and lazily loaded."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import andon

ROOT = Path(andon.__file__).parent


def test_the_list_is_sorted_and_names_nothing_twice() -> None:
    assert andon.__all__ == sorted(set(andon.__all__))


@pytest.mark.parametrize("name", andon.__all__)
def test_each_name_is_there_and_documented(name: str) -> None:
    thing = getattr(andon, name)
    assert inspect.getdoc(thing), f"{name} has no docstring"
    assert thing.__module__.startswith("andon.")


def test_nothing_else_is_public() -> None:
    assert sorted(dir(andon)) == sorted([*andon.__all__, "__version__"])
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = andon.nothing


def test_type_checkers_and_python_are_told_the_same() -> None:
    tree = ast.parse(Path(andon.__file__).read_text(encoding="utf-8"))
    told = {
        (node.module, alias.name)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If)
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert told == {(home, name) for home, names in andon._HOMES.items() for name in names}
    assert sorted(name for _, name in told) == andon.__all__


@pytest.mark.parametrize(
    "path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_each_module_says_what_it_is_and_what_it_offers(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    public = {
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_")
    }
    listed = next(
        (
            {ast.literal_eval(item) for item in node.value.elts}
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == "__all__"
            and isinstance(node.value, ast.List)
        ),
        set(),
    )
    if path.name != "__init__.py":
        assert public <= listed, f"not in __all__: {public - listed}"
