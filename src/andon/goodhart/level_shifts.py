"""Level shifts: how much a measure differs between two stretches of days that resemble each other.

A day resembles the day before it, and a Monday all Mondays. An interval that takes days for
independent is too narrow, and finds a change wherever one looks. Here the doubt is measured on what
both stretches do slowly, in waves of four weeks and more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.units import Unit

__all__ = ["SHORTEST_WAVE", "Shift", "level_shift"]

Floats = npt.NDArray[np.float64]

SHORTEST_WAVE: Final = {"day": 28, "week": 6}
"""Waves at least so long show how far the level of a measure wanders, by period."""
_SEASON: Final = {"day": 7, "week": 1}
_MOST_WAVES: Final = 8
"""Long stretches rest on longer waves: more of short ones would only pretend to be surer."""
_NOTHING: Final = 1e-12


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """How much a measure differs between two stretches.

    Attributes
    ----------
    before, after : Estimate
        The measure in each stretch, as if both had the same mix of weekdays.
    difference : Estimate
        After less before: percentage points for a share, else in the measure's unit.
    p : float
        The chance of so large a difference where nothing changed, 0 to 1.
    freedom : float
        Degrees of freedom of Student's law: how many slow waves the doubt rests on.
    """

    before: Estimate
    after: Estimate
    difference: Estimate
    p: float
    freedom: float

    @property
    def way(self) -> int:
        """Whether it went up (1) or down (-1) beyond doubt; else 0."""
        return int(self.difference.low > 0) - int(self.difference.high < 0)


def level_shift(
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    *,
    before: int,
    after: int | None = None,
    unit: Unit,
    period: str = "day",
    level: float = 0.95,
) -> Shift | Unknown:
    """How much does a share or a mean differ between two stretches of time?

    Parameters
    ----------
    y, x : array_like
        For each day or week, in order and without a gap: what is added up (seconds, contacts that
        count), and over how many contacts (>= 0; 0 where there were none).
    before : int
        The first stretch is that many periods, from the first.
    after : int, optional
        The first period of the second stretch, which lasts to the end; ``before`` if left out.
    unit : Unit
        Of ``y / x``.
    period : {"day", "week"}
        Days are compared with the same mix of weekdays.
    level : float
        Above 0 and below 1.

    Returns
    -------
    Shift or Unknown
        Unknown where a stretch is shorter than the shortest wave, or holds no contact.

    Raises
    ------
    QuestionError
        If the series do not fit one another, or an option is out of its range.

    Notes
    -----
    The difference is that of a regression weighted by contacts, with weekdays. Its variance is the
    long-run variance of the regression's scores, from cosines within each stretch no shorter than
    :data:`SHORTEST_WAVE`: the orthonormal series estimator, equally weighted, with Student's law by
    the number of cosines (Lazarus, Lewis, Stock and Watson 2018, *HAR inference:
    recommendations for practice*, `doi:10.1080/07350015.2018.1506926
    <https://doi.org/10.1080/07350015.2018.1506926>`_), widened by what those waves miss of a first
    order autoregression. The two stretches have variances of their own, joined as Welch and
    Satterthwaite do. In simulations the interval of 95 % holds the truth in 93 to 97 of 100 series
    for correlations from one day to the next up to 0.6, and from one week to the next up to 0.3;
    a measure that wanders for months has no level to compare, which other dates show.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(3)
    >>> contacts = rng.poisson(300, 140)
    >>> seconds = contacts * (200 - 20 * (np.arange(140) >= 70) + rng.normal(0, 5, 140))
    >>> shift = level_shift(seconds, contacts, before=70, unit="s")
    >>> shift.difference.low < -20 < shift.difference.high, shift.way
    (True, -1)
    """
    amounts, contacts = _series(y, x)
    start = before if after is None else after
    periods = len(contacts)
    if period not in SHORTEST_WAVE or not 0 < level < 1 or not 0 < before <= start < periods:
        raise QuestionError(
            "Two stretches of days or weeks are compared, the second after the first.",
            found=f"period: {period!r}, before: {before!r}, after: {start!r} of {periods}, "
            f"level: {level!r}",
            todo="Use period='day', level=0.95, and stretches within the series.",
        )
    wave = SHORTEST_WAVE[period]
    if min(before, periods - start) < wave:
        return Unknown(
            unit="points" if unit == "share" else unit,
            why=f"a stretch of {min(before, periods - start)} {period}s is too short to tell how "
            "the measure wanders by itself",
            needs=f"{wave} {period}s on either side",
        )
    place = np.arange(periods)
    stretches = (place < before, place >= start)
    if any(contacts[part].sum() <= 0 for part in stretches):
        return Unknown(
            unit="points" if unit == "share" else unit,
            why="there is no contact in one of the stretches",
            needs="contacts before and after",
        )
    return _shift(amounts, contacts, stretches, unit=unit, period=period, level=level)


def _series(y: npt.ArrayLike, x: npt.ArrayLike) -> tuple[Floats, Floats]:
    amounts = np.asarray(y, dtype=np.float64).ravel()
    contacts = np.asarray(x, dtype=np.float64).ravel()
    whole = amounts.shape == contacts.shape and bool(
        np.isfinite(amounts).all() and np.isfinite(contacts).all()
    )
    if not whole or np.any(contacts < 0):
        raise QuestionError(
            "A series needs one amount and one number of contacts for each period.",
            found=f"{len(amounts)} amounts, {len(contacts)} numbers of contacts",
            todo="Give 0 and 0 where there were no contacts, and no missing values.",
        )
    return amounts, contacts


def _shift(
    amounts: Floats,
    contacts: Floats,
    stretches: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]],
    *,
    unit: Unit,
    period: str,
    level: float,
) -> Shift:
    used = stretches[0] | stretches[1]
    x = np.where(used, contacts, 0.0)
    measure = np.divide(amounts, x, out=np.zeros_like(x), where=x > 0)
    later = stretches[1].astype(np.float64)
    season = _SEASON[period]
    weekdays = np.eye(season)[np.arange(len(x)) % season]
    root = np.sqrt(x)[:, None]
    design = np.column_stack([later, weekdays])
    fitted, *_ = np.linalg.lstsq(design * root, measure * root[:, 0], rcond=None)
    left = measure - design @ fitted
    # What of "later" the weekdays do not explain: each period's pull on the difference.
    explained, *_ = np.linalg.lstsq(weekdays * root, later * root[:, 0], rcond=None)
    pull = x * (later - weekdays @ explained)
    pull /= pull @ later
    total = float(x.sum())
    mean, share_later = float((x * measure).sum() / total), float((x * later).sum() / total)
    nothing = _NOTHING * max(1.0, abs(mean))
    step = float(fitted[0]) if abs(fitted[0]) > nothing else 0.0
    wave = SHORTEST_WAVE[period]
    memory = _memory([(root[:, 0] * left)[part] for part in stretches])
    parts = [_long_run(pull[part] * left[part], wave, memory) for part in stretches]
    variance = sum(each for each, _ in parts)
    squares = sum(each * each / waves for each, waves in parts)
    freedom = variance * variance / squares if squares > 0 else float(parts[0][1])
    single = [_long_run(x[part] * left[part] / x[part].sum(), wave, memory) for part in stretches]
    counted = bool((amounts >= 0).all() and (amounts <= contacts).all())
    levels = (mean - step * share_later, mean + step * (1 - share_later))

    def figure(value: float, spread: float, waves: float, n: float, *, of: Unit) -> Estimate:
        half = float(special.stdtrit(waves, 0.5 + level / 2)) * math.sqrt(max(spread, 0.0))
        scale = 100.0 if of == "points" else 1.0
        least, most = (0.0, 1.0) if of == "share" and counted else (-math.inf, math.inf)
        kept = min(max(value, least), most)
        return Estimate(
            value=kept * scale,
            low=min(kept, max(value - half, least)) * scale,
            high=max(kept, min(value + half, most)) * scale,
            unit=of,
            n=round(n),
            method=f"over {period}s, waves of {wave} {period}s and more",
            level=level,
        )

    ns = [float(x[part].sum()) for part in stretches]
    error = math.sqrt(max(variance, 0.0))
    p = (
        float(2 * special.stdtr(freedom, -abs(step) / error))
        if error > nothing
        else float(not step)
    )
    return Shift(
        before=figure(levels[0], *single[0], ns[0], of=unit),
        after=figure(levels[1], *single[1], ns[1], of=unit),
        difference=figure(
            step, variance, freedom, sum(ns), of="points" if unit == "share" else unit
        ),
        p=p,
        freedom=freedom,
    )


def _memory(left: list[Floats]) -> float:
    """The correlation of one period with the next, 0 to 0.9, freed of most of its bias.

    A stretch's own drift is taken out first: it is no memory.
    """
    straight = [_straightened(each) for each in left]
    both = sum(float(each[1:] @ each[:-1]) for each in straight)
    alone = sum(float(each @ each) for each in straight)
    if alone <= 0:
        return 0.0
    # A line taken from the same stretch hides (2 + 4 r) / n of it.
    n = sum(len(each) for each in straight) / len(straight)
    return min(max((n * both / alone + 2) / (n - 4), 0.0), 0.9)


def _straightened(left: Floats) -> Floats:
    at = np.arange(len(left)) - (len(left) - 1) / 2
    rest = left - left.mean()
    return np.asarray(rest - at * (at @ rest) / (at @ at), dtype=np.float64)


def _long_run(scores: Floats, wave: int, memory: float) -> tuple[float, int]:
    """The variance of a sum of scores of one stretch, and the cosines that it rests on.

    Even the slowest cosine that fits is faster than no wave at all; what that misses is filled in
    as for a series whose periods resemble the last by ``memory``.
    """
    periods = len(scores)
    waves = min(_MOST_WAVES, max(1, 2 * periods // wave))
    slow = np.pi * np.arange(1, waves + 1) / periods
    cosines = np.sqrt(2.0) * np.cos(slow[:, None] * (np.arange(periods) + 0.5))
    found = cosines @ (scores - scores.mean())
    seen = 1 / (1 - 2 * memory * np.cos(slow) + memory**2)
    missed = 1 / (1 - memory) ** 2 / float(seen.mean())
    return float((found * found).mean()) * missed, waves
