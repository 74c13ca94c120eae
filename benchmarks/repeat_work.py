"""Repeat work at any size: Andon's question, the same in hand-written SQL, the same in pandas.

``python -m benchmarks.repeat_work make FILE ROWS`` writes contacts; ``andon FILE``, ``sql FILE``
and ``pandas FILE`` answer the question in a process of their own and print what it took, imports
and all, as JSON. The three answers are compared by :func:`alike`.

The SQL is what someone would write who knows DuckDB well and this question in advance: one sorted
pass kept in a temporary table of narrow columns, then three sums. It knows that the contacts made
here have no gaps in days, and stops if they have.
"""

from __future__ import annotations

import json
import math
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

__all__ = ["alike", "make_contacts"]

Reply = dict[str, float]

WINDOWS_S: Final = (600, 3_600, 86_400, 7 * 86_400, 14 * 86_400, 30 * 86_400)
CURVE_S: Final = (
    *(60 * minutes for minutes in (1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90)),
    *(3_600 * hours for hours in (2, 3, 4, 6, 8, 12, 16, 20, 24, 36)),
    *(86_400 * days for days in (2, 3, 4, 5, 6, 7, 10, 14, 21, 30)),
)
CONTROL_US: Final = 35 * 86_400 * 1_000_000
US: Final = 1_000_000
DAY_US: Final = 86_400 * US
GROUPS: Final = 500
KINDS: Final = {"recontacts": (0, 1, 2, 3, 4, 5), "retrials": (6,), "after_failed": (7,)}
ENDED: Final = 8
CHUNK: Final = 1_000_000


def make_contacts(path: Path, rows: int, *, seed: int = 1999) -> None:
    """Write ``rows`` made-up contacts of one year in the ledger's schema.

    A fifth as many customers as contacts, a few of them with thousands; four in five contacts
    carry a customer id. Contacts come by day, from eight to eight. Who gives up, or is served for
    a few seconds, often comes back within the hour.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from andon.ledger.store import arrow_schema
    from andon.ledger.tables import TABLES

    schema = arrow_schema(TABLES["contacts"])
    rng = np.random.default_rng(seed)
    first_us = 1_672_531_200 * US  # 1 January 2023
    customers = max(1, rows // 5)
    path.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, rows, CHUNK):
            size = min(CHUNK, rows - start)
            base = int(size * 0.87)
            # The power makes a few customers frequent: the first of two million comes daily.
            whose = (customers * rng.random(base) ** 1.6).astype(np.int64)
            share = (start + np.sort(rng.random(base)) * size) / rows
            day = np.floor(share * 365).astype(np.int64)
            at = day * DAY_US + ((8 + 12 * rng.beta(2, 2.5, base)) * 3_600e6).astype(np.int64)
            talk = rng.lognormal(4.85, 0.95, base)
            talk[rng.random(base) < 0.06] *= 0.05
            given_up = rng.random(base) < 0.16
            likely = np.where(given_up | (talk < 10), 5.0, 1.0)
            back = rng.choice(base, size - base, p=likely / likely.sum())
            whose = np.concatenate([whose, whose[back]])
            late = at[back] + (rng.exponential(1_200e6, size - base)).astype(np.int64)
            at = np.concatenate([at, late]) + first_us
            talk = np.concatenate([talk, rng.lognormal(4.85, 0.95, size - base)])
            fate = rng.choice(5, size, p=(0.93, 0.02, 0.02, 0.02, 0.01))
            fate[:base][given_up] = rng.choice((5, 6), int(given_up.sum()), p=(0.8, 0.2))
            order = np.argsort(at, kind="stable")
            whose, at, talk, fate = whose[order], at[order], talk[order], fate[order]
            served, known = fate == 0, rng.random(size) < 0.8
            # Fibonacci hashing: the keys look like the ledger's own.
            key = (whose + 1).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
            number = pc.cast(pa.array(np.arange(start, start + size)), pa.string())
            outcomes = "handled self_served failed handled open abandoned left_self_service"
            instants = {
                "arrived": at,
                "queued": at + 20 * US,
                "answered": pa.array(at + 60 * US, mask=~served),
                "ended": pa.array(at + 60 * US + (talk * 1e6).astype(np.int64)),
            }
            columns: dict[str, Any] = {
                "contact_id": pc.binary_join_element_wise("made", number, ":"),
                "contact_key": rng.integers(-(2**63), 2**63 - 1, size),
                "customer_id": pa.array(
                    pc.cast(pa.array(whose), pa.string()).to_numpy(zero_copy_only=False),
                    mask=~known,
                ),
                "customer_key": pa.array(key.view(np.int64), mask=~known),
                "channel": np.array(["voice", "chat"])[(whose % 4 == 0).astype(int)],
                "queue": np.array(["Cards", "Loans", "Help", "Web"])[whose % 4],
                "local_arrived_at": at,
                "local_arrived_us": at,
                "outcome": np.array(outcomes.split())[fate],
                "talk_s": pa.array(np.round(talk, 3), mask=~served),
                "wrapup_s": pa.array(np.round(talk / 10, 3), mask=~served),
                "source": ["made"] * size,
                "batch_id": ["made"] * size,
            }
            for name, instant in instants.items():
                columns[f"{name}_at"] = columns[f"{name}_us"] = instant
            arrays = [
                pa.array(columns[field.name]).cast(field.type)
                if field.name in columns
                else pa.nulls(size, field.type)
                for field in schema
            ]
            writer.write_table(pa.table(arrays, schema=schema), row_group_size=250_000)


# --- Andon ------------------------------------------------------------------------------------


def andon(path: Path) -> Reply:
    """Andon's own question on its own engine."""
    from andon.demand.recontact import repeat_work
    from andon.ledger.engines import DuckDB

    engine = DuckDB(scratch=path.parent)
    found = repeat_work(engine.table("contacts", [path])).overall
    reply: Reply = {"contacts": found.contacts, "identified": _value(found.identified)}
    for after in (found.retrials, found.recontacts, found.after_failed):
        for window in after.windows:
            name = f"{after.key}_{window.window_s}"
            reply |= {
                f"{name}_seen": window.contacts,
                f"{name}_rate": _value(window.rate),
                f"{name}_excess": _value(window.excess),
            }
        for point in after.curve:
            reply[f"{after.key}_curve_{point.time_s}"] = point.share
    for repeats in found.repeats:
        name = f"repeats_{repeats.window_s}"
        reply |= {
            f"{name}_share": _value(repeats.share),
            f"{name}_work": _value(repeats.share_of_work),
            f"{name}_bound": getattr(repeats.bounds, "low", math.nan),
        }
    engine.close()
    return reply


