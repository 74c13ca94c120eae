"""Rounding: the steps in which values were written down, seen from the counts themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.estimate import Unknown
from andon.goodhart.counterfactual import counterfactual, shape
from andon.goodhart.tally import Tally

__all__ = ["STEPS_S", "Heap", "Rounding", "indistinct", "rounding"]

_Floats = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]

STEPS_S: Final = (
    0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 86_400,
)  # fmt: skip
"""Steps in which people and systems round durations, seconds."""
_ALL: Final = 0.999
"""Values are rounded to a step where this share of them lies on it."""
_CHANCE: Final = 1e-4
_EXTRA: Final = 1.02
"""A heap holds at least this many times what its neighbours hold."""
_PLACES: Final = 3
"""A heap is told from a target by so many round values other than the target."""
_BUSY: Final = 5
"""Contacts at each value, for a multiple to say something."""
_EDGE: Final = 0.005
"""The share of contacts at each end that is not looked at."""
_CURVED: Final = 6
_FAR: Final = 2
"""Steps from 0 from which multiples are looked at."""
_LONGEST: Final = 50_000
"""Distinct values of one unit beyond which a curve through all of them costs too much."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Heap:
    """Values pile up on the multiples of a step, beyond those of any finer step.

    Attributes
    ----------
    step : float
        In the values' unit.
    times : float
        How many times what their neighbours hold, those multiples hold.
    places : int
        On how many multiples that rests.
    """

    step: float
    times: float
    places: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Rounding:
    """In which steps the values were written down.

    Attributes
    ----------
    unit : float
        The finest step looked at, in the values' unit.
    step : float or None
        All values (but one in a thousand) are multiples of it; None where they are not rounded.
    heaps : tuple of Heap
        Steps on whose multiples some of the values pile up, finest first.
    untested : tuple of float
        Steps for which too few multiples were seen to tell.
    """

    unit: float
    step: float | None
    heaps: tuple[Heap, ...]
    untested: tuple[float, ...]

    @property
    def coarsest(self) -> float | None:
        """The coarsest step in which anything was rounded; None where nothing was."""
        known = [heap.step for heap in self.heaps]
        if self.step is not None and self.step > self.unit * (1 + 1e-9):
            known.append(self.step)
        return max(known, default=None)


def rounding(
    seen: Tally,
    *,
    unit: float = 1.0,
    apart: Sequence[tuple[float, float]] = (),
    steps: Sequence[float] = STEPS_S,
) -> Rounding:
    """In which steps were these values rounded?

    A density that is smooth gives each multiple of a step about as much as the values half a step
    around it lead one to expect, along the curve of a log-polynomial through
    all of them. More than that, on many multiples at once, is rounding.

    Parameters
    ----------
    seen : Tally
    unit : float
        The finest step to look at, in the values' unit (> 0).
    apart : sequence of tuple of float
        Stretches of values, both ends included, that are left out because something else piles up
        there: the target that is asked about, and others.
    steps : sequence of float
        Steps that people and systems use, ascending.

    Returns
    -------
    Rounding

    Examples
    --------
    >>> from andon.goodhart.tally import tally
    >>> rng = np.random.default_rng(1)
    >>> exact, minutes = rng.gamma(4, 60, 20_000).round(), rng.gamma(4, 60, 5_000)
    >>> some = rounding(tally([*exact, *(minutes / 60).round() * 60]))
    >>> some.step, max(heap.step for heap in some.heaps)
    (1, 60)
    >>> rounding(tally((minutes / 60).round() * 60)).step
    60
    """
    weights = seen.totals
    n = float(weights.sum())
    usable = [step for step in steps if step >= unit * (1 - 1e-9)]
    on = {step: float(weights[_multiple(seen.values, step)].sum()) / n for step in steps}
    step = max((each for each in steps if on[each] >= _ALL), default=None)
    base = max(step or unit, unit)
    places = np.floor(seen.values / base + 1e-6)
    start = int(places.min())
    if places.max() - start > 5_000_000:  # a few values far away would make a table of nothing
        return Rounding(unit=unit, step=step, heaps=(), untested=tuple(usable))
    counts = np.asarray(
        np.bincount((places - start).astype(np.int64), weights=weights), dtype=np.float64
    )
    at = np.asarray((np.arange(counts.size) + start) * base, dtype=np.float64)
    keep = np.ones(at.shape, dtype=np.bool_)
    for low, high in apart:
        keep &= (at < low - 1e-6 * base) | (at > high + 1e-6 * base)
    smooth = keep.copy()
    curve = _curve(at, counts, keep, smooth)
    heaps: list[Heap] = []
    untested: list[float] = []
    for wider in usable:
        if wider <= base * (1 + 1e-9) or not _divides(base, wider):
            continue
        finer = max(
            (each for each in (base, *(heap.step for heap in heaps)) if _divides(each, wider)),
        )
        found = _heap(at, counts, curve, keep, wider=wider, finer=finer)
        if found is None:
            untested.append(wider)
        elif found.times:
            heaps.append(found)  # and the curve is drawn again, past this heap too
            smooth &= ~_multiple(at, wider)
            curve = _curve(at, counts, keep, smooth)
    return Rounding(unit=unit, step=step, heaps=tuple(heaps), untested=tuple(untested))


