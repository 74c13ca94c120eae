"""The world of a scenario: its people and their habits, run once with the levers, once without.

What is simulated how:

- **Arrivals, laws of time, patience, redials and recontacts** are those of the simulator's model;
  as there, random numbers belong to the matter.
- **Waiting** is exact, first come first served, as in the simulator's fast engine. There an agent
  is a seat; here it is a person, with a pace, a skill, shifts and habits, and so a loop of our own
  takes the engine's place. What an advisor does decides at once how long they are busy, who waits
  longer for it, and whether that customer comes back.
- **What is only written down** is laid over it afterwards, and changes nothing of what happened:
  ids that are missing, durations that are rounded, answers just in time that are hold, one contact
  recorded as two, invitations to surveys, names that change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.proving import _loop as k
from andon.proving.duty import Duty, duty_of, hours_of
from andon.proving.matters import Matters, matters_of
from andon.proving.scenario import (
    Bunching,
    ClosingEarly,
    Habit,
    LateCases,
    Lever,
    Parking,
    PassingOn,
    RiskyPromises,
    Scenario,
    Shedding,
    ShortContacts,
    SilentTarget,
    Target,
)
from andon.queueing._kernels.laws import NEVER
from andon.queueing.simulator.model import Curve, Loop
from andon.queueing.simulator.plan import Plan
from andon.units import DAY_S, US

__all__ = ["Run", "World", "world_of"]

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]

_NO_LOOP: Final = Loop(resolves=Curve.flat(1.0), comes_back=0.0)
_SLOWEST: Final = 4.0
"""Nobody is so much slower or faster than the average."""
_STREAMS: Final = ("duty", "matters", "people", "habits", "records", "surveys", "decisions")
_MOST_TRIES: Final = 12
_MORE_DAYS: Final = 31
"""Opening hours are known beyond the end, for those who come back then."""
_BY_THE_CLOCK: Final = ("voice", "chat")
"""Channels that open and close; others can be written to at any time."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Run:
    """Every contact of one run.

    Attributes
    ----------
    rows : array of int, shape (contacts, ROW_COLUMNS)
        In the order in which they came; the columns are named in :mod:`andon.proving._loop`.
    facts : array of float, shape (contacts, FACT_COLUMNS)
        How likely each was to settle the matter, as it was and had it lasted a second longer.
    dodged : array of int, shape (levers, people)
        How many contacts each person let go by.
    """

    rows: _Integers
    facts: _Floats
    dodged: _Integers

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, column: int) -> _Integers:
        return self.rows[:, column]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class World:
    """A scenario with everything drawn that is drawn once.

    Attributes
    ----------
    scenario : Scenario
    plan : Plan
    duty : Duty
    matters : Matters
    pace, skill : array of float, shape (people,)
        What handle times are multiplied by; and what is added to the share settled.
    has : array of bool, shape (levers, people)
        Who pulls which lever.
    """

    scenario: Scenario
    plan: Plan
    duty: Duty
    matters: Matters
    pace: _Floats
    skill: _Floats
    has: _Bools

    def rng(self, stream: str) -> np.random.Generator:
        """Random numbers for one purpose, the same each time."""
        return _rng(self.scenario.seed, stream)

    def run(self, *, bent: bool = True) -> Run:
        """Let it happen; with ``bent=False``, as it would be with nobody bending a measure."""
        said, matters, duty = self.scenario, self.matters, self.duty
        levers = _lever_rows(said) if bent else np.zeros((0, k.LEVER_COLUMNS))
        has = self.has[levers[:, k.LEVER].astype(np.int64)]
        less = np.where(matters.vulnerable, said.vulnerable.resolves_less, 0.0)
        hours = _hours(said)
        queues, spans, curve_at_s, curve_share = _queue_rows(said)
        room = max(1024, int(1.7 * len(matters)))
        for _ in range(_MOST_TRIES):
            pools, pool_begins, pool_sizes = _heaps(duty)
            free = np.full(duty.people, NEVER, dtype=np.int64)
            works = np.diff(duty.first) > 0
            free[works] = duty.begins[duty.first[:-1][works]]
            rows = np.empty((room, k.ROW_COLUMNS), dtype=np.int64)
            facts = np.empty((room, k.FACT_COLUMNS))
            dodged = np.zeros((len(levers), duty.people), dtype=np.int64)
            laws = self.plan.laws
            found = k.run_operation(
                said.seed,
                self.plan.horizon,
                matters.arrived,
                matters.queue,
                matters.hard,
                matters.length,
                less,
                laws.kinds,
                laws.numbers,
                laws.spans,
                laws.at_s,
                laws.share,
                queues,
                spans,
                curve_at_s,
                curve_share,
                _says(said),
                _pool_of(said),
                *hours,
                pools,
                pool_begins,
                pool_sizes,
                duty.begins,
                duty.ends,
                duty.first[:-1].copy(),
                duty.first[1:].copy(),
                free,
                self.pace,
                self.skill,
                levers,
                has,
                dodged,
                np.zeros((room + 2, k.NOTE_COLUMNS), dtype=np.int64),
                np.zeros(room + 1, dtype=np.int64),
                rows,
                facts,
            )
            if found >= 0:
                whole = np.zeros((len(said.levers), duty.people), dtype=np.int64)
                whole[levers[:, k.LEVER].astype(np.int64)] = dodged
                return Run(rows=rows[:found], facts=facts[:found], dodged=whole)
            room *= 2
        raise QueueingError(
            "Contacts breed contacts without end.",
            found=f"more than {room:,} contacts of {len(matters):,} matters",
            todo="Let fewer come back, or set most_attempts lower.",
        )


