"""Goals: what a file may say, and what every slip is answered with."""

from __future__ import annotations

import datetime as dt
import doctest
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.errors import GoalError
from andon.goodhart import goal as module
from andon.goodhart.goal import KEYS, Goal, goal_text, read_answer, read_goal
from andon.goodhart.measures import MEASURES
from andon.marked import read_marked

GOAL = """\
name: Shorter calls
measure: AHT
change: -25%
by: 2027-06-30
rewarded: [advisors, leads]
behind: Answer more customers.
harmed: [customers with hard matters, advisors who get them]
twin: {measure: recontact, floor: 15%}
"""


def goal_of(text: str, folder: Path) -> Goal:
    path = folder / "a-goal.yaml"
    path.write_text(text)
    return read_goal(read_marked(path, error=GoalError))


def problem_of(text: str, folder: Path) -> GoalError:
    with pytest.raises(GoalError) as caught:
        goal_of(text, folder)
    return caught.value


def test_a_whole_goal_is_read(tmp_path: Path) -> None:
    goal = goal_of(GOAL + "since: 2027-01-01\nnow: 5m\nreward: a bonus\n", tmp_path)
    assert goal.measure is MEASURES["handle_time"]
    assert goal.change is not None
    assert (goal.change.amount, goal.change.relative, goal.level) == (-0.25, True, None)
    assert (goal.by, goal.since) == (dt.date(2027, 6, 30), dt.date(2027, 1, 1))
    assert (goal.rewarded, goal.reward) == (("advisors", "leads"), "a bonus")
    assert goal.harmed == ("customers with hard matters", "advisors who get them")
    assert [(twin.measure.key, twin.floor) for twin in goal.twins] == [("recontact", 0.15)]
    assert goal.now == 300
    assert goal.wanted(300.0) == -75
    assert goal.wanted(None) is None
    assert goal.says == "Mean handle time: down 25 % by 30 June 2027."


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    said = GOAL.replace("name: Shorter calls\n", "").partition("twin:")[0]
    goal = goal_of(said + "scope: {queue: Loans}\n", tmp_path)
    assert goal.name == "a-goal"
    assert goal.twins == ()
    assert (goal.reward, goal.now, goal.since) == ("", None, None)
    assert goal.says == "Mean handle time, queue Loans: down 25 % by 30 June 2027."


@pytest.mark.parametrize(
    ("measure", "aim", "now", "wanted"),
    [
        ("fcr", "level: 85%", 0.72, 0.13),
        ("fcr", "level: 0.85", 0.72, 0.13),
        ("fcr", "change: +3 points", None, 0.03),
        ("fcr", "change: +10 %", 0.5, 0.05),
        ("handle_time", "level: 4m30s", 300.0, -30.0),
        ("handle_time", "change: -30s", None, -30.0),
        ("handle_time", "change: \N{MINUS SIGN}25 %", 200.0, -50.0),
        ("effort", "level: 30m", 1.0, -0.5),
        ("nps", "level: -10", -20.0, 10.0),
        ("nps", "change: +5 points", None, 5.0),
        ("stars", "level: 4.7 of 5 stars", 4.2, 0.5),
        ("backlog_age", "level: 2 days", 259_200.0, -86_400.0),
        ("contacts_per_hour", "level: 12", 10.0, 2.0),
    ],
)
def test_an_aim_is_read_in_the_measures_unit(
    tmp_path: Path, measure: str, aim: str, now: float | None, wanted: float
) -> None:
    said = GOAL.replace("AHT", measure).replace("change: -25%", aim).partition("twin:")[0]
    assert goal_of(said, tmp_path).wanted(now) == pytest.approx(wanted)


def test_a_twin_may_be_a_name_alone_or_a_list(tmp_path: Path) -> None:
    alone = goal_of(GOAL.partition("twin:")[0] + "twin: FCR\n", tmp_path)
    assert [(twin.measure.key, twin.floor) for twin in alone.twins] == [("fcr", None)]
    several = goal_of(
        GOAL.partition("twin:")[0] + "twin:\n  - {measure: fcr, floor: 70%}\n  - complaints\n",
        tmp_path,
    )
    assert [twin.says for twin in several.twins] == [
        "the share of matters settled in one contact, at least 70 %",
        "the share of contacts that a complaint follows",
    ]


