"""Two models beside each other, with the same customers, the same luck and so sharp differences.

Run ``i`` of both has the same random numbers: a customer keeps patience, handle time and luck,
whatever the staffing. What chance does to one it does to the other, and it cancels in the
difference (common random numbers: Law and Kelton, section 11.2; Glasserman and Yao 1992, *Some
guidelines and guarantees for common random numbers*, https://doi.org/10.1287/mnsc.38.6.884). The
interval is that of the pairs' differences; each difference says how many times as wide it would be
if the two had been independent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from andon.errors import QueueingError
from andon.estimate import Estimate, Unknown
from andon.queueing.inputs import whole
from andon.queueing.simulator.figures import (
    ContactFigures,
    CustomerFigures,
    Figure,
    StaffFigures,
)
from andon.queueing.simulator.model import Model
from andon.queueing.simulator.replications import difference
from andon.queueing.simulator.results import FIGURES, Engine, Of, Simulation
from andon.queueing.simulator.runs import Progress, simulate

__all__ = ["Comparison", "Difference", "compare"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One figure in both models.

    Attributes
    ----------
    base, other : Estimate or Unknown
    change : Estimate or Unknown
        How much ``other`` is above ``base``; of shares, in percentage points.
    sharper : float
        How many times as wide the change's interval would be if both had been independent; NaN
        where it is not known.
    """

    base: Estimate | Unknown
    other: Estimate | Unknown
    change: Estimate | Unknown
    sharper: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Comparison:
    """Two simulations with the same random numbers, and their differences.

    Attributes
    ----------
    base, other : Simulation
    """

    base: Simulation
    other: Simulation

    @property
    def overall(self) -> ContactFigures[Difference]:
        """Contacts over all queues."""
        return ContactFigures.of(self.differences("contacts"))

    @property
    def staff(self) -> StaffFigures[Difference]:
        """Agents over all pools."""
        return StaffFigures(**self.differences("staff"))

    @property
    def customers(self) -> CustomerFigures[Difference]:
        """Customers over all queues."""
        return CustomerFigures(**self.differences("customers"))

    def of_queue(self, name: str) -> ContactFigures[Difference]:
        """Contacts of a queue that both models have."""
        return ContactFigures.of(self.differences("contacts", name))

    def of_pool(self, name: str) -> StaffFigures[Difference]:
        """Agents of a pool that both models have."""
        return StaffFigures(**self.differences("staff", name))

    def differences(self, of: Of, name: str | None = None) -> dict[str, Difference]:
        """Every difference of contacts, staff or customers by its name, over all or of one."""
        base, other = (each.figures(of, name) for each in (self.base, self.other))
        return {
            figure.name: self._difference(figure, of, name, base[figure.name], other[figure.name])
            for figure in FIGURES[of]
        }

    def _difference(
        self,
        figure: Figure,
        of: Of,
        name: str | None,
        base: Estimate | Unknown,
        other: Estimate | Unknown,
    ) -> Difference:
        change: Estimate | Unknown
        for side, figured in ((self.base, base), (self.other, other)):
            if isinstance(figured, Unknown) and not side.tells(figure, of, name):
                change = replace(figured, unit="points" if figure.unit == "share" else figure.unit)
                return Difference(base=base, other=other, change=change, sharper=math.nan)
        known = [each for each in (base, other) if isinstance(each, Estimate)]
        sums = [each.sums(figure, of, name) for each in (self.base, self.other)]
        if len(known) == 2 and all(each.level == 1.0 for each in known):
            points = figure.unit == "share"
            change = Estimate.exact(
                (100 if points else 1) * (known[1].value - known[0].value),
                unit="points" if points else figure.unit,
                n=known[0].n + known[1].n,
                method=known[1].method,
            )
            return Difference(base=base, other=other, change=change, sharper=math.nan)
        change, sharper = difference(
            sums[0],
            sums[1],
            unit=figure.unit,
            n=sum(each.n for each in known),
            level=self.base.level,
        )
        return Difference(base=base, other=other, change=change, sharper=sharper)


def compare(
    base: Model,
    other: Model,
    *,
    seed: int = 1,
    replications: int = 20,
    engine: Engine | None = None,
    warm_up: float | Literal["detect"] | None = None,
    workers: int | None = None,
    level: float = 0.95,
    progress: Progress | None = None,
) -> Comparison:
    """Run two models with the same random numbers, and tell their differences.

    Parameters
    ----------
    base, other : Model
        For runs of the same length, counted by the same intervals.
    seed, engine, warm_up, workers, level, progress
        As for :func:`~andon.queueing.simulator.runs.simulate`. Of both models the longer warm-up is
        left out.
    replications : int
        2 or more.

    Raises
    ------
    QueueingError
        If the models do not fit together, or as :func:`~andon.queueing.simulator.runs.simulate`.

    Examples
    --------
    >>> from andon.queueing.laws import Exponential
    >>> from andon.queueing.simulator.model import Arrivals
    >>> from andon.queueing.simulator.schedule import Schedule
    >>> def team(agents):
    ...     return Model.one_pool(
    ...         arrivals=Arrivals.steady(per_h=200), handle=Exponential(mean_s=180),
    ...         patience=Exponential(mean_s=120), schedule=Schedule.level(agents), days=5)
    >>> found = compare(team(11), team(12), replications=10, warm_up=3600)
    >>> print(found.overall.service_level.of_offered.change)
    8.3 points (8.0 points to 8.5 points)
    """
    whole("replications", replications, least=2)
    if (base.days, base.interval_s) != (other.days, other.interval_s):
        raise QueueingError(
            "The two models cannot be compared interval by interval.",
            found=f"days = {base.days:g} and {other.days:g}, "
            f"interval_s = {base.interval_s:g} and {other.interval_s:g}",
            todo="Give both the same days and the same interval_s.",
        )

    def run(model: Model, cut: float | Literal["detect"] | None) -> Simulation:
        return simulate(
            model,
            seed=seed,
            replications=replications,
            engine=engine,
            warm_up=cut,
            workers=workers,
            level=level,
            progress=progress,
        )

    first = run(base, warm_up)
    second = run(other, warm_up)
    cut = max(first.warm_up, second.warm_up, key=lambda each: each.cut_s)
    if first.warm_up.cut_s < cut.cut_s:
        first = replace(run(base, cut.cut_s), warm_up=cut)
    if second.warm_up.cut_s < cut.cut_s:
        second = replace(run(other, cut.cut_s), warm_up=cut)
    return Comparison(base=first, other=second)
