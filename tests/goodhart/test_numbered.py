"""Kinds by number: each has one, a missing value is a kind, and nothing is lost on the way."""

from __future__ import annotations

import ibis
from hypothesis import given
from hypothesis import strategies as st

from andon.goodhart.numbered import Numbered

_SCHEMA = {"queue": "string", "weekday": "int64", "key": "int64"}
_KINDS = st.tuples(
    st.sampled_from([None, "", "=", "care", "None"]), st.sampled_from([None, 0, 1, 7])
)


def _contacts(kinds: list[tuple[str | None, int | None]]) -> ibis.Table:
    return ibis.memtable(
        [{"queue": queue, "weekday": day, "key": i} for i, (queue, day) in enumerate(kinds)],
        schema=_SCHEMA,
    )


@given(st.lists(_KINDS, min_size=1, max_size=12))
def test_the_number_of_a_contact_says_what_it_holds(
    kinds: list[tuple[str | None, int | None]],
) -> None:
    contacts = _contacts(kinds)
    numbered = Numbered.of(contacts, ["queue", "weekday"])
    assert set(numbered.values) == set(kinds)
    found = numbered.onto(contacts, "kind").order_by("key").to_pyarrow().to_pylist()
    assert [numbered.values[row["kind"]] for row in found] == kinds


def test_a_kind_that_was_not_asked_for_has_no_number_and_stays() -> None:
    contacts = _contacts([("care", 1), ("sales", 1), (None, 1)])
    numbered = Numbered.of(contacts.filter(contacts.queue == "sales"), ["queue"])
    found = numbered.onto(contacts, "kind").order_by("key").to_pyarrow().to_pylist()
    assert [row["kind"] for row in found] == [None, 0, None]


def test_without_columns_all_are_of_one_kind() -> None:
    contacts = _contacts([("care", 1), (None, 2)])
    numbered = Numbered.of(contacts, [])
    assert numbered.values == ((),)
    assert numbered.onto(contacts, "kind").kind.to_pyarrow().to_pylist() == [0, 0]


def test_yes_and_no_are_kinds() -> None:
    contacts = ibis.memtable({"new": [True, False, None]}, schema={"new": "boolean"})
    assert Numbered.of(contacts, ["new"]).values == ((None,), (False,), (True,))
