"""The bank's calls of 1999, shipped with the examples, as a history: arrays within a second."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import duckdb
import numpy as np

from andon.capacity.calendar import Calendar, public_holidays
from andon.capacity.history import History, exposure_of

__all__ = ["bank_calendar", "bank_history"]

CALLS = Path(__file__).parents[1] / "examples/anonymous-bank/calls_1999_01_to_07_and_09.parquet"
FIRST, LAST = dt.date(1999, 1, 1), dt.date(1999, 9, 30)
_ZONE = "Asia/Jerusalem"


@cache
def bank_history(queue: str = "") -> History:
    """All calls, or those of one type, from January to September; August is missing.

    A call comes when it enters the voice response unit; PHANTOM rows are no calls.
    """
    days, first = (LAST - FIRST).days + 1, (FIRST - dt.date(1970, 1, 1)).days
    chosen = "" if not queue else f"and type = '{queue}'"
    rows = duckdb.sql(
        f"""
        select datediff('day', date '{FIRST}', strptime('19' || date, '%Y%m%d')::date) as day,
            (split_part(vru_entry, ':', 1)::int * 2 + split_part(vru_entry, ':', 2)::int // 30)
                as slot,
            count(*) as n, count(*) filter (outcome = 'AGENT') as handled,
            coalesce(sum(ser_time) filter (outcome = 'AGENT'), 0) as total,
            coalesce(sum(ser_time * ser_time) filter (outcome = 'AGENT'), 0) as squared
        from '{CALLS}' where outcome <> 'PHANTOM' {chosen} group by all
        """
    ).fetchnumpy()
    found = {name: np.asarray(values, dtype=np.int64) for name, values in rows.items()}

    def table(name: str) -> np.ndarray:
        made = np.zeros((days, 48))
        np.add.at(made, (found["day"], found["slot"]), found[name].astype(float))
        return made

    counts, handled = table("n"), table("handled")
    mean = found["total"].sum() / handled.sum()
    return History(
        queue=queue or "all",
        zone=_ZONE,
        interval_s=1800,
        first_day=first,
        counts=counts,
        exposure=exposure_of(first + np.arange(days), zone=_ZONE, interval_s=1800),
        seen=counts.sum(axis=1) > 0,
        handled=handled,
        handle_total_s=table("total"),
        handle_cv=float(np.sqrt(found["squared"].sum() / handled.sum() - mean**2) / mean),
    )


def bank_calendar() -> Calendar:
    """Israel's holidays of those months, the half ones too."""
    return public_holidays(
        "IL", first=FIRST, last=dt.date(1999, 10, 31), categories=("public", "optional")
    )
