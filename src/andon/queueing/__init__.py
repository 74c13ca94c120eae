"""What waiting does: numbers in, frozen results out; knows no ledger.

Every name here is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

__all__ = [
    "Arrivals",
    "Backlog",
    "Blocking",
    "Callback",
    "CapacityNeeded",
    "Carried",
    "ChatAgents",
    "ChatQueue",
    "Comparison",
    "ConcurrencyLimits",
    "Curve",
    "Difference",
    "Empirical",
    "Exponential",
    "ExtraHours",
    "Fit",
    "Fixed",
    "Gamma",
    "GeneralStaffing",
    "Law",
    "LoadShortcuts",
    "Lognormal",
    "Loop",
    "LoopState",
    "Model",
    "Never",
    "OfferedLoad",
    "Overflow",
    "Pool",
    "Precision",
    "Progress",
    "Queue",
    "Reached",
    "ReentrantLoad",
    "ReentrantSinusoid",
    "ReturnShortcuts",
    "Route",
    "Schedule",
    "ServiceLevel",
    "Shift",
    "Shortcut",
    "ShortcutErrors",
    "Simulation",
    "Slowdown",
    "SquareRoot",
    "StaffedDay",
    "Staffing",
    "StationaryLoop",
    "Survival",
    "Swing",
    "Transfer",
    "Wait",
    "WaitCounts",
    "Weibull",
    "agents_following",
    "agents_needed",
    "agents_needed_general",
    "backlog",
    "capacity_needed",
    "chat_agents_needed",
    "chat_queue",
    "compare",
    "compare_load_shortcuts",
    "compare_return_shortcuts",
    "concurrency_limits",
    "erlang_a",
    "erlang_b",
    "erlang_c",
    "erlang_general",
    "extra_hours_needed",
    "fit_patience",
    "garnett",
    "garnett_beta",
    "halfin_whitt",
    "halfin_whitt_beta",
    "hazard",
    "kaplan_meier",
    "load_carried",
    "load_lag_s",
    "offered_load",
    "peak",
    "reentrant_load",
    "reentrant_load_of_rate",
    "reentrant_sinusoid",
    "return_shortcut_load",
    "shortcut_error",
    "shortcut_load",
    "simulate",
    "simulate_each",
    "square_root_agents",
    "staffed_day",
    "stationary_loop",
]

if TYPE_CHECKING:
    from andon.queueing.changing_day import StaffedDay, staffed_day
    from andon.queueing.changing_load import OfferedLoad, agents_following, load_lag_s, offered_load
    from andon.queueing.chats import ChatAgents, ChatQueue, chat_agents_needed, chat_queue
    from andon.queueing.concurrency import ConcurrencyLimits, Slowdown, concurrency_limits
    from andon.queueing.deadline_capacity import (
        CapacityNeeded,
        ExtraHours,
        capacity_needed,
        extra_hours_needed,
    )
    from andon.queueing.deferrable import Backlog, backlog
    from andon.queueing.erlang import Blocking, Wait, erlang_a, erlang_b, erlang_c
    from andon.queueing.general_patience import (
        GeneralStaffing,
        Shortcut,
        ShortcutErrors,
        agents_needed_general,
        erlang_general,
        shortcut_error,
    )
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
    from andon.queueing.load_shortcuts import LoadShortcuts, compare_load_shortcuts, shortcut_load
    from andon.queueing.patience import Survival, hazard, kaplan_meier, peak
    from andon.queueing.patience_fit import Fit, fit_patience
    from andon.queueing.reentrant import (
        ReentrantLoad,
        ReentrantSinusoid,
        Swing,
        reentrant_load,
        reentrant_load_of_rate,
        reentrant_sinusoid,
    )
    from andon.queueing.return_shortcuts import (
        ReturnShortcuts,
        compare_return_shortcuts,
        return_shortcut_load,
    )
    from andon.queueing.service_level import ServiceLevel
    from andon.queueing.simulator.comparison import Comparison, Difference, compare
    from andon.queueing.simulator.model import (
        Arrivals,
        Callback,
        Curve,
        Loop,
        Model,
        Overflow,
        Pool,
        Queue,
        Route,
        Transfer,
    )
    from andon.queueing.simulator.precision import Precision, Reached
    from andon.queueing.simulator.results import Simulation
    from andon.queueing.simulator.runs import Progress, simulate, simulate_each
    from andon.queueing.simulator.schedule import Schedule, Shift
    from andon.queueing.square_root import (
        SquareRoot,
        garnett,
        garnett_beta,
        halfin_whitt,
        halfin_whitt_beta,
        square_root_agents,
    )
    from andon.queueing.staffing import Carried, Staffing, agents_needed, load_carried
    from andon.queueing.steady_loop import LoopState, StationaryLoop, stationary_loop
    from andon.queueing.wait_counts import WaitCounts

_HOMES: Final = {
    "andon.queueing.changing_day": (
        "StaffedDay",
        "staffed_day",
    ),
    "andon.queueing.changing_load": (
        "OfferedLoad",
        "agents_following",
        "load_lag_s",
        "offered_load",
    ),
    "andon.queueing.chats": (
        "ChatAgents",
        "ChatQueue",
        "chat_agents_needed",
        "chat_queue",
    ),
    "andon.queueing.concurrency": (
        "ConcurrencyLimits",
        "Slowdown",
        "concurrency_limits",
    ),
    "andon.queueing.deadline_capacity": (
        "CapacityNeeded",
        "ExtraHours",
        "capacity_needed",
        "extra_hours_needed",
    ),
    "andon.queueing.deferrable": (
        "Backlog",
        "backlog",
    ),
    "andon.queueing.erlang": (
        "Blocking",
        "Wait",
        "erlang_a",
        "erlang_b",
        "erlang_c",
    ),
    "andon.queueing.general_patience": (
        "GeneralStaffing",
        "Shortcut",
        "ShortcutErrors",
        "agents_needed_general",
        "erlang_general",
        "shortcut_error",
    ),
    "andon.queueing.laws": (
        "Empirical",
        "Exponential",
        "Fixed",
        "Gamma",
        "Law",
        "Lognormal",
        "Never",
        "Weibull",
    ),
    "andon.queueing.load_shortcuts": (
        "LoadShortcuts",
        "compare_load_shortcuts",
        "shortcut_load",
    ),
    "andon.queueing.patience": (
        "Survival",
        "hazard",
        "kaplan_meier",
        "peak",
    ),
    "andon.queueing.patience_fit": (
        "Fit",
        "fit_patience",
    ),
    "andon.queueing.reentrant": (
        "ReentrantLoad",
        "ReentrantSinusoid",
        "Swing",
        "reentrant_load",
        "reentrant_load_of_rate",
        "reentrant_sinusoid",
    ),
    "andon.queueing.return_shortcuts": (
        "ReturnShortcuts",
        "compare_return_shortcuts",
        "return_shortcut_load",
    ),
    "andon.queueing.service_level": ("ServiceLevel",),
    "andon.queueing.simulator.comparison": (
        "Comparison",
        "Difference",
        "compare",
    ),
    "andon.queueing.simulator.model": (
        "Arrivals",
        "Callback",
        "Curve",
        "Loop",
        "Model",
        "Overflow",
        "Pool",
        "Queue",
        "Route",
        "Transfer",
    ),
    "andon.queueing.simulator.precision": (
        "Precision",
        "Reached",
    ),
    "andon.queueing.simulator.results": ("Simulation",),
    "andon.queueing.simulator.runs": (
        "Progress",
        "simulate",
        "simulate_each",
    ),
    "andon.queueing.simulator.schedule": (
        "Schedule",
        "Shift",
    ),
    "andon.queueing.square_root": (
        "SquareRoot",
        "garnett",
        "garnett_beta",
        "halfin_whitt",
        "halfin_whitt_beta",
        "square_root_agents",
    ),
    "andon.queueing.staffing": (
        "Carried",
        "Staffing",
        "agents_needed",
        "load_carried",
    ),
    "andon.queueing.steady_loop": (
        "LoopState",
        "StationaryLoop",
        "stationary_loop",
    ),
    "andon.queueing.wait_counts": ("WaitCounts",),
}
"""Where each public name lives."""


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module 'andon.queueing' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
