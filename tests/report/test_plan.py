"""The plan's page: sentences that carry their numbers, tables that fit, nothing from a network."""

from __future__ import annotations

import re

import pytest

from andon.capacity.promise import Promise
from andon.estimate import Estimate
from andon.report import leaf
from andon.report.plan import (
    TRIAL_COLUMNS,
    answer,
    brief,
    judged_said,
    page,
    promise_said,
    trial_rows,
)
from small_plans import plain_plan, shift_plan, small_plan


def estimate(value: float, low: float, high: float, unit: str = "share") -> Estimate:
    return Estimate(value=value, low=low, high=high, level=0.95, unit=unit, n=9, method="")  # type: ignore[arg-type]  # as given


def test_the_answer_says_hours_risk_and_what_the_mean_would_do() -> None:
    said = answer(plain_plan())
    hours = int(plain_plan().agent_h)
    assert said[0].startswith(f"calls needs {hours} agent-hours in 7 days, at most ")
    assert re.search(r"the promise holds on \d+ in 100 days", said[0])
    assert "Erlang C on the mean day would have" in said[0] or "Erlang A" in said[0]
    assert said[1].startswith("Protective capacity: ")
    assert "which cost " in said[1]


def test_judged_plans_say_what_would_have_been() -> None:
    judged = plain_plan(judged=True).judged
    assert judged is not None
    (said,) = judged_said(judged)
    assert said.startswith("calls: with what really came, the promise would have held on")


@pytest.mark.parametrize(
    ("figure", "says"),
    [
        (estimate(0.9163, 0.9012, 0.9304), "92 % (90 to 93)"),
        (estimate(0.0251, 0.0191, 0.0312), "2.5 % (1.9 to 3.1)"),
        (estimate(0.9301, 0.9286, 0.9316), "93 %"),
        (estimate(0.0, 0.0, 0.0004), "0 %"),
        (estimate(5.3, 5.1, 5.48, "s"), "5.3 s (5.1 to 5.5)"),
        (estimate(42.0, 30.0, 53.0, "s"), "42 s (30 to 53)"),
        (estimate(65.0, 12.0, 118.0, "s"), "65 s (12 to 118)"),
        (estimate(470.0, 180.0, 760.0, "s"), "7 min 50 s (3 min to 12 min 40 s)"),
        (estimate(8.24, 6.6, 9.9, "count"), "8.2 (6.6 to 9.9)"),
    ],
)
def test_figures_in_tables_are_short(figure: Estimate, says: str) -> None:
    assert brief(figure) == says


def test_a_promise_is_said_in_words() -> None:
    whole = Promise(
        service_level=0.8, abandoned=0.05, mean_wait_s=30, occupancy=0.85, answer_within_s=20
    )
    assert promise_said(whole) == (
        "80 % answered within 20 s, at most 5 % give up, a mean wait of at most 30 s and "
        "people busy at most 85 % of their time, on 90 % of days"
    )


def test_each_trial_has_a_row_for_each_line() -> None:
    rows = trial_rows(plain_plan().check)
    assert [row[:2] for row in rows] == [
        ["ordinary days", "calls"],
        ["worst tenth", "calls"],
        ["a spike", "calls"],
    ]
    assert all(len(row) == len(TRIAL_COLUMNS) for row in rows)
    assert rows[0][-1] == ""
    assert rows[2][-1] != ""


def drawn(**more: bool) -> str:
    made = page(
        plain_plan(**more),
        operation="Corner <Bank>",
        currency="EUR",
        source="Source: calls v1.",
        command="andon plan",
    )
    return leaf.render(made)


@pytest.mark.slow
def test_the_page_has_its_parts_and_needs_no_network() -> None:
    made = drawn(judged=True)
    for title in ("Judged by what came", "The check: ", "What may come", "Agents: calls"):
        assert title in made
    assert "Corner &lt;Bank&gt;" in made
    assert "A plan for 25 to 31 March 2024" in made
    assert "What the plan rests on" in made
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", made)
    assert "<script" not in made
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", made, flags=re.DOTALL).lower().split()


@pytest.mark.slow
def test_lines_that_share_people_say_how_their_days_hang_together() -> None:
    made = page(small_plan(), operation="x", currency="", source="", command="")
    rests = next(each for each in made.sections if each.title == "What the plan rests on")
    assert "calls and orders" in rests.paragraphs[1]
    assert "busy days" in rests.paragraphs[1]


@pytest.mark.slow
def test_people_and_shrinkage_are_said_beside_agents() -> None:
    first = answer(shift_plan())[0]
    assert "the shifts below and some people away" in first
    assert "Of paid time 30 % goes elsewhere" in first
    made = page(shift_plan(), operation="x", currency="EUR", source="", command="")
    rests = next(each for each in made.sections if each.title == "What the plan rests on")
    assert "stated, not measured" in rests.paragraphs[0]
    plain = page(plain_plan(), operation="x", currency="EUR", source="", command="")
    assert "and not people" in plain.sections[-1].paragraphs[0]
