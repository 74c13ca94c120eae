"""Repair: single shifts and breaks of a day are moved until nobody is missing, if that can be.

A solver does shifts in whole people well and shifts with breaks in whole people badly, so breaks
are left to the end, and what is then missing here and there is mended by hand: one person begins
half an hour later, another has lunch earlier. No move changes who works on which day, how long, or
breaks a rest. It is a tabu search: the best move is made even where it is no gain, and not undone
for a while.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.capacity.cover_model import Staffing, away_by

__all__ = ["Duties", "Kind", "mended", "profile"]

Floats = npt.NDArray[np.float64]

_STEPS: Final = 60
"""Moves in a row without gain before a day is left as it is."""
_TABU: Final = 12
_TRIED: Final = 40
"""So many of the best moves are looked at for one that keeps the rests."""
_DEAR: Final = 0.1
"""What an hour's pay more counts beside a person missing for an interval."""
_NEAR: Final = 1e-9
_SOFT: Final = 0.02
"""How much it counts that an interval has less than one person to spare."""

Kind = tuple[int, int, tuple[int, ...]]
"""Contract, shift, and the interval in which each break begins."""
Duties = dict[Kind, int]
"""How many people have each kind of duty on a day."""


def mended(
    staffing: Staffing,
    duties: Duties,
    *,
    need: Floats,
    covered: Floats,
    allowed: Callable[[Duties], bool],
) -> Duties:
    """The duties of one day, moved so that fewer people are missing.

    Parameters
    ----------
    staffing : Staffing
    duties : dict
    need, covered : array of float, shape (k,)
        People asked for, and people there from all days, these duties among them.
    allowed : callable
        Whether duties keep the rests to the days before and after.
    """
    if not duties:
        return duties
    day = staffing.shifts.shifts[next(iter(duties))[1]].day
    moves = _Moves(staffing, day)
    here = slice(*moves.span)
    matters = need[here] > 0
    slack = np.where(matters, (covered - need)[here], 0.0)
    state, best = dict(duties), dict(duties)
    best_score, lowest = float(_score(slack, matters)), _missing(slack)
    tabu: dict[Kind, int] = {}
    last_gain = 0
    for step in itertools.count():
        if lowest <= 0 or step - last_gain > _STEPS:
            break
        kinds = sorted(state)
        news = [new for kind in kinds for new in moves.of(kind)[0]]
        olds = [kind for kind in kinds for _ in moves.of(kind)[0]]
        if not news:
            break
        change = np.concatenate([moves.of(kind)[1] for kind in kinds]) * matters
        scores = _score(slack + change, matters) + _DEAR * np.array(
            [moves.cost(new) - moves.cost(old) for old, new in zip(olds, news, strict=True)]
        )
        scores[[tabu.get(new, -1) >= step for new in news]] = np.inf
        for n in np.argsort(scores, kind="stable")[:_TRIED]:
            old, new = olds[int(n)], news[int(n)]
            after = _moved(state, old, new)
            if np.isfinite(scores[n]) and (old[1] == new[1] or allowed(after)):
                break
        else:
            break
        state = after
        slack = slack + change[int(n)]
        tabu[old] = step + _TABU
        if scores[int(n)] < best_score - _NEAR:
            best, best_score = dict(state), float(scores[int(n)])
            lowest, last_gain = _missing(slack), step
    return best


def _moved(state: Duties, old: Kind, new: Kind) -> Duties:
    after = dict(state)
    after[old] -= 1
    if not after[old]:
        del after[old]
    after[new] = after.get(new, 0) + 1
    return after


def _score(slack: Floats, matters: npt.NDArray[np.bool_]) -> Floats:
    """Missing people, and a little for intervals that have none to spare."""
    missing = np.maximum(-slack, 0.0)
    tight = np.maximum(1.0 - np.maximum(slack, 0.0), 0.0)
    return np.asarray(((missing + _SOFT * tight) * matters).sum(axis=-1))


def _missing(slack: Floats) -> float:
    return float(np.maximum(-slack - _NEAR, 0.0).sum())


def profile(staffing: Staffing, kind: Kind) -> Floats:
    """Where a duty covers: 1 in each interval of the shift, less what its breaks take."""
    shifts = staffing.shifts
    found = np.zeros(len(staffing.required))
    begin, end = shifts.cover[kind[1]]
    found[begin:end] = 1.0
    template = shifts.templates[shifts.shifts[kind[1]].template]
    for each, i in zip(template.breaks, kind[2], strict=True):
        for at, share in away_by(i, each.length_s, shifts.horizon.interval_s):
            if 0 <= at < len(found):
                found[at] -= share
    return found


class _Moves:
    """What each kind of duty of one day can become, remembered."""

    def __init__(self, staffing: Staffing, day: int) -> None:
        self.staffing = staffing
        self.others: dict[tuple[int, float], list[int]] = {}
        useful = np.concatenate(([0.0], np.cumsum(staffing.required > 0)))
        cover = staffing.shifts.cover
        spans = []
        for j, shift in enumerate(staffing.shifts.shifts):
            if shift.day == day and useful[cover[j][1]] > useful[cover[j][0]]:
                spans.append(cover[j])
                for c in range(len(staffing.contracts)):
                    if staffing.may(c, j):
                        self.others.setdefault((c, staffing.hours(j)), []).append(j)
        self.span = int(min(each[0] for each in spans)), int(max(each[1] for each in spans))
        self.known: dict[Kind, tuple[list[Kind], Floats]] = {}

    def of(self, kind: Kind) -> tuple[list[Kind], Floats]:
        """The kinds it can become, and by how much each changes the cover."""
        if kind not in self.known:
            news = list(self._all(kind))
            here = slice(*self.span)
            own = profile(self.staffing, kind)[here]
            change = np.array([profile(self.staffing, new)[here] - own for new in news])
            self.known[kind] = news, change.reshape(len(news), len(own))
        return self.known[kind]

    def cost(self, kind: Kind) -> float:
        """What the shift costs, in hours of the contract's ordinary pay."""
        c, j, _ = kind
        return self.staffing.cost(c, j) / self.staffing.contracts[c].cost_per_h

    def _all(self, kind: Kind) -> Iterator[Kind]:
        staffing = self.staffing
        c, j, breaks = kind
        shift = staffing.shifts.shifts[j]
        for n, (first, last) in enumerate(shift.breaks):
            for i in range(first, last + 1):
                if i != breaks[n]:
                    yield c, j, (*breaks[:n], i, *breaks[n + 1 :])
        for other in self.others.get((c, staffing.hours(j)), ()):
            if other == j:
                continue
            windows = staffing.shifts.shifts[other].breaks
            if len(windows) == len(breaks):
                moved = (
                    min(max(i, first), last)
                    for i, (first, last) in zip(breaks, windows, strict=True)
                )
            else:
                moved = (first for first, _ in windows)
            yield c, other, tuple(moved)
