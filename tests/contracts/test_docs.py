"""The documentation cannot be wrong for long: examples run, links lead, reference is current."""

from __future__ import annotations

import ast
import doctest
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
import yaml

from andon.capacity.lever_keys import LEVERS
from andon.capacity.levers import read_levers
from andon.capacity.planning_file import read_planning
from andon.capacity.promise import Promise
from andon.cli.main import andon_command
from andon.errors import GoalError, PlanError, QueueingError
from andon.goodhart.goal import read_goal
from andon.ledger.mapping import KEYS, load_mapping
from andon.marked import read_marked
from andon.operation import Operation
from andon.proving.reading import read_scenario
from andon.queueing.simulator.reading import read_model

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "examples").rglob("*.md")])
TUTORIALS = [
    *sorted((DOCS / "tutorials").glob("*.md")),
    DOCS / "how-to" / "review-a-goal.md",
    DOCS / "how-to" / "simulate-a-team.md",
    DOCS / "how-to" / "try-a-target.md",
]
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(path: Path, *languages: str) -> Iterator[str]:
    """Code of each fenced block in one of the languages, its indent taken off."""
    for indent, language, code in FENCE.findall(path.read_text(encoding="utf-8")):
        if language in languages:
            yield "".join(line.removeprefix(indent) for line in code.splitlines(keepends=True))


def reference_writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write", DOCS / "reference" / "write.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- reference pages --------------------------------------------------------------------------


@pytest.mark.parametrize("name", reference_writer().PAGES)
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    page = DOCS / name
    assert page.read_text(encoding="utf-8") == reference_writer().PAGES[name](), "run: make docs"


def test_the_mappings_in_the_reference_show_every_key_at_work() -> None:
    shown = sorted((DOCS / "reference" / "mappings").glob("*.yaml"))
    assert len(shown) == 3
    used: set[str] = set()
    for path in shown:
        mapping = load_mapping(path)
        assert mapping.says or mapping.source
        waiting = [yaml.safe_load(path.read_text(encoding="utf-8"))]
        while waiting:
            part = waiting.pop()
            if isinstance(part, dict):
                used |= part.keys()
            waiting += part.values() if isinstance(part, dict) else part
            waiting = [each for each in waiting if isinstance(each, dict | list)]
    assert {key.name for key in KEYS} - used == {"is"}  # for which a value alone stands


# --- links ------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target or target.startswith(("#", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        there = page.parent / file
        assert there.exists(), f"{name_of(page)} points at {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {_anchor(heading) for heading in headings}


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=name_of)
def test_every_page_can_be_reached_from_the_index(page: Path) -> None:
    seen: set[Path] = set()
    waiting = [DOCS / "index.md"]
    while waiting:
        here = waiting.pop().resolve()
        if here in seen or not here.exists():
            continue
        seen.add(here)
        text = here.read_text(encoding="utf-8")
        targets = re.findall(r"\]\(([^)#\s]+\.md)", text)
        waiting += [here.parent / target for target in targets if "://" not in target]
    assert page.resolve() in seen


