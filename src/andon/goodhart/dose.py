"""Dose: whether a second is worth as much at a fast pace as at a slow one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.goodhart.absorbed import added, paces
from andon.goodhart.caseload import Caseload
from andon.goodhart.examiners import anderson_rubin
from andon.goodhart.region import Region

__all__ = ["Step", "dose"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

THIRDS: Final = ("fast", "middling", "slow")
FEWEST: Final = 5
"""Advisors that each half needs in each third."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What one second does between two paces.

    Attributes
    ----------
    from_x, to_x : float
        Mean x of the contacts of the faster and of the slower third, cells taken out.
    slope : float
        Units of y for a unit of x between them.
    region : Region
        Anderson and Rubin's, by advisor.
    contacts : int
    """

    from_x: float
    to_x: float
    slope: float
    region: Region
    contacts: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Part:
    """Sums of one half for one step, by row."""

    advisor: Ints
    y: Floats
    x: Floats
    top: float
    bottom: float
    away: tuple[float, float]
    n: tuple[float, float]


def dose(cases: Caseload, *, half: Bools, level: float = 0.95) -> tuple[Step, ...]:
    """What a second does between fast and middling advisors, and between middling and slow ones.

    Advisors are put into thirds of the contacts by their pace in one half of the data (say, odd
    days), and compared within cells in the other half, both ways round. So no contact helps to
    decide which third its advisor is in.

    Parameters
    ----------
    cases : Caseload
    half : array of bool
        Which half each row is in, shape (rows,): whole cells.
    level : float

    Returns
    -------
    tuple of Step
        From fast to slow; empty where a third would have fewer than five advisors.
    """
    parts: list[list[_Part]] = [[], []]
    for mine in (half, ~half):
        if not (mine.any() and (~mine).any()):
            return ()
        train, test = cases.those(~mine), cases.those(mine)
        if not (len(train.n) and len(test.n)):
            return ()
        third = _thirds(train, test)
        if any(len(np.unique(test.advisor[third == k])) < FEWEST for k in range(3)):
            return ()
        all_cells = np.maximum(added(test.cell, test.n, test.cells), 1)
        away = test.x - test.n * (added(test.cell, test.x, test.cells) / all_cells)[test.cell]
        for k in range(2):
            parts[k].append(_step(test, third, k, away))
    mean = float(cases.x.sum() / cases.n.sum())
    return tuple(_joined(each, mean, level) for each in parts)


def _thirds(train: Caseload, test: Caseload) -> Ints:
    """The third of each row of ``test``, by its advisor's pace in ``train``; -1 where unknown.

    Paces are compared within a part only, since no cell joins parts.
    """
    effect, part_of = paces(cell=train.cell, advisor=train.advisor, n=train.n, sums=train.x)
    work = added(train.advisor, train.n, train.advisors)
    third = np.empty(len(effect), dtype=np.int64)
    for part in range(int(part_of.max()) + 1):
        members = np.flatnonzero(part_of == part)
        order = members[np.argsort(effect[members], kind="stable")]
        upto = np.cumsum(work[order]) - work[order] / 2
        third[order] = np.minimum(3 * upto / work[order].sum(), 2).astype(np.int64)
    known = {name: int(third[i]) for i, name in enumerate(train.advisor_names.tolist())}
    of = np.array([known.get(name, -1) for name in test.advisor_names.tolist()], dtype=np.int64)
    return of[test.advisor]


def _step(test: Caseload, third: Ints, k: int, away: Floats) -> _Part:
    """The slower of two thirds as instrument, cells of the two absorbed.

    ``away`` is how far each row is from its cell's mean x, all thirds together.
    """
    mine = (third == k) | (third == k + 1)
    cell, n, x, y = test.cell[mine], test.n[mine], test.x[mine], test.y[mine]
    slower = (third[mine] == k + 1).astype(np.float64)
    n_cell = np.maximum(added(cell, n, test.cells), 1)

    def over_cells(sums: Floats) -> Floats:
        left: Floats = sums - n * (added(cell, sums, test.cells) / n_cell)[cell]
        return left

    z = over_cells(n * slower) / n
    rest_x, rest_y = over_cells(x), over_cells(y)
    pair = cell * test.advisors + test.advisor[mine]
    at = np.cumsum(np.diff(pair, prepend=-1) != 0) - 1  # rows are in order
    rest = 1 - added(at, n, int(at.max(initial=-1)) + 1)[at] / n_cell[cell]
    scale = np.where(rest > 0, 1 / np.sqrt(np.where(rest > 0, rest, 1.0)), 0.0)
    moving = z != 0
    return _Part(
        advisor=test.advisor_names[test.advisor[mine]][moving],
        y=(scale * z * rest_y)[moving],
        x=(scale * z * rest_x)[moving],
        top=float(z @ y),
        bottom=float(z @ x),
        away=(float(away[third == k].sum()), float(away[third == k + 1].sum())),
        n=(float(n[slower == 0].sum()), float(n[slower == 1].sum())),
    )


def _joined(parts: list[_Part], mean: float, level: float) -> Step:
    names, at = np.unique(np.concatenate([part.advisor for part in parts]), return_inverse=True)
    y = added(at, np.concatenate([part.y for part in parts]), len(names))
    x = added(at, np.concatenate([part.x for part in parts]), len(names))
    top, bottom = sum(part.top for part in parts), sum(part.bottom for part in parts)
    paces = list(_paces(parts, mean))
    return Step(
        from_x=paces[0],
        to_x=paces[1],
        slope=top / bottom,
        region=anderson_rubin(top, bottom, y, x, level=level),
        contacts=round(sum(sum(part.n) for part in parts)),
    )


def _paces(parts: list[_Part], mean: float) -> Iterator[float]:
    for side in range(2):
        yield mean + sum(part.away[side] for part in parts) / sum(part.n[side] for part in parts)
