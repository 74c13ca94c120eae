"""How many agents a load needs, and how much load given agents can carry.

The search relies on one law: with more agents, or with less load, every figure gets better. Proof
for Erlang A, of which C is a limit. Let V be the wait of a caller of endless patience, in mean
patiences, of ``r`` handle times each. V is 0 with some weight; beside that
weight it has the density ``a r B(n - 1, a) exp(a r (1 - exp(-u)) - n r u)`` at ``u > 0``. One agent
more multiplies it by a number below 1 and by ``exp(-r u)``: V falls in the likelihood ratio order.
That order outlasts weighting by patience, so V falls among those who are answered as well. Hence
waiting, abandonment and the service level by each definition improve. So does the occupancy:
``1 - occupancy = P(N <= n) (1 - (1 - B) a/n)``, and both factors rise. Less load does the same.
The order is in Shaked and Shanthikumar 2007, *Stochastic orders*, section 1.C,
https://doi.org/10.1007/978-0-387-34675-5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.queueing import inputs
from andon.queueing._kernels import erlang as kernels
from andon.queueing.erlang import Wait, erlang_a, erlang_c
from andon.queueing.inputs import (
    MOST_ERLANGS,
    Floats,
    Numbers,
    as_given,
    at_least_zero,
    between,
    flat,
    positive,
    together,
)
from andon.queueing.service_level import DEFINITIONS, Definition

__all__ = [
    "TARGETS",
    "Carried",
    "Staffing",
    "Target",
    "agents_needed",
    "load_carried",
    "targets_allow",
    "targets_held",
]

Target = Literal["service_level", "mean_wait_s", "abandoned", "occupancy"]
"""What can be asked of a staffing."""

TARGETS: Final[tuple[Target, ...]] = ("service_level", "mean_wait_s", "abandoned", "occupancy")
"""Every target, in the order in which they are looked at."""

_LEAST_OCCUPANCY: Final = 1e-6
_HAIR: Final = 2e-12
_NEAR: Final = 1e-15


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Staffing:
    """The fewest agents that meet every target.

    Attributes
    ----------
    agents : int or array of int
        Whole agents; 0 where nobody calls.
    binding : str or array of str
        The target that asks for the most agents; of equals the first, as in :data:`TARGETS`.
    load_erlangs, handle_s, patience_s, answer_within_s : float or array
        As given; ``patience_s`` is infinite where nobody hangs up.
    """

    agents: int | npt.NDArray[np.int64]
    binding: str | npt.NDArray[np.object_]
    load_erlangs: Numbers
    handle_s: Numbers
    patience_s: Numbers
    answer_within_s: Numbers

    @property
    def wait(self) -> Wait:
        """What callers meet with these agents; worked out when it is asked for."""
        return _waits(
            self.load_erlangs, self.handle_s, self.patience_s, self.agents, self.answer_within_s
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Carried:
    """The most load with which every target still holds.

    Attributes
    ----------
    load_erlangs : float or array
        Offered load, 0 or more.
    agents, handle_s, patience_s, answer_within_s : float or array
        As given; ``patience_s`` is infinite where nobody hangs up.
    """

    load_erlangs: Numbers
    agents: Numbers
    handle_s: Numbers
    patience_s: Numbers
    answer_within_s: Numbers

    @property
    def wait(self) -> Wait:
        """What callers meet with this load; worked out when it is asked for."""
        return _waits(
            self.load_erlangs, self.handle_s, self.patience_s, self.agents, self.answer_within_s
        )


def agents_needed(
    *,
    load_erlangs: npt.ArrayLike,
    handle_s: npt.ArrayLike,
    patience_s: npt.ArrayLike | None = None,
    service_level: npt.ArrayLike | None = None,
    answer_within_s: npt.ArrayLike = 20.0,
    definition: Definition = "of_offered",
    mean_wait_s: npt.ArrayLike | None = None,
    abandoned: npt.ArrayLike | None = None,
    occupancy: npt.ArrayLike | None = None,
) -> Staffing:
    """The fewest agents that meet a target, or several at once.

    Where callers hang up, the answer can lie below the load.

    Parameters
    ----------
    load_erlangs : array_like
        Offered load, 0 to 10,000,000.
    handle_s : array_like
        Mean handle time, seconds, above 0.
    patience_s : array_like, optional
        Mean patience, seconds, above 0 (Erlang A). Without it nobody hangs up (Erlang C).
    service_level : array_like, optional
        The least share to answer within ``answer_within_s``, 0 to below 1.
    answer_within_s : array_like
        Seconds, 0 or more.
    definition : {"of_offered", "of_offered_less_short", "of_answered"}
        Which service level is meant: see :class:`~andon.queueing.service_level.ServiceLevel`.
    mean_wait_s : array_like, optional
        The longest mean wait of all callers, seconds, above 0.
    abandoned : array_like, optional
        The largest share that hangs up, above 0 to 1; needs ``patience_s``.
    occupancy : array_like, optional
        The largest share of their time that agents are busy, 0.000001 to 1.

    Returns
    -------
    Staffing

    Raises
    ------
    QueueingError
        If there is no target, no number of agents can meet one, a number lies outside its range,
        or shapes do not broadcast.

    Notes
    -----
    The number returned meets every target and one less does not, both evaluated in full. A target
    that is missed by no more than one part in 10^12 counts as met, because the figures are not
    surer than that. One tie needs no figures: n agents serve less than n erlangs, so with n/a equal
    to the service level (of offered), or to 1 less the share that may hang up, n are too few.

    More load never needs fewer agents (a birth and death process grows with its births, and what
    each definition asks with it), so where all but the loads are single numbers, most of many
    loads are settled by those around them.

    Examples
    --------
    100 calls in half an hour of 3 minutes each, 80 in 100 to be answered within 20 s:

    >>> needed = agents_needed(load_erlangs=10, handle_s=180, service_level=0.8)
    >>> needed.agents, round(needed.wait.service_level.of_offered, 3)
    (14, 0.888)

    Calls of 4 minutes, callers with a patience of 2: fewer agents than erlangs.

    >>> agents_needed(
    ...     load_erlangs=[100, 1000], handle_s=240, patience_s=120, service_level=0.8
    ... ).agents
    array([ 97, 897])

    Several targets at once, and which of them asks for the most:

    >>> needed = agents_needed(
    ...     load_erlangs=100,
    ...     handle_s=240,
    ...     patience_s=120,
    ...     service_level=0.8,
    ...     abandoned=0.03,
    ...     occupancy=0.9,
    ... )
    >>> needed.agents, needed.binding
    (110, 'occupancy')
    """
    targets = targets_allow(
        service_level, definition, mean_wait_s, abandoned, occupancy, patient=patience_s is not None
    )
    handle, patience = _handle_and_patience(handle_s, patience_s)
    loads = inputs.load(load_erlangs)
    within = at_least_zero("answer_within_s", answer_within_s)
    asked = {"handle_s": handle, "patience_s": patience, "answer_within_s": within, **targets}
    a = loads
    if any(each.ndim for each in asked.values()):  # else the question is the same for every load
        a, *rest = together(load_erlangs=loads, **asked)
        asked = dict(zip(asked, rest, strict=True))
    h, b, t = (flat(asked[name]) for name in ("handle_s", "patience_s", "answer_within_s"))
    bars = _bars({name: asked[name] for name in targets}, len(h))
    needed = np.empty(a.size, dtype=np.int64)
    binding = np.empty(a.size if len(targets) > 1 else 0, dtype=np.int64)
    if patience_s is None:
        kernels.fewest_who_stay(flat(a), h, t, bars, needed, binding)
    else:
        kernels.fewest_patient(
            flat(a), h, b, t, DEFINITIONS.index(definition), bars, needed, binding
        )
    if len(targets) == 1:
        names = np.broadcast_to(np.array(next(iter(targets)), dtype=object), a.size)
    else:
        names = np.array(TARGETS, dtype=object)[binding]
    return Staffing(
        agents=needed.reshape(a.shape) if a.ndim else int(needed[0]),
        binding=names.reshape(a.shape) if a.ndim else str(names[0]),
        load_erlangs=as_given(loads),
        handle_s=as_given(handle),
        patience_s=as_given(patience),
        answer_within_s=as_given(within),
    )


def load_carried(
    *,
    agents: npt.ArrayLike,
    handle_s: npt.ArrayLike,
    patience_s: npt.ArrayLike | None = None,
    service_level: npt.ArrayLike | None = None,
    answer_within_s: npt.ArrayLike = 20.0,
    definition: Definition = "of_offered",
    mean_wait_s: npt.ArrayLike | None = None,
    abandoned: npt.ArrayLike | None = None,
    occupancy: npt.ArrayLike | None = None,
) -> Carried:
    """The most load that given agents can take while every target holds.

    Parameters
    ----------
    agents : array_like
        0 or more, whole or not.
    handle_s, patience_s, service_level, answer_within_s, definition, mean_wait_s, abandoned, \
