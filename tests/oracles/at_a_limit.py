"""Counts at a limit, contact by contact, as the definition has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["NearCounts", "near_counts", "pairs", "returns"]


@dataclass(frozen=True, kw_only=True)
class NearCounts:
    """Contacts judged, within the limit, near it on its good side, and in the pile's stretch."""

    contacts: int
    within: int
    near: int
    piled: int
    mean_s: float


def near_counts(
    clocks_s: Iterable[float | None], *, limit_s: float, pile_s: float, below: bool
) -> NearCounts:
    """Count one by one; a reading on the limit belongs to the pile, and keeps it where below."""
    contacts = within = near = piled = 0
    known: list[float] = []
    for clock in clocks_s:
        contacts += 1
        if clock is None:
            continue
        known.append(clock)
        away = limit_s - clock if below else clock - limit_s
        within += clock <= limit_s if below else clock < limit_s
        near += 0 <= away < 4 * pile_s
        piled += 0 <= away < pile_s
    mean_s = sum(known) / len(known) if known else 0.0
    return NearCounts(contacts=contacts, within=within, near=near, piled=piled, mean_s=mean_s)


def pairs(started: Sequence[float], ended: Sequence[float], lag: int) -> float:
    """How many pairs of a start and an end lie so many slots apart."""
    total = 0.0
    for i, starts in enumerate(started):
        if i + lag < len(ended):
            total += starts * ended[i + lag]
    return total


def returns(contacts: Sequence[dict[str, Any]]) -> list[float | None]:
    """For each handled contact, how long after its arrival the customer came in the same matter."""
    found: list[float | None] = []
    for one in contacts:
        later = [
            other["arrived_at"] - one["arrived_at"]
            for other in contacts
            if other["customer"] == one["customer"]
            and other["reason"] == one["reason"]
            and other["arrived_at"] > one["arrived_at"]
        ]
        found.append(min(later, default=None))
    return found
