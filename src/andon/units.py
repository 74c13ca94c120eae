"""Units: the names that figures carry, and the few conversions between them.

Durations are seconds inside the code, shares are 0 to 1; people read minutes and "3 in 100".
"""

from __future__ import annotations

from typing import Final, Literal

__all__ = [
    "DAY_S",
    "HOUR_S",
    "US",
    "Unit",
    "erlangs",
    "hours",
    "per_hour",
]

Unit = Literal["s", "h", "share", "count", "erlang", "ratio", "money", "per_h", "points"]
"""What a figure counts: seconds, hours, a share of 0 to 1, things, erlangs, a ratio, the
operation's currency, events per hour, percentage points."""

US: Final = 1_000_000
"""Microseconds in a second; the ledger's integer instants count these."""
HOUR_S: Final = 3_600
DAY_S: Final = 86_400


def hours(seconds: float) -> float:
    """Seconds as hours.

    >>> hours(5400)
    1.5
    """
    return seconds / HOUR_S


def per_hour(count: float, *, period_s: float) -> float:
    """How many an hour, when ``count`` happened in ``period_s`` seconds (> 0).

    >>> per_hour(30, period_s=1800)
    60.0
    """
    return count * HOUR_S / period_s


def erlangs(work_s: float, *, period_s: float) -> float:
    """Load in erlangs: seconds of work that arrive in a second (``period_s`` > 0).

    One erlang keeps one person busy all the time.

    >>> erlangs(work_s=7200, period_s=3600)
    2.0
    """
    return work_s / period_s