@pytest.mark.parametrize(
    ("old", "new", "wrong", "todo"),
    [
        ("AHT", "[AHT, FCR]", "names several", "a file for each target"),
        ("AHT", "AHT and FCR", "names several", "a file for each target"),
        ("measure: AHT", "measures: [AHT, FCR]", "one measure", "a file for each target"),
        ("change: -25%", "change: -25%\nlevel: 4m", "a level or a change", "Keep one"),
        ("change: -25%\n", "", "does not say how much", "level: 85%"),
        ("AHT", "ocupancy", "'ocupancy' is not known", "Did you mean 'occupancy'?"),
        ("AHT", "sunshine", "'sunshine' is not known", "One of: handle_time"),
        ("AHT", "''", "is empty", "in a few words"),
        ("AHT", "~", "not a text", "a text"),
        ("-25%", "25%", "up or down", "-25% or +10%"),
        ("-25%", "-25", "not a change of handle_time", "-25%, -30s"),
        ("-25%", "+0%", "change of nothing", "by how much"),
        ("-25%", "-100%", "leave nothing", "less than 100 %"),
        ("-25%", "-a lot", "not a change", "-25%"),
        ("change: -25%", "level: 0", "handle time cannot be 0", "above 0"),
        ("change: -25%", "level: 0s", "handle time cannot be 0", "above 0"),
        ("change: -25%", "level: -10s", "not a value of handle_time", "4m30s"),
        ("change: -25%", "change: -6m\nnow: 5m", "From 5 min, that would leave nothing", "smaller"),
        ("change: -25%", "change: -25%\nnow: 0", "handle time cannot be 0", "above 0"),
        ("change: -25%", "level: soon", "not a value of handle_time", "4m30s"),
        ("change: -25%", "level: 25%", "not a value of handle_time", "4m30s"),
        ("2027-06-30", "June", "'June' is not a day", "2026-06-30"),
        ("2027-06-30", "2027-06-31", "is not a day", "2026-06-30"),
        ("[advisors, leads]", "bosses", "'bosses' is not a choice", "One of: nobody"),
        ("[advisors, leads]", "advisers", "not a choice", "Did you mean 'advisors'?"),
        ("[advisors, leads]", "[nobody, leads]", "or nobody is", "Take 'nobody' out"),
        ("[advisors, leads]", "[]", "Nobody is named", "One of: nobody"),
        ("harmed: [customers with hard matters, advisors who get them]", "harmed: []", "is empty",
         "at least one"),
        ("15%", "15", "not a value of recontact", "85% or 0.85"),
        ("15%", "150%", "outside what recontact can be", "0 % to 100 %"),
        ("recontact", "AHT", "cannot watch over itself", "recontact, fcr"),
        ("{measure: recontact, floor: 15%}", "[fcr, fcr]", "there twice", "Keep one"),
        ("{measure: recontact, floor: 15%}", "{floor: 15%}", "'measure' of 'twin' is missing",
         "Add measure:"),
        ("{measure: recontact,", "{mesure: recontact,", "'twin.mesure' is not known",
         "Did you mean 'measure'?"),
        ("behind: Answer more customers.\n", "", "'behind' is missing", "Add behind:"),
        ("harmed:", "hurt:", "'hurt' is not known", "One of: name"),
        ("name: Shorter calls", "since: 2028-01-01", "begins after", "up to 2027-06-30"),
        ("name: Shorter calls", "scope: {shop: 3}", "'scope.shop' is not known", "queue"),
        ("Answer more customers.", "x" * 600, "too long", "one or two sentences"),
    ],
)  # fmt: skip
def test_a_slip_is_answered_with_place_and_remedy(
    tmp_path: Path, old: str, new: str, wrong: str, todo: str
) -> None:
    assert old in GOAL
    problem = problem_of(GOAL.replace(old, new, 1), tmp_path)
    assert wrong in problem.wrong
    assert todo in problem.todo
    assert "a-goal.yaml" in problem.found
    assert len(str(problem).splitlines()) == 3


@pytest.mark.parametrize("text", ["", "- one\n- two\n", "just words\n", "{}"])
def test_what_is_no_goal_at_all_is_said(tmp_path: Path, text: str) -> None:
    problem = problem_of(text, tmp_path)
    assert problem.found
    assert problem.todo


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    assert "line 5, key 'rewarded'" in problem_of(GOAL.replace("leads", "x"), tmp_path).found


def test_each_key_is_a_row_and_no_row_is_idle(tmp_path: Path) -> None:
    full = GOAL + "since: 2027-01-01\nnow: 5m\nreward: a bonus\n"
    full += "scope: {queue: Loans, channel: voice, journey: pay}\n"
    goal_of(full, tmp_path)
    said = {key.name for key in KEYS if f"{key.name}:" in full}
    assert {key.name for key in KEYS} - said == {"level"}


def test_answers_are_read_as_the_file_is(tmp_path: Path) -> None:
    aht = read_answer("measure", " aht ", {})
    assert read_answer("aim", "4m", {"measure": aht}) == 240
    change = read_answer("aim", "-25%", {"measure": aht})
    assert isinstance(change, module.Change)
    assert read_answer("aim", "-10", {"measure": MEASURES["nps"]}) == -10
    assert isinstance(read_answer("aim", "+5", {"measure": MEASURES["nps"]}), module.Change)
    with pytest.raises(GoalError, match="no answer"):
        read_answer("behind", "  ", {})


words = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), min_size=1, max_size=40
)


@given(name=words, behind=words, harmed=st.lists(words, min_size=1, max_size=3))
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, name: str, behind: str, harmed: list[str]
) -> None:
    text = goal_text(
        {
            "name": name,
            "measure": "recontact",
            "change": "-10%",
            "by": "2027-06-30",
            "rewarded": ["nobody"],
            "behind": behind,
            "harmed": harmed,
            "twin.measure": "fcr",
            "twin.floor": "70%",
        }
    )
    goal = goal_of(text, tmp_path_factory.mktemp("goal"))
    assert (goal.name, goal.behind, goal.harmed) == (name, behind, tuple(harmed))
    assert goal.twins[0].floor == 0.7


def test_the_examples_run() -> None:
    assert doctest.testmod(module).failed == 0
    assert doctest.testmod(module).attempted > 0