def indistinct(places: int) -> Unknown:
    """What to say where a target is a number to which people round, and few others were seen.

    Parameters
    ----------
    places : int
        How many others of its kind.

    Examples
    --------
    >>> print(indistinct(1).why.split(': ')[1])
    a target cannot be told from rounding
    """
    return Unknown(
        unit="count",
        why="values pile up on round numbers of the threshold's kind, and only "
        f"{places} others were seen: a target cannot be told from rounding",
        needs="values as the system measured them, not rounded",
    )


def _curve(at: _Floats, counts: _Floats, keep: _Bools, smooth: _Bools) -> _Floats:
    """How the density runs past the heaps; 0 at its edges, where it is not looked at."""
    curve = np.zeros(at.size)
    total = counts.cumsum()
    n = float(total[-1])
    busy = (total >= _EDGE * n) & (total - counts <= (1 - _EDGE) * n) & (at > 0)
    seen = busy & smooth
    if int(seen.sum()) < 2 * _CURVED:
        seen = busy & keep
    if int(seen.sum()) < 2 * _CURVED or int(busy.sum()) > _LONGEST:
        return curve
    columns = shape(at[busy], degree=_CURVED, scale="log")
    fitted = counterfactual(counts[None, busy], columns, seen[busy], fit="poisson")[0]
    curve[busy] = np.where(np.isfinite(fitted), fitted, 0.0)
    return curve


def _heap(
    at: _Floats, counts: _Floats, curve: _Floats, keep: _Bools, *, wider: float, finer: float
) -> Heap | None:
    """Whether multiples of ``wider`` hold more than the multiples of ``finer`` between them.

    None where too few multiples were seen; ``times`` 0 where there is no heap.
    """
    fine = _multiple(at, finer)
    at, counts, curve, keep = at[fine], counts[fine], curve[fine], keep[fine] & (curve[fine] > 0)
    each = round(wider / finer)
    middle = np.flatnonzero(_multiple(at, wider))
    half = max(1, (each - 1) // 2)
    middle = middle[(middle >= half) & (middle < at.size - half)]
    around = middle[:, None] + np.concatenate((np.arange(-half, 0), np.arange(1, half + 1)))
    whole = keep[around].all(axis=1) & keep[middle]
    # Rounding draws from half a step around. Where that is much of the value itself, the heaps do
    # not run as the density does.
    whole &= at[middle] >= _FAR * wider * (1 - 1e-9)
    around, middle = around[whole], middle[whole]
    near = counts[around].sum(axis=1)
    busy = near >= _BUSY * around.shape[1]
    if int(busy.sum()) < _PLACES:
        return None
    # The curve says how the middle compares with its neighbours, and these say how high it is.
    lifts = curve[middle] / curve[around].sum(axis=1)
    expected = float((lifts * near)[busy].sum())
    on = float(counts[middle][busy].sum())
    # Where every other value is a multiple, each neighbour serves two of them.
    served = 1.0 if each == 2 else 1 / (2 * half)
    z = (on - expected) / math.sqrt(expected * (1 + served))
    heaped = float(special.ndtr(-z)) < _CHANCE and on >= _EXTRA * expected
    return Heap(step=wider, times=on / expected if heaped else 0.0, places=int(busy.sum()))


def _multiple(values: _Floats, step: float) -> npt.NDArray[np.bool_]:
    off = np.abs(values / step - np.rint(values / step))
    return np.asarray(off < 1e-6)


def _divides(finer: float, wider: float) -> bool:
    return abs(wider / finer - round(wider / finer)) < 1e-9