# --- examples ---------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_python_example_runs(page: Path) -> None:
    """Examples with ``>>>`` run and print what they show; of others the imports must be there."""
    parser = doctest.DocTestParser()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    names: dict[str, object] = {}
    for code in blocks(page, "python", "pycon"):
        if ">>>" in code:
            test = parser.get_doctest(code, names, name_of(page), str(page), 0)
            runner.run(test, clear_globs=False)
            names = test.globs
        else:
            imports: list[ast.stmt] = [
                node
                for node in ast.walk(ast.parse(code))
                if isinstance(node, ast.Import | ast.ImportFrom)
            ]
            exec(compile(ast.Module(imports, []), name_of(page), "exec"), {})
    assert runner.summarize(verbose=False).failed == 0


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_yaml_example_is_taken(page: Path, tmp_path: Path) -> None:
    """By their keys: with a ``source`` a mapping, with ``queues`` a model, with a ``base`` a
    scenario, with a ``measure`` a goal; with a lever a what-if, with what only a planner decides a
    ``plan.yaml``; others are ``andon.yaml``."""
    for code in blocks(page, "yaml"):
        said = yaml.safe_load(code)
        if {"promise", "calendar", "teams", "contracts"} & set(said):
            path = tmp_path / "plan.yaml"
            path.write_text(code, encoding="utf-8")
            usual = Promise(service_level=0.8)
            assert read_planning(read_marked(path, error=PlanError), promise=usual).promise
            continue
        if said.keys() & {lever.name for lever in LEVERS} - {"name"}:
            path = tmp_path / "whatif.yaml"
            path.write_text(code, encoding="utf-8")
            assert not read_levers(path).none
            continue
        if "base" in yaml.safe_load(code):
            line = ROOT / "examples" / "scenarios" / "service-line.yaml"
            shutil.copy(line, tmp_path / line.name)
            path = tmp_path / "scenario.yaml"
            path.write_text(code, encoding="utf-8")
            assert read_scenario(path).name
        elif "measure" in yaml.safe_load(code):
            path = tmp_path / "goal.yaml"
            path.write_text(code, encoding="utf-8")
            assert read_goal(read_marked(path, error=GoalError)).says
        elif "queues" in yaml.safe_load(code):
            path = tmp_path / "model.yaml"
            path.write_text(code, encoding="utf-8")
            assert read_model(read_marked(path, error=QueueingError)).queues
        elif "source" in yaml.safe_load(code):
            path = tmp_path / "mapping.yaml"
            path.write_text(code, encoding="utf-8")
            assert load_mapping(path).rules
        else:
            least = [f"{key}: UTC\n" for key in ("name", "zone") if key not in said]
            (tmp_path / "andon.yaml").write_text("".join([*least, code]), encoding="utf-8")
            assert Operation.open(tmp_path)


def commands(page: Path) -> Iterator[tuple[str, ...]]:
    """The words of each ``andon`` command in the shell blocks of a page."""
    for code in blocks(page, "sh", "console", "text"):
        for line in code.replace("\\\n", " ").splitlines():
            found = re.search(r"(?:^|&& |\* )\$? ?(andon (?!\w+://).*)$", line.strip())
            if found:
                words = re.split(r" (?:>>?|\||&&|2>&1)", found[1])[0]
                yield tuple(shlex.split(words, comments=True))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_shown_is_one_that_exists(page: Path) -> None:
    for words in commands(page):
        if len(words) < 2 or words[1].startswith("-") or words[1] == "COMMAND":
            continue
        with click.Context(andon_command) as context:
            command = andon_command.get_command(context, words[1])
            if isinstance(command, click.Group) and len(words) > 2 and words[2][0] != "-":
                command = command.get_command(context, words[2])
        assert command is not None, words
        known = {option for param in command.params for option in param.opts} | {"--help", "-h"}
        for word in words[2:]:
            if re.match("-[^0-9]", word):  # -25% is a value
                assert word.partition("=")[0] in known, f"{name_of(page)}: {words}"


@pytest.mark.slow
@pytest.mark.parametrize("page", TUTORIALS, ids=name_of)
def test_a_tutorial_prints_what_it_says(page: Path, tmp_path: Path) -> None:
    """Each ``$`` line is run in order in one folder; ``...`` stands for anything."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "TZ": "UTC",
    }
    ran = 0
    for code in blocks(page, "console"):
        for shown in re.split(r"^\$ ", code, flags=re.MULTILINE)[1:]:
            line, _, expected = shown.partition("\n")
            done = subprocess.run(
                ["bash", "-c", line],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert _matches(expected, done.stdout), f"$ {line}\n{done.stdout}{done.stderr}"
            ran += 1
    assert ran


def _matches(expected: str, printed: str) -> bool:
    def tidy(text: str) -> str:
        return "\n".join(line.rstrip() for line in text.strip().splitlines())

    pattern = ".*?".join(map(re.escape, tidy(expected).split("...")))
    return re.fullmatch(pattern, tidy(printed), re.DOTALL) is not None


def test_the_comparison_of_tutorials_tells_a_difference() -> None:
    assert _matches("a ... c\n", "a b c")
    assert not _matches("a ... c\n", "a b d")
    assert not _matches("", "a")
