"""Simulated teams whose truth is known: who passes on what they need not, and who must pass on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["Team", "contacts_of"]

_START_US = 19_723 * 86_400_000_000  # Monday, 1 January 2024
_REASONS = np.array(["bill", "move", "offer"])
_QUEUES = np.array(["front", "back"])


@dataclass(frozen=True, kw_only=True)
class Team:
    """Two queues, each with people of its own, who pass customers on to the other queue.

    Attributes
    ----------
    advisors : int
        In front; half as many again are in the back.
    usual : float
        The share passed on in front where nothing is going on.
    differ : float
        Spread of honest advisors' own share (of its logarithm).
    habit : tuple of (advisor, chance)
        Who passes on more in front, by how much, on days ``from_day`` to ``to_day``.
    unskilled : tuple of (advisor, reason, chance)
        Who has to pass on one kind of matter in front.
    began : tuple of (advisor, day)
        Who is new on that day in front, and passes on a fifth more in their first three weeks.
    misrouted : float
        Share of what comes directly to the back that belongs in front.
    returned : float
        Share of what was passed on that the next hand passes back.
    all_more : float
        What all in front pass on more from ``from_day`` on, as by a new rule.
    moving_mix : bool
        Whether matters of the kind that is passed on most come ever more often.
    """

    advisors: int = 16
    days: int = 56
    an_hour: float = 36.0
    usual: float = 0.05
    differ: float = 0.0
    habit: tuple[tuple[int, float], ...] = ()
    from_day: int = 0
    to_day: int = 10_000
    unskilled: tuple[tuple[int, int, float], ...] = ()
    began: tuple[tuple[int, int], ...] = ()
    misrouted: float = 0.0
    returned: float = 0.0
    all_more: float = 0.0
    moving_mix: bool = False
    known: float = 0.8

    def arrow(self, seed: int) -> pa.Table:
        """The contacts of one run."""
        rng = np.random.default_rng(seed)
        hours = np.repeat(np.arange(self.days), 9) * 24 + np.tile(np.arange(8, 17), self.days)
        busy = rng.gamma(20, 1 / 20, len(hours))
        hour = np.repeat(hours, rng.poisson(self.an_hour * busy))
        size = len(hour)
        own = np.exp(rng.standard_normal(2 * self.advisors) * self.differ - self.differ**2 / 2)
        drift = hour / 24 / self.days if self.moving_mix else np.full(size, 0.3)
        made: list[dict[str, npt.NDArray[Any]]] = []
        legs = {
            "at": hour * 3600.0 + rng.random(size) * 3000,
            "customer": rng.integers(0, max(1, size // 3), size),
            "queue": (rng.random(size) < 0.3).astype(int),
            "reason": np.where(rng.random(size) < drift, 0, rng.integers(1, 3, size)),
            "before": np.full(size, -1),
        }
        legs["lost"] = (rng.random(size) < self.misrouted) & (legs["queue"] == 1)
        count = 0
        while size:
            day = np.floor(legs["at"] / 86_400)
            who = self._on_duty(rng, legs, day)
            handle = rng.lognormal(5.0, 0.5, size)
            chance = self._chance(legs, who, day, own)
            passed = rng.random(size) < chance
            handle = np.where(passed, handle / 3, handle)
            made.append(legs | {"who": who, "handle": handle, "passed": passed})
            keys = count + np.arange(size)
            count += size
            legs = {
                "at": (legs["at"] + handle)[passed],
                "customer": legs["customer"][passed],
                "queue": 1 - legs["queue"][passed],
                "reason": legs["reason"][passed],
                "before": keys[passed],
                "lost": np.zeros(passed.sum(), dtype=bool),
            }
            size = len(legs["at"])
        every = {name: np.concatenate([each[name] for each in made]) for name in made[0]}
        return self._table(every)

    def _on_duty(
        self, rng: np.random.Generator, legs: dict[str, Any], day: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.int64]:
        """Half of each queue's people are there in any one hour; a free one takes the contact."""
        here = np.where(legs["queue"] == 0, self.advisors, self.advisors // 2)
        shift = np.floor(legs["at"] / 3600).astype(np.int64)
        who = (shift + 2 * rng.integers(0, here)) % here
        for advisor, first in self.began:
            away = (legs["queue"] == 0) & (who == advisor) & (day < first)
            who[away] = (advisor + 2) % self.advisors
        return np.asarray(who + np.where(legs["queue"] == 0, 0, self.advisors), dtype=np.int64)

    def _chance(
        self,
        legs: dict[str, Any],
        who: npt.NDArray[np.int64],
        day: npt.NDArray[np.float64],
        own: npt.NDArray[np.float64],
    ) -> npt.NDArray[np.float64]:
        front = legs["queue"] == 0
        by_reason = np.array([2.0, 0.6, 0.6])[legs["reason"]]
        chance = np.where(front, self.usual * by_reason, 0.02) * own[who]
        there = (day >= self.from_day) & (day < self.to_day)
        for advisor, more in self.habit:
            chance += more * (front & (who == advisor) & there)
        for advisor, reason, more in self.unskilled:
            chance += more * (front & (who == advisor) & (legs["reason"] == reason))
        for advisor, first in self.began:
            chance += 0.2 * (front & (who == advisor) & (day < first + 21))
        chance += self.all_more * (front & there)
        chance = np.where(legs["lost"], 0.95, chance)
        chance += self.returned * (legs["before"] >= 0)
        return np.asarray(np.clip(chance, 0, 0.95), dtype=np.float64)

    def _table(self, every: dict[str, Any]) -> pa.Table:
        size = len(every["at"])
        known = (every["customer"] * 2_654_435_761 % 1000) < 1000 * self.known
        at_us = _START_US + (every["at"] * 1e6).astype(np.int64)
        ended_us = _START_US + ((every["at"] + every["handle"]) * 1e6).astype(np.int64)
        ids = np.char.add("s:", np.arange(size).astype(str))
        names = np.char.add("a", np.char.zfill(every["who"].astype(str), 3))
        before = every["before"]
        return pa.table(
            {
                "contact_id": ids,
                "contact_key": np.arange(size),
                "customer_key": pa.array(
                    (every["customer"] * 0x9E3779B1 + 12_345) % (1 << 61), mask=~known
                ),
                "channel": np.full(size, "voice"),
                "queue": _QUEUES[every["queue"]],
                "reason": _REASONS[every["reason"]],
                "outcome": np.full(size, "handled"),
                "handled_by": np.full(size, "advisor"),
                "advisor_id": names,
                "transfers": every["passed"].astype(np.int64),
                "talk_s": np.round(every["handle"]),
                "hold_s": pa.nulls(size, pa.float64()),
                "wrapup_s": pa.nulls(size, pa.float64()),
                "previous_contact_id": pa.array(ids[np.maximum(before, 0)], mask=before < 0),
                "arrived_us": at_us,
                "ended_us": ended_us,
                "local_arrived_us": at_us,
                "local_arrived_at": pa.array(at_us).cast(pa.timestamp("us")),
                "source": np.full(size, "s"),
            }
        )

    def contacts(self, seed: int) -> ir.Table:
        """The contacts of one run, as a ledger holds them."""
        return contacts_of(self.arrow(seed))


def contacts_of(table: pa.Table) -> ir.Table:
    """Contacts on an engine of their own."""
    made: ir.Table = ibis.duckdb.connect(threads=1).create_table("contacts", table, temp=True)
    return made
