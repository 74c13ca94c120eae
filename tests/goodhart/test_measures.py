"""Measures: each row whole, each name meant once, and no word of blame."""

from __future__ import annotations

import doctest
import re

import pytest

from andon.goodhart import measures
from andon.goodhart.held import HELD
from andon.goodhart.measures import MEASURES, Measure, measure_named
from andon.goodhart.signatures import SIGNATURES

ROWS = list(MEASURES.values())


def words_of(row: Measure) -> str:
    return " ".join(
        [
            row.says,
            row.customer,
            row.organisation,
            row.better_goal,
            *row.bent_by.values(),
            *row.twins.values(),
        ]
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_a_row_knows_how_it_is_bent_and_what_tells(row: Measure) -> None:
    assert row.bent_by
    assert set(row.bent_by) <= set(SIGNATURES)
    assert row.twins
    assert set(row.twins) <= set(MEASURES)
    assert row.key not in row.twins
    assert row.better_goal.endswith(".")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_a_row_blames_nobody_and_speaks_plainly(row: Measure) -> None:
    assert not re.search(r"cheat|fail|worst|lazy|offender|blame|fault", words_of(row))
    for sentence in row.better_goal.split(". "):
        assert len(sentence.split()) <= 25


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_no_twin_is_a_measure_that_no_target_should_be_on_save_handle_time(row: Measure) -> None:
    """A floor needs a worse side; less handle time is the worse side where haste is the danger."""
    neither = {key for key in row.twins if MEASURES[key].better == "neither"}
    assert neither <= {"handle_time"}


def test_a_measure_of_pace_is_never_good_by_itself() -> None:
    assert {row.better for row in ROWS if row.pace} == {"neither"}


def test_every_name_means_one_measure() -> None:
    names = [name.lower() for row in ROWS for name in (row.key, *row.names)]
    assert len(names) == len(set(names))
    for row in ROWS:
        for name in (row.key, row.says, row.key.upper().replace("_", " "), *row.names):
            assert measure_named(name) is row


def test_an_unknown_name_meets_the_nearest_or_none() -> None:
    with pytest.raises(KeyError) as near:
        measure_named("ocupancy")
    assert near.value.args == ("occupancy",)
    with pytest.raises(KeyError) as nothing:
        measure_named("the weather")
    assert nothing.value.args == ("",)


def test_the_ten_signatures_of_the_design_are_all_used() -> None:
    assert len(SIGNATURES) == 10
    assert {key for row in ROWS for key in row.bent_by} == set(SIGNATURES)


def test_what_a_question_answers_is_in_the_ledger_and_says_so() -> None:
    for key, row in MEASURES.items():
        assert (key in HELD) == (bool(row.ledger) and "no question" not in row.ledger), key


def test_the_examples_run() -> None:
    assert doctest.testmod(measures).failed == 0
    assert doctest.testmod(measures).attempted > 0
