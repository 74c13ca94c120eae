"""Following customers once gives every question the same rows, and is checked when it is reused."""

from __future__ import annotations

import random

import pytest

from andon.demand.followed import KINDS, WINDOWS_S, follow
from andon.demand.recontact import repeat_work
from andon.errors import QuestionError
from demand.test_recontact import random_rows
from ledgers import contacts_table


def test_a_question_answers_alike_with_contacts_followed_before() -> None:
    table = contacts_table(random_rows(random.Random(1), 80))
    with follow(table, by=("queue", "month")) as followed:
        assert repeat_work(table, followed=followed) == repeat_work(table)
        assert repeat_work(table, by=("queue",), followed=followed) == repeat_work(
            table, by=("queue",)
        )


def test_every_contact_is_followed_or_set_apart() -> None:
    table = contacts_table(random_rows(random.Random(2), 80))
    with follow(table) as followed:
        known, unknown = (
            int(each.count().to_pyarrow().as_py()) for each in (followed.rows, followed.others)
        )
    assert known + unknown == 80
    assert unknown == sum(row["customer_key"] is None for row in table.to_pyarrow().to_pylist())


def test_codes_of_edges_become_codes_of_windows() -> None:
    table = contacts_table(random_rows(random.Random(3), 60))
    with follow(table) as followed:
        found = followed.rows.select("gap", window=followed.window_of(followed.rows.gap))
        for row in found.to_pyarrow().to_pylist():
            exceeded = [window for window in WINDOWS_S if row["gap"] > followed.edge_of(window)]
            assert row["window"] == len(exceeded)


def test_one_holder_that_lets_go_does_not_take_the_rows_from_another() -> None:
    table = contacts_table(random_rows(random.Random(5), 30))
    with follow(table) as outer:
        repeat_work(table)
        with follow(table) as inner:
            assert inner.rows.count().to_pyarrow() == outer.rows.count().to_pyarrow()
        assert repeat_work(table, followed=outer).overall.contacts == 30


def test_what_was_kept_is_let_go_at_the_end() -> None:
    table = contacts_table(random_rows(random.Random(6), 30))

    def tables() -> int:
        (count,) = table.get_backend().raw_sql("SELECT count(*) FROM duckdb_tables()").fetchone()
        return int(count)

    before = tables()
    with follow(table):
        assert tables() == before + 1
    assert tables() == before


def test_a_column_that_was_not_carried_along_is_refused() -> None:
    table = contacts_table(random_rows(random.Random(4), 10))
    with (
        follow(table, by=("queue",)) as followed,
        pytest.raises(QuestionError, match="without a column"),
    ):
        repeat_work(table, by=("month",), followed=followed)


@pytest.mark.parametrize(
    ("windows", "weeks"), [((600,), 4), ((14 * 86_400,), 4), (WINDOWS_S, 5), ((35 * 86_400,), 6)]
)
def test_controls_are_whole_weeks_away_and_never_overlap_the_window(
    windows: tuple[int, ...], weeks: int
) -> None:
    with follow(contacts_table([]), windows_s=windows) as followed:
        assert followed.control_us == weeks * 7 * 86_400 * 1_000_000
        assert followed.control_us > windows[-1] * 1_000_000


def test_each_kind_has_a_key_of_its_own() -> None:
    assert len({kind.key for kind in KINDS}) == len(KINDS)
