"""Running a model: replications in parallel, a warm-up that is found, and a wanted precision.

Independent replications, and intervals from how they differ, are the method of Law and Kelton
(Law 2015, *Simulation modeling and analysis*, sections 9.4 and 9.5).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final, Literal

import joblib

from andon.errors import QueueingError
from andon.estimate import Estimate, Unknown
from andon.queueing._kernels.compiled import announced
from andon.queueing.inputs import between, whole
from andon.queueing.simulator.counts import Counts
from andon.queueing.simulator.memory import check_room, customers
from andon.queueing.simulator.model import Model, Pool, Queue
from andon.queueing.simulator.plan import Plan
from andon.queueing.simulator.precision import Precision, Reached
from andon.queueing.simulator.raw import Raw
from andon.queueing.simulator.results import Engine, Simulation
from andon.queueing.simulator.warm_up import WarmUp, cut_after, detect, is_steady

__all__ = ["Progress", "simulate", "simulate_each"]

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many of it are done, and how many there are."""

_PREPARING: Final = "Preparing the simulator, once: up to half a minute"
_PILOT: Final = 10
_MOST: Final = 1 << 23
"""Replications that have random numbers of their own."""


def simulate(
    model: Model,
    *,
    seed: int = 1,
    replications: int = 20,
    engine: Engine | None = None,
    warm_up: float | Literal["detect"] | None = None,
    workers: int | None = None,
    precision: Precision | None = None,
    level: float = 0.95,
    trace: bool = False,
    progress: Progress | None = None,
) -> Simulation:
    """Run a model several times, each time with other random numbers, and tell what it found.

    Replications run in parallel through joblib, in threads unless told otherwise: the engines work
    without the interpreter's lock. ``joblib.parallel_config(backend="dask")`` around the call takes
    them to a cluster. The same seed gives the same whole numbers anywhere.

    Parameters
    ----------
    model : Model
    seed : int
        0 or more. Run ``i`` of two models with the same seed has the same customers with the same
        luck, so that differences are sharp: see
        :func:`~andon.queueing.simulator.comparison.compare`.
    replications : int
        1 or more. With one, its batches tell the doubt, if it is long enough.
    engine : 'fast' or 'general', optional
        The fast engine runs one pool, first come first served; the general one runs everything.
        The fast one where it can, unless given.
    warm_up : float or 'detect', optional
        What to leave out of each run's beginning, seconds; ``detect`` looks for it. Unless given it
        is looked for where arrivals and staffing are level, and 0 where they change: a day has its
        own start.
    workers : int, optional
        How many run at a time; as many as the machine (or cluster) has cores unless given.
    precision : Precision, optional
        Go on until one figure is so sharp.
    level : float
        Share of the intervals that hold the truth, above 0 and below 1.
    trace : bool
        Whether to keep a row for every contact of the first run.
    progress : callable, optional
        Told what is being done, how many runs are done and how many there are (0: not known); also
        that an engine is being compiled, which happens once, and from the thread that does it.

    Returns
    -------
    Simulation

    Raises
    ------
    QueueingError
        If something is wrong with what was asked for, or it would not fit in memory: before
        anything starts.

    Examples
    --------
    >>> from andon.queueing.laws import Exponential
    >>> from andon.queueing.simulator.model import Arrivals
    >>> from andon.queueing.simulator.schedule import Schedule
    >>> team = Model.one_pool(
    ...     arrivals=Arrivals.steady(per_h=200), handle=Exponential(mean_s=180),
    ...     patience=Exponential(mean_s=120), schedule=Schedule.level(11), days=5)
    >>> found = simulate(team, replications=10)
    >>> print(found.overall.service_level.of_offered)
    74.5 % (73.9 to 75.0 %)
    """
    whole("seed", seed, least=0)
    whole("replications", replications, least=1)
    between(
        "level", level, 1e-6, 1 - 1e-6, todo="Use 0.95 for intervals that hold 95 times in 100."
    )
    chosen = _engine(model, engine)
    cut = _asked(model, warm_up)
    first = replications if precision is None else max(replications, precision.first)
    most = first if precision is None else max(first, precision.most_replications)
    if most > _MOST:
        raise QueueingError(
            "There are not so many replications with random numbers of their own.",
            found=f"replications = {most:,}",
            todo=f"Ask for {_MOST:,} at most.",
        )
    if workers is not None:
        whole("workers", workers, least=1)
    check_room(model, replications=most, workers=workers or joblib.cpu_count(), trace=trace)
    runs = _Runs(
        plans=(Plan.of(model),),
        seed=seed,
        engine=chosen,
        workers=workers,
        trace=trace,
        tell=progress,
    )
    raws: list[Raw] = []
    if cut is None:
        raws = runs.run(range(min(_PILOT, first)), what="Looking for the warm-up")
        cut = detect(Counts.of(raws, first=0), model)
        if cut.cut_s > 0:
            raws = []
    raws += runs.run(range(len(raws), first), cut=cut)
    found = runs.found(raws, cut=cut, level=level)
    if precision is None:
        return found
    rounds = 1
    while more := precision.more(_figure(found, precision.of), len(raws)):
        raws += runs.run(range(len(raws), len(raws) + more), cut=cut)
        found = runs.found(raws, cut=cut, level=level)
        rounds += 1
    return replace(found, precision=_reached(precision, _figure(found, precision.of), rounds))