def _value(figure: Any) -> float:
    return float(getattr(figure, "value", math.nan))


# --- SQL --------------------------------------------------------------------------------------


def sql(path: Path) -> Reply:
    """The same, by hand."""
    import duckdb

    connection = duckdb.connect(config={"temp_directory": str(path.parent)})
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"CREATE VIEW contacts AS FROM read_parquet('{path}')")
    first, last, days, spanned = connection.execute(
        f"""SELECT min(first), max(last), count(*), 1 + (max(day) - min(day)) // {DAY_US} FROM (
              SELECT local_arrived_us - local_arrived_us % {DAY_US} AS day,
                min(arrived_us) AS first, max(arrived_us) AS last
              FROM contacts GROUP BY day)"""
    ).fetchone() or (0, 0, 0, 0)
    if days != spanned:
        raise SystemExit("this SQL knows no gaps in days")
    connection.execute(f"CREATE TEMP TABLE spine AS {_spine_sql(first, last)}")
    return _replied(
        firsts=_fetched(connection, _firsts_sql()),
        repeats=_fetched(
            connection,
            "SELECT replicate, back, seen_back, count(*) AS n, sum(handle_us) AS us "
            "FROM spine GROUP BY ALL",
        ),
        curve=_fetched(
            connection,
            "SELECT replicate, what, gap, ripe, count(*) AS n FROM spine GROUP BY ALL",
        ),
        unidentified=_fetched(connection, _unidentified_sql(first, last)),
    )


def _fetched(connection: Any, query: str) -> dict[str, Any]:
    return dict(connection.execute(query).fetchnumpy())


def _what_sql(handle: str) -> str:
    return f"""CASE outcome WHEN 'handled' THEN CASE WHEN {handle} IS NULL THEN 4
        WHEN {handle} < {10 * US} THEN 0 WHEN {handle} < {60 * US} THEN 1
        WHEN {handle} < {300 * US} THEN 2 ELSE 3 END
      WHEN 'self_served' THEN 5 WHEN 'abandoned' THEN 6 WHEN 'left_self_service' THEN 6
      WHEN 'failed' THEN 7 ELSE {ENDED} END::TINYINT"""


_HANDLE_SQL: Final = """CASE WHEN coalesce(talk_s, hold_s, wrapup_s) IS NOT NULL THEN round((
    coalesce(talk_s, 0) + coalesce(hold_s, 0) + coalesce(wrapup_s, 0)) * 1e6)::BIGINT END"""


