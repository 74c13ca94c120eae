"""Same work: what is there for everybody drops out, and sums are those of a plain twin."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.goodhart.same_work import SameWork, cells, same_work
from oracles import passing_on as oracle

KINDS = {
    "work": "int64",
    "hour": "int64",
    "advisor": "int32",
    "counts": "boolean",
}


def table(rows: list[dict[str, Any]]) -> ir.Table:
    connection = ibis.duckdb.connect(threads=1)
    made: ir.Table = connection.create_table(
        "c", ibis.memtable(rows or {name: [] for name in KINDS}, schema=KINDS), temp=True
    )
    return made


def asked(rows: list[dict[str, Any]], **options: Any) -> SameWork:
    names = sorted({row["advisor"] for row in rows} - {None})
    number = {name: i for i, name in enumerate(names)} | {None: None}
    numbered = [row | {"advisor": number[row["advisor"]]} for row in rows]
    return same_work(
        cells(table(numbered)), names, **{"least_contacts": 1, "least_times": 1.5} | options
    )


ROWS = st.lists(
    st.builds(
        lambda work, hour, advisor, counts: {
            "work": work,
            "hour": hour,
            "advisor": advisor,
            "counts": counts,
        },
        st.integers(0, 2),
        st.integers(20, 50),
        st.sampled_from(["a", "b", "c", None]),
        st.booleans(),
    ),
    max_size=60,
)


@settings(max_examples=8)
@given(rows=ROWS)
def test_sums_are_those_of_their_definition(rows: list[dict[str, Any]]) -> None:
    found = asked(rows, least_contacts=10_000)
    expected = oracle.same_work(rows)
    at = {(found.names[who], int(work)) for who, work in zip(found.who, found.work, strict=True)}
    assert at == set(expected)
    for i, (who, work) in enumerate(zip(found.who, found.work, strict=True)):
        for name, value in expected[found.names[who], int(work)].items():
            assert found.sums[name][i] == pytest.approx(value, abs=1e-9)


def _team(rng: np.random.Generator, *, high: float, hours: int = 300) -> list[dict[str, Any]]:
    """Eight people; the first passes on ``high``, and one hour in ten is bad for everybody."""
    bad = rng.random(hours) < 0.1
    rows = []
    for hour in range(hours):
        for who in range(8):
            for _ in range(rng.poisson(4)):
                chance = 0.6 if bad[hour] else high if who == 0 else 0.04
                rows.append(
                    {
                        "work": int(rng.integers(2)),
                        "hour": hour,
                        "advisor": f"a{who}",
                        "counts": bool(rng.random() < chance),
                    }
                )
    return rows


def test_who_stands_out_is_nobodys_yardstick_and_bad_hours_count_for_nobody() -> None:
    rows = _team(np.random.default_rng(3), high=0.3)
    found = asked(rows, least_contacts=100)
    stand = found.standing(least_contacts=100, least_times=1.5)
    assert stand.p[0] < 0.01
    assert (stand.p[1:] > 0.05).all()
    expected = oracle.same_work(rows, frozenset({"a0"}))
    for i, (who, work) in enumerate(zip(found.who, found.work, strict=True)):
        assert found.sums["others"][i] == pytest.approx(expected[f"a{who}", int(work)]["others"])


def test_without_most_takes_each_ones_own_kind_out() -> None:
    rows = [
        {"work": work, "hour": 1, "advisor": who, "counts": counts}
        for who, work, counts in [
            ("a", 0, True), ("a", 0, True), ("a", 1, False),
            ("b", 0, False), ("b", 1, True), ("b", 1, True), ("c", 0, False), ("c", 1, False),
        ]
    ]  # fmt: skip
    found = asked(rows, least_contacts=100)
    rest, kinds = found.without_most(found.work)
    left = {(rest.names[who], int(work)) for who, work in zip(rest.who, rest.work, strict=True)}
    assert {("a", 1), ("b", 0)} <= left
    assert not {("a", 0), ("b", 1)} & left
    assert kinds.tolist() == [2, 2, 2]


def test_who_has_no_contact_here_is_not_among_the_advisors() -> None:
    rows = [{"work": 0, "hour": 1, "advisor": who, "counts": who == 2} for who in (0, 0, 2)]
    found = same_work(cells(table(rows)), ["a", "absent", "c"], least_contacts=1, least_times=1.5)
    assert (found.numbers, found.names) == ((0, 2), ("a", "c"))
    assert found.total("k").tolist() == [0.0, 1.0]


def test_what_is_squared_is_squared_day_by_day() -> None:
    """Two days of one hour each, on which the first passes on all, and then nothing."""
    rows = [
        {"work": 0, "hour": hour, "advisor": who, "counts": counts}
        for hour, who, counts in [(47, 0, True), (47, 1, False), (48, 0, False), (48, 1, True)]
    ]
    sums = same_work(cells(table(rows)), ["a", "b"], least_contacts=1, least_times=1.5).sums
    assert (sums["own"] - sums["others"]).tolist() == [0.0, 0.0]
    assert sums["yy"].tolist() == [0.5, 0.5]


def test_nobody_at_all_is_an_empty_answer() -> None:
    found = asked([])
    assert found.names == ()
    assert len(found.total("n")) == 0
    rest, kinds = found.without_most(found.work)
    assert (len(rest.who), len(kinds)) == (0, 0)
