"""Slow, plain twins of ``andon.queueing.general_patience``: the formulas, and the queue itself.

The formulas are those of Baccelli and Hebuterne (1981) and of Zeltyn and Mandelbaum (2005),
integrated by mpmath in many digits. The simulation knows no formula: customers come one by one,
each takes the agent who is free first, and who gives up before that leaves the agents untouched.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from mpmath import mp, mpf

Curve = Callable[[mpf], mpf]


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

    ``cuts`` are places that split the integrals: where the law jumps, and where its mass lies.
    The last one ends them.
    """
    lam, mu, n = mpf(load) / mpf(handle_s), 1 / mpf(handle_s), agents
    edges = sorted({mpf(0), mpf(within_s), *map(mpf, cuts)})

    def over(weight: Curve, low: mpf, high: mpf) -> mpf:
        inside = [each for each in edges if low <= each <= high]
        return mp.quad(
            lambda x: weight(x) * mp.exp(lam * area(x) - n * mu * x), inside, maxdegree=9
        )

    end, t = edges[-1], mpf(within_s)
    # The idle side: sum of (load^j / j!) for j < n, over its last term.
    terms = [mpf(1)]
    for j in range(n - 1, 0, -1):
        terms.append(terms[-1] * j / mpf(load))
    idle = sum(terms)
    whole = idle + lam * over(lambda x: mpf(1), mpf(0), end)
    p_abandon = lam * over(lambda x: 1 - survival(x), mpf(0), end) / whole
    longer = lam * over(lambda x: mpf(1), t, end) / whole
    served_wait = lam * over(lambda x: x * survival(x), mpf(0), end) / whole
    return Shares(
        p_wait=float(1 - idle / whole),
        p_abandon=float(p_abandon),
        mean_wait_s=float(lam * over(area, mpf(0), end) / whole),
        mean_wait_of_answered_s=float(served_wait / (1 - p_abandon)),
        p_wait_longer=float(longer * survival(t)),
        answered_within=float((idle + lam * over(survival, mpf(0), t)) / whole),
        abandoned_within=float(
            lam * over(lambda x: 1 - survival(x), mpf(0), t) / whole + longer * (1 - survival(t))
        ),
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
    *, agents: int, waits_until: Iterator[tuple[float, float, float]]
) -> Iterator[tuple[float, bool]]:
    """Each customer's wait and whether they were answered, from their arrival, patience, handling.

    The agents' free times are a heap; the next customer takes the least.
    """
    free = [0.0] * agents
    for arrival, patience, handle in waits_until:
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
    handle_s: Callable[[np.ndarray], np.ndarray],
    patience_s: Callable[[np.ndarray], np.ndarray],
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
    run = customers(agents=agents, waits_until=rows)
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
