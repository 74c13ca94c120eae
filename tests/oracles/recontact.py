"""Coming back, restated from its definition: every contact against every other, no windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

US = 1_000_000
Row = Mapping[str, Any]
Stretches = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Followed:
    """What followed contacts of one kind within one window."""

    seen: int
    came_back: int
    controlled: int
    excess: float


@dataclass(frozen=True, slots=True)
class Repeated:
    """Contacts that repeat another within one window."""

    seen: int
    repeats: int
    seen_s: float
    repeat_s: float


def kind(row: Row) -> str:
    """What happened in a contact, from the words of the documentation."""
    if row["outcome"] == "handled":
        seconds = handled_s(row)
        if seconds is None:
            return "served_time_unknown"
        if seconds < 10:
            return "served_under_10s"
        if seconds < 60:
            return "served_10_to_59s"
        return "served_60_to_299s" if seconds < 300 else "served_300s_or_more"
    if row["outcome"] in ("abandoned", "left_self_service"):
        return "gave_up"
    return str(row["outcome"])


def handled_s(row: Row) -> float | None:
    parts = [row[name] for name in ("talk_s", "hold_s", "wrapup_s")]
    return None if parts == [None] * 3 else float(sum(part or 0.0 for part in parts))


def watched(at: int, window_us: int, stretches: Stretches) -> bool:
    """Whether a window that begins at an instant lies wholly in one stretch."""
    return any(
        start <= at and at + window_us <= end and (at < end or window_us == 0)
        for start, end in stretches
    )


def watched_before(at: int, window_us: int, stretches: Stretches) -> bool:
    return any(start <= at - window_us and at <= end for start, end in stretches)


def followed(
    rows: Sequence[Row], stretches: Stretches, *, window_s: int, control_us: int, kinds: set[str]
) -> Followed:
    """Count what followed identified contacts of these kinds."""
    window_us = window_s * US
    seen = came_back = controlled = 0
    excess = 0.0
    for row in rows:
        if row["customer_key"] is None or kind(row) not in kinds:
            continue
        at = row["arrived_us"]
        if not watched(at, window_us, stretches):
            continue
        own = [each for each in rows if each["customer_key"] == row["customer_key"]]
        later = [each for each in own if _order(each) > _order(row)]
        came = any(each["arrived_us"] - at <= window_us for each in later)
        seen += 1
        came_back += came
        habits = [
            any(0 < each["arrived_us"] - start <= window_us for each in own)
            for start in (at - control_us, at + control_us)
            if watched(start, window_us, stretches)
        ]
        if habits:
            controlled += 1
            excess += came - sum(habits) / len(habits)
    return Followed(seen, came_back, controlled, excess)


def repeated(rows: Sequence[Row], stretches: Stretches, *, window_s: int) -> Repeated:
    """Count identified contacts that come within a window of the customer's contact before."""
    window_us = window_s * US
    seen = repeats = 0
    seen_s = repeat_s = 0.0
    for row in rows:
        at = row["arrived_us"]
        if row["customer_key"] is None or not watched_before(at, window_us, stretches):
            continue
        before = [
            each
            for each in rows
            if each["customer_key"] == row["customer_key"] and _order(each) < _order(row)
        ]
        again = any(at - each["arrived_us"] <= window_us for each in before)
        length_s = handled_s(row) or 0.0
        seen, seen_s = seen + 1, seen_s + length_s
        repeats, repeat_s = repeats + again, repeat_s + again * length_s
    return Repeated(seen, repeats, seen_s, repeat_s)


def curve(
    rows: Sequence[Row], stretches: Stretches, *, edges_s: Sequence[int], kinds: set[str]
) -> list[float]:
    """The share that has come back by each edge: life table, cut where observation ends."""
    still, found = 1.0, []
    edges = [0, *edges_s]
    for start, end in pairwise(edges):
        at_risk = events = 0
        for row in rows:
            if row["customer_key"] is None or kind(row) not in kinds:
                continue
            at = row["arrived_us"]
            own = [
                each["arrived_us"] - at
                for each in rows
                if each["customer_key"] == row["customer_key"] and _order(each) > _order(row)
            ]
            gap = min(own, default=None)
            if not watched(at, end * US, stretches):
                continue
            if start and gap is not None and gap <= start * US:
                continue
            at_risk += 1
            events += gap is not None and gap <= end * US
        if not at_risk:
            break
        still *= 1 - events / at_risk
        found.append(1 - still)
    return found


def _order(row: Row) -> tuple[int, int]:
    return row["arrived_us"], row["contact_key"]
