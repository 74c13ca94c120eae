"""Pace: the share of customers who come back, against the mean handle time, as sampled curves.

What is known is where we are: today's mean handle time, today's share that comes back, and, where
the ledger supports it, how that share changes with one second more. Nobody knows the shape far from
today; so curves of several families are drawn, which agree today in value and in slope, and part
the further one goes. A far cut carries more doubt than a near one.

The slope must be a cause: what happens *because* contacts are made shorter. Long contacts are hard
ones, so the slope between long and short contacts says nothing about that, and has no way in here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from andon.capacity.assumption import Assumption, drawn
from andon.errors import PlanError
from andon.units import spoken

__all__ = ["FAMILIES", "Basis", "Pace", "Slope", "SlopeStep", "assumed_pace", "measured_pace"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

Basis = Literal["measured", "assumed"]

FAMILIES: Final = ("straight", "power", "saturating", "logistic", "steady", "settled")
"""The shapes. ``straight``: the same for every second. ``power``: the same for every per cent.
``saturating``: time helps less and less, down to a floor. ``logistic``: the odds change by the same
factor with every second. ``steady``: of every second that is cut, the same part comes back as later
work. ``settled``: every per cent of time settles the same per cent of matters."""

_MEASURED_SHAPES: Final = (0, 1, 2, 3)
_ASSUMED_SHAPES: Final = (0, 4, 5)
"""On these, where as much work comes back as is cut, it does so at every handle time."""
_LEAST_SHARE: Final = 1e-4
_MOST_SHARE: Final = 0.99
"""Were everybody to come back for ever, no balance would exist."""
_FASTEST: Final = 3.0
"""A saturating curve does not fall by a factor e in less than a third of today's handle time:
steeper ones would say that all that time does, it does in a few seconds."""
_MOST_POWER: Final = 50.0
_COMES_BACK: Final = (0.5, 0.0, 1.5)
"""Where nobody measured: of each second that is cut, this much comes back as later work."""
_SPARES: Final = 2.0
"""And so many times as many per cent fewer come back for each per cent that is added."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Slope:
    """What one more second of mean handle time adds to the share that comes back, as a cause.

    Attributes
    ----------
    points_per_s : float
        Percentage points for a second; below 0 where time prevents returns.
    low, high : float
        Ends of its interval, which need not be even around it.
    level : float
        Share of such intervals that hold the truth, above 0 and below 1.

    Raises
    ------
    PlanError
        If the interval does not hold the value, or has no end.
    """

    points_per_s: float
    low: float
    high: float
    level: float = 0.95

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.low, self.points_per_s, self.high))):
            raise PlanError(
                "The slope has an interval without end: it was not measured.",
                found=f"{self.points_per_s:g} points for a second ({self.low:g} to {self.high:g})",
                todo="Use assumed_pace(): then the result says that it rests on an assumption.",
            )
        if not self.low <= self.points_per_s <= self.high or not 0 < self.level < 1:
            raise PlanError(
                "The slope's interval does not hold the slope, or its level is none.",
                found=f"{self.points_per_s:g} points for a second ({self.low:g} to {self.high:g}, "
                f"level {self.level:g})",
                todo="Give low <= points_per_s <= high, and a level such as 0.95.",
            )

    def draw(self, u: Floats) -> Floats:
        """Slopes as shares for a second, for uniform draws."""
        points = drawn(u, value=self.points_per_s, low=self.low, high=self.high, level=self.level)
        return points / 100.0


