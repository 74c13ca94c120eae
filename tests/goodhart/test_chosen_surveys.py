"""Chosen surveys, asked of a ledger: found where they are, and nobody named where they are not."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pytest

from andon.errors import QuestionError
from andon.estimate import Estimate
from andon.goodhart.chosen_surveys import ChosenSurveys, chosen_surveys
from ledgers import contacts_table

WEEK_S = 7 * 86_400
SURVEYS = {"contact_id": "string", "instrument": "string", "item": "string", "score": "float64"}


def operation(
    seed: int,
    *,
    choosers: tuple[int, ...] = (),
    from_week: int = 0,
    advisors: int = 8,
    weeks: int = 10,
    per: int = 40,
) -> tuple[ir.Table, ir.Table]:
    """Advisors with rates and mixes of their own; choosers ask rarely where nothing is settled."""
    rng = np.random.default_rng(seed)
    rates, mixes = rng.uniform(0.3, 0.6, advisors), rng.uniform(0.5, 0.9, advisors)
    contacts: list[dict[str, Any]] = []
    surveys: list[dict[str, Any]] = []
    for week in range(weeks):
        for advisor in range(advisors):
            chooses = advisor in choosers and week >= from_week
            for i in range(per):
                at = week * WEEK_S + i * 9_000.0 + advisor
                settled = bool(rng.random() < mixes[advisor])
                wait = float(rng.exponential(40))
                name = f"test:{week}-{advisor}-{i}"
                contacts.append(
                    {
                        "contact_id": name,
                        "arrived_at": at,
                        "queued_at": at,
                        "answered_at": at + wait,
                        "ended_at": at + wait + 200,
                        "customer": int(rng.integers(5000)),
                        "queue": "Cards",
                        "resolved": settled,
                        "transfers": int(rng.random() < 0.1),
                        "handled_by": "advisor",
                        "advisor_id": f"a{advisor}",
                    }
                )
                rate = rates[advisor] * (0.25 if chooses and not settled else 1.0)
                if rng.random() < rate:
                    content = np.clip(np.round(rng.normal(8.5 if settled else 3.5, 1.5)), 0, 10)
                    score = float(content) if rng.random() < 0.5 else None
                    surveys.append(
                        {"contact_id": name, "instrument": "NPS", "item": None, "score": score}
                    )
    return contacts_table(contacts), ibis.memtable(surveys, schema=SURVEYS)


def asked(*args: Any, **kwargs: Any) -> ChosenSurveys:
    return chosen_surveys(*operation(*args, **kwargs), instrument="NPS")


def test_where_nobody_chooses_nobody_is_named() -> None:
    named = flagged = 0
    for seed in range(8):
        found = asked(seed, advisors=6, weeks=6)
        named += len(found.for_roles.leaning)
        flagged += found.overall.p_value < 0.05
        assert found.for_roles.tested == 6
    assert named == 0
    assert flagged <= 2


def test_those_who_choose_are_found_from_when_they_began_and_nobody_else() -> None:
    found = asked(3, choosers=(1, 4), from_week=5, per=90)
    assert [each.advisor_id for each in found.for_roles.leaning] == ["a1", "a4"]
    assert found.overall.p_value < 0.01
    assert isinstance(found.overall.score, Estimate)
    assert isinstance(found.overall.weighted, Estimate)
    assert found.overall.score.value > found.overall.weighted.value
    assert found.overall.lowest < found.overall.weighted.value < found.overall.highest
    months = list(found.by_month)
    assert months == sorted(months)
    assert found.by_month[months[-1]].p_value < 0.01


def test_where_the_target_does_it_most_lean_the_same_way() -> None:
    found = asked(5, choosers=tuple(range(8)))
    assert found.shared == found.for_roles.tested == 8
    assert found.overall.invited_high > found.overall.invited_low + 0.1


def test_a_rule_that_chooses_is_one_of_the_caveats() -> None:
    found = asked(1, advisors=2, weeks=2)
    assert any("rule" in said for said in found.caveats)


def surveys_of(rows: list[dict[str, Any]]) -> ir.Table:
    return ibis.memtable([{"item": None, **row} for row in rows], schema=SURVEYS)


def test_what_cannot_be_told_is_refused_in_words() -> None:
    contacts, surveys = operation(1, advisors=2, weeks=1, per=10)
    ids = [row["contact_id"] for row in contacts.select("contact_id").to_pyarrow().to_pylist()]

    def refused(table: ir.Table, match: str, **asked: Any) -> None:
        with pytest.raises(QuestionError, match=match) as told:
            chosen_surveys(contacts, table, **{"instrument": "NPS", **asked})
        assert told.value.found
        assert told.value.todo
        said.append(told.value.todo)

    said: list[str] = []
    refused(surveys, "within their scale", scale=(0, 3))
    one = {"instrument": "stars", "score": 4.0}
    refused(surveys_of([{**one, "contact_id": ids[0]}]), "is not known", instrument="stars")
    for todo in said:  # in Python's way, and in the command's
        assert "scale=(1, 5)" in todo
        assert "--scale 1-5" in todo
    refused(surveys, "no such survey", instrument="CSAT")
    refused(surveys_of([{"contact_id": "x", "instrument": "NPS", "score": 4.0}]), "belongs to")
    answered = [{"contact_id": each, "instrument": "NPS", "score": 4.0} for each in ids[:5]]
    refused(surveys_of(answered), "from who answered")
    everybody = [{"contact_id": each, "instrument": "NPS", "score": None} for each in ids[1:]]
    refused(surveys_of([*everybody, {**answered[0]}]), "nobody can have been chosen")
    items = [{**answered[0], "item": "speed"}, {**answered[1], "item": "tone"}]
    refused(surveys_of(items), "several items")


def test_contacts_without_an_advisor_count_but_name_nobody() -> None:
    contacts, surveys = operation(2, advisors=3, weeks=4)
    nameless = contacts.mutate(advisor_id=ibis.null("string"))
    found = chosen_surveys(nameless, surveys, instrument="NPS")
    assert found.for_roles.tested == 0
    assert found.for_roles.leaning == ()
    assert found.overall.contacts == 3 * 4 * 40
