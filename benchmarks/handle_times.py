"""How good M/M/n+G is when handle times are not exponential: formula against simulation.

``PYTHONPATH=tests python -m benchmarks.handle_times --write`` simulates every queue of the table in
``docs/reference/waiting.md`` and writes it there, in a quarter of an hour. The simulation is the
plain one of ``tests/oracles/general_patience.py``. Every queue also runs with exponential handle
times on the same random numbers. There the formula is exact, so what it misses there by chance
tells how much of the difference elsewhere is chance (a control variate).
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import special

from andon.queueing.erlang import Wait
from andon.queueing.general_patience import erlang_general
from andon.queueing.laws import Exponential, Fixed, Law, Lognormal, Weibull
from oracles.general_patience import simulated

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "waiting.md"
MARKS = ("<!-- handle times -->", "<!-- /handle times -->")
HANDLE_S = 240.0
WITHIN_S = 20.0
AGENTS = (10, 100)
LOADS = (0.9, 1.0, 1.2)
HANDLES: dict[str, Law] = {
    "lognormal": Lognormal.from_mean(mean_s=HANDLE_S, cv=1.2),
    "fixed": Fixed(value_s=HANDLE_S),
}
PATIENCES: dict[str, Law] = {
    "exponential": Exponential(mean_s=120),
    "Weibull 0.6": Weibull(scale_s=120 / special.gamma(1 + 1 / 0.6), shape=0.6),
    "lognormal": Lognormal.from_mean(mean_s=120, cv=1.2),
    "fixed": Fixed(value_s=120),
}
FIGURES = ("p_abandon", "mean_wait_s", "answered_within")


@dataclass(frozen=True, kw_only=True, slots=True)
class Missed:
    """What the formula says beyond the truth, and half the width of its 95 % interval."""

    by: float
    doubt: float
    decimals: int

    def __str__(self) -> str:
        return f"{self.by:+.{self.decimals}f} ± {self.doubt:.{self.decimals}f}"


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.handle_times", description=__doc__)
    parser.add_argument("--runs", type=int, default=40, help="Independent runs of each queue.")
    parser.add_argument("--calls", type=int, default=200_000, help="Calls counted in each run.")
    parser.add_argument("--write", action="store_true", help=f"Write {PAGE.name}.")
    asked = parser.parse_args(words)
    lines = [
        f"Handle times {HANDLE_S:g} s, patience 120 s, both on average; answered within "
        f"{WITHIN_S:g} s; {asked.runs} runs of {asked.calls:,} calls each. ± is half a 95 % "
        "interval.",
        "",
        "| agents | load ÷ agents | patience | exact, exponential handling: give up, %"
        " | mean wait, s | in time, % "
        + "".join(
            f"| {name} handling: give up, points | mean wait, % | in time, points "
            for name in HANDLES
        )
        + "|",
        "| ---: | ---: | --- " + "| ---: " * (3 + 3 * len(HANDLES)) + "|",
    ]
    for agents, load, (name, patience) in itertools.product(AGENTS, LOADS, PATIENCES.items()):
        lines.append(row(agents, load, name, patience, runs=asked.runs, calls=asked.calls))
        print(lines[-1], flush=True)
    table = "\n".join(lines)
    if asked.write:
        page = PAGE.read_text(encoding="utf-8")
        before, rest = page.split(MARKS[0])
        _, after = rest.split(MARKS[1])
        PAGE.write_text(f"{before}{MARKS[0]}\n{table}\n{MARKS[1]}{after}", encoding="utf-8")


def row(agents: int, load: float, name: str, patience: Law, *, runs: int, calls: int) -> str:
    """One queue: what the formula says, and what it misses with other handle times."""
    wait = erlang_general(
        load_erlangs=load * agents,
        handle_s=HANDLE_S,
        patience=patience,
        agents=agents,
        answer_within_s=WITHIN_S,
    )
    exact = said(wait)
    cells = [f"{agents}", f"{load:g}", name]
    cells += [f"{100 * exact[0]:.1f}", f"{exact[1]:.1f}", f"{100 * exact[2]:.1f}"]

    def tried(handle: Law) -> np.ndarray:
        found = [
            simulated(
                load=load * agents,
                agents=agents,
                handle_s=handle.quantile,
                patience_s=patience.quantile,
                mean_handle_s=HANDLE_S,
                within_s=WITHIN_S,
                calls=calls,
                warm_up=calls // 20,
                seed=seed,
            )
            for seed in range(runs)
        ]
        return np.array([[getattr(each, figure) for figure in FIGURES] for each in found])

    control = tried(Exponential(mean_s=HANDLE_S))
    for handle in HANDLES.values():
        seen = tried(handle)
        for i, (scale, decimals) in enumerate(((100, 2), (100 / exact[1], 1), (100, 2))):
            gap = missed(exact[i], seen[:, i], control[:, i], scale=scale, decimals=decimals)
            cells.append(str(gap))
    return "| " + " | ".join(cells) + " |"


def said(wait: Wait) -> tuple[float, float, float]:
    """The figures of the formula, in the order of ``FIGURES``."""
    level = wait.service_level.of_offered
    return float(wait.p_abandon), float(wait.mean_wait_s), float(level)


def missed(
    exact: float, seen: np.ndarray, control: np.ndarray, *, scale: float, decimals: int
) -> Missed:
    """The formula less the truth, by regression on runs whose truth is the formula."""
    slope = float(np.cov(seen, control)[0, 1] / control.var(ddof=1)) if control.std() > 0 else 0.0
    truth = seen - slope * (control - exact)
    free = seen.size - 2
    error = float(np.sqrt(((truth - truth.mean()) ** 2).sum() / free / seen.size))
    return Missed(
        by=scale * (exact - float(truth.mean())),
        doubt=scale * float(special.stdtrit(free, 0.975)) * error,
        decimals=decimals,
    )


if __name__ == "__main__":
    main()