@dataclass(frozen=True, kw_only=True, slots=True)
class SlopeStep:
    """The slope between two paces, where it was measured piece by piece.

    Attributes
    ----------
    from_s, to_s : float
        Mean handle times, seconds, ``from_s`` below ``to_s``.
    slope : Slope
        On average between the two.
    """

    from_s: float
    to_s: float
    slope: Slope


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Pace:
    """Sampled curves from the mean handle time to the share that comes back.

    Make one with :func:`measured_pace` or :func:`assumed_pace`.

    Attributes
    ----------
    handle_s : float
        Today's mean handle time, seconds.
    share : array of float, shape (curves,)
        Share of handled contacts whose customer comes back, today, on each curve.
    slope_per_s : array of float, shape (curves,)
        How it changes with a second more, as a share: -0.001 is a tenth of a point less.
    family : array of int, shape (curves,)
        Which of :data:`FAMILIES`.
    bend : array of float, shape (curves,)
        Of saturating curves: where the floor (or ceiling) is, 0 for as near as may be and 1 for
        nobody (or everybody).
    basis : {"measured", "assumed"}
    slope : Slope
        What the slopes were drawn from.
    today : Assumption
        What the shares were drawn from.
    why : str
        Where the slope is from, in one sentence.
    reach_s : float or None
        How far from today paces were seen, seconds; None where that is not known.
    """

    handle_s: float
    share: Floats
    slope_per_s: Floats
    family: Ints
    bend: Floats
    basis: Basis
    slope: Slope
    today: Assumption
    why: str
    reach_s: float | None = None

    @property
    def curves(self) -> int:
        """How many curves were drawn."""
        return len(self.share)

    def at(self, handle_s: npt.ArrayLike) -> Floats:
        """The share that comes back at mean handle times (seconds, above 0) on each curve.

        Returns
        -------
        array of float, shape (..., curves)
            Within 0 and 0.99; at today's handle time exactly :attr:`share`.
        """
        h = np.asarray(handle_s, dtype=np.float64)[..., None]
        if not np.all(np.isfinite(h)) or np.any(h <= 0):
            raise PlanError(
                "A mean handle time must be above 0.",
                found=f"handle_s = {np.min(h):g}",
                todo="Nobody can be helped in no time: give seconds above 0.",
            )
        away = h - self.handle_s
        r, b = self.share, self.slope_per_s
        found = np.empty(np.broadcast_shapes(h.shape, r.shape))
        for i, shape in enumerate(_SHAPES):
            here = self.family == i
            part = shape(r[here], b[here], away, self.handle_s, self.bend[here])
            found[..., here] = np.clip(part, 0.0, _MOST_SHARE)
        if self.basis == "assumed":
            # Added time can spare no more than comes back, which slopes in seconds of work ignore.
            fewer = _SPARES * b * self.handle_s / (1 - r)
            longer = np.log1p(np.maximum(away, 0.0) / self.handle_s)
            spared = np.clip(r * np.exp(np.clip(fewer * longer, -700.0, 700.0)), 0.0, _MOST_SHARE)
            found = np.where(away > 0, spared, found)
        return np.where(away == 0, r, found)

    def first(self, curves: int) -> Pace:
        """The first so many curves: as good a sample as all, only smaller."""
        return self.chosen(np.arange(min(curves, self.curves)))

    def chosen(self, which: Ints) -> Pace:
        """Some of the curves, by their numbers."""
        return replace(
            self,
            share=self.share[which],
            slope_per_s=self.slope_per_s[which],
            family=self.family[which],
            bend=self.bend[which],
        )

    @property
    def spares(self) -> tuple[float, float, float]:
        """Per cent fewer returns for 1 % more time, where that is assumed: middle, low, high."""
        per = -_SPARES * self.handle_s / (100.0 * (1 - self.today.value))
        each = self.slope
        return each.points_per_s * per + 0.0, each.high * per + 0.0, each.low * per + 0.0

    @property
    def shapes(self) -> tuple[str, ...]:
        """Which of :data:`FAMILIES` were drawn."""
        return tuple(FAMILIES[i] for i in np.unique(self.family))

    @property
    def says(self) -> str:
        """Where the curve is from, and what it is, in plain words."""
        ten = 10 * self.slope.points_per_s
        low, high = (10 * each for each in (self.slope.low, self.slope.high))
        step = 10.0 ** math.floor(math.log10(max(high - low, abs(ten), 1e-6) / 4) + 1e-9)
        middle, lower, upper = (
            _signed(spoken(each, "points", step=step)) for each in (ten, low, high)
        )
        source = (
            "The ledger supports a measured effect"
            if self.basis == "measured"
            else "This is an assumption"
        )
        return (
            f"{source}: ten seconds more change the share that comes back by about {middle} "
            f"({lower} to {upper}). {self.why}"
        )


def measured_pace(
    *,
    slope: Slope,
    handle_s: float,
    today: Assumption,
    steps: Sequence[SlopeStep] = (),
    curves: int = 1000,
    rng: np.random.Generator,
    reach_s: float | None = None,
    why: str = "It compares customers who reached slower or faster advisors by chance.",
) -> Pace:
    """Curves from a slope that was measured as a cause.

    Parameters
    ----------
    slope : Slope
        For example the price of a second, outcome ``recontact``: instrumented, never the slope
        between long and short contacts. Slopes of the sign that nobody expects are drawn as often
        as the interval has them.
    handle_s : float
        Today's mean handle time, seconds, above 0.
    today : Assumption
        Share of handled contacts whose customer comes back, with its interval.
    steps : sequence of SlopeStep
        Slopes piece by piece, where they were measured. Only how they differ is used, for their
        mean is the slope again: curves that bend as the last and the first step do are kept more
        often (sampling importance resampling).
    curves : int
        How many to draw, 2 or more.
    rng : numpy.random.Generator
    reach_s : float, optional
        How far from today's handle time paces were seen, seconds, above 0: two standard deviations
        of advisors' pace, for example. Cuts beyond are said to be beyond.
    why : str
        Where the slope is from, in one sentence.

    Returns
    -------
    Pace

    Raises
    ------
    PlanError
        If a number lies outside its range.

    Examples
    --------
    >>> from andon.capacity.assumption import Assumption
    >>> today = Assumption(name="returns", says="customers who come back", value=0.2, low=0.19,
    ...     high=0.21, unit="share", why="Counted.", source="ledger")
    >>> pace = measured_pace(slope=Slope(points_per_s=-0.1, low=-0.16, high=-0.05), handle_s=300,
    ...     today=today, rng=np.random.default_rng(1))
    >>> np.quantile(pace.at(225), [0.025, 0.5, 0.975]).round(2).tolist()
    [0.24, 0.29, 0.37]
    """
    _check(handle_s, today, curves)
    if reach_s is not None and not reach_s > 0:
        raise PlanError(
            "Paces were seen some way around today's, or it is not known how far.",
            found=f"reach_s = {reach_s:g}",
            todo="Give seconds above 0, or leave it out.",
        )
    pool = curves if not steps else 10 * curves
    made = _drawn(slope, handle_s, today, pool, rng, basis="measured", why=why)
    made = replace(made, reach_s=reach_s)
    if not steps:
        return made
    return made.chosen(rng.choice(pool, size=curves, p=_bends_as(made, steps)))


