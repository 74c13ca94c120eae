from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from andon.capacity.histories import histories
from andon.errors import PlanError
from ledgers import contacts_table

BERLIN = ZoneInfo("Europe/Berlin")


def _rows(rng: np.random.Generator, *, days: int = 20) -> list[dict[str, Any]]:
    made = []
    for i in range(days * 30):
        at = dt.datetime(2024, 3, 20, 8, tzinfo=BERLIN) + dt.timedelta(
            days=i // 30, seconds=int(rng.integers(0, 36_000))
        )
        made.append(
            {
                "arrived_at": at,
                "queue": rng.choice(["calls", "chats"]).item(),
                "talk_s": float(rng.integers(60, 600)) if rng.random() < 0.8 else None,
                "wrapup_s": 30.0 if rng.random() < 0.5 else None,
                "queued_at": at if rng.random() < 0.6 else None,
                "outcome": rng.choice(["handled", "abandoned", "failed", "self_served"]).item(),
            }
        )
    return made


def test_counts_and_handle_times_agree_with_contacts_counted_one_by_one() -> None:
    rows = _rows(np.random.default_rng(1))
    table = contacts_table([dict(row) for row in rows], zone="Europe/Berlin")
    found = {each.queue: each for each in histories(table, zone="Europe/Berlin")}
    assert set(found) == {"calls", "chats"}
    for queue, history in found.items():
        mine = [row for row in rows if row["queue"] == queue and row["outcome"] != "failed"]
        cells = Counter(
            (
                row["arrived_at"].date(),
                (row["arrived_at"].hour * 60 + row["arrived_at"].minute) // 30,
            )
            for row in mine
        )
        for (day, slot), n in cells.items():
            assert history.counts[(day - history.first_date).days, slot] == n
        assert history.counts.sum() == len(mine)
        lengths = [
            (row["talk_s"] or 0) + (row["wrapup_s"] or 0)
            for row in mine
            if row["talk_s"] is not None or row["wrapup_s"] is not None
        ]
        assert history.handled.sum() == len(lengths)
        assert history.handle_total_s.sum() == pytest.approx(sum(lengths))
        assert history.handle_cv == pytest.approx(np.std(lengths, ddof=1) / np.mean(lengths))
        assert history.exposure[(dt.date(2024, 3, 31) - history.first_date).days].sum() == 46


def test_only_those_who_queued_or_were_handled_count_where_that_is_asked() -> None:
    rows = _rows(np.random.default_rng(2))
    table = contacts_table([dict(row) for row in rows], zone="Europe/Berlin")
    (found,) = histories(table, zone="Europe/Berlin", by_queue=False, arrivals="queued")
    wanted = [
        row
        for row in rows
        if row["outcome"] != "failed" and (row["queued_at"] or row["outcome"] == "handled")
    ]
    assert found.queue == "all"
    assert found.counts.sum() == len(wanted)


def test_days_in_gaps_of_the_ledger_are_unseen() -> None:
    rows = [
        row
        for row in _rows(np.random.default_rng(3), days=40)
        if not dt.date(2024, 4, 4) <= row["arrived_at"].date() <= dt.date(2024, 4, 6)
    ]
    (found,) = histories(
        contacts_table(rows, zone="Europe/Berlin"), zone="Europe/Berlin", by_queue=False
    )
    unseen = [str(day) for day, seen in zip(found.dates, found.seen, strict=True) if not seen]
    assert unseen == ["2024-04-04", "2024-04-05", "2024-04-06"]


def test_an_empty_ledger_and_odd_intervals_are_refused() -> None:
    with pytest.raises(PlanError, match="no contacts"):
        histories(contacts_table([]), zone="UTC")
    with pytest.raises(PlanError, match="equal parts"):
        histories(contacts_table([]), zone="UTC", interval_s=1700)
