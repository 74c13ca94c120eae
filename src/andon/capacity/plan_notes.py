"""Notes of a plan: what a reader must know of its lines, each thing said once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

__all__ = ["merged_notes"]

_UNSEEN: Final = re.compile(
    r"(?P<name>.+) \((?P<day>\d{4}-\d\d-\d\d)(?: to (?P<last>\d{4}-\d\d-\d\d))?\) "
    r"was never seen: (?P<how>.+)"
)
_NAMED: Final = 3
_DAY: Final = dt.timedelta(days=1)


def merged_notes(notes: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The notes of all lines, the gravest first, each said once.

    Days that were never seen and are treated alike are one note. A note that holds for several
    lines names them; where there is one line only, no name is needed.

    Parameters
    ----------
    notes : mapping of str to sequence of str
        By line, the gravest first.

    Examples
    --------
    >>> days = ("Lent (2024-10-12)", "Sukkot (2024-10-17)", "Sukkot (2024-10-18)")
    >>> merged_notes({"calls": [f"{day} was never seen: taken as others." for day in days]})
    ('Lent (2024-10-12) and Sukkot (2024-10-17 to 2024-10-18) were never seen: taken as others.',)
    >>> merged_notes({"calls": ["3 days are missing."], "chats": ["3 days are missing."]})
    ('calls and chats: 3 days are missing.',)
    """
    lines_of: dict[str, list[str]] = {}
    place: dict[str, int] = {}
    for line, its in notes.items():
        for i, note in enumerate(_days_together(its)):
            lines_of.setdefault(note, []).append(line)
            place[note] = min(i, place.get(note, i))
    first = {line: i for i, line in enumerate(notes)}
    order = sorted(lines_of, key=lambda note: (place[note], first[lines_of[note][0]]))
    return tuple(_about(lines_of[note], len(notes)) + note for note in order)


def _about(lines: Sequence[str], of: int) -> str:
    if of == 1:
        return ""
    if len(lines) <= _NAMED:
        return f"{_listed(lines)}: "
    if len(lines) == of:
        return f"All {of} lines: "
    return f"{', '.join(lines[:_NAMED])} and {len(lines) - _NAMED} more: "


def _days_together(notes: Sequence[str]) -> list[str]:
    """One note for all days that were never seen and are treated alike."""
    found: list[str] = []
    unseen: dict[str, dict[str, list[dt.date]]] = {}
    for note in notes:
        told = _UNSEEN.fullmatch(note)
        if told is None:
            found.append(note)
            continue
        if told["how"] not in unseen:
            unseen[told["how"]] = {}
            found.append(told["how"])
        first, last = (dt.date.fromisoformat(told[each] or told["day"]) for each in ("day", "last"))
        unseen[told["how"]].setdefault(told["name"], []).extend(
            first + i * _DAY for i in range((last - first).days + 1)
        )
    return [_never_seen(unseen[note], note) if note in unseen else note for note in found]


def _never_seen(days: Mapping[str, Sequence[dt.date]], how: str) -> str:
    said = [f"{name} ({', '.join(_spans(its))})" for name, its in days.items()]
    were = "was" if len(days) == 1 and len(next(iter(days.values()))) == 1 else "were"
    return f"{_listed(said)} {were} never seen: {how}"


def _spans(days: Sequence[dt.date]) -> list[str]:
    """Days in a row as one."""
    ordered = sorted(days)
    begins = [0, *(i + 1 for i, (a, b) in enumerate(pairwise(ordered)) if b - a > _DAY)]
    ends = [*(each - 1 for each in begins[1:]), len(ordered) - 1]
    return [
        str(ordered[a]) if a == b else f"{ordered[a]} to {ordered[b]}"
        for a, b in zip(begins, ends, strict=True)
    ]


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
