"""Halves: contacts of one half of the data, and the pace that their advisors have in the other.

Whoever sets advisors apart by their pace must not look at the contacts that are compared then: one
hard contact would make its own advisor a slow one. So pace is read from one half (say, odd days)
and contacts from the other, both ways round.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from andon.goodhart.absorbed import added, paces
from andon.goodhart.caseload import Caseload

__all__ = ["Half", "halves"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Half:
    """One half's contacts, and how fast advisors are in the other half.

    Attributes
    ----------
    cases : Caseload
        The contacts of this half, without facts.
    names : array
        The advisors of the other half, in order; shape (others,).
    pace : array
        Their effect on ``x`` there, cells absorbed; it compares advisors of one part only.
    part : array
        The set of advisors that cells join which each is in, numbered from 0.
    work : array
        Contacts of each there.
    """

    cases: Caseload
    names: npt.NDArray[np.generic]
    pace: Floats
    part: Ints
    work: Floats

    def known(self, values: Floats) -> Floats:
        """A figure of each advisor of the other half, for this half's; NaN for who is not there."""
        at = np.searchsorted(self.names, self.cases.advisor_names).clip(max=len(self.names) - 1)
        there = self.names[at] == self.cases.advisor_names
        return np.where(there, values[at], np.nan)


def halves(cases: Caseload, *, half: npt.NDArray[np.bool_]) -> tuple[Half, ...]:
    """Both halves of a caseload, each with advisors' pace in the other.

    Parameters
    ----------
    cases : Caseload
    half : array of bool
        Which half each cell is in, shape (cells,).

    Returns
    -------
    tuple of Half
        Two; none where a half has no contacts.

    Examples
    --------
    >>> cases = Caseload.alike(
    ...     cell=[0, 0, 1, 1], advisor=["a", "b"] * 2, n=[1] * 4, x=[60, 90, 80, 100], y=[0] * 4
    ... )
    >>> odd, even = halves(cases, half=cases.cell_names % 2 == 1)
    >>> odd.cases.x.tolist(), round(float(odd.pace[1] - odd.pace[0]), 6)
    ([80.0, 100.0], 30.0)
    """
    lean = replace(cases, facts={}, controls=None, products=None)
    mine = half[cases.cell]
    first, second = lean.those(mine), lean.those(~mine)
    if not (len(first.n) and len(second.n)):
        return ()
    return _half(first, second), _half(second, first)


def _half(cases: Caseload, other: Caseload) -> Half:
    pace, part = paces(cell=other.cell, advisor=other.advisor, n=other.n, sums=other.x)
    return Half(
        cases=cases,
        names=other.advisor_names,
        pace=pace,
        part=part,
        work=added(other.advisor, other.n, other.advisors),
    )
