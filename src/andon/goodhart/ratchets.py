"""Ratchets: a target that follows what was reached, and work that learns to reach just enough.

Where this period's result becomes the next period's target, doing well is punished. People then
stop as soon as the target is met, and results heap up just beyond it. Neither sign is enough: a
target may follow results and nobody mind, and results may lie close to a target because it is a
sensible one. So both are looked for, and it is the way targets are set that is named.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.errors import QuestionError
from andon.estimate import Estimate, Sums, Unknown, share

__all__ = ["Ratchet", "ratchet"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_CLUSTERS: Final = 8
"""With fewer queues, or stretches of one, the doubt cannot be measured."""
_STRETCH: Final = 6
"""Periods of one queue that may resemble one another."""
_CLOSE: Final = 20
"""So many results close to their target can show on which side they heap up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ratchet:
    """Whether targets follow results, and results heap up just beyond targets.

    Attributes
    ----------
    results : int
        Results with a target.
    band : float
        A result is close to its target within so much, in the measure's unit.
    just_met : Estimate or Unknown
        Of the results close to their target, the share that met it.
    excess : Estimate or Unknown
        How far that lies above what results somewhat farther from their targets make one expect,
        percentage points.
    follows : Estimate or Unknown
        How much of a result's rise the next target takes over: 0 where targets do not follow
        results, 1 where they take over all of it.
    found : bool
        Whether both are beyond doubt.
    says : str
        The same in plain sentences.
    caveats : tuple of str
        What else could explain it.
    """

    results: int
    band: float
    just_met: Estimate | Unknown
    excess: Estimate | Unknown
    follows: Estimate | Unknown
    found: bool
    says: str
    caveats: tuple[str, ...]


def ratchet(
    queue: Sequence[object] | npt.ArrayLike,
    result: npt.ArrayLike,
    target: npt.ArrayLike,
    *,
    better: Literal["higher", "lower"] = "higher",
    band: float | None = None,
    level: float = 0.95,
) -> Ratchet:
    """Do results stop just beyond a target that becomes harder by what they reach?

    Parameters
    ----------
    queue : array_like
        Whose result it is: a queue, a team or an operation.
    result, target : array_like
        For each queue and period, each queue's periods in order: what was reached, and the target
        then in force; NaN where either is missing.
    better : {"higher", "lower"}
        Which side of the target meets it.
    band : float, optional
        How near a result is close to its target, in the measure's unit (> 0). If left out, half the
        median deviation of results' distances to their targets: over four such bands a density is
        nearly straight, wherever targets lie.
    level : float
        Above 0 and below 1.

    Returns
    -------
    Ratchet

    Raises
    ------
    QuestionError
        If the three do not fit one another, no result has a target, or an option is out of range.

    Notes
    -----
    Results in four bands of one width around the target are counted. Where nothing heaps up their
    density is nearly straight there, so the two inner bands differ by a third of what the two outer
    ones do; the excess is what is beyond that. How much targets follow is a regression of the next
    target on the result and the target now in force, by queue (and by period, with eight queues or
    more). Doubt is clustered by queue, or, with fewer than eight, by stretches of six periods, with
    Student's law. For the ratchet itself see Weitzman (1980), *The "ratchet principle" and
    performance incentives*, Bell Journal of Economics 11, 302.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(4)
    >>> queue, result, target = np.repeat(np.arange(12), 24), np.empty(288), np.empty(288)
    >>> for i in range(288):
    ...     target[i] = 80.0 if i % 24 == 0 else result[i - 1]
    ...     result[i] = target[i] + abs(rng.normal(0, 0.3))
    >>> found = ratchet(queue, result, target)
    >>> found.found, round(found.follows.value, 2)
    (True, 1.0)
    """
    results, targets = (np.asarray(each, dtype=np.float64).ravel() for each in (result, target))
    names = [str(each) for each in np.asarray(queue).ravel().tolist()]
    if not len(names) == len(results) == len(targets) or not np.isfinite(results - targets).any():
        raise QuestionError(
            "A ratchet needs results with the target that was in force.",
            found=f"{len(names)} queues, {len(results)} results, {len(targets)} targets, "
            f"{int(np.isfinite(results - targets).sum()) if len(results) == len(targets) else 0} "
            "with both",
            todo="Give one of each for every queue and period, NaN where one is missing.",
        )
    if better not in {"higher", "lower"} or not 0 < level < 1 or (band is not None and band <= 0):
        raise QuestionError(
            "A side, a band or a level is not one of those there are.",
            found=f"better: {better!r}, band: {band!r}, level: {level!r}",
            todo="Use better='higher' or 'lower', a band above 0, and level=0.95.",
        )
    sign = 1.0 if better == "higher" else -1.0
    number = np.unique(names, return_inverse=True)[1].astype(np.int64)
    order = np.argsort(number, kind="stable")
    number, results, targets = number[order], sign * results[order], sign * targets[order]
    period = np.concatenate([np.arange(count) for count in np.bincount(number)])
    both = np.isfinite(results) & np.isfinite(targets)
    cluster = _clusters(number, period)
    gap = np.where(both, results - targets, np.inf)
    reach = _band(results[both], targets[both]) if band is None else band
    just_met, excess = _heaped(gap, cluster, reach, level)
    follows = _follows(number, period, results, targets, cluster, level)
    found = all(isinstance(each, Estimate) and each.low > 0 for each in (excess, follows))
    return Ratchet(
        results=int(both.sum()),
        band=reach,
        just_met=just_met,
        excess=excess,
        follows=follows,
        found=found,
        says=_says(just_met, excess, follows, found=found),
        caveats=(
            "Targets may follow results for good reasons, such as a new product that both reflect.",
            "Results that are rounded, or that count only once the target is met, heap up as well.",
        ),
    )


