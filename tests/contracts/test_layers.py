"""A package imports only what stands above it: the design's order, held by the syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import andon

ROOT = Path(andon.__file__).parent

LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors", "units"),
    ("marked", "keys"),
    ("estimate", "answer"),
    ("finding", "verdict"),
    ("operation",),
    ("ledger",),
    ("journal",),
    ("care",),
    ("queueing",),
    ("demand",),
    ("voice",),
    ("metrics",),
    ("capacity",),
    ("slo",),
    ("goodhart",),
    ("trials",),
    ("bots",),
    ("line",),
    ("report",),
    ("proving",),
    ("web", "cli"),
)
"""From the core down; names in one tuple may import each other, save that faces stay apart."""

RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
NUMBERS_ONLY = ("ibis", "duckdb", "pandas", "pyarrow", "deltalake", "andon.ledger")


def imports(source: str, *, package: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that ``source`` imports, at the top or inside a function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            for alias in node.names:
                yield node.lineno, f"{module}.{alias.name}"


def breaches(source: str, *, module: str, package: str) -> list[str]:
    """Each import of ``module`` that points downwards or sideways, as ``line: name``."""
    own = module.split(".")[1]
    found = []
    for line, name in imports(source, package=package):
        parts = name.split(".")
        if parts[0] != "andon" or len(parts) < 2 or parts[1] not in RANK or parts[1] == own:
            continue
        sideways = {own, parts[1]} == {"web", "cli"}
        if RANK[parts[1]] > RANK[own] or sideways:
            found.append(f"{line}: {name}")
    return found


def modules() -> list[tuple[str, str, Path]]:
    """Name, package and path of every module below ``andon``; the front door apart."""
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        package = ".".join(parts[:-1])
        name = package if parts[-1] == "__init__" else ".".join(parts)
        if name != "andon":
            found.append((name, package, path))
    return found


@pytest.mark.parametrize("module", modules(), ids=lambda module: module[0])
def test_a_module_imports_only_what_stands_above_it(module: tuple[str, str, Path]) -> None:
    name, package, path = module
    assert name.split(".")[1] in RANK, f"say in LAYERS where {name} stands"
    assert breaches(path.read_text(encoding="utf-8"), module=name, package=package) == []


@pytest.mark.parametrize("path", sorted((ROOT / "queueing").rglob("*.py")), ids=lambda p: p.name)
def test_queueing_is_pure_numbers_and_knows_no_ledger(path: Path) -> None:
    named = [
        name for _, name in imports(path.read_text(encoding="utf-8"), package="andon.queueing")
    ]
    assert [name for name in named if name.startswith(NUMBERS_ONLY)] == []


def test_the_walk_sees_imports_inside_functions_and_relative_ones() -> None:
    source = "def f():\n    from andon.report import words\n    from ..cli import main\n"
    found = breaches(source, module="andon.ledger.store", package="andon.ledger")
    assert found == ["2: andon.report.words", "3: andon.cli.main"]


def test_the_two_faces_stay_apart() -> None:
    assert breaches("import andon.web.app", module="andon.cli.main", package="andon.cli")


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    names = {part for name, _, _ in modules() for part in name.split(".")}
    assert not names & {"utils", "util", "helpers", "helper", "core", "common", "misc"}
