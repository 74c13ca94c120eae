"""Slow, plain twins of ``andon.queueing.steady_loop``: sums over states, and a simulation."""

from __future__ import annotations

import random
from dataclasses import dataclass

import mpmath


def palm(total: float, *, handle: float, patience: float, agents: int) -> tuple[float, float]:
    """The shares that wait and that give up in M/M/n+M, by the sums over its states."""
    weight, weights = mpmath.mpf(1), [mpmath.mpf(1)]
    while len(weights) <= agents or weight > mpmath.mpf(10) ** -25 * max(weights):
        k = len(weights)
        weight *= mpmath.mpf(total) / (min(k, agents) / handle + max(k - agents, 0) / patience)
        weights.append(weight)
    whole = sum(weights)
    waits = sum(weights[agents:]) / whole
    leaves = sum((k - agents) * w for k, w in enumerate(weights) if k > agents)
    return float(waits), float(leaves / whole / patience / total)


def returns(
    total: float,
    *,
    handle: float,
    patience: float,
    agents: int,
    at_once: float,
    after: float,
    redial: float,
) -> float:
    """The calls a second that come back when so many come in all."""
    waits, leaves = palm(total, handle=handle, patience=patience, agents=agents)
    return total * (at_once * (1 - waits) + after * (waits - leaves) + redial * leaves)


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What a simulation saw after its warm-up."""

    total_per_h: float
    p_wait: float
    p_abandon: float


def simulated(
    *,
    fresh_per_h: float,
    handle: float,
    patience: float,
    agents: int,
    at_once: float,
    after: float,
    redial: float,
    delay: float,
    seconds: float,
    warm_up: float,
    queue: int = 0,
    away: int = 0,
    seed: int,
) -> Seen:
    """One event after another: everybody who comes back does so after an exponential delay.

    It starts with a queue behind busy agents, if one is given, and customers on their way back.
    """
    rng = random.Random(seed)
    fresh = fresh_per_h / 3600
    plain, waited = (agents if queue else 0), 0
    now, calls, waits, leaves = 0.0, 0, 0, 0
    while now < seconds:
        rates = (
            fresh,
            away / delay,
            plain / handle,
            waited / handle,
            queue / patience,
        )
        whole = sum(rates)
        now += rng.expovariate(whole)
        at = rng.random() * whole
        kind = 0
        while kind < 4 and at >= rates[kind]:
            at -= rates[kind]
            kind += 1
        counts = now > warm_up
        if kind <= 1:
            away -= kind
            calls += counts
            if plain + waited < agents:
                plain += 1
            else:
                queue += 1
                waits += counts
        elif kind <= 3:
            chance = at_once if kind == 2 else after
            plain -= kind == 2
            waited -= kind == 3
            away += rng.random() < chance
            if queue:
                queue -= 1
                waited += 1
        else:
            queue -= 1
            leaves += counts
            away += rng.random() < redial
    return Seen(
        total_per_h=calls / (seconds - warm_up) * 3600,
        p_wait=waits / calls,
        p_abandon=leaves / calls,
    )
