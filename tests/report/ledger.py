"""A small operation with its truth known: ten weeks of calls by three hundred customers."""

from __future__ import annotations

import random
from typing import Any

import ibis.expr.types as ir

from ledgers import contacts_table

DAY_S = 86_400
QUEUES = ("Loans", "</td><script>alert(1)</script>", "Cards")


def rows(*, days: int = 70, known: float = 0.7, seed: int = 7) -> list[dict[str, Any]]:
    """Calls: 1 in 5 gives up; 6 in 10 of those cut short ring back at once, 15 in 100 later."""
    rng = random.Random(seed)
    found: list[dict[str, Any]] = []
    for day in range(days):
        for _ in range(int(60 * rng.uniform(0.6, 1.4) * (0.3 if day % 7 > 4 else 1))):
            at = day * DAY_S + rng.triangular(8, 18, 11) * 3600
            customer = rng.randrange(300) if rng.random() < known else None
            found += _call(rng, at, customer, depth=0)
    return found


def operation(**kwargs: Any) -> ir.Table:
    return contacts_table(rows(**kwargs), start="2024-01-01T00:00:00")


def _call(
    rng: random.Random, at: float, customer: int | None, *, depth: int
) -> list[dict[str, Any]]:
    wait = rng.expovariate(1 / 40)
    call: dict[str, Any] = {
        "arrived_at": at,
        "queued_at": at + 5,
        "customer": customer,
        "queue": QUEUES[(customer or 0) % 3],
    }
    back: float | None = None
    if rng.random() < 0.2:
        call |= {"outcome": "abandoned", "ended_at": at + 5 + wait}
        back = rng.uniform(60, 3_000) if rng.random() < 0.4 else None
    else:
        cut = rng.random() < 0.12
        talk = rng.uniform(1, 9) if cut else rng.lognormvariate(5, 0.8)
        call |= {
            "answered_at": at + 5 + wait,
            "ended_at": at + 5 + wait + talk,
            "talk_s": talk,
            "handled_by": "advisor",
            "advisor_id": f"a{rng.randrange(8)}",
        }
        if cut and rng.random() < 0.6:
            back = rng.uniform(60, 300)
        elif not cut and rng.random() < 0.15:
            back = rng.uniform(1, 70) * 3600
    calls = [call]
    if back is not None and depth < 3:
        calls += _call(rng, call["ended_at"] + back, customer, depth=depth + 1)
    return calls
