"""A model as the engines take it: arrays and ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.errors import QueueingError
from andon.queueing._kernels import laws as law_kernels
from andon.queueing._kernels.laws import LAWS, TICKS
from andon.queueing._kernels.streams import DAY, uniforms
from andon.queueing.laws import (
    Empirical,
    Exponential,
    Fixed,
    Gamma,
    Law,
    Lognormal,
    Never,
    Weibull,
)
from andon.queueing.simulator.model import Model, Queue
from andon.queueing.simulator.schedule import Schedule
from andon.units import DAY_S, HOUR_S

__all__ = ["HANDLE", "LAWS", "PATIENCE", "RECONTACT", "REDIAL", "REDIAL_PATIENCE", "Laws", "Plan"]

HANDLE, PATIENCE, REDIAL_PATIENCE, RECONTACT, REDIAL = range(5)
"""Which of a queue's laws is which."""

_GRID: Final = 8193
_LOGITS: Final = 36.0
"""A law without a quick inverse is drawn from straight lines between so many points, evenly spread
by the logarithm of the odds: its mean is kept within 1 in 100,000."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Laws:
    """All laws of a model, one a row.

    Attributes
    ----------
    kinds : array of int, shape (rows,)
    numbers : array of float, shape (rows, 2)
        Parameters in seconds, or without unit.
    spans : array of int, shape (rows, 2)
        From where to where the row's points stand in ``at_s`` and ``share``.
    at_s, share : array of float, shape (points,)
    """

    kinds: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.float64]
    spans: npt.NDArray[np.int64]
    at_s: npt.NDArray[np.float64]
    share: npt.NDArray[np.float64]

    @classmethod
    def of(cls, laws: list[Law]) -> Laws:
        """Write the laws down for the kernels."""
        kinds, numbers, spans = [], [], []
        at_s: list[npt.NDArray[np.float64]] = [np.zeros(1)]
        share: list[npt.NDArray[np.float64]] = [np.zeros(1)]
        size = 1
        for law in laws:
            kind, p0, p1, points = _written(law)
            kinds.append(kind)
            numbers.append((p0, p1))
            spans.append((size, size + len(points[0])))
            at_s.append(points[0])
            share.append(points[1])
            size += len(points[0])
        return cls(
            kinds=np.array(kinds, dtype=np.int64),
            numbers=np.array(numbers, dtype=np.float64),
            spans=np.array(spans, dtype=np.int64),
            at_s=np.concatenate(at_s),
            share=np.concatenate(share),
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Plan:
    """A model, ready to run.

    Attributes
    ----------
    model : Model
    laws : Laws
        ``LAWS`` rows for each queue.
    horizon, interval : int
        Ticks.
    rates : array of float, shape (queues, intervals)
        Customers a tick, as forecast.
    factors : tuple of array of float
        For each queue by how much handle times differ, shape (intervals,); empty where they do not.
    clocks : tuple of array of float
        For each queue what the clock of its recontacts shows at each edge of the intervals, shape
        (intervals + 1,), ticks; empty where it is time itself.
    changes : tuple of array of int
        For each pool its changes of staffing, as :meth:`Schedule.in_ticks` has them.
    on_duty : tuple of array of int
        For each pool the ticks on duty in each interval.
    """

    model: Model
    laws: Laws
    horizon: int
    interval: int
    rates: npt.NDArray[np.float64]
    factors: tuple[npt.NDArray[np.float64], ...]
    clocks: tuple[npt.NDArray[np.float64], ...]
    changes: tuple[npt.NDArray[np.int64], ...]
    on_duty: tuple[npt.NDArray[np.int64], ...]

    @classmethod
    def of(cls, model: Model, *, like: Plan | None = None) -> Plan:
        """Prepare ``model``; what it shares with the model of ``like`` is not prepared again.

        ``like`` must have the same laws, days and intervals.
        """
        known: dict[int, tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]] = {}
        if like is not None:
            for pool, changes, on_duty in zip(
                like.model.pools, like.changes, like.on_duty, strict=True
            ):
                known[id(pool.schedule)] = changes, on_duty
        staffed = [
            known.get(id(pool.schedule)) or _staffed(pool.schedule, model) for pool in model.pools
        ]
        interval = round(model.interval_s * TICKS)
        return cls(
            model=model,
            laws=like.laws if like is not None else _laws(model),
            horizon=interval * model.intervals,
            interval=interval,
            rates=np.array([_rates(queue, model) for queue in model.queues]),
            factors=tuple(
                np.resize(np.asarray(queue.handle_factors, dtype=np.float64), model.intervals)
                if queue.handle_factors
                else np.zeros(0)
                for queue in model.queues
            ),
            clocks=like.clocks
            if like is not None
            else tuple(_clock(queue, model) for queue in model.queues),
            changes=tuple(changes for changes, _ in staffed),
            on_duty=tuple(on_duty for _, on_duty in staffed),
        )

    def rates_of(self, seed: int, replication: int) -> npt.NDArray[np.float64]:
        """Customers a tick, as they turn out: each day as busy as its own number says."""
        rates = self.rates.copy()
        model = self.model
        days = math.ceil(model.days - 1e-9)
        day_of = (np.arange(model.intervals) * model.interval_s // DAY_S).astype(np.int64)
        for q, queue in enumerate(model.queues):
            if queue.arrivals is None or queue.arrivals.day_cv == 0:
                continue
            u = np.array([uniforms(seed, replication, DAY, q, 0, day)[0] for day in range(days)])
            shape = queue.arrivals.day_cv**-2
            busy = special.gammainccinv(shape, u) / shape
            rates[q] *= busy[day_of]
        return rates


def _laws(model: Model) -> Laws:
    laws: list[Law] = []
    for queue in model.queues:
        loop = queue.loop
        never = Fixed(value_s=1.0)
        laws += [
            queue.handle,
            queue.patience,
            (loop.redial_patience if loop else None) or queue.patience,
            loop.recontact_after if loop else never,
            loop.redial_after if loop else never,
        ]
    return Laws.of(laws)


def _clock(queue: Queue, model: Model) -> npt.NDArray[np.float64]:
    """What the clock of recontacts shows at each edge; nothing where it is time itself."""
    if queue.loop is None or not queue.loop.recontact_clock:
        return np.zeros(0)
    speeds = np.resize(np.asarray(queue.loop.recontact_clock, dtype=np.float64), model.intervals)
    return np.concatenate(([0.0], np.cumsum(speeds * model.interval_s * TICKS)))


def _staffed(
    schedule: Schedule, model: Model
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Changes of staffing, and the ticks on duty in each interval."""
    on_duty = schedule.on_duty_s(model.interval_s, model.intervals)
    return schedule.in_ticks(model.horizon_s), np.round(on_duty * TICKS).astype(np.int64)


