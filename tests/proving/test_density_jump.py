"""The record of density jumps in its small form: it fails when an interval or alarm goes wrong.

At 300 runs the Monte Carlo error of a coverage of 95 % is 1.3 points (one standard error).
"""

from __future__ import annotations

import pytest

from andon.errors import QuestionError
from andon.estimate import Estimate
from andon.proving.density_jump import SMALL, JumpSetting, jump_record


@pytest.mark.slow
@pytest.mark.parametrize("setting", SMALL, ids=str)
def test_intervals_hold_the_truth_and_alarms_are_seldom_false(setting: JumpSetting) -> None:
    [found] = jump_record([setting], runs=300)
    assert found.told == found.runs
    assert isinstance(found.held, Estimate)
    assert isinstance(found.alarms, Estimate)
    assert 0.91 <= found.held.value <= 0.99
    if setting.gone:
        assert found.alarms.value >= 0.9
    else:
        assert found.alarms.value <= 0.085


def test_the_same_seed_gives_the_same_record() -> None:
    asked = [JumpSetting(n=2_000)]
    assert jump_record(asked, runs=5) == jump_record(asked, runs=5)


def test_no_runs_are_no_record() -> None:
    with pytest.raises(QuestionError, match="something to simulate"):
        jump_record(runs=0)
