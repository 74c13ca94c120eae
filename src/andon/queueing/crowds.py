"""What many intervals bring at once, on average and by chance: Erlang A looked up in a table.

A plan is tried on hundreds of courses of a day, each interval at its own load, each with several
numbers of agents: millions of queues that hardly differ. So each figure is worked out at nodes (the
agents, roots of loads, logarithms of handle times), when it is first needed, and taken between
nodes by a polynomial of third degree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.queueing import inputs
from andon.queueing.inputs import Floats, at_least_zero, flat, together

__all__ = ["Crowds", "Met"]

_ROOT_STEP: Final = 0.1
_LOG_STEP: Final = 0.15
_ALIKE: Final = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Met:
    """What contacts meet in each of many intervals; arrays in the shape that was asked for.

    The variances are those of sums over many contacts, for each contact: of how far the sum comes
    to lie beyond what is allowed, by the chance of arrivals, handle times and patience within the
    interval. They are 0 where nothing is allowed.

    Attributes
    ----------
    in_time : array
        Share answered within the time, of all contacts, 0 to 1.
    gone_at_once : array
        Share who gave up within the short limit, 0 to 1.
    gone : array
        Share who gave up, 0 to 1.
    mean_wait_s : array
        Mean wait of all, answered or not, seconds.
    variance_in_time : array
        Of missed contacts less those that may be missed.
    variance_lost : array
        Of contacts lost later than the short limit less those that may be lost.
    variance_wait : array
        Of waiting less what is allowed, seconds squared.
    variance_busy : array
        Of work less what the occupancy's ceiling allows, in mean handle times squared.
    """

    in_time: Floats
    gone_at_once: Floats
    gone: Floats
    mean_wait_s: Floats
    variance_in_time: Floats
    variance_lost: Floats
    variance_wait: Floats
    variance_busy: Floats


class Crowds:
    """A table of what contacts meet, for one patience and one set of limits.

    Parameters
    ----------
    most_erlangs : float
        The largest load that will be asked for.
    handle_s : pair of float
        The least and largest mean handle time that will be asked for, seconds (> 0).
    patience_s : float
        Mean patience, seconds (> 0); exponential.
    answer_within_s, short_abandon_s : float
        Seconds, 0 or more.
    service_level, abandoned, mean_wait_s, occupancy : float, optional
        What is allowed, for the variances: the least share in time and the largest share lost, both
        of those who did not give up at once; the longest mean wait; the highest occupancy.

    Raises
    ------
    QueueingError
        If a number lies outside its range.

    Notes
    -----
    Shares lie within 0.0005 of Erlang A, and mostly within 0.0001; variances within 1 % of the
    nodes' formula, which the tests hold to exact chains and to simulation. Loads below 0.0001
    erlangs are not told apart.

    Examples
    --------
    >>> table = Crowds(most_erlangs=120, handle_s=(240, 240), patience_s=120, service_level=0.8)
    >>> met = table.at(load_erlangs=[90, 100, 110], handle_s=240, agents=100)
    >>> met.in_time.round(3).tolist()
    [0.972, 0.865, 0.656]
    """

    __slots__ = ("_grid", "_known", "_limits", "_patience_s", "_table")

    def __init__(
        self,
        *,
        most_erlangs: float,
        handle_s: tuple[float, float],
        patience_s: float,
        answer_within_s: float = 20.0,
        short_abandon_s: float = 5.0,
        service_level: float | None = None,
        abandoned: float | None = None,
        mean_wait_s: float | None = None,
        occupancy: float | None = None,
    ) -> None:
        most = float(inputs.load(most_erlangs))
        handle, patience = inputs.handle_and_patience(np.array(handle_s), patience_s)
        short, within = (
            float(at_least_zero(name, each))
            for name, each in (
                ("short_abandon_s", short_abandon_s),
                ("answer_within_s", answer_within_s),
            )
        )
        first, last = (math.log(each) for each in handle)
        handles = max(math.ceil((last - first) / _LOG_STEP), 3) + 1 if last - first > _ALIKE else 1
        log_step = (last - first) / (handles - 1) if handles > 1 else 1.0
        roots = max(math.ceil(math.sqrt(most) / _ROOT_STEP), 3) + 1
        self._patience_s = float(patience)
        self._grid = np.array([0.0, _ROOT_STEP, first, log_step, patience, within, short])
        self._limits = np.array(
            [
                math.nan if each is None else float(each)
                for each in (service_level, abandoned, mean_wait_s, occupancy)
            ]
        )
        self._table = np.zeros((1, handles, roots, 7))
        self._known = np.zeros((1, handles, roots), dtype=np.uint8)

    def at(
        self, *, load_erlangs: npt.ArrayLike, handle_s: npt.ArrayLike, agents: npt.ArrayLike
    ) -> Met:
        """What contacts meet at these loads with these agents (whole numbers, 0 or more)."""
        from andon.queueing._kernels.crowds import look_up  # noqa: PLC0415 - compiles

        load, handle, n = together(
            load_erlangs=inputs.load(load_erlangs),
            handle_s=inputs.handle_time(handle_s),
            agents=inputs.agents(agents),
        )
        staff = n.astype(np.int64)
        self._room_for(int(staff.max(initial=0)))
        out = np.empty((load.size, 7))
        look_up(
            flat(load),
            flat(handle),
            staff.reshape(-1),
            self._grid,
            self._limits,
            self._table,
            self._known,
            out,
        )
        rows = [column.reshape(load.shape) for column in out.T]
        return Met(
            in_time=rows[0],
            gone_at_once=rows[1],
            gone=rows[2],
            mean_wait_s=self._patience_s * rows[2],
            variance_in_time=rows[3],
            variance_lost=rows[4],
            variance_wait=rows[5],
            variance_busy=rows[6],
        )

    def _room_for(self, most: int) -> None:
        """Let the table hold this many agents: what is known is kept."""
        held = len(self._known)
        if most < held:
            return
        size = max(most + 16, held + held // 2)
        table = np.zeros((size, *self._table.shape[1:]))
        known = np.zeros((size, *self._known.shape[1:]), dtype=np.uint8)
        table[:held], known[:held] = self._table, self._known
        self._table, self._known = table, known
