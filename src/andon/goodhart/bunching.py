"""Bunching: contacts that pile up at a threshold, against what a smooth shape would put there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from andon.errors import QuestionError
from andon.estimate import Unknown
from andon.goodhart.excess_mass import Bunching, check_options, excess_mass
from andon.goodhart.rounding import STEPS_S, Rounding, indistinct, rounding
from andon.goodhart.tally import Tally, tally
from andon.units import Unit, spoken

__all__ = ["Beyond", "Side", "bunching"]

Side = Literal["below", "above"]
"""Where the pile is: at and just below the threshold, or at and just above it."""

Beyond = Literal["same", "broken", "unseen"]
"""What is beyond the threshold's gap: the same curve, a curve that has broken off, or not seen."""

_Floats = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]

_PILE: Final = 0.05
_GAP: Final = 0.25
_WINDOW: Final = 2.0
_COARSEST: Final = 0.1
"""Of bins wider than this share of the threshold there are too few around it."""
_BINS: Final = 60
"""Bins as long as the threshold, where rounding allows."""
_FINEST: Final = 300
"""Rounding finer than the threshold over this does not matter in such bins."""
_FEW: Final = 10
"""Contacts on each side of the threshold without which nothing is asked."""
_NEVER: Final = 0.02
"""Of the usual chances. Below it a bin says nothing."""
_STIFF: Final = 2
"""The degree of a curve from one side, as of a lognormal law's: more would bend at its end."""
_DOT: Final = 0.1
"""Of a bin: a stretch around its middle that reaches no other."""
_HEAPS: Final = 3
"""Other round numbers without which a target cannot be told from one."""


