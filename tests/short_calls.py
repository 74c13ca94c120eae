"""Simulated telephone teams whose truth is known: who is quick, what drops, and who hangs up."""

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


@dataclass(frozen=True, kw_only=True)
class Team:
    """One team, and what goes on in it.

    Attributes
    ----------
    hang_up : mapping of advisor to chance
        Whose calls end after a few seconds, and how often, on days ``from_day`` to ``to_day``.
    pace : float
        Spread of the advisors' own pace (of the logarithm of handle time).
    drops : float
        Chance that a call drops, whoever takes it; ``drops_differ`` is the spread between advisors.
    failing_hours : int
        Hours in which every third call drops.
    callbacks : bool
        A tenth of the calls belongs to a queue of call-backs, half of which reach nobody.
    known : float
        Share of customers with an id.
    """

    advisors: int = 20
    days: int = 56
    an_hour: float = 40.0
    hang_up: tuple[tuple[int, float], ...] = ()
    from_day: int = 0
    to_day: int = 10_000
    pace: float = 0.2
    drops: float = 0.005
    drops_differ: float = 0.0
    failing_hours: int = 0
    callbacks: bool = False
    known: float = 0.7

    def arrow(self, seed: int) -> pa.Table:
        """The contacts of one run."""
        rng = np.random.default_rng(seed)
        hours = np.repeat(np.arange(self.days), 9) * 24 + np.tile(np.arange(8, 17), self.days)
        hour = np.repeat(hours, rng.poisson(self.an_hour, len(hours)))
        n = len(hour)
        customer = rng.integers(0, n // 3, n)
        at = hour * 3600.0 + rng.random(n) * 3600
        pace = rng.standard_normal(self.advisors) * self.pace
        dropping = self.drops * np.exp(rng.standard_normal(self.advisors) * self.drops_differ)
        failing = rng.choice(hours, self.failing_hours, replace=False)
        hang_up = np.zeros(self.advisors)
        for advisor, chance in self.hang_up:
            hang_up[advisor] = chance
        made: list[tuple[npt.NDArray[Any], ...]] = []
        while len(at):
            # Half of the advisors are there in any one hour; a free one takes the call.
            on = (np.floor(at / 3600).astype(int) + 2 * rng.integers(0, self.advisors, len(at))) % (
                self.advisors
            )
            day = np.floor(at / 86_400)
            callback = (rng.random(len(at)) < 0.1) & self.callbacks
            talk = np.exp(
                np.where(callback, 4.0, 5.0) + pace[on] + 0.9 * rng.standard_normal(len(at))
            )
            dropped = dropping[on] + 0.3 * np.isin(np.floor(at / 3600), failing)
            cut = rng.random(len(at)) < dropped
            there = (day >= self.from_day) & (day < self.to_day)
            cut |= (rng.random(len(at)) < hang_up[on]) & there & ~callback
            nobody = callback & (rng.random(len(at)) < 0.5)
            talk = np.where(cut | nobody, rng.uniform(1, 9, len(at)), talk)
            again = rng.random(len(at)) < np.where(cut, 0.5, 0.03)
            made.append((at, customer, on, talk, callback))
            at, customer = at[again] + rng.uniform(20, 580, again.sum()), customer[again]
        at, customer, on, talk, callback = (
            np.concatenate(part) for part in zip(*made, strict=True)
        )
        known = (customer * 2_654_435_761 % 1000) < 1000 * self.known
        at_us = _START_US + (at * 1e6).astype(np.int64)
        key = (customer * 0x9E3779B1 + 12_345) % (1 << 61)
        return pa.table(
            {
                "contact_key": np.arange(len(at)),
                "customer_key": pa.array(key, mask=~known),
                "channel": np.where(callback, "callback", "voice"),
                "queue": np.where(callback, "call back", "loans"),
                "reason": pa.nulls(len(at), pa.string()),
                "outcome": np.full(len(at), "handled"),
                "handled_by": np.full(len(at), "advisor"),
                "advisor_id": np.char.add("a", np.char.zfill(on.astype(str), 3)),
                "transfers": np.zeros(len(at), dtype=np.int64),
                "talk_s": np.round(talk),
                "hold_s": pa.nulls(len(at), pa.float64()),
                "wrapup_s": pa.nulls(len(at), pa.float64()),
                "arrived_us": at_us,
                "local_arrived_us": at_us,
            }
        )

    def contacts(self, seed: int) -> ir.Table:
        """The contacts of one run, as a ledger holds them."""
        return contacts_of(self.arrow(seed))


def contacts_of(table: pa.Table) -> ir.Table:
    """Contacts on an engine of their own."""
    made: ir.Table = ibis.duckdb.connect(threads=1).create_table("contacts", table, temp=True)
    return made
