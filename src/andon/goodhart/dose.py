"""Dose: whether a second is worth as much at a fast pace as at a slow one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.goodhart.absorbed import added
from andon.goodhart.caseload import Caseload
from andon.goodhart.examiners import anderson_rubin
from andon.goodhart.halves import Half
from andon.goodhart.region import Region

__all__ = ["Step", "dose"]

Floats = npt.NDArray[np.float64]

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
    """Sums of one half for one step, by advisor."""

    advisor: npt.NDArray[np.generic]
    y: Floats
    x: Floats
    top: float
    bottom: float
    away: tuple[float, float]
    n: tuple[float, float]


def dose(both: Sequence[Half], *, level: float = 0.95) -> tuple[Step, ...]:
    """What a second does between fast and middling advisors, and between middling and slow ones.

    Advisors are put into thirds of the contacts by their pace in one half of the data (say, odd
    days), and compared within cells in the other half, both ways round. So no contact helps to
    decide which third its advisor is in.

    Parameters
    ----------
    both : sequence of Half
        What :func:`~andon.goodhart.halves.halves` gives.
    level : float

    Returns
    -------
    tuple of Step
        From fast to slow; empty where a third would have fewer than five advisors.
    """
    parts: list[list[_Part]] = [[], []]
    for half in both:
        test, third_of = half.cases, _thirds(half)
        if any((third_of == k).sum() < FEWEST for k in range(3)):
            return ()
        third = third_of[test.advisor]
        all_cells = added(test.cell, test.n, test.cells)
        away = test.x - test.n * (added(test.cell, test.x, test.cells) / all_cells)[test.cell]
        for k in range(2):
            parts[k].append(_step(test, third, k, away))
    if not both:
        return ()
    n = sum(float(half.cases.n.sum()) for half in both)
    mean = sum(float(half.cases.x.sum()) for half in both) / n
    return tuple(_joined(each, mean, level) for each in parts)


def _thirds(half: Half) -> Floats:
    """The third of each advisor, by pace in the other half; NaN where unknown.

    Paces are compared within a part only, since no cell joins parts.
    """
    third = np.empty(len(half.pace))
    for part in range(int(half.part.max()) + 1):
        members = np.flatnonzero(half.part == part)
        order = members[np.argsort(half.pace[members], kind="stable")]
        work = half.work[order]
        third[order] = np.minimum(np.floor(3 * (np.cumsum(work) - work / 2) / work.sum()), 2)
    return half.known(third)


def _step(test: Caseload, third: Floats, k: int, away: Floats) -> _Part:
    """The slower of two thirds as instrument, cells of the two absorbed.

    ``away`` is how far each row is from its cell's mean x, all thirds together.
    """
    mine = (third == k) | (third == k + 1)
    cell, n, x, y = test.cell[mine], test.n[mine], test.x[mine], test.y[mine]
    advisor = test.advisor[mine]
    slower = (third[mine] == k + 1).astype(np.float64)
    n_cell = np.maximum(added(cell, n, test.cells), 1)

    def over_cells(sums: Floats) -> Floats:
        left: Floats = sums - n * (added(cell, sums, test.cells) / n_cell)[cell]
        return left

    z = over_cells(n * slower) / n
    rest_x, rest_y = over_cells(x), over_cells(y)
    pair = cell * test.advisors + advisor
    at = np.cumsum(np.diff(pair, prepend=-1) != 0) - 1  # rows are in order
    rest = 1 - added(at, n, int(at.max(initial=-1)) + 1)[at] / n_cell[cell]
    scaled = np.where(rest > 0, z / np.sqrt(np.where(rest > 0, rest, 1.0)), 0.0)
    moving = np.bincount(advisor, weights=z != 0, minlength=test.advisors) > 0
    return _Part(
        advisor=test.advisor_names[moving],
        y=added(advisor, scaled * rest_y, test.advisors)[moving],
        x=added(advisor, scaled * rest_x, test.advisors)[moving],
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
