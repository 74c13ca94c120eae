"""An answer: the whole, its groups by name, and the order in which people read them."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.answer import Answer, Group, Scope, in_order

values = st.one_of(st.none(), st.integers(-50, 50), st.text(max_size=5))
scopes = st.lists(st.tuples(st.tuples(st.just("queue"), values)), max_size=12)


def test_a_group_is_labelled_as_people_say_it() -> None:
    scope: Scope = (("queue", "Loans"), ("month", "1999-02"), ("hour", 9), ("reason", None))
    assert Group(scope, 1).label == "Loans, 1999-02, 9, not recorded"


def test_an_answer_without_groups_has_none() -> None:
    assert Answer(3).groups == ()
    with pytest.raises(dataclasses.FrozenInstanceError):
        Answer(3).overall = 4  # type: ignore[misc]


@given(scopes)
def test_order_loses_nothing_and_puts_the_unrecorded_last(some: list[Scope]) -> None:
    ordered = in_order(some)
    assert sorted(map(repr, ordered)) == sorted(map(repr, some))
    missing = [value is None for ((_, value),) in ordered]
    assert missing == sorted(missing)
    numbers = [value for ((_, value),) in ordered if isinstance(value, int)]
    assert all(a <= b for a, b in pairwise(numbers))
