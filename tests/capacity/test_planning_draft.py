"""A draft is a plan.yaml that is read back as what is taken anyway."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from andon.capacity.lines import lines_of
from andon.capacity.planning import GivenShrinkage, Planning
from andon.capacity.planning_draft import draft, opening_hours
from andon.capacity.planning_file import read_planning
from andon.capacity.promise import Promise
from andon.capacity.shrinkage import Shrinkage
from andon.errors import PlanError
from andon.marked import read_marked
from small_plans import PROMISE, past


def read(folder: Path, text: str) -> Planning:
    path = folder / "plan.yaml"
    path.write_text(text)
    return read_planning(read_marked(path, error=PlanError), promise=Promise(service_level=0.5))


def test_a_draft_is_read_back_as_what_is_taken_anyway(tmp_path: Path) -> None:
    pasts = [past("calls"), past("orders: new"), past("no"), past("yes")]
    seen = (("calls", "orders: new"),)
    made = read(tmp_path, draft(pasts, seen, promise=PROMISE))
    assert made.promise == PROMISE
    assert made.shrinkage is None
    assert made.queues == {}
    with_it, without = (
        lines_of(pasts, planning, seen) for planning in (made, Planning(promise=PROMISE))
    )
    assert [each.name for each in with_it[0]] == [each.name for each in without[0]]
    assert with_it[1] == without[1]


def test_what_staffing_tells_of_shrinkage_is_written(tmp_path: Path) -> None:
    told = replace(Shrinkage.given(0.314, sd=0.042), says="measured over 60 days of staffing")
    text = draft([past("calls")], (), promise=PROMISE, shrinkage=told)
    assert "measured over 60 days of staffing" in text
    assert read(tmp_path, text).shrinkage == GivenShrinkage(share=0.314, spread=0.042)


def test_work_that_can_wait_gets_the_deadline_that_is_usual(tmp_path: Path) -> None:
    text = draft([replace(past("mail"), channel="email")], (), promise=PROMISE)
    assert read(tmp_path, text).queues["mail"].deadline_s == 86_400
    chat = draft([replace(past("chat"), channel="chat")], (), promise=PROMISE)
    assert "# chats: 2" in chat


def test_opening_hours_are_those_of_the_last_weeks() -> None:
    assert opening_hours([past("calls")]) == "mon, tue, wed, thu, fri 08:00-16:00"
    nobody = past("calls", a_day=0.0)
    assert opening_hours([nobody]) == "not known"


def test_examples_in_a_draft_can_be_taken_out_of_their_comments(tmp_path: Path) -> None:
    lines = draft([past("calls")], (), promise=PROMISE).splitlines()
    shown = [
        each.removeprefix("# ")
        for each in lines
        if each[:2] != "# " or ": " in each[2:] or each.endswith(":")
    ]
    text = "\n".join(
        each for each in shown if not each[0:1].isupper() and not each.startswith("    # open")
    )
    made = read(tmp_path, text)
    assert {each.name for each in made.contracts} == {"full time", "part time"}
    assert [each.name for each in made.templates] == ["early", "late"]
    assert made.holidays is not None
    assert len(made.calendar.events) == 6
    assert made.shrinkage == GivenShrinkage(share=0.3, spread=0.04)
