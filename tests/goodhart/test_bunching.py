"""Bunching: piles are found, rounding is not gaming, and what cannot be told is said to be."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.bunching import Beyond, Side, bunching
from andon.goodhart.excess_mass import Bunching, excess_mass

Floats = npt.NDArray[np.float64]
SIDES: tuple[Side, ...] = ("above", "below")


def told(found: Bunching | Unknown) -> Bunching:
    assert isinstance(found, Bunching), found
    return found


def lognormal(seed: int, n: int = 20_000) -> Floats:
    return np.random.default_rng(seed).lognormal(5.4, 0.7, n)


def bent(values: Floats, share: float, seed: int = 0) -> tuple[Floats, int]:
    """Some of those up to a minute over 300 s end in the ten seconds before it."""
    rng = np.random.default_rng([seed, 1])
    moves = (values > 300) & (values <= 360) & (rng.random(values.size) < share)
    out = values.copy()
    out[moves] = rng.uniform(290, 300, moves.sum())
    return out, int(moves.sum())


# ---------------------------------------------------------------- laws


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), many=st.integers(1, 200))
def test_contacts_added_to_the_pile_are_the_excess_added(seed: int, many: int) -> None:
    values = lognormal(seed, 5_000)
    plain = told(bunching(values, threshold=300))
    piled = told(bunching([*values, *np.linspace(286, 299.5, many)], threshold=300))
    assert piled.excess.value - plain.excess.value == pytest.approx(many, abs=1e-6)
    assert piled.p <= plain.p


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_the_contacts_does_not_matter(seed: int) -> None:
    values = lognormal(seed, 2_000)
    shuffled = np.random.default_rng(seed).permutation(values)
    one, other = (bunching(each, threshold=300) for each in (values, shuffled))
    assert one == other or told(one).excess == told(other).excess


def test_groups_of_the_same_contacts_have_the_same_excess() -> None:
    at, counts = np.unique(np.ceil(lognormal(1)), return_counts=True)
    rng = np.random.default_rng(1)
    groups = rng.multinomial(1, np.full(20, 0.05), int(counts.sum())).T
    rows = np.array([np.add.reduceat(row, np.r_[0, counts.cumsum()[:-1]]) for row in groups])
    one, other = bunching(at, counts, threshold=300), bunching(at, rows, threshold=300)
    assert told(one).excess.value == pytest.approx(told(other).excess.value)
    assert "20 groups" in told(other).method


def test_the_excess_and_what_is_missing_are_about_the_same() -> None:
    values, moved = bent(lognormal(2, 200_000), 0.3)
    found = told(bunching(values, threshold=300))
    assert isinstance(found.missing, Estimate)
    assert found.excess.low < moved < found.excess.high
    assert found.missing.low < moved < found.missing.high
    assert found.p < 1e-9


def test_a_pile_above_a_limit_is_found_on_its_side_only() -> None:
    values = lognormal(3)
    late = np.concatenate((values, np.random.default_rng(3).uniform(300, 310, 300)))
    above, below = (bunching(late, threshold=300, side=side) for side in SIDES)
    assert told(above).p < 1e-6
    assert told(above).excess.low < 300 < told(above).excess.high
    assert told(below).p > 0.01


def test_two_targets_at_once_are_told_apart() -> None:
    values = lognormal(4, 100_000)
    values = np.concatenate((values, np.random.default_rng(4).uniform(410, 420, 3_000)))
    alone = told(bunching(values, threshold=300))
    both = told(bunching(values, threshold=300, others=[420]))
    assert both.excess.low < 0 < both.excess.high
    assert abs(both.excess.value) < abs(alone.excess.value)
    assert both.bins.apart.any()


# ---------------------------------------------------------------- rounding is not gaming


def test_rounding_to_five_seconds_is_no_pile() -> None:
    values = np.rint(lognormal(5) / 5) * 5
    found = told(bunching(values, threshold=300))
    assert found.p > 0.01
    assert found.rounding is not None
    assert found.rounding.step == 5


def test_a_pile_is_found_through_rounding_to_five_seconds() -> None:
    values, moved = bent(lognormal(6), 0.5)
    found = told(bunching(np.rint(values / 5) * 5, threshold=300))
    assert found.p < 1e-6
    assert found.excess.low < moved


def test_minutes_hide_a_target_of_five_of_them() -> None:
    found = bunching(np.ceil(lognormal(7) / 60) * 60, threshold=300)
    assert isinstance(found, Unknown)
    assert "rounded to 1 min" in found.why


@pytest.mark.parametrize("seed", range(5))
def test_people_who_round_to_minutes_are_no_pile_at_a_minute(seed: int) -> None:
    values = lognormal(seed, 50_000)
    by_hand = np.random.default_rng([seed, 2]).random(values.size) < 0.2
    values[by_hand] = np.rint(values[by_hand] / 60) * 60
    naive = excess_mass(
        np.histogram(values, np.arange(150, 601, 5))[0],
        starts=np.arange(150, 600, 5),
        pile=(300, 305),
    )
    assert told(naive).p < 0.01
    found = bunching(values.round(), threshold=300)
    assert told(found).p > 0.01


def test_people_who_round_to_five_minutes_cannot_be_told_from_a_target_of_five() -> None:
    values = lognormal(8, 5_000)
    values[:1500] = np.rint(values[:1500] / 60) * 60
    values = values[(values < 700) & (values > 0)].round()
    found = bunching(values, threshold=300)
    assert isinstance(found, Unknown)
    assert "cannot be told" in found.why


def test_cases_of_three_days_and_waits_of_twenty_seconds_are_alike() -> None:
    rng = np.random.default_rng(10)
    days = rng.lognormal(12.3, 0.6, 20_000)
    late = (days > 259_200) & (days < 300_000) & (rng.random(days.size) < 0.5)
    closed = np.where(late, rng.uniform(250_000, 259_200, days.size), days)
    waits = np.ceil(rng.exponential(30, 20_000))
    for values, threshold, piled in (
        (days, 259_200, False),
        (np.rint(closed / 60) * 60, 259_200, True),
        (waits, 20, False),
        (np.concatenate((waits, np.full(300, 20.0))), 20, True),
    ):
        found = told(bunching(values, threshold=threshold))
        assert (found.p < 0.01) == piled, threshold


# ---------------------------------------------------------------- what cannot be told, or asked


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([300.0, 301.0, 299.0], "only 3 contacts were seen"),
        ([300.0], "only 1 contact was seen"),
        (np.full(1_000, 300.0), "all values are 5 min"),
        (np.random.default_rng(1).uniform(10, 200, 1_000), "of 5 min lies outside the data"),
        (np.random.default_rng(1).uniform(400, 900, 1_000), "outside the data"),
        (np.random.default_rng(1).lognormal(5.4, 0.7, 60), "contacts"),
        (np.repeat([299.0, 300.0, 301.0], 500), "bins"),
    ],
)
def test_what_cannot_be_told_is_unknown(values: Any, why: str) -> None:
    found = bunching(values, threshold=300)
    assert isinstance(found, Unknown)
    assert why in found.why


def test_one_advisor_alone_is_no_group_of_advisors() -> None:
    at, counts = np.unique(np.ceil(lognormal(9)), return_counts=True)
    found = bunching(at, counts[None, :], threshold=300)
    assert isinstance(found, Unknown)
    assert "one group" in found.why


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"threshold": 0.0}, "above 0"),
        ({"threshold": math.nan}, "above 0"),
        ({"side": "left"}, "below the threshold or above"),
        ({"level": 0.0}, "level"),
        ({"degree": 11}, "degree"),
        ({"pile": 200.0}, "pile"),
        ({"gap": -1.0}, "gap"),
        ({"others": [math.inf]}, "finite"),
    ],
)
def test_a_question_put_wrongly_is_refused(options: dict[str, Any], why: str) -> None:
    with pytest.raises(QuestionError, match=why):
        bunching(lognormal(1, 100), **{"threshold": 300.0, **options})


# ---------------------------------------------------------------- a real call centre


def test_a_real_call_centre_without_such_targets_shows_no_piles() -> None:
    """The Anonymous Bank's service times: wherever one looks, as rarely as chance says."""
    path = Path(__file__).parents[2] / "examples/anonymous-bank/calls_1999_01_to_07_and_09.parquet"
    calls = pq.read_table(path, columns=["outcome", "ser_time"])
    served = np.asarray(calls["outcome"]) == "AGENT"
    times = np.asarray(calls["ser_time"])[served]
    values, counts = np.unique(times[times > 0], return_counts=True)
    looked = (20, 30, 45, 60, 75, 90, 100, 120, 150, 170, 200, 225, 240, 270, 300, 360, 420, 600)
    found = [told(bunching(values, counts, threshold=at)) for at in looked]
    assert sum(each.p < 0.05 for each in found) <= 3
    assert min(each.p for each in found) > 0.001
    assert sum(each.moved.low <= 0 <= each.moved.high for each in found) >= len(looked) - 3


