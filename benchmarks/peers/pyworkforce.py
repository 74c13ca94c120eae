"""pyworkforce: Erlang C, and from 0.5.4 on (Python 3.12) Erlang A."""

from __future__ import annotations

from typing import Any

from pyworkforce import queuing

from benchmarks.peers import Staffing

__all__ = ["KNOWS_PATIENCE", "agents", "service_level"]

KNOWS_PATIENCE = hasattr(queuing, "ErlangA")
HALF_HOUR_MIN = 30


def agents(staffing: Staffing) -> list[int]:
    share = staffing.service_level
    return [
        _queue(staffing, load).required_positions(share)["raw_positions"]
        for load in staffing.load_erlangs
    ]


def service_level(staffing: Staffing, load_erlangs: float, hired: int) -> float:
    return float(_queue(staffing, load_erlangs).service_level(hired))


def _queue(staffing: Staffing, load_erlangs: float) -> Any:
    times: dict[str, float] = {
        "transactions": load_erlangs * HALF_HOUR_MIN * 60 / staffing.handle_s,
        "aht": staffing.handle_s / 60,
        "asa": staffing.within_s / 60,
        "interval": HALF_HOUR_MIN,
    }
    if staffing.patience_s is None:
        return queuing.ErlangC(**times)
    return queuing.ErlangA(**times, patience=staffing.patience_s / 60)
