"""Limits: what people work to, by an operation's standards and the goals that it keeps."""

from __future__ import annotations

from typing import Final

from andon.errors import GoalError
from andon.goodhart.battery import Limit
from andon.goodhart.goal import read_goal
from andon.marked import read_marked
from andon.operation import Operation

__all__ = ["limits_of"]

_PACE: Final = "handle_time"


def limits_of(operation: Operation) -> tuple[Limit, ...]:
    """The promised wait, and every level of handle time that a kept goal asks for.

    Raises
    ------
    GoalError
        If a kept goal cannot be read.
    """
    goals = [
        read_goal(read_marked(path, error=GoalError))
        for path in sorted((operation.folder / "goals").glob("*.yaml"))
    ]
    return (
        Limit(measure="service_level", at_s=operation.standards.answer_within_s),
        *(
            Limit(measure=_PACE, at_s=goal.level)
            for goal in goals
            if goal.measure.key == _PACE and goal.level
        ),
    )
