"""An answer: what a question found overall, and in each group that was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Answer", "Group", "Scope", "in_order"]

Result = TypeVar("Result")

Scope = tuple[tuple[str, object], ...]
"""Which group a result speaks of: column and value, in the order asked. Empty for all."""


@dataclass(frozen=True, slots=True)
class Group(Generic[Result]):
    """One group's part of an answer.

    Attributes
    ----------
    scope : Scope
        For example ``(("queue", "Loans"), ("month", "1999-02"))``.
    result : Result
        The same type as the overall result.
    """

    scope: Scope
    result: Result

    @property
    def label(self) -> str:
        """The group as people say it: ``"Loans, 1999-02"``; missing values are "not recorded"."""
        return ", ".join("not recorded" if value is None else str(value) for _, value in self.scope)


@dataclass(frozen=True, slots=True)
class Answer(Generic[Result]):
    """What a question found.

    Attributes
    ----------
    overall : Result
        Over all contacts that were asked about.
    groups : tuple of Group
        One for each group that has contacts, ordered by scope; empty unless ``by`` was given.
    """

    overall: Result
    groups: tuple[Group[Result], ...] = ()


def in_order(scopes: Iterable[Scope]) -> list[Scope]:
    """Scopes in the order people read them: numbers by size, then names, "not recorded" last.

    >>> in_order([(("queue", None),), (("queue", "Loans"),), (("queue", "Cards"),)])
    [(('queue', 'Cards'),), (('queue', 'Loans'),), (('queue', None),)]
    """
    return sorted(scopes, key=lambda scope: [_rank(value) for _, value in scope])


def _rank(value: object) -> tuple[int, float, str]:
    if value is None:
        return (2, 0.0, "")
    if isinstance(value, int | float):
        return (0, float(value), "")
    return (1, 0.0, str(value))
