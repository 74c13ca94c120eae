"""Hand-overs: who took over from whom, and whether the customer had been there before."""

from __future__ import annotations

import random
from typing import Any

import pytest

from andon.errors import QuestionError
from andon.goodhart.handovers import handovers
from ledgers import contacts_arrow, contacts_table
from oracles import passing_on as oracle


def hand(
    i: int, at: float, queue: str | None, who: str | None, after: int | None = None, **more: Any
) -> dict[str, Any]:
    """One contact of a minute."""
    return {
        "contact_id": f"t:{i}",
        "arrived_at": at,
        "ended_at": at + 60,
        "queue": queue,
        "advisor_id": who,
        "customer": "c",
        "previous_contact_id": None if after is None else f"t:{after}",
        **more,
    }


def found(rows: list[dict[str, Any]], **options: Any) -> dict[str, dict[str, Any]]:
    """Hand-overs by the id of the contact that took over."""
    arrow = contacts_arrow(rows).to_pylist()
    names = {row["contact_key"]: row["contact_id"] for row in arrow}
    with handovers(contacts_table(rows), **options) as kept:
        links = kept.to_pyarrow().to_pylist()
    return {
        names[row["child"]]: row | {name: names[row[name]] for name in ("parent", "root")}
        for row in links
    }


def test_a_customer_who_goes_round_is_followed_to_the_first_contact() -> None:
    rows = [
        hand(0, 0, "A", "ann", transfers=1),
        hand(1, 60, "B", "bob", 0, transfers=1),
        hand(2, 120, "A", "ali", 1, transfers=1),
        hand(3, 180, "C", "ann", 2, transfers=0),
    ]
    links = found(rows)
    assert [links[f"t:{i}"]["root"] for i in (1, 2, 3)] == ["t:0"] * 3
    assert [links[f"t:{i}"]["passes"] for i in (1, 2, 3)] == [1, 2, 3]
    assert [links[f"t:{i}"]["back_queue"] for i in (1, 2, 3)] == [False, True, False]
    assert [links[f"t:{i}"]["back_advisor"] for i in (1, 2, 3)] == [False, False, True]
    assert len({row["replicate"] for row in links.values()}) == 1


def test_a_reopening_days_later_is_no_hand_over() -> None:
    rows = [hand(0, 0, "A", "ann"), hand(1, 86_400, "A", "bob", 0)]
    assert found(rows) == {}
    assert set(found([rows[0], hand(1, 100, "A", "bob", 0)])) == {"t:1"}
    assert found([rows[0], hand(1, 100, "A", "bob", 0)], within_s=20) == {}


def test_where_transfers_are_counted_a_contact_with_none_was_not_passed_on() -> None:
    rows = [hand(0, 0, "A", "ann", transfers=0), hand(1, 70, "B", "bob", 0)]
    assert found(rows) == {}


def test_what_a_bot_hands_over_is_not_passed_on_by_a_person() -> None:
    rows = [hand(0, 0, "A", None, handled_by="bot"), hand(1, 70, "B", "bob", 0)]
    assert found(rows) == {}


def test_whoever_gives_up_in_the_next_queue_was_passed_on_too() -> None:
    rows = [
        hand(0, 0, "A", "ann", transfers=1),
        hand(1, 60, "B", None, 0, outcome="abandoned"),
    ]
    assert set(found(rows)) == {"t:1"}


def test_contacts_that_name_each_other_do_not_go_round_for_ever() -> None:
    rows = [hand(0, 0, "A", "ann", 1), hand(1, 60, "B", "bob", 0), hand(2, 90, "B", "bob", 2)]
    assert set(found(rows)) == {"t:1"}


@pytest.mark.parametrize("seed", range(4))
def test_hand_overs_are_those_of_their_definition(seed: int) -> None:
    rng = random.Random(seed)
    rows = []
    for i in range(60):
        at = 50.0 * i + rng.randrange(40)
        row = hand(i, at, rng.choice(["A", "B", "C", None]), rng.choice(["x", "y", "z", None]))
        if i and rng.random() < 0.7:
            row["previous_contact_id"] = f"t:{max(0, i - rng.randrange(1, 4))}"
        row["transfers"] = rng.choice([None, 0, 1, 2])
        row["handled_by"] = rng.choice(["advisor", "advisor", "both", "bot", None])
        row["outcome"] = rng.choice(["handled"] * 5 + ["abandoned"])
        if rng.random() < 0.1:
            row["ended_at"] = None
        rows.append(row)
    expected = oracle.handovers(
        [{"ended_us": None} | row for row in contacts_arrow(rows).to_pylist()], within_s=100
    )
    with handovers(contacts_table(rows), within_s=100) as found:
        links = found.to_pyarrow().to_pylist()
    names = ("parent", "root", "passes", "back_queue", "back_advisor")
    assert {row["child"]: {name: row[name] for name in names} for row in links} == expected
    assert len(expected) > 5


def test_a_time_that_is_none_is_refused() -> None:
    for wrong in (0.0, -1.0, float("inf"), float("nan")):
        with (
            pytest.raises(QuestionError, match="above 0"),
            handovers(contacts_table([]), within_s=wrong),
        ):
            pass
