"""Measure how often a simulation's intervals hold the truth, where it is known.

Prints the rows of the table in ``simulated-intervals.md``; a few minutes on one core.
"""

from __future__ import annotations

from dataclasses import dataclass

from andon.estimate import Estimate
from andon.queueing.erlang import erlang_a
from andon.queueing.laws import Exponential
from andon.queueing.simulator.model import Arrivals, Model
from andon.queueing.simulator.precision import Precision
from andon.queueing.simulator.runs import simulate
from andon.queueing.simulator.schedule import Schedule

HANDLE_S = 180.0
TIMES = 1000
FIGURES = ("service_level.of_offered", "abandoned", "mean_wait_s", "waited", "occupancy")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One queue M/M/n+M, and how it is simulated."""

    load: float
    agents: int
    patience_s: float
    hours: float
    replications: int
    precision: Precision | None = None

    @property
    def model(self) -> Model:
        """The queue, run for an hour more than is counted."""
        return Model.one_pool(
            arrivals=Arrivals.steady(per_h=self.load * 3600 / HANDLE_S),
            handle=Exponential(mean_s=HANDLE_S),
            patience=Exponential(mean_s=self.patience_s),
            schedule=Schedule.level(self.agents),
            days=(self.hours + 2) / 24,
        )

    @property
    def truth(self) -> dict[str, float]:
        """Its figures by the exact formula."""
        wait = erlang_a(
            load_erlangs=self.load,
            handle_s=HANDLE_S,
            patience_s=self.patience_s,
            agents=self.agents,
        )
        exact = (
            wait.service_level.of_offered,
            wait.p_abandon,
            wait.mean_wait_s,
            wait.p_wait,
            wait.occupancy,
        )
        return dict(zip(FIGURES, map(float, exact), strict=True))


CASES = (
    Case(load=10, agents=11, patience_s=120, hours=5, replications=5),
    Case(load=10, agents=11, patience_s=120, hours=5, replications=20),
    Case(load=10, agents=16, patience_s=120, hours=5, replications=10),
    Case(load=100, agents=100, patience_s=120, hours=5, replications=10),
    Case(load=100, agents=104, patience_s=600, hours=10, replications=10),
    Case(load=10, agents=11, patience_s=120, hours=118, replications=1),
    Case(load=100, agents=104, patience_s=600, hours=478, replications=1),
    Case(
        load=10,
        agents=11,
        patience_s=120,
        hours=5,
        replications=12,
        precision=Precision(relative=0.02),
    ),
)


def main() -> None:
    """Print one row for each case."""
    for case in CASES:
        times = TIMES if case.hours < 400 and case.precision is None else TIMES // 4
        truth, model = case.truth, case.model
        held = dict.fromkeys(FIGURES, 0)
        for seed in range(times):
            found = simulate(
                model,
                seed=seed,
                replications=case.replications,
                warm_up=7200.0,
                precision=case.precision,
            )
            figures = {**found.figures("contacts"), **found.figures("staff")}
            for name in FIGURES:
                figure = figures[name]
                if isinstance(figure, Estimate):
                    held[name] += figure.low <= truth[name] <= figure.high
        shares = " | ".join(f"{100 * held[name] / times:.1f}" for name in FIGURES)
        how = (
            "until 2 % sharp"
            if case.precision
            else f"{case.replications} of {case.hours:g} h"
            if case.replications > 1
            else f"1 of {case.hours:g} h, in batches"
        )
        print(
            f"| {case.load:g} | {case.agents} | {case.patience_s:g} s | {how} | {shares} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
