"""Slow, plain twin of ``andon.goodhart.examiners``: explicit projections, one row a contact."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NAMES = ("ujive", "ijive", "jive", "two_sls", "ols")


def dummies(of: Ints) -> Floats:
    """One column for each value."""
    return np.asarray(of[:, None] == np.unique(of)[None, :], dtype=np.float64)


def hat(design: Floats) -> Floats:
    """The projection on the columns of ``design``, by its singular vectors."""
    left, size, _ = np.linalg.svd(design, full_matrices=False)
    left = left[:, size > 1e-9 * size[0]]
    return np.asarray(left @ left.T)


def projections(cell: Ints, advisor: Ints, controls: Floats | None) -> tuple[Floats, Floats]:
    """On cells (and controls), and on cells, controls and advisors."""
    w = dummies(cell) if controls is None else np.hstack([dummies(cell), controls])
    return hat(w), hat(np.hstack([w, dummies(advisor)]))


def left_out(projection: Floats, x: Floats) -> Floats:
    """The prediction for each contact from a regression without it; x itself if there is none."""
    rest = 1 - np.diag(projection)
    alone = rest < 1e-8
    return np.where(alone, x, x - (x - projection @ x) / np.where(alone, 1.0, rest))


def instruments(w: Floats, q: Floats, x: Floats) -> dict[str, Floats]:
    """Each estimator's instrument, one value a contact."""
    alone = 1 - np.diag(q) < 1e-8
    z = q - w
    rest = np.where(alone, 1.0, 1 - np.diag(z))
    over_cells = x - w @ x
    return {
        "ujive": np.where(alone, 0.0, left_out(q, x) - left_out(w, x)),
        "ijive": np.where(alone, 0.0, (z @ x - np.diag(z) * over_cells) / rest),
        "jive": np.where(alone, 0.0, left_out(q, x)),
        "two_sls": z @ x,
        "ols": over_cells,
    }


def slope(w: Floats, instrument: Floats, x: Floats, y: Floats, *, raw: bool) -> float:
    """The instrument's ratio; with cells taken out of both unless ``raw``."""
    over_x, over_y = (x, y) if raw else (x - w @ x, y - w @ y)
    return float(instrument @ over_y / (instrument @ over_x))


def clustered(
    w: Floats,
    instrument: Floats,
    x: Floats,
    y: Floats,
    value: float,
    *,
    clusters: Ints,
    weights: Floats | None = None,
) -> float:
    """The sum over clusters of squared sums of instrument times residual."""
    residual = (y - w @ y) - value * (x - w @ x)
    score = instrument * residual * (1.0 if weights is None else weights)
    return float(sum(score[clusters == each].sum() ** 2 for each in np.unique(clusters)))


def first_stage_f(w: Floats, q: Floats, x: Floats) -> float:
    """The F of advisors' dummies."""
    rank_w, rank_q = round(float(np.trace(w))), round(float(np.trace(q)))
    within = float(x @ x - x @ q @ x)
    return float(x @ (q - w) @ x) / (rank_q - rank_w) / (within / (len(x) - rank_q))


def all_advisors_f(w: Floats, q: Floats, x: Floats, y: Floats, value: float) -> float:
    """Anderson and Rubin's F at one value."""
    return first_stage_f(w, q, y - value * x)


def customers_left_out(
    w: Floats, q: Floats, x: Floats, customer: Ints, advisor: Ints, cell: Ints
) -> Floats:
    """UJIVE's instrument with all contacts of one customer with one advisor left out together.

    In the regression on cells, where advisors play no part, the same contacts are left out.
    """
    found = np.zeros(len(x))
    for i in range(len(x)):
        block = np.flatnonzero((customer == customer[i]) & (advisor == advisor[i]))
        at = int(np.flatnonzero(block == i)[0])
        rest = [np.eye(len(block)) - each[np.ix_(block, block)] for each in (w, q)]
        if min(np.linalg.eigvalsh(each)[0] for each in rest) < 1e-8:
            continue
        over_w, over_q = (x - w @ x)[block], (x - q @ x)[block]
        found[i] = np.linalg.solve(rest[0], over_w)[at] - np.linalg.solve(rest[1], over_q)[at]
    return found
