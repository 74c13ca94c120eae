"""Teams that share queues, sized together by simulation.

The plan climbs a path. It begins with the fewest people who could do the mean day's work if nothing
were left to chance (a linear programme: whatever some teams alone can serve, they must have people
for). Then it simulates drawn days, looks for the queue that keeps its promise on the fewest days,
and adds people: first by levels of safety over the pooled load, the square-root rule with the
spread between days in it; then one by one in the intervals where most customers are missed for the
money. Every simulation has the same customers with the same luck. The plan is the first point on
the path at which every kind of day keeps every promise on the share of days that was asked for.

The path does not know how safe the plan is to be, and never takes anybody away again. So a safer
plan lies further on, and never has fewer people in any interval.

Cutting a staffing problem by simulated marginal effects: Atlason, Epelman and Henderson 2004,
https://doi.org/10.1023/B:ANOR.0000019096.58882.54; several skills: Cezik and L'Ecuyer 2008,
https://doi.org/10.1287/mnsc.1070.0824.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.channels import PlannedQueue
from andon.capacity.horizon import Horizon
from andon.capacity.kept import QueueDays, TeamDays, by_day, judge_queue, judge_team
from andon.capacity.pooled import PooledLoad
from andon.capacity.rehearsal import Rehearsal
from andon.capacity.teams import Group, Team, groups
from andon.errors import PlanError
from andon.queueing.simulator.results import Simulation
from andon.queueing.simulator.runs import Progress
from andon.units import HOUR_S

__all__ = ["Alone", "Step", "TogetherPlan", "plan_together"]

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]

Alone = Callable[[PlannedQueue, Team], _Integers]
"""Agents by interval for one queue that one team serves, without a simulation."""

_DAYS_OF_A_KIND: Final = 120
"""So many simulated days tell how often a kind of day keeps its promise."""
_COURSES: Final = (24, 120)
_FIRST: Final = 1 / 3
"""Of them so many are enough while the levels are raised."""
_TYPICAL: Final = 0.5
_HARD: Final = 0.9
"""The typical day of a kind, and a hard one, as quantiles of what is strained of the promise."""
_COARSE_UNTIL: Final = 1.25
"""Levels of safety are raised until the typical day uses up so much of what the promise allows;
then people are added one by one."""
_BEHIND: Final = 0.6
_ABREAST: Final = 0.85
"""Who is strained by so much of the worst is helped with it: while levels are raised, and then."""
_LEVELS: Final = ((3.0, 0.5), (1.6, 0.25), (0.0, 0.125))
"""Above such a strain of a typical day by so much is the level raised."""
_STEP: Final = ((1.6, 0.03), (1.25, 0.015), (0.0, 0.005))
"""Above such a strain of a hard day by so much of a day's people."""
_WATCHED: Final = 0.75
"""Customers are counted as missed on the days that are strained more than so many others."""
_MOST_STEPS: Final = 120
_HIGHEST: Final = 12.0
_MOST_STRAIN: Final = 5.0
_ALIKE: Final = 1.25
"""Days of one weekday are of a kind if their volumes do not differ by more."""
_HAIR: Final = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One point on the path.

    Attributes
    ----------
    agent_h : float
        Hours on duty in all.
    kept : mapping of str to float
        For each queue, and each team with an occupancy ceiling, the share of simulated days on
        which the promise was kept.
    """

    agent_h: float
    kept: Mapping[str, float]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TogetherPlan:
    """How many of each team are needed on duty.

    Attributes
    ----------
    horizon : Horizon
    queues : tuple of PlannedQueue
    teams : tuple of Team
    days : float
        The share of days on which every promise was to be kept.
    agents : mapping of str to array of int, shape (k,)
        For each team.
    fluid_h : float
        Hours on duty of the mean day's work alone: the path's beginning.
    paths : tuple of tuple of Step
        For each group that was simulated.
    courses : int
        How many courses were simulated at every step.
    seed : int
    """

    horizon: Horizon
    queues: tuple[PlannedQueue, ...]
    teams: tuple[Team, ...]
    days: float
    agents: Mapping[str, _Integers]
    fluid_h: float
    paths: tuple[tuple[Step, ...], ...]
    courses: int
    seed: int

    @property
    def agent_h(self) -> float:
        """Hours on duty of all teams."""
        total = sum(int(each.sum()) for each in self.agents.values())
        return total * self.horizon.interval_s / HOUR_S

    @property
    def cost(self) -> float:
        """The same, each hour by what it costs."""
        return sum(team.cost * float(self.agents[team.name].sum()) for team in self.teams) * (
            self.horizon.interval_s / HOUR_S
        )


def plan_together(
    queues: Sequence[PlannedQueue],
    teams: Sequence[Team],
    *,
    days: float | None = None,
    alone: Alone | None = None,
    seed: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
) -> TogetherPlan:
    """How many of each team must be on duty, so that all queues keep their promises together.

    Parameters
    ----------
    queues : sequence of PlannedQueue
        Drawn for the same days; course ``i`` of one goes with course ``i`` of the others.
    teams : sequence of Team
    days : float, optional
        Share of days on which each promise is to hold, above 0 and below 1; the highest that a
        promise names, or 0.9.
    alone : callable, optional
        What to ask for one queue that one team serves, where no simulation is needed.
    seed : int
        0 or more.
    workers : int, optional
        Threads; as many as the machine has cores unless given.
    progress : callable, optional
        Told what is done.

    Returns
    -------
    TogetherPlan

    Raises
    ------
    PlanError
        If queues and teams do not fit together, or no number of people keeps a promise.

    Examples
    --------
    >>> import datetime as dt
    >>> from andon.capacity.courses import Courses
    >>> from andon.capacity.promise import Promise
    >>> from andon.queueing.laws import Exponential
    >>> day = Horizon.of(dt.date(2024, 1, 1), days=1, zone="UTC", interval_s=3600)
    >>> level = np.full((60, 24), 60.0)
    >>> def queue(name):
    ...     return PlannedQueue(patience=Exponential(mean_s=120.0), promise=Promise(
    ...         service_level=0.8), courses=Courses(queue=name, horizon=day, contacts=level,
    ...         handle_s=0 * level + 240.0, handle_cv=1.0, open=np.full(24, True)))
    >>> both = plan_together([queue("a"), queue("b")], [Team.of("all", "a", "b")])
    >>> bool(2 * 4 < both.agents["all"].mean() < 2 * 7)
    True
    """
    cut = groups(queues, teams)
    wanted = _wanted(queues, days)
    horizon = queues[0].courses.horizon
    courses = _courses_needed(queues[0], horizon)
    agents: dict[str, _Integers] = {}
    paths = []
    fluid = 0.0
    for group in cut:
        climb = _Climb(group=group, courses=courses, seed=seed, workers=workers, tell=progress)
        fluid += climb.fluid
        if alone is not None and group.alone:
            agents[group.teams[0].name] = alone(group.queues[0], group.teams[0])
            continue
        climb.up(wanted)
        paths.append(tuple(climb.path))
        for team, row in zip(group.teams, climb.plan, strict=True):
            agents[team.name] = row
    nobody = np.zeros(len(horizon.slot), dtype=np.int64)
    return TogetherPlan(
        horizon=horizon,
        queues=tuple(queues),
        teams=tuple(teams),
        days=wanted,
        agents={each.name: agents.get(each.name, nobody) for each in teams},
        fluid_h=fluid * horizon.interval_s / HOUR_S,
        paths=tuple(paths),
        courses=courses,
        seed=seed,
    )


class _Climb:
    """The path of one group, and where on it each kind of day keeps its promises."""

    def __init__(
        self,
        *,
        group: Group,
        courses: int,
        seed: int,
        workers: int | None,
        tell: Progress | None,
    ) -> None:
        self.group, self.seed, self.workers, self.tell = group, seed, workers, tell
        self.rehearsal = Rehearsal.of(group, np.arange(courses))
        self.first = Rehearsal.of(_live(group), np.arange(max(2, round(_FIRST * courses))))
        self.horizon = self.rehearsal.horizon
        self.day = self.horizon.day_index
        self.kinds = _kinds(group)
        self.load = PooledLoad.of(group)
        self.open, self.serves = self.load.open, self.load.serves
        self.agents: _Integers = np.zeros(self.open.shape, dtype=np.int64)
        nothing = np.zeros((len(group.queues), len(self.day)))
        self.agents = self.load.for_live(nothing, now=self.agents)
        self.fluid = int(self.load.for_deferred(self.agents).sum())
        self.plan = self.agents.copy()
        self.path: list[Step] = []

    def up(self, wanted: float) -> None:
        """Climb until every kind of day keeps every promise on so many days, and keep the plan."""
        self._raise_levels()
        self.agents = self.load.for_deferred(self.agents)
        reached = np.zeros(len(self.kinds), dtype=np.bool_)
        for _ in range(_MOST_STEPS):
            seen = self._look(self.rehearsal)
            now = ~reached & np.all(seen.enough(wanted), axis=0)
            for kind in np.flatnonzero(now):
                here = np.isin(self.day, self.kinds[kind])
                self.plan[:, here] = self.agents[:, here]
            reached |= now
            if reached.all():
                return
            before = self.agents.sum()
            self._add(seen)
            if self.agents.sum() == before:
                break
        raise self._out_of_reach(seen, reached, wanted)

    def _raise_levels(self) -> None:
        """Raise the safety of what cannot wait until a typical day nearly keeps every promise."""
        live = [q for q, queue in enumerate(self.group.queues) if not queue.deferred]
        levels = np.zeros((len(self.group.queues), len(self.kinds)))
        kind_of_day = np.zeros(len(self.horizon.days), dtype=np.int64)
        for i, its in enumerate(self.kinds):
            kind_of_day[its] = i
        coarse = np.ones(len(self.kinds), dtype=np.bool_)
        while live:
            self.agents = self.load.for_live(levels[:, kind_of_day[self.day]], now=self.agents)
            strain = self._look(self.first).typical[: len(live)]
            coarse &= strain.max(axis=0) > _COARSE_UNTIL
            if not coarse.any():
                return
            for kind in np.flatnonzero(coarse).tolist():
                worst = float(strain[:, kind].max())
                by = next(level for above, level in _LEVELS if worst >= above)
                behind = np.flatnonzero(strain[:, kind] >= _BEHIND * worst)
                levels[np.array(live)[behind], kind] += by
                coarse[kind] = levels[:, kind].max() < _HIGHEST

    def _look(self, rehearsal: Rehearsal) -> _Seen:
        """Simulate the present people, and note the point on the path."""
        if self.tell is not None:
            self.tell("Sizing teams together", len(self.path), 0)
        agents = {team.name: row for team, row in zip(self.group.teams, self.agents, strict=True)}
        found = rehearsal.run(agents, seed=self.seed, workers=self.workers)
        group = rehearsal.group
        seen = _Seen.of(group, found, self.kinds)
        names = [*(each.name for each in group.queues), *(each.name for each in group.teams)]
        kept = {
            name: float(share)
            for name, share in zip(names, seen.overall, strict=True)
            if not math.isnan(share)
        }
        hours = float(self.agents.sum()) * self.horizon.interval_s / HOUR_S
        self.path.append(Step(agent_h=hours, kept=kept))
        return seen

    def _add(self, seen: _Seen) -> None:
        """Add people where most customers are missed for the money."""
        score = self._score(seen)
        value, best = score.max(axis=0), score.argmax(axis=0)
        for kind, its in enumerate(self.kinds):
            part = next(part for above, part in _STEP if seen.hard[:, kind].max() >= above)
            for day in its:
                today = np.flatnonzero(self.day == day)
                here = today[value[today] > 0]
                more = max(1, round(part * int(self.agents[:, today].sum())))
                each = math.ceil(more / max(here.size, 1))
                first = here[np.argsort(-value[here], kind="stable")][: math.ceil(more / each)]
                self.agents[best[first], first] += each
        self.agents = np.minimum(self.agents, self.load.most[:, None])

    def _score(self, seen: _Seen) -> _Floats:
        """What one more of a team in an interval is worth: of the customers missed, for its cost.

        Only who is nearly as far behind as the worst counts; each by the share of the day's missed
        customers that come then, or of the day's busy time.
        """
        queues = self.group.queues
        lacks = np.zeros((len(seen.hard), len(self.horizon.days)))
        for kind, its in enumerate(self.kinds):
            strain = seen.hard[:, kind] / seen.hard[:, kind].max()
            lacks[:, its] = np.where(strain >= _ABREAST, strain, 0.0)[:, None]
        weights = lacks[:, self.day]
        score = np.zeros(self.agents.shape)
        for q, queue in enumerate(queues):
            missed = self._share_of_day(seen.missed[q]) * weights[q]
            if queue.deferred and queue.deadline_s is not None:
                missed = self._could_be_done(missed, queue.deadline_s, self.serves[:, q])
            score += np.where(self.serves[:, [q]], missed, 0.0)
        for t in range(len(self.agents)):
            score[t] += self._share_of_day(seen.busy[t]) * weights[len(queues) + t]
        room = self.open & (self.agents < self.load.most[:, None])
        # One more among few is worth more than one more among many.
        score = score / (self.load.costs[:, None] * np.sqrt(1 + self.agents))
        return np.where(room, score, 0.0)

    def _share_of_day(self, values: _Floats) -> _Floats:
        """Of each day's sum the part in each interval."""
        sums = by_day(values, self.horizon)[self.day]
        return np.asarray(np.divide(values, sums, out=np.zeros_like(values), where=sums > 0))

    def _could_be_done(self, missed: _Floats, deadline_s: float, mine: _Bools) -> _Floats:
        """Spread what came too late over the intervals in which it could have been done."""
        may: _Floats = np.asarray(self.open[mine].any(axis=0), dtype=np.float64)
        long = max(1, round(deadline_s / self.horizon.interval_s))
        sums = np.concatenate(([0.0], np.cumsum(may)))
        ends = np.minimum(np.arange(len(may)) + long, len(may))
        width = sums[ends] - sums[:-1]
        each = np.divide(missed, width, out=np.zeros_like(missed), where=width > 0)
        edges = np.zeros(len(may) + 1)
        np.add.at(edges, np.arange(len(may)), each)
        np.add.at(edges, ends, -each)
        return np.asarray(np.cumsum(edges)[:-1] * may)

    def _out_of_reach(self, seen: _Seen, reached: _Bools, wanted: float) -> PlanError:
        group = self.group
        names = [*(each.name for each in group.queues), *(each.name for each in group.teams)]
        kind = int(np.flatnonzero(~reached)[0])
        unit = int(np.nanargmin(seen.kept[:, kind]))
        date = self.horizon.dates[int(self.kinds[kind][0])]
        limited = any(each.most is not None for each in self.group.teams)
        return PlanError(
            f"No number of people that was tried keeps the promise of {names[unit]!r}.",
            found=f"on days such as {date:%A %d %B} it is kept {seen.kept[unit, kind]:.0%} of the "
            f"time, with {self.path[-1].agent_h:,.0f} hours on duty; asked for {wanted:.0%}",
            todo="Give the teams more people, or promise less."
            if limited
            else "Promise less: many hang up at once, or contacts come when nobody may be there.",
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Seen:
    """What a simulation tells of every queue and team (the units), by kind of day.

    ``typical`` and ``hard`` are strains, 0 or more and never without end; ``missed`` (queues) and
    ``busy`` (teams) are by interval.
    """

    days_kept: _Floats
    days_counted: _Floats
    typical: _Floats
    hard: _Floats
    missed: _Floats
    busy: _Floats

    @classmethod
    def of(cls, group: Group, found: Simulation, kinds: Sequence[_Integers]) -> _Seen:
        horizon = group.queues[0].courses.horizon
        queues = [judge_queue(each, found) for each in group.queues]
        teams = [judge_team(each, group, found) for each in group.teams]
        kept, counted, typical, hard = (
            np.zeros((len(queues) + len(teams), len(kinds))) for _ in "1234"
        )
        missed = np.zeros((len(queues), len(horizon.slot)))
        units: tuple[QueueDays | TeamDays, ...] = (*queues, *teams)
        for unit, its in enumerate(units):
            strain = np.minimum(its.strain, _MOST_STRAIN)
            for kind, days in enumerate(kinds):
                counts = its.counts[:, days]
                counted[unit, kind] = counts.sum()
                kept[unit, kind] = (its.kept[:, days] & counts).sum()
                if not counts.any():
                    continue
                seen = strain[:, days]
                typical[unit, kind], hard[unit, kind], watched = np.quantile(
                    seen[counts], (_TYPICAL, _HARD, _WATCHED)
                )
                if isinstance(its, QueueDays):
                    here = np.isin(horizon.day_index, days)
                    watch = np.zeros(strain.shape, dtype=np.bool_)
                    watch[:, days] = (seen >= watched) & counts
                    rows = its.missed[:, here] * watch[:, horizon.day_index[here]]
                    missed[unit, here] = rows.mean(axis=0)
        busy = []
        for team, judged in zip(group.teams, teams, strict=True):
            tallies = found.staff_by_run(team.name)
            there = tallies.staffed_s.sum(axis=0)
            share = np.divide(
                tallies.busy_s.sum(axis=0), there, out=np.zeros_like(there), where=there > 0
            )
            busy.append(share * (judged.ceiling is not None))
        return cls(
            days_kept=kept,
            days_counted=counted,
            typical=typical,
            hard=np.maximum(hard, _HAIR),
            missed=missed,
            busy=np.array(busy),
        )

    @property
    def kept(self) -> _Floats:
        """Share of days kept, by unit and kind of day; NaN where nothing is promised."""
        return _share(self.days_kept, self.days_counted)

    @property
    def overall(self) -> _Floats:
        """The same over all days."""
        return _share(self.days_kept.sum(axis=1), self.days_counted.sum(axis=1))

    def enough(self, wanted: float) -> _Bools:
        """Whether so many days are kept that a new one would be with that chance."""
        return np.asarray(
            self.days_kept
            >= np.minimum(wanted * (self.days_counted + 1), self.days_counted) - _HAIR
        )


def _share(y: _Floats, x: _Floats) -> _Floats:
    return np.asarray(np.divide(y, x, out=np.full_like(x, np.nan), where=x > 0))


def _wanted(queues: Sequence[PlannedQueue], days: float | None) -> float:
    if days is None:
        return max((each.promise.days for each in queues if each.promise is not None), default=0.9)
    if not 0 < days < 1:
        raise PlanError(
            "The share of days must lie between 0 and 1.",
            found=f"days = {days:g}",
            todo="Write 90 % as 0.9; all days cannot be promised.",
        )
    return days


def _courses_needed(queue: PlannedQueue, horizon: Horizon) -> int:
    """Enough that a kind of day is seen often, and no more than were drawn."""
    weeks = max(1, len(horizon.days) // 7)
    return min(queue.courses.count, max(_COURSES[0], min(_COURSES[1], _DAYS_OF_A_KIND // weeks)))


def _live(group: Group) -> Group:
    """The group without what can wait; all of it where nothing else is there."""
    queues = tuple(each for each in group.queues if not each.deferred)
    names = {each.name for each in queues}
    teams = tuple(
        replace(team, serves=tuple(route for route in team.serves if route.queue in names))
        for team in group.teams
        if names & set(team.queues)
    )
    return Group(queues=queues, teams=teams) if queues else group


def _kinds(group: Group) -> tuple[_Integers, ...]:
    """Days of one weekday on which about as much comes, each kind as the numbers of its days."""
    horizon = group.queues[0].courses.horizon
    load = sum(by_day(each.load.mean(axis=0), horizon) for each in group.queues)
    assert isinstance(load, np.ndarray)
    weekday = horizon.weekday[np.unique(horizon.day_index, return_index=True)[1]]
    found: list[list[int]] = []
    for day in range(len(load)):
        for kind in found:
            first = kind[0]
            alike = max(load[day], load[first]) <= _ALIKE * min(load[day], load[first])
            if weekday[day] == weekday[first] and alike:
                kind.append(day)
                break
        else:
            found.append([day])
    return tuple(np.array(each, dtype=np.int64) for each in found)
