"""``andon ask`` about bent measures: options of each question, and nobody named unless asked."""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
import types
import typing
from typing import Any

import pytest

from andon.cli import told
from andon.cli.ask import unknown_lines
from andon.cli.ask_options import OPTIONS
from andon.cli.bending import BENDING
from andon.cli.figures import cell
from andon.cli.question import FOR_ROLES, Question
from andon.cli.questions import QUESTIONS
from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.battery import Bent
from andon.goodhart.looks import Look
from andon.goodhart.price_of_a_second import PriceOfASecond
from andon.goodhart.short_contacts import EXPLANATIONS
from andon.goodhart.signatures import SignatureKey
from andon.operation import Operation
from bent import made_bent
from centre import made_centre

NEEDED = {
    "at-a-limit": ("--clock", "handle", "--limit", "5m"),
    "parked-work": ("--limit", "5m"),
    "closing-early": ("--limit", "5m", "--clock", "handle"),
    "chosen-surveys": ("--scale", "1-5"),
    "around-a-date": ("--measure", "handle_time"),
}
SPEAK_OF_SINGLE_ADVISORS = [name for name, each in BENDING.items() if each.for_roles]


@pytest.fixture(scope="module")
def bent(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    """Nineteen weeks in which two of nine advisors' habits bend two measures."""
    return made_bent(tmp_path_factory.mktemp("bent"))


@pytest.fixture(scope="module")
def plain_centre(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    """Two months of calls, and nothing but contacts."""
    return made_centre(tmp_path_factory.mktemp("centre"))


def asked(name: str) -> tuple[str, ...]:
    return ("ask", name, *NEEDED.get(name, ()))


@pytest.mark.parametrize("name", BENDING)
def test_each_is_answered_in_words_and_for_machines(run: Any, bent: Operation, name: str) -> None:
    done = run(*asked(name), "-o", bent.folder)
    assert done.code == 0, done.err
    answer, _, table = done.out.partition("\n\n")
    assert answer[0].isupper() or answer[0].isdigit()
    assert answer.endswith(".")
    assert table.splitlines()[0].split() == ["figure", "value"]
    assert "<" not in done.out
    told = run(*asked(name), "-o", bent.folder, "--json").json
    assert told["question"] == name
    assert told["answer"]["groups"] == []
    assert told["answer"]["overall"]


@pytest.mark.parametrize("name", BENDING)
def test_nobody_is_named_unless_it_is_asked_for(run: Any, bent: Operation, name: str) -> None:
    for words in ((), ("--json",)):
        done = run(*asked(name), "-o", bent.folder, *words)
        assert done.code == 0, done.err
        assert "made-up-advisor" not in done.out
        assert FOR_ROLES not in done.out
        assert "advisor_id" not in done.out


def test_who_stands_out_is_shown_to_roles_with_what_it_is_for(run: Any, bent: Operation) -> None:
    words = (*asked("short-contacts"), "-o", bent.folder, "--for-roles")
    done = run(*words)
    assert done.code == 0, done.err
    before, _, after = done.out.partition("For the advisors concerned, and for roles that")
    assert "made-up-advisor" not in before
    assert "It is no ranking" in " ".join(after.split())
    for explanation in EXPLANATIONS:
        assert explanation in " ".join(after.split())
    named = re.findall(r"made-up-advisor-\d+", after)
    assert len(named) == 1
    assert "first seen" in after
    held = run(*words, "--json").json["answer"]["overall"]["for_roles"]
    assert [each["advisor_id"] for each in held["advisors"]] == named


@pytest.mark.parametrize("name", SPEAK_OF_SINGLE_ADVISORS)
def test_each_that_speaks_of_single_advisors_can_be_asked_to(
    run: Any, bent: Operation, name: str
) -> None:
    done = run(*asked(name), "-o", bent.folder, "--for-roles")
    assert done.code == 0, done.err
    assert "could be compared." in " ".join(done.out.split())
    told = run(*asked(name), "-o", bent.folder, "--for-roles", "--json").json
    assert told["answer"]["overall"]["for_roles"]["tested"] >= 0


@pytest.mark.parametrize("name", sorted(set(QUESTIONS) - set(SPEAK_OF_SINGLE_ADVISORS)))
def test_the_others_have_nothing_for_roles_and_say_so(run: Any, bent: Operation, name: str) -> None:
    done = run(*asked(name), "-o", bent.folder, "--for-roles")
    assert done.code == QuestionError.exit_code
    assert f"{name} does not take --for-roles." in done.err
    assert "speaks of no single advisor" in done.err


def advisor_fields(kind: Any, at: str = "", seen: tuple[Any, ...] = ()) -> list[str]:
    """Every path to an advisor's id in a result's type, but for those for roles."""
    if not dataclasses.is_dataclass(kind) or kind in seen:
        return [each for part in typing.get_args(kind) for each in advisor_fields(part, at, seen)]
    hints = typing.get_type_hints(kind, vars(importlib.import_module(kind.__module__)))
    found = []
    for field in dataclasses.fields(kind):
        path = f"{at}.{field.name}"
        if field.name == FOR_ROLES:
            continue
        if "advisor_id" in field.name:
            found.append(path)
        found += advisor_fields(hints[field.name], path, (*seen, kind))
    return found


@pytest.mark.parametrize("question", BENDING.values(), ids=BENDING.keys())
def test_no_result_holds_an_advisor_outside_its_part_for_roles(question: Question) -> None:
    result = result_of(question)
    assert advisor_fields(result) == []
    assert bool(question.for_roles) == any(
        field.name == FOR_ROLES for field in dataclasses.fields(result)
    )


def result_of(question: Question) -> Any:
    module = importlib.import_module(question.home)
    return typing.get_type_hints(getattr(module, question.function), vars(module))["return"]


@pytest.mark.parametrize("question", BENDING.values(), ids=BENDING.keys())
def test_each_option_is_an_argument_of_its_function(question: Question) -> None:
    module = importlib.import_module(question.home)
    names = typing.get_type_hints(getattr(module, question.function), vars(module))
    for option, how in question.takes.items():
        assert option == "by" or option in OPTIONS
        assert how.argument in names, option
        if how.one_of:
            words = {
                word
                for part in (names[how.argument], *typing.get_args(names[how.argument]))
                if typing.get_origin(part) is typing.Literal
                for word in typing.get_args(part)
            }
            assert not words or set(how.one_of) == words


def test_every_option_is_taken_by_some_question() -> None:
    taken = {option for question in QUESTIONS.values() for option in question.takes}
    assert taken == {"by", *OPTIONS}


@pytest.mark.parametrize(
    ("words", "says", "todo"),
    [
        (("reach", "--limit", "5m"), "reach does not take --limit.", "reach takes --by."),
        (("silent-targets", "--by", "queue"), "silent-targets does not take --by.", "Leave it out"),
        (("short-contacts", "--by", "queue"), "does not take --by.", "--alike says within"),
        (("parked-work",), "parked-work needs --limit.", "andon ask parked-work --limit 5m."),
        (("at-a-limit",), "needs --clock.", "andon ask at-a-limit --clock handle --limit 5m."),
        (
            ("parked-work", "--limit", "5m", "--clock", "wait"),
            "--clock cannot be 'wait' for parked-work.",
            "Use any of: talk, talk_and_hold.",
        ),
        (("parked-work", "--limit", "5m", "--near", "4m"), "at most an eighth", "--near 15."),
        (("short-contacts", "--limit", "0"), "above 0", "--limit 10 and --within 600"),
        (("parting-twins", "--alike", "outcome"), "known before", "Use any of: queue"),
        (("around-a-date", "--measure", "mood"), "no measure 'mood'", "handle_time"),
        (
            ("around-a-date", "--measure", "handle_time", "--date", "1999-01-01"),
            "outside the data",
            "within the data",
        ),
        (("around-a-date", "--measure", "handle_time", "--days", "3"), "too short", "28 days"),
        (
            ("chosen-surveys",),
            "What can be answered to CSAT is not known",
            "Give its least and its most",
        ),
        (("chosen-surveys", "--instrument", "NPS"), "no such survey", "has: CSAT."),
        (("chosen-surveys", "--scale", "5-1"), "cannot be understood", "--help"),
        (("signatures", "--target", "mood=5m"), "No limit can be put on 'mood'", "handle_time"),
        (("signatures", "--target", "handle_time"), "cannot be understood", "--help"),
        (("price-of-a-second", "--outcome", "joy"), "cannot be 'joy'", "recontact"),
        (("price-of-a-second", "--within", "0.2s"), "whole numbers of seconds", "--within"),
        (("at-a-limit", "--clock", "talk", "--limit", "5m", "--others", "x"), "cannot be", "help"),
        (("parked-work", "--limit", "5m", "--limit", "6m"), "cannot be understood", "--help"),
    ],
)
def test_wrong_input_meets_three_lines_in_the_terminals_own_words(
    run: Any, bent: Operation, words: tuple[str, ...], says: str, todo: str
) -> None:
    done = run("ask", *words, "-o", bent.folder)
    assert done.code in {2, QuestionError.exit_code}
    assert done.out == ""
    wrong, found, to_do = done.err.splitlines()
    assert says in wrong
    assert found.startswith("Found: ")
    assert todo in to_do
    assert not re.search(r"\b\w+_s\b", found + to_do.replace("twins_parting", ""))
    failed = run("ask", *words, "-o", bent.folder, "--json").error
    assert failed["wrong"] == wrong


def test_a_table_that_was_never_loaded_is_missed_by_name(run: Any, plain_centre: Operation) -> None:
    done = run("ask", "chosen-surveys", "-o", plain_centre.folder)
    assert done.code == QuestionError.exit_code
    assert done.err.splitlines()[0] == "The ledger holds no surveys."
    done = run("ask", "price-of-a-second", "--outcome", "complaint", "-o", plain_centre.folder)
    assert done.code == QuestionError.exit_code
    assert "values" in done.err


@pytest.mark.parametrize("name", BENDING)
def test_a_small_ledger_without_advisors_is_answered_or_refused_in_words(
    run: Any, plain_centre: Operation, name: str
) -> None:
    done = run(*asked(name), "-o", plain_centre.folder)
    assert done.code in {0, QuestionError.exit_code}, done.err
    assert "made for" not in done.err  # as what nobody foresaw would say


@pytest.mark.parametrize("name", BENDING)
def test_days_on_which_nobody_came_are_answered_or_refused_in_words(
    run: Any, bent: Operation, name: str
) -> None:
    done = run(*asked(name), "-o", bent.folder, "--from", "2031-01-01")
    assert done.code in {0, QuestionError.exit_code}, done.err
    assert "made for" not in done.err


def test_targets_may_be_given_several_times(run: Any, bent: Operation) -> None:
    words = ("ask", "signatures", "--target", "handle_time=5m", "--target", "handle_time=10m")
    told = run(*words, "-o", bent.folder, "--json").json
    assert told["options"]["target"] == [["handle_time", 300.0], ["handle_time", 600.0]]
    assert {"bunching:handle_time:300", "bunching:handle_time:600"} <= set(
        told["answer"]["overall"]["results"]
    )


def test_of_two_limits_neither_is_dropped_in_silence(run: Any, bent: Operation) -> None:
    done = run("ask", "parked-work", "--limit", "5m", "--limit", "6m", "-o", bent.folder)
    assert done.code == 2
    assert "'--limit': it was given more than once. Ask once for each." in done.err


@pytest.mark.parametrize(
    "name", [name for name, question in BENDING.items() if "alike" in question.takes]
)
def test_what_is_named_twice_counts_once(run: Any, bent: Operation, name: str) -> None:
    done = run(*asked(name), "--alike", "queue,queue", "-o", bent.folder)
    assert done.code == 0, done.err
    assert done.out == run(*asked(name), "--alike", "queue", "-o", bent.folder).out


def test_a_limit_beyond_the_data_makes_nothing_short(run: Any, bent: Operation) -> None:
    done = run("ask", "short-contacts", "--limit", "90d", "--for-roles", "-o", bent.folder)
    said = " ".join(done.out.partition("\n\n")[0].split())
    assert "we cannot tell: more than half of all contacts are shorter than 90 days" in said


def test_how_much_choosing_adds_is_seen_in_the_sentence(run: Any, bent: Operation) -> None:
    done = run(*asked("chosen-surveys"), "-o", bent.folder, "--json")
    shift = done.json["answer"]["overall"]["overall"]["shift"]["value"]
    said = " ".join(run(*asked("chosen-surveys"), "-o", bent.folder).out.split())
    added = re.search(r"That adds about ([\d.]+) \(", said)
    assert added is not None
    assert float(added[1]) == pytest.approx(shift, rel=0.05)


def test_a_handle_time_that_follows_is_told_in_seconds() -> None:
    price = Estimate(value=-0.09, low=-0.12, high=-0.07, unit="ratio", n=900, method="-")
    found = types.SimpleNamespace(outcome="later_handle", window_s=604_800.0, per_s=price)
    said = told.price_of_a_second(typing.cast("PriceOfASecond", found))
    assert said.endswith("within 7 days by 0.09 s (0.07 s to 0.12 s).")


def test_a_date_that_is_given_stands_in_place_of_the_ledgers(run: Any, bent: Operation) -> None:
    words = (*asked("around-a-date"), "-o", bent.folder, "--json")
    told = run(*words).json["answer"]["overall"]["dates"]
    assert [each["what"] for each in told] == [["a quicker service begins"]]
    given = run(*words, "--date", "2024-03-11").json["answer"]["overall"]["dates"]
    assert [(each["date"], each["what"]) for each in given] == [("2024-03-11", [])]
    early = run(*words, "--to", "2024-03-01").json["answer"]["overall"]
    assert early["dates"] == []
    assert early["says_looked_for"]


def test_what_is_bent_comes_first(run: Any, bent: Operation) -> None:
    done = run("ask", "signatures", "-o", bent.folder)
    said = " ".join(done.out.partition("\n\n")[0].split())
    assert "can no longer be trusted by" in said
    assert "mean handle time" in said


def test_beside_a_reading_stands_the_sign_that_tells_it() -> None:
    columns = BENDING["signatures"].listings[0].columns
    nothing = Unknown(unit="s", why="nobody stands out", needs="several advisors")
    time = Estimate(value=280, low=279, high=281, unit="s", n=9, method="-")
    signs: tuple[tuple[SignatureKey, float, Estimate | Unknown], ...] = (
        ("shedding", 1e-6, nothing),
        ("passing_on", 1e-4, time),
    )
    sure, tells = (
        Look(
            signature=signature,
            measure="handle_time",
            says="",
            p=p,
            adjusted=p,
            shows=True,
            effect=nothing,
            reads=reads,
            without=reads,
        )
        for signature, p, reads in signs
    )
    bent = Bent(measure="handle_time", looks=(sure, tells))
    assert cell(bent, columns["the sign"]) == "passing_on"
    assert cell(bent, columns["without the sign"]).startswith("4 min 40 s")


def test_json_of_every_question_can_be_read_back(run: Any, bent: Operation) -> None:
    told = run(*asked("price-of-a-second"), "-o", bent.folder, "--json")
    assert json.loads(told.out)["answer"]["overall"]["per_s"]["unit"] == "points"


def test_what_is_unknown_for_one_reason_is_told_once() -> None:
    few = Unknown(unit="s", why="too few contacts", needs="more")
    other = Unknown(unit="s", why="no ids", needs="ids")
    assert unknown_lines({"a": few, "b": 3, "c": few, "d": other}) == [
        "a; c: too few contacts. It would take more.",
        "d: no ids. It would take ids.",
    ]
