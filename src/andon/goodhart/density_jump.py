"""A jump in a density: does the number of contacts break off at a cutoff?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt
from numpy.polynomial import hermite_e
from scipy import special

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.goodhart.tally import Tally, tally

__all__ = ["Belongs", "DensityJump", "Kernel", "density_jump"]

Kernel = Literal["triangular", "uniform"]
"""How much contacts count by how near they are to the cutoff."""
Belongs = Literal["above", "below"]
"""The side that a value on the cutoff itself belongs to."""

_Floats = npt.NDArray[np.float64]
_FEWEST: Final = 20
"""Contacts, and distinct values, that each side's window must hold beyond the polynomial's own."""
_DEGREES: Final = range(1, 6)
_DISTINCT: Final = 10
"""With fewer distinct values on a side, rounding and not the density shapes the fit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DensityJump:
    """How much a density jumps at a cutoff.

    Attributes
    ----------
    cutoff : float
        In the values' unit.
    below, above : Estimate
        The density just below and just above: share of contacts per unit of value.
    jump : Estimate
        ``above`` less ``below``.
    times : Estimate or Unknown
        ``above`` over ``below``: 1 where nothing happens. Unknown where ``below`` may be 0.
    t : float
        The jump over its standard error.
    p : float
        How often a jump this large, in either direction, comes by chance where there is none.
    bandwidth : tuple of float
        How far below and above the cutoff contacts were looked at, in the values' unit.
    inside : tuple of int
        How many contacts that was.
    n : int
        Contacts in all.
    """

    cutoff: float
    below: Estimate
    above: Estimate
    jump: Estimate
    times: Estimate | Unknown
    t: float
    p: float
    bandwidth: tuple[float, float]
    inside: tuple[int, int]
    n: int


def density_jump(
    values: npt.ArrayLike,
    counts: npt.ArrayLike | None = None,
    *,
    cutoff: float,
    belongs: Belongs = "above",
    degree: int = 2,
    kernel: Kernel = "triangular",
    bandwidth: tuple[float, float] | None = None,
    level: float = 0.95,
) -> DensityJump | Unknown:
    """Does the density of the values jump at ``cutoff``, and by how much?

    The distribution function is fitted on each side by a local polynomial, whose slope is the
    density (Cattaneo, Jansson and Ma 2020, *Simple local polynomial density estimators*,
    https://doi.org/10.1080/01621459.2019.1635480). The bandwidth is the one for ``degree``; the fit
    is of one degree more, so that the bias left is small against the interval.

    Parameters
    ----------
    values : array_like
        Measured values; or distinct ones where ``counts`` is given.
    counts : array_like, optional
        How often each value was seen, or a row of that for each group (a day, an advisor). With
        groups the interval is that of groups drawn at random, and not of contacts.
    cutoff : float
        Where the jump may be, in the values' unit.
    belongs : {"above", "below"}
        The side that a value on the cutoff itself belongs to.
    degree : int
        Of the polynomial for which the bandwidth is best, 1 to 5.
    kernel : {"triangular", "uniform"}
    bandwidth : tuple of float, optional
        How far to look below and above, in the values' unit; chosen for the least mean squared
        error of the jump, left out: the middle one of three (for one side, the sum, the jump).
    level : float
        Of the intervals, above 0 and below 1.

    Returns
    -------
    DensityJump or Unknown
        Unknown where either side holds too few contacts or too few distinct values to tell.

    Raises
    ------
    QuestionError
        If a value, a count or an option cannot be used.

    Notes
    -----
    With ``z_j`` the kernel-weighted row of contact *j*, the estimate is a slope of
    ``S**-1 (1/n) sum_j z_j F(x_j)``. A contact *i* moves F at all values from its own upwards, so
    its influence is ``S**-1 (1/n) sum_{j: x_j >= x_i} z_j``: one sum from the top down, nothing for
    contacts outside the window. Contacts at one value share it, so that counts are enough.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> found = density_jump(rng.lognormal(5, 0.8, 5_000), cutoff=200)
    >>> found.p > 0.05, found.times.low < 1 < found.times.high
    (True, True)
    """
    _check(cutoff, belongs, degree, kernel, bandwidth, level)
    seen = tally(values, counts)
    if seen.grouped and len(seen.counts) < 2:
        return Unknown(unit="ratio", why="there is one group only", needs="two groups or more")
    away = _Away.of(seen, cutoff, belongs)
    short = away.too_few(degree)
    if short is not None:
        return short
    turned = belongs == "below"
    if bandwidth is None:
        reach = _bandwidth(away, degree, kernel)
    else:
        reach = bandwidth[::-1] if turned else bandwidth
    inside = tuple(away.inside(side, h) for side, h in zip(_SIDES, reach, strict=True))
    for mine, h in zip(inside, reach, strict=True):
        if int(mine.sum()) < _DISTINCT + degree:
            return _coarse(int(mine.sum()), h)
    slopes = _slopes(away, reach, degree=degree + 1, order=1, kernel=kernel)
    low, high = (round(float(away.weights[mine].sum())) for mine in inside)
    return _result(
        away,
        slopes.turned() if turned else slopes,
        cutoff=cutoff,
        bandwidth=reach[::-1] if turned else reach,
        inside=(high, low) if turned else (low, high),
        level=level,
        grouped=seen.grouped,
    )


