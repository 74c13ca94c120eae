"""Who was asked: chance is not taken for choice, choice is found, and bounds hold the truth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.invitations import (
    Invitations,
    Passed,
    invitations,
    likely_scores,
    passed_over,
)

KINDS = 4
LIKELY = np.array([2.0, 3.0, 4.0, 4.6])


@dataclass(frozen=True)
class Told:
    """What was found, and what the mean would be if everybody answered."""

    found: Passed
    truth: float


def simulated(
    seed: int, *, strata: int = 40, per: int = 150, favour: float = 0.0, choose: float = 0.0
) -> Told:
    """Strata with mixes and rates of their own.

    ``favour`` raises the chance to be invited with the likely score; ``choose`` with the score
    itself, which nobody but the advisor can guess.
    """
    rng = np.random.default_rng(seed)
    stratum = np.repeat(np.arange(strata), per)
    mix = rng.dirichlet([4, 3, 6, 8], strata)
    kind = np.array([rng.choice(KINDS, p=mix[s]) for s in stratum])
    score = np.clip(np.round(LIKELY[kind] + rng.normal(0, 1, len(kind))), 1, 5)
    base = rng.uniform(0.2, 0.5, strata)[stratum]
    chance = base * (1 + favour * (LIKELY[kind] - 3.4)) * (1 + choose * (score - 3.4))
    invited = rng.random(len(kind)) < np.clip(chance, 0, 1)
    answered = invited & (rng.random(len(kind)) < 0.4)
    counts, squares = invitations(
        stratum=stratum, kind=kind, invited=invited, score=np.where(answered, score, np.nan)
    )
    return Told(passed_over(counts, squares=squares, scale=(1, 5)), float(score.mean()))


def test_where_nobody_chooses_it_is_said_in_one_of_twenty() -> None:
    values = np.array([simulated(seed, strata=12, per=60).found.p_value for seed in range(400)])
    assert 0.02 <= (values < 0.05).mean() <= 0.085
    assert 0.4 <= (values < 0.5).mean() <= 0.6


def test_where_somebody_chooses_it_is_found_and_the_weighted_score_is_right() -> None:
    told = [simulated(seed, favour=0.4) for seed in range(60)]
    assert all(each.found.p_value < 0.05 for each in told)
    held = 0
    for each in told:
        found = each.found
        assert isinstance(found.score, Estimate)
        assert isinstance(found.weighted, Estimate)
        assert isinstance(found.shift, Estimate)
        assert found.invited_high > found.invited_low
        assert found.score.value > each.truth
        assert found.shift.low > 0
        held += found.weighted.low <= each.truth <= found.weighted.high
    assert held >= 53


def test_whatever_was_chosen_by_the_truth_lies_between_the_bounds() -> None:
    for seed in range(20):
        told = simulated(seed, favour=0.3, choose=0.3)
        assert told.found.lowest <= told.truth <= told.found.highest


def test_a_small_choice_in_many_contacts_is_found_by_its_size() -> None:
    small = [simulated(seed, strata=100, per=200, favour=0.05).found for seed in range(20)]
    assert np.mean([each.p_value < 0.05 for each in small]) > 0.8
    shifts = [each.shift.value for each in small if isinstance(each.shift, Estimate)]
    assert 0 < np.mean(shifts) < 0.1


@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 3), st.integers(0, 2), st.booleans(), st.sampled_from([None, 1, 3, 5])
        ),
        min_size=1,
        max_size=80,
    )
)
def test_counts_are_those_of_the_contacts(rows: list[tuple[int, int, bool, int | None]]) -> None:
    stratum, kind, invited, _ = (np.array(each) for each in zip(*rows, strict=True))
    score = np.array([np.nan if s is None or not i else s for *_, i, s in rows], dtype=float)
    counts, squares = invitations(stratum=stratum, kind=kind, invited=invited, score=score)
    for j in range(len(counts.kind)):
        mine = [
            (i, s)
            for (a, b, i, _), s in zip(rows, score, strict=True)
            if (a, b) == (counts.stratum[j], counts.kind[j])
        ]
        assert counts.contacts[j] == len(mine) > 0
        assert counts.invited[j] == sum(i for i, _ in mine)
        assert counts.answered[j] == sum(not math.isnan(s) for _, s in mine)
        assert counts.score[j] == sum(s for _, s in mine if not math.isnan(s))
        assert squares[j] == sum(s * s for _, s in mine if not math.isnan(s))
    assert counts.contacts.sum() == len(rows)


def test_an_advisor_is_compared_with_their_own_contacts_only() -> None:
    """Hard matters and a high rate of invitations are no choice."""
    rng = np.random.default_rng(5)
    advisor = np.repeat([0, 1], 3000)
    kind = np.where(rng.random(6000) < np.where(advisor == 0, 0.2, 0.8), 3, 0)
    invited = rng.random(6000) < np.where(advisor == 0, 0.1, 0.7)
    score = np.where(invited & (rng.random(6000) < 0.5), LIKELY[kind], np.nan)
    counts, squares = invitations(stratum=advisor, kind=kind, invited=invited, score=score)
    for each in (0, 1):
        mine = np.flatnonzero(counts.stratum == each)
        found = passed_over(
            counts.those(mine),
            squares=squares[mine],
            scale=(1, 5),
            likely=likely_scores(counts)[mine],
        )
        assert found.contacts == 3000
        assert found.p_value > 0.01
    assert passed_over(counts, squares=squares, scale=(1, 5)).p_value > 0.01


def test_with_nothing_to_tell_contacts_apart_nothing_is_said() -> None:
    nobody = np.zeros(200, dtype=np.int64)
    asked = np.arange(200) % 2 == 0
    counts, squares = invitations(
        stratum=nobody, kind=nobody, invited=asked, score=np.where(asked, 4.0, np.nan)
    )
    found = passed_over(counts, squares=squares, scale=(1, 5))
    assert isinstance(found.shift, Unknown)
    assert math.isnan(found.p_value)
    assert isinstance(found.score, Estimate)
    assert found.score.value == 4
    everybody, squares = invitations(
        stratum=nobody, kind=nobody, invited=np.ones(200, bool), score=np.full(200, 4.0)
    )
    assert isinstance(passed_over(everybody, squares=squares, scale=(1, 5)).shift, Unknown)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"invited": np.array([9])}, "nobody is invited who had no contact"),
        ({"answered": np.array([4])}, "Nobody answers who was not invited"),
        ({"kind": np.array([0, 1])}, "columns of one table"),
    ],
)
def test_counts_that_cannot_be_are_refused(change: dict[str, Any], wrong: str) -> None:
    good = {
        "stratum": np.array([0]),
        "kind": np.array([0]),
        "contacts": np.array([8]),
        "invited": np.array([3]),
        "answered": np.array([2]),
        "score": np.array([7.0]),
    }
    with pytest.raises(QuestionError, match=wrong):
        Invitations(**{**good, **change})
    with pytest.raises(QuestionError, match="within their scale"):
        passed_over(Invitations(**good), squares=np.array([25.0]), scale=(5, 1))
    with pytest.raises(QuestionError, match="within their scale"):
        passed_over(Invitations(**good), squares=np.array([25.0]), scale=(1, 3))
