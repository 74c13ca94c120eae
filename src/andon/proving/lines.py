"""Service lines for proofs: an ordinary one, and what may honestly be different about it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import ibis
import ibis.expr.types as ir

from andon.proving.build import Made
from andon.proving.scenario import Scenario
from andon.queueing.laws import Exponential, Gamma, Lognormal
from andon.queueing.simulator.model import (
    Arrivals,
    Curve,
    Loop,
    Model,
    Pool,
    Queue,
    Route,
    Transfer,
)
from andon.queueing.simulator.schedule import Schedule

__all__ = ["cases_desk", "line", "put"]

_HOUR_S: Final = 3_600.0
_NIGHT, _EVENING = (0,) * 8, (0,) * 4
_PER_H: Final = (13, 21, 25, 24, 20, 19, 20, 21, 19, 15, 11, 8)
_AGENTS: Final = (3, 4, 5, 5, 4, 4, 4, 4, 4, 3, 3, 2)
"""Of calls and of people on duty, from 8 to 20."""
_LOOP: Final = Loop(
    resolves=Curve(handle_s=(60.0, 180.0, 360.0), share=(0.5, 0.72, 0.84)),
    comes_back=0.85,
    recontact_after=Gamma(mean_s=36 * _HOUR_S, cv=0.9),
    redials=0.6,
    redial_after=Exponential(mean_s=900.0),
    most_attempts=8,
)


_SPECIAL: Final = Queue(
    name="specialists",
    handle=Lognormal.from_mean(mean_s=480.0, cv=0.6),
    patience=Exponential(mean_s=360.0),
    loop=_LOOP,
)


def _specialists(size: float) -> Pool:
    agents = [math.ceil(size * each / 4) for each in (*_NIGHT, *_AGENTS, *_EVENING)]
    return Pool(
        name="specialists",
        schedule=Schedule.by_interval(agents, interval_s=_HOUR_S),
        routes=(Route(queue="specialists"),),
    )


def line(
    *,
    name: str = "An ordinary line",
    size: float = 1.0,
    staff: float = 1.0,
    day_cv: float = 0.08,
    handle_cv: float = 0.5,
    patience_s: float = 180.0,
    passes: float = 0.0,
    days: float = 63.0,
    **said: Any,
) -> Scenario:
    """A line of calls, open from 8 to 20, about 290 calls on a day.

    Parameters
    ----------
    name : str
    size : float
        How many times as many calls, and people to take them (> 0).
    staff : float
        How many times as many people for the same calls (> 0); below 1 it is congested.
    day_cv : float
        How much days differ: standard deviation over mean.
    handle_cv : float
        How much handle times differ: standard deviation over mean.
    patience_s : float
        Mean patience, exponential, seconds.
    passes : float
        Share of calls that are rightly passed on to specialists, who are people of their own.
    days : float
    **said
        Whatever else a :class:`andon.proving.scenario.Scenario` says.

    Examples
    --------
    >>> line(days=7).base.queues[0].name
    'calls'
    """
    calls = Queue(
        name="calls",
        arrivals=Arrivals(
            per_h=tuple(size * each for each in (*_NIGHT, *_PER_H, *_EVENING)),
            interval_s=_HOUR_S,
            day_cv=day_cv,
        ),
        handle=Lognormal.from_mean(mean_s=240.0, cv=handle_cv),
        patience=Exponential(mean_s=patience_s),
        loop=_LOOP,
        transfer=Transfer(to="specialists", share=passes) if passes else None,
    )
    agents = [round(size * staff * each) for each in (*_NIGHT, *_AGENTS, *_EVENING)]
    team = Pool(
        name="team",
        schedule=Schedule.by_interval(agents, interval_s=_HOUR_S),
        routes=(Route(queue="calls"),),
    )
    base = Model(
        queues=(calls, _SPECIAL) if passes else (calls,),
        pools=(team, _specialists(size)) if passes else (team,),
        days=days,
    )
    return Scenario(name=name, base=base, days=days, **said)


def cases_desk(
    *, name: str = "A desk of cases", size: float = 1.0, days: float = 63.0, **said: Any
) -> Scenario:
    """A desk that works off cases, about 200 a day, most of them on the day they come.

    Parameters
    ----------
    name : str
    size : float
        How many times as many cases, and people to work on them (> 0).
    days : float
    **said
        Whatever else a scenario says.
    """
    cases = Queue(
        name="cases",
        channel="case",
        arrivals=Arrivals(
            per_h=tuple(size * each for each in (*_NIGHT, *((16.0,) * 12), *_EVENING)),
            interval_s=_HOUR_S,
            day_cv=0.1,
        ),
        handle=Gamma(mean_s=600.0, cv=0.7),
        loop=Loop(
            resolves=Curve.flat(0.8),
            comes_back=0.7,
            recontact_after=Gamma(mean_s=2 * 24 * _HOUR_S, cv=0.8),
        ),
    )
    agents = [round(size * each) for each in (*_NIGHT, *((4,) * 12), *_EVENING)]
    desk = Pool(
        name="desk",
        schedule=Schedule.by_interval(agents, interval_s=_HOUR_S),
        routes=(Route(queue="cases"),),
    )
    base = Model(queues=(cases,), pools=(desk,), days=days)
    return Scenario(name=name, base=base, days=days, **said)


@contextmanager
def put(made: Made, *names: str) -> Iterator[dict[str, ir.Table]]:
    """Tables of a made-up operation on an engine of their own, for as long as they are needed."""
    engine = ibis.duckdb.connect(threads=1)
    try:
        yield {name: engine.create_table(name, made.ledger(name), temp=True) for name in names}
    finally:
        engine.disconnect()
