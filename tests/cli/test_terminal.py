"""Tables line up; figures stand to the right."""

from __future__ import annotations

import pytest

from andon.cli.terminal import table


def test_words_stand_left_and_figures_right(capsys: pytest.CaptureFixture[str]) -> None:
    table(("queue", "calls"), [("Loans", "12"), ("Cards and more", "1,240")])
    assert capsys.readouterr().out.splitlines() == [
        "queue           calls",
        "Loans              12",
        "Cards and more  1,240",
    ]


def test_a_table_without_rows_is_its_heading(capsys: pytest.CaptureFixture[str]) -> None:
    table(("queue", "calls"), [])
    assert capsys.readouterr().out == "queue  calls\n"