def assumed_pace(
    *,
    handle_s: float,
    today: Assumption,
    comes_back: tuple[float, float, float] = _COMES_BACK,
    curves: int = 1000,
    rng: np.random.Generator,
) -> Pace:
    """Curves from a stated assumption, where the ledger supports none.

    Parameters
    ----------
    handle_s, today, curves, rng
        As in :func:`measured_pace`.
    comes_back : tuple of float
        Of each second that is cut, how much comes back as later work: the middle, and the ends of a
        95 % interval. By default 0.5 (0 to 1.5): from none of it to more than all of it. 1 is the
        break-even by construction, at every handle time; so by default whether a cut saves work or
        makes it cannot be told, which is what not having measured it means.

    Returns
    -------
    Pace

    Raises
    ------
    PlanError
        If a number lies outside its range.

    Notes
    -----
    A matter takes W = h / (1 - r) seconds of work. A cut of a second saves 1 / (1 - r) of them if
    nobody comes back for it, and a part c of that is lost again where
    dr/dh = -c (1 - r) / h.

    Time that is added can spare no more than comes back. So above today's handle time 1 % more of
    it is taken to bring 2 c % fewer returns: by default 1 % (0 to 3 %).

    Examples
    --------
    >>> from andon.capacity.assumption import Assumption
    >>> today = Assumption(name="returns", says="customers who come back", value=0.2, low=0.2,
    ...     high=0.2, unit="share", why="Counted.", source="ledger")
    >>> pace = assumed_pace(handle_s=300, today=today, rng=np.random.default_rng(1))
    >>> work = (225 / (1 - pace.at(225))) / (300 / (1 - pace.at(300)))
    >>> np.quantile(work, [0.025, 0.975]).round(2).tolist()
    [0.75, 1.15]
    """
    _check(handle_s, today, curves)
    middle, low, high = comes_back
    per = -100.0 * (1 - today.value) / handle_s
    # Nothing comes back is 0, and not the -0 that a product below 0 leaves.
    slope = Slope(points_per_s=middle * per + 0.0, low=high * per + 0.0, high=low * per + 0.0)
    why = (
        f"Nobody measured it here, so anything from {_times(low)} of the time that is cut to "
        f"{_times(high)} of it may come back as later work."
    )
    return _drawn(slope, handle_s, today, curves, rng, basis="assumed", why=why)


_TIMES_SAID: Final = {
    0.0: "none",
    0.5: "half",
    1.0: "all",
    1.5: "one and a half times",
    2.0: "twice",
}


def _times(part: float) -> str:
    return _TIMES_SAID.get(part, f"{part:g} times")


def _drawn(
    slope: Slope,
    handle_s: float,
    today: Assumption,
    curves: int,
    rng: np.random.Generator,
    *,
    basis: Basis,
    why: str,
) -> Pace:
    """Everything at random, independently; as many curves of each family."""
    shapes = np.array(_MEASURED_SHAPES if basis == "measured" else _ASSUMED_SHAPES, dtype=np.int64)
    share = today.draw(_even(curves, rng), least=_LEAST_SHARE, most=0.95)
    return Pace(
        handle_s=float(handle_s),
        share=share,
        slope_per_s=slope.draw(_even(curves, rng)),
        family=rng.permutation(shapes[np.arange(curves) % len(shapes)]),
        bend=_even(curves, rng),
        basis=basis,
        slope=slope,
        today=today,
        why=why,
    )


def _even(curves: int, rng: np.random.Generator) -> Floats:
    """Uniform draws, one in each of as many equal parts: steadier than plain ones."""
    return np.asarray((rng.permutation(curves) + rng.random(curves)) / curves)


