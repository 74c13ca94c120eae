"""``andon agents``: the fewest that do, what asks for the most, and paid heads."""

from __future__ import annotations

from typing import Any

import pytest

from andon.cli.plain import plain
from andon.queueing.staffing import agents_needed


def first(done: Any) -> str:
    return " ".join(done.out.partition("\n\n")[0].split())


def test_the_answer_comes_first_then_its_neighbours(run: Any) -> None:
    done = run("agents", "--target", "80/20", "--calls-per-half-hour", "100", "--handle", "3m")
    assert done.code == 0
    assert first(done) == "14 agents are needed. 89 in 100 callers are then answered within 20 s."
    rows = done.out.split("\n\n")[1].splitlines()[1:]
    assert [row.split()[0] for row in rows] == ["12", "13", "14", "15", "16"]
    assert [row.split()[-1] == "fewest" for row in rows] == [False, False, True, False, False]
    assert "Callers who hang up are not modelled" in done.out


def test_with_callers_who_hang_up_the_answer_lies_below_the_load(run: Any) -> None:
    words = ("agents", "--target", "80/20", "--load", "100", "--handle", "4m", "--patience", "2m")
    assert first(run(*words)).startswith("97 agents are needed.")
    told = run(*words, "--json").json
    assert (told["agents"], told["binding"]) == (97, "service_level")
    wait = agents_needed(load_erlangs=100, handle_s=240, patience_s=120, service_level=0.8).wait
    assert told["wait"] == plain(wait)


def test_several_targets_are_all_met_and_the_hardest_is_named(run: Any) -> None:
    demand = ("agents", "--load", "100", "--handle", "4m", "--patience", "2m")
    targets = ("--target", "80/20", "--abandoned", "3%", "--occupancy", "0.9", "--mean-wait", "10s")
    words = demand + targets
    done = run(*words)
    assert "The occupancy asks for the most." in first(done)
    told = run(*words, "--json").json
    assert told["agents"] == 110
    assert told["targets"] == {
        "service_level": 0.8,
        "mean_wait_s": 10,
        "abandoned": 0.03,
        "occupancy": 0.9,
    }
    assert told["wait"]["occupancy"] <= 0.9
    assert told["nearby"][1]["occupancy"] > 0.9


def test_shrinkage_makes_agents_into_paid_heads(run: Any) -> None:
    words = ("agents", "--load", "10", "--handle", "3m", "--target", "80/20", "--shrinkage", "30%")
    assert "With 30 % of paid time away from calls, that is 20.0 paid heads." in first(run(*words))
    told = run(*words, "--json").json
    assert told["paid_heads"] == pytest.approx(14 / 0.7)
    assert run(*words[:-2], "--json").json["paid_heads"] == 14


def test_the_definition_can_be_chosen(run: Any) -> None:
    words = ("agents", "--load", "100", "--handle", "4m", "--patience", "1m", "--target", "90/20")
    needed = [
        run(*words, "--definition", each, "--json").json["agents"]
        for each in ("of_offered", "of_offered_less_short", "of_answered")
    ]
    assert needed == sorted(needed, reverse=True)
    assert needed[0] > needed[2]
    assert "answered callers are then" in first(run(*words, "--definition", "of_answered"))


def test_nobody_is_needed_where_nobody_calls(run: Any) -> None:
    done = run("agents", "--load", "0", "--handle", "3m", "--target", "80/20")
    assert first(done) == "No agents are needed: nobody calls."


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((), 2, "Give a target: --target"),
        (("--abandoned", "3%"), 2, "--abandoned needs --patience"),
        (("--target", "80"), 2, "is not a service level"),
        (("--target", "100/20"), 14, "No number of agents answers every caller in time"),
        (("--occupancy", "85"), 2, "is not a share"),
        (("--occupancy", "0"), 14, "Agents who answer calls are busy"),
        (("--mean-wait", "0"), 14, "No number of agents ends all waiting"),
        (("--target", "80/20", "--shrinkage", "100%"), 2, "must leave some time for calls"),
        (("--target", "80/20", "--definition", "best"), 2, "of_offered"),
    ],
)
def test_what_cannot_be_is_said_in_three_lines(
    run: Any, words: tuple[str, ...], code: int, says: str
) -> None:
    done = run("agents", "--load", "10", "--handle", "3m", *words)
    assert done.code == code
    assert done.out == ""
    assert len(done.err.splitlines()) == 3
    assert says in done.err
