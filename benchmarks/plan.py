"""A plan of four weeks of half-hours, made and checked, beside its goal.

``python -m benchmarks.plan one TIMES`` and ``six TIMES`` are a process each, warm after a short
first plan; :func:`plan` puts them together. Nothing stands beside it: no other tool that we know
makes such a plan.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Final

from benchmarks.measure import measured, timed
from benchmarks.table import Line, Runs, Table, beside

if TYPE_CHECKING:
    from andon.capacity.lines import Past
    from andon.capacity.plan import Plan
    from andon.capacity.planning import Planning

__all__ = ["plan", "six_queues"]

TIMES: Final = 3
CORES: Final = 2
DAYS: Final = 28
WEEKS: Final = 26
ZONE: Final = "Europe/Berlin"
WORKS: Final = (
    ("one", "one queue, 28 days of half-hours: forecast, agents, check", 10.0),
    ("six", "six queues on three teams that help each other, 28 days of half-hours", 60.0),
)
"""What is measured, how it is called, and the seconds that it may take."""
QUEUES: Final = {
    "orders": (900.0, 240.0),
    "support": (600.0, 420.0),
    "billing": (450.0, 300.0),
    "delivery": (400.0, 180.0),
    "complaints": (120.0, 540.0),
    "partners": (60.0, 360.0),
}
"""Contacts on a mean day, and seconds of handling."""
TEAMS: Final = {
    "front": (("orders", 1), ("delivery", 1), ("billing", 2)),
    "desk": (("support", 1), ("billing", 1), ("complaints", 2)),
    "senior": (("complaints", 1), ("partners", 1), ("support", 2)),
}
"""What each team serves, and in which rank."""


def plan() -> Table:
    """One queue, and six on shared teams."""
    lines: list[Line] = []
    notes: list[str] = []
    for work, says, goal_s in WORKS:
        print(says, file=sys.stderr, flush=True)
        said = measured("benchmarks.plan", work, str(TIMES), cores=CORES).said
        ours = Runs(count=said["intervals"], seconds=tuple(said["seconds"]))
        met = ours.best_s <= goal_s
        lines.append(beside(says, ours, goal=f"under {goal_s:g} s", met=met))
        kept = ", ".join(f"{name} {100 * share:.0f} %" for name, share in said["kept"].items())
        notes.append(
            f"{says}: {said['agent_h']:,.0f} agent-hours; the promise holds on so many of "
            f"{said['courses']} x {DAYS} simulated days: {kept}."
        )
    return Table(lines=lines, notes=notes)


def six_queues() -> tuple[list[Past], Planning]:
    """The past of six queues that three teams share, and what is decided."""
    import datetime as dt

    import numpy as np

    from andon.capacity.history import History, exposure_of
    from andon.capacity.lines import Past
    from andon.capacity.planning import Planning, Serves, TeamRules
    from andon.capacity.promise import Promise
    from andon.capacity.redials import Redials

    rng = np.random.default_rng(28)
    first = (dt.date(2024, 1, 1) - dt.date(1970, 1, 1)).days
    days = np.arange(first, first + 7 * WEEKS)
    hour = (np.arange(48) + 0.5) / 2
    shape = np.exp(-(((hour - 10.5) / 2.5) ** 2)) + 0.8 * np.exp(-(((hour - 16) / 3.0) ** 2))
    shape = np.where((hour > 8) & (hour < 20), shape, 0.0)
    shape /= shape.sum()
    week = np.array([1.2, 1.1, 1.0, 1.0, 1.0, 0.5, 0.0])[(days + 3) % 7]
    common = rng.standard_normal(len(days))
    exposure = exposure_of(days, zone=ZONE, interval_s=1800)
    pasts = []
    for name, (a_day, handle_s) in QUEUES.items():
        own = rng.standard_normal(len(days))
        level = a_day * week * np.exp(0.12 * (0.6 * common + 0.8 * own))
        counts = rng.poisson(level[:, None] * shape).astype(np.float64)
        history = History(
            queue=name,
            zone=ZONE,
            interval_s=1800,
            first_day=first,
            counts=counts,
            exposure=exposure,
            seen=np.full(len(days), fill_value=True),
            handled=counts,
            handle_total_s=counts * handle_s,
            handle_cv=1.0,
        )
        again = Redials(share=0.5, after_s=600.0)
        pasts.append(Past(history=history, patience_s=150.0, redials=again, gave_up=0.04))
    teams = tuple(
        TeamRules(name=name, serves=tuple(Serves(queue=each, rank=rank) for each, rank in serves))
        for name, serves in TEAMS.items()
    )
    return pasts, Planning(promise=Promise(service_level=0.8, answer_within_s=20), teams=teams)


def _made(work: str, days: int, *, seed: int = 1) -> Plan:
    import datetime as dt
    from dataclasses import replace

    from andon.capacity.horizon import Horizon
    from andon.capacity.plan import make_plan

    pasts, planning = six_queues()
    if work == "one":
        pasts, planning = pasts[:1], replace(planning, teams=())
    horizon = Horizon.of(dt.date(2024, 1, 1) + dt.timedelta(weeks=WEEKS), days=days, zone=ZONE)
    return make_plan(pasts, planning, horizon, seed=seed, workers=CORES)


def _ours(work: str, times: int) -> dict[str, Any]:
    from andon.estimate import Estimate

    _made(work, 1)  # compiles, or loads what was compiled
    seconds, made = timed(lambda: _made(work, DAYS), times)
    found = made[0]
    kept = {met.queue: met.days_kept for met in found.check.ordinary.queues}
    return {
        "seconds": seconds,
        "intervals": len(found.horizon.slot) * len(found.lines),
        "agent_h": found.agent_h,
        "courses": found.check.courses,
        "kept": {name: each.value for name, each in kept.items() if isinstance(each, Estimate)},
    }


if __name__ == "__main__":
    print(json.dumps(_ours(sys.argv[1], int(sys.argv[2]))))
