"""A queue whose waits have kinks for honest reasons: openings, overflow, announcements."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

__all__ = ["KinkedQueue"]

_START_US = 19_723 * 86_400_000_000  # Monday, 1 January 2024


@dataclass(frozen=True, kw_only=True)
class KinkedQueue:
    """First come, first served, day by day, with nobody aiming at anything.

    Attributes
    ----------
    overflow_s : float
        A second team takes who has waited so long, where it is free; 0 for none.
    announced_s : float
        Of those still waiting after so long, a quarter leaves within four seconds; 0 for none.
    opens_late : bool
        Callers may come half an hour before anybody serves.
    whole_seconds : bool
        Clocks are written down cut to whole seconds.
    in_time_s : float
        Of those who would wait up to three times as long, a third is answered just before; 0 for
        none: the only thing here that is not honest.
    """

    days: int = 40
    per_h: float = 90.0
    servers: int = 6
    handle_s: float = 230.0
    overflow_s: float = 0.0
    announced_s: float = 0.0
    opens_late: bool = False
    whole_seconds: bool = True
    in_time_s: float = 0.0

    def contacts(self, seed: int) -> ir.Table:
        """The contacts of one run, as the ledger has them."""
        rng = np.random.default_rng(seed)
        rows: list[tuple[float, float, int, bool]] = []
        for day in range(self.days):
            self._day(day, rng, rows)
        at, wait, who, handled = (np.array(each) for each in zip(*rows, strict=True))
        if self.whole_seconds:
            at, until = np.floor(at), np.floor(at + wait)
            wait = until - at
        arrived = _START_US + np.round(at * 1e6).astype(np.int64)
        left = arrived + np.round(wait * 1e6).astype(np.int64)
        talk = rng.gamma(3, self.handle_s / 3, len(at))
        names = np.array([f"a{each}" for each in range(-1, 200)])
        table = pa.table(
            {
                "contact_key": np.arange(len(at)),
                "customer_key": np.arange(len(at)),
                "source": ["test"] * len(at),
                "channel": ["voice"] * len(at),
                "queue": ["calls"] * len(at),
                "reason": pa.nulls(len(at), pa.string()),
                "journey": pa.nulls(len(at), pa.string()),
                "arrived_us": arrived,
                "queued_us": arrived,
                "local_arrived_us": arrived,
                "local_arrived_at": pa.array(arrived, pa.timestamp("us")),
                "answered_us": pa.array(left, mask=~handled),
                "ended_us": left + np.where(handled, np.round(talk * 1e6), 0).astype(np.int64),
                "outcome": np.where(handled, "handled", "abandoned"),
                "handled_by": np.where(handled, "advisor", "none"),
                "advisor_id": pa.array(names[who + 1], mask=~handled),
                "talk_s": pa.array(talk, mask=~handled),
                "hold_s": pa.array(np.zeros(len(at)), mask=~handled),
                "wrapup_s": pa.array(np.zeros(len(at)), mask=~handled),
            }
        )
        made: ir.Table = ibis.duckdb.connect(threads=1).create_table("contacts", table, temp=True)
        return made

    def _day(
        self, day: int, rng: np.random.Generator, rows: list[tuple[float, float, int, bool]]
    ) -> None:
        opens = day * 86_400 + 8 * 3600.0
        begins = opens - (1800 if self.opens_late else 0)
        busy = self.per_h * rng.gamma(60, 1 / 60)
        gaps = rng.exponential(3600 / busy, int(busy * 12))
        arrivals = begins + np.cumsum(gaps)
        teams = [[(opens, who) for who in range(self.servers)]]
        teams.append([(opens, 100 + who) for who in range(2)])
        for at in arrivals[arrivals < opens + 9 * 3600].tolist():
            patience = float(rng.exponential(400))
            if self.announced_s and rng.random() < 0.25:
                patience = min(patience, self.announced_s + 4 * float(rng.random()))
            starts = [max(at, team[0][0]) for team in teams]
            if self.overflow_s:
                starts[1] = max(starts[1], at + self.overflow_s)
            first = 1 if self.overflow_s and starts[1] < starts[0] else 0
            wait = starts[first] - at
            if wait > patience:
                rows.append((at, patience, -1, False))
                continue
            _, who = heapq.heappop(teams[first])
            heapq.heappush(
                teams[first], (starts[first] + float(rng.gamma(3, self.handle_s / 3)), who)
            )
            limit = self.in_time_s
            if limit and limit < wait <= 3 * limit and rng.random() < 1 / 3:
                wait = limit * (1 - 0.1 * float(rng.random()))
            rows.append((at, wait, who, True))
