"""Slow, plain twins of ``andon.queueing.general_patience``: the formulas, and the queue itself.

The formulas are those of Baccelli and Hebuterne (1981) and of Zeltyn and Mandelbaum (2005),
integrated with many nodes. The simulation knows no formula: customers come one by one,
each takes the agent who is free first, and who gives up before that leaves the agents untouched.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from mpmath import mp, mpf

Floats = npt.NDArray[np.float64]
Curve = Callable[[npt.ArrayLike], Floats]


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Everything a formula or a run tells of a queue; times in seconds."""

    p_wait: float
    p_abandon: float
    mean_wait_s: float
    mean_wait_of_answered_s: float
    p_wait_longer: float
    answered_within: float
    abandoned_within: float


def exact(
    *,
    load: float,
    handle_s: float,
    agents: int,
    survival: Curve,
    area: Curve,
    within_s: float,
    cuts: Sequence[float],
) -> Shares:
    """Zeltyn and Mandelbaum's building blocks, by quadrature from the definitions.

    ``cuts`` split the integrals: where the law jumps or bends, and where the mass lies; the last
    one ends them. For loads at which nothing overflows.
    """
    lam, mu = load / handle_s, 1 / handle_s
    edges = sorted({0.0, within_s, *cuts})
    nodes, weights = np.polynomial.legendre.leggauss(80)

    def over(
        weight: Callable[[Floats], Floats], low: float = 0.0, high: float = edges[-1]
    ) -> float:
        total = 0.0
        for start, end in itertools.pairwise(each for each in edges if low <= each <= high):
            x = start + (end - start) * (nodes + 1) / 2
            height = np.exp(lam * area(x) - agents * mu * x)
            total += float(weights @ (weight(x) * height)) * (end - start) / 2
        return lam * total

    # Who finds an agent free: the sum of load^j / j! for j < n, over its last term.
    idle, term = 1.0, 1.0
    for j in range(agents - 1, 0, -1):
        term *= j / load
        idle += term
    whole = idle + over(np.ones_like)
    p_abandon = over(lambda x: 1 - survival(x)) / whole
    longer = over(np.ones_like, low=within_s) / whole
    gone_soon = over(lambda x: 1 - survival(x), high=within_s) / whole
    return Shares(
        p_wait=1 - idle / whole,
        p_abandon=p_abandon,
        mean_wait_s=over(area) / whole,
        mean_wait_of_answered_s=over(lambda x: x * survival(x)) / whole / (1 - p_abandon),
        p_wait_longer=longer * float(survival(within_s)),
        answered_within=(idle + over(survival, high=within_s)) / whole,
        abandoned_within=gone_soon + longer * (1 - float(survival(within_s))),
    )


def fixed_patience(
    *, load: float, handle_s: float, agents: int, patience_s: float
) -> tuple[float, float]:
    """M/M/n+D in closed form: the share that waits, and the share that gives up.

    The wait before an answer has density e^((a - n) y) up to the patience d, in handle times, and
    e^((a - n) d - n (y - d)) beyond; Barrer 1957.
    """
    a, n, d = mpf(load), agents, mpf(patience_s) / mpf(handle_s)
    idle = sum(a ** (j - n + 1) * mp.factorial(n - 1) / mp.factorial(j) for j in range(n)) / a
    before = d if a == n else (mp.exp((a - n) * d) - 1) / (a - n)
    beyond = mp.exp((a - n) * d) / n
    whole = idle + before + beyond
    return float((before + beyond) / whole), float(beyond / whole)


def customers(
    rows: Iterable[tuple[float, float, float]], *, agents: int
) -> Iterator[tuple[float, bool]]:
    """Each one's wait, and whether they were answered, from their arrival, patience and handling.

    The agents' free times are a heap; the next customer takes the least.
    """
    free = [0.0] * agents
    for arrival, patience, handle in rows:
        wait = max(0.0, free[0] - arrival)
        if patience < wait:
            yield patience, False
        else:
            heapq.heapreplace(free, arrival + wait + handle)
            yield wait, True


def simulated(
    *,
    load: float,
    agents: int,
    handle_s: Curve,
    patience_s: Curve,
    mean_handle_s: float,
    within_s: float,
    calls: int,
    warm_up: int,
    seed: int,
) -> Shares:
    """One run: ``warm_up`` calls are let go by, the next ``calls`` are counted."""
    n = warm_up + calls
    arrivals, patiences, handles = (
        np.random.default_rng([seed, stream]).random(n) for stream in range(3)
    )
    rows = zip(
        np.cumsum(-np.log1p(-arrivals) * mean_handle_s / load).tolist(),
        patience_s(patiences).tolist(),
        handle_s(handles).tolist(),
        strict=True,
    )
    waited = given_up = soon = gone_soon = long = 0
    total = total_answered = 0.0
    run = customers(rows, agents=agents)
    for wait, answered in itertools.islice(run, warm_up, None):
        total += wait
        long += wait > within_s
        if answered:
            waited += wait > 0
            total_answered += wait
            soon += wait <= within_s
        else:
            waited += 1
            given_up += 1
            gone_soon += wait <= within_s
    return Shares(
        p_wait=waited / calls,
        p_abandon=given_up / calls,
        mean_wait_s=total / calls,
        mean_wait_of_answered_s=total_answered / max(1, calls - given_up),
        p_wait_longer=long / calls,
        answered_within=soon / calls,
        abandoned_within=gone_soon / calls,
    )


def mean_of(runs: Sequence[Shares]) -> tuple[Shares, Shares]:
    """The mean over independent runs, and its standard error."""
    names = list(Shares.__dataclass_fields__)
    table = np.array([[getattr(run, name) for name in names] for run in runs])
    errors = table.std(axis=0, ddof=1) / math.sqrt(len(runs))
    return (
        Shares(**dict(zip(names, table.mean(axis=0).tolist(), strict=True))),
        Shares(**dict(zip(names, errors.tolist(), strict=True))),
    )
