"""Case mix: dealt by chance or not, with a false-alarm rate and an interval that hold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.errors import QuestionError
from andon.goodhart.case_mix import Dealt, even, hardness, lighter, unsent
from oracles.case_mix import shuffled_p

Floats = npt.NDArray[np.float64]


def dealt_of(
    cell: npt.NDArray[np.int64], advisor: npt.NDArray[np.int64], score: Floats, advisors: int
) -> Dealt:
    """The sums of contacts, one value each."""
    cells = int(cell.max()) + 1
    shape = cells, advisors
    n, s = np.zeros(shape), np.zeros(shape)
    np.add.at(n, (cell, advisor), 1.0)
    np.add.at(s, (cell, advisor), score)
    size = n.sum(axis=1, keepdims=True)
    squares = np.bincount(cell, score * score, cells)[:, None]
    total = s.sum(axis=1, keepdims=True)
    variance = (squares - total**2 / np.maximum(size, 1)) / np.maximum(size - 1, 1)
    part = n * (size - n) / np.maximum(size, 1)
    dealt = (part * variance).sum(axis=0)
    return Dealt(
        n=n.sum(axis=0),
        weight=part.sum(axis=0),
        away=(s - n * total / np.maximum(size, 1)).sum(axis=0),
        dealt=dealt,
        alone=(n * variance).sum(axis=0),
        variance=dealt,
    )


def team(
    seed: int, *, advisors: int = 12, cells: int = 200, a_cell: int = 15, lack: Floats | None = None
) -> Dealt:
    """Contacts dealt by chance, but for what some advisors lack of the hard ones."""
    rng = np.random.default_rng(seed)
    cell = np.repeat(np.arange(cells), a_cell)
    hard = rng.random(len(cell)) < rng.uniform(0.1, 0.6, cells)[cell]  # hours differ
    less = np.zeros(advisors) if lack is None else lack
    weight = np.where(hard[:, None], 1 - less, 1.0)
    on = rng.random((cells, advisors)) < 0.6
    on[~on.any(axis=1)] = True
    advisor = np.argmax(rng.random((len(cell), advisors)) ** (1 / weight) * on[cell], axis=1)
    return dealt_of(cell, advisor, np.where(hard, 100.0, -50.0), advisors)


@pytest.mark.slow
def test_contacts_that_chance_deals_are_called_uneven_one_time_in_twenty() -> None:
    p = np.array([even(team(seed)).p for seed in range(600)])
    # 5 % of 600 are 30, give or take 5; the tail of chi-squared is no shorter than the form's.
    assert 12 <= np.count_nonzero(p <= 0.05) <= 46
    assert 0.4 < np.median(p) < 0.6


def test_the_chance_is_that_of_shuffling_within_cells() -> None:
    rng = np.random.default_rng(3)
    cell = np.repeat(np.arange(12), 6)
    for _ in range(4):
        advisor = rng.integers(0, 4, len(cell))
        score = rng.integers(0, 2, len(cell)).astype(np.float64)
        plain = shuffled_p(cell.tolist(), advisor.tolist(), score.tolist(), seed=1, times=300)
        assert even(dealt_of(cell, advisor, score, 4)).p == pytest.approx(plain, abs=0.1)


@pytest.mark.slow
def test_the_spread_of_true_means_lies_in_its_interval() -> None:
    held, found = 0, []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        cell = np.repeat(np.arange(300), 12)
        advisor = rng.integers(0, 10, len(cell))
        true = rng.standard_normal(10) * 8
        score = true[advisor] + rng.standard_normal(len(cell)) * 60
        told = even(dealt_of(cell, advisor, score, 10))
        spread = float(np.sqrt(((true - true.mean()) ** 2).mean()))
        # In a cell an advisor is set against all, the advisor among them.
        held += told.spread_low <= spread * 1.02 and spread * 0.98 <= told.spread_high
        found.append(told.spread / spread)
    assert held >= 0.9 * 150
    assert np.mean(found) == pytest.approx(1, abs=0.06)


@pytest.mark.slow
def test_nobody_stands_out_where_chance_deals() -> None:
    named = [bool((lighter(team(seed)).p <= 0.05 / 12).any()) for seed in range(200)]
    assert np.mean(named) <= 0.06


def test_who_gets_half_of_the_hard_ones_stands_out_and_nobody_else() -> None:
    lack = np.zeros(12)
    lack[[2, 7]] = 0.6
    found = lighter(team(1, lack=lack))
    assert np.flatnonzero(found.p <= 0.05 / 12).tolist() == [2, 7]
    assert (found.difference[[2, 7]] < 0).all()
    assert found.peers == 12


def test_where_half_of_a_team_is_spared_nobody_stands_out_and_the_work_is_uneven() -> None:
    lack = np.where(np.arange(12) < 6, 0.5, 0.0)
    dealt = team(1, lack=lack)
    assert even(dealt).p < 1e-6
    assert not (lighter(dealt).p <= 0.05 / 12).any()


def test_few_contacts_and_few_peers_are_not_compared() -> None:
    few = team(1, cells=20)
    assert np.isnan(lighter(few, least_contacts=100).p).all()
    assert np.isnan(lighter(team(1, advisors=4)).p).all()
    assert np.isnan(even(team(1, advisors=1)).p)


def test_wider_doubt_makes_less_of_a_difference() -> None:
    lack = np.zeros(12)
    lack[3] = 0.5
    plain = team(2, lack=lack)
    doubtful = Dealt(
        n=plain.n,
        weight=plain.weight,
        away=plain.away,
        dealt=plain.dealt,
        alone=plain.alone,
        variance=plain.dealt * 9,
    )
    assert even(plain).p < 0.05 < even(doubtful).p
    assert lighter(plain).p[3] < lighter(doubtful).p[3]


def test_hardness_is_what_a_reason_takes_whoever_takes_it() -> None:
    rng = np.random.default_rng(1)
    pace, own = np.exp(rng.standard_normal(8) * 0.4), np.array([100.0, 200.0, 400.0])
    kind, advisor = (each.ravel() for each in np.meshgrid(np.arange(3), np.arange(8)))
    n = rng.integers(50, 900, len(kind)).astype(np.float64)
    n[(kind == 2) & (pace[advisor] < 1)] = 2  # the fast hardly get the long ones
    found = hardness([0, 0, 0], kind, advisor, n, n * own[kind] * pace[advisor])
    away = found - found[0]
    assert away[2] / away[1] == pytest.approx((400 - 100) / (200 - 100), rel=0.05)
    assert np.isnan(hardness([0, 0], [0, 1], [0, 0], [0, 0], [0, 0])).all()


def test_a_reason_in_a_group_of_its_own_is_neither_hard_nor_easy() -> None:
    assert hardness([0, 1], [0, 1], [0, 0], [500, 500], [50_000, 500_000]).tolist() == [0, 0]


@given(st.lists(st.lists(st.integers(0, 3), min_size=6, max_size=6), min_size=1, max_size=5))
def test_a_period_with_contacts_is_unsent_only_where_hardly_any_came(rows: list[list[int]]) -> None:
    seen = np.array(rows, dtype=np.float64)
    found = unsent(seen, np.full(seen.shape, 4.0))
    assert not found[seen > 0].any()  # 24 are too few to say that a few are as good as none
    for mine, marks in zip(seen, found, strict=True):
        runs = "".join("x" if each else "." for each in mine == 0).split(".")
        assert marks.sum() == sum(len(run) for run in runs if len(run) >= 3)


def test_one_in_a_hundred_is_as_good_as_none() -> None:
    seen = np.array([[0, 1, 0, 0], [9, 12, 11, 8]], dtype=np.float64)
    found = unsent(seen, np.full((2, 4), 20.0))
    assert found.tolist() == [[True] * 4, [False] * 4]


def test_sums_of_different_lengths_are_refused() -> None:
    one, two = np.ones(1), np.ones(2)
    wrong = Dealt(n=one, weight=two, away=one, dealt=one, alone=one, variance=one)
    with pytest.raises(QuestionError, match="one number of each kind"):
        even(wrong)
    with pytest.raises(QuestionError, match="one number of each kind"):
        lighter(wrong)


def test_a_kind_that_is_alone_in_its_group_is_neither_hard_nor_easy() -> None:
    rng = np.random.default_rng(8)
    kinds, people = 20, 50
    kind, advisor = (each.ravel() for each in np.indices((kinds, people)))
    n = rng.integers(1, 90, kinds * people)
    handle_s = n * rng.uniform(100, 400, kinds * people)
    for order in (np.arange(len(n)), rng.permutation(len(n))):
        rows = (each[order] for each in (kind, advisor, n, handle_s))
        assert not hardness(np.arange(kinds), *rows).any()
