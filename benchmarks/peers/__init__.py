"""Other tools doing the same work: one module for each, and each run in a process of its own.

``python -m benchmarks.peers NAME WORK TIMES ...`` runs one and prints what it took and found as
JSON; where the tool is not installed, or has no such thing, it says that instead. Nothing here
imports Andon, and Andon imports nothing from here: turbotab is under the GPL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["AGENTS", "GAP_S", "HANDLE_S", "PATIENCE_S", "WITHIN_S", "Ended", "Staffing"]

AGENTS: Final = 100
GAP_S: Final = 2.4
HANDLE_S: Final = 240.0
PATIENCE_S: Final = 120.0
WITHIN_S: Final = 20.0
"""The office that every simulator is given: 100 erlangs for 100 agents, all times exponential, and
the promise to answer within 20 s. (The mean gap between calls comes second.)"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """Calls of one simulated run that came to an end.

    Attributes
    ----------
    answered, gave_up : int
    in_time : int
        Answered within the promise.
    """

    answered: int
    gave_up: int
    in_time: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Staffing:
    """Fewest agents wanted, half-hour by half-hour.

    Attributes
    ----------
    load_erlangs : tuple of float
    handle_s : float
    patience_s : float, optional
        None where nobody hangs up: Erlang C.
    service_level : float
        The share to answer ...
    within_s : float
        ... within this time.
    """

    load_erlangs: tuple[float, ...]
    handle_s: float
    patience_s: float | None
    service_level: float
    within_s: float