_SIDES: Final = (-1, 1)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Away:
    """Distinct values as distances from the cutoff, 0 and more above it, with their counts."""

    at: _Floats
    groups: _Floats
    weights: _Floats
    share: _Floats
    """Of the other contacts, how many lie at or below each value."""
    n: float

    @classmethod
    def of(cls, seen: Tally, cutoff: float, belongs: Belongs) -> _Away:
        # A value on the cutoff counts as above; for the other rule the axis is turned round.
        turned = belongs == "below"
        at = (cutoff - seen.values)[::-1] if turned else seen.values - cutoff
        groups = seen.counts[:, ::-1] if turned else seen.counts
        weights = groups.sum(axis=0)
        n = float(weights.sum())
        return cls(
            at=at,
            groups=groups,
            weights=weights,
            share=(weights.cumsum() - 1) / max(n - 1, 1.0),
            n=n,
        )

    def inside(self, side: int, reach: float) -> npt.NDArray[np.bool_]:
        if side < 0:
            return np.asarray((self.at < 0) & (self.at >= -reach))
        return np.asarray((self.at >= 0) & (self.at <= reach))

    def too_few(self, degree: int) -> Unknown | None:
        for side in _SIDES:
            mine = self.inside(side, math.inf)
            contacts, distinct = float(self.weights[mine].sum()), int(mine.sum())
            if contacts < _FEWEST + degree + 1:
                return Unknown(
                    unit="ratio",
                    why=f"only {contacts:,.0f} contact"
                    f"{' lies' if contacts == 1 else 's lie'} on one side of the cutoff",
                    needs=f"at least {_FEWEST + degree + 1} contacts on each side",
                )
            if distinct < _DISTINCT + degree:
                return _coarse(distinct, None)
        return None

    def least(self, side: int, degree: int) -> float:
        """How far one must look to meet enough contacts and enough distinct values."""
        mine = self.inside(side, math.inf)
        far, held = np.abs(self.at[mine]), self.weights[mine]
        order = np.argsort(far)
        far, met = far[order], held[order].cumsum()
        wanted = _FEWEST + degree + 1
        by_count = far[min(int(np.searchsorted(met, wanted)), far.size - 1)]
        by_value = far[min(wanted, far.size) - 1]
        return float(max(by_count, by_value))


