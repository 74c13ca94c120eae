"""The record of bunching in its small form: it fails when an interval or an alarm goes wrong.

At 150 runs the Monte Carlo error of a coverage of 95 % is 1.8 points (one standard error), at 60
runs 2.8. The reference has the full form, with a thousand runs of each setting.
"""

from __future__ import annotations

import pytest

from andon.errors import QuestionError
from andon.estimate import Estimate
from andon.proving.bunching import SMALL, BunchingRecord, BunchingSetting, bunching_record


def record(setting: BunchingSetting, runs: int = 150) -> BunchingRecord:
    [found] = bunching_record([setting], runs=runs)
    return found


def share(figure: object) -> float:
    assert isinstance(figure, Estimate)
    return figure.value


@pytest.mark.slow
@pytest.mark.parametrize("setting", SMALL, ids=str)
def test_intervals_hold_the_truth_and_alarms_are_seldom_false(setting: BunchingSetting) -> None:
    found = record(setting, runs=60 if setting.groups != "none" else 150)
    assert found.told >= 0.98 * found.runs
    assert 0.9 <= share(found.held) <= 0.995
    if setting.bent:
        assert share(found.alarms) >= 0.9
    else:
        assert share(found.alarms) <= 0.09


@pytest.mark.slow
def test_residuals_drawn_again_promise_too_much() -> None:
    """Why they are not the default: bins do not all scatter alike."""
    found = record(BunchingSetting(n=200_000, bent=0.2, doubt="residuals"))
    assert share(found.held) < 0.9


@pytest.mark.slow
def test_contacts_of_advisors_who_differ_are_not_independent() -> None:
    alone = BunchingSetting(n=20_000, bent=0.2, groups="advisors")
    assert share(record(alone, runs=60).held) < 0.85


@pytest.mark.slow
def test_whole_minutes_are_refused_and_not_called_gaming() -> None:
    assert record(BunchingSetting(n=20_000, rounded_s=60), runs=50).told == 0


def test_the_same_seed_gives_the_same_record() -> None:
    setting = BunchingSetting(n=2_000, bent=0.2)
    assert record(setting, runs=5) == record(setting, runs=5)


def test_no_runs_are_no_record() -> None:
    with pytest.raises(QuestionError, match="something to simulate"):
        bunching_record(runs=0)
