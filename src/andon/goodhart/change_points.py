"""Change points: when a share or a mean began to differ, and when it ended, if it did at all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.errors import QuestionError
from andon.estimate import Estimate, Unknown
from andon.units import Unit

__all__ = ["Change", "Direction", "changed_mean", "changed_share"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

Direction = Literal["higher", "lower", "either"]
"""Whether the stretch that is looked for lies above the rest, below it, or on either side."""

_LEAST: Final = 8
"""With fewer periods a change can hardly be told from chance."""
_MOST: Final = 750
_MEMORIES: Final = np.array([0.0, 0.15, 0.3, 0.45, 0.6, 0.75])
"""How much one period can resemble the last; what is drawn from each is weighed by the data."""
_CHUNK: Final = 4_000_000
"""Numbers held at once while every stretch is tried on every simulated series."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """The stretch of time that differs most from the rest, and whether chance would do as much.

    Attributes
    ----------
    periods : int
        Periods in the series.
    start, end : int
        The stretch: first period in it, and first period after it. ``start`` 0 says that it was
        so when the data begin, ``end`` equal to ``periods`` that it was still so when they end;
        with either there is one change, and not two. Where both directions are looked for, a
        single change is told as the stretch that comes after it.
    start_low, start_high, end_low, end_high : int
        Earliest and latest start and end that agree with the data, at ``level`` for both together.
    inside, outside, difference : Estimate
        The share or mean in the stretch, out of it, and the first less the second, as if the
        stretch had been known beforehand; as it was sought out, the difference is on the high side.
    p : float
        The chance, 0 to 1, of a stretch that differs as much where nothing ever changed.
    level : float
        0 to 1.
    overdispersion : float
        Variance between periods over that of single contacts, at least 1 for shares; for means,
        the variance of one contact's worth of weight.
    memory : float
        The correlation of one period with the next that is not due to the stretch, 0 to 1.
    """

    periods: int
    start: int
    end: int
    start_low: int
    start_high: int
    end_low: int
    end_high: int
    inside: Estimate
    outside: Estimate
    difference: Estimate
    p: float
    level: float
    overdispersion: float
    memory: float

    @property
    def found(self) -> bool:
        """Whether chance alone would seldom do as much."""
        return self.p <= 1 - self.level

    @property
    def begins(self) -> bool:
        """Whether it was seen to begin: no start that agrees with the data lies before them."""
        return self.found and self.start_low > 0

    @property
    def ends(self) -> bool:
        """Whether it was seen to end: no end that agrees with the data lies after them."""
        return self.found and self.end_high < self.periods


def changed_share(
    n: npt.ArrayLike,
    k: npt.ArrayLike,
    *,
    direction: Direction = "either",
    least_periods: int = 3,
    level: float = 0.95,
    simulations: int = 400,
    seed: int = 1,
) -> Change | Unknown:
    """When did a share begin to differ, and when did it end?

    Parameters
    ----------
    n, k : array_like
        For each period, in order: contacts (>= 0), and those of them that count (0 to ``n``).
        A period without contacts counts as time that passed. ``n`` may be expected numbers, for
        example contacts weighted to an even mix.
    direction : {"either", "higher", "lower"}
    least_periods : int
        The shortest stretch that counts, and the shortest rest before or after it (>= 1).
    level : float
        Of the intervals and of the confidence sets, above 0 and below 1.
    simulations : int
        Series drawn for each of six strengths of memory (>= 100).
    seed : int
        Of the draws: the same data give the same answer.

    Returns
    -------
    Change or Unknown
        Unknown with too few periods, or where the share never moves.

    Raises
    ------
    QuestionError
        If the series do not fit one another, or an option is out of its range.

    Notes
    -----
    One level is set against two: one in the stretch, one outside it, for every stretch there is.
    The statistic is the largest gain in weighted squares over what is left, a scan statistic for a
    changed segment (Yao 1993, *Tests for detecting change-points with epidemic alternatives*, the
    "epidemic" alternative of Levin and Kline 1985). Its law under no change is drawn: series with
    the same contacts and the same spread between periods, gamma in shape and so as skewed as rare
    events are, each period resembling the last. How much it does is not known, and the stretch
    that is taken out hides some of it. So series are drawn at several strengths, each weighed by
    how well what is left over after its own best stretch agrees with the data; the p-value is the
    mean. The confidence set holds all stretches whose gain lies as near to the best one's as the
    true stretch's does in ``level`` of series drawn with the change that was found (after Siegmund
    1988, *Confidence sets in change-point problems*, International Statistical Review 56, 31).

    Examples
    --------
    >>> n = [400] * 30
    >>> k = [8, 9, 7, 8, 10, 6, 8, 9, 7, 8, 24, 27, 22, 25, 24, 26, 23, 25] + [8, 9, 7, 6] * 3
    >>> found = changed_share(n, k, direction="higher")
    >>> found.start, found.end, found.found
    (10, 18, True)
    """
    contacts, counted = _series(n, k)
    if np.any(counted < 0) or np.any(counted > contacts * (1 + 1e-9)):
        raise QuestionError(
            "A period has more contacts that count than contacts, or fewer than none.",
            found=f"k {counted.tolist()[:5]} of n {contacts.tolist()[:5]}",
            todo="Give for each period all contacts, and how many of them count.",
        )
    total = float(contacts.sum())
    share = float(counted.sum() / total) if total > 0 else 0.0
    values = np.divide(counted, contacts, out=np.zeros_like(contacts), where=contacts > 0)
    return _Scan.of(
        contacts,
        values,
        unit="share",
        floor=share * (1 - share),
        direction=direction,
        least_periods=least_periods,
        level=level,
    ).asked(simulations=simulations, seed=seed)


def changed_mean(
    n: npt.ArrayLike,
    mean: npt.ArrayLike,
    *,
    unit: Unit = "s",
    direction: Direction = "either",
    least_periods: int = 3,
    level: float = 0.95,
    simulations: int = 400,
    seed: int = 1,
) -> Change | Unknown:
    """When did a mean begin to differ, and when did it end?

    Parameters
    ----------
    n, mean : array_like
        For each period, in order: contacts (>= 0), and their mean in ``unit`` (anything where
        ``n`` is 0).
    unit : Unit
    direction, least_periods, level, simulations, seed
        As in :func:`changed_share`, whose method this is, with noise of the normal law.

    Returns
    -------
    Change or Unknown

    Raises
    ------
    QuestionError
        If the series do not fit one another, or an option is out of its range.

    Examples
    --------
    >>> means = [180, 182, 179, 181, 178, 183, 150, 152, 149, 151, 148, 153]
    >>> found = changed_mean([50] * 12, means)
    >>> found.start, found.end, found.difference.value
    (6, 12, -30.0)
    """
    contacts, means = _series(n, np.where(np.asarray(n, dtype=np.float64) > 0, mean, 0.0))
    return _Scan.of(
        contacts,
        means,
        unit=unit,
        floor=0.0,
        direction=direction,
        least_periods=least_periods,
        level=level,
    ).asked(simulations=simulations, seed=seed)


def _series(n: npt.ArrayLike, other: npt.ArrayLike) -> tuple[Floats, Floats]:
    contacts = np.asarray(n, dtype=np.float64).ravel()
    values = np.asarray(other, dtype=np.float64).ravel()
    if contacts.shape != values.shape:
        raise QuestionError(
            "Both series need one number for each period.",
            found=f"{len(contacts)} and {len(values)} numbers",
            todo="Give them in the same order, with 0 contacts where there were none.",
        )
    if not (np.isfinite(contacts).all() and np.isfinite(values).all()) or np.any(contacts < 0):
        raise QuestionError(
            "A series holds what is not a number, or contacts below 0.",
            found=f"{contacts.tolist()[:5]}, {values.tolist()[:5]}",
            todo="Give 0 contacts where there were none.",
        )
    if len(contacts) > _MOST:
        raise QuestionError(
            "There are too many periods to try every stretch.",
            found=f"{len(contacts):,} periods",
            todo="Add days up to weeks.",
        )
    return contacts, values


@dataclass(frozen=True, kw_only=True, slots=True)
class _Best:
    """The best stretch of each of some series.

    ``gain`` in weighted squares, ``at`` its place among the stretches, ``rest`` what is left over a
    degree of freedom, ``memory`` the correlation of what is left from period to period.
    """

    gain: Floats
    at: Ints
    rest: Floats
    memory: Floats


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Scan:
    """One series, and every stretch that it can be cut into."""

    weights: Floats
    values: Floats
    starts: Ints
    ends: Ints
    unit: Unit
    floor: float
    direction: Direction
    least_periods: int
    level: float

    @classmethod
    def of(
        cls,
        weights: Floats,
        values: Floats,
        *,
        unit: Unit,
        floor: float,
        direction: Direction,
        least_periods: int,
        level: float,
    ) -> _Scan:
        if direction not in {"higher", "lower", "either"}:
            raise QuestionError(
                f"A change is not {direction!r}.",
                found=f"direction: {direction!r}",
                todo="Use 'higher', 'lower' or 'either'.",
            )
        if least_periods < 1 or not 0 < level < 1:
            raise QuestionError(
                "A stretch lasts at least one period, and a level lies between 0 and 1.",
                found=f"least_periods: {least_periods!r}, level: {level!r}",
                todo="Use 3 and 0.95.",
            )
        periods = len(weights)
        start, end = np.triu_indices(periods + 1, k=least_periods)
        whole = ((start == 0) | (start >= least_periods)) & (
            (end == periods) | (periods - end >= least_periods)
        )
        weight = np.concatenate(([0.0], np.cumsum(weights)))
        inside = weight[end] - weight[start]
        total = weight[-1]
        if direction == "either":
            whole &= start > 0  # a single change is told once: as what came after it
        some = whole & (inside > 1e-12 * total) & (total - inside > 1e-12 * total)
        return cls(
            weights=weights,
            values=values,
            starts=start[some].astype(np.int64),
            ends=end[some].astype(np.int64),
            unit=unit,
            floor=floor,
            direction=direction,
            least_periods=least_periods,
            level=level,
        )

    def asked(self, *, simulations: int, seed: int) -> Change | Unknown:
        """The best stretch, its p-value and its confidence set."""
        if simulations < 100:
            raise QuestionError(
                "Too few draws to tell chance from change.",
                found=f"simulations: {simulations}",
                todo="Use 400.",
            )
        filled = int(np.count_nonzero(self.weights))
        if filled < max(_LEAST, 2 * self.least_periods + 2) or not len(self.starts):
            return Unknown(
                unit=self.unit,
                why=f"there are only {filled} periods with contacts",
                needs=f"at least {max(_LEAST, 2 * self.least_periods + 2)} of them",
            )
        here = self.values[self.weights > 0]
        if np.ptp(here) <= 1e-12 * max(1.0, float(np.abs(here).max())):
            return Unknown(
                unit=self.unit,
                why="it is the same in every period",
                needs="periods that differ at all",
            )
        return self._change(np.random.default_rng(seed), simulations)

    def _change(self, rng: np.random.Generator, simulations: int) -> Change:
        seen = self._best(self.values[None, :])
        at, statistic = int(seen.at[0]), float(seen.gain[0] / seen.rest[0])
        mean = float(np.average(self.values, weights=self.weights))
        chances, fits = np.empty(len(_MEMORIES)), np.empty(len(_MEMORIES))
        for i, memory in enumerate(_MEMORIES):
            drawn = self._best(
                self._draw(
                    rng,
                    simulations,
                    level=np.full(len(self.weights), mean),
                    spread=float(seen.rest[0]),
                    memory=float(memory),
                )
            )
            above = int(np.count_nonzero(drawn.gain / drawn.rest >= statistic))
            chances[i] = (1 + above) / (1 + simulations)
            away = (seen.memory[0] - drawn.memory.mean()) / drawn.memory.std()
            fits[i] = math.exp(-0.5 * away * away) / drawn.memory.std()
        fits *= 1 - _MEMORIES  # beforehand, little memory is likelier than much
        fits /= fits.sum()
        memory = float(fits @ _MEMORIES)
        sets = self._alike(rng, simulations, seen, memory)
        inside, outside, difference = self._levels(at, float(seen.rest[0]), memory)
        return Change(
            periods=len(self.weights),
            start=int(self.starts[at]),
            end=int(self.ends[at]),
            start_low=int(self.starts[sets].min()),
            start_high=int(self.starts[sets].max()),
            end_low=int(self.ends[sets].min()),
            end_high=int(self.ends[sets].max()),
            inside=inside,
            outside=outside,
            difference=difference,
            p=min(1.0, float(fits @ chances)),
            level=self.level,
            overdispersion=float(seen.rest[0] / self.floor if self.floor else seen.rest[0]),
            memory=memory,
        )

    def _gains(self, values: Floats) -> tuple[Floats, Floats]:
        """Squares gained by each stretch in each series, and squares in all."""
        total = self.weights.sum()
        centred = values - (values @ self.weights / total)[:, None]
        summed = np.zeros((len(values), len(self.weights) + 1))
        np.cumsum(centred * self.weights, axis=1, out=summed[:, 1:])
        weight = np.concatenate(([0.0], np.cumsum(self.weights)))
        inside = weight[self.ends] - weight[self.starts]
        excess = summed[:, self.ends] - summed[:, self.starts]
        if self.direction == "higher":
            excess = np.maximum(excess, 0.0)
        elif self.direction == "lower":
            excess = np.minimum(excess, 0.0)
        gains: Floats = excess * excess / (inside * (1 - inside / total))
        return gains, np.asarray((centred * centred) @ self.weights, dtype=np.float64)

    def _best(self, values: Floats) -> _Best:
        step = max(1, _CHUNK // max(1, len(self.starts)))
        parts = [self._best_of(values[i : i + step]) for i in range(0, len(values), step)]
        return _Best(
            gain=np.concatenate([part.gain for part in parts]),
            at=np.concatenate([part.at for part in parts]),
            rest=np.concatenate([part.rest for part in parts]),
            memory=np.concatenate([part.memory for part in parts]),
        )

    def _best_of(self, values: Floats) -> _Best:
        gains, squares = self._gains(values)
        at = np.argmax(gains, axis=1)
        gain = gains[np.arange(len(values)), at]
        freedom = max(1, int(np.count_nonzero(self.weights)) - 2)
        return _Best(
            gain=gain,
            at=at.astype(np.int64),
            rest=np.maximum(self._rest((squares - gain) / freedom), 1e-300),
            memory=self._memory(values, at),
        )

    def _rest(self, spread: Floats) -> Floats:
        """Spread between periods, never below that of single contacts where it is known."""
        return np.maximum(spread, self.floor)

    def _memory(self, values: Floats, at: Ints) -> Floats:
        """Correlation from period to period of what the best stretch leaves over."""
        place = np.arange(len(self.weights))
        inside = (place >= self.starts[at][:, None]) & (place < self.ends[at][:, None])
        left = values.copy()
        for part in (inside, ~inside):
            weight = part * self.weights
            level = (values * weight).sum(axis=1) / weight.sum(axis=1)
            left -= np.where(part, level[:, None], 0.0)
        left *= np.sqrt(self.weights)
        both = (left[:, 1:] * left[:, :-1]).sum(axis=1)
        alone = (left * left).sum(axis=1)
        correlation: Floats = np.divide(both, alone, out=np.zeros(len(values)), where=alone > 0)
        return correlation

    def _draw(
        self, rng: np.random.Generator, draws: int, *, level: Floats, spread: float, memory: float
    ) -> Floats:
        """Series of these levels, with that spread between periods, each resembling the last."""
        noise = rng.standard_normal((draws, len(self.weights)))
        for t in range(1, len(self.weights)):
            noise[:, t] = memory * noise[:, t - 1] + math.sqrt(1 - memory**2) * noise[:, t]
        filled = self.weights > 0
        weights = np.where(filled, self.weights, 1.0)
        deviation = np.sqrt(spread / weights)
        if self.unit != "share" or not self.floor:
            drawn = level + deviation * noise
        else:
            # Rare events are skewed: the rarer answer, yes or no, is drawn from a gamma law.
            flipped = float(np.average(level, weights=self.weights)) > 0.5
            rare = np.maximum(1 - level if flipped else level, 1e-9)
            # A higher share spreads more.
            scaled = deviation * np.sqrt(level * (1 - level) / self.floor)
            shape = (rare / np.maximum(scaled, 1e-12)) ** 2
            drawn = special.gammaincinv(shape, special.ndtr(noise)) * rare / shape
            drawn = 1 - drawn if flipped else drawn
        return np.asarray(np.where(filled, drawn, 0.0), dtype=np.float64)

    def _alike(
        self, rng: np.random.Generator, simulations: int, seen: _Best, memory: float
    ) -> Ints:
        """Stretches that lie no further from the best one than the true one mostly does."""
        at = int(seen.at[0])
        level = self._fitted(at)
        drawn = self._draw(
            rng, 2 * simulations, level=level, spread=float(seen.rest[0]), memory=memory
        )
        step = max(1, _CHUNK // max(1, len(self.starts)))
        away = []
        for i in range(0, len(drawn), step):
            some = drawn[i : i + step]
            gains, _ = self._gains(some)
            best = self._best_of(some)
            away.append((best.gain - gains[:, at]) / best.rest)
        limit = float(np.quantile(np.concatenate(away), self.level))
        gains, _ = self._gains(self.values[None, :])
        alike: Ints = np.flatnonzero((seen.gain[0] - gains[0]) / seen.rest[0] <= limit)
        return alike

    def _fitted(self, at: int) -> Floats:
        inside = self._inside(at)
        fitted: Floats = np.where(inside, self._mean(inside), self._mean(~inside))
        return fitted

    def _inside(self, at: int) -> npt.NDArray[np.bool_]:
        place = np.arange(len(self.weights))
        return np.asarray((place >= self.starts[at]) & (place < self.ends[at]))

    def _mean(self, part: npt.NDArray[np.bool_]) -> float:
        return float(np.average(self.values[part], weights=self.weights[part]))

    def _levels(self, at: int, spread: float, memory: float) -> tuple[Estimate, Estimate, Estimate]:
        inside = self._inside(at)
        freedom = max(1, int(np.count_nonzero(self.weights)) - 2)
        quantile = float(special.stdtrit(freedom, 0.5 + self.level / 2))
        longer = spread * (1 + memory) / (1 - memory)
        weight_in, weight_out = (float(self.weights[part].sum()) for part in (inside, ~inside))
        within, without = self._mean(inside), self._mean(~inside)

        def figure(value: float, weights: tuple[float, ...], *, least: float) -> Estimate:
            half = quantile * math.sqrt(sum(longer / weight for weight in weights))
            most = 1.0 if self.unit == "share" else math.inf
            return Estimate(
                value=value,
                low=min(value, max(least, value - half)),
                high=max(value, min(most, value + half)),
                unit=self.unit,
                n=round(sum(weights)),
                method="over periods, the dates taken as known",
                level=self.level,
            )

        least = 0.0 if self.unit == "share" else -math.inf
        return (
            figure(within, (weight_in,), least=least),
            figure(without, (weight_out,), least=least),
            figure(within - without, (weight_in, weight_out), least=-math.inf),
        )