def _coarse(distinct: int, reach: float | None) -> Unknown:
    where = "on one side of the cutoff" if reach is None else f"within {reach:.4g} of the cutoff"
    return Unknown(
        unit="ratio",
        why=f"only {distinct} distinct values lie {where}: rounding hides the density",
        needs="values that are rounded less, or a question put to counts in steps (bunching)",
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Slopes:
    """A derivative on each side of the cutoff, with what one contact adds to each."""

    below: float
    above: float
    of_below: _Floats
    of_above: _Floats

    def turned(self) -> _Slopes:
        return _Slopes(
            below=self.above,
            above=self.below,
            of_below=self.of_above,
            of_above=self.of_below,
        )


def _weight(u: _Floats, kernel: Kernel) -> _Floats:
    return 1 - np.abs(u) if kernel == "triangular" else np.full(u.shape, 0.5)


def _slopes(
    away: _Away, reach: tuple[float, float], *, degree: int, order: int, kernel: Kernel
) -> _Slopes:
    """The ``order``-th derivative of the distribution function on both sides."""
    found: list[float] = []
    added: list[_Floats] = []
    for side, h in zip(_SIDES, reach, strict=True):
        mine = away.inside(side, h)
        u = away.at[mine] / h
        powers = u[:, None] ** np.arange(degree + 1)
        z = powers * (_weight(u, kernel) * away.weights[mine] / h)[:, None]
        scale = math.factorial(order) / h**order
        row = np.linalg.solve(powers.T @ z / away.n, np.eye(degree + 1)[order]) * scale
        found.append(float(row @ (z.T @ away.share[mine])) / away.n)
        each = np.zeros(away.at.size)
        each[mine] = (z @ row)[::-1].cumsum()[::-1] / (away.n - 1)
        added.append(each)
    return _Slopes(below=found[0], above=found[1], of_below=added[0], of_above=added[1])


def _bandwidth(away: _Away, degree: int, kernel: Kernel) -> tuple[float, float]:
    """How far to look for the least mean squared error, sections 3 and 4 of the paper.

    A normal density gives the two windows in which the bias's derivative and the variance are
    estimated; of the best ones for one side, for the sum and for the jump the middle one is taken.
    """
    mean = float(away.weights @ away.at) / away.n
    spread = math.sqrt(float(away.weights @ (away.at - mean) ** 2) / (away.n - 1))
    furthest = float(np.abs(away.at).max())
    least = tuple(away.least(side, degree) for side in _SIDES)

    def window(wanted: float) -> tuple[float, float]:
        return (
            max(min(wanted, furthest), least[0]),
            max(min(wanted, furthest), least[1]),
        )

    middle = window(_reference(mean, spread, away.n, degree=degree, order=1))
    wide = window(_reference(mean, spread, away.n, degree=degree + 2, order=degree + 1))
    curved = _slopes(away, wide, degree=degree + 2, order=degree + 1, kernel=kernel)
    straight = _slopes(away, middle, degree=degree, order=1, kernel=kernel)
    constant = _bias(degree, kernel)
    bias = {"below": curved.below * constant * (-1) ** degree, "above": curved.above * constant}
    bias |= {"jump": bias["above"] - bias["below"], "sum": bias["above"] + bias["below"]}
    influence = {
        "below": straight.of_below,
        "above": straight.of_above,
        "jump": straight.of_above - straight.of_below,
        "sum": straight.of_above + straight.of_below,
    }

    def best(what: str, reach: float) -> float:
        # The variance falls as 1 / h: what one window shows holds for all once times its reach.
        variance = reach * float(away.weights @ influence[what] ** 2) / away.n**2
        squared = 2 * degree * bias[what] ** 2
        if squared <= 0:
            return furthest
        return float(min((variance / squared) ** (1 / (2 * degree + 1)), furthest))

    jump, total = (best(what, sum(middle) / 2) for what in ("jump", "sum"))
    below, above = (
        float(np.median([best(what, reach), jump, total]))
        for what, reach in zip(("below", "above"), middle, strict=True)
    )
    return max(below, least[0]), max(above, least[1])


def _reference(mean: float, spread: float, n: float, *, degree: int, order: int) -> float:
    """The best window for a derivative at 0 of a normal distribution function, uniform kernel."""
    z = mean / spread
    hermite = hermite_e.hermeval(z, [0.0] * degree + [1.0])
    at_zero = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    powers = np.arange(degree + 1)
    moments = 1 / (powers[:, None] + powers + 1.0)
    row = np.linalg.solve(moments, np.eye(degree + 1)[order]) * math.factorial(order)
    i, j = powers[:, None], powers
    least = 1 / ((i + 2) * (i + j + 3)) + 1 / ((j + 2) * (i + j + 3))  # integral of min(u, v)
    variance = float(row @ least @ row)
    bias = float(row @ (1 / (powers + degree + 2.0))) / math.factorial(degree + 1)
    lead = degree + 1 - order  # the power of h in the bias
    steep = (2 * order - 1) / (2 * lead)
    squared = bias**2 * float(hermite) ** 2 * at_zero
    if squared <= 0:
        return math.inf
    return float(spread * (steep * variance / squared / n) ** (1 / (2 * lead + 2 * order - 1)))


def _bias(degree: int, kernel: Kernel) -> float:
    """The slope's leading bias over ``h**degree`` times the next derivative, above the cutoff."""
    powers = np.arange(2 * degree + 2)
    moments = (
        1 / (powers + 1.0) - 1 / (powers + 2.0) if kernel == "triangular" else 0.5 / (powers + 1.0)
    )
    own = np.arange(degree + 1)
    matrix = moments[own[:, None] + own]
    return float(np.linalg.solve(matrix, moments[own + degree + 1])[1]) / math.factorial(degree + 1)


def _result(
    away: _Away,
    slopes: _Slopes,
    *,
    cutoff: float,
    bandwidth: tuple[float, float],
    inside: tuple[int, int],
    level: float,
    grouped: bool,
) -> DensityJump | Unknown:
    groups = len(away.groups)
    freedom = groups - 1.0 if grouped else math.inf
    method = "local polynomial density" + (f", {groups:,} groups" if grouped else "")
    n = round(away.n)

    def error(influence: _Floats, value: float) -> float:
        if not grouped:
            return float(np.sqrt(away.weights @ influence**2)) / away.n
        sums = away.groups @ (influence - value)
        return math.sqrt(groups / (groups - 1) * float(sums @ sums)) / away.n

    tail = 0.5 + level / 2
    quantile = float(special.stdtrit(freedom, tail) if grouped else special.ndtri(tail))

    def estimate(value: float, spread: float, *, least: float = -math.inf) -> Estimate:
        return Estimate(
            value=value,
            low=min(value, max(least, value - quantile * spread)),
            high=value + quantile * spread,
            unit="ratio",
            n=n,
            method=method,
            level=level,
        )

    below, above = slopes.below, slopes.above
    of_below, of_above = slopes.of_below, slopes.of_above
    spread = error(of_above - of_below, above - below)
    if spread <= 0:
        return Unknown(
            unit="ratio",
            why="the contacts near the cutoff do not vary",
            needs="contacts with different values, from more than one group",
        )
    t = (above - below) / spread
    ends = _fieller(
        above,
        below,
        va=error(of_above, above) ** 2,
        vb=error(of_below, below) ** 2,
        both=spread**2,
        quantile=quantile,
    )
    times: Estimate | Unknown
    if ends is None:
        times = Unknown(
            unit="ratio",
            why="so few contacts lie just below the cutoff that it may be none",
            needs="more contacts just below the cutoff",
        )
    else:
        value = max(0.0, above / below)
        times = Estimate(
            value=value,
            low=min(value, max(0.0, ends[0])),
            high=max(value, ends[1]),
            unit="ratio",
            n=n,
            method=method + ", Fieller's interval",
            level=level,
        )
    two_sided = special.stdtr(freedom, -abs(t)) if grouped else special.ndtr(-abs(t))
    return DensityJump(
        cutoff=cutoff,
        below=estimate(below, error(of_below, below), least=0.0),
        above=estimate(above, error(of_above, above), least=0.0),
        jump=estimate(above - below, spread),
        times=times,
        t=t,
        p=float(2 * two_sided),
        bandwidth=bandwidth,
        inside=inside,
        n=n,
    )


def _fieller(
    above: float, below: float, *, va: float, vb: float, both: float, quantile: float
) -> tuple[float, float] | None:
    """Ratios r for which ``above - r below`` could be 0; None where they have no end.

    Fieller 1954, *Some problems in interval estimation*. ``both`` is the difference's variance.
    """
    cov = (va + vb - both) / 2
    a = below**2 - quantile**2 * vb
    if below <= 0 or a <= 0:
        return None
    b = above * below - quantile**2 * cov
    c = above**2 - quantile**2 * va
    root = math.sqrt(max(0.0, b * b - a * c))
    return (b - root) / a, (b + root) / a


def _check(
    cutoff: float,
    belongs: Belongs,
    degree: int,
    kernel: Kernel,
    bandwidth: tuple[float, float] | None,
    level: float,
) -> None:
    for holds, wrong, found, todo in (
        (
            math.isfinite(cutoff),
            "A cutoff must be a finite number.",
            f"cutoff: {cutoff!r}",
            "Give the target or limit, in the values' unit.",
        ),
        (
            belongs in get_args(Belongs),
            "A value on the cutoff belongs above it or below it.",
            f"belongs: {belongs!r}",
            "Use 'below' where the cutoff itself still meets the target.",
        ),
        (
            degree in _DEGREES,
            "The polynomial cannot be of that degree.",
            f"degree: {degree!r}",
            "Use 2, or another whole number from 1 to 5.",
        ),
        (
            kernel in get_args(Kernel),
            "There is no such kernel.",
            f"kernel: {kernel!r}",
            "Use 'triangular' or 'uniform'.",
        ),
        (
            bandwidth is None
            or (len(bandwidth) == 2 and all(math.isfinite(h) and h > 0 for h in bandwidth)),
            "A bandwidth must be above 0 on both sides.",
            f"bandwidth: {bandwidth!r}",
            "Give how far to look below and above, in the values' unit, or nothing.",
        ),
        (
            0 < level < 1,
            "A level must lie between 0 and 1.",
            f"level: {level!r}",
            "Use 0.95 for intervals that hold the truth 95 times in 100.",
        ),
    ):
        if not holds:
            raise QuestionError(wrong, found=found, todo=todo)
