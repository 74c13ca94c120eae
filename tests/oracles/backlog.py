"""Slow, plain twins of ``andon.queueing.backlog``: parcels of work, moved in small steps."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What the parcels came to; by interval, or at the edges."""

    backlog: list[float] = field(default_factory=list)
    overdue: list[float] = field(default_factory=list)
    oldest: list[float] = field(default_factory=list)
    on_time: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    start_on_time: list[float] = field(default_factory=list)
    start_late: list[float] = field(default_factory=list)
    ages: list[tuple[float, float]] = field(default_factory=list)
    """Age when done, and how much."""
    left: list[tuple[float, float]] = field(default_factory=list)
    """Age at the end, and how much."""


def followed(
    arrivals: Sequence[float],
    capacity: Sequence[float],
    *,
    step: float,
    deadline: float,
    start: Sequence[tuple[float, float]] = (),
    back: float = 0.0,
    after: float = 0.0,
    parts: int = 200,
) -> Seen:
    """Every part of an interval brings a parcel, and does some; ``start`` is items and their age.

    The capacity is in items an interval.
    """
    seen, h = Seen(), step / parts
    line: deque[list[float]] = deque()  # came at, how much, 1 if it was there at the start
    for items, age in sorted(start, key=lambda each: -each[1]):
        line.append([-age, items, 1.0])
    seen.on_time.extend(0.0 for _ in arrivals)
    seen.late.extend(0.0 for _ in arrivals)
    seen.start_on_time.append(0.0)
    seen.start_late.append(0.0)
    returns: deque[tuple[float, float]] = deque()

    def look(now: float) -> None:
        seen.backlog.append(sum(much for _, much, _ in line))
        seen.overdue.append(sum(much for came, much, _ in line if now - came > deadline))
        seen.oldest.append(now - line[0][0] if line else 0.0)

    def fate(came: float, much: float, *, held: float, in_time: bool) -> None:
        if held:
            (seen.start_on_time if in_time else seen.start_late)[0] += much
        else:
            (seen.on_time if in_time else seen.late)[int(came // step)] += much

    look(0.0)
    for i in range(len(arrivals)):
        for j in range(parts):
            now = i * step + (j + 0.5) * h
            line.append([now, arrivals[i] / parts, 0.0])
            while returns and returns[0][0] <= now:
                line.append([now, returns.popleft()[1], 0.0])
            can = capacity[i] / parts
            did = 0.0
            while can > 0 and line:
                came, much, held = line[0]
                part = min(can, much)
                age = now - came
                seen.ages.append((age, part))
                in_time = age <= deadline + 1e-6
                fate(came, part, held=held, in_time=in_time)
                can -= part
                did += part
                line[0][1] -= part
                if line[0][1] <= 1e-15:
                    line.popleft()
            if back:
                returns.append((now + after, back * did))
        look((i + 1) * step)
    end = len(arrivals) * step
    for came, much, held in line:
        seen.left.append((end - came, much))
        if end - came > deadline:
            fate(came, much, held=held, in_time=False)
    return seen
