"""Parked cases: a state that stops the clock, entered because the clock is nearly out of time.

A case that waits for its customer should not be held against those who work on it, so many clocks
stop in such a state. Then the state is worth most just before the limit. Customers do owe answers,
early and late in a case, and that is why the hazard of entering the state near the limit is held
against the hazard on both sides of it: whoever really waits does not know where the limit is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.near_limit import (
    BANDS,
    NEAR,
    NearLimit,
    band_of,
    expected_near,
    grouped,
    near_limit,
    refuse_no_sides,
    width_of,
)
from andon.ledger.replicates import Replicates
from andon.units import DAY_S, HOUR_S

__all__ = ["ParkedCases", "Reading", "parked_cases", "readings"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_SLACK_S: Final = 1e-3
"""Less than this is rounding of instants, not overlap."""
_OTHER_REASONS: Final = (
    "The customer may really owe something. If work is so arranged that customers are first asked "
    "at about the age of the limit, the state is entered there without any target.",
    "An outage, a public holiday or a clean-up puts many cases into the state on one day. Then the "
    "day is the reason: see what share of the entries near the limit fall on one day.",
    "A warning that goes out before the limit makes people look at the case, and asking the "
    "customer may be the honest thing to do then. The limit causes that too.",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a clock with a limit reads, and what it would read without the parking near the limit.

    Attributes
    ----------
    kept : Estimate or Unknown
        Share within the limit, as the clock reads.
    without_parking : Estimate or Unknown
        The same if the clock had gone on in what was parked near the limit beyond what is expected
        there. Which single cases those are is not known; each near the limit counts in part.
    never_stopped : Estimate or Unknown
        The same if the clock never stopped: the customers' own time, and the least that it could
        read.
    """

    kept: Estimate | Unknown
    without_parking: Estimate | Unknown
    never_stopped: Estimate | Unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class ParkedCases:
    """Whether cases are parked because of a limit.

    Attributes
    ----------
    cases : int
    entries : NearLimit
        How often the state is entered, per hour of the running clock.
    time : NearLimit
        The share of all time, at that reading of the clock, that the clock stood still.
    reading : Reading
    on_one_day : float
        Share of the entries near the limit that fall on their busiest day, 0 to 1; NaN without any.
    caveats : tuple of str
    """

    cases: int
    entries: NearLimit
    time: NearLimit
    reading: Reading
    on_one_day: float
    caveats: tuple[str, ...]


