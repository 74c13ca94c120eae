"""A verdict is as urgent as its most urgent reason, and never without one."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.estimate import Estimate, Unknown
from andon.verdict import Reason, Ruling, Verdict

NOTHING = Unknown(unit="share", why="nobody was asked", needs="surveys")


def reason(ruling: Ruling) -> Reason:
    return Reason(ruling=ruling, says=f"This says {ruling}.", estimate=NOTHING)


@given(st.lists(st.sampled_from(Ruling), min_size=1, max_size=6))
def test_the_most_urgent_reason_decides(rulings: list[Ruling]) -> None:
    verdict = Verdict(subject="refund bot", reasons=tuple(map(reason, rulings)))
    assert verdict.ruling.urgency == max(each.urgency for each in rulings)
    assert verdict.ruling in rulings


def test_go_is_calmer_than_watch_and_watch_than_stop() -> None:
    assert [each.urgency for each in (Ruling.GO, Ruling.WATCH, Ruling.STOP)] == [0, 1, 2]


def test_a_verdict_without_reasons_is_an_opinion() -> None:
    with pytest.raises(ValueError, match="'refund bot' needs at least one reason"):
        Verdict(subject="refund bot", reasons=())


def test_a_verdict_cannot_be_changed() -> None:
    verdict = Verdict(subject="refund bot", reasons=(reason(Ruling.GO),))
    with pytest.raises(dataclasses.FrozenInstanceError):
        verdict.subject = "another"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        verdict.reasons[0].ruling = Ruling.STOP  # type: ignore[misc]


def test_a_reason_rests_on_a_number_or_says_that_there_is_none() -> None:
    counted = Estimate.exact(3, unit="count", n=3)
    assert (
        Reason(ruling=Ruling.STOP, says="Three were cut off.", estimate=counted).estimate == counted
    )
    assert isinstance(reason(Ruling.WATCH).estimate, Unknown)


def test_a_ruling_is_its_word_for_machines() -> None:
    assert json.dumps([Ruling.GO, Ruling.WATCH, Ruling.STOP]) == '["go", "watch", "stop"]'