def _bends_as(pace: Pace, steps: Sequence[SlopeStep]) -> Floats:
    """How well each curve bends as the last step differs from the first."""
    ordered = sorted(steps, key=lambda step: step.from_s)
    first, last = ordered[0], ordered[-1]
    if first is last:
        return np.full(pace.curves, 1 / pace.curves)
    for step in (first, last):
        if not 0 < step.from_s < step.to_s:
            raise PlanError(
                "A step leads from a faster to a slower pace.",
                found=f"from_s = {step.from_s:g}, to_s = {step.to_s:g}",
                todo="Give mean handle times above 0, the shorter first.",
            )
    differ = last.slope.points_per_s - first.slope.points_per_s
    spread = math.hypot(_spread(last.slope), _spread(first.slope))
    bends = 100.0 * (_mean_slope(pace, last) - _mean_slope(pace, first))
    if spread <= 0:
        raise PlanError(
            "A step without any doubt was not measured.",
            found=f"{differ:g} points for a second, exactly",
            todo="Give each step's interval.",
        )
    log = -0.5 * ((bends - differ) / spread) ** 2
    weights = np.exp(log - log.max())
    return np.asarray(weights / weights.sum())


def _spread(slope: Slope) -> float:
    from scipy import special  # noqa: PLC0415 - needed for steps only

    return (slope.high - slope.low) / (2 * float(special.ndtri(0.5 + slope.level / 2)))


def _mean_slope(pace: Pace, step: SlopeStep) -> Floats:
    ends = pace.at(np.array([step.from_s, step.to_s]))
    return np.asarray((ends[1] - ends[0]) / (step.to_s - step.from_s))


# --- the shapes: r today's share, b its slope, away = h - h0 ---------------------------------


def _straight(r: Floats, b: Floats, away: Floats, _h0: float, _bend: Floats) -> Floats:
    return r + b * away


def _power(r: Floats, b: Floats, away: Floats, h0: float, _bend: Floats) -> Floats:
    power = np.clip(b * h0 / r, -_MOST_POWER, _MOST_POWER)
    return np.asarray(r * np.exp(np.clip(power * np.log1p(away / h0), -700.0, 700.0)))


def _saturating(r: Floats, b: Floats, away: Floats, h0: float, bend: Floats) -> Floats:
    # Down to a floor where time helps, up to a ceiling where it harms: convex or concave.
    most = np.where(b < 0, r, 1.0 - r)
    least = np.minimum(np.abs(b) * h0 / (_FASTEST * most), 1.0)
    room = most * np.maximum(least + (1.0 - least) * bend, _LEAST_SHARE)
    sign = np.where(b < 0, 1.0, -1.0)
    fall = np.exp(np.clip(-np.abs(b) / room * away, -700.0, 700.0))
    return np.asarray(r - sign * room + sign * room * fall)


def _logistic(r: Floats, b: Floats, away: Floats, _h0: float, _bend: Floats) -> Floats:
    odds = np.log(r / (1 - r)) + b / (r * (1 - r)) * away
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -700.0, 700.0))))


def _steady(r: Floats, b: Floats, away: Floats, h0: float, _bend: Floats) -> Floats:
    # Work h / (1 - r) changes by the same for every second; where that would be nothing, all of
    # the time comes back more often than it was cut, and the share is at its end.
    stays = 1.0 + b * h0 / (1 - r)
    work = np.maximum(h0 + stays * away, 1e-9 * h0)
    return np.asarray(1 - (1 - r) * (h0 + away) / work)


def _settled(r: Floats, b: Floats, away: Floats, h0: float, _bend: Floats) -> Floats:
    power = np.clip(-b * h0 / (1 - r), -_MOST_POWER, _MOST_POWER)
    return np.asarray(1 - (1 - r) * np.exp(np.clip(power * np.log1p(away / h0), -700.0, 700.0)))


_SHAPES: Final = (_straight, _power, _saturating, _logistic, _steady, _settled)
"""In the order of :data:`FAMILIES`."""


def _check(handle_s: float, today: Assumption, curves: int) -> None:
    if not (math.isfinite(handle_s) and handle_s > 0):
        raise PlanError(
            "Today's mean handle time must be above 0.",
            found=f"handle_s = {handle_s:g}",
            todo="Give seconds.",
        )
    if not 0 <= today.value < 0.95:
        raise PlanError(
            "The share of customers who come back must lie between 0 and 0.95.",
            found=f"{today.name} = {today.value:g}",
            todo="Write 20 % as 0.2.",
        )
    if curves < 2:
        raise PlanError(
            "One curve alone has no doubt.", found=f"curves = {curves}", todo="Draw 1,000."
        )


def _signed(text: str) -> str:
    return text if text.startswith(("-", "0")) else f"+{text}"
