"""Limits: where on a clock people work to a target."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from andon.errors import QuestionError
from andon.goodhart.goal import Goal
from andon.operation import Standards
from andon.units import HOUR_S

__all__ = ["Limit", "limits_of"]

_CLOCKS: Final = ("handle_time", "service_level", "closed_in_time", "reopen_rate")
"""Measures that put a limit on a clock: handle time, the wait, a case's time, the time after."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """A target or limit on a clock.

    Attributes
    ----------
    measure : str
        ``handle_time``; ``service_level``, whose clock is the wait; ``closed_in_time``, a case's
        time from opened to closed; ``reopen_rate``, the time until it is opened again.
    at_s : float
        Seconds of the clock, above 0.

    Raises
    ------
    QuestionError
        If there is no such clock or the limit is not above 0.
    """

    measure: str
    at_s: float

    def __post_init__(self) -> None:
        if self.measure not in _CLOCKS:
            raise QuestionError(
                f"No limit can be put on {self.measure!r}: it has no clock.",
                found=f"measure: {self.measure!r}",
                todo=f"Use any of: {', '.join(_CLOCKS)}.",
            )
        if not (math.isfinite(self.at_s) and self.at_s > 0):
            raise QuestionError(
                "A limit is a length of time above 0.",
                found=f"at_s: {self.at_s!r}",
                todo="Give it in seconds.",
            )


def limits_of(goals: Iterable[Goal] = (), standards: Standards | None = None) -> tuple[Limit, ...]:
    """The limits that goals and an operation's standards put on a clock.

    Parameters
    ----------
    goals : iterable of Goal
        A goal on handle time is one, where its file says what it is to reach, or by how much it is
        to move from where.
    standards : Standards, optional
        What counts as answered in time, and as closed in time where that is promised.

    Returns
    -------
    tuple of Limit
        Each once.

    Examples
    --------
    >>> limits_of(standards=Standards(answer_within_s=20.0))
    (Limit(measure='service_level', at_s=20.0),)
    >>> limits_of(standards=Standards(close_within_h=48.0))[-1]
    Limit(measure='closed_in_time', at_s=172800.0)
    """
    found = [
        Limit(measure="handle_time", at_s=at_s)
        for goal in goals
        if goal.measure.key == "handle_time" and (at_s := _aim_s(goal)) is not None
    ]
    if standards is not None:
        found.append(Limit(measure="service_level", at_s=standards.answer_within_s))
        if standards.close_within_h is not None:
            found.append(Limit(measure="closed_in_time", at_s=standards.close_within_h * HOUR_S))
    return tuple(dict.fromkeys(found))


def _aim_s(goal: Goal) -> float | None:
    if goal.level is not None:
        return goal.level
    wanted = goal.wanted(goal.now)
    return None if wanted is None or goal.now is None else goal.now + wanted
