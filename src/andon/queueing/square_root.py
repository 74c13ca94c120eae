"""Square-root staffing: the load, and a reserve that grows with its square root.

``agents = load + beta sqrt(load)``. The share of callers who wait then depends on beta alone, in
the limit of a large load. It is the rule to reason with; exact formulas are as easy to call, so
every answer here stands beside the exact one.

S. Halfin and W. Whitt, *Heavy-traffic limits for queues with many exponential servers* (1981),
https://doi.org/10.1287/opre.29.3.567; with patience O. Garnett, A. Mandelbaum and M. Reiman,
*Designing a call center with impatient customers* (2002),
https://doi.org/10.1287/msom.4.3.208.7753.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from andon.errors import QueueingError
from andon.queueing import inputs
from andon.queueing.erlang import erlang_a, erlang_c
from andon.queueing.inputs import Floats, Numbers, as_given, at_least_zero, between, together
from andon.queueing.staffing import agents_needed

__all__ = [
    "SquareRoot",
    "garnett",
    "garnett_beta",
    "halfin_whitt",
    "halfin_whitt_beta",
    "square_root_agents",
]

_MOST_BETA: Final = 37.0
"""Beyond it fewer than 1e-300 callers wait, or fewer than 1e-300 do not."""
_LEAST_SHARE: Final = 1e-290
_HALVINGS: Final = 100


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SquareRoot:
    """What the square-root rule says, and how good it is at this size.

    Attributes
    ----------
    load_erlangs : float or array
        As given.
    beta : float or array
        Agents beyond the load, in units of its square root.
    agents_unrounded : float or array
        ``load + beta sqrt(load)``.
    agents : int or array of int
        The same, rounded up.
    agents_exact : int or array of int
        The fewest agents with which no more than ``p_wait`` of callers wait, by the exact formula.
    difference : int or array of int
        ``agents - agents_exact``: below 0 the rule sends too few.
    p_wait : float or array
        Share of callers who wait, in the limit of a large load with this beta.
    p_wait_exact : float or array
        Share of callers who wait, by the exact formula, with ``agents_unrounded``.
    """

    load_erlangs: Numbers
    beta: Numbers
    agents_unrounded: Numbers
    agents: int | npt.NDArray[np.int64]
    agents_exact: int | npt.NDArray[np.int64]
    difference: int | npt.NDArray[np.int64]
    p_wait: Numbers
    p_wait_exact: Numbers


def halfin_whitt(beta: npt.ArrayLike) -> Numbers:
    """The share of callers who wait, in the limit of a large load, if nobody hangs up.

    Parameters
    ----------
    beta : array_like
        Agents beyond the load in units of its square root, 0 or more.

    Returns
    -------
    float or array
        ``1/(1 + beta Phi(beta)/phi(beta))``, 0 to 1.

    Raises
    ------
    QueueingError
        If beta is negative: without patience the queue would grow without end.

    Notes
    -----
    Halfin and Whitt 1981, proposition 1.

    Examples
    --------
    >>> round(halfin_whitt(1.0), 6)
    0.223361
    """
    todo = "With fewer agents than erlangs, use garnett: callers who hang up."
    return as_given(_halfin_whitt(at_least_zero("beta", beta, todo=todo)))


def halfin_whitt_beta(p_wait: npt.ArrayLike) -> Numbers:
    """The beta with which that share of callers waits, if nobody hangs up.

    The inverse of :func:`halfin_whitt`, to 15 digits.

    Parameters
    ----------
    p_wait : array_like
        Share of callers who wait, above 0 to 1.

    Returns
    -------
    float or array

    Raises
    ------
    QueueingError
        If the share is 0 or lies outside 0 to 1.

    Examples
    --------
    >>> round(halfin_whitt_beta(0.2), 4)
    1.0615
    """
    wished = _wished(p_wait)
    return as_given(_solved(_halfin_whitt, wished, np.zeros(wished.shape)))


def garnett(beta: npt.ArrayLike, *, handle_s: npt.ArrayLike, patience_s: npt.ArrayLike) -> Numbers:
    """The share of callers who wait, in the limit of a large load, if callers hang up.

    Parameters
    ----------
    beta : array_like
        Agents beyond the load in units of its square root; may be negative.
    handle_s : array_like
        Mean handle time, seconds, above 0.
    patience_s : array_like
        Mean patience, seconds, above 0.

    Returns
    -------
    float or array
        0 to 1.

    Raises
    ------
    QueueingError
        If a number lies outside its range, or shapes do not broadcast.

    Notes
    -----
    ``1/(1 + sqrt(g) h(beta/sqrt(g))/h(-beta))`` with g the handle time in units of patience and h
    the hazard of the normal law; Garnett, Mandelbaum and Reiman 2002, theorem 4.

    Examples
    --------
    >>> round(garnett(0.0, handle_s=180, patience_s=180), 6)
    0.5
    """
    handle, patience = inputs.handle_and_patience(handle_s, patience_s)
    x, h, b = together(beta=between("beta", beta, -1e6, 1e6), handle_s=handle, patience_s=patience)
    return as_given(_garnett(x, h / b))


def garnett_beta(
    p_wait: npt.ArrayLike, *, handle_s: npt.ArrayLike, patience_s: npt.ArrayLike
) -> Numbers:
    """The beta with which that share of callers waits, if callers hang up.

    The inverse of :func:`garnett`.

    Parameters
    ----------
    p_wait : array_like
        Share of callers who wait, above 0 to below 1.
    handle_s, patience_s : array_like
        As for :func:`garnett`.

    Returns
    -------
    float or array
        Negative where more callers may wait than wait with as many agents as erlangs.

    Raises
    ------
    QueueingError
        If a number lies outside its range, or shapes do not broadcast.

    Examples
    --------
    >>> round(garnett_beta(0.5, handle_s=180, patience_s=60), 4)
    -0.4532
    """
    handle, patience = inputs.handle_and_patience(handle_s, patience_s)
    wished = _wished(p_wait)
    if (wished == 1).any():
        raise QueueingError(
            "No staffing lets every caller wait.",
            found="p_wait = 1",
            todo="Ask for less than 1, such as 0.9.",
        )
    p, h, b = together(p_wait=wished, handle_s=handle, patience_s=patience)
    ratio = h / b
    least = np.broadcast_to(-_MOST_BETA * np.maximum(1.0, np.sqrt(ratio)), p.shape)
    return as_given(_solved(lambda x: _garnett(x, ratio), p, least))


def square_root_agents(
    *,
    load_erlangs: npt.ArrayLike,
    p_wait: npt.ArrayLike | None = None,
    beta: npt.ArrayLike | None = None,
    handle_s: npt.ArrayLike | None = None,
    patience_s: npt.ArrayLike | None = None,
) -> SquareRoot:
    """How many agents the square-root rule sends, beside the exact number.

    Parameters
    ----------
    load_erlangs : array_like
        Offered load, 0 to 10,000,000.
    p_wait : array_like, optional
        The share of callers that may wait; give this or ``beta``.
    beta : array_like, optional
        Agents beyond the load in units of its square root.
    handle_s, patience_s : array_like, optional
        Mean handle time and mean patience, seconds; both, or neither if nobody hangs up.

    Returns
    -------
    SquareRoot

    Raises
    ------
    QueueingError
        If both or neither of ``p_wait`` and ``beta`` are given, or only one of the two times; if a
        number lies outside its range, or shapes do not broadcast.

    Notes
    -----
    The limit falls short of the exact share by about ``0.1/sqrt(load)`` to ``0.3/sqrt(load)``, so
    the rule sends too few, if anything. At loads from 1 to 1,000,000 erlangs that is 1 agent as a
    rule, and 4 where patience is a sixth of a handle time and 9 in 10 callers may wait (see the
    tests).

    Examples
    --------
    >>> rule = square_root_agents(load_erlangs=[10, 100, 1000], p_wait=0.2)
    >>> rule.agents, rule.difference
    (array([  14,  111, 1034]), array([0, 0, 0]))
    >>> np.round(rule.p_wait_exact, 3)
    array([0.24 , 0.213, 0.204])
    """
    if (p_wait is None) == (beta is None):
        raise QueueingError(
            "The square-root rule needs one of p_wait and beta.",
            found="neither is given" if beta is None else "both are given",
            todo="Give one of them.",
        )
    if (handle_s is None) != (patience_s is None):
        raise QueueingError(
            "Handle time and patience go together.",
            found="handle_s alone" if patience_s is None else "patience_s alone",
            todo="Give both, or neither if nobody hangs up.",
        )
    times: dict[str, Floats] = {}
    if handle_s is not None and patience_s is not None:
        handle, patience = inputs.handle_and_patience(handle_s, patience_s)
        times = {"handle_s": handle, "patience_s": patience}
    if beta is None:
        assert p_wait is not None
        x = np.asarray(garnett_beta(p_wait, **times) if times else halfin_whitt_beta(p_wait))
    else:
        x = between("beta", beta, -1e6, 1e6)
    limit = np.asarray(garnett(x, **times) if times else halfin_whitt(x))
    if p_wait is not None:
        limit = _wished(p_wait)
    a, x, limit, *_ = together(
        load_erlangs=inputs.load(load_erlangs), beta=x, p_wait=limit, **times
    )
    unrounded = np.maximum(a + x * np.sqrt(a), 0.0)
    # A hair of tolerance, so that 110.00000000000001 is 110 agents.
    agents = np.ceil(unrounded * (1 - 1e-13)).astype(np.int64)
    if times:
        exact = erlang_a(load_erlangs=a, agents=unrounded, answer_within_s=0, **times).p_wait
    else:
        exact = _p_wait_without_patience(a, unrounded)
    fewest = agents_needed(
        load_erlangs=a,
        handle_s=times.get("handle_s", 1.0),
        patience_s=times.get("patience_s"),
        service_level=np.minimum(1 - limit, 1 - 1e-15),
        answer_within_s=0,
    ).agents
    return SquareRoot(
        load_erlangs=as_given(a),
        beta=as_given(x),
        agents_unrounded=as_given(unrounded),
        agents=agents if a.ndim else int(agents),
        agents_exact=fewest,
        difference=agents - fewest if a.ndim else int(agents - fewest),
        p_wait=as_given(limit),
        p_wait_exact=exact,
    )


def _p_wait_without_patience(a: Floats, n: Floats) -> Numbers:
    """By Erlang C; with no more agents than erlangs everybody waits in the end."""
    stable = (n > a) | (a == 0)
    found = erlang_c(load_erlangs=np.where(stable, a, 0.0), handle_s=1.0, agents=n)
    return as_given(np.where(stable, found.p_wait, 1.0))


def _wished(p_wait: npt.ArrayLike) -> Floats:
    todo = "Some callers always wait: ask for a share above 0, such as 0.2."
    return between("p_wait", p_wait, _LEAST_SHARE, 1.0, todo=todo)


def _hazard(x: Floats) -> Floats:
    """The hazard of the normal law, ``phi(x)/(1 - Phi(x))``, at any x."""
    with np.errstate(over="ignore"):  # far below the mean it is 0
        return np.asarray(np.sqrt(2 / np.pi) / special.erfcx(x / np.sqrt(2)))


def _halfin_whitt(beta: Floats) -> Floats:
    hazard = _hazard(-beta)
    return np.asarray(hazard / (hazard + beta))


def _garnett(beta: Floats, ratio: Floats) -> Floats:
    root = np.sqrt(ratio)
    hazard = _hazard(-beta)
    return np.asarray(hazard / (hazard + root * _hazard(beta / root)))


def _solved(falling: Callable[[Floats], Floats], wished: Floats, least: Floats) -> Floats:
    """Where a falling function of beta takes the values wished for; by halving."""
    low = np.array(least, dtype=np.float64)
    high = np.full(wished.shape, _MOST_BETA)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        above = falling(middle) > wished
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray(0.5 * (low + high))