def _code_sql(value: str, edges_s: tuple[int, ...]) -> str:
    """How many edges a length exceeds, by the first that it does not."""
    whens = " ".join(f"WHEN {value} <= {edge * US} THEN {i}" for i, edge in enumerate(edges_s))
    return f"(CASE {whens} ELSE {len(edges_s)} END)::TINYINT"


def _seen_sql(value: str, edges_s: tuple[int, ...]) -> str:
    """How many edges fit into a length, from the longest down: nearly all fit."""
    whens = " ".join(
        f"WHEN {value} >= {edge * US} THEN {i + 1}" for i, edge in reversed([*enumerate(edges_s)])
    )
    return f"(CASE {whens} ELSE 0 END)::TINYINT"


def _spine_sql(first: int, last: int) -> str:
    before = f"CASE WHEN t - {CONTROL_US} >= {first} THEN {last} - t + {CONTROL_US} ELSE -1 END"
    return f"""
      SELECT (abs(customer % {GROUPS}))::SMALLINT AS replicate, {_what_sql("handle")} AS what,
        coalesce(handle, 0) AS handle_us, queued,
        {_code_sql("next - t", CURVE_S)} AS gap, {_seen_sql(f"{last} - t", CURVE_S)} AS ripe,
        {_code_sql("t - previous", WINDOWS_S)} AS back,
        {_seen_sql(f"t - {first}", WINDOWS_S)} AS seen_back,
        {_code_sql(f"after - t - {CONTROL_US}", WINDOWS_S)} AS after,
        {_seen_sql(f"{last} - t - {CONTROL_US}", WINDOWS_S)} AS seen_after,
        {_code_sql(f"before - t + {CONTROL_US}", WINDOWS_S)} AS before,
        {_seen_sql(before, WINDOWS_S)} AS seen_before
      FROM (
        SELECT customer, t, outcome, handle, queued,
          lead(t) OVER own AS next, lag(t) OVER own AS previous,
          first_value(t) OVER (PARTITION BY customer ORDER BY t
            RANGE BETWEEN {CONTROL_US + 1} FOLLOWING AND UNBOUNDED FOLLOWING) AS after,
          first_value(t) OVER (PARTITION BY customer ORDER BY t
            RANGE BETWEEN {CONTROL_US - 1} PRECEDING AND UNBOUNDED FOLLOWING) AS before
        FROM (
          SELECT customer_key AS customer, arrived_us AS t, contact_key AS key,
            outcome::ENUM ('handled', 'abandoned', 'self_served', 'left_self_service', 'failed',
              'open') AS outcome, {_HANDLE_SQL} AS handle, queued_us IS NOT NULL AS queued
          FROM contacts WHERE customer_key IS NOT NULL)
        WINDOW own AS (PARTITION BY customer ORDER BY t, key))"""


def _firsts_sql() -> str:
    at = [CURVE_S.index(window) for window in WINDOWS_S]
    gap = "+".join(f"(gap > {i})::TINYINT" for i in at)
    ripe = "+".join(f"(ripe > {i})::TINYINT" for i in at)
    sums = []
    for i in range(len(WINDOWS_S)):
        both = f"(seen_after > {i} AND seen_before > {i})::INT"
        hits = (
            f"((seen_after > {i} AND after <= {i})::INT + "
            f"(seen_before > {i} AND before <= {i})::INT)"
        )
        sums.append(f"sum((seen_after > {i} OR seen_before > {i})::INT * n) AS both{i}")
        sums.append(f"sum({hits} * (2 - {both}) * n) AS control{i}")
    return f"""
      SELECT replicate, what, gap, ripe, sum(n) AS n, {", ".join(sums)} FROM (
        SELECT replicate, what, {gap} AS gap, {ripe} AS ripe,
          after, before, seen_after, seen_before, count(*) AS n
        FROM spine GROUP BY ALL)
      GROUP BY replicate, what, gap, ripe"""


def _unidentified_sql(first: int, last: int) -> str:
    return f"""
      SELECT {_what_sql("handle")} AS what, queued,
        {_seen_sql(f"{last} - arrived_us", WINDOWS_S)} AS ahead,
        {_seen_sql(f"arrived_us - {first}", WINDOWS_S)} AS behind, count(*) AS n
      FROM (SELECT outcome, arrived_us, {_HANDLE_SQL} AS handle, queued_us IS NOT NULL AS queued
        FROM contacts WHERE customer_key IS NULL)
      GROUP BY ALL"""


# --- pandas -----------------------------------------------------------------------------------


