"""A question that ``andon ask`` puts: its function, its options, and what a terminal shows."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from andon.answer import Answer
from andon.errors import QuestionError
from andon.ledger.window import Window
from andon.operation import Operation

__all__ = ["BY", "FOR_ROLES", "Listing", "Question", "Settings", "Takes"]

Settings = Callable[[Operation, Window], Mapping[str, Any]]

FOR_ROLES: Final = "for_roles"
"""The option for what speaks of single advisors, and the part of a result that holds it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """A list inside a result, shown as a table.

    Attributes
    ----------
    path : str
        Attributes with dots between them, from the result to a tuple of rows; of a mapping each
        row is a key (``0``) and a value (``1``).
    title : str
    columns : mapping of str to str
        The columns: what each is called, and its path in a row.
    """

    path: str
    title: str
    columns: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Takes:
    """How a question takes an option.

    Attributes
    ----------
    argument : str
        What its function calls it.
    one_of : tuple of str
        The words that it can be; any if empty.
    example : str
        Where the question cannot do without it: a value to show.
    made : callable
        From the option's value to the argument's.
    instead : tuple of str
        Arguments that fall away where it is given.
    """

    argument: str
    one_of: tuple[str, ...] = ()
    example: str = ""
    made: Callable[[Any], Any] = lambda value: value
    instead: tuple[str, ...] = ()


BY: Final[Mapping[str, Takes]] = {"by": Takes(argument="by")}
"""What a question takes that answers for each group as well."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One question: its function, and which of its figures answer it in a terminal.

    Attributes
    ----------
    home, function : str
        Module and name of the public function. It gives an answer with groups, or one result.
    asks : str
        The question in words.
    answer : str or callable
        A sentence with ``{}`` where the main figure goes; or what makes sentences of a result.
    main : str
        The path of that figure in the result.
    figures : mapping of str to str
        The figures shown under it: what each is called, and its path; ``rate as share`` says the
        unit of a number that has none.
    grouped : mapping of str to str
        The few shown beside each group.
    listings : tuple of Listing
        Lists shown as tables. ``--json`` gives all that the result holds, but for roles.
    settings : callable
        What the operation and its ledger add: standards, costs, tables.
    takes : mapping of str to Takes
        The options it takes beside those of all questions, from
        :data:`andon.cli.ask_options.OPTIONS`.
    for_roles : tuple of Listing
        What speaks of single advisors, shown only where it is asked for.
    parts : str
        The path of a mapping of further results; those that are unknown are told.
    tells_steps : bool
        Whether it tells its progress.
    """

    home: str
    function: str
    asks: str
    answer: str | Callable[[Any], str]
    main: str = ""
    figures: Mapping[str, str]
    grouped: Mapping[str, str] = field(default_factory=dict)
    listings: tuple[Listing, ...] = ()
    settings: Settings = lambda _operation, _window: {}
    takes: Mapping[str, Takes] = field(default_factory=lambda: BY)
    for_roles: tuple[Listing, ...] = ()
    parts: str = ""
    tells_steps: bool = False

    def put(
        self,
        operation: Operation,
        window: Window,
        *,
        options: Mapping[str, Any] | None = None,
        **asked: Any,
    ) -> Answer[Any]:
        """Put the question to a window on the ledger.

        Parameters
        ----------
        operation : Operation
        window : Window
        options : mapping of str to object, optional
            Those given, by their names on the command line.
        **asked
            Further arguments of the function.

        Raises
        ------
        QuestionError
            If an option cannot be used, or the question has no answer.
        """
        told = dict(self.settings(operation, window))
        function = getattr(importlib.import_module(self.home), self.function)
        try:
            for name, value in (options or {}).items():
                how = self.takes[name]
                told = {key: each for key, each in told.items() if key not in how.instead}
                told[how.argument] = how.made(value)
            answer = function(window.contacts, **told, **asked)
        except QuestionError as problem:
            raise self._at_a_terminal(problem) from problem
        return answer if isinstance(answer, Answer) else Answer(overall=answer)

    def check(self, name: str, options: Mapping[str, Any]) -> None:
        """Refuse an option that the question does not take, and miss one that it needs.

        Parameters
        ----------
        name : str
            The question's, on the command line.
        options : mapping of str to object
            Those given.
        """
        taken = {*self.takes, *((FOR_ROLES,) if self.for_roles else ())}
        for option in options:
            if option not in taken:
                raise QuestionError(
                    f"{name} does not take {_flag(option)}.",
                    found=f"andon ask {name} {_flag(option)}",
                    todo=_instead(name, option, sorted(taken)),
                )
        for option, how in self.takes.items():
            if how.example and option not in options:
                raise QuestionError(
                    f"{name} needs {_flag(option)}.",
                    found=f"andon ask {name}, without it",
                    todo=f"Say for example andon ask {name} {self._example()}.",
                )
            if option in options and how.one_of and options[option] not in how.one_of:
                raise QuestionError(
                    f"{_flag(option)} cannot be {options[option]!r} for {name}.",
                    found=f"{_flag(option)} {options[option]}",
                    todo=f"Use any of: {', '.join(how.one_of)}.",
                )

    def _example(self) -> str:
        """What it cannot do without, with a value for each."""
        return " ".join(
            f"{_flag(each)} {how.example}" for each, how in self.takes.items() if how.example
        )

    def _at_a_terminal(self, problem: QuestionError) -> QuestionError:
        """The same error with options in place of arguments."""
        found, todo = problem.found, problem.todo
        for name, how in self.takes.items():
            found = _with_flag(found, name, how.argument, "=|: ")
            todo = _with_flag(todo, name, how.argument, "=")
        return QuestionError(problem.wrong, found=found, todo=todo)


def _with_flag(text: str, option: str, argument: str, sign: str) -> str:
    """A text in which ``limit_s=5`` reads ``--limit 5``, and ``limit_s`` reads ``--limit``."""
    text = re.sub(rf"\b{argument}(?:{sign})", f"{_flag(option)} ", text)
    return re.sub(rf"\b{argument}\b", _flag(option), text) if argument.endswith("_s") else text


def _flag(option: str) -> str:
    return f"--{option.replace('_', '-')}"


def _instead(name: str, option: str, taken: list[str]) -> str:
    if option == FOR_ROLES:
        return f"Leave it out: {name} speaks of no single advisor."
    if option == "by" and "alike" in taken:
        return "Leave it out; --alike says within what contacts are compared."
    if not taken:
        return "Leave it out."
    return f"Leave it out. {name} takes {', '.join(map(_flag, taken))}."