def simulate_each(
    models: Sequence[Model],
    *,
    seed: int = 1,
    engine: Engine | None = None,
    warm_up: float = 0.0,
    workers: int | None = None,
    level: float = 0.95,
    trace: bool = False,
    progress: Progress | None = None,
) -> Simulation:
    """Run each of several models once: days that may go in so many ways, each way one replication.

    Where each model was drawn anew and alike (a course of demand from a forecast, who is absent),
    the replications are independent and alike, and every figure and interval holds over both: what
    was drawn, and the chance within a run.

    Parameters
    ----------
    models : sequence of Model
        One or more. They may differ in what comes and who is there: in the arrivals, handle factors
        and schedules; in all else they are the same.
    seed : int
        0 or more. Replication ``i`` of every simulation with this seed has the same random numbers,
        so that two plans for the same courses differ sharply.
    engine : 'fast' or 'general', optional
        As for :func:`simulate`.
    warm_up : float
        What to leave out of each run's beginning, seconds.
    workers, level, trace, progress
        As for :func:`simulate`.

    Returns
    -------
    Simulation
        Its ``model`` is the first of them.

    Raises
    ------
    QueueingError
        If there is no model, or they differ in something else.

    Examples
    --------
    >>> from andon.queueing.laws import Exponential
    >>> from andon.queueing.simulator.model import Arrivals
    >>> from andon.queueing.simulator.schedule import Schedule
    >>> def course(per_h):
    ...     return Model.one_pool(
    ...         arrivals=Arrivals.steady(per_h), handle=Exponential(mean_s=180),
    ...         patience=Exponential(mean_s=120), schedule=Schedule.level(11))
    >>> found = simulate_each([course(per_h) for per_h in (190, 240, 210)])
    >>> (found.contacts_by_run().answered.sum(axis=1) / 24).round().astype(int).tolist()
    [179, 198, 187]
    """
    whole("seed", seed, least=0)
    between(
        "level", level, 1e-6, 1 - 1e-6, todo="Use 0.95 for intervals that hold 95 times in 100."
    )
    if not models:
        raise QueueingError(
            "There is nothing to run.", found="models = []", todo="Give at least one model."
        )
    if workers is not None:
        whole("workers", workers, least=1)
    first = models[0]
    for i, model in enumerate(models[1:], start=1):
        _alike(first, model, i)
    cut = cut_after(warm_up, first)
    busiest = max(models, key=customers)
    check_room(
        busiest, replications=len(models), workers=workers or joblib.cpu_count(), trace=trace
    )
    plan = Plan.of(first)
    runs = _Runs(
        plans=(plan, *(Plan.of(model, like=plan) for model in models[1:])),
        seed=seed,
        engine=_engine(first, engine),
        workers=workers,
        trace=trace,
        tell=progress,
    )
    return runs.found(runs.run(range(len(models)), cut=cut), cut=cut, level=level)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Runs:
    """Replications of one plan, or of one plan each, wherever they run."""

    plans: tuple[Plan, ...]
    seed: int
    engine: Engine
    workers: int | None
    trace: bool
    tell: Progress | None

    def run(
        self, replications: range, *, cut: WarmUp | None = None, what: str = "Simulating"
    ) -> list[Raw]:
        """Run these replications, and return them in their order."""
        if not replications:
            return []
        cut_s = cut.cut_s if cut is not None else 0.0
        plans = self.plans
        count_from = round(cut_s / plans[0].model.interval_s) * plans[0].interval
        self._say(what, 0, replications)
        parallel = joblib.Parallel(
            n_jobs=-1 if self.workers is None else self.workers,
            prefer="threads",
            return_as="generator",
            batch_size=1,
        )
        tasks = (
            joblib.delayed(_one)(
                plans[i % len(plans)], self.engine, self.seed, i, count_from, self.trace and i == 0
            )
            for i in replications
        )
        raws: list[Raw] = []
        with announced(lambda: self._say(_PREPARING, 0, range(0))):
            for raw in parallel(tasks):
                raws.append(raw)
                self._say(what, len(raws), replications)
        return raws

    def found(self, raws: list[Raw], *, cut: WarmUp, level: float) -> Simulation:
        """What these replications, from the first on, tell."""
        model = self.plans[0].model
        return Simulation(
            model=model,
            seed=self.seed,
            replications=len(raws),
            engine=self.engine,
            level=level,
            warm_up=cut,
            counts=Counts.of(raws, first=round(cut.cut_s / model.interval_s)),
            trace=raws[0].trace,
        )

    def _say(self, what: str, done: int, replications: range) -> None:
        if self.tell is not None:
            self.tell(what, replications.start + done, replications.stop)


