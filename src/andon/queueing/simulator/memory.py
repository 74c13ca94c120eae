"""Memory: what a simulation will hold, told before it starts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from andon.errors import QueueingError
from andon.queueing._kernels.columns import FATES, POOL_COLUMNS, QUEUE_COLUMNS, TRACE_COLUMNS
from andon.queueing.simulator.model import Model, Queue
from andon.queueing.simulator.raw import BINS
from andon.units import DAY_S, HOUR_S

__all__ = ["bytes_needed", "check_room", "customers", "free_bytes"]

_NUMBER: Final = 8
_SPARE: Final = 0.8
"""Of what is free, so much at most."""
_COPIES: Final = 2
"""Tables are copied once when they are put side by side, traces when they are."""
_NOTE: Final = 6 * _NUMBER
"""What the engines keep for somebody who will come back, ..."""
_AGENT: Final = 24 * _NUMBER
"""... for an agent, ..."""
_CHANGE: Final = 300
"""... and for a change of staffing, while the schedule is laid out."""
_MOST_CUSTOMERS: Final = 1 << 34
"""So many have numbers of their own in every engine."""


def bytes_needed(model: Model, *, replications: int, workers: int = 1, trace: bool = False) -> int:
    """What the results of so many replications take, bytes; about, and rather too much.

    Parameters
    ----------
    model : Model
    replications : int
    workers : int
        How many run at a time.
    trace : bool
        Whether a row is kept for each contact of the first.

    Examples
    --------
    >>> from andon.queueing.laws import Exponential
    >>> from andon.queueing.simulator.model import Arrivals
    >>> from andon.queueing.simulator.schedule import Schedule
    >>> day = Model.one_pool(arrivals=Arrivals.steady(60), handle=Exponential(mean_s=180),
    ...                      schedule=Schedule.level(5))
    >>> bytes_needed(day, replications=1000) // 1_000_000
    85
    """
    queues, pools, intervals = len(model.queues), len(model.pools), model.intervals
    tables = intervals * (queues * QUEUE_COLUMNS + pools * POOL_COLUMNS)
    one = _NUMBER * (tables + queues * (2 * BINS + FATES))
    traced = _NUMBER * TRACE_COLUMNS * _contacts(model) if trace else 0.0
    running = workers * (
        one
        + _NUMBER * queues * intervals * 2
        + _NOTE * _coming_back(model)
        + _AGENT * _agents(model)
        + _CHANGE * _changes(model)
    )
    return int(_COPIES * (replications * one + traced) + running)


def check_room(model: Model, *, replications: int, workers: int = 1, trace: bool = False) -> None:
    """Stop before anything starts if the results would not fit.

    Raises
    ------
    QueueingError
        Naming what takes most of the room, and what to do; or if more customers would come in a run
        than have numbers.
    """
    come = customers(model)
    if come > _MOST_CUSTOMERS:
        raise QueueingError(
            "More customers would come in one run than the simulator can number.",
            found=f"about {come:,.0f} in {model.days:g} days",
            todo=f"Simulate fewer days, or lower rates: {_MOST_CUSTOMERS:,} customers at most.",
        )
    free = free_bytes()
    needed = bytes_needed(model, replications=replications, workers=workers, trace=trace)
    if free is None or needed <= _SPARE * free:
        return
    without = bytes_needed(model, replications=replications, workers=workers)
    if without <= _SPARE * free:
        what, value = "The trace", f"trace of about {_contacts(model):,.0f} contacts"
        todo = "Simulate fewer days, or leave the trace out."
    elif _AGENT * _agents(model) * workers > _SPARE * free:
        what, value = "The agents", f"agents = {_agents(model):,}"
        todo = "Simulate a part of the operation."
    elif bytes_needed(model, replications=1) > _SPARE * free:
        what, value = "One run", f"days = {model.days:g}, interval_s = {model.interval_s:g}"
        todo = "Simulate fewer days, or count by longer intervals."
    else:
        what, value = "The results", f"replications = {replications:,}"
        todo = "Ask for fewer replications, or count by longer intervals."
    raise QueueingError(
        f"{what} would not fit in this machine's memory: nothing was started.",
        found=f"{value}: {_shown(needed)} needed, {_shown(free)} free",
        todo=todo,
    )


def customers(model: Model) -> float:
    """Customers who come for the first time in one run, in the mean."""
    return sum(_customers(queue, model) for queue in model.queues)


def free_bytes() -> int | None:
    """What this machine can still give, bytes; None where it does not say."""
    free = _available()
    limit = _number(Path("/sys/fs/cgroup/memory.max"))
    used = _number(Path("/sys/fs/cgroup/memory.current"))
    if limit is not None and used is not None:
        left = max(limit - used, 0)
        free = left if free is None else min(free, left)
    return free


def _available() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # a system that does not say
        return None


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # no such file, or no limit
        return None


def _customers(queue: Queue, model: Model) -> float:
    """Customers who come to a queue for the first time in one run."""
    if queue.arrivals is None:
        return 0.0
    return sum(queue.arrivals.per_h) / len(queue.arrivals.per_h) * model.horizon_s / HOUR_S


def _contacts(model: Model) -> float:
    """Contacts in one run, rather too many."""
    total = 0.0
    for queue in model.queues:
        again = 1.0
        if queue.loop is not None:
            unhelped = (1 - min(queue.loop.resolves.share)) * queue.loop.comes_back
            again = _times(max(unhelped, queue.loop.redials), queue.loop.most_attempts)
        total += _customers(queue, model) * again
    passed = sum(1 for queue in model.queues if queue.overflow or queue.transfer)
    return total * (1 + passed)


def _agents(model: Model) -> int:
    """Places for agents, in all pools."""
    return sum(pool.schedule.most for pool in model.pools)


def _changes(model: Model) -> float:
    """Changes of staffing in one run."""
    return sum(
        len(pool.schedule.again or pool.schedule.changes)
        * max(1.0, model.horizon_s / pool.schedule.cycle_s)
        for pool in model.pools
    )


def _times(back: float, most: int) -> float:
    """How often somebody comes who comes back with this probability, so often at most."""
    return float(most) if back >= 1 else (1 - back**most) / (1 - back)


def _coming_back(model: Model) -> float:
    """Customers who are on their way back at a time, rather too many."""
    days = max(
        (queue.loop.recontact_after.mean_s / DAY_S for queue in model.queues if queue.loop),
        default=0.0,
    )
    return _contacts(model) * min(1.0, days / model.days)


def _shown(size: float) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e8 else f"{size / 1e6:,.0f} MB"
