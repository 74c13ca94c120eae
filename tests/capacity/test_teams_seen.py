from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from andon.capacity.teams_seen import teams_of, teams_seen
from bank import bank, needs_bank
from ledgers import contacts_table


def test_queues_that_the_same_people_serve_are_one_team() -> None:
    served = [{"calls": 900, "orders": 300}, {"calls": 800, "orders": 500}, {"post": 700}]
    assert teams_of(["calls", "orders", "post"], served) == (("calls", "orders"), ("post",))


def test_a_small_queue_belongs_to_those_who_take_it_beside_their_work() -> None:
    served = [{"calls": 5_000, "english": 20} for _ in range(10)]
    assert teams_of(["calls", "english"], served) == (("calls", "english"),)


def test_help_now_and_then_joins_nothing() -> None:
    served = [{"calls": 900, "post": 50}, {"post": 800}]
    assert teams_of(["calls", "post"], served) == (("calls",), ("post",))


@given(
    served=st.lists(
        st.dictionaries(st.sampled_from("abcde"), st.integers(0, 100), max_size=5), max_size=8
    )
)
def test_every_queue_is_in_one_team(served: list[dict[str, int]]) -> None:
    teams = teams_of(list("abcde"), served)
    assert sorted(queue for team in teams for queue in team) == list("abcde")


def test_queues_nobody_is_recorded_for_stand_alone() -> None:
    rows = [{"arrived_at": float(i), "queue": queue} for i, queue in enumerate("aab")]
    assert teams_seen(contacts_table(rows)) == (("a",), ("b",))


def test_the_ledger_tells_who_served_whom() -> None:
    rows = [
        {"arrived_at": float(i), "queue": queue, "advisor_id": advisor, "outcome": "handled"}
        for i, (queue, advisor) in enumerate([("a", "x"), ("b", "x"), ("a", "y"), ("c", "z")] * 20)
    ]
    assert teams_seen(contacts_table(rows)) == (("a", "b"), ("c",))


@needs_bank
def test_the_banks_internet_support_is_a_team_of_its_own() -> None:
    assert teams_seen(bank()) == (("PS", "NW", "NE", "TT", "PE"), ("IN",))
