"""``andon wait``: the answer first, neighbours in a table, and the same figures for machines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from andon.cli.plain import plain
from andon.cli.pocket import so_many
from andon.queueing.erlang import erlang_a, erlang_c

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "size-a-team.md"
PATIENT = ("wait", "--calls-per-half-hour", "100", "--handle", "180", "--agents", "14")

FIRST_USE = "Preparing the arithmetic, once: a few seconds.\n"
"""What is said where no kernel was compiled before."""


def test_the_answer_comes_first_then_what_one_agent_more_or_fewer_would_do(run: Any) -> None:
    done = run(*PATIENT, "--patience", "120")
    assert done.code == 0
    assert done.err.removeprefix(FIRST_USE) == ""
    answer, table, *_ = done.out.split("\n\n")
    assert " ".join(answer.split()) == (
        "With 14 agents, 93 in 100 callers are answered within 20 s. 2 in 100 hang up. "
        "The mean wait is 2.7 s."
    )
    heading, *rows = table.splitlines()
    for words in ("in 20 s, of offered", "short left out", "of answered", "hang up"):
        assert words in heading
    assert [row.split()[0] for row in rows] == ["12", "13", "14", "15", "16"]
    assert [row.split()[-1] == "asked" for row in rows] == [False, False, True, False, False]
    assert "Load: 10 erlangs (100 calls in half an hour, 3 min each)." in done.out
    assert "not modelled" not in done.out


def test_without_patience_it_says_so_and_where_the_queue_ends(run: Any) -> None:
    done = run("wait", "--calls-per-hour", "200", "--handle", "3m", "--agents", "12")
    assert done.code == 0
    assert "Callers who hang up are not modelled" in done.out
    assert "With fewer than 11 agents the queue grows without end." in done.out
    rows = done.out.split("\n\n")[1].splitlines()[1:]
    assert [row.split()[0] for row in rows] == ["11", "12", "13", "14"]
    assert "hang up" not in done.out.split("\n\n")[1]


def test_machines_get_the_names_and_units_of_python(run: Any) -> None:
    told = run(*PATIENT, "--patience", "2m", "--within", "30s", "--json").json
    wait = erlang_a(load_erlangs=10, handle_s=180, patience_s=120, agents=14, answer_within_s=30)
    assert told["wait"] == plain(wait)
    assert [each["agents"] for each in told["nearby"]] == [12, 13, 14, 15, 16]
    told = run("wait", "--load", "10", "--handle", "180", "--agents", "14", "--json").json
    assert told["wait"] == plain(erlang_c(load_erlangs=10, handle_s=180, agents=14))
    assert told["wait"]["patience_s"] is None


@pytest.mark.parametrize(
    "words",
    [
        ("--calls-per-half-hour", "100", "--handle", "3m"),
        ("--calls-per-hour", "200", "--handle", "0:03:00"),
        ("--load", "10", "--handle", "180s"),
    ],
)
def test_a_load_can_be_given_in_three_ways(run: Any, words: tuple[str, ...]) -> None:
    told = run("wait", *words, "--agents", "14", "--json").json
    assert told["wait"]["load_erlangs"] == 10
    assert told["wait"]["handle_s"] == 180


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--load", "10", "--agents", "10"), 14, "Use at least 11 agents, or give --patience:"),
        (("--load", "10", "--agents", "-1"), 14, "agents must lie between 0 and"),
        (("--load", "nan", "--agents", "1"), 2, "--load must be a number of 0 or more"),
        (("--load", "1e9", "--agents", "1"), 14, "--load must lie between"),
        (("--load", "1", "--agents", "2", "--patience", "0"), 14, "--patience must be above 0"),
        (("--load", "1", "--agents", "2", "--patience", "0"), 14, "leave --patience out"),
        (("--load", "1", "--agents", "2", "--within", "soon"), 2, "'soon' is not a duration"),
        (("--agents", "2"), 2, "Give one of --calls-per-half-hour"),
        (("--load", "1", "--calls-per-hour", "5", "--agents", "2"), 2, "Give one of"),
        (("--load", "1"), 2, "--agents"),
    ],
)
def test_what_cannot_be_is_said_in_three_lines(
    run: Any, words: tuple[str, ...], code: int, says: str
) -> None:
    done = run("wait", "--handle", "3m", *words)
    assert done.code == code
    assert done.out == ""
    assert len(done.err.splitlines()) == 3
    assert says in done.err


def test_nobody_waits_where_nobody_calls(run: Any) -> None:
    done = run("wait", "--load", "0", "--handle", "3m", "--agents", "0")
    assert done.code == 0
    assert done.out.startswith("Nobody calls, so nobody waits.\n")


def test_shares_that_are_nearly_all_or_nothing_are_not_rounded_to_it(run: Any) -> None:
    assert so_many(0.99999999) == "nearly all"
    assert so_many(1e-9) == "hardly any"
    done = run("wait", "--load", "10", "--handle", "3m", "--agents", "25", "--patience", "60")
    row = next(line for line in done.out.splitlines() if line.endswith("asked"))
    assert not re.search(r"\b100\.0+ %", row)
    assert not re.search(r" 0\.0+ %", row)


def test_the_guide_shows_what_is_printed(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    shown = re.findall(r"```console\n\$ andon (.*?)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(shown) == 3
    for words, expected in shown:
        done = run(*words.split())
        whole, _, rest = expected.partition("...\n")
        assert rest == ""
        assert done.out.startswith(whole)
