"""turbotab: Erlang C, and Erlang A by an approximation of its own.

It is under the GPL. Only this module imports it, and this module is only ever run in a process of
its own.
"""

from __future__ import annotations

import math

from mod_turbotab.agents.capacity import agents_required
from mod_turbotab.calculations.erlang import erlang_a, erlang_c

from benchmarks.peers import Staffing

__all__ = ["KNOWS_PATIENCE", "agents", "service_level"]

KNOWS_PATIENCE = True
HALF_HOUR_S = 1800


def agents(staffing: Staffing) -> list[int]:
    return [
        agents_required(
            staffing.service_level,
            staffing.within_s,
            load * HALF_HOUR_S / staffing.handle_s,
            staffing.handle_s,
            interval=HALF_HOUR_S,
            patience=staffing.patience_s,
        )
        for load in staffing.load_erlangs
    ]


def service_level(staffing: Staffing, load_erlangs: float, hired: int) -> float:
    """By its own formulas, as its search has them; it counts no more than the load as nothing."""
    if load_erlangs >= hired:
        return 0.0
    if staffing.patience_s is not None:
        found = erlang_a(hired, load_erlangs, staffing.patience_s, staffing.handle_s)
        return float(found["sla"](staffing.within_s))
    falls = math.exp((load_erlangs - hired) * staffing.within_s / staffing.handle_s)
    return float(1 - erlang_c(hired, load_erlangs) * falls)
