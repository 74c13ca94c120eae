"""A made-up operation whose weeks are long or short, and whose customers come back by that."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import ibis.expr.types as ir
import numpy as np

from ledgers import contacts_table

MONDAY = dt.date(2024, 1, 1)
"""The first day of the first week."""
A_DAY = 30
_DAY_S = 86_400


def weeks(
    handle_s: Sequence[float], back: Sequence[float], *, seed: int = 1, a_day: int = A_DAY
) -> ir.Table:
    """Contacts of one week after another.

    Each week new customers come, ``a_day`` each day, and are served for about ``handle_s`` seconds.
    A share ``back`` of them comes once more two days later, on queue Loans like all the others save
    every fifth customer, who is on queue Cards and comes back on queue Loans.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for week, (length, share) in enumerate(zip(handle_s, back, strict=True)):
        for i in range(7 * a_day):
            at = (week * 7 + i % 7) * _DAY_S + 9 * 3600 + 60 * (i // 7)
            customer = f"{week}-{i}"
            talk = float(length * rng.lognormal(-0.02, 0.2))
            returns = rng.random() < share
            for times in range(1 + returns):
                moment = at + times * 2 * _DAY_S
                rows.append(
                    {
                        "arrived_at": moment,
                        "queued_at": moment,
                        "answered_at": moment + 10,
                        "ended_at": moment + 10 + talk,
                        "talk_s": talk,
                        "customer": customer,
                        "queue": "Cards" if i % 5 == 0 and not times else "Loans",
                    }
                )
    return contacts_table(rows)


def monday(week: int) -> dt.date:
    """The first day of a week, counted from 0."""
    return MONDAY + dt.timedelta(days=7 * week)
