"""Contacts whose handle times are known, as the ledger has them: some aim at a limit, some not."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["aimed", "contacts_of", "unlike"]

_START_US = 19_723 * 86_400_000_000  # Monday, 1 January 2024


def contacts_of(at_s: npt.ArrayLike, **columns: npt.ArrayLike) -> ir.Table:
    """Handled calls that arrive so many seconds after Monday, 1 January 2024.

    ``ended_s`` and ``answered_s`` are seconds after arrival; other columns as in the ledger.
    """
    at = np.asarray(at_s, dtype=np.float64)
    n = len(at)
    arrived = _START_US + np.round(at * 1e6).astype(np.int64)
    filled: dict[str, Any] = {
        "contact_key": np.arange(n),
        "customer_key": np.arange(n),
        "source": pa.array(["test"] * n, pa.string()),
        "channel": pa.array(["voice"] * n, pa.string()),
        "queue": pa.array(["calls"] * n, pa.string()),
        "outcome": pa.array(["handled"] * n, pa.string()),
        "handled_by": pa.array(["advisor"] * n, pa.string()),
        "arrived_us": arrived,
        "queued_us": arrived,
        "local_arrived_us": arrived,
        "local_arrived_at": pa.array(arrived, pa.timestamp("us")),
    }
    for name in ("reason", "journey", "advisor_id"):
        filled[name] = pa.nulls(n, pa.string())
    for name in ("talk_s", "hold_s", "wrapup_s"):
        filled[name] = pa.nulls(n, pa.float64())
    for name in ("answered", "ended"):
        since = np.asarray(columns.pop(f"{name}_s", np.zeros(n)), dtype=np.float64)
        filled[f"{name}_us"] = arrived + np.round(since * 1e6).astype(np.int64)
    made: ir.Table = ibis.duckdb.connect(threads=1).create_table(
        "contacts", pa.table(filled | columns), temp=True
    )
    return made


def aimed(
    seed: int,
    *,
    n: int = 20_000,
    by: tuple[int, ...] = (),
    part: float = 0.8,
    limit_s: float = 300.0,
    from_day: int = 0,
    days: int = 56,
    advisors: int = 20,
    rounded_s: float = 0.0,
    known: bool = True,
) -> ir.Table:
    """Calls of a gamma's length; the advisors ``by`` end a part of those up to 80 s too long."""
    rng = np.random.default_rng(seed)
    day = rng.integers(0, days, n)
    who = rng.integers(0, advisors, n)
    talk = rng.gamma(4, 70, n) * np.exp(0.1 * rng.standard_normal(advisors))[who]
    bent = np.isin(who, by) & (day >= from_day) & (rng.random(n) < part)
    bent &= (talk > limit_s) & (talk <= limit_s + 80)
    talk[bent] = limit_s - 14 * rng.random(int(bent.sum())) ** 2
    if rounded_s:
        talk = np.maximum(1, np.round(talk / rounded_s)) * rounded_s
    names = np.array([f"a{each:02d}" for each in range(advisors)])
    return contacts_of(
        day * 86_400 + 28_800 + 32_400 * rng.random(n),
        talk_s=talk,
        advisor_id=pa.array(names[who], mask=np.full(n, not known)),
    )


def unlike(seed: int, *, by_hand: int = 0, n: int = 60_000, advisors: int = 40) -> ir.Table:
    """Honest advisors who differ widely in pace and in kind; the first few round to minutes."""
    rng = np.random.default_rng(seed)
    who = rng.integers(0, advisors, n)
    shape = rng.uniform(1.5, 8, advisors)
    mean_s = 280 * np.exp(0.35 * rng.standard_normal(advisors))
    talk = rng.gamma(shape[who]) * (mean_s / shape)[who]
    rounds = (who < by_hand) & (rng.random(n) < 0.5)
    talk[rounds] = np.maximum(60, np.round(talk[rounds] / 60) * 60)
    names = np.array([f"a{each:02d}" for each in range(advisors)])
    return contacts_of(
        rng.integers(0, 56, n) * 86_400 + 28_800 + 32_400 * rng.random(n),
        talk_s=talk,
        advisor_id=pa.array(names[who]),
    )
