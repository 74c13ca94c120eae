"""What is written down of what happened: it changes nothing of it, and does not tell all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from andon.proving import _loop as k
from andon.proving.scenario import ChosenSurveys, JustInTime, Lever, ShortContacts, Splitting
from andon.proving.world import Run, World
from andon.units import DAY_S, HOUR_S, US

__all__ = ["Records", "concerns", "records_of"]

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]
_Bools = npt.NDArray[np.bool_]

_Kind = TypeVar("_Kind", JustInTime, Splitting, ChosenSurveys)

_HALF_HOUR_S: Final = 1_800
_PLEASED: Final = 4.4
_LET_DOWN: Final = 2.5
_NOISE: Final = 0.8
_PER_WAIT_S: Final = 1 / 300.0
_MOST_FOR_WAIT: Final = 1.0
_HUNG_UP: Final = 1.0
_CUT: Final = (0.35, 0.65)
_ANSWERS_AFTER_S: Final = 12.0 * HOUR_S


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Records:
    """What was written down, one row a record.

    Attributes
    ----------
    row : array of int, shape (records,)
        The contact of the run that it tells of.
    part : array of int, shape (records,)
        0, or 1 for the second record of a contact that was split.
    arrived, answered, left : array of int
        Ticks; -1 for never.
    talk, hold, wrapup : array of int
        Ticks, as they are recorded.
    bent : array of int
        The levers that were pulled, a bit for each.
    known, advisor_known : array of bool
        Whether the customer, and the advisor, is on record.
    crowded : array of float, shape (contacts,)
        Share of those who came in the same half-hour who had to wait.
    score : array of float, shape (contacts,)
        What each customer would answer, 1 to 5, if asked; NaN where nobody served.
    invited, answers : array of bool, shape (contacts,)
        Whether they are asked, and whether they answer.
    answers_after : array of int, shape (contacts,)
        Ticks from the invitation on.
    """

    row: _Integers
    part: _Integers
    arrived: _Integers
    answered: _Integers
    left: _Integers
    talk: _Integers
    hold: _Integers
    wrapup: _Integers
    bent: _Integers
    known: _Bools
    advisor_known: _Bools
    crowded: _Floats
    score: _Floats
    invited: _Bools
    answers: _Bools
    answers_after: _Integers

    def __len__(self) -> int:
        return len(self.row)


def records_of(world: World, run: Run) -> Records:
    """Write a run down as its people and systems would."""
    rng = world.rng("records")
    seen = world.scenario.seen
    arrived, answered, left = run[k.ARRIVED].copy(), run[k.ANSWERED].copy(), run[k.LEFT].copy()
    talk, hold, wrapup = run[k.TALK].copy(), run[k.HOLD].copy(), run[k.WRAPUP].copy()
    bent = run[k.BENT].copy()
    crowded = _crowded(run)
    known = rng.random(len(run)) >= seen.ids_missing + seen.ids_by_congestion * crowded
    advisor_known = rng.random(len(run)) >= seen.advisors_missing

    for lever, pulled, luck in _pulled(world, run, JustInTime, rng):
        wait, limit = answered - arrived, round(lever.at_s * US)
        late = pulled & (wait > limit) & (wait <= limit + lever.reach_s * US)
        early = np.round(lever.spread_s * US * luck**2).astype(np.int64)
        on_hold = np.where(late, wait - (limit - early), 0)
        answered -= on_hold
        hold += on_hold
        bent |= np.where(late, 1 << _number(world, lever), 0)

    # A contact is split once, by the first lever that does so.
    split_by, cut_at = np.full(len(run), -1), np.zeros(len(run))
    for split, pulled, luck in _pulled(world, run, Splitting, rng):
        now = pulled & (left - answered > split.longer_than_s * US) & (split_by < 0)
        split_by[now] = _number(world, split)
        cut_at[now] = _CUT[0] + (_CUT[1] - _CUT[0]) * luck[now]
    second = np.flatnonzero(split_by >= 0)
    rest = np.round(talk[second] * cut_at[second]).astype(np.int64)
    middle, end = left[second] - rest, left[second].copy()
    talk[second] -= rest
    left[second] = middle
    bent[second] |= 1 << split_by[second]
    row = np.concatenate((np.arange(len(run)), second))
    part = np.repeat((0, 1), (len(run), len(second)))
    arrived, answered = (np.concatenate((each, middle)) for each in (arrived, answered))
    left, talk = np.concatenate((left, end)), np.concatenate((talk, rest))
    hold = np.concatenate((hold, np.zeros(len(second), dtype=np.int64)))
    wrapup = np.concatenate((wrapup, wrapup[second]))
    wrapup[second] = 0
    bent = np.concatenate((bent, bent[second]))

    if seen.rounded_to_s > 0:
        step = round(seen.rounded_to_s * US)
        talk, hold, wrapup = ((each + step // 2) // step * step for each in (talk, hold, wrapup))
    order = np.lexsort((part, row, arrived))
    score, invited, answers, answers_after = _asked(world, run)
    return Records(
        row=row[order],
        part=part[order],
        arrived=arrived[order],
        answered=answered[order],
        left=left[order],
        talk=talk[order],
        hold=hold[order],
        wrapup=wrapup[order],
        bent=bent[order],
        known=known[row[order]],
        advisor_known=advisor_known[row[order]],
        crowded=crowded,
        score=score,
        invited=invited,
        answers=answers,
        answers_after=answers_after,
    )


def _pulled(
    world: World, run: Run, kind: type[_Kind], rng: np.random.Generator
) -> Iterator[tuple[_Kind, _Bools, _Floats]]:
    """Each lever of a kind, the contacts for which it is pulled, and a number of luck for each."""
    for lever in world.scenario.levers:
        if isinstance(lever, kind):
            luck, often = rng.random(len(run)), rng.random(len(run))
            yield lever, concerns(world, run, lever) & (often < lever.share), luck


def concerns(world: World, run: Run, lever: Lever) -> _Bools:
    """The served contacts that a lever could bend: its people's, in its time and queue."""
    advisor, at = run[k.ADVISOR], run[k.ANSWERED]
    within = (at >= lever.from_day * DAY_S * US) & (at < min(lever.to_day, 1e9) * DAY_S * US)
    found = within & (run[k.OUTCOME] == k.SERVED_)
    found &= world.has[_number(world, lever)][np.maximum(advisor, 0)]
    queue = getattr(lever, "queue", None)
    if queue is not None:
        names = [each.name for each in world.scenario.base.queues]
        found &= run[k.QUEUE] == names.index(queue)
    return np.asarray(found, dtype=np.bool_)


