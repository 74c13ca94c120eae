"""The capacity that deadlines take: for work that can wait, but not for ever.

What comes after s and falls due by t must be done between s and t, for every s and t; and where
that is met, working off the oldest first meets every deadline. So the fewest agents are the
largest such work over the time there is for it. The work is the fluid of
:mod:`andon.queueing.deferrable`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.queueing.deferrable import oldest_first
from andon.queueing.inputs import Floats
from andon.queueing.intervals import edges, length, one, row
from andon.units import HOUR_S, number, spoken

__all__ = ["CapacityNeeded", "ExtraHours", "capacity_needed", "extra_hours_needed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CapacityNeeded:
    """The least level capacity with which everything is done by its deadline.

    Attributes
    ----------
    agents : float
        The least, at full opening; any more will do.
    whole_agents : int
        The same, rounded up.
    from_s, until_s : float
        The stretch that decides: what comes after its start and falls due by its end, seconds.
    items : float
        How many items those are.
    """

    agents: float
    whole_agents: int
    from_s: float
    until_s: float
    items: float

    @property
    def says(self) -> str:
        """What decides, in plain words."""
        if self.items == 0:
            return "Nothing falls due: nobody is needed."
        return (
            f"{number(self.agents, step=0.1)} agents, for {number(self.items, step=1)} items "
            f"must be done between {spoken(self.from_s, 's', step=60)} and "
            f"{spoken(self.until_s, 's', step=60)} after the start."
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ExtraHours:
    """The least extra work that gets everything done by its deadline.

    Attributes
    ----------
    agent_h : array, shape (k,)
        Extra agent-hours in each interval, as late as possible: earlier is fine where there is
        work to do, later is not.
    total_agent_h : float
        Their sum: no other extra hours that keep all deadlines come to less.
    """

    agent_h: Floats
    total_agent_h: float


def capacity_needed(
    *,
    arrivals: npt.ArrayLike,
    handle_s: float,
    interval_s: float,
    deadline_s: float,
    open_share: npt.ArrayLike | None = None,
    start_items: npt.ArrayLike = (),
    start_ages_s: npt.ArrayLike = (),
    catch_up_s: float | None = None,
) -> CapacityNeeded:
    """The fewest agents, the same number throughout, with whom everything is done in time.

    Parameters
    ----------
    arrivals : array_like, shape (k,)
        Items that come within each interval, 0 or more, evenly through it.
    handle_s : float
        Mean work on an item, seconds (> 0).
    interval_s : float
        Length of an interval, seconds (> 0).
    deadline_s : float
        Within which an item is to be done, seconds (> 0). What falls due after the last interval
        is not asked for.
    open_share : array_like, shape (k,), optional
        Share of the agents at work in each interval, 0 or more: 0 while closed, 1 by default.
    start_items, start_ages_s : array_like, shape (m,)
        Items that are there at the start, 0 or more, and how long they have been, seconds.
    catch_up_s : float, optional
        By when items that are overdue at the start must be done, seconds (> 0); by the end of the
        first interval if not given.

    Returns
    -------
    CapacityNeeded

    Raises
    ------
    QueueingError
        If something falls due while nobody is there, or a number lies outside its range.

    Notes
    -----
    What comes after s and falls due by t must be done between s and t, for every s and t. The
    agents needed are the largest such work over the time there is for it, and that many suffice,
    since the oldest go first (the processor-demand argument of Baruah, Rosier and Howell 1990,
    https://doi.org/10.1007/BF01995675). The largest ratio is found by Dinkelbach's method,
    https://doi.org/10.1287/mnsc.13.7.492.

    Examples
    --------
    40 items come in one hour, half an hour of work each, to be done within an hour of coming.
    The last falls due after two hours, so ten agents have the time.

    >>> needed = capacity_needed(
    ...     arrivals=[40, 0, 0], handle_s=1800, interval_s=3600, deadline_s=3600
    ... )
    >>> needed.agents, needed.says
    (10.0, '10.0 agents, for 40 items must be done between 0 s and 2 h after the start.')
    """
    came = row("arrivals", arrivals)
    step, mean = length(interval_s), one("handle_s", handle_s)
    opened = np.ones(len(came))
    if open_share is not None:
        opened = row("open_share", open_share, intervals=len(came))
    due = _Due.of(came, step, one("deadline_s", deadline_s), start_items, start_ages_s, catch_up_s)
    times = due.knots()
    marks = edges(len(came), step)
    hours = np.interp(times, marks, np.concatenate(([0.0], np.cumsum(opened * step))))
    asked, there = due.due_by(times) * mean, due.there_before(times) * mean
    _all_open(due, times, asked, there, hours)
    best, first, last = 0.0, 0, 0
    while True:
        # The stretch that lacks most with ``best`` agents; then just as many as it needs.
        ahead = there - best * hours
        lowest = np.minimum.accumulate(ahead)
        lack = asked - best * hours - lowest
        lack[0] = 0.0
        end = int(lack.argmax())
        if lack[end] <= 1e-12 * max(1.0, float(asked[-1])):
            break
        start = int(ahead[: end + 1].argmin())
        time = float(hours[end] - hours[start])
        work = float(asked[end] - there[start])
        if time <= 0 or work / time <= best * (1 + 1e-14):
            break
        best, first, last = work / time, start, end
    return CapacityNeeded(
        agents=best,
        whole_agents=math.ceil(best - 1e-9),
        from_s=float(times[first]),
        until_s=float(times[last]),
        items=float(asked[last] - there[first]) / mean if best else 0.0,
    )


def extra_hours_needed(
    *,
    arrivals: npt.ArrayLike,
    handle_s: float,
    capacity_agents: npt.ArrayLike,
    interval_s: float,
    deadline_s: float,
    start_items: npt.ArrayLike = (),
    start_ages_s: npt.ArrayLike = (),
    catch_up_s: float | None = None,
) -> ExtraHours:
    """The least extra work, on top of the agents there are, that keeps every deadline.

    Parameters
    ----------
    arrivals : array_like, shape (k,)
        Items that come within each interval, 0 or more, evenly through it.
    handle_s : float
        Mean work on an item, seconds (> 0).
    capacity_agents : array_like, shape (k,)
        Agents at work on items in each interval, 0 or more.
    interval_s : float
        Length of an interval, seconds (> 0).
    deadline_s : float
        Within which an item is to be done, seconds (> 0). What falls due after the last interval
        is not asked for.
    start_items, start_ages_s : array_like, shape (m,)
        Items that are there at the start, 0 or more, and how long they have been, seconds.
    catch_up_s : float, optional
        By when items that are overdue at the start must be done, seconds (> 0); by the end of the
        first interval if not given.

    Returns
    -------
    ExtraHours

    Raises
    ------
    QueueingError
        If a number lies outside its range, or arrays differ in length.

    Notes
    -----
    D is held between what is due and what has come, with no more pushing than that takes
    (Skorokhod reflection at two curves). An extra hour spent later than needed does nothing that
    an agent could still have done, so pushing as late as possible pushes least.

    Examples
    --------
    >>> extra = extra_hours_needed(
    ...     arrivals=[40, 0, 0],
    ...     handle_s=1800,
    ...     capacity_agents=[8, 8, 8],
    ...     interval_s=3600,
    ...     deadline_s=3600,
    ... )
    >>> extra.agent_h.tolist(), extra.total_agent_h
    ([0.0, 4.0, 0.0], 4.0)
    """
    came = row("arrivals", arrivals)
    staff = row("capacity_agents", capacity_agents, intervals=len(came))
    step, mean = length(interval_s), one("handle_s", handle_s)
    due = _Due.of(came, step, one("deadline_s", deadline_s), start_items, start_ages_s, catch_up_s)
    times = due.knots()
    marks = edges(len(came), step)
    could = np.interp(times, marks, np.concatenate(([0.0], np.cumsum(staff * step / mean))))
    asked, there = due.due_by(times), due.arrived_by(times)
    done, extra = 0.0, np.zeros(len(came))
    for i in range(1, len(times)):
        free = done + float(could[i] - could[i - 1])
        lack = max(0.0, float(asked[i]) - free)
        if lack > 0:
            # The middle of the stretch before the knot tells its interval.
            where = (float(times[i - 1]) + float(times[i])) / 2
            extra[min(int(where // step), len(came) - 1)] += lack
        done = min(float(there[i]), free + lack)
    agent_h = extra * mean / HOUR_S
    return ExtraHours(agent_h=agent_h, total_agent_h=float(agent_h.sum()))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Due:
    """What must be done by when; items in the order they came."""

    arrivals: Floats
    step: float
    deadline: float
    items: Floats
    dues: Floats

    @classmethod
    def of(
        cls,
        arrivals: Floats,
        step: float,
        deadline: float,
        start_items: npt.ArrayLike,
        start_ages_s: npt.ArrayLike,
        catch_up_s: float | None,
    ) -> _Due:
        items, ages = oldest_first(start_items, start_ages_s)
        catch_up = step if catch_up_s is None else one("catch_up_s", catch_up_s)
        dues = np.where(ages >= deadline, catch_up, deadline - ages)
        return cls(arrivals=arrivals, step=step, deadline=deadline, items=items, dues=dues)

    def knots(self) -> Floats:
        """Every instant at which anything bends or jumps, from the start to the end."""
        marks = edges(len(self.arrivals), self.step)
        found = np.unique(np.concatenate((marks, marks + self.deadline, self.dues)))
        return np.asarray(found[found <= marks[-1]])

    def arrived_by(self, at: Floats) -> Floats:
        """Items that have come by each instant of 0 or more."""
        marks = edges(len(self.arrivals), self.step)
        total = np.concatenate(([0.0], np.cumsum(self.arrivals)))
        return np.asarray(self.items.sum() + np.interp(at, marks, total))

    def there_before(self, at: Floats) -> Floats:
        """Items that need not be done after each instant: nothing is, before the start."""
        return np.where(at > 0, self.arrived_by(at), 0.0)

    def due_by(self, at: Floats) -> Floats:
        """Items that must be done by each instant, those that came before them included."""
        later = at - self.deadline
        flow = np.where(later > 0, self.arrived_by(np.maximum(later, 0.0)), 0.0)
        held = np.cumsum(self.items)
        for due, upto in zip(self.dues, held, strict=True):
            flow = np.maximum(flow, np.where(at >= due, upto, 0.0))
        return flow


def _all_open(due: _Due, times: Floats, asked: Floats, there: Floats, hours: Floats) -> None:
    """Refuse what comes and falls due while nobody is there."""
    works = np.flatnonzero(np.diff(hours, prepend=-1.0) > 0)
    knots = np.arange(len(times))
    begins = works[np.searchsorted(works, knots, side="right") - 1]
    lack = np.where(begins < knots, asked - there[begins], 0.0)
    i = int(lack.argmax())
    if lack[i] > 1e-9 * max(1.0, float(asked[-1])):
        raise QueueingError(
            "Work comes and falls due while nobody is there: no number of agents can do it.",
            found=f"open_share = 0 from {times[begins[i]]:g} s to {times[i]:g} s, "
            f"deadline_s = {due.deadline:g}",
            todo="Open longer, or give a deadline_s that outlasts the closed hours.",
        )