def pandas(path: Path) -> Reply:
    """The same in pandas and NumPy."""
    import numpy as np
    import pandas as pd

    frame, first, last = _frame(path)
    unknown = frame[frame["customer_key"].isna()]
    known = frame[frame["customer_key"].notna()].astype({"customer_key": "int64"})
    del frame
    known = known.sort_values(["customer_key", "arrived_us", "contact_key"])
    own = known.groupby("customer_key")["arrived_us"]
    at = known["arrived_us"].to_numpy()
    gap = (own.shift(-1) - known["arrived_us"]).to_numpy()
    back = (known["arrived_us"] - own.shift(1)).to_numpy()
    # One number that ascends by customer, then by time: a search in it is a search in each.
    number = pd.factorize(known["customer_key"])[0].astype(np.int64)
    wide = last - first + 3 * CONTROL_US
    line = number * wide + (at - first)

    def ahead(shift: int) -> Any:
        """From an instant a shift away to the customer's first contact after it."""
        found = np.searchsorted(line, line + shift, side="right")
        inside = np.minimum(found, len(line) - 1)
        same = (found < len(line)) & (number[inside] == number)
        return np.where(same, (line[inside] - line - shift).astype(float), np.nan)

    def code(lengths: Any, edges_s: tuple[int, ...]) -> Any:
        edges = [edge * US for edge in edges_s]
        found = np.digitize(lengths, edges, right=True)
        return np.where(np.isnan(lengths), len(edges), found)

    def seen(lengths: Any, edges_s: tuple[int, ...]) -> Any:
        return np.digitize(lengths, [edge * US for edge in edges_s])

    spine = pd.DataFrame(
        {
            "replicate": np.abs(np.fmod(known["customer_key"].to_numpy(), GROUPS)).astype("int16"),
            "what": known["what"].to_numpy(),
            "handle_us": known["handle_us"].to_numpy(),
            "fine": code(gap, CURVE_S).astype("int8"),
            "fine_ripe": seen(last - at, CURVE_S).astype("int8"),
            "gap": code(gap, WINDOWS_S).astype("int8"),
            "ripe": seen(last - at, WINDOWS_S).astype("int8"),
            "back": code(back, WINDOWS_S).astype("int8"),
            "seen_back": seen(at - first, WINDOWS_S).astype("int8"),
            "after": code(ahead(CONTROL_US), WINDOWS_S).astype("int8"),
            "seen_after": seen(last - at - CONTROL_US, WINDOWS_S).astype("int8"),
            "before": code(ahead(-CONTROL_US), WINDOWS_S).astype("int8"),
            "seen_before": np.where(
                at - CONTROL_US >= first, seen(last - at + CONTROL_US, WINDOWS_S), 0
            ).astype("int8"),
        }
    )
    del known, gap, back
    alike_keys = ["replicate", "what", "gap", "ripe", "after", "seen_after", "before"]
    cells = spine.groupby([*alike_keys, "seen_before"]).size().rename("n").reset_index()
    for i in range(len(WINDOWS_S)):
        after, before = cells["seen_after"] > i, cells["seen_before"] > i
        hits = (after & (cells["after"] <= i)).astype("int64")
        hits += (before & (cells["before"] <= i)).astype("int64")
        cells[f"both{i}"] = (after | before) * cells["n"]
        cells[f"control{i}"] = hits * (2 - (after & before).astype("int64")) * cells["n"]
    keys = ["replicate", "what", "gap", "ripe"]
    firsts = cells.drop(columns=["after", "seen_after", "before", "seen_before"])
    repeats = spine.groupby(["replicate", "back", "seen_back"])["handle_us"]
    fine = spine.groupby(["replicate", "what", "fine", "fine_ripe"]).size().rename("n")
    others = unknown.assign(
        ahead=seen(last - unknown["arrived_us"], WINDOWS_S),
        behind=seen(unknown["arrived_us"] - first, WINDOWS_S),
    )
    return _replied(
        firsts=_numpy(firsts.groupby(keys).sum().reset_index()),
        repeats=_numpy(repeats.agg(n="size", us="sum").reset_index()),
        curve=_numpy(fine.reset_index().rename(columns={"fine": "gap", "fine_ripe": "ripe"})),
        unidentified=_numpy(
            others.groupby(["what", "queued", "ahead", "behind"]).size().rename("n").reset_index()
        ),
    )


