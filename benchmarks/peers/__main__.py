"""Run one tool, and print what it took and found.

``python -m benchmarks.peers NAME agents TIMES FILE`` asks for head counts: FILE holds the fields of
:class:`~benchmarks.peers.Staffing` and the head counts to compare with, ``least``.
``python -m benchmarks.peers NAME WAY TIMES CALLS`` simulates CALLS calls, TIMES times over, with
another seed each time.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from benchmarks.measure import timed
from benchmarks.peers import Ended, Staffing


def main() -> None:
    name, work, times, last = sys.argv[1:]
    try:
        peer = import_module(f"benchmarks.peers.{name}")
    except ImportError as missing:
        if missing.name is not None and missing.name.startswith("benchmarks"):
            raise
        print(json.dumps({"missing": "not installed"}))
        return
    version = metadata.version(name)
    found = (
        _agents(peer, int(times), Path(last))
        if work == "agents"
        else _simulated(peer, work, int(times), int(last))
    )
    print(json.dumps({"version": version, **found}))


def _agents(peer: Any, times: int, file: Path) -> dict[str, object]:
    asked = json.loads(file.read_text())
    least = asked.pop("least")
    staffing = Staffing(**asked)
    if staffing.patience_s is not None and not peer.KNOWS_PATIENCE:
        return {"missing": "has no Erlang A"}
    seconds, heads = timed(lambda: peer.agents(staffing), times)
    enough = [
        peer.service_level(staffing, load, fewer) >= staffing.service_level
        for load, hired, fewer in zip(staffing.load_erlangs, heads[-1], least, strict=True)
        if hired > fewer
    ]
    return {"seconds": seconds, "agents": heads[-1], "fewer_would_do": sum(enough)}


def _simulated(peer: Any, way: str, times: int, calls: int) -> dict[str, object]:
    run = peer.WAYS[way]
    run(1000, 0)  # imports, caches and, where there is one, the compiler are warm from here on
    seeds = iter(range(1, times + 1))
    seconds, runs = timed(lambda: run(calls, next(seeds)), times)
    found: list[Ended] = runs
    return {"seconds": seconds, "runs": [asdict(each) for each in found]}


if __name__ == "__main__":
    main()
