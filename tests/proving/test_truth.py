"""The price of a second in the truth is what an honest design finds, and a broken one misses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from andon.proving import _loop as k
from andon.proving.records import records_of
from andon.proving.scenario import Advisors
from andon.proving.truth import truth_of
from andon.proving.world import world_of
from andon.units import US
from made_up import model, scenario

OPERATIONS = 16


def by_pace_with_others(**said: Any) -> tuple[float, float, float, float]:
    """The slope by the pace that advisors show with others, its error, the truth, the naive one."""
    found, true, naive = [], [], []
    for seed in range(OPERATIONS):
        world = world_of(
            scenario(base=model(agents=14), days=28, seed=seed, resolves_per_minute=0.03, **said)
        )
        run = world.run()
        done = run[k.OUTCOME] == k.SERVED_
        handle_s = ((run[k.TALK] + run[k.HOLD] + run[k.WRAPUP]) / US)[done]
        settled, who = (run[column][done] for column in (k.SETTLED, k.ADVISOR))
        total = np.bincount(who, weights=handle_s)
        pace = (total[who] - handle_s) / (np.bincount(who)[who] - 1)
        pace -= pace.mean()
        found.append((pace * settled).sum() / (pace * handle_s).sum())
        naive.append(np.polyfit(handle_s, settled, 1)[0])
        truth = truth_of(world, run, run, records_of(world, run))
        true.append(truth["price_of_a_second"]["resolved_per_s"]["by_pace"])
    error = np.std(found, ddof=1) / np.sqrt(OPERATIONS)
    return float(np.mean(found)), float(error), float(np.mean(true)), float(np.mean(naive))


@pytest.mark.slow
def test_where_contacts_meet_advisors_at_random_their_pace_finds_the_truth() -> None:
    found, error, true, naive = by_pace_with_others(advisors=Advisors(pace_cv=0.25))
    assert abs(found - true) < 4 * error
    assert error < 0.05 * true
    assert naive < 0.7 * true


@pytest.mark.slow
@pytest.mark.parametrize(
    "broken",
    [
        Advisors(pace_cv=0.25, skill_sd=0.03, skill_with_pace=0.8),
        Advisors(pace_cv=0.25, steering=0.8),
    ],
    ids=["the slow are more skilled", "hard ones go to the slow"],
)
def test_where_the_design_is_broken_it_misses_the_truth(broken: Advisors) -> None:
    found, error, true, _ = by_pace_with_others(advisors=broken)
    assert abs(found - true) > 10 * error
