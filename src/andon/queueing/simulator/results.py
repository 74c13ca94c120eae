"""What a simulation found: every figure with its interval, over all, by queue, pool and time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.estimate import Estimate, Unknown
from andon.queueing._kernels import columns
from andon.queueing.simulator.batches import batches, joined
from andon.queueing.simulator.counts import Counts, Fates
from andon.queueing.simulator.figures import (
    CONTACTS,
    CUSTOMERS,
    STAFF,
    ContactFigures,
    CustomerFigures,
    Figure,
    StaffFigures,
    can_happen,
)
from andon.queueing.simulator.model import Model
from andon.queueing.simulator.precision import Reached
from andon.queueing.simulator.replications import Series, along, estimate
from andon.queueing.simulator.tallies import ContactTallies, StaffTallies
from andon.queueing.simulator.waits import Waits, Whose
from andon.queueing.simulator.warm_up import WarmUp, cycle
from andon.units import DAY_S

__all__ = ["FIGURES", "Engine", "Fold", "Of", "Simulation", "sums_of"]

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]

Engine = Literal["fast", "general"]
Fold = Literal["run", "day", "week"]

Of = Literal["contacts", "staff", "customers"]
"""Which figures."""

FIGURES: Final[dict[Of, tuple[Figure, ...]]] = {
    "contacts": CONTACTS,
    "staff": STAFF,
    "customers": CUSTOMERS,
}

_Known: TypeAlias = Estimate | Unknown
_FOLDS_S: Final[dict[str, float]] = {"day": float(DAY_S), "week": 7.0 * DAY_S}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Simulation:
    """What a simulation found.

    Attributes
    ----------
    model : Model
        Of runs of several models the first.
    seed : int
    replications : int
        How many runs there were; run ``i`` of every simulation with this seed has the same random
        numbers.
    engine : str
    level : float
        Share of the intervals that hold the truth.
    warm_up : WarmUp
        What was left out of every run's beginning, and why.
    precision : Reached, optional
        How sharp the figure became that was to be sharp.
    counts : Counts
        What the engine counted, in whole numbers.
    trace : array of int, shape (contacts, TRACE_COLUMNS)
        Every contact of the first run; empty unless it was asked for.
    """

    model: Model
    seed: int
    replications: int
    engine: Engine
    level: float
    warm_up: WarmUp
    counts: Counts
    trace: _Integers
    precision: Reached | None = None

    @property
    def overall(self) -> ContactFigures[_Known]:
        """What happened to contacts, over all queues."""
        return ContactFigures.of(self.figures("contacts"))

    @property
    def staff(self) -> StaffFigures[_Known]:
        """What agents did, over all pools."""
        return StaffFigures(**self.figures("staff"))

    @property
    def customers(self) -> CustomerFigures[_Known]:
        """What became of customers."""
        return CustomerFigures(**self.figures("customers"))

    @property
    def fates(self) -> Fates:
        """What became of everybody, counted over all runs from their start."""
        return self.counts.of_all()

    def of_queue(self, name: str) -> ContactFigures[_Known]:
        """What happened to the contacts of one queue."""
        return ContactFigures.of(self.figures("contacts", name))

    def of_pool(self, name: str) -> StaffFigures[_Known]:
        """What the agents of one pool did."""
        return StaffFigures(**self.figures("staff", name))

    def customers_of(self, name: str) -> CustomerFigures[_Known]:
        """What became of the customers who first came to one queue."""
        return CustomerFigures(**self.figures("customers", name))

    def waits(self, queue: str | None = None, *, whose: Whose = "all") -> Waits:
        """How long contacts waited, over all queues or in one."""
        counts = self.counts.waits
        at = self._place("contacts", queue)
        chosen = counts.sum(axis=1) if at is None else counts[:, at]
        part = {
            "all": chosen.sum(axis=2),
            "answered": chosen[..., 0],
            "gave_up": chosen[..., 1],
        }[whose]
        return Waits(counts=part.astype(np.float64), whose=whose, level=self.level)

    def by_interval(
        self, queue: str | None = None, *, within: Fold = "run"
    ) -> ContactFigures[Series]:
        """What happened to contacts, interval by interval.

        Parameters
        ----------
        queue : str, optional
            Over all queues unless given.
        within : str
            ``run``: every interval of the run; ``day`` or ``week``: the same interval of every day
            or week together, and counts are means of a day or week.

        Raises
        ------
        QueueingError
            If there is no such queue, or the run has no whole day or week.
        """
        return ContactFigures.of(self._series("contacts", queue, within))

    def staff_by_interval(
        self, pool: str | None = None, *, within: Fold = "run"
    ) -> StaffFigures[Series]:
        """What agents did, interval by interval; as :meth:`by_interval`."""
        return StaffFigures(**self._series("staff", pool, within))

    def contacts_by_run(self, queue: str | None = None) -> ContactTallies:
        """What was counted of contacts in every run and interval, over all queues or in one."""
        at = self._place("contacts", queue)
        table = self.counts.queues
        chosen = table.sum(axis=1) if at is None else table[:, at]
        return ContactTallies.of(chosen, first=self.first_interval)

    def staff_by_run(self, pool: str | None = None) -> StaffTallies:
        """What agents did in every run and interval, in all pools or in one."""
        return StaffTallies.of(self._chosen("staff", self._place("staff", pool)))

    @property
    def first_interval(self) -> int:
        """The first interval that counts."""
        return round(self.warm_up.cut_s / self.model.interval_s)

    def figures(self, of: Of, name: str | None = None) -> dict[str, Estimate | Unknown]:
        """Every figure of contacts, staff or customers by its name; :attr:`overall` has them too.

        Parameters
        ----------
        of : str
            ``contacts``, ``staff`` or ``customers``.
        name : str, optional
            Of one queue, or pool; over all unless given.
        """
        at = self._place(of, name)
        seen = self._seen(of, at)
        chosen = self._chosen(of, at)
        if len(self.counts) > 1:  # the intervals of a run are added up at once
            chosen = chosen.sum(axis=1, keepdims=True)
        return {
            figure.name: self._known(figure, at, seen)
            or self._figure(figure, self._sums(figure, chosen, of, at), seen)
            for figure in FIGURES[of]
        }

    def tells(self, figure: Figure, of: Of, name: str | None = None) -> bool:
        """Whether a figure has a meaning in this model."""
        at = self._place(of, name)
        return figure.otherwise is not None or can_happen(figure.needs, self.model, at)

    def sums(self, figure: Figure, of: Of, name: str | None = None) -> tuple[_Floats, _Floats]:
        """Numerator and denominator of a figure in every run, each of shape (replications,)."""
        at = self._place(of, name)
        y, x = self._sums(figure, self._chosen(of, at).sum(axis=1, keepdims=True), of, at)
        return y[:, 0], x[:, 0]

    def _known(self, figure: Figure, at: int | None, seen: int) -> _Known | None:
        """A figure that the model tells without a simulation, if it does."""
        if can_happen(figure.needs, self.model, at):
            return None
        why = f"the model has no {figure.needs}"
        if figure.otherwise is None:
            return Unknown(unit=figure.unit, why=why, needs=f"a model with {figure.needs}")
        return Estimate.exact(figure.otherwise, unit=figure.unit, n=seen, method=why)

    def _figure(self, figure: Figure, sums: tuple[_Floats, _Floats], seen: int) -> _Known:
        y, x = sums
        if figure.name == "on_duty" and np.ptp(y.sum(axis=1)) == 0:
            value = float(y[0].sum() / x[0].sum())
            return Estimate.exact(value, unit=figure.unit, n=seen, method="by the schedule")
        if len(y) > 1:
            return self._estimate(figure, y.sum(axis=1), x.sum(axis=1), seen)
        return self._of_one_run(figure, y[0], x[0], seen)

    def _of_one_run(self, figure: Figure, y: _Floats, x: _Floats, seen: int) -> _Known:
        """A figure of one long run, by batches of it."""
        steps = cycle(self.model)
        if any(queue.arrivals and queue.arrivals.day_cv for queue in self.model.queues):
            steps = math.lcm(steps, max(1, round(DAY_S / self.model.interval_s)))
        size = 0
        if 0 < steps <= len(y):
            y, x = joined(y, steps), joined(x, steps)
            size = batches(y, x)
        if size == 0:
            return Unknown(
                unit=figure.unit,
                why="one run so short does not tell its doubt",
                needs="several replications, or a longer run",
            )
        y, x = joined(y, size), joined(x, size)
        if figure.per == "run":
            x = x / x.sum()
        return self._estimate(figure, y, x, seen, said=f"{len(y)} batches of one run")

    def _estimate(
        self, figure: Figure, y: _Floats, x: _Floats, seen: int, *, said: str = ""
    ) -> _Known:
        return estimate(
            y, x, unit=figure.unit, kind=figure.kind, n=seen, level=self.level, said=said
        )

    def _chosen(self, of: Of, at: int | None) -> _Integers:
        """Counts by replication and interval, over all or of one, the warm-up left out.

        What became of customers is known of whole runs only: they have one interval.
        """
        tables: dict[Of, _Integers] = {
            "contacts": self.counts.queues[:, :, self.first_interval :],
            "staff": self.counts.pools[:, :, self.first_interval :],
            "customers": self.counts.fates[:, :, None],
        }
        table = tables[of]
        return np.asarray(table.sum(axis=1) if at is None else table[:, at])

    def _sums(
        self, figure: Figure, chosen: _Integers, of: Of, at: int | None
    ) -> tuple[_Floats, _Floats]:
        if figure.needs == "deadline" and at is None:
            count = len(self.model.queues)
            having = [i for i in range(count) if can_happen("deadline", self.model, i)]
            parts = [self._chosen(of, i) for i in having]
            some = np.asarray(sum(parts[1:], parts[0])) if parts else 0 * chosen
            chosen = some if chosen.shape == some.shape else some.sum(axis=1, keepdims=True)
        return sums_of(
            figure,
            chosen,
            once=at is None and of == "contacts",
            time_s=(self.model.intervals - self.first_interval) * self.model.interval_s,
        )

    def _seen(self, of: Of, at: int | None) -> int:
        """The contacts, or customers, that a figure rests on; staff figures rest on all."""
        if of == "customers":
            fates = self.counts.fates if at is None else self.counts.fates[:, at]
            return int(fates[..., columns.CUSTOMERS].sum())
        counts = self.counts.queues[:, :, self.first_interval :]
        if at is not None and of == "contacts":
            counts = counts[:, at]
        return int(counts[..., columns.FRESH : columns.PASSED_IN + 1].sum())

    def _series(self, of: Of, name: str | None, within: Fold) -> dict[str, Series]:
        at = self._place(of, name)
        chosen = self._chosen(of, at)
        from_s, order, folds = self._folded(within)
        length = len(from_s)

        def fold(each: _Floats) -> _Floats:
            last = each[:, each.shape[1] - folds * length :]
            return np.asarray(last.reshape(len(each), folds, length).sum(axis=1)[:, order])

        found = {}
        for figure in FIGURES[of]:
            y, x = (fold(each) for each in self._sums(figure, chosen, of, at))
            found[figure.name] = along(
                y,
                np.full_like(x, folds) if figure.per == "run" else x,
                unit=figure.unit,
                kind=figure.kind,
                from_s=from_s[order],
                interval_s=self.model.interval_s,
                level=self.level,
            )
        return found

    def _folded(self, within: Fold) -> tuple[_Floats, npt.NDArray[np.intp], int]:
        """When each interval begins, their order in time, and how many lie over each other."""
        step = self.model.interval_s
        count = self.model.intervals - self.first_interval
        from_s = (self.first_interval + np.arange(count, dtype=np.float64)) * step
        if within == "run":
            return from_s, np.arange(count), 1
        span_s = _FOLDS_S[within]
        length = round(span_s / step)
        if length * step != span_s or count < length:
            raise QueueingError(
                f"The runs cannot be laid over each other by the {within}.",
                found=f"days = {self.model.days:g}, warm-up = {self.warm_up.cut_s:g} s, "
                f"interval_s = {step:g}",
                todo=f"Simulate a {within} or more after the warm-up, in intervals that fit.",
            )
        # Whole days at the end of the run, each interval at its own time of day.
        from_s = from_s[count % length :][:length] % span_s
        return from_s, np.argsort(from_s, kind="stable"), count // length

    def _place(self, of: Of, name: str | None) -> int | None:
        """Which queue or pool has this name; None for all."""
        if name is None:
            return None
        pools = of == "staff"
        names = [each.name for each in (self.model.pools if pools else self.model.queues)]
        if name not in names:
            raise QueueingError(
                f"There is no {'pool' if pools else 'queue'} of that name.",
                found=f"{name!r}",
                todo=f"Use one of: {', '.join(names)}.",
            )
        return names.index(name)


def sums_of(
    figure: Figure, table: _Integers, *, once: bool, time_s: float
) -> tuple[_Floats, _Floats]:
    """A figure's numerator and denominator.

    Parameters
    ----------
    figure : Figure
    table : array of int, shape (replications, parts, columns)
        The parts are intervals, or one for all of them.
    once : bool
        Whether contacts that were passed on while they waited are to count only where they ended.
    time_s : float
        How long all parts are together.

    Returns
    -------
    pair of arrays of float, shape (replications, parts)
        For the mean of a run the denominators of one replication add up to 1.
    """
    top = _weighted(figure.top, table, once=once)
    if figure.per == "run":
        return top, np.full_like(top, 1.0 / top.shape[1])
    if figure.per == "time":
        return top, np.full_like(top, time_s / top.shape[1])
    return top, _weighted(figure.below, table, once=once)


def _weighted(weights: Mapping[int, float], table: _Integers, *, once: bool) -> _Floats:
    total = np.zeros(table.shape[:2])
    for column, weight in weights.items():
        total += weight * table[..., column]
    if once:
        total -= weights.get(columns.PASSED_IN, 0.0) * table[..., columns.PASSED_ON]
    return total
