"""The price of a second at any size, and the naive slope beside it by hand-written SQL.

``python -m benchmarks.price make FILE ROWS`` writes contacts of 2,000 advisors; ``andon FILE`` and
``sql FILE`` answer in a process of their own, and print what it took as JSON. The SQL knows nothing
of advisors: it is what a slope within cells costs that must not be believed. Both must give the
same naive slope.
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.repeat_work import DAY_US, US

__all__ = ["alike", "make_contacts"]

QUEUES: Final = 20
ADVISORS: Final = 100
"""Of each queue; a third of them are on duty at a time."""
PER_INTERVAL: Final = 100
"""Contacts of a queue in half an hour."""
INTERVALS: Final = 20
"""Half-hours of a day, from eight to six."""
WEEK_US: Final = 7 * DAY_US
HALF_HOUR_US: Final = 1_800 * US
FIRST_US: Final = 1_672_531_200 * US  # 1 January 2023


def make_contacts(path: Path, rows: int, *, seed: int = 1999) -> None:
    """Write ``rows`` made-up contacts of 2,000 advisors in the ledger's schema, day by day.

    Advisors differ in pace, and each works in one queue. A third as many customers as contacts,
    who come when they like; one in twenty gives up.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from andon.ledger.store import arrow_schema
    from andon.ledger.tables import TABLES

    schema = arrow_schema(TABLES["contacts"])
    rng = np.random.default_rng(seed)
    pace = rng.normal(0.0, 30.0, QUEUES * ADVISORS)
    names = np.array([f"made-up-{number:04d}" for number in range(len(pace))])
    queues = np.array([f"queue {number:02d}" for number in range(QUEUES)])
    a_day, customers = INTERVALS * QUEUES * PER_INTERVAL, max(1, rows // 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for day, start in enumerate(range(0, rows, a_day)):
            size = min(a_day, rows - start)
            interval = np.sort(rng.integers(0, INTERVALS, size))
            queue = rng.integers(0, QUEUES, size)
            # Who is on duty changes in the course of the day.
            duty = (day * 7 + interval // 5 * 31) % ADVISORS + rng.integers(0, ADVISORS // 3, size)
            who = queue * ADVISORS + duty % ADVISORS
            at = FIRST_US + day * DAY_US + (16 + interval) * HALF_HOUR_US
            at += rng.integers(0, HALF_HOUR_US, size)
            talk = np.maximum(300.0 * rng.lognormal(-0.1, 0.45, size) + pace[who], 1.0)
            hold = np.where(rng.random(size) < 0.2, rng.exponential(40.0, size), 0.0)
            served = rng.random(size) < 0.95
            wait_us = (rng.exponential(25.0, size) * US).astype(np.int64)
            stay_us = np.where(served, ((talk + hold) * US).astype(np.int64), 0)
            whose = rng.integers(0, customers, size)
            key = (whose + 1).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
            number = np.arange(start, start + size)
            columns: dict[str, Any] = {
                "contact_id": np.char.add("made:", number.astype(str)),
                "contact_key": rng.integers(-(2**63), 2**63 - 1, size),
                "customer_id": whose.astype(str),
                "customer_key": key.view(np.int64),
                "channel": ["voice"] * size,
                "queue": queues[queue],
                "reason": np.array(["question", "change"])[queue % 2],
                "arrived_at": at,
                "arrived_us": at,
                "local_arrived_at": at,
                "local_arrived_us": at,
                "queued_at": at,
                "queued_us": at,
                "answered_at": pa.array(at + wait_us, mask=~served),
                "answered_us": pa.array(at + wait_us, mask=~served),
                "ended_at": at + wait_us + stay_us,
                "ended_us": at + wait_us + stay_us,
                "outcome": np.where(served, "handled", "abandoned"),
                "advisor_id": pa.array(names[who], mask=~served),
                "talk_s": pa.array(np.round(talk, 3), mask=~served),
                "hold_s": pa.array(np.round(hold, 3), mask=~served),
                "wrapup_s": pa.array(np.round(talk / 10, 3), mask=~served),
                "transfers": pa.array(rng.binomial(1, 0.05, size), mask=~served),
                "source": ["made"] * size,
                "batch_id": ["made"] * size,
            }
            arrays = [
                pa.array(columns[field.name]).cast(field.type)
                if field.name in columns
                else pa.nulls(size, field.type)
                for field in schema
            ]
            writer.write_table(pa.table(arrays, schema=schema))


def andon(path: Path) -> dict[str, float]:
    """Andon's own question: the design's checks, the price, its interval and the dose."""
    from andon.estimate import Estimate
    from andon.goodhart.price_of_a_second import price_of_a_second
    from andon.ledger.engines import DuckDB

    engine = DuckDB(scratch=path.parent)
    found = price_of_a_second(engine.table("contacts", [path]))
    engine.close()
    if not isinstance(found.per_s, Estimate) or not isinstance(found.naive_per_s, Estimate):
        raise SystemExit(f"no price was told, so not all was measured: {found.design.says()}")
    return {
        "naive": found.naive_per_s.value,
        "contacts": found.contacts,
        "cells": found.cells,
        "advisors": found.advisors,
    }


def sql(path: Path) -> dict[str, float]:
    """The naive slope within cells, by hand."""
    import duckdb

    connection = duckdb.connect(config={"temp_directory": str(path.parent)})
    connection.execute("SET preserve_insertion_order = false")
    found = connection.execute(
        f"""WITH last AS (SELECT max(arrived_us) AS us FROM read_parquet('{path}')),
        contact AS (
          SELECT queue, reason, local_arrived_us // {HALF_HOUR_US} AS slot, arrived_us,
            round((talk_s + hold_s + wrapup_s) * {US}) / {US} AS x,
            coalesce(lead(arrived_us) OVER (PARTITION BY customer_key
              ORDER BY arrived_us, contact_key) - arrived_us <= {WEEK_US}, false)::double AS y
          FROM read_parquet('{path}')),
        cell AS (
          SELECT count(*) AS n, sum(x) AS x, sum(y) AS y, sum(x * x) AS xx, sum(x * y) AS xy
          FROM contact, last WHERE last.us - arrived_us >= {WEEK_US} AND x IS NOT NULL
          GROUP BY queue, reason, slot HAVING count(*) > 1)
        SELECT sum(xy - x * y / n) / sum(xx - x * x / n), sum(n), count(*) FROM cell"""
    ).fetchone() or (math.nan, 0, 0)
    return {"naive": 100 * found[0], "contacts": float(found[1]), "cells": float(found[2])}


def alike(one: dict[str, float], other: dict[str, float]) -> list[str]:
    """The figures in which two answers differ."""
    return [
        name
        for name in ("naive", "contacts", "cells")
        if not math.isclose(one[name], other[name], rel_tol=1e-6)
    ]


def main(words: list[str]) -> dict[str, Any]:
    """Do what the words say, and say what it took."""
    begin = time.perf_counter()
    if words[0] == "make":
        make_contacts(Path(words[1]), int(words[2]))
        answer: dict[str, float] = {}
    else:
        answer = {"andon": andon, "sql": sql}[words[0]](Path(words[1]))
    return {"inside_s": time.perf_counter() - begin, "answer": answer}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
