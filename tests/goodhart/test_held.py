"""Held: the ledger's figure for a measure is the one that its own question gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from andon.answer import Answer
from andon.demand.recontact import repeat_work
from andon.estimate import Estimate, Unknown
from andon.goodhart.held import HELD, Held, Scoped, held, held_by, not_held
from andon.goodhart.measures import MEASURES
from andon.metrics.handling import handling
from andon.metrics.reach import reach
from goodhart.weeks import monday, weeks

ASKED = Scoped(contacts=weeks([240, 180, 200], [0.1, 0.3, 0.2]))


@pytest.mark.parametrize("key", sorted(set(HELD) - {"occupancy", "retrials"}))
def test_each_held_measure_is_found_in_its_unit(key: str) -> None:
    found = held(MEASURES[key], ASKED)
    assert isinstance(found, Estimate), found
    assert found.unit == MEASURES[key].unit


@pytest.mark.parametrize("key", ["occupancy", "retrials"])
def test_what_the_data_cannot_tell_is_not_known(key: str) -> None:
    assert isinstance(held(MEASURES[key], ASKED), Unknown)


def test_the_figure_is_that_of_the_question() -> None:
    contacts = ASKED.contacts
    assert held(MEASURES["handle_time"], ASKED) == handling(contacts).overall.mean_s
    assert held(MEASURES["wait"], ASKED) == reach(contacts).overall.wait_mean_s
    within = repeat_work(contacts).overall.recontacts.within(7 * 86_400)
    found = held(MEASURES["recontact"], ASKED)
    assert isinstance(found, Estimate)
    assert isinstance(within.rate, Estimate)
    assert found.value == within.rate.value


def test_by_week_each_week_has_its_own_figure() -> None:
    found = held_by(MEASURES["handle_time"], ASKED, "week")
    assert list(found)[:3] == [f"{monday(week)}" for week in range(3)]
    first = found[f"{monday(0)}"]
    assert isinstance(first, Estimate)
    assert 230 < first.value < 250


def test_a_scope_does_not_cut_off_those_who_come_back_elsewhere() -> None:
    """Customers of Cards come back on Loans: they came back all the same."""
    cards = Scoped(contacts=ASKED.contacts, scope={"queue": "Cards"})
    found = held(MEASURES["recontact"], cards)
    assert isinstance(found, Estimate)
    assert found.value > 0.1
    cut = Scoped(contacts=ASKED.contacts.filter(ASKED.contacts.queue == "Cards"))
    blind = held(MEASURES["recontact"], cut)
    assert isinstance(blind, Estimate)
    assert blind.value == 0
    by_week = held_by(MEASURES["handle_time"], cards, "week")
    assert set(by_week) == {f"{monday(week)}" for week in range(3)}


def test_a_scope_without_contacts_is_said() -> None:
    found = held(MEASURES["fcr"], Scoped(contacts=ASKED.contacts, scope={"queue": "Mars"}))
    assert isinstance(found, Unknown)
    assert "queue Mars" in found.why


def test_a_measure_that_no_question_reads_says_what_it_would_take() -> None:
    assert held(MEASURES["nps"], ASKED) == not_held(MEASURES["nps"])
    assert held_by(MEASURES["nps"], ASKED, "week") == {}
    assert not_held(MEASURES["nps"]).needs == "a question that reads surveys: score"
    assert "not in the ledger" in not_held(MEASURES["adherence"]).why


def test_a_question_is_put_once_for_measures_that_share_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = Scoped(contacts=ASKED.contacts)
    put: list[str] = []
    how = HELD["wait"]

    def ask(scoped: Scoped, by: Sequence[str]) -> Answer[Any]:
        put.append("once")
        return how.ask(scoped, by)

    counted = Held(question=how.question, ask=ask, found=how.found)
    monkeypatch.setattr("andon.goodhart.held.HELD", {**HELD, "wait": counted})
    held(MEASURES["wait"], asked)
    held(MEASURES["abandonment"], asked)
    held(MEASURES["wait"], asked)
    assert put == ["once"]
