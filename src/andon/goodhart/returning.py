"""Returning: customers whom one advisor served several times, so that all of it can be left out.

A customer who is hard to help is so each time. If only the contact itself were left out of the
advisor's pace, the customer's other contacts with the same advisor would bring the difficulty back
in. So all contacts of one customer with one advisor are left out together (a cluster jackknife, as
in Frandsen, Leslie and McIntyre 2025, *Cluster jackknife instrumental variables estimation*).

With ``M`` what a regression leaves over and ``H_k`` the leverages of a block of contacts in each
other, leaving the block out of the regression leaves over ``(I - H_k)^-1 (M x)_k``. Contacts of a
row share their leverages: with ``B`` those between rows and ``T`` the block's contacts in each,
this is ``(M x)_i`` plus, for each row, ``B (I - T B)^-1 s``, where ``s`` sums ``M x`` by row. The
instrument, the difference between leaving out with cells only and with advisors too, is then the
same for all contacts of a block in one row: their own ``x`` has gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.errors import QuestionError
from andon.goodhart.absorbed import Absorbed, Fit, added
from andon.goodhart.caseload import Caseload

__all__ = ["Returning", "left_out"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_ALONE: Final = 1e-8
"""Where so little is left of a block, its advisor's effect rests on it alone."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Returning:
    """Sums by row and customer, of customers whom one advisor served several times.

    Made by :meth:`of`; sorted by block, a block being one customer with one advisor.

    Attributes
    ----------
    row : array
        The row of the caseload; shape (sums,).
    block : array
        Numbered from 0.
    n, x, y, xx, xy : array
        Contacts, and sums over them.
    """

    row: Ints
    block: Ints
    n: Floats
    x: Floats
    y: Floats
    xx: Floats
    xy: Floats

    @classmethod
    def of(
        cls,
        cases: Caseload,
        *,
        cell: npt.ArrayLike,
        advisor: npt.ArrayLike,
        customer: npt.ArrayLike,
        n: npt.ArrayLike,
        x: npt.ArrayLike,
        y: npt.ArrayLike,
        xx: npt.ArrayLike,
        xy: npt.ArrayLike,
    ) -> Returning:
        """Find the caseload's row of each sum; what stands alone in its cell is left out there too.

        Parameters
        ----------
        cases : Caseload
            Without controls.
        cell, advisor : array
            The caseload's own labels, shape (sums,).
        customer : array of int
            Who.
        n, x, y, xx, xy : array
            Contacts, and sums over them; rows alike are added up. Blocks of one contact are taken
            as well.

        Raises
        ------
        QuestionError
            If the caseload has controls.
        """
        if cases.controls is not None:
            raise QuestionError(
                "Customers can be left out only where there are no controls.",
                found="a caseload with controls",
                todo="Make cells of the controls.",
            )
        cells, advisors = np.asarray(cell), np.asarray(advisor)
        at_cell = np.searchsorted(cases.cell_names, cells).clip(max=max(cases.cells - 1, 0))
        kept = cases.cell_names[at_cell] == cells
        at_advisor = np.searchsorted(cases.advisor_names, advisors[kept])
        place = cases.cell * cases.advisors + cases.advisor
        row = np.searchsorted(place, at_cell[kept] * cases.advisors + at_advisor)
        _, who = np.unique(np.asarray(customer)[kept], return_inverse=True)
        block = who * cases.advisors + at_advisor
        order = np.lexsort((row, block))
        block, row = block[order], row[order]
        new = np.ones(len(row), dtype=np.bool_)
        new[1:] = (np.diff(block) != 0) | (np.diff(row) != 0)
        place = np.cumsum(new) - 1
        _, number = np.unique(block[new], return_inverse=True)
        sums = {
            name: added(place, np.asarray(each, dtype=np.float64)[kept][order], int(new.sum()))
            for name, each in (("n", n), ("x", x), ("y", y), ("xx", xx), ("xy", xy))
        }
        return cls(row=row[new].astype(np.int64), block=number.astype(np.int64), **sums)


def left_out(back: Returning, made: Absorbed, x: Fit) -> Floats:
    """UJIVE's instrument of each sum's contacts, their whole block left out.

    It is 0 where nothing of the advisor or of the cell is left without the block.
    """
    at = back.row
    rest_w, rest_q = back.x - back.n * x.cells[at], back.x - back.n * x.advisors[at]
    in_cell = made.n_cell[made.cell[at]]
    alone = back.n >= in_cell
    found = x.advisors[at] - x.cells[at] + rest_w / np.where(alone, np.inf, in_cell - back.n)
    starts = np.searchsorted(back.block, np.arange(int(back.block[-1]) + 2))
    sizes = np.diff(starts)
    for size in np.unique(sizes):
        for these in _batches(starts[:-1][sizes == size], int(size)):
            leverage = made.shared_leverage(
                np.repeat(at[these], size, axis=1).ravel(), np.tile(at[these], size).ravel()
            ).reshape(-1, size, size)
            root = np.sqrt(back.n[these])
            scaled = root[:, :, None] * leverage * root[:, None, :]
            stuck = 1 - np.linalg.eigvalsh(scaled)[:, -1] < _ALONE
            scaled[stuck] = 0.0
            # B (I - T B)^-1 s, made symmetric: T^-1/2 F (I - F)^-1 T^-1/2 s, F = T^1/2 B T^1/2.
            inner = np.linalg.solve(np.eye(size) - scaled, (rest_q[these] / root)[:, :, None])
            found[these] -= (scaled @ inner)[:, :, 0] / root
            found[these[stuck]] = 0.0
    found[alone] = 0.0
    return found


def _batches(starts: Ints, size: int) -> list[Ints]:
    step = max(1, 500_000 // size**2)
    return [
        starts[begin : begin + step, None] + np.arange(size)
        for begin in range(0, len(starts), step)
    ]
