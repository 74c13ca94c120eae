"""Ratchets: found where both signs are there, and not where there is none or only one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.level_shifts import Floats
from andon.goodhart.ratchets import Ratchet, ratchet


def years(
    rng: np.random.Generator,
    *,
    queues: int = 12,
    periods: int = 24,
    follows: float = 0.0,
    stops: float = 0.0,
    memory: float = 0.3,
    wanders: float = 0.5,
) -> tuple[Floats, Floats, Floats]:
    """Queues with results of their own, near targets that follow them, wander, or both.

    ``stops`` is the share of results that would have lain beyond the target and stop at it.
    """
    names = np.repeat(np.arange(queues), periods).astype(np.float64)
    results, targets = np.empty((2, queues, periods))
    for queue in range(queues):
        usual = rng.normal(80, 3)
        target, last = usual + rng.normal(0, 1), 0.0
        for period in range(periods):
            last = memory * last + rng.normal(0, np.sqrt(1 - memory**2))
            result = usual + 2 * last
            if result > target and rng.random() < stops:
                result = target + abs(rng.normal(0, 0.2))
            results[queue, period], targets[queue, period] = result, target
            target += follows * (result - target) + rng.normal(0, wanders)
            target += 0.2 * (usual - target) * (1 - follows)
    return names, results.ravel(), targets.ravel()


def test_results_that_stop_at_a_target_that_follows_them_are_found() -> None:
    rng = np.random.default_rng(31)
    found = [ratchet(*years(rng, follows=0.5, stops=0.7)) for _ in range(30)]
    assert np.mean([each.found for each in found]) > 0.9
    held = [_known(each.follows) for each in found]
    # Half of the gap, of which a tenth is drawn back to what is usual.
    assert np.mean([each.low <= 0.45 <= each.high for each in held]) >= 0.85
    assert "asks for no more than enough" in found[0].says


def _known(figure: Estimate | Unknown) -> Estimate:
    assert isinstance(figure, Estimate), figure
    return figure


@pytest.mark.parametrize(
    ("follows", "stops"), [(0.0, 0.0), (0.6, 0.0), (0.0, 0.6)], ids=["none", "follows", "stops"]
)
@pytest.mark.parametrize("memory", [0.0, 0.5])
def test_one_sign_alone_or_none_is_seldom_enough(
    follows: float, stops: float, memory: float
) -> None:
    rng = np.random.default_rng(32)
    found = [ratchet(*years(rng, follows=follows, stops=stops, memory=memory)) for _ in range(150)]
    assert np.mean([each.found for each in found]) <= 0.08  # 2.5 % each way, in truth


@pytest.mark.parametrize("easier", [0.5, 1.0, 2.0, 4.0, 20.0, -2.0])
def test_targets_that_follow_results_from_afar_are_not_stopped_at(easier: float) -> None:
    """Most results lie on one side of such targets, and do not care."""
    rng = np.random.default_rng(36)
    found = []
    for _ in range(200):
        results = 80 + rng.normal(0, 2, (12, 24))
        targets = np.full_like(results, 80 - easier)
        targets[:, 1:] = results[:, :-1] - easier
        found.append(ratchet(np.repeat(np.arange(12), 24), results.ravel(), targets.ravel()))
    assert np.mean([each.found for each in found]) <= 0.06  # 2.5 % in truth
    if easier > 10:
        assert all(isinstance(each.excess, Unknown) for each in found)


def test_a_fixed_target_is_followed_by_none() -> None:
    names, results, _ = years(np.random.default_rng(33))
    found = ratchet(names, results, np.full(len(results), 80.0))
    assert isinstance(found.follows, Unknown)
    assert not found.found
    assert found.says.startswith("We cannot tell")


def test_few_queues_are_cut_into_stretches_and_too_few_are_unknown() -> None:
    rng = np.random.default_rng(34)
    one = ratchet(*years(rng, queues=1, periods=96, follows=0.5, stops=0.8))
    assert isinstance(one.excess, Estimate)
    short = ratchet(*years(rng, queues=2, periods=9))
    assert isinstance(short.excess, Unknown)
    assert not short.found


@given(seed=st.integers(0, 10**6), scale=st.floats(0.01, 100), flip=st.booleans())
def test_the_unit_and_which_way_is_better_do_not_matter(
    seed: int, scale: float, *, flip: bool
) -> None:
    names, results, targets = years(np.random.default_rng(seed), follows=0.4, stops=0.5)
    one = ratchet(names, results, targets, band=1.0)
    sign = -1.0 if flip else 1.0
    two = ratchet(
        names,
        sign * scale * results,
        sign * scale * targets,
        better="lower" if flip else "higher",
        band=scale * (1 + 1e-9),
    )
    assert _known(two.follows).value == pytest.approx(_known(one.follows).value, abs=1e-6)
    assert two.results == one.results


def test_missing_results_are_left_out_and_bad_questions_refused() -> None:
    names, results, targets = years(np.random.default_rng(35))
    results[::7] = np.nan
    assert ratchet(names, results, targets).results == int(np.isfinite(results).sum())

    def refused(match: str, *args: Any, **options: Any) -> None:
        with pytest.raises(QuestionError, match=match) as told:
            ratchet(*args, **options)
        assert told.value.found
        assert told.value.todo

    refused("needs results", names, results[:-1], targets)
    refused("needs results", [], [], [])
    refused("needs results", names, results, np.full(len(targets), np.nan))
    refused("not one of those", names, results, targets, better="faster")
    refused("not one of those", names, results, targets, band=0.0)


def test_no_advisor_appears() -> None:
    assert not any("advisor" in name for name in Ratchet.__dataclass_fields__)