def bunching(
    values: npt.ArrayLike,
    counts: npt.ArrayLike | None = None,
    *,
    threshold: float,
    side: Side = "below",
    pile: float | None = None,
    gap: float | None = None,
    others: Sequence[float] = (),
    beyond: Beyond = "same",
    chances: Callable[[_Floats], _Floats] | None = None,
    degree: int | None = None,
    unit: Unit = "s",
    level: float = 0.95,
) -> Bunching | Unknown:
    """Do contacts pile up at a target or limit, beyond what rounding and a smooth shape explain?

    Parameters
    ----------
    values : array_like
        Measured values above 0, such as handle times in seconds; or distinct ones with ``counts``.
    counts : array_like, optional
        How often each value was seen, or a row of that for each group (a day, an advisor). With
        groups the doubt is that of groups drawn at random, and not of contacts.
    threshold : float
        The target or limit (> 0), in the values' unit. A value on it belongs to the pile.
    side : {"below", "above"}
        Where the pile would be: just below (calls ended in time) or just above (cases reopened
        just after).
    pile : float, optional
        How far from the threshold contacts pile up, in the values' unit; 5 % of it unless told, or
        one step of rounding where that is more.
    gap : float, optional
        How far on the other side they may come from; 25 % of the threshold unless told. Neither
        stretch is seen by the fit.
    others : sequence of float
        Other targets. What lies around them is not seen by the fit either.
    beyond : {"same", "broken", "unseen"}
        Whether the curve runs on beyond the gap; or may have broken off at the threshold, as where
        customers give up when they hear an announcement, so that there is a level of its own (the
        interval is about a quarter wider); or is drawn from the pile's own side alone, whatever
        goes on beyond, of degree 2 unless told.
    chances : callable, optional
        From the middles of bins to how many chances each had (>= 0), up to a factor, where they are
        not even: nobody closes a case at night. Bins that had hardly any are not seen by the fit.
    degree : int, optional
        Of the polynomial, 0 to 10; by the number of contacts unless told (see Notes).
    unit : Unit
        Of the values.
    level : float
        Of the intervals, above 0 and below 1.

    Returns
    -------
    Bunching or Unknown
        Unknown, with the reason in words: too few contacts, all values equal, a threshold outside
        the data, values rounded too coarsely, or a threshold that is itself a round number to which
        people round.

    Raises
    ------
    QuestionError
        If a value, a count or an option cannot be used.

    Notes
    -----
    The counterfactual is the exponential of a polynomial in the logarithm of the value, fitted by
    Poisson likelihood to bins from half the threshold to twice it. All usual laws of durations are
    close to such a shape, lognormal ones exactly. The degree is 6 for up to 50,000 contacts in
    these bins, 8 for up to 5 million, and then 10. It follows from their number alone and not from
    how they lie, so that the interval needs no correction for a choice. With it the bias stays
    below a third of a standard error for lognormal, gamma and Weibull durations and mixtures with
    two humps; the price of degree 6 against 3 is an interval 15 % wider. Where the bins, single or
    in stretches as long as the pile, scatter more around the curve than Poisson counts do, every
    interval is widened by as much. ``andon.proving.bunching`` measures coverage, false alarms and
    power.

    Rounding shows in the counts (:func:`andon.goodhart.rounding.rounding`). Steps finer than the
    pile vanish in bins that are whole multiples of them. Coarser ones get a term of their own, and
    how much one round number differs from another is part of the doubt. Where people round to the
    threshold's own kind of number and too few others of that kind were seen, nobody can tell a
    target from a habit, and the answer is Unknown. Rounding also hides part of a pile, as contacts
    from just beyond the threshold are written down as on it: the excess is then a floor.

    Kleven 2016, *Bunching*, https://doi.org/10.1146/annurev-economics-080315-015234

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> handle_s = rng.lognormal(5.5, 0.6, 20_000)
    >>> bent = (handle_s > 300) & (handle_s < 360) & (rng.random(20_000) < 0.3)
    >>> handle_s[bent] = rng.uniform(285, 300, bent.sum())
    >>> found = bunching(handle_s, threshold=300)
    >>> found.excess.low < int(bent.sum()) < found.excess.high, found.p < 0.001
    (True, True)
    >>> print(bunching([60, 120, 180], threshold=120))
    not known: only 3 contacts were seen
    """
    _check(threshold=threshold, side=side, beyond=beyond)
    check_options(level=level, degree=degree)
    for name, far in (("pile", pile), ("gap", gap)):
        if far is not None and not (math.isfinite(far) and 0 < far < threshold / 2):
            raise QuestionError(
                f"The {name} must reach further than 0 and less than half the threshold.",
                found=f"{name}: {far!r}, threshold: {threshold!r}",
                todo="Leave it out, or give a few per cent of the threshold.",
            )
    if not all(math.isfinite(other) for other in others):
        raise QuestionError(
            "Other targets must be finite numbers.",
            found=f"others: {list(others)!r}",
            todo="Give them in the values' unit.",
        )
    seen = tally(values, counts)
    short = _why_not(seen, threshold, unit)
    if short is not None:
        return short
    near, far = pile or _PILE * threshold, gap or _GAP * threshold
    fine = max(
        (step for step in STEPS_S if step <= threshold / _FINEST),
        default=min(1.0, 10.0 ** math.floor(math.log10(threshold / 20))),
    )
    turned = side == "below"
    apart = [
        (target - near, target + far) if turned else (target - far, target + near)
        for target in (threshold, *others)
    ]
    rounded = rounding(seen, unit=fine, apart=apart)
    if chances is not None:  # what comes round every day is no habit of rounding
        rounded = replace(rounded, heaps=(), untested=())
    plan = _Plan.of(rounded, threshold=threshold, near=near, side=side, unit=unit)
    if isinstance(plan, Unknown):
        return plan
    cut = plan.cut(seen)
    stretches = [plan.stretch(target, near=near, far=far) for target in (threshold, *others)]
    piled = plan.stretch(threshold, near=near, far=0.0)
    for heap in plan.heaps:
        alike = plan.outside(heap, stretches)
        if alike < _HEAPS and plan.outside(heap, []) > plan.outside(heap, [piled]):
            return indistinct(alike)
    middles = plan.starts + plan.width / 2
    had, never = _had(chances, middles)
    if had is not None and bool(never[(middles > piled[0]) & (middles < piled[1])].any()):
        return Unknown(
            unit="count",
            why="at the threshold there were hardly any chances for it to happen",
            needs="a threshold at which the work goes on",
        )
    other_side = middles > threshold if turned else middles < threshold
    other_side &= (middles < stretches[0][0]) | (middles > stretches[0][1])
    unseen = never | other_side if beyond == "unseen" else never
    pieces = [other_side] if beyond == "broken" else []
    if beyond == "unseen" and degree is None:
        degree = _STIFF
    found = excess_mass(
        cut if seen.grouped else cut[0],
        starts=plan.starts,
        pile=piled,
        gap=plan.stretch(threshold, near=0.0, far=far),
        apart=[
            *stretches[1:],
            *((at - _DOT * plan.width, at + _DOT * plan.width) for at in middles[unseen]),
        ],
        heaps=[*plan.heaps, *pieces],
        chances=had,
        n=seen.counts.sum(axis=1) if seen.grouped else np.array([seen.n]),
        degree=degree,
        doubt="groups" if seen.grouped else "contacts",
        unit=unit,
        level=level,
    )
    return found if isinstance(found, Unknown) else replace(found, rounding=rounded)


