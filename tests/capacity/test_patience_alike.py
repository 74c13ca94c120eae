from __future__ import annotations

import numpy as np
import pytest

from andon.capacity.patience_alike import patience_alike
from andon.capacity.promise import Promise
from andon.errors import PlanError
from andon.queueing.erlang import erlang_a
from andon.queueing.general_patience import erlang_general
from andon.queueing.laws import Exponential, Fixed, Law, Lognormal, Weibull
from made_courses import made_courses

PROMISES = [
    Promise(service_level=0.8),
    Promise(abandoned=0.05),
    Promise(mean_wait_s=15.0),
    Promise(occupancy=0.9),
]


@pytest.mark.parametrize("promise", PROMISES, ids=str)
@pytest.mark.parametrize("mean_s", [40.0, 400.0])
def test_exponential_patience_is_like_itself(promise: Promise, mean_s: float) -> None:
    found = patience_alike(made_courses(per_h=150), promise, Exponential(mean_s=mean_s))
    assert found == pytest.approx(mean_s, rel=1e-6)


@pytest.mark.parametrize(
    "law",
    [Weibull.from_mean(mean_s=180, cv=1.5), Lognormal.from_mean(mean_s=180, cv=1.0)],
    ids=["many leave at once", "few leave at once"],
)
def test_on_days_that_are_not_like_the_mean_the_queues_go_alike_too(law: Law) -> None:
    courses = made_courses(per_h=150)
    patience_s = patience_alike(courses, Promise(service_level=0.8), law)
    for load in (8.0, 10.0, 12.0):
        agents = np.arange(8, 17)
        true = erlang_general(load_erlangs=load, handle_s=240, agents=agents, patience=law)
        alike, mean = (
            erlang_a(load_erlangs=load, handle_s=240, agents=agents, patience_s=each)
            for each in (patience_s, 180)
        )
        level, found, naive = (
            np.asarray(each.service_level.of_offered) for each in (true, alike, mean)
        )
        near = level > 0.6  # far below the promise nothing is planned
        assert found[near] == pytest.approx(level[near], abs=0.02)
        assert np.abs(found - level)[near].max() < np.abs(naive - level)[near].max()


def test_who_hardly_ever_hangs_up_is_as_patient_as_can_be_told() -> None:
    found = patience_alike(made_courses(per_h=150), Promise(service_level=0.8), Fixed(value_s=1e6))
    assert 3e4 <= found <= 1e5


def test_without_contacts_there_is_nothing_to_compare() -> None:
    with pytest.raises(PlanError, match="Nobody comes"):
        patience_alike(made_courses(per_h=0), Promise(service_level=0.8), Exponential(mean_s=60))
