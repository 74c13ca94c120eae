"""Simulated telephone teams whose truth is known: who is sent what, and who lets hard ones pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from andon.proving.tables import as_ledger

__all__ = ["Team"]

Floats = npt.NDArray[np.float64]
_START_US = 19_723 * 86_400_000_000  # Monday, 1 January 2024
_HALF_HOURS = 18
_NAMES = ("question", "change", "problem", "dispute")
_SHARES = np.array([0.4, 0.3, 0.2, 0.1])
_TAKES_S = np.array([180.0, 260.0, 380.0, 520.0])


@dataclass(frozen=True, kw_only=True)
class Team:
    """One team, and what goes on in it.

    Attributes
    ----------
    sheds : mapping of advisor to share
        Of problems and disputes that come to them, those that they let pass to the next.
    from_day, to_day : int
        When they do.
    skills : mapping of reason to advisors
        Who alone is sent that reason.
    spared : mapping of advisor to share
        By rule: of problems and disputes, those that are sent to somebody else.
    starters : mapping of advisor to day
        From which day on they are sent problems and disputes too.
    odd_hours : tuple of int
        Who works in the last five half-hours only, in which half of the contacts are questions and
        hardly any disputes; others leave then.
    turns : bool
        Each day another fifth of the team is spared half of the problems and disputes.
    keeps : float
        Share of contacts that reach the customer's own advisor, if on duty.
    spread : float
        How much the share of hard ones that advisors are sent differs (of its logarithm).
    passes, passes_all : mapping of advisor to share
        Of hard contacts, or of all, those that they pass on within a minute.
    promises : mapping of advisor to share
        Contacts cut to half, recorded as resolved; two in five of those customers complain.
    clumsy : mapping of advisor to share
        Contacts that go wrong and take longer; two in five of those customers complain.
    needy : float
        Share of customers who are known to need support; ``avoids`` lets them pass.
    """

    advisors: int = 16
    days: int = 42
    a_half_hour: float = 34.0
    customers: int = 9000
    sheds: Mapping[int, float] = field(default_factory=dict)
    from_day: int = 0
    to_day: int = 10_000
    skills: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    spared: Mapping[int, float] = field(default_factory=dict)
    starters: Mapping[int, int] = field(default_factory=dict)
    odd_hours: tuple[int, ...] = ()
    turns: bool = False
    keeps: float = 0.0
    spread: float = 0.0
    pace: float = 0.2
    passes: Mapping[int, float] = field(default_factory=dict)
    passes_all: Mapping[int, float] = field(default_factory=dict)
    promises: Mapping[int, float] = field(default_factory=dict)
    clumsy: Mapping[int, float] = field(default_factory=dict)
    needy: float = 0.0
    avoids: Mapping[int, float] = field(default_factory=dict)

    def tables(self, seed: int) -> dict[str, ir.Table]:  # noqa: PLR0915 - one story
        """The ledger's contacts, values and needs of one run."""
        rng = np.random.default_rng(seed)
        slot = np.repeat(
            np.arange(self.days * _HALF_HOURS),
            rng.poisson(self.a_half_hour, self.days * _HALF_HOURS),
        )
        day, hour = slot // _HALF_HOURS, slot % _HALF_HOURS
        n, who = len(slot), np.arange(self.advisors)
        late = hour >= _HALF_HOURS - 5
        quiet = late & bool(self.odd_hours)
        shares = np.where(quiet[:, None], np.array([0.55, 0.3, 0.12, 0.03]), _SHARES)
        reason = (rng.random(n)[:, None] > np.cumsum(shares, axis=1)).sum(axis=1).clip(max=3)
        hard = reason >= 2
        # Some customers come with hard matters again and again.
        customer = np.where(
            hard, (self.customers * rng.random(n) ** 2), self.customers * rng.random(n)
        )
        customer = customer.astype(np.int64)
        needs = np.arange(self.customers) < self.needy * self.customers
        needs = rng.permutation(needs)

        odd = np.isin(who, self.odd_hours)
        works = rng.random((self.days, self.advisors)) < 0.7
        on = works[day] & np.where(odd, late[:, None], ~(late[:, None] & bool(self.odd_hours)))
        lack = ~on.any(axis=1)
        on[lack] = ~odd
        for name, able in self.skills.items():
            on[reason == _NAMES.index(name)] &= np.isin(who, able)
            none = ~on.any(axis=1)
            on[np.ix_(none, np.isin(who, able))] = True
        for advisor, begins in self.starters.items():
            on[hard & (day < begins), advisor] = False
        less = np.exp(rng.standard_normal(self.advisors) * self.spread)
        less[list(self.spared)] = 1 - np.array(list(self.spared.values()))
        weight = np.where(hard[:, None], less, 1.0) * on
        if self.turns:
            weight = weight * np.where(hard[:, None] & ((who + day[:, None]) % 5 == 0), 0.5, 1.0)
        keys = rng.random((n, self.advisors)) ** (1 / np.maximum(weight, 1e-12)) * (weight > 0)
        order = np.argsort(-keys, axis=1)
        first = order[:, 0].copy()
        own = customer % self.advisors
        kept = (rng.random(n) < self.keeps) & on[np.arange(n), own]
        first[kept] = own[kept]
        acts = (day >= self.from_day) & (day < self.to_day)
        by = first.copy()
        for chance, which in ((self.sheds, hard), (self.avoids, needs[customer])):
            often = np.zeros(self.advisors)
            often[list(chance)] = list(chance.values())
            lets = which & acts & (rng.random(n) < often[by])
            another = np.where(order[:, 0] == by, order[:, 1], order[:, 0])
            lets &= on[np.arange(n), another]
            by = np.where(lets, another, by)

        def does(chance: Mapping[int, float]) -> npt.NDArray[np.bool_]:
            often = np.zeros(self.advisors)
            often[list(chance)] = list(chance.values())
            return np.asarray(acts & (rng.random(n) < often[by]))

        pace = np.exp(rng.standard_normal(self.advisors) * self.pace)
        lasts = _TAKES_S[reason] * pace[by] * np.exp(0.5 * rng.standard_normal(n) - 0.125)
        passed = (does(self.passes) & hard) | does(self.passes_all) | (rng.random(n) < 0.02)
        lasts = np.where(passed, 20 + 30 * rng.random(n), lasts)
        promised, clumsy = does(self.promises) & ~passed, does(self.clumsy) & ~passed
        lasts = np.where(promised, lasts / 2, np.where(clumsy, lasts * 1.3, lasts))
        at = ((day * 48 + 16 + hour) * 1800 + 1800 * rng.random(n)) * 1e6
        ended = at + lasts * 1e6
        complains = ((promised | clumsy) & (rng.random(n) < 0.4)) | (rng.random(n) < 0.01)
        resolved = promised | clumsy | (~passed & (rng.random(n) < 0.8))
        ids = pa.array([f"customer-{each}" for each in customer])
        numbers = [f"c{i}" for i in range(n)]
        contacts = pa.table(
            {
                "contact_id": numbers,
                "customer_id": ids,
                "channel": pa.array(["voice"] * n),
                "queue": pa.array(["calls"] * n),
                "reason": pa.array([_NAMES[each] for each in reason]),
                "arrived_at": _instants(at),
                "queued_at": _instants(at),
                "answered_at": _instants(at),
                "ended_at": _instants(ended),
                "outcome": pa.array(["handled"] * n),
                "handled_by": pa.array(["advisor"] * n),
                "advisor_id": pa.array([f"a{each:02}" for each in by]),
                "talk_s": pa.array(lasts),
                "transfers": pa.array(passed.astype(np.int64)),
                "resolved": pa.array(resolved),
            }
        )
        who_complains = np.flatnonzero(complains)
        values = pa.table(
            {
                "value_id": [f"v{i}" for i in who_complains],
                "customer_id": ids.take(pa.array(who_complains)),
                "kind": pa.array(["complaint"] * len(who_complains)),
                "happened_at": _instants(
                    ended[who_complains] + rng.exponential(1.5 * 86_400e6, len(who_complains))
                ),
            }
        )
        known = np.flatnonzero(needs)
        support = pa.table(
            {
                "need_id": pa.array([f"n{i}" for i in known], pa.string()),
                "customer_id": pa.array([f"customer-{i}" for i in known], pa.string()),
                "kind": pa.array(["health"] * len(known), pa.string()),
            }
        )
        connection = ibis.duckdb.connect(threads=1)
        return {
            name: connection.create_table(
                name, as_ledger(_whole(table), name, source="test", zone="UTC"), temp=True
            )
            for name, table in (("contacts", contacts), ("values", values), ("needs", support))
        }


def _instants(us: Floats) -> pa.Array:
    return pa.array((_START_US + us).astype(np.int64)).cast(pa.timestamp("us", tz="UTC"))


def _whole(table: pa.Table) -> pa.Table:
    """With what a derived column is made of, also where it is missing."""
    if "since_at" not in table.column_names and "need_id" in table.column_names:
        table = table.append_column(
            "since_at", pa.nulls(table.num_rows, pa.timestamp("us", tz="UTC"))
        )
    return table
