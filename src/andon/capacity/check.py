"""The check: what a plan would really do on ordinary days, on its bad days, and in a spike.

Every plan is simulated, also one that a formula made, or a planner with a spreadsheet. Ordinary
days are drawn days as they come. A bad day is one of the worst tenth: the courses on which most
work comes on that day. A spike brings so many times as many customers for some hours, at the
busiest time of the day. A plan that fails says where.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from andon.capacity.channels import PlannedQueue
from andon.capacity.horizon import Horizon
from andon.capacity.kept import QueueDays, TeamDays, by_day, judge_queue, judge_team
from andon.capacity.rehearsal import Agents, Rehearsal
from andon.capacity.teams import Group, Team, groups
from andon.errors import PlanError
from andon.estimate import Estimate, Unknown
from andon.queueing.simulator.replications import Kind, estimate
from andon.queueing.simulator.runs import Progress
from andon.units import Unit, number, spoken
from andon.verdict import Reason, Ruling, Verdict

__all__ = ["PlanCheck", "QueueMet", "Shortfall", "Spike", "TeamMet", "Trial", "check_plan"]

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]
_Known: TypeAlias = Estimate | Unknown

_COURSES: Final = 100
_SPIKES: Final = 30
_BAD: Final = 0.1
_FINE_S: Final = 600
_EVERY: Final = 3
"""A course has a spike on every third day, so that one is forgotten before the next."""
_ORDINARY: Final = 0.9
"""The ordinary wait: so many of the same intervals have no longer queue."""
_WEEKDAYS: Final = (
    "Mondays",
    "Tuesdays",
    "Wednesdays",
    "Thursdays",
    "Fridays",
    "Saturdays",
    "Sundays",
)

Name = Literal["ordinary", "bad", "spike"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Spike:
    """A burst of customers.

    Attributes
    ----------
    factor : float
        So many times as many customers as drawn, above 1.
    lasts_s : float
        For so long, at the busiest time of the day, seconds.
    queues : tuple of str
        In these queues; in all unless given.
    """

    factor: float = 1.6
    lasts_s: float = 7200.0
    queues: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 1 < self.factor < float("inf") or not 0 < self.lasts_s < float("inf"):
            raise PlanError(
                "A spike brings more customers for some time.",
                found=f"factor = {self.factor:g}, lasts_s = {self.lasts_s:g}",
                todo="60 % more for two hours is factor=1.6, lasts_s=7200.",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueMet:
    """What customers of one queue meet in a trial.

    Attributes
    ----------
    queue : str
    days_kept : Estimate or Unknown
        Share of days on which all of the promise was kept.
    service_level, abandoned, mean_wait_s : Estimate or Unknown
        Over all days of the trial, as the promise counts them.
    callbacks_kept : Estimate or Unknown
        Share of callbacks begun within their window.
    on_time : Estimate or Unknown
        Share of e-mails or cases begun within their limit.
    most_waiting : Estimate or Unknown
        The most who wait at the end of an interval, in the mean of days.
    recovery_s : Estimate or Unknown
        From the end of the spike until the queue is no longer than it is on nine in ten ordinary
        days at that time; until closing where that comes first.
    recovered : Estimate or Unknown
        Share of spikes that are over by closing.
    """

    queue: str
    days_kept: _Known
    service_level: _Known
    abandoned: _Known
    mean_wait_s: _Known
    callbacks_kept: _Known
    on_time: _Known
    most_waiting: _Known
    recovery_s: _Known
    recovered: _Known


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamMet:
    """What a team's day is like in a trial.

    Attributes
    ----------
    team : str
    occupancy : Estimate or Unknown
        Share of time on duty with contacts.
    days_kept : Estimate or Unknown
        Share of days below the ceiling.
    """

    team: str
    occupancy: _Known
    days_kept: _Known


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One way in which the plan was tried.

    Attributes
    ----------
    name : str
        ``ordinary``, ``bad`` or ``spike``.
    days : int
        How many simulated days it is about.
    queues : tuple of QueueMet
    teams : tuple of TeamMet
    """

    name: Name
    days: int
    queues: tuple[QueueMet, ...]
    teams: tuple[TeamMet, ...]

    def of_queue(self, name: str) -> QueueMet:
        """What customers of this queue meet."""
        return next(each for each in self.queues if each.queue == name)

    def of_team(self, name: str) -> TeamMet:
        """What this team's day is like."""
        return next(each for each in self.teams if each.team == name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortfall:
    """Where a plan fails: some intervals of a weekday, in one queue.

    Attributes
    ----------
    queue : str
    weekday : int
        0 for Monday.
    from_slot, to_slot : int
        The first and the last interval of the day on the wall's clock, from 0 at midnight.
    interval_s : int
    days_kept : float
        Share of these weekdays on which the promise was kept.
    served : float
        Share served as promised in these intervals on the days on which it was not.
    promised : float
        The share that was promised; NaN where the promise is no share.
    missed_a_day : float
        Contacts that were not served as promised there, on each such day.
    """

    queue: str
    weekday: int
    from_slot: int
    to_slot: int
    interval_s: int
    days_kept: float
    served: float
    promised: float
    missed_a_day: float

    @property
    def says(self) -> str:
        """One sentence for people."""
        begin, end = (
            f"{minutes // 60:02}:{minutes % 60:02}"
            for minutes in (
                self.from_slot * self.interval_s // 60,
                (self.to_slot + 1) * self.interval_s // 60,
            )
        )
        kept, served = (spoken(each, "share", step=0.01) for each in (self.days_kept, self.served))
        asked = ""
        if not np.isnan(self.promised):
            asked = f" instead of {spoken(self.promised, 'share', step=0.01)}"
        return (
            f"{self.queue}: {_WEEKDAYS[self.weekday]} from {begin} to {end}. The promise holds on "
            f"{kept} of these days; on the others {served} are served as promised then{asked}, "
            f"and {number(self.missed_a_day, step=1)} customers are not."
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanCheck:
    """What a plan would really do.

    Attributes
    ----------
    ordinary, bad, spike : Trial
    shortfalls : tuple of Shortfall
        Where promises fail on ordinary days, the most customers first.
    verdict : Verdict
        Go where every promise surely holds on the share of days that was promised; watch where
        that cannot be told; stop where one surely fails.
    courses, seed : int
        How many courses of the days were simulated, and with which random numbers.
    """

    ordinary: Trial
    bad: Trial
    spike: Trial
    shortfalls: tuple[Shortfall, ...]
    verdict: Verdict
    courses: int
    seed: int


def check_plan(
    queues: Sequence[PlannedQueue],
    teams: Sequence[Team],
    agents: Agents,
    *,
    days: float | None = None,
    spike: Spike | None = None,
    bad: Sequence[PlannedQueue] | None = None,
    courses: int = _COURSES,
    seed: int = 2,
    level: float = 0.95,
    workers: int | None = None,
    progress: Progress | None = None,
) -> PlanCheck:
    """Simulate a plan through ordinary days, bad days and a spike.

    Parameters
    ----------
    queues : sequence of PlannedQueue
    teams : sequence of Team
    agents : mapping of str to array of int
        For each team how many are on duty, shape (k,); or (courses, k), for each drawn course,
        where some are away.
    days : float, optional
        The share of days on which every promise is to hold; that of each promise unless given, and
        the highest of them for what can wait.
    spike : Spike, optional
        60 % more for two hours unless given.
    bad : sequence of PlannedQueue, optional
        Bad days of another kind, such as the worst that were seen: the same queues with other
        courses. The worst tenth of the drawn ones unless given.
    courses : int
        So many of the drawn courses at most, 2 or more: the last, as plans are made from the first.
    seed : int
        0 or more; another than the plan's, so that it is not checked by the luck it was made for.
    level : float
        Of every interval, above 0 and below 1.
    workers, progress
        As for :func:`~andon.capacity.together.plan_together`.

    Returns
    -------
    PlanCheck

    Raises
    ------
    PlanError
        If queues, teams and agents do not fit together, or there is one course only.

    Examples
    --------
    >>> import datetime as dt
    >>> from andon.capacity.courses import Courses
    >>> from andon.capacity.promise import Promise
    >>> from andon.queueing.laws import Exponential
    >>> day = Horizon.of(dt.date(2024, 1, 1), days=1, zone="UTC", interval_s=3600)
    >>> level = np.full((60, 24), 60.0)
    >>> calls = PlannedQueue(
    ...     courses=Courses(queue="calls", horizon=day, contacts=level, handle_s=0 * level + 240.0,
    ...                     handle_cv=1.0, open=np.full(24, True)),
    ...     patience=Exponential(mean_s=120.0), promise=Promise(service_level=0.8))
    >>> found = check_plan([calls], [Team.of("all", "calls")], {"all": np.full(24, 4)})
    >>> found.verdict.ruling
    <Ruling.STOP: 'stop'>
    """
    burst = spike if spike is not None else Spike()
    cut = groups(queues, teams)
    known = [each.name for each in queues]
    for name in burst.queues:
        if name not in known:
            raise PlanError(
                "The spike comes to a queue that is not planned.",
                found=f"queue = {name!r}",
                todo=f"Use some of: {', '.join(known)}.",
            )
    bad_cut = groups(bad, teams) if bad is not None else None
    found: dict[Name, list[Trial]] = {"ordinary": [], "bad": [], "spike": []}
    shortfalls: list[Shortfall] = []
    chosen = _chosen(queues[0], courses)
    for i, group in enumerate(cut):
        run = _Checked(
            group=group, agents=agents, seed=seed, level=level, workers=workers, tell=progress
        )
        ordinary = run.days(chosen)
        found["ordinary"].append(run.trial("ordinary", ordinary, np.array(True)))
        if bad_cut is None:
            found["bad"].append(run.trial("bad", ordinary, _worst(group, chosen)))
        else:
            other = _Checked(
                group=bad_cut[i],
                agents=agents,
                seed=seed,
                level=level,
                workers=workers,
                tell=progress,
            )
            its = other.days(_chosen(bad_cut[i].queues[0], courses))
            found["bad"].append(other.trial("bad", its, np.array(True)))
        found["spike"].append(run.spiked(chosen[-_SPIKES:], burst))
        for judged in ordinary.queues:
            shortfalls += _shortfalls(judged, _asked(judged.queue, queues, days))
    trials = {name: _joined(name, parts) for name, parts in found.items()}
    shortfalls.sort(key=lambda each: -each.missed_a_day * (1 - each.days_kept))
    return PlanCheck(
        ordinary=trials["ordinary"],
        bad=trials["bad"],
        spike=trials["spike"],
        shortfalls=tuple(shortfalls),
        verdict=_verdict(trials["ordinary"], trials["spike"], queues, days),
        courses=len(chosen),
        seed=seed,
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Days:
    """A simulation's days, judged; and how long each queue was, by course and interval."""

    queues: tuple[QueueDays, ...]
    teams: tuple[TeamDays, ...]
    waiting: Mapping[str, _Floats]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Checked:
    """One group of a plan, ready to be tried."""

    group: Group
    agents: Agents
    seed: int
    level: float
    workers: int | None
    tell: Progress | None

    @property
    def horizon(self) -> Horizon:
        return self.group.queues[0].courses.horizon

    def days(self, courses: _Integers, *, factors: _Floats | None = None, finer: int = 1) -> _Days:
        """Simulate these courses."""
        rehearsal = Rehearsal.of(self.group, courses, factors=factors, finer=finer)
        there: Mapping[str, _Integers] = {
            name: row if row.ndim == 1 else row[courses] for name, row in self.agents.items()
        }
        found = rehearsal.run(there, seed=self.seed, workers=self.workers, progress=self.tell)
        return _Days(
            queues=tuple(judge_queue(each, found) for each in self.group.queues),
            teams=tuple(judge_team(each, self.group, found) for each in self.group.teams),
            waiting={
                each.name: found.contacts_by_run(each.name).waiting_s / found.model.interval_s
                for each in self.group.queues
                if not each.deferred
            },
        )

    def trial(
        self,
        name: Name,
        days: _Days,
        mask: _Bools,
        recovery: Mapping[str, tuple[_Known, _Known]] | None = None,
    ) -> Trial:
        """What was met on the days of ``mask``, shape (courses, days)."""
        shape = days.queues[0].came.shape
        where = np.broadcast_to(mask, shape)
        no_spike = Unknown(unit="s", why="there was no spike here", needs="a spike")
        no_share = Unknown(unit="share", why="there was no spike here", needs="a spike")
        met = []
        for each in days.queues:
            after = (recovery or {}).get(each.queue.name, (no_spike, no_share))
            met.append(
                QueueMet(
                    queue=each.queue.name,
                    days_kept=self._share(
                        each.kept & each.counts, each.counts.astype(np.float64), where
                    ),
                    service_level=self._of_live(each, each.not_in_time, each.offered, where),
                    abandoned=self._of_live(each, each.gave_up, each.waited, where, less=False),
                    mean_wait_s=self._known(each.waited_s, each.came, where, "s", "amount"),
                    callbacks_kept=self._share(
                        each.callbacks - each.callbacks_late, each.callbacks, where
                    ),
                    on_time=self._share(each.due - each.late, each.due, where),
                    most_waiting=self._known(
                        each.most_waiting, np.ones(shape), where, "count", "amount"
                    ),
                    recovery_s=after[0],
                    recovered=after[1],
                )
            )
        teams = [
            TeamMet(
                team=team.name,
                occupancy=self._known(each.busy_s, each.there_s, where, "share", "time"),
                days_kept=self._share(
                    each.kept & each.counts, each.counts.astype(np.float64), where
                ),
            )
            for team, each in zip(self.group.teams, days.teams, strict=True)
        ]
        return Trial(name=name, days=int(where.sum()), queues=tuple(met), teams=tuple(teams))

    def spiked(self, courses: _Integers, spike: Spike) -> Trial:
        """Simulate the same courses without and with a spike on some days."""
        names = spike.queues or tuple(each.name for each in self.group.queues)
        hit = np.array([each.name in names for each in self.group.queues])
        # Queues that have nothing to do with it are shown on the same days, as they are.
        windows = _windows(self.group, hit if hit.any() else ~hit, spike.lasts_s)
        factors = np.ones((len(courses), len(hit), len(self.horizon.slot)))
        mask = np.zeros((len(courses), len(windows)), dtype=np.bool_)
        for i, (day, (begin, end)) in (
            (i, each) for i in range(len(courses)) for each in enumerate(windows)
        ):
            if day % _EVERY == i % _EVERY and end > begin:
                mask[i, day] = True
                factors[i, hit, begin:end] = spike.factor
        finer = max(1, self.horizon.interval_s // _FINE_S)
        usual = self.days(courses, finer=finer)
        burst = self.days(courses, factors=factors, finer=finer)
        recovery = {
            queue.name: self._recovery(queue, usual.waiting, burst.waiting, mask, windows)
            for queue in self.group.queues
            if not queue.deferred and hit.any()
        }
        return self.trial("spike", burst, mask, recovery)

    def _recovery(
        self,
        queue: PlannedQueue,
        usual: Mapping[str, _Floats],
        burst: Mapping[str, _Floats],
        mask: _Bools,
        windows: Sequence[tuple[int, int]],
    ) -> tuple[_Known, _Known]:
        """How long after each spike the queue is no longer than usual, and whether by closing."""
        waiting, ordinary = burst[queue.name], usual[queue.name]
        finer = waiting.shape[1] // len(self.horizon.slot)
        step_s = self.horizon.interval_s / finer
        usually = np.quantile(ordinary, _ORDINARY, axis=0)
        # One who waits is no queue yet.
        over = waiting > np.maximum(usually, 1.0)
        took = np.zeros(mask.shape)
        done = np.zeros(mask.shape)
        open_ = np.repeat(queue.courses.open, finer)
        day = np.repeat(self.horizon.day_index, finer)
        for i, d in np.argwhere(mask):
            end = windows[d][1] * finer
            left = np.flatnonzero((day == d) & open_ & (np.arange(len(day)) >= end))
            quiet = ~over[i, left]
            # Quiet for two intervals in a row, or to the end.
            stays = quiet & np.append(quiet[1:], True)
            first = int(np.argmax(stays)) if stays.any() else len(left)
            took[i, d] = first * step_s
            done[i, d] = float(stays.any())
        spikes = mask.astype(np.float64)
        return (
            self._known(took, spikes, mask, "s", "amount"),
            self._share(done, spikes, mask),
        )

    def _of_live(
        self, each: QueueDays, y: _Floats, x: _Floats, where: _Bools, *, less: bool = True
    ) -> _Known:
        """A share among those who cannot wait; of those who can there is none."""
        if each.queue.deferred:
            return Unknown(
                unit="share", why="who writes can wait", needs="a channel on which nobody can"
            )
        return self._share(x - y if less else y, x, where)

    def _share(self, y: _Floats | _Bools, x: _Floats, where: _Bools) -> _Known:
        return self._known(np.asarray(y, dtype=np.float64), x, where, "share", "contacts")

    def _known(self, y: _Floats, x: _Floats, where: _Bools, unit: Unit, kind: Kind) -> _Known:
        """A ratio over the days that count, with what courses differ by as its doubt."""
        top, below = ((each * where).sum(axis=1) for each in (y, x))
        if below.sum() <= 0:
            return Unknown(unit=unit, why="there was nothing of the kind", needs="days with it")
        return estimate(
            top,
            below,
            unit=unit,
            kind=kind,
            n=round(float(below.sum())),
            level=self.level,
            said=f"{len(top)} courses",
        )


def _chosen(queue: PlannedQueue, courses: int) -> _Integers:
    """The last so many courses."""
    if courses < 2 or queue.courses.count < 2:
        raise PlanError(
            "One course of the days does not tell how sure anything is.",
            found=f"courses = {courses}, drawn: {queue.courses.count}",
            todo="Draw at least two, better a hundred.",
        )
    return np.arange(max(0, queue.courses.count - courses), queue.courses.count)


def _worst(group: Group, courses: _Integers) -> _Bools:
    """For each day the tenth of the courses on which most work comes."""
    horizon = group.queues[0].courses.horizon
    load = sum(by_day(each.load[courses], horizon) for each in group.queues)
    assert isinstance(load, np.ndarray)
    many = max(1, round(_BAD * len(courses)))
    ranks = np.argsort(np.argsort(-load, axis=0, kind="stable"), axis=0)
    return np.asarray((ranks < many) & (load > 0))


def _windows(group: Group, hit: _Bools, lasts_s: float) -> list[tuple[int, int]]:
    """For each day the busiest stretch so long, as intervals from and until; empty where none."""
    horizon = group.queues[0].courses.horizon
    load = sum(
        each.load.mean(axis=0) * np.where(each.courses.open, 1.0, 0.0)
        for each, its in zip(group.queues, hit, strict=True)
        if its
    )
    found = []
    for day in range(len(horizon.days)):
        its = np.flatnonzero(horizon.day_index == day)
        here = np.zeros(len(its)) if isinstance(load, int) else load[its]
        long = min(len(its), max(1, round(lasts_s / horizon.interval_s)))
        sums = np.convolve(here, np.ones(long), mode="valid")
        begin = int(its[0]) + int(np.argmax(sums))
        found.append((begin, begin + long) if sums.max(initial=0) > 0 else (begin, begin))
    return found


def _asked(queue: PlannedQueue, queues: Sequence[PlannedQueue], days: float | None) -> float:
    """The share of days on which a queue's promise is to hold."""
    if days is not None:
        return days
    if queue.promise is not None:
        return queue.promise.days
    return max((each.promise.days for each in queues if each.promise is not None), default=0.9)


def _shortfalls(judged: QueueDays, asked: float) -> list[Shortfall]:
    """The intervals in which most customers are missed, on weekdays whose promise fails."""
    queue = judged.queue
    horizon = queue.courses.horizon
    weekdays = horizon.weekday[np.unique(horizon.day_index, return_index=True)[1]]
    promise = queue.promise
    promised = queue.on_time
    if promise is not None:
        promised = promise.service_level if promise.service_level is not None else float("nan")
    found = []
    for weekday in range(7):
        its = np.flatnonzero(weekdays == weekday)
        counts = judged.counts[:, its]
        if not counts.any():
            continue
        kept = float((judged.kept & judged.counts)[:, its].sum() / counts.sum())
        if kept >= asked:
            continue
        broken = (judged.counts & ~judged.kept)[:, its]
        missed, came = np.zeros(horizon.slots_a_day), np.zeros(horizon.slots_a_day)
        for j, day in enumerate(its):
            here = np.flatnonzero(horizon.day_index == day)
            slots = horizon.slot[here]
            np.add.at(missed, slots, judged.missed[broken[:, j]][:, here].sum(axis=0))
            np.add.at(came, slots, judged.arrived[broken[:, j]][:, here].sum(axis=0))
        top = int(missed.argmax())
        first = last = top
        while first > 0 and missed[first - 1] >= missed[top] / 2:
            first -= 1
        while last + 1 < len(missed) and missed[last + 1] >= missed[top] / 2:
            last += 1
        lost, all_of = missed[first : last + 1].sum(), came[first : last + 1].sum()
        found.append(
            Shortfall(
                queue=queue.name,
                weekday=weekday,
                from_slot=first,
                to_slot=last,
                interval_s=horizon.interval_s,
                days_kept=kept,
                served=float(np.clip(1 - lost / all_of, 0.0, 1.0)) if all_of > 0 else 0.0,
                promised=float(promised),
                missed_a_day=float(lost / broken.sum()),
            )
        )
    return found


def _joined(name: Name, parts: Sequence[Trial]) -> Trial:
    return Trial(
        name=name,
        days=max(each.days for each in parts),
        queues=tuple(queue for each in parts for queue in each.queues),
        teams=tuple(team for each in parts for team in each.teams),
    )


def _verdict(
    ordinary: Trial, spike: Trial, queues: Sequence[PlannedQueue], days: float | None
) -> Verdict:
    """Whether every promise holds on the share of days that was promised."""
    reasons = []
    asked = {each.name: _asked(each, queues, days) for each in queues}
    highest = max(asked.values())
    for name, kept, wanted in (
        *((each.queue, each.days_kept, asked[each.queue]) for each in ordinary.queues),
        *((each.team, each.days_kept, highest) for each in ordinary.teams),
    ):
        if isinstance(kept, Unknown):
            continue
        ruling = Ruling.GO if kept.value >= wanted else Ruling.WATCH
        if kept.high < wanted:
            ruling = Ruling.STOP
        reasons.append(
            Reason(
                ruling=ruling,
                says=f"{name}: the promise holds on {kept} of ordinary days; "
                f"{spoken(wanted, 'share', step=0.01)} were promised.",
                estimate=kept,
            )
        )
    for each in spike.queues:
        if isinstance(each.recovered, Estimate) and isinstance(each.recovery_s, Estimate):
            ruling = Ruling.GO if each.recovered.value >= 0.5 else Ruling.WATCH
            reasons.append(
                Reason(
                    ruling=ruling,
                    says=f"{each.queue}: after a spike the queue is as usual again in "
                    f"{spoken(each.recovery_s.value, 's', step=60)} in the mean; "
                    f"{each.recovered} are over by closing.",
                    estimate=each.recovery_s,
                )
            )
    if not reasons:
        nothing = Unknown(unit="share", why="nobody came", needs="days with customers")
        reasons.append(Reason(ruling=Ruling.WATCH, says="Nobody came.", estimate=nothing))
    return Verdict(subject="plan", reasons=tuple(reasons))
