"""What happens near a limit, beyond what happens on both sides of it.

A clock (time open, talk time, time at work on a case) is cut into seven bands of one width: the
band that ends at the limit, three before it and three after it. What is done at a certain reading
of the clock may rise and fall with the reading for many good reasons; but a good reason does not
know where the limit is. So a parabola through the six bands around says what the band at the limit
would show, and what it shows beyond that belongs to the limit.

The parabola runs through the logarithm of the rate (quasi-likelihood with a log link, Wedderburn
1974, `doi:10.1093/biomet/61.3.439 <https://doi.org/10.1093/biomet/61.3.439>`_), or through the rate
itself where it can be negative. Intervals come from leaving out one group of customers at a time.
Where the six bands do not lie on a parabola, by more than chance does, nothing is said: what they
would be in their middle is then not known. Rates are compared and not counts, so heaping of the
clock on round numbers does no harm while each band holds some.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.ledger.replicates import MANY, Replicates
from andon.units import Unit, spoken

__all__ = [
    "BANDS",
    "NEAR",
    "Band",
    "Beyond",
    "NearLimit",
    "band_of",
    "beyond_own",
    "expected_near",
    "grouped",
    "near_limit",
    "refuse_no_sides",
    "width_of",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NEAR: Final = 3
"""Which band ends at the limit; as many lie before it, and as many after it."""
BANDS: Final = 2 * NEAR + 1
_FEWEST_NEAR: Final = 30
_FEWEST_AROUND: Final = 100
"""Contacts in the band at the limit, and around it, below which nothing is said."""
_FEWEST_OWN: Final = 30
"""The same for one advisor, in the band and around it."""
_FEWEST_CUSTOMERS: Final = 10
_FEWEST_CUSTOMERS_NEAR: Final = 3
"""Groups of customers to whom it happens at all, and near the limit, below which no interval can
be trusted: of nothing seen, leaving out one at a time would make a certainty."""
_DEFAULT_WIDTH: Final = 0.05
_WIDEST: Final = 0.125
"""Of the limit. Near 0 of a clock everything is different, and the bands should not reach there."""
_NO_PARABOLA: Final = 0.01
"""A misfit that chance makes so seldom is one."""
_ROUNDS: Final = 30
_LONGEST_STEP: Final = 2.0
_SETTLED: Final = 1e-9
_RIDGE: Final = 1e-12
"""Keeps a system soluble where nothing happens in some bands; it does not move the solution."""
_STEPS: Final = np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0])
_DESIGN: Final = _STEPS[:, None] ** np.arange(3)
_SQUARES: Final = (_DESIGN[:, :, None] * _DESIGN[:, None, :]).reshape(len(_STEPS), 9)
_AROUND: Final = np.array([0, 1, 2, 4, 5, 6])


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """One band of the clock, for the chart.

    Attributes
    ----------
    above_s, up_to_s : float
        Its ends, seconds; the upper one belongs to it.
    n : int
        Contacts or cases in it.
    rate : float
        What happens in it; NaN where it is empty.
    """

    above_s: float
    up_to_s: float
    n: int
    rate: float


@dataclass(frozen=True, kw_only=True, slots=True)
class NearLimit:
    """What happens in the band that ends at a limit, and what would without the limit.

    Attributes
    ----------
    limit_s, near_s : float
        The limit, and the width of each band, seconds of the clock.
    n : int
        Contacts or cases in the seven bands, one in several bands counted in each.
    n_near : int
        Of those, in the band at the limit.
    near : Estimate or Unknown
        The rate in that band.
    expected : Estimate or Unknown
        The rate that the bands around it lead one to expect there.
    excess : Estimate or Unknown
        ``near`` less ``expected``, in the same unit: the size of the effect; 0 without one.
    step : Estimate or Unknown
        ``near`` less the rate in the first band after the limit, whatever the trend is.
    p_value : float
        How often chance alone would show so much more than expected; NaN where unknown.
    misfit : float
        How often chance alone would leave the bands around so far from a parabola; where below
        0.01, ``expected`` and ``excess`` are unknown. NaN where it cannot be told.
    bands : tuple of Band
    """

    limit_s: float
    near_s: float
    n: int
    n_near: int
    near: Estimate | Unknown
    expected: Estimate | Unknown
    excess: Estimate | Unknown
    step: Estimate | Unknown
    p_value: float
    misfit: float
    bands: tuple[Band, ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Beyond:
    """Of each of several people, what they do near a limit beyond what they do around it.

    Attributes
    ----------
    near, own, excess, half : array of float
        The rate in the band at the limit, the rate expected from their own bands around it, the
        difference, and half the width of its interval; NaN where it could not be tested.
    p : array of float
        One-sided p-values, not yet controlled for how many were tested; NaN likewise.
    """

    near: Floats
    own: Floats
    excess: Floats
    half: Floats
    p: Floats


def width_of(limit_s: float, near_s: float | None) -> float:
    """The width of a band: as given, else a twentieth of the limit.

    Raises
    ------
    QuestionError
        If the limit is not above 0, or the bands are wider than an eighth of it.
    """
    if not (limit_s > 0 and math.isfinite(limit_s)):
        raise QuestionError(
            "A limit must be a number of seconds above 0.",
            found=f"limit_s: {limit_s!r}",
            todo="Give the limit that people work to, such as 600 for ten minutes.",
        )
    near = limit_s * _DEFAULT_WIDTH if near_s is None else near_s
    if not 0 < near <= limit_s * _WIDEST:
        raise QuestionError(
            "Near the limit must be above 0 seconds and at most an eighth of the limit.",
            found=f"near_s: {near:g}, limit_s: {limit_s:g}",
            todo=f"Use for example near_s={limit_s * _DEFAULT_WIDTH:g}.",
        )
    return near


def band_of(clock_s: npt.ArrayLike, *, limit_s: float, near_s: float) -> Ints:
    """The band of each reading of the clock, 0 to 6; -1 below them all and 7 above.

    Examples
    --------
    >>> band_of([470.0, 571.0, 600.0, 600.1, 690.0, 900.0], limit_s=600, near_s=30).tolist()
    [-1, 3, 3, 4, 6, 7]
    """
    place = np.ceil((np.asarray(clock_s, dtype=np.float64) - limit_s) / near_s) + NEAR
    found: Ints = np.clip(place, -1, BANDS).astype(np.int64)
    return found


def grouped(cluster: Ints, band: Ints, amount: npt.ArrayLike) -> Floats:
    """Add amounts up by random group of clusters and by band, for :func:`near_limit`."""
    of = np.unique(cluster, return_inverse=True)[1].reshape(-1)
    groups = min(MANY, int(of.max(initial=0)) + 1)
    inside = (band >= 0) & (band < BANDS)
    cells = (of % groups)[inside] * BANDS + band[inside]
    values = np.broadcast_to(np.asarray(amount, dtype=np.float64), band.shape)[inside]
    added: Floats = np.bincount(cells, values, groups * BANDS).astype(np.float64)
    return added.reshape(groups, BANDS)


def refuse_no_sides(n: npt.ArrayLike, *, limit_s: float, near_s: float) -> None:
    """Refuse in words where the bands around a limit cannot say what it does.

    Parameters
    ----------
    n : array of int, shape (7,)
        How many lie in each band.

    Raises
    ------
    QuestionError
        If nothing lies on one side of the limit, or the bands are finer than the clock.
    """
    counts = np.asarray(n, dtype=np.int64)
    before, near, after = counts[:NEAR].sum(), counts[NEAR], counts[NEAR + 1 :].sum()
    if not before or not after:
        alike = near and not before and not after
        raise QuestionError(
            "There is nothing to compare with on one side of the limit.",
            found=f"limit {spoken(limit_s, 's')}: {before:,} within {spoken(NEAR * near_s, 's')} "
            f"before, {near:,} near, {after:,} within {spoken(NEAR * near_s, 's')} after",
            todo="Durations are all alike, or recorded in coarser steps than near_s: give a near_s "
            "of at least such a step."
            if alike
            else "Give a limit inside the data, or a larger near_s. Where durations are rounded to "
            "steps wider than an eighth of the limit, this cannot be told.",
        )
    empty = int(np.count_nonzero(counts == 0))
    if empty and before + near + after >= _FEWEST_NEAR + _FEWEST_AROUND:
        raise QuestionError(
            "The bands are finer than the clock is recorded.",
            found=f"{empty} of {BANDS} bands of {spoken(near_s, 's')} are empty, and the "
            "others are not",
            todo="Give a near_s of at least the step in which durations are rounded.",
        )


def near_limit(
    y: Floats,
    x: Floats,
    n: npt.ArrayLike,
    *,
    limit_s: float,
    near_s: float,
    unit: Unit = "share",
    signed: bool = False,
    whose: str = "",
    level: float = 0.95,
) -> NearLimit:
    """Compare what happens in the band at a limit with what the bands around it lead to expect.

    Parameters
    ----------
    y, x : array of float, shape (groups, 7)
        By random group of customers and band: what happens, and out of what. Their ratio is the
        rate.
    n : array of int, shape (7,)
        Contacts or cases in each band.
    limit_s, near_s : float
        The limit and the width of a band, seconds of the clock.
    unit : Unit
        Of the rate.
    signed : bool
        Whether rates can be negative; the parabola then runs through them, else their logarithms.
    whose : str
        Which of the contacts count, where not all do, in words that go after their number.
    level : float
        Of the intervals, above 0 and below 1.

    Returns
    -------
    NearLimit
        With figures unknown where fewer than 30 lie near the limit or 100 around it, or it happens
        to fewer than 10 groups, or fewer than 3 near the limit.

    Examples
    --------
    >>> x = np.full((40, 7), 50.0)
    >>> y = 0.2 * x + np.random.default_rng(1).normal(0, 2, x.shape)
    >>> y[:, NEAR] += 10
    >>> print(near_limit(y, x, x.sum(axis=0), limit_s=600, near_s=30).excess)
    20.0 % (18.2 to 21.9 %)
    """
    if not 0 < level < 1:
        raise QuestionError(
            "A level must lie between 0 and 1.",
            found=f"level: {level!r}",
            todo="Use 0.95 for intervals that hold the truth in 95 of 100 cases.",
        )
    counts = np.asarray(n, dtype=np.float64)
    many, many_near = int(counts.sum()), int(counts[NEAR])
    sums = Replicates(
        sums={
            **{f"y{i}": y[:, i] for i in range(BANDS)},
            **{f"x{i}": x[:, i] for i in range(BANDS)},
        }
    )
    total_y, total_x = y.sum(axis=0), x.sum(axis=0)
    bands = tuple(
        Band(
            above_s=limit_s + (i - NEAR - 1) * near_s,
            up_to_s=limit_s + (i - NEAR) * near_s,
            n=int(counts[i]),
            rate=float(total_y[i] / total_x[i]) if total_x[i] else math.nan,
        )
        for i in range(BANDS)
    )
    groups = int(np.count_nonzero((x != 0).any(axis=1) | (y != 0).any(axis=1)))
    few = _too_few(many, many_near, total_x, y, unit, whose)

    misfit = math.nan if few else _misfit(y, x, signed=signed)
    unfit = few
    if misfit < _NO_PARABOLA:
        unfit = Unknown(
            unit=unit,
            why="what is around the limit follows no smooth curve, so the limit's part is not told",
            needs="narrower bands, or wider ones that take in whole days and whole steps",
        )

    def expected(each: Mapping[str, Floats]) -> Floats:
        return expected_near(each, signed=signed)

    def figure(rate: Callable[[Mapping[str, Floats]], Floats]) -> Estimate | Unknown:
        return unfit or sums.estimate(rate, unit=unit, n=many, level=level)

    excess = figure(lambda each: _near(each) - expected(each))
    return NearLimit(
        limit_s=limit_s,
        near_s=near_s,
        n=many,
        n_near=many_near,
        near=few or sums.estimate(_near, unit=unit, n=many_near, level=level),
        expected=figure(expected),
        excess=excess,
        step=few
        or sums.estimate(
            lambda each: _near(each) - each[f"y{NEAR + 1}"] / each[f"x{NEAR + 1}"],
            unit=unit,
            n=many,
            level=level,
        ),
        misfit=misfit,
        p_value=_chance(excess, groups, level=level),
        bands=bands,
    )


def _too_few(many: int, near: int, x: Floats, y: Floats, unit: Unit, whose: str) -> Unknown | None:
    if near < _FEWEST_NEAR or many - near < _FEWEST_AROUND or (x <= 0).any():
        return Unknown(
            unit=unit,
            why=f"only {near:,} near the limit and {many - near:,} around it {whose}".rstrip(),
            needs=f"{_FEWEST_NEAR} near the limit and {_FEWEST_AROUND} around it, in every band",
        )
    happens = y != 0
    to, to_near = int(happens.any(axis=1).sum()), int(happens[:, NEAR].sum())
    if to < _FEWEST_CUSTOMERS or to_near < _FEWEST_CUSTOMERS_NEAR:
        return Unknown(
            unit=unit,
            why=f"it happens to {to:,} groups of customers, to {to_near:,} of them near the limit",
            needs=f"{_FEWEST_CUSTOMERS}, and {_FEWEST_CUSTOMERS_NEAR} of them near the limit",
        )
    return None


def _near(each: Mapping[str, Floats]) -> Floats:
    return each[f"y{NEAR}"] / each[f"x{NEAR}"]


def expected_near(each: Mapping[str, Floats], *, signed: bool = False) -> Floats:
    """The rate at the limit by a parabola through the rates around it, weighted by their base.

    Parameters
    ----------
    each : mapping of str to array
        Totals ``y0`` to ``y6`` and ``x0`` to ``x6``, of one length.
    signed : bool
        Whether rates can be negative; the parabola then runs through them, else their logarithms.
    """
    return _parabola(*_around(each), signed=signed)[1]


def _around(each: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    y, x = (np.stack([each[f"{name}{i}"] for i in _AROUND], axis=-1) for name in "yx")
    return y, x


def _parabola(y: Floats, x: Floats, *, signed: bool) -> tuple[Floats, Floats]:
    """The rates by the parabola in the bands around, shape (rows, 6), and in the middle."""
    if signed or not y.any():
        # Weights are the bases, so what is weighed against the design is y itself.
        squares = np.einsum("gi,ij,ik->gjk", x, _DESIGN, _DESIGN)
        moments = np.einsum("gi,ij->gj", y, _DESIGN)[..., None]
        found = (np.linalg.pinv(squares, hermitian=True) @ moments)[..., 0]
        return found @ _DESIGN.T, found[:, 0]
    whole = np.array([[math.log(y.sum() / x.sum()), 0.0, 0.0]])
    if len(y) > 1:  # all rows are nearly alike: begin where their sum ends
        whole = _newton(y.sum(axis=0)[None], x.sum(axis=0)[None], whole)
    beta = _newton(y, x, np.repeat(whole, len(y), axis=0))
    return np.exp(beta @ _DESIGN.T), np.exp(beta[:, 0])


def _newton(y: Floats, x: Floats, beta: Floats) -> Floats:
    """The coefficients at which the score of the quasi-likelihood is 0, row by row."""
    for _ in range(_ROUNDS):
        fitted = x * np.exp(beta @ _DESIGN.T)
        squares = (fitted @ _SQUARES).reshape(-1, 3, 3)
        squares += _RIDGE * fitted.sum(axis=1)[:, None, None] * np.eye(3)
        step = np.linalg.solve(squares, ((y - fitted) @ _DESIGN)[..., None])[..., 0]
        size = np.abs(step).max(axis=1, keepdims=True)
        beta = beta + step * np.minimum(1.0, _LONGEST_STEP / np.maximum(size, 1e-300))
        if size.max() < _SETTLED:
            break
    return beta


def _misfit(y: Floats, x: Floats, *, signed: bool) -> float:
    """How often chance alone leaves rates so far from a parabola, by leaving out one group at a
    time.

    Six bands less three coefficients leave three contrasts, on which Hotelling's test is made.
    """
    present = (y != 0).any(axis=1) | (x != 0).any(axis=1)
    y, x = y[present][:, _AROUND], x[present][:, _AROUND]
    groups, free = len(y), len(_STEPS) - 3
    if groups <= free + 1:
        return math.nan
    all_y, all_x = (np.vstack([each.sum(axis=0), each.sum(axis=0) - each]) for each in (y, x))
    left = all_y / all_x - _parabola(all_y, all_x, signed=signed)[0]
    apart = left[1:] - left[1:].mean(axis=0)
    spread, axes = np.linalg.eigh(apart.T @ apart * (groups - 1) / groups)
    if spread[free] <= 0:
        return math.nan
    squared = float((((axes.T @ left[0])[-free:]) ** 2 / spread[-free:]).sum())
    freedom = groups - free
    return float(special.fdtrc(free, freedom, squared * freedom / (free * (groups - 1))))


def _chance(excess: Estimate | Unknown, groups: int, *, level: float) -> float:
    """The one-sided p-value that belongs to a symmetric interval of Student's t."""
    if not isinstance(excess, Estimate) or excess.high <= excess.low:
        return math.nan
    error = (excess.high - excess.low) / 2 / float(special.stdtrit(groups - 1, 0.5 + level / 2))
    return float(special.stdtr(groups - 1, -excess.value / error))


