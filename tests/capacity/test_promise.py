from __future__ import annotations

import pytest

from andon.capacity.promise import Promise
from andon.errors import PlanError


def test_something_must_be_promised() -> None:
    with pytest.raises(PlanError, match="Nothing is promised"):
        Promise()


@pytest.mark.parametrize(
    "wrong", [{"service_level": 80}, {"abandoned": 0.0}, {"occupancy": 1.0}, {"days": 1.0}]
)
def test_a_share_lies_between_nothing_and_all(wrong: dict[str, float]) -> None:
    with pytest.raises(PlanError, match="between 0 and 1"):
        Promise(**{"service_level": 0.8, **wrong})


@pytest.mark.parametrize("name", ["answer_within_s", "short_abandon_s", "mean_wait_s"])
def test_a_time_is_not_negative(name: str) -> None:
    with pytest.raises(PlanError, match=f"{name} must be 0 or more"):
        Promise(**{"service_level": 0.8, name: -1})
