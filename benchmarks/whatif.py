"""What-ifs: one scenario from the ledger to the answer, and a sweep of the trap curve.

``python -m benchmarks.whatif scenario FOLDER`` asks one operation in a process of its own, reading
the ledger included; ``... sweep TIMES`` draws 1,000 curves and works out 25 handle times.
:func:`what_if` makes up the operation and does both. No other tool does this, so there is no peer;
the goals are our own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.measure import measured, timed
from benchmarks.table import Line, Runs, Table, beside

__all__ = ["what_if"]

SCENARIO: Final = Path(__file__).parents[1] / "examples" / "scenarios" / "hurried.yaml"
GOAL_S: Final = {"scenario": 10.0, "sweep": 60.0}
LEVELS: Final = 25
CURVES: Final = 1_000
TIMES: Final = 3


def what_if() -> Table:
    """Both, beside their goals; the best of some runs counts."""
    lines: list[Line] = []
    with TemporaryDirectory() as folder:
        _say("making up an operation")
        place = Path(folder) / "operation"
        contacts = measured("benchmarks.whatif", "made", str(place)).said["contacts"]
        _say("one scenario, from the ledger to the answer")
        measured("benchmarks.whatif", "scenario", str(place))  # compiles
        runs = [measured("benchmarks.whatif", "scenario", str(place)) for _ in range(TIMES)]
    ours = Runs(count=1, seconds=tuple(run.wall_s for run in runs))
    work = "one scenario: whole process, ledger read, formulas, 8 weeks, trap curve, simulation"
    lines.append(_line(work, ours, "scenario"))
    _say(f"{LEVELS} handle times on {CURVES:,} curves")
    said = measured("benchmarks.whatif", "sweep", str(TIMES)).said
    ours = Runs(count=LEVELS * CURVES, seconds=tuple(said["seconds"]))
    lines.append(_line(f"trap curve: {LEVELS} handle times on {CURVES:,} curves", ours, "sweep"))
    verdict, basis = runs[0].said["verdict"], runs[0].said["basis"]
    return Table(
        lines=lines,
        notes=[
            f"The scenario is asked of {contacts:,} contacts that are made up "
            f"({SCENARIO.name}); the effect of pace was {basis}, and the answer: {verdict}."
        ],
    )


def _line(work: str, ours: Runs, key: str) -> Line:
    goal_s = GOAL_S[key]
    return beside(work, ours, goal=f"under {goal_s:g} s", met=ours.best_s < goal_s)


def _made(folder: str) -> dict[str, Any]:
    from andon.ledger.window import open_window
    from andon.operation import Operation

    _quietly("prove", "build", str(SCENARIO), "--into", folder)
    with open_window(Operation.open(Path(folder))) as window:
        return {"contacts": int(window.contacts.count().execute())}


def _scenario(folder: str) -> dict[str, Any]:
    told = json.loads(_quietly("whatif", "-o", folder, "--handle-time", "-15%", "--json"))
    return {"verdict": told["trap"]["break_even"]["verdict"], "basis": told["basis"]}


def _quietly(*words: str) -> str:
    """What a command prints."""
    import contextlib
    import io

    from andon.cli.main import main

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            main(list(words))
        except SystemExit as left:
            if left.code:
                raise
    return out.getvalue()


def _sweep(times: int) -> dict[str, Any]:
    import numpy as np

    from andon.capacity.assumption import Assumption
    from andon.capacity.balance import Curves
    from andon.capacity.pace import assumed_pace
    from andon.capacity.situation import Situation
    from andon.capacity.trap import trap_curve

    day = np.array([0] * 16 + [60, 90, 120, 140, 150, 150, 140, 130, 120] * 2 + [0] * 14, float)
    week = np.concatenate([day * part for part in (1.2, 1.05, 1.0, 1.0, 0.95, 0.4, 0.0)])
    returns = Assumption(
        name="returns",
        says="customers who come back",
        value=0.25,
        low=0.23,
        high=0.27,
        unit="share",
        why="Made up.",
        source="ledger",
    )
    situation = Situation(
        queue="calls",
        interval_s=1800,
        contacts=week,
        agents=np.ceil(week * 300 / 1800 * 1.08 + 2) * (week > 0),
        handle_s=300.0,
        patience_s=150.0,
        returns=returns,
    )
    rng = np.random.default_rng(1)
    pace = assumed_pace(handle_s=300.0, today=returns, curves=CURVES, rng=rng)
    curves = Curves.of(situation, pace, rng)
    trap_curve(situation, curves, levels=3)  # compiles
    seconds, _ = timed(lambda: trap_curve(situation, curves, levels=LEVELS), times)
    return {"seconds": seconds}


def _say(text: str) -> None:
    print(f"{text} ...", file=sys.stderr)


if __name__ == "__main__":
    what, *words = sys.argv[1:]
    ways: dict[str, Any] = {"made": _made, "scenario": _scenario, "sweep": _sweep}
    print(json.dumps(ways[what](int(words[0]) if what == "sweep" else words[0])))
