"""Every exception that Andon raises, and nothing else reaches a user.

::

    AndonError
    ├── OperationError          the operation's folder or its andon.yaml
    ├── MappingError            a mapping file: file, line, key, found, expected
    ├── SourceError             a file that cannot be read as what it claims to be
    ├── LedgerError             the ledger's tables
    │   ├── LedgerBusy          another process is writing
    │   ├── LedgerFull          no space, or no right to write
    │   └── VersionGone         a pinned version is no longer there
    ├── QuestionError           a question that was put wrongly (unknown column, bad window)
    ├── QueueingError           a load, a staffing or a model that has no answer
    │   └── UnstableQueue       the queue grows without end
    ├── EngineError             the engine that answers questions cannot be used
    ├── MissingExtra            an optional dependency is not installed
    ├── ReportError             a report that cannot be written, read or replayed
    ├── GoalError               a goal's file: file, line, key, found, expected
    └── PlanError               a plan or a what-if that cannot be made as it was asked for

Each carries three lines: what was wrong, what was found, what to do.
"""

from __future__ import annotations

import math
from typing import ClassVar

__all__ = [
    "AndonError",
    "EngineError",
    "GoalError",
    "LedgerBusy",
    "LedgerError",
    "LedgerFull",
    "MappingError",
    "MissingExtra",
    "OperationError",
    "PlanError",
    "QuestionError",
    "QueueingError",
    "ReportError",
    "SourceError",
    "UnstableQueue",
    "VersionGone",
]


class AndonError(Exception):
    """What was wrong, what was found, and what to do about it.

    Parameters
    ----------
    wrong : str
        One sentence that says what was wrong.
    found : str, optional
        What was met: file, line, value.
    todo : str, optional
        What the reader can do next.

    Examples
    --------
    >>> print(AndonError("The queue has no name.", found="queues: ['']", todo="Give it one."))
    The queue has no name.
    Found: queues: ['']
    To do: Give it one.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, wrong: str, *, found: str = "", todo: str = "") -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.found = found
        self.todo = todo

    def __str__(self) -> str:
        lines = [self.wrong]
        if self.found:
            lines.append(f"Found: {self.found}")
        if self.todo:
            lines.append(f"To do: {self.todo}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuilt, (type(self), self.wrong, self.found, self.todo)

    def as_json(self) -> dict[str, str]:
        """The one shape that every failure has for machines."""
        return {"error": self.code, "wrong": self.wrong, "found": self.found, "todo": self.todo}


def _rebuilt(kind: type[AndonError], wrong: str, found: str, todo: str) -> AndonError:
    """Unpickle in another process; keyword-only arguments need this step."""
    return kind(wrong, found=found, todo=todo)


class OperationError(AndonError):
    """The operation's folder or its ``andon.yaml`` is missing, or says something unknown."""

    code = "operation"
    exit_code = 3


class MappingError(AndonError):
    """A mapping file cannot be used as it stands."""

    code = "mapping"
    exit_code = 4


class SourceError(AndonError):
    """A file cannot be read as what it claims to be."""

    code = "source"
    exit_code = 5


class LedgerError(AndonError):
    """The ledger's tables cannot be read or written."""

    code = "ledger"
    exit_code = 6


class LedgerBusy(LedgerError):  # noqa: N818 - named for what happened
    """Another process is writing to the same ledger."""

    code = "ledger_busy"


class LedgerFull(LedgerError):  # noqa: N818 - named for what happened
    """The ledger's folder has no space left, or may not be written."""

    code = "ledger_full"


class VersionGone(LedgerError):  # noqa: N818 - named for what happened
    """A pinned version of a table no longer exists."""

    code = "version_gone"


class QuestionError(AndonError):
    """A question was put in a way that has no answer."""

    code = "question"
    exit_code = 7


class EngineError(AndonError):
    """The engine that answers questions is unknown, or cannot start."""

    code = "engine"
    exit_code = 8


class MissingExtra(AndonError):  # noqa: N818 - named for what is missing
    """An optional dependency is needed here and is not installed."""

    code = "missing_extra"
    exit_code = 9

    @classmethod
    def named(cls, extra: str, *, needs: str, purpose: str) -> MissingExtra:
        """Say which extra brings ``needs``, and what for."""
        return cls(
            f"{purpose} needs {needs}, which is not installed.",
            found=f"no module for the extra '{extra}'",
            todo=f"pip install 'andon[{extra}]'",
        )


class ReportError(AndonError):
    """A report cannot be written, read or replayed."""

    code = "report"
    exit_code = 10


class GoalError(AndonError):
    """A goal cannot be read, or cannot be kept, as it stands."""

    code = "goal"
    exit_code = 15


class PlanError(AndonError):
    """A plan or a what-if cannot be made as it was asked for."""

    code = "plan"
    exit_code = 17


class QueueingError(AndonError):
    """A load, a staffing or a model of an operation has no answer as it stands."""

    code = "queueing"
    exit_code = 14


class UnstableQueue(QueueingError):  # noqa: N818 - named for what happens
    """More work comes in than can be done, and nobody hangs up: the queue grows without end."""

    code = "unstable_queue"

    @classmethod
    def from_load(cls, load_erlangs: float, agents: float) -> UnstableQueue:
        """Say how many agents would do.

        >>> print(UnstableQueue.from_load(10.0, 9))
        9 agents cannot carry 10 erlangs: the queue grows without end.
        Found: agents = 9, load_erlangs = 10
        To do: Use at least 11 agents, or give patience_s: callers who hang up keep it finite.
        """
        least = math.floor(load_erlangs) + 1
        one = "agent" if agents == 1 else "agents"
        return cls(
            f"{agents:g} {one} cannot carry {load_erlangs:g} erlangs: the queue grows without end.",
            found=f"agents = {agents:g}, load_erlangs = {load_erlangs:g}",
            todo=f"Use at least {least:,} agents, or give patience_s: "
            "callers who hang up keep it finite.",
        )
