"""Slow, plain twin of ``andon.queueing.deadline_capacity``: every stretch, looked at in turn."""

from __future__ import annotations

from collections.abc import Sequence


def level(
    arrivals: Sequence[float],
    opened: Sequence[float],
    *,
    step: float,
    deadline: float,
    start: Sequence[tuple[float, float]] = (),
    catch_up: float,
) -> float:
    """The most items a second that any stretch asks for, over every pair of instants that bend.

    Each stretch: what comes after its start and falls due by its end, over the time open within.
    """
    k, end = len(arrivals), len(arrivals) * step
    dues = [(catch_up if age >= deadline else deadline - age, items) for items, age in start]

    def came(t: float) -> float:
        return sum(min(max(t / step - i, 0.0), 1.0) * each for i, each in enumerate(arrivals))

    def hours(t: float) -> float:
        return sum(step * min(max(t / step - i, 0.0), 1.0) * each for i, each in enumerate(opened))

    held = sum(items for items, _ in start)
    by_age = sorted(
        ((age, items, due) for (items, age), (due, _) in zip(start, dues, strict=True)),
        reverse=True,
    )

    def due(t: float) -> float:
        upto, most = 0.0, 0.0
        for _, items, when in by_age:
            upto += items
            if when <= t:
                most = upto
        return max(most, held + came(t - deadline)) if t > deadline else most

    bends = sorted(
        {
            t
            for t in (
                *(i * step for i in range(k + 1)),
                *(i * step + deadline for i in range(k + 1)),
                *(when for when, _ in dues),
            )
            if t <= end
        }
    )
    best = 0.0
    for t in bends:
        for s in bends:
            if s < t:
                work = due(t) - (held + came(s) if s > 0 else 0.0)
                time = hours(t) - hours(s)
                if work > 1e-9:
                    best = max(best, work / time if time > 0 else float("inf"))
    return best
