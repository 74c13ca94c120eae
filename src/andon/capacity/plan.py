"""A plan: from the past of some queues to agents by interval and shifts, and what these would do.

The order of steps is the order in which a plan can be doubted: what may come, how many it takes,
who works when, and what that would do on days that were not used to make it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.busy_days import BusyDays, busy_days, drawn_together
from andon.capacity.calendar import Calendar, public_holidays
from andon.capacity.channels import PlannedQueue
from andon.capacity.check import PlanCheck, Spike, Trial, check_plan
from andon.capacity.courses import Courses
from andon.capacity.cover import Cover, cover
from andon.capacity.ended import ended, without
from andon.capacity.forecast import Forecast, forecast
from andon.capacity.history import History
from andon.capacity.horizon import Horizon
from andon.capacity.lines import Line, Past, lines_of, pooled
from andon.capacity.on_the_mean import OnTheMean, on_the_mean
from andon.capacity.plan_notes import merged_notes
from andon.capacity.planning import Planning, TeamRules
from andon.capacity.protective import ProtectiveCapacity, protective_capacity
from andon.capacity.requirement import Requirement, requirement
from andon.capacity.roster import Roster, roster
from andon.capacity.scores import Score, predicted_by, score
from andon.capacity.shrinkage import Shrinkage
from andon.capacity.teams import Team
from andon.capacity.together import TogetherPlan, plan_together
from andon.errors import PlanError
from andon.queueing.concurrency import Slowdown
from andon.queueing.laws import Exponential, Never
from andon.queueing.simulator.model import Curve, Loop, Route
from andon.units import HOUR_S

__all__ = ["Judged", "LinePlan", "Plan", "TeamPlan", "calendar_of", "make_plan"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Progress = Callable[[str, int, int], None]

_SEARCH: Final = 200
_LONG_S: Final = 4.0 * HOUR_S
"""Where nobody is known to give up, formulas of a stationary queue take them to wait so long."""
_CHATS: Final = ("chat", "messaging")
_SOON_S: Final = 600.0
_TRIES: Final = 40
"""What came happened once; with so much other luck within each interval the plan is tried on it."""
_PRICE_OF_MISSING: Final = 10.0
"""Where shifts may leave an interval short, an hour missing costs so many times an hour worked. One
more person often mends an hour or two of a whole shift, so less would leave gaps at every break."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LinePlan:
    """What is planned for one line.

    Attributes
    ----------
    line : Line
    forecast : Forecast
        Of all contacts, as they are counted: redials of the past are in it.
    search, judge : Courses
        Of fresh contacts: what the plan was made from, and what it is judged by.
    alone : Requirement or None
        Where one team serves it and nothing else, what it takes without a simulation.
    """

    line: Line
    forecast: Forecast
    search: Courses
    judge: Courses
    alone: Requirement | None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TeamPlan:
    """What is planned for one team.

    Attributes
    ----------
    team : Team
    lines : tuple of str
        What it serves.
    agents : array of int, shape (k,)
        On duty in each interval, as the promise asks.
    people : array of int or None, shape (k,)
        Rostered in each interval, so that so many are at work on most days; None where shrinkage
        is not known.
    on_the_mean : OnTheMean or None
        What Erlang C on the mean says; where the team serves one line alone.
    protective : ProtectiveCapacity or None
        What the buffer costs and buys; where the team serves one line alone.
    cover : Cover or None
        The shifts; None where none were described.
    roster : Roster or None
        The shifts given to people.
    """

    team: Team
    lines: tuple[str, ...]
    agents: Ints
    people: Ints | None
    on_the_mean: OnTheMean | None
    protective: ProtectiveCapacity | None
    cover: Cover | None
    roster: Roster | None

    @property
    def asked(self) -> Ints:
        """Who is to be scheduled: people where shrinkage is known, else agents."""
        return self.agents if self.people is None else self.people

    @property
    def scheduled(self) -> Ints:
        """Who is scheduled: in shifts where there are shifts, else as asked."""
        if self.cover is None:
            return self.asked
        return np.floor(self.cover.covered + 1e-9).astype(np.int64)

    def at_work(
        self,
        shrinkage: Shrinkage | None,
        horizon: Horizon,
        *,
        courses: int,
        rng: np.random.Generator,
    ) -> Ints:
        """Who of them is at work: shape (k,), or (courses, k) where some are away.

        Parameters
        ----------
        shrinkage : Shrinkage or None
        horizon : Horizon
        courses : int
            How many to draw.
        rng : Generator
        """
        if shrinkage is None:
            return self.scheduled
        share = shrinkage.sample(horizon, courses, rng)
        # Whole people: which way a part of one goes is drawn once for each day.
        chance = rng.random((courses, len(horizon.days)))[:, horizon.day_index]
        return np.floor(self.scheduled * share + chance).astype(np.int64)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Judged:
    """A plan judged by what then came.

    Attributes
    ----------
    came : mapping of str to History
        By line.
    scores : mapping of str to Score
        How the forecast did, by line, in open intervals.
    expected : mapping of str to (float, float)
        Contacts of all these days that were seen, by line: 8 courses in 10 lie between.
    trial : Trial
        What the planned agents would have done with what came, simulated.
    """

    came: Mapping[str, History]
    scores: Mapping[str, Score]
    expected: Mapping[str, tuple[float, float]]
    trial: Trial

    def a_day(self, line: str) -> Floats:
        """Contacts that came on each day; NaN where a day was not seen."""
        history = self.came[line]
        return np.where(history.seen, history.totals, np.nan)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Plan:
    """A plan.

    Attributes
    ----------
    horizon : Horizon
    planning : Planning
    lines : tuple of LinePlan
    teams : tuple of TeamPlan
    together : TogetherPlan
    check : PlanCheck
    judged : Judged or None
        Where what came is known.
    cost_per_h : float or None
    shrinkage : Shrinkage or None
        Paid time away from contacts; None where it is not known, then agents on duty are planned
        and not people.
    busy_days : tuple of BusyDays
        How the days of lines hang together that the same people serve.
    notes : tuple of str
        What had to be assumed, in plain words.
    courses, seed : int
    """

    horizon: Horizon
    planning: Planning
    lines: tuple[LinePlan, ...]
    teams: tuple[TeamPlan, ...]
    together: TogetherPlan
    check: PlanCheck
    judged: Judged | None
    cost_per_h: float | None
    shrinkage: Shrinkage | None
    busy_days: tuple[BusyDays, ...]
    notes: tuple[str, ...]
    courses: int
    seed: int

    @property
    def agent_h(self) -> float:
        """Hours on duty of all teams, as the promise asks."""
        total = sum(int(team.agents.sum()) for team in self.teams)
        return total * self.horizon.interval_s / HOUR_S

    def line(self, name: str) -> LinePlan:
        """What is planned for the line of that name."""
        return next(each for each in self.lines if each.line.name == name)


