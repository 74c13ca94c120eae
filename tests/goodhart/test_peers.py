"""Peers: honest advisors differ, one who does not is found, and few are not judged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.goodhart.false_discovery import controlled
from andon.goodhart.peers import Floats, Matched, Standing, standing


def _matched(n: Floats, k: Floats) -> Matched:
    """All in one cell, as the sums are defined."""
    every, every_k = n.sum(), k.sum()
    share = every_k / every
    weight = n * (every - n) / every
    return Matched(
        weight=weight,
        own=k * (every - n) / every,
        others=(every_k - k) * n / every,
        variance=weight * share * (1 - share),
    )


def _team(rng: np.random.Generator, honest: Floats, extra: dict[int, float]) -> Matched:
    n = rng.integers(300, 6000, len(honest)).astype(np.float64)
    share = honest.copy()
    for advisor, more in extra.items():
        share[advisor] += more
    return _matched(n, rng.binomial(n.astype(int), share).astype(np.float64))


def _angles(rng: np.random.Generator, advisors: int, spread: float = 0.35) -> Floats:
    angle = np.arcsin(np.sqrt(0.02)) * (1 + spread * rng.standard_normal(advisors))
    return np.asarray(np.sin(np.clip(angle, 0, 1.5)) ** 2)


@pytest.mark.parametrize("advisors", [6, 15, 40, 120])
def test_honest_advisors_who_differ_seldom_stand_out(advisors: int) -> None:
    rng = np.random.default_rng(advisors)
    found = [
        controlled(standing(_team(rng, _angles(rng, advisors), {})).p).found.any()
        for _ in range(150)
    ]
    assert np.mean(found) <= 0.05


@pytest.mark.parametrize("advisors", [12, 40])
def test_honest_shares_that_differ_by_factors_need_long_tails(advisors: int) -> None:
    rng = np.random.default_rng(advisors)
    named = {"usual": 0.0, "long": 0.0}
    for _ in range(120):
        honest = np.clip(0.05 * np.exp(0.6 * rng.standard_normal(advisors)), 0, 0.9)
        team = _team(rng, np.asarray(honest), {})
        for tails in named:
            found = standing(team, least_times=1.5, tails="long" if tails == "long" else "usual")
            named[tails] += controlled(found.p).found.any() / 120
    assert named["long"] <= 0.05
    assert named["usual"] > named["long"]


def test_long_tails_are_the_more_careful_answer() -> None:
    rng = np.random.default_rng(9)
    team = _team(rng, _angles(rng, 30), {4: 0.2})
    usual, long = standing(team), standing(team, tails="long")
    assert (long.p >= usual.p).all()
    assert long.p[4] < 0.01
    assert long.p_chance.tolist() == usual.p_chance.tolist()


def test_advisors_who_are_all_alike_never_stand_out() -> None:
    rng = np.random.default_rng(2)
    teams = [standing(_team(rng, np.full(25, 0.02), {})) for _ in range(100)]
    assert min(float(np.nanmin(team.p)) for team in teams) > 0.05 / 25


def test_one_who_adds_a_fifth_is_found_and_seldom_anybody_else() -> None:
    rng = np.random.default_rng(3)
    found = [
        controlled(standing(_team(rng, _angles(rng, 30), {4: 0.2})).p).found for _ in range(50)
    ]
    assert np.mean([each[4] for each in found]) > 0.9
    assert np.mean([(each.sum() - each[4]) / max(1, each.sum()) for each in found]) <= 0.05


def test_a_few_cannot_hide_one_another() -> None:
    rng = np.random.default_rng(4)
    extra = dict.fromkeys((1, 2, 3, 4), 0.3)
    found = [controlled(standing(_team(rng, _angles(rng, 30), extra)).p).found for _ in range(50)]
    assert np.mean([each[1:5].mean() for each in found]) > 0.9


def _stand(shares: list[float], n: float = 2000.0) -> Standing:
    share = np.array(shares)
    return standing(_matched(np.full(len(share), n), share * n))


@given(more=st.floats(0.02, 0.5), seed=st.integers(0, 100))
@settings(max_examples=30)
def test_more_short_contacts_never_look_better(more: float, seed: int) -> None:
    rest = np.random.default_rng(seed).uniform(0.01, 0.03, 14).tolist()
    assert _stand([*rest, min(1.0, more * 1.5)]).p[-1] <= _stand([*rest, more]).p[-1] + 1e-9


def test_less_than_twice_the_others_never_stands_out_however_many_contacts() -> None:
    found = _stand([0.02] * 20 + [0.038], n=1e7)
    assert found.p[-1] == 1.0
    assert found.p_chance[-1] > 0.99


def test_few_contacts_leave_chance_open() -> None:
    n = np.array([3000.0] * 12 + [3.0])
    k = np.array([60.0] * 12 + [2.0])
    found = standing(_matched(n, k))
    assert found.share[-1] == pytest.approx(2 / 3)
    assert found.p[-1] > 0.0005
    assert standing(_matched(n, k), compared=n >= 100).peers == 12
    assert np.isnan(standing(_matched(n, k), compared=n >= 100).p[-1])


@pytest.mark.parametrize("advisors", [1, 4])
def test_too_few_advisors_are_not_judged(advisors: int) -> None:
    found = _stand([0.02, 0.4, 0.02, 0.02][:advisors])
    assert np.isnan(found.p).all()


def test_no_advisor_at_all_is_no_trouble() -> None:
    none = np.zeros(0)
    assert standing(Matched(weight=none, own=none, others=none, variance=none)).peers == 0


def test_who_had_nobody_beside_them_is_not_judged() -> None:
    matched = _matched(np.full(8, 500.0), np.array([10.0] * 7 + [400.0]))
    matched.weight[-1] = matched.own[-1] = 0.0
    found = standing(matched)
    assert np.isnan(found.share[-1])
    assert np.isnan(found.p[-1])
    assert found.peers == 7


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_all_short_or_none_short_is_no_reason_to_judge(share: float) -> None:
    assert np.nanmin(_stand([share] * 10).p) > 0.05


def test_sums_that_do_not_fit_are_refused() -> None:
    one, two = np.ones(1), np.ones(2)
    with pytest.raises(QuestionError, match="one weight"):
        standing(Matched(weight=one, own=two, others=two, variance=two))
    with pytest.raises(QuestionError, match="least_times"):
        standing(Matched(weight=two, own=two, others=two, variance=two), least_times=0.5)