def _had(
    chances: Callable[[_Floats], _Floats] | None, middles: _Floats
) -> tuple[_Floats | None, _Bools]:
    """The chances of each bin, and which had hardly any."""
    if chances is None:
        return None, np.zeros(middles.shape, dtype=np.bool_)
    had = np.asarray(chances(middles), dtype=np.float64)
    usual = float(had.mean())
    if not usual > 0:
        return np.ones(middles.shape), np.ones(middles.shape, dtype=np.bool_)
    had = had / usual
    never = np.asarray(had < _NEVER)
    return np.where(never, _NEVER, had), never


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Plan:
    """Bins that end on the threshold, as wide as whole steps of rounding."""

    starts: _Floats
    width: float
    slack: float
    """What to add to a value so that one on an upper end falls into the bin below."""
    heaps: tuple[_Bools, ...]
    side: Side

    @classmethod
    def of(
        cls, rounded: Rounding, *, threshold: float, near: float, side: Side, unit: Unit
    ) -> _Plan | Unknown:
        mistaken = _habit(rounded, threshold, unit)
        if mistaken is not None:
            return mistaken
        base = max(rounded.step or rounded.unit, rounded.unit)
        for heap in rounded.heaps:  # finer steps than the pile vanish in bins that hold one each
            if heap.step <= near * (1 + 1e-9) and _whole(heap.step, base):
                base = heap.step
        if rounded.step is None and not rounded.heaps:
            width = near / max(1, round(near / (threshold / _BINS)))
        else:
            width = base * max(1, math.floor(min(threshold / _BINS, near) / base + 1e-9))
        if width > _COARSEST * threshold:
            return _too_coarse(width, threshold, unit)
        below = math.floor((threshold - threshold / _WINDOW) / width + 1e-9)
        above = math.floor((threshold * _WINDOW - threshold) / width + 1e-9)
        starts = np.asarray(threshold + width * np.arange(-below, above), dtype=np.float64)
        heaps = []
        for heap in rounded.heaps:
            if heap.step > width * (1 + 1e-9) or not _whole(width, heap.step):
                holds = _holds(starts, width, heap.step, side)
                if 0 < holds.sum() < holds.size:
                    heaps.append(holds)
        return cls(
            starts=starts,
            width=width,
            slack=1e-7 * width * (1 if side == "above" else -1),
            heaps=tuple(heaps),
            side=side,
        )

    def cut(self, seen: Tally) -> _Floats:
        place = np.floor((seen.values + self.slack - self.starts[0]) / self.width)
        inside = (place >= 0) & (place < self.starts.size)
        bins = np.zeros((self.starts.size, len(seen.counts)))
        np.add.at(bins, place[inside].astype(np.int64), seen.counts[:, inside].T)
        return np.ascontiguousarray(bins.T)

    def stretch(self, target: float, *, near: float, far: float) -> tuple[float, float]:
        """Whole bins: ``near`` on the side of the pile, ``far`` on the other."""
        near, far = (math.ceil(reach / self.width - 1e-9) * self.width for reach in (near, far))
        if self.side == "below":
            return target - near, target + far
        return target - far, target + near

    def outside(self, heap: _Bools, stretches: Sequence[tuple[float, float]]) -> int:
        """How many marked bins lie in none of the stretches."""
        middles, free = self.starts + self.width / 2, heap.copy()
        for low, high in stretches:
            free &= (middles < low) | (middles > high)
        return int(free.sum())


