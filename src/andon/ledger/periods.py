"""Periods: the columns that cut contacts by time, from the operation's own wall clock.

Everything is cut from ``local_arrived_at``, so a day is the same day on every engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from andon.errors import QuestionError
from andon.units import AGES_US

__all__ = ["GROUPS", "PERIODS", "month_names", "month_number", "with_groups"]

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
        If ``by`` names something that contacts cannot be grouped by, or one thing twice.
    """
    unknown = [name for name in by if name not in GROUPS]
    if unknown:
        raise QuestionError(
            f"Contacts cannot be grouped by {unknown[0]!r}.",
            found=f"by: {', '.join(by)}",
            todo=f"Use any of: {', '.join(GROUPS)}.",
        )
    if len(set(by)) < len(by):
        raise QuestionError(
            "Contacts cannot be grouped by one thing twice.",
            found=f"by: {', '.join(by)}",
            todo="Name each once.",
        )
    wanted = {name: _period(contacts, name) for name in by if name in PERIODS}
    return contacts.mutate(**wanted) if wanted else contacts


def month_number(contacts: ir.Table) -> ir.IntegerValue:
    """Months since the year 0, where there are too many rows to spell each one's month.

    A text costs the engine more than most of what is asked about a contact.
    """
    at = contacts.local_arrived_at
    return (at.year() * 12 + at.month() - 1).cast("int32")


def month_names(numbers: npt.ArrayLike) -> npt.NDArray[np.str_]:
    """The names of months that were counted as :func:`month_number` does, such as ``1999-02``.

    Examples
    --------
    >>> month_names([23989, 23988]).tolist()
    ['1999-02', '1999-01']
    """
    seen, place = np.unique(np.asarray(numbers, dtype=np.int64), return_inverse=True)
    named = [f"{number // 12:04}-{number % 12 + 1:02}" for number in seen.tolist()]
    return np.array(named, dtype=str)[place.reshape(-1)]


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
