"""Slow, plain twins of ``andon.queueing.load_shortcuts``: rates looked up second by second."""

from __future__ import annotations

from collections.abc import Sequence

from oracles.offered_load import rate_at


def rate(
    shortcut: str,
    rates: Sequence[float],
    step: int,
    staffing_step: int,
    lag: int,
    before: str,
    interval: int,
) -> float:
    """The rate a shortcut takes for one interval of staffing; all times whole seconds."""
    start, end = interval * staffing_step, (interval + 1) * staffing_step
    if shortcut == "peak_hour":
        wide = min(len(rates), max(1, round(3600 / step)))
        starts = range(len(rates) if before == "periodic" else len(rates) - wide + 1)
        return max(sum(rates[(i + j) % len(rates)] for j in range(wide)) / wide for i in starts)
    if shortcut == "pointwise":
        middle = (start + end) / 2
        sides = (middle - 0.25, middle + 0.25)
        return sum(rate_at(rates, step, at, line=False, before=before) for at in sides) / 2
    back = lag if shortcut.startswith("lagged") else 0
    seen = [
        rate_at(rates, step, second + 0.5 - back, line=False, before=before)
        for second in range(start, end)
    ]
    return max(seen) if shortcut.endswith("most") else sum(seen) / len(seen)
