"""Slow, plain twins of ``andon.goodhart.bunching`` and what it rests on, from the definitions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy import optimize

Floats = npt.NDArray[np.float64]


def by_least_squares(
    counts: Sequence[float], columns: Sequence[Sequence[float]], outside: Sequence[bool]
) -> list[float]:
    """The polynomial through the outside bins, by normal equations of plain sums."""
    used = [i for i, free in enumerate(outside) if free]
    terms = range(len(columns[0]))
    matrix = [
        [math.fsum(columns[i][a] * columns[i][b] for i in used) for b in terms] for a in terms
    ]
    right = [math.fsum(columns[i][a] * counts[i] for i in used) for a in terms]
    weights = np.linalg.solve(np.array(matrix), np.array(right))
    return [float(np.dot(row, weights)) for row in columns]


def by_likelihood(
    counts: Sequence[float], columns: Sequence[Sequence[float]], outside: Sequence[bool]
) -> list[float]:
    """The log-polynomial under which the outside counts are likeliest, by a general optimiser."""
    used = [i for i, free in enumerate(outside) if free]
    x, y = np.array([columns[i] for i in used]), np.array([counts[i] for i in used])

    def loss(weights: Floats) -> float:
        return float((np.exp(x @ weights) - y * (x @ weights)).sum() / y.sum())

    def slope(weights: Floats) -> Floats:
        return np.asarray(x.T @ (np.exp(x @ weights) - y) / y.sum())

    start = np.linalg.lstsq(x, np.log(y + 0.5), rcond=None)[0]
    found = optimize.minimize(loss, start, jac=slope, method="BFGS", options={"gtol": 1e-10})
    return [float(np.exp(np.dot(row, found.x))) for row in columns]


def excess(
    counts: Sequence[float], expected: Sequence[float], pile: Sequence[bool]
) -> tuple[float, float]:
    """Contacts beyond the counterfactual, and in bins' worth of it."""
    inside = [i for i, mine in enumerate(pile) if mine]
    beyond = math.fsum(counts[i] - expected[i] for i in inside)
    return beyond, beyond / (math.fsum(expected[i] for i in inside) / len(inside))


def balanced(
    counts: Sequence[float],
    pile: Sequence[bool],
    fitted: Callable[[Sequence[float]], list[float]],
) -> float:
    """The excess at which the counterfactual, lifted above the pile, keeps the mass: bisection."""
    last = max(i for i, mine in enumerate(pile) if mine)
    above = math.fsum(counts[last + 1 :])

    def left_over(moved: float) -> float:
        lifted = [
            count * (1 + moved / above) if i > last else count for i, count in enumerate(counts)
        ]
        return excess(counts, fitted(lifted), pile)[0] - moved

    return float(optimize.brentq(left_over, -above / 2, above))


def left_out(
    groups: Sequence[Sequence[float]], share_moved: Callable[[Sequence[float]], float]
) -> float:
    """The jackknife's standard error: each group left out in turn."""
    found = []
    for out in range(len(groups)):
        rest = [
            sum(row[i] for g, row in enumerate(groups) if g != out) for i in range(len(groups[0]))
        ]
        found.append(share_moved(rest))
    middle = sum(found) / len(found)
    many = len(found)
    return math.sqrt((many - 1) / many * sum((each - middle) ** 2 for each in found))


def drawn_again(
    counts: Sequence[int],
    share_moved: Callable[[Sequence[float]], float],
    rng: np.random.Generator,
    *,
    times: int,
) -> float:
    """The standard error of contacts drawn again one by one, from those that were seen."""
    n = sum(counts)
    chances = np.array(counts) / n
    found = [share_moved(list(map(float, rng.multinomial(n, chances)))) for _ in range(times)]
    return float(np.std(found, ddof=1))


def groups_drawn_again(
    groups: Sequence[Sequence[float]],
    share_moved: Callable[[Sequence[float]], float],
    rng: np.random.Generator,
    *,
    times: int,
) -> float:
    """The standard error of whole groups drawn again, as many as there were."""
    rows = np.array(groups)
    found = [
        share_moved(rows[rng.integers(0, len(rows), len(rows))].sum(axis=0).tolist())
        for _ in range(times)
    ]
    return float(np.std(found, ddof=1))
