"""Files such as a telephone platform exports, made up, at any size; one row in a hundred is bad."""

from __future__ import annotations

from pathlib import Path

import duckdb

__all__ = ["MAPPING", "make_source"]

MAPPING = """\
source: generated
zone: Europe/London
columns:
  contact_id: call_id
  customer_id: caller
  channel: channel
  queue: queue
  arrived_at: arrived
  queued_at: queued
  answered_at: answered
  ended_at: ended
  outcome: {from: result, values: {ANSWERED: handled, ABANDONED: abandoned}}
  advisor_id: agent
  talk_s: talk
  hold_s: hold
  wrapup_s: acw
"""


def make_source(path: Path, rows: int) -> None:
    """Write ``rows`` made-up calls of one year to a CSV or Parquet file.

    One row in a hundred has a result that the mapping does not know, and so goes to quarantine.
    In Parquet the times and numbers have their types; in CSV everything is text.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    instant = "strftime({}, '%Y-%m-%d %H:%M:%S')" if path.suffix == ".csv" else "{}"
    served = "hash(i * 11) % 10 < 8"
    shape = (
        "(FORMAT csv, HEADER)" if path.suffix == ".csv" else "(FORMAT parquet, COMPRESSION zstd)"
    )
    step = 365 * 86_400 / rows
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '4GB'")
        connection.execute(
            f"""COPY (
              SELECT 'C' || i AS call_id,
                CASE WHEN hash(i * 5) % 10 < 8
                  THEN 'P' || (hash(i) % {max(1, rows // 5)}) END AS caller,
                ['voice', 'chat', 'email'][1 + CAST(hash(i * 3) % 3 AS INT)] AS channel,
                'queue ' || (hash(i * 13) % 12) AS queue,
                {instant.format("t")} AS arrived,
                {instant.format("t + to_seconds(CAST(hash(i * 7) % 20 AS INT))")} AS queued,
                CASE WHEN {served} THEN
                  {instant.format("t + to_seconds(20 + CAST(hash(i * 9) % 200 AS INT))")}
                END AS answered,
                {instant.format("t + to_seconds(300 + CAST(hash(i * 9) % 900 AS INT))")} AS ended,
                CASE WHEN hash(i * 31) % 100 = 0 THEN 'UNKNOWN CODE'
                  WHEN {served} THEN 'ANSWERED' ELSE 'ABANDONED' END AS result,
                CASE WHEN {served} THEN 'agent ' || (hash(i * 17) % 400) END AS agent,
                CASE WHEN {served} THEN 100 + CAST(hash(i * 19) % 600 AS INT) END AS talk,
                CASE WHEN {served} THEN CAST(hash(i * 23) % 60 AS INT) END AS hold,
                CASE WHEN {served} THEN CAST(hash(i * 29) % 90 AS INT) END AS acw
              FROM (SELECT i, TIMESTAMP '2024-01-01 04:00:00'
                        + to_microseconds(CAST(i * {step * 1e6} AS BIGINT)) AS t
                    FROM range({rows}) made(i))
            ) TO '{path}' {shape}"""
        )
