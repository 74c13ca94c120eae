"""What is said of a simulation: the answer first, in words that its figures support."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from andon.errors import QueueingError
from andon.estimate import Estimate
from andon.queueing.laws import Never
from andon.queueing.simulator.comparison import Comparison, compare
from andon.queueing.simulator.precision import Precision
from andon.queueing.simulator.results import Simulation
from andon.queueing.simulator.runs import simulate
from andon.report import charts, simulated
from simulated import LOOP, day, skills, team


@pytest.fixture(scope="module")
def steady() -> Simulation:
    return simulate(team(4, days=2), replications=6)


@pytest.fixture(scope="module")
def changing() -> Simulation:
    return simulate(day(), replications=8)


@pytest.fixture(scope="module")
def both() -> Comparison:
    return compare(day(), day(agents=7), replications=20)


def rows(found: Simulation) -> dict[str, str]:
    return dict(simulated.view(found).tables[0].rows)  # type: ignore[arg-type]  # two columns


# The answer --------------------------------------------------------------------------------------


def test_the_answer_speaks_of_customers_in_a_sentence_or_two(steady: Simulation) -> None:
    first, second = simulated.view(steady).answer
    assert first.startswith("About ")
    assert "in 100 callers" in first
    assert "are answered within 20 s, and about" in first
    assert first.endswith("give up.")
    assert second.startswith("Agents are busy ")
    assert second.endswith(" % of their time at work.")


def test_customers_of_a_loop_are_said_to_ask_again() -> None:
    found = simulate(team(5, loop=LOOP, days=4), replications=4)
    said = simulated.view(found).answer[-1]
    assert said.startswith("Customers ask 1.4")
    assert "are lost" in said


def test_who_never_gives_up_is_not_mentioned() -> None:
    found = simulate(team(7, patience=Never()), replications=3)
    view = simulated.view(found)
    assert "give up" not in view.answer[0]
    assert not any("gave up" in name for name in rows(found))


def test_promises_that_differ_are_named_as_such() -> None:
    view = simulated.view(simulate(skills(), replications=3, warm_up=0.0))
    assert "within the time promised in their queue" in view.answer[0]
    overall, queues, pools = view.tables
    assert overall.rows[0][0] == "answered in time, of those offered"
    assert [row[:2] for row in queues.rows] == [
        ("first", "20 s"),
        ("second", "20 s"),
        ("mail", "1 h"),
    ]
    assert [row[0] for row in pools.rows] == ["front", "back"]


def test_what_cannot_be_told_is_said_first() -> None:
    view = simulated.view(simulate(team(), replications=1))
    assert view.answer[0].startswith("We cannot tell how many callers are answered in time")
    assert any("--replications" in note for note in view.notes)


# The table ---------------------------------------------------------------------------------------


def test_the_table_has_the_three_definitions_by_name(steady: Simulation) -> None:
    shown = rows(steady)
    assert list(shown)[:3] == [
        "answered within 20 s, of those offered",
        "the same without short abandons",
        "answered within 20 s, of those answered",
    ]
    assert shown["9 in 10 wait no longer than"]
    assert "(" in shown["mean wait of all"]


def test_only_figures_that_the_model_can_have_are_shown(steady: Simulation) -> None:
    shown = rows(steady)
    for name in ("contacts per customer", "resolved, of those answered", "customers lost"):
        assert name not in shown
        assert name in rows(simulate(team(5, loop=LOOP), replications=3))
    assert not any("callback" in name for name in shown)


def test_counts_are_those_of_a_day(steady: Simulation) -> None:
    offered = steady.overall.offered
    assert isinstance(offered, Estimate)
    days = 2 - steady.warm_up.cut_s / 86_400
    shown = rows(steady)["contacts offered a day"]
    assert float(shown.split(" ")[0].replace(",", "")) == pytest.approx(
        offered.value / days, rel=0.01
    )


# Notes -------------------------------------------------------------------------------------------


def test_notes_say_what_was_run_and_what_was_left_out(steady: Simulation) -> None:
    notes = simulated.view(steady).notes
    assert notes[0].startswith("6 runs of 2 days, seed 1, fast engine.")
    assert notes[1] == steady.warm_up.says


def test_notes_say_whether_it_became_as_sharp_as_was_asked_for() -> None:
    for relative, said in ((0.2, "as sharp as was asked for"), (1e-6, "before this was as sharp")):
        precision = Precision(relative=relative, most_replications=14)
        found = simulate(team(), replications=3, precision=precision)
        assert any(said in note for note in simulated.view(found).notes)


def test_customers_who_come_back_after_the_end_are_owned_up_to() -> None:
    slow = replace(LOOP, recontact_after=LOOP.recontact_after.scaled(24))
    found = simulate(team(5, loop=slow, days=1), replications=3)
    assert any("Simulate more days" in note for note in simulated.view(found).notes)


# Two models --------------------------------------------------------------------------------------


def test_a_comparison_says_what_changes_and_by_how_much(both: Comparison) -> None:
    view = simulated.comparison_view(both, names=("now", "more"))
    assert view.answer[0].startswith("With more about ")
    assert "instead of" in view.answer[0]
    assert " in 100 more (" in view.answer[1]
    (table,) = view.tables
    assert table.columns == ("figure", "now", "more", "change")
    level = {row[0]: row[3] for row in table.rows}["answered within 20 s, of those offered"]
    assert level.startswith("+")
    assert level.endswith(" points")
    assert any("times as wide" in note for note in view.notes)


def test_no_difference_is_called_one() -> None:
    found = compare(team(4), team(4), replications=4)
    said = simulated.comparison_view(found, names=("now", "same")).answer
    assert said[0].startswith("same makes no difference that can be seen")


def test_what_only_a_long_run_tells_is_not_compared() -> None:
    found = compare(team(60), team(61), replications=3)
    view = simulated.comparison_view(found, names=("now", "more"))
    assert any("not known" in row for row in view.tables[0].rows)


# Pictures ----------------------------------------------------------------------------------------


def test_where_nothing_changes_the_waits_are_drawn(steady: Simulation) -> None:
    drawn = simulated.picture(steady, name="team")
    assert drawn.kind == "waited_longer"
    assert "callers wait longer than 20 s" in drawn.title
    assert drawn.title in drawn.alt
    shares = [row["longer"] for row in drawn.rows]
    assert shares == sorted(shares, key=lambda share: -float(str(share)))
    assert sum(bool(row["marked"]) for row in drawn.rows) == 1
    assert charts.draw(drawn)


def test_a_day_is_drawn_with_its_worst_half_hour(changing: Simulation) -> None:
    drawn = simulated.picture(changing, name="day")
    assert drawn.kind == "through_the_day"
    assert "service is at its lowest" in drawn.title
    marked = [row for row in drawn.rows if row["marked"]]
    assert len(marked) == 1
    at_s = float(str(marked[0]["from_s"]))
    assert f"From {int(at_s // 3600)}:{int(at_s % 3600 // 60):02d}" in drawn.title
    assert {row["from_s"] for row in drawn.rows} <= {1800.0 * i for i in range(16, 36)}
    assert len(charts.draw(drawn)) == 2


def test_two_models_are_two_lines_and_the_other_one_is_the_point(both: Comparison) -> None:
    drawn = simulated.comparison_picture(both, names=("now", "more"))
    assert {row["line"] for row in drawn.rows} == {"now", "more"}
    assert {row["line"] for row in drawn.rows if row["point"]} == {"more"}
    assert "with more" in drawn.title
    assert "with now" in drawn.title
    assert charts.draw(drawn)
    steady = compare(team(4), team(5), replications=4)
    assert "with more" in simulated.comparison_picture(steady, names=("now", "more")).title


def test_several_days_are_laid_over_each_other() -> None:
    drawn = simulated.picture(simulate(day(days=3), replications=3), name="days")
    assert max(float(str(row["from_s"])) for row in drawn.rows) < 86_400


def test_of_several_queues_the_busiest_on_the_line_is_drawn_or_the_one_named() -> None:
    found = simulate(skills(), replications=3, warm_up=0.0)
    drawn = simulated.picture(found, name="skills")
    assert "Queue first. " in drawn.subtitle
    named = simulated.picture(found, name="skills", queue="mail")
    assert "Queue mail. " in named.subtitle
    assert "wait longer than 1 h" in named.title
    with pytest.raises(QueueingError, match="no queue of that name"):
        simulated.picture(found, name="skills", queue="post")


def test_one_run_makes_no_chart() -> None:
    with pytest.raises(QueueingError, match="One run shows no doubt"):
        simulated.picture(simulate(day(), replications=1), name="day")


# For machines ------------------------------------------------------------------------------------


def test_machines_get_everything_with_its_doubt(steady: Simulation) -> None:
    said: dict[str, Any] = json.loads(
        json.dumps(simulated.as_json(steady, model="m.yaml"), allow_nan=False)
    )
    level = said["contacts"]["service_level.of_offered"]
    assert level["low"] < level["value"] < level["high"]
    assert said["queues"]["calls"]["contacts"] == said["contacts"]
    assert said["pools"]["agents"] == said["staff"]
    assert said["waits"]["0.9"]["unit"] == "s"
    assert said["fates"]["arrived"] > 0
    assert said["warm_up"]["how"] == "detected"
    series = said["by_interval"]
    assert len(series["from_s"]) == len(series["abandoned"]["value"])
    assert said["contacts"]["resolved"]["unknown"] is True


def test_machines_get_differences_with_their_doubt(both: Comparison) -> None:
    said: dict[str, Any] = json.loads(
        json.dumps(simulated.comparison_as_json(both, models=("a.yaml", "b.yaml")), allow_nan=False)
    )
    assert said["base"]["model"] == "a.yaml"
    change = said["changes"]["service_level.of_offered"]
    assert change["unit"] == "points"
    assert change["sharper"] > 1
    assert said["changes"]["on_duty"]["sharper"] is None


def test_an_interval_in_which_nobody_called_is_null(changing: Simulation) -> None:
    series = simulated.as_json(changing, model="m.yaml")["by_interval"]
    assert series["service_level.of_offered"]["value"][0] is None
    assert series["offered"]["value"][0] == 0