def _number(world: World, lever: Lever) -> int:
    return world.scenario.levers.index(lever)


def _crowded(run: Run) -> _Floats:
    cell = run[k.ARRIVED] // (_HALF_HOUR_S * US)
    waited = (run[k.OUTCOME] != k.SERVED_) | (run[k.ANSWERED] > run[k.ARRIVED])
    share = np.bincount(cell, weights=waited) / np.maximum(np.bincount(cell), 1)
    return np.asarray(share[cell], dtype=np.float64)


def _asked(world: World, run: Run) -> tuple[_Floats, _Bools, _Bools, _Integers]:
    """What each would say, who is asked, who answers and when."""
    rng = world.rng("surveys")
    said = world.scenario.surveys
    served = run[k.OUTCOME] == k.SERVED_
    wait_s = np.where(served, run[k.ANSWERED] - run[k.ARRIVED], 0) / US
    hang_ups = [isinstance(lever, ShortContacts) for lever in world.scenario.levers]
    hung_up = served & (run[k.BENT] & sum(1 << i for i, it in enumerate(hang_ups) if it) > 0)
    likely = (
        np.where(run[k.SETTLED] == 1, _PLEASED, _LET_DOWN)
        - np.minimum(wait_s * _PER_WAIT_S, _MOST_FOR_WAIT)
        - np.where(hung_up, _HUNG_UP, 0.0)
        + _NOISE * rng.standard_normal(len(run))
    )
    score = np.where(served, np.clip(np.round(likely), 1, 5), np.nan)
    ends_here = served & (run[k.PASSED_ON] == 0)
    invited = ends_here & (rng.random(len(run)) < said.invited)
    answers = rng.random(len(run)) < said.answered
    after = rng.exponential(_ANSWERS_AFTER_S, len(run)) * US
    for lever, pulled, _ in _pulled(world, run, ChosenSurveys, rng):
        invited &= ~(pulled & (likely < lever.below))
    return score, invited, invited & answers, np.round(after).astype(np.int64)