def parked_cases(
    *,
    case: npt.ArrayLike,
    stops: npt.ArrayLike,
    begun_s: npt.ArrayLike,
    ended_s: npt.ArrayLike,
    limit_s: float,
    near_s: float | None = None,
    customer: npt.ArrayLike | None = None,
    closed: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> ParkedCases:
    """Is a state that stops the clock entered more often near the limit than on both sides of it?

    Parameters
    ----------
    case : array
        Whose stretch it is: any labels.
    stops : array of bool
        Whether the clock stands still in the stretch's state.
    begun_s, ended_s : array of float
        When the stretch began and ended, seconds since any instant. Stretches of one case must not
        overlap.
    limit_s : float
        The limit, seconds of the running clock.
    near_s : float, optional
        How near is near, seconds; a twentieth of the limit if left out. Where work follows the
        hours of the day and the limit is in days, take a whole number of days.
    customer : array, optional
        Whose case it is, for the intervals; each case is its own if left out.
    closed : array of bool, optional
        Whether the stretch belongs to a case that is closed; only those count in ``reading``. All
        do if left out.
    level : float
        Of the intervals, above 0 and below 1.

    Returns
    -------
    ParkedCases

    Raises
    ------
    QuestionError
        If columns differ in length, a stretch ends before it begins or begins before the last one
        of its case has ended, no state stops the clock, or no case comes near the limit.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> n = 4000
    >>> worked, waits = rng.uniform(1, 20, n) * 3600, rng.random(n) < 0.3
    >>> asked = worked * rng.random(n)
    >>> ends = np.stack([asked, asked + waits * 7200, worked + waits * 7200], axis=1)
    >>> found = parked_cases(
    ...     case=np.repeat(np.arange(n), 3),
    ...     stops=np.tile([False, True, False], n),
    ...     begun_s=np.column_stack([np.zeros(n), ends[:, :2]]).ravel(),
    ...     ended_s=ends.ravel(),
    ...     limit_s=8 * 3600,
    ... )
    >>> bool(found.entries.p_value > 0.05)
    True
    """
    near = width_of(limit_s, near_s)
    walk = _Walk.of(case, stops, begun_s, ended_s, customer, closed)
    at_entry = band_of(walk.clock_s, limit_s=limit_s, near_s=near)
    entries_band = np.where(walk.enters, at_entry, -1)
    running = _running(walk, limit_s=limit_s, near_s=near)
    every = np.tile(np.arange(BANDS), (len(walk.cluster), 1))
    cluster = np.repeat(walk.cluster, BANDS)
    exposed_s = grouped(cluster, every.ravel(), running.ravel())
    still_s = grouped(walk.cluster, np.where(walk.stops, at_entry, -1), walk.lasts_s)
    at_risk = _cases_in(walk.case, running > 0)
    refuse_no_sides(at_risk, limit_s=limit_s, near_s=near)
    entered = grouped(walk.cluster, entries_band, 1.0)
    return ParkedCases(
        cases=int(walk.case[-1]) + 1,
        entries=near_limit(
            entered,
            exposed_s / HOUR_S,
            at_risk,
            limit_s=limit_s,
            near_s=near,
            unit="per_h",
            level=level,
        ),
        time=near_limit(
            still_s, still_s + exposed_s, at_risk, limit_s=limit_s, near_s=near, level=level
        ),
        reading=_read(walk, at_entry, entered, exposed_s, limit_s=limit_s, level=level),
        on_one_day=_busiest(walk.begun_s[entries_band == NEAR]),
        caveats=_OTHER_REASONS,
    )


def readings(sums: Mapping[str, Floats], *, level: float) -> Reading:
    """What the clock reads with and without the parking, from sums over groups of customers.

    Parameters
    ----------
    sums : mapping of str to array
        ``y0`` to ``y6`` and ``x0`` to ``x6`` as for :func:`andon.goodhart.near_limit.near_limit`;
        ``finished``, how many came to an end; ``within`` and ``never``, how many of those within
        the limit by the clock, and if it never stopped; ``lost``, how many are within the limit and
        would not be if the clock had gone on in what was parked near the limit.
    level : float
    """
    each = Replicates(sums=sums)
    finished = round(each.total("finished"))

    def excess(total: Mapping[str, Floats]) -> Floats:
        near = total[f"y{NEAR}"]
        beyond = near - expected_near(total) * total[f"x{NEAR}"]
        part = np.clip(beyond / np.maximum(near, 1e-300), 0.0, 1.0)
        return np.asarray((total["within"] - part * total["lost"]) / total["finished"])

    def share(name: str) -> Estimate | Unknown:
        return each.estimate(
            lambda total: total[name] / total["finished"],
            unit="share",
            n=finished,
            level=level,
            least=0.0,
            most=1.0,
        )

    return Reading(
        kept=share("within"),
        without_parking=each.estimate(
            excess, unit="share", n=finished, level=level, least=0.0, most=1.0
        ),
        never_stopped=share("never"),
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Walk:
    """Stretches in order of case and time, each with the clock's reading when it begins."""

    case: Ints
    cluster: Ints
    stops: Bools
    begun_s: Floats
    lasts_s: Floats
    clock_s: Floats
    enters: Bools
    closed: Bools

    @classmethod
    def of(
        cls,
        case: npt.ArrayLike,
        stops: npt.ArrayLike,
        begun_s: npt.ArrayLike,
        ended_s: npt.ArrayLike,
        customer: npt.ArrayLike | None,
        closed: npt.ArrayLike | None,
    ) -> _Walk:
        labels, still = np.asarray(case), np.asarray(stops, dtype=bool)
        begun, ended = (np.asarray(each, dtype=np.float64) for each in (begun_s, ended_s))
        whose = labels if customer is None else np.asarray(customer)
        done = np.ones(labels.shape, dtype=bool) if closed is None else np.asarray(closed, bool)
        _check(labels, still, begun, ended, whose, done)
        number = np.unique(labels, return_inverse=True)[1].reshape(-1)
        order = np.lexsort((ended, begun, number))
        number, still, begun, ended = number[order], still[order], begun[order], ended[order]
        first = np.append(True, number[1:] != number[:-1])
        overlap = ~first[1:] & (begun[1:] < ended[:-1] - _SLACK_S)
        if overlap.any():
            i = int(np.argmax(overlap))
            raise QuestionError(
                "A case is in one state at a time.",
                found=f"case {labels[order][i]}: a stretch that begins {ended[i] - begun[i + 1]:g} "
                "s before the last one ends",
                todo="Let each stretch end where the next one begins.",
            )
        lasts = ended - begun
        ticked = np.where(still, 0.0, lasts)
        before = np.cumsum(ticked) - ticked
        clock = before - before[first][number]
        # Sums over all cases carry rounding; a clock that has just begun reads 0.
        clock[first] = 0.0
        return cls(
            case=number,
            cluster=np.unique(whose[order], return_inverse=True)[1].reshape(-1),
            stops=still,
            begun_s=begun,
            lasts_s=lasts,
            clock_s=clock,
            enters=still & (first | np.append(True, ~still[:-1])),
            closed=done[order],
        )


def _check(
    labels: npt.NDArray[np.generic],
    still: Bools,
    begun: Floats,
    ended: Floats,
    whose: npt.NDArray[np.generic],
    done: Bools,
) -> None:
    """Refuse stretches that are none."""
    sizes = {each.shape for each in (labels, still, begun, ended, whose, done)}
    if len(sizes) > 1 or labels.ndim != 1:
        raise QuestionError(
            "Stretches must be columns of one table.",
            found=f"shapes {sorted(sizes)}",
            todo="Give one case, state, beginning and end for each stretch.",
        )
    if not len(labels):
        raise QuestionError(
            "There is no case.", found="0 stretches", todo="Load the histories of cases."
        )
    bad = ~(np.isfinite(begun) & np.isfinite(ended)) | (ended < begun)
    if bad.any():
        i = int(np.argmax(bad))
        raise QuestionError(
            "A stretch must end, and not before it begins.",
            found=f"case {labels[i]}: from {begun[i]:g} to {ended[i]:g} s",
            todo="End what still runs when the data end, and say so with closed.",
        )
    if still.all() or not still.any():
        raise QuestionError(
            "The clock must stop in some stretches and run in others.",
            found=f"{int(still.sum()):,} of {len(still):,} stretches stop it",
            todo="Say which states stop the clock.",
        )


def _running(walk: _Walk, *, limit_s: float, near_s: float) -> Floats:
    """How long the clock runs through each band in each stretch, seconds."""
    ends = limit_s + (np.arange(BANDS + 1) - NEAR - 1) * near_s
    until = walk.clock_s + np.where(walk.stops, 0.0, walk.lasts_s)
    passed = np.clip(until[:, None], ends[:-1], ends[1:])
    return np.asarray(passed - np.clip(walk.clock_s[:, None], ends[:-1], ends[1:]))


def _cases_in(case: Ints, inside: Bools) -> Ints:
    """How many cases are at risk in each band."""
    return np.array([len(np.unique(case[inside[:, i]])) for i in range(BANDS)], dtype=np.int64)


def _busiest(begun_s: Floats) -> float:
    """The share of the busiest day."""
    if not len(begun_s):
        return math.nan
    counts = np.unique(np.floor(begun_s / DAY_S), return_counts=True)[1]
    return float(counts.max() / len(begun_s))


def _read(
    walk: _Walk,
    at_entry: Ints,
    entered: Floats,
    exposed_s: Floats,
    *,
    limit_s: float,
    level: float,
) -> Reading:
    """What the clock reads when a case closes, by groups of customers."""
    cases = int(walk.case[-1]) + 1
    clock = np.bincount(walk.case, np.where(walk.stops, 0.0, walk.lasts_s), cases)
    still = np.bincount(walk.case, np.where(walk.stops, walk.lasts_s, 0.0), cases)
    parked = walk.stops & (at_entry == NEAR)
    parked_s = np.bincount(walk.case, np.where(parked, walk.lasts_s, 0.0), cases)
    whose = np.zeros(cases, dtype=np.int64)
    whose[walk.case] = walk.cluster
    over = np.zeros(cases, dtype=bool)
    over[walk.case] = walk.closed
    within = over & (clock <= limit_s)
    groups = entered.shape[0]

    def counted(which: Bools) -> Floats:
        return np.bincount(whose % groups, which, groups).astype(np.float64)

    return readings(
        {
            **{f"y{i}": entered[:, i] for i in range(BANDS)},
            **{f"x{i}": exposed_s[:, i] for i in range(BANDS)},
            "finished": counted(over),
            "within": counted(within),
            "never": counted(over & (clock + still <= limit_s)),
            "lost": counted(within & (clock + parked_s > limit_s)),
        },
        level=level,
    )