def _stepped(
    seed: int, *, pile: float, n: int = 40_000
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """A law that breaks off by a third at 300, with or without a pile before it."""
    at = np.arange(1.0, 1201.0)
    law = at**3 * np.exp(-at / 70) * np.where(at > 300, 0.67, 1.0)
    law /= law.sum()
    law[285:300] *= 1 + pile
    return at, np.random.default_rng(seed).poisson(n * law).astype(float)


@pytest.mark.parametrize("beyond", ["broken", "unseen"])
def test_a_step_at_the_threshold_is_no_pile_where_it_may_break(beyond: Beyond) -> None:
    chances = [bunching(*_stepped(seed, pile=0.0), threshold=300, beyond=beyond) for seed in (1, 2)]
    assert all(isinstance(each, Bunching) and each.p > 0.01 for each in chances)
    piled = bunching(*_stepped(1, pile=0.5), threshold=300, beyond=beyond)
    assert isinstance(piled, Bunching)
    assert piled.p < 1e-6


def test_the_same_curve_takes_a_step_for_a_pile() -> None:
    found = bunching(*_stepped(1, pile=0.0, n=2_000_000), threshold=300)
    assert isinstance(found, Bunching)
    assert found.p < 0.01


def test_counts_are_taken_per_chance() -> None:
    at, counts = _stepped(1, pile=0.0)
    seldom = np.where((at // 50) % 2 == 0, 1.0, 0.2)
    found = bunching(
        at,
        np.round(counts * seldom),
        threshold=300,
        beyond="broken",
        chances=lambda middles: np.where(((middles - 0.5) // 50) % 2 == 0, 1.0, 0.2),
    )
    assert isinstance(found, Bunching)
    assert found.p > 0.01


def test_where_there_was_no_chance_nothing_is_said() -> None:
    at, counts = _stepped(1, pile=0.0)
    found = bunching(
        at, counts, threshold=300, chances=lambda middles: np.where(middles > 290, 0.0, 1.0)
    )
    assert isinstance(found, Unknown)
    assert "chances" in found.why


def test_beyond_the_threshold_there_are_three_ways() -> None:
    with pytest.raises(QuestionError, match="same, broken or unseen"):
        bunching([1.0, 2.0], threshold=300, beyond="gone")  # type: ignore[arg-type]