def _frame(path: Path) -> tuple[Any, int, int]:
    """The columns that are needed, as narrow as they go, and the first and the last instant."""
    import numpy as np
    import pyarrow.parquet as pq

    parts = ["talk_s", "hold_s", "wrapup_s"]
    columns = ["customer_key", "contact_key", "arrived_us", "local_arrived_us", "queued_us"]
    table = pq.read_table(path, columns=[*columns, "outcome", *parts], read_dictionary=["outcome"])
    frame = table.to_pandas(split_blocks=True, self_destruct=True)
    del table
    days = (frame.pop("local_arrived_us") // DAY_US).to_numpy()
    if len(np.unique(days)) != days.max() - days.min() + 1:
        raise SystemExit("this code knows no gaps in days")
    handle = (frame[parts].sum(axis=1, min_count=1) * 1e6).round()
    frame.drop(columns=parts, inplace=True)
    length = np.digitize(handle.fillna(0.0), [10 * US, 60 * US, 300 * US]).astype("int8")
    codes = {"self_served": 5, "abandoned": 6, "left_self_service": 6, "failed": 7, "open": ENDED}
    outcome = frame.pop("outcome").cat
    by_code = np.array([codes.get(name, -1) for name in outcome.categories], dtype="int8")
    other = by_code[outcome.codes]
    frame["what"] = np.where(other < 0, np.where(handle.isna(), np.int8(4), length), other)
    frame["handle_us"] = handle.fillna(0.0).astype("int64")
    frame["queued"] = frame.pop("queued_us").notna()
    return frame, int(frame["arrived_us"].min()), int(frame["arrived_us"].max())


def _numpy(frame: Any) -> dict[str, Any]:
    return {name: frame[name].to_numpy() for name in frame.columns}


# --- answers ----------------------------------------------------------------------------------


def _replied(
    *,
    firsts: Mapping[str, Any],
    repeats: Mapping[str, Any],
    curve: Mapping[str, Any],
    unidentified: Mapping[str, Any],
) -> Reply:
    """The figures, from sums by random group of customers."""
    import numpy as np

    known, unknown = float(firsts["n"].sum()), float(unidentified["n"].sum())
    reply: Reply = {"contacts": known + unknown, "identified": known / (known + unknown)}
    for kind, whats in KINDS.items():
        mine = np.isin(firsts["what"], whats)
        for i, window in enumerate(WINDOWS_S):
            ripe = mine & (firsts["ripe"] > i)
            came = ripe & (firsts["gap"] <= i)
            n, both = firsts["n"], firsts[f"both{i}"]
            excess = both[came].sum() - firsts[f"control{i}"][ripe].sum() / 2
            reply[f"{kind}_{window}_seen"] = float(n[ripe].sum())
            reply[f"{kind}_{window}_rate"] = float(n[came].sum() / n[ripe].sum())
            reply[f"{kind}_{window}_excess"] = float(excess / both[ripe].sum())
        mine, silent = np.isin(curve["what"], whats), 1.0
        for i, edge in enumerate(CURVE_S):
            at_risk = mine & (curve["ripe"] > i) & (curve["gap"] >= i)
            events = curve["n"][at_risk & (curve["gap"] == i)].sum()
            silent *= 1 - events / curve["n"][at_risk].sum()
            reply[f"{kind}_curve_{edge}"] = float(1 - silent)
    for i, window in enumerate(WINDOWS_S):
        watched = repeats["seen_back"] > i
        again = watched & (repeats["back"] <= i)
        n, us = repeats["n"].astype(float), repeats["us"].astype(float)
        others = float(unidentified["n"][unidentified["behind"] > i].sum())
        reply[f"repeats_{window}_share"] = float(n[again].sum() / n[watched].sum())
        reply[f"repeats_{window}_work"] = float(us[again].sum() / us[watched].sum())
        reply[f"repeats_{window}_bound"] = float(n[again].sum() / (n[watched].sum() + others))
    return reply


def alike(one: Mapping[str, float], other: Mapping[str, float]) -> list[str]:
    """The figures in which two answers differ."""
    return [
        name
        for name in sorted({*one, *other})
        if not math.isclose(one.get(name, math.nan), other.get(name, math.nan), rel_tol=1e-9)
    ]


def main(words: list[str]) -> dict[str, Any]:
    """Do what the words say, and say what it took."""
    begin = time.perf_counter()
    if words[0] == "make":
        make_contacts(Path(words[1]), int(words[2]))
        reply: Reply = {}
    else:
        reply = {"andon": andon, "sql": sql, "pandas": pandas}[words[0]](Path(words[1]))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "wall_s": time.perf_counter() - begin,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "max_rss_mb": usage.ru_maxrss / 1024,
        "answer": reply,
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