def world_of(scenario: Scenario) -> World:
    """Draw a scenario's people, habits and matters.

    Raises
    ------
    QueueingError
        If nobody comes, or a team is too small.
    """
    plan = Plan.of(scenario.base)
    duty = duty_of(
        scenario.base.pools,
        horizon_s=scenario.base.horizon_s,
        team=scenario.advisors.team,
        rng=_rng(scenario.seed, "duty"),
    )
    pace, skill = _people(scenario, duty.people)
    return World(
        scenario=scenario,
        plan=plan,
        duty=duty,
        matters=matters_of(scenario, plan, _rng(scenario.seed, "matters")),
        pace=pace,
        skill=skill,
        has=_habits(scenario, duty),
    )


def _rng(seed: int, stream: str) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed=[seed, _STREAMS.index(stream)]))


def _people(scenario: Scenario, people: int) -> tuple[_Floats, _Floats]:
    """Everybody's pace, with a mean of 1, and skill, with a mean of 0."""
    said, rng = scenario.advisors, _rng(scenario.seed, "people")
    slow, other = rng.standard_normal(people), rng.standard_normal(people)
    sigma = np.sqrt(np.log1p(said.pace_cv**2))
    pace = np.clip(np.exp(sigma * slow - sigma**2 / 2), 1 / _SLOWEST, _SLOWEST)
    r = said.skill_with_pace
    skill = said.skill_sd * (r * slow + np.sqrt(1 - r * r) * other)
    return pace / pace.mean(), skill - skill.mean()


def _habits(scenario: Scenario, duty: Duty) -> _Bools:
    """Who pulls which lever: a share of those who are ever on duty, one at least."""
    rng = _rng(scenario.seed, "habits")
    has = np.zeros((len(scenario.levers), duty.people), dtype=np.bool_)
    works = np.flatnonzero(np.diff(duty.first) > 0)
    for number, lever in enumerate(scenario.levers):
        of = works
        queue = getattr(lever, "queue", None)
        if queue is not None:
            names = [each.name for each in scenario.base.queues]
            of = works[duty.pool[works] == _pool_of(scenario)[names.index(queue)]]
        by = getattr(lever, "by", 1.0)
        order = rng.permutation(of)
        has[number, order[: max(1, round(by * len(of)))]] = True
        who = lever.who if isinstance(lever, Habit) else ()
        if who:
            if max(who) > duty.people:
                raise QueueingError(
                    f"The lever {lever.name!r} names an advisor who does not exist.",
                    found=f"who = {list(who)}, {duty.people} advisors",
                    todo=f"Use numbers from 1 to {duty.people}.",
                )
            has[number] = False
            has[number, np.array(who) - 1] = True
        if isinstance(lever, SilentTarget):
            has[number] = True  # it is done to those who wait, by nobody who serves
    return has


def _pool_of(scenario: Scenario) -> _Integers:
    """The pool that serves each queue."""
    found = {route.queue: p for p, pool in enumerate(scenario.base.pools) for route in pool.routes}
    return np.array([found[queue.name] for queue in scenario.base.queues], dtype=np.int64)


def _hours(scenario: Scenario) -> tuple[_Integers, _Integers, _Integers]:
    """By pool, where its hours stand; and when they begin and end."""
    until_s = scenario.base.horizon_s + _MORE_DAYS * DAY_S
    found = [hours_of(pool, horizon_s=until_s) for pool in scenario.base.pools]
    ends = np.cumsum([len(opens) for opens, _ in found])
    spans = np.stack((np.concatenate(([0], ends[:-1])), ends), axis=1).astype(np.int64)
    opens, closes = (np.concatenate([each[i] for each in found]) for i in range(2))
    return spans, opens.astype(np.int64), closes.astype(np.int64)


def _heaps(duty: Duty) -> tuple[_Integers, _Integers, _Integers]:
    """People by pool, who is on duty first first; where each pool begins, and how many it has."""
    works = np.diff(duty.first) > 0
    first = np.where(works, duty.begins[np.minimum(duty.first[:-1], len(duty.begins) - 1)], NEVER)
    order = np.lexsort((np.arange(duty.people), first, duty.pool))
    sizes = np.bincount(duty.pool, minlength=int(duty.pool.max(initial=0)) + 1)
    begins = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    return order.astype(np.int64), begins.astype(np.int64), sizes.astype(np.int64)


