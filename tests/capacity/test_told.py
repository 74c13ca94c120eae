"""The answer in words: short, whole, and no surer than the figures."""

from __future__ import annotations

import re

import numpy as np
import pytest

from andon.capacity.full_cost import Rates
from andon.capacity.levers import Levers
from andon.capacity.pace import assumed_pace
from andon.capacity.told import caveats
from andon.capacity.whatif import WhatIf, what_if
from one_queue import pace_of, queue

LEVERS = [
    {"handle_time": "-25%"},
    {"handle_time": "+30s"},
    {"handle_time": "-25%", "agents": "follow"},
    {"occupancy": "92%"},
    {"deflect": "20%@0.6"},
    {"callback": "yes"},
    {"shrinkage": "-3pt"},
    {"spike": "1.6x2h"},
    {"volume": "+10%"},
]


def _asked(slope: tuple[float, float, float] = (-0.12, -0.2, -0.05), /, **levers: str) -> WhatIf:
    situation = queue(rates=Rates(per_hour=32.0))
    return what_if(
        situation,
        Levers.said(**levers),
        pace_of(situation, *slope, curves=120),
        levels=5,
        simulate=False,
        weeks=4,
    )


@pytest.mark.parametrize("levers", LEVERS)
def test_each_answer_is_made_of_whole_sentences_without_jargon(levers: dict[str, str]) -> None:
    found = _asked(**levers)
    for each in found.sentences:
        assert each.text[0].isupper() or each.text[0].isdigit()
        assert each.text.endswith(".")
        assert not re.search(r"nan|inf\b|None|  ", each.text), each.text
        for word in ("AHT", "FCR", "recontact", "erlang", "median", "failed", "offender"):
            assert word not in each.text
    assert found.sentences[0].about == "promise"
    assert " on paper " in found.sentences[0].text
    assert found.says == " ".join(each.text for each in found.sentences if each.main)


def test_a_saving_that_may_be_none_says_how_often_it_is_none() -> None:
    found = _asked((-0.22, -0.35, -0.1), handle_time="-20%")
    assert 0.025 < found.work_rises.value < 0.975
    said = f"In {found.work_rises.value * 100:.0f} of 100 cases that fit what is known"
    assert said in found.says


def test_more_work_is_not_called_a_backfire_where_no_saving_was_promised() -> None:
    assert "backfires" not in _asked(shrinkage="-3pt").says
    assert "backfires" not in _asked(volume="+10%").says


def test_time_that_is_added_on_an_assumption_is_no_sure_saving_either() -> None:
    situation = queue()
    pace = assumed_pace(
        handle_s=300.0, today=situation.returns, curves=200, rng=np.random.default_rng(1)
    )
    found = what_if(
        situation,
        Levers.said(handle_time="+30s"),
        pace,
        levels=5,
        simulate=False,
        weeks=2,
    )
    assert "1 % more time is taken to bring 1 % fewer returns (0 to 3 %)" in found.says
    assert "time that is cut" not in found.says


def test_what_cannot_be_told_apart_from_break_even_is_said() -> None:
    text = next(
        each.text
        for each in _asked((-0.25, -0.45, -0.05), handle_time="-10%").sentences
        if each.about == "break_even"
    )
    assert "cannot be told apart" in text


def test_the_spike_says_when_waits_are_as_before() -> None:
    text = next(e.text for e in _asked(spike="1.6x2h").sentences if e.about == "spike")
    assert re.match(r"Waits are as before .* h after the spike began", text)


def test_caveats_name_what_is_taken_for_granted() -> None:
    situation = queue()
    for levers, word in (
        ({"handle_time": "-25%"}, "advisors of different pace"),
        ({"deflect": "20%@0.6"}, "easy matters first"),
        ({"callback": "yes"}, "Callbacks are taken"),
        ({"occupancy": "92%"}, "busier people"),
    ):
        asked = Levers.said(**levers)
        said = caveats(situation, asked, pace_of(situation), asked.set_on(situation))
        assert any(word in each for each in said), (levers, said)
