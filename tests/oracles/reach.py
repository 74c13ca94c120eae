"""A slow, plain twin of ``andon.metrics.reach``: one loop over contacts, from the definitions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]


def wait_s(row: Row, recorded: set[tuple[str, str]]) -> float | None:
    """The wait of one contact in seconds; None where it is not known."""
    queued, answered = row.get("queued_at"), row.get("answered_at")
    handled = row["outcome"] == "handled"
    if queued is None:
        known = (row.get("source", "test"), row.get("channel", "voice")) in recorded
        return 0.0 if handled and known else None
    left = answered if answered is not None or handled else row.get("ended_at")
    if left is None or left < queued:
        return None
    return float(left - queued)


def figures(rows: Sequence[Row], *, within_s: float, short_s: float) -> dict[str, Any]:
    """Every share as (count, out of), and every mean as (sum, count)."""
    recorded = {
        (row.get("source", "test"), row.get("channel", "voice"))
        for row in rows
        if row.get("queued_at") is not None
    }
    offered = [row for row in rows if row["outcome"] in ("handled", "abandoned")]
    handled = [row for row in offered if row["outcome"] == "handled"]
    abandoned = [row for row in offered if row["outcome"] == "abandoned"]
    left = [row for row in rows if row["outcome"] == "left_self_service"]
    waited = {id(row): wait_s(row, recorded) for row in offered}

    def timed(some: Sequence[Row]) -> list[float]:
        return [wait for row in some if (wait := waited[id(row)]) is not None]

    queued = [row for row in offered if row.get("queued_at") is not None]
    in_time = sum(wait <= within_s for wait in timed(handled))
    short = sum(wait <= short_s for wait in timed(abandoned))
    abandoned_queued = sum(row["outcome"] == "abandoned" for row in queued)
    return {
        "of_offered": (in_time, len(timed(offered))),
        "without_short_abandons": (in_time, len(timed(offered)) - short),
        "of_answered": (in_time, len(timed(handled))),
        "abandoned_of_queued": (abandoned_queued, len(queued)),
        "abandoned_of_offered": (len(abandoned), len(offered)),
        "abandoned_of_queued_without_short": (abandoned_queued - short, len(queued) - short),
        "abandoned_of_offered_without_short": (len(abandoned) - short, len(offered) - short),
        "gave_up": (len(abandoned) + len(left), len(offered) + len(left)),
        "gave_up_before_queueing": (len(left), len(abandoned) + len(left)),
        "wait": (sum(timed(offered)), len(timed(offered))),
        "wait_of_answered": (sum(timed(handled)), len(timed(handled))),
        "waits": sorted(timed(offered)),
        "wait_not_known": len(offered) - len(timed(offered)),
        "short": short,
    }
