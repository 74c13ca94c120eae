"""Tables line up; figures stand to the right."""

from __future__ import annotations

import pytest

from andon.cli.terminal import say_wrapped, table


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


def test_a_line_never_ends_between_a_number_and_its_unit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    for lead in range(20):
        say_wrapped("x" * lead + " 12 in 100 wait 3 min 20 s, or 5 %.")
    said = capsys.readouterr().out
    assert "\u00a0" not in said
    for kept in ("12 in 100", "20 s", "5 %"):
        assert said.count(kept) == 20