occupancy
        As for :func:`agents_needed`.

    Returns
    -------
    Carried

    Raises
    ------
    QueueingError
        As for :func:`agents_needed`, and if the targets hold whatever the load.

    Notes
    -----
    The reverse of :func:`agents_needed`: that many agents suffice for the load returned, and a load
    larger by a few parts in 10^12 needs more.

    Examples
    --------
    How many calls can 14 agents take in half an hour, at 3 minutes each?

    >>> carried = load_carried(agents=14, handle_s=180, service_level=0.8)
    >>> round(carried.load_erlangs, 2), round(carried.load_erlangs * 1800 / 180, 1)
    (10.87, 108.7)
    """
    targets = targets_allow(
        service_level, definition, mean_wait_s, abandoned, occupancy, patient=patience_s is not None
    )
    handle, patience = _handle_and_patience(handle_s, patience_s)
    n, h, b, t, *allowed = together(
        agents=inputs.agents(agents),
        handle_s=handle,
        patience_s=patience,
        answer_within_s=at_least_zero("answer_within_s", answer_within_s),
        **targets,
    )
    bars = dict(zip(targets, allowed, strict=True))

    def holds(a: Floats) -> npt.NDArray[np.bool_]:
        return targets_held(_waits(a, h, b, n, t), bars, definition)

    low, high = _bracket(holds, n, b, bars, definition)
    while np.any(high - low > _NEAR * high):
        middle = 0.5 * (low + high)
        held = holds(middle)
        low, high = np.where(held, middle, low), np.where(held, high, middle)
    return Carried(
        load_erlangs=as_given(np.asarray(low)),
        agents=as_given(n),
        handle_s=as_given(h),
        patience_s=as_given(b),
        answer_within_s=as_given(t),
    )


def targets_allow(
    service_level: npt.ArrayLike | None,
    definition: Definition,
    mean_wait_s: npt.ArrayLike | None,
    abandoned: npt.ArrayLike | None,
    occupancy: npt.ArrayLike | None,
    *,
    patient: bool,
) -> dict[str, Floats]:
    """What each target given allows: a share not answered in time, seconds, a share, a share.

    Parameters are those of :func:`agents_needed`; ``patient`` says whether anybody hangs up.

    Raises
    ------
    QueueingError
        If there is no target, or one lies outside its range.

    Examples
    --------
    >>> allowed = targets_allow(0.75, "of_offered", 5.0, None, None, patient=True)
    >>> {name: float(most) for name, most in allowed.items()}
    {'service_level': 0.25, 'mean_wait_s': 5.0}
    """
    if definition not in DEFINITIONS:
        raise QueueingError(
            "There is no such definition of the service level.",
            found=f"definition = {definition!r}",
            todo=f"Choose one of {', '.join(DEFINITIONS)}.",
        )
    found: dict[str, Floats] = {}
    if service_level is not None:
        level = inputs.share("service_level", service_level)
        if (level == 1).any():
            raise QueueingError(
                "No number of agents answers every caller in time.",
                found="service_level = 1",
                todo="Ask for less than 1, such as 0.99.",
            )
        found["service_level"] = 1 - level
    if mean_wait_s is not None:
        todo = "No number of agents ends all waiting: ask for a mean wait above 0 s."
        found["mean_wait_s"] = positive("mean_wait_s", mean_wait_s, todo=todo)
    if abandoned is not None:
        if not patient:
            raise QueueingError(
                "Nobody hangs up where there is no patience.",
                found="abandoned is given, patience_s is not",
                todo="Give patience_s, the mean patience in seconds, or leave abandoned out.",
            )
        todo = "Some callers always hang up: ask for a share above 0, such as 0.03."
        found["abandoned"] = between(
            "abandoned", positive("abandoned", abandoned, todo=todo), 0.0, 1.0, todo=todo
        )
    if occupancy is not None:
        found["occupancy"] = between(
            "occupancy",
            occupancy,
            _LEAST_OCCUPANCY,
            1.0,
            todo="Agents who answer calls are busy: ask for a share such as 0.85.",
        )
    if not found:
        raise QueueingError(
            "There is no target.",
            found=f"{', '.join(TARGETS)} are all left out",
            todo="Give one or more, such as service_level=0.8.",
        )
    return found


def _handle_and_patience(
    handle_s: npt.ArrayLike, patience_s: npt.ArrayLike | None
) -> tuple[Floats, Floats]:
    if patience_s is None:
        return inputs.handle_time(handle_s), np.asarray(np.inf)
    return inputs.handle_and_patience(handle_s, patience_s)


def _bars(allowed: dict[str, Floats], size: int) -> Floats:
    """What is allowed, a row for each target; infinite where there is none."""
    bars = np.full((len(TARGETS), size), np.inf)
    for row, name in zip(bars, TARGETS, strict=True):
        if name in allowed:
            row[:] = allowed[name].reshape(-1)
    return bars


def _waits(
    load: npt.ArrayLike,
    handle: npt.ArrayLike,
    patience: npt.ArrayLike,
    agents: npt.ArrayLike,
    within: npt.ArrayLike,
) -> Wait:
    if np.isinf(patience).all():
        return erlang_c(load_erlangs=load, handle_s=handle, agents=agents, answer_within_s=within)
    return erlang_a(
        load_erlangs=load,
        handle_s=handle,
        patience_s=patience,
        agents=agents,
        answer_within_s=within,
    )


def targets_held(
    wait: Wait, allowed: dict[str, Floats], definition: Definition
) -> npt.NDArray[np.bool_]:
    """Whether every target is met, for what :func:`targets_allow` says of each."""
    reached = {
        "service_level": 1 - np.asarray(getattr(wait.service_level, definition)),
        "mean_wait_s": np.asarray(wait.mean_wait_s),
        "abandoned": np.asarray(wait.p_abandon),
        "occupancy": np.asarray(wait.occupancy),
    }
    met = np.ones(np.shape(wait.p_wait), dtype=np.bool_)
    for name, bar in allowed.items():
        met &= reached[name] <= bar
    return met


def _bracket(
    holds: Callable[[Floats], npt.NDArray[np.bool_]],
    n: Floats,
    b: Floats,
    allowed: dict[str, Floats],
    definition: Definition,
) -> tuple[Floats, Floats]:
    """A load that is carried and one that is not; 0 is always carried."""
    low = np.zeros(n.shape)
    if np.isinf(b).all():  # a queue without patience grows without end from n erlangs on
        return low, n * (1 - _HAIR)
    # n agents serve less than n erlangs: a hair below what they would at most.
    most = np.full(n.shape, np.inf)
    lost = {
        "service_level": allowed.get("service_level") if definition == "of_offered" else None,
        "mean_wait_s": allowed["mean_wait_s"] / b if "mean_wait_s" in allowed else None,
        "abandoned": allowed.get("abandoned"),
    }
    for share in lost.values():
        if share is not None:
            with np.errstate(divide="ignore"):
                most = np.minimum(most, np.where(share < 1, n / (1 - share), np.inf))
    high = np.minimum(np.maximum(n, 1.0), most * (1 - _HAIR))
    while True:
        low = np.where(holds(high), high, low)
        more = (low == high) & (high < most * (1 - _HAIR))
        if not more.any():
            return low, high
        if (high[more] >= MOST_ERLANGS).any():
            raise QueueingError(
                "The targets hold whatever the load.",
                found=f"they still do at {MOST_ERLANGS:,.0f} erlangs",
                todo="Ask for more, such as a service level.",
            )
        high = np.where(
            more, np.minimum(np.minimum(2 * high, MOST_ERLANGS), most * (1 - _HAIR)), high
        )
