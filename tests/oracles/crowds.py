"""M/M/n+M as a matrix: the variance of sums over time from Poisson's equation, solved outright."""

from __future__ import annotations

import numpy as np

__all__ = ["variance_each_arrival"]


def variance_each_arrival(
    *,
    load: float,
    handle_s: float,
    patience_s: float,
    agents: float,
    with_arrival: float,
    while_waiting: float,
    while_busy: float,
    always: float,
) -> float:
    """By how much the variance of a sum grows with each arrival.

    An arrival brings ``with_arrival``; each mean handle time brings ``while_waiting`` for everyone
    who waits, ``while_busy`` for everyone in service, and ``always``.
    """
    states = 90  # of a small queue, with room enough
    rate = np.zeros((states, states))
    for i in range(states - 1):
        rate[i, i + 1] = load
        waiting = max(i + 1 - agents, 0)
        rate[i + 1, i] = min(i + 1, agents) + waiting * handle_s / patience_s
    q = rate - np.diag(rate.sum(axis=1))
    balance = np.vstack((q.T, np.ones(states)))
    share = np.linalg.lstsq(balance, np.append(np.zeros(states), 1.0), rcond=None)[0]
    j = np.arange(states)
    brought = (
        while_waiting * np.maximum(j - agents, 0) + while_busy * np.minimum(j, agents) + always
    )
    arrivals = np.append(np.full(states - 1, load), 0.0)
    total = brought + with_arrival * arrivals
    mean = share @ total
    # Q g = mean - total has a solution up to a constant: let it be 0 at 0.
    g = np.append(0.0, np.linalg.lstsq(q[:, 1:], mean - total, rcond=None)[0])
    found = 0.0
    for i in range(states):
        for k in (i - 1, i + 1):
            if 0 <= k < states:
                reward = with_arrival if k == i + 1 else 0.0
                found += share[i] * rate[i, k] * (reward + g[k] - g[i]) ** 2
    return float(found / load)
