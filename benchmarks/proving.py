"""An operation made up, written and loaded: ``python -m benchmarks.proving FOLDER MILLIONS``."""

from __future__ import annotations

import json
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

__all__ = ["built"]

SCENARIO = Path(__file__).parents[1] / "examples" / "scenarios" / "short-calls.yaml"
A_DAY = 2_175
"""About how many contacts the scenario has on one day."""


def built(folder: Path, millions: int) -> dict[str, object]:
    """Build the operation; how long its contacts took to make, and to load."""
    from andon.proving.build import build
    from andon.proving.reading import read_scenario

    scenario = replace(read_scenario(SCENARIO), days=float(round(millions * 1e6 / A_DAY)))
    began = time.perf_counter()
    seen: list[float] = []

    def told(what: str) -> None:
        if what.startswith("Writing") and what != "Writing it down" and not seen:
            seen.append(time.perf_counter() - began)

    shutil.rmtree(folder, ignore_errors=True)
    try:
        made = build(scenario, folder, progress=told)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "contacts": made.rows["contacts"],
        "made_s": seen[0],
        "all_s": time.perf_counter() - began,
    }


if __name__ == "__main__":
    print("\n" + json.dumps(built(Path(sys.argv[1]), int(sys.argv[2]))))