def _band(results: Floats, targets: Floats) -> float:
    """Half the median deviation of their gaps: by their spread, not by how far off targets are."""
    gap = results - targets
    deviation = float(np.median(np.abs(gap - np.median(gap))))
    # Means of equal durations differ by their rounding errors.
    return deviation / 2 if deviation > 1e-9 * float(np.max(np.abs(results))) else 0.0


def _clusters(number: Ints, period: Ints) -> Ints:
    """Queues, or stretches of a queue where queues are few."""
    if number.max() + 1 >= _CLUSTERS:
        return number
    stretches = number * (int(period.max()) // _STRETCH + 1) + period // _STRETCH
    found: Ints = np.unique(stretches, return_inverse=True)[1].astype(np.int64)
    return found


def _heaped(
    gap: Floats, cluster: Ints, band: float, level: float
) -> tuple[Estimate | Unknown, Estimate | Unknown]:
    """Of results close to the target, who met it, and how far that is above what is expected."""
    size = int(cluster.max()) + 1

    def counted(low: float, high: float) -> Floats:
        inside = (gap >= low * band) & (gap < high * band)
        return np.bincount(cluster[inside], minlength=size).astype(np.float64)

    met, missed = counted(0, 1), counted(-1, 0)
    beyond, short = counted(1, 2), counted(-2, -1)
    close = met + missed
    there = int(np.count_nonzero(close))
    if band <= 0 or close.sum() < _CLOSE or there < _CLUSTERS:
        unknown = Unknown(
            unit="points",
            why=f"only {_counted(int(close.sum()), 'result')} in "
            f"{_counted(there, 'queue or stretch', 'queues or stretches')} came close to a target"
            if band > 0
            else "half of all results lie equally far from their target",
            needs=f"{_CLOSE} results close to a target, in {_CLUSTERS} queues or more",
        )
        return Unknown(unit="share", why=unknown.why, needs=unknown.needs), unknown
    n = float(close.sum())
    sums = Sums(
        clusters=there,
        n=int(n),
        y=float(met.sum()),
        x=n,
        yy=float(met @ met),
        yx=float(met @ close),
        xx=float(close @ close),
    )
    over = met - missed - (beyond - short) / 3
    # What is met beyond expectation is missed less: half of the difference are moved results.
    value = float(over.sum() / n) / 2
    left = over / 2 - value * close
    return share(sums, level=level), _figure(
        100 * value, 100 * _error(left, there) / n, there - 1, n, level=level, unit="points"
    )


def _counted(n: int, one: str, several: str = "") -> str:
    return f"{n:,} {one if n == 1 else several or one + 's'}"


def _follows(
    number: Ints, period: Ints, results: Floats, targets: Floats, cluster: Ints, level: float
) -> Estimate | Unknown:
    """The next target, by the result and the target now in force."""
    here = np.flatnonzero(
        (number[1:] == number[:-1])
        & np.isfinite(results[:-1])
        & np.isfinite(targets[:-1])
        & np.isfinite(targets[1:])
    )
    nothing = Unknown(
        unit="ratio",
        why="targets or results hardly ever change, or there are few of them",
        needs=f"targets that change, in {_CLUSTERS} queues or over some years",
    )
    clusters = np.unique(cluster[here], return_inverse=True)[1].astype(np.int64)
    count = int(clusters.max()) + 1 if len(here) else 0
    if count < _CLUSTERS or not np.any(targets[here + 1] != targets[here]):
        return nothing
    groups = [number[here]]
    if len(np.unique(number[here])) >= _CLUSTERS:
        groups.append(period[here])
    dummies = np.column_stack(
        [np.eye(int(each.max()) + 1)[each] for each in groups] + [targets[here]]
    )
    # What of the results the rest does not explain.
    fitted, *_ = np.linalg.lstsq(dummies, results[here], rcond=None)
    own = results[here] - dummies @ fitted
    squares = float(own @ own)
    if squares <= 1e-12 * max(1.0, float(results[here] @ results[here])):
        return nothing
    value = float(own @ targets[here + 1] / squares)
    design = np.column_stack([dummies, results[here]])
    fitted, *_ = np.linalg.lstsq(design, targets[here + 1], rcond=None)
    left = targets[here + 1] - design @ fitted
    scores = np.bincount(clusters, weights=own * left, minlength=count).astype(np.float64)
    return _figure(
        value, _error(scores, count) / squares, count - 1, len(here), level=level, unit="ratio"
    )


def _error(scores: Floats, clusters: int) -> float:
    return math.sqrt(float(scores @ scores) * clusters / (clusters - 1))


def _figure(
    value: float,
    error: float,
    freedom: int,
    n: float,
    *,
    level: float,
    unit: Literal["points", "ratio"],
) -> Estimate:
    half = float(special.stdtrit(freedom, 0.5 + level / 2)) * error
    return Estimate(
        value=value,
        low=value - half,
        high=value + half,
        unit=unit,
        n=round(n),
        method="clustered by queue, or by stretches of one",
        level=level,
    )


def _says(
    just_met: Estimate | Unknown,
    excess: Estimate | Unknown,
    follows: Estimate | Unknown,
    *,
    found: bool,
) -> str:
    for each in (just_met, excess, follows):
        if isinstance(each, Unknown):
            return each.says()
    assert isinstance(just_met, Estimate)
    assert isinstance(follows, Estimate)
    said = f"Of the results close to their target, {just_met.says()} met it"
    if found:
        return (
            f"{said}, more than results farther off make one expect, and the next target takes "
            f"over what was reached (by {follows.says()} of it). The way targets are set asks for "
            "no more than enough."
        )
    return f"{said}. That targets follow results, and results stop at targets, is not seen."
