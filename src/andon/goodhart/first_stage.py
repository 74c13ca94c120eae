"""First stage: how an advisor's pace with others goes with this contact, to be drawn.

Advisors are set apart by their pace in one half of the data (say, odd days), and their contacts of
the other half are compared with those beside them in the same cells, both ways round. So no contact
helps to decide how fast its advisor is. What comes out are means over five advisors or more, never
one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.estimate import Estimate, Sums, ratio
from andon.goodhart.absorbed import added
from andon.goodhart.halves import Half
from andon.units import Unit

__all__ = ["PaceBin", "first_stage"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FEWEST: Final = 5
"""Advisors in each bin, in each half: a smaller one would point at somebody."""
_FEWEST_BINS: Final = 3
_MOST_BINS: Final = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class PaceBin:
    """Contacts whose advisors take about as long with others.

    All three are differences from the contacts beside them: of the same kind, in the same interval.

    Attributes
    ----------
    pace_s : float
        How much longer their advisors take with others, seconds; below 0 where they are faster.
    handle : Estimate
        How much longer these contacts took, seconds.
    outcome : Estimate
        How much more of the outcome followed: percentage points, or seconds.
    contacts, advisors : int
        Advisors are 5 or more.
    """

    pace_s: float
    handle: Estimate
    outcome: Estimate
    contacts: int
    advisors: int


def first_stage(
    both: Sequence[Half], *, unit: Unit = "points", scale: float = 100.0, level: float = 0.95
) -> tuple[PaceBin, ...]:
    """Mean handle time and outcome by the pace that advisors have with others, cells taken out.

    Parameters
    ----------
    both : sequence of Half
        What :func:`~andon.goodhart.halves.halves` gives, of ``x`` in seconds.
    unit : Unit
        Of the outcome, once multiplied.
    scale : float
        From ``y``'s mean to ``unit``.
    level : float
        Of the intervals, which take each advisor as one unit.

    Returns
    -------
    tuple of PaceBin
        Three to ten, from fast to slow; empty where there are not five advisors for each of three.

    Examples
    --------
    >>> from andon.goodhart.caseload import Caseload
    >>> from andon.goodhart.halves import halves
    >>> rng = np.random.default_rng(1)
    >>> advisor = rng.integers(0, 30, 6_000)
    >>> x = 200 + 5.0 * advisor + rng.normal(0, 40, 6_000)
    >>> y = (rng.random(6_000) < 0.5 - 0.001 * x).astype(float)
    >>> cell = np.arange(6_000) // 20
    >>> cases = Caseload.alike(cell=cell, advisor=advisor, n=np.ones(6_000), x=x, y=y)
    >>> found = first_stage(halves(cases, half=cases.cell_names % 2 == 0))
    >>> len(found), found[0].pace_s < found[-1].pace_s, found[0].advisors
    (6, True, 6)
    """
    parts: list[_Part] = []
    for half in both:
        part = _part(half)
        if part is None:
            return ()
        parts.append(part)
    bins = min(_MOST_BINS, *(len(part.name) // FEWEST for part in parts)) if parts else 0
    if bins < _FEWEST_BINS:
        return ()
    return tuple(_binned(parts, bins, unit=unit, scale=scale, level=level))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Part:
    """One half: each advisor's place by pace in the other half, and sums, cells taken out."""

    name: npt.NDArray[np.generic]
    place: Ints
    """From fast to slow."""
    n: Floats
    pace: Floats
    x: Floats
    y: Floats


def _part(half: Half) -> _Part | None:
    parts = int(half.part.max()) + 1
    middle = added(half.part, half.pace * half.work, parts) / np.maximum(
        added(half.part, half.work, parts), 1
    )
    pace_of, test = half.known(half.pace - middle[half.part]), half.cases
    there = ~np.isnan(pace_of)
    if not there.all():
        test = test.those(there[test.advisor])
        pace_of = pace_of[np.isin(half.cases.advisor_names, test.advisor_names)]
    if not len(test.n):
        return None
    place = np.empty(len(pace_of), dtype=np.int64)
    place[np.argsort(pace_of, kind="stable")] = np.arange(len(pace_of))
    in_cell = added(test.cell, test.n, test.cells)

    def beside(sums: Floats) -> Floats:
        """Sums of rows, less what their cells say; by advisor."""
        left = sums - test.n * (added(test.cell, sums, test.cells) / in_cell)[test.cell]
        return added(test.advisor, left, test.advisors)

    return _Part(
        name=test.advisor_names,
        place=place,
        n=added(test.advisor, test.n, test.advisors),
        pace=beside(test.n * pace_of[test.advisor]),
        x=beside(test.x),
        y=beside(test.y),
    )


def _binned(
    parts: list[_Part], bins: int, *, unit: Unit, scale: float, level: float
) -> Iterator[PaceBin]:
    name = np.concatenate([part.name for part in parts])
    at = np.concatenate([part.place * bins // len(part.name) for part in parts])
    n, pace, x, y = (
        np.concatenate([getattr(part, each) for part in parts]) for each in ("n", "pace", "x", "y")
    )
    for k in range(bins):
        mine = at == k
        names, who = np.unique(name[mine], return_inverse=True)
        of = {each: added(who, values[mine], len(names)) for each, values in (
            ("n", n), ("x", x), ("y", scale * y)
        )}  # fmt: skip
        handle = _mean(of["x"], of["n"], unit="s", level=level)
        outcome = _mean(of["y"], of["n"], unit=unit, level=level)
        if handle is None or outcome is None:
            continue
        yield PaceBin(
            pace_s=float(pace[mine].sum() / n[mine].sum()),
            handle=handle,
            outcome=outcome,
            contacts=round(float(n[mine].sum())),
            advisors=len(names),
        )


def _mean(y: Floats, n: Floats, *, unit: Unit, level: float) -> Estimate | None:
    """A mean over contacts whose doubt is that of advisors."""
    found = ratio(
        Sums(
            clusters=len(n),
            n=round(float(n.sum())),
            y=float(y.sum()),
            x=float(n.sum()),
            yy=float(y @ y),
            yx=float(y @ n),
            xx=float(n @ n),
        ),
        unit=unit,
        level=level,
    )
    if not isinstance(found, Estimate):
        return None
    return replace(found, method="mean over contacts, clustered by advisor, cells taken out")
