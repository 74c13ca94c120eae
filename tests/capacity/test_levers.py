"""Levers: what people write is understood, and what could mean two things is not guessed."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from andon.capacity.lever_keys import LEVERS
from andon.capacity.levers import (
    AgentsChange,
    Amount,
    CallbackOffer,
    Deflection,
    Levers,
    Spike,
    read_levers,
)
from andon.errors import PlanError
from one_queue import queue


@pytest.mark.parametrize(
    ("lever", "text", "means"),
    [
        ("handle_time", "-25%", Amount(kind="times", amount=0.75)),
        ("handle_time", "- 25 %", Amount(kind="times", amount=0.75)),
        ("handle_time", "\u221225\u00a0%", Amount(kind="times", amount=0.75)),
        ("handle_time", "+30s", Amount(kind="plus", amount=30.0)),
        ("handle_time", "-1m30s", Amount(kind="plus", amount=-90.0)),
        ("handle_time", "240 s", Amount(kind="to", amount=240.0)),
        ("handle_time", "to 4m", Amount(kind="to", amount=240.0)),
        ("handle_time", "0.75x", Amount(kind="times", amount=0.75)),
        ("occupancy", "92%", 0.92),
        ("occupancy", "92 %", 0.92),
        ("occupancy", "0.92", 0.92),
        ("deflect", "20%@0.6", Deflection(share=0.2, settles=0.6)),
        ("deflect", "0.2 @ 60 %", Deflection(share=0.2, settles=0.6)),
        ("callback", "yes", CallbackOffer()),
        ("callback", "40%@2m", CallbackOffer(accepts=0.4, offer_over_s=120.0)),
        ("shrinkage", "-3pt", Amount(kind="plus", amount=-0.03)),
        ("shrinkage", "+2 points", Amount(kind="plus", amount=0.02)),
        ("shrinkage", "27%", Amount(kind="to", amount=0.27)),
        ("concurrency", "4", 4),
        ("spike", "1.6x2h", Spike(times=1.6, for_s=7200.0)),
        ("spike", "1.6\u00d7 2 h", Spike(times=1.6, for_s=7200.0)),
        ("spike", "+60% for 2h", Spike(times=1.6, for_s=7200.0)),
        ("volume", "+10%", Amount(kind="times", amount=1.1)),
        ("agents", "-10%", AgentsChange(amount=Amount(kind="times", amount=0.9))),
        ("agents", "+5", AgentsChange(amount=Amount(kind="plus", amount=5.0))),
        ("agents", "follow", AgentsChange(follow=True)),
    ],
)
def test_levers_are_read_as_people_write_them(lever: str, text: str, means: object) -> None:
    found = getattr(Levers.said(**{lever: text}), lever)
    if isinstance(means, Amount):
        assert found.kind == means.kind
        assert found.amount == pytest.approx(means.amount)
    elif isinstance(means, Spike):
        assert (found.times, found.for_s) == pytest.approx((means.times, means.for_s))
    else:
        assert found == means


@pytest.mark.parametrize(
    ("lever", "text"),
    [
        ("handle_time", "-25"),
        ("handle_time", "25%"),
        ("handle_time", "0.75"),
        ("handle_time", "-0.25"),
        ("handle_time", "240"),
        ("handle_time", "shorter"),
        ("handle_time", ""),
        ("occupancy", "92"),
        ("occupancy", "1.5"),
        ("deflect", "20@0.6"),
        ("shrinkage", "-3"),
        ("shrinkage", "-3%"),
        ("shrinkage", "-0.03"),
        ("shrinkage", "27"),
        ("volume", "10%"),
        ("volume", "1.1"),
        ("agents", "40"),
        ("agents", "+2.5"),
    ],
)
def test_what_could_mean_two_things_is_refused_with_a_way_to_write_it(
    lever: str, text: str
) -> None:
    with pytest.raises(PlanError) as caught:
        Levers.said(**{lever: text})
    if text not in {"240", "", "shorter"}:
        assert "mean" in caught.value.wrong
    assert lever in caught.value.found
    assert "Write" in caught.value.todo


@pytest.mark.parametrize(
    ("lever", "text", "says"),
    [
        ("handle_time", "-100%", "nothing"),
        ("handle_time", "0s", "nothing"),
        ("occupancy", "100%", "busy all of the time"),
        ("occupancy", "1", "busy all of the time"),
        ("occupancy", "0", "busy all of the time"),
        ("deflect", "20%", "truly settles"),
        ("deflect", "100%@1", "nothing to ask"),
        ("deflect", "120%@0.5", "between 0 and 100 %"),
        ("callback", "100%", "Not everybody"),
        ("callback", "40%@later", "no duration"),
        ("concurrency", "0", "whole number"),
        ("concurrency", "2.5", "whole number"),
        ("spike", "1.6", "for so long"),
        ("spike", "1.6x2", "for so long"),
        ("spike", "1.6x9 days", "for so long"),
        ("colour", "red", "no lever"),
    ],
)
def test_what_cannot_be_is_refused_in_words(lever: str, text: str, says: str) -> None:
    with pytest.raises(PlanError, match=says):
        Levers.said(**{lever: text})


@pytest.mark.parametrize(
    ("levers", "says"),
    [
        ({"handle_time": "-300s"}, "to nothing"),
        ({"handle_time": "-400s"}, "to nothing"),
        ({"handle_time": "-95%"}, "another thing altogether"),
        ({"handle_time": "2h"}, "another thing altogether"),
        ({"agents": "-12"}, "Nobody would be left"),
        ({"shrinkage": "-40pt"}, "below 0"),
        ({"concurrency": "3"}, "Only chats"),
    ],
)
def test_what_today_s_situation_does_not_allow_is_refused(
    levers: dict[str, str], says: str
) -> None:
    with pytest.raises(PlanError, match=says):
        Levers.said(**levers).set_on(queue())


def test_more_chats_than_speeds_are_refused() -> None:
    chats = queue(channel="chat", chats=2, speed=(1.0, 0.8, 0.6))
    assert Levers.said(concurrency="3").set_on(chats).chats == 3
    with pytest.raises(PlanError, match="how slow"):
        Levers.said(concurrency="4").set_on(chats)


def test_occupancy_and_agents_cannot_both_be_set() -> None:
    with pytest.raises(PlanError, match="same thing"):
        Levers.said(occupancy="90%", agents="-10%")


def test_nothing_changes_nothing() -> None:
    situation = queue()
    setting = Levers().set_on(situation)
    assert Levers().none
    assert setting.handle_s == situation.handle_s
    assert np.array_equal(setting.agents, situation.agents)
    assert setting.naive_work == setting.volume == setting.comes == 1.0
    assert not setting.paid_changes


def test_several_levers_work_together() -> None:
    setting = Levers.said(
        handle_time="-25%", deflect="20%@0.6", volume="+10%", shrinkage="-3pt", agents="follow"
    ).set_on(queue())
    assert setting.handle_s == 225
    assert setting.comes == pytest.approx(1.1 * (1 - 0.12))
    assert setting.naive_work == pytest.approx(1.1 * 0.8 * 0.75)
    on_duty = setting.agents.sum() / queue().agents.sum()
    assert on_duty == pytest.approx(setting.naive_work * 0.73 / 0.7)


def test_an_occupancy_is_reached_on_paper() -> None:
    situation = queue()
    setting = Levers.said(occupancy="92%").set_on(situation)
    duty_h = setting.agents.sum() / 2
    assert situation.work_h / duty_h == pytest.approx(0.92)


def test_a_chat_takes_the_time_that_its_speed_gives_it() -> None:
    chats = queue(channel="chat", chats=2, speed=(1.0, 0.8, 0.6))
    setting = Levers.said(concurrency="3").set_on(chats)
    assert setting.contact_s == pytest.approx(500)
    assert setting.work_s == pytest.approx(500 / 3)
    assert setting.naive_work == pytest.approx((2 * 0.8) / (3 * 0.6))


def test_every_lever_is_in_the_table_and_can_be_written_as_it_says() -> None:
    named = {key.name: key for key in LEVERS}
    assert set(named) - {"name"} == set(Levers.__slots__)
    for name, key in named.items():
        for text in re.findall("`([^`]+)`", key.holds):
            assert not Levers.said(**{name: text}).none


def test_levers_are_said_again_in_words() -> None:
    found = Levers.said(
        handle_time="-30s", occupancy="92%", spike="1.6x2h", shrinkage="27%", callback="yes"
    ).says
    for part in ("handle time 30 s shorter", "92 %", "1.6 times", "shrinkage 27 %", "callback"):
        assert part in found
    assert Levers().says == "nothing is changed"


def _file(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_scenario_file_says_the_same(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        "name: Faster\nhandle_time: -25%\noccupancy: 0.92\ndeflect: 20%@0.6\ncallback: yes\n"
        "concurrency: 1\nspike: 1.6x2h\n",
    )
    assert read_levers(path) == Levers.said(
        handle_time="-25%",
        occupancy="0.92",
        deflect="20%@0.6",
        callback="yes",
        concurrency="1",
        spike="1.6x2h",
    )


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        ("handle_time: -25\n", "more than one thing", "line 1"),
        ("name: x\nhandel_time: -25%\n", "not known", "line 2"),
        ("occupancy: 92\n", "92 %", "line 1"),
        ("occupancy: 90%\nagents: -5\n", "same thing", "line 1"),
        ("name: x\n", "changes nothing", "scenario.yaml"),
        ("", "changes nothing", "scenario.yaml"),
        ("handle_time: [1, 2]\n", "not a text", "line 1"),
    ],
)
def test_a_scenario_file_s_errors_have_their_place(
    tmp_path: Path, text: str, says: str, line: str
) -> None:
    with pytest.raises(PlanError) as caught:
        read_levers(_file(tmp_path, text))
    assert says in caught.value.wrong
    assert line in caught.value.found
