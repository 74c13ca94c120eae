"""Simulated operations whose truth is known: who takes how long, and what a second really does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from andon.goodhart.caseload import Caseload
from ledgers import contacts_arrow

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

Routing = Literal["chance", "hard to slow", "hard to some", "turned"]
"""How contacts reach advisors: by chance; the hard ones to slow advisors; the hard ones to some
whose skill is not pace; by chance, but slow advisors are the fast ones in every other queue."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Operation:
    """Contacts of one operation, one value each.

    ``x`` is seconds of handle time, ``y`` whether the customer comes back, ``came`` whether he or
    she came before, which hard cases did more often.
    """

    cell: Ints
    advisor: Ints
    x: Floats
    y: Floats
    came: Floats
    queue: Ints
    truth: float

    @property
    def cases(self) -> Caseload:
        return Caseload.alike(
            cell=self.cell,
            advisor=self.advisor,
            n=np.ones(len(self.x)),
            x=self.x,
            y=self.y,
            facts={"came before": self.came},
        )


def operation(
    rng: np.random.Generator,
    *,
    advisors: int = 40,
    cells: int = 600,
    per_cell: int = 12,
    truth: float = -0.0006,
    pace_s: float = 30.0,
    skill: float = 0.02,
    routing: Routing = "chance",
) -> Operation:
    """Contacts in cells of like size, taken by advisors who differ in pace and, apart, in skill.

    A contact's difficulty makes it longer, and makes the customer come back more: the naive slope
    is too high. Cells differ in both as well.
    """
    n = cells * per_cell
    cell = np.repeat(np.arange(cells), per_cell)
    queue = cell % 2
    pace, knack = rng.normal(0, pace_s, advisors), rng.normal(0, 1, advisors)
    hard = rng.normal(size=n) + rng.normal(0, 0.4, cells)[cell]
    advisor = rng.integers(0, advisors, n)
    if routing in {"hard to slow", "hard to some"}:
        # A third of the cell's contacts are dealt out in the order of difficulty.
        order = pace if routing == "hard to slow" else knack
        sorted_ = rng.random(n) < 0.35
        place = np.argsort(np.argsort(hard + 1e9 * ~sorted_))[sorted_]
        ranked = np.argsort(order)
        at = (place + 0.5) / sorted_.sum() * advisors + rng.normal(0, advisors / 8, len(place))
        advisor[sorted_] = ranked[np.clip(at, 0, advisors - 1).astype(int)]
    own = pace[advisor] * np.where((routing == "turned") & (queue == 1), -0.9, 1.0)
    x = np.maximum(300 * np.exp(0.2 * hard + rng.normal(0, 0.3, n)) + own, 1.0)
    chance = 0.3 + truth * (x - 320) + 0.08 * hard + skill * rng.normal(size=advisors)[advisor]
    return Operation(
        cell=cell,
        advisor=advisor,
        x=x,
        y=(rng.random(n) < np.clip(chance, 0, 1)).astype(np.float64),
        came=(rng.random(n) < 0.3 + 0.1 * np.clip(hard, -2, 2)).astype(np.float64),
        queue=queue,
        truth=truth,
    )


def ledger(made: Operation, *, per_day: int = 20) -> ir.Table:
    """The operation as the ledger's contacts: each customer calls once, or calls again by 5 days.

    A contact whose customer came before has an earlier one in another queue two days before it.
    """
    n = len(made.x)
    cells = int(made.cell[-1]) + 1
    within = np.arange(n) - np.searchsorted(made.cell, made.cell)
    day, slot = 10 + made.cell // per_day, made.cell % per_day
    at_s = day * 86_400 + (8 * 3600) + slot * 1800 + within
    rows = contacts_arrow([{"arrived_at": 0}]).schema
    first = {"at": at_s, "who": np.arange(n), "x": made.x, "advisor": made.advisor}
    again, before = made.y > 0, made.came > 0
    queue = np.where(made.queue > 0, "loans", "cards")
    last_s = (10 + cells // per_day + 15) * 86_400
    parts = [
        (at_s, first["who"], made.x, np.char.add("a", made.advisor.astype(str)), queue),
        (at_s[again] + 5 * 86_400 + 7 * 3600, np.arange(n)[again], None, None, "back"),
        (at_s[before] - 2 * 86_400 + 7 * 3600, np.arange(n)[before], None, None, "earlier"),
        (np.arange(0, last_s, 3600), n + np.arange(0, last_s, 3600), None, None, "watching"),
    ]
    tables = []
    for i, (at, who, x, advisor, name) in enumerate(parts):
        size = len(at)
        us = np.asarray(at, dtype=np.int64) * 1_000_000
        known = {
            "contact_id": pa.array([f"{i}:{k}" for k in range(size)]),
            "contact_key": pa.array(np.arange(size) + i * 10_000_000),
            "customer_id": pa.array(np.asarray(who).astype(str)),
            "customer_key": pa.array(np.asarray(who, dtype=np.int64)),
            "channel": pa.array(["voice"] * size),
            "queue": pa.array(name if isinstance(name, np.ndarray) else [name] * size),
            "outcome": pa.array(["handled" if x is not None else "abandoned"] * size),
            "arrived_us": pa.array(us),
            "local_arrived_us": pa.array(us),
            "talk_s": pa.array(x) if x is not None else pa.nulls(size, pa.float64()),
            "advisor_id": pa.array(advisor) if x is not None else pa.nulls(size, pa.string()),
            "source": pa.array(["test"] * size),
            "batch_id": pa.array(["b0"] * size),
        }
        for column, wall in (("arrived_at", "UTC"), ("local_arrived_at", None)):
            known[column] = pa.array(us).cast(pa.timestamp("us", tz=wall))
        tables.append(
            pa.table(
                [
                    known[field.name].cast(field.type)
                    if field.name in known
                    else pa.nulls(size, field.type)
                    for field in rows
                ],
                schema=rows,
            )
        )
    connection = ibis.duckdb.connect(threads=1)
    made_table: ir.Table = connection.create_table("contacts", pa.concat_tables(tables), temp=True)
    return made_table
