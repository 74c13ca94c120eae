"""``andon whatif``: the answer, what is refused, and what comes out of it."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest

from andon.cli.main import main
from andon.operation import Operation

EXAMPLES = Path(__file__).parents[2] / "examples"
QUICK = """
name: {name}
base:
  interval: 1h
  queues:
    calls:
      arrivals: {{per_hour: [0, 40, 0], interval: 8h}}
      handle: {{law: lognormal, mean: 4m, cv: 0.3}}
      patience: 4m
      loop:
        resolves: 70%
        comes_back: 80%
        recontact_after: {{law: exponential, mean: 36h}}
        redials: 50%
        redial_after: 10m
  pools:
    team: {{serves: calls, agents: [0, 5, 0], interval: 8h}}
days: 42
starts: 2024-01-01
zone: Europe/Berlin
seed: 5
customers: {{number: 20000, habitual: 0%}}
complaints: 5%
"""


def _made(folder: Path, scenario: Path) -> Path:
    with pytest.raises(SystemExit) as left:
        main(["prove", "build", os.fspath(scenario), "--into", os.fspath(folder)])
    assert not left.value.code
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six weeks of one small queue, made up."""
    folder = tmp_path_factory.mktemp("whatif")
    scenario = folder / "small.yaml"
    scenario.write_text(QUICK.format(name="Small"), encoding="utf-8")
    return _made(folder / "small", scenario)


def test_the_answer_comes_first_then_the_week_then_what_to_keep_in_mind(
    run: Any, small: Path
) -> None:
    done = run("whatif", "-o", small, "--handle-time", "-20%", "--quick")
    assert done.code == 0
    answer, table, rest = (
        done.out.partition("\na week ")[0],
        done.out.partition("\na week ")[2],
        done.out.partition("Keep in mind")[2],
    )
    assert answer.startswith("Handle time 20 % shorter: on paper that saves ")
    assert "hours of handling a week" in table
    assert "--json" in rest
    # What is for those who read on stays out of the answer.
    assert "simulation" not in answer
    assert "small cut makes more work" not in answer


def test_json_holds_every_figure_and_no_number_that_json_does_not_know(
    run: Any, small: Path
) -> None:
    done = run("whatif", "-o", small, "--handle-time", "-20%", "--quick", "--json")

    def never(text: str) -> None:
        raise AssertionError(text)

    told = json.loads(done.out, parse_constant=never)
    assert done.code == 0
    assert told["basis"] in {"measured", "assumed"}
    assert told["trap"]["break_even"]["verdict"] in {"backfires", "saves", "cannot tell"}
    assert {each["main"] for each in told["sentences"]} == {True, False}
    main_ones = [each["text"] for each in told["sentences"] if each["main"]]
    assert told["says"] == " ".join(main_ones)
    saved = told["promise"]["work_today_h"] - told["promise"]["work_h"]
    assert saved == pytest.approx(0.2 * told["promise"]["work_today_h"])
    assert told["first_weeks"]["work_h"][0]["week"] == 0


def test_a_backlog_without_end_is_null_or_unknown_in_json(run: Any, small: Path) -> None:
    done = run("whatif", "-o", small, "--agents", "-60%", "--volume", "+80%", "--quick", "--json")
    assert done.code == 0
    assert "Infinity" not in done.out
    assert "NaN" not in done.out
    json.loads(done.out)


def test_the_same_seed_says_the_same(run: Any, small: Path) -> None:
    words = ("whatif", "-o", small, "--deflect", "20%@0.6", "--quick", "--json")
    assert run(*words).json == run(*words).json
    assert run(*words, "--seed", "2").json["after"] != run(*words).json["after"]


def test_a_page_is_written_that_loads_nothing(run: Any, small: Path, tmp_path: Path) -> None:
    page = tmp_path / "target.html"
    done = run("whatif", "-o", small, "--handle-time", "-20%", "--quick", "--html", page)
    assert done.code == 0
    assert "Wrote" in done.out
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "http://" not in text.replace("http://www.w3.org/", "")
    assert "https://" not in text
    assert "<title>What if: handle time 20 % shorter?</title>" in text.replace("\u00a0", " ")


def test_a_scenario_file_says_what_options_say(run: Any, small: Path, tmp_path: Path) -> None:
    file = tmp_path / "target.yaml"
    file.write_text("name: A target\nhandle_time: -20%\nagents: follow\n", encoding="utf-8")
    begin = ("whatif", "-o", small, "--quick", "--json")
    told = run(*begin, "--scenario", file).json
    assert told == run(*begin, "--handle-time", "-20%", "--agents", "follow").json


