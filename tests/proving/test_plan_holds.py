"""The record of a plan in its small form.

Days of one month are alike, so 16 months of 28 days tell a share of 90 % to about 2.5 points: the
limits are those of the issue (3 points) and as much again for chance. The reference has the full
form, with 200 months of each setting.
"""

from __future__ import annotations

import pytest

from andon.errors import QuestionError
from andon.proving.plan_holds import SMALL, PlanSetting, plan_record


@pytest.mark.slow
@pytest.mark.parametrize("setting", SMALL, ids=lambda each: each.name)
def test_the_plan_keeps_its_promise_as_often_as_asked_and_the_mean_does_not(
    setting: PlanSetting,
) -> None:
    [found] = plan_record([setting], months=16)
    assert found.days == 448
    assert 0.85 <= found.kept / found.days <= 0.95
    assert 0.9 <= found.said <= 0.92
    assert found.kept_on_the_mean / found.days < 0.84
    assert found.agent_h > found.agent_h_on_the_mean


def test_the_same_seed_gives_the_same_record() -> None:
    setting = PlanSetting(name="small", per_half_hour=5, courses=30)
    one, other = (plan_record([setting], months=2, days=2) for _ in range(2))
    assert one == other


def test_there_must_be_something_to_simulate() -> None:
    with pytest.raises(QuestionError, match="something to simulate"):
        plan_record(months=0)
