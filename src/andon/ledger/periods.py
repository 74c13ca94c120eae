"""Periods: the columns that cut contacts by time, from the operation's own wall clock.

Everything is cut from ``local_arrived_at``, so a day is the same day on every engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import ibis.expr.types as ir

from andon.errors import QuestionError
from andon.units import AGES_US

__all__ = ["GROUPS", "PERIODS", "with_groups"]

PERIODS: Final = ("month", "week", "day", "weekday", "hour")
"""Periods that a question can be cut by: calendar month (``1999-02``), ISO week's Monday
(``1999-02-01``), day, weekday (1 Monday to 7 Sunday), hour of the day (0 to 23)."""

GROUPS: Final = (
    "queue",
    "channel",
    "journey",
    "reason",
    "priority",
    "source",
    "outcome",
    *PERIODS,
)
"""Every name that ``by`` takes. There is no ``advisor``: blame the target before the person."""

_DAY_US: Final = 86_400_000_000


def with_groups(contacts: ir.Table, by: Sequence[str]) -> ir.Table:
    """The contacts with a column for each period named in ``by``.

    Raises
    ------
    QuestionError
        If ``by`` names something that contacts cannot be grouped by.
    """
    unknown = [name for name in by if name not in GROUPS]
    if unknown:
        raise QuestionError(
            f"Contacts cannot be grouped by {unknown[0]!r}.",
            found=f"by: {', '.join(by)}",
            todo=f"Use any of: {', '.join(GROUPS)}.",
        )
    wanted = {name: _period(contacts, name) for name in by if name in PERIODS}
    return contacts.mutate(**wanted) if wanted else contacts


def _period(contacts: ir.Table, name: str) -> ir.Value:
    at = contacts.local_arrived_at
    if name == "month":
        return _padded(at.year(), 4) + "-" + _padded(at.month(), 2)
    if name == "hour":
        return at.hour().cast("int64")
    if name == "weekday":
        since_monday = contacts.local_arrived_us + AGES_US
        return ((since_monday - since_monday % _DAY_US) / _DAY_US).cast("int64") % 7 + 1
    date = at.truncate("W").date() if name == "week" else at.date()
    return date.cast("string")


def _padded(number: ir.IntegerValue, digits: int) -> ir.StringValue:
    return number.cast("string").lpad(digits, "0")
