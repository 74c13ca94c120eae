"""Ciw: one node with reneging, which is all that there is to choose."""

from __future__ import annotations

from collections.abc import Callable

import ciw

from benchmarks.peers import AGENTS, GAP_S, HANDLE_S, PATIENCE_S, WITHIN_S, Ended

__all__ = ["WAYS"]


def callers(calls: int, seed: int) -> Ended:
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(1 / GAP_S)],
        service_distributions=[ciw.dists.Exponential(1 / HANDLE_S)],
        reneging_time_distributions=[ciw.dists.Exponential(1 / PATIENCE_S)],
        number_of_servers=[AGENTS],
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(calls * GAP_S)
    waits = [
        (one.record_type, one.waiting_time)
        for one in simulation.get_all_records(only=["service", "renege"])
    ]
    answered = [wait for kind, wait in waits if kind == "service"]
    return Ended(
        answered=len(answered),
        gave_up=len(waits) - len(answered),
        in_time=sum(wait <= WITHIN_S for wait in answered),
    )


WAYS: dict[str, Callable[[int, int], Ended]] = {"callers": callers}
