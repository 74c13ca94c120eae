"""What customers answered, row by row: the slow twin of :mod:`andon.metrics.scores`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

__all__ = ["answers", "net_promoters", "response", "top_box"]


def answers(surveys: Sequence[Row], contacts: Sequence[Row], named: tuple[str, str | None]) -> Any:
    """Invitations to one item of one instrument, and the answers to them."""
    there = {row["contact_id"] for row in contacts}
    mine = [
        row
        for row in surveys
        if row["contact_id"] in there and (row["instrument"], row["item"]) == named
    ]
    return len(mine), [row["score"] for row in mine if row["score"] is not None]


def top_box(scores: Sequence[float], most: float) -> float:
    return sum(score >= most - 1 for score in scores) / len(scores)


def net_promoters(scores: Sequence[float]) -> float:
    gained = sum(score >= 9 for score in scores) - sum(score <= 6 for score in scores)
    return 100 * gained / len(scores)


def response(
    surveys: Sequence[Row],
    contacts: Sequence[Row],
    everything: Sequence[Row],
    *,
    within_s: float,
    last: float,
) -> tuple[int, int, int]:
    """Contacts that count, those asked, and those whose customers answered in time."""
    arrived = {row["contact_id"]: row["arrived_at"] for row in everything}
    begin = min(
        (arrived[row["contact_id"]] for row in surveys if row["contact_id"] in arrived),
        default=float("inf"),
    )
    count = asked = answered = 0
    for row in contacts:
        at = row["arrived_at"]
        if row["outcome"] in ("handled", "self_served") and begin <= at <= last - within_s:
            mine = [each for each in surveys if each["contact_id"] == row["contact_id"]]
            count += 1
            asked += bool(mine)
            answered += any(
                each["score"] is not None
                and (each["answered_at"] is None or each["answered_at"] - at <= within_s)
                for each in mine
            )
    return count, asked, answered
