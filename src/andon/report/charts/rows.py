"""What a row of evidence holds, read and said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from andon.finding import Row
from andon.report import words

__all__ = ["clock", "in_order", "month_start", "num", "rounded", "short", "tidy", "two_digits"]


def tidy(seconds: float) -> str:
    """A time on a chart: 1.6 s, 63 s, 17 min."""
    return f"{seconds:g} s" if seconds < 100 else words.duration(round(seconds))


def short(value: object, unit: str) -> str:
    """A figure as a label on a chart: short, and no more exact than prose."""
    if not isinstance(value, int | float):
        return ""
    if unit == "share":
        per_cent = 100 * value
        return f"{per_cent:.0f} %" if per_cent >= 10 else f"{per_cent:.1f} %"
    if unit == "s":
        return words.duration(round(value) if value >= 10 else round(value, 1))
    if unit == "h":
        return f"{two_digits(value)} h"
    if unit == "points":
        return f"{two_digits(value)} in 100".replace("-", "\u2212")
    return two_digits(value)


def rounded(value: object) -> str:
    """A count that was worked out, for a label; empty where it is not known."""
    return words.whole(round(value)) if isinstance(value, int | float) else ""


def two_digits(value: float) -> str:
    """Two significant digits, thousands apart."""
    return f"{float(f'{value:.2g}'):,g}" if abs(value) < 1e6 else f"{float(f'{value:.2g}'):,.0f}"


def num(row: Mapping[str, Any], name: str) -> float:
    """A row's number under a name."""
    return float(row[name])


def clock(seconds: float) -> str:
    """Seconds after midnight as hours and minutes."""
    return f"{int(seconds // 3600)}:{int(seconds % 3600 // 60):02d}"


def in_order(names: Iterable[str]) -> list[str]:
    """Names once each, in the order in which they first come."""
    return list(dict.fromkeys(names))


def month_start(row: Row) -> str:
    """The first day of a row's month."""
    return f"{row['month']}-01"