def make_plan(
    pasts: Sequence[Past],
    planning: Planning,
    horizon: Horizon,
    *,
    seen: Sequence[Sequence[str]] = (),
    came: Mapping[str, Past] | None = None,
    shrinkage: Shrinkage | None = None,
    cost_per_h: float | None = None,
    spike: Spike | None = None,
    courses: int = _SEARCH,
    seed: int = 1,
    level: float = 0.95,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Make a plan, and check it.

    Parameters
    ----------
    pasts : sequence of Past
        One for each queue.
    planning : Planning
        What the planner decides.
    horizon : Horizon
        The days to plan.
    seen : sequence of sequences of str
        Queues by team, where ``planning`` names no teams.
    came : mapping of str to Past, optional
        What really came to each queue on the planned days, to judge the plan by. It is not made
        from it.
    shrinkage : Shrinkage, optional
        As the ledger shows it; what ``planning`` says of it comes first.
    cost_per_h : float, optional
        What an hour of an agent costs.
    spike : Spike, optional
        60 % more for two hours unless given.
    courses : int
        Drawn to make the plan from; half as many more are drawn to judge it by.
    seed : int
        0 or more; the same gives the same plan.
    level : float
        Of the intervals, above 0 and below 1.
    workers : int, optional
        Simulations at a time; as many as the machine has cores unless given.
    progress : callable, optional

    Returns
    -------
    Plan

    Raises
    ------
    PlanError
        If there is too little history, a promise that no number of people keeps, or rules that
        cannot be met.
    """
    tell: Progress = progress or _quiet
    gone = ended(pasts)
    planning = without(planning, list(gone))
    lines, teams = lines_of([each for each in pasts if each.queue not in gone], planning, seen)
    notes: dict[str, list[str]] = {}
    calendar = calendar_of([line.past for line in lines], planning, horizon.dates[-1])
    drawn = []
    for i, line in enumerate(lines):
        tell(f"Forecasting {line.name}", i, len(lines))
        rng = np.random.default_rng([seed, 11, i])
        drawn.append(_drawn(line, horizon, calendar, courses, rng))
        notes[line.name] = [*_assumed(line), *drawn[-1].notes]
    together_on = _hang_together(lines, teams, drawn, calendar, courses)
    planned = [_queue(line, each, teams) for line, each in zip(lines, drawn, strict=True)]
    crews = [_team(team, cost_per_h) for team in teams]
    needed: dict[str, Requirement] = {}

    def alone(queue: PlannedQueue, team: Team) -> Ints:
        del team
        tell(f"Working out how many {queue.name} needs", 0, 0)
        at = next(i for i, line in enumerate(lines) if line.name == queue.name)
        line = lines[at]
        search, judge = _halves(drawn[at].courses, courses, line)
        needed[queue.name] = requirement(
            search,
            line.promise,
            patience_s=min(line.past.patience_s, _LONG_S),
            redials=line.past.redials,
            fresh=judge,
            level=level,
        )
        return needed[queue.name].agents

    together = plan_together(planned, crews, alone=alone, seed=seed, workers=workers, progress=tell)
    away = _shrinkage(planning, shrinkage)
    made = []
    stuck: list[str] = []
    for crew, rules in zip(crews, teams, strict=True):
        own = needed.get(crew.queues[0]) if len(crew.queues) == 1 else None
        cost = rules.cost_per_h or cost_per_h
        agents = together.agents[crew.name]
        people = None
        if away is not None:
            people = away.rostered_over(horizon, agents, days=together.days)
        asked = agents if people is None else people
        shifts, given, said = _in_shifts(rules, asked, planning, horizon, tell)
        stuck += said
        made.append(
            TeamPlan(
                team=crew,
                lines=crew.queues,
                agents=agents,
                people=people,
                on_the_mean=None if own is None else on_the_mean(own.days, level=level),
                protective=None
                if own is None
                else protective_capacity(own, cost_per_h=cost, level=level),
                cover=shifts,
                roster=given,
            )
        )
    tell("Simulating the plan", 0, 0)
    rng = np.random.default_rng([seed, 41])
    total = drawn[0].courses.count
    check = check_plan(
        planned,
        crews,
        {each.team.name: each.at_work(away, horizon, courses=total, rng=rng) for each in made},
        spike=spike,
        courses=max(2, courses // 2),
        seed=seed + 1,
        level=level,
        workers=workers,
        progress=tell,
    )
    return Plan(
        horizon=horizon,
        planning=planning,
        lines=tuple(
            LinePlan(
                line=line,
                forecast=each,
                search=_halves(each.courses, courses, line)[0],
                judge=_halves(each.courses, courses, line)[1],
                alone=needed.get(line.name),
            )
            for line, each in zip(lines, drawn, strict=True)
        ),
        teams=tuple(made),
        together=together,
        check=check,
        judged=None
        if came is None
        else _judged(
            lines, drawn, came, teams, crews, made, away, planning, horizon, seed, workers, tell
        ),
        cost_per_h=cost_per_h,
        shrinkage=away,
        busy_days=together_on,
        notes=(*_gone(gone), *stuck, *merged_notes(notes)),
        courses=courses,
        seed=seed,
    )


def _quiet(_: str, __: int, ___: int) -> None:
    return


def calendar_of(pasts: Sequence[Past], planning: Planning, last: dt.date) -> Calendar:
    """The operation's own days and its country's, from the first of the past to ``last``."""
    found = planning.calendar
    if planning.holidays is not None:
        found = found + public_holidays(
            planning.holidays.country,
            first=min(past.history.first_date for past in pasts),
            last=last,
            subdivision=planning.holidays.subdivision,
            categories=planning.holidays.categories,
        )
    return found


def _drawn(
    line: Line,
    horizon: Horizon,
    calendar: Calendar,
    courses: int,
    rng: np.random.Generator,
) -> Forecast:
    return forecast(
        line.past.history,
        horizon=horizon,
        calendar=calendar,
        courses=courses + max(2, courses // 2),
        rng=rng,
    )


def _gone(gone: Mapping[str, dt.date]) -> list[str]:
    return [
        f"{queue}: nobody came after {day}, so it is taken to be closed, and nobody is planned."
        for queue, day in gone.items()
    ]


def _assumed(line: Line) -> list[str]:
    if np.isinf(line.past.patience_s) and not line.deferred:
        return [
            "Nobody is known to give up, so everybody is taken to wait; that asks for more people."
        ]
    return []


def _hang_together(
    lines: Sequence[Line],
    teams: Sequence[TeamRules],
    drawn: list[Forecast],
    calendar: Calendar,
    courses: int,
) -> tuple[BusyDays, ...]:
    """Put the days of lines that share people beside each other as they came in the past."""
    found = []
    for names in _sharing(teams):
        at = [i for i, line in enumerate(lines) if line.name in names]
        if len(at) < 2:
            continue
        hang = busy_days({lines[i].name: lines[i].past.history for i in at}, calendar)
        parts = (slice(0, courses), slice(courses, None))
        beside = drawn_together([drawn[i].courses for i in at], hang, parts=parts)
        for i, each in zip(at, beside, strict=True):
            drawn[i] = replace(drawn[i], courses=each)
        found.append(hang)
    return tuple(found)


def _sharing(teams: Sequence[TeamRules]) -> list[set[str]]:
    """Lines by the people they share, directly or through others."""
    found: list[set[str]] = []
    for team in teams:
        mine = {each.queue for each in team.serves}
        apart = [each for each in found if not each & mine]
        found = [*apart, mine.union(*(each for each in found if each & mine))]
    return found


def _halves(courses: Courses, search: int, line: Line) -> tuple[Courses, Courses]:
    """What the plan is made from and what it is judged by, both of fresh contacts."""
    again = line.past.redials
    fresh = 1.0 - (again.share * line.past.gave_up if again is not None else 0.0)
    parts = (slice(0, search), slice(search, None))
    made = tuple(
        replace(courses, contacts=courses.contacts[part] * fresh, handle_s=courses.handle_s[part])
        for part in parts
    )
    return made[0], made[1]


def _judged(
    lines: Sequence[Line],
    drawn: Sequence[Forecast],
    came: Mapping[str, Past],
    rules: Sequence[TeamRules],
    crews: Sequence[Team],
    made: Sequence[TeamPlan],
    away: Shrinkage | None,
    planning: Planning,
    horizon: Horizon,
    seed: int,
    workers: int | None,
    tell: Progress,
) -> Judged:
    """What then came, beside what was forecast; and what the plan would have done with it."""
    tell("Trying the plan on what came", 0, 0)
    real: dict[str, Past] = {}
    for line in lines:
        its = [came[queue] for queue in line.queues if queue in came]
        if not its:
            raise PlanError(
                f"Nothing is known of what came to {line.name} on the planned days.",
                found=f"{horizon.dates[0]} to {horizon.dates[-1]}",
                todo="Plan days that the ledger holds, or leave judging out.",
            )
        real[line.name] = pooled(its, planning, name=line.name)
    first, last = horizon.dates[0], horizon.dates[-1]
    histories = {name: past.history.between(first, last) for name, past in real.items()}
    queues = []
    scores: dict[str, Score] = {}
    expected: dict[str, tuple[float, float]] = {}
    for i, (line, each) in enumerate(zip(lines, drawn, strict=True)):
        history = histories[line.name]
        counts = history.counts[horizon.day_index, horizon.slot]
        times = np.maximum(history.exposure[horizon.day_index, horizon.slot], 1.0)
        handle_s = each.courses.handle_s.mean(axis=0)
        queues.append(
            _queue(
                replace(line, past=replace(line.past, gave_up=real[line.name].gave_up)),
                replace(
                    each,
                    courses=replace(
                        each.courses,
                        contacts=np.tile(counts / times, (_TRIES, 1)),
                        handle_s=np.tile(handle_s, (_TRIES, 1)),
                    ),
                ),
                rules,
            )
        )
        judged = each.courses.open & history.seen[horizon.day_index]
        predicted = predicted_by(each.courses, rng=np.random.default_rng([seed, 31, i]))
        scores[line.name] = score(counts[judged], predicted[judged], day=horizon.day[judged])
        there = history.seen[horizon.day_index]
        low, high = np.quantile(each.courses.contacts[:, there].sum(axis=1), (0.1, 0.9))
        expected[line.name] = (float(low), float(high))
    rng = np.random.default_rng([seed, 42])
    check = check_plan(
        queues,
        crews,
        {each.team.name: each.at_work(away, horizon, courses=_TRIES, rng=rng) for each in made},
        courses=_TRIES,
        seed=seed + 2,
        workers=workers,
        progress=tell,
    )
    return Judged(came=histories, scores=scores, expected=expected, trial=check.ordinary)


def _queue(line: Line, drawn: Forecast, teams: Sequence[TeamRules]) -> PlannedQueue:
    past, again = line.past, line.past.redials
    if line.deferred:
        return PlannedQueue(courses=drawn.courses, channel=past.channel, deadline_s=line.deadline_s)
    loop = None
    if again is not None or past.returns > 0:
        loop = Loop(
            resolves=Curve.flat(1.0 - past.returns),
            recontact_after=Exponential(mean_s=past.returns_after_s),
            redials=again.share if again is not None else 0.0,
            redial_after=Exponential(mean_s=again.after_s if again is not None else _SOON_S),
        )
    return PlannedQueue(
        courses=drawn.courses,
        channel=past.channel,
        promise=line.promise,
        patience=Never() if np.isinf(past.patience_s) else Exponential(mean_s=past.patience_s),
        loop=loop,
        past_abandoned=past.gave_up if loop is not None else 0.0,
        callback=line.callback,
        slowdown=_slowdown(line, teams),
    )


def _slowdown(line: Line, teams: Sequence[TeamRules]) -> Slowdown | None:
    """How chats at once slow each other down, as those who take most of them at once say."""
    if line.past.channel not in _CHATS:
        return None
    mine = [team for team in teams if any(each.queue == line.name for each in team.serves)]
    most = max(mine, key=lambda team: team.chats)
    return Slowdown(speeds=most.speed) if most.chats > 1 else None


def _team(rules: TeamRules, cost_per_h: float | None) -> Team:
    cost = rules.cost_per_h or cost_per_h or 1.0
    return Team(
        name=rules.name,
        serves=tuple(Route(queue=each.queue, rank=each.rank) for each in rules.serves),
        cost=cost,
        at_once=rules.chats if rules.chats > 1 else None,
    )


def _shrinkage(planning: Planning, measured: Shrinkage | None) -> Shrinkage | None:
    if planning.shrinkage is None:
        return measured
    return Shrinkage.given(planning.shrinkage.share, sd=planning.shrinkage.spread)


def _in_shifts(
    rules: TeamRules, asked: Ints, planning: Planning, horizon: Horizon, tell: Progress
) -> tuple[Cover | None, Roster | None, list[str]]:
    """The shifts that cover what is asked, who works them, and what has to be told of that."""
    if not planning.templates:
        return None, None, []
    tell(f"Making shifts for {rules.name}", 0, 0)
    allowed = [
        each
        for each in planning.contracts
        if rules.contracts is None or each.name in rules.contracts
    ]
    cheapest = min(each.cost_per_h for each in allowed)
    found = cover(
        horizon,
        asked.astype(np.float64),
        templates=planning.templates,
        contracts=allowed,
        team=rules.name,
        under_cost=_PRICE_OF_MISSING * cheapest if planning.under_cover else None,
    )
    tell(f"Giving the shifts of {rules.name} to people", 0, 0)
    try:
        given = roster(found)
    except PlanError as stuck:
        return found, None, [str(stuck).splitlines()[0] + " The shifts are counted, not rostered."]
    return given.cover, given, []
