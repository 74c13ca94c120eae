"""Who is on duty when: a base model's seats, filled by people who have shifts and days off."""

from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.errors import QueueingError
from andon.queueing.simulator.model import Pool
from andon.units import DAY_S, HOUR_S, US

__all__ = ["Duty", "duty_of", "hours_of"]

_Integers = npt.NDArray[np.int64]

_LONGEST_SHIFT_S: Final = 9.0 * HOUR_S
_REST_S: Final = 11.0 * HOUR_S
_SPREAD_S: Final = 16.0 * HOUR_S
"""People are called up in the order of their rest, with so much chance in it."""
_LATE_S: Final = 60.0
"""Nobody begins to the second."""
_SPARE: Final = 1.25


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Duty:
    """Stretches of duty, ordered by person and then by time.

    Attributes
    ----------
    pool : array of int, shape (people,)
        The pool each belongs to.
    begins, ends : array of int, shape (stretches,)
        Ticks.
    first : array of int, shape (people + 1,)
        Where each person's stretches begin; the last is how many there are.
    """

    pool: _Integers
    begins: _Integers
    ends: _Integers
    first: _Integers

    @property
    def people(self) -> int:
        """How many there are."""
        return len(self.pool)

    @property
    def whose(self) -> _Integers:
        """The person of each stretch."""
        return np.repeat(np.arange(self.people), np.diff(self.first))


def duty_of(
    pools: tuple[Pool, ...], *, horizon_s: float, team: int | None, rng: np.random.Generator
) -> Duty:
    """Fill every pool's seats with people.

    Parameters
    ----------
    pools : tuple of Pool
    horizon_s : float
        Until when, seconds.
    team : int, optional
        People in each pool; enough, and a quarter more, if not given.
    rng : Generator

    Raises
    ------
    QueueingError
        If a team is too small for its shifts.
    """
    pool_of: list[_Integers] = []
    begins: list[_Integers] = []
    ends: list[_Integers] = []
    sizes: list[_Integers] = []
    for p, pool in enumerate(pools):
        stretches, shift_of = _stretches(pool, horizon_s)
        people, who_of_shift = _filled(pool, stretches, shift_of, team, rng)
        who = who_of_shift[shift_of]
        late = np.round(rng.uniform(0.0, _LATE_S, len(stretches)) * US).astype(np.int64)
        from_ = np.minimum(stretches[:, 0] + late, stretches[:, 1] - 1)
        order = np.lexsort((from_, who))
        pool_of.append(np.full(people, p, dtype=np.int64))
        begins.append(from_[order])
        ends.append(stretches[order, 1])
        sizes.append(np.bincount(who, minlength=people))
    return Duty(
        pool=np.concatenate(pool_of),
        begins=np.concatenate(begins),
        ends=np.concatenate(ends),
        first=np.concatenate(([0], np.cumsum(np.concatenate(sizes)))).astype(np.int64),
    )


def hours_of(pool: Pool, *, horizon_s: float) -> tuple[_Integers, _Integers]:
    """When a pool opens, and when it closes: ticks, in the order of time."""
    at, level = _levels(pool, horizon_s)
    taken = np.concatenate(([False], level > 0, [False]))
    edges = np.flatnonzero(taken[1:] != taken[:-1])
    return at[edges[::2]], at[edges[1::2]]


def _levels(pool: Pool, horizon_s: float) -> tuple[_Integers, _Integers]:
    """When the number on duty changes, the end behind it; and how many there are from then on."""
    changes = pool.schedule.in_ticks(horizon_s)
    at = np.append(changes[:-1, 0], round(horizon_s * US))
    steps = changes[:-1, 3:].sum(axis=1) - changes[:-1, 1:3].sum(axis=1)
    return at, np.cumsum(steps)


def _stretches(pool: Pool, horizon_s: float) -> tuple[_Integers, _Integers]:
    """When each seat is taken, cut where one person's shift ends; and the shift of each stretch.

    A shift is all stretches of a seat on one day that one person can fill.
    """
    at, level = _levels(pool, horizon_s)
    found: list[tuple[int, int]] = []
    shifts: list[int] = []
    number = -1
    for seat in range(int(level.max(initial=0))):
        taken = np.concatenate(([False], level > seat, [False]))
        edges = np.flatnonzero(taken[1:] != taken[:-1])
        opened, until = -1, -1
        for begin, end in zip(at[edges[::2]], at[edges[1::2]], strict=True):
            for part_begin, part_end in _parts(int(begin), int(end)):
                if opened < 0 or part_end - opened > _LONGEST_SHIFT_S * US:
                    number, opened = number + 1, part_begin
                until = max(until, part_end)
                found.append((part_begin, part_end))
                shifts.append(number)
    return np.array(found, dtype=np.int64).reshape(-1, 2), np.array(shifts, dtype=np.int64)


def _parts(begin: int, end: int) -> list[tuple[int, int]]:
    """A stretch in parts that one person can work: by days where it is longer, then evenly."""
    day, longest = DAY_S * US, round(_LONGEST_SHIFT_S * US)
    cuts = [begin, end]
    if end - begin > day:
        cuts = [begin, *range((begin // day + 1) * day, end, day), end]
    found = []
    for first, last in itertools.pairwise(cuts):
        pieces = math.ceil((last - first) / longest)
        edges = [first + (last - first) * i // pieces for i in range(pieces + 1)]
        found += list(itertools.pairwise(edges))
    return found


def _filled(
    pool: Pool,
    stretches: _Integers,
    shift_of: _Integers,
    team: int | None,
    rng: np.random.Generator,
) -> tuple[int, _Integers]:
    """How many people there are, and who works each shift: those who have rested longest, about."""
    shifts = int(shift_of[-1]) + 1 if len(shift_of) else 0
    starts = np.full(shifts, np.iinfo(np.int64).max)
    ends = np.zeros(shifts, dtype=np.int64)
    np.minimum.at(starts, shift_of, stretches[:, 0])
    np.maximum.at(ends, shift_of, stretches[:, 1])
    days = starts // (DAY_S * US)
    busiest = int(np.bincount(days).max(initial=1)) if shifts else 1
    people = team if team is not None else math.ceil(busiest * _SPARE)
    chance = np.round(rng.uniform(0.0, _SPREAD_S, shifts + people) * US).astype(np.int64)
    rested = [(int(chance[i]) - round(_SPREAD_S * US), i, 0) for i in range(people)]
    heapq.heapify(rested)
    who = np.zeros(shifts, dtype=np.int64)
    for n, shift in enumerate(np.lexsort((np.arange(shifts), starts)).tolist()):
        passed = []
        while rested and rested[0][2] > starts[shift]:
            passed.append(heapq.heappop(rested))  # still at work, or about to be
        if not rested:
            raise QueueingError(
                f"The team of pool {pool.name!r} is too small for its shifts.",
                found=f"team = {people}, up to {busiest} shifts a day",
                todo=f"Give a team of {math.ceil(busiest * _SPARE)}, or leave it out.",
            )
        _, person, _ = heapq.heappop(rested)
        who[shift] = person
        end = int(ends[shift])
        again = end + round(_REST_S * US) + int(chance[people + n])
        heapq.heappush(rested, (again, person, end))
        for each in passed:
            heapq.heappush(rested, each)
    return people, who
