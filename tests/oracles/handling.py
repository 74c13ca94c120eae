"""A slow, plain twin of ``andon.metrics.handling``, from the definitions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]
Stretch = tuple[float, float]


def handle_s(row: Row) -> float | None:
    """Talk, hold and wrap-up; None where all three are missing."""
    parts = [row.get(name) for name in ("talk_s", "hold_s", "wrapup_s")]
    known = [part for part in parts if part is not None]
    return sum(known) if known else None


def timed(rows: Sequence[Row]) -> list[float]:
    """Handle times above 0 of handled contacts."""
    return [
        time for row in rows if row["outcome"] == "handled" and (time := handle_s(row) or 0.0) > 0
    ]


def covered(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Stretches without their overlaps."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def within(stretches: Sequence[Stretch], hour: int) -> float:
    """Seconds of the stretches within an hour."""
    start, end = hour * 3600.0, hour * 3600.0 + 3600.0
    return sum(max(0.0, min(end, to_s) - max(start, from_s)) for from_s, to_s in stretches)


def occupancy(
    served: dict[Any, list[Stretch]], staffed: dict[Any, list[Stretch]], hours: range
) -> float | None:
    """Seconds handling over seconds at work, in hours in which somebody was at work."""
    busy = [sum(within(covered(each), hour) for each in served.values()) for hour in hours]
    there = [sum(within(covered(each), hour) for each in staffed.values()) for hour in hours]
    if sum(there) == 0:
        return None
    return sum(b for b, t in zip(busy, there, strict=True) if t > 0) / sum(there)
