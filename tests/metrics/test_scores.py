"""Scores: small ledgers against the slow twin, instruments kept apart, and known truths."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.metrics.scores import Score, Scores, scores
from ledgers import contacts_table, stable_key
from oracles import scores as oracle

DAY_S = 86_400
START_US = round(dt.datetime(2024, 1, 1, tzinfo=dt.UTC).timestamp()) * 1_000_000
COLUMNS = pa.schema(
    {
        "contact_id": pa.string(),
        "customer_key": pa.int64(),
        "instrument": pa.string(),
        "item": pa.string(),
        "score": pa.float64(),
        "answered_us": pa.int64(),
    }
)


def surveys_table(rows: Sequence[dict[str, Any]]) -> ir.Table:
    """Surveys; ``answered_at`` is seconds after the start."""
    full = []
    for row in rows:
        at, who = row.get("answered_at"), row.get("customer")
        full.append(
            {
                "contact_id": row.get("contact_id"),
                "customer_key": None if who is None else stable_key(str(who)),
                "instrument": row["instrument"],
                "item": row.get("item"),
                "score": row.get("score"),
                "answered_us": None if at is None else START_US + round(at * 1e6),
            }
        )
    # Arrow keeps 64-bit keys beside missing ones; a list of rows would make them floats.
    return ibis.memtable(pa.Table.from_pylist(full, schema=COLUMNS))


def of(found: Scores, instrument: str, item: str | None = None) -> Score:
    (one,) = [
        each for each in found.instruments if (each.instrument, each.item) == (instrument, item)
    ]
    return one


@given(
    fates=st.lists(
        st.tuples(
            st.sampled_from(["handled", "handled", "self_served", "abandoned"]),
            st.sampled_from(["a", "b"]),
            st.one_of(st.none(), st.integers(0, 3)),
        ),
        min_size=1,
        max_size=20,
    ),
    asked=st.lists(
        st.tuples(
            st.integers(-1, 20),
            st.sampled_from([("NPS", None), ("CSAT", "one"), ("CSAT", "two")]),
            st.one_of(st.none(), st.integers(1, 5)),
            st.one_of(st.none(), st.integers(0, 5 * DAY_S)),
        ),
        max_size=25,
    ),
)
@settings(deadline=None, max_examples=15)
def test_every_figure_agrees_with_its_definition(
    fates: list[tuple[str, str, int | None]],
    asked: list[tuple[int, tuple[str, str | None], int | None, int | None]],
) -> None:
    rows: list[dict[str, Any]] = [
        {
            "contact_id": f"test:{i}",
            "arrived_at": i * DAY_S // 2,
            "outcome": outcome,
            "queue": queue,
            "customer": who,
        }
        for i, (outcome, queue, who) in enumerate(fates)
    ]
    surveys = [
        {
            "contact_id": f"test:{i}" if i >= 0 else None,
            "instrument": instrument,
            "item": item,
            "score": score,
            "answered_at": None if late is None else max(i, 0) * DAY_S // 2 + late,
        }
        for i, (instrument, item), score, late in asked
    ]
    last = rows[-1]["arrived_at"]
    answer = scores(contacts_table(rows), surveys_table(surveys), by=("queue",), within_s=2 * DAY_S)
    placed = [each for each in surveys if each["contact_id"] in {r["contact_id"] for r in rows}]
    assert answer.overall.unplaced == len(surveys) - len(placed)
    results = {None: answer.overall} | {group.label: group.result for group in answer.groups}
    for name, found in results.items():
        mine = [each for each in rows if name is None or each["queue"] == name]
        count, invited, answered = oracle.response(
            surveys, mine, rows, within_s=2 * DAY_S, last=last
        )
        assert found.contacts == found.response.out_of == found.invited.out_of == count
        assert found.invited.count == found.of_invited.out_of == invited
        assert found.response.count == found.of_invited.count == answered
        for each in found.instruments:
            asked_of, given_by = oracle.answers(surveys, mine, (each.instrument, each.item))
            assert (each.invited, each.answered) == (asked_of, len(given_by))
            if isinstance(each.mean, Estimate):
                assert each.mean.value == pytest.approx(np.mean(given_by))
            most = 10.0 if each.instrument == "NPS" else 5.0
            if isinstance(each.top_box, Estimate):
                assert each.top_box.value == pytest.approx(oracle.top_box(given_by, most))
            if isinstance(each.net_promoters, Estimate):
                assert each.instrument == "NPS"
                assert each.net_promoters.value == pytest.approx(oracle.net_promoters(given_by))
        told = {(each.instrument, each.item) for each in found.instruments}
        there = {each["contact_id"] for each in mine}
        assert told == {
            (each["instrument"], each["item"]) for each in surveys if each["contact_id"] in there
        }


def asked_of(
    answers: Sequence[float | None], instrument: str = "NPS", **more: Any
) -> tuple[ir.Table, ir.Table]:
    """One contact and one invitation a day, with these answers, then a quiet month."""
    days = len(answers)
    contacts = [
        {"contact_id": f"test:{i}", "arrived_at": i * DAY_S, "customer": i}
        for i in range(days + 30)
    ]
    surveys = [
        {"contact_id": f"test:{i}", "instrument": instrument, "score": score, **more}
        for i, score in enumerate(answers)
    ]
    return contacts_table(contacts), surveys_table(surveys)


def test_promoters_less_detractors() -> None:
    found = of(scores(*asked_of([10, 9, 8, 7, 6, 0, None, 10])).overall, "NPS")
    assert (found.invited, found.answered, found.scale) == (8, 7, (0.0, 10.0))
    assert isinstance(found.net_promoters, Estimate)
    assert found.net_promoters.value == pytest.approx(100 * (3 - 2) / 7)
    assert found.net_promoters.unit == "points"
    assert -100 <= found.net_promoters.low < found.net_promoters.high <= 100


def test_an_invitation_without_an_answer_counts_for_the_response_only() -> None:
    answers = [5.0, None, None, 4.0, None, 2.0, None, None]
    found = scores(*asked_of(answers, "CSAT")).overall
    assert (found.of_invited.count, found.of_invited.out_of) == (3, 8)
    assert isinstance(of(found, "CSAT").mean, Estimate)
    assert of(found, "CSAT").mean.value == pytest.approx(11 / 3)  # type: ignore[union-attr]


def test_a_scale_that_does_not_fit_has_no_top() -> None:
    """Seven of five: nobody knows what the highest answers are."""
    for answers, instrument, scale in (
        ([7.0, 4.0, 5.0], "CSAT", None),
        ([4.0, 4.0, 5.0], "How was it?", None),
    ):
        found = of(scores(*asked_of(answers, instrument)).overall, instrument)
        assert found.scale is scale
        assert isinstance(found.top_box, Unknown)
        assert f"between {min(answers):g} and {max(answers):g}" in found.top_box.why
        assert isinstance(found.mean, Estimate)
    given = scores(*asked_of([7.0, 4.0, 6.0], "CSAT"), scales={"csat": (1, 7)}).overall
    top = of(given, "CSAT").top_box
    assert isinstance(top, Estimate)
    assert top.value == pytest.approx(2 / 3)
    assert isinstance(of(given, "CSAT").net_promoters, Unknown)


def test_answers_that_are_all_alike_are_not_sure_for_that() -> None:
    few = of(scores(*asked_of([5.0] * 6, "stars")).overall, "stars").mean
    many = of(scores(*asked_of([5.0] * 300, "stars")).overall, "stars").mean
    assert isinstance(few, Estimate)
    assert isinstance(many, Estimate)
    assert (few.value, few.high) == (5, 5)
    # Wilson for 0 of 6 reaches to 39 in 100, each of whom may give 1.
    assert few.low == pytest.approx(5 - 4 * 0.3903, abs=1e-3)
    assert many.low > 4.9


def test_contacts_before_the_first_survey_do_not_count_as_unanswered() -> None:
    contacts = contacts_table(
        [{"contact_id": f"test:{i}", "arrived_at": i * DAY_S} for i in range(60)]
    )
    surveys = surveys_table(
        [
            {"contact_id": f"test:{i}", "instrument": "CSAT", "score": 4.0 if i % 2 else None}
            for i in range(30, 60)
        ]
    )
    found = scores(contacts, surveys).overall
    assert (found.response.count, found.response.out_of) == (11, 23)


def test_no_survey_at_all_is_said() -> None:
    found = scores(contacts_table([{"arrived_at": 0}]), surveys_table([])).overall
    assert found.instruments == ()
    assert isinstance(found.response.share, Unknown)
    assert "no survey" in found.response.share.why
    nobody = of(scores(*asked_of([None, None])).overall, "NPS")
    assert isinstance(nobody.mean, Unknown)
    assert "nobody answered" in nobody.mean.why


def test_bad_input_is_refused() -> None:
    contacts, surveys = asked_of([9.0])
    with pytest.raises(QuestionError, match="needs time"):
        scores(contacts, surveys, within_s=0)
    with pytest.raises(QuestionError, match="scale of NPS is empty"):
        scores(contacts, surveys, scales={"NPS": (10, 0)})


def lived(seed: int) -> tuple[Scores, dict[str, float]]:
    """Sixty days of one survey: customers and days differ, and all answers' law is known."""
    rng = np.random.default_rng(seed)
    customers, days = rng.normal(0, 1.2, 300), rng.normal(0, 0.6, 60)
    contacts: list[dict[str, Any]] = []
    surveys: list[dict[str, Any]] = []
    for day in range(60):
        for i in range(12):
            who, name = int(300 * rng.random() ** 1.5), f"test:{day}-{i}"
            contacts.append(
                {"contact_id": name, "arrived_at": day * DAY_S + i * 900, "customer": who}
            )
            score = grade(customers[who] + days[day] + rng.normal(0, 1.5))
            answers = rng.random() < 0.4
            surveys.append(
                {
                    "contact_id": name,
                    "instrument": "NPS",
                    "score": float(score) if answers else None,
                }
            )
    spread = np.random.default_rng(1).normal(0, np.sqrt(1.2**2 + 0.6**2 + 1.5**2), 200_000)
    law = grade(spread)
    truth = {
        "mean": float(law.mean()),
        "top_box": float((law >= 9).mean()),
        "net_promoters": float(100 * ((law >= 9).mean() - (law <= 6).mean())),
    }
    return scores(contacts_table(contacts), surveys_table(surveys)).overall, truth


def grade(liking: Any) -> Any:
    """From how much a contact was liked to 0 to 10; most give much."""
    return np.clip(np.round(8.3 + liking), 0, 10)


@pytest.mark.slow
def test_intervals_hold_the_truth_where_customers_and_days_differ() -> None:
    """Twenty operations, three figures each: 57 of 60 expected; 50 is about three errors below
    (the three figures of one operation go together)."""
    hits = 0
    for seed in range(20):
        found, truth = lived(seed)
        for name, true in truth.items():
            figure = getattr(of(found, "NPS"), name)
            assert isinstance(figure, Estimate)
            hits += figure.low <= true <= figure.high
    assert hits >= 50
