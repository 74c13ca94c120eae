"""``andon ask`` puts one question: the answer first, then the table, then what is not known."""

from __future__ import annotations

import dataclasses
import importlib
import typing
from collections.abc import Mapping
from typing import Any

import pytest

from andon.cli.bending import BENDING
from andon.cli.figures import bare
from andon.cli.question import Question
from andon.cli.questions import QUESTIONS
from andon.estimate import Unknown
from andon.operation import Operation
from centre import made_centre

GROUPED = [name for name in QUESTIONS if name not in BENDING]
"""Questions that answer for each group as well; the others: tests/cli/test_ask_bending.py."""


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    """An operation with two months of calls."""
    return made_centre(tmp_path_factory.mktemp("centre"))


@pytest.mark.parametrize("name", GROUPED)
def test_each_question_is_answered_in_words_and_for_machines(
    run: Any, centre: Operation, name: str
) -> None:
    done = run("ask", name, "-o", centre.folder)
    assert done.code == 0, done.err
    # The answer is wrapped to the terminal's width, and a blank line ends it.
    answer, _, table = done.out.partition("\n\n")
    assert answer[0].isupper() or answer[0].isdigit()
    assert answer.endswith(".")
    assert table.splitlines()[0].split() == ["figure", "value"]
    told = run("ask", name, "-o", centre.folder, "--json").json
    assert told["question"] == name
    assert told["versions"]["contacts"] >= 0
    assert told["answer"]["groups"] == []
    assert told["answer"]["overall"]


@pytest.mark.parametrize("name", GROUPED)
def test_each_question_is_answered_by_queue(run: Any, centre: Operation, name: str) -> None:
    told = run("ask", name, "--by", "queue", "-o", centre.folder, "--json").json
    scopes = [group["scope"] for group in told["answer"]["groups"]]
    assert scopes == [[["queue", "Cards"]], [["queue", "Loans"]]]
    done = run("ask", name, "--by", "queue", "-o", centre.folder)
    assert "\nCards " in done.out
    assert "\nLoans " in done.out


def paths_of(question: Question) -> list[str]:
    main = [question.main] if question.main else []
    return [*main, *map(bare, question.figures.values()), *question.grouped.values()]


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_each_path_of_a_question_is_in_its_result(question: Question) -> None:
    function = getattr(importlib.import_module(question.home), question.function)
    hints = typing.get_type_hints(function, vars(importlib.import_module(question.home)))
    (result,) = typing.get_args(hints["return"]) or (hints["return"],)
    for path in paths_of(question):
        assert _has(result, path), path
    for listing in (*question.listings, *question.for_roles):
        row = _kind(result, listing.path)
        columns = [bare(column) for column in listing.columns.values()]
        if typing.get_origin(row) is Mapping:
            _, row = typing.get_args(row)
            columns = [column.removeprefix("1.") for column in columns if column != "0"]
            columns = [column for column in columns if column != "1"]
        assert row is object or all(_has(row, column) for column in columns)


def _kind(result: type, path: str) -> Any:
    """The type at a path; of a tuple that of its items."""
    kind: Any = result
    for name in path.split("."):
        if name.isdigit():
            continue
        if isinstance(getattr(kind, name, None), property) or name == "__len__":
            return object
        module = vars(importlib.import_module(kind.__module__))
        kind = typing.get_type_hints(kind, module)[name]
        known = [each for each in typing.get_args(kind) if each not in {Unknown, type(None)}]
        if {Unknown, type(None)} & set(typing.get_args(kind)):
            (kind,) = known
        if typing.get_origin(kind) is tuple:
            kind = typing.get_args(kind)[0]
    return kind


def _has(result: Any, path: str) -> bool:
    first, _, rest = path.partition(".")
    names = {field.name for field in dataclasses.fields(result)} | set(dir(result))
    return first in names and (not rest or _kind(result, path) is not None)


def test_the_figures_are_those_of_the_days_asked_about(run: Any, centre: Operation) -> None:
    words = ("ask", "reach", "--from", "2024-01-02", "--to", "2024-01-03", "-o", centre.folder)
    told = run(*words, "--json").json
    assert told["answer"]["overall"]["contacts"] == 40
    assert (told["from"], told["to"]) == ("2024-01-02", "2024-01-03")
    share = told["answer"]["overall"]["giving_up"]["of_reached"]["share"]
    assert share["value"] == 0.25
    assert share["low"] < 0.25 < share["high"]


def test_the_operations_own_standards_are_used(run: Any, centre: Operation) -> None:
    def in_time() -> Any:
        told = run("ask", "reach", "-o", centre.folder, "--json").json
        return told["answer"]["overall"]["service_level"]

    assert in_time()["within_s"] == 20.0
    before = centre.file.read_text()
    centre.file.write_text(before.replace("answer_within_s: 20", "answer_within_s: 5"))
    try:
        level = in_time()
    finally:
        centre.file.write_text(before)
    assert level["within_s"] == 5.0
    assert level["of_offered"]["share"]["value"] == 0.0


def test_a_question_that_is_not_there_lists_those_that_are(run: Any, centre: Operation) -> None:
    done = run("ask", "everything", "-o", centre.folder)
    assert done.code == 2
    assert all(name in done.err for name in QUESTIONS)


def test_a_slip_in_a_question_meets_the_nearest(run: Any, centre: Operation) -> None:
    done = run("ask", "chosen-survey", "-o", centre.folder)
    assert done.code == 2
    assert "'chosen-survey' is no question. Did you mean 'chosen-surveys'?" in done.err
    assert "Did you mean" not in run("ask", "everything", "-o", centre.folder).err


def test_help_says_what_each_question_asks(run: Any) -> None:
    told = " ".join(run("ask", "--help").out.split())
    for name, question in QUESTIONS.items():
        assert name in told
        assert question.asks in told


def test_a_wider_level_gives_a_wider_interval(run: Any, centre: Operation) -> None:
    def width(level: str) -> float:
        told = run("ask", "reach", "--level", level, "-o", centre.folder, "--json").json
        share = told["answer"]["overall"]["giving_up"]["of_reached"]["share"]
        return float(share["high"] - share["low"])

    assert width("0.99") > width("0.8")


def test_groups_may_be_named_one_by_one_or_with_commas(centre: Any, run: Any) -> None:
    words = ("ask", "reach", "-o", centre.folder, "--json")
    one = run(*words, "--by", "queue", "--by", "channel,queue").json
    assert one == run(*words, "--by", "queue,channel").json
    assert {name for name, _ in one["answer"]["groups"][0]["scope"]} == {"queue", "channel"}
