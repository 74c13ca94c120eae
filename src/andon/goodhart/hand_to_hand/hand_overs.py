"""Hand-overs: where customers went who were passed on, and whether they were sent back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andon.estimate import Estimate, Unknown
from andon.goodhart.hand_to_hand.ways import Ways
from andon.ledger.replicates import Replicates

__all__ = ["HandOvers", "hand_overs"]

_FEWEST: Final = 5
"""Hand-overs to people who had the customer before, expected or seen, below which nothing is said
about more of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HandOvers:
    """Where customers went who were passed on, as far as one contact names another.

    Attributes
    ----------
    followed, lost : int
        Contacts passed on whose next contact is known, and those where it is not.
    matters : tuple of int
        How many matters were passed on once, twice, three times and so on.
    same_queue : Estimate or Unknown
        Of those followed, the share that went to the queue they were in: to a colleague, or to the
        end of the line.
    back_to_queue, back_to_advisor : Estimate or Unknown
        The share that went to a queue, or an advisor, that had had the customer before.
    again : Estimate or Unknown
        Of contacts that came by a hand-over, the share that was passed on again.
    back : Estimate or Unknown
        Of contacts that came by a hand-over, the share passed on to the queue they came from or
        are in: ping-pong.
    back_by_mix : Estimate or Unknown
        The share that would be, were they passed on as customers are who come directly with the
        same kind of work.
    back_beyond : Estimate or Unknown
        The first less the second.
    """

    followed: int
    lost: int
    matters: tuple[int, ...]
    same_queue: Estimate | Unknown
    back_to_queue: Estimate | Unknown
    back_to_advisor: Estimate | Unknown
    again: Estimate | Unknown
    back: Estimate | Unknown
    back_by_mix: Estimate | Unknown
    back_beyond: Estimate | Unknown


def hand_overs(ways: Ways, level: float) -> HandOvers:
    """Where customers went."""
    followed = ways.followed
    none = "no contact names the one that it took over from"
    needs = "previous_contact_id, where each hand has a contact"

    def of(top: npt.NDArray[np.bool_], bottom: npt.NDArray[np.bool_]) -> Estimate | Unknown:
        return ways.ratio(
            ways.n * (top & bottom), ways.n * bottom, level=level, why=none, needs=needs
        )

    back, by_mix, beyond = _ping_pong(ways, level)
    return HandOvers(
        followed=round(float(ways.n[followed].sum())),
        lost=round(float(ways.n[ways.passed & ~followed].sum())),
        matters=ways.matters,
        same_queue=of(ways.went_to == ways.home, followed),
        back_to_queue=of(ways.back_queue, followed),
        back_to_advisor=of(ways.back_advisor, followed),
        again=of(ways.passed, ways.received),
        back=back,
        back_by_mix=by_mix,
        back_beyond=beyond,
    )


def _ping_pong(
    ways: Ways, level: float
) -> tuple[Estimate | Unknown, Estimate | Unknown, Estimate | Unknown]:
    """Back to where they came from or are, of those who came by a hand-over; by the mix.

    What is expected rests on those who come directly. Their part in the doubt is that of a
    mean: what each of them adds to the expectation, less what all add on average.
    """
    places = int(ways.place.max()) + 1 if len(ways.place) else 1
    came_first = np.bincount(ways.place, weights=ways.n * ~ways.received, minlength=places)
    there = came_first[ways.place] > 0
    back = ways.followed & ((ways.went_to == ways.home) | (ways.went_to == ways.came_from))
    direct: dict[tuple[int, int], float] = {}
    for i in np.flatnonzero(ways.followed & ~ways.received):
        key = (int(ways.place[i]), int(ways.went_to[i]))
        direct[key] = direct.get(key, 0.0) + float(ways.n[i])
    expected = np.zeros(len(ways.n))  # of one contact
    asked: dict[tuple[int, int], float] = {}
    for i in np.flatnonzero(ways.received & there):
        at = int(ways.place[i])
        for queue in {int(ways.home[i]), int(ways.came_from[i])}:
            expected[i] += direct.get((at, queue), 0.0) / came_first[at]
            asked[at, queue] = asked.get((at, queue), 0.0) + float(ways.n[i])
    mine = ways.received & there if (ways.received & there).any() else ways.received
    of_these = ways.n * mine
    seen = ways.ratio(
        ways.n * (mine & back),
        of_these,
        level=level,
        why="no contact is known to have come by a hand-over",
        needs="previous_contact_id, where each hand has a contact",
    )
    by_mix, most = float((ways.n * expected).sum()), float((ways.n * (mine & back)).sum())
    if not there[ways.received].any() or max(by_mix, most) < _FEWEST:
        unknown = Unknown(
            unit="share",
            why="no queue has enough customers who were passed on to it beside customers who "
            "came directly",
            needs="more such customers",
        )
        return seen, unknown, unknown
    owed = np.bincount(ways.place, weights=ways.n * expected * ways.received, minlength=places)
    drawn = np.zeros(len(ways.n))
    for i in np.flatnonzero(~ways.received & there):
        at = int(ways.place[i])
        had = asked.get((at, int(ways.went_to[i])), 0.0) if ways.followed[i] else 0.0
        drawn[i] = (had - owed[at]) / came_first[at]
    parts = {
        "seen": ways.by_replicate(ways.n * (mine & back)),
        "mix": ways.by_replicate(ways.n * (expected + drawn)),
        "x": ways.by_replicate(of_these),
    }
    n = round(float(of_these.sum()))
    sums = Replicates(sums=parts)
    return (
        seen,
        sums.estimate(
            lambda each: each["mix"] / each["x"],
            unit="share",
            n=n,
            level=level,
            least=0.0,
            most=1.0,
        ),
        sums.estimate(
            lambda each: (each["seen"] - each["mix"]) / each["x"],
            unit="share",
            n=n,
            level=level,
            least=-1.0,
            most=1.0,
        ),
    )
