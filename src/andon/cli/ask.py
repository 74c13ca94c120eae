"""``andon ask``: put one question to the ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import click

from andon.answer import Answer
from andon.cli.figures import at, shown
from andon.cli.options import by_option, from_option, json_option, operation_option, to_option
from andon.cli.plain import plain
from andon.cli.progress import Progress
from andon.cli.questions import QUESTIONS, Question
from andon.cli.terminal import say, say_json, say_wrapped, table
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.ledger.window import open_window
from andon.operation import Operation

__all__ = ["ask_command"]

_LISTED = "\n".join(f"  {name:14}{question.asks}" for name, question in QUESTIONS.items())


@click.command(name="ask", epilog="\b\nQuestions:\n" + _LISTED)
@click.argument("question", type=click.Choice(list(QUESTIONS)), metavar="QUESTION")
@by_option
@from_option
@to_option
@click.option(
    "--level",
    type=click.FloatRange(0.5, 0.999),
    default=0.95,
    show_default=True,
    help="How sure the intervals are to be.",
)
@operation_option
@json_option
def ask_command(
    *,
    question: str,
    by: tuple[str, ...],
    first: dt.date | None,
    last: dt.date | None,
    level: float,
    operation: Operation,
    as_json: bool,
) -> None:
    """Put one question to the ledger.

    The answer comes first, then a table. Each figure stands with its interval; what cannot be known
    is said to be unknown, with the reason.
    """
    asked = QUESTIONS[question]
    with (
        Progress(f"Asking: {question}", quiet=as_json),
        open_window(operation, first=first, last=last) as window,
    ):
        if not window.has("contacts"):
            raise QuestionError(
                "The ledger is empty: nothing was loaded yet.",
                found=str(operation.ledger),
                todo="andon ingest FILE loads contacts.",
            )
        answer = asked.put(operation, window, by=by, level=level)
    if as_json:
        say_json(
            {
                "question": question,
                "function": f"{asked.home}.{asked.function}",
                "operation": operation.name,
                "from": plain(first),
                "to": plain(last),
                "by": list(by),
                "level": level,
                "versions": dict(window.versions),
                "answer": plain(answer),
            }
        )
        return
    _show(asked, answer, operation)


def _show(question: Question, answer: Answer[Any], operation: Operation) -> None:
    overall = answer.overall
    main = at(overall, question.main)
    said = question.answer.format(_said(main, operation)) if _known(main) else main.says()
    say_wrapped(f"{said[0].upper()}{said[1:]}")
    say()
    found = {name: at(overall, path) for name, path in question.figures.items()}
    table(
        ("figure", "value"),
        [(name, shown(found[name], name=path)) for name, path in question.figures.items()],
    )
    for listing in question.listings:
        rows = at(overall, listing.path)
        if rows:
            say()
            say(listing.title)
            table(list(listing.columns), _rows(rows, listing.columns.values()))
    if answer.groups:
        say()
        table(
            (", ".join(name for name, _ in answer.groups[0].scope), *question.grouped),
            [
                (
                    group.label,
                    *(shown(at(group.result, path)) for path in question.grouped.values()),
                )
                for group in answer.groups
            ],
        )
    unknown = [
        f"{name}: {value.why}. It would take {value.needs}."
        for name, value in found.items()
        if isinstance(value, Unknown)
    ]
    _say_each("Not known:", unknown)
    _say_each("Keep in mind:", getattr(overall, "caveats", ()))
    say()
    say(f"All of it: --json. How it is found: docs/questions/{question.function}.md")


def _say_each(title: str, lines: Iterable[str]) -> None:
    for i, line in enumerate(lines):
        if i == 0:
            say()
            say(title)
        say_wrapped(line, indent="  ")


def _rows(rows: Sequence[object], columns: Collection[str]) -> list[list[str]]:
    return [[shown(at(row, column), name=column) for column in columns] for row in rows]


def _known(value: object) -> bool:
    return not isinstance(value, Unknown)


def _said(value: object, operation: Operation) -> str:
    if isinstance(value, Estimate):
        return value.says(currency=operation.costs.currency)
    return shown(value)