def _rates(queue: Queue, model: Model) -> npt.NDArray[np.float64]:
    if queue.arrivals is None:
        return np.zeros(model.intervals)
    pattern = np.asarray(queue.arrivals.per_h, dtype=np.float64)
    if len(pattern) > 1:
        pattern = np.repeat(pattern, round(queue.arrivals.interval_s / model.interval_s))
    return np.resize(pattern, model.intervals) / (HOUR_S * TICKS)


def _written(
    law: Law,
) -> tuple[int, float, float, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
    """Kind, two numbers and points of one law."""
    numbers, points = (0.0, 0.0), (np.zeros(0), np.zeros(0))
    match law:
        case Exponential():
            kind, numbers = law_kernels.EXPONENTIAL, (law.mean_s, 0.0)
        case Fixed():
            kind, numbers = law_kernels.FIXED, (law.value_s, 0.0)
        case Never():
            kind, numbers = law_kernels.FIXED, (math.inf, 0.0)
        case Lognormal():
            kind, numbers = law_kernels.LOGNORMAL, (law.median_s, law.sigma)
        case Weibull():
            kind, numbers = law_kernels.WEIBULL, (law.scale_s, 1 / law.shape)
        case Empirical():
            kind, points = law_kernels.EMPIRICAL, (law.at_s, law.share)
        case Gamma():
            kind, points = law_kernels.EMPIRICAL, _lines(law)
        case _:
            raise QueueingError(
                "There is no such law.",
                found=f"{law!r}",
                todo="Use one of those in andon.queueing.laws.",
            )
    return kind, *numbers, points


def _lines(law: Gamma) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Points of the distribution function, from far below to far above."""
    odds = np.linspace(-_LOGITS, _LOGITS, _GRID)
    below, above = special.expit(odds), special.expit(-odds)
    shape = law.cv**-2
    quantiles = np.where(
        odds < 0, special.gammaincinv(shape, below), special.gammainccinv(shape, above)
    )
    share = below.copy()
    share[0], share[-1] = 0.0, 1.0
    return law.mean_s / shape * quantiles, share
