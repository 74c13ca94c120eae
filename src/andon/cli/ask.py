"""``andon ask``: put one question to the ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import click

from andon.answer import Answer
from andon.cli.ask_options import given, question_options
from andon.cli.figures import at, bare, cell, counted, shown
from andon.cli.options import from_option, json_option, operation_option, to_option
from andon.cli.plain import plain
from andon.cli.progress import Progress
from andon.cli.question import FOR_ROLES, Listing, Question
from andon.cli.questions import QUESTIONS
from andon.cli.terminal import say, say_json, say_wrapped, table
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.keys import meant
from andon.ledger.window import open_window
from andon.operation import Operation

__all__ = ["ask_command", "unknown_lines"]

_LISTED = "\n".join(f"  {name:19}{question.asks}" for name, question in QUESTIONS.items())


class _Question(click.Choice[str]):
    """The name of a question; a slip meets the nearest."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.choices:
            self.fail(f"'{value}' is no question. {meant(value, self.choices)}", param, ctx)
        return super().convert(value, param, ctx)


@click.command(name="ask", epilog="\b\nQuestions:\n" + _LISTED)
@click.argument("question", type=_Question(list(QUESTIONS)), metavar="QUESTION")
@question_options
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
    first: dt.date | None,
    last: dt.date | None,
    level: float,
    operation: Operation,
    as_json: bool,
    **options: Any,
) -> None:
    """Put one question to the ledger.

    The answer comes first, then a table. Each figure stands with its interval; what cannot be known
    is said to be unknown, with the reason. Behind an option stand the questions that take it.
    """
    asked = QUESTIONS[question]
    chosen = given(options)
    asked.check(question, chosen)
    for_roles = chosen.pop(FOR_ROLES, False)
    with (
        Progress(f"Asking: {question}", quiet=as_json) as progress,
        open_window(operation, first=first, last=last) as window,
    ):
        if not window.has("contacts"):
            raise QuestionError(
                "The ledger is empty: nothing was loaded yet.",
                found=str(operation.ledger),
                todo="andon ingest FILE loads contacts.",
            )
        steps = {"progress": progress.step} if asked.tells_steps else {}
        answer = asked.put(operation, window, options=chosen, level=level, **steps)
    if as_json:
        say_json(
            {
                "question": question,
                "function": f"{asked.home}.{asked.function}",
                "operation": operation.name,
                "from": plain(first),
                "to": plain(last),
                "by": list(chosen.get("by", ())),
                "options": plain({name: value for name, value in chosen.items() if name != "by"}),
                "level": level,
                "versions": dict(window.versions),
                "answer": plain(answer, for_roles=for_roles),
            }
        )
        return
    _show(asked, answer, operation, for_roles=for_roles)


def _show(
    question: Question, answer: Answer[Any], operation: Operation, *, for_roles: bool
) -> None:
    overall = answer.overall
    said = _answer(question, overall, operation)
    say_wrapped(f"{said[0].upper()}{said[1:]}")
    say()
    found = {name: at(overall, bare(path)) for name, path in question.figures.items()}
    table(
        ("figure", "value"),
        [
            (name, cell(overall, path))
            for name, path in question.figures.items()
            if found[name] is not None
        ],
    )
    for listing in question.listings:
        _list(listing, overall)
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
    if for_roles:
        _show_for_roles(question, overall)
    if question.parts:
        found |= at(overall, question.parts)
    _say_each("Not known:", unknown_lines(found))
    _say_each("Keep in mind:", getattr(overall, "caveats", ()))
    say()
    say(f"All of it: --json. How it is found: docs/questions/{question.function}.md")


def _answer(question: Question, overall: object, operation: Operation) -> str:
    if callable(question.answer):
        return question.answer(overall)
    main = at(overall, question.main)
    return question.answer.format(_said(main, operation)) if _known(main) else str(main.says())


def _list(listing: Listing, overall: object, *, none: str = "") -> None:
    rows = at(overall, listing.path)
    if isinstance(rows, Mapping):
        rows = list(rows.items())
    if rows or none:
        say()
        say(listing.title)
    if rows:
        table(list(listing.columns), _rows(rows, listing.columns.values()))
    elif none:
        say_wrapped(none, indent="  ")


def _show_for_roles(question: Question, overall: object) -> None:
    """What speaks of single advisors, behind what it is for."""
    tested = at(overall, f"{FOR_ROLES}.tested")
    say()
    say_wrapped(
        "For the advisors concerned, and for roles that the operation allows. It is no ranking, "
        "and who is not named is not judged. Look at what else could explain it first. "
        f"{counted(tested, 'advisor', 'advisors')} could be compared."
    )
    for listing in question.for_roles if tested else ():
        _list(listing, overall, none="Nobody stands out from what chance does.")
        if at(overall, listing.path):
            others = getattr(at(overall, FOR_ROLES), "explanations", ())
            _say_each("What else it may be:", others)


def unknown_lines(found: Mapping[str, object]) -> list[str]:
    """Why figures are not known: a line for each reason, with all that it makes unknown."""
    names: dict[tuple[str, str], list[str]] = {}
    for name, value in found.items():
        if isinstance(value, Unknown):
            names.setdefault((value.why, value.needs), []).append(name)
    return [
        # What came of an error says itself what to do.
        f"{'; '.join(each)}: {why}. {needs if needs.endswith('.') else f'It would take {needs}.'}"
        for (why, needs), each in names.items()
    ]


def _say_each(title: str, lines: Iterable[str]) -> None:
    for i, line in enumerate(lines):
        if i == 0:
            say()
            say(title)
        say_wrapped(line, indent="  ")


def _rows(rows: Sequence[object], columns: Collection[str]) -> list[list[str]]:
    return [[cell(row, column) for column in columns] for row in rows]


def _known(value: object) -> bool:
    return not isinstance(value, Unknown)


def _said(value: object, operation: Operation) -> str:
    if isinstance(value, Estimate):
        return value.says(currency=operation.costs.currency)
    return shown(value)
