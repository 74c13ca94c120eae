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
from andon.metrics.outcomes import outcomes
from andon.metrics.reach import reach
from andon.metrics.scores import scores
from andon.operation import Standards
from goodhart.weeks import monday, weeks
from ledgers import contacts_table
from metrics.test_outcomes import complaints_table
from metrics.test_scores import surveys_table

ASKED = Scoped(contacts=weeks([240, 180, 200], [0.1, 0.3, 0.2]))
_DAY_S = 86_400


def varied() -> Scoped:
    """Five weeks with a bot, cases that open again, complaints and three instruments."""
    rows: list[dict[str, Any]] = []
    surveys: list[dict[str, Any]] = []
    complaints = []
    for i in range(350):
        at = (i // 10) * _DAY_S + (i % 10) * 3_600
        bot, case = i % 3 == 0, i % 3 == 1
        rows.append(
            {
                "contact_id": f"test:{i}",
                "arrived_at": at,
                "queued_at": at,
                "answered_at": at + 30,
                "ended_at": at + 900,
                "talk_s": 800.0,
                "customer": i // 2 % 90,
                "queue": "Cards",
                "channel": "bot" if bot else "case" if case else "voice",
                "handled_by": ("both" if i % 2 else "bot") if bot else "advisor",
                "transfers": int(i % 7 == 2),
                "resolved": i % 5 > 0,
                "previous_contact_id": f"test:{i - 9}" if case and i % 12 == 10 else None,
            }
        )
        score = {"NPS": i % 11, "CSAT": 1 + i % 5, "Stars": 3 + i % 3}
        for instrument, value in score.items():
            surveys.append(
                {
                    "contact_id": f"test:{i}",
                    "instrument": instrument,
                    "score": float(value) if i % 4 else None,
                }
            )
        if i % 20 == 0:
            complaints.append((i // 2 % 90, at + 1_200))
    return Scoped(
        contacts=contacts_table(rows),
        surveys=surveys_table(surveys),
        values=complaints_table(complaints),
        standards=Standards(close_within_h=2.0),
    )


VARIED = varied()


@pytest.mark.parametrize("key", sorted(set(HELD) - {"occupancy", "retrials"}))
def test_each_held_measure_is_found_in_its_unit(key: str) -> None:
    found = held(MEASURES[key], VARIED)
    assert isinstance(found, Estimate), found
    assert found.unit == MEASURES[key].unit
    low, high = MEASURES[key].scale or (0.0, float("inf"))
    assert low <= found.low <= found.value <= found.high <= high
    by_week = held_by(MEASURES[key], VARIED, "week")
    assert list(by_week) == [f"{monday(week)}" for week in range(5)]
    assert isinstance(by_week[f"{monday(1)}"], Estimate)


@pytest.mark.parametrize("key", ["occupancy", "retrials", "containment", "csat", "complaints"])
def test_what_the_data_cannot_tell_is_not_known(key: str) -> None:
    found = held(MEASURES[key], ASKED)
    assert isinstance(found, Unknown)
    assert found.unit == MEASURES[key].unit


def test_the_figure_is_that_of_the_question() -> None:
    contacts = ASKED.contacts
    assert held(MEASURES["handle_time"], ASKED) == handling(contacts).overall.mean_s
    assert held(MEASURES["wait"], ASKED) == reach(contacts).overall.wait_mean_s
    became = outcomes(VARIED.contacts, values=VARIED.values).overall
    assert held(MEASURES["net_containment"], VARIED) == became.net_contained.share
    assert held(MEASURES["complaints"], VARIED) == became.complained.share
    assert VARIED.surveys is not None
    said = {
        each.instrument: each
        for each in scores(VARIED.contacts, VARIED.surveys).overall.instruments
    }
    assert held(MEASURES["nps"], VARIED) == said["NPS"].net_promoters
    assert held(MEASURES["csat"], VARIED) == said["CSAT"].top_box
    assert held(MEASURES["stars"], VARIED) == said["Stars"].mean
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
    assert held(MEASURES["adherence"], ASKED) == not_held(MEASURES["adherence"])
    assert held_by(MEASURES["adherence"], ASKED, "week") == {}
    assert "not in the ledger" in not_held(MEASURES["adherence"]).why
    assert "open at a moment" in not_held(MEASURES["backlog_age"]).why
    assert "daily count" in not_held(MEASURES["backlog_age"]).needs


def surveyed(*rows: tuple[str, str | None, float]) -> Scoped:
    """One contact, and these answers: instrument, item, score."""
    return Scoped(
        contacts=contacts_table([{"contact_id": "test:0", "arrived_at": 0}]),
        surveys=surveys_table(
            [
                {"contact_id": "test:0", "instrument": of, "item": item, "score": score}
                for of, item, score in rows
            ]
        ),
    )


def test_instruments_are_never_mixed() -> None:
    """Five of CSAT is no star, and two items of one survey are two things."""
    for asked, key, about in (
        (surveyed(("CSAT", None, 5.0), ("CES", None, 6.0)), "stars", "only CES, CSAT"),
        (surveyed(("CSAT", "one", 5.0), ("CSAT", "two", 1.0)), "csat", "2 items"),
        (surveyed(("Rating", None, 9.0)), "stars", "between 1 and 5"),
        (surveyed(("NPS", None, 11.0)), "nps", "0 to 10"),
        (surveyed(), "nps", "no survey asks"),
        (Scoped(contacts=ASKED.contacts), "nps", "no surveys"),
    ):
        found = held(MEASURES[key], asked)
        assert isinstance(found, Unknown)
        assert about in found.why, found.why
    assert held_by(MEASURES["nps"], Scoped(contacts=ASKED.contacts), "week") == {}


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
