"""Waits: one rule for every kind of contact."""

from __future__ import annotations

from typing import Any

import pytest

from andon.errors import QuestionError
from andon.metrics.waits import KINDS, bin_of, waits
from ledgers import contacts_table

QUEUED = {"arrived_at": 0, "queued_at": 10}


@pytest.mark.parametrize(
    ("row", "wait_s"),
    [
        (QUEUED | {"outcome": "handled", "answered_at": 30, "ended_at": 90}, 20),
        (QUEUED | {"outcome": "abandoned", "ended_at": 55}, 45),
        (QUEUED | {"outcome": "failed", "ended_at": 40}, 30),
        (QUEUED | {"outcome": "handled", "answered_at": 10}, 0),
        # Handled without queueing, where the source records queues: no wait.
        ({"arrived_at": 0, "outcome": "handled", "answered_at": 3}, 0),
        # Nobody knows when it was answered, or when the customer left.
        (QUEUED | {"outcome": "handled", "ended_at": 90}, None),
        (QUEUED | {"outcome": "abandoned"}, None),
        ({"arrived_at": 0, "outcome": "abandoned", "ended_at": 5}, None),
        ({"arrived_at": 0, "outcome": "left_self_service", "ended_at": 5}, None),
        # A clock that ran backwards.
        (QUEUED | {"outcome": "handled", "answered_at": 4}, None),
    ],
)
def test_a_wait_is_from_joining_the_queue_to_the_answer_or_to_leaving(
    row: dict[str, Any], wait_s: int | None
) -> None:
    recorded = QUEUED | {"outcome": "handled", "answered_at": 11, "contact_id": "z"}
    found = waits(contacts_table([row, recorded])).to_pyarrow().to_pylist()
    (mine,) = [each for each in found if each["wait_us"] != 1_000_000 or wait_s == 1]
    assert mine["wait_us"] == (None if wait_s is None else wait_s * 1_000_000)
    assert mine["kind"] == KINDS[row["outcome"]]
    assert mine["queued"] == ("queued_at" in row)
    assert mine["impossible"] == (row.get("answered_at") == 4)


def test_where_no_queue_is_recorded_nobody_is_said_not_to_have_waited() -> None:
    table = contacts_table(
        [
            {"arrived_at": 0, "channel": "case", "answered_at": 3},
            {"arrived_at": 0, "source": "other", "answered_at": 3},
            {"arrived_at": 0, "queued_at": 1, "answered_at": 3},
            {"arrived_at": 0, "answered_at": 3},
        ]
    )
    found = waits(table, by=("channel", "source")).to_pyarrow().to_pylist()
    told = {(each["channel"], each["source"], each["queued"]): each["wait_us"] for each in found}
    assert told == {
        ("case", "test", False): None,
        ("voice", "other", False): None,
        ("voice", "test", True): 2_000_000,
        ("voice", "test", False): 0,
    }


def test_a_wait_falls_into_the_first_bin_whose_edge_it_does_not_pass() -> None:
    table = contacts_table(
        {"arrived_at": 0, "queued_at": 0, "answered_at": each} for each in (0, 5, 6, 11)
    )
    spine = waits(table)
    found = spine.select(wait=spine.wait_us, bin=bin_of(spine.wait_us, [5_000_000, 10_000_000]))
    assert sorted(found.to_pyarrow()["bin"].to_pylist()) == [0, 0, 1, 2]


def test_a_name_that_cannot_group_is_refused() -> None:
    with pytest.raises(QuestionError, match="advisor"):
        waits(contacts_table([]), by=("advisor",))