def _holds(starts: _Floats, width: float, step: float, side: Side) -> _Bools:
    """Bins that hold a multiple of ``step``, each open on the side away from the pile's."""
    shift = 1e-7 * width * (1 if side == "below" else -1)
    return np.asarray(np.floor((starts + width + shift) / step) > np.floor((starts + shift) / step))


def _whole(wider: float, finer: float) -> bool:
    return abs(wider / finer - round(wider / finer)) < 1e-9


def _habit(rounded: Rounding, threshold: float, unit: Unit) -> Unknown | None:
    """Whether people round, and to numbers of which the threshold may be one."""
    known = rounded.coarsest
    if known is None or known <= rounded.unit * (1 + 1e-9):
        return None
    rounder = [
        step for step in STEPS_S if step > known and _whole(step, known) and _whole(threshold, step)
    ]
    told = [heap.step for heap in rounded.heaps]
    if rounder and rounder[0] in rounded.untested and rounder[0] not in told:
        return Unknown(
            unit="count",
            why=f"values are rounded to {spoken(known, unit)}, and the threshold of "
            f"{spoken(threshold, unit)} is a rounder number still: a target "
            "cannot be told from a habit of rounding",
            needs="values as the system measured them, not rounded",
        )
    return None


def _too_coarse(width: float, threshold: float, unit: Unit) -> Unknown:
    return Unknown(
        unit="count",
        why=f"values are rounded to {spoken(width, unit)}, too coarse to see a pile at "
        f"{spoken(threshold, unit)}",
        needs="values as the system measured them, not rounded",
    )


def _why_not(seen: Tally, threshold: float, unit: Unit) -> Unknown | None:
    """What of the data forbids an answer, whatever the method."""

    def unknown(why: str, needs: str) -> Unknown:
        return Unknown(unit="count", why=why, needs=needs)

    if seen.n < _FEW:
        were = "contact was" if seen.n == 1 else "contacts were"
        return unknown(f"only {seen.n} {were} seen", "some hundreds of contacts")
    if seen.values.size == 1:
        return unknown(
            f"all values are {spoken(float(seen.values[0]), unit)}", "values that differ"
        )
    if seen.grouped and len(seen.counts) < 2:
        return unknown("there is one group only", "two groups or more, or no groups")
    weights = seen.totals
    below, above = (
        float(weights[mine].sum()) for mine in (seen.values < threshold, seen.values > threshold)
    )
    if min(below, above) < _FEW:
        return unknown(
            f"the threshold of {spoken(threshold, unit)} lies outside the data, or at its edge",
            "a threshold with contacts on both sides",
        )
    return None


def _check(*, threshold: float, side: Side, beyond: Beyond) -> None:
    for holds, wrong, found, todo in (
        (
            math.isfinite(threshold) and threshold > 0,
            "A threshold must be a finite number above 0.",
            f"threshold: {threshold!r}",
            "Give the target or limit, in the values' unit.",
        ),
        (
            side in get_args(Side),
            "A pile is below the threshold or above it.",
            f"side: {side!r}",
            "Use 'below' where contacts were ended in time.",
        ),
        (
            beyond in get_args(Beyond),
            "Beyond the threshold the curve is the same, broken or unseen.",
            f"beyond: {beyond!r}",
            "Use 'broken' where something else happens at the threshold.",
        ),
    ):
        if not holds:
            raise QuestionError(wrong, found=found, todo=todo)
