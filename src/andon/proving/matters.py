"""Matters: what customers come with for the first time, whose it is and how hard it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.proving.scenario import FailureDemand, MixShift, Scenario
from andon.queueing.simulator.plan import Plan
from andon.units import DAY_S, US

__all__ = ["Matters", "matters_of"]

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Matters:
    """What customers come with, in the order in which they come.

    Attributes
    ----------
    arrived : array of int
        Ticks.
    queue, reason, customer : array of int
        Numbers in the scenario's own order.
    hard : array of float
        Difficulty, standard deviations of what is hidden; the mean is near 0.
    length : array of float
        How many times as long it takes as its difficulty alone would have it, and needs to.
    vulnerable : array of bool
        Whether the customer is.
    failure : array of bool
        Whether it would not have come but for a change of process.
    reasons : tuple of str
        The names of ``reason``.
    customers : int
        How many there may be.
    """

    arrived: _Integers
    queue: _Integers
    reason: _Integers
    customer: _Integers
    hard: _Floats
    length: _Floats
    vulnerable: npt.NDArray[np.bool_]
    failure: npt.NDArray[np.bool_]
    reasons: tuple[str, ...]
    customers: int

    def __len__(self) -> int:
        return len(self.arrived)


def matters_of(scenario: Scenario, plan: Plan, rng: np.random.Generator) -> Matters:
    """Draw all matters of a scenario.

    Raises
    ------
    QueueingError
        If nobody comes.
    """
    rates = plan.rates_of(scenario.seed, 0) * plan.interval
    counts = rng.poisson(rates)
    queue = np.repeat(np.arange(len(rates)), counts.sum(axis=1))
    cell = np.concatenate([np.repeat(np.arange(len(row)), row) for row in counts])
    begin = cell.astype(np.int64) * plan.interval
    arrived = begin + np.floor(rng.random(len(cell)) * plan.interval).astype(np.int64)
    names, chances, harder, lengths = _reasons(scenario)
    reason = rng.choice(len(chances), size=len(cell), p=chances)
    failure = np.zeros(len(cell), dtype=np.bool_)
    for lever in scenario.levers:
        if isinstance(lever, MixShift):
            arrived, queue, reason, failure = _shifted(
                scenario, lever, (arrived, queue, reason, failure), rng
            )
        elif isinstance(lever, FailureDemand):
            arrived, queue, reason, failure = _failed(
                scenario, lever, (arrived, queue, reason, failure), names.index(lever.reason), rng
            )
    if len(arrived) == 0:
        raise QueueingError(
            "Nobody comes in this scenario.",
            found=f"0 matters in {scenario.days:g} days",
            todo="Give the base more arrivals, or the scenario more days.",
        )
    order = np.argsort(arrived, kind="stable")
    customer, customers = _customers(scenario, len(order), rng)
    vulnerable = rng.random(customers) < scenario.vulnerable.share
    return Matters(
        arrived=arrived[order],
        queue=queue[order].astype(np.int64),
        reason=reason[order].astype(np.int64),
        customer=customer,
        hard=rng.standard_normal(len(order)) + harder[reason[order]],
        length=lengths[reason[order]],
        vulnerable=vulnerable[customer],
        failure=failure[order],
        reasons=names,
        customers=customers,
    )


_Drawn = tuple[_Integers, _Integers, _Integers, npt.NDArray[np.bool_]]


def _reasons(scenario: Scenario) -> tuple[tuple[str, ...], _Floats, _Floats, _Floats]:
    """Names, chances of those that always come, and how hard and how long each is."""
    names = [each.name for each in scenario.reasons]
    harder = [each.harder for each in scenario.reasons]
    lengths = [each.handle for each in scenario.reasons]
    for lever in scenario.levers:
        if isinstance(lever, FailureDemand) and lever.reason not in names:
            names.append(lever.reason)
            harder.append(lever.harder)
            lengths.append(1.0)
    chances = np.array([each.share for each in scenario.reasons])
    return tuple(names), chances / chances.sum(), np.array(harder), np.array(lengths)


def _shifted(
    scenario: Scenario, lever: MixShift, drawn: _Drawn, rng: np.random.Generator
) -> _Drawn:
    """More or fewer of one reason while the lever holds."""
    arrived, _, reason, _ = drawn
    begin, end = lever.from_day * DAY_S * US, lever.to_day * DAY_S * US
    meant = [each.name for each in scenario.reasons].index(lever.reason)
    within = np.flatnonzero((arrived >= begin) & (arrived < end) & (reason == meant))
    often = np.ones(len(arrived), dtype=np.int64)
    whole = int(lever.times)
    often[within] = whole + (rng.random(len(within)) < lever.times - whole)
    again = np.repeat(np.arange(len(arrived)), often)
    queue, failure = drawn[1], drawn[3]
    return _moved(arrived[again], scenario, rng), queue[again], reason[again], failure[again]


def _failed(
    scenario: Scenario,
    lever: FailureDemand,
    drawn: _Drawn,
    reason: int,
    rng: np.random.Generator,
) -> _Drawn:
    """Matters that would not have come: so many for each that comes anyhow."""
    arrived = drawn[0]
    begin, end = lever.from_day * DAY_S * US, lever.to_day * DAY_S * US
    within = np.flatnonzero((arrived >= begin) & (arrived < end))
    more = np.repeat(within, rng.poisson(lever.more, len(within)))
    ones = np.ones(len(more), dtype=np.int64)
    return (
        np.concatenate((arrived, _moved(arrived[more], scenario, rng))),
        np.concatenate((drawn[1], drawn[1][more])),
        np.concatenate((drawn[2], reason * ones)),
        np.concatenate((drawn[3], ones.astype(np.bool_))),
    )


def _moved(arrived: _Integers, scenario: Scenario, rng: np.random.Generator) -> _Integers:
    """Within their interval anew, so that no two come together."""
    interval = round(scenario.base.interval_s * US)
    within = np.floor(rng.random(len(arrived)) * interval).astype(np.int64)
    return arrived // interval * interval + within


def _customers(scenario: Scenario, matters: int, rng: np.random.Generator) -> tuple[_Integers, int]:
    """Whose each matter is, and how many customers there are."""
    said = scenario.customers
    if said.number is None:
        return np.arange(matters, dtype=np.int64), matters
    habitual = round(said.habitual * said.number)
    if habitual == 0:
        return rng.integers(0, said.number, matters), said.number
    weight = habitual * said.times
    by_habit = rng.random(matters) < weight / (weight + said.number - habitual)
    among = np.where(by_habit, habitual, max(said.number - habitual, 1))
    chosen = np.floor(rng.random(matters) * among).astype(np.int64)
    return np.where(by_habit, chosen, np.minimum(chosen + habitual, said.number - 1)), said.number