def _one(
    plan: Plan, engine: Engine, seed: int, replication: int, count_from: int, trace: bool
) -> Raw:
    """One replication, in whatever thread, process or machine."""
    if engine == "fast":
        from andon.queueing.simulator.first_come import run_first_come  # noqa: PLC0415  # compiles

        return run_first_come(
            plan, seed=seed, replication=replication, count_from=count_from, trace=trace
        )
    from andon.queueing.simulator.general import run_general  # noqa: PLC0415  # compiles

    return run_general(plan, seed=seed, replication=replication, count_from=count_from, trace=trace)


def _engine(model: Model, asked: Engine | None) -> Engine:
    if asked not in {None, "fast", "general"}:
        raise QueueingError(
            "There is no such engine.",
            found=f"engine = {asked!r}",
            todo="Use 'fast' or 'general', or leave the choice to Andon.",
        )
    if asked == "fast" and not model.first_come:
        raise QueueingError(
            "The fast engine runs one queue and one pool, first come first served.",
            found=f"{len(model.queues)} queues, {len(model.pools)} pools, or callbacks, overflows, "
            "transfers, chats at once or a pool that helps later",
            todo="Leave engine out: the general one runs everything.",
        )
    return asked or ("fast" if model.first_come else "general")


def _alike(first: Model, other: Model, i: int) -> None:
    """Two models of one operation, at other times or with other luck."""
    different = [
        each for each in ("days", "interval_s") if getattr(first, each) != getattr(other, each)
    ]
    different += _different("queue", first.queues, other.queues, _FREE_IN_QUEUE)
    different += _different("pool", first.pools, other.pools, _FREE_IN_POOL)
    if different:
        raise QueueingError(
            "The models are not of one operation: they differ in more than what comes and who is "
            "there.",
            found=f"models[0] and models[{i}] differ in {', '.join(different[:3])}",
            todo="Let them differ in arrivals, handle_factors and schedules only.",
        )


_FREE_IN_QUEUE: Final = frozenset({"arrivals", "handle_factors"})
_FREE_IN_POOL: Final = frozenset({"schedule"})


def _different(
    what: str, ours: Sequence[Queue | Pool], theirs: Sequence[Queue | Pool], free: frozenset[str]
) -> list[str]:
    """What differs between queues, or pools, and should not."""
    if [each.name for each in ours] != [each.name for each in theirs]:
        return [f"names of each {what}"]
    return [
        f"{field.name} of {what} {one.name!r}"
        for one, other in zip(ours, theirs, strict=True)
        if one is not other
        for field in fields(one)
        if field.name not in free and getattr(one, field.name) != getattr(other, field.name)
    ]


def _asked(model: Model, warm_up: float | Literal["detect"] | None) -> WarmUp | None:
    """The cut that was asked for; None where it is to be detected."""
    if warm_up is None:
        return None if is_steady(model) else WarmUp(cut_s=0.0, how="none")
    if isinstance(warm_up, str):
        if warm_up != "detect":
            raise QueueingError(
                "A warm-up is so many seconds, or to be detected.",
                found=f"warm_up = {warm_up!r}",
                todo="Give seconds, or 'detect'.",
            )
        return None
    return cut_after(warm_up, model)


def _figure(found: Simulation, name: str) -> Estimate | Unknown:
    return {**found.figures("contacts"), **found.figures("staff")}[name]


def _reached(wanted: Precision, figure: Estimate | Unknown, rounds: int) -> Reached:
    if isinstance(figure, Unknown):
        return Reached(wanted=wanted, reached=False, half_width=math.nan, rounds=rounds)
    reach = max(figure.high - figure.value, figure.value - figure.low)
    sharp = reach <= wanted.half_width(figure) * (1 + 1e-12)
    return Reached(wanted=wanted, reached=sharp, half_width=reach, rounds=rounds)
