"""Steps: a tree of choices gives what a count of comparisons gives."""

from __future__ import annotations

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.ledger.steps import exceeded, reached, stepped

CUTS = st.lists(st.integers(-50, 50), min_size=1, max_size=40, unique=True).map(sorted)


@settings(deadline=None, max_examples=30)
@given(cuts=CUTS)
def test_codes_count_the_cuts(cuts: list[int]) -> None:
    values = [None, *range(-60, 61)]
    table = ibis.memtable({"value": values}, schema={"value": "int64"})
    found = table.select(
        "value",
        above=exceeded(table.value, cuts),
        at_or_above=reached(table.value, cuts),
    )
    for row in found.to_pyarrow().to_pylist():
        value = row["value"]
        if value is None:
            assert (row["above"], row["at_or_above"]) == (len(cuts), 0)
        else:
            assert row["above"] == sum(value > cut for cut in cuts)
            assert row["at_or_above"] == sum(value >= cut for cut in cuts)


@settings(deadline=None, max_examples=30)
@given(cuts=CUTS)
def test_a_step_is_that_of_the_last_cut_reached(cuts: list[int]) -> None:
    table = ibis.memtable({"value": list(range(-60, 61))})
    found = table.select("value", step=stepped(table.value, cuts, [10 * cut for cut in cuts]))
    for row in found.to_pyarrow().to_pylist():
        reached_cuts = [cut for cut in cuts if cut <= row["value"]]
        assert row["step"] == 10 * (reached_cuts[-1] if reached_cuts else cuts[0])


@pytest.mark.parametrize("cuts", [1, 2, 3, 100])
def test_the_tree_is_shallow(cuts: int) -> None:
    table = ibis.table({"value": "int64"}, name="t")
    sql = str(ibis.to_sql(table.select(code=exceeded(table.value, range(cuts))), pretty=False))
    depth = deepest = 0
    for word in sql.replace("(", " ").replace(")", " ").split():
        depth += {"CASE": 1, "END": -1}.get(word, 0)
        deepest = max(deepest, depth)
    assert deepest <= cuts.bit_length()