def test_complaints_are_the_operation_s_own_where_the_ledger_has_them(
    run: Any, small: Path
) -> None:
    told = run("whatif", "-o", small, "--handle-time", "-20%", "--quick", "--json").json
    rate = next(each for each in told["assumptions"] if each["name"] == "complaints")
    assert rate["source"] == "ledger"
    truth = json.loads((small / "sealed-truth" / "truth.json").read_text(encoding="utf-8"))
    was = truth["as_it_was"]
    lost = 0.5 * (was["contacts"] - was["handled"])  # half of those who give up call again
    unsettled = was["comes_back_share"] * was["handled"] + lost
    assert rate["low"] < was["complaints"] / unsettled < rate["high"]
    leaving = next(each for each in told["assumptions"] if each["name"] == "leave_after_return")
    assert leaving["source"] == "assumed"


@pytest.mark.parametrize(
    ("words", "says", "todo"),
    [
        (["--handle-time", "25"], "more than one thing", "-25%"),
        (["--handle-time", "0.75"], "more than one thing", "0.75x"),
        (["--handle-time", "-25"], "more than one thing", "-30s"),
        (["--handle-time", "-100%"], "cut to nothing", "less than 100 %"),
        (["--occupancy", "92"], "92 % or 92 times", "92% or 0.92"),
        (["--occupancy", "100%"], "busy all of the time", "less than 100 %"),
        (["--deflect", "20%"], "truly settles", "20%@0.6"),
        (["--concurrency", "4"], "Only chats", "queue of chats"),
        (["--spike", "2h"], "so many times", "1.6x2h"),
        (["--shrinkage", "-3%"], "more than one thing", "-3pt"),
        (["--queue", "letters", "--volume", "+5%"], "no queue 'letters'", "calls"),
        ([], "Nothing is to change", "--handle-time -25%"),
        (["--scenario", "nowhere.yaml"], "no such file", "path"),
    ],
)
def test_what_cannot_be_is_refused_in_three_lines(
    run: Any, small: Path, words: list[str], says: str, todo: str
) -> None:
    done = run("whatif", "-o", small, *words)
    assert done.code not in {0, 1, 2}
    assert done.out == ""
    lines = done.err.strip().splitlines()[-3:]
    assert says in lines[0]
    assert lines[1].startswith("Found: ")
    assert lines[2].startswith("To do: ")
    assert todo in lines[2]
    told = run("whatif", "-o", small, *words, "--json").error
    assert says in json.dumps(told)


def test_a_file_and_options_together_are_refused(run: Any, small: Path) -> None:
    file = EXAMPLES / "whatif" / "bot-and-rush.yaml"
    done = run("whatif", "-o", small, "--scenario", file, "--handle-time", "-5%")
    assert done.code not in {0, 1, 2}
    assert "two things" in done.err


def test_an_empty_ledger_is_said_to_be_empty(run: Any, operation: Operation) -> None:
    done = run("whatif", "-o", operation.folder, "--handle-time", "-5%")
    assert done.code not in {0, 1, 2}
    assert "andon ingest" in done.err


def test_help_says_each_lever_as_its_table_does(run: Any) -> None:
    text = " ".join(run("whatif", "--help").out.split())
    for lever in ("handle-time", "occupancy", "deflect", "callback", "spike", "agents"):
        assert f"--{lever} " in text
    assert "-25%, +30s, or the new level: 240s" in text


@pytest.mark.slow
def test_a_strong_effect_of_time_is_told_as_a_backfire_from_records_to_answer(
    run: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "hurried"
    assert not run("prove", "build", EXAMPLES / "scenarios" / "hurried.yaml", "--into", folder).code
    told = run("whatif", "-o", folder, "--handle-time", "-15%", "--quick", "--json").json
    assert told["basis"] == "measured"
    assert told["trap"]["break_even"]["verdict"] == "backfires"
    assert "It backfires: more work, not less." in told["says"]
    assert told["change"]["work_h"]["low"] > 0
    assert not math.isclose(told["change"]["work_h"]["value"], 0.0)


@pytest.mark.slow
def test_where_time_does_nothing_no_backfire_is_claimed(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "unhurried"
    assert not run(
        "prove", "build", EXAMPLES / "scenarios" / "unhurried.yaml", "--into", folder
    ).code
    told = run("whatif", "-o", folder, "--handle-time", "-15%", "--quick", "--json").json
    assert told["basis"] == "measured"
    assert told["trap"]["break_even"]["verdict"] == "saves"
    assert "backfires" not in told["says"]
    assert told["change"]["work_h"]["high"] < 0
