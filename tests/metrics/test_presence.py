"""Presence: the sum over beginnings and ends is the overlap, to the microsecond."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.metrics.presence import presence
from oracles import littles_law as oracle

HOUR_US = oracle.HOUR_US
instant = st.integers(0, 50 * HOUR_US)
stays = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        instant,
        st.one_of(st.none(), instant, st.integers(0, 400 * HOUR_US)),
    ),
    min_size=1,
    max_size=30,
)


def _table(rows: Sequence[tuple[str, int, int | None]]) -> ir.Table:
    table: ir.Table = ibis.duckdb.connect(threads=1).create_table(
        "stays",
        pa.table(
            {
                "queue": pa.array([row[0] for row in rows], pa.string()),
                "from_us": pa.array([row[1] for row in rows], pa.int64()),
                "to_us": pa.array([row[2] for row in rows], pa.int64()),
            }
        ),
    )
    return table


@given(rows=stays)
@settings(deadline=None, max_examples=60)
def test_time_present_in_each_hour_is_exact(rows: list[tuple[str, int, int | None]]) -> None:
    found = presence(_table(rows), by=("queue",))
    scopes = {(): rows} | {
        (("queue", name),): [row for row in rows if row[0] == name]
        for name in {row[0] for row in rows}
    }
    assert set(found) == set(scopes)
    first = min(row[1] for row in rows) // HOUR_US
    last = max(row[1] for row in rows) // HOUR_US
    for scope, mine in scopes.items():
        plain = [(start, end) for _, start, end in mine]
        hours = range(first, last + 1)
        assert found[scope].first_hour == first
        assert np.round(found[scope].present_s * 1e6).astype(int).tolist() == [
            oracle.present_us(plain, hour) for hour in hours
        ]
        assert np.round(found[scope].stayed_s * 1e6).astype(int).tolist() == [
            oracle.stayed_us(plain, hour) for hour in hours
        ]
        assert found[scope].entered.sum() == len(mine)
        assert found[scope].no_end.sum() == sum(end is None for _, end in plain)
        backwards = sum(end is not None and end < start for start, end in plain)
        assert found[scope].backwards.sum() == backwards
        assert found[scope].known.sum() == len(mine) - backwards - found[scope].no_end.sum()


@given(rows=stays, first=st.integers(0, 30), size=st.integers(1, 20))
@settings(deadline=None, max_examples=30)
def test_any_hours_may_be_asked_for(
    rows: list[tuple[str, int, int | None]], first: int, size: int
) -> None:
    found = presence(_table(rows), hours=(first, first + size - 1))[()]
    plain = [(start, end) for _, start, end in rows]
    assert np.round(found.present_s * 1e6).astype(int).tolist() == [
        oracle.present_us(plain, hour) for hour in range(first, first + size)
    ]


def test_all_time_stayed_was_present_somewhere() -> None:
    rng = np.random.default_rng(1)
    start, stay = rng.integers(0, 100 * HOUR_US, 500), rng.integers(0, 5 * HOUR_US, 500)
    rows = [("a", int(at), int(at + long)) for at, long in zip(start, stay, strict=True)]
    found = presence(_table(rows), hours=(0, 110))[()]
    assert found.present_s.sum() == pytest.approx(found.stayed_s.sum())


def test_a_stay_counts_as_often_as_its_weight() -> None:
    table = _table([("a", 0, HOUR_US // 2), ("a", HOUR_US // 2, 2 * HOUR_US)])
    weighted = table.mutate(weight=ibis.ifelse(table.from_us == 0, 3.0, 0.5))
    found = presence(weighted)[()]
    assert found.present_s.tolist() == [3 * 1800 + 0.5 * 1800]
    assert presence(weighted, hours=(0, 1))[()].present_s.tolist() == [6300.0, 1800.0]


def test_nobody_is_present_where_nobody_came() -> None:
    found = presence(_table([]))
    assert found[()].present_s.tolist() == []
    assert presence(_table([]), hours=(3, 5))[()].present_s.tolist() == [0.0, 0.0, 0.0]
