"""Effort, restated from its definition: the time of all contacts, over matters settled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oracles import chains
from oracles.recontact import US, Stretches, watched

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Spent:
    """Sums over contacts whose window ahead was wholly seen."""

    contacts: int
    ended: int
    resolved: int
    returns: int
    waiting_s: float
    served_s: float
    vain_s: float


def waited_s(row: Row) -> float | None:
    if row["channel"] not in ("voice", "chat", "bot", "visit"):
        return 0.0
    until = row["answered_us"] if row["answered_us"] is not None else row["ended_us"]
    return None if until is None else max(0.0, (until - row["arrived_us"]) / US)


def served_s(row: Row) -> float:
    if row["channel"] in ("email", "messaging", "case", "social"):
        return 0.0
    if row["talk_s"] is not None or row["hold_s"] is not None:
        return float((row["talk_s"] or 0.0) + (row["hold_s"] or 0.0))
    if row["answered_us"] is None or row["ended_us"] is None:
        return 0.0
    return max(0.0, float(row["ended_us"] - row["answered_us"]) / US)


def settles(row: Row) -> bool:
    if row["resolved"] is not None:
        return bool(row["resolved"])
    return row["outcome"] in ("handled", "self_served")


def spent(rows: Sequence[Row], stretches: Stretches, *, window_s: float) -> Spent:
    window_us = round(window_s * US)
    counts = [0, 0, 0, 0]
    times = [0.0, 0.0, 0.0]
    for chain in chains.members(rows, window_s=window_s):
        for i, row in enumerate(chain):
            if not watched(row["arrived_us"], window_us, stretches):
                continue
            last = i == len(chain) - 1
            waiting, served = waited_s(row) or 0.0, served_s(row)
            vain = row["outcome"] in ("abandoned", "left_self_service", "failed")
            counts = [
                count + more
                for count, more in zip(counts, (1, last, last and settles(row), i > 0), strict=True)
            ]
            times = [
                time + more
                for time, more in zip(
                    times, (waiting, served, (waiting + served) * vain), strict=True
                )
            ]
    return Spent(*counts, *times)
