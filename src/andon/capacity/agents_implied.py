"""Agents implied: how many must have been there, for callers to give up as often as they did.

Where nobody recorded who was on duty, the waits still tell: Erlang A is turned round. What comes
out is the number of steady agents that does as the real ones did, whatever they were called away
for.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from andon.errors import PlanError
from andon.units import HOUR_S

__all__ = ["agents_implied"]

Floats = npt.NDArray[np.float64]

_AS_MANY: Final = 20.0
"""Contacts of the whole week's kind that stand beside an interval's own: few contacts say little
about their interval."""
_STEPS: Final = 60
_LEAST_SHARE: Final = 1e-4


def agents_implied(
    *,
    contacts: npt.ArrayLike,
    abandoned: npt.ArrayLike,
    times: npt.ArrayLike,
    interval_s: float,
    handle_s: float,
    patience_s: float,
) -> Floats:
    """Agents on duty in each interval, as the share that gave up implies them.

    Parameters
    ----------
    contacts, abandoned : array_like, shape (k,)
        Contacts that came and that gave up in each interval, added up over the weeks, 0 or more.
    times : array_like, shape (k,)
        How often each interval was seen.
    interval_s : float
        Length of an interval, seconds (> 0).
    handle_s, patience_s : float
        Mean handle time and mean patience, seconds (> 0); both exponential.

    Returns
    -------
    array, shape (k,)
        0 or more, not whole; 0 where nobody came.

    Raises
    ------
    PlanError
        If nobody ever gave up: then any number from some on would do as well.

    Notes
    -----
    The share that gives up falls with the agents (Erlang A), so each interval has one answer, found
    by halving. Its share is first drawn towards the whole week's, as if 20 contacts of the week
    stood beside its own. Days that differ make more people give up than their mean would, so this
    counts somewhat fewer agents than there were: it is the number that has the same effect.

    Examples
    --------
    >>> from andon.queueing.erlang import erlang_a
    >>> there = erlang_a(load_erlangs=10, handle_s=240, patience_s=180, agents=11)
    >>> given_up = float(there.p_abandon)
    >>> found = agents_implied(contacts=[7500], abandoned=[7500 * given_up], times=[100],
    ...     interval_s=1800, handle_s=240, patience_s=180)
    >>> found.round(3).tolist()
    [11.0]
    """
    from andon.queueing.erlang import erlang_a  # noqa: PLC0415 - compiles

    came, gave_up, seen = (
        np.asarray(each, dtype=np.float64) for each in (contacts, abandoned, times)
    )
    if gave_up.sum() <= 0:
        raise PlanError(
            "Nobody gave up, so the waits do not tell how many agents were there.",
            found=f"{came.sum():,.0f} contacts, none of them abandoned",
            todo="Load a staffing table, or give the agents with --agents.",
        )
    overall = gave_up.sum() / came.sum()
    share = np.clip((gave_up + _AS_MANY * overall) / (came + _AS_MANY), _LEAST_SHARE, 1.0)
    per_h = np.divide(came, seen, out=np.zeros(len(came)), where=seen > 0) * HOUR_S / interval_s
    load = per_h * handle_s / HOUR_S
    here = load > 0
    low, high = np.zeros(here.sum()), 2.0 * load[here] + 10.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        found = erlang_a(
            load_erlangs=load[here], handle_s=handle_s, patience_s=patience_s, agents=middle
        )
        too_few = np.asarray(found.p_abandon) > share[here]
        low, high = np.where(too_few, middle, low), np.where(too_few, high, middle)
    agents = np.zeros(len(came))
    agents[here] = (low + high) / 2
    return agents
