"""Small scenarios for the tests of the proving ground."""

from __future__ import annotations

from typing import Any

from andon.proving.scenario import Lever, Scenario
from andon.queueing.laws import Exponential, Lognormal
from andon.queueing.simulator.model import Arrivals, Curve, Loop, Model
from andon.queueing.simulator.schedule import Schedule, Shift

__all__ = ["model", "scenario"]


def model(*, agents: int = 10, per_h: float = 100.0, schedule: Schedule | None = None) -> Model:
    """Calls from 8 to 16, with customers who come back."""
    day = Schedule.of_shifts([Shift(agents=agents, from_s=8 * 3600, to_s=16 * 3600)])
    return Model.one_pool(
        arrivals=Arrivals(per_h=(0.0,) * 8 + (per_h,) * 8 + (0.0,) * 8, interval_s=3600.0),
        handle=Lognormal.from_mean(mean_s=240, cv=0.5),
        patience=Exponential(mean_s=180),
        schedule=schedule or day,
        loop=Loop(
            resolves=Curve.flat(0.7),
            comes_back=0.8,
            recontact_after=Exponential(mean_s=36 * 3600),
            redials=0.5,
            redial_after=Exponential(mean_s=600),
        ),
    )


def scenario(*levers: Lever, days: float = 14.0, **said: Any) -> Scenario:
    """A team of people who differ in pace, and whatever else is said."""
    base = said.pop("base", None) or model()
    return Scenario(name="A test", base=base, days=days, levers=levers, **said)