def beyond_own(
    n: Ints,
    y: Floats,
    x: Floats,
    yy: Floats,
    yx: Floats,
    xx: Floats,
    *,
    level: float = 0.95,
) -> Beyond:
    """Compare what each of several people does near a limit with what they do around it.

    Each is held against their own bands around the limit, never against others: somebody who parks
    often whatever the clock says does not stand out. How the rate changes from band to band is
    taken from all of them together.

    Parameters
    ----------
    n, y, x, yy, yx, xx : array, shape (people, 7)
        By person and band: contacts, and sums over them of what happens, of its base, and of their
        products of two.
    level : float
        Of the intervals, above 0 and below 1.
    """
    around_n, around_x = n[:, _AROUND].sum(axis=1), x[:, _AROUND].sum(axis=1)
    near_n, near_x = n[:, NEAR], x[:, NEAR]
    usual = y[:, _AROUND].sum() / max(x[:, _AROUND].sum(), 1e-300)
    totals = {f"y{i}": np.array([y[:, i].sum()]) for i in range(BANDS)}
    totals |= {f"x{i}": np.array([x[:, i].sum()]) for i in range(BANDS)}
    shape = max(float(expected_near(totals)[0] / usual), 0.0) if usual > 0 else 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        around = y[:, _AROUND].sum(axis=1) / around_x
        own = shape * around
        near = y[:, NEAR] / near_x
        spread = yy[:, NEAR] - 2 * near * yx[:, NEAR] + near**2 * xx[:, NEAR]
        sides = tuple(part[:, _AROUND].sum(axis=1) for part in (yy, yx, xx))
        spread_around = sides[0] - 2 * around * sides[1] + around**2 * sides[2]
        variance = spread / near_x**2 * near_n / (near_n - 1) + shape**2 * (
            spread_around / around_x**2 * around_n / (around_n - 1)
        )
        error = np.sqrt(variance)
        t = (near - own) / error
    tested = (near_n >= _FEWEST_OWN) & (around_n >= _FEWEST_OWN) & (variance > 0)
    freedom = np.maximum(near_n - 1, 1)
    blank = np.full(len(n), np.nan)
    return Beyond(
        near=np.where(tested, near, blank),
        own=np.where(tested, own, blank),
        excess=np.where(tested, near - own, blank),
        half=np.where(tested, special.stdtrit(freedom, 0.5 + level / 2) * error, blank),
        p=np.where(tested, special.stdtr(freedom, -np.where(tested, t, 0.0)), blank),
    )