def _says(scenario: Scenario) -> _Floats:
    says = np.zeros(k.SCENARIO_NUMBERS)
    says[k.S_HANDLE] = scenario.difficulty.handle
    says[k.S_RESOLUTION] = scenario.difficulty.resolution
    says[k.S_HOLD], says[k.S_WRAPUP] = scenario.work.hold, scenario.work.wrapup
    says[k.S_STEERING] = scenario.advisors.steering
    says[k.S_COMPLAINTS] = scenario.complaints
    return says


def _queue_rows(scenario: Scenario) -> tuple[_Floats, _Integers, _Floats, _Floats]:
    """What customers of each queue do, and its curve: where its points stand, and the points."""
    names = [each.name for each in scenario.base.queues]
    rows = np.zeros((len(names), k.QUEUE_NUMBERS))
    said_when_open = scenario.customers.when_open
    spans: list[tuple[int, int]] = []
    at_s: list[float] = []
    share: list[float] = []
    for q, queue in enumerate(scenario.base.queues):
        loop = queue.loop or _NO_LOOP
        rows[q, k.Q_BACK], rows[q, k.Q_REDIALS] = loop.comes_back, loop.redials
        rows[q, k.Q_ATTEMPTS] = loop.most_attempts
        rows[q, k.Q_OPEN] = said_when_open and queue.channel in _BY_THE_CLOCK
        if queue.transfer is not None:
            rows[q, k.Q_PASS] = queue.transfer.share
            rows[q, k.Q_PASS_TO] = names.index(queue.transfer.to)
        if scenario.resolves_per_minute is not None and queue.loop is not None:
            rows[q, k.Q_SLOPE] = scenario.resolves_per_minute / 60.0
            rows[q, k.Q_MEAN] = queue.handle.mean_s
            rows[q, k.Q_LEVEL] = loop.resolves.at(queue.handle.mean_s)
        spans.append((len(at_s), len(at_s) + len(loop.resolves.handle_s)))
        at_s += loop.resolves.handle_s
        share += loop.resolves.share
    return (
        rows,
        np.array(spans, dtype=np.int64),
        np.array(at_s, dtype=np.float64),
        np.array(share, dtype=np.float64),
    )


def _lever_rows(scenario: Scenario) -> _Floats:
    """The levers that act while it happens, as the loop takes them."""
    names = [each.name for each in scenario.base.queues]
    rows = []
    for number, lever in enumerate(scenario.levers):
        acts = _acts(lever, names)
        if acts is None:
            continue
        does, numbers = acts
        queue = getattr(lever, "queue", None)
        only = -1 if queue is None else names.index(queue)
        end = min(lever.to_day, 1e9) * DAY_S * US
        often = getattr(lever, "share", 1.0)
        rows.append((does, lever.from_day * DAY_S * US, end, only, often, *numbers, number))
    return np.array(rows, dtype=np.float64).reshape(-1, k.LEVER_COLUMNS)


_Numbers = tuple[float, float, float, float]


def _acts(lever: Lever, queues: list[str]) -> tuple[int, _Numbers] | None:
    """What the loop does, with four numbers; None where it is not the loop that does it."""
    does: int
    numbers: tuple[float, ...]
    match lever:
        case ShortContacts():
            does, numbers = k.SHORT, (lever.lasts_s, lever.calls_back, lever.back_after_s)
        case Bunching():
            side = 1.0 if lever.side == "under" else -1.0
            does, numbers = k.BUNCH, (lever.at_s, lever.reach_s, lever.spread_s, side)
        case Parking():
            does, numbers = k.PARK, (lever.extra_s, float(lever.state == "wrapup"))
        case PassingOn():
            to = -1.0 if lever.to is None else float(queues.index(lever.to))
            does, numbers = k.PASS, (lever.after_s, to)
        case Shedding():
            does, numbers = k.SHED, (lever.harder_than, lever.pause_s)
        case ClosingEarly():
            does, numbers = k.CLOSE, (lever.keeps, lever.reopened, lever.reopened_after_s)
        case RiskyPromises():
            does, numbers = k.PROMISE, (lever.keeps, lever.complains, lever.back_after_s)
        case LateCases():
            does, numbers = k.LATE, (lever.within_s, lever.spread_s)
        case Target():
            does, numbers = k.PACE, (lever.handle, lever.ramp_days * DAY_S * US)
        case SilentTarget():
            numbers = (lever.over_s, lever.redials, lever.redial_after_s, lever.complains)
            does = k.AWAY
        case _:
            return None
    a, b, c, d = (*numbers, 0.0, 0.0, 0.0)[:4]
    return does, (a, b, c, d)
