"""What became of contacts, row by row: the slow twin of :mod:`andon.metrics.outcomes`.

Rows are those of :func:`ledgers.contacts_table`, with ``arrived_at`` and the like in seconds, and
have ``contact_id``. The whole of ``(first, last)`` was seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
Counts = tuple[int, int]
"""How many, and out of how many."""

AWAY = ("case", "email", "messaging", "social")


def passed_on(rows: Sequence[Row]) -> Counts:
    told = [
        row["transfers"] > 0
        for row in rows
        if row["outcome"] == "handled"
        and row.get("handled_by") != "bot"
        and row.get("transfers") is not None
    ]
    return sum(told), len(told)


def resolved(rows: Sequence[Row]) -> Counts:
    told = [
        row["resolved"]
        for row in rows
        if row["outcome"] in ("handled", "self_served") and row.get("resolved") is not None
    ]
    return sum(told), len(told)


def is_session(row: Row) -> bool:
    return row["channel"] == "bot" or row.get("handled_by") in ("bot", "both")


def with_person(row: Row) -> bool:
    return row.get("handled_by") in ("advisor", "both") or row.get("advisor_id") is not None


def alone(row: Row, rows: Sequence[Row]) -> bool:
    """Whether no person had part in a session."""
    if with_person(row) or (row.get("transfers") or 0) > 0:
        return False
    for other in rows:
        if other.get("previous_contact_id") == row["contact_id"]:
            end = row.get("ended_at")
            soon = end is None or abs(other["arrived_at"] - end) <= 120
            if soon and (with_person(other) or not is_session(other)):
                return False
    return True


def contained(rows: Sequence[Row], everything: Sequence[Row]) -> Counts:
    told = [alone(row, everything) for row in rows if is_session(row) and row["outcome"] != "open"]
    return sum(told), len(told)


def next_at(row: Row, rows: Sequence[Row]) -> float | None:
    """When the same customer comes next; no two come at once."""
    later = [
        other["arrived_at"]
        for other in rows
        if other["customer"] == row["customer"] and other["arrived_at"] > row["arrived_at"]
    ]
    return min(later, default=None)


def net_contained(
    rows: Sequence[Row], everything: Sequence[Row], *, window_s: float, last: float
) -> Counts:
    told = []
    for row in rows:
        watched = row["customer"] is not None and row["arrived_at"] + window_s <= last
        if is_session(row) and row["outcome"] != "open" and watched:
            again = next_at(row, everything)
            told.append(
                alone(row, everything)
                and row["outcome"] in ("handled", "self_served")
                and row.get("resolved") is not False
                and (again is None or again - row["arrived_at"] > window_s)
            )
    return sum(told), len(told)


def reopened(
    rows: Sequence[Row], everything: Sequence[Row], *, window_s: float, last: float
) -> Counts:
    told = []
    for row in rows:
        end = row.get("ended_at")
        closed = row["channel"] in AWAY and row["outcome"] == "handled"
        if closed and end is not None and end + window_s <= last:
            told.append(
                any(
                    other.get("previous_contact_id") == row["contact_id"]
                    and 120 < other["arrived_at"] - end <= window_s
                    for other in everything
                )
            )
    return sum(told), len(told)


def complained(
    rows: Sequence[Row],
    everything: Sequence[Row],
    complaints: Sequence[tuple[Any, float]],
    *,
    window_s: float,
    last: float,
) -> Counts:
    """Complaints are (customer, moment); they are recorded from the first of them on."""
    begin = min((at for _, at in complaints), default=float("inf"))
    told = []
    for row in rows:
        at = row["arrived_at"]
        if row["customer"] is not None and at + window_s <= last and at >= begin:
            again = next_at(row, everything)
            until = at + window_s if again is None else min(at + window_s, again - 1e-6)
            told.append(any(who == row["customer"] and at <= t <= until for who, t in complaints))
    return sum(told), len(told)


def closed_in_time(rows: Sequence[Row], *, within_s: float, last: float) -> Counts:
    told = [
        row["outcome"] == "handled"
        and row.get("ended_at") is not None
        and row["ended_at"] - row["arrived_at"] <= within_s
        for row in rows
        if row["channel"] in AWAY
        and row["outcome"] in ("handled", "open")
        and row["arrived_at"] + within_s <= last
    ]
    return sum(told), len(told)


def first_responses_s(rows: Sequence[Row]) -> list[float]:
    return [
        row["answered_at"] - row["arrived_at"]
        for row in rows
        if row["channel"] in AWAY
        and row["outcome"] == "handled"
        and row.get("handled_by") != "bot"
        and row.get("answered_at") is not None
        and row["answered_at"] >= row["arrived_at"]
    ]
